/* index_run: a run is opened, and its parts are checked when they are first looked at.
 *
 * The file is mapped. To read a mapping of a disk that fails ends the process; so each part of the file is populated first
 * (MADV_POPULATE_READ, Linux 5.14: it fails instead), and for many at once the disk is asked beforehand (MADV_WILLNEED). What has been
 * there once may be dropped from memory and read in again without being asked for; that much is left to the disk. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/index_own.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

bool index_damaged(const struct index_run *r, const void *at, struct err *e, const char *what) {
    uint64_t const offset = (uint64_t)((const char *)at - r->bytes.ptr);

    return err_set(e, ERR_CORRUPT, offset, "index %s: %s at byte %llu; make it again from its segments", r->name, what,
                   (unsigned long long)offset);
}

bool index_damage(struct index_hits *h, const struct err *e) {
    if (!h->damaged++)
        h->damage = *e;
    return false;
}

/* ---- parts of the file ---- */

static size_t unit_of(const struct index_run *r, const char *at) {
    return (size_t)(at - r->bytes.ptr) / PAGE_BYTES;
}

static bool unit_there(const struct index_run *r, size_t unit) {
    return r->there[unit / 64] >> unit % 64 & 1;
}

/* Where units lie in the mapping, in whole pages of memory. */
static str units_where(const struct index_run *r, size_t from, size_t to) {
    const char *const base = r->mapped;

    if (!r->sealed)
        return (str){base + from * PAGE_BYTES, (to - from) * PAGE_BYTES};
    str const first = sealed_piece(r->sealed, from * PAGE_BYTES), last = sealed_piece(r->sealed, (to - 1) * PAGE_BYTES);
    size_t const at = (size_t)(first.ptr - base) / PAGE_BYTES * PAGE_BYTES;

    return (str){base + at, (size_t)(last.ptr + last.len - base) - at};
}

void index_run_soon(const struct index_run *r, const char *at, size_t size) {
    if (!r->there || !size)
        return;
    size_t from = unit_of(r, at), to = unit_of(r, at + size - 1) + 1;

    while (from < to && unit_there(r, from))
        from++;
    while (to > from && unit_there(r, to - 1))
        to--;
    if (from < to) {
        str const where = units_where(r, from, to);

        (void)madvise((void *)(uintptr_t)where.ptr, where.len, MADV_WILLNEED);
    }
}

bool index_run_need(struct index_run *r, const char *at, size_t size, struct err *e) {
    if (!r->there || !size)
        return true;
    size_t from = unit_of(r, at), to = unit_of(r, at + size - 1) + 1;

    while (from < to && unit_there(r, from))
        from++;
    while (to > from && unit_there(r, to - 1))
        to--;
    if (from == to)
        return true;
    str const where = units_where(r, from, to);

    if (madvise((void *)(uintptr_t)where.ptr, where.len, MADV_POPULATE_READ) != 0 &&
        errno != EINVAL) { /* an older kernel */
        size_t const offset = (size_t)(where.ptr - (const char *)r->mapped);

        err_system(e, "index %s: byte %zu cannot be read", r->name, offset);
        e->offset = offset;
        return false;
    }
    if (r->sealed) {
        size_t const end = to * PAGE_BYTES < r->bytes.len ? to * PAGE_BYTES : r->bytes.len;

        if (!sealed_need(r->sealed, from * PAGE_BYTES, end - from * PAGE_BYTES, e))
            return false;
    }
    for (size_t unit = from; unit < to; unit++)
        r->there[unit / 64] |= (uint64_t)1 << unit % 64;
    return true;
}

enum page_state index_page_check(struct index_run *r, uint64_t page, struct err *e) {
    const struct packed_page *const p = &r->pages[page];
    uint16_t before = 0;

    r->states[page] = PAGE_BAD;
    if (!index_run_need(r, (const char *)p, sizeof *p, e))
        return PAGE_BAD;
    if (p->sum != page_sum(p, page)) {
        index_damaged(r, p, e, "checksum of a page differs");
        return PAGE_BAD;
    }
    for (unsigned i = 0; i < PAGE_PARTS; before = p->ends[i++])
        if (p->ends[i] < before || p->ends[i] > PAGE_ROOM) {
            index_damaged(r, p, e, "a page contradicts itself");
            return PAGE_BAD;
        }
    /* Rising, so that no chain is endless. */
    if (p->more && (p->more > r->tail.more_pages || (page >= r->tail.pages && p->more <= page - r->tail.pages + 1))) {
        index_damaged(r, p, e, "a page goes on outside");
        return PAGE_BAD;
    }
    return r->states[page] = p->more ? PAGE_MORE : PAGE_GOOD;
}

