/* summary_print: the gravest first; the conclusion last, because the last lines are those that stay on the screen. */
#include "cli/summary_own.h"
#include "cli/terminal.h"
#include "report/finding_text.h"
#include "report/indicator_text.h"
#include "report/person_text.h"

#define NAMES_SHOWN 2u
#define TOUCHED_SHOWN 8u
#define SOURCES_SHOWN 12u
#define NAME_COLUMNS 48u
#define NAME_BEGIN 16u /* of a longer one: so much of its beginning, the rest of its end */
#define FILES_WHOLE 5u /* of more files (or rules) one place each is told */
#define COUNT_COLUMNS 8
#define TEXT_COLUMN 10u /* where titles and what belongs to them begin */

static const char bold[] = "\033[1m", yellow[] = "\033[33m";
static const char *const level_ink[] = {"\033[2m", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m"};
/* Rules that are listed by level; the rest is counted. */
static const size_t rules_shown[] = {5, 10, SIZE_MAX, SIZE_MAX, SIZE_MAX};

struct page {
    const struct summary *s;
    const struct summary_frame *frame;
    struct buf *b;
};

static void ink(const struct page *p, const char *code) {
    if (p->frame->colour)
        buf_add(p->b, str_of(code));
}

static void ink_end(const struct page *p) {
    ink(p, "\033[0m");
}

/* How many bytes the first so many characters take. */
static size_t characters(str name, size_t count) {
    size_t len = 0;

    for (; len < name.len; len++)
        if (((unsigned char)name.ptr[len] & 0xc0) != 0x80 && count-- == 0)
            break;
    return len;
}

/* Cut in the middle: what tells long names apart (of addresses of resources, paths) stands at their end. */
static void name_add(struct buf *b, str name) {
    size_t const all = characters(name, NAME_COLUMNS);
    size_t count = NAME_COLUMNS, end;

    if (all == name.len) {
        finding_plain(b, name, false);
        return;
    }
    for (size_t at = all; at < name.len; at++)
        count += ((unsigned char)name.ptr[at] & 0xc0) != 0x80;
    end = characters(name, count - (NAME_COLUMNS - NAME_BEGIN - 1));
    finding_plain(b, str_first(name, characters(name, NAME_BEGIN)), false);
    buf_add(b, S("…"));
    finding_plain(b, str_from(name, end), false);
}

static void time_add(struct buf *b, int64_t when, bool day) {
    struct wall const w = instant_wall(when);

    if (day)
        buf_format(b, "%04d-%02d-%02d ", w.year, w.month, w.day);
    buf_format(b, "%02d:%02d", w.hour, w.minute);
}

/* "2021-03-16 05:41 to 07:31" */
static void span_add(struct buf *b, int64_t first, int64_t last) {
    struct wall from, to;

    if (first == INSTANT_NONE) {
        buf_add(b, S("without time"));
        return;
    }
    time_add(b, first, true);
    from = instant_wall(first);
    to = instant_wall(last);
    if (from.year == to.year && from.month == to.month && from.day == to.day && from.hour == to.hour &&
        from.minute == to.minute)
        return;
    buf_add(b, S(" to "));
    time_add(b, last, from.year != to.year || from.month != to.month || from.day != to.day);
}

static void names_add(struct buf *b, const char *before, const struct names *n) {
    for (uint32_t i = 0; i < n->count && i < NAMES_SHOWN; i++) {
        buf_add(b, str_of(i ? ", " : before));
        name_add(b, n->items[i]);
    }
    if (n->count > NAMES_SHOWN)
        buf_format(b, " and %u%s more", n->count - NAMES_SHOWN, n->more ? " or" : "");
}

static void touched_add(struct buf *b, const char *what, const struct names *n) {
    if (!n->count)
        return;
    buf_format(b, "%s%s ", b->len ? "; " : "", what);
    for (uint32_t i = 0; i < n->count && i < TOUCHED_SHOWN; i++) {
        buf_add(b, i ? S(", ") : S(""));
        name_add(b, n->items[i]);
    }
    if (n->count > TOUCHED_SHOWN)
        buf_format(b, ", and %u%s more", n->count - TOUCHED_SHOWN, n->more ? " or" : "");
}

void summary_touched(const struct summary *s, struct buf *b) {
    touched_add(b, "hosts", &s->hosts);
    touched_add(b, "accounts", &s->accounts);
}

/* What was put together in line, wrapped; line is empty again. */
static void wrapped(const struct page *p, struct buf *line, size_t at, size_t indent) {
    text_wrap(p->b, buf_str(line), at, indent, p->frame->columns);
    buf_byte(p->b, '\n');
    p->b->failed |= line->failed;
    line->len = 0;
}

/* The most findings first, of as many the earliest: where all are few, it reads as a story. */
static int by_findings(const void *a, const void *b, void *ctx) {
    const struct summary *const s = ctx;
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const struct tally *const m = summary_tally(s, x), *const n = summary_tally(s, y);

    if (m->findings != n->findings)
        return (m->findings < n->findings) - (m->findings > n->findings);
    if (m->first != n->first)
        return (m->first > n->first) - (m->first < n->first);
    return (x > y) - (x < y);
}

static void print_rule(const struct page *p, uint32_t rule, struct buf *line) {
    const struct tally *const t = summary_tally(p->s, rule);
    char count[COUNT_TEXT];

    buf_format(p->b, "%*s  ", COUNT_COLUMNS, count_text(t->findings, count));
    if (rule < p->s->own) {
        finding_plain(line, p->s->set->rules[rule]->title, false);
    } else if (summary_tally_person(p->s, rule)) {
        const struct known_tally *const k = &p->s->tallies[rule - p->s->own];

        person_words(line, &k->person);
        buf_add(line, S(": "));
        finding_short(line, k->value);
    } else {
        buf_add(line, S("Known "));
        indicator_words(line, &p->s->tallies[rule - p->s->own].indicator);
    }
    ink(p, bold);
    text_wrap(p->b, buf_str(line), TEXT_COLUMN, TEXT_COLUMN, p->frame->columns);
    ink_end(p);
    line->len = 0;
    span_add(line, t->first, t->last);
    names_add(line, " on ", &t->hosts);
    names_add(line, " by ", &t->accounts);
    names_add(line, " from ", &t->addresses);
    names_add(line, " for ", &t->groups);
    if (p->frame->case_path)
        buf_format(line, t->findings == 1 ? " (finding %lu)" : " (first: finding %lu)", (unsigned long)t->number);
    buf_format(p->b, "\n%*s", (int)TEXT_COLUMN, "");
    wrapped(p, line, TEXT_COLUMN, TEXT_COLUMN + 2);
}

/* By what something was found, or might have been. */
struct askers {
    uint64_t rules, indicators, persons;
};

/* Of one tally. */
static void asker_count(const struct summary *s, size_t tally, struct askers *n) {
    bool const person = summary_tally_person(s, tally);

    n->rules += tally < s->own;
    n->persons += person;
    n->indicators += tally >= s->own && !person;
}

/* "3 rules", "1 rule and 2 indicators", "1 rule, 2 indicators and 1 listed name" */
static void askers_add(struct buf *b, struct askers n) {
    bool const rules = n.rules || (!n.indicators && !n.persons);

    if (rules)
        count_add(b, n.rules, "rule");
    if (n.indicators) {
        buf_add(b, !rules ? S("") : n.persons ? S(", ") : S(" and "));
        count_add(b, n.indicators, "indicator");
    }
    if (n.persons) {
        buf_add(b, rules || n.indicators ? S(" and ") : S(""));
        count_add(b, n.persons, "listed name");
    }
}

static void print_level(const struct page *p, int level, uint32_t *order, struct buf *line) {
    uint64_t findings = 0, rest = 0;
    struct askers by = {0};
    size_t count = 0;

    for (uint32_t i = 0; i < summary_tallies(p->s); i++)
        if (summary_tally(p->s, i)->findings && (int)summary_tally_level(p->s, i) == level) {
            order[count++] = i;
            asker_count(p->s, i, &by);
            findings += summary_tally(p->s, i)->findings;
        }
    if (!count)
        return;
    qsort_r(order, count, sizeof *order, by_findings, (void *)(uintptr_t)p->s);
    ink(p, level_ink[level]);
    buf_add(p->b, sigma_level_name((enum sigma_level)level));
    buf_add(p->b, S(": "));
    count_add(p->b, findings, "finding");
    buf_add(p->b, S(" by "));
    askers_add(p->b, by);
    ink_end(p);
    buf_byte(p->b, '\n');
    for (size_t i = 0; i < count; i++)
        if (i < rules_shown[level])
            print_rule(p, order[i], line);
        else
            rest += summary_tally(p->s, order[i])->findings;
    if (rest) {
        char text[COUNT_TEXT];

        buf_format(p->b, "%*s  by ", COUNT_COLUMNS, count_text(rest, text));
        count_add(p->b, count - rules_shown[level],
                  by.persons      ? "more rule, indicator or name"
                  : by.indicators ? "more rule or indicator"
                                  : "more rule");
        buf_add(p->b, S(", which --json and a case list\n"));
    }
    buf_byte(p->b, '\n');
}

static void print_head(const struct page *p, const char *code, const char *head) {
    ink(p, code);
    buf_add(p->b, str_of(head));
    ink_end(p);
}

static void print_rest(const struct page *p, const struct notes *n) {
    if (n->abouts > NOTES_KEPT)
        buf_format(p->b, "  and %lu more, which %s\n", (unsigned long)(n->abouts - NOTES_KEPT),
                   p->frame->case_path ? "the case lists" : "a case (-o) would list");
}

/* Files under the reason that is common to them. */
static void print_unread(const struct page *p, struct buf *line) {
    const struct notes *const n = &p->s->unread;
    size_t const kept = n->abouts < NOTES_KEPT ? n->abouts : NOTES_KEPT;

    if (!n->count)
        return;
    print_head(p, yellow, "NOT READ: ");
    count_add(p->b, n->abouts, "file");
    buf_byte(p->b, '\n');
    for (size_t i = 0; i < kept; i++) {
        bool told = false;

        for (size_t k = 0; k < i; k++)
            told |= str_eq(n->items[k].texts[0], n->items[i].texts[0]);
        if (told)
            continue;
        finding_plain(line, n->items[i].texts[0], false);
        buf_byte(line, ':');
        buf_add(p->b, S("  "));
        wrapped(p, line, 2, 4);
        for (size_t k = i; k < kept; k++)
            if (str_eq(n->items[k].texts[0], n->items[i].texts[0])) {
                buf_add(p->b, S("    "));
                finding_plain(p->b, n->items[k].about, false);
                buf_byte(p->b, '\n');
            }
    }
    print_rest(p, n);
}

static void print_names(const struct page *p, const struct notes *n, const char *head) {
    if (!n->count)
        return;
    print_head(p, bold, head);
    count_add(p->b, n->abouts, "file");
    buf_byte(p->b, '\n');
    for (size_t i = 0; i < n->abouts && i < NOTES_KEPT; i++) {
        buf_add(p->b, S("  "));
        finding_plain(p->b, n->items[i].about, false);
        buf_byte(p->b, '\n');
    }
    print_rest(p, n);
}

/* "file: text", or the file and its texts below it; of many files "file: 3 places, such as text". */
static void print_notes(const struct page *p, const struct notes *n, const char *things, struct buf *line) {
    bool const many = n->abouts > FILES_WHOLE;

    for (size_t i = 0; i < n->abouts && i < NOTES_KEPT; i++) {
        const struct note *const note = &n->items[i];
        size_t from;

        /* A path is told as it is, with all its blanks: only what follows it is wrapped. */
        from = p->b->len;
        buf_add(p->b, S("  "));
        finding_plain(p->b, note->about, false);
        buf_add(p->b, S(": "));
        if (note->count == 1)
            finding_plain(line, note->texts[0], false);
        else
            buf_format(line, "%lu %s%s", (unsigned long)note->count, things, many ? ", such as " : "");
        if (note->count > 1 && many)
            finding_plain(line, note->texts[0], false);
        wrapped(p, line, text_columns(str_from(buf_str(p->b), from)), 4);
        for (size_t k = 0; note->count > 1 && !many && k < note->count && k < PLACES_KEPT; k++) {
            buf_add(p->b, S("    "));
            finding_plain(line, note->texts[k], false);
            wrapped(p, line, 4, 6);
        }
        if (note->count > PLACES_KEPT && !many)
            buf_format(p->b, "    and %lu more\n", (unsigned long)(note->count - PLACES_KEPT));
    }
    print_rest(p, n);
}

static void print_damage(const struct page *p, struct buf *line) {
    const struct notes *const n = &p->s->damage;

    if (!n->count)
        return;
    print_head(p, yellow, "DAMAGED: ");
    count_add(p->b, n->count, "place");
    buf_add(p->b, S(" in "));
    count_add(p->b, n->abouts, "file");
    buf_byte(p->b, '\n');
    print_notes(p, n, "places", line);
}

static void print_clocks(const struct page *p, struct buf *line) {
    const struct notes *const right = &p->s->corrected, *const doubtful = &p->s->doubtful;

    if (right->count) {
        print_head(p, yellow, "CLOCKS: ");
        buf_format(line, "%lu of ", (unsigned long)right->abouts);
        count_add(line, p->s->sources, "file");
        buf_format(line, " wrote local time as UTC, and %s corrected", right->abouts == 1 ? "was" : "were");
        wrapped(p, line, 8, 2);
        print_notes(p, right, "hosts", line);
    }
    if (doubtful->count) {
        print_head(p, yellow, "TIMES IN DOUBT: ");
        count_add(p->b, doubtful->abouts, "file");
        buf_byte(p->b, '\n');
        print_notes(p, doubtful, "reasons", line);
    }
}

/* Rules of one log source, or all of a product. */
struct source_tally {
    const struct sigma_logsource *source;
    bool product;
    uint32_t rules;
};

static bool same_source(const struct sigma_logsource *a, const struct sigma_logsource *b) {
    return str_eq_ascii(a->category, b->category) && str_eq_ascii(a->product, b->product) &&
           str_eq_ascii(a->service, b->service);
}

static bool no_data(const struct summary *s, const struct sigma_rule *r) {
    return r->type == SIGMA_DETECTION && strcmp(summary_status(s, r), "no data") == 0;
}

/* Has no rule of this product any data, and are they of several log sources? Then the product is told, not each of them. */
static bool product_absent(const struct summary *s, const struct sigma_logsource *source) {
    bool several = false;

    for (size_t i = 0; source->product.len && i < s->own; i++) {
        const struct sigma_rule *const r = s->set->rules[i];

        if (r->type != SIGMA_DETECTION || !str_eq_ascii(r->logsource.product, source->product))
            continue;
        if (!no_data(s, r))
            return false;
        several |= !same_source(&r->logsource, source);
    }
    return several;
}

static int by_rules(const void *a, const void *b) {
    const struct source_tally *const x = a, *const y = b;

    return x->rules != y->rules ? (x->rules < y->rules) - (x->rules > y->rules)
                                : (x->source > y->source) - (x->source < y->source);
}

static void source_add(struct buf *b, const struct sigma_logsource *source) {
    const str parts[] = {source->product, source->category, source->service};
    bool first = true;

    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].len) {
            buf_add(b, first ? S("") : S("/"));
            finding_plain(b, parts[i], false);
            first = false;
        }
}

