/* archive_keys: keys in a pile for each segment, sorted when it is full. */
#include "hunt/archive_keys.h"

#include <assert.h>

#include "archive/index.h"
#include "base/hash.h"
#include "event/record.h"

#define STRETCH ((size_t)1 << 20) /* keys that are sorted at a time */
#define FIRST_ROOM ((size_t)1 << 10)
#define LEAST 2u /* bytes of a value: fewer hold nothing in any type */

struct archive_keys {
    struct observable_keys *keys;
    uint64_t *room; /* to sort in */
    size_t room_count;
    uint64_t segments; /* begun so far */
};

struct segment_keys {
    struct archive_keys *of;
    uint64_t number; /* of its pile (observable_keys_pile) */
    uint64_t *keys;
    size_t count, room;
    uint8_t (*addresses)[ARCHIVE_ADDRESS];
    size_t address_count, address_room;
    const struct archive_keys_to *to; /* NULL: the segment is still being written */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for keys of an index");
}

bool archive_keys_new(struct archive_keys **out, const uint8_t secret[OBSERVABLE_SECRET], struct err *e) {
    struct archive_keys *const k = calloc(1, sizeof *k);

    if (!k)
        return no_memory(e);
    if (!observable_keys_new(&k->keys, secret, e)) {
        archive_keys_free(k);
        return false;
    }
    *out = k;
    return true;
}

void archive_keys_free(struct archive_keys *k) {
    if (!k)
        return;
    observable_keys_free(k->keys);
    free(k->room);
    free(k);
}

bool segment_keys_new(struct segment_keys **out, struct archive_keys *k, struct err *e) {
    struct segment_keys *const s = calloc(1, sizeof *s);

    if (!s)
        return no_memory(e);
    s->of = k;
    s->number = ++k->segments;
    *out = s;
    return true;
}

void segment_keys_free(struct segment_keys *s) {
    if (!s)
        return;
    free(s->keys);
    free(s->addresses);
    free(s);
}

size_t segment_keys_bytes(const struct segment_keys *s) {
    return s->room * sizeof *s->keys + s->address_room * sizeof *s->addresses;
}

/* ---- the pile ---- */

static bool keys_sort(struct segment_keys *s, struct err *e) {
    struct archive_keys *const k = s->of;

    if (k->room_count < s->count) {
        uint64_t *const bigger = reallocarray(k->room, s->room, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        k->room = bigger;
        k->room_count = s->room;
    }
    s->count = index_keys_sort(s->keys, k->room, s->count);
    return true;
}

static int by_bytes(const void *a, const void *b) {
    return memcmp(a, b, ARCHIVE_ADDRESS);
}

static void addresses_sort(struct segment_keys *s) {
    size_t kept = 0;

    if (s->address_count)
        qsort(s->addresses, s->address_count, sizeof *s->addresses, by_bytes);
    for (size_t i = 0; i < s->address_count; i++)
        if (!kept || memcmp(s->addresses[kept - 1], s->addresses[i], ARCHIVE_ADDRESS) != 0)
            memmove(s->addresses[kept++], s->addresses[i], ARCHIVE_ADDRESS);
    s->address_count = kept;
}

static void send(void (*to)(void *ctx, str bytes), void *ctx, const void *at, size_t size) {
    for (size_t from = 0; from < size; from += ARCHIVE_KEYS_SENT)
        to(ctx, str_first((str){(const char *)at + from, size - from}, ARCHIVE_KEYS_SENT));
}

/* What is sorted goes out where it may. */
static void keys_send(struct segment_keys *s) {
    send(s->to->keys, s->to->ctx, s->keys, s->count * sizeof *s->keys);
    s->count = 0;
}

static void addresses_send(struct segment_keys *s) {
    send(s->to->addresses, s->to->ctx, s->addresses, s->address_count * sizeof *s->addresses);
    s->address_count = 0;
}

static bool keys_room(struct segment_keys *s, struct err *e) {
    if (s->room >= STRETCH / 16) { /* most were there already */
        if (!keys_sort(s, e))
            return false;
        if (s->to && s->count >= STRETCH / 2)
            keys_send(s);
        if (s->count <= s->room / 2)
            return true;
    }
    size_t const room = s->room ? 2 * s->room : FIRST_ROOM;
    uint64_t *const bigger = reallocarray(s->keys, room, sizeof *bigger);

    if (!bigger)
        return no_memory(e);
    s->keys = bigger;
    s->room = room;
    return true;
}

static bool addresses_room(struct segment_keys *s, struct err *e) {
    if (s->address_room >= STRETCH / 16) {
        addresses_sort(s);
        if (s->to && s->address_count >= STRETCH / 2)
            addresses_send(s);
        if (s->address_count <= s->address_room / 2)
            return true;
    }
    size_t const room = s->address_room ? 2 * s->address_room : FIRST_ROOM / 4;
    uint8_t(*const bigger)[ARCHIVE_ADDRESS] = reallocarray(s->addresses, room, sizeof *bigger);

    if (!bigger)
        return no_memory(e);
    s->addresses = bigger;
    s->address_room = room;
    return true;
}

static bool on_key(void *ctx, uint64_t key, struct err *e) {
    struct segment_keys *const s = ctx;

    if (s->count == s->room && !keys_room(s, e))
        return false;
    s->keys[s->count++] = key;
    return true;
}

static bool on_address(void *ctx, const struct address *a, struct err *e) {
    struct segment_keys *const s = ctx;

    if (s->address_count == s->address_room && !addresses_room(s, e))
        return false;
    uint8_t *const to = s->addresses[s->address_count++];

    if (a->family == 4) {
        memset(to, 0, 10);
        memset(to + 10, 0xff, 2);
        memcpy(to + 12, a->bytes, 4);
    } else {
        memcpy(to, a->bytes, ARCHIVE_ADDRESS);
    }
    return true;
}

/* ---- values ---- */

static bool is_kept(uint8_t raw_type) {
    return raw_type == RAW_TEXT || raw_type == RAW_UTF16 || raw_type == RAW_BINARY || raw_type == RAW_SID;
}

bool segment_keys_value(struct segment_keys *s, uint8_t raw_type, str value, struct err *e) {
    struct observable_key_sink const sink = {on_key, on_address, s};

    if (!is_kept(raw_type) || value.len < LEAST)
        return true;
    observable_keys_pile(s->of->keys, s->number);
    return observable_keys_of(s->of->keys, raw_type,
                              str_first(value, VALUE_BYTES_MAX), /* a block cuts as much (dictionary_code) */
                              &sink, e);
}

/* All values of a column that is nowhere a second spelling of others. */
static bool column_key(struct segment_keys *s, struct segment *segment, uint32_t column, struct err *e) {
    uint32_t const count = segment_column(segment, column).values;
    const struct segment_value *values;

    if (!segment_column_values(segment, column, false, &values, e))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!segment_keys_value(s, values[i].type, (str){values[i].ptr, values[i].len}, e))
            return false;
    segment_forget(segment);
    return true;
}

