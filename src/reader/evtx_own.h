/* evtx_own: what the parts of the EVTX reader share: binary XML, compiled templates, one record. For src/reader/evtx*.c. */
#ifndef READER_EVTX_OWN_H
#define READER_EVTX_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "event/record.h"

/* ---- the format (evtx_binxml.c) ---- */

#define EVTX_CHUNK_SIZE 65536u
#define EVTX_CHUNK_HEAD 512u /* header, string table and template table: records begin here */
#define EVTX_RECORD_HEAD 24u
#define EVTX_RECORD_MIN 32u   /* head, fragment header, something, size copy */
#define EVTX_DEPTH_MAX 32u    /* elements in elements, and fragments in values; Windows stays below ten */
#define EVTX_SLOTS_MAX 16384u /* a descriptor takes 4 bytes of a chunk, and nested ones lie behind those around them */

enum evtx_token { /* [MS-EVEN6] 2.2.12; TOKEN_MORE is or-ed to the first few */
                  TOKEN_END = 0x00,
                  TOKEN_OPEN = 0x01,
                  TOKEN_CLOSE_START = 0x02,
                  TOKEN_CLOSE_EMPTY = 0x03,
                  TOKEN_CLOSE = 0x04,
                  TOKEN_VALUE = 0x05,
                  TOKEN_ATTRIBUTE = 0x06,
                  TOKEN_CDATA = 0x07,
                  TOKEN_CHARACTER = 0x08,
                  TOKEN_ENTITY = 0x09,
                  TOKEN_PI_TARGET = 0x0a,
                  TOKEN_PI_DATA = 0x0b,
                  TOKEN_INSTANCE = 0x0c,
                  TOKEN_SLOT = 0x0d,
                  TOKEN_SLOT_OPTIONAL = 0x0e,
                  TOKEN_FRAGMENT = 0x0f,
                  TOKEN_MORE = 0x40
};

enum evtx_type { /* of values; TYPE_ARRAY is or-ed */
                 TYPE_NULL = 0x00,
                 TYPE_STRING = 0x01,
                 TYPE_ANSI = 0x02,
                 TYPE_BINARY = 0x0e,
                 TYPE_SIZE = 0x10,
                 TYPE_SID = 0x13,
                 TYPE_BINXML = 0x21,
                 TYPE_ARRAY = 0x80
};

/* All readers below: false leaves a constant phrase in *why, fit for the ledger. Cursors run over one chunk, so that
 * cursor_at is the offset in the chunk. */

struct evtx_name {
    const char *chars; /* UTF-16LE */
    uint32_t units;
    bool hash_right; /* the hash beside it is the name's */
};
/* The name structure at a place of the chunk. */
bool evtx_name_at(str chunk, size_t at, struct evtx_name *out);
/* A reference to a name; where the structure follows it, that is passed, too (*here). */
bool evtx_name_read(str chunk, struct cursor *c, struct evtx_name *out, bool *here, const char **why);
/* Behind TOKEN_OPEN (more: TOKEN_OPEN | TOKEN_MORE) up to the first attribute. In a template definition a dependency
 * precedes the size, elsewhere it does not (0xffff: none); where the name makes no sense so, the other is tried. */
bool evtx_open_read(str chunk, struct cursor *c, bool in_definition, bool more, struct evtx_name *name,
                    uint16_t *depends, const char **why);
bool evtx_name_is(const struct evtx_name *name, const char *ascii);
/* Without the prefix of a namespace. */
struct evtx_name evtx_name_local(struct evtx_name name);
bool evtx_name_is_namespace(const struct evtx_name *name); /* xmlns, xmlns:x */
/* Behind TOKEN_VALUE or TOKEN_CDATA or TOKEN_PI_DATA: the text. */
bool evtx_text_read(struct cursor *c, uint8_t token, str *utf16, const char **why);
/* The character that a predefined entity stands for, or 0. */
uint16_t evtx_entity(const struct evtx_name *name);

struct evtx_definition {
    const char *guid; /* 16 bytes; the first four are the id that instances repeat */
    str data;
};
bool evtx_definition_at(str chunk, size_t at, struct evtx_definition *out);

/* One value of a template instance. */
struct evtx_slot {
    const char *ptr;
    uint16_t size;
    uint8_t type;
};
struct evtx_instance {
    uint32_t id, definition; /* definition: its offset in the chunk */
    uint32_t count;
};
/* Behind TOKEN_INSTANCE; passes the whole instance. */
bool evtx_instance_read(str chunk, struct cursor *c, struct evtx_instance *out, struct evtx_slot *slots, size_t room,
                        const char **why);

/* ---- compiled templates (evtx_template.c) ---- */

/* Where in an event an element stands; what its children are called depends on it. In order of rank: of one name, the
 * first keeps it. */
enum evtx_section { SECTION_SYSTEM, SECTION_EVENT_DATA, SECTION_USER_DATA, SECTION_OTHER, SECTION_EVENT, SECTION_ROOT };

/* The name is that of the element around the fragment: for text at the top of a nested fragment. */
#define EVTX_FIELD_AROUND (FIELD_NONE - 1)

