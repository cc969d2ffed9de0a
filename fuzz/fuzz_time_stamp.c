/* fuzz_time_stamp: any bytes as a response of an authority. What passes is one over these bytes: of others it is none; and has a time. */
#include <assert.h>

#include "report/time_stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const response = {size ? (const char *)data : "", size};
    struct time_stamp stamp = {0};
    struct err e = {0};

    if (time_stamp_check(response, S("made for a test\n"), NULL, &stamp, &e)) {
        assert(stamp.when != INSTANT_NONE && memchr(stamp.authority, 0, sizeof stamp.authority));
        assert(!time_stamp_check(response, S("something else\n"), NULL, &stamp, &e));
    }
    assert(e.code == ERR_NONE || e.text[0]);
    return 0;
}
