/* fuzz_segment: a segment of which any bytes were changed, with sums that fit them: it is refused, or all that it says is within its bounds
 * and can be read; nothing outside is touched, and reading ends.
 *
 * The input: patches. Five bytes: where and in what (bit 0: the directory, else the chunks), how many (1 to 32); the bytes. Small streams are
 * kept as they are, so that a patch reaches the numbers themselves; the directory is patched unpacked. All of it twice: in the clear, and encrypted,
 * where the patches are made by one who has the key: a process that writes segments, and was taken over. */
#include <assert.h>

#include "archive/segment_own.h"
#include "base/hash.h"

struct heard {
    struct event_sink sink;
    uint64_t records, damages, sum;
};

static bool count_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct heard *const h = (struct heard *)(void *)sink;

    (void)e;
    h->records++;
    for (uint32_t i = 0; i < r->count; i++) {
        assert(r->values[i].type < RAW_TYPES && r->values[i].field < field_count(sink->fields));
        h->sum += hash_sum((str){r->values[i].ptr, r->values[i].len}); /* reads it, and the sanitizer sees where */
    }
    h->sum += hash_sum(r->time_text);
    assert(r->zone < ZONES && r->precision < PRECISIONS);
    return true;
}

static void count_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)offset;
    (void)size;
    assert(why[0]);
    ((struct heard *)(void *)sink)->damages++;
}

static const uint8_t archive_key[SEAL_KEY] = {1}, archive_key_name[SEAL_NAME] = "fuzz";

/* A segment with every kind of stream in it; of few rows, so that most streams are short. */
static void segment_make(struct fields *fields, const struct writing_key *writing, struct buf *out) {
    static const struct segment_count counts[] = {{1, 2}};
    struct segment_writer *w;
    struct segment_info info;
    uint32_t source;
    struct err e;

    if (!segment_writer_new(&w, &(struct segment_options){.fields = fields, .seed = 1, .writing = writing}, &e))
        abort();
    for (unsigned i = 0; i < 2; i++)
        if (!segment_writer_source(
                w, &(struct segment_source){.path = S("a"), .reader = S("r"), .counts = counts, .count_count = 1},
                &source, &e))
            abort();
    for (uint64_t n = 0; n < 14; n++) {
        int64_t const number = (int64_t)(n * 1000);
        struct raw const v[] = {
            {.field = 0, .type = RAW_TEXT, .len = 5, .ptr = n % 2 ? "hello" : "other"},
            {.field = 1, .type = RAW_NUMBER, .len = 3, .ptr = n % 3 ? "123" : "456"},
            {.field = 2, .type = RAW_UTF16, .len = 4, .ptr = n % 4 ? "a\0b" : "c\0d"},
            {.field = 3, .type = RAW_I64, .len = 8, .ptr = (const char *)&number},
            {.field = 4, .type = RAW_TEXT, .len = 36, .ptr = "67345e12-28bd-4100-c4c0-08d9108c226c"},
            {.field = 4,
             .type = RAW_TEXT,
             .element = 1,
             .len = 24,
             .ptr = n % 5 ? "2021-03-14T07:12:03.500Z" : "2021-03-15T07:12:03.500Z"},
            {.field = 4, .type = RAW_GUID, .element = 2, .len = 16, .ptr = "0123456789abcdef"},
            {.field = 0, .type = RAW_TEXT, .inner = true, .len = 6, .ptr = "0xbeef"},
        };
        struct record const r = {.values = (struct raw *)(uintptr_t)v,
                                 .count = n % 3 ? COUNT(v) : 4,
                                 .when = n % 4 ? (int64_t)n : INSTANT_NONE,
                                 .time_text = n % 4 == 1 ? S("then") : S(""),
                                 .number = n,
                                 .offset = n * 100,
                                 .size = 99};

        if (!segment_writer_record(w, source - (n > 7), &r, n % 5 ? (int64_t)n : INSTANT_NONE, S("kind"), &e))
            abort();
    }
    if (!segment_writer_finish(w, out, &info, &e))
        abort();
    segment_writer_free(w);
}

static void patch(char *bytes, size_t len, uint64_t at, size_t count, const uint8_t **data, size_t *size) {
    for (size_t i = 0; i<count && * size> 0; i++, ++*data, --*size)
        if (len)
            bytes[(at + i) % len] = (char)**data;
}

