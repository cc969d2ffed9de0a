/* intel_load: paths of intelligence into items, whatever lies there: files, folders, archives, compressed ones; each by content.
 *
 * Lives on this floor because it needs both what opens containers (evidence/) and what reads intelligence (intel/). All bytes come from
 * feeds and from strangers: containers are opened, PDFs are turned into text and formats are read in confined processes; what
 * comes back from them is checked. This process looks at the first bytes of a file and hashes it.
 *
 * The order is that of the files' paths, whatever the order in which they were given, and within an archive that of its members; the
 * same bytes a second time are told and not read again. So what comes out depends on the files alone. */
#ifndef HUNT_INTEL_LOAD_H
#define HUNT_INTEL_LOAD_H

#include <signal.h>

#include "evidence/unpack.h"
#include "intel/import.h"

/* What a file or a member of an archive is taken for. */
enum intel_file {
    INTEL_FILE_ITEMS, /* an importer reads it (advisories in PDF and warninglists, too) */
    INTEL_FILE_SIGMA, /* a Sigma rule or several: for sigma_load_text */
    INTEL_FILE_YARA,  /* for yara_set_add */
    INTEL_FILE_NONE,  /* nobody's format, or it could not be read */
    INTEL_FILE_OTHER, /* empty, or our own note of an update: nothing is lost with it */
};

/* One file or member of a container that is none itself. Views live until the callback returns. */
struct intel_loaded {
    str path;  /* "feeds.zip!a/b.json" */
    str outer; /* the file on the disk it is, or lies in */
    str name;  /* for people, and the same on every machine: without the folders above what was named by the user */
    char sha256[2 * SHA256_SIZE + 1]; /* "" when it could not be read to its end */
    uint64_t size;
    enum intel_file file;
    const char *format; /* the importer's name, "sigma", "yara"; NULL: nobody's */
    bool twice;         /* the same bytes were read before: nothing below was counted */
    bool skipped;       /* its beginner did not want it */
    str why;            /* what went wrong; items may have come before. "": nothing */
    uint64_t items, proposed, context, revoked, labels, label_lists, groups, left_out;
};

struct intel_load_visitor {
    void *ctx;
    /* A file that is read, before anything that comes out of it. bytes: all of it, until the call of `ended`. *wanted, true before: set
     * it to false, and it is not read. One that is there twice is told as well, and is not read whatever is said. NULL: all are. */
    bool (*begin)(void *ctx, const struct intel_loaded *source, str bytes, bool *wanted, struct err *e);
    /* What comes out of ITEMS; label_list, label, group may be NULL. Its ctx is its own. */
    const struct intel_sink *sink;
    /* SIGMA and YARA, whole. NULL: told by `ended` alone. */
    bool (*rules)(void *ctx, const struct intel_loaded *source, str bytes, struct err *e);
    /* Every file and member, those that nobody reads too, once it is over. NULL: not asked for. */
    bool (*ended)(void *ctx, const struct intel_loaded *source, struct err *e);
    /* Bytes of a container that could not be unpacked (evidence/unpack.h), links, files that cannot be opened. NULL: not
     * asked for. */
    bool (*damage)(void *ctx, str outer, str path, str why, struct err *e);
};

struct intel_load {
    const char *const *paths;
    size_t path_count;
    const struct importer *as;          /* reads all files, whatever they look like; NULL: by content */
    struct import_about about;          /* name: "", each file has its own. strict: the first failure ends all of it */
    const struct unpack_limits *limits; /* NULL: unpack_limits_usual */
    const volatile sig_atomic_t *stop;  /* becomes not zero: ERR_INTERRUPTED; NULL: never */
};

/* False: a path that was named is not there (ERR_IO), memory, a process could not be started, the visitor said so, or with `strict`
 * something could not be read. What cannot be read is else told by `ended` and `damage`, and costs itself alone. */
MUST_USE bool intel_load(const struct intel_load *load, const struct intel_load_visitor *visitor, struct err *e);

/* What a file is taken for by its first bytes (IMPORT_HEAD of them or all); *format as above. A container is INTEL_FILE_NONE. */
enum intel_file intel_file_of(str head, const char **format);

#endif
