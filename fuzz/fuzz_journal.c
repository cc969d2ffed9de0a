/* fuzz_journal: any bytes as an export of the journal: fuzz/records.h says what must hold. */
#include "records.h"

#include "reader/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_records(&journal_reader, data, size);
    return 0;
}
