/* mail_knowledge: YAML into sorted tables. Domains are looked up label by label from the whole name on; names of outlets word by
 * word, each beginning of a display name's words against a table of folded names. */
#include "incident/mail_knowledge.h"

#include <assert.h>
#include <libpsl.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/file.h"
#include "codec/yaml.h"
#include "incident/mail_own.h"

#define ARENA_MAX ((size_t)256 << 20)
#define HOST_MAX 253u    /* RFC 1035 2.3.4, without the root */
#define OUTLET_WORDS 10u /* of a name */
#define AGENT_MAX 2048u  /* bytes of a user agent that are */

/* A sorted table of texts, each with what it is of. */
struct entry {
    str text; /* folded as the table wants it */
    str of;
    bool alone;
};
struct entries {
    struct entry *items;
    size_t count, room;
    bool sorted;
};

struct agent {
    str text; /* small letters */
    bool whole;
    uint32_t fetcher;
};
struct net {
    struct network network;
    uint32_t fetcher;
};

enum list { SERVICE_DOMAINS, SERVICE_HEADERS, OUTLET_NAMES, OUTLET_DOMAINS, FREEMAIL, SHARED, FETCHER_HOSTS, LISTS };

struct mail_knowledge {
    struct arena *arena;
    struct entries lists[LISTS];
    struct mail_fetcher *fetchers;
    struct agent *agents;
    struct net *nets;
    size_t fetcher_count, fetcher_room, agent_count, agent_room, net_count, net_room;
};

str mail_name_fold(str name, char room[MAIL_NAME_MAX], size_t *words) {
    bool gap = false;
    size_t len = 0;

    *words = 0;
    name = str_first(name, MAIL_NAME_MAX);
    for (size_t i = 0; i < name.len; i++) {
        if (!mail_letter_or_digit(name.ptr[i])) {
            /* an apostrophe within a word makes no two of it: O'Neill, Barron's */
            if (name.ptr[i] != '\'' || i == 0 || i + 1 == name.len || !mail_letter_or_digit(name.ptr[i - 1]) ||
                !mail_letter_or_digit(name.ptr[i + 1]))
                gap = true;
            continue;
        }
        if (gap && len)
            room[len++] = ' '; /* in the place of what is no letter: there is room */
        *words += gap || !len;
        gap = false;
        room[len++] = mail_small(name.ptr[i]);
    }
    return (str){room, len};
}

/* ---- loading ---- */

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for what is known of mail");
}

static bool fail(struct err *e, str name, uint32_t line, const char *what) {
    return err_set(e, ERR_USAGE, 0, "%.*s: line %u: %s", STR_ARG(name), line, what);
}

static bool grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    if (count < *room)
        return true;
    size_t const more = *room ? *room * 2 : 64;
    void *const grown = reallocarray(*items, more, size);

    if (!grown)
        return no_memory(e);
    *items = grown;
    *room = more;
    return true;
}

static bool put(struct mail_knowledge *k, enum list list, str text, str of, bool alone, struct err *e) {
    struct entries *const l = &k->lists[list];

    if (!grow((void **)&l->items, l->count, &l->room, sizeof *l->items, e))
        return false;
    l->items[l->count++] = (struct entry){text, of, alone};
    l->sorted = false;
    return true;
}

static bool small_copy(struct mail_knowledge *k, str s, str *out, struct err *e) {
    char *const copy = arena_bytes(k->arena, s.len);

    if (!copy)
        return no_memory(e);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = mail_small(s.ptr[i]);
    *out = (str){copy, s.len};
    return true;
}

/* Each text of the list under key into a table. domains: they must look like such. */
static bool put_list(struct mail_knowledge *k, enum list list, const struct yaml_node *values, str of, bool domains,
                     str name, struct err *e) {
    str text;

    if (values->type != YAML_LIST)
        return fail(e, name, values->line, "a list is expected here");
    for (size_t i = 0; i < values->count; i++) {
        const struct yaml_node *const item = values->items[i];

        if (item->type != YAML_SCALAR || item->text.len == 0)
            return fail(e, name, item->line, "a word is expected here");
        if (domains && (str_find_byte(item->text, '.') == SIZE_MAX || str_find_byte(item->text, ' ') != SIZE_MAX ||
                        item->text.ptr[0] == '.' || item->text.len > HOST_MAX))
            return fail(e, name, item->line, "a domain is expected here");
        if (!small_copy(k, item->text, &text, e) || !put(k, list, text, of, false, e))
            return false;
    }
    return true;
}

