/* attribute: `longwatch attribute`: which groups a list of techniques and software resembles; --evaluate DIR: how far that can be trusted, measured. */
#include <math.h>

#include "attribution/evaluate.h"
#include "base/file.h"
#include "base/instant.h"
#include "cli/command.h"

#define OBSERVED_BYTES ((size_t)1 << 20)
#define TOLD 10u

struct wishes {
    const char *evaluate, *observed, *profiles;
    int64_t as_of;
    bool fit, json;
};

/* What is to be beaten or kept: the best baseline over all cases, those kept apart included. NAN: nothing was promised. */
static const struct promise {
    double asked;
    bool least;
} promises[FIGURES] = {
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

static void number(struct buf *b, double x) {
    if (isnan(x))
        buf_add(b, S("null"));
    else
        buf_format(b, "%.4f", x);
}

static void tell_fitted(struct buf *b, const struct evaluation *v) {
    const struct parameters *const p = &v->fitted;

    buf_format(b,
               "# What the model of attribution weighs with (src/attribution/model.h, docs/attribution.md). Made by "
               "`longwatch attribute --evaluate DIR "
               "--fit`\n# from %zu cases of known groups and %zu of groups that nobody knew, the development cases "
               "alone.\n#\n# Cross-validated, no "
               "group's cases judged by what was fitted on them, with 95 %% intervals:\n",
               v->known, v->unknown);
    for (size_t i = 0; i < FIGURES; i++)
        buf_format(b, "# %-38s %.3f (%.3f-%.3f)\n", figure_names[i], v->figures[i].value, v->figures[i].low,
                   v->figures[i].high);
    buf_format(b, "none: %g\ngroup:\n", p->none);
    for (size_t i = 0; i < MEASURES; i++)
        buf_format(b, "  %s: %.4f\n", measure_names[i], p->group[i]);
    buf_add(b, S("known:\n"));
    for (size_t i = 0; i < SIGNS; i++)
        buf_format(b, "  %s: %.4f\n", sign_names[i], p->known[i]);
    buf_format(b, "gate:\n  posterior: %g\n  margin: %g\n  coverage: %g\n", p->gate.posterior, p->gate.margin,
               p->gate.coverage);
}

static void tell_json(struct buf *b, const struct evaluation *v, const double *baseline) {
    buf_format(b, "{\"known\":%zu,\"unknown\":%zu,\"baseline\":{\"first place\":", v->known, v->unknown);
    number(b, baseline[0]);
    buf_add(b, S(",\"first five\":"));
    number(b, baseline[1]);
    buf_add(b, S("},\"figures\":{"));
    for (size_t i = 0; i < FIGURES; i++) {
        buf_format(b, "%s\"%s\":{\"value\":", i ? "," : "", figure_names[i]);
        number(b, v->figures[i].value);
        buf_add(b, S(",\"low\":"));
        number(b, v->figures[i].low);
        buf_add(b, S(",\"high\":"));
        number(b, v->figures[i].high);
        buf_add(b, S(",\"asked\":"));
        number(b, promises[i].asked);
        buf_byte(b, '}');
    }
    buf_add(b, S("}}\n"));
}

static void tell(struct buf *b, const struct evaluation *v, const double *baseline) {
    buf_format(
        b,
        "%zu cases of known groups, %zu of groups that nobody knew, each judged by what was public the day before.\n\n",
        v->known, v->unknown);
    buf_format(b, "%-38s %7s  %-15s %s\n", "", "", "95 %", "asked");
    for (size_t i = 0; i < FIGURES; i++) {
        const struct figure_value *const f = &v->figures[i];
        const struct promise *const p = &promises[i];

        if (isnan(f->value))
            buf_format(b, "%-38s nothing to measure\n", figure_names[i]);
        else
            buf_format(b, "%-38s %7.3f  %.3f to %.3f", figure_names[i], f->value, f->low, f->high);
        if (!isnan(f->value) && !isnan(p->asked))
            buf_format(b, "  %s %.2f%s", p->least ? "at least" : "at most", p->asked,
                       (p->least ? f->value >= p->asked : f->value <= p->asked) ? "" : ": missed");
        if (!isnan(f->value))
            buf_byte(b, '\n');
    }
    if (!isnan(baseline[0]))
        buf_format(b, "\nThe best of the simple methods, each at its best: first place %.3f, first five %.3f.\n",
                   baseline[0], baseline[1]);
}

/* ---- one list ---- */

static void list_json(struct buf *b, const struct profile *p, const struct judgement *j,
                      const struct parameters *with) {
    buf_add(b, S("{\"release\":"));
    buf_json(b, p->release);
    buf_format(b, ",\"prior of none\":%g,\"none\":%.6f,\"margin\":", with->none, j->none);
    number(b, j->margin);
    buf_format(b, ",\"may be named\":%s,\"weights\":{", j->named ? "true" : "false");
    for (size_t k = 0; k < MEASURES; k++)
        buf_format(b, "%s\"%s\":%.4f", k ? "," : "", measure_names[k], with->group[k]);
    buf_add(b, S("},\"known\":{"));
    for (size_t k = 0; k < SIGNS; k++)
        buf_format(b, "%s\"%s\":{\"weight\":%.4f,\"value\":%.6f}", k ? "," : "", sign_names[k], with->known[k],
                   j->signs[k]);
    buf_add(b, S("},\"groups\":["));
    for (size_t i = 0; i < j->count; i++) {
        const struct judged *const g = &j->groups[i];

        buf_add(b, i ? S(",{\"id\":") : S("{\"id\":"));
        buf_json(b, p->groups[g->group].id);
        buf_add(b, S(",\"name\":"));
        buf_json(b, p->groups[g->group].name);
        buf_format(b, ",\"posterior\":%.6f,\"share\":%.6f,\"score\":%.6f,\"coverage\":%.4f", g->posterior, g->share,
                   g->score, g->coverage);
        for (size_t k = 0; k < MEASURES; k++)
            buf_format(b, ",\"%s\":%.6f", measure_names[k], g->measures[k]);
        buf_byte(b, '}');
    }
    buf_add(b, S("]}\n"));
}

static void list_text(struct buf *b, const struct profile *p, const struct judgement *j) {
    buf_format(b, "By %.*s, %zu groups:\n\n%7.1f %%  none of the known groups\n", STR_ARG(p->release), j->count,
               100 * j->none);
    for (size_t i = 0; i < j->count && i < TOLD; i++) {
        const struct profile_group *const g = &p->groups[j->groups[i].group];

        buf_format(b, "%7.1f %%  %.*s %.*s\n", 100 * j->groups[i].posterior, STR_ARG(g->id), STR_ARG(g->name));
    }
    if (j->named)
        buf_format(b, "\nConsistent with what is published of %.*s.\n", STR_ARG(p->groups[j->groups[0].group].name));
    else
        buf_add(b, S("\nInsufficient to name a group.\n"));
}

static int one_list(const struct wishes *w, const struct parameters *with, struct err *e) {
    struct profiles *all = NULL;
    struct observed o = {0};
    struct judgement j = {0};
    struct buf text = {0}, b = {0};
    const struct profile *p = NULL;
    int64_t const day = w->as_of == INSTANT_NONE ? INT64_MAX : w->as_of / INT64_C(86400000000000);
    struct arguments const folder = {.items = (const char *[]){w->profiles}, .count = 1};
    bool ok = paths_exist(&folder, "profiles", false, e) && file_read(w->observed, OBSERVED_BYTES, &text, e);

    if (ok && !observed_read(&o, buf_str(&text), e))
        ok = err_wrap(e, "%s", w->observed);
    ok = ok && profiles_open(&all, w->profiles, e);
    if (ok) {
        p = profiles_on(all, day);
        ok = p || err_set(e, ERR_USAGE, 0, "--as-of: no release is so old");
    }
    ok = ok && judgement_measure(&j, all, p, &o, NO_GROUP, e);
    if (ok) {
        judgement_weigh(&j, with);
        if (w->json)
            list_json(&b, p, &j, with);
        else
            list_text(&b, p, &j);
    }
    judgement_free(&j);
    observed_free(&o);
    profiles_free(all);
    buf_free(&text);
    if (!ok) {
        int const status = tell_error(e);

        return e->code == ERR_IO || e->code == ERR_CORRUPT ? EXIT_UNREADABLE : status;
    }
    return print_all(&b, EXIT_NOTHING);
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct evaluation v;
    struct parameters with;
    struct buf b = {0};
    struct err e = {0};
    double baseline[2] = {NAN, NAN};

    if (!w->evaluate == !w->observed)
        return usage_error("attribute",
                           "which list, or what is to be evaluated? --observed FILE --profiles PATH, or --evaluate DIR");
    if (!w->observed != !w->profiles)
        return usage_error("attribute", "--observed FILE and --profiles PATH belong together");
    if (w->evaluate ? w->as_of != INSTANT_NONE : w->fit)
        return usage_error("attribute", "--as-of is of --observed, --fit of --evaluate");
    if (w->fit && w->json)
        return usage_error("attribute", "--fit prints YAML: not with --json");
    struct arguments const folder = {.items = (const char *[]){w->evaluate}, .count = 1};

    if (!parameters_builtin(&with, &e))
        return tell_error(&e);
    if (w->observed)
        return one_list(w, &with, &e);
    if (!paths_exist(&folder, "evaluate", true, &e))
        return tell_error(&e);
    if (!evaluate(&v, w->evaluate, &with, &e)) {
        int const status = tell_error(&e);

        return e.code == ERR_IO || e.code == ERR_CORRUPT ? EXIT_UNREADABLE : status;
    }
    if (!evaluate_baseline(w->evaluate, &baseline[0], &baseline[1]))
        baseline[0] = baseline[1] = NAN;
    if (w->fit)
        tell_fitted(&b, &v);
    else if (w->json)
        tell_json(&b, &v, baseline);
    else
        tell(&b, &v, baseline);
    return print_all(&b, EXIT_NOTHING);
}

#define AT(member) .at = offsetof(struct wishes, member)
static const struct option options[] = {
    {.name = "observed",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "techniques and software that were observed, by their ATT&CK numbers",
     AT(observed)},
    {.name = "profiles",
     .argument = "PATH",
     .type = OPTION_PATH,
     .help = "profiles of groups: a bundle of MITRE ATT&CK, or a folder with bundles and galaxies",
     AT(profiles)},
    {.name = "as-of",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "what was public at that time; usually the newest release",
     AT(as_of)},
    {.name = "evaluate",
     .argument = "DIR",
     .type = OPTION_FOLDER,
     .help = "cases and profiles of groups: measure how often attribution is right",
     AT(evaluate)},
    {.name = "fit", .type = OPTION_FLAG, .help = "print parameters fitted on those cases, as parameters.yml", AT(fit)},
    {.name = "json", .type = OPTION_FLAG, .help = "one object, for machines", AT(json)},
};
const struct command command_attribute = {
    .name = "attribute",
    .summary = "tell which groups techniques and software resemble, and how sure that is",
    .about =
        (const char *const[]){
            "Weighs a list of techniques and software against published profiles of groups, with \"none of the known "
            "groups\" among "
            "the answers at even odds before anything is seen. A name is given only where malware carries it; "
            "otherwise it says that this is insufficient to name a group. With --json every number, to be computed "
            "again by hand.",
            "--evaluate judges cases whose answer became public later by what was public the day before, "
            "and prints how often the right "
            "group came first, how well the probabilities fit, and how often a name was given "
            "wrongly, with intervals. No "
            "group's cases are judged by parameters that were fitted on them.",
            NULL},
    .examples =
        (const struct example[]){
            {"longwatch attribute --observed seen.txt --profiles ./attribution", "Which groups is this like?"},
            {"longwatch attribute --evaluate ./attribution", "Every figure, beside what was asked"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "it was weighed, or measured",
                 [EXIT_USAGE] = "wrong usage; nothing was done",
                 [EXIT_UNREADABLE] = "some file could not be read",
                 [EXIT_INTERNAL] = "internal error, or stopped"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
