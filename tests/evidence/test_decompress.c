/* test_decompress: streams of every kind through every size of room, in pieces of every size, cut and changed anywhere: every
 * byte that can be had, where each stream ends, and no memory beyond what is allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "containers.h"

#define MEMORY ((size_t)144 << 20)

static const char *const names[COMPRESSIONS] = {"gzip", "zstd", "xz", "bzip2"};

/* What a stream gives when at most `give` bytes of it are at hand and at most `room` may be written at once. */
struct result {
    struct buf out;
    size_t taken, ended; /* bytes of the input; streams that were complete */
    bool ok;
    struct err e;
};

static struct result run(enum compression c, str in, size_t give, size_t room, size_t memory) {
    struct decompressor *const d = decompressor_new(c, memory);
    struct result r = {.ok = true};

    assert_non_null(d);
    assert_true(give > 0 && room > 0);
    while (r.ok) {
        str view = str_first(str_from(in, r.taken), give);
        size_t const before = view.len;
        char *const to = buf_reserve(&r.out, room);
        size_t written = SIZE_MAX;
        bool ended = true;

        assert_non_null(to);
        r.ok = decompress(d, &view, to, room, &written, &ended, &r.e);
        assert_true(view.len <= before && written <= room);
        assert_true(r.ok || !ended);
        r.out.len += written;
        r.taken += before - view.len;
        r.ended += ended;
        if (ended ? r.taken == in.len : r.taken == in.len && written == 0)
            break;
        if (r.ok && !ended && before == view.len && written == 0)
            fail_msg("%s stands still", names[c]);
    }
    decompressor_free(d);
    return r;
}

static str text(void) {
    static char bytes[20000];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i < 10000 ? (char)(i * i * 2654435761u >> 11) : (char)('a' + i % 7);
    return (str){bytes, sizeof bytes};
}

static void gives(enum compression c, str in, size_t give, size_t room, str want, size_t ended) {
    struct result r = run(c, in, give, room, MEMORY);

    if (!r.ok || r.ended != ended || r.taken != in.len || !str_eq(buf_str(&r.out), want))
        fail_msg("%s by %zu and %zu: %s, %zu of %zu bytes, %zu ended", names[c], give, room, r.ok ? "well" : r.e.text,
                 r.out.len, want.len, r.ended);
    buf_free(&r.out);
}

static void every_room(void **state) {
    static const size_t sizes[] = {1, 2, 3, 7, 100, 4096, 65536};
    (void)state;

    for (unsigned c = 0; c < COMPRESSIONS; c++) {
        struct buf one = {0}, none = {0}, two = {0}, twice = {0};

        pack_stream(&one, (enum compression)c, text());
        pack_stream(&none, (enum compression)c, S(""));
        buf_add(&two, buf_str(&one));
        buf_add(&two, buf_str(&none));
        buf_add(&two, buf_str(&one));
        buf_add(&twice, text());
        buf_add(&twice, text());
        for (size_t i = 0; i < COUNT(sizes); i++)
            for (size_t k = 0; k < COUNT(sizes); k++) {
                gives((enum compression)c, buf_str(&one), sizes[i], sizes[k], text(), 1);
                gives((enum compression)c, buf_str(&none), sizes[i], sizes[k], S(""), 1);
                gives((enum compression)c, buf_str(&two), sizes[i], sizes[k], buf_str(&twice), 3);
            }
        buf_free(&one);
        buf_free(&none);
        buf_free(&two);
        buf_free(&twice);
    }
}

/* Where the stream ends the input stands, whatever lies behind. */
static void the_end_is_exact(void **state) {
    (void)state;
    for (unsigned c = 0; c < COMPRESSIONS; c++) {
        struct buf b = {0};
        struct decompressor *const d = decompressor_new((enum compression)c, MEMORY);
        char out[100];
        size_t written;
        bool ended = false;
        struct err e = {0};

        pack_stream(&b, (enum compression)c, S("hello"));
        size_t const end = b.len;

        buf_add(&b, S("\x1f\x8b behind"));
        str in = buf_str(&b);

        assert_true(decompress(d, &in, out, sizeof out, &written, &ended, &e));
        assert_true(ended);
        assert_int_equal(written, 5);
        assert_int_equal(b.len - in.len, end);
        decompressor_free(d);
        buf_free(&b);
    }
}

/* Cut at each byte: no error, no end, and what comes is the beginning. Of gzip and zstd in stored pieces it is all that is
 * there: nothing waits for the checksum. */
