/* assessment_hypotheses: what else would explain it: each explanation against each item that tells explanations apart, after Heuer's analysis of competing
 * hypotheses. Kept is what has the least against it, not what has most for it. */
#include <math.h>

#include "attribution/assessment_own.h"
#include "base/compiler.h"

#define GROUPS_TOLD 4u
#define GROUP_LEAST 0.05 /* posterior of further groups that are worth a column */
#define ITEM_ROWS 16u
#define CLASS_ITEMS 4u /* more items of a class are one row */
#define SIGN_ROWS 16u
#define ROWS_MAX (ITEM_ROWS + SIGN_ROWS + 4)
#define COLUMNS_MAX (GROUPS_TOLD + HYPOTHESIS_TYPES - 1)
#define REJECTED_BELOW 0.05

struct row {
    struct matrix_row told;
    enum row_type { ROW_TECHNIQUES, ROW_ITEM, ROW_WINDOW, ROW_UNLISTED, ROW_SCORE, ROW_SIGN } type;
    double most;   /* bans for the group that it speaks for most */
    double *bans;  /* for each group; NULL of rows that speak of no group */
    bool shared;   /* malware of many groups */
    bool supplier; /* all of it a supplier explains as well */
    const struct evidence_sign *sign;
};

struct matrix {
    struct assessment *a;
    struct work *w;
    struct err *e;
    struct hypothesis *list;
    struct row rows[ROWS_MAX];
    size_t row_count, columns, groups; /* groups: how many of the columns are groups */
    enum consistency *cells[COLUMNS_MAX];
    bool several; /* two rows point to groups that have nothing in common */
    uint32_t several_groups[2];
    bool fits[COLUMNS_MAX];
};

/* ---- rows ---- */

static struct row *row_new(struct matrix *m, enum row_type type, enum evidence_class class, uint32_t item) {
    struct row *const r = &m->rows[m->row_count++];

    *r = (struct row){.told = {.words = {"", 0}, .item = item, .class = class}, .type = type};
    return r;
}

/* The part of a score that techniques have. */
static double technique_bans(const struct assessment *a, const struct assessed_group *g) {
    return !g->judged ? 0
                      : (a->parameters->group[MEASURE_TECHNIQUE] * g->judged->measures[MEASURE_TECHNIQUE] +
                         a->parameters->group[MEASURE_PARENT] * g->judged->measures[MEASURE_PARENT]) /
                            log(10);
}

static bool add_techniques(struct matrix *m) {
    struct assessment *const a = m->a;

    if (!a->observed.technique_count)
        return true;
    struct row *const r = row_new(m, ROW_TECHNIQUES, EVIDENCE_TECHNIQUE, OF_NO_ITEM);

    if (!(r->bans = arena_zero(m->w->m, a->group_count + 1, sizeof *r->bans)))
        return assess_no_memory(m->e);
    for (size_t g = 0; g < a->group_count; g++) {
        r->bans[g] = technique_bans(a, &a->groups[g]);
        r->most = fmax(r->most, r->bans[g]);
    }
    return say(m->w, &r->told.words, m->e, "%zu technique%s together", a->observed.technique_count,
               a->observed.technique_count == 1 ? "" : "s");
}

struct strong {
    double most;
    bool counts; /* for some group, and not as one more of what was counted already */
    uint32_t item;
    const uint32_t *rank;
};

static int by_strength(const void *a, const void *b) {
    const struct strong *const x = a, *const y = b;

    return x->most != y->most                    ? (x->most > y->most ? -1 : 1)
           : x->rank[x->item] < y->rank[y->item] ? -1
                                                 : x->rank[x->item] > y->rank[y->item];
}

static bool of_row(const struct assessed_link *l) {
    return l->class != EVIDENCE_TECHNIQUE || l->link != UINT32_MAX;
}

/* A statement that is not counted against own evidence speaks nevertheless. */
static bool counts(const struct assessed_link *l) {
    return l->counted > 0 || l->class == EVIDENCE_STATEMENT || (l->link == UINT32_MAX && l->class != EVIDENCE_VICTIM);
}

