/* evtx: a file of chunks, a chunk of records; what is damaged, what is left over.
 *
 *   file     0 "ElfFile\0"; 120 flags u32 (1 dirty, 4 no checksums); 124 CRC-32 of the first 120 bytes; 4096 first chunk
 *   chunk    65536 bytes. 0 "ElfChnk\0"; 44 last record's offset u32; 48 free space offset u32; 52 CRC-32 of the records,
 *            [512, free space); 120 flags u32; 124 CRC-32 of bytes 0 to 119 and 128 to 511; 128 string table;
 *            384 template table; 512 records
 *   record   0 "**\0\0"; 4 size u32; 8 record number u64; 16 written FILETIME u64; 24 binary XML; last four bytes: size again
 *
 * The file header counts chunks as of the last clean shutdown, so it is not believed: chunks are where they can be, and
 * whatever else is there is damage, unless it is all zero: room that was never used.
 *
 * Behind the free space offset lie remains of records that once were: older ones of a chunk that was used again, or the
 * newest ones of a log that was not closed. They are handed over as salvaged when everything about them is right.
 *
 * With no checksums (flag 4) Windows writes none into the chunks either. A part of a file does not see the file's header, so
 * the chunk's own copy of the flag counts; a checksum of zero counts as none, too. */
#include "reader/evtx.h"

#include <assert.h>

#include "base/crc32.h"
#include "reader/evtx_own.h"

enum {
    FILE_HEAD = 4096,
    FLAG_NO_CRC = 4,
    PART_CHUNKS = 64,
    /* False records among remains cost time: so many bytes of them, then the chunk's remains are left. */
    FALSE_BYTES_MAX = 4 * EVTX_CHUNK_SIZE
};
/* When events can have been logged: 2001 to 2100. Vista, the first to write this format, is of 2006. */
#define WRITTEN_FIRST (INT64_C(978307200) * 1000000000)
#define WRITTEN_LAST (INT64_C(4102444800) * 1000000000)

static const str chunk_magic = STR("ElfChnk\0"), file_magic = STR("ElfFile\0");
static const char record_magic[4] = {'*', '*', 0, 0};

struct scan {
    struct event_sink *to;
    struct evtx_decoder *decoder;
    struct err *e;
    uint64_t offset; /* of the chunk in the source */
    str chunk;
};

static uint32_t u32_at(str s, size_t at) {
    uint32_t n;

    memcpy(&n, s.ptr + at, sizeof n);
    return n;
}

static void damage(const struct scan *s, size_t at, size_t size, const char *why) {
    s->to->damage(s->to, s->offset + at, size, why);
}

static bool all_zero(str s) {
    return s.len == 0 || (s.ptr[0] == 0 && memcmp(s.ptr, s.ptr + 1, s.len - 1) == 0);
}

/* ---- records ---- */

/* NULL, and the size of the record at `at` that ends within [at, end); or what is wrong. */
static const char *record_check(str chunk, size_t at, size_t end, uint32_t *size) {
    if (end - at < EVTX_RECORD_MIN)
        return "too few bytes for a record";
    if (memcmp(chunk.ptr + at, record_magic, sizeof record_magic) != 0)
        return "record magic is missing";
    *size = u32_at(chunk, at + 4);
    if (*size == 0)
        return "record size is zero";
    if (*size < EVTX_RECORD_MIN)
        return "record size is too small";
    if (*size > end - at)
        return "record passes the end of its chunk";
    if (u32_at(chunk, at + *size - 4) != *size)
        return "record size differs from its copy";
    return NULL;
}

/* The first place from `at` on where a whole record may be, or end. */
static size_t record_find(str chunk, size_t at, size_t end) {
    uint32_t size;

    while (at < end) {
        const char *const star = memchr(chunk.ptr + at, '*', end - at);

        if (!star)
            break;
        at = (size_t)(star - chunk.ptr);
        if (!record_check(chunk, at, end, &size))
            return at;
        at++;
    }
    return end;
}

/* False: the sink stopped. *why: NULL, or why there is no record. */
static bool record_give(struct scan *s, size_t at, uint32_t size, bool salvage, const char **why) {
    struct record r;
    const char *cut;

    *why = NULL;
    if (!evtx_decode(s->decoder, (uint32_t)at, size, salvage, &r, &cut, why))
        return true;
    if (UNLIKELY(cut))
        damage(s, at, 0, cut);
    r.offset = s->offset + at;
    return s->to->record(s->to, &r, s->e);
}

