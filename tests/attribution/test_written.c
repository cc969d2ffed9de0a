/* test_written: what an assessment says in words, for every level, confidence and chance; what it never says; quotes; JSON; hostile texts; no memory. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "attribution/written.h"
#include "made_assessment.h"
#include "refuse.h"

/* ICD 203, D.6.e.2.a: seven ranges. */
static const struct {
    double from;
    const char *word;
} likelihoods[] = {{0, "almost no chance"},       {0.05, "very unlikely"}, {0.20, "unlikely"},
                   {0.45, "roughly even chance"}, {0.55, "likely"},        {0.80, "very likely"},
                   {0.95, "almost certain"}};
static const char *const confidences[] = {"low", "moderate", "high"};
static const double chances[] = {0, 0.004, 0.03, 0.12, 0.3, 0.5, 0.6, 0.7, 0.9, 0.97, 0.999, 1};

#define BAD "</td><script>alert(1)</script>\"'&\x1b[31m\x00\x07\xe2\x80\xaegpj.exe\xff\xc2\x9b"

static const char *word_of(double p) {
    size_t i = COUNT(likelihoods) - 1;

    while (p < likelihoods[i].from)
        i--;
    return likelihoods[i].word;
}

static const char *text_of(str s) {
    static char room[1 << 16];

    assert_true(s.len < sizeof room);
    memcpy(room, s.ptr, s.len);
    room[s.len] = '\0';
    return room;
}

static bool holds(str s, const char *what) {
    return str_find(s, str_of(what)) != SIZE_MAX;
}

/* "likely" stands in "unlikely": how many words of likelihood, each counted where it begins and is no part of a longer one. */
static unsigned likelihood_words(str s) {
    unsigned n = 0;
    static const char *const all[] = {"almost no chance", "very unlikely", "unlikely",      "roughly even chance",
                                      "very likely",      "likely",        "almost certain"};

    for (size_t i = 0; i < s.len; i++)
        for (size_t k = 0; k < COUNT(all); k++)
            if (str_starts(str_from(s, i), str_of(all[k])) && (i == 0 || s.ptr[i - 1] == ' ' || s.ptr[i - 1] == '(')) {
                n++;
                i += strlen(all[k]) - 1;
                break;
            }
    return n;
}

/* No full stop but at its end. */
static bool is_one_sentence(str s) {
    return str_ends(s, S(".")) && str_find(s, S(". ")) == SIZE_MAX;
}

/* Each sentence but quotes, which are others'. */
static void each(const struct written *w, void (*see)(void *ctx, str s), void *ctx) {
    const struct {
        const str *list;
        size_t count;
    } lists[] = {{w->facts, w->fact_count},
                 {w->assumptions, w->assumption_count},
                 {w->judgements, w->judgement_count},
                 {w->missing, w->missing_count},
                 {w->alternatives, w->alternative_count},
                 {w->sensitivities, w->sensitivity_count},
                 {w->gaps, w->gap_count},
                 {w->wanted, w->wanted_count},
                 {w->cautions, w->caution_count}};
    const str single[] = {w->judgement, w->confidence, w->scale,  w->activity, w->cluster,
                          w->group,     w->sponsor,    w->nation, w->then,     w->changed};

    for (size_t i = 0; i < COUNT(single); i++)
        see(ctx, single[i]);
    for (size_t i = 0; i < COUNT(lists); i++)
        for (size_t k = 0; k < lists[i].count; k++)
            see(ctx, lists[i].list[k]);
}

static struct written *made(const struct made *m, const struct made *then, const struct groups *names) {
    struct written *w = NULL;
    struct err e = {0};

    if (!written_make(&w, &m->a, then ? &then->a : NULL, names, &e))
        fail_msg("%s", e.text);
    return w;
}

static struct groups *names(void) {
    struct groups *g = NULL;
    struct err e = {0};

    assert_true(groups_new(&g, &e) && groups_join(g, &e));
    return g;
}

/* ---- likelihood and confidence ---- */

