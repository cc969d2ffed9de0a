/* dossier_attribution: what was judged of each incident, as the case holds it: the judgement, what carries it, what else would explain it, and what others
 * have said; then what sources say of indicators that were found.
 *
 * What the case holds is JSON (docs/formats/assessment.md), and may be a stranger's: what is not as it must be is passed over, every list is bounded, and words
 * of the level are ours, not the case's. */
#include <inttypes.h>
#include <math.h>

#include "attribution/assessment.h"
#include "codec/json_tree.h"
#include "report/assessment_case.h"
#include "report/assessment_tree.h"
#include "report/dossier_own.h"

#define TO_JUDGE                                                                                                       \
    "<code>longwatch attribute CASE --profiles DIR</code> judges it; where profiles come from, its help says."

/* ---- reading ---- */

static bool true_at(const json_t *object, const char *name) {
    return json_is_true(json_object_get(object, name));
}

static bool kept(struct dossier *d, str s, str *out, struct err *e) {
    return arena_copy(d->a, str_first(s, DOSSIER_LONG), out) ||
           err_set(e, ERR_MEMORY, 0, "no memory to write the dossier");
}

static bool on_judgement(void *ctx, uint32_t incident, str text, struct err *e) {
    struct dossier *const d = ctx;
    struct err why;
    json_t *tree;

    if (d->judgement_count == DOSSIER_INCIDENT_LINES)
        return true;
    struct dossier_judged *const j = &d->judgements[d->judgement_count++];

    *j = (struct dossier_judged){.incident = incident};
    if (!(tree = assessment_tree(text, &why)))
        return why.code == ERR_NONE || (*e = why, false);
    j->readable = assessment_brief(tree, &j->of);
    bool const ok =
        kept(d, j->of.why, &j->of.why, e) && kept(d, j->of.group, &j->of.group, e) && kept(d, j->of.id, &j->of.id, e);

    json_decref(tree);
    return ok;
}

bool dossier_judgements(struct dossier *d, struct err *e) {
    if (!(d->judgements = arena_zero(d->a, DOSSIER_INCIDENT_LINES, sizeof *d->judgements)))
        return err_set(e, ERR_MEMORY, 0, "no memory to write the dossier");
    return assessment_case_read(d->path, on_judgement, d, e);
}

const struct dossier_judged *dossier_judged(const struct dossier *d, uint32_t incident) {
    const struct dossier_judged *all = NULL;

    for (size_t i = 0; i < d->judgement_count; i++) {
        if (d->judgements[i].incident == incident)
            return &d->judgements[i];
        if (!d->judgements[i].incident)
            all = &d->judgements[i];
    }
    return all;
}

/* ---- words ---- */

static void percent(struct dossier *d, double p) {
    if (p < 0.01)
        dossier_put(d, "under&nbsp;1&nbsp;%");
    else if (p > 0.99)
        dossier_put(d, "over&nbsp;99&nbsp;%");
    else
        dossier_format(d, "%.0f&nbsp;%%", 100 * p);
}

static void word(struct dossier *d, double p) {
    dossier_format(d, "%.*s", STR_ARG(likelihood_word(p)));
}

static void sentence(struct dossier *d, const char *kind, str s) {
    if (!s.len)
        return;
    dossier_format(d, "<p%s%s%s>", kind ? " class=\"" : "", kind ? kind : "", kind ? "\"" : "");
    dossier_text(d, s, DOSSIER_LONG);
    dossier_put(d, "</p>\n");
}

static void sentences(struct dossier *d, const char *head, const json_t *list) {
    size_t const all = json_array_size(list);

    if (!all)
        return;
    dossier_format(d, "<h4>%s</h4>\n<ul>\n", head);
    for (size_t i = 0; i < all && i < DOSSIER_SENTENCES; i++) {
        dossier_put(d, "<li>");
        dossier_text(d, json_text(json_array_get(list, i)), DOSSIER_LONG);
        dossier_put(d, "</li>\n");
    }
    dossier_put(d, "</ul>\n");
    dossier_more(d, DOSSIER_SENTENCES, all, "<code>case.db</code>, table assessment");
}

