/* groups: `longwatch groups list` and `show`: who is who among threat groups, and what is known of them. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "base/file.h"
#include "hunt/intel_load.h"
#include "intel/group.h"
#include "report/finding_text.h"

struct wishes {
    const char *name;
    struct arguments from;
    bool json;
};

/* ---- loading ---- */

struct loading {
    struct groups *g;
    size_t files, unread;
};

static bool facts_begin(str text) {
    while (text.len) {
        size_t const end = str_find_byte(text, '\n');
        str const line = str_trim(str_first(text, end));

        if (line.len && line.ptr[0] != '#' && !str_eq(line, S("---")))
            return str_starts(line, S("group:"));
        text = end == SIZE_MAX ? (str){"", 0} : str_from(text, end + 1);
    }
    return false;
}

static bool on_begin(void *ctx, const struct intel_loaded *source, str bytes, bool *wanted, struct err *e) {
    struct loading *const l = ctx;
    (void)bytes, (void)wanted, (void)e;

    (void)groups_sink(l->g, source->name);
    return true;
}

static bool on_ended(void *ctx, const struct intel_loaded *source, struct err *e) {
    struct loading *const l = ctx;
    (void)e;

    if (source->file == INTEL_FILE_OTHER || source->twice)
        return true;
    l->files++;
    if (source->why.len || source->file == INTEL_FILE_NONE) {
        struct buf b = {0};

        finding_plain(&b, source->path, false);
        buf_add(&b, S(": "));
        finding_plain(&b, source->why.len ? source->why : S("nobody's format"), false);
        fprintf(stderr, "longwatch: %.*s\n", STR_ARG(buf_str(&b)));
        buf_free(&b);
        l->unread++;
    }
    return true;
}

/* A file of our own language; *taken: it was one. */
static bool facts_load(struct groups *g, const char *path, bool *taken, struct err *e) {
    struct buf b = {0};
    struct err no = {0};
    bool ok = true;

    *taken = file_read(path, GROUP_BYTES_MAX, &b, &no) && facts_begin(buf_str(&b));
    if (*taken)
        ok = groups_load(g, str_of(path), buf_str(&b), e);
    buf_free(&b);
    return ok;
}

/* What is built in, and what the files say. */
static bool open_groups(const struct arguments *from, struct groups **out, size_t *unread, struct err *e) {
    struct loading l = {0};
    const char **const paths = calloc(from->count + 1, sizeof *paths);
    size_t count = 0;
    bool ok = paths || err_set(e, ERR_MEMORY, 0, "no memory");

    ok = ok && paths_exist(from, "from", false, e) && groups_new(&l.g, e);
    for (size_t i = 0; ok && i < from->count; i++) {
        bool taken;

        ok = facts_load(l.g, from->items[i], &taken, e);
        if (!taken)
            paths[count++] = from->items[i];
    }
    if (ok && count) {
        struct intel_sink const sink = groups_sink(l.g, (str){"", 0});
        struct intel_load const load = {.paths = paths,
                                        .path_count = count,
                                        .about = {.name = STR(""),
                                                  .confidence = ITEM_CONFIDENCE_UNSAID,
                                                  .group = STR(""),
                                                  .origin = STR(""),
                                                  .valid_from = INSTANT_NONE,
                                                  .valid_until = INSTANT_NONE},
                                        .stop = interrupt_catch()};
        struct intel_load_visitor const visitor = {.ctx = &l, .begin = on_begin, .sink = &sink, .ended = on_ended};

        ok = intel_load(&load, &visitor, e);
    }
    ok = ok && groups_join(l.g, e);
    free(paths);
    if (!ok) {
        groups_free(l.g);
        return false;
    }
    *out = l.g;
    *unread = l.unread;
    return true;
}

/* ---- JSON ---- */

static void json_texts(struct buf *b, const char *name, const str *texts, size_t count) {
    buf_format(b, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, texts[i]);
    }
    buf_byte(b, ']');
}

static void json_aliases(struct buf *b, const char *name, const struct group_alias *all, size_t count) {
    buf_format(b, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        buf_add(b, i ? S(",{\"name\":") : S("{\"name\":"));
        buf_json(b, all[i].name);
        json_texts(b, "sources", all[i].sources, all[i].source_count);
        buf_format(b, ",\"shared\":%s}", all[i].shared ? "true" : "false");
    }
    buf_byte(b, ']');
}