static void judgements(void **state) {
    (void)state;

    for (size_t p = 0; p < COUNT(chances); p++)
        for (int level = ASSESSED_CLUSTER; level <= ASSESSED_CONSISTENT; level++)
            for (int c = CONFIDENCE_LOW; c <= CONFIDENCE_HIGH; c++) {
                double const none = level == ASSESSED_CLUSTER ? chances[p] : 1 - chances[p],
                             first = level == ASSESSED_CLUSTER ? (1 - none) / 2 : chances[p];
                struct made m;
                char number[32], begins[64];

                made_assessment(&m, (enum assessed_level)level, (enum assessed_confidence)c, none, first);
                struct written *const w = made(&m, NULL, NULL);

                if (chances[p] < 0.01)
                    snprintf(number, sizeof number, "under 1 %%");
                else if (chances[p] > 0.99)
                    snprintf(number, sizeof number, "over 99 %%");
                else
                    snprintf(number, sizeof number, "%.0f %%", 100 * chances[p]);
                snprintf(begins, sizeof begins, "%s (%s)", word_of(chances[p]), number);
                if (!holds(w->judgement, begins) || likelihood_words(w->judgement) != 1 ||
                    !is_one_sentence(w->judgement) || holds(w->judgement, "onfiden") || holds(w->judgement, " 0 %") ||
                    holds(w->judgement, "100 %"))
                    fail_msg("%d %g: %s", level, chances[p], text_of(w->judgement));
                /* APT31 is told where it is more than one of many. */
                if (holds(w->judgement, "APT31") != (level > ASSESSED_CLUSTER))
                    fail_msg("%s", text_of(w->judgement));
                if (!holds(w->judgement, level == ASSESSED_CLUSTER ? "insufficient to name a group"
                                         : level == ASSESSED_RESEMBLES
                                             ? "resembles what is published of APT31"
                                             : "consistent with the public attribution of APT31"))
                    fail_msg("%s", text_of(w->judgement));
                if (holds(w->group, "insufficient to name a group") == (level == ASSESSED_CONSISTENT))
                    fail_msg("%s", text_of(w->group));
                snprintf(begins, sizeof begins, "Confidence in this judgement is %s. ", confidences[c]);
                if (!str_starts(w->confidence, str_of(begins)) || likelihood_words(w->confidence) ||
                    holds(w->confidence, "%"))
                    fail_msg("%s", text_of(w->confidence));
                assert_true(str_ends(w->confidence, S("It rests on one class of evidence. Two gaps are open.")));
                written_free(w);
            }
}

/* How likely none is is told of all who were weighed: those of the profiles, and those that only links name. */
static void none_of_all_that_were_weighed(void **state) {
    (void)state;

    for (size_t beside = 0; beside < 3; beside++) {
        struct made m;
        char more[64];

        made_assessment(&m, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.7, 0.1);
        for (size_t i = 0; i < beside; i++)
            m.groups[i].group = NO_GROUP;
        struct written *const w = made(&m, NULL, NULL);

        snprintf(more, sizeof more, " describes, nor of %zu more that sources name.", beside);
        assert_int_equal(holds(w->judgement, "more that sources name"), beside > 0);
        assert_true(str_ends(w->judgement, beside ? str_of(more) : S(" describes.")));
        assert_int_equal(holds(w->judgements[w->judgement_count - 1], "more that sources name"), beside > 0);
        written_free(w);
    }
}

static void the_scale_is_printed(void **state) {
    struct made m;
    (void)state;

    made_assessment(&m, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.6, 0.2);
    struct written *const w = made(&m, NULL, NULL);

    assert_true(holds(w->scale, "ICD 203") && holds(w->scale, "Admiralty"));
    for (size_t i = 0; i < COUNT(likelihoods); i++)
        assert_true(holds(w->scale, likelihoods[i].word));
    written_free(w);
}

/* ---- what is never said ---- */

struct forbidden {
    regex_t expressions[8];
    size_t count;
};

static void see_forbidden(void *ctx, str s) {
    const struct forbidden *const f = ctx;

    for (size_t i = 0; i < f->count; i++)
        if (regexec(&f->expressions[i], text_of(s), 0, NULL, 0) == 0)
            fail_msg("%s", text_of(s));
}

