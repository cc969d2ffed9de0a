/* fit: a conditional logit over groups, and a logit of "is it one of the known groups" over its result. */
#include "attribution/fit.h"

#include <math.h>

#include "base/compiler.h"

/* Ridges on standardised measures. Chosen on the development cases; 3, 10 and 30 give the same figures within their intervals. */
#define RIDGE_GROUP 3.0
#define RIDGE_KNOWN 3.0
#define RIDGE_ONE 1e-3
#define STEPS 60
#define MOST ((int)MEASURES > (int)SIGNS ? (int)MEASURES : (int)SIGNS)
#define LEAST_CASES 10

/* Solves h x = g, h positive definite, in place. */
static void solve(double h[MOST][MOST], double *g, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t r = i + 1; r < n; r++) {
            double const by = h[r][i] / h[i][i];

            for (size_t c = i; c < n; c++)
                h[r][c] -= by * h[i][c];
            g[r] -= by * g[i];
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t c = i + 1; c < n; c++)
            g[i] -= h[i][c] * g[c];
        g[i] /= h[i][i];
    }
}

/* ---- which group ---- */

/* Spread of each measure over all groups of all cases. */
static void spreads(const struct fit_case *cases, size_t count, double spread[MEASURES]) {
    double n = 0, sum[MEASURES] = {0}, mean[MEASURES] = {0}, square[MEASURES] = {0};

    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++)
            for (size_t g = 0; g < cases[i].measured->count; g++) {
                n += pass == 0;
                for (size_t k = 0; k < MEASURES; k++) {
                    double const x = cases[i].measured->groups[g].measures[k];

                    if (pass == 0) {
                        sum[k] += x;
                        continue;
                    }
                    mean[k] = sum[k] / n;
                    square[k] += (x - mean[k]) * (x - mean[k]);
                }
            }
    for (size_t k = 0; k < MEASURES; k++)
        spread[k] = n > 0 && square[k] > 0 ? sqrt(square[k] / n) : 1;
}

static double score(const double *w, const struct judged *g) {
    double s = 0;

    for (size_t k = 0; k < MEASURES; k++)
        s += w[k] * g->measures[k];
    return s;
}

/* Log likelihood with its penalty; gradient and negative Hessian in units of the spreads where they are asked for. w: of raw measures. */
static double likelihood(const struct fit_case *cases, size_t count, unsigned but, const double *w,
                         const double *spread, double *gradient, double hessian[MOST][MOST]) {
    double sum = 0;

    if (gradient) {
        memset(gradient, 0, MOST * sizeof *gradient);
        memset(hessian, 0, MOST * sizeof *hessian);
    }
    for (size_t i = 0; i < count; i++) {
        const struct judgement *const j = cases[i].measured;
        double top = -INFINITY, all = 0, right = -INFINITY, mean[MEASURES] = {0}, at[MEASURES] = {0};

        if (cases[i].right == NO_GROUP || cases[i].inner == but)
            continue;
        for (size_t g = 0; g < j->count; g++)
            top = fmax(top, score(w, &j->groups[g]));
        for (size_t g = 0; g < j->count; g++) {
            double const s = score(w, &j->groups[g]);

            all += exp(s - top);
            if (j->groups[g].group == cases[i].right) {
                right = s;
                for (size_t k = 0; k < MEASURES; k++)
                    at[k] = j->groups[g].measures[k] / spread[k];
            }
        }
        sum += right - top - log(all);
        if (!gradient)
            continue;
        for (size_t g = 0; g < j->count; g++) {
            double const share = exp(score(w, &j->groups[g]) - top) / all;
            double x[MEASURES];

            for (size_t k = 0; k < MEASURES; k++) {
                x[k] = j->groups[g].measures[k] / spread[k];
                mean[k] += share * x[k];
            }
            for (size_t k = 0; k < MEASURES; k++)
                for (size_t l = 0; l < MEASURES; l++)
                    hessian[k][l] += share * x[k] * x[l];
        }
        for (size_t k = 0; k < MEASURES; k++) {
            gradient[k] += at[k] - mean[k];
            for (size_t l = 0; l < MEASURES; l++)
                hessian[k][l] -= mean[k] * mean[l];
        }
    }
    for (size_t k = 0; k < MEASURES; k++) {
        double const v = w[k] * spread[k];

        sum -= RIDGE_GROUP * v * v / 2;
        if (gradient) {
            gradient[k] -= RIDGE_GROUP * v;
            hessian[k][k] += RIDGE_GROUP;
        }
    }
    return sum;
}