/* ---- blocks ---- */

static uint64_t directory_get(const struct index_run *r, uint64_t n) {
    uint64_t at;

    memcpy(&at, run_section(r, SECTION_DIRECTORY).ptr + n * sizeof at, sizeof at);
    return at;
}

/* Sum, count, body. */
static bool packed_block(struct index_run *r, const char *at, size_t size, uint64_t number, uint32_t *count, str *body,
                         struct err *e) {
    uint32_t sum;

    if (!index_run_need(r, at, size, e))
        return false;
    memcpy(&sum, at, 4);
    memcpy(count, at + 4, 4);
    *body = (str){at + 8, size - 8};
    return sum == index_sum((str){at + 4, size - 4}, number) || index_damaged(r, at, e, "checksum of a block differs");
}

bool index_block_get(struct index_run *r, uint64_t n, struct block_view *out, struct err *e) {
    str const directory = run_section(r, SECTION_DIRECTORY), blocks = run_section(r, SECTION_BLOCKS);
    const char *const entry = directory.ptr + n * 8;
    str body;

    assert(n < r->tail.blocks);
    if (!index_run_need(r, entry, 16, e))
        return false;
    uint64_t const from = directory_get(r, n), to = directory_get(r, n + 1);

    if (from > to || to > blocks.len || to - from < BLOCK_HEAD)
        return index_damaged(r, entry, e, "a block lies outside");
    if (!packed_block(r, blocks.ptr + from, to - from, n, &out->count, &body, e))
        return false;
    if (out->count > body.len / r->tail.key_bytes)
        return index_damaged(r, blocks.ptr + from, e, "a block contradicts itself");
    out->keys = body.ptr;
    out->postings = str_from(body, (size_t)out->count * r->tail.key_bytes);
    out->first = index_block_first(n, r->tail.blocks, r->tail.zeros);
    return true;
}

bool index_long_get(struct index_run *r, uint64_t at, struct index_hits *h, bool *out_of, struct err *e) {
    str const all = run_section(r, SECTION_LONG);
    uint32_t const segments = r->tail.segments;
    uint64_t count, first;
    uint32_t size;
    str body;

    *out_of = false;
    if (at > all.len || all.len - at < LONG_HEAD)
        return index_damaged(r, all.ptr, e, "a list of segments lies outside");
    const char *const from = all.ptr + at;

    if (!index_run_need(r, from, LONG_HEAD, e))
        return false;
    memcpy(&size, from + 4, 4);
    if (size > all.len - at - LONG_HEAD)
        return index_damaged(r, from, e, "a list of segments lies outside");
    if (!packed_block(r, from, LONG_HEAD + (size_t)size, at, &size, &body, e))
        return false;
    if (!body.len)
        return index_damaged(r, from, e, "a list of segments is empty");
    uint8_t const form = (uint8_t)*body.ptr;

    body = str_from(body, 1);
    if (form == LONG_LIST && varint_take(&body, &count) && count && count <= segments && varint_take(&body, &first) &&
        first < segments) {
        struct posting_view const v = {.count = (uint32_t)count, .first = (uint32_t)first, .rest = body};
        bool good = true;

        if (index_posting_places(&v, segments, h, &good))
            return true;
        *out_of = good;
    } else if (form == LONG_BITS && varint_take(&body, &first) && first < segments &&
               body.len <= ((size_t)segments - first) / 8 + 1) {
        bool inside = true;

        for (size_t i = 0; i < body.len * 8; i++)
            if (body.ptr[i / 8] >> i % 8 & 1) {
                inside &= first + i < segments;
                if (inside && !hits_place(h, (uint32_t)(first + i))) {
                    *out_of = true;
                    break;
                }
            }
        if (inside && !*out_of)
            return true;
    }
    return *out_of ? err_set(e, ERR_MEMORY, 0, "no memory for an index")
                   : index_damaged(r, from, e, "a list of segments contradicts itself");
}

