/* block: events of one kind, column by column. Every column is a dictionary of values and a vector of codes.
 *
 * The dictionary outlives the rows: rows come and go (a block is filled, looked at, emptied), while values stay
 * until `dictionary_reset`. What has been learned of a value once (detection keeps it beside, by code) holds for every
 * later row. A column whose values turn out to be nearly all different stops looking them up: every cell gets a
 * new code ("plain"), and nothing else changes. */
#ifndef EVENT_BLOCK_H
#define EVENT_BLOCK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/field.h"
#include "event/record.h"

enum value_type { VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL, VALUE_NULL, VALUE_LIST };

/* One value as rules see it. */
struct value {
    const char *ptr;  /* text, well-formed UTF-8; LIST: const uint32_t codes of the items */
    uint32_t len;     /* bytes; LIST: items */
    uint8_t type;     /* enum value_type */
    uint8_t raw_type; /* enum raw_type it came as */
    bool inner;       /* keyword rules pass it over (event/record.h) */
    bool ascii;       /* every byte below 0x80 */
};
static inline str value_text(const struct value *v) {
    return (str){v->ptr, v->len};
}
static inline const uint32_t *value_items(const struct value *v) {
    return (const uint32_t *)(const void *)v->ptr;
}

/* Code 0: absent. Code c > 0: values[c - 1]. */
struct dictionary_slot {
    uint32_t code, hash; /* code 0: empty */
};
struct dictionary {
    struct value *values;
    uint32_t count, room;
    struct dictionary_slot *slots; /* open addressing; NULL while plain */
    uint32_t slot_mask, slots_used;
    bool plain;
    uint32_t looked_up, found; /* of the lookups since the last reset: what decides about plain */
    struct arena *text;
    uint64_t seed;
};

#define CODE_ABSENT 0u
#define DICTIONARY_VALUES_MAX (1u << 22)

MUST_USE bool dictionary_init(struct dictionary *d, uint64_t seed);
void dictionary_free(struct dictionary *d);
/* Forgets all values: codes given before mean nothing any more. */
void dictionary_reset(struct dictionary *d);
/* Bytes held. */
size_t dictionary_bytes(const struct dictionary *d);
static inline const struct value *dictionary_value(const struct dictionary *d, uint32_t code) {
    return &d->values[code - 1];
}
/* The code of a raw value; *repaired counts replaced bytes. CODE_ABSENT: no memory. */
uint32_t dictionary_code(struct dictionary *d, uint8_t raw_type, bool inner, str bytes, size_t *repaired);
/* The code of a list of codes. CODE_ABSENT: no memory. */
uint32_t dictionary_list(struct dictionary *d, const uint32_t *items, uint32_t count);

#define COLUMN_LAST_MAX 160u

struct column {
    field_id field;
    uint32_t *codes; /* one a row, CODE_ABSENT where the record has no such field */
    struct dictionary dict;
    /* The last raw value, if short, and its code: logs repeat themselves from one record to the next. A copy, because
     * the reader's memory is its own again when the record has been taken. */
    char last[COLUMN_LAST_MAX];
    uint32_t last_len, last_code;
    uint8_t last_type;
    bool last_inner;
    uint32_t last_row; /* + 1; the row that set codes[] last: a second value of one row makes a list */
};

/* Where a row came from. */
struct row {
    int64_t when; /* INSTANT_NONE: no usable time */
    uint64_t number, offset;
    uint32_t part; /* whose meaning the owner of the block knows: which part of which source */
    uint32_t size; /* bytes of the record in the source */
    /* Of the time: where its text lies (ingest_time_text), and how well it is known. */
    uint32_t time_at;
    uint8_t time_len;
    uint8_t zone : 2;      /* enum zone */
    uint8_t precision : 4; /* 0 to 9, PRECISION_MINUTE, PRECISION_DAY */
    bool salvaged : 1;
    bool clean : 1; /* no value of it is known to anybody's intelligence (ingest_options.clean) */
    /* Clocks (kinds_clock_field), 0: none. By which the time was written; and, of a record that says its time twice, by which
     * it is claim_s seconds earlier than its witness says. */
    uint8_t time_clock, claim_clock;
    uint16_t element; /* 1, 2, ..: of the events that one record holds (shape each_of); 0: the record is the event */
    int32_t claim_s;
    /* Which ROWS_STRETCH rows of its part it is among, from 0 on (and again from 0 on after 65536 of them): rows are parted so whenever blocks are
     * emptied. */
    uint16_t stretch;
    uint32_t origin; /* ingest_origin */
};
#define ROWS_STRETCH 65536u

