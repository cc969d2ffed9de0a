/* format: what a line of text says, by templates out of kind files (docs/kinds.md, "Lines of text").
 *
 * A format is a list of templates such as 'Failed password for {user*} from {src_ip:address} port {src_port:int} ssh2'.
 * The first template that fits a line whole gives its fields. A format may name the programs whose lines it knows
 * (the tag of a syslog line); others are tried on every line. The order is fixed: it does not depend on lines before. */
#ifndef EVENT_FORMAT_H
#define EVENT_FORMAT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/field.h"
#include "event/record.h"

/* What a field of a template takes. */
enum piece_type {
    PIECE_TEXT,    /* these bytes */
    PIECE_OPEN,    /* [[ : what stands up to its ]] may be missing */
    PIECE_CLOSE,   /* ]] */
    PIECE_ANY,     /* the shortest text (longest: the longest) with which the rest fits; not empty, unless said so */
    PIECE_WORD,    /* the same without blanks */
    PIECE_INT,     /* digits, perhaps after a minus */
    PIECE_NUMBER,  /* the same with one point */
    PIECE_ADDRESS, /* an IPv4 or IPv6 address, perhaps in brackets, which are left out */
    PIECE_TIME, /* the longest text that is a date with a time of day (base/instant.h), or Unix time; zones by name but
                    * UTC and GMT are no part of it */
    PIECE_LABELS, /* (3)www(7)example(3)com(0), Windows' form of a name of DNS, perhaps behind blanks: www.example.com */
    PIECE_QUOTED, /* up to the first byte of what follows that no backslash stands before, or a later one if the rest does not
                   * fit there (not everybody escapes quotes); may be empty; \" and \\ are undone */
    PIECE_REQUEST, /* a request of HTTP, quoted: method, target (stem, query), version (RFC 9112 3) */
    PIECE_PAIRS,   /* key=value, key="quoted value", bare words are passed over */
    PIECE_LOOSE, /* key=value where values may have blanks: up to the next blank-key= (CEF's extension); with `between` a
                    * comma: Key: value, Other key: value */
    PIECE_CSV    /* values between commas, for the columns the template names */
};

struct piece {
    uint8_t type; /* enum piece_type */
    bool longest, may_be_empty, dash_is_none;
    bool strict; /* PAIRS: only a text that begins with a pair, and has another: or every line were pairs */
    char between,
        equals;          /* PAIRS: what ends a pair (0: the text says it, see decode_pairs); what stands behind a key */
    uint16_t next;       /* OPEN: the piece behind its CLOSE */
    field_id field;      /* FIELD_NONE: its value is nobody's */
    uint8_t rare;        /* TEXT: which of its bytes is rarest in logs */
    uint8_t class;       /* of which bytes the field is; 0: of any */
    bool one_end;        /* a text follows, and where the field ends does not depend on what stands behind that */
    uint64_t lead, mask; /* TEXT: its first bytes, up to eight */
    str text;            /* TEXT; PAIRS, LOOSE: in front of keys */
};

enum request_field {
    REQUEST_WHOLE,
    REQUEST_METHOD,
    REQUEST_URI,
    REQUEST_HOST, /* of a target that is a whole URL */
    REQUEST_STEM,
    REQUEST_QUERY,
    REQUEST_VERSION,
    REQUEST_FIELDS
};

struct constant {
    field_id field;
    str value;
};

struct template {
    const struct piece *pieces;
    uint16_t piece_count;
    uint32_t literal;        /* bytes of text outside [[ ]] */
    uint8_t first[256 / 8];  /* with which bytes a line may begin */
    const field_id *columns; /* CSV; FIELD_NONE: passed over */
    size_t column_count;
    field_id request[REQUEST_FIELDS]; /* REQUEST */
    const struct constant *set;
    size_t set_count;
    uint32_t line; /* of the kind file */
};

struct format {
    str name, title;
    str path;
    uint32_t line;
    const str *programs; /* lower case; none: all lines */
    size_t program_count;
    const struct template *templates;
    size_t template_count;
    const struct constant *set; /* of every line of these programs, whether a template fits or not */
    size_t set_count;
    const struct joined *joins;
    size_t join_count;
    bool builtin;
};

/* A field put together from others: 'x {A} {B}'; nothing unless all are there. */
#define JOIN_PARTS_MAX 8
struct joined {
    field_id field;
    struct {
        str text;       /* in front of */
        field_id field; /* FIELD_NONE: nothing, the end */
    } parts[JOIN_PARTS_MAX];
    size_t part_count;
};

/* Compiles the text of a template. False: why says what is wrong with it, or is NULL: no memory. */
MUST_USE bool template_compile(str text, struct arena *a, struct fields *fields, struct template *out,
                               const char **why);
/* 'a {X} b {Y}'. As above. */
MUST_USE bool joined_compile(str text, struct arena *a, struct fields *fields, struct joined *out, const char **why);

/* The formats of a program, as found before. */
#define PROGRAM_MAX 64u
struct told_program {
    size_t len;
    char name[PROGRAM_MAX];
    const struct gated *own;
    size_t count;
};

/* A name of a pair, with what a template puts in front of it, as interned before. */
#define TOLD_KEYS 128u
#define TOLD_KEY_MAX 48u
struct told_key {
    uint32_t len; /* 0: none */
    field_id field;
    char name[TOLD_KEY_MAX];
};

/* What came out of a line. The caller owns it, and frees it with told_free; zeroed before the first use, and used with the
 * same formats always. */
#define TOLD_PROGRAMS 32u
struct told {
    const struct format *format; /* NULL: none */
    const struct template *template;
    struct raw *values; /* views into the line, into room, or constants */
    uint32_t count;
    uint32_t constant_from, constant_to; /* of the values: what a template or its format adds by itself */
    bool
        cut; /* some were left out: there were more than RECORD_VALUES_MAX, or names than FIELDS_MAX, or joins too long */
    struct buf room;
    struct told_program programs[TOLD_PROGRAMS];
    uint64_t *maybe; /* a set of templates */
    char time[64];   /* the text that was last looked at as a time, if it is short, and whether it is one */
    size_t time_len;
    bool time_fits;
    struct told_key *keys; /* of pairs, in the order in which they came last */
    uint32_t key_count;    /* of this line so far */
};
void told_free(struct told *t);

struct formats; /* all of them, ordered for use; formats_new keeps the list's order for those of equal rank */

/* list: sorted here. They must outlive it. NULL: no memory. */
struct formats *formats_new(const struct format **list, size_t count);
void formats_free(struct formats *f);
/* Applies the formats to a line of this program ("" when nothing is known of it). False: no memory. */
MUST_USE bool formats_tell(const struct formats *f, struct fields *fields, str program, str line, struct told *out,
                           struct err *e);
/* Does any template fit the line, whatever program wrote it? For telling what a file is. False also without memory. */
bool formats_fit(const struct formats *f, struct fields *fields, str line, struct told *room);
size_t formats_count(const struct formats *f);
const struct format *formats_at(const struct formats *f, size_t i);

#endif
