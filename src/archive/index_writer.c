/* index_writer: a run out of rising keys, in one pass: each key goes into its page and its block, which are written when the next one
 * begins. What stands behind the largest part of the file waits on tapes. */
#include <errno.h>
#include <unistd.h>

#include "archive/index_own.h"
#include "base/tape.h"

#define CHUNK 65536u
#define MEMORY ((size_t)64 << 20)
#define KEYS_PER_BLOCK_MAX (1u << 20)

/* A section that is being made: on its way out, or on a tape. */
struct stream {
    struct tape *tape; /* NULL: it goes out at once */
    struct buf pending;
    uint64_t size;
};

struct index_writer {
    struct index_options options;
    uint32_t *segments;
    uint32_t segment_count;
    struct packed_tail tail;
    uint64_t at;                           /* bytes of the run so far */
    struct buf going;                      /* of them, not written yet */
    struct sealed_writer *sealed;          /* to `going`; NULL: not encrypted */
    struct stream streams[SECTIONS], more; /* more: pages behind those of PRESENCE */
    enum index_section first;              /* the one that goes out at once */

    bool any, any_address;
    uint64_t last;
    address_key last_address;

    struct packed_page page;
    uint64_t page_number; /* of the page that keys go to now; of a page of `more` the one it continues */
    bool page_is_more;
    uint32_t page_count, page_part;
    uint16_t page_last;

    uint64_t block_number, block_first;
    uint32_t block_count;
    struct buf keys, postings, longer;
    struct buf addresses;
    uint32_t address_count;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an index");
}

/* ---- out ---- */

