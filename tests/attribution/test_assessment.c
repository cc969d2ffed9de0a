/* test_assessment: what evidence is worth, computed by hand; the model's numbers where nothing else speaks; names; time; gates, confidence and what must
 * never be named; other explanations; that no order matters, and memory that runs out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attribution/assessment.h"
#include "attribution/evidence_own.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/file.h"
#include "base/instant.h"
#include "codec/json_tree.h"
#include "folder.h"
#include "intel/worth.h"
#include "../refuse.h"

#define NEAR 1e-9
#define NONE INSTANT_NONE
#define DAY INT64_C(86400000000000)
#define ON(day) ((int64_t)(day)*DAY) /* days since 1970-01-01 */
#define RELEASED 18628               /* 2021-01-01 */
#define LATER 19000                  /* 2022-01-08: a second release, the same but for its day */
#define SEEN (RELEASED - 100)
#define GROUPS_MADE 40
#define T(n) ((token)(n)*1000)
#define P(n) (TOKEN_SOFTWARE | (token)(n))

/* As doubles, which cmocka's own does not compare. */
static void same_at(double a, double b, double near, int line) {
    if (!(fabs(a - b) <= near))
        fail_msg("line %d: %.12g is not %.12g", line, a, b);
}
#define same(a, b, near) same_at(a, b, near, __LINE__)

/* ---- profiles ---- */

/* Forty groups of six common techniques out of twenty each. Group 1 has malware 1 and 2 alone, group 2 malware 3 and 4, groups 3 to 6 all have
 * malware 10; 20 is a tool that half of them have. Groups 1 and 2 are of AA, 3 to 12 of BB. */
static void put_release(struct buf *b, const char *name, const char *day) {
    buf_format(b, "%s\"%s\": {\"released\": \"%s\", \"groups\": {", b->len > 1 ? ", " : "", name, day);
    for (unsigned g = 1; g <= GROUPS_MADE; g++) {
        buf_format(b, "%s\"G%04u\": {\"name\": \"Heron %u\", \"n\": {", g > 1 ? "," : "", g, g);
        for (unsigned k = 0; k < 6; k++)
            buf_format(b, "%s\"T10%02u\": %u", k ? "," : "", (g * 7 + k * 3) % 20 + 1, k % 2 + 1);
        if (g == 1)
            buf_add(b, S(", \"S0001\": 2, \"S0002\": 2"));
        if (g == 2)
            buf_add(b, S(", \"S0003\": 2, \"S0004\": 2"));
        if (g >= 3 && g <= 6)
            buf_add(b, S(", \"S0010\": 1"));
        if (g % 2)
            buf_add(b, S(", \"S0020\": 1"));
        buf_add(b, S("}}"));
    }
    buf_add(b, S("}}"));
}

static void put(const char *name, struct buf *b) {
    FILE *const file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(b->ptr, 1, b->len, file), b->len);
    assert_int_equal(fclose(file), 0);
    buf_free(b);
}

static struct profiles *profiles_made(void) {
    struct buf b = {0};
    struct profiles *p;
    struct err e = {0};

    buf_byte(&b, '{');
    put_release(&b, "R1", "2021-01-01");
    put_release(&b, "R2", "2022-01-08");
    buf_byte(&b, '}');
    put("profiles-by-release.json", &b);
    buf_byte(&b, '[');
    for (unsigned g = 1; g <= GROUPS_MADE; g++)
        buf_format(&b,
                   "%s{\"id\": \"G%04u\", \"nation\": %s, \"aliases\": [\"Heron %u\", \"Nest %u\", \"%s\"], \"rows\": "
                   "[{\"t\": "
                   "\"T10%02u\", \"s\": [0, 1]}]}",
                   g > 1 ? "," : "", g,
                   g <= 2    ? "\"AA\""
                   : g <= 12 ? "\"BB\""
                             : "null",
                   g, g, g == 7 || g == 8 ? "Twin" : "", (g * 7 + 3) % 20 + 1);
    buf_byte(&b, ']');
    put("groups.json", &b);
    buf_add(&b, S("[{\"date\": \"2019-06-01\", \"name\": \"old\"}, {\"date\": \"2020-06-01\", \"name\": \"new\"}]"));
    put("sources.json", &b);
    buf_byte(&b, '{');
    for (unsigned s = 1; s <= 20; s++)
        buf_format(&b, "%s\"S%04u\": {\"name\": \"Egg %u\", \"type\": \"%s\"}", s > 1 ? "," : "", s, s,
                   s == 20 ? "tool" : "malware");
    buf_byte(&b, '}');
    put("software.json", &b);
    if (!profiles_open(&p, ".", &e))
        fail_msg("%s", e.text);
    return p;
}

/* ---- evidence ---- */

struct bench {
    struct profiles *profiles;
    struct parameters parameters;
    struct evidence_rules rules;
    struct evidence_item items[512];
    struct evidence_link links[4096];
    size_t item_count, link_count;
    struct evidence_gap gaps[4];
    struct evidence_sign signs[4];
    struct evidence evidence;
    struct assess_options with;
    char texts[512][24];
};

static struct bench *bench_new(void) {
    struct bench *const b = calloc(1, sizeof *b);
    struct err e = {0};

    assert_non_null(b);
    b->profiles = profiles_made();
    assert_true(parameters_builtin(&b->parameters, &e));
    assert_true(evidence_rules_builtin(&b->rules, &e));
    b->with = (struct assess_options){b->profiles, &b->parameters, &b->rules, NULL, NONE};
    b->evidence = (struct evidence){.title = S(""), .first = ON(SEEN), .last = ON(SEEN)};
    return b;
}

static void bench_free(struct bench *b) {
    profiles_free(b->profiles);
    evidence_rules_free(&b->rules);
    free(b);
}

static struct evidence_item *add(struct bench *b, enum evidence_class class, const char *value, token t) {
    struct evidence_item *const i = &b->items[b->item_count++];

    assert_true(b->item_count <= COUNT(b->items));
    *i = (struct evidence_item){.class = class,
                                .token = t,
                                .value = str_of(value),
                                .words = str_of(value),
                                .first = NONE,
                                .last = NONE,
                                .count = 1,
                                .place = S(""),
                                .path = S(""),
                                .reliability = 'A',
                                .credibility = 1,
                                .links = &b->links[b->link_count]};
    return i;
}

/* To the item that was added last: said and good on the day on which all was seen, by a source that is usually reliable. */
static struct evidence_link *link_to(struct bench *b, const char *group, const char *origin) {
    struct evidence_link *const l = &b->links[b->link_count++];

    assert_true(b->link_count <= COUNT(b->links));
    *l = (struct evidence_link){.group = str_of(group),
                                .source = S("a feed"),
                                .origin = str_of(origin),
                                .said = ON(SEEN),
                                .from = ON(SEEN),
                                .until = ON(SEEN),
                                .reliability = 'B'};
    b->items[b->item_count - 1].link_count++;
    return l;
}

static void clear(struct bench *b) {
    b->item_count = b->link_count = 0;
    b->evidence = (struct evidence){.title = S(""), .first = ON(SEEN), .last = ON(SEEN)};
    b->with.as_of = NONE;
    b->with.names = NULL;
}

static const char *text(struct bench *b, size_t i, const char *form) {
    struct buf t = {0};

    assert_true(i < COUNT(b->texts));
    buf_format(&t, "%s%zu", form, i);
    assert_true(t.len < sizeof b->texts[i]);
    memcpy(b->texts[i], t.ptr, t.len);
    b->texts[i][t.len] = '\0';
    buf_free(&t);
    return b->texts[i];
}

static struct assessment *judge(struct bench *b) {
    struct assessment *a;
    struct err e = {0};

    b->evidence.items = b->items;
    b->evidence.item_count = b->item_count;
    if (!assess(&a, &b->evidence, &b->with, &e))
        fail_msg("%s", e.text);
    return a;
}

static const struct assessed_group *group_of(const struct assessment *a, const char *name) {
    for (size_t i = 0; i < a->group_count; i++)
        if (str_eq(a->groups[i].name, str_of(name)))
            return &a->groups[i];
    fail_msg("no group %s", name);
    return NULL;
}

static double bans_of(const struct assessment *a, const char *name, enum evidence_class class) {
    return group_of(a, name)->classes[class];
}

/* Everything that must hold of any assessment, computed again from its parts. */
static void consistent(const struct assessment *a) {
    double sum = a->none, weight = a->base_none;

    for (size_t i = 0; i < a->group_count; i++) {
        const struct assessed_group *const g = &a->groups[i];
        double counted[EVIDENCE_CLASSES] = {0}, bans = 0, against = 0;

        for (size_t k = 0; k < g->link_count; k++) {
            const struct assessed_link *const l = &g->links[k];

            assert_true(l->counted >= 0 && l->counted <= l->bans + NEAR);
            assert_true(l->counted > l->bans - NEAR || l->why_not[0]);
            same(l->bans, l->full * l->decay * l->grade, NEAR);
            counted[l->class] += l->counted;
        }
        for (size_t c = 0; c < EVIDENCE_CLASSES; c++) {
            same(counted[c], g->classes[c], NEAR);
            assert_true(g->classes[c] <= a->rules->classes[c].cap + NEAR);
            bans += counted[c];
        }
        for (size_t k = 0; k < g->contradiction_count; k++) {
            assert_true(g->contradictions[k].bans < 0 && g->contradictions[k].words.len);
            against += g->contradictions[k].bans;
        }
        same(against, g->against, NEAR);
        same(bans + against, g->bans, NEAR);
        if (g->judged)
            assert_true(g->base == g->judged->posterior);
        else
            assert_true(g->group == NO_GROUP);
        if (i)
            assert_true(g->posterior <= a->groups[i - 1].posterior + NEAR);
        weight += g->base * pow(10, g->bans);
        sum += g->posterior;
    }
    same(sum, 1, NEAR);
    for (size_t i = 0; i < a->group_count; i++)
        same(a->groups[i].posterior, a->groups[i].base * pow(10, a->groups[i].bans) / weight, NEAR);
    same(a->none, a->base_none / weight, NEAR);
    same(a->margin, log10(a->groups[0].posterior / a->groups[1].posterior), 1e-6);

    bool all = true;
    for (size_t i = 0; i < GATES; i++) {
        all = all && a->gates[i].passed;
        assert_true(a->gates[i].passed == !a->gates[i].words.len);
    }
    assert_int_equal(all, a->level == ASSESSED_CONSISTENT);
    assert_true(a->confidence == CONFIDENCE_LOW || all);
    assert_true(a->confidence == CONFIDENCE_LOW || !a->cheap_only);
    assert_true(a->confidence_why_count > 0);
    for (size_t i = 0; i < a->confidence_why_count; i++)
        assert_false(str_starts(a->confidence_why[i], S("1 gaps")) || str_starts(a->confidence_why[i], S("1 names")));

    unsigned least = UINT32_MAX;
    for (size_t i = 0; i < a->hypothesis_count; i++) {
        const struct hypothesis *const h = &a->hypotheses[i];
        unsigned against = 0, much = 0;

        for (size_t k = 0; k < a->row_count; k++) {
            against += h->cells[k] == AGAINST;
            much += h->cells[k] == MUCH_AGAINST;
        }
        assert_int_equal(against, h->against);
        assert_int_equal(much, h->much_against);
        assert_true(h->verdict.len && h->words.len);
        assert_false(str_starts(h->verdict, S("rejected"))); /* it is told beside it */
        assert_true(!h->rejected || (much && !h->kept));
        if (!h->rejected && against + 2 * much < least)
            least = against + 2 * much;
    }
    for (size_t i = 0; i < a->hypothesis_count; i++)
        assert_int_equal(a->hypotheses[i].kept,
                         !a->hypotheses[i].rejected &&
                             a->hypotheses[i].against + 2 * a->hypotheses[i].much_against == least);
    for (size_t k = 0; k < a->row_count; k++) {
        bool differ = false;

        for (size_t i = 1; i < a->hypothesis_count; i++)
            differ = differ || a->hypotheses[i].cells[k] != a->hypotheses[0].cells[k];
        assert_int_equal(differ, a->rows[k].discriminates);
        assert_true(a->rows[k].words.len);
    }
}

