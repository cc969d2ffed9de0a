/* decompress: the libraries' own interfaces behind one. */
#include "evidence/decompress.h"

#include <assert.h>
#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define GZIP_WINDOW (15 + 16) /* 32 KiB, and a gzip header is asked for */
#define ZSTD_WINDOW_LOG_MAX 27
#define ONCE_MAX ((size_t)1 << 24) /* zlib and bzip2 count in unsigned int */

struct decompressor {
    enum compression kind;
    size_t memory_max;
    bool running;      /* within a stream */
    size_t zstd_wants; /* bytes to the end of the block: fed exactly, so that a damaged block costs no other */
    z_stream gzip;
    lzma_stream xz;
    bz_stream bzip2;
    ZSTD_DStream *zstd;
};

struct decompressor *decompressor_new(enum compression c, size_t memory_max) {
    struct decompressor *const d = calloc(1, sizeof *d);

    assert(c < COMPRESSIONS);
    if (d) {
        d->kind = c;
        d->memory_max = memory_max;
    }
    return d;
}

static void stop(struct decompressor *d) {
    if (!d->running)
        return;
    d->running = false;
    if (d->kind == COMPRESSION_GZIP)
        inflateEnd(&d->gzip);
    else if (d->kind == COMPRESSION_XZ)
        lzma_end(&d->xz);
    else if (d->kind == COMPRESSION_BZIP2)
        BZ2_bzDecompressEnd(&d->bzip2);
}

void decompressor_free(struct decompressor *d) {
    if (!d)
        return;
    stop(d);
    ZSTD_freeDStream(d->zstd);
    free(d);
}