/* A reading of those columns that are sometimes one, and sometimes the other: a hunt looks for nothing in a second spelling. */
struct both {
    struct event_sink sink;
    struct segment_keys *keys;
    uint8_t wanted[FIELDS_MAX];
};

static bool both_wants(struct event_sink *sink, field_id field) {
    return ((struct both *)(void *)sink)->wanted[field];
}

static bool both_wants_inner(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return false;
}

static bool both_record(struct event_sink *sink, const struct record *r, struct err *e) {
    const struct both *const b = (const struct both *)(const void *)sink;

    for (uint32_t i = 0; i < r->count; i++)
        if (!r->values[i].inner &&
            !segment_keys_value(b->keys, r->values[i].type, (str){r->values[i].ptr, r->values[i].len}, e))
            return false;
    return true;
}

static bool both_read(struct segment_keys *s, struct segment *segment, struct both *b, struct err *e) {
    struct segment_reading reading = {.sink = &b->sink};

    b->keys = s;
    b->sink.wants = both_wants;
    b->sink.wants_inner = both_wants_inner;
    b->sink.record = both_record;
    return segment_read(segment, &reading, e);
}

/* told: but for columns that are sometimes a second spelling, of all of them. */
static bool columns_key(struct segment_keys *s, struct segment *segment, bool told, struct both *b, struct err *e) {
    uint32_t const types = 1u << RAW_TEXT | 1u << RAW_UTF16 | 1u << RAW_BINARY | 1u << RAW_SID;
    uint32_t const columns = segment_info(segment)->columns;
    enum segment_spoken spoken;
    bool any = false;

    for (uint32_t i = 0; i < columns; i++) {
        struct segment_column const c = segment_column(segment, i);

        if (c.own || !(c.types & types))
            continue;
        if (!segment_column_spoken(segment, i, &spoken, e))
            return false;
        if (spoken == SPOKEN_BOTH) {
            field_id const field = field_intern(b->sink.fields, c.name);

            if (field == FIELD_NONE)
                return no_memory(e);
            b->wanted[field] = 1;
            any = true;
        } else if (spoken == SPOKEN_OWN && !told && !column_key(s, segment, i, e)) {
            return false;
        }
    }
    return !any || both_read(s, segment, b, e);
}

static bool sealed_key(struct segment_keys *s, struct segment *segment, bool told, struct err *e) {
    struct both *const b = calloc(1, sizeof *b);
    bool const ok = ((b && (b->sink.fields = fields_new())) || no_memory(e)) && columns_key(s, segment, told, b, e);

    if (b)
        fields_free(b->sink.fields);
    free(b);
    return ok;
}

bool segment_keys_end(struct segment_keys *s, struct segment *segment, bool told, const struct archive_keys_to *to,
                      struct err *e) {
    s->to = to;
    if ((segment && !sealed_key(s, segment, told, e)) || !keys_sort(s, e))
        return false;
    addresses_sort(s);
    keys_send(s);
    addresses_send(s);
    return true;
}
