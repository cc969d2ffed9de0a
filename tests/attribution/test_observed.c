/* test_observed: what an analyst wrote down, as evidence: both forms, every key, and as many ways to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attribution/observed.h"
#include "base/buf.h"
#include "base/instant.h"

#define DAY INT64_C(86400000000000)

static bool read_it(struct arena *a, const char *text, struct evidence *v, struct err *e) {
    return observed_evidence(v, str_of(text), NULL, a, e);
}

static void lists(void **state) {
    static const struct {
        const char *text;
        int techniques, software; /* -1: wrong */
    } cases[] = {
        {"", 0, 0},
        {"\xef\xbb\xbf", 0, 0},
        {"\xef\xbb\xbfT1059 S0002", 1, 1},
        {"\xef\xbb\xbftechniques: [T1059]", 1, 0},
        {"T1059 \xef\xbb\xbfT1060", -1, 0},
        {"# nothing: but this\n", 0, 0},
        {"T1059.003 S0002", 1, 1},
        {"S0002,T1059,T1001\r\n# T1002\nT1059\n", 2, 1},
        {"T1059# why: so\n\tT1060", 2, 0},
        {"T1059;T1060", -1, 0},
        {"mimikatz", -1, 0},
        {"T1059\nG0007", -1, 0},
        {"T1059\nsoftware: [S0002]\n", -1, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *const a = arena_new(1 << 24);
        struct evidence v;
        struct err e = {0};
        bool const ok = read_it(a, cases[i].text, &v, &e);
        int techniques = 0, software = 0;

        for (size_t k = 0; ok && k < v.item_count; k++) {
            techniques += v.items[k].class == EVIDENCE_TECHNIQUE;
            software += v.items[k].class == EVIDENCE_MALWARE;
            assert_true(v.items[k].given && v.items[k].token && v.items[k].reliability == 'F');
        }
        if (ok != (cases[i].techniques >= 0) ||
            (ok && (techniques != cases[i].techniques || software != cases[i].software)))
            fail_msg("%s: %s", cases[i].text, e.text);
        if (!ok)
            assert_int_equal(e.code, ERR_USAGE);
        arena_free(a);
    }
}

static const struct evidence_item *item_of(const struct evidence *v, enum evidence_class c, const char *value) {
    for (size_t i = 0; i < v->item_count; i++)
        if (v->items[i].class == c && str_eq(v->items[i].value, str_of(value)))
            return &v->items[i];
    fail_msg("no %s", value);
    return NULL;
}

static int64_t at(const char *text) {
    return instant_parse(str_of(text));
}