static const struct hypothesis *hypothesis_of(const struct assessment *a, enum hypothesis_type type) {
    for (size_t i = 0; i < a->hypothesis_count; i++)
        if (a->hypotheses[i].type == type)
            return &a->hypotheses[i];
    fail_msg("no hypothesis %d", (int)type);
    return NULL;
}

/* Two pieces of malware of group 1 alone, and three of its techniques. */
static void add_group_one(struct bench *b) {
    add(b, EVIDENCE_MALWARE, "Egg 1", P(1));
    add(b, EVIDENCE_MALWARE, "Egg 2", P(2));
    add(b, EVIDENCE_TECHNIQUE, "T1008", T(1008));
    add(b, EVIDENCE_TECHNIQUE, "T1011", T(1011));
    add(b, EVIDENCE_TECHNIQUE, "T1014", T(1014));
}

/* ---- rules ---- */

static void replace(struct buf *out, str in, const char *what, const char *with) {
    size_t const at = str_find(in, str_of(what));

    if (at == SIZE_MAX)
        fail_msg("%s stands nowhere", what);
    buf_add(out, str_first(in, at));
    buf_add(out, str_of(with));
    buf_add(out, str_from(in, at + strlen(what)));
}

static void rules(void **state) {
    static const struct {
        const char *what, *with;
        bool good;
    } cases[] = {
        {"next:", "next:", true},
        {"bans: 0.1\n", "bans: 0.2\n", true},
        {"half_life_days: 15\n", "half_life_days: 0\n", true},
        {"half_life_days: 15\n", "half_life_days: -1\n", false},
        {"next:\n  value: 0.2", "next:\n  value: 1.1", false},
        {"next:\n  value: 0.2", "next:\n  value: nan", false},
        {"next:\n  value: 0.2", "next:\n  value: much", false},
        {"outside:\n  value: -0.2", "outside:\n  value: 0.2", false},
        {"untouched:\n  value: -0.2", "untouched:\n  value: -0.1", true},
        {"many:\n  value: 3", "many:\n  value: 1", false},
        {"source: set\n", "source: \"\"\n", false},
        {"  value: {A: 1, B: 1", "  value: {A: 1, B: 0", false},
        {"  value: {A: 1, B: 1", "  value: {A: 1, G: 1", false},
        {"{1: 0.9, 2: 0.7", "{2: 0.7", false},
        {"  relay:\n", "  relays:\n", false},
        {"    cap: 0.2\n", "    cap: 0.05\n", false}, /* below the bans of one item */
        {"    family: infrastructure\n", "    family: network\n", false},
        {"    cheap_to_fake: true\n", "    cheap_to_fake: perhaps\n", false},
        {"    cheap_to_fake: false\n    carries: true", "    cheap_to_fake: true\n    carries: true", false},
        {"    credibility: 4\n", "    credibility: 2.5\n", false},
        {"    credibility: 4\n", "    credibility: 7\n", false},
        {"    model: true\n", "    modell: true\n", false},
        {"classes:", "---\nclasses:", false},
        {"classes:", "klasses:", false},
    };
    str const whole = evidences_builtin[0].text;
    struct evidence_rules r;
    struct err e;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = {0};

        replace(&b, whole, cases[i].what, cases[i].with);
        bool const good = evidence_rules_read(&r, buf_str(&b), &e);
        if (good != cases[i].good)
            fail_msg("%s: %s", cases[i].with, good ? "read" : e.text);
        if (good)
            evidence_rules_free(&r);
        else
            assert_int_equal(e.code, ERR_USAGE);
        buf_free(&b);
    }
    assert_false(evidence_rules_read(&r, S(""), &e));
    assert_false(evidence_rules_read(&r, S("- 1\n"), &e));
    assert_false(evidence_rules_read(&r, S("classes: {"), &e));

    assert_true(evidence_rules_builtin(&r, &e));
    for (size_t c = 0; c < EVIDENCE_CLASSES; c++) {
        str const id = evidence_class_id((enum evidence_class)c);

        assert_int_equal(evidence_class_of(id), c);
        assert_true(evidence_class_name((enum evidence_class)c).len && r.classes[c].why.len && r.classes[c].source.len);
        assert_true(r.classes[c].bans <= r.classes[c].cap);
    }
    assert_int_equal(evidence_class_of(S("domains")), EVIDENCE_CLASSES);
    /* What may never carry a name by itself. */
    static const enum evidence_class never[] = {EVIDENCE_TECHNIQUE, EVIDENCE_TOOL, EVIDENCE_NAME,   EVIDENCE_RELAY,
                                                EVIDENCE_HOSTED,    EVIDENCE_MAIL, EVIDENCE_VICTIM, EVIDENCE_HOURS,
                                                EVIDENCE_LANGUAGE,  EVIDENCE_CODE};
    for (size_t i = 0; i < COUNT(never); i++)
        assert_false(r.classes[never[i]].carries);
    evidence_rules_free(&r);
}

/* Indicators are weighed where they hit as well (intel/worth.h): by the same numbers. The one difference: a pattern of several values is a name here. */
static void agrees_with_worth(void **state) {
    static const struct {
        enum observable type;
        const char *value;
        enum item_nature nature;
        enum worth_class is;
        enum evidence_class class;
    } cases[] = {
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_RELAY, WORTH_RELAY, EVIDENCE_RELAY},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_UNSAID, WORTH_ADDRESS, EVIDENCE_ADDRESS},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_VICTIM, WORTH_HOSTED, EVIDENCE_HOSTED},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_UNSAID, WORTH_DOMAIN, EVIDENCE_DOMAIN},
        {OBSERVABLE_CERTIFICATE, "a1b2c3d4", NATURE_UNSAID, WORTH_IDENTIFIER, EVIDENCE_IDENTIFIER},
        {OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e", NATURE_TOOL, WORTH_TOOL, EVIDENCE_TOOL},
        {OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e", NATURE_UNSAID, WORTH_MALWARE, EVIDENCE_MALWARE},
        {OBSERVABLE_MUTEX, "OddMutex", NATURE_UNSAID, WORTH_NAME, EVIDENCE_NAME},
    };
    struct evidence_rules r;
    struct err e;
    (void)state;

    assert_true(evidence_rules_builtin(&r, &e));
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct evidence_rule *const rule = &r.classes[cases[i].class];
        struct intel_item const item = {.form = ITEM_VALUE,
                                        .type = cases[i].type,
                                        .value = str_of(cases[i].value),
                                        .raw = S(""),
                                        .where = S(""),
                                        .id = S(""),
                                        .title = S(""),
                                        .comment = S(""),
                                        .created = NONE,
                                        .modified = NONE,
                                        .valid_from = ON(0),
                                        .valid_until = ON(1) + 1, /* that moment is outside */
                                        .first_seen = NONE,
                                        .last_seen = NONE,
                                        .nature = cases[i].nature,
                                        .confidence = ITEM_CONFIDENCE_UNSAID};
        struct intel_builder *b;
        struct intel_set *set;
        struct buf bytes = {0};

        assert_true(intel_builder_new(&b, &e));
        assert_true(intel_builder_source(b, S("s"), S(""), &e) && intel_builder_item(b, &item, &e) &&
                    intel_builder_end(b, &bytes, &e));
        assert_true(intel_set_of(&set, buf_str(&bytes), &e));
        struct worth const at = worth_of(set, 0, ON(1), NULL, 0),
                           later = worth_of(set, 0, ON(1 + (int64_t)rule->half_life_days), NULL, 0);
        assert_int_equal(at.class, cases[i].is);
        same(at.now, rule->bans, 1e-6);
        if (rule->half_life_days > 0)
            same(later.now, rule->bans / 2, 1e-6);
        else
            same(worth_of(set, 0, ON(9999), NULL, 0).now, rule->bans, 1e-6);
        intel_set_free(set);
        buf_free(&bytes);
        intel_builder_free(b);
    }
    evidence_rules_free(&r);
}

