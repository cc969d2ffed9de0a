/* fuzz_container: any bytes as a file that may be a container. What comes out stays within the bounds; paths are well-formed
 * and lead from the file; what a leaf read is what was hashed, or its beginning; damage says why; and how much a leaf asks
 * for, or whether it asks at all, changes nothing. */
#include <assert.h>
#include <locale.h>
#include <openssl/sha.h>

#include "base/buf.h"
#include "base/utf.h"
#include "evidence/unpack.h"

/* Small, so that bounds are met. */
static const struct unpack_limits limits = {.depth_max = 3,
                                            .bytes_max = 4 << 20,
                                            .ratio_max = 100,
                                            .ratio_from = 1 << 20,
                                            .members_max = 100,
                                            .memory_max = 16 << 20};
#define PIECE ((size_t)256 << 10) /* a bound may be passed by so much at each depth */

/* A window is memory of its own, and gone with the next one. */
struct bytes_input {
    struct input input;
    str bytes;
    char *window;
};

struct seen {
    uint64_t file_size, sum; /* over all that was told, in its order */
    size_t take, step;       /* bytes a leaf reads at most, and asks for at once */
    uint64_t came;           /* bytes out of everything */
    uint32_t leaves, members;
    struct buf open; /* what the leaf has read */
    struct buf path; /* of the leaf */
    bool whole;      /* read to its end */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct bytes_input *const b = (struct bytes_input *)(void *)in;
    str const all = offset < b->bytes.len ? str_from(b->bytes, (size_t)offset) : (str){"", 0};
    str const some = str_first(all, want > 1000 ? want : 1000);

    (void)e;
    assert(want <= INPUT_WANT_MAX);
    free(b->window);
    b->window = malloc(some.len + 1);
    assert(b->window);
    memcpy(b->window, some.ptr, some.len);
    *out = (str){b->window, some.len};
    return true;
}

static void add(struct seen *s, const void *bytes, size_t len) {
    s->sum = hash_bytes((str){bytes, len}, s->sum);
}

static void path_check(str path, unsigned depth) {
    unsigned marks = 0;

    assert(depth <= limits.depth_max);
    assert(str_starts(path, S("f")) && (path.len == 1 || path.ptr[1] == '!'));
    assert(utf8_valid(path) == path.len);
    for (size_t i = 0; i < path.len; i++) {
        assert((unsigned char)path.ptr[i] >= 0x20 && path.ptr[i] != 0x7f);
        marks += path.ptr[i] == '!';
    }
    assert(marks >= depth); /* a name may hold some of its own */
}

static bool leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct seen *const s = ctx;
    str view;

    path_check(path, depth);
    s->leaves++;
    s->open.len = s->path.len = 0;
    s->whole = false;
    buf_add(&s->path, path);
    while (s->open.len < s->take) {
        if (!in->window(in, s->open.len, s->step, &view, e))
            return false;
        if (view.len == 0) {
            s->whole = true;
            break;
        }
        buf_add(&s->open, view);
    }
    return true;
}

static bool ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct seen *const s = ctx;
    uint8_t sha[SHA256_SIZE];

    (void)e;
    path_check(m->path, m->depth);
    assert(m->depth > 0);
    s->members++;
    s->came += m->size;
    if (!m->container) {
        assert(str_eq(m->path, buf_str(&s->path)));
        assert(s->open.len <= m->size && (!s->whole || s->open.len == m->size));
        if (s->open.len == m->size) {
            SHA256((const unsigned char *)buf_str(&s->open).ptr, s->open.len, sha);
            assert(memcmp(sha, m->sha256, sizeof sha) == 0);
        }
    }
    add(s, m->path.ptr, m->path.len);
    add(s, &m->size, sizeof m->size);
    add(s, m->sha256, sizeof m->sha256);
    add(s, &m->whole, sizeof m->whole);
    add(s, m->container ? m->container : "", m->container ? strlen(m->container) : 0);
    return true;
}

static void damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    struct seen *const s = ctx;

    path_check(path, 0);
    assert(why && *why);
    if (path.len == 1) /* of the file itself the size is known */
        assert(offset <= s->file_size && size <= s->file_size - offset);
    add(s, path.ptr, path.len);
    add(s, &offset, sizeof offset);
    add(s, &size, sizeof size);
    add(s, why, strlen(why));
}

static bool tick(void *ctx, uint64_t offset) {
    const struct seen *const s = ctx;

    assert(offset <= s->file_size);
    return true;
}

static void run(str bytes, struct seen *s) {
    struct bytes_input in = {{window, bytes.len}, bytes, NULL};
    struct unpack_visitor const visitor = {leaf, ended, damage, tick, NULL, s};
    struct err e = {0};

    s->file_size = bytes.len;
    assert(unpack(&in.input, S("f"), &limits, &visitor, &e) || e.code == ERR_MEMORY);
    assert(s->came <= limits.bytes_max + (limits.depth_max + 1) * PIECE);
    assert(s->came <= limits.ratio_from + (limits.depth_max + 1) * PIECE ||
           s->came <= bytes.len * limits.ratio_max + (limits.depth_max + 1) * PIECE);
    assert(s->leaves <= limits.members_max + limits.depth_max * limits.members_max);
    free(in.window);
    buf_free(&s->open);
    buf_free(&s->path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const bytes = {(const char *)data, size};
    struct seen all = {.take = SIZE_MAX, .step = 1 << 20}, again = {.take = SIZE_MAX, .step = 1}, none = {.take = 0};

    if (size > 64 << 10)
        return 0;
    setlocale(LC_CTYPE, "C.UTF-8"); /* as main does */
    run(bytes, &all);
    run(bytes, &again);
    run(bytes, &none);
    assert(all.sum == again.sum && all.sum == none.sum);
    return 0;
}
