/* suggest_own: what the parts of suggest share. For src/event/suggest*.c only. */
#ifndef EVENT_SUGGEST_OWN_H
#define EVENT_SUGGEST_OWN_H

#include "base/arena.h"
#include "event/suggest.h"

/* Texts by number, each once; numbers are given in order of arrival. */
struct pool {
    struct arena *text;
    str *items;
    uint32_t count, room;
    uint32_t *slots; /* number + 1 */
    uint32_t mask;
    uint64_t seed;
    bool full; /* a text was refused: too many, or no memory left of what the pool may hold */
};
#define POOL_NONE UINT32_MAX

MUST_USE bool pool_open(struct pool *p, size_t bytes_max);
void pool_close(struct pool *p);
bool pool_has(const struct pool *p, str s);
/* The number of s, copied if new. POOL_NONE: full (p->full). */
uint32_t pool_add(struct pool *p, str s);
static inline str pool_text(const struct pool *p, uint32_t id) {
    return p->items[id];
}

/* suggest.c: the sample, and what the draft is put together with. */

#define SYSLOG_KIND S("unix/syslog") /* data/kinds/unix.yml: what is known of any line of syslog: its head */
#define READERS_MAX 32u
struct cell {
    uint32_t name, value;
};

enum { ROW_FIELDS, ROW_LINE };

struct row {
    uint32_t first, count; /* cells */
    uint8_t reader, type;
    bool cut;   /* of the message more is not known */
    bool timed; /* the reader knows when it was */
};

struct known {
    uint32_t kind; /* its name */
    uint32_t records;
};

struct suggest {
    str name;
    const struct kinds *kinds;
    struct pool pool, elsewhere; /* elsewhere: names of fields of records that have a kind */
    struct cell *cells;
    struct row *rows;
    struct known *known;
    uint32_t cell_count, cell_room, row_count, row_room, known_count, known_room;
    uint32_t readers[READERS_MAX], reader_count;
    uint32_t records, headed; /* headed: lines of which a kind knew the head alone */
    bool full;
    /* Of the draft */
    struct buf *out;
    str *names; /* that are given */
    uint32_t name_count, name_room, sorts, left_out;
    struct arena *arena;
    uint32_t *counts; /* by name: of some records, those that have it */
    bool failed;
};

/* Room for one more of an array; NULL: no memory, and the old one stays. */
void *suggest_grown(void *list, uint32_t count, uint32_t *room, size_t size);
/* These four set s->failed when memory is out. */
str suggest_kept(struct suggest *s, str text);
/* A name that nothing has yet: base, with the part behind it if there is one, and a number where that is taken. */
str suggest_name(struct suggest *s, str base, str behind);
/* The log source of a name: its first part, and the rest. */
void suggest_source(struct suggest *s, str name, str *product, str *service);
void suggest_document(struct suggest *s); /* begins one */
bool suggest_is_kind(const struct suggest *s, str name);

/* suggest_sort.c, suggest_program.c: drafts of the rows of their type. False: no memory. */
MUST_USE bool suggest_fields(struct suggest *s);
MUST_USE bool suggest_lines(struct suggest *s);

/* suggest_field.c: what is known of the fields of some records. */

#define STAT_VALUES_MAX 24u

struct field_stat {
    uint32_t name;                            /* in the pool */
    uint32_t records;                         /* that have it */
    uint32_t filled;                          /* in which it is neither null nor empty */
    uint32_t times, numeric_times, addresses; /* of the filled */
    uint32_t values[STAT_VALUES_MAX];         /* the first that were met */
    uint32_t value_count;                     /* at most STAT_VALUES_MAX */
    bool more_values;
    uint32_t last_record;
};

struct stats {
    struct pool *pool;
    struct field_stat *list;
    uint32_t count, room;
    uint32_t *at; /* by number of the name: position + 1 */
    uint32_t at_room;
    uint32_t records;
    bool failed; /* no memory */
};

void stats_free(struct stats *s);
void stats_record(struct stats *s); /* what is added from here on is of one more record */
void stats_add(struct stats *s, uint32_t name, uint32_t value);
const struct field_stat *stats_field(const struct stats *s, str name); /* NULL: no record has it */

/* A condition of a kind. */
struct wanted {
    enum { WANTED_EQUALS, WANTED_PRESENT, WANTED_ABSENT } how;
    str field, value;
};
#define WANTED_MAX 24u

/* What is to be written of one kind beside its fields. */
struct kind_draft {
    str name, reader; /* reader: "" for any */
    str extends;      /* a kind, or "" */
    str product, service;
    const struct wanted *wanted;
    size_t wanted_count;
    const str *times; /* before those that are guessed */
    size_t time_count;
    str apart;                    /* the field whose values tell the sorts apart, or "" */
    bool timed;                   /* the reader knows the time of all records */
    bool by_presence;             /* ask for fields that are always there as well */
    const struct pool *elsewhere; /* fields rather not to ask for: records of other kinds have them, too; NULL: none */
};
/* False: no field is always there that can be asked for, and nothing was written. */
bool kind_write(struct buf *out, const struct kind_draft *k, const struct stats *s);

/* May the field be written into a kind file as it is called? */
bool field_nameable(str name);
/* Does a field or a word of this name hold what nobody should read in a draft? */
bool name_is_secret(str name);
/* Does the text read as a time? *numeric: only as a number of seconds, or of parts of them. */
bool time_like(str text, bool *numeric);

/* suggest_yaml.c: text that stays what it is between other YAML. */

void yaml_put(struct buf *b, str text);                      /* a scalar, plain where that means the same */
void yaml_quote(struct buf *b, str text);                    /* a scalar, quoted */
void comment_put(struct buf *b, str text, size_t bytes_max); /* cut, on one line, nothing that a terminal obeys */
/* A part of a kind's name: letters, digits and - _ . of the text; never empty. */
void name_part(struct buf *b, str text);

/* suggest_line.c: templates out of messages. */

struct mined {
    str text;       /* of the template */
    str outcome;    /* what its words say came of it: "success", "failure", "" */
    uint32_t lines; /* it was made of */
};
struct mining {
    struct arena *arena; /* what mined points to */
    struct mined *list;  /* as they are to be tried */
    size_t count;
    bool dated, joins_day, joins_zone; /* there are fields time; day and clock; day, clock and zone */
};
/* messages: trimmed, not empty; cut[i]: more of it is not known. open: the templates will be tried on the lines of any log,
 * so that they must say something. False: no memory. */
MUST_USE bool lines_mine(const str *messages, const bool *cut, size_t count, bool open, struct mining *out);
void mining_free(struct mining *m);

#endif
