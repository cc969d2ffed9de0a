/* block: dictionaries, columns and rows.
 *
 * A value is looked up by the bytes it came as, so that text is transcoded and numbers are rendered only when they are new.
 * What is compared is: text itself; UTF-16 against the UTF-8 it became; binary types against their bytes, which are kept
 * before their text: bytes, their number (two bytes), text. */
#include "event/block.h"

#include <assert.h>

#include "base/hash.h"
#include "base/utf.h"
#include "event/fold.h"
#include "event/kind.h"
#include "event/value.h"

/* A column is plain when, after this many look-ups, fewer than half were found. */
#define PLAIN_AFTER 4096u
#define DICTIONARY_TEXT_MAX ((size_t)1 << 30)
#define TEXT_FIRST 256u /* most columns hold a handful of values */

bool dictionary_init(struct dictionary *d, uint64_t seed) {
    *d = (struct dictionary){.seed = seed};
    d->text = arena_new_of(DICTIONARY_TEXT_MAX, TEXT_FIRST);
    return d->text != NULL;
}

void dictionary_free(struct dictionary *d) {
    free(d->values);
    free(d->slots);
    arena_free(d->text);
    *d = (struct dictionary){0};
}

/* The memory goes back: what follows may be of other kinds and other fields, and keeps less or more. */
void dictionary_reset(struct dictionary *d) {
    free(d->values);
    free(d->slots);
    d->values = NULL;
    d->slots = NULL;
    arena_reset(d->text);
    d->count = d->room = d->slot_mask = d->slots_used = 0;
    d->looked_up = d->found = 0;
}

size_t dictionary_bytes(const struct dictionary *d) {
    return arena_held(d->text) + d->room * sizeof *d->values +
           (d->slots ? ((size_t)d->slot_mask + 1) * sizeof *d->slots : 0);
}

static bool values_grow(struct dictionary *d) {
    uint32_t const room = d->room ? d->room * 2 : 16;
    struct value *values;

    if (d->room >= DICTIONARY_VALUES_MAX || !(values = realloc(d->values, room * sizeof *values)))
        return false;
    d->values = values;
    d->room = room;
    return true;
}

static bool slots_grow(struct dictionary *d) {
    uint32_t const mask = d->slots ? d->slot_mask * 2 + 1 : 31;
    struct dictionary_slot *const slots = calloc((size_t)mask + 1, sizeof *slots);

    if (!slots)
        return false;
    for (uint32_t i = 0; d->slots && i <= d->slot_mask; i++) {
        uint32_t at = d->slots[i].hash & mask;

        if (!d->slots[i].code)
            continue;
        while (slots[at].code)
            at = (at + 1) & mask;
        slots[at] = d->slots[i];
    }
    free(d->slots);
    d->slots = slots;
    d->slot_mask = mask;
    return true;
}

/* Puts a value whose memory is already the dictionary's behind the others. */
static uint32_t append(struct dictionary *d, struct value v) {
    if (d->count == d->room && !values_grow(d))
        return CODE_ABSENT;
    d->values[d->count] = v;
    return ++d->count;
}

static uint8_t type_of_raw(uint8_t raw_type) {
    switch (raw_type) {
    case RAW_NULL:
        return VALUE_NULL;
    case RAW_NUMBER:
    case RAW_I64:
    case RAW_U64:
    case RAW_F64:
        return VALUE_NUMBER;
    case RAW_BOOL:
    case RAW_WIN_BOOL:
        return VALUE_BOOL;
    default:
        return VALUE_TEXT;
    }
}

static bool is_text(uint8_t raw_type) {
    return raw_type <= RAW_BOOL;
}

/* Binary values longer than this are not looked up. */
#define BINARY_MAX UINT16_MAX

static bool same(const struct value *v, uint8_t raw_type, bool inner, str bytes) {
    uint16_t size;

    if (v->raw_type != raw_type || v->inner != inner)
        return false;
    if (raw_type == RAW_UTF16)
        return v->ascii ? v->len == bytes.len / 2 && utf16le_is_ascii(bytes.ptr, v->ptr, v->len)
                        : utf16le_is_utf8(bytes.ptr, bytes.len / 2, value_text(v));
    if (is_text(raw_type))
        return v->len == bytes.len && memcmp(v->ptr, bytes.ptr, bytes.len) == 0;
    memcpy(&size, v->ptr - sizeof size, sizeof size);
    return size == bytes.len && memcmp(v->ptr - sizeof size - size, bytes.ptr, size) == 0;
}

