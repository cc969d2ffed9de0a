/* select: from the values of a segment to its rows.
 *
 * First which columns become which fields (select_shape), and what lines of text hold (select_line). Then the values, the columns with few bytes first: between columns rules that can no
 * longer hold go, and with them what need not be looked for in the larger ones. Then, block by block, the rows of what is left: a set of rows
 * for each atom, made when a rule asks for it, and put together as the rule says. What stands below a NOT takes rows away where it is sure to
 * hold in detection as well; otherwise NOT is all rows. */
#include "hunt/select_own.h"

#define SLOTS_MAX 4096u /* sets of rows that are held at a time; an atom that has none is taken to hold */
#define LOOK_BYTES                                                                                                     \
    ((uint64_t)64 << 10) /* of a column in the file, from which on rules are looked at again before it is */
#define ONE ((uint64_t)1)

/* Sets of rows are gone through so many words at a time. */
typedef uint64_t words __attribute__((vector_size(32), aligned(8), may_alias));
#define STEP ((uint32_t)(sizeof(words) / sizeof(uint64_t)))
_Static_assert(BLOCK_WORDS % STEP == 0, "sets of rows have whole steps");

/* Rows of the block at hand, a bit for each, in segment_block_order: what is of one kind mostly stands together there. */
struct rows {
    uint64_t *slots[SLOTS_MAX];
    uint32_t slot_count, used;
    uint64_t *frames[64]; /* of the evaluation, by depth; further down all is taken to hold */
    uint64_t *kinds;      /* by work.kinds */
    uint64_t sure[BLOCK_WORDS], opaque[BLOCK_WORDS], spoken[BLOCK_WORDS];
    uint32_t *codes; /* of a column's cells */
    size_t cell_room;
};

struct work {
    struct run r;
    uint32_t *kind_of; /* by code of the kind column: which of kinds; NULL: conditions of kinds tell */
    uint32_t *kinds;   /* those that occur, or may; kinds_count: none, or ANY */
    uint32_t kind_count, kind_room;
    uint32_t *lines; /* columns of lines of text */
    uint32_t line_count, line_room;
    uint32_t *active; /* pairs */
    uint32_t active_count, active_room;
    uint32_t *alive; /* rules, by pair */
    uint32_t alive_count, alive_room;
    struct rows rows;
    uint32_t block, words; /* all words, a multiple of STEP */
    uint32_t from, to;     /* those that are looked at now */
    bool indicators;       /* are asked for */
    bool bad;              /* of the block: something in it is damaged */
};

#define ANY (UINT32_MAX - 2)

static bool no_memory(struct work *w) {
    return err_set(w->r.e, ERR_MEMORY, 0, "no memory to choose rows of a segment");
}

/* ---- the views of the rules at hand ---- */

static bool feed_add(struct work *w, uint32_t column, uint32_t view, bool empty) {
    struct view *const v = &w->r.s->views[view];
    struct select_column *const c = &w->r.columns[column];

    if (!select_grow((void **)&c->feeds, c->feed_count, &c->feed_room, sizeof *c->feeds) ||
        !select_push(&v->columns, &v->column_count, &v->column_room, column))
        return no_memory(w);
    c->feeds[c->feed_count++] = (struct feed){view, empty};
    v->feeds++;
    v->left++;
    return true;
}

/* The views of the rules at hand, and the columns whose values they have. */
static bool feeds_find(struct work *w) {
    struct select *const s = w->r.s;

    for (uint32_t i = 0; i < s->view_count; i++)
        s->views[i].feeds = s->views[i].left = s->views[i].needed = s->views[i].column_count = 0;
    for (uint32_t c = SEGMENT_TIME_TEXT + 1; c < w->r.column_count; c++) {
        const struct select_column *const column = &w->r.columns[c];

        for (uint32_t i = 0; i < column->target_count; i++) {
            const struct target *const t = &column->targets[i];

            for (uint32_t v = t->field < s->view_of_room ? s->view_of[t->field] - 1 : NONE; v != NONE;
                 v = s->views[v].next)
                if (!feed_add(w, c, v, t->empty))
                    return false;
        }
        if (s->keywords == NONE || !column->own)
            continue;
        struct view *const all = &s->views[s->keywords];

        all->feeds++;
        if (!select_push(&all->columns, &all->column_count, &all->column_room, c))
            return no_memory(w);
    }
    return true;
}

/* ---- kinds ---- */

static bool pair_use(struct work *w, uint32_t pair) {
    struct pair *const p = &w->r.s->pairs[pair];

    if (p->active)
        return true;
    p->active = true;
    return select_push(&w->active, &w->active_count, &w->active_room, pair) || no_memory(w);
}

static bool kind_use(struct work *w, size_t kind) {
    const struct kind_pairs *const k = select_kind(w->r.s, kind);

    if (!k)
        return no_memory(w);
    for (uint32_t i = 0; i < k->count; i++)
        if (!pair_use(w, k->pairs[i]))
            return false;
    return true;
}

static uint32_t kind_named(const struct kinds *kinds, str name) {
    for (size_t i = 0; name.len && i < kinds_count(kinds); i++)
        if (str_eq(kinds_at(kinds, i)->name, name))
            return (uint32_t)i;
    return name.len ? ANY : (uint32_t)kinds_count(kinds);
}

/* Can a record of the segment be of the kind? */
static bool kind_may_be(const struct work *w, const struct kind *k) {
    bool some = select_reader(&w->r, k->reader);

    for (size_t i = 0; some && !w->r.opaque && !w->r.spoken && i < k->when_count; i++)
        some = k->when[i].how == WHEN_ABSENT || w->r.fed[k->when[i].field];
    return some;
}

