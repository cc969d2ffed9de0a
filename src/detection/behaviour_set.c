/* behaviour_set: lists, tables and sides for the areas of behaviours. */
#include "detection/behaviour_set.h"

#include <assert.h>

#include "base/address.h"
#include "base/hash.h"

bool behaviour_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for behaviours");
}

/* ---- lists ---- */

void codes_free(struct codes *c) {
    free(c->items);
    *c = (struct codes){0};
}

bool codes_add(struct codes *c, uint32_t code, struct err *e) {
    if (c->count == c->room) {
        size_t const room = c->room ? c->room * 2 : 64;
        uint32_t *const grown = reallocarray(c->items, room, sizeof *grown);

        if (!grown)
            return behaviour_no_memory(e);
        c->items = grown;
        c->room = room;
    }
    c->items[c->count++] = code;
    return true;
}

static int by_number(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

void codes_sort(struct codes *c) {
    size_t kept = 0;

    if (c->count)
        qsort(c->items, c->count, sizeof *c->items, by_number);
    for (size_t i = 0; i < c->count; i++)
        if (!kept || c->items[i] != c->items[kept - 1])
            c->items[kept++] = c->items[i];
    c->count = kept;
}

/* ---- tables ---- */

void code_map_free(struct code_map *m) {
    free(m->keys);
    free(m->values);
    *m = (struct code_map){0};
}

void code_map_clear(struct code_map *m) {
    /* What one large account needed is not wiped for each of a million small ones. */
    if (m->mask > 1023 && m->used < m->mask / 64) {
        code_map_free(m);
    } else if (m->keys) {
        memset(m->keys, 0, (m->mask + 1) * sizeof *m->keys);
        memset(m->values, 0, (m->mask + 1) * sizeof *m->values);
        m->used = 0;
    }
}

/* Keys are codes and numbers of our own, which no evidence chooses; the multiplier spreads them. */
static size_t slot_of(const struct code_map *m, uint64_t key) {
    uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (h ^ h >> 29) & m->mask;

    while (m->keys[at] && m->keys[at] != key + 1)
        at = (at + 1) & m->mask;
    return at;
}

static bool map_grow(struct code_map *m) {
    struct code_map bigger = {.mask = m->keys ? m->mask * 2 + 1 : 255, .used = m->used};

    if (!(bigger.keys = calloc(bigger.mask + 1, sizeof *bigger.keys)) ||
        !(bigger.values = calloc(bigger.mask + 1, sizeof *bigger.values))) {
        code_map_free(&bigger);
        return false;
    }
    for (size_t i = 0; m->keys && i <= m->mask; i++)
        if (m->keys[i]) {
            size_t const at = slot_of(&bigger, m->keys[i] - 1);

            bigger.keys[at] = m->keys[i];
            bigger.values[at] = m->values[i];
        }
    code_map_free(m);
    *m = bigger;
    return true;
}

uint32_t *code_map_put(struct code_map *m, uint64_t key) {
    size_t at;

    assert(key != UINT64_MAX);
    if ((!m->keys || m->used * 2 > m->mask) && !map_grow(m))
        return NULL;
    at = slot_of(m, key);
    m->used += !m->keys[at];
    m->keys[at] = key + 1;
    return &m->values[at];
}

uint32_t code_map_get(const struct code_map *m, uint64_t key) {
    return m->keys ? m->values[slot_of(m, key)] : 0;
}

void few_add(struct few *f, uint32_t code) {
    if (code && f->count < FEW_MAX && !few_has(f, code))
        f->items[f->count++] = code;
}

bool few_has(const struct few *f, uint32_t code) {
    for (uint32_t i = 0; i < f->count; i++)
        if (f->items[i] == code)
            return true;
    return false;
}

/* ---- sides ---- */

enum side { SIDE_UNKNOWN, SIDE_NOBODY, SIDE_INSIDE, SIDE_OUTSIDE, SIDE_LOOPBACK };
struct sides {
    struct activities *a;
    uint8_t *side;       /* of a code: enum side */
    bool lives[0x10000]; /* of the first two bytes of a private address: somebody begins something there */
    bool any;
};

static bool is_private(const struct address *x) {
    return x->family == 4 && (x->bytes[0] == 10 || (x->bytes[0] == 172 && (x->bytes[1] & 0xf0) == 16) ||
                              (x->bytes[0] == 192 && x->bytes[1] == 168));
}

/* Loopback, or no single machine. */
static enum side side_special(const struct address *x) {
    static const uint8_t zero[16];

    if (x->family == 4)
        return x->bytes[0] == 127 ? SIDE_LOOPBACK : x->bytes[0] >= 224 || x->bytes[0] == 0 ? SIDE_NOBODY : SIDE_UNKNOWN;
    if (memcmp(x->bytes, zero, 15) == 0 && x->bytes[15] < 2)
        return x->bytes[15] ? SIDE_LOOPBACK : SIDE_NOBODY;
    return x->bytes[0] == 0xff ? SIDE_NOBODY : SIDE_UNKNOWN;
}

static size_t part_of(const struct address *x) {
    return (size_t)x->bytes[0] << 8 | x->bytes[1];
}

#define WAY_ACCOUNTS 3u
#define WAY_LOOK_MAX 4096u

/* Of the network of the institution's way out, are several accounts seen at this very address? Others rent beside it. Which it is cannot be told of
 * an address that nobody signs in from; then it is outside. */
static bool is_way_out(struct sides *s, uint32_t code) {
    struct activity_list list;
    struct err e = {0};
    uint32_t accounts[WAY_ACCOUNTS], count = 0;

    if (!activities_of(s->a, ACT_ADDRESS, code, &list, &e))
        return true;
    for (uint32_t i = 0; i < list.count && i < WAY_LOOK_MAX && count < WAY_ACCOUNTS; i++) {
        const struct activity *const v = activities_at(s->a, list.items[i]);
        uint32_t const account = v->outcome == OUTCOME_FAILURE ? 0 : activities_account(s->a, v->text[ACT_ACCOUNT]);
        bool known = !account;

        for (uint32_t k = 0; k < count; k++)
            known |= accounts[k] == account;
        if (!known)
            accounts[count++] = account;
    }
    return count == WAY_ACCOUNTS;
}

static bool is_routed(const struct address *x) {
    return !is_private(x) &&
           (x->family == 4 ? x->bytes[0] != 169 || x->bytes[1] != 254
                           : (x->bytes[0] & 0xfe) != 0xfc && (x->bytes[0] != 0xfe || x->bytes[1] < 0x80));
}

/* Whoever begins something that succeeds, and whoever has a name, is at home. */
static bool learn(struct sides *s, enum act act, struct err *e) {
    struct activity_list list;
    uint32_t last = 0;

    if (!activities_of_act(s->a, act, &list, e))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        const struct activity *const v = activities_at(s->a, list.items[i]);
        uint32_t const code = v->text[ACT_ADDRESS];
        struct address x;

        if (!code || code == last || v->outcome == OUTCOME_FAILURE ||
            (act == ACT_CONNECTION && (v->outcome != OUTCOME_SUCCESS || !v->amount)))
            continue;
        last = code;
        if (address_parse(activities_text(s->a, code), &x) && is_private(&x))
            s->any = s->lives[part_of(&x)] = true;
    }
    return true;
}

