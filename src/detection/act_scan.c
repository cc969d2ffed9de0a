/* act_scan: conditions of acts row by row, texts out of roles and sources, and a table of what is alike. */
#include "detection/act_scan.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/utf.h"
#include "detection/detect_own.h"

#define HOUR (INT64_C(3600) * 1000000000)
#define TEXTS_MEMORY ((size_t)4 << 20)   /* of one row */
#define FOLDED_MEMORY ((size_t)64 << 20) /* of texts of those that stand for several: beyond, each is told */

/* So many alike; the one that stands for those too many. */
struct alike {
    uint64_t hash, other; /* of the texts, under two seeds; both 0: empty */
    uint32_t n, folded;   /* index + 1 */
    uint16_t stretch;
};
struct folded {
    struct activity_event sum;
    uint64_t clock;
    uint16_t stretch;
    char *texts; /* those of sum, one behind another */
    size_t size;
};

/* Which of the acts of a block's kind a row can be, by the field that most of them ask for first (EventID, Operation): most rows are none,
 * and are done with by a look. */
struct prospects {
    field_id field;
    const struct column *column; /* NULL: no row has it */
    uint16_t *first;             /* by code: the first act that the field allows, and 1; 0: not looked at yet */
    size_t room;
};

struct act_scan {
    struct arena *texts;
    struct prospects prospects;
    struct buf kind; /* its name with the part of `each` */
    struct alike *table;
    size_t mask, used;
    struct folded *folded;
    size_t folded_count, folded_room, folded_bytes;
    uint16_t stretch; /* of the last row */
    uint64_t seeds[2];
};

bool act_scan_new(struct act_scan **out, struct err *e) {
    struct act_scan *const s = calloc(1, sizeof *s);

    if (s && (s->texts = arena_new(TEXTS_MEMORY)) && (s->table = calloc(1024, sizeof *s->table))) {
        s->mask = 1023;
        s->seeds[0] = hash_seed();
        s->seeds[1] = hash_seed();
        *out = s;
        return true;
    }
    act_scan_free(s);
    return err_set(e, ERR_MEMORY, 0, "no memory for acts");
}

void act_scan_free(struct act_scan *s) {
    if (!s)
        return;
    arena_free(s->texts);
    buf_free(&s->kind);
    free(s->prospects.first);
    free(s->table);
    for (size_t i = 0; i < s->folded_count; i++)
        free(s->folded[i].texts);
    free(s->folded);
    free(s);
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for acts");
}

/* ---- one row ---- */

static bool holds(const struct block *b, uint32_t row, const struct kind_condition *when) {
    const struct column *const c = block_column(b, when->field);
    str values[DERIVE_VALUES_MAX];
    size_t const n = view_cell_texts(c, c ? c->codes[row] : CODE_ABSENT, values, DERIVE_VALUES_MAX);

    return kind_condition_holds(when, values, n);
}

/* The first value that the sources yield; "-" is none. */
static bool first_value(struct act_scan *s, const struct block *b, uint32_t row, const struct kind_source *sources,
                        size_t count, str *out) {
    *out = S("");
    for (size_t i = 0; i < count; i++) {
        str values[DERIVE_VALUES_MAX];
        size_t const n = view_source_values(b, row, &sources[i], s->texts, values, DERIVE_VALUES_MAX);

        if (n == SIZE_MAX)
            return false;
        if (n && values[0].len && !str_eq(values[0], S("-"))) {
            *out = utf8_first(values[0], ACTIVITY_TEXT_MAX);
            return true;
        }
    }
    return true;
}

static uint64_t added(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void add_text(str text, bool values_only, uint64_t *out) {
    uint64_t number = 1;

    if (values_only ? text.len > 0 : str_u64(text, UINT64_MAX, &number))
        *out = added(*out, number);
}

/* Of a field as it is all values count, however many: a record may name hundreds of messages. */
static void sum_cell(const struct block *b, uint32_t row, field_id field, bool values_only, uint64_t *out) {
    const struct column *const c = block_column(b, field);
    uint32_t const code = c ? c->codes[row] : CODE_ABSENT;
    const struct value *const v = code ? dictionary_value(&c->dict, code) : NULL;

    if (!v || v->type == VALUE_NULL)
        return;
    if (v->type != VALUE_LIST) {
        add_text(value_text(v), values_only, out);
        return;
    }
    for (uint32_t i = 0; i < v->len; i++) {
        const struct value *const item = dictionary_value(&c->dict, value_items(v)[i]);

        if (item->type != VALUE_NULL && item->type != VALUE_LIST && !item->inner)
            add_text(value_text(item), values_only, out);
    }
}

/* All numbers that the sources yield, or how many values. */
static bool sum(struct act_scan *s, const struct block *b, uint32_t row, const struct kind_source *sources,
                size_t count, bool values_only, uint64_t *out) {
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        str values[DERIVE_VALUES_MAX];
        size_t n;

        if (sources[i].how == DERIVE_COPY && !sources[i].only_if) {
            sum_cell(b, row, sources[i].inputs[0], values_only, out);
            continue;
        }
        n = view_source_values(b, row, &sources[i], s->texts, values, DERIVE_VALUES_MAX);
        if (n == SIZE_MAX)
            return false;
        for (size_t k = 0; k < n; k++)
            add_text(values[k], values_only, out);
    }
    return true;
}

