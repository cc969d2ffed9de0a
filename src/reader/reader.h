/* reader: the interface of all formats. Knows no format: registry.c has the table. */
#ifndef READER_READER_H
#define READER_READER_H

#include "base/buf.h"
#include "event/record.h"
#include "evidence/input.h"

/* A part of a source that can be read on its own: [from, to). The whole source: {0, UINT64_MAX}. A reader reads
 * every record that *begins* in the part (and its bytes beyond `to` if need be), so that parts of any cut give
 * each record exactly once. */
struct part {
    uint64_t from, to;
};

struct reader {
    const char *name;             /* as in the custody ledger: "evtx", "json", "csv" */
    const char *title;            /* "Windows event log (EVTX)" */
    bool (*looks_like)(str head); /* head: the first 64 KiB or less; no allocation */
    /* Does a kind file describe such a text? The same for formats that users describe (event/table.h). NULL: none. */
    bool (*described)(str head, const struct kinds *kinds);
    /* Useful size in bytes of parts that may be read independently of each other (EVTX: whole chunks; JSON: when it
     * is one document a line); 0: this source must be read whole, in order. NULL: as all of this format must. */
    uint64_t (*part_size)(str head);
    /* True: record.number counts from 1 within the part, and whoever cut the source into parts adds the records of
     * the parts before. False: the format has numbers of its own. */
    bool counts_in_part;
    bool attaches; /* its messages carry something (event_sink.attachment) */
    /* Reads the part into the sink. Damage in the evidence is no failure (sink->damage). False: the sink stopped,
     * memory is out, or the input failed. */
    bool (*read)(struct input *in, struct part part, struct event_sink *to, struct err *e);
    /* Appends the record that begins at offset as a person wants to see the original: EVTX as indented XML, JSON as its
     * own bytes. ERR_CORRUPT: there is none. For `longwatch show`. */
    bool (*show)(struct input *in, uint64_t offset, struct buf *out, struct err *e);
};

/* The reader for a source that begins with head, or NULL: nobody's; the ledger says "not read". kinds: NULL, or what is
 * known of tables without header line. */
const struct reader *reader_for(str head, const struct kinds *kinds);
/* The reader of lines of text for a source that nobody knows, if it is text at all; else NULL. */
const struct reader *reader_of_lines(str head);
const struct reader *reader_named(str name);
/* All of them, from 0; NULL behind the last. */
const struct reader *reader_at(size_t i);

#endif