bool sides_new(struct sides **out, struct activities *a, struct err *e) {
    static const enum act begins[] = {ACT_CONNECTION, ACT_LOOKUP, ACT_WEB_VISIT, ACT_HOST_NAME};
    struct sides *const s = calloc(1, sizeof *s);

    if (!s)
        return behaviour_no_memory(e);
    s->a = a;
    if (!(s->side = calloc((size_t)activities_text_count(a) + 1, 1))) {
        sides_free(s);
        return behaviour_no_memory(e);
    }
    for (size_t i = 0; i < COUNT(begins); i++)
        if (!learn(s, begins[i], e)) {
            sides_free(s);
            return false;
        }
    *out = s;
    return true;
}

void sides_free(struct sides *s) {
    if (!s)
        return;
    free(s->side);
    free(s);
}

static enum side side_of(struct sides *s, uint32_t code) {
    struct address x;
    enum side side;

    if (!code)
        return SIDE_NOBODY;
    assert(code < activities_text_count(s->a));
    if (s->side[code])
        return s->side[code];
    if (!address_parse(activities_text(s->a, code), &x))
        side = SIDE_NOBODY;
    else if (!(side = side_special(&x)))
        side = !activities_own_address(s->a, code)                  ? SIDE_OUTSIDE
               : is_private(&x) && s->any && !s->lives[part_of(&x)] ? SIDE_OUTSIDE
               : is_routed(&x) && !is_way_out(s, code)              ? SIDE_OUTSIDE
                                                                    : SIDE_INSIDE;
    s->side[code] = (uint8_t)side;
    return side;
}

bool sides_outside(struct sides *s, uint32_t code) {
    return side_of(s, code) == SIDE_OUTSIDE;
}

bool sides_inside(struct sides *s, uint32_t code) {
    return side_of(s, code) == SIDE_INSIDE;
}

bool sides_loopback(struct sides *s, uint32_t code) {
    return side_of(s, code) == SIDE_LOOPBACK;
}

/* ---- who ---- */

uint32_t host_of_address(const struct activities *a, uint32_t address, int64_t when) {
    uint32_t const host = activities_host_of(a, address, when);

    return host ? host : activities_host(a, address);
}

uint32_t host_of_server(const struct activities *a, const struct activity *v) {
    uint32_t const host = activities_host_of(a, v->text[ACT_SERVER], v->when);

    return host                ? host
           : v->text[ACT_HOST] ? activities_host(a, v->text[ACT_HOST])
                               : activities_host(a, v->text[ACT_SERVER]);
}

