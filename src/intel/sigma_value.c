/* sigma_value: values and modifiers (Sigma 3, 5): one item of a selection becomes a tree of tests. */
#include <assert.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/utf.h"
#include "event/number.h"
#include "intel/sigma_own.h"

#define MODIFIERS_MAX 16
#define VARIANTS_MAX 4096

enum modifier {
    MOD_CONTAINS, MOD_STARTSWITH, MOD_ENDSWITH, MOD_ALL, MOD_NEQ, MOD_CASED, MOD_EXISTS, MOD_WINDASH, MOD_BASE64,
    MOD_BASE64OFFSET, MOD_UTF16LE, MOD_UTF16BE, MOD_UTF16, MOD_RE, MOD_I, MOD_M, MOD_S, MOD_LT, MOD_LTE, MOD_GT,
    MOD_GTE, MOD_MINUTE, MOD_HOUR, MOD_DAY, MOD_WEEK, MOD_MONTH, MOD_YEAR, MOD_CIDR, MOD_FIELDREF, MOD_EXPAND
};

static const struct {
    str name;
    enum modifier modifier;
} modifier_names[] = {
    {STR("contains"), MOD_CONTAINS}, {STR("startswith"), MOD_STARTSWITH}, {STR("endswith"), MOD_ENDSWITH},
    {STR("all"), MOD_ALL}, {STR("neq"), MOD_NEQ}, {STR("cased"), MOD_CASED}, {STR("exists"), MOD_EXISTS},
    {STR("windash"), MOD_WINDASH}, {STR("base64"), MOD_BASE64}, {STR("base64offset"), MOD_BASE64OFFSET},
    {STR("utf16le"), MOD_UTF16LE}, {STR("wide"), MOD_UTF16LE}, {STR("utf16be"), MOD_UTF16BE}, {STR("utf16"), MOD_UTF16},
    {STR("re"), MOD_RE}, {STR("i"), MOD_I}, {STR("ignorecase"), MOD_I}, {STR("m"), MOD_M}, {STR("multiline"), MOD_M},
    {STR("s"), MOD_S}, {STR("dotall"), MOD_S}, {STR("lt"), MOD_LT}, {STR("lte"), MOD_LTE}, {STR("gt"), MOD_GT},
    {STR("gte"), MOD_GTE}, {STR("minute"), MOD_MINUTE}, {STR("hour"), MOD_HOUR}, {STR("day"), MOD_DAY},
    {STR("week"), MOD_WEEK}, {STR("month"), MOD_MONTH}, {STR("year"), MOD_YEAR}, {STR("cidr"), MOD_CIDR},
    {STR("fieldref"), MOD_FIELDREF}, {STR("expand"), MOD_EXPAND},
};

struct item {
    str field;
    uint32_t line;
    enum modifier mods[MODIFIERS_MAX];
    size_t mod_count;
    bool all, neq;
};

/* One value on its way through the modifiers. */
struct working {
    enum { WORK_STRING, WORK_BYTES, WORK_REGEX, WORK_NUMBER, WORK_BOOL, WORK_NULL, WORK_FIELDREF, WORK_CIDR, WORK_EXISTS,
           WORK_COMPARE, WORK_TIME } type;
    struct sigma_piece *pieces;
    size_t count;
    struct sigma_test test; /* all but pieces */
    str raw;                /* the scalar as written */
};

static bool has(const struct item *it, enum modifier m) {
    for (size_t i = 0; i < it->mod_count; i++)
        if (it->mods[i] == m)
            return true;
    return false;
}

static bool item_parse(struct sigma_reading *r, str key, struct item *it) {
    size_t bar = str_find_byte(key, '|');

    it->field = bar == SIZE_MAX ? key : str_first(key, bar);
    while (bar != SIZE_MAX) {
        str word;
        size_t i;

        key = str_from(key, bar + 1);
        bar = str_find_byte(key, '|');
        word = bar == SIZE_MAX ? key : str_first(key, bar);
        for (i = 0; i < COUNT(modifier_names) && !str_eq(modifier_names[i].name, word); i++)
            ;
        if (i == COUNT(modifier_names))
            return word.len ? sigma_bad(r, it->line, "unknown modifier '%.*s'", STR_ARG(str_first(word, 40)))
                            : sigma_bad(r, it->line, "empty modifier in '%.*s'", STR_ARG(str_first(it->field, 60)));
        if (modifier_names[i].modifier == MOD_ALL) {
            it->all = true;
        } else if (modifier_names[i].modifier == MOD_NEQ) {
            it->neq = true;
        } else if (it->mod_count == MODIFIERS_MAX) {
            return sigma_bad(r, it->line, "more than %d modifiers", MODIFIERS_MAX);
        } else {
            it->mods[it->mod_count++] = modifier_names[i].modifier;
        }
    }
    return true;
}

