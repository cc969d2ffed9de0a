/* learner: facts first, then rows; what was found is noted by item, and told at the end. What is not certain is not told. */
#include "hunt/learner.h"

#include "hunt/keep.h"
#include "hunt/ledger.h"
#include "hunt/segment_ask.h"
#include "hunt/select.h"
#include "reader/reader.h"

#define FOUND_MAX ((size_t)3 << 20) /* rows of a segment that are told, of all items together */
#define OVERVIEW_ROWS 65536u
#define OVERVIEW_SHARE 4u /* of the worker's memory for values */

struct learner {
    struct learner_options o;
    struct segment_ask ask;
    bool asked;     /* of the segment that is being read something is asked */
    uint32_t items; /* rules of the user's, and one for all indicators */
    struct found_rows {
        uint32_t *rows, count, room;
        bool lost;           /* too many: nothing is told of the item */
    } * found;               /* by item */
    size_t total;            /* of all rows */
    bool *kinds;             /* that occur in it */
    struct buf clocks;       /* segment_learned.clocks */
    bool facts_lost;         /* no telling */
    struct segment *segment; /* that is being read */
    uint32_t source;         /* of it, that is being read */
    uint32_t clocked;        /* + 1: of the last whose clocks were told, */
    uint32_t clock_members;  /* and how many there were */
    struct select *select;   /* NULL: nothing was selected so far */
    bool asks_kinds;         /* patterns are asked of all events of some kind */
    struct ingest *overview; /* for a reading of which only kinds and clocks are wanted; NULL: none was so far */
    struct ledger *ledger;   /* of that */
    bool overview_open;      /* some source of it */
    struct buf message;
    uint64_t regex_limits, stix_cut; /* when it began */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for what is learned of a segment");
}

bool learner_new(struct learner **out, const struct learner_options *options, struct err *e) {
    const struct worker_setup *const s = options->setup;
    struct stix_watch *const stix = s->known ? known_stix(s->known) : NULL;
    struct learner *const l = calloc(1, sizeof *l);

    if (!l)
        return no_memory(e);
    *out = l;
    l->o = *options;
    l->items = (uint32_t)(s->known ? known_own_rules(s->known) : s->set->rule_count) + 1;
    l->found = calloc(l->items, sizeof *l->found);
    l->kinds = calloc(kinds_count(s->kinds) + 1, sizeof *l->kinds);
    for (size_t i = 0; stix && i < kinds_count(s->kinds); i++)
        l->asks_kinds |= stix_watch_asks(stix, kinds_at(s->kinds, i));
    return (l->found && l->kinds && (l->ledger = ledger_new(s->kinds, s->key_seeds))) || no_memory(e);
}

bool learner_ask(struct learner *l, str ask) {
    if (!l)
        return true;
    l->asked = ask.len > 0;
    return !l->asked || segment_ask_take(ask, l->items, &l->ask);
}

bool learner_asked(const struct learner *l) {
    return l && l->asked;
}

/* ---- what is found ---- */

static uint32_t item_of(const struct learner *l, uint32_t rule) {
    return rule < l->items ? rule : l->items - 1;
}

