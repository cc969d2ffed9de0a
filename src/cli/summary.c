/* summary: tallies by rule; lists that are kept short, with what was left out counted. */
#include "cli/summary.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/terminal.h"
#include "detection/detect.h"

#define NAMES_KEPT 64u  /* different hosts or accounts of a rule that are counted; shown are fewer */
#define NAMES_SHOWN 2u
#define NOTES_KEPT 20u  /* files not read, damages */
#define SOURCES_SHOWN 12u

struct names {
    str *items; /* NAMES_KEPT */
    uint32_t count;
    bool more;
};

struct tally {
    uint64_t findings, salvaged;
    int64_t first, last;
    struct names hosts, accounts;
    bool data; /* some event was of its log source */
};

struct note {
    str text;
};

struct summary {
    const struct sigma_set *set;
    struct arena *a;
    struct tally *rules; /* by rule */
    struct note unread[NOTES_KEPT], damage[NOTES_KEPT], left_out[NOTES_KEPT];
    uint64_t unread_count, damage_count, left_out_count;
    uint64_t sources, containers, bytes, records, salvaged, no_kind, no_time, repaired;
    uint64_t findings, salvaged_findings, filtered;
    int64_t first, last; /* of all events */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the summary");
}

bool summary_new(struct summary **out, const struct sigma_set *set, struct err *e) {
    struct summary *const s = calloc(1, sizeof *s);

    if (!s)
        return no_memory(e);
    s->set = set;
    s->first = s->last = INSTANT_NONE;
    s->a = arena_new((size_t)1 << 30);
    s->rules = calloc(set->rule_count + 1, sizeof *s->rules);
    if (!s->a || !s->rules) {
        summary_free(s);
        return no_memory(e);
    }
    for (size_t i = 0; i < set->rule_count; i++)
        s->rules[i].first = s->rules[i].last = INSTANT_NONE;
    *out = s;
    return true;
}

void summary_free(struct summary *s) {
    if (!s)
        return;
    arena_free(s->a);
    free(s->rules);
    free(s);
}

static void span(int64_t *first, int64_t *last, int64_t from, int64_t to) {
    if (from != INSTANT_NONE && (*first == INSTANT_NONE || from < *first))
        *first = from;
    if (to != INSTANT_NONE && (*last == INSTANT_NONE || to > *last))
        *last = to;
}

static bool name_add(struct summary *s, struct names *n, str name, struct err *e) {
    if (name.len == 0)
        return true;
    for (uint32_t i = 0; i < n->count; i++)
        if (str_eq_ascii(n->items[i], name))
            return true;
    if (n->count == NAMES_KEPT) {
        n->more = true;
        return true;
    }
    if (!n->items && !(n->items = arena_zero(s->a, NAMES_KEPT, sizeof *n->items)))
        return no_memory(e);
    return arena_copy(s->a, name, &n->items[n->count++]) || no_memory(e);
}

bool summary_finding(struct summary *s, const struct finding *f, struct err *e) {
    struct tally *const t = &s->rules[f->rule->index];

    if (f->salvaged) {
        s->salvaged_findings++;
        t->salvaged++;
        return true;
    }
    s->findings++;
    t->findings++;
    if (f->rule->type == SIGMA_CORRELATION)
        span(&t->first, &t->last, f->first, f->last);
    else
        span(&t->first, &t->last, f->when, f->when);
    return name_add(s, &t->hosts, f->host, e) && name_add(s, &t->accounts, f->account, e);
}

static bool note_add(struct summary *s, struct note *notes, uint64_t *count, str what, struct err *e, const char *fmt, ...)
    PRINTF(6, 7);
static bool note_add(struct summary *s, struct note *notes, uint64_t *count, str what, struct err *e, const char *fmt, ...) {
    struct buf b = {0};
    char text[400];
    va_list args;
    bool ok = true;

    if (*count < NOTES_KEPT) {
        va_start(args, fmt);
        vsnprintf(text, sizeof text, fmt, args);
        va_end(args);
        buf_add(&b, what);
        buf_add(&b, str_of(text));
        ok = (!b.failed && arena_copy(s->a, buf_str(&b), &notes[*count].text)) || no_memory(e);
        buf_free(&b);
    }
    ++*count;
    return ok;
}

