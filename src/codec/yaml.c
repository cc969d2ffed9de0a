/* yaml: libyaml's events into trees. An alias is the same node once more, but every node under it counts again, so
 * that an alias bomb meets the bound on nodes before anybody walks the tree.
 *
 * What would need a schema of its own to be understood is refused, not guessed: merge keys (<<) and tags beyond
 * those of the YAML repository that say what a plain scalar says by its looks. A reader that overlooks them reads
 * another document than the one that was written. */
#include "codec/yaml.h"

#include <assert.h>
#include <yaml.h>

#include "base/hash.h"

#define KEYS_PLAIN_MAX 16 /* a mapping of more keys finds them by hash */

struct anchor {
    str name;
    struct yaml_node *node;
    size_t nodes; /* below it, itself included; 0: still open */
};

/* A mapping or list being filled. */
struct open {
    struct yaml_node *node;
    size_t room, anchor, nodes_before;
    uint32_t *slots; /* of keys: position + 1, by hash; NULL while they are few */
    uint32_t mask;
    bool key_next;
};

struct build {
    yaml_parser_t parser;
    struct arena *a;
    struct err *e;
    struct open stack[YAML_DEPTH_MAX];
    size_t depth, nodes;
    struct anchor anchors[YAML_ANCHORS_MAX];
    size_t anchor_count;
    uint64_t seed;
    struct yaml_node *root;
};

static bool bad(struct build *b, enum err_code code, size_t line, const char *what) {
    return err_set(b->e, code, 0, "line %zu: %s", line + 1, what);
}

static bool no_memory(struct build *b) {
    return err_set(b->e, ERR_MEMORY, 0, "no memory for YAML");
}

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

/* How many of the bytes from `from` on are digits, or underscores where those are let in (YAML 1.1). */
static size_t digits(str s, size_t from, bool underscores) {
    size_t n = 0;

    while (from + n < s.len && (digit(s.ptr[from + n]) || (underscores && n > 0 && s.ptr[from + n] == '_')))
        n++;
    return n;
}

/* Hexadecimal, binary and octal numbers, and decimal ones that begin with a zero or hold underscores. */
static bool odd_number(str s) {
    bool const prefix = s.len > 2 && s.ptr[0] == '0' && memchr("xXob", s.ptr[1], 4);
    size_t const whole = digits(s, 0, true);
    size_t const end = whole < s.len && s.ptr[whole] == '.' ? whole + 1 + digits(s, whole + 1, true) : whole;

    if (prefix) {
        for (size_t i = 2; i < s.len; i++)
            if (!memchr("0123456789abcdefABCDEF_", s.ptr[i], 23))
                return false;
        return true;
    }
    if (whole == 0 || end != s.len)
        return false;
    return (whole > 1 && s.ptr[0] == '0') || memchr(s.ptr, '_', s.len);
}

/* 2024-01-31, alone or with a time behind it. */
static bool odd_date(str s) {
    size_t month, day;

    if (digits(s, 0, false) != 4 || s.len < 8 || s.ptr[4] != '-')
        return false;
    month = digits(s, 5, false);
    if (month < 1 || month > 2 || 5 + month >= s.len || s.ptr[5 + month] != '-')
        return false;
    day = digits(s, 6 + month, false);
    if (day < 1 || day > 2)
        return false;
    return 6 + month + day == s.len || memchr("Tt \t", s.ptr[6 + month + day], 4);
}

/* 22:30, 1:30:15.5: numbers to the base 60 in YAML 1.1. */
static bool odd_sexagesimal(str s) {
    size_t at = digits(s, 0, true);
    bool parts = false;

    if (at == 0)
        return false;
    while (at < s.len && s.ptr[at] == ':') {
        size_t const n = digits(s, at + 1, false);

        if (n < 1 || n > 2 || (n == 2 && s.ptr[at + 1] > '5'))
            return false;
        at += 1 + n;
        parts = true;
    }
    if (at < s.len && s.ptr[at] == '.')
        at += 1 + digits(s, at + 1, true);
    return parts && at == s.len;
}

/* digits, then a point and digits or an exponent or both. An exponent without a point (12e4) is a number to YAML 1.2
 * and text to 1.1: odd. */
static enum yaml_scalar with_fraction(str s) {
    size_t at = digits(s, 0, false);
    bool const point = at < s.len && s.ptr[at] == '.';

