/* wire: what a worker tells its parent, as bytes. The worker may have been taken over by the evidence it reads: what comes
 * in is checked like a file of unknown origin. */
#ifndef HUNT_WIRE_H
#define HUNT_WIRE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "detection/activity.h"
#include "detection/correlation.h"
#include "detection/finding.h"
#include "detection/known.h"
#include "event/normal.h"
#include "hunt/clock.h"
#include "hunt/coverage.h"
#include "evidence/custody.h"
#include "intel/observable_key.h"
#include "hunt/segment_ask.h"
#include "intel/person.h"
#include "intel/yara_finding.h"

enum wire_type {
    WIRE_TICK = 1, /* number: bytes of the job read since the last */
    WIRE_SPLIT, /* number: the source can be read in parts of so many bytes, of which this job reads the first; name: its reader */
    WIRE_HASH,     /* hash: SHA-256 of the whole source */
    WIRE_KIND,     /* index (of the kind), number: events of a kind in this job */
    WIRE_FILTERED, /* rule, index (of the filter), number: matches taken away since the worker began */
    WIRE_GIVEN_UP, /* number: regular expressions given up since the worker began */
    WIRE_DONE,     /* the job is over; name: why it failed, or empty */
    /* These are kept until the turn of their source has come: */
    WIRE_SOURCE, /* what follows speaks of the member of a container with this path (name) and number: index, counted
                     * from 1; 0, which is also where a job begins: the job's file itself; hashed, hash: of a member whose hash is
                     * known before it has been read */
    WIRE_FINDING,
    WIRE_MATCH,   /* for correlations */
    WIRE_BRACKET, /* rule, index: a pattern and which of its brackets is true of an event (UINT32_MAX: some could not be told of it); match:
                     * the event, without cells; number: its element */
    WIRE_EVENT,   /* of a listing */
    WIRE_DAMAGE,  /* name: the path of another source than the present one, or empty */
    WIRE_STREAM,  /* what this source, or this part of it, says of a log of a host */
    WIRE_CLOCK, /* index (as SOURCE's), clock: what this source, or this part of it, says of a clock; read before all others */
    WIRE_KEYS,    /* name: WIRE_KEY bytes for each event that can be told from others, in order */
    WIRE_CUSTODY, /* the end of a source, or of the part of it that the job was */
    /* Whole events beside findings, as EVENT: */
    WIRE_COLLECTED, /* of a kind that collects */
    WIRE_MATCHED,   /* in which some rule found something, or of an account that is watched */
    /* Acts (detection/activity.h): texts are told once in a job, and by number after that: */
    WIRE_WORD, /* index, name: the text of that number; 0: all before are forgotten */
    WIRE_ACT,  /* activity, words: numbers of its texts, + 1; 0: none */
    /* Of a job that scans with YARA rules, and of no other: */
    WIRE_YARA,      /* yara: what a rule found in this source, or in what it carries */
    WIRE_UNSCANNED, /* omission */
    WIRE_SCANNED,   /* hash, counts: the end of a source */
    /* Of a hunt that keeps records (keep.h), in any job; about what was read in this and others: */
    WIRE_SEGMENT,         /* name: bytes of a segment, which follow those before */
    WIRE_SEALED,          /* kept: the bytes since the last one are a segment, and what it is; and so are the keys: */
    WIRE_INDEX_KEYS,      /* name: of the segment that is sealed next, 8 bytes each, rising (archive_keys.h) */
    WIRE_INDEX_ADDRESSES, /* the same, 16 bytes each */
    WIRE_INDEXED, /* of a segment that is read for its keys alone: all of them have been told. Where it cannot be read whole, this does not come */
    WIRE_ASK, /* number: the ordinal of a job's source, index: one of its parts: what JOB_TOLD says is asked for, and waited for */
    /* Of a job with an ask (segment_ask.h), before its end: */
    WIRE_LEARNED, /* name: segment_learned_take */
    /* And beside WIRE_FINDING: */
    WIRE_PERSON, /* entry, index: somebody of the lists and which of the names, + 1 (0: none of them); likeness; and what FINDING has beside
                  * rule and entry */
    WIRE_KEPT,   /* custody, index (0: it is no member): what an archive's ledger says of this source */
    WIRE_TYPES
};

#define WIRE_BYTES_MAX (64u << 20) /* of one message */
#define WIRE_VALUE_MAX (1u << 20)  /* bytes of a value; the worker cuts what is longer and says so in the value */
#define WIRE_WORDS (1u << 18)      /* texts of acts (WIRE_WORD), and */
#define WIRE_WORDS_BYTES                                                                                               \
    ((size_t)16 << 20) /* so many bytes of them, after which a worker forgets all and begins with 0 */
#define WIRE_HEAD 5u
#define WIRE_KEY 16u
#define WIRE_INDEX_KEY 8u
#define WIRE_INDEX_ADDRESS 16u

/* A segment of records, of which a worker says what it is: whoever keeps it looks itself. */
struct kept_segment {
    uint8_t sha256[SHA256_SIZE]; /* struct segment_info's */
    uint64_t size;
    uint32_t rows;
    int32_t month; /* of its records that have a time: year * 12 + month - 1; KEPT_UNDATED */
    int64_t first, last;
};
#define KEPT_UNDATED INT32_MIN

/* One message in memory; views into the bytes it was read from, arrays in an arena. */
struct wire {
    enum wire_type type;
    uint64_t number;
    uint32_t rule, index;
    uint32_t entry; /* FINDING: of what is known, + 1; 0: the rule's own finding */
    str name;
    uint8_t hash[SHA256_SIZE];
    bool hashed; /* SOURCE, CUSTODY, SCANNED: hash is set */
    uint64_t
        key; /* FINDING, PERSON, MATCH, EVENT, COLLECTED, MATCHED: of the clock that `when` is of (ACT too); 0: none that may be wrong */
    struct finding finding; /* FINDING: rule is wire.rule, the source's fields are not set; PERSON: rule is not set */
    struct person_match likeness;   /* PERSON; who and which name is in entry and index */
    struct correlation_event match; /* MATCH: source is not set */
    struct normal_event event;      /* EVENT, COLLECTED, MATCHED: evidence is not set */
    struct activity_event activity; /* ACT; text and evidence are not set */
    uint32_t words[ACT_TEXTS];
    struct custody_damage damage;  /* path is not set */
    struct stream stream;          /* STREAM: its runs are the message's */
    struct clock clock;            /* CLOCK: its index is wire.index */
    struct custody custody;        /* path and sha256 are not set */
    struct yara_finding yara;      /* number and evidence are not set */
    struct yara_omission omission; /* evidence is not set */
    struct yara_counts counts;
    struct kept_segment kept;
};

/* What a message may speak of. */
struct wire_known {
    const struct sigma_set *set;
    size_t kind_count;
    const struct yara_set *yara;   /* NULL: none */
    const struct known *known;     /* NULL: no indicators are looked for */
    const struct persons *persons; /* NULL: no persons are */
};

/* Appends a message to the buffer. Which members count depends on the type. */
void wire_put(struct buf *b, const struct wire *w);
/* The size of the message that begins with these WIRE_HEAD bytes, head included; 0: no such message. */
size_t wire_size(const char *head);
/* Its type. */
enum wire_type wire_type_of(const char *head);
/* Takes one message from the front of *bytes. Arrays live in a. False: these bytes are no whole, well-formed message, or one
 * that no worker of ours would send (a rule, entry or kind that is not there, a value too long, text that is no UTF-8). */
MUST_USE bool wire_take(str *bytes, const struct wire_known *known, struct arena *a, struct wire *out);

#endif