bool summary_custody(struct summary *s, const struct custody *c, struct err *e) {
    if (c->container)
        s->containers++;
    else
        s->sources++;
    if (!c->container)
        s->bytes += c->size;
    s->records += c->records;
    s->salvaged += c->salvaged;
    s->no_kind += c->no_kind;
    s->no_time += c->no_time;
    s->repaired += c->repaired;
    span(&s->first, &s->last, c->first, c->last);
    if (!c->not_read.len || str_eq(c->not_read, S("empty")))
        return true;
    return note_add(s, s->unread, &s->unread_count, c->path, e, ": %.*s", STR_ARG(c->not_read));
}

bool summary_damage(struct summary *s, const struct custody_damage *d, struct err *e) {
    return note_add(s, s->damage, &s->damage_count, d->path, e, ": %lu bytes at %lu: %.*s", (unsigned long)d->size,
                    (unsigned long)d->offset, STR_ARG(d->why));
}

void summary_kind(struct summary *s, str name, const struct kind *kind, uint64_t events) {
    size_t at;

    (void)name;
    (void)events;
    for (size_t i = 0; i < s->set->rule_count; i++)
        if (s->set->rules[i]->type == SIGMA_DETECTION && !s->rules[i].data)
            s->rules[i].data = logsource_covers(&s->set->rules[i]->logsource, kind, &at);
}

void summary_correlation(struct summary *s, uint32_t rule, const struct correlation_counts *c) {
    struct err e;

    s->rules[rule].data = c->events > 0;
    if (c->no_time + c->no_group + c->not_numeric)
        (void)!note_add(s, s->left_out, &s->left_out_count, s->set->rules[rule]->title, &e,
                        ": %lu of %lu events left out: %lu without time, %lu without a group-by field, %lu no number",
                        (unsigned long)(c->no_time + c->no_group + c->not_numeric), (unsigned long)c->events,
                        (unsigned long)c->no_time, (unsigned long)c->no_group, (unsigned long)c->not_numeric);
}

void summary_filtered(struct summary *s, uint32_t rule, uint32_t filter, uint64_t matches) {
    struct err e;

    s->filtered += matches;
    (void)!note_add(s, s->left_out, &s->left_out_count, s->set->rules[rule]->title, &e, ": %lu matches taken away by filter '%.*s'",
                    (unsigned long)matches, STR_ARG(s->set->filters[filter]->title));
}

uint64_t summary_findings(const struct summary *s) {
    return s->findings;
}

bool summary_unread(const struct summary *s) {
    return s->unread_count || s->damage_count;
}

static const char *status(const struct summary *s, const struct sigma_rule *r) {
    return r->unusable.len ? "unusable" : s->rules[r->index].data ? "evaluated" : "no data";
}

const char *summary_rule(const struct summary *s, const struct sigma_verdict *v, uint64_t *findings) {
    *findings = 0;
    if (!v->loaded)
        return "failed";
    if (v->is_filter)
        return "filter";
    for (size_t i = 0; i < s->set->rule_count; i++) {
        const struct sigma_rule *const r = s->set->rules[i];

        if (r->line == v->line && str_eq(r->path, v->path)) {
            *findings = s->rules[i].findings + s->rules[i].salvaged;
            return status(s, r);
        }
    }
    return "failed";
}

/* ---- printing ---- */

/* Colour only where it is read by a person who has not asked for none (no-color.org). */
struct ink {
    FILE *to;
    bool colour;
};

