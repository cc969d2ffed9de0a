/* rules: `longwatch rules check`: what would become of every rule, without evidence. */
#include "base/buf.h"
#include "cli/command.h"
#include "detection/detect.h"

static const char help[] =
    "Example:  longwatch rules check ./rules\n\n"
    "Reads every rule file (.yml, .yaml) below the paths and says which rules can be used. A rule that cannot is listed\n"
    "with file, line and reason.\n\n"
    "  --json               one object a rule: path, line, id, title, status, reason, warnings, log_source\n"
    "  --kinds DIR          further kind files\n"
    "  --placeholders FILE  values for %placeholders%, YAML: name: [value, ...]\n"
    "  --strict-placeholders  a placeholder without a value fails its rule; otherwise it is loaded and marked unusable\n"
    "  --quiet              counts only\n\n"
    "Exit status: 0 all loaded, 3 some failed, 2 wrong usage.\n";

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
    buf_format(b, "can never match: no event of its log source has the `%.*s` it asks for", STR_ARG(str_first(field, 100)));
}

static void print_json(const struct sigma_verdict *v, const struct sigma_rule *r, bool source, str shut) {
    struct buf line = {0}, why = {0};

    buf_add(&line, S("{\"path\":"));
    buf_json(&line, v->path);
    buf_format(&line, ",\"line\":%u,\"id\":", v->line);
    buf_json(&line, v->id);
    buf_add(&line, S(",\"title\":"));
    buf_json(&line, v->title);
    buf_add(&line, v->loaded ? S(",\"status\":\"loaded\",\"reason\":") : S(",\"status\":\"failed\",\"reason\":"));
    buf_json(&line, v->reason);
    buf_add(&line, S(",\"warnings\":["));
    for (size_t i = 0; i < v->warning_count; i++) {
        if (i)
            buf_byte(&line, ',');
        buf_json(&line, v->warnings[i]);
    }
    if (shut.len) {
        add_shut(&why, shut);
        if (v->warning_count)
            buf_byte(&line, ',');
        buf_json(&line, buf_str(&why));
    }
    buf_byte(&line, ']');
    if (r && r->type == SIGMA_DETECTION)
        buf_add(&line, source ? S(",\"log_source\":\"known\"") : S(",\"log_source\":\"no kind gives such events\""));
    buf_add(&line, S("}\n"));
    fwrite(line.ptr, 1, line.len, stdout);
    buf_free(&line);
    buf_free(&why);
}

static int check(const struct arguments *paths, const struct arguments *dirs, const char *placeholders, bool strict,
                 bool json, bool quiet) {
    struct sigma_loader *loader = NULL;
    const struct sigma_set *set = NULL;
    struct fields *fields = fields_new();
    struct kinds *kinds = NULL;
    str *shut = NULL;
    size_t loaded = 0, failed = 0, warned = 0, sourceless = 0;
    struct err e = {0};
    int status = EXIT_INTERNAL;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !kinds_open(dirs, fields, &kinds, &e) || !rules_open(paths, placeholders, strict, &loader, &set, &e) ||
        !rules_shut(set, fields, kinds, &shut, &e)) {
        status = fail(&e);
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
        if (json)
            print_json(v, r, source, never);
        else if (!v->loaded)
            printf("failed  %.*s:%u: %.*s\n", STR_ARG(v->path), v->line, STR_ARG(v->reason));
        for (size_t w = 0; !json && !quiet && w < v->warning_count; w++)
            printf("warning %.*s:%u: %.*s\n", STR_ARG(v->path), v->line, STR_ARG(v->warnings[w]));
        if (!json && !quiet && never.len > 0) {
            struct buf why = {0};

            add_shut(&why, never);
            printf("warning %.*s:%u: %.*s\n", STR_ARG(v->path), v->line, STR_ARG(buf_str(&why)));
            buf_free(&why);
        }
        if (!json && !quiet && r && r->type == SIGMA_DETECTION && !source)
            printf("no data %.*s:%u: no kind gives events of this log source\n", STR_ARG(v->path), v->line);
    }
    if (!json)
        printf("%zu loaded, %zu failed, %zu with warnings, %zu without a log source Longwatch reads\n", loaded, failed,
               warned, sourceless);
    status = failed ? EXIT_UNREADABLE : EXIT_NOTHING;
end:
    free(shut);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static int run(int argc, char **argv) {
    const char **const items = calloc((size_t)argc * 2 + 1, sizeof *items);
    struct arguments paths = {items, 0}, dirs = {items ? items + argc : NULL, 0};
    const char *placeholders = NULL, *value = NULL;
    bool json = false, quiet = false, strict = false, missing;
    int status;

    if (!items)
        return EXIT_INTERNAL;
    if (argc < 2 || strcmp(argv[1], "check") != 0) {
        status = usage_error("rules", "'rules' needs a word: check");
        goto end;
    }
    for (int i = 2; i < argc;) {
        if (option_value(argc, argv, &i, "--placeholders", &value, &missing)) {
            placeholders = value;
        } else if (option_value(argc, argv, &i, "--kinds", &value, &missing)) {
            dirs.items[dirs.count++] = value;
        } else if (strcmp(argv[i], "--json") == 0) {
            json = true;
            i++;
        } else if (strcmp(argv[i], "--strict-placeholders") == 0) {
            strict = true;
            i++;
        } else if (strcmp(argv[i], "--quiet") == 0) {
            quiet = true;
            i++;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            status = usage_error("rules", "unknown option '%s'", argv[i]);
            goto end;
        } else {
            paths.items[paths.count++] = argv[i++];
        }
        if (missing) {
            status = usage_error("rules", "'%s' needs a value", argv[argc - 1]);
            goto end;
        }
    }
    if (paths.count == 0) {
        status = usage_error("rules", "which rules? Name a file or a folder");
        goto end;
    }
    status = check(&paths, &dirs, placeholders, strict, json, quiet);
end:
    free(items);
    return status;
}

const struct command command_rules = {"rules", "check rules without evidence", help, run};
