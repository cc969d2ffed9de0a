/* import_confined: import_bytes in a process of its own that can do nothing but compute (base/confine.h). A parser that crashes, loops for
 * ever or was taken over by its file is an error that names the file, and nothing else. */
#ifndef INTEL_IMPORT_CONFINED_H
#define INTEL_IMPORT_CONFINED_H

#include "intel/import.h"

/* Bounds of one file. */
struct import_limits {
    unsigned cpu_s;    /* of processor time */
    size_t data_max;   /* bytes of memory, beyond what the program holds */
    uint64_t out_max;  /* bytes that may come out of it */
    unsigned silent_s; /* without a word from it */
};
/* For a file of this size: two seconds of processor time a megabyte and a minute, 24 bytes of memory a byte and 256 MiB. */
struct import_limits import_limits_of(size_t size);

/* As import_bytes. What the sink is told is checked as if it came from a stranger, values' canonical forms included; what was told before
 * something went wrong was told. Errors begin with about->name. Further:
 *
 * ERR_CORRUPT      the process crashed, did what it may not, or said what no importer says
 * ERR_LIMIT        it took longer, or said more, than limits allow
 * ERR_UNSUPPORTED  the system cannot confine a process
 * limits: NULL: import_limits_of(bytes.len). */
MUST_USE bool import_confined(str bytes, const struct importer *importer, const struct import_about *about,
                              const struct import_limits *limits, const struct intel_sink *sink,
                              const struct importer **used, struct err *e);

#endif
