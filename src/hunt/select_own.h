/* select_own: what the parts of select share. For src/hunt/select*.c only.
 *
 * select_rule: what of rules is asked of which values; select_shape: which columns become which fields; select_line: what formats could make of
 * lines; select_scan: the values of a segment; select: from values to rows. */
#ifndef HUNT_SELECT_OWN_H
#define HUNT_SELECT_OWN_H

#include "detection/detect.h"
#include "detection/needle.h"
#include "detection/trigger.h"
#include "hunt/select.h"

#define NONE UINT32_MAX
#define BLOCK_WORDS (SEGMENT_BLOCK_ROWS / 64)

/* Values that tests are asked of: those of a field, as text, or what a source makes of them; of one that puts several together, what must stand in
 * one of these; or all values of a record. */
enum view_how { VIEW_SELF, VIEW_TEXT, VIEW_MADE, VIEW_PART, VIEW_ALL };

struct view {
    field_id field;
    enum view_how how;
    const struct kind_source *source; /* MADE, PART */
    uint32_t next;                    /* another of the same field */
    uint32_t *atoms;                  /* all that are asked of it */
    uint32_t atom_count, atom_room;
    uint32_t presence;            /* its atom; NONE: nobody asks */
    struct literals *matchers[2]; /* for text; for values of types that hold few of the literals, or none (NULL) */
    uint32_t matched;             /* so many of the atoms are in them */
    uint32_t types;  /* of the column at hand: values of these raw types (a bit each) may satisfy what is needed */
    uint32_t *tried; /* and atoms that are tried on each of its values */
    uint32_t tried_count, tried_room;
    /* Of the segment at hand. */
    uint32_t feeds, left, needed; /* columns that it has values of; of these not looked at; atoms that are needed */
    uint32_t *columns;            /* those that feed it */
    uint32_t column_count, column_room;
};

/* One question to the values of a view. */
enum atom_how {
    ATOM_PRESENT, /* there is a value */
    ATOM_FOUND,   /* a literal tells of what may satisfy the test */
    ATOM_TRIED
};

enum said { SAID_NOT_ASKED, SAID_ANYHOW, SAID_IN_LINE };

struct atom {
    uint8_t said;        /* enum said: how a field that a format gives may satisfy it (select_line.c) */
    bool lined;          /* it is among select.lines */
    uint32_t view, test; /* PRESENT: NONE; of a condition of a kind: its number behind all tests */
    uint8_t how;         /* enum atom_how */
    bool exact;          /* what its literal finds satisfies the test */
    bool sure;           /* what satisfies the test here does so in detection as well */
    /* Of the segment at hand. */
    bool held, needed; /* by some value; by some rule that may find something */
    bool heard;        /* by some line of text, perhaps */
    uint64_t value;    /* in which it was found last */
    uint32_t slot;     /* of the block at hand: its rows; NONE: none so far */
};

/* Names of the fields of a log source. */
struct aliases {
    const struct kind_alias *items;
    size_t count;
    uint32_t *ways; /* by test of the plan: 0: not asked for yet, WAY_ALL, or a place in select.ways + WAYS */
};
#define WAY_ALL 1u
#define WAYS 2u

/* Rules of one log source, under one set of names. */
struct pair {
    uint32_t group, aliases;
    /* Of the segment at hand. */
    bool active, asked;          /* it has such a kind; some rule is asked for */
    bool may;                    /* some such kind may hold, where conditions of kinds tell */
    bool said;                   /* of some such kind may be a row of which formats tell */
    uint32_t alive, alive_count; /* in select.alive */
};

/* Log sources of rules. */
struct group {
    uint32_t rule; /* one of them */
    uint32_t *rules;
    uint32_t count, room;
};

struct kind_pairs {
    bool made;
    uint32_t *pairs;
    uint32_t count, room;
    uint32_t *whens; /* atoms: what must hold of its records, as far as values tell it */
    uint32_t when_count, when_room;
};

