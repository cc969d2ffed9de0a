/* manifest: the state that operations come to, and the questions it answers. Encoding: manifest_code.c. */
#include "archive/manifest_own.h"

#include <assert.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/instant.h"

#define TEXTS_MAX ((size_t)1 << 30) /* of holds, policies, labels, runs: lifted ones too, until it is read anew */

#define RUNS_FROM ((uint64_t)1 << 32) /* indices of runs, among those of segments */

/* One growing array. */
struct list {
    void *at;
    size_t count, room;
};

/* Slots of an open table: an index and one more; 0: free. */
struct table {
    uint32_t *slots;
    size_t room, used; /* room: a power of two, or 0 */
};

struct manifest {
    uint64_t sequence, next_segment, next_run, erasures, live, live_bytes, live_rows;
    int64_t at, latest;
    uint8_t id[ARCHIVE_ID_SIZE];
    struct list segments, runs, holds, policies, labels, families;
    struct table by_family, by_bytes;  /* by_bytes: of segments, made at the first question */
    size_t segments_timed, runs_timed; /* those before were added by records whose time is known */
    struct list ended; /* indices (uint64_t) of segments, and of runs (from RUNS_FROM on), that this record ended */
    bool restoring, begun;
    uint64_t seed;
    struct arena *texts;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the manifest");
}

static bool no_fit(struct err *e, const char *what, uint64_t number) {
    return err_set(e, ERR_USAGE, 0, "%s %llu", what, (unsigned long long)number);
}

struct manifest *manifest_new(void) {
    struct manifest *const m = calloc(1, sizeof *m);

    if (!m || !(m->texts = arena_new(TEXTS_MAX))) {
        free(m);
        return NULL;
    }
    m->next_segment = m->next_run = 1;
    m->at = m->latest = INSTANT_NONE;
    m->seed = hash_seed();
    return m;
}

void manifest_free(struct manifest *m) {
    if (!m)
        return;
    free(m->segments.at);
    free(m->runs.at);
    free(m->holds.at);
    free(m->policies.at);
    free(m->labels.at);
    free(m->families.at);
    free(m->ended.at);
    free(m->by_family.slots);
    free(m->by_bytes.slots);
    arena_free(m->texts);
    free(m);
}

/* ---- lists and tables ---- */

/* Room for one more of `size` bytes, not yet counted; NULL: no memory. */
static void *list_next(struct list *l, size_t size) {
    if (l->count == l->room) {
        size_t const room = l->room ? l->room + l->room / 2 : 16;
        void *const at = room <= SIZE_MAX / size ? realloc(l->at, room * size) : NULL;

        if (!at)
            return NULL;
        l->at = at;
        l->room = room;
    }
    return (char *)l->at + l->count * size;
}

static bool ended_reserve(struct manifest *m, size_t more) {
    size_t const count = m->ended.count;
    bool ok = true;

    for (size_t i = 0; ok && i < more; i++)
        if ((ok = list_next(&m->ended, sizeof(uint64_t)) != NULL))
            m->ended.count++;
    m->ended.count = count;
    return ok;
}

/* Its time is told with the end of the record. Room was reserved. */
static void ended_note(struct manifest *m, uint64_t index) {
    assert(m->ended.count < m->ended.room);
    ((uint64_t *)m->ended.at)[m->ended.count++] = index;
}

static void list_take_out(struct list *l, size_t i, size_t size) {
    char *const at = (char *)l->at + i * size;

    memmove(at, at + size, (l->count - i - 1) * size);
    l->count--;
}

/* The key of entry i of what the table is of. */
typedef str table_key(const struct manifest *m, uint32_t i);

static uint32_t *table_slot(const struct manifest *m, const struct table *t, str key, table_key *key_of) {
    size_t at = hash_bytes(key, m->seed) & (t->room - 1);

    while (t->slots[at] && !str_eq(key_of(m, t->slots[at] - 1), key))
        at = (at + 1) & (t->room - 1);
    return &t->slots[at];
}

/* Room for `more`: at most two of three slots are used. */
static bool table_reserve(const struct manifest *m, struct table *t, size_t more, table_key *key_of) {
    struct table grown = {NULL, t->room ? t->room : 64, t->used};

    while (grown.room / 3 * 2 < t->used + more)
        grown.room *= 2;
    if (grown.room == t->room)
        return true;
    if (!(grown.slots = calloc(grown.room, sizeof *grown.slots)))
        return false;
    for (size_t i = 0; i < t->room; i++)
        if (t->slots[i])
            *table_slot(m, &grown, key_of(m, t->slots[i] - 1), key_of) = t->slots[i];
    free(t->slots);
    *t = grown;
    return true;
}

