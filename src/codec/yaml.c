/* yaml: libyaml's events into trees. Anchors are copied by reference, but every node under an alias counts again, so that
 * an alias bomb meets the bound on nodes before anybody walks it. */
#include "codec/yaml.h"

#include <yaml.h>

struct anchor {
    str name;
    struct yaml_node *node;
    size_t nodes; /* below it, itself included; 0: still open */
};

/* A mapping or list being filled. */
struct open {
    struct yaml_node *node;
    size_t room, anchor, nodes_before;
    bool key_next;
};

struct build {
    yaml_parser_t parser;
    struct arena *a;
    struct err *e;
    struct open stack[YAML_DEPTH_MAX];
    size_t depth, nodes;
    struct anchor *anchors;
    size_t anchor_count, anchor_room;
    struct yaml_node *root;
};

static bool bad(struct build *b, enum err_code code, size_t line, const char *what) {
    return err_set(b->e, code, 0, "line %zu: %s", line + 1, what);
}

static bool no_memory(struct build *b) {
    return err_set(b->e, ERR_MEMORY, 0, "no memory for YAML");
}

static bool is(str s, const char *word) {
    return str_eq_ascii(s, str_of(word));
}

static bool all_digits(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

/* digits, optionally a point and digits, optionally an exponent; with a point or an exponent. */
static bool is_float(str s) {
    size_t i = 0, whole = 0, part = 0;
    bool exponent = false, point = false;

    for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
        whole++;
    if (i < s.len && s.ptr[i] == '.') {
        point = true;
        for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
            part++;
    }
    if (whole == 0 || (point && part == 0))
        return false;
    if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
        exponent = true;
        i++;
        if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
            i++;
        if (!all_digits(str_from(s, i)))
            return false;
        i = s.len;
    }
    return i == s.len && (point || exponent);
}

static bool looks_odd(str s) {
    bool const prefix = s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] == 'x' || s.ptr[1] == 'X' || s.ptr[1] == 'o');
    size_t const colon = str_find_byte(s, ':');

    if (prefix) {
        for (size_t i = 2; i < s.len; i++)
            if (!strchr("0123456789abcdefABCDEF_", s.ptr[i]))
                return false;
        return true;
    }
    if (s.len > 1 && s.ptr[0] == '0' && all_digits(s))
        return true;
    if (s.len >= 8 && s.len <= 10 && all_digits(str_first(s, 4)) && s.ptr[4] == '-') {
        for (size_t i = 5; i < s.len; i++)
            if ((s.ptr[i] < '0' || s.ptr[i] > '9') && s.ptr[i] != '-')
                return false;
        return true;
    }
    if (colon == SIZE_MAX || colon == 0 || colon + 1 == s.len)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] < '0' || s.ptr[i] > '9') && s.ptr[i] != ':')
            return false;
    return true;
}

static enum yaml_scalar resolve(str s) {
    str const body = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+') ? str_from(s, 1) : s;

    if (s.len == 0 || is(s, "null") || str_eq(s, S("~")))
        return YAML_IS_NULL;
    if (is(s, "true") || is(s, "yes") || is(s, "on"))
        return YAML_IS_TRUE;
    if (is(s, "false") || is(s, "no") || is(s, "off"))
        return YAML_IS_FALSE;
    if (looks_odd(body))
        return YAML_IS_ODD;
    if (all_digits(body) && s.ptr[0] != '+')
        return YAML_IS_INT;
    return is_float(body) && s.ptr[0] != '+' ? YAML_IS_FLOAT : YAML_IS_TEXT;
}

static bool count_nodes(struct build *b, size_t more, size_t line) {
    if (more > YAML_NODES_MAX - b->nodes)
        return bad(b, ERR_LIMIT, line, "more than 100000 values in one document");
    b->nodes += more;
    return true;
}