static void never_is_a_group_and_never_a_state(void **state) {
    static const char *const never[] = {
        "\\b(is|was|are|were|be) (APT31|Leviathan|Turla|G0128|G0065|G0010)\\b",
        "carried out by|conducted by|perpetrated|responsible|guilty|culprit|to blame",
        "\\bby (APT31|Leviathan|Turla|China|Russia|the Chinese|the Russian)\\b",
        "\\b(China|Russia|CN|RU)\\b[^-]*\\b(did|attacked|hacked|stole|broke|entered|ordered|behind)\\b",
        "(Chinese|Russian|state-sponsored|state-backed|nation-state)",
        "\\battack(s|ed)? (of|from) (China|Russia)",
    };
    struct forbidden f = {.count = COUNT(never)};
    struct groups *const g = names();
    (void)state;

    for (size_t i = 0; i < COUNT(never); i++)
        assert_int_equal(regcomp(&f.expressions[i], never[i], REG_EXTENDED | REG_NOSUB), 0);
    /* The expressions find what they must. */
    assert_int_equal(regexec(&f.expressions[0], "it was APT31 that", 0, NULL, 0), 0);
    assert_int_equal(regexec(&f.expressions[3], "China has attacked us", 0, NULL, 0), 0);
    for (size_t p = 0; p < COUNT(chances); p++)
        for (int level = ASSESSED_CLUSTER; level <= ASSESSED_CONSISTENT; level++) {
            struct made m, then;

            made_assessment(&m, (enum assessed_level)level, CONFIDENCE_LOW, 1 - chances[p], chances[p]);
            made_assessment(&then, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.9, 0.05);
            m.nations[0].told = level == ASSESSED_CLUSTER;
            struct written *const w = made(&m, &then, g);
            /* Cautions are others' facts, and say that something is not a group's. */
            size_t const cautions = w->caution_count;

            w->caution_count = 0;
            each(w, see_forbidden, &f);
            w->caution_count = cautions;
            written_free(w);
        }
    for (size_t i = 0; i < COUNT(never); i++)
        regfree(&f.expressions[i]);
    groups_free(g);
}

static void a_nation_is_told_only_when_it_may_be(void **state) {
    struct made m;
    (void)state;

    for (int told = 0; told < 2; told++) {
        made_assessment(&m, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.4, 0.3);
        m.nations[0].told = told;
        struct written *const w = made(&m, NULL, NULL);

        assert_int_equal(w->nation.len > 0, told);
        if (told)
            assert_string_equal(text_of(w->nation), "Published groups with this profile are mostly described as "
                                                    "China-linked (45 % of the probability, over 2 groups); that is no "
                                                    "statement about a state’s responsibility.");
        written_free(w);
    }
}

static void four_statements(void **state) {
    struct made m;
    (void)state;

    for (int incident = 0; incident < 2; incident++)
        for (int forensic = 0; forensic < 2; forensic++) {
            made_assessment(&m, ASSESSED_RESEMBLES, CONFIDENCE_LOW, 0.4, 0.3);
            m.evidence.incident = (uint32_t)incident;
            if (forensic)
                m.items[3].class = EVIDENCE_FORENSIC;
            struct written *const w = made(&m, NULL, NULL);
            const str all[] = {w->activity, w->cluster, w->group, w->sponsor};

            for (size_t i = 0; i < COUNT(all); i++)
                assert_true(is_one_sentence(all[i]));
            assert_true(str_starts(w->activity, S("Activity: ")) && str_starts(w->cluster, S("Cluster: ")) &&
                        str_starts(w->group, S("Group: ")) && str_starts(w->sponsor, S("Sponsor: not judged")));
            assert_true(holds(w->activity, incident ? "incident 1" : "what an analyst listed"));
            assert_true(holds(w->activity, "from 2021-03-01 to 2021-04-10"));
            assert_true(holds(w->cluster, forensic ? "1 forensic link ties it" : "stays a cluster of its own"));
            written_free(w);
        }
}

/* ---- facts ---- */