bool learner_found(struct learner *l, uint32_t rule, uint32_t row, struct err *e) {
    if (!learner_asked(l) || !segment_ask_unknown(&l->ask, item_of(l, rule)))
        return true;
    struct found_rows *const f = &l->found[item_of(l, rule)];

    if (f->lost || (f->count && f->rows[f->count - 1] == row))
        return true;
    if (l->total == FOUND_MAX) {
        l->total -= f->count;
        f->count = 0;
        f->lost = true;
        return true;
    }
    if (f->count == f->room) {
        uint32_t *const bigger = reallocarray(f->rows, f->room * 2 + 16, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        f->rows = bigger;
        f->room = f->room * 2 + 16;
    }
    f->rows[f->count++] = row;
    l->total++;
    return true;
}

static int by_number(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void found_out(struct buf *out, uint32_t item, struct found_rows *f) {
    uint32_t kept = 1;

    qsort(f->rows, f->count, sizeof *f->rows, by_number);
    for (uint32_t i = 1; i < f->count; i++)
        if (f->rows[i] != f->rows[kept - 1])
            f->rows[kept++] = f->rows[i];
    segment_found_put(out, item, f->rows, kept);
}

/* ---- facts ---- */

void learner_source(struct learner *l, uint32_t source) {
    if (l)
        l->source = source;
}

void learner_kind(struct learner *l, uint32_t kind) {
    if (l)
        l->kinds[kind] = true;
}

/* Who the source is goes before its first clock. */
static void clock_note(void *ctx, const struct clock *c) {
    struct learner *const l = ctx;
    struct segment_source source;
    struct err e;

    if (l->clocked != l->source + 1) {
        struct wire m = {.type = WIRE_SOURCE, .index = ++l->clock_members};

        if (!segment_source(l->segment, l->source, &source, &e)) {
            l->facts_lost = true;
            return;
        }
        m.name = source.path;
        m.hashed = segment_source_hashed(&source);
        memcpy(m.hash, source.sha256, sizeof m.hash);
        wire_put(&l->clocks, &m);
        l->clocked = l->source + 1;
    }
    wire_put(&l->clocks, &(struct wire){.type = WIRE_CLOCK, .index = l->clock_members, .clock = *c});
}

/* Of a reading of some rows it would be less than the truth. */
void learner_clock(struct learner *l, const struct clock *c) {
    if (learner_asked(l) && l->ask.whole && l->ask.facts)
        clock_note(l, c);
}

/* Does the segment say of its records what would be worked out of them now? number: which of what its sources say (keep.h). */
static bool made_now(struct segment *s, uint32_t number, uint64_t now) {
    struct segment_source source;
    struct err e;

    for (uint32_t i = 0; i < segment_info(s)->sources; i++) {
        bool same = false;

        if (!segment_source(s, i, &source, &e))
            return false;
        for (uint32_t k = 0; k < source.count_count; k++)
            same |= source.counts[k].number == number && source.counts[k].value == now;
        if (!same && source.rows)
            return false;
    }
    return true;
}

/* None of its events is of the time that was asked for, however clocks are put right. */
static bool other_time(const struct worker_setup *setup, struct segment *s) {
    const struct segment_info *const i = segment_info(s);

    return (setup->from != INSTANT_NONE || setup->to != INSTANT_NONE) && i->timed == i->rows &&
           (clock_outside(i->last, setup->from, INSTANT_NONE, CLOCK_MARGIN) ||
            clock_outside(i->first, INSTANT_NONE, setup->to, CLOCK_MARGIN)) &&
           made_now(s, KEEP_COUNT_KINDS, setup->kinds_made) && made_now(s, KEEP_COUNT_TIMES, setup->times_made);
}

/* Which kinds occur, by what the segment says. *clocked: some of them say their time twice. False: it does not say enough. */
static bool kinds_said(struct learner *l, bool *clocked) {
    const struct kinds *const kinds = l->o.setup->kinds;
    uint32_t const count = segment_column(l->segment, SEGMENT_KIND).values;
    const struct segment_value *values;
    struct err e;

    *clocked = false;
    if (!made_now(l->segment, KEEP_COUNT_KINDS, l->o.setup->kinds_made) ||
        !segment_column_values(l->segment, SEGMENT_KIND, false, &values, &e))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        str const name = {values[i].ptr, values[i].len};
        bool found = !name.len;

        for (uint32_t k = 0; !found && k < kinds_count(kinds); k++)
            if (str_eq(kinds_at(kinds, k)->name, name)) {
                l->kinds[k] = found = true;
                *clocked |= kinds_at(kinds, k)->witness != FIELD_NONE;
            }
        if (!found) /* several, or one that is not there now */
            return false;
    }
    return true;
}

static struct ingest_wish wants_nothing(void *ctx, const struct block *b, field_id field) {
    (void)ctx;
    (void)b;
    (void)field;
    return (struct ingest_wish){0, 0};
}

/* Rows that are read for kinds and clocks alone. */
static bool overview_full(void *ctx, struct err *e) {
    struct learner *const l = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(l->overview, &count);

    for (size_t i = 0; i < count; i++)
        if (blocks[i]->row_count && blocks[i]->kind_index != KIND_UNCLAIMED)
            l->kinds[blocks[i]->kind_index] = true;
    if (!ledger_time(l->ledger, l->o.detector, blocks, count, e))
        return false;
    ingest_clear(l->overview, false);
    return true;
}

static void overview_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)offset;
    (void)size;
    (void)why;
    ((struct learner *)ctx)->facts_lost = true; /* whoever reads the rows tells it */
}

static bool overview_new(struct learner *l, struct err *e) {
    const struct worker_setup *const s = l->o.setup;
    struct ingest_options const o = {.fields = s->fields,
                                     .kinds = s->kinds,
                                     .wants = wants_nothing,
                                     .roles = 1u << ROLE_HOST,
                                     .full = overview_full,
                                     .damage = overview_damage,
                                     .zone = s->zone_rules,
                                     .ctx = l,
                                     .rows_max = OVERVIEW_ROWS,
                                     .bytes_max = s->memory_max / OVERVIEW_SHARE};

    return ingest_new(&l->overview, &o, e);
}

