/* fuzz_yaml: any text as YAML. What was read keeps its promises (bounds, lines, keys that differ, kinds that fit the
 * text) and reads the same again; what was refused says in which line. */
#include <assert.h>

#include "base/utf.h"
#include "codec/yaml.h"

#define MEMORY ((size_t)64 << 20)

static bool digits(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

static void scalar(const struct yaml_node *n) {
    bool const sign = n->text.len > 1 && (n->text.ptr[0] == '-' || n->text.ptr[0] == '+');
    str const body = str_from(n->text, sign);

    assert(n->count == 0 && n->text.ptr && utf8_valid(n->text) == n->text.len);
    switch (n->scalar) {
    case YAML_IS_TEXT:
        break;
    case YAML_IS_NULL:
        assert(n->text.len == 0 || str_eq(n->text, S("~")) || str_eq_ascii(n->text, S("null")));
        break;
    case YAML_IS_TRUE:
    case YAML_IS_FALSE:
        assert(n->text.len >= 2 && n->text.len <= 5);
        break;
    case YAML_IS_INT:
        assert(digits(body) && (body.len == 1 || body.ptr[0] != '0'));
        break;
    case YAML_IS_FLOAT:
        assert(body.ptr[0] >= '0' && body.ptr[0] <= '9' && !digits(body));
        break;
    case YAML_IS_ODD:
        break;
    }
}

/* As many nodes as there are when aliases are written out. */
static size_t walk(const struct yaml_node *n, unsigned depth, uint32_t lines) {
    size_t nodes = 1;

    assert(depth <= YAML_DEPTH_MAX + 1 && n->line >= 1 && n->line <= lines);
    if (n->type == YAML_SCALAR) {
        scalar(n);
        return 1;
    }
    for (size_t i = 0; i < n->count; i++) {
        if (n->type == YAML_MAP) {
            assert(n->key_lines[i] >= 1 && n->key_lines[i] <= lines);
            for (size_t j = 0; n->count < 200 && j < i; j++)
                assert(!str_eq(n->keys[i], n->keys[j]));
            nodes++;
        }
        nodes += walk(n->items[i], depth + 1, lines);
    }
    return nodes;
}

static void same(const struct yaml_node *x, const struct yaml_node *y) {
    assert(x->type == y->type && x->line == y->line && x->count == y->count);
    if (x->type == YAML_SCALAR)
        assert(x->scalar == y->scalar && x->quoted == y->quoted && str_eq(x->text, y->text));
    for (size_t i = 0; i < x->count; i++) {
        if (x->type == YAML_MAP)
            assert(str_eq(x->keys[i], y->keys[i]));
        same(x->items[i], y->items[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *const a = arena_new(MEMORY);
    str const text = {size ? (const char *)data : "", size};
    struct yaml_node **documents, **again;
    size_t count, count_again;
    uint32_t lines = 2; /* one more than there are breaks: an end stands behind the last */
    struct err e = {0};

    if (!a || size > 1 << 18) {
        arena_free(a);
        return 0;
    }
    /* Every byte might end a line in UTF-16 or be part of NEL, LS, PS. */
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80 || data[i] == 0;
    if (yaml_read(text, a, &documents, &count, &e)) {
        bool const read = yaml_read(text, a, &again, &count_again, &e);

        assert(read && count == count_again);
        for (size_t i = 0; i < count; i++) {
            assert(walk(documents[i], 1, lines) <= YAML_NODES_MAX);
            same(documents[i], again[i]);
        }
    } else {
        assert(e.code == ERR_MEMORY ||
               (str_starts(str_of(e.text), S("line ")) && (e.code == ERR_USAGE || e.code == ERR_LIMIT)));
    }
    arena_free(a);
    return 0;
}