uint32_t list_from(const struct activities *a, const struct activity_list *list, int64_t when) {
    uint32_t low = 0, high = list->count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (activities_at(a, list->items[middle])->when < when)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#define COMPANY_LOOK_MAX 4096u /* connections that are looked at */
#define COMPANY_PORTS_MAX 64u
#define COMPANY_EACH_MAX 1000u /* activities of a client within the minute */
#define COMPANY_LEAST 10u      /* so many must fall together with the same host, */
#define COMPANY_SHARE 0.8      /* and so many of those on the same port that fall together with any */

/* The hosts that tell of this client within the minute, each once. */
static bool company_of(struct activities *a, uint32_t client, int64_t when, struct few *out, struct err *e) {
    struct activity_list list;

    out->count = 0;
    if (!activities_of(a, ACT_ADDRESS, client, &list, e))
        return false;
    for (uint32_t i = list_from(a, &list, when), n = 0; i < list.count && n < COMPANY_EACH_MAX; i++, n++) {
        const struct activity *const v = activities_at(a, list.items[i]);

        if (v->when > when + MINUTE || out->count == FEW_MAX)
            break;
        if (v->act == ACT_LOGON || v->act == ACT_SHARE_OPEN || v->act == ACT_FILE_READ || v->act == ACT_FILE_WRITE)
            few_add(out, activities_host(a, v->text[ACT_HOST]));
    }
    return true;
}

/* Of one port: a scanner logs on where a monitor only asks. */
struct company {
    uint32_t host, most; /* falls together with most of them */
    uint32_t together;   /* connections that fall together with any */
};

static bool company_add(struct activities *a, const struct activity *v, struct code_map *ports, struct code_map *votes,
                        struct company *list, size_t *count, size_t max, struct err *e) {
    uint32_t *const number = code_map_put(ports, v->text[ACT_VERB]);
    struct few hosts;

    if (!number || !company_of(a, v->text[ACT_ADDRESS], v->when, &hosts, e))
        return number != NULL || behaviour_no_memory(e);
    if (!*number && *count < max)
        *number = (uint32_t)++ * count;
    if (!*number || !hosts.count)
        return true;
    list[*number - 1].together++;
    for (uint32_t k = 0; k < hosts.count; k++) {
        uint32_t *const n = code_map_put(votes, (uint64_t)*number << 32 | hosts.items[k]);

        if (!n)
            return behaviour_no_memory(e);
        if (++*n > list[*number - 1].most) {
            list[*number - 1].most = *n;
            list[*number - 1].host = hosts.items[k];
        }
    }
    return true;
}

bool host_by_company(struct activities *a, uint32_t address, uint32_t *host, struct err *e) {
    struct company ports[COMPANY_PORTS_MAX] = {{0}};
    struct activity_list list;
    struct code_map by_port = {0}, votes = {0};
    size_t count = 0;
    uint32_t most = 0;
    bool ok = true;

    *host = 0;
    if (!activities_of(a, ACT_SERVER, address, &list, e))
        return false;
    for (uint32_t i = 0; ok && i < list.count; i += list.count / COMPANY_LOOK_MAX + 1) {
        const struct activity *const v = activities_at(a, list.items[i]);

        if (v->act == ACT_CONNECTION && v->outcome != OUTCOME_FAILURE)
            ok = company_add(a, v, &by_port, &votes, ports, &count, COUNT(ports), e);
    }
    for (size_t i = 0; i < count; i++)
        if (ports[i].most >= COMPANY_LEAST && ports[i].most >= COMPANY_SHARE * ports[i].together &&
            ports[i].most > most) {
            most = ports[i].most;
            *host = ports[i].host;
        }
    code_map_free(&by_port);
    code_map_free(&votes);
    if (!*host)
        *host = activities_host(a, address);
    return ok;
}

str host_shown(const struct activities *a, uint32_t host) {
    return activities_spelling(a, ENTITY_HOST, host);
}

uint64_t bytes_back(const struct activities *a, const struct activity *v) {
    uint64_t n = 0;

    if (v->back)
        return v->back;
    if (!str_u64(activities_text(a, v->text[ACT_DETAIL]), UINT64_MAX, &n))
        return 0;
    return v->count > 1 && n > UINT64_MAX / v->count ? UINT64_MAX : n * v->count;
}

str date_text(int64_t when, char out[DATE_TEXT]) {
    struct wall const w = instant_wall(when);
    int const n = snprintf(out, DATE_TEXT, "%04d-%02u-%02u", (int)w.year, w.month, w.day);

    return (str){out, n > 0 && n < (int)DATE_TEXT ? (size_t)n : 0};
}

str behaviour_size(uint64_t bytes, char out[SIZE_TEXT]) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    double size = (double)bytes;
    size_t unit = 0;
    int n;

    while (size >= 999.95 && unit + 1 < COUNT(units)) {
        size /= 1000;
        unit++;
    }
    n = snprintf(out, SIZE_TEXT, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
    return (str){out, n > 0 && n < (int)SIZE_TEXT ? (size_t)n : 0};
}

bool behaviour_tell(struct behaviour_run *r, struct behaviour_hit *h, struct codes *events, struct err *e) {
    if (r->reason.failed)
        return behaviour_no_memory(e);
    codes_sort(events);
    assert(events->count > 0);
    h->reason = buf_str(&r->reason);
    h->events = events->items;
    h->event_count = events->count;
    return r->hit(r->ctx, h, e);
}
