/* manifest_do: operations applied to a state: what each needs, refuses, changes. Each is checked whole before it changes anything. */
#include <assert.h>

#include "archive/manifest_own.h"
#include "base/instant.h"

static bool ascending(struct manifest_numbers n) {
    for (size_t i = 1; i < n.count; i++)
        if (manifest_number(n, i - 1) >= manifest_number(n, i))
            return false;
    return true;
}

static bool copy(struct manifest *m, str *text) {
    return arena_copy(m->texts, *text, text);
}

static bool copy_numbers(struct manifest *m, struct manifest_numbers *n) {
    void *const at = arena_alloc(m->texts, n->count * sizeof(uint64_t));

    if (!at)
        return false;
    if (n->count)
        memcpy(at, n->at, n->count * sizeof(uint64_t));
    n->at = at;
    return true;
}

static bool do_begin(struct manifest *m, const struct manifest_operation *o, struct err *e) {
    if (m->begun)
        return err_set(e, ERR_USAGE, 0, "an archive begins once");
    memcpy(m->id, o->begin.id, sizeof m->id);
    m->begun = true;
    return true;
}

static bool do_add(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    const struct manifest_segment *const given = &o->add.segment;
    struct manifest_segment *s;
    uint32_t family = 0;

    /* A restated list has gaps: what is gone is not in it. */
    if (m->restoring ? given->number < m->next_segment || given->number == UINT64_MAX
                     : given->number != m->next_segment)
        return manifest_no_fit(e, "the number of a segment is out of order:", given->number);
    if ((given->first == INSTANT_NONE) != (given->last == INSTANT_NONE) || given->first > given->last ||
        (given->first == INSTANT_NONE) != (given->month == MANIFEST_UNDATED) ||
        (given->month != MANIFEST_UNDATED && (given->month < 0 || given->month >= 12 * 10000)) ||
        given->length > INT64_MAX || given->rows > INT64_MAX)
        return manifest_no_fit(e, "impossible times or sizes of segment", given->number);
    if (m->segments.count >= UINT32_MAX - 1)
        return err_set(e, ERR_LIMIT, 0, "more segments than are counted");
    if (!manifest_family_of(m, o->add.family, &family, e))
        return false;
    if (!(s = manifest_list_next(&m->segments, sizeof *s)) || !manifest_bytes_reserve(m))
        return manifest_no_memory(e);
    *s = *given;
    s->family = family;
    s->added = sequence;
    s->added_at = INSTANT_NONE;
    s->ended = 0;
    s->ended_at = INSTANT_NONE;
    s->end = 0;
    s->gone = false;
    manifest_bytes_note(m, m->segments.count);
    m->segments.count++;
    m->next_segment = given->number + 1;
    m->live++;
    m->live_bytes += s->length;
    m->live_rows += s->rows;
    return true;
}

/* Who holds one of the old holds the new as well. The list of a hold has room for them, or the operation fails. */
static bool hold_follow(struct manifest *m, struct manifest_hold *h, struct manifest_numbers olds,
                        struct manifest_numbers news, struct err *e) {
    struct manifest_numbers all = {NULL, h->segments.count + news.count};
    char *to;
    size_t i = 0;

    while (i < olds.count && !manifest_among(h->segments, manifest_number(olds, i)))
        i++;
    if (i == olds.count || news.count == 0)
        return true;
    if (!(to = arena_alloc(m->texts, all.count * sizeof(uint64_t))))
        return manifest_no_memory(e);
    memcpy(to, h->segments.at, h->segments.count * sizeof(uint64_t));
    /* Numbers that are new are the highest there are. */
    memcpy(to + h->segments.count * sizeof(uint64_t), news.at, news.count * sizeof(uint64_t));
    all.at = to;
    assert(manifest_number(all, h->segments.count - 1) < manifest_number(news, 0));
    h->segments = all;
    return true;
}

