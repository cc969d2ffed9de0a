/* worker: jobs in, messages (wire.h) out. Whatever is wrong with it ends this process and costs the part it was reading. */
#include "hunt/worker.h"

#include <assert.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/confine.h"
#include "base/utf.h"
#include "detection/act_scan.h"
#include "detection/indicator.h"
#include "evidence/outlook.h"
#include "hunt/archive_ledger.h"
#include "hunt/archive_original.h"
#include "hunt/erasing.h"
#include "hunt/archive_keys.h"
#include "hunt/keep.h"
#include "hunt/learner.h"
#include "hunt/listing.h"
#include "hunt/ledger.h"
#include "hunt/wire.h"
#include "hunt/yara_job.h"
#include "reader/mail.h"
#include "reader/prose.h"
#include "reader/reader.h"

#define ROWS_MAX 65536u
#define HEAD_BYTES 65536u
#define SEND_BYTES ((size_t)256 << 10) /* messages are sent when so many bytes are waiting */
#define TICK_BYTES ((uint64_t)1 << 20)
#define DATA_SLACK ((size_t)192 << 20) /* beyond memory_max: windows, decompressors, one record too large */
#define YARA_SLACK                                                                                                     \
    ((size_t)256 << 20) /* and beyond that, where files are scanned: two scans, matches, what messages carry */
#define KEEP_MEMORY ((size_t)256 << 20) /* segments that are being written, and beyond that: */
#define KEEP_SLACK ((size_t)224 << 20)  /* one that is being finished, and a container that is unpacked a second time */
#define SEGMENT_MEMORY ((size_t)512 << 20) /* of what is unpacked of a segment */
#define CELLS_MAX 1024u                    /* values an event hands to correlations */
#define PATH_BYTES_MAX 65536u
#define DERIVED_SHARE 4u /* of memory_max, for values that aliases make */

/* Texts of acts that were told in this job: by hash, number + 1. */
struct words {
    uint32_t *slots;
    size_t mask;
    uint32_t *at; /* of each its slot: few are used where a file is small, and files are many */
    str *items;
    uint32_t count;
    struct arena *texts;
    uint64_t seed;
};

/* Where in a block a rule found something. */
struct mark {
    uint32_t block, row;
    field_id field; /* FIELD_NONE: in the row */
};

struct worker {
    const struct worker_setup *s;
    int channel;
    struct detector *detector;
    struct indicators *indicators;      /* NULL: none are looked for */
    struct person_scan *persons;        /* NULL: nobody is looked for */
    size_t indicator_next, person_next; /* hits of this flush that are told next */
    /* Messages of the rows in hand, until all that is asked of them has been asked: then they go out in the order of the rows. */
    uint64_t stix_cut; /* events of which patterns saw only a part, as told */
    bool staging;
    struct buf stage;
    struct staged {
        const struct block *block;
        uint32_t row;
        size_t at, size;
    } * staged;
    size_t staged_count, staged_room;
    struct stix_row {
        uint32_t block, row, rule; /* rule: of the patterns' own; UINT32_MAX: every event of its kind is asked */
    } * stix_rows;
    size_t stix_count, stix_room;
    bool sift_rules; /* of the event that is being taken: a rule might find something in it */
    bool clean;      /* and there is no indicator in it */
    struct ingest *ingest;
    struct act_scan *acts; /* NULL: none are told */
    struct words words;
    struct listing *listing;           /* NULL: no events are told */
    struct keep *keep;                 /* NULL: records are not kept */
    struct learner *learner;           /* NULL: nothing is asked of segments but to read them */
    struct buf ask;                    /* of the job */
    struct archive_keys *keys;         /* NULL: segments are not read for their keys */
    struct segment_keys *segment_keys; /* of the one that is being read for them */
    str damage_path;                   /* of what a reader tells; "": the source that is being read */
    str opened;                        /* the path of this job's file */
    const struct job *job;
    bool in_parts; /* it reads a part of the file only */
    struct sha256
        *hashing; /* of the file that is being read, its first hashed_to bytes; NULL: nothing is hashed by the way */
    uint64_t hashed_to;
    struct yara_job *yara; /* NULL: nothing is scanned */
    struct mark *marks;    /* rows in which a rule found something, and the fields */
    size_t mark_count, mark_room;
    uint64_t listed; /* events of this job */
    struct ledger *ledger;
    struct file_input file;
    struct buf out, path, member;    /* member: its path, where records are kept */
    struct wire now;                 /* the ledger's line of the source being read */
    uint32_t members;                /* of the containers of this job, so far */
    int64_t modified;                /* when what is being read was last written to */
    uint64_t ticked;                 /* bytes of the job that were told */
    uint64_t *kind_rows, *kind_told; /* by kind: events so far; of these, what the parent knows */
    struct buf kind_name;
    struct arena *cells; /* of one match */
    struct asked {
        uint32_t rule;
        field_id field;
    } * asked; /* fields that correlations ask for */
    size_t asked_count;
};

/* A worker that cannot go on says nothing more: its parent sees the closed channel and the exit status. */
static _Noreturn void give_up(void) {
    _exit(1);
}

static void send_out(struct worker *w) {
    struct err e;

    if (w->out.failed || !channel_send(w->channel, buf_str(&w->out), -1, &e))
        give_up();
    w->out.len = 0;
}

static void put(struct worker *w, const struct wire *message) {
    wire_put(&w->out, message);
    if (w->out.failed || w->out.len >= SEND_BYTES)
        send_out(w);
}

/* The job has failed, and what is half done here is of no use for the next one; the parent starts another worker. */
static _Noreturn void give_up_for(struct worker *w, str why) {
    put(w, &(struct wire){.type = WIRE_DONE, .name = why});
    send_out(w);
    give_up();
}

/* A message about a row. */
static void put_row(struct worker *w, const struct wire *message, const struct block *block, uint32_t row) {
    if (!w->staging) {
        put(w, message);
        return;
    }
    if (w->staged_count == w->staged_room) {
        struct staged *const bigger = reallocarray(w->staged, w->staged_room * 2 + 256, sizeof *bigger);

        if (!bigger)
            give_up();
        w->staged = bigger;
        w->staged_room = w->staged_room * 2 + 256;
    }
    size_t const at = w->stage.len;

    wire_put(&w->stage, message);
    if (w->stage.failed)
        give_up();
    w->staged[w->staged_count++] = (struct staged){block, row, at, w->stage.len - at};
}

static int by_staged(const void *a, const void *b) {
    const struct staged *const x = a, *const y = b;
    int const order = row_order(x->block, x->row, y->block, y->row);

    return order ? order : (x->at > y->at) - (x->at < y->at);
}

static void stage_out(struct worker *w) {
    w->staging = false;
    if (w->staged_count)
        qsort(w->staged, w->staged_count, sizeof *w->staged, by_staged);
    for (size_t i = 0; i < w->staged_count; i++) {
        buf_add(&w->out, (str){w->stage.ptr + w->staged[i].at, w->staged[i].size});
        if (w->out.failed || w->out.len >= SEND_BYTES)
            send_out(w);
    }
    w->staged_count = 0;
    w->stage.len = 0;
}

static void put_kept(void *ctx, const struct wire *message) {
    put(ctx, message);
}

static void put_yara(void *ctx, const struct wire *message) {
    put(ctx, message);
}

static bool tick(void *ctx, uint64_t offset) {
    struct worker *const w = ctx;

    if (offset > w->ticked && offset - w->ticked >= TICK_BYTES) {
        put(w, &(struct wire){.type = WIRE_TICK, .number = offset - w->ticked});
        send_out(w);
        w->ticked = offset;
    }
    return true;
}

/* ---- what comes out of detection ---- */

/* Of times that may yet be put right the parent decides. */
static bool outside(const struct worker *w, int64_t when, bool clocked) {
    return clock_outside(when, w->s->from, w->s->to, clocked ? CLOCK_MARGIN : 0);
}

/* The values of the fields by which a correlation groups and counts. */
static bool put_match(struct worker *w, const struct detect_hit *hit, struct err *e) {
    const struct row *const row = &hit->block->rows[hit->row];
    size_t names, count = 0;
    const str *const fields = correlator_fields(w->s->correlator, hit->rule, &names);
    struct correlation_cell *const cells = arena_alloc(w->cells, CELLS_MAX * sizeof *cells);
    str values[CELLS_MAX];

    if (!cells)
        return err_set(e, ERR_MEMORY, 0, "no memory for correlations");
    for (size_t i = 0; i < names; i++) {
        field_id const field = field_find(w->s->fields, fields[i]);
        size_t const found = field == FIELD_NONE ? 0
                                                 : detector_values(w->detector, hit->block, hit->row, hit->rule, field,
                                                                   values, CELLS_MAX - count);

        for (size_t k = 0; k < found; k++)
            if (arena_copy(w->cells, values[k], &cells[count].value))
                cells[count++].field = (uint32_t)i;
            else
                return err_set(e, ERR_MEMORY, 0, "no memory for correlations");
    }
    put_row(w,
            &(struct wire){.type = WIRE_MATCH,
                           .rule = hit->rule,
                           .key = ledger_clock(w->ledger, w->detector, hit->block, hit->row),
                           .match = {.when = row->when,
                                     .number = row->number,
                                     .offset = row->offset,
                                     .cells = cells,
                                     .cell_count = count}},
            hit->block, hit->row);
    arena_reset(w->cells);
    return true;
}

