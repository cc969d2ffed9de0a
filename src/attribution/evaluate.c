/* evaluate: the cases, the parts of the cross-validation, and the figures. */
#include "attribution/evaluate.h"

#include <math.h>

#include "attribution/fit.h"
#include "base/compiler.h"
#include "base/file.h"
#include "base/hash.h"
#include "codec/json_tree.h"

#define PARTS 10u
/* The cases are divided in parts four times, by names that were chosen once; figures are the mean of the four. */
#define ROUNDS 4u
#define RESAMPLES 1000u
#define BINS 10u
#define FILE_MAX ((size_t)64 << 20)
#define CASES_MAX 100000u

const char *const figure_names[FIGURES] = {
    [FIGURE_FIRST] = "first place",
    [FIGURE_FIRST_FIVE] = "first five",
    [FIGURE_RANK] = "mean of 1/rank",
    [FIGURE_CALIBRATION] = "calibration error",
    [FIGURE_CALIBRATION_GROUP] = "calibration error of the first group",
    [FIGURE_PRECISION] = "names that are right",
    [FIGURE_NAMED_KNOWN] = "named, of known groups",
    [FIGURE_NAMED] = "named, of all",
    [FIGURE_NAMED_UNKNOWN] = "named, of unknown groups",
    [FIGURE_NAMED_REMOVED] = "named, of groups taken out",
    [FIGURE_SEPARATION] = "known from unknown (AUROC)",
    [FIGURE_SEPARATION_REMOVED] = "known from taken out (AUROC)",
};

struct one_case {
    struct judgement measured, removed; /* removed: without the right group; of known cases alone */
    size_t right;
    unsigned inner, part[ROUNDS];
    /* what came of it, by rounds */
    struct outcome {
        double known, first,
            top; /* posteriors: of all known groups together, the likeliest group, the likeliest answer */
        double known_removed;
        uint32_t rank; /* of the right group, from 1 */
        bool first_right, top_right, named, named_removed;
    } of[ROUNDS];
};

struct cases {
    struct one_case *list;
    size_t count;
};

/* ---- reading ---- */

/* Which of so many parts a group's cases are of: all in one, so that nothing is learned about a group from itself. */
static bool part_of(const char *round, str group, unsigned parts, unsigned *out, struct err *e) {
    struct sha256 *const h = sha256_new();
    uint8_t sum[SHA256_SIZE];

    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory to divide cases");
    sha256_add(h, str_of(round));
    sha256_add(h, group);
    sha256_end(h, sum);
    sha256_free(h);
    *out = 0;
    for (size_t i = 0; i < SHA256_SIZE; i++)
        *out = (*out * 256 + sum[i]) % parts;
    return true;
}

static size_t tokens_of(const json_t *list, bool software, token *out) {
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        token const t = token_parse(json_text(json_array_get(list, i)));

        if (t && token_software(t) == software)
            out[n++] = t;
    }
    return tokens_sort(out, n);
}

static bool case_read(struct one_case *c, const json_t *of, bool known, const struct profiles *all, struct err *e) {
    static const char *const rounds[ROUNDS] = {"a", "b", "c", "d"};
    const struct profile *const p = profiles_named(all, json_text_at(of, "release"));
    const json_t *const techniques = json_object_get(of, "techniques"), *const software =
                                                                            json_object_get(of, "software");
    str const group = json_text(json_array_get(json_object_get(of, known ? "true" : "later"), 0));
    token *const t = calloc(json_array_size(techniques) + 1, sizeof *t), *const s = calloc(
                                                                             json_array_size(software) + 1, sizeof *s);
    bool ok = (t && s) || err_set(e, ERR_MEMORY, 0, "no memory for a case");

    c->right = NO_GROUP;
    for (size_t i = 0; ok && known && p && i < p->group_count; i++)
        if (str_eq(p->groups[i].id, group))
            c->right = i;
    if (ok && (!p || !group.len || (known && c->right == NO_GROUP)))
        ok = err_set(e, ERR_CORRUPT, 0, "case %.*s names no release, or no group of it",
                     STR_ARG(json_text_at(of, "id")));
    if (ok) {
        struct observed const o = {t, s, tokens_of(techniques, false, t), tokens_of(software, true, s)};

        ok = judgement_measure(&c->measured, all, p, &o, NO_GROUP, e) &&
             (!known || judgement_measure(&c->removed, all, p, &o, c->right, e));
        ok = ok && part_of("in", group, FIT_PARTS, &c->inner, e);
        for (size_t r = 0; ok && r < ROUNDS; r++)
            ok = part_of(rounds[r], group, PARTS, &c->part[r], e);
    }
    free(t);
    free(s);
    return ok;
}