enum evtx_op_kind {
    OP_LITERAL,       /* field = ptr, len, of raw type `slot` */
    OP_SLOT,          /* field = slot; null: the empty text */
    OP_SLOT_OPTIONAL, /* null: nothing */
    OP_TIME,          /* as OP_SLOT_OPTIONAL, and it is the event's time */
    OP_TIME_LITERAL,
    OP_NESTED,            /* only what is nested in slot: nobody wants the field, or it has been seen to */
    OP_UNLESS_NULL,       /* slot is null: passes over the next `len` operations */
    OP_COMPLEX,           /* `slot` pieces of a name, then `len` pieces of text, follow */
    OP_COMPLEX_CONTAINER, /* the same beside child elements: blank text is layout */
    OP_FRAGMENT,          /* a template instance within a plain element: ptr, len */
    PIECE_LITERAL,
    PIECE_SLOT,
    PIECE_SLOT_OPTIONAL
};

struct evtx_op {
    uint8_t kind, section; /* section: of the children of the element, so of what is nested in the slot */
    uint16_t slot;
    field_id field; /* FIELD_NONE: nobody wants it */
    uint32_t len;
    const char *ptr;
};

struct evtx_template {
    struct evtx_template *next; /* of the same bucket */
    const struct evtx_op *ops;
    uint32_t op_count, slots_needed;
    uint32_t id;
    uint8_t sections; /* bits: which sections its fields are of */
    bool odd;         /* a field of System that is not among the known ones: a name may clash with it */
    bool names_right; /* all names bear their hash */
    uint8_t section;  /* it was compiled for */
    uint32_t name_count;
    const struct evtx_reference *names;
    char guid[16];
    str bytes;
};

struct evtx_compiler;

/* sink: for names and wishes. NULL: no memory. */
struct evtx_compiler *evtx_compiler_new(struct event_sink *sink);
void evtx_compiler_free(struct evtx_compiler *k);
/* What follows is another chunk. */
void evtx_compiler_chunk(struct evtx_compiler *k, str chunk);
/* The template defined at `at`, within an element of `section`. It lives until the next chunk. NULL: *why says why. */
const struct evtx_template *evtx_template_at(struct evtx_compiler *k, uint32_t at, uint8_t section, const char **why);
/* The one template of this id that records of this chunk have used, or NULL: none, or several that differ. */
const struct evtx_template *evtx_template_of_id(const struct evtx_compiler *k, uint32_t id, uint8_t section);
/* For salvaged records. *at: where in the chunk the record says that its template of this id is defined; changed when there
 * is none any more, but another place of the chunk has it. root: it is the record's own, not one nested in it. */
bool evtx_template_place(const struct evtx_compiler *k, uint32_t id, bool root, uint32_t *at);
/* The plain element at the cursor (at its TOKEN_OPEN), which is passed. Lives in a. */
const struct evtx_template *evtx_element(struct evtx_compiler *k, struct cursor *c, uint8_t section, struct arena *a,
                                         const char **why);
/* The field of a name known only from a record: `name` of Data in `section`. */
field_id evtx_field_data(struct evtx_compiler *k, uint8_t section, str utf16);
/* The name a field gets when another of a higher section has taken it. */
field_id evtx_field_qualified(struct evtx_compiler *k, uint8_t section, field_id field);
bool evtx_wanted(struct event_sink *sink, field_id field);

/* ---- one record and its values (evtx_record.c) ---- */

/* Raw form of one value that is no array and no binary XML. scratch holds what had to be widened; ansi: memory for text in
 * the Windows-1252 code page as UTF-16, 2 * size bytes, or NULL: such text is left as it is. */
struct evtx_scratch {
    char *widened; /* 8 bytes */
    struct arena *ansi;
};
bool evtx_value_raw(uint8_t type, const char *ptr, size_t size, struct evtx_scratch scratch, struct raw *out);
/* The next item of an array value from *at on; false: none is left. */
bool evtx_array_next(uint8_t type, str bytes, size_t *at, str *item);

struct evtx_decoder;

struct evtx_decoder *evtx_decoder_new(struct event_sink *sink);
void evtx_decoder_free(struct evtx_decoder *d);
void evtx_decoder_chunk(struct evtx_decoder *d, str chunk);
/* Decodes the whole record at `at` of the chunk into *out (number, when, values, size; not offset), valid until the next.
 * salvage: everything that can be checked must be right. *cut: NULL, or what was left out of an otherwise good record.
 * False: *why. */
bool evtx_decode(struct evtx_decoder *d, uint32_t at, uint32_t size, bool salvage, struct record *out, const char **cut,
                 const char **why);

/* What its templates were compiled by. */
const struct evtx_compiler *evtx_decoder_compiler(const struct evtx_decoder *d);

/* ---- one record as a person sees it (evtx_xml.c) ---- */

/* Appends the record of `size` bytes at `at` of the chunk, which the decoder of k has just decoded.
 *
 * ERR_CORRUPT  it cannot be read as XML (offset: within the chunk); out is as it was
 * ERR_LIMIT    it would be longer than anybody can look at
 * ERR_MEMORY   no memory */
bool evtx_xml(const struct evtx_compiler *k, str chunk, size_t at, size_t size, bool salvage, struct buf *out,
              struct err *e);

#endif