/* Roles that findings tell; events in a listing tell them all, and keep all fields. */
#define FINDING_ROLES (1u << ROLE_HOST | 1u << ROLE_ACCOUNT | 1u << ROLE_CLIENT_ADDRESS)

static bool mark(struct worker *w, const struct block *b, uint32_t row, field_id field, struct err *e) {
    if (w->mark_count == w->mark_room) {
        struct mark *const bigger = reallocarray(w->marks, w->mark_room * 2 + 256, sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory for what was found");
        w->marks = bigger;
        w->mark_room = w->mark_room * 2 + 256;
    }
    w->marks[w->mark_count++] = (struct mark){b->index, row, field};
    return true;
}

static bool mark_hit(struct worker *w, const struct detect_hit *hit, struct err *e) {
    if (!mark(w, hit->block, hit->row, FIELD_NONE, e))
        return false;
    for (size_t i = 0; i < hit->match_count; i++) {
        field_id const field = field_find(w->s->fields, hit->matches[i].field);

        if (field != FIELD_NONE && !mark(w, hit->block, hit->row, field, e))
            return false;
    }
    return true;
}

/* m: what else is said of it: its type, and by what it was found. */
static void put_found(struct worker *w, const struct detect_hit *hit, struct wire m) {
    const struct row *const row = &hit->block->rows[hit->row];
    char host[256], account[512], client[256];

    m.key = ledger_clock(w->ledger, w->detector, hit->block, hit->row);
    m.finding = (struct finding){.when = row->when,
                                 .zone = (enum zone)row->zone,
                                 .kind = block_row_name(hit->block, hit->row, &w->kind_name),
                                 .record = row->number,
                                 .offset = row->offset,
                                 .salvaged = row->salvaged,
                                 .logsource = hit->logsource,
                                 .matches = hit->matches,
                                 .match_count = hit->match_count};
    /* A role is a view that the next one ends: kept here. */
    char text[INSTANT_TEXT];

    m.finding.time_text = ingest_time_text(w->ingest, row);
    if (!m.finding.time_text.len)
        m.finding.time_text = instant_format(row->when, text);
    str role = utf8_first(detector_role(w->detector, hit->block, hit->row, ROLE_HOST), sizeof host);

    memcpy(host, role.ptr, role.len);
    m.finding.host = (str){host, role.len};
    role = utf8_first(detector_role(w->detector, hit->block, hit->row, ROLE_ACCOUNT), sizeof account);
    memcpy(account, role.ptr, role.len);
    m.finding.account = (str){account, role.len};
    role = utf8_first(detector_role(w->detector, hit->block, hit->row, ROLE_CLIENT_ADDRESS), sizeof client);
    memcpy(client, role.ptr, role.len);
    m.finding.client_address = (str){client, role.len};
    put_row(w, &m, hit->block, hit->row);
}

/* entry: of what is known, + 1; 0: the rule's own. */
static void put_finding(struct worker *w, const struct detect_hit *hit, uint32_t entry) {
    put_found(w, hit, (struct wire){.type = WIRE_FINDING, .rule = hit->rule, .entry = entry});
}

static void put_indicator(struct worker *w, const struct indicator_hit *h) {
    const struct row *const row = &h->block->rows[h->row];

    struct err e;

    w->indicator_next++;
    if (!learner_found(w->learner, UINT32_MAX, row->origin, &e))
        give_up();
    if (outside(w, row->when, row->time_clock))
        return;
    put_finding(w,
                &(struct detect_hit){.rule = known_rule(w->s->known, h->entry, LEVEL_INFORMATIONAL)->index,
                                     .block = h->block,
                                     .row = h->row,
                                     .logsource = {"", 0},
                                     .matches = h->matches,
                                     .match_count = h->match_count},
                h->entry + 1);
}

static void put_person(struct worker *w, const struct person_hit *h) {
    const struct row *const row = &h->block->rows[h->row];
    const struct person_match *const m = &h->match;

    w->person_next++;
    if (person_hunt_level(m) < w->s->level || outside(w, row->when, row->time_clock))
        return;
    put_found(w,
              &(struct detect_hit){.block = h->block,
                                   .row = h->row,
                                   .logsource = {"", 0},
                                   .matches = h->matches,
                                   .match_count = h->match_count},
              (struct wire){.type = WIRE_PERSON,
                            .entry = (uint32_t)persons_index(person_hunt_lists(w->s->persons), m->person),
                            .index = m->name ? (uint32_t)(m->name - m->person->names) + 1 : 0,
                            .likeness = *m});
}

/* Hits on indicators and persons in rows before this one (NULL: in all that are left), so that all findings stand in the order of the
 * events. */
static void put_known(struct worker *w, const struct block *block, uint32_t row) {
    size_t count = 0, person_count = 0;
    const struct indicator_hit *const hits = w->indicators ? indicators_hits(w->indicators, &count) : NULL;
    const struct person_hit *const persons = w->persons ? person_scan_hits(w->persons, &person_count) : NULL;

    for (;;) {
        const struct indicator_hit *const h = w->indicator_next < count ? &hits[w->indicator_next] : NULL;
        const struct person_hit *const p = w->person_next < person_count ? &persons[w->person_next] : NULL;
        bool const person = p && (!h || row_order(p->block, p->row, h->block, h->row) < 0);

        if ((!h && !p) || (block && (person ? row_order(p->block, p->row, block, row)
                                            : row_order(h->block, h->row, block, row)) >= 0))
            return;
        if (person)
            put_person(w, p);
        else
            put_indicator(w, h);
    }
}

/* ---- patterns ---- */

static bool stix_row_add(struct worker *w, uint32_t block, uint32_t row, uint32_t rule, struct err *e) {
    if (w->stix_count == w->stix_room) {
        struct stix_row *const bigger = reallocarray(w->stix_rows, w->stix_room * 2 + 256, sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory for patterns");
        w->stix_rows = bigger;
        w->stix_room = w->stix_room * 2 + 256;
    }
    w->stix_rows[w->stix_count++] = (struct stix_row){block, row, rule};
    return true;
}

/* A pattern is true of a row, or a part of one that wants more rows is. */
static bool on_stix_hit(void *ctx, const struct stix_watch_hit *hit, struct err *e) {
    struct worker *const w = ctx;
    const struct row *const row = &hit->block->rows[hit->row];
    uint32_t const entry = known_stix_entry(w->s->known, hit->pattern);

    if (!learner_found(w->learner, UINT32_MAX, row->origin, e))
        return false;
    if (outside(w, row->when, row->time_clock))
        return true;
    if (hit->alone)
        put_finding(w,
                    &(struct detect_hit){.rule = known_rule(w->s->known, entry, LEVEL_INFORMATIONAL)->index,
                                         .block = hit->block,
                                         .row = hit->row,
                                         .logsource = {"", 0}},
                    entry + 1);
    else
        put_row(w,
                &(struct wire){.type = WIRE_BRACKET,
                               .rule = hit->pattern,
                               .index = hit->bracket,
                               .key = ledger_clock(w->ledger, w->detector, hit->block, hit->row),
                               .match = {.when = row->when, .number = row->number, .offset = row->offset},
                               .number = row->element},
                hit->block, hit->row);
    return true;
}

static bool on_stix_given_up(void *ctx, const struct stix_watch_hit *at, const char *why, struct err *e) {
    struct worker *const w = ctx;
    const struct row *const row = &at->block->rows[at->row];
    char text[200];

    if (!learner_found(w->learner, UINT32_MAX, row->origin, e))
        return false;
    snprintf(text, sizeof text, "a pattern could not be told of this event: %s", why);
    put_row(w,
            &(struct wire){.type = WIRE_BRACKET,
                           .rule = at->pattern,
                           .index = UINT32_MAX,
                           .match = {.when = row->when, .number = row->number, .offset = row->offset}},
            at->block, at->row);
    put_row(w, &(struct wire){.type = WIRE_DAMAGE, .damage = {.offset = row->offset, .size = 0, .why = str_of(text)}},
            at->block, at->row);
    return true;
}

static int by_stix_row(const void *a, const void *b, void *ctx) {
    const struct stix_row *const x = a, *const y = b;
    struct block *const *const blocks = ctx;
    int const order = row_order(blocks[x->block], x->row, blocks[y->block], y->row);

    return order ? order : (x->rule > y->rule) - (x->rule < y->rule);
}

/* After the rules, which found the rows that patterns may be true of. */
static bool stix_rows_ask(struct worker *w, struct block *const *blocks, size_t count, struct err *e) {
    struct stix_watch *const stix = known_stix(w->s->known);
    struct stix_watch_sink const sink = {w, on_stix_hit, on_stix_given_up};
    uint32_t *rules;
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        for (uint32_t row = 0;
             blocks[i]->row_count && stix_watch_asks(stix, blocks[i]->kind) && row < blocks[i]->row_count; row++)
            if (!stix_row_add(w, (uint32_t)i, row, UINT32_MAX, e))
                return false;
    if (!w->stix_count)
        return true;
    if (!(rules = calloc(w->stix_count, sizeof *rules)))
        return err_set(e, ERR_MEMORY, 0, "no memory for patterns");
    qsort_r(w->stix_rows, w->stix_count, sizeof *w->stix_rows, by_stix_row, (void *)(uintptr_t)blocks);
    for (size_t i = 0, next; ok && i < w->stix_count; i = next) {
        const struct stix_row *const r = &w->stix_rows[i];
        size_t rule_count = 0;
        bool every = false;

        for (next = i; next < w->stix_count && w->stix_rows[next].block == r->block && w->stix_rows[next].row == r->row;
             next++)
            if (w->stix_rows[next].rule == UINT32_MAX)
                every = true;
            else
                rules[rule_count++] = w->stix_rows[next].rule;
        ok = stix_watch_row(stix, blocks[r->block], r->row, rules, rule_count, every, &sink, e);
    }
    free(rules);
    w->stix_count = 0;
    return ok;
}

static bool on_hit(void *ctx, const struct detect_hit *hit, struct err *e) {
    struct worker *const w = ctx;
    const struct sigma_rule *const rule = w->s->set->rules[hit->rule];
    const struct row *const row = &hit->block->rows[hit->row];
    uint32_t const entry = w->s->known ? known_entry(w->s->known, hit->rule) : INTEL_NONE;
    uint32_t theirs;
    bool const pattern = w->s->known && known_stix_rule(w->s->known, hit->rule, &theirs);
    bool const passed = outside(w, row->when, row->time_clock);

    put_known(w, hit->block, hit->row);

    /* What is learned holds for any time that is asked for: where a pattern is not asked because of that, it may be true. */
    if ((!pattern || passed) && !learner_found(w->learner, pattern ? UINT32_MAX : hit->rule, row->origin, e))
        return false;
    if (passed)
        return true;
    if (pattern)
        return stix_row_add(w, hit->block->index, hit->row, theirs, e);
    if (entry != INTEL_NONE) {
        if (indicator_active(known_intel(w->s->known), entry))
            put_finding(w, hit, entry + 1);
        return true;
    }
    if (w->s->match && !mark_hit(w, hit, e))
        return false;
    /* A salvaged record is old, and often a copy of one that is still there: it takes no part in counts. */
    if (!row->salvaged && correlator_wants(w->s->correlator, hit->rule) && !put_match(w, hit, e))
        return false;
    if (!rule->silenced && rule->level >= w->s->level)
        put_finding(w, hit, 0);
    return true;
}

static bool on_event(void *ctx, const struct normal_event *event, struct err *e) {
    struct worker *const w = ctx;

    (void)e;
    if (outside(w, event->when, event->clock) || !str_starts(event->kind, w->s->list_kind) ||
        w->listed == w->s->list_limit)
        return true;
    w->listed +=
        !event->clock || (w->s->from == INSTANT_NONE && w->s->to == INSTANT_NONE); /* others may yet be left out */
    struct wire m = {.type = WIRE_EVENT, .key = event->clock, .event = *event};

    m.event.reader = str_of(w->now.custody.reader);
    put(w, &m);
    return true;
}

/* ---- events beside findings ---- */

static bool collects(void *ctx, const struct block *b) {
    (void)ctx;
    return b->kind->collect_count > 0;
}

static bool any_row(void *ctx, const struct block *b, uint32_t row) {
    (void)ctx;
    (void)b;
    (void)row;
    return true;
}

static bool collects_field(void *ctx, const struct block *b, uint32_t row, field_id field) {
    (void)ctx;
    (void)row;
    for (size_t i = 0; i < b->kind->collect_count; i++)
        if (b->kind->collects[i] == field)
            return true;
    return false;
}

static int by_mark(const void *a, const void *b) {
    const struct mark *const x = a, *const y = b;

    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->field > y->field) - (x->field < y->field);
}

/* The first mark that is not before this one. */
static size_t mark_find(const struct worker *w, struct mark m) {
    size_t low = 0, high = w->mark_count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (by_mark(&w->marks[middle], &m) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_mark(const struct worker *w, struct mark m, bool whole) {
    size_t const at = mark_find(w, m);

    return at < w->mark_count && w->marks[at].block == m.block && w->marks[at].row == m.row &&
           (!whole || w->marks[at].field == m.field);
}

static bool watches(const struct worker *w, const struct block *b) {
    return w->s->watches && b->kind_index != KIND_UNCLAIMED && w->s->watches(w->s->watch_ctx, b->kind);
}

static bool has_marks(void *ctx, const struct block *b) {
    const struct worker *const w = ctx;
    size_t const at = mark_find(w, (struct mark){b->index, 0, 0});

    return (at < w->mark_count && w->marks[at].block == b->index) || watches(w, b);
}

static bool marked(void *ctx, const struct block *b, uint32_t row) {
    const struct worker *const w = ctx;

    return (has_mark(w, (struct mark){b->index, row, 0}, false) &&
            (!w->s->match_named || detector_role(w->detector, b, row, ROLE_ACCOUNT).len)) ||
           (watches(w, b) && (w->s->watched(w->s->watch_ctx, detector_role(w->detector, b, row, ROLE_ACCOUNT)) ||
                              w->s->watched(w->s->watch_ctx, detector_role(w->detector, b, row, ROLE_TARGET_ACCOUNT))));
}

static bool match_field(const struct worker_setup *s, field_id field) {
    for (size_t i = 0; i < s->match_field_count; i++)
        if (s->match_fields[i] == field)
            return true;
    return false;
}

static bool marked_field(void *ctx, const struct block *b, uint32_t row, field_id field) {
    const struct worker *const w = ctx;

    return match_field(w->s, field) || has_mark(w, (struct mark){b->index, row, field}, true);
}

static bool put_event(struct worker *w, enum wire_type type, const struct normal_event *event) {
    struct wire m = {.type = type, .key = event->clock, .event = *event};

    if (!outside(w, event->when, event->clock)) {
        m.event.reader = str_of(w->now.custody.reader);
        put(w, &m);
    }
    return true;
}

static bool on_collected(void *ctx, const struct normal_event *event, struct err *e) {
    (void)e;
    return put_event(ctx, WIRE_COLLECTED, event);
}

static bool on_matched(void *ctx, const struct normal_event *event, struct err *e) {
    (void)e;
    return put_event(ctx, WIRE_MATCHED, event);
}

/* After the rules: the rows that are told whole. */
static bool put_events(struct worker *w, struct err *e) {
    static struct listing_choice const collected = {collects, any_row, collects_field, NULL};
    struct listing_choice const matched = {has_marks, marked, marked_field, w};

    if (w->s->collect && !listing_run(w->listing, w->ingest, w->detector, w->ledger, &collected, on_collected, w, e))
        return false;
    if (!w->s->match)
        return true;
    if (w->mark_count)
        qsort(w->marks, w->mark_count, sizeof *w->marks, by_mark);
    bool const ok = listing_run(w->listing, w->ingest, w->detector, w->ledger, &matched, on_matched, w, e);

    w->mark_count = 0;
    return ok;
}

/* ---- acts ---- */

static void words_forget(struct words *w) {
    while (w->count)
        w->slots[w->at[--w->count]] = 0;
    arena_reset(w->texts);
}

static bool words_new(struct words *w, struct err *e) {
    w->mask = 2 * (size_t)WIRE_WORDS - 1;
    w->seed = hash_seed();
    return ((w->slots = calloc(w->mask + 1, sizeof *w->slots)) && (w->texts = arena_new(2 * WIRE_WORDS_BYTES)) &&
            (w->items = malloc(WIRE_WORDS * sizeof *w->items)) && (w->at = malloc(WIRE_WORDS * sizeof *w->at))) ||
           err_set(e, ERR_MEMORY, 0, "no memory for acts");
}

/* The number of a text, + 1; it is told when it is new. */
static uint32_t word_of(struct worker *w, str text) {
    struct words *const words = &w->words;

    if (!text.len)
        return 0;
    size_t at = hash_bytes(text, words->seed) & words->mask;

    while (words->slots[at] && !str_eq(words->items[words->slots[at] - 1], text))
        at = (at + 1) & words->mask;
    if (words->slots[at])
        return words->slots[at];
    if (!arena_copy(words->texts, text, &words->items[words->count]))
        give_up();
    words->at[words->count] = (uint32_t)at;
    words->slots[at] = ++words->count;
    put(w, &(struct wire){.type = WIRE_WORD, .index = words->count - 1, .name = text});
    return words->count;
}

/* What lies outside of the time that is asked for is none, nor is it put together with what lies inside. Of times that may yet be put right, near
 * an end of it, the parent decides. */
static enum act_wish act_wish(void *ctx, const struct block *b, uint32_t row) {
    const struct worker *const w = ctx;
    const struct row *const r = &b->rows[row];

    if (outside(w, r->when, r->time_clock))
        return ACT_LEAVE;
    return r->time_clock && (clock_near(r->when, w->s->from) || clock_near(r->when, w->s->to)) ? ACT_ALONE
                                                                                               : ACT_TOGETHER;
}

static uint64_t act_clock(void *ctx, const struct block *b, uint32_t row) {
    const struct worker *const w = ctx;

    return ledger_clock(w->ledger, w->detector, b, row);
}

static bool on_act(void *ctx, const struct activity_event *v, uint64_t clock, struct err *e) {
    struct worker *const w = ctx;
    struct wire m = {.type = WIRE_ACT, .activity = *v, .key = clock};

    (void)e;
    if (w->words.count + ACT_TEXTS > WIRE_WORDS || arena_used(w->words.texts) > WIRE_WORDS_BYTES)
        words_forget(&w->words);
    for (size_t i = 0; i < ACT_TEXTS; i++)
        m.words[i] = word_of(w, v->text[i]);
    put(w, &m);
    return true;
}

static bool put_acts(struct worker *w, struct block *const *blocks, size_t count, struct err *e) {
    struct act_owner const owner = {act_wish, act_clock, on_act, w};

    return act_scan_run(w->acts, blocks, count, &owner, e);
}

static bool put_last_acts(struct worker *w, struct err *e) {
    struct act_owner const owner = {act_wish, act_clock, on_act, w};

    return act_scan_end(w->acts, &owner, e);
}

static void put_keys(void *ctx, str keys) {
    put(ctx, &(struct wire){.type = WIRE_KEYS, .name = keys});
}

static void put_stream(void *ctx, const struct stream *s) {
    put(ctx, &(struct wire){.type = WIRE_STREAM, .stream = *s});
}

static void put_clock(void *ctx, const struct clock *c) {
    struct worker *const w = ctx;

    if (learner_asked(w->learner)) /* it says what is so of all records, and not of those that were read */
        learner_clock(w->learner, c);
    else
        put(w, &(struct wire){.type = WIRE_CLOCK, .index = w->members, .clock = *c});
}

/* Events of each kind since the last time. They go out beside the findings in them, so that both are known of a part whose
 * worker is lost later on. */
static void put_kinds(struct worker *w) {
    size_t count;
    struct block *const *const blocks = ingest_blocks(w->ingest, &count);

    memset(w->kind_rows, 0, kinds_count(w->s->kinds) * sizeof *w->kind_rows);
    for (size_t i = 0; i < count; i++)
        if (blocks[i]->kind_index != KIND_UNCLAIMED)
            w->kind_rows[blocks[i]->kind_index] += blocks[i]->rows_ever;
    for (uint32_t i = 0; i < kinds_count(w->s->kinds); i++) {
        if (w->kind_rows[i] == w->kind_told[i])
            continue;
        put(w, &(struct wire){.type = WIRE_KIND, .index = i, .number = w->kind_rows[i] - w->kind_told[i]});
        learner_kind(w->learner, i);
        w->kind_told[i] = w->kind_rows[i];
    }
}

static bool hunt_blocks(struct worker *w, struct block *const *blocks, size_t count, struct err *e) {
    bool const patterns = w->s->known && known_stix(w->s->known);

    w->indicator_next = w->person_next = 0;
    w->staging = patterns;
    if ((w->indicators && !indicators_run(w->indicators, blocks, count, e)) ||
        (w->persons && !person_scan_run(w->persons, blocks, count, e)))
        return false;
    if (!detector_run(w->detector, blocks, count, e))
        return false;
    put_known(w, NULL, 0);
    if (patterns && !stix_rows_ask(w, blocks, count, e))
        return false;
    stage_out(w);
    return true;
}

static bool on_full(void *ctx, struct err *e) {
    struct worker *const w = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(w->ingest, &count);

    if (w->keep || w->keys) {
        put_kinds(w);
        ingest_clear(w->ingest, false);
        return true;
    }
    if (!ledger_time(w->ledger, w->detector, blocks, count, e))
        return false;
    if (!w->s->list && !w->learner &&
        !ledger_note(w->ledger, w->detector, blocks, count, &w->now.custody, put_keys, w, e))
        return false;
    if (w->s->list ? !listing_run(w->listing, w->ingest, w->detector, w->ledger, NULL, on_event, w, e)
                   : !hunt_blocks(w, blocks, count, e) || !put_events(w, e))
        return false;
    if (w->acts && !put_acts(w, blocks, count, e))
        return false;
    put_kinds(w);
    ingest_clear(w->ingest, detector_bytes(w->detector) > w->s->memory_max / DERIVED_SHARE);
    return true;
}

/* Is the field, or one that an alias of the rule's log source makes it of? */
static bool serves(const struct kind_logsource *l, field_id asked, field_id field) {
    bool hidden = false;

    for (size_t i = 0; i < l->alias_count; i++)
        for (size_t s = 0; l->aliases[i].field == asked && s < l->aliases[i].source_count; s++) {
            hidden = true;
            for (size_t k = 0; k < l->aliases[i].sources[s].input_count; k++)
                if (l->aliases[i].sources[s].inputs[k] == field)
                    return true;
        }
    return !hidden && asked == field;
}

/* Records are kept as they are: of rows only kind and time are wanted. */
static struct ingest_wish wants_nothing(void *ctx, const struct block *b, field_id field) {
    (void)ctx;
    (void)b;
    (void)field;
    return (struct ingest_wish){0, 0};
}

static bool wants_every_inner(void *ctx, field_id field) {
    (void)ctx;
    (void)field;
    return true;
}

/* A record that no segment takes, and a file that cannot be read to its end, are the source's affair. Whatever else fails is not: what lies half
 * written in segments is of other sources as well. */
static bool taken(void *ctx, const struct record *r, int64_t when, str kind, struct err *e) {
    struct worker *const w = ctx;

    bool const ok = keep_record(w->keep, r, when, kind, e);

    if (!ok && e->code != ERR_LIMIT && e->code != ERR_IO)
        give_up_for(w, str_of(e->text));
    return ok;
}

static bool made(void *ctx, const struct raw *v, struct err *e) {
    struct worker *const w = ctx;

    return w->keep ? keep_made(w->keep, v, e)
                   : !w->segment_keys || segment_keys_value(w->segment_keys, v->type, (str){v->ptr, v->len}, e);
}

static struct ingest_wish wants(void *ctx, const struct block *b, field_id field) {
    const struct worker *const w = ctx;
    size_t at;

    for (size_t i = 0; i < w->asked_count; i++)
        if (logsource_covers(&w->s->set->rules[w->asked[i].rule]->logsource, b->kind, &at) &&
            serves(&b->kind->logsources[at], w->asked[i].field, field))
            return (struct ingest_wish){RAW_ANY, 0};
    if (w->s->match && match_field(w->s, field))
        return (struct ingest_wish){RAW_ANY, 0};
    struct ingest_wish wish = detector_wants(w->detector, b, field);

    if (w->s->persons && person_hunt_wants(w->s->persons, b->kind, field))
        return (struct ingest_wish){RAW_ANY, 0};
    if (w->s->known && known_stix(w->s->known) && stix_watch_wants(known_stix(w->s->known), b->kind, field))
        return (struct ingest_wish){RAW_ANY, 0};

    if (w->indicators)
        wish.sifted |= indicators_types(w->indicators) & ~wish.all;
    return wish;
}

static bool sift(void *ctx, const struct block *b, const struct raw *v) {
    const struct worker *const w = ctx;

    return (w->sift_rules && detector_sift(w->detector, b, v)) ||
           (w->indicators && !w->clean && indicators_sift(w->indicators, v));
}

static bool sift_event(void *ctx, const struct block *b, const struct record *r) {
    struct worker *const w = ctx;

    w->sift_rules = detector_sift_event(w->detector, b, r);
    return w->sift_rules || (w->indicators && !w->clean);
}

static bool clean(void *ctx, const struct record *r) {
    struct worker *const w = ctx;

    return w->clean = w->indicators && indicators_clean(w->indicators, r);
}

static bool wants_inner(void *ctx, field_id field) {
    const struct worker *const w = ctx;

    if (detector_names(w->detector, field))
        return true;
    for (size_t i = 0; i < w->asked_count; i++)
        if (w->asked[i].field == field)
            return true;
    return false;
}

static bool ask(struct worker *w) {
    size_t room = 0;

    for (uint32_t i = 0; i < w->s->set->rule_count; i++) {
        size_t count = 0;
        const str *const names =
            correlator_wants(w->s->correlator, i) ? correlator_fields(w->s->correlator, i, &count) : NULL;

        for (size_t k = 0; k < count; k++) {
            if (w->asked_count == room) {
                struct asked *const bigger = reallocarray(w->asked, room * 2 + 16, sizeof *bigger);

                if (!bigger)
                    return false;
                w->asked = bigger;
                room = room * 2 + 16;
            }
            w->asked[w->asked_count++] = (struct asked){i, field_intern(w->s->fields, names[k])};
        }
    }
    return true;
}

static void put_damage(struct worker *w, uint64_t offset, uint64_t size, str why) {
    put(w, &(struct wire){.type = WIRE_DAMAGE, .damage = {.offset = offset, .size = size, .why = why}});
}

static void on_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    struct worker *const w = ctx;

    put(w, &(struct wire){.type = WIRE_DAMAGE,
                          .name = w->damage_path,
                          .damage = {.offset = offset, .size = size, .why = str_of(why)}});
}

/* ---- one source ---- */

/* The window of another input, telling how far it has come; and hashing what is seen, as long as nothing is passed over. */
struct followed {
    struct input input;
    struct input *inner;
    struct worker *worker;
    uint64_t from; /* of the part */
};

/* The hash of the file that is being read: of its bytes up to `to`. */
static void hash_on(struct worker *w, uint64_t offset, str bytes) {
    if (!w->hashing || offset > w->hashed_to || bytes.len <= w->hashed_to - offset)
        return;
    bytes = str_from(bytes, (size_t)(w->hashed_to - offset));
    sha256_add(w->hashing, bytes);
    w->hashed_to += bytes.len;
}

static bool followed_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct followed *const f = (struct followed *)(void *)in;

    if (offset > f->from)
        tick(f->worker, offset - f->from);
    if (!f->inner->window(f->inner, offset, want, out, e))
        return false;
    hash_on(f->worker, offset, *out);
    return true;
}

/* What reads the file is to hash it as well. */
static bool hash_begin(struct worker *w, struct err *e) {
    w->hashed_to = 0;
    return (w->hashing = sha256_new()) || err_set(e, ERR_MEMORY, 0, "no memory to hash");
}

/* Hashes what has not been seen of it so far. */
static bool hash_end(struct worker *w, struct input *in, struct err *e) {
    str view = {"", 0};
    bool ok = true;

    for (bool more = w->hashing != NULL; more; more = view.len > 0) {
        if (!(ok = in->window(in, w->hashed_to, 1, &view, e)))
            break;
        hash_on(w, w->hashed_to, view);
    }
    if (w->hashing && ok)
        sha256_end(w->hashing, w->now.hash);
    w->now.hashed |= w->hashing && ok;
    sha256_free(w->hashing);
    w->hashing = NULL;
    return ok || e->code != ERR_MEMORY;
}

static void source_begin(struct worker *w) {
    w->now = (struct wire){.type = WIRE_CUSTODY,
                           .custody = {.sha256 = "", .not_read = {"", 0}, .first = INSTANT_NONE, .last = INSTANT_NONE}};
}

static void source_end(struct worker *w) {
    put(w, &w->now);
}

/* What follows is from a source, or a part of one, that a reader has read, or now reads. said: its name, which is kept with the records; the reader
 * itself may be one of a newer version (custody.reader NULL). */
static bool part_begin(struct worker *w, str said, struct err *e) {
    struct custody *const c = &w->now.custody;
    str const reader = str_of(c->reader); /* lives as long as the process: it is asked for again at the next source */

    ingest_part(w->ingest, 0, reader);
    ingest_latest(w->ingest, w->s->latest == INSTANT_NONE ? w->modified : w->s->latest);
    ledger_source(w->ledger, reader);
    if (!w->keep)
        return true;
    if (!keep_source(w->keep, w->members ? buf_str(&w->member) : w->opened, said, w->modified,
                     w->now.hashed ? w->now.hash : NULL, c->size, e))
        return false;
    if (w->in_parts)
        keep_part(w->keep, w->job->ordinal, w->job->part);
    return true;
}

static bool part_end(struct worker *w, struct err *e) {
    struct custody *const c = &w->now.custody;
    struct ingest_counts const *const n = ingest_counts(w->ingest);

    if (!hash_end(w, &w->file.input, e) || !on_full(w, e) || (w->acts && !put_last_acts(w, e)) ||
        (w->keep && !w->in_parts && w->now.hashed && !keep_ended(w->keep, w->now.hash, c->size, e)))
        return false;
    if (w->keep && w->in_parts)
        keep_part_ended(w->keep);
    if (!w->keep) {
        ledger_clocks(w->ledger, put_clock, w);
        if (!w->s->list && !w->learner)
            ledger_streams(w->ledger, put_stream, w);
    }
    c->records = n->records;
    c->salvaged = n->salvaged;
    c->repaired = n->repaired;
    c->cut = n->cut;
    c->no_kind = n->no_kind;
    c->no_time = n->no_time;
    c->years = n->years;
    c->year_breaks = n->year_breaks;
    c->twice = n->twice;
    c->never = n->never;
    c->backs = n->backs;
    c->back_s = n->back_s;
    return true;
}

/* Reads a part of a source into findings. False: memory is out, and this process with it. */
static bool read_part(struct worker *w, struct input *in, const struct reader *reader, struct part part,
                      struct err *e) {
    w->now.custody.reader = reader->name;
    if (!part_begin(w, str_of(reader->name), e))
        return false;
    if (!reader->read(in, part, ingest_sink(w->ingest), e)) {
        if (e->code == ERR_MEMORY)
            return false;
        /* The source ends here; what came before stays true. */
        if (in->size != UINT64_MAX) /* of members (their size is unknown) the container tells */
            put_damage(w, e->offset, in->size < e->offset ? 0 : in->size - e->offset, str_of(e->text));
    }
    return part_end(w, e);
}

static const struct reader *reader_of(const struct worker *w, str head) {
    const struct reader *const reader = w->s->reader ? w->s->reader : reader_for(head, w->s->kinds);

    return !reader && w->s->any_text ? reader_of_lines(head) : reader;
}

/* Why nobody reads what begins so. What goes on behind its head has not been seen, and might be a log. */
static str nobodys(str head) {
    str const first = str_first(head, HEAD_BYTES);

    if (unpack_container(first))
        return S("containers too deep within each other");
    if (outlook_begins(first))
        return S("an Outlook data file within an archive: hand it in unpacked");
    if (mail_is_index(first))
        return S("a mail server's index, which holds no mail");
    return head.len < HEAD_BYTES && prose_is(head) ? S(CUSTODY_PROSE) : S("no reader knows this format");
}

/* sha256: NULL: not known before it has been read. */
static void member_begin(struct worker *w, str path, const uint8_t *sha256) {
    struct wire m = {.type = WIRE_SOURCE, .index = ++w->members, .name = path, .hashed = sha256 != NULL};

    if (sha256)
        memcpy(m.hash, sha256, sizeof m.hash);
    put(w, &m);
    source_begin(w);
    w->member.len = 0;
    if (w->keep)
        buf_add(&w->member, path);
    if (w->member.failed)
        give_up();
}

/* ---- the hash of a member, before it has been read ---- */

struct early {
    struct worker *w;
    uint32_t members; /* so far, counted as member_begin does */
    bool found;
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
};

static bool early_leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct early *const x = ctx;

    (void)path;
    (void)depth;
    (void)in;
    (void)e;
    x->members++;
    return true;
}

