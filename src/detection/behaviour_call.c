/* behaviour_call: telephones over time (data/behaviours/call.yml): numbers that fall silent together while others take over their contacts.
 *
 * Of each number with enough calls the day is looked for on which it falls silent, or before which it was: the one between whose sides calls a day differ most. Who is
 * silent since a day, and who is new within a few days of it, is a pair when most of those the new one talks to had been contacts of the old one. Pairs
 * whose old numbers talked to each other are a group. A member of such a group who talked to hardly anybody else cannot be told by its own contacts, since they
 * all have new numbers: it is looked for once more, with the numbers known to have followed others.
 *
 * A call of n and m is a contact for both. Days are counted in UTC from the first call; memory is one count for each number and day with calls, and one for
 * each pair of candidate and contact, bounded: what is beyond is not looked at. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "detection/behaviour_own.h"

#define DAY ((int64_t)86400 * 1000000000)
#define COUNTS_MAX (1u << 24)   /* of numbers and days, 192 MiB */
#define CONTACTS_MAX (1u << 22) /* of candidates and contacts, 48 MiB, and as much in another order */
#define CANDIDATES_MAX 4096u
#define HUB 64u /* candidates: who has more of them as contacts is everybody's */
#define NONE UINT32_MAX

struct limits {
    double group, more, most, together, before, after, calls, due, silent, contacts, same, everybody;
};

/* Calls of a number on a day. */
struct day_count {
    uint32_t number, day, calls;
};

/* A number that falls silent (old) or begins (new) with a day. */
struct candidate {
    uint32_t number, day;
    bool old;
    uint32_t other;            /* its successor or predecessor: index; NONE */
    uint32_t shared, contacts; /* contacts that both have, of those a new one has */
    size_t from, to;           /* its contacts on its own side of the change */
    uint32_t group;            /* of an old one: the least index of its group */
};
struct contact {
    uint32_t candidate, other;
};

struct calls {
    struct behaviour_run *r;
    struct activities *a;
    const struct behaviour *b;
    struct limits limits;
    struct activity_list list;
    int64_t first;
    uint32_t days;
    uint32_t *totals; /* of each code: calls; then of candidates: index + 1, of a new one in the lower half */
    struct day_count *counts;
    size_t count_count;
    struct candidate *candidates;
    uint32_t candidate_count;
    struct contact *contacts, *by_other;
    size_t contact_count;
    uint32_t *events;
    uint32_t habits; /* numbers with enough calls to be judged */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for behaviours of telephones");
}

static bool is_call(const struct activity *v) {
    return v->text[ACT_ACCOUNT] && v->text[ACT_OBJECT] && v->text[ACT_ACCOUNT] != v->text[ACT_OBJECT];
}

static uint32_t day_of(const struct calls *c, const struct activity *v) {
    return (uint32_t)((v->when - c->first) / DAY);
}

/* ---- who falls silent, who is new ---- */