/* Its place among those that occur. */
static bool kind_note(struct work *w, uint32_t kind, uint32_t *out) {
    for (*out = 0; *out < w->kind_count; ++*out)
        if (w->kinds[*out] == kind)
            return true;
    return select_push(&w->kinds, &w->kind_count, &w->kind_room, kind) || no_memory(w);
}

static bool kinds_all(struct work *w) {
    const struct kinds *const kinds = w->r.s->o.kinds;
    uint32_t at;

    for (uint32_t i = 0; i <= kinds_count(kinds); i++)
        if ((i == kinds_count(kinds) || kind_may_be(w, kinds_at(kinds, i))) &&
            (!kind_use(w, i) || (!w->kind_of && !kind_note(w, i, &at))))
            return false;
    return true;
}

static bool kinds_find(struct work *w) {
    uint32_t const codes = segment_column(w->r.segment, SEGMENT_KIND).values;
    const struct segment_value *values;
    bool any = false;

    for (uint32_t i = 0; i < w->r.s->pair_count; i++)
        w->r.s->pairs[i].active = w->r.s->pairs[i].asked = false;
    if (!w->r.ask->kinds_trusted)
        return kinds_all(w);
    if (!(w->kind_of = malloc((codes + (size_t)1) * sizeof *w->kind_of)))
        return no_memory(w);
    if (!segment_column_values(w->r.segment, SEGMENT_KIND, true, &values, w->r.e))
        return false;
    for (uint32_t i = 0; i < codes; i++) {
        uint32_t const kind = values[i].lost ? ANY : kind_named(w->r.s->o.kinds, (str){values[i].ptr, values[i].len});

        any |= kind == ANY;
        if (!kind_note(w, kind, &w->kind_of[i]) || (kind != ANY && !kind_use(w, kind)))
            return false;
    }
    return !any || kinds_all(w);
}

/* ---- which rules may hold ---- */

static void block_begin(struct work *w);
static bool makes_fill(struct work *w);
static bool kinds_fill(struct work *w);
static bool bits_and(const struct work *w, uint64_t *to, const uint64_t *a, const uint64_t *b);

/* said: of rows of which formats tell as well. */
static bool atom_may(const struct work *w, uint32_t atom, bool said) {
    const struct atom *const a = &w->r.s->atoms[atom];
    const struct view *const v = &w->r.s->views[a->view];

    return a->held || (v->feeds && (a->how == ATOM_PRESENT || v->left || v->how == VIEW_ALL)) ||
           (said && (a->said != SAID_IN_LINE || a->heard || !w->r.heard));
}

/* Is there a way in which the test may be true? */
static bool way_may(const struct work *w, const uint32_t *way, bool said) {
    if (!way)
        return true;
    for (uint32_t i = 0, at = 1; i < way[0]; i++) {
        uint32_t const count = way[at++];
        bool all = true;

        for (uint32_t k = 0; k < count; k++)
            all = all && atom_may(w, way[at + k], said);
        if (all)
            return true;
        at += count;
    }
    return false;
}

static bool node_may(const struct work *w, uint32_t aliases, uint32_t node, bool said) {
    const struct plan *const p = w->r.s->o.plan;
    const struct plan_node *const n = &p->nodes[node];

    switch (n->type) {
    case NODE_TEST:
        return way_may(w, select_way(w->r.s, aliases, n->first), said);
    case NODE_NOT:
        return true;
    case NODE_AND:
        for (uint32_t i = 0; i < n->count; i++)
            if (!node_may(w, aliases, p->children[n->first + i], said))
                return false;
        return true;
    default:
        for (uint32_t i = 0; i < n->count; i++)
            if (node_may(w, aliases, p->children[n->first + i], said))
                return true;
        return false;
    }
}

/* below: an odd number of NOTs. */
static void node_need(struct select *s, uint32_t aliases, uint32_t node, bool below) {
    const struct plan_node *const n = &s->o.plan->nodes[node];
    const uint32_t *way;

    for (uint32_t i = 0; n->type != NODE_TEST && i < n->count; i++)
        node_need(s, aliases, s->o.plan->children[n->first + i], below != (n->type == NODE_NOT));
    if (n->type != NODE_TEST || !(way = select_way(s, aliases, n->first)))
        return;
    for (uint32_t i = 0, at = 1; i < way[0]; i++)
        for (uint32_t count = way[at++]; count; count--, at++) {
            struct atom *const a = &s->atoms[way[at]];

            if (a->needed || (below && !a->sure))
                continue;
            a->needed = true;
            s->views[a->view].needed++;
        }
}

static bool rule_asked(const struct work *w, uint32_t rule) {
    return !w->r.ask->rules || w->r.ask->rules[rule];
}

/* All that are asked for, at first. */
static bool rules_begin(struct work *w) {
    struct select *const s = w->r.s;

    w->alive_count = 0;
    for (uint32_t i = 0; i < w->active_count; i++) {
        struct pair *const p = &s->pairs[w->active[i]];
        const struct group *const g = &s->groups[p->group];

        p->alive = w->alive_count;
        for (uint32_t k = 0; k < g->count; k++)
            if (rule_asked(w, g->rules[k]) && !select_push(&w->alive, &w->alive_count, &w->alive_room, g->rules[k]))
                return no_memory(w);
        p->alive_count = w->alive_count - p->alive;
        p->asked = p->alive_count > 0;
        w->r.counts->rules += p->alive_count;
    }
    return true;
}

