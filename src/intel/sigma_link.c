/* sigma_link: all documents together: who has which id and name, what correlations and filters refer to, who is
 * silent.
 *
 * The order is that of path and line, whatever the order of reading was, so that of two rules with one id always the
 * same one is refused. Correlations are resolved depth first with a stack of our own: a chain is as long as its
 * writer likes. */
#include "intel/sigma_own.h"

#include <assert.h>

#include "base/hash.h"

#define CHAIN_MAX 32 /* correlations on correlations */

enum state { STATE_NEW, STATE_OPEN, STATE_DONE };

/* Documents by id or by name, those that are loaded before those that failed. */
struct names {
    struct sigma_document **slots;
    uint32_t mask;
    uint64_t seed;
    bool by_id; /* ids are compared without regard to case (RFC 9562 4) */
};

struct linking {
    struct sigma_loader *l;
    struct names ids, names;
    struct err *e;
};

static str name_of(const struct names *n, const struct sigma_document *d) {
    return n->by_id ? d->verdict.id : d->name;
}

static bool name_equal(const struct names *n, str a, str b) {
    return n->by_id ? str_eq_ascii(a, b) : str_eq(a, b);
}

static struct sigma_document **name_slot(const struct names *n, str name) {
    char lower[64];
    size_t const len = name.len < sizeof lower ? name.len : sizeof lower;
    uint32_t at;

    for (size_t i = 0; i < len; i++)
        lower[i] = n->by_id && name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] + 32) : name.ptr[i];
    at = (uint32_t)hash_bytes(n->by_id ? (str){lower, len} : name, n->seed) & n->mask;
    while (n->slots[at] && !name_equal(n, name_of(n, n->slots[at]), name))
        at = (at + 1) & n->mask;
    return &n->slots[at];
}

/* Enters the loaded documents, and refuses the second of one id or name (Sigma 1.5). */
static bool names_fill(struct linking *k, struct names *n, bool by_id) {
    const struct sigma_loader *const l = k->l;
    uint32_t slots = 64;

    while (slots < l->count * 2)
        slots *= 2;
    *n = (struct names){
        .slots = calloc(slots, sizeof *n->slots), .mask = slots - 1, .seed = hash_seed(), .by_id = by_id};
    if (!n->slots)
        return err_set(k->e, ERR_MEMORY, 0, "no memory for rules");
    for (size_t i = 0; i < l->count; i++) {
        struct sigma_document *const d = l->documents[i], **slot;
        char why[4400];

        if (!d->verdict.loaded || name_of(n, d).len == 0)
            continue;
        slot = name_slot(n, name_of(n, d));
        if (!*slot) {
            *slot = d;
            continue;
        }
        snprintf(why, sizeof why, "%s %.*s is taken: %.*s line %u has it as well", by_id ? "id" : "name",
                 STR_ARG(str_first(name_of(n, d), 100)), STR_ARG(str_first((*slot)->verdict.path, 4096)),
                 (*slot)->verdict.line);
        if (!sigma_document_failed(k->l, d, why, k->e))
            return false;
    }
    return true;
}

/* Failed documents are found only where no other has the name: to be able to say so. */
static void names_fill_failed(const struct sigma_loader *l, const struct names *n) {
    for (size_t i = 0; i < l->count; i++) {
        struct sigma_document *const d = l->documents[i];

        if (!d->verdict.loaded && name_of(n, d).len && !*name_slot(n, name_of(n, d)))
            *name_slot(n, name_of(n, d)) = d;
    }
}

static struct sigma_document *referred(const struct linking *k, str name) {
    struct sigma_document *const by_id = *name_slot(&k->ids, name);

    return by_id ? by_id : *name_slot(&k->names, name);
}

/* Correlations */

static bool refs_find(struct linking *k, struct sigma_reading *r, struct sigma_document *d) {
    if (!(d->refs = sigma_keep(r, d->links.rule_count, sizeof *d->refs)))
        return false;
    for (size_t i = 0; i < d->links.rule_count; i++) {
        const struct sigma_reference *const from = &d->links.rules[i];
        str const name = str_first(from->name, 80);
        struct sigma_document *const to = referred(k, from->name);

        if (!to)
            return sigma_bad(r, from->line, "refers to rule '%.*s', which is not there", STR_ARG(name));
        if (to == d)
            return sigma_bad(r, from->line, "refers to itself");
        if (!to->rule && to->filter)
            return sigma_bad(r, from->line, "refers to '%.*s', which is a filter", STR_ARG(name));
        if (to->seen_by == d && d->rule->correlation->type != CORRELATE_TEMPORAL_ORDERED &&
            !sigma_warn(r, from->line, "refers to rule '%.*s' twice", STR_ARG(name)))
            return false;
        to->seen_by = d;
        d->refs[i] = to;
    }
    return true;
}

