/* yara_set: YARA rules out of texts, compiled by libyara: which are used, which are refused and why, and what each says of itself.
 * yara_scan.h scans with them; docs/yara.md says what conditions see.
 *
 * A text with a rule that cannot be used does not lose its others: it is then compiled rule by rule. A refused rule that is global takes
 * the other rules of its text with it, because it limits them. Nothing is included: a file that another one includes is named itself.
 *
 * libyara keeps state of the process (yr_initialize); sets count their users of it. */
#ifndef INTEL_YARA_SET_H
#define INTEL_YARA_SET_H

#include "base/err.h"
#include "base/str.h"
#include "intel/sigma.h"

#define YARA_TEXT_MAX ((size_t)32 << 20) /* bytes of one file of rules */
#define YARA_REFUSED_MAX 1000u           /* rules of one text that are refused one by one; then the rest of it is */
#define YARA_STRINGS_MAX 65536u          /* of one rule, of which matches are told */

/* What a rule says of itself; "" where it says nothing. Names of meta data are those that public rules use (docs/yara.md). */
struct yara_rule {
    uint32_t index; /* in the set */
    str name, path; /* path: of the text, which is also its namespace */
    unsigned line;
    str description, author, date, reference, hash, tlp, malware, group;
    int64_t score;          /* -1: none */
    enum sigma_level level; /* of what it finds: of its score, or high */
    const str *tags;
    size_t tag_count;
    const str *strings; /* identifiers: "$a"; of an anonymous one "$" */
    size_t string_count;
    bool hidden; /* private: it finds nothing itself */
};

/* A rule that was refused, or a whole text (line 1 and no name), and why; or what libyara warns of in one that is used
 * (`string "$a" may slow down scanning`). */
struct yara_verdict {
    str path, name;
    unsigned line;
    bool loaded; /* it is used: a warning */
    bool slow;   /* and the warning is that it makes scanning slow */
    str reason;
};

struct yara_set;

MUST_USE bool yara_set_new(struct yara_set **out, struct err *e);
/* Takes NULL. */
void yara_set_free(struct yara_set *s);
/* A text of rules. What is wrong with it becomes verdicts; false: memory is out. Not after yara_set_compile. */
MUST_USE bool yara_set_add(struct yara_set *s, str path, str text, struct err *e);
/* The same from a file; that it cannot be read is a verdict. */
MUST_USE bool yara_set_add_file(struct yara_set *s, const char *path, struct err *e);
/* A verdict of somebody who knows why a file is not even read. */
MUST_USE bool yara_set_refuse(struct yara_set *s, str path, const char *reason, struct err *e);
/* Once, after the last. A set without rules is compiled as well, and finds nothing. */
MUST_USE bool yara_set_compile(struct yara_set *s, struct err *e);

/* After compiling. Rules in the order in which they were added; what is in them lives as long as the set. */
size_t yara_set_count(const struct yara_set *s);
const struct yara_rule *yara_set_rule(const struct yara_set *s, size_t i);
/* In the order of paths and lines. */
size_t yara_verdict_count(const struct yara_set *s);
const struct yara_verdict *yara_verdict_at(const struct yara_set *s, size_t i);

#endif
