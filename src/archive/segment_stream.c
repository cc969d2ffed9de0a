/* segment_stream: streams inside a chunk: bytes, raw, repeated or by zstd; numbers as planes of bytes, of themselves or of their
 * differences, in units of what divides them all. */
#include "archive/segment_own.h"

#include <assert.h>
#include <zstd_errors.h>

#define ZSTD_LEAST 24u /* fewer bytes are not worth a frame */

enum stream { STREAM_RAW, STREAM_ZSTD, STREAM_REPEATED };
enum numbers { NUMBERS_PLAIN, NUMBERS_DELTA };

/* ---- numbers of varying length ---- */

void varint_put(struct buf *b, uint64_t n) {
    while (n >= 0x80) {
        buf_byte(b, (char)(n | 0x80));
        n >>= 7;
    }
    buf_byte(b, (char)n);
}

bool varint_take(struct cursor *c, uint64_t *n) {
    uint64_t out = 0;
    uint8_t byte;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (!read_u8(c, &byte) || (shift == 63 && byte > 1))
            return false;
        out |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *n = out;
            return true;
        }
    }
    return false;
}

bool varint_take_max(struct cursor *c, uint64_t max, uint64_t *n) {
    return varint_take(c, n) && *n <= max;
}

/* ---- packing ---- */

bool packer_init(struct packer *p, int level) {
    *p = (struct packer){.zstd = ZSTD_createCCtx()};
    return p->zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, level)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_contentSizeFlag, 0));
}

void packer_free(struct packer *p) {
    struct buf *const all[] = {&p->out,   &p->plane, &p->forms,   &p->looks,   &p->zones,
                               &p->texts, &p->guids, &p->lengths, &p->numbers, &p->times};

    ZSTD_freeCCtx(p->zstd);
    for (size_t i = 0; i < COUNT(all); i++)
        buf_free(all[i]);
}

void pack_bytes(struct packer *p, str bytes) {
    size_t const at = p->out.len;
    char *to;

    if (!bytes.len)
        return;
    if (bytes.len > 1 && memcmp(bytes.ptr, bytes.ptr + 1, bytes.len - 1) == 0) {
        buf_byte(&p->out, STREAM_REPEATED);
        buf_byte(&p->out, bytes.ptr[0]);
        return;
    }
    if (bytes.len >= ZSTD_LEAST) {
        size_t const room = ZSTD_compressBound(bytes.len), head = 6;

        if (!(to = buf_reserve(&p->out, head + room)))
            return;
        size_t const size = ZSTD_compress2(p->zstd, to + head, room, bytes.ptr, bytes.len);

        if (ZSTD_isError(size)) { /* there is room: what is missing is memory of its own */
            p->out.failed = true;
            return;
        }
        if (size < bytes.len - bytes.len / 64) {
            buf_byte(&p->out, STREAM_ZSTD);
            varint_put(&p->out, size);
            memmove(p->out.ptr + p->out.len, p->out.ptr + at + head, size);
            p->out.len += size;
            return;
        }
    }
    buf_byte(&p->out, STREAM_RAW);
    buf_add(&p->out, bytes);
}

static unsigned bytes_of(uint64_t n) {
    return n ? (71u - (unsigned)__builtin_clzll(n)) / 8 : 0;
}

static void planes_put(struct packer *p, const uint64_t *n, size_t count, unsigned width) {
    for (unsigned k = 0; k < width; k++) {
        p->plane.len = 0;
        char *const to = buf_reserve(&p->plane, count);

        if (!to) {
            p->out.failed = true;
            return;
        }
        for (size_t i = 0; i < count; i++)
            to[i] = (char)(n[i] >> 8 * k);
        pack_bytes(p, (str){to, count});
    }
}

