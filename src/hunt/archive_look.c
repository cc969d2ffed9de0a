/* archive_look: entries become questions, 65,536 at a time; the answers of all are sorted by segment. */
#include "hunt/archive_look.h"

#include <stdlib.h>

#include "hunt/archive_index_own.h"
#include "intel/observable_key.h"

#define QUESTIONS 65536u
#define ANSWERS ((size_t)4 << 20)

/* Of a segment that is asked for. */
struct asked {
    uint32_t answers; /* how many entries may be in it; the same one may be counted more than once */
};

struct answer {
    uint32_t segment, entry; /* segment: its place */
};

struct looking {
    const struct archive_look_options *o;
    struct archive_look *out;
    struct archive_runs runs;
    struct observable_keys *keys;
    struct asked *asked;
    struct answer *answers;
    size_t answer_count, answer_room, answers_max;
    uint32_t *scan;
    size_t scan_room;
    uint32_t *entries; /* of the questions at hand */
    struct index_answers told;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to ask an index");
}

/* ---- segments ---- */

static int by_number(const void *a, const void *b) {
    uint64_t const x = ((const struct archive_look_segment *)a)->number,
                   y = ((const struct archive_look_segment *)b)->number;

    return (x > y) - (x < y);
}

/* The place of a segment among those that are asked for; SIZE_MAX: it is not. */
static size_t place_of(const struct archive_look *l, uint64_t number) {
    size_t from = 0, to = l->count;

    while (from < to) {
        size_t const middle = from + (to - from) / 2;

        if (l->segments[middle].number < number)
            from = middle + 1;
        else
            to = middle;
    }
    return from < l->count && l->segments[from].number == number ? from : SIZE_MAX;
}

static bool segments_take(struct looking *x, struct err *e) {
    const struct manifest *const m = vault_manifest(x->o->v);
    struct archive_look *const l = x->out;
    size_t all;
    const struct manifest_segment *const s = manifest_segments(m, &all);
    size_t const count = x->o->segments ? x->o->segment_count : all;

    l->segments = calloc(count + 1, sizeof *l->segments);
    x->asked = calloc(count + 1, sizeof *x->asked);
    if (!l->segments || !x->asked)
        return no_memory(e);
    for (size_t i = 0; i < count; i++) {
        const struct manifest_segment *const one = x->o->segments ? manifest_segment(m, x->o->segments[i]) : &s[i];

        if (!x->o->segments && !manifest_live(one))
            continue;
        if (!one || !manifest_live(one))
            return err_set(e, ERR_LIMIT, 0, "segment %llu is no live one of this snapshot",
                           (unsigned long long)x->o->segments[i]);
        l->segments[l->count++] = (struct archive_look_segment){
            .number = one->number, .state = archive_is_ledger(m, one) ? ARCHIVE_LEDGERS : ARCHIVE_UNINDEXED};
    }
    if (l->count)
        qsort(l->segments, l->count, sizeof *l->segments, by_number);
    return true;
}

/* What is said of a segment by the best of the runs that have it. */
static void state_set(struct archive_look *l, uint64_t number, enum archive_index_state state) {
    size_t const at = place_of(l, number);

    if (at == SIZE_MAX || l->segments[at].state == ARCHIVE_LEDGERS || l->segments[at].state == ARCHIVE_INDEXED)
        return;
    if (state == ARCHIVE_INDEXED || l->segments[at].state == ARCHIVE_UNINDEXED)
        l->segments[at].state = state;
}

static void states_find(struct looking *x) {
    const struct manifest *const m = vault_manifest(x->o->v);

    for (size_t i = 0; i < x->runs.count; i++) {
        struct index_info const info = index_run_info(x->runs.runs[i]);

        for (uint32_t k = 0; k < info.segment_count; k++)
            state_set(x->out, info.segments[k], ARCHIVE_INDEXED);
    }
    for (size_t i = 0; i < x->runs.left_count; i++) {
        struct manifest_numbers const ranges = manifest_run(m, x->runs.left[i].number)->ranges;

        for (size_t k = 0; k < x->out->count; k++)
            for (size_t r = 0; r + 1 < ranges.count; r += 2)
                if (manifest_number(ranges, r) <= x->out->segments[k].number &&
                    x->out->segments[k].number <= manifest_number(ranges, r + 1))
                    state_set(x->out, x->out->segments[k].number, x->runs.left[i].state);
    }
}

/* ---- answers ---- */

static void any_set(struct archive_look_segment *s, bool many) {
    if (s->state == ARCHIVE_LEDGERS)
        return;
    s->any = true;
    s->many |= many;
}