static void facts_have_place_time_grade_and_source(void **state) {
    struct made m;
    (void)state;

    made_assessment(&m, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.6, 0.2);
    struct written *const w = made(&m, NULL, NULL);

    assert_int_equal(w->fact_count, MADE_ITEMS);
    assert_string_equal(
        text_of(w->facts[0]),
        "Technique: T1114.002; mailboxes were read from outside; 2021-03-01 00:00 to 2021-04-10 00:00 UTC, "
        "1013 times; longwatch show CASE 1.1, graded A2. ATT&CK v18.1 lists it for 12 groups, among them "
        "APT31.");
    assert_true(holds(w->facts[1], "longwatch show CASE 17, graded A1."));
    assert_true(holds(w->facts[1], "Sekoia, apt31-2021-11-10, 2021-11-10, connects it with APT31, for the time from "
                                   "2021-01-01 (graded B4)."));
    assert_true(holds(w->facts[1], "a list without a date connects it with APT31 (graded F6)."));
    assert_true(holds(w->facts[1], "A supplier or a network that several use would explain it as well."));
    assert_true(holds(w->facts[2], "without a time; said by an analyst, graded B2."));
    assert_true(holds(w->assumptions[w->assumption_count - 3], "was set after published practice, and not measured"));
    assert_true(holds(w->assumptions[w->assumption_count - 2], "1 observation was said by an analyst"));
    assert_true(holds(w->assumptions[w->assumption_count - 1], "1 link of a source bears no date"));
    assert_int_equal(w->missing_count, 2);
    assert_int_equal(w->alternative_count, MADE_HYPOTHESES);
    assert_true(holds(w->alternatives[7], "Not an intrusion: 2 observations speak against it, 1 strongly; rejected."));
    assert_string_equal(text_of(w->gaps[0]),
                        "No log tells who read the mailboxes before 2020-06-01. To collect: mailbox "
                        "audit log (MailItemsAccessed).");
    assert_int_equal(w->sensitivity_count, 2);
    assert_string_equal(
        text_of(w->sensitivities[0]),
        "Without domains of the operation: Leviathan comes first, very unlikely (10 %); none of them likely (70 %); "
        "insufficient to name a group.");
    written_free(w);
}

static void many_facts_are_those_that_count(void **state) {
    enum { MANY = 1000, HEAVY = 700 };
    struct evidence_item *const items = calloc(MANY, sizeof *items);
    struct assessed_link link[1];
    struct made m;
    (void)state;

    assert_non_null(items);
    made_assessment(&m, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.6, 0.2);
    for (size_t i = 0; i < MANY; i++)
        items[i] = m.items[3];
    items[HEAVY].value = S("the one that counts");
    link[0] = (struct assessed_link){.item = HEAVY, .link = 0, .counted = 1, .bans = 1, .why_not = ""};
    m.evidence.items = items;
    m.evidence.item_count = MANY;
    m.groups[0].links = link;
    m.groups[0].link_count = 1;
    struct written *const w = made(&m, NULL, NULL);
    bool there = false;

    assert_int_equal(w->fact_count, WRITTEN_FACTS_MAX + 1);
    for (size_t i = 0; i < w->fact_count; i++)
        there |= holds(w->facts[i], "the one that counts");
    assert_true(there);
    assert_true(str_starts(w->facts[WRITTEN_FACTS_MAX], S("800 observations that count less are not written out")));
    written_free(w);
    free(items);
}

/* ---- then and now ---- */

static void then_against_now(void **state) {
    struct made m, then;
    (void)state;

    made_assessment(&m, ASSESSED_RESEMBLES, CONFIDENCE_LOW, 0.5, 0.3);
    made_assessment(&then, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.85, 0.02);
    then.a.as_of = MADE_AT + 40 * MADE_DAY;
    then.profile.release = S("ATT&CK v8.2");
    struct written *const one = made(&m, NULL, NULL), *const both = made(&m, &then, NULL);

    assert_int_equal(one->then.len, 0);
    assert_string_equal(
        text_of(both->then),
        "By what was public on 2021-04-10 (ATT&CK v8.2) the judgement would have been: insufficient to name a "
        "group; none of the groups described then: very likely (85 %). By what was public on 2026-09-21 "
        "(ATT&CK v18.1) it is: a resemblance to what is published of APT31, unlikely (30 %); none: roughly even chance "
        "(50 %).");
    assert_string_equal(text_of(both->changed), "What changed is what was published in between, 1 link of a source to "
                                                "what was seen among it.");
    written_free(one);
    written_free(both);
    m.a.as_of = INSTANT_NONE;
    struct written *const now = made(&m, &then, NULL);

    assert_true(holds(now->then, "By what is public now (ATT&CK v18.1) it is: "));
    written_free(now);
    made_assessment(&m, ASSESSED_RESEMBLES, CONFIDENCE_LOW, 0.5, 0.3);
    /* The same level by the same group is the same judgement; by another it is none. */
    for (int other = 0; other < 2; other++) {
        made_assessment(&then, ASSESSED_RESEMBLES, CONFIDENCE_LOW, 0.6, 0.25);
        if (other)
            then.groups[0].id = S("G0010");
        struct written *const w = made(&m, &then, NULL);

        assert_int_equal(holds(w->changed, "does not change the judgement"), !other);
        written_free(w);
    }
}

