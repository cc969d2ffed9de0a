/* correlation: matches are sorted by correlation, group and time (base/sorter.h); then each group is walked.
 *
 * A chain is done level by level: what lies below is over, and its hits are the events of what lies above. */
#include "detection/correlation_own.h"

#include <assert.h>

#define LEVELS_MAX 64u  /* of correlations over correlations */
#define HITS_SHARE 8u   /* of the memory: for all hits, and as much for those of the present level */
#define EVENTS_SHARE 2u /* for events, all levels together; the rest is for the present group */

static const struct correlation_counts no_counts;

bool correlation_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for correlations");
}

/* ---- preparing ---- */

static bool use_add(struct correlator *c, struct use **to, uint32_t correlation, uint32_t position, struct err *e) {
    struct use *const u = arena_alloc(c->a, sizeof *u);

    if (!u)
        return correlation_no_memory(e);
    *u = (struct use){correlation, position, *to};
    *to = u;
    return true;
}

static bool field_add(struct correlator *c, struct wanted *w, str field, struct err *e) {
    str *bigger;

    for (size_t i = 0; i < w->field_count; i++)
        if (str_eq(w->fields[i], field))
            return true;
    if (!(bigger = arena_alloc(c->a, (w->field_count + 1) * sizeof *bigger)))
        return correlation_no_memory(e);
    if (w->field_count)
        memcpy(bigger, w->fields, w->field_count * sizeof *bigger);
    bigger[w->field_count++] = field;
    w->fields = bigger;
    return true;
}

/* Does anything below it have to be skipped? The set has no circles. */
static bool skipped(const struct sigma_rule *r, const bool *skip) {
    if (r->unusable.len || (skip && skip[r->index]))
        return true;
    for (size_t i = 0; r->type == SIGMA_CORRELATION && i < r->correlation->rule_count; i++)
        if (skipped(r->correlation->rules[i], skip))
            return true;
    return false;
}

static bool one_prepare(struct correlator *c, uint32_t number, struct err *e) {
    struct one *const one = &c->correlations[number];

    for (uint32_t i = 0; i < one->c->rule_count; i++) {
        const struct sigma_rule *const r = one->c->rules[i];

        if (r->type == SIGMA_CORRELATION) {
            struct one *const below = &c->correlations[c->of_rule[r->index]];

            if (below->level + 1 > one->level)
                one->level = below->level + 1;
            if (!use_add(c, &below->uses, number, i, e))
                return false;
            continue;
        }
        struct wanted *const w = &c->wanted[r->index];

        if (!use_add(c, &w->uses, number, i, e))
            return false;
        for (size_t k = 0; k < one->c->group_count; k++)
            if (!field_add(c, w, one->c->groups[k].fields[i], e))
                return false;
        for (size_t k = 0; k < one->c->field_count; k++)
            if (!field_add(c, w, one->c->fields[k], e))
                return false;
    }
    if (one->level >= LEVELS_MAX)
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %u correlations over each other", STR_ARG(one->rule->path),
                       LEVELS_MAX);
    if (one->level + 1 > c->levels)
        c->levels = one->level + 1;
    return true;
}

/* Those below come first, so that levels are known: by depth-first numbering. */
static void number_rule(struct correlator *c, const struct sigma_rule *r, const bool *skip) {
    if (r->type != SIGMA_CORRELATION || c->of_rule[r->index] != UINT32_MAX || skipped(r, skip))
        return;
    for (size_t i = 0; i < r->correlation->rule_count; i++)
        number_rule(c, r->correlation->rules[i], skip);
    c->of_rule[r->index] = c->count;
    c->correlations[c->count++] = (struct one){.rule = r, .c = r->correlation};
}