/* All refs are done. */
static bool refs_join(struct linking *k, struct sigma_reading *r, struct sigma_document *d) {
    const struct sigma_rule **const rules = sigma_keep(r, d->links.rule_count, sizeof *rules);
    char why[200];

    if (!rules)
        return false;
    d->chain = 1;
    for (size_t i = 0; i < d->links.rule_count; i++) {
        const struct sigma_reference *const from = &d->links.rules[i];
        const struct sigma_document *const to = d->refs[i];
        str const name = str_first(from->name, 80);

        if (!to->verdict.loaded)
            return sigma_bad(r, from->line, "refers to rule '%.*s', which failed to load", STR_ARG(name));
        if (to->chain >= CHAIN_MAX)
            return sigma_bad(r, from->line, "a chain of more than %d correlations", CHAIN_MAX);
        d->chain = to->chain >= d->chain ? to->chain + 1 : d->chain;
        if (to->verdict.unusable) {
            snprintf(why, sizeof why, "refers to rule '%.*s', which cannot be used", STR_ARG(name));
            if (!r->unusable.len && !sigma_keep_text(r, str_of(why), &r->unusable))
                return false;
        }
        rules[i] = to->rule;
    }
    if (!sigma_correlation_link(r, &d->links, d->correlation, rules))
        return false;
    if (r->unusable.len)
        sigma_document_unusable(k->l, d, r->unusable);
    return true;
}

/* What one step on a document came to; false only when memory is out. */
static bool settled(struct linking *k, const struct sigma_reading *r, struct sigma_document *d, bool ok) {
    d->verdict.warnings = r->warnings;
    d->verdict.warning_count = r->warning_count;
    if (ok)
        return true;
    if (r->e->code == ERR_MEMORY) {
        *k->e = *r->e;
        return false;
    }
    d->state = STATE_DONE;
    return sigma_document_failed(k->l, d, r->e->text, k->e);
}

/* The next reference of the open document d. *down: one that has to be looked at first. */
static bool step(struct linking *k, struct sigma_document *d, struct sigma_document **down) {
    struct err why = {0};
    struct sigma_reading r = sigma_reading_of(k->l, d, &why);
    bool ok = true;

    *down = NULL;
    if (d->state == STATE_NEW) {
        d->state = STATE_OPEN;
        ok = refs_find(k, &r, d);
    } else if (d->next < d->links.rule_count) {
        struct sigma_document *const to = d->refs[d->next];
        const struct sigma_reference *const from = &d->links.rules[d->next++];

        if (to->correlation && to->verdict.loaded && to->state == STATE_OPEN)
            ok = sigma_bad(&r, from->line, "refers to '%.*s', which refers back to it",
                           STR_ARG(str_first(from->name, 80)));
        else if (to->correlation && to->verdict.loaded && to->state == STATE_NEW)
            *down = to;
    } else {
        ok = refs_join(k, &r, d);
        d->state = STATE_DONE;
    }
    return settled(k, &r, d, ok);
}

static bool link_correlations(struct linking *k) {
    struct sigma_document **const stack = calloc(k->l->count + 1, sizeof(struct sigma_document *));
    bool ok = stack || err_set(k->e, ERR_MEMORY, 0, "no memory for rules");

    for (size_t i = 0; ok && i < k->l->count; i++) {
        struct sigma_document *const d = k->l->documents[i], *down;
        size_t depth = 0;

        if (!d->correlation || !d->verdict.loaded || d->state == STATE_DONE)
            continue;
        stack[depth++] = d;
        while (ok && depth) {
            ok = step(k, stack[depth - 1], &down);
            if (stack[depth - 1]->state == STATE_DONE)
                depth--;
            else if (down)
                stack[depth++] = down; /* open documents are on the stack once: it cannot outgrow their number */
            assert(depth <= k->l->count);
        }
    }
    free(stack);
    return ok;
}

/* Filters */

static bool covers(const struct sigma_logsource *filter, const struct sigma_logsource *rule) {
    return (!filter->product.len || str_eq_ascii(filter->product, rule->product)) &&
           (!filter->category.len || str_eq_ascii(filter->category, rule->category)) &&
           (!filter->service.len || str_eq_ascii(filter->service, rule->service));
}

/* The list has room for the next power of two. */
static bool attach(struct linking *k, struct sigma_filter *f, struct sigma_rule *rule) {
    size_t const count = rule->filter_count;
    const struct sigma_filter **list = (const struct sigma_filter **)(uintptr_t)rule->filters;

    if (count && list[count - 1] == f)
        return true; /* named twice, by id and by name */
    if ((count & (count - 1)) == 0) {
        if (!(list = arena_alloc(k->l->a, (count ? 2 * count : 1) * sizeof *list)))
            return err_set(k->e, ERR_MEMORY, 0, "no memory for rules");
        if (count)
            memcpy(list, rule->filters, count * sizeof *list);
        rule->filters = list;
    }
    list[count] = f;
    rule->filter_count++;
    return true;
}

static bool filter_any(struct linking *k, struct sigma_reading *r, struct sigma_document *d) {
    bool found = false;

    for (size_t i = 0; i < k->l->count; i++) {
        struct sigma_document *const to = k->l->documents[i];

        if (!to->verdict.loaded || !to->rule || to->correlation || !covers(&d->filter->logsource, &to->rule->logsource))
            continue;
        found = true;
        if (!attach(k, d->filter, to->rule))
            return false;
    }
    return found || sigma_warn(r, d->verdict.line, "the filter's log source covers no rule: it does nothing");
}

