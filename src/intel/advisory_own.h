/* advisory_own: what the parts of the importer of advisories share: a text taken apart into units (advisory_layout.c), the words that
 * mean something around an indicator (advisory_word.c), and what stands in a unit (advisory_find.c). import_advisory.c judges and tells.
 * How it works as a whole: docs/formats/advisories.md. */
#ifndef INTEL_ADVISORY_OWN_H
#define INTEL_ADVISORY_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "intel/item.h"

/* ---- units ---- */

enum advisory_kind {
    ADVISORY_PROSE,
    ADVISORY_ENTRY, /* of a list, or a line that stands for itself */
    ADVISORY_CELL,  /* of a table */
    ADVISORY_CODE,
    ADVISORY_HEADING,
    ADVISORY_RULE, /* a whole rule of YARA, Sigma, Snort: its first line */
    ADVISORY_HREF  /* the address of a link that cannot be clicked: defanged in its attribute as well */
};

/* What a heading says of what stands under it. */
enum advisory_section {
    SECTION_NONE,      /* nothing: what holds above it holds on */
    SECTION_INDICATOR, /* indicators are listed here */
    SECTION_REFERENCE, /* sources, contacts, legal notices */
    SECTION_HARMLESS,  /* legitimate, victims', not malicious */
    SECTION_ADVICE,    /* mitigations, detection */
    SECTION_OTHER      /* summary, analysis, ...: ends what held before */
};

/* From byte `at` of a unit on, its text is from this line. */
struct advisory_place {
    uint32_t at, page, line;
};

struct advisory_unit {
    str text;   /* well-formed, no line ends; wrapped values rejoined */
    str header; /* of its column; "" */
    uint32_t places, place_count;
    uint32_t heading; /* the unit it stands under, and which introduces its list or table, + 1; 0: none */
    uint32_t intro;
    uint32_t row, column; /* of a table: rows are counted through the text from 1; 0: none */
    uint32_t table;       /* 0: none */
    uint8_t kind, section, level;
    uint8_t header_label; /* what its header says */
    uint8_t above;        /* what a line above it said that follows: "SHA-256:" */
};

struct advisory_link { /* registered domains that links lead to */
    str domain;
    uint32_t count;
};

#define ADVISORY_LINKS_MAX 256u
#define ADVISORY_BYTES_MAX ((size_t)64 << 20)

struct advisory {
    struct arena *a;
    struct advisory_unit *units;
    size_t unit_count, unit_room;
    struct advisory_place *places;
    size_t place_count, place_room;
    uint32_t rows, tables;
    bool paged; /* it has form feeds: lines are counted on each page */
    bool is_html;
    str furniture; /* running heads and feet of pages, one of each, a line each */
    struct advisory_link links[ADVISORY_LINKS_MAX];
    size_t link_count;
};

/* Takes the text apart. bytes: any. ERR_LIMIT: more than ADVISORY_BYTES_MAX; ERR_MEMORY. advisory_end takes what failed, too. */
MUST_USE bool advisory_begin(struct advisory *d, str bytes, struct err *e);
void advisory_end(struct advisory *d);
bool advisory_is_html(str head);
/* Where byte `at` of the unit stood. */
struct advisory_place advisory_place_of(const struct advisory *d, const struct advisory_unit *u, size_t at);

/* ---- words ---- */

/* What the heading of a column, or the words in front of a value, say that it is. */
enum advisory_label {
    LABEL_NONE,
    LABEL_ANY, /* indicator, value, IOC */
    LABEL_HASH,
    LABEL_MD5,
    LABEL_SHA1,
    LABEL_SHA256,
    LABEL_SHA512,
    LABEL_IMPHASH,
    LABEL_JA3,
    LABEL_JA4,
    LABEL_SERIAL,
    LABEL_NO_HASH, /* ssdeep, keys, commits, ...: digits that are no hash of a file */
    LABEL_ADDRESS,
    LABEL_DOMAIN,
    LABEL_URL,
    LABEL_MAIL,
    LABEL_SUBJECT,
    LABEL_FILE,
    LABEL_NAME, /* of a file, or of anything */
    LABEL_PATH,
    LABEL_REGISTRY,
    LABEL_MUTEX,
    LABEL_USER_AGENT,
    LABEL_SERVICE,
    LABEL_TYPE,
    LABEL_FIRST_SEEN,
    LABEL_LAST_SEEN,
    LABEL_NOTE,
    LABEL_LINK, /* references, sources, reports */
    LABEL_VERSION
};

