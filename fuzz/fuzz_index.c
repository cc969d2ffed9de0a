/* fuzz_index: any bytes in place of some of a run's, with sums that are right: it is refused, or everything in it can be asked for, merged and
 * checked, and nothing is read outside. The input: patches: where (four bytes), how many (one), and the bytes. Without: the run as it was
 * made, of which every key is found. */
#include <assert.h>
#include <stdlib.h>

#include "archive/index_own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEYS 400u
#define SEGMENTS 24u
#define ADDRESSES 200u

#define ZEROS 16u

static uint64_t key_of(uint64_t i) {
    return (i * UINT64_C(0x28f5c28f5c28f5) + (i * i << ZEROS)) >> ZEROS << ZEROS;
}

static struct address address_of(unsigned i) {
    return (struct address){4, {10, (uint8_t)(i / 100), (uint8_t)(i % 100), 7}};
}

static void run_make(struct buf *out) {
    uint32_t segments[SEGMENTS], places[SEGMENTS];
    struct index_options const o = {
        .made = 5, .segments = segments, .segment_count = SEGMENTS, .keys = KEYS, .zeros = ZEROS, .to = out};
    struct index_writer *w;
    struct err e;

    for (uint32_t i = 0; i < SEGMENTS; i++)
        segments[i] = 3 * i;
    if (!index_writer_new(&w, &o, &e))
        abort();
    for (unsigned i = 0; i < KEYS + ADDRESSES; i++) {
        struct index_posting p = {.places = places, .everywhere = i % 50 == 0};
        unsigned const n = i < KEYS ? i : i - KEYS;

        for (uint32_t k = n % 7; k < SEGMENTS; k += 1 + n % 13)
            places[p.count++] = k;
        struct address const a = address_of(n);

        if (i < KEYS ? !index_writer_key(w, key_of(n), p, &e) : !index_writer_address(w, &a, p, &e))
            abort();
    }
    if (!index_writer_finish(w, &e))
        abort();
    index_writer_free(w);
}

/* Where the parts of the run that was made lie: before anything is changed. */
static void sums_right(struct buf *b, const struct packed_tail *was, const uint64_t *directory) {
    struct packed_tail *const t = (struct packed_tail *)(void *)(b->ptr + b->len - sizeof *t);
    struct packed_page *const pages = (struct packed_page *)(void *)(b->ptr + was->section[SECTION_PRESENCE].at);

    for (uint64_t i = 0; i < was->pages; i++)
        pages[i].sum = page_sum(&pages[i], i);
    for (uint64_t i = 0; i < was->blocks; i++) {
        char *const at = b->ptr + was->section[SECTION_BLOCKS].at + directory[i];
        uint32_t const sum = index_sum((str){at + 4, directory[i + 1] - directory[i] - 4}, i);

        memcpy(at, &sum, 4);
    }
    for (uint64_t i = 0, n = 0; i + LONG_HEAD <= was->section[SECTION_LONG].size; n++) {
        char *const at = b->ptr + was->section[SECTION_LONG].at + i;
        uint32_t bytes;

        memcpy(&bytes, at + 4, 4);
        if (bytes > was->section[SECTION_LONG].size - i - LONG_HEAD)
            break;
        uint32_t const sum = index_sum((str){at + 4, 4 + (size_t)bytes}, i);

        memcpy(at, &sum, 4);
        i += LONG_HEAD + (uint64_t)bytes;
    }
    for (uint64_t i = 0; i < was->address_blocks; i++) {
        struct packed_address_block two[2];

        memcpy(two, b->ptr + was->section[SECTION_ADDRESS_DIRECTORY].at + i * sizeof *two, sizeof two);
        if (two[0].at > two[1].at || two[1].at > was->section[SECTION_ADDRESSES].size || two[1].at - two[0].at < 8)
            break;
        char *const at = b->ptr + was->section[SECTION_ADDRESSES].at + two[0].at;
        uint32_t const sum = index_sum((str){at + 4, two[1].at - two[0].at - 4}, i);

        memcpy(at, &sum, 4);
    }
    static const enum index_section whole[] = {SECTION_ADDRESS_DIRECTORY, SECTION_SEGMENTS};

    for (size_t i = 0; i < COUNT(whole); i++)
        if (t->section[whole[i]].at <= b->len && t->section[whole[i]].size <= b->len - t->section[whole[i]].at)
            t->section[whole[i]].sum = hash_sum((str){b->ptr + t->section[whole[i]].at, t->section[whole[i]].size});
    t->sum = hash_sum((str){(const char *)t + 8, sizeof *t - 8});
}

