/* fuzz_import_wire: any bytes as what the process that reads intelligence says. What is taken has these bytes and no others, and nothing in it
 * is beyond its bounds. */
#include <assert.h>

#include "base/utf.h"
#include "intel/import_own.h"
#include "intel/import_wire.h"

static void bounded(const void *object, const struct import_fields *f) {
    for (size_t i = 0; i < f->text_count; i++) {
        str const s = *import_text_of(object, &f->texts[i]);

        assert(s.len <= f->texts[i].max && utf8_valid(s) == s.len);
    }
    for (size_t i = 0; i < f->name_count; i++) {
        const struct item_names *const names = import_names_of(object, f->names[i]);

        assert(names->count <= ITEM_NAMES_MAX);
        for (unsigned k = 0; k < names->count; k++)
            assert(names->names[k].len && names->names[k].len <= IMPORT_NAME_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str rest = {(const char *)data, size};
    struct import_message m;
    struct buf again = {0};

    while (rest.len) {
        str const before = rest;

        if (!import_wire_take(&rest, &m))
            break;
        size_t const taken = before.len - rest.len;

        assert(taken >= IMPORT_WIRE_HEAD && taken == import_wire_size(before.ptr));
        again.len = 0;
        import_wire_put(&again, &m);
        assert(again.failed || (again.len == taken && memcmp(again.ptr, before.ptr, taken) == 0));
        if (m.type == TOLD_ITEM) {
            bounded(&m.item, &import_item_fields);
            assert(m.item.type < OBSERVABLES && m.item.tlp < TLPS && m.item.pap < PAPS && m.item.value.len);
        } else if (m.type == TOLD_GROUP) {
            bounded(&m.group, &import_group_fields);
        } else if (m.type == TOLD_LIST) {
            bounded(&m.list, &import_list_fields);
        } else if (m.type == TOLD_DONE) {
            assert(strlen(m.err.text) < sizeof m.err.text);
        }
    }
    buf_free(&again);
    return 0;
}