/* ---- addresses ---- */

bool index_address_directory(struct index_run *r, struct err *e) {
    str const all = run_section(r, SECTION_ADDRESS_DIRECTORY);
    struct packed_address_block b, before = {.at = 0};

    if (r->directory_good)
        return true;
    if (!index_run_need(r, all.ptr, all.len, e))
        return false;
    if (hash_sum(all) != r->tail.section[SECTION_ADDRESS_DIRECTORY].sum)
        return index_damaged(r, all.ptr, e, "checksum of the addresses' directory differs");
    for (size_t i = 0; i <= r->tail.address_blocks; before = b, i++) {
        memcpy(&b, all.ptr + i * sizeof b, sizeof b);
        if (b.at < before.at || b.at > run_section(r, SECTION_ADDRESSES).len ||
            (i && memcmp(before.first, b.first, sizeof b.first) > 0))
            return index_damaged(r, all.ptr + i * sizeof b, e, "the addresses' directory contradicts itself");
    }
    return r->directory_good = true;
}

bool index_address_block(struct index_run *r, uint64_t n, uint32_t *count, str *body, struct err *e) {
    const char *const directory =
        run_section(r, SECTION_ADDRESS_DIRECTORY).ptr + n * sizeof(struct packed_address_block);
    str const all = run_section(r, SECTION_ADDRESSES);
    struct packed_address_block b[2];

    assert(n < r->tail.address_blocks);
    memcpy(b, directory, sizeof b);
    if (b[1].at - b[0].at < ADDRESS_BLOCK_HEAD)
        return index_damaged(r, directory, e, "a block of addresses lies outside");
    if (!packed_block(r, all.ptr + b[0].at, b[1].at - b[0].at, n, count, body, e))
        return false;
    return (*count && *count <= ADDRESS_BLOCK) ||
           index_damaged(r, all.ptr + b[0].at, e, "a block of addresses contradicts itself");
}

bool index_address_take(str *body, bool first, bool one, uint32_t segments, address_key *address,
                        struct posting_view *posting) {
    if (!first) {
        address_key more = 0;
        unsigned shift = 0;

        for (;; shift += 7) {
            if (!body->len || shift > 126)
                return false;
            uint8_t const c = (uint8_t)*body->ptr;

            *body = str_from(*body, 1);
            if (shift == 126 && c > 3)
                return false;
            more |= (address_key)(c & 127) << shift;
            if (c < 128)
                break;
        }
        if (more >= ~*address)
            return false;
        *address += more + 1;
    }
    if (one) {
        *posting = (struct posting_view){.count = 1};
        return true;
    }
    return index_posting_take(body, segments, posting);
}

/* ---- opening ---- */

