/* hunt: a job from evidence to findings. Prints nothing; what it finds and what it could not read it hands over.
 *
 * Evidence is read by confined processes (worker.h); this one opens files, hands them out, and puts the answers into the
 * order of the evidence: the same evidence and rules give the same calls in the same order, on any number of workers. */
#ifndef HUNT_HUNT_H
#define HUNT_HUNT_H

#include <signal.h>

#include "detection/activity.h"
#include "detection/correlation.h"
#include "detection/detect.h"
#include "detection/known.h"
#include "detection/person_scan.h"
#include "event/ingest.h"
#include "event/normal.h"
#include "evidence/custody.h"
#include "evidence/walk.h"
#include "intel/yara_scan.h"

#define HUNT_SLOTS 64u
struct kept_segment; /* wire.h */
struct key_set;      /* archive/seal.h, as the next */
struct writing_key;
struct erasing; /* erasing.h */

/* Of segments of archives only what is worth asking of each (segment_ask.h). The hunt is none of a file then: nothing is told of coverage,
 * duplicates and gaps, and lines of the ledger count what was read. */
struct hunt_asks {
    /* Once, before all others: which rules will not be evaluated (by rule), so that nothing will be learned of them. */
    bool (*begin)(void *ctx, const bool *skip, struct err *e);
    bool (*wanted)(void *ctx, str path); /* false: nothing is asked of the file */
    /* Appends what is asked of the segment; nothing: all of it, of which nothing is learned. */
    bool (*ask)(void *ctx, str path, struct buf *out, struct err *e);
    /* What the worker says (segment_learned_take). *clocks: what of it the hunt is to believe of clocks; views of bytes, or of whoever
     * tells. */
    bool (*learned)(void *ctx, str path, str bytes, str *clocks, struct err *e);
    /* What was learned of clocks before, of all files, wanted or not, whose `facts` nobody is asked for. */
    bool (*known)(void *ctx, str path, str *clocks, struct err *e);
    uint64_t kinds_made, times_made; /* as worker_setup */
    void *ctx;
};

struct hunt_options {
    const char *const *paths;
    size_t path_count;
    bool
        as_named; /* of paths that are not there the ledger says so, and the others are read: segments that a manifest names; else ERR_IO */
    const char *const *own; /* folders and files that are no evidence where they lie below the paths (walk_paths) */
    size_t own_count;
    const struct sigma_set *set;
    const struct known *known; /* NULL: no indicators are looked for; else set is known_set(known) */
    const struct person_hunt
        *persons; /* NULL: nobody of published lists is looked for, and the hunt is none the slower */
    struct fields *fields;
    const struct kinds *kinds;
    const struct mail_house *house; /* NULL: nothing is known of whose mail it is */
    int64_t latest; /* no time without year is later; INSTANT_NONE: when each file was last written to decides */
    const struct zone_rules *zone_rules; /* of times that say none; NULL: UTC. Workers inherit it */
    str zone;                            /* and its name; "": UTC */
    int64_t from, to;       /* events outside take no part; INSTANT_NONE: open. Events without time always do */
    enum sigma_level level; /* findings below are not reported */
    unsigned workers;       /* processes that read; 0: one for each processor */
    size_t memory_max;      /* bytes, of all processes together; 0: 112 MiB and 64 MiB for each worker */
    const volatile sig_atomic_t *stop; /* becomes not zero when the hunt is to end: ERR_INTERRUPTED. NULL: never */

    /* A listing instead of a hunt: every event is handed over and no rule evaluated (set may be empty). NULL: a hunt. The
     * events come as the findings do. */
    bool (*event)(void *ctx, const struct normal_event *event, struct err *e);
    uint64_t limit; /* listing: no more events than so many are wanted; 0: all */
    /* Beside the findings, whole events. Each of these two comes in the order of the evidence and before its source's line of
     * the ledger; how they stand among findings says nothing. NULL: not asked for, and then nothing is kept for it.
     *
     * Events of kinds that collect (docs/kinds.md), with the fields these name and all roles. */
    bool (*collected)(void *ctx, const struct normal_event *event, struct err *e);
    /* Acts (detection/activity.h), as events; they come in the order of the evidence within what is in hand. */
    bool (*activity)(void *ctx, const struct activity_event *v, struct err *e);
    /* Events in which some rule that is evaluated found something, whatever its level, with all roles, the fields in which it
     * was found, and match_fields as far as they are there; and events of kinds that `watches` is true of whose account
     * or target account `watched` is true of. Both are asked in the workers, who have the caller's memory as it was when the hunt began;
     * they keep nothing and need no memory. NULL: no accounts are watched. match_named: of the former only those that name an account. */
    bool (*matched)(void *ctx, const struct normal_event *event, struct err *e);
    const str *match_fields;
    size_t match_field_count;
    bool match_named;
    bool (*watches)(void *ctx, const struct kind *kind);
    bool (*watched)(void *ctx, str account);
    /* Files of the evidence that take no part, and have no line in the ledger. NULL: none. */
    bool (*passes_over)(void *ctx, str path);
    const char *kind_begins; /* listing: only events of kinds whose names begin so; NULL: all */
    const char *reader;      /* the name of the reader that is to read what is no container; NULL: content decides */
    bool any_text;           /* what no reader knows is read as lines of text, if it is text */
    /* Open the segments of archives among the paths that are encrypted; workers inherit them. NULL: none. */
    const struct key_set *keys;

