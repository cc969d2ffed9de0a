/* activity: texts kept once, activities one behind another in memory or a file, and all of them in order at the end. */
#include "detection/activity.h"

#include <assert.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/address.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/utf.h"
#include "detection/activity_own.h"

/* What tables take for a text or a source at most, beside its bytes: arrays and tables double, and are a quarter full at least. */
#define TEXT_COST (2 * sizeof(str) + 4 * sizeof(struct activity_slot))
#define SOURCE_COST (2 * sizeof(struct activity_source) + 4 * sizeof(struct activity_slot) + 1)
#define TABLE_LEAST 256u
#define INSERTED_MAX 12u /* so few are sorted by insertion */

_Static_assert(sizeof(struct activity) == 112, "activities are many: their size is chosen, not come upon");
_Static_assert(ACTIVITIES_MAX < UINT32_MAX, "an index has 32 bits");

bool activities_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for activities");
}

/* ---- tables ---- */

static bool table_grow(struct activity_table *t) {
    size_t const size = t->slots ? (t->mask + 1) * 2 : TABLE_LEAST;
    struct activity_slot *const slots = calloc(size, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; t->slots && i <= t->mask; i++) {
        size_t at = t->slots[i].hash & (size - 1);

        if (!t->slots[i].number)
            continue;
        while (slots[at].number)
            at = (at + 1) & (size - 1);
        slots[at] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->mask = size - 1;
    return true;
}

/* Behind table_grow there is room. */
static void table_put(struct activity_table *t, uint32_t hash, uint32_t number) {
    size_t at = hash & t->mask;

    while (t->slots[at].number)
        at = (at + 1) & t->mask;
    t->slots[at] = (struct activity_slot){hash, number};
    t->used++;
}

static bool table_full(const struct activity_table *t) {
    return !t->slots || (t->used + 1) * 2 > t->mask;
}

/* ---- texts ---- */

static uint32_t text_hash(const struct activities *a, str text) {
    return (uint32_t)hash_bytes(text, a->seed);
}

/* 0: nobody has it. */
static uint32_t text_find(const struct activities *a, str text, uint32_t hash) {
    const struct activity_table *const t = &a->by_text;

    for (size_t at = hash; t->slots && t->slots[at & t->mask].number; at++) {
        struct activity_slot const *const s = &t->slots[at & t->mask];

        if (s->hash == hash && str_eq(a->texts[s->number], text))
            return s->number;
    }
    return 0;
}

static bool text_add(struct activities *a, str text, uint32_t hash, uint32_t *code) {
    if (a->text_count == a->text_room) {
        str *bigger;

        if (a->text_room > UINT32_MAX / 2 || !(bigger = reallocarray(a->texts, a->text_room * 2, sizeof *bigger)))
            return false;
        a->texts = bigger;
        a->text_room *= 2;
    }
    if ((table_full(&a->by_text) && !table_grow(&a->by_text)) || !arena_copy(a->bytes, text, &a->texts[a->text_count]))
        return false;
    table_put(&a->by_text, hash, a->text_count);
    *code = a->text_count++;
    a->memory_used += text.len + TEXT_COST;
    return true;
}

bool activities_intern(struct activities *a, str text, uint32_t *code) {
    uint32_t const hash = text_hash(a, text);

    return (*code = text_find(a, text, hash)) || text_add(a, text, hash, code);
}

/* ---- sources ---- */

static bool is_source(const struct activity_source *s, const struct activity_event *v) {
    return str_eq(s->path, v->evidence_path) && str_eq(str_of(s->sha256), str_of(v->evidence_sha256));
}

static uint32_t source_hash(const struct activities *a, const struct activity_event *v) {
    return (uint32_t)hash_bytes(v->evidence_path, hash_bytes(str_of(v->evidence_sha256), a->seed));
}

/* source_count: not yet there. Those of one come together. */
static uint32_t source_find(const struct activities *a, const struct activity_event *v) {
    const struct activity_table *const t = &a->by_source;

    if (a->source_count && is_source(&a->sources[a->source_last], v))
        return a->source_last;
    uint32_t const hash = source_hash(a, v);

    for (size_t at = hash; t->slots && t->slots[at & t->mask].number; at++) {
        struct activity_slot const *const s = &t->slots[at & t->mask];

        if (s->hash == hash && is_source(&a->sources[s->number - 1], v))
            return s->number - 1;
    }
    return a->source_count;
}

static size_t source_cost(const struct activity_event *v) {
    return v->evidence_path.len + str_of(v->evidence_sha256).len + SOURCE_COST;
}

static bool source_add(struct activities *a, const struct activity_event *v) {
    str const sha256 = str_of(v->evidence_sha256);
    str path;
    char *copy;

    if (a->source_count == a->source_room) {
        uint32_t const room = a->source_room * 2 + 8;
        struct activity_source *const bigger = reallocarray(a->sources, room, sizeof *bigger);

        if (!bigger)
            return false;
        a->sources = bigger;
        a->source_room = room;
    }
    if ((table_full(&a->by_source) && !table_grow(&a->by_source)) || !arena_copy(a->bytes, v->evidence_path, &path) ||
        !(copy = arena_bytes(a->bytes, sha256.len + 1)))
        return false;
    memcpy(copy, sha256.ptr, sha256.len);
    copy[sha256.len] = '\0';
    a->sources[a->source_count++] = (struct activity_source){path, copy};
    table_put(&a->by_source, source_hash(a, v), a->source_count);
    a->memory_used += source_cost(v);
    return true;
}

/* ---- the pile ---- */

static void pile_free(struct activity_pile *p) {
    if (p->fd >= 0 && p->items)
        munmap((void *)(uintptr_t)p->items, p->count * sizeof *p->items);
    if (p->fd >= 0)
        close(p->fd);
    free(p->held);
    *p = (struct activity_pile){.fd = -1};
}

static bool pile_write(struct activity_pile *p, struct err *e) {
    const char *const from = (const char *)p->held;
    size_t const size = p->held_count * sizeof *p->held;
    size_t done = 0;

    if (p->fd < 0 && !file_temporary(&p->fd, p->folder, e))
        return false;
    while (done < size) {
        ssize_t const n = write(p->fd, from + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_system(e, "activities cannot be written to a temporary file");
        done += (size_t)n;
    }
    p->held_count = 0;
    return true;
}

static bool pile_add(struct activity_pile *p, const struct activity *v, struct err *e) {
    if (p->held_count == p->held_room) {
        size_t const most = p->held_max / sizeof *p->held ? p->held_max / sizeof *p->held : 1;
        size_t const room = p->held_room * 2 + 64 < most ? p->held_room * 2 + 64 : most;

        if (p->held_room == most) {
            if (!pile_write(p, e))
                return false;
        } else {
            struct activity *const bigger = reallocarray(p->held, room, sizeof *bigger);

            if (!bigger)
                return activities_no_memory(e);
            p->held = bigger;
            p->held_room = room;
        }
    }
    p->held[p->held_count++] = *v;
    p->count++;
    return true;
}

static bool pile_seal(struct activity_pile *p, struct err *e) {
    if (p->fd < 0) {
        p->items = p->held;
        return true;
    }
    if (!pile_write(p, e))
        return false;
    free(p->held);
    p->held = NULL;
    p->held_room = 0;
    void *const at = mmap(NULL, p->count * sizeof *p->items, PROT_READ, MAP_SHARED, p->fd, 0);

    if (at == MAP_FAILED)
        return err_system(e, "activities cannot be read from a temporary file");
    p->items = at;
    return true;
}

/* ---- in order ---- */

struct order {
    const struct activity *items;
    const str *texts;
    int64_t *when; /* close together: most comparisons need nothing else */
    uint32_t *all, *half;
};

static bool before(const struct order *o, uint32_t x, uint32_t y) {
    const struct activity *const a = &o->items[x], *const b = &o->items[y];

    if (o->when[x] != o->when[y])
        return o->when[x] < o->when[y];
    if (a->source != b->source)
        return a->source < b->source;
    if (a->record != b->record)
        return a->record < b->record;
    if (a->offset != b->offset)
        return a->offset < b->offset;
    if (a->act != b->act)
        return a->act < b->act;
    /* Several acts of one record: they came in the order of some worker's blocks, and their codes as well. */
    for (size_t t = 0; t < ACT_TEXTS; t++)
        if (a->text[t] != b->text[t])
            return str_cmp(o->texts[a->text[t]], o->texts[b->text[t]]) < 0;
    if (a->outcome != b->outcome)
        return a->outcome < b->outcome;
    if (a->amount != b->amount)
        return a->amount < b->amount;
    if (a->items != b->items)
        return a->items < b->items;
    return a->last != b->last ? a->last < b->last : a->count < b->count;
}

/* Merges halves; sources are in order of time for the most part, and what is in order is left as it is. */
static void sort(const struct order *o, uint32_t from, uint32_t to) {
    uint32_t *const all = o->all;

    if (to - from <= INSERTED_MAX) {
        for (uint32_t i = from + 1; i < to; i++) {
            uint32_t const one = all[i];
            uint32_t k = i;

            for (; k > from && before(o, one, all[k - 1]); k--)
                all[k] = all[k - 1];
            all[k] = one;
        }
        return;
    }
    uint32_t const middle = from + (to - from) / 2;

    sort(o, from, middle);
    sort(o, middle, to);
    if (before(o, all[middle - 1], all[middle]))
        return;
    memcpy(o->half, all + from, (middle - from) * sizeof *all);
    for (uint32_t left = 0, right = middle, at = from; left < middle - from; at++)
        all[at] = right < to && before(o, all[right], o->half[left]) ? all[right++] : o->half[left++];
}

/* Codes in the order of the activities, whatever the order was in which they came: new by old. Texts that none has are behind. */
struct renumbering {
    uint32_t *code;
    uint32_t used;
};

static void renumber(struct renumbering *r, struct activity *v) {
    for (size_t t = 0; t < ACT_TEXTS; t++) {
        uint32_t *const code = &r->code[v->text[t]];

        if (!v->text[t])
            continue;
        if (!*code)
            *code = ++r->used;
        v->text[t] = *code;
    }
}

static bool texts_move(struct activities *a, struct renumbering *r) {
    str *const texts = reallocarray(NULL, a->text_room, sizeof *texts);

    if (!texts)
        return false;
    texts[0] = a->texts[0];
    for (uint32_t i = 1; i < a->text_count; i++) {
        if (!r->code[i])
            r->code[i] = ++r->used;
        texts[r->code[i]] = a->texts[i];
    }
    for (size_t i = 0; a->by_text.slots && i <= a->by_text.mask; i++)
        if (a->by_text.slots[i].number)
            a->by_text.slots[i].number = r->code[a->by_text.slots[i].number];
    free(a->texts);
    a->texts = texts;
    return true;
}

static bool put_in_order(struct activities *a, struct err *e) {
    struct activity_pile sorted = {.fd = -1, .held_max = a->pile.held_max, .folder = a->pile.folder};
    size_t const count = a->pile.count;
    struct renumbering r = {.code = calloc(a->text_count, sizeof *r.code)};
    struct order o = {.items = a->pile.items,
                      .texts = a->texts,
                      .when = reallocarray(NULL, count + 1, sizeof *o.when),
                      .all = reallocarray(NULL, count + 1, sizeof *o.all),
                      .half = reallocarray(NULL, count / 2 + 1, sizeof *o.half)};
    bool ok = (r.code && o.when && o.all && o.half) || activities_no_memory(e);

    for (uint32_t i = 0; ok && i < count; i++) {
        o.when[i] = o.items[i].when;
        o.all[i] = i;
    }
    if (ok)
        sort(&o, 0, (uint32_t)count);
    free(o.when);
    free(o.half);
    for (uint32_t i = 0; ok && i < count; i++) {
        struct activity v = o.items[o.all[i]];

        renumber(&r, &v);
        ok = pile_add(&sorted, &v, e);
    }
    free(o.all);
    ok = ok && (texts_move(a, &r) || activities_no_memory(e));
    free(r.code);
    if (ok && pile_seal(&sorted, e)) {
        pile_free(&a->pile);
        a->pile = sorted;
        return true;
    }
    pile_free(&sorted);
    return false;
}

/* ---- all of them ---- */

bool activities_new_of(struct activities **out, size_t memory_max, size_t held_max, const char *folder, struct err *e) {
    struct activities *const a = calloc(1, sizeof *a);

    if (a) {
        a->memory_max = memory_max;
        a->max = ACTIVITIES_USUAL;
        a->seed = hash_seed();
        a->pile = (struct activity_pile){.fd = -1, .held_max = held_max, .folder = folder};
        a->text_room = 64;
        if ((a->bytes = arena_new(SIZE_MAX / 2)) && (a->texts = reallocarray(NULL, a->text_room, sizeof *a->texts))) {
            a->texts[0] = S("");
            a->text_count = 1;
            *out = a;
            return true;
        }
    }
    activities_free(a);
    return activities_no_memory(e);
}

bool activities_new(struct activities **out, size_t memory_max, const char *folder, struct err *e) {
    return activities_new_of(out, memory_max, ACTIVITY_HELD_MAX, folder, e);
}

void activities_free(struct activities *a) {
    if (!a)
        return;
    activities_forget_lists(a);
    activities_forget_names(a);
    activities_forget_networks(a);
    pile_free(&a->pile);
    free(a->by_text.slots);
    free(a->by_source.slots);
    free(a->sources);
    free(a->texts);
    arena_free(a->bytes);
    free(a);
}

/* Addresses have one spelling each: without a port, IPv6 as RFC 5952 has it, an IPv4-mapped one as IPv4. */
static str kept_text(enum act_text t, str text, char room[ADDRESS_TEXT]) {
    struct address address;

    if ((t == ACT_ADDRESS || t == ACT_SERVER) && address_parse_client(text, &address))
        return address_format(&address, room);
    return text.len > ACTIVITY_TEXT_MAX ? utf8_first(text, ACTIVITY_TEXT_MAX) : text;
}

void activities_bound(struct activities *a, uint32_t max) {
    assert(!a->pile.count);
    a->max = max < ACTIVITIES_MAX ? max : ACTIVITIES_MAX;
}

/* What machines do all day. */
static bool is_volume(enum act act) {
    return act == ACT_CONNECTION || act == ACT_LOOKUP || act == ACT_WEB_VISIT || act == ACT_WEB_REQUEST;
}

bool activities_add(struct activities *a, const struct activity_event *v, struct err *e) {
    struct activity one = {.when = v->when,
                           .last = v->last,
                           .record = v->record,
                           .offset = v->offset,
                           .amount = v->amount,
                           .back = v->back,
                           .source = source_find(a, v),
                           .count = v->count,
                           .items = v->items,
                           .act = (uint8_t)v->act,
                           .outcome = (uint8_t)v->outcome,
                           .salvaged = v->salvaged,
                           .unsure = v->unsure};
    size_t cost = one.source == a->source_count ? source_cost(v) : 0;
    char room[ACT_TEXTS][ADDRESS_TEXT];
    str texts[ACT_TEXTS];

    assert(!a->ended && v->when != INSTANT_NONE);
    for (size_t t = 0; t < ACT_TEXTS; t++) {
        if (!v->text[t].len)
            continue;
        if (str_eq(v->text[t], a->texts[a->before[t]])) { /* much is as it was a moment ago */
            one.text[t] = a->before[t];
            continue;
        }
        texts[t] = kept_text((enum act_text)t, v->text[t], room[t]);
        if (texts[t].len && !(one.text[t] = text_find(a, texts[t], text_hash(a, texts[t]))))
            cost += texts[t].len + TEXT_COST;
    }
    bool const volume = is_volume(v->act);

    if (a->pile.count == a->max || (volume && a->volume == a->max / 2) || cost > a->memory_max ||
        a->memory_used > a->memory_max - cost) {
        a->lost += v->count;
        return true;
    }
    if (one.source == a->source_count && !source_add(a, v))
        return activities_no_memory(e);
    a->source_last = one.source;
    for (size_t t = 0; t < ACT_TEXTS; t++)
        if (v->text[t].len && !one.text[t] && texts[t].len && !activities_intern(a, texts[t], &one.text[t]))
            return activities_no_memory(e);
    memcpy(a->before, one.text, sizeof a->before);
    a->volume += volume;
    return pile_add(&a->pile, &one, e);
}

bool activities_end(struct activities *a, struct err *e) {
    assert(!a->ended);
    a->ended = true;
    return pile_seal(&a->pile, e) && put_in_order(a, e) &&
           ((activities_resolve(a) && activities_know_networks(a)) || activities_no_memory(e));
}

/* ---- asked ---- */

uint32_t activities_count(const struct activities *a) {
    return (uint32_t)a->pile.count;
}

const struct activity *activities_at(const struct activities *a, uint32_t i) {
    assert(i < a->pile.count);
    return &a->pile.items[i];
}

uint64_t activities_lost(const struct activities *a) {
    return a->lost;
}

str activities_text(const struct activities *a, uint32_t code) {
    assert(code < a->text_count);
    return a->texts[code];
}

uint32_t activities_text_count(const struct activities *a) {
    return a->text_count;
}

uint32_t activities_find(const struct activities *a, str text) {
    return text.len ? text_find(a, text, text_hash(a, text)) : 0;
}

struct activity_source activities_source(const struct activities *a, uint32_t source) {
    assert(source < a->source_count);
    return a->sources[source];
}

uint32_t activities_source_count(const struct activities *a) {
    return a->source_count;
}
