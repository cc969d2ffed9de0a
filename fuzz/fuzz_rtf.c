/* fuzz_rtf: as a compressed body, and as RTF itself: no more comes out than may, and it is UTF-8. */
#include <assert.h>

#include "base/utf.h"
#include "codec/rtf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(str rtf) {
    struct buf shown = {0};
    bool html;

    rtf_text(rtf, &shown, &html);
    assert(!shown.failed && utf8_valid(buf_str(&shown)) == shown.len);
    buf_free(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const bytes = {(const char *)data, size};
    struct buf rtf = {0};

    (void)!rtf_decompress(bytes, &rtf);
    assert(!rtf.failed && rtf.len <= RTF_BYTES_MAX);
    show(buf_str(&rtf));
    show(bytes);
    buf_free(&rtf);
    return 0;
}
