/* person: persons and companies that sanctions and indictments name, loaded from published lists, and the question whether a name, an address, a
 * telephone number or a site is one of theirs.
 *
 * A name is no person: what is told is that a name is like one on a list, how like, and why; the dates of birth and numbers that the list gives are
 * there for whoever must look. A single word never matches, however rare; a name that many bear loses what it gained. Read are
 *
 *   OFAC      SDN.XML (also CONSOLIDATED.XML); SDN.CSV, ALT.CSV, ADD.CSV, which belong together and come in any order
 *   UK        the UK sanctions list of the FCDO as CSV; the consolidated list of OFSI, ConList.csv
 *
 * by content, bounded, never by the file's name. docs/formats/persons.md says what of each column. */
#ifndef INTEL_PERSON_H
#define INTEL_PERSON_H

#include "base/err.h"
#include "base/str.h"

struct groups; /* intel/group.h */
struct persons;

#define PERSONS_MAX 200000u
#define PERSON_NAMES_MAX 1000000u            /* of all */
#define PERSON_TEXTS_MAX 1000u               /* names, dates, numbers of one, each; more are counted, not kept */
#define PERSON_BYTES_MAX ((size_t)256 << 20) /* a file */
#define PERSON_ABOUT_MAX 1000u               /* bytes of remarks that are kept */

enum person_type { PERSON_UNSAID, PERSON_INDIVIDUAL, PERSON_COMPANY, PERSON_SHIP, PERSON_AIRCRAFT };
str person_type_name(enum person_type t); /* "individual", "company", ... */

struct person_texts {
    const str *items; /* sorted, each once */
    size_t count;
};
struct person_name {
    str text;   /* as a person is called: given names, family's name; of a company as it stands */
    bool first; /* the list's main name for it */
    bool weak;  /* the list itself calls it a weak alias: broad, short, a nickname */
};
struct person {
    str list, id; /* "OFAC", "UK", "UK (OFSI)", "Longwatch"; its number there */
    enum person_type type;
    const struct person_name *names; /* the main one first */
    size_t name_count;
    struct person_texts programmes, births, countries, listed; /* dates as the list writes them */
    struct person_texts documents;                             /* "Passport E1234567 (China)" */
    struct person_texts mails, phones, sites;
    str about; /* remarks, cut */
};

/* ---- building ---- */

MUST_USE bool persons_new(struct persons **out, struct err *e);
void persons_free(struct persons *p); /* takes NULL */
/* Reads a list. name: for errors, and in person_counted. ERR_UNSUPPORTED: nobody knows the format; ERR_CORRUPT: it is one and breaks off amid it;
 * ERR_LIMIT, ERR_MEMORY. What was read before stays. */
MUST_USE bool persons_add(struct persons *p, str name, str bytes, struct err *e);
/* Those whom facts on groups name (intel/group.h). g may be freed after. */
MUST_USE bool persons_add_groups(struct persons *p, const struct groups *g, struct err *e);
/* Once, after all was added and before anything is asked. */
MUST_USE bool persons_ready(struct persons *p, struct err *e);

struct persons_counted {
    size_t persons, names, weak;
    size_t unnamed;  /* entries without any name: left out */
    size_t rows_odd; /* rows that are none: fewer columns than they need, no number */
    size_t beyond;   /* texts beyond PERSON_TEXTS_MAX, and names longer than can be compared */
};
struct persons_counted persons_counted(const struct persons *p);
size_t persons_count(const struct persons *p);
/* By list and number. */
const struct person *persons_at(const struct persons *p, size_t i);
/* The number of one of them. */
size_t persons_index(const struct persons *p, const struct person *person);

/* ---- asking ---- */

enum person_asked {
    PERSON_NAME,  /* a display name, a registrant: "Ni Gaobin", "NI, Gao-Bin", "倪高彬 (Ni Gaobin)" */
    PERSON_MAIL,  /* an address: as it is, its site, and its local part as a name */
    PERSON_PHONE, /* a number in whatever spelling */
    PERSON_SITE,  /* a host or URL */
};
enum person_how {
    PERSON_EXACT,          /* the same, but for case, marks and signs */
    PERSON_ORDER,          /* the same words in another order */
    PERSON_TRANSLITERATED, /* from another alphabet, by another scheme, or divided into words otherwise */
    PERSON_CLOSE,          /* one letter, or the patronymic, is another */
};
str person_how_name(enum person_how h); /* "exact", "other order", "transliterated", "close" */

struct person_match {
    const struct person *person;
    const struct person_name *name; /* NULL: it was an address, a number, a site */
    enum person_how how;
    unsigned
        quality; /* 1 to 100: 100 exact, 97 order, 90 alphabet, 88 scheme, 80 consonants, 70 close; less 10 for a local part, 20 for a weak
                       * alias, 30 for a name that many bear */
    bool usual;  /* many bear it */
    char reason[160]; /* in plain words */
};
/* What is told when nobody asks for more. */
#define PERSON_QUALITY_USUAL 75u
#define PERSON_QUALITY_LIKELY 85u /* what has less is possible, no more */

/* The persons whose quality is at least `least`, the best match of each, best first; at most max. Some
 * microseconds, whatever the length of lists; takes no memory. */
#define PERSON_MATCHES_MAX 64u /* of one value; of more the first that are found */
size_t persons_find(const struct persons *p, enum person_asked as, str value, unsigned least, struct person_match *out,
                    size_t max);

#endif