static void fit_groups(const struct fit_case *cases, size_t count, unsigned but, const double *spread,
                       double w[MEASURES]) {
    memset(w, 0, MEASURES * sizeof *w);
    for (unsigned step = 0; step < STEPS; step++) {
        double g[MOST], h[MOST][MOST], next[MEASURES], by = 1;
        double const was = likelihood(cases, count, but, w, spread, g, h);
        double is;

        solve(h, g, MEASURES);
        do {
            for (size_t k = 0; k < MEASURES; k++)
                next[k] = w[k] + by * g[k] / spread[k];
            is = likelihood(cases, count, but, next, spread, NULL, NULL);
            by /= 2;
        } while (is < was - 1e-9 && by > 1e-4);
        memcpy(w, next, sizeof next);
        if (fabs(is - was) < 1e-9)
            break;
    }
}

/* ---- one of the known ---- */

static void fit_known(double (*x)[SIGNS], const bool *known, size_t count, double v[SIGNS]) {
    double mean[SIGNS] = {0}, spread[SIGNS] = {0}, of[2] = {0, 0};

    for (size_t i = 0; i < count; i++) {
        of[known[i]]++;
        for (size_t k = 1; k < SIGNS; k++)
            mean[k] += x[i][k] / (double)count;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 1; k < SIGNS; k++)
            spread[k] += (x[i][k] - mean[k]) * (x[i][k] - mean[k]) / (double)count;
    spread[0] = 1;
    for (size_t k = 1; k < SIGNS; k++)
        spread[k] = spread[k] > 0 ? sqrt(spread[k]) : 1;
    memset(v, 0, SIGNS * sizeof *v);
    for (unsigned step = 0; step < STEPS; step++) {
        double g[MOST] = {0}, h[MOST][MOST] = {{0}}, moved = 0;

        for (size_t i = 0; i < count; i++) {
            double z[SIGNS], s = 0;

            for (size_t k = 0; k < SIGNS; k++) {
                z[k] = (x[i][k] - mean[k]) / spread[k];
                s += v[k] * z[k];
            }
            double const p = 1 / (1 + exp(-s)), weight = (double)count / 2 / of[known[i]];

            for (size_t k = 0; k < SIGNS; k++) {
                g[k] += weight * (known[i] - p) * z[k];
                for (size_t l = 0; l < SIGNS; l++)
                    h[k][l] += weight * p * (1 - p) * z[k] * z[l];
            }
        }
        for (size_t k = 0; k < SIGNS; k++) {
            g[k] -= (k ? RIDGE_KNOWN : RIDGE_ONE) * v[k];
            h[k][k] += k ? RIDGE_KNOWN : RIDGE_ONE;
        }
        solve(h, g, SIGNS);
        for (size_t k = 0; k < SIGNS; k++) {
            v[k] += g[k];
            moved = fmax(moved, fabs(g[k]));
        }
        if (moved < 1e-9)
            break;
    }
    for (size_t k = 1; k < SIGNS; k++) {
        v[k] /= spread[k];
        v[0] -= v[k] * mean[k];
    }
}

bool parameters_fit(struct parameters *out, const struct fit_case *cases, size_t count, struct err *e) {
    double(*const signs)[SIGNS] = calloc(count + 1, sizeof *signs);
    bool *const known = calloc(count + 1, sizeof *known);
    double spread[MEASURES];
    size_t of[2] = {0, 0};
    bool ok = (signs && known) || err_set(e, ERR_MEMORY, 0, "no memory to fit parameters");

    for (size_t i = 0; ok && i < count; i++)
        of[known[i] = cases[i].right != NO_GROUP]++;
    if (ok && (of[0] < LEAST_CASES || of[1] < LEAST_CASES))
        ok = err_set(e, ERR_USAGE, 0, "to fit parameters needs %d cases of known groups and %d of others", LEAST_CASES,
                     LEAST_CASES);
    if (ok) {
        spreads(cases, count, spread);
        for (unsigned part = 0; part < FIT_PARTS; part++) {
            struct parameters without = {.none = 0.5};

            fit_groups(cases, count, part, spread, without.group);
            for (size_t i = 0; i < count; i++)
                if (cases[i].inner == part) {
                    judgement_weigh(cases[i].measured, &without);
                    memcpy(signs[i], cases[i].measured->signs, sizeof signs[i]);
                }
        }
        fit_known(signs, known, count, out->known);
        fit_groups(cases, count, FIT_PARTS, spread, out->group);
    }
    free(signs);
    free(known);
    return ok;
}
