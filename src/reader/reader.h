/* reader: the interface of all formats. Knows no format: registry.c has the table. */
#ifndef READER_READER_H
#define READER_READER_H

#include "event/record.h"

/* Bytes of one source: a file in memory (mapped) or a stream out of a container. Readers ask for a window at an
 * offset; windows only move forward. Implemented by evidence/window.h. */
struct input {
    /* A view of bytes from `offset` on, at least `want` of them unless the source ends before (then all there are;
     * empty at the end). May give more. The view of the call before is dead after this call. want <= INPUT_WANT_MAX.
     * offset must not lie before that of the call before. False: cannot be read further (e says why: a damaged
     * container, a bound of unpacking reached); what came before stays true. */
    bool (*window)(struct input *in, uint64_t offset, size_t want, str *out, struct err *e);
    /* Bytes in the source when known (a mapped file), else UINT64_MAX. */
    uint64_t size;
};

#define INPUT_WANT_MAX (32u << 20)

/* A part of a source that can be read on its own: [from, to). The whole source: {0, UINT64_MAX}. A reader reads
 * every record that *begins* in the part (and its bytes beyond `to` if need be), so that parts of any cut give
 * each record exactly once. */
struct part {
    uint64_t from, to;
};

struct reader {
    const char *name;  /* as in the custody ledger: "evtx", "json" */
    const char *title; /* "Windows event log (EVTX)" */
    bool (*looks_like)(str head); /* head: the first 64 KiB or less; no allocation */
    /* Useful size in bytes of parts that may be read independently of each other (EVTX: whole chunks; JSON: when it
     * is one document a line); 0: this source must be read whole, in order. */
    uint64_t (*part_size)(str head);
    /* True: record.number counts from 1 within the part, and whoever cut the source into parts adds the records of
     * the parts before. False: the format has numbers of its own. */
    bool counts_in_part;
    /* Reads the part into the sink. Damage in the evidence is no failure (sink->damage). False: the sink stopped,
     * memory is out, or the input failed. */
    bool (*read)(struct input *in, struct part part, struct event_sink *to, struct err *e);
};

/* The reader for a source that begins with head, or NULL: nobody's; the ledger says "not read". */
const struct reader *reader_for(str head);
const struct reader *reader_named(str name);

#endif