/* Log sources that rules ask for and the evidence has no event of: not "no hit". */
static void print_no_data(const struct page *p, uint64_t rules, struct buf *line) {
    const struct sigma_set *const set = p->s->set;
    struct source_tally *const t = calloc(set->rule_count + 1, sizeof *t);
    size_t count = 0, correlations = 0;
    char text[COUNT_TEXT];

    p->b->failed |= !t;
    for (size_t i = 0; t && i < p->s->own; i++) {
        const struct sigma_rule *const r = set->rules[i];
        size_t k = 0;

        correlations += r->type == SIGMA_CORRELATION && strcmp(summary_status(p->s, r), "no data") == 0;
        if (!no_data(p->s, r))
            continue;
        while (k < count && !(t[k].product ? str_eq_ascii(t[k].source->product, r->logsource.product)
                                           : same_source(t[k].source, &r->logsource)))
            k++;
        if (k == count) {
            t[count].product = product_absent(p->s, &r->logsource);
            t[count++].source = &r->logsource;
        }
        t[k].rules++;
    }
    if (count) {
        qsort(t, count, sizeof *t, by_rules);
        print_head(p, yellow, "NO DATA");
        buf_add(p->b, S(" for "));
        count_add(p->b, rules, "rule");
        buf_add(p->b, S(": this evidence has no event of their log sources\n  "));
        for (size_t i = 0; i < count && i < SOURCES_SHOWN; i++) {
            buf_add(line, i ? S(", ") : S(""));
            if (t[i].product) {
                buf_add(line, S("all of "));
                finding_plain(line, t[i].source->product, false);
            } else {
                source_add(line, t[i].source);
            }
            buf_format(line, " (%s)", count_text(t[i].rules, text));
        }
        if (count > SOURCES_SHOWN)
            buf_format(line, ", and %zu more", count - SOURCES_SHOWN);
        if (correlations) {
            buf_add(line, S(", and "));
            count_add(line, correlations, "correlation");
            buf_add(line, S(" of such rules"));
        }
        wrapped(p, line, 2, 2);
    }
    free(t);
}

