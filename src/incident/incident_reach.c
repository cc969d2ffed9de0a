/* incident_reach: what the acts of an incident reached: mailboxes, files, registers, hosts, accounts, call records and whom they expose, and what
 * left. Only acts that were not refused count. */
#include <stdlib.h>

#include "incident/incident_own.h"

/* Of each type so much of the memory: what is largest is told, the rest counted. */
#define EACH_BYTES(s) ((s)->o.memory_max / 24 / REACH_TYPES)

struct reached {
    enum reach_type type;
    str name, detail;
    uint64_t events, items, amount;
    uint32_t activity;
};

/* Call records of a time were exported. */
struct exported {
    str name;
    int64_t from, to;
    uint32_t activity;
};

struct reached_all {
    struct reached *items;
    size_t count, room;
    struct exported *exports;
    size_t export_count, export_room;
};

static bool add(struct reached_all *r, struct reached raw, struct err *e) {
    if (!raw.name.len)
        return true;
    if (!incidents_grow((void **)&r->items, r->count, &r->room, sizeof *r->items, e))
        return false;
    r->items[r->count++] = raw;
    return true;
}

static bool says(const struct incidents *s, const char *list, str name, str other) {
    const struct word_list *const words = behaviour_list(s->terms, list);
    str const texts[] = {name, other};

    for (size_t t = 0; t < COUNT(texts); t++)
        for (size_t i = 0; i < words->count; i++)
            for (size_t at = 0; at + words->words[i].len <= texts[t].len; at++)
                if (str_eq_ascii(str_first(str_from(texts[t], at), words->words[i].len), words->words[i]))
                    return true;
    return false;
}

/* "2024-02" in a text: that month. False: there is none. */
static bool month_of(str text, int64_t *from, int64_t *to) {
    for (size_t i = 0; i + 7 <= text.len; i++) {
        uint64_t year, month;
        int64_t first, next;

        if (text.ptr[i + 4] != '-' || !str_u64(str_first(str_from(text, i), 4), 9999, &year) ||
            !str_u64(str_first(str_from(text, i + 5), 2), 12, &month) || year < 1970 || month < 1)
            continue;
        if (i && text.ptr[i - 1] >= '0' && text.ptr[i - 1] <= '9')
            continue;
        if (!instant_day((unsigned)year, (unsigned)month, 1, &first) ||
            !instant_day((unsigned)(year + month / 12), (unsigned)(month % 12 + 1), 1, &next))
            continue;
        *from = first * DAY;
        *to = next * DAY;
        return true;
    }
    return false;
}

/* An export that says no month is of all until then. */
static bool export_add(struct incidents *s, struct reached_all *r, uint32_t activity, str name, struct err *e) {
    struct exported x = {name, INT64_MIN, activities_at(s->a, activity)->when, activity};

    (void)month_of(name, &x.from, &x.to);
    if (!incidents_grow((void **)&r->exports, r->export_count, &r->export_room, sizeof *r->exports, e))
        return false;
    r->exports[r->export_count++] = x;
    return true;
}

static int by_export(const void *a, const void *b) {
    const struct exported *const x = a, *const y = b;
    int const order = str_cmp(x->name, y->name);

    if (order)
        return order;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return (x->activity > y->activity) - (x->activity < y->activity);
}

static int by_activity(const void *a, const void *b) {
    const struct exported *const x = a, *const y = b;

    return (x->activity > y->activity) - (x->activity < y->activity);
}

/* All calls of the evidence, in order of time. */
struct call {
    uint32_t who, count;  /* code; events */
    uint32_t first, last; /* exports that it is in: activity + 1; 0: none */
};
struct call_log {
    struct activity_list list;
    struct call *items;
    uint64_t *until; /* calls before each */
    uint32_t *next;  /* the first at or behind each that is in no export yet */
};

static int by_who(const void *a, const void *b) {
    const struct call *const x = a, *const y = b;

    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->last > y->last) - (x->last < y->last);
}

