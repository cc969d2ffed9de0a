/* test_kind_reach: kinds and shapes that no record can be of are errors with file and line; those that can be are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/kind.h"

/* Two kinds: b with what `base` says on lines 2.., a extends b with `own`. error: behind "no record can be of `a`: ". */
static const struct {
    const char *name, *base, *own, *error;
} contradictions[] = {
    {"other field", "X: 1", "Y: 1", NULL},
    {"the same again", "X: 1", "X: 1", NULL},
    {"the same in other case", "X: Sys", "X: SYS", NULL},
    {"one of several", "X: [1, 2]", "X: 2", NULL},
    {"overlapping lists", "X: [1, 2]", "X: [2, 3]", NULL},
    {"starts and equals", "X: {starts: Mic}", "X: microsoft", NULL},
    {"starts and exactly that", "X: {starts: Mic}", "X: Mic", NULL},
    {"starts longer", "X: {starts: M}", "X: {starts: [Windows, micro]}", NULL},
    {"starts shorter", "X: {starts: [Windows, micro]}", "X: {starts: M}", NULL},
    {"present and a value", "X: {present: true}", "X: 1", NULL},
    {"present and starts", "X: {starts: a}", "X: {present: true}", NULL},
    {"present twice", "X: {present: true}", "X: {present: true}", NULL},
    {"absent twice", "X: {present: false}", "X: {present: false}", NULL},
    {"absent and another present", "X: {present: false}", "Y: {present: true}", NULL},
    {"the empty text is a value", "X: ''", "X: ['', 1]", NULL},
    {"another value", "X: 1", "X: 2", "what `X` must be here contradicts k.yml:3"},
    {"another value behind a good field", "Y: 1, X: 1", "Y: 1, X: 2", "what `X` must be here contradicts k.yml:3"},
    {"lists apart", "X: [1, 2]", "X: [3, 4]", "what `X` must be here contradicts k.yml:3"},
    {"equal but for a blank", "X: 'a'", "X: 'a '", "what `X` must be here contradicts k.yml:3"},
    {"starts against equals", "X: {starts: Mic}", "X: Linux", "what `X` must be here contradicts k.yml:3"},
    {"equals shorter than starts", "X: {starts: Mic}", "X: Mi", "what `X` must be here contradicts k.yml:3"},
    {"equals against starts", "X: Linux", "X: {starts: Mic}", "what `X` must be here contradicts k.yml:3"},
    {"starts apart", "X: {starts: ab}", "X: {starts: ac}", "what `X` must be here contradicts k.yml:3"},
    {"many starts apart", "X: {starts: [ab, b]}", "X: {starts: [ac, c]}", "what `X` must be here contradicts k.yml:3"},
    {"present and absent", "X: {present: true}", "X: {present: false}", "what `X` must be here contradicts k.yml:3"},
    {"absent and present", "X: {present: false}", "X: {present: true}", "what `X` must be here contradicts k.yml:3"},
    {"absent and a value", "X: {present: false}", "X: 1", "what `X` must be here contradicts k.yml:3"},
    {"a start and absent", "X: {starts: a}", "X: {present: false}", "what `X` must be here contradicts k.yml:3"},
    {"empty text and absent", "X: ''", "X: {present: false}", "what `X` must be here contradicts k.yml:3"},
    {"empty text and a start", "X: ''", "X: {starts: a}", "what `X` must be here contradicts k.yml:3"},
};

static void sealed(const char *name, const char *builtin, const char *user, const char *error, const char *hidden) {
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    struct err e = {0};
    bool ok;

    assert_true(kinds_new(&kinds, fields, &e));
    assert_true(kinds_load_text(kinds, S("in.yml"), str_of(builtin), true, &e));
    assert_true(kinds_load_text(kinds, S("k.yml"), str_of(user), false, &e));
    ok = kinds_seal(kinds, &e);
    if (ok != !error || (error && strcmp(e.text, error) != 0))
        fail_msg("%s: %s", name, ok ? "was taken" : e.text);
    if (!ok)
        assert_int_equal(e.code, ERR_USAGE);
    for (size_t i = 0; ok && i < kinds_count(kinds); i++) {
        const struct kind *const k = kinds_at(kinds, i);
        bool const wanted = hidden && str_eq(k->name, str_of(hidden));

        if (wanted != (k->hidden_by != NULL))
            fail_msg("%s: `%.*s` is%s hidden", name, STR_ARG(k->name), k->hidden_by ? "" : " not");
    }
    kinds_free(kinds);
    fields_free(fields);
}

