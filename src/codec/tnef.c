/* tnef: attributes one behind the other ([MS-OXTNEF] 2.1); an attachment is those from one attAttachRendData to the next. Its names in
 * full, its type, and a message within it are properties in attAttachment (2.1.3.4), encoded like those of a message. */
#include "codec/tnef.h"

#include "base/cursor.h"
#include "codec/charset.h"

#define SIGNATURE 0x223e9f78u
enum { LEVEL_MESSAGE = 1, LEVEL_ATTACHMENT = 2 };
enum {
    ATTRIBUTE_CODE_PAGE = 0x00069007,
    ATTRIBUTE_RENDERING = 0x00069002,
    ATTRIBUTE_TITLE = 0x00018010,
    ATTRIBUTE_DATA = 0x0006800f,
    ATTRIBUTE_PROPERTIES = 0x00069005,
};
enum {
    PROPERTY_DATA_OBJECT = 0x3701,
    PROPERTY_SHORT_NAME = 0x3704,
    PROPERTY_LONG_NAME = 0x3707,
    PROPERTY_TYPE = 0x370e
};
enum { TYPE_OBJECT = 0x000d, TYPE_TEXT = 0x001e, TYPE_UNICODE = 0x001f, TYPE_BINARY = 0x0102, TYPE_MANY = 0x1000 };
#define PROPERTIES_MAX 4096u
#define ATTRIBUTES_MAX 65536u
#define NAME_MAX_BYTES 1024u

struct tnef {
    bool (*attachment)(void *ctx, const struct tnef_attachment *a);
    void *ctx;
    const char *defect;
    uint32_t attachments, attributes;
    bool failed;
};

/* The attachment that is being put together. */
struct pending {
    bool begun, message;
    struct buf title, short_name, long_name, type;
    str data;
};

static void wrong(struct tnef *t, const char *why) {
    if (!t->defect)
        t->defect = why;
}

static void text_of(struct buf *out, uint16_t type, str bytes, const struct charset *charset) {
    uint64_t bad = 0;

    out->len = 0;
    if (type == TYPE_UNICODE) {
        charset_decode(charset_code_page(1200), str_first(bytes, 2 * NAME_MAX_BYTES), out, &bad);
    } else {
        charset_decode(charset, str_first(bytes, NAME_MAX_BYTES), out, &bad);
    }
    size_t const end = str_find_byte(buf_str(out), '\0');

    if (end != SIZE_MAX)
        out->len = end;
}

/* Bytes of one value of a type that has a size; 0: it says its own. */
static size_t size_of_type(uint16_t type) {
    switch (type) {
    case 0x0002:
    case 0x0003:
    case 0x0004:
    case 0x000a:
    case 0x000b:
        return 4; /* two bytes are padded */
    case 0x0005:
    case 0x0006:
    case 0x0007:
    case 0x0014:
    case 0x0040:
        return 8;
    case 0x0048:
        return 16;
    default:
        return 0;
    }
}

static bool skip_padded(struct cursor *c, uint32_t len, str *out) {
    return read_view(c, len, out) && cursor_skip(c, (4 - len % 4) % 4);
}

/* The name of a property that is no number of MAPI's own: a set, and a number or a text. */
static bool skip_name(struct cursor *c) {
    uint32_t kind, len;
    str name;

    if (!cursor_skip(c, 16) || !read_u32le(c, &kind))
        return false;
    if (kind == 0)
        return cursor_skip(c, 4);
    return kind == 1 && read_u32le(c, &len) && skip_padded(c, len, &name);
}