static bool kind_has(const struct work *w, uint32_t kind, uint32_t pair) {
    const struct kind_pairs *const k = kind == ANY ? NULL : &w->r.s->kinds[kind];

    for (uint32_t i = 0; k && i < k->count; i++)
        if (k->pairs[i] == pair)
            return true;
    return kind == ANY;
}

/* May a record be of the kind, by its values? */
static bool kind_may_hold(const struct work *w, uint32_t kind) {
    const struct kind_pairs *const k = &w->r.s->kinds[kind];

    for (uint32_t i = 0; !w->r.opaque && i < k->when_count; i++)
        if (!atom_may(w, k->whens[i], w->r.spoken))
            return false;
    return true;
}

/* Where nothing says what kinds there are: rules go of which no kind may be, and of the others the kinds' conditions are needed. */
static void kinds_look(struct work *w) {
    struct select *const s = w->r.s;

    for (uint32_t i = 0; i < w->active_count; i++)
        s->pairs[w->active[i]].may = false;
    for (uint32_t k = 0; k < w->kind_count; k++) {
        const struct kind_pairs *const of = &s->kinds[w->kinds[k]];
        bool alive = false;

        for (uint32_t i = 0; i < of->count; i++)
            alive |= s->pairs[of->pairs[i]].alive_count > 0;
        if (!alive || !kind_may_hold(w, w->kinds[k]))
            continue;
        for (uint32_t i = 0; i < of->count; i++)
            s->pairs[of->pairs[i]].may = true;
        for (uint32_t i = 0; i < of->when_count; i++) {
            struct atom *const a = &s->atoms[of->whens[i]];

            s->views[a->view].needed += !a->needed;
            a->needed = true;
        }
    }
    for (uint32_t i = 0; i < w->active_count; i++)
        if (!s->pairs[w->active[i]].may)
            s->pairs[w->active[i]].alive_count = 0;
}

/* Those that may hold still, and what they need. */
static void rules_look(struct work *w) {
    struct select *const s = w->r.s;

    for (uint32_t i = 0; i < s->atom_count; i++)
        s->atoms[i].needed = false;
    for (uint32_t i = 0; i < s->view_count; i++)
        s->views[i].needed = 0;
    if (!w->kind_of)
        kinds_look(w);
    for (uint32_t i = 0; i < w->active_count; i++) {
        struct pair *const p = &s->pairs[w->active[i]];
        uint32_t kept = 0;

        for (uint32_t k = 0; k < p->alive_count; k++) {
            uint32_t const rule = w->alive[p->alive + k], root = s->o.plan->rules[rule].root;

            if (!node_may(w, p->aliases, root, p->said))
                continue;
            w->alive[p->alive + kept++] = rule;
            node_need(s, p->aliases, root, false);
        }
        p->alive_count = kept;
    }
}

struct sized {
    uint64_t bytes;
    uint32_t column;
};

static int by_size(const void *a, const void *b) {
    const struct sized *const x = a, *const y = b;

    return x->bytes != y->bytes ? (x->bytes > y->bytes) - (x->bytes < y->bytes)
                                : (x->column > y->column) - (x->column < y->column);
}

static bool column_needed(const struct work *w, const struct select_column *c) {
    for (uint32_t i = 0; i < c->feed_count; i++)
        if (w->r.s->views[c->feeds[i].view].needed)
            return true;
    return false;
}

/* Where lines of text are, and that pairs are of kinds that they may be of. */
static bool pairs_said(struct work *w) {
    struct select *const s = w->r.s;

    for (uint32_t i = 0; i < w->active_count; i++)
        s->pairs[w->active[i]].said = w->r.spoken && !w->kind_of;
    for (w->block = 0; w->r.spoken && w->kind_of && w->block < segment_info(w->r.segment)->blocks; w->block++) {
        block_begin(w);
        if (!makes_fill(w) || !kinds_fill(w))
            return false;
        for (uint32_t k = 0; k < w->kind_count; k++) {
            if (!w->bad && !bits_and(w, w->rows.kinds + (size_t)k * BLOCK_WORDS,
                                     w->rows.kinds + (size_t)k * BLOCK_WORDS, w->rows.spoken))
                continue;
            for (uint32_t i = 0; i < w->active_count; i++)
                s->pairs[w->active[i]].said |= kind_has(w, w->kinds[k], w->active[i]);
        }
    }
    return true;
}

/* Lines first: what they do not hold no format tells of. */
static bool lines_look(struct work *w) {
    struct select *const s = w->r.s;
    enum said said;

    for (uint32_t i = 0; i < s->atom_count; i++)
        if (s->atoms[i].needed && !select_said(s, i, &said))
            return no_memory(w);
    if (!select_lines_make(s))
        return no_memory(w);
    for (uint32_t c = SEGMENT_TIME_TEXT + 1; c < w->r.column_count; c++)
        for (uint32_t t = 0; t < w->r.columns[c].target_count; t++)
            if (w->r.columns[c].targets[t].field == s->message && !w->r.columns[c].targets[t].empty) {
                if (!select_scan(&w->r, c, PASS_LINES) ||
                    (!select_push(&w->lines, &w->line_count, &w->line_room, c) && !no_memory(w)))
                    return false;
                break;
            }
    w->r.heard = true;
    rules_look(w);
    return true;
}

