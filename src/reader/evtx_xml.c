/* evtx_xml: one record as indented XML, as Windows' Event Viewer shows it; what fields are, evtx_record.c says.
 *
 * The tokens are read once more, this time for what they look like. Every piece of binary XML still being read (the record's
 * own, the definition of a template it names, what is nested in a value) is a frame on a stack of our own; elements
 * that are open lie on another, across all frames. What turns out to be omitted is taken back from the end of the output:
 *
 *   an element whose dependency is null; an attribute, or an element without children, whose pieces are all optional and
 *   null ([MS-EVEN6] 2.2.12). An element with nothing but an array in it is repeated for every item (2.2.12.4).
 *
 * Blank text beside child elements is layout, and made anew. Characters that XML cannot hold, and those that would
 * move a terminal's cursor, are written as references (&#x1B;); a name's, as _x001B_. */
#include <assert.h>

#include "base/utf.h"
#include "event/value.h"
#include "reader/evtx_own.h"

enum {
    FRAMES_MAX = 2 * EVTX_DEPTH_MAX, /* a fragment, and the definition it names */
    ELEMENTS_MAX = EVTX_DEPTH_MAX * EVTX_DEPTH_MAX,
    INDENT_MAX = 64,
    TOKENS_MAX = 1 << 20
};
#define XML_BYTES_MAX ((size_t)64 << 20)

struct frame {
    struct cursor rest;
    const struct evtx_slot *slots;
    uint32_t slot_count, slots_from, depth; /* depth: elements open around it */
    bool is_definition;
};

/* What stands between two marks: the text of an attribute or an element. */
struct content {
    uint32_t pieces;
    bool present;                  /* not all of them are optional and null */
    const struct evtx_slot *array; /* not written yet: the only piece so far */
};

struct element {
    struct evtx_name name;
    struct content text;
    /* mark: the end of the output before it began; start: of its "<"; inside: of its text so far, since the last child */
    size_t mark, start, inside;
    bool omitted, tag_open, has_child;
    bool parent_tag_open, parent_has_child; /* as they were, if it has to be taken back */
};

struct writer {
    const struct evtx_compiler *compiler;
    str chunk;
    bool salvage, in_tag, in_attribute;
    struct buf *out;
    size_t before; /* in *out, what is not ours */
    struct buf item;
    struct arena *ansi;
    const char *why;
    uint32_t tokens, frame_count, depth, slots_used;
    struct content attribute;
    size_t attribute_mark;
    struct frame frames[FRAMES_MAX];
    struct element elements[ELEMENTS_MAX];
    struct evtx_slot slots[EVTX_SLOTS_MAX];
};

static bool bad(struct writer *w, const char *text) {
    w->why = text;
    return false;
}

static struct element *innermost(struct writer *w) {
    return w->depth ? &w->elements[w->depth - 1] : NULL;
}

/* ---- characters ---- */

/* Controls but for tab and line feed, and what is no character (XML 1.0 2.2). */
static bool unprintable(uint32_t c) {
    return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0xfffe || c == 0xffff;
}

static void escape(struct writer *w, str text, bool in_attribute) {
    uint32_t c;

    for (size_t at = 0, width; at < text.len; at += width) {
        width = utf8_decode(str_from(text, at), &c);
        assert(width > 0);
        if (c == '&')
            buf_add(w->out, S("&amp;"));
        else if (c == '<')
            buf_add(w->out, S("&lt;"));
        else if (c == '>')
            buf_add(w->out, S("&gt;"));
        else if (c == '"' && in_attribute)
            buf_add(w->out, S("&quot;"));
        else if (unprintable(c) || (in_attribute && c < 0x20))
            buf_format(w->out, "&#x%X;", (unsigned)c);
        else
            buf_add(w->out, (str){text.ptr + at, width});
    }
}

static str utf8_of(struct writer *w, str utf16) {
    size_t repaired = 0;

    w->item.len = 0;
    value_render(RAW_UTF16, utf16, &w->item, &repaired);
    return buf_str(&w->item);
}

