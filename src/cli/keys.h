/* keys: secret keys that a command signs with, out of files: nothing of them stands on a command line. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/signature.h"

/* Appends the password: the first line of the file; what is behind it on its line is no part of it. path: NULL: there is none. */
MUST_USE bool keys_password(const char *path, struct buf *out, struct err *e);
/* The key in the file, encrypted with the password in the other one, or as it is where that is NULL. ERR_USAGE: there is no such key. */
MUST_USE bool keys_open(const char *path, const char *password_path, struct signature_key **out, struct err *e);
/* Forgets what is in b. */
void keys_wipe(struct buf *b);

#endif
