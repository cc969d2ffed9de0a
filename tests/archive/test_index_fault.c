/* test_index_fault: what is damaged is told and never a wrong "no": each byte of a run flipped, each length cut; memory that runs out anywhere,
 * a full disk, a file that shrinks while it is open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "archive/index_own.h"

#include "../folder.h"
#include "../refuse.h"
#include "index_model.h"

#define KEYS 300u
#define SEGMENTS 40u
#define ADDRESSES 150u

/* A run with a bit of everything: single segments, lists, long ones, bits, everywhere. */
static struct {
    uint64_t keys[KEYS];
    uint64_t in[KEYS];
    struct address addresses[ADDRESSES];
} truth;

static struct index_posting posting_of(uint64_t in, uint32_t *places) {
    struct index_posting p = {.places = places};

    for (uint32_t i = 0; i < SEGMENTS; i++)
        if (in >> i & 1)
            places[p.count++] = i;
    return p;
}

static bool run_write(struct buf *to, int fd, size_t memory, const char *folder, struct err *e) {
    uint32_t segments[SEGMENTS], places[SEGMENTS];
    struct index_options const o = {.made = 3,
                                    .segments = segments,
                                    .segment_count = SEGMENTS,
                                    .keys = KEYS / 3,
                                    .memory_max = memory,
                                    .folder = folder,
                                    .to = to,
                                    .fd = fd};
    struct index_writer *w;
    bool ok;

    for (uint32_t i = 0; i < SEGMENTS; i++)
        segments[i] = 10 * i;
    if (!index_writer_new(&w, &o, e))
        return false;
    ok = true;
    for (unsigned i = 0; ok && i < KEYS; i++)
        ok = index_writer_key(w, truth.keys[i], posting_of(truth.in[i], places), e);
    for (unsigned i = 0; ok && i < ADDRESSES; i++)
        ok = index_writer_address(w, &truth.addresses[i], posting_of(truth.in[i], places), e);
    ok = ok && index_writer_finish(w, e);
    index_writer_free(w);
    return ok;
}

static int truth_make(void **state) {
    struct random random = {17};
    uint64_t room[KEYS];

    for (unsigned i = 0; i < KEYS; i++) {
        truth.keys[i] = random_next(&random);
        uint64_t const how = random_below(&random, 4);

        truth.in[i] = how == 0   ? (uint64_t)1 << random_below(&random, SEGMENTS)
                      : how == 1 ? random_next(&random) & random_next(&random)
                      : how == 2 ? random_next(&random)
                                 : (uint64_t)3 << random_below(&random, SEGMENTS - 1);
        truth.in[i] &= ((uint64_t)1 << SEGMENTS) - 1;
        truth.in[i] |= truth.in[i] ? 0 : 1;
    }
    assert_int_equal(index_keys_sort(truth.keys, room, KEYS), KEYS);
    for (unsigned i = 0; i < ADDRESSES; i++)
        truth.addresses[i] = (struct address){4, {10, (uint8_t)(i / 50), (uint8_t)(i % 50 * 3), 7}};
    return folder_enter(state);
}

/* All keys are asked for. Returns the damage; a miss, or an answer beyond the truth without damage, fails. */
static uint64_t all_ask(struct index_run *r) {
    struct index_hits h = {0};
    struct err e;
    uint64_t damaged = 0;
    size_t at = 0;

    assert_true(index_run_find(r, truth.keys, KEYS, &h, &e));
    for (unsigned i = 0; i < KEYS; i++) {
        uint64_t in = 0;

        assert_true(at < h.count && h.hits[at].key == i);
        for (uint32_t k = 0; k < (h.hits[at].everywhere ? SEGMENTS : h.hits[at].count); k++) {
            uint32_t const place = h.hits[at].everywhere ? k : h.places[h.hits[at].places + k];

            assert_true(place < SEGMENTS);
            in |= (uint64_t)1 << place;
        }
        assert_true((truth.in[i] & ~in) == 0);
        assert_true(in == truth.in[i] || h.damaged || (unsigned)__builtin_popcountll(truth.in[i]) > SEGMENTS / 2);
        at++;
    }
    assert_true(at == h.count);
    assert_true(!h.damaged || h.damage.text[0]);
    damaged = h.damaged;
    for (unsigned i = 0; i < ADDRESSES; i += 7) {
        uint64_t in = 0;

        assert_true(index_run_range(r, &truth.addresses[i], &truth.addresses[i], &h, &e));
        assert_true(h.count == 1);
        for (uint32_t k = 0; k < (h.hits[0].everywhere ? SEGMENTS : h.hits[0].count); k++)
            in |= (uint64_t)1 << (h.hits[0].everywhere ? k : h.places[h.hits[0].places + k]);
        assert_true((truth.in[i] & ~in) == 0);
        damaged += h.damaged;
    }
    index_hits_free(&h);
    return damaged;
}

