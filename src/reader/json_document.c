/* json_document: one JSON document (RFC 8259, strict) in one pass, flattened to dotted paths on the way.
 *
 * A path is a node of a trie, and a node knows its field number. A node also remembers which key followed it last time,
 * and an object which key came first: logs repeat their keys in the same order, so one comparison of 32 bytes finds the
 * end of the key, its node and its field. Where that fails, the key after the expected one is tried (a member that is
 * sometimes absent), and then the table is asked.
 *
 * Recursion goes as deep as the document is nested, and DEPTH_MAX bounds that. */
#include "reader/json_own.h"

#include <assert.h>

#include "base/hash.h"
#include "base/utf.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define DEPTH_MAX 256
#define NODES_MAX 65536u
#define NAMES_BYTES_MAX ((size_t)64 << 20)
#define KEY_BYTES_MAX 4096u
#define LEAD 32u
#define WRAPPER_HEAD_MAX 4096 /* a wrapper's list begins within its first bytes */

enum {
    ASKED = 1,
    WANTED = 2,
    INNER_ASKED = 4,
    INNER_WANTED = 8,
    LITERAL = 16,        /* a key on the path holds a dot itself */
    PAIR_NAME = 32,      /* in an object of a list: the name of a named value, */
    PAIR_VALUE = 64,     /* the value, */
    PAIR_OLD = 128,      /* the value before a change */
    LISTS_RECORDS = 256, /* a key of the whole whose list may hold the records */
    HOLDS_HITS = 512,    /* Elasticsearch: hits.hits */
    HOLDS_RECORD = 1024, /* text that is itself a record */
    IS_RECORD = 2048,    /* an object whose members are those of the record */
    HOLDS_LINE = 4096,   /* in a wrapper's list: text that is a record when it is an object */
    LISTS_LINES = 16384, /* a key of the whole whose list holds the records, even behind other lists (CloudWatch) */
    HOLDS_VALUE = 8192,  /* text that is the value of this path, written as JSON once more */
};

/* 64 bytes: one line of the cache. */
struct json_node {
    char lead[LEAD]; /* the key and its closing quote, as far as they fit */
    uint32_t mask;   /* which bytes of lead count; 0: the key as written differs from the key, or may */
    uint32_t next;   /* the node that followed last time, or ROOT */
    uint32_t first;  /* the node of the first member last time, or ROOT */
    uint32_t parent;
    field_id field;
    uint16_t len, flags;
    const char *key;
};

#define ROOT 0u
#define NOWHERE 1u /* of values that nobody gets: its members are NOWHERE, too */

/* What stands beside a `Name` in an object of a list. */
struct pair {
    str name;
    bool named;
    uint32_t value_from, value_to, old_from, old_to; /* of values[] */
};

/* All of these return NULL, so that `return wrong(...)` reads as what it does. The first error found stays. */
static const char *wrong(struct json *j, const char *at, const char *why) {
    if (!j->why) {
        j->why = why;
        j->why_at = at;
    }
    return NULL;
}

/* The bytes end here: in the window, perhaps not in the source. */
static const char *ended(struct json *j, const char *at) {
    if (!j->embedded && !j->why)
        j->short_window = true;
    return wrong(j, at, "ends within a value");
}

/* Blanks from p on (RFC 8259 2). Among lines a brace behind a line end begins another document: the line end is not
 * passed, and whoever stands there sees that the grammar breaks. */
static const char *blanks_slow(struct json *j, const char *p) {
    for (; p < j->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'); p++)
        if (*p == '\n' && j->lines && !j->embedded) {
            if (p + 1 == j->end)
                return j->end;
            if (p[1] == '{') {
                wrong(j, p, "a line ends within a record");
                return p;
            }
        }
    return p;
}

static inline const char *blanks(struct json *j, const char *p) {
    return p < j->end && (unsigned char)*p <= ' ' ? blanks_slow(j, p) : p;
}

/* Strings */

/* The first byte from p on that ends or interrupts a string: quote, backslash, control character. *high: not 0 when
 * bytes above 0x7f were met, perhaps behind that place. */
static inline const char *string_stop(const char *p, const char *end, int *high) {
#ifdef __SSE2__
    while (end - p >= 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i const stop =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
                         _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
        int const mask = _mm_movemask_epi8(stop);

        *high |= _mm_movemask_epi8(v);
        if (mask)
            return p + __builtin_ctz((unsigned)mask);
        p += 16;
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        *high |= (unsigned char)*p++ & 0x80;
    return p;
}

/* Copies from *p to out as far as string_stop would go; moves both behind. 16 bytes behind out may be overwritten. */
static void string_copy(const char **p, const char *end, char **out, int *high) {
    const char *from = *p;
    char *to = *out;

#ifdef __SSE2__
    while (end - from >= 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)from);
        __m128i const stop =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
                         _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
        int const mask = _mm_movemask_epi8(stop);

        _mm_storeu_si128((__m128i *)(void *)to, v);
        *high |= _mm_movemask_epi8(v);
        if (mask) {
            int const n = __builtin_ctz((unsigned)mask);

            *p = from + n;
            *out = to + n;
            return;
        }
        from += 16;
        to += 16;
    }
#endif
    while (from < end && *from != '"' && *from != '\\' && (unsigned char)*from >= 0x20) {
        *high |= (unsigned char)*from & 0x80;
        *to++ = *from++;
    }
    *p = from;
    *out = to;
}

