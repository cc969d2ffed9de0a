/* mail_own: what the files of mail_value share: blanks, comments, quoted strings, encoded words. */
#ifndef CODEC_MAIL_OWN_H
#define CODEC_MAIL_OWN_H

#include "codec/mail_value.h"

static inline bool mail_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
static inline char mail_small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
/* What was found to have no end. Whoever reads one text keeps one, zeroed first, so that nothing is looked for twice. */
struct mail_open {
    bool comment, quote, angle, square;
};
/* Bytes of the comment, or of the quoted string, that begins s, with its ends; 0: none begins there, or it is open: that is
 * remembered, and from then on all is text. */
size_t mail_comment(str s, struct mail_open *open);
size_t mail_quoted(str s, struct mail_open *open);
/* Bytes of the encoded word (RFC 2047 2) that begins s, or 0. */
size_t mail_word(str s);
/* As mail_text, with its blanks at both ends. */
void mail_decode(str value, struct buf *out, uint64_t *bad);
/* What stands in quotes, its backslashes undone; a line end goes. */
void mail_unquote(str inner, struct buf *out);
/* Text without words to well-formed UTF-8, in memory of a. False: it is full. */
MUST_USE bool mail_keep(str text, struct arena *a, str *out);

#endif
