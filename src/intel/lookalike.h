/* lookalike: does a domain look like one of ours without being it? For domains of senders, of links, of who sent the mail in truth.
 *
 * Compared is the label that was registered: `parlament` of mail.parlament.example, found with the public suffix list that is built
 * into libpsl (no file is read, so it works in a confined process). Letters of other scripts count as what they look like: in
 * U-labels, and in A-labels (xn--), which are decoded here (RFC 3492), also those that IDNA forbids. */
#ifndef INTEL_LOOKALIKE_H
#define INTEL_LOOKALIKE_H

#include "base/err.h"
#include "base/str.h"

/* In this order they are looked for; the first that holds is told. A label that is a word of its own (state, times, parlament: the table is
 * in lookalike.c) has namesakes everywhere: for such ones ENDING and EDIT are told only under the same top-level domain or one
 * of com, net, org, info, and WORD only with one of those words. */
enum lookalike_how {
    LOOKALIKE_NOT,
    /* volkskammer.example.attacker.test: ours, whole, in front of somebody else's ending. */
    LOOKALIKE_SUBDOMAIN,
    /* volkskammer.test: the same label under another ending. Labels of 5 characters and more. */
    LOOKALIKE_ENDING,
    /* vo1kskammer, volkskarnmer, and with letters of other scripts or with marks: the same skeleton (the idea is that of Unicode TR 39,
     * the table our own; in ASCII rn/m, vv/w, 0/o, 1/l/i). Labels of 5 characters and more, of 3 with other scripts. */
    LOOKALIKE_CONFUSABLE,
    /* volkskamer: Damerau-Levenshtein distance 1 for labels of 5 to 8 characters, 2 for longer ones. The first character stays, unless
     * one was put in front or left out there; two edits add or take no digit; the ending stays too where it is 1 of 5 to 7
     * characters, or 2 of 9 to 11. */
    LOOKALIKE_EDIT,
    /* volkskammer-any, login-volkskammer, volkskammerportal: the label between hyphens or edges, or directly beside one of the words
     * that such mails use (login, mail, portal, ...: the table is in lookalike.c). Labels of 5 characters and more. */
    LOOKALIKE_WORD,
};
/* "subdomain", "ending", "confusable", "edit", "word"; "" for LOOKALIKE_NOT. */
str lookalike_name(enum lookalike_how how);

/* Ours, and those of partners; of these all that they use, or the others are told (microsoft.com: microsoftonline.com). Built once,
 * never changed. */
struct lookalike;
#define LOOKALIKE_DOMAINS_MAX 4096u

/* Each a domain as people write it (case does not matter); what is compared is its registered domain, and everything within that is ours.
 * ERR_USAGE: one that is none, or is an ending (co.uk); ERR_LIMIT: more than LOOKALIKE_DOMAINS_MAX; ERR_MEMORY. */
MUST_USE bool lookalike_new(struct lookalike **out, const str *domains, size_t count, struct err *e);
void lookalike_free(struct lookalike *l); /* takes NULL */

struct lookalike_hit {
    enum lookalike_how how;
    uint32_t which; /* of the domains given: the nearest, of equals the first */
    str own;        /* its registered domain; a view of l's memory */
};
/* A host or domain, in any case, perhaps with a last point. False: it looks like none of them, is one of them or below it, is no domain, or
 * (SUBDOMAIN apart) stands under an ending where only states, armed forces, schools and the like are let in (gov.uk, mil, edu): those are
 * namesakes, not attackers. Half a microsecond, and some nanoseconds more for each of ours; whoever has a domain often keeps
 * the answer. Takes memory only, within libpsl, for domains with letters beyond ASCII. */
bool lookalike_find(const struct lookalike *l, str domain, struct lookalike_hit *hit);

/* The label without `xn--` as code points (RFC 3492 6.2). False: it is none, or has more than max. */
bool punycode_decode(str label, uint32_t *points, size_t max, size_t *count);

#endif
