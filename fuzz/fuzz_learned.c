/* fuzz_learned: any bytes as what a worker is asked of a segment, and as what it says it has learned: refused, or all numbers in them are within their
 * bounds and in order, and written again they are the same bytes. The first byte says which; the second how many items and kinds there are. */
#include <assert.h>
#include <stdlib.h>

#include "hunt/segment_ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct buf *b, str bytes) {
    if (b->failed)
        abort();
    assert(str_eq(buf_str(b), bytes));
}

static void ask(str bytes, uint32_t items) {
    struct segment_ask a;
    struct buf b = {0};

    if (!segment_ask_take(bytes, items, &a))
        return;
    for (uint32_t i = 1; i < a.row_count; i++)
        assert(segment_row_at(a.rows, i - 1) < segment_row_at(a.rows, i));
    segment_ask_put(&b, &a);
    same(&b, bytes);
    buf_free(&b);
}

static void learned(str bytes, uint32_t items, uint32_t kinds) {
    struct segment_learned l;
    struct segment_found f;
    struct buf b = {0};
    uint32_t count = 0;

    if (!segment_learned_take(bytes, items, kinds, &l))
        return;
    assert(l.read <= l.rows);
    for (uint32_t i = 0; i < l.kind_count; i++)
        assert(segment_row_at(l.kinds, i) < kinds &&
               (!i || segment_row_at(l.kinds, i - 1) < segment_row_at(l.kinds, i)));
    for (str left = l.found; segment_found_next(&left, &f); count++) {
        assert(f.item < items && f.count && (l.told[f.item / 8] >> f.item % 8 & 1));
        for (uint32_t i = 0; i < f.count; i++)
            assert(segment_row_at(f.rows, i) < l.rows &&
                   (!i || segment_row_at(f.rows, i - 1) < segment_row_at(f.rows, i)));
    }
    assert(count == l.found_count);
    segment_learned_put(&b, &l, items);
    same(&b, bytes);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    str const bytes = {(const char *)data + 2, size - 2};
    uint32_t const items = 1u + (data[1] & 31), kinds = data[1] >> 5;

    if (data[0] & 1)
        ask(bytes, items);
    else
        learned(bytes, items, kinds);
    return 0;
}
