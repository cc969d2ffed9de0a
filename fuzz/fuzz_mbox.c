/* fuzz_mbox: any bytes as a mailbox: fuzz/records.h says what must hold. */
#include "records.h"

#include "reader/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_records(&mbox_reader, data, size);
    return 0;
}
