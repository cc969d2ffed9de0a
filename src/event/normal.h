/* normal: an event in its normal form: the same few things of every log, whatever its format, and all its fields beside. */
#ifndef EVENT_NORMAL_H
#define EVENT_NORMAL_H

#include "event/kind.h"

str zone_name(enum zone zone); /* "given", "assumed", "corrected", "unsure" */

/* "d", "m", "s", or the digits of the fraction: "3". */
str precision_name(unsigned precision);

struct normal_value {
    str text;
    bool null;
};

struct normal_field {
    str name;
    const struct normal_value *values;
    size_t count; /* 1, unless it is a list */
    bool list;
};

/* Which act the event is by its kind, and what is told of it. */
struct normal_act {
    enum act act; /* ACT_NONE: none, or nobody asked */
    uint64_t amount;
    uint32_t items;
    str text[ACT_TEXTS]; /* "" when there is none */
};

/* Views live until the callback that hands it over returns. */
struct normal_event {
    int64_t when;   /* ns UTC; INSTANT_NONE */
    str time_text;  /* what the time was read from, or could not be; "" when there is nothing */
    enum zone zone; /* both: of `when`, where there is one */
    uint8_t precision;
    uint64_t clock; /* which clock of its source `when` was written by (hunt/clock.h); 0: none that may be wrong */
    str kind;       /* "" when no kind claims the record */
    str reader;
    str evidence_path;
    const char *evidence_sha256; /* lower-case hexadecimal; "" */
    uint64_t record, offset;
    bool salvaged;    /* found where the format says nothing lives */
    str roles[ROLES]; /* "" when there is none */
    struct normal_act act;
    const struct normal_field *fields; /* by name */
    size_t field_count;
};

#endif
