/* model: measures, weights, posterior, gates. */
#include "attribution/model.h"

#include <math.h>

#include "base/compiler.h"
#include "codec/yaml.h"

/* BM25's usual constants (Robertson, Zaragoza 2009); none was fitted. */
#define BM25_K 1.2
#define BM25_B 0.75
/* Items of one class are not independent: behind the strongest a fifth counts (attribution rule 2). */
#define NEXT 0.2
#define FEW_GROUPS 2u
/* Strength, in groups, of the belief that software knows no nation. */
#define NATION_BELIEF 2.0
#define NATION_MOST 2.0
#define PARAMETERS_MEMORY ((size_t)1 << 20)

const char *const measure_names[MEASURES] = {"technique", "parent",   "malware", "tool",
                                             "confirmed", "reported", "nation"};
const char *const sign_names[SIGNS] = {"one", "clear", "confirmed"};

/* ---- parameters ---- */

static bool number_at(const struct yaml_node *map, const char *name, double least, double most, double *out,
                      struct err *e) {
    str const text = yaml_text(map, name);
    char digits[64], *end = digits;

    if (text.len && text.len < sizeof digits) {
        memcpy(digits, text.ptr, text.len);
        digits[text.len] = '\0';
        *out = strtod(digits, &end);
    }
    if (end == digits || *end || !(*out >= least && *out <= most))
        return err_set(e, ERR_USAGE, 0, "%s must be a number from %g to %g", name, least, most);
    return true;
}

bool parameters_read(struct parameters *out, str text, struct err *e) {
    struct arena *const a = arena_new(PARAMETERS_MEMORY);
    struct yaml_node **documents;
    size_t count = 0;
    bool ok = a ? yaml_read(text, a, &documents, &count, e)
                : err_set(e, ERR_MEMORY, 0, "no memory for parameters of attribution");

    *out = (struct parameters){0};
    if (ok && count != 1)
        ok = err_set(e, ERR_USAGE, 0, "parameters of attribution are one document");
    if (ok) {
        const struct yaml_node *const root = documents[0], *const group = yaml_get(root, "group"),
                                      *const known = yaml_get(root, "known"), *const gate = yaml_get(root, "gate");

        /* Never less than a half: half of the time the right group is not in the book. */
        ok = number_at(root, "none", 0.5, 0.99, &out->none, e);
        for (size_t i = 0; ok && i < MEASURES; i++)
            ok = number_at(group, measure_names[i], -100, 100, &out->group[i], e);
        for (size_t i = 0; ok && i < SIGNS; i++)
            ok = number_at(known, sign_names[i], -100, 100, &out->known[i], e);
        ok = ok && number_at(gate, "posterior", 0.5, 1, &out->gate.posterior, e) &&
             number_at(gate, "margin", 0, 10, &out->gate.margin, e) &&
             number_at(gate, "coverage", 0, 1, &out->gate.coverage, e);
    }
    arena_free(a);
    return ok;
}

bool parameters_builtin(struct parameters *out, struct err *e) {
    return parameters_read(out, attributions_builtin[0].text, e) ||
           err_wrap(e, "%.*s", STR_ARG(attributions_builtin[0].path));
}

/* ---- measures ---- */

struct measuring {
    const struct profiles *all;
    const struct profile *p;
    const struct observed *o;
    const struct profile_group *out; /* left out, or NULL */
    double groups, size;             /* how many, and their profiles' mean length */
};

static uint32_t listed(const struct measuring *m, token t) {
    return token_find(m->p->listed, m->p->listed_count, t) -
           (m->out && token_find(m->out->links, m->out->link_count, t) > 0);
}

static double bm25(const struct measuring *m, const struct profile_group *g, double sources, double of_groups) {
    return log(1 + (m->groups - of_groups + 0.5) / (of_groups + 0.5)) * sources * (BM25_K + 1) /
           (sources + BM25_K * (1 - BM25_B + BM25_B * (double)g->link_count / m->size));
}

static double of_nation(const struct measuring *m, str nation) {
    size_t n = 0;

    for (size_t i = 0; i < m->p->group_count; i++)
        n += &m->p->groups[i] != m->out && str_eq(m->p->groups[i].nation, nation);
    return (double)n;
}