/* Text with wildcards and escapes into pieces (Sigma 3.3, 3.4). with_wildcards false: * and ? are text too. */
static bool pieces_of(struct sigma_reading *r, str text, bool with_wildcards, struct working *w) {
    char *const copy = arena_bytes(r->a, text.len);
    struct sigma_piece *const pieces = arena_alloc(r->a, (text.len + 4) * sizeof *pieces);
    size_t used = 0, from = 0, count = 0;

    if (!copy || !pieces)
        return sigma_no_memory(r);
    for (size_t i = 0; i < text.len; i++) {
        char const c = text.ptr[i];
        bool const wild = with_wildcards && (c == '*' || c == '?');

        if (!wild) {
            if (with_wildcards && c == '\\' && i + 1 < text.len && strchr("*?\\", text.ptr[i + 1]))
                i++;
            copy[used++] = text.ptr[i];
            continue;
        }
        if (used > from)
            pieces[count++] = (struct sigma_piece){PIECE_TEXT, {copy + from, used - from}};
        from = used;
        if (c == '?' || count == 0 || pieces[count - 1].type != PIECE_ANY)
            pieces[count++] = (struct sigma_piece){c == '*' ? PIECE_ANY : PIECE_ONE, {"", 0}};
    }
    if (used > from)
        pieces[count++] = (struct sigma_piece){PIECE_TEXT, {copy + from, used - from}};
    w->pieces = pieces;
    w->count = count;
    return true;
}

static bool word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* The bytes of a dash that windash varies, at the start of s; 0: none. */
static size_t dash_at(str s) {
    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '/'))
        return 1;
    if (str_starts(s, S("\xe2\x80\x93")) || str_starts(s, S("\xe2\x80\x94")) || str_starts(s, S("\xe2\x80\x95")))
        return 3;
    return 0;
}

/* A dash that begins a word: not behind a word character, and before one (Sigma 5.3). */
static bool windash(struct sigma_reading *r, struct working *w) {
    size_t room = w->count + 4, count = 0;
    struct sigma_piece *out;

    for (size_t i = 0; i < w->count; i++)
        room += 2 * w->pieces[i].text.len;
    if (!(out = arena_alloc(r->a, room * sizeof *out)))
        return sigma_no_memory(r);
    for (size_t i = 0; i < w->count; i++) {
        str const t = w->pieces[i].text;
        size_t from = 0;

        if (w->pieces[i].type != PIECE_TEXT) {
            out[count++] = w->pieces[i];
            continue;
        }
        for (size_t j = 0; j < t.len;) {
            size_t const width = dash_at(str_from(t, j));

            if (!width || j + width >= t.len || !word_char(t.ptr[j + width]) || dash_at(str_from(t, j + width)) ||
                (j > 0 && word_char(t.ptr[j - 1]) && !(j >= 3 && dash_at(str_from(t, j - 3)) == 3))) {
                j += width ? width : 1;
                continue;
            }
            if (j > from)
                out[count++] = (struct sigma_piece){PIECE_TEXT, {t.ptr + from, j - from}};
            out[count++] = (struct sigma_piece){PIECE_DASH, {"", 0}};
            j += width;
            from = j;
        }
        if (from < t.len)
            out[count++] = (struct sigma_piece){PIECE_TEXT, {t.ptr + from, t.len - from}};
    }
    w->pieces = out;
    w->count = count;
    return true;
}

/* The one text of a value without wildcards; false when it has any. */
static bool only_text(const struct working *w, str *out) {
    *out = S("");
    if (w->count > 1 || (w->count == 1 && w->pieces[0].type != PIECE_TEXT))
        return false;
    if (w->count == 1)
        *out = w->pieces[0].text;
    return true;
}