struct select {
    struct select_options o;
    bool no_memory;
    struct view *views;
    uint32_t view_count, view_room;
    uint32_t *view_of; /* by field: the first view, + 1 */
    uint32_t view_of_room;
    uint32_t keywords;       /* the view of all values; NONE: nobody asks */
    struct needles *needles; /* all that is asked of it; NULL: nobody knows */
    struct atom *atoms;
    uint32_t atom_count, atom_room;
    uint32_t *atom_slots, atom_mask; /* (view, test) -> atom + 1 */
    struct aliases *aliases;         /* 0: none */
    uint32_t aliases_count, aliases_room;
    uint32_t *ways; /* a count, then so many times: a count of atoms that must all hold, and these */
    uint32_t way_count, way_room;
    struct group *groups;
    uint32_t group_count, group_room;
    struct pair *pairs;
    uint32_t pair_count, pair_room;
    struct kind_pairs *kinds;                 /* by kind; the last: of records that no kind claims */
    const struct kind_condition **conditions; /* their numbers are behind those of tests */
    uint32_t condition_count, condition_room;
    struct literals *lines; /* of atoms that formats may satisfy with a part of a line; NULL: none were needed */
    struct whole {
        str text;
        uint32_t atom;
        bool alone;      /* the piece is all of it */
        bool stands;     /* in the line at hand, */
        uint64_t looked; /* if it was looked for there: its serial */
    } * wholes;          /* what they are pieces of, by the numbers that the matcher tells */
    struct spoken {
        field_id field;
        str text;
        bool joined; /* the field has any value, and this between its parts */
    } * spoken;      /* what formats add by themselves; made when first needed */
    uint32_t spoken_count, spoken_room;
    uint8_t joints[256 / 8]; /* bytes that formats put between fields, and those that they undo */
    bool spoken_made;
    field_id message;
    struct test_scratch scratch;
    struct arena *made;              /* what sources make of a value */
    struct dictionary values, texts; /* of a few values: as they are; what was made of them */
    struct buf narrow;               /* a text that came as UTF-16 */
    uint64_t serial;                 /* of the value at hand */
};

/* One more number. False: no memory. */
static inline bool select_push(uint32_t **array, uint32_t *count, uint32_t *room, uint32_t value) {
    if (*count == *room) {
        uint32_t const more = *room ? *room * 2 : 8;
        uint32_t *const bigger = reallocarray(*array, more, sizeof *bigger);

        if (!bigger)
            return false;
        *array = bigger;
        *room = more;
    }
    (*array)[(*count)++] = value;
    return true;
}

