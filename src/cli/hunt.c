/* hunt: `longwatch hunt`: evidence and rules in, findings out. */
#include "base/buf.h"
#include "cli/command.h"
#include "hunt/hunt.h"

static const char help[] =
    "Example:  longwatch hunt ./evidence --rules ./rules\n\n"
    "Reads every file below the paths, evaluates the rules on every event, and prints what was found.\n\n"
    "  --rules DIR          rule files or folders; may be given several times\n"
    "  --kinds DIR          further kind files\n"
    "  --placeholders FILE  values for %placeholders%, YAML: name: [value, ...]\n"
    "  --from, --to TIME    only events from TIME on, before TIME (RFC 3339)\n"
    "  --level LEVEL        only findings of this level and above\n"
    "  --json               one finding a line on standard output\n\n"
    "Exit status: 0 nothing found, 1 findings, 2 wrong usage, 3 some evidence could not be read, 4 internal error.\n";

struct tally {
    uint64_t findings;
    int64_t first, last;
};

struct run {
    bool json;
    const struct sigma_set *set;
    const struct kinds *kinds;
    struct tally *rules; /* by rule */
    bool *data;          /* by rule: some event was of its log source */
    uint64_t findings, files, unread, damaged, records, bytes;
    struct buf line;
};

static void add_matches(struct buf *b, const struct finding *f) {
    buf_byte(b, '{');
    for (size_t i = 0; i < f->match_count; i++) {
        size_t before = 0, values = 0;

        while (before < i && !str_eq(f->matches[before].field, f->matches[i].field))
            before++;
        if (before < i)
            continue; /* written with the first of its name */
        for (size_t k = i; k < f->match_count; k++)
            values += str_eq(f->matches[k].field, f->matches[i].field);
        if (b->ptr[b->len - 1] != '{')
            buf_byte(b, ',');
        buf_json(b, f->matches[i].field);
        buf_byte(b, ':');
        if (values > 1)
            buf_byte(b, '[');
        for (size_t k = i; k < f->match_count; k++)
            if (str_eq(f->matches[k].field, f->matches[i].field)) {
                if (k > i)
                    buf_byte(b, ',');
                buf_json(b, f->matches[k].value);
            }
        if (values > 1)
            buf_byte(b, ']');
    }
    buf_byte(b, '}');
}

static void member(struct buf *b, const char *name, str value) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, value);
}

static void print_json(struct run *run, const struct finding *f) {
    struct buf *const b = &run->line;
    char when[INSTANT_TEXT];

    b->len = 0;
    buf_add(b, S("{\"rule_id\":"));
    buf_json(b, f->rule->id);
    member(b, "rule_title", f->rule->title);
    member(b, "level", sigma_level_name(f->rule->level));
    buf_add(b, S(",\"tags\":["));
    for (size_t i = 0; i < f->rule->tag_count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, f->rule->tags[i]);
    }
    buf_byte(b, ']');
    if (f->when == INSTANT_NONE)
        buf_add(b, S(",\"time\":null"));
    else
        member(b, "time", instant_format(f->when, when));
    member(b, "kind", f->kind);
    member(b, "host", f->host);
    member(b, "account", f->account);
    member(b, "evidence_path", f->evidence_path);
    member(b, "evidence_sha256", str_of(f->evidence_sha256));
    buf_format(b, ",\"record\":%lu,\"offset\":%lu", (unsigned long)f->record, (unsigned long)f->offset);
    if (f->salvaged)
        buf_add(b, S(",\"salvaged\":true"));
    if (f->logsource.len)
        member(b, "seen_as", f->logsource);
    buf_add(b, S(",\"matched\":"));
    add_matches(b, f);
    buf_add(b, S("}\n"));
    fwrite(b->ptr, 1, b->len, stdout);
}

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    struct run *const run = ctx;
    struct tally *const t = &run->rules[f->rule->index];

    run->findings++;
    if (f->when != INSTANT_NONE) {
        t->first = t->first == INSTANT_NONE || f->when < t->first ? f->when : t->first;
        t->last = t->last == INSTANT_NONE || f->when > t->last ? f->when : t->last;
    }
    t->findings++;
    if (run->json)
        print_json(run, f);
    if (run->line.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    return !ferror(stdout) || err_set(e, ERR_IO, 0, "standard output cannot be written");
}