/* The row of an item, or of all items of its class; the row is made where there is none. */
static bool row_for(struct matrix *m, uint32_t item, size_t of_class, struct row **class_rows, struct row **out) {
    const struct evidence_item *const i = &m->a->evidence->items[item];
    bool const together = of_class > CLASS_ITEMS;
    struct row *r = together ? class_rows[i->class] : NULL;

    *out = r;
    if (r)
        return true;
    *out = r = row_new(m, ROW_ITEM, i->class, together ? OF_NO_ITEM : item);
    r->supplier = true;
    r->bans = arena_zero(m->w->m, m->a->group_count + 1, sizeof *r->bans);
    if (!r->bans)
        return assess_no_memory(m->e);
    r->told.words = i->words.len ? i->words : i->value;
    if (!together)
        return true;
    class_rows[i->class] = r;
    str const name = evidence_class_name(i->class);

    return say(m->w, &r->told.words, m->e, "%zu items of the class %.*s", of_class, STR_ARG(name));
}

static bool add_items(struct matrix *m) {
    struct assessment *const a = m->a;
    size_t const n = a->evidence->item_count;
    struct strong *const list = arena_zero(m->w->m, n + 1, sizeof *list);
    struct row **const row_of = arena_zero(m->w->m, n + 1, sizeof *row_of), *class_rows[EVIDENCE_CLASSES] = {NULL};
    size_t of_class[EVIDENCE_CLASSES] = {0}, telling = 0, rows = 0;

    if (!list || !row_of)
        return assess_no_memory(m->e);
    for (uint32_t i = 0; i < n; i++)
        list[i] = (struct strong){0, false, i, m->w->rank};
    for (size_t g = 0; g < a->group_count; g++)
        for (size_t k = 0; k < a->groups[g].link_count; k++) {
            const struct assessed_link *const l = &a->groups[g].links[k];

            if (of_row(l)) {
                list[l->item].most = fmax(list[l->item].most, l->bans);
                list[l->item].counts = list[l->item].counts || counts(l);
            }
        }
    if (n)
        qsort(list, n, sizeof *list, by_strength);
    while (telling < n && list[telling].most >= a->rules->speaks)
        of_class[a->evidence->items[list[telling++].item].class]++;
    for (size_t i = 0; i < telling; i++) {
        uint32_t const item = list[i].item;
        size_t const together = of_class[a->evidence->items[item].class];
        struct row *r;

        if (together <= CLASS_ITEMS && !list[i].counts)
            continue;
        rows += together <= CLASS_ITEMS || !class_rows[a->evidence->items[item].class];
        if (rows > ITEM_ROWS)
            break;
        if (!row_for(m, item, together, class_rows, &r))
            return false;
        row_of[item] = r;
        r->most = fmax(r->most, list[i].most);
        r->supplier = r->supplier && a->evidence->items[item].supplier;
    }
    for (size_t g = 0; g < a->group_count; g++)
        for (size_t k = 0; k < a->groups[g].link_count; k++) {
            const struct assessed_link *const l = &a->groups[g].links[k];
            struct row *const r = row_of[l->item];

            if (r && of_row(l)) {
                r->bans[g] = fmax(r->bans[g], l->bans);
                r->shared = r->shared || (l->class == EVIDENCE_CODE && r->told.class == EVIDENCE_MALWARE);
            }
        }
    return true;
}

static size_t unlisted(const struct assessment *a) {
    size_t n = 0;

    for (size_t i = 0; i < a->evidence->item_count; i++) {
        const struct evidence_item *const item = &a->evidence->items[i];

        n += item->class == EVIDENCE_MALWARE && !item->link_count && !item_improbable(item) &&
             (!item->token || !token_find(a->profile->listed, a->profile->listed_count, item->token));
    }
    return n;
}

