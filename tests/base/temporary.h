/* temporary: for tests, the temporary file that this process holds open and that has no name any more. */
#ifndef TESTS_TEMPORARY_H
#define TESTS_TEMPORARY_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Its descriptor; -1: there is none. With several, the last. */
static int temporary_file(void) {
    int found = -1;

    for (int fd = 3; fd < 256; fd++) {
        char path[64], to[512];

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t const n = readlink(path, to, sizeof to - 1);

        if (n > 0 && (to[n] = '\0', strstr(to, "(deleted)")))
            found = fd;
    }
    return found;
}

#endif
