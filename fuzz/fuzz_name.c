/* fuzz_name: any bytes as a name. The forms lie within their room; words have no signs; a Latin name's words are a name with the same words. */
#include <assert.h>
#include <stdlib.h>

#include "base/utf.h"
#include "intel/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(const struct name_form *f, unsigned room, str s) {
    assert(s.len == 0 || (s.ptr >= f->room[room] && s.ptr + s.len <= f->room[room] + NAME_FORM_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct name_form f, again;
    char joined[NAME_FORM_MAX + NAME_WORDS_MAX];
    size_t used = 0;

    if (!name_fold((str){(const char *)data, size}, &f))
        return 0;
    assert(size <= NAME_BYTES_MAX && f.count && f.count <= NAME_WORDS_MAX && f.scripts);
    within(&f, 2, f.sound);
    within(&f, 3, f.han);
    assert(utf8_valid(f.han) == f.han.len && f.sound_words <= f.count);
    for (size_t i = 0; i < f.count; i++) {
        within(&f, 0, f.words[i]);
        within(&f, 1, f.scheme[i]);
        assert(f.words[i].len && utf8_valid(f.words[i]) == f.words[i].len);
        for (size_t k = 0; k < f.words[i].len; k++) {
            unsigned char const c = (unsigned char)f.words[i].ptr[k];

            assert((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80);
        }
        if (used)
            joined[used++] = ' ';
        memcpy(joined + used, f.words[i].ptr, f.words[i].len);
        used += f.words[i].len;
    }
    if (f.scripts != NAME_LATIN || used > NAME_BYTES_MAX)
        return 0;
    if (!name_fold((str){joined, used}, &again))
        abort();
    assert(again.count == f.count && again.pinyin == f.pinyin);
    for (size_t i = 0; i < f.count; i++)
        assert(str_eq(again.words[i], f.words[i]));
    return 0;
}