/* The directory of a segment, unpacked; *body: bytes before it. */
static void footer_of(const struct buf *b, const struct sealer *sealer, struct buf *footer, size_t *body) {
    struct unpacker u;
    struct buf clear = {0};
    uint64_t packed, raw;

    memcpy(&packed, b->ptr + b->len - 48, 8);
    memcpy(&raw, b->ptr + b->len - 40, 8);
    *body = b->len - SEGMENT_TRAILER - packed;
    str const directory = {b->ptr + *body, packed};

    if (sealer && (!buf_reserve(&clear, packed) || !unseal_piece(sealer, SEGMENT_DIRECTORY, directory, clear.ptr)))
        abort();
    struct cursor c = cursor_of(sealer ? (str){clear.ptr, packed - SEAL_MORE} : directory);

    if (!unpacker_init(&u, 1 << 20) || !buf_reserve(footer, raw) || !unpack_bytes(&u, &c, footer->ptr, raw))
        abort();
    footer->len = raw;
    buf_free(&clear);
    unpacker_free(&u);
}

/* A chunk in the clear in its place, behind the nonce; or sealed again. */
static void chunk_turn(const struct sealer *sealer, bool seal, uint32_t number, char *bytes, size_t size) {
    char *const room = malloc(size);

    if (!room)
        abort();
    if (seal) {
        seal_piece(sealer, number, (str){bytes + 24, size - SEAL_MORE}, room);
        memcpy(bytes, room, size);
    } else {
        if (!unseal_piece(sealer, number, (str){bytes, size}, room))
            abort();
        memcpy(bytes + 24, room, size - SEAL_MORE);
    }
    free(room);
}

/* Each chunk, as the directory says where it is: sums of them as they are now; or, seal: unsealed, or sealed again. */
enum turn { SUMS, UNSEAL, SEAL };
static void chunks_turn(const struct buf *b, struct buf *footer, enum turn turn, const struct sealer *sealer) {
    struct cursor c = cursor_of(buf_str(footer));
    uint64_t n, chunks, at = SEGMENT_HEAD;

    if (!cursor_skip(&c, SEGMENT_ID_SIZE) || !varint_take(&c, &n) || !varint_take(&c, &n) || !varint_take(&c, &n) ||
        !varint_take(&c, &chunks) || !varint_take(&c, &n) || !varint_take(&c, &n))
        abort();
    struct cursor sizes = c;

    for (uint64_t i = 0; i < chunks; i++)
        if (!varint_take(&c, &n))
            abort();
    size_t sum_at = cursor_at(&c);

    for (uint64_t i = 0; i < chunks; i++, sum_at += 8) {
        if (!varint_take(&sizes, &n))
            abort();
        if (turn == SUMS) {
            uint64_t const sum = hash_sum((str){b->ptr + at, n});

            memcpy(footer->ptr + sum_at, &sum, 8);
        } else {
            chunk_turn(sealer, turn == SEAL, (uint32_t)i, b->ptr + at, n);
        }
        at += n;
    }
}

/* The directory as one raw stream behind the chunks, and an end that fits. */
static void end_set(struct buf *b, const struct sealer *sealer, const struct buf *footer, size_t body) {
    char trailer[SEGMENT_TRAILER];
    struct sha256 *const h = sha256_new();
    uint64_t const packed = footer->len + 1 + (sealer ? SEAL_MORE : 0), raw = footer->len;
    struct buf clear = {0};

    memcpy(trailer, b->ptr + b->len - SEGMENT_TRAILER, SEGMENT_TRAILER);
    b->len = body;
    buf_byte(&clear, 0);
    buf_add(&clear, buf_str(footer));
    if (sealer) {
        char *const to = buf_reserve(b, packed);

        if (!to)
            abort();
        seal_piece(sealer, SEGMENT_DIRECTORY, buf_str(&clear), to);
        b->len += packed;
    } else {
        buf_add(b, buf_str(&clear));
    }
    buf_free(&clear);
    if (!h)
        abort();
    sha256_add(h, str_from(buf_str(b), body));
    sha256_end(h, (uint8_t *)trailer + 32);
    sha256_free(h);
    memcpy(trailer + 16, &packed, 8);
    memcpy(trailer + 24, &raw, 8);
    buf_add(b, (str){trailer, SEGMENT_TRAILER});
    if (b->failed)
        abort();
}

