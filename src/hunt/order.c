/* order: a queue of sources; the first of them is reported part by part. */
#include "hunt/order.h"

#include <assert.h>
#include <unistd.h>

#include "base/sorter.h"
#include "hunt/act_fold.h"
#include "hunt/ledger.h"
#include "reader/reader.h"

#define SPOOL_MEMORY ((size_t)32 << 20)
#define PLACES_MEMORY ((size_t)16 << 20)
#define SECOND INT64_C(1000000000)
#define KEYS_MEMORY ((size_t)16 << 20)
#define ELSEWHERE_BYTES_MAX ((size_t)16 << 20) /* names of files and hosts */
#define ELSEWHERE_ALONE_MAX 65536u
#define ELSEWHERE_RIGHTED_MAX CLOCKS_MAX

/* A source of which some event took part in a correlation. */
struct known {
    uint8_t sha256[SHA256_SIZE];
    str path;
};

/* A clock that was put right in some file, and by how much. */
struct righted {
    uint64_t key;
    int64_t offset_s;
};

/* What files say of clocks that others may know better: told when all have been read. */
struct elsewhere {
    struct arena *texts;
    struct righted *righted; /* one for each key and offset */
    size_t righted_count, righted_room;
    struct alone {
        uint64_t key;
        struct custody_clock clock; /* without verdict */
    } * alone;                      /* in the order of the evidence */
    size_t alone_count, alone_room;
    bool lost; /* there were more than are remembered */
};

#define LABELLED 256u
struct labelled {
    uint32_t entry; /* + 1; 0: none */
    struct intel_label labels[FINDING_LABELS_MAX];
    size_t count;
};

struct order {
    const struct hunt_options *o;
    struct gathering_file *known_file; /* of order_known, and its */
    const uint64_t *known_seeds;
    struct correlator *correlator;
    struct spools spools;
    struct gathering *gather; /* NULL: no segment came */
    bool all_ended;           /* nothing more comes of any source */
    struct sorter *places;    /* messages of one source whose parts lie within each other */
    struct act_fold *folds;   /* its acts; NULL: nobody needed it so far */
    bool folding;             /* what is reported now is such a source */
    struct sorter *acts;      /* its acts in the order of its records, before they are put together */
    bool acts_meet;           /* they must be: some of an hour lie in several of its parts */
    struct buf act;
    struct source *first, *last;
    size_t waiting;
    uint64_t findings;
    uint64_t yara_findings;
    struct yara_counts scanned;
    struct arena *message; /* of one message */
    struct arena *names;   /* paths of known sources */
    struct known *known;   /* equal bytes, one number (Sigma 9.2: an event counts once) */
    uint32_t known_count, known_room;
    uint32_t *slots; /* of known: number + 1, by hash */
    uint32_t slot_mask;
    /* The source being reported: */
    struct source *now;
    uint32_t index;                 /* of the member; 0: the file itself */
    struct buf path;                /* of the member */
    uint8_t (*hashes)[SHA256_SIZE]; /* by index */
    bool *hashed;
    size_t hash_room;
    char hex[2 * SHA256_SIZE + 1];
    struct custody member;       /* its counts, when it is one */
    uint64_t records_before;     /* of earlier parts, whose reader counts within parts */
    struct coverage source, all; /* of what is being reported; of all that was */
    struct stream numbers;       /* of the records of what is being reported, where they are the format's own */
    uint64_t clock_key; /* of the last time that was asked about, in what is being reported, and what it came to */
    int64_t clock_shift;
    uint64_t lines; /* of the ledger, so far */
    struct elsewhere elsewhere;
    struct sorter *keys; /* of events, and the lines of the ledger they belong to; NULL: none came */
    uint64_t key_count;
    struct labelled labelled[LABELLED];
    /* Words of the part being reported (WIRE_WORD): */
    struct arena *word_texts; /* NULL: none came */
    str *words;
    size_t word_count, word_room;
    struct stix_collect *stix; /* NULL: no bracket was hit yet */
    struct bracketed {
        uint32_t source;
        int64_t when;
        uint64_t record, offset, element;
    } * bracketed;
    size_t bracketed_count, bracketed_room;
};

static void numbers_forget(struct order *o) {
    stream_numbers_lose(&o->numbers);
    o->numbers = (struct stream){.host = {"", 0}, .log = {"", 0}, .first = INSTANT_NONE, .last = INSTANT_NONE};
}

bool order_new(struct order **out, const struct hunt_options *options, struct correlator *correlator, struct err *e) {
    struct order *const o = calloc(1, sizeof *o);

    if (!o)
        return err_set(e, ERR_MEMORY, 0, "no memory to hunt");
    o->o = options;
    o->correlator = correlator;
    spools_init(&o->spools, SPOOL_MEMORY);
    coverage_init(&o->source);
    numbers_forget(o);
    coverage_init(&o->all);
    o->message = arena_new((size_t)128 << 20);
    o->names = arena_new((size_t)1 << 30);
    if (!o->message || !o->names) {
        order_free(o);
        return err_set(e, ERR_MEMORY, 0, "no memory to hunt");
    }
    *out = o;
    return true;
}

static void first_drop(struct order *o) {
    struct source *const s = o->first;

    for (uint32_t i = 0; i < s->parts; i++)
        spool_free(&o->spools, &s->results[i].spool);
    spool_free(&o->spools, &s->scan);
    if (s->fd >= 0)
        close(s->fd);
    o->first = s->next;
    if (!o->first)
        o->last = NULL;
    o->waiting--;
    buf_free(&s->not_read);
    clocks_free(&s->clocks);
    free(s->results);
    free(s);
}

void order_free(struct order *o) {
    if (!o)
        return;
    while (o->first)
        first_drop(o);
    gathering_free(o->gather);
    sorter_free(o->places);
    act_fold_free(o->folds);
    sorter_free(o->acts);
    buf_free(&o->act);
    spools_close(&o->spools);
    numbers_forget(o);
    coverage_free(&o->source);
    coverage_free(&o->all);
    sorter_free(o->keys);
    arena_free(o->elsewhere.texts);
    stix_collect_free(o->stix);
    arena_free(o->word_texts);
    free(o->words);
    free(o->bracketed);
    free(o->elsewhere.righted);
    free(o->elsewhere.alone);
    arena_free(o->message);
    arena_free(o->names);
    buf_free(&o->path);
    free(o->known);
    free(o->slots);
    free(o->hashes);
    free(o->hashed);
    free(o);
}

struct source *order_source(struct order *o, const struct found_file *file) {
    return order_source_behind(o, o->last, file);
}

struct source *order_source_behind(struct order *o, struct source *before, const struct found_file *file) {
    struct source *const s = calloc(1, sizeof *s);

    if (!s || !(s->results = calloc(1, sizeof *s->results))) {
        free(s);
        return NULL;
    }
    s->file = file;
    s->fd = -1;
    s->parts = 1;
    s->hash_sent = s->hash_ended = true; /* until it is read in parts, its one part brings the hash */
    s->scan_sent = s->scan_ended = true;
    s->total = (struct custody){
        .path = file->path, .sha256 = "", .not_read = {"", 0}, .first = INSTANT_NONE, .last = INSTANT_NONE};
    if (before) {
        s->next = before->next;
        before->next = s;
    } else {
        o->first = s;
    }
    if (o->last == before)
        o->last = s;
    o->waiting++;
    return s;
}

size_t order_waiting(const struct order *o) {
    return o->first && o->first->segment ? 0 : o->waiting; /* one may wait for all others */
}

