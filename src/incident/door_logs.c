/* door_logs: whose passwords are whose (data/doors/realms.yml), and which logs there are, from when to when. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "codec/yaml_pack.h"
#include "event/fold.h"
#include "incident/door_own.h"

#define DATA_MAX ((size_t)1 << 20)
#define DAY_NS (INT64_C(86400) * 1000000000)

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for doors");
}

/* ---- the data ---- */

static bool bad(const struct yaml_node *n, const char *what, struct err *e) {
    return err_set(e, ERR_USAGE, 0, "doors/realms.yml:%u: %s", n ? n->line : 0, what);
}

static bool texts(struct doors *d, const struct yaml_node *n, const str **out, size_t *count, struct err *e) {
    str *list;

    if (!n || n->type != YAML_LIST)
        return bad(n, "a list of names", e);
    if (!(list = arena_zero(d->data, n->count, sizeof *list)))
        return no_memory(e);
    for (size_t i = 0; i < n->count; i++)
        if (n->items[i]->type != YAML_SCALAR)
            return bad(n->items[i], "a name", e);
        else if (!arena_copy(d->data, n->items[i]->text, &list[i]))
            return no_memory(e);
    *out = list;
    *count = n->count;
    return true;
}

static bool number(const struct yaml_node *map, const char *key, double *out, struct err *e) {
    char text[32], *end;
    str const s = yaml_text(map, key);

    if (!s.len || s.len >= sizeof text)
        return bad(map, "a number is missing", e);
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    *out = strtod(text, &end);
    return (*end == '\0' && isfinite(*out) && *out > 0 && *out < 1e6) || bad(map, "no such number", e);
}

static bool realm_of(struct doors *d, const struct yaml_node *n, struct realm *to, struct err *e) {
    static const str keys[] = {STR("realm"), STR("kinds"), STR("sessions"), STR("local"), STR("vpn")};

    for (size_t i = 0, k; n->type == YAML_MAP && i < n->count; i++) {
        for (k = 0; k < COUNT(keys) && !str_eq(n->keys[i], keys[k]);)
            k++;
        if (k == COUNT(keys))
            return bad(n, "no such key", e);
    }
    to->sessions = str_eq(yaml_text(n, "sessions"), S("true"));
    to->local = str_eq(yaml_text(n, "local"), S("true"));
    to->vpn = str_eq(yaml_text(n, "vpn"), S("true"));
    if (!yaml_text(n, "realm").len)
        return bad(n, "a realm needs a name", e);
    return (arena_copy(d->data, yaml_text(n, "realm"), &to->name) || no_memory(e)) &&
           texts(d, yaml_get(n, "kinds"), &to->kinds, &to->kind_count, e);
}

static bool data_of(struct doors *d, const struct yaml_node *map, struct err *e) {
    const struct yaml_node *const list = yaml_get(map, "realms");
    struct realm *realms;
    double days;

    if (!list || list->type != YAML_LIST || !list->count || list->count > 63)
        return bad(map, "a list of realms, at most 63", e);
    if (!(realms = arena_zero(d->data, list->count, sizeof *realms)))
        return no_memory(e);
    for (size_t i = 0; i < list->count; i++)
        if (!realm_of(d, list->items[i], &realms[i], e))
            return false;
    d->realms = realms;
    d->realm_count = list->count;
    if (!texts(d, yaml_get(map, "nobody"), &d->nobody, &d->nobody_count, e) ||
        !texts(d, yaml_get(map, "nobody_begins"), &d->nobody_begins, &d->nobody_begins_count, e) ||
        !texts(d, yaml_get(map, "web_roots"), &d->web_roots, &d->web_root_count, e) ||
        !texts(d, yaml_get(map, "scripts"), &d->scripts, &d->script_count, e) ||
        !number(map, "behind_days", &days, e) || !number(map, "behind_pauses", &d->behind_pauses, e))
        return false;
    d->behind = (int64_t)(days * (double)DAY_NS);
    return true;
}

bool door_data_read(struct doors *d, struct err *e) {
    struct arena *const scratch = arena_new(DATA_MAX);
    struct yaml_node **documents;
    size_t count = 0;
    bool ok;

    assert(realms_builtin_count == 1);
    ok = scratch || no_memory(e);
    ok = ok && yaml_unpack(realms_builtin[0].trees, scratch, &documents, &count, e) &&
         ((count == 1 && documents[0]->type == YAML_MAP) || bad(NULL, "a mapping", e)) && data_of(d, documents[0], e);
    arena_free(scratch);
    return ok;
}

