/* input: a regular file as the windows that readers ask for. */
#ifndef EVIDENCE_INPUT_H
#define EVIDENCE_INPUT_H

#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

struct file_input;

MUST_USE bool file_input_open(struct file_input **out, const char *path, struct err *e);
/* Takes NULL. */
void file_input_close(struct file_input *f);
uint64_t file_input_size(const struct file_input *f);
/* At least `want` bytes from offset on, or all there are. The view is dead after the next call. Read, not mapped: a file
 * that shrinks meanwhile ends early and kills nobody. */
MUST_USE bool file_input_window(struct file_input *f, uint64_t offset, size_t want, str *out, struct err *e);
/* SHA-256 of the whole file. */
MUST_USE bool file_input_hash(struct file_input *f, uint8_t out[SHA256_SIZE], struct err *e);

#endif
