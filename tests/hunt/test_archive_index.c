/* test_archive_index: keys of segments become runs, and runs are merged, while nothing is lost: against a model of which key stands in which segment. And what
 * no worker of ours sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "hunt/archive_index.h"
#include "intel/observable_key.h"

#include "../folder.h"

#define NOW INT64_C(1790000000000000000) /* September 2026 */
#define MADE 77u
#define MONTH (2026 * 12 + 8)
#define SEGMENTS 200u
#define KEYS 400u /* of each segment */

static uint64_t next(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 20;
}

/* The keys of a segment: some all have, some many, most it alone. Sorted. */
static size_t keys_of(uint64_t number, uint64_t out[KEYS]) {
    uint64_t room[KEYS], state = number * 977 + 5, shared = 3;

    for (size_t i = 0; i < KEYS; i++) {
        uint64_t const own = next(&state), common = next(&shared);

        out[i] = (i < 40 || (i < 100 && own % 3 == 0) ? common * UINT64_C(0x9e3779b97f4a7c15)
                                                      : own * UINT64_C(0xd1b54a32d192ed03))
                 << OBSERVABLE_ZEROS;
    }
    return index_keys_sort(out, room, KEYS);
}

static void address_of(uint64_t number, uint8_t out[16]) {
    memset(out, 0, 10);
    memset(out + 10, 0xff, 2);
    out[12] = 10;
    out[13] = (uint8_t)(number / 4);
    out[14] = 0;
    out[15] = 7;
}

/* A file that stands for a segment: the vault does not look into it. */
static uint64_t segment_add(struct vault *v, uint64_t number, int32_t month) {
    struct manifest_segment const about = {.rows = 1, .month = month, .first = NOW, .last = NOW};
    struct vault_part *p;
    uint64_t given;
    struct err e = {0};
    int fd;

    assert_true(vault_part_new(v, &p, &fd, &e));
    assert_int_equal(dprintf(fd, "segment %lu", (unsigned long)number) > 0, true);
    struct manifest_segment one = about;

    one.length = 0;
    if (!vault_add(v, p, &one, S("evidence"), &given, NULL, &e))
        fail_msg("%s", e.text);
    return given;
}

static void keys_send(struct archive_index_new *n, unsigned slot, uint64_t number) {
    uint64_t keys[KEYS];
    uint8_t address[16];
    size_t const count = keys_of(number, keys), half = count / 2;
    struct err e = {0};

    /* As a worker does when its memory is full: all once, and then again from below. */
    assert_true(archive_index_keys(n, slot, false, (str){(const char *)keys, half * 8}, &e));
    assert_true(archive_index_keys(n, slot, false, (str){(const char *)(keys + half), (count - half) * 8}, &e));
    assert_true(archive_index_keys(n, slot, false, (str){(const char *)keys, half * 8}, &e));
    address_of(number, address);
    assert_true(archive_index_keys(n, slot, true, (str){(const char *)address, sizeof address}, &e));
}

static size_t runs_live(const struct vault *v) {
    size_t count, live = 0;
    const struct manifest_run *const r = manifest_runs(vault_manifest(v), &count);

    for (size_t i = 0; i < count; i++)
        live += !r[i].ended;
    return live;
}

/* Every key of every segment is answered with it; what stands in none is not. */
static void compare(const struct vault *v, uint64_t last, const bool *gone) {
    uint64_t const made = MADE;
    struct archive_runs open;
    struct index_questions *q;
    struct index_answers a = {0};
    struct err e = {0};

    assert_true(archive_runs_open(&open, v, &made, &e));
    assert_int_equal(open.left_count, 0);
    assert_true(index_questions_new(&q, &e));
    for (uint64_t s = 1; s <= last; s++) {
        uint64_t keys[KEYS];
        size_t const count = keys_of(s, keys);

        for (size_t i = 0; i < count; i++)
            assert_true(index_questions_way(q, (uint32_t)s, &keys[i], 1, &e));
    }
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t const none = (uint64_t)(i + 1) * UINT64_C(0x123456789abd) << OBSERVABLE_ZEROS;

        assert_true(index_questions_way(q, 1000000 + i, &none, 1, &e));
    }
    assert_true(index_questions_ask(q, open.runs, open.count, &a, &e));
    bool *const found = calloc(last + 1, sizeof *found);

    assert_non_null(found);
    for (size_t i = 0; i < a.count; i++) {
        assert_true(a.answers[i].question <= last); /* keys that are in none */
        if (a.answers[i].segment != INDEX_EVERY) {
            found[a.answers[i].question] |= a.answers[i].segment == a.answers[i].question;
            continue;
        }
        struct index_info const info = index_run_info(open.runs[a.answers[i].run]);

        for (uint32_t k = 0; k < info.segment_count; k++)
            found[a.answers[i].question] |= info.segments[k] == a.answers[i].question;
    }
    for (uint64_t s = 1; s <= last; s++)
        assert_int_equal(found[s], !gone || !gone[s]);
    free(found);
    index_answers_free(&a);
    index_questions_free(q);

    /* One address in each four segments. */
    struct index_hits h = {0};
    struct address first = {.family = 4, .bytes = {10, 3, 0, 0}}, to = {.family = 4, .bytes = {10, 3, 255, 255}};
    size_t in = 0;

    for (size_t i = 0; i < open.count; i++) {
        struct index_info const info = index_run_info(open.runs[i]);

        assert_true(index_run_range(open.runs[i], &first, &to, &h, &e));
        if (h.count && h.hits[0].everywhere)
            for (uint32_t k = 0; k < info.segment_count; k++)
                in += info.segments[k] / 4 == 3;
        else if (h.count)
            in += h.hits[0].count;
    }
    if (!gone && last >= 16)
        assert_int_equal(in, 4);
    index_hits_free(&h);
    archive_runs_close(&open);
}

