/* unpack: containers (gzip, zstd, xz, bzip2, tar, zip, 7z) down to the files in them, by content and never by name.
 *
 * One pass, nothing is written to disk: a member is a stream that its visitor reads as it comes out, and everything in it
 * is hashed whether it was asked for or not. What cannot be unpacked is told with its place.
 *
 * libarchive reads names by the process's LC_CTYPE: without a locale of UTF-8 (main sets C.UTF-8), names in 7z that are not
 * ASCII come out as "(no name)". */
#ifndef EVIDENCE_UNPACK_H
#define EVIDENCE_UNPACK_H

#include "base/buf.h"
#include "base/hash.h"
#include "evidence/input.h"

/* Bounds that a container cannot raise. What lies beyond them is damage with that reason, and the rest is read on. */
struct unpack_limits {
    unsigned depth_max; /* containers within each other; 0: none is opened */
    uint64_t bytes_max; /* that come out of one outermost file, all depths together */
    uint64_t ratio_max; /* bytes out for each byte of the outermost file, once more than ratio_from came out */
    uint64_t ratio_from;
    uint32_t members_max;
    size_t memory_max; /* windows and dictionaries of decompressors */
};

extern const struct unpack_limits unpack_limits_usual;

/* A member of a container, or the outermost file. */
struct unpack_member {
    str path; /* of the outermost file, then for each depth '!' and the name within: "logs.zip!a/b.evtx.gz!b.evtx".
                            * Well-formed UTF-8; control characters and ill-formed bytes of names stand as U+FFFD */
    unsigned depth;              /* 0: the outermost file */
    const char *container;       /* "gzip", "zip", ... when it is itself one and was opened; else NULL */
    uint64_t size;               /* bytes that came out */
    uint8_t sha256[SHA256_SIZE]; /* of these bytes */
    bool whole;                  /* false: it breaks off, or its checksum differs; damage has told why */
};

/* The path handed over lives until the call returns. False from any of these stops with the error they set. */
struct unpack_visitor {
    /* A member that is no container (or one too deep), from its first byte. Returns when it has read what it wants. */
    bool (*leaf)(void *ctx, str path, unsigned depth, struct input *in, struct err *e);
    /* Every member below the outermost file, containers too, once it is over; after leaf for the same path, and
     * before the next member of the same container. */
    bool (*ended)(void *ctx, const struct unpack_member *m, struct err *e);
    /* Bytes [offset, offset + size) of what `path` names could not be unpacked, and why: "encrypted", "breaks off",
     * "compressed data are damaged", "bytes behind the end", "more than ... come out", or as libarchive puts it. size 0: from
     * offset on, nobody can say how many. */
    void (*damage)(void *ctx, str path, uint64_t offset, uint64_t size, const char *why);
    /* Bytes of the outermost file consumed so far, now and then. NULL: not asked for. False stops. */
    bool (*tick)(void *ctx, uint64_t offset);
    /* When an archive says that the member was last written to, before leaf; INSTANT_NONE: it does not say. Not of what is
     * only compressed. NULL: not asked for. */
    void (*dated)(void *ctx, int64_t modified);
    void *ctx;
};

/* The name of the container that begins with head ("gzip", "zip", ...), or NULL. head: the first 64 KiB, or all. */
const char *unpack_container(str head);

/* Appends a name as part of a path: what is no character, or would steer a terminal, stands as U+FFFD. */
void unpack_add_name(struct buf *b, str name);

/* in: a container, of known size, whose windows may move back (zip and 7z have their directory at the end).
 * False: stopped by the visitor, ERR_MEMORY, or the input failed. */
MUST_USE bool unpack(struct input *in, str path, const struct unpack_limits *limits,
                     const struct unpack_visitor *visitor, struct err *e);

#endif