static bool anchor_add(struct build *b, const yaml_char_t *name, struct yaml_node *node, size_t nodes, size_t *at) {
    str copy;

    *at = SIZE_MAX;
    if (!name)
        return true;
    if (b->anchor_count == b->anchor_room) {
        size_t const room = b->anchor_room ? b->anchor_room * 2 : 16;
        struct anchor *const bigger = realloc(b->anchors, room * sizeof *bigger);

        if (!bigger)
            return no_memory(b);
        b->anchors = bigger;
        b->anchor_room = room;
    }
    if (!arena_copy(b->a, str_of((const char *)name), &copy))
        return no_memory(b);
    *at = b->anchor_count;
    b->anchors[b->anchor_count++] = (struct anchor){copy, node, nodes};
    return true;
}

/* Room for one more item (and key) of a collection. */
static bool room_for(struct build *b, struct open *o) {
    struct yaml_node *const n = o->node;
    size_t const room = o->room ? o->room * 2 : 4;
    struct yaml_node **items;
    str *keys = NULL;
    uint32_t *lines = NULL;

    if (n->count < o->room)
        return true;
    items = arena_alloc(b->a, room * sizeof *items);
    if (n->type == YAML_MAP) {
        keys = arena_alloc(b->a, room * sizeof *keys);
        lines = arena_alloc(b->a, room * sizeof *lines);
    }
    if (!items || (n->type == YAML_MAP && (!keys || !lines)))
        return no_memory(b);
    if (n->count) {
        memcpy(items, n->items, n->count * sizeof *items);
        if (keys) {
            memcpy(keys, n->keys, n->count * sizeof *keys);
            memcpy(lines, n->key_lines, n->count * sizeof *lines);
        }
    }
    n->items = items;
    n->keys = keys;
    n->key_lines = lines;
    o->room = room;
    return true;
}

static bool place_key(struct build *b, struct open *o, const struct yaml_node *key, size_t line) {
    if (key->type != YAML_SCALAR)
        return bad(b, ERR_USAGE, line, "a key must be a plain word or text");
    for (size_t i = 0; i < o->node->count; i++)
        if (str_eq(o->node->keys[i], key->text))
            return err_set(b->e, ERR_USAGE, 0, "line %zu: key '%.*s' stands twice in one mapping", line + 1,
                           STR_ARG(str_first(key->text, 80)));
    if (!room_for(b, o))
        return false;
    o->node->keys[o->node->count] = key->text;
    o->node->key_lines[o->node->count] = (uint32_t)line + 1;
    o->key_next = false;
    return true;
}

static bool place(struct build *b, struct yaml_node *node, size_t line) {
    struct open *const o = b->depth ? &b->stack[b->depth - 1] : NULL;

    if (!o) {
        b->root = node;
        return true;
    }
    if (o->node->type == YAML_MAP && o->key_next)
        return place_key(b, o, node, line);
    if (o->node->type == YAML_LIST && !room_for(b, o))
        return false;
    o->node->items[o->node->count++] = node;
    o->key_next = true;
    return true;
}

static struct yaml_node *node_new(struct build *b, enum yaml_type type, size_t line) {
    struct yaml_node *const n = arena_zero(b->a, 1, sizeof *n);

    if (!n) {
        no_memory(b);
        return NULL;
    }
    n->type = type;
    n->line = (uint32_t)line + 1;
    return n;
}

static bool scalar(struct build *b, const yaml_event_t *ev) {
    size_t const line = ev->start_mark.line;
    struct yaml_node *const n = count_nodes(b, 1, line) ? node_new(b, YAML_SCALAR, line) : NULL;
    size_t at;

    if (!n)
        return false;
    n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (!arena_copy(b->a, (str){(const char *)ev->data.scalar.value, ev->data.scalar.length}, &n->text))
        return no_memory(b);
    n->scalar = n->quoted ? YAML_IS_TEXT : resolve(n->text);
    return anchor_add(b, ev->data.scalar.anchor, n, 1, &at) && place(b, n, line);
}

