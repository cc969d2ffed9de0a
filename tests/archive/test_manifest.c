/* test_manifest: operations as bytes and back, what each needs and refuses, and that a state restated is the same state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../refuse.h"
#include "archive_say.h"

static void apply(struct manifest *m, uint64_t sequence, const struct manifest_operation *o) {
    struct err e = {0};

    if (!manifest_apply(m, o, sequence, &e))
        fail_msg("record %llu: %s", (unsigned long long)sequence, e.text);
}
#define APPLY(m, sequence, ...)                                                                                        \
    do {                                                                                                               \
        struct manifest_operation const o_ = __VA_ARGS__;                                                              \
        apply(m, sequence, &o_);                                                                                       \
    } while (0)

/* What the cases stand on: seven records. */
static struct manifest *made(void) {
    struct manifest *const m = manifest_new();

    assert_non_null(m);
    APPLY(m, 1, say_begin());
    manifest_record_end(m, 1, AT(2024, 1, 1));
    APPLY(m, 2, say_add(1, "m365", AT(2021, 3, 1), 10));
    APPLY(m, 2, say_add(2, "m365", AT(2021, 3, 2), 20));
    APPLY(m, 2, say_add(3, "windows", AT(2021, 4, 1), 30));
    manifest_record_end(m, 2, AT(2024, 1, 2));
    APPLY(m, 3, say_add(4, "windows", INSTANT_NONE, 40));
    APPLY(m, 3, say_add(5, "calls", AT(2022, 1, 1), 50));
    APPLY(m, 3, say_hold("CASE-1", "calls", INSTANT_NONE, INSTANT_NONE, NO_NUMBERS));
    manifest_record_end(m, 3, AT(2024, 1, 3));
    APPLY(m, 4, say_add(6, "m365", AT(2021, 3, 1), 30));
    APPLY(m, 4, say_end(END_COMPACTED, NUMBERS(1, 2), NUMBERS(6), ""));
    manifest_record_end(m, 4, AT(2024, 1, 4));
    APPLY(m, 5, say_label("before", 3, true));
    APPLY(m, 5, say_policy("two years", "", 730, false));
    APPLY(m, 5, say_run(1, NUMBERS(1, 3, 5, 5)));
    manifest_record_end(m, 5, AT(2024, 1, 5));
    APPLY(m, 6, say_run(2, NUMBERS(3, 6)));
    APPLY(m, 6, {.what = DO_RUN_END, .run_end = NUMBERS(1)});
    manifest_record_end(m, 6, AT(2024, 1, 6));
    return m;
}

/* ---- what is refused ---- */

static const uint64_t one[] = {1}, two[] = {2}, three[] = {3}, four[] = {4}, five[] = {5}, six[] = {6}, seven[] = {7},
                      nine[] = {9}, three_four[] = {3, 4}, four_three[] = {4, 3}, three_three[] = {3, 3},
                      one_two[] = {1, 2}, two_one[] = {2, 1}, one_nine[] = {1, 9}, zero_one[] = {0, 1},
                      overlap[] = {1, 3, 3, 4};
#define N(array)                                                                                                       \
    { array, COUNT(array) }
#define TEXT(literal)                                                                                                  \
    { "" literal, sizeof(literal) - 1 }
#define HOLD(...)                                                                                                      \
    {                                                                                                                  \
        .what = DO_HOLD, .hold = { __VA_ARGS__ }                                                                       \
    }
#define OPEN .from = INSTANT_NONE, .to = INSTANT_NONE
#define END(...)                                                                                                       \
    {                                                                                                                  \
        .what = DO_END, .end = { __VA_ARGS__ }                                                                         \
    }
#define SEGMENT(...)                                                                                                   \
    {                                                                                                                  \
        .what = DO_ADD, .add = {.family = TEXT("x"), .segment = {__VA_ARGS__} }                                        \
    }
#define UNDATED_TIMES .first = INSTANT_NONE, .last = INSTANT_NONE, .month = MANIFEST_UNDATED
#define RUN(...)                                                                                                       \
    {                                                                                                                  \
        .what = DO_RUN, .run = { __VA_ARGS__ }                                                                         \
    }

