/* test_table: what may stand in a column of a table without header line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/table.h"

static const str words[] = {STR("ANSWERED"), STR("NO ANSWER")};

static const struct {
    enum table_test test;
    bool or_empty;
    const char *cell;
    bool fits;
} cases[] = {
    {TABLE_ANY, false, "", true},
    {TABLE_ANY, false, "x", true},
    {TABLE_TEXT, false, "x", true},
    {TABLE_TEXT, false, "", false},
    {TABLE_TIME, false, "2023-07-26 01:51:32", true},
    {TABLE_TIME, false, "5/18/2021 9:13:33 PM", true},
    {TABLE_TIME, false, "20060601 0008", true},
    {TABLE_TIME, false, "Dec 10 06:55:46", true},
    {TABLE_TIME, true, "", true},
    {TABLE_TIME, false, "", false},
    {TABLE_TIME, false, "2023-07-26", false}, /* without time of day */
    {TABLE_TIME, false, "1690325492", false},
    {TABLE_TIME, false, "1690325492.123456", false},
    {TABLE_TIME, false, "-1690325492.123456", false},
    {TABLE_TIME, false, "2023-07-26 25:51:32", false},
    {TABLE_TIME, true, "n/a", false},
    {TABLE_UNIX, false, "1690325492", true},
    {TABLE_UNIX, false, "1690325492.123456", true},
    {TABLE_UNIX, false, "1690325492123", true},
    {TABLE_UNIX, false, "631152000", true}, /* 1990 */
    {TABLE_UNIX, false, "631151999", false},
    {TABLE_UNIX, false, "20060601", false},
    {TABLE_UNIX, false, "1690325492.", false},
    {TABLE_UNIX, false, "-1690325492", false},
    {TABLE_UNIX, false, "99999999999999999999", false},
    {TABLE_NUMBER, false, "0", true},
    {TABLE_NUMBER, false, "123456789012345678901234567890", true},
    {TABLE_NUMBER, true, "", true},
    {TABLE_NUMBER, false, "", false},
    {TABLE_NUMBER, false, "-1", false},
    {TABLE_NUMBER, false, "1.5", false},
    {TABLE_NUMBER, false, "1 ", false},
    {TABLE_ADDRESS, false, "192.0.2.1", true},
    {TABLE_ADDRESS, false, "2001:db8::1", true},
    {TABLE_ADDRESS, false, "192.0.2.1:5060", false},
    {TABLE_ADDRESS, false, "host", false},
    {TABLE_GUID, false, "96aa82fe-7bd1-11e5-a230-5c514f6a0f72", true},
    {TABLE_GUID, false, "{96AA82FE-7BD1-11E5-A230-5C514F6A0F72}", true},
    {TABLE_GUID, true, "", true},
    {TABLE_GUID, false, "96aa82fe-7bd1-11e5-a230-5c514f6a0f7", false},
    {TABLE_GUID, false, "96aa82fe-7bd1-11e5-a230-5c514f6a0f72}", false},
    {TABLE_GUID, false, "96aa82fe07bd1-11e5-a230-5c514f6a0f72", false},
    {TABLE_GUID, false, "96aa82fg-7bd1-11e5-a230-5c514f6a0f72", false},
    {TABLE_ONE_OF, false, "ANSWERED", true},
    {TABLE_ONE_OF, false, "no answer", true},
    {TABLE_ONE_OF, false, "BUSY", false},
    {TABLE_ONE_OF, false, "", false},
    {TABLE_ONE_OF, true, "", true},
};

static void cells(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct table_column const c = {
            .test = cases[i].test, .or_empty = cases[i].or_empty, .values = words, .value_count = COUNT(words)};
        size_t const len = strlen(cases[i].cell);
        char *const exact = malloc(len ? len : 1); /* so that a read past the end is seen */

        assert_non_null(exact);
        memcpy(exact, cases[i].cell, len);
        if (table_cell_fits(&c, (str){exact, len}) != cases[i].fits)
            fail_msg("test %d of '%s'", (int)cases[i].test, cases[i].cell);
        free(exact);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cells)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