/* ---- how likely ---- */

/* A hundred units wide, whatever the width of the page. */
static void bar(struct dossier *d, double p, const char *kind) {
    dossier_format(d,
                   "<svg class=\"chance %s\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" "
                   "focusable=\"false\"><rect class=\"of\" width=\"100\" height=\"10\"/><rect class=\"is\" "
                   "width=\"%.1f\" height=\"10\"/></svg>",
                   kind, 100 * p);
}

static void likely(struct dossier *d, struct dossier_table *t, double p, const char *kind) {
    dossier_cell(d, t);
    word(d, p);
    dossier_cell(d, t);
    percent(d, p);
    dossier_cell(d, t);
    bar(d, p, kind);
    dossier_row_end(d, t);
}

/* The row is told from the others: what it says is another kind of answer. */
static void apart(struct dossier *d, struct dossier_table *t) {
    t->at = 0;
    dossier_put(d, "<tr role=\"row\" class=\"apart\">");
    dossier_cell(d, t);
}

static void chances(struct dossier *d, const json_t *now) {
    static const char *const heads[] = {"Answer", "In words", "#Likelihood", "@Of a hundred", NULL};
    const json_t *const groups = assessment_list(now, "groups");
    double const none = assessment_chance(now, "none");
    double told = 0;
    struct dossier_table t;
    size_t shown = 0;

    if (isnan(none))
        return;
    dossier_put(d, "<h4>Judgements: how likely each answer is</h4>\n");
    dossier_table(d, &t, "Known groups, the likeliest first, and by itself that it was none of them", heads);
    for (size_t i = 0; i < json_array_size(groups) && shown < DOSSIER_LIKELY; i++) {
        const json_t *const g = json_array_get(groups, i);
        double const p = assessment_chance(g, "posterior");

        if (isnan(p) || (p < 0.01 && shown))
            continue;
        shown++;
        told += p;
        dossier_row(d, &t, NULL, 0, 0);
        dossier_cell(d, &t);
        dossier_text(d, assessment_group_name(g), DOSSIER_SHORT);
        likely(d, &t, p, "group");
    }
    if (1 - none - told > 0.005) {
        dossier_row(d, &t, NULL, 0, 0);
        dossier_cell(d, &t);
        dossier_put(d, "all other known groups together");
        likely(d, &t, 1 - none - told, "group");
    }
    apart(d, &t);
    dossier_put(d, "none of the known groups");
    likely(d, &t, none, "nobody");
    dossier_table_end(d);
}

/* ---- then and now ---- */

static void level(struct dossier *d, const json_t *a) {
    str const name = json_text_at(a, "level");
    str const first = assessment_group_name(json_array_get(assessment_list(a, "groups"), 0));

    if (str_eq(name, S("resembles")) || str_eq(name, S("consistent"))) {
        dossier_put(d, str_eq(name, S("resembles")) ? "resembles what is published of "
                                                    : "consistent with the public attribution of ");
        dossier_text(d, first, DOSSIER_SHORT);
    } else {
        dossier_put(d, "insufficient to name a group");
    }
}

static void day(struct dossier *d, str time) {
    int64_t const when = instant_parse(str_first(time, 40));

    dossier_day(d, when);
}

static void one_time(struct dossier *d, struct dossier_table *t, const char *when, const json_t *a) {
    const json_t *const first = json_array_get(assessment_list(a, "groups"), 0);
    double const p = assessment_chance(first, "posterior"), none = assessment_chance(a, "none");

    dossier_row(d, t, NULL, 0, 0);
    dossier_cell(d, t);
    dossier_put(d, when);
    if (json_text_at(a, "as_of").len) {
        dossier_put(d, " on ");
        day(d, json_text_at(a, "as_of"));
    } else {
        dossier_put(d, " now");
    }
    dossier_cell(d, t);
    dossier_text(d, json_text_at(a, "release"), DOSSIER_SHORT);
    dossier_cell(d, t);
    level(d, a);
    dossier_cell(d, t);
    if (isnan(p)) {
        dossier_put(d, "<span class=\"none\">none</span>");
    } else {
        dossier_text(d, assessment_group_name(first), DOSSIER_SHORT);
        dossier_put(d, ", ");
        percent(d, p);
    }
    dossier_cell(d, t);
    if (isnan(none))
        dossier_put(d, "<span class=\"none\">not said</span>");
    else
        percent(d, none);
    dossier_row_end(d, t);
}

