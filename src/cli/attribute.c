/* attribute: `longwatch attribute`: which groups an incident, or what an analyst observed, resembles; --evaluate DIR: how far that can be trusted, measured. */
#include <math.h>

#include "attribution/evaluate.h"
#include "base/instant.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/terminal.h"
#include "intel/store.h"
#include "report/incident_case.h"

#define TEXT_COLUMNS 100u /* of the page, where the output is no terminal, or a wider one */

struct wishes {
    const char *path;
    uint64_t incident; /* 0: all */
    const char *evaluate, *observed, *profiles;
    int64_t as_of;
    bool fit, json;
};

/* ---- a case, or a list ---- */

static int failed(const struct err *e) {
    int const status = tell_error(e);

    return e->code == ERR_IO || e->code == ERR_CORRUPT ? EXIT_UNREADABLE : status;
}

struct answers {
    const struct wishes *w;
    const struct judge *judge;
    struct buf out;
    size_t count;
    size_t incidents; /* of the case */
};

/* An object a line, or pages with a blank line between. */
static bool answer(struct answers *a, const struct judged_evidence *v, struct err *e) {
    size_t const columns = terminal_columns(stdout);

    if (a->w->json) {
        if (!written_json(&a->out, v->now, v->then, v->written, e))
            return false;
        buf_byte(&a->out, '\n');
    } else {
        if (a->count)
            buf_byte(&a->out, '\n');
        written_text(&a->out, v->now, v->then, v->written, columns < TEXT_COLUMNS ? (unsigned)columns : TEXT_COLUMNS);
    }
    a->count++;
    return !a->out.failed || err_set(e, ERR_MEMORY, 0, "no memory to tell it");
}

static bool on_incident(void *ctx, const struct incident *i, const struct clue *clues, size_t clue_count,
                        struct err *e) {
    struct answers *const a = ctx;
    struct judged_evidence v = {0};
    bool ok = true;
    (void)clues;
    (void)clue_count;

    if (!a->w->incident || a->w->incident == i->number)
        ok = judge_incident(a->judge, a->w->path, i->number, a->incidents == 1 || a->w->incident, a->w->as_of, &v, e) &&
             answer(a, &v, e);
    judged_free(&v);
    return ok;
}

static bool on_count(void *ctx, const struct incident *i, const struct clue *clues, size_t clue_count, struct err *e) {
    struct answers *const a = ctx;
    (void)i;
    (void)clues;
    (void)clue_count;
    (void)e;

    a->incidents++;
    return true;
}

static bool answer_case(struct answers *a, struct err *e) {
    if (!incident_case_incidents(a->w->path, on_count, a, e) || !incident_case_incidents(a->w->path, on_incident, a, e))
        return false;
    if (a->count)
        return true;
    return a->w->incident
               ? err_set(e, ERR_USAGE, 0, "%s has no incident %lu", a->w->path, (unsigned long)a->w->incident)
               : err_set(e, ERR_USAGE, 0, "%s has no incident: there is nobody to be judged", a->w->path);
}

static bool answer_list(struct answers *a, struct err *e) {
    struct judged_evidence v = {0};
    bool const ok = judge_observed(a->judge, a->w->as_of, &v, e) && answer(a, &v, e);

    judged_free(&v);
    return ok;
}

