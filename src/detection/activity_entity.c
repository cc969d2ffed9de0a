/* activity_entity: who is who: spellings taken apart, sorted by name, and those of one name put together where their domains may be one.
 *
 * A name with a long domain (two labels or more) is itself. With a short one (CHAMBER\jo) it is the one with the long domain that begins with
 * that label, if there is one such; without any, the only one of that name. Where several could be meant, those count that do something here
 * themselves: for whom a log says no more than that mail came from them, or that they failed, is no reason to take jo for somebody else. */
#include <assert.h>

#include "base/address.h"
#include "base/utf.h"
#include "detection/activity_own.h"
#include "event/family.h"
#include "event/fold.h"

#define ROOM (2 * (size_t)ACTIVITY_TEXT_MAX + 16) /* of one text, folded */
#define SCANNED_MAX 64u                           /* so many that could be meant are looked at: more are too many */

/* What a text is said to be. */
enum {
    IS_ACCOUNT = 1,
    IS_HOME_ACCOUNT = 2,
    IS_HOST = 4,
    IS_HOME_HOST = 8,
    IS_PROGRAM = 16,
};

/* ---- spellings taken apart ---- */

static str folded(str s, char room[ROOM]) {
    if (utf8_valid(s) == s.len)
        return (str){room, fold_text(s, room)};
    memcpy(room, s.ptr, s.len);
    return (str){room, s.len};
}

static str without_end(str s, char c) {
    while (s.len && s.ptr[s.len - 1] == c)
        s.len--;
    return s;
}

static size_t find_last(str s, char c) {
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == c)
            return i - 1;
    return SIZE_MAX;
}

static bool is_short(str domain) {
    return str_find_byte(domain, '.') == SIZE_MAX;
}

