/* test_family: versions go, names stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/family.h"

static void families(void **state) {
    static const struct {
        const char *program, *family;
        bool path;
    } cases[] = {
        {"Chrome/144.0.0.0", "Chrome/", false},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X)", "Mozilla/ (iPhone; CPU iPhone OS  like Mac OS X)",
         false},
        {"Client=OWA;Action=ViaProxy", "Client=OWA;Action=ViaProxy", false},
        {"a. b_ c 1._2", "a. b_ c .", false},
        {"C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\System32\\cmd.exe", true},
        {"C:\\Apps\\1.5.00.1\\a.exe", "C:\\Apps\\\\a.exe", true},
        {"/usr/lib/python3.11/x", "/usr/lib/python/x", true},
        {"/usr/bin/7z", "/usr/bin/7z", true},
        {"rundll32.exe", "rundll32.exe", true},
        {"tool.1.", "tool.1.", true},
        {"1.2", "", true},
        {"12", "12", true},
        {".1.2.", "..", true},
        {"", "", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        str const s = str_of(cases[i].program);
        char *const room = malloc(s.len); /* of just that size: a byte too many is seen by the sanitizer */

        if (program_is_path(s) != cases[i].path)
            fail_msg("%s: a path or not", cases[i].program);
        str const family = cases[i].path ? program_path_family(s, room) : program_family(s, room);

        if (!str_eq(family, str_of(cases[i].family)))
            fail_msg("%s: %.*s", cases[i].program, STR_ARG(family));
        free(room);
    }
}

int main(void) {
    struct CMUnitTest const tests[] = {cmocka_unit_test(families)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
