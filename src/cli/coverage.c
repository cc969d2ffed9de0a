/* coverage: `longwatch rules check --coverage`: the log sources of the rules, and what of them can be found. */
#include "cli/coverage.h"

#include "detection/detect.h"
#include "report/finding_text.h"

#define KINDS_SHOWN 3u

struct rule_line {
    const struct sigma_rule *rule;
    str why; /* it can never match; "": it can */
};

/* product, category, service: what people sort by. */
static int by_logsource(const struct sigma_logsource *x, const struct sigma_logsource *y) {
    int c = str_cmp(x->product, y->product);

    if (!c)
        c = str_cmp(x->category, y->category);
    return c ? c : str_cmp(x->service, y->service);
}

static int by_source(const void *a, const void *b) {
    const struct rule_line *const x = a, *const y = b;
    int const c = by_logsource(&x->rule->logsource, &y->rule->logsource);

    if (c)
        return c;
    return x->rule->index < y->rule->index ? -1 : x->rule->index > y->rule->index;
}

static bool part_fits(str without, str rule) {
    return without.len == 0 || str_eq_ascii(without, rule);
}

/* Why nothing gives events of this log source, as far as it is known. */
static str why_without(const struct kinds *kinds, const struct sigma_logsource *l) {
    for (size_t i = 0; i < kinds_without_count(kinds); i++) {
        const struct kind_without *const w = kinds_without_at(kinds, i);

        if (part_fits(w->product, l->product) && part_fits(w->category, l->category) &&
            part_fits(w->service, l->service))
            return w->why;
    }
    return S("no kind gives events of this log source");
}

static void add_source_name(struct buf *b, const struct sigma_logsource *l) {
    str const parts[] = {l->product, l->category, l->service};
    size_t written = 0;

    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!parts[i].len)
            continue;
        if (written++)
            buf_byte(b, ' ');
        finding_plain(b, parts[i], false);
    }
}

/* The kinds that give events of the log source: how many, and the names of the first. */
static size_t add_kinds(struct buf *b, const struct kinds *kinds, const struct sigma_logsource *l, bool json) {
    size_t count = 0, at;

    for (size_t i = 0; i < kinds_count(kinds); i++) {
        const struct kind *const k = kinds_at(kinds, i);

        if (!logsource_covers(l, k, &at))
            continue;
        if (json) {
            if (count)
                buf_byte(b, ',');
            buf_json(b, k->name);
        } else if (count < KINDS_SHOWN) {
            buf_add(b, count ? S(", ") : S(""));
            buf_add(b, k->name);
        }
        count++;
    }
    if (!json && count > KINDS_SHOWN)
        buf_format(b, " and %zu more", count - KINDS_SHOWN);
    return count;
}

static void add_part_json(struct buf *b, const char *name, str value) {
    buf_format(b, "\"%s\":", name);
    buf_json(b, value);
    buf_byte(b, ',');
}

static void source_json(struct buf *b, const struct kinds *kinds, const struct rule_line *lines, size_t count,
                        size_t can) {
    const struct sigma_logsource *const l = &lines[0].rule->logsource;
    size_t shown = 0;

    buf_byte(b, '{');
    add_part_json(b, "product", l->product);
    add_part_json(b, "category", l->category);
    add_part_json(b, "service", l->service);
    buf_format(b, "\"rules\":%zu,\"can_match\":%zu,\"kinds\":[", count, can);
    size_t const given = add_kinds(b, kinds, l, true);

    buf_add(b, S("],\"reason\":"));
    buf_json(b, given ? S("") : why_without(kinds, l));
    buf_add(b, S(",\"cannot\":["));
    for (size_t i = 0; i < count && given; i++) {
        if (!lines[i].why.len)
            continue;
        buf_add(b, shown++ ? S(",{\"id\":") : S("{\"id\":"));
        buf_json(b, lines[i].rule->id);
        buf_add(b, S(",\"title\":"));
        buf_json(b, lines[i].rule->title);
        buf_add(b, S(",\"path\":"));
        buf_json(b, lines[i].rule->path);
        buf_add(b, S(",\"missing_field\":"));
        buf_json(b, lines[i].why);
        buf_byte(b, '}');
    }
    buf_add(b, S("]}\n"));
}

static void source_line(struct buf *b, const struct kinds *kinds, const struct rule_line *lines, size_t count,
                        size_t can) {
    const struct sigma_logsource *const l = &lines[0].rule->logsource;
    struct buf name = {0};

    add_source_name(&name, l);
    buf_format(b, "%5zu %6zu  %-42.*s ", count, can, STR_ARG(buf_str(&name)));
    b->failed |= name.failed;
    buf_free(&name);
    if (!add_kinds(b, kinds, l, false)) {
        buf_add(b, S("none: "));
        buf_add(b, why_without(kinds, l));
        buf_byte(b, '\n');
        return;
    }
    buf_byte(b, '\n');
    for (size_t i = 0; i < count; i++) {
        if (!lines[i].why.len)
            continue;
        buf_add(b, S("               cannot: "));
        finding_plain(b, lines[i].rule->title, false);
        buf_add(b, S(" (no such event has `"));
        finding_plain(b, str_first(lines[i].why, 100), false);
        buf_add(b, S("`)\n"));
    }
}

bool coverage_add(struct buf *b, const struct sigma_set *set, const struct kinds *kinds, const str *shut, bool json,
                  struct err *e) {
    struct rule_line *const lines = reallocarray(NULL, set->rule_count + 1, sizeof *lines);
    size_t count = 0, rules = 0, all = 0, can_all = 0, sources = 0, served = 0, at = 0;

    if (!lines)
        return err_set(e, ERR_MEMORY, 0, "no memory for the log sources of rules");
    for (size_t i = 0; i < set->rule_count; i++)
        if (set->rules[i]->type == SIGMA_DETECTION)
            lines[rules++] = (struct rule_line){set->rules[i], shut[i]};
    if (rules)
        qsort(lines, rules, sizeof *lines, by_source);
    if (!json)
        buf_add(b, S("RULES    CAN  LOG SOURCE                                 KINDS\n"));
    for (; at < rules; at += count) {
        size_t can = 0, index;
        bool given = false;

        for (count = 0;
             at + count < rules && by_logsource(&lines[at].rule->logsource, &lines[at + count].rule->logsource) == 0;
             count++)
            can += !lines[at + count].why.len;
        for (size_t k = 0; k < kinds_count(kinds) && !given; k++)
            given = logsource_covers(&lines[at].rule->logsource, kinds_at(kinds, k), &index);
        can = given ? can : 0;
        if (json)
            source_json(b, kinds, lines + at, count, can);
        else
            source_line(b, kinds, lines + at, count, can);
        all += count;
        can_all += can;
        sources++;
        served += given;
    }
    if (!json)
        buf_format(b, "%zu rules of %zu log sources; %zu of these have kinds, %zu rules can match\n", all, sources,
                   served, can_all);
    free(lines);
    return true;
}
