/* import_wire: what the process that reads intelligence tells its parent, as bytes. The file may have taken it over: what comes in is
 * checked like a file of unknown origin. Little-endian; a message is its size without this head (4 bytes), its type (1), and that. */
#ifndef INTEL_IMPORT_WIRE_H
#define INTEL_IMPORT_WIRE_H

#include "base/buf.h"
#include "intel/import.h"

enum import_told {
    TOLD_ITEM = 1,
    TOLD_LEFT_OUT, /* where, what, why */
    TOLD_LIST,
    TOLD_LABEL, /* what */
    TOLD_GROUP,
    TOLD_KNOWN,
    TOLD_DONE, /* the last: err, used */
    TOLDS
};

#define IMPORT_WIRE_HEAD 5u
#define IMPORT_WIRE_MAX (1u << 20) /* bytes of a message */
#define IMPORT_WIRE_GIVEN 0xfeu    /* used: the importer that was asked for */
#define IMPORT_WIRE_NONE 0xffu     /* used: none */

/* Which members count depends on the type. Views into the bytes it was taken from. */
struct import_message {
    enum import_told type;
    struct intel_item item;
    struct intel_label_list list;
    struct intel_group group;
    struct intel_known known;
    str where, what, why;
    struct err err; /* ERR_NONE: all went well */
    uint8_t used;   /* number in importers, or one of the two above */
};

/* Appends it. Texts are within their bounds and well-formed, as import_bytes hands them out. */
void import_wire_put(struct buf *b, const struct import_message *m);
/* The size of the message that begins with these IMPORT_WIRE_HEAD bytes, head included; 0: there is no such message. */
size_t import_wire_size(const char *head);
/* Takes one message from the front of *bytes. False: they are no whole, well-formed message, or one that no importer of ours would send
 * (text that is no UTF-8 or too long, a type that there is not, a value that is none of its form). Whether a value has a canonical
 * form is not looked at. */
MUST_USE bool import_wire_take(str *bytes, struct import_message *out);

#endif
