/* manifest_record: the file of a manifest as bytes: its head, the state it begins with, records in a chain. Opens no file, applies nothing. */
#ifndef ARCHIVE_MANIFEST_RECORD_H
#define ARCHIVE_MANIFEST_RECORD_H

#include "archive/manifest.h"
#include "base/signature.h"

#define GENERATION_HEAD_SIZE 128
#define RECORD_HEAD_SIZE 64
#define RECORD_MAX ((size_t)16 << 20)
#define RECORD_ROOM (RECORD_MAX - 65536) /* for operations: beside head, signature and sum */

/* The first bytes of a generation. */
struct generation_head {
    uint8_t id[ARCHIVE_ID_SIZE];
    uint64_t number;                /* 1, 2, ... */
    uint64_t base;                  /* sequence of the last record of the generation before; 0 in the first */
    uint8_t base_hash[SHA256_SIZE]; /* of that record; zeros in the first */
    uint64_t state_size, state_items;
};
void generation_head_write(struct buf *out, const struct generation_head *h);
/* ERR_CORRUPT; ERR_UNSUPPORTED: of a later version. The state is all there where true. */
MUST_USE bool generation_head_read(str file, struct generation_head *out, struct err *e);
/* The restated state, and where records begin. */
static inline str generation_state(str file, const struct generation_head *h) {
    return str_first(str_from(file, GENERATION_HEAD_SIZE), (size_t)h->state_size);
}
static inline size_t generation_records(const struct generation_head *h) {
    return GENERATION_HEAD_SIZE + (size_t)h->state_size;
}

struct manifest_record {
    uint64_t sequence;
    int64_t at;
    uint8_t previous[SHA256_SIZE], hash[SHA256_SIZE]; /* of the record before; of all bytes of this one */
    uint32_t count;                                   /* of operations */
    str operations, signature, bytes;
    size_t offset; /* in the file */
};
/* The whole and undamaged record at the offset; its chain and its operations are not looked at. */
MUST_USE bool manifest_record_read(str file, size_t offset, struct sha256 *h, struct manifest_record *out);
/* Is there, behind an offset at which there is none, a record that is whole, of a later sequence than `after`? *work: bytes that may
 * still be summed up; when they are used up the answer is yes, because it cannot be shown that there is none. */
MUST_USE bool manifest_record_behind(str file, size_t offset, uint64_t after, size_t *work, uint64_t *sequence,
                                     size_t *found);
/* Appends a record of these operations. key: NULL, or who signs it. */
MUST_USE bool manifest_record_write(struct buf *out, const struct manifest_record *r, const uint8_t id[ARCHIVE_ID_SIZE],
                                    const struct signature_key *key, struct err *e);
/* The text that is signed: names the archive, the sequence, the record before and the operations. */
void manifest_record_statement(struct buf *out, const uint8_t id[ARCHIVE_ID_SIZE], const struct manifest_record *r);

void archive_id_hex(const uint8_t id[ARCHIVE_ID_SIZE], char out[2 * ARCHIVE_ID_SIZE + 1]);

#endif
