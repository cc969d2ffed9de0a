/* evtx_binxml: the pieces of binary XML as EVTX stores it, each read with checks; no meaning yet.
 *
 * [MS-EVEN6] 2.2.12 describes binary XML as it goes over the wire; on disk (documented by the libevtx project) it differs:
 * names and template definitions are kept once a chunk and referred to by their offset in the chunk. Where the offset is
 * the very next byte, the thing itself follows and is passed over.
 *
 *   name        next u32, hash u16, units u16, UTF-16LE text, NUL
 *   open        01|41, [dependency u16], size u32, name offset u32, [name], with 41: size of attributes u32
 *   attribute   06|46, name offset u32, [name], content
 *   value       05|45, type 01, units u16, UTF-16LE text
 *   CDATA       07|47, units u16, text            character 08|48, u16        entity 09|49, name offset u32, [name]
 *   PI          0a, name offset u32, [name]; 0b, units u16, text
 *   slot        0d (0e: optional), index u16, type u8
 *   instance    0c, u8, id u32, definition offset u32, [definition], count u32, count * (size u16, type u8, u8), values
 *   definition  next u32, GUID (its first part is the id), size u32, fragment
 *   fragment    0f 01 01 00, then elements or one instance, then 00
 *
 * The dependency (the slot on which the element depends, ffff: none) is there in definitions only. */
#include "reader/evtx_own.h"

enum { NAME_HEAD = 8, DEFINITION_HEAD = 24 };

static uint16_t u16_at(const char *p) {
    uint16_t n;

    memcpy(&n, p, sizeof n);
    return n;
}

static uint32_t u32_at(const char *p) {
    uint32_t n;

    memcpy(&n, p, sizeof n);
    return n;
}

static bool bad(const char **why, const char *text) {
    *why = text;
    return false;
}

bool evtx_name_at(str chunk, size_t at, struct evtx_name *out) {
    uint32_t hash = 0;

    if (at > chunk.len || chunk.len - at < NAME_HEAD)
        return false;
    out->units = u16_at(chunk.ptr + at + 6);
    out->chars = chunk.ptr + at + NAME_HEAD;
    if ((chunk.len - at - NAME_HEAD) / 2 < (size_t)out->units + 1 || u16_at(out->chars + 2 * (size_t)out->units) != 0)
        return false;
    for (uint32_t i = 0; i < out->units; i++)
        hash = hash * 65599 + u16_at(out->chars + 2 * (size_t)i);
    out->hash_right = (uint16_t)hash == u16_at(chunk.ptr + at + 4);
    return out->units > 0;
}

bool evtx_name_read(str chunk, struct cursor *c, struct evtx_name *out, bool *here, const char **why) {
    uint32_t at;

    if (!read_u32le(c, &at))
        return bad(why, "binary XML ends inside a name");
    if (!evtx_name_at(chunk, at, out))
        return bad(why, "name offset leads to no name");
    *here = at == cursor_at(c);
    if (*here && !cursor_skip(c, NAME_HEAD + 2 * (size_t)out->units + 2))
        return bad(why, "binary XML ends inside a name");
    return true;
}

/* Would a name reference at the cursor lead to a name? */
static bool name_follows(str chunk, struct cursor c, bool in_definition) {
    struct evtx_name name;
    const char *why;
    bool here;

    return cursor_skip(&c, in_definition ? 6 : 4) && evtx_name_read(chunk, &c, &name, &here, &why) && name.hash_right;
}

bool evtx_open_read(str chunk, struct cursor *c, bool in_definition, bool more, struct evtx_name *name, uint16_t *depends,
                    const char **why) {
    uint32_t size;
    bool here;

    if (!in_definition && !name_follows(chunk, *c, false) && name_follows(chunk, *c, true))
        in_definition = true;
    *depends = 0xffff;
    if ((in_definition && !read_u16le(c, depends)) || !read_u32le(c, &size))
        return bad(why, "binary XML ends inside an element");
    /* The sizes repeat what the tokens say; the tokens are believed. */
    if (!evtx_name_read(chunk, c, name, &here, why))
        return false;
    return !more || read_u32le(c, &size) || bad(why, "binary XML ends inside an element");
}