/* ---- quotes ---- */

static void quotes_of_groups_that_are_told(void **state) {
    static const struct {
        enum assessed_level level;
        double first;
        bool quoted;
    } cases[] = {
        {ASSESSED_CLUSTER, 0.19, false},
        {ASSESSED_CLUSTER, 0.21, true},
        {ASSESSED_RESEMBLES, 0.1, true},
        {ASSESSED_CONSISTENT, 0.9, true},
    };
    struct groups *const g = names();
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m;
        struct buf b = {0};
        size_t another = 0, denials = 0;

        made_assessment(&m, cases[i].level, CONFIDENCE_LOW, 1 - cases[i].first, cases[i].first);
        struct written *const w = made(&m, NULL, g);

        assert_int_equal(w->quote_count > 0, cases[i].quoted);
        assert_int_equal(holds(w->sponsor, "no statement is quoted"), !cases[i].quoted);
        for (size_t k = 0; k < w->quote_count; k++) {
            const struct written_quote *const q = &w->quotes[k];

            /* What is about another victim is not the group's, in whose file it stands. */
            assert_true(str_eq(q->group, str_eq(q->stance, S("another")) ? S("") : S("APT31")) && q->on.len &&
                        q->by.len && q->about.len && q->grade.len && q->source.len);
            assert_true(k == 0 || !str_eq(w->quotes[k - 1].group, q->group) ||
                        str_cmp(w->quotes[k - 1].on, q->on) <= 0);
            assert_true(k == 0 || w->quotes[k - 1].group.len || !q->group.len);
            denials += str_eq(q->stance, S("denies"));
            b.len = 0;
            written_quote_words(&b, q);
            assert_int_equal(holds(buf_str(&b), "Alleged: no court"), q->alleged);
            assert_int_equal(holds(buf_str(&b), "names no group, and nothing here joins the two"),
                             str_eq(q->stance, S("another")));
            if (str_eq(q->stance, S("another"))) {
                another++;
                assert_true(holds(q->about, "Electoral Commission") &&
                            str_eq(q->quote, S("a China state-affiliated actor")));
            }
        }
        if (cases[i].quoted)
            assert_true(another == 1 && denials == 2);
        /* Beware of the merger, whenever a source connects what was seen with the group. */
        bool beware = false;

        for (size_t k = 0; k < w->caution_count; k++)
            beware |= holds(w->cautions[k], "Electoral Commission was not attributed to APT31");
        assert_true(beware);
        buf_free(&b);
        written_free(w);
    }
    groups_free(g);
}

/* What was said after the day of the judgement was not known then: it is not quoted, and of a link it is said. */
static void nothing_from_later(void **state) {
    static const struct {
        int64_t as_of;
        size_t quoted; /* 0: none, 1: some, 2: all */
        bool link;
    } cases[] = {{INT64_C(1600000000000000000), 0, false}, /* 2020-09-13: before the first */
                 {INT64_C(1640000000000000000), 1, true},  /* 2021-12-20 */
                 {INT64_C(1790000000000000000), 2, true},  /* 2026-09-21 */
                 {INSTANT_NONE, 2, true}};
    struct groups *const g = names();
    size_t all = 0;
    (void)state;

    for (size_t i = COUNT(cases); i-- > 0;) {
        struct made m;
        char room[INSTANT_TEXT];

        made_assessment(&m, ASSESSED_CONSISTENT, CONFIDENCE_LOW, 0.1, 0.9);
        m.a.as_of = cases[i].as_of;
        struct written *const w = made(&m, NULL, g);

        if (cases[i].as_of == INSTANT_NONE)
            all = w->quote_count;
        assert_true(cases[i].quoted == 0   ? w->quote_count == 0
                    : cases[i].quoted == 1 ? w->quote_count > 0 && w->quote_count < all
                                           : w->quote_count == all);
        for (size_t k = 0; k < w->quote_count && cases[i].as_of != INSTANT_NONE; k++)
            assert_true(
                str_cmp(w->quotes[k].on, str_first(instant_format(cases[i].as_of, room), w->quotes[k].on.len)) <= 0);
        assert_int_equal(holds(w->facts[1], "published later, and not counted"), !cases[i].link);
        written_free(w);
    }
    groups_free(g);
}