static void all_keys(void **state) {
    static const char text[] =
        "grade: B3\n"
        "incident: {title: Mailboxes, first: 2021-01, last: 2021-06-30}\n"
        "techniques:\n  - T1114.002\n  - {technique: T1598.003, seen: [2021-01-20, 2021-02-11], grade: A1}\n"
        "software: [{software: PlugX, supplier: yes}, S0154]\n"
        "victim: {country: [GB, NZ], sector: government, persons: a committee}\n"
        "infrastructure:\n"
        "  - {class: domain, value: img.example, seen: 2021-02, group: APT31, source: Sekoia, origin: a blog, said: "
        "2021-11-10, from: 2021, until: 2021, grade: B2}\n"
        "  - class: relay\n    value: 203.0.113.7\n    supplier: yes\n    claims:\n"
        "      - {group: APT31, source: ANSSI}\n      - {group: APT40, source: a partner, grade: C3}\n"
        "  - {class: address, value: 203.0.113.8, supplier: no}\n"
        "mail: a hidden picture\nhours: 00-09 UTC\nlanguage: [zh-CN, nl-BE]\n"
        "statements:\n  - {by: UK NCSC, on: 2024-03-25, group: APT31, about: mails of 2021, quote: almost certainly}\n"
        "  - {by: UK NCSC, on: 2024-03-25, about: the commission, quote: a state-affiliated actor}\n"
        "links: {to: the same key, group: APT31, source: a partner, confidence: moderate, said: 2021-09}\n";
    struct arena *const a = arena_new(1 << 24);
    struct err e = {0};
    struct evidence v;
    const struct evidence_item *i;
    (void)state;

    if (!read_it(a, text, &v, &e))
        fail_msg("%s", e.text);
    assert_int_equal(v.item_count, 18);
    assert_true(str_eq(v.title, S("Mailboxes")) && v.incident == 0);
    assert_int_equal(v.first, at("2021-01-01"));
    assert_int_equal(v.last, at("2021-07-01") - 1);
    i = item_of(&v, EVIDENCE_TECHNIQUE, "T1114.002");
    assert_true(i->token == 1114002 && i->reliability == 'B' && i->credibility == 3 && i->first == INSTANT_NONE);
    i = item_of(&v, EVIDENCE_TECHNIQUE, "T1598.003");
    assert_true(i->reliability == 'A' && i->credibility == 1 && i->first == at("2021-01-20") &&
                i->last == at("2021-02-12") - 1);
    assert_int_equal(item_of(&v, EVIDENCE_MALWARE, "PlugX")->token, 0);
    assert_true(item_of(&v, EVIDENCE_MALWARE, "PlugX")->supplier);
    assert_false(item_of(&v, EVIDENCE_MALWARE, "S0154")->supplier);
    assert_true(item_of(&v, EVIDENCE_RELAY, "203.0.113.7")->supplier);
    assert_false(item_of(&v, EVIDENCE_ADDRESS, "203.0.113.8")->supplier);
    assert_int_equal(item_of(&v, EVIDENCE_MALWARE, "S0154")->token, TOKEN_SOFTWARE | 154);
    item_of(&v, EVIDENCE_VICTIM, "NZ");
    item_of(&v, EVIDENCE_VICTIM, "government");
    item_of(&v, EVIDENCE_VICTIM, "a committee");
    i = item_of(&v, EVIDENCE_DOMAIN, "img.example");
    assert_true(i->first == at("2021-02-01") && i->last == at("2021-03-01") - 1 && i->link_count == 1);
    assert_true(str_eq(i->links[0].group, S("APT31")) && str_eq(i->links[0].source, S("Sekoia")) &&
                str_eq(i->links[0].origin, S("a blog")));
    assert_true(i->links[0].said == at("2021-11-10") && i->links[0].from == at("2021-01-01") &&
                i->links[0].until == at("2022-01-01") - 1);
    assert_true(i->links[0].reliability == 'B' && i->links[0].credibility == 2 && !i->links[0].copied);
    i = item_of(&v, EVIDENCE_RELAY, "203.0.113.7");
    assert_true(i->link_count == 2 && i->links[0].reliability == 'F' && i->links[0].credibility == 0 &&
                i->links[1].reliability == 'C' && str_eq(i->links[1].group, S("APT40")));
    assert_int_equal(item_of(&v, EVIDENCE_ADDRESS, "203.0.113.8")->link_count, 0);
    item_of(&v, EVIDENCE_LANGUAGE, "nl-BE");
    i = item_of(&v, EVIDENCE_STATEMENT, "mails of 2021");
    assert_true(str_eq(i->words, S("almost certainly")) && str_eq(i->links[0].source, S("UK NCSC")));
    assert_true(i->link_count == 1 && i->links[0].said == at("2024-03-25") && str_eq(i->links[0].group, S("APT31")));
    i = item_of(&v, EVIDENCE_STATEMENT, "the commission");
    assert_true(i->link_count == 1 && !i->links[0].group.len && str_eq(i->words, S("a state-affiliated actor")));
    i = item_of(&v, EVIDENCE_FORENSIC, "the same key");
    assert_true(i->links[0].credibility == 3 && i->links[0].said == at("2021-09-01"));
    for (size_t k = 1; k < v.item_count; k++)
        assert_true(v.items[k - 1].class < v.items[k].class ||
                    (v.items[k - 1].class == v.items[k].class && str_cmp(v.items[k - 1].value, v.items[k].value) < 0));
    arena_free(a);
}

