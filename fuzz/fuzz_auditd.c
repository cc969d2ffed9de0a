/* fuzz_auditd: any bytes as audit records: fuzz/records.h says what must hold. */
#include "records.h"

#include "reader/auditd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_records(&auditd_reader, data, size);
    return 0;
}
