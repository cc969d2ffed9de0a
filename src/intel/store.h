/* store: what an institution knows of adversaries, kept: files of intelligence by their bytes, what came out of them, what the user said
 * of it; and beside it the compiled set (intel_set.h) that hunts use. docs/formats/intel-store.md describes the folder.
 *
 * A *source* is one file's bytes, known by their SHA-256. A *feed* is where sources come from time and again: an address, or a file on
 * the disk, which may be an archive of many sources. What a newer version of a feed no longer holds stays as history: it is shown and
 * not hunted. The same bytes again are the same source.
 *
 * One process writes at a time, others wait for it; readers are never blocked and see the state before or after. Nothing that is added
 * is in force before intel_store_commit, which writes the compiled set as well: the same sources and answers give the same bytes
 * of it, whenever and in whatever order they were added. */
#ifndef INTEL_STORE_H
#define INTEL_STORE_H

#include "base/arena.h"
#include "base/hash.h"
#include "intel/import.h"
#include "intel/intel_set.h"

struct intel_store;

#define INTEL_STORE_SET "set.intel" /* the compiled set's name in the folder */

/* Where Longwatch keeps what it was given and what it fetched: LONGWATCH_DATA, else longwatch in XDG_DATA_HOME, else in
 * ~/.local/share. malloc'd; NULL: there is no home, or memory is out. name: a folder in it, or NULL. */
char *intel_data_folder(const char *name);
/* The usual store: the folder `intel` in it. */
char *intel_store_folder(void);
/* Is it the folder of a store? */
bool intel_store_is(const char *folder);

/* ERR_USAGE: no store is there, or one of a newer Longwatch; ERR_CORRUPT: its database is damaged. */
MUST_USE bool intel_store_read(struct intel_store **out, const char *folder, struct err *e);
/* Makes the folder where there is none (mode 0700). Waits wait_ms for another that writes; ERR_USAGE: it goes on writing. Finishes what
 * an older process left half done. */
MUST_USE bool intel_store_write(struct intel_store **out, const char *folder, unsigned wait_ms, struct err *e);
/* Takes NULL. What was not committed is gone. */
void intel_store_close(struct intel_store *s);

/* ---- adding: between intel_store_write and intel_store_commit ---- */

/* What follows is the newest version of this feed. key: an address or an absolute path; now: when. */
MUST_USE bool intel_store_feed(struct intel_store *s, str key, str url, int64_t now, struct err *e);
struct intel_store_new {
    str name, path;                   /* name: for people; path: where in the feed it lies */
    str sha256;                       /* of bytes */
    str format;                       /* the importer's name, "sigma", "yara" */
    const struct import_about *about; /* what the user said; name is not looked at */
    bool twice; /* it was told a moment ago, of another feed or path: only that this feed has it as well */
};
/* A file of the feed. *known: the same bytes are there already, read by this version with the same words of the user: nothing more is to
 * be told of it. Otherwise what comes through the sink is its content until the next source. */
MUST_USE bool intel_store_source(struct intel_store *s, const struct intel_store_new *source, str bytes, bool *known,
                                 struct err *e);
/* Why it could not be read to its end. */
MUST_USE bool intel_store_source_failed(struct intel_store *s, str why, struct err *e);
/* Lives as long as s. */
const struct intel_sink *intel_store_sink(struct intel_store *s);
/* What this feed held before and was not told now becomes history; *gone: how many sources. */
MUST_USE bool intel_store_feed_end(struct intel_store *s, uint64_t *gone, struct err *e);

/* A source, and all that came out of it, without a trace; answers of reviews stay. */
MUST_USE bool intel_store_remove(struct intel_store *s, int64_t source, struct err *e);

enum intel_review { REVIEW_OPEN, REVIEW_ACCEPTED, REVIEW_REJECTED, REVIEW_CHANGED };
str intel_review_name(enum intel_review r); /* "open", ... */
/* The user's answer to a proposed item, by its number; it holds for the same value of the same feed, and of the same bytes, for ever.
 * CHANGED: type and value are what was meant; ERR_USAGE: they are no canonical value, or there is no such proposed item. OPEN
 * takes an answer back. */
