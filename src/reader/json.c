/* json: one pass over the bytes (RFC 8259, strict), flattened to dotted paths on the way.
 *
 * A path is a node of a trie, and a node knows its field number. A node also remembers which key followed it last time:
 * logs repeat their keys in the same order, so one comparison finds the next node. A document is parsed only when it is
 * whole in the window; when the window ends first, a larger one is asked for, up to RECORD_BYTES_MAX.
 *
 * After an error the bytes up to the next line end are skipped and reported once; nothing of a broken record is given. */
#include "reader/json.h"

#include <assert.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/utf.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define DEPTH_MAX 256
#define RECORD_BYTES_MAX ((size_t)16 << 20)
#define WINDOW_FIRST ((size_t)1 << 20)
#define NODES_MAX 65536u
#define PART_SIZE ((uint64_t)8 << 20)
#define SCRATCH_MAX ((size_t)64 << 20)

struct node {
    field_id field;
    uint32_t parent, next; /* next: the node that followed last time */
    str key;
    bool asked, wanted, inner_asked, inner_wanted;
};

/* What stands behind a `Name` in a list of pairs. */
struct pair {
    str name;
    bool named;
    uint32_t value_from, value_to, old_from, old_to; /* of values[] */
};

struct json {
    struct input *in;
    struct event_sink *to;
    struct err *e;
    struct arena *names, *scratch;
    struct node *nodes;
    uint32_t node_count, node_room;
    uint32_t *slots, slot_mask;
    uint64_t seed;

    struct raw *values; /* of the record being read */
    bool *literal;      /* whether the value's path holds a key with a dot in it */
    uint32_t count, room;
    bool dotted, nested, overflow, cut;
    struct buf path;

    const char *start, *pos, *end; /* the document's bytes: [start, end) is the window from the document on */
    const char *why;               /* the error, when one is found */
    const char *why_at;
    bool short_window, no_memory;
    unsigned embedded;
};

static bool wrong(struct json *j, const char *why) {
    if (!j->why) {
        j->why = why;
        j->why_at = j->pos;
    }
    return false;
}

/* The bytes end here: in the window, perhaps not in the source. */
static bool ended(struct json *j) {
    if (!j->embedded)
        j->short_window = true;
    return wrong(j, "ends within a value");
}

static void blanks(struct json *j) {
    while (j->pos < j->end && (*j->pos == ' ' || *j->pos == '\n' || *j->pos == '\r' || *j->pos == '\t'))
        j->pos++;
}

/* Paths */

static uint32_t node_slot(const struct json *j, uint32_t parent, str key, uint64_t hash) {
    uint32_t at = (uint32_t)(hash ^ parent * 0x9e3779b1u) & j->slot_mask;

    while (j->slots[at] &&
           (j->nodes[j->slots[at]].parent != parent || !str_eq(j->nodes[j->slots[at]].key, key)))
        at = (at + 1) & j->slot_mask;
    return at;
}

/* The field of parent's path with key behind. */
static field_id path_field(struct json *j, uint32_t parent, str key) {
    j->path.len = 0;
    if (parent) {
        buf_add(&j->path, field_name(j->to->fields, j->nodes[parent].field));
        buf_byte(&j->path, '.');
    }
    buf_add(&j->path, key);
    return j->path.failed ? FIELD_NONE : field_intern(j->to->fields, buf_str(&j->path));
}

/* The node of key below parent; 0: no room for more nodes or names (node 0 is the root, never a child). */
static uint32_t node_of(struct json *j, uint32_t parent, str key) {
    uint64_t const hash = hash_bytes(key, j->seed);
    uint32_t const at = node_slot(j, parent, key, hash);
    struct node n = {.parent = parent};

    if (j->slots[at])
        return j->slots[at];
    if (j->node_count == NODES_MAX || (parent && j->nodes[parent].field == FIELD_NONE) || key.len > 4096 ||
        (n.field = path_field(j, parent, key)) == FIELD_NONE || !arena_copy(j->names, key, &n.key)) {
        j->overflow = true;
        return 0;
    }
    j->nodes[j->node_count] = n;
    j->slots[at] = j->node_count;
    return j->node_count++;
}