static bool unknown_key(const struct yaml_node *doc, size_t i, str name, struct err *e) {
    return err_set(e, ERR_USAGE, 0, "%.*s: line %u: '%.*s' is not known here", STR_ARG(name), doc->key_lines[i],
                   STR_ARG(str_first(doc->keys[i], 40)));
}

static bool load_service(struct mail_knowledge *k, const struct yaml_node *doc, str name, struct err *e) {
    str of;

    if (!arena_copy(k->arena, yaml_text(doc, "service"), &of))
        return no_memory(e);
    if (!of.len)
        return fail(e, name, doc->line, "the service has no name");
    for (size_t i = 0; i < doc->count; i++) {
        str const key = doc->keys[i];

        if (str_eq(key, S("service")))
            continue;
        if (str_eq(key, S("domains"))) {
            if (!put_list(k, SERVICE_DOMAINS, doc->items[i], of, true, name, e))
                return false;
        } else if (str_eq(key, S("headers"))) {
            if (!put_list(k, SERVICE_HEADERS, doc->items[i], of, false, name, e))
                return false;
        } else {
            return unknown_key(doc, i, name, e);
        }
    }
    return true;
}

static bool put_agents(struct mail_knowledge *k, const struct yaml_node *values, bool whole, str name, struct err *e) {
    if (values->type != YAML_LIST)
        return fail(e, name, values->line, "a list is expected here");
    for (size_t i = 0; i < values->count; i++) {
        struct agent *a;

        if (values->items[i]->type != YAML_SCALAR || values->items[i]->text.len < 4)
            return fail(e, name, values->items[i]->line, "four characters at least are expected here");
        if (!grow((void **)&k->agents, k->agent_count, &k->agent_room, sizeof *k->agents, e))
            return false;
        a = &k->agents[k->agent_count];
        *a = (struct agent){.whole = whole, .fetcher = (uint32_t)k->fetcher_count};
        if (!small_copy(k, values->items[i]->text, &a->text, e))
            return false;
        k->agent_count++;
    }
    return true;
}

static bool put_nets(struct mail_knowledge *k, const struct yaml_node *values, str name, struct err *e) {
    if (values->type != YAML_LIST)
        return fail(e, name, values->line, "a list is expected here");
    for (size_t i = 0; i < values->count; i++) {
        if (!grow((void **)&k->nets, k->net_count, &k->net_room, sizeof *k->nets, e))
            return false;
        if (values->items[i]->type != YAML_SCALAR ||
            !network_parse(values->items[i]->text, &k->nets[k->net_count].network, e))
            return fail(e, name, values->items[i]->line, "a network is expected here: 192.0.2.0/24");
        k->nets[k->net_count++].fetcher = (uint32_t)k->fetcher_count;
    }
    return true;
}

static bool load_fetcher(struct mail_knowledge *k, const struct yaml_node *doc, str name, struct err *e) {
    struct mail_fetcher f = {.type = MAIL_FETCHER_PROXY, .how = STR("")};
    str const type = yaml_text(doc, "type");
    const struct yaml_node *const prefetches = yaml_get(doc, "prefetches");

    if (!arena_copy(k->arena, yaml_text(doc, "fetcher"), &f.name))
        return no_memory(e);
    if (!f.name.len)
        return fail(e, name, doc->line, "the fetcher has no name");
    if (str_eq(type, S("gateway")))
        f.type = MAIL_FETCHER_GATEWAY;
    else if (!str_eq(type, S("proxy")))
        return fail(e, name, doc->line, "type is proxy or gateway");
    if (prefetches && (prefetches->type != YAML_SCALAR ||
                       (prefetches->scalar != YAML_IS_TRUE && prefetches->scalar != YAML_IS_FALSE)))
        return fail(e, name, prefetches->line, "prefetches is true or false");
    f.prefetches = prefetches && prefetches->scalar == YAML_IS_TRUE;
    if (!grow((void **)&k->fetchers, k->fetcher_count, &k->fetcher_room, sizeof *k->fetchers, e))
        return false;
    k->fetchers[k->fetcher_count] = f;
    for (size_t i = 0; i < doc->count; i++) {
        str const key = doc->keys[i];
        const struct yaml_node *const value = doc->items[i];

        if (str_eq(key, S("fetcher")) || str_eq(key, S("type")) || str_eq(key, S("prefetches")))
            continue;
        if (str_eq(key, S("agents")) || str_eq(key, S("agents_whole"))) {
            if (!put_agents(k, value, str_eq(key, S("agents_whole")), name, e))
                return false;
        } else if (str_eq(key, S("hosts"))) {
            /* `of` holds the number: fetchers move while they grow */
            char *const number = arena_alloc(k->arena, sizeof(uint32_t));

            if (!number)
                return no_memory(e);
            memcpy(number, &(uint32_t){(uint32_t)k->fetcher_count}, sizeof(uint32_t));
            if (!put_list(k, FETCHER_HOSTS, value, (str){number, sizeof(uint32_t)}, true, name, e))
                return false;
        } else if (str_eq(key, S("networks"))) {
            if (!put_nets(k, value, name, e))
                return false;
        } else {
            return unknown_key(doc, i, name, e);
        }
    }
    k->fetcher_count++;
    return true;
}