/* SIDs and GUIDs: numbers of accounts, and not names. */
static bool is_number(str s) {
    size_t dashes = 0;

    if (str_starts(s, S("s-1-")))
        return true;
    for (size_t i = 0; i < s.len; i++) {
        bool const hex = (s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f');

        dashes += s.ptr[i] == '-';
        if (!hex && s.ptr[i] != '-')
            return false;
    }
    return s.len == 36 && dashes == 4;
}

/* DOMAIN\name, name@domain, DOMAIN\name@domain, name. */
static void split_account(str text, char room[ROOM], struct activity_spelled *out) {
    str const whole = folded(str_trim(text), room);
    str s = whole, before = S("");
    size_t at;

    if (s.len > 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
        s = (str){s.ptr + 1, s.len - 2};
    out->name = s;
    out->domain = S("");
    if (is_number(s))
        return;
    if ((at = str_find_byte(s, '\\')) != SIZE_MAX) {
        before = without_end(str_first(s, at), '.');
        s = str_from(s, at + 1);
        if (!s.len || str_find_byte(s, '\\') != SIZE_MAX || str_find_byte(before, '@') != SIZE_MAX)
            return; /* a path, or a folder of a mailbox */
    }
    if ((at = find_last(s, '@')) != SIZE_MAX && at > 0) {
        str const behind = without_end(str_from(s, at + 1), '.');

        out->name = str_first(s, at);
        out->domain = behind.len && (!is_short(behind) || is_short(before)) ? behind : before;
        return;
    }
    out->name = s;
    out->domain = before;
}

/* name.domain; \\name, name$ and name:port are name. An address is itself. */
static void split_host(str text, char room[ROOM], struct activity_spelled *out) {
    struct address address;
    char plain[ADDRESS_TEXT];
    str s = str_trim(text);
    size_t at;

    out->domain = S("");
    if (address_parse_client(s, &address)) {
        s = address_format(&address, plain);
        memcpy(room, s.ptr, s.len);
        out->name = (str){room, s.len};
        return;
    }
    s = folded(s, room);
    while (s.len && s.ptr[0] == '\\')
        s = str_from(s, 1);
    if ((at = str_find_byte(s, ':')) != SIZE_MAX)
        s = str_first(s, at);
    s = without_end(without_end(s, '$'), '.');
    at = str_find_byte(s, '.');
    out->name = str_first(s, at == SIZE_MAX ? s.len : at);
    if (at != SIZE_MAX)
        out->domain = str_from(s, at + 1);
}

/* W3C logs write blanks as plus signs. */
static void split_program(str text, char room[ROOM], struct activity_spelled *out) {
    str const s = str_trim(text);
    bool const plus = str_find_byte(s, ' ') == SIZE_MAX && !program_is_path(s);
    char without[ACTIVITY_TEXT_MAX];
    str const family = program_is_path(s) ? program_path_family(s, without) : program_family(s, without);

    for (size_t i = 0; plus && i < family.len; i++)
        if (without[i] == '+')
            without[i] = ' ';
    out->name = folded(family, room);
    out->domain = S("");
}

typedef void split(str text, char room[ROOM], struct activity_spelled *out);

/* ---- spellings put together ---- */

static uint32_t root_of(uint32_t *entity, uint32_t code) {
    while (entity[code] != code)
        code = entity[code] = entity[entity[code]];
    return code;
}

static void join(uint32_t *entity, uint32_t x, uint32_t y) {
    x = root_of(entity, x);
    y = root_of(entity, y);
    if (x < y)
        entity[y] = x;
    else
        entity[x] = y;
}

static int by_name(const void *a, const void *b) {
    const struct activity_spelled *const x = a, *const y = b;
    int order = str_cmp(x->name, y->name);

    if (!order && !(order = str_cmp(x->domain, y->domain)))
        order = x->code < y->code ? -1 : x->code > y->code;
    return order;
}

/* The first of items[from] to items[to] whose domain is not before this one. */
static size_t domain_from(const struct activity_spelled *items, size_t from, size_t to, str domain) {
    while (from < to) {
        size_t const middle = from + (to - from) / 2;

        if (str_cmp(items[middle].domain, domain) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Which entity could be meant: the only one that is at home, or the only one; 0: none, or several. */
struct meant {
    uint32_t home, any;
    bool homes, anys; /* several */
};

static void mean(struct meant *m, uint32_t entity, bool home) {
    m->anys |= m->any && m->any != entity;
    m->any = entity;
    if (home) {
        m->homes |= m->home && m->home != entity;
        m->home = entity;
    }
}

static uint32_t meant(const struct meant *m) {
    if (m->home)
        return m->homes ? 0 : m->home;
    return m->anys ? 0 : m->any;
}

/* Those of one name, items[from] to items[to]. */
static void join_name(struct activity_names *n, size_t from, size_t to) {
    const struct activity_spelled *const items = n->items;
    struct meant all = {0};

    for (size_t i = from + 1; i < to; i++)
        if (str_eq(items[i].domain, items[i - 1].domain))
            join(n->entity, items[i].code, items[i - 1].code);
    for (size_t i = from; i < to; i++) {
        char label[ROOM + 1];
        str const domain = items[i].domain;
        struct meant m = {0};

        if (!domain.len || !is_short(domain) || (i > from && str_eq(domain, items[i - 1].domain)))
            continue;
        memcpy(label, domain.ptr, domain.len);
        label[domain.len] = '.';
        str const begins = {label, domain.len + 1};

        for (size_t k = domain_from(items, from, to, begins); k < to && str_starts(items[k].domain, begins); k++)
            mean(&m, root_of(n->entity, items[k].code), items[k].home);
        if (meant(&m))
            join(n->entity, items[i].code, meant(&m));
    }
    for (size_t i = from; i < to; i++)
        if (items[i].domain.len)
            mean(&all, root_of(n->entity, items[i].code), items[i].home);
    if (!items[from].domain.len && meant(&all))
        join(n->entity, items[from].code, meant(&all));
}

/* Is x the better spelling for people? The longer domain; then without what stands before a backslash; then in small letters, and short; then the
 * first. */
static bool is_better(const struct activities *a, const struct activity_spelled *x, const struct activity_spelled *y) {
    const struct activity_spelled *const both[2] = {x, y};
    size_t odd[2] = {0};

    if (x->domain.len != y->domain.len)
        return x->domain.len > y->domain.len;
    for (size_t i = 0; i < 2; i++) {
        str const text = a->texts[both[i]->code];

        for (size_t k = 0; k < text.len; k++)
            odd[i] += text.ptr[k] == '\\' ? 4 * ACTIVITY_TEXT_MAX : 1 + (text.ptr[k] >= 'A' && text.ptr[k] <= 'Z');
    }
    return odd[0] != odd[1] ? odd[0] < odd[1] : x->code < y->code;
}

static bool names_make(struct activities *a, struct activity_names *n, const uint8_t *is, unsigned what, unsigned home,
                       split *take_apart) {
    size_t count = 0;

    for (uint32_t code = 1; code < a->code_count; code++)
        count += (is[code] & what) != 0;
    if (!(n->items = reallocarray(NULL, count + 1, sizeof *n->items)) ||
        !(n->entity = calloc(a->code_count, sizeof *n->entity)) ||
        !(n->shown = calloc(a->code_count, sizeof *n->shown)))
        return false;
    for (uint32_t code = 1; code < a->code_count; code++) {
        struct activity_spelled *const s = &n->items[n->count];
        char room[ROOM];

        if (!(is[code] & what))
            continue;
        take_apart(a->texts[code], room, s);
        s->code = code;
        s->home = (is[code] & home) != 0;
        if (!arena_copy(a->names, s->name, &s->name) || !arena_copy(a->names, s->domain, &s->domain))
            return false;
        n->entity[code] = code;
        n->count++;
    }
    qsort(n->items, n->count, sizeof *n->items, by_name);
    for (size_t from = 0, to; from < n->count; from = to) {
        for (to = from + 1; to < n->count && str_eq(n->items[to].name, n->items[from].name);)
            to++;
        join_name(n, from, to);
    }
    return true;
}

/* Entities are final: of each code, and for each the spelling for people. */
static void names_end(const struct activities *a, struct activity_names *n) {
    uint32_t *const place = n->shown; /* until then of each entity the number of its best spelling, + 1 */

    for (size_t i = 0; i < n->count; i++) {
        uint32_t const entity = root_of(n->entity, n->items[i].code);

        if (!place[entity] || is_better(a, &n->items[i], &n->items[place[entity] - 1]))
            place[entity] = (uint32_t)i + 1;
    }
    for (uint32_t code = 1; code < a->code_count; code++) {
        if (n->entity[code])
            n->entity[code] = root_of(n->entity, code);
        if (place[code])
            n->shown[code] = n->items[place[code] - 1].code;
    }
}

/* The first of all whose name is not before this one. */
static size_t name_from(const struct activity_names *n, str name) {
    size_t from = 0, to = n->count;

    while (from < to) {
        size_t const middle = from + (to - from) / 2;

        if (str_cmp(n->items[middle].name, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The entity that a spelling means which nothing is called itself; 0: none. */
static uint32_t names_find(const struct activity_names *n, const struct activity_spelled *s) {
    size_t const from = name_from(n, s->name);
    char label[ROOM + 1];
    struct meant m = {0};
    size_t to = from, at;
    str begins = s->domain;

    while (to < n->count && to - from < SCANNED_MAX && str_eq(n->items[to].name, s->name))
        to++;
    if (to == from || to - from == SCANNED_MAX)
        return 0;
    at = domain_from(n->items, from, to, s->domain);
    if (at < to && str_eq(n->items[at].domain, s->domain))
        return n->entity[n->items[at].code];
    if (!is_short(s->domain))
        return 0;
    if (begins.len) {
        memcpy(label, begins.ptr, begins.len);
        label[begins.len] = '.';
        begins = (str){label, begins.len + 1};
    }
    for (size_t i = from; i < to; i++)
        if (str_starts(n->items[i].domain, begins))
            mean(&m, n->entity[n->items[i].code], n->items[i].home);
    return meant(&m);
}

static uint32_t entity_of(const struct activities *a, const struct activity_names *n, split *take_apart,
                          uint32_t code) {
    struct activity_spelled s = {.code = code};
    char room[ROOM];
    uint32_t found;

    if (!code || code >= a->code_count)
        return code;
    if (n->entity[code])
        return n->entity[code];
    take_apart(a->texts[code], room, &s);
    return s.name.len && (found = names_find(n, &s)) ? found : code;
}

/* A name with www. in front is the site without it. */
static void join_www(struct activity_names *n) {
    size_t const from = name_from(n, S("www"));

    for (size_t i = from; i < n->count && str_eq(n->items[i].name, S("www")); i++) {
        str const rest = n->items[i].domain;
        size_t const dot = str_find_byte(rest, '.');

        if (dot == SIZE_MAX)
            continue;
        str const name = str_first(rest, dot), domain = str_from(rest, dot + 1);
        size_t const first = name_from(n, name);
        size_t to = first;

        while (to < n->count && to - first < SCANNED_MAX && str_eq(n->items[to].name, name))
            to++;
        size_t const at = domain_from(n->items, first, to, domain);

        if (at < to && str_eq(n->items[at].domain, domain))
            join(n->entity, n->items[i].code, n->items[at].code);
    }
}

/* ---- what activities say of texts ---- */

/* Acts whose host is somebody else's: a site that is visited. */
static bool is_far_host(const struct activity *v) {
    return v->act == ACT_WEB_VISIT || v->act == ACT_LOOKUP || v->act == ACT_CONNECTION || v->act == ACT_MAIL_OUT ||
           v->act == ACT_MAIL_IN;
}

static void say_all(const struct activities *a, uint8_t *is) {
    for (uint32_t i = 0; i < activities_count(a); i++) {
        const struct activity *const v = activities_at(a, i);
        uint8_t const account = activity_is_use(v) ? IS_ACCOUNT | IS_HOME_ACCOUNT : IS_ACCOUNT;

        is[v->text[ACT_ACCOUNT]] |= account;
        is[v->text[ACT_TARGET]] |= account;
        is[v->text[ACT_HOST]] |= is_far_host(v) ? IS_HOST : IS_HOST | IS_HOME_HOST;
        is[v->text[ACT_PROGRAM]] |= IS_PROGRAM;
    }
}

/* ---- all of it ---- */

bool activities_resolve(struct activities *a) {
    uint8_t *is;
    bool ok;

    a->code_count = a->text_count;
    if (!(is = calloc(a->code_count, 1)))
        return false;
    say_all(a, is);
    ok = (a->names = arena_new(SIZE_MAX / 2)) &&
         names_make(a, &a->account, is, IS_ACCOUNT, IS_HOME_ACCOUNT, split_account) &&
         names_make(a, &a->host, is, IS_HOST, IS_HOME_HOST, split_host) &&
         names_make(a, &a->program, is, IS_PROGRAM, 0, split_program);
    free(is);
    if (!ok)
        return false;
    join_www(&a->host);
    names_end(a, &a->account);
    names_end(a, &a->host);
    names_end(a, &a->program);
    return true;
}

static void names_free(struct activity_names *n) {
    free(n->items);
    free(n->entity);
    free(n->shown);
}

void activities_forget_names(struct activities *a) {
    names_free(&a->account);
    names_free(&a->host);
    names_free(&a->program);
    arena_free(a->names);
}

/* ---- asked ---- */

uint32_t activities_account(const struct activities *a, uint32_t code) {
    return entity_of(a, &a->account, split_account, code);
}

uint32_t activities_host(const struct activities *a, uint32_t code) {
    return entity_of(a, &a->host, split_host, code);
}

uint32_t activities_program(const struct activities *a, uint32_t code) {
    return entity_of(a, &a->program, split_program, code);
}

str activities_spelling(const struct activities *a, enum entity_type type, uint32_t entity) {
    const struct activity_names *const n = type == ENTITY_ACCOUNT ? &a->account : type == ENTITY_HOST ? &a->host : NULL;

    if (n && entity < a->code_count && n->shown[entity])
        return a->texts[n->shown[entity]];
    return activities_text(a, entity);
}