/* May these end like this? */
static bool end_allowed(const struct manifest *m, const struct manifest_operation *o, uint64_t sequence,
                        struct err *e) {
    bool const replaces = o->end.why == END_COMPACTED || o->end.why == END_ERASED;
    uint64_t rows_old = 0, rows_new = 0;

    if (!ascending(o->end.olds) || !ascending(o->end.news) || o->end.olds.count == 0 ||
        (o->end.news.count > 0 && !replaces) ||
        (o->end.news.count == 0 && o->end.why == END_COMPACTED && !m->restoring) ||
        (o->end.why == END_EXPIRED) != (o->end.policy.len > 0))
        return err_set(e, ERR_USAGE, 0, "segments cannot end like this");
    for (size_t i = 0; i < o->end.olds.count; i++) {
        uint64_t const number = manifest_number(o->end.olds, i);
        const struct manifest_segment *const s = manifest_segment_of(m, number);
        const struct manifest_hold *h;

        if (!s || !manifest_live(s))
            return manifest_no_fit(e, "no live segment has the number", number);
        if (s->added == sequence && !m->restoring)
            return manifest_no_fit(e, "it is added and ended in one record: segment", number);
        if (o->end.why != END_COMPACTED && !m->restoring && (h = manifest_held(m, s)))
            return err_set(e, ERR_REFUSED, 0, "segment %llu is held by %.*s: lift the hold first",
                           (unsigned long long)number, STR_ARG(str_first(h->name, 64)));
        rows_old += s->rows;
    }
    if (m->restoring)
        return true;
    if (o->end.why == END_EXPIRED && !manifest_policy_of(m, o->end.policy))
        return err_set(e, ERR_USAGE, 0, "there is no policy %.*s", STR_ARG(str_first(o->end.policy, 64)));
    for (size_t i = 0; i < o->end.news.count; i++) {
        const struct manifest_segment *const s = manifest_segment_of(m, manifest_number(o->end.news, i));

        if (!s || s->added != sequence || !manifest_live(s))
            return manifest_no_fit(e, "what replaces must be added in the same record: segment",
                                   manifest_number(o->end.news, i));
        rows_new += s->rows;
    }
    if (o->end.news.count && rows_old != rows_new)
        return err_set(e, ERR_USAGE, 0, "%llu rows were to be replaced by %llu: none may get lost",
                       (unsigned long long)rows_old, (unsigned long long)rows_new);
    return true;
}

static bool do_end(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_hold *const holds = m->holds.at;
    int64_t newest = INSTANT_NONE;

    if (!end_allowed(m, o, sequence, e))
        return false;
    if (!manifest_ended_reserve(m, o->end.olds.count))
        return manifest_no_memory(e);
    for (size_t i = 0; i < m->holds.count; i++) /* too much of a hold does no harm, should memory run out in between */
        if (holds[i].segments.count && !hold_follow(m, &holds[i], o->end.olds, o->end.news, e))
            return false;
    for (size_t i = 0; i < o->end.olds.count; i++) {
        struct manifest_segment *const s = manifest_segment_of(m, manifest_number(o->end.olds, i));

        s->ended = sequence;
        s->end = (uint8_t)o->end.why;
        newest = newest == INSTANT_NONE || s->added_at > newest ? s->added_at : newest;
        manifest_ended_note(m, (uint64_t)(s - (const struct manifest_segment *)m->segments.at));
        m->live--;
        m->live_bytes -= s->length;
        m->live_rows -= s->rows;
    }
    for (size_t i = 0; i < o->end.news.count; i++)
        manifest_segment_of(m, manifest_number(o->end.news, i))->added_at = newest;
    return true;
}