/* Bytes [from, to) of the source will be repaired. */
static void note_bad(struct json *j, const char *from, const char *to) {
    if (j->embedded)
        return;                             /* decoded text: what is bad in it was noted where it was written */
    if (!j->bad_from || from < j->bad_from) /* a string's escapes are met before its other bytes are checked */
        j->bad_from = from;
    if (!j->bad_to || to > j->bad_to)
        j->bad_to = to;
}

/* Whether s is UTF-8; if not, that is noted. */
static bool check_utf8(struct json *j, str s) {
    size_t good = utf8_valid(s);

    if (good == s.len)
        return true;
    while (good < s.len) {
        note_bad(j, s.ptr + good, s.ptr + good + 1);
        good++;
        good += utf8_valid(str_from(s, good));
    }
    return false;
}

static int hex4(const char *p) {
    int n = 0;

    for (int i = 0; i < 4; i++) {
        char const c = p[i];
        int const d = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;

        if (d < 0)
            return -1;
        n = n * 16 + d;
    }
    return n;
}

/* p is behind `\u`. A surrogate without its other half becomes U+FFFD, as in all text that is no Unicode. */
static const char *unicode_escape(struct json *j, const char *p, char **out) {
    int unit, low;
    uint32_t point;

    for (int i = 0; i < 4 && p + i < j->end; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f') || (p[i] >= 'A' && p[i] <= 'F')))
            return wrong(j, p + i, "broken \\u escape in a string");
    if (j->end - p < 4)
        return ended(j, j->end);
    unit = hex4(p);
    assert(unit >= 0);
    p += 4;
    point = (uint32_t)unit;
    if (point >= 0xd800 && point <= 0xdbff && j->end - p < 6 && !j->embedded &&
        memchr(p, '"', (size_t)(j->end - p)) == NULL)
        return ended(j, j->end); /* the other half may follow */
    if (point >= 0xd800 && point <= 0xdbff && j->end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
        (low = hex4(p + 2)) >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((point & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
        p += 6;
    } else if (point >= 0xd800 && point <= 0xdfff) {
        note_bad(j, p - 6, p);
        point = 0xfffd;
    }
    *out += utf8_encode(point, *out);
    return p;
}

/* The rest of a string that begins at from (behind its quote) and has its first escape, or an error, at p. The decoded
 * text goes to j->text, which has room: it is never longer than what is decoded. */
static const char *decoded(struct json *j, const char *from, const char *p, int high, str *out) {
    static const char meant[256] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    char *const begin = j->text + j->text_used;
    char *to = begin;

    memcpy(to, from, (size_t)(p - from));
    to += p - from;
    for (;;) {
        if (p == j->end)
            return ended(j, p);
        if (*p == '"')
            break;
        if (*p != '\\')
            return wrong(j, p, "control character in a string");
        if (++p == j->end)
            return ended(j, p);
        if (*p == 'u') {
            if (!(p = unicode_escape(j, p + 1, &to)))
                return NULL;
        } else {
            if (!meant[(unsigned char)*p])
                return wrong(j, p, "unknown escape in a string");
            *to++ = meant[(unsigned char)*p++];
        }
        string_copy(&p, j->end, &to, &high);
    }
    if (high)
        check_utf8(j, (str){from, (size_t)(p - from)});
    *out = (str){begin, (size_t)(to - begin)};
    j->text_used += out->len;
    assert(j->text_used + 16 <= j->text_room);
    return p + 1;
}

/* p is at the opening quote. Without escapes a view. */
static inline const char *string(struct json *j, const char *p, str *out) {
    const char *const from = p + 1;
    int high = 0;
    const char *const stop = string_stop(from, j->end, &high);

    if (UNLIKELY(stop == j->end))
        return ended(j, stop);
    if (UNLIKELY(*stop != '"'))
        return decoded(j, from, stop, high, out);
    *out = (str){from, (size_t)(stop - from)};
    if (UNLIKELY(high))
        check_utf8(j, *out);
    return stop + 1;
}

/* Numbers and words */

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* One digit or more. */
static inline const char *digits(struct json *j, const char *p) {
    if (p == j->end)
        return ended(j, p);
    if (!is_digit(*p))
        return wrong(j, p, "number without digits");
    while (p < j->end && is_digit(*p))
        p++;
    return p;
}

static const char *number(struct json *j, const char *p, str *out) {
    const char *const from = p;

    if (*p == '-')
        p++;
    if (p < j->end && *p == '0')
        p++;
    else if (!(p = digits(j, p)))
        return NULL;
    if (p < j->end && *p == '.' && !(p = digits(j, p + 1)))
        return NULL;
    if (p < j->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < j->end && (*p == '+' || *p == '-'))
            p++;
        if (!(p = digits(j, p)))
            return NULL;
    }
    if (p < j->end && is_digit(*p))
        return wrong(j, p, "number with a leading zero");
    *out = (str){from, (size_t)(p - from)};
    return p;
}

static const char *word(struct json *j, const char *p, str text) {
    size_t const have = (size_t)(j->end - p);

    if (have < text.len)
        return memcmp(p, text.ptr, have) == 0 ? ended(j, j->end) : wrong(j, p, "not a value");
    return memcmp(p, text.ptr, text.len) == 0 ? p + text.len : wrong(j, p, "not a value");
}

/* Paths */

static uint32_t node_slot(const struct json *j, uint32_t parent, str key) {
    uint32_t const mask = NODES_MAX * 2 - 1;
    uint32_t at = (uint32_t)(hash_bytes(key, j->seed) ^ parent * 0x9e3779b1u) & mask;

    for (; j->slots[at]; at = (at + 1) & mask) {
        const struct json_node *const n = &j->nodes[j->slots[at]];

        if (n->parent == parent && str_eq((str){n->key, n->len}, key))
            break;
    }
    return at;
}

/* The field of parent's path with key behind. Names are text: what is no UTF-8 is repaired. */
static field_id path_field(struct json *j, uint32_t parent, str key) {
    size_t repaired = 0;
    char *room;

    j->path.len = 0;
    if (parent != ROOT) {
        buf_add(&j->path, field_name(j->to->fields, j->nodes[parent].field));
        buf_byte(&j->path, '.');
    }
    if ((room = buf_reserve(&j->path, key.len * 3 + 1))) /* one more: an empty key is a name, too */
        j->path.len += utf8_repair(key, room, &repaired);
    return j->path.failed ? FIELD_NONE : field_intern(j->to->fields, buf_str(&j->path));
}

static bool is_one_of(str key, const str *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_ascii(key, names[i]))
            return true;
    return false;
}

/* Microsoft 365, LookupEvents, Splunk. */
bool json_holds_record(str name) {
    return str_eq_ascii(name, S("AuditData")) || str_eq(name, S("CloudTrailEvent")) || str_eq(name, S("_raw")) ||
           str_eq(name, S("result"));
}

/* Columns of Log Analytics whose objects and lists are exported as text: of sign-ins and directory audits, of activity,
 * of OfficeActivity. */
static bool holds_value(str name) {
    static const str names[] = {
        STR("InitiatedBy"),         STR("TargetResources"),    STR("AdditionalDetails"), STR("Status"),
        STR("DeviceDetail"),        STR("LocationDetails"),    STR("Properties"),        STR("Claims"),
        STR("Authorization"),       STR("HTTPRequest"),        STR("Parameters"),        STR("ExtendedProperties"),
        STR("OperationProperties"), STR("ModifiedProperties"), STR("DeviceProperties"),
    };

    return is_one_of(name, names, COUNT(names));
}

str json_lists_again(size_t i) {
    /* Proofpoint TAP, SIEM API. */
    static const str lists[] = {STR("messagesDelivered"), STR("messagesBlocked"), STR("clicksPermitted"),
                                STR("clicksBlocked")};

    return i < COUNT(lists) ? lists[i] : S("");
}

static unsigned node_flags(const struct json *j, uint32_t parent, str key) {
    /* Members that make an object of a list a named value. */
    static const str names[] = {STR("Name"), STR("Key"), STR("displayName"), STR("@Name")};
    static const str values[] = {STR("Value"),     STR("NewValue"),   STR("intValue"),
                                 STR("boolValue"), STR("multiValue"), STR("#text")};
    static const str olds[] = {STR("OldValue")};
    /* Lists of records: CloudTrail, Azure, Graph and the Management API, LookupEvents, and what others made of them. */
    static const str lists[] = {STR("Records"), STR("records"), STR("value"),  STR("Events"),
                                STR("events"),  STR("items"),   STR("entries")};
    unsigned flags = j->nodes[parent].flags & LITERAL;

    if (str_find_byte(key, '.') != SIZE_MAX)
        flags |= LITERAL;
    if (parent != ROOT) {
        flags |= is_one_of(key, names, COUNT(names))     ? PAIR_NAME
                 : is_one_of(key, values, COUNT(values)) ? PAIR_VALUE
                 : is_one_of(key, olds, COUNT(olds))     ? PAIR_OLD
                                                         : 0;
        if (j->nodes[parent].parent == ROOT && str_eq(key, S("hits")) &&
            str_eq((str){j->nodes[parent].key, j->nodes[parent].len}, S("hits")))
            flags |= HOLDS_HITS;
        if (j->nodes[parent].parent == ROOT && str_eq(key, S("_raw")) &&
            str_eq((str){j->nodes[parent].key, j->nodes[parent].len}, S("result")))
            flags |= HOLDS_RECORD;
        return flags;
    }
    for (size_t i = 0; i < COUNT(lists); i++)
        if (str_eq(key, lists[i]))
            flags |= LISTS_RECORDS;
    for (size_t i = 0; json_lists_again(i).len; i++)
        if (str_eq(key, json_lists_again(i)))
            flags |= LISTS_RECORDS | LISTS_LINES;
    if (json_holds_record(key))
        flags |= HOLDS_RECORD;
    if (holds_value(key))
        flags |= HOLDS_VALUE;
    if (str_eq(key, S("message")))
        flags |= HOLDS_LINE;
    if (str_eq(key, S("logEvents")))
        flags |= LISTS_RECORDS | LISTS_LINES;
    if (str_eq(key, S("_source")))
        flags |= IS_RECORD;
    return flags;
}

/* Whether the key's bytes stand in a document as they are. */
static bool stands_plain(str key) {
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] == '"' || key.ptr[i] == '\\' || (unsigned char)key.ptr[i] < 0x20)
            return false;
    return utf8_valid(key) == key.len;
}

