/* evidence: what of one incident speaks for or against groups: items, each with what it says of which group, who says so, and how good that is.
 *
 * An item is a fact about the incident (own logs: reliability A) with links: what others have published that connects it with a group. The two are graded
 * apart. What a class of items is worth, how it ages and whether it is cheap to fake is data (data/attribution/evidence.yml, after
 * docs/attribution.md). Knows no case and no file format. */
#ifndef ATTRIBUTION_EVIDENCE_H
#define ATTRIBUTION_EVIDENCE_H

#include "attribution/profile.h"

enum evidence_class {
    EVIDENCE_TECHNIQUE, /* what was done, by ATT&CK's number */
    EVIDENCE_TOOL,      /* a program or kit that many use */
    EVIDENCE_MALWARE,   /* identified by code, or by an analyst */
    EVIDENCE_CODE,      /* shared code, builder, packer, place where it was compiled: a supplier's, not an operator's */
    EVIDENCE_NAME,      /* names that anybody may give, patterns of use, rules that were written about a group */
    EVIDENCE_RELAY,     /* exit of a relay network, home router, VPS, VPN, Tor */
    EVIDENCE_ADDRESS,   /* an address that served this actor alone in those weeks */
    EVIDENCE_HOSTED,    /* a domain at a provider of dynamic DNS or of shared hosting */
    EVIDENCE_DOMAIN,    /* a domain or URL of the operation's own */
    EVIDENCE_IDENTIFIER, /* certificate, key, mail account, tracking identifier */
    EVIDENCE_MAIL,       /* the craft of a mail campaign: its tokens and beacons, its disguise */
    EVIDENCE_VICTIM,     /* country, sector, persons */
    EVIDENCE_HOURS,      /* when somebody worked, and on which days not */
    EVIDENCE_LANGUAGE,
    EVIDENCE_STATEMENT, /* a government about this very victim and period: said by an analyst, never found by the program */
    EVIDENCE_FORENSIC, /* same key, connection or act of an operator as in an incident that others attributed: so as well */
    EVIDENCE_CLASSES
};
str evidence_class_name(enum evidence_class c); /* "technique", "operation's domain", ...: for people */
str evidence_class_id(enum evidence_class c);   /* "technique", "domain", ...: in data and JSON */
enum evidence_class evidence_class_of(str id);  /* EVIDENCE_CLASSES: none */

/* Classes of one family are not independent of each other. */
enum evidence_family {
    FAMILY_TECHNIQUE,
    FAMILY_SOFTWARE,
    FAMILY_INFRASTRUCTURE,
    FAMILY_MAIL,
    FAMILY_VICTIM,
    FAMILY_HABIT, /* hours, language, names */
    FAMILY_STATEMENT,
    FAMILY_FORENSIC,
    EVIDENCE_FAMILIES
};
str evidence_family_name(enum evidence_family f);

/* What the data file says of a class. */
struct evidence_rule {
    double bans, cap;      /* of the link of one item to a group; of all items of the class */
    double half_life_days; /* of the link; 0: does not fade */
    bool cheap;            /* cheap to fake: language, hours, public tools, public infrastructure, names */
    bool carries;          /* may be the one class beside techniques, victims and habits that a name needs */
    bool model;            /* weighed by the model (model.h): bans and cap are only for links that no profile has */
    enum evidence_family family;
    uint8_t credibility; /* of such a link, before anybody says otherwise: Admiralty 1 to 6 */
    str why, source;
};
#define EVIDENCE_GRADES 6
struct evidence_rules {
    struct arena *memory;
    struct evidence_rule classes[EVIDENCE_CLASSES];
    double next;      /* share of further items of a class behind the strongest */
    double supplier;  /* factor of an item that a supplier explains as well */
    double outside;   /* bans, below 0: activity outside the time in which a group is known */
    double untouched; /* bans, below 0: a victim of a kind that it was never reported with */
    double nation;    /* posterior of a nation at which one may speak of it */
    double resembles; /* posterior from which a list of resemblances says something, though none is likelier */
    double speaks;    /* bans from which a class is counted among those that speak for a group */
    double many;      /* groups: malware of so many counts as EVIDENCE_CODE */
    double soft_days; /* around the dated reports on a group, in which it is taken as known */
    /* Admiralty, by letter and digit. A link counts by reliability of its source, and credibility over its class's own, at most 1; a fact by its
     * reliability, and credibility over that of 2 ("probably true"), at most 1. Nothing said: F, and the usual. */
    double reliability[EVIDENCE_GRADES], credibility[EVIDENCE_GRADES];
};
/* ERR_USAGE: a number is missing, out of its range or without its reason. */
MUST_USE bool evidence_rules_read(struct evidence_rules *out, str text, struct err *e);
MUST_USE bool evidence_rules_builtin(struct evidence_rules *out, struct err *e);
void evidence_rules_free(struct evidence_rules *r);

/* "" and INSTANT_NONE where nothing is said. */
struct evidence_link {
    str group;           /* as the source names it */
    str source;          /* who says so: "Sekoia, apt31-2021-11-10", "MITRE ATT&CK v18.1" */
    str origin;          /* the report it goes back to: links of one origin count once. "": the source itself */
    int64_t said;        /* when that was published */
    int64_t from, until; /* of validity */
    char reliability;    /* Admiralty A to F, of the source */
    uint8_t credibility; /* 1 to 6, of what it says; 0: the class's */
    bool copied;         /* of these very claims others are witnesses already */
    bool denies;         /* says that it was not this group: quoted, and speaks neither for nor against it */
};
struct evidence_item {
    enum evidence_class class;
    token token;         /* of techniques and software that have a number; 0 */
    str value;           /* "T1114.002", "evil.example", "GB" */
    str words;           /* what was seen, one clause: "the page /x.aspx was asked by 203.0.113.7" */
    int64_t first, last; /* observed */
    uint64_t count;
    str place; /* what `longwatch show CASE` takes: "17", "1.5"; "": not from evidence */
    str path;  /* of evidence; "" */
    const char *sha256;
    uint64_t record, offset;
    bool given;       /* an analyst said so */
    char reliability; /* of the fact itself: A of own logs; of what an analyst says, what he said, or F */
    uint8_t credibility;
    bool supplier; /* a supplier, builder or relay network explains it as well */
    const struct evidence_link *links;
    size_t link_count;
};

struct evidence_gap {
    str what;    /* "no log tells who read the mailboxes before 2021-06-01", "acts left out for want of memory" */
    str collect; /* what to get: "mailbox audit log (MailItemsAccessed)"; "" */
};
/* Signs that it is something else: computed from the incident, in words with their numbers. */
struct evidence_sign {
    enum evidence_other { OTHER_BENIGN, OTHER_SEVERAL, OTHER_SUPPLIER, OTHER_FALSE_FLAG } other;
    bool against; /* it speaks against that explanation */
    str words;
};

/* All of one incident. In the arena of who made it. */
struct evidence {
    uint32_t incident; /* 0: of no case */
    str title;
    int64_t first, last;               /* of its acts; INSTANT_NONE */
    double score;                      /* bans that it is an incident at all (incident.h); 0: an analyst's list */
    const struct evidence_item *items; /* by class, then value, then place */
    size_t item_count;
    const struct evidence_gap *gaps;
    size_t gap_count;
    const struct evidence_sign *signs;
    size_t sign_count;
};
#define EVIDENCE_ITEMS_MAX 4096u /* of one incident; what is beyond is a gap that says so */

#endif