static bool early_ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct early *const x = ctx;

    x->members += m->container != NULL;
    if (m->container || x->members != x->w->members)
        return true;
    x->found = true;
    memcpy(x->sha256, m->sha256, sizeof x->sha256);
    x->size = m->size;
    return err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static void early_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    (void)path;
    (void)offset;
    (void)size;
    (void)why;
}

static bool early_tick(void *ctx, uint64_t offset) {
    struct early *const x = ctx;

    (void)offset;
    put(x->w, &(struct wire){.type = WIRE_TICK}); /* nothing new was read, but somebody is alive */
    return true;
}

/* A segment must be sealed while something is being read that is known by its hash at its end only. Of a member the container is unpacked once
 * more, up to that end. */
static bool early_hash(void *ctx, uint8_t sha256[SHA256_SIZE], uint64_t *size, bool *known, struct err *e) {
    struct worker *const w = ctx;
    struct early x = {.w = w};
    struct unpack_visitor const visitor = {early_leaf, early_ended, early_damage, early_tick, NULL, &x};
    struct file_input again = {0};
    struct err why = {0};

    *known = false;
    if (!file_input_of(&again, w->file.fd, e))
        return false;
    if (!w->members) { /* the file itself: what has not been read so far is hashed now */
        bool const ended = hash_end(w, &again.input, e);

        file_input_close(&again);
        *known = w->now.hashed;
        memcpy(sha256, w->now.hash, SHA256_SIZE);
        *size = w->now.custody.size;
        return ended;
    }
    bool const ok = unpack(&again.input, w->opened, &w->s->limits, &visitor, &why);

    file_input_close(&again);
    *known = x.found;
    if (x.found) {
        memcpy(sha256, x.sha256, SHA256_SIZE);
        *size = x.size;
    } else if (!ok && why.code == ERR_MEMORY) {
        *e = why;
        return false;
    }
    return true;
}