/* Where values of a field go. Small: every block has one for every field that anybody has named. */
struct place {
    uint16_t
        column; /* into columns; COLUMN_UNMET: nobody has been asked about the field; COLUMN_NONE: no value was kept yet */
    uint16_t unwanted; /* bit n: values of raw type n are nobody's wish and are left out */
    uint16_t sifted;   /* bit n: each value of raw type n is looked at before it is kept */
};
#define COLUMN_NONE UINT16_MAX
#define COLUMN_UNMET (UINT16_MAX - 1)
#define BLOCK_COLUMNS_MAX (UINT16_MAX - 2) /* ingest empties a block long before */
_Static_assert(RAW_TYPES <= 16, "a bit for each raw type");

struct kind;

struct block {
    const struct kind *kind;
    uint32_t kind_index; /* of the kind among all; KIND_UNCLAIMED: of records that no kind claims */
    str name;            /* of the kind, with what `each` puts behind it; of a mixed block without */
    bool mixed;          /* rows of several values of `each`: block_row_name */
    uint32_t index;      /* of the block in its ingest */
    struct row *rows;
    uint32_t row_count, row_room;
    struct column **columns;
    uint32_t column_count, column_room;
    struct place *places; /* by field_id */
    uint32_t place_room;
    uint64_t rows_ever;
    uint32_t generation; /* counts resets */
};

#define KIND_UNCLAIMED UINT32_MAX

/* The column of field, or NULL when no record had it yet. */
static inline const struct column *block_column(const struct block *b, field_id field) {
    return field < b->place_room && b->places[field].column < b->column_count ? b->columns[b->places[field].column]
                                                                              : NULL;
}

MUST_USE bool block_new(struct block **out, const struct kind *kind, str name, struct err *e);
void block_free(struct block *b);
/* The column of field, made when new. NULL: no memory. */
struct column *block_column_make(struct block *b, field_id field, uint64_t seed);
/* Notes of which raw types (a bit each) nobody wants values of this field of this kind, and which are to be sifted. */
MUST_USE bool block_place(struct block *b, field_id field, uint16_t unwanted, uint16_t sifted);
#define BLOCK_ROWS_FIRST 64u
/* Room for one more row in rows and in every column: for so many at first. */
MUST_USE bool block_row_room(struct block *b);
/* Adds a cell to the row being built (row_count); several values of one field become a list. */
MUST_USE bool block_cell(struct block *b, struct column *c, const struct raw *v, size_t *repaired);
/* The name of a row's kind, with what `each` puts behind it. room: where it is put together, if need be. */
str block_row_name(const struct block *b, uint32_t row, struct buf *room);
/* Adds what `each` puts behind a kind's name, unless it would make a bad name. */
#define EACH_BYTES_MAX 128u /* Windows' longest channel names have some ninety */
void block_name_each(struct buf *name, str each);
/* Empties the rows; values stay. */
void block_clear(struct block *b);
/* Empties the rows, and forgets columns with their values and what is wanted of fields. */
void block_reset(struct block *b);
/* Bytes held, by rows and columns too. */
size_t block_bytes(const struct block *b);
/* Bytes of a row and its cells, whatever is in them. */
static inline size_t block_row_bytes(const struct block *b) {
    return sizeof *b->rows + b->column_count * sizeof(uint32_t);
}

#endif