/* What a statement denies is no link to the group that it names. */
static void denials(void **state) {
    static const struct {
        const char *stance;
        bool denies;
    } cases[] = {{"", false}, {", stance: attributes", false}, {", stance: denies", true}};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *const a = arena_new(1 << 24);
        struct buf b = {0};
        struct evidence v;
        struct err e = {0};

        buf_format(&b, "statements: {by: X, on: 2021, group: G, about: Y%s}", cases[i].stance);
        assert_true(observed_evidence(&v, buf_str(&b), NULL, a, &e));
        assert_int_equal(v.items[0].links[0].denies, cases[i].denies);
        buf_free(&b);
        arena_free(a);
    }
}

/* The grade is the source's; of what it says the weaker of grade and confidence. */
static void forensic_grades(void **state) {
    static const struct {
        const char *grade, *confidence;
        char reliability;
        unsigned credibility;
    } cases[] = {{"", "high", 'F', 2},  {"", "low", 'F', 4},    {"A1", "high", 'A', 2},    {"B2", "high", 'B', 2},
                 {"B2", "low", 'B', 4}, {"B5", "high", 'B', 5}, {"C6", "moderate", 'C', 6}};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        for (int before = 0; before < 2; before++) {
            struct arena *const a = arena_new(1 << 24);
            struct buf b = {0};
            struct evidence v;
            struct err e = {0};
            char room[16] = "";

            if (*cases[i].grade)
                snprintf(room, sizeof room, ", grade: %s", cases[i].grade);
            buf_format(&b, "links: {to: a key, group: G, source: S%s, confidence: %s%s}", before ? room : "",
                       cases[i].confidence, before ? "" : room);
            assert_true(observed_evidence(&v, buf_str(&b), NULL, a, &e));
            assert_int_equal(v.items[0].links[0].reliability, cases[i].reliability);
            assert_int_equal(v.items[0].links[0].credibility, cases[i].credibility);
            buf_free(&b);
            arena_free(a);
        }
}

static void wrong(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"technique: [T1059]", "line 1: `technique` is nothing that is read here"},
        {"techniques: [T1059\n", "line "},
        {"- T1059: x", "line 1: a list of numbers, or keys"},
        {"techniques:", "line 1: techniques says nothing"},
        {"techniques: [S0002]", "line 1: `S0002` is no technique"},
        {"techniques: [[T1059]]", "line 1: technique must be one text"},
        {"techniques:\n  - {technique: T1059, when: 2021}", "line 2: technique has no `when`: technique, seen, grade"},
        {"techniques: {seen: 2021}", "line 1: technique says no technique"},
        {"software: [T1059]", "line 1: `T1059` is a technique"},
        {"grade: G1", "line 1: grade: `G1` is no grade"},
        {"grade: B7", "is no grade"},
        {"grade: B", "is no grade"},
        {"incident: {first: 2021-13}", "line 1: first: `2021-13` is no time"},
        {"incident: {first: 1628000000}", "is no time"},
        {"incident: {first: 2021-02-30}", "is no time"},
        {"incident: {first: 2021-02, last: 2021-01}", "line 1: the incident ends before it begins"},
        {"techniques: {technique: T1059, seen: [2022, 2021]}", "line 1: seen ends before it begins"},
        {"techniques: {technique: T1059, seen: [2022, 2021, 2020]}", "line 1: seen must be one text"},
        {"victim: GB", "line 1: victim must have keys"},
        {"victim: {land: GB}", "line 1: victim has no `land`: country, sector, persons"},
        {"victim: {country: Britain}", "line 1: country: `Britain` is no country"},
        {"victim: {country: [GB, GB]}", "line 1: `GB` stands there already"},
        {"infrastructure: {value: x}", "line 1: infrastructure says no class"},
        {"infrastructure: {class: relay}", "line 1: infrastructure says no value"},
        {"infrastructure: {class: server, value: x}", "line 1: class: `server` is none"},
        {"infrastructure: {class: relay, value: x, group: G}", "line 1: a group is named, and no source"},
        {"infrastructure: {class: relay, value: x, source: S}", "of no group"},
        {"infrastructure: {class: relay, value: x, group: G, source: S, from: 2022, until: 2021}", "ends before"},
        {"infrastructure: {class: relay, value: x, claims: [{group: G}]}", "line 1: a claim says no source"},
        {"infrastructure: {class: relay, value: x, claims: {group: G, source: S}}", "line 1: claims must be a list"},
        {"infrastructure: {class: relay, value: x, supplier: perhaps}",
         "line 1: supplier: `perhaps` is none: yes or no"},
        {"software: [{software: S0154, grade: E5}, {software: S0154, grade: A1}]",
         "line 1: `S0154` stands there already, with another time or grade: one entry"},
        {"victim: {persons: GB}", "line 1: persons: `GB` is a country or a sector: country: or sector:"},
        {"techniques: {technique: T1059, supplier: yes}",
         "line 1: technique has no `supplier`: technique, seen, grade"},
        {"infrastructure:\n  - {class: relay, value: x}\n  - {class: relay, value: x}", "line 3: `x` stands there"},
        {"hours: {from: 5}", "line 1: hours must be one text"},
        {"language: ''", "line 1: language must be one text"},
        {"statements: {by: X, on: 2021, group: G}", "line 1: a statement says no about"},
        {"statements: {by: X, on: 2021, group: G, about: Y, stance: doubts}", "line 1: stance: `doubts` is none"},
        {"statements: {by: X, on: then, group: G, about: Y}", "line 1: on: `then` is no time"},
        {"links: {to: X, group: G, source: S}", "line 1: a link says no confidence"},
        {"links: {to: X, group: G, source: S, confidence: 85}", "line 1: confidence: `85` is none"},
        {"techniques: [T1059]\ntechniques: [T1060]", "line 2: "},
        {"techniques: [T1059]\n---\ntechniques: [T1060]", "one document, and not 2"},
        {"techniques: &a [*a]", "line 1: "},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *const a = arena_new(1 << 24);
        struct evidence v;
        struct err e = {0};

        if (read_it(a, cases[i].text, &v, &e) || e.code != ERR_USAGE || !strstr(e.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, e.text);
        arena_free(a);
    }
}

