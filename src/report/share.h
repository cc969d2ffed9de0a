/* share: what of a finding may be handed on, to whom: markings of what it tells of intelligence, and what is said of the institution itself
 * (docs/formats/stix-out.md, "Markings" and "Redaction"). Works on the finding's JSON. */
#ifndef REPORT_SHARE_H
#define REPORT_SHARE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "intel/item.h"

enum redaction {
    REDACT_NOTHING,
    REDACT_PSEUDONYMS, /* accounts, hosts, addresses, files and values under names that only the key's owner can give */
    REDACT_COUNTS      /* how many of what, and from when to when */
};

/* ---- markings ---- */

/* What marking a text of a finding or of a rule means: "" is NONE; what is not understood is UNKNOWN, which counts as RED. */
enum tlp share_tlp(str marking);
/* May what is marked so be handed on as `ceiling` (CLEAR to RED)? */
bool share_allows(enum tlp ceiling, enum tlp marking);

/* Something that is marked more strictly than the export. Views into the finding. */
struct share_refused {
    enum tlp tlp;
    str what; /* the source, or the rule, whose marking it is */
};
/* Takes out of the finding what is marked more strictly than ceiling: claims of an indicator; with the last of them, or by the marking of
 * its rule, all of it: then *rest is NULL. What was put together out of all claims goes with the first that goes. Each that
 * goes is told to refused (may be NULL). The finding is changed; *rest is the finding, or NULL. ERR_MEMORY. */
MUST_USE bool share_marked(json_t *finding, enum tlp ceiling, void (*refused)(void *ctx, const struct share_refused *r),
                           void *ctx, json_t **rest, struct err *e);
/* The strictest PAP of the claims that the finding tells. */
enum pap share_pap(const json_t *finding);

/* ---- pseudonyms ---- */

struct pseudonyms;

#define PSEUDONYM_KEY_LEAST 32u /* bytes */
#define PSEUDONYM_KEY_MOST 65536u
/* Of a recipient's key, which is copied, and wiped when it is freed. ERR_USAGE: it is too short or too long. */
MUST_USE bool pseudonyms_new(struct pseudonyms **out, str key, struct err *e);
void pseudonyms_free(struct pseudonyms *p); /* takes NULL */
/* Appends KIND-DIGITS: the first 32 hexadecimal digits of HMAC-SHA-256 over a kind, a NUL byte and the value in its one spelling. kind: "account",
 * "host", "value", which say what it stands for and share their digits ("name"), so that the same thing is known again wherever it
 * stands; "file". What is an address or a mailbox is so whatever the kind says ("address", "mail"). Nothing of "". */
void pseudonym(const struct pseudonyms *p, const char *kind, str value, struct buf *out);
/* The finding with pseudonyms, a new tree: members that are not known to be harmless are not in it. What is the indicator itself stays. NULL:
 * no memory. */
json_t *share_pseudonymous(const struct pseudonyms *p, const json_t *finding);

#endif