/* What nobody knows who reads a part of a file: whoever gives out parts does, when those before it are read. */
static bool part_told(void *ctx, uint64_t ordinal, uint32_t part, struct keep_told *out, struct err *e) {
    struct worker *const w = ctx;
    struct job told;
    bool closed;

    put(w, &(struct wire){.type = WIRE_ASK, .number = ordinal, .index = part});
    send_out(w);
    if (!channel_take(w->channel, (char *)&told, sizeof told, NULL, &closed, e))
        give_up();
    assert(told.type == JOB_TOLD);
    *out = (struct keep_told){.before = told.from, .size = told.to, .hashed = told.hashed};
    memcpy(out->sha256, told.sha256, sizeof out->sha256);
    return true;
}

static bool leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct worker *const w = ctx;
    const struct reader *reader;
    str head;

    (void)depth;
    member_begin(w, path, NULL);
    if (!in->window(in, 0, HEAD_BYTES, &head, e)) { /* the container tells why */
        w->now.custody.not_read = S("it could not be unpacked");
        return e->code != ERR_MEMORY;
    }
    if (head.len == 0)
        w->now.custody.not_read = S(CUSTODY_EMPTY);
    else if (outlook_begins(head) || !(reader = reader_of(w, str_first(head, HEAD_BYTES))))
        w->now.custody.not_read = nobodys(head);
    else
        return read_part(w, in, reader, (struct part){0, UINT64_MAX}, e);
    return true;
}