bool order_split(struct source *s, uint64_t part_size, str reader, struct err *e) {
    uint64_t const parts = s->size / part_size + (s->size % part_size != 0);
    struct part_result *bigger;

    if (s->part_size || parts < 2 || parts > UINT32_MAX / sizeof *bigger || reader.len >= sizeof s->reader)
        return err_set(e, ERR_LIMIT, 0, "%.*s: more parts than can be read", STR_ARG(s->file->path));
    if (!(bigger = realloc(s->results, parts * sizeof *bigger)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the parts of a file");
    memset(bigger + 1, 0, (parts - 1) * sizeof *bigger);
    s->results = bigger;
    s->parts = (uint32_t)parts;
    s->part_size = part_size;
    memcpy(s->reader, reader.ptr, reader.len);
    s->reader[reader.len] = '\0';
    s->hash_sent = s->hash_ended = false;
    return true;
}

bool order_add(struct order *o, struct source *s, uint32_t part, str message, struct err *e) {
    assert(part < s->parts && !s->results[part].ended);
    return spool_add(&o->spools, &s->results[part].spool, message, e);
}

bool order_segment(struct order *o, struct source *s, struct err *e) {
    if (o->o->kept || o->o->indexed)
        return true;
    return (o->gather || gathering_new(&o->gather, &o->spools, e)) &&
           ((s->segment = gathering_file(o->gather, s->file->path, !o->o->event)) ||
            err_set(e, ERR_MEMORY, 0, "no memory for the segments of an archive"));
}

bool order_segment_add(struct order *o, struct source *s, const struct wire *m, str message, struct err *e) {
    bool taken;

    if (!gathering_message(o->gather, s->segment, m, message, &taken, e))
        return false;
    s->results[0].clocked |= m->type == WIRE_CLOCK;
    /* Kept lines are of hunts, and clocks of sources. */
    return taken || m->type == WIRE_CLOCK || m->type == WIRE_KEPT || order_add(o, s, 0, message, e);
}

bool order_clock(struct order *o, struct source *s, uint32_t part, const struct wire *m, struct err *e) {
    struct clock *c;

    (void)o;
    assert(part < s->parts && !s->results[part].ended);
    s->results[part].clocked = true;
    if (clocks_find(&s->clocks, m->index, 0)) /* too many already */
        return true;
    c = clocks_at(&s->clocks, m->index, m->clock.key, m->clock.host, m->clock.field);
    if (!c || !clock_merge(c, &m->clock))
        return err_set(e, ERR_MEMORY, 0, "no memory for clocks");
    /* Of a file in parts the first has no more than are told apart, and each adds its own. */
    return s->clocks.count <= CLOCKS_MAX || !s->part_size || clocks_at(&s->clocks, 0, 0, (str){"", 0}, (str){"", 0}) ||
           err_set(e, ERR_MEMORY, 0, "no memory for clocks");
}

bool order_part_ended(struct order *o, struct source *s, uint32_t part, const char *why, struct err *e) {
    bool ok = true;

    assert(part < s->parts && !s->results[part].ended);
    if (why) {
        uint64_t const from = part * s->part_size;
        uint64_t const size = s->part_size && s->part_size < s->size - from ? s->part_size : s->size - from;
        struct buf b = {0};

        wire_put(&b, &(struct wire){.type = WIRE_DAMAGE,
                                    .name = s->file->path,
                                    .damage = {.offset = from, .size = size, .why = str_of(why)}});
        ok = b.failed ? err_set(e, ERR_MEMORY, 0, "no memory to hunt") : order_add(o, s, part, buf_str(&b), e);
        buf_free(&b);
    }
    /* What it had to say of clocks is not known: its findings wait for what the other parts say. */
    s->results[part].clocked |= why != NULL;
    s->results[part].ended = true;
    return ok && (!s->segment || gathering_file_end(o->gather, s->segment, e));
}

bool order_not_read(struct order *o, struct source *s, const char *why, struct err *e) {
    struct buf b = {0};
    bool ok;

    wire_put(&b,
             &(struct wire){
                 .type = WIRE_CUSTODY,
                 .custody = {.not_read = str_of(why), .size = s->size, .first = INSTANT_NONE, .last = INSTANT_NONE}});
    ok = b.failed ? err_set(e, ERR_MEMORY, 0, "no memory to hunt") : order_add(o, s, 0, buf_str(&b), e);
    buf_free(&b);
    s->results[0].ended = true;
    s->sent = 1;
    return ok;
}

/* ---- reporting ---- */

/* types: those that take looks at, a bit each; the others are passed over. */
static bool each_message(struct order *o, str bytes, uint64_t types,
                         bool (*take)(struct order *o, const struct wire *w, struct err *e), struct err *e) {
    struct wire_known const known = {o->o->set, kinds_count(o->o->kinds), o->o->yara, o->o->known,
                                     o->o->persons ? person_hunt_lists(o->o->persons) : NULL};
    struct wire w;

    while (bytes.len) {
        size_t const size = bytes.len >= WIRE_HEAD ? wire_size(bytes.ptr) : 0;

        if (size && size <= bytes.len && !(types >> wire_type_of(bytes.ptr) & 1)) {
            bytes = str_from(bytes, size);
            continue;
        }
        arena_reset(o->message);
        if (!wire_take(&bytes, &known, o->message, &w))
            return err_set(e, ERR_MEMORY, 0, "no memory to hunt"); /* it was good when it came */
        if (!take(o, &w, e))
            return false;
    }
    return true;
}

static bool known_message(struct order *o, const struct wire *w, struct err *e) {
    struct wire m = *w;
    bool taken;

    if (m.type == WIRE_CLOCK)
        ledger_clock_named(o->o->kinds, o->known_seeds, &m.clock);
    return gathering_message(o->gather, o->known_file, &m, S(""), &taken, e);
}

bool order_known(struct order *o, str path, str messages, const uint64_t key_seeds[2], struct err *e) {
    if (!messages.len)
        return true;
    if (!o->gather && !gathering_new(&o->gather, &o->spools, e))
        return false;
    if (!(o->known_file = gathering_file(o->gather, path, false)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the segments of an archive");
    o->known_seeds = key_seeds;
    return each_message(o, messages, 1u << WIRE_SOURCE | 1u << WIRE_CLOCK, known_message, e) &&
           gathering_file_end(o->gather, o->known_file, e);
}

static bool hashes_room(struct order *o, size_t count, struct err *e) {
    if (count > o->hash_room) {
        size_t const room = count * 2 + 16;
        void *const hashes = realloc(o->hashes, room * sizeof *o->hashes);
        bool *hashed;

        if (hashes)
            o->hashes = hashes;
        if (!hashes || !(hashed = realloc(o->hashed, room * sizeof *hashed)))
            return err_set(e, ERR_MEMORY, 0, "no memory for the members of a container");
        o->hashed = hashed;
        o->hash_room = room;
    }
    return true;
}

/* Stands for the hash of what could not be read to its end, so that its events are nobody else's. */
static bool hash_path(str path, uint8_t out[SHA256_SIZE], struct err *e) {
    struct sha256 *const h = sha256_new();

    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory to hash");
    sha256_add(h, S("no hash: "));
    sha256_add(h, path);
    sha256_end(h, out);
    sha256_free(h);
    return true;
}

static bool index_enter(struct order *o, uint32_t index, str path, struct err *e) {
    o->index = index;
    if (!hashes_room(o, (size_t)index + 1, e) || !hash_path(path, o->hashes[index], e))
        return false;
    o->hashed[index] = false;
    return true;
}

/* The first look: which member has which hash. A member's hash is known when it is over, its findings come before. */
static bool look(struct order *o, const struct wire *w, struct err *e) {
    if (w->type == WIRE_SOURCE && w->index)
        return index_enter(o, w->index, w->name, e);
    if (w->type == WIRE_SOURCE)
        o->index = 0;
    if (w->type == WIRE_CUSTODY && w->hashed) {
        memcpy(o->hashes[o->index], w->hash, SHA256_SIZE);
        o->hashed[o->index] = true;
    }
    return true;
}

static bool look_piece(void *ctx, str bytes, struct err *e) {
    return each_message(ctx, bytes, UINT64_C(1) << WIRE_SOURCE | UINT64_C(1) << WIRE_CUSTODY, look, e);
}

static bool source_enter(struct order *o, uint32_t index, str path, struct err *e) {
    o->index = index;
    o->path.len = 0;
    buf_add(&o->path, path);
    o->member = (struct custody){.first = INSTANT_NONE, .last = INSTANT_NONE};
    o->hex[0] = '\0';
    o->clock_key = 0;
    o->clock_shift = 0;
    if (o->hashed[index])
        sha256_hex(o->hashes[index], o->hex);
    return !o->path.failed || err_set(e, ERR_MEMORY, 0, "no memory to hunt");
}

/* Where the counts of what is being reported go. */
static struct custody *counts(struct order *o) {
    return o->index ? &o->member : &o->now->total;
}

/* The number of the source that is being reported, the same for equal bytes. */
static bool known_number(struct order *o, uint32_t *number, struct err *e) {
    const uint8_t *const sha = o->hashes[o->index];
    uint64_t hash;

    if (o->known_count * 2 >= o->slot_mask) { /* also when there is no table yet */
        uint32_t const size = o->slots ? (o->slot_mask + 1) * 2 : 1024;
        uint32_t *const slots = calloc(size, sizeof *slots);
        struct known *const known = realloc(o->known, size * sizeof *known);

        if (known)
            o->known = known;
        if (!slots || !known) {
            free(slots);
            return err_set(e, ERR_MEMORY, 0, "no memory for correlations");
        }
        free(o->slots);
        o->slots = slots;
        o->slot_mask = size - 1;
        for (uint32_t i = 0; i < o->known_count; i++) {
            memcpy(&hash, o->known[i].sha256, sizeof hash);
            while (o->slots[hash & o->slot_mask])
                hash++;
            o->slots[hash & o->slot_mask] = i + 1;
        }
    }
    memcpy(&hash, sha, sizeof hash);
    for (; o->slots[hash & o->slot_mask]; hash++) {
        *number = o->slots[hash & o->slot_mask] - 1;
        if (memcmp(o->known[*number].sha256, sha, SHA256_SIZE) == 0)
            return true;
    }
    *number = o->known_count;
    if (!arena_copy(o->names, buf_str(&o->path), &o->known[*number].path))
        return err_set(e, ERR_MEMORY, 0, "no memory for correlations");
    memcpy(o->known[*number].sha256, sha, SHA256_SIZE);
    o->slots[hash & o->slot_mask] = ++o->known_count;
    return true;
}

/* Clocks of what is being reported, and under which index they stand. Those of a source of several segments are of all of these. */
static const struct clocks *clocks_now(const struct order *o, uint32_t *index) {
    const struct gathering_source *const s =
        o->now->segment && o->index ? gathering_member(o->gather, o->now->segment, o->index) : NULL;

    *index = s ? 0 : o->index;
    return s ? &s->clocks : &o->now->clocks;
}

/* By how much (ns) times by the clock are to be put right. */
static int64_t shift_of(struct order *o, uint64_t key) {
    uint32_t index;
    const struct clocks *const all = clocks_now(o, &index);
    const struct clock *c;
    struct custody_clock judged = {.verdict = CLOCK_UNSURE};

    if (key == o->clock_key)
        return o->clock_shift;
    if (!clocks_find(all, index, 0) && (c = clocks_find(all, index, key)))
        clock_judge(c, &judged);
    o->clock_key = key;
    return o->clock_shift = judged.verdict == CLOCK_CORRECTED ? judged.offset_s * SECOND : 0;
}

/* False: it lies outside what was asked for. */
static bool put_right(struct order *o, uint64_t key, int64_t *when, enum zone *zone) {
    int64_t const shift = key ? shift_of(o, key) : 0;

    if (shift) {
        *when = instant_moved(*when, shift);
        *zone = ZONE_CORRECTED;
    }
    return !key || !clock_outside(*when, o->o->from, o->o->to, 0);
}

/* Labels of the entries that were found lately: the same ones are found again and again. */
static const struct labelled *labels_of(struct order *o, uint32_t entry) {
    struct labelled *const l = &o->labelled[entry % LABELLED];
    const struct intel_set *const intel = known_intel(o->o->known);

    if (l->entry != entry + 1) {
        struct intel_entry const n = intel_set_entry(intel, entry);

        l->entry = entry + 1;
        l->count = intel_set_labels(intel, n.type, n.value, l->labels, FINDING_LABELS_MAX);
    }
    return l;
}

/* What is known of it, at the time when it was; whether it is to be told at all. */
static bool indicator_of(struct order *o, uint32_t entry, struct finding *f, struct finding_indicator *i) {
    const struct labelled *const l = labels_of(o, entry);

    *i = (struct finding_indicator){.set = known_intel(o->o->known),
                                    .groups = known_groups(o->o->known),
                                    .entry = entry,
                                    .labels = l->labels,
                                    .label_count = l->count};
    i->worth = worth_of(i->set, entry, f->when, l->labels, l->count);
    f->rule = known_rule(o->o->known, entry, i->worth.level);
    f->indicator = i;
    return i->worth.level >= o->o->level;
}

/* likeness: NULL, or it is a finding of somebody whom a value is like. */
static bool report_finding(struct order *o, const struct finding *f, uint32_t entry,
                           const struct person_match *likeness, uint64_t clock, struct err *e) {
    struct finding out = *f;
    struct finding_indicator indicator;

    if (!put_right(o, clock, &out.when, &out.zone))
        return true;

    if (entry && !indicator_of(o, entry - 1, &out, &indicator))
        return true;
    if (likeness) {
        out.rule = person_hunt_rule(o->o->persons, likeness);
        out.person = likeness;
        if (out.rule->level < o->o->level)
            return true;
    }
    out.number = ++o->findings;
    out.evidence_path = buf_str(&o->path);
    out.evidence_sha256 = o->hex;
    out.record += o->records_before;
    counts(o)->findings++;
    return o->o->finding(o->o->ctx, &out, e);
}

/* take: NULL: nobody asks for it. */
static bool report_event(struct order *o, const struct normal_event *event, uint64_t clock,
                         bool (*take)(void *ctx, const struct normal_event *event, struct err *e), struct err *e) {
    struct normal_event out = *event;

    if (!take || !put_right(o, clock, &out.when, &out.zone))
        return true;

    out.evidence_path = buf_str(&o->path);
    out.evidence_sha256 = o->hex;
    out.record += o->records_before;
    return take(o->o->ctx, &out, e);
}

static bool report_damage(struct order *o, const struct wire *w, struct err *e) {
    struct custody_damage d = w->damage;
    struct custody *const c = w->name.len && !str_eq(w->name, buf_str(&o->path)) ? &o->now->total : counts(o);

    d.path = w->name.len ? w->name : buf_str(&o->path);
    c->damages++;
    c->damage_bytes += d.size;
    return o->o->damage(o->o->ctx, &d, e);
}

/* What a part adds to the line of its file. */
static void custody_add(struct custody *to, const struct custody *from) {
    to->records += from->records;
    to->salvaged += from->salvaged;
    to->repaired += from->repaired;
    to->cut += from->cut;
    to->no_kind += from->no_kind;
    to->no_time += from->no_time;
    to->assumed += from->assumed;
    to->years += from->years;
    to->year_breaks += from->year_breaks;
    to->twice += from->twice;
    to->never += from->never;
    to->backs += from->backs;
    to->back_s = from->back_s > to->back_s ? from->back_s : to->back_s;
}

/* Whose record numbers those of the source are: a file is one log, of the host that most of its events name (a machine was
 * called otherwise when it was set up). One with events of several logs was collected, and its numbers are nobody's. */
static const struct stream *owner(const struct coverage *c) {
    const struct stream *most = NULL;
    uint64_t events = 0;

    for (uint32_t i = 0; i < c->count; i++) {
        events += c->streams[i]->events;
        if (!str_eq(c->streams[i]->log, c->streams[0]->log))
            return NULL;
        if (!most || c->streams[i]->events > most->events)
            most = c->streams[i];
    }
    return most && most->events >= events - most->events ? most : NULL;
}

static bool numbers_out(struct order *o, struct err *e) {
    const struct stream *const whose = owner(&o->source);
    struct stream *s = NULL;
    bool ok = true;

    if (whose && (o->numbers.numbers.count || o->numbers.numbers_lost))
        ok = (s = coverage_stream(&o->all, whose->host, whose->log, 0)) && stream_merge(s, &o->numbers, 0);
    numbers_forget(o);
    return ok || err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
}

/* What the source says of hosts and logs goes before its line. */
static bool coverage_out(struct order *o, struct err *e) {
    bool ok = true;

    if (!coverage_merge(&o->all, &o->source))
        return err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
    coverage_sort(&o->source);
    ok = numbers_out(o, e);
    for (uint32_t i = 0; ok && i < o->source.count && o->o->coverage; i++) {
        const struct stream *const s = o->source.streams[i];

        ok = o->o->coverage(o->o->ctx,
                            &(struct custody_coverage){.path = buf_str(&o->path),
                                                       .sha256 = o->hex,
                                                       .host = s->host,
                                                       .log = s->log,
                                                       .events = s->events,
                                                       .first = s->first,
                                                       .last = s->last},
                            e);
    }
    coverage_reset(&o->source);
    return ok;
}

static int by_field(const void *a, const void *b) {
    const struct alone *const x = a, *const y = b;
    int const order = str_cmp(x->clock.field, y->clock.field);

    return order ? order : str_cmp(x->clock.host, y->clock.host);
}

static bool more(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    if (count < *room)
        return true;
    size_t const bigger = *room ? *room * 2 : 16;
    void *const grown = reallocarray(*items, bigger, size);

    if (!grown)
        return err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
    *items = grown;
    *room = bigger;
    return true;
}

static bool righted_note(struct elsewhere *w, uint64_t key, int64_t offset_s, struct err *e) {
    for (size_t i = 0; i < w->righted_count; i++)
        if (w->righted[i].key == key && w->righted[i].offset_s == offset_s)
            return true;
    if (w->righted_count == ELSEWHERE_RIGHTED_MAX) {
        w->lost = true;
        return true;
    }
    if (!more((void **)&w->righted, w->righted_count, &w->righted_room, sizeof *w->righted, e))
        return false;
    w->righted[w->righted_count++] = (struct righted){key, offset_s};
    return true;
}

static bool alone_note(struct elsewhere *w, const struct alone *a, struct err *e) {
    const struct alone *last;
    struct custody_clock kept = a->clock;
    str hex;

    if (w->alone_count == ELSEWHERE_ALONE_MAX) {
        w->lost = true;
        return true;
    }
    if (!w->texts && !(w->texts = arena_new(ELSEWHERE_BYTES_MAX)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
    if (!more((void **)&w->alone, w->alone_count, &w->alone_room, sizeof *w->alone, e))
        return false;
    last = w->alone_count ? &w->alone[w->alone_count - 1] : NULL; /* not before the array has grown */
    if (last && str_eq(last->clock.path, kept.path)) {            /* of the same file */
        kept.path = last->clock.path;
        hex = str_of(last->clock.sha256);
    } else if (!arena_copy(w->texts, kept.path, &kept.path) ||
               !arena_copy(w->texts, (str){kept.sha256, strlen(kept.sha256) + 1}, &hex)) {
        w->lost = true;
        return true;
    }
    kept.sha256 = hex.ptr;
    if (last && str_eq(last->clock.field, kept.field))
        kept.field = last->clock.field;
    else if (!arena_copy(w->texts, kept.field, &kept.field)) {
        w->lost = true;
        return true;
    }
    if (!arena_copy(w->texts, kept.host, &kept.host)) {
        w->lost = true;
        return true;
    }
    w->alone[w->alone_count++] = (struct alone){a->key, kept};
    return true;
}

/* What the source's clocks came to; what of it its line counts. */
static bool clocks_out(struct order *o, struct custody *line, struct err *e) {
    uint32_t index;
    const struct clocks *const all = clocks_now(o, &index);
    bool const many = clocks_find(all, index, 0) != NULL;
    struct alone *out;
    size_t count = 0;
    bool ok = true;

    if (!all->count)
        return true;
    if (!(out = calloc(all->count, sizeof *out)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
    for (size_t i = 0; i < all->count; i++) {
        const struct clock *const c = all->items[i];

        if (c->index != index || (many ? c->key != 0 : !c->claims && !c->events))
            continue;
        out[count] = (struct alone){c->key,
                                    {.path = buf_str(&o->path),
                                     .sha256 = o->hex,
                                     .host = c->host,
                                     .field = c->field,
                                     .events = c->events,
                                     .verdict = CLOCK_MANY}};
        if (!many && c->claims)
            clock_judge(c, &out[count].clock);
        if (out[count].clock.verdict == CLOCK_CORRECTED) {
            line->corrected += c->events;
            line->assumed -= c->assumed < line->assumed ? c->assumed : line->assumed;
            ok = ok && righted_note(&o->elsewhere, c->key, out[count].clock.offset_s, e);
        }
        count++;
    }
    if (count)
        qsort(out, count, sizeof *out, by_field);
    for (size_t i = 0; ok && i < count && o->o->clock; i++)
        ok = many || out[i].clock.claims ? o->o->clock(o->o->ctx, &out[i].clock, e)
                                         : alone_note(&o->elsewhere, &out[i], e);
    free(out);
    return ok;
}

/* When its events were, as put right. Of a log that several wrote, or that was collected, steps back say nothing. */
static void times_out(const struct order *o, struct custody *line) {
    for (uint32_t i = 0; i < o->source.count; i++) {
        const struct stream *const s = o->source.streams[i];

        if (s->first != INSTANT_NONE && (line->first == INSTANT_NONE || s->first < line->first))
            line->first = s->first;
        if (s->last != INSTANT_NONE && (line->last == INSTANT_NONE || s->last > line->last))
            line->last = s->last;
    }
    if (!owner(&o->source) && !o->o->kept) /* whose they are is asked when they are read again */
        line->backs = line->back_s = 0;
}

static bool line_out(struct order *o, struct custody line, struct err *e) {
    line.path = buf_str(&o->path);
    line.sha256 = o->hex;
    line.zone = o->o->zone.len ? o->o->zone : S("UTC");
    o->lines++;
    times_out(o, &line);
    return clocks_out(o, &line, e) && coverage_out(o, e) && o->o->custody(o->o->ctx, &line, e);
}

static bool report_stream(struct order *o, const struct stream *from, struct err *e) {
    struct stream *const s = from->log.len ? coverage_stream(&o->source, from->host, from->log, 0) : &o->numbers;

    return (s && stream_merge(s, from, from->clock ? shift_of(o, from->clock) : 0)) ||
           err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
}

/* A number as bytes in the order of numbers. */
static void big_endian(uint64_t n, char out[8]) {
    n = __builtin_bswap64(n);
    memcpy(out, &n, sizeof n);
}

/* Sorted by the key, then by the order of the evidence: the first of equal ones is the event, the others are duplicates. The
 * next line of the ledger will be that of the source they are in. */
static bool report_keys(struct order *o, str keys, struct err *e) {
    char key[WIRE_KEY + 8], line[8];

    if (!o->keys && !sorter_new(&o->keys, KEYS_MEMORY, NULL, e))
        return false;
    big_endian(o->lines + 1, line);
    for (; keys.len; keys = str_from(keys, WIRE_KEY)) {
        memcpy(key, keys.ptr, WIRE_KEY);
        big_endian(o->key_count++, key + WIRE_KEY);
        if (!sorter_add(o->keys, (str){key, sizeof key}, (str){line, sizeof line}, e))
            return false;
    }
    return true;
}

static bool member_line(struct order *o, const struct custody *came, struct err *e) {
    struct custody line = *came;

    line.member = true;
    line.findings = o->member.findings;
    line.damages = o->member.damages;
    line.damage_bytes = o->member.damage_bytes;
    return line_out(o, line, e);
}

/* The end of a part of the file itself. */
static bool part_line(struct source *s, const struct custody *came, struct err *e) {
    const struct reader *const reader = came->reader ? reader_named(str_of(came->reader)) : NULL;

    s->line_came = true;
    custody_add(&s->total, came);
    s->total.size = s->size ? s->size : came->size; /* a source of an archive is no file here */
    if (reader)
        s->total.reader = reader->name;
    if (came->container) {
        snprintf(s->container, sizeof s->container, "%s", came->container);
        s->total.container = s->container;
    }
    s->not_read.len = 0;
    buf_add(&s->not_read, came->not_read);
    return !s->not_read.failed || err_set(e, ERR_MEMORY, 0, "no memory to hunt");
}

/* ---- patterns of several events ---- */

/* An event that a bracket is true of, by number: the order of the evidence, which no worker decides. */
static bool report_bracket(struct order *o, const struct wire *w, struct err *e) {
    struct stix_watch *const stix = known_stix(o->o->known);
    struct bracketed now = {.when = w->match.when,
                            .offset = w->match.offset,
                            .record = w->match.number + o->records_before,
                            .element = w->number};
    enum zone zone;

    if (!o->stix && !stix_collect_new(&o->stix, stix, e))
        return false;
    if (w->index == UINT32_MAX) {
        stix_collect_unsure(o->stix, w->rule);
        return true;
    }
    if (!put_right(o, w->key, &now.when, &zone))
        return true;
    if (!known_number(o, &now.source, e))
        return false;
    const struct bracketed *const last = o->bracketed_count ? &o->bracketed[o->bracketed_count - 1] : NULL;

    if (!last || last->source != now.source || last->offset != now.offset || last->record != now.record ||
        last->element != now.element) {
        if (!more((void **)&o->bracketed, o->bracketed_count, &o->bracketed_room, sizeof *o->bracketed, e))
            return false;
        o->bracketed[o->bracketed_count++] = now;
    }
    return stix_collect_add(o->stix, w->rule, w->index, now.when, o->bracketed_count - 1, e);
}

/* ---- acts ---- */

static bool report_word(struct order *o, const struct wire *w, struct err *e) {
    if (!o->word_texts && !(o->word_texts = arena_new(2 * WIRE_WORDS_BYTES)))
        return err_set(e, ERR_MEMORY, 0, "no memory for acts");
    if (w->index == 0) {
        o->word_count = 0;
        arena_reset(o->word_texts);
    }
    /* A worker that is not ours any more; what it tells is not believed. Ours forgets long before there are so many. */
    if (w->index != o->word_count || w->index >= WIRE_WORDS ||
        arena_used(o->word_texts) > WIRE_WORDS_BYTES + ACT_TEXTS * ACTIVITY_TEXT_MAX)
        return true;
    if (!more((void **)&o->words, o->word_count, &o->word_room, sizeof *o->words, e))
        return false;
    return arena_copy(o->word_texts, w->name, &o->words[o->word_count++]) ||
           err_set(e, ERR_MEMORY, 0, "no memory for acts");
}

/* clock: by which its time was written; 0: by none that may be wrong. */
static bool act_out(struct order *o, struct activity_event v, uint64_t clock, struct err *e) {
    int64_t const shift = clock ? shift_of(o, clock) : 0;
    enum zone zone = ZONE_GIVEN;

    if (!o->o->activity || !put_right(o, clock, &v.when, &zone))
        return true;
    v.last = instant_moved(v.last, shift);
    v.unsure &= zone != ZONE_CORRECTED;
    v.evidence_path = buf_str(&o->path);
    v.evidence_sha256 = o->hex;
    v.record += o->records_before;
    return o->o->activity(o->o->ctx, &v, e);
}

static bool report_folded(void *ctx, const struct activity_event *v, uint64_t clock, struct err *e) {
    return act_out(ctx, *v, clock, e);
}

static bool act_fold_in(struct order *o, const struct activity_event *v, uint64_t clock, struct err *e) {
    bool const folds = o->folding && !(clock && (clock_near(v->when, o->o->from) || clock_near(v->when, o->o->to)));
    bool told = true;

    return (!folds || act_fold_add(o->folds, v, clock, &told, e)) && (!told || act_out(o, *v, clock, e));
}

/* In front of the texts of an act that waits for its place. */
struct act_waiting {
    struct activity_event v;
    uint64_t clock;
    uint32_t sizes[ACT_TEXTS];
};

/* Of one record they stay as they came. What stands for several has the place of the first of them, and those alike that are told by themselves
 * lie before it: so what comes out is what would have been told, had one worker seen all of them. */
static bool act_wait(struct order *o, const struct activity_event *v, uint64_t clock, struct err *e) {
    struct act_waiting w = {.v = *v, .clock = clock};
    char key[16];

    big_endian(v->offset, key);
    big_endian(v->record, key + 8);
    for (size_t i = 0; i < ACT_TEXTS; i++)
        w.sizes[i] = (uint32_t)v->text[i].len;
    o->act.len = 0;
    buf_add(&o->act, (str){(const char *)&w, sizeof w});
    for (size_t i = 0; i < ACT_TEXTS; i++)
        buf_add(&o->act, v->text[i]);
    if (o->act.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory for acts");
    return sorter_add(o->acts, (str){key, sizeof key}, buf_str(&o->act), e);
}

static bool act_waited(void *ctx, str key, str value, struct err *e) {
    struct act_waiting w;

    (void)key;
    if (value.len < sizeof w)
        return err_set(e, ERR_CORRUPT, 0, "the temporary file of the acts has changed");
    memcpy(&w, value.ptr, sizeof w);
    value = str_from(value, sizeof w);
    for (size_t i = 0; i < ACT_TEXTS; i++) {
        if (w.sizes[i] > value.len)
            return err_set(e, ERR_CORRUPT, 0, "the temporary file of the acts has changed");
        w.v.text[i] = str_first(value, w.sizes[i]);
        value = str_from(value, w.sizes[i]);
    }
    return act_fold_in(ctx, &w.v, w.clock, e);
}

static bool report_act(struct order *o, const struct wire *w, struct err *e) {
    struct activity_event v = w->activity;

    for (size_t i = 0; i < ACT_TEXTS; i++) {
        if (w->words[i] > o->word_count)
            return true; /* as above */
        v.text[i] = w->words[i] ? o->words[w->words[i] - 1] : S("");
    }
    return o->acts_meet ? act_wait(o, &v, w->key, e) : act_fold_in(o, &v, w->key, e);
}

static bool report(struct order *o, const struct wire *w, struct err *e) {
    struct source *const s = o->now;

    switch (w->type) {
    case WIRE_SOURCE:
        return source_enter(o, w->index, w->index ? w->name : s->file->path, e);
    case WIRE_FINDING:
        return report_finding(o, &w->finding, w->entry, NULL, w->key, e);
    case WIRE_PERSON:
        return report_finding(o, &w->finding, 0, &w->likeness, w->key, e);
    case WIRE_STREAM:
        return report_stream(o, &w->stream, e);
    case WIRE_KEYS:
        return report_keys(o, w->name, e);
    case WIRE_EVENT:
        return report_event(o, &w->event, w->key, o->o->event, e);
    case WIRE_COLLECTED:
        return report_event(o, &w->event, w->key, o->o->collected, e);
    case WIRE_MATCHED:
        return report_event(o, &w->event, w->key, o->o->matched, e);
    case WIRE_WORD:
        return report_word(o, w, e);
    case WIRE_ACT:
        return report_act(o, w, e);
    case WIRE_DAMAGE:
        return report_damage(o, w, e);
    case WIRE_BRACKET:
        return report_bracket(o, w, e);
    case WIRE_MATCH: {
        struct correlation_event event = w->match;

        enum zone zone;

        event.number += o->records_before;
        if (!put_right(o, w->key, &event.when, &zone))
            return true;
        return known_number(o, &event.source, e) && correlator_add(o->correlator, &event, e);
    }
    case WIRE_CUSTODY:
        return o->index ? member_line(o, &w->custody, e) : part_line(s, &w->custody, e);
    default:
        assert(false);
        return false;
    }
}

static bool report_piece(void *ctx, str bytes, struct err *e) {
    return each_message(ctx, bytes, UINT64_MAX, report, e);
}

/* No worker could say the hash: it is taken here, which needs no understanding of the bytes. */
static void hash_here(struct order *o, const struct source *s) {
    struct file_input f = {0};
    struct err e;

    if (file_input_open(&f, s->file->path.ptr, &e))
        o->hashed[0] = file_input_hash(&f, o->hashes[0], NULL, NULL, &e);
    file_input_close(&f);
}

static bool report_part(struct order *o, struct source *s, struct err *e) {
    struct spool *const spool = &s->results[s->reported].spool;
    const struct reader *const reader = s->part_size ? reader_named(str_of(s->reader)) : NULL;

    if (!index_enter(o, 0, s->file->path, e))
        return false;
    if (s->hashed) {
        memcpy(o->hashes[0], s->sha256, SHA256_SIZE);
        o->hashed[0] = true;
    } else if (!spool_read(&o->spools, spool, look_piece, o, e)) {
        return false;
    }
    if (!o->hashed[0] && !s->file->skipped.len && !o->o->asks)
        hash_here(o, s);
    if (o->hashed[0]) { /* for the parts that follow */
        memcpy(s->sha256, o->hashes[0], SHA256_SIZE);
        s->hashed = true;
    }
    o->word_count = 0;
    o->records_before = reader && reader->counts_in_part ? s->total.records : 0;
    if (!source_enter(o, 0, s->file->path, e) || !spool_read(&o->spools, spool, report_piece, o, e))
        return false;
    spool_free(&o->spools, spool);
    s->reported++;
    return true;
}

static bool report_end(struct order *o, struct source *s, struct err *e) {
    s->total.not_read = s->line_came ? buf_str(&s->not_read) : S("its reading was not finished");
    return source_enter(o, 0, s->file->path, e) && line_out(o, s->total, e);
}

/* Is all known that decides about the times of its next part? */
static bool times_known(const struct order *o, const struct source *s) {
    if (s->segment)
        return o->all_ended || !o->o->event || !s->results[0].clocked;
    if (s->results[s->reported].clocked)
        for (uint32_t i = s->reported + 1; i < s->parts; i++)
            if (!s->results[i].ended)
                return false;
    return true;
}

/* ---- what YARA rules found ---- */

void order_scan_wanted(struct source *s) {
    s->scan_sent = s->scan_ended = false;
}

bool order_scan_add(struct order *o, struct source *s, str message, struct err *e) {
    assert(!s->scan_ended);
    return spool_add(&o->spools, &s->scan, message, e);
}

bool order_scan_ended(struct order *o, struct source *s, const char *why, struct err *e) {
    bool ok = true;

    assert(!s->scan_ended);
    if (why) {
        struct buf b = {0};

        wire_put(&b, &(struct wire){.type = WIRE_UNSCANNED, .omission = {.name = {"", 0}, .why = str_of(why)}});
        ok = b.failed ? err_set(e, ERR_MEMORY, 0, "no memory to hunt") : order_scan_add(o, s, buf_str(&b), e);
        buf_free(&b);
    }
    s->scan_ended = true;
    return ok;
}

const struct yara_counts *order_scanned(const struct order *o) {
    return &o->scanned;
}

/* A member's hash comes behind what was found in it. */
static bool look_scan(struct order *o, const struct wire *w, struct err *e) {
    if (w->type == WIRE_SOURCE && w->index)
        return index_enter(o, w->index, w->name, e);
    if (w->type == WIRE_SOURCE)
        o->index = 0;
    if (w->type == WIRE_SCANNED && w->hashed && o->index) {
        memcpy(o->hashes[o->index], w->hash, SHA256_SIZE);
        o->hashed[o->index] = true;
    }
    return true;
}

static bool look_scan_piece(void *ctx, str bytes, struct err *e) {
    return each_message(ctx, bytes, UINT64_C(1) << WIRE_SOURCE | UINT64_C(1) << WIRE_SCANNED, look_scan, e);
}

static bool report_scan(struct order *o, const struct wire *w, struct err *e) {
    struct yara_finding found = w->yara;
    struct yara_omission omitted = w->omission;

    switch (w->type) {
    case WIRE_SOURCE:
        return source_enter(o, w->index, w->index ? w->name : o->now->file->path, e);
    case WIRE_YARA:
        found.number = ++o->yara_findings;
        found.evidence_path = buf_str(&o->path);
        found.evidence_sha256 = o->hex;
        return o->o->yara_finding(o->o->ctx, &found, e);
    case WIRE_UNSCANNED:
        o->scanned.omissions++;
        omitted.evidence_path = buf_str(&o->path);
        return o->o->yara_omission(o->o->ctx, &omitted, e);
    case WIRE_SCANNED:
        o->scanned.files += w->counts.files;
        o->scanned.attachments += w->counts.attachments;
        o->scanned.bytes += w->counts.bytes;
        return true;
    default:
        assert(false);
        return false;
    }
}

static bool report_scan_piece(void *ctx, str bytes, struct err *e) {
    return each_message(ctx, bytes, UINT64_MAX, report_scan, e);
}

static bool scan_out(struct order *o, struct source *s, struct err *e) {
    o->index = 0;
    return spool_read(&o->spools, &s->scan, look_scan_piece, o, e) && source_enter(o, 0, s->file->path, e) &&
           spool_read(&o->spools, &s->scan, report_scan_piece, o, e);
}

bool order_report(struct order *o, struct err *e) {
    while (o->first) {
        struct source *const s = o->now = o->first;

        if (!s->hash_ended)
            return true;
        while (s->reported < s->parts && s->results[s->reported].ended && times_known(o, s))
            if (!report_part(o, s, e))
                return false;
        if (s->reported < s->parts || !s->scan_ended)
            return true;
        if (!scan_out(o, s, e) || !report_end(o, s, e))
            return false;
        first_drop(o);
    }
    return true;
}

/* ---- sources of an archive ---- */

#define PLACED                                                                                                         \
    (UINT64_C(1) << WIRE_FINDING | UINT64_C(1) << WIRE_PERSON | UINT64_C(1) << WIRE_MATCH |                            \
     UINT64_C(1) << WIRE_BRACKET | UINT64_C(1) << WIRE_COLLECTED | UINT64_C(1) << WIRE_MATCHED)

static bool report_unplaced_piece(void *ctx, str bytes, struct err *e) {
    return each_message(ctx, bytes, UINT64_MAX & ~PLACED, report, e);
}

struct places {
    struct order *o;
    uint64_t count;
};

/* Each message under the place of its record; those of one record stay as they came. */
static bool sort_piece(void *ctx, str bytes, struct err *e) {
    struct places *const p = ctx;
    struct order *const o = p->o;
    struct wire_known const known = {o->o->set, kinds_count(o->o->kinds), o->o->yara, o->o->known,
                                     o->o->persons ? person_hunt_lists(o->o->persons) : NULL};
    struct wire w;

    while (bytes.len) {
        size_t const size = wire_size(bytes.ptr);
        uint64_t offset, record;
        str const message = str_first(bytes, size);
        char key[24];

        if (!(PLACED >> wire_type_of(bytes.ptr) & 1)) {
            bytes = str_from(bytes, size);
            continue;
        }
        arena_reset(o->message);
        if (!wire_take(&bytes, &known, o->message, &w) || !gathering_place(&w, &offset, &record))
            return err_set(e, ERR_MEMORY, 0, "no memory to hunt"); /* it was good when it came */
        big_endian(offset, key);
        big_endian(record, key + 8);
        big_endian(p->count++, key + 16);
        if (!sorter_add(o->places, (str){key, sizeof key}, message, e))
            return false;
    }
    return true;
}

static bool report_placed(void *ctx, str key, str message, struct err *e) {
    (void)key;
    return each_message(ctx, message, UINT64_MAX, report, e);
}

static bool parts_read(struct order *o, const struct gathering_source *g,
                       bool (*each)(void *ctx, str bytes, struct err *e), void *ctx, struct err *e) {
    for (uint32_t i = 0; i < g->part_count; i++) {
        o->word_count = 0; /* its first act tells them anew */
        if (!gathering_read(o->gather, &g->parts[i], each, ctx, e))
            return false;
    }
    return true;
}

/* Record by record, though they lie in segments for their months: as they stand in the source. */
static bool parts_in_order(struct order *o, const struct gathering_source *g, struct err *e) {
    struct places places = {o, 0};

    if (gathering_in_order(g))
        return parts_read(o, g, report_piece, o, e);
    if (!o->places && !sorter_new(&o->places, PLACES_MEMORY, NULL, e))
        return false;
    bool const ok = parts_read(o, g, report_unplaced_piece, o, e) && parts_read(o, g, sort_piece, &places, e) &&
                    sorter_run(o->places, report_placed, o, e);

    sorter_clear(o->places);
    return ok;
}

/* Its acts are always put together: in how many segments those of an hour lie is a matter of which worker came first. */
static bool parts_report(struct order *o, const struct gathering_source *g, struct err *e) {
    bool ok = gathering_acts_meet(g, &o->acts_meet, e);

    o->folding = ok && gathering_acts(g);
    ok = ok && (!o->folding || o->folds || act_fold_new(&o->folds, e)) &&
         (!o->acts_meet || o->acts || sorter_new(&o->acts, PLACES_MEMORY, NULL, e)) && parts_in_order(o, g, e) &&
         (!o->acts_meet || sorter_run(o->acts, act_waited, o, e)) &&
         (!o->folding || act_fold_end(o->folds, report_folded, o, e));
    if (o->acts)
        sorter_clear(o->acts);
    o->folding = o->acts_meet = false;
    return ok;
}

/* What was counted from record to record is not the sum of what was counted in each segment: as it was when the source was read whole. */
static void line_whole(const struct order *o, struct source *s, const struct gathering_source *g) {
    struct custody *const c = &s->total;

    c->member = g->line.member;
    if (!g->line.any)
        return;
    if (!g->read) {
        c->size = g->line.size;
        c->container = g->line.container;
        buf_add(&s->not_read, !g->line.records ? g->line.not_read : o->o->asks ? S("") : S(CUSTODY_GONE));
        s->line_came = true;
    } else if (g->read > 1) {
        c->year_breaks = g->line.year_breaks;
        c->backs = g->line.backs;
        c->back_s = g->line.back_s;
    }
}

/* A source as if it were a file that was read in parts. */
static bool gathered_report(struct order *o, struct gathering_source *g, struct err *e) {
    struct found_file const file = {g->path, 0, {"", 0}};
    struct source s = {.file = &file, .fd = -1, .clocks = g->clocks};

    s.total = (struct custody){
        .path = g->path, .sha256 = "", .not_read = {"", 0}, .first = INSTANT_NONE, .last = INSTANT_NONE};
    o->now = &s;
    o->records_before = 0;
    bool ok = index_enter(o, 0, g->path, e);

    if (ok && g->hashed) {
        memcpy(o->hashes[0], g->sha256, SHA256_SIZE);
        o->hashed[0] = true;
    }
    ok = ok && source_enter(o, 0, g->path, e) && parts_report(o, g, e);
    if (ok) {
        line_whole(o, &s, g);
        ok = !s.not_read.failed ? report_end(o, &s, e) : err_set(e, ERR_MEMORY, 0, "no memory to hunt");
    }
    buf_free(&s.not_read);
    o->now = NULL;
    return ok;
}

bool order_gathered(struct order *o, struct err *e) {
    o->all_ended = true;
    if (!order_report(o, e))
        return false;
    if (!o->gather || o->o->event)
        return true;
    gathering_sort(o->gather);
    for (size_t i = 0; i < gathering_count(o->gather); i++)
        if (!gathered_report(o, gathering_at(o->gather, i), e))
            return false;
    gathering_free(o->gather); /* its memory goes to the correlations */
    o->gather = NULL;
    return true;
}

/* ---- the end of the ledger ---- */

struct duplicates {
    char last[WIRE_KEY];
    bool any;
    uint64_t *counts; /* by line, from 1 */
    uint64_t lines;
};

static bool on_key(void *ctx, str key, str value, struct err *e) {
    struct duplicates *const d = ctx;
    uint64_t line;

    if (key.len != WIRE_KEY + 8 || value.len != sizeof line)
        return err_set(e, ERR_CORRUPT, 0, "the temporary file of the ledger has changed");
    memcpy(&line, value.ptr, sizeof line);
    line = __builtin_bswap64(line);
    if (line > d->lines)
        return err_set(e, ERR_CORRUPT, 0, "the temporary file of the ledger has changed");
    if (d->any && memcmp(d->last, key.ptr, WIRE_KEY) == 0)
        d->counts[line]++;
    memcpy(d->last, key.ptr, WIRE_KEY);
    d->any = true;
    return true;
}

static bool duplicates_tell(struct order *o, struct err *e) {
    struct duplicates d = {.lines = o->lines, .counts = calloc(o->lines + 1, sizeof *d.counts)};
    bool ok = d.counts || err_set(e, ERR_MEMORY, 0, "no memory for the ledger");

    ok = ok && sorter_run(o->keys, on_key, &d, e);
    for (uint64_t i = 1; ok && i <= d.lines; i++)
        ok = !d.counts[i] || o->o->duplicates(o->o->ctx, i, d.counts[i], e);
    free(d.counts);
    return ok;
}

/* Clocks of which their own files know nothing, and other files that they were wrong. A file is put right by its own records
 * only: another export of the same host may have been written otherwise, or in another season. */
static bool alone_tell(struct order *o, struct err *e) {
    struct elsewhere *const w = &o->elsewhere;

    for (size_t i = 0; i < w->alone_count && o->o->clock; i++) {
        struct custody_clock *const c = &w->alone[i].clock;
        bool found = false;

        for (size_t k = 0; k < w->righted_count; k++) {
            int64_t const offset = w->righted[k].offset_s;

            if (w->righted[k].key != w->alone[i].key)
                continue;
            c->least_s = !found || offset < c->least_s ? offset : c->least_s;
            c->most_s = !found || offset > c->most_s ? offset : c->most_s;
            found = true;
        }
        c->verdict = CLOCK_ALONE;
        c->offset_s = c->least_s == c->most_s ? c->least_s : 0;
        if (found && !o->o->clock(o->o->ctx, c, e))
            return false;
    }
    return !w->lost || !w->righted_count || !o->o->clock ||
           o->o->clock(o->o->ctx,
                       &(struct custody_clock){
                           .path = STR("*"), .sha256 = "", .host = {"", 0}, .field = {"", 0}, .verdict = CLOCK_MANY},
                       e);
}

bool order_ledger(struct order *o, struct err *e) {
    if (!alone_tell(o, e))
        return false;
    if (o->keys && o->o->duplicates && !duplicates_tell(o, e))
        return false;
    sorter_free(o->keys); /* its memory goes to the correlations */
    o->keys = NULL;
    coverage_sort(&o->all);
    return !o->o->gap || coverage_gaps(&o->all, o->o->gap, o->o->ctx, e);
}

/* ---- correlations ---- */

static bool on_correlation(void *ctx, const struct correlation_hit *hit, struct err *e) {
    struct order *const o = ctx;
    const struct sigma_rule *const rule = o->o->set->rules[hit->rule];
    struct finding_event *events;
    struct finding_group *groups;

    if (rule->silenced || rule->level < o->o->level)
        return true;
    arena_reset(o->message);
    events = arena_zero(o->message, hit->event_count, sizeof *events);
    groups = arena_zero(o->message, hit->group_count, sizeof *groups);
    if (!events || !groups)
        return err_set(e, ERR_MEMORY, 0, "no memory for correlations");
    for (size_t i = 0; i < hit->event_count; i++) {
        const struct correlation_part *const p = &hit->events[i];
        char *const hex = arena_bytes(o->message, sizeof o->hex);

        if (!hex)
            return err_set(e, ERR_MEMORY, 0, "no memory for correlations");
        sha256_hex(o->known[p->source].sha256, hex);
        events[i] = (struct finding_event){.rule = o->o->set->rules[p->rule],
                                           .when = p->when,
                                           .evidence_path = o->known[p->source].path,
                                           .evidence_sha256 = hex,
                                           .record = p->number,
                                           .offset = p->offset};
    }
    for (size_t i = 0; i < hit->group_count; i++)
        groups[i] = (struct finding_group){rule->correlation->groups[i].name, hit->group[i]};
    /* A rarity test finds a value of the field that it counts. */
    struct detect_match const rare = {hit->rare.len ? rule->correlation->fields[0] : (str){"", 0}, hit->rare};
    struct finding const f = {.number = ++o->findings,
                              .rule = rule,
                              .when = hit->when,
                              .time_text = {"", 0},
                              .kind = {"", 0},
                              .host = {"", 0},
                              .account = {"", 0},
                              .client_address = {"", 0},
                              .evidence_path = hit->event_count ? events[0].evidence_path : (str){"", 0},
                              .evidence_sha256 = hit->event_count ? events[0].evidence_sha256 : "",
                              .record = hit->event_count ? events[0].record : 0,
                              .offset = hit->event_count ? events[0].offset : 0,
                              .logsource = {"", 0},
                              .matches = &rare,
                              .match_count = hit->rare.len > 0,
                              .groups = groups,
                              .group_count = hit->group_count,
                              .first = hit->first,
                              .last = hit->last,
                              .count = hit->count,
                              .value = hit->value,
                              .events = events,
                              .event_count = hit->event_count};

    return o->o->finding(o->o->ctx, &f, e);
}

/* A pattern that several events make true together. */
static bool on_pattern(void *ctx, const struct stix_collect_answer *a, struct err *e) {
    struct order *const o = ctx;
    uint32_t const entry = known_stix_entry(o->o->known, a->pattern);
    struct finding_indicator indicator;
    struct finding f = {.time_text = {"", 0},
                        .kind = {"", 0},
                        .host = {"", 0},
                        .account = {"", 0},
                        .client_address = {"", 0},
                        .logsource = {"", 0},
                        .value = {"", 0},
                        .first = INSTANT_NONE,
                        .last = INSTANT_NONE,
                        .when = INSTANT_NONE};
    struct finding_event *events;
    size_t const count = a->count < FINDING_EVENTS_MAX ? a->count : FINDING_EVENTS_MAX;

    if (a->what == STIX_COLLECT_GIVEN_UP) {
        char why[240];

        snprintf(why, sizeof why, "a pattern could not be decided: %s", a->why);
        return o->o->damage(o->o->ctx, &(struct custody_damage){.path = S("patterns"), .why = str_of(why)}, e);
    }
    arena_reset(o->message);
    if (!(events = arena_zero(o->message, count, sizeof *events)))
        return err_set(e, ERR_MEMORY, 0, "no memory for patterns");
    for (size_t i = 0; i < a->count; i++) {
        const struct bracketed *const b = &o->bracketed[a->events[i]];

        if (b->when != INSTANT_NONE) {
            f.first = f.first == INSTANT_NONE || b->when < f.first ? b->when : f.first;
            f.last = f.last == INSTANT_NONE || b->when > f.last ? b->when : f.last;
        }
    }
    f.when = f.last;
    f.indicator = &indicator;
    if (!indicator_of(o, entry, &f, &indicator))
        return true;
    f.rule = known_many(o->o->known, indicator.worth.level);
    for (size_t i = 0; i < count; i++) {
        const struct bracketed *const b = &o->bracketed[a->events[i]];
        char *const hex = arena_bytes(o->message, sizeof o->hex);

        if (!hex)
            return err_set(e, ERR_MEMORY, 0, "no memory for patterns");
        sha256_hex(o->known[b->source].sha256, hex);
        events[i] = (struct finding_event){.rule = f.rule,
                                           .when = b->when,
                                           .evidence_path = o->known[b->source].path,
                                           .evidence_sha256 = hex,
                                           .record = b->record,
                                           .offset = b->offset};
    }
    f.number = ++o->findings;
    f.events = events;
    f.event_count = count;
    f.count = a->count;
    f.evidence_path = count ? events[0].evidence_path : S("");
    f.evidence_sha256 = count ? events[0].evidence_sha256 : "";
    f.record = count ? events[0].record : 0;
    f.offset = count ? events[0].offset : 0;
    return o->o->finding(o->o->ctx, &f, e);
}

bool order_correlate(struct order *o, struct err *e) {
    return correlator_run(o->correlator, on_correlation, o, e) &&
           (!o->stix || stix_collect_end(o->stix, on_pattern, o, e));
}
