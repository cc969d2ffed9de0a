/* outlook_settle: two passes over the mailbox: the first for the hash of it without what was drawn, the second writes. */
#include "evidence/outlook_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"

#define MARK STR("boundary-LibPST-iamunique-")
#define DECLARED STR("boundary=\"--")
#define CHUNK ((size_t)1 << 20)
#define AHEAD 64u  /* a mark and its number are not longer */
#define BEHIND 16u /* nor what stands before one that is declared */
#define WRITTEN ((size_t)64 << 10)

/* Boundaries that are in force, and what they are called. */
struct boundary {
    uint64_t drawn; /* + 1; 0: none */
    uint64_t number;
};

struct settling {
    struct sha256 *hash; /* the first pass; NULL: the second */
    int out;
    char secret[17];
    struct boundary *known; /* a table, by hash */
    uint64_t seed, mask, count, last;
    char bytes[CHUNK + AHEAD];
    char written[WRITTEN]; /* not yet; the first `waiting` of them */
    size_t waiting;
};

/* What waits goes where this pass puts it. */
static bool pour(struct settling *s) {
    str left = {s->written, s->waiting};

    s->waiting = 0;
    if (s->hash) {
        sha256_add(s->hash, left);
        return true;
    }
    while (left.len) {
        ssize_t const n = write(s->out, left.ptr, left.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        left = str_from(left, (size_t)n);
    }
    return true;
}

static bool put(struct settling *s, str bytes) {
    while (bytes.len) {
        str const some = str_first(bytes, WRITTEN - s->waiting);

        memcpy(s->written + s->waiting, some.ptr, some.len);
        s->waiting += some.len;
        bytes = str_from(bytes, some.len);
        if (s->waiting == WRITTEN && !pour(s))
            return false;
    }
    return true;
}

static struct boundary *boundary_at(const struct settling *s, struct boundary *known, uint64_t mask, uint64_t drawn) {
    uint64_t at = hash_bytes((str){(const char *)&drawn, sizeof drawn}, s->seed);

    while (known[at & mask].drawn && known[at & mask].drawn != drawn + 1)
        at++;
    return &known[at & mask];
}

static bool boundary_declare(struct settling *s, uint64_t drawn) {
    if (s->count * 2 >= s->mask) {
        uint64_t const mask = s->mask ? s->mask * 2 + 1 : 1023;
        struct boundary *const more = calloc(mask + 1, sizeof *more);

        if (!more)
            return false;
        for (uint64_t i = 0; s->known && i <= s->mask; i++)
            if (s->known[i].drawn)
                *boundary_at(s, more, mask, s->known[i].drawn - 1) = s->known[i];
        free(s->known);
        s->known = more;
        s->mask = mask;
    }
    struct boundary *const b = boundary_at(s, s->known, s->mask, drawn);

    s->count += b->drawn == 0;
    *b = (struct boundary){drawn + 1, ++s->last};
    return true;
}

/* A mark at `at`: *at moves behind what was written. */
static bool settle_mark(struct settling *s, str bytes, size_t *at) {
    str const mark = MARK, declared = DECLARED;
    size_t const behind = *at + mark.len;
    str const before = str_first(bytes, *at);
    size_t end = behind + (behind < bytes.len && bytes.ptr[behind] == '-');
    uint64_t drawn = 0;
    char text[48];

    while (end < bytes.len && end < behind + 12 && bytes.ptr[end] >= '0' && bytes.ptr[end] <= '9')
        drawn = drawn * 10 + (uint64_t)(bytes.ptr[end++] - '0');
    *at = behind;
    if (!str_starts(str_from(bytes, end), S("_-_-")) || end == behind)
        return put(s, mark);
    if (str_ends(before, declared) && !boundary_declare(s, drawn))
        return false;
    const struct boundary *const b = s->known ? boundary_at(s, s->known, s->mask, drawn) : NULL;

    if (!b || !b->drawn)
        return put(s, mark);
    *at = end;
    snprintf(text, sizeof text, "%s-%lu", s->secret, (unsigned long)b->number);
    return put(s, mark) && put(s, str_of(text));
}

static bool settle_pass(struct settling *s, int in) {
    size_t len = 0;
    bool end = false;

    free(s->known);
    s->known = NULL;
    s->mask = s->count = s->last = 0;
    while (!end || len) {
        size_t at = 0, sure;

        while (!end && len < sizeof s->bytes) {
            ssize_t const n = read(in, s->bytes + len, sizeof s->bytes - len);

            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                return false;
            end = n == 0;
            len += (size_t)n;
        }
        sure = end ? len : len - AHEAD;
        for (;;) {
            str const mark = MARK;
            size_t const found = str_find((str){s->bytes + at, len - at}, mark);
            size_t here = at + found;

            if (found == SIZE_MAX || here >= sure)
                break;
            if (!put(s, (str){s->bytes + at, found}) || !settle_mark(s, (str){s->bytes, len}, &here))
                return false;
            at = here;
        }
        if (!end && sure - BEHIND > at)
            sure -= BEHIND;
        else if (!end)
            sure = at;
        if (!put(s, (str){s->bytes + at, sure - at}))
            return false;
        memmove(s->bytes, s->bytes + sure, len - sure);
        len -= sure;
    }
    return pour(s);
}

static bool settle(struct settling *s, int in) {
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    bool ok;

    if (!(s->hash = sha256_new()))
        return false;
    ok = settle_pass(s, in);
    sha256_end(s->hash, hash);
    sha256_free(s->hash);
    s->hash = NULL;
    if (!ok || lseek(in, 0, SEEK_SET) != 0)
        return false;
    sha256_hex(hash, hex);
    memcpy(s->secret, hex, sizeof s->secret - 1);
    return settle_pass(s, in);
}

bool outlook_settle(int folder, const char *name, const char *copy, struct err *e) {
    struct settling *const s = calloc(1, sizeof *s);
    int const in = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = s != NULL && in >= 0;

    if (ok) {
        s->seed = hash_seed();
        ok = (s->out = openat(folder, copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) >= 0;
    }
    if (ok) {
        ok = settle(s, in) && renameat(folder, copy, folder, name) == 0;
        if (!ok) {
            err_system(e, "it could not be written anew");
            unlinkat(folder, copy, 0);
        }
        close(s->out);
    } else {
        err_system(e, "it could not be written anew");
    }
    if (in >= 0)
        close(in);
    if (s)
        free(s->known);
    free(s);
    return ok;
}
