/* gathering: a table of sources by path and hash; one spool a segment, in which each part is a stretch. */
#include "hunt/gathering.h"

#include <stdlib.h>

#define HOUR (INT64_C(3600) * 1000000000)
#define TEXTS_MAX ((size_t)4 << 30)

struct gathering_file {
    str path;
    bool keeps;
    uint32_t number;
    struct spool spool;
    uint64_t end;      /* bytes of it */
    uint32_t *members; /* numbers of sources, by index - 1 */
    uint32_t member_count, member_room;
    uint32_t now; /* index of the member of which messages come; 0: the segment itself */
    struct gathering_part part;
    bool ledger; /* it is what a ledger says of that member */
};

struct gathering {
    struct spools *spools;
    struct arena *texts;
    struct gathering_file **files;
    uint32_t file_count, file_room;
    struct gathering_source **sources; /* in the order in which they came, then sorted */
    uint32_t count, room;
    uint32_t *slots; /* number + 1; 0: free */
    uint32_t mask;
    uint64_t seed;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the sources of an archive");
}

static bool grow(void **items, size_t count, uint32_t *room, size_t size, struct err *e) {
    if (count < *room)
        return true;
    uint32_t const bigger = *room ? *room * 2 : 8;
    void *const grown = bigger > *room ? reallocarray(*items, bigger, size) : NULL;

    if (!grown)
        return no_memory(e);
    *items = grown;
    *room = bigger;
    return true;
}

bool gathering_new(struct gathering **out, struct spools *spools, struct err *e) {
    struct gathering *const g = calloc(1, sizeof *g);

    if (!g || !(g->texts = arena_new(TEXTS_MAX))) {
        free(g);
        return no_memory(e);
    }
    g->spools = spools;
    g->seed = hash_seed();
    *out = g;
    return true;
}

void gathering_free(struct gathering *g) {
    if (!g)
        return;
    for (uint32_t i = 0; i < g->file_count; i++) {
        spool_free(g->spools, &g->files[i]->spool);
        free(g->files[i]->members);
        free(g->files[i]);
    }
    for (uint32_t i = 0; i < g->count; i++) {
        clocks_free(&g->sources[i]->clocks);
        free(g->sources[i]->parts);
        free(g->sources[i]);
    }
    free(g->files);
    free(g->sources);
    free(g->slots);
    arena_free(g->texts);
    free(g);
}

struct gathering_file *gathering_file(struct gathering *g, str path, bool keeps) {
    struct gathering_file *const f = calloc(1, sizeof *f);
    struct err e;

    if (!f || !grow((void **)&g->files, g->file_count, &g->file_room, sizeof(struct gathering_file *), &e)) {
        free(f);
        return NULL;
    }
    f->path = path;
    f->keeps = keeps;
    f->number = g->file_count;
    g->files[g->file_count++] = f;
    return f;
}

/* ---- who says it ---- */

static uint64_t hash_of(const struct gathering *g, str path, bool hashed, const uint8_t sha256[SHA256_SIZE]) {
    uint64_t const of_path = hash_bytes(path, g->seed);

    return hashed ? hash_bytes((str){(const char *)sha256, SHA256_SIZE}, of_path) : of_path;
}

static bool slots_grow(struct gathering *g, struct err *e) {
    uint32_t const size = g->slots ? (g->mask + 1) * 2 : 256;
    uint32_t *const slots = size ? calloc(size, sizeof *slots) : NULL;

    if (!slots)
        return no_memory(e);
    free(g->slots);
    g->slots = slots;
    g->mask = size - 1;
    for (uint32_t i = 0; i < g->count; i++) {
        const struct gathering_source *const s = g->sources[i];
        uint64_t at = hash_of(g, s->path, s->hashed, s->sha256);

        while (g->slots[at & g->mask])
            at++;
        g->slots[at & g->mask] = i + 1;
    }
    return true;
}

static bool source_of(struct gathering *g, const struct gathering_file *f, const struct wire *m, uint32_t *number,
                      struct err *e) {
    if ((uint64_t)g->count * 2 >= g->mask && !slots_grow(g, e)) /* also when there is no table yet */
        return false;
    uint64_t at = hash_of(g, m->name, m->hashed, m->hash);
    struct gathering_source *s;

    for (; g->slots[at & g->mask]; at++) {
        s = g->sources[ *number = g->slots[at & g->mask] - 1];
        if (s->hashed == m->hashed && (!s->hashed || memcmp(s->sha256, m->hash, SHA256_SIZE) == 0) &&
            str_eq(s->path, m->name))
            return true;
    }
    if (!grow((void **)&g->sources, g->count, &g->room, sizeof(struct gathering_source *), e))
        return false;
    if (!(s = calloc(1, sizeof *s)) || !arena_copy(g->texts, m->name, &s->path)) {
        free(s);
        return no_memory(e);
    }
    s->hashed = m->hashed;
    if (m->hashed)
        memcpy(s->sha256, m->hash, SHA256_SIZE);
    s->outer = s->path;
    s->place = (uint64_t)f->number << 32 | m->index;
    s->line = (struct gathering_line){.not_read = {"", 0}};
    g->sources[ *number = g->count] = s;
    g->slots[at & g->mask] = ++g->count;
    return true;
}

