/* gate: rules that no event can satisfy, because what they ask contradicts what makes an event one of their log source.
 *
 * `EventID: 4104` in a rule for a log source all of whose events have another number finds nothing, ever, and looks
 * like a rule that found nothing. For reports; detection evaluates such rules all the same. */
#ifndef DETECTION_GATE_H
#define DETECTION_GATE_H

#include "detection/plan.h"
#include "event/kind.h"

enum gate {
    GATE_OPEN,
    GATE_NO_KIND, /* no kind gives events of this log source */
    GATE_SHUT,    /* kinds do, and every one of them contradicts the rule */
};

/* For a detection rule (by number in the plan). *field, for GATE_SHUT: one about which rule and kinds disagree. False:
 * ERR_MEMORY. */
MUST_USE bool gate_of(const struct plan *p, const struct fields *fields, const struct kinds *kinds, uint32_t rule,
                      struct test_scratch *s, enum gate *out, str *field, struct err *e);

#endif