static void print_failed(const struct page *p, size_t failed, struct buf *line) {
    size_t shown = 0;

    if (!failed)
        return;
    print_head(p, yellow, "NOT LOADED: ");
    count_add(p->b, failed, "rule");
    buf_byte(p->b, '\n');
    for (size_t i = 0; i < p->s->set->verdict_count && shown < NOTES_KEPT; i++) {
        const struct sigma_verdict *const v = &p->s->set->verdicts[i];

        if (v->loaded)
            continue;
        buf_add(p->b, S("  "));
        finding_plain(line, v->path, false);
        buf_format(line, ":%u: ", v->line);
        finding_plain(line, v->reason, false);
        wrapped(p, line, 2, 4);
        shown++;
    }
    if (failed > shown)
        buf_format(p->b, "  and %zu more: longwatch rules check lists all\n", failed - shown);
}

/* How many rules could give an answer. */
static uint64_t print_rules(const struct page *p, struct buf *line) {
    const struct sigma_set *const set = p->s->set;
    uint64_t evaluated = 0, no_data = 0, never = 0, unusable = 0, failed = 0;
    char text[COUNT_TEXT];

    for (size_t i = 0; i < p->s->own; i++) {
        const char *const what = summary_status(p->s, set->rules[i]);

        evaluated += strcmp(what, "evaluated") == 0;
        no_data += strcmp(what, "no data") == 0;
        never += strcmp(what, "never") == 0;
        unusable += strcmp(what, "unusable") == 0;
    }
    for (size_t i = 0; i < set->verdict_count; i++)
        failed += !set->verdicts[i].loaded;
    buf_add(p->b, S("Rules: "));
    buf_add(line, str_of(count_text(evaluated + no_data + never + unusable + failed, text)));
    buf_add(line, S(" in all, "));
    buf_add(line, str_of(count_text(evaluated, text)));
    buf_add(line, S(" had data"));
    if (unusable)
        buf_format(line, ", %s without a value for a placeholder (--placeholders FILE)", count_text(unusable, text));
    wrapped(p, line, 7, 7);
    print_failed(p, failed, line);
    print_no_data(p, no_data, line);
    return evaluated;
}