static struct vault *archive_new(void) {
    struct vault *v;
    struct err e = {0};

    assert_true(vault_create("a", S(""), S(""), NOW, &e));
    assert_true(vault_open_writer(&v, "a", NULL, NOW, NULL, NULL, &e));
    return v;
}

/* Commits of one to five segments, by several workers at once; merged as they come. */
static void merged_as_they_come(void **state) {
    struct vault *const v = archive_new();
    struct archive_index_new *n;
    uint64_t number = 0, keys, merged, all_merged = 0, draws = 9;
    size_t most = 0;
    struct err e = {0};
    (void)state;

    assert_true(archive_index_new(&n, v, MADE, &e));
    while (number < SEGMENTS) {
        uint64_t const many = 1 + next(&draws) % 5;

        for (uint64_t i = 0; i < many; i += 2) { /* two workers send, and end in the other order */
            uint64_t const first = segment_add(v, ++number, MONTH), second = segment_add(v, ++number, MONTH);

            assert_int_equal(second, number);
            keys_send(n, 0, first);
            keys_send(n, 1, second);
            assert_true(archive_index_segment(n, 1, second, MONTH, &e));
            assert_true(archive_index_segment(n, 0, first, MONTH, &e));
        }
        if (!archive_index_stage(n, &keys, &e) || !vault_commit(v, NOW, &e) ||
            !archive_index_merge(v, MADE, 0, NOW, NULL, &merged, &e))
            fail_msg("%s", e.text);
        all_merged += merged;
        most = runs_live(v) > most ? runs_live(v) : most;
    }
    assert_true(all_merged >= INDEX_FAN);
    assert_true(most <= 2 * INDEX_FAN);
    compare(v, number, NULL);
    archive_index_free(n);

    struct archive_index_sum sum;

    assert_true(archive_index_count(vault_manifest(v), &sum, &e));
    assert_int_equal(sum.runs, runs_live(v));
    assert_int_equal(sum.segments, number);
    assert_int_equal(sum.in, number);
    assert_int_equal(sum.ledgers, 0);
    assert_true(sum.keys > 0 && sum.bytes > 0);
    vault_close(v);
}

static void segments_end(struct vault *v, const uint64_t *numbers, size_t count) {
    struct manifest_operation const o = {
        .what = DO_END, .end = {.why = END_WITHDRAWN, .olds = {numbers, count}, .who = S("t"), .note = S("t")}};
    struct err e = {0};

    if (!vault_do(v, &o, &e) || !vault_commit(v, NOW, &e))
        fail_msg("%s", e.text);
}