static bool in_name(uint32_t c, bool first) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':')
        return true;
    if (c == '-' || c == '.' || (c >= '0' && c <= '9'))
        return !first;
    return c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c <= 0x206f) && c < 0xfff0;
}

static void write_name(struct writer *w, const struct evtx_name *name) {
    str const text = utf8_of(w, (str){name->chars, 2 * (size_t)name->units});
    uint32_t c;

    for (size_t at = 0, width; at < text.len; at += width) {
        width = utf8_decode(str_from(text, at), &c);
        assert(width > 0);
        if (in_name(c, at == 0))
            buf_add(w->out, (str){text.ptr + at, width});
        else
            buf_format(w->out, "_x%04X_", (unsigned)c);
    }
}

static void new_line(struct writer *w, uint32_t depth) {
    static const char blanks[2 * INDENT_MAX + 1] = "                                                                "
                                                   "                                                                ";

    if (w->out->len > w->before)
        buf_byte(w->out, '\n');
    buf_add(w->out, (str){blanks, 2 * (size_t)(depth < INDENT_MAX ? depth : INDENT_MAX)});
}

/* ---- text ---- */

static void tag_end(struct writer *w, struct element *own) {
    if (!own->tag_open)
        return;
    buf_byte(w->out, '>');
    own->tag_open = false;
    own->inside = w->out->len;
}

/* Text of the attribute or the element that is open. */
static void write_text(struct writer *w, str text) {
    struct element *const own = innermost(w);

    if (text.len == 0)
        return;
    if (own && !w->in_attribute)
        tag_end(w, own);
    escape(w, text, w->in_attribute);
}

static bool write_value(struct writer *w, uint8_t type, const char *ptr, size_t size) {
    char widened[8];
    struct raw raw;
    size_t repaired = 0;

    if (type == TYPE_BINXML)
        type = TYPE_BINARY; /* in an attribute, where none can be: its bytes */
    arena_reset(w->ansi);
    if (!evtx_value_raw(type, ptr, size, (struct evtx_scratch){widened, w->ansi}, &raw))
        return bad(w, "value is too long");
    w->item.len = 0;
    value_render(raw.type, (str){raw.ptr, raw.len}, &w->item, &repaired);
    write_text(w, buf_str(&w->item));
    return true;
}

static struct content *content(struct writer *w) {
    struct element *const own = innermost(w);

    if (w->in_tag)
        return w->in_attribute ? &w->attribute : NULL;
    return own ? &own->text : NULL;
}

/* An array that turned out not to be alone: its items in one line. */
static bool array_join(struct writer *w, struct content *c) {
    const struct evtx_slot *const s = c->array;
    size_t at = 0;
    bool first = true;
    str item;

    c->array = NULL;
    if (!s)
        return true;
    for (; evtx_array_next(s->type, (str){s->ptr, s->size}, &at, &item); first = false) {
        if (!first)
            write_text(w, S(", "));
        if (!write_value(w, s->type & (TYPE_ARRAY - 1), item.ptr, item.len))
            return false;
    }
    return true;
}

/* Before a piece is written. False: there is no place for text. */
static bool piece(struct writer *w, bool present) {
    struct content *const c = content(w);

    if (!c)
        return !w->in_tag || bad(w, "text between attributes");
    c->pieces++;
    c->present |= present;
    return array_join(w, c);
}

static bool literal(struct writer *w, str utf16) {
    if (!piece(w, true))
        return false;
    write_text(w, utf8_of(w, utf16));
    return true;
}

static bool character(struct writer *w, uint16_t unit) {
    char bytes[2];

    memcpy(bytes, &unit, 2);
    return unit ? literal(w, (str){bytes, 2}) : literal(w, (str){"\0\0\0", 4});
}

/* ---- frames ---- */

static bool push(struct writer *w, struct cursor rest, bool is_definition) {
    if (w->frame_count == FRAMES_MAX)
        return bad(w, "fragments are nested too deep");
    w->frames[w->frame_count++] =
        (struct frame){.rest = rest, .depth = w->depth, .slots_from = w->slots_used, .is_definition = is_definition};
    return true;
}