static void print_read(const struct page *p, struct buf *line) {
    const struct summary *const s = p->s;
    char size[SIZE_TEXT];

    buf_add(p->b, S("Read: "));
    count_add(line, s->records, "event");
    buf_add(line, S(" in "));
    count_add(line, s->sources, "file");
    buf_format(line, " (%s", size_text(s->bytes, size));
    if (s->containers) {
        buf_add(line, S(", out of "));
        count_add(line, s->containers, "archive");
    }
    buf_add(line, S(")"));
    if (s->records) {
        buf_add(line, S(", "));
        span_add(line, s->first, s->last);
        buf_add(line, s->first == INSTANT_NONE ? S("") : S(" UTC"));
    }
    wrapped(p, line, 6, 6);
}

static void print_line(const struct page *p, struct buf *line) {
    wrapped(p, line, 0, 2);
}

static void print_remarks(const struct page *p, struct buf *line) {
    const struct summary *const s = p->s;

    if (s->salvaged) {
        buf_add(line, S("Salvaged: "));
        count_add(line, s->salvaged, "record");
        buf_add(line, S(" from where logs had been overwritten, with "));
        count_add(line, s->salvaged_findings, "finding");
        buf_add(line, S(" that are kept apart"));
        print_line(p, line);
    }
    if (s->duplicates) {
        buf_add(line, S("Read twice: "));
        count_add(line, s->duplicates, "event");
        buf_add(line, S(" that other files, or the same, hold as well"));
        print_line(p, line);
    }
    if (s->silences || s->holes) {
        buf_add(line, S("Gaps: "));
        if (s->silences)
            count_add(line, s->silences, "silence");
        buf_add(line, s->silences && s->holes ? S(" and ") : S(""));
        if (s->holes) {
            count_add(line, s->holes, "hole");
            buf_add(line, S(" in record numbers"));
        }
        buf_add(line, p->frame->case_path ? S(", which 'longwatch ledger' lists")
                                          : S(", which 'longwatch ledger' lists of a case (-o)"));
        print_line(p, line);
    }
    if (s->no_kind) {
        buf_add(line, S("Of no known kind: "));
        count_add(line, s->no_kind, "event");
        buf_add(line, s->known ? S(", to which no rule applies; indicators were looked for")
                               : S(", to which no rule applies"));
        buf_add(line, S("; 'longwatch kinds suggest FILE' drafts what is missing"));
        print_line(p, line);
    }
    if (s->no_time) {
        buf_add(line, S("Without a usable time: "));
        count_add(line, s->no_time, "event");
        buf_add(line, S(", which take no part in correlations"));
        print_line(p, line);
    }
    if (s->years) {
        buf_add(line, S("Without a year: "));
        count_add(line, s->years, "event");
        buf_add(line, S(", which got one by when the file was last written to, or by --latest"));
        print_line(p, line);
    }
    if (s->twice) {
        buf_add(line, S("In an hour that clocks showed twice: "));
        count_add(line, s->twice, "event");
        buf_add(line, S(", taken as of the first"));
        print_line(p, line);
    }
    if (s->repaired) {
        buf_add(line, S("Repaired: "));
        count_add(line, s->repaired, "byte");
        buf_add(line, s->repaired == 1 ? S(" that was no UTF-8 or UTF-16") : S(" that were no UTF-8 or UTF-16"));
        print_line(p, line);
    }
}

