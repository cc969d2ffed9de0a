/* group: who is who: the names of threat groups that all sources give, joined into one table; and what is known of some of them.
 *
 * A mention is what one source calls a group (intel/item.h). Mentions are joined
 *
 *   by id           the same id; the number of ATT&CK (G0128), also where another source has it among its names
 *   by name         the first name of one is a name of the other, or they have two names in common; in one spelling: letters
 *                   of any case, without blanks, hyphens and points, `the` in front and `group` behind
 *
 * and never so that two numbers of ATT&CK come together: what ATT&CK separates stays apart. A mention that fits several groups joins the one
 * whose first name is its own, or none. One name in common joins nothing: names like Winnti or Labyrinth Chollima are given to several.
 * What comes out is the same in whatever order mentions were added.
 *
 * Built in are our own facts (data/groups, docs/formats/groups.md): in own words, each with its source and grade. Who sponsors a group is
 * nothing that this program knows: it is only ever quoted, with who said it. */
#ifndef INTEL_GROUP_H
#define INTEL_GROUP_H

#include "intel/item.h"

struct groups;

#define GROUP_MENTIONS_MAX 100000u
#define GROUP_USES_MAX 1000000u
#define GROUP_NAME_MAX 256u                /* bytes of a name; a longer one is no name, and not kept */
#define GROUP_BYTES_MAX ((size_t)16 << 20) /* a file of facts */
#define GROUP_KEPT_MAX ((size_t)512 << 20) /* bytes that all of it may take */
#define GROUP_OWN_SOURCE "Longwatch"       /* the source of what is built in or loaded as facts */

/* ---- building ---- */

/* With the facts that are built in. */
MUST_USE bool groups_new(struct groups **out, struct err *e);
void groups_free(struct groups *g); /* takes NULL */
/* More facts, of a file in the language of docs/formats/groups.md; name: for errors ("path: line N: ..."). ERR_USAGE, ERR_LIMIT, ERR_MEMORY:
 * then nothing more is to be done with g but to free it. */
MUST_USE bool groups_load(struct groups *g, str name, str text, struct err *e);
/* What is given is copied. source: who says so, as people know it. ERR_LIMIT, ERR_MEMORY. A mention without name is passed over. */
MUST_USE bool groups_add(struct groups *g, str source, const struct intel_group *m, struct err *e);
/* A sink that does this, and takes no notice of all else. Lives as long as g; source: until the next call. */
struct intel_sink groups_sink(struct groups *g, str source);
/* Joins. Once, after all was added and before anything is asked. */
MUST_USE bool groups_join(struct groups *g, struct err *e);

/* ---- what came of it ---- */

/* How well a fact is founded. */
enum group_grade {
    GROUP_PRIMARY,  /* read in the primary document or its reproduction */
    GROUP_REPORTED, /* by a secondary source that is named */
    GROUP_CURATED,  /* by MITRE ATT&CK */
    GROUP_INFERRED, /* our own inference */
};
str group_grade_name(enum group_grade g); /* "primary", ... */

struct group_alias {
    str name;           /* as the first of its sources spells it */
    const str *sources; /* who says so; sorted */
    size_t source_count;
    bool shared; /* other groups are called so as well: says nothing by itself */
};

enum group_fact_type {
    GROUP_PARTY,          /* a contractor, company or agency that a public document names; word: its role */
    GROUP_SOFTWARE,       /* malware and tools */
    GROUP_TECHNIQUE,      /* name: its number in ATT&CK */
    GROUP_INFRASTRUCTURE, /* what addresses and hosts are; word: its class */
    GROUP_ACTIVITY,       /* what it is said to have done */
    GROUP_STATEMENT,      /* who said what when; word: attributes, overlaps, another, denies */
    GROUP_CAUTION,        /* what must not be said */
    GROUP_FACT_TYPES
};
str group_fact_type_name(enum group_fact_type t); /* "party", ... */

/* "" and INSTANT_NONE where nothing is said. */
struct group_fact {
    enum group_fact_type type;
    enum group_grade grade;
    bool alleged;              /* an allegation: nobody has proven it in court */
    str name, word, by, about; /* by: who says it */
    const str *aliases;        /* of software: its other names */
    size_t alias_count;
    str quote;                        /* exactly these words */
    str on, from, until;              /* as written: 2021, 2021-03, 2021-03-18 */
    int64_t valid_from, valid_until;  /* of from and until; until is included, so this is the first instant behind it */
    str source, source_on, source_at; /* its title, date and place */
};

struct group {
    str name; /* its one name: our own, else ATT&CK's, else that of the source that comes first; no two groups have the same */
    str id;         /* G0128; else the first of ids, or "" */
    const str *ids; /* sorted */
    size_t id_count;
    const struct group_alias *aliases; /* the name among them; sorted by spelling */
    size_t alias_count;
    const struct group_alias *countries; /* which sources suspect which */
    size_t country_count;
    const str *sources; /* sorted */
    size_t source_count;
    const struct group_fact *facts; /* by type, as they stand in their files */
    size_t fact_count;
    bool withdrawn; /* every source that names it has withdrawn it */
};

size_t groups_count(const struct groups *g);
/* Sorted by name. */
const struct group *groups_at(const struct groups *g, size_t i);
size_t groups_mentions(const struct groups *g); /* that were added; those of one source, id and name are one */

enum group_how { GROUP_UNKNOWN, GROUP_EXACT, GROUP_AMBIGUOUS };
struct group_found {
    enum group_how how;
    const struct group *group; /* EXACT */
    const struct group *const *
        candidates; /* EXACT: the one; AMBIGUOUS: those that are called so, whose first name it is in front, then by name */
    size_t count;
};
/* By any of its names, in any spelling, or its id; "ZIRCONIUM - G0128", as the MISP galaxy writes, is asked by the number. */
struct group_found group_find(const struct groups *g, str name);

/* The one spelling in which names are compared: small letters and digits, without `the` in front and `group` behind. Returns the bytes written;
 * out has room for 2 * name.len + 16. */
size_t group_spelling(str name, char *out);

/* A program (by its name) or a technique (T1598.003), and the groups that it is listed with, by name. False: nobody lists it, which
 * says nothing about who uses it. Few groups are no proof: of reports where such malware pointed to one group, half were right. */
struct group_listed {
    const struct group *const *groups;
    size_t count;
};
bool groups_listed(const struct groups *g, str what, struct group_listed *out);

#endif
