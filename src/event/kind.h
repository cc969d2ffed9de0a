/* kind: what sort of event a record is, and what follows from that: log sources, time, roles, field names.
 *
 * Kinds are data (data/kinds; written out in docs/kinds.md), loaded once a run and never changed after.
 * A shape undoes how a collector wrapped a record (Winlogbeat, NXLog, converters), so that one kind serves all
 * of them; a kind says what the unwrapped record is. */
#ifndef EVENT_KIND_H
#define EVENT_KIND_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/act.h"
#include "event/field.h"
#include "event/phone.h"
#include "event/record.h"
#include "event/table.h"

/* What a field means to an investigator whatever its name. */
enum role {
    ROLE_HOST,
    ROLE_ACCOUNT,
    ROLE_TARGET_ACCOUNT,
    ROLE_CLIENT_ADDRESS,
    ROLE_SERVER_ADDRESS,
    ROLE_CLIENT_PROGRAM,
    ROLE_OBJECT,
    ROLE_OUTCOME,
    ROLE_SESSION,
    ROLE_TENANT,
    ROLES
};
str role_name(enum role role); /* "host", "account", "target_account", ... */

/* How values are made out of a record's values. Without transform: the field's own values. */
enum derive {
    DERIVE_COPY,
    DERIVE_JOIN,          /* a template of fields: '{SubjectDomainName}\{SubjectUserName}'; nothing unless all are
                           * present, and none is "" or "-" */
    DERIVE_MAP,           /* a table of values, compared without case; a value not in it yields nothing */
    DERIVE_DECIMAL,       /* 0x1a4 -> 420; what is no number yields nothing */
    DERIVE_HEX,           /* 420 -> 0x1a4, 0x00001A4 -> 0x1a4; what is no number yields nothing */
    DERIVE_DOS_PATH,      /* \device\harddiskvolume3\windows -> C:\windows; anything else stays */
    DERIVE_REGISTRY_PATH, /* one input or two (key, value name): \REGISTRY\MACHINE -> HKLM, ... (kind_derive.c) */
    DERIVE_REGISTRY_DATA, /* value and its type -> Sysmon's form: DWORD (0x00000001) */
    DERIVE_ADDRESS,       /* 10.1.2.3:52378, [2001:db8::1]:443 -> the address alone; what is none yields nothing */
    DERIVE_LOWER,         /* ASCII capitals become small: Jo@Example.org -> jo@example.org */
    DERIVE_CONSTANT,      /* the text, where there is a value, and it is neither "" nor "-" */
    DERIVE_LABELLED, /* the part of 'SHA1=..,MD5=..' behind `label`=; out of its quotes, in which a comma may stand;
                           * a part that is null yields nothing */
    DERIVE_SPLIT,    /* pieces between ';', trimmed; each also without what ends in the label, when one is given
                           * and only letters stand before it (file:_, containerfile:_) */
    DERIVE_BETWEEN, /* what stands behind the first `label` and in front of the next `constant`, trimmed; of <Command>x</Command>
                         * x. Nothing without label; all the rest without `constant`, or where that is "" */
    DERIVE_AFTER, /* the value that follows the text in a list of values: [Name, x, To] -> x. Of one value nothing: views
                      * look at the list (detection/view.c) */
    DERIVE_UNPLUS,        /* a+b -> a b: IIS writes blanks so */
    DERIVE_E164,          /* (030) 1234567 -> +49301234567, by kinds_country; anything else stays (event/phone.h) */
    DERIVE_IPV4_SIGNED,   /* 16777343 -> 127.0.0.1: a signed 32-bit number, the first byte lowest (Cisco); 0 and what is
                           * none yields nothing */
    DERIVE_URL_HOST,      /* http://a:80/b.c?d, a:80 -> a; of /b.c?d nothing */
    DERIVE_URL_PATH,      /* -> /b.c */
    DERIVE_URL_QUERY,     /* -> d */
    DERIVE_URL_EXTENSION, /* -> c */
    DERIVE_REQUEST_METHOD, /* GET /b.c?d HTTP/1.1 -> GET */
    DERIVE_REQUEST_TARGET, /* -> /b.c?d */
    DERIVE_REQUEST_PATH,   /* -> /b.c */
    DERIVE_REQUEST_QUERY,  /* -> d */
    DERIVE_HTTP_OUTCOME,   /* 200 -> success, 404, 503 -> failure; 1xx, 3xx and what is no status yield nothing */
};
#define DERIVE_INPUTS_MAX 4
#define DERIVE_VALUES_MAX 64