static void hits_check(const struct index_run *r, const struct index_hits *h, size_t asked) {
    uint32_t const segments = index_run_info(r).segment_count;

    for (size_t i = 0; i < h->count; i++) {
        const struct index_hit *const hit = &h->hits[i];

        assert(hit->key < asked && (!i || hit->key > hit[-1].key));
        assert(hit->everywhere || hit->places + hit->count <= h->place_count);
        for (uint32_t k = 0; !hit->everywhere && k < hit->count; k++)
            assert(h->places[hit->places + k] < segments &&
                   (!k || h->places[hit->places + k] > h->places[hit->places + k - 1]));
    }
}

/* Everything there is to ask of a run. */
static void run_ask(struct index_run *r, bool whole) {
    static uint64_t keys[2 * KEYS], room[2 * KEYS];
    struct index_hits h = {0};
    struct buf merged = {0};
    struct index_options const o = {.to = &merged};
    struct address const first = address_of(20), last = address_of(ADDRESSES - 3);
    struct err e;
    size_t count = 0;

    for (unsigned i = 0; i < KEYS; i++) {
        keys[count++] = key_of(i);
        keys[count++] = key_of(i) + ((1 + i % 3) << (i % 2 ? ZEROS : 0));
    }
    count = index_keys_sort(keys, room, count);
    for (unsigned speed = INDEX_PLAIN; speed <= INDEX_AVX512; speed++) {
        if (index_run_speed(r, speed) != speed || !index_run_find(r, keys, count, &h, &e))
            continue;
        hits_check(r, &h, count);
        assert(!whole || (h.count >= KEYS && !h.damaged));
    }
    if (index_run_range(r, &first, &last, &h, &e))
        hits_check(r, &h, 1);
    assert(!whole || h.count == 1);
    bool const good = index_run_check(r, NULL, NULL, &e);

    assert(good || !whole);
    if (index_merge(&r, 1, NULL, 0, &o, &e)) {
        struct index_run *again;

        if (!index_run_of(&again, buf_str(&merged), S("merged"), &e) || !index_run_check(again, NULL, NULL, &e))
            abort(); /* what is written is good, whatever was read */
        assert(!good || index_run_info(again).keys == index_run_info(r).keys);
        index_run_close(again);
    } else {
        assert(!good || e.code == ERR_USAGE);
    }
    buf_free(&merged);
    index_hits_free(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf bytes = {0};
    struct packed_tail was;
    struct index_run *r;
    bool const whole = size < 6;
    struct err e;

    run_make(&bytes);
    memcpy(&was, bytes.ptr + bytes.len - sizeof was, sizeof was);
    uint64_t *const directory = malloc(was.section[SECTION_DIRECTORY].size);

    if (!directory)
        abort();
    memcpy(directory, bytes.ptr + was.section[SECTION_DIRECTORY].at, was.section[SECTION_DIRECTORY].size);
    while (size >= 6) {
        uint32_t const where =
            (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
        size_t const count = 1 + data[4] % 32;
        /* At the end there are tables, so that is tried more often. */
        size_t const near = where & 1 ? sizeof was + 2048 : bytes.len;
        size_t const at = bytes.len - 1 - where / 2 % (near < bytes.len ? near : bytes.len);

        data += 5, size -= 5;
        for (size_t i = 0; i < count && size > 0 && at + i < bytes.len; i++, data++, size--)
            bytes.ptr[at + i] = (char)*data;
    }
    sums_right(&bytes, &was, directory);
    if (index_run_of(&r, buf_str(&bytes), S("fuzz"), &e)) {
        run_ask(r, whole);
        index_run_close(r);
    } else {
        assert(!whole);
    }
    free(directory);
    buf_free(&bytes);
    return 0;
}
