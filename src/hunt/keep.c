/* keep: a table of segments by month, the fullest of which is sealed when memory is short. */
#include "hunt/keep.h"

#include <assert.h>

#include "base/hash.h"
#include "base/instant.h"
#include "hunt/archive_keys.h"

#define OPEN_MAX 256u          /* segments being written at a time */
#define MONTHS_OF_JOB_MAX 240u /* of one source; what has more makes up its times, and goes where there are none */
#define LOOK_EVERY 256u        /* records between two looks at the memory */
#define PIECE WIRE_VALUE_MAX
#define DAY (INT64_C(86400) * 1000000000)

/* A source of a segment that is a part of one, of which the rest is asked for when the segment is sealed. */
struct pending {
    uint64_t ordinal;
    uint32_t part, source;
};

struct open_segment {
    int32_t month;
    struct segment_writer *w;
    struct segment_keys *keys; /* NULL: none are asked for */
    struct pending *pending;
    uint32_t pending_count, pending_room;
    uint32_t source; /* of the present one; SEGMENT_NONE: it has no record here so far */
};

struct keep {
    struct keep_options o;
    struct open_segment open[OPEN_MAX];
    unsigned open_count, last; /* last: the one that the last record went into */
    uint32_t looked;
    bool reading;
    struct segment_source source;          /* the present one; path and reader lie in texts */
    struct segment_count own[KEEP_COUNTS]; /* of what is read now, by number - 1 */
    struct segment_count *counts;          /* of the present source, where it was read before */
    uint32_t count_room;
    struct archive_keys *keys; /* NULL: none are asked for */
    struct raw *made;          /* of the record that comes next */
    size_t made_count, made_room;
    bool hashed;
    uint64_t ordinal; /* of the source of which a part is read; 0: all of it is */
    uint32_t part;
    struct buf texts, bytes;
    int64_t day; /* since 1970, the last that a record was of, */
    bool day_known;
    int32_t day_month; /* and its month */
    int32_t months[MONTHS_OF_JOB_MAX];
    unsigned month_count;
    uint64_t months_of; /* the ordinal of their source */
    bool months_new;    /* what comes is of another */
};

bool keep_new(struct keep **out, const struct keep_options *options, struct err *e) {
    struct keep *const k = calloc(1, sizeof *k);

    if (!k)
        return err_set(e, ERR_MEMORY, 0, "no memory to keep records");
    k->o = *options;
    k->own[0] = (struct segment_count){KEEP_COUNT_READERS, KEEP_READERS};
    k->own[1] = (struct segment_count){KEEP_COUNT_KINDS, options->kinds};
    k->own[2] = (struct segment_count){KEEP_COUNT_TIMES, options->times};
    if (options->secret && !archive_keys_new(&k->keys, options->secret, e)) {
        free(k);
        return false;
    }
    *out = k;
    return true;
}

uint64_t keep_times(str zone, int64_t latest) {
    char bytes[256 + sizeof latest] = {0};
    str const name = str_first(zone, sizeof bytes - sizeof latest); /* names of zones are short */

    memcpy(bytes, &latest, sizeof latest);
    if (name.len)
        memcpy(bytes + sizeof latest, name.ptr, name.len);
    return hash_sum((str){bytes, sizeof latest + name.len});
}

static void open_free(struct open_segment *s) {
    segment_writer_free(s->w);
    segment_keys_free(s->keys);
    free(s->pending);
}

void keep_free(struct keep *k) {
    if (!k)
        return;
    for (unsigned i = 0; i < k->open_count; i++)
        open_free(&k->open[i]);
    archive_keys_free(k->keys);
    free(k->made);
    free(k->counts);
    buf_free(&k->texts);
    buf_free(&k->bytes);
    free(k);
}

/* Most come in order: the day of the last one is known. */
static int32_t month_of(struct keep *k, int64_t when) {
    int64_t const day = when / DAY - (when % DAY < 0);

    if (day != k->day || !k->day_known) {
        struct wall const w = instant_wall(when);

        k->day = day;
        k->day_known = true;
        k->day_month = (int32_t)w.year * 12 + w.month - 1;
    }
    return k->day_month;
}