static bool put_outlet_name(struct mail_knowledge *k, str spelled, str of, bool alone, str name, uint32_t line,
                            struct err *e) {
    char room[MAIL_NAME_MAX];
    size_t words;
    str folded = mail_name_fold(spelled, room, &words);

    if (words == 0 || words > OUTLET_WORDS)
        return fail(e, name, line, "an outlet's name has one to ten words");
    if (!arena_copy(k->arena, folded, &folded))
        return no_memory(e);
    /* three letters and fewer are too many things at once */
    return put(k, OUTLET_NAMES, folded, of, alone || folded.len <= 3, e);
}

/* "Name / Another name": [domain, ...] */
static bool load_outlets(struct mail_knowledge *k, const struct yaml_node *map, bool alone, str name, struct err *e) {
    if (map->type != YAML_MAP)
        return fail(e, name, map->line, "names with lists of domains are expected here");
    for (size_t i = 0; i < map->count; i++) {
        str rest, of;

        if (!arena_copy(k->arena, map->keys[i], &rest))
            return no_memory(e);
        size_t at = str_find(rest, S(" / "));

        of = str_trim(str_first(rest, at));
        for (;; at = str_find(rest, S(" / "))) {
            if (!put_outlet_name(k, str_trim(str_first(rest, at)), of, alone, name, map->key_lines[i], e))
                return false;
            if (at == SIZE_MAX)
                break;
            rest = str_from(rest, at + 3);
        }
        if (!put_list(k, OUTLET_DOMAINS, map->items[i], of, true, name, e))
            return false;
    }
    return true;
}

static bool load_lists(struct mail_knowledge *k, const struct yaml_node *doc, str name, struct err *e) {
    if (doc->type != YAML_MAP)
        return fail(e, name, doc->line, "service, fetcher, outlets, alone, freemail or shared is expected here");
    for (size_t i = 0; i < doc->count; i++) {
        str const key = doc->keys[i];
        bool ok;

        if (str_eq(key, S("outlets")) || str_eq(key, S("alone")))
            ok = load_outlets(k, doc->items[i], str_eq(key, S("alone")), name, e);
        else if (str_eq(key, S("freemail")))
            ok = put_list(k, FREEMAIL, doc->items[i], (str){"", 0}, true, name, e);
        else if (str_eq(key, S("shared")))
            ok = put_list(k, SHARED, doc->items[i], (str){"", 0}, true, name, e);
        else
            ok = unknown_key(doc, i, name, e);
        if (!ok)
            return false;
    }
    return true;
}

static int by_text_and_of(const void *a, const void *b) {
    const struct entry *const x = a, *const y = b;
    int const c = str_cmp(x->text, y->text);

    return c ? c : str_cmp(x->of, y->of);
}

bool mail_knowledge_load_text(struct mail_knowledge *k, str name, str text, struct err *e) {
    struct arena *const a = arena_new(ARENA_MAX);
    struct yaml_node **docs = NULL;
    size_t count = 0;
    bool ok = a || no_memory(e);

    if (ok && !yaml_read(text, a, &docs, &count, e))
        ok = err_wrap(e, "%.*s", STR_ARG(name));
    for (size_t i = 0; ok && i < count; i++) {
        if (docs[i]->type == YAML_SCALAR && docs[i]->scalar == YAML_IS_NULL)
            continue; /* comments before the first --- */
        if (yaml_get(docs[i], "service"))
            ok = load_service(k, docs[i], name, e);
        else if (yaml_get(docs[i], "fetcher"))
            ok = load_fetcher(k, docs[i], name, e);
        else
            ok = load_lists(k, docs[i], name, e);
    }
    for (size_t i = 0; ok && i < LISTS; i++)
        if (k->lists[i].count && !k->lists[i].sorted) {
            qsort(k->lists[i].items, k->lists[i].count, sizeof *k->lists[i].items, by_text_and_of);
            k->lists[i].sorted = true;
        }
    arena_free(a);
    return ok;
}