static void then_and_now(struct dossier *d, const json_t *tree) {
    static const char *const heads[] = {"Judged by", "Profiles", "Judgement", "Nearest group", "None of them", NULL};
    const json_t *const then = json_object_get(tree, "then");
    struct dossier_table t;

    if (!json_is_object(then))
        return;
    dossier_put(d, "<h4>By what was known then, and now</h4>\n");
    dossier_table(d, &t, "-The judgement by what was public when it ended, and by what is public now", heads);
    one_time(d, &t, "what was public", then);
    one_time(d, &t, "what is public", json_object_get(tree, "now"));
    dossier_table_end(d);
    sentence(d, NULL, json_text_at(json_object_get(tree, "written"), "changed"));
}

/* ---- alternatives ---- */

static bool is_telling(const json_t *row) {
    return true_at(row, "discriminates");
}

/* "++" as a class and a sign; whatever else the case holds is a blank. */
static void cell(struct dossier *d, str sign) {
    static const struct {
        const char *sign, *kind, *shown, *heard;
    } known[] = {{"++", "pp", "++", "fits well"},
                 {"+", "p", "+", "fits"},
                 {"0", "z", "0", "says nothing"},
                 {"-", "m", "−", "speaks against"},
                 {"--", "mm", "−−", "speaks much against"}};

    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(sign, str_of(known[i].sign))) {
            dossier_format(d, "<span class=\"fit %s\" title=\"%s\">%s</span>", known[i].kind, known[i].heard,
                           known[i].shown);
            return;
        }
    dossier_put(d, "<span class=\"none\">?</span>");
}

static void hypotheses(struct dossier *d, const json_t *now) {
    static const char *const heads[] = {"What it might be", "#Against", "Likelihood", "How it stands", NULL};
    const json_t *const list = assessment_list(now, "hypotheses");
    struct dossier_table t;
    size_t i;

    dossier_table(d, &t, "Hypotheses; one is kept for having least against it, not most for it", heads);
    for (i = 0; i < json_array_size(list) && i < DOSSIER_HYPOTHESES; i++) {
        const json_t *const h = json_array_get(list, i);
        double const p = assessment_chance(h, "probability"), against = assessment_real(h, "against"),
                     much = assessment_real(h, "much_against");

        dossier_row(d, &t, NULL, 0, 0);
        dossier_cell(d, &t);
        dossier_format(d, "<strong>H%zu</strong> ", i + 1);
        dossier_text(d, json_text_at(h, "words"), 2 * DOSSIER_SHORT);
        dossier_cell(d, &t);
        dossier_number(d, against + much >= 0 && against + much < 1e9 ? (uint64_t)(against + much) : 0);
        dossier_cell(d, &t);
        if (isnan(p)) {
            dossier_put(d, "<span class=\"none\">in words only</span>");
        } else {
            word(d, p);
            dossier_put(d, ", ");
            percent(d, p);
        }
        dossier_cell(d, &t);
        dossier_put(d, true_at(h, "rejected") ? "<strong>rejected</strong> "
                       : true_at(h, "kept")   ? "<strong>kept</strong> "
                                              : "");
        dossier_text(d, json_text_at(h, "verdict"), 4 * DOSSIER_SHORT);
        dossier_row_end(d, &t);
    }
    dossier_table_end(d);
    dossier_more(d, i, json_array_size(list), "<code>case.db</code>, table assessment");
}

