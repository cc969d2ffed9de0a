/* hunt_yara: of each rule the first places are kept for the summary, of what was not scanned the first as well; all else is counted. */
#include "cli/hunt_yara.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "report/finding_text.h"
#include "report/yara_case.h"
#include "report/yara_text.h"

#define PLACES_KEPT 3u
#define NOTES_SHOWN 10u

struct tally {
    uint64_t findings;
    str places[PLACES_KEPT];
};

struct hunt_yara {
    struct arena *a;
    struct yara_set *set;
    struct yara_limits limits;
    struct yara_case *writer; /* NULL: no case */
    struct tally *rules;      /* by rule */
    uint64_t findings, omissions;
    str omitted[NOTES_SHOWN];
    struct yara_counts counts;
    struct buf line;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for YARA rules");
}

static bool is_rule_file(str name) {
    return name.len > 4 && (str_eq_ascii(str_from(name, name.len - 4), S(".yar")) ||
                            (name.len > 5 && str_eq_ascii(str_from(name, name.len - 5), S(".yara"))));
}

static bool add_path(struct hunt_yara *y, const char *path, struct err *e) {
    struct found_file *files;
    size_t count;

    if (!walk_paths(&path, 1, NULL, 0, y->a, &files, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct found_file *const f = &files[i];
        bool const named = str_eq(f->path, str_of(path));

        if (!named && !is_rule_file(f->path))
            continue;
        if (f->skipped.len ? !yara_set_refuse(y->set, f->path, f->skipped.ptr, e)
                           : !yara_set_add_file(y->set, f->path.ptr, e))
            return false;
    }
    return true;
}

static bool usable(const struct hunt_yara *y, const char *path, struct err *e) {
    size_t const verdicts = yara_verdict_count(y->set);

    for (size_t i = 0; i < yara_set_count(y->set); i++)
        if (!yara_set_rule(y->set, i)->hidden)
            return true;
    if (!verdicts)
        return err_set(e, ERR_USAGE, 0, "yara: there is no rule in %s: rules are files named .yar or .yara", path);
    const struct yara_verdict *const v = yara_verdict_at(y->set, 0);

    return err_set(e, ERR_USAGE, 0, "yara: no rule can be used, such as %.*s:%u: %.*s", STR_ARG(v->path), v->line,
                   STR_ARG(v->reason));
}

bool hunt_yara_open(struct hunt_yara **out, const struct arguments *paths, const struct rule_text *more,
                    size_t more_count, uint64_t bytes_max, struct err *e) {
    struct hunt_yara *y;
    bool ok;

    if (!paths->count && !more_count)
        return true;
    if (!paths_exist(paths, "yara", false, e))
        return false;
    if (!(y = calloc(1, sizeof *y)))
        return no_memory(e);
    y->limits = yara_limits_usual;
    if (bytes_max)
        y->limits.bytes_max = bytes_max;
    ok = ((y->a = arena_new((size_t)1 << 30)) || no_memory(e)) && yara_set_new(&y->set, e);
    for (size_t i = 0; ok && i < paths->count; i++)
        ok = add_path(y, paths->items[i], e);
    for (size_t i = 0; ok && i < more_count; i++)
        ok = yara_set_add(y->set, more[i].path, more[i].text, e);
    ok = ok && yara_set_compile(y->set, e) && (!paths->count || usable(y, paths->items[0], e)) &&
         ((y->rules = calloc(yara_set_count(y->set) + 1, sizeof *y->rules)) || no_memory(e));
    if (!ok) {
        hunt_yara_free(y);
        return false;
    }
    *out = y;
    return true;
}

void hunt_yara_free(struct hunt_yara *y) {
    if (!y)
        return;
    yara_case_free(y->writer);
    yara_set_free(y->set);
    arena_free(y->a);
    free(y->rules);
    buf_free(&y->line);
    free(y);
}

bool hunt_yara_begin(struct hunt_yara *y, struct hunt_options *options, struct case_writer *writer, struct err *e) {
    if (!y)
        return true;
    options->yara = y->set;
    options->yara_limits = &y->limits;
    return !writer || yara_case_new(&y->writer, writer, e);
}

static bool place_keep(struct hunt_yara *y, str *out, struct err *e) {
    return (!y->line.failed && arena_copy(y->a, buf_str(&y->line), out)) || no_memory(e);
}

bool hunt_yara_finding(struct hunt_yara *y, const struct yara_finding *f, struct buf *json, struct err *e) {
    struct tally *const t = &y->rules[f->hit.rule->index];

    y->findings++;
    if (json)
        yara_json(json, f);
    if (json && json->failed)
        return no_memory(e);
    if (t->findings++ < PLACES_KEPT) {
        y->line.len = 0;
        yara_place(&y->line, f->evidence_path, f->attachment, f->name, f->record, f->offset);
        if (!place_keep(y, &t->places[t->findings - 1], e))
            return false;
    }
    return !y->writer || yara_case_finding(y->writer, f, e);
}

bool hunt_yara_omission(struct hunt_yara *y, const struct yara_omission *o, struct err *e) {
    if (y->omissions++ < NOTES_SHOWN) {
        y->line.len = 0;
        yara_place(&y->line, o->evidence_path, o->attachment, o->name, o->record, o->offset);
        buf_add(&y->line, S(": "));
        finding_plain(&y->line, o->why, false);
        if (!place_keep(y, &y->omitted[y->omissions - 1], e))
            return false;
    }
    return !y->writer || yara_case_omission(y->writer, o, e);
}

bool hunt_yara_end(struct hunt_yara *y, const struct yara_counts *counts, struct err *e) {
    uint64_t *by_rule;
    bool ok = true;

    if (!y)
        return true;
    y->counts = *counts;
    if (!y->writer)
        return true;
    if (!(by_rule = calloc(yara_set_count(y->set), sizeof *by_rule)))
        return no_memory(e);
    for (size_t i = 0; i < yara_set_count(y->set); i++)
        by_rule[i] = y->rules[i].findings;
    ok = yara_case_end(y->writer, y->set, by_rule, counts, e);
    free(by_rule);
    yara_case_free(y->writer);
    y->writer = NULL;
    return ok;
}

uint64_t hunt_yara_findings(const struct hunt_yara *y) {
    return y ? y->findings : 0;
}

bool hunt_yara_omitted(const struct hunt_yara *y) {
    return y && y->omissions;
}

/* ---- the summary ---- */

static void print_rule(const struct hunt_yara *y, const struct yara_rule *r, struct buf *b) {
    const struct tally *const t = &y->rules[r->index];
    char text[COUNT_TEXT];

    buf_format(b, "%8s  ", count_text(t->findings, text));
    finding_plain(b, r->name, false);
    buf_add(b, S(" ("));
    buf_add(b, sigma_level_name(r->level));
    buf_add(b, r->description.len ? S("): ") : S(")"));
    finding_short(b, r->description);
    buf_byte(b, '\n');
    for (size_t i = 0; i < PLACES_KEPT && i < t->findings; i++) {
        buf_add(b, S("          "));
        buf_add(b, t->places[i]);
        buf_byte(b, '\n');
    }
    if (t->findings > PLACES_KEPT)
        buf_format(b, "          and %s more\n", count_text(t->findings - PLACES_KEPT, text));
}

static void print_refused(const struct hunt_yara *y, struct buf *b) {
    size_t refused = 0, shown = 0, slow = 0;

    for (size_t i = 0; i < yara_verdict_count(y->set); i++) {
        refused += !yara_verdict_at(y->set, i)->loaded;
        slow += yara_verdict_at(y->set, i)->slow;
    }
    if (refused) {
        buf_add(b, S("  NOT USED: "));
        count_add(b, refused, "rule or file");
        buf_byte(b, '\n');
    }
    for (size_t i = 0; i < yara_verdict_count(y->set) && shown < NOTES_SHOWN; i++) {
        const struct yara_verdict *const v = yara_verdict_at(y->set, i);

        if (v->loaded)
            continue;
        shown++;
        buf_add(b, S("    "));
        finding_plain(b, v->path, false);
        buf_format(b, ":%u: ", v->line);
        finding_plain(b, v->name, false);
        buf_add(b, v->name.len ? S(": ") : S(""));
        finding_short(b, v->reason);
        buf_byte(b, '\n');
    }
    if (refused > shown)
        buf_format(b, "    and %zu more, which a case (-o) lists\n", refused - shown);
    if (slow) {
        buf_add(b, S("  Slow to scan with: "));
        count_add(b, slow, "string");
        buf_add(b, S(" or rules, which a case (-o) lists\n"));
    }
}

void hunt_yara_print(const struct hunt_yara *y, struct buf *b) {
    uint64_t rules = 0;
    char size[SIZE_TEXT];

    if (!y)
        return;
    for (size_t i = 0; i < yara_set_count(y->set); i++)
        rules += y->rules[i].findings > 0;
    buf_add(b, S("\nYARA: "));
    count_add(b, y->findings, "finding");
    if (rules) {
        buf_add(b, S(" by "));
        count_add(b, rules, "rule");
    }
    buf_add(b, S("; "));
    count_add(b, y->counts.files, "file");
    buf_add(b, S(" and "));
    count_add(b, y->counts.attachments, "part");
    buf_format(b, " of messages (%s) scanned with ", size_text(y->counts.bytes, size));
    count_add(b, yara_set_count(y->set), "rule");
    buf_byte(b, '\n');
    for (int level = LEVEL_CRITICAL; level >= 0; level--)
        for (size_t i = 0; i < yara_set_count(y->set); i++)
            if (y->rules[i].findings && (int)yara_set_rule(y->set, i)->level == level)
                print_rule(y, yara_set_rule(y->set, i), b);
    if (y->omissions) {
        buf_add(b, S("  NOT SCANNED, or not to the end: "));
        count_add(b, y->omissions, "time");
        buf_byte(b, '\n');
    }
    for (size_t i = 0; i < NOTES_SHOWN && i < y->omissions; i++) {
        buf_add(b, S("    "));
        buf_add(b, y->omitted[i]);
        buf_byte(b, '\n');
    }
    if (y->omissions > NOTES_SHOWN) {
        char text[COUNT_TEXT];

        buf_format(b, "    and %s more, which a case (-o) lists\n", count_text(y->omissions - NOTES_SHOWN, text));
    }
    print_refused(y, b);
}