static bool add_signs(struct matrix *m) {
    struct assessment *const a = m->a;
    size_t const n = unlisted(a);
    bool outside = false;

    for (size_t g = 0; g < m->groups; g++)
        outside = outside || a->groups[m->list[g].group].window == 0;
    if (outside)
        row_new(m, ROW_WINDOW, EVIDENCE_CLASSES, OF_NO_ITEM)->told.words =
            S("when it happened, beside the time in which each group is known");
    if (n && !say(m->w, &row_new(m, ROW_UNLISTED, EVIDENCE_MALWARE, OF_NO_ITEM)->told.words, m->e,
                  "malware that no profile lists: %zu", n))
        return false;
    if (a->evidence->score > 0 && !say(m->w, &row_new(m, ROW_SCORE, EVIDENCE_CLASSES, OF_NO_ITEM)->told.words, m->e,
                                       "what was found together, as an intrusion: %.1f bans", a->evidence->score))
        return false;
    for (size_t i = 0; i < a->evidence->sign_count && i < SIGN_ROWS; i++) {
        struct row *const r = row_new(m, ROW_SIGN, EVIDENCE_CLASSES, OF_NO_ITEM);

        r->sign = &a->evidence->signs[i];
        r->told.words = r->sign->words;
    }
    return true;
}

/* ---- cells ---- */

static enum consistency group_cell(const struct matrix *m, const struct row *r, size_t g) {
    const struct assessed_group *const of = &m->a->groups[g];

    if (r->type == ROW_WINDOW)
        return of->window == 0 ? AGAINST : NEUTRAL;
    if (!r->bans)
        return NEUTRAL;
    for (size_t k = 0; k < of->contradiction_count; k++)
        if (r->type == ROW_ITEM && of->contradictions[k].item != OF_NO_ITEM &&
            (r->told.item == OF_NO_ITEM ? r->told.class == EVIDENCE_VICTIM
                                        : of->contradictions[k].item == r->told.item))
            return AGAINST;
    double const x = r->bans[g];

    if (x >= m->a->rules->speaks)
        /* Techniques are never more: nine times of ten some wrong group has as many of them. */
        return x >= 1 && r->type != ROW_TECHNIQUES ? FITS_WELL : FITS;
    /* So much likelier under another group. */
    return r->most - x >= 2 ? MUCH_AGAINST : r->most - x >= 1 ? AGAINST : NEUTRAL;
}

static enum consistency none_cell(const struct row *r) {
    bool const told = r->told.class == EVIDENCE_STATEMENT || r->told.class == EVIDENCE_FORENSIC;

    if (r->type == ROW_UNLISTED)
        return FITS;
    return r->type != ROW_ITEM || r->most < 1 ? NEUTRAL : told ? MUCH_AGAINST : AGAINST;
}

static enum consistency supplier_cell(const struct row *r) {
    if (r->type != ROW_ITEM)
        return NEUTRAL;
    if (r->supplier)
        return FITS_WELL;
    switch (r->told.class) {
    case EVIDENCE_CODE:
    case EVIDENCE_RELAY:
    case EVIDENCE_HOSTED:
    case EVIDENCE_TOOL:
        return FITS;
    case EVIDENCE_MALWARE:
        return r->shared ? FITS : NEUTRAL;
    case EVIDENCE_ADDRESS:
    case EVIDENCE_DOMAIN:
    case EVIDENCE_IDENTIFIER:
    case EVIDENCE_STATEMENT:
        return AGAINST;
    case EVIDENCE_FORENSIC:
        return MUCH_AGAINST;
    default:
        return NEUTRAL;
    }
}

static bool hard_to_fake(const struct matrix *m, const struct row *r) {
    return r->type == ROW_ITEM && m->w->rules->classes[r->told.class].carries && !r->shared;
}

static enum consistency flag_cell(const struct matrix *m, const struct row *r) {
    if (r->type != ROW_ITEM)
        return NEUTRAL;
    if (r->told.class == EVIDENCE_FORENSIC)
        return MUCH_AGAINST;
    if (m->w->rules->classes[r->told.class].cheap)
        return FITS;
    return hard_to_fake(m, r) ? AGAINST : NEUTRAL;
}

static enum consistency benign_cell(const struct matrix *m, const struct row *r) {
    if (r->type == ROW_SCORE)
        return m->a->evidence->score >= 2 ? MUCH_AGAINST : m->a->evidence->score >= 1 ? AGAINST : NEUTRAL;
    if (r->type == ROW_UNLISTED)
        return AGAINST;
    if (r->type != ROW_ITEM)
        return NEUTRAL;
    if (r->told.class == EVIDENCE_FORENSIC || r->told.class == EVIDENCE_STATEMENT)
        return MUCH_AGAINST;
    return hard_to_fake(m, r) || r->told.class == EVIDENCE_MALWARE ? AGAINST : NEUTRAL;
}

