/* fuzz_intel_file: any bytes as a file of intelligence: it is of one kind or of none, the same every time, and what is behind the first
 * rule changes nothing. */
#include <assert.h>
#include <stdlib.h>

#include "hunt/intel_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const s = {(const char *)data, size};
    const char *format, *again;
    enum intel_file const file = intel_file_of(s, &format);

    assert(intel_file_of(s, &again) == file && (format == again || strcmp(format, again) == 0));
    assert((format != NULL) == (file == INTEL_FILE_ITEMS || file == INTEL_FILE_SIGMA || file == INTEL_FILE_YARA));
    if (file == INTEL_FILE_YARA)
        assert(str_find(s, S("rule")) != SIZE_MAX);
    if (file == INTEL_FILE_SIGMA)
        assert(str_find(s, S("title:")) != SIZE_MAX);
    return 0;
}
