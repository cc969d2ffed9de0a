/* fuzz_zeek: any bytes as a log of Zeek: fuzz/lines.h says what must hold. */
#include "lines.h"

#include "reader/zeek.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_lines(&zeek_reader, S("_path"), data, size);
    return 0;
}
