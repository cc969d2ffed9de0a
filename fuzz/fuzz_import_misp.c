/* fuzz_import_misp: any bytes as MISP. See import_told.h for what is promised of what comes out. */
#include "import_told.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_both_ways(&import_misp, (str){(const char *)data, size});
    return 0;
}