static bool write_all(int fd, str bytes, struct err *e) {
    while (bytes.len) {
        ssize_t const n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_system(e, "the index cannot be written");
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

static bool going_flush(struct index_writer *w, struct err *e) {
    if (w->going.failed)
        return no_memory(e);
    bool const ok = write_all(w->options.fd, buf_str(&w->going), e);

    w->going.len = 0;
    return ok;
}

static bool out_add(struct index_writer *w, str bytes, struct err *e) {
    struct buf *const to = w->options.to ? w->options.to : &w->going;

    w->at += bytes.len;
    if (w->sealed && !sealed_writer_add(w->sealed, bytes, e))
        return false;
    if (!w->sealed)
        buf_add(to, bytes);
    if (w->options.to)
        return !to->failed || no_memory(e);
    return w->going.len < CHUNK && !w->going.failed ? true : going_flush(w, e);
}

static bool out_align(struct index_writer *w, size_t align, struct err *e) {
    static const char zeros[PAGE_BYTES];
    size_t const over = (size_t)(w->at % align);

    return !over || out_add(w, (str){zeros, align - over}, e);
}

static bool stream_flush(struct stream *s, struct err *e) {
    if (s->pending.failed)
        return no_memory(e);
    for (str left = buf_str(&s->pending); left.len; left = str_from(left, CHUNK))
        if (!tape_add(s->tape, str_first(left, CHUNK), e))
            return false;
    s->pending.len = 0;
    return true;
}

static bool stream_add(struct index_writer *w, struct stream *s, str bytes, struct err *e) {
    s->size += bytes.len;
    if (!s->tape)
        return out_add(w, bytes, e);
    buf_add(&s->pending, bytes);
    return s->pending.len < CHUNK && !s->pending.failed ? true : stream_flush(s, e);
}

static bool stream_out(struct index_writer *w, struct stream *s, struct err *e) {
    struct tape_reader r = {0};
    str record;
    bool ok;

    if (!stream_flush(s, e))
        return false;
    tape_read(&r, s->tape, 0, tape_end(s->tape));
    e->code = ERR_NONE;
    while ((ok = tape_next(&r, &record, e)))
        if (!out_add(w, record, e))
            break;
    tape_reader_free(&r);
    return !ok && e->code == ERR_NONE;
}

static void stream_free(struct stream *s) {
    tape_free(s->tape);
    buf_free(&s->pending);
}

/* ---- presence ---- */

static void page_begin(struct index_writer *w, bool more) {
    memset(&w->page, 0, sizeof w->page);
    w->page_is_more = more;
    w->page_count = 0;
    if (!more)
        w->page_part = 0;
    else /* of the parts before, nothing is in here */
        memset(w->page.ends, 0, sizeof w->page.ends);
}

static bool page_end(struct index_writer *w, bool more, struct err *e) {
    struct stream *const to = w->page_is_more ? &w->more : &w->streams[SECTION_PRESENCE];
    uint64_t const number = w->page_is_more ? w->tail.pages + w->tail.more_pages - 1 : w->page_number;

    for (uint32_t part = w->page_part; part < PAGE_PARTS; part++)
        w->page.ends[part] = (uint16_t)w->page_count;
    if (more) {
        if (w->tail.more_pages >= UINT32_MAX - 1)
            return err_set(e, ERR_LIMIT, 0, "too many keys that begin alike for an index");
        w->tail.more_pages++;
        w->page.more = (uint32_t)w->tail.more_pages;
    }
    w->page.sum = page_sum(&w->page, number);
    return stream_add(w, to, (str){(const char *)&w->page, sizeof w->page}, e);
}

static bool pages_until(struct index_writer *w, uint64_t number, struct err *e) {
    for (; w->page_number < number; w->page_number++) {
        if (!page_end(w, false, e))
            return false;
        page_begin(w, false);
    }
    return true;
}

static bool presence_key(struct index_writer *w, uint64_t key, struct err *e) {
    uint64_t rest;
    uint64_t const number = index_place(key, w->tail.pages, &rest);
    uint32_t const part = page_part(rest);
    uint16_t const remainder = page_remainder(rest);

    if (!pages_until(w, number, e))
        return false;
    bool const same = w->page_count && part == w->page_part && remainder == w->page_last;

    if (same)
        return true;
    if (w->page_count == PAGE_ROOM) {
        if (!page_end(w, true, e))
            return false;
        page_begin(w, true);
    }
    for (; w->page_part < part; w->page_part++)
        w->page.ends[w->page_part] = (uint16_t)w->page_count;
    w->page.remainders[w->page_count++] = remainder;
    w->page_last = remainder;
    return true;
}

/* ---- exact ---- */

uint64_t index_block_count(uint64_t keys, unsigned zeros, uint32_t *key_bytes) {
    uint64_t blocks = keys / BLOCK_KEYS + 1;

    *key_bytes = 8;
    for (uint32_t bytes = 7; bytes > 0; bytes--) {
        uint64_t const least = (uint64_t)1 << (64 - zeros > 8 * bytes ? 64 - zeros - 8 * bytes : 0); /* or more */

        if (keys / BLOCK_KEYS_LEAST < least)
            break;
        blocks = blocks < least ? least : blocks;
        *key_bytes = bytes;
    }
    assert(index_block_fits(blocks, zeros, *key_bytes));
    return blocks;
}

static bool long_flush(struct index_writer *w, struct err *e) {
    if (w->longer.failed)
        return no_memory(e);
    bool const ok = stream_add(w, &w->streams[SECTION_LONG], buf_str(&w->longer), e);

    w->longer.len = 0;
    return ok;
}

static bool block_end(struct index_writer *w, struct err *e) {
    struct stream *const to = &w->streams[SECTION_BLOCKS];
    uint64_t const at = to->size;
    uint32_t head[2] = {0, w->block_count};

    buf_add(&w->keys, buf_str(&w->postings));
    if (w->keys.failed || w->postings.failed)
        return no_memory(e);
    memcpy(w->keys.ptr, head, sizeof head);
    head[0] = index_sum(str_from(buf_str(&w->keys), 4), w->block_number);
    memcpy(w->keys.ptr, head, 4);
    if (!stream_add(w, &w->streams[SECTION_DIRECTORY], (str){(const char *)&at, sizeof at}, e) ||
        !stream_add(w, to, buf_str(&w->keys), e))
        return false;
    w->keys.len = BLOCK_HEAD;
    w->postings.len = 0;
    w->block_count = 0;
    return true;
}

static bool blocks_until(struct index_writer *w, uint64_t number, struct err *e) {
    if (w->block_number == number)
        return true;
    for (; w->block_number < number; w->block_number++)
        if (!block_end(w, e))
            return false;
    w->block_first = number < w->tail.blocks ? index_block_first(number, w->tail.blocks, w->tail.zeros) : 0;
    return true;
}

static bool exact_key(struct index_writer *w, uint64_t key, struct index_posting p, struct err *e) {
    uint64_t rest;

    if (!blocks_until(w, index_place(key, w->tail.blocks, &rest), e))
        return false;
    if (w->block_count == KEYS_PER_BLOCK_MAX)
        return err_set(e, ERR_LIMIT, 0, "too many keys that begin alike for an index");
    uint64_t const rel = (key - w->block_first) >> w->tail.zeros;

    buf_add(&w->keys, (str){(const char *)&rel, w->tail.key_bytes});
    if (!(w->tail.flags & INDEX_ONE))
        index_posting_put(&w->postings, p, w->segment_count, &w->longer, w->streams[SECTION_LONG].size);
    w->block_count++;
    if (w->keys.failed || w->postings.failed)
        return no_memory(e);
    return w->longer.len < CHUNK || long_flush(w, e);
}

/* ---- the writer ---- */

bool index_writer_new(struct index_writer **out, const struct index_options *options, struct err *e) {
    struct index_writer *const w = calloc(1, sizeof *w);
    size_t const memory = options->memory_max ? options->memory_max : MEMORY;

    assert(options->segment_count && options->segment_count <= INDEX_SEGMENTS_MAX && options->zeros <= INDEX_ZEROS_MAX);
    if (!w)
        return no_memory(e);
    w->options = *options;
    w->segment_count = (uint32_t)options->segment_count;
    if (!(w->segments = malloc(options->segment_count * sizeof *w->segments))) {
        no_memory(e);
        goto fail;
    }
    memcpy(w->segments, options->segments, options->segment_count * sizeof *w->segments);
    for (size_t i = 1; i < options->segment_count; i++)
        assert(w->segments[i - 1] < w->segments[i]);
    w->first = options->presence_only ? SECTION_PRESENCE : SECTION_BLOCKS;
    for (unsigned i = 0; i <= SECTIONS; i++)
        if (i != (unsigned)w->first &&
            !tape_new(i < SECTIONS ? &w->streams[i].tape : &w->more.tape, memory / (SECTIONS + 1), options->folder, e))
            goto fail;
    w->tail = (struct packed_tail){
        .made = options->made,
        .pages = options->keys / PAGE_KEYS + 1,
        .segments = w->segment_count,
        .zeros = options->zeros,
        .flags = (options->presence_only ? 0 : INDEX_EXACT) | (w->segment_count == 1 ? INDEX_ONE : 0),
        .version = INDEX_VERSION,
        .magic = INDEX_MAGIC,
    };
    if (!options->presence_only)
        w->tail.blocks = index_block_count(options->keys, options->zeros, &w->tail.key_bytes);
    page_begin(w, false);
    if (!buf_reserve(&w->keys, BLOCK_HEAD)) {
        no_memory(e);
        goto fail;
    }
    if (options->writing && !sealed_writer_new(&w->sealed, options->writing, options->to ? options->to : &w->going, e))
        goto fail;
    w->keys.len = BLOCK_HEAD;
    *out = w;
    return true;
fail:
    index_writer_free(w);
    return false;
}

void index_writer_free(struct index_writer *w) {
    if (!w)
        return;
    for (unsigned i = 0; i < SECTIONS; i++)
        stream_free(&w->streams[i]);
    stream_free(&w->more);
    sealed_writer_free(w->sealed);
    buf_free(&w->going);
    buf_free(&w->keys);
    buf_free(&w->postings);
    buf_free(&w->longer);
    buf_free(&w->addresses);
    free(w->segments);
    free(w);
}

bool index_writer_key(struct index_writer *w, uint64_t key, struct index_posting segments, struct err *e) {
    assert(!w->any_address && (!w->any || key > w->last) && !(key & (((uint64_t)1 << w->tail.zeros) - 1)));
    w->any = true;
    w->last = key;
    w->tail.keys++;
    return presence_key(w, key, e) && (w->options.presence_only || exact_key(w, key, segments, e));
}

/* ---- addresses ---- */

address_key index_address_key(const struct address *a) {
    uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};

    if (a->family == 4)
        memcpy(bytes + 12, a->bytes, 4);
    else
        memcpy(bytes, a->bytes, 16);
    return address_key_get(bytes);
}

static bool address_block_end(struct index_writer *w, struct err *e) {
    uint32_t head[2] = {0, w->address_count};

    if (!w->address_count)
        return true;
    if (w->addresses.failed)
        return no_memory(e);
    memcpy(w->addresses.ptr, head, sizeof head);
    head[0] = index_sum(str_from(buf_str(&w->addresses), 4), w->tail.address_blocks);
    memcpy(w->addresses.ptr, head, 4);
    if (!stream_add(w, &w->streams[SECTION_ADDRESSES], buf_str(&w->addresses), e))
        return false;
    w->addresses.len = 0;
    w->address_count = 0;
    w->tail.address_blocks++;
    return true;
}

bool index_writer_address(struct index_writer *w, const struct address *address, struct index_posting segments,
                          struct err *e) {
    address_key const key = index_address_key(address);

    assert(!w->any_address || key > w->last_address);
    if (w->options.presence_only)
        return true;
    if (w->address_count == ADDRESS_BLOCK && !address_block_end(w, e))
        return false;
    if (!w->address_count) {
        struct packed_address_block entry = {.at = w->streams[SECTION_ADDRESSES].size};

        address_key_put(entry.first, key);
        if (!stream_add(w, &w->streams[SECTION_ADDRESS_DIRECTORY], (str){(const char *)&entry, sizeof entry}, e))
            return false;
        if (!buf_reserve(&w->addresses, ADDRESS_BLOCK_HEAD))
            return no_memory(e);
        w->addresses.len = ADDRESS_BLOCK_HEAD;
    } else {
        address_key more = key - w->last_address - 1;

        for (; more >> 7; more >>= 7)
            buf_byte(&w->addresses, (char)(uint8_t)(more | 128));
        buf_byte(&w->addresses, (char)more);
    }
    if (!(w->tail.flags & INDEX_ONE))
        index_posting_put(&w->addresses, segments, w->segment_count, &w->longer, w->streams[SECTION_LONG].size);
    w->address_count++;
    w->tail.addresses++;
    w->any_address = true;
    w->last_address = key;
    if (w->addresses.failed)
        return no_memory(e);
    return w->longer.len < CHUNK || long_flush(w, e);
}

/* ---- the end ---- */

static bool section_out(struct index_writer *w, enum index_section n, struct err *e) {
    struct stream *const s = &w->streams[n];

    if (n == w->first) {
        w->tail.section[n].at = 0;
    } else {
        if (!out_align(w, n == SECTION_PRESENCE ? PAGE_BYTES : INDEX_ALIGN, e))
            return false;
        w->tail.section[n].at = w->at;
        if (!stream_out(w, s, e))
            return false;
    }
    w->tail.section[n].size = s->size;
    if (n == SECTION_PRESENCE) {
        if (!stream_out(w, &w->more, e))
            return false;
        w->tail.section[n].size += w->more.size;
    }
    return true;
}

static bool sum_of(struct stream *s, uint64_t *sum, struct err *e) {
    struct buf all = {0};
    struct tape_reader r = {0};
    str record;

    if (!stream_flush(s, e))
        return false;
    tape_read(&r, s->tape, 0, tape_end(s->tape));
    e->code = ERR_NONE;
    while (tape_next(&r, &record, e))
        buf_add(&all, record);
    tape_reader_free(&r);
    *sum = hash_sum(buf_str(&all));
    bool const failed = all.failed;

    buf_free(&all);
    return failed ? no_memory(e) : e->code == ERR_NONE;
}

static bool segments_put(struct index_writer *w, struct err *e) {
    struct buf numbers = {0};

    for (size_t i = 0; i < w->segment_count; i++)
        varint_put(&numbers, i ? w->segments[i] - w->segments[i - 1] : w->segments[i]);
    bool const ok = numbers.failed ? no_memory(e) : stream_add(w, &w->streams[SECTION_SEGMENTS], buf_str(&numbers), e);

    buf_free(&numbers);
    return ok;
}

bool index_writer_finish(struct index_writer *w, struct err *e) {
    struct packed_address_block end = {.at = 0};

    if (!pages_until(w, w->tail.pages, e))
        return false;
    if (!w->options.presence_only) {
        if (!blocks_until(w, w->tail.blocks, e) || !long_flush(w, e) || !address_block_end(w, e))
            return false;
        uint64_t const blocks_end = w->streams[SECTION_BLOCKS].size;

        end.at = w->streams[SECTION_ADDRESSES].size;
        memset(end.first, 0xff, sizeof end.first);
        if (!stream_add(w, &w->streams[SECTION_DIRECTORY], (str){(const char *)&blocks_end, 8}, e) ||
            !stream_add(w, &w->streams[SECTION_ADDRESS_DIRECTORY], (str){(const char *)&end, sizeof end}, e))
            return false;
    }
    if (!segments_put(w, e) || !sum_of(&w->streams[SECTION_SEGMENTS], &w->tail.section[SECTION_SEGMENTS].sum, e) ||
        !sum_of(&w->streams[SECTION_ADDRESS_DIRECTORY], &w->tail.section[SECTION_ADDRESS_DIRECTORY].sum, e))
        return false;
    for (unsigned n = 0; n < SECTIONS; n++)
        if (!section_out(w, (enum index_section)n, e))
            return false;
    if (!out_align(w, INDEX_ALIGN, e))
        return false;
    w->tail.size = w->at + sizeof w->tail;
    w->tail.sum = hash_sum((str){(const char *)&w->tail + 8, sizeof w->tail - 8});
    if (!out_add(w, (str){(const char *)&w->tail, sizeof w->tail}, e) ||
        (w->sealed && !sealed_writer_end(w->sealed, e)))
        return false;
    return w->options.to || going_flush(w, e);
}