bool evtx_name_is(const struct evtx_name *name, const char *ascii) {
    size_t const len = strlen(ascii);

    if (name->units != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (u16_at(name->chars + 2 * i) != (unsigned char)ascii[i])
            return false;
    return true;
}

struct evtx_name evtx_name_local(struct evtx_name name) {
    for (uint32_t i = name.units; i-- > 0;)
        if (u16_at(name.chars + 2 * (size_t)i) == ':' && i + 1 < name.units) {
            name.chars += 2 * ((size_t)i + 1);
            name.units -= i + 1;
            break;
        }
    return name;
}

bool evtx_name_is_namespace(const struct evtx_name *name) {
    struct evtx_name const first = {name->chars, name->units < 5 ? name->units : 5, true};

    return evtx_name_is(&first, "xmlns") && (name->units == 5 || u16_at(name->chars + 10) == ':');
}

bool evtx_text_read(struct cursor *c, uint8_t token, str *utf16, const char **why) {
    uint16_t units;
    uint8_t type = TYPE_STRING;

    if (token == TOKEN_VALUE && !read_u8(c, &type))
        return bad(why, "binary XML ends inside a value");
    if (type != TYPE_STRING)
        return bad(why, "literal value is no string");
    if (!read_u16le(c, &units) || !read_view(c, 2 * (size_t)units, utf16))
        return bad(why, "binary XML ends inside a value");
    return true;
}

uint16_t evtx_entity(const struct evtx_name *name) {
    static const struct {
        const char *name;
        uint16_t unit;
    } known[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

    for (size_t i = 0; i < COUNT(known); i++)
        if (evtx_name_is(name, known[i].name))
            return known[i].unit;
    return 0;
}

bool evtx_definition_at(str chunk, size_t at, struct evtx_definition *out) {
    uint32_t size;

    if (at < EVTX_CHUNK_HEAD || at > chunk.len || chunk.len - at < DEFINITION_HEAD)
        return false;
    size = u32_at(chunk.ptr + at + 20);
    if (size > chunk.len - at - DEFINITION_HEAD)
        return false;
    out->guid = chunk.ptr + at + 4;
    out->data = (str){chunk.ptr + at + DEFINITION_HEAD, size};
    return true;
}

bool evtx_instance_read(str chunk, struct cursor *c, struct evtx_instance *out, struct evtx_slot *slots, size_t room,
                        const char **why) {
    struct evtx_definition definition;
    const char *descriptor, *value;

    if (!cursor_skip(c, 1) || !read_u32le(c, &out->id) || !read_u32le(c, &out->definition))
        return bad(why, "binary XML ends inside a template instance");
    if (out->definition == cursor_at(c)) {
        if (!evtx_definition_at(chunk, out->definition, &definition) ||
            !cursor_skip(c, DEFINITION_HEAD + definition.data.len))
            return bad(why, "template definition passes the end of its record");
    }
    if (!read_u32le(c, &out->count) || out->count > cursor_left(c) / 4)
        return bad(why, "more template values than bytes");
    if (out->count > room)
        return bad(why, "more template values than allowed");
    descriptor = c->pos;
    value = descriptor + 4 * (size_t)out->count;
    for (uint32_t i = 0; i < out->count; i++, descriptor += 4) {
        uint32_t const word = u32_at(descriptor);

        slots[i] = (struct evtx_slot){value, (uint16_t)word, (uint8_t)(word >> 16)};
        if (UNLIKELY((size_t)(c->end - value) < (word & 0xffff)))
            return bad(why, "template value passes the end of its record");
        value += word & 0xffff;
    }
    c->pos = value;
    return true;
}

/* ---- values ---- */

enum how { HOW_BYTES, HOW_VIEW, HOW_UNSIGNED, HOW_SIGNED, HOW_BOOL, HOW_REAL, HOW_ANSI, HOW_HEX };

/* [MS-EVEN6] 2.2.12, libevtx "value types". size: of one item; 0: as long as it is. What is not named is kept as bytes. */
static const struct {
    uint8_t raw, how, size;
} forms[TYPE_ARRAY] = {
    [0x00] = {RAW_UTF16, HOW_VIEW, 0},      [0x01] = {RAW_UTF16, HOW_VIEW, 0},       [0x02] = {RAW_TEXT, HOW_ANSI, 0},
    [0x03] = {RAW_I64, HOW_SIGNED, 1},      [0x04] = {RAW_U64, HOW_UNSIGNED, 1},     [0x05] = {RAW_I64, HOW_SIGNED, 2},
    [0x06] = {RAW_U64, HOW_UNSIGNED, 2},    [0x07] = {RAW_I64, HOW_SIGNED, 4},       [0x08] = {RAW_U64, HOW_UNSIGNED, 4},
    [0x09] = {RAW_I64, HOW_SIGNED, 8},      [0x0a] = {RAW_U64, HOW_UNSIGNED, 8},     [0x0b] = {RAW_F64, HOW_REAL, 4},
    [0x0c] = {RAW_F64, HOW_REAL, 8},        [0x0d] = {RAW_WIN_BOOL, HOW_BOOL, 4},    [0x0e] = {RAW_BINARY, HOW_VIEW, 0},
    [0x0f] = {RAW_GUID, HOW_VIEW, 16},      [0x10] = {RAW_HEX64, HOW_HEX, 8},        [0x11] = {RAW_FILETIME, HOW_VIEW, 8},
    [0x12] = {RAW_SYSTEMTIME, HOW_VIEW, 16}, [0x13] = {RAW_SID, HOW_VIEW, 0},        [0x14] = {RAW_HEX32, HOW_HEX, 4},
    [0x15] = {RAW_HEX64, HOW_HEX, 8},       [0x20] = {RAW_HEX64, HOW_HEX, 8},        [0x23] = {RAW_UTF16, HOW_VIEW, 0},
};

/* Windows-1252, 0x80 to 0x9f; the five bytes without a character stand for themselves, as Windows reads them. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
    0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

static uint64_t widened(const char *ptr, size_t size, bool is_signed) {
    uint64_t n = 0;

    memcpy(&n, ptr, size);
    if (is_signed && size < 8 && n >> (8 * size - 1) & 1)
        n |= ~UINT64_C(0) << 8 * size;
    return n;
}

/* The log does not say which code page its ANSI text is in; the Western one is assumed, as Event Viewer's own language
 * most often is. ASCII, nearly all there is, stays a view. */
static bool ansi(const char *ptr, size_t size, struct arena *a, struct raw *out) {
    size_t plain = 0;
    char *to;

    while (size && ptr[size - 1] == 0)
        size--;
    while (plain < size && (unsigned char)ptr[plain] < 0x80)
        plain++;
    out->ptr = ptr;
    out->len = (uint32_t)size;
    if (plain == size || !a)
        return true;
    if (!(to = arena_bytes(a, 2 * size)))
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char const c = (unsigned char)ptr[i];
        uint16_t const unit = c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c;

        memcpy(to + 2 * i, &unit, 2);
    }
    out->type = RAW_UTF16;
    out->ptr = to;
    out->len = 2 * (uint32_t)size;
    return true;
}

bool evtx_value_raw(uint8_t type, const char *ptr, size_t size, struct evtx_scratch scratch, struct raw *out) {
    uint8_t const known = type & (TYPE_ARRAY - 1);
    uint8_t const form = forms[known].size;
    uint64_t n;

    out->type = forms[known].raw;
    out->ptr = ptr;
    out->len = (uint32_t)size;
    if (UNLIKELY(size == 0)) {
        out->type = RAW_UTF16;
        return true;
    }
    switch (forms[known].how) {
    case HOW_VIEW:
        if (UNLIKELY(form && size != form))
            out->type = RAW_BINARY;
        return true;
    case HOW_UNSIGNED:
    case HOW_SIGNED:
        if (LIKELY(size == 8))
            return true;
        if (UNLIKELY(size != 4 && size != 2 && size != 1))
            break;
        n = widened(ptr, size, forms[known].how == HOW_SIGNED);
        memcpy(scratch.widened, &n, 8);
        out->ptr = scratch.widened;
        out->len = 8;
        return true;
    case HOW_HEX: /* SizeT is as wide as the machine that logged it */
        if (size != 4 && size != 8)
            break;
        out->type = size == 4 ? RAW_HEX32 : RAW_HEX64;
        return true;
    case HOW_BOOL:
        if (size > 8)
            break;
        scratch.widened[0] = widened(ptr, size, false) != 0;
        out->ptr = scratch.widened;
        out->len = 1;
        return true;
    case HOW_REAL:
        if (size == 4) {
            float narrow;
            double wide;

            memcpy(&narrow, ptr, sizeof narrow);
            wide = (double)narrow;
            memcpy(scratch.widened, &wide, sizeof wide);
            out->ptr = scratch.widened;
            out->len = 8;
            return true;
        }
        if (size != 8)
            break;
        return true;
    case HOW_ANSI:
        return ansi(ptr, size, scratch.ansi, out);
    default:
        break;
    }
    out->type = RAW_BINARY;
    return true;
}

bool evtx_array_next(uint8_t type, str bytes, size_t *at, str *item) {
    uint8_t const known = type & (TYPE_ARRAY - 1);
    size_t const left = bytes.len - *at;
    const char *const from = bytes.ptr + *at;
    size_t size = forms[known].size;

    if (left == 0)
        return false;
    if (known == TYPE_STRING || known == TYPE_ANSI) { /* each ends in a NUL; the last one's may be missing */
        size_t const unit = known == TYPE_STRING ? 2 : 1;
        size_t len = 0;

        while (left - len >= unit && (from[len] || from[len + unit - 1]))
            len += unit;
        *item = (str){from, len};
        *at += left - len < unit ? left : len + unit;
        return true;
    }
    if (known == TYPE_SID)
        size = left >= 2 ? 8 + 4 * (size_t)(unsigned char)from[1] : left;
    else if ((known == TYPE_SIZE || known == 0x20) && bytes.len % 8) /* of a 32-bit machine */
        size = 4;
    if (size == 0 || size > left)
        size = left;
    *item = (str){from, size};
    *at += size;
    return true;
}