static void ask(struct segment *s, struct fields *fields) {
    const struct segment_info *const info = segment_info(s);
    struct heard h = {.sink = {.fields = fields, .record = count_record, .damage = count_damage}};
    struct segment_reading reading = {.sink = &h.sink, .salvage = true};
    struct segment_source source;
    struct err e = {0};

    for (uint32_t i = 0; i < info->sources && segment_source(s, i, &source, &e); i++)
        h.sum += hash_sum(source.path) + hash_sum(source.reader) + source.count_count;
    if (segment_read(s, &reading, &e))
        assert(h.records + reading.lost == info->rows);
    else
        assert(e.code == ERR_LIMIT || e.code == ERR_CORRUPT);
    for (uint32_t c = 0; c < info->columns; c++) {
        struct segment_column const is = segment_column(s, c);
        const struct segment_value *v;
        bool const whole = segment_column_values(s, c, false, &v, &e);

        h.sum += hash_sum(is.name);
        for (uint32_t i = 0; whole && i < is.values; i++)
            h.sum += hash_sum((str){v[i].ptr, v[i].len});
        for (uint32_t b = 0; b < info->blocks; b++) {
            uint32_t const count = segment_column_cells(s, c, b);
            uint32_t *const codes = malloc((count + 1) * sizeof *codes), *const rows =
                                                                             malloc((count + 1) * sizeof *rows);

            if (!codes || !rows)
                abort();
            if (segment_column_codes(s, c, b, codes, rows, &e))
                for (uint32_t i = 0; i < count; i++)
                    assert(codes[i] < is.values && rows[i] < info->rows);
            free(codes);
            free(rows);
        }
    }
    h.records = 0;
    reading.salvage = false;
    if (segment_read(s, &reading, &e))
        assert(h.records == info->rows);
    (void)!segment_check(s, NULL, NULL, &e);
}

static void patched(struct fields *fields, const struct buf *made, const struct sealer *sealer,
                    const struct key_set *keys, const uint8_t *data, size_t size) {
    struct segment_opening const how = {.memory_max = (size_t)64 << 20, .keys = keys};
    struct buf b = {0}, footer = {0};
    struct segment *s;
    struct err e = {0};
    size_t body;
    bool summed = false;

    buf_add(&b, buf_str(made));
    footer_of(&b, sealer, &footer, &body);
    if (sealer)
        chunks_turn(&b, &footer, UNSEAL, sealer);
    for (unsigned pass = 0; pass < 2; pass++) { /* chunks first: their sums then stand where they stood */
        const uint8_t *from = data;
        size_t left = size;

        while (left >= 5) {
            uint32_t where;
            bool const in_footer = from[0] & 1;
            size_t const count = 1 + from[4] % 32;

            memcpy(&where, from, 4);
            from += 5, left -= 5;
            if (in_footer != (pass == 1)) {
                size_t const skip = count < left ? count : left;

                from += skip, left -= skip;
            } else if (in_footer) {
                patch(footer.ptr, footer.len, where / 2, count, &from, &left);
            } else {
                patch(b.ptr + SEGMENT_HEAD, body - SEGMENT_HEAD, where / 2, count, &from, &left);
            }
        }
        if (!summed && sealer)
            chunks_turn(&b, &footer, SEAL, sealer);
        if (!summed)
            chunks_turn(&b, &footer, SUMS, sealer);
        summed = true;
    }
    end_set(&b, sealer, &footer, body);
    /* A copy of just this size. */
    char *const exact = malloc(b.len);

    if (!exact)
        abort();
    memcpy(exact, b.ptr, b.len);
    if (segment_open_with(&s, (str){exact, b.len}, S("f"), &how, &e)) {
        ask(s, fields);
        segment_close(s);
    } else {
        assert(e.code != ERR_NONE && e.text[0]);
    }
    free(exact);
    buf_free(&b);
    buf_free(&footer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct buf made, sealed; /* once: making them takes longer than all the rest */
    static struct key_set *keys;
    static struct sealer sealer;
    struct fields *const fields = fields_new();
    struct segment *s;
    struct err e = {0};

    if (!fields)
        abort();
    if (!made.len) {
        struct writing_key writing;

        if (!key_set_new(&keys, &e) || !key_set_add(keys, archive_key_name, archive_key, &e))
            abort();
        writing_key_new(&writing, archive_key_name, archive_key);
        segment_make(fields, NULL, &made);
        segment_make(fields, &writing, &sealed);
        if (!sealer_open(&sealer, keys, (const uint8_t *)sealed.ptr + SEGMENT_NAME_AT,
                         (const uint8_t *)sealed.ptr + SEGMENT_SEAL_AT, S("f"), &e))
            abort();
        writing_key_wipe(&writing);
    }
    patched(fields, &made, NULL, NULL, data, size);
    patched(fields, &sealed, &sealer, keys, data, size);
    /* The bytes themselves, as they came: no segment, and told. */
    if (segment_open(&s, (str){(const char *)data, size}, S("f"), 0, &e)) {
        ask(s, fields);
        segment_close(s);
    }
    fields_free(fields);
    return 0;
}
