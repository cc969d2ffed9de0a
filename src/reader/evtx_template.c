/* evtx_template: template definitions compiled into lists of operations, once for all chunks that repeat them.
 *
 * A definition is an element tree with slots. What a record needs of it is only: which field gets which slot or literal
 * text. Compiling walks the tokens once, keeps the open elements on a stack, collects the pieces of text of each attribute
 * and element, and writes the operations when the attribute or element ends.
 *
 * Every chunk repeats its definitions, but not byte for byte: names and definitions refer to each other by offset in
 * the chunk. A compiled template therefore keeps the definition's bytes and where references to names lie in them; another
 * definition is the same one when the bytes between the references are equal and each reference leads to the same name
 * (same_definition). That is exact, and several times cheaper than compiling and looking up the fields' names.
 *
 * Windows omits an element whose dependency is null, and an element or attribute whose whole content is an optional slot
 * that is null ([MS-EVEN6] 2.2.12). */
#include <assert.h>

#include "base/utf.h"
#include "reader/evtx_own.h"

enum {
    OPS_MAX = 65536,
    PIECES_MAX = 32768,
    NAMES_MAX = 16384,
    NAME_UNITS_MAX = 512,
    BUCKETS = 256,
    BUCKET_DEPTH_MAX = 16,
    SEEN = 1024, /* a power of two */
    CALLED = 512,
    NONE = 0xffffffff
};
/* Definitions in one chunk lie side by side: more bytes than the chunk has are compiled only when they are made to
 * overlap, to waste our time. */
#define CHUNK_WORK_MAX (4 * EVTX_CHUNK_SIZE)
/* Compiled templates are forgotten before a chunk when they hold more than the first. The second leaves room for the worst
 * that one chunk can ask for (a name of NAME_UNITS_MAX for every 5 bytes), so that what is read of a chunk never
 * depends on the chunks before. */
#define KEPT_BYTES ((size_t)8 << 20)
#define KEPT_BYTES_MAX (KEPT_BYTES + ((size_t)80 << 20))

struct evtx_reference {
    uint32_t at; /* in the definition's bytes */
    bool here;   /* the name follows its reference */
    str name;    /* hash, units and text */
};

struct piece {
    uint8_t kind; /* PIECE_* */
    uint16_t slot;
    uint32_t next;
    str text;
};

struct content {
    uint32_t first, last, count;
};

struct element {
    struct evtx_name name;
    struct content text, data_name;
    uint32_t skip; /* its OP_UNLESS_NULL, or NONE */
    uint16_t depends;
    uint8_t section; /* of itself */
    uint8_t inside;  /* of its children */
    bool structural, has_child, has_attribute, is_data, named;
};

/* Which templates this chunk has shown already, by offset and section. */
struct seen {
    uint32_t stamp, at;
    uint8_t section;
    const struct evtx_template *template; /* NULL: it cannot be compiled */
    const char *why;
};

/* Plain elements name the same fields again and again, by names that stand in the chunk once. */
struct called {
    uint32_t stamp;
    field_id field;
    const char *element, *attribute; /* attribute: NULL for the element itself */
    uint8_t section;
    bool odd;
};

struct evtx_compiler {
    struct event_sink *sink;
    str chunk;
    field_id time_field;
    struct called called[CALLED];
    uint32_t stamp, seen_count;
    size_t work;
    struct seen seen[SEEN];
    struct arena *kept; /* templates */
    struct evtx_template *buckets[BUCKETS];
    uint32_t depths[BUCKETS];
    /* Of the definition being compiled. */
    const char *why;
    const char *bytes; /* its first */
    struct arena *into;
    uint32_t op_count, piece_count, name_count, slots_needed, depth;
    uint8_t sections;
    bool odd, names_right, in_definition, in_tag;
    struct content *attribute; /* where text goes in a tag; NULL: nowhere yet */
    struct content attribute_text;
    struct evtx_name attribute_name;
    /* From here on nothing is read that was not written before: not zeroed. */
    struct element stack[EVTX_DEPTH_MAX];
    struct evtx_op ops[OPS_MAX];
    struct piece pieces[PIECES_MAX];
    struct evtx_reference names[NAMES_MAX];
};

/* ---- names ---- */

