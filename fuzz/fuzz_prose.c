/* fuzz_prose: any bytes as prose. What is prose is UTF-8 of two lines at least, and is none any more with a time behind it. */
#include <assert.h>
#include <stdlib.h>

#include "base/utf.h"
#include "reader/prose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char time[] = " 7:12";
    char *const exact = malloc(size + sizeof time);

    if (!exact)
        abort();
    memcpy(exact, data, size);
    str const text = {exact, size};

    if (prose_is(text)) {
        assert(utf8_valid(text) == size);
        assert(str_find_byte(text, '\n') != SIZE_MAX && str_find_byte(text, '\0') == SIZE_MAX);
        memcpy(exact + size, time, sizeof time - 1);
        assert(!prose_is((str){exact, size + sizeof time - 1}));
    }
    free(exact);
    return 0;
}
