/* fuzz_ledger: a ledger of an archive with any lines in it, as another version or a hostile process may have written it: each line that is ours is within its bounds,
 * and what was read, written again and read again says the same.
 *
 * The input: records. A byte: how many values (0 to 7); for each a byte: which field, a byte: which type, a byte: how many bytes; the bytes. */
#include <assert.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hunt/archive_ledger.h"

#define RECORDS_MAX 64u

static const char *const names[] = {"line",         "path",    "sha256", "reader",  "container", "member",  "not_read",
                                    "why",          "zone",    "at",     "program", "size",      "records", "offset",
                                    "damage_bytes", "readers", "bytes",  "twice",   "colour"};
static const char *const lines[] = {"begin", "file", "same", "damage", "moved"};

struct heard {
    struct ledger_writer *again; /* NULL: nobody writes */
    uint64_t rows, sum;
};

static uint64_t text_sum(str text, uint64_t seed) {
    return hash_bytes(text, seed); /* reads all of it */
}

static bool on_row(void *ctx, const struct ledger_row *row, struct err *e) {
    struct heard *const h = ctx;
    const struct custody *const c = &row->file;

    assert((unsigned)row->line <= LEDGER_DAMAGE && c->sha256 && strlen(c->sha256) <= 2 * SHA256_SIZE);
    assert(!c->reader || (*c->reader && strlen(c->reader) < 64));
    assert(!c->container || (*c->container && strlen(c->container) < 64));
    assert(c->first == INSTANT_NONE && c->last == INSTANT_NONE);
    h->rows++;
    h->sum = h->sum * 31 + (uint64_t)row->line;
    if (row->line == LEDGER_BEGIN)
        h->sum += row->readers + (uint64_t)row->at * 3 + text_sum(row->program, 1) + text_sum(row->zone, 2);
    else if (row->line == LEDGER_DAMAGE)
        h->sum +=
            row->damage.offset + row->damage.size * 5 + text_sum(row->damage.path, 3) + text_sum(row->damage.why, 4);
    else
        h->sum += text_sum(c->path, 5) + text_sum(c->not_read, 6) + text_sum(str_of(c->sha256), 7) + c->size +
                  c->records * 7 + c->twice * 11 + c->damage_bytes * 13 + c->member +
                  (c->reader ? text_sum(str_of(c->reader), 8) : 0) +
                  (c->container ? text_sum(str_of(c->container), 9) : 0);
    return !h->again || ledger_writer_add(h->again, row, e);
}

/* Any records as a ledger. False: that is none. */
static bool made(str in, struct fields *fields, struct buf *out) {
    struct segment_options const options = {.fields = fields, .seed = 1};
    struct segment_source const source = {.path = S(""), .reader = ARCHIVE_LEDGER, .modified = INSTANT_NONE};
    struct segment_writer *w;
    struct segment_info info;
    struct err e = {0};
    uint32_t index;
    size_t at = 0;

    if (!segment_writer_new(&w, &options, &e) || !segment_writer_source(w, &source, &index, &e))
        abort();
    for (unsigned n = 0; n < RECORDS_MAX && at < in.len; n++) {
        unsigned const count = (unsigned char)in.ptr[at++] % 8;
        struct raw values[8];
        unsigned k = 0;

        for (; k < count && in.len - at >= 3; k++) {
            const unsigned char *const b = (const unsigned char *)in.ptr + at;
            const char *const name = names[b[0] % COUNT(names)];
            size_t len = b[2];

            at += 3;
            len = len < in.len - at ? len : in.len - at;
            values[k] = (struct raw){.field = field_intern(fields, str_of(name)),
                                     .type = (uint8_t)(b[1] % RAW_TYPES),
                                     .len = (uint32_t)len,
                                     .ptr = in.ptr + at};
            at += len;
            if (b[0] % COUNT(names) == 0 && b[1] & 0x80) { /* a line that means something */
                str const line = str_of(lines[b[2] % COUNT(lines)]);

                values[k] = (struct raw){
                    .field = values[k].field, .type = RAW_TEXT, .len = (uint32_t)line.len, .ptr = line.ptr};
            }
        }
        struct record const r = {.values = values, .count = k, .when = INSTANT_NONE, .time_text = S(""), .number = n};

        if (!segment_writer_record(w, index, &r, INSTANT_NONE, S(""), &e))
            abort();
    }
    if (!segment_writer_finish(w, out, &info, &e))
        abort();
    segment_writer_free(w);
    return true;
}

static void read_ledger(str bytes, struct fields *fields, struct heard *h) {
    struct segment *s;
    struct err e = {0};
    bool yes;

    if (!segment_open(&s, bytes, S("ledger"), 0, &e) || !ledger_is(s, &yes, &e) || !yes ||
        !ledger_read(s, fields, on_row, h, &e))
        abort();
    segment_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fields *const fields = fields_new(), *const others = fields_new();
    struct heard first = {0}, second = {0};
    struct segment_info info;
    struct buf b = {0};
    struct err e = {0};
    int const fd = memfd_create("ledger", MFD_CLOEXEC);

    if (!fields || !others || fd < 0 || !made((str){(const char *)data, size}, fields, &b) ||
        !ledger_writer_new(&first.again, others, fd, NULL, &e))
        abort();
    read_ledger(buf_str(&b), others, &first);
    if (!ledger_writer_end(first.again, &info, &e))
        abort();
    ledger_writer_free(first.again);
    char *const bytes = mmap(NULL, info.size, PROT_READ, MAP_PRIVATE, fd, 0);

    if (bytes == MAP_FAILED)
        abort();
    read_ledger((str){bytes, info.size}, fields, &second);
    assert(first.rows == second.rows && first.sum == second.sum);
    munmap(bytes, info.size);
    close(fd);
    buf_free(&b);
    fields_free(fields);
    fields_free(others);
    return 0;
}
