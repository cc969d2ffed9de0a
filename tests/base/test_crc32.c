/* test_crc32: known answers, and every length and alignment against the definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crc32.h"

/* Published: the check value of CRC-32/ISO-HDLC; zlib and the PNG specification (IEND). */
static const struct {
    str bytes;
    uint32_t crc;
} known[] = {
    {STR(""), 0x00000000},
    {STR("a"), 0xe8b7be43},
    {STR("abc"), 0x352441c2},
    {STR("123456789"), 0xcbf43926},
    {STR("IEND"), 0xae426082},
    {STR("The quick brown fox jumps over the lazy dog"), 0x414fa339},
    {STR("\0"), 0xd202ef8d},
    {STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 0x190a55ad},
    {STR("\xff\xff\xff\xff"), 0xffffffff},
};

/* Bit by bit: division by the polynomial. */
static uint32_t by_definition(uint32_t before, const char *p, size_t len) {
    uint32_t crc = ~before;

    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned char)p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

static void known_answers(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        if (crc32_add(0, known[i].bytes) != known[i].crc)
            fail_msg("case %zu: %08x", i, crc32_add(0, known[i].bytes));
}

static void every_length(void **state) {
    enum { MOST = 6000 };
    char *const bytes = malloc(MOST);
    uint32_t random = 1;
    (void)state;

    assert_non_null(bytes);
    for (size_t i = 0; i < MOST; i++)
        bytes[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
    for (size_t at = 0; at < 17; at++)
        for (size_t len = 0; len <= 300; len++) {
            uint32_t const before = (uint32_t)(at * 0x9e3779b9u);

            if (crc32_add(before, (str){bytes + at, len}) != by_definition(before, bytes + at, len))
                fail_msg("%zu bytes at %zu", len, at);
        }
    for (size_t len = MOST - 4100; len <= MOST; len += len < 2100 ? 1 : 501) /* larger tables from 2 KiB on */
        assert_int_equal(crc32_add(0, (str){bytes, len}), by_definition(0, bytes, len));
    free(bytes);
}

/* In one piece or in many: the same; and one bit more or less is another sum. */
static void pieces(void **state) {
    char bytes[500];
    (void)state;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    uint32_t const whole = crc32_add(0, (str){bytes, sizeof bytes});

    for (size_t cut = 0; cut <= sizeof bytes; cut++)
        assert_int_equal(crc32_add(crc32_add(0, (str){bytes, cut}), (str){bytes + cut, sizeof bytes - cut}), whole);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_not_equal(crc32_add(0, (str){bytes, sizeof bytes}), whole);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_int_not_equal(crc32_add(0, (str){bytes, sizeof bytes - 1}), whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers), cmocka_unit_test(every_length),
                                       cmocka_unit_test(pieces)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