static json_t *file_json(const char *folder, const char *name, struct err *e) {
    struct buf path = {0}, bytes = {0};
    json_t *root = NULL;

    buf_format(&path, "%s/%s", folder, name);
    buf_byte(&path, '\0');
    if (path.failed)
        (void)err_set(e, ERR_MEMORY, 0, "no memory for a path");
    else if (file_read(path.ptr, FILE_MAX, &bytes, e) && !(root = json_tree(buf_str(&bytes), e)))
        (void)err_wrap(e, "%s", name);
    buf_free(&bytes);
    buf_free(&path);
    return root;
}

static bool cases_read(struct cases *c, const char *folder, const char *name, bool known, const struct profiles *all,
                       struct err *e) {
    json_t *const root = file_json(folder, name, e);
    size_t const more = json_array_size(root);
    bool ok = root && ((json_is_array(root) && c->count + more <= CASES_MAX) ||
                       err_set(e, ERR_CORRUPT, 0, "%s is no list of cases", name));

    if (ok) {
        struct one_case *const list = realloc(c->list, (c->count + more + 1) * sizeof *list);

        ok = list || err_set(e, ERR_MEMORY, 0, "no memory for cases");
        if (ok) {
            memset(list + c->count, 0, (more + 1) * sizeof *list);
            c->list = list;
        }
    }
    for (size_t i = 0; ok && i < more; i++)
        ok = case_read(&c->list[c->count++], json_array_get(root, i), known, all, e) || err_wrap(e, "%s", name);
    json_decref(root);
    return ok;
}

static void cases_free(struct cases *c) {
    for (size_t i = 0; i < c->count; i++) {
        judgement_free(&c->list[i].measured);
        judgement_free(&c->list[i].removed);
    }
    free(c->list);
}

/* ---- cross-validation ---- */

static void judge(struct one_case *c, unsigned round, const struct parameters *with) {
    struct outcome *const o = &c->of[round];
    struct judgement *const j = &c->measured;

    judgement_weigh(j, with);
    o->known = 1 - j->none;
    o->first = j->groups[0].posterior;
    o->first_right = j->groups[0].group == c->right;
    o->top = fmax(j->none, o->first);
    o->top_right = j->none >= o->first ? c->right == NO_GROUP : o->first_right;
    o->named = j->named;
    for (size_t i = 0; i < j->count; i++)
        if (j->groups[i].group == c->right)
            o->rank = (uint32_t)i + 1;
    if (c->right != NO_GROUP && c->removed.count) {
        judgement_weigh(&c->removed, with);
        o->known_removed = 1 - c->removed.none;
        o->named_removed = c->removed.named;
    }
}

static bool fit_without(struct parameters *out, const struct cases *c, unsigned round, unsigned part, struct err *e) {
    struct fit_case *const list = calloc(c->count + 1, sizeof *list);
    size_t n = 0;

    if (!list)
        return err_set(e, ERR_MEMORY, 0, "no memory to fit parameters");
    for (size_t i = 0; i < c->count; i++)
        if (part == PARTS || c->list[i].part[round] != part)
            list[n++] = (struct fit_case){&c->list[i].measured, c->list[i].right, c->list[i].inner};
    bool const ok = parameters_fit(out, list, n, e);
    free(list);
    return ok;
}

