/* import_wire: the tables of import_fields.c, and the few members that are no text, list or time. */
#include "intel/import_wire.h"

#include <assert.h>

#include "base/cursor.h"
#include "base/utf.h"
#include "intel/import_own.h"

/* ---- writing ---- */

static void put(struct buf *b, const void *from, size_t size) {
    buf_add(b, (str){from, size});
}

static void put_text(struct buf *b, str s) {
    uint32_t const len = (uint32_t)s.len;

    assert(s.len <= IMPORT_WIRE_MAX);
    put(b, &len, sizeof len);
    buf_add(b, s);
}

static void put_fields(struct buf *b, const void *object, const struct import_fields *f) {
    for (size_t i = 0; i < f->text_count; i++)
        put_text(b, *import_text_of(object, &f->texts[i]));
    for (size_t i = 0; i < f->name_count; i++) {
        const struct item_names *const names = import_names_of(object, f->names[i]);

        buf_byte(b, (char)names->count);
        for (unsigned k = 0; k < names->count; k++)
            put_text(b, names->names[k]);
    }
    for (size_t i = 0; i < f->time_count; i++)
        put(b, import_time_of(object, f->times[i]), sizeof(int64_t));
}

static void put_item(struct buf *b, const struct intel_item *item) {
    uint8_t const small[] = {(uint8_t)item->form, (uint8_t)item->type, item->confidence,
                             (uint8_t)item->tlp,  (uint8_t)item->pap,  (uint8_t)item->nature,
                             item->revoked,       item->context,       item->proposed};

    put_fields(b, item, &import_item_fields);
    put(b, small, sizeof small);
    put(b, &item->port, sizeof item->port);
}

void import_wire_put(struct buf *b, const struct import_message *m) {
    size_t const start = b->len;
    uint32_t size = 0;

    put(b, &size, sizeof size);
    buf_byte(b, (char)m->type);
    switch (m->type) {
    case TOLD_ITEM:
        put_item(b, &m->item);
        break;
    case TOLD_LEFT_OUT:
        put_text(b, m->where);
        put_text(b, m->what);
        put_text(b, m->why);
        break;
    case TOLD_LIST:
        put_fields(b, &m->list, &import_list_fields);
        buf_byte(b, (char)m->list.how);
        put(b, &m->list.matches, sizeof m->list.matches);
        break;
    case TOLD_LABEL:
        put_text(b, m->what);
        break;
    case TOLD_GROUP:
        put_fields(b, &m->group, &import_group_fields);
        buf_byte(b, m->group.retired);
        break;
    case TOLD_KNOWN:
        put_fields(b, &m->known, &import_known_fields);
        buf_byte(b, (char)m->known.type);
        break;
    case TOLD_DONE:
        buf_byte(b, (char)m->used);
        buf_byte(b, (char)m->err.code);
        put(b, &m->err.offset, sizeof m->err.offset);
        put_text(b, str_of(m->err.text));
        break;
    case TOLDS:
        assert(false);
    }
    if (b->failed)
        return;
    assert(b->len - start <= IMPORT_WIRE_MAX);
    size = (uint32_t)(b->len - start - IMPORT_WIRE_HEAD);
    memcpy(b->ptr + start, &size, sizeof size);
}

/* ---- reading ---- */

static bool take_text(struct cursor *c, size_t max, str *out) {
    uint32_t len;

    return read_u32le(c, &len) && len <= max && read_view(c, len, out) && utf8_valid(*out) == out->len;
}

static bool take_bool(struct cursor *c, bool *out) {
    uint8_t n;

    if (!read_u8(c, &n) || n > 1)
        return false;
    *out = n;
    return true;
}

static bool take_below(struct cursor *c, unsigned below, uint8_t *out) {
    return read_u8(c, out) && *out < below;
}

static bool take_fields(struct cursor *c, void *object, const struct import_fields *f) {
    for (size_t i = 0; i < f->text_count; i++)
        if (!take_text(c, f->texts[i].max, import_text_of(object, &f->texts[i])))
            return false;
    for (size_t i = 0; i < f->name_count; i++) {
        struct item_names *const names = import_names_of(object, f->names[i]);
        uint8_t count;

        if (!take_below(c, ITEM_NAMES_MAX + 1, &count))
            return false;
        names->count = count;
        for (unsigned k = 0; k < count; k++)
            if (!take_text(c, IMPORT_NAME_MAX, &names->names[k]) || !names->names[k].len)
                return false;
    }
    for (size_t i = 0; i < f->time_count; i++)
        if (!read_bytes(c, import_time_of(object, f->times[i]), sizeof(int64_t)))
            return false;
    return true;
}