static enum act_outcome outcome_of(str s) {
    return !s.len                    ? OUTCOME_UNSAID
           : str_eq(s, S("success")) ? OUTCOME_SUCCESS
           : str_eq(s, S("failure")) ? OUTCOME_FAILURE
                                     : OUTCOME_OTHER;
}

static bool tell(struct act_scan *s, const struct block *b, uint32_t row, const struct kind_act *a,
                 struct activity_event *v) {
    const struct kind *const k = b->kind;
    const struct row *const r = &b->rows[row];
    uint64_t items;
    str outcome;

    arena_reset(s->texts);
    *v = (struct activity_event){.when = r->when,
                                 .last = r->when,
                                 .record = r->number,
                                 .offset = r->offset,
                                 .count = 1,
                                 .act = a->act,
                                 .salvaged = r->salvaged,
                                 .unsure = r->zone == ZONE_ASSUMED || r->zone == ZONE_UNSURE};
    for (size_t t = 0; t < ACT_KIND; t++) {
        enum role const role = act_text_role((enum act_text)t);
        bool const own = a->texts[t] != NULL;

        v->text[t] = S("");
        if (own ? !first_value(s, b, row, a->texts[t], a->text_counts[t], &v->text[t])
                : role < ROLES && !first_value(s, b, row, k->roles[role], k->role_counts[role], &v->text[t]))
            return false;
    }
    v->text[ACT_KIND] = block_row_name(b, row, &s->kind);
    if (s->kind.failed)
        return false;
    if (!first_value(s, b, row, k->roles[ROLE_OUTCOME], k->role_counts[ROLE_OUTCOME], &outcome) ||
        !sum(s, b, row, a->amount, a->amount_count, false, &v->amount) ||
        !sum(s, b, row, a->items, a->item_count, a->items_are_values, &items))
        return false;
    v->outcome = outcome_of(outcome);
    v->items = (uint32_t)(items > UINT32_MAX ? UINT32_MAX : items);
    return true;
}

/* ---- what is alike ---- */

static uint64_t hash_of(const struct activity_event *v, uint16_t stretch, uint64_t clock, uint64_t seed) {
    uint64_t const head[] = {v->act, v->outcome, (uint64_t)(v->when / HOUR), v->salvaged, stretch, clock};
    uint64_t h = hash_bytes((str){(const char *)head, sizeof head}, seed);

    for (size_t t = 0; t < ACT_TEXTS; t++)
        h = hash_bytes(v->text[t], h);
    return h | 1;
}

static void alike_put(struct alike *table, size_t mask, const struct alike *a) {
    size_t at = a->hash & mask;

    while (table[at].hash)
        at = (at + 1) & mask;
    table[at] = *a;
}

static bool grow_table(struct act_scan *s) {
    size_t const mask = s->mask * 2 + 1;
    struct alike *const table = calloc(mask + 1, sizeof *table);

    if (!table)
        return false;
    for (size_t i = 0; i <= s->mask; i++)
        if (s->table[i].hash)
            alike_put(table, mask, &s->table[i]);
    free(s->table);
    s->table = table;
    s->mask = mask;
    return true;
}

/* NULL: no memory. */
static struct alike *alike_of(struct act_scan *s, const struct activity_event *v, uint16_t stretch, uint64_t clock) {
    uint64_t const hash = hash_of(v, stretch, clock, s->seeds[0]), other = hash_of(v, stretch, clock, s->seeds[1]);

    if (s->used * 2 > s->mask && !grow_table(s))
        return NULL;
    size_t at = hash & s->mask;

    while (s->table[at].hash && (s->table[at].hash != hash || s->table[at].other != other))
        at = (at + 1) & s->mask;
    s->used += !s->table[at].hash;
    s->table[at].hash = hash;
    s->table[at].other = other;
    s->table[at].stretch = stretch;
    return &s->table[at];
}