static bool removed_allowed(const struct manifest *m, const struct manifest_operation *o, struct err *e) {
    if (!ascending(o->removed.segments) || !ascending(o->removed.runs))
        return err_set(e, ERR_USAGE, 0, "numbers of what is removed do not ascend");
    for (size_t i = 0; i < o->removed.segments.count; i++) {
        uint64_t const number = manifest_number(o->removed.segments, i);
        const struct manifest_segment *const s = manifest_segment_of(m, number);
        const struct manifest_hold *h;
        const struct manifest_label *l;

        if (!s || manifest_live(s) || s->gone)
            return manifest_no_fit(e, "there is no file of an ended segment to remove:", number);
        if ((h = manifest_held(m, s)))
            return err_set(e, ERR_REFUSED, 0, "segment %llu is held by %.*s", (unsigned long long)number,
                           STR_ARG(str_first(h->name, 64)));
        if ((l = manifest_kept(m, s)))
            return err_set(e, ERR_REFUSED, 0, "segment %llu is in the kept snapshot %.*s", (unsigned long long)number,
                           STR_ARG(str_first(l->name, 64)));
    }
    for (size_t i = 0; i < o->removed.runs.count; i++) {
        uint64_t const number = manifest_number(o->removed.runs, i);
        const struct manifest_run *const r = manifest_run_of(m, number);

        if (!r || r->ended == 0 || r->gone)
            return manifest_no_fit(e, "there is no file of an ended index run to remove:", number);
    }
    return true;
}

static bool do_removed(struct manifest *m, const struct manifest_operation *o, struct err *e) {
    if (!removed_allowed(m, o, e))
        return false;
    for (size_t i = 0; i < o->removed.segments.count; i++)
        manifest_segment_of(m, manifest_number(o->removed.segments, i))->gone = true;
    for (size_t i = 0; i < o->removed.runs.count; i++)
        manifest_run_of(m, manifest_number(o->removed.runs, i))->gone = true;
    return true;
}

void manifest_foresee(struct manifest *m, const struct manifest_operation *o) {
    if (o->what != DO_REMOVED)
        return;
    for (size_t i = 0; i < o->removed.segments.count; i++) {
        struct manifest_segment *const s = manifest_segment_of(m, manifest_number(o->removed.segments, i));

        if (s)
            s->gone = true;
    }
    for (size_t i = 0; i < o->removed.runs.count; i++) {
        struct manifest_run *const r = manifest_run_of(m, manifest_number(o->removed.runs, i));

        if (r)
            r->gone = true;
    }
}

/* A free name, that is one. */
static bool name_free(const void *taken, size_t count, str name, const char *what, struct err *e) {
    if (!name.len)
        return err_set(e, ERR_USAGE, 0, "%s without a name", what);
    if (taken)
        return err_set(e, ERR_USAGE, 0, "there is %s %.*s already", what, STR_ARG(str_first(name, 64)));
    if (count >= MANIFEST_NAMED_MAX)
        return err_set(e, ERR_LIMIT, 0, "%s too many: there are %u", what, MANIFEST_NAMED_MAX);
    return true;
}

static bool do_hold(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_hold h = o->hold, *to;

    if (!name_free(manifest_hold_of(m, h.name), m->holds.count, h.name, "a hold", e))
        return false;
    if (!ascending(h.segments) || (h.from != INSTANT_NONE && h.to != INSTANT_NONE && h.from >= h.to))
        return err_set(e, ERR_USAGE, 0, "a hold over a period that ends before it begins, or over numbers in disorder");
    for (size_t i = 0; !m->restoring && i < h.segments.count; i++) {
        const struct manifest_segment *const s = manifest_segment_of(m, manifest_number(h.segments, i));

        if (!s || s->gone)
            return manifest_no_fit(e, "there is no segment to hold:", manifest_number(h.segments, i));
    }
    h.since = sequence;
    h.since_at = INSTANT_NONE;
    if (!copy(m, &h.name) || !copy(m, &h.who) || !copy(m, &h.basis) || !copy(m, &h.why) || !copy(m, &h.family) ||
        !copy_numbers(m, &h.segments) || !(to = manifest_list_next(&m->holds, sizeof *to)))
        return manifest_no_memory(e);
    *to = h;
    m->holds.count++;
    return true;
}

static bool do_policy(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_policy p = o->policy, *to;

    if (!name_free(manifest_policy_of(m, p.name), m->policies.count, p.name, "a policy", e))
        return false;
    if (p.days == 0)
        return err_set(e, ERR_USAGE, 0, "a policy of no day at all");
    p.since = sequence;
    p.since_at = INSTANT_NONE;
    if (!copy(m, &p.name) || !copy(m, &p.family) || !copy(m, &p.who) || !copy(m, &p.why) ||
        !(to = manifest_list_next(&m->policies, sizeof *to)))
        return manifest_no_memory(e);
    *to = p;
    m->policies.count++;
    return true;
}

