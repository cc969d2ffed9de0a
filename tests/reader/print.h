/* print: the records of a file on standard output, a line each value, for the tests in Python beside. For one .c of a test
 * each. */
#ifndef TESTS_READER_PRINT_H
#define TESTS_READER_PRINT_H

#include <stdio.h>

#include "base/file.h"
#include "evidence/input.h"
#include "reader/reader.h"

static const char print_letters[RAW_TYPES] = {[RAW_NULL] = 'z', [RAW_TEXT] = 't', [RAW_NUMBER] = 'n', [RAW_BOOL] = 'b'};

static void print_quoted(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\\' || s.ptr[i] == '\t' || (unsigned char)s.ptr[i] < 0x20)
            printf("\\x%02x", (unsigned)(unsigned char)s.ptr[i]);
        else
            putchar(s.ptr[i]);
}

static bool print_record(struct event_sink *sink, const struct record *r, struct err *e) {
    (void)e;
    printf("record\t%lu\t%lu\n", (unsigned long)r->offset, (unsigned long)r->size);
    for (uint32_t i = 0; i < r->count; i++) {
        print_quoted(field_name(sink->fields, r->values[i].field));
        printf("\t%c\t", r->values[i].inner ? 'i' : print_letters[r->values[i].type]);
        print_quoted((str){r->values[i].ptr, r->values[i].len});
        putchar('\n');
    }
    return true;
}

static void print_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    printf("damage\t%lu\t%lu\t%s\n", (unsigned long)offset, (unsigned long)size, why);
}

static int print_file(const struct reader *reader, const char *path) {
    struct event_sink sink = {.fields = fields_new(), .record = print_record, .damage = print_damage};
    struct file_input in = {.fd = -1};
    struct err e = {0};
    bool const ok = sink.fields && file_input_open(&in, path, &e) &&
                    reader->read(&in.input, (struct part){0, UINT64_MAX}, &sink, &e);

    if (!ok)
        fprintf(stderr, "%s\n", e.text);
    file_input_close(&in);
    fields_free(sink.fields);
    return !ok;
}

#endif