static bool values_look(struct work *w) {
    struct select *const s = w->r.s;
    struct sized *const order = malloc((w->r.column_count + (size_t)1) * sizeof *order);
    uint64_t since = 0;
    bool ok = order != NULL || no_memory(w);

    for (uint32_t i = 0; ok && i < w->r.column_count; i++)
        order[i] = (struct sized){segment_column(w->r.segment, i).bytes, i};
    if (ok)
        qsort(order, w->r.column_count, sizeof *order, by_size);
    for (uint32_t i = 0; ok && i < w->r.column_count; i++) {
        struct select_column *const c = &w->r.columns[order[i].column];

        if (!c->feed_count || !column_needed(w, c))
            continue;
        if ((since += order[i].bytes) >= LOOK_BYTES) {
            rules_look(w);
            since = order[i].bytes;
            if (!column_needed(w, c))
                continue;
        }
        ok = select_scan(&w->r, order[i].column, PASS_FIELDS);
        for (uint32_t k = 0; k < c->feed_count; k++)
            s->views[c->feeds[k].view].left--;
    }
    if (ok)
        rules_look(w);
    bool const keywords = s->keywords != NONE && s->views[s->keywords].needed;

    for (uint32_t i = SEGMENT_TIME_TEXT + 1; ok && (keywords || w->indicators) && i < w->r.column_count; i++)
        if (w->r.columns[i].own)
            ok = select_scan(&w->r, i, PASS_ALL);
    if (ok && keywords) {
        s->views[s->keywords].feeds = 0; /* what holds is known */
        rules_look(w);
    }
    free(order);
    return ok;
}

/* ---- rows ---- */

static bool any_bit(const uint64_t *bits, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (bits[i])
            return true;
    return false;
}

static void bits_copy(const struct work *w, uint64_t *to, const uint64_t *from) {
    memcpy(to + w->from, from + w->from, (w->to - w->from) * sizeof *to);
}

static void bits_clear(const struct work *w, uint64_t *to) {
    memset(to + w->from, 0, (w->to - w->from) * sizeof *to);
}

static bool words_any(const words *any) {
    uint64_t all = 0;

    for (size_t i = 0; i < STEP; i++)
        all |= (*any)[i];
    return all != 0;
}

/* to: what is in a and in b; a and not in b; whether there is any. */
static bool bits_and(const struct work *w, uint64_t *to, const uint64_t *a, const uint64_t *b) {
    words any = {0};

    for (uint32_t i = w->from; i < w->to; i += STEP) {
        words const x = *(const words *)(const void *)(a + i) & *(const words *)(const void *)(b + i);

        any |= x;
        *(words *)(void *)(to + i) = x;
    }
    return words_any(&any);
}

/* What is in a, and in b or c. */
static bool bits_and_either(const struct work *w, uint64_t *to, const uint64_t *a, const uint64_t *b,
                            const uint64_t *c) {
    words any = {0};

    for (uint32_t i = w->from; i < w->to; i += STEP) {
        words const x = *(const words *)(const void *)(a + i) &
                        (*(const words *)(const void *)(b + i) | *(const words *)(const void *)(c + i));

        any |= x;
        *(words *)(void *)(to + i) = x;
    }
    return words_any(&any);
}

static bool bits_and_not(const struct work *w, uint64_t *to, const uint64_t *a, const uint64_t *b) {
    words any = {0};

    for (uint32_t i = w->from; i < w->to; i += STEP) {
        words const x = *(const words *)(const void *)(a + i) & ~*(const words *)(const void *)(b + i);

        any |= x;
        *(words *)(void *)(to + i) = x;
    }
    return words_any(&any);
}

static void bits_or(const struct work *w, uint64_t *to, const uint64_t *b) {
    for (uint32_t i = w->from; i < w->to; i += STEP)
        *(words *)(void *)(to + i) |= *(const words *)(const void *)(b + i);
}

/* Sets bits [at, at + count). */
static void bits_fill(uint64_t *bits, uint32_t at, uint32_t count) {
    for (; count && at % 64; at++, count--)
        bits[at / 64] |= ONE << at % 64;
    for (; count >= 64; at += 64, count -= 64)
        bits[at / 64] = UINT64_MAX;
    for (; count; at++, count--)
        bits[at / 64] |= ONE << at % 64;
}

static uint64_t *slot_of(struct work *w, struct atom *a) {
    struct rows *const r = &w->rows;

    if (a->slot != NONE)
        return r->slots[a->slot];
    if (r->used == SLOTS_MAX)
        return NULL;
    if (r->used == r->slot_count) {
        if (!(r->slots[r->used] = malloc(BLOCK_WORDS * sizeof(uint64_t)))) {
            r->used = SLOTS_MAX; /* as if there were no more of them */
            return NULL;
        }
        r->slot_count++;
    }
    a->slot = r->used++;
    memset(r->slots[a->slot], 0, w->words * sizeof(uint64_t));
    return r->slots[a->slot];
}

/* The cells of a column in the block. False: memory is out; damage makes the block bad. */
static bool cells_load(struct work *w, uint32_t column, bool codes, const struct segment_run **runs, uint32_t *count) {
    struct rows *const r = &w->rows;
    uint32_t const cells = codes ? segment_column_cells(w->r.segment, column, w->block) : 0;
    struct err e;

    *count = 0;
    if (cells > r->cell_room) {
        free(r->codes);
        r->cell_room = 0;
        if (!(r->codes = malloc(cells * sizeof *r->codes)))
            return no_memory(w);
        r->cell_room = cells;
    }
    if (segment_column_runs(w->r.segment, column, w->block, codes ? r->codes : NULL, runs, count, &e))
        return true;
    *count = 0;
    w->bad = true;
    if (e.code == ERR_MEMORY)
        *w->r.e = e;
    return e.code != ERR_MEMORY;
}