/* There are too many: whoever has most is told no longer one by one, until half of the room is free. */
static void answers_thin(struct looking *x) {
    size_t left = x->answer_count, kept = 0;
    uint32_t bound = 0;

    for (size_t i = 0; i < x->out->count; i++)
        bound = x->asked[i].answers > bound ? x->asked[i].answers : bound;
    while (left > x->answers_max / 2 && bound) {
        bound /= 2;
        for (size_t i = 0; i < x->out->count && left > x->answers_max / 2; i++)
            if (!x->out->segments[i].any && x->asked[i].answers > bound) {
                any_set(&x->out->segments[i], true);
                left -= x->asked[i].answers;
            }
    }
    for (size_t i = 0; i < x->answer_count; i++)
        if (!x->out->segments[x->answers[i].segment].any)
            x->answers[kept++] = x->answers[i];
    x->answer_count = kept;
}

static bool answer_add(struct looking *x, size_t place, uint32_t entry, struct err *e) {
    if (x->out->segments[place].any || x->out->segments[place].state == ARCHIVE_LEDGERS)
        return true;
    if (x->answer_count == x->answer_room && x->answer_room == x->answers_max)
        answers_thin(x);
    if (x->out->segments[place].any)
        return true;
    if (x->answer_count == x->answer_room) {
        size_t room = x->answer_room ? 2 * x->answer_room : 1024;
        struct answer *bigger;

        room = room < x->answers_max ? room : x->answers_max;
        if (!(bigger = reallocarray(x->answers, room, sizeof *bigger)))
            return no_memory(e);
        x->answers = bigger;
        x->answer_room = room;
    }
    x->answers[x->answer_count++] = (struct answer){(uint32_t)place, entry};
    x->asked[place].answers++;
    return true;
}

static bool everywhere_add(struct looking *x, const struct index_run *r, uint32_t entry, struct err *e) {
    struct index_info const info = index_run_info(r);

    for (uint32_t i = 0; i < info.segment_count; i++) {
        size_t const place = place_of(x->out, info.segments[i]);

        if (place != SIZE_MAX && !answer_add(x, place, entry, e))
            return false;
    }
    return true;
}

static bool answers_take(struct looking *x, struct index_run *const *runs, const uint32_t *entries, struct err *e) {
    if (x->told.damaged && !x->out->damaged)
        x->out->damage = x->told.damage;
    x->out->damaged += x->told.damaged;
    for (size_t i = 0; i < x->told.count; i++) {
        struct index_answer const a = x->told.answers[i];
        size_t const place = a.segment == INDEX_EVERY ? 0 : place_of(x->out, a.segment);
        bool const ok = a.segment == INDEX_EVERY ? everywhere_add(x, runs[a.run], entries[a.question], e)
                                                 : place == SIZE_MAX || answer_add(x, place, entries[a.question], e);

        if (!ok)
            return false;
    }
    return true;
}

/* ---- questions ---- */