bool decompress_begins(enum compression c, str s) {
    const unsigned char *const p = (const unsigned char *)s.ptr;

    switch (c) {
    case COMPRESSION_GZIP: /* deflate, and no reserved flag */
        return s.len >= 4 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && (p[3] & 0xe0) == 0;
    case COMPRESSION_ZSTD:
        return str_starts(s, S("\x28\xb5\x2f\xfd")) ||
               (s.len >= 4 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0);
    case COMPRESSION_XZ:
        return str_starts(s, S("\xfd"
                               "7zXZ\0"));
    case COMPRESSION_BZIP2: /* BZh, block size, then a block's magic (pi) or the end's (its root) */
        return s.len >= 10 && memcmp(p, "BZh", 3) == 0 && p[3] >= '1' && p[3] <= '9' &&
               (memcmp(p + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 || memcmp(p + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
    case COMPRESSIONS:
        break;
    }
    return false;
}

static bool start(struct decompressor *d, struct err *e) {
    bool ok = false;

    switch (d->kind) {
    case COMPRESSION_GZIP:
        d->gzip = (z_stream){0};
        ok = inflateInit2(&d->gzip, GZIP_WINDOW) == Z_OK;
        break;
    case COMPRESSION_ZSTD:
        if (!d->zstd && (d->zstd = ZSTD_createDStream()) != NULL &&
            ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX)))
            break;
        if (d->zstd) {
            d->zstd_wants = ZSTD_initDStream(d->zstd);
            ok = !ZSTD_isError(d->zstd_wants);
        }
        break;
    case COMPRESSION_XZ:
        d->xz = (lzma_stream)LZMA_STREAM_INIT;
        ok = lzma_stream_decoder(&d->xz, d->memory_max, 0) == LZMA_OK;
        break;
    case COMPRESSION_BZIP2:
        d->bzip2 = (bz_stream){0};
        ok = BZ2_bzDecompressInit(&d->bzip2, 0, 0) == BZ_OK;
        break;
    case COMPRESSIONS:
        break;
    }
    d->running = ok;
    return ok ? true : err_set(e, ERR_MEMORY, 0, "no memory to unpack");
}

enum step { STEP_ON, STEP_ENDED, STEP_CORRUPT, STEP_LIMIT, STEP_MEMORY };

static enum step gzip_step(z_stream *z, str *in, char *out, size_t room, size_t *written) {
    size_t const give = in->len < ONCE_MAX ? in->len : ONCE_MAX;
    uInt const take = (uInt)(room < ONCE_MAX ? room : ONCE_MAX);

    z->next_in = (Bytef *)(uintptr_t)in->ptr; /* only read; zlib's field is const only on request */
    z->avail_in = (uInt)give;
    z->next_out = (Bytef *)out;
    z->avail_out = take;
    int const r = inflate(z, Z_NO_FLUSH);

    *in = str_from(*in, give - z->avail_in);
    *written = take - z->avail_out;
    return r == Z_STREAM_END               ? STEP_ENDED
           : r == Z_OK || r == Z_BUF_ERROR ? STEP_ON
           : r == Z_MEM_ERROR              ? STEP_MEMORY
                                           : STEP_CORRUPT;
}

static enum step bzip2_step(bz_stream *z, str *in, char *out, size_t room, size_t *written) {
    size_t const give = in->len < ONCE_MAX ? in->len : ONCE_MAX;
    unsigned const take = (unsigned)(room < ONCE_MAX ? room : ONCE_MAX);

    z->next_in = (char *)(uintptr_t)in->ptr; /* bzip2's interface knows no const; it only reads */
    z->avail_in = (unsigned)give;
    z->next_out = out;
    z->avail_out = take;
    int const r = BZ2_bzDecompress(z);

    *in = str_from(*in, give - z->avail_in);
    *written = take - z->avail_out;
    return r == BZ_STREAM_END ? STEP_ENDED : r == BZ_OK ? STEP_ON : r == BZ_MEM_ERROR ? STEP_MEMORY : STEP_CORRUPT;
}

static enum step xz_step(lzma_stream *z, str *in, char *out, size_t room, size_t *written) {
    z->next_in = (const uint8_t *)in->ptr;
    z->avail_in = in->len;
    z->next_out = (uint8_t *)out;
    z->avail_out = room;
    lzma_ret const r = lzma_code(z, LZMA_RUN);

    *in = str_from(*in, in->len - z->avail_in);
    *written = room - z->avail_out;
    return r == LZMA_STREAM_END                  ? STEP_ENDED
           : r == LZMA_OK || r == LZMA_BUF_ERROR ? STEP_ON
           : r == LZMA_MEM_ERROR                 ? STEP_MEMORY
           : r == LZMA_MEMLIMIT_ERROR            ? STEP_LIMIT
                                                 : STEP_CORRUPT;
}

static enum step zstd_step(struct decompressor *d, str *in, char *out, size_t room, size_t *written) {
    ZSTD_inBuffer from = {in->ptr, in->len < d->zstd_wants ? in->len : d->zstd_wants, 0};
    ZSTD_outBuffer to = {out, room, 0};
    size_t const r = ZSTD_decompressStream(d->zstd, &to, &from);

    *in = str_from(*in, from.pos);
    *written = to.pos;
    if (ZSTD_isError(r)) {
        ZSTD_ErrorCode const why = ZSTD_getErrorCode(r);

        return why == ZSTD_error_frameParameter_windowTooLarge ? STEP_LIMIT
               : why == ZSTD_error_memory_allocation           ? STEP_MEMORY
                                                               : STEP_CORRUPT;
    }
    d->zstd_wants = r ? r : 1;
    return r == 0 ? STEP_ENDED : STEP_ON;
}

bool decompress(struct decompressor *d, str *in, char *out, size_t room, size_t *written, bool *ended, struct err *e) {
    *written = 0;
    *ended = false;
    if (!d->running && !start(d, e))
        return false;
    while (*written < room) {
        size_t const before = in->len;
        size_t got = 0;
        enum step s;

        switch (d->kind) {
        case COMPRESSION_GZIP:
            s = gzip_step(&d->gzip, in, out + *written, room - *written, &got);
            break;
        case COMPRESSION_ZSTD:
            s = zstd_step(d, in, out + *written, room - *written, &got);
            break;
        case COMPRESSION_XZ:
            s = xz_step(&d->xz, in, out + *written, room - *written, &got);
            break;
        case COMPRESSION_BZIP2:
            s = bzip2_step(&d->bzip2, in, out + *written, room - *written, &got);
            break;
        default:
            s = STEP_CORRUPT;
        }
        *written += got;
        assert(*written <= room);
        if (s == STEP_ENDED) {
            stop(d);
            *ended = true;
            return true;
        }
        if (s == STEP_LIMIT)
            return err_set(e, ERR_LIMIT, 0, "needs more memory to unpack than is allowed");
        if (s == STEP_MEMORY)
            return err_set(e, ERR_MEMORY, 0, "no memory to unpack");
        if (s == STEP_CORRUPT)
            return err_set(e, ERR_CORRUPT, 0, "compressed data are damaged");
        if (got == 0 && in->len == before) {
            if (in->len == 0)
                return true;
            return err_set(e, ERR_CORRUPT, 0, "compressed data are damaged"); /* the decoder stands still */
        }
    }
    return true;
}