static bool live_read(struct scan *s, size_t end) {
    for (size_t at = EVTX_CHUNK_HEAD; at < end;) {
        uint32_t size;
        const char *why = record_check(s->chunk, at, end, &size);
        size_t next;

        if (LIKELY(!why)) {
            if (!record_give(s, at, size, false, &why))
                return false;
            next = at + size;
        } else {
            next = record_find(s->chunk, at + 1, end);
        }
        if (UNLIKELY(why))
            damage(s, at, next - at, why);
        at = next;
    }
    return true;
}

static bool written_is_plausible(str chunk, size_t at) {
    uint64_t ticks;

    memcpy(&ticks, chunk.ptr + at + 16, sizeof ticks);
    int64_t const written = instant_from_filetime(ticks);

    return written >= WRITTEN_FIRST && written <= WRITTEN_LAST;
}

static bool remains_read(struct scan *s, size_t from) {
    size_t const end = s->chunk.len;
    size_t wrong = 0;

    for (size_t at = from; (at = record_find(s->chunk, at, end)) < end;) {
        uint32_t const size = u32_at(s->chunk, at + 4);
        const char *why = "time";

        if (written_is_plausible(s->chunk, at) && !record_give(s, at, size, true, &why))
            return false;
        if (!why) {
            at += size;
            continue;
        }
        at++;
        if ((wrong += size) > FALSE_BYTES_MAX) {
            damage(s, at, 0, "remains of too many broken records");
            break;
        }
    }
    return true;
}

/* ---- chunks ---- */

static void checksums_verify(const struct scan *s, size_t free_space) {
    uint32_t const head = u32_at(s->chunk, 124), records = u32_at(s->chunk, 52);

    if (u32_at(s->chunk, 120) & FLAG_NO_CRC)
        return;
    if (head &&
        head != crc32_add(crc32_add(0, str_first(s->chunk, 120)), (str){s->chunk.ptr + 128, EVTX_CHUNK_HEAD - 128}))
        damage(s, 0, 0, "chunk header checksum differs");
    if (records && free_space >= EVTX_CHUNK_HEAD && free_space <= s->chunk.len &&
        records != crc32_add(0, (str){s->chunk.ptr + EVTX_CHUNK_HEAD, free_space - EVTX_CHUNK_HEAD}))
        damage(s, EVTX_CHUNK_HEAD, 0, "records checksum differs");
}

static bool chunk_read(struct scan *s) {
    size_t free_space, end;

    evtx_decoder_chunk(s->decoder, s->chunk);
    if (s->chunk.len < EVTX_CHUNK_HEAD || !str_starts(s->chunk, chunk_magic)) {
        if (all_zero(s->chunk))
            return true;
        damage(s, 0, s->chunk.len,
               s->chunk.len < EVTX_CHUNK_HEAD ? "chunk is cut within its header" : "chunk magic differs");
        return remains_read(s, 0);
    }
    free_space = u32_at(s->chunk, 48);
    checksums_verify(s, free_space);
    if (free_space < EVTX_CHUNK_HEAD || free_space > EVTX_CHUNK_SIZE) {
        damage(s, 48, 0, "free space offset is not within the chunk");
        free_space = EVTX_CHUNK_SIZE;
    }
    end = free_space < s->chunk.len ? free_space : s->chunk.len;
    if (s->chunk.len < EVTX_CHUNK_SIZE)
        damage(s, s->chunk.len, 0, "last chunk is cut");
    return live_read(s, end) && remains_read(s, end);
}

static void file_head_check(struct scan *s, str head) {
    s->offset = 0;
    if (head.len < FILE_HEAD)
        damage(s, 0, head.len, "file header is cut");
    else if (!str_starts(head, file_magic))
        damage(s, 0, FILE_HEAD, "file header magic differs");
    else if (!(u32_at(head, 120) & FLAG_NO_CRC) && u32_at(head, 124) != crc32_add(0, str_first(head, 120)))
        damage(s, 0, 0, "file header checksum differs");
}

