/* folder: for tests that write files: each has a folder of its own, stands in it, and leaves nothing behind. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For cmocka_unit_test_setup_teardown; *state: its path. */
static int folder_enter(void **state) {
    char *const dir = strdup("/tmp/longwatch-test-XXXXXX");

    *state = dir;
    return dir && mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int folder_leave(void **state) {
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    int const result = chdir("/") != 0 || system(command) != 0;

    free(*state);
    return result;
}

#endif
