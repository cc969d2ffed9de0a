/* transfer: content transfer encodings (RFC 2045 6, and uuencode) back to bytes. Piece by piece: a body may come in any cut.
 *
 * Nothing fails but memory: what a mail carries is decoded as far as it goes, as mail programs do, and what was passed over
 * is counted. */
#ifndef CODEC_TRANSFER_H
#define CODEC_TRANSFER_H

#include "base/buf.h"

enum transfer {
    TRANSFER_IDENTITY, /* 7bit, 8bit, binary, and what nobody knows */
    TRANSFER_BASE64,
    TRANSFER_QUOTED,
    TRANSFER_UUENCODE, /* x-uuencode: from `begin` to `end`; what stands outside is passed over */
};

/* By the value of Content-Transfer-Encoding: comments, blanks, quotes and a trailing `;` do no harm. *known: false, it is none of those
 * that have a name ("8bit+"), and its bytes are taken as they are. */
enum transfer transfer_named(str value, bool *known);

/* Zeroed before the first piece, with `how` set. */
struct transfer_state {
    enum transfer how;
    /* So far: bytes that the encoding has no meaning for, line ends and blanks apart. Passed over (base64, uuencode), or kept as
     * they are (the `=` of an escape that is none). */
    uint64_t junk;
    /* The decoder's own. */
    uint32_t bits, count; /* base64: the digits of a group that is not whole, and how many they are */
    bool open; /* base64: one more `=` is due. uuencode: behind `begin`. quoted: in blanks too many to be held */
    uint8_t held_len;
    char held[96]; /* quoted: blanks or an escape that the piece broke. uuencode: the beginning of a line */
};

/* Appends what the piece holds to out (out->failed when memory is out). How the text is cut into pieces changes nothing. */
void transfer_decode(struct transfer_state *s, str piece, struct buf *out);
/* After the last piece: what was held. */
void transfer_end(struct transfer_state *s, struct buf *out);

#endif