/* What System holds by its schema ([MS-EVEN6] 2.2.13, event.xsd SystemPropertiesType). */
static bool system_has(str name) {
    static const str known[] = {STR("Provider_Name"),
                                STR("Provider_Guid"),
                                STR("Provider_EventSourceName"),
                                STR("EventID"),
                                STR("EventID_Qualifiers"),
                                STR("Version"),
                                STR("Level"),
                                STR("Task"),
                                STR("Opcode"),
                                STR("Keywords"),
                                STR("TimeCreated_SystemTime"),
                                STR("TimeCreated_RawTime"),
                                STR("EventRecordID"),
                                STR("Correlation_ActivityID"),
                                STR("Correlation_RelatedActivityID"),
                                STR("Execution_ProcessID"),
                                STR("Execution_ThreadID"),
                                STR("Execution_ProcessorID"),
                                STR("Execution_SessionID"),
                                STR("Execution_KernelTime"),
                                STR("Execution_UserTime"),
                                STR("Execution_ProcessorTime"),
                                STR("Channel"),
                                STR("Computer"),
                                STR("Security_UserID")};

    for (size_t i = 0; i < COUNT(known); i++)
        if (known[i].len == name.len && memcmp(known[i].ptr, name.ptr, name.len) == 0)
            return true;
    return false;
}

/* Elements of System that speak through attributes alone: without text they are no field of their own. */
static bool attributes_only(const struct evtx_name *name) {
    static const char *const known[] = {"Provider", "TimeCreated", "Correlation", "Execution", "Security"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (evtx_name_is(name, known[i]))
            return true;
    return false;
}

bool evtx_wanted(struct event_sink *sink, field_id field) {
    return field == FIELD_CHANNEL || field == FIELD_EVENT_ID || field == FIELD_PROVIDER_NAME ||
           field == FIELD_COMPUTER || !sink->wants || sink->wants(sink, field);
}

static str qualifier(uint8_t section) {
    return section == SECTION_EVENT_DATA  ? S("EventData.")
           : section == SECTION_USER_DATA ? S("UserData.")
                                          : S("Event.");
}

/* The field called name; in sections other than System not under a name that System has. */
static field_id field_called(struct evtx_compiler *k, uint8_t section, str name, bool *odd) {
    char longer[6 * NAME_UNITS_MAX + 64];
    str const before = qualifier(section);
    bool const of_system = system_has(name);
    field_id field;

    if (section == SECTION_SYSTEM && !of_system)
        *odd = true;
    if (section != SECTION_SYSTEM && of_system) {
        memcpy(longer, before.ptr, before.len);
        memcpy(longer + before.len, name.ptr, name.len);
        name = (str){longer, before.len + name.len};
    }
    if ((field = field_intern(k->sink->fields, name)) == FIELD_NONE)
        k->why = "too many field names";
    return field;
}

field_id evtx_field_data(struct evtx_compiler *k, uint8_t section, str utf16) {
    char text[3 * NAME_UNITS_MAX + 16];
    size_t units = utf16.len / 2, len, used = 0, repaired = 0;
    bool odd = false;

    if (units && utf16.ptr[2 * units - 2] == 0 && utf16.ptr[2 * units - 1] == 0)
        units--;
    if (units > NAME_UNITS_MAX)
        return FIELD_DATA;
    len = utf16le_to_utf8(utf16.ptr, units, text, &repaired);
    for (size_t i = 0; i < len; i++)
        if (text[i] != ' ')
            text[used++] = text[i];
    return used ? field_called(k, section, (str){text, used}, &odd) : FIELD_DATA;
}

field_id evtx_field_qualified(struct evtx_compiler *k, uint8_t section, field_id field) {
    char longer[6 * NAME_UNITS_MAX + 128];
    str const before = qualifier(section), name = field_name(k->sink->fields, field);

    if (name.len > sizeof longer - before.len)
        return field;
    memcpy(longer, before.ptr, before.len);
    memcpy(longer + before.len, name.ptr, name.len);
    return field_intern(k->sink->fields, (str){longer, before.len + name.len});
}

/* The field of an element, or of an attribute of it (NULL: of the element). */
static field_id field_of(struct evtx_compiler *k, const struct element *of, const struct evtx_name *attribute) {
    char text[6 * NAME_UNITS_MAX + 16];
    const char *const chars = attribute ? attribute->chars : NULL;
    uint32_t const hash =
        (uint32_t)(of->name.chars - k->chunk.ptr) * 31 + (chars ? (uint32_t)(chars - k->chunk.ptr) : 7);
    struct called *const c = &k->called[(hash * 0x9e3779b1u >> 16) % CALLED];
    size_t used, repaired = 0;

    if (c->stamp != k->stamp || c->element != of->name.chars || c->attribute != chars || c->section != of->section) {
        struct evtx_name const local = evtx_name_local(of->name);

        assert(local.units <= NAME_UNITS_MAX);
        assert(!attribute || attribute->units <= NAME_UNITS_MAX);
        *c = (struct called){.stamp = k->stamp, .element = of->name.chars, .attribute = chars, .section = of->section};
        used = utf16le_to_utf8(local.chars, local.units, text, &repaired);
        if (attribute) {
            struct evtx_name const name = evtx_name_local(*attribute);

            text[used++] = '_';
            used += utf16le_to_utf8(name.chars, name.units, text + used, &repaired);
        }
        c->field = field_called(k, of->section, (str){text, used}, &c->odd);
    }
    if (c->field == FIELD_NONE)
        k->why = "too many field names";
    k->odd |= c->odd;
    return c->field;
}

/* ---- operations ---- */

static bool bad(struct evtx_compiler *k, const char *text) {
    k->why = text;
    return false;
}

static bool op_add(struct evtx_compiler *k, struct evtx_op op) {
    if (k->op_count == OPS_MAX)
        return bad(k, "template has too many parts");
    k->ops[k->op_count++] = op;
    if (op.field != FIELD_NONE)
        k->sections |= (uint8_t)(1u << op.section);
    return true;
}

static bool piece_add(struct evtx_compiler *k, struct content *to, struct piece piece) {
    if (!to)
        return bad(k, "text between attributes");
    if (k->piece_count == PIECES_MAX)
        return bad(k, "template has too many parts");
    piece.next = NONE;
    k->pieces[k->piece_count] = piece;
    if (to->count++)
        k->pieces[to->last].next = k->piece_count;
    else
        to->first = k->piece_count;
    to->last = k->piece_count++;
    return true;
}

static bool literal_add(struct evtx_compiler *k, struct content *to, str utf16) {
    return piece_add(k, to, (struct piece){.kind = PIECE_LITERAL, .text = utf16});
}

/* One character, which lives in the template's memory. */
static bool unit_add(struct evtx_compiler *k, struct content *to, uint16_t unit) {
    char *const copy = arena_bytes(k->into, 2);

    if (!copy)
        return bad(k, "template takes too much memory");
    memcpy(copy, &unit, 2);
    return literal_add(k, to, (str){copy, 2});
}

static bool all_literal(const struct evtx_compiler *k, const struct content *c) {
    for (uint32_t n = 0, i = c->first; n < c->count; n++, i = k->pieces[i].next)
        if (k->pieces[i].kind != PIECE_LITERAL)
            return false;
    return true;
}

static bool join(struct evtx_compiler *k, const struct content *c, str *out) {
    size_t len = 0, used = 0;
    char *to;

    if (c->count == 1 && !k->in_definition) { /* used up before the chunk goes */
        *out = k->pieces[c->first].text;
        return true;
    }
    for (uint32_t n = 0, i = c->first; n < c->count; n++, i = k->pieces[i].next)
        len += k->pieces[i].text.len;
    if (!(to = arena_bytes(k->into, len)))
        return bad(k, "template takes too much memory");
    for (uint32_t n = 0, i = c->first; n < c->count; n++, i = k->pieces[i].next) {
        memcpy(to + used, k->pieces[i].text.ptr, k->pieces[i].text.len);
        used += k->pieces[i].text.len;
    }
    *out = (str){to, len};
    return true;
}

static bool utf16_blank(str utf16) {
    for (size_t i = 0; i + 1 < utf16.len; i += 2)
        if (utf16.ptr[i + 1] || !strchr(" \t\r\n", utf16.ptr[i])) /* the NUL of strchr is blank, too */
            return false;
    return true;
}

/* EventID written as text is the number all the same. */
static bool utf16_number(str utf16, uint64_t *n) {
    char digits[8];
    size_t const len = utf16.len / 2;

    if (len == 0 || len > sizeof digits)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (utf16.ptr[2 * i + 1])
            return false;
        digits[i] = utf16.ptr[2 * i];
    }
    return str_u64((str){digits, len}, UINT32_MAX, n);
}