static bool set_text(struct sigma_reading *r, struct working *w, const char *bytes, size_t len) {
    struct sigma_piece *const pieces = arena_alloc(r->a, 4 * sizeof *pieces);
    str copy;

    if (!pieces || !arena_copy(r->a, (str){bytes, len}, &copy))
        return sigma_no_memory(r);
    pieces[0] = (struct sigma_piece){PIECE_TEXT, copy};
    w->pieces = pieces;
    w->count = len ? 1 : 0;
    return true;
}

static void utf16_unit(struct buf *b, uint32_t unit, bool big) {
    buf_byte(b, (char)(big ? unit >> 8 : unit & 0xff));
    buf_byte(b, (char)(big ? unit & 0xff : unit >> 8));
}

static bool to_utf16(struct sigma_reading *r, const struct item *it, struct working *w, enum modifier m) {
    struct buf b = {0};
    bool ok;
    str t;

    if (!only_text(w, &t))
        return sigma_bad(r, it->line, "wildcards cannot be encoded as UTF-16");
    if (m == MOD_UTF16)
        buf_add(&b, S("\xff\xfe"));
    for (size_t i = 0; i < t.len;) {
        uint32_t point = 0xfffd;
        size_t const width = utf8_decode(str_from(t, i), &point);

        i += width ? width : 1;
        if (point >= 0x10000) {
            utf16_unit(&b, 0xd800 + ((point - 0x10000) >> 10), m == MOD_UTF16BE);
            utf16_unit(&b, 0xdc00 + ((point - 0x10000) & 0x3ff), m == MOD_UTF16BE);
        } else {
            utf16_unit(&b, point, m == MOD_UTF16BE);
        }
    }
    ok = b.failed ? sigma_no_memory(r) : set_text(r, w, b.ptr ? b.ptr : "", b.len);
    buf_free(&b);
    w->type = WORK_BYTES;
    return ok;
}

/* RFC 4648 4. out: room for 4 * (len / 3 + 1). */
static size_t base64(const char *bytes, size_t len, char *out) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t used = 0;

    for (size_t i = 0; i < len; i += 3) {
        uint32_t const a = (unsigned char)bytes[i];
        uint32_t const b = i + 1 < len ? (unsigned char)bytes[i + 1] : 0;
        uint32_t const c = i + 2 < len ? (unsigned char)bytes[i + 2] : 0;
        uint32_t const n = a << 16 | b << 8 | c;

        out[used++] = digit[n >> 18];
        out[used++] = digit[n >> 12 & 63];
        out[used++] = i + 1 < len ? digit[n >> 6 & 63] : '=';
        out[used++] = i + 2 < len ? digit[n & 63] : '=';
    }
    return used;
}

/* Base64 of filler and value, cut to what does not depend on the neighbours (Sigma 5.4). */
static bool to_base64(struct sigma_reading *r, const struct item *it, const struct working *from, struct working *to,
                      size_t filler, bool cut) {
    static const size_t head[] = {0, 2, 3}, tail[] = {0, 3, 2};
    char *bytes, *out;
    size_t len, start = 0;
    str t;

    *to = *from;
    if (!only_text(from, &t))
        return sigma_bad(r, it->line, "wildcards cannot be encoded as Base64");
    bytes = arena_bytes(r->a, t.len + 3);
    out = arena_bytes(r->a, (t.len + 6) / 3 * 4 + 8);
    if (!bytes || !out)
        return sigma_no_memory(r);
    memset(bytes, ' ', filler);
    memcpy(bytes + filler, t.ptr, t.len);
    len = base64(bytes, t.len + filler, out);
    if (cut) {
        size_t const end = tail[(t.len + filler) % 3];

        start = head[filler];
        len = len > start + end ? len - start - end : 0;
    }
    to->type = WORK_STRING;
    to->test.cased = true;
    return set_text(r, to, out + start, len);
}

static bool is_wild(enum modifier m) {
    return m == MOD_CONTAINS || m == MOD_STARTSWITH || m == MOD_ENDSWITH;
}

/* Wildcards that a modifier adds are structure (Sigma 3.5). */
static bool wild(struct sigma_reading *r, struct working *w, enum modifier m) {
    bool const before = m != MOD_STARTSWITH, behind = m != MOD_ENDSWITH;
    struct sigma_piece *const out = arena_alloc(r->a, (w->count + 3) * sizeof *out);
    size_t count = 0;

    if (!out)
        return sigma_no_memory(r);
    if (before && !(w->count && w->pieces[0].type == PIECE_ANY))
        out[count++] = (struct sigma_piece){PIECE_ANY, {"", 0}};
    for (size_t i = 0; i < w->count; i++)
        out[count++] = w->pieces[i];
    if (behind && !(count && out[count - 1].type == PIECE_ANY))
        out[count++] = (struct sigma_piece){PIECE_ANY, {"", 0}};
    w->pieces = out;
    w->count = count;
    return true;
}

