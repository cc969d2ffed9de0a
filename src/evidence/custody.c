/* custody: the names of what the ledger says. */
#include "evidence/custody.h"

#include <assert.h>

str clock_verdict_name(enum clock_verdict verdict) {
    static const str names[CLOCK_VERDICTS] = {STR("sound"), STR("corrected"), STR("far"),  STR("unsure"),
                                              STR("few"),   STR("many"),      STR("alone")};

    assert(verdict < CLOCK_VERDICTS);
    return names[verdict];
}