static bool instance(struct writer *w, struct frame *f) {
    struct evtx_slot *const slots = w->slots + w->slots_used;
    struct evtx_definition d;
    struct evtx_instance i;
    uint32_t id;

    if (f->is_definition || w->in_tag)
        return bad(w, "template within a template");
    if (!evtx_instance_read(w->chunk, &f->rest, &i, slots, EVTX_SLOTS_MAX - w->slots_used, &w->why))
        return false;
    if (w->salvage) /* where it is found nowhere, what is at the place has the last word */
        (void)evtx_template_place(w->compiler, i.id, w->depth == 0, &i.definition);
    if (!evtx_definition_at(w->chunk, i.definition, &d))
        return bad(w, "template offset leads to no definition");
    memcpy(&id, d.guid, sizeof id);
    if (id != i.id)
        return bad(w, "template is another than the record names");
    if (!push(w, (struct cursor){w->chunk.ptr, d.data.ptr, d.data.ptr + d.data.len}, true))
        return false;
    w->frames[w->frame_count - 1].slots = slots;
    w->frames[w->frame_count - 1].slot_count = i.count;
    w->slots_used += i.count;
    return true;
}

/* A slot of the template; a template may know more of them than an older program logged: those are null. */
static struct evtx_slot slot_at(const struct frame *f, uint16_t index) {
    return index < f->slot_count ? f->slots[index] : (struct evtx_slot){"", 0, TYPE_NULL};
}

static bool slot(struct writer *w, struct frame *f, bool optional) {
    struct content *c;
    struct evtx_slot s;
    uint16_t index;
    uint8_t type;

    if (!f->is_definition)
        return bad(w, "slot outside a template");
    if (!read_u16le(&f->rest, &index) || !read_u8(&f->rest, &type))
        return bad(w, "binary XML ends inside a slot");
    s = slot_at(f, index);
    if (!piece(w, !optional || s.type != TYPE_NULL))
        return false;
    if (s.type == TYPE_NULL && optional)
        return true;
    if (s.type == TYPE_BINXML && !w->in_attribute)
        return push(w, (struct cursor){w->chunk.ptr, s.ptr, s.ptr + s.size}, false);
    if (!(s.type & TYPE_ARRAY))
        return write_value(w, s.type, s.ptr, s.size);
    if ((c = content(w)) == NULL || s.size == 0)
        return true;
    c->array = &f->slots[index];
    return c->pieces == 1 || array_join(w, c);
}

/* ---- elements ---- */

static bool blank(str s) {
    return str_trim(s).len == 0;
}

/* Layout between children is made anew. */
static void blank_cut(struct writer *w, struct element *own) {
    if (!own->tag_open && blank((str){w->out->ptr + own->inside, w->out->len - own->inside}))
        w->out->len = own->inside;
}

static bool element_open(struct writer *w, struct frame *f, bool more) {
    struct element *const parent = innermost(w);
    struct element own = {.tag_open = true, .mark = w->out->len};
    uint16_t depends;

    if (w->depth == ELEMENTS_MAX || w->depth - f->depth == EVTX_DEPTH_MAX)
        return bad(w, "elements are nested too deep");
    if (w->in_tag)
        return bad(w, "element within a tag");
    if (!evtx_open_read(w->chunk, &f->rest, f->is_definition, more, &own.name, &depends, &w->why))
        return false;
    if (parent) {
        if (!array_join(w, &parent->text))
            return false;
        blank_cut(w, parent);
        own.mark = w->out->len;
        own.parent_tag_open = parent->tag_open;
        own.parent_has_child = parent->has_child;
        tag_end(w, parent);
        parent->has_child = true;
    }
    own.omitted = depends != 0xffff && slot_at(f, depends).type == TYPE_NULL;
    new_line(w, w->depth);
    own.start = w->out->len;
    buf_byte(w->out, '<');
    write_name(w, &own.name);
    w->elements[w->depth++] = own;
    w->in_tag = true;
    return true;
}

