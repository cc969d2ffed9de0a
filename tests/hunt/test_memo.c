/* test_memo: what was learned of segments is known the next time, whatever else was asked in between; what is damaged, foreign or not ours is begun
 * anew, and never believed. And what workers are asked and answer: bytes that are checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "hunt/memo.h"

#define ITEMS 20u
#define KINDS 50u

static const uint8_t archive[ARCHIVE_ID_SIZE] = "an archive's id", maker[SHA256_SIZE] = "a maker";
#define FILE_NAME                                                                                                      \
    "memo/archive-616e20617263686976652773206964"                                                                      \
    "00.memo" /* its id in hexadecimal digits */

static void key_of(uint32_t n, uint8_t out[SHA256_SIZE]) {
    memset(out, 0, SHA256_SIZE);
    memcpy(out, &n, sizeof n);
    out[31] = 1;
}

static struct memo *opened(const char *folder, enum memo_found want) {
    enum memo_found found;
    struct memo *m = NULL;
    struct err e = {0};

    assert_true(memo_open(&m, folder, archive, NULL, maker, MEMO_MAX, &found, &e));
    assert_int_equal(found, want);
    return m;
}

/* Items first, first + 1, ... as the hunt numbers them from 0 on. */
static void numbers_of(struct memo *m, uint32_t first, uint32_t numbers[ITEMS]) {
    uint8_t key[SHA256_SIZE];

    for (uint32_t i = 0; i < ITEMS; i++) {
        key_of(first + i, key);
        numbers[i] = memo_item(m, key);
        assert_true(numbers[i] != UINT32_MAX);
    }
}

/* Of segment n: item i is found in rows i, 2i, 3i, ... below 100, if it is of an even number; 5 is not told. */
static struct buf learned_bytes(uint32_t first, bool facts, bool lasting) {
    uint8_t told[ITEMS / 8 + 1] = {0};
    static uint32_t const kinds[] = {3, 7, 49};
    struct buf found = {0}, out = {0};
    struct segment_learned l = {.lasting = lasting,
                                .rows = 100,
                                .read = 60,
                                .facts = facts,
                                .kinds = (const char *)kinds,
                                .clocks = S("clocks"),
                                .told = told};

    l.kind_count = facts ? COUNT(kinds) : 0;
    for (uint32_t i = 0; i < ITEMS; i++) {
        uint32_t rows[100], count = 0;

        if (i == 5)
            continue;
        told[i / 8] |= (uint8_t)(1u << i % 8);
        for (uint32_t row = first + i; row < 100 && (first + i) % 2 == 0; row += first + i + 1)
            rows[count++] = row;
        if (!count)
            continue;
        segment_found_put(&found, i, rows, count);
        l.found_count++;
    }
    l.found = buf_str(&found);
    segment_learned_put(&out, &l, ITEMS);
    assert_false(out.failed);
    buf_free(&found);
    return out;
}

static void learn(struct memo *m, uint32_t segment, uint32_t first, bool facts, bool lasting) {
    struct buf bytes = learned_bytes(first, facts, lasting);
    uint32_t numbers[ITEMS];
    uint8_t sha256[SHA256_SIZE];
    struct segment_learned l;
    struct err e = {0};

    key_of(segment, sha256);
    numbers_of(m, first, numbers);
    assert_true(segment_learned_take(buf_str(&bytes), ITEMS, KINDS, &l));
    assert_true(memo_learn(m, sha256, &l, numbers, ITEMS, 77, &e));
    buf_free(&bytes);
}