static void matrix(struct dossier *d, const json_t *now) {
    const json_t *const rows = assessment_list(now, "rows"), *const list = assessment_list(now, "hypotheses");
    size_t const columns = json_array_size(list) < DOSSIER_HYPOTHESES ? json_array_size(list) : DOSSIER_HYPOTHESES;
    size_t shown = 0, telling = 0;

    if (!columns) {
        dossier_put(d, "<p class=\"none\">The case holds none.</p>\n");
        return;
    }
    hypotheses(d, now);
    dossier_put(d,
                "<div class=\"scroll\"><table role=\"table\" class=\"ach\"><caption>What was seen against each "
                "hypothesis: ++ fits well, + fits, 0 says nothing, − speaks against, −− speaks much against. What is "
                "alike under all is left out.</caption><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" "
                "role=\"columnheader\">What was seen</th>");
    for (size_t h = 0; h < columns; h++)
        dossier_format(d, "<th scope=\"col\" role=\"columnheader\">H%zu</th>", h + 1);
    dossier_put(d, "</tr></thead><tbody role=\"rowgroup\">\n");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *const row = json_array_get(rows, i);

        if (!is_telling(row) || telling++ >= DOSSIER_MATRIX)
            continue;
        shown++;
        dossier_put(d, "<tr role=\"row\"><td role=\"cell\" data-l=\"What was seen\">");
        dossier_text(d, json_text_at(row, "words"), 2 * DOSSIER_SHORT);
        for (size_t h = 0; h < columns; h++) {
            dossier_format(d, "</td><td role=\"cell\" data-l=\"H%zu\">", h + 1);
            cell(d, json_text(json_array_get(assessment_list(json_array_get(list, h), "cells"), i)));
        }
        dossier_put(d, "</td></tr>\n");
    }
    if (!telling)
        dossier_format(
            d,
            "<tr role=\"row\" class=\"between\"><td role=\"cell\" colspan=\"%zu\">nothing that was seen tells "
            "them apart</td></tr>\n",
            columns + 1);
    dossier_put(d, "</tbody></table></div>\n");
    dossier_more(d, shown, telling, "<code>case.db</code>, table assessment");
}

/* ---- facts ---- */

/* For each of the items the most that it counts for a group; what only profiles list a little. NULL: no memory. */
static double *weights(const json_t *now, size_t items) {
    double *const w = calloc(items + 1, sizeof *w);
    const json_t *const groups = assessment_list(now, "groups");

    for (size_t g = 0; w && g < json_array_size(groups); g++) {
        const json_t *const links = assessment_list(json_array_get(groups, g), "links");

        for (size_t k = 0; k < json_array_size(links); k++) {
            const json_t *const l = json_array_get(links, k);
            double const at = assessment_real(l, "item"), counted = assessment_real(l, "counted");

            if (at >= 0 && at < (double)items && !isnan(counted))
                w[(size_t)at] = fmax(w[(size_t)at], fmax(counted, 1e-6));
        }
    }
    return w;
}

static int descending(const void *a, const void *b) {
    double const x = *(const double *)a, y = *(const double *)b;

    return x < y ? 1 : x > y ? -1 : 0;
}

/* The smallest weight that is among the first of DOSSIER_ITEMS. */
static double least_told(const double *w, size_t items, size_t *ties) {
    double *const s = malloc((items + 1) * sizeof *s);
    double least;

    *ties = DOSSIER_ITEMS;
    if (items <= DOSSIER_ITEMS || !s) {
        free(s);
        return -1;
    }
    memcpy(s, w, items * sizeof *s);
    qsort(s, items, sizeof *s, descending);
    least = s[DOSSIER_ITEMS - 1];
    for (size_t i = 0; i < DOSSIER_ITEMS; i++)
        *ties -= s[i] > least;
    free(s);
    return least;
}

static void grade(struct dossier *d, const json_t *of) {
    str const letter = json_text_at(of, "reliability");
    double const digit = assessment_real(of, "credibility");

    if (letter.len == 1 && letter.ptr[0] >= 'A' && letter.ptr[0] <= 'F')
        dossier_format(d, "%c", letter.ptr[0]);
    else
        dossier_put(d, "F");
    if (digit >= 1 && digit <= 6)
        dossier_format(d, "%.0f", floor(digit));
}