    if (at == 0)
        return YAML_IS_TEXT;
    if (point) {
        size_t const part = digits(s, at + 1, false);

        if (part == 0)
            return YAML_IS_TEXT;
        at += 1 + part;
    }
    if (at == s.len)
        return point ? YAML_IS_FLOAT : YAML_IS_INT;
    if (s.ptr[at] != 'e' && s.ptr[at] != 'E')
        return YAML_IS_TEXT;
    at += at + 1 < s.len && (s.ptr[at + 1] == '+' || s.ptr[at + 1] == '-') ? 2 : 1;
    if (at >= s.len || at + digits(s, at, false) != s.len)
        return YAML_IS_TEXT;
    return point ? YAML_IS_FLOAT : YAML_IS_ODD;
}

/* word, Word or WORD: the spellings of YAML 1.1. */
static bool one_case(str s) {
    size_t capitals = 0;

    for (size_t i = 0; i < s.len; i++)
        capitals += s.ptr[i] >= 'A' && s.ptr[i] <= 'Z';
    return capitals == 0 || capitals == s.len || (capitals == 1 && s.ptr[0] <= 'Z');
}

enum yaml_scalar yaml_plain(str s) {
    static const struct {
        str word;
        enum yaml_scalar is;
        bool any_case;
    } words[] = {
        {STR("null"), YAML_IS_NULL, false}, {STR("true"), YAML_IS_TRUE, true}, {STR("false"), YAML_IS_FALSE, true},
        {STR("yes"), YAML_IS_TRUE, false},  {STR("on"), YAML_IS_TRUE, false},  {STR("no"), YAML_IS_FALSE, false},
        {STR("off"), YAML_IS_FALSE, false},
    };
    bool const sign = s.len > 1 && (s.ptr[0] == '-' || s.ptr[0] == '+');
    str const body = str_from(s, sign);