/* Each alone, as record 7, on what made() comes to. */
static const struct {
    const char *name;
    enum err_code code;
    struct manifest_operation o;
} cases[] = {
    {"the next segment", ERR_NONE, SEGMENT(.number = 7, UNDATED_TIMES)},
    {"a segment of one instant", ERR_NONE, SEGMENT(.number = 7, .first = 5, .last = 5, .month = 12 * 1970)},
    {"a number that was given", ERR_USAGE, SEGMENT(.number = 6, UNDATED_TIMES)},
    {"a number left out", ERR_USAGE, SEGMENT(.number = 8, UNDATED_TIMES)},
    {"number none", ERR_USAGE, SEGMENT(.number = 0, UNDATED_TIMES)},
    {"ends before it begins", ERR_USAGE, SEGMENT(.number = 7, .first = 5, .last = 4, .month = 12 * 1970)},
    {"begins and never ends", ERR_USAGE, SEGMENT(.number = 7, .first = 5, .last = INSTANT_NONE, .month = 12 * 1970)},
    {"dated, in no month", ERR_USAGE, SEGMENT(.number = 7, .first = 5, .last = 5, .month = MANIFEST_UNDATED)},
    {"undated, in a month", ERR_USAGE,
     SEGMENT(.number = 7, .first = INSTANT_NONE, .last = INSTANT_NONE, .month = 12 * 1970)},
    {"a month before all", ERR_USAGE, SEGMENT(.number = 7, .first = 5, .last = 5, .month = -1)},
    {"a month beyond all", ERR_USAGE, SEGMENT(.number = 7, .first = 5, .last = 5, .month = 120000)},
    {"longer than a file can be", ERR_USAGE, SEGMENT(.number = 7, .length = UINT64_MAX, UNDATED_TIMES)},
    {"more rows than there are", ERR_USAGE, SEGMENT(.number = 7, .rows = UINT64_MAX, UNDATED_TIMES)},

    {"withdrawn", ERR_NONE, END(.why = END_WITHDRAWN, .olds = N(three_four))},
    {"expired", ERR_NONE, END(.why = END_EXPIRED, .olds = N(three), .policy = TEXT("two years"))},
    {"erased, and nothing left", ERR_NONE, END(.why = END_ERASED, .olds = N(three))},
    {"compacted into nothing", ERR_USAGE, END(.why = END_COMPACTED, .olds = N(three))},
    {"compacted into what was there", ERR_USAGE, END(.why = END_COMPACTED, .olds = N(three), .news = N(four))},
    {"compacted into what is not there", ERR_USAGE, END(.why = END_COMPACTED, .olds = N(three), .news = N(seven))},
    {"nothing ends", ERR_USAGE, END(.why = END_WITHDRAWN)},
    {"an end of no kind", ERR_USAGE, END(.why = 0, .olds = N(three), .news = N(four))},
    {"withdrawn, and replaced", ERR_USAGE, END(.why = END_WITHDRAWN, .olds = N(three), .news = N(four))},
    {"expired by no policy", ERR_USAGE, END(.why = END_EXPIRED, .olds = N(three))},
    {"expired by an unknown policy", ERR_USAGE,
     END(.why = END_EXPIRED, .olds = N(three), .policy = TEXT("three years"))},
    {"withdrawn by a policy", ERR_USAGE, END(.why = END_WITHDRAWN, .olds = N(three), .policy = TEXT("two years"))},
    {"ended already", ERR_USAGE, END(.why = END_WITHDRAWN, .olds = N(one))},
    {"never there", ERR_USAGE, END(.why = END_WITHDRAWN, .olds = N(nine))},
    {"twice in a list", ERR_USAGE, END(.why = END_WITHDRAWN, .olds = N(three_three))},
    {"a list in disorder", ERR_USAGE, END(.why = END_WITHDRAWN, .olds = N(four_three))},
    {"withdrawn, and held", ERR_REFUSED, END(.why = END_WITHDRAWN, .olds = N(five))},
    {"erased, and held", ERR_REFUSED, END(.why = END_ERASED, .olds = N(five))},
    {"expired, and held", ERR_REFUSED, END(.why = END_EXPIRED, .olds = N(five), .policy = TEXT("two years"))},

    {"removed from a kept snapshot", ERR_REFUSED, {.what = DO_REMOVED, .removed.segments = N(one)}},
    {"removed, and live", ERR_USAGE, {.what = DO_REMOVED, .removed.segments = N(six)}},
    {"removed, and never there", ERR_USAGE, {.what = DO_REMOVED, .removed.segments = N(nine)}},
    {"removed in disorder", ERR_USAGE, {.what = DO_REMOVED, .removed.segments = N(two_one)}},
    {"a run is removed", ERR_NONE, {.what = DO_REMOVED, .removed.runs = N(one)}},
    {"a live run is removed", ERR_USAGE, {.what = DO_REMOVED, .removed.runs = N(two)}},
    {"an unknown run is removed", ERR_USAGE, {.what = DO_REMOVED, .removed.runs = N(nine)}},

    {"a hold on everything", ERR_NONE, HOLD(.name = TEXT("CASE-2"), OPEN)},
    {"a hold on some", ERR_NONE, HOLD(.name = TEXT("CASE-2"), OPEN, .segments = N(one_two))},
    {"a hold of a name that is taken", ERR_USAGE, HOLD(.name = TEXT("CASE-1"), OPEN)},
    {"a hold without a name", ERR_USAGE, HOLD(OPEN)},
    {"a hold on what is not there", ERR_USAGE, HOLD(.name = TEXT("CASE-2"), OPEN, .segments = N(nine))},
    {"a hold on numbers in disorder", ERR_USAGE, HOLD(.name = TEXT("CASE-2"), OPEN, .segments = N(four_three))},
    {"a hold of no time", ERR_USAGE, HOLD(.name = TEXT("CASE-2"), .from = 5, .to = 5)},
    {"a hold is lifted", ERR_NONE, {.what = DO_LIFT, .lift.name = TEXT("CASE-1")}},
    {"an unknown hold is lifted", ERR_USAGE, {.what = DO_LIFT, .lift.name = TEXT("CASE-2")}},

    {"a policy", ERR_NONE, {.what = DO_POLICY, .policy = {.name = TEXT("short"), .days = 1}}},
    {"a policy of a name that is taken",
     ERR_USAGE,
     {.what = DO_POLICY, .policy = {.name = TEXT("two years"), .days = 1}}},
    {"a policy of no day", ERR_USAGE, {.what = DO_POLICY, .policy = {.name = TEXT("short")}}},
    {"a policy ends", ERR_NONE, {.what = DO_POLICY_END, .lift.name = TEXT("two years")}},
    {"an unknown policy ends", ERR_USAGE, {.what = DO_POLICY_END, .lift.name = TEXT("short")}},

    {"a label of now", ERR_NONE, {.what = DO_LABEL, .label = {.name = TEXT("now"), .sequence = 7}}},
    {"a label of tomorrow", ERR_USAGE, {.what = DO_LABEL, .label = {.name = TEXT("now"), .sequence = 8}}},
    {"a label of before all", ERR_USAGE, {.what = DO_LABEL, .label = {.name = TEXT("now"), .sequence = 0}}},
    {"a label of a name that is taken",
     ERR_USAGE,
     {.what = DO_LABEL, .label = {.name = TEXT("before"), .sequence = 1}}},
    {"a label ends", ERR_NONE, {.what = DO_LABEL_END, .lift.name = TEXT("before")}},
    {"an unknown label ends", ERR_USAGE, {.what = DO_LABEL_END, .lift.name = TEXT("now")}},

    {"an erasure that did not happen", ERR_USAGE, {.what = DO_ERASURE, .erasure = {.old = 3}}},
    {"an erasure of nothing", ERR_USAGE, {.what = DO_ERASURE, .erasure = {.old = 9}}},
    {"a compaction is no erasure", ERR_USAGE, {.what = DO_ERASURE, .erasure = {.old = 1, .new = 6}}},

    {"a run", ERR_NONE, RUN(.number = 3, .ranges = N(one_two))},
    {"a run of a number that was given", ERR_USAGE, RUN(.number = 2, .ranges = N(one_two))},
    {"a run over nothing", ERR_USAGE, RUN(.number = 3)},
    {"a run over half a range", ERR_USAGE, RUN(.number = 3, .ranges = N(one))},
    {"a run over a range that ends before it begins", ERR_USAGE, RUN(.number = 3, .ranges = N(two_one))},
    {"a run over what is not there yet", ERR_USAGE, RUN(.number = 3, .ranges = N(one_nine))},
    {"a run over number none", ERR_USAGE, RUN(.number = 3, .ranges = N(zero_one))},
    {"a run over ranges that overlap", ERR_USAGE, RUN(.number = 3, .ranges = N(overlap))},
    {"a run ends", ERR_NONE, {.what = DO_RUN_END, .run_end = N(two)}},
    {"a run ends twice", ERR_USAGE, {.what = DO_RUN_END, .run_end = N(one)}},
    {"no run ends", ERR_USAGE, {.what = DO_RUN_END}},

    {"words", ERR_NONE, {.what = DO_NOTE, .lift.why = TEXT("looked at it")}},
    {"a second beginning", ERR_USAGE, {.what = DO_BEGIN}},
    {"counters", ERR_USAGE, {.what = DO_COUNTERS, .counters = {99, 99, 99, 0}}},
};

