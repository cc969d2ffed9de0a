/* containers: makes gzip, zstd, xz, bzip2, tar, zip and 7z in memory, and writes down what unpack says of them. For the tests
 * beside and for fuzz/. */
#ifndef TESTS_EVIDENCE_CONTAINERS_H
#define TESTS_EVIDENCE_CONTAINERS_H

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <bzlib.h>
#include <lzma.h>
#include <openssl/sha.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "evidence/decompress.h"
#include "evidence/unpack.h"

/* ---- making ---- */

/* One stream, ended and checked, behind what is in b. */
static inline void pack_stream(struct buf *b, enum compression c, str plain) {
    size_t const room = plain.len + plain.len / 50 + 4096;
    char *const to = buf_reserve(b, room);
    size_t size = room;

    assert(to);
    if (c == COMPRESSION_GZIP) {
        z_stream z = {.next_in = (Bytef *)(uintptr_t)plain.ptr,
                      .avail_in = (uInt)plain.len,
                      .next_out = (Bytef *)to,
                      .avail_out = (uInt)room};
        int const began = deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY),
                  ended = deflate(&z, Z_FINISH);

        assert(began == Z_OK && ended == Z_STREAM_END);
        size = z.total_out;
        deflateEnd(&z);
    } else if (c == COMPRESSION_ZSTD) {
        ZSTD_CCtx *const z = ZSTD_createCCtx();

        ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
        size = ZSTD_compress2(z, to, room, plain.ptr, plain.len);
        assert(!ZSTD_isError(size));
        ZSTD_freeCCtx(z);
    } else if (c == COMPRESSION_XZ) {
        size = 0;
        lzma_ret const r = lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, (const uint8_t *)plain.ptr, plain.len,
                                                   (uint8_t *)to, &size, room);

        assert(r == LZMA_OK);
    } else {
        unsigned n = (unsigned)room;
        int const r = BZ2_bzBuffToBuffCompress(to, &n, (char *)(uintptr_t)plain.ptr, (unsigned)plain.len, 1, 0, 0);

        assert(r == BZ_OK);
        size = n;
    }
    b->len += size;
}

/* What goes into an archive. type: AE_IFREG when 0. */
struct packed {
    const char *name;
    str bytes;
    unsigned type;
    const char *link; /* where a symbolic or (hard) a hard link leads */
    bool hard;
    size_t hole; /* so many bytes of a hole in front of the bytes: a sparse file */
};

static inline la_ssize_t pack_write(struct archive *a, void *ctx, const void *bytes, size_t size) {
    (void)a;
    buf_add(ctx, (str){bytes, size});
    return (la_ssize_t)size;
}

/* format: libarchive's name of it ("ustar", "pax", "zip", "7zip"); options: its own ("zip:compression=store"), or NULL.
 * False: this libarchive cannot write that. */
