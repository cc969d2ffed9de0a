/* fuzz_tnef: attachments are views into the bytes given, and no more than there may be. */
#include "codec/tnef.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    str bytes;
    size_t count;
};

static bool attachment(void *ctx, const struct tnef_attachment *a) {
    struct seen *const s = ctx;

    assert(a->data.len == 0 ||
           (a->data.ptr >= s->bytes.ptr && a->data.ptr + a->data.len <= s->bytes.ptr + s->bytes.len));
    assert(a->depth < TNEF_DEPTH_MAX && ++s->count <= TNEF_ATTACHMENTS_MAX);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct seen s = {.bytes = {(const char *)data, size}};
    const char *defect;

    assert(tnef_read(s.bytes, attachment, &s, &defect));
    return 0;
}