static uint32_t child(struct json *j, uint32_t parent, uint32_t before, str key) {
    uint32_t const guess = j->nodes[before].next;
    uint32_t found;

    if (guess && j->nodes[guess].parent == parent && str_eq(j->nodes[guess].key, key))
        return guess;
    found = node_of(j, parent, key);
    if (found)
        j->nodes[before].next = found;
    return found;
}

static bool wanted(struct json *j, uint32_t node) {
    struct node *const n = &j->nodes[node];

    if (!n->asked) {
        n->asked = true;
        n->wanted = !j->to->wants || j->to->wants(j->to, n->field);
    }
    return n->wanted;
}

static bool inner_wanted(struct json *j, uint32_t node) {
    struct node *const n = &j->nodes[node];

    if (!node || !j->to->wants_inner)
        return false;
    if (!n->inner_asked) {
        n->inner_asked = true;
        n->inner_wanted = j->to->wants_inner(j->to, n->field);
    }
    return n->inner_wanted;
}

/* Values */

static void emit(struct json *j, field_id field, uint8_t type, str text, bool literal, bool inner) {
    if (j->count == j->room) {
        if (j->room == RECORD_VALUES_MAX) {
            j->cut = true;
            return;
        }
        uint32_t const room = j->room ? j->room * 2 : 256;
        struct raw *const values = realloc(j->values, room * sizeof *values);
        bool *const flags = values ? realloc(j->literal, room * sizeof *flags) : NULL;

        j->values = values ? values : j->values;
        j->literal = flags ? flags : j->literal;
        if (!flags) {
            j->no_memory = true;
            return;
        }
        j->room = room;
    }
    j->literal[j->count] = literal;
    j->values[j->count++] = (struct raw){.field = field, .type = type, .inner = inner, .len = (uint32_t)text.len,
                                         .ptr = text.ptr};
}

static void emit_at(struct json *j, uint32_t node, uint8_t type, str text, bool literal) {
    if (node && wanted(j, node))
        emit(j, j->nodes[node].field, type, text, literal, false);
}

