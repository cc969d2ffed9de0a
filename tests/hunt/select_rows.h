/* select_rows: logs as segments, in which rules are hunted in all rows, and in those that select chose. For tests, fuzzing and bench.
 *
 * Records of a log go into segments as `archive add` keeps them: the kinds of now say what kind and time each has. Of a segment read whole, all
 * that detection finds is noted by row and rule; the same is asked of the rows that were selected. */
#ifndef TESTS_HUNT_SELECT_ROWS_H
#define TESTS_HUNT_SELECT_ROWS_H

#include <stdio.h>
#include <stdlib.h>

#include "detection/detect.h"
#include "event/ingest.h"
#include "hunt/select.h"
#include "reader/reader.h"

/* What all logs of a run share. */
struct field_log {
    struct fields *fields;
    struct kinds *kinds;
    struct sigma_loader *loader;
    const struct sigma_set *set;
    struct plan *plan;
    struct select *select;
};

struct found {
    uint32_t row, rule;
    uint64_t what; /* a hash of its matches and the log source */
};

struct hunted {
    struct found *items;
    size_t count, room;
    uint64_t events, filtered;
};

static inline void say_memory(void) {
    fputs("no memory\n", stderr);
    abort();
}

/* ---- writing ---- */

#define KEPT_MAX 256u

struct kept {
    struct event_sink sink; /* for readers */
    struct field_log *log;
    struct ingest *ingest;
    struct segment_writer *w;
    uint32_t rows_max, source;
    str reader;
    struct buf segments[KEPT_MAX];
    uint32_t count;
    uint64_t records;
};

static inline void kept_end(struct kept *k, struct err *e) {
    struct segment_info info;

    if (!k->w)
        return;
    if (k->count == KEPT_MAX || !segment_writer_finish(k->w, &k->segments[k->count], &info, e))
        say_memory();
    segment_writer_free(k->w);
    k->w = NULL;
    k->count++;
}

/* What follows is from another source. */
static inline void kept_source(struct kept *k) {
    struct err e;

    if (k->w && !segment_writer_source(
                    k->w, &(struct segment_source){.path = S("log"), .reader = k->reader, .modified = INSTANT_NONE},
                    &k->source, &e))
        say_memory();
}

static inline bool kept_taken(void *ctx, const struct record *r, int64_t when, str kind, struct err *e) {
    struct kept *const k = ctx;
    struct segment_options const options = {.fields = k->log->fields, .rows_max = k->rows_max};

    if (k->count == KEPT_MAX)
        return true;
    if (!k->w && (!segment_writer_new(&k->w, &options, e) ||
                  !segment_writer_source(
                      k->w, &(struct segment_source){.path = S("log"), .reader = k->reader, .modified = INSTANT_NONE},
                      &k->source, e)))
        return false;
    if (!segment_writer_record(k->w, k->source, r, when, kind, e))
        return false;
    k->records++;
    if (segment_writer_full(k->w))
        kept_end(k, e);
    return true;
}

static inline bool kept_full(void *ctx, struct err *e) {
    (void)e;
    ingest_clear(((struct kept *)ctx)->ingest, false);
    return true;
}

static inline struct ingest_wish kept_wants(void *ctx, const struct block *b, field_id field) {
    (void)ctx;
    (void)b;
    (void)field;
    return (struct ingest_wish){0, 0};
}

static inline bool kept_inner(void *ctx, field_id field) {
    (void)ctx;
    (void)field;
    return true;
}

static inline void kept_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    (void)offset;
    (void)size;
    (void)why;
}

/* The sink is ingest_sink(k->ingest). */
static inline bool kept_begin(struct kept *k, struct field_log *log, uint32_t rows_max, struct err *e) {
    struct ingest_options const ingest = {.fields = log->fields,
                                          .kinds = log->kinds,
                                          .wants = kept_wants,
                                          .wants_inner = kept_inner,
                                          .taken = kept_taken,
                                          .unclaimed = true,
                                          .full = kept_full,
                                          .damage = kept_damage,
                                          .ctx = k,
                                          .rows_max = 65536,
                                          .bytes_max = (size_t)64 << 20};

    *k = (struct kept){.log = log, .rows_max = rows_max};
    return ingest_new(&k->ingest, &ingest, e);
}

static inline void kept_free(struct kept *k) {
    ingest_free(k->ingest);
    segment_writer_free(k->w);
    for (uint32_t i = 0; i < k->count; i++)
        buf_free(&k->segments[i]);
}

/* ---- reading ---- */

struct reading_rows {
    struct event_sink sink; /* numbers records by their rows */
    struct event_sink *to;
    struct segment_reading reading;
    struct segment *segment;
    struct ingest *ingest;
    struct detector *detector;
    struct hunted *out;
    bool begun;
};

