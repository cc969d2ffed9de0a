/* utf16_window: windows of a source in UTF-16 as UTF-8, for readers of text. Offsets stay those of the source. */
#ifndef READER_UTF16_WINDOW_H
#define READER_UTF16_WINDOW_H

#include "base/buf.h"
#include "event/record.h"
#include "evidence/input.h"

enum encoding { UTF_8, UTF_16LE, UTF_16BE };

/* By the byte order mark; UTF-8 without one. */
enum encoding encoding_of(str head);

/* Zeroed at first. */
struct utf16_window {
    enum encoding encoding;
    uint64_t raw_at;
    str raw;         /* the source's bytes that the text was decoded from */
    bool full;       /* they are as many as there may be */
    size_t repaired; /* halves of characters in them: each is U+FFFD in the text */
    struct buf swapped, decoded;
};

/* *text: what the bytes from `at` on say, of about `want` bytes or more if the source has them. Empty at the end, where raw
 * may hold one byte, half a unit. It lives until the next look. False: memory or the input failed. */
MUST_USE bool utf16_look(struct utf16_window *w, enum encoding encoding, struct input *in, uint64_t at, size_t want,
                         str *text, struct err *e);
/* Takes one that is zeroed. */
void utf16_close(struct utf16_window *w);
/* Bytes of UTF-16 that text, decoded, was decoded from. */
uint64_t utf16_size(str text);
/* Tells of the first half character in bytes [at, at + size), which the last look showed. */
void utf16_report(const struct utf16_window *w, uint64_t at, uint64_t size, struct event_sink *to);

#endif
