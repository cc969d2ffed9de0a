/* kinds: `longwatch kinds`: every kind of event the program knows, with its log sources. */
#include "base/buf.h"
#include "cli/command.h"

struct wishes {
    struct arguments dirs;
    bool json;
};

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

static void add_kind(struct buf *b, const struct kind *k, bool json) {
    if (json) {
        buf_add(b, S("{\"kind\":"));
        buf_json(b, k->name);
        buf_add(b, S(",\"title\":"));
        buf_json(b, k->title);
        buf_add(b, S(",\"logsources\":["));
    } else {
        buf_format(b, "%-34.*s ", STR_ARG(k->name));
    }
    for (size_t i = 0; i < k->logsource_count; i++) {
        if (i)
            buf_byte(b, json ? ',' : ' ');
        if (json)
            buf_byte(b, '{');
        add_source(b, &k->logsources[i], json);
        if (json)
            buf_byte(b, '}');
    }
    if (json)
        buf_byte(b, ']');
    if (k->hidden_by) {
        buf_add(b, json ? S(",\"hidden_by\":") : S("  no record: all are of "));
        if (json)
            buf_json(b, k->hidden_by->name);
        else
            buf_add(b, k->hidden_by->name);
    }
    buf_add(b, json ? S("}\n") : S("\n"));
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    struct buf b = {0};
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !kinds_open(&w->dirs, fields, &kinds, &e)) {
        status = tell_error(&e);
    } else {
        for (size_t i = 0; i < kinds_count(kinds); i++)
            add_kind(&b, kinds_at(kinds, i), w->json);
        status = print_all(&b, EXIT_NOTHING);
    }
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static const struct option options[] = {
    {ROW_KINDS, .at = offsetof(struct wishes, dirs)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object a line: kind, title, logsources",
     .at = offsetof(struct wishes, json)},
};
const struct command command_kinds = {
    .name = "kinds",
    .summary = "list the kinds of events that are known",
    .about =
        (const char *const[]){"Lists the kinds of events Longwatch knows and the Sigma log sources each belongs to.",
                              NULL},
    .examples = (const struct example[]){{"longwatch kinds", "List them"},
                                         {"longwatch kinds --kinds ./kinds", "Check kind files of your own"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "listed",
                 [EXIT_USAGE] = "wrong usage, or a kind file that is wrong",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
