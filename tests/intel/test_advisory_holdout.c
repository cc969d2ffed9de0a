/* test_advisory_holdout: the importer of advisories against documents that were written without a look at it (their README.md). The bounds
 * are lower than those of test_advisory, by what one may expect of the next advisory that comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "advisory_measure.h"

static void holdout(void **state) {
    (void)state;
    measure_folder("advisories-holdout", 16, 0.95, 0.90);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(holdout)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
