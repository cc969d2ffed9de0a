/* notes: a sink that writes down what a reader gives, and sources in memory. For one .c of a test each. */
#ifndef TESTS_READER_NOTES_H
#define TESTS_READER_NOTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "reader/reader.h"

static const char letters[RAW_TYPES] = {[RAW_NULL] = 'z', [RAW_TEXT] = 't', [RAW_NUMBER] = 'n', [RAW_BOOL] = 'b'};

struct notes {
    struct event_sink sink;
    struct buf text; /* "1@0+9{a=n:1;b=t:x} !12+4(why) " in the order they came */
    uint64_t records, damages, damaged;
    bool numberless; /* the records of parts count from 1 in each */
    bool count_only;
};

static bool take_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct notes *const n = (struct notes *)(void *)sink;
    (void)e;

    n->records++;
    assert_true(r->count <= RECORD_VALUES_MAX);
    assert_true(r->when == INSTANT_NONE && !r->salvaged);
    if (n->count_only)
        return true;
    if (!n->numberless)
        buf_format(&n->text, "%lu@", (unsigned long)r->number);
    buf_format(&n->text, "%lu+%lu{", (unsigned long)r->offset, (unsigned long)r->size);
    for (uint32_t i = 0; i < r->count; i++) {
        if (i)
            buf_byte(&n->text, ';');
        buf_add(&n->text, field_name(sink->fields, r->values[i].field));
        buf_byte(&n->text, '=');
        buf_byte(&n->text, letters[r->values[i].type]);
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

static void notes_open(struct notes *n) {
    *n = (struct notes){.sink = {.record = take_record, .damage = take_damage}};
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

/* A source and what must come out of it. Returns whether it did not, and says so. */
static int reads_otherwise(const struct reader *reader, const char *name, str text, const char *want) {
    int wrong = 0;

    for (size_t more = 0; more < 2; more++) {
        struct notes n;
        struct err e = {0};

        notes_open(&n);
        if (!read_bytes(reader, text, whole, more * 100, &n, &e) || !str_eq(str_trim(buf_str(&n.text)), str_of(want))) {
            print_error("%s: %s%.*s\n  instead of %s\n", name, e.text, STR_ARG(buf_str(&n.text)), want);
            wrong = 1;
        }
        notes_close(&n);
    }
    return wrong;
}

/* Cut at every byte, the two parts give what the whole gives. */
__attribute__((unused)) static void cut_everywhere(const struct reader *reader, str text) {
    struct notes all;
    struct err e = {0};

    notes_open(&all);
    all.numberless = true;
    assert_true(read_bytes(reader, text, whole, 0, &all, &e));
    for (uint64_t cut = 0; cut <= text.len + 1; cut++) {
        struct notes parts;

        notes_open(&parts);
        parts.numberless = true;
        assert_true(read_bytes(reader, text, (struct part){0, cut}, 0, &parts, &e));
        assert_true(read_bytes(reader, text, (struct part){cut, UINT64_MAX}, 0, &parts, &e));
        if (!str_eq(buf_str(&parts.text), buf_str(&all.text)))
            fail_msg("cut at %lu: %.*s\n  instead of %.*s", (unsigned long)cut, STR_ARG(buf_str(&parts.text)),
                     STR_ARG(buf_str(&all.text)));
        notes_close(&parts);
    }
    notes_close(&all);
}

/* What `show` gives; NULL: nothing begins there. Returns whether it is otherwise, and says so. */
static int shows_otherwise(const struct reader *reader, str text, uint64_t offset, const char *want) {
    struct bytes_input in = {.input = {bytes_window, text.len}, .all = text};
    struct buf out = {0};
    struct err e = {0};
    bool const ok = reader->show(&in.input, offset, &out, &e);
    bool const right = want ? ok && str_eq(buf_str(&out), str_of(want)) : !ok && e.code == ERR_CORRUPT;

    if (!right)
        print_error("at %lu: %s%.*s\n", (unsigned long)offset, e.text, STR_ARG(buf_str(&out)));
    buf_free(&out);
    free(in.copy);
    return !right;
}

#endif