MUST_USE bool intel_store_review(struct intel_store *s, int64_t item, enum intel_review answer, enum observable type,
                                 str value, int64_t now, struct err *e);

/* Writes the compiled set if anything changed, and puts all of it in force. The writer may go on after. */
MUST_USE bool intel_store_commit(struct intel_store *s, struct err *e);

/* ---- asking ---- */

struct intel_stored_source {
    int64_t number;
    str sha256, name, format, why;
    str feed, url; /* of the feed that has it now, or had it last */
    str path;
    uint64_t size;
    int64_t added;
    int64_t until; /* it is history since then; INSTANT_NONE: it is in force */
    str reader;    /* the version of Longwatch that read it */
    enum tlp tlp;  /* what the user said: these five */
    enum pap pap;
    uint8_t confidence;
    str group, origin;
    uint64_t items, proposed, rejected, revoked, context, left_out, label_lists, labels, groups;
};
struct intel_stored_item {
    int64_t number;
    struct intel_item item; /* as the source has it */
    str canonical;
    enum intel_review review; /* of a proposed one */
    enum observable changed_type;
    str changed_value;
    const struct intel_stored_source *source; /* without counts */
};
struct intel_stored_left_out {
    str where, what, why;
};

/* All sources, those in force first, each kind in the order of name and SHA-256. False from a callback stops. */
MUST_USE bool intel_store_sources(struct intel_store *s,
                                  bool (*source)(void *ctx, const struct intel_stored_source *source, struct err *e),
                                  void *ctx, struct err *e);
/* The one source that is meant: its number, the beginning of its SHA-256 (six digits and more), or its name. ERR_USAGE: none, or
 * more than one. */
MUST_USE bool intel_store_source_named(struct intel_store *s, str named, int64_t *number, struct err *e);
/* Where its bytes lie; malloc'd. NULL: no memory. */
char *intel_store_file(const struct intel_store *s, str sha256);

/* Files of rules that are in force, in the order of name and SHA-256. format: "sigma" or "yara"; path: where the bytes lie. */
MUST_USE bool intel_store_rules(struct intel_store *s,
                                bool (*rules)(void *ctx, str name, str format, const char *path, struct err *e),
                                void *ctx, struct err *e);

struct intel_store_query {
    enum observable type;  /* NONE: all */
    str group, text;       /* "": all; group: a name, ASCII letters of any case; text: stands in the value */
    str canonical;         /* "": all; with type or without: exactly this value, also what a review changed into it */
    int64_t source;        /* 0: all */
    bool open;             /* proposed and not answered yet */
    bool revoked, history; /* revoked: only these; history: also of sources that are no longer in force */
    uint64_t limit;        /* 0: none */
};
/* In the order of name and SHA-256 of sources, and in these that of the file. */
MUST_USE bool intel_store_items(struct intel_store *s, const struct intel_store_query *query,
                                bool (*item)(void *ctx, const struct intel_stored_item *item, struct err *e), void *ctx,
                                struct err *e);
/* How many items there are in force, by form and type. */
MUST_USE bool intel_store_types(struct intel_store *s,
                                bool (*type)(void *ctx, str form, str type, uint64_t items, struct err *e), void *ctx,
                                struct err *e);
MUST_USE bool intel_store_left_out(struct intel_store *s, int64_t source,
                                   bool (*left_out)(void *ctx, const struct intel_stored_left_out *l, struct err *e),
                                   void *ctx, struct err *e);

/* All that is in force into a sink, in the fixed order: as the compiled set is built. source: hears of each before what it holds; may be
 * NULL, as may label_list, label and group of the sink. Reviewed items come as they were answered. */
MUST_USE bool intel_store_replay(struct intel_store *s,
                                 bool (*source)(void *ctx, str name, str sha256, str format, struct err *e),
                                 const struct intel_sink *sink, struct err *e);

#endif