/* Room for one more element. False: no memory. */
static inline bool select_grow(void **array, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return true;
    uint32_t const more = *room ? *room * 2 : 16;
    void *const bigger = reallocarray(*array, more, size);

    if (!bigger)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

/* NULL: the atom is of a test. */
static inline const struct kind_condition *select_condition(const struct select *s, uint32_t atom) {
    uint32_t const test = s->atoms[atom].test;

    return test == NONE || test < s->o.plan->test_count ? NULL : s->conditions[test - s->o.plan->test_count];
}

static inline const struct plan_test *select_test(const struct select *s, uint32_t atom) {
    return &s->o.plan->tests[s->atoms[atom].test];
}

/* ---- select_rule.c ---- */

MUST_USE bool select_groups_make(struct select *s);
/* The pairs of a kind (kinds_count: of records that no kind claims), with all that their rules ask. NULL: no memory. */
const struct kind_pairs *select_kind(struct select *s, size_t kind);
/* How the test can be true under these names. NULL: in every way, or memory is out. */
static inline const uint32_t *select_way(const struct select *s, uint32_t aliases, uint32_t test) {
    uint32_t const at = s->aliases[aliases].ways[test];

    return at < WAYS ? NULL : s->ways + (at - WAYS);
}

/* ---- select_scan.c, select_shape.c ---- */

/* A column of the segment at hand. */
struct feed {
    uint32_t view;
    bool empty; /* not its values, but the empty text for each */
};
enum pass {
    PASS_FIELDS,
    PASS_ALL,
    PASS_LINES,
    PASSES
}; /* tests of fields; of all values, and indicators; of lines of text */

struct target {
    field_id field;
    bool empty;
};
struct select_column {
    struct target *targets; /* fields that it may become */
    uint32_t target_count, target_room;
    struct feed *feeds;
    uint32_t feed_count, feed_room;
    uint32_t *classes[PASSES]; /* by code: 0: nothing, or a place in run.pool + 1 */
    uint32_t *every;           /* atoms that hold in each of its cells */
    uint32_t every_count, every_room;
    bool own;        /* some record has a value of its own of it (raw.inner) */
    bool folded;     /* some record has a text of it that is kept folded (SEGMENT_FOLDED) */
    bool unsure;     /* some of its values are not known */
    uint32_t filled; /* block + 1 */
};

#define ATOM_INDICATOR (UINT32_MAX - 1)
#define ATOM_OPAQUE (UINT32_MAX - 2) /* of a line: whatever formats make of it */
#define ATOM_SPECIAL ATOM_OPAQUE

/* What ingest makes of records that are made alike (segment_shape). */
struct make {
    bool opaque; /* values out of texts, under any name */
    bool spoken; /* what formats make of a line */
    bool sure;   /* just the values that they came with, each under the one name that its column has */
};

struct run {
    struct select *s;
    struct segment *segment;
    const struct select_ask *ask;
    struct select_counts *counts;
    struct err *e;
    uint32_t column_count;
    struct select_column *columns;
    uint32_t *pool; /* classes: a count, then atoms */
    uint32_t pool_count, pool_room;
    str line;        /* the one at hand, folded */
    uint32_t *found; /* atoms of the value at hand */
    uint32_t found_count, found_room;
    size_t unpacked; /* bytes of values, since they were forgotten */
    uint32_t last_class[PASSES];
    bool has_indicators; /* some value may hold one */
    struct make *makes;  /* by shape of the segment */
    bool *fed;           /* by field that anybody has named: some column may become it */
    bool *texts;         /* by source: it is lines of text */
    bool has_texts;
    bool opaque;        /* some row may be */
    bool spoken, heard; /* some row may be a line; lines have been looked at */
};

/* Which columns may become which fields (targets, fed), and what else records are made into (makes, texts). False: e is set. */
MUST_USE bool select_shapes(struct run *r);
/* After the columns have their feeds, and all values have been looked at: which rows are sure. */
MUST_USE bool select_shapes_sure(struct run *r);
/* May a source of the segment be of this reader? "": yes. */
bool select_reader(const struct run *r, str name);

/* Literals of which every value that satisfies the atom's test satisfies one, when it is folded; under the atom's number. Of atoms that are found. Of a PART:
 * literals of which one stands in one of the fields that are put together. False: memory is out. */
MUST_USE bool select_literals(const struct select *s, uint32_t atom, struct literal **list, uint32_t *count,
                              uint32_t *room);
/* The same of a test, under the number id; source not NULL: of one of the fields that it puts together, which are two or more. *can: it is of use: no
 * literal is empty. */
MUST_USE bool select_test_literals(const struct plan_test *t, const struct kind_source *source, uint32_t id,
                                   struct literal **list, uint32_t *count, uint32_t *room, bool *can);
/* Takes the next piece off the text, which ends at any of these bytes (a bit each). False: there is none. */
static inline bool select_piece_next(str *text, const uint8_t cuts[256 / 8], str *piece) {
    do {
        size_t at = 0;

        while (at < text->len && !(cuts[(unsigned char)text->ptr[at] / 8] >> (unsigned char)text->ptr[at] % 8 & 1))
            at++;
        *piece = str_first(*text, at);
        *text = str_from(*text, at < text->len ? at + 1 : at);
    } while (!piece->len && text->len);
    return piece->len > 0;
}
/* The longest of all. */
str select_piece(str text, const uint8_t cuts[256 / 8]);
/* Looks at the values of a column. False: e is set. */
MUST_USE bool select_scan(struct run *r, uint32_t column, enum pass pass);

/* ---- select_line.c ---- */

/* How formats may satisfy the atom. False: memory is out. */
MUST_USE bool select_said(struct select *s, uint32_t atom, enum said *out);
/* A matcher of what must stand in a line for the needed atoms that formats satisfy with a part of it. False: memory is out. */
MUST_USE bool select_lines_make(struct select *s);
/* May the atom of what the matcher told of hold? Does all of it stand in the folded line at hand (select.serial), that is. */
bool select_line_holds(struct select *s, uint32_t whole, str folded);
/* Is a part of the line, as a format gives it, anything else than a part of it? */
bool select_line_is_odd(str line);

#endif