static uint32_t call_from(const struct incidents *s, const struct call_log *c, int64_t when) {
    uint32_t low = 0, high = c->list.count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (activities_at(s->a, c->list.items[middle])->when < when)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The calls of exports of one name, each once: exports[from] to exports[to] begin one behind another. */
static uint64_t calls_in(const struct incidents *s, const struct call_log *c, const struct exported *exports,
                         size_t from, size_t to) {
    uint64_t count = 0;
    uint32_t done = 0;

    for (size_t i = from; i < to; i++) {
        uint32_t const first = call_from(s, c, exports[i].from), last = call_from(s, c, exports[i].to);
        uint32_t const begin = first > done ? first : done;

        if (last <= begin)
            continue;
        count += c->until[last] - c->until[begin];
        done = last;
    }
    return count;
}

static uint32_t next_of(struct call_log *c, uint32_t i) {
    while (c->next[i] != i)
        i = c->next[i] = c->next[c->next[i]];
    return i;
}

/* Notes with each call the first export that it is in, or (latest) the last: each call is come to once. exports: by activity. */
static void exports_note(const struct incidents *s, struct call_log *c, const struct exported *exports, size_t count,
                         bool latest) {
    for (uint32_t i = 0; i <= c->list.count; i++)
        c->next[i] = i;
    for (size_t n = 0; n < count; n++) {
        const struct exported *const x = &exports[latest ? count - 1 - n : n];
        uint32_t const to = call_from(s, c, x->to);

        for (uint32_t i = next_of(c, call_from(s, c, x->from)); i < to; i = next_of(c, i)) {
            *(latest ? &c->items[i].last : &c->items[i].first) = x->activity + 1;
            c->next[i] = i + 1;
        }
    }
}

/* Whose calls they are, and when they were exported. */
static bool persons(struct incidents *s, struct reached_all *r, struct call_log *c, struct err *e) {
    bool ok = true;

    qsort(r->exports, r->export_count, sizeof *r->exports, by_activity);
    exports_note(s, c, r->exports, r->export_count, false);
    exports_note(s, c, r->exports, r->export_count, true);
    qsort(c->items, c->list.count, sizeof *c->items, by_who);
    for (uint32_t i = 0, to; ok && i < c->list.count; i = to) {
        uint32_t first = UINT32_MAX, last = 0;
        uint64_t count = 0;

        for (to = i; to < c->list.count && c->items[to].who == c->items[i].who; to++) {
            first = c->items[to].first && c->items[to].first < first ? c->items[to].first : first;
            last = c->items[to].last > last ? c->items[to].last : last;
            count += c->items[to].first ? c->items[to].count : 0;
        }
        if (!count)
            continue;
        str const who = activities_text(s->a, c->items[i].who),
                  what = activities_text(s->a, activities_at(s->a, first - 1)->text[ACT_OBJECT]);

        ok = add(r, (struct reached){REACH_PERSON, who, what, count, count, 0, first - 1}, e) &&
             add(r, (struct reached){REACH_PERSON, who, what, 0, 0, 0, last - 1}, e);
    }
    return ok;
}

/* Call records of the times that were exported, how many of them are in this evidence, and whose they are: each once, however often it was exported. */
static bool calls(struct incidents *s, struct reached_all *r, struct err *e) {
    struct call_log c = {.items = NULL};
    bool ok = !r->export_count || activities_of_act(s->a, ACT_CALL, &c.list, e);

    if (!ok || !c.list.count || !r->export_count)
        return ok;
    ok = ((c.items = calloc(c.list.count, sizeof *c.items)) &&
          (c.until = calloc((size_t)c.list.count + 1, sizeof *c.until)) &&
          (c.next = calloc((size_t)c.list.count + 1, sizeof *c.next))) ||
         incidents_no_memory(e);
    for (uint32_t i = 0; ok && i < c.list.count; i++) {
        const struct activity *const v = activities_at(s->a, c.list.items[i]);

        c.items[i].who = v->text[ACT_ACCOUNT];
        c.items[i].count = v->count;
        c.until[i + 1] = c.until[i] + v->count;
    }
    if (ok)
        qsort(r->exports, r->export_count, sizeof *r->exports, by_export);
    for (size_t i = 0, to; ok && i < r->export_count; i = to) {
        str const name = r->exports[i].name;

        for (to = i; ok && to < r->export_count && str_eq(r->exports[to].name, name); to++)
            ok = add(r,
                     (struct reached){REACH_CALLS, name, S(""), activities_at(s->a, r->exports[to].activity)->count, 0,
                                      0, r->exports[to].activity},
                     e);
        ok = ok && add(r,
                       (struct reached){REACH_CALLS, name, S(""), 0, calls_in(s, &c, r->exports, i, to), 0,
                                        r->exports[i].activity},
                       e);
    }
    ok = ok && persons(s, r, &c, e);
    free(c.items);
    free(c.until);
    free(c.next);
    return ok;
}

static bool one(struct incidents *s, struct reached_all *r, uint32_t i, struct err *e) {
    const struct activity *const v = activities_at(s->a, i);
    const struct activities *const a = s->a;
    uint32_t const account = activities_account(a, v->text[ACT_ACCOUNT]),
                   target = activities_account(a, v->text[ACT_TARGET]),
                   host = v->text[ACT_HOST] ? activities_host(a, v->text[ACT_HOST])
                                            : activities_host_of(a, v->text[ACT_SERVER], v->when);
    str const object = activities_text(a, v->text[ACT_OBJECT]), detail = activities_text(a, v->text[ACT_DETAIL]);
    str const host_name = activities_spelling(a, ENTITY_HOST, host);
    bool ok = true;

    if (v->outcome == OUTCOME_FAILURE || v->act == ACT_MAIL_IN || v->act == ACT_WEB_VISIT || v->act == ACT_LOOKUP)
        return true;
    if (v->act != ACT_CONNECTION && v->act != ACT_NONE)
        ok = add(r,
                 (struct reached){REACH_ACCOUNT, activities_spelling(a, ENTITY_ACCOUNT, account), S(""), v->count, 0, 0,
                                  i},
                 e) &&
             add(r, (struct reached){REACH_HOST, host_name, S(""), v->count, 0, 0, i}, e);
    switch ((enum act)v->act) {
    case ACT_MAIL_READ:
    case ACT_MAIL_SYNC:
        return ok &&
               add(r,
                   (struct reached){REACH_MAILBOX, activities_spelling(a, ENTITY_ACCOUNT, target ? target : account),
                                    S(""), v->count, v->items, 0, i},
                   e);
    case ACT_FILE_READ:
        return ok && add(r,
                         (struct reached){says(s, "register", object, detail) ? REACH_REGISTER : REACH_FILE, object,
                                          detail.len ? detail : host_name, v->count, v->items, v->amount, i},
                         e);
    case ACT_EXPORT:
        return ok && (!says(s, "calls", object, detail) || export_add(s, r, i, object, e));
    case ACT_CONNECTION: {
        bool const inside = activities_own_address(a, v->text[ACT_ADDRESS]);
        return inside && !activities_own_address(a, v->text[ACT_SERVER])
                   ? add(r,
                         (struct reached){REACH_OUT, activities_text(a, v->text[ACT_SERVER]),
                                          activities_text(a, v->text[ACT_ADDRESS]), v->count, 0, v->amount, i},
                         e)
               : !inside ? add(r,
                               (struct reached){REACH_OUT, activities_text(a, v->text[ACT_ADDRESS]),
                                                activities_text(a, v->text[ACT_SERVER]), v->count, 0, v->back, i},
                               e)
                         : true;
    }
    default:
        return ok;
    }
}

static int by_name(const void *a, const void *b) {
    const struct reached *const x = a, *const y = b;
    int order;

    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if ((order = str_cmp(x->name, y->name)))
        return order;
    if (x->activity != y->activity)
        return x->activity < y->activity ? -1 : 1;
    return str_cmp(x->detail, y->detail);
}

static int by_size(const void *a, const void *b) {
    const struct reach *const x = a, *const y = b;

    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->items != y->items)
        return x->items > y->items ? -1 : 1;
    if (x->amount != y->amount)
        return x->amount > y->amount ? -1 : 1;
    if (x->events != y->events)
        return x->events > y->events ? -1 : 1;
    return str_cmp(x->name, y->name);
}