/* What opening looks at is read, not mapped: a disk that fails later does not end it. fd: -1: the bytes are there. */
static bool opening_read(struct index_run *r, int fd, uint64_t at, void *out, size_t size, struct err *e) {
    size_t done = 0;

    if (r->sealed && !index_run_need(r, r->bytes.ptr + at, size, e))
        return false;
    if (r->sealed)
        fd = -1;
    if (fd < 0)
        memcpy(out, r->bytes.ptr + at, size);
    while (fd >= 0 && done < size) {
        ssize_t const n = pread(fd, (char *)out + done, size - done, (off_t)(at + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "index %s", r->name);
        if (n == 0)
            return err_set(e, ERR_TRUNCATED, at + done, "index %s: it ends too soon", r->name);
        done += (size_t)n;
    }
    return true;
}

static bool tail_good(struct index_run *r, int fd, struct err *e) {
    struct packed_tail *const t = &r->tail;
    const char *const at = r->bytes.ptr + r->bytes.len - sizeof *t;

    if (r->bytes.len < sizeof *t)
        return err_set(e, ERR_TRUNCATED, r->bytes.len, "index %s: it ends too soon", r->name);
    if (!opening_read(r, fd, r->bytes.len - sizeof *t, t, sizeof *t, e))
        return false;
    if (memcmp(t->magic, INDEX_MAGIC, sizeof t->magic) != 0)
        return err_set(e, ERR_TRUNCATED, r->bytes.len,
                       "index %s: it ends otherwise: no index, or cut short; make it again from its segments", r->name);
    if (t->version != INDEX_VERSION)
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "index %s: version %u, and this is Longwatch for version %u; make it again from its segments",
                       r->name, t->version, INDEX_VERSION);
    if (t->sum != hash_sum((str){(const char *)t + 8, sizeof *t - 8}) || t->size != r->bytes.len)
        return index_damaged(r, at, e, "checksum of the end differs");
    uint64_t const body = t->size - sizeof *t;

    for (unsigned i = 0; i < SECTIONS; i++)
        if (t->section[i].at > body || t->section[i].size > body - t->section[i].at)
            return index_damaged(r, at, e, "a section lies outside");
    bool const exact = t->flags & INDEX_EXACT;
    uint64_t const presence = t->section[SECTION_PRESENCE].size / PAGE_BYTES;
    uint64_t const directory = t->section[SECTION_DIRECTORY].size / 8;
    uint64_t const addresses = t->section[SECTION_ADDRESS_DIRECTORY].size / sizeof(struct packed_address_block);

    if (!t->pages || t->pages > presence || t->more_pages != presence - t->pages || t->more_pages > UINT32_MAX ||
        t->section[SECTION_PRESENCE].size % PAGE_BYTES || t->section[SECTION_PRESENCE].at % PAGE_BYTES ||
        t->section[SECTION_DIRECTORY].size % 8 || !t->segments || t->segments > INDEX_SEGMENTS_MAX ||
        t->zeros > INDEX_ZEROS_MAX || ((t->flags & INDEX_ONE) != 0) != (t->segments == 1) ||
        (t->flags & ~(unsigned)(INDEX_EXACT | INDEX_ONE)) ||
        (exact ? !t->blocks || t->blocks > UINT64_MAX / 16 || t->blocks + 1 != directory ||
                     !index_block_fits(t->blocks, t->zeros, t->key_bytes) ||
                     t->keys > t->section[SECTION_BLOCKS].size / t->key_bytes ||
                     t->addresses > t->section[SECTION_ADDRESSES].size || t->address_blocks + 1 != addresses ||
                     t->section[SECTION_ADDRESS_DIRECTORY].size % sizeof(struct packed_address_block)
               : t->blocks || directory || t->address_blocks || addresses))
        return index_damaged(r, at, e, "the end contradicts itself");
    return true;
}

static bool segments_good(struct index_run *r, int fd, struct err *e) {
    str const section = run_section(r, SECTION_SEGMENTS);
    char *const copy = malloc(section.len ? section.len : 1);
    uint64_t n, last = 0;
    bool good;

    if (!copy || !(r->segments = malloc(r->tail.segments * sizeof *r->segments))) {
        free(copy);
        return err_set(e, ERR_MEMORY, 0, "no memory for an index");
    }
    if (!opening_read(r, fd, r->tail.section[SECTION_SEGMENTS].at, copy, section.len, e)) {
        free(copy);
        return false;
    }
    str all = {copy, section.len};

    good = hash_sum(all) == r->tail.section[SECTION_SEGMENTS].sum;
    for (uint32_t i = 0; good && i < r->tail.segments; i++) {
        good = varint_take(&all, &n) && (!i || n) && n <= UINT32_MAX - last;
        last += good ? n : 0;
        r->segments[i] = (uint32_t)last;
    }
    good = good && !all.len;
    free(copy);
    return good || index_damaged(r, section.ptr, e, "the list of segments is damaged");
}

static enum index_speed speed_here(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return INDEX_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return INDEX_AVX2;
#endif
    return INDEX_PLAIN;
}

enum index_speed index_run_speed(struct index_run *r, enum index_speed at_most) {
    enum index_speed const here = speed_here();

    return r->speed = at_most < here ? at_most : here;
}