/* The node of key below parent; NOWHERE: no room for more nodes or names. */
static uint32_t node_of(struct json *j, uint32_t parent, str key) {
    uint32_t const at = parent == NOWHERE ? 0 : node_slot(j, parent, key);
    struct json_node *const n = &j->nodes[j->node_count];
    size_t const lead = key.len + 1 < LEAD ? key.len + 1 : LEAD;
    str copy;

    if (parent == NOWHERE)
        return NOWHERE;
    if (j->slots[at])
        return j->slots[at];
    if (j->node_count == NODES_MAX || key.len > KEY_BYTES_MAX || !arena_copy(j->names, key, &copy)) {
        j->overflow = true;
        return NOWHERE;
    }
    *n = (struct json_node){
        .parent = parent, .field = path_field(j, parent, key), .len = (uint16_t)key.len, .key = copy.ptr};
    if (n->field == FIELD_NONE) {
        j->path.failed = false;
        j->overflow = true;
        return NOWHERE;
    }
    n->flags = (uint16_t)node_flags(j, parent, key);
    if (stands_plain(key)) {
        memcpy(n->lead, key.ptr, key.len < LEAD ? key.len : LEAD);
        if (key.len < LEAD)
            n->lead[key.len] = '"';
        n->mask = lead == LEAD ? UINT32_MAX : (1u << lead) - 1;
    }
    j->slots[at] = j->node_count;
    return j->node_count++;
}