static bool literal_op(struct evtx_compiler *k, field_id field, uint8_t section, const struct content *c,
                       bool is_time) {
    struct evtx_op op = {
        .kind = is_time ? OP_TIME_LITERAL : OP_LITERAL, .section = section, .slot = RAW_UTF16, .field = field};
    uint64_t n;
    str text;

    if (field == FIELD_NONE && !is_time)
        return true;
    if (!join(k, c, &text))
        return false;
    if (field == FIELD_EVENT_ID && utf16_number(text, &n)) {
        char *const copy = arena_bytes(k->into, 8);

        if (!copy)
            return bad(k, "template takes too much memory");
        memcpy(copy, &n, 8);
        text = (str){copy, 8};
        op.slot = RAW_U64;
    }
    op.ptr = text.ptr;
    op.len = (uint32_t)text.len;
    return op_add(k, op);
}

static bool pieces_op(struct evtx_compiler *k, const struct content *c, uint8_t section) {
    for (uint32_t n = 0, i = c->first; n < c->count; n++, i = k->pieces[i].next) {
        const struct piece *const p = &k->pieces[i];
        struct evtx_op op = {.kind = p->kind, .section = section, .slot = p->slot, .field = FIELD_NONE};
        str text = p->text;

        if (p->kind == PIECE_LITERAL && !arena_copy(k->into, p->text, &text))
            return bad(k, "template takes too much memory");
        op.ptr = text.ptr;
        op.len = (uint32_t)text.len;
        if (!op_add(k, op))
            return false;
    }
    return true;
}