static bool overview_source_end(struct learner *l, struct err *e) {
    if (!overview_full(l, e))
        return false;
    ledger_clocks(l->ledger, clock_note, l);
    return true;
}

static bool overview_source(void *ctx, uint32_t index, struct err *e) {
    struct learner *const l = ctx;
    int64_t const latest = l->o.setup->latest;
    struct segment_source source;

    if ((l->overview_open && !overview_source_end(l, e)) || !segment_source(l->segment, index, &source, e))
        return false;
    const struct reader *const reader = reader_named(source.reader);
    str const name = str_of(reader ? reader->name : NULL); /* as the worker has it */

    l->overview_open = true;
    l->source = index;
    ingest_part(l->overview, 0, name);
    ingest_latest(l->overview, latest == INSTANT_NONE ? source.modified : latest);
    ledger_source(l->ledger, name);
    return true;
}

/* Kinds and clocks of all rows. */
static bool overview(struct learner *l, struct err *e) {
    struct segment_reading reading = {.source = overview_source, .ctx = l, .salvage = true};

    if (!l->overview && !overview_new(l, e))
        return false;
    reading.sink = ingest_sink(l->overview);
    l->overview_open = false;
    bool const ok = segment_read(l->segment, &reading, e) && (!l->overview_open || overview_source_end(l, e));

    l->facts_lost |= !ok || reading.lost;
    return ok || e->code != ERR_MEMORY;
}

/* ---- rows ---- */

static bool unknown_any(const struct learner *l) {
    for (uint32_t i = 0; i < l->items; i++)
        if (segment_ask_unknown(&l->ask, i))
            return true;
    return false;
}

/* Rows in which what is not known could be found. */
static bool rows_select(struct learner *l, uint64_t *rows, struct err *e) {
    const struct worker_setup *const s = l->o.setup;
    struct select_options const options = {
        .plan = s->plan, .kinds = s->kinds, .fields = s->fields, .skip = s->skip, .indicators = l->o.indicators};
    size_t const count = s->set->rule_count;
    bool const indicators = segment_ask_unknown(&l->ask, l->items - 1) && l->ask.indicators && l->o.indicators;
    bool *const rules = calloc(count + 1, sizeof *rules);
    struct select_ask const ask = {.rules = rules,
                                   .indicators = indicators,
                                   .kinds_trusted = made_now(l->segment, KEEP_COUNT_KINDS, s->kinds_made)};
    bool ok = rules || no_memory(e);

    for (uint32_t i = 0; ok && i < count; i++)
        rules[i] = !s->skip[i] && segment_ask_unknown(&l->ask, item_of(l, i));
    ok = ok && (l->select || select_new(&l->select, &options, e)) &&
         select_rows(l->select, l->segment, &ask, rows, NULL, e);
    free(rules);
    return ok;
}

static bool rows_choose(struct learner *l, uint64_t **rows, struct err *e) {
    uint32_t const count = segment_info(l->segment)->rows;

    if (l->ask.whole)
        return true;
    if (!(*rows = calloc((size_t)count / 64 + 1, sizeof **rows)))
        return no_memory(e);
    for (uint32_t i = 0; i < l->ask.row_count; i++) {
        uint32_t const row = segment_row_at(l->ask.rows, i);

        if (row >= count)
            return err_set(e, ERR_CORRUPT, 0, "a row was asked for that the segment does not have");
        (*rows)[row / 64] |= UINT64_C(1) << row % 64;
    }
    return !unknown_any(l) || rows_select(l, *rows, e);
}

/* ---- what is told ---- */

/* What is too much to be told is not told; facts always are. */
static bool tell(struct learner *l, const struct segment_learned *learned, struct err *e) {
    struct segment_learned out = *learned;
    uint8_t *const none = calloc((size_t)l->items / 8 + 1, 1);

    if (!none)
        return no_memory(e);
    out.told = out.told ? out.told : none;
    l->message.len = 0;
    segment_learned_put(&l->message, &out, l->items);
    if (l->message.len > SEGMENT_LEARNED_MAX) {
        out.told = none;
        out.found = S("");
        out.found_count = 0;
        l->message.len = 0;
        segment_learned_put(&l->message, &out, l->items);
    }
    free(none);
    if (l->message.failed || l->message.len > SEGMENT_LEARNED_MAX)
        return no_memory(e);
    l->o.put(l->o.ctx, &(struct wire){.type = WIRE_LEARNED, .name = buf_str(&l->message)});
    return true;
}

