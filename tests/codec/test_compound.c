/* test_compound: streams of compound files as they were written, large and small; tables and trees that go in circles, lie behind the end
 * or are cut anywhere: nothing is read for ever, nothing behind the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/compound.h"
#include "compound_writer.h"

static char large[5000];

static void write_one(struct buf *out) {
    struct member const members[] = {
        {"a", 0, STR("small")}, {"storage", 0, {NULL, 0}}, {"b", 2, {large, sizeof large}}, {"within", 2, {NULL, 0}},
        {"c", 4, STR("")},      {"Two", 0, {large, 200}},  {"exactly", 0, {large, 128}},    {"last", 0, {large, 4096}},
    };

    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7 + i / 256);
    compound_write(out, members, COUNT(members), S(""));
}

static void holds(struct compound *c, uint32_t storage, str name, str want) {
    uint32_t const at = compound_find(c, storage, name);
    struct buf b = {0};

    assert_true(at != COMPOUND_NONE);
    assert_false(compound_is_storage(c, at));
    assert_true(compound_read(c, at, &b));
    assert_true(str_eq(buf_str(&b), want));
    buf_free(&b);
}

static void streams(void **state) {
    struct buf b = {0};
    struct compound *c;
    struct err e = {0};
    size_t count = 0;
    (void)state;

    write_one(&b);
    assert_true(compound_begins(buf_str(&b)));
    assert_true(compound_open(&c, buf_str(&b), &e));
    uint32_t const storage = compound_find(c, COMPOUND_ROOT, S("STORAGE"));

    assert_true(compound_is_storage(c, storage));
    uint32_t const within = compound_find(c, storage, S("within"));

    holds(c, COMPOUND_ROOT, S("a"), S("small"));
    holds(c, storage, S("b"), (str){large, sizeof large});
    holds(c, within, S("c"), S(""));
    holds(c, COMPOUND_ROOT, S("two"), (str){large, 200});
    holds(c, COMPOUND_ROOT, S("exactly"), (str){large, 128});
    holds(c, COMPOUND_ROOT, S("last"), (str){large, 4096});
    assert_int_equal(compound_find(c, COMPOUND_ROOT, S("b")), COMPOUND_NONE);
    assert_int_equal(compound_find(c, within, S("a")), COMPOUND_NONE);
    for (uint32_t at = compound_first(c, COMPOUND_ROOT); at != COMPOUND_NONE; at = compound_next(c, at))
        count++;
    assert_int_equal(count, 5);
    compound_close(c);
    buf_free(&b);
}

/* Everything in it is read; how much that is. */
static size_t read_everything(struct compound *c, uint32_t storage, unsigned depth) {
    size_t total = 0;

    assert_true(depth < 100);
    for (uint32_t at = compound_first(c, storage); at != COMPOUND_NONE; at = compound_next(c, at)) {
        struct buf b = {0};

        if (compound_is_storage(c, at)) {
            total += read_everything(c, at, depth + 1);
            continue;
        }
        (void)!compound_read(c, at, &b);
        total += b.len;
        buf_free(&b);
    }
    return total;
}

/* The file's own copy, of just its size; true: it could be opened. */
static bool survives(str bytes) {
    char *const copy = malloc(bytes.len + 1);
    struct compound *c = NULL;
    struct err e = {0};

    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    bool const ok = compound_open(&c, (str){copy, bytes.len}, &e);

    if (ok)
        assert_true(read_everything(c, COMPOUND_ROOT, 0) <= bytes.len * 4);
    else
        assert_int_equal(e.code, ERR_CORRUPT);
    compound_close(ok ? c : NULL);
    free(copy);
    return ok;
}

static void cut_anywhere(void **state) {
    struct buf b = {0};
    (void)state;

    write_one(&b);
    for (size_t len = 0; len < b.len; len += len < 2048 ? 1 : 37)
        assert_false(survives(str_first(buf_str(&b), len)) && len < 1024 + 128);
    buf_free(&b);
}

/* Every number of the header, the tables and the directory, as each of the values that lead astray. */
static void led_astray(void **state) {
    static const uint32_t values[] = {0, 1, 2, 3, 4, 5, 8, 9, 0x7fffffff, 0xfffffffa, 0xfffffffe, 0xffffffff};
    struct buf b = {0};
    (void)state;

    write_one(&b);
    for (size_t at = 24; at < 512 + 512 + 3 * 512 + 64; at += at == 132 ? 380 : 4)
        for (size_t i = 0; i < COUNT(values); i++) {
            uint32_t before;

            memcpy(&before, b.ptr + at, sizeof before);
            put32(&b, at, values[i]);
            (void)!survives(buf_str(&b));
            put32(&b, at, before);
        }
    buf_free(&b);
}

static void circles(void **state) {
    struct buf b = {0};
    struct compound *c;
    struct err e = {0};
    (void)state;

    write_one(&b);
    put32(&b, 512 + 4 * 1, 1); /* the directory follows itself */
    assert_false(survives(buf_str(&b)));
    write_one(&b);
    put32(&b, 512 + 4 * 4, 4); /* the table of small sectors too */
    assert_false(survives(buf_str(&b)));
    write_one(&b);
    put32(&b, 44, 300); /* more tables than there are sectors */
    assert_false(survives(buf_str(&b)));
    write_one(&b);
    put32(&b, 1024 + 128 * 2 + 76, 2); /* a storage within itself */
    assert_true(survives(buf_str(&b)));
    write_one(&b);
    put32(&b, 1024 + 128 * 1 + 68, 1); /* its own sibling */
    put32(&b, 1024 + 128 * 1 + 72, 0); /* and the root's */
    assert_true(survives(buf_str(&b)));

    /* A stream whose sectors go in a circle: it breaks off where the size it says is more than the file could hold. */
    write_one(&b);
    uint32_t first;

    memcpy(&first, b.ptr + 1024 + 128 * 3 + 116, sizeof first);
    put32(&b, 512 + 4 * first, first);
    put32(&b, 1024 + 128 * 3 + 120, 0x7fffffff);
    assert_true(compound_open(&c, buf_str(&b), &e));
    struct buf out = {0};

    assert_false(compound_read(c, compound_find(c, compound_find(c, 0, S("storage")), S("b")), &out));
    assert_true(out.len <= 4 * b.len);
    compound_close(c);
    buf_free(&out);
    buf_free(&b);
}

static void no_compound_file(void **state) {
    struct buf b = {0};
    (void)state;

    assert_false(compound_begins(S("")));
    assert_false(compound_begins(S("\xd0\xcf\x11\xe0\xa1\xb1\x1a")));
    assert_false(survives(S("")));
    assert_false(survives(S("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")));
    write_one(&b);
    b.ptr[30] = 7;
    assert_false(survives(buf_str(&b)));
    b.ptr[30] = 12; /* sectors of 4096: another file altogether */
    (void)!survives(buf_str(&b));
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(streams), cmocka_unit_test(cut_anywhere),
                                       cmocka_unit_test(led_astray), cmocka_unit_test(circles),
                                       cmocka_unit_test(no_compound_file)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
