/* fuzz_msg: any bytes as a message that Outlook saved: fuzz/records.h says what must hold. */
#include "records.h"

#include "reader/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_records(&msg_reader, data, size);
    return 0;
}
