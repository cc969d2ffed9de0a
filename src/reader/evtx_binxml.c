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

bool evtx_open_read(str chunk, struct cursor *c, bool in_definition, bool more, struct evtx_name *name,
                    uint16_t *depends, const char **why) {
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