static bool complex_op(struct evtx_compiler *k, uint8_t kind, field_id field, uint8_t section,
                       const struct content *name, const struct content *c) {
    if (name->count > UINT16_MAX)
        return bad(k, "template has too many parts");
    if (!op_add(k,
                (struct evtx_op){
                    .kind = kind, .section = section, .slot = (uint16_t)name->count, .field = field, .len = c->count}))
        return false;
    if (name->count)
        k->sections |= (uint8_t)(1u << section);
    if (!pieces_op(k, name, section) || !pieces_op(k, c, section))
        return false;
    /* What is nested in a slot comes behind the text around it. */
    for (uint32_t n = 0, i = c->first; n < c->count; n++, i = k->pieces[i].next)
        if (k->pieces[i].kind != PIECE_LITERAL &&
            !op_add(k, (struct evtx_op){
                           .kind = OP_NESTED, .section = section, .slot = k->pieces[i].slot, .field = FIELD_NONE}))
            return false;
    return true;
}

/* The content of an attribute or of an element without children, as a field. */
static bool leaf_ops(struct evtx_compiler *k, field_id field, uint8_t section, const struct content *name,
                     const struct content *c) {
    bool const is_time = section == SECTION_SYSTEM && field != FIELD_NONE && field == k->time_field;

    if (field != FIELD_NONE && field != EVTX_FIELD_AROUND && !evtx_wanted(k->sink, field))
        field = FIELD_NONE;
    if (name->count == 0 && all_literal(k, c))
        return literal_op(k, field, section, c, is_time);
    if (name->count == 0 && c->count == 1) {
        const struct piece *const p = &k->pieces[c->first];
        uint8_t const kind = is_time                          ? OP_TIME
                             : field == FIELD_NONE            ? OP_NESTED
                             : p->kind == PIECE_SLOT_OPTIONAL ? OP_SLOT_OPTIONAL
                                                              : OP_SLOT;

        return op_add(k, (struct evtx_op){.kind = kind, .section = section, .slot = p->slot, .field = field});
    }
    return complex_op(k, OP_COMPLEX, field, section, name, c);
}

/* ---- elements ---- */

static uint8_t section_inside(uint8_t section, const struct evtx_name *name, bool *structural) {
    struct evtx_name const local = evtx_name_local(*name);

    *structural = true;
    if (section == SECTION_ROOT && evtx_name_is(&local, "Event"))
        return SECTION_EVENT;
    if (section == SECTION_EVENT && evtx_name_is(&local, "System"))
        return SECTION_SYSTEM;
    if (section == SECTION_EVENT && evtx_name_is(&local, "EventData"))
        return SECTION_EVENT_DATA;
    if (section == SECTION_EVENT && evtx_name_is(&local, "UserData"))
        return SECTION_USER_DATA;
    *structural = false;
    return section == SECTION_EVENT || section == SECTION_ROOT ? SECTION_OTHER : section;
}

static bool reference_keep(struct evtx_compiler *k, const char *at, bool here, const struct evtx_name *name) {
    if (name->units > NAME_UNITS_MAX)
        return bad(k, "name is too long");
    if (!name->hash_right)
        k->names_right = false;
    if (!k->in_definition)
        return true;
    if (k->name_count == NAMES_MAX)
        return bad(k, "template has too many parts");
    k->names[k->name_count++] =
        (struct evtx_reference){(uint32_t)(at - k->bytes), here, {name->chars - 4, 4 + 2 * (size_t)name->units}};
    return true;
}

static bool element_open(struct evtx_compiler *k, struct cursor *c, bool more, uint8_t around) {
    struct element *const parent = k->depth ? &k->stack[k->depth - 1] : NULL;
    struct element *const own = &k->stack[k->depth];
    const char *after;

    if (k->depth == EVTX_DEPTH_MAX)
        return bad(k, "elements are nested too deep");
    if (k->in_tag)
        return bad(k, "element within a tag");
    *own = (struct element){.skip = NONE};
    after = c->pos;
    if (!evtx_open_read(k->chunk, c, k->in_definition, more, &own->name, &own->depends, &k->why))
        return false;
    /* The reference lies 6 bytes on in a definition; elsewhere nobody asks. */
    if (!reference_keep(k, after + 6, own->name.chars == after + 6 + 4 + 8, &own->name))
        return false;
    own->section = parent ? parent->inside : around;
    own->inside = section_inside(own->section, &own->name, &own->structural);
    if (own->section == SECTION_EVENT || own->section == SECTION_ROOT)
        own->section = own->inside; /* attributes and text of EventData are EventData's */
    if (own->section == SECTION_EVENT_DATA || own->section == SECTION_USER_DATA)
        own->is_data =
            !own->structural && (evtx_name_is(&own->name, "Data") || evtx_name_is(&own->name, "ComplexData"));
    if (parent)
        parent->has_child = true;
    k->depth++;
    k->in_tag = true;
    k->attribute = NULL;
    if (own->depends != 0xffff) {
        own->skip = k->op_count;
        if (own->depends >= k->slots_needed)
            k->slots_needed = own->depends + 1u;
        return op_add(k,
                      (struct evtx_op){
                          .kind = OP_UNLESS_NULL, .section = own->inside, .slot = own->depends, .field = FIELD_NONE});
    }
    return true;
}