static uint64_t divisor(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t const rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* What numbers (differences, if so) come to: in which units, and how many bits they have, all together. */
struct measure {
    uint64_t unit, bits;
};

static inline uint64_t magnitude(int64_t n) {
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

static struct measure measure(const uint64_t *n, size_t count, uint64_t least, bool delta) {
    struct measure m = {0, 0};

    for (size_t i = delta; i < count && m.unit != 1; i++) {
        uint64_t const x = delta ? magnitude((int64_t)(n[i] - n[i - 1])) : n[i] - least;

        if (x && (!m.unit || x % m.unit))
            m.unit = divisor(x, m.unit);
    }
    if (!m.unit)
        m.unit = 1;
    for (size_t i = delta; i < count; i++) {
        uint64_t const x = delta ? zigzag((int64_t)(n[i] - n[i - 1])) : n[i] - least;

        m.bits += x ? 64u - (unsigned)__builtin_clzll(x) : 0;
    }
    uint64_t const saved = 63u - (unsigned)__builtin_clzll(m.unit);

    m.bits = m.bits > saved * count ? m.bits - saved * count : 0;
    return m;
}

void pack_numbers(struct packer *p, const uint64_t *n, size_t count) {
    uint64_t least = UINT64_MAX, most = 0;

    assert(count > 0);
    for (size_t i = 0; i < count; i++)
        least = n[i] < least ? n[i] : least;
    struct measure const plain = measure(n, count, least, false), delta = measure(n, count, least, true);
    bool const by_delta = delta.bits < plain.bits;
    uint64_t const unit = by_delta ? delta.unit : plain.unit;
    size_t const many = count - by_delta;
    uint64_t *const units = malloc((many ? many : 1) * sizeof *units);

    if (!units) {
        p->out.failed = true;
        return;
    }
    for (size_t i = 0; i < many; i++) {
        if (by_delta) /* what divides all is at most 2^63; that one is only the distance to itself */
            units[i] = zigzag((int64_t)(n[i + 1] - n[i]) / (int64_t)unit);
        else
            units[i] = unit == 1 ? n[i] - least : (n[i] - least) / unit;
        most |= units[i];
    }
    buf_byte(&p->out, by_delta ? NUMBERS_DELTA : NUMBERS_PLAIN);
    varint_put(&p->out, by_delta ? n[0] : least);
    varint_put(&p->out, unit);
    buf_byte(&p->out, (char)bytes_of(most));
    planes_put(p, units, many, bytes_of(most));
    free(units);
}

void pack_codes(struct packer *p, const uint32_t *n, size_t count) {
    uint32_t most = 0;

    for (size_t i = 0; i < count; i++)
        most |= n[i];
    unsigned const width = bytes_of(most);

    buf_byte(&p->out, (char)width);
    for (unsigned k = 0; k < width; k++) {
        p->plane.len = 0;
        char *const to = buf_reserve(&p->plane, count);

        if (!to) {
            p->out.failed = true;
            return;
        }
        for (size_t i = 0; i < count; i++)
            to[i] = (char)(n[i] >> 8 * k);
        pack_bytes(p, (str){to, count});
    }
}

/* ---- unpacking ---- */

bool unpacker_init(struct unpacker *u, size_t held_max) {
    *u = (struct unpacker){.zstd = ZSTD_createDCtx(), .held_max = held_max};
    return u->zstd != NULL;
}

void unpacker_free(struct unpacker *u) {
    struct buf *const all[] = {&u->plane, &u->forms, &u->lengths, &u->numbers,
                               &u->times, &u->looks, &u->zones,   &u->guids};

    ZSTD_freeDCtx(u->zstd);
    for (size_t i = 0; i < COUNT(all); i++)
        buf_free(all[i]);
}

void *unpack_alloc(struct unpacker *u, size_t size) {
    void *memory;

    u->why = NULL;
    u->limit = size > u->held_max - u->held;
    if (u->limit || !(memory = malloc(size ? size : 1)))
        return NULL;
    u->held += size;
    return memory;
}

void unpack_return(struct unpacker *u, void *memory, size_t size) {
    if (!memory)
        return;
    assert(size <= u->held);
    u->held -= size;
    free(memory);
}

bool unpack_refuse(struct unpacker *u, const char *why) {
    u->why = why;
    u->limit = false;
    return false;
}

char *unpack_room(struct buf *b, size_t size) {
    if (b->failed)
        buf_free(b);
    b->len = 0;
    return buf_reserve(b, size ? size : 1);
}

bool unpack_bytes(struct unpacker *u, struct cursor *c, char *to, size_t size) {
    uint8_t how, byte;
    uint64_t packed;
    str from;

    if (!size)
        return true;
    if (!read_u8(c, &how))
        return unpack_refuse(u, "a stream is missing");
    switch (how) {
    case STREAM_RAW:
        return read_bytes(c, to, size) ? true : unpack_refuse(u, "a stream ends too soon");
    case STREAM_REPEATED:
        if (!read_u8(c, &byte))
            return unpack_refuse(u, "a stream ends too soon");
        memset(to, byte, size);
        return true;
    case STREAM_ZSTD:
        if (!varint_take(c, &packed) || packed > cursor_left(c) || !read_view(c, packed, &from))
            return unpack_refuse(u, "a stream ends too soon");
        size_t const got = ZSTD_decompressDCtx(u->zstd, to, size, from.ptr, from.len);

        if (ZSTD_isError(got) && ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation)
            return unpack_refuse(u, NULL);
        return got == size ? true : unpack_refuse(u, "a stream does not unpack to what it should");
    default:
        return unpack_refuse(u, "a stream is of an unknown form");
    }
}

bool unpack_numbers(struct unpacker *u, struct cursor *c, uint64_t *to, size_t count) {
    uint8_t how, width;
    uint64_t base, unit;

    if (!count)
        return true;
    if (!read_u8(c, &how) || how > NUMBERS_DELTA || !varint_take(c, &base) || !varint_take(c, &unit) ||
        !read_u8(c, &width) || width > 8)
        return unpack_refuse(u, "numbers without their head");
    size_t const many = count - (how == NUMBERS_DELTA);
    uint64_t *const at = to + (how == NUMBERS_DELTA);

    memset(to, 0, count * sizeof *to);
    char *const plane = unpack_room(&u->plane, many);

    if (!plane)
        return unpack_refuse(u, NULL);
    for (unsigned k = 0; k < width; k++) {
        if (!unpack_bytes(u, c, plane, many))
            return false;
        for (size_t i = 0; i < many; i++)
            at[i] |= (uint64_t)(unsigned char)plane[i] << 8 * k;
    }
    if (how == NUMBERS_PLAIN) {
        for (size_t i = 0; i < count; i++)
            to[i] = base + to[i] * unit;
        return true;
    }
    to[0] = base;
    for (size_t i = 1; i < count; i++)
        to[i] = to[i - 1] + (uint64_t)zagzig(to[i]) * unit;
    return true;
}

bool unpack_codes(struct unpacker *u, struct cursor *c, uint32_t *to, size_t count) {
    uint8_t width;

    if (!read_u8(c, &width) || width > 4)
        return unpack_refuse(u, "codes without their head");
    if (width != 1)
        memset(to, 0, count * sizeof *to);
    if (!width)
        return true;
    char *const plane = unpack_room(&u->plane, count);

    if (!plane)
        return unpack_refuse(u, NULL);
    for (unsigned k = 0; k < width; k++) {
        if (!unpack_bytes(u, c, plane, count))
            return false;
        if (width == 1)
            for (size_t i = 0; i < count; i++)
                to[i] = (unsigned char)plane[i];
        else
            for (size_t i = 0; i < count; i++)
                to[i] |= (uint32_t)(unsigned char)plane[i] << 8 * k;
    }
    return true;
}
