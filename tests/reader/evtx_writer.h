/* evtx_writer: small event logs, right or wrong on purpose, for the tests. Names and definitions always stand where they are
 * first used; everything else is as the caller says. The format is told in reader/evtx.c and reader/evtx_binxml.c. */
#ifndef TESTS_EVTX_WRITER_H
#define TESTS_EVTX_WRITER_H

#include <assert.h>

#include "base/buf.h"
#include "base/crc32.h"

enum { LOG_HEAD = 4096, LOG_CHUNK = 65536, CHUNK_HEAD = 512, NO_SLOT = 0xffff };

/* One value of a template instance. */
struct log_value {
    uint8_t type;
    str bytes;
};

/* One chunk being written: offsets are those within it. */
struct chunk_writer {
    struct buf bytes;
    size_t record, last, definition; /* where they begin; definition: of the open one, or 0 */
    bool in_definition;
};

static inline void put(struct chunk_writer *w, uint64_t n, size_t size) {
    char bytes[8];

    memcpy(bytes, &n, 8);
    buf_add(&w->bytes, (str){bytes, size});
}

static inline void put_at(struct buf *b, size_t at, uint64_t n, size_t size) {
    assert(at + size <= b->len);
    memcpy(b->ptr + at, &n, size);
}

static inline void put_text(struct chunk_writer *w, const char *ascii) {
    for (; *ascii; ascii++)
        put(w, (unsigned char)*ascii, 2);
}

static inline void put_name(struct chunk_writer *w, const char *ascii) {
    uint32_t hash = 0;

    for (size_t i = 0; ascii[i]; i++)
        hash = hash * 65599 + (unsigned char)ascii[i];
    put(w, w->bytes.len + 4, 4);
    put(w, 0, 4);
    put(w, (uint16_t)hash, 2);
    put(w, strlen(ascii), 2);
    put_text(w, ascii);
    put(w, 0, 2);
}

/* <name, up to its attributes. depends: a slot, or NO_SLOT. */
static inline void open_tag(struct chunk_writer *w, const char *name, bool attributes, uint16_t depends) {
    put(w, attributes ? 0x41 : 0x01, 1);
    if (w->in_definition)
        put(w, depends, 2);
    put(w, 0, 4);
    put_name(w, name);
    if (attributes)
        put(w, 0, 4);
}

static inline void put_value(struct chunk_writer *w, const char *ascii) {
    put(w, 0x05, 1);
    put(w, 0x01, 1);
    put(w, strlen(ascii), 2);
    put_text(w, ascii);
}

static inline void put_slot(struct chunk_writer *w, bool optional, uint16_t slot) {
    put(w, optional ? 0x0e : 0x0d, 1);
    put(w, slot, 2);
    put(w, 0x01, 1);
}

static inline void attribute(struct chunk_writer *w, const char *name) {
    put(w, 0x06, 1);
    put_name(w, name);
}

static inline void tag_done(struct chunk_writer *w) {
    put(w, 0x02, 1);
}

static inline void tag_empty(struct chunk_writer *w) {
    put(w, 0x03, 1);
}

static inline void close_tag(struct chunk_writer *w) {
    put(w, 0x04, 1);
}

/* <name>, then <name>text</name> */
static inline void element(struct chunk_writer *w, const char *name) {
    open_tag(w, name, false, NO_SLOT);
    tag_done(w);
}

static inline void text_element(struct chunk_writer *w, const char *name, const char *text) {
    element(w, name);
    put_value(w, text);
    close_tag(w);
}

static inline void slot_element(struct chunk_writer *w, const char *name, uint16_t slot) {
    element(w, name);
    put_slot(w, true, slot);
    close_tag(w);
}

/* <Data Name="name">slot</Data>; without a name: <Data>slot</Data> */
static inline void data_element(struct chunk_writer *w, const char *name, bool optional, uint16_t slot) {
    open_tag(w, "Data", name != NULL, NO_SLOT);
    if (name) {
        attribute(w, "Name");
        put_value(w, name);
    }
    tag_done(w);
    put_slot(w, optional, slot);
    close_tag(w);
}