static void json_text(struct buf *b, const char *name, str text) {
    if (!text.len)
        return;
    buf_format(b, ",\"%s\":", name);
    buf_json(b, text);
}

static void json_fact(struct buf *b, const struct group_fact *f) {
    buf_add(b, S("{\"type\":"));
    buf_json(b, group_fact_type_name(f->type));
    json_text(b, "name", f->name);
    json_text(b, f->type == GROUP_STATEMENT ? "stance" : f->type == GROUP_INFRASTRUCTURE ? "class" : "role", f->word);
    json_text(b, "by", f->by);
    json_text(b, "about", f->about);
    json_text(b, "quote", f->quote);
    json_text(b, "on", f->on);
    json_text(b, "from", f->from);
    json_text(b, "until", f->until);
    if (f->type == GROUP_PARTY || f->alleged)
        buf_format(b, ",\"alleged\":%s", f->alleged ? "true" : "false");
    buf_add(b, S(",\"grade\":"));
    buf_json(b, group_grade_name(f->grade));
    json_text(b, "source", f->source);
    json_text(b, "source_on", f->source_on);
    json_text(b, "source_at", f->source_at);
    buf_byte(b, '}');
}

static void json_group(struct buf *b, const struct group *g, bool facts) {
    buf_add(b, S("{\"name\":"));
    buf_json(b, g->name);
    buf_add(b, S(",\"id\":"));
    buf_json(b, g->id);
    json_texts(b, "ids", g->ids, g->id_count);
    json_aliases(b, "aliases", g->aliases, g->alias_count);
    json_aliases(b, "countries", g->countries, g->country_count);
    json_texts(b, "sources", g->sources, g->source_count);
    if (g->withdrawn)
        buf_add(b, S(",\"withdrawn\":true"));
    if (facts) {
        buf_add(b, S(",\"facts\":["));
        for (size_t i = 0; i < g->fact_count; i++) {
            if (i)
                buf_byte(b, ',');
            json_fact(b, &g->facts[i]);
        }
        buf_byte(b, ']');
    }
    buf_add(b, S("}\n"));
}

/* ---- for people ---- */

/* A paragraph behind two blanks, its further lines behind four. */
static void paragraph(struct buf *b, str text) {
    struct buf plain = {0};

    finding_plain(&plain, text, false);
    b->failed |= plain.failed;
    buf_add(b, S("  "));
    text_wrap(b, buf_str(&plain), 2, 4, terminal_columns(stdout));
    buf_byte(b, '\n');
    buf_free(&plain);
}

static void sources_line(struct buf *b, const struct group_alias *a, const char *shared) {
    struct buf line = {0};

    buf_add(&line, a->name);
    if (a->shared)
        buf_add(&line, str_of(shared));
    buf_add(&line, S(": "));
    for (size_t i = 0; i < a->source_count; i++) {
        if (i)
            buf_add(&line, S(", "));
        buf_add(&line, a->sources[i]);
    }
    b->failed |= line.failed;
    paragraph(b, buf_str(&line));
    buf_free(&line);
}

/* A stance in words that read on. */
static str stance_text(str stance) {
    return str_eq(stance, S("overlaps"))  ? S("sees an overlap")
           : str_eq(stance, S("another")) ? S("does not name this group")
                                          : stance;
}

static void fact_line(struct buf *b, const struct group_fact *f) {
    struct buf line = {0};
    const char *between = "";
    str const parts[] = {f->type == GROUP_STATEMENT ? f->on : f->name, f->type == GROUP_STATEMENT ? f->by : f->word,
                         f->type == GROUP_STATEMENT ? stance_text(f->word) : (str){"", 0}};

    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!parts[i].len)
            continue;
        buf_add(&line, str_of(between));
        buf_add(&line, parts[i]);
        between = ", ";
    }
    if (f->from.len || f->until.len) {
        buf_add(&line, str_of(between));
        if (f->from.len)
            buf_format(&line, "from %.*s", STR_ARG(f->from));
        if (f->until.len)
            buf_format(&line, "%suntil %.*s", f->from.len ? " " : "", STR_ARG(f->until));
    }
    if (f->alleged)
        buf_add(&line, S(", alleged"));
    if (f->type != GROUP_STATEMENT && f->by.len)
        buf_format(&line, " by %.*s", STR_ARG(f->by));
    if (line.len && f->about.len)
        buf_add(&line, S(": "));
    buf_add(&line, f->about);
    if (f->quote.len)
        buf_format(&line, ": \"%.*s\"", STR_ARG(f->quote));
    buf_format(&line, " [%.*s: %.*s%s%.*s]", STR_ARG(group_grade_name(f->grade)), STR_ARG(f->source),
               f->source_on.len ? ", " : "", STR_ARG(f->source_on));
    b->failed |= line.failed;
    paragraph(b, buf_str(&line));
    buf_free(&line);
}