/* The trap: it is quoted as about that victim, and no group comes out of it. */
static void the_electoral_commission(void **state) {
    static const struct {
        str victim;
        size_t quoted;
    } cases[] = {{STR("Electoral Commission"), 1},
                 {STR("electoral commission"), 0}, /* a word that is written so is no name */
                 {STR("Commission"), 1},
                 {STR("Elector"), 0},
                 {STR("GB"), 0},
                 {STR("government"), 0}};
    struct groups *const g = names();
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m;

        made_assessment(&m, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.9, 0.05);
        m.items[2].value = cases[i].victim;
        struct written *const w = made(&m, NULL, g);
        size_t quoted = 0;

        for (size_t k = 0; k < w->quote_count; k++) {
            quoted += holds(w->quotes[k].about, "Electoral Commission");
            assert_true(!holds(w->quotes[k].about, "Electoral Commission") ||
                        str_eq(w->quotes[k].stance, S("another")));
        }
        if (quoted != cases[i].quoted)
            fail_msg("%s: %zu", cases[i].victim.ptr, quoted);
        assert_false(holds(w->judgement, "APT31"));
        assert_true(holds(w->judgement, "insufficient to name a group"));
        written_free(w);
    }
    groups_free(g);
}

static void an_analysts_statement(void **state) {
    struct made m;
    struct buf b = {0};
    (void)state;

    for (int group = 0; group < 3; group++) { /* 0: names none; 2: denies that it was the one it names */
        made_assessment(&m, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.9, 0.05);
        m.items[3] = (struct evidence_item){.class = EVIDENCE_STATEMENT,
                                            .value = S("Electoral Commission"),
                                            .words = S("a China state-affiliated actor"),
                                            .first = INSTANT_NONE,
                                            .last = INSTANT_NONE,
                                            .place = S(""),
                                            .path = S(""),
                                            .given = true,
                                            .reliability = 'B',
                                            .credibility = 2,
                                            .links = m.statement,
                                            .link_count = 1};
        m.statement[0] = (struct evidence_link){.group = group ? S("APT31") : S(""),
                                                .source = S("UK NCSC"),
                                                .origin = S("ncsc.gov.uk"),
                                                .said = INT64_C(1711324800000000000),
                                                .from = INSTANT_NONE,
                                                .until = INSTANT_NONE,
                                                .reliability = 'A',
                                                .credibility = 2,
                                                .denies = group == 2};
        struct written *const w = made(&m, NULL, NULL);

        assert_int_equal(w->quote_count, 1);
        assert_string_equal(text_of(w->quotes[0].stance), group == 2 ? "denies" : group ? "attributes" : "another");
        if (group == 2)
            assert_true(holds(w->sponsor, "0 statements of others and 1 denial are quoted"));
        b.len = 0;
        written_quote_words(&b, &w->quotes[0]);
        assert_true(str_starts(buf_str(&b), S("2024-03-25, UK NCSC ")));
        assert_true(holds(buf_str(&b), group == 2
                                           ? "NCSC denies Electoral Commission: “a China state-affiliated actor”."
                                           : "NCSC on Electoral Commission: “a China state-affiliated actor”."));
        assert_true(holds(buf_str(&b), "given by an analyst, grade A2"));
        written_free(w);
    }
    buf_free(&b);
}

/* ---- JSON and text ---- */

static void the_same(const json_t *object, const char *name, double is) {
    const json_t *const value = json_object_get(object, name);

    if (isfinite(is) ? !json_is_number(value) || json_number_value(value) != is : !json_is_null(value))
        fail_msg("%s", name);
}