/* A form has the types that item.h says. */
static bool form_is_right(const struct intel_item *item) {
    if (!item->value.len)
        return false;
    switch (item->form) {
    case ITEM_VALUE:
        return item->type != OBSERVABLE_NONE && item->value.len <= OBSERVABLE_BYTES_MAX;
    case ITEM_PATTERN:
        return item->type == OBSERVABLE_NONE;
    case ITEM_REGEX:
        return item->type == OBSERVABLE_FILE_PATH;
    }
    return false;
}

static bool take_item(struct cursor *c, struct intel_item *item) {
    uint8_t form, type, tlp, pap, nature;

    if (!take_fields(c, item, &import_item_fields) || !take_below(c, ITEM_REGEX + 1, &form) ||
        !take_below(c, OBSERVABLES, &type) || !read_u8(c, &item->confidence) || !take_below(c, TLPS, &tlp) ||
        !take_below(c, PAPS, &pap) || !take_below(c, NATURES, &nature) || !take_bool(c, &item->revoked) ||
        !take_bool(c, &item->context) || !take_bool(c, &item->proposed) || !read_u16le(c, &item->port))
        return false;
    item->form = (enum item_form)form;
    item->type = (enum observable)type;
    item->tlp = (enum tlp)tlp;
    item->pap = (enum pap)pap;
    item->nature = (enum item_nature)nature;
    return (item->confidence <= 100 || item->confidence == ITEM_CONFIDENCE_UNSAID) && form_is_right(item);
}

static bool take_list(struct cursor *c, struct intel_label_list *list) {
    uint8_t how;

    if (!take_fields(c, list, &import_list_fields) || !take_below(c, LABEL_REGEX + 1, &how) ||
        !read_u64le(c, &list->matches))
        return false;
    list->how = (enum label_how)how;
    return list->matches >> OBSERVABLES == 0;
}

static bool take_known(struct cursor *c, struct intel_known *known) {
    uint8_t type;

    if (!take_fields(c, known, &import_known_fields) || !take_below(c, KNOWN_TYPES, &type))
        return false;
    known->type = (enum intel_known_type)type;
    return true;
}

static bool take_done(struct cursor *c, struct import_message *m) {
    uint8_t code;
    str text;

    if (!read_u8(c, &m->used) || !take_below(c, ERR_INTERRUPTED + 1, &code) || !read_u64le(c, &m->err.offset) ||
        !take_text(c, sizeof m->err.text - 1, &text) || str_find_byte(text, '\0') != SIZE_MAX)
        return false;
    m->err.code = (enum err_code)code;
    memcpy(m->err.text, text.ptr, text.len);
    m->err.text[text.len] = '\0';
    return true;
}

size_t import_wire_size(const char *head) {
    uint32_t size;

    memcpy(&size, head, sizeof size);
    if (size > IMPORT_WIRE_MAX - IMPORT_WIRE_HEAD || (unsigned char)head[4] < TOLD_ITEM ||
        (unsigned char)head[4] >= TOLDS)
        return 0;
    return IMPORT_WIRE_HEAD + size;
}

static bool take_body(struct cursor *c, struct import_message *m) {
    switch (m->type) {
    case TOLD_ITEM:
        return take_item(c, &m->item);
    case TOLD_LEFT_OUT:
        return take_text(c, IMPORT_NAME_MAX, &m->where) && take_text(c, IMPORT_NAME_MAX, &m->what) &&
               take_text(c, IMPORT_NAME_MAX, &m->why);
    case TOLD_LIST:
        return take_list(c, &m->list);
    case TOLD_LABEL:
        return take_text(c, IMPORT_LABEL_MAX, &m->what) && m->what.len;
    case TOLD_GROUP:
        return take_fields(c, &m->group, &import_group_fields) && take_bool(c, &m->group.retired) && m->group.name.len;
    case TOLD_KNOWN:
        return take_known(c, &m->known);
    case TOLD_DONE:
        return take_done(c, m);
    case TOLDS:
        break;
    }
    return false;
}

bool import_wire_take(str *bytes, struct import_message *out) {
    size_t const size = bytes->len < IMPORT_WIRE_HEAD ? 0 : import_wire_size(bytes->ptr);

    if (!size || size > bytes->len)
        return false;
    struct cursor c = cursor_of(str_from(str_first(*bytes, size), IMPORT_WIRE_HEAD));

    *out = (struct import_message){.type = (enum import_told)bytes->ptr[4]};
    if (!take_body(&c, out) || cursor_left(&c))
        return false;
    *bytes = str_from(*bytes, size);
    return true;
}