static const char *const level_ink[] = {"\033[37m", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m"};

static void paint(const struct ink *i, const char *code) {
    if (i->colour)
        fputs(code, i->to);
}

/* Text out of evidence or rules: control characters must not reach the terminal. */
static void print_text(FILE *to, str s, size_t most) {
    size_t shown = 0;

    for (size_t i = 0; i < s.len && shown < most; i++) {
        unsigned char const c = (unsigned char)s.ptr[i];

        if (c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0) { /* C1 controls */
            fputc('?', to);
            i++;
        } else {
            fputc(c < 0x20 || c == 0x7f ? '?' : c, to);
        }
        shown += (c & 0xc0) != 0x80;
    }
}

static void print_day(FILE *to, int64_t when) {
    struct wall const w = instant_wall(when);

    fprintf(to, "%04d-%02d-%02d %02d:%02d", w.year, w.month, w.day, w.hour, w.minute);
}

static void print_span(FILE *to, int64_t first, int64_t last) {
    if (first == INSTANT_NONE) {
        fputs("without time", to);
        return;
    }
    print_day(to, first);
    if (last / 60000000000 != first / 60000000000) {
        fputs(" to ", to);
        print_day(to, last);
    }
}

static void print_names(FILE *to, const struct names *n, const char *many) {
    if (!n->count)
        return;
    fputs("  ", to);
    for (uint32_t i = 0; i < n->count && i < NAMES_SHOWN; i++) {
        if (i)
            fputs(", ", to);
        print_text(to, n->items[i], 40);
    }
    if (n->count > NAMES_SHOWN)
        fprintf(to, " and %u%s more %s", n->count - NAMES_SHOWN, n->more ? "+" : "", many);
}

static int by_findings(const void *a, const void *b, void *ctx) {
    const struct summary *const s = ctx;
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint64_t const m = s->rules[x].findings, n = s->rules[y].findings;

    return m != n ? (m < n) - (m > n) : (x > y) - (x < y);
}

static void print_level(const struct summary *s, const struct ink *ink, int level, uint32_t *order) {
    uint64_t findings = 0;
    size_t count = 0;

    for (uint32_t i = 0; i < s->set->rule_count; i++)
        if (s->rules[i].findings && (int)s->set->rules[i]->level == level) {
            order[count++] = i;
            findings += s->rules[i].findings;
        }
    if (!count)
        return;
    qsort_r(order, count, sizeof *order, by_findings, (void *)(uintptr_t)s);
    str const name = sigma_level_name((enum sigma_level)level);

    paint(ink, level_ink[level]);
    fprintf(ink->to, "%.*s: %lu finding%s by %zu rule%s", STR_ARG(name), (unsigned long)findings, findings == 1 ? "" : "s",
            count, count == 1 ? "" : "s");
    paint(ink, "\033[0m");
    fputc('\n', ink->to);
    for (size_t i = 0; i < count; i++) {
        const struct tally *const t = &s->rules[order[i]];

        fprintf(ink->to, "%8lu  ", (unsigned long)t->findings);
        paint(ink, "\033[1m");
        print_text(ink->to, s->set->rules[order[i]]->title, 100);
        paint(ink, "\033[0m");
        fputs("\n          ", ink->to);
        print_span(ink->to, t->first, t->last);
        print_names(ink->to, &t->hosts, "hosts");
        print_names(ink->to, &t->accounts, "accounts");
        fputc('\n', ink->to);
    }
    fputc('\n', ink->to);
}

static void print_notes(const struct ink *ink, const char *head, const struct note *notes, uint64_t count, const char *rest) {
    if (!count)
        return;
    paint(ink, "\033[1m");
    fprintf(ink->to, "%s: %lu\n", head, (unsigned long)count);
    paint(ink, "\033[0m");
    for (uint64_t i = 0; i < count && i < NOTES_KEPT; i++) {
        fputs("  ", ink->to);
        print_text(ink->to, notes[i].text, 300);
        fputc('\n', ink->to);
    }
    if (count > NOTES_KEPT)
        fprintf(ink->to, "  and %lu more%s\n", (unsigned long)(count - NOTES_KEPT), rest);
}

struct source_tally {
    const struct sigma_logsource *source;
    uint32_t rules;
};

static bool same_source(const struct sigma_logsource *a, const struct sigma_logsource *b) {
    return str_eq_ascii(a->category, b->category) && str_eq_ascii(a->product, b->product) && str_eq_ascii(a->service, b->service);
}

static int by_rules(const void *a, const void *b) {
    const struct source_tally *const x = a, *const y = b;

    return x->rules != y->rules ? (x->rules < y->rules) - (x->rules > y->rules)
                                : (x->source > y->source) - (x->source < y->source);
}

/* Log sources that rules ask for and the evidence has no event of: not "no hit". */
static void print_no_data(const struct summary *s, const struct ink *ink, size_t rules) {
    struct source_tally *const t = calloc(s->set->rule_count + 1, sizeof *t);
    size_t count = 0;

    for (size_t i = 0; t && i < s->set->rule_count; i++) {
        const struct sigma_rule *const r = s->set->rules[i];
        size_t k = 0;

        if (r->type != SIGMA_DETECTION || strcmp(status(s, r), "no data") != 0)
            continue;
        while (k < count && !same_source(t[k].source, &r->logsource))
            k++;
        if (k == count)
            t[count++].source = &r->logsource;
        t[k].rules++;
    }
    if (count) {
        qsort(t, count, sizeof *t, by_rules);
        fprintf(ink->to, "No data for %zu rules: this evidence has no event of their log sources", rules);
        for (size_t i = 0; i < count && i < SOURCES_SHOWN; i++) {
            const str parts[] = {t[i].source->product, t[i].source->category, t[i].source->service};
            bool first = true;

            fputs(i ? ", " : "\n  ", ink->to);
            for (size_t k = 0; k < COUNT(parts); k++)
                if (parts[k].len) {
                    fputs(first ? "" : "/", ink->to);
                    print_text(ink->to, parts[k], 40);
                    first = false;
                }
            fprintf(ink->to, " (%u)", t[i].rules);
        }
        if (count > SOURCES_SHOWN)
            fprintf(ink->to, ", and %zu more log sources", count - SOURCES_SHOWN);
        fputc('\n', ink->to);
    }
    free(t);
}

static void print_rules(const struct summary *s, const struct ink *ink) {
    size_t evaluated = 0, no_data = 0, unusable = 0, failed = 0;

    for (size_t i = 0; i < s->set->rule_count; i++) {
        const char *const what = status(s, s->set->rules[i]);

        evaluated += strcmp(what, "evaluated") == 0;
        no_data += strcmp(what, "no data") == 0;
        unusable += strcmp(what, "unusable") == 0;
    }
    for (size_t i = 0; i < s->set->verdict_count; i++)
        failed += !s->set->verdicts[i].loaded;
    fprintf(ink->to, "Rules: %zu evaluated, %zu without data, %zu without a value for a placeholder, %zu could not be loaded\n",
            evaluated, no_data, unusable, failed);
    for (size_t i = 0, shown = 0; i < s->set->verdict_count && shown < NOTES_KEPT; i++) {
        const struct sigma_verdict *const v = &s->set->verdicts[i];

        if (v->loaded)
            continue;
        fputs("  ", ink->to);
        print_text(ink->to, v->path, 300);
        fprintf(ink->to, ":%u: ", v->line);
        print_text(ink->to, v->reason, 300);
        fputc('\n', ink->to);
        shown++;
    }
    if (failed > NOTES_KEPT)
        fprintf(ink->to, "  and %zu more: longwatch rules check lists all\n", failed - NOTES_KEPT);
    print_no_data(s, ink, no_data);
}

void summary_print(const struct summary *s, FILE *to, uint64_t regex_given_up, const char *case_path) {
    const char *const no_color = getenv("NO_COLOR");
    struct ink const ink = {to, isatty(fileno(to)) && !(no_color && *no_color)};
    uint32_t *const order = calloc(s->set->rule_count + 1, sizeof *order);
    const char *const rest = case_path ? "; the case lists all" : "; with -o CASE all are listed";
    char size[SIZE_TEXT];

    for (int level = LEVEL_CRITICAL; order && level >= 0; level--)
        print_level(s, &ink, level, order);
    free(order);
    if (!s->findings)
        fputs("Nothing was found in what could be read.\n\n", to);
    fprintf(to, "Read: %lu events of %lu files (%s", (unsigned long)s->records, (unsigned long)s->sources,
            size_text(s->bytes, size));
    if (s->containers)
        fprintf(to, ", from %lu archives", (unsigned long)s->containers);
    fputs("), ", to);
    print_span(to, s->first, s->last);
    fputs(s->first == INSTANT_NONE ? "\n" : " UTC\n", to);
    if (s->salvaged)
        fprintf(to, "Salvaged: %lu records from where logs had been overwritten, with %lu findings that are kept apart\n",
                (unsigned long)s->salvaged, (unsigned long)s->salvaged_findings);
    if (s->no_kind)
        fprintf(to, "Of no known kind: %lu events, to which no rule applies\n", (unsigned long)s->no_kind);
    if (s->no_time)
        fprintf(to, "Without a usable time: %lu events, which take no part in correlations\n", (unsigned long)s->no_time);
    if (s->repaired)
        fprintf(to, "Repaired: %lu bytes of text that were no UTF-8 or UTF-16\n", (unsigned long)s->repaired);
    print_notes(&ink, "NOT READ", s->unread, s->unread_count, rest);
    print_notes(&ink, "DAMAGED", s->damage, s->damage_count, rest);
    print_rules(s, &ink);
    print_notes(&ink, "Left out of rules", s->left_out, s->left_out_count, "");
    if (regex_given_up)
        fprintf(to, "Regular expressions given up at the step limit: %lu times; a match may be missing\n",
                (unsigned long)regex_given_up);
    if (case_path)
        fprintf(to, "Case: %s   one finding and its record: longwatch show %s 1\n", case_path, case_path);
}
