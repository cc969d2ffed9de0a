/* incident_reach: what the acts of an incident reached: mailboxes, files, registers, hosts, accounts, call records and whom they expose, and what
 * left. Only acts that were not refused count. */
#include <stdlib.h>

#include "incident/incident_own.h"

#define PERSONS_MAX 4096u

struct reached {
    enum reach_type type;
    str name, detail;
    uint64_t items, amount;
    uint32_t activity;
};
struct reached_all {
    struct reached *items;
    size_t count, room;
};

static bool add(struct reached_all *r, struct reached raw, struct err *e) {
    if (!raw.name.len)
        return true;
    if (!incidents_grow((void **)&r->items, r->count, &r->room, sizeof *r->items, e))
        return false;
    r->items[r->count++] = raw;
    return true;
}

static bool is_register(const struct incidents *s, str name, str share) {
    const struct word_list *const words = behaviour_list(s->terms, "register");
    str const texts[] = {name, share};

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

/* Call records of the time that was exported: how many are in this evidence, and whose they are. */
static bool calls(struct incidents *s, struct reached_all *r, uint32_t activity, str name, struct err *e) {
    const struct activity *const export = activities_at(s->a, activity);
    struct activity_list list;
    int64_t from, to;
    uint64_t count = 0;

    if (!activities_of_act(s->a, ACT_CALL, &list, e))
        return false;
    if (!list.count)
        return true;
    if (!month_of(name, &from, &to)) { /* it does not say: all until then */
        from = INT64_MIN;
        to = export->when;
    }
    for (uint32_t i = 0; i < list.count; i++) {
        const struct activity *const v = activities_at(s->a, list.items[i]);

        if (v->when < from || v->when >= to)
            continue;
        count += v->count;
        if (!add(r,
                 (struct reached){REACH_PERSON, activities_text(s->a, v->text[ACT_ACCOUNT]), name, v->count, 0,
                                  activity},
                 e))
            return false;
    }
    return add(r, (struct reached){REACH_CALLS, name, S(""), count, 0, activity}, e);
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
        ok = add(r, (struct reached){REACH_ACCOUNT, activities_spelling(a, ENTITY_ACCOUNT, account), S(""), 0, 0, i},
                 e) &&
             add(r, (struct reached){REACH_HOST, host_name, S(""), 0, 0, i}, e);
    switch ((enum act)v->act) {
    case ACT_MAIL_READ:
    case ACT_MAIL_SYNC:
        return ok &&
               add(r,
                   (struct reached){REACH_MAILBOX, activities_spelling(a, ENTITY_ACCOUNT, target ? target : account),
                                    S(""), v->items, 0, i},
                   e);
    case ACT_FILE_READ:
        return ok && add(r,
                         (struct reached){is_register(s, object, detail) ? REACH_REGISTER : REACH_FILE, object,
                                          detail.len ? detail : host_name, v->items, v->amount, i},
                         e);
    case ACT_EXPORT:
        return ok && calls(s, r, i, object, e);
    case ACT_CONNECTION: {
        bool const inside = activities_own_address(a, v->text[ACT_ADDRESS]);
        return inside && !activities_own_address(a, v->text[ACT_SERVER])
                   ? add(r,
                         (struct reached){REACH_OUT, activities_text(a, v->text[ACT_SERVER]),
                                          activities_text(a, v->text[ACT_ADDRESS]), 0, v->amount, i},
                         e)
               : !inside ? add(r,
                               (struct reached){REACH_OUT, activities_text(a, v->text[ACT_ADDRESS]),
                                                activities_text(a, v->text[ACT_SERVER]), 0, v->back, i},
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
    return (x->activity > y->activity) - (x->activity < y->activity);
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

bool incident_reach(struct incidents *s, struct incident *to, const uint32_t *events, size_t count, struct err *e) {
    struct reached_all r = {0};
    struct reach *list = NULL;
    size_t n = 0;
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++)
        ok = one(s, &r, events[i], e);
    if (ok && r.count)
        qsort(r.items, r.count, sizeof *r.items, by_name);
    if (ok && !(list = arena_alloc(s->told, r.count * sizeof *list)))
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
        at->events += raw->type == REACH_PERSON ? raw->items : v->count;
        at->items += raw->items;
        at->amount += raw->amount;
    }
    if (ok && n)
        qsort(list, n, sizeof *list, by_size);
    to->reaches = list;
    to->reach_count = ok ? n : 0;
    free(r.items);
    return ok;
}