/* How much likelier the other groups with this software are of the nation than groups at large. */
static double nation_of(const struct measuring *m, const struct profile_group *g) {
    double sum = 0;

    if (!g->nation.len)
        return 0;
    double const at_large = of_nation(m, g->nation) / m->groups;

    for (size_t i = 0; i < m->o->software_count; i++) {
        double others = 0, same = 0;

        for (size_t k = 0; k < m->p->group_count; k++) {
            const struct profile_group *const h = &m->p->groups[k];

            if (h != g && h != m->out && token_find(h->links, h->link_count, m->o->software[i])) {
                others++;
                same += str_eq(h->nation, g->nation);
            }
        }
        if (others > 0)
            sum += log((same + NATION_BELIEF * at_large) / (others + NATION_BELIEF) / at_large);
    }
    return fmax(-NATION_MOST, fmin(NATION_MOST, sum));
}

static void add_software(struct judged *j, const struct measuring *m, const struct profile_group *g) {
    double most[2] = {0, 0}, sum[2] = {0, 0};
    uint32_t said = 0;

    for (size_t i = 0; i < m->o->software_count; i++) {
        token const t = m->o->software[i];
        uint32_t const sources = token_find(g->links, g->link_count, t), of = listed(m, t);
        bool const tool = profiles_tool(m->all, t);

        if (!sources)
            continue;
        double const rare = log(m->groups / of);

        sum[tool] += rare;
        most[tool] = fmax(most[tool], rare);
        if (!tool && of <= FEW_GROUPS)
            said += sources;
        j->alone = j->alone || (!tool && of == 1);
    }
    j->measures[MEASURE_MALWARE] = most[0] + NEXT * (sum[0] - most[0]);
    j->measures[MEASURE_TOOL] = most[1] + NEXT * (sum[1] - most[1]);
    j->measures[MEASURE_CONFIRMED] = said >= 2;
}

static void add_techniques(struct judged *j, const struct measuring *m, const struct profile_group *g) {
    double exact = 0, above = 0, had = 0;
    token before = 0;

    for (size_t i = 0; i < m->o->technique_count; i++) {
        token const t = m->o->techniques[i], parent = token_parent(t);
        uint32_t const sources = token_find(g->links, g->link_count, t);

        if (sources) {
            exact += bm25(m, g, sources, listed(m, t));
            had++;
        }
        /* Sorted: kinds of one technique stand together. */
        if (parent != before && token_among(g->parents, g->parent_count, parent)) {
            uint32_t const of = token_find(m->p->parents, m->p->parent_count, parent) -
                                (m->out && token_among(m->out->parents, m->out->parent_count, parent));

            above += bm25(m, g, 1, of);
        }
        before = parent;
    }
    double const n = m->o->technique_count ? (double)m->o->technique_count : 1;

    j->measures[MEASURE_TECHNIQUE] = exact / sqrt(n);
    j->measures[MEASURE_PARENT] = above / sqrt(n);
    j->coverage = had / n;
}

static struct measuring measuring_of(const struct profiles *all, const struct profile *p, const struct observed *o,
                                     size_t without) {
    struct measuring m = {.all = all, .p = p, .o = o, .out = without == NO_GROUP ? NULL : &p->groups[without]};

    for (size_t i = 0; i < p->group_count; i++)
        if (i != without) {
            m.groups++;
            m.size += (double)p->groups[i].link_count;
        }
    m.size /= m.groups > 0 ? m.groups : 1;
    return m;
}

bool judgement_measure(struct judgement *out, const struct profiles *all, const struct profile *p,
                       const struct observed *o, size_t without, struct err *e) {
    struct measuring const m = measuring_of(all, p, o, without);

    *out = (struct judgement){.groups = calloc(p->group_count + 1, sizeof *out->groups)};
    if (!out->groups)
        return err_set(e, ERR_MEMORY, 0, "no memory to weigh groups");
    for (size_t i = 0; i < p->group_count; i++) {
        const struct profile_group *const g = &p->groups[i];

        if (i == without)
            continue;
        struct judged *const j = &out->groups[out->count++];
        j->group = i;
        add_techniques(j, &m, g);
        add_software(j, &m, g);
        j->measures[MEASURE_REPORTED] = log1p(g->recent);
        j->measures[MEASURE_NATION] = nation_of(&m, g);
    }
    return true;
}