static bool scan_add(struct looking *x, uint32_t entry, struct err *e) {
    if (x->out->scan_count == x->scan_room) {
        size_t const room = x->scan_room ? 2 * x->scan_room : 64;
        uint32_t *const bigger = reallocarray(x->scan, room, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        x->scan = bigger;
        x->scan_room = room;
    }
    x->scan[x->out->scan_count++] = entry;
    return true;
}

static bool question_add(struct looking *x, struct index_questions *q, uint32_t number, uint32_t entry, struct err *e) {
    struct intel_entry const n = intel_set_entry(x->o->set, entry);
    struct observable_ask ask;

    if (!observable_ask_of(x->keys, n.type, n.value, &ask, e))
        return false;
    if (ask.range && !index_questions_range(q, number, &ask.first, &ask.last, e))
        return false;
    for (unsigned i = 0; i < ask.way_count; i++)
        if (!index_questions_way(q, number, ask.ways[i].keys, ask.ways[i].count, e))
            return false;
    return true;
}

/* All runs; where there are too many answers, half of the entries at a time. One entry has as many as there are segments, at most, in each of its ways. */
static bool ask(struct looking *x, const uint32_t *entries, size_t count, struct err *e) {
    struct index_questions *q = NULL;
    bool ok = index_questions_new(&q, e);

    for (size_t i = 0; ok && i < count; i++)
        ok = question_add(x, q, (uint32_t)i, entries[i], e);
    for (size_t from = 0; ok && from < x->runs.count; from += INDEX_RUNS_MAX) {
        size_t const left = x->runs.count - from;
        struct index_run *const *const runs = x->runs.runs + from;

        ok = index_questions_ask(q, runs, left < INDEX_RUNS_MAX ? left : INDEX_RUNS_MAX, &x->told, e) &&
             answers_take(x, runs, entries, e);
    }
    index_questions_free(q);
    if (ok || e->code != ERR_LIMIT || count < 2)
        return ok;
    *e = (struct err){0};
    return ask(x, entries, count / 2, e) && ask(x, entries + count / 2, count - count / 2, e);
}

static bool stopped(const struct looking *x, struct err *e) {
    return x->o->stop && *x->o->stop && !err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
}

static bool entries_ask(struct looking *x, struct err *e) {
    size_t const all = intel_set_entries(x->o->set);
    size_t count = 0;

    for (size_t i = 0; i < all; i++) {
        struct intel_entry const n = intel_set_entry(x->o->set, (uint32_t)i);
        struct observable_ask a = {.scan = true};

        if (!n.active)
            continue;
        if (n.form == ITEM_VALUE && !observable_ask_of(x->keys, n.type, n.value, &a, e))
            return false;
        if (a.scan) {
            if (!scan_add(x, (uint32_t)i, e))
                return false;
            x->out->scan_values += n.form == ITEM_VALUE;
            continue;
        }
        x->out->asked++;
        x->entries[count++] = (uint32_t)i;
        if (count == QUESTIONS) {
            if (stopped(x, e) || !ask(x, x->entries, count, e))
                return false;
            count = 0;
        }
    }
    return !count || (!stopped(x, e) && ask(x, x->entries, count, e));
}

/* ---- the end ---- */

static int by_segment(const void *a, const void *b) {
    const struct answer *const x = a, *const y = b;

    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    return (x->entry > y->entry) - (x->entry < y->entry);
}

static bool settle(struct looking *x, struct err *e) {
    struct archive_look *const l = x->out;
    uint32_t *const entries = calloc(x->answer_count + 1, sizeof *entries);
    size_t count = 0;

    if (!entries)
        return no_memory(e);
    l->entries = entries;
    l->scan = x->scan;
    x->scan = NULL;
    if (x->answer_count)
        qsort(x->answers, x->answer_count, sizeof *x->answers, by_segment);
    for (size_t i = 0; i < x->answer_count; i++) {
        struct archive_look_segment *const s = &l->segments[x->answers[i].segment];

        if (s->any || (s->count && entries[count - 1] == x->answers[i].entry))
            continue;
        if (!s->count)
            s->entries = entries + count;
        s->count++;
        entries[count++] = x->answers[i].entry;
    }
    return true;
}

static bool look(struct looking *x, struct err *e) {
    uint8_t secret[VAULT_SECRET];
    struct err why = {0};
    uint64_t made;
    bool const known = archive_index_made(x->o->v, x->o->kinds, &made, &why) && vault_secret(x->o->v, secret, &why);

    if (!known && why.code == ERR_MEMORY) {
        *e = why;
        return false;
    }
    if (!known) {
        x->out->damaged++;
        x->out->damage = why;
    }
    bool ok = segments_take(x, e) && archive_runs_open(&x->runs, x->o->v, known ? &made : NULL, e);

    if (ok) {
        x->out->runs = x->runs.count;
        for (size_t i = 0; i < x->runs.left_count; i++)
            if (x->runs.left[i].state == ARCHIVE_DAMAGED && !x->out->damaged++)
                x->out->damage = x->runs.damage;
        states_find(x);
        for (size_t i = 0; i < x->out->count; i++)
            if (x->out->segments[i].state != ARCHIVE_INDEXED)
                any_set(&x->out->segments[i], false);
        static const uint8_t none[VAULT_SECRET];

        ok = observable_keys_new(&x->keys, known ? secret : none, e) && entries_ask(x, e) && settle(x, e);
    }
    explicit_bzero(secret, sizeof secret);
    return ok;
}

bool archive_look(const struct archive_look_options *options, struct archive_look *out, struct err *e) {
    struct looking x = {.o = options,
                        .out = out,
                        .answers_max = options->answers_max ? options->answers_max : ANSWERS,
                        .entries = calloc(QUESTIONS, sizeof *x.entries)};

    *out = (struct archive_look){.segments = NULL};
    x.told.count_max = ANSWERS + 8 * manifest_live_count(vault_manifest(options->v)) * OBSERVABLE_WAYS;
    bool const ok = x.entries ? look(&x, e) : no_memory(e);

    archive_runs_close(&x.runs);
    observable_keys_free(x.keys);
    index_answers_free(&x.told);
    free(x.asked);
    free(x.answers);
    free(x.scan);
    free(x.entries);
    return ok;
}

void archive_look_free(struct archive_look *l) {
    free(l->segments);
    free(l->entries);
    free(l->scan);
    *l = (struct archive_look){.segments = NULL};
}