static void put_keys(void *ctx, str bytes) {
    struct keep *const k = ctx;

    k->o.put(k->o.ctx, &(struct wire){.type = WIRE_INDEX_KEYS, .name = bytes});
}

static void put_addresses(void *ctx, str bytes) {
    struct keep *const k = ctx;

    k->o.put(k->o.ctx, &(struct wire){.type = WIRE_INDEX_ADDRESSES, .name = bytes});
}

static bool column_told(void *ctx, uint8_t raw_type, str value, struct err *e) {
    return segment_keys_value(ctx, raw_type, value, e);
}

/* The segment that lies in k->bytes goes out when all of it could be unpacked again. Of its keys: what its columns hold was told, but for those
 * that are sometimes a second spelling. */
static bool sealed_put(struct keep *k, struct open_segment *s, bool mixed, struct err *e) {
    struct archive_keys_to const to = {put_keys, put_addresses, k};
    struct segment_opening const how = {.writing = k->o.writing};
    struct segment *sealed;

    if (!segment_open_with(&sealed, buf_str(&k->bytes), S("a new segment"), &how, e))
        return false;
    bool ok = segment_check(sealed, NULL, NULL, e);

    segment_forget(sealed);
    for (size_t from = 0; ok && from < k->bytes.len; from += PIECE)
        k->o.put(k->o.ctx,
                 &(struct wire){.type = WIRE_SEGMENT, .name = str_first(str_from(buf_str(&k->bytes), from), PIECE)});
    ok = ok && (!s->keys || segment_keys_end(s->keys, mixed ? sealed : NULL, true, &to, e));
    segment_close(sealed);
    return ok;
}