static uint64_t *atom_bits(struct work *w, uint32_t atom, uint64_t *indicated) {
    if (atom == ATOM_INDICATOR)
        return indicated;
    if (atom == ATOM_OPAQUE)
        return w->rows.opaque;
    return w->r.s->atoms[atom].needed ? slot_of(w, &w->r.s->atoms[atom]) : NULL;
}

static void run_fill(struct work *w, const struct segment_run *run, const uint32_t *classes, uint64_t *indicated,
                     const uint64_t *spoken) {
    for (uint32_t i = 0; i < run->rows; i++) {
        uint32_t const class = classes[w->rows.codes[run->cell + i]], at = run->at + i;
        const uint32_t *const list = w->r.pool + (class - 1);
        uint64_t *bits;

        if (LIKELY(!class) || (spoken && !(spoken[at / 64] >> at % 64 & 1)))
            continue;
        for (uint32_t j = 1; j <= list[0]; j++)
            if ((bits = atom_bits(w, list[j], indicated)))
                bits[at / 64] |= ONE << at % 64;
    }
}

/* Puts the rows of a column's cells where its atoms are. */
static bool column_fill(struct work *w, uint32_t column, uint64_t *indicated) {
    struct select_column *const c = &w->r.columns[column];
    const struct segment_run *runs;
    uint64_t *bits;
    uint32_t count;

    if (c->filled == w->block + 1)
        return true;
    c->filled = w->block + 1;
    bool const classes = c->classes[PASS_FIELDS] || c->classes[PASS_ALL] || c->classes[PASS_LINES];

    if (!c->every_count && !classes)
        return true;
    if (!cells_load(w, column, classes, &runs, &count))
        return false;
    for (uint32_t n = 0; n < count; n++) {
        for (uint32_t i = 0; i < c->every_count; i++)
            if ((bits = atom_bits(w, c->every[i], indicated)))
                bits_fill(bits, runs[n].at, runs[n].rows);
        for (size_t k = 0; k < COUNT(c->classes); k++)
            if (c->classes[k])
                run_fill(w, &runs[n], c->classes[k], indicated, k == PASS_LINES ? w->rows.spoken : NULL);
    }
    return true;
}

/* All columns that say in which rows the atom holds. */
static bool atom_fill(struct work *w, const struct atom *a) {
    const struct view *const v = &w->r.s->views[a->view];

    for (uint32_t i = 0; a->held && i < v->column_count; i++)
        if (!column_fill(w, v->columns[i], NULL))
            return false;
    return true; /* lines have been gone through */
}

/* ---- a rule in a block ---- */

/* In out: those of `within` in which the atom may hold, or, sure, is certain to. *some: there are any. */
static bool atom_rows(struct work *w, uint32_t atom, bool sure, const uint64_t *within, uint64_t *out, bool *some) {
    struct atom *const a = &w->r.s->atoms[atom];
    bool const anyhow = !sure && w->r.spoken && a->said != SAID_IN_LINE;

    *some = false;
    if ((!a->held && !a->heard && !anyhow) || (sure && !a->sure))
        return true;
    if (!atom_fill(w, a))
        return false;
    if (a->slot == NONE && !sure && w->rows.used == SLOTS_MAX) { /* else no cell here has such a value */
        if (out != within)
            bits_copy(w, out, within);
        *some = true;
        return true;
    }
    const uint64_t *const bits = a->slot == NONE ? NULL : w->rows.slots[a->slot];

    if (bits && anyhow)
        *some = bits_and_either(w, out, within, bits, w->rows.spoken);
    else if (bits || anyhow)
        *some = bits_and(w, out, within, bits ? bits : w->rows.spoken);
    if (*some && sure)
        *some = bits_and(w, out, out, w->rows.sure);
    return true;
}

static uint64_t *frame(struct work *w, unsigned depth) {
    if (depth >= COUNT(w->rows.frames))
        return NULL;
    if (!w->rows.frames[depth])
        w->rows.frames[depth] = malloc(BLOCK_WORDS * sizeof(uint64_t));
    return w->rows.frames[depth];
}

/* Of what nothing is known: all that may be, nothing that must. */
static bool unknown_rows(const struct work *w, bool sure, const uint64_t *within, uint64_t *out, bool *some) {
    *some = !sure;
    if (!sure)
        bits_copy(w, out, within);
    return true;
}

static bool test_rows(struct work *w, const uint32_t *way, bool sure, const uint64_t *within, uint64_t *out,
                      unsigned depth, bool *some) {
    uint64_t *const one = frame(w, depth);
    bool all;

    if (!way || !one)
        return unknown_rows(w, sure, within, out, some);
    *some = false;
    for (uint32_t i = 0, at = 1; i < way[0]; at += way[at] + 1, i++) {
        uint32_t const count = way[at];

        if (sure && count != 1)
            continue;
        all = true;
        for (uint32_t k = 0; all && k < count; k++)
            if (!atom_rows(w, way[at + 1 + k], sure, k ? one : within, one, &all))
                return false;
        if (!all)
            continue;
        if (*some)
            bits_or(w, out, one);
        else
            bits_copy(w, out, one);
        *some = true;
    }
    return true;
}

static bool node_rows(struct work *w, uint32_t aliases, uint32_t node, bool sure, const uint64_t *within, uint64_t *out,
                      unsigned depth, bool *some);