static int judged(const struct wishes *w) {
    char *store = w->profiles ? NULL : intel_store_folder();
    struct arguments const stores = {.items = (const char *[]){store}, .count = store != NULL};
    struct judge_options const options = {.profiles = w->profiles, .stores = &stores, .observed = w->observed};
    struct judge *judge = NULL;
    struct answers a = {.w = w};
    struct err e = {0};
    bool ok = judge_check(w->observed, &e) && judge_new(&judge, &options, &e);

    if (ok && !judge)
        ok = err_set(&e, ERR_USAGE, 0,
                     "which profiles of groups? --profiles PATH names bundles of MITRE ATT&CK; or 'longwatch intel "
                     "add' keeps one in the store");
    a.judge = judge;
    ok = ok && (w->path ? answer_case(&a, &e) : answer_list(&a, &e));
    judge_free(judge);
    free(store);
    if (ok)
        return print_all(&a.out, EXIT_NOTHING);
    buf_free(&a.out);
    return failed(&e);
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct evaluation v;
    struct parameters with;
    struct buf b = {0};
    struct err e = {0};

    if (!w->evaluate && !w->observed && !w->path)
        return usage_error("attribute", "which case, which list, or what is to be evaluated? CASE, --observed FILE, or "
                                        "--evaluate DIR");
    if (w->evaluate && (w->path || w->observed || w->profiles || w->as_of != INSTANT_NONE))
        return usage_error("attribute", "--evaluate goes alone, or with --fit or --json");
    if (!w->evaluate && w->fit)
        return usage_error("attribute", "--fit is of --evaluate");
    if (w->fit && w->json)
        return usage_error("attribute", "--fit prints YAML: not with --json");
    if (!w->evaluate)
        return judged(w);
    struct arguments const folder = {.items = (const char *[]){w->evaluate}, .count = 1};

    if (!parameters_builtin(&with, &e))
        return tell_error(&e);
    if (!paths_exist(&folder, "evaluate", true, &e))
        return tell_error(&e);
    if (!evaluate(&v, w->evaluate, &with, !w->fit, &e)) {
        evaluation_free(&v);
        return failed(&e);
    }
    if (w->fit)
        evaluation_parameters(&b, &v);
    else if (w->json)
        evaluation_json(&b, &v);
    else
        evaluation_text(&b, &v);
    evaluation_free(&v);
    return print_all(&b, EXIT_NOTHING);
}

#define AT(member) .at = offsetof(struct wishes, member)
static const struct option options[] = {
    {.argument = "CASE", .type = OPTION_FOLDER, .help = "a case that 'longwatch hunt -o' has written", AT(path)},
    {.argument = "INCIDENT",
     .type = OPTION_COUNT,
     .least = 1,
     .most = UINT32_MAX,
     .help = "the number of one of its incidents; usually all",
     AT(incident)},
    {.name = "observed",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "what an analyst observed or knows: ATT&CK numbers, or YAML with software, victims, infrastructure, "
             "statements",
     AT(observed)},
    {.name = "profiles",
     .argument = "PATH",
     .type = OPTION_PATH,
     .help = "profiles of groups: bundles of MITRE ATT&CK, galaxies of MISP; usually those of the store of 'longwatch "
             "intel'",
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
    {ROW_JSON_ONE, AT(json)},
};
const struct command command_attribute = {
    .name = "attribute",
    .summary = "tell which groups an incident resembles, and how sure that is",
    .about =
        (const char *const[]){
            "Weighs the evidence of a case's incidents, or what an analyst observed, against published profiles of "
            "groups, with "
            "\"none of the known groups\" among the answers at even odds before anything is seen: by what is public "
            "now, and by what was public at "
            "the last act. A name is given only where several independent classes of evidence carry it; otherwise it "
            "says that this is insufficient to name a group. It never says that somebody is a group, nor that a state "
            "did it: what governments have "
            "said is quoted, denials as well. With --json every number, to be computed again by hand.",
            "--evaluate judges cases whose answer became public later by what was public the day before, "
            "and prints how often the right "
            "group came first, how well the probabilities fit, and how often a name was given "
            "wrongly, with intervals. No "
            "group's cases are judged by parameters that were fitted on them.",
            NULL},
    .examples =
        (const struct example[]){
            {"longwatch attribute ./case 1 --profiles enterprise-attack.json", "Whom does incident 1 resemble?"},
            {"longwatch attribute --observed seen.yml --profiles ./attribution",
             "The same of what an analyst wrote down"},
            {"longwatch attribute --evaluate ./attribution", "Every figure, beside what was asked"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "it was judged, or measured",
                 [EXIT_USAGE] = "wrong usage; nothing was done",
                 [EXIT_UNREADABLE] = "some file could not be read",
                 [EXIT_INTERNAL] = "internal error, or stopped"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
