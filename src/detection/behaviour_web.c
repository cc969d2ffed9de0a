/* behaviour_web: pages that an intruder left on a web server, the requests that put them there, and what such a server sends.
 *
 * Goes through all requests twice: once for what is known of each server and of each script on it, once for the events of those few scripts that
 * are suspected. A web shell is a script that nobody asked for while the server's log began, that nothing links to, that answers few networks, and whose
 * visitors ask for nothing else. Of a script, 64 networks are kept; of refusals, so many of a form of request. */
#include <assert.h>
#include <math.h>

#include "base/hash.h"
#include "detection/behaviour_request.h"
#include "detection/behaviour_web_own.h"

#define NONE 1u           /* in path_of: there is no script in this object */
#define BACK_MAX 256u     /* requests of a visitor before its first of a page */
#define LOOK_MAX 20000u   /* activities of one address that are looked at to say what else it asks for */
#define STARTED_MAX 1024u /* processes behind a request, */
#define RUNS_MAX 4096u    /* and other runs of each: what runs so often is the house's */

struct server {
    uint32_t host; /* entity; 0: the log does not name it */
    int64_t first, last;
    uint64_t requests, scripts; /* scripts: with a success */
};

struct page {
    uint32_t server, path;
    uint32_t code;                            /* the path's as a text, or the first object's with that path */
    uint32_t ok, post, linked, inside, named; /* events; all but ok are of those */
    uint32_t days;
    int32_t day;
    int64_t first, last; /* of ok */
    uint32_t first_at;   /* index of the first ok */
    uint32_t network;    /* that asked first */
    uint32_t networks;   /* few, index + 1; 0: there is no other */
    uint32_t refused;
    uint32_t refused_networks[8];
    uint32_t suspect; /* index + 1 */
};

/* A request of a known form. */
struct formed {
    uint32_t server, network, at;
    uint8_t form;
    bool ok;
};
/* Who succeeded with a form on a server, and who did not. */
struct tried {
    struct few ok, refused;
};

struct suspect {
    uint32_t page;
    struct codes events;       /* successes, and later failures of the same addresses */
    struct few addresses, own; /* own: they ask for little else */
    uint32_t program;          /* the only one; 0: several or none */
    bool many_programs;
    uint64_t here, elsewhere; /* successes of its addresses */
    uint32_t exploit;         /* index + 1 of a request of a known form before its first */
    double weight;
    uint32_t host; /* where the server's name leads to, if it is another entity; 0 */
};

struct web {
    struct behaviour_run *r;
    struct activities *a;
    struct sides *sides;
    const struct behaviour *shell, *exploit;
    struct activity_list requests;
    uint64_t seed;

    uint32_t *path_of;   /* of an object: path + 2; NONE; 0: not looked at */
    uint8_t *form_of;    /* form + 1 */
    uint32_t *folder_of; /* of a source: + 1 */
    struct code_map folders, servers_by, paths_by, pages_by, tried_by;
    struct code_map firsts; /* server and network: how many young pages it was the first to see */
    struct code_map newest; /* the last of them, index + 1 */
    struct codes before;    /* by page: the one before it of the same, index + 1 */
    str *paths;
    size_t path_count, path_room;
    struct server *servers;
    size_t server_count, server_room;
    struct page *pages;
    size_t page_count, page_room;
    struct few *networks;
    size_t network_count, network_room;
    struct formed *formed;
    size_t formed_count, formed_room;
    struct tried *tried;
    size_t tried_count, tried_room;
    struct suspect *suspects;
    size_t suspect_count, suspect_room;
    uint64_t script_pages; /* that ever answered */
    uint64_t refusals;     /* networks that were refused a form of request on a server, of all forms and servers */
};

/* Room for one more. */
static bool grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    if (count == *room) {
        size_t const bigger = *room ? *room * 2 : 64;
        void *const grown = reallocarray(*items, bigger, size);

        if (!grown)
            return behaviour_no_memory(e);
        *items = grown;
        *room = bigger;
    }
    return true;
}
#define GROW(list, count, room, e) grow((void **)&(list), (count), &(room), sizeof *(list), (e))

static double share(uint64_t part, uint64_t of) {
    return of ? (double)part / (double)of : 0;
}

