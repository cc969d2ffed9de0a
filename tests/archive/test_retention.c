/* test_retention: what may go and what keeps it, in tables; a clock that is wrong decides nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive/retention.h"
#include "archive_say.h"

static void apply(struct manifest *m, uint64_t sequence, const struct manifest_operation *o) {
    struct err e = {0};

    if (!manifest_apply(m, o, sequence, &e))
        fail_msg("%s", e.text);
}
#define APPLY(m, sequence, ...)                                                                                        \
    do {                                                                                                               \
        struct manifest_operation const o_ = __VA_ARGS__;                                                              \
        apply(m, sequence, &o_);                                                                                       \
    } while (0)

#define NOW AT(2024, 1, 1)
#define NEVER INSTANT_NONE

/* One segment, one hold, two policies; what becomes of it at NOW. Days: 0 is no policy. */
static const struct {
    const char *name;
    const char *family;         /* of the segment */
    int event, added;           /* days before NOW: of its last event (-1: no times), of its adding */
    const char *policy, *other; /* families that they name */
    uint32_t days, other_days;
    bool from_added, other_from_added;
    const char *held; /* family that is held; NULL: no hold */
    enum retention_verdict verdict;
    int due;        /* days before NOW; 1000000: never */
    const char *by; /* name of the policy that decides */
} plans[] = {
    {"no policy", "m365", 9000, 1, "", "", 0, 0, false, false, NULL, RETENTION_KEEP, 1000000, NULL},
    {"young", "m365", 100, 1, "", "", 365, 0, false, false, NULL, RETENTION_KEEP, -265, "one"},
    {"due today", "m365", 365, 300, "", "", 365, 0, false, false, NULL, RETENTION_GO, 0, "one"},
    {"due tomorrow", "m365", 364, 300, "", "", 365, 0, false, false, NULL, RETENTION_KEEP, -1, "one"},
    {"old", "m365", 1000, 900, "", "", 365, 0, false, false, NULL, RETENTION_GO, 635, "one"},
    {"old, and held", "m365", 1000, 900, "", "", 365, 0, false, false, "", RETENTION_HELD, 635, "one"},
    {"old, and its family held", "m365", 1000, 900, "", "", 365, 0, false, false, "m365", RETENTION_HELD, 635, "one"},
    {"old, and another family held", "m365", 1000, 900, "", "", 365, 0, false, false, "dns", RETENTION_GO, 635, "one"},
    {"young, and held", "m365", 100, 1, "", "", 365, 0, false, false, "", RETENTION_KEEP, -265, "one"},
    {"a policy of another family", "m365", 1000, 900, "dns", "", 365, 0, false, false, NULL, RETENTION_KEEP, 1000000,
     NULL},
    {"a policy of its own", "m365", 1000, 900, "m365", "", 365, 0, false, false, NULL, RETENTION_GO, 635, "one"},
    {"its own is longer than that for all", "m365", 1000, 900, "m365", "", 3650, 365, false, false, NULL,
     RETENTION_KEEP, -2650, "one"},
    {"its own is shorter than that for all", "m365", 1000, 900, "m365", "", 365, 3650, false, false, NULL, RETENTION_GO,
     635, "one"},
    {"of two for all the longer", "m365", 1000, 900, "", "", 365, 730, false, false, NULL, RETENTION_GO, 270, "two"},
    {"of two of its own the longer", "m365", 1000, 900, "m365", "m365", 2000, 730, false, false, NULL, RETENTION_KEEP,
     -1000, "one"},
    {"late evidence: counted from its adding", "m365", 4000, 10, "", "", 365, 0, true, false, NULL, RETENTION_KEEP,
     -355, "one"},
    {"late evidence: counted from its events", "m365", 4000, 10, "", "", 365, 0, false, false, NULL, RETENTION_GO, 3635,
     "one"},
    {"without times: counted from its adding", "m365", -1, 400, "", "", 365, 0, false, false, NULL, RETENTION_GO, 35,
     "one"},
    {"without times, and young", "m365", -1, 300, "", "", 365, 0, false, false, NULL, RETENTION_KEEP, -65, "one"},
    {"events of the future: counted from its adding", "m365", -5000, 400, "", "", 365, 0, false, false, NULL,
     RETENTION_GO, 35, "one"},
    {"a policy beyond all instants", "m365", 1000, 900, "", "", UINT32_MAX, 0, false, false, NULL, RETENTION_KEEP,
     999999, "one"},
    {"no family at all", "", 1000, 900, "", "dns", 365, 1, false, false, NULL, RETENTION_GO, 635, "one"},
};