    if (s.len == 0 || str_eq(s, S("~")))
        return YAML_IS_NULL;
    if (s.len <= 5)
        for (size_t i = 0; i < COUNT(words); i++)
            if (str_eq_ascii(s, words[i].word) && (words[i].any_case || one_case(s)))
                return words[i].is;
    if (body.len == 0 || !(digit(body.ptr[0]) || body.ptr[0] == '.'))
        return YAML_IS_TEXT;
    if (odd_number(body) || odd_date(body) || odd_sexagesimal(body))
        return YAML_IS_ODD;
    /* .5, 5., .inf, .nan: numbers to YAML 1.1, and to hardly anybody else. */
    if (str_eq_ascii(body, S(".inf")) || str_eq_ascii(s, S(".nan")))
        return YAML_IS_ODD;
    if (body.len > 1 && ((body.ptr[0] == '.' && digits(body, 1, false) == body.len - 1) ||
                         (body.ptr[body.len - 1] == '.' && digits(body, 0, false) == body.len - 1)))
        return YAML_IS_ODD;
    return with_fraction(body);
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
    if (b->anchor_count == COUNT(b->anchors))
        return bad(b, ERR_LIMIT, node->line - 1, "more than 256 anchors in one document");
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

/* All keys of a mapping into a table twice as large as there is room for keys. */
static bool slots_build(struct build *b, struct open *o) {
    uint32_t size = 64;

    while (size < 2 * o->room)
        size *= 2;
    if (!(o->slots = arena_zero(b->a, size, sizeof *o->slots)))
        return no_memory(b);
    if (!b->seed)
        b->seed = hash_seed();
    o->mask = size - 1;
    for (size_t i = 0; i < o->node->count; i++) {
        uint32_t at = (uint32_t)hash_bytes(o->node->keys[i], b->seed) & o->mask;

        while (o->slots[at])
            at = (at + 1) & o->mask;
        o->slots[at] = (uint32_t)i + 1;
    }
    return true;
}

/* Is the key there already? If not, *slot is where its position goes, in a mapping of many keys. */
static bool key_known(const struct build *b, const struct open *o, str key, uint32_t **slot) {
    if (!o->slots) {
        for (size_t i = 0; i < o->node->count; i++)
            if (str_eq(o->node->keys[i], key))
                return true;
        return false;
    }
    for (uint32_t at = (uint32_t)hash_bytes(key, b->seed);; at++) {
        *slot = &o->slots[at & o->mask];
        if (**slot == 0)
            return false;
        if (str_eq(o->node->keys[**slot - 1], key))
            return true;
    }
}

static bool place_key(struct build *b, struct open *o, const struct yaml_node *key, size_t line) {
    size_t const room = o->room;
    uint32_t *slot = NULL;

    if (key->type != YAML_SCALAR)
        return bad(b, ERR_USAGE, line, "a key must be a plain word or text");
    if (!key->quoted && str_eq(key->text, S("<<")))
        return bad(b, ERR_USAGE, line, "merge keys (<<) are not supported: write the keys out");
    if (!room_for(b, o))
        return false;
    if (o->room != room && o->room > KEYS_PLAIN_MAX && !slots_build(b, o))
        return false;
    if (key_known(b, o, key->text, &slot))
        return err_set(b->e, ERR_USAGE, 0, "line %zu: key '%.*s' stands twice in one mapping", line + 1,
                       STR_ARG(str_first(key->text, 80)));
    o->node->keys[o->node->count] = key->text;
    o->node->key_lines[o->node->count] = (uint32_t)line + 1;
    if (slot)
        *slot = (uint32_t)o->node->count + 1;
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

/* Is a list or mapping what it would be without its tag? `own`: the tag that says so. */
static bool tag_plain(const yaml_char_t *tag, const char *own) {
    str const t = str_of((const char *)tag);

    return t.len == 0 || str_eq(t, S("!")) || str_eq(t, str_of(own));
}

/* What a scalar with a tag is (YAML 1.2 10.2, 10.3). A tag that says what the text then does not look like leaves it
 * what it looks like, odd: text, with a warning from whoever takes values. False: a tag that is not known. */
static bool tag_resolve(const yaml_char_t *tag, str text, enum yaml_scalar *is) {
    static const struct {
        str tag;
        unsigned kinds; /* bits of enum yaml_scalar */
    } tags[] = {
        {STR(YAML_NULL_TAG), 1u << YAML_IS_NULL},
        {STR(YAML_BOOL_TAG), 1u << YAML_IS_TRUE | 1u << YAML_IS_FALSE},
        {STR(YAML_INT_TAG), 1u << YAML_IS_INT},
        {STR(YAML_FLOAT_TAG), 1u << YAML_IS_INT | 1u << YAML_IS_FLOAT},
        {STR(YAML_TIMESTAMP_TAG), 0},
    };
    str const t = str_of((const char *)tag);

    *is = YAML_IS_TEXT;
    if (str_eq(t, S("!")) || str_eq(t, S(YAML_STR_TAG)))
        return true;
    for (size_t i = 0; i < COUNT(tags); i++)
        if (str_eq(tags[i].tag, t)) {
            *is = yaml_plain(text);
            if (!(tags[i].kinds & 1u << *is))
                *is = YAML_IS_ODD;
            return true;
        }
    return false;
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
    if (!ev->data.scalar.tag)
        n->scalar = n->quoted ? YAML_IS_TEXT : yaml_plain(n->text);
    else if (!tag_resolve(ev->data.scalar.tag, n->text, &n->scalar))
        return bad(b, ERR_USAGE, line,
                   "a text with a tag other than !!str, !!int, !!float, !!bool, !!null, !!timestamp");
    return anchor_add(b, ev->data.scalar.anchor, n, 1, &at) && place(b, n, line);
}

static bool begin(struct build *b, enum yaml_type type, const yaml_char_t *anchor, const yaml_char_t *tag,
                  size_t line) {
    struct yaml_node *n;
    size_t at;

    if (!tag_plain(tag, type == YAML_LIST ? YAML_SEQ_TAG : YAML_MAP_TAG))
        return bad(b, ERR_USAGE, line, "a list or mapping with a tag other than !!seq, !!map");
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
    return bad(b, ERR_USAGE, line, "alias without anchor: a text that begins with * needs quotes");
}

static bool take(struct build *b, const yaml_event_t *ev) {
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return scalar(b, ev);
    case YAML_SEQUENCE_START_EVENT:
        return begin(b, YAML_LIST, ev->data.sequence_start.anchor, ev->data.sequence_start.tag, ev->start_mark.line);
    case YAML_MAPPING_START_EVENT:
        return begin(b, YAML_MAP, ev->data.mapping_start.anchor, ev->data.mapping_start.tag, ev->start_mark.line);
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

/* What to do about libyaml's complaints, in the words of somebody who writes a rule and not a parser. */
static const char *advice(const char *problem) {
    static const struct {
        const char *problem, *advice;
    } table[] = {
        {"found character that cannot start any token",
         "indent with blanks, not tabs; quote a text that begins with @ ` or %"},
        {"mapping values are not allowed in this context", "check the indentation; quote a text that holds ': '"},
        {"did not find expected key", "check the indentation"},
        {"did not find expected '-' indicator", "check the indentation"},
        {"could not find expected ':'", "a key without a colon, or wrong indentation"},
        {"found unexpected end of stream", "a quote is not closed"},
        {"did not find expected ',' or ']'", "a bracket is not closed, or a text in it needs quotes"},
        {"did not find expected ',' or '}'", "a brace is not closed, or a text in it needs quotes"},
        {"did not find expected node content", "a value is missing, or a bracket is not closed"},
        {"did not find expected alphabetic or numeric character", "quote a text that begins with * or &"},
        {"found unknown escape character", "in double quotes a backslash begins an escape: use single quotes"},
        {"control characters are not allowed", "is it a text file?"},
        {"invalid leading UTF-8 octet", "the file must be UTF-8"},
        {"invalid trailing UTF-8 octet", "the file must be UTF-8"},
        {"incomplete UTF-8 octet sequence", "the file must be UTF-8"},
    };

    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].problem, problem) == 0)
            return table[i].advice;
    return NULL;
}

