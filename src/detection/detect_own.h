/* detect_own: what detection keeps of kinds, fields and values, for its own files only.
 *
 * view: the values of a field; kind_plan: which rules look at a kind, and what triggers them; scan: from values to
 * triggers; evaluate: rules on rows; learn: better triggers; detect: all of it together. */
#ifndef DETECTION_DETECT_OWN_H
#define DETECTION_DETECT_OWN_H

#include "base/hash.h"
#include "detection/detect.h"
#include "detection/literal.h"
#include "detection/needle.h"
#include "detection/trigger.h"
#include "event/number.h"

#define NO_VIEW UINT32_MAX
#define TEXT_TYPES ((uint32_t)1 << RAW_TEXT | (uint32_t)1 << RAW_UTF16)
#define NO_ALIASES UINT32_MAX
#define MEMO_SLOTS (1u << 15)
#define CLEAN_SLOTS 64u

/* A field as rules of one log source see it: a column of the block, or values derived from some. */
struct view {
    field_id field;                      /* the column's; for derived ones the alias's name */
    const struct kind_alias *alias;      /* NULL: the column itself */
    struct column *column;               /* own: NULL until a record has it */
    struct dictionary derived;           /* alias only */
    uint32_t *derived_codes;             /* by row of the flush */
    uint32_t derived_room, derived_rows; /* rows derived in this flush */
    struct arena *derived_keys;
    uint32_t *tuple_slots, tuple_mask, tuple_count; /* tuples of input codes seen: into tuples */
    uint32_t *tuples;                               /* width + 1 numbers each: input codes, then the code */
    uint32_t tuple_room, width;
    field_id *inputs; /* width of them: all fields that its sources look at */
    uint32_t *key;    /* width + 1: the tuple that is being looked up */

    bool keyword_only;        /* made for keyword rules alone: no test names it */
    bool has_keywords;        /* their triggers are among its own */
    struct literal *triggers; /* what its values are scanned for; id: into kind_plan.triggers */
    uint32_t trigger_count, trigger_room;
    struct literals *matchers[2]; /* for text; for values of types that hold few of the literals, or none (NULL) */
    bool matchers_made, matchers_shared; /* shared: they are the plan's keyword_matchers */
    uint32_t *tried; /* triggers that are tried on each value, having no literals: into kind_plan.triggers */
    uint32_t tried_count, tried_room;
    uint32_t *classes; /* by code: 0 nothing, else into class_at + 1 */
    uint32_t classes_room, classes_done;
    bool any_class;
    uint32_t generation;
};

#define USE_VIEWS_MAX 6u
#define ANSWER_SLOTS (1u << 15)

/* One rule under one set of aliases. */
struct use {
    uint32_t rule;
    uint32_t aliases; /* into kind_plan.alias_sets */
    uint32_t stamp;   /* row it was last a candidate for, + 1 */
    uint32_t number;  /* from 1, its own in the detector */
    uint32_t
        view_count; /* of all that its rule and the rule's filters look at; more than USE_VIEWS_MAX: not kept here */
    uint32_t views[USE_VIEWS_MAX];
};

/* What became of a use in an earlier row with the same values. The key is kept whole. */
struct answer {
    uint32_t use;  /* its number; 0: empty */
    uint32_t what; /* ANSWER_NO, ANSWER_YES, or ANSWER_FILTERED + the position of the filter that took it away */
    uint32_t codes[USE_VIEWS_MAX];
};
enum { ANSWER_NO, ANSWER_YES, ANSWER_FILTERED };

#define TOLD_SLOTS (1u << 12)
#define TOLD_MATCHES_MAX (1u << 16)

/* What was told of a finding with the same values. */
struct told {
    struct answer key;
    uint32_t first, count; /* into detector.told_matches */
};

struct alias_set {
    uint32_t logsource; /* of the kind; NO_ALIASES: none, the record's own names */
    uint32_t *view_of;  /* by plan field: view, or NO_VIEW */
};

struct trigger {
    uint32_t test, view;
    uint64_t stamp; /* the value it was last found in */
    uint32_t *uses;
    uint32_t use_count, use_room;
};