static int by_number_and_day(const void *a, const void *b) {
    const struct day_count *const x = a, *const y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

/* One for each number and day, of numbers with enough calls. */
static bool count_days(struct calls *c, struct err *e) {
    size_t room = 0, kept = 0;

    for (uint32_t i = 0; i < c->list.count; i++) {
        const struct activity *const v = activities_at(c->a, c->list.items[i]);

        if (!is_call(v))
            continue;
        c->totals[v->text[ACT_ACCOUNT]] += v->count;
        c->totals[v->text[ACT_OBJECT]] += v->count;
        room += 2;
    }
    room = room < COUNTS_MAX ? room : COUNTS_MAX;
    if (!room || !(c->counts = calloc(room, sizeof *c->counts)))
        return !room || no_memory(e);
    for (uint32_t i = 0; i < c->list.count; i++) {
        const struct activity *const v = activities_at(c->a, c->list.items[i]);

        if (!is_call(v))
            continue;
        for (int side = 0; side < 2 && c->count_count < room; side++) {
            uint32_t const number = v->text[side ? ACT_OBJECT : ACT_ACCOUNT];

            if (c->totals[number] >= c->limits.calls)
                c->counts[c->count_count++] = (struct day_count){number, day_of(c, v), v->count};
        }
    }
    if (c->count_count)
        qsort(c->counts, c->count_count, sizeof *c->counts, by_number_and_day);
    for (size_t i = 0; i < c->count_count; i++)
        if (kept && c->counts[kept - 1].number == c->counts[i].number && c->counts[kept - 1].day == c->counts[i].day)
            c->counts[kept - 1].calls += c->counts[i].calls;
        else
            c->counts[kept++] = c->counts[i];
    c->count_count = kept;
    return true;
}

/* The day at which a number with these counts falls silent (or, not old, begins); 0: none. Every day on which it has calls, and the day after, may be it. */
static uint32_t change_of(const struct calls *c, const struct day_count *d, size_t count, bool old) {
    const struct limits *const l = &c->limits;
    double total = 0, sum = 0, best = 0;
    uint32_t at = 0;

    for (size_t i = 0; i < count; i++)
        total += d[i].calls;
    for (size_t i = 0; i < count; i++) {
        for (int after = 0; after < 2; after++) {
            uint32_t const day = d[i].day + (uint32_t)after;
            double const before = after ? sum + d[i].calls : sum, left = (double)c->days - day;
            double const has = old ? before : total - before, other = total - has;
            double due, rate;

            if (day < 1 || left < 1 || day < l->before || left < l->after || has < l->calls)
                continue;
            due = old ? before / day * left : has / left * day;
            if (due < l->due || other > l->silent * due)
                continue;
            rate = old ? before / day - other / left : has / left - other / day;
            if (rate > best) {
                best = rate;
                at = day;
            }
        }
        sum += d[i].calls;
    }
    return at;
}

static bool find_candidates(struct calls *c, struct err *e) {
    if (!(c->candidates = calloc(CANDIDATES_MAX, sizeof *c->candidates)))
        return no_memory(e);
    for (size_t i = 0, end; i < c->count_count; i = end) {
        for (end = i + 1; end < c->count_count && c->counts[end].number == c->counts[i].number; end++)
            ;
        c->habits++;
        for (int old = 0; old < 2; old++) {
            uint32_t const day = change_of(c, c->counts + i, end - i, old);

            if (day && c->candidate_count < CANDIDATES_MAX)
                c->candidates[c->candidate_count++] =
                    (struct candidate){.number = c->counts[i].number, .day = day, .old = old, .other = NONE};
        }
    }
    return true;
}

/* ---- their contacts ---- */

static int by_candidate(const void *a, const void *b) {
    const struct contact *const x = a, *const y = b;

    if (x->candidate != y->candidate)
        return x->candidate < y->candidate ? -1 : 1;
    return (x->other > y->other) - (x->other < y->other);
}

static int by_other(const void *a, const void *b) {
    const struct contact *const x = a, *const y = b;

    if (x->other != y->other)
        return x->other < y->other ? -1 : 1;
    return (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

static void contacts_once(struct calls *c) {
    size_t kept = 0;

    if (c->contact_count)
        qsort(c->contacts, c->contact_count, sizeof *c->contacts, by_candidate);
    for (size_t i = 0; i < c->contact_count; i++)
        if (!kept || by_candidate(&c->contacts[kept - 1], &c->contacts[i]))
            c->contacts[kept++] = c->contacts[i];
    c->contact_count = kept;
}

/* The contacts of each candidate on its own side of the change: before, of an old one; after, of a new one. */
static bool find_contacts(struct calls *c, struct err *e) {
    bool full = false;

    if (!(c->contacts = calloc(CONTACTS_MAX, sizeof *c->contacts)))
        return no_memory(e);
    memset(c->totals, 0, (activities_text_count(c->a) + 1) * sizeof *c->totals);
    for (uint32_t i = 0; i < c->candidate_count; i++) /* a number is at most one of each */
        c->totals[c->candidates[i].number] |= (i + 1) << (c->candidates[i].old ? 16 : 0);
    for (uint32_t i = 0; i < c->list.count && !full; i++) {
        const struct activity *const v = activities_at(c->a, c->list.items[i]);

        if (!is_call(v))
            continue;
        for (int side = 0; side < 2; side++) {
            uint32_t const number = v->text[side ? ACT_OBJECT : ACT_ACCOUNT];
            uint32_t const other = v->text[side ? ACT_ACCOUNT : ACT_OBJECT], both = c->totals[number];

            for (int old = 0; old < 2; old++) {
                uint32_t const at = old ? both >> 16 : both & 0xffff;

                if (at && (day_of(c, v) < c->candidates[at - 1].day) == old)
                    c->contacts[c->contact_count++] = (struct contact){at - 1, other};
            }
        }
        if (c->contact_count > CONTACTS_MAX - 4) {
            contacts_once(c);
            full = c->contact_count > CONTACTS_MAX / 4 * 3;
        }
    }
    contacts_once(c);
    for (size_t i = 0; i < c->contact_count; i++) {
        struct candidate *const k = &c->candidates[c->contacts[i].candidate];

        k->from = k->to ? k->from : i;
        k->to = i + 1;
        k->contacts++;
    }
    if (!c->contact_count)
        return true;
    if (!(c->by_other = calloc(c->contact_count, sizeof *c->by_other)))
        return no_memory(e);
    memcpy(c->by_other, c->contacts, c->contact_count * sizeof *c->by_other);
    qsort(c->by_other, c->contact_count, sizeof *c->by_other, by_other);
    return true;
}

static bool has_contact(const struct calls *c, const struct candidate *k, uint32_t other) {
    const struct contact key = {k->from < k->to ? c->contacts[k->from].candidate : 0, other};

    return k->from < k->to && bsearch(&key, c->contacts + k->from, k->to - k->from, sizeof key, by_candidate);
}

/* The candidates that have this number as a contact: where in by_other, and how many. */
static size_t who_has(const struct calls *c, uint32_t other, size_t *count) {
    size_t low = 0, high = c->contact_count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (c->by_other[middle].other < other)
            low = middle + 1;
        else
            high = middle;
    }
    for (*count = 0; low + *count < c->contact_count && c->by_other[low + *count].other == other && *count <= HUB;)
        ++*count;
    return low;
}

/* ---- pairs ---- */

static bool together(const struct calls *c, uint32_t day, uint32_t other) {
    return (day > other ? day - other : other - day) <= c->limits.together;
}

static bool enough(const struct calls *c, uint32_t shared, const struct candidate *new) {
    return shared >= c->limits.contacts && shared >= c->limits.same * new->contacts;
}

static void pair(struct calls *c, uint32_t old, uint32_t new, uint32_t shared) {
    c->candidates[old].other = new;
    c->candidates[old].shared = c->candidates[new].shared = shared;
    c->candidates[new].other = old;
}

/* Each new number with the old one it shares most contacts with, if nobody else shares more with that one. */
static bool find_pairs(struct calls *c, struct err *e) {
    uint32_t *const shared = calloc(CANDIDATES_MAX, sizeof *shared);

    if (!shared)
        return no_memory(e);
    for (uint32_t n = 0; n < c->candidate_count; n++) {
        struct candidate *const new = &c->candidates[n];
        uint32_t best = NONE;

        if (new->old)
            continue;
        memset(shared, 0, c->candidate_count * sizeof *shared);
        for (size_t i = new->from; i < new->to; i++) {
            size_t count, at = who_has(c, c->contacts[i].other, &count);

            for (size_t k = at; count <= HUB && k < at + count; k++)
                shared[c->by_other[k].candidate]++;
        }
        for (uint32_t s = 0; s < c->candidate_count; s++) {
            const struct candidate *const old = &c->candidates[s];

            if (old->old && old->number != new->number &&together(c, old->day, new->day) && enough(c, shared[s], new) &&
                (best == NONE || shared[s] > shared[best]))
                best = s;
        }
        if (best == NONE || (c->candidates[best].other != NONE && c->candidates[best].shared >= shared[best]))
            continue;
        if (c->candidates[best].other != NONE)
            c->candidates[c->candidates[best].other].other = NONE;
        pair(c, best, n, shared[best]);
    }
    free(shared);
    return true;
}

/* ---- groups ---- */

static uint32_t group_of(struct calls *c, uint32_t i) {
    while (c->candidates[i].group != i)
        i = c->candidates[i].group = c->candidates[c->candidates[i].group].group;
    return i;
}

static void join(struct calls *c, uint32_t a, uint32_t b) {
    uint32_t const x = group_of(c, a), y = group_of(c, b);

    c->candidates[x > y ? x : y].group = x > y ? y : x;
}

/* Old ones with a successor, changed together, who talked to each other. */
static void find_groups(struct calls *c) {
    for (uint32_t i = 0; i < c->candidate_count; i++)
        c->candidates[i].group = i;
    for (uint32_t i = 0; i < c->candidate_count; i++) {
        const struct candidate *const k = &c->candidates[i];
        size_t count, at;

        if (!k->old || k->other == NONE)
            continue;
        at = who_has(c, k->number, &count);
        for (size_t m = at; m < at + count; m++) {
            const struct candidate *const by = &c->candidates[c->by_other[m].candidate];

            if (by->old && by->other != NONE && together(c, by->day, k->day))
                join(c, i, c->by_other[m].candidate);
        }
    }
}

/* A new one whose contacts are successors: who knew those they followed, and is called by none of them any more? totals: a tally of numbers. */
static void follow(struct calls *c, uint32_t n) {
    const struct candidate *const new = &c->candidates[n];
    uint32_t best = 0, most = 0, at;
    bool one = true;

    for (int pass = 0; pass < 3; pass++) /* count; take the best; forget */
        for (size_t i = new->from; i < new->to; i++) {
            uint32_t const which = c->totals[c->contacts[i].other] & 0xffff;
            const struct candidate *const next = which ? &c->candidates[which - 1] : NULL;
            const struct candidate *const old = next && next->other != NONE ? &c->candidates[next->other] : NULL;

            for (size_t k = old ? old->from : 0; old && k < old->to; k++) {
                uint32_t const number = c->contacts[k].other;
                uint32_t *const tally = &c->totals[activities_text_count(c->a) + 1 + number];

                if (pass == 0 && number != new->number && !has_contact(c, next, number))
                    ++*tally;
                if (pass == 1 && *tally >= most && number != best) {
                    one = *tally > most;
                    most = *tally;
                    best = number;
                }
                if (pass == 2)
                    *tally = 0;
            }
        }
    if (!best || !one || !enough(c, most, new))
        return;
    if (c->totals[best] >> 16) { /* it falls silent by itself: whom did it not find? */
        at = (c->totals[best] >> 16) - 1;
        if (c->candidates[at].other != NONE || !together(c, c->candidates[at].day, new->day))
            return;
    } else if (c->candidate_count < CANDIDATES_MAX) {
        at = c->candidate_count++;
        c->candidates[at] =
            (struct candidate){.number = best, .day = new->day, .old = true, .other = NONE, .group = at};
    } else {
        return;
    }
    pair(c, at, n, most);
    for (size_t i = new->from; i < new->to; i++) {
        uint32_t const next = c->totals[c->contacts[i].other] & 0xffff;

        if (next && c->candidates[next - 1].other != NONE && together(c, c->candidates[next - 1].day, new->day))
            join(c, at, c->candidates[next - 1].other);
    }
}

/* ---- telling ---- */

/* The calls between members of a group: among the old ones before, among the new ones after. */
static size_t events_of(struct calls *c, uint32_t group) {
    size_t count = 0;

    memset(c->totals, 0, (activities_text_count(c->a) + 1) * sizeof *c->totals);
    for (uint32_t i = 0; i < c->candidate_count; i++)
        if (c->candidates[i].old && c->candidates[i].other != NONE && group_of(c, i) == group) {
            c->totals[c->candidates[i].number] |= 1;
            c->totals[c->candidates[c->candidates[i].other].number] |= 2;
        }
    for (uint32_t i = 0; i < c->list.count; i++) {
        const struct activity *const v = activities_at(c->a, c->list.items[i]);

        if (is_call(v) && c->totals[v->text[ACT_ACCOUNT]] & c->totals[v->text[ACT_OBJECT]])
            c->events[count++] = c->list.items[i];
    }
    return count;
}

static bool tell(struct calls *c, uint32_t group, struct err *e) {
    struct behaviour_hit h = {.behaviour = c->b, .weight = c->b->weight, .of = c->habits};
    struct buf *const reason = &c->r->reason;
    uint32_t members = 0, told = 0;
    char day[INSTANT_TEXT];

    for (uint32_t i = 0; i < c->candidate_count; i++) {
        const struct candidate *const k = &c->candidates[i];

        if (!k->old || k->other == NONE)
            continue;
        h.like += together(c, k->day, c->candidates[group].day);
        members += group_of(c, i) == group;
    }
    if (members < c->limits.group || (double)h.like > c->limits.everybody * c->habits)
        return true;
    h.weight += c->limits.more * (members - c->limits.group);
    h.weight = h.weight < c->limits.most ? h.weight : c->limits.most;
    instant_format(c->first + c->candidates[group].day * DAY, day);
    reason->len = 0;
    buf_format(reason,
               "%" PRIu32
               " numbers that talked to each other fall silent around %.10s, and others take over their contacts: ",
               members, day);
    for (uint32_t i = 0; i < c->candidate_count; i++) {
        const struct candidate *const k = &c->candidates[i];
        uint32_t const next = k->other;

        if (!k->old || next == NONE || group_of(c, i) != group)
            continue;
        behaviour_part_add(&h, PART_ACCOUNT, false, activities_account(c->a, k->number), 0);
        behaviour_part_add(&h, PART_ACCOUNT, false, activities_account(c->a, c->candidates[next].number), 0);
        if (told++ < 8)
            buf_format(reason, "%s%.*s by %.*s (%" PRIu32 " of %" PRIu32 ")", told > 1 ? ", " : "",
                       STR_ARG(str_first(activities_text(c->a, k->number), 40)),
                       STR_ARG(str_first(activities_text(c->a, c->candidates[next].number), 40)), k->shared,
                       c->candidates[next].contacts);
    }
    buf_add(reason, told > 8 ? S(", and more.") : S("."));
    if (reason->failed)
        return no_memory(e);
    h.reason = buf_str(reason);
    h.event_count = events_of(c, group);
    h.events = c->events;
    return !h.event_count || c->r->hit(c->r->ctx, &h, e);
}

static bool find(struct calls *c, struct err *e) {
    uint32_t const found = 2 * (activities_text_count(c->a) + 1);

    if (!(c->totals = calloc(found, sizeof *c->totals)) || !(c->events = calloc(c->list.count, sizeof *c->events)))
        return no_memory(e);
    if (!count_days(c, e) || !find_candidates(c, e) || !find_contacts(c, e) || !find_pairs(c, e))
        return false;
    find_groups(c);
    for (uint32_t i = 0, count = c->candidate_count; i < count; i++)
        if (!c->candidates[i].old && c->candidates[i].other == NONE)
            follow(c, i);
    for (uint32_t i = 0; i < c->candidate_count; i++)
        if (c->candidates[i].old && c->candidates[i].other != NONE && group_of(c, i) == i && !tell(c, i, e))
            return false;
    return true;
}

bool behaviour_call(struct behaviour_run *r, struct err *e) {
    struct calls c = {.r = r, .a = r->a, .b = behaviours_find(r->b, S("call-successors"))};
    const struct activity *last;
    bool ok;

    assert(c.b);
    if (!activities_of_act(r->a, ACT_CALL, &c.list, e))
        return false;
    if (!c.list.count)
        return true;
#define LIMIT(name) c.limits.name = behaviour_threshold(c.b, #name)
    LIMIT(group), LIMIT(more), LIMIT(most), LIMIT(together), LIMIT(before), LIMIT(after), LIMIT(calls), LIMIT(due);
    LIMIT(silent), LIMIT(contacts), LIMIT(same), LIMIT(everybody);
#undef LIMIT
    last = activities_at(r->a, c.list.items[c.list.count - 1]);
    c.first = activities_at(r->a, c.list.items[0])->when;
    c.first -= (c.first % DAY + DAY) % DAY;
    c.days = day_of(&c, last) + 1;
    ok = find(&c, e);
    free(c.totals);
    free(c.counts);
    free(c.candidates);
    free(c.contacts);
    free(c.by_other);
    free(c.events);
    return ok;
}
