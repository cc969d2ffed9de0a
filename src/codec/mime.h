/* mime: a message into its parts. RFC 5322, 2045, 2046; what real mails do instead: docs/formats/mail.md.
 *
 * Takes the message piece by piece and keeps no more of it than the headers of the part it is in (HEADER_BYTES_MAX) and a line's
 * beginning: a message may be of any size. Bodies are decoded (transfer encoding, not the character set) as they come. */
#ifndef CODEC_MIME_H
#define CODEC_MIME_H

#include "base/arena.h"
#include "base/err.h"
#include "codec/transfer.h"

#define MIME_HEADER_BYTES_MAX (1u << 20) /* of one part; the rest is passed over and told */
#define MIME_HEADERS_MAX 4096u
#define MIME_PARTS_MAX 4096u /* of a message; further ones belong to the last */
#define MIME_DEPTH_MAX 64u   /* a multipart or message deeper is a leaf, and told */

struct mime_header {
    str name;        /* as written, without blanks before the colon */
    str value;       /* raw, folds and all, without the last line end and the blanks before it begins */
    uint64_t offset; /* of the name, from the message's first byte */
};

enum mime_shape {
    MIME_LEAF,
    MIME_MULTIPART,
    MIME_MESSAGE, /* message/rfc822 and message/global: its content is a part of its own */
};

struct mime_part {
    uint32_t index, parent; /* 0: the message itself, its own parent */
    uint32_t depth;
    enum mime_shape shape;
    bool in_message; /* it lies within a message/rfc822 below the outermost */
    bool is_root;    /* the message's own head, or that of a message within (its headers are From, Subject, ...) */
    str type,
        subtype; /* small letters; text/plain where none is given (message/rfc822 in a digest) or it cannot be read */
    str content_type; /* raw value; "" */
    str disposition;  /* raw value; "" */
    enum transfer encoding;
    const struct mime_header *headers;
    uint32_t header_count;
    uint64_t offset; /* of its first header, from the message's first byte; where its body begins */
    uint64_t body;
};

struct mime_visitor {
    /* A part begins: its headers have been read. Views live until the part after it begins. False stops. */
    bool (*part)(void *ctx, const struct mime_part *p, struct err *e);
    /* Bytes of the body of a leaf, decoded. NULL content never; any cut. */
    bool (*body)(void *ctx, const struct mime_part *p, str bytes, struct err *e);
    /* A part is over. junk: bytes of the encoding without meaning. Views of p's headers may be dead; index, type are not. */
    bool (*end)(void *ctx, uint32_t index, uint64_t encoded, uint64_t junk, struct err *e);
    /* Bytes [offset, offset + size) of the message were passed over or are not as they should be, and why. */
    void (*damage)(void *ctx, uint64_t offset, uint64_t size, const char *why);
    void *ctx;
};

struct mime;

/* One for many messages: it keeps its memory. */
MUST_USE bool mime_new(struct mime **out, struct err *e);
void mime_free(struct mime *m);
void mime_begin(struct mime *m, const struct mime_visitor *visitor);
/* Lines may end in LF or CRLF. False: the visitor stopped, or memory is out. */
MUST_USE bool mime_feed(struct mime *m, str piece, struct err *e);
MUST_USE bool mime_end(struct mime *m, struct err *e);

#endif
