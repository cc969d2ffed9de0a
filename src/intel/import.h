/* import: a file of intelligence into items, whatever its format: by content, never by name.
 *
 * The bytes come from feeds and from strangers: every reader has bounds and lives with what breaks the format, and `import_confined`
 * does all of it in a process that can do nothing but compute (base/confine.h). */
#ifndef INTEL_IMPORT_H
#define INTEL_IMPORT_H

#include "intel/item.h"

#define IMPORT_BYTES_MAX ((size_t)512 << 20)

/* What else is known of the file from outside of it; used where the file says nothing itself. import_bytes does that for the
 * items of all importers, which need no more of it than they want. */
struct import_about {
    str name;     /* for messages and as the source's name */
    enum tlp tlp; /* NONE: not said */
    enum pap pap;
    uint8_t confidence; /* ITEM_CONFIDENCE_UNSAID */
    str group;          /* "": not said; else every item is of this group */
    str origin;         /* "": not said; a report's address or number: two files with one origin are one witness */
    int64_t valid_from, valid_until; /* INSTANT_NONE: not said */
    bool strict;   /* break off at what breaks the specification of the format; else take what can be understood */
    bool observed; /* what was merely observed (STIX cyber-observable objects) as well, as context */
};

/* One file a format: intel/import_*.c. registry: import.c. */
struct importer {
    const char *name; /* "stix", "misp", "openioc", "csv", "list", "advisory", ... */
    /* Is it this format? 0 no, 1 perhaps (plain text could be anything), 2 likely, 3 certainly. head: the file's first
     * IMPORT_HEAD bytes or all of it. */
    int (*looks)(str head);
    /* Reads all of it. ERR_CORRUPT, ERR_LIMIT, ERR_MEMORY, or what the sink set. */
    bool (*read)(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e);
};
#define IMPORT_HEAD ((size_t)64 << 10)

/* NULL: nobody knows the format. */
const struct importer *import_recognise(str head);
const struct importer *import_named(str name);
/* All, in a fixed order; ends in NULL. */
extern const struct importer *const importers[];

/* Reads bytes with the importer that recognises them (or the one named, if not NULL). *used: which. Items come out as item.h promises
 * them: a value that has no canonical form under its type is tried without its defanging, and then under the type that it looks
 * like (unless strict); if that is none, it is left out with the reason. ERR_UNSUPPORTED: no importer knows the bytes. ERR_LIMIT:
 * more than IMPORT_BYTES_MAX. */
MUST_USE bool import_bytes(str bytes, const struct importer *importer, const struct import_about *about,
                           const struct intel_sink *sink, const struct importer **used, struct err *e);

#endif