static bool either_rows(struct work *w, uint32_t aliases, const struct plan_node *n, bool sure, const uint64_t *within,
                        uint64_t *out, uint64_t *one, unsigned depth, bool *some) {
    bool more;

    *some = false;
    for (uint32_t i = 0; i < n->count; i++) {
        if (!node_rows(w, aliases, w->r.s->o.plan->children[n->first + i], sure, within, one, depth + 1, &more))
            return false;
        if (more && *some)
            bits_or(w, out, one);
        else if (more)
            bits_copy(w, out, one);
        *some |= more;
    }
    return true;
}

/* What is quick to tell and takes most away comes first: what stands below a NOT is seldom worth a look by itself. */
static bool all_rows_of(struct work *w, uint32_t aliases, const struct plan_node *n, bool sure, const uint64_t *within,
                        uint64_t *out, uint64_t *one, unsigned depth, bool *some) {
    const struct plan *const p = w->r.s->o.plan;

    bits_copy(w, out, within);
    *some = true;
    for (int turn = 0; turn < 3; turn++)
        for (uint32_t i = 0; *some && i < n->count; i++) {
            uint32_t const child = p->children[n->first + i];
            uint8_t const type = p->nodes[child].type;

            if ((type == NODE_TEST ? 0 : type == NODE_NOT ? 2 : 1) != turn)
                continue;
            if (!node_rows(w, aliases, child, sure, out, one, depth + 1, some))
                return false;
            if (*some)
                bits_copy(w, out, one);
        }
    return true;
}

/* In out: those of `within` in which the node may hold, or, sure, is certain to; anything, where *some is false. False: memory is out. */
static bool node_rows(struct work *w, uint32_t aliases, uint32_t node, bool sure, const uint64_t *within, uint64_t *out,
                      unsigned depth, bool *some) {
    const struct select *const s = w->r.s;
    const struct plan_node *const n = &s->o.plan->nodes[node];
    uint64_t *one;

    if (n->type == NODE_TEST)
        return test_rows(w, select_way(s, aliases, n->first), sure, within, out, depth, some);
    if (!(one = frame(w, depth)))
        return unknown_rows(w, sure, within, out, some);
    if (n->type == NODE_OR)
        return either_rows(w, aliases, n, sure, within, out, one, depth, some);
    if (n->type == NODE_AND)
        return all_rows_of(w, aliases, n, sure, within, out, one, depth, some);
    if (!node_rows(w, aliases, s->o.plan->children[n->first], !sure, within, one, depth + 1, some))
        return false;
    if (!*some)
        bits_clear(w, one);
    *some = bits_and_not(w, out, within, one);
    return true;
}

/* ---- a block ---- */

static void all_rows(const struct work *w, uint64_t *out) {
    memset(out, 0, w->words * sizeof *out);
    bits_fill(out, 0, segment_block(w->r.segment, w->block).rows);
}

/* The rows that may be of the kind, by its conditions. */
static bool kind_rows(struct work *w, uint32_t kind, uint64_t *out) {
    const struct kind_pairs *const k = &w->r.s->kinds[kind];
    bool some = true, alive = false;

    for (uint32_t i = 0; i < k->count; i++)
        alive |= w->r.s->pairs[k->pairs[i]].alive_count > 0 || (w->r.opaque && w->r.s->pairs[k->pairs[i]].asked);
    if (!alive)
        return true;
    all_rows(w, out);
    for (uint32_t i = 0; some && i < k->when_count; i++)
        if (!atom_rows(w, k->whens[i], false, out, out, &some))
            return false;
    if (!some)
        bits_clear(w, out);
    bits_or(w, out, w->rows.opaque);
    bits_or(w, out, w->rows.spoken);
    return true;
}

/* The rows of each kind. */
static bool kinds_fill(struct work *w) {
    const struct segment_run *runs;
    uint32_t count;

    if (!w->rows.kinds && !(w->rows.kinds = malloc((w->kind_count + (size_t)1) * BLOCK_WORDS * sizeof(uint64_t))))
        return no_memory(w);
    memset(w->rows.kinds, 0, w->kind_count * BLOCK_WORDS * sizeof(uint64_t));
    for (uint32_t i = 0; !w->kind_of && i < w->kind_count; i++)
        if (!kind_rows(w, w->kinds[i], w->rows.kinds + (size_t)i * BLOCK_WORDS))
            return false;
    if (!w->kind_of)
        return true;
    if (!cells_load(w, SEGMENT_KIND, true, &runs, &count))
        return false;
    for (uint32_t n = 0; n < count; n++)
        for (uint32_t i = 0; i < runs[n].rows; i++) {
            uint32_t const kind = w->kind_of[w->rows.codes[runs[n].cell + i]], at = runs[n].at + i;

            w->rows.kinds[(size_t)kind * BLOCK_WORDS + at / 64] |= ONE << at % 64;
        }
    return true;
}

/* The rows that may be of some kind whose rules these are. */
static void pair_rows(const struct work *w, uint32_t pair, uint64_t *out) {
    memset(out, 0, w->words * sizeof *out);
    for (uint32_t k = 0; k < w->kind_count; k++)
        if (kind_has(w, w->kinds[k], pair))
            bits_or(w, out, w->rows.kinds + (size_t)k * BLOCK_WORDS);
}

static void block_begin(struct work *w) {
    uint32_t const step = 64 * STEP;

    w->words = (segment_block(w->r.segment, w->block).rows + step - 1) / step * STEP;
    w->from = 0;
    w->to = w->words;
    w->rows.used = 0;
    w->bad = false;
    for (uint32_t i = 0; i < w->r.s->atom_count; i++)
        w->r.s->atoms[i].slot = NONE;
}