/* The table of docs/attribution.md has the numbers of the data file. */
static void documented(void **state) {
    static const struct {
        enum evidence_class class;
        const char *row;
    } cases[] = {
        {EVIDENCE_TECHNIQUE, "technique (links beside profiles)"},
        {EVIDENCE_TOOL, "public tool (the same)"},
        {EVIDENCE_MALWARE, "malware by its code (the same)"},
        {EVIDENCE_CODE, "shared code"},
        {EVIDENCE_NAME, "name that anybody may give"},
        {EVIDENCE_RELAY, "relay"},
        {EVIDENCE_ADDRESS, "address"},
        {EVIDENCE_HOSTED, "domain at a shared provider"},
        {EVIDENCE_DOMAIN, "operation's domain"},
        {EVIDENCE_IDENTIFIER, "identifier"},
        {EVIDENCE_MAIL, "craft of a mail campaign"},
        {EVIDENCE_VICTIM, "victim"},
        {EVIDENCE_HOURS, "working hours, language"},
        {EVIDENCE_LANGUAGE, "working hours, language"},
        {EVIDENCE_STATEMENT, "statement about this victim"},
        {EVIDENCE_FORENSIC, "forensic link"},
    };
    const char *const source = getenv("LONGWATCH_SOURCE");
    struct evidence_rules r;
    struct buf path = {0}, page = {0};
    struct err e = {0};
    (void)state;

    assert_true(evidence_rules_builtin(&r, &e));
    buf_format(&path, "%s/docs/attribution.md", source ? source : ".");
    buf_byte(&path, '\0');
    if (!file_read(path.ptr, (size_t)1 << 20, &page, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct evidence_rule *const c = &r.classes[cases[i].class];
        str const family = evidence_family_name(c->family);
        double const days = c->half_life_days;
        struct buf row = {0};

        buf_format(&row, "| %s | %s%.1f | %.1f | ", cases[i].row, cases[i].class == EVIDENCE_VICTIM ? "≤ " : "",
                   c->bans, c->cap);
        if (days >= 365)
            buf_format(&row, "%g year%s", days / 365, days > 365 ? "s" : "");
        else if (days > 0)
            buf_format(&row, "%g days", days);
        else
            buf_add(&row, S("–"));
        buf_format(&row, " | %.*s | %s | %s | %u |", STR_ARG(family), c->cheap ? "yes" : "no",
                   c->carries ? "yes" : "no", c->credibility);
        if (str_find(buf_str(&page), buf_str(&row)) == SIZE_MAX)
            fail_msg("no such row: %.*s", STR_ARG(buf_str(&row)));
        buf_free(&row);
    }
    buf_free(&page);
    buf_free(&path);
    evidence_rules_free(&r);
}

/* ---- the model's numbers ---- */

static void model_alone(void **state) {
    struct bench *const b = bench_new();
    struct assessment *a;
    struct judgement j;
    struct err e;
    (void)state;

    add_group_one(b);
    add(b, EVIDENCE_MALWARE, "unlisted", P(999));
    add(b, EVIDENCE_TOOL, "Egg 20", P(20));
    a = judge(b);
    consistent(a);
    static const token techniques[] = {T(1008), T(1011), T(1014)}, software[] = {P(1), P(2), P(20), P(999)};
    struct observed const o = {techniques, software, 3, 4};

    assert_true(judgement_measure(&j, b->profiles, a->profile, &o, NO_GROUP, &e));
    judgement_weigh(&j, &b->parameters);
    assert_true(a->none == j.none && a->margin == j.margin);
    for (size_t i = 0; i < j.count; i++)
        assert_true(a->groups[i].group == j.groups[i].group && a->groups[i].posterior == j.groups[i].posterior);
    assert_true(j.named);
    assert_int_equal(a->level, ASSESSED_CONSISTENT);
    assert_int_equal(a->confidence, CONFIDENCE_MODERATE);
    judgement_free(&j);

    /* What each token adds, added up, is what was measured. */
    for (size_t g = 0; g < a->group_count; g++) {
        struct explained x[8];
        double sums[MEASURES] = {0}, score = 0;
        size_t const n = judgement_explain(x, b->profiles, a->profile, &a->observed, a->groups[g].group);

        assert_int_equal(n, 6); /* what no profile lists is not asked */
        for (size_t i = 0; i < n; i++)
            for (size_t m = 0; m < MEASURES; m++)
                sums[m] += x[i].adds[m];
        for (size_t m = 0; m <= MEASURE_TOOL; m++) {
            same(sums[m], a->groups[g].judged->measures[m], NEAR);
            score += b->parameters.group[m] * sums[m] / log(10);
        }
        for (size_t i = 0; i < a->groups[g].link_count; i++)
            score -= a->groups[g].links[i].bans;
        same(score, 0, NEAR);
    }
    assessment_free(a);

    /* What is held to be improbable was not observed. */
    b->items[0].reliability = 'E';
    b->items[1].credibility = 5;
    a = judge(b);
    same(group_of(a, "Heron 1")->judged->measures[MEASURE_MALWARE], 0, NEAR);
    assert_int_not_equal(a->level, ASSESSED_CONSISTENT);
    assessment_free(a);
    bench_free(b);
}

static json_t *shared_json(const char *name) {
    const char *const source = getenv("LONGWATCH_SOURCE");
    struct buf path = {0}, bytes = {0};
    struct err e = {0};
    json_t *root = NULL;

    buf_format(&path, "%s/../shared/data/attribution/%s", source ? source : ".", name);
    buf_byte(&path, '\0');
    if (file_read(path.ptr, (size_t)64 << 20, &bytes, &e))
        root = json_tree(buf_str(&bytes), &e);
    buf_free(&bytes);
    buf_free(&path);
    return root;
}

static struct profiles *shared_profiles(void) {
    const char *const source = getenv("LONGWATCH_SOURCE");
    struct buf path = {0};
    struct profiles *p = NULL;
    struct err e = {0};

    buf_format(&path, "%s/../shared/data/attribution", source ? source : ".");
    buf_byte(&path, '\0');
    if (!profiles_open(&p, path.ptr, &e))
        p = NULL;
    buf_free(&path);
    return p;
}

static void add_tokens(struct bench *b, const json_t *list, enum evidence_class class) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        str const id = json_text(json_array_get(list, i));
        struct evidence_item *const item = add(b, class, "", token_parse(id));

        item->value = item->words = id;
        item->given = true;
        item->reliability = 'F';
        item->credibility = 0;
    }
}

/* The cases on which the model is measured: the same posteriors to the last bit, and the same names. */
static void measured_cases(void **state) {
    static const char *const files[] = {"cases-prospective.json", "cases-prospective-unknown.json"};
    struct profiles *const all = shared_profiles();
    (void)state;

    if (!all) {
        print_message("SKIP: no ../shared/data/attribution\n");
        skip();
    }
    struct bench *const b = bench_new();
    size_t named = 0, cases = 0;

    b->with.profiles = all;
    for (size_t f = 0; f < COUNT(files); f++) {
        json_t *const list = shared_json(files[f]);

        for (size_t i = 0; i < json_array_size(list); i++, cases++) {
            const json_t *const of = json_array_get(list, i);
            const struct profile *const p = profiles_named(all, json_text_at(of, "release"));

            clear(b);
            b->evidence.first = b->evidence.last = NONE;
            b->with.as_of = ON(p->day);
            add_tokens(b, json_object_get(of, "techniques"), EVIDENCE_TECHNIQUE);
            add_tokens(b, json_object_get(of, "software"), EVIDENCE_MALWARE);
            struct assessment *const a = judge(b);

            assert_ptr_equal(a->profile, p);
            consistent(a);
            assert_true(a->none == a->judgement.none);
            for (size_t g = 0; g < a->group_count; g++)
                assert_true(a->groups[g].posterior == a->judgement.groups[g].posterior);
            if (a->judgement.named != (a->level == ASSESSED_CONSISTENT))
                fail_msg("%.*s: the model names %d, the gates %d", STR_ARG(json_text_at(of, "id")), a->judgement.named,
                         a->level == ASSESSED_CONSISTENT);
            named += a->judgement.named;
            assessment_free(a);
        }
        json_decref(list);
    }
    assert_true(cases > 200 && named > 0);
    bench_free(b);
    profiles_free(all);
}

/* ---- what links are worth ---- */

static void grades(void **state) {
    static const struct {
        const char *name;
        enum evidence_class class;
        char reliability, fact;
        uint8_t credibility, fact_credibility;
        bool supplier;
        double bans;
    } cases[] = {
        {"as such links are", EVIDENCE_DOMAIN, 'B', 'A', 0, 1, false, 1.2},
        {"better is not more", EVIDENCE_DOMAIN, 'A', 'A', 1, 1, false, 1.2},
        {"fairly reliable", EVIDENCE_DOMAIN, 'C', 'A', 3, 1, false, 1.2 * 0.7},
        {"doubtful", EVIDENCE_DOMAIN, 'B', 'A', 4, 1, false, 1.2 * 0.3 / 0.5},
        {"improbable", EVIDENCE_DOMAIN, 'B', 'A', 5, 1, false, 1.2 * 0.1 / 0.5},
        {"unreliable", EVIDENCE_DOMAIN, 'E', 'A', 0, 1, false, 1.2 * 0.1},
        {"nothing said", EVIDENCE_DOMAIN, 0, 'A', 0, 1, false, 1.2 * 0.5},
        {"fact of an analyst who says nothing", EVIDENCE_DOMAIN, 'B', 0, 0, 0, false, 1.2 * 0.5},
        {"fact that is doubtful", EVIDENCE_DOMAIN, 'B', 'A', 0, 4, false, 1.2 * 0.3 / 0.7},
        {"a supplier's", EVIDENCE_DOMAIN, 'B', 'A', 0, 1, true, 1.2 * 0.3},
        {"relay", EVIDENCE_RELAY, 'B', 'A', 0, 1, false, 0.1},
        {"address", EVIDENCE_ADDRESS, 'B', 'A', 0, 1, false, 0.5},
        {"identifier", EVIDENCE_IDENTIFIER, 'B', 'A', 0, 1, false, 1.5},
        {"malware without a number", EVIDENCE_MALWARE, 'B', 'A', 0, 1, false, 1.3},
        {"shared code", EVIDENCE_CODE, 'B', 'A', 0, 1, false, 0.5},
        {"hours", EVIDENCE_HOURS, 'B', 'A', 0, 1, false, 0.2},
        {"a technique of no profile", EVIDENCE_TECHNIQUE, 'B', 'A', 0, 1, false, 0.1},
    };
    struct bench *const b = bench_new();
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        clear(b);
        struct evidence_item *const item = add(b, cases[i].class, "x.example", 0);

        item->reliability = cases[i].fact;
        item->credibility = cases[i].fact_credibility;
        item->supplier = cases[i].supplier;
        link_to(b, "Heron 9", "r1")->reliability = cases[i].reliability;
        b->links[0].credibility = cases[i].credibility;
        struct assessment *const a = judge(b);

        consistent(a);
        if (fabs(bans_of(a, "Heron 9", cases[i].class) - cases[i].bans) > NEAR)
            fail_msg("%s: %g, not %g", cases[i].name, bans_of(a, "Heron 9", cases[i].class), cases[i].bans);
        same(bans_of(a, "Heron 10", cases[i].class), 0, NEAR);
        assessment_free(a);
    }
    bench_free(b);
}