static void every_number_comes_back(void **state) {
    struct made m, then;
    struct buf b = {0};
    struct err e = {0};
    json_error_t why;
    (void)state;

    made_assessment(&m, ASSESSED_RESEMBLES, CONFIDENCE_MODERATE, 0.1 + 0.2, 1.0 / 3);
    made_assessment(&then, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.9, 0.05);
    struct written *const w = made(&m, &then, NULL);

    assert_true(written_json(&b, &m.a, &then.a, w, &e));
    json_t *const all = json_loadb(b.ptr, b.len, JSON_REJECT_DUPLICATES, &why);

    if (!all)
        fail_msg("%d: %s", why.position, why.text);
    const json_t *const now = json_object_get(all, "now"),
                        *const group = json_array_get(json_object_get(now, "groups"), 0),
                        *const model = json_object_get(group, "model");
    the_same(now, "none", 0.1 + 0.2);
    the_same(now, "margin", INFINITY);
    the_same(group, "posterior", 1.0 / 3);
    the_same(model, "coverage", 1.0 / 7);
    the_same(json_object_get(model, "measures"), "nation", -2.0 / 7);
    the_same(json_array_get(json_object_get(now, "gates"), 2), "had", NAN);
    the_same(json_object_get(json_object_get(all, "weights"), "gate"), "coverage", 0.45);
    assert_int_equal(json_array_size(json_object_get(now, "groups")), MADE_GROUPS);
    assert_string_equal(json_string_value(json_object_get(json_object_get(all, "then"), "level")), "cluster");
    assert_string_equal(json_string_value(json_object_get(json_object_get(all, "written"), "judgement")),
                        text_of(w->judgement));
    json_decref(all);
    buf_free(&b);
    written_free(w);
}

static void lines_fit(void **state) {
    struct made m;
    struct groups *const g = names();
    (void)state;

    made_assessment(&m, ASSESSED_RESEMBLES, CONFIDENCE_LOW, 0.5, 0.3);
    struct written *const w = made(&m, NULL, g);

    for (unsigned width = 0; width <= 132; width += 4) {
        struct buf b = {0};
        unsigned const most = width < 40 ? 40 : width;
        size_t at = 0;

        written_text(&b, &m.a, NULL, w, width);
        assert_false(b.failed);
        for (size_t i = 0; i < b.len; i++) {
            unsigned char const c = (unsigned char)b.ptr[i];

            if (c == '\n') {
                assert_true(i == 0 || b.ptr[i - 1] != ' ');
                at = 0;
                continue;
            }
            assert_true(c >= 0x20 && c != 0x7f);
            at += (c & 0xc0) != 0x80;
            /* Longer is only a single word behind its indent. */
            if (at > most) {
                size_t from = i;

                while (from && b.ptr[from - 1] != '\n')
                    from--;
                str const line = {b.ptr + from, i - from};

                if (str_find_byte(str_trim(line), ' ') != SIZE_MAX && !str_starts(line, S("  - ")))
                    fail_msg("%u: %.*s", width, STR_ARG(line));
            }
        }
        assert_true(holds(buf_str(&b), "none of the known groups"));
        buf_free(&b);
    }
    written_free(w);
    groups_free(g);
}

/* ---- hostile texts ---- */

static void see_plain(void *ctx, str s) {
    (void)ctx;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char const c = (unsigned char)s.ptr[i];

        assert_true(c >= 0x20 && c != 0x7f);
    }
    assert_true(str_find(s, S("\xe2\x80\xae")) == SIZE_MAX && str_find(s, S("\xff")) == SIZE_MAX);
}