bool correlator_new(struct correlator **out, const struct sigma_set *set, const bool *skip, size_t memory_max,
                    const char *spill_folder, struct err *e) {
    struct correlator *const c = calloc(1, sizeof *c);

    if (!c)
        return correlation_no_memory(e);
    c->set = set;
    c->memory_max = memory_max;
    c->folder = spill_folder;
    c->a = arena_new((size_t)1 << 30);
    if (!c->a || !(c->correlations = arena_zero(c->a, set->rule_count + 1, sizeof *c->correlations)) ||
        !(c->of_rule = arena_zero(c->a, set->rule_count + 1, sizeof *c->of_rule)) ||
        !(c->wanted = arena_zero(c->a, set->rule_count + 1, sizeof *c->wanted))) {
        correlation_no_memory(e);
        goto fail;
    }
    memset(c->of_rule, 0xff, set->rule_count * sizeof *c->of_rule);
    for (size_t i = 0; i < set->rule_count; i++)
        number_rule(c, set->rules[i], skip);
    for (uint32_t i = 0; i < c->count; i++)
        if (!one_prepare(c, i, e))
            goto fail;
    if (!(c->events = arena_zero(c->a, c->levels + 1, sizeof(struct sorter *)))) {
        correlation_no_memory(e);
        goto fail;
    }
    for (unsigned i = 0; i < c->levels; i++)
        if (!sorter_new(&c->events[i], memory_max / EVENTS_SHARE / c->levels, c->folder, e))
            goto fail;
    if (!sorter_new(&c->hits, memory_max / HITS_SHARE, c->folder, e))
        goto fail;
    *out = c;
    return true;
fail:
    correlator_free(c);
    return false;
}

void correlator_free(struct correlator *c) {
    if (!c)
        return;
    for (unsigned i = 0; c->events && i < c->levels; i++)
        sorter_free(c->events[i]);
    sorter_free(c->hits);
    buf_free(&c->key);
    buf_free(&c->value);
    buf_free(&c->text);
    arena_free(c->a);
    free(c);
}

bool correlator_wants(const struct correlator *c, uint32_t rule) {
    return c->wanted[rule].uses != NULL;
}

const str *correlator_fields(const struct correlator *c, uint32_t rule, size_t *count) {
    *count = c->wanted[rule].field_count;
    return c->wanted[rule].fields;
}

const struct correlation_counts *correlator_counts(const struct correlator *c, uint32_t rule) {
    return c->of_rule[rule] == UINT32_MAX ? &no_counts : &c->correlations[c->of_rule[rule]].counts;
}

/* ---- matches in, hits out ---- */

bool correlator_add(struct correlator *c, const struct correlation_event *event, struct err *e) {
    const struct wanted *const w = &c->wanted[event->rule];
    struct offered const offered = {event->cells, event->cell_count, w->fields, w->field_count};

    for (const struct use *u = w->uses; u; u = u->next) {
        struct incoming const in = {.correlation = u->correlation,
                                    .position = u->position,
                                    .when = event->when,
                                    .source = event->source,
                                    .rule = event->rule,
                                    .offset = event->offset,
                                    .number = event->number,
                                    .offered = &offered,
                                    .parts = {"", 0}};

        if (!incoming_add(c, &in, e))
            return false;
    }
    return true;
}

/* The next level's event: the group's values under their names, and count, first and last where these are no such
 * names. */