#define LINKS 5
static void counting(void **state) {
    static const struct {
        const char *name;
        struct one {
            enum evidence_class class;
            const char *value, *origin;
        } of[LINKS];
        double infrastructure, all; /* bans of DOMAIN, and of all */
    } cases[] = {
        {"one", {{EVIDENCE_DOMAIN, "a", "r1"}}, 1.2, 1.2},
        {"a second is worth a fifth", {{EVIDENCE_DOMAIN, "a", "r1"}, {EVIDENCE_DOMAIN, "b", "r2"}}, 1.44, 1.44},
        {"up to the cap",
         {{EVIDENCE_DOMAIN, "a", "r1"}, {EVIDENCE_DOMAIN, "b", "r2"}, {EVIDENCE_DOMAIN, "c", "r3"}},
         1.5,
         1.5},
        {"of one report once",
         {{EVIDENCE_DOMAIN, "a", "r1"}, {EVIDENCE_DOMAIN, "b", "r1"}, {EVIDENCE_DOMAIN, "c", "r1"}},
         1.2,
         1.2},
        {"one report at two addresses",
         {{EVIDENCE_DOMAIN, "a", "https://www.Report.example/x/"}, {EVIDENCE_DOMAIN, "b", "report.example/x"}},
         1.2,
         1.2},
        {"of one report in one family the strongest",
         {{EVIDENCE_ADDRESS, "a", "r1"}, {EVIDENCE_DOMAIN, "b", "r1"}, {EVIDENCE_RELAY, "c", "r1"}},
         1.2,
         1.2},
        {"of two reports in one family", {{EVIDENCE_ADDRESS, "a", "r1"}, {EVIDENCE_DOMAIN, "b", "r2"}}, 1.2, 1.7},
        {"of one report in two families", {{EVIDENCE_DOMAIN, "a", "r1"}, {EVIDENCE_MALWARE, "b", "r1"}}, 1.2, 2.5},
        {"one thing, two reports", {{EVIDENCE_DOMAIN, "a", "r1"}, {EVIDENCE_DOMAIN, "a", "r2"}}, 1.2, 1.2},
        {"of no origin: the same source", {{EVIDENCE_DOMAIN, "a", ""}, {EVIDENCE_DOMAIN, "b", ""}}, 1.2, 1.2},
    };
    struct bench *const b = bench_new();
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        double sum = 0;

        clear(b);
        for (size_t k = 0; k < LINKS && cases[i].of[k].value; k++) {
            add(b, cases[i].of[k].class, cases[i].of[k].value, 0);
            link_to(b, "Heron 9", cases[i].of[k].origin);
        }
        struct assessment *const a = judge(b);
        const struct assessed_group *const g = group_of(a, "Heron 9");

        consistent(a);
        for (size_t c = 0; c < EVIDENCE_CLASSES; c++)
            sum += g->classes[c];
        if (fabs(g->classes[EVIDENCE_DOMAIN] - cases[i].infrastructure) > NEAR || fabs(sum - cases[i].all) > NEAR)
            fail_msg("%s: %g and %g", cases[i].name, g->classes[EVIDENCE_DOMAIN], sum);
        assessment_free(a);
    }

    /* Of two links of one item the better; a copy speaks only where nobody else does. */
    clear(b);
    add(b, EVIDENCE_DOMAIN, "a", 0);
    link_to(b, "Heron 9", "r1")->reliability = 'D';
    link_to(b, "Heron 9", "r2");
    link_to(b, "Heron 10", "r3");
    link_to(b, "Heron 10", "r4")->copied = true;
    b->links[2].reliability = 'D';
    link_to(b, "Heron 11", "r5")->copied = true;
    struct assessment *a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 9", EVIDENCE_DOMAIN), 1.2, NEAR);
    same(bans_of(a, "Heron 10", EVIDENCE_DOMAIN), 1.2 * 0.4, NEAR);
    same(bans_of(a, "Heron 11", EVIDENCE_DOMAIN), 1.2, NEAR);
    assessment_free(a);

    /* What the profile lists is the model's; of another group the link counts; of three groups and more malware is a supplier's. */
    clear(b);
    add(b, EVIDENCE_MALWARE, "Egg 1", P(1));
    link_to(b, "Heron 1", "r1");
    link_to(b, "Heron 9", "r1");
    a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 1", EVIDENCE_MALWARE), 0, NEAR);
    same(bans_of(a, "Heron 9", EVIDENCE_MALWARE), 1.3, NEAR);
    assessment_free(a);
    link_to(b, "Heron 10", "r1");
    a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 9", EVIDENCE_MALWARE), 0, NEAR);
    same(bans_of(a, "Heron 9", EVIDENCE_CODE), 0.5, NEAR);
    assessment_free(a);
    bench_free(b);
}

/* Days from the day on which it was seen; NO: not said. */
#define NO INT32_MIN
static void ages(void **state) {
    static const struct {
        const char *name;
        enum evidence_class class; /* relay: half-life 15 days; domain: 365 */
        int32_t said, from, until;
        double age;
    } cases[] = {
        {"inside", EVIDENCE_RELAY, 100, -10, 10, 0},
        {"its first day", EVIDENCE_RELAY, 100, 0, 10, 0},
        {"its last day", EVIDENCE_RELAY, 100, -10, 0, 0},
        {"behind", EVIDENCE_RELAY, 100, -40, -30, 30},
        {"before", EVIDENCE_RELAY, 100, 30, 40, 30},
        {"no end, said within a half-life", EVIDENCE_RELAY, -15, -40, NO, 0},
        {"no end, said longer ago", EVIDENCE_RELAY, -16, -40, NO, 16},
        {"no end, the same of a domain", EVIDENCE_DOMAIN, -300, -400, NO, 0},
        {"no beginning, said soon after", EVIDENCE_RELAY, 15, NO, 40, 0},
        {"no beginning, said later", EVIDENCE_RELAY, 45, NO, 60, 45},
        {"no beginning, said after its end", EVIDENCE_RELAY, 45, NO, 40, 0},
        {"no beginning, ended before", EVIDENCE_RELAY, 45, NO, -20, 20},
        {"only when it was said, near", EVIDENCE_RELAY, -15, NO, NO, 0},
        {"only when it was said, long ago", EVIDENCE_RELAY, -1095, NO, NO, 1095},
        {"only when it was said, later", EVIDENCE_RELAY, 60, NO, NO, 60},
        {"nothing", EVIDENCE_RELAY, NO, NO, NO, 0},
        {"only a beginning, long ago", EVIDENCE_RELAY, NO, -60, NO, 60},
        {"of a class that does not fade", EVIDENCE_TOOL, -5000, NO, NO, 0},
    };
    struct bench *const b = bench_new();
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t const days[] = {cases[i].said, cases[i].from, cases[i].until};
        int64_t when[3];

        for (size_t k = 0; k < 3; k++)
            when[k] = days[k] == NO ? NONE : ON(SEEN + days[k]);
        clear(b);
        add(b, cases[i].class, "192.0.2.1", 0);
        link_to(b, "Heron 9", "r1")->said = when[0];
        b->links[0].from = when[1];
        b->links[0].until = when[2];
        struct assessment *const a = judge(b);
        const struct assessed_link *const l = group_of(a, "Heron 9")->links;
        double const half = b->rules.classes[cases[i].class].half_life_days,
                     decay = half > 0 ? pow(2, -cases[i].age / half) : 1;

        consistent(a);
        if (fabs(l->age_days - cases[i].age) > NEAR || fabs(l->decay - decay) > NEAR)
            fail_msg("%s: %g days, %g", cases[i].name, l->age_days, l->decay);
        assessment_free(a);
    }

    /* An item's own time goes before the incident's; a span that reaches into the window is in it. */
    clear(b);
    add(b, EVIDENCE_RELAY, "192.0.2.1", 0)->first = ON(SEEN - 50);
    b->items[0].last = ON(SEEN - 30);
    link_to(b, "Heron 9", "r1")->until = ON(SEEN - 40);
    b->links[0].from = ON(SEEN - 45);
    struct assessment *a = judge(b);
    same(group_of(a, "Heron 9")->links[0].age_days, 0, NEAR);
    assessment_free(a);
    /* An old relay seen three years later weighs nothing, and is no family. */
    b->items[0].first = b->items[0].last = ON(SEEN - 40 + 1095);
    a = judge(b);
    consistent(a);
    assert_true(group_of(a, "Heron 9")->bans < 1e-20);
    assert_int_equal(group_of(a, "Heron 9")->families, 0);
    assessment_free(a);
    bench_free(b);
}

/* ---- names ---- */

static void names(void **state) {
    static const struct {
        const char *name, *is; /* "": none; a name that is no group's: a group without profile */
    } cases[] = {
        {"G0009", "Heron 9"},
        {"Heron 9", "Heron 9"},
        {"heron-9", "Heron 9"},
        {"Nest 9", "Heron 9"},
        {" HERON 9 ", "Heron 9"},
        {"Twin", ""},
        {"", ""},
        {"!!!", ""},
        {"G0999", "G0999"},
        {"Wren", "Wren"},
        {"Heron 99", "Heron 99"},
    };
    struct bench *const b = bench_new();
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        clear(b);
        add(b, EVIDENCE_DOMAIN, "a", 0);
        link_to(b, cases[i].name, "r1");
        struct assessment *const a = judge(b);
        size_t linked = 0;

        consistent(a);
        for (size_t g = 0; g < a->group_count; g++)
            if (a->groups[g].classes[EVIDENCE_DOMAIN] > 0) {
                linked++;
                if (!str_eq(a->groups[g].name, str_of(cases[i].is)))
                    fail_msg("%s is %.*s", cases[i].name, STR_ARG(a->groups[g].name));
            }
        if (linked != (cases[i].is[0] != 0))
            fail_msg("%s: %zu groups", cases[i].name, linked);
        if (a->unresolved_count != (!cases[i].is[0] && cases[i].name[0]))
            fail_msg("%s: %zu names that stand for none", cases[i].name, a->unresolved_count);
        assessment_free(a);
    }

    /* A group without profile is one, however it is spelled; the others keep what the model gave them, next to each other. */
    clear(b);
    add_group_one(b);
    struct assessment *const before = judge(b);
    add(b, EVIDENCE_DOMAIN, "a", 0);
    link_to(b, "Wren", "r1");
    add(b, EVIDENCE_IDENTIFIER, "b", 0);
    link_to(b, "the WREN group", "r2");
    struct assessment *const after = judge(b);

    consistent(after);
    assert_int_equal(after->group_count, GROUPS_MADE + 1);
    const struct assessed_group *const wren = group_of(after, "Wren");
    assert_true(wren->group == NO_GROUP && !wren->judged && wren->window == -1);
    same(wren->bans, 2.7, NEAR);
    /* As a group of the profile with nothing: exp(0 - score)/sum of the known. */
    same(wren->base, (1 - after->base_none) * after->judgement.groups[0].share * exp(-after->judgement.groups[0].score),
         NEAR);
    for (size_t i = 0; i < GROUPS_MADE; i++)
        assert_true(before->judgement.groups[i].posterior == after->judgement.groups[i].posterior);
    assessment_free(after);
    assessment_free(before);
    bench_free(b);
}