static void bounds(void **state) {
    struct arena *const a = arena_new(1 << 26);
    struct buf b = {0};
    struct evidence v;
    struct err e = {0};
    (void)state;

    for (unsigned i = 0; i < EVIDENCE_ITEMS_MAX; i++)
        buf_format(&b, "T%04u.%03u ", i / 900 + 1000, i % 900 + 1);
    assert_true(observed_evidence(&v, buf_str(&b), NULL, a, &e));
    assert_int_equal(v.item_count, EVIDENCE_ITEMS_MAX);
    buf_add(&b, S("T1999 "));
    assert_false(observed_evidence(&v, buf_str(&b), NULL, a, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    b.len = 0;
    while (b.len <= OBSERVED_BYTES_MAX)
        buf_add(&b, S("T1999 "));
    assert_false(observed_evidence(&v, buf_str(&b), NULL, a, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    b.len = 0;
    buf_add(&b, S("hours: "));
    for (unsigned i = 0; i < 5000; i++)
        buf_byte(&b, 'x');
    assert_false(observed_evidence(&v, buf_str(&b), NULL, a, &e));
    assert_true(strstr(e.text, "line 1: hours has more than 4096 bytes") != NULL);
    buf_free(&b);
    arena_free(a);
}

/* A byte of memory more each time; until it succeeds it must fail cleanly. */
static void every_allocation_may_fail(void **state) {
    static const char text[] = "techniques: [T1059]\ninfrastructure: {class: relay, value: x, group: G, source: S}\n";
    size_t limit = 0;
    (void)state;

    for (;; limit += 4096) {
        struct arena *const a = arena_new(limit);
        struct evidence v;
        struct err e = {0};
        bool const ok = a && read_it(a, text, &v, &e);

        if (a && !ok)
            assert_int_equal(e.code, ERR_MEMORY);
        arena_free(a);
        if (ok)
            break;
        assert_true(limit < 64 << 20);
    }
    assert_true(limit > 0);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),
        cmocka_unit_test(all_keys),
        cmocka_unit_test(denials),
        cmocka_unit_test(forensic_grades),
        cmocka_unit_test(wrong),
        cmocka_unit_test(bounds),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
