/* normal: the names of zones and precisions. */
#include "event/normal.h"

#include <assert.h>

str zone_name(enum zone zone) {
    static const str names[ZONES] = {STR("given"), STR("assumed"), STR("corrected"), STR("unsure")};

    assert(zone < ZONES);
    return names[zone];
}

str precision_name(unsigned precision) {
    static const str names[PRECISIONS] = {STR("s"), STR("1"), STR("2"), STR("3"), STR("4"), STR("5"),
                                          STR("6"), STR("7"), STR("8"), STR("9"), STR("m"), STR("d")};

    assert(precision < PRECISIONS);
    return names[precision];
}
