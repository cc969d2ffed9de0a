/* yara_scan: bytes against a set of YARA rules, piece by piece, in bounded memory and time.
 *
 * What comes in at most YARA_WHOLE bytes is one block, as YARA's own program scans a file. More is scanned in blocks that overlap
 * (docs/yara.md): strings are found everywhere, but for those that are longer than the overlap, or have gaps longer than it, and lie across
 * a border; `filesize` is that of the whole; what conditions read at an offset, and modules, see the first block, and nothing behind it.
 *
 * Needs no system call beyond memory and the clock (base/confine.h): rules are compiled before. libyara would install handlers for SIGSEGV
 * and SIGBUS around a scan, which are for files that are mapped and shrink. Nothing is mapped here, so they are not wanted
 * (SCAN_FLAGS_NO_TRYCATCH): they would take an error of memory in libyara for a file that cannot be read, and go on. */
#ifndef INTEL_YARA_SCAN_H
#define INTEL_YARA_SCAN_H

#include "intel/yara_finding.h"

#define YARA_WHOLE ((size_t)32 << 20)
#define YARA_BLOCK ((size_t)8 << 20) /* behind the first block */
#define YARA_OVERLAP ((size_t)64 << 10)

struct yara_limits {
    uint64_t bytes_max; /* more are not scanned at all */
    unsigned seconds;   /* that a scan may take, and one more for each MiB; 0: no bound */
};
extern const struct yara_limits yara_limits_usual; /* 4 GiB, 60 s */

/* What rules can ask of what is scanned besides its bytes (external variables): filepath is the path, filename its last part, extension what
 * begins with the last point of that, in small letters (".exe"). filetype is taken from the first bytes; owner is always empty. */
struct yara_about {
    str path; /* parts end in '/', '\\' or '!' */
};

enum yara_end {
    YARA_SCANNED,
    YARA_TOO_LARGE,
    YARA_TIMED_OUT,
    YARA_NO_MEMORY, /* more matches than memory holds */
    YARA_FAILED,    /* libyara gave up */
    YARA_ENDS
};
str yara_end_name(enum yara_end end); /* "too large", ... */

struct yara_scan;

/* set must outlive it, and is compiled. Made in the process that scans. */
MUST_USE bool yara_scan_new(struct yara_scan **out, const struct yara_set *set, const struct yara_limits *limits,
                            struct err *e);
void yara_scan_free(struct yara_scan *s); /* takes NULL */

/* One after the other: begin, feed as often as there are bytes, end. A scan that is begun again, or freed, in the middle is given up.
 * False: no memory. */
MUST_USE bool yara_scan_begin(struct yara_scan *s, const struct yara_about *about);
MUST_USE bool yara_scan_feed(struct yara_scan *s, str bytes);
/* hit: what was found, in the order of rules, and with it the SHA-256 of the bytes; false stops with the error it set. *end: how it went:
 * what is not SCANNED found nothing. False: stopped by hit, or no memory to begin with. */
MUST_USE bool yara_scan_end(struct yara_scan *s, bool (*hit)(void *ctx, const struct yara_hit *hit, struct err *e),
                            void *ctx, enum yara_end *end, struct err *e);
/* All three for bytes that are there; nothing is copied up to YARA_WHOLE. */
MUST_USE bool yara_scan_bytes(struct yara_scan *s, const struct yara_about *about, str bytes,
                              bool (*hit)(void *ctx, const struct yara_hit *hit, struct err *e), void *ctx,
                              enum yara_end *end, struct err *e);

#endif
