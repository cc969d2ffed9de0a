/* evtx_record: one record into fields: runs the operations of its templates over its values.
 *
 * A record is a fragment; a value may hold another one (type 0x21), and so on. Open fragments are frames on a stack of our
 * own, so that depth costs a bounded array and values come out in the order of the document. */
#include <assert.h>

#include "base/utf.h"
#include "event/value.h"
#include "reader/evtx_own.h"

enum {
    /* A template runs at most once for each of its instances, but many small instances can name one long template. */
    OPS_MAX = 131072
};
/* Of text put together from pieces, and of ANSI text, in one record. */
#define TEXT_BYTES_MAX VALUE_BYTES_MAX

struct frame {
    const struct evtx_op *op, *end;
    const struct evtx_slot *slots;
    uint32_t slots_from; /* in decoder.slots */
    struct cursor rest;
    field_id around; /* of the element around the fragment, or FIELD_NONE */
    uint8_t section;
    bool leaf, any, ended;
};

struct evtx_decoder {
    struct event_sink *sink;
    struct evtx_compiler *compiler;
    struct arena *memory; /* of the record */
    struct buf text, item;
    str chunk;
    /* Of the record. */
    uint32_t count, slots_used, ops_left;
    uint8_t sections;
    bool salvage, odd, cut_short;
    int64_t when;
    const char *cut, *why;
    uint8_t rank[FIELDS_MAX]; /* zero between records */
    /* From here on nothing is read that was not written before: not zeroed, which costs more than a small log. */
    struct frame frames[EVTX_DEPTH_MAX];
    struct evtx_slot slots[EVTX_SLOTS_MAX];
    struct raw values[RECORD_VALUES_MAX];
    char widened[RECORD_VALUES_MAX][8];
    uint8_t section_of[RECORD_VALUES_MAX];
};

static bool bad(struct evtx_decoder *d, const char *text) {
    d->why = text;
    return false;
}

/* ---- values ---- */

enum how { HOW_BYTES, HOW_VIEW, HOW_UNSIGNED, HOW_SIGNED, HOW_BOOL, HOW_REAL, HOW_ANSI, HOW_HEX };

/* [MS-EVEN6] 2.2.12, libevtx "value types". size: of one item; 0: as long as it is. What is not named is kept as bytes. */
static const struct {
    uint8_t raw, how, size;
} forms[TYPE_ARRAY] = {
    [0x00] = {RAW_UTF16, HOW_VIEW, 0},       [0x01] = {RAW_UTF16, HOW_VIEW, 0},    [0x02] = {RAW_TEXT, HOW_ANSI, 0},
    [0x03] = {RAW_I64, HOW_SIGNED, 1},       [0x04] = {RAW_U64, HOW_UNSIGNED, 1},  [0x05] = {RAW_I64, HOW_SIGNED, 2},
    [0x06] = {RAW_U64, HOW_UNSIGNED, 2},     [0x07] = {RAW_I64, HOW_SIGNED, 4},    [0x08] = {RAW_U64, HOW_UNSIGNED, 4},
    [0x09] = {RAW_I64, HOW_SIGNED, 8},       [0x0a] = {RAW_U64, HOW_UNSIGNED, 8},  [0x0b] = {RAW_F64, HOW_REAL, 4},
    [0x0c] = {RAW_F64, HOW_REAL, 8},         [0x0d] = {RAW_WIN_BOOL, HOW_BOOL, 4}, [0x0e] = {RAW_BINARY, HOW_VIEW, 0},
    [0x0f] = {RAW_GUID, HOW_VIEW, 16},       [0x10] = {RAW_HEX64, HOW_HEX, 8},     [0x11] = {RAW_FILETIME, HOW_VIEW, 8},
    [0x12] = {RAW_SYSTEMTIME, HOW_VIEW, 16}, [0x13] = {RAW_SID, HOW_VIEW, 0},      [0x14] = {RAW_HEX32, HOW_HEX, 4},
    [0x15] = {RAW_HEX64, HOW_HEX, 8},        [0x20] = {RAW_HEX64, HOW_HEX, 8},     [0x23] = {RAW_UTF16, HOW_VIEW, 0},
};