static inline bool pack_archive(struct buf *b, const char *format, const char *options, const char *password,
                                const struct packed *members, size_t count) {
    struct archive *const a = archive_write_new();
    bool ok = archive_write_set_format_by_name(a, format) == ARCHIVE_OK &&
              archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK &&
              (!options || archive_write_set_options(a, options) == ARCHIVE_OK) &&
              (!password || archive_write_set_passphrase(a, password) == ARCHIVE_OK) &&
              archive_write_open2(a, b, NULL, pack_write, NULL, NULL) == ARCHIVE_OK;

    for (size_t i = 0; ok && i < count; i++) {
        const struct packed *const m = &members[i];
        struct archive_entry *const entry = archive_entry_new();

        archive_entry_set_pathname(entry, m->name);
        archive_entry_set_filetype(entry, m->type ? m->type : AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_mtime(entry, 1700000000, 0);
        if (m->hard)
            archive_entry_set_hardlink(entry, m->link);
        else if (m->link)
            archive_entry_set_symlink(entry, m->link);
        archive_entry_set_size(entry, (la_int64_t)(m->hole + m->bytes.len));
        if (m->hole)
            archive_entry_sparse_add_entry(entry, (la_int64_t)m->hole, (la_int64_t)m->bytes.len);
        ok = archive_write_header(a, entry) >= ARCHIVE_WARN;
        for (size_t hole = m->hole; ok && hole; hole -= hole < 512 ? hole : 512)
            ok = archive_write_data(a, (char[512]){0}, hole < 512 ? hole : 512) >= 0;
        ok = ok && (m->bytes.len == 0 || archive_write_data(a, m->bytes.ptr, m->bytes.len) == (la_ssize_t)m->bytes.len);
        archive_entry_free(entry);
    }
    ok = ok && archive_write_close(a) == ARCHIVE_OK;
    archive_write_free(a);
    return ok;
}

static inline void put_le(struct buf *b, uint64_t n, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        buf_byte(b, (char)(i < sizeof n ? n >> 8 * i : 0));
}

/* 7z by hand (its 7zFormat.txt): one file of a coder that libarchive does not write. Fewer than 128 bytes in every size. */
static inline void pack_7z(struct buf *b, str coder, str bytes, const char *name, bool header_too) {
    struct buf header = {0}, start = {0};
    size_t const name_len = strlen(name);

    if (header_too) /* an encoded header: the streams of it only */
        buf_byte(&header, 0x17);
    else
        buf_add(&header, S("\x01\x04"));
    buf_add(&header, S("\x06\x00\x01\x09"));
    put_le(&header, bytes.len, 1);
    buf_add(&header, S("\x00\x07\x0b\x01\x00\x01"));
    buf_add(&header, coder);
    buf_byte(&header, 0x0c);
    put_le(&header, bytes.len, 1);
    buf_add(&header, header_too ? S("\x00\x00") : S("\x00\x08\x00\x00"));
    if (!header_too) {
        buf_add(&header, S("\x05\x01\x11"));
        put_le(&header, 1 + 2 * (name_len + 1), 1);
        buf_byte(&header, 0);
        for (size_t i = 0; i <= name_len; i++)
            put_le(&header, (unsigned char)name[i], 2);
        buf_add(&header, S("\x00\x00"));
    }
    put_le(&start, bytes.len, 8);
    put_le(&start, header.len, 8);
    put_le(&start, crc32(0, (const Bytef *)header.ptr, (uInt)header.len), 4);
    buf_add(b, S("7z\xbc\xaf\x27\x1c\x00\x04"));
    put_le(b, crc32(0, (const Bytef *)start.ptr, (uInt)start.len), 4);
    buf_add(b, buf_str(&start));
    buf_add(b, bytes);
    buf_add(b, buf_str(&header));
    buf_free(&header);
    buf_free(&start);
}

/* ---- unpacking ---- */

/* Bytes as the outermost file. A window is memory of its own, and gone with the next one. */
struct bytes_input {
    struct input input;
    str bytes;
    uint64_t fails_at; /* what lies behind cannot be read; UINT64_MAX: all can */
    char *window;
};

static inline void bytes_input_close(struct bytes_input *b) {
    free(b->window);
    b->window = NULL;
}

static inline bool bytes_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct bytes_input *const b = (struct bytes_input *)(void *)in;
    uint64_t const end = b->fails_at < b->bytes.len ? b->fails_at : b->bytes.len;
    str const all = offset < end ? str_first(str_from(b->bytes, (size_t)offset), (size_t)(end - offset)) : (str){"", 0};
    str const some = str_first(all, want > 1000 ? want : 1000);

    assert(want <= INPUT_WANT_MAX);
    bytes_input_close(b);
    if (end < b->bytes.len && offset + want > end && all.len == 0)
        return err_set(e, ERR_IO, offset, "read error");
    if (!(b->window = malloc(some.len + 1)))
        return err_set(e, ERR_MEMORY, offset, "no memory to read");
    memcpy(b->window, some.ptr, some.len);
    *out = (str){b->window, some.len};
    return true;
}