/* Does the key of n, quote included, stand at p? */
static inline bool key_stands(const struct json_node *n, const char *p, const char *end) {
    size_t const left = (size_t)(end - p);

#ifdef __SSE2__
    if (LIKELY(left >= LEAD)) {
        unsigned const low =
            (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p),
                                                       _mm_loadu_si128((const __m128i *)(const void *)n->lead)));
        unsigned const high =
            (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16)),
                                                       _mm_loadu_si128((const __m128i *)(const void *)(n->lead + 16))));

        if (((low | high << 16) & n->mask) != n->mask || !n->mask)
            return false;
        if (LIKELY(n->len < LEAD))
            return true;
    }
#endif
    return n->mask && left > n->len && memcmp(p, n->key, n->len) == 0 && p[n->len] == '"';
}

/* The key at p (its quote), a member of node behind `before` (the node itself: the first): its node in *at. */
static const char *member_key(struct json *j, const char *p, uint32_t node, uint32_t before, uint32_t *at) {
    uint32_t *const link = before == node ? &j->nodes[node].first : &j->nodes[before].next;
    uint32_t guess = *link;
    str key;

    /* The expected member is absent this time: is it the one behind it? */
    if (guess != ROOT && (guess = j->nodes[guess].next) != ROOT && j->nodes[guess].parent == node &&
        key_stands(&j->nodes[guess], p + 1, j->end)) {
        *at = guess;
        return p + 2 + j->nodes[guess].len;
    }
    if (!(p = string(j, p, &key)))
        return NULL;
    *at = node_of(j, node, key);
    if (*at != NOWHERE)
        *link = *at;
    return p;
}

