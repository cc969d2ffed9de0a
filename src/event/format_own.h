/* format_own: what the parts of format share. For src/event/format*.c only. */
#ifndef EVENT_FORMAT_OWN_H
#define EVENT_FORMAT_OWN_H

#include "event/format.h"

/* One more value of the line. value: bytes that live as long as the line, or in told's room. */
void told_add(struct told *t, field_id field, str value);
/* Can a time (PIECE_TIME) begin with this byte? */
bool time_may_begin(char c);
/* Reserved before a line is told, so that views into it stay: no text that is undone is longer than where it came from. */
#define TOLD_ROOM(line_len) (2 * (line_len) + 256)

/* format_index.c: of many templates those that can fit a line: it begins with such a byte, and holds what they need. NULL: no
 * memory. The templates must outlive it; fewer than 65535. */
struct index;
struct index *index_new(const struct template *const *templates, size_t count);
void index_free(struct index *x);
/* A set of them: so many words, template i is bit i % 64 of word i / 64. */
size_t index_words(const struct index *x);
void index_look(const struct index *x, str line, uint64_t *maybe);

/* format_decode.c: pieces that hold several fields. */
void decode_labels(struct told *t, const struct piece *p, str text);
void decode_quoted(struct told *t, const struct piece *p, str text);
void decode_request(struct told *t, const struct piece *p, str text);
void decode_pairs(struct told *t, struct fields *fields, const struct piece *p, str text);
void decode_loose(struct told *t, struct fields *fields, const struct piece *p, str text);
void decode_csv(struct told *t, const struct template *how, str text);

#endif