static void print_asked(const struct page *p, struct buf *line) {
    char text[INSTANT_TEXT];

    if (p->frame->level > LEVEL_INFORMATIONAL) {
        buf_add(line, S("Asked for: only findings of level "));
        buf_add(line, sigma_level_name(p->frame->level));
        buf_add(line, p->frame->level == LEVEL_CRITICAL ? S("") : S(" and above"));
        print_line(p, line);
    }
    if (p->frame->from != INSTANT_NONE || p->frame->to != INSTANT_NONE) {
        buf_add(line, S("Asked for: only events"));
        if (p->frame->from != INSTANT_NONE) {
            buf_add(line, S(" from "));
            buf_add(line, instant_format(p->frame->from, text));
        }
        if (p->frame->to != INSTANT_NONE) {
            buf_add(line, S(" before "));
            buf_add(line, instant_format(p->frame->to, text));
        }
        buf_add(line, S(", and those without a time"));
        print_line(p, line);
    }
}

/* "15 findings by 13 rules (1 critical, 8 high), 2021-03-16 05:41 to 07:31 UTC, on 4 hosts, by 2 accounts" */
static void found_add(const struct page *p, struct buf *line) {
    const struct summary *const s = p->s;
    uint64_t levels[LEVEL_CRITICAL + 1] = {0};
    struct askers by = {0};
    int64_t first = INSTANT_NONE, last = INSTANT_NONE;
    bool begun = false;

    for (size_t i = 0; i < summary_tallies(s); i++) {
        const struct tally *const t = summary_tally(s, i);

        if (!t->findings)
            continue;
        if (!summary_tally_again(s, i))
            asker_count(s, i, &by);
        levels[summary_tally_level(s, i)] += t->findings;
        if (t->first != INSTANT_NONE && (first == INSTANT_NONE || t->first < first))
            first = t->first;
        if (t->last != INSTANT_NONE && (last == INSTANT_NONE || t->last > last))
            last = t->last;
    }
    count_add(line, s->findings, "finding");
    buf_add(line, S(" by "));
    askers_add(line, by);
    for (int level = LEVEL_CRITICAL; level >= 0; level--)
        if (levels[level]) {
            char text[COUNT_TEXT];
            str const name = sigma_level_name((enum sigma_level)level);

            buf_format(line, "%s%s %.*s", begun ? ", " : " (", count_text(levels[level], text), STR_ARG(name));
            begun = true;
        }
    buf_add(line, S("), "));
    span_add(line, first, last);
    buf_add(line, first == INSTANT_NONE ? S("") : S(" UTC"));
    if (s->hosts.count) {
        buf_add(line, s->hosts.more ? S(", on more than ") : S(", on "));
        count_add(line, s->hosts.count, "host");
    }
    if (s->accounts.count) {
        buf_add(line, s->accounts.more ? S(", by more than ") : S(", by "));
        count_add(line, s->accounts.count, "account");
    }
}