static bool do_label(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_label l = o->label, *to;

    if (!name_free(manifest_label(m, l.name), m->labels.count, l.name, "a label", e))
        return false;
    if (l.sequence == 0 || l.sequence > sequence)
        return manifest_no_fit(e, "there is no snapshot", l.sequence);
    l.since = sequence;
    l.since_at = INSTANT_NONE;
    if (!copy(m, &l.name) || !copy(m, &l.who) || !copy(m, &l.why) || !(to = manifest_list_next(&m->labels, sizeof *to)))
        return manifest_no_memory(e);
    *to = l;
    m->labels.count++;
    return true;
}

static bool named_end(struct list *l, const void *found, size_t size, str name, const char *what, struct err *e) {
    if (!found)
        return err_set(e, ERR_USAGE, 0, "there is no %s %.*s", what, STR_ARG(str_first(name, 64)));
    manifest_list_take_out(l, (size_t)((const char *)found - (const char *)l->at) / size, size);
    return true;
}

static bool do_erasure(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    const struct manifest_segment *const old = manifest_segment_of(m, o->erasure.old), *const new = manifest_segment_of(
                                                                                           m, o->erasure.new);
    static const uint8_t none[SHA256_SIZE];

    if (!old || old->ended != sequence || old->end != END_ERASED ||
        memcmp(old->sha256, o->erasure.old_sha256, SHA256_SIZE) != 0)
        return manifest_no_fit(e, "this record erased nothing of segment", o->erasure.old);
    if (o->erasure.new == 0
            ? memcmp(none, o->erasure.new_sha256, SHA256_SIZE) != 0
            : !new || new->added != sequence || memcmp(new->sha256, o->erasure.new_sha256, SHA256_SIZE) != 0)
        return manifest_no_fit(e, "what was left by the erasure is not in this record: segment", o->erasure.new);
    m->erasures++;
    return true;
}

static bool do_run(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_run r = o->run, *to;
    struct manifest_numbers const n = r.ranges;

    if (m->restoring ? r.number < m->next_run || r.number == UINT64_MAX : r.number != m->next_run)
        return manifest_no_fit(e, "the number of an index run is out of order:", r.number);
    if (n.count % 2 != 0 || n.count == 0 || r.length > INT64_MAX)
        return manifest_no_fit(e, "impossible sizes of index run", r.number);
    for (size_t i = 0; i < n.count; i += 2)
        if (manifest_number(n, i) == 0 || manifest_number(n, i) > manifest_number(n, i + 1) ||
            (i > 0 && manifest_number(n, i) <= manifest_number(n, i - 1)) ||
            (!m->restoring && manifest_number(n, i + 1) >= m->next_segment))
            return manifest_no_fit(e, "impossible ranges of segments of index run", r.number);
    if (m->runs.count >= UINT32_MAX - 1)
        return err_set(e, ERR_LIMIT, 0, "more index runs than are counted");
    r.added = sequence;
    r.added_at = INSTANT_NONE;
    r.ended = 0;
    r.ended_at = INSTANT_NONE;
    r.gone = false;
    if (!copy(m, &r.about) || !copy_numbers(m, &r.ranges) || !(to = manifest_list_next(&m->runs, sizeof *to)))
        return manifest_no_memory(e);
    *to = r;
    m->runs.count++;
    m->next_run = r.number + 1;
    return true;
}