/* Everything of it that was learned, and nothing else. */
static void check(struct memo *m, uint32_t segment, uint32_t first, bool known) {
    uint32_t numbers[ITEMS];
    uint8_t sha256[SHA256_SIZE];

    key_of(segment, sha256);
    numbers_of(m, first, numbers);
    struct memo_segment *const s = memo_segment(m, sha256, 100);

    assert_null(memo_segment(m, sha256, 99));
    assert_int_equal(s != NULL, known);
    for (uint32_t i = 0; i < ITEMS; i++) {
        const char *rows;
        uint32_t count, at = 0;

        assert_int_equal(memo_knows(s, numbers[i], &rows, &count), known && i != 5);
        for (uint32_t row = first + i; known && i != 5 && row < 100 && (first + i) % 2 == 0; row += first + i + 1)
            assert_int_equal(segment_row_at(rows, at++), row);
        assert_int_equal(count, at);
    }
}

static void kept(void **state) {
    struct memo_facts facts;
    uint8_t sha256[SHA256_SIZE];
    struct err e = {0};
    struct stat st;
    struct memo *m = opened("memo", MEMO_NONE);

    (void)state;
    check(m, 1, 0, false);
    learn(m, 1, 0, true, true);
    learn(m, 2, 0, false, true);
    learn(m, 3, 0, true, false);
    check(m, 1, 0, true);
    assert_true(memo_close(m, &e));
    assert_int_equal(stat(FILE_NAME, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    m = opened("memo", MEMO_KEPT);
    check(m, 2, 0, true);
    check(m, 1, 0, true);
    check(m, 4, 0, false);
    key_of(1, sha256);
    assert_true(memo_facts(memo_segment(m, sha256, 100), 77, &facts));
    assert_int_equal(facts.kind_count, 3);
    assert_int_equal(segment_row_at(facts.kinds, 2), 49);
    assert_true(str_eq(facts.clocks, S("clocks")));
    assert_false(memo_facts(memo_segment(m, sha256, 100), 78, &facts)); /* by another zone */
    for (uint32_t n = 2; n <= 4; n++) {                                 /* none; none that last; no segment */
        key_of(n, sha256);
        assert_false(memo_facts(memo_segment(m, sha256, 100), 77, &facts));
    }
    /* Others beside them, also between those that are known; then all of it, in any order. */
    learn(m, 1, 40, false, true);
    learn(m, 1, 20, false, true);
    assert_true(memo_close(m, &e));
    m = opened("memo", MEMO_KEPT);
    check(m, 1, 40, true);
    check(m, 1, 20, true);
    check(m, 1, 0, true);
    assert_true(memo_close(m, &e));
}

static int by_row(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* One question for all items is as many as each of them is. */
static void all_at_once(void **state) {
    static uint32_t const firsts[] = {0, 20, 40};
    struct err e = {0};

    (void)state;
    for (uint32_t known = 0; known < 8; known++) { /* which of the three sets of items are known of the segment, */
        struct memo *m;

        for (uint32_t ask = 1; ask < 8; ask++) { /* and which are asked */
            uint32_t numbers[3][ITEMS], want_count = 0, want[2000];
            struct buf rows = {0};
            uint8_t sha256[SHA256_SIZE];
            bool all = true;

            char folder[32];
            snprintf(folder, sizeof folder, "memo-%u-%u", known, ask);
            m = opened(folder, MEMO_NONE);
            for (uint32_t i = 0; i < COUNT(firsts); i++)
                if (known >> i & 1)
                    learn(m, 1, firsts[i], false, true);
            assert_true(memo_close(m, &e));
            m = opened(folder, known ? MEMO_KEPT : MEMO_NONE);
            for (uint32_t i = 0; i < COUNT(firsts); i++)
                if (ask >> i & 1)
                    numbers_of(m, firsts[i], numbers[i]);
            key_of(1, sha256);
            struct memo_segment *const s = memo_segment(m, sha256, 100);

            for (uint32_t i = 0; i < COUNT(firsts); i++)
                for (uint32_t k = 0; ask >> i & 1 && k < ITEMS; k++) {
                    const char *one;
                    uint32_t count;

                    all &= memo_knows(s, numbers[i][k], &one, &count);
                    for (uint32_t n = 0; n < count; n++)
                        want[want_count++] = segment_row_at(one, n);
                }
            /* Item 5 of each set was not told, so that no whole set is known. */
            assert_false(all);
            assert_false(memo_knows_all(m, s, &rows));
            memo_drop(m);
            m = opened(folder, known ? MEMO_KEPT : MEMO_NONE);
            all = true;
            want_count = 0;
            for (uint32_t i = 0; i < COUNT(firsts); i++)
                for (uint32_t k = 0; ask >> i & 1 && k < ITEMS; k++) {
                    const char *one;
                    uint32_t count, number;
                    uint8_t key[SHA256_SIZE];

                    if (k == 5)
                        continue;
                    key_of(firsts[i] + k, key);
                    number = memo_item(m, key);
                    all &= memo_knows(memo_segment(m, sha256, 100), number, &one, &count);
                    for (uint32_t n = 0; n < count; n++)
                        want[want_count++] = segment_row_at(one, n);
                }
            assert_int_equal(memo_knows_all(m, memo_segment(m, sha256, 100), &rows), all);
            assert_int_equal(all, (ask & ~known) == 0);
            if (all) {
                assert_int_equal(rows.len, want_count * 4);
                qsort(want, want_count, sizeof *want, by_row);
                if (rows.len)
                    qsort(rows.ptr, rows.len / 4, 4, by_row);
                for (uint32_t n = 0; n < want_count; n++)
                    assert_int_equal(segment_row_at(rows.ptr, n), want[n]);
            }
            buf_free(&rows);
            memo_drop(m);
        }
    }
}

/* Two rules of a hunt that ask the same are one item. */
static void twins(void **state) {
    struct buf bytes = learned_bytes(0, false, true);
    uint32_t numbers[ITEMS], count;
    uint8_t sha256[SHA256_SIZE];
    struct segment_learned l;
    struct err e = {0};
    const char *rows;
    struct memo *m = opened("memo", MEMO_NONE);

    (void)state;
    key_of(1, sha256);
    numbers_of(m, 0, numbers);
    numbers[4] = numbers[2]; /* its rows are the first ones' */
    numbers[6] = UINT32_MAX; /* of which nothing is to be remembered */
    assert_true(segment_learned_take(buf_str(&bytes), ITEMS, KINDS, &l));
    assert_true(memo_learn(m, sha256, &l, numbers, ITEMS, 0, &e));
    buf_free(&bytes);
    assert_true(memo_close(m, &e));
    m = opened("memo", MEMO_KEPT);
    numbers_of(m, 0, numbers);
    assert_true(memo_knows(memo_segment(m, sha256, 100), numbers[2], &rows, &count));
    assert_false(memo_knows(memo_segment(m, sha256, 100), numbers[4], &rows, &count));
    assert_false(memo_knows(memo_segment(m, sha256, 100), numbers[6], &rows, &count));
    memo_drop(m);
}

static void file_put(str bytes) {
    struct file_out *f;
    struct err e = {0};

    assert_true(file_out_open(&f, FILE_NAME, &e));
    file_out_add(f, bytes);
    assert_true(file_out_commit_soon(f, &e));
}

/* A file whose checksum is right, whatever else is wrong with it. */
static void file_put_summed(struct buf *b) {
    uint64_t const sum = hash_sum(str_from(buf_str(b), 16));

    memcpy(b->ptr + 8, &sum, sizeof sum);
    file_put(buf_str(b));
}

static struct buf file_made(void) {
    struct memo *m = opened("memo", MEMO_NONE);
    struct buf whole = {0};
    struct err e = {0};

    learn(m, 1, 0, true, true);
    learn(m, 2, 30, true, true);
    assert_true(memo_close(m, &e));
    assert_true(file_read(FILE_NAME, MEMO_MAX, &whole, &e));
    return whole;
}

static void damage(void **state) {
    struct buf whole = file_made();

    (void)state;
    for (size_t len = 0; len < whole.len; len++) {
        file_put(str_first(buf_str(&whole), len));
        memo_drop(opened("memo", MEMO_DAMAGED));
    }
    for (size_t at = 0; at < whole.len; at++) {
        whole.ptr[at] ^= 0x10;
        file_put(buf_str(&whole));
        struct memo *const m = opened("memo", MEMO_DAMAGED);

        check(m, 1, 0, false);
        memo_drop(m);
        whole.ptr[at] ^= 0x10;
    }
    file_put(buf_str(&whole));
    memo_drop(opened("memo", MEMO_KEPT));
    buf_free(&whole);
}

/* Whoever could write it made the checksum right: what it says is taken or not, and nothing breaks; rows never lie outside of their segment. */
static void forged(void **state) {
    struct buf whole = file_made();
    uint8_t sha256[SHA256_SIZE];
    enum memo_found found;
    struct err e = {0};

    (void)state;
    for (size_t at = 0; at < whole.len; at++)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            struct memo *m;
            uint32_t numbers[ITEMS];

            if (at >= 8 && at < 16)
                continue;
            whole.ptr[at] ^= (char)(1 << bit);
            file_put_summed(&whole);
            assert_true(memo_open(&m, "memo", archive, NULL, maker, MEMO_MAX, &found, &e));
            numbers_of(m, 0, numbers);
            for (uint32_t n = 1; n <= 2; n++) {
                key_of(n, sha256);
                struct memo_segment *const s = memo_segment(m, sha256, 100);

                for (uint32_t i = 0; i < ITEMS; i++) {
                    const char *rows;
                    uint32_t count;

                    (void)memo_knows(s, numbers[i], &rows, &count);
                    for (uint32_t k = 0; k < count; k++)
                        assert_true(segment_row_at(rows, k) < 100);
                }
            }
            memo_drop(m);
            whole.ptr[at] ^= (char)(1 << bit);
        }
    buf_free(&whole);
}

static void foreign(void **state) {
    struct buf whole = file_made();
    uint8_t other[SHA256_SIZE] = "another maker", id[ARCHIVE_ID_SIZE] = "another archive";
    enum memo_found found;
    struct memo *m;
    struct err e = {0};

    (void)state;
    assert_true(memo_open(&m, "memo", archive, NULL, other, MEMO_MAX, &found, &e));
    assert_int_equal(found, MEMO_FOREIGN);
    check(m, 1, 0, false);
    memo_drop(m);
    assert_true(memo_open(&m, "memo", id, NULL, maker, MEMO_MAX, &found, &e));
    assert_int_equal(found, MEMO_NONE);
    memo_drop(m);
    assert_int_equal(chmod(FILE_NAME, 0620), 0);
    memo_drop(opened("memo", MEMO_NONE)); /* others may have written it */
    assert_int_equal(chmod(FILE_NAME, 0600), 0);
    assert_int_equal(chmod("memo", 0777), 0);
    memo_drop(opened("memo", MEMO_NONE));
    assert_int_equal(chmod("memo", 0700), 0);
    memo_drop(opened("memo", MEMO_KEPT));
    buf_free(&whole);
}

/* Of an encrypted archive: nothing can be read off the file, and whoever has another secret, or none, has no memo. */
static void sealed(void **state) {
    static const uint8_t secret[SEAL_KEY] = {1}, other[SEAL_KEY] = {2};
    static const struct {
        const uint8_t *secret;
        enum memo_found found;
    } cases[] = {{secret, MEMO_KEPT}, {other, MEMO_DAMAGED}, {NULL, MEMO_DAMAGED}};
    struct buf whole = {0};
    enum memo_found found;
    struct memo *m;
    struct err e = {0};

    (void)state;
    assert_true(memo_open(&m, "memo", archive, secret, maker, MEMO_MAX, &found, &e));
    assert_int_equal(found, MEMO_NONE);
    learn(m, 3, 60, true, true);
    assert_true(memo_close(m, &e));
    assert_true(file_read(FILE_NAME, MEMO_MAX, &whole, &e));
    assert_true(str_find(buf_str(&whole), S("LWMEMO")) == SIZE_MAX);
    assert_true(str_find(buf_str(&whole), (str){(const char *)maker, sizeof maker}) == SIZE_MAX);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(memo_open(&m, "memo", archive, cases[i].secret, maker, MEMO_MAX, &found, &e));
        assert_int_equal(found, cases[i].found);
        check(m, 3, 60, found == MEMO_KEPT);
        memo_drop(m);
    }
    buf_free(&whole);
}

/* Of what is too much, what nobody asks for any more goes. */
static void bound(void **state) {
    struct buf whole = file_made();
    enum memo_found found;
    struct memo *m;
    struct err e = {0};
    struct stat st;

    (void)state;
    assert_true(memo_open(&m, "memo", archive, NULL, maker, whole.len, &found, &e));
    learn(m, 3, 60, true, true);
    assert_true(memo_close(m, &e));
    assert_int_equal(stat(FILE_NAME, &st), 0);
    assert_true((size_t)st.st_size <= whole.len);
    m = opened("memo", MEMO_KEPT);
    check(m, 3, 60, true);
    check(m, 1, 0, false);
    memo_drop(m);
    buf_free(&whole);
}

static void no_place(void **state) {
    struct err e = {0};
    struct memo *m = opened(NULL, MEMO_NONE);

    (void)state;
    learn(m, 1, 0, true, true);
    check(m, 1, 0, true);
    assert_true(memo_close(m, &e)); /* none was wished for */
    assert_int_equal(access("memo", F_OK), -1);
}

/* What is no longer in the archive is forgotten by whoever says so, and only then; and the file of one archive can be removed. */
static void forgotten(void **state) {
    uint8_t other[ARCHIVE_ID_SIZE] = {9};
    struct err e = {0};
    struct memo *m = opened("memo", MEMO_NONE);

    (void)state;
    learn(m, 1, 0, true, true);
    learn(m, 2, 0, true, true);
    assert_true(memo_close(m, &e));
    for (unsigned forget = 0; forget < 2; forget++) {
        m = opened("memo", MEMO_KEPT);
        check(m, 2, 0, true);
        if (forget)
            memo_forget_others(m);
        assert_true(memo_close(m, &e));
        m = opened("memo", MEMO_KEPT);
        check(m, 1, 0, !forget);
        check(m, 2, 0, true);
        memo_drop(m);
    }
    assert_true(memo_remove("memo", other, &e) && access(FILE_NAME, F_OK) == 0);
    assert_true(memo_remove("memo", archive, &e) && access(FILE_NAME, F_OK) != 0);
    assert_true(memo_remove("memo", archive, &e) && memo_remove("no such folder", archive, &e));
}

static void nowhere(void **state) {
    struct err e = {0};
    struct file_out *f;
    struct memo *m;

    (void)state;
    assert_true(file_out_open(&f, "file", &e));
    assert_true(file_out_commit_soon(f, &e));
    m = opened("file/memo", MEMO_NONE);
    learn(m, 1, 0, true, true);
    assert_false(memo_close(m, &e));
    assert_int_equal(e.code, ERR_IO);
}

/* ---- asks and answers ---- */

static void asks(void **state) {
    uint8_t unknown[ITEMS / 8 + 1] = {0x81, 0x02, 0x08};
    uint32_t rows[] = {0, 5, 99};
    struct segment_ask a = {.select = true,
                            .facts = true,
                            .items = ITEMS,
                            .unknown = unknown,
                            .row_count = 3,
                            .rows = (const char *)rows},
                       got;
    struct buf b = {0};

    (void)state;
    segment_ask_put(&b, &a);
    assert_true(segment_ask_take(buf_str(&b), ITEMS, &got));
    assert_true(got.select && got.facts && !got.whole && !got.indicators && got.row_count == 3);
    for (uint32_t i = 0; i < ITEMS; i++)
        assert_int_equal(segment_ask_unknown(&got, i), i == 0 || i == 7 || i == 9 || i == 19);
    assert_int_equal(segment_row_at(got.rows, 2), 99);
    assert_false(segment_ask_take(buf_str(&b), ITEMS + 1, &got)); /* of another set of rules */
    assert_false(segment_ask_take(buf_str(&b), ITEMS - 1, &got));
    for (size_t len = 0; len < b.len; len++)
        assert_false(segment_ask_take(str_first(buf_str(&b), len), ITEMS, &got));
    buf_byte(&b, 0);
    assert_false(segment_ask_take(buf_str(&b), ITEMS, &got));
    b.len = 0;
    rows[1] = 0; /* twice the same */
    segment_ask_put(&b, &a);
    assert_false(segment_ask_take(buf_str(&b), ITEMS, &got));
    b.len = 0;
    rows[1] = 5;
    unknown[2] = 0x10; /* an item behind the last */
    segment_ask_put(&b, &a);
    assert_false(segment_ask_take(buf_str(&b), ITEMS, &got));
    buf_free(&b);
}

struct wrong {
    const char *what;
    uint32_t rows, read, kinds[2], item, told, found[2];
    bool good;
};

static void answers(void **state) {
    static struct wrong const cases[] = {
        {"as it should be", 10, 10, {1, 2}, 3, 3, {0, 9}, true},
        {"more was read than is there", 10, 11, {1, 2}, 3, 3, {0, 9}, false},
        {"kinds out of order", 10, 10, {2, 1}, 3, 3, {0, 9}, false},
        {"a kind twice", 10, 10, {2, 2}, 3, 3, {0, 9}, false},
        {"a kind that is not there", 10, 10, {1, KINDS}, 3, 3, {0, 9}, false},
        {"an item that is not there", 10, 10, {1, 2}, ITEMS, 3, {0, 9}, false},
        {"an item of which nothing is told", 10, 10, {1, 2}, 4, 3, {0, 9}, false},
        {"rows out of order", 10, 10, {1, 2}, 3, 3, {9, 0}, false},
        {"a row twice", 10, 10, {1, 2}, 3, 3, {9, 9}, false},
        {"a row that is not there", 10, 10, {1, 2}, 3, 3, {0, 10}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wrong const *const w = &cases[i];
        uint8_t told[ITEMS / 8 + 1] = {0};
        struct segment_learned l = {.rows = w->rows,
                                    .read = w->read,
                                    .facts = true,
                                    .kind_count = 2,
                                    .kinds = (const char *)w->kinds,
                                    .clocks = {"", 0},
                                    .told = told,
                                    .found_count = 1},
                               got;
        struct buf found = {0}, b = {0};
        struct segment_found f;

        told[w->told / 8] = (uint8_t)(1u << w->told % 8);
        segment_found_put(&found, w->item, w->found, 2);
        l.found = buf_str(&found);
        segment_learned_put(&b, &l, ITEMS);
        if (segment_learned_take(buf_str(&b), ITEMS, KINDS, &got) != w->good)
            fail_msg("%s", w->what);
        for (size_t len = 0; w->good && len < b.len; len++)
            assert_false(segment_learned_take(str_first(buf_str(&b), len), ITEMS, KINDS, &got));
        if (w->good) {
            assert_true(segment_learned_take(buf_str(&b), ITEMS, KINDS, &got));
            assert_true(segment_found_next(&got.found, &f) && f.item == 3 && f.count == 2);
            assert_false(segment_found_next(&got.found, &f));
        }
        buf_free(&b);
        buf_free(&found);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kept, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(all_at_once, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(twins, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(damage, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(forged, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(foreign, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(sealed, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(bound, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(no_place, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(forgotten, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(nowhere, folder_enter, folder_leave),
        cmocka_unit_test(asks),
        cmocka_unit_test(answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
