/* evaluate_figures: figures out of verdicts, with their intervals. */
#include <math.h>

#include "attribution/evaluate_own.h"
#include "base/compiler.h"

#define RESAMPLES 1000u

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

/* The best baseline over all cases, those kept apart included. */
const struct figure_promise figure_promises[FIGURES] = {
    [FIGURE_FIRST] = {0.32, true},
    [FIGURE_FIRST_FIVE] = {0.59, true},
    [FIGURE_RANK] = {NAN, true},
    [FIGURE_CALIBRATION] = {0.05, false},
    [FIGURE_CALIBRATION_GROUP] = {NAN, false},
    [FIGURE_PRECISION] = {0.90, true},
    [FIGURE_NAMED_KNOWN] = {0.08, true},
    [FIGURE_NAMED] = {NAN, true},
    [FIGURE_NAMED_UNKNOWN] = {0.02, false},
    [FIGURE_NAMED_REMOVED] = {NAN, false},
    [FIGURE_SEPARATION] = {0.75, true},
    [FIGURE_SEPARATION_REMOVED] = {NAN, true},
};

/* One value of the two kinds that an AUROC tells apart; sorted once, weighed anew for every resample. */
struct ordered {
    double value;
    uint32_t at;
    bool positive;
};
struct order {
    struct ordered *list;
    size_t count;
};