static void print_end(const struct page *p, uint64_t evaluated, struct buf *line) {
    const struct summary *const s = p->s;
    const char *const path = p->frame->case_path;

    buf_byte(p->b, '\n');
    ink(p, bold);
    if (s->findings) {
        buf_add(line, S("FOUND: "));
        found_add(p, line);
    } else if (!s->records) {
        buf_add(line, S("NOTHING WAS READ: there was no event to hunt through"));
    } else if (!evaluated && !s->known && !s->persons && !s->set->verdict_count) {
        buf_add(line, S("NO EVENT WAS ASKED ABOUT: there were rules for files only (below)"));
    } else if (!evaluated && !s->known && !s->persons) {
        buf_add(line,
                S("NOTHING COULD BE ASKED: no rule has data in this evidence, so that nothing was found says nothing"));
    } else {
        buf_add(line, S("NOTHING FOUND by "));
        askers_add(line, (struct askers){.rules = evaluated,
                                         .indicators = s->known ? intel_set_entries(known_intel(s->known)) : 0,
                                         .persons = s->persons ? persons_counted(s->persons).names : 0});
        buf_add(line, S(" in "));
        count_add(line, s->records, "event");
    }
    if (!s->findings &&
        (p->frame->level > LEVEL_INFORMATIONAL || p->frame->from != INSTANT_NONE || p->frame->to != INSTANT_NONE))
        buf_add(line, S("; only what was asked for (above) was looked at"));
    if (s->unread.count || s->damage.count)
        buf_add(line, S("; not all evidence could be read (above)"));
    text_wrap(p->b, buf_str(line), 0, 2, p->frame->columns);
    line->len = 0;
    ink_end(p);
    buf_byte(p->b, '\n');
    if (path) {
        buf_format(line, "Case: %s; a finding and its record: longwatch show %s %s", path, path,
                   s->findings ? "1" : "FINDING");
        print_line(p, line);
    } else if (s->findings) {
        buf_add(line,
                p->frame->keep.len
                    ? p->frame->keep
                    : S("To keep this, with every finding and the way back to its record, hunt again with: -o CASE"));
        print_line(p, line);
    }
}

