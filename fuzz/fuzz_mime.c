/* fuzz_mime: any bytes as a message. In any cut it has the same parts with the same bodies; parts nest and end as they began; what
 * bodies, heads and damage say lies within the message, and no byte of a body that is not encoded is lost or doubled. */
#include <assert.h>

#include "base/hash.h"
#include "codec/mime.h"

struct heard {
    uint64_t size, hash, bodies, encoded;
    uint32_t parts, open[MIME_DEPTH_MAX + 2], depth;
    bool identity;
    uint64_t given; /* of the leaf that is open */
};

static bool on_part(void *ctx, const struct mime_part *p, struct err *e) {
    struct heard *const h = ctx;
    (void)e;

    assert(p->index == h->parts && p->depth == h->depth && h->depth < MIME_DEPTH_MAX + 2);
    assert(p->index == 0 || p->parent == h->open[h->depth - 1]);
    assert(p->offset <= p->body && p->body <= h->size && p->header_count <= MIME_HEADERS_MAX);
    h->open[h->depth++] = p->index;
    h->parts++;
    h->identity = p->shape == MIME_LEAF && p->encoding == TRANSFER_IDENTITY;
    h->given = 0;
    h->hash =
        h->hash * 31 + hash_bytes(p->type, 1) + hash_bytes(p->subtype, 2) + p->shape * 7u + p->offset + p->body * 3;
    for (uint32_t i = 0; i < p->header_count; i++) {
        assert(p->headers[i].name.len && p->headers[i].offset < h->size);
        h->hash = h->hash * 31 + hash_bytes(p->headers[i].name, 3) + hash_bytes(p->headers[i].value, 4);
    }
    return true;
}

static bool on_body(void *ctx, const struct mime_part *p, str bytes, struct err *e) {
    struct heard *const h = ctx;
    (void)e;

    assert(bytes.len && h->depth && p->index == h->open[h->depth - 1] && p->shape == MIME_LEAF);
    h->given += bytes.len;
    for (size_t i = 0; i < bytes.len; i++)
        h->bodies = h->bodies * 31 + (unsigned char)bytes.ptr[i] + p->index;
    return true;
}

static bool on_end(void *ctx, uint32_t index, uint64_t encoded, uint64_t junk, struct err *e) {
    struct heard *const h = ctx;
    (void)e;

    assert(h->depth && h->open[h->depth - 1] == index && junk <= encoded && encoded <= h->size);
    assert(!h->identity || h->given == encoded);
    h->identity = false;
    h->depth--;
    h->encoded += encoded;
    h->hash = h->hash * 31 + encoded + junk * 7 + index;
    return true;
}

static void on_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    struct heard *const h = ctx;

    assert(offset <= h->size && size <= h->size - offset && why[0]);
    h->hash += (offset * 31 + size + 1) * (hash_bytes(str_of(why), 3) | 1);
}

static struct heard read_pieces(struct mime *m, str text, size_t cut, size_t step) {
    struct heard h = {.size = text.len};
    struct mime_visitor const visitor = {on_part, on_body, on_end, on_damage, &h};
    struct err e = {0};
    bool ok;

    mime_begin(m, &visitor);
    ok = mime_feed(m, str_first(text, cut), &e);
    for (size_t at = cut; ok && at < text.len; at += step) {
        str const piece = str_first(str_from(text, at), step);
        char *const copy = malloc(piece.len);

        if (!copy)
            abort();
        memcpy(copy, piece.ptr, piece.len);
        ok = mime_feed(m, (str){copy, piece.len}, &e);
        free(copy);
    }
    if (!ok || !mime_end(m, &e))
        abort();
    assert(h.parts && h.depth == 0 && h.encoded <= text.len);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct mime *m; /* one for all messages, as the reader has it: nothing of one may reach the next */
    struct err e = {0};

    if (size < 3 || (!m && !mime_new(&m, &e)))
        return 0;
    str const text = {(const char *)data + 3, size - 3};
    struct heard const whole = read_pieces(m, text, text.len, 1);
    struct heard const parts =
        read_pieces(m, text, (data[0] | (size_t)data[1] << 8) % (text.len + 1), data[2] ? data[2] : 1);

    assert(whole.hash == parts.hash && whole.bodies == parts.bodies && whole.parts == parts.parts);
    return 0;
}