static void seen(struct dossier *d, const json_t *item) {
    int64_t const first = instant_parse(str_first(json_text_at(item, "first"), 40)),
                  last = instant_parse(str_first(json_text_at(item, "last"), 40));

    dossier_time(d, first);
    if (last != INSTANT_NONE && last != first) {
        dossier_put(d, " to ");
        dossier_time(d, last);
    }
}

static void places(struct dossier *d, const json_t *item) {
    str const place = json_text_at(item, "place"), path = json_text_at(item, "path");
    double const record = assessment_real(item, "record"), offset = assessment_real(item, "offset");

    if (true_at(item, "given")) {
        dossier_put(d, "said by an analyst");
        return;
    }
    if (path.len)
        dossier_proof(d, path, json_text_at(item, "sha256"), record >= 0 && record < 1e18 ? (uint64_t)record : 0,
                      offset >= 0 && offset < 1e18 ? (uint64_t)offset : 0);
    if (place.len) {
        dossier_put(d, " <code>longwatch show CASE ");
        dossier_text(d, place, 40);
        dossier_put(d, "</code>");
    }
    if (!path.len && !place.len)
        dossier_put(d, "<span class=\"none\">not said</span>");
}

/* In how many profiles a technique or a program stands, as the model was told; 0. */
static uint64_t of_groups(const json_t *now, const json_t *item) {
    const json_t *const list = assessment_list(json_object_get(now, "model"), "observed");
    str const what = json_text_at(item, "token");

    for (size_t i = 0; what.len && i < json_array_size(list); i++) {
        const json_t *const o = json_array_get(list, i);
        double const n = assessment_real(o, "of_groups");

        if (str_eq(json_text_at(o, "token"), what))
            return n >= 0 && n < 1e6 ? (uint64_t)n : 0;
    }
    return 0;
}

static void links(struct dossier *d, const json_t *now, const json_t *item) {
    enum { LINKS = 4 };
    const json_t *const list = assessment_list(item, "links");
    size_t const all = json_array_size(list);
    uint64_t const groups = of_groups(now, item);

    if (groups) {
        dossier_put(d, "in the profiles of ");
        dossier_some(d, groups, "group", "groups");
    }
    if (!all && !groups)
        dossier_put(d, "<span class=\"none\">nothing</span>");
    if (all)
        dossier_put(d, "<ul class=\"reasons\">");
    for (size_t i = 0; i < all && i < LINKS; i++) {
        const json_t *const l = json_array_get(list, i);

        dossier_put(d, "<li>");
        dossier_text(d, json_text_at(l, "group").len ? json_text_at(l, "group") : S("no group"), DOSSIER_SHORT);
        dossier_put(d, ": ");
        dossier_text(d, json_text_at(l, "source"), DOSSIER_SHORT);
        if (json_text_at(l, "said").len) {
            dossier_put(d, ", ");
            day(d, json_text_at(l, "said"));
        }
        dossier_put(d, ", ");
        grade(d, l);
        dossier_put(d, "</li>");
    }
    if (all > LINKS) {
        dossier_put(d, "<li>");
        dossier_number(d, all - LINKS);
        dossier_put(d, " more</li>");
    }
    dossier_put(d, all ? "</ul>" : "");
}

