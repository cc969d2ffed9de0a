/* record: one event as a reader hands it over: names and raw values, views into the reader's own memory.
 *
 * A reader fills one struct record again and again and gives it to a sink; what is in it need only live until
 * the sink returns. A reader knows nothing of kinds, rules or columns. */
#ifndef EVENT_RECORD_H
#define EVENT_RECORD_H

#include "base/err.h"
#include "base/instant.h"
#include "event/field.h"

/* How the bytes of a raw value are to be read. Whatever it is, a value becomes text in the block (UTF-8, always
 * well-formed): the text a person and a rule see. Binary types are kept binary until then, because equal values
 * repeat and only a new one needs to be rendered. */
enum raw_type {
    RAW_NULL,       /* present, null; no bytes */
    RAW_TEXT,       /* UTF-8; what is not well-formed is repaired (U+FFFD a byte) and counted */
    RAW_NUMBER,     /* a JSON number as written */
    RAW_BOOL,       /* text "true" or "false" */
    RAW_UTF16,      /* UTF-16LE; one NUL unit at the end is cut */
    RAW_I64,        /* 8 bytes little-endian, signed: any signed integer, widened */
    RAW_U64,        /* 8 bytes little-endian: any unsigned integer, widened */
    RAW_F64,        /* 8 bytes, IEEE 754: rendered as decimal digits that read back as the same number */
    RAW_WIN_BOOL,   /* 1 byte: rendered "true" / "false" */
    RAW_GUID,       /* 16 bytes, Microsoft's mixed order: rendered {XXXXXXXX-...} in capitals */
    RAW_FILETIME,   /* 8 bytes: rendered RFC 3339 with seven decimals and Z; what is no instant (0, beyond 2262) as a
                    * hexadecimal number */
    RAW_SYSTEMTIME, /* 16 bytes: rendered RFC 3339 with three decimals and Z, unchecked */
    RAW_SID,        /* [MS-DTYP] 2.4.2: rendered S-1-5-... */
    RAW_HEX32,      /* 4 bytes: rendered 0x3e7, lower case, no padding */
    RAW_HEX64,      /* 8 bytes: the same */
    RAW_BINARY,     /* any bytes: rendered as hexadecimal capitals without prefix */
    RAW_TYPES
};
#define RAW_ANY (((uint32_t)1 << RAW_TYPES) - 1) /* a bit for each type */

/* Whoever keeps records asks for all that can be asked for, and hands over again what is asked for then. */
enum raw_inner {
    RAW_OWN,
    RAW_INNER,       /* handed over to whoever wants the field */
    RAW_INNER_ASKED, /* only where sink->wants_inner says so of it */
    RAW_INNERS
};

/* One field of the record. A field may occur several times: then the cell is multi-valued, in this order. */
struct raw {
    field_id field;
    uint8_t type; /* enum raw_type */
    uint8_t
        inner; /* enum raw_inner: a second spelling of something that other fields of this record hold already (the serialised
                   * text of a JSON object beside its members): field tests see it, keyword rules do not */
    uint16_t element; /* 1, 2, ..: in which element of a list of the record it stands, the outermost list; 0: in none.
                       * For shapes with each_of; a reader of records without lists leaves it 0 */
    uint32_t len;
    const char *ptr;
};

/* What is known of the zone in which a time was written. */
enum zone {
    ZONE_GIVEN,     /* the record says it (an offset, Z, Unix seconds), or its format does (FILETIME) */
    ZONE_ASSUMED,   /* nothing says it: taken as UTC, or as a hunt was told */
    ZONE_CORRECTED, /* what was written was wrong, and is put right */
    ZONE_UNSURE,    /* assumed, of a place whose clocks showed that time twice, or never (base/zone_rules.h) */
    ZONES
};

static inline bool zone_is_assumed(unsigned zone) {
    return zone == ZONE_ASSUMED || zone == ZONE_UNSURE;
}

/* How finely a time was written: so many digits of a second's fraction, 0 to 9, or one of these. */
#define PRECISION_MINUTE 10u
#define PRECISION_DAY 11u
#define PRECISIONS 12u

#define RECORD_VALUES_MAX 8192u    /* a record with more is cut there and counted */
#define VALUE_BYTES_MAX (1u << 24) /* 16 MiB; a longer value is cut and counted */

struct record {
    struct raw *values;
    uint32_t count;
    int64_t when; /* event time if the reader knows it (EVTX), else INSTANT_NONE: the kind's time field decides */
    uint8_t zone; /* enum zone; this and what follows: of `when`, where it is set */
    uint8_t precision;
    str time_text; /* what the time was read from; empty: binary, what instant_format writes says it */
    str bytes;     /* of text: what values are views into, all but those that had to be undone; or empty: not known */
    uint64_t
        constants; /* bit n: value n, of the first 64, is no record's: its bytes stay where and as they are as long as the kinds */
    uint64_t number; /* as the format counts: EventRecordID; else the 1-based number of the record in its source */
    uint64_t offset; /* first byte of the record, from the start of the (unpacked) source */
    uint64_t size;   /* bytes of the record in the source */
    bool unordered;  /* it stands where somebody put it, not where it was written: a mail in a mailbox */
    bool salvaged;   /* found where the format says nothing lives (chunk slack): never mixed with the others */
};

/* What a message carries, decoded: an attachment, or its own text. Views live until the sink returns. */
struct attachment {
    str name, type; /* as it says, any bytes; "": it says nothing. type: "text/html" */
    bool own;       /* the message's own text */
    str bytes;
    uint64_t size;           /* of all of it: of what is too large bytes are a part only */
    uint64_t record, offset; /* number and offset of the message's record */
};

/* Where a reader's output goes. Implemented by event/ingest.h for hunts, by tests, by `longwatch show`. */
struct kinds;
struct mail_house;
struct event_sink {
    struct fields *fields;
    const struct kinds *kinds;      /* what is known of tables without header line (event/table.h); NULL: nothing */
    const struct mail_house *house; /* of whose mail is read (reader/mail_house.h); NULL: nothing is known */
    /* Which fields anybody will ask for; NULL: all. A reader may leave the others out of the record (it must still
     * parse and check them). Indexed by field_id, *wanted_count entries; a field beyond is unknown: ask. */
    bool (*wants)(struct event_sink *sink, field_id field);
    /* Does anybody ask for the serialised text of an object or list at this path (raw.inner)? NULL: nobody. */
    bool (*wants_inner)(struct event_sink *sink, field_id field);
    /* False stops the reader (out of memory, interrupted): it returns false with e as set here. */
    bool (*record)(struct event_sink *sink, const struct record *r, struct err *e);
    /* Damage in evidence: bytes [offset, offset + size) were skipped or repaired, and why: a short constant phrase such
     * as "chunk magic differs". Counted in the custody ledger; reading goes on. */
    void (*damage)(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why);
    /* Everything that messages carry, in the order in which it stands there, before the message's record. NULL: nobody wants it, and
     * nothing is kept for it. False: memory is out. */
    bool (*attachment)(struct event_sink *sink, const struct attachment *a);
    /* keeps: a reader may leave here what it wants to find again at its next part, with what frees it, and must first free
     * what another reader left. What it reads must not depend on it. The owner frees it with the sink. */
    bool keeps;
    void *kept;
    void (*kept_free)(void *kept);
};

#endif