static void techniques(struct buf *b, const struct group *g) {
    struct buf line = {0};
    const struct group_fact *last = NULL;

    for (size_t i = 0; i < g->fact_count; i++) {
        if (g->facts[i].type != GROUP_TECHNIQUE)
            continue;
        if (line.len)
            buf_byte(&line, ' ');
        buf_add(&line, g->facts[i].name);
        last = &g->facts[i];
    }
    if (last) {
        buf_format(&line, " [%.*s: %.*s]", STR_ARG(group_grade_name(last->grade)), STR_ARG(last->source));
        b->failed |= line.failed;
        buf_add(b, S("\nTechniques\n"));
        paragraph(b, buf_str(&line));
    }
    buf_free(&line);
}

static void show_text(struct buf *b, const struct group *g) {
    static const struct {
        enum group_fact_type type;
        const char *title;
    } parts[] = {{GROUP_PARTY, "Named in public documents"},
                 {GROUP_STATEMENT, "Who said what"},
                 {GROUP_CAUTION, "What must not be said"},
                 {GROUP_ACTIVITY, "Activity"},
                 {GROUP_SOFTWARE, "Software"},
                 {GROUP_INFRASTRUCTURE, "Infrastructure"}};

    finding_plain(b, g->name, false);
    if (g->id.len) {
        buf_add(b, S(", "));
        finding_plain(b, g->id, false);
    }
    buf_add(b, g->withdrawn ? S(", withdrawn\n\nCalled\n") : S("\n\nCalled\n"));
    for (size_t i = 0; i < g->alias_count; i++)
        sources_line(b, &g->aliases[i], " (other groups as well)");
    if (g->country_count)
        buf_add(b, S("\nCountry that sources suspect\n"));
    for (size_t i = 0; i < g->country_count; i++)
        sources_line(b, &g->countries[i], "");
    for (size_t p = 0; p < COUNT(parts); p++) {
        bool first = true;

        for (size_t i = 0; i < g->fact_count; i++) {
            if (g->facts[i].type != parts[p].type)
                continue;
            if (first)
                buf_format(b, "\n%s\n", parts[p].title);
            first = false;
            fact_line(b, &g->facts[i]);
        }
    }
    techniques(b, g);
}

/* ---- the commands ---- */

static int run_list(const void *wishes) {
    const struct wishes *const w = wishes;
    struct groups *g = NULL;
    size_t unread = 0, width = 0;
    struct buf b = {0};
    struct err e = {0};

    if (!open_groups(&w->from, &g, &unread, &e))
        return tell_error(&e);
    for (size_t i = 0; i < groups_count(g); i++) {
        size_t const columns = text_columns(groups_at(g, i)->name);

        width = columns > width && columns <= 32 ? columns : width;
    }
    for (size_t i = 0; i < groups_count(g); i++) {
        const struct group *const x = groups_at(g, i);
        struct buf line = {0};

        if (w->json) {
            json_group(&b, x, false);
            continue;
        }
        finding_plain(&line, x->name, false);
        for (size_t k = text_columns(x->name); k < width; k++)
            buf_byte(&line, ' ');
        buf_format(&line, "  %-5.*s", x->id.len == 5 ? 5 : 0, x->id.ptr); /* a number of ATT&CK */
        for (size_t k = 0, told = 0; k < x->alias_count; k++) {
            if (str_eq(x->aliases[k].name, x->name))
                continue;
            buf_add(&line, told++ ? S(", ") : S("  "));
            finding_plain(&line, x->aliases[k].name, false);
            if (x->aliases[k].shared)
                buf_byte(&line, '*');
        }
        while (line.len && line.ptr[line.len - 1] == ' ')
            line.len--;
        b.failed |= line.failed;
        buf_add(&b, buf_str(&line));
        buf_byte(&b, '\n');
        buf_free(&line);
    }
    groups_free(g);
    return print_all(&b, unread ? EXIT_UNREADABLE : EXIT_NOTHING);
}