static bool ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct worker *const w = ctx;

    if (m->container)
        member_begin(w, m->path, NULL);
    w->now.custody.container = m->container;
    w->now.custody.size = m->size;
    if (!m->whole && m->size == 0 && !m->container)
        w->now.custody.not_read = S("it could not be unpacked");
    w->now.hashed = true;
    memcpy(w->now.hash, m->sha256, sizeof w->now.hash);
    source_end(w);
    return !w->keep || m->container || keep_ended(w->keep, m->sha256, m->size, e);
}

/* What an archive does not say is as old as the file. */
static void dated(void *ctx, int64_t modified) {
    struct worker *const w = ctx;

    w->modified = modified == INSTANT_NONE ? w->file.modified : modified;
}

static void unpack_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    struct worker *const w = ctx;

    put(w, &(struct wire){
               .type = WIRE_DAMAGE, .name = path, .damage = {.offset = offset, .size = size, .why = str_of(why)}});
}

static bool hash_tick(void *ctx, uint64_t bytes) {
    (void)ctx;
    (void)bytes;
    return true;
}

static bool file_hash(struct worker *w, struct err *e) {
    if (w->job->hashed && w->job->to == w->file.input.size) {
        memcpy(w->now.hash, w->job->sha256, sizeof w->now.hash);
        return w->now.hashed = true;
    }
    w->now.hashed = file_input_hash(&w->file, w->now.hash, hash_tick, w, e);
    return w->now.hashed || e->code != ERR_MEMORY;
}