static bool filter_named(struct linking *k, struct sigma_reading *r, struct sigma_document *d) {
    for (size_t i = 0; i < d->links.rule_count; i++) {
        const struct sigma_reference *const from = &d->links.rules[i];
        struct sigma_document *const to = referred(k, from->name);
        str const name = str_first(from->name, 80);
        bool ok;

        if (!to || !to->rule)
            ok = sigma_warn(r, from->line, "the filter names rule '%.*s', which is not there", STR_ARG(name));
        else if (!to->verdict.loaded)
            ok = sigma_warn(r, from->line, "the filter names rule '%.*s', which failed to load", STR_ARG(name));
        else if (to->correlation)
            ok = sigma_warn(r, from->line, "the filter names '%.*s', a correlation: name the rules that it refers to",
                            STR_ARG(name));
        else if (!covers(&d->filter->logsource, &to->rule->logsource))
            ok = sigma_warn(r, from->line, "the filter's log source does not cover rule '%.*s': it does nothing there",
                            STR_ARG(name));
        else
            ok = attach(k, d->filter, to->rule);
        if (!ok)
            return false;
    }
    return true;
}

static bool link_filters(struct linking *k) {
    for (size_t i = 0; i < k->l->count; i++) {
        struct sigma_document *const d = k->l->documents[i];

        /* A filter whose placeholders have no value must not take part: what would it let through? */
        if (!d->filter || !d->verdict.loaded || d->verdict.unusable)
            continue;
        struct err why = {0};
        struct sigma_reading r = sigma_reading_of(k->l, d, &why);
        bool const ok = d->links.any ? filter_any(k, &r, d) : filter_named(k, &r, d);

        if (!ok && why.code == ERR_NONE)
            return false; /* k->e says why */
        if (!settled(k, &r, d, ok))
            return false;
    }
    return true;
}

/* A rule is silent when usable correlations refer to it and none of them says generate (Sigma 9.4). */
static void silence(const struct sigma_loader *l) {
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < l->count; i++) {
            struct sigma_document *const d = l->documents[i];

            if (!d->correlation || !d->verdict.loaded || d->verdict.unusable || d->correlation->generate != (pass == 1))
                continue;
            for (size_t j = 0; j < d->links.rule_count; j++) {
                struct sigma_rule *const rule = d->refs[j]->rule;

                rule->silenced = pass == 0;
                if (pass == 1)
                    rule->silenced_by = NULL;
                else if (!rule->silenced_by)
                    rule->silenced_by = d->rule;
            }
        }
}

static bool set_build(struct sigma_loader *l, const struct sigma_set **out, struct err *e) {
    struct sigma_set *const set = arena_zero(l->a, 1, sizeof *set);
    const struct sigma_rule **const rules = arena_zero(l->a, l->count + 1, sizeof *rules);
    const struct sigma_filter **const filters = arena_zero(l->a, l->count + 1, sizeof *filters);
    struct sigma_verdict *const verdicts = arena_zero(l->a, l->count + 1, sizeof *verdicts);

    if (!set || !rules || !filters || !verdicts)
        return err_set(e, ERR_MEMORY, 0, "no memory for rules");
    for (size_t i = 0; i < l->count; i++) {
        struct sigma_document *const d = l->documents[i];

        verdicts[i] = d->verdict;
        if (!d->verdict.loaded)
            continue;
        if (d->filter) {
            d->filter->index = (uint32_t)set->filter_count;
            filters[set->filter_count++] = d->filter;
        } else {
            d->rule->index = (uint32_t)set->rule_count;
            rules[set->rule_count++] = d->rule;
        }
    }
    set->rules = rules;
    set->filters = filters;
    set->verdicts = verdicts;
    set->verdict_count = l->count;
    *out = set;
    return true;
}

static int by_place(const void *a, const void *b) {
    const struct sigma_document *const x = *(struct sigma_document *const *)a, *const y =
                                                                                   *(struct sigma_document *const *)b;
    int const order = str_cmp(x->verdict.path, y->verdict.path);

    return order ? order : x->verdict.line < y->verdict.line ? -1 : x->verdict.line > y->verdict.line;
}

bool sigma_load_end(struct sigma_loader *l, const struct sigma_set **out, struct err *e) {
    struct linking k = {.l = l, .e = e};
    bool ok;

    if (l->count)
        qsort(l->documents, l->count, sizeof(struct sigma_document *), by_place);
    ok = names_fill(&k, &k.ids, true) && names_fill(&k, &k.names, false);
    if (ok) {
        names_fill_failed(l, &k.ids);
        names_fill_failed(l, &k.names);
        ok = link_correlations(&k) && link_filters(&k);
    }
    if (ok)
        silence(l);
    free(k.ids.slots);
    free(k.names.slots);
    arena_reset(l->scratch);
    return ok && set_build(l, out, e);
}