/* Rows of which all values are known; and those with values that nobody has looked at. */
static bool makes_fill(struct work *w) {
    struct segment_block const b = segment_block(w->r.segment, w->block);
    uint32_t nth = 0, shape, at, rows, *sources;
    const uint32_t *order;
    struct err e;

    memset(w->rows.sure, 0, w->words * sizeof(uint64_t));
    memset(w->rows.opaque, 0, w->words * sizeof(uint64_t));
    memset(w->rows.spoken, 0, w->words * sizeof(uint64_t));
    if (!segment_block_order(w->r.segment, w->block, &order, &e)) {
        w->bad = true;
        if (e.code == ERR_MEMORY)
            *w->r.e = e;
        return e.code != ERR_MEMORY;
    }
    while (segment_block_shape(w->r.segment, &nth, &shape, &at, &rows)) {
        if (w->r.makes[shape].sure)
            bits_fill(w->rows.sure, at, rows);
        if (w->r.makes[shape].opaque)
            bits_fill(w->rows.opaque, at, rows);
        if (w->r.makes[shape].spoken)
            bits_fill(w->rows.spoken, at, rows);
    }
    if (!w->r.has_texts) {
        (void)bits_and_not(w, w->rows.sure, w->rows.sure, w->rows.spoken);
        return true;
    }
    if (!(sources = malloc(b.rows * sizeof *sources)))
        return no_memory(w);
    bool const ok = segment_block_rows(w->r.segment, w->block, NULL, sources, &e);

    for (uint32_t i = 0; i < b.rows; i++)
        if (!ok || w->r.texts[sources[order[i]]])
            w->rows.spoken[i / 64] |= ONE << i % 64;
    free(sources);
    (void)bits_and_not(w, w->rows.sure, w->rows.sure, w->rows.spoken);
    return true;
}

/* Looks from now on only where there are bits. False: there are none. */
static bool narrow(struct work *w, const uint64_t *bits) {
    w->from = 0;
    while (w->from < w->words && !any_bit(bits + w->from, STEP))
        w->from += STEP;
    for (w->to = w->words; w->to > w->from && !any_bit(bits + w->to - STEP, STEP);)
        w->to -= STEP;
    return w->from < w->to;
}

static bool pair_select(struct work *w, const struct pair *p, const uint64_t *within, uint64_t *left, uint64_t *hits,
                        uint64_t *out) {
    bool some;

    for (uint32_t k = 0; k < p->alive_count && bits_and_not(w, left, within, out); k++) {
        if (!node_rows(w, p->aliases, w->r.s->o.plan->rules[w->alive[p->alive + k]].root, false, left, hits, 0, &some))
            return false;
        if (some)
            bits_or(w, out, hits);
    }
    return true;
}

static bool block_select(struct work *w, uint64_t *out) {
    struct select *const s = w->r.s;
    uint64_t within[BLOCK_WORDS], left[BLOCK_WORDS], hits[BLOCK_WORDS];

    block_begin(w);
    memset(out, 0, w->words * sizeof *out);
    if (!makes_fill(w))
        return false;
    for (uint32_t i = 0; i < w->line_count; i++)
        if (!column_fill(w, w->lines[i], out))
            return false;
    if (!kinds_fill(w))
        return false;
    if (w->indicators) {
        bits_or(w, out, w->rows.opaque);
        bits_or(w, out, w->rows.spoken);
    }
    if (w->r.has_indicators)
        for (uint32_t c = SEGMENT_TIME_TEXT + 1; c < w->r.column_count; c++)
            if (!column_fill(w, c, out))
                return false;
    for (uint32_t i = 0; i < w->active_count && !w->bad; i++) {
        const struct pair *const p = &s->pairs[w->active[i]];

        if (!p->asked || (!p->alive_count && !w->r.opaque))
            continue;
        w->from = 0;
        w->to = w->words;
        pair_rows(w, w->active[i], within);
        if (w->r.opaque && bits_and(w, left, within, w->rows.opaque))
            bits_or(w, out, left);
        if (p->alive_count && narrow(w, within) && !pair_select(w, p, within, left, hits, out))
            return false;
    }
    return true;
}

/* The rows of a block, as the segment numbers them. */
static bool block_tell(struct work *w, const uint64_t *out, uint64_t *rows) {
    struct segment_block const b = segment_block(w->r.segment, w->block);
    const uint32_t *order = NULL;
    struct err e;

    if (!w->bad && !any_bit(out, w->words))
        return true;
    if (!segment_block_order(w->r.segment, w->block, &order, &e)) {
        w->bad = true;
        if (e.code == ERR_MEMORY) {
            *w->r.e = e;
            return false;
        }
    }
    for (uint32_t i = 0; i < b.rows; i++) {
        if (!w->bad && !(out[i / 64] >> i % 64 & 1))
            continue;
        uint32_t const row = b.from + (w->bad ? i : order[i]);

        w->r.counts->selected += !(rows[row / 64] >> row % 64 & 1);
        rows[row / 64] |= ONE << row % 64;
    }
    return true;
}

static bool anything_left(const struct work *w) {
    for (uint32_t i = 0; i < w->active_count; i++)
        if (w->r.s->pairs[w->active[i]].alive_count || (w->r.opaque && w->r.s->pairs[w->active[i]].asked))
            return true;
    return w->r.has_indicators || ((w->r.opaque || w->r.spoken) && w->indicators);
}

