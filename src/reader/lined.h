/* lined: reading a log line by line: whose line it is, what is told of it, its record. And logs in which comment lines (`#`) say
 * what the lines of values below them mean. Knows no format. */
#ifndef READER_LINED_H
#define READER_LINED_H

#include "reader/line.h"
#include "reader/reader.h"

/* The first member of a reader's own state. */
struct lined {
    struct lines lines;
    struct part part;
    struct event_sink *to; /* NULL: a record is to be shown */
    struct err *e;
    uint64_t number; /* of the record given last */
    bool overflow;   /* a name found no room, and that is still to be told */
};

struct lined lined_begin(struct input *in, struct part part, struct event_sink *to, struct err *e);
/* Does the line that was given last belong to the part, and is there a sink to tell of it? */
static inline bool lined_is_mine(const struct lined *l) {
    return l->to && l->lines.offset >= l->part.from && l->lines.offset < l->part.to;
}
/* Told if the line given last is the part's. The second: of that whole line. */
void lined_damage(const struct lined *l, uint64_t offset, uint64_t size, const char *why);
void lined_line_damage(const struct lined *l, const char *why);
/* As line_next(); zeros before the line, and a line that is too long, are told. */
static inline enum line_found lined_next(struct lined *l) {
    enum line_found const found = line_next(&l->lines, l->e);

    if (found < LINE_NONE && l->lines.zeros)
        lined_damage(l, l->lines.offset - l->lines.zeros, l->lines.zeros, "zero bytes between lines");
    if (found == LINE_LONG)
        lined_line_damage(l, "a line of 16 MiB or more");
    return found;
}
/* The field of name, or FIELD_NONE: nobody wants it, or there is no room for it (overflow). */
field_id lined_field(struct lined *l, str name);
/* Tells of overflow, at the line given last. */
void lined_tell_overflow(struct lined *l);
/* Gives the next record to the sink. bytes: as in event/record.h. */
static inline bool lined_record(struct lined *l, struct raw *values, uint32_t count, str bytes, uint64_t offset,
                                uint64_t size) {
    struct record const record = {.values = values,
                                  .count = count,
                                  .when = INSTANT_NONE,
                                  .bytes = bytes,
                                  .number = ++l->number,
                                  .offset = offset,
                                  .size = size};

    return l->to->record(l->to, &record, l->e);
}
/* The same for the line given last, and tells if it is no UTF-8. */
bool lined_line_record(struct lined *l, struct raw *values, uint32_t count);
/* Always false: ERR_MEMORY at the line given last. */
bool lined_no_memory(const struct lined *l);

bool lined_is_comment(str line);
/* Is one of the comment lines that head begins with, behind a byte order mark, one of those? */
bool lined_comment_is(str head, bool (*one)(str line));
/* For show: appends names (the comment in force, as `comment` keeps it) and the line at offset. comment reads one, false: it
 * failed; *good of has_values: it is a line of values. */
bool lined_show(struct lined *l, uint64_t offset, struct buf *out, const struct buf *names,
                bool (*comment)(struct lined *l), bool (*has_values)(struct lined *l, bool *good));

#endif
