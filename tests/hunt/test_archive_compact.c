/* test_archive_compact: which segments become one: of a family and a month, and, where policies count from their adding, of a month of adding, so that nothing is kept for
 * years because something younger came to lie beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "../archive/archive_say.h"
#include "../folder.h"
#include "hunt/archive_care.h"

#define HERE "archive"
#define NOW AT(2024, 6, 1)

struct told {
    uint64_t groups, segments;
};

static bool on_group(void *ctx, int32_t month, str family, uint64_t segments, uint64_t rows, uint64_t bytes,
                     struct err *e) {
    struct told *const t = ctx;

    (void)month;
    (void)family;
    (void)rows;
    (void)bytes;
    (void)e;
    t->groups++;
    t->segments += segments;
    return true;
}

static void put(struct vault *v, unsigned number, int64_t event, int64_t added) {
    struct manifest_operation const o = say_add(number, "", event, 1);
    struct manifest_segment about = o.add.segment;
    struct vault_part *p;
    uint64_t got;
    struct err e = {0};
    int fd;

    assert_true(vault_part_new(v, &p, &fd, &e));
    about.length = (uint64_t)dprintf(fd, "segment %u", number);
    if (!vault_add(v, p, &about, S("f"), &got, NULL, &e) || !vault_commit(v, added, &e))
        fail_msg("%s", e.text);
}

static void what_becomes_one(void **state) {
    enum { NONE = 0, FROM_EVENT, FROM_ADDED };
    static const struct {
        const char *name;
        struct {
            unsigned event, added; /* months since January of 2020, from 1; event 0: no times */
        } segments[6];
        int policy;
        uint64_t groups, in; /* of two or more; segments in these */
    } cases[] = {
        {"of one month", {{1, 1}, {1, 2}, {1, 9}}, NONE, 1, 3},
        {"of several months", {{1, 9}, {2, 9}, {1, 9}, {2, 9}, {3, 9}}, NONE, 2, 4},
        {"without times, of one month of adding", {{0, 2}, {0, 2}, {0, 2}}, NONE, 1, 3},
        {"without times, of several months of adding", {{0, 2}, {0, 2}, {0, 3}, {0, 4}, {0, 4}}, NONE, 2, 4},
        {"without times, each of another", {{0, 2}, {0, 3}, {0, 4}}, NONE, 0, 0},
        {"events of the future", {{20, 2}, {20, 2}, {20, 3}, {20, 21}, {20, 22}}, NONE, 2, 4},
        {"late evidence", {{1, 2}, {1, 9}, {1, 20}}, FROM_EVENT, 1, 3},
        {"late evidence, counted from its adding", {{1, 2}, {1, 9}, {1, 20}}, FROM_ADDED, 0, 0},
        {"and of one month of adding", {{1, 2}, {1, 2}, {1, 20}, {1, 20}}, FROM_ADDED, 2, 4},
    };
    struct fields *const fields = fields_new();
    struct kinds *kinds;
    struct err e = {0};

    (void)state;
    assert_true(fields && kinds_new(&kinds, fields, &e) && kinds_seal(kinds, &e));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct told told = {0};
        struct compact_options const o = {.month = INT32_MAX, .group = on_group};
        struct archive_care const care = {.archive = HERE,
                                          .fields = fields,
                                          .kinds = kinds,
                                          .latest = INSTANT_NONE,
                                          .zone = S(""),
                                          .now = NOW,
                                          .dry = true,
                                          .ctx = &told};
        struct manifest_operation const policy = say_policy("one", "f", 365, cases[i].policy == FROM_ADDED);
        struct compact_result r;
        struct vault *v;

        assert_int_equal(system("rm -rf " HERE), 0);
        assert_true(vault_create(HERE, S(""), S(""), AT(2020, 1, 1), &e) &&
                    vault_open_writer(&v, HERE, NULL, AT(2020, 1, 1), NULL, NULL, &e));
        for (unsigned n = 0; n < COUNT(cases[i].segments) && cases[i].segments[n].added; n++) {
            unsigned const event = cases[i].segments[n].event, added = cases[i].segments[n].added - 1;

            put(v, n + 1, event ? AT(2020 + (event - 1) / 12, (event - 1) % 12 + 1, 3) : INSTANT_NONE,
                AT(2020 + added / 12, added % 12 + 1, 5 + n));
        }
        if (cases[i].policy != NONE && (!vault_do(v, &policy, &e) || !vault_commit(v, NOW, &e)))
            fail_msg("%s", e.text);
        vault_close(v);
        if (!archive_compact(&care, &o, &r, &e))
            fail_msg("%s: %s", cases[i].name, e.text);
        if (told.groups != cases[i].groups || told.segments != cases[i].in)
            fail_msg("%s: %lu segments in %lu groups", cases[i].name, (unsigned long)told.segments,
                     (unsigned long)told.groups);
    }
    kinds_free(kinds);
    fields_free(fields);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_becomes_one, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