static void damage_noted(void *ctx, const struct err *damage) {
    assert_true(damage->code == ERR_CORRUPT && damage->text[0]);
    ++*(unsigned *)ctx;
}

static void each_byte_flipped(void **state) {
    struct buf bytes = {0};
    struct index_run *r;
    struct err e;
    unsigned refused = 0, told = 0, nothing = 0;
    (void)state;

    assert_true(run_write(&bytes, -1, 0, NULL, &e));
    assert_true(index_run_of(&r, buf_str(&bytes), S("whole"), &e));
    assert_int_equal(all_ask(r), 0);
    assert_true(index_run_check(r, NULL, NULL, &e));
    index_run_close(r);
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned seen = 0;

        bytes.ptr[i] ^= (char)(1 << i % 8);
        if (!index_run_of(&r, buf_str(&bytes), S("flipped"), &e)) {
            assert_true(e.code == ERR_CORRUPT || e.code == ERR_TRUNCATED || e.code == ERR_UNSUPPORTED);
            refused++;
        } else {
            bool const good = index_run_check(r, damage_noted, &seen, &e);

            assert_int_equal(good, seen == 0);
            index_run_close(r);
            assert_true(index_run_of(&r, buf_str(&bytes), S("flipped"), &e));
            uint64_t const damaged = all_ask(r);

            assert_true(!damaged || !good);
            told += !good;
            nothing += good;
            index_run_close(r);
        }
        bytes.ptr[i] ^= (char)(1 << i % 8);
    }
    print_message("%zu bytes: %u refused, %u told, %u between the parts\n", bytes.len, refused, told, nothing);
    assert_true(nothing < PAGE_BYTES + 64); /* what aligns the sections */
    buf_free(&bytes);
}

static void each_length_cut(void **state) {
    struct buf bytes = {0};
    struct index_run *r;
    struct err e;
    (void)state;

    assert_true(run_write(&bytes, -1, 0, NULL, &e));
    for (size_t len = 0; len < bytes.len; len++) {
        assert_false(index_run_of(&r, (str){bytes.ptr, len}, S("cut"), &e));
        assert_true(e.code == ERR_TRUNCATED || e.code == ERR_CORRUPT);
    }
    buf_free(&bytes);
}

/* ---- memory ---- */

static bool collected(struct buf *out, const char *folder, struct err *e) {
    struct index_collector *c;
    uint32_t const one[] = {10};
    struct index_options const o = {
        .made = 3, .segments = one, .segment_count = 1, .memory_max = 4096, .folder = folder, .to = out};
    bool ok;

    if (!index_collector_new(&c, 4096, folder, e))
        return false;
    ok = true;
    for (unsigned i = 0; ok && i < 40 * KEYS; i++) /* more than it holds */
        ok = index_collector_key(c, truth.keys[i % KEYS] + i / KEYS, e);
    for (unsigned i = 0; ok && i < ADDRESSES; i++)
        ok = index_collector_address(c, &truth.addresses[i], e);
    ok = ok && index_collector_finish(c, &o, e);
    index_collector_free(c);
    return ok;
}

static bool merged(struct err *e) {
    struct buf first = {0}, second = {0}, both = {0};
    struct index_run *runs[2] = {NULL, NULL};
    struct index_options const o = {.to = &both, .memory_max = 4096};
    bool const ok = run_write(&first, -1, 0, NULL, e) && collected(&second, NULL, e) &&
                    index_run_of(&runs[0], buf_str(&first), S("first"), e) &&
                    index_run_of(&runs[1], buf_str(&second), S("second"), e) && index_merge(runs, 2, NULL, 0, &o, e);

    index_run_close(runs[0]);
    index_run_close(runs[1]);
    buf_free(&first);
    buf_free(&second);
    buf_free(&both);
    return ok;
}

