/* format_own: what the parts of format share. For src/event/format*.c only. */
#ifndef EVENT_FORMAT_OWN_H
#define EVENT_FORMAT_OWN_H

#include "event/format.h"

/* Classes of bytes, by byte. */
enum { OF_WORD = 1, OF_INT = 2, OF_NUMBER = 4, OF_ADDRESS = 8, OF_TIME = 16, OF_ALL = 31 };
extern const uint8_t format_classes[256];
/* Where the field ends before this text does not depend on what stands behind that. */
static inline bool field_ends_once(const struct piece *p, str then) {
    return p->type == PIECE_QUOTED || p->type == PIECE_REQUEST ||
           (p->class && !(format_classes[(unsigned char)*then.ptr] & p->class));
}

/* Can a time (PIECE_TIME) begin with this byte? */
bool time_may_begin(char c);

/* One more value of the line. value: bytes that live as long as the line, or in told's room. */
void told_add(struct told *t, field_id field, str value);
/* Reserved before a line is told, so that views into it stay: no text that is undone is longer than where it came from. */
#define TOLD_ROOM(line_len) (2 * (line_len) + 256)

/* The most that a template may put in front of keys. */
#define PREFIX_MAX 128u

/* format_index.c: of many templates those that can fit a line: it begins with such a byte, and holds what they need. NULL: no
 * memory. Fewer than 65535 templates. */
struct index;
struct index *index_new(const struct template *const *templates, size_t count);
void index_free(struct index *x);
/* A set of them: so many words, template i is bit i % 64 of word i / 64. */
size_t index_words(const struct index *x);
void index_look(const struct index *x, str line, uint64_t *maybe);

/* format_decode.c: pieces that hold several fields. */
void decode_labels(struct told *t, const struct piece *p, str text);
void decode_quoted(struct told *t, const struct piece *p, str text);
void decode_request(struct told *t, const struct template *how, str text);
/* Does the text begin with a pair, and is there another? */
bool pairs_begin(const struct piece *p, str text);
void decode_pairs(struct told *t, struct fields *fields, const struct piece *p, str text);
void decode_loose(struct told *t, struct fields *fields, const struct piece *p, str text);
void decode_csv(struct told *t, const struct template *how, str text);

#endif