struct kind_plan {
    const struct kind *kind;
    struct alias_set *alias_sets;
    uint32_t alias_count;
    struct use *uses;
    uint32_t use_count, use_room;
    struct trigger *triggers;
    uint32_t trigger_count, trigger_room;
    uint32_t *trigger_slots, trigger_mask; /* (test, view) -> trigger + 1 */
    struct view **views;
    uint32_t view_count, view_room;
    uint32_t *always; /* uses no test can start */
    uint32_t always_count, always_room;
    uint32_t *keyword_tests; /* keyword tests that trigger: every column is scanned for them */
    uint32_t keyword_count, keyword_room;
    uint32_t keyword_types; /* values of these raw types may satisfy a test of some rule that looks at all fields */
    /* Classes: lists of triggers that a value holds. */
    uint32_t *class_pool, class_used, class_room;
    uint32_t *class_at, class_count, class_at_room; /* class_at[c]: start in the pool: count, then triggers */
    uint32_t columns_seen;
    struct literals *keyword_matchers[2]; /* of all views that are there for keywords alone */
    struct literals *sieve; /* what satisfies any test of all fields holds one of these; NULL: not every one has such */
    str clean[CLEAN_SLOTS]; /* constants of formats, by their addresses, that hold no needle */
    struct needles
        *needles; /* an event in which a rule about all fields can find anything holds one of these; NULL as above */
    uint64_t rows, learn_at; /* rows so far; those after which triggers are chosen again */
    uint32_t generation;     /* of the block's dictionaries when classes and memo were filled */
};

struct memo {
    uint64_t key; /* 0: empty */
    bool holds;
};

/* A choice (OR) of many simple patterns of one field, asked of a value in one scan. */
struct crowd {
    struct literals *matcher; /* id: which child */
    uint32_t field;           /* of the plan */
    uint32_t *rest;           /* the other children */
    uint32_t rest_count;
};

struct hit {
    const struct block *block;
    uint32_t row, rule, use, what; /* what: as in answer */
    struct kind_plan *kp;
};

struct detector {
    struct detect_options o;
    struct test_scratch scratch;
    uint32_t *sources;      /* by rule: into source_rules */
    uint32_t *source_rules; /* for each log source that rules have: one such rule */
    uint32_t source_count;
    float *costs;         /* by node of the plan, before anything was learned */
    float *keyword_costs; /* the same where only keywords start anything; NULL: not needed yet */
    struct {
        float *costs, *node_costs;
        uint32_t *seen, *held;
    } lesson;                 /* learn.c */
    struct kind_plan **plans; /* by block index */
    uint32_t plan_count, plan_room;
    struct memo *memo;
    struct answer *answers;
    struct told *told;
    struct detect_match *told_matches;
    uint32_t told_count, told_room;
    uint32_t use_total;
    struct crowd **crowds; /* by node */
    struct hit *hits;
    uint32_t hit_count, hit_room;
    struct detect_match *matches;
    uint32_t match_count, match_room;
    uint64_t *filtered; /* by position in plan.filter_roots */
    struct detect_counts counts;
    struct arena *role_memory;
    bool no_memory;
    uint64_t scanned; /* values so far */
    struct buf sift_text, sift_folded;
    uint32_t *found; /* triggers of the value being scanned */
    uint32_t found_count, found_room;
};

/* Where an evaluation stands. */
struct at {
    struct kind_plan *kp;
    const struct block *block;
    uint32_t row, aliases, block_memo;
};

/* One more number behind the others. False: no memory. */
static inline bool push(uint32_t **array, uint32_t *count, uint32_t *room, uint32_t value) {
    if (*count == *room) {
        uint32_t const more = *room ? *room * 2 : 8;
        uint32_t *const bigger = realloc(*array, more * sizeof *bigger);

        if (!bigger)
            return false;
        *array = bigger;
        *room = more;
    }
    (*array)[(*count)++] = value;
    return true;
}