/* In the clear, piece by piece. Its head is read, not mapped, before it is looked at. */
static bool unseal(struct index_run *r, int fd, const struct key_set *keys, struct err *e) {
    char head[SEALED_HEAD];

    if (!opening_read(r, fd, 0, head, sizeof head < r->bytes.len ? sizeof head : r->bytes.len, e) ||
        !sealed_begins((str){head, sizeof head < r->bytes.len ? sizeof head : r->bytes.len}))
        return e->code == ERR_NONE;
    if (madvise(r->mapped, SEALED_HEAD, MADV_POPULATE_READ) != 0 && errno != EINVAL)
        return err_system(e, "index %s", r->name);
    if (!sealed_open(&r->sealed, r->bytes, keys, str_of(r->name), e))
        return err_wrap(e, "index");
    r->bytes = sealed_bytes(r->sealed);
    return true;
}

static bool run_new(struct index_run **out, str bytes, void *mapped, int fd, str name, const struct key_set *keys,
                    struct err *e) {
    struct index_run *const r = calloc(1, sizeof *r);

    if (!r || !(r->name = malloc(name.len + 1))) {
        free(r);
        if (mapped)
            munmap(mapped, bytes.len);
        return err_set(e, ERR_MEMORY, 0, "no memory for an index");
    }
    memcpy(r->name, name.ptr, name.len);
    r->name[name.len] = '\0';
    r->bytes = bytes;
    r->mapped = mapped;
    r->file_size = bytes.len;
    r->speed = speed_here();
    e->code = ERR_NONE;
    if (mapped && !unseal(r, fd, keys, e))
        goto fail;
    if (mapped && !(r->there = calloc(bytes.len / PAGE_BYTES / 64 + 1, sizeof *r->there))) {
        err_set(e, ERR_MEMORY, 0, "no memory for an index");
        goto fail;
    }
    if (!tail_good(r, fd, e) || !segments_good(r, fd, e))
        goto fail;
    r->pages = (const struct packed_page *)(const void *)run_section(r, SECTION_PRESENCE).ptr;
    if (!(r->states = calloc(r->tail.pages + r->tail.more_pages, 1))) {
        err_set(e, ERR_MEMORY, 0, "no memory for an index");
        goto fail;
    }
    *out = r;
    return true;
fail:
    index_run_close(r);
    return false;
}

bool index_run_of(struct index_run **out, str bytes, str name, struct err *e) {
    if ((uintptr_t)bytes.ptr % INDEX_ALIGN)
        return err_set(e, ERR_CORRUPT, 0, "index %.*s: it is not aligned", STR_ARG(name));
    return run_new(out, bytes, NULL, -1, name, NULL, e);
}

bool index_run_open_file(struct index_run **out, int fd, str name, const struct key_set *keys, struct err *e) {
    struct stat about;
    void *mapped;

    if (fstat(fd, &about) != 0)
        return err_system(e, "index %.*s", STR_ARG(name));
    if (!S_ISREG(about.st_mode) || (size_t)about.st_size < sizeof(struct packed_tail))
        return err_set(e, ERR_TRUNCATED, 0, "index %.*s: it is too short", STR_ARG(name));
    if ((mapped = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED)
        return err_system(e, "index %.*s", STR_ARG(name));
    (void)madvise(mapped, (size_t)about.st_size, MADV_RANDOM);
    return run_new(out, (str){mapped, (size_t)about.st_size}, mapped, fd, name, keys, e);
}

bool index_run_open(struct index_run **out, const char *path, struct err *e) {
    int const fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return err_system(e, "index %s", path);
    bool const ok = index_run_open_file(out, fd, str_of(path), NULL, e);

    close(fd);
    return ok;
}

void index_run_close(struct index_run *r) {
    if (!r)
        return;
    if (r->mapped)
        munmap(r->mapped, r->file_size);
    sealed_close(r->sealed);
    free(r->name);
    free(r->segments);
    free(r->states);
    free(r->there);
    free(r);
}

struct index_info index_run_info(const struct index_run *r) {
    const struct packed_tail *const t = &r->tail;

    return (struct index_info){
        .made = t->made,
        .size = r->file_size,
        .keys = t->keys,
        .addresses = t->addresses,
        .presence_bytes = t->section[SECTION_PRESENCE].size,
        .exact_bytes =
            t->section[SECTION_BLOCKS].size + t->section[SECTION_DIRECTORY].size + t->section[SECTION_LONG].size,
        .segments = r->segments,
        .segment_count = t->segments,
        .zeros = t->zeros,
        .exact = t->flags & INDEX_EXACT,
    };
}
