/* fuzz_mail: any bytes as one message in a file: fuzz/records.h says what must hold. */
#include "records.h"

#include "reader/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_records(&mail_reader, data, size);
    return 0;
}