/* The text of an error that ends the reading of this source but not of others. */
static void not_read(struct worker *w, const struct err *e) {
    w->now.custody.not_read = str_of(e->text);
}

/* ---- segments of an archive ---- */

/* Its rows, as the readers once handed them over: each source is a member. */
struct segment_job {
    struct worker *w;
    struct segment *segment;
    bool open;                    /* a member is */
    struct segment_source source; /* that */
};

/* What is kept of them, without the values that are to go. */
struct erasing_sink {
    struct event_sink sink; /* first */
    struct event_sink *to;
    struct erasing *erasing;
};

static bool erasing_wants(struct event_sink *sink, field_id field) {
    struct event_sink *const to = ((struct erasing_sink *)(void *)sink)->to;

    return !to->wants || to->wants(to, field);
}

static bool erasing_wants_inner(struct event_sink *sink, field_id field) {
    struct event_sink *const to = ((struct erasing_sink *)(void *)sink)->to;

    return to->wants_inner && to->wants_inner(to, field);
}

static bool erasing_take(struct event_sink *sink, const struct record *r, struct err *e) {
    struct erasing_sink *const x = (struct erasing_sink *)(void *)sink;
    struct record without;

    return erasing_record(x->erasing, sink->fields, r, &without, e) && x->to->record(x->to, &without, e);
}

static void erasing_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct event_sink *const to = ((struct erasing_sink *)(void *)sink)->to;

    to->damage(to, offset, size, why);
}

static struct event_sink *without(struct worker *w, struct erasing_sink *x) {
    struct event_sink *const to = ingest_sink(w->ingest);

    *x = (struct erasing_sink){.sink = {.fields = to->fields,
                                        .kinds = to->kinds,
                                        .house = to->house,
                                        .wants = erasing_wants,
                                        .wants_inner = erasing_wants_inner,
                                        .record = erasing_take,
                                        .damage = erasing_damage},
                               .to = to,
                               .erasing = w->s->erasing};
    return x->erasing ? &x->sink : to;
}

static bool source_without(struct worker *w, str *text, struct err *e) {
    bool changed;
    str out;

    if (!w->s->erasing)
        return true;
    if (!erasing_text(w->s->erasing, *text, &changed, &out, NULL, e))
        return false;
    *text = changed ? out : *text;
    return true;
}

static bool segment_member_end(struct segment_job *j, struct err *e) {
    if (j->open) {
        j->open = false;
        if (!part_end(j->w, e))
            return false;
        source_end(j->w);
    }
    return true;
}