/* Values */

static bool grow(struct json *j) {
    uint32_t const room = j->room ? j->room * 2 : 256;
    struct raw *values;
    bool *flags;

    if (j->room == RECORD_VALUES_MAX) {
        j->cut = true;
        return false;
    }
    if ((values = realloc(j->values, room * sizeof *values)))
        j->values = values;
    if ((flags = realloc(j->literal, room * sizeof *flags)))
        j->literal = flags;
    if (!values || !flags) {
        j->no_memory = true;
        return false;
    }
    j->room = room;
    return true;
}

static inline void emit(struct json *j, const struct json_node *n, unsigned type, str text, enum raw_inner inner) {
    bool const literal = n->flags & LITERAL;

    if (UNLIKELY(j->count == j->room) && !grow(j))
        return;
    j->dotted |= literal;
    j->literal[j->count] = literal;
    j->values[j->count++] = (struct raw){.field = n->field,
                                         .type = (uint8_t)type,
                                         .inner = (uint8_t)(inner == RAW_OWN && j->second ? RAW_INNER : inner),
                                         .element = j->element,
                                         .len = (uint32_t)text.len,
                                         .ptr = text.ptr};
}

static bool wanted(struct json *j, struct json_node *n) {
    if (!(n->flags & ASKED))
        n->flags |= (uint16_t)(ASKED | (!j->to->wants || j->to->wants(j->to, n->field) ? WANTED : 0));
    return n->flags & WANTED;
}

static bool inner_wanted(struct json *j, struct json_node *n) {
    if (!(n->flags & INNER_ASKED))
        n->flags |=
            (uint16_t)(INNER_ASKED | (j->to->wants_inner && j->to->wants_inner(j->to, n->field) ? INNER_WANTED : 0));
    return n->flags & INNER_WANTED;
}

/* What may be a part of a named value is kept even where nobody asked for it: the name it makes may be wanted. */
static inline void scalar(struct json *j, uint32_t node, unsigned type, str text) {
    struct json_node *const n = &j->nodes[node];

    if (UNLIKELY(!(n->flags & ASKED)))
        wanted(j, n);
    if (n->flags & (WANTED | PAIR_NAME | PAIR_VALUE | PAIR_OLD))
        emit(j, n, type, text, RAW_OWN);
}

static void pair_member(struct json *j, struct pair *p, uint32_t node, uint32_t from) {
    unsigned const flags = j->nodes[node].flags;

    if (flags & PAIR_NAME) {
        if (!p->named && j->count == from + 1 && j->values[from].type == RAW_TEXT) {
            p->named = true;
            p->name = (str){j->values[from].ptr, j->values[from].len};
        }
    } else if (flags & PAIR_VALUE) {
        if (p->value_to == p->value_from) {
            p->value_from = from;
            p->value_to = j->count;
        }
    } else if (flags & PAIR_OLD) {
        p->old_from = from;
        p->old_to = j->count;
    }
}

static void pair_copy(struct json *j, uint32_t node, uint32_t from, uint32_t to) {
    if (node == NOWHERE || from == to || !wanted(j, &j->nodes[node]))
        return;
    for (uint32_t i = from; i < to; i++)
        emit(j, &j->nodes[node], j->values[i].type, (str){j->values[i].ptr, j->values[i].len}, RAW_INNER);
}

/* {"Name": "ForwardTo", "Value": "x@y"} in the list Parameters is also Parameters.ForwardTo = x@y. */
static void pair_emit(struct json *j, const struct pair *p, uint32_t list) {
    uint32_t node;

    if (!p->named || !p->name.len || (p->value_from == p->value_to && p->old_from == p->old_to))
        return;
    node = node_of(j, list, p->name);
    pair_copy(j, node, p->value_from, p->value_to);
    if (p->old_from < p->old_to)
        pair_copy(j, node_of(j, node, S("OldValue")), p->old_from, p->old_to);
}

static const char *value(struct json *j, const char *p, uint32_t node, unsigned depth, uint32_t list);