static void what_may_go(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(plans); i++) {
        struct manifest *const m = manifest_new();
        struct manifest_operation add =
            say_add(1, plans[i].family, plans[i].event == -1 ? INSTANT_NONE : NOW - plans[i].event * DAY, 1);
        struct retention_row row;
        uint64_t go, held;
        struct err e = {0};

        add.add.segment.last = add.add.segment.first;
        APPLY(m, 1, say_begin());
        apply(m, 1, &add);
        manifest_record_end(m, 1, NOW - plans[i].added * DAY);
        if (plans[i].days)
            APPLY(m, 2, say_policy("one", plans[i].policy, plans[i].days, plans[i].from_added));
        if (plans[i].other_days)
            APPLY(m, 2, say_policy("two", plans[i].other, plans[i].other_days, plans[i].other_from_added));
        if (plans[i].held)
            APPLY(m, 2, say_hold("CASE", plans[i].held, INSTANT_NONE, INSTANT_NONE, NO_NUMBERS));
        manifest_record_end(m, 2, NOW - plans[i].added * DAY);
        assert_true(retention_plan(m, NOW, &row, &go, &held, &e));
        int64_t const due = plans[i].due == 1000000  ? NEVER
                            : plans[i].due == 999999 ? INT64_MAX
                                                     : NOW - plans[i].due * DAY;

        if (row.verdict != plans[i].verdict || row.due != due || go != (plans[i].verdict == RETENTION_GO) ||
            held != (plans[i].verdict == RETENTION_HELD) ||
            (row.hold != NULL) != (plans[i].verdict == RETENTION_HELD) ||
            !str_eq(row.policy ? row.policy->name : S(""), str_of(plans[i].by)) || row.segment->number != 1)
            fail_msg("%s", plans[i].name);
        if (row.verdict == RETENTION_GO) { /* what may go can go, and what is held cannot */
            struct manifest_operation end = say_end(END_EXPIRED, NUMBERS(1), NO_NUMBERS, "");

            end.end.policy = row.policy->name;
            apply(m, 3, &end);
        } else if (row.verdict == RETENTION_HELD) {
            struct manifest_operation const end = say_end(END_EXPIRED, NUMBERS(1), NO_NUMBERS, "one");

            assert_false(manifest_apply(m, &end, 3, &e));
            assert_int_equal(e.code, ERR_REFUSED);
        }
        manifest_free(m);
    }
}

/* Two segments, and what replaces both. All in days before NOW; last: -1: no times; a lead before NOW is negative but for that. */
static const struct {
    const char *name;
    struct {
        int last, added;
    } olds[2];
    uint32_t days;
    bool from_added;
    int due[2]; /* of each by itself */
    int after;  /* of what replaces them: never before either, and not counted from the day of its writing */
} replacing[] = {
    {"counted from their events", {{400, 300}, {390, 200}}, 365, false, {35, 25}, 25},
    {"counted from their adding", {{4000, 300}, {3990, 290}}, 365, true, {-65, -75}, -75},
    {"the newer first", {{4000, 290}, {3990, 300}}, 365, true, {-75, -65}, -75},
    {"both due", {{4000, 900}, {3990, 890}}, 365, true, {535, 525}, 525},
    {"without times", {{-1, 500}, {-1, 480}}, 365, false, {135, 115}, 115},
    {"events of the future", {{-300, 500}, {-310, 490}}, 365, false, {135, 125}, 125},
    {"of the future when one was added", {{450, 500}, {440, 430}}, 365, false, {135, 75}, 75},
};