/* Two rows that each make one group ten times likelier, and no group that both speak for. */
static bool apart(const struct matrix *m, const struct row *x, const struct row *y, uint32_t *first, uint32_t *second) {
    if (!x->bans || !y->bans || x->most < 1 || y->most < 1)
        return false;
    *first = *second = 0;
    for (uint32_t g = 0; g < m->a->group_count; g++) {
        if (x->bans[g] >= m->a->rules->speaks && y->bans[g] >= m->a->rules->speaks)
            return false;
        *first = x->bans[g] > x->bans[*first] ? g : *first;
        *second = y->bans[g] > y->bans[*second] ? g : *second;
    }
    return true;
}

static enum consistency several_cell(struct matrix *m, const struct row *r) {
    enum consistency cell = NEUTRAL;
    uint32_t groups[2];

    for (size_t i = 0; i < m->row_count; i++)
        if (r->type == ROW_ITEM && m->rows[i].type == ROW_ITEM && apart(m, r, &m->rows[i], &groups[0], &groups[1])) {
            cell = FITS;
            if (!m->several)
                memcpy(m->several_groups, groups, sizeof groups);
            m->several = true;
        }
    return cell;
}

static enum consistency sign_cell(const struct row *r, enum hypothesis_type type) {
    static const enum hypothesis_type of[] = {[OTHER_BENIGN] = HYPOTHESIS_BENIGN,
                                              [OTHER_SEVERAL] = HYPOTHESIS_SEVERAL,
                                              [OTHER_SUPPLIER] = HYPOTHESIS_SUPPLIER,
                                              [OTHER_FALSE_FLAG] = HYPOTHESIS_FALSE_FLAG};

    return of[r->sign->other] != type ? NEUTRAL : r->sign->against ? AGAINST : FITS;
}

static enum consistency cell_of(struct matrix *m, const struct row *r, enum hypothesis_type type, size_t group) {
    if (r->type == ROW_SIGN)
        return sign_cell(r, type);
    switch (type) {
    case HYPOTHESIS_GROUP:
        return group_cell(m, r, group);
    case HYPOTHESIS_NONE:
        return none_cell(r);
    case HYPOTHESIS_SUPPLIER:
        return supplier_cell(r);
    case HYPOTHESIS_SEVERAL:
        return several_cell(m, r);
    case HYPOTHESIS_FALSE_FLAG:
        return flag_cell(m, r);
    case HYPOTHESIS_BENIGN:
        return benign_cell(m, r);
    case HYPOTHESIS_TYPES:
        break;
    }
    return NEUTRAL;
}

/* ---- verdicts ---- */

/* Of the rows that speak for some group, how many a supplier explains as well, and how many are hard to fake. */
struct carrying {
    unsigned all, supplied, hard;
};

static struct carrying carrying_of(const struct matrix *m, size_t supplier) {
    struct carrying c = {0, 0, 0};

    for (size_t i = 0; i < m->row_count; i++) {
        const struct row *const r = &m->rows[i];

        if (r->type != ROW_ITEM || r->told.class == EVIDENCE_VICTIM)
            continue;
        c.all++;
        c.supplied += m->cells[supplier][i] >= FITS;
        c.hard += hard_to_fake(m, r);
    }
    return c;
}

static bool group_verdict(struct matrix *m, struct hypothesis *h) {
    if (h->rejected)
        return say(m->w, &h->verdict, m->e, "of %zu rows %u speak much against it, and it has %.3f", m->row_count,
                   h->much_against, h->probability);
    if (h->against + h->much_against)
        return say(m->w, &h->verdict, m->e, "not excluded: %u of %zu rows speak against it",
                   h->against + h->much_against, m->row_count);
    return say(m->w, &h->verdict, m->e, "nothing speaks against it, which by itself is no reason to name it");
}

