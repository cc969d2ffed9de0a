/* manifest: the state that operations come to, and the questions it answers. Operations: manifest_do.c; their bytes: manifest_code.c. */
#include "archive/manifest_own.h"

#include <assert.h>

#include "base/arena.h"
#include "base/instant.h"

#define TEXTS_MAX ((size_t)1 << 30) /* of holds, policies, labels, runs: lifted ones too, until it is read anew */

bool manifest_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the manifest");
}

bool manifest_no_fit(struct err *e, const char *what, uint64_t number) {
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
void *manifest_list_next(struct list *l, size_t size) {
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

bool manifest_ended_reserve(struct manifest *m, size_t more) {
    size_t const count = m->ended.count;
    bool ok = true;

    for (size_t i = 0; ok && i < more; i++)
        if ((ok = manifest_list_next(&m->ended, sizeof(uint64_t)) != NULL))
            m->ended.count++;
    m->ended.count = count;
    return ok;
}

/* Its time is told with the end of the record. Room was reserved. */
void manifest_ended_note(struct manifest *m, uint64_t index) {
    assert(m->ended.count < m->ended.room);
    ((uint64_t *)m->ended.at)[m->ended.count++] = index;
}

void manifest_list_take_out(struct list *l, size_t i, size_t size) {
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

/* Room for one segment more in the table by bytes, where there is one. */
bool manifest_bytes_reserve(struct manifest *m) {
    return !m->by_bytes.room || table_reserve(m, &m->by_bytes, 1, bytes_key);
}

/* Segment i, which is filled in, comes into it; of several of the same bytes the last is found. */
void manifest_bytes_note(struct manifest *m, size_t i) {
    if (m->by_bytes.room) {
        uint32_t *const slot = table_slot(m, &m->by_bytes, bytes_key(m, (uint32_t)i), bytes_key);

        m->by_bytes.used += *slot == 0;
        *slot = (uint32_t)i + 1;
    }
}

bool manifest_family_of(struct manifest *m, str name, uint32_t *out, struct err *e) {
    uint32_t *slot;
    str *family;

    if (!table_reserve(m, &m->by_family, 1, family_key))
        return manifest_no_memory(e);
    slot = table_slot(m, &m->by_family, name, family_key);
    if (!*slot) {
        if (m->families.count >= MANIFEST_NAMED_MAX)
            return err_set(e, ERR_LIMIT, 0, "more than %u families of sources", MANIFEST_NAMED_MAX);
        if (!(family = manifest_list_next(&m->families, sizeof *family)) || !arena_copy(m->texts, name, family))
            return manifest_no_memory(e);
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

struct manifest_segment *manifest_segment_of(const struct manifest *m, uint64_t number) {
    return by_number(&m->segments, sizeof(struct manifest_segment), number);
}

struct manifest_run *manifest_run_of(const struct manifest *m, uint64_t number) {
    return by_number(&m->runs, sizeof(struct manifest_run), number);
}

const struct manifest_segment *manifest_segment(const struct manifest *m, uint64_t number) {
    return manifest_segment_of(m, number);
}

const struct manifest_run *manifest_run(const struct manifest *m, uint64_t number) {
    return manifest_run_of(m, number);
}

bool manifest_of_bytes(struct manifest *m, const uint8_t sha256[SHA256_SIZE], const struct manifest_segment **out,
                       struct err *e) {
    struct manifest_segment *const all = m->segments.at;

    *out = NULL;
    if (!m->by_bytes.room) {
        if (!table_reserve(m, &m->by_bytes, m->segments.count + 1, bytes_key))
            return manifest_no_memory(e);
        for (size_t i = 0; i < m->segments.count; i++)
            manifest_bytes_note(m, i);
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

struct manifest_hold *manifest_hold_of(const struct manifest *m, str name) {
    NAMED_FIND(manifest_hold, holds);
}

struct manifest_policy *manifest_policy_of(const struct manifest *m, str name) {
    NAMED_FIND(manifest_policy, policies);
}

const struct manifest_label *manifest_label(const struct manifest *m, str name) {
    NAMED_FIND(manifest_label, labels);
}

bool manifest_among(struct manifest_numbers n, uint64_t number) {
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
    if (h->segments.count && !manifest_among(h->segments, s->number))
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
