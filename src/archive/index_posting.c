/* index_posting: the segments of a key as bytes: one number where it is one, differences where they are some, bits where they are many. */
#include "archive/index_own.h"

static void list_put(struct buf *out, const uint32_t *places, size_t count) {
    varint_put(out, places[0]);
    for (size_t i = 1; i < count; i++)
        varint_put(out, places[i] - places[i - 1] - 1);
}

static size_t varint_size(uint64_t n) {
    size_t size = 1;

    for (; n >= 128; n >>= 7)
        size++;
    return size;
}

static size_t list_size(const uint32_t *places, size_t count) {
    size_t size = varint_size(places[0]);

    for (size_t i = 1; i < count; i++)
        size += varint_size(places[i] - places[i - 1] - 1);
    return size;
}

/* Sum, bytes; then the form, how many, and the list; or the first place and bits from there on to the last one. */
static void long_put(struct buf *out, const uint32_t *places, size_t count, size_t list, uint64_t at) {
    size_t const from = out->len;
    uint32_t const first = places[0], last = places[count - 1];
    size_t const bits = (size_t)(last - first) / 8 + 1;
    uint32_t head[2] = {0, 0};

    buf_add(out, (str){(const char *)head, sizeof head});
    if (list <= bits) {
        buf_byte(out, LONG_LIST);
        varint_put(out, count);
        list_put(out, places, count);
    } else {
        buf_byte(out, LONG_BITS);
        varint_put(out, first);
        char *const to = buf_reserve(out, bits);

        if (!to)
            return;
        memset(to, 0, bits);
        for (size_t i = 0; i < count; i++)
            to[(places[i] - first) / 8] |= (char)(1u << (places[i] - first) % 8);
        out->len += bits;
    }
    if (out->failed)
        return;
    head[1] = (uint32_t)(out->len - from - LONG_HEAD);
    memcpy(out->ptr + from + 4, &head[1], 4);
    head[0] = index_sum((str){out->ptr + from + 4, out->len - from - 4}, at + from);
    memcpy(out->ptr + from, head, 4);
}

void index_posting_put(struct buf *out, struct index_posting p, uint32_t segments, struct buf *longer, uint64_t at) {
    assert(p.everywhere || (p.count && p.places[p.count - 1] < segments));
    if (p.everywhere || p.count == segments || (segments >= EVERYWHERE_LEAST && p.count > segments / 2)) {
        varint_put(out, POSTING_EVERYWHERE << 1);
        return;
    }
    if (p.count == 1) {
        varint_put(out, (uint64_t)p.places[0] << 1 | 1);
        return;
    }
    size_t const list = list_size(p.places, p.count);

    if (list > POSTING_INLINE) {
        varint_put(out, POSTING_LONG << 1);
        varint_put(out, at + longer->len);
        long_put(longer, p.places, p.count, list, at);
        return;
    }
    varint_put(out, (uint64_t)p.count << 1);
    list_put(out, p.places, p.count);
}

bool index_posting_take(str *s, uint32_t segments, struct posting_view *out) {
    uint64_t n, first, next;

    *out = (struct posting_view){0};
    if (!varint_take(s, &n))
        return false;
    if (n & 1) {
        out->first = (uint32_t)(n >> 1);
        out->count = 1;
        return n >> 1 < segments;
    }
    n >>= 1;
    if (n == POSTING_EVERYWHERE) {
        out->everywhere = true;
        return true;
    }
    if (n == POSTING_LONG) {
        out->is_long = true;
        return varint_take(s, &out->at);
    }
    /* Few bytes: they are all read here, so that the next one is found. */
    if (n > POSTING_INLINE || !varint_take(s, &first) || first >= segments)
        return false;
    out->count = (uint32_t)n;
    out->first = (uint32_t)first;
    out->rest = *s;
    for (uint64_t i = 1; i < n; i++) {
        if (!varint_take(s, &next) || next >= segments - first - 1)
            return false;
        first += next + 1;
    }
    return true;
}

bool index_posting_places(const struct posting_view *v, uint32_t segments, struct index_hits *h, bool *good) {
    str rest = v->rest;
    uint64_t place = v->first, next;

    for (uint32_t i = 0; i < v->count; i++) {
        if (i) {
            if (!varint_take(&rest, &next) || next >= segments - place - 1)
                return *good = false;
            place += next + 1;
        }
        if (!hits_place(h, (uint32_t)place))
            return false;
    }
    return true;
}

bool hits_grow(struct index_hits *h) {
    size_t const more = h->place_room ? h->place_room * 2 : 256;
    uint32_t *const bigger = reallocarray(h->places, more, sizeof *bigger);

    if (!bigger)
        return false;
    h->places = bigger;
    h->place_room = more;
    return true;
}

bool hits_add(struct index_hits *h, uint32_t key, bool everywhere, size_t places) {
    if (h->count == h->room) {
        size_t const more = h->room ? h->room * 2 : 256;
        struct index_hit *const bigger = reallocarray(h->hits, more, sizeof *bigger);

        if (!bigger)
            return false;
        h->hits = bigger;
        h->room = more;
    }
    h->hits[h->count++] = (struct index_hit){key, everywhere, (uint32_t)(h->place_count - places), places};
    return true;
}

void index_hits_free(struct index_hits *h) {
    free(h->hits);
    free(h->places);
    *h = (struct index_hits){0};
}