static bool canonical(struct sigma_reading *r, const struct item *it, str text, str *out) {
    char *const room = arena_bytes(r->a, NUMBER_TEXT_MAX);
    size_t len;

    if (!room)
        return sigma_no_memory(r);
    if (!number_canonical(text, room, &len))
        return sigma_bad(r, it->line, "'%.*s' is no number", STR_ARG(str_first(text, 40)));
    *out = (str){room, len};
    return true;
}

static bool regex_check(struct sigma_reading *r, const struct item *it, str pattern) {
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *const re = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, PCRE2_UTF, &code, &at, NULL);

    if (re) {
        pcre2_code_free(re);
        return true;
    }
    PCRE2_UCHAR why[120];

    pcre2_get_error_message(code, why, sizeof why);
    return sigma_bad(r, it->line, "regular expression: %s at character %zu", (const char *)why, (size_t)at);
}

static bool time_part(struct sigma_reading *r, const struct item *it, struct working *w, enum modifier m) {
    static const struct {
        int low, high;
    } range[] = {{0, 59}, {0, 23}, {1, 31}, {1, 53}, {1, 12}, {0, 9999}};
    enum sigma_time_part const part = (enum sigma_time_part)(m - MOD_MINUTE);
    uint64_t n;

    if (w->type != WORK_NUMBER)
        return sigma_bad(r, it->line, "a part of a date is compared with a number");
    if (!str_u64(w->test.number, 9999, &n) || (int)n < range[part].low || (int)n > range[part].high)
        return sigma_bad(r, it->line, "%.*s is out of range for this part of a date", STR_ARG(str_first(w->raw, 20)));
    w->type = WORK_TIME;
    w->test.part = part;
    w->test.compare = COMPARE_EQ;
    return true;
}

/* A number where text is meant (Sigma 5.1). */
static bool number_as_text(struct sigma_reading *r, const struct item *it, struct working *w) {
    if (w->type != WORK_NUMBER)
        return true;
    sigma_warn(r, it->line, "number %.*s is taken as text", STR_ARG(str_first(w->raw, 40)));
    w->type = WORK_STRING;
    return pieces_of(r, w->raw, false, w);
}

static bool wrong_type(struct sigma_reading *r, const struct item *it, const char *modifier) {
    return sigma_bad(r, it->line, "modifier '%s' cannot be applied to this value of '%.*s'", modifier,
                     STR_ARG(str_first(it->field, 60)));
}