/* list: the node of the list this object is an element of, or ROOT. */
static const char *object(struct json *j, const char *p, uint32_t node, unsigned depth, uint32_t list) {
    uint32_t before = node;
    struct pair pair;

    if (depth == DEPTH_MAX)
        return wrong(j, p, "nested deeper than 256");
    if (list != ROOT)
        pair = (struct pair){0};
    j->nested |= depth > 0;
    p = blanks(j, p + 1);
    if (p < j->end && *p == '}')
        return p + 1;
    for (;;) {
        uint32_t const from = j->count;
        uint32_t at;

        if (UNLIKELY(p == j->end))
            return ended(j, p);
        if (UNLIKELY(*p != '"'))
            return wrong(j, p, "a member without a name in quotes");
        at = before == node ? j->nodes[node].first : j->nodes[before].next;
        if (LIKELY(at != ROOT && j->nodes[at].parent == node && key_stands(&j->nodes[at], p + 1, j->end)))
            p += 2 + j->nodes[at].len;
        else if (!(p = member_key(j, p, node, before, &at)))
            return NULL;
        if (at != NOWHERE)
            before = at;
        if (UNLIKELY(p == j->end || *p != ':')) {
            p = blanks(j, p);
            if (p == j->end)
                return ended(j, p);
            if (*p != ':')
                return wrong(j, p, "no colon behind a member's name");
        }
        p = blanks(j, p + 1);
        if (!(p = value(j, p, at, depth + 1, ROOT)))
            return NULL;
        if (list != ROOT)
            pair_member(j, &pair, at, from);
        if (LIKELY(p < j->end && *p == ',')) {
            p = blanks(j, p + 1);
            continue;
        }
        p = blanks(j, p);
        if (p == j->end)
            return ended(j, p);
        if (*p == '}')
            break;
        if (*p != ',')
            return wrong(j, p, "no comma between members");
        p = blanks(j, p + 1);
    }
    if (list != ROOT)
        pair_emit(j, &pair, list);
    return p + 1;
}

static const char *array(struct json *j, const char *p, uint32_t node, unsigned depth) {
    bool const outermost = j->element == 0;

    if (depth == DEPTH_MAX)
        return wrong(j, p, "nested deeper than 256");
    j->listed = true;
    p = blanks(j, p + 1);
    if (p < j->end && *p == ']')
        return p + 1;
    for (;;) {
        j->element = outermost && j->element < UINT16_MAX ? (uint16_t)(j->element + 1) : j->element;
        if (!(p = value(j, p, node, depth + 1, node == NOWHERE ? ROOT : node)))
            return NULL;
        p = blanks(j, p);
        if (p == j->end)
            return ended(j, p);
        if (*p == ']') {
            j->element = outermost ? 0 : j->element;
            return p + 1;
        }
        if (*p != ',')
            return wrong(j, p, "no comma between elements");
        p = blanks(j, p + 1);
    }
}

/* Reads a member's text as members of the record itself, or as the member's value a second time. Text that is no JSON, or
 * no object or list, stays what it is: text. */
static void embedded(struct json *j, str text, uint32_t node) {
    const char *const end = j->end;
    uint32_t const count = j->count;
    bool const nested = j->nested, dotted = j->dotted, listed = j->listed;
    str const body = str_trim(text);
    const char *p;

    if (j->embedded || body.len < 2 || (body.ptr[0] != '{' && (node == ROOT || body.ptr[0] != '[')))
        return;
    j->end = body.ptr + body.len;
    j->embedded = true;
    j->second = node != ROOT;
    p = body.ptr[0] == '{' ? object(j, body.ptr, node, node != ROOT, ROOT) : array(j, body.ptr, node, 1);
    if (!p || blanks(j, p) != j->end) {
        j->count = count;
        j->nested = nested;
        j->dotted = dotted;
        j->why = NULL;
        j->element = 0;
    } else if (node == ROOT && j->record_from == j->record_to) {
        j->record_from = count;
        j->record_to = j->count;
    }
    j->listed = listed; /* a list in a text is none of the document's */
    j->embedded = j->second = false;
    j->end = end;
}

static void reverse(struct json *j, uint32_t from, uint32_t to) {
    for (; from + 1 < to; from++, to--) {
        struct raw const v = j->values[from];
        bool const literal = j->literal[from];

        j->values[from] = j->values[to - 1];
        j->literal[from] = j->literal[to - 1];
        j->values[to - 1] = v;
        j->literal[to - 1] = literal;
    }
}

/* Where a text is the record, its values go before those of what is around it: the first of several is what counts. */
static void record_first(struct json *j) {
    reverse(j, 0, j->record_from);
    reverse(j, j->record_from, j->record_to);
    reverse(j, 0, j->record_to);
}