static bool facts(struct dossier *d, const json_t *tree, struct err *e) {
    static const char *const heads[] = {
        "What was seen", "When", "@Where it stands", "Grade", "@What others publish of it", NULL};
    const json_t *const items = assessment_list(json_object_get(tree, "evidence"), "items");
    size_t const all = json_array_size(items);
    double *const w = weights(json_object_get(tree, "now"), all);
    struct dossier_table t;
    size_t ties, told = 0;

    if (!w)
        return err_set(e, ERR_MEMORY, 0, "no memory to write the dossier");
    double const least = least_told(w, all, &ties);

    dossier_put(d, "<h4>Facts</h4>\n");
    dossier_table(
        d, &t,
        "What was seen, and what others connect it with. Grades are Admiralty’s: source A to F, what it says 1 "
        "to 6; the link has its own",
        heads);
    for (size_t i = 0; i < all && told < DOSSIER_ITEMS; i++) {
        const json_t *const item = json_array_get(items, i);
        enum evidence_class const class = evidence_class_of(json_text_at(item, "class"));

        if (w[i] < least || (w[i] <= least && !ties))
            continue;
        ties -= w[i] <= least;
        told++;
        dossier_row(d, &t, NULL, 0, 0);
        dossier_cell(d, &t);
        dossier_format(d, "<span class=\"kind\">%.*s</span> ",
                       STR_ARG(class < EVIDENCE_CLASSES ? evidence_class_name(class) : S("something")));
        dossier_text(d, json_text_at(item, "value"), DOSSIER_SHORT);
        if (json_text_at(item, "words").len) {
            dossier_put(d, " <span class=\"where\">");
            dossier_text(d, json_text_at(item, "words"), 3 * DOSSIER_SHORT);
            dossier_put(d, "</span>");
        }
        dossier_cell(d, &t);
        seen(d, item);
        dossier_cell(d, &t);
        places(d, item);
        dossier_cell(d, &t);
        grade(d, item);
        dossier_cell(d, &t);
        links(d, json_object_get(tree, "now"), item);
        dossier_row_end(d, &t);
    }
    dossier_table_end(d);
    free(w);
    dossier_more(d, told, all, "<code>case.db</code>, table assessment, and count less");
    return true;
}

/* ---- what others have said ---- */

static void quote(struct dossier *d, const json_t *q) {
    str const stance = json_text_at(q, "stance");

    dossier_put(d, "<figure class=\"quote\"><figcaption>");
    dossier_text(d, json_text_at(q, "on").len ? json_text_at(q, "on") : S("no date"), 40);
    dossier_put(d, ", ");
    dossier_text(d, json_text_at(q, "by"), DOSSIER_SHORT);
    dossier_put(d, str_eq(stance, S("denies")) ? ", denying " : ", on ");
    dossier_text(d, json_text_at(q, "about"), 3 * DOSSIER_SHORT);
    dossier_put(d, ":</figcaption>");
    if (json_text_at(q, "quote").len) {
        dossier_put(d, "<blockquote>“");
        dossier_text(d, json_text_at(q, "quote"), 4 * DOSSIER_SHORT);
        dossier_put(d, "”</blockquote>");
    } else {
        dossier_put(d, "<p class=\"none\">No exact words are at hand.</p>");
    }
    dossier_put(d, "<p class=\"where\">");
    if (str_eq(stance, S("another")))
        dossier_put(d, "<strong>About that victim alone:</strong> it names no group, and nothing here joins the two. ");
    else if (str_eq(stance, S("overlaps")))
        dossier_put(d, "<strong>Of a likeness,</strong> not of the same group. ");
    if (true_at(q, "alleged"))
        dossier_put(d, "<strong>Alleged:</strong> no court has found it so. ");
    dossier_put(d, true_at(q, "given") ? "Given by an analyst, grade " : "Grade ");
    dossier_text(d, json_text_at(q, "grade"), 40);
    if (json_text_at(q, "source").len) {
        dossier_put(d, "; ");
        dossier_text(d, json_text_at(q, "source"), 2 * DOSSIER_SHORT);
    }
    if (json_text_at(q, "at").len) {
        dossier_put(d, ", ");
        dossier_text(d, json_text_at(q, "at"), DOSSIER_SHORT);
    }
    dossier_put(d, "</p></figure>\n");
}