    /* Records are kept instead of hunted in (hunt/keep.h); set may be empty, and no finding comes. Bytes of a segment as worker `slot`
     * (below HUNT_SLOTS) sends them, and at the end of each what it says of it; neither is to be believed. All records of all sources are
     * in them when hunt_run returns true. Sources are not read in parts. NULL: a hunt. */
    const struct writing_key *
        writing; /* segments are encrypted with it: workers are given this one and not the archive's. NULL: they are not */
    bool (*kept_bytes)(void *ctx, unsigned slot, str bytes, struct err *e);
    bool (*kept)(void *ctx, unsigned slot, const struct kept_segment *k, struct err *e);
    /* Keys of the segment that `kept` tells of next (hunt/archive_keys.h): as many bytes as whole keys or addresses take, rising within a call;
     * none: those since the last segment are of none. NULL: not asked for. key_secret: OBSERVABLE_SECRET bytes, which workers inherit. */
    bool (*kept_keys)(void *ctx, unsigned slot, bool addresses, str bytes, struct err *e);
    const uint8_t *key_secret;
    /* Instead of a hunt: segments are read for their keys alone (kept_keys, which is not NULL then). All of this one have been told; of what could not be
     * read to its end this does not come. NULL: a hunt, or records are kept. */
    bool (*indexed)(void *ctx, unsigned slot, str path, struct err *e);
    /* The reading of a file was not finished, and with it other records of its worker are lost, of whichever file: the hunt ends with
     * ERR_CORRUPT. path: of the file as it was found. */
    void (*kept_lost)(void *ctx, str path, const char *why);
    struct erasing *erasing; /* records are kept without these values (erasing.h). Segments only. NULL: as they are */
    /* The SHA-256 of a file, where the caller has hashed it: of its first *size bytes; whoever reads another number of them hashes it. NULL: of none. */
    bool (*kept_hash)(void *ctx, str path, uint64_t *size, uint8_t sha256[SHA256_SIZE]);

    const struct hunt_asks *asks; /* NULL: all of everything is read */

    /* False from these stops the hunt with the error they set. Findings of a source come before its ledger line, sources in
     * order of their paths, correlations last. */
    bool (*finding)(void *ctx, const struct finding *f, struct err *e);
    bool (*custody)(void *ctx, const struct custody *c, struct err *e);
    bool (*damage)(void *ctx, const struct custody_damage *d, struct err *e);
    /* What a source says of hosts and logs: before its ledger line. NULL: not asked for; so the next two. */
    bool (*coverage)(void *ctx, const struct custody_coverage *c, struct err *e);
    /* And of its clocks, those that can be compared with a witness, sound or not. NULL: not asked for. */
    bool (*clock)(void *ctx, const struct custody_clock *c, struct err *e);
    /* After the last source: events of the source with that line of the ledger (from 1) that stood in the evidence before it,
     * or earlier in it; then what the evidence as a whole does not hold. */
    bool (*duplicates)(void *ctx, uint64_t line, uint64_t events, struct err *e);
    bool (*gap)(void *ctx, const struct custody_gap *gap, struct err *e);
    /* Rules of files (intel/yara_scan.h): on every file, on the members of containers, and on what messages carry, archives among that as
     * well. A container's own bytes are scanned when it is a file of at most YARA_WHOLE bytes. NULL: nothing is scanned, and the
     * hunt is none the slower. The callbacks come after the lines of a source's members and before its own: what was found, by
     * member and place, and what was not scanned, or not to its end. NULL without rules. */
    const struct yara_set *yara;
    const struct yara_limits *yara_limits; /* NULL: the usual */
    bool (*yara_finding)(void *ctx, const struct yara_finding *f, struct err *e);
    bool (*yara_omission)(void *ctx, const struct yara_omission *o, struct err *e);
    /* At the end. Kinds that occurred, how often. */
    void (*kind)(void *ctx, const struct kind *kind, uint64_t events);
    void (*correlation)(void *ctx, uint32_t rule, const struct correlation_counts *counts);
    void (*filtered)(void *ctx, uint32_t rule, uint32_t filter, uint64_t matches);
    /* Now and then: bytes read of all there are. NULL: not asked for. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

struct hunt_result {
    uint64_t regex_given_up; /* matches of regular expressions that were ended at the step limit */
    struct yara_counts yara; /* what was scanned */
};

MUST_USE bool hunt_run(const struct hunt_options *options, struct hunt_result *result, struct err *e);

#endif
