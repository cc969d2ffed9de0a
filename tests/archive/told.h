/* told: records written down whole, every member, fields by their names, so that two lists of them can be compared; and sinks that write
 * them down. For one .c of a test each. */
#ifndef TESTS_ARCHIVE_TOLD_H
#define TESTS_ARCHIVE_TOLD_H

#include "archive/segment.h"

/* Records one behind the other, and where each begins. */
struct told {
    struct buf bytes, from; /* from: size_t each */
};

static size_t told_count(const struct told *t) {
    return t->from.len / sizeof(size_t);
}

static str told_at(const struct told *t, size_t i) {
    size_t at[2] = {0, t->bytes.len};

    memcpy(at, t->from.ptr + i * sizeof *at, i + 1 < told_count(t) ? sizeof at : sizeof *at);
    return (str){t->bytes.ptr + at[0], at[1] - at[0]};
}

static void told_free(struct told *t) {
    buf_free(&t->bytes);
    buf_free(&t->from);
}

static void told_number(struct buf *b, uint64_t n) {
    buf_add(b, (str){(const char *)&n, sizeof n});
}

static void told_text(struct buf *b, str s) {
    told_number(b, s.len);
    buf_add(b, s);
}

static void told_record(struct told *t, const struct fields *fields, const struct record *r) {
    struct buf *const b = &t->bytes;

    told_number(&t->from, b->len);
    told_number(b, r->count);
    told_number(b, (uint64_t)r->when);
    told_number(b, r->zone);
    told_number(b, r->precision);
    told_text(b, r->time_text);
    told_number(b, r->number);
    told_number(b, r->offset);
    told_number(b, r->size);
    told_number(b, r->unordered);
    told_number(b, r->salvaged);
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];

        told_text(b, field_name(fields, v->field));
        told_number(b, v->type);
        told_number(b, v->inner);
        told_number(b, v->element);
        told_text(b, (str){v->len ? v->ptr : "", v->len});
    }
}

/* A segment as memory ends: its bytes in a copy of just this size, so that the sanitizer sees a byte read beyond. */
static str exact(const struct buf *b) {
    char *const copy = malloc(b->len ? b->len : 1);

    if (!copy)
        abort();
    if (b->len)
        memcpy(copy, b->ptr, b->len);
    return (str){copy, b->len};
}

/* What comes out of a segment. */
struct heard {
    struct event_sink sink;
    struct told told;
    const struct segment_reading *reading;
    struct buf rows;    /* uint32_t each: which row each record was */
    struct buf sources; /* uint32_t each: of which source each record was said to be */
    uint32_t source, damages;
    uint64_t damage_at;            /* of the last */
    size_t stop_after;             /* records until the sink stops; 0: never */
    bool (*wants)(str name);       /* by name; NULL: all */
    bool (*wants_inner)(str name); /* NULL: all */
};

static bool heard_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct heard *const h = (struct heard *)(void *)sink;

    told_record(&h->told, sink->fields, r);
    buf_add(&h->rows, (str){(const char *)&h->reading->row, sizeof h->reading->row});
    buf_add(&h->sources, (str){(const char *)&h->source, sizeof h->source});
    if (h->told.bytes.failed || h->told.from.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to write a record down");
    return !h->stop_after || h->stop_after > told_count(&h->told) || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static bool heard_source(void *ctx, uint32_t source, struct err *e) {
    (void)e;
    ((struct heard *)ctx)->source = source;
    return true;
}

static void heard_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct heard *const h = (struct heard *)(void *)sink;

    (void)size;
    (void)why;
    h->damages++;
    h->damage_at = offset;
}

static bool heard_wants(struct event_sink *sink, field_id field) {
    const struct heard *const h = (const struct heard *)(const void *)sink;

    return !h->wants || h->wants(field_name(sink->fields, field));
}

static bool heard_wants_inner(struct event_sink *sink, field_id field) {
    const struct heard *const h = (const struct heard *)(const void *)sink;

    return !h->wants_inner || h->wants_inner(field_name(sink->fields, field));
}

/* Sets up h with a catalogue of its own, in which numbers are others than in most; to be freed with heard_free. */
static void heard_begin(struct heard *h, struct segment_reading *reading) {
    struct fields *const fields = fields_new();

    if (!fields)
        abort();
    (void)field_intern(fields, S("a field that no record has"));
    h->sink = (struct event_sink){.fields = fields,
                                  .wants = heard_wants,
                                  .wants_inner = heard_wants_inner,
                                  .record = heard_record,
                                  .damage = heard_damage};
    h->reading = reading;
    h->source = UINT32_MAX;
    reading->sink = &h->sink;
    reading->source = heard_source;
    reading->ctx = h;
}

static void heard_free(struct heard *h) {
    told_free(&h->told);
    buf_free(&h->rows);
    buf_free(&h->sources);
    fields_free(h->sink.fields);
}

#endif