/* One property; the value that counts, of those that say their own size, is the first. */
static bool property(struct cursor *c, struct pending *p, const struct charset *charset) {
    uint16_t type, id;
    uint32_t count = 1, len;
    str first = S("");

    if (!read_u16le(c, &type) || !read_u16le(c, &id) || (id >= 0x8000 && !skip_name(c)))
        return false;
    size_t const fixed = size_of_type(type & ~TYPE_MANY);

    if ((type & TYPE_MANY || !fixed) && !read_u32le(c, &count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        str value;

        if (fixed ? !cursor_skip(c, fixed) : !read_u32le(c, &len) || !skip_padded(c, len, &value))
            return false;
        if (!fixed && i == 0)
            first = value;
    }
    if (fixed || type & TYPE_MANY)
        return true;
    if (id == PROPERTY_LONG_NAME)
        text_of(&p->long_name, type, first, charset);
    else if (id == PROPERTY_SHORT_NAME)
        text_of(&p->short_name, type, first, charset);
    else if (id == PROPERTY_TYPE)
        text_of(&p->type, type, first, charset);
    else if (id == PROPERTY_DATA_OBJECT && (type == TYPE_OBJECT || type == TYPE_BINARY) && first.len > 16) {
        p->data = str_from(first, 16); /* behind the identifier of the interface */
        p->message = str_starts(p->data, S("\x78\x9f\x3e\x22"));
    }
    return true;
}

static void properties(struct tnef *t, str bytes, struct pending *p, const struct charset *charset) {
    struct cursor c = cursor_of(bytes);
    uint32_t count = 0, i = 0;
    bool ok = read_u32le(&c, &count);

    while (ok && i < count && i < PROPERTIES_MAX && (ok = property(&c, p, charset)))
        i++;
    if (!ok || i < count)
        wrong(t, "properties of a TNEF attachment that cannot be read");
}

static bool read_message(struct tnef *t, str bytes, unsigned depth);

static void flush(struct tnef *t, struct pending *p, unsigned depth) {
    struct buf *const name = p->long_name.len ? &p->long_name : p->title.len ? &p->title : &p->short_name;
    struct tnef_attachment const a = {
        .name = buf_str(name), .type = buf_str(&p->type), .data = p->data, .message = p->message, .depth = depth};

    t->failed = t->failed || name->failed || p->type.failed || p->long_name.failed || p->title.failed;
    if (p->begun && !t->failed) {
        if (t->attachments++ == TNEF_ATTACHMENTS_MAX)
            wrong(t, "more TNEF attachments than are read");
        if (t->attachments <= TNEF_ATTACHMENTS_MAX)
            t->failed = !t->attachment(t->ctx, &a);
        if (!t->failed && p->message && depth + 1 < TNEF_DEPTH_MAX)
            t->failed = !read_message(t, p->data, depth + 1);
        else if (p->message && depth + 1 >= TNEF_DEPTH_MAX)
            wrong(t, "TNEF messages too deep within each other");
    }
    p->begun = p->message = false;
    p->title.len = p->short_name.len = p->long_name.len = p->type.len = 0;
    p->data = S("");
}

/* [MS-OXTNEF] 2.1.3.3.9 says the code page; names without one are taken as they are. */
static const struct charset *code_page(str bytes) {
    struct cursor c = cursor_of(bytes);
    uint32_t number;

    return read_u32le(&c, &number) ? charset_code_page(number) : NULL;
}

static bool read_message(struct tnef *t, str bytes, unsigned depth) {
    struct cursor c = cursor_of(bytes);
    const struct charset *charset = NULL;
    struct pending p = {.data = S("")};
    uint32_t signature, id, len;
    uint16_t key, sum;
    uint8_t level;
    str data;

    if (!read_u32le(&c, &signature) || signature != SIGNATURE || !read_u16le(&c, &key)) {
        wrong(t, "a TNEF part that is none");
        return true;
    }
    while (!t->failed && cursor_left(&c)) {
        if (t->attributes++ == ATTRIBUTES_MAX) {
            wrong(t, "more TNEF attributes than are read");
            break;
        }
        if (!read_u8(&c, &level) || (level != LEVEL_MESSAGE && level != LEVEL_ATTACHMENT) || !read_u32le(&c, &id) ||
            !read_u32le(&c, &len) || !read_view(&c, len, &data) || !read_u16le(&c, &sum)) {
            wrong(t, "a TNEF part that breaks off or is damaged");
            break;
        }
        if (id == ATTRIBUTE_CODE_PAGE)
            charset = code_page(data);
        if (level != LEVEL_ATTACHMENT)
            continue;
        if (id == ATTRIBUTE_RENDERING) {
            flush(t, &p, depth);
        } else if (id == ATTRIBUTE_TITLE) {
            text_of(&p.title, TYPE_TEXT, data, charset);
        } else if (id == ATTRIBUTE_DATA) {
            p.data = data;
        } else if (id == ATTRIBUTE_PROPERTIES) {
            properties(t, data, &p, charset);
        }
        p.begun = true; /* some writers leave out how the first is shown */
    }
    flush(t, &p, depth);
    buf_free(&p.title);
    buf_free(&p.short_name);
    buf_free(&p.long_name);
    buf_free(&p.type);
    return !t->failed;
}

bool tnef_read(str bytes, bool (*attachment)(void *ctx, const struct tnef_attachment *a), void *ctx,
               const char **defect) {
    struct tnef t = {.attachment = attachment, .ctx = ctx};
    bool const ok = read_message(&t, bytes, 0);

    *defect = t.defect;
    return ok;
}