static void conditions_must_hold_together(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(contradictions); i++) {
        char text[500], error[300];

        snprintf(text, sizeof text, "kind: b\nbase: true\nwhen: {%s}\n---\nkind: a\nextends: b\nwhen:\n  {%s}\n",
                 contradictions[i].base, contradictions[i].own);
        snprintf(error, sizeof error, "k.yml:8: no record can be of `a`: %s",
                 contradictions[i].error ? contradictions[i].error : "");
        sealed(contradictions[i].name, "", text, contradictions[i].error ? error : NULL, NULL);
    }
}

/* Every two agree, all three do not; the line is that of the third. */
static void three_must_hold_together(void **state) {
    (void)state;
    sealed("three", "",
           "kind: c\nwhen: {X: [1, 3]}\n---\nkind: b\nextends: c\nwhen: {X: [2, 3]}\n---\nkind: a\nextends: b\n"
           "when: {X: [1, 2]}\n",
           "k.yml:10: no record can be of `a`: what `X` must be here contradicts k.yml:2", NULL);
    /* Lines are those of the files the conditions stand in. */
    sealed("two files", "kind: b\nwhen:\n  X: 1\n", "kind: a\nextends: b\nwhen: {X: 2}\n",
           "k.yml:3: no record can be of `a`: what `X` must be here contradicts in.yml:3", NULL);
}

/* Built-in kinds, a user's kinds; error, or the built-in kind that a user's hides. */
static const struct {
    const char *name, *builtin, *user, *error, *hidden;
} orders[] = {
    {"apart", "", "kind: a\nwhen: {X: 1}\n---\nkind: b\nwhen: {X: 2}\n", NULL, NULL},
    {"a part of another", "", "kind: a\nwhen: {X: 1, Y: 1}\n---\nkind: b\nwhen: {X: 1}\n", NULL, NULL},
    {"presence alone comes last", "", "kind: a\nwhen: {X: {present: true}}\n---\nkind: b\nwhen: {X: 1}\n", NULL, NULL},
    {"one value less", "", "kind: a\nwhen: {X: 1}\n---\nkind: b\nwhen: {X: [1, 2]}\n", NULL, NULL},
    {"starts, longer last", "", "kind: a\nwhen: {X: {starts: abc}}\n---\nkind: b\nwhen: {X: {starts: ab}}\n", NULL,
     NULL},
    {"for another reader", "", "kind: a\nreader: evtx\nwhen: {X: 1}\n---\nkind: b\nreader: json\nwhen: {X: 1}\n", NULL,
     NULL},
    {"one reader, then all", "", "kind: a\nreader: evtx\nwhen: {X: 1}\n---\nkind: b\nwhen: {X: 1}\n", NULL, NULL},
    {"a user's before a built-in one", "kind: a\nwhen: {X: 1}\n", "kind: z\nwhen: {X: 1}\n", NULL, "a"},
    {"a user's takes more", "kind: a\nwhen: {X: 1}\n", "kind: z\nwhen: {X: [1, 2]}\n", NULL, "a"},
    {"a user's takes less", "kind: a\nwhen: {X: [1, 2]}\n", "kind: z\nwhen: {X: 1}\n", NULL, NULL},
    {"by the same name", "kind: a\nwhen: {X: 1}\n", "kind: a\nwhen: {X: 1}\n", NULL, NULL},
    {"absence apart", "",
     "kind: a\nwhen: {X: 1, Y: {present: false}}\n---\nkind: b\nwhen: {X: 1, Y: {present: true}}\n", NULL, NULL},
    {"the same twice", "", "kind: a\nwhen: {X: 1}\n---\nkind: b\nwhen: {X: 1}\n",
     "k.yml:4: no record can be of `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"the same in other case", "", "kind: a\nwhen: {X: sys}\n---\nkind: b\nwhen: {X: SYS}\n",
     "k.yml:4: no record can be of `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"presence twice", "", "kind: a\nwhen: {X: {present: true}}\n---\nkind: b\nwhen: {X: {present: true}}\n",
     "k.yml:4: no record can be of `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"one value of more, by name", "", "kind: a\nwhen: {X: [1, 2]}\n---\nkind: b\nwhen: {X: 1}\n",
     "k.yml:4: no record can be of `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"a value of a start, by name", "", "kind: a\nwhen: {X: {starts: a}}\n---\nkind: b\nwhen: {X: abc}\n",
     "k.yml:4: no record can be of `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"starts, shorter first", "", "kind: a\nwhen: {X: {starts: ab}}\n---\nkind: b\nwhen: {X: {starts: abc}}\n",
     "k.yml:4: no record can be of `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"for all readers first", "", "kind: a\nwhen: {X: 1}\n---\nkind: b\nreader: json\nwhen: {X: 1}\n",
     "k.yml:4: no record can be of `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"taken by a child", "",
     "kind: c\nwhen: {X: [1, 2]}\n---\nkind: a\nextends: c\nwhen: {X: 1}\n---\nkind: b\nwhen: {X: 1}\n",
     "k.yml:8: no record can be of `b`: `a` (k.yml:4) comes first and takes them all", NULL},
    {"a user's behind a built-in one", "kind: c\nwhen: {X: [1, 2]}\n---\nkind: a\nextends: c\nwhen: {X: 1}\n",
     "kind: b\nwhen: {X: 1}\n", "k.yml:1: no record can be of `b`: `a` (in.yml:4) comes first and takes them all",
     NULL},
    {"absence twice", "",
     "kind: a\nwhen: {X: 1, Y: {present: false}}\n---\nkind: b\nwhen: {X: 1, Y: {present: false}}\n",
     "k.yml:4: no record can be of `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"built-in ones among themselves", "kind: a\nwhen: {X: 1}\n---\nkind: b\nwhen: {X: 1}\n", "",
     "in.yml:4: no record can be of `b`: `a` (in.yml:1) comes first and takes them all", NULL},
    {"shapes apart", "", "shape: a\nwhen: X\n---\nshape: b\nwhen: Y\n", NULL, NULL},
    {"shape, less fields later", "", "shape: b\nwhen: X\n---\nshape: a\nwhen: [X, Y]\n", NULL, NULL},
    {"shape, user's before built-in", "shape: a\nwhen: X\n", "shape: b\nwhen: X\n", NULL, NULL},
    {"shape, other reader", "", "shape: a\nreader: json\nwhen: X\n---\nshape: b\nwhen: X\n", NULL, NULL},
    {"shape, unless apart", "", "shape: a\nwhen: X\nunless: Y\n---\nshape: b\nwhen: X\nunless: Z\n", NULL, NULL},
    {"shape against itself", "", "shape: a\nwhen: [X, Y]\nunless: [Z, Y]\n",
     "k.yml:1: no record can have the shape `a`: `Y` stands in `when` and in `unless`", NULL},
    {"the same shape twice", "", "shape: a\nwhen: [X, Y]\n---\nshape: b\nwhen: [Y, X]\n",
     "k.yml:4: no record can have the shape `b`: `a` (k.yml:1) comes first and takes them all", NULL},
    {"shape, all readers first", "", "shape: a\nwhen: X\n---\nshape: b\nreader: json\nwhen: X\n",
     "k.yml:4: no record can have the shape `b`: `a` (k.yml:1) comes first and takes them all", NULL},
};