static str family_key(const struct manifest *m, uint32_t i) {
    return ((const str *)m->families.at)[i];
}

static str bytes_key(const struct manifest *m, uint32_t i) {
    return (str){(const char *)((const struct manifest_segment *)m->segments.at)[i].sha256, SHA256_SIZE};
}

static bool family_of(struct manifest *m, str name, uint32_t *out, struct err *e) {
    uint32_t *slot;
    str *family;

    if (!table_reserve(m, &m->by_family, 1, family_key))
        return no_memory(e);
    slot = table_slot(m, &m->by_family, name, family_key);
    if (!*slot) {
        if (m->families.count >= MANIFEST_NAMED_MAX)
            return err_set(e, ERR_LIMIT, 0, "more than %u families of sources", MANIFEST_NAMED_MAX);
        if (!(family = list_next(&m->families, sizeof *family)) || !arena_copy(m->texts, name, family))
            return no_memory(e);
        *slot = (uint32_t)++m->families.count;
        m->by_family.used++;
    }
    *out = *slot - 1;
    return true;
}

/* ---- questions ---- */

uint64_t manifest_sequence(const struct manifest *m) {
    return m->sequence;
}

int64_t manifest_at(const struct manifest *m) {
    return m->at;
}

int64_t manifest_latest(const struct manifest *m) {
    return m->latest;
}

const uint8_t *manifest_id(const struct manifest *m) {
    return m->id;
}

uint64_t manifest_live_count(const struct manifest *m) {
    return m->live;
}

uint64_t manifest_live_bytes(const struct manifest *m) {
    return m->live_bytes;
}

uint64_t manifest_live_rows(const struct manifest *m) {
    return m->live_rows;
}

uint64_t manifest_erasures(const struct manifest *m) {
    return m->erasures;
}

uint64_t manifest_next_segment(const struct manifest *m) {
    return m->next_segment;
}

uint64_t manifest_next_run(const struct manifest *m) {
    return m->next_run;
}

const struct manifest_segment *manifest_segments(const struct manifest *m, size_t *count) {
    *count = m->segments.count;
    return m->segments.at;
}

const struct manifest_run *manifest_runs(const struct manifest *m, size_t *count) {
    *count = m->runs.count;
    return m->runs.at;
}

const struct manifest_hold *manifest_holds(const struct manifest *m, size_t *count) {
    *count = m->holds.count;
    return m->holds.at;
}

const struct manifest_policy *manifest_policies(const struct manifest *m, size_t *count) {
    *count = m->policies.count;
    return m->policies.at;
}

const struct manifest_label *manifest_labels(const struct manifest *m, size_t *count) {
    *count = m->labels.count;
    return m->labels.at;
}

str manifest_family(const struct manifest *m, uint32_t family) {
    assert(family < m->families.count);
    return family_key(m, family);
}

uint32_t manifest_families(const struct manifest *m) {
    return (uint32_t)m->families.count;
}