static bool apply(struct sigma_reading *r, const struct item *it, size_t at, struct working *w) {
    enum modifier const m = it->mods[at];
    struct err e;

    if (is_wild(m)) {
        if (w->type == WORK_REGEX)
            return true;
        if (w->type == WORK_FIELDREF) {
            w->test.fieldref = m == MOD_CONTAINS     ? FIELDREF_CONTAINS
                               : m == MOD_STARTSWITH ? FIELDREF_STARTSWITH
                                                     : FIELDREF_ENDSWITH;
            return true;
        }
        if (!number_as_text(r, it, w))
            return false;
        return w->type == WORK_STRING || w->type == WORK_BYTES ? wild(r, w, m) : wrong_type(r, it, "contains/startswith/endswith");
    }
    switch (m) {
    case MOD_CASED:
        if (w->type != WORK_STRING)
            return wrong_type(r, it, "cased");
        w->test.cased = true;
        return true;
    case MOD_WINDASH:
        return w->type == WORK_STRING ? windash(r, w) : wrong_type(r, it, "windash");
    case MOD_UTF16:
    case MOD_UTF16LE:
    case MOD_UTF16BE:
        if (!number_as_text(r, it, w))
            return false;
        return w->type == WORK_STRING ? to_utf16(r, it, w, m) : wrong_type(r, it, "utf16");
    case MOD_RE:
        if (at != 0)
            return sigma_bad(r, it->line, "'re' must be the first modifier");
        if (w->type != WORK_STRING && w->type != WORK_NUMBER)
            return wrong_type(r, it, "re");
        w->type = WORK_REGEX;
        w->test.regex = w->raw;
        return regex_check(r, it, w->raw);
    case MOD_I:
    case MOD_M:
    case MOD_S:
        if (w->type != WORK_REGEX)
            return sigma_bad(r, it->line, "flags i, m, s stand only behind 're'");
        w->test.regex_flags |= m == MOD_I ? SIGMA_RE_I : m == MOD_M ? SIGMA_RE_M : SIGMA_RE_S;
        return true;
    case MOD_LT:
    case MOD_LTE:
    case MOD_GT:
    case MOD_GTE:
        if (w->type != WORK_NUMBER && !(w->type == WORK_TIME && w->test.compare == COMPARE_EQ))
            return sigma_bad(r, it->line, "lt, lte, gt, gte compare with a number");
        w->test.compare = m == MOD_LT ? COMPARE_LT : m == MOD_LTE ? COMPARE_LTE : m == MOD_GT ? COMPARE_GT : COMPARE_GTE;
        if (w->type == WORK_NUMBER)
            w->type = WORK_COMPARE;
        return true;
    case MOD_MINUTE:
    case MOD_HOUR:
    case MOD_DAY:
    case MOD_WEEK:
    case MOD_MONTH:
    case MOD_YEAR:
        return time_part(r, it, w, m);
    case MOD_CIDR:
        if (it->mod_count != 1)
            return sigma_bad(r, it->line, "'cidr' must be the only modifier");
        if (w->type != WORK_STRING)
            return wrong_type(r, it, "cidr");
        w->type = WORK_CIDR;
        return network_parse(w->raw, &w->test.network, &e) ? true : sigma_bad(r, it->line, "%s", e.text);
    case MOD_EXISTS:
        if (it->mod_count != 1 || it->all || it->neq)
            return sigma_bad(r, it->line, "'exists' must be the only modifier");
        if (w->type != WORK_BOOL)
            return sigma_bad(r, it->line, "'exists' takes true or false without quotes");
        w->type = WORK_EXISTS;
        return true;
    case MOD_FIELDREF:
        if (at != 0)
            return sigma_bad(r, it->line, "'fieldref' must be the first modifier");
        if (w->type != WORK_STRING || !only_text(w, &w->test.other) || !w->test.other.len)
            return sigma_bad(r, it->line, "'fieldref' takes the name of a field");
        w->type = WORK_FIELDREF;
        return true;
    default:
        assert(!"handled by the caller");
        return false;
    }
}

static const struct sigma_node *finish(struct sigma_reading *r, const struct item *it, struct working *w) {
    static const enum sigma_test_op ops[] = {
        [WORK_STRING] = TEST_PATTERN, [WORK_BYTES] = TEST_BYTES, [WORK_REGEX] = TEST_REGEX, [WORK_NUMBER] = TEST_NUMBER,
        [WORK_BOOL] = TEST_BOOL, [WORK_NULL] = TEST_NULL, [WORK_FIELDREF] = TEST_FIELDREF, [WORK_CIDR] = TEST_CIDR,
        [WORK_EXISTS] = TEST_EXISTS, [WORK_COMPARE] = TEST_COMPARE, [WORK_TIME] = TEST_TIME};
    struct sigma_test *const test = arena_alloc(r->a, sizeof *test);

    if (!test) {
        sigma_no_memory(r);
        return NULL;
    }
    *test = w->test;
    test->op = ops[w->type];
    test->field = it->field;
    test->line = it->line;
    if (it->field.len == 0) {
        /* Keywords are unanchored, and a number is its text (Sigma 6.2, 6.4). */
        if (w->type == WORK_NUMBER && !pieces_of(r, w->raw, false, w))
            return NULL;
        if (w->type == WORK_NUMBER || w->type == WORK_STRING || w->type == WORK_BYTES) {
            test->op = w->type == WORK_BYTES ? TEST_BYTES : TEST_PATTERN;
            if (!wild(r, w, MOD_CONTAINS))
                return NULL;
        } else if (w->type != WORK_REGEX) {
            sigma_bad(r, it->line, "a keyword must be text or a regular expression");
            return NULL;
        }
    }
    if (test->op == TEST_PATTERN || test->op == TEST_BYTES) {
        test->pieces = w->pieces;
        test->piece_count = w->count;
    }
    return sigma_node_test(r, test);
}