struct kind_condition {
    field_id field;
    enum { WHEN_EQUALS, WHEN_STARTS, WHEN_CONTAINS, WHEN_PRESENT, WHEN_ABSENT } how;
    const str *values; /* EQUALS, STARTS, CONTAINS: any of these, without regard to ASCII case */
    size_t value_count;
    str path; /* where it is written: a kind has conditions of those it extends as well */
    uint32_t line;
};

struct kind_source {
    enum derive how;
    field_id inputs[DERIVE_INPUTS_MAX];
    size_t input_count;
    str text;     /* JOIN: the template with \1..\4 for the inputs (bytes 1 to 4); LABELLED, SPLIT, BETWEEN: the label;
                       * CONSTANT, AFTER: the text */
    str constant; /* LABELLED: "", or what is given instead of the part that is there; BETWEEN: "", or the end */
    const str *map;                          /* MAP: pairs, from and to */
    size_t map_count;                        /* pairs */
    const struct phone_country *const *home; /* E164: where numbers were written; NULL in it: not known */
    const struct kind_condition *only_if;    /* NULL, or this must hold for the record */
    bool unless;                             /* it must not */
};

/* A field under the name that rules of one log source use, and where its values come from: all sources offer theirs. */
struct kind_alias {
    field_id field;
    const struct kind_source *sources;
    size_t source_count;
};

/* A field that may be the event's time. */
struct kind_time {
    field_id field;
    bool
        unix_seconds; /* it is Unix seconds, perhaps behind a name and a hyphen (`pbx-`), and what stands behind a point is no
                * fraction of them; 0 is none */
    bool utc;         /* it is UTC, though it may not say so: so says whoever makes the format */
    uint8_t clock; /* 0, or a number of kinds_clock_field. Set by kinds_seal */
};

struct kind_logsource {
    str category, product, service;   /* lower case; an empty one is not set */
    const struct kind_alias *aliases; /* beyond the record's own fields; an alias hides a field of its name */
    size_t alias_count;
};

/* Which events of a kind are which act, and where what is told of it comes from. */
struct kind_act {
    enum act act;                      /* ACT_NONE: none, whatever those behind it say */
    const struct kind_condition *when; /* all must hold */
    size_t when_count;
    const struct kind_source
        *texts[ACT_TEXTS]; /* the first source that yields a value; NULL: as the role of that name, or nothing */
    size_t text_counts[ACT_TEXTS];    /* 0 with texts: nothing */
    const struct kind_source *amount; /* whole numbers; all values that all sources yield are added up */
    size_t amount_count;
    const struct kind_source *items;
    size_t item_count;
    bool items_are_values; /* not the numbers, but how many values there are */
};
/* The role that an act's text comes from where the kind says nothing; ROLES: none. */
enum role act_text_role(enum act_text t);

struct kind {
    str name; /* "windows/sysmon/1" */
    str title;
    str path; /* of the kind file, and line: for messages */
    uint32_t line;
    str reader;                        /* "" = any */
    const struct kind_condition *when; /* all must hold */
    size_t when_count;
    field_id each; /* FIELD_NONE, or: the value of this field is put behind the name ("windows/security" + "/4625") */
    struct kind_time
        *times; /* the first that is present and readable is the event's time, unless the reader knows it */
    size_t time_count;
    /* FIELD_NONE, or a field of records of this kind whose time is surely UTC, whatever the record says elsewhere: what
     * other times of the record are compared with (hunt/clock.h). */
    field_id witness;
    bool clocked; /* some time of it has a clock. Set by kinds_seal */
    /* What identifies an event of this kind, all of them together, however often it is exported: two records with equal
     * values are one event twice, a record that lacks one of them cannot be told. Events of one record (shape `each_of`)
     * share these, and differ in row.element. None: the kind has no such thing. */
    const field_id *keys;
    size_t key_count;
    /* Fields of events of this kind that something else than rules needs: they are kept whole, and such events are handed on
     * beside what rules find (ingest_options.collect). None: the kind has no such thing. */
    const field_id *collects;
    size_t collect_count;
    const struct kind_act *acts; /* the first whose conditions hold is what the event is */
    size_t act_count;
    const struct kind_logsource *logsources;
    size_t logsource_count;
    const struct kind_source *roles[ROLES]; /* the first source that yields a value */
    size_t role_counts[ROLES];
    bool builtin;
    const struct kind
        *hidden_by; /* of a built-in kind: NULL, or a user's kind that comes first and takes all records */
};