static void cut_anywhere(void **state) {
    static const size_t overhead[COMPRESSIONS] = {[COMPRESSION_GZIP] = 10 + 5, [COMPRESSION_ZSTD] = 9 + 3};
    str const all = str_first(text(), 3000); /* noise, which is stored as it is */
    (void)state;

    for (unsigned c = 0; c < COMPRESSIONS; c++) {
        struct buf b = {0};
        size_t most = 0;

        pack_stream(&b, (enum compression)c, all);
        for (size_t len = 0; len < b.len; len++) {
            struct result r = run((enum compression)c, str_first(buf_str(&b), len), 65536, 65536, MEMORY);

            if (!r.ok || r.ended || !str_starts(all, buf_str(&r.out)) || r.out.len < most)
                fail_msg("%s cut at %zu: %s", names[c], len, r.e.text);
            most = r.out.len;
            if (c == COMPRESSION_GZIP && len > overhead[c] + 20 && r.out.len + overhead[c] + 10 < len &&
                b.len > all.len)
                fail_msg("gzip cut at %zu: only %zu", len, r.out.len);
            buf_free(&r.out);
        }
        assert_int_equal(most, all.len);
        buf_free(&b);
    }
}

/* Any byte another: an error or (where it means nothing) the same bytes; what came before a damage is right as long as the
 * format can know. */
static void changed_anywhere(void **state) {
    str const all = str_first(text(), 600);
    (void)state;

    for (unsigned c = 0; c < COMPRESSIONS; c++) {
        struct buf b = {0};
        size_t errors = 0;

        pack_stream(&b, (enum compression)c, all);
        for (size_t at = 0; at < b.len; at++)
            for (unsigned bit = 0; bit < 8; bit++) {
                b.ptr[at] ^= (char)(1 << bit);
                struct result const r = run((enum compression)c, buf_str(&b), 65536, 256, MEMORY);

                if (r.ok && r.ended == 1 && !str_eq(buf_str(&r.out), all))
                    fail_msg("%s: byte %zu, bit %u: another text, and nobody says so", names[c], at, bit);
                if (!r.ok && r.e.code != ERR_CORRUPT && r.e.code != ERR_LIMIT)
                    fail_msg("%s: byte %zu, bit %u: %s", names[c], at, bit, r.e.text);
                errors += !r.ok;
                free(r.out.ptr);
                b.ptr[at] ^= (char)(1 << bit);
            }
        assert_true(errors > b.len);
        buf_free(&b);
    }
}

static const struct {
    const char *name;
    enum compression c;
    str bytes;
    bool begins;
} heads[] = {
    {"gzip", COMPRESSION_GZIP, STR("\x1f\x8b\x08\x1f"), true},
    {"gzip, three bytes", COMPRESSION_GZIP, STR("\x1f\x8b\x08"), false},
    {"gzip, reserved flag", COMPRESSION_GZIP, STR("\x1f\x8b\x08\x80"), false},
    {"zstd", COMPRESSION_ZSTD, STR("\x28\xb5\x2f\xfd"), true},
    {"zstd, first frame to skip", COMPRESSION_ZSTD, STR("\x50\x2a\x4d\x18"), true},
    {"zstd, last frame to skip", COMPRESSION_ZSTD, STR("\x5f\x2a\x4d\x18"), true},
    {"zstd, none", COMPRESSION_ZSTD, STR("\x60\x2a\x4d\x18"), false},
    {"zstd of version 0.7", COMPRESSION_ZSTD, STR("\x27\xb5\x2f\xfd"), false},
    {"xz", COMPRESSION_XZ,
     STR("\xfd"
         "7zXZ\0"),
     true},
    {"xz, no zero", COMPRESSION_XZ,
     STR("\xfd"
         "7zXZ"),
     false},
    {"lzma", COMPRESSION_XZ, STR("\x5d\0\0\x80\0\xff\xff"), false},
    {"bzip2", COMPRESSION_BZIP2, STR("BZh91AY&SY"), true},
    {"bzip2, empty", COMPRESSION_BZIP2, STR("BZh9\x17\x72\x45\x38\x50\x90"), true},
    {"bzip2, nine bytes", COMPRESSION_BZIP2, STR("BZh91AY&S"), false},
    {"bzip2, size 0", COMPRESSION_BZIP2, STR("BZh01AY&SY"), false},
    {"bzip2, other magic", COMPRESSION_BZIP2, STR("BZh91AY&SZ"), false},
};

static void told_by_content(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++)
        for (unsigned c = 0; c < COMPRESSIONS; c++)
            if (decompress_begins((enum compression)c, heads[i].bytes) !=
                (heads[i].begins && c == (unsigned)heads[i].c))
                fail_msg("%s as %s", heads[i].name, names[c]);
}

