/* ledger: row by row; a host is looked up only where the values it is made of differ from the row before. */
#include "hunt/ledger.h"

#include "base/hash.h"
#include "base/utf.h"

#define DECIDING_MAX 4u
#define STREAMS_REMEMBERED 64u
#define NAME_MAX_BYTES 256u
#define BITS_MAX (UINT64_C(1) << 22)    /* record numbers that lie so close are sorted as bits */
#define KEYS_SENT_MAX ((size_t)1 << 20) /* bytes of one message */
#define KEY_BYTES 16u

struct keyed {
    uint64_t offset, number;
    uint16_t element;
    char key[KEY_BYTES];
};

struct ledger {
    const struct kinds *kinds;
    uint64_t key_seeds[2];
    bool numbered; /* records have numbers of the format's own */
    struct coverage coverage;
    struct keyed *keyed; /* of one call */
    size_t keyed_count, keyed_room;
    struct stream numbers; /* the record numbers of the source, whatever host and log they are of */
    uint64_t *bits;        /* BITS_MAX / 64 */
    struct buf key, sent;
    struct clocks clocks; /* of the source or part */
    bool clocks_lost;
};

struct ledger *ledger_new(const struct kinds *kinds, const uint64_t key_seeds[2]) {
    struct ledger *const l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->kinds = kinds;
    memcpy(l->key_seeds, key_seeds, sizeof l->key_seeds);
    coverage_init(&l->coverage);
    return l;
}

void ledger_source(struct ledger *l, str reader) {
    l->numbered = str_eq(reader, S("evtx"));
    coverage_reset(&l->coverage);
    stream_numbers_lose(&l->numbers);
    l->numbers.numbers_lost = !l->numbered;
    clocks_free(&l->clocks);
    l->clocks_lost = false;
}

/* ---- clocks ---- */

static str host_of(struct detector *d, const struct block *b, uint32_t row) {
    return utf8_first(detector_role(d, b, row, ROLE_HOST), NAME_MAX_BYTES);
}

uint64_t ledger_clock(const struct ledger *l, struct detector *d, const struct block *b, uint32_t row) {
    return b->rows[row].time_clock ? clock_key(host_of(d, b, row), b->rows[row].time_clock, l->key_seeds[0]) : 0;
}

void ledger_clock_named(const struct kinds *kinds, const uint64_t key_seeds[2], struct clock *c) {
    const struct fields *const fields = kinds_fields(kinds);

    for (unsigned clock = 1; c->key; clock++) {
        field_id const field = kinds_clock_field(kinds, clock);

        if (field == FIELD_NONE) /* of no kind: nothing is of this clock */
            return;
        if (str_eq(field_name(fields, field), c->field)) {
            c->key = clock_key(c->host, clock, key_seeds[0]);
            return;
        }
    }
}

/* ---- record numbers ---- */

/* Rows come kind by kind, and every other order than that of the numbers would make runs by the thousand. */
static bool numbers_note(struct ledger *l, struct block *const *blocks, size_t count) {
    uint64_t least = UINT64_MAX, most = 0, from = 0;
    bool open = false;

    for (size_t i = 0; i < count; i++)
        for (uint32_t row = 0; row < blocks[i]->row_count; row++)
            if (!blocks[i]->rows[row].salvaged) {
                least = blocks[i]->rows[row].number < least ? blocks[i]->rows[row].number : least;
                most = blocks[i]->rows[row].number > most ? blocks[i]->rows[row].number : most;
            }
    if (least > most)
        return true;
    if (most - least >= BITS_MAX) { /* no log that was written one by one */
        stream_numbers_lose(&l->numbers);
        return true;
    }
    if (!l->bits && !(l->bits = malloc(BITS_MAX / 8)))
        return false;
    memset(l->bits, 0, (size_t)((most - least) / 64 + 1) * sizeof *l->bits);
    for (size_t i = 0; i < count; i++)
        for (uint32_t row = 0; row < blocks[i]->row_count; row++)
            if (!blocks[i]->rows[row].salvaged)
                l->bits[(blocks[i]->rows[row].number - least) / 64] |= UINT64_C(1)
                                                                       << (blocks[i]->rows[row].number - least) % 64;
    for (uint64_t n = 0; n <= most - least + 1; n++) {
        bool const set = n <= most - least && (l->bits[n / 64] >> n % 64 & 1);

        if (set && !open)
            from = n;
        else if (!set && open && !stream_numbers(&l->numbers, least + from, least + n - 1))
            return false;
        open = set;
        if (n % 64 == 0 && n + 64 <= most - least && l->bits[n / 64] == (set ? UINT64_MAX : 0))
            n += 63; /* a word of which all bits are alike */
    }
    return true;
}

/* ---- hosts and logs ---- */

/* The columns that decide a row's stream: its channel's, and those its host is made of; what no row has decides nothing. More
 * than fit: false. */