static bool pending_add(struct keep *k, struct open_segment *s, struct err *e) {
    if (s->pending_count == s->pending_room) {
        uint32_t const room = s->pending_room * 2 + 16;
        struct pending *const bigger = reallocarray(s->pending, room, sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory to keep records");
        s->pending = bigger;
        s->pending_room = room;
    }
    s->pending[s->pending_count++] = (struct pending){k->ordinal, k->part, s->source};
    return true;
}

static bool pending_ask(struct keep *k, struct open_segment *s, struct err *e) {
    for (uint32_t i = 0; i < s->pending_count; i++) {
        const struct pending *const p = &s->pending[i];
        struct segment_source source = *segment_writer_source_is(s->w, p->source);
        struct keep_told told;

        if (!k->o.part(k->o.ctx, p->ordinal, p->part, &told, e))
            return false;
        source.before = told.before;
        if (told.hashed) {
            source.size = told.size;
            memcpy(source.sha256, told.sha256, sizeof source.sha256);
        }
        if (!segment_writer_source_set(s->w, p->source, &source, e))
            return false;
    }
    return true;
}

static bool seal_one(struct keep *k, unsigned at, struct err *e) {
    struct open_segment *const s = &k->open[at];
    struct segment_info info;

    if (!pending_ask(k, s, e))
        return false;
    if (k->reading && !k->ordinal && s->source != SEGMENT_NONE && !k->hashed) {
        if (!k->o.hash(k->o.ctx, k->source.sha256, &k->source.size, &k->hashed, e))
            return false;
        for (unsigned i = 0; k->hashed && i < k->open_count; i++)
            if (k->open[i].source != SEGMENT_NONE &&
                !segment_writer_source_set(k->open[i].w, k->open[i].source, &k->source, e))
                return false;
    }
    k->bytes.len = 0;
    if (!segment_writer_finish(s->w, &k->bytes, &info, e))
        return false;
    bool const mixed = segment_writer_mixed(s->w);

    segment_writer_free(s->w);
    s->w = NULL;
    if (!sealed_put(k, s, mixed, e))
        return false;
    struct wire m = {
        .type = WIRE_SEALED,
        .kept = {.size = info.size, .rows = info.rows, .month = s->month, .first = info.first, .last = info.last}};

    memcpy(m.kept.sha256, info.sha256, sizeof m.kept.sha256);
    k->o.put(k->o.ctx, &m);
    open_free(s);
    *s = k->open[--k->open_count];
    buf_free(&k->bytes); /* it is as large as the segment was */
    return true;
}

static unsigned fullest(const struct keep *k, size_t *all) {
    unsigned at = 0;
    size_t most = 0;

    *all = 0;
    for (unsigned i = 0; i < k->open_count; i++) {
        size_t const bytes =
            segment_writer_bytes(k->open[i].w) + (k->open[i].keys ? segment_keys_bytes(k->open[i].keys) : 0);

        *all += bytes;
        if (bytes > most) {
            most = bytes;
            at = i;
        }
    }
    return at;
}

/* Which to seal when another is wanted: the fullest of those into which nothing of the present source went, so that a source seals each month once. */
static unsigned over(const struct keep *k) {
    unsigned at = 0;
    size_t most = 0, all;

    for (unsigned i = 0; i < k->open_count; i++) {
        size_t const bytes = k->open[i].source == SEGMENT_NONE ? segment_writer_bytes(k->open[i].w) : 0;

        if (bytes > most) {
            most = bytes;
            at = i;
        }
    }
    return most ? at : fullest(k, &all);
}

/* Of a source whose times are made up, no more than so many months have segments of their own. */
static int32_t month_for(struct keep *k, int64_t when) {
    int32_t const month = when == INSTANT_NONE ? KEPT_UNDATED : month_of(k, when);

    if (month == KEPT_UNDATED)
        return month;
    if (k->months_new) {
        k->month_count = 0;
        k->months_of = k->ordinal;
        k->months_new = false;
    }
    for (unsigned i = k->month_count; i-- > 0;)
        if (k->months[i] == month)
            return month;
    if (k->month_count == MONTHS_OF_JOB_MAX)
        return KEPT_UNDATED;
    return k->months[k->month_count++] = month;
}

static bool segment_for(struct keep *k, int32_t month, struct open_segment **out, struct err *e) {
    struct segment_options options = {.fields = k->o.fields, .memory_max = k->o.memory_max, .writing = k->o.writing};
    struct segment_keys *keys = NULL;

    if (k->last < k->open_count && k->open[k->last].month == month) {
        *out = &k->open[k->last];
        return true;
    }
    for (unsigned i = 0; i < k->open_count; i++)
        if (k->open[i].month == month) {
            *out = &k->open[k->last = i];
            return true;
        }
    if (k->open_count == OPEN_MAX && !seal_one(k, over(k), e))
        return false;
    if (k->keys && !segment_keys_new(&keys, k->keys, e))
        return false;
    options.told = keys ? column_told : NULL;
    options.ctx = keys;
    *out = &k->open[k->open_count];
    **out = (struct open_segment){.month = month, .source = SEGMENT_NONE, .keys = keys};
    if (!segment_writer_new(&(*out)->w, &options, e)) {
        segment_keys_free(keys);
        return false;
    }
    k->open_count++;
    return true;
}

bool keep_source(struct keep *k, str path, str reader, int64_t modified, const uint8_t *sha256, uint64_t size,
                 struct err *e) {
    k->texts.len = 0;
    buf_add(&k->texts, path);
    buf_add(&k->texts, reader);
    if (k->texts.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to keep records");
    str const both = buf_str(&k->texts);

    k->source = (struct segment_source){.path = str_first(both, path.len),
                                        .reader = str_from(both, path.len),
                                        .size = size,
                                        .modified = modified,
                                        .counts = k->own,
                                        .count_count = KEEP_COUNTS};
    k->hashed = sha256 != NULL;
    if (sha256)
        memcpy(k->source.sha256, sha256, SHA256_SIZE);
    k->reading = true;
    k->ordinal = 0;
    k->months_new = true;
    for (unsigned i = 0; i < k->open_count; i++)
        k->open[i].source = SEGMENT_NONE;
    return true;
}

bool keep_counts(struct keep *k, const struct segment_count *counts, uint32_t count, struct err *e) {
    uint32_t used = KEEP_COUNTS;

    if (k->count_room < KEEP_COUNTS + count) {
        struct segment_count *const bigger = reallocarray(k->counts, KEEP_COUNTS + count, sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory to keep records");
        k->counts = bigger;
        k->count_room = KEEP_COUNTS + count;
    }
    memcpy(k->counts, k->own, sizeof k->own);
    for (uint32_t i = 0; i < count; i++)
        if (counts[i].number == KEEP_COUNT_READERS)
            k->counts[0] = counts[i];
        else if (counts[i].number > KEEP_COUNTS)
            k->counts[used++] = counts[i];
    k->source.counts = k->counts;
    k->source.count_count = used;
    return true;
}

bool keep_made(struct keep *k, const struct raw *v, struct err *e) {
    if (!k->keys)
        return true;
    if (k->made_count == k->made_room) {
        size_t const room = k->made_room ? 2 * k->made_room : 64;
        struct raw *const bigger = reallocarray(k->made, room, sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory to keep records");
        k->made = bigger;
        k->made_room = room;
    }
    k->made[k->made_count++] = *v;
    return true;
}

static bool made_key(struct keep *k, struct open_segment *s, struct err *e) {
    for (size_t i = 0; i < k->made_count; i++)
        if (!segment_keys_value(s->keys, k->made[i].type, (str){k->made[i].ptr, k->made[i].len}, e))
            return false;
    k->made_count = 0;
    return true;
}

void keep_part(struct keep *k, uint64_t ordinal, uint32_t part) {
    assert(k->reading && ordinal);
    k->ordinal = ordinal;
    k->part = part;
    k->months_new = ordinal != k->months_of;
}

void keep_part_ended(struct keep *k) {
    for (unsigned i = 0; i < k->open_count; i++)
        k->open[i].source = SEGMENT_NONE;
    k->reading = false;
}

bool keep_record(struct keep *k, const struct record *r, int64_t when, str kind, struct err *e) {
    int32_t const month = month_for(k, when);
    struct open_segment *s;
    size_t all;

    assert(k->reading);
    if (month == KEPT_UNDATED) /* a segment has a month, and then all of its times lie in it, or has none */
        when = INSTANT_NONE;
    if (!segment_for(k, month, &s, e))
        return false;
    if (s->source == SEGMENT_NONE &&
        (!segment_writer_source(s->w, &k->source, &s->source, e) || (k->ordinal && !pending_add(k, s, e))))
        return false;
    if (!segment_writer_record(s->w, s->source, r, when, kind, e) || !made_key(k, s, e))
        return false;
    if (segment_writer_full(s->w))
        return seal_one(k, (unsigned)(s - k->open), e);
    if (++k->looked < LOOK_EVERY)
        return true;
    k->looked = 0;
    for (unsigned at; at = fullest(k, &all), all > k->o.memory_max;)
        if (!seal_one(k, at, e))
            return false;
    return true;
}

bool keep_ended(struct keep *k, const uint8_t sha256[SHA256_SIZE], uint64_t size, struct err *e) {
    bool ok = true;

    if (!k->reading)
        return true;
    memcpy(k->source.sha256, sha256, SHA256_SIZE);
    k->source.size = size;
    for (unsigned i = 0; ok && i < k->open_count; i++) {
        if (k->open[i].source != SEGMENT_NONE)
            ok = segment_writer_source_set(k->open[i].w, k->open[i].source, &k->source, e);
        k->open[i].source = SEGMENT_NONE;
    }
    k->reading = false;
    return ok;
}

bool keep_seal(struct keep *k, struct err *e) {
    k->reading = false; /* of what broke off before its end no hash is known */
    for (unsigned i = 0; i < k->open_count; i++)
        k->open[i].source = SEGMENT_NONE;
    while (k->open_count)
        if (!seal_one(k, k->open_count - 1, e))
            return false;
    return true;
}