/* Text that may be JSON itself. */
static void held(struct json *j, uint32_t node, unsigned depth, str text) {
    unsigned const flags = j->nodes[node].flags;

    if (flags & HOLDS_RECORD ? depth <= 2 : flags & HOLDS_LINE ? depth == 1 && j->wrapped : false)
        embedded(j, text, ROOT);
    else if (flags & HOLDS_VALUE && depth == 1)
        embedded(j, text, node);
}

/* At the bracket of a list that may hold the records of a whole export: it does, when objects stand in it and little
 * before it (Elasticsearch's own members apart). */
static bool is_wrapper(struct json *j, const char *p, uint32_t node, unsigned depth) {
    const char *in;

    if (!j->may_wrap || j->embedded || p - j->start > WRAPPER_HEAD_MAX)
        return false;
    if (j->nodes[node].flags & LISTS_RECORDS
            ? depth != 1 || j->nested || (j->listed && !(j->nodes[node].flags & LISTS_LINES))
            : !(j->nodes[node].flags & HOLDS_HITS) || depth != 2)
        return false;
    in = p + 1;
    while (in < j->end && (*in == ' ' || *in == '\n' || *in == '\r' || *in == '\t'))
        in++;
    if (in == j->end) {
        ended(j, in);
        return true;
    }
    if (*in != '{' && *in != ']')
        return false;
    j->wrapper = true;
    j->open = depth;
    wrong(j, p + 1, "a list of records");
    return true;
}

/* list: the node of the list this value is an element of, or ROOT. */
static const char *value(struct json *j, const char *p, uint32_t node, unsigned depth, uint32_t list) {
    const char *const from = p;
    uint32_t const count = j->count;
    str text;

    if (UNLIKELY(p == j->end))
        return ended(j, p);
    switch (*p) {
    case '"':
        if (!(p = string(j, p, &text)))
            return NULL;
        scalar(j, node, RAW_TEXT, text);
        if (UNLIKELY(j->nodes[node].flags & (HOLDS_RECORD | HOLDS_LINE | HOLDS_VALUE)))
            held(j, node, depth, text);
        return p;
    case '{':
        if (UNLIKELY(j->nodes[node].flags & IS_RECORD) && depth == 1)
            return object(j, p, ROOT, depth, ROOT);
        if (!(p = object(j, p, node, depth, list)))
            return NULL;
        break;
    case '[':
        if (UNLIKELY(j->nodes[node].flags & (LISTS_RECORDS | HOLDS_HITS)) && is_wrapper(j, p, node, depth))
            return NULL;
        if (!(p = array(j, p, node, depth)))
            return NULL;
        break;
    case 't':
        if ((p = word(j, p, S("true"))))
            scalar(j, node, RAW_BOOL, S("true"));
        return p;
    case 'f':
        if ((p = word(j, p, S("false"))))
            scalar(j, node, RAW_BOOL, S("false"));
        return p;
    case 'n':
        if ((p = word(j, p, S("null"))))
            scalar(j, node, RAW_NULL, S(""));
        return p;
    default:
        if (*p != '-' && !is_digit(*p))
            return wrong(j, p, "not a value");
        if ((p = number(j, p, &text)))
            scalar(j, node, RAW_NUMBER, text);
        return p;
    }
    /* The serialised text of the object or list itself, once, for the outermost under this path; not of a list of
     * plain values, which are values of the path themselves. */
    if (list == ROOT && inner_wanted(j, &j->nodes[node]) &&
        (j->count == count || j->values[j->count - 1].field != j->nodes[node].field))
        emit(j, &j->nodes[node], RAW_TEXT, (str){from, (size_t)(p - from)}, RAW_INNER_ASKED);
    return p;
}

/* Where a literal dotted key and nested members give one path, the literal key wins (Sigma 2.4). */
static void literal_wins(struct json *j) {
    uint32_t kept = 0;

    if (!j->dotted || !j->nested)
        return;
    if (j->stamp_count < field_count(j->to->fields)) {
        size_t const count = field_count(j->to->fields);
        uint32_t *const stamps = realloc(j->stamps, count * sizeof *stamps);

        if (!stamps) {
            j->no_memory = true;
            return;
        }
        memset(stamps + j->stamp_count, 0, (count - j->stamp_count) * sizeof *stamps);
        j->stamps = stamps;
        j->stamp_count = count;
    }
    if (++j->stamp == 0) { /* after 2^32 documents the old stamps would count again */
        memset(j->stamps, 0, j->stamp_count * sizeof *j->stamps);
        j->stamp = 1;
    }
    for (uint32_t i = 0; i < j->count; i++)
        if (j->literal[i])
            j->stamps[j->values[i].field] = j->stamp;
    for (uint32_t i = 0; i < j->count; i++)
        if (j->literal[i] || j->stamps[j->values[i].field] != j->stamp)
            j->values[kept++] = j->values[i];
    j->count = kept;
}

