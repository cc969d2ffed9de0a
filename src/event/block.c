/* block: dictionaries, columns and rows. */
#include "event/block.h"

#include <assert.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/utf.h"
#include "event/fold.h"
#include "event/value.h"

/* A column is plain when, after this many look-ups, fewer than half were found. */
#define PLAIN_AFTER 4096u
#define DICTIONARY_TEXT_MAX ((size_t)1 << 30)

bool dictionary_init(struct dictionary *d, uint64_t seed) {
    *d = (struct dictionary){.seed = seed};
    d->text = arena_new(DICTIONARY_TEXT_MAX);
    return d->text != NULL;
}

void dictionary_free(struct dictionary *d) {
    free(d->values);
    free(d->slots);
    free(d->hashes);
    arena_free(d->text);
    *d = (struct dictionary){0};
}

/* The memory goes back: what follows may be of other kinds and other fields, and keeps less or more. */
void dictionary_reset(struct dictionary *d) {
    free(d->values);
    free(d->hashes);
    free(d->slots);
    d->values = NULL;
    d->hashes = d->slots = NULL;
    arena_reset(d->text);
    d->count = d->room = d->slot_mask = 0;
    d->looked_up = d->found = 0;
}

size_t dictionary_bytes(const struct dictionary *d) {
    return arena_used(d->text) + d->room * (sizeof *d->values + sizeof *d->hashes) +
           (d->slots ? ((size_t)d->slot_mask + 1) * sizeof *d->slots : 0);
}

static bool values_grow(struct dictionary *d) {
    uint32_t const room = d->room ? d->room * 2 : 16;
    struct value *values;
    uint32_t *hashes;

    if (d->room >= DICTIONARY_VALUES_MAX || !(values = realloc(d->values, room * sizeof *values)))
        return false;
    d->values = values;
    if (!(hashes = realloc(d->hashes, room * sizeof *hashes)))
        return false;
    d->hashes = hashes;
    d->room = room;
    return true;
}

static bool slots_grow(struct dictionary *d) {
    uint32_t const mask = d->slots ? d->slot_mask * 2 + 1 : 31;
    uint32_t *const slots = calloc((size_t)mask + 1, sizeof *slots);

    if (!slots)
        return false;
    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t at = d->hashes[i] & mask;

        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    free(d->slots);
    d->slots = slots;
    d->slot_mask = mask;
    return true;
}

/* Puts a value whose memory is already the dictionary's behind the others. */
static uint32_t append(struct dictionary *d, struct value v, uint32_t hash) {
    if (d->count == d->room && !values_grow(d))
        return CODE_ABSENT;
    d->values[d->count] = v;
    d->hashes[d->count] = hash;
    return ++d->count;
}

static uint32_t insert(struct dictionary *d, struct value v, uint32_t hash, uint32_t slot) {
    uint32_t const code = append(d, v, hash);

    if (code)
        d->slots[slot] = code;
    return code;
}