bool door_nobody(const struct doors *d, str account) {
    size_t const slash = str_find_byte(account, '\\');
    str const name = slash == SIZE_MAX ? account : str_from(account, slash + 1);

    if (!name.len || (name.ptr[name.len - 1] == '$' && slash != SIZE_MAX)) /* a computer's own */
        return true;
    for (size_t i = 0; i < d->nobody_count; i++)
        if (fold_equal(name, d->nobody[i]))
            return true;
    for (size_t i = 0; i < d->nobody_begins_count; i++) {
        str const begins = d->nobody_begins[i];

        if (fold_equal(str_first(account, begins.len), begins) || fold_equal(str_first(name, begins.len), begins))
            return true;
    }
    return str_ends(name, S("$")) && str_find_byte(name, '@') == SIZE_MAX;
}

str door_page_of(const struct doors *d, str file) {
    bool script = false;

    for (size_t i = 0; i < d->script_count; i++)
        script |= door_plain_ends(file, d->scripts[i]);
    for (size_t at = 0; script && at < file.len; at++) {
        str const rest = str_from(file, at);

        for (size_t i = 0; i < d->web_root_count; i++) {
            str const root = d->web_roots[i];

            if (rest.len > root.len && (at == 0 || file.ptr[at - 1] == '/' || file.ptr[at - 1] == '\\') &&
                (rest.ptr[root.len] == '/' || rest.ptr[root.len] == '\\') &&
                door_plain_ends(str_first(rest, root.len), root))
                return str_from(rest, root.len);
        }
    }
    return S("");
}

/* ---- families ---- */

/* A kind's name as far as its second part: all of one log. */
static str family_name(str kind) {
    size_t const first = str_find_byte(kind, '/');
    size_t const second = first == SIZE_MAX ? SIZE_MAX : str_find_byte(str_from(kind, first + 1), '/');

    return second == SIZE_MAX ? kind : str_first(kind, first + 1 + second);
}

static void family_realm(const struct doors *d, str kind, struct door_family *f) {
    size_t longest = 0;

    f->realm = NO_REALM;
    for (size_t i = 0; i < d->realm_count; i++)
        for (size_t k = 0; k < d->realms[i].kind_count; k++)
            if (str_starts(kind, d->realms[i].kinds[k]) && d->realms[i].kinds[k].len > longest) {
                longest = d->realms[i].kinds[k].len;
                f->vpn = d->realms[i].vpn;
                f->realm = f->vpn ? NO_REALM : (uint32_t)i;
            }
}

/* + 1; 0: no memory. */
static uint32_t family_add(struct doors *d, str kind) {
    str const name = family_name(kind);
    struct door_family f = {.name = name};

    family_realm(d, kind, &f);
    for (uint32_t i = 0; i < d->family_count; i++)
        if (str_eq(d->families[i].name, name) && d->families[i].realm == f.realm && d->families[i].vpn == f.vpn)
            return i + 1;
    if (d->family_count == d->family_room) {
        uint32_t const room = d->family_room * 2 + 32;
        struct door_family *const bigger = reallocarray(d->families, room, sizeof *bigger);

        if (!bigger)
            return 0;
        d->families = bigger;
        d->family_room = room;
    }
    f.up = d->family_count;
    d->families[d->family_count++] = f;
    return d->family_count;
}

static uint32_t root_of(const struct doors *d, uint32_t family) {
    while (d->families[family].up != family)
        family = d->families[family].up = d->families[d->families[family].up].up;
    return family;
}

/* Which families there are, and which stand together. */
static bool families_read(struct doors *d) {
    uint32_t const count = activities_count(d->a);
    uint32_t *const of = calloc((size_t)activities_source_count(d->a) + 1, sizeof *of); /* a source's first, + 1 */
    bool ok = of != NULL;

    for (uint32_t i = 0; ok && i < count; i++) {
        const struct activity *const v = activities_at(d->a, i);
        uint32_t *const family = &d->family_of[v->text[ACT_KIND]];

        if (!*family)
            ok = (*family = family_add(d, activities_text(d->a, v->text[ACT_KIND]))) != 0;
        if (ok && !of[v->source])
            of[v->source] = *family;
        if (ok && of[v->source] != *family) {
            uint32_t const a = root_of(d, of[v->source] - 1), b = root_of(d, *family - 1);

            d->families[a > b ? a : b].up = a > b ? b : a;
        }
    }
    free(of);
    return ok;
}

const struct door_family *door_family_of(const struct doors *d, const struct activity *v) {
    return &d->families[d->family_of[v->text[ACT_KIND]] - 1];
}

uint32_t door_host_of(const struct doors *d, const struct activity *v) {
    uint32_t host;

    if (v->text[ACT_HOST])
        return activities_host(d->a, v->text[ACT_HOST]);
    if (!v->text[ACT_SERVER])
        return 0;
    host = activities_host_of(d->a, v->text[ACT_SERVER], v->when);
    return host ? host : activities_host(d->a, v->text[ACT_SERVER]);
}