/* Text as it came, in the dictionary's own memory; the flag ascii is set by the way. */
static bool keep_text(struct dictionary *d, str text, struct value *v, size_t *repaired) {
    str copy;

    v->ascii = text_is_ascii(text);
    if (v->ascii || utf8_valid(text) == text.len) {
        if (!arena_copy(d->text, text, &copy))
            return false;
        v->ptr = copy.ptr;
        v->len = (uint32_t)copy.len;
        return true;
    }
    char *const to = arena_reserve(d->text, 3 * text.len);

    if (!to)
        return false;
    v->ptr = to;
    v->len = (uint32_t)utf8_repair(text, to, repaired);
    arena_commit(d->text, v->len);
    return true;
}

static bool keep_utf16(struct dictionary *d, str units, struct value *v, size_t *repaired) {
    char *const to = arena_reserve(d->text, units.len / 2 * 3 + 8);

    if (!to)
        return false;
    v->ptr = to;
    v->len = (uint32_t)utf16le_to_utf8(units.ptr, units.len / 2, to, repaired);
    v->ascii = v->len == units.len / 2; /* every other unit takes two bytes or more, and two units four */
    arena_commit(d->text, v->len);
    return true;
}

static bool keep_binary(struct dictionary *d, uint8_t raw_type, str bytes, struct value *v) {
    size_t const before = bytes.len <= BINARY_MAX ? bytes.len + sizeof(uint16_t) : 0;
    size_t repaired = 0, len;
    char small[VALUE_SHORT_MAX];
    struct buf text = {0};
    char *to;

    if ((len = value_short(raw_type, bytes, small)) == 0)
        len = value_render(raw_type, bytes, &text, &repaired);
    to = text.failed ? NULL : arena_reserve(d->text, before + len);
    if (to) {
        if (before) {
            uint16_t const size = (uint16_t)bytes.len;

            memcpy(to, bytes.ptr, bytes.len);
            memcpy(to + bytes.len, &size, sizeof size);
        }
        if (len)
            memcpy(to + before, text.ptr ? text.ptr : small, len);
        arena_commit(d->text, before + len);
        v->ptr = to + before;
        v->len = (uint32_t)len;
        v->ascii = true;
    }
    buf_free(&text);
    return to != NULL;
}

static bool keep(struct dictionary *d, uint8_t raw_type, str bytes, struct value *v, size_t *repaired) {
    if (raw_type == RAW_UTF16)
        return keep_utf16(d, bytes, v, repaired);
    if (is_text(raw_type))
        return keep_text(d, bytes, v, repaired);
    return keep_binary(d, raw_type, bytes, v);
}

/* Long-lived columns of unique values need no table. */
static void maybe_plain(struct dictionary *d) {
    if (d->looked_up >= PLAIN_AFTER) {
        if (d->found < d->looked_up / 2) {
            free(d->slots);
            d->slots = NULL;
            d->plain = true;
        }
        d->looked_up = d->found = 0;
    }
}

uint32_t dictionary_code(struct dictionary *d, uint8_t raw_type, bool inner, str bytes, size_t *repaired) {
    struct value v = {.type = type_of_raw(raw_type), .raw_type = raw_type, .inner = inner};
    size_t const repaired_before = *repaired;
    uint32_t at, code, hash;

    if (bytes.len > VALUE_BYTES_MAX)
        bytes.len = VALUE_BYTES_MAX;
    if (raw_type == RAW_NULL) {
        bytes.len = 0;
    } else if (raw_type == RAW_UTF16) {
        *repaired += bytes.len & 1; /* half a character, left out */
        bytes.len &= ~(size_t)1;
        if (bytes.len && bytes.ptr[bytes.len - 2] == 0 && bytes.ptr[bytes.len - 1] == 0)
            bytes.len -= 2;
    }
    if (d->plain || (!is_text(raw_type) && raw_type != RAW_UTF16 && bytes.len > BINARY_MAX))
        return keep(d, raw_type, bytes, &v, repaired) ? append(d, v) : CODE_ABSENT;
    if ((!d->slots || d->slots_used >= d->slot_mask / 2) && !slots_grow(d))
        return CODE_ABSENT;
    hash = (uint32_t)hash_bytes(bytes, d->seed ^ raw_type);
    d->looked_up++;
    for (at = hash & d->slot_mask; d->slots[at].code; at = (at + 1) & d->slot_mask)
        if (d->slots[at].hash == hash && same(&d->values[d->slots[at].code - 1], raw_type, inner, bytes)) {
            d->found++;
            return d->slots[at].code;
        }
    if (!keep(d, raw_type, bytes, &v, repaired) || !(code = append(d, v)))
        return CODE_ABSENT;
    if (*repaired ==
        repaired_before) { /* what had to be repaired is not looked up: every time it comes it is counted */
        d->slots[at] = (struct dictionary_slot){code, hash};
        d->slots_used++;
    }
    maybe_plain(d);
    return code;
}

