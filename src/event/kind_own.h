/* kind_own: what the parts of kind share: the set of kinds while it is being loaded. For src/event/kind*.c only. */
#ifndef EVENT_KIND_OWN_H
#define EVENT_KIND_OWN_H

#include "event/format.h"
#include "event/kind.h"

/* One kind file is small; these keep a mistaken directory (rules, logs) from becoming a set of kinds. */
#define KINDS_MAX 4096u
#define EXTENDS_MAX 8u
#define CLOCKS_OF_KINDS_MAX 255u /* kind_time.clock holds their numbers */
#define KINDS_BYTES_MAX ((size_t)64 << 20)

/* A kind as its document says, until kinds_seal joins it with what it extends. */
struct kind_doc {
    struct kind kind;
    str extends;
    uint32_t extends_line;
    bool base; /* only there to be extended: no record is of it */
    bool joined;
};

struct kinds {
    struct arena *arena; /* all that kinds and shapes point to */
    struct fields *fields;
    const struct phone_country *home;
    uint64_t fingerprint;
    struct kind_doc **docs;
    size_t doc_count, doc_room;
    struct shape **shapes;
    size_t shape_count, shape_room;
    const struct format **formats;
    size_t format_count, format_room;
    struct formats *ordered_formats; /* when sealed */
    struct kind_without **withouts;
    size_t without_count, without_room;
    struct table_format **tables;
    size_t table_count, table_room;
    struct kind **sorted; /* without bases */
    size_t sorted_count;
    struct kind_clock {
        str family;
        field_id field;
    } clocks[CLOCKS_OF_KINDS_MAX];
    unsigned clock_count;
    bool sealed;
};

/* "path:line: ..." */
bool kind_fail(struct err *e, str path, uint32_t line, const char *fmt, ...) PRINTF(4, 5);
/* One more document; a name that is taken: a user's replaces a built-in one, else ERR_USAGE. */
MUST_USE bool kinds_add_doc(struct kinds *k, struct kind_doc *doc, struct err *e);
MUST_USE bool kinds_add_shape(struct kinds *k, struct shape *shape, struct err *e);
MUST_USE bool kinds_add_format(struct kinds *k, struct format *format, struct err *e);
MUST_USE bool kinds_add_without(struct kinds *k, struct kind_without *without, struct err *e);
MUST_USE bool kinds_add_table(struct kinds *k, struct table_format *table, struct err *e);
/* kind_reach.c. Of a joined kind: can its conditions hold together? */
MUST_USE bool kind_possible(const struct kind *k, const struct fields *fields, struct err *e);
/* Of sorted kinds and shapes: can records come to each of them? Sets hidden_by. */
MUST_USE bool kinds_reachable(struct kinds *k, struct err *e);
MUST_USE bool shapes_reachable(const struct kinds *k, struct err *e);

/* kinds_builtin.c, made by embed.py out of data/kinds: each file read when the program was built (codec/packer.c). */
struct kind_file {
    str path, trees;
};
extern const struct kind_file kinds_builtin[];
extern const size_t kinds_builtin_count;

#endif