static bool attribute_end(struct evtx_compiler *k) {
    static const struct content none;
    struct element *const own = &k->stack[k->depth - 1];

    if (!k->attribute)
        return true;
    k->attribute = NULL;
    if (evtx_name_is_namespace(&k->attribute_name))
        return true;
    if (own->is_data && evtx_name_is(&k->attribute_name, "Name")) {
        own->data_name = k->attribute_text;
        own->named = true;
        return true;
    }
    field_id const field = field_of(k, own, &k->attribute_name);

    own->has_attribute = true;
    return field != FIELD_NONE && leaf_ops(k, field, own->section, &none, &k->attribute_text);
}

static bool attribute_begin(struct evtx_compiler *k, struct cursor *c) {
    const char *const at = c->pos;
    bool here;

    if (!k->in_tag)
        return bad(k, "attribute outside a tag");
    if (!attribute_end(k) || !evtx_name_read(k->chunk, c, &k->attribute_name, &here, &k->why) ||
        !reference_keep(k, at, here, &k->attribute_name))
        return false;
    k->attribute_text = (struct content){0};
    k->attribute = &k->attribute_text;
    return true;
}

/* An element beside whose text there are child elements, or which always has some: what it holds itself is mostly layout. */
static bool container_ops(struct evtx_compiler *k, const struct element *own) {
    static const struct content none;
    struct content const *const c = &own->text;
    field_id field;
    str text;

    if (c->count == 0)
        return true;
    if (all_literal(k, c)) {
        if (!join(k, c, &text))
            return false;
        if (utf16_blank(text))
            return true;
    }
    if ((field = field_of(k, own, NULL)) == FIELD_NONE)
        return false;
    if (!evtx_wanted(k->sink, field))
        field = FIELD_NONE;
    return complex_op(k, OP_COMPLEX_CONTAINER, field, own->inside, &none, c);
}

static bool leaf_element_ops(struct evtx_compiler *k, const struct element *own) {
    static const struct content none;
    bool const static_name = own->named && all_literal(k, &own->data_name);
    const struct content *const name = own->named && !static_name ? &own->data_name : &none;
    field_id field = FIELD_NONE;
    str text;

    if (own->section == SECTION_SYSTEM && own->text.count == 0 && attributes_only(&own->name))
        return true;
    if (static_name) {
        if (!join(k, &own->data_name, &text))
            return false;
        if ((field = evtx_field_data(k, own->section, text)) == FIELD_NONE)
            return false;
    } else if (own->is_data) { /* without a name, or with one that only the record knows */
        field = FIELD_DATA;
    } else if ((field = field_of(k, own, NULL)) == FIELD_NONE) {
        return false;
    }
    return leaf_ops(k, field, own->section, name, &own->text);
}

static bool element_end(struct evtx_compiler *k) {
    struct element *own;

    if (k->depth == 0)
        return bad(k, "element ends that never began");
    own = &k->stack[k->depth - 1];
    if (own->structural || own->has_child ? !container_ops(k, own) : !leaf_element_ops(k, own))
        return false;
    k->depth--;
    if (own->skip == NONE)
        return true;
    /* Mostly the element is nothing but its optional slot, which tests the same already. */
    if (k->op_count == own->skip + 2 && k->ops[own->skip + 1].slot == own->depends &&
        (k->ops[own->skip + 1].kind == OP_SLOT_OPTIONAL || k->ops[own->skip + 1].kind == OP_SLOT ||
         k->ops[own->skip + 1].kind == OP_TIME || k->ops[own->skip + 1].kind == OP_NESTED)) {
        k->ops[own->skip] = k->ops[own->skip + 1];
        if (k->ops[own->skip].kind == OP_SLOT)
            k->ops[own->skip].kind = OP_SLOT_OPTIONAL;
        k->op_count--;
    } else if (k->op_count == own->skip + 1) {
        k->op_count--;
    } else {
        k->ops[own->skip].len = k->op_count - own->skip - 1;
    }
    return true;
}