struct gathering_source *gathering_member(struct gathering *g, const struct gathering_file *f, uint32_t index) {
    return index && index <= f->member_count ? g->sources[f->members[index - 1]] : NULL;
}

/* ---- what is said ---- */

static bool part_close(struct gathering *g, struct gathering_file *f, struct err *e) {
    struct gathering_source *const s = f->now ? g->sources[f->members[f->now - 1]] : NULL;

    f->now = 0;
    f->part.to = f->end;
    if (s)
        s->read += f->keeps && !f->ledger;
    if (!s || f->part.from == f->part.to)
        return true;
    if (!grow((void **)&s->parts, s->part_count, &s->part_room, sizeof *s->parts, e))
        return false;
    s->parts[s->part_count++] = f->part;
    return true;
}

static bool member_begin(struct gathering *g, struct gathering_file *f, const struct wire *m, struct err *e) {
    if (!part_close(g, f, e))
        return false;
    if (!m->index)
        return true;
    if (m->index != f->member_count + 1) /* not ours to believe */
        return true;
    if (!grow((void **)&f->members, f->member_count, &f->member_room, sizeof *f->members, e) ||
        !source_of(g, f, m, &f->members[f->member_count], e))
        return false;
    f->now = ++f->member_count;
    f->part = (struct gathering_part){.file = f->number, .from = f->end};
    f->ledger = false;
    return true;
}

static const char *copy_of(struct gathering *g, const char *text) {
    str copy;

    return arena_copy(g->texts, (str){text, strlen(text) + 1}, &copy) ? copy.ptr : NULL;
}

/* The newest ledger that speaks of the source counts; which is the last in the order of the evidence. */
static bool line_note(struct gathering *g, const struct gathering_file *f, const struct wire *m, struct err *e) {
    struct gathering_source *const s = g->sources[f->members[f->now - 1]];
    const struct custody *const c = &m->custody;
    uint64_t const place = (uint64_t)f->number << 32 | f->now;

    if (s->line.any && place < s->place)
        return true;
    s->line = (struct gathering_line){.any = true,
                                      .member = m->index != 0,
                                      .size = c->size,
                                      .records = c->records + c->salvaged,
                                      .year_breaks = c->year_breaks,
                                      .backs = c->backs,
                                      .back_s = c->back_s};
    s->place = place;
    if (!arena_copy(g->texts, c->not_read, &s->line.not_read) ||
        (c->container && !(s->line.container = copy_of(g, c->container))))
        return no_memory(e);
    if (s->line.member)
        return true;
    /* The members of a file come right before its own line. */
    for (uint32_t i = f->now - 1; i-- > 0;) {
        struct gathering_source *const member = g->sources[f->members[i]];

        if (!member->line.any || !member->line.member || member->place != ((uint64_t)f->number << 32 | (i + 1)))
            break;
        member->outer = s->path;
    }
    return true;
}

bool gathering_place(const struct wire *m, uint64_t *offset, uint64_t *record) {
    switch (m->type) {
    case WIRE_FINDING:
    case WIRE_PERSON:
        *offset = m->finding.offset;
        *record = m->finding.record;
        return true;
    case WIRE_MATCH:
    case WIRE_BRACKET:
        *offset = m->match.offset;
        *record = m->match.number;
        return true;
    case WIRE_EVENT:
    case WIRE_COLLECTED:
    case WIRE_MATCHED:
        *offset = m->event.offset;
        *record = m->event.record;
        return true;
    default:
        return false;
    }
}

static bool behind(uint64_t offset, uint64_t record, uint64_t other_offset, uint64_t other_record) {
    return offset != other_offset ? offset > other_offset : record > other_record;
}

static void place_note(struct gathering_part *p, uint64_t offset, uint64_t record) {
    if (!p->placed || behind(p->first_offset, p->first_record, offset, record)) {
        p->first_offset = offset;
        p->first_record = record;
    }
    if (!p->placed || behind(offset, record, p->last_offset, p->last_record)) {
        p->last_offset = offset;
        p->last_record = record;
    }
    p->placed = true;
}

/* What stands for several has the place of the first of them. */
static void act_note(struct gathering_part *p, const struct activity_event *v) {
    if (!p->acts || v->when < p->first_act)
        p->first_act = v->when;
    if (!p->acts || v->last > p->last_act)
        p->last_act = v->last;
    if (p->acts && !behind(p->act_offset, p->act_record, v->offset, v->record))
        return;
    p->acts = true;
    p->act_offset = v->offset;
    p->act_record = v->record;
}