/* Lists are rare and mostly different: they are not looked up. */
uint32_t dictionary_list(struct dictionary *d, const uint32_t *items, uint32_t count) {
    uint32_t *const copy = arena_alloc(d->text, count * sizeof *items);

    if (!copy)
        return CODE_ABSENT;
    memcpy(copy, items, count * sizeof *items);
    return append(d, (struct value){.type = VALUE_LIST, .raw_type = RAW_NULL, .len = count, .ptr = (const char *)copy});
}

bool block_new(struct block **out, const struct kind *kind, str name, struct err *e) {
    struct block *const b = calloc(1, sizeof *b);
    char *const copy = malloc(name.len ? name.len : 1);

    if (!b || !copy) {
        free(b);
        free(copy);
        return err_set(e, ERR_MEMORY, 0, "no memory for a block of %.*s", STR_ARG(name));
    }
    memcpy(copy, name.ptr, name.len);
    b->name = (str){copy, name.len};
    b->kind = kind;
    *out = b;
    return true;
}

static void columns_free(struct block *b) {
    for (uint32_t i = 0; i < b->column_count; i++) {
        dictionary_free(&b->columns[i]->dict);
        free(b->columns[i]->codes);
        free(b->columns[i]);
    }
    free(b->columns);
    free(b->places);
    b->columns = NULL;
    b->places = NULL;
    b->column_count = b->column_room = b->place_room = 0;
}

void block_free(struct block *b) {
    if (!b)
        return;
    columns_free(b);
    free(b->rows);
    free((char *)(uintptr_t)b->name.ptr);
    free(b);
}

static bool place_room(struct block *b, field_id field) {
    if (field < b->place_room)
        return true;
    uint32_t room = b->place_room ? b->place_room : 256;

    while (room <= field)
        room *= 2;
    struct place *const bigger = realloc(b->places, room * sizeof *bigger);

    if (!bigger)
        return false;
    for (uint32_t i = b->place_room; i < room; i++)
        bigger[i] = (struct place){COLUMN_UNMET, 0, 0};
    b->places = bigger;
    b->place_room = room;
    return true;
}

struct column *block_column_make(struct block *b, field_id field, uint64_t seed) {
    if (!place_room(b, field))
        return NULL;
    if (b->places[field].column < b->column_count)
        return b->columns[b->places[field].column];
    if (b->column_count == BLOCK_COLUMNS_MAX)
        return NULL;
    if (b->column_count == b->column_room) {
        uint32_t const room = b->column_room ? b->column_room * 2 : 32;
        struct column **const bigger = realloc(b->columns, room * sizeof *bigger);

        if (!bigger)
            return NULL;
        b->columns = bigger;
        b->column_room = room;
    }
    struct column *const c = calloc(1, sizeof *c);

    if (!c || !dictionary_init(&c->dict, seed) ||
        (b->row_room && !(c->codes = calloc(b->row_room, sizeof *c->codes)))) {
        if (c)
            dictionary_free(&c->dict);
        free(c);
        return NULL;
    }
    c->field = field;
    b->places[field].column = (uint16_t)b->column_count;
    b->columns[b->column_count++] = c;
    return c;
}

bool block_place(struct block *b, field_id field, uint16_t unwanted, uint16_t sifted) {
    if (!place_room(b, field))
        return false;
    b->places[field] = (struct place){COLUMN_NONE, unwanted, sifted};
    return true;
}

bool block_row_room(struct block *b) {
    if (LIKELY(b->row_count < b->row_room))
        return true;
    uint32_t const room = b->row_room ? b->row_room * 2 : BLOCK_ROWS_FIRST;
    struct row *const rows = realloc(b->rows, room * sizeof *rows);

    if (!rows)
        return false;
    b->rows = rows;
    for (uint32_t i = 0; i < b->column_count; i++) {
        uint32_t *const codes = realloc(b->columns[i]->codes, room * sizeof *codes);

        if (!codes)
            return false;
        memset(codes + b->row_room, 0, (room - b->row_room) * sizeof *codes);
        b->columns[i]->codes = codes;
    }
    b->row_room = room;
    return true;
}