/* As it is kept (activity.h): numbers of connections as such, and no session of what has one each. */
static void lean(struct activity_event *v) {
    if (v->act == ACT_CONNECTION) {
        if (!str_u64(v->text[ACT_DETAIL], UINT64_MAX, &v->back))
            v->back = 0;
        v->text[ACT_DETAIL] = S("");
    }
    if (v->act == ACT_CONNECTION || v->act == ACT_LOOKUP || v->act == ACT_WEB_VISIT)
        v->text[ACT_SESSION] = S("");
}

void act_scan_fold(struct activity_event *sum, const struct activity_event *v) {
    sum->when = v->when < sum->when ? v->when : sum->when;
    sum->last = v->last > sum->last ? v->last : sum->last;
    sum->amount = added(sum->amount, v->amount);
    sum->back = added(sum->back, v->back);
    sum->items = sum->items > UINT32_MAX - v->items ? UINT32_MAX : sum->items + v->items;
    sum->count = sum->count > UINT32_MAX - v->count ? UINT32_MAX : sum->count + v->count;
    sum->unsure |= v->unsure;
}

/* The first of those too many; *full: there is no room for it, and it is told by itself. */
static bool fold_begin(struct act_scan *s, struct alike *alike, const struct activity_event *v, uint64_t clock,
                       bool *full) {
    struct folded f = {.sum = *v, .clock = clock, .stretch = alike->stretch};
    size_t at = 0;

    for (size_t t = 0; t < ACT_TEXTS; t++)
        f.size += v->text[t].len;
    if ((*full = f.size > FOLDED_MEMORY - s->folded_bytes))
        return true;
    if (s->folded_count == s->folded_room) {
        struct folded *const bigger = reallocarray(s->folded, s->folded_room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return false;
        s->folded = bigger;
        s->folded_room = s->folded_room * 2 + 64;
    }
    if (!(f.texts = malloc(f.size + 1)))
        return false;
    for (size_t t = 0; t < ACT_TEXTS; t++) {
        memcpy(f.texts + at, v->text[t].ptr, v->text[t].len);
        f.sum.text[t] = (str){f.texts + at, v->text[t].len};
        at += v->text[t].len;
    }
    s->folded_bytes += f.size;
    s->folded[s->folded_count++] = f;
    alike->folded = (uint32_t)s->folded_count;
    return true;
}

/* The table without what is older than the last row's stretch; moved: where what stands for several goes to, by index. False: no memory. */
static bool table_forget(struct act_scan *s, bool all, const uint32_t *moved) {
    struct alike *const table = calloc(s->mask + 1, sizeof *table);

    if (!table)
        return false;
    s->used = 0;
    for (size_t i = 0; i <= s->mask; i++) {
        struct alike a = s->table[i];

        if (all || !a.hash || a.stretch != s->stretch)
            continue;
        a.folded = a.folded ? moved[a.folded - 1] + 1 : 0;
        alike_put(table, s->mask, &a);
        s->used++;
    }
    free(s->table);
    s->table = table;
    return true;
}

/* Hands over what stands for several, of all stretches or of those before the last row's, and forgets it. */
static bool fold_out(struct act_scan *s, bool all, const struct act_owner *owner, struct err *e) {
    uint32_t *const moved = calloc(s->folded_count + 1, sizeof *moved);
    size_t kept = 0;
    bool ok = moved || no_memory(e);

    for (size_t i = 0; moved && i < s->folded_count; i++) {
        moved[i] = (uint32_t)kept;
        kept += !all && s->folded[i].stretch == s->stretch;
    }
    if (ok && !table_forget(s, all, moved))
        ok = no_memory(e);
    kept = 0;
    for (size_t i = 0; i < s->folded_count; i++) {
        struct folded const f = s->folded[i];

        if (!all && f.stretch == s->stretch) {
            s->folded[kept++] = f;
            continue;
        }
        ok = ok && owner->each(owner->ctx, &f.sum, f.clock, e);
        s->folded_bytes -= f.size;
        free(f.texts);
    }
    s->folded_count = kept;
    free(moved);
    return ok;
}

/* ---- all rows ---- */

static bool conditions_hold(const struct kind_act *a, const struct block *b, uint32_t row) {
    for (size_t i = 0; i < a->when_count; i++)
        if (!holds(b, row, &a->when[i]))
            return false;
    return true;
}

/* From the act of that number on. */
static const struct kind_act *act_at(const struct block *b, uint32_t row, size_t from) {
    const struct kind *const k = b->kind;

    if (b->rows[row].when == INSTANT_NONE)
        return NULL;
    for (size_t i = from; i < k->act_count; i++)
        if (conditions_hold(&k->acts[i], b, row))
            return k->acts[i].act == ACT_NONE ? NULL : &k->acts[i];
    return NULL;
}

static field_id asked_most(const struct kind *k) {
    field_id most = FIELD_NONE;
    size_t asked = 0;

    for (size_t i = 0; i < k->act_count; i++) {
        size_t n = 0;

        if (!k->acts[i].when_count || k->acts[i].when[0].field == most)
            continue;
        for (size_t j = i; j < k->act_count; j++)
            n += k->acts[j].when_count && k->acts[j].when[0].field == k->acts[i].when[0].field;
        if (n > asked) {
            asked = n;
            most = k->acts[i].when[0].field;
        }
    }
    return most;
}

static bool prospects_begin(struct prospects *p, const struct block *b) {
    size_t codes;

    p->field = asked_most(b->kind);
    p->column = block_column(b, p->field);
    codes = p->column ? p->column->dict.count + (size_t)1 : 1;
    if (codes > p->room) {
        uint16_t *const bigger = reallocarray(p->first, codes, sizeof *bigger);

        if (!bigger)
            return false;
        p->first = bigger;
        p->room = codes;
    }
    memset(p->first, 0, codes * sizeof *p->first);
    return true;
}

static bool field_allows(const struct kind_act *a, field_id field, const str *values, size_t count) {
    for (size_t i = 0; i < a->when_count; i++)
        if (a->when[i].field == field && !kind_condition_holds(&a->when[i], values, count))
            return false;
    return true;
}

static size_t first_allowed(struct prospects *p, const struct block *b, uint32_t row) {
    uint32_t const code = p->column ? p->column->codes[row] : CODE_ABSENT;
    str values[DERIVE_VALUES_MAX];
    size_t n, i = 0;

    if (p->first[code])
        return p->first[code] - 1u;
    n = view_cell_texts(p->column, code, values, DERIVE_VALUES_MAX);
    while (i < b->kind->act_count && !field_allows(&b->kind->acts[i], p->field, values, n))
        i++;
    if (i < UINT16_MAX)
        p->first[code] = (uint16_t)(i + 1);
    return i;
}

bool act_scan_row(struct act_scan *s, const struct block *b, uint32_t row, bool *is, struct activity_event *v,
                  struct err *e) {
    const struct kind_act *const a = act_at(b, row, 0);

    *is = a != NULL;
    return !a || tell(s, b, row, a, v) || err_set(e, ERR_MEMORY, 0, "no memory for acts");
}

static bool one(struct act_scan *s, const struct block *b, uint32_t row, const struct kind_act *a,
                const struct act_owner *owner, struct err *e) {
    enum act_wish const wish = owner->wish ? owner->wish(owner->ctx, b, row) : ACT_TOGETHER;
    uint64_t const clock = wish != ACT_LEAVE && owner->clock ? owner->clock(owner->ctx, b, row) : 0;
    struct activity_event v;
    struct alike *alike;
    bool full;

    if (wish == ACT_LEAVE)
        return true;
    if (!tell(s, b, row, a, &v))
        return no_memory(e);
    lean(&v);
    if (wish == ACT_ALONE)
        return owner->each(owner->ctx, &v, clock, e);
    if (!(alike = alike_of(s, &v, b->rows[row].stretch, clock)))
        return no_memory(e);
    if (++alike->n <= ACTIVITY_EACH)
        return owner->each(owner->ctx, &v, clock, e);
    if (alike->folded) {
        act_scan_fold(&s->folded[alike->folded - 1].sum, &v);
        return true;
    }
    if (!fold_begin(s, alike, &v, clock, &full))
        return no_memory(e);
    return !full || owner->each(owner->ctx, &v, clock, e);
}

bool act_scan_run(struct act_scan *s, struct block *const *blocks, size_t count, const struct act_owner *owner,
                  struct err *e) {
    uint16_t const before = s->stretch;

    for (size_t i = 0; i < count; i++) {
        const struct block *const b = blocks[i];
        uint16_t const ahead = b->row_count ? (uint16_t)(b->rows[b->row_count - 1].stretch - s->stretch) : 0;

        s->stretch = ahead && ahead < 1u << 15 ? b->rows[b->row_count - 1].stretch : s->stretch;
        if (!b->kind->act_count || !b->row_count)
            continue;
        if (!prospects_begin(&s->prospects, b))
            return no_memory(e);
        for (uint32_t row = 0; row < b->row_count; row++) {
            const struct kind_act *const a = act_at(b, row, first_allowed(&s->prospects, b, row));

            if (a && !one(s, b, row, a, owner, e))
                return false;
        }
    }
    return s->stretch == before || fold_out(s, false, owner, e);
}

bool act_scan_end(struct act_scan *s, const struct act_owner *owner, struct err *e) {
    bool const ok = fold_out(s, true, owner, e);

    s->stretch = 0;
    return ok;
}