static bool begin(struct build *b, enum yaml_type type, const yaml_char_t *anchor, size_t line) {
    struct yaml_node *n;
    size_t at;

    if (b->depth == YAML_DEPTH_MAX)
        return bad(b, ERR_LIMIT, line, "nested deeper than 64");
    if (b->depth && b->stack[b->depth - 1].node->type == YAML_MAP && b->stack[b->depth - 1].key_next)
        return bad(b, ERR_USAGE, line, "a key must be a plain word or text");
    if (!count_nodes(b, 1, line) || !(n = node_new(b, type, line)) || !anchor_add(b, anchor, n, 0, &at) ||
        !place(b, n, line))
        return false;
    b->stack[b->depth++] = (struct open){.node = n, .anchor = at, .nodes_before = b->nodes - 1, .key_next = true};
    return true;
}

static void end(struct build *b) {
    const struct open *const o = &b->stack[--b->depth];

    if (o->anchor != SIZE_MAX)
        b->anchors[o->anchor].nodes = b->nodes - o->nodes_before;
}

static bool alias(struct build *b, const yaml_event_t *ev) {
    str const name = str_of((const char *)ev->data.alias.anchor);
    size_t const line = ev->start_mark.line;

    for (size_t i = b->anchor_count; i > 0; i--) {
        struct anchor *const a = &b->anchors[i - 1];

        if (!str_eq(a->name, name))
            continue;
        if (a->nodes == 0)
            return bad(b, ERR_USAGE, line, "an alias stands inside its own anchor");
        return count_nodes(b, a->nodes, line) && place(b, a->node, line);
    }
    return bad(b, ERR_USAGE, line, "alias without anchor");
}

static bool take(struct build *b, const yaml_event_t *ev) {
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return scalar(b, ev);
    case YAML_SEQUENCE_START_EVENT:
        return begin(b, YAML_LIST, ev->data.sequence_start.anchor, ev->start_mark.line);
    case YAML_MAPPING_START_EVENT:
        return begin(b, YAML_MAP, ev->data.mapping_start.anchor, ev->start_mark.line);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        end(b);
        return true;
    case YAML_ALIAS_EVENT:
        return alias(b, ev);
    case YAML_DOCUMENT_START_EVENT:
        b->nodes = b->anchor_count = b->depth = 0;
        b->root = NULL;
        return true;
    default:
        return true;
    }
}

bool yaml_read(str text, struct arena *a, struct yaml_node ***documents, size_t *count, struct err *e) {
    struct build b = {.a = a, .e = e};
    struct yaml_node **list = NULL;
    size_t used = 0, room = 0;
    bool ok = true, over = false;

    if (text.len > YAML_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "line 1: more than 16 MiB");
    if (!yaml_parser_initialize(&b.parser))
        return no_memory(&b);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text.ptr, text.len);
    while (ok && !over) {
        yaml_event_t ev;

        if (!yaml_parser_parse(&b.parser, &ev)) {
            ok = b.parser.error == YAML_MEMORY_ERROR
                     ? no_memory(&b)
                     : bad(&b, ERR_USAGE, b.parser.problem_mark.line,
                           b.parser.problem ? b.parser.problem : "not YAML");
            break;
        }
        ok = take(&b, &ev);
        over = ev.type == YAML_STREAM_END_EVENT;
        if (ok && ev.type == YAML_DOCUMENT_END_EVENT) {
            if (used == room) {
                size_t const more = room ? room * 2 : 4;
                struct yaml_node **const bigger = arena_alloc(a, more * sizeof *bigger);

                ok = bigger ? true : no_memory(&b);
                if (ok && used)
                    memcpy(bigger, list, used * sizeof *bigger);
                list = bigger;
                room = more;
            }
            if (ok)
                list[used++] = b.root;
        }
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&b.parser);
    free(b.anchors);
    if (ok) {
        *documents = list;
        *count = used;
    }
    return ok;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key) {
    if (!map || map->type != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_eq(map->keys[i], str_of(key)))
            return map->items[i];
    return NULL;
}

str yaml_text(const struct yaml_node *map, const char *key) {
    const struct yaml_node *const n = yaml_get(map, key);

    return n && n->type == YAML_SCALAR ? n->text : S("");
}