/* Small ASCII letters; letters with marks as those without, other characters as blanks; at most max bytes to out. */
str advisory_fold(str s, char *out, size_t max);
/* s is folded; words: one of the sets of advisory_word.c. The last place where one of them begins a word, or SIZE_MAX; *behind (or NULL):
 * where it ends. */
enum advisory_words {
    WORDS_HARMLESS,       /* legitimate, benign */
    WORDS_HARMLESS_ALL,   /* not malicious, do not block: of the whole sentence */
    WORDS_HARMLESS_AFTER, /* , a legitimate ...; directly behind a value */
    WORDS_PRETENDED,      /* looks legitimate, posing as */
    WORDS_EVIL,           /* malicious, command and control, ... */
    WORDS_FILE_EVIL,      /* drops, payload, saved as, ... */
    WORDS_FILE_TAKEN,     /* collects, renamed from: the victim's, or what it was before */
    WORDS_FILE_LURE,      /* attachment, ransom note: for people, of any ending */
    WORDS_KEY_EVIL,       /* persistence, creates */
    WORDS_RELAY,
    WORDS_SCANNER,
    WORDS_COMPROMISED,
    WORDS_BETWEEN,   /* from, on, via: what stands behind is another thing */
    WORDS_LINK,      /* see, available at, published */
    WORDS_CONTACT,   /* report to, contact */
    WORDS_MAIL_EVIL, /* in front of somebody's mail address: sent from, registered with */
    WORDS_SETS
};
size_t advisory_last(str s, enum advisory_words words, size_t *behind);
size_t advisory_first(str s, enum advisory_words words, size_t *behind);

/* text: as it stands there. */
enum advisory_section advisory_section_of(str text);
enum advisory_label advisory_label_of(str text);
bool advisory_is_remedy(str heading); /* what stands under it is to be done, not to be looked for */
/* Is it a label and nothing else ("SHA-256:")? */
bool advisory_is_label(str text);

/* ---- values ---- */

/* A value that may be an indicator. */
struct advisory_found {
    uint32_t unit, at, len; /* as it stands in the unit */
    uint8_t type;           /* enum observable; NONE: why says what else it is */
    uint8_t label;          /* enum advisory_label: in front of it, or of its column */
    bool defanged;
    bool dotted; /* its points are (not only its scheme) */
    bool whole;  /* all of a cell, or what a label says: not cut out of a text */
    uint16_t port;
    str value;
    const char *why; /* NONE: it is left out for this */
};

/* All of unit number `unit`, in order; a value stands for no two. False: memory. */
MUST_USE bool advisory_find(struct advisory *d, uint32_t unit, bool (*found)(void *ctx, const struct advisory_found *f),
                            void *ctx);
/* Does a value of the kind that is listed stand at the beginning of the text, or anywhere? Cheap and rough. */
bool advisory_begins_value(str text);
bool advisory_has_value(str text);
/* Has it marks of defanging? */
bool advisory_is_defanged(str token);
/* The ending of a file's name, in small letters, if files of programs and documents have it; "" else. */
str advisory_file_ending(str name);
/* The registered domain of a host, or "" ; `known` : it ends in a top-level domain that there is. */
str advisory_registered(str host, bool *known);

/* ---- names that are known (advisory_known.c) ---- */

bool advisory_common_file(str name);   /* every system has it, or it is mentioned everywhere */
bool advisory_hard_ending(str ending); /* of programs, scripts, archives, documents that run something */
bool advisory_report_host(str host);   /* who writes of such things */
bool advisory_shared_host(str host);   /* serves everybody */
bool advisory_resolver(str address);
bool advisory_mail_service(str host);         /* anybody has a mailbox there */
const char *advisory_reserved_name(str host); /* why it is nobody's on the Internet; NULL */

/* ---- the advisory itself ---- */

#define ADVISORY_PUBLISHERS_MAX 16u

struct advisory_about {
    enum tlp tlp;
    struct item_names origins, groups, malware; /* names: of its title */
    str publishers[ADVISORY_PUBLISHERS_MAX];    /* registered domains */
    size_t publisher_count;
};
/* origin: where it is known to come from, or "". Views of d. */
void advisory_about_of(const struct advisory *d, str origin, struct advisory_about *about);

#endif