static uint32_t plus(uint32_t a, uint32_t b) {
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static const struct activity *at(const struct web *w, uint32_t i) {
    return activities_at(w->a, i);
}

/* ---- servers and pages ---- */

/* A server that the log does not name is the folder of its log. */
static bool folder_of(struct web *w, uint32_t source, uint32_t *out, struct err *e) {
    if (!w->folder_of[source]) {
        str path = activities_source(w->a, source).path;
        uint32_t *number;

        while (path.len && path.ptr[path.len - 1] != '/')
            path.len--;
        if (!(number = code_map_put(&w->folders, hash_bytes(path, w->seed) >> 1)))
            return behaviour_no_memory(e);
        if (!*number)
            *number = (uint32_t)w->folders.used;
        w->folder_of[source] = *number;
    }
    *out = w->folder_of[source];
    return true;
}

static bool server_of(struct web *w, const struct activity *v, uint32_t *out, struct err *e) {
    uint32_t const host = host_of_server(w->a, v);
    uint64_t key = host;
    uint32_t folder = 0, *number;

    if (!host) {
        if (!folder_of(w, v->source, &folder, e))
            return false;
        key = UINT64_C(1) << 32 | folder;
    }
    if (!(number = code_map_put(&w->servers_by, key)))
        return behaviour_no_memory(e);
    if (!*number) {
        if (!GROW(w->servers, w->server_count, w->server_room, e))
            return false;
        w->servers[w->server_count++] = (struct server){.host = host, .first = v->when, .last = v->when};
        *number = (uint32_t)w->server_count;
    }
    *out = *number - 1;
    return true;
}

/* The script that an object asks for: path + 2, or NONE. */
static bool path_of(struct web *w, uint32_t object, uint32_t *out, struct err *e) {
    if (!w->path_of[object]) {
        struct request_target t;
        uint32_t *number;

        *out = w->path_of[object] = NONE;
        if (!request_target_of(activities_text(w->a, object), &t) || !t.script.len)
            return true;
        if (!(number = code_map_put(&w->paths_by, hash_bytes(t.script, w->seed) >> 1)))
            return behaviour_no_memory(e);
        if (!*number) {
            if (!GROW(w->paths, w->path_count, w->path_room, e))
                return false;
            w->paths[w->path_count++] = t.script;
            *number = (uint32_t)w->path_count;
        }
        w->path_of[object] = *number + 1;
    }
    *out = w->path_of[object];
    return true;
}

static enum request_form form_of(struct web *w, uint32_t object) {
    if (!w->form_of[object])
        w->form_of[object] = (uint8_t)(request_form_of(activities_text(w->a, object)) + 1);
    return (enum request_form)(w->form_of[object] - 1);
}

/* NULL: no memory. */
static struct page *page_of(struct web *w, uint32_t server, uint32_t path, uint32_t object, struct err *e) {
    uint32_t *const number = code_map_put(&w->pages_by, (uint64_t)server << 32 | path);

    if (!number) {
        behaviour_no_memory(e);
        return NULL;
    }
    if (!*number) {
        uint32_t const code = activities_find(w->a, w->paths[path - 2]);

        if (!GROW(w->pages, w->page_count, w->page_room, e))
            return NULL;
        w->pages[w->page_count++] = (struct page){.server = server, .path = path - 2, .code = code ? code : object};
        *number = (uint32_t)w->page_count;
    }
    return &w->pages[*number - 1];
}

static uint32_t network_of(const struct web *w, const struct activity *v) {
    uint32_t const network = activities_network(w->a, v->text[ACT_ADDRESS]);

    return network ? network : v->text[ACT_ADDRESS];
}

/* Does another page say that it is there? */
static bool is_linked(const struct web *w, const struct activity *v, str script) {
    str const from = request_referrer_path(activities_text(w->a, v->text[ACT_DETAIL]));

    return from.len && !str_starts(from, script);
}

static bool is_post(const struct web *w, const struct activity *v) {
    str const verb = activities_text(w->a, v->text[ACT_VERB]);

    return str_starts(verb, S("POST")) || str_starts(verb, S("PUT"));
}

static bool learn_page(struct web *w, struct page *p, uint32_t index, struct err *e) {
    const struct activity *const v = at(w, index);
    uint32_t const network = network_of(w, v);
    int32_t const day = (int32_t)unit_of(v->when, DAY);

    if (v->outcome == OUTCOME_FAILURE) {
        for (size_t i = 0; i < COUNT(p->refused_networks); i++)
            if (p->refused_networks[i] == network)
                return true;
        if (p->refused < COUNT(p->refused_networks))
            p->refused_networks[p->refused++] = network;
        return true;
    }
    if (v->outcome != OUTCOME_SUCCESS)
        return true;
    if (!p->ok) {
        p->network = network;
        p->first = v->when;
        p->first_at = index;
        w->servers[p->server].scripts++;
        w->script_pages++;
    }
    if (network != p->network && !p->networks) { /* most have one visitor */
        if (!GROW(w->networks, w->network_count, w->network_room, e))
            return false;
        w->networks[w->network_count] = (struct few){.items = {p->network}, .count = 1};
        p->networks = (uint32_t)++w->network_count;
    }
    if (p->networks)
        few_add(&w->networks[p->networks - 1], network);
    p->days += !p->ok || p->day != day;
    p->day = day;
    p->last = v->last > p->last ? v->last : p->last;
    p->ok = plus(p->ok, v->count);
    p->post = plus(p->post, is_post(w, v) ? v->count : 0);
    p->linked = plus(p->linked, is_linked(w, v, w->paths[p->path]) ? v->count : 0);
    p->inside = plus(p->inside, sides_outside(w->sides, v->text[ACT_ADDRESS]) ? 0 : v->count);
    p->named = plus(p->named, v->text[ACT_ACCOUNT] ? v->count : 0);
    return true;
}

static bool learn_form(struct web *w, uint32_t server, enum request_form form, uint32_t index, struct err *e) {
    const struct activity *const v = at(w, index);
    bool const ok = v->outcome == OUTCOME_SUCCESS;
    uint32_t const network = network_of(w, v);
    uint32_t *number;

    if (!ok && v->outcome != OUTCOME_FAILURE)
        return true;
    if (!(number = code_map_put(&w->tried_by, (uint64_t)server << 8 | form)))
        return behaviour_no_memory(e);
    if (!*number) {
        if (!GROW(w->tried, w->tried_count, w->tried_room, e))
            return false;
        w->tried[w->tried_count++] = (struct tried){0};
        *number = (uint32_t)w->tried_count;
    }
    few_add(ok ? &w->tried[*number - 1].ok : &w->tried[*number - 1].refused, network);
    if (!GROW(w->formed, w->formed_count, w->formed_room, e))
        return false;
    w->formed[w->formed_count++] = (struct formed){server, network, index, (uint8_t)form, ok};
    return true;
}

static bool is_request(const struct activity *v) {
    return v->act == ACT_WEB_REQUEST && v->text[ACT_OBJECT] && v->text[ACT_ADDRESS];
}

static bool learn(struct web *w, struct err *e) {
    for (uint32_t i = 0; i < w->requests.count; i++) {
        uint32_t const index = w->requests.items[i];
        const struct activity *const v = at(w, index);
        uint32_t server, path;
        enum request_form form;
        struct page *page;

        if (!is_request(v))
            continue;
        if (!server_of(w, v, &server, e) || !path_of(w, v->text[ACT_OBJECT], &path, e))
            return false;
        w->servers[server].requests += v->count;
        if (v->last > w->servers[server].last)
            w->servers[server].last = v->last;
        if (path != NONE &&
            (!(page = page_of(w, server, path, v->text[ACT_OBJECT], e)) || !learn_page(w, page, index, e)))
            return false;
        if ((form = form_of(w, v->text[ACT_OBJECT])) && !learn_form(w, server, form, index, e))
            return false;
    }
    return true;
}

/* ---- suspects ---- */

static double of(const struct behaviour *b, const char *name) {
    return behaviour_threshold(b, name);
}

static int64_t days(double n) {
    return (int64_t)(n * (double)DAY);
}

static uint32_t network_count(const struct web *w, const struct page *p) {
    return p->networks ? w->networks[p->networks - 1].count : 1;
}

/* Late, from outside, few, unlinked: as far as that can be said without looking at who asks. */
static bool is_young(const struct web *w, const struct page *p) {
    const struct server *const s = &w->servers[p->server];
    const struct behaviour *const b = w->shell;

    if (!p->ok)
        return false;
    double const months = (double)(p->last - p->first) / (double)(30 * DAY);

    return p->first - s->first >= days(of(b, "settled")) && s->requests >= (uint64_t)of(b, "requests-before") &&
           network_count(w, p) < FEW_MAX &&
           network_count(w, p) <= of(b, "networks") + of(b, "networks-a-month") * months &&
           share(p->linked, p->ok) <= of(b, "linked") && share(p->inside, p->ok) <= of(b, "inside") &&
           share(p->named, p->ok) <= of(b, "named");
}

/* What the page's first visitor asked of the server just before, if it was of a known form and was answered. */
static bool exploit_before(struct web *w, const struct page *p, uint32_t *out, struct err *e) {
    const struct activity *const first = at(w, p->first_at);
    struct activity_list list;
    uint32_t server;

    *out = 0;
    if (!activities_of(w->a, ACT_ADDRESS, first->text[ACT_ADDRESS], &list, e))
        return false;
    for (uint32_t i = list_from(w->a, &list, p->first + 1), n = 0; i > 0 && n < BACK_MAX; i--, n++) {
        const struct activity *const v = at(w, list.items[i - 1]);

        if (v->when < p->first - HOUR)
            break;
        if (list.items[i - 1] >= p->first_at || v->outcome != OUTCOME_SUCCESS || !is_request(v) ||
            form_of(w, v->text[ACT_OBJECT]) == FORM_NONE)
            continue;
        if (!server_of(w, v, &server, e))
            return false;
        if (server == p->server)
            *out = list.items[i - 1] + 1;
    }
    return true;
}

/* Young pages by the network that asked first. */
static bool find_young(struct web *w, struct err *e) {
    for (size_t i = 0; i < w->page_count; i++) {
        const struct page *const p = &w->pages[i];
        uint64_t const key = (uint64_t)p->server << 32 | p->network;
        uint32_t *count, *newest;

        if (!codes_add(&w->before, 0, e))
            return false;
        if (!is_young(w, p))
            continue;
        if (!(count = code_map_put(&w->firsts, key)) || !(newest = code_map_put(&w->newest, key)))
            return behaviour_no_memory(e);
        ++*count;
        w->before.items[i] = *newest;
        *newest = (uint32_t)i + 1;
    }
    return true;
}

/* Young, and not one of very many that the same network found: then it scans, and the server answers everything. */
static bool is_found(const struct web *w, const struct page *p) {
    return is_young(w, p) && code_map_get(&w->firsts, (uint64_t)p->server << 32 | p->network) <= of(w->shell, "pages");
}

static bool find_suspects(struct web *w, struct err *e) {
    for (size_t i = 0; i < w->page_count; i++) {
        struct page *const p = &w->pages[i];
        uint32_t exploit;

        if (!is_found(w, p))
            continue;
        if (!exploit_before(w, p, &exploit, e))
            return false;
        if (!exploit && (p->ok < of(w->shell, "visits") || p->days < of(w->shell, "days")))
            continue;
        if (!GROW(w->suspects, w->suspect_count, w->suspect_room, e))
            return false;
        w->suspects[w->suspect_count++] = (struct suspect){.page = (uint32_t)i, .exploit = exploit};
        p->suspect = (uint32_t)w->suspect_count;
    }
    return true;
}

/* The second time through all requests. */
static bool collect(struct web *w, struct err *e) {
    for (uint32_t i = 0; w->suspect_count && i < w->requests.count; i++) {
        uint32_t const index = w->requests.items[i];
        const struct activity *const v = at(w, index);
        uint32_t server, path, program, number;
        struct suspect *s;

        if (!is_request(v) || (path = w->path_of[v->text[ACT_OBJECT]]) == NONE)
            continue;
        if (!server_of(w, v, &server, e))
            return false;
        number = code_map_get(&w->pages_by, (uint64_t)server << 32 | path);
        if (!number || !w->pages[number - 1].suspect)
            continue;
        s = &w->suspects[w->pages[number - 1].suspect - 1];
        if (v->outcome != OUTCOME_SUCCESS) {
            if (few_has(&s->addresses, v->text[ACT_ADDRESS]) && !codes_add(&s->events, index, e))
                return false;
            continue;
        }
        few_add(&s->addresses, v->text[ACT_ADDRESS]);
        program = activities_program(w->a, v->text[ACT_PROGRAM]);
        s->many_programs |= s->program && program != s->program;
        s->program = program;
        if (!codes_add(&s->events, index, e))
            return false;
    }
    return true;
}

/* What is a trace of the same request, or none of what an address wants. */
static bool is_beside(const struct activity *v) {
    return v->act == ACT_CONNECTION || v->act == ACT_LOOKUP || v->act == ACT_HOST_NAME || v->outcome == OUTCOME_FAILURE;
}

/* One intruder may have left several pages. */
static bool is_suspected(const struct web *w, uint32_t server, uint32_t object) {
    uint32_t const path = w->path_of[object];
    uint32_t const number = path == NONE ? 0 : code_map_get(&w->pages_by, (uint64_t)server << 32 | path);

    return number && w->pages[number - 1].suspect;
}

/* Does an address ask for the page, or for much else? Adds what it asked for within the hour of a visit. */
static bool look_at_address(struct web *w, struct suspect *s, uint32_t address, struct err *e) {
    const struct page *const p = &w->pages[s->page];
    struct activity_list list;
    uint64_t here = 0, elsewhere = 0;
    int64_t visit = INT64_MIN / 2;
    uint32_t server;

    if (!activities_of(w->a, ACT_ADDRESS, address, &list, e))
        return false;
    if (list.count > LOOK_MAX) {
        s->elsewhere += list.count;
        return true;
    }
    for (uint32_t i = 0; i < list.count; i++) {
        const struct activity *const v = at(w, list.items[i]);
        bool const request = is_request(v);

        if (is_beside(v))
            continue;
        if (request && !server_of(w, v, &server, e))
            return false;
        if (request && (form_of(w, v->text[ACT_OBJECT]) || is_suspected(w, server, v->text[ACT_OBJECT])))
            here += v->count;
        else
            elsewhere += v->count;
    }
    s->here += here;
    s->elsewhere += elsewhere;
    if (share(here, here + elsewhere) < of(w->shell, "alone"))
        return true;
    few_add(&s->own, address);
    /* Backwards, for what came before a visit, then forwards. */
    for (int way = 0; way < 2; way++) {
        visit = way ? INT64_MIN / 2 : INT64_MAX / 2;
        for (uint32_t k = 0; k < list.count; k++) {
            uint32_t const index = list.items[way ? k : list.count - 1 - k];
            const struct activity *const v = at(w, index);

            if (!is_request(v))
                continue;
            if (!server_of(w, v, &server, e))
                return false;
            if (server == p->server && w->path_of[v->text[ACT_OBJECT]] == p->path + 2)
                visit = v->when;
            else if ((way ? v->when - visit : visit - v->when) <= HOUR && !codes_add(&s->events, index, e))
                return false;
        }
    }
    return true;
}

/* ---- where a server of that name stands ---- */

static str base_of(str path) {
    size_t from = path.len;

    while (from > 0 && path.ptr[from - 1] != '/' && path.ptr[from - 1] != '\\')
        from--;
    return str_from(path, from);
}

/* Does a file's path end as a page's? Of folders, backslashes are slashes. */
static bool is_tail(str file, str page) {
    if (file.len < page.len)
        return false;
    file = str_from(file, file.len - page.len);
    for (size_t i = 0; i < page.len; i++) {
        char const c = file.ptr[i] == '\\' ? '/' : file.ptr[i];

        if (!str_eq_ascii((str){&c, 1}, (str){page.ptr + i, 1}))
            return false;
    }
    return true;
}

/* Programs that answer requests. */
static bool is_web_worker(str path) {
    static const str names[] = {
        STR("w3wp"),      STR("tomcat"), STR("java"),       STR("httpd"),    STR("apache"),
        STR("nginx"),     STR("php"),    STR("node"),       STR("gunicorn"), STR("uwsgi"),
        STR("catalina"),  STR("jetty"),  STR("iisexpress"), STR("dotnet"),   STR("umworkerprocess"),
        STR("coldfusion")};
    str const base = base_of(path);

    for (size_t i = 0; i < COUNT(names); i++)
        if (base.len >= names[i].len && str_eq_ascii(str_first(base, names[i].len), names[i]))
            return true;
    return false;
}

/* The page's file is made or taken away on a host. */
static bool host_by_file(struct web *w, struct err *e) {
    static const enum act acts[] = {ACT_FILE_WRITE, ACT_FILE_DELETE};

    for (size_t k = 0; k < COUNT(acts); k++) {
        struct activity_list list;

        if (!activities_of_act(w->a, acts[k], &list, e))
            return false;
        for (uint32_t i = 0; i < list.count; i++) {
            const struct activity *const v = at(w, list.items[i]);
            str const file = activities_text(w->a, v->text[ACT_OBJECT]);

            if (!v->text[ACT_HOST])
                continue;
            for (size_t n = 0; n < w->suspect_count; n++)
                if (is_tail(file, w->paths[w->pages[w->suspects[n].page].path]))
                    w->suspects[n].host = activities_host(w->a, v->text[ACT_HOST]);
        }
    }
    return true;
}

/* A command that is run on more than one day is the house's. */
static bool is_everyday(struct web *w, const struct activity *v, bool *out, struct err *e) {
    struct activity_list list;
    int64_t const day = unit_of(v->when, DAY);

    *out = false;
    if (!activities_of(w->a, ACT_OBJECT, v->text[ACT_OBJECT], &list, e))
        return false;
    *out = list.count > RUNS_MAX;
    for (uint32_t i = 0; !*out && i < list.count; i++) {
        const struct activity *const other = at(w, list.items[i]);
        int64_t const between = unit_of(other->when, DAY) - day;

        *out = other->act == ACT_PROCESS && (between > 1 || between < -1) &&
               activities_host(w->a, other->text[ACT_HOST]) == activities_host(w->a, v->text[ACT_HOST]);
    }
    return true;
}

/* Right behind the request, a server's worker starts what it never starts: on one host only, and that is no other server of ours. */
static bool host_by_process(struct web *w, struct suspect *s, const struct codes *workers, struct err *e) {
    const struct page *const p = &w->pages[s->page];
    int64_t const from = s->exploit ? at(w, s->exploit - 1)->when : p->first;
    struct activity_list const list = {workers->items, (uint32_t)workers->count};
    uint32_t found = 0;

    for (uint32_t i = list_from(w->a, &list, from), n = 0; i < list.count; i++, n++) {
        const struct activity *const v = at(w, list.items[i]);
        uint32_t const host = activities_host(w->a, v->text[ACT_HOST]);
        bool everyday;

        if (v->when > p->first + 10 * MINUTE)
            break;
        if (n == STARTED_MAX) /* so much begins at that time that nothing is told apart */
            return true;
        if (code_map_get(&w->servers_by, host))
            continue;
        if (!is_everyday(w, v, &everyday, e))
            return false;
        if (everyday)
            continue;
        if (found && found != host)
            return true;
        found = host;
    }
    s->host = found;
    return true;
}

/* What server programs start, in order of time. */
static bool started_by_workers(struct web *w, struct codes *out, struct err *e) {
    uint8_t *const is = calloc((size_t)activities_text_count(w->a) + 1, 1); /* by code of the parent: 1: no, 2: yes */
    struct activity_list list;
    bool ok = (is || behaviour_no_memory(e)) && activities_of_act(w->a, ACT_PROCESS, &list, e);

    for (uint32_t i = 0; ok && i < list.count; i++) {
        const struct activity *const v = at(w, list.items[i]);
        uint8_t *const worker = &is[v->text[ACT_DETAIL]];

        if (!*worker)
            *worker = is_web_worker(activities_text(w->a, v->text[ACT_DETAIL])) ? 2 : 1;
        if (*worker == 2 && activities_host(w->a, v->text[ACT_HOST]))
            ok = codes_add(out, list.items[i], e);
    }
    free(is);
    return ok;
}

static bool find_hosts(struct web *w, struct err *e) {
    struct codes workers = {0};
    bool ok = true;

    if (!w->suspect_count)
        return true;
    /* Of very many none is surely left by somebody. */
    if (w->suspect_count <= 256 && !host_by_file(w, e))
        return false;
    ok = started_by_workers(w, &workers, e);
    for (size_t i = 0; ok && i < w->suspect_count; i++) {
        struct suspect *const s = &w->suspects[i];
        uint32_t const named = w->servers[w->pages[s->page].server].host;

        /* Whose address is known needs no guess. */
        if (named && activities_address_of(w->a, named))
            s->host = s->host == named ? 0 : s->host;
        else if (!s->host)
            ok = host_by_process(w, s, &workers, e);
    }
    codes_free(&workers);
    return ok;
}

/* ---- weights and words of shells ---- */

/* Is there no other script in its folder that ever answered? Of folders of scripts there are few. */
static bool is_odd_place(const struct web *w, const struct page *p) {
    str const path = w->paths[p->path];
    str const folder = str_first(path, path.len - base_of(path).len);

    if (w->page_count > 10000)
        return false;
    for (size_t i = 0; i < w->page_count; i++) {
        const struct page *const other = &w->pages[i];

        if (other != p && other->server == p->server && other->ok) {
            str const there = w->paths[other->path];

            if (there.len - base_of(there).len == folder.len && str_starts(there, folder))
                return false;
        }
    }
    return true;
}

static bool looks_at_all(struct web *w, struct err *e) {
    size_t kept = 0;

    for (size_t i = 0; i < w->suspect_count; i++) {
        struct suspect *const s = &w->suspects[i];
        const struct page *const p = &w->pages[s->page];
        const struct behaviour *const b = w->shell;
        double weight = b->weight;

        for (uint32_t k = 0; k < s->addresses.count; k++)
            if (!look_at_address(w, s, s->addresses.items[k], e))
                return false;
        if (share(s->here, s->here + s->elsewhere) < of(b, "alone")) {
            codes_free(&s->events);
            w->pages[s->page].suspect = 0;
            continue;
        }
        double const life = (double)(p->last - p->first) / (double)DAY + 1;

        weight += share(p->post, p->ok) >= of(b, "post") ? of(b, "weight-post") : 0;
        weight += network_count(w, p) >= 3 && s->program && !s->many_programs ? of(b, "weight-one-program") : 0;
        weight += is_odd_place(w, p) ? of(b, "weight-odd-place") : 0;
        weight += s->exploit ? of(b, "weight-exploit") : 0;
        weight += life >= 7 && p->days / life > of(b, "often") ? of(b, "weight-often") : 0;
        s->weight = weight;
        w->suspects[kept] = *s;
        w->pages[s->page].suspect = (uint32_t)++kept;
    }
    w->suspect_count = kept;
    return true;
}

static void page_parts(const struct web *w, const struct suspect *s, struct behaviour_hit *h) {
    const struct page *const p = &w->pages[s->page];

    behaviour_part_add(h, PART_PAGE, true, p->code, w->servers[p->server].host);
    behaviour_part_add(h, PART_HOST, false, w->servers[p->server].host, 0);
    behaviour_part_add(h, PART_HOST, false, s->host, 0);
}

static void shell_reason(struct web *w, const struct suspect *s) {
    struct buf *const b = &w->r->reason;
    const struct page *const p = &w->pages[s->page];
    const struct server *const on = &w->servers[p->server];
    char first[DATE_TEXT], last[DATE_TEXT];

    b->len = 0;
    buf_format(b,
               "%.*s on %.*s first answered on %.*s, %lld days after the server's log begins; %u request%s on %u day%s "
               "to %.*s, ",
               STR_ARG(w->paths[p->path]),
               STR_ARG(on->host ? host_shown(w->a, on->host) : S("a server that the log does not name")),
               STR_ARG(date_text(p->first, first)), (long long)((p->first - on->first) / DAY), p->ok, MANY(p->ok),
               p->days, MANY(p->days), STR_ARG(date_text(p->last, last)));
    buf_format(b,
               "%u of them POST, from %u network%s outside, none by a link%s; of all that these addresses asked for, "
               "%.0f %% was this.",
               p->post, network_count(w, p), MANY(network_count(w, p)), p->linked ? " but few" : "",
               100 * share(s->here, s->here + s->elsewhere));
    if (s->exploit)
        buf_format(b, " Within the hour before the first, its client succeeded with %s.",
                   request_form_text(form_of(w, at(w, s->exploit - 1)->text[ACT_OBJECT])));
}

static bool tell_shells(struct web *w, struct err *e) {
    for (size_t i = 0; i < w->suspect_count; i++) {
        struct suspect *const s = &w->suspects[i];
        struct behaviour_hit h = {
            .behaviour = w->shell, .like = w->suspect_count, .of = w->script_pages, .title = S("")};

        /* Where a server's new scripts often look like this, one of them says less. */
        h.weight = s->weight - ((double)w->suspect_count > of(w->shell, "like")
                                    ? log10((double)w->suspect_count / of(w->shell, "like"))
                                    : 0);
        page_parts(w, s, &h);
        for (uint32_t k = 0; k < s->addresses.count; k++)
            behaviour_part_add(&h, PART_ADDRESS, few_has(&s->own, s->addresses.items[k]), s->addresses.items[k], 0);
        shell_reason(w, s);
        if (!behaviour_tell(w->r, &h, &s->events, e))
            return false;
    }
    return true;
}

/* ---- requests that succeed for one and are refused to others ---- */

/* One network's successes on one server. */
struct success {
    uint32_t server, network;
    uint32_t refused; /* networks that were refused the same */
    uint32_t page;    /* a script that first answered to it within the hour; index + 1 */
    int64_t when;     /* of the request before that page */
    bool others;      /* it succeeds for few, and others were refused */
    uint32_t forms;   /* bits */
};

static int by_server_network(const void *a, const void *b) {
    const struct formed *const x = a, *const y = b;

    if (x->server != y->server)
        return x->server < y->server ? -1 : 1;
    if (x->network != y->network)
        return x->network < y->network ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static uint32_t without(const struct few *f, uint32_t code) {
    return f->count - (few_has(f, code) ? 1 : 0);
}

/* The script that answered for the first time to that network, within the hour behind a request; index + 1; not `but`. */
static uint32_t page_behind(const struct web *w, uint32_t server, uint32_t network, int64_t when, uint32_t but) {
    uint64_t const key = (uint64_t)server << 32 | network;

    if (code_map_get(&w->firsts, key) > of(w->shell, "pages"))
        return 0;
    for (uint32_t p = code_map_get(&w->newest, key); p; p = w->before.items[p - 1])
        if (p != but && w->pages[p - 1].first >= when && w->pages[p - 1].first - when <= HOUR)
            return p;
    return 0;
}

static bool tell_success(struct web *w, const struct success *s, const struct formed *items, size_t count,
                         struct err *e) {
    const struct server *const on = &w->servers[s->server];
    struct buf *const b = &w->r->reason;
    struct behaviour_hit h = {.behaviour = w->exploit, .title = S("")};
    const struct activity *first = NULL;
    struct codes events = {0};
    struct few addresses = {0};
    uint64_t ok = 0;
    char when[DATE_TEXT];
    bool told = true;

    /* Neighbours in its network are others. */
    for (size_t i = 0; i < count; i++)
        if (items[i].ok)
            few_add(&addresses, at(w, items[i].at)->text[ACT_ADDRESS]);
    for (size_t i = 0; told && i < count; i++) {
        const struct activity *const v = at(w, items[i].at);

        if (!few_has(&addresses, v->text[ACT_ADDRESS]))
            continue;
        first = first ? first : v;
        told = codes_add(&events, items[i].at, e);
        ok += items[i].ok ? v->count : 0;
        behaviour_part_add(&h, PART_ADDRESS, true, v->text[ACT_ADDRESS], 0);
    }
    if (!told || !first) {
        codes_free(&events);
        return told;
    }
    h.weight = w->exploit->weight + (s->others ? of(w->exploit, "weight-others") : 0) +
               (s->page ? of(w->exploit, "weight-followed") : 0);
    behaviour_part_add(&h, PART_HOST, false, on->host, 0);
    if (s->page) {
        const struct page *const p = &w->pages[s->page - 1];

        behaviour_part_add(&h, PART_PAGE, true, p->code, on->host);
        if (p->suspect)
            behaviour_part_add(&h, PART_HOST, false, w->suspects[p->suspect - 1].host, 0);
    }
    h.of = w->refusals;
    h.like = 1;
    b->len = 0;
    buf_format(b, "From %.*s on %.*s answered %llu request%s on %.*s that look%s like an attack:",
               STR_ARG(activities_text(w->a, first->text[ACT_ADDRESS])),
               STR_ARG(on->host ? host_shown(w->a, on->host) : S("a server that the log does not name")),
               (unsigned long long)ok, MANY(ok), STR_ARG(date_text(first->when, when)), ok == 1 ? "s" : "");
    for (uint32_t f = FORM_NONE, n = 0; f < REQUEST_FORMS; f++)
        if (s->forms >> f & 1)
            buf_format(b, "%s %s", n++ ? "," : "", request_form_text((enum request_form)f));
    if (s->refused)
        buf_format(b, "; %u other network%s refused the same there.", s->refused, s->refused == 1 ? " was" : "s were");
    else
        buf_format(b, ".");
    if (s->page)
        buf_format(b, " Within the hour %.*s answered for the first time, to the same network.",
                   STR_ARG(w->paths[w->pages[s->page - 1].path]));
    told = told && behaviour_tell(w->r, &h, &events, e);
    codes_free(&events);
    return told;
}

static bool judge_success(struct web *w, const struct formed *items, size_t count, struct err *e) {
    const struct behaviour *const b = w->exploit;
    struct success s = {.server = items[0].server, .network = items[0].network};
    uint32_t refused_forms = 0;
    bool inside = true, any = false;

    for (size_t i = 0; i < count; i++) {
        const struct activity *const v = at(w, items[i].at);
        const struct tried *const t =
            &w->tried[code_map_get(&w->tried_by, (uint64_t)s.server << 8 | items[i].form) - 1];
        uint32_t const refused = without(&t->refused, s.network);

        inside &= !sides_outside(w->sides, v->text[ACT_ADDRESS]);
        if (!items[i].ok) {
            refused_forms |= 1u << items[i].form;
            continue;
        }
        any = true;
        s.forms |= 1u << items[i].form;
        s.refused = refused > s.refused ? refused : s.refused;
        s.others |= items[i].form != FORM_NONE && refused >= of(b, "refused") && t->ok.count <= of(b, "succeeded");
        if (!s.page)
            s.page = page_behind(w, s.server, s.network, v->when, 0);
    }
    /* Who tries everything is a scanner; and the house has one of its own. */
    bool const scanner = inside || __builtin_popcount(refused_forms | s.forms) > of(b, "forms");

    if (!any || (!s.page && (!s.others || scanner)))
        return true;
    return tell_success(w, &s, items, count, e);
}

/* A script that others are refused and that answers one network, which finds another new one within the hour: whatever its form. */
static bool find_refused(struct web *w, struct err *e) {
    for (size_t i = 0; i < w->page_count; i++) {
        const struct page *const p = &w->pages[i];
        struct activity_list list;
        uint32_t server, found, behind, tried;

        if (!p->ok || p->refused < of(w->exploit, "refused-page") || p->networks ||
            !(behind = page_behind(w, p->server, p->network, p->first, (uint32_t)i + 1)))
            continue;
        if (!activities_of(w->a, ACT_ADDRESS, at(w, p->first_at)->text[ACT_ADDRESS], &list, e))
            return false;
        found = list_from(w->a, &list, p->first);
        for (uint32_t n = 0; found < list.count && n < BACK_MAX; found++, n++) {
            const struct activity *const v = at(w, list.items[found]);

            if (v->when > w->pages[behind - 1].first)
                break;
            if (!is_request(v) || w->path_of[v->text[ACT_OBJECT]] != p->path + 2 || form_of(w, v->text[ACT_OBJECT]))
                continue;
            if (!server_of(w, v, &server, e) ||
                (server == p->server && !learn_form(w, server, FORM_NONE, list.items[found], e)))
                return false;
            tried = code_map_get(&w->tried_by, (uint64_t)p->server << 8 | FORM_NONE);
            for (uint32_t k = 0; tried && k < p->refused; k++)
                few_add(&w->tried[tried - 1].refused, p->refused_networks[k]);
        }
    }
    return true;
}

static bool tell_exploits(struct web *w, struct err *e) {
    bool ok = find_refused(w, e);

    for (size_t i = 0; i < w->tried_count; i++)
        w->refusals += w->tried[i].refused.count;
    if (ok && w->formed_count)
        qsort(w->formed, w->formed_count, sizeof *w->formed, by_server_network);
    for (size_t i = 0, to; ok && i < w->formed_count; i = to) {
        for (to = i; to < w->formed_count && w->formed[to].server == w->formed[i].server &&
                     w->formed[to].network == w->formed[i].network;)
            to++;
        ok = judge_success(w, w->formed + i, to - i, e);
    }
    return ok;
}

/* ---- the area ---- */

static bool web_open(struct web *w, struct behaviour_run *r, struct err *e) {
    w->r = r;
    w->a = r->a;
    w->seed = hash_seed();
    w->shell = behaviours_find(r->b, S("web-shell"));
    w->exploit = behaviours_find(r->b, S("exploit-success"));
    assert(w->shell && w->exploit);
    if (!activities_of_act(w->a, ACT_WEB_REQUEST, &w->requests, e))
        return false;
    w->path_of = calloc((size_t)activities_text_count(w->a) + 1, sizeof *w->path_of);
    w->form_of = calloc((size_t)activities_text_count(w->a) + 1, sizeof *w->form_of);
    w->folder_of = calloc((size_t)activities_source_count(w->a) + 1, sizeof *w->folder_of);
    return w->path_of && w->form_of && w->folder_of ? sides_new(&w->sides, w->a, e) : behaviour_no_memory(e);
}

static void web_close(struct web *w) {
    for (size_t i = 0; i < w->suspect_count; i++)
        codes_free(&w->suspects[i].events);
    sides_free(w->sides);
    free(w->path_of);
    free(w->form_of);
    free(w->folder_of);
    code_map_free(&w->folders);
    code_map_free(&w->servers_by);
    code_map_free(&w->paths_by);
    code_map_free(&w->pages_by);
    code_map_free(&w->tried_by);
    code_map_free(&w->firsts);
    code_map_free(&w->newest);
    codes_free(&w->before);
    free(w->paths);
    free(w->servers);
    free(w->pages);
    free(w->networks);
    free(w->formed);
    free(w->tried);
    free(w->suspects);
}

/* Spam out of a server on which a page was left. */
static bool mail(struct web *w, struct err *e) {
    struct web_left *const left = calloc(2 * w->suspect_count + 1, sizeof *left);
    size_t count = 0;
    bool ok;

    if (!left)
        return behaviour_no_memory(e);
    for (size_t i = 0; i < w->suspect_count; i++) {
        const struct page *const p = &w->pages[w->suspects[i].page];
        uint32_t const named = w->servers[p->server].host;

        left[count++] = (struct web_left){named, p->code, named, p->first, p->last};
        if (w->suspects[i].host)
            left[count++] = (struct web_left){w->suspects[i].host, p->code, named, p->first, p->last};
    }
    ok = web_mail(w->r, w->sides, left, count, e);
    free(left);
    return ok;
}

bool behaviour_web(struct behaviour_run *r, struct err *e) {
    struct web w = {0};
    bool const ok = web_open(&w, r, e) && learn(&w, e) && find_young(&w, e) && find_suspects(&w, e) && collect(&w, e) &&
                    looks_at_all(&w, e) && find_hosts(&w, e) && tell_shells(&w, e) && tell_exploits(&w, e) &&
                    mail(&w, e) && web_flood(r, e);

    web_close(&w);
    return ok;
}