static const struct sigma_node *modify(struct sigma_reading *r, const struct item *it, struct working w, size_t at) {
    for (; at < it->mod_count; at++) {
        enum modifier const m = it->mods[at];

        if (m == MOD_EXPAND)
            continue; /* done before, on the text */
        if (m == MOD_BASE64 || m == MOD_BASE64OFFSET) {
            const struct sigma_node *variants[3];
            size_t count = 0;
            str whole;

            if (!number_as_text(r, it, &w))
                return NULL;
            if (w.type != WORK_STRING && w.type != WORK_BYTES) {
                wrong_type(r, it, "base64");
                return NULL;
            }
            if (m == MOD_BASE64OFFSET && only_text(&w, &whole) && whole.len < 3)
                sigma_warn(r, it->line, "base64offset of fewer than three bytes matches much");
            for (size_t filler = 0; filler < (m == MOD_BASE64 ? 1 : 3); filler++) {
                struct working v;
                const struct sigma_node *n;

                if (!to_base64(r, it, &w, &v, filler, m == MOD_BASE64OFFSET))
                    return NULL;
                if (v.count == 0)
                    continue; /* an empty variant would match everything (Sigma 5.4) */
                if (!(n = modify(r, it, v, at + 1)))
                    return NULL;
                variants[count++] = n;
            }
            return count == 1 ? variants[0] : sigma_node_new(r, NODE_OR, variants, count);
        }
        if (!apply(r, it, at, &w))
            return NULL;
    }
    return finish(r, it, &w);
}

static bool working_of(struct sigma_reading *r, const struct item *it, const struct yaml_node *v, struct working *w) {
    *w = (struct working){.raw = v->text};
    switch (v->scalar) {
    case YAML_IS_NULL:
        w->type = WORK_NULL;
        if (it->mod_count || it->neq)
            return it->mod_count ? sigma_bad(r, it->line, "no modifier but 'all' goes with null") : true;
        return true;
    case YAML_IS_TRUE:
    case YAML_IS_FALSE:
        w->type = WORK_BOOL;
        w->test.boolean = v->scalar == YAML_IS_TRUE;
        return true;
    case YAML_IS_INT:
    case YAML_IS_FLOAT:
        w->type = WORK_NUMBER;
        return canonical(r, it, v->text, &w->test.number);
    case YAML_IS_ODD:
        sigma_warn(r, v->line, "'%.*s' without quotes may be read as a number or a date; it is taken as text",
                   STR_ARG(str_first(v->text, 40)));
        break;
    case YAML_IS_TEXT:
        break;
    }
    w->type = WORK_STRING;
    if (has(it, MOD_RE) || has(it, MOD_CIDR))
        return true;
    return pieces_of(r, v->text, true, w);
}

static const struct placeholder *placeholder_named(const struct sigma_reading *r, str name) {
    for (size_t i = 0; i < r->placeholder_count; i++)
        if (str_eq(r->placeholders[i].name, name))
            return &r->placeholders[i];
    return NULL;
}

/* The text with its first placeholder replaced by each of the values in turn; values are literal text, so their own
 * wildcards and backslashes are escaped. The rest is expanded by recursion, bounded by depth. */
static bool expand(struct sigma_reading *r, const struct item *it, str text, size_t from, str *out, size_t *count,
                   unsigned depth) {
    struct buf b = {0};
    size_t at = from, end = SIZE_MAX;
    const struct placeholder *p;
    bool ok = true;

    for (; at < text.len; at++) {
        if (text.ptr[at] == '\\' && at + 1 < text.len && text.ptr[at + 1] == '%') {
            at++;
            continue;
        }
        if (text.ptr[at] == '%' && (end = str_find_byte(str_from(text, at + 1), '%')) != SIZE_MAX && end > 0)
            break;
    }
    if (at >= text.len || depth > 8) {
        /* \% is a literal percent. */
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == '%')
                i++;
            buf_byte(&b, text.ptr[i]);
        }
        if (*count == VARIANTS_MAX)
            ok = sigma_bad(r, it->line, "placeholders make more than %d values", VARIANTS_MAX);
        else if (b.failed || !arena_copy(r->a, buf_str(&b), &out[*count]))
            ok = sigma_no_memory(r);
        else
            ++*count;
        buf_free(&b);
        return ok;
    }
    str const name = {text.ptr + at + 1, end};

    if (!(p = placeholder_named(r, name))) {
        if (!r->unusable.len) {
            buf_format(&b, "placeholder %%%.*s%% has no value", STR_ARG(str_first(name, 80)));
            if (b.failed || !arena_copy(r->a, buf_str(&b), &r->unusable))
                ok = sigma_no_memory(r);
            buf_free(&b);
        }
        return ok;
    }
    for (size_t v = 0; ok && v < p->count; v++) {
        str whole;

        b.len = 0;
        buf_add(&b, str_first(text, at));
        for (size_t i = 0; i < p->values[v].len; i++) {
            if (strchr("\\*?%", p->values[v].ptr[i]) && p->values[v].ptr[i])
                buf_byte(&b, '\\');
            buf_byte(&b, p->values[v].ptr[i]);
        }
        size_t const next = b.len;

        buf_add(&b, str_from(text, at + end + 2));
        if (b.failed || !arena_copy(r->a, buf_str(&b), &whole))
            ok = sigma_no_memory(r);
        else
            ok = expand(r, it, whole, next, out, count, depth + 1);
    }
    buf_free(&b);
    return ok;
}

