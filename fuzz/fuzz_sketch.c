/* fuzz_sketch: any bytes as text. Any cut gives the same sketch; every place of it is filled; it agrees with itself. */
#include <assert.h>

#include "base/hash.h"
#include "codec/sketch.h"

static const str without[] = {STR("Anna-Maria Berg"), STR("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd")};

/* In pieces of `step` bytes. */
static struct sketch sketch_of(str text, size_t step, bool names) {
    struct sketch s;
    struct sketch_text t = {.to = &s, .without = names ? without : NULL, .without_count = names ? COUNT(without) : 0};

    sketch_begin(&s);
    for (size_t at = 0; at < text.len; at += step) {
        str const piece = str_first(str_from(text, at), step);
        char *const copy = malloc(piece.len); /* of just that size: a read beyond it is seen by the sanitizer */

        if (!copy)
            abort();
        memcpy(copy, piece.ptr, piece.len);
        sketch_text_add(&t, (str){copy, piece.len});
        free(copy);
    }
    sketch_text_end(&t);
    sketch_end(&s);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str text;

    if (size < 2 || size > 1 << 15)
        return 0;
    text = (str){(const char *)data + 1, size - 1};
    for (int names = 0; names < 2; names++) {
        struct sketch const whole = sketch_of(text, text.len, names), cut = sketch_of(text, 1 + data[0] % 80, names),
                            bytes = sketch_of(text, 1, names);

        assert(memcmp(whole.mins, cut.mins, sizeof whole.mins) == 0 && whole.shingles == cut.shingles);
        assert(memcmp(whole.mins, bytes.mins, sizeof whole.mins) == 0 && whole.shingles == bytes.shingles);
        assert(whole.shingles <= text.len);
        for (size_t i = 0; i < SKETCH_SIZE; i++)
            assert((whole.mins[i] == UINT32_MAX) == (whole.shingles == 0));
        assert(sketch_agree(&whole, &cut) == (whole.shingles ? SKETCH_SIZE : 0));
    }
    return 0;
}