/* Segments and runs begin with their number and ascend. */
static void *by_number(const struct list *l, size_t size, uint64_t number) {
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;
        char *const at = (char *)l->at + middle * size;
        uint64_t const here = manifest_number((struct manifest_numbers){at, 1}, 0);

        if (here == number)
            return at;
        if (here < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
_Static_assert(offsetof(struct manifest_segment, number) == 0, "by_number looks there");
_Static_assert(offsetof(struct manifest_run, number) == 0, "by_number looks there");

static struct manifest_segment *segment_of(const struct manifest *m, uint64_t number) {
    return by_number(&m->segments, sizeof(struct manifest_segment), number);
}

static struct manifest_run *run_of(const struct manifest *m, uint64_t number) {
    return by_number(&m->runs, sizeof(struct manifest_run), number);
}

const struct manifest_segment *manifest_segment(const struct manifest *m, uint64_t number) {
    return segment_of(m, number);
}

const struct manifest_run *manifest_run(const struct manifest *m, uint64_t number) {
    return run_of(m, number);
}

bool manifest_of_bytes(struct manifest *m, const uint8_t sha256[SHA256_SIZE], const struct manifest_segment **out,
                       struct err *e) {
    struct manifest_segment *const all = m->segments.at;

    *out = NULL;
    if (!m->by_bytes.room) {
        if (!table_reserve(m, &m->by_bytes, m->segments.count + 1, bytes_key))
            return no_memory(e);
        for (uint32_t i = 0; i < m->segments.count; i++) { /* of several of the same bytes the last one's */
            uint32_t *const slot = table_slot(m, &m->by_bytes, bytes_key(m, i), bytes_key);

            m->by_bytes.used += *slot == 0;
            *slot = i + 1;
        }
    }
    uint32_t const at = *table_slot(m, &m->by_bytes, (str){(const char *)sha256, SHA256_SIZE}, bytes_key);

    if (at && manifest_live(&all[at - 1]))
        *out = &all[at - 1];
    return true;
}

#define NAMED_FIND(type, list_)                                                                                        \
    for (size_t i = 0; i < m->list_.count; i++)                                                                        \
        if (str_eq(((struct type *)m->list_.at)[i].name, name))                                                        \
            return &((struct type *)m->list_.at)[i];                                                                   \
    return NULL

static struct manifest_hold *hold_of(const struct manifest *m, str name) {
    NAMED_FIND(manifest_hold, holds);
}

static struct manifest_policy *policy_of(const struct manifest *m, str name) {
    NAMED_FIND(manifest_policy, policies);
}

const struct manifest_label *manifest_label(const struct manifest *m, str name) {
    NAMED_FIND(manifest_label, labels);
}

static bool among(struct manifest_numbers n, uint64_t number) {
    size_t low = 0, high = n.count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;
        uint64_t const here = manifest_number(n, middle);

        if (here == number)
            return true;
        if (here < number)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool manifest_hold_covers(const struct manifest_hold *h, const struct manifest_segment *s, str family) {
    if (h->family.len && !str_eq(h->family, family))
        return false;
    if (h->segments.count && !among(h->segments, s->number))
        return false;
    if (s->first == INSTANT_NONE)
        return true;
    return (h->from == INSTANT_NONE || s->last >= h->from) && (h->to == INSTANT_NONE || s->first < h->to);
}

const struct manifest_hold *manifest_held(const struct manifest *m, const struct manifest_segment *s) {
    const struct manifest_hold *const holds = m->holds.at;
    str const family = manifest_family(m, s->family);

    for (size_t i = 0; i < m->holds.count; i++)
        if (manifest_hold_covers(&holds[i], s, family))
            return &holds[i];
    return NULL;
}

const struct manifest_label *manifest_kept(const struct manifest *m, const struct manifest_segment *s) {
    const struct manifest_label *const labels = m->labels.at;

    for (size_t i = 0; i < m->labels.count; i++)
        if (labels[i].kept && s->added <= labels[i].sequence && (s->ended == 0 || s->ended > labels[i].sequence))
            return &labels[i];
    return NULL;
}

/* ---- operations ---- */

static bool ascending(struct manifest_numbers n) {
    for (size_t i = 1; i < n.count; i++)
        if (manifest_number(n, i - 1) >= manifest_number(n, i))
            return false;
    return true;
}

static bool copy(struct manifest *m, str *text) {
    return arena_copy(m->texts, *text, text);
}

static bool copy_numbers(struct manifest *m, struct manifest_numbers *n) {
    void *const at = arena_alloc(m->texts, n->count * sizeof(uint64_t));

    if (!at)
        return false;
    if (n->count)
        memcpy(at, n->at, n->count * sizeof(uint64_t));
    n->at = at;
    return true;
}

static bool do_begin(struct manifest *m, const struct manifest_operation *o, struct err *e) {
    if (m->begun)
        return err_set(e, ERR_USAGE, 0, "an archive begins once");
    memcpy(m->id, o->begin.id, sizeof m->id);
    m->begun = true;
    return true;
}

static bool do_add(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    const struct manifest_segment *const given = &o->add.segment;
    struct manifest_segment *s;
    uint32_t family = 0;

    /* A restated list has gaps: what is gone is not in it. */
    if (m->restoring ? given->number < m->next_segment || given->number == UINT64_MAX
                     : given->number != m->next_segment)
        return no_fit(e, "the number of a segment is out of order:", given->number);
    if ((given->first == INSTANT_NONE) != (given->last == INSTANT_NONE) || given->first > given->last ||
        (given->first == INSTANT_NONE) != (given->month == MANIFEST_UNDATED) ||
        (given->month != MANIFEST_UNDATED && (given->month < 0 || given->month >= 12 * 10000)) ||
        given->length > INT64_MAX || given->rows > INT64_MAX)
        return no_fit(e, "impossible times or sizes of segment", given->number);
    if (m->segments.count >= UINT32_MAX - 1)
        return err_set(e, ERR_LIMIT, 0, "more segments than are counted");
    if (!family_of(m, o->add.family, &family, e))
        return false;
    if (!(s = list_next(&m->segments, sizeof *s)) ||
        (m->by_bytes.room && !table_reserve(m, &m->by_bytes, 1, bytes_key)))
        return no_memory(e);
    *s = *given;
    s->family = family;
    s->added = sequence;
    s->added_at = INSTANT_NONE;
    s->ended = 0;
    s->ended_at = INSTANT_NONE;
    s->end = 0;
    s->gone = false;
    if (m->by_bytes.room) {
        uint32_t *const slot = table_slot(m, &m->by_bytes, (str){(const char *)given->sha256, SHA256_SIZE}, bytes_key);

        m->by_bytes.used += *slot == 0;
        *slot = (uint32_t)m->segments.count + 1;
    }
    m->segments.count++;
    m->next_segment = given->number + 1;
    m->live++;
    m->live_bytes += s->length;
    m->live_rows += s->rows;
    return true;
}

/* Who holds one of the old holds the new as well. The list of a hold has room for them, or the operation fails. */
static bool hold_follow(struct manifest *m, struct manifest_hold *h, struct manifest_numbers olds,
                        struct manifest_numbers news, struct err *e) {
    struct manifest_numbers all = {NULL, h->segments.count + news.count};
    char *to;
    size_t i = 0;

    while (i < olds.count && !among(h->segments, manifest_number(olds, i)))
        i++;
    if (i == olds.count || news.count == 0)
        return true;
    if (!(to = arena_alloc(m->texts, all.count * sizeof(uint64_t))))
        return no_memory(e);
    memcpy(to, h->segments.at, h->segments.count * sizeof(uint64_t));
    /* Numbers that are new are the highest there are. */
    memcpy(to + h->segments.count * sizeof(uint64_t), news.at, news.count * sizeof(uint64_t));
    all.at = to;
    assert(manifest_number(all, h->segments.count - 1) < manifest_number(news, 0));
    h->segments = all;
    return true;
}

/* May these end like this? */
static bool end_allowed(const struct manifest *m, const struct manifest_operation *o, uint64_t sequence,
                        struct err *e) {
    bool const replaces = o->end.why == END_COMPACTED || o->end.why == END_ERASED;
    uint64_t rows_old = 0, rows_new = 0;

    if (!ascending(o->end.olds) || !ascending(o->end.news) || o->end.olds.count == 0 ||
        (o->end.news.count > 0 && !replaces) || (o->end.news.count == 0 && o->end.why == END_COMPACTED) ||
        (o->end.why == END_EXPIRED) != (o->end.policy.len > 0))
        return err_set(e, ERR_USAGE, 0, "segments cannot end like this");
    for (size_t i = 0; i < o->end.olds.count; i++) {
        uint64_t const number = manifest_number(o->end.olds, i);
        const struct manifest_segment *const s = segment_of(m, number);
        const struct manifest_hold *h;

        if (!s || !manifest_live(s))
            return no_fit(e, "no live segment has the number", number);
        if (s->added == sequence && !m->restoring)
            return no_fit(e, "it is added and ended in one record: segment", number);
        if (o->end.why != END_COMPACTED && !m->restoring && (h = manifest_held(m, s)))
            return err_set(e, ERR_REFUSED, 0, "segment %llu is held by %.*s: lift the hold first",
                           (unsigned long long)number, STR_ARG(str_first(h->name, 64)));
        rows_old += s->rows;
    }
    if (m->restoring)
        return true;
    if (o->end.why == END_EXPIRED && !policy_of(m, o->end.policy))
        return err_set(e, ERR_USAGE, 0, "there is no policy %.*s", STR_ARG(str_first(o->end.policy, 64)));
    for (size_t i = 0; i < o->end.news.count; i++) {
        const struct manifest_segment *const s = segment_of(m, manifest_number(o->end.news, i));

        if (!s || s->added != sequence || !manifest_live(s))
            return no_fit(e, "what replaces must be added in the same record: segment",
                          manifest_number(o->end.news, i));
        rows_new += s->rows;
    }
    if (o->end.news.count && rows_old != rows_new)
        return err_set(e, ERR_USAGE, 0, "%llu rows were to be replaced by %llu: none may get lost",
                       (unsigned long long)rows_old, (unsigned long long)rows_new);
    return true;
}

static bool do_end(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_hold *const holds = m->holds.at;

    if (!end_allowed(m, o, sequence, e))
        return false;
    if (!ended_reserve(m, o->end.olds.count))
        return no_memory(e);
    for (size_t i = 0; i < m->holds.count; i++) /* too much of a hold does no harm, should memory run out in between */
        if (holds[i].segments.count && !hold_follow(m, &holds[i], o->end.olds, o->end.news, e))
            return false;
    for (size_t i = 0; i < o->end.olds.count; i++) {
        struct manifest_segment *const s = segment_of(m, manifest_number(o->end.olds, i));

        s->ended = sequence;
        s->end = (uint8_t)o->end.why;
        ended_note(m, (uint64_t)(s - (const struct manifest_segment *)m->segments.at));
        m->live--;
        m->live_bytes -= s->length;
        m->live_rows -= s->rows;
    }
    return true;
}

static bool removed_allowed(const struct manifest *m, const struct manifest_operation *o, struct err *e) {
    if (!ascending(o->removed.segments) || !ascending(o->removed.runs))
        return err_set(e, ERR_USAGE, 0, "numbers of what is removed do not ascend");
    for (size_t i = 0; i < o->removed.segments.count; i++) {
        uint64_t const number = manifest_number(o->removed.segments, i);
        const struct manifest_segment *const s = segment_of(m, number);
        const struct manifest_hold *h;
        const struct manifest_label *l;

        if (!s || manifest_live(s) || s->gone)
            return no_fit(e, "there is no file of an ended segment to remove:", number);
        if ((h = manifest_held(m, s)))
            return err_set(e, ERR_REFUSED, 0, "segment %llu is held by %.*s", (unsigned long long)number,
                           STR_ARG(str_first(h->name, 64)));
        if ((l = manifest_kept(m, s)))
            return err_set(e, ERR_REFUSED, 0, "segment %llu is in the kept snapshot %.*s", (unsigned long long)number,
                           STR_ARG(str_first(l->name, 64)));
    }
    for (size_t i = 0; i < o->removed.runs.count; i++) {
        uint64_t const number = manifest_number(o->removed.runs, i);
        const struct manifest_run *const r = run_of(m, number);

        if (!r || r->ended == 0 || r->gone)
            return no_fit(e, "there is no file of an ended index run to remove:", number);
    }
    return true;
}

static bool do_removed(struct manifest *m, const struct manifest_operation *o, struct err *e) {
    if (!removed_allowed(m, o, e))
        return false;
    for (size_t i = 0; i < o->removed.segments.count; i++)
        segment_of(m, manifest_number(o->removed.segments, i))->gone = true;
    for (size_t i = 0; i < o->removed.runs.count; i++)
        run_of(m, manifest_number(o->removed.runs, i))->gone = true;
    return true;
}

void manifest_foresee(struct manifest *m, const struct manifest_operation *o) {
    if (o->what != DO_REMOVED)
        return;
    for (size_t i = 0; i < o->removed.segments.count; i++) {
        struct manifest_segment *const s = segment_of(m, manifest_number(o->removed.segments, i));

        if (s)
            s->gone = true;
    }
    for (size_t i = 0; i < o->removed.runs.count; i++) {
        struct manifest_run *const r = run_of(m, manifest_number(o->removed.runs, i));

        if (r)
            r->gone = true;
    }
}

/* A free name, that is one. */
static bool name_free(const void *taken, size_t count, str name, const char *what, struct err *e) {
    if (!name.len)
        return err_set(e, ERR_USAGE, 0, "%s without a name", what);
    if (taken)
        return err_set(e, ERR_USAGE, 0, "there is %s %.*s already", what, STR_ARG(str_first(name, 64)));
    if (count >= MANIFEST_NAMED_MAX)
        return err_set(e, ERR_LIMIT, 0, "%s too many: there are %u", what, MANIFEST_NAMED_MAX);
    return true;
}

static bool do_hold(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_hold h = o->hold, *to;

    if (!name_free(hold_of(m, h.name), m->holds.count, h.name, "a hold", e))
        return false;
    if (!ascending(h.segments) || (h.from != INSTANT_NONE && h.to != INSTANT_NONE && h.from >= h.to))
        return err_set(e, ERR_USAGE, 0, "a hold over a period that ends before it begins, or over numbers in disorder");
    for (size_t i = 0; !m->restoring && i < h.segments.count; i++) {
        const struct manifest_segment *const s = segment_of(m, manifest_number(h.segments, i));

        if (!s || s->gone)
            return no_fit(e, "there is no segment to hold:", manifest_number(h.segments, i));
    }
    h.since = sequence;
    h.since_at = INSTANT_NONE;
    if (!copy(m, &h.name) || !copy(m, &h.who) || !copy(m, &h.basis) || !copy(m, &h.why) || !copy(m, &h.family) ||
        !copy_numbers(m, &h.segments) || !(to = list_next(&m->holds, sizeof *to)))
        return no_memory(e);
    *to = h;
    m->holds.count++;
    return true;
}

static bool do_policy(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_policy p = o->policy, *to;

    if (!name_free(policy_of(m, p.name), m->policies.count, p.name, "a policy", e))
        return false;
    if (p.days == 0)
        return err_set(e, ERR_USAGE, 0, "a policy of no day at all");
    p.since = sequence;
    p.since_at = INSTANT_NONE;
    if (!copy(m, &p.name) || !copy(m, &p.family) || !copy(m, &p.who) || !copy(m, &p.why) ||
        !(to = list_next(&m->policies, sizeof *to)))
        return no_memory(e);
    *to = p;
    m->policies.count++;
    return true;
}

static bool do_label(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_label l = o->label, *to;

    if (!name_free(manifest_label(m, l.name), m->labels.count, l.name, "a label", e))
        return false;
    if (l.sequence == 0 || l.sequence > sequence)
        return no_fit(e, "there is no snapshot", l.sequence);
    l.since = sequence;
    l.since_at = INSTANT_NONE;
    if (!copy(m, &l.name) || !copy(m, &l.who) || !copy(m, &l.why) || !(to = list_next(&m->labels, sizeof *to)))
        return no_memory(e);
    *to = l;
    m->labels.count++;
    return true;
}

static bool named_end(struct list *l, const void *found, size_t size, str name, const char *what, struct err *e) {
    if (!found)
        return err_set(e, ERR_USAGE, 0, "there is no %s %.*s", what, STR_ARG(str_first(name, 64)));
    list_take_out(l, (size_t)((const char *)found - (const char *)l->at) / size, size);
    return true;
}

static bool do_erasure(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    const struct manifest_segment *const old = segment_of(m, o->erasure.old), *const new =
                                                                                  segment_of(m, o->erasure.new);
    static const uint8_t none[SHA256_SIZE];

    if (!old || old->ended != sequence || old->end != END_ERASED ||
        memcmp(old->sha256, o->erasure.old_sha256, SHA256_SIZE) != 0)
        return no_fit(e, "this record erased nothing of segment", o->erasure.old);
    if (o->erasure.new == 0
            ? memcmp(none, o->erasure.new_sha256, SHA256_SIZE) != 0
            : !new || new->added != sequence || memcmp(new->sha256, o->erasure.new_sha256, SHA256_SIZE) != 0)
        return no_fit(e, "what was left by the erasure is not in this record: segment", o->erasure.new);
    m->erasures++;
    return true;
}

static bool do_run(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    struct manifest_run r = o->run, *to;
    struct manifest_numbers const n = r.ranges;

    if (m->restoring ? r.number < m->next_run || r.number == UINT64_MAX : r.number != m->next_run)
        return no_fit(e, "the number of an index run is out of order:", r.number);
    if (n.count % 2 != 0 || n.count == 0 || r.length > INT64_MAX)
        return no_fit(e, "impossible sizes of index run", r.number);
    for (size_t i = 0; i < n.count; i += 2)
        if (manifest_number(n, i) == 0 || manifest_number(n, i) > manifest_number(n, i + 1) ||
            (i > 0 && manifest_number(n, i) <= manifest_number(n, i - 1)) ||
            (!m->restoring && manifest_number(n, i + 1) >= m->next_segment))
            return no_fit(e, "impossible ranges of segments of index run", r.number);
    if (m->runs.count >= UINT32_MAX - 1)
        return err_set(e, ERR_LIMIT, 0, "more index runs than are counted");
    r.added = sequence;
    r.added_at = INSTANT_NONE;
    r.ended = 0;
    r.ended_at = INSTANT_NONE;
    r.gone = false;
    if (!copy(m, &r.about) || !copy_numbers(m, &r.ranges) || !(to = list_next(&m->runs, sizeof *to)))
        return no_memory(e);
    *to = r;
    m->runs.count++;
    m->next_run = r.number + 1;
    return true;
}

static bool do_run_end(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    if (!ascending(o->run_end) || o->run_end.count == 0)
        return err_set(e, ERR_USAGE, 0, "numbers of index runs that end do not ascend");
    for (size_t i = 0; i < o->run_end.count; i++) {
        const struct manifest_run *const r = run_of(m, manifest_number(o->run_end, i));

        if (!r || r->ended)
            return no_fit(e, "no live index run has the number", manifest_number(o->run_end, i));
    }
    if (!ended_reserve(m, o->run_end.count))
        return no_memory(e);
    for (size_t i = 0; i < o->run_end.count; i++) {
        struct manifest_run *const r = run_of(m, manifest_number(o->run_end, i));

        r->ended = sequence;
        ended_note(m, RUNS_FROM + (uint64_t)(r - (const struct manifest_run *)m->runs.at));
    }
    return true;
}

static bool do_counters(struct manifest *m, const struct manifest_operation *o, struct err *e) {
    if (!m->restoring || o->counters.next_segment < m->next_segment || o->counters.next_run < m->next_run)
        return err_set(e, ERR_USAGE, 0, "counters where none belong");
    m->next_segment = o->counters.next_segment;
    m->next_run = o->counters.next_run;
    m->erasures = o->counters.erasures;
    return true;
}

bool manifest_apply(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e) {
    if (!m->begun && o->what != DO_BEGIN)
        return err_set(e, ERR_USAGE, 0, "the archive has not begun");
    switch (o->what) {
    case DO_BEGIN:
        return do_begin(m, o, e);
    case DO_ADD:
        return do_add(m, o, sequence, e);
    case DO_END:
        return do_end(m, o, sequence, e);
    case DO_REMOVED:
        return do_removed(m, o, e);
    case DO_HOLD:
        return do_hold(m, o, sequence, e);
    case DO_LIFT:
        return named_end(&m->holds, hold_of(m, o->lift.name), sizeof(struct manifest_hold), o->lift.name, "hold", e);
    case DO_POLICY:
        return do_policy(m, o, sequence, e);
    case DO_POLICY_END:
        return named_end(&m->policies, policy_of(m, o->lift.name), sizeof(struct manifest_policy), o->lift.name,
                         "policy", e);
    case DO_ERASURE:
        return do_erasure(m, o, sequence, e);
    case DO_RUN:
        return do_run(m, o, sequence, e);
    case DO_RUN_END:
        return do_run_end(m, o, sequence, e);
    case DO_LABEL:
        return do_label(m, o, sequence, e);
    case DO_LABEL_END:
        return named_end(&m->labels, manifest_label(m, o->lift.name), sizeof(struct manifest_label), o->lift.name,
                         "label", e);
    case DO_COUNTERS:
        return do_counters(m, o, e);
    case DO_GENERATION: /* said to those who read the file */
    case DO_NOTE:
    case DO_COUNT:
        break;
    }
    return true;
}

#define NAMED_TIME(type, list_)                                                                                        \
    for (size_t i = m->list_.count; i > 0 && ((struct type *)m->list_.at)[i - 1].since == sequence; i--)               \
    ((struct type *)m->list_.at)[i - 1].since_at = at

void manifest_record_end(struct manifest *m, uint64_t sequence, int64_t at) {
    struct manifest_segment *const segments = m->segments.at;
    struct manifest_run *const runs = m->runs.at;
    const uint64_t *const ended = m->ended.at;

    for (; m->segments_timed < m->segments.count; m->segments_timed++)
        segments[m->segments_timed].added_at = at;
    for (; m->runs_timed < m->runs.count; m->runs_timed++)
        runs[m->runs_timed].added_at = at;
    for (size_t i = 0; i < m->ended.count; i++)
        if (ended[i] >= RUNS_FROM)
            runs[ended[i] - RUNS_FROM].ended_at = at;
        else
            segments[ended[i]].ended_at = at;
    m->ended.count = 0;
    NAMED_TIME(manifest_hold, holds);
    NAMED_TIME(manifest_policy, policies);
    NAMED_TIME(manifest_label, labels);
    m->sequence = sequence;
    m->at = at;
    if (m->latest == INSTANT_NONE || at > m->latest)
        m->latest = at;
}

/* ---- restated ---- */

static bool item(struct buf *out, uint64_t *count, uint64_t sequence, int64_t at, const struct manifest_operation *o,
                 struct err *e) {
    buf_add(out, (str){(const char *)&sequence, sizeof sequence});
    buf_add(out, (str){(const char *)&at, sizeof at});
    ++*count;
    return manifest_encode(o, out, e);
}

static bool restate_segments(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e) {
    const struct manifest_segment *const all = m->segments.at;

    for (size_t i = 0; i < m->segments.count; i++) {
        struct manifest_operation const add = {.what = DO_ADD,
                                               .add = {.segment = all[i], .family = manifest_family(m, all[i].family)}};

        if (!all[i].gone && !item(out, count, all[i].added, all[i].added_at, &add, e))
            return false;
    }
    for (size_t i = 0; i < m->segments.count; i++) {
        struct manifest_operation end = {.what = DO_END};

        if (all[i].gone || manifest_live(&all[i]))
            continue;
        end.end.why = (enum manifest_end)all[i].end;
        end.end.olds = (struct manifest_numbers){&all[i].number, 1};
        end.end.who = end.end.note = S("");
        end.end.policy = all[i].end == END_EXPIRED ? S("-") : S("");
        if (!item(out, count, all[i].ended, all[i].ended_at, &end, e))
            return false;
    }
    return true;
}

static bool restate_runs(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e) {
    const struct manifest_run *const all = m->runs.at;

    for (size_t i = 0; i < m->runs.count; i++) {
        struct manifest_operation const run = {.what = DO_RUN, .run = all[i]};
        struct manifest_operation const end = {.what = DO_RUN_END, .run_end = {&all[i].number, 1}};

        if (all[i].gone)
            continue;
        if (!item(out, count, all[i].added, all[i].added_at, &run, e) ||
            (all[i].ended && !item(out, count, all[i].ended, all[i].ended_at, &end, e)))
            return false;
    }
    return true;
}

static bool restate_named(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e) {
    const struct manifest_hold *const holds = m->holds.at;
    const struct manifest_policy *const policies = m->policies.at;
    const struct manifest_label *const labels = m->labels.at;

    for (size_t i = 0; i < m->holds.count; i++) {
        struct manifest_operation const o = {.what = DO_HOLD, .hold = holds[i]};

        if (!item(out, count, holds[i].since, holds[i].since_at, &o, e))
            return false;
    }
    for (size_t i = 0; i < m->policies.count; i++) {
        struct manifest_operation const o = {.what = DO_POLICY, .policy = policies[i]};

        if (!item(out, count, policies[i].since, policies[i].since_at, &o, e))
            return false;
    }
    for (size_t i = 0; i < m->labels.count; i++) {
        struct manifest_operation const o = {.what = DO_LABEL, .label = labels[i]};

        if (!item(out, count, labels[i].since, labels[i].since_at, &o, e))
            return false;
    }
    return true;
}

bool manifest_restate(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e) {
    struct manifest_operation begin = {.what = DO_BEGIN, .begin = {.program = S(""), .who = S(""), .note = S("")}};
    struct manifest_operation const counters = {.what = DO_COUNTERS,
                                                .counters = {m->next_segment, m->next_run, m->erasures, m->latest}};

    *count = 0;
    memcpy(begin.begin.id, m->id, sizeof m->id);
    return item(out, count, 1, 0, &begin, e) && restate_segments(m, out, count, e) && restate_runs(m, out, count, e) &&
           restate_named(m, out, count, e) && item(out, count, m->sequence, m->at, &counters, e);
}

bool manifest_restore(struct manifest *m, str items, uint64_t count, struct err *e) {
    enum manifest_do last = DO_COUNT;
    uint64_t sequence = 0, done = 0;
    size_t const size = items.len;
    int64_t at = INSTANT_NONE;

    assert(m->sequence == 0 && !m->begun);
    m->restoring = true;
    for (; items.len; done++) {
        struct cursor c = cursor_of(items);
        struct manifest_operation o;
        size_t const offset = size - items.len;

        if (!read_u64le(&c, &sequence) || !read_bytes(&c, &at, sizeof at))
            return err_set(e, ERR_CORRUPT, offset, "a restated state is cut off");
        items = str_from(items, cursor_at(&c));
        if (!manifest_decode(&items, &o, e) || !manifest_apply(m, &o, sequence, e)) {
            if (e->code != ERR_MEMORY)
                e->code = ERR_CORRUPT;
            e->offset = offset;
            return err_wrap(e, "a restated state");
        }
        last = o.what;
        manifest_record_end(m, sequence, at);
        if (last == DO_COUNTERS) /* said, because what was ended and is gone is not here to say it */
            m->latest = o.counters.latest;
    }
    m->restoring = false;
    if (done != count || last != DO_COUNTERS)
        return err_set(e, ERR_CORRUPT, 0, "a restated state of %llu items instead of %llu", (unsigned long long)done,
                       (unsigned long long)count);
    return true;
}

bool manifest_digest(const struct manifest *m, uint8_t out[SHA256_SIZE], struct err *e) {
    struct sha256 *const h = sha256_new();
    struct buf b = {0};
    uint64_t count;
    bool const ok = (h || no_memory(e)) && manifest_restate(m, &b, &count, e);

    if (ok) {
        sha256_add(h, buf_str(&b));
        sha256_end(h, out);
    }
    sha256_free(h);
    buf_free(&b);
    return ok;
}