static bool do_run_end(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    if (!ascending(o->run_end) || o->run_end.count == 0)
        return err_set(e, ERR_USAGE, 0, "numbers of index runs that end do not ascend");
    for (size_t i = 0; i < o->run_end.count; i++) {
        const struct manifest_run *const r = manifest_run_of(m, manifest_number(o->run_end, i));

        if (!r || r->ended)
            return manifest_no_fit(e, "no live index run has the number", manifest_number(o->run_end, i));
    }
    if (!manifest_ended_reserve(m, o->run_end.count))
        return manifest_no_memory(e);
    for (size_t i = 0; i < o->run_end.count; i++) {
        struct manifest_run *const r = manifest_run_of(m, manifest_number(o->run_end, i));

        r->ended = sequence;
        manifest_ended_note(m, RUNS_FROM + (uint64_t)(r - (const struct manifest_run *)m->runs.at));
    }
    return true;
}

static bool do_counters(struct manifest *m, const struct manifest_operation *o, struct err *e) {
    if (!m->restoring || o->counters.next_segment < m->next_segment || o->counters.next_run < m->next_run)
        return err_set(e, ERR_USAGE, 0, "counters where none belong");
    m->next_segment = o->counters.next_segment;
    m->next_run = o->counters.next_run;
    m->erasures = o->counters.erasures;
    return true;
}

bool manifest_apply(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    if (sequence == 0) /* what it ended would go on */
        return err_set(e, ERR_USAGE, 0, "records are counted from one");
    if (!m->begun && o->what != DO_BEGIN)
        return err_set(e, ERR_USAGE, 0, "the archive has not begun");
    switch (o->what) {
    case DO_BEGIN:
        return do_begin(m, o, e);
    case DO_ADD:
        return do_add(m, o, sequence, e);
    case DO_END:
        return do_end(m, o, sequence, e);
    case DO_REMOVED:
        return do_removed(m, o, e);
    case DO_HOLD:
        return do_hold(m, o, sequence, e);
    case DO_LIFT:
        return named_end(&m->holds, manifest_hold_of(m, o->lift.name), sizeof(struct manifest_hold), o->lift.name,
                         "hold", e);
    case DO_POLICY:
        return do_policy(m, o, sequence, e);
    case DO_POLICY_END:
        return named_end(&m->policies, manifest_policy_of(m, o->lift.name), sizeof(struct manifest_policy),
                         o->lift.name, "policy", e);
    case DO_ERASURE:
        return do_erasure(m, o, sequence, e);
    case DO_RUN:
        return do_run(m, o, sequence, e);
    case DO_RUN_END:
        return do_run_end(m, o, sequence, e);
    case DO_LABEL:
        return do_label(m, o, sequence, e);
    case DO_LABEL_END:
        return named_end(&m->labels, manifest_label(m, o->lift.name), sizeof(struct manifest_label), o->lift.name,
                         "label", e);
    case DO_COUNTERS:
        return do_counters(m, o, e);
    case DO_GENERATION: /* said to those who read the file */
    case DO_NOTE:
    case DO_COUNT:
        break;
    }
    return true;
}

#define NAMED_TIME(type, list_)                                                                                        \
    for (size_t i = m->list_.count; i > 0 && ((struct type *)m->list_.at)[i - 1].since_at == INSTANT_NONE; i--)        \
    ((struct type *)m->list_.at)[i - 1].since_at = at

void manifest_record_end(struct manifest *m, uint64_t sequence, int64_t at) {
    struct manifest_segment *const segments = m->segments.at;
    struct manifest_run *const runs = m->runs.at;
    const uint64_t *const ended = m->ended.at;

    for (; m->segments_timed < m->segments.count; m->segments_timed++)
        if (segments[m->segments_timed].added_at == INSTANT_NONE)
            segments[m->segments_timed].added_at = at;
    for (; m->runs_timed < m->runs.count; m->runs_timed++)
        runs[m->runs_timed].added_at = at;
    for (size_t i = 0; i < m->ended.count; i++)
        if (ended[i] >= RUNS_FROM)
            runs[ended[i] - RUNS_FROM].ended_at = at;
        else
            segments[ended[i]].ended_at = at;
    m->ended.count = 0;
    NAMED_TIME(manifest_hold, holds);
    NAMED_TIME(manifest_policy, policies);
    NAMED_TIME(manifest_label, labels);
    m->sequence = sequence;
    m->at = at;
    if (m->latest == INSTANT_NONE || at > m->latest)
        m->latest = at;
}