static bool blocks_select(struct work *w, uint64_t *rows) {
    uint64_t out[BLOCK_WORDS];

    for (uint32_t i = 0; i < w->active_count; i++)
        w->r.counts->alive += w->r.s->pairs[w->active[i]].alive_count;
    for (w->block = 0; anything_left(w) && w->block < segment_info(w->r.segment)->blocks; w->block++) {
        if (!block_select(w, out) || !block_tell(w, out, rows))
            return false;
    }
    return true;
}

/* ---- a segment ---- */

static void work_free(struct work *w) {
    for (uint32_t i = 0; w->r.columns && i < w->r.column_count; i++) {
        free(w->r.columns[i].targets);
        free(w->r.columns[i].feeds);
        for (size_t k = 0; k < COUNT(w->r.columns[i].classes); k++)
            free(w->r.columns[i].classes[k]);
        free(w->r.columns[i].every);
    }
    for (uint32_t i = 0; i < w->rows.slot_count; i++)
        free(w->rows.slots[i]);
    for (size_t i = 0; i < COUNT(w->rows.frames); i++)
        free(w->rows.frames[i]);
    free(w->rows.kinds);
    free(w->rows.codes);
    free(w->r.columns);
    free(w->r.pool);
    free(w->r.found);
    free(w->r.makes);
    free(w->r.fed);
    free(w->r.texts);
    free(w->kind_of);
    free(w->kinds);
    free(w->lines);
    free(w->active);
    free(w->alive);
}

static bool select_run(struct work *w, uint64_t *rows) {
    struct select *const s = w->r.s;

    w->r.column_count = segment_info(w->r.segment)->columns;
    if (!(w->r.columns = calloc(w->r.column_count + (size_t)1, sizeof *w->r.columns)))
        return no_memory(w);
    if (!select_shapes(&w->r) || !kinds_find(w) || !feeds_find(w) || !rules_begin(w))
        return false;
    for (uint32_t i = 0; i < s->atom_count; i++)
        s->atoms[i].held = s->atoms[i].heard = false;
    if (!pairs_said(w))
        return false;
    rules_look(w);
    return (!w->r.spoken || lines_look(w)) && values_look(w) && select_shapes_sure(&w->r) && blocks_select(w, rows);
}

bool select_rows(struct select *s, struct segment *segment, const struct select_ask *ask, uint64_t *rows,
                 struct select_counts *counts, struct err *e) {
    struct select_counts own = {0};
    struct work *const w = calloc(1, sizeof *w);
    uint32_t const count = segment_info(segment)->rows;

    if (!w)
        return err_set(e, ERR_MEMORY, 0, "no memory to choose rows of a segment");
    counts = counts ? counts : &own;
    counts->rows += count;
    w->indicators = ask->indicators && s->o.indicators;
    w->r = (struct run){.s = s, .segment = segment, .ask = ask, .counts = counts, .e = e};
    bool ok = select_run(w, rows);

    work_free(w);
    free(w);
    segment_forget(segment);
    if (ok || e->code == ERR_MEMORY)
        return ok;
    for (uint32_t i = 0; i < count; i++) { /* damage, or more than may be unpacked: whoever reads it tells of it */
        counts->selected += !(rows[i / 64] >> i % 64 & 1);
        rows[i / 64] |= ONE << i % 64;
    }
    return true;
}

bool select_new(struct select **out, const struct select_options *options, struct err *e) {
    struct select *const s = calloc(1, sizeof *s);

    if (!s)
        return err_set(e, ERR_MEMORY, 0, "no memory to choose rows of segments");
    s->o = *options;
    s->keywords = NONE;
    s->message = field_intern(options->fields, S("message"));
    s->kinds = calloc(kinds_count(options->kinds) + 1, sizeof *s->kinds);
    s->made = arena_new((size_t)256 << 20);
    if (!s->kinds || !s->made || !dictionary_init(&s->values, hash_seed()) ||
        !dictionary_init(&s->texts, hash_seed()) || !select_groups_make(s) || !test_scratch_init(&s->scratch, e)) {
        select_free(s);
        return err_set(e, ERR_MEMORY, 0, "no memory to choose rows of segments");
    }
    s->values.plain = s->texts.plain = true; /* nothing is looked up in them */
    *out = s;
    return true;
}

static void kind_free(struct kind_pairs *k) {
    free(k->pairs);
    free(k->whens);
}

void select_free(struct select *s) {
    if (!s)
        return;
    for (uint32_t i = 0; i < s->view_count; i++) {
        free(s->views[i].atoms);
        free(s->views[i].tried);
        free(s->views[i].columns);
        literals_free(s->views[i].matchers[0]);
        literals_free(s->views[i].matchers[1]);
    }
    for (uint32_t i = 0; i < s->aliases_count; i++)
        free(s->aliases[i].ways);
    for (uint32_t i = 0; i < s->group_count; i++)
        free(s->groups[i].rules);
    for (size_t i = 0; s->kinds && i <= kinds_count(s->o.kinds); i++)
        kind_free(&s->kinds[i]);
    if (s->scratch.match_data)
        test_scratch_free(&s->scratch);
    if (s->made)
        arena_free(s->made);
    needles_free(s->needles);
    literals_free(s->lines);
    free(s->wholes);
    free(s->spoken);
    buf_free(&s->narrow);
    dictionary_free(&s->values);
    dictionary_free(&s->texts);
    free(s->views);
    free(s->view_of);
    free(s->atoms);
    free(s->atom_slots);
    free(s->aliases);
    free(s->ways);
    free(s->groups);
    free(s->pairs);
    free(s->kinds);
    free((void *)(uintptr_t)s->conditions);
    free(s);
}