static int by_value(const void *a, const void *b) {
    double const x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static int by_ordered(const void *a, const void *b) {
    return by_value(&((const struct ordered *)a)->value, &((const struct ordered *)b)->value);
}

/* ---- one list, each case as often as its weight says ---- */

static double separation(const struct order *o, const uint32_t *weight) {
    double won = 0, below = 0, positives = 0;

    for (size_t i = 0; i < o->count;) {
        double const value = o->list[i].value;
        double of[2] = {0, 0};

        for (; i < o->count && o->list[i].value == value; i++)
            of[o->list[i].positive] += weight[o->list[i].at];
        won += of[1] * (below + of[0] / 2);
        below += of[0];
        positives += of[1];
    }
    return positives > 0 && below > 0 ? won / positives / below : NAN;
}

static double calibration(const struct verdict *list, size_t count, const uint32_t *weight, bool group) {
    double said[EVALUATED_BINS] = {0}, was[EVALUATED_BINS] = {0}, sum = 0, n = 0;

    for (size_t i = 0; i < count; i++) {
        const struct verdict *const o = &list[i];
        double const p = group ? o->first : o->top;
        size_t const bin = p >= 1 ? EVALUATED_BINS - 1 : (size_t)(p * EVALUATED_BINS);

        said[bin] += weight[i] * p;
        was[bin] += weight[i] * (group ? o->first_right : o->top_right);
        n += weight[i];
    }
    for (size_t b = 0; b < EVALUATED_BINS; b++)
        sum += fabs(said[b] - was[b]);
    return n > 0 ? sum / n : NAN;
}

/* Of the figures that are shares: what is counted, among what. */
static bool hit(enum figure f, const struct verdict *o) {
    switch (f) {
    case FIGURE_FIRST:
        return o->rank == 1;
    case FIGURE_FIRST_FIVE:
        return o->rank >= 1 && o->rank <= 5;
    case FIGURE_PRECISION:
        return o->named && o->first_right;
    case FIGURE_NAMED_REMOVED:
        return o->named_removed;
    default:
        return o->named;
    }
}

static bool among(enum figure f, const struct verdict *o) {
    switch (f) {
    case FIGURE_PRECISION:
        return o->named;
    case FIGURE_NAMED:
        return true;
    case FIGURE_NAMED_UNKNOWN:
        return !o->of_known;
    default:
        return o->of_known;
    }
}

static bool is_share(enum figure f) {
    return f != FIGURE_RANK && f != FIGURE_CALIBRATION && f != FIGURE_CALIBRATION_GROUP && f != FIGURE_SEPARATION &&
           f != FIGURE_SEPARATION_REMOVED;
}

/* ---- all lists ---- */

struct reckoning {
    const struct sheets *s;
    struct order *orders; /* of AUROC, one a list */
};

static double share_of(enum figure f, const struct sheets *s, const uint32_t *weight, double *of) {
    double hits = 0, n = 0;

    for (unsigned t = 0; t < s->times; t++)
        for (size_t i = 0; i < s->count; i++) {
            const struct verdict *const o = &s->list[t * s->count + i];

            if (among(f, o)) {
                hits += weight[i] * hit(f, o);
                n += weight[i];
            }
        }
    *of = n / s->times;
    return n > 0 ? hits / n : NAN;
}

static double rank_mean(const struct verdict *list, size_t count, const uint32_t *weight) {
    double sum = 0, n = 0;

    for (size_t i = 0; i < count; i++)
        if (list[i].of_known) {
            sum += weight[i] / (double)list[i].rank;
            n += weight[i];
        }
    return n > 0 ? sum / n : NAN;
}

static double figure_of(enum figure f, const struct reckoning *r, const uint32_t *weight) {
    double sum = 0, of;

    if (is_share(f))
        return share_of(f, r->s, weight, &of);
    for (unsigned t = 0; t < r->s->times; t++) {
        const struct verdict *const list = &r->s->list[t * r->s->count];

        sum += f == FIGURE_RANK                ? rank_mean(list, r->s->count, weight)
               : f == FIGURE_CALIBRATION       ? calibration(list, r->s->count, weight, false)
               : f == FIGURE_CALIBRATION_GROUP ? calibration(list, r->s->count, weight, true)
                                               : separation(&r->orders[t], weight);
    }
    return sum / r->s->times;
}

/* Groups are drawn anew, with replacement, each with all its cases: cases of one group resemble each other. The same draws every time. */
static bool resample(struct figure_value *out, enum figure f, const struct reckoning *r, struct err *e) {
    const struct sheets *const s = r->s;
    uint32_t clusters = 0;
    uint64_t state = 1;
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++)
        clusters = s->list[i].cluster >= clusters ? s->list[i].cluster + 1 : clusters;
    uint32_t *const weight = calloc(s->count + 1, sizeof *weight), *const drawn = calloc(clusters + 1u, sizeof *drawn),
                    *const present = calloc(clusters + 1u, sizeof *present);
    double *const values = calloc(RESAMPLES, sizeof *values);
    bool const ok = (weight && drawn && present && values) || err_set(e, ERR_MEMORY, 0, "no memory for figures");
    uint32_t count = 0;

    for (size_t i = 0; ok && i < s->count; i++) {
        weight[i] = 1;
        drawn[s->list[i].cluster] = 1;
    }
    /* A set may have only some of the clusters. */
    for (uint32_t c = 0; ok && c < clusters; c++)
        if (drawn[c])
            present[count++] = c;
    if (ok)
        out->value = figure_of(f, r, weight);
    for (unsigned k = 0; ok && count && k < RESAMPLES; k++) {
        memset(drawn, 0, clusters * sizeof *drawn);
        for (uint32_t c = 0; c < count; c++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            drawn[present[(state >> 33) % count]]++;
        }
        for (size_t i = 0; i < s->count; i++)
            weight[i] = drawn[s->list[i].cluster];
        double const v = figure_of(f, r, weight);

        if (!isnan(v))
            values[n++] = v;
    }
    if (ok) {
        qsort(values, n, sizeof *values, by_value);
        out->low = n ? values[n * 25 / 1000] : NAN;
        out->high = n ? values[n - 1 - n * 25 / 1000] : NAN;
    }
    free(weight);
    free(drawn);
    free(present);
    free(values);
    return ok;
}