bool mail_knowledge_load(struct mail_knowledge *k, const char *path, struct err *e) {
    struct buf b = {0};
    bool const ok =
        file_read(path, MAIL_KNOWLEDGE_BYTES_MAX, &b, e) && mail_knowledge_load_text(k, str_of(path), buf_str(&b), e);

    buf_free(&b);
    return ok;
}

bool mail_knowledge_new(struct mail_knowledge **out, struct err *e) {
    struct mail_knowledge *const k = calloc(1, sizeof *k);

    if (!k || !(k->arena = arena_new(ARENA_MAX))) {
        mail_knowledge_free(k);
        return no_memory(e);
    }
    for (size_t i = 0; i < mails_builtin_count; i++)
        if (!mail_knowledge_load_text(k, mails_builtin[i].path, mails_builtin[i].text, e)) {
            mail_knowledge_free(k);
            return false;
        }
    *out = k;
    return true;
}

void mail_knowledge_free(struct mail_knowledge *k) {
    if (!k)
        return;
    for (size_t i = 0; i < LISTS; i++)
        free(k->lists[i].items);
    free(k->fetchers);
    free(k->agents);
    free(k->nets);
    arena_free(k->arena);
    free(k);
}

/* ---- names of hosts ---- */

str mail_registrable(str host) {
    char name[HOST_MAX + 1];
    struct address address;

    if (!host.len || host.len > HOST_MAX || memchr(host.ptr, '\0', host.len) || address_parse(host, &address))
        return host;
    memcpy(name, host.ptr, host.len);
    name[host.len] = '\0';
    /* the list knows names beyond ASCII as they are and as xn--, and both in small letters */
    const char *const part = psl_registrable_domain(psl_builtin(), name);

    return part ? str_from(host, (size_t)(part - name)) : host;
}

