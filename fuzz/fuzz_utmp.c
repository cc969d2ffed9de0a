/* fuzz_utmp: any bytes as login records: fuzz/records.h says what must hold. */
#include "records.h"

#include "reader/utmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_records(&utmp_reader, data, size);
    return 0;
}