/* ---- figures ---- */

/* Over the cases that index names; of one round. */
static double calibration(const struct one_case *list, const uint32_t *index, size_t count, unsigned round,
                          bool group) {
    double said[BINS] = {0}, was[BINS] = {0}, sum = 0;

    for (size_t i = 0; i < count; i++) {
        const struct outcome *const o = &list[index[i]].of[round];
        double const p = group ? o->first : o->top;
        size_t const bin = p >= 1 ? BINS - 1 : (size_t)(p * BINS);

        said[bin] += p;
        was[bin] += group ? o->first_right : o->top_right;
    }
    for (size_t b = 0; b < BINS; b++)
        sum += fabs(said[b] - was[b]);
    return count ? sum / (double)count : NAN;
}

static double separation(const struct one_case *list, const uint32_t *index, size_t count, unsigned round,
                         bool removed) {
    double won = 0, pairs = 0;

    for (size_t i = 0; i < count; i++) {
        if (list[index[i]].right == NO_GROUP)
            continue;
        double const a = list[index[i]].of[round].known;

        for (size_t k = 0; k < count; k++) {
            const struct one_case *const c = &list[index[k]];

            if (removed == (c->right == NO_GROUP))
                continue;
            double const b = removed ? c->of[round].known_removed : c->of[round].known;

            won += a > b ? 1 : a < b ? 0 : 0.5;
            pairs++;
        }
    }
    return pairs > 0 ? won / pairs : NAN;
}

static double rank_mean(const struct one_case *list, const uint32_t *index, size_t count, unsigned round) {
    double sum = 0, n = 0;

    for (size_t i = 0; i < count; i++)
        if (list[index[i]].right != NO_GROUP) {
            sum += 1.0 / list[index[i]].of[round].rank;
            n++;
        }
    return n > 0 ? sum / n : NAN;
}

static double figure_of(enum figure f, const struct one_case *list, const uint32_t *index, size_t count) {
    double sum = 0;

    for (unsigned r = 0; r < ROUNDS; r++)
        sum += f == FIGURE_RANK                ? rank_mean(list, index, count, r)
               : f == FIGURE_CALIBRATION       ? calibration(list, index, count, r, false)
               : f == FIGURE_CALIBRATION_GROUP ? calibration(list, index, count, r, true)
                                               : separation(list, index, count, r, f == FIGURE_SEPARATION_REMOVED);
    return sum / ROUNDS;
}

