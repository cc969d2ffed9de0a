/* fuzz_xml: any bytes as XML. What is told lies in them, in order; what opens closes; undone text is no longer than it was. */
#include <assert.h>
#include <stdlib.h>

#include "codec/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *const room = malloc(size + 1);
    struct xml x = {.rest = {(const char *)data, size}};
    const char *behind = (const char *)data;
    size_t steps = 0, open = 0;
    enum xml_found found;

    if (!room)
        abort();
    while ((found = xml_next(&x)) < XML_END) {
        assert(++steps <= size * 2 + 1);
        if (found == XML_OPEN || found == XML_ATTRIBUTE) {
            assert(x.name.len && x.name.ptr >= behind && x.name.ptr + x.name.len <= (const char *)data + size);
            behind = x.name.ptr + x.name.len;
        }
        if (found == XML_ATTRIBUTE || found == XML_TEXT) {
            assert(x.value.ptr >= behind && x.value.ptr + x.value.len <= (const char *)data + size);
            assert(xml_text(&x, room) <= x.value.len);
            behind = x.value.ptr + x.value.len;
        }
        open += found == XML_OPEN;
        open -= found == XML_CLOSE;
        assert(open <= XML_DEPTH_MAX);
    }
    assert(found == XML_BAD || !open);
    assert(xml_next(&x) == found);
    free(room);
    return 0;
}
