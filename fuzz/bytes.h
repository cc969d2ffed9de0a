/* bytes: an input of bytes in memory. For one .c of a target each. */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <assert.h>

#include "reader/reader.h"

struct bytes_input {
    struct input input;
    str all;
    char *copy; /* of just the window's size: a read beyond it is seen by the sanitizer */
};

static bool window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct bytes_input *const b = (struct bytes_input *)(void *)in;
    str const left = str_first(str_from(b->all, (size_t)offset), want);
    (void)e;

    assert(want <= INPUT_WANT_MAX);
    free(b->copy);
    if (!(b->copy = malloc(left.len ? left.len : 1)))
        abort();
    memcpy(b->copy, left.ptr, left.len);
    *out = (str){b->copy, left.len};
    return true;
}

#endif