static str shown(const struct manifest *m, struct buf *b) {
    uint64_t count;
    struct err e = {0};

    b->len = 0;
    assert_true(manifest_restate(m, b, &count, &e));
    return buf_str(b);
}

static void each_is_taken_or_refused(void **state) {
    struct buf before = {0}, after = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct manifest *const m = made();
        struct err e = {0};

        shown(m, &before);
        assert_false(manifest_apply(m, &cases[i].o, 0, &e)); /* of no record */
        bool const ok = manifest_apply(m, &cases[i].o, 7, &e);

        if (ok != (cases[i].code == ERR_NONE) || (!ok && e.code != cases[i].code))
            fail_msg("%s: %s", cases[i].name, ok ? "was taken" : e.text);
        if (!ok && !str_eq(shown(m, &after), buf_str(&before))) /* and nothing has changed */
            fail_msg("%s: refused, and left something behind", cases[i].name);
        manifest_free(m);
    }
    buf_free(&before);
    buf_free(&after);
}

/* ---- bytes ---- */

static void bytes_and_back(void **state) {
    struct buf bytes = {0}, again = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct manifest_operation o;
        struct err e = {0};

        if (cases[i].o.what == DO_END && cases[i].o.end.why == 0)
            continue; /* no such bytes */
        if (cases[i].o.what == DO_RUN && cases[i].o.run.ranges.count % 2 != 0)
            continue;
        bytes.len = again.len = 0;
        assert_true(manifest_encode(&cases[i].o, &bytes, &e));
        assert_int_equal(bytes.len % 8, 0);
        str left = buf_str(&bytes);

        if (!manifest_decode(&left, &o, &e))
            fail_msg("%s: %s", cases[i].name, e.text);
        assert_int_equal(left.len, 0);
        assert_true(manifest_encode(&o, &again, &e));
        if (!str_eq(buf_str(&bytes), buf_str(&again)))
            fail_msg("%s: other bytes", cases[i].name);
        /* Cut anywhere, it is none. */
        for (size_t cut = 0; cut < bytes.len; cut++) {
            left = str_first(buf_str(&bytes), cut);
            assert_false(manifest_decode(&left, &o, &e));
            assert_int_equal(e.code, ERR_CORRUPT);
            assert_int_equal(left.len, cut);
        }
        /* What other bytes are read as is written as the same bytes: there is one way to write a thing. */
        for (size_t at = 0; at < bytes.len; at++)
            for (unsigned bit = 0; bit < 8; bit++) {
                bytes.ptr[at] = (char)(bytes.ptr[at] ^ 1 << bit);
                left = buf_str(&bytes);
                if (manifest_decode(&left, &o, &e)) {
                    again.len = 0;
                    assert_true(manifest_encode(&o, &again, &e));
                    if (!str_eq(str_first(buf_str(&bytes), bytes.len - left.len), buf_str(&again)))
                        fail_msg("%s: bit %u of byte %zu", cases[i].name, bit, at);
                }
                bytes.ptr[at] = (char)(bytes.ptr[at] ^ 1 << bit);
            }
    }
    buf_free(&bytes);
    buf_free(&again);
}