/* Those about one group from `from` on; the first that is about another. */
static size_t quotes_of(struct dossier *d, const json_t *list, size_t from) {
    static const char *const sides[] = {"What was said", "What was denied"};
    str const group = json_text_at(json_array_get(list, from), "group");
    size_t to = from, count[2] = {0, 0};

    for (; to < json_array_size(list) && str_eq(json_text_at(json_array_get(list, to), "group"), group); to++)
        count[str_eq(json_text_at(json_array_get(list, to), "stance"), S("denies"))]++;
    dossier_put(d, "<div class=\"said\">\n");
    for (size_t side = 0; side < 2; side++) {
        size_t told = 0;

        dossier_format(d, "<div><h5>%s", sides[side]);
        dossier_put(d, group.len ? " about " : " about a victim, naming no group");
        if (group.len)
            dossier_text(d, group, DOSSIER_SHORT);
        dossier_put(d, "</h5>\n");
        if (!count[side])
            dossier_put(d, "<p class=\"none\">Nothing that is known here.</p>\n");
        for (size_t i = from; i < to && told < DOSSIER_QUOTES; i++)
            if (str_eq(json_text_at(json_array_get(list, i), "stance"), S("denies")) == (side == 1)) {
                quote(d, json_array_get(list, i));
                told++;
            }
        dossier_more(d, told, count[side], "<code>case.db</code>, table assessment");
        dossier_put(d, "</div>\n");
    }
    dossier_put(d, "</div>\n");
    return to;
}

static void quotes(struct dossier *d, const json_t *list) {
    size_t groups = 0, told = 0;

    if (!json_array_size(list))
        return;
    dossier_put(d, "<h4>What others have said</h4>\n<p class=\"more\">Quoted with its own scope, and not judged here: "
                   "who stands behind a group is nothing that logs can show.</p>\n");
    for (; told < json_array_size(list) && groups < DOSSIER_LIKELY; groups++)
        told = quotes_of(d, list, told);
    dossier_more(d, told, json_array_size(list), "<code>case.db</code>, table assessment");
}

/* ---- one incident ---- */

static bool told_whole(struct dossier *d, const json_t *tree, struct err *e) {
    const json_t *const w = json_object_get(tree, "written"), *const now = json_object_get(tree, "now");

    sentence(d, "verdict", json_text_at(w, "judgement"));
    sentence(d, NULL, json_text_at(w, "confidence"));
    chances(d, now);
    sentence(d, "more", json_text_at(w, "scale"));
    dossier_put(d, "<h4>Four statements, kept apart</h4>\n");
    sentence(d, NULL, json_text_at(w, "activity"));
    sentence(d, NULL, json_text_at(w, "cluster"));
    sentence(d, NULL, json_text_at(w, "group"));
    sentence(d, NULL, json_text_at(w, "sponsor"));
    sentence(d, NULL, json_text_at(w, "nation"));
    then_and_now(d, tree);
    sentences(d, "What a name would need", assessment_list(w, "missing"));
    sentences(d, "What carries it", assessment_list(w, "sensitivities"));
    dossier_put(d, "<details><summary>The alternatives, side by side</summary>\n");
    matrix(d, now);
    dossier_put(d, "</details>\n<details><summary>Facts, assumptions and gaps</summary>\n");
    if (!facts(d, tree, e))
        return false;
    sentences(d, "Assumptions", assessment_list(w, "assumptions"));
    sentences(d, "Gaps", assessment_list(w, "gaps"));
    dossier_put(d, "</details>\n");
    sentences(d, "What would change it, and what to collect", assessment_list(w, "wanted"));
    sentences(d, "Beware", assessment_list(w, "cautions"));
    quotes(d, assessment_list(w, "quotes"));
    return true;
}

static void not_judged(struct dossier *d, const struct dossier_judged *j) {
    dossier_put(d, "<p class=\"verdict\">Not judged");
    if (!j) {
        dossier_put(d, ": this case holds no judgement of it.</p>\n<p>" TO_JUDGE "</p>\n");
    } else if (j->readable) {
        dossier_put(d, ": ");
        dossier_text(d, j->of.why, DOSSIER_LONG);
        dossier_put(d, ".</p>\n<p>" TO_JUDGE "</p>\n");
    } else {
        dossier_put(d, " here: what the case holds as a judgement cannot be read.</p>\n<p>" TO_JUDGE "</p>\n");
    }
}

static bool judged(struct dossier *d, uint32_t incident, struct err *e) {
    struct buf json = {0};
    struct err why = {0};
    json_t *tree = NULL;
    bool ok = assessment_case_of(d->path, incident, &json, &why) && (tree = assessment_tree(buf_str(&json), &why));

    buf_free(&json);
    if (!ok)
        return why.code == ERR_NONE || (*e = why, false);
    ok = told_whole(d, tree, e) && dossier_flush(d, e);
    json_decref(tree);
    return ok;
}

