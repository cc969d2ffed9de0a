/* test: does a value satisfy a test of a rule? Exact, slow enough to be called only where it matters. */
#ifndef DETECTION_TEST_H
#define DETECTION_TEST_H

#include "base/arena.h"
#include "base/err.h"
#include "event/block.h"
#include "intel/sigma.h"

/* A test made ready: pieces folded, regular expressions compiled. */
struct test {
    const struct sigma_test *sigma;
    bool present_is_enough;           /* the pattern is only *: any value that is not null */
    bool simple;                      /* at most one PIECE_TEXT with PIECE_ANY before and behind, not cased */
    bool any_before, any_behind;      /* simple: which of the two there are */
    str text;                         /* folded: simple: the whole of it; else the longest piece, which every value that
                                   * satisfies the pattern contains when folded, or nothing */
    const struct sigma_piece *pieces; /* folded unless cased */
    void *regex;                      /* pcre2_code */
    bool matches_empty;               /* regex: can match the empty text */
    const str *needs;   /* regex: one of these stands in the folded text of whatever it matches (regex.h) */
    size_t need_count;  /* 0: nothing is known */
    const str *chain;   /* regex: these in this order, within a line unless regex_flags say otherwise, are all it is */
    size_t chain_count; /* 0: PCRE2 decides */
};

#define TEST_KEPT 64u

/* A value's text and what it folds to. */
struct test_kept {
    str text, folded; /* text.ptr NULL: none */
    char *bytes;
    size_t room;
};

/* Room that matching needs; one a thread of work. */
struct test_scratch {
    char *folded, *spare;
    size_t folded_room, spare_room;
    struct test_kept kept[TEST_KEPT];
    void *match_data, *match_context; /* PCRE2's */
    uint64_t regex_limits;            /* matches given up at the step limit: counted, reported, taken as no match */
};

MUST_USE bool test_scratch_init(struct test_scratch *s, struct err *e);
void test_scratch_free(struct test_scratch *s);

/* Makes a test ready. Memory is a's, but for regular expressions: test_close. */
MUST_USE bool test_make(struct test *t, const struct sigma_test *sigma, struct arena *a, struct err *e);
void test_close(struct test *t);

/* The raw types (a bit each) of which some value might satisfy the test, for tests of a single value. */
uint32_t test_raw_types(const struct test *t);

/* The value's text folded: in scratch until the next call, or the text itself. ok false: no memory. */
str test_fold(struct test_scratch *s, const struct value *v, bool *ok);

/* The same for a value that several tests look at in turn, as its text stays where it is until test_forget: folded once,
 * and again when others took its place. Lives until the next call. */
str test_fold_kept(struct test_scratch *s, const struct value *v, bool *ok);
/* Texts folded so far may go, or change. */
void test_forget(struct test_scratch *s);

/* One value, not a list, not for NULL, EXISTS or FIELDREF tests. A NULL value satisfies none of these.
 * `folded`: test_fold of v. False in *ok: no memory. */
bool test_value(const struct test *t, const struct value *v, str folded, struct test_scratch *s, bool *ok);
/* FIELDREF: value against the value of the other field. */
bool test_fieldref(const struct test *t, const struct value *v, const struct value *other, struct test_scratch *s,
                   bool *ok);

#endif
