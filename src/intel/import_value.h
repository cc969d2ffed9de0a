/* import_value: what lists and tables of indicators share: the text of a file, its lines, and what a cell is that says so or not. */
#ifndef INTEL_IMPORT_VALUE_H
#define INTEL_IMPORT_VALUE_H

#include "intel/import_own.h"

/* The bytes as text: without a byte order mark; UTF-16 with one as UTF-8, in room. False: room->failed. */
MUST_USE bool import_text(str bytes, struct buf *room, str *text);
/* The next line, without its line end (LF, CRLF). False: there is none. */
bool import_line(str *rest, str *line);

struct import_value {
    enum observable type;
    str value; /* defanging undone: a part of the cell or of room */
    str raw;   /* as it stands there, if that is something else; "" */
    uint16_t port;
};

struct import_room {
    struct buf refanged, scratch;
};
void import_room_free(struct import_room *r);
bool import_room_failed(const struct import_room *r);

/* One value, perhaps in quotes. type: what it is said to be, NONE: it is guessed. A value that is none of its type but plainly one like
 * it (an address where a host was announced) is that. False: *why, or memory is out. Valid until room is used again. */
MUST_USE bool import_value_of(enum observable type, str cell, struct import_room *room, struct import_value *out,
                              const char **why);
/* "IPv4", "ip-dst", "FileHash-SHA256", "domain": what people head columns with and call types. *known: it is the name of a type, though
 * perhaps (NONE) one that cannot be looked for (ssdeep, yara), or one that the value must tell (hash, ioc). */
enum observable import_type_of(str word, bool *known, bool *any);

/* The addresses of the web in a text, each without the point or bracket behind it. At most ITEM_NAMES_MAX in all. */
void import_links(str text, struct item_names *to);

#endif