static bool hit_offer(struct correlator *c, const struct one *one, const struct hit *hit, uint64_t number,
                      struct err *e) {
    struct cursor group = cursor_of(hit->group);
    struct correlation_cell cells[GROUP_FIELDS_MAX + 3];
    str names[GROUP_FIELDS_MAX + 3];
    char count[24], first[INSTANT_TEXT], last[INSTANT_TEXT];
    size_t n = 0;

    for (; n < one->c->group_count; n++) {
        bool const there = get_sized(&group, &cells[n].value);

        assert(there);
        names[n] = one->c->groups[n].name;
        cells[n].field = (uint32_t)n;
    }
    snprintf(count, sizeof count, "%lu", (unsigned long)hit->found.count);
    const str more[][2] = {{S("count"), str_of(count)},
                           {S("first"), instant_format(hit->found.first, first)},
                           {S("last"), instant_format(hit->found.last, last)}};

    for (size_t i = 0; i < COUNT(more); i++, n++) {
        bool hidden = false;

        for (size_t k = 0; k < one->c->group_count; k++)
            hidden |= str_eq(names[k], more[i][0]);
        names[n] = hidden ? S("") : more[i][0];
        cells[n] = (struct correlation_cell){(uint32_t)n, more[i][1]};
    }
    struct offered const offered = {cells, n, names, n};

    for (const struct use *u = one->uses; u; u = u->next) {
        struct incoming const in = {.correlation = u->correlation,
                                    .position = u->position,
                                    .when = hit->found.when,
                                    .source = NO_SOURCE,
                                    .rule = one->rule->index,
                                    .offset = number,
                                    .number = number,
                                    .offered = &offered,
                                    .parts = hit->parts};

        if (!incoming_add(c, &in, e))
            return false;
    }
    return true;
}

/* A hit of one level: to those above it, and to all that is found. */
static bool on_found(void *ctx, str key, str value, struct err *e) {
    struct group *const g = ctx;
    struct hit hit;

    hit_read(&hit, value);
    const struct one *const one = &g->c->correlations[hit.correlation];

    if (one->uses && !hit_offer(g->c, one, &hit, g->found_count, e))
        return false;
    g->found_count++;
    return sorter_add(g->c->hits, key, value, e);
}

static bool on_entry(void *ctx, str key, str value, struct err *e) {
    struct entry entry;

    entry_read(&entry, key, value);
    return group_add(ctx, &entry, e);
}

static bool level_run(struct group *g, unsigned level, struct err *e) {
    struct correlator *const c = g->c;
    bool ok = sorter_new(&g->found, c->memory_max / HITS_SHARE, c->folder, e) &&
              sorter_run(c->events[level], on_entry, g, e) && group_end(g, e);

    sorter_free(c->events[level]);
    c->events[level] = NULL;
    ok = ok && sorter_run(g->found, on_found, g, e);
    sorter_free(g->found);
    g->found = NULL;
    return ok;
}

struct telling {
    const struct correlator *c;
    bool (*hit)(void *ctx, const struct correlation_hit *hit, struct err *e);
    void *ctx;
};

static bool on_hit(void *ctx, str key, str value, struct err *e) {
    const struct telling *const t = ctx;
    struct hit hit;
    str group[GROUP_FIELDS_MAX];
    struct correlation_part *parts;
    bool ok;

    (void)key;
    hit_read(&hit, value);
    const struct one *const one = &t->c->correlations[hit.correlation];
    struct cursor shown = cursor_of(hit.group);

    for (size_t i = 0; i < one->c->group_count; i++) {
        bool const there = get_sized(&shown, &group[i]);

        assert(there);
    }
    if (!(parts = malloc(hit.parts.len + 1)))
        return correlation_no_memory(e);
    memcpy(parts, hit.parts.ptr, hit.parts.len);
    struct correlation_hit const told = {.rule = one->rule->index,
                                         .when = hit.found.when,
                                         .first = hit.found.first,
                                         .last = hit.found.last,
                                         .count = hit.found.count,
                                         .group = group,
                                         .group_count = one->c->group_count,
                                         .value = hit.found.value,
                                         .rare = hit.found.rare,
                                         .events = parts,
                                         .event_count = hit.parts.len / sizeof *parts};

    ok = t->hit(t->ctx, &told, e);
    free(parts);
    return ok;
}

bool correlator_run(struct correlator *c, bool (*hit)(void *ctx, const struct correlation_hit *hit, struct err *e),
                    void *ctx, struct err *e) {
    struct group g = {0};
    struct telling t = {c, hit, ctx};
    bool ok = group_open(&g, c, e);

    for (unsigned i = 0; ok && i < c->levels; i++)
        ok = level_run(&g, i, e);
    group_close(&g);
    return ok && sorter_run(c->hits, on_hit, &t, e);
}