bool json_open(struct json *j, struct event_sink *to, struct err *e) {
    *j = (struct json){.to = to, .seed = hash_seed(), .node_count = NOWHERE + 1};
    j->names = arena_new(NAMES_BYTES_MAX);
    j->nodes =
        reallocarray(NULL, to ? NODES_MAX : j->node_count, sizeof *j->nodes); /* each is written before it is read */
    j->slots = to ? calloc(NODES_MAX * 2, sizeof *j->slots) : NULL;
    if (!j->names || !j->nodes || (to && !j->slots))
        return err_set(e, ERR_MEMORY, 0, "no memory to read JSON");
    j->nodes[ROOT] = (struct json_node){.parent = NOWHERE, .field = FIELD_NONE, .flags = ASKED | INNER_ASKED};
    j->nodes[NOWHERE] = (struct json_node){.parent = NOWHERE, .field = FIELD_NONE, .flags = ASKED | INNER_ASKED};
    return true;
}

void json_close(struct json *j) {
    arena_free(j->names);
    free(j->nodes);
    free(j->slots);
    free(j->values);
    free(j->literal);
    free(j->stamps);
    free(j->text);
    buf_free(&j->path);
}

/* Decoded text is never longer than what it was decoded from, and a record that stands in another's text is decoded
 * twice; one store of 16 bytes may go beyond. */
static bool prepare(struct json *j, str bytes, bool lines) {
    size_t const room = bytes.len * 2 + 64;

    if (j->text_room < room) {
        free(j->text);
        j->text_room = 0;
        if (!(j->text = malloc(room)))
            return false;
        j->text_room = room;
    }
    j->text_used = 0;
    j->count = 0;
    j->size = 0;
    j->why = j->why_at = j->bad_from = j->bad_to = NULL;
    j->overflow = j->cut = j->dotted = j->nested = j->listed = j->embedded = j->short_window = j->wrapper =
        j->no_memory = false;
    j->may_wrap = j->wrapped = j->second = false;
    j->element = 0;
    j->record_from = j->record_to = 0;
    j->lines = lines;
    j->start = bytes.ptr;
    j->end = bytes.ptr + bytes.len;
    return true;
}

static enum json_end ending(const struct json *j, const char *p) {
    return j->no_memory ? JSON_MEMORY : p ? JSON_WHOLE : j->short_window ? JSON_SHORT : JSON_WRONG;
}

enum json_end json_document(struct json *j, str bytes, bool lines, enum json_place place) {
    const char *p;

    assert(bytes.len && bytes.ptr[0] == '{');
    if (!prepare(j, bytes, lines))
        return JSON_MEMORY;
    j->may_wrap = place == JSON_ALONE;
    j->wrapped = place == JSON_WRAPPED;
    p = object(j, bytes.ptr, j->to ? ROOT : NOWHERE, 0, ROOT);
    if (j->wrapper) {
        j->size = (size_t)(j->why_at - bytes.ptr);
        return JSON_WRAPPER;
    }
    if (p) {
        j->size = (size_t)(p - bytes.ptr);
        record_first(j);
        literal_wins(j);
    }
    return ending(j, p);
}

enum json_end json_over(struct json *j, str bytes, bool lines, bool member) {
    const char *p = bytes.ptr;
    str key;

    if (!prepare(j, bytes, lines))
        return JSON_MEMORY;
    if (member) {
        if (bytes.len && *p != '"')
            wrong(j, p, "a member without a name in quotes");
        p = j->why ? NULL : bytes.len ? string(j, p, &key) : ended(j, p);
        if (p) {
            p = blanks(j, p);
            p = p == j->end ? ended(j, p)
                : *p == ':' ? blanks(j, p + 1)
                            : wrong(j, p, "no colon behind a member's name");
        }
    }
    if (p && (p = value(j, p, NOWHERE, 1, ROOT)))
        j->size = (size_t)(p - bytes.ptr);
    /* A number or word may go on where the window ends. */
    if (p && p == j->end && p[-1] != '}' && p[-1] != ']' && p[-1] != '"')
        j->short_window = (p = NULL, true);
    return ending(j, p);
}

void json_report_left_out(const struct json *j, uint64_t offset) {
    if (j->overflow)
        j->to->damage(j->to, offset, 0, "too many field names: some values were left out");
    if (j->cut)
        j->to->damage(j->to, offset, 0, "more than 8192 values: the rest was left out");
}
