/* transfer_own: the two ways to decode a run of base64, for transfer.c and the tests that hold one against the other. */
#ifndef CODEC_TRANSFER_OWN_H
#define CODEC_TRANSFER_OWN_H

#include "base/str.h"

/* Both decode groups of four digits from the start of s, and stop before one that holds anything else; they return the bytes of s
 * that were used. to: room for 3/4 of s and TRANSFER_SPARE bytes more. The wide one takes 32 at a time and leaves the rest. */
#define TRANSFER_SPARE 16u
size_t base64_run(str s, char *to);
/* Only where base64_has_wide. */
bool base64_has_wide(void);
size_t base64_run_wide(str s, char *to);

#endif