/* Room for one more element. False: no memory. */
static inline bool grow(void **array, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return true;
    uint32_t const more = *room ? *room * 2 : 16;
    void *const bigger = realloc(*array, more * size);

    if (!bigger)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

/* view.c */

void view_free(struct view *v);
/* What its values are scanned with, from its triggers. False: no memory. */
bool view_matchers_make(const struct detector *d, struct kind_plan *kp, struct view *v);
void view_matchers_drop(struct view *v);
/* All views have dropped theirs. */
void view_matchers_unshare(struct kind_plan *kp);
/* The one for values of this raw type; NULL: none of them holds any of the literals. */
const struct literals *view_matcher(const struct view *v, uint8_t raw_type);
/* The view of a column, or of what an alias derives; NO_VIEW: no memory. */
uint32_t view_add(struct kind_plan *kp, field_id field, const struct kind_alias *alias);
/* NULL: no record has had the field. */
const struct dictionary *view_dictionary(const struct view *v);
/* The code of the view's cell in a row. False: no memory. */
bool view_code(struct detector *d, const struct block *b, struct view *v, uint32_t row, uint32_t *code);
/* Codes of what an alias derives, for all rows of the block. */
bool view_derive(struct detector *d, const struct block *b, struct view *v);
/* Bytes of the values that its alias made. */
size_t view_bytes(const struct view *v);
/* The dictionaries of the block have been emptied. */
void view_forget(struct view *v, uint32_t generation);
/* The texts of a cell: one, or those of its list; a missing cell has none. */
size_t view_cell_texts(const struct column *c, uint32_t code, str *out, size_t max);
/* All values that a source of an alias or role offers for a row. SIZE_MAX: no memory. */
size_t view_source_values(const struct block *b, uint32_t row, const struct kind_source *source, struct arena *a,
                          str *out, size_t max);

/* kind_plan.c */

/* Made when first asked for. NULL: no memory. */
struct kind_plan *kind_plan_of(struct detector *d, const struct block *b);
void kind_plan_free(struct kind_plan *kp);
/* Chooses the triggers of a use. costs: by node. */
bool kind_plan_trigger(struct detector *d, struct kind_plan *kp, uint32_t use, const float *costs);
/* How the text of a simple pattern is meant. */
enum literal_how kind_plan_literal_how(const struct test *t);
/* The values of the view are looked at for the trigger from now on. */
bool kind_plan_view_trigger(struct detector *d, struct kind_plan *kp, uint32_t view, uint32_t trigger);

/* scan.c */

/* Looks at values that are new since the last time: their classes. */
bool scan_view(struct detector *d, struct kind_plan *kp, struct view *v);

/* evaluate.c: no memory is noted in the detector */

/* memo_view: where the dictionary is from, for the memo. */
bool evaluate_value(struct detector *d, uint32_t test, uint32_t memo_view, const struct dictionary *dict,
                    uint32_t code);
bool evaluate_test(struct detector *d, const struct at *at, uint32_t test);
/* A keyword test in one column. */
bool evaluate_keyword(struct detector *d, const struct at *at, uint32_t test, uint32_t column);
bool evaluate_node(struct detector *d, const struct at *at, uint32_t node);
/* The crowd of an OR, or NULL. */
const struct crowd *evaluate_crowd_of(struct detector *d, uint32_t node);
/* Does one of the crowd hold? Not of its rest. */
bool evaluate_crowd(struct detector *d, const struct at *at, const struct crowd *c, uint32_t node);
/* Of a crowd of keywords: each child (by number in the node) that holds of the column's cell, perhaps several times. False:
 * no memory. */
bool evaluate_keywords(struct detector *d, const struct at *at, const struct crowd *c, uint32_t node, uint32_t column,
                       void (*each)(void *ctx, uint32_t child), void *ctx);
void evaluate_crowd_free(struct crowd *c);
/* Is the test one of the cell as a whole, not of its values? */
bool evaluate_is_of_cell(const struct plan_test *t);
/* The block's share of memo keys. */
uint32_t evaluate_block_memo(const struct block *b);

/* learn.c */

/* Chooses all triggers of a kind again, after the rows of the block. */
bool learn_triggers(struct detector *d, struct kind_plan *kp, const struct block *b);

#endif