void summary_print(const struct summary *s, const struct summary_frame *frame, struct buf *b) {
    struct page const page = {s, frame, b};
    uint32_t *const order = calloc(summary_tallies(s) + 1, sizeof *order);
    struct buf line = {0};
    uint64_t evaluated;

    b->failed |= !order;
    for (int level = LEVEL_CRITICAL; order && level >= 0; level--)
        print_level(&page, level, order, &line);
    free(order);
    if (frame->read.len)
        buf_add(b, frame->read);
    else
        print_read(&page, &line);
    print_remarks(&page, &line);
    print_asked(&page, &line);
    /* What lies beside logs is told, so that nobody takes a log for read that was taken for this; and what was not asked, because it is not there any
     * more. */
    print_names(&page, &s->prose, "Prose, and no logs: ");
    print_names(&page, &s->gone, "Gone from the archive, and not hunted: ");
    print_unread(&page, &line);
    print_damage(&page, &line);
    print_clocks(&page, &line);
    buf_add(b, frame->known);
    evaluated = print_rules(&page, &line);
    if (s->shut.count) {
        print_head(&page, yellow, "CAN NEVER MATCH: ");
        count_add(b, s->shut.count, "rule");
        buf_byte(b, '\n');
        print_notes(&page, &s->shut, "rules", &line);
    }
    if (s->left_out.count) {
        print_head(&page, bold, "Left out:\n");
        print_notes(&page, &s->left_out, "things", &line);
    }
    if (frame->regex_given_up) {
        buf_add(&line, S("Regular expressions were given up at the step limit "));
        count_add(&line, frame->regex_given_up, "time");
        buf_add(&line, S("; a match may be missing"));
        print_line(&page, &line);
    }
    print_end(&page, evaluated, &line);
    buf_free(&line);
}