static bool attribute_end(struct writer *w) {
    if (!w->in_attribute)
        return true;
    if (!array_join(w, &w->attribute))
        return false;
    buf_byte(w->out, '"');
    if (w->attribute.pieces && !w->attribute.present)
        w->out->len = w->attribute_mark;
    w->in_attribute = false;
    return true;
}

static bool attribute_begin(struct writer *w, struct frame *f) {
    struct evtx_name name;
    bool here;

    if (!w->in_tag)
        return bad(w, "attribute outside a tag");
    if (!attribute_end(w) || !evtx_name_read(w->chunk, &f->rest, &name, &here, &w->why))
        return false;
    w->attribute_mark = w->out->len;
    w->attribute = (struct content){0};
    w->in_attribute = true;
    buf_byte(w->out, ' ');
    write_name(w, &name);
    buf_add(w->out, S("=\""));
    return true;
}

static void element_finish(struct writer *w, const struct element *own) {
    if (own->tag_open) {
        buf_add(w->out, S(" />"));
        return;
    }
    buf_add(w->out, S("</"));
    write_name(w, &own->name);
    buf_byte(w->out, '>');
}

/* The element once for every item of its array. */
static bool element_repeat(struct writer *w, struct element *own) {
    const struct evtx_slot *const s = own->text.array;
    size_t const start = own->start, head = w->out->len - start;
    size_t at = 0;
    str item;

    assert(own->tag_open);
    own->text.array = NULL;
    for (bool first = true; evtx_array_next(s->type, (str){s->ptr, s->size}, &at, &item); first = false) {
        if (!first) {
            new_line(w, w->depth - 1);
            if (!buf_reserve(w->out, head) || w->out->len - w->before > XML_BYTES_MAX)
                return true; /* whoever called sees why */
            memcpy(w->out->ptr + w->out->len, w->out->ptr + start, head);
            w->out->len += head;
            own->tag_open = true;
        }
        if (!write_value(w, s->type & (TYPE_ARRAY - 1), item.ptr, item.len))
            return false;
        element_finish(w, own);
    }
    return true;
}

static bool element_end(struct writer *w, const struct frame *f) {
    struct element *const own = innermost(w);

    if (w->depth == f->depth)
        return bad(w, "element ends that never began");
    if (own->text.array && !own->has_child) {
        if (!element_repeat(w, own))
            return false;
    } else {
        if (own->has_child) {
            size_t const inside = own->inside;

            blank_cut(w, own);
            if (w->out->len == inside)
                new_line(w, w->depth - 1);
        }
        element_finish(w, own);
    }
    w->depth--;
    if (own->omitted || (!own->has_child && own->text.pieces && !own->text.present)) {
        w->out->len = own->mark;
        if (w->depth) {
            own[-1].tag_open = own->parent_tag_open;
            own[-1].has_child = own->parent_has_child;
            /* Where the tag had been ended for this child, the text begins behind it again when another ends it. */
        }
    } else if (w->depth) {
        own[-1].inside = w->out->len;
    }
    return true;
}

/* ---- tokens ---- */

static bool entity(struct writer *w, struct frame *f) {
    struct evtx_name name;
    uint16_t unit;
    bool here;

    if (!evtx_name_read(w->chunk, &f->rest, &name, &here, &w->why))
        return false;
    if ((unit = evtx_entity(&name)) != 0)
        return character(w, unit);
    return character(w, '&') && literal(w, (str){name.chars, 2 * (size_t)name.units}) && character(w, ';');
}