static void records_must_come(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(orders); i++)
        sealed(orders[i].name, orders[i].builtin, orders[i].user, orders[i].error, orders[i].hidden);
}

/* That the check says "none" must be true: each kind that it refuses is asked about many records, and none is of it. The
 * other way round, each kind that it takes has a record that comes to it. */
static void no_record_is_of_a_refused_kind(void **state) {
    static const char *const values[] = {NULL,  "",          "1",     "2",     "3", "ab", "abc",     "ac", "sys", "mi",
                                         "mic", "microsoft", "micro", "linux", "a", "a ", "windows", "b",  "c"};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(contradictions); i++) {
        struct fields *const fields = fields_new();
        struct kinds *kinds[2] = {NULL, NULL};
        field_id const x = field_intern(fields, S("X")), y = field_intern(fields, S("Y"));
        const char *const parts[2] = {contradictions[i].base, contradictions[i].own};
        bool found = false;

        for (size_t k = 0; k < 2; k++) {
            char text[300];

            snprintf(text, sizeof text, "kind: a\nwhen: {%s}\n", parts[k]);
            assert_true(kinds_new(&kinds[k], fields, &e) &&
                        kinds_load_text(kinds[k], S("k"), str_of(text), false, &e) && kinds_seal(kinds[k], &e));
        }
        for (size_t j = 0; j < COUNT(values) * COUNT(values); j++) {
            const char *const at_x = values[j % COUNT(values)], *const at_y = values[j / COUNT(values)];
            struct raw row[2];
            struct record r = {.values = row, .when = INSTANT_NONE};
            struct buf room = {0}; /* text needs none */

            if (at_x)
                row[r.count++] = (struct raw){x, RAW_TEXT, false, 0, (uint32_t)strlen(at_x), at_x};
            if (at_y)
                row[r.count++] = (struct raw){y, RAW_TEXT, false, 0, (uint32_t)strlen(at_y), at_y};
            found |= kind_matches(kinds_at(kinds[0], 0), &r, &room) && kind_matches(kinds_at(kinds[1], 0), &r, &room);
        }
        if (found != !contradictions[i].error)
            fail_msg("%s: a record is%s of both", contradictions[i].name, found ? "" : " not");
        kinds_free(kinds[0]);
        kinds_free(kinds[1]);
        fields_free(fields);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_must_hold_together),
        cmocka_unit_test(three_must_hold_together),
        cmocka_unit_test(records_must_come),
        cmocka_unit_test(no_record_is_of_a_refused_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