/* A list of {name, value} objects, which a reader of JSON gives as fields list.name and list.value, many times. */
struct shape_pair {
    field_id list;        /* Event.EventData.Data, Parameters */
    field_id name, value; /* Event.EventData.Data.@Name, ...Data.#text */
    bool keep;            /* the names and the serialised list stay as well */
};

#define SHAPE_PAIRS_MAX 8

/* Renames fields of wrapped records. Tried in order; the first that matches (shape_matches). */
struct shape {
    str name;
    str path;
    uint32_t line;
    str reader;           /* "" = any */
    const field_id *when; /* all present */
    size_t when_count;
    const field_id *unless; /* none present */
    size_t unless_count;
    const struct shape_pair *pairs; /* at most SHAPE_PAIRS_MAX */
    size_t pair_count;
    const str *omit; /* taken out of names, wherever they are, before all else: ".#attributes" */
    size_t omit_count;
    const str *strip; /* prefixes taken off field names, the first that fits: "Event.EventData.",
                           * "Event.UserData.*." (* is one part), "Event.UserData.**." (** is as many as there are) */
    size_t strip_count;
    const field_id *from, *to; /* renames, exact or of a beginning ("parameters."); they win over prefixes */
    size_t rename_count;
    bool unspace;   /* blanks are taken out of names: "Threat Name" */
    bool lines;     /* `message` is a line of text, of `program` if that is there: formats tell what it says */
    bool keep;      /* what is renamed keeps its own name as well (raw.inner) */
    bool has_words; /* a list of words has a field for each, words_numbered and a number, and one for all of them */
    field_id words, words_joined;
    str words_numbered;
    bool bytes;   /* numbers below 256 are bytes of a text: [104,105] is "hi" */
    field_id xml; /* FIELD_NONE, or a text that is XML: its elements and attributes are fields */
    /* FIELD_NONE, or a list each element of which is an event, with all that stands beside the list */
    field_id each_of;
    bool builtin;
};

/* A log source that no kind gives events of, and why: for reports. */
struct kind_without {
    str category, product, service; /* lower case; an empty one is any */
    str why;
};

struct kinds;
struct formats; /* event/format.h: what lines of text say */

/* Empty, in terms of fields (which must outlive it). */
MUST_USE bool kinds_new(struct kinds **out, struct fields *fields, struct err *e);
void kinds_free(struct kinds *k);
/* One kind file's text; several documents. ERR_USAGE begins with "path:line: ". builtin: shipped with the program;
 * a user's kind of the same name replaces a built-in one, two of a user's clash. */
MUST_USE bool kinds_load_text(struct kinds *k, str path, str yaml, bool builtin, struct err *e);
/* Every .yml and .yaml file of a directory, sorted by name. */
MUST_USE bool kinds_load_dir(struct kinds *k, const char *path, bool builtin, struct err *e);
/* The kinds compiled into the program (data/kinds at build time). */
MUST_USE bool kinds_load_builtin(struct kinds *k, struct err *e);
/* The country that telephone numbers without calling code are of, NULL: not known. At any time before rows are looked at. */
void kinds_country(struct kinds *k, const struct phone_country *home);
const struct phone_country *kinds_home(const struct kinds *k); /* what kinds_country said, or NULL */
/* The text of a value of a time field as base/instant.h reads it. */
str kind_time_text(const struct kind_time *t, str value);
/* Checks what can only be checked together, and sorts; after this nothing changes. ERR_USAGE: a kind extends what is not
 * there; conditions that contradict each other; a kind or shape all of whose records another takes first (a user's may
 * take those of a built-in one). */
MUST_USE bool kinds_seal(struct kinds *k, struct err *e);

/* Most particular first: more conditions on values, then more on presence alone, then a user's before built-in ones,
 * then by name. (Presence counts less: windows/other asks for two fields, windows/security for one value.) Shapes: a
 * user's before built-in ones, then more `when` and `unless` fields, then by name. */
size_t kinds_count(const struct kinds *k);
/* Stands for every kind file that was loaded, in order (a built-in one by its trees, which hold line numbers: a comment on a line of
 * its own counts as well): what was worked out of records by kinds of the same number is the same still. */
uint64_t kinds_fingerprint(const struct kinds *k);
const struct kind *kinds_at(const struct kinds *k, size_t i);
/* Fields of times that kinds with a witness have, by number from 1: whatever else kinds of that family (their names are equal
 * up to the first slash) read from such a field stands by the same clock. FIELD_NONE: no such number. */