static bool asked(struct err *e) {
    static struct buf bytes;
    struct index_run *r = NULL;
    struct index_questions *q = NULL;
    struct index_answers a = {0};
    bool ok = bytes.len > 0;

    if (!ok) {
        long const left = memory_left;

        memory_left = -1; /* the run is made once, in peace */
        ok = run_write(&bytes, -1, 0, NULL, e);
        memory_left = left;
    }
    ok = ok && index_run_of(&r, buf_str(&bytes), S("asked"), e) && index_questions_new(&q, e);
    for (unsigned i = 0; ok && i < KEYS; i++)
        ok = index_questions_way(q, i, (const uint64_t[]){truth.keys[i], truth.keys[i / 2]}, 2, e);
    for (unsigned i = 0; ok && i < 8; i++)
        ok = index_questions_range(q, i, &truth.addresses[i], &truth.addresses[9], e);
    ok = ok && index_questions_ask(q, &r, 1, &a, e);
    assert_true(!ok || (a.count > 0 && !a.damaged));
    index_run_close(r);
    index_questions_free(q);
    index_answers_free(&a);
    return ok;
}

static void memory_refused_at_each(void **state) {
    bool (*const jobs[])(struct err *) = {merged, asked};
    (void)state;

    REFUSE_OR_SKIP();
    for (size_t j = 0; j < COUNT(jobs); j++)
        for (unsigned for_good = 0; for_good < 2; for_good++)
            for (long n = 0;; n++) {
                struct err e = {0};

                memory_left = n;
                memory_gone_for_good = for_good;
                memory_refused = false;
                bool const ok = jobs[j](&e);
                bool const refused = memory_refused;

                memory_left = -1;
                if (!refused) {
                    assert_true(ok);
                    assert_true(n > 10);
                    break;
                }
                if (!ok) /* sorting finds its way without */
                    assert_int_equal(e.code, ERR_MEMORY);
            }
}

/* ---- disk ---- */

static void disk_full(void **state) {
    int const fd = open("/dev/full", O_WRONLY);
    struct err e = {0};
    (void)state;

    if (fd < 0)
        skip();
    assert_false(run_write(NULL, fd, 0, NULL, &e));
    assert_int_equal(e.code, ERR_IO);
    close(fd);
    e = (struct err){0};
    struct buf bytes = {0};

    assert_false(collected(&bytes, "/nowhere/at/all", &e)); /* tapes find no folder */
    assert_int_equal(e.code, ERR_IO);
    buf_free(&bytes);
}

static void file_make(const char *path) {
    int const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct err e;

    assert_true(fd >= 0);
    assert_true(run_write(NULL, fd, 4096, ".", &e));
    close(fd);
}

static void a_file(void **state) {
    struct buf bytes = {0};
    struct index_run *r;
    struct err e;
    (void)state;

    file_make("run");
    assert_true(index_run_open(&r, "run", &e));
    assert_int_equal(all_ask(r), 0);
    assert_int_equal(all_ask(r), 0); /* now that all has been seen */
    assert_true(index_run_check(r, NULL, NULL, &e));
    assert_true(run_write(&bytes, -1, 0, NULL, &e)); /* to memory or to a file: the same bytes */
    assert_int_equal(index_run_info(r).size, bytes.len);
    index_run_close(r);
    buf_free(&bytes);
    assert_false(index_run_open(&r, "no such run", &e));
    assert_int_equal(e.code, ERR_IO);
    assert_false(index_run_open(&r, ".", &e));
    assert_int_equal(truncate("run", 0), 0);
    assert_false(index_run_open(&r, "run", &e));
    assert_int_equal(e.code, ERR_TRUNCATED);
}

/* As when a disk fails under it: what cannot be read is damage, and ends nothing. Linux since 5.14. */
static void a_file_that_shrinks(void **state) {
    struct index_run *r;
    struct err e;
    (void)state;

    file_make("run");
    assert_true(index_run_open(&r, "run", &e));
    assert_int_equal(truncate("run", 0), 0);
    assert_true(all_ask(r) > 0);
    assert_false(index_run_check(r, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_IO);
    index_run_close(r);
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test_setup_teardown(each_byte_flipped, truth_make, folder_leave),
        cmocka_unit_test_setup_teardown(each_length_cut, truth_make, folder_leave),
        cmocka_unit_test_setup_teardown(memory_refused_at_each, truth_make, folder_leave),
        cmocka_unit_test_setup_teardown(disk_full, truth_make, folder_leave),
        cmocka_unit_test_setup_teardown(a_file, truth_make, folder_leave),
        cmocka_unit_test_setup_teardown(a_file_that_shrinks, truth_make, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
