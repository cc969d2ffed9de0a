/* notes: a sink that writes down what a reader gives, and sources in memory or without end. For one .c of a test each. */
#ifndef TESTS_READER_NOTES_H
#define TESTS_READER_NOTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "reader/reader.h"

static const char letters[RAW_TYPES] = {[RAW_NULL] = 'z', [RAW_TEXT] = 't', [RAW_NUMBER] = 'n', [RAW_BOOL] = 'b'};

struct notes {
    struct event_sink sink;
    struct buf text; /* "1@0+9{a=n:1;b=t:x} !12+4(why) " in the order they came */
    uint64_t records, damages, damaged, values, last_at;
    bool numberless; /* the records of parts count from 1 in each */
    bool count_only;
    field_id inner;             /* the field whose text as it stands is wanted as well */
    const char *only, *without; /* NULL: all fields are wanted */
};

static bool take_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct notes *const n = (struct notes *)(void *)sink;
    (void)e;

    n->records++;
    n->values += r->count;
    n->last_at = r->offset;
    assert_true(r->count <= RECORD_VALUES_MAX);
    assert_true(!r->salvaged);
    if (n->count_only)
        return true;
    if (!n->numberless)
        buf_format(&n->text, "%lu@", (unsigned long)r->number);
    buf_format(&n->text, "%lu+%lu", (unsigned long)r->offset, (unsigned long)r->size);
    if (r->when != INSTANT_NONE) { /* the reader knows it */
        char time[INSTANT_TEXT];

        buf_byte(&n->text, '~');
        buf_add(&n->text, instant_format(r->when, time));
    }
    buf_byte(&n->text, '{');
    for (uint32_t i = 0; i < r->count; i++) {
        if (i)
            buf_byte(&n->text, ';');
        buf_add(&n->text, field_name(sink->fields, r->values[i].field));
        buf_byte(&n->text, '=');
        buf_byte(&n->text, r->values[i].inner ? 'i' : letters[r->values[i].type]);
        buf_byte(&n->text, ':');
        buf_add(&n->text, (str){r->values[i].ptr, r->values[i].len});
    }
    buf_add(&n->text, S("} "));
    return true;
}

static void take_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct notes *const n = (struct notes *)(void *)sink;

    n->damages++;
    n->damaged += size;
    if (!n->count_only)
        buf_format(&n->text, "!%lu+%lu(%s) ", (unsigned long)offset, (unsigned long)size, why);
}

/* Of a sink to which it matters: sink.wants, sink.wants_inner. */
__attribute__((unused)) static bool wants(struct event_sink *sink, field_id field) {
    const struct notes *const n = (struct notes *)(void *)sink;
    str const name = field_name(sink->fields, field);

    return (!n->only || str_eq(name, str_of(n->only))) && (!n->without || !str_eq(name, str_of(n->without)));
}

__attribute__((unused)) static bool wants_inner(struct event_sink *sink, field_id field) {
    return ((struct notes *)(void *)sink)->inner == field;
}

static void notes_open(struct notes *n) {
    *n = (struct notes){.sink = {.record = take_record, .damage = take_damage}, .inner = FIELD_NONE};
    assert_non_null(n->sink.fields = fields_new());
}

static void notes_close(struct notes *n) {
    fields_free(n->sink.fields);
    buf_free(&n->text);
}

/* Bytes in memory, given in windows of any size, each a copy of just its size: a read beyond is seen by the sanitizer. */
struct bytes_input {
    struct input input;
    str all;
    size_t more; /* beyond what is wanted */
    char *copy;
    uint64_t last;
    uint64_t fails_at; /* a window that would reach so far cannot be read; 0: none */
};

static bool bytes_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct bytes_input *const b = (struct bytes_input *)(void *)in;
    str left = str_from(b->all, (size_t)offset);

    assert_true(want <= INPUT_WANT_MAX);
    assert_true(offset >= b->last);
    b->last = offset;
    left = str_first(left, want + b->more);
    if (b->fails_at && offset + left.len >= b->fails_at)
        return err_set(e, ERR_IO, offset, "this input fails");
    free(b->copy);
    if (!(b->copy = malloc(left.len + 1)))
        return err_set(e, ERR_MEMORY, offset, "no memory for a window");
    memcpy(b->copy, left.ptr, left.len);
    *out = (str){b->copy, left.len};
    return true;
}

static bool read_bytes(const struct reader *reader, str bytes, struct part part, size_t more, struct notes *n,
                       struct err *e) {
    struct bytes_input in = {.input = {bytes_window, bytes.len}, .all = bytes, .more = more};
    bool const ok = reader->read(&in.input, part, &n->sink, e);

    free(in.copy);
    return ok;
}

static const struct part whole = {0, UINT64_MAX};

/* Reads that, and nothing fails. */
static void read_into(const struct reader *reader, str bytes, struct part part, size_t more, struct notes *n) {
    struct err e = {0};

    if (!read_bytes(reader, bytes, part, more, n, &e))
        fail_msg("%s", e.text);
}

/* Only the counts of what a source gives: of large ones. */
__attribute__((unused)) static struct notes counted(const struct reader *reader, str bytes, size_t more) {
    struct notes n;

    notes_open(&n);
    n.count_only = true;
    read_into(reader, bytes, whole, more, &n);
    notes_close(&n);
    return n;
}

__attribute__((unused)) static void fill(struct buf *b, char c, size_t count) {
    char *const p = buf_reserve(b, count);

    assert_non_null(p);
    memset(p, c, count);
    b->len += count;
}

/* `head`, then `fill` again and again up to the input's size. Gives a window of one buffer, however large the source is. */
struct endless {
    struct input input;
    str head;
    char fill;
    char *memory;
    size_t room, most;
};

static bool endless_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct endless *const s = (struct endless *)(void *)in;
    uint64_t const left = offset < s->input.size ? s->input.size - offset : 0;
    size_t const give = left < want ? (size_t)left : want;
    (void)e;

    s->most = want > s->most ? want : s->most;
    if (give > s->room) {
        assert_non_null(s->memory = realloc(s->memory, give));
        s->room = give;
    }
    if (give)
        memset(s->memory, s->fill, give);
    if (offset < s->head.len)
        memcpy(s->memory, s->head.ptr + offset, give < s->head.len - offset ? give : s->head.len - (size_t)offset);
    *out = give ? (str){s->memory, give} : S("");
    return true;
}

/* A source without line end needs no more memory than one record may. */
__attribute__((unused)) static void endless_is_bounded(const struct reader *reader, str head, char fill, uint64_t size,
                                                       uint64_t records, uint64_t damages, uint64_t damaged) {
    struct endless s = {.input = {endless_window, size}, .head = head, .fill = fill};
    struct err e = {0};
    struct notes n;

    notes_open(&n);
    n.count_only = true;
    assert_true(reader->read(&s.input, whole, &n.sink, &e));
    if (n.records != records || n.damages != damages || n.damaged != damaged)
        fail_msg("%.*s, and 0x%02x: %lu records, %lu damages of %lu bytes", STR_ARG(head), (unsigned char)fill,
                 (unsigned long)n.records, (unsigned long)n.damages, (unsigned long)n.damaged);
    assert_true(s.most <= (size_t)16 << 20);
    free(s.memory);
    notes_close(&n);
}

#endif