static bool none_verdict(struct matrix *m, struct hypothesis *h) {
    if (h->rejected)
        return say(m->w, &h->verdict, m->e, "a statement or a forensic link names a known group, and it has %.3f",
                   h->probability);
    if (h->probability > 0.5)
        return say(m->w, &h->verdict, m->e, "likelier than all known groups together");
    if (!m->a->group_count || h->probability >= m->a->groups[0].posterior)
        return say(m->w, &h->verdict, m->e, "likelier than any one known group");
    return say(m->w, &h->verdict, m->e,
               "less likely than %.*s, and not excluded: half of the time the right group is "
               "not in the book",
               STR_ARG(m->a->groups[0].name));
}

static bool supplier_verdict(struct matrix *m, struct hypothesis *h, size_t column) {
    struct carrying const c = carrying_of(m, column);

    if (!c.all)
        return say(m->w, &h->verdict, m->e, "cannot be judged: nothing but techniques and victims points to a group");
    if (c.supplied == c.all)
        return say(m->w, &h->verdict, m->e,
                   "cannot be excluded: all that points to a group is what several share or rent");
    if (h->rejected)
        return say(m->w, &h->verdict, m->e, "an act of the operator is linked, not only his means");
    return say(m->w, &h->verdict, m->e, "explains %u of %u rows that point to a group", c.supplied, c.all);
}

static bool several_verdict(struct matrix *m, struct hypothesis *h) {
    if (m->several) {
        str const x = m->a->groups[m->several_groups[0]].name, y = m->a->groups[m->several_groups[1]].name;

        return say(m->w, &h->verdict, m->e,
                   "not excluded: some of it points to %.*s and some to %.*s, and nothing to both", STR_ARG(x),
                   STR_ARG(y));
    }
    for (size_t i = 0; i < m->row_count; i++)
        if (m->rows[i].type == ROW_SIGN && m->rows[i].sign->other == OTHER_SEVERAL && !m->rows[i].sign->against)
            return say(m->w, &h->verdict, m->e, "not excluded: %.*s", STR_ARG(m->rows[i].told.words));
    return say(m->w, &h->verdict, m->e, "nothing points to two groups apart, which excludes no second intruder");
}

static bool flag_verdict(struct matrix *m, struct hypothesis *h, size_t supplier) {
    struct carrying const c = carrying_of(m, supplier);

    if (m->a->cheap_only)
        return say(m->w, &h->verdict, m->e,
                   "cannot be excluded: without what is cheap to fake another group comes first, or the "
                   "name falls");
    if (h->rejected)
        return say(m->w, &h->verdict, m->e, "a forensic link would have to be forged as well");
    if (!c.hard)
        return say(m->w, &h->verdict, m->e, "cannot be excluded: nothing that points to a group is hard to fake");
    return say(m->w, &h->verdict, m->e, "would have to forge what is hard to fake: %u rows", c.hard);
}

static bool benign_verdict(struct matrix *m, struct hypothesis *h) {
    if (h->rejected)
        return say(m->w, &h->verdict, m->e, "what was found together is no everyday work");
    if (m->a->evidence->score > 0)
        return say(m->w, &h->verdict, m->e, "not excluded: %.1f bans that it is an intrusion", m->a->evidence->score);
    return say(m->w, &h->verdict, m->e,
               "not judged here: a list says what somebody took for an intrusion, not that it was one");
}

static bool verdict(struct matrix *m, struct hypothesis *h, size_t supplier) {
    switch (h->type) {
    case HYPOTHESIS_GROUP:
        return group_verdict(m, h);
    case HYPOTHESIS_NONE:
        return none_verdict(m, h);
    case HYPOTHESIS_SUPPLIER:
        return supplier_verdict(m, h, supplier);
    case HYPOTHESIS_SEVERAL:
        return several_verdict(m, h);
    case HYPOTHESIS_FALSE_FLAG:
        return flag_verdict(m, h, supplier);
    case HYPOTHESIS_BENIGN:
        return benign_verdict(m, h);
    case HYPOTHESIS_TYPES:
        break;
    }
    return true;
}

/* ---- all of it ---- */

static unsigned against_of(const struct hypothesis *h) {
    return h->against + 2 * h->much_against;
}

