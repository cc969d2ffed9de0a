/* custodians: their keys, and passphrases, as a command line names them: by files, by the terminal, and never by themselves, for whoever lists processes sees what
 * they were called with. */
#ifndef CLI_CUSTODIANS_H
#define CLI_CUSTODIANS_H

#include "archive/vault.h"
#include "cli/keys.h"
#include "cli/option.h"

#define PASSPHRASE_MAX 4096u

/* The first line of a file, a pipe or a descriptor (/dev/fd/3); what stands in it stays out of every other place: wipe it with keys_wipe. ERR_USAGE: it
 * is empty. */
MUST_USE bool passphrase_read(const char *path, struct buf *out, struct err *e);
/* Asks for one on the terminal, without showing it. twice: it is a new one. ERR_USAGE: there is no terminal, or the two differ. ERR_INTERRUPTED: a signal ended
 * it that the program catches; one that it does not catch ends the program, and the terminal is as it was. */
MUST_USE bool passphrase_ask(const char *what, bool twice, struct buf *out, struct err *e);
/* A file that nobody else may read, and that is never written over another. ERR_USAGE: one is there. */
MUST_USE bool key_file_new(const char *path, str bytes, struct err *e);

/* What opens encrypted archives, as wished for. */
struct key_wish {
    struct arguments files;
    const char *passphrase;
};
#define ROW_KEY                                                                                                        \
    .name = "key", .argument = "FILE", .type = OPTION_PATH, .many = true,                                              \
    .help = "the private key of a custodian, for an archive that is encrypted"
#define ROW_PASSPHRASE                                                                                                 \
    .name = "passphrase-file", .argument = "FILE", .type = OPTION_PATH,                                                \
    .help = "the key is protected: its passphrase is the first line of FILE; usually the terminal is asked"

struct custodian_keys {
    struct custodian_key **items;
    size_t count;
};
/* ERR_USAGE: a file that is not there, no private key, or a passphrase that does not fit. */
MUST_USE bool custodian_keys_open(struct custodian_keys *out, const struct key_wish *wish, struct err *e);
void custodian_keys_close(struct custodian_keys *k); /* takes a zeroed one */
/* For vault_unlock: good as long as k. */
struct vault_unlock custodian_keys_unlock(const struct custodian_keys *k);
/* Files of public keys; *out is to be freed. ERR_USAGE. */
MUST_USE bool custodians_read(const struct arguments *files, struct custodian **out, struct err *e);

#endif
