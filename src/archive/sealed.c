/* sealed: see sealed.h. What is unsealed lies in memory of the size of all that is in the file, which takes up room only where it was asked for. */
#include "archive/sealed.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"

#define MAGIC "LWSEALD"
#define VERSION 1u
#define LONGER (SEALED_PIECE + SEAL_MORE)
#define LAST (UINT64_C(1) << 63) /* of the number of the last piece: nothing follows, and nothing is missing */
#define ID_AT 16u
#define SEAL_AT 32u
#define SUM_AT (SEALED_HEAD - 8u)

bool sealed_begins(str head) {
    return head.len >= sizeof MAGIC && memcmp(head.ptr, MAGIC, sizeof MAGIC) == 0;
}

/* ---- writing ---- */

struct sealed_writer {
    struct sealer sealer;
    struct buf *out;
    uint64_t number;
    size_t filled;
    char piece[SEALED_PIECE];
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an encrypted file");
}

bool sealed_writer_new(struct sealed_writer **out, const struct writing_key *key, struct buf *to, struct err *e) {
    char head[SEALED_HEAD] = MAGIC;
    uint8_t id[SEAL_ID];
    uint32_t const version = VERSION;
    struct sealed_writer *const w = calloc(1, sizeof *w);

    if (!w)
        return no_memory(e);
    w->out = to;
    randombytes_buf(id, sizeof id);
    memcpy(head + 8, &version, sizeof version);
    memcpy(head + ID_AT, id, sizeof id);
    sealer_new(&w->sealer, key, id, (uint8_t *)head + SEAL_AT);
    uint64_t const sum = hash_sum((str){head, SUM_AT});

    memcpy(head + SUM_AT, &sum, sizeof sum);
    buf_add(to, (str){head, sizeof head});
    if (to->failed) {
        sealed_writer_free(w);
        return no_memory(e);
    }
    *out = w;
    return true;
}

void sealed_writer_free(struct sealed_writer *w) {
    if (w)
        sodium_memzero(w, sizeof *w);
    free(w);
}

static bool piece_end(struct sealed_writer *w, uint64_t number, struct err *e) {
    char *const to = buf_reserve(w->out, w->filled + SEAL_MORE);

    if (!to)
        return no_memory(e);
    seal_piece(&w->sealer, number, (str){w->piece, w->filled}, to);
    w->out->len += w->filled + SEAL_MORE;
    w->filled = 0;
    return true;
}

bool sealed_writer_add(struct sealed_writer *w, str bytes, struct err *e) {
    while (bytes.len) {
        if (w->filled == SEALED_PIECE && !piece_end(w, w->number++, e)) /* there is more: it was not the last */
            return false;
        str const now = str_first(bytes, SEALED_PIECE - w->filled);

        memcpy(w->piece + w->filled, now.ptr, now.len);
        w->filled += now.len;
        bytes = str_from(bytes, now.len);
    }
    return true;
}

bool sealed_writer_end(struct sealed_writer *w, struct err *e) {
    return piece_end(w, w->number | LAST, e);
}

/* ---- reading ---- */

struct sealed {
    struct sealer sealer;
    str bytes, name;
    char *clear;
    size_t size;
    uint64_t pieces;
    uint64_t *there; /* a bit for each piece that is in the clear */
};

bool sealed_open(struct sealed **out, str bytes, const struct key_set *keys, str name, struct err *e) {
    const uint8_t *const head = (const uint8_t *)bytes.ptr;
    struct sealed *s;
    uint32_t version;
    uint64_t sum;

    if (bytes.len < SEALED_HEAD + SEAL_MORE)
        return err_set(e, ERR_TRUNCATED, bytes.len, "%.*s: it ends too soon", STR_ARG(name));
    if (!sealed_begins(bytes))
        return err_set(e, ERR_CORRUPT, 0, "%.*s: this is no encrypted file", STR_ARG(name));
    memcpy(&version, bytes.ptr + 8, sizeof version);
    memcpy(&sum, bytes.ptr + SUM_AT, sizeof sum);
    if (version != VERSION)
        return err_set(e, ERR_UNSUPPORTED, 8, "%.*s: of version %u; this program reads version %u", STR_ARG(name),
                       version, VERSION);
    if (sum != hash_sum(str_first(bytes, SUM_AT)))
        return err_set(e, ERR_CORRUPT, 0, "%.*s: the head is damaged", STR_ARG(name));
    size_t const body = bytes.len - SEALED_HEAD, over = body % LONGER;
    uint64_t const full = body / LONGER;

    if (over && (over < SEAL_MORE || (over == SEAL_MORE && full)))
        return err_set(e, ERR_TRUNCATED, bytes.len, "%.*s: it ends within a piece", STR_ARG(name));
    if (!(s = calloc(1, sizeof *s)))
        return no_memory(e);
    s->bytes = bytes;
    s->pieces = full + (over > 0);
    s->size = (size_t)full * SEALED_PIECE + (over ? over - SEAL_MORE : 0);
    s->clear = MAP_FAILED;
    if (!sealer_open(&s->sealer, keys, head + ID_AT, head + SEAL_AT, name, e))
        goto fail;
    char *const copy = calloc(name.len + 1, 1);

    if (copy)
        memcpy(copy, name.ptr, name.len);
    s->name = (str){copy ? copy : "", copy ? name.len : 0};
    s->there = calloc(s->pieces / 64 + 1, sizeof *s->there);
    s->clear = mmap(NULL, s->size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!copy || !s->there || s->clear == MAP_FAILED) {
        no_memory(e);
        goto fail;
    }
    (void)madvise(s->clear, s->size + 1, MADV_DONTDUMP);
    *out = s;
    return true;
fail:
    sealed_close(s);
    return false;
}

void sealed_close(struct sealed *s) {
    if (!s)
        return;
    if (s->clear != MAP_FAILED)
        munmap(s->clear, s->size + 1);
    if (s->name.len)
        free((char *)(uintptr_t)s->name.ptr);
    free(s->there);
    sealer_wipe(&s->sealer);
    free(s);
}

str sealed_bytes(const struct sealed *s) {
    return (str){s->clear, s->size};
}

str sealed_piece(const struct sealed *s, uint64_t at) {
    uint64_t const from = SEALED_HEAD + at / SEALED_PIECE * LONGER;

    return str_first(str_from(s->bytes, from), LONGER);
}

bool sealed_need(struct sealed *s, uint64_t from, size_t size, struct err *e) {
    assert(from <= s->size && size <= s->size - from);
    uint64_t const first = from / SEALED_PIECE,
                   end = size ? (from + size - 1) / SEALED_PIECE + 1 : first + (s->size == 0);

    for (uint64_t i = first; i < end; i++) {
        if (s->there[i / 64] >> i % 64 & 1)
            continue;
        if (!unseal_piece(&s->sealer, i + 1 == s->pieces ? i | LAST : i, sealed_piece(s, i * SEALED_PIECE),
                          s->clear + i * SEALED_PIECE))
            return err_set(e, ERR_CORRUPT, SEALED_HEAD + i * LONGER, "%.*s: at byte %llu: damaged, or changed",
                           STR_ARG(s->name), (unsigned long long)(SEALED_HEAD + i * LONGER));
        s->there[i / 64] |= UINT64_C(1) << i % 64;
    }
    return true;
}
