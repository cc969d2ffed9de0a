/* intel_text: what the commands of `longwatch intel` share: the store that is meant, and items and sources as text and JSON. */
#ifndef CLI_INTEL_TEXT_H
#define CLI_INTEL_TEXT_H

#include "base/buf.h"
#include "hunt/intel_load.h"
#include "intel/store.h"

#define INTEL_WAIT_MS 30000u /* for another process that writes the store */

#define ROW_STORE                                                                                                      \
    .name = "store", .argument = "DIR", .type = OPTION_FOLDER,                                                         \
    .help = "the folder of the store; usually `intel` in $LONGWATCH_DATA, else in ~/.local/share/longwatch"

/* The folder that is meant; malloc'd. NULL: e says that there is none. wish: as given, or NULL. */
char *intel_folder(const char *wish, struct err *e);
MUST_USE bool intel_open(const char *wish, struct intel_store **out, struct err *e);

/* Now, as an instant. */
int64_t intel_now(void);

/* Prints what is in b and empties it. machine: JSON, which a terminal gets without what it would obey. */
MUST_USE bool intel_out(struct buf *b, bool machine, struct err *e);

/* ,"name":"text" and its kin; a comma in front. */
void intel_json_text(struct buf *b, const char *name, str s);
void intel_json_number(struct buf *b, const char *name, uint64_t n);
void intel_json_time(struct buf *b, const char *name, int64_t when);
void intel_json_bool(struct buf *b, const char *name, bool value);
void intel_json_hash(struct buf *b, const char *name, const uint8_t sha256[SHA256_SIZE]);
/* The members of an item, from "number" on. */
void intel_json_item(struct buf *b, const struct intel_stored_item *i);

/* What form or type a stored item is of: "address", "pattern". */
str intel_type_text(const struct intel_item *item);
/* What is to be said of it in a line behind its value: "proposed, revoked", ... "": nothing. */
void intel_flags(struct buf *b, const struct intel_stored_item *i);
/* Lines of what a claim says, indented. */
void intel_claim(struct buf *b, const struct intel_stored_item *i);

#endif
