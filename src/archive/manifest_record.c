/* manifest_record: see manifest_record.h and docs/formats/archive.md, "The file of a manifest". */
#include "archive/manifest_record.h"

#include <assert.h>

#include "base/cursor.h"

#define MAGIC "LWMANIF1"
#define VERSION 1
#define HEAD_SUMMED 120 /* bytes of the head before its sum */
#define RECORD_MAGIC "LWRE"
#define SUM_SIZE 8

static void put(struct buf *b, const void *bytes, size_t size) {
    buf_add(b, (str){bytes, size});
}

static void put_sum(struct buf *b, size_t from) {
    uint64_t const sum = b->failed ? 0 : hash_sum(str_from(buf_str(b), from));

    put(b, &sum, sizeof sum);
}

void archive_id_hex(const uint8_t id[ARCHIVE_ID_SIZE], char out[2 * ARCHIVE_ID_SIZE + 1]) {
    for (int i = 0; i < ARCHIVE_ID_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", id[i]);
}

/* ---- generations ---- */

void generation_head_write(struct buf *out, const struct generation_head *h) {
    uint32_t const version = VERSION, size = GENERATION_HEAD_SIZE;
    static const char zeros[24];
    size_t const from = out->len;

    buf_add(out, S(MAGIC));
    put(out, &version, sizeof version);
    put(out, &size, sizeof size);
    put(out, h->id, sizeof h->id);
    put(out, &h->number, sizeof h->number);
    put(out, &h->base, sizeof h->base);
    put(out, &h->state_size, sizeof h->state_size);
    put(out, &h->state_items, sizeof h->state_items);
    put(out, h->base_hash, sizeof h->base_hash);
    put(out, zeros, sizeof zeros);
    assert(out->failed || out->len - from == HEAD_SUMMED);
    put_sum(out, from);
}

bool generation_head_read(str file, struct generation_head *h, struct err *e) {
    struct cursor c = cursor_of(file), at_sum;
    uint32_t version, size;
    uint64_t sum, zero;
    str magic;

    if (!read_view(&c, strlen(MAGIC), &magic) || !str_eq(magic, S(MAGIC)) || !read_u32le(&c, &version))
        return err_set(e, ERR_CORRUPT, 0, "this is no manifest of an archive");
    at_sum = c;
    if (!read_u32le(&c, &size) || !cursor_to(&at_sum, HEAD_SUMMED) || !read_u64le(&at_sum, &sum) ||
        sum != hash_sum(str_first(file, HEAD_SUMMED)))
        return err_set(e, ERR_CORRUPT, 0, "the head of the manifest is damaged");
    if (version != VERSION || size != GENERATION_HEAD_SIZE)
        return err_set(e, ERR_UNSUPPORTED, 8, "the manifest is of version %u: read it with a newer Longwatch", version);
    if (!read_bytes(&c, h->id, sizeof h->id) || !read_u64le(&c, &h->number) || !read_u64le(&c, &h->base) ||
        !read_u64le(&c, &h->state_size) || !read_u64le(&c, &h->state_items) ||
        !read_bytes(&c, h->base_hash, sizeof h->base_hash) || !read_u64le(&c, &zero) || zero != 0 ||
        !read_u64le(&c, &zero) || zero != 0 || !read_u64le(&c, &zero) || zero != 0)
        return err_set(e, ERR_CORRUPT, 0, "the head of the manifest is damaged");
    if (h->number == 0 || h->state_size % 8 != 0 || (h->number == 1) != (h->state_size == 0) ||
        (h->number == 1) != (h->base == 0))
        return err_set(e, ERR_CORRUPT, 32, "the head of the manifest contradicts itself");
    if (h->state_size > file.len - GENERATION_HEAD_SIZE)
        return err_set(e, ERR_TRUNCATED, file.len, "the manifest ends within the state it begins with");
    return true;
}

/* ---- records ---- */

static size_t padded(size_t size) {
    return (size + 7) / 8 * 8;
}

/* Whole, of a possible length, and its sum right. */
static bool summed(str file, size_t offset, size_t *length) {
    str const rest = str_from(file, offset);
    uint32_t said;
    uint64_t sum;

    if (rest.len < RECORD_HEAD_SIZE + SUM_SIZE || !str_starts(rest, S(RECORD_MAGIC)))
        return false;
    memcpy(&said, rest.ptr + 4, sizeof said);
    if (said < RECORD_HEAD_SIZE + SUM_SIZE || said % 8 != 0 || said > RECORD_MAX || said > rest.len)
        return false;
    memcpy(&sum, rest.ptr + said - SUM_SIZE, sizeof sum);
    *length = said;
    return sum == hash_sum(str_first(rest, said - SUM_SIZE));
}

bool manifest_record_read(str file, size_t offset, struct sha256 *h, struct manifest_record *r) {
    uint32_t signature;
    size_t length;
    struct cursor c;

    if (!summed(file, offset, &length))
        return false;
    r->offset = offset;
    r->bytes = str_first(str_from(file, offset), length);
    c = cursor_of(r->bytes);
    if (!cursor_skip(&c, 8) || !read_u64le(&c, &r->sequence) || !read_bytes(&c, &r->at, sizeof r->at) ||
        !read_bytes(&c, r->previous, sizeof r->previous) || !read_u32le(&c, &r->count) || !read_u32le(&c, &signature))
        return false;
    assert(cursor_at(&c) == RECORD_HEAD_SIZE);
    if (signature > cursor_left(&c) - SUM_SIZE || padded(signature) > cursor_left(&c) - SUM_SIZE)
        return false;
    r->operations = str_first(str_from(r->bytes, RECORD_HEAD_SIZE), cursor_left(&c) - SUM_SIZE - padded(signature));
    r->signature = str_first(str_from(r->bytes, RECORD_HEAD_SIZE + r->operations.len), signature);
    sha256_add(h, r->bytes);
    sha256_end(h, r->hash);
    return true;
}

bool manifest_record_behind(str file, size_t offset, uint64_t after, size_t *work, uint64_t *sequence, size_t *found) {
    for (size_t at = offset + 8; at < file.len; at += 8) {
        str const rest = str_from(file, at);
        uint32_t said;
        size_t length;

        if (rest.len < RECORD_HEAD_SIZE + SUM_SIZE)
            return false;
        if (!str_starts(rest, S(RECORD_MAGIC)))
            continue;
        memcpy(&said, rest.ptr + 4, sizeof said);
        if (said > RECORD_MAX || said > rest.len)
            continue;
        memcpy(sequence, rest.ptr + 8, sizeof *sequence);
        *found = at;
        if (said > *work)
            return true;
        *work -= said;
        if (summed(file, at, &length) && *sequence > after)
            return true;
    }
    return false;
}

static void hex(struct buf *b, const uint8_t hash[SHA256_SIZE]) {
    char text[2 * SHA256_SIZE + 1];

    sha256_hex(hash, text);
    buf_add(b, str_of(text));
}

void manifest_record_statement(struct buf *out, const uint8_t id[ARCHIVE_ID_SIZE], const struct manifest_record *r) {
    struct sha256 *const h = sha256_new();
    char name[2 * ARCHIVE_ID_SIZE + 1];
    uint8_t hash[SHA256_SIZE] = {0};

    if (!h) {
        out->failed = true;
        return;
    }
    sha256_add(h, r->operations);
    sha256_end(h, hash);
    sha256_free(h);
    archive_id_hex(id, name);
    buf_format(out, "longwatch archive %s\nrecord %llu\ntime %lld\nbehind ", name, (unsigned long long)r->sequence,
               (long long)r->at);
    hex(out, r->previous);
    buf_format(out, "\noperations %u ", r->count);
    hex(out, hash);
    buf_byte(out, '\n');
}

static bool sign(struct buf *out, const struct manifest_record *r, const uint8_t id[ARCHIVE_ID_SIZE],
                 const struct signature_key *key, struct err *e) {
    struct buf statement = {0};
    bool ok;

    manifest_record_statement(&statement, id, r);
    ok = !statement.failed || err_set(e, ERR_MEMORY, 0, "no memory to sign a record");
    ok = ok && signature_make(key, buf_str(&statement), S("longwatch archive"), out, e);
    buf_free(&statement);
    return ok;
}

bool manifest_record_write(struct buf *out, const struct manifest_record *r, const uint8_t id[ARCHIVE_ID_SIZE],
                           const struct signature_key *key, struct err *e) {
    struct buf signature = {0};
    size_t const from = out->len;
    bool ok = !key || sign(&signature, r, id, key, e);
    size_t const length = RECORD_HEAD_SIZE + r->operations.len + padded(signature.len) + SUM_SIZE;
    uint32_t const said = (uint32_t)length, signature_len = (uint32_t)signature.len;

    assert(r->operations.len % 8 == 0 && r->operations.len <= RECORD_ROOM && (!ok || length <= RECORD_MAX));
    if (ok) {
        buf_add(out, S(RECORD_MAGIC));
        put(out, &said, sizeof said);
        put(out, &r->sequence, sizeof r->sequence);
        put(out, &r->at, sizeof r->at);
        put(out, r->previous, sizeof r->previous);
        put(out, &r->count, sizeof r->count);
        put(out, &signature_len, sizeof signature_len);
        buf_add(out, r->operations);
        buf_add(out, buf_str(&signature));
        while (!out->failed && (out->len - from) % 8 != 0)
            buf_byte(out, '\0');
        put_sum(out, from);
        ok = !out->failed || err_set(e, ERR_MEMORY, 0, "no memory for a record of the manifest");
    }
    assert(!ok || out->len - from == length);
    buf_free(&signature);
    return ok;
}