static inline struct bytes_input bytes_input_of(str bytes) {
    return (struct bytes_input){{bytes_window, bytes.len}, bytes, UINT64_MAX, NULL};
}

/* What came, a line each, in the order it came:
 *   PATH: SIZE bytes            a file; " broken" when it is not whole
 *   PATH: gzip                  a container that was opened
 *   PATH at OFFSET+SIZE: WHY    damage */
struct told {
    struct buf text;
    struct buf bytes;  /* all that leaves gave, one behind the other */
    struct buf open;   /* of the leaf that is being read */
    size_t take, step; /* bytes a leaf reads at most; how many it asks for at once */
    size_t leaves, members, damages;
    uint64_t stop_after; /* calls until the visitor stops it; 0: never */
    uint64_t calls;
    bool mute;     /* nothing is written down but counts: for large ones */
    bool unhashed; /* hashes are not compared: that takes memory */
    bool read_on;  /* the leaf read to the end of the member */
};

static inline bool told_call(struct told *t, struct err *e) {
    return ++t->calls != t->stop_after || err_set(e, ERR_INTERRUPTED, 0, "the visitor stopped");
}

static inline bool told_leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct told *const t = ctx;
    str view;

    (void)path;
    (void)depth;
    t->leaves++;
    t->open.len = 0;
    t->read_on = false;
    if (!told_call(t, e))
        return false;
    for (uint64_t at = 0; at < t->take;) {
        if (!in->window(in, at, t->step, &view, e))
            return false;
        size_t const left = t->take - (size_t)at, n = view.len < left ? view.len : left;

        if (n == 0) {
            t->read_on = true;
            break;
        }
        buf_add(&t->open, str_first(view, n));
        at += n;
    }
    buf_add(&t->bytes, t->mute ? S("") : buf_str(&t->open));
    return true;
}

static inline bool told_ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct told *const t = ctx;
    uint8_t sha[SHA256_SIZE];

    assert(m->depth > 0);
    t->members++;
    if (!m->container) { /* what the leaf read is what was hashed, or its beginning */
        assert(t->open.len <= m->size);
        assert(!t->read_on || t->open.len == m->size);
        if (t->open.len == m->size && !t->unhashed) {
            SHA256((const unsigned char *)buf_str(&t->open).ptr, t->open.len, sha);
            assert(memcmp(sha, m->sha256, sizeof sha) == 0);
        }
    }
    if (!t->mute && m->container)
        buf_format(&t->text, "%.*s: %s%s\n", STR_ARG(m->path), m->container, m->whole ? "" : " broken");
    else if (!t->mute)
        buf_format(&t->text, "%.*s: %lu bytes%s\n", STR_ARG(m->path), (unsigned long)m->size,
                   m->whole ? "" : " broken");
    return told_call(t, e);
}

static inline void told_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    struct told *const t = ctx;

    assert(why && *why);
    t->damages++;
    if (!t->mute || t->damages < 100)
        buf_format(&t->text, "%.*s at %lu+%lu: %s\n", STR_ARG(path), (unsigned long)offset, (unsigned long)size, why);
}

static inline void told_init(struct told *t) {
    *t = (struct told){.take = SIZE_MAX, .step = 1};
}

static inline void told_free(struct told *t) {
    buf_free(&t->text);
    buf_free(&t->bytes);
    buf_free(&t->open);
    *t = (struct told){0};
}

/* t: from told_init; what it holds is kept. The input is closed. */
static inline bool told_unpack(struct told *t, struct bytes_input *in, const char *path,
                               const struct unpack_limits *limits, struct err *e) {
    struct unpack_visitor const visitor = {told_leaf, told_ended, told_damage, NULL, NULL, t};
    bool const ok = unpack(&in->input, str_of(path), limits, &visitor, e);

    bytes_input_close(in);
    return ok;
}
#endif
