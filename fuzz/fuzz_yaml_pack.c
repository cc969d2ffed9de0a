/* fuzz_yaml_pack: any bytes as packed YAML. What is taken is a tree as YAML promises it, and has these bytes and no others. */
#include <assert.h>

#include "base/utf.h"
#include "codec/yaml_pack.h"

#define MEMORY ((size_t)64 << 20)

/* Values, keys included. */
static size_t walk(const struct yaml_node *n, unsigned depth) {
    size_t values = 1;

    assert(depth <= YAML_DEPTH_MAX + 1 && n->line >= 1 && n->type <= YAML_MAP);
    if (n->type == YAML_SCALAR) {
        assert(n->count == 0 && n->text.ptr && utf8_valid(n->text) == n->text.len);
        assert(n->scalar == YAML_IS_TEXT || n->scalar == YAML_IS_ODD || n->scalar == yaml_plain(n->text));
        return 1;
    }
    for (size_t i = 0; i < n->count; i++) {
        if (n->type == YAML_MAP) {
            assert(n->key_lines[i] >= 1 && utf8_valid(n->keys[i]) == n->keys[i].len);
            values++;
        }
        values += walk(n->items[i], depth + 1);
    }
    return values;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *const a = arena_new(MEMORY);
    str const bytes = {size ? (const char *)data : "", size};
    struct yaml_node **documents;
    struct buf again = {0};
    struct err e = {0};
    size_t count;

    if (!a)
        return 0;
    if (yaml_unpack(bytes, a, &documents, &count, &e)) {
        for (size_t i = 0; i < count; i++)
            assert(walk(documents[i], 1) <= YAML_NODES_MAX);
        bool const packed = yaml_pack(documents, count, arena_used(a), &again);

        assert((packed && str_eq(buf_str(&again), bytes)) || again.failed);
    } else {
        assert(e.code == ERR_CORRUPT || e.code == ERR_MEMORY);
        assert(e.code == ERR_MEMORY || e.offset <= size);
    }
    buf_free(&again);
    arena_free(a);
    return 0;
}