/* Facts, if they are asked for. *kinds: to be freed. */
static bool facts_out(struct learner *l, struct segment_learned *out, uint32_t **kinds, struct err *e) {
    uint32_t const all = (uint32_t)kinds_count(l->o.setup->kinds);

    if (!(*kinds = calloc((size_t)all + 1, sizeof **kinds)) || l->clocks.failed)
        return no_memory(e);
    out->facts = l->ask.facts;
    out->clocks = out->facts ? buf_str(&l->clocks) : (str){"", 0};
    for (uint32_t i = 0; out->facts && i < all; i++)
        if (l->kinds[i])
            (*kinds)[out->kind_count++] = i;
    out->kinds = (const char *)*kinds;
    return true;
}

static bool passed_out(struct learner *l, struct err *e) {
    struct segment_learned out = {.passed = true, .lasting = true, .rows = segment_info(l->segment)->rows};
    uint32_t *kinds = NULL;
    bool const ok = facts_out(l, &out, &kinds, e) && tell(l, &out, e);

    free(kinds);
    return ok;
}

static uint64_t stix_cut(const struct learner *l) {
    const struct known *const known = l->o.setup->known;

    return known && known_stix(known) ? stix_watch_cut(known_stix(known)) : 0;
}

static void forget(struct learner *l, struct segment *s) {
    for (uint32_t i = 0; i < l->items; i++) {
        l->found[i].count = 0;
        l->found[i].lost = false;
    }
    memset(l->kinds, 0, kinds_count(l->o.setup->kinds) * sizeof *l->kinds);
    l->total = 0;
    l->facts_lost = false;
    l->segment = s;
    l->clocks.len = 0;
    l->clocked = l->clock_members = 0;
    l->regex_limits = detector_counts(l->o.detector)->regex_limits;
    l->stix_cut = stix_cut(l);
}

bool learner_begin(struct learner *l, struct segment *s, uint64_t **rows, bool *passed, struct err *e) {
    bool clocked;

    *passed = false;
    *rows = NULL;
    if (!learner_asked(l))
        return true;
    forget(l, s);
    *passed = other_time(l->o.setup, s);
    l->ask.whole |= unknown_any(l) && (!l->ask.select || (l->asks_kinds && segment_ask_unknown(&l->ask, l->items - 1)));
    if (l->ask.facts && (*passed || !l->ask.whole) && (!kinds_said(l, &clocked) || clocked) && !overview(l, e))
        return false;
    if (l->facts_lost) { /* what can be read of it says what can be known */
        l->clocks.len = 0;
        l->clocked = l->clock_members = 0;
        l->ask.whole = true;
        *passed = false;
    }
    return *passed ? passed_out(l, e) : rows_choose(l, rows, e);
}

bool learner_end(struct learner *l, const uint64_t *rows, uint32_t lost, struct err *e) {
    if (!learner_asked(l))
        return true;
    const struct worker_setup *const s = l->o.setup;
    /* Where something was lost, or a regular expression was given up, another reading may find more. */
    bool const sure = !lost && detector_counts(l->o.detector)->regex_limits == l->regex_limits;
    struct segment_learned out = {.rows = segment_info(l->segment)->rows, .lasting = sure && !l->facts_lost};
    uint8_t *const told = calloc((size_t)l->items / 8 + 1, 1);
    uint32_t *kinds = NULL;
    struct buf found = {0};

    for (uint32_t i = 0; told && sure && i < l->items; i++) {
        bool const evaluated = i < l->items - 1 ? !s->skip[i] : s->known && stix_cut(l) == l->stix_cut;

        if (!evaluated || !segment_ask_unknown(&l->ask, i) || l->found[i].lost)
            continue;
        told[i / 8] |= (uint8_t)(1u << i % 8);
        if (!l->found[i].count)
            continue;
        found_out(&found, i, &l->found[i]);
        out.found_count++;
    }
    for (uint32_t i = out.read = rows ? 0 : out.rows; rows && i < out.rows; i++)
        out.read += rows[i / 64] >> i % 64 & 1;
    out.told = told;
    out.found = buf_str(&found);
    bool const ok = told && !found.failed ? facts_out(l, &out, &kinds, e) && tell(l, &out, e) : no_memory(e);

    buf_free(&found);
    free(told);
    free(kinds);
    return ok;
}
