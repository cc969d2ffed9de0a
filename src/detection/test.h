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
    bool present_is_enough;       /* the pattern is only *: any value that is not null */
    bool simple;                  /* at most one PIECE_TEXT with PIECE_ANY before and behind, not cased */
    bool any_before, any_behind;  /* simple: which of the two there are */
    str text;                     /* simple: folded */
    const struct sigma_piece *pieces; /* folded unless cased */
    void *regex;                  /* pcre2_code */
};

/* Room that matching needs; one a thread of work. */
struct test_scratch {
    char *folded, *spare;
    size_t folded_room, spare_room;
    void *match_data, *match_context; /* PCRE2's */
    uint64_t regex_limits; /* matches given up at the step limit: counted, reported, taken as no match */
};

MUST_USE bool test_scratch_init(struct test_scratch *s, struct err *e);
void test_scratch_free(struct test_scratch *s);

/* Makes a test ready. Memory is a's, but for regular expressions: test_close. */
MUST_USE bool test_make(struct test *t, const struct sigma_test *sigma, struct arena *a, struct err *e);
void test_close(struct test *t);

/* The value's text folded: in scratch until the next call, or the text itself. ok false: no memory. */
str test_fold(struct test_scratch *s, const struct value *v, bool *ok);

/* One value, not a list, not for NULL, EXISTS or FIELDREF tests. A NULL value satisfies none of these.
 * `folded`: test_fold of v. False in *ok: no memory. */
bool test_value(const struct test *t, const struct value *v, str folded, struct test_scratch *s, bool *ok);
/* FIELDREF: value against the value of the other field. */
bool test_fieldref(const struct test *t, const struct value *v, const struct value *other, struct test_scratch *s,
                   bool *ok);

#endif