static bool deciding(const struct block *b, const struct column *out[DECIDING_MAX], uint32_t *count) {
    const struct kind *const k = b->kind;

    *count = 0;
    if ((out[*count] = block_column(b, FIELD_CHANNEL)))
        ++*count;
    for (size_t s = 0; s < k->role_counts[ROLE_HOST]; s++) {
        const struct kind_source *const source = &k->roles[ROLE_HOST][s];

        for (size_t i = 0; i <= source->input_count; i++) {
            bool const last = i == source->input_count;

            const struct column *c;

            if ((last && !source->only_if) || !(c = block_column(b, last ? source->only_if->field : source->inputs[i])))
                continue;
            if (*count == DECIDING_MAX)
                return false;
            out[(*count)++] = c;
        }
    }
    return true;
}

static str log_of(const struct block *b, uint32_t row) {
    const struct column *const c = block_column(b, FIELD_CHANNEL);
    uint32_t const code = c ? c->codes[row] : CODE_ABSENT;
    const struct value *const v = code ? dictionary_value(&c->dict, code) : NULL;

    return v && v->type != VALUE_LIST && v->len ? utf8_first(value_text(v), NAME_MAX_BYTES) : b->kind->name;
}

/* Which stream rows with these codes are of. Of one block: codes are its dictionaries'. */
struct remembered {
    uint32_t codes[DECIDING_MAX];
    uint8_t clock;
    struct stream *stream; /* NULL: nothing yet */
};

static struct stream *stream_of(struct ledger *l, struct detector *d, const struct block *b, uint32_t row) {
    return coverage_stream(&l->coverage, host_of(d, b, row), log_of(b, row), ledger_clock(l, d, b, row));
}

static bool note_block(struct ledger *l, struct detector *d, const struct block *b, struct custody *line) {
    const struct column *columns[DECIDING_MAX];
    struct remembered memory[STREAMS_REMEMBERED] = {0};
    unsigned together = l->coverage.together;
    uint32_t count;
    bool const few = deciding(b, columns, &count);

    for (uint32_t i = 0; i < b->row_count; i++) {
        const struct row *const row = &b->rows[i];
        uint32_t codes[DECIDING_MAX] = {0}, mixed = row->time_clock;
        struct stream *s = NULL;

        if (row->salvaged)
            continue;
        for (uint32_t k = 0; few && k < count; k++) {
            codes[k] = columns[k]->codes[i];
            mixed = mixed * 31 + codes[k];
        }
        struct remembered *const m = &memory[mixed % STREAMS_REMEMBERED];

        if (few && m->stream && m->clock == row->time_clock && memcmp(m->codes, codes, sizeof codes) == 0)
            s = m->stream;
        else if (!(s = stream_of(l, d, b, i)))
            return false;
        if (together != l->coverage.together) { /* all others are gone */
            memset(memory, 0, sizeof memory);
            together = l->coverage.together;
        }
        memcpy(m->codes, codes, sizeof codes);
        m->clock = row->time_clock;
        m->stream = s;
        if (!stream_event(s, row->when))
            return false;
        line->assumed += row->when != INSTANT_NONE && zone_is_assumed(row->zone);
    }
    return true;
}

/* Which clocks rows with these codes are of. */
struct timed {
    uint32_t codes[DECIDING_MAX];
    uint8_t time, claim;
    bool known;
    struct clock *time_clock, *claim_clock; /* NULL: none */
};

static bool clock_at(struct ledger *l, str host, uint8_t clock, struct clock **out) {
    const struct kinds *const kinds = l->kinds;

    *out = NULL;
    return !clock || (*out = clocks_at(&l->clocks, 0, clock_key(host, clock, l->key_seeds[0]), host,
                                       field_name(kinds_fields(kinds), kinds_clock_field(kinds, clock))));
}

static bool block_clocks(struct ledger *l, struct detector *d, const struct block *b) {
    const struct column *columns[DECIDING_MAX];
    struct timed memory[STREAMS_REMEMBERED] = {0};
    uint32_t count;
    bool const few = deciding(b, columns, &count);

    for (uint32_t i = 0; i < b->row_count && !l->clocks_lost; i++) {
        const struct row *const row = &b->rows[i];
        struct timed t = {.time = row->time_clock, .claim = row->claim_clock, .known = few};
        uint32_t mixed = (uint32_t)(t.time << 8 | t.claim);

        if (row->salvaged || !mixed)
            continue;
        for (uint32_t k = 0; few && k < count; k++) {
            t.codes[k] = columns[k]->codes[i];
            mixed = mixed * 31 + t.codes[k];
        }
        struct timed *const m = &memory[mixed % STREAMS_REMEMBERED];

        if (!m->known || m->time != t.time || m->claim != t.claim || memcmp(m->codes, t.codes, sizeof t.codes) != 0) {
            str const host = host_of(d, b, i);

            if (!clock_at(l, host, t.time, &t.time_clock) || !clock_at(l, host, t.claim, &t.claim_clock))
                return false;
            *m = t;
        }
        if (m->time_clock) {
            m->time_clock->events++;
            m->time_clock->assumed += zone_is_assumed(row->zone);
        }
        if (m->claim_clock && !clock_claim(m->claim_clock, row->claim_s))
            return false;
        l->clocks_lost = l->clocks.count > CLOCKS_MAX;
    }
    return true;
}

