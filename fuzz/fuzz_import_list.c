/* fuzz_import_list: any bytes as a warninglist and as a galaxy; and whoever recognises them. See import_told.h. */
#include "import_told.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const bytes = {(const char *)data, size};

    read_both_ways(&import_warninglist, bytes);
    read_both_ways(&import_galaxy, bytes);
    (void)import_recognise(bytes);
    return 0;
}
