/* yaml_pack: trees in the order of their text, each number in as few bytes as hold it. How many nodes, items and keys there
 * are stands in front, so that unpacking asks for memory five times and never for more than the bytes can fill. */
#include "codec/yaml_pack.h"

#include <assert.h>
#include <yaml.h>

#include "base/cursor.h"
#include "base/utf.h"
#include "yaml_fingerprint.h"

/* The head of a node: type, scalar << 2, quoted << 5. */
#define SCALAR_SHIFT 2
#define QUOTED 0x20u
#define NODE_BYTES_MIN 3 /* head, line, length or count */
#define LINE_MAX_TEXT (YAML_BYTES_MAX + 2)

bool yaml_pack_maker(uint8_t maker[SHA256_SIZE]) {
    struct sha256 *const h = sha256_new();

    if (!h)
        return false;
    sha256_add(h, S(YAML_FINGERPRINT));
    sha256_add(h, str_of(yaml_get_version_string()));
    sha256_end(h, maker);
    sha256_free(h);
    return true;
}

/* What the trees hold, all documents together. */
struct totals {
    size_t nodes, items, keys;
};

/* What unpacking takes of an arena; the list of documents included. */
static size_t memory(const struct totals *t, size_t documents) {
    return documents * sizeof(struct yaml_node *) + t->nodes * sizeof(struct yaml_node) +
           t->items * sizeof(struct yaml_node *) + t->keys * sizeof(str) + (t->keys * sizeof(uint32_t) + 7) / 8 * 8;
}

/* False: more than a pack can hold. Aliases count wherever they stand. */
static bool count_nodes(const struct yaml_node *n, struct totals *t) {
    if (++t->nodes > YAML_PACK_MAX / NODE_BYTES_MIN)
        return false;
    t->items += n->count;
    t->keys += n->type == YAML_MAP ? n->count : 0;
    for (size_t i = 0; i < n->count; i++)
        if (!count_nodes(n->items[i], t))
            return false;
    return true;
}

static void put(struct buf *out, size_t number) {
    char bytes[5];
    size_t n = 0;

    assert(number <= UINT32_MAX);
    for (; number >= 0x80; number >>= 7)
        bytes[n++] = (char)(number | 0x80);
    bytes[n++] = (char)number;
    buf_add(out, (str){bytes, n});
}

/* As the way from the line before: mostly 0 or 1. Backwards (an alias) it goes all the way round. */
static void put_line(struct buf *out, uint32_t *before, uint32_t line) {
    put(out, (uint32_t)(line - *before));
    *before = line;
}

static void put_text(struct buf *out, str text) {
    put(out, text.len);
    buf_add(out, text);
}

/* False: no memory, or the pack would be too large. */
static bool put_node(struct buf *out, size_t end, uint32_t *line, const struct yaml_node *n) {
    buf_byte(out, (char)((unsigned)n->type | (unsigned)n->scalar << SCALAR_SHIFT | (n->quoted ? QUOTED : 0)));
    put_line(out, line, n->line);
    if (n->type == YAML_SCALAR)
        put_text(out, n->text);
    else
        put(out, n->count);
    for (size_t i = 0; i < n->count; i++) {
        if (n->type == YAML_MAP) {
            put_line(out, line, n->key_lines[i]);
            put_text(out, n->keys[i]);
        }
        if (!put_node(out, end, line, n->items[i]))
            return false;
    }
    return !out->failed && out->len <= end;
}

bool yaml_pack(struct yaml_node *const *documents, size_t count, size_t used, struct buf *out) {
    size_t const before = out->len;
    struct totals t = {0};
    uint32_t line = 0;
    bool ok = used <= UINT32_MAX;

    for (size_t i = 0; ok && i < count; i++)
        ok = count_nodes(documents[i], &t);
    if (!ok || memory(&t, count) > used)
        return false;
    put(out, used);
    put(out, count);
    put(out, t.nodes);
    put(out, t.items);
    put(out, t.keys);
    for (size_t i = 0; ok && i < count; i++)
        ok = put_node(out, before + YAML_PACK_MAX, &line, documents[i]);
    ok = ok && !out->failed;
    if (!ok)
        out->len = before;
    return ok;
}

/* What is left of the memory asked for at the start, and of the values a document may have. */
struct unpack {
    struct cursor c;
    struct totals left;
    struct yaml_node *nodes, **items;
    str *keys;
    uint32_t *key_lines;
    uint32_t line;
    size_t values;
};

/* Every number has one spelling: the shortest. */
static bool take(struct cursor *c, uint32_t *out) {
    uint32_t number = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte;

        if (!read_u8(c, &byte) || (shift == 28 && byte > 0x0f) || (shift > 0 && byte == 0))
            return false;
        number |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = number;
            return true;
        }
    }
    return false;
}

