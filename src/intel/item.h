/* item: what readers of intelligence hand over: an indicator, a warninglist's entry, a group, or what was left out and why.
 *
 * A reader of a format (import.h) calls an intel_sink; it knows no store and no plan. One mention of a value in one source is one
 * item; that the same value comes from several is put together later (intel_set.h). */
#ifndef INTEL_ITEM_H
#define INTEL_ITEM_H

#include "base/err.h"
#include "base/instant.h"
#include "intel/observable.h"

/* Traffic Light Protocol, FIRST 2.0; WHITE of TLP 1.0 is CLEAR. UNKNOWN: a marking that was not understood: do not pass on. */
enum tlp { TLP_NONE, TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_AMBER_STRICT, TLP_RED, TLP_UNKNOWN, TLPS };
/* Permissible Actions Protocol: what may be done with it. RED: nothing that anybody can see from outside. */
enum pap { PAP_NONE, PAP_CLEAR, PAP_GREEN, PAP_AMBER, PAP_RED, PAPS };
str tlp_name(enum tlp t); /* "TLP:AMBER+STRICT"; "" for NONE */
str pap_name(enum pap p);
/* "tlp:amber", "TLP:WHITE", "amber+strict", ...; an unknown word that begins with tlp: is UNKNOWN, anything else NONE. */
enum tlp tlp_named(str s);
enum pap pap_named(str s);
/* A STIX marking-definition's id; an id that is none of the nine known ones: UNKNOWN. */
enum tlp tlp_of_marking(str id);
/* The stricter of two. NONE is the least, UNKNOWN counts as RED. */
enum tlp tlp_stricter(enum tlp a, enum tlp b);

enum item_form {
    ITEM_VALUE,   /* type and value */
    ITEM_PATTERN, /* value: a STIX pattern that is more than a value (intel/stix_pattern.h) */
    ITEM_REGEX,   /* value: PCRE2, looked for in paths of files, letters as it says; type FILE_PATH */
};

/* What the source says of the kind of thing it is, if it says anything: sets the evidence class (intel/worth.h). */
enum item_nature {
    NATURE_UNSAID,
    NATURE_RELAY,     /* somebody else's router, VPN, proxy, Tor: others use it too */
    NATURE_SCANNER,   /* it scans; no more is known */
    NATURE_OPERATION, /* made or rented for the operation: command and control, phishing host, drop */
    NATURE_MALWARE,   /* is malware, or a part of it */
    NATURE_TOOL,      /* a program or kit that many use */
    NATURE_VICTIM     /* belongs to a victim: it was abused */
};

#define NATURES (NATURE_VICTIM + 1)
str nature_name(enum item_nature n); /* "relay"; "" for UNSAID */

#define ITEM_NAMES_MAX 16u /* groups, malware, origins of one item; of more the first */
#define ITEM_CONFIDENCE_UNSAID 255u

struct item_names {
    str names[ITEM_NAMES_MAX];
    unsigned count;
};

/* Views live until the sink returns. "" and INSTANT_NONE where the source says nothing. */
struct intel_item {
    enum item_form form;
    enum observable type; /* VALUE, REGEX */
    str value;            /* as the source has it, defanging undone; VALUE: it has a canonical form */
    str raw;              /* as it stands there, if that is something else */
    str where;            /* in the file: "line 12", "page 3, line 7", "object 5", "Attribute 3 of event ..." */
    str id;               /* the source's own: indicator--..., a UUID */
    str title, comment;
    int64_t created, modified;       /* of this mention */
    int64_t valid_from, valid_until; /* exclusive; as the source says, not guessed */
    int64_t first_seen, last_seen;
    uint8_t confidence; /* 0 to 100 as STIX; ITEM_CONFIDENCE_UNSAID */
    enum tlp tlp;
    enum pap pap;
    enum item_nature nature;
    bool revoked;
    bool context; /* the source does not mean it for detection (MISP to_ids false): kept and told, not hunted */
    bool
        proposed; /* read out of prose: the user has to look at it (`longwatch intel review`); hunted all the same, and marked */
    uint16_t port; /* it was said with a port: 1.2.3.4:443; 0: without */
    struct item_names groups, campaigns, malware,
        techniques; /* names as the source spells them; techniques: T1059.003 */
    /* Where the source says it has it from, or what it itself is: addresses of reports and posts, numbers of advisories, ids of
     * the original object. Two mentions that share one are one witness. */
    struct item_names origins;
};

/* An entry of a MISP warninglist: something harmless that indicators get confused with. It labels, it never hides. */
enum label_how { LABEL_STRING, LABEL_SUBSTRING, LABEL_HOSTNAME, LABEL_CIDR, LABEL_REGEX };
struct intel_label_list {
    str name, description, version, category; /* category: "false-positive", "known-identifier" */
    enum label_how how;
    uint64_t matches; /* a bit for each enum observable it applies to; 0: all */
};

/* A name of a group, and what else it is called. One mention in one source; intel/group.h joins them. Where a source says more than
 * a list holds, the rest follows in further mentions with the same name and id. */
struct intel_group {
    str name, id, where; /* id: G0128, the galaxy's UUID */
    struct item_names aliases, countries, origins;
    struct item_names techniques, malware; /* that it is said to use: T1059.003; names */
    str description;
    bool
        retired; /* the source has withdrawn the entry, or put another in its place: that one has the name among its aliases */
};

/* What a knowledge base (ATT&CK) or a galaxy says beyond mentions of groups, for profiles of them (attribution/profile.h). The base comes before
 * all else of a file, groups included; no other order is promised. "" and INSTANT_NONE where nothing is said. */
enum intel_known_type {
    KNOWN_BASE, /* that it is one: name; id: its version; word: "ATT&CK" or "galaxy"; names: its domains, or the galaxy's type; when: its
                        newest day */
    KNOWN_TECHNIQUE, /* id, name */
    KNOWN_SOFTWARE,  /* id, name, names: its others; word: "malware" or "tool" */
    KNOWN_REPLACED,  /* id of a technique or of software that was withdrawn; name: the id of what took its place */
    KNOWN_USE, /* group: its id, as a mention has it; id, name of a technique or of software, word: which: "technique", "malware", "tool";
                        source: by which sources are told apart; title: of it; when: it was published. One for each source */
    KNOWN_VICTIMS, /* group: its id; word: "country" or "sector"; names: whom it is said to go for, as it is written */
};
#define KNOWN_TYPES (KNOWN_VICTIMS + 1)
struct intel_known {
    enum intel_known_type type;
    str group, id, name, word, source, title;
    int64_t when;
    struct item_names names;
};

struct intel_sink {
    void *ctx;
    /* False from these stops the reader, which returns false with e as they set it. */
    bool (*item)(void *ctx, const struct intel_item *item, struct err *e);
    /* Something that is no indicator for us, with a reason in plain words: nothing is dropped silently. */
    bool (*left_out)(void *ctx, str where, str what, str why, struct err *e);
    /* A list is told before its entries. NULL: lists are left out. */
    bool (*label_list)(void *ctx, const struct intel_label_list *list, struct err *e);
    bool (*label)(void *ctx, str entry, struct err *e);
    bool (*group)(void *ctx, const struct intel_group *group, struct err *e); /* NULL: left out */
    bool (*known)(void *ctx, const struct intel_known *known, struct err *e); /* NULL: not asked for */
};

#endif