static inline void fragment(struct chunk_writer *w) {
    put(w, 0x0001010f, 4);
}

/* An instance of the template defined at `definition`; 0: it is defined here. Until definition_end. */
static inline void instance_begin(struct chunk_writer *w, uint32_t id, size_t definition) {
    put(w, 0x0c, 1);
    put(w, 1, 1);
    put(w, id, 4);
    put(w, definition ? definition : w->bytes.len + 4, 4);
    if (definition)
        return;
    w->definition = w->bytes.len;
    put(w, 0, 4);
    put(w, id, 4);
    buf_add(&w->bytes, S("\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc"));
    put(w, 0, 4);
    fragment(w);
    w->in_definition = true;
}

static inline size_t definition_end(struct chunk_writer *w) {
    put(w, 0, 1);
    put_at(&w->bytes, w->definition + 20, w->bytes.len - w->definition - 24, 4);
    w->in_definition = false;
    return w->definition;
}

static inline void values(struct chunk_writer *w, const struct log_value *v, size_t count) {
    put(w, count, 4);
    for (size_t i = 0; i < count; i++) {
        put(w, v[i].bytes.len, 2);
        put(w, v[i].type, 2);
    }
    for (size_t i = 0; i < count; i++)
        buf_add(&w->bytes, v[i].bytes);
}

/* 2024-01-02T03:04:05Z */
#define LOG_TIME UINT64_C(133486382450000000)

static inline void record_begin(struct chunk_writer *w, uint64_t number) {
    w->record = w->bytes.len;
    put(w, 0x00002a2a, 4);
    put(w, 0, 4);
    put(w, number, 8);
    put(w, LOG_TIME, 8);
    fragment(w);
}

static inline void record_end(struct chunk_writer *w) {
    size_t const size = w->bytes.len + 5 - w->record;

    put(w, 0, 1);
    put(w, size, 4);
    put_at(&w->bytes, w->record + 4, size, 4);
    w->last = w->record;
}

static inline void chunk_begin(struct chunk_writer *w) {
    *w = (struct chunk_writer){0};
    for (size_t i = 0; i < CHUNK_HEAD; i += 8)
        put(w, 0, 8);
    memcpy(w->bytes.ptr, "ElfChnk", 8);
}

/* Both checksums anew, over what the chunk holds up to its free space. */
static inline void chunk_sums(struct buf *b, size_t chunk) {
    uint32_t free_space;

    memcpy(&free_space, b->ptr + chunk + 48, 4);
    if (free_space >= CHUNK_HEAD && free_space <= b->len - chunk)
        put_at(b, chunk + 52, crc32_add(0, (str){b->ptr + chunk + CHUNK_HEAD, free_space - CHUNK_HEAD}), 4);
    put_at(b, chunk + 124,
           crc32_add(crc32_add(0, (str){b->ptr + chunk, 120}), (str){b->ptr + chunk + 128, CHUNK_HEAD - 128}), 4);
}

/* Appends the chunk, filled up to its whole size, to the log; the writer is empty after. */
static inline void chunk_end(struct chunk_writer *w, struct buf *log) {
    size_t const at = log->len;

    put_at(&w->bytes, 44, w->last, 4);
    put_at(&w->bytes, 48, w->bytes.len, 4);
    assert(!w->bytes.failed && w->bytes.len <= LOG_CHUNK);
    buf_add(log, buf_str(&w->bytes));
    assert(buf_reserve(log, LOG_CHUNK));
    memset(log->ptr + log->len, 0, at + LOG_CHUNK - log->len);
    log->len = at + LOG_CHUNK;
    chunk_sums(log, at);
    buf_free(&w->bytes);
}

static inline void log_begin(struct buf *log, uint16_t chunks, uint32_t flags) {
    *log = (struct buf){0};
    assert(buf_reserve(log, LOG_HEAD));
    memset(log->ptr, 0, LOG_HEAD);
    log->len = LOG_HEAD;
    memcpy(log->ptr, "ElfFile", 8);
    put_at(log, 42, chunks, 2);
    put_at(log, 120, flags, 4);
    put_at(log, 124, crc32_add(0, (str){log->ptr, 120}), 4);
}

#endif