static void retention_does_not_begin_anew(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(replacing); i++)
        for (unsigned erased = 0; erased < 2; erased++) {
            struct manifest *const m = manifest_new(), *const restored = manifest_new();
            struct retention_row row;
            struct buf state_bytes = {0};
            uint64_t count;
            struct err e = {0};

            APPLY(m, 1, say_begin());
            APPLY(m, 1, say_policy("one", "", replacing[i].days, replacing[i].from_added));
            manifest_record_end(m, 1, NOW - 5000 * DAY);
            for (uint64_t n = 1; n <= 2; n++) {
                int const last = replacing[i].olds[n - 1].last;
                struct manifest_operation add = say_add(n, "m365", last == -1 ? INSTANT_NONE : NOW - last * DAY, 1);

                add.add.segment.last = add.add.segment.first;
                apply(m, 1 + n, &add);
                manifest_record_end(m, 1 + n, NOW - replacing[i].olds[n - 1].added * DAY);
                retention_of(m, manifest_segment(m, n), NOW, &row);
                if (row.due != NOW - replacing[i].due[n - 1] * DAY)
                    fail_msg("%s: the %luth", replacing[i].name, (unsigned long)n);
            }
            struct manifest_operation add = say_add(3, "m365", INSTANT_NONE, 2);

            add.add.segment.first = manifest_segment(m, 1)->first;
            add.add.segment.last = manifest_segment(m, 2)->last;
            if (add.add.segment.first > add.add.segment.last) {
                add.add.segment.first = manifest_segment(m, 2)->first;
                add.add.segment.last = manifest_segment(m, 1)->last;
            }
            add.add.segment.month = manifest_segment(m, 1)->month;
            apply(m, 4, &add);
            APPLY(m, 4, say_end(erased ? END_ERASED : END_COMPACTED, NUMBERS(1, 2), NUMBERS(3), ""));
            manifest_record_end(m, 4, NOW - DAY);
            /* Once more, and through a state that is restated. */
            add.add.segment.number = 4;
            memset(add.add.segment.sha256, 4, SHA256_SIZE);
            apply(m, 5, &add);
            APPLY(m, 5, say_end(erased ? END_COMPACTED : END_ERASED, NUMBERS(3), NUMBERS(4), ""));
            manifest_record_end(m, 5, NOW);
            assert_true(manifest_restate(m, &state_bytes, &count, &e) &&
                        manifest_restore(restored, buf_str(&state_bytes), count, &e));
            const struct manifest *const states[] = {m, restored};

            for (size_t k = 0; k < COUNT(states); k++)
                for (uint64_t n = 3; n <= 4; n++) {
                    retention_of(states[k], manifest_segment(states[k], n), NOW, &row);
                    if (row.due != NOW - replacing[i].after * DAY)
                        fail_msg("%s%s: segment %lu is due %ld days before", replacing[i].name, k ? ", restored" : "",
                                 (unsigned long)n, (long)((NOW - row.due) / DAY));
                }
            buf_free(&state_bytes);
            manifest_free(m);
            manifest_free(restored);
        }
}

static const struct {
    const char *name;
    int ended; /* days before NOW */
    int grace; /* days */
    bool held, kept, kept_before,
        kept_after; /* a hold; a kept label of a snapshot with it, before it came, after it ended */
    enum removal_verdict verdict;
} removals[] = {
    {"past its grace", 8, 7, false, false, false, false, REMOVAL_GO},
    {"on the last day of grace", 7, 7, false, false, false, false, REMOVAL_GO},
    {"in grace", 6, 7, false, false, false, false, REMOVAL_GRACE},
    {"no grace at all", 0, 0, false, false, false, false, REMOVAL_GO},
    {"held", 800, 7, true, false, false, false, REMOVAL_HELD},
    {"in a kept snapshot", 800, 7, false, true, false, false, REMOVAL_KEPT},
    {"held, kept and in grace", 0, 7, true, true, false, false, REMOVAL_HELD},
    {"kept and in grace", 0, 7, false, true, false, false, REMOVAL_KEPT},
    {"not in the snapshots that are kept", 800, 7, false, false, true, true, REMOVAL_GO},
    {"a grace beyond all instants", 800, 106751, false, false, false, false, REMOVAL_GRACE},
};