static bool slot_read(struct evtx_compiler *k, struct cursor *c, struct content *to, bool optional) {
    struct piece piece = {.kind = optional ? PIECE_SLOT_OPTIONAL : PIECE_SLOT};
    uint8_t type;

    if (!k->in_definition)
        return bad(k, "slot outside a template");
    if (!read_u16le(c, &piece.slot) || !read_u8(c, &type))
        return bad(k, "binary XML ends inside a slot");
    if (piece.slot >= k->slots_needed)
        k->slots_needed = piece.slot + 1u;
    return piece_add(k, to, piece);
}

static bool entity_read(struct evtx_compiler *k, struct cursor *c, struct content *to) {
    const char *const at = c->pos;
    struct evtx_name name;
    uint16_t unit;
    bool here;

    if (!evtx_name_read(k->chunk, c, &name, &here, &k->why) || !reference_keep(k, at, here, &name))
        return false;
    if ((unit = evtx_entity(&name)) != 0)
        return unit_add(k, to, unit);
    /* Not one of XML's own; there is no document type to look it up in, so it stays as written. */
    return unit_add(k, to, '&') && literal_add(k, to, (str){name.chars, 2 * (size_t)name.units}) &&
           unit_add(k, to, ';');
}

/* A template instance as content of a plain element. */
static bool instance_add(struct evtx_compiler *k, struct cursor *c) {
    const struct element *const own = k->depth ? &k->stack[k->depth - 1] : NULL;
    const char *const from = c->pos - 1;
    struct evtx_slot *slots;
    struct evtx_instance instance;

    if (k->in_definition || k->in_tag || !own)
        return bad(k, "template within a template");
    if (!(slots = arena_alloc(k->into, sizeof *slots * (cursor_left(c) / 4))))
        return bad(k, "template takes too much memory");
    if (!evtx_instance_read(k->chunk, c, &instance, slots, cursor_left(c) / 4, &k->why))
        return false;
    return op_add(k, (struct evtx_op){.kind = OP_FRAGMENT,
                                      .section = own->inside,
                                      .field = FIELD_NONE,
                                      .len = (uint32_t)(c->pos - from),
                                      .ptr = from});
}

static bool token_take(struct evtx_compiler *k, struct cursor *c, uint8_t token, uint8_t around, struct content *top) {
    struct content *const to = k->in_tag ? k->attribute : k->depth ? &k->stack[k->depth - 1].text : top;
    struct evtx_name name;
    uint16_t unit;
    bool here;
    str text;

    if (token & TOKEN_MORE && ((token & ~TOKEN_MORE) > TOKEN_ENTITY || (token & ~TOKEN_MORE) == TOKEN_CLOSE_START ||
                               (token & ~TOKEN_MORE) == TOKEN_CLOSE_EMPTY || (token & ~TOKEN_MORE) == TOKEN_CLOSE))
        return bad(k, "unknown binary XML token");
    switch (token & ~TOKEN_MORE) {
    case TOKEN_OPEN:
        return element_open(k, c, token & TOKEN_MORE, around);
    case TOKEN_ATTRIBUTE:
        return attribute_begin(k, c);
    case TOKEN_CLOSE_START:
    case TOKEN_CLOSE_EMPTY:
        if (!k->in_tag)
            return bad(k, "tag ends that never began");
        if (!attribute_end(k))
            return false;
        k->in_tag = false;
        return token == TOKEN_CLOSE_START || element_end(k);
    case TOKEN_CLOSE:
        return k->in_tag ? bad(k, "element ends within its tag") : element_end(k);
    case TOKEN_VALUE:
    case TOKEN_CDATA:
        return evtx_text_read(c, token & ~TOKEN_MORE, &text, &k->why) && literal_add(k, to, text);
    case TOKEN_CHARACTER:
        return read_u16le(c, &unit) ? unit_add(k, to, unit) : bad(k, "binary XML ends inside a character");
    case TOKEN_ENTITY:
        return entity_read(k, c, to);
    case TOKEN_SLOT:
    case TOKEN_SLOT_OPTIONAL:
        return slot_read(k, c, to, (token & ~TOKEN_MORE) == TOKEN_SLOT_OPTIONAL);
    case TOKEN_PI_TARGET: { /* not part of the event */
        const char *const at = c->pos;

        return evtx_name_read(k->chunk, c, &name, &here, &k->why) && reference_keep(k, at, here, &name);
    }
    case TOKEN_PI_DATA:
        return evtx_text_read(c, TOKEN_PI_DATA, &text, &k->why);
    case TOKEN_FRAGMENT:
        return cursor_skip(c, 3) || bad(k, "binary XML ends inside a header");
    case TOKEN_INSTANCE:
        return instance_add(k, c);
    default:
        return bad(k, "unknown binary XML token");
    }
}