/* Parts of one file? */
static bool same_source(const struct segment_source *a, const struct segment_source *b) {
    return str_eq(a->path, b->path) && str_eq(a->reader, b->reader) && a->size == b->size &&
           memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

static bool segment_member(void *ctx, uint32_t index, struct err *e) {
    struct segment_job *const j = ctx;
    struct worker *const w = j->w;
    struct segment_source source;

    if (!segment_source(j->segment, index, &source, e))
        return false;
    if (j->open && same_source(&source, &j->source))
        return true;
    if (!segment_member_end(j, e))
        return false;
    j->source = source;
    if (!source_without(w, &source.path, e))
        return false;
    const struct reader *const reader = reader_named(source.reader);
    bool const hashed = segment_source_hashed(&source);

    member_begin(w, source.path, hashed ? source.sha256 : NULL);
    if (w->acts) /* what is said of one member is read without what was said of others */
        words_forget(&w->words);
    w->now.custody.reader = reader ? reader->name : NULL;
    w->now.custody.size = source.size;
    w->now.hashed = hashed;
    memcpy(w->now.hash, source.sha256, sizeof w->now.hash);
    w->modified = source.modified;
    j->open = true;
    learner_source(w->learner, index);
    return source_without(w, &source.reader, e) && part_begin(w, source.reader, e) &&
           (!w->keep || keep_counts(w->keep, source.counts, source.count_count, e));
}

/* ---- the ledger of an archive ---- */

/* Damage that was told when a source was added, until its line comes. */
struct told {
    str path, why;
    uint64_t offset, size;
};

struct ledger_job {
    struct worker *w;
    struct arena *texts;
    struct told *told;
    size_t count, room;
};

#define TOLD_BYTES_MAX ((size_t)32 << 20)
#define TOLD_MAX ((size_t)1 << 18)

/* Of the source with that path; what else is left when `all` is true: it lay in it, and has no line of its own. */
static void told_out(struct ledger_job *j, str path, bool all) {
    size_t left = 0;

    for (size_t i = 0; i < j->count; i++) {
        const struct told *const t = &j->told[i];
        bool const its = str_eq(t->path, path);

        if (its || all)
            put(j->w, &(struct wire){.type = WIRE_DAMAGE,
                                     .name = its ? S("") : t->path,
                                     .damage = {.offset = t->offset, .size = t->size, .why = t->why}});
        else
            j->told[left++] = *t;
    }
    j->count = left;
    if (!left)
        arena_reset(j->texts);
}

/* No line has come for it, or there is too much of it to wait for one. */
static void told_end(struct ledger_job *j) {
    if (!j->count)
        return;
    put(j->w, &(struct wire){.type = WIRE_SOURCE, .index = 0});
    told_out(j, S(""), true);
}

static bool told_note(struct ledger_job *j, const struct custody_damage *d, struct err *e) {
    struct told t = {.offset = d->offset, .size = d->size};

    if (j->count == TOLD_MAX || arena_used(j->texts) + d->path.len + d->why.len > TOLD_BYTES_MAX)
        told_end(j);
    if (j->count == j->room) {
        struct told *const bigger = reallocarray(j->told, j->room * 2 + 16, sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory to read a ledger");
        j->told = bigger;
        j->room = j->room * 2 + 16;
    }
    if (!arena_copy(j->texts, d->path, &t.path) || !arena_copy(j->texts, d->why, &t.why))
        return err_set(e, ERR_MEMORY, 0, "no memory to read a ledger");
    j->told[j->count++] = t;
    return true;
}

/* All lines of what was added, each with its damage, and what was damaged in it. */
static bool ledger_all(void *ctx, const struct ledger_row *row, struct err *e) {
    struct ledger_job *const j = ctx;
    struct wire m = {.type = WIRE_KEPT, .index = row->file.member, .custody = row->file};

    if (row->line == LEDGER_DAMAGE)
        return told_note(j, &row->damage, e);
    if (row->line != LEDGER_FILE)
        return true;
    bool const hashed = sha256_of_hex(str_of(row->file.sha256), m.hash);

    member_begin(j->w, row->file.path, hashed ? m.hash : NULL);
    put(j->w, &m);
    told_out(j, row->file.path, !row->file.member);
    return true;
}

/* Where it is not put together with anything: lines of files of which there are no records. */
static bool ledger_line(void *ctx, const struct ledger_row *row, struct err *e) {
    struct worker *const w = ctx;

    (void)e;
    if (row->line == LEDGER_DAMAGE)
        put(w,
            &(struct wire){.type = WIRE_DAMAGE,
                           .name = row->damage.path,
                           .damage = {.offset = row->damage.offset, .size = row->damage.size, .why = row->damage.why}});
    if (row->line != LEDGER_FILE || row->file.records || row->file.salvaged)
        return true;
    bool hashed;
    uint8_t sha256[SHA256_SIZE] = {0};

    hashed = sha256_of_hex(str_of(row->file.sha256), sha256);
    member_begin(w, row->file.path, hashed ? sha256 : NULL);
    w->now.custody = row->file;
    w->now.custody.damages = w->now.custody.damage_bytes = 0; /* they are told */
    w->now.hashed = hashed;
    memcpy(w->now.hash, sha256, sizeof w->now.hash);
    source_end(w);
    return true;
}

static bool ledger_rows(struct worker *w, struct segment *s, struct err *e) {
    struct ledger_job j = {.w = w};
    bool ok;

    if (w->s->list || w->s->keep)
        return ledger_read(s, w->s->fields, ledger_line, w, e);
    if (!(j.texts = arena_new(2 * TOLD_BYTES_MAX)))
        return err_set(e, ERR_MEMORY, 0, "no memory to read a ledger");
    ok = ledger_read(s, w->s->fields, ledger_all, &j, e);
    told_end(&j);
    arena_free(j.texts);
    free(j.told);
    return ok;
}

static void put_index_keys(void *ctx, str bytes) {
    put(ctx, &(struct wire){.type = WIRE_INDEX_KEYS, .name = bytes});
}

static void put_index_addresses(void *ctx, str bytes) {
    put(ctx, &(struct wire){.type = WIRE_INDEX_ADDRESSES, .name = bytes});
}

/* Its keys, as keep.c makes them of a new one: of what kinds make of its records, and of its columns. What is damaged has none: it is to be looked at. */
static bool segment_index(struct worker *w, struct segment *s, struct err *e) {
    struct archive_keys_to const to = {put_index_keys, put_index_addresses, w};
    struct segment_job job = {.w = w, .segment = s};
    struct segment_reading reading = {.sink = ingest_sink(w->ingest), .source = segment_member, .ctx = &job};

    if (!segment_keys_new(&w->segment_keys, w->keys, e))
        return false;
    bool const read = segment_read(s, &reading, e);
    bool const ok = segment_member_end(&job, e) && read && segment_keys_end(w->segment_keys, s, false, &to, e);

    segment_keys_free(w->segment_keys);
    w->segment_keys = NULL;
    if (ok)
        put(w, &(struct wire){.type = WIRE_INDEXED});
    return ok;
}

static bool segment_rows(struct worker *w, struct segment *s, struct err *e) {
    struct segment_job job = {.w = w, .segment = s};
    struct erasing_sink erasing;
    struct segment_reading reading = {
        .sink = without(w, &erasing), .source = segment_member, .ctx = &job, .salvage = true};
    uint64_t *rows = NULL;
    bool passed;
    bool ledger, original, ok;

    if (!ledger_is(s, &ledger, e) || !original_is(s, &original, e))
        return false;
    if (original && !w->keep) /* bytes of files are no events */
        return true;
    if (ledger)
        return w->keys || ledger_rows(w, s, e);
    if (w->keys)
        return segment_index(w, s, e);
    if (!learner_begin(w->learner, s, &rows, &passed, e) || passed) {
        free(rows);
        return passed;
    }
    reading.rows = rows;
    ingest_origin(w->ingest, &reading.row);
    ok = segment_read(s, &reading, e);
    ok = segment_member_end(&job, e) && ok;
    ingest_origin(w->ingest, NULL);
    if (ok || e->code != ERR_MEMORY)
        ok = learner_end(w->learner, rows, reading.lost + !ok, e) && ok;
    free(rows);
    return ok;
}

/* The first 16 digits of the hash in the name that a segment has in an archive; empty: it is no such name. */
static str name_digits(str path) {
    str name = path;
    size_t at;

    while ((at = str_find_byte(name, '/')) != SIZE_MAX)
        name = str_from(name, at + 1);
    if ((at = str_find_byte(name, '-')) < 8 || at == SIZE_MAX || !str_ends(name, S(".lws")) ||
        name.len != at + 1 + 16 + 4)
        return S("");
    return str_first(str_from(name, at + 1), 16);
}

/* Is another segment in its place? What is damaged has another hash than its name says as well, and what is left of it is read; but a whole
 * segment with another hash is not the one that was added. */
static bool misplaced(struct worker *w, struct segment *s, str path, struct err *e) {
    str const digits = name_digits(path);
    char hex[2 * SHA256_SIZE + 1];

    sha256_hex(w->now.hash, hex);
    if (!w->now.hashed || !digits.len || memcmp(digits.ptr, hex, 16) == 0)
        return false;
    bool const whole = segment_check(s, NULL, NULL, e);

    segment_forget(s);
    if (!whole)
        *e = (struct err){0};
    return whole &&
           !err_set(e, ERR_CORRUPT, 0,
                    "this is not the segment that was added under this name, but another one: nothing of it is read");
}

static bool read_segment(struct worker *w, str path, struct err *e) {
    size_t const size = (size_t)w->file.input.size;
    struct wire outermost;
    struct segment *s = NULL;
    bool ok;

    if (!learner_asked(w->learner) && !file_hash(w, e)) /* what is asked of it is little beside all its bytes */
        return false;
    outermost = w->now;
    void *const bytes = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, w->file.fd, 0) : NULL;

    if (bytes == MAP_FAILED)
        return err_set(e, ERR_MEMORY, 0, "no memory to read a segment");
    w->damage_path = path;
    struct segment_opening const how = {.memory_max = SEGMENT_MEMORY, .keys = w->s->keys};

    ok = segment_open_with(&s, size ? (str){bytes, size} : S(""), path, &how, e) && !misplaced(w, s, path, e) &&
         segment_rows(w, s, e);
    w->damage_path = S("");
    segment_close(s);
    if (size)
        munmap(bytes, size);
    if (!ok && e->code == ERR_MEMORY)
        return false;
    put(w, &(struct wire){.type = WIRE_SOURCE, .index = 0});
    if (!ok)
        put_damage(w, e->offset, 0, str_of(e->text));
    outermost.custody.container = "segment";
    w->now = outermost;
    return true;
}

static bool read_file(struct worker *w, str path, struct err *e) {
    struct followed in = {{followed_window, w->file.input.size}, &w->file.input, w, 0};
    const struct reader *reader;
    const char *container;
    uint64_t part_size = 0;
    str head;

    w->now.custody.size = w->file.input.size;
    if (!w->file.input.window(&w->file.input, 0, HEAD_BYTES, &head, e)) {
        not_read(w, e);
        return e->code != ERR_MEMORY;
    }
    head = str_first(head, HEAD_BYTES);
    /* What was a segment once is none of anybody else's formats now, and not an empty file either. */
    if (segment_begins(head) || name_digits(path).len)
        return read_segment(w, path, e);
    if (head.len == 0) {
        w->now.custody.not_read = S(CUSTODY_EMPTY);
        return file_hash(w, e);
    }
    if ((container = unpack_container(head))) {
        struct unpack_visitor const visitor = {leaf, ended, unpack_damage, tick, dated, w};

        if (!file_hash(w, e)) /* the outermost file's own line comes last: kept until then */
            return false;
        struct wire outermost = w->now;
        bool const ok = unpack(&w->file.input, path, &w->s->limits, &visitor, e);

        put(w, &(struct wire){.type = WIRE_SOURCE, .index = 0});
        if (!ok && e->code != ERR_MEMORY)
            put_damage(w, e->offset, 0, str_of(e->text));
        outermost.custody.container = container;
        w->now = outermost;
        return ok || e->code != ERR_MEMORY;
    }
    if (!(reader = reader_of(w, head))) {
        w->now.custody.not_read = nobodys(head);
        return file_hash(w, e);
    }
    if (reader->part_size)
        part_size = reader->part_size(head);
    if (part_size == 0 || (w->keep && !w->s->keep_parts) || part_size >= w->file.input.size) {
        if (w->job->hashed && !file_hash(w, e))
            return false;
        return (w->now.hashed || hash_begin(w, e)) && read_part(w, &in.input, reader, (struct part){0, UINT64_MAX}, e);
    }
    put(w, &(struct wire){.type = WIRE_SPLIT, .number = part_size, .name = str_of(reader->name)});
    send_out(w); /* others may begin with the parts behind this one */
    w->in_parts = true;
    return read_part(w, &in.input, reader, (struct part){0, part_size}, e);
}

/* ---- jobs ---- */

/* What was learned since the job before: matches taken away by filters, and what is left of the kinds. */
static void put_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t n) {
    put(ctx, &(struct wire){.type = WIRE_FILTERED, .rule = rule, .index = filter, .number = n});
}