/* The slot where the value is or belongs. */
static uint32_t find(const struct dictionary *d, uint8_t type, uint8_t raw_type, bool inner, str text, uint32_t hash) {
    uint32_t at = hash & d->slot_mask;

    for (; d->slots[at]; at = (at + 1) & d->slot_mask) {
        uint32_t const i = d->slots[at] - 1;
        const struct value *const v = &d->values[i];

        if (d->hashes[i] == hash && v->type == type && v->inner == inner && v->len == text.len &&
            (v->raw_type == raw_type) && memcmp(v->ptr, text.ptr, text.len) == 0)
            break;
    }
    return at;
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

/* Text in the dictionary's own memory; the flag ascii is set by the way. */
static bool keep_text(struct dictionary *d, str text, struct value *v) {
    str copy;

    if (!arena_copy(d->text, text, &copy))
        return false;
    v->ptr = copy.ptr;
    v->len = (uint32_t)copy.len;
    v->ascii = text_is_ascii(copy);
    return true;
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

static uint32_t code_of_text(struct dictionary *d, uint8_t raw_type, bool inner, str text) {
    struct value v = {.type = type_of_raw(raw_type), .raw_type = raw_type, .inner = inner};
    uint32_t hash, slot;

    if (d->plain) {
        if (!keep_text(d, text, &v))
            return CODE_ABSENT;
        return append(d, v, 0);
    }
    if ((!d->slots || d->count >= d->slot_mask / 2) && !slots_grow(d))
        return CODE_ABSENT;
    hash = (uint32_t)hash_bytes(text, d->seed ^ raw_type);
    slot = find(d, v.type, raw_type, inner, text, hash);
    d->looked_up++;
    if (d->slots[slot]) {
        d->found++;
        return d->slots[slot];
    }
    if (!keep_text(d, text, &v))
        return CODE_ABSENT;
    uint32_t const code = insert(d, v, hash, slot);

    maybe_plain(d);
    return code;
}

uint32_t dictionary_code(struct dictionary *d, uint8_t raw_type, bool inner, str bytes, size_t *repaired) {
    enum { SMALL = 4096 };
    char small[3 * SMALL + 64];
    struct buf text = {0};
    uint32_t code = CODE_ABSENT;

    if (bytes.len > VALUE_BYTES_MAX)
        bytes.len = VALUE_BYTES_MAX;
    switch (raw_type) {
    case RAW_NULL:
        return code_of_text(d, raw_type, inner, S(""));
    case RAW_TEXT:
    case RAW_NUMBER:
    case RAW_BOOL: {
        size_t const good = utf8_valid(bytes);

        if (good == bytes.len)
            return code_of_text(d, raw_type, inner, bytes);
        break;
    }
    case RAW_UTF16: {
        size_t units = bytes.len / 2;

        if (units && bytes.ptr[2 * units - 2] == 0 && bytes.ptr[2 * units - 1] == 0)
            units--;
        if (units <= SMALL)
            return code_of_text(d, raw_type, inner, (str){small, utf16le_to_utf8(bytes.ptr, units, small, repaired)});
        break;
    }
    default:
        break;
    }
    size_t const len = value_render(raw_type, bytes, &text, repaired);

    if (!text.failed)
        code = code_of_text(d, raw_type, inner, (str){text.ptr ? text.ptr : "", len});
    buf_free(&text);
    return code;
}

uint32_t dictionary_list(struct dictionary *d, const uint32_t *items, uint32_t count) {
    struct value v = {.type = VALUE_LIST, .raw_type = RAW_NULL, .len = count};
    uint32_t *const copy = arena_alloc(d->text, count * sizeof *items);

    /* Lists are rare and mostly different: they are not looked up. */
    if (!copy)
        return CODE_ABSENT;
    memcpy(copy, items, count * sizeof *items);
    v.ptr = (const char *)copy;
    if (d->plain)
        return append(d, v, 0);
    if ((!d->slots || d->count >= d->slot_mask / 2) && !slots_grow(d))
        return CODE_ABSENT;
    /* It still takes a slot of its own, so that growing the table may move every value alike. */
    uint32_t at = (uint32_t)(d->count * 0x9e3779b1u) & d->slot_mask;
    uint32_t const hash = (uint32_t)(d->count * 0x9e3779b1u);

    while (d->slots[at])
        at = (at + 1) & d->slot_mask;
    return insert(d, v, hash, at);
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

void block_free(struct block *b) {
    if (!b)
        return;
    for (uint32_t i = 0; i < b->column_count; i++) {
        dictionary_free(&b->columns[i]->dict);
        free(b->columns[i]->codes);
        free(b->columns[i]);
    }
    free(b->columns);
    free(b->column_of);
    free(b->rows);
    free((char *)(uintptr_t)b->name.ptr);
    free(b);
}

static bool column_of_room(struct block *b, field_id field) {
    if (field < b->column_of_room)
        return true;
    uint32_t room = b->column_of_room ? b->column_of_room : 256;

    while (room <= field)
        room *= 2;
    uint32_t *const bigger = realloc(b->column_of, room * sizeof *bigger);

    if (!bigger)
        return false;
    for (uint32_t i = b->column_of_room; i < room; i++)
        bigger[i] = COLUMN_UNKNOWN;
    b->column_of = bigger;
    b->column_of_room = room;
    return true;
}

struct column *block_column_make(struct block *b, field_id field, uint64_t seed) {
    if (!column_of_room(b, field))
        return NULL;
    if (b->column_of[field] < b->column_count)
        return b->columns[b->column_of[field]];
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
    b->column_of[field] = b->column_count;
    b->columns[b->column_count++] = c;
    return c;
}

bool block_column_skip(struct block *b, field_id field) {
    if (!column_of_room(b, field))
        return false;
    b->column_of[field] = COLUMN_UNWANTED;
    return true;
}

bool block_row_room(struct block *b) {
    if (LIKELY(b->row_count < b->row_room))
        return true;
    uint32_t const room = b->row_room ? b->row_room * 2 : 64;
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
    uint32_t code;

    if (c->last_code && c->last_len == v->len && c->last_type == v->type && c->last_inner == v->inner &&
        memcmp(c->last, v->ptr, v->len) == 0) {
        code = c->last_code;
    } else {
        code = dictionary_code(&c->dict, v->type, v->inner, (str){v->ptr, v->len}, repaired);
        if (!code)
            return false;
        c->last_code = CODE_ABSENT;
        if (v->len <= COLUMN_LAST_MAX) {
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

void block_clear(struct block *b) {
    if (b->row_count == 0)
        return;
    for (uint32_t i = 0; i < b->column_count; i++) {
        struct column *const c = b->columns[i];

        memset(c->codes, 0, b->row_count * sizeof *c->codes);
        c->last_row = 0;
    }
    b->row_count = 0;
}

void block_reset(struct block *b) {
    block_clear(b);
    for (uint32_t i = 0; i < b->column_count; i++) {
        struct column *const c = b->columns[i];

        dictionary_reset(&c->dict);
        free(c->codes);
        c->codes = NULL;
        c->last_code = CODE_ABSENT;
    }
    free(b->rows);
    b->rows = NULL;
    b->row_room = 0;
    b->generation++;
}

size_t block_bytes(const struct block *b) {
    size_t bytes = b->row_room * (sizeof *b->rows + b->column_count * sizeof(uint32_t));

    for (uint32_t i = 0; i < b->column_count; i++)
        bytes += dictionary_bytes(&b->columns[i]->dict);
    return bytes;
}