/* Of each type as many as there is room for, in their order. */
static bool keep(struct incidents *s, struct reach *list, size_t count, struct incident *to, struct err *e) {
    struct reach *out;
    size_t kept = 0, bytes = 0;

    for (size_t i = 0; i < count; i++) {
        size_t const size = sizeof *list + list[i].name.len + list[i].detail.len + list[i].proof.evidence_path.len;

        bytes = i && list[i].type == list[i - 1].type ? bytes : 0;
        if (size <= EACH_BYTES(s) - bytes) {
            bytes += size;
            list[kept++] = list[i];
        } else {
            bytes = EACH_BYTES(s);
            s->lost += list[i].events;
        }
    }
    if (!(out = arena_alloc(s->told, kept * sizeof *out)))
        return incidents_no_memory(e);
    if (kept)
        memcpy(out, list, kept * sizeof *out);
    to->reaches = out;
    to->reach_count = kept;
    return true;
}

bool incident_reach(struct incidents *s, struct incident *to, const uint32_t *events, size_t count, struct err *e) {
    struct reached_all r = {0};
    struct reach *list = NULL;
    size_t n = 0;
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++)
        ok = one(s, &r, events[i], e);
    ok = ok && calls(s, &r, e);
    if (ok && r.count)
        qsort(r.items, r.count, sizeof *r.items, by_name);
    if (ok && !(list = calloc(r.count + 1, sizeof *list)))
        ok = incidents_no_memory(e);
    for (size_t i = 0; ok && i < r.count; i++) {
        const struct reached *const raw = &r.items[i];
        const struct activity *const v = activities_at(s->a, raw->activity);
        bool const again = i && raw[-1].type == raw->type && str_eq(raw[-1].name, raw->name);

        if (!again) {
            struct activity_source const source = activities_source(s->a, v->source);

            list[n++] = (struct reach){.type = raw->type,
                                       .name = raw->name,
                                       .detail = raw->detail,
                                       .first = v->when,
                                       .last = v->last,
                                       .proof = {source.path, source.sha256, v->record, v->offset}};
        }
        struct reach *const at = &list[n - 1];

        at->first = v->when < at->first ? v->when : at->first;
        at->last = v->last > at->last ? v->last : at->last;
        at->events += raw->events;
        at->items += raw->items;
        at->amount += raw->amount;
    }
    if (ok && n)
        qsort(list, n, sizeof *list, by_size);
    ok = ok && keep(s, list, n, to, e);
    free(list);
    free(r.items);
    free(r.exports);
    return ok;
}
