/* rules: `longwatch rules check`: what would become of every rule, without evidence. */
#include "base/buf.h"
#include "cli/command.h"
#include "cli/coverage.h"
#include "detection/detect.h"
#include "report/finding_text.h"

struct wishes {
    struct arguments paths, kinds;
    const char *placeholders;
    bool strict, coverage, json, quiet;
};

/* Does any kind give this rule events? */
static bool has_source(const struct kinds *kinds, const struct sigma_rule *r) {
    size_t at;

    for (size_t i = 0; i < kinds_count(kinds); i++)
        if (logsource_covers(&r->logsource, kinds_at(kinds, i), &at))
            return true;
    return false;
}

static const struct sigma_rule *rule_at(const struct sigma_set *set, const struct sigma_verdict *v) {
    for (size_t i = 0; i < set->rule_count; i++)
        if (set->rules[i]->line == v->line && str_eq(set->rules[i]->path, v->path))
            return set->rules[i];
    return NULL;
}

/* A rule that no event of its log source can satisfy, because of a field. */
static void add_shut(struct buf *b, str field) {
    buf_format(b, "can never match: no event of its log source has the `%.*s` it asks for",
               STR_ARG(str_first(field, 100)));
}

static void add_json(struct buf *b, const struct sigma_verdict *v, const struct sigma_rule *r, bool source, str shut) {
    struct buf why = {0};

    buf_add(b, S("{\"path\":"));
    buf_json(b, v->path);
    buf_format(b, ",\"line\":%u,\"id\":", v->line);
    buf_json(b, v->id);
    buf_add(b, S(",\"title\":"));
    buf_json(b, v->title);
    buf_add(b, v->loaded ? S(",\"status\":\"loaded\",\"reason\":") : S(",\"status\":\"failed\",\"reason\":"));
    buf_json(b, v->reason);
    buf_add(b, S(",\"warnings\":["));
    for (size_t i = 0; i < v->warning_count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, v->warnings[i]);
    }
    if (shut.len) {
        add_shut(&why, shut);
        if (v->warning_count)
            buf_byte(b, ',');
        buf_json(b, buf_str(&why));
        buf_free(&why);
    }
    buf_byte(b, ']');
    if (r && r->type == SIGMA_DETECTION)
        buf_add(b, source ? S(",\"log_source\":\"known\"") : S(",\"log_source\":\"no kind gives such events\""));
    buf_add(b, S("}\n"));
}

/* "failed  rules/a.yml:3: why". Texts of rules may come from anyone: nothing in them reaches the terminal but characters. */
static void add_line(struct buf *b, const char *what, const struct sigma_verdict *v, str why) {
    buf_format(b, "%-7s ", what);
    finding_plain(b, v->path, false);
    buf_format(b, ":%u: ", v->line);
    finding_plain(b, why, false);
    buf_byte(b, '\n');
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct sigma_loader *loader = NULL;
    const struct sigma_set *set = NULL;
    struct fields *fields = fields_new();
    struct kinds *kinds = NULL;
    str *shut = NULL;
    size_t loaded = 0, failed = 0, warned = 0, sourceless = 0;
    struct buf b = {0};
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !kinds_open(&w->kinds, fields, &kinds, &e) ||
        !rules_open(&w->paths, NULL, 0, w->placeholders, w->strict, &loader, &set, &e) ||
        !rules_shut(set, fields, kinds, &shut, &e)) {
        status = tell_error(&e);
        goto end;
    }
    if (w->coverage) {
        for (size_t i = 0; i < set->verdict_count; i++)
            failed += !set->verdicts[i].loaded;
        status = coverage_add(&b, set, kinds, shut, w->json, &e)
                     ? print_all(&b, failed ? EXIT_UNREADABLE : EXIT_NOTHING)
                     : tell_error(&e);
        goto end;
    }
    for (size_t i = 0; i < set->verdict_count; i++) {
        const struct sigma_verdict *const v = &set->verdicts[i];
        const struct sigma_rule *const r = v->loaded ? rule_at(set, v) : NULL;
        bool const source = r && r->type == SIGMA_DETECTION && has_source(kinds, r);
        str const never = r ? shut[r->index] : S("");

        loaded += v->loaded;
        failed += !v->loaded;
        warned += v->warning_count > 0 || never.len > 0;
        sourceless += r && r->type == SIGMA_DETECTION && !source;
        if (w->json)
            add_json(&b, v, r, source, never);
        else if (!v->loaded)
            add_line(&b, "failed", v, v->reason);
        for (size_t k = 0; !w->json && !w->quiet && k < v->warning_count; k++)
            add_line(&b, "warning", v, v->warnings[k]);
        if (!w->json && !w->quiet && never.len > 0) {
            struct buf why = {0};

            add_shut(&why, never);
            add_line(&b, "warning", v, buf_str(&why));
            buf_free(&why);
        }
        if (!w->json && !w->quiet && r && r->type == SIGMA_DETECTION && !source)
            add_line(&b, "no data", v, S("no kind gives events of this log source"));
    }
    if (!w->json)
        buf_format(&b, "%zu loaded, %zu failed, %zu with warnings, %zu without a log source Longwatch reads\n", loaded,
                   failed, warned, sourceless);
    status = print_all(&b, failed ? EXIT_UNREADABLE : EXIT_NOTHING);
end:
    free(shut);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static const struct option options[] = {
    {.argument = "DIR",
     .type = OPTION_PATH,
     .many = true,
     .needed = "which rules? Name a file or a folder",
     .help = "Sigma rules: files, or folders of .yml files",
     .at = offsetof(struct wishes, paths)},
    {ROW_KINDS, .at = offsetof(struct wishes, kinds)},
    {ROW_PLACEHOLDERS, .at = offsetof(struct wishes, placeholders)},
    {.name = "strict-placeholders",
     .type = OPTION_FLAG,
     .help = "a placeholder without a value fails its rule; otherwise the rule is loaded and marked unusable",
     .at = offsetof(struct wishes, strict)},
    {.name = "coverage",
     .type = OPTION_FLAG,
     .help = "for each log source instead: the kinds that give its events, and the rules that can match or cannot, "
             "with the "
             "reason",
     .at = offsetof(struct wishes, coverage)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object a rule: path, line, id, title, status, reason, warnings, log_source",
     .at = offsetof(struct wishes, json)},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .help = "failed rules and the counts only",
     .at = offsetof(struct wishes, quiet)},
};
const struct command command_rules_check = {
    .name = "rules check",
    .summary = "say what becomes of every rule, without evidence",
    .about = (const char *const[]){"Reads every rule file (.yml, .yaml) below the paths and says which rules can be "
                                   "used. A rule that cannot is listed with "
                                   "file, line and reason.",
                                   NULL},
    .examples = (const struct example[]){{"longwatch rules check ./rules", "Check a folder of rules"},
                                         {"longwatch rules check ./rules --coverage",
                                          "See which log sources can be hunted, and which cannot"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "all were loaded",
                 [EXIT_USAGE] = "wrong usage; nothing was done",
                 [EXIT_UNREADABLE] = "some could not be loaded",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
