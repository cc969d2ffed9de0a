/* fuzz_regex: any expression on any text: where PCRE2 finds a match, one of the literals that the expression is said to need
 * stands in the folded text; and where the expression is a chain, PCRE2 says the same of it, unless it gave up.
 *
 * Input: a byte of flags, a byte of length, the expression, and the text. */
#include <assert.h>

#include "base/utf.h"
#include "detection/test.h"
#include "event/fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;

    size_t const length = data[1] < size - 2 ? data[1] : size - 2;
    str const expression = {(const char *)data + 2, length};
    str const text = {(const char *)data + 2 + length, size - 2 - length};
    struct sigma_test const sigma = {.op = TEST_REGEX, .regex = expression, .regex_flags = data[0] & 7};
    struct value const v = {.ptr = text.ptr, .len = (uint32_t)text.len, .type = VALUE_TEXT};
    struct arena *const a = arena_new(1 << 20);
    struct test_scratch scratch;
    struct test test;
    struct err e;
    bool ok = true;

    assert(a && test_scratch_init(&scratch, &e));
    /* Values of evidence are well-formed before they come here. */
    if (utf8_valid(text) == text.len && test_make(&test, &sigma, a, &e)) {
        str const folded = test_fold(&scratch, &v, &ok);
        bool stands = test.need_count == 0;

        for (size_t i = 0; i < test.need_count; i++)
            stands |= str_find(folded, test.needs[i]) != SIZE_MAX;
        bool const holds = test_value(&test, &v, folded, &scratch, &ok);

        assert(ok && (stands || !holds));
        test.chain_count = 0;
        assert(holds == test_value(&test, &v, folded, &scratch, &ok) || scratch.regex_limits || !ok);
        test_close(&test);
    }
    test_scratch_free(&scratch);
    arena_free(a);
    return 0;
}
