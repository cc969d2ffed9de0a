/* worker: a confined process that reads sources, or parts of them, and evaluates rules on what it reads. */
#ifndef HUNT_WORKER_H
#define HUNT_WORKER_H

#include "detection/correlation.h"
#include "detection/detect.h"
#include "detection/known.h"
#include "detection/person_scan.h"
#include "event/ingest.h"
#include "evidence/unpack.h"
#include "intel/yara_scan.h"
#include "reader/reader.h"

struct key_set; /* archive/seal.h, as the next */
struct writing_key;

/* All that workers share. It is made before they are forked and never changed: they inherit it. */
struct worker_setup {
    const struct sigma_set *set;
    struct fields *fields;
    const struct kinds *kinds;
    const struct mail_house *house;
    const struct known *known;         /* NULL: no indicators; else set is known_set */
    const struct person_hunt *persons; /* NULL: no persons */
    const struct plan *plan;
    const struct correlator *correlator;
    const bool *skip; /* rules not to evaluate, by rule */
    int64_t latest;   /* as hunt_options; so the next four */
    const struct zone_rules *zone_rules;
    int64_t from, to;    /* as hunt_options */
    bool list;           /* events are listed, and no rule is evaluated; those of kinds whose names begin so */
    uint64_t list_limit; /* of one job no more are told: whoever hears them wants no more of all */
    str list_kind;
    const struct reader *reader;  /* reads everything that is no container; NULL: what each looks like decides */
    bool any_text;                /* as hunt_options */
    bool acts;                    /* acts are told */
    bool collect;                 /* events of kinds that collect are told */
    bool match;                   /* and those in which some rule found something, or whose account is watched; */
    const field_id *match_fields; /* the fields of the latter that are told whatever was found in them */
    size_t match_field_count;
    bool match_named; /* of those in which a rule found something, only those that name an account */
    bool (*watches)(void *ctx, const struct kind *kind); /* as hunt_options */
    bool (*watched)(void *ctx, str account);
    void *watch_ctx;
    enum sigma_level level;
    uint64_t key_seeds[2]; /* of what tells events apart; drawn anew in each hunt */
    size_t memory_max;     /* bytes of values that a worker keeps */
    struct unpack_limits limits;
    bool asks; /* of segments only what is asked of each (segment_ask.h) */
    uint64_t kinds_made,
        times_made; /* with asks: what segments say of themselves when kinds, and times, are those of now (keep.h) */
    bool keep;      /* as hunt_options: records are kept in segments (keep.h), and no rule is evaluated */
    struct erasing
        *erasing; /* of segments is kept what is left without these values, by a copy of each worker's; NULL: all */
    bool index;   /* as hunt_options (indexed): segments are read for their keys, and no rule is evaluated */
    const struct key_set *keys; /* as hunt_options; so the next */
    const struct writing_key *writing;
    const uint8_t *key_secret;   /* keys of segments are told; NULL: they are not */
    uint64_t times;              /* keep_times */
    bool keep_parts;             /* and files are read in parts all the same: by one alone it would only be more work */
    const struct yara_set *yara; /* rules of files; NULL: none */
    struct yara_limits yara_limits;
};

enum job_type {
    JOB_FILE, /* the whole source, or, when it can be read in parts (WIRE_SPLIT), its first part */
    JOB_PART, /* one part of a source */
    JOB_HASH, /* SHA-256 of the whole source */
    JOB_SCAN, /* YARA rules on the whole source and what lies in it (yara_job.h) */
    JOB_SEAL, /* no file: whatever records are kept and not told yet go out */
    JOB_TOLD, /* no job, but what was asked with WIRE_ASK */
    JOB_END,
};

/* Goes to the worker as it is; an open file goes with it; the path follows, and what is asked of a segment (segment_ask.h), if anything (not
 * after JOB_END and JOB_TOLD). */
struct job {
    uint32_t type, path_len, ask_len;
    uint64_t from, to; /* PART; TOLD: from: records of the source before the part; to: its size */
    char reader[16];   /* PART: its name */
    uint64_t ordinal;  /* FILE, PART, where records are kept: of the source, from 1 on */
    uint32_t part;     /* PART: which */
    bool hashed;       /* FILE: the file's first `to` bytes have this hash; TOLD: the source has it */
    uint8_t sha256[SHA256_SIZE];
};

/* In the child: confines itself, works until JOB_END or until the other end is closed. Never returns. */
_Noreturn void worker_run(const struct worker_setup *setup, int channel);

#endif
