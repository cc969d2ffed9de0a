/* kinds: `longwatch kinds`: every kind of event the program knows, with its log sources. */
#include "base/buf.h"
#include "cli/command.h"

static const char help[] = "Example:  longwatch kinds --json\n\n"
                           "Lists the kinds of events Longwatch knows and the Sigma log sources each belongs to.\n\n"
                           "  --kinds DIR  further kind files\n"
                           "  --json       one object a kind\n";

static void add_source(struct buf *b, const struct kind_logsource *l, bool json) {
    const struct {
        const char *name;
        str value;
    } parts[] = {{"product", l->product}, {"category", l->category}, {"service", l->service}};
    bool first = true;

    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!parts[i].value.len)
            continue;
        if (!first)
            buf_byte(b, json ? ',' : '/');
        if (json) {
            buf_format(b, "\"%s\":", parts[i].name);
            buf_json(b, parts[i].value);
        } else {
            buf_add(b, parts[i].value);
        }
        first = false;
    }
}

static void print_kind(const struct kind *k, bool json) {
    struct buf b = {0};

    if (json) {
        buf_add(&b, S("{\"kind\":"));
        buf_json(&b, k->name);
        buf_add(&b, S(",\"title\":"));
        buf_json(&b, k->title);
        buf_add(&b, S(",\"logsources\":["));
    } else {
        buf_format(&b, "%-34.*s ", STR_ARG(k->name));
    }
    for (size_t i = 0; i < k->logsource_count; i++) {
        if (i)
            buf_byte(&b, json ? ',' : ' ');
        if (json)
            buf_byte(&b, '{');
        add_source(&b, &k->logsources[i], json);
        if (json)
            buf_byte(&b, '}');
    }
    if (json)
        buf_byte(&b, ']');
    if (k->hidden_by) {
        buf_add(&b, json ? S(",\"hidden_by\":") : S("  no record: all are of "));
        if (json)
            buf_json(&b, k->hidden_by->name);
        else
            buf_add(&b, k->hidden_by->name);
    }
    buf_add(&b, json ? S("}\n") : S("\n"));
    fwrite(b.ptr, 1, b.len, stdout);
    buf_free(&b);
}

static int run(int argc, char **argv) {
    const char **const items = calloc((size_t)argc + 1, sizeof *items);
    struct arguments dirs = {items, 0};
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    const char *value = NULL;
    bool json = false, missing;
    struct err e = {0};
    int status = EXIT_NOTHING;

    if (!items || !fields) {
        status = EXIT_INTERNAL;
        goto end;
    }
    for (int i = 1; i < argc;) {
        if (option_value(argc, argv, &i, "--kinds", &value, &missing)) {
            if (missing) {
                status = usage_error("kinds", "'--kinds' needs a value");
                goto end;
            }
            dirs.items[dirs.count++] = value;
        } else if (strcmp(argv[i], "--json") == 0) {
            json = true;
            i++;
        } else {
            status = usage_error("kinds", "unexpected '%s'", argv[i]);
            goto end;
        }
    }
    if (!kinds_open(&dirs, fields, &kinds, &e)) {
        status = fail(&e);
        goto end;
    }
    for (size_t i = 0; i < kinds_count(kinds); i++)
        print_kind(kinds_at(kinds, i), json);
end:
    kinds_free(kinds);
    fields_free(fields);
    free(items);
    return status;
}

const struct command command_kinds = {"kinds", "list the kinds of events", help, run};
