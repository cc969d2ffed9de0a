/* fuzz_history: any bytes as the history of a shell: fuzz/records.h says what must hold. */
#include "records.h"

#include "reader/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_records(&history_reader, data, size);
    return 0;
}
