/* file: whole files in memory, and files that appear under their name only when they are complete. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

struct stat;

/* Reads the whole regular file at path into *out (appended). ERR_LIMIT when it holds more than max bytes. */
MUST_USE bool file_read(const char *path, size_t max, struct buf *out, struct err *e);
/* The same in two steps, for those who look at a file before they read it. Opens name in the open folder `at` (AT_FDCWD:
 * where the process stands), and does not wait where a pipe has no writer. -1 and errno on failure. */
MUST_USE int file_open(int at, const char *name);
/* Reads the open file that *st is about; fd stays open. path: for errors only. */
MUST_USE bool file_read_open(int fd, const struct stat *st, const char *path, size_t max, struct buf *out,
                             struct err *e);

/* Length and SHA-256 of an open file, from its start; where it stands is left alone. */
MUST_USE bool file_hash(int fd, uint64_t *length, uint8_t hash[SHA256_SIZE], struct err *e);

/* fsync of the folder `name` in the open folder `at`: what was made, renamed or removed in it stays so after a power cut. */
MUST_USE bool file_folder_sync(int at, const char *name, struct err *e);

/* A file without a name, for reading and writing, that is gone with the process. folder: where; NULL: TMPDIR, else /tmp. */
MUST_USE bool file_temporary(int *fd, const char *folder, struct err *e);

/* A file being written beside its final name; a stream with a buffer of its own. */
struct file_out;

/* Creates path with a suffix of its own (".part"), replacing an old one. Mode 0600. */
MUST_USE bool file_out_open(struct file_out **out, const char *path, struct err *e);
/* Errors are kept until file_out_commit. */
void file_out_add(struct file_out *f, str bytes);
/* Flush, fsync, rename to the final name, fsync of the directory; frees f whatever happens. On failure the
 * unfinished file is removed and nothing stands under the final name (or what stood there before). */
MUST_USE bool file_out_commit(struct file_out *f, struct err *e);
/* As file_out_commit, but without waiting for the disk: after a power cut anything may stand under the name. For what can
 * be made again and is checked when it is read. */
MUST_USE bool file_out_commit_soon(struct file_out *f, struct err *e);
/* Removes the unfinished file. Takes NULL. */
void file_out_drop(struct file_out *f);

#endif