static void which_files_may_go(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(removals); i++) {
        struct manifest *const m = manifest_new();
        struct removal_row rows[2];
        size_t go;
        struct err e = {0};

        APPLY(m, 1, say_begin());
        manifest_record_end(m, 1, NOW - 900 * DAY);
        APPLY(m, 2, say_add(1, "m365", AT(2020, 1, 1), 10));
        APPLY(m, 2, say_add(2, "m365", AT(2020, 1, 1), 10));
        APPLY(m, 2, say_run(1, NUMBERS(1, 2)));
        manifest_record_end(m, 2, NOW - 900 * DAY);
        assert_int_equal(removal_count(m), 0);
        if (removals[i].held)
            APPLY(m, 3, say_hold("CASE", "", INSTANT_NONE, INSTANT_NONE, NUMBERS(1)));
        if (removals[i].kept)
            APPLY(m, 3, say_label("with it", 2, true));
        if (removals[i].kept_before)
            APPLY(m, 3, say_label("before it", 1, true));
        APPLY(m, 3, say_label("of no weight", 2, false));
        APPLY(m, 3, say_add(3, "m365", AT(2020, 1, 1), 10));
        APPLY(m, 3, say_end(END_COMPACTED, NUMBERS(1), NUMBERS(3), ""));
        APPLY(m, 3, {.what = DO_RUN_END, .run_end = NUMBERS(1)});
        if (removals[i].kept_after)
            APPLY(m, 3, say_label("after it", 3, true));
        manifest_record_end(m, 3, NOW - removals[i].ended * DAY);
        assert_int_equal(removal_count(m), 2);
        assert_true(removal_plan(m, NOW, removals[i].grace * DAY, rows, &go, &e));
        if (rows[0].verdict != removals[i].verdict || rows[0].segment->number != 1 ||
            (rows[0].hold != NULL) != (removals[i].held) || (rows[0].label != NULL) != removals[i].kept)
            fail_msg("%s", removals[i].name);
        /* An index run is held by nothing, and has its grace. */
        bool const grace = removals[i].grace > removals[i].ended;

        if (rows[1].run->number != 1 || rows[1].segment || rows[1].verdict != (grace ? REMOVAL_GRACE : REMOVAL_GO) ||
            go != (size_t)(rows[0].verdict == REMOVAL_GO) + (size_t)(rows[1].verdict == REMOVAL_GO))
            fail_msg("%s: the run", removals[i].name);
        /* What the plan says is what the manifest takes; grace is the plan's alone. */
        struct manifest_operation const o = {.what = DO_REMOVED, .removed.segments = NUMBERS(1)};

        assert_int_equal(manifest_apply(m, &o, 4, &e),
                         removals[i].verdict == REMOVAL_GO || removals[i].verdict == REMOVAL_GRACE);
        manifest_free(m);
    }
}

static void a_clock_that_is_wrong(void **state) {
    struct manifest *const m = manifest_new();
    struct retention_row row;
    struct removal_row removal;
    uint64_t go, held;
    size_t files;
    struct err e = {0};
    (void)state;

    APPLY(m, 1, say_begin());
    APPLY(m, 1, say_add(1, "m365", AT(2010, 1, 1), 10));
    APPLY(m, 1, say_policy("one", "", 1, false));
    manifest_record_end(m, 1, NOW);
    APPLY(m, 2, say_name(DO_NOTE, ""));
    manifest_record_end(m, 2, NOW - 400 * DAY); /* set back already */
    assert_false(retention_plan(m, NOW - 1, &row, &go, &held, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_non_null(strstr(e.text, "2024-01-01"));
    assert_false(removal_plan(m, NOW - 1, 0, &removal, &files, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_true(retention_plan(m, NOW, &row, &go, &held, &e));
    assert_int_equal(go, 1);
    manifest_free(m);
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(what_may_go),
        cmocka_unit_test(retention_does_not_begin_anew),
        cmocka_unit_test(which_files_may_go),
        cmocka_unit_test(a_clock_that_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