static void on_custody(void *ctx, const struct custody *c) {
    struct run *const run = ctx;

    run->files++;
    run->records += c->records;
    run->bytes += c->size;
    run->damaged += c->damages > 0;
    if (c->not_read.len && !str_eq(c->not_read, S("empty"))) {
        run->unread++;
        fprintf(stderr, "not read: %.*s: %.*s\n", STR_ARG(c->path), STR_ARG(c->not_read));
    }
}

static void on_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    fprintf(stderr, "damage: %.*s: %lu bytes at offset %lu: %s\n", STR_ARG(path), (unsigned long)size,
            (unsigned long)offset, why);
}

static void on_kind(void *ctx, str name, const struct kind *kind, uint64_t events) {
    struct run *const run = ctx;
    size_t at;

    (void)name;
    (void)events;
    for (size_t i = 0; i < run->set->rule_count; i++)
        if (run->set->rules[i]->type == SIGMA_DETECTION && !run->data[i])
            run->data[i] = logsource_covers(&run->set->rules[i]->logsource, kind, &at);
}

static void print_summary(const struct run *run) {
    size_t no_data = 0, unusable = 0, failed = 0, correlations = 0;

    for (int level = LEVEL_CRITICAL; level >= 0 && !run->json; level--)
        for (size_t i = 0; i < run->set->rule_count; i++) {
            const struct tally *const t = &run->rules[i];
            char first[INSTANT_TEXT], last[INSTANT_TEXT];

            if (!t->findings || (int)run->set->rules[i]->level != level)
                continue;
            str const a = instant_format(t->first, first), b = instant_format(t->last, last);

            printf("%-13.*s %6lu  %.*s  %.*s .. %.*s\n", STR_ARG(sigma_level_name((enum sigma_level)level)),
                   (unsigned long)t->findings, STR_ARG(run->set->rules[i]->title), STR_ARG(a), STR_ARG(b));
        }
    for (size_t i = 0; i < run->set->rule_count; i++) {
        const struct sigma_rule *const r = run->set->rules[i];

        correlations += r->type == SIGMA_CORRELATION;
        unusable += r->unusable.len > 0;
        no_data += r->type == SIGMA_DETECTION && !r->unusable.len && !run->data[i];
    }
    for (size_t i = 0; i < run->set->verdict_count; i++)
        if (!run->set->verdicts[i].loaded) {
            const struct sigma_verdict *const v = &run->set->verdicts[i];

            failed++;
            fprintf(stderr, "rule not used: %.*s:%u: %.*s\n", STR_ARG(v->path), v->line, STR_ARG(v->reason));
        }
    fprintf(stderr, "%lu findings in %lu events of %lu files (%lu bytes); %lu files not read, %lu with damage\n",
            (unsigned long)run->findings, (unsigned long)run->records, (unsigned long)run->files,
            (unsigned long)run->bytes, (unsigned long)run->unread, (unsigned long)run->damaged);
    fprintf(stderr, "%zu rules: %zu had no data here, %zu lack a placeholder's value, %zu failed to load\n",
            run->set->rule_count, no_data, unusable, failed);
    if (correlations)
        fprintf(stderr, "%zu correlation rules were NOT evaluated: this version has no correlation engine yet\n",
                correlations);
}

struct wishes {
    struct arguments paths, rules, kinds;
    const char *placeholders;
    int64_t from, to;
    enum sigma_level level;
    bool json;
};