static void fill(struct matrix *m, struct hypothesis *h, size_t column) {
    for (size_t i = 0; i < m->row_count; i++) {
        enum consistency const c = cell_of(m, &m->rows[i], h->type, h->group);

        m->cells[column][i] = c;
        h->against += c == AGAINST;
        h->much_against += c == MUCH_AGAINST;
        m->fits[column] = m->fits[column] || c >= FITS;
    }
    /* Where there is no number, something that fits keeps it. */
    h->rejected = h->much_against && (isnan(h->probability) ? !m->fits[column] : h->probability < REJECTED_BELOW);
    h->cells = m->cells[column];
}

static bool judge_all(struct matrix *m, struct hypothesis *list) {
    unsigned least = UINT32_MAX;
    size_t const supplier = m->groups + HYPOTHESIS_SUPPLIER - HYPOTHESIS_NONE;

    for (size_t i = 0; i < m->columns; i++) {
        m->cells[i] = arena_zero(m->w->m, m->row_count + 1, sizeof **m->cells);
        if (!m->cells[i])
            return assess_no_memory(m->e);
        fill(m, &list[i], i);
        if (!list[i].rejected && against_of(&list[i]) < least)
            least = against_of(&list[i]);
    }
    for (size_t i = 0; i < m->row_count; i++)
        for (size_t k = 1; k < m->columns; k++)
            m->rows[i].told.discriminates = m->rows[i].told.discriminates || m->cells[k][i] != m->cells[0][i];
    for (size_t i = 0; i < m->columns; i++) {
        list[i].kept = !list[i].rejected && against_of(&list[i]) == least;
        if (!verdict(m, &list[i], supplier))
            return false;
    }
    return true;
}

static struct hypothesis *columns_of(struct matrix *m) {
    static const str words[HYPOTHESIS_TYPES] = {
        [HYPOTHESIS_NONE] = STR("a group that nobody has published"),
        [HYPOTHESIS_SUPPLIER] = STR("a supplier, contractor or relay network of a known group, used by somebody else"),
        [HYPOTHESIS_SEVERAL] = STR("more than one intruder"),
        [HYPOTHESIS_FALSE_FLAG] = STR("a false flag"),
        [HYPOTHESIS_BENIGN] = STR("not an intrusion"),
    };
    struct hypothesis *const list = arena_zero(m->w->m, COLUMNS_MAX, sizeof *list);

    if (!list)
        return NULL;
    /* The first, if anything speaks for it; those that are likely; and those that more than techniques speaks for. */
    for (size_t i = 0; m->columns < GROUPS_TOLD && i < m->a->group_count; i++) {
        const struct assessed_group *const g = &m->a->groups[i];

        if ((!i && g->families) || g->posterior >= GROUP_LEAST ||
            g->bans - g->against - g->classes[EVIDENCE_VICTIM] >= m->a->rules->speaks)
            list[m->columns++] = (struct hypothesis){
                .type = HYPOTHESIS_GROUP, .group = (uint32_t)i, .words = g->name, .probability = g->posterior};
    }
    m->groups = m->columns;
    m->list = list;
    for (enum hypothesis_type t = HYPOTHESIS_NONE; t < HYPOTHESIS_TYPES; t++)
        list[m->columns++] =
            (struct hypothesis){.type = t, .words = words[t], .probability = t == HYPOTHESIS_NONE ? m->a->none : NAN};
    return list;
}

bool tell_hypotheses(struct assessment *a, struct work *w, struct err *e) {
    struct matrix m = {.a = a, .w = w, .e = e};
    struct hypothesis *const list = columns_of(&m);
    struct matrix_row *rows;

    if (!list)
        return assess_no_memory(e);
    if (!add_techniques(&m) || !add_items(&m) || !add_signs(&m) || !judge_all(&m, list))
        return false;
    if (!(rows = arena_zero(w->m, m.row_count + 1, sizeof *rows)))
        return assess_no_memory(e);
    for (size_t i = 0; i < m.row_count; i++)
        rows[i] = m.rows[i].told;
    a->rows = rows;
    a->row_count = m.row_count;
    a->hypotheses = list;
    a->hypothesis_count = m.columns;
    return true;
}