static const struct sigma_node *value_node(struct sigma_reading *r, const struct item *it, const struct yaml_node *v) {
    struct working w;

    if (v->type != YAML_SCALAR) {
        sigma_bad(r, v->line, "'%.*s' has a %s as a value", STR_ARG(str_first(it->field, 60)),
                  v->type == YAML_MAP ? "mapping" : "list within a list");
        return NULL;
    }
    if (has(it, MOD_EXPAND) && v->scalar == YAML_IS_TEXT) {
        str *const texts = arena_alloc(r->a, VARIANTS_MAX * sizeof *texts);
        const struct sigma_node **nodes;
        size_t count = 0;

        if (!texts) {
            sigma_no_memory(r);
            return NULL;
        }
        if (!expand(r, it, v->text, 0, texts, &count, 0) ||
            !(nodes = arena_alloc(r->a, (count + 1) * sizeof *nodes)))
            return NULL;
        for (size_t i = 0; i < count; i++) {
            struct yaml_node const text = {.type = YAML_SCALAR, .line = v->line, .quoted = true, .text = texts[i]};

            if (!working_of(r, it, &text, &w) || !(nodes[i] = modify(r, it, w, 0)))
                return NULL;
        }
        return count == 1 ? nodes[0] : sigma_node_new(r, NODE_OR, nodes, count);
    }
    return working_of(r, it, v, &w) ? modify(r, it, w, 0) : NULL;
}

const struct sigma_node *sigma_item(struct sigma_reading *r, str key, uint32_t line, const struct yaml_node *values) {
    struct item it = {.line = line};
    struct yaml_node none = {.type = YAML_SCALAR, .scalar = YAML_IS_NULL, .line = line, .text = S("")};
    const struct sigma_node *node, **nodes;
    size_t const count = values->type == YAML_LIST ? values->count : 1;

    if (!item_parse(r, key, &it))
        return NULL;
    if (values->type == YAML_LIST && count == 0) {
        sigma_warn(r, line, "empty list of '%.*s' is read as null", STR_ARG(str_first(it.field, 60)));
        values = &none;
    }
    if (values->type != YAML_LIST) {
        if (it.all)
            sigma_warn(r, line, "'all' on a single value does nothing");
        node = value_node(r, &it, values);
    } else {
        if (!(nodes = arena_alloc(r->a, count * sizeof *nodes))) {
            sigma_no_memory(r);
            return NULL;
        }
        for (size_t i = 0; i < count; i++) {
            if (values->items[i]->type == YAML_SCALAR && values->items[i]->scalar == YAML_IS_NULL && count > 1)
                sigma_warn(r, values->items[i]->line, "null stands in a list with other values: read as 'or missing'");
            it.line = values->items[i]->line;
            if (!(nodes[i] = value_node(r, &it, values->items[i])))
                return NULL;
        }
        node = count == 1 ? nodes[0] : sigma_node_new(r, it.all ? NODE_AND : NODE_OR, nodes, count);
    }
    if (node && it.neq) {
        const struct sigma_node *const inner = node;

        /* neq: no value matches, whatever `all` says. */
        node = sigma_node_new(r, NODE_NOT, &inner, 1);
    }
    return node;
}

const struct sigma_node *sigma_keyword(struct sigma_reading *r, const struct yaml_node *value) {
    return sigma_item(r, S(""), value->line, value);
}
