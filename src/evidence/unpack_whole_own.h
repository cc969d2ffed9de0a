/* unpack_whole_own: the half of unpack_whole that hears what the confined process says, for unpack_whole.c and the tests that lie to it. */
#ifndef EVIDENCE_UNPACK_WHOLE_OWN_H
#define EVIDENCE_UNPACK_WHOLE_OWN_H

#include "evidence/unpack_whole.h"

/* Until the other end of the channel is closed. *done: the process said that it is through, and *end how. False: it lied, was silent for
 * too long, the visitor stopped it, or the user. */
MUST_USE bool unpack_whole_hear(int channel, const struct unpack_whole_limits *limits,
                                const struct unpack_whole_visitor *visitor, const volatile sig_atomic_t *stop,
                                bool *done, struct err *end, struct err *e);

#endif