/* Tokens up to the end of the definition, or of one plain element. */
static bool compile(struct evtx_compiler *k, struct cursor *c, uint8_t section, bool in_definition,
                    struct arena *into) {
    struct content top = {0};
    static const struct content none;
    uint8_t token;

    k->why = NULL;
    k->into = into;
    k->bytes = c->pos;
    k->op_count = k->piece_count = k->name_count = k->slots_needed = k->depth = 0;
    k->sections = 0;
    k->odd = k->in_tag = false;
    k->names_right = true;
    k->in_definition = in_definition;
    k->attribute = NULL;
    do {
        if (!read_u8(c, &token)) {
            if (in_definition && k->depth == 0)
                break;
            return bad(k, "binary XML ends inside an element");
        }
        if (token == TOKEN_END) {
            if (k->depth)
                return bad(k, "binary XML ends inside an element");
            break;
        }
        if (!token_take(k, c, token, section, &top))
            return false;
    } while (in_definition || k->depth);
    if (top.count && !complex_op(k, OP_COMPLEX_CONTAINER, EVTX_FIELD_AROUND, section, &none, &top))
        return false;
    return true;
}

static struct evtx_template *template_make(struct evtx_compiler *k, uint8_t section) {
    struct evtx_template *const t = arena_zero(k->into, 1, sizeof *t);
    struct evtx_op *const ops = arena_alloc(k->into, k->op_count * sizeof *ops);

    if (!t || !ops) {
        bad(k, "template takes too much memory");
        return NULL;
    }
    if (k->op_count)
        memcpy(ops, k->ops, k->op_count * sizeof *ops);
    t->ops = ops;
    t->op_count = k->op_count;
    t->slots_needed = k->slots_needed;
    t->sections = k->sections;
    t->odd = k->odd;
    t->names_right = k->names_right;
    t->section = section;
    return t;
}

/* ---- the same definition in another chunk ---- */

static bool same_definition(const struct evtx_template *t, str chunk, const struct evtx_definition *d) {
    const char *const old = t->bytes.ptr, *const new = d->data.ptr;
    size_t from = 0;

    if (t->bytes.len != d->data.len || memcmp(t->guid, d->guid, sizeof t->guid) != 0)
        return false;
    for (uint32_t i = 0; i < t->name_count; i++) {
        const struct evtx_reference *const r = &t->names[i];
        size_t const own = (size_t)(new + r->at + 4 - chunk.ptr);
        uint32_t at;

        if (memcmp(old + from, new + from, r->at - from) != 0)
            return false;
        memcpy(&at, new + r->at, sizeof at);
        if ((at == own) != r->here)
            return false;
        from = r->at + 4u;
        if (r->here) {
            from += 4; /* the next name of the same hash; the rest of the name is among the bytes compared */
        } else if (at > chunk.len || chunk.len - at < 4 + r->name.len + 2 ||
                   memcmp(chunk.ptr + at + 4, r->name.ptr, r->name.len) != 0 || chunk.ptr[at + 4 + r->name.len] ||
                   chunk.ptr[at + 5 + r->name.len]) {
            return false;
        }
    }
    return memcmp(old + from, new + from, t->bytes.len - from) == 0;
}

/* What same_definition needs, in the template's own memory. */
static bool definition_keep(struct evtx_compiler *k, struct evtx_template *t, const struct evtx_definition *d) {
    struct evtx_reference *const names = arena_alloc(k->kept, k->name_count * sizeof *names);

    if (!names || !arena_copy(k->kept, d->data, &t->bytes))
        return bad(k, "template takes too much memory");
    for (uint32_t i = 0; i < k->name_count; i++) {
        names[i] = k->names[i];
        if (!names[i].here && !arena_copy(k->kept, k->names[i].name, &names[i].name))
            return bad(k, "template takes too much memory");
    }
    t->names = names;
    t->name_count = k->name_count;
    memcpy(t->guid, d->guid, sizeof t->guid);
    memcpy(&t->id, d->guid, sizeof t->id);
    return true;
}