static inline bool rows_hit(void *ctx, const struct detect_hit *h, struct err *e) {
    struct reading_rows *const r = ctx;
    struct hunted *const out = r->out;
    uint64_t what = hash_bytes(h->logsource, 1);

    (void)e;
    for (size_t i = 0; i < h->match_count; i++)
        what = hash_bytes(h->matches[i].value, hash_bytes(h->matches[i].field, what));
    if (out->count == out->room) {
        out->room = out->room * 2 + 256;
        if (!(out->items = reallocarray(out->items, out->room, sizeof *out->items)))
            say_memory();
    }
    out->items[out->count++] = (struct found){(uint32_t)h->block->rows[h->row].offset, h->rule, what};
    return true;
}

static inline void rows_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t n) {
    (void)rule;
    (void)filter;
    ((struct hunted *)ctx)->filtered += n;
}

static inline bool rows_full(void *ctx, struct err *e) {
    struct reading_rows *const r = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(r->ingest, &count);

    for (size_t i = 0; i < count; i++)
        r->out->events += blocks[i]->row_count;
    if (!detector_run(r->detector, blocks, count, e))
        return false;
    ingest_clear(r->ingest, detector_bytes(r->detector) > (size_t)16 << 20);
    return true;
}

static inline struct ingest_wish rows_wants(void *ctx, const struct block *b, field_id field) {
    return detector_wants(((struct reading_rows *)ctx)->detector, b, field);
}

static inline bool rows_sift(void *ctx, const struct block *b, const struct raw *v) {
    return detector_sift(((struct reading_rows *)ctx)->detector, b, v);
}

static inline bool rows_inner(void *ctx, field_id field) {
    return detector_names(((struct reading_rows *)ctx)->detector, field);
}

static inline bool rows_source(void *ctx, uint32_t index, struct err *e) {
    struct reading_rows *const r = ctx;
    struct segment_source source;

    if ((r->begun && !rows_full(r, e)) || !segment_source(r->segment, index, &source, e))
        return false;
    const struct reader *const reader = reader_named(source.reader);

    r->begun = true;
    ingest_part(r->ingest, 0, reader ? str_of(reader->name) : S(""));
    return true;
}

static inline bool rows_record(struct event_sink *sink, const struct record *record, struct err *e) {
    struct reading_rows *const r = (struct reading_rows *)(void *)sink;
    struct record numbered = *record;

    numbered.offset = r->reading.row;
    return r->to->record(r->to, &numbered, e);
}

static inline bool rows_wants_inner(struct event_sink *sink, field_id field) {
    struct reading_rows *const r = (struct reading_rows *)(void *)sink;

    return r->to->wants_inner(r->to, field);
}

static inline void rows_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why;
}

static inline void reading_end(struct reading_rows *r) {
    ingest_free(r->ingest);
    detector_free(r->detector);
}

static inline bool reading_begin(struct reading_rows *r, struct field_log *log, struct err *e) {
    struct detect_options const detect = {.plan = log->plan, .fields = log->fields, .hit = rows_hit, .ctx = r};
    struct ingest_options const ingest = {.fields = log->fields,
                                          .kinds = log->kinds,
                                          .wants = rows_wants,
                                          .sift = rows_sift,
                                          .wants_inner = rows_inner,
                                          .unclaimed = true,
                                          .full = rows_full,
                                          .damage = kept_damage,
                                          .ctx = r,
                                          .rows_max = 65536,
                                          .bytes_max = (size_t)64 << 20,
                                          .roles = 1u << ROLE_HOST};

    *r = (struct reading_rows){0};
    if (!detector_new(&r->detector, &detect, e) || !ingest_new(&r->ingest, &ingest, e))
        return false;
    r->to = ingest_sink(r->ingest);
    r->sink = (struct event_sink){.fields = log->fields,
                                  .kinds = log->kinds,
                                  .wants_inner = rows_wants_inner,
                                  .record = rows_record,
                                  .damage = rows_damage};
    return true;
}

/* rows NULL: all. */
static inline bool reading_run(struct reading_rows *r, struct segment *segment, const uint64_t *rows,
                               struct hunted *out, struct err *e) {
    r->segment = segment;
    r->out = out;
    r->begun = false;
    r->reading =
        (struct segment_reading){.sink = &r->sink, .rows = rows, .source = rows_source, .ctx = r, .salvage = true};
    return segment_read(segment, &r->reading, e) && rows_full(r, e);
}

/* The same by a detector of its own: what was learned of rows before must not matter. */
static inline bool rows_hunt(struct field_log *log, struct segment *segment, const uint64_t *rows, struct hunted *out,
                             struct err *e) {
    struct reading_rows r;
    bool const ok = reading_begin(&r, log, e) && reading_run(&r, segment, rows, out, e);

    if (ok)
        detector_filtered(r.detector, rows_filtered, out);
    reading_end(&r);
    return ok;
}

static inline int by_found(const void *a, const void *b) {
    const struct found *const x = a, *const y = b;

    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return (x->what > y->what) - (x->what < y->what);
}

static inline void hunted_sort(struct hunted *h) {
    if (h->count)
        qsort(h->items, h->count, sizeof *h->items, by_found);
}

#endif
