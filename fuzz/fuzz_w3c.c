/* fuzz_w3c: any bytes as a W3C extended log: fuzz/lines.h says what must hold. */
#include "lines.h"

#include "reader/w3c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_lines(&w3c_reader, S("time"), data, size); /* times take their day from other lines */
    return 0;
}
