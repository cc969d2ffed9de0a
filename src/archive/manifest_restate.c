/* manifest_restate: a state as the operations that still matter, and back. */
#include <assert.h>

#include "archive/manifest_own.h"
#include "base/cursor.h"
#include "base/instant.h"

static bool item(struct buf *out, uint64_t *count, uint64_t sequence, int64_t at, const struct manifest_operation *o,
                 struct err *e) {
    buf_add(out, (str){(const char *)&sequence, sizeof sequence});
    buf_add(out, (str){(const char *)&at, sizeof at});
    ++*count;
    return manifest_encode(o, out, e);
}

static bool restate_segments(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e) {
    const struct manifest_segment *const all = m->segments.at;

    for (size_t i = 0; i < m->segments.count; i++) {
        struct manifest_operation const add = {.what = DO_ADD,
                                               .add = {.segment = all[i], .family = manifest_family(m, all[i].family)}};

        if (!all[i].gone && !item(out, count, all[i].added, all[i].added_at, &add, e))
            return false;
    }
    for (size_t i = 0; i < m->segments.count; i++) {
        struct manifest_operation end = {.what = DO_END};

        if (all[i].gone || manifest_live(&all[i]))
            continue;
        end.end.why = (enum manifest_end)all[i].end;
        end.end.olds = (struct manifest_numbers){&all[i].number, 1};
        end.end.who = end.end.note = S("");
        end.end.policy = all[i].end == END_EXPIRED ? S("-") : S("");
        if (!item(out, count, all[i].ended, all[i].ended_at, &end, e))
            return false;
    }
    return true;
}

static bool restate_runs(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e) {
    const struct manifest_run *const all = m->runs.at;

    for (size_t i = 0; i < m->runs.count; i++) {
        struct manifest_operation const run = {.what = DO_RUN, .run = all[i]};
        struct manifest_operation const end = {.what = DO_RUN_END, .run_end = {&all[i].number, 1}};

        if (all[i].gone)
            continue;
        if (!item(out, count, all[i].added, all[i].added_at, &run, e) ||
            (all[i].ended && !item(out, count, all[i].ended, all[i].ended_at, &end, e)))
            return false;
    }
    return true;
}

static bool restate_named(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e) {
    const struct manifest_hold *const holds = m->holds.at;
    const struct manifest_policy *const policies = m->policies.at;
    const struct manifest_label *const labels = m->labels.at;

    for (size_t i = 0; i < m->holds.count; i++) {
        struct manifest_operation const o = {.what = DO_HOLD, .hold = holds[i]};

        if (!item(out, count, holds[i].since, holds[i].since_at, &o, e))
            return false;
    }
    for (size_t i = 0; i < m->policies.count; i++) {
        struct manifest_operation const o = {.what = DO_POLICY, .policy = policies[i]};

        if (!item(out, count, policies[i].since, policies[i].since_at, &o, e))
            return false;
    }
    for (size_t i = 0; i < m->labels.count; i++) {
        struct manifest_operation const o = {.what = DO_LABEL, .label = labels[i]};

        if (!item(out, count, labels[i].since, labels[i].since_at, &o, e))
            return false;
    }
    return true;
}

bool manifest_restate(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e) {
    struct manifest_operation begin = {.what = DO_BEGIN, .begin = {.program = S(""), .who = S(""), .note = S("")}};
    struct manifest_operation const counters = {.what = DO_COUNTERS,
                                                .counters = {m->next_segment, m->next_run, m->erasures, m->latest}};

    *count = 0;
    memcpy(begin.begin.id, m->id, sizeof m->id);
    return item(out, count, 1, 0, &begin, e) && restate_segments(m, out, count, e) && restate_runs(m, out, count, e) &&
           restate_named(m, out, count, e) && item(out, count, m->sequence, m->at, &counters, e);
}

/* Is it one of those that a restated state is made of, with nothing in it that a state does not keep? */
static bool restates(const struct manifest_operation *o, uint64_t sequence, int64_t at) {
    switch (o->what) {
    case DO_BEGIN:
        return sequence == 1 && at == 0 && o->begin.program.len + o->begin.who.len + o->begin.note.len == 0;
    case DO_END:
        return o->end.olds.count == 1 && o->end.news.count == 0 && o->end.who.len + o->end.note.len == 0 &&
               str_eq(o->end.policy, o->end.why == END_EXPIRED ? S("-") : S(""));
    case DO_RUN_END:
        return o->run_end.count == 1;
    case DO_ADD:
    case DO_RUN:
    case DO_HOLD:
    case DO_POLICY:
    case DO_LABEL:
    case DO_COUNTERS:
        return true;
    default:
        return false;
    }
}

bool manifest_restore(struct manifest *m, str items, uint64_t count, struct err *e) {
    enum manifest_do last = DO_COUNT;
    uint64_t sequence = 0, done = 0;
    size_t const size = items.len;
    int64_t at = INSTANT_NONE;

    assert(m->sequence == 0 && !m->begun);
    m->restoring = true;
    for (; items.len; done++) {
        struct cursor c = cursor_of(items);
        struct manifest_operation o;
        size_t const offset = size - items.len;

        if (!read_u64le(&c, &sequence) || !read_bytes(&c, &at, sizeof at))
            return err_set(e, ERR_CORRUPT, offset, "a restated state is cut off");
        items = str_from(items, cursor_at(&c));
        if (!manifest_decode(&items, &o, e) ||
            (!restates(&o, sequence, at) && !err_set(e, ERR_CORRUPT, 0, "what no state keeps")) ||
            !manifest_apply(m, &o, sequence, e)) {
            if (e->code != ERR_MEMORY)
                e->code = ERR_CORRUPT;
            e->offset = offset;
            return err_wrap(e, "a restated state");
        }
        last = o.what;
        manifest_record_end(m, sequence, at);
        if (last == DO_COUNTERS) /* said, because what was ended and is gone is not here to say it */
            m->latest = o.counters.latest;
    }
    m->restoring = false;
    if (done != count || last != DO_COUNTERS)
        return err_set(e, ERR_CORRUPT, 0, "a restated state of %llu items instead of %llu", (unsigned long long)done,
                       (unsigned long long)count);
    return true;
}

bool manifest_digest(const struct manifest *m, uint8_t out[SHA256_SIZE], struct err *e) {
    struct sha256 *const h = sha256_new();
    struct buf b = {0};
    uint64_t count;
    bool const ok = (h || manifest_no_memory(e)) && manifest_restate(m, &b, &count, e);

    if (ok) {
        sha256_add(h, buf_str(&b));
        sha256_end(h, out);
    }
    sha256_free(h);
    buf_free(&b);
    return ok;
}