/* The first entry of that text; SIZE_MAX: there is none. */
static size_t entry_find(const struct entries *l, str text) {
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (str_cmp(l->items[mid].text, text) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < l->count && str_eq(l->items[low].text, text) ? low : SIZE_MAX;
}

/* The entry of the host or of a domain around it, the nearest. */
static const struct entry *domain_find(const struct entries *l, str host) {
    for (size_t labels = 0; host.len && labels < 128; labels++) {
        size_t const at = entry_find(l, host), dot = str_find_byte(host, '.');

        if (at != SIZE_MAX)
            return &l->items[at];
        if (dot == SIZE_MAX)
            break;
        host = str_from(host, dot + 1);
    }
    return NULL;
}

str mail_service_of_host(const struct mail_knowledge *k, str host) {
    const struct entry *const found = domain_find(&k->lists[SERVICE_DOMAINS], host);

    return found ? found->of : (str){"", 0};
}

str mail_service_of_header(const struct mail_knowledge *k, str header) {
    size_t const at = entry_find(&k->lists[SERVICE_HEADERS], header);

    return at == SIZE_MAX ? (str){"", 0} : k->lists[SERVICE_HEADERS].items[at].of;
}

bool mail_host_shared(const struct mail_knowledge *k, str host) {
    return domain_find(&k->lists[SHARED], host) != NULL;
}

bool mail_host_common(const struct mail_knowledge *k, str host) {
    return mail_host_shared(k, host) || domain_find(&k->lists[OUTLET_DOMAINS], host) ||
           domain_find(&k->lists[SERVICE_DOMAINS], host) || domain_find(&k->lists[FREEMAIL], host);
}

/* The domain itself: a subdomain of gmail.com is nobody's mailbox there. */
bool mail_freemail(const struct mail_knowledge *k, str domain) {
    return entry_find(&k->lists[FREEMAIL], domain) != SIZE_MAX;
}

/* ---- outlets ---- */

/* Does one thing end and another begin at i? *skip: bytes of what stands between. */
static bool parted(str s, size_t i, size_t *skip) {
    static const str words[] = {STR(" via "),          STR(" at "),          STR(" from "), STR(" of "),
                                STR(" for "),          STR(" bei "),         STR(" von "),  STR(" - "),
                                STR(" \xe2\x80\x93 "), STR(" \xe2\x80\x94 ")};

    *skip = 1;
    if (strchr(",()[]|:;/\"<>@", s.ptr[i]) && s.ptr[i])
        return true;
    for (size_t w = 0; w < COUNT(words); w++)
        if (str_eq_ascii(str_first(str_from(s, i), words[w].len), words[w])) {
            *skip = words[w].len - 1; /* the last blank may begin the next */
            return true;
        }
    return false;
}

/* The longest name that begins at the words' beginning; whole: only one that is all of them. */
static str outlet_at(const struct mail_knowledge *k, str words, bool whole) {
    const struct entries *const l = &k->lists[OUTLET_NAMES];
    str best = {"", 0};
    size_t end = 0;

    for (size_t n = 0; n < OUTLET_WORDS && end <= words.len; n++) {
        size_t const blank = str_find_byte(str_from(words, end), ' ');
        size_t const stop = blank == SIZE_MAX ? words.len : end + blank;
        size_t const at = entry_find(l, str_first(words, stop));

        if (at != SIZE_MAX && (whole ? stop == words.len : !l->items[at].alone))
            best = l->items[at].of;
        end = stop + 1;
    }
    return best;
}

str mail_outlet_claimed(const struct mail_knowledge *k, str display_name) {
    str const name = str_first(display_name, MAIL_NAME_MAX);
    char room[MAIL_NAME_MAX];
    size_t words;
    str const folded = mail_name_fold(name, room, &words);
    str found = {"", 0};

    /* as a phrase anywhere */
    for (size_t at = 0; !found.len && at < folded.len;) {
        size_t const blank = str_find_byte(str_from(folded, at), ' ');

        found = outlet_at(k, str_from(folded, at), false);
        at = blank == SIZE_MAX ? folded.len : at + blank + 1;
    }
    /* alone between what parts a name */
    for (size_t from = 0, i = 0, skip = 1; !found.len && i <= name.len; i++) {
        if (i < name.len && !parted(name, i, &skip))
            continue;
        str const part = mail_name_fold((str){name.ptr + from, i - from}, room, &words);

        if (part.len)
            found = outlet_at(k, part, true);
        if (i < name.len)
            i += skip - 1;
        from = i + 1 > name.len ? name.len : i + 1;
    }
    return found;
}

bool mail_outlet_owns(const struct mail_knowledge *k, str outlet, str domain) {
    const struct entries *const l = &k->lists[OUTLET_DOMAINS];

    for (size_t labels = 0; domain.len && labels < 128; labels++) {
        size_t const dot = str_find_byte(domain, '.');

        for (size_t at = entry_find(l, domain); at < l->count && str_eq(l->items[at].text, domain); at++)
            if (str_eq(l->items[at].of, outlet))
                return true;
        if (dot == SIZE_MAX)
            break;
        domain = str_from(domain, dot + 1);
    }
    return false;
}

/* ---- fetchers ---- */

static bool fetched(const struct mail_knowledge *k, size_t fetcher, const char *how, struct mail_fetcher *out) {
    assert(fetcher < k->fetcher_count);
    *out = k->fetchers[fetcher];
    out->how = str_of(how);
    return true;
}

bool mail_fetcher_known(const struct mail_knowledge *k, str user_agent, str host, str address,
                        struct mail_fetcher *out) {
    char small[AGENT_MAX];
    str const agent = {small, user_agent.len < AGENT_MAX ? user_agent.len : AGENT_MAX};
    const struct entry *found;
    struct address a;

    for (size_t i = 0; i < agent.len; i++)
        small[i] = mail_small(user_agent.ptr[i]);
    for (size_t i = 0; agent.len && i < k->agent_count; i++)
        if (k->agents[i].whole ? str_eq(agent, k->agents[i].text) : str_find(agent, k->agents[i].text) != SIZE_MAX)
            return fetched(k, k->agents[i].fetcher, "user agent", out);
    if (host.len && (found = domain_find(&k->lists[FETCHER_HOSTS], host))) {
        uint32_t number;

        memcpy(&number, found->of.ptr, sizeof number);
        return fetched(k, number, "host", out);
    }
    if (!address.len || !address_parse(address, &a))
        return false;
    for (size_t i = 0; i < k->net_count; i++)
        if (network_holds(&k->nets[i].network, &a))
            return fetched(k, k->nets[i].fetcher, "network", out);
    return false;
}
