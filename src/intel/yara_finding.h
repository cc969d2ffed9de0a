/* yara_finding: what a YARA rule found, and in what. */
#ifndef INTEL_YARA_FINDING_H
#define INTEL_YARA_FINDING_H

#include "base/hash.h"
#include "intel/yara_set.h"

#define YARA_MATCHES_TOLD 64u  /* of one rule in one scan */
#define YARA_STRING_MATCHES 8u /* of one string of these */
#define YARA_EXCERPT_MAX 32u   /* bytes of a match that are told */

/* Where a string of the rule lies. */
struct yara_match {
    uint32_t string; /* of rule->strings */
    uint64_t offset; /* in what was scanned */
    uint32_t length;
    str excerpt; /* its first bytes, at most YARA_EXCERPT_MAX: any bytes */
};

struct yara_hit {
    const struct yara_rule *rule;
    const struct yara_match *matches; /* by string, then by offset; the first few of each */
    size_t match_count;
    bool more; /* there were more than are told */
    uint64_t size;
    uint8_t sha256[SHA256_SIZE]; /* of what was scanned */
};

/* A hit in a file of the evidence, in a member of a container, or in what a message carries. */
struct yara_finding {
    uint64_t number; /* from 1, apart from those of other findings */
    struct yara_hit hit;
    str evidence_path; /* of the file or member */
    const char *evidence_sha256;
    bool attachment; /* in what a message carries: */
    str name,
        type; /* as it says; of what lies in an archive that is attached "a.zip!b.js"; "": the message's own text */
    uint64_t record, offset; /* of the message, as in its event */
};

/* What was not scanned, or not to its end. */
struct yara_omission {
    str evidence_path;
    bool attachment;
    str name;
    uint64_t record, offset;
    str why;
};

/* What was scanned of one file of the evidence, members and all. */
struct yara_counts {
    uint64_t files, attachments, bytes, omissions;
};

#endif
