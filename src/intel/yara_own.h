/* yara_own: what compiling and scanning share. For src/intel/yara_*.c only. */
#ifndef INTEL_YARA_OWN_H
#define INTEL_YARA_OWN_H

#include <yara.h>

#include "base/arena.h"
#include "base/buf.h"
#include "intel/yara_set.h"

struct yara_set {
    struct arena *a;
    struct yara_text *texts, **texts_end;
    struct yara_verdict *verdicts;
    size_t verdict_count, verdict_room;
    YR_RULES *compiled;
    struct yara_rule *rules;
    size_t rule_count;
};

/* A piece of a text at its outermost level. */
enum yara_piece_type { YARA_RULE, YARA_IMPORT, YARA_INCLUDE, YARA_OTHER };
struct yara_piece {
    enum yara_piece_type type;
    size_t begin, end; /* bytes of the text; what lies between pieces is blanks and comments */
    unsigned line;     /* of its first byte */
    str name;          /* of a rule, a module, a file */
    bool global;
};

/* Cuts a text into rules and what stands between them. *out is freed by the caller. */
MUST_USE bool yara_split(str text, struct yara_piece **out, size_t *count);

#endif