static const struct evtx_template *template_find(struct evtx_compiler *k, uint32_t at, uint8_t section) {
    struct evtx_definition d;
    struct evtx_template *t;
    uint32_t word;

    if (!evtx_definition_at(k->chunk, at, &d)) {
        bad(k, "template offset leads to no definition");
        return NULL;
    }
    if ((k->work += d.data.len) > CHUNK_WORK_MAX) {
        bad(k, "template definitions overlap");
        return NULL;
    }
    memcpy(&word, d.guid, sizeof word);
    uint32_t const bucket = (word ^ word >> 8 ^ (uint32_t)d.data.len ^ section) % BUCKETS;

    for (t = k->buckets[bucket]; t; t = t->next)
        if (t->section == section && same_definition(t, k->chunk, &d))
            return t;
    struct cursor c = {k->chunk.ptr, d.data.ptr, d.data.ptr + d.data.len};

    if (!compile(k, &c, section, true, k->kept) || !(t = template_make(k, section)) || !definition_keep(k, t, &d))
        return NULL;
    if (k->depths[bucket] < BUCKET_DEPTH_MAX) { /* else this chunk has it alone (seen) */
        t->next = k->buckets[bucket];
        k->buckets[bucket] = t;
        k->depths[bucket]++;
    }
    return t;
}

const struct evtx_template *evtx_template_at(struct evtx_compiler *k, uint32_t at, uint8_t section, const char **why) {
    uint32_t slot = (at * 0x9e3779b1u >> 16 ^ section) % SEEN;

    for (; k->seen[slot].stamp == k->stamp; slot = (slot + 1) % SEEN)
        if (k->seen[slot].at == at && k->seen[slot].section == section) {
            *why = k->seen[slot].why;
            return k->seen[slot].template;
        }
    k->why = NULL;
    const struct evtx_template *const t = template_find(k, at, section);

    *why = k->why;
    if (k->seen_count < SEEN / 2) {
        k->seen[slot] = (struct seen){k->stamp, at, section, t, k->why};
        k->seen_count++;
    }
    return t;
}

const struct evtx_template *evtx_template_of_id(const struct evtx_compiler *k, uint32_t id, uint8_t section) {
    const struct evtx_template *found = NULL;

    for (size_t i = 0; i < SEEN; i++) {
        const struct evtx_template *const t = k->seen[i].stamp == k->stamp ? k->seen[i].template : NULL;

        if (!t || t->id != id || t->section != section || t == found)
            continue;
        if (found)
            return NULL;
        found = t;
    }
    return found;
}

static const struct seen *seen_at(const struct evtx_compiler *k, uint32_t at, uint8_t section) {
    for (size_t i = 0; i < SEEN; i++)
        if (k->seen[i].stamp == k->stamp && k->seen[i].at == at && k->seen[i].section == section)
            return &k->seen[i];
    return NULL;
}

static bool usable(const struct seen *s, uint32_t id) {
    return s && s->template && s->template->id == id;
}

bool evtx_template_place(const struct evtx_compiler *k, uint32_t id, bool root, uint32_t *at) {
    uint8_t const from = root ? SECTION_ROOT : SECTION_SYSTEM, to = root ? SECTION_ROOT : SECTION_EVENT;

    for (uint8_t section = from; section <= to; section++)
        if (usable(seen_at(k, *at, section), id))
            return true;
    for (uint8_t section = from; section <= to; section++) {
        const struct evtx_template *const t = evtx_template_of_id(k, id, section);

        for (size_t i = 0; t && i < SEEN; i++)
            if (k->seen[i].stamp == k->stamp && k->seen[i].template == t) {
                *at = k->seen[i].at;
                return true;
            }
    }
    return false;
}

const struct evtx_template *evtx_element(struct evtx_compiler *k, struct cursor *c, uint8_t section, struct arena *a,
                                         const char **why) {
    struct evtx_template *t = NULL;

    if (compile(k, c, section, false, a))
        t = template_make(k, section);
    if (!t)
        *why = k->why;
    return t;
}

/* ---- life ---- */

struct evtx_compiler *evtx_compiler_new(struct event_sink *sink) {
    struct evtx_compiler *const k = malloc(sizeof *k);

    if (!k)
        return NULL;
    memset(k, 0, offsetof(struct evtx_compiler, stack));
    k->sink = sink;
    k->time_field = field_intern(sink->fields, S("TimeCreated_SystemTime"));
    k->stamp = 1;
    if (!(k->kept = arena_new(KEPT_BYTES_MAX))) {
        free(k);
        return NULL;
    }
    return k;
}

void evtx_compiler_free(struct evtx_compiler *k) {
    if (!k)
        return;
    arena_free(k->kept);
    free(k);
}

void evtx_compiler_chunk(struct evtx_compiler *k, str chunk) {
    assert(chunk.len <= EVTX_CHUNK_SIZE);
    k->chunk = chunk;
    k->work = 0;
    k->seen_count = 0;
    if (++k->stamp == 0) { /* after four thousand million chunks */
        memset(k->seen, 0, sizeof k->seen);
        memset(k->called, 0, sizeof k->called);
        k->stamp = 1;
    }
    if (UNLIKELY(arena_used(k->kept) > KEPT_BYTES)) {
        arena_reset(k->kept);
        memset(k->buckets, 0, sizeof k->buckets);
        memset(k->depths, 0, sizeof k->depths);
    }
}