/* The row has a value of this field already: both become one list. */
static bool cell_more(struct block *b, struct column *c, uint32_t code) {
    uint32_t const before = c->codes[b->row_count];
    const struct value *const v = dictionary_value(&c->dict, before);
    uint32_t count = 1;
    uint32_t list;

    if (v->type == VALUE_LIST) {
        /* The list was made for this row only (lists are never shared): it grows in place when its room, a power
         * of two, allows. */
        struct value *const mine = &c->dict.values[before - 1];

        count = mine->len;
        if (count & (count - 1)) {
            ((uint32_t *)(uintptr_t)mine->ptr)[count] = code;
            mine->len++;
            return true;
        }
        uint32_t *const bigger = arena_alloc(c->dict.text, (size_t)count * 2 * sizeof *bigger);

        if (!bigger)
            return false;
        memcpy(bigger, mine->ptr, count * sizeof *bigger);
        bigger[count] = code;
        mine->ptr = (const char *)bigger;
        mine->len++;
        return true;
    }
    uint32_t const pair[2] = {before, code};

    if (!(list = dictionary_list(&c->dict, pair, 2)))
        return false;
    c->codes[b->row_count] = list;
    return true;
}

bool block_cell(struct block *b, struct column *c, const struct raw *v, size_t *repaired) {
    size_t const repaired_before = *repaired;
    uint32_t code;

    if (c->last_code && c->last_len == v->len && c->last_type == v->type && c->last_inner == (v->inner != RAW_OWN) &&
        memcmp(c->last, v->ptr, v->len) == 0) {
        code = c->last_code;
    } else {
        code = dictionary_code(&c->dict, v->type, v->inner, (str){v->ptr, v->len}, repaired);
        if (!code)
            return false;
        c->last_code = CODE_ABSENT;
        if (v->len <= COLUMN_LAST_MAX && *repaired == repaired_before) {
            if (v->len)
                memcpy(c->last, v->ptr, v->len);
            c->last_len = v->len;
            c->last_type = v->type;
            c->last_inner = v->inner;
            c->last_code = code;
        }
    }
    if (UNLIKELY(c->last_row == b->row_count + 1))
        return cell_more(b, c, code);
    c->codes[b->row_count] = code;
    c->last_row = b->row_count + 1;
    return true;
}

void block_name_each(struct buf *name, str each) {
    if (!each.len || each.len > EACH_BYTES_MAX)
        return;
    buf_byte(name, '/');
    buf_add(name, each);
}

str block_row_name(const struct block *b, uint32_t row, struct buf *room) {
    const struct column *const c = b->mixed ? block_column(b, b->kind->each) : NULL;
    const struct value *v;

    if (!c || !c->codes[row])
        return b->name;
    v = dictionary_value(&c->dict, c->codes[row]);
    if (v->type == VALUE_LIST) /* the first that the record itself has */
        for (uint32_t i = 0, count = v->len; i < count; i++) {
            const struct value *const item =
                dictionary_value(&c->dict, value_items(dictionary_value(&c->dict, c->codes[row]))[i]);

            if (!item->inner || i + 1 == count) {
                v = item;
                break;
            }
        }
    room->len = 0;
    buf_add(room, b->name);
    if (!v->inner)
        block_name_each(room, value_text(v));
    return room->failed ? b->name : buf_str(room);
}

/* A row that was begun and failed goes as well: its cells must not become another's. */
void block_clear(struct block *b) {
    for (uint32_t i = 0; i < b->column_count; i++) {
        struct column *const c = b->columns[i];

        if (c->last_row)
            memset(c->codes, 0, c->last_row * sizeof *c->codes);
        c->last_row = 0;
    }
    b->row_count = 0;
}

/* Columns go as well: a log may have made up names of fields without end. */
void block_reset(struct block *b) {
    block_clear(b);
    columns_free(b);
    free(b->rows);
    b->rows = NULL;
    b->row_room = 0;
    b->generation++;
}

size_t block_bytes(const struct block *b) {
    size_t bytes = sizeof *b + b->name.len + b->row_room * block_row_bytes(b) + b->place_room * sizeof *b->places +
                   b->column_room * sizeof(void *) + b->column_count * sizeof(struct column);

    for (uint32_t i = 0; i < b->column_count; i++)
        bytes += dictionary_bytes(&b->columns[i]->dict);
    return bytes;
}
