/* test_hash: SHA-256 against FIPS 180-4 examples, in any pieces; hashes of tables by what they promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "../refuse.h"

/* FIPS 180-4 examples and NIST's test vectors; repeat: the text so many times. */
static const struct {
    const char *text;
    size_t repeat;
    const char *hex;
} known[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void known_answers(void **state) {
    struct sha256 *const h = sha256_new(); /* one for all: the end of a stream starts the next */
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    (void)state;

    assert_non_null(h);
    for (size_t i = 0; i < COUNT(known); i++) {
        for (size_t k = 0; k < known[i].repeat; k++)
            sha256_add(h, str_of(known[i].text));
        sha256_end(h, hash);
        sha256_hex(hash, hex);
        assert_string_equal(hex, known[i].hex);
    }
    sha256_free(h);
    sha256_free(NULL);
}

static void pieces(void **state) {
    struct sha256 *const h = sha256_new();
    uint8_t whole[SHA256_SIZE], parts[SHA256_SIZE];
    char text[300];
    (void)state;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 11);
    for (size_t len = 0; len <= sizeof text; len += 7) {
        sha256_add(h, (str){text, len});
        sha256_end(h, whole);
        for (size_t cut = 0; cut <= len; cut += 3) {
            sha256_add(h, (str){text, cut});
            sha256_add(h, S(""));
            sha256_add(h, (str){text + cut, len - cut});
            sha256_end(h, parts);
            assert_memory_equal(whole, parts, SHA256_SIZE);
        }
    }
    sha256_free(h);
}

static void as_hexadecimal(void **state) {
    uint8_t hash[SHA256_SIZE] = {0x00, 0x09, 0x0a, 0x10, 0x9f, 0xa0, 0xff};
    char hex[2 * SHA256_SIZE + 1];
    (void)state;

    memset(hex, 'x', sizeof hex);
    sha256_hex(hash, hex);
    assert_string_equal(hex, "00090a109fa0ff00000000000000000000000000000000000000000000000000");
}

/* No answer may rest on a value of these: only what tables need is asked. */
static void of_tables(void **state) {
    char text[400], moved[401];
    uint64_t seeds[2] = {hash_seed(), hash_seed()};
    (void)state;

    assert_int_not_equal(seeds[0], seeds[1]);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 13);
    for (size_t len = 0; len < sizeof text; len++) {
        uint64_t const h = hash_bytes((str){text, len}, seeds[0]);

        memcpy(moved + 1, text, len);
        assert_int_equal(hash_bytes((str){moved + 1, len}, seeds[0]), h); /* of the bytes, not of where they lie */
        assert_int_not_equal(hash_bytes((str){text, len}, seeds[1]), h);
        assert_int_not_equal(hash_bytes((str){text, len + 1}, seeds[0]), h);
        if (len) {
            moved[1 + len / 2] ^= 1;
            assert_int_not_equal(hash_bytes((str){moved + 1, len}, seeds[0]), h);
        }
    }
}

static void memory_may_run_out(void **state) {
    struct sha256 *h = NULL;
    (void)state;

    REFUSE_OR_SKIP();
    for (long n = 0; !h; n++) {
        assert_true(n < 100);
        memory_refused = false;
        memory_left = n;
        h = sha256_new();
        memory_left = -1;
        assert_true(h || memory_refused);
    }
    /* Once begun it cannot fail, so it asks for nothing: 32 times 'a', and nothing (FIPS 180-4). */
    static const char *const expected[] = {"3ba3f5f43b92602683c19aee62a20342b084dd5971ddd33808d81a328879a547",
                                           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};

    for (size_t i = 0; i < COUNT(expected); i++) {
        uint8_t hash[SHA256_SIZE];
        char hex[2 * SHA256_SIZE + 1];

        memory_left = 0;
        memory_refused = false;
        sha256_add(h, i == 0 ? S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") : S(""));
        sha256_end(h, hash);
        memory_left = -1;
        assert_false(memory_refused);
        sha256_hex(hash, hex);
        assert_string_equal(hex, expected[i]);
    }
    sha256_free(h);
}

/* xxHash's published values of XXH3-64: what is on disk must be understood by every later version. */
static void sums_are_for_ever(void **state) {
    (void)state;
    assert_true(hash_sum(S("")) == UINT64_C(0x2d06800538d394c2));
    assert_true(hash_sum(S("a")) == UINT64_C(0xe6c632b61e964e1f));
    assert_true(hash_sum(S("abc")) == UINT64_C(0x78af5f94892f3950));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),     cmocka_unit_test(pieces),
        cmocka_unit_test(as_hexadecimal),    cmocka_unit_test(of_tables),
        cmocka_unit_test(sums_are_for_ever), cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