field_id kinds_clock_field(const struct kinds *k, unsigned clock);
size_t shapes_count(const struct kinds *k);
const struct shape *shapes_at(const struct kinds *k, size_t i);
const struct formats *kinds_formats(const struct kinds *k);
struct fields *kinds_fields(const struct kinds *k);
size_t kinds_without_count(const struct kinds *k);
const struct kind_without *kinds_without_at(const struct kinds *k, size_t i);
/* Delimited text without header line: a user's tables before built-in ones, then more tested columns, then by name. */
size_t tables_count(const struct kinds *k);
const struct table_format *tables_at(const struct kinds *k, size_t i);
/* The name a field has under the shape: renamed, stripped, or itself. Makes new names in the catalogue. */
field_id shape_field(const struct shape *s, struct fields *fields, field_id field);
/* The same of a name, and makes none: FIELD_NONE, where it is a name that nobody has named yet. */
field_id shape_field_found(const struct shape *s, const struct fields *fields, str name);
/* Which of two fields of one record wins when shape_field gives them one name: the lower rank (System before EventData
 * before UserData, sigma-logsources 4.5). Equal ranks: both, as several values. */
unsigned shape_rank(const struct shape *s, const struct fields *fields, field_id field);
/* Is the record, read by the named reader, wrapped so? Looks at presence only, inner values apart.
 * Slow; callers remember. */
bool shape_matches(const struct shape *s, str reader, const struct record *r);
/* Undoes lists of pairs, in place and before shape_field: list.name = N, list.value = V become list.N = V (a name
 * without value: the empty text; a value without name: a value of the list itself). Needs doing only when
 * s->pair_count > 0. */
void shape_pairs(const struct shape *s, struct fields *fields, struct record *r);

/* Is the field (before shape_field, after shape_pairs) the shape's each_of list, or in it? */
bool shape_each_holds(const struct shape *s, const struct fields *fields, field_id field);
/* Undoes texts written as lists of bytes, in place: values of one field that stand together and are all numbers below 256
 * become one. The texts live in room until the next call. False: no memory. Needs doing only when s->bytes. */
bool shape_bytes(struct record *r, struct buf *room);

/* Gives each word of the shape's list a name of its own (list: sh, -c; numbered a: a0=sh, a1=-c; beyond SHAPE_WORDS_MAX they
 * keep the list's), and adds all of them with blanks between, if the record has room (RECORD_VALUES_MAX in values). The text
 * lives in room until the next call. False: no memory, or too many names. Needs doing only when s->has_words. */
#define SHAPE_WORDS_MAX 256u
bool shape_words(const struct shape *s, struct fields *fields, struct record *r, struct buf *room);

/* Adds what the shape's text of XML says, as far as it is XML and the record has room (*cut: it had not): each attribute
 * `text.Element.Inner.Attribute`, the text of each element that has some `text.Element.Inner`, and of `<Data Name="X">`, as events of
 * Windows have it, `text.Element.X`, even if empty. Prefixes of names and `xmlns` are left out. The texts live in room until the next
 * call. False: no memory. Needs doing only when s->xml is set. */
bool shape_xml(const struct shape *s, struct fields *fields, struct record *r, struct buf *room, bool *cut);

/* Does the record (after its shape) satisfy all conditions of the kind? Inner values do not count: an object is not a
 * value of its name. Slow; callers remember. room: where values are rendered; when it failed, memory ran out, and the
 * answer says nothing. */
bool kind_matches(const struct kind *k, const struct record *r, struct buf *room);
/* As kind_matches for one condition on the text of the field's values (NULL and 0: absent). */
bool kind_condition_holds(const struct kind_condition *c, const str *values, size_t count);

/* Can an event of the kind have the field by itself, aliases apart? False only of kinds of lines of text that name their
 * formats (`when: {format: ...}`), none of which gives it. */
bool kind_may_have(const struct kinds *kinds, const struct fields *fields, const struct kind *kind, field_id field);

/* What formats of lines of text give beside parts of the line: each text that they have themselves, and its field (also `.`, the root of DNS); and for
 * each field that they put together of others, joined, each text that they put in between: "" where there is none, or where one of the others is a text of
 * theirs. False as soon as each says so. */
MUST_USE bool kinds_spoken(const struct kinds *kinds, bool (*each)(void *ctx, field_id field, str text, bool joined),
                           void *ctx);

/* The values a source makes of its inputs. inputs[i]: one text value of source->inputs[i], present[i]: whether there
 * is one. Returns the count written to out (at most DERIVE_VALUES_MAX); text lives in a or in the inputs.
 * SIZE_MAX: a is full. Does not look at only_if. */
size_t kind_derive(const struct kind_source *source, const str *inputs, const bool *present, struct arena *a,
                   str out[DERIVE_VALUES_MAX]);

#endif