bool gathering_message(struct gathering *g, struct gathering_file *f, const struct wire *m, str bytes, bool *taken,
                       struct err *e) {
    uint64_t offset, record;

    *taken = false;
    if (m->type == WIRE_SOURCE) {
        *taken = f->keeps && m->index;
        return member_begin(g, f, m, e);
    }
    if (!f->now)
        return true;
    if (m->type == WIRE_CLOCK) {
        struct clocks *const all = &g->sources[f->members[f->now - 1]]->clocks;
        struct clock *c;

        *taken = true;
        if (clocks_find(all, 0, 0)) /* too many already */
            return true;
        c = clocks_at(all, 0, m->clock.key, m->clock.host, m->clock.field);
        if (!c || !clock_merge(c, &m->clock))
            return no_memory(e);
        return all->count <= CLOCKS_MAX || clocks_at(all, 0, 0, (str){"", 0}, (str){"", 0}) || no_memory(e);
    }
    if (!f->keeps || (m->type == WIRE_DAMAGE && str_eq(m->name, f->path)))
        return true;
    *taken = true;
    if (m->type == WIRE_KEPT) {
        f->ledger = true;
        return line_note(g, f, m, e);
    }
    if (gathering_place(m, &offset, &record))
        place_note(&f->part, offset, record);
    if (m->type == WIRE_ACT)
        act_note(&f->part, &m->activity);
    f->end += bytes.len;
    return spool_add(g->spools, &f->spool, bytes, e);
}

bool gathering_file_end(struct gathering *g, struct gathering_file *f, struct err *e) {
    return part_close(g, f, e) && spool_settle(g->spools, &f->spool, e);
}

/* ---- in order ---- */

static int by_place(const void *a, const void *b) {
    const struct gathering_source *const x = *(struct gathering_source *const *)a, *const y = *(
                                                                                       struct gathering_source *const *)
                                                                                                  b;
    int const order = str_cmp(x->outer, y->outer);

    return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* The first record that something is told of: false: none. */
static bool begins(const struct gathering_part *p, uint64_t *offset, uint64_t *record) {
    bool const act = p->acts && (!p->placed || behind(p->first_offset, p->first_record, p->act_offset, p->act_record));

    *offset = act ? p->act_offset : p->first_offset;
    *record = act ? p->act_record : p->first_record;
    return p->placed || p->acts;
}

/* Parts of which no message speaks of a record first: in the order of their segments. */
static int by_record(const void *a, const void *b) {
    const struct gathering_part *const x = a, *const y = b;
    uint64_t offset, record, other_offset, other_record;
    bool const placed = begins(x, &offset, &record), other = begins(y, &other_offset, &other_record);

    if (placed != other)
        return placed ? 1 : -1;
    if (placed && offset != other_offset)
        return offset > other_offset ? 1 : -1;
    if (placed && record != other_record)
        return record > other_record ? 1 : -1;
    if (x->file != y->file)
        return x->file > y->file ? 1 : -1;
    return (x->from > y->from) - (x->from < y->from);
}

void gathering_sort(struct gathering *g) {
    if (g->count)
        qsort(g->sources, g->count, sizeof(struct gathering_source *), by_place);
    for (uint32_t i = 0; i < g->count; i++)
        if (g->sources[i]->part_count)
            qsort(g->sources[i]->parts, g->sources[i]->part_count, sizeof *g->sources[i]->parts, by_record);
}

size_t gathering_count(const struct gathering *g) {
    return g->count;
}

struct gathering_source *gathering_at(struct gathering *g, size_t i) {
    return g->sources[i];
}

bool gathering_in_order(const struct gathering_source *s) {
    const struct gathering_part *before = NULL;

    for (uint32_t i = 0; i < s->part_count; i++) {
        const struct gathering_part *const p = &s->parts[i];

        if (!p->placed)
            continue;
        if (before && behind(before->last_offset, before->last_record, p->first_offset, p->first_record))
            return false;
        before = p;
    }
    return true;
}

bool gathering_acts(const struct gathering_source *s) {
    for (uint32_t i = 0; i < s->part_count; i++)
        if (s->parts[i].acts)
            return true;
    return false;
}

static int by_act(const void *a, const void *b) {
    const struct gathering_part *const x = *(const struct gathering_part *const *)a;
    const struct gathering_part *const y = *(const struct gathering_part *const *)b;

    return (x->first_act > y->first_act) - (x->first_act < y->first_act);
}

bool gathering_acts_meet(const struct gathering_source *s, bool *meet, struct err *e) {
    const struct gathering_part **const parts = calloc(s->part_count + 1, sizeof(const struct gathering_part *));
    int64_t last = INT64_MIN;
    size_t count = 0;

    *meet = false;
    if (!parts)
        return no_memory(e);
    for (uint32_t i = 0; i < s->part_count; i++)
        if (s->parts[i].acts)
            parts[count++] = &s->parts[i];
    if (count)
        qsort(parts, count, sizeof(const struct gathering_part *), by_act);
    for (size_t i = 0; i < count; i++) {
        *meet |= i && parts[i]->first_act / HOUR <= last;
        last = parts[i]->last_act / HOUR > last ? parts[i]->last_act / HOUR : last;
    }
    free(parts);
    return true;
}

bool gathering_read(const struct gathering *g, const struct gathering_part *p,
                    bool (*each)(void *ctx, str bytes, struct err *e), void *ctx, struct err *e) {
    return spool_read_from(g->spools, &g->files[p->file]->spool, p->from, p->to, each, ctx, e);
}