static const struct {
    const char *name;
    enum compression c;
    str bytes;
    size_t memory;
    enum err_code code;
} refused[] = {
    {"gzip, a header's checksum", COMPRESSION_GZIP, STR("\x1f\x8b\x08\x02\0\0\0\0\0\3\xff\xff"), MEMORY, ERR_CORRUPT},
    {"gzip, a block of no type", COMPRESSION_GZIP, STR("\x1f\x8b\x08\0\0\0\0\0\0\3\7"), MEMORY, ERR_CORRUPT},
    {"gzip, reaching before the beginning", COMPRESSION_GZIP, STR("\x1f\x8b\x08\0\0\0\0\0\0\3\x03\x02\0"), MEMORY,
     ERR_CORRUPT},
    {"zstd, a reserved bit", COMPRESSION_ZSTD, STR("\x28\xb5\x2f\xfd\x08\x50\1\0\0"), MEMORY, ERR_CORRUPT},
    {"zstd, a block of no type", COMPRESSION_ZSTD, STR("\x28\xb5\x2f\xfd\0\x50\7\0\0"), MEMORY, ERR_CORRUPT},
    {"zstd, a window of 256 MiB", COMPRESSION_ZSTD, STR("\x28\xb5\x2f\xfd\0\x90\1\0\0"), MEMORY, ERR_LIMIT},
    {"zstd, an unknown dictionary", COMPRESSION_ZSTD, STR("\x28\xb5\x2f\xfd\x01\x50\x07\1\0\0"), MEMORY, ERR_CORRUPT},
    {"xz, a header's checksum", COMPRESSION_XZ,
     STR("\xfd"
         "7zXZ\0\0\4\0\0\0\0"),
     MEMORY, ERR_CORRUPT},
    {"bzip2, not that", COMPRESSION_BZIP2, STR("BZh91AY&SZ0123456789"), MEMORY, ERR_CORRUPT},
    {"nothing of the kind", COMPRESSION_GZIP, STR("hello"), MEMORY, ERR_CORRUPT},
};

static void clearly_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct result const r = run(refused[i].c, refused[i].bytes, 65536, 65536, refused[i].memory);

        if (r.ok || r.e.code != refused[i].code || !r.e.text[0])
            fail_msg("%s: %s (%d)", refused[i].name, r.ok ? "taken" : r.e.text, r.e.code);
        assert_int_equal(r.out.len, 0);
        free(r.out.ptr);
    }
}

/* xz says how much it needs: a megabyte is too little for its dictionary of the usual size. */
static void memory_is_bounded(void **state) {
    struct buf b = {0};
    (void)state;

    pack_stream(&b, COMPRESSION_XZ, S("hello"));
    struct result r = run(COMPRESSION_XZ, buf_str(&b), 65536, 65536, 1 << 10);

    assert_false(r.ok);
    assert_int_equal(r.e.code, ERR_LIMIT);
    assert_string_equal(r.e.text, "needs more memory to unpack than is allowed");
    buf_free(&r.out);
    r = run(COMPRESSION_XZ, buf_str(&b), 65536, 65536, MEMORY);
    assert_true(r.ok);
    buf_free(&r.out);
    buf_free(&b);
    decompressor_free(NULL);
}

/* A gigabyte of zeros asked for one byte at a time takes what is asked for, no more. */
static void bombs_give_what_is_asked_for(void **state) {
    (void)state;
    for (unsigned c = 0; c < COMPRESSIONS; c++) {
        struct buf b = {0};
        char *const zeros = calloc(1, 8 << 20);
        struct decompressor *const d = decompressor_new((enum compression)c, MEMORY);
        char out[16];
        size_t total = 0;
        struct err e = {0};

        assert_non_null(zeros);
        pack_stream(&b, (enum compression)c, (str){zeros, 8 << 20});
        str in = buf_str(&b);

        for (size_t i = 0; i < 1000; i++) {
            size_t written;
            bool ended;

            assert_true(decompress(d, &in, out, sizeof out, &written, &ended, &e));
            assert_false(ended);
            total += written;
        }
        assert_int_equal(total, 16000);
        decompressor_free(d);
        buf_free(&b);
        free(zeros);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_room),        cmocka_unit_test(the_end_is_exact),
        cmocka_unit_test(cut_anywhere),      cmocka_unit_test(changed_anywhere),
        cmocka_unit_test(told_by_content),   cmocka_unit_test(clearly_refused),
        cmocka_unit_test(memory_is_bounded), cmocka_unit_test(bombs_give_what_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