static void bounds(void **state) {
    static char text[MANIFEST_TEXT_MAX + 1];
    static uint64_t numbers[MANIFEST_OPERATION_MAX / sizeof(uint64_t)];
    struct manifest_operation o = say_name(DO_NOTE, "");
    struct buf b = {0};
    struct err e = {0};
    (void)state;

    memset(text, 'x', sizeof text);
    o.lift.why = (str){text, MANIFEST_TEXT_MAX};
    assert_true(manifest_encode(&o, &b, &e));
    o.lift.why = (str){text, MANIFEST_TEXT_MAX + 1};
    assert_false(manifest_encode(&o, &b, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    o = (struct manifest_operation){.what = DO_RUN_END, .run_end = {numbers, COUNT(numbers) - 65536 / 8}};
    assert_true(manifest_encode(&o, &b, &e));
    o.run_end.count++;
    assert_false(manifest_encode(&o, &b, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    o = (struct manifest_operation){.what = DO_REMOVED,
                                    .removed = {{numbers, COUNT(numbers) - 1}, {numbers, COUNT(numbers) - 1}}};
    assert_false(manifest_encode(&o, &b, &e));
    buf_free(&b);

    struct manifest *const m = made();

    for (unsigned i = 1; i < MANIFEST_NAMED_MAX; i++) { /* one is there */
        char name[16];

        snprintf(name, sizeof name, "H%u", i);
        APPLY(m, 7, say_hold(name, "none", INSTANT_NONE, INSTANT_NONE, NO_NUMBERS));
    }
    o = say_hold("H", "none", INSTANT_NONE, INSTANT_NONE, NO_NUMBERS);
    assert_false(manifest_apply(m, &o, 7, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    manifest_free(m);
}

/* ---- states ---- */

static void what_a_state_says(void **state) {
    struct manifest *const m = made();
    const struct manifest_segment *s;
    size_t count;
    struct err e = {0};
    uint8_t bytes[SHA256_SIZE];
    (void)state;

    assert_int_equal(manifest_sequence(m), 6);
    assert_true(manifest_at(m) == AT(2024, 1, 6));
    assert_int_equal(manifest_id(m)[2], 3);
    assert_int_equal(manifest_live_count(m), 4); /* 3, 4, 5, 6 */
    assert_int_equal(manifest_live_rows(m), 30 + 40 + 50 + 30);
    assert_int_equal(manifest_live_bytes(m), 103 + 104 + 105 + 106);
    assert_int_equal(manifest_next_segment(m), 7);
    assert_int_equal(manifest_next_run(m), 3);
    s = manifest_segments(m, &count);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(s[i].number, i + 1);
    s = manifest_segment(m, 2);
    assert_int_equal(s->added, 2);
    assert_int_equal(s->ended, 4);
    assert_int_equal(s->end, END_COMPACTED);
    assert_true(s->added_at == AT(2024, 1, 2) && s->ended_at == AT(2024, 1, 4));
    assert_true(str_eq(manifest_family(m, s->family), S("m365")));
    assert_int_equal(manifest_families(m), 3);
    assert_null(manifest_segment(m, 0));
    assert_null(manifest_segment(m, 7));
    assert_int_equal(manifest_run(m, 1)->ended, 6);
    assert_int_equal(manifest_run(m, 2)->ended, 0);
    assert_null(manifest_run(m, 3));
    assert_int_equal(manifest_label(m, S("before"))->sequence, 3);
    assert_null(manifest_label(m, S("after")));
    assert_true(str_eq(manifest_held(m, manifest_segment(m, 5))->name, S("CASE-1")));
    assert_null(manifest_held(m, manifest_segment(m, 3)));
    /* In snapshot 3: 1 to 5, and not 6. */
    for (uint64_t n = 1; n <= 6; n++)
        assert_int_equal(manifest_kept(m, manifest_segment(m, n)) != NULL, n <= 5);

    memset(bytes, 6, sizeof bytes);
    assert_true(manifest_of_bytes(m, bytes, &s, &e));
    assert_int_equal(s->number, 6);
    memset(bytes, 1, sizeof bytes); /* ended: the same bytes may come again */
    assert_true(manifest_of_bytes(m, bytes, &s, &e));
    assert_null(s);
    struct manifest_operation again = say_add(7, "m365", AT(2021, 3, 1), 10);

    memset(again.add.segment.sha256, 1, SHA256_SIZE);
    apply(m, 7, &again);
    assert_true(manifest_of_bytes(m, bytes, &s, &e));
    assert_int_equal(s->number, 7);
    memset(bytes, 99, sizeof bytes);
    assert_true(manifest_of_bytes(m, bytes, &s, &e));
    assert_null(s);
    manifest_free(m);
}

/* Rows are the same before and after, or it does not happen; a hold goes with what it holds. */
static void replacing(void **state) {
    struct manifest *const m = made();
    struct manifest_operation o;
    struct err e = {0};
    (void)state;

    APPLY(m, 7, say_hold("SOME", "", INSTANT_NONE, INSTANT_NONE, NUMBERS(3)));
    APPLY(m, 8, say_add(7, "windows", AT(2021, 4, 1), 69));
    o = say_end(END_COMPACTED, NUMBERS(3, 4), NUMBERS(7), "");
    assert_false(manifest_apply(m, &o, 8, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "70 rows were to be replaced by 69"));
    APPLY(m, 8, say_add(8, "windows", INSTANT_NONE, 1));
    APPLY(m, 8, say_end(END_COMPACTED, NUMBERS(3, 4), NUMBERS(7, 8), ""));
    assert_true(str_eq(manifest_held(m, manifest_segment(m, 3))->name, S("SOME")));
    assert_null(manifest_held(m, manifest_segment(m, 4)));
    assert_non_null(manifest_held(m, manifest_segment(m, 7)));
    assert_non_null(manifest_held(m, manifest_segment(m, 8)));
    o = say_end(END_WITHDRAWN, NUMBERS(7), NO_NUMBERS, "");
    assert_false(manifest_apply(m, &o, 9, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_non_null(strstr(e.text, "SOME"));
    /* What was added a moment ago is not ended in the same record. */
    APPLY(m, 9, say_name(DO_LIFT, "SOME"));
    APPLY(m, 9, say_add(9, "windows", INSTANT_NONE, 1));
    o = say_end(END_WITHDRAWN, NUMBERS(9), NO_NUMBERS, "");
    assert_false(manifest_apply(m, &o, 9, &e));
    manifest_free(m);
}

static void erasing(void **state) {
    struct manifest *const m = made();
    struct manifest_operation o;
    struct err e = {0};
    (void)state;

    APPLY(m, 7, say_add(7, "windows", AT(2021, 4, 1), 30));
    APPLY(m, 7, say_end(END_ERASED, NUMBERS(3), NUMBERS(7), ""));
    o = say_erasure(3, 6); /* not of this record */
    assert_false(manifest_apply(m, &o, 7, &e));
    o = say_erasure(3, 7);
    o.erasure.old_sha256[0] ^= 1;
    assert_false(manifest_apply(m, &o, 7, &e));
    o = say_erasure(3, 7);
    o.erasure.new_sha256[31] ^= 1;
    assert_false(manifest_apply(m, &o, 7, &e));
    APPLY(m, 7, say_erasure(3, 7));
    assert_int_equal(manifest_erasures(m), 1);
    o = say_erasure(3, 7); /* later it is too late */
    assert_false(manifest_apply(m, &o, 8, &e));
    APPLY(m, 8, say_end(END_ERASED, NUMBERS(4), NO_NUMBERS, ""));
    APPLY(m, 8, say_erasure(4, 0));
    assert_int_equal(manifest_erasures(m), 2);
    manifest_free(m);
}

static const struct {
    const char *name, *family;
    int64_t from, to; /* days of 2021, or INSTANT_NONE */
    uint64_t segment; /* of made() */
    bool covers;
} holds[] = {
    {"all", "", INSTANT_NONE, INSTANT_NONE, 3, true},
    {"its family", "windows", INSTANT_NONE, INSTANT_NONE, 3, true},
    {"another's", "m365", INSTANT_NONE, INSTANT_NONE, 3, false},
    {"from its first moment", "", 90, INSTANT_NONE, 3, true}, /* 1 April */
    {"from its last day on", "", 90, 91, 3, true},
    {"until its first moment", "", INSTANT_NONE, 90, 3, false},
    {"until a day later", "", INSTANT_NONE, 91, 3, true},
    {"from behind it", "", 91, INSTANT_NONE, 3, false},
    {"a year before", "", 0, 59, 3, false},
    {"undated is in every period", "", 0, 1, 4, true},
    {"but not in every family", "calls", 0, 1, 4, false},
};

static void what_a_hold_covers(void **state) {
    struct manifest *const m = made();
    (void)state;

    for (size_t i = 0; i < COUNT(holds); i++) {
        int64_t const year = AT(2021, 1, 1);
        struct manifest_hold const h = {.family = str_of(holds[i].family),
                                        .from =
                                            holds[i].from == INSTANT_NONE ? INSTANT_NONE : year + holds[i].from * DAY,
                                        .to = holds[i].to == INSTANT_NONE ? INSTANT_NONE : year + holds[i].to * DAY};
        const struct manifest_segment *const s = manifest_segment(m, holds[i].segment);

        if (manifest_hold_covers(&h, s, manifest_family(m, s->family)) != holds[i].covers)
            fail_msg("%s", holds[i].name);
    }
    manifest_free(m);
}

/* ---- restated ---- */

static void same(const struct manifest *a, const struct manifest *b) {
    uint8_t one_hash[SHA256_SIZE], other[SHA256_SIZE];
    struct err e = {0};

    assert_true(manifest_digest(a, one_hash, &e) && manifest_digest(b, other, &e));
    assert_memory_equal(one_hash, other, sizeof other);
    assert_int_equal(manifest_live_count(a), manifest_live_count(b));
    assert_int_equal(manifest_live_rows(a), manifest_live_rows(b));
    assert_int_equal(manifest_live_bytes(a), manifest_live_bytes(b));
    assert_int_equal(manifest_sequence(a), manifest_sequence(b));
    assert_true(manifest_at(a) == manifest_at(b) && manifest_latest(a) == manifest_latest(b));
}

static struct manifest *restated(const struct manifest *m) {
    struct manifest *const again = manifest_new();
    struct buf b = {0};
    uint64_t count;
    struct err e = {0};

    assert_non_null(again);
    assert_true(manifest_restate(m, &b, &count, &e));
    if (!manifest_restore(again, buf_str(&b), count, &e))
        fail_msg("%s", e.text);
    buf_free(&b);
    return again;
}

#define ONE(number) ((struct manifest_numbers){&(number), 1})

/* Random operations, many of which are refused: after each record the state restated is the same, and goes on the same. */
static void restated_is_the_same(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct manifest *m = made(), *other = restated(m);
        uint64_t taken = 0, random = seed * 0x9e3779b97f4a7c15u;

        for (uint64_t sequence = 7; sequence < 60; sequence++) {
            for (unsigned i = 0; i < 6; i++) {
                struct manifest_operation o = {0};
                struct err e = {0}, e2 = {0};
                uint64_t const next = manifest_next_segment(m);
                char name[8];

                random = random * 6364136223846793005u + 1442695040888963407u;
                uint64_t const r = random >> 33, number = 1 + r / 64 % next, range[] = {1, number},
                               run = 1 + r / 64 % manifest_next_run(m);

                snprintf(name, sizeof name, "N%llu", (unsigned long long)(r / 64 % 5));
                switch (r % 12) {
                case 0:
                case 1:
                case 2:
                    o = say_add(next, r / 64 % 2 ? "m365" : "dns",
                                r / 128 % 4 ? AT(2020, 1, 1) + (int64_t)(r / 512 % 900) * DAY : INSTANT_NONE, r % 100);
                    break;
                case 3:
                    o = say_end(END_WITHDRAWN, ONE(number), NO_NUMBERS, "");
                    break;
                case 4:
                    o = say_end(END_EXPIRED, ONE(number), NO_NUMBERS, "two years");
                    break;
                case 5: /* compacted: as many rows */
                    if (manifest_segment(m, number)) {
                        o = say_add(next, "m365", AT(2021, 5, 1), manifest_segment(m, number)->rows);
                        assert_int_equal(manifest_apply(m, &o, sequence, &e), manifest_apply(other, &o, sequence, &e2));
                    }
                    o = say_end(END_COMPACTED, ONE(number), ONE(next), "");
                    break;
                case 6:
                    o = (struct manifest_operation){.what = DO_REMOVED, .removed.segments = ONE(number)};
                    break;
                case 7:
                    o = say_hold(name, r / 512 % 2 ? "dns" : "", INSTANT_NONE, AT(2020, 6, 1),
                                 r / 1024 % 2 ? ONE(number) : NO_NUMBERS);
                    break;
                case 8:
                    o = say_name(DO_LIFT, name);
                    break;
                case 9:
                    o = r / 1024 % 2 ? say_label(name, 1 + r / 64 % sequence, r / 512 % 2)
                                     : say_name(DO_LABEL_END, name);
                    break;
                case 10:
                    o = r / 1024 % 2 ? say_policy(name, "dns", 1 + (uint32_t)(r % 99), r / 512 % 2)
                                     : say_name(DO_POLICY_END, name);
                    break;
                default:
                    o = r / 1024 % 2 ? say_run(manifest_next_run(m), ((struct manifest_numbers){range, 2}))
                                     : (struct manifest_operation){.what = DO_RUN_END, .run_end = ONE(run)};
                    break;
                }
                bool const ok = manifest_apply(m, &o, sequence, &e);

                taken += ok;
                /* Who was restated knows nothing of what is gone, and says so in other words; yes and no are the same. */
                assert_int_equal(manifest_apply(other, &o, sequence, &e2), ok);
                assert_int_equal(e.code, e2.code);
            }
            manifest_record_end(m, sequence, AT(2024, 2, 1) + (int64_t)(random >> 60) * DAY);
            manifest_record_end(other, sequence, manifest_at(m));
            same(m, other);
            if (sequence % 5 == 0) {
                struct manifest *const again = restated(other);

                manifest_free(other);
                other = again;
                same(m, other);
            }
        }
        assert_true(taken > 100);
        manifest_free(m);
        manifest_free(other);
    }
}

/* Any bit of a restated state: refused, or a state that was written otherwise; never a crash. Whether it is the right one, a hash says. */
static void restated_and_damaged(void **state) {
    struct manifest *const m = made();
    struct buf b = {0};
    uint64_t count;
    struct err e = {0};
    (void)state;

    assert_true(manifest_restate(m, &b, &count, &e));
    for (size_t cut = 0; cut < b.len; cut++) {
        struct manifest *const other = manifest_new();

        assert_false(manifest_restore(other, str_first(buf_str(&b), cut), count, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        manifest_free(other);
    }
    for (size_t bit = 0; bit < 8 * b.len; bit++) {
        struct manifest *const other = manifest_new();
        uint8_t hash[SHA256_SIZE], was[SHA256_SIZE];

        b.ptr[bit / 8] = (char)(b.ptr[bit / 8] ^ 1 << bit % 8);
        if (manifest_restore(other, buf_str(&b), count, &e)) {
            assert_true(manifest_digest(other, hash, &e) && manifest_digest(m, was, &e));
            if (memcmp(hash, was, sizeof was) == 0)
                fail_msg("bit %zu of byte %zu says nothing", bit % 8, bit / 8);
        } else {
            assert_int_equal(e.code, ERR_CORRUPT);
        }
        b.ptr[bit / 8] = (char)(b.ptr[bit / 8] ^ 1 << bit % 8);
        manifest_free(other);
    }
    struct manifest *const other = manifest_new();

    assert_false(manifest_restore(other, buf_str(&b), count + 1, &e));
    manifest_free(other);
    manifest_free(m);
    buf_free(&b);
}

/* Memory that runs out at any request: ERR_MEMORY, and the state is still of use. */
static void memory_runs_out(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
    for (size_t i = 0; i < COUNT(cases); i++)
        for (long left = 0; cases[i].code == ERR_NONE; left++) {
            struct manifest *const m = made();
            struct buf before = {0}, after = {0};
            struct err e = {0};

            shown(m, &before);
            memory_gone_for_good = true;
            memory_left = left;
            bool const ok = manifest_apply(m, &cases[i].o, 7, &e);

            memory_left = -1;
            if (!ok) {
                assert_int_equal(e.code, ERR_MEMORY);
                assert_true(str_eq(shown(m, &after), buf_str(&before)));
            }
            manifest_free(m);
            buf_free(&before);
            buf_free(&after);
            if (ok)
                break;
        }
    for (long left = 0;; left++) {
        struct manifest *const m = made(), *const other = manifest_new();
        struct buf b = {0}, again = {0};
        uint64_t count, count2;
        struct err e = {0};

        assert_true(manifest_restate(m, &b, &count, &e));
        memory_left = left;
        bool const ok = manifest_restore(other, buf_str(&b), count, &e) && manifest_restate(other, &again, &count2, &e);

        memory_left = -1;
        if (ok)
            assert_true(str_eq(buf_str(&b), buf_str(&again)));
        else
            assert_int_equal(e.code, ERR_MEMORY);
        manifest_free(m);
        manifest_free(other);
        buf_free(&b);
        buf_free(&again);
        if (ok)
            break;
    }
    memory_gone_for_good = false;
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(each_is_taken_or_refused),
        cmocka_unit_test(bytes_and_back),
        cmocka_unit_test(bounds),
        cmocka_unit_test(what_a_state_says),
        cmocka_unit_test(replacing),
        cmocka_unit_test(erasing),
        cmocka_unit_test(what_a_hold_covers),
        cmocka_unit_test(restated_is_the_same),
        cmocka_unit_test(restated_and_damaged),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