/* The first byte from p on that ends or interrupts a string: quote, backslash, control character. */
static const char *string_stop(const char *p, const char *end) {
#ifdef __SSE2__
    while (end - p >= 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i const stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
            _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
        int const mask = _mm_movemask_epi8(stop);

        if (mask)
            return p + __builtin_ctz((unsigned)mask);
        p += 16;
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

static int hex4(const char *p) {
    int n = 0;

    for (int i = 0; i < 4; i++) {
        char const c = p[i];
        int const d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

        if (d < 0)
            return -1;
        n = n * 16 + d;
    }
    return n;
}

/* Behind a backslash; writes the character to out. A lone surrogate becomes U+FFFD. */
static bool escape(struct json *j, char *out, size_t *used) {
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char *simple;
    int unit, low;
    uint32_t point;
    char four[4];

    if (j->pos == j->end)
        return ended(j);
    if (*j->pos != 'u') {
        simple = *j->pos ? strchr(from, *j->pos) : NULL;
        if (!simple)
            return wrong(j, "unknown escape in a string");
        out[(*used)++] = into[simple - from];
        j->pos++;
        return true;
    }
    if (j->end - j->pos < 5)
        return ended(j);
    if ((unit = hex4(j->pos + 1)) < 0)
        return wrong(j, "broken \\u escape in a string");
    j->pos += 5;
    point = (uint32_t)unit;
    if (point >= 0xd800 && point <= 0xdbff && j->end - j->pos >= 6 && j->pos[0] == '\\' && j->pos[1] == 'u' &&
        (low = hex4(j->pos + 2)) >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((point & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
        j->pos += 6;
    } else if (point >= 0xd800 && point <= 0xdfff) {
        point = 0xfffd;
    }
    size_t const width = utf8_encode(point, four);

    memcpy(out + *used, four, width);
    *used += width;
    return true;
}

/* At the opening quote. Without escapes a view; else decoded into the record's scratch. */
static bool string(struct json *j, str *out) {
    const char *const from = ++j->pos;
    const char *stop = string_stop(from, j->end);
    char *copy;
    size_t used;

    if (stop == j->end)
        return ended(j);
    if (*stop == '"') {
        *out = (str){from, (size_t)(stop - from)};
        j->pos = stop + 1;
        return true;
    }
    /* The decoded text is never longer than the rest of the string: find its end first. */
    const char *close = stop;

    while (close < j->end && *close != '"')
        close = string_stop(*close == '\\' && j->end - close >= 2 ? close + 2 : close + 1, j->end);
    if (close >= j->end)
        return ended(j);
    if (!(copy = arena_bytes(j->scratch, (size_t)(close - from) + 4))) {
        j->no_memory = true;
        return false;
    }
    used = (size_t)(stop - from);
    memcpy(copy, from, used);
    j->pos = stop;
    for (;;) {
        if (*j->pos == '"')
            break;
        if (*j->pos != '\\')
            return wrong(j, "control character in a string");
        j->pos++;
        if (!escape(j, copy, &used))
            return false;
        stop = string_stop(j->pos, j->end);
        if (stop == j->end)
            return ended(j);
        memcpy(copy + used, j->pos, (size_t)(stop - j->pos));
        used += (size_t)(stop - j->pos);
        j->pos = stop;
    }
    j->pos++;
    *out = (str){copy, used};
    return true;
}

static bool digits(struct json *j) {
    const char *const from = j->pos;

    while (j->pos < j->end && *j->pos >= '0' && *j->pos <= '9')
        j->pos++;
    if (j->pos == j->end)
        return j->embedded && j->pos > from ? true : ended(j);
    return j->pos > from || wrong(j, "number without digits");
}

static bool number(struct json *j, str *out) {
    const char *const from = j->pos;

    if (*j->pos == '-')
        j->pos++;
    if (j->pos == j->end)
        return ended(j);
    if (*j->pos == '0')
        j->pos++;
    else if (!digits(j))
        return false;
    if (j->pos < j->end && *j->pos == '.') {
        j->pos++;
        if (!digits(j))
            return false;
    }
    if (j->pos < j->end && (*j->pos == 'e' || *j->pos == 'E')) {
        j->pos++;
        if (j->pos < j->end && (*j->pos == '+' || *j->pos == '-'))
            j->pos++;
        if (!digits(j))
            return false;
    }
    if (j->pos < j->end && *j->pos >= '0' && *j->pos <= '9')
        return wrong(j, "number with a leading zero");
    *out = (str){from, (size_t)(j->pos - from)};
    return true;
}

static bool word(struct json *j, const char *text) {
    size_t const len = strlen(text);
    size_t const have = (size_t)(j->end - j->pos);

    if (have < len)
        return memcmp(j->pos, text, have) == 0 ? ended(j) : wrong(j, "not a value");
    if (memcmp(j->pos, text, len) != 0)
        return wrong(j, "not a value");
    j->pos += len;
    return true;
}

static bool value(struct json *j, uint32_t node, bool literal, unsigned depth, uint32_t list);

/* Names of the members that make an object of a list a named value. */
static bool is_one_of(str key, const str *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_ascii(key, names[i]))
            return true;
    return false;
}

static void pair_member(struct json *j, struct pair *p, str key, uint32_t from) {
    static const str names[] = {STR("Name"), STR("Key"), STR("displayName"), STR("@Name")};
    static const str values[] = {STR("Value"), STR("NewValue"), STR("intValue"), STR("boolValue"), STR("multiValue"),
                                 STR("#text")};
    static const str olds[] = {STR("OldValue")};

    if (is_one_of(key, names, COUNT(names))) {
        if (!p->named && j->count == from + 1 && j->values[from].type == RAW_TEXT) {
            p->named = true;
            p->name = (str){j->values[from].ptr, j->values[from].len};
        }
    } else if (is_one_of(key, values, COUNT(values))) {
        if (p->value_to == p->value_from) {
            p->value_from = from;
            p->value_to = j->count;
        }
    } else if (is_one_of(key, olds, COUNT(olds))) {
        p->old_from = from;
        p->old_to = j->count;
    }
}

static void pair_emit(struct json *j, const struct pair *p, uint32_t list) {
    uint32_t const node = list && p->named && p->name.len ? node_of(j, list, p->name) : 0;
    uint32_t old = 0;

    if (!node || (p->value_from == p->value_to && p->old_from == p->old_to))
        return;
    for (uint32_t i = p->value_from; i < p->value_to && wanted(j, node); i++)
        emit(j, j->nodes[node].field, j->values[i].type, (str){j->values[i].ptr, j->values[i].len}, false, true);
    if (p->old_from < p->old_to)
        old = node_of(j, node, S("OldValue"));
    for (uint32_t i = p->old_from; old && i < p->old_to && wanted(j, old); i++)
        emit(j, j->nodes[old].field, j->values[i].type, (str){j->values[i].ptr, j->values[i].len}, false, true);
}

static bool object(struct json *j, uint32_t node, bool literal, unsigned depth, uint32_t list) {
    struct pair pair = {0};
    uint32_t before = node;

    if (depth == DEPTH_MAX)
        return wrong(j, "nested deeper than 256");
    j->nested |= depth > 0;
    j->pos++;
    blanks(j);
    if (j->pos < j->end && *j->pos == '}') {
        j->pos++;
        return true;
    }
    for (;;) {
        uint32_t const from = j->count;
        uint32_t at;
        bool dot;
        str key;

        if (j->pos == j->end)
            return ended(j);
        if (*j->pos != '"')
            return wrong(j, "a member without a name in quotes");
        if (!string(j, &key))
            return false;
        blanks(j);
        if (j->pos == j->end)
            return ended(j);
        if (*j->pos != ':')
            return wrong(j, "no colon behind a member's name");
        j->pos++;
        at = node || depth == 0 || j->nodes[node].parent == 0 ? child(j, node, before, key) : 0;
        if (at)
            before = at;
        dot = str_find_byte(key, '.') != SIZE_MAX;
        j->dotted |= dot;
        blanks(j);
        if (!value(j, at, literal || dot, depth + 1, 0))
            return false;
        if (list)
            pair_member(j, &pair, key, from);
        blanks(j);
        if (j->pos == j->end)
            return ended(j);
        if (*j->pos == '}')
            break;
        if (*j->pos != ',')
            return wrong(j, "no comma between members");
        j->pos++;
        blanks(j);
    }
    j->pos++;
    if (list)
        pair_emit(j, &pair, list);
    return true;
}

static bool array(struct json *j, uint32_t node, bool literal, unsigned depth) {
    if (depth == DEPTH_MAX)
        return wrong(j, "nested deeper than 256");
    j->pos++;
    blanks(j);
    if (j->pos < j->end && *j->pos == ']') {
        j->pos++;
        return true;
    }
    for (;;) {
        if (!value(j, node, literal, depth + 1, node))
            return false;
        blanks(j);
        if (j->pos == j->end)
            return ended(j);
        if (*j->pos == ']')
            break;
        if (*j->pos != ',')
            return wrong(j, "no comma between elements");
        j->pos++;
        blanks(j);
    }
    j->pos++;
    return true;
}

/* Members whose text is itself a record: the audit log's cell, CloudTrail's lookup. */
static bool holds_record(const struct node *n) {
    return str_eq_ascii(n->key, S("AuditData")) || str_eq(n->key, S("CloudTrailEvent"));
}

/* Reads the text as members of the record itself. Text that is no JSON object stays what it is: text. */
static void embedded(struct json *j, str text) {
    const char *const start = j->start, *const pos = j->pos, *const end = j->end;
    uint32_t const count = j->count;
    bool const nested = j->nested;

    if (j->embedded || text.len < 2 || text.ptr[0] != '{')
        return;
    j->start = j->pos = text.ptr;
    j->end = text.ptr + text.len;
    j->embedded = 1;
    bool ok = object(j, 0, false, 0, 0);

    blanks(j);
    if (!ok || j->pos != j->end) {
        j->count = count;
        j->why = NULL;
    }
    j->embedded = 0;
    j->nested = nested;
    j->start = start;
    j->pos = pos;
    j->end = end;
}

/* list: the node of the array this value is an element of, or 0. */
static bool value(struct json *j, uint32_t node, bool literal, unsigned depth, uint32_t list) {
    const char *const from = j->pos;
    uint32_t const count = j->count;
    str text;

    if (j->pos == j->end)
        return ended(j);
    switch (*j->pos) {
    case '"':
        if (!string(j, &text))
            return false;
        emit_at(j, node, RAW_TEXT, text, literal);
        if (node && depth == 1 && holds_record(&j->nodes[node]))
            embedded(j, text);
        return true;
    case '{':
        if (!object(j, node, literal, depth, list))
            return false;
        break;
    case '[':
        if (!array(j, node, literal, depth))
            return false;
        break;
    case 't':
        if (!word(j, "true"))
            return false;
        emit_at(j, node, RAW_BOOL, S("true"), literal);
        return true;
    case 'f':
        if (!word(j, "false"))
            return false;
        emit_at(j, node, RAW_BOOL, S("false"), literal);
        return true;
    case 'n':
        if (!word(j, "null"))
            return false;
        emit_at(j, node, RAW_NULL, S(""), literal);
        return true;
    default:
        if (*j->pos != '-' && (*j->pos < '0' || *j->pos > '9'))
            return wrong(j, "not a value");
        if (!number(j, &text))
            return false;
        emit_at(j, node, RAW_NUMBER, text, literal);
        return true;
    }
    /* The serialised text of the object or list itself, once, for the outermost under this path; not of a list of
     * plain values, which are values of the path themselves. */
    if (!list && inner_wanted(j, node) && (j->count == count || j->values[j->count - 1].field != j->nodes[node].field))
        emit(j, j->nodes[node].field, RAW_TEXT, (str){from, (size_t)(j->pos - from)}, literal, true);
    return true;
}

/* Where a literal dotted key and nested members give one path, the literal key wins (Sigma 2.4). */
static void literal_wins(struct json *j) {
    uint32_t kept = 0;

    if (!j->dotted || !j->nested)
        return;
    for (uint32_t i = 0; i < j->count; i++) {
        bool hidden = false;

        for (uint32_t k = 0; !j->literal[i] && k < j->count && !hidden; k++)
            hidden = j->literal[k] && j->values[k].field == j->values[i].field;
        if (!hidden) {
            j->literal[kept] = j->literal[i];
            j->values[kept++] = j->values[i];
        }
    }
    j->count = kept;
}

/* Sources */

static bool open_reader(struct json *j, struct input *in, struct event_sink *to, struct err *e) {
    *j = (struct json){.in = in, .to = to, .e = e, .seed = hash_seed(), .slot_mask = NODES_MAX * 2 - 1};
    j->names = arena_new(SCRATCH_MAX);
    j->scratch = arena_new(SCRATCH_MAX);
    j->nodes = calloc(NODES_MAX, sizeof *j->nodes);
    j->slots = calloc((size_t)j->slot_mask + 1, sizeof *j->slots);
    j->node_count = 1; /* the root */
    if (j->nodes)
        j->nodes[0].field = FIELD_NONE;
    return j->names && j->scratch && j->nodes && j->slots ? true : err_set(e, ERR_MEMORY, 0, "no memory to read JSON");
}

static void close_reader(struct json *j) {
    arena_free(j->names);
    arena_free(j->scratch);
    free(j->nodes);
    free(j->slots);
    free(j->values);
    free(j->literal);
    buf_free(&j->path);
}

/* The array that a wrapper's member opens: bytes from the brace up to behind the bracket, or 0. */
static size_t wrapper(str s) {
    static const str keys[] = {STR("Records"), STR("records"), STR("value"), STR("Events"), STR("events"), STR("items"),
                               STR("entries")};
    size_t i = 1;

    for (int member = 0; member < 8; member++) {
        size_t close;
        str key;

        while (i < s.len && strchr(" \t\r\n,", s.ptr[i]) && s.ptr[i])
            i++;
        if (i >= s.len || s.ptr[i] != '"' || (close = str_find_byte(str_from(s, i + 1), '"')) == SIZE_MAX)
            return 0;
        key = (str){s.ptr + i + 1, close};
        i += close + 2;
        while (i < s.len && strchr(" \t\r\n:", s.ptr[i]) && s.ptr[i])
            i++;
        if (i >= s.len)
            return 0;
        if (s.ptr[i] == '[') {
            bool known = false;

            for (size_t k = 0; k < COUNT(keys); k++)
                known |= str_eq(keys[k], key);
            for (i++; known && i < s.len && strchr(" \t\r\n", s.ptr[i]) && s.ptr[i]; i++)
                ;
            return known && i < s.len && (s.ptr[i] == '{' || s.ptr[i] == ']') ? i : 0;
        }
        if (s.ptr[i] == '"') { /* a text member before it: over it, if it is plain */
            close = str_find_byte(str_from(s, i + 1), '"');
            if (close == SIZE_MAX || memchr(s.ptr + i + 1, '\\', close))
                return 0;
            i += close + 2;
        } else if (s.ptr[i] == '{') {
            return 0;
        } else {
            while (i < s.len && s.ptr[i] != ',' && s.ptr[i] != '}')
                i++;
        }
    }
    return 0;
}

enum where { OUTSIDE, IN_ARRAY, BEHIND_ARRAY };

struct reading {
    struct json j;
    uint64_t at; /* offset of the next byte to look at */
    uint64_t number;
    str window;  /* bytes from `at` on */
    enum where where;
    bool wrapped;
};

/* Makes `want` bytes from at on visible if the source has them. */
static bool look(struct reading *r, size_t want) {
    return r->j.in->window(r->j.in, r->at, want, &r->window, r->j.e);
}

static void step(struct reading *r, size_t n) {
    r->at += n;
    r->window = str_from(r->window, n);
}

/* Skips to behind the next line end, from `from` bytes on, and reports it. */
static bool skip_line(struct reading *r, size_t from, const char *why) {
    uint64_t const begin = r->at;

    step(r, from < r->window.len ? from : r->window.len);
    for (;;) {
        size_t const line = str_find_byte(r->window, '\n');

        if (line != SIZE_MAX) {
            step(r, line + 1);
            break;
        }
        step(r, r->window.len);
        if (!look(r, 1))
            return false;
        if (r->window.len == 0)
            break;
    }
    r->j.to->damage(r->j.to, begin, r->at - begin, why);
    return true;
}

/* At an opening brace: one record. */
static bool record(struct reading *r) {
    struct json *const j = &r->j;
    size_t want = WINDOW_FIRST;

    for (;;) {
        arena_reset(j->scratch);
        j->count = 0;
        j->dotted = j->nested = j->overflow = j->cut = j->short_window = false;
        j->why = NULL;
        j->start = j->pos = r->window.ptr;
        j->end = r->window.ptr + r->window.len;
        if (object(j, 0, false, 0, 0) || !j->short_window || j->no_memory)
            break;
        size_t const had = r->window.len;

        if (had > RECORD_BYTES_MAX) {
            j->why = "record larger than 16 MiB";
            j->why_at = j->end;
            break;
        }
        want = want > had ? want : had * 2;
        if (want > RECORD_BYTES_MAX + 1)
            want = RECORD_BYTES_MAX + 1;
        if (!look(r, want))
            return false;
        if (r->window.len <= had)
            break; /* the source ends here */
    }
    if (j->no_memory)
        return err_set(j->e, ERR_MEMORY, r->at, "no memory for a record");
    if (j->why)
        return skip_line(r, (size_t)(j->why_at - r->window.ptr), j->why);
    size_t const size = (size_t)(j->pos - r->window.ptr);

    literal_wins(j);
    if (j->overflow)
        j->to->damage(j->to, r->at, 0, "too many field names: some values were left out");
    if (j->cut)
        j->to->damage(j->to, r->at, 0, "more than 8192 values: the rest was left out");
    struct record const rec = {.values = j->values,
                               .count = j->count,
                               .when = INSTANT_NONE,
                               .number = ++r->number,
                               .offset = r->at,
                               .size = size};

    if (!j->to->record(j->to, &rec, j->e))
        return false;
    step(r, size);
    return true;
}

static bool bom_or_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static bool next(struct reading *r, uint64_t to, bool *over) {
    for (;;) {
        size_t blank = 0;

        while (blank < r->window.len && bom_or_blank(r->window.ptr[blank]))
            blank++;
        step(r, blank);
        if (r->window.len)
            break;
        if (!look(r, WINDOW_FIRST))
            return false;
        if (r->window.len == 0) {
            *over = true;
            return true;
        }
    }
    if (r->at >= to) {
        *over = true;
        return true;
    }
    char const c = r->window.ptr[0];

    if (r->at == 0 && str_starts(r->window, S("\xef\xbb\xbf"))) {
        step(r, 3);
        return true;
    }
    if (r->where == IN_ARRAY && (c == ',' || c == ']')) {
        step(r, 1);
        if (c == ']')
            r->where = r->wrapped ? BEHIND_ARRAY : OUTSIDE;
        return true;
    }
    if (r->where == BEHIND_ARRAY) {
        /* The wrapper's other members hold no records: over them to its end. */
        struct json *const j = &r->j;

        if (c == '}' || c == ',') {
            step(r, 1);
            if (c == '}')
                r->where = OUTSIDE;
            return true;
        }
        if (r->window.len < RECORD_BYTES_MAX && !look(r, RECORD_BYTES_MAX))
            return false;
        arena_reset(j->scratch);
        j->count = 0;
        j->why = NULL;
        j->start = j->pos = r->window.ptr;
        j->end = r->window.ptr + r->window.len;
        str key;
        bool ok = *j->pos == '"' && string(j, &key);

        blanks(j);
        ok = ok && j->pos < j->end && *j->pos == ':';
        if (ok) {
            j->pos++;
            blanks(j);
            ok = value(j, 0, false, 1, 0);
        }
        if (!ok) {
            r->where = OUTSIDE;
            return skip_line(r, 0, "broken wrapper around records");
        }
        step(r, (size_t)(j->pos - r->window.ptr));
        return true;
    }
    if (c == '{') {
        size_t const open = r->where == OUTSIDE ? wrapper(str_first(r->window, 4096)) : 0;

        if (!open)
            return record(r);
        step(r, open);
        r->where = IN_ARRAY;
        r->wrapped = true;
        return true;
    }
    if (c == '[' && r->where == OUTSIDE) {
        step(r, 1);
        r->where = IN_ARRAY;
        r->wrapped = false;
        return true;
    }
    return skip_line(r, 0, "not an object");
}

static bool json_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.at = part.from};
    bool over = false, ok = open_reader(&r.j, in, to, e);

    if (ok && part.from > 0) {
        /* The line that runs into this part belongs to the one before. */
        r.at = part.from - 1;
        for (ok = look(&r, WINDOW_FIRST); ok && r.window.len;) {
            size_t const line = str_find_byte(r.window, '\n');

            step(&r, line == SIZE_MAX ? r.window.len : line + 1);
            if (line != SIZE_MAX)
                break;
            ok = look(&r, WINDOW_FIRST);
        }
    }
    while (ok && !over)
        ok = next(&r, part.to, &over);
    close_reader(&r.j);
    return ok;
}

/* A brace or bracket is the first thing that is not blank, and what follows it can follow. */
static bool json_looks_like(str head) {
    size_t i = str_starts(head, S("\xef\xbb\xbf")) ? 3 : 0;

    while (i < head.len && bom_or_blank(head.ptr[i]) && head.ptr[i])
        i++;
    if (i == head.len || (head.ptr[i] != '{' && head.ptr[i] != '['))
        return false;
    bool const brace = head.ptr[i] == '{';

    for (i++; i < head.len && bom_or_blank(head.ptr[i]) && head.ptr[i]; i++)
        ;
    if (i == head.len)
        return true;
    return brace ? head.ptr[i] == '"' || head.ptr[i] == '}' : head.ptr[i] == '{' || head.ptr[i] == ']';
}

/* One document a line: the first line is whole by itself, and is no wrapper. */
static uint64_t json_part_size(str head) {
    size_t const line = str_find_byte(head, '\n');
    size_t depth = 0;
    bool quoted = false;

    if (head.len == 0 || head.ptr[0] != '{' || wrapper(str_first(head, 4096)))
        return 0;
    str const first = line == SIZE_MAX ? head : str_first(head, line);

    for (size_t i = 0; i < first.len; i++) {
        char const c = first.ptr[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted)
            depth = c == '{' || c == '[' ? depth + 1 : (c == '}' || c == ']') && depth ? depth - 1 : depth;
    }
    return line != SIZE_MAX && depth == 0 && !quoted ? PART_SIZE : 0;
}

const struct reader json_reader = {
    .name = "json",
    .title = "JSON lines, documents or arrays",
    .looks_like = json_looks_like,
    .part_size = json_part_size,
    .counts_in_part = true,
    .read = json_read,
};