static void explain_techniques(struct explained *out, const struct measuring *m, const struct profile_group *g) {
    double const root = sqrt((double)m->o->technique_count);
    token before = 0;

    for (size_t i = 0; i < m->o->technique_count; i++) {
        token const t = m->o->techniques[i], parent = token_parent(t);
        struct explained *const x = &out[i];

        *x = (struct explained){t, token_find(g->links, g->link_count, t), listed(m, t), {0}};
        if (x->sources)
            x->adds[MEASURE_TECHNIQUE] = bm25(m, g, x->sources, x->of_groups) / root;
        if (parent != before && token_among(g->parents, g->parent_count, parent))
            x->adds[MEASURE_PARENT] = bm25(m, g, 1, token_find(m->p->parents, m->p->parent_count, parent)) / root;
        before = parent;
    }
}

static void explain_software(struct explained *out, const struct measuring *m, const struct profile_group *g) {
    struct explained *strongest[2] = {NULL, NULL};

    for (size_t i = 0; i < m->o->software_count; i++) {
        token const t = m->o->software[i];
        struct explained *const x = &out[i];
        bool const tool = profiles_tool(m->all, t);
        enum measure const of = tool ? MEASURE_TOOL : MEASURE_MALWARE;

        *x = (struct explained){t, token_find(g->links, g->link_count, t), listed(m, t), {0}};
        if (!x->sources)
            continue;
        x->adds[of] = NEXT * log(m->groups / x->of_groups);
        if (!strongest[tool] || x->adds[of] > strongest[tool]->adds[of])
            strongest[tool] = x;
    }
    if (strongest[0])
        strongest[0]->adds[MEASURE_MALWARE] /= NEXT;
    if (strongest[1])
        strongest[1]->adds[MEASURE_TOOL] /= NEXT;
}

size_t judgement_explain(struct explained *out, const struct profiles *all, const struct profile *p,
                         const struct observed *o, size_t group) {
    struct measuring const m = measuring_of(all, p, o, NO_GROUP);

    explain_techniques(out, &m, &p->groups[group]);
    explain_software(out + o->technique_count, &m, &p->groups[group]);
    return o->technique_count + o->software_count;
}

/* ---- weighing ---- */

static int by_rank(const void *a, const void *b) {
    const struct judged *const x = a, *const y = b;

    return x->score != y->score ? (x->score > y->score ? -1 : 1) : x->group < y->group ? -1 : x->group > y->group;
}

void judgement_weigh(struct judgement *j, const struct parameters *with) {
    double sum = 0, known = 0, confirmed = 0;

    j->none = 1;
    j->named = false;
    if (!j->count)
        return;
    for (size_t i = 0; i < j->count; i++) {
        struct judged *const g = &j->groups[i];

        g->score = 0;
        for (size_t k = 0; k < MEASURES; k++)
            g->score += with->group[k] * g->measures[k];
        confirmed = fmax(confirmed, g->measures[MEASURE_CONFIRMED]);
    }
    qsort(j->groups, j->count, sizeof *j->groups, by_rank);
    for (size_t i = 0; i < j->count; i++)
        sum += exp(j->groups[i].score - j->groups[0].score);
    for (size_t i = 0; i < j->count; i++)
        j->groups[i].share = exp(j->groups[i].score - j->groups[0].score) / sum;
    j->signs[SIGN_ONE] = 1;
    j->signs[SIGN_CLEAR] = log(j->groups[0].share / (1 - j->groups[0].share + 1e-9));
    j->signs[SIGN_CONFIRMED] = confirmed;
    for (size_t k = 0; k < SIGNS; k++)
        known += with->known[k] * j->signs[k];
    /* Fitted at even odds; the prior moves them. */
    j->none = 1 / (1 + exp(known + log((1 - with->none) / with->none)));
    for (size_t i = 0; i < j->count; i++)
        j->groups[i].posterior = (1 - j->none) * j->groups[i].share;
    j->margin = j->count > 1 ? (j->groups[0].score - j->groups[1].score) / log(10) : INFINITY;
    j->named = j->groups[0].posterior >= with->gate.posterior && j->margin >= with->gate.margin &&
               (j->groups[0].measures[MEASURE_CONFIRMED] > 0 ||
                (j->groups[0].alone && j->groups[0].coverage >= with->gate.coverage));
}

void judgement_free(struct judgement *j) {
    free(j->groups);
    *j = (struct judgement){0};
}