/* libyaml's own complaint. What cannot be decoded has no line yet, only a place among the bytes. */
static bool refused(struct build *b, str text) {
    const yaml_parser_t *const p = &b->parser;
    const char *const problem = p->problem ? p->problem : "not YAML", *const help = advice(problem);
    bool const block = p->context && p->context_mark.line < p->problem_mark.line;
    size_t line = p->problem_mark.line;

    if (p->error == YAML_MEMORY_ERROR)
        return no_memory(b);
    if (p->error == YAML_READER_ERROR) {
        line = 0;
        for (size_t i = 0; i < text.len && i < p->problem_offset; i++)
            line += text.ptr[i] == '\n';
        return err_set(b->e, ERR_USAGE, 0, "line %zu: %s%s%s", line + 1, problem, help ? ": " : "", help ? help : "");
    }
    if (block)
        return err_set(b->e, ERR_USAGE, 0, "line %zu: %s, %s that began in line %zu%s%s", line + 1, problem, p->context,
                       p->context_mark.line + 1, help ? ": " : "", help ? help : "");
    return err_set(b->e, ERR_USAGE, 0, "line %zu: %s%s%s", line + 1, problem, help ? ": " : "", help ? help : "");
}

/* The documents read so far. */
struct list {
    struct yaml_node **items;
    size_t count, room;
};

static bool list_add(struct build *b, struct list *l) {
    if (l->count == l->room) {
        size_t const room = l->room ? l->room * 2 : 4;
        struct yaml_node **const bigger = arena_alloc(b->a, room * sizeof *bigger);

        if (!bigger)
            return no_memory(b);
        if (l->count)
            memcpy(bigger, l->items, l->count * sizeof *bigger);
        l->items = bigger;
        l->room = room;
    }
    assert(b->root);
    l->items[l->count++] = b->root;
    return true;
}

bool yaml_read(str text, struct arena *a, struct yaml_node ***documents, size_t *count, struct err *e) {
    struct build b = {.a = a, .e = e};
    struct list list = {0};
    bool ok = true, over = false;

    if (text.len > YAML_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "line 1: more than 16 MiB");
    if (!yaml_parser_initialize(&b.parser))
        return no_memory(&b);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text.ptr, text.len);
    while (ok && !over) {
        yaml_event_t ev;

        if (!yaml_parser_parse(&b.parser, &ev)) {
            ok = refused(&b, text);
            break;
        }
        ok = take(&b, &ev) && (ev.type != YAML_DOCUMENT_END_EVENT || list_add(&b, &list));
        over = ev.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&b.parser);
    if (ok) {
        *documents = list.items;
        *count = list.count;
    }
    return ok;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key) {
    str const wanted = str_of(key);

    if (!map || map->type != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_eq(map->keys[i], wanted))
            return map->items[i];
    return NULL;
}

str yaml_text(const struct yaml_node *map, const char *key) {
    const struct yaml_node *const n = yaml_get(map, key);

    return n && n->type == YAML_SCALAR ? n->text : S("");
}