/* Windows-1252, 0x80 to 0x9f; the five bytes without a character stand for themselves, as Windows reads them. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

/* size: 1, 2, 4 or 8 */
static inline uint64_t widen(const char *ptr, size_t size, bool is_signed) {
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    switch (size) {
    case 1:
        return is_signed ? (uint64_t)(int64_t)(signed char)*ptr : (unsigned char)*ptr;
    case 2:
        memcpy(&two, ptr, sizeof two);
        return is_signed ? (uint64_t)(int64_t)(int16_t)two : two;
    case 4:
        memcpy(&four, ptr, sizeof four);
        return is_signed ? (uint64_t)(int64_t)(int32_t)four : four;
    default:
        memcpy(&eight, ptr, sizeof eight);
        return eight;
    }
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

static inline bool value_raw(uint8_t type, const char *ptr, size_t size, struct evtx_scratch scratch, struct raw *out) {
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
        n = widen(ptr, size, forms[known].how == HOW_SIGNED);
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
        scratch.widened[0] = 0;
        for (size_t i = 0; i < size; i++)
            scratch.widened[0] |= ptr[i] != 0;
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

bool evtx_value_raw(uint8_t type, const char *ptr, size_t size, struct evtx_scratch scratch, struct raw *out) {
    return value_raw(type, ptr, size, scratch, out);
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

static bool is_nested(const struct evtx_slot *s) {
    return s->type == TYPE_BINXML;
}

/* False: the record is full. */
static inline bool value_add(struct evtx_decoder *d, field_id field, uint8_t section, uint8_t type, const char *ptr,
                             size_t size) {
    uint32_t const at = d->count;
    struct raw *const v = &d->values[at];

    if (UNLIKELY(at == RECORD_VALUES_MAX)) {
        d->cut = "record has more values than are kept";
        return false;
    }
    v->field = field;
    v->inner = false;
    v->element = 0;
    d->section_of[at] = section;
    if (UNLIKELY(!value_raw(type, ptr, size, (struct evtx_scratch){d->widened[at], d->memory}, v))) {
        d->cut = "record has more text than is kept";
        return false;
    }
    d->count = at + 1;
    return true;
}

static bool array_add(struct evtx_decoder *d, field_id field, uint8_t section, const struct evtx_slot *s) {
    str const bytes = {s->ptr, s->size};
    size_t at = 0;
    str item;

    if (s->size == 0)
        return value_add(d, field, section, TYPE_STRING, s->ptr, 0);
    while (evtx_array_next(s->type, bytes, &at, &item))
        if (!value_add(d, field, section, s->type & (TYPE_ARRAY - 1), item.ptr, item.len))
            return false;
    return true;
}

static inline bool slot_add(struct evtx_decoder *d, field_id field, uint8_t section, const struct evtx_slot *s) {
    if (UNLIKELY(s->type & TYPE_ARRAY))
        return array_add(d, field, section, s);
    return value_add(d, field, section, s->type, s->ptr, s->size);
}

static bool utf16_blank(str utf16) {
    for (size_t i = 0; i + 1 < utf16.len; i += 2)
        if (utf16.ptr[i + 1] || !strchr(" \t\r\n", utf16.ptr[i]))
            return false;
    return true;
}

/* ---- text put together ---- */

static bool text_item(struct evtx_decoder *d, uint8_t type, str bytes) {
    char widened[8];
    struct raw raw;
    size_t repaired = 0;

    if (!evtx_value_raw(type, bytes.ptr, bytes.len, (struct evtx_scratch){widened, d->memory}, &raw))
        return false;
    if (raw.type == RAW_UTF16) {
        size_t len = raw.len & ~(size_t)1;

        if (len && raw.ptr[len - 2] == 0 && raw.ptr[len - 1] == 0)
            len -= 2;
        buf_add(&d->text, (str){raw.ptr, len});
        return true;
    }
    d->item.len = 0;
    value_render(raw.type, (str){raw.ptr, raw.len}, &d->item, &repaired); /* no text: ASCII */
    for (size_t i = 0; i < d->item.len; i++) {
        buf_byte(&d->text, d->item.ptr[i]);
        buf_byte(&d->text, 0);
    }
    return true;
}

/* The pieces as UTF-16 in d->text. *present: not all of them are optional and null. False: too much. */
static bool text_join(struct evtx_decoder *d, const struct frame *f, const struct evtx_op *pieces, uint32_t count,
                      bool *present) {
    d->text.len = 0;
    *present = count == 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct evtx_slot *const s = pieces[i].kind == PIECE_LITERAL ? NULL : &f->slots[pieces[i].slot];
        size_t at = 0;
        bool first = true;
        str item;

        if (d->text.len > TEXT_BYTES_MAX - EVTX_CHUNK_SIZE)
            return false;
        *present |= !s || s->type != TYPE_NULL || pieces[i].kind == PIECE_SLOT;
        if (!s) {
            buf_add(&d->text, (str){pieces[i].ptr, pieces[i].len});
        } else if (s->type & TYPE_ARRAY) {
            for (; evtx_array_next(s->type, (str){s->ptr, s->size}, &at, &item); first = false) {
                if (!first)
                    buf_add(&d->text, S(",\0 \0"));
                if (!text_item(d, s->type & (TYPE_ARRAY - 1), item))
                    return false;
            }
        } else if (s->type != TYPE_NULL && !is_nested(s) && !text_item(d, s->type, (str){s->ptr, s->size})) {
            return false;
        }
    }
    return !d->text.failed;
}

static bool text_add(struct evtx_decoder *d, field_id field, uint8_t section) {
    str copy;

    if (!arena_copy(d->memory, buf_str(&d->text), &copy)) {
        d->cut = "record has more text than is kept";
        return false;
    }
    return value_add(d, field, section, TYPE_STRING, copy.ptr, copy.len);
}

/* OP_COMPLEX and OP_COMPLEX_CONTAINER; op is the head, its pieces follow. */
static bool complex_add(struct evtx_decoder *d, const struct frame *f, const struct evtx_op *op) {
    const struct evtx_op *const name = op + 1, *const pieces = name + op->slot;
    field_id field = op->field;
    bool present;

    if (op->slot) {
        if (!text_join(d, f, name, op->slot, &present)) {
            d->cut = "record has more text than is kept";
            return false;
        }
        field = evtx_field_data(d->compiler, op->section, buf_str(&d->text));
        if (field == FIELD_NONE)
            d->cut = "too many field names";
        else if (!evtx_wanted(d->sink, field))
            field = FIELD_NONE;
    } else if (field == EVTX_FIELD_AROUND) {
        field = f->around;
    }
    if (field == FIELD_NONE)
        return true;
    if (op->len == 1 && pieces->kind != PIECE_LITERAL) {
        const struct evtx_slot *const s = &f->slots[pieces->slot];
        bool const null = s->type == TYPE_NULL;

        if (is_nested(s) || (null && (pieces->kind == PIECE_SLOT_OPTIONAL || op->kind == OP_COMPLEX_CONTAINER)) ||
            (op->kind == OP_COMPLEX_CONTAINER && s->size == 0))
            return true;
        return slot_add(d, field, op->section, s);
    }
    if (!text_join(d, f, pieces, op->len, &present)) {
        d->cut = "record has more text than is kept";
        return false;
    }
    if (!present || (op->kind == OP_COMPLEX_CONTAINER && utf16_blank(buf_str(&d->text))))
        return true;
    return text_add(d, field, op->section);
}

/* ---- time ---- */

static int64_t time_of(uint8_t type, str bytes) {
    uint16_t part[8];
    uint64_t ticks;

    if (type == 0x11 && bytes.len == 8) {
        memcpy(&ticks, bytes.ptr, sizeof ticks);
        return instant_from_filetime(ticks);
    }
    if (type == 0x12 && bytes.len == 16) { /* SYSTEMTIME, [MS-DTYP] 2.3.13; read as text so that it is checked */
        char text[32];

        memcpy(part, bytes.ptr, sizeof part);
        int const len =
            snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", part[0] % 10000u, part[1] % 100u,
                     part[3] % 100u, part[4] % 100u, part[5] % 100u, part[6] % 100u, part[7] % 1000u);
        return instant_parse((str){text, (size_t)len});
    }
    if (type == TYPE_STRING && bytes.len <= 128) {
        char text[3 * 64 + 16];
        size_t repaired = 0;

        return instant_parse((str){text, utf16le_to_utf8(bytes.ptr, bytes.len / 2, text, &repaired)});
    }
    return INSTANT_NONE;
}

/* ---- fragments ---- */

enum step { STEP_RUN, STEP_ENDED, STEP_FAILED };

static enum step fail(struct evtx_decoder *d, const char *why) {
    d->why = why;
    return STEP_FAILED;
}

static enum step enter(struct evtx_decoder *d, struct frame *f, const struct evtx_template *t) {
    if (t->op_count > d->ops_left)
        return fail(d, "record runs through too many template parts");
    if (d->salvage && !t->names_right)
        return fail(d, "name differs from its hash");
    d->ops_left -= t->op_count;
    d->sections |= t->sections;
    d->odd |= t->odd;
    f->op = t->ops;
    f->end = t->ops + t->op_count;
    f->any = true;
    return STEP_RUN;
}

static enum step instance_begin(struct evtx_decoder *d, struct frame *f) {
    struct evtx_slot *const slots = d->slots + f->slots_from;
    const struct evtx_template *t;
    struct evtx_instance instance;

    if (!evtx_instance_read(d->chunk, &f->rest, &instance, slots, EVTX_SLOTS_MAX - f->slots_from, &d->why))
        return STEP_FAILED;
    t = evtx_template_at(d->compiler, instance.definition, f->section, &d->why);
    if (d->salvage && (!t || t->id != instance.id)) {
        /* Its own definition has been written over, but live records of the chunk may use the same template. */
        t = evtx_template_of_id(d->compiler, instance.id, f->section);
        if (t && t->slots_needed > instance.count)
            return fail(d, "template is another than the record names");
    }
    if (!t)
        return STEP_FAILED;
    if (UNLIKELY(t->id != instance.id))
        return fail(d, "template is another than the record names");
    if (UNLIKELY(t->slots_needed > instance.count)) {
        if (t->slots_needed > EVTX_SLOTS_MAX - f->slots_from)
            return fail(d, "more template values than allowed");
        /* A template may know more values than an older program logged: those are null. */
        memset(slots + instance.count, 0, (t->slots_needed - instance.count) * sizeof *slots);
        for (uint32_t i = instance.count; i < t->slots_needed; i++)
            slots[i].ptr = "";
        instance.count = t->slots_needed;
    }
    f->slots = slots;
    d->slots_used = f->slots_from + instance.count;
    return enter(d, f, t);
}

/* The next operations of a fragment. */
static enum step fragment_next(struct evtx_decoder *d, struct frame *f) {
    const struct evtx_template *t;
    struct evtx_name name;
    uint8_t token;
    bool here;
    str text;

    while (!f->ended && read_u8(&f->rest, &token)) {
        switch (token) {
        case TOKEN_END:
            f->ended = true;
            return STEP_ENDED;
        case TOKEN_FRAGMENT:
            if (!cursor_skip(&f->rest, 3))
                return fail(d, "binary XML ends inside a header");
            break;
        case TOKEN_INSTANCE:
            return instance_begin(d, f);
        case TOKEN_OPEN:
        case TOKEN_OPEN | TOKEN_MORE:
            f->rest.pos--;
            if (!(t = evtx_element(d->compiler, &f->rest, f->section, d->memory, &d->why)))
                return STEP_FAILED;
            d->slots_used = f->slots_from;
            return enter(d, f, t);
        case TOKEN_VALUE:
        case TOKEN_VALUE | TOKEN_MORE:
        case TOKEN_CDATA:
        case TOKEN_CDATA | TOKEN_MORE:
            if (!evtx_text_read(&f->rest, token & ~TOKEN_MORE, &text, &d->why))
                return STEP_FAILED;
            f->any = true;
            if (f->around != FIELD_NONE && !utf16_blank(text) &&
                !value_add(d, f->around, f->section, TYPE_STRING, text.ptr, text.len)) {
                d->cut_short = true;
                return STEP_ENDED;
            }
            break;
        case TOKEN_PI_TARGET:
            if (!evtx_name_read(d->chunk, &f->rest, &name, &here, &d->why))
                return STEP_FAILED;
            break;
        case TOKEN_PI_DATA:
            if (!evtx_text_read(&f->rest, token, &text, &d->why))
                return STEP_FAILED;
            break;
        default:
            return fail(d, "unknown binary XML token");
        }
    }
    return STEP_ENDED;
}

static struct frame *push(struct evtx_decoder *d, struct frame *f, const struct evtx_op *op, const char *ptr,
                          size_t size) {
    struct frame *const inner = f + 1;

    if (inner == d->frames + EVTX_DEPTH_MAX) {
        bad(d, "fragments are nested too deep");
        return NULL;
    }
    *inner = (struct frame){.slots_from = d->slots_used,
                            .rest = {d->chunk.ptr, ptr, ptr + size},
                            .around = op->field,
                            .section = op->section,
                            .leaf = op->kind == OP_SLOT || op->kind == OP_SLOT_OPTIONAL};
    return inner;
}

/* Runs the record's fragment. False: d->why. */
static bool run(struct evtx_decoder *d) {
    struct frame *f = d->frames;

    for (;;) {
        if (f->op == f->end) {
            enum step const step = fragment_next(d, f);

            if (step == STEP_FAILED)
                return false;
            if (d->cut_short)
                return true;
            if (step == STEP_RUN)
                continue;
            if (f == d->frames)
                return true;
            if (f->leaf && !f->any && !value_add(d, f->around, f->section, TYPE_STRING, "", 0))
                return true;
            d->slots_used = f->slots_from;
            f--;
            continue;
        }
        const struct evtx_op *const op = f->op++;
        const struct evtx_slot *s;

        switch (op->kind) {
        case OP_SLOT:
        case OP_SLOT_OPTIONAL:
            s = &f->slots[op->slot];
            if (s->type == TYPE_NULL && op->kind == OP_SLOT_OPTIONAL)
                break;
            if (is_nested(s)) {
                if (!(f = push(d, f, op, s->ptr, s->size)))
                    return false;
            } else if (!slot_add(d, op->field, op->section, s)) {
                return true;
            }
            break;
        case OP_TIME:
            s = &f->slots[op->slot];
            if (s->type == TYPE_NULL)
                break;
            d->when = time_of(s->type, (str){s->ptr, s->size});
            if (op->field != FIELD_NONE && !slot_add(d, op->field, op->section, s))
                return true;
            break;
        case OP_TIME_LITERAL:
            d->when = time_of(TYPE_STRING, (str){op->ptr, op->len});
            if (op->field == FIELD_NONE)
                break;
            __attribute__((fallthrough));
        case OP_LITERAL:
            if (!value_add(d, op->field, op->section, TYPE_STRING, op->ptr, op->len))
                return true;
            d->values[d->count - 1].type = (uint8_t)op->slot;
            break;
        case OP_NESTED:
            s = &f->slots[op->slot];
            if (is_nested(s) && !(f = push(d, f, op, s->ptr, s->size)))
                return false;
            break;
        case OP_UNLESS_NULL:
            if (f->slots[op->slot].type == TYPE_NULL)
                f->op += op->len;
            break;
        case OP_COMPLEX:
        case OP_COMPLEX_CONTAINER:
            f->op += op->slot + op->len;
            if (!complex_add(d, f, op))
                return true;
            break;
        default:
            assert(op->kind == OP_FRAGMENT);
            if (!(f = push(d, f, op, op->ptr, op->len)))
                return false;
        }
    }
}

/* ---- clashes ---- */

/* One name in two sections: the lower section keeps it. Rare: most records have one section beside System, and the names
 * of System were seen to when the template was compiled. */
static void clashes_resolve(struct evtx_decoder *d) {
    for (uint32_t i = 0; i < d->count; i++) {
        uint8_t *const rank = &d->rank[d->values[i].field];

        if (!*rank || d->section_of[i] + 1 < *rank)
            *rank = (uint8_t)(d->section_of[i] + 1);
    }
    for (uint32_t i = 0; i < d->count; i++)
        if (d->section_of[i] + 1 > d->rank[d->values[i].field]) {
            field_id const other = evtx_field_qualified(d->compiler, d->section_of[i], d->values[i].field);

            if (other == FIELD_NONE)
                d->cut = "too many field names";
            else
                d->section_of[i] |= 0x80; /* renamed below, when the ranks have been taken back */
        }
    for (uint32_t i = 0; i < d->count; i++) {
        d->rank[d->values[i].field] = 0;
        if (d->section_of[i] & 0x80)
            d->values[i].field = evtx_field_qualified(d->compiler, d->section_of[i] & 0x7f, d->values[i].field);
    }
}

static bool several(uint8_t sections) {
    sections &= 1u << SECTION_EVENT_DATA | 1u << SECTION_USER_DATA | 1u << SECTION_OTHER;
    return sections & (sections - 1);
}

/* ---- public ---- */

struct evtx_decoder *evtx_decoder_new(struct event_sink *sink) {
    struct evtx_decoder *const d = malloc(sizeof *d);

    if (!d)
        return NULL;
    memset(d, 0, offsetof(struct evtx_decoder, frames));
    d->sink = sink;
    d->compiler = evtx_compiler_new(sink);
    d->memory = arena_new(TEXT_BYTES_MAX);
    if (!d->compiler || !d->memory) {
        evtx_decoder_free(d);
        return NULL;
    }
    return d;
}

void evtx_decoder_free(struct evtx_decoder *d) {
    if (!d)
        return;
    evtx_compiler_free(d->compiler);
    arena_free(d->memory);
    buf_free(&d->text);
    buf_free(&d->item);
    free(d);
}

void evtx_decoder_chunk(struct evtx_decoder *d, str chunk) {
    d->chunk = chunk;
    evtx_compiler_chunk(d->compiler, chunk);
}

const struct evtx_compiler *evtx_decoder_compiler(const struct evtx_decoder *d) {
    return d->compiler;
}

static bool has_event_id(const struct evtx_decoder *d) {
    for (uint32_t i = 0; i < d->count; i++)
        if (d->values[i].field == FIELD_EVENT_ID)
            return true;
    return false;
}

bool evtx_decode(struct evtx_decoder *d, uint32_t at, uint32_t size, bool salvage, struct record *out, const char **cut,
                 const char **why) {
    const char *const record = d->chunk.ptr + at;
    uint64_t written;

    assert(size >= EVTX_RECORD_MIN && size <= d->chunk.len - at);
    if (UNLIKELY(arena_used(d->memory)))
        arena_reset(d->memory);
    d->count = d->slots_used = 0;
    d->ops_left = OPS_MAX;
    d->sections = 0;
    d->odd = d->cut_short = false;
    d->salvage = salvage;
    d->when = INSTANT_NONE;
    d->cut = d->why = NULL;
    d->frames[0] = (struct frame){.rest = {d->chunk.ptr, record + EVTX_RECORD_HEAD, record + size - 4},
                                  .around = FIELD_NONE,
                                  .section = SECTION_ROOT};
    if (!run(d)) {
        *why = d->why;
        return false;
    }
    if (UNLIKELY(salvage && (!d->frames[0].ended || d->cut || !has_event_id(d)))) {
        *why = "record is not whole";
        return false;
    }
    if (UNLIKELY(d->odd || several(d->sections)))
        clashes_resolve(d);
    *out = (struct record){0};
    memcpy(&out->number, record + 8, 8);
    memcpy(&written, record + 16, 8);
    out->values = d->values;
    out->count = d->count;
    out->when = d->when != INSTANT_NONE ? d->when : instant_from_filetime(written);
    out->zone = ZONE_GIVEN;
    out->precision = 7; /* FILETIME */
    out->time_text = S("");
    out->size = size;
    out->salvaged = salvage;
    *cut = d->cut;
    return true;
}