static void add_mention(struct groups *g, const char *source, const char *id, const char *name, const char *alias) {
    struct intel_group m = {.id = str_of(id), .name = str_of(name)};
    struct err e = {0};

    if (alias) {
        m.aliases.names[0] = str_of(alias);
        m.aliases.count = 1;
    }
    if (!groups_add(g, source[0] ? str_of(source) : S("s"), &m, &e))
        fail_msg("%s", e.text);
}

static void names_of_sources(void **state) {
    struct bench *const b = bench_new();
    struct groups *g;
    struct err e = {0};
    (void)state;

    assert_true(groups_new(&g, &e));
    add_mention(g, "MITRE ATT&CK", "G0009", "Heron 9", "Marsh Nine");
    add_mention(g, "MITRE ATT&CK", "G0010", "Heron 10", "Marsh");
    add_mention(g, "Feed", "uuid-1", "Marsh Nine", "Tin Nine");
    add_mention(g, "Feed", "uuid-2", "Lone Wren", "Marsh");
    add_mention(g, "Feed", "uuid-3", "Umbrella", "Heron 10");
    add_mention(g, "MITRE ATT&CK", "G0777", "Newer", "Heron 12"); /* a later release has put number 12 there */
    add_mention(g, "Feed", "uuid-4", "Nest 13", "Tin Thirteen");
    add_mention(g, "MITRE ATT&CK", "G0778", "Nest 14", "Tin Fourteen");
    assert_true(groups_join(g, &e));

    static const struct {
        const char *name, *is;
    } cases[] = {
        {"Tin Nine", "Heron 9"},    /* what only another source calls it */
        {"Marsh", ""},              /* of two */
        {"Heron 10", "Heron 10"},   /* first name of one, and a further name of another */
        {"Lone Wren", "Lone Wren"}, /* no profile */
        {"Heron 12", "Heron 12"},   /* the release's own first name, though it is another's elsewhere */
        {"Newer", "Newer"},
        {"Nest 13", "Heron 13"}, /* a further name in the release, and a group without number elsewhere */
        {"Tin Thirteen", "Heron 13"},
        {"Nest 14", "Nest 14"}, /* by a number that the release has not: another group */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        clear(b);
        b->with.names = g;
        add(b, EVIDENCE_DOMAIN, "a", 0);
        link_to(b, cases[i].name, "r1");
        struct assessment *const a = judge(b);

        consistent(a);
        if (cases[i].is[0])
            same(bans_of(a, cases[i].is, EVIDENCE_DOMAIN), 1.2, NEAR);
        assert_int_equal(a->unresolved_count, !cases[i].is[0]);
        for (size_t k = 0; k < a->group_count; k++)
            if (a->groups[k].bans > 0 && !str_eq(a->groups[k].name, str_of(cases[i].is)))
                fail_msg("%s is %.*s", cases[i].name, STR_ARG(a->groups[k].name));
        assessment_free(a);
    }
    groups_free(g);
    bench_free(b);
}

/* ---- what was public ---- */

