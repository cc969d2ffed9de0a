/* input: a stream of bytes as the windows that readers ask for; and a regular file as one. */
#ifndef EVIDENCE_INPUT_H
#define EVIDENCE_INPUT_H

#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

/* Bytes of one source: a file, or a member of a container. Readers ask for a window at an offset; windows only move
 * forward. */
struct input {
    /* A view of bytes from `offset` on, at least `want` of them unless the source ends before (then all there are;
     * empty at the end). May give more. The view of the call before is dead after this call. want <= INPUT_WANT_MAX.
     * offset must not lie before that of the call before. False: cannot be read further (e says why: a damaged
     * container, a bound of unpacking reached); what came before stays true. */
    bool (*window)(struct input *in, uint64_t offset, size_t want, str *out, struct err *e);
    /* Bytes in the source when known (a file), else UINT64_MAX. */
    uint64_t size;
};

#define INPUT_WANT_MAX (32u << 20)

/* A regular file. Here windows may also move back. Read, not mapped: a file that shrinks meanwhile ends early and kills
 * nobody. */
struct file_input {
    struct input input;
    int fd;
    bool owned; /* fd is closed with it */
    char *bytes;
    size_t room, held;
    uint64_t at;      /* where in the file bytes[0] lies */
    int64_t modified; /* when it was last written to, as the file system says; INSTANT_NONE: no instant */
};

MUST_USE bool file_input_open(struct file_input *f, const char *path, struct err *e);
/* fd stays the caller's. */
MUST_USE bool file_input_of(struct file_input *f, int fd, struct err *e);
/* Takes one that is zeroed or already closed. */
void file_input_close(struct file_input *f);
/* SHA-256 of the whole file. tick (or NULL) hears of each piece of bytes and may stop it: false. */
MUST_USE bool file_input_hash(struct file_input *f, uint8_t out[SHA256_SIZE], bool (*tick)(void *ctx, uint64_t bytes),
                              void *ctx, struct err *e);

#endif