static bool each_incident(struct dossier *d, struct err *e) {
    size_t i;

    for (i = 0; i < d->incident_count && i < DOSSIER_INCIDENTS; i++) {
        const struct dossier_incident *const n = &d->incidents[i];
        const struct dossier_judged *const j = dossier_judged(d, n->number);

        dossier_format(d,
                       "<article id=\"w%u\" aria-labelledby=\"w%u-h\">\n<h3 id=\"w%u-h\"><a href=\"#i%u\">Incident "
                       "%u</a>: ",
                       n->number, n->number, n->number, n->number, n->number);
        dossier_text(d, n->title, 2 * DOSSIER_SHORT);
        dossier_put(d, "</h3>\n");
        if (!dossier_is_judged(j))
            not_judged(d, j);
        else if (!judged(d, n->number, e))
            return false;
        dossier_put(d, "</article>\n");
    }
    dossier_more(d, i, d->incident_all, "<code>case.db</code>, table assessment, as far as they were judged");
    return true;
}

/* ---- what sources say ---- */

static bool indicators(struct dossier *d, struct err *e) {
    static const char *const heads[] = {
        "Group, as sources name it", "#Findings", "#Indicators", "First", "Last", "First finding", NULL};
    static const char query[] = "SELECT g.value, count(*), count(DISTINCT json_extract(f.json, '$.indicator.value')), "
                                "min(f.time), max(f.time), "
                                "min(f.number), count(*) OVER () FROM findings f, json_each(f.json, "
                                "'$.indicator.groups') g WHERE f.rule_id LIKE "
                                "'indicator-%' AND json_valid(f.json) GROUP BY g.value ORDER BY count(*) DESC, g.value";
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0;
    bool more = true, ok = dossier_ask(d, query, &s, e);

    dossier_put(d, "<h3>What sources say of indicators that were found</h3>\n");
    for (; ok && shown < DOSSIER_GROUPS && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
        if (!shown) {
            dossier_put(
                d,
                "<p>These indicators were found in the evidence, and sources that were hunted with connect them with a "
                "group. That is what the sources say; addresses and programs are used by more than one.</p>\n");
            dossier_table(d, &t, "-What sources say of indicators that were found", heads);
        }
        all = case_number(s, 6);
        dossier_row(d, &t, NULL, 0, 0);
        dossier_cell(d, &t);
        dossier_text(d, case_text(s, 0), DOSSIER_SHORT);
        dossier_cell(d, &t);
        dossier_number(d, case_number(s, 1));
        dossier_cell(d, &t);
        dossier_number(d, case_number(s, 2));
        dossier_cell(d, &t);
        dossier_time(d, case_time(s, 3));
        dossier_cell(d, &t);
        dossier_time(d, case_time(s, 4));
        dossier_cell(d, &t);
        dossier_format(d, "<code>longwatch show CASE %" PRIu64 "</code>", case_number(s, 5));
        dossier_row_end(d, &t);
    }
    if (shown) {
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>findings.jsonl</code>");
    } else if (ok) {
        dossier_put(
            d, "<p>No indicator that was found is connected with a group by the sources that were hunted with.</p>\n");
    }
    sqlite3_finalize(s);
    return ok;
}

bool dossier_attribution(struct dossier *d, struct err *e) {
    dossier_put(
        d,
        "<section id=\"attribution\" aria-labelledby=\"attribution-h\">\n<h2 id=\"attribution-h\">Attribution</h2>\n"
        "<p class=\"lead\">What was seen against what is published of groups, with “none of them” always among the "
        "answers. A group is at most resembled, or what was seen is consistent with its public attribution; a state is "
        "never named as the doer. To name one wrongly harms more than to name none.</p>\n");
    if (!d->incident_count)
        dossier_put(d, "<p>No intrusion was seen, so there is nothing to judge.</p>\n");
    if (!each_incident(d, e) || !indicators(d, e))
        return false;
    dossier_put(d, "</section>\n");
    return true;
}