static void hostile_texts_stay_texts(void **state) {
    static char long_name[5000];
    str const bad = S(BAD);
    struct made m;
    struct buf b = {0};
    struct err e = {0};
    json_error_t why;
    (void)state;

    memset(long_name, 0xc3, sizeof long_name); /* half characters */
    for (int huge = 0; huge < 2; huge++) {
        str const s = huge ? (str){long_name, sizeof long_name} : bad;

        made_assessment(&m, ASSESSED_CONSISTENT, CONFIDENCE_LOW, 0.2, 0.7);
        made_hostile(&m, s);
        struct written *const w = made(&m, &m, NULL);

        each(w, see_plain, NULL);
        for (size_t i = 0; i < w->quote_count; i++)
            see_plain(NULL, w->quotes[i].quote);
        b.len = 0;
        assert_true(written_json(&b, &m.a, &m.a, w, &e));
        json_t *const all = json_loadb(b.ptr, b.len, JSON_ALLOW_NUL, &why);

        if (!all)
            fail_msg("%d: %s", why.position, why.text);
        json_decref(all);
        b.len = 0;
        written_text(&b, &m.a, &m.a, w, 80);
        for (size_t i = 0; i < b.len; i++)
            assert_true((unsigned char)b.ptr[i] >= 0x20 || b.ptr[i] == '\n');
        assert_true(str_find(buf_str(&b), S("\xe2\x80\xae")) == SIZE_MAX);
        written_free(w);
    }
    buf_free(&b);
}

/* Nothing at all: no group, no evidence, no rows. */
static void next_to_nothing(void **state) {
    struct made m;
    struct buf b = {0};
    struct err e = {0};
    (void)state;

    made_assessment(&m, ASSESSED_CLUSTER, CONFIDENCE_LOW, 1, 0);
    m.evidence = (struct evidence){.title = S(""), .first = INSTANT_NONE, .last = INSTANT_NONE};
    m.a.group_count = m.a.row_count = m.a.hypothesis_count = m.a.sensitivity_count = m.a.nation_count =
        m.a.wanted_count = 0;
    m.a.judgement.count = 0;
    m.profile.group_count = m.profile.listed_count = 0;
    m.profile.release = S("");
    struct written *const w = made(&m, NULL, NULL);

    assert_string_equal(text_of(w->judgement),
                        "What was seen is insufficient to name a group; it is almost certain (over 99 "
                        "%) that it was none of the 0 groups that the profiles describe.");
    assert_true(written_json(&b, &m.a, NULL, w, &e));
    written_text(&b, &m.a, NULL, w, 80);
    assert_false(b.failed);
    buf_free(&b);
    written_free(w);
}

/* ---- memory ---- */

static void memory_may_run_out(void **state) {
    struct groups *g;
    struct made m, then;
    (void)state;

    REFUSE_OR_SKIP();
    g = names();
    made_assessment(&m, ASSESSED_RESEMBLES, CONFIDENCE_LOW, 0.5, 0.3);
    made_assessment(&then, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.9, 0.05);
    for (int for_good = 0; for_good < 2; for_good++)
        for (long left = 0;; left++) {
            struct written *w = NULL;
            struct buf b = {0};
            struct err e = {0};

            memory_gone_for_good = for_good;
            memory_refused = false;
            memory_left = left;
            bool ok = written_make(&w, &m.a, &then.a, g, &e);

            ok = ok && written_json(&b, &m.a, &then.a, w, &e);
            if (ok)
                written_text(&b, &m.a, &then.a, w, 80);
            memory_left = -1;
            bool const refused = memory_refused;

            assert_true(ok || e.code == ERR_MEMORY);
            assert_true(!refused || !ok || b.failed);
            written_free(w);
            buf_free(&b);
            if (!refused)
                break;
        }
    groups_free(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judgements),
        cmocka_unit_test(none_of_all_that_were_weighed),
        cmocka_unit_test(the_scale_is_printed),
        cmocka_unit_test(never_is_a_group_and_never_a_state),
        cmocka_unit_test(a_nation_is_told_only_when_it_may_be),
        cmocka_unit_test(four_statements),
        cmocka_unit_test(facts_have_place_time_grade_and_source),
        cmocka_unit_test(many_facts_are_those_that_count),
        cmocka_unit_test(then_against_now),
        cmocka_unit_test(quotes_of_groups_that_are_told),
        cmocka_unit_test(nothing_from_later),
        cmocka_unit_test(the_electoral_commission),
        cmocka_unit_test(an_analysts_statement),
        cmocka_unit_test(every_number_comes_back),
        cmocka_unit_test(lines_fit),
        cmocka_unit_test(hostile_texts_stay_texts),
        cmocka_unit_test(next_to_nothing),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