/* Wilson's interval of a share, at 95 %: at least so wide, for none of few resamples to nothing but none. */
static void widen(struct figure_value *v, double of) {
    double const z = 1.959964, p = v->value, d = 1 + z * z / of, middle = (p + z * z / (2 * of)) / d,
                 half = z * sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / d;

    if (of > 0) {
        v->low = fmax(0, fmin(v->low, middle - half));
        v->high = fmin(1, fmax(v->high, middle + half));
    }
}

static void orders_free(struct order *orders, unsigned count) {
    for (unsigned t = 0; orders && t < count; t++)
        free(orders[t].list);
    free(orders);
}

/* removed: the known cases against themselves without their group; values: instead of what the model says. */
static struct order *orders_of(const struct sheets *s, bool removed, const double *values, struct err *e) {
    struct order *const orders = calloc(s->times + 1u, sizeof *orders);
    bool ok = orders;

    for (unsigned t = 0; ok && t < s->times; t++) {
        struct order *const o = &orders[t];

        o->list = calloc(2 * s->count + 1, sizeof *o->list);
        ok = o->list;
        for (uint32_t i = 0; ok && i < s->count; i++) {
            const struct verdict *const of = &s->list[t * s->count + i];

            if (of->of_known || !removed)
                o->list[o->count++] = (struct ordered){values ? values[i] : of->known, i, of->of_known};
            if (of->of_known && removed)
                o->list[o->count++] = (struct ordered){of->known_removed, i, false};
        }
        if (ok)
            qsort(o->list, o->count, sizeof *o->list, by_ordered);
    }
    if (!ok) {
        orders_free(orders, s->times);
        (void)err_set(e, ERR_MEMORY, 0, "no memory for figures");
    }
    return ok ? orders : NULL;
}

bool figures_of(struct evaluated_set *out, const struct sheets *s, struct err *e) {
    struct order *const unknown = orders_of(s, false, NULL, e), *const removed =
                                                                    unknown ? orders_of(s, true, NULL, e) : NULL;
    bool ok = unknown && removed;

    out->times = s->times;
    for (size_t i = 0; ok && i < s->count; i++) {
        bool seen = false;

        *(s->list[i].of_known ? &out->known : &out->unknown) += 1;
        for (size_t k = 0; !seen && k < i; k++)
            seen = s->list[k].cluster == s->list[i].cluster;
        out->groups += !seen;
    }
    for (size_t i = 0; ok && i < s->count * s->times; i++) {
        out->names += s->list[i].named;
        out->names_right += s->list[i].named && s->list[i].first_right;
    }
    for (enum figure f = 0; ok && f < FIGURES; f++) {
        struct reckoning const r = {s, f == FIGURE_SEPARATION_REMOVED ? removed : unknown};

        if (s->never_removed && (f == FIGURE_SEPARATION_REMOVED || f == FIGURE_NAMED_REMOVED)) {
            out->figures[f] = (struct figure_value){NAN, NAN, NAN};
            continue;
        }
        ok = resample(&out->figures[f], f, &r, e);
        if (ok && is_share(f)) {
            uint32_t *const one = calloc(s->count + 1, sizeof *one);
            double of = 0;

            ok = one || err_set(e, ERR_MEMORY, 0, "no memory for figures");
            for (size_t i = 0; ok && i < s->count; i++)
                one[i] = 1;
            if (ok) {
                (void)share_of(f, s, one, &of);
                widen(&out->figures[f], of);
            }
            free(one);
        }
    }
    orders_free(unknown, s->times);
    orders_free(removed, s->times);
    return ok;
}

bool figure_by(struct figure_value *out, const struct sheets *s, const double *values, struct err *e) {
    struct sheets const once = {s->list, s->count, 1, true};
    struct order *const orders = orders_of(&once, false, values, e);
    struct reckoning const r = {&once, orders};
    bool const ok = orders && resample(out, FIGURE_SEPARATION, &r, e);

    orders_free(orders, 1);
    return ok;
}
