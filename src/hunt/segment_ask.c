/* segment_ask: little-endian numbers and what they count. */
#include "hunt/segment_ask.h"

#include "base/cursor.h"

#define ROW_BYTES 4u

static size_t bits_size(uint32_t items) {
    return (size_t)items / 8 + 1;
}

static void put_u32(struct buf *b, uint32_t n) {
    buf_add(b, (str){(const char *)&n, sizeof n});
}

static bool take_bool(struct cursor *c, bool *out) {
    uint8_t n;

    if (!read_u8(c, &n) || n > 1)
        return false;
    *out = n;
    return true;
}

/* Numbers that rise, each below `below`. */
static bool take_rising(struct cursor *c, uint32_t count, uint32_t below, const char **out) {
    str view;

    if (count > cursor_left(c) / ROW_BYTES || !read_view(c, (size_t)count * ROW_BYTES, &view))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (segment_row_at(view.ptr, i) >= below ||
            (i && segment_row_at(view.ptr, i - 1) >= segment_row_at(view.ptr, i)))
            return false;
    *out = view.ptr;
    return true;
}

/* Bits of items; none behind the last. */
static bool take_bits(struct cursor *c, uint32_t items, const uint8_t **out) {
    str view;

    if (!read_view(c, bits_size(items), &view) || (uint8_t)view.ptr[view.len - 1] >> items % 8)
        return false;
    *out = (const uint8_t *)view.ptr;
    return true;
}

void segment_ask_put(struct buf *out, const struct segment_ask *a) {
    buf_byte(out, (char)a->whole);
    buf_byte(out, (char)a->select);
    buf_byte(out, (char)a->facts);
    buf_byte(out, (char)a->indicators);
    put_u32(out, a->items);
    buf_add(out, (str){(const char *)a->unknown, bits_size(a->items)});
    put_u32(out, a->row_count);
    buf_add(out, (str){a->row_count ? a->rows : "", (size_t)a->row_count * ROW_BYTES});
}

bool segment_ask_take(str bytes, uint32_t items, struct segment_ask *a) {
    struct cursor c = cursor_of(bytes);

    *a = (struct segment_ask){0};
    return take_bool(&c, &a->whole) && take_bool(&c, &a->select) && take_bool(&c, &a->facts) &&
           take_bool(&c, &a->indicators) && read_u32le(&c, &a->items) && a->items == items &&
           take_bits(&c, items, &a->unknown) && read_u32le(&c, &a->row_count) &&
           take_rising(&c, a->row_count, UINT32_MAX, &a->rows) && !cursor_left(&c);
}

void segment_learned_put(struct buf *out, const struct segment_learned *l, uint32_t items) {
    buf_byte(out, (char)l->passed);
    buf_byte(out, (char)l->lasting);
    put_u32(out, l->rows);
    put_u32(out, l->read);
    buf_byte(out, (char)l->facts);
    put_u32(out, l->kind_count);
    buf_add(out, (str){l->kind_count ? l->kinds : "", (size_t)l->kind_count * ROW_BYTES});
    put_u32(out, (uint32_t)l->clocks.len);
    buf_add(out, l->clocks);
    buf_add(out, (str){(const char *)l->told, bits_size(items)});
    put_u32(out, l->found_count);
    buf_add(out, l->found);
}

void segment_found_put(struct buf *out, uint32_t item, const uint32_t *rows, uint32_t count) {
    put_u32(out, item);
    put_u32(out, count);
    buf_add(out, (str){(const char *)rows, (size_t)count * ROW_BYTES});
}

static bool found_take(struct cursor *c, uint32_t rows, struct segment_found *f) {
    return read_u32le(c, &f->item) && read_u32le(c, &f->count) && f->count && take_rising(c, f->count, rows, &f->rows);
}

bool segment_found_next(str *found, struct segment_found *out) {
    struct cursor c = cursor_of(*found);

    if (!found->len || !found_take(&c, UINT32_MAX, out))
        return false;
    *found = str_from(*found, cursor_at(&c));
    return true;
}

static bool founds_check(str found, uint32_t count, uint32_t rows, const uint8_t *told, uint32_t items) {
    struct cursor c = cursor_of(found);
    struct segment_found f, before = {0};

    for (uint32_t i = 0; i < count; i++) {
        if (!found_take(&c, rows, &f) || f.item >= items || !(told[f.item / 8] >> f.item % 8 & 1) ||
            (i && f.item <= before.item))
            return false;
        before = f;
    }
    return !cursor_left(&c);
}

bool segment_learned_take(str bytes, uint32_t items, uint32_t kinds, struct segment_learned *l) {
    struct cursor c = cursor_of(bytes);
    uint32_t clocks;

    *l = (struct segment_learned){0};
    if (bytes.len > SEGMENT_LEARNED_MAX || !take_bool(&c, &l->passed) || !take_bool(&c, &l->lasting) ||
        !read_u32le(&c, &l->rows) || !read_u32le(&c, &l->read) || l->read > l->rows || !take_bool(&c, &l->facts) ||
        !read_u32le(&c, &l->kind_count) || !take_rising(&c, l->kind_count, kinds, &l->kinds) ||
        !read_u32le(&c, &clocks) || !read_view(&c, clocks, &l->clocks) || !take_bits(&c, items, &l->told) ||
        !read_u32le(&c, &l->found_count))
        return false;
    return read_view(&c, cursor_left(&c), &l->found) && founds_check(l->found, l->found_count, l->rows, l->told, items);
}
