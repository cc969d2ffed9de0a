/* trigger: of each rule the cheapest tests of which one must hold for the rule to hold: of AND the cheapest child, of OR
 * all, of NOT none. Only these are looked for in values; a wrong cost changes the speed and nothing else. */
#ifndef DETECTION_TRIGGER_H
#define DETECTION_TRIGGER_H

#include "detection/literal.h"
#include "detection/plan.h"
#include "event/number.h"

#define TRIGGER_NEVER 1.0f /* cost of what cannot start a rule */

/* Can the test be found by looking at values alone? */
bool trigger_can(const struct plan_test *t);
/* costs: by node of the plan. tests: by test, the share of events for which it may hold; NULL: as the plan guesses. */
void trigger_costs(const struct plan *p, const float *tests, float *costs);
/* The same for one node and those below it. */
void trigger_costs_of(const struct plan *p, const float *tests, uint32_t node, float *costs);
/* Calls each for the tests that are to trigger the node, whose cost is below TRIGGER_NEVER. False as soon as each says so. */
MUST_USE bool trigger_choose(const struct plan *p, const float *costs, uint32_t node,
                             bool (*each)(void *ctx, uint32_t test), void *ctx);

/* Must the test, as a trigger, be tried on each value, as no literal tells of it? */
bool kind_plan_is_tried(const struct test *t);
/* Adds literals, under the number id, of which every folded value that satisfies the test satisfies one. Not for tests
 * that are tried. */
bool kind_plan_literals(const struct test *t, uint32_t id, struct literal **list, uint32_t *count, uint32_t *room);
/* Literals see a JSON number in its canonical spelling, as patterns do. True, and *out in room: that is another one than its own
 * (1.0, 1e3, -0). */
bool scan_number(const struct value *v, char room[NUMBER_TEXT_MAX], str *out);

#endif