bool ledger_time(struct ledger *l, struct detector *d, struct block *const *blocks, size_t count, struct err *e) {
    for (size_t i = 0; i < count; i++)
        if (blocks[i]->kind->clocked && blocks[i]->row_count && !block_clocks(l, d, blocks[i]))
            return err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
    return true;
}

void ledger_clocks(struct ledger *l, void (*each)(void *ctx, const struct clock *c), void *ctx) {
    if (l->clocks_lost)
        each(ctx, &(struct clock){.host = {"", 0}, .field = {"", 0}});
    for (size_t i = 0; i < l->clocks.count && !l->clocks_lost; i++)
        each(ctx, l->clocks.items[i]);
    clocks_free(&l->clocks);
}

/* ---- what tells events apart ---- */

static bool key_add(struct buf *b, const struct column *c, uint32_t code) {
    const struct value *v;

    if (!c || !code)
        return false;
    v = dictionary_value(&c->dict, code);
    if (v->type == VALUE_NULL)
        return false;
    if (v->type == VALUE_LIST) {
        for (uint32_t i = 0; i < v->len; i++)
            (void)key_add(b, c, value_items(v)[i]);
        return true;
    }
    buf_add(b, (str){(const char *)&v->len, sizeof v->len});
    buf_add(b, value_text(v));
    return v->len > 0;
}

/* False: no memory. A row that lacks one of the fields is none that could be told again. */
static bool key_note(struct ledger *l, const struct block *b, uint32_t at) {
    const struct row *const row = &b->rows[at];
    struct keyed *k;

    l->key.len = 0;
    /* One product's exports may be of several kinds: those of one family, up to the first slash. */
    buf_add(&l->key, str_first(b->kind->name, str_find_byte(b->kind->name, '/')));
    buf_add(&l->key, (str){(const char *)&row->element, sizeof row->element});
    for (size_t i = 0; i < b->kind->key_count; i++) {
        const struct column *const c = block_column(b, b->kind->keys[i]);

        if (!key_add(&l->key, c, c ? c->codes[at] : CODE_ABSENT))
            return !l->key.failed;
    }
    if (l->keyed_count == l->keyed_room) {
        size_t const room = l->keyed_room ? l->keyed_room * 2 : 256;
        struct keyed *const bigger = reallocarray(l->keyed, room, sizeof *bigger);

        if (!bigger)
            return false;
        l->keyed = bigger;
        l->keyed_room = room;
    }
    k = &l->keyed[l->keyed_count++];
    *k = (struct keyed){.offset = row->offset, .number = row->number, .element = row->element};
    for (size_t i = 0; i < 2; i++) {
        uint64_t const half = hash_bytes(buf_str(&l->key), l->key_seeds[i]);

        memcpy(k->key + i * sizeof half, &half, sizeof half);
    }
    return !l->key.failed;
}

static int by_place(const void *a, const void *b) {
    const struct keyed *const x = a, *const y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->element > y->element) - (x->element < y->element);
}

static bool keys_send(struct ledger *l, void (*keys)(void *ctx, str keys), void *ctx) {
    if (!l->keyed_count)
        return true;
    qsort(l->keyed, l->keyed_count, sizeof *l->keyed, by_place);
    for (size_t i = 0; i < l->keyed_count;) {
        l->sent.len = 0;
        for (; i < l->keyed_count && l->sent.len < KEYS_SENT_MAX - KEY_BYTES; i++)
            buf_add(&l->sent, (str){l->keyed[i].key, KEY_BYTES});
        if (l->sent.failed)
            return false;
        keys(ctx, buf_str(&l->sent));
    }
    l->keyed_count = 0;
    return true;
}

bool ledger_note(struct ledger *l, struct detector *d, struct block *const *blocks, size_t count, struct custody *line,
                 void (*keys)(void *ctx, str keys), void *ctx, struct err *e) {
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        if (blocks[i]->kind_index == KIND_UNCLAIMED)
            continue;
        ok = !blocks[i]->row_count || note_block(l, d, blocks[i], line);
        for (uint32_t row = 0; ok && blocks[i]->kind->key_count && row < blocks[i]->row_count; row++)
            ok = blocks[i]->rows[row].salvaged || key_note(l, blocks[i], row);
    }
    ok = ok && (l->numbers.numbers_lost || numbers_note(l, blocks, count));
    return (ok && keys_send(l, keys, ctx)) || err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
}

void ledger_streams(struct ledger *l, void (*each)(void *ctx, const struct stream *s), void *ctx) {
    coverage_sort(&l->coverage);
    for (uint32_t i = 0; i < l->coverage.count; i++)
        each(ctx, l->coverage.streams[i]);
    coverage_reset(&l->coverage);
    if (l->numbered)
        each(ctx, &(struct stream){.host = {"", 0},
                                   .log = {"", 0},
                                   .first = INSTANT_NONE,
                                   .last = INSTANT_NONE,
                                   .numbers = l->numbers.numbers,
                                   .numbers_lost = l->numbers.numbers_lost});
}
