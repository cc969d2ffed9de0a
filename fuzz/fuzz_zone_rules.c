/* fuzz_zone_rules: any bytes as a file of a time zone. What is taken of it answers for any local time, always the same, with an
 * offset that a zone can have. */
#include <assert.h>
#include <stdlib.h>

#include "base/zone_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct zone_rules *z;
    struct err e = {0};
    int64_t local;

    if (size < sizeof local || size > ZONE_FILE_MAX)
        return 0;
    memcpy(&local, data, sizeof local);
    if (!zone_rules_read((str){(const char *)data + sizeof local, size - sizeof local}, &z, &e)) {
        assert(e.code == ERR_CORRUPT || e.code == ERR_UNSUPPORTED || e.code == ERR_LIMIT);
        assert(e.text[0]);
        return 0;
    }
    for (int i = 0; i < 64; i++, local = (int64_t)((uint64_t)local * UINT64_C(6364136223846793005) + 1)) {
        /* The first as it stands, the others in the centuries that logs are of. */
        int64_t const asked = i ? local % (INT64_C(400) * 366 * 86400) : local;
        int32_t offset = INT32_MAX, again = INT32_MAX;
        enum zone_fit const fit = zone_rules_offset(z, asked, &offset);

        assert(fit <= ZONE_NEVER && offset > -93600 && offset < 93600 + 86400);
        assert(zone_rules_offset(z, asked, &again) == fit && again == offset);
    }
    zone_rules_free(z);
    return 0;
}
