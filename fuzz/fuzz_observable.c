/* fuzz_observable: any bytes as a value of each type. What it comes to comes to itself and is never longer than values may be; what is
 * no value leaves nothing behind, and says why. What is guessed has a form, and is a part of the value. What was armed again stays
 * armed. */
#include <assert.h>

#include "base/utf.h"
#include "intel/observable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void form(enum observable type, str value) {
    struct buf out = {0}, again = {0};
    const char *why = NULL;

    if (observable_canonical(type, value, &out, &why)) {
        str const is = buf_str(&out);

        assert(is.len > 0 && is.len <= OBSERVABLE_BYTES_MAX && utf8_valid(is) == is.len);
        assert(observable_canonical(type, is, &again, &why));
        assert(str_eq(buf_str(&again), is));
    } else {
        assert(out.len == 0 && why && why[0] && !out.failed);
    }
    buf_free(&out);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *const exact = malloc(size ? size : 1);
    struct buf out = {0}, again = {0};

    if (!exact)
        abort();
    memcpy(exact, data, size);
    str const all = {exact, size};

    for (unsigned i = OBSERVABLE_NONE; i <= OBSERVABLES; i++)
        form((enum observable)i, all);

    str value = all;
    const char *why;
    enum observable const type = observable_guess(&value);

    assert(value.ptr >= all.ptr && value.ptr + value.len <= all.ptr + all.len);
    if (type) {
        str same = value;

        assert(observable_canonical(type, value, &out, &why));
        assert(observable_guess(&same) == type && str_eq(same, value));
    } else {
        assert(str_eq(value, all));
    }
    out.len = 0;
    bool const armed = observable_refang(all, &out);

    assert(armed || str_eq(buf_str(&out), all));
    assert(!observable_refang(buf_str(&out), &again) && str_eq(buf_str(&again), buf_str(&out)));
    buf_free(&out);
    buf_free(&again);
    free(exact);
    return 0;
}
