/* retention: see retention.h. Pure: what it is asked is all that it knows. */
#include "archive/retention.h"

#include <assert.h>

#include "base/instant.h"

#define DAY_NS ((int64_t)86400 * 1000 * 1000 * 1000)

/* A clock that was set back would give or take years. What is ahead cannot be told from time that passed: there is grace for that. */
static bool clock_right(const struct manifest *m, int64_t now, struct err *e) {
    char latest[INSTANT_TEXT], text[INSTANT_TEXT];

    assert(now != INSTANT_NONE);
    if (manifest_latest(m) == INSTANT_NONE || now >= manifest_latest(m))
        return true;
    str const then = instant_format(manifest_latest(m), latest), here = instant_format(now, text);

    return err_set(e, ERR_REFUSED, 0, "the clock says %.*s, and the archive was written at %.*s: set the clock first",
                   STR_ARG(here), STR_ARG(then));
}

static const struct manifest_policy *longest(const struct manifest *m, str family) {
    size_t count;
    const struct manifest_policy *const all = manifest_policies(m, &count), *found = NULL;

    for (size_t i = 0; i < count; i++)
        if (str_eq(all[i].family, family) && (!found || all[i].days > found->days))
            found = &all[i];
    return found;
}

/* The one that decides; NULL: none applies. general: longest for all families. */
static const struct manifest_policy *policy_of(const struct manifest *m, const struct manifest_segment *s,
                                               const struct manifest_policy *general) {
    str const family = manifest_family(m, s->family);
    const struct manifest_policy *const own = family.len ? longest(m, family) : NULL;

    return own ? own : general;
}

/* A clock that was wrong keeps nothing for ever. */
static bool from_added(const struct manifest_segment *s, const struct manifest_policy *p) {
    return (p && p->from_added) || s->last == INSTANT_NONE || s->last > s->added_at;
}

bool retention_from_added(const struct manifest *m, const struct manifest_segment *s) {
    return from_added(s, policy_of(m, s, longest(m, S(""))));
}

/* INT64_MAX where it lies beyond all instants. */
static int64_t due_of(const struct manifest_segment *s, const struct manifest_policy *p) {
    int64_t const from = from_added(s, p) ? s->added_at : s->last;
    int64_t due;

    return __builtin_mul_overflow((int64_t)p->days, DAY_NS, &due) || __builtin_add_overflow(due, from, &due) ? INT64_MAX
                                                                                                             : due;
}

static void row_of(const struct manifest *m, const struct manifest_segment *s, const struct manifest_policy *general,
                   int64_t now, struct retention_row *r) {
    *r = (struct retention_row){s, RETENTION_KEEP, policy_of(m, s, general), NULL, INSTANT_NONE};
    if (!r->policy)
        return;
    r->due = due_of(s, r->policy);
    if (r->due > now)
        return;
    r->hold = manifest_held(m, s);
    r->verdict = r->hold ? RETENTION_HELD : RETENTION_GO;
}

void retention_of(const struct manifest *m, const struct manifest_segment *s, int64_t now, struct retention_row *out) {
    row_of(m, s, longest(m, S("")), now, out);
}

bool retention_plan(const struct manifest *m, int64_t now, struct retention_row *rows, uint64_t *go, uint64_t *held,
                    struct err *e) {
    size_t count, used = 0;
    const struct manifest_segment *const all = manifest_segments(m, &count);
    const struct manifest_policy *const general = longest(m, S(""));

    *go = *held = 0;
    if (!clock_right(m, now, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct retention_row *const r = &rows[used];

        if (!manifest_live(&all[i]))
            continue;
        assert(used < manifest_live_count(m));
        used++;
        row_of(m, &all[i], general, now, r);
        *go += r->verdict == RETENTION_GO;
        *held += r->verdict == RETENTION_HELD;
    }
    assert(used == manifest_live_count(m));
    return true;
}

size_t removal_count(const struct manifest *m) {
    size_t segments, runs, found = 0;
    const struct manifest_segment *const s = manifest_segments(m, &segments);
    const struct manifest_run *const r = manifest_runs(m, &runs);

    for (size_t i = 0; i < segments; i++)
        found += !manifest_live(&s[i]) && !s[i].gone;
    for (size_t i = 0; i < runs; i++)
        found += r[i].ended && !r[i].gone;
    return found;
}

static int64_t grace_end(int64_t ended_at, int64_t grace_ns) {
    int64_t due;

    return __builtin_add_overflow(ended_at, grace_ns, &due) ? INT64_MAX : due;
}

bool removal_plan(const struct manifest *m, int64_t now, int64_t grace_ns, struct removal_row *rows, size_t *go,
                  struct err *e) {
    size_t segments, runs, used = 0;
    const struct manifest_segment *const s = manifest_segments(m, &segments);
    const struct manifest_run *const r = manifest_runs(m, &runs);

    assert(grace_ns >= 0);
    *go = 0;
    if (!clock_right(m, now, e))
        return false;
    for (size_t i = 0; i < segments; i++) {
        if (manifest_live(&s[i]) || s[i].gone)
            continue;
        struct removal_row *const row = &rows[used++];

        *row = (struct removal_row){&s[i],
                                    NULL,
                                    REMOVAL_GO,
                                    manifest_held(m, &s[i]),
                                    manifest_kept(m, &s[i]),
                                    grace_end(s[i].ended_at, grace_ns)};
        if (row->hold)
            row->verdict = REMOVAL_HELD;
        else if (row->label)
            row->verdict = REMOVAL_KEPT;
        else if (row->due > now)
            row->verdict = REMOVAL_GRACE;
        *go += row->verdict == REMOVAL_GO;
    }
    for (size_t i = 0; i < runs; i++) {
        if (!r[i].ended || r[i].gone)
            continue;
        struct removal_row *const row = &rows[used++];

        *row = (struct removal_row){NULL, &r[i], REMOVAL_GO, NULL, NULL, grace_end(r[i].ended_at, grace_ns)};
        if (row->due > now)
            row->verdict = REMOVAL_GRACE;
        *go += row->verdict == REMOVAL_GO;
    }
    return true;
}