static bool token_take(struct writer *w, struct frame *f, uint8_t token) {
    uint8_t const plain = token & ~TOKEN_MORE;
    struct evtx_name name;
    uint16_t unit;
    bool here;
    str text;

    if (token & TOKEN_MORE && (plain > TOKEN_ENTITY || (plain >= TOKEN_CLOSE_START && plain <= TOKEN_CLOSE)))
        return bad(w, "unknown binary XML token");
    switch (plain) {
    case TOKEN_OPEN:
        return element_open(w, f, token & TOKEN_MORE);
    case TOKEN_ATTRIBUTE:
        return attribute_begin(w, f);
    case TOKEN_CLOSE_START:
    case TOKEN_CLOSE_EMPTY:
        if (!w->in_tag)
            return bad(w, "tag ends that never began");
        if (!attribute_end(w))
            return false;
        w->in_tag = false;
        return plain == TOKEN_CLOSE_START || element_end(w, f);
    case TOKEN_CLOSE:
        return w->in_tag ? bad(w, "element ends within its tag") : element_end(w, f);
    case TOKEN_VALUE:
    case TOKEN_CDATA:
        return evtx_text_read(&f->rest, plain, &text, &w->why) && literal(w, text);
    case TOKEN_CHARACTER:
        return read_u16le(&f->rest, &unit) ? character(w, unit) : bad(w, "binary XML ends inside a character");
    case TOKEN_ENTITY:
        return entity(w, f);
    case TOKEN_SLOT:
    case TOKEN_SLOT_OPTIONAL:
        return slot(w, f, plain == TOKEN_SLOT_OPTIONAL);
    case TOKEN_PI_TARGET: /* not part of the event, and Windows writes none */
        return evtx_name_read(w->chunk, &f->rest, &name, &here, &w->why);
    case TOKEN_PI_DATA:
        return evtx_text_read(&f->rest, TOKEN_PI_DATA, &text, &w->why);
    case TOKEN_FRAGMENT:
        return cursor_skip(&f->rest, 3) || bad(w, "binary XML ends inside a header");
    case TOKEN_INSTANCE:
        return instance(w, f);
    default:
        return bad(w, "unknown binary XML token");
    }
}

static bool run(struct writer *w) {
    while (w->frame_count) {
        struct frame *const f = &w->frames[w->frame_count - 1];
        uint8_t token = TOKEN_END;

        if (w->out->failed || w->item.failed)
            return bad(w, "no memory");
        if (w->out->len - w->before > XML_BYTES_MAX || ++w->tokens > TOKENS_MAX)
            return bad(w, "record is too long as XML");
        /* The bytes may end without the token that says so, but not inside an element. */
        if (read_u8(&f->rest, &token) && token != TOKEN_END) {
            if (!token_take(w, f, token))
                return false;
            continue;
        }
        if (w->depth != f->depth || w->in_tag)
            return bad(w, "binary XML ends inside an element");
        w->slots_used = f->slots_from;
        w->frame_count--;
    }
    return true;
}

bool evtx_xml(const struct evtx_compiler *k, str chunk, size_t at, size_t size, bool salvage, struct buf *out,
              struct err *e) {
    struct writer *const w = calloc(1, sizeof *w);
    bool ok;

    assert(size >= EVTX_RECORD_MIN && at <= chunk.len && size <= chunk.len - at);
    if (!w || !(w->ansi = arena_new(4 * EVTX_CHUNK_SIZE))) {
        free(w);
        return err_set(e, ERR_MEMORY, at, "no memory to show a record");
    }
    w->compiler = k;
    w->chunk = chunk;
    w->salvage = salvage;
    w->out = out;
    w->before = out->len;
    ok = push(w, (struct cursor){chunk.ptr, chunk.ptr + at + EVTX_RECORD_HEAD, chunk.ptr + at + size - 4}, false) &&
         run(w);
    if (ok)
        buf_byte(out, '\n');
    if (out->failed || w->item.failed)
        ok = err_set(e, ERR_MEMORY, at, "no memory to show a record");
    else if (!ok)
        err_set(e, w->out->len - w->before > XML_BYTES_MAX || w->tokens > TOKENS_MAX ? ERR_LIMIT : ERR_CORRUPT, at,
                "%s", w->why);
    if (!ok)
        out->len = w->before;
    buf_free(&w->item);
    arena_free(w->ansi);
    free(w);
    return ok;
}
