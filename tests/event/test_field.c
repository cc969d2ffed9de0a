/* test_field: the catalogue of names: known ones first, dense numbers, case, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/field.h"

static void known_names(void **state) {
    struct fields *const f = fields_new();
    (void)state;

    assert_non_null(f);
    assert_int_equal(field_count(f), FIELDS_KNOWN);
    assert_int_equal(field_find(f, S("Channel")), FIELD_CHANNEL);
    assert_int_equal(field_find(f, S("EventID")), FIELD_EVENT_ID);
    assert_int_equal(field_find(f, S("Provider_Name")), FIELD_PROVIDER_NAME);
    assert_int_equal(field_find(f, S("Computer")), FIELD_COMPUTER);
    assert_int_equal(field_intern(f, S("Data")), FIELD_DATA);
    assert_int_equal(field_find(f, S("channel")), FIELD_NONE);
    assert_int_equal(field_find(f, S("")), FIELD_NONE);
    fields_free(f);
    fields_free(NULL);
}

static void any_bytes(void **state) {
    struct fields *const f = fields_new();
    field_id const empty = field_intern(f, S("")), nul = field_intern(f, S("a\0b"));
    (void)state;

    assert_int_not_equal(empty, FIELD_NONE);
    assert_int_not_equal(nul, field_intern(f, S("a")));
    assert_int_equal(nul, field_find(f, S("a\0b")));
    assert_true(str_eq(field_name(f, nul), S("a\0b")));
    fields_free(f);
}

static void until_full(void **state) {
    struct fields *const f = fields_new();
    str first;
    char name[32];
    (void)state;

    assert_non_null(f);
    first = field_name(f, 0);
    for (size_t i = FIELDS_KNOWN; i < FIELDS_MAX; i++) {
        int const len = snprintf(name, sizeof name, "made up %zu", i);

        assert_int_equal(field_intern(f, (str){name, (size_t)len}), i);
    }
    assert_int_equal(field_count(f), FIELDS_MAX);
    assert_int_equal(field_intern(f, S("one more")), FIELD_NONE);
    assert_ptr_equal(field_name(f, 0).ptr, first.ptr); /* names never move */
    for (size_t i = FIELDS_KNOWN; i < FIELDS_MAX; i++) {
        int const len = snprintf(name, sizeof name, "made up %zu", i);

        assert_int_equal(field_find(f, (str){name, (size_t)len}), i);
        assert_int_equal(field_intern(f, (str){name, (size_t)len}), i);
    }
    fields_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_names),
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(until_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