static int several(const char *name, const struct group_found *f) {
    struct buf b = {0};
    struct err e = {.code = ERR_USAGE};

    buf_format(&b, "%s is what several groups are called: ", name);
    for (size_t i = 0; i < f->count; i++)
        buf_format(&b, "%s%.*s", i ? ", " : "", STR_ARG(f->candidates[i]->name));
    buf_add(&b, S(". Name one of them"));
    snprintf(e.text, sizeof e.text, "%.*s", STR_ARG(b.failed ? S("no memory") : buf_str(&b)));
    buf_free(&b);
    return tell_error(&e);
}

static int run_show(const void *wishes) {
    const struct wishes *const w = wishes;
    struct groups *g = NULL;
    size_t unread = 0;
    struct buf b = {0};
    struct err e = {0};
    int status;

    if (!open_groups(&w->from, &g, &unread, &e))
        return tell_error(&e);
    struct group_found const f = group_find(g, str_of(w->name));

    if (f.how == GROUP_EXACT) {
        if (w->json)
            json_group(&b, f.group, true);
        else
            show_text(&b, f.group);
        status = print_all(&b, unread ? EXIT_UNREADABLE : EXIT_NOTHING);
    } else if (f.how == GROUP_AMBIGUOUS) {
        status = several(w->name, &f);
    } else {
        err_set(&e, ERR_USAGE, 0, "no group is called %s%s", w->name,
                w->from.count ? "" : ": name files that know more with --from, ATT&CK or a galaxy of MISP");
        status = tell_error(&e);
    }
    groups_free(g);
    return status;
}

#define ROW_FROM                                                                                                       \
    {                                                                                                                  \
        .name = "from", .argument = "FILE", .type = OPTION_PATH, .many = true,                                         \
        .help = "who names groups as well: a bundle of ATT&CK, a galaxy of MISP, a file of facts",                     \
        .at = offsetof(struct wishes, from)                                                                            \
    }

static const struct option list_options[] = {
    ROW_FROM,
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object a line: name, id, aliases with who says so",
     .at = offsetof(struct wishes, json)},
};
const struct command command_groups_list = {
    .name = "groups list",
    .summary = "list threat groups and what they are called",
    .about = (const char *const[]){"Lists the groups that are known, and what else they are called. What Longwatch "
                                   "knows by itself is little and has its "
                                   "sources; ATT&CK and galaxies of MISP name more, and are joined by id and name. A "
                                   "star stands behind a name that "
                                   "several groups have.",
                                   NULL},
    .examples =
        (const struct example[]){{"longwatch groups list", "List what is built in"},
                                 {"longwatch groups list --from enterprise-attack.json --from threat-actor.json",
                                  "Join it with ATT&CK and a galaxy"},
                                 {NULL, NULL}},
    .options = list_options,
    .option_count = COUNT(list_options),
    .statuses = {[EXIT_NOTHING] = "listed",
                 [EXIT_USAGE] = "wrong usage, or a file of facts that is wrong",
                 [EXIT_UNREADABLE] = "a file could not be read; the others are listed",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run_list,
};

static const struct option show_options[] = {
    {.argument = "NAME",
     .type = OPTION_TEXT,
     .needed = "which group? longwatch groups show NAME",
     .help = "any of its names, in any spelling, or its number in ATT&CK",
     .at = offsetof(struct wishes, name)},
    ROW_FROM,
    {.name = "json", .type = OPTION_FLAG, .help = "one object on one line", .at = offsetof(struct wishes, json)},
};
const struct command command_groups_show = {
    .name = "groups show",
    .summary = "show what is known of a threat group, and who says so",
    .about =
        (const char *const[]){
            "Shows the names of a group and who uses them; who was named, who said what and who denied it; what must "
            "not be said; "
            "software, infrastructure and techniques. Every fact has its source and how well it is founded.",
            "A name that several groups have is answered with their names.", NULL},
    .examples = (const struct example[]){{"longwatch groups show APT31", "Show a group"},
                                         {"longwatch groups show 'Violet Typhoon' --from enterprise-attack.json --json",
                                          "For machines, with what ATT&CK knows"},
                                         {NULL, NULL}},
    .options = show_options,
    .option_count = COUNT(show_options),
    .statuses = {[EXIT_NOTHING] = "shown",
                 [EXIT_USAGE] = "wrong usage, no group is called so, or several are",
                 [EXIT_UNREADABLE] = "a file could not be read; shown without it",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run_show,
};