static bool take_line(struct unpack *u, uint32_t *line) {
    uint32_t way;

    if (!take(&u->c, &way))
        return false;
    *line = u->line += way;
    return *line >= 1 && *line <= LINE_MAX_TEXT;
}

static bool take_text(struct unpack *u, str *text) {
    uint32_t len;

    return take(&u->c, &len) && read_view(&u->c, len, text) && utf8_valid(*text) == len;
}

/* Only text and what looks odd may be called so against its looks: quotes and tags do that. */
static bool scalar_fits(enum yaml_scalar scalar, str text) {
    return scalar == YAML_IS_TEXT || scalar == YAML_IS_ODD || scalar == yaml_plain(text);
}

/* As deep as YAML at most. False: no pack. */
static bool take_node(struct unpack *u, unsigned depth, struct yaml_node **out) {
    struct yaml_node *const n = u->nodes;
    uint32_t count;
    uint8_t head;

    if (u->left.nodes == 0 || u->values == 0 || !read_u8(&u->c, &head))
        return false;
    u->left.nodes--;
    u->nodes++;
    u->values--;
    *n = (struct yaml_node){.type = head & 3, .scalar = head >> SCALAR_SHIFT & 7, .quoted = (head & QUOTED) != 0};
    *out = n;
    if (n->type > YAML_MAP || n->scalar > YAML_IS_ODD || head > (QUOTED << 1) - 1 || !take_line(u, &n->line))
        return false;
    if (n->type == YAML_SCALAR)
        return take_text(u, &n->text) && scalar_fits(n->scalar, n->text);
    if (n->scalar || n->quoted || depth == YAML_DEPTH_MAX || !take(&u->c, &count) || count > u->left.items)
        return false;
    if (count == 0)
        return true;
    n->count = count;
    n->items = u->items;
    u->items += count;
    u->left.items -= count;
    if (n->type == YAML_MAP) {
        if (count > u->left.keys || count > u->values)
            return false;
        n->keys = u->keys;
        n->key_lines = u->key_lines;
        u->keys += count;
        u->key_lines += count;
        u->left.keys -= count;
        u->values -= count;
    }
    for (uint32_t i = 0; i < count; i++)
        if ((n->type == YAML_MAP && (!take_line(u, &n->key_lines[i]) || !take_text(u, &n->keys[i]))) ||
            !take_node(u, depth + 1, &n->items[i]))
            return false;
    return true;
}

bool yaml_unpack(str bytes, struct arena *a, struct yaml_node ***documents, size_t *count, struct err *e) {
    struct unpack u = {.c = cursor_of(bytes)};
    uint32_t used, roots, nodes, items, keys;
    struct yaml_node **list;

    if (bytes.len > YAML_PACK_MAX || !take(&u.c, &used) || !take(&u.c, &roots) || !take(&u.c, &nodes) ||
        !take(&u.c, &items) || !take(&u.c, &keys))
        return err_set(e, ERR_CORRUPT, cursor_at(&u.c), "no head of packed YAML");
    u.left = (struct totals){nodes, items, keys};
    if (nodes > cursor_left(&u.c) / NODE_BYTES_MIN || roots > nodes || items != nodes - roots || keys > items ||
        memory(&u.left, roots) > used)
        return err_set(e, ERR_CORRUPT, cursor_at(&u.c), "packed YAML of counts that contradict each other");
    if (!(list = arena_alloc(a, roots * sizeof(struct yaml_node *))) ||
        !(u.nodes = arena_alloc(a, nodes * sizeof *u.nodes)) || !(u.items = arena_alloc(a, items * sizeof *u.items)) ||
        !(u.keys = arena_alloc(a, keys * sizeof *u.keys)) ||
        !(u.key_lines = arena_alloc(a, (keys * sizeof *u.key_lines + 7) / 8 * 8)) ||
        !arena_charge(a, used - memory(&u.left, roots)))
        return err_set(e, ERR_MEMORY, 0, "no memory for YAML");
    for (uint32_t i = 0; i < roots; i++) {
        u.values = YAML_NODES_MAX;
        if (!take_node(&u, 0, &list[i]))
            return err_set(e, ERR_CORRUPT, cursor_at(&u.c), "damaged packed YAML");
    }
    if (u.left.nodes || u.left.items || u.left.keys || cursor_left(&u.c))
        return err_set(e, ERR_CORRUPT, cursor_at(&u.c), "packed YAML that holds less than it says");
    *documents = list;
    *count = roots;
    return true;
}