static int by_value(const void *a, const void *b) {
    double const x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Draws cases anew, with replacement; the same draws every time. */
static bool bootstrap(struct figure_value *out, enum figure f, const struct cases *c, struct err *e) {
    uint32_t *const index = calloc(c->count + 1, sizeof *index);
    double *const values = calloc(RESAMPLES, sizeof *values);
    uint64_t state = 1;
    size_t n = 0;

    if (!index || !values) {
        free(index);
        free(values);
        return err_set(e, ERR_MEMORY, 0, "no memory for figures");
    }
    for (size_t i = 0; i < c->count; i++)
        index[i] = (uint32_t)i;
    out->value = figure_of(f, c->list, index, c->count);
    for (unsigned s = 0; s < RESAMPLES; s++) {
        for (size_t i = 0; i < c->count; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            index[i] = (uint32_t)((state >> 33) % c->count);
        }
        double const v = figure_of(f, c->list, index, c->count);

        if (!isnan(v))
            values[n++] = v;
    }
    qsort(values, n, sizeof *values, by_value);
    out->low = n ? values[n * 25 / 1000] : NAN;
    out->high = n ? values[n - 1 - n * 25 / 1000] : NAN;
    free(index);
    free(values);
    return true;
}

/* Wilson's interval of a share, at 95 %. */
static struct figure_value share(double hits, double of) {
    double const z = 1.959964, p = of > 0 ? hits / of : NAN, d = 1 + z * z / of, middle = (p + z * z / (2 * of)) / d,
                 half = z * sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / d;

    return of > 0 ? (struct figure_value){p, fmax(0, middle - half), fmin(1, middle + half)}
                  : (struct figure_value){NAN, NAN, NAN};
}

static bool figures(struct evaluation *out, const struct cases *c, struct err *e) {
    double first = 0, five = 0, right = 0, named_known = 0, named_unknown = 0, named_removed = 0;
    double const known = (double)out->known, unknown = (double)out->unknown;

    for (size_t i = 0; i < c->count; i++)
        for (unsigned r = 0; r < ROUNDS; r++) {
            const struct outcome *const o = &c->list[i].of[r];
            bool const of_known = c->list[i].right != NO_GROUP;

            first += of_known && o->rank == 1;
            five += of_known && o->rank <= 5;
            right += o->named && o->first_right;
            *(of_known ? &named_known : &named_unknown) += o->named;
            named_removed += o->named_removed;
        }
    out->figures[FIGURE_FIRST] = share(first / ROUNDS, known);
    out->figures[FIGURE_FIRST_FIVE] = share(five / ROUNDS, known);
    out->figures[FIGURE_PRECISION] = share(right / ROUNDS, (named_known + named_unknown) / ROUNDS);
    out->figures[FIGURE_NAMED_KNOWN] = share(named_known / ROUNDS, known);
    out->figures[FIGURE_NAMED] = share((named_known + named_unknown) / ROUNDS, known + unknown);
    out->figures[FIGURE_NAMED_UNKNOWN] = share(named_unknown / ROUNDS, unknown);
    out->figures[FIGURE_NAMED_REMOVED] = share(named_removed / ROUNDS, known);
    return bootstrap(&out->figures[FIGURE_RANK], FIGURE_RANK, c, e) &&
           bootstrap(&out->figures[FIGURE_CALIBRATION], FIGURE_CALIBRATION, c, e) &&
           bootstrap(&out->figures[FIGURE_CALIBRATION_GROUP], FIGURE_CALIBRATION_GROUP, c, e) &&
           bootstrap(&out->figures[FIGURE_SEPARATION], FIGURE_SEPARATION, c, e) &&
           bootstrap(&out->figures[FIGURE_SEPARATION_REMOVED], FIGURE_SEPARATION_REMOVED, c, e);
}

bool evaluate(struct evaluation *out, const char *folder, const struct parameters *with, struct err *e) {
    struct profiles *all = NULL;
    struct cases c = {0};

    *out = (struct evaluation){.fitted = *with};
    bool ok = profiles_open(&all, folder, e) && cases_read(&c, folder, "cases-prospective.json", true, all, e);
    out->known = c.count;
    ok = ok && cases_read(&c, folder, "cases-prospective-unknown.json", false, all, e);
    out->unknown = c.count - out->known;
    for (unsigned r = 0; ok && r < ROUNDS; r++)
        for (unsigned part = 0; ok && part < PARTS; part++) {
            struct parameters fitted = *with;

            ok = fit_without(&fitted, &c, r, part, e);
            for (size_t i = 0; ok && i < c.count; i++)
                if (c.list[i].part[r] == part)
                    judge(&c.list[i], r, &fitted);
        }
    ok = ok && fit_without(&out->fitted, &c, 0, PARTS, e) && figures(out, &c, e);
    cases_free(&c);
    profiles_free(all);
    return ok;
}

bool evaluate_baseline(const char *folder, double *first, double *first_five) {
    struct err e = {0};
    json_t *const root = file_json(folder, "baseline.json", &e), *const methods =
                                                                     json_object_get(root, "prospective reports");
    const char *name;
    json_t *of;
    bool const ok = json_object_size(methods) > 0;

    *first = *first_five = 0;
    json_object_foreach(methods, name, of) {
        *first = fmax(*first, json_number_value(json_object_get(of, "top1")));
        *first_five = fmax(*first_five, json_number_value(json_object_get(of, "top5")));
    }
    json_decref(root);
    return ok;
}