static bool chunks_read(struct input *in, struct part part, struct scan *s) {
    uint64_t offset = FILE_HEAD, viewed = 0;
    str view = S("");

    if (part.from == 0) {
        if (!in->window(in, 0, FILE_HEAD + EVTX_CHUNK_SIZE, &view, s->e))
            return false;
        file_head_check(s, str_first(view, FILE_HEAD));
    } else if (part.from > FILE_HEAD) {
        uint64_t const over = (part.from - FILE_HEAD) % EVTX_CHUNK_SIZE;

        offset = part.from + (over ? EVTX_CHUNK_SIZE - over : 0);
        if (offset < part.from) /* the part begins at the very end of all numbers */
            return true;
    }
    for (; offset < part.to; offset += EVTX_CHUNK_SIZE) {
        if (offset - viewed >= view.len || view.len - (offset - viewed) < EVTX_CHUNK_SIZE) {
            if (!in->window(in, offset, EVTX_CHUNK_SIZE, &view, s->e))
                return false;
            viewed = offset;
            if (view.len == 0)
                break;
        }
        s->offset = offset;
        s->chunk = str_first(str_from(view, (size_t)(offset - viewed)), EVTX_CHUNK_SIZE);
        if (!chunk_read(s))
            return false;
        if (s->chunk.len < EVTX_CHUNK_SIZE || offset > UINT64_MAX - EVTX_CHUNK_SIZE)
            break;
    }
    return true;
}

static bool evtx_looks_like(str head) {
    return str_starts(head, file_magic) || str_starts(str_from(head, FILE_HEAD), chunk_magic);
}

static uint64_t evtx_part_size(str head) {
    (void)head;
    return (uint64_t)PART_CHUNKS * EVTX_CHUNK_SIZE;
}

static void kept_free(void *kept) {
    evtx_decoder_free(kept);
}

/* The decoder, with the templates it knows, outlives the part: most logs of a folder use the same ones. */
static bool evtx_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct scan s = {.to = to, .e = e, .chunk = S("")};
    bool ok;

    if (to->kept && to->kept_free == kept_free) {
        s.decoder = to->kept;
    } else {
        if (to->kept)
            to->kept_free(to->kept);
        s.decoder = evtx_decoder_new(to);
    }
    to->kept = NULL;
    if (!s.decoder)
        return err_set(e, ERR_MEMORY, 0, "no memory to read event logs");
    ok = chunks_read(in, part, &s);
    if (ok && to->keeps) {
        to->kept = s.decoder;
        to->kept_free = kept_free;
    } else {
        evtx_decoder_free(s.decoder);
    }
    return ok;
}

/* ---- one record, shown ---- */

/* A sink that shows the one record it is asked for: so exactly the records that a hunt reads can be shown, each read with
 * what the chunk had taught the reader up to it. */
struct shower {
    struct event_sink sink;
    const struct scan *scan;
    size_t at;
    struct buf *out;
    bool found;
    const char *why;
};

static bool shower_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct shower *const s = (struct shower *)(void *)sink;

    if (r->offset != s->at)
        return true;
    s->found = evtx_xml(evtx_decoder_compiler(s->scan->decoder), s->scan->chunk, s->at, (size_t)r->size, r->salvaged,
                        s->out, e);
    return false;
}

static void shower_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct shower *const s = (struct shower *)(void *)sink;

    if (offset == s->at && size > 0)
        s->why = why;
}

bool evtx_render(str chunk, size_t record_offset, struct buf *out, struct err *e) {
    struct shower shower = {
        .sink = {.record = shower_record, .damage = shower_damage}, .at = record_offset, .out = out};
    struct scan scan = {.to = &shower.sink, .e = e, .chunk = str_first(chunk, EVTX_CHUNK_SIZE)};
    bool whole;

    shower.scan = &scan;
    shower.sink.fields = fields_new();
    scan.decoder = shower.sink.fields ? evtx_decoder_new(&shower.sink) : NULL;
    whole = scan.decoder && chunk_read(&scan);
    if (!scan.decoder)
        err_set(e, ERR_MEMORY, 0, "no memory to read event logs");
    else if (whole)
        err_set(e, ERR_CORRUPT, record_offset, "%s", shower.why ? shower.why : "no record begins here");
    evtx_decoder_free(scan.decoder);
    fields_free(shower.sink.fields);
    return shower.found;
}

static bool evtx_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    uint64_t const chunk = offset - (offset < FILE_HEAD ? offset : (offset - FILE_HEAD) % EVTX_CHUNK_SIZE);
    str view;

    if (offset < FILE_HEAD)
        return err_set(e, ERR_CORRUPT, offset, "the file's header, no record, begins here");
    if (!in->window(in, chunk, EVTX_CHUNK_SIZE, &view, e))
        return false;
    if (!evtx_render(view, (size_t)(offset - chunk), out, e)) {
        e->offset += chunk;
        return false;
    }
    return true;
}

const struct reader evtx_reader = {
    .name = "evtx",
    .title = "Windows event log (EVTX)",
    .looks_like = evtx_looks_like,
    .part_size = evtx_part_size,
    .counts_in_part = false,
    .read = evtx_read,
    .show = evtx_show,
};
