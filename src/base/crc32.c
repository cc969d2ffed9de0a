/* crc32: by carry-less multiplication where the processor has it, else by table.
 *
 * "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009): a block of 16 bytes that stands
 * n bits before the end may be replaced by its product with x^n mod P, at the end. Four blocks are folded over the next
 * four at a time; the last 16 bytes have the same remainder as all that went into them, so the table finishes. */
#include "base/crc32.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Half a byte at a time: for ends of a few bytes. */
static uint32_t by_half_bytes(uint32_t crc, str bytes) {
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.ptr[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

/* Four bytes at a time; the tables are made anew, which pays from a few KiB on. */
static uint32_t by_tables(uint32_t crc, str bytes) {
    uint32_t table[4][256];
    size_t i = 0;

    for (uint32_t n = 0; n < 256; n++) {
        char const c = (char)n;

        table[0][n] = by_half_bytes(0, (str){&c, 1});
    }
    for (uint32_t n = 0; n < 256; n++)
        for (size_t t = 1; t < 4; t++)
            table[t][n] = table[t - 1][n] >> 8 ^ table[0][table[t - 1][n] & 255];
    for (; bytes.len - i >= 4; i += 4) {
        uint32_t word;

        memcpy(&word, bytes.ptr + i, 4);
        crc ^= word;
        crc = table[3][crc & 255] ^ table[2][crc >> 8 & 255] ^ table[1][crc >> 16 & 255] ^ table[0][crc >> 24];
    }
    return by_half_bytes(crc, str_from(bytes, i));
}

#if defined(__x86_64__)
__attribute__((target("pclmul,sse4.1"))) static inline __m128i fold(__m128i block, __m128i by, __m128i onto) {
    return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00), _mm_clmulepi64_si128(block, by, 0x11)),
                         onto);
}

/* At least 64 bytes. */
__attribute__((target("pclmul,sse4.1"))) static uint32_t by_folding(uint32_t crc, str bytes) {
    /* x^n mod P, reflected, for n = 544 and 480 (over 64 bytes), 160 and 96 (over 16) */
    __m128i const by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4), by16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    const char *p = bytes.ptr;
    size_t left = bytes.len - 64;
    __m128i a[4];
    char last[16];

    for (size_t i = 0; i < 4; i++)
        a[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    a[0] = _mm_xor_si128(a[0], _mm_cvtsi32_si128((int)crc));
    for (p += 64; left >= 64; left -= 64, p += 64)
        for (size_t i = 0; i < 4; i++)
            a[i] = fold(a[i], by64, _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)));
    for (size_t i = 1; i < 4; i++)
        a[0] = fold(a[0], by16, a[i]);
    for (; left >= 16; left -= 16, p += 16)
        a[0] = fold(a[0], by16, _mm_loadu_si128((const __m128i *)(const void *)p));
    _mm_storeu_si128((__m128i *)(void *)last, a[0]);
    return by_half_bytes(by_half_bytes(0, (str){last, sizeof last}), (str){p, left});
}
#endif

uint32_t crc32_add(uint32_t before, str bytes) {
    uint32_t const crc = ~before;

#if defined(__x86_64__)
    if (bytes.len >= 64 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"))
        return ~by_folding(crc, bytes);
#endif
    return ~(bytes.len < 2048 ? by_half_bytes(crc, bytes) : by_tables(crc, bytes));
}