/* Of segments that are gone nothing is left once their runs are merged; runs of such alone are ended. The bound, and what is not of `made`. */
static void gone_and_bounded(void **state) {
    struct vault *const v = archive_new();
    struct archive_index_new *n, *other;
    uint64_t keys, merged;
    bool gone[41] = {false};
    uint64_t ended[41];
    size_t ended_count = 0;
    struct err e = {0};
    (void)state;

    assert_true(archive_index_new(&n, v, MADE, &e));
    assert_true(archive_index_new(&other, v, MADE + 1, &e));
    for (uint64_t s = 1; s <= 40; s++) {
        struct archive_index_new *const to = s == 40 ? other : n;

        assert_int_equal(segment_add(v, s, MONTH), s);
        keys_send(to, 3, s);
        assert_true(archive_index_segment(to, 3, s, MONTH, &e));
        assert_true(archive_index_stage(to, &keys, &e) && keys > KEYS / 2);
        assert_true(vault_commit(v, NOW, &e));
        if (s <= 10 || s % 3 == 0) {
            gone[s] = true;
            ended[ended_count++] = s;
        }
    }
    assert_int_equal(runs_live(v), 40);
    segments_end(v, ended, ended_count);

    /* No merge fits into so few keys. */
    assert_true(archive_index_merge(v, MADE, 100, NOW, NULL, &merged, &e));
    assert_int_equal(merged, 0);
    assert_int_equal(runs_live(v), 40);

    static volatile sig_atomic_t const yes = 1;

    assert_false(archive_index_merge(v, MADE, 0, NOW, &yes, &merged, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    e = (struct err){0};
    assert_true(archive_index_merge(v, MADE, 0, NOW, NULL, &merged, &e));
    assert_true(merged >= 32);
    assert_true(runs_live(v) < 16);

    uint64_t const made = MADE;
    struct archive_runs open;

    assert_true(archive_runs_open(&open, v, &made, &e));
    assert_int_equal(open.left_count, 1);
    assert_int_equal(open.left[0].state, ARCHIVE_OTHER);
    size_t left = 0;

    for (size_t i = 0; i < open.count; i++) {
        struct index_info const info = index_run_info(open.runs[i]);

        for (uint32_t k = 0; k < info.segment_count; k++)
            left += gone[info.segments[k]] && info.segment_count > 1;
    }
    assert_int_equal(left, 0);
    archive_runs_close(&open);
    archive_index_free(n);
    archive_index_free(other);
    vault_close(v);
}

/* A run that is damaged is left alone by merges, and others are merged. */
static void damaged_is_left(void **state) {
    struct vault *v = archive_new();
    struct archive_index_new *n;
    uint64_t keys, merged;
    struct err e = {0};
    char name[VAULT_NAME_MAX], path[VAULT_NAME_MAX + 8];
    size_t count;
    bool whole;
    (void)state;

    assert_true(archive_index_new(&n, v, MADE, &e));
    for (uint64_t s = 1; s <= 20; s++) {
        assert_int_equal(segment_add(v, s, MONTH), s);
        keys_send(n, 0, s);
        assert_true(archive_index_segment(n, 0, s, MONTH, &e));
        assert_true(archive_index_stage(n, &keys, &e) && vault_commit(v, NOW, &e));
    }
    const struct manifest_run *const runs = manifest_runs(vault_manifest(v), &count);

    assert_int_equal(count, 20);
    vault_run_name(&runs[4], name);
    snprintf(path, sizeof path, "a/%s", name);
    assert_true(archive_run_check(v, &runs[4], NULL, NULL, &whole, &e));
    assert_true(whole);
    FILE *const f = fopen(path, "r+");

    assert_non_null(f);
    assert_int_equal(fseek(f, 20, SEEK_SET), 0); /* in the first block */
    assert_true(fputc('x', f) == 'x');
    assert_int_equal(fclose(f), 0);
    assert_true(archive_run_check(v, &runs[4], NULL, NULL, &whole, &e));
    assert_false(whole);
    if (!archive_index_merge(v, MADE, 0, NOW, NULL, &merged, &e))
        fail_msg("%s", e.text);
    assert_true(merged >= 16);
    assert_true(manifest_run(vault_manifest(v), 5)->ended == 0);
    assert_true(runs_live(v) <= 5);
    archive_index_free(n);
    vault_close(v);
}

/* What no worker of ours sends, and keys of segments that were never told. */
static void refused(void **state) {
    struct vault *const v = archive_new();
    uint64_t const falling = UINT64_C(1) << OBSERVABLE_ZEROS;
    struct archive_index_new *n;
    uint64_t keys;
    struct err e = {0};
    (void)state;

    assert_true(archive_index_new(&n, v, MADE, &e));
    assert_false(archive_index_keys(n, 0, false, (str){"1234567", 7}, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_false(archive_index_keys(n, 0, true, (str){"12345678", 8}, &e));
    assert_false(archive_index_keys(n, 0, false, (str){"", 0}, &e));

    /* Each key a stretch of its own. */
    e = (struct err){0};
    size_t sent = 0;

    while (archive_index_keys(n, 2, false, (str){(const char *)&falling, sizeof falling}, &e))
        assert_true(++sent < 100000);
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_true(sent > 1000);

    /* Of these nothing is left; and of no segment at all there is no run. */
    e = (struct err){0};
    archive_index_drop(n, 2);
    archive_index_drop(n, 5);
    assert_true(archive_index_stage(n, &keys, &e));
    assert_int_equal(keys, 0);
    assert_int_equal(manifest_next_run(vault_manifest(v)), 1);

    /* A segment without keys is in its run all the same: that nothing is in it is known. The same one twice is one. */
    assert_int_equal(segment_add(v, 1, MONTH), 1);
    assert_int_equal(segment_add(v, 2, MONTH), 2);
    assert_true(archive_index_segment(n, 0, 1, MONTH, &e));
    keys_send(n, 1, 2);
    assert_true(archive_index_segment(n, 1, 2, MONTH, &e));
    keys_send(n, 4, 2);
    assert_true(archive_index_segment(n, 4, 2, MANIFEST_UNDATED, &e));
    keys_send(n, 7, 9); /* of no segment */
    assert_true(archive_index_stage(n, &keys, &e));
    assert_true(keys <= KEYS);
    assert_true(vault_commit(v, NOW, &e));
    size_t count;
    const struct manifest_run *const r = manifest_runs(vault_manifest(v), &count);

    assert_int_equal(count, 1);
    assert_int_equal(r->ranges.count, 2);
    assert_int_equal(manifest_number(r->ranges, 0), 1);
    assert_int_equal(manifest_number(r->ranges, 1), 2);
    assert_int_equal(r->first_month, MONTH);
    assert_int_equal(r->last_month, MONTH);
    archive_index_free(n);
    vault_close(v);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(merged_as_they_come, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(gone_and_bounded, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(damaged_is_left, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(refused, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
