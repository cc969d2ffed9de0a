/* shared: a file of the large public samples, or word that they are not here. For one .c of a test each. */
#ifndef TESTS_READER_SHARED_H
#define TESTS_READER_SHARED_H

#include <stdio.h>

#include "base/file.h"

/* False: it is not there, and that was said; the test is to be skipped. */
static bool shared_file(const char *name, struct buf *bytes) {
    const char *const source = getenv("LONGWATCH_SOURCE"), *const named = getenv("LONGWATCH_SHARED");
    char path[4096];
    struct err e;

    (void)snprintf(path, sizeof path, "%s%s/data/%s",
                   named    ? named
                   : source ? source
                            : ".",
                   named ? "" : "/../shared", name);
    if (file_read(path, 64u << 20, bytes, &e))
        return true;
    print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", path);
    return false;
}

#endif