static int hunt(const struct wishes *w) {
    struct run run = {.json = w->json};
    struct sigma_loader *loader = NULL;
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !kinds_open(&w->kinds, fields, &kinds, &e) ||
        !rules_open(&w->rules, w->placeholders, false, &loader, &run.set, &e)) {
        status = fail(&e);
        goto end;
    }
    run.kinds = kinds;
    run.rules = calloc(run.set->rule_count + 1, sizeof *run.rules);
    run.data = calloc(run.set->rule_count + 1, sizeof *run.data);
    if (!run.rules || !run.data) {
        status = EXIT_INTERNAL;
        goto end;
    }
    for (size_t i = 0; i < run.set->rule_count; i++)
        run.rules[i].first = run.rules[i].last = INSTANT_NONE;
    struct hunt_options const options = {.paths = w->paths.items,
                                         .path_count = w->paths.count,
                                         .set = run.set,
                                         .fields = fields,
                                         .kinds = kinds,
                                         .from = w->from,
                                         .to = w->to,
                                         .level = w->level,
                                         .memory_max = (size_t)96 << 20,
                                         .finding = on_finding,
                                         .custody = on_custody,
                                         .damage = on_damage,
                                         .kind = on_kind,
                                         .ctx = &run};

    if (!hunt_run(&options, &e)) {
        status = fail(&e);
        goto end;
    }
    print_summary(&run);
    status = run.unread || run.damaged ? EXIT_UNREADABLE : run.findings ? EXIT_FINDINGS : EXIT_NOTHING;
    if (fflush(stdout) != 0)
        status = EXIT_INTERNAL;
end:
    buf_free(&run.line);
    free(run.rules);
    free(run.data);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static bool time_option(const char *value, int64_t *out) {
    *out = instant_parse(str_of(value));
    return *out != INSTANT_NONE;
}

static int run_hunt(int argc, char **argv) {
    const char **const items = calloc((size_t)argc * 3 + 1, sizeof *items);
    struct wishes w = {.from = INSTANT_NONE, .to = INSTANT_NONE};
    const char *value = NULL;
    bool missing;
    int status;

    if (!items)
        return EXIT_INTERNAL;
    w.paths.items = items;
    w.rules.items = items + argc;
    w.kinds.items = items + 2 * argc;
    for (int i = 1; i < argc;) {
        const char *const name = argv[i];
        bool good = true;

        if (option_value(argc, argv, &i, "--rules", &value, &missing)) {
            w.rules.items[w.rules.count++] = value;
        } else if (option_value(argc, argv, &i, "--kinds", &value, &missing)) {
            w.kinds.items[w.kinds.count++] = value;
        } else if (option_value(argc, argv, &i, "--placeholders", &value, &missing)) {
            w.placeholders = value;
        } else if (option_value(argc, argv, &i, "--from", &value, &missing)) {
            good = missing || time_option(value, &w.from);
        } else if (option_value(argc, argv, &i, "--to", &value, &missing)) {
            good = missing || time_option(value, &w.to);
        } else if (option_value(argc, argv, &i, "--level", &value, &missing)) {
            good = missing || sigma_level_parse(str_of(value), &w.level);
        } else if (strcmp(name, "--json") == 0) {
            w.json = true;
            i++;
        } else if (name[0] == '-' && name[1]) {
            status = usage_error("hunt", "unknown option '%s'", name);
            goto end;
        } else {
            w.paths.items[w.paths.count++] = argv[i++];
        }
        if (missing || !good) {
            status = missing ? usage_error("hunt", "'%s' needs a value", name)
                             : usage_error("hunt", "'%s' cannot be read: '%s'", name, value);
            goto end;
        }
    }
    if (!w.paths.count || !w.rules.count)
        status = usage_error("hunt", w.paths.count ? "which rules? --rules DIR" : "which evidence? Name files or folders");
    else
        status = hunt(&w);
end:
    free(items);
    return status;
}

const struct command command_hunt = {"hunt", "hunt through evidence with rules", help, run_hunt};