/* ---- logs ---- */

static size_t slot_of(const struct doors *d, uint32_t family, uint32_t host) {
    uint64_t const mixed = ((uint64_t)family << 32 | host) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(mixed >> 32) & d->mask;

    while (d->slots[at] && (d->logs[d->slots[at] - 1].family != family || d->logs[d->slots[at] - 1].host != host))
        at = (at + 1) & d->mask;
    return at;
}

static bool grow(struct doors *d) {
    uint32_t const room = d->log_room ? d->log_room * 2 : 256;
    struct door_log *const logs = reallocarray(d->logs, room, sizeof *logs);
    uint32_t *slots;

    if (!logs)
        return false;
    d->logs = logs;
    if (!(slots = calloc((size_t)room * 2, sizeof *slots)))
        return false;
    free(d->slots);
    d->slots = slots;
    d->mask = room * 2 - 1;
    d->log_room = room;
    for (uint32_t i = 0; i < d->log_count; i++)
        d->slots[slot_of(d, d->logs[i].family, d->logs[i].host)] = i + 1;
    return true;
}

static bool log_add(struct doors *d, const struct activity *v) {
    const struct door_family *const f = door_family_of(d, v);
    uint32_t const family = root_of(d, d->family_of[v->text[ACT_KIND]] - 1);
    /* What a sensor sees on the wire is its own log, not one of each server in the world. */
    bool const seen = v->act == ACT_CONNECTION || v->act == ACT_LOOKUP || v->act == ACT_WEB_VISIT;
    uint32_t const host = seen ? activities_host(d->a, v->text[ACT_HOST]) : door_host_of(d, v);
    struct door_log *log;
    size_t at;

    if (d->log_count == d->log_room && !grow(d))
        return false;
    at = slot_of(d, family, host);
    if (!d->slots[at]) {
        d->logs[d->log_count++] = (struct door_log){.family = family, .host = host, .first = v->when, .last = v->when};
        d->slots[at] = d->log_count;
    }
    log = &d->logs[d->slots[at] - 1];
    if (v->when > log->last && door_apart(log->last, v->when) > door_apart(log->pause_from, log->pause_to)) {
        log->pause_from = log->last;
        log->pause_to = v->when;
    }
    log->last = v->last > log->last ? v->last : log->last;
    log->count++;
    log->acts |= act_bit((enum act)v->act);
    log->realms |= f->vpn ? DOOR_VPN_BIT : f->realm == NO_REALM ? 0 : UINT64_C(1) << f->realm;
    return true;
}

/* What is no act, and whose address is whose, is told of other evidence as well. */
static bool is_told(const struct activity *v) {
    return v->act != ACT_NONE && v->act != ACT_HOST_NAME;
}

static int by_host(const void *a, const void *b, void *ctx) {
    const struct doors *const d = ctx;
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    if (d->logs[x].host != d->logs[y].host)
        return d->logs[x].host < d->logs[y].host ? -1 : 1;
    return (x > y) - (x < y);
}

static bool logs_sort(struct doors *d) {
    if (!(d->by_host = calloc((size_t)d->log_count + 1, sizeof *d->by_host)))
        return false;
    for (uint32_t i = 0; i < d->log_count; i++)
        d->by_host[i] = i;
    qsort_r(d->by_host, d->log_count, sizeof *d->by_host, by_host, d);
    return true;
}

uint32_t door_logs_from(const struct doors *d, uint32_t host) {
    uint32_t low = 0, high = d->log_count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (d->logs[d->by_host[middle]].host < host)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool door_logs_read(struct doors *d, struct err *e) {
    uint32_t const count = activities_count(d->a);

    d->end = INSTANT_NONE;
    for (uint32_t i = 0, seen = 0; i < count && d->end == INSTANT_NONE; i++) {
        const struct activity *const v = activities_at(d->a, count - 1 - i);

        /* What is no act stands for no log: rules found it, or a case names it. */
        if (is_told(v) && seen++ == count / 1000)
            d->end = v->last;
    }
    if (!(d->family_of = calloc((size_t)activities_text_count(d->a) + 1, sizeof *d->family_of)) || !families_read(d) ||
        !grow(d))
        return no_memory(e);
    for (uint32_t i = 0; i < count; i++)
        if (is_told(activities_at(d->a, i)) && !log_add(d, activities_at(d->a, i)))
            return no_memory(e);
    return logs_sort(d) || no_memory(e);
}

int64_t door_log_slack(const struct doors *d, const struct door_log *log) {
    double const mean = log->count > 2 ? (double)door_apart(log->first, log->last) / (double)(log->count - 1) : 0;
    double const slack = mean * d->behind_pauses;

    return slack > (double)d->behind ? (int64_t)slack : d->behind;
}