static void put_learned(struct worker *w) {
    put_kinds(w);
    detector_filtered(w->detector, put_filtered, w);
    if (detector_counts(w->detector)->regex_limits)
        put(w, &(struct wire){.type = WIRE_GIVEN_UP, .number = detector_counts(w->detector)->regex_limits});
    if (w->s->known && known_stix(w->s->known) && stix_watch_cut(known_stix(w->s->known)) > w->stix_cut) {
        char why[120];
        uint64_t const cut = stix_watch_cut(known_stix(w->s->known));

        snprintf(why, sizeof why, "patterns were asked of a part of %lu events only, which have too many values",
                 (unsigned long)(cut - w->stix_cut));
        put_damage(w, 0, 0, str_of(why));
        w->stix_cut = cut;
    }
}

static bool is_segment(struct worker *w) {
    struct err e;
    str head;

    return w->file.input.window(&w->file.input, 0, HEAD_BYTES, &head, &e) && segment_begins(head);
}

static bool do_job(struct worker *w, const struct job *job, str path, str ask, struct err *e) {
    bool ok = true;

    if (!learner_ask(w->learner, ask))
        return err_set(e, ERR_CORRUPT, 0, "what is asked of the segment was not understood");

    source_begin(w);
    w->modified = w->file.modified;
    w->opened = path;
    w->job = job;
    w->in_parts = false;
    w->ticked = 0;
    w->listed = 0;
    w->members = 0;
    if (w->acts)
        words_forget(&w->words);
    if (job->type == JOB_HASH) {
        struct wire m = {.type = WIRE_HASH};

        if (!file_input_hash(&w->file, m.hash, hash_tick, w, e))
            return e->code != ERR_MEMORY; /* no message: the parent notes that there is none */
        put(w, &m);
        return true;
    }
    if (job->type == JOB_SEAL)
        return !w->keep || keep_seal(w->keep, e);
    if (job->type == JOB_SCAN && is_segment(w)) {
        put(w, &(struct wire){.type = WIRE_UNSCANNED,
                              .omission = {.name = {"", 0},
                                           .why = S("an archive keeps records, and not the files that rules of files "
                                                    "are of")}});
        return true;
    }
    if (job->type == JOB_SCAN) /* it has no line in the ledger */
        return !w->yara || yara_job_run(w->yara, &w->file.input, path, e);
    if (job->type == JOB_FILE) {
        ok = read_file(w, path, e);
    } else {
        const struct reader *const reader = reader_named(str_of(job->reader));
        struct followed in = {{followed_window, w->file.input.size}, &w->file.input, w, job->from};

        assert(reader);
        w->in_parts = true;
        ok = read_part(w, &in.input, reader, (struct part){job->from, job->to}, e);
    }
    if (ok)
        source_end(w);
    return ok;
}

static void work(struct worker *w) {
    struct job job;
    struct err e = {0};
    bool closed;
    int fd;

    while (channel_take(w->channel, (char *)&job, sizeof job, &fd, &closed, &e) && job.type != JOB_END) {
        w->path.len = 0;
        if (job.path_len > PATH_BYTES_MAX || !buf_reserve(&w->path, job.path_len + 1) ||
            !channel_take(w->channel, w->path.ptr, job.path_len, NULL, &closed, &e))
            give_up();
        w->path.len = job.path_len;
        if (w->learner) {
            struct buf *const b = &w->ask;

            b->len = 0;
            if (job.ask_len > SEGMENT_ASK_MAX || !buf_reserve(b, job.ask_len + 1) ||
                !channel_take(w->channel, b->ptr, job.ask_len, NULL, &closed, &e))
                give_up();
            b->len = job.ask_len;
        }
        job.reader[sizeof job.reader - 1] = '\0';
        e = (struct err){0};
        bool const ok = (job.type == JOB_SEAL || file_input_of(&w->file, fd, &e)) &&
                        do_job(w, &job, buf_str(&w->path), buf_str(&w->ask), &e);

        if (job.type != JOB_SEAL) {
            file_input_close(&w->file);
            close(fd);
        }
        if (ok)
            put_learned(w);
        if (!ok)
            give_up_for(w, str_of(e.text));
        put(w, &(struct wire){.type = WIRE_DONE, .name = {"", 0}});
        send_out(w);
    }
}

_Noreturn void worker_run(const struct worker_setup *setup, int channel) {
    struct worker w = {.s = setup, .channel = channel, .damage_path = {"", 0}, .opened = {"", 0}};
    bool const plain = setup->keep || setup->index; /* of rows nothing is wanted */
    struct err e = {0};
    struct detect_options const detect = {
        .plan = setup->plan, .fields = setup->fields, .skip = setup->skip, .hit = on_hit, .ctx = &w};
    struct ingest_options const ingest = {.fields = setup->fields,
                                          .kinds = setup->kinds,
                                          .house = setup->house,
                                          .wants = plain         ? wants_nothing
                                                   : setup->list ? NULL
                                                                 : wants,
                                          .roles = setup->match ? 0 : FINDING_ROLES,
                                          .collect = setup->collect,
                                          .acts = setup->acts,
                                          .sift = sift,
                                          .sift_event = sift_event,
                                          .clean = setup->known && !setup->list ? clean : NULL,
                                          .wants_inner = plain         ? wants_every_inner
                                                         : setup->list ? NULL
                                                                       : wants_inner,
                                          .kinds_only = setup->keep,
                                          .taken = setup->keep ? taken : NULL,
                                          .made = setup->key_secret ? made : NULL,
                                          .zone = setup->zone_rules,
                                          .unclaimed = setup->list || setup->known || setup->persons,
                                          .full = on_full,
                                          .damage = on_damage,
                                          .ctx = &w,
                                          .rows_max = ROWS_MAX,
                                          .bytes_max = setup->memory_max};
    struct yara_job_setup const yara = {.set = setup->yara,
                                        .limits = &setup->yara_limits,
                                        .level = setup->level,
                                        .fields = setup->fields,
                                        .kinds = setup->kinds,
                                        .unpack = &setup->limits,
                                        .put = put_yara,
                                        .tick = tick,
                                        .ctx = &w};
    struct keep_options const keep = {.fields = setup->fields,
                                      .writing = setup->writing,
                                      .memory_max = KEEP_MEMORY,
                                      .secret = setup->key_secret,
                                      .kinds = kinds_fingerprint(setup->kinds),
                                      .times = setup->times,
                                      .put = put_kept,
                                      .hash = early_hash,
                                      .part = part_told,
                                      .ctx = &w};
    size_t const slack = DATA_SLACK + SEGMENT_MEMORY + (setup->yara ? YARA_SLACK : 0) +
                         (setup->keep || setup->index ? KEEP_MEMORY + KEEP_SLACK : 0);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the parent decides when it is over */
    signal(SIGTERM, SIG_DFL);
    w.kind_rows = calloc(kinds_count(setup->kinds) + 1, sizeof *w.kind_rows);
    w.kind_told = calloc(kinds_count(setup->kinds) + 1, sizeof *w.kind_told);
    if (!w.kind_rows || !w.kind_told || !ask(&w))
        err_set(&e, ERR_MEMORY, 0, "no memory to begin");
    if (!(w.ledger = ledger_new(setup->kinds, setup->key_seeds)))
        err_set(&e, ERR_MEMORY, 0, "no memory to begin");
    if ((setup->list || setup->collect || setup->match) && !(w.listing = listing_new(setup->fields)))
        err_set(&e, ERR_MEMORY, 0, "no memory to begin");
    if (!e.code && setup->keep)
        (void)!keep_new(&w.keep, &keep, &e);
    if (!e.code && setup->index)
        (void)!archive_keys_new(&w.keys, setup->key_secret, &e);
    if (!e.code && setup->acts && !setup->list)
        (void)!(act_scan_new(&w.acts, &e) && words_new(&w.words, &e));
    if (!e.code && setup->known && !setup->list)
        (void)!indicators_new(&w.indicators, known_marks(setup->known), setup->fields, &e);
    if (!e.code && setup->persons)
        (void)!person_scan_new(&w.persons, setup->persons, kinds_home(setup->kinds), &e);
    if (w.indicators)
        indicators_country(w.indicators, kinds_home(setup->kinds));
    if (e.code || (setup->yara && !yara_job_new(&w.yara, &yara, &e)) || !detector_new(&w.detector, &detect, &e) ||
        !ingest_new(&w.ingest, &ingest, &e) ||
        (setup->asks &&
         !learner_new(
             &w.learner,
             &(struct learner_options){
                 .setup = setup, .detector = w.detector, .indicators = w.indicators, .put = put_kept, .ctx = &w},
             &e)) ||
        !(w.cells = arena_new((size_t)64 << 20)) || !confine_self(setup->memory_max + slack, &e)) {
        give_up_for(&w, str_of(e.text));
    }
    put(&w, &(struct wire){.type = WIRE_DONE, .name = {"", 0}});
    send_out(&w);
    work(&w);
    _exit(0);
}