static void published_later(void **state) {
    struct bench *const b = bench_new();
    struct assessment *a;
    struct err e = {0};
    (void)state;

    add(b, EVIDENCE_DOMAIN, "a", 0);
    link_to(b, "Heron 9", "r1")->said = ON(RELEASED + 50);
    add(b, EVIDENCE_DOMAIN, "b", 0);
    link_to(b, "Heron 10", "r2")->said = NONE;
    static const struct {
        int64_t as_of;
        const char *release;
        double nine, ten;
        size_t later;
    } cases[] = {
        {NONE, "R2", 1.2, 1.2, 0},
        {ON(RELEASED + 49), "R1", 0, 0, 2}, /* on which day the second was public nobody says */
        {ON(RELEASED + 50), "R1", 1.2, 0, 1},
        {ON(LATER), "R2", 1.2, 1.2, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        b->with.as_of = cases[i].as_of;
        a = judge(b);
        consistent(a);
        assert_true(str_eq(a->profile->release, str_of(cases[i].release)));
        same(bans_of(a, "Heron 9", EVIDENCE_DOMAIN), cases[i].nine, NEAR);
        same(bans_of(a, "Heron 10", EVIDENCE_DOMAIN), cases[i].ten, NEAR);
        assert_int_equal(a->links_later, cases[i].later);
        assessment_free(a);
    }
    b->with.as_of = ON(RELEASED) - 1;
    assert_false(assess(&a, &b->evidence, &b->with, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_null(a);
    bench_free(b);
}

/* ---- what must not be named ---- */

/* 161 addresses of one advisory, all hit. */
static void relays_alone(void **state) {
    struct bench *const b = bench_new();
    (void)state;

    for (size_t i = 0; i < 161; i++) {
        add(b, EVIDENCE_RELAY, text(b, i, "192.0.2."), 0);
        link_to(b, "Heron 9", "advisory 2021");
    }
    struct assessment *a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 9", EVIDENCE_RELAY), 0.1, NEAR);
    assert_int_equal(a->level, ASSESSED_CLUSTER);
    assert_int_equal(a->confidence, CONFIDENCE_LOW);
    assert_true(a->gates[GATE_CARRIED].words.len > 0);
    /* A supplier or a relay network explains all of it. */
    assert_false(hypothesis_of(a, HYPOTHESIS_SUPPLIER)->rejected);
    assert_true(str_starts(hypothesis_of(a, HYPOTHESIS_SUPPLIER)->verdict, S("cannot be excluded")));
    /* One row for all of them, and a column for whom they name. */
    assert_int_equal(a->row_count, 1);
    assert_true(str_starts(a->rows[0].words, S("161 ")));
    assert_true(str_eq(a->hypotheses[0].words, S("Heron 9")));
    assert_int_equal(a->hypotheses[0].cells[0], FITS);
    assessment_free(a);

    /* And of 161 advisories as well: the cap is a factor of 1.6. */
    for (size_t i = 0; i < 161; i++)
        b->links[i].origin = str_of(text(b, 200 + i, "advisory "));
    a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 9", EVIDENCE_RELAY), 0.2, NEAR);
    assert_int_equal(a->level, ASSESSED_CLUSTER);
    assessment_free(a);

    /* With all its techniques too. */
    for (size_t k = 0; k < 6; k++)
        add(b, EVIDENCE_TECHNIQUE, text(b, 400 + k, "t"), T(1000 + (9 * 7 + k * 3) % 20 + 1));
    a = judge(b);
    consistent(a);
    assert_int_not_equal(a->level, ASSESSED_CONSISTENT);
    assessment_free(a);
    bench_free(b);
}

/* A server that ten groups broke into by the same flaw. */
static void one_flaw(void **state) {
    struct bench *const b = bench_new();
    (void)state;

    add(b, EVIDENCE_TECHNIQUE, "T1190", T(1190));
    for (size_t g = 0; g < 10; g++)
        link_to(b, text(b, g, "Heron 1"), text(b, 20 + g, "r")); /* Heron 10 to 19 */
    add(b, EVIDENCE_TOOL, "web shell", 0);
    for (size_t g = 0; g < 10; g++)
        link_to(b, b->texts[g], b->texts[20 + g]);
    add(b, EVIDENCE_NAME, "aspnet_client/x.aspx", 0);
    for (size_t g = 0; g < 10; g++)
        link_to(b, b->texts[g], b->texts[20 + g]);
    struct assessment *const a = judge(b);

    consistent(a);
    assert_int_equal(a->level, ASSESSED_CLUSTER);
    assert_true(a->none > a->groups[0].posterior);
    assert_true(a->margin < 0.5);
    assessment_free(a);
    bench_free(b);
}

static void several_intruders(void **state) {
    struct bench *const b = bench_new();
    (void)state;

    add(b, EVIDENCE_MALWARE, "Egg 1", P(1));
    add(b, EVIDENCE_MALWARE, "Egg 3", P(3));
    add(b, EVIDENCE_TECHNIQUE, "T1008", T(1008));
    struct assessment *const a = judge(b);
    const struct hypothesis *const h = hypothesis_of(a, HYPOTHESIS_SEVERAL);

    consistent(a);
    assert_int_not_equal(a->level, ASSESSED_CONSISTENT);
    assert_false(h->rejected);
    assert_true(h->kept);
    assert_true(str_find(h->verdict, S("Heron 1")) != SIZE_MAX && str_find(h->verdict, S("Heron 2")) != SIZE_MAX);
    assessment_free(a);

    /* Of one group alone nothing points to two. */
    clear(b);
    add_group_one(b);
    struct assessment *const one = judge(b);
    assert_true(str_starts(hypothesis_of(one, HYPOTHESIS_SEVERAL)->verdict, S("nothing points to two")));
    assessment_free(one);
    bench_free(b);
}

/* Copies of one advisory by ten others. */
static void copies(void **state) {
    struct bench *const b = bench_new();
    struct assessment *one, *ten;
    (void)state;

    add(b, EVIDENCE_DOMAIN, "a", 0);
    link_to(b, "Heron 9", "advisory");
    one = judge(b);
    for (size_t i = 0; i < 10; i++) {
        link_to(b, "Heron 9", "advisory")->source = str_of(text(b, i, "feed "));
        b->links[i + 1].copied = i % 2;
    }
    for (size_t i = 0; i < 10; i++) {
        add(b, EVIDENCE_DOMAIN, text(b, 20 + i, "b"), 0);
        link_to(b, "Heron 9", "advisory")->source = b->texts[i][0] ? str_of(b->texts[i]) : S("");
    }
    ten = judge(b);
    consistent(ten);
    same(group_of(ten, "Heron 9")->posterior, group_of(one, "Heron 9")->posterior, NEAR);
    assessment_free(one);
    assessment_free(ten);
    bench_free(b);
}

/* An intrusion through a flaw in a public server, mail and files taken, by a known kind of actor: the pattern of many. */
static void flaw_shell_mail(void **state) {
    static const char *const techniques[] = {"T1190", "T1505.003", "T1078", "T1114.002",
                                             "T1005", "T1087",     "T1560", "T1041"};
    struct profiles *const all = shared_profiles();
    (void)state;

    if (!all) {
        print_message("SKIP: no ../shared/data/attribution\n");
        skip();
    }
    struct bench *const b = bench_new();

    b->with.profiles = all;
    for (size_t i = 0; i < COUNT(techniques); i++)
        add(b, EVIDENCE_TECHNIQUE, techniques[i], token_parse(str_of(techniques[i])));
    add(b, EVIDENCE_VICTIM, "GB", 0);
    add(b, EVIDENCE_VICTIM, "government", 0);
    /* What was said of it names no group: it is quoted, and gives none anything. */
    struct evidence_item *const said = add(b, EVIDENCE_STATEMENT, "a China state-affiliated actor", 0);
    said->given = true;
    link_to(b, "", "ncsc 2024");
    b->evidence.first = ON(18840); /* 2021-08 */
    b->evidence.last = ON(19270);
    for (unsigned past = 0; past < 2; past++) {
        b->with.as_of = past ? ON(19270) : NONE;
        struct assessment *const a = judge(b);

        consistent(a);
        assert_int_equal(a->level, ASSESSED_CLUSTER);
        assert_int_equal(a->confidence, CONFIDENCE_LOW);
        for (size_t i = 0; i < a->group_count; i++) {
            same(a->groups[i].classes[EVIDENCE_STATEMENT], 0, NEAR);
            if (str_eq(a->groups[i].id, S("G0128"))) {
                assert_true(i > 0);
                assert_true(a->groups[i].posterior < 0.02);
            }
        }
        assessment_free(a);
    }
    bench_free(b);
    profiles_free(all);
}

/* The worked example of docs/attribution.md, by the weights it was worked with. */
static void worked_example(void **state) {
    static const struct parameters weights = {
        .none = 0.5,
        .group = {1.2654, 0.0350, 1.2075, 0.2507, 1.1324, 0.6752, 0.5903},
        .known = {0.0929, 0.1640, 2.9175},
        .gate = {0.55, 1, 0.45},
    };
    static const char *const relays[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};
    struct profiles *const all = shared_profiles();
    struct assessment *a;
    (void)state;

    if (!all) {
        print_message("SKIP: no ../shared/data/attribution\n");
        skip();
    }
    struct bench *const b = bench_new();

    b->parameters = weights;
    b->with.profiles = all;
    b->with.as_of = instant_parse(S("2021-10-01"));
    b->evidence.first = instant_parse(S("2021-01-20"));
    b->evidence.last = instant_parse(S("2021-02-28"));
    add(b, EVIDENCE_TECHNIQUE, "T1598.003", token_parse(S("T1598.003")));
    add(b, EVIDENCE_TECHNIQUE, "T1566.002", token_parse(S("T1566.002")));
    for (size_t i = 0; i < 2; i++) {
        add(b, EVIDENCE_DOMAIN, i ? "b.example" : "a.example", 0);
        struct evidence_link *const l = link_to(b, "ZIRCONIUM", "report 1");

        l->said = instant_parse(S("2020-09-10"));
        l->from = l->until = NONE;
    }
    add(b, EVIDENCE_IDENTIFIER, "jo@c.example", 0);
    struct evidence_link *const account = link_to(b, "APT31", "report 2");

    account->said = instant_parse(S("2020-07-10"));
    account->from = instant_parse(S("2020-03-01"));
    account->until = instant_parse(S("2020-06-30"));
    account->reliability = 'C';
    account->credibility = 4;
    for (size_t i = 0; i < COUNT(relays); i++) {
        add(b, EVIDENCE_RELAY, relays[i], 0);
        struct evidence_link *const l = link_to(b, "APT31", "advisory");

        l->said = l->until = instant_parse(S("2021-07-21"));
        l->from = instant_parse(S("2021-01-01"));
    }
    a = judge(b);
    consistent(a);
    const struct assessed_group *g = group_of(a, "ZIRCONIUM");

    same(g->base, 0.01075, 0.000005);
    same(a->base_none, 0.5364, 0.00005);
    same(group_of(a, "Silent Librarian")->base, 0.0877, 0.00005);
    same(g->classes[EVIDENCE_DOMAIN], 1.2, NEAR);
    same(g->classes[EVIDENCE_IDENTIFIER], 1.5 * pow(2, -204 / 730.0) * 0.42, NEAR);
    same(g->classes[EVIDENCE_RELAY], 0.1, NEAR);
    same(g->bans, 1.819, 0.0005);
    same(g->posterior, 0.422, 0.0005);
    same(a->none, 0.319, 0.0005);
    same(a->groups[1].posterior, 0.052, 0.0005);
    same(a->margin, 0.91, 0.005);
    assert_int_equal(a->level, ASSESSED_RESEMBLES);
    assert_int_equal(a->confidence, CONFIDENCE_LOW);
    assessment_free(a);

    add(b, EVIDENCE_FORENSIC, "the same key", 0)->given = true;
    link_to(b, "APT31", "another victim");
    a = judge(b);
    consistent(a);
    g = &a->groups[0];
    assert_true(str_eq(g->id, S("G0128")));
    same(g->bans, 3.819, 0.0005);
    same(g->posterior, 0.986, 0.0005);
    same(a->margin, 2.91, 0.005);
    assert_int_equal(a->families, 3);
    assert_int_equal(a->level, ASSESSED_CONSISTENT);
    assert_int_equal(a->confidence, CONFIDENCE_MODERATE);
    assessment_free(a);
    bench_free(b);
    profiles_free(all);
}

/* ---- gates, confidence, what is cheap ---- */

static void gates(void **state) {
    struct bench *const b = bench_new();
    struct assessment *a;
    (void)state;

    /* Malware alone is one kind of evidence. */
    add(b, EVIDENCE_MALWARE, "Egg 1", P(1));
    add(b, EVIDENCE_MALWARE, "Egg 2", P(2));
    a = judge(b);
    consistent(a);
    assert_true(a->groups[0].posterior > 0.55 && a->gates[GATE_MARGIN].passed && a->gates[GATE_MODEL].passed);
    assert_false(a->gates[GATE_CLASSES].passed);
    assert_int_not_equal(a->level, ASSESSED_CONSISTENT);
    assessment_free(a);

    /* With a domain of the operation's own it is two. */
    add(b, EVIDENCE_DOMAIN, "a", 0);
    link_to(b, "Heron 1", "r1");
    a = judge(b);
    consistent(a);
    assert_int_equal(a->families, 2);
    assert_int_equal(a->level, ASSESSED_CONSISTENT);
    assert_int_equal(a->confidence, CONFIDENCE_MODERATE);
    assessment_free(a);

    /* And what a supplier may have sold to others carries nothing. */
    for (size_t i = 0; i < b->item_count; i++)
        b->items[i].supplier = true;
    a = judge(b);
    consistent(a);
    assert_false(a->gates[GATE_CARRIED].passed);
    assessment_free(a);

    /* Nor does it take the place of what the model asks of malware. */
    for (int supplier = 0; supplier < 2; supplier++) {
        struct bench *const one = bench_new();

        add(one, EVIDENCE_MALWARE, "Egg 10", P(10)); /* of four groups, by one source */
        for (uint32_t t = 1; t <= 6; t++)
            add(one, EVIDENCE_TECHNIQUE, "T1500 and others", T(1500 + t));
        add(one, EVIDENCE_DOMAIN, "a", 0)->supplier = supplier;
        link_to(one, "Heron 3", "r1");
        a = judge(one);
        consistent(a);
        assert_true(str_eq(a->groups[0].name, S("Heron 3")));
        assert_true(a->gates[GATE_CARRIED].passed);
        assert_int_equal(a->gates[GATE_MODEL].passed, !supplier);
        assessment_free(a);
        bench_free(one);
    }

    /* Twelve years after its last report. */
    for (size_t i = 0; i < b->item_count; i++)
        b->items[i].supplier = false;
    b->evidence.first = b->evidence.last = ON(SEEN + 12 * 365);
    b->links[0].until = ON(SEEN + 12 * 365);
    a = judge(b);
    consistent(a);
    assert_int_equal(a->groups[0].window, 0);
    same(a->groups[0].against, -0.2, NEAR);
    assert_false(a->gates[GATE_WINDOW].passed);
    assert_true(str_find(a->gates[GATE_WINDOW].words, S("2019-06-01 to 2020-06-01")) != SIZE_MAX);
    assessment_free(a);
    bench_free(b);
}

static void confidence(void **state) {
    struct bench *const b = bench_new();
    struct assessment *a;
    (void)state;

    add_group_one(b);
    add(b, EVIDENCE_DOMAIN, "a", 0);
    link_to(b, "Heron 1", "r1");
    add(b, EVIDENCE_FORENSIC, "the same key", 0)->given = true;
    link_to(b, "Heron 1", "r2")->credibility = 2;
    a = judge(b);
    consistent(a);
    assert_int_equal(a->families, 4);
    assert_int_equal(a->confidence, CONFIDENCE_HIGH);
    assessment_free(a);

    /* It is as sure as the attribution of the other incident. */
    static const struct {
        char reliability;
        uint8_t credibility;
        enum assessed_confidence is;
    } others[] = {{'A', 1, CONFIDENCE_HIGH},     {'B', 3, CONFIDENCE_MODERATE}, {'C', 2, CONFIDENCE_MODERATE},
                  {'B', 0, CONFIDENCE_MODERATE}, {0, 1, CONFIDENCE_MODERATE},   {'B', 2, CONFIDENCE_HIGH}};
    for (size_t i = 0; i < COUNT(others); i++) {
        b->links[1].reliability = others[i].reliability;
        b->links[1].credibility = others[i].credibility;
        a = judge(b);
        assert_int_equal(a->confidence, others[i].is);
        assessment_free(a);
    }

    /* An open gap. */
    b->gaps[0] = (struct evidence_gap){S("no log tells who read the mailboxes"), S("audit log")};
    b->evidence.gaps = b->gaps;
    b->evidence.gap_count = 1;
    a = judge(b);
    consistent(a);
    assert_int_equal(a->confidence, CONFIDENCE_MODERATE);
    bool wanted = false;
    for (size_t i = 0; i < a->wanted_count; i++)
        wanted = wanted || str_eq(a->wanted[i].collect, S("audit log"));
    assert_true(wanted);
    assessment_free(a);
    b->evidence.gap_count = 0;

    /* A forensic link that the program would have found by itself is none. */
    b->items[6].given = false;
    a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 1", EVIDENCE_FORENSIC), 0, NEAR);
    assert_int_equal(a->confidence, CONFIDENCE_MODERATE);
    assessment_free(a);

    /* A statement that names another group. */
    b->items[6].given = true;
    add(b, EVIDENCE_STATEMENT, "a ministry", 0)->given = true;
    link_to(b, "Heron 2", "r3");
    a = judge(b);
    consistent(a);
    assert_true(str_eq(a->groups[0].name, S("Heron 1")));
    same(bans_of(a, "Heron 2", EVIDENCE_STATEMENT), 0, NEAR);
    assert_int_equal(a->confidence, CONFIDENCE_LOW);
    assessment_free(a);

    /* Where own evidence says nothing it counts: and alone names nobody. */
    clear(b);
    add(b, EVIDENCE_STATEMENT, "a ministry", 0)->given = true;
    link_to(b, "Heron 2", "r3");
    a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 2", EVIDENCE_STATEMENT), 2, NEAR);
    assert_int_not_equal(a->level, ASSESSED_CONSISTENT);
    assessment_free(a);

    /* One that denies says nothing for the group that it names, nor against another. */
    b->links[b->link_count - 1].denies = true;
    a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 2", EVIDENCE_STATEMENT), 0, NEAR);
    assessment_free(a);

    /* Domain and malware of one report: all of it goes back to one. */
    clear(b);
    add(b, EVIDENCE_DOMAIN, "a", 0);
    link_to(b, "Heron 9", "r1");
    add(b, EVIDENCE_MALWARE, "b", 0);
    link_to(b, "Heron 9", "r1");
    add(b, EVIDENCE_MAIL, "c", 0);
    link_to(b, "Heron 9", "r1");
    a = judge(b);
    consistent(a);
    assert_int_equal(a->families, 3);
    assert_true(a->one_origin);
    assert_int_equal(a->confidence, CONFIDENCE_LOW);
    assessment_free(a);
    bench_free(b);
}

static uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Evidence at random: many kinds, few groups, so that names are given often. */
static void random_evidence(struct bench *b, uint32_t *r) {
    unsigned const n = 3 + next_random(r) % 10, target = 1 + next_random(r) % 3;

    clear(b);
    for (unsigned i = 0; i < n; i++) {
        enum evidence_class const class = (enum evidence_class)(next_random(r) % EVIDENCE_CLASSES);
        token t = class == EVIDENCE_TECHNIQUE ? T(1001 + next_random(r) % 20)
                  : class == EVIDENCE_MALWARE ? P(1 + next_random(r) % 12)
                  : class == EVIDENCE_TOOL    ? P(20)
                                              : 0;
        struct evidence_item *const item = add(b, class, text(b, i, "v"), t);
        unsigned links = next_random(r) % 3;

        item->given = true;
        item->supplier = next_random(r) % 8 == 0;
        for (; links; links--) {
            static const char *const groups[] = {"Heron 1", "Heron 2", "Heron 3", "Wren"};
            unsigned const of = next_random(r) % 2 ? target - 1 : next_random(r) % 4;

            struct evidence_link *const l = link_to(b, groups[of], text(b, 100 + next_random(r) % 6, "r"));

            l->reliability = (char)('A' + next_random(r) % 6);
            l->credibility = (uint8_t)(next_random(r) % 7);
            l->until = l->from = ON(SEEN - (int64_t)(next_random(r) % 400));
        }
    }
}

/* No class that is cheap to fake leaves a name standing with more than low confidence, if without it the name falls or another comes, and all of them
 * together do not. Judged anew without it, not read from the answer. */
static void cheap_classes(void **state) {
    struct bench *const b = bench_new();
    uint32_t r = 2463534242u;
    size_t named = 0, moderate = 0, carried = 0, together = 0;
    (void)state;

    for (unsigned round = 0; round < 1500; round++) {
        random_evidence(b, &r);
        struct assessment *const a = judge(b);
        size_t const count = b->item_count;

        consistent(a);
        named += a->level == ASSESSED_CONSISTENT;
        moderate += a->confidence > CONFIDENCE_LOW;
        for (size_t c = 0; c <= EVIDENCE_CLASSES && a->level == ASSESSED_CONSISTENT; c++) {
            bool const all = c == EVIDENCE_CLASSES;
            struct evidence_item kept[COUNT(b->items)];
            size_t n = 0;

            if (!all && !b->rules.classes[c].cheap)
                continue;
            memcpy(kept, b->items, sizeof kept);
            for (size_t i = 0; i < count; i++)
                if (all ? !b->rules.classes[kept[i].class].cheap : kept[i].class != (enum evidence_class)c)
                    b->items[n++] = kept[i];
            b->item_count = n;
            struct assessment *const without = judge(b);

            if (n < count &&
                (without->level != ASSESSED_CONSISTENT || !str_eq(without->groups[0].name, a->groups[0].name))) {
                carried++;
                together += all;
                assert_true(a->cheap_only);
                assert_int_equal(a->confidence, CONFIDENCE_LOW);
            }
            memcpy(b->items, kept, sizeof kept);
            b->item_count = count;
            assessment_free(without);
        }
        assessment_free(a);
    }
    /* Otherwise nothing was tried. */
    if (named < 50 || moderate < 20 || carried < 3 || !together)
        fail_msg("%zu named, %zu with more than low confidence, %zu carried by what is cheap, %zu by all of it", named,
                 moderate, carried, together);
    bench_free(b);
}

/* ---- order ---- */

static void same_group(const struct assessment *a, const struct assessment *b, size_t g) {
    const struct assessed_group *const x = &a->groups[g], *const y = &b->groups[g];

    assert_true(x->posterior == y->posterior && str_eq(x->name, y->name));
    assert_int_equal(x->link_count, y->link_count);
    for (size_t k = 0; k < x->link_count; k++) {
        const struct evidence_item *const i = &a->evidence->items[x->links[k].item], *const j =
                                                                                         &b->evidence
                                                                                              ->items[y->links[k].item];

        assert_true(str_eq(i->value, j->value) && i->class == j->class && str_eq(i->place, j->place));
        assert_true(x->links[k].counted == y->links[k].counted && x->links[k].bans == y->links[k].bans);
        assert_string_equal(x->links[k].why_not, y->links[k].why_not);
    }
}

static void any_order(void **state) {
    struct bench *const b = bench_new();
    uint32_t r = 88172645u;
    (void)state;

    for (unsigned round = 0; round < 100; round++) {
        random_evidence(b, &r);
        struct evidence given = b->evidence;
        struct evidence_item items[COUNT(b->items)];

        /* What differs in nothing but where it stands. */
        for (size_t i = 0; i < 2; i++) {
            b->items[b->item_count] = b->items[i];
            b->items[b->item_count++].place = i ? S("2") : S("1");
        }
        memcpy(items, b->items, sizeof items);
        struct assessment *const a = judge(b);

        given.items = items;
        given.item_count = b->item_count;
        a->evidence = &given; /* those of the bench are moved now */
        for (size_t i = b->item_count; i > 1; i--) {
            size_t const k = next_random(&r) % i;
            struct evidence_item const t = b->items[k];

            b->items[k] = b->items[i - 1];
            b->items[i - 1] = t;
        }
        struct assessment *const other = judge(b);

        assert_true(a->none == other->none && a->margin == other->margin);
        assert_int_equal(a->level, other->level);
        assert_int_equal(a->confidence, other->confidence);
        assert_int_equal(a->cheap_only, other->cheap_only);
        for (size_t g = 0; g < a->group_count; g++)
            same_group(a, other, g);
        assert_int_equal(a->sensitivity_count, other->sensitivity_count);
        for (size_t k = 0; k < a->sensitivity_count; k++)
            assert_true(a->sensitivities[k].posterior == other->sensitivities[k].posterior &&
                        a->sensitivities[k].first == other->sensitivities[k].first &&
                        str_eq(a->sensitivities[k].words, other->sensitivities[k].words));
        assert_int_equal(a->row_count, other->row_count);
        for (size_t k = 0; k < a->row_count; k++) {
            assert_true(str_eq(a->rows[k].words, other->rows[k].words));
            for (size_t h = 0; h < a->hypothesis_count; h++)
                assert_int_equal(a->hypotheses[h].cells[k], other->hypotheses[h].cells[k]);
        }
        assert_int_equal(a->wanted_count, other->wanted_count);
        for (size_t k = 0; k < a->wanted_count; k++)
            assert_true(str_eq(a->wanted[k].what, other->wanted[k].what));
        assessment_free(a);
        assessment_free(other);
    }
    bench_free(b);
}

/* ---- without something ---- */

static void sensitivity(void **state) {
    struct bench *const b = bench_new();
    (void)state;

    add_group_one(b);
    add(b, EVIDENCE_HOURS, "06:00 to 14:00", 0);
    link_to(b, "Heron 1", "r1");
    struct assessment *const a = judge(b);
    size_t classes = 0, items = 0;

    consistent(a);
    for (size_t i = 0; i < a->sensitivity_count; i++) {
        const struct sensitivity *const s = &a->sensitivities[i];
        struct evidence_item kept[COUNT(b->items)];
        size_t const count = b->item_count;
        size_t n = 0;

        classes += s->what == WITHOUT_CLASS;
        items += s->what == WITHOUT_ITEM;
        memcpy(kept, b->items, sizeof kept);
        for (size_t k = 0; k < count; k++)
            if (s->what == WITHOUT_CLASS ? kept[k].class != s->class : k != s->item)
                b->items[n++] = kept[k];
        b->item_count = n;
        struct assessment *const without = judge(b);

        same(s->posterior, without->groups[0].posterior, NEAR);
        same(s->none, without->none, NEAR);
        assert_int_equal(s->level, without->level);
        assert_true(str_eq(a->groups[s->first_group].name, without->groups[0].name));
        assert_int_equal(s->first == NO_GROUP, without->none >= without->groups[0].posterior);
        memcpy(b->items, kept, sizeof kept);
        b->item_count = count;
        assessment_free(without);
    }
    assert_int_equal(classes, 3);
    assert_true(items >= 3);
    assessment_free(a);
    bench_free(b);
}

/* ---- victims, nations ---- */

static void victims(void **state) {
    struct bench *const b = bench_new();
    static str gb[] = {STR("GB"), STR("FR")}, us[] = {STR("US")}, government[] = {STR("government")};
    (void)state;

    /* Of four groups with published victims one goes for GB and FR, three for US. */
    for (size_t k = 0; k < b->profiles->count; k++) {
        struct profile_group *const g = b->profiles->releases[k].groups;

        for (size_t i = 0; i < 4; i++) {
            g[i].countries = i ? us : gb;
            g[i].country_count = i ? 1 : 2;
            g[i].victims_source = S("a galaxy");
            g[i].victims_day = RELEASED + 2;
        }
        g[0].sectors = government;
        g[0].sector_count = 1;
    }
    add(b, EVIDENCE_VICTIM, "GB", 0);
    struct assessment *a = judge(b);
    consistent(a);
    /* log10(4/1) is more than 0.3; the others never touched it; whose victims are not published is neither. */
    same(bans_of(a, "Heron 1", EVIDENCE_VICTIM), 0.3, NEAR);
    same(group_of(a, "Heron 1")->against, 0, NEAR);
    same(group_of(a, "Heron 2")->against, -0.2, NEAR);
    same(group_of(a, "Heron 9")->against, 0, NEAR);
    assert_int_not_equal(a->level, ASSESSED_CONSISTENT);
    assessment_free(a);

    /* Three of four: log10(4/3). A second country of one list is no second reason, a sector is. */
    clear(b);
    add(b, EVIDENCE_VICTIM, "US", 0);
    a = judge(b);
    same(bans_of(a, "Heron 2", EVIDENCE_VICTIM), log10(4.0 / 3), NEAR);
    assessment_free(a);
    clear(b);
    add(b, EVIDENCE_VICTIM, "GB", 0);
    add(b, EVIDENCE_VICTIM, "FR", 0);
    a = judge(b);
    consistent(a);
    same(bans_of(a, "Heron 1", EVIDENCE_VICTIM), 0.3, NEAR);
    assessment_free(a);
    clear(b);
    add(b, EVIDENCE_VICTIM, "GB", 0);
    add(b, EVIDENCE_VICTIM, "government", 0);
    a = judge(b);
    consistent(a);
    /* One group alone has published sectors: that it goes for this one is no rarity. */
    same(bans_of(a, "Heron 1", EVIDENCE_VICTIM), 0.3, NEAR);
    assessment_free(a);

    /* A person, or a country that is on nobody's list, says nothing for or against anybody. */
    clear(b);
    add(b, EVIDENCE_VICTIM, "Jo Bloggs", 0);
    add(b, EVIDENCE_VICTIM, "NZ", 0);
    a = judge(b);
    for (size_t i = 0; i < a->group_count; i++)
        same(a->groups[i].bans, 0, NEAR);
    assessment_free(a);

    /* Published on a day after. */
    clear(b);
    add(b, EVIDENCE_VICTIM, "GB", 0);
    b->with.as_of = ON(RELEASED + 1);
    a = judge(b);
    for (size_t i = 0; i < a->group_count; i++)
        same(a->groups[i].bans, 0, NEAR);
    assessment_free(a);
    b->with.as_of = ON(RELEASED + 2);
    a = judge(b);
    same(bans_of(a, "Heron 1", EVIDENCE_VICTIM), 0.3, NEAR);
    assessment_free(a);
    /* Nobody knows since when: of today alone. */
    for (size_t i = 0; i < 4; i++)
        b->profiles->releases[0].groups[i].victims_day = b->profiles->releases[1].groups[i].victims_day = VICTIMS_NOW;
    a = judge(b);
    same(bans_of(a, "Heron 1", EVIDENCE_VICTIM), 0, NEAR);
    assessment_free(a);
    b->with.as_of = NONE;
    a = judge(b);
    same(bans_of(a, "Heron 1", EVIDENCE_VICTIM), 0.3, NEAR);
    assessment_free(a);
    bench_free(b);
}

static void nations(void **state) {
    struct bench *const b = bench_new();
    struct assessment *a;
    (void)state;

    add(b, EVIDENCE_MALWARE, "Egg 1", P(1));
    add(b, EVIDENCE_MALWARE, "Egg 3", P(3));
    add(b, EVIDENCE_TECHNIQUE, "T1008", T(1008));
    a = judge(b);
    consistent(a);
    double aa = 0, bb = 0;
    for (size_t i = 0; i < a->group_count; i++) {
        aa += str_eq(a->groups[i].nation, S("AA")) ? a->groups[i].posterior : 0;
        bb += str_eq(a->groups[i].nation, S("BB")) ? a->groups[i].posterior : 0;
    }
    assert_int_equal(a->nation_count, 2);
    assert_string_equal(a->nations[0].country, "AA");
    same(a->nations[0].posterior, aa, NEAR);
    same(a->nations[1].posterior, bb, NEAR);
    assert_int_equal(a->nations[0].groups, 2);
    assert_int_equal(a->nations[1].groups, 10);
    assert_true(aa >= 0.3 && a->nations[0].told);
    assert_false(a->nations[1].told);
    assessment_free(a);

    /* Where a name is given, no nation is told beside it. */
    clear(b);
    add_group_one(b);
    a = judge(b);
    assert_int_equal(a->level, ASSESSED_CONSISTENT);
    assert_false(a->nations[0].told);
    assessment_free(a);
    bench_free(b);
}

/* ---- signs ---- */

static void signs(void **state) {
    struct bench *const b = bench_new();
    struct assessment *a;
    (void)state;

    add(b, EVIDENCE_TECHNIQUE, "T1008", T(1008));
    b->signs[0] = (struct evidence_sign){OTHER_BENIGN, true, S("a web shell was written")};
    b->signs[1] = (struct evidence_sign){OTHER_SEVERAL, false, S("two doors that have nothing in common")};
    b->evidence.signs = b->signs;
    b->evidence.sign_count = 2;
    b->evidence.score = 4;
    a = judge(b);
    consistent(a);
    assert_true(hypothesis_of(a, HYPOTHESIS_BENIGN)->rejected);
    assert_true(str_find(hypothesis_of(a, HYPOTHESIS_SEVERAL)->verdict, S("two doors")) != SIZE_MAX);
    assert_false(hypothesis_of(a, HYPOTHESIS_NONE)->rejected);
    assessment_free(a);

    /* A list is not asked whether it is an intrusion. */
    b->evidence.sign_count = 0;
    b->evidence.score = 0;
    a = judge(b);
    assert_false(hypothesis_of(a, HYPOTHESIS_BENIGN)->rejected);
    assessment_free(a);

    /* Nothing at all. */
    clear(b);
    a = judge(b);
    consistent(a);
    assert_int_equal(a->level, ASSESSED_CLUSTER);
    assert_int_equal(a->sensitivity_count, 0);
    assert_true(a->wanted_count > 0);
    assessment_free(a);
    bench_free(b);
}

/* ---- scales ---- */

static void words(void **state) {
    static const struct {
        double p;
        const char *word;
    } cases[] = {
        {0, "almost no chance"}, {0.05, "almost no chance"}, {0.051, "very unlikely"},     {0.2, "very unlikely"},
        {0.3, "unlikely"},       {0.45, "unlikely"},         {0.5, "roughly even chance"}, {0.56, "likely"},
        {0.8, "likely"},         {0.81, "very likely"},      {0.95, "very likely"},        {0.96, "almost certain"},
        {1, "almost certain"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        if (!str_eq(likelihood_word(cases[i].p), str_of(cases[i].word)))
            fail_msg("%g", cases[i].p);
    assert_int_equal(confidence_stix(CONFIDENCE_LOW), 15);
    assert_int_equal(confidence_stix(CONFIDENCE_MODERATE), 50);
    assert_int_equal(confidence_stix(CONFIDENCE_HIGH), 85);
    assert_true(str_eq(confidence_word(CONFIDENCE_MODERATE), S("moderate")));
}

/* ---- memory and bounds ---- */

static void no_memory(void **state) {
    struct bench *b;
    struct assessment *a;
    struct err e = {0};
    (void)state;

    REFUSE_OR_SKIP();
    b = bench_new();
    add_group_one(b);
    for (size_t i = 0; i < 40; i++) {
        add(b, EVIDENCE_DOMAIN, text(b, i, "d"), 0);
        link_to(b, i % 2 ? "Heron 1" : text(b, 100 + i, "Wren "), text(b, 200 + i, "r"));
    }
    add(b, EVIDENCE_STATEMENT, "a ministry", 0)->given = true;
    link_to(b, "Heron 2", "r3");
    b->evidence.items = b->items;
    b->evidence.item_count = b->item_count;
    bool done = false;
    for (long n = 0; !done && n < 5000; n++) {
        memory_left = n;
        done = assess(&a, &b->evidence, &b->with, &e);
        memory_left = -1;
        if (!done) {
            assert_null(a);
            assert_int_equal(e.code, ERR_MEMORY);
        }
    }
    assert_true(done);
    assessment_free(a);
    assessment_free(NULL);
    for (long n = 0; n < 3; n++) {
        struct evidence_rules r;

        memory_left = n;
        if (evidence_rules_builtin(&r, &e))
            evidence_rules_free(&r);
        else
            assert_int_equal(e.code, ERR_MEMORY);
        memory_left = -1;
    }
    bench_free(b);
}

static void too_many(void **state) {
    struct bench *const b = bench_new();
    struct evidence_item *const items = calloc(EVIDENCE_ITEMS_MAX + 1, sizeof *items);
    struct assessment *a;
    struct err e = {0};
    (void)state;

    assert_non_null(items);
    add(b, EVIDENCE_MALWARE, "x", 0);
    for (size_t i = 0; i <= EVIDENCE_ITEMS_MAX; i++) {
        items[i] = b->items[0];
        items[i].token = P(1 + i % 4000);
    }
    b->evidence.items = items;
    b->evidence.item_count = EVIDENCE_ITEMS_MAX + 1;
    assert_false(assess(&a, &b->evidence, &b->with, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    b->evidence.item_count = EVIDENCE_ITEMS_MAX;
    assert_true(assess(&a, &b->evidence, &b->with, &e));
    consistent(a);
    assessment_free(a);
    free(items);
    bench_free(b);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_enter, folder_leave)
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(agrees_with_worth),
        cmocka_unit_test(documented),
        IN_FOLDER(model_alone),
        IN_FOLDER(measured_cases),
        IN_FOLDER(grades),
        IN_FOLDER(counting),
        IN_FOLDER(ages),
        IN_FOLDER(names),
        IN_FOLDER(names_of_sources),
        IN_FOLDER(published_later),
        IN_FOLDER(relays_alone),
        IN_FOLDER(one_flaw),
        IN_FOLDER(several_intruders),
        IN_FOLDER(copies),
        IN_FOLDER(flaw_shell_mail),
        IN_FOLDER(worked_example),
        IN_FOLDER(gates),
        IN_FOLDER(confidence),
        IN_FOLDER(cheap_classes),
        IN_FOLDER(any_order),
        IN_FOLDER(sensitivity),
        IN_FOLDER(victims),
        IN_FOLDER(nations),
        IN_FOLDER(signs),
        cmocka_unit_test(words),
        IN_FOLDER(no_memory),
        IN_FOLDER(too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
