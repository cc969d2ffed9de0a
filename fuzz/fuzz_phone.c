/* fuzz_phone: any bytes as a telephone number. What is whole is + and 7 to 15 digits, none of them made up but the calling
 * code's, and stays the same however often it is read, wherever. */
#include <assert.h>
#include <stdlib.h>

#include "event/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const codes[] = {"DE", "IT", "HU", "RU", "US", "AU", "LU", "CZ"};
    const struct phone_country *home;
    char out[PHONE_TEXT], again[PHONE_TEXT];
    str result, second;

    if (size < 1 || size > 256)
        return 0;
    home = data[0] % 9 == 8 ? NULL : phone_country(str_of(codes[data[0] % 9]));
    assert(home || data[0] % 9 == 8);
    size--;
    char *const exact = malloc(size ? size : 1); /* so that a read past the end is seen */

    if (!exact)
        abort();
    memcpy(exact, data + 1, size);
    if (phone_e164((str){exact, size}, home, out, &result)) {
        size_t digits = 0;

        assert(result.len >= 8 && result.len <= 16 && result.ptr[0] == '+' && result.ptr[1] != '0');
        for (size_t i = 1; i < result.len; i++)
            assert(result.ptr[i] >= '0' && result.ptr[i] <= '9');
        for (size_t i = 0; i < size; i++)
            digits += exact[i] >= '0' && exact[i] <= '9';
        assert(result.len - 1 <= digits + (home ? strlen(home->calling) : 0));
        assert(phone_e164(result, NULL, again, &second) && str_eq(result, second));
        assert(phone_e164(result, home, again, &second) && str_eq(result, second));
    }
    free(exact);
    return 0;
}
