/* test_group: which mentions are one group and which are not, as tables; that no order of mentions matters; the language of facts, as many
 * wrong files as right ones; what is built in; memory that runs out at every request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/instant.h"
#include "intel/group.h"
#include "../refuse.h"

#define ATTACK "MITRE ATT&CK"

/* aliases: parted by |. */
static const struct row {
    const char *source, *id, *name, *aliases, *country;
    bool retired;
} rows[] = {
    {ATTACK, "G9001", "Amber Heron", "Heron Team|APT-901|Old Heron|Faded Heron", "", false},
    {ATTACK, "G9002", "Blue Heron", "APT902|Shared Nest", "", false},
    {ATTACK, "G9003", "Umbra Group", "Shared Nest", "", false},
    {ATTACK, "G9004", "Old Heron", "Faded Heron", "", true},
    {ATTACK, "G9005", "Gone Heron", "Gone Bird", "", true},
    /* The galaxy's copy of ATT&CK, an older one. */
    {"Galaxy A", "uuid-1", "Amber Heron - G9001", "Heron Team", "", false},
    {"Galaxy A", "uuid-4", "Old Heron - G9004", "Faded Heron", "", true},
    /* By its first name, which is an alias there. */
    {"Galaxy B", "uuid-10", "apt901", "Tin Heron|Copper Heron", "AA", false},
    /* By an alias that is a first name there, though it has one name of another group in common. */
    {"Galaxy B", "uuid-11", "Zinc Heron", "Blue-Heron", "BB", false},
    /* One alias in common, the first name of nobody: joins nothing. */
    {"Galaxy B", "uuid-12", "Lone Heron", "Heron.Team|Ash Heron", "", false},
    /* Two names in common. */
    {"Galaxy B", "uuid-13", "Twofold Heron", "APT 902|Nest Two|Shared Nest|Iron Heron", "", false},
    /* An umbrella over two numbers. */
    {"Galaxy B", "uuid-14", "Umbrella", "Amber Heron|Blue Heron|Rainy Heron", "", false},
    /* The same with a first name that is one of them: joins that one, and its names are shared. */
    {"Galaxy C", "uuid-20", "Umbra", "Amber Heron|Rook", "", false},
    /* By a number among its names. */
    {"Galaxy C", "uuid-21", "Numbered Heron", "G9002", "CC", false},
    /* Two numbers among its names: none. */
    {"Galaxy C", "uuid-22", "Double Heron", "G9001|G9002", "", false},
    /* By what another source calls a group, in the second round. */
    {"Galaxy C", "uuid-23", "Copper Heron", "Far Heron", "AA", false},
    /* Without any number: three sources, one group. */
    {"Galaxy A", "uuid-30", "Sole", "Sole Two|Sole Three", "", false},
    {"Galaxy B", "uuid-31", "Sole Two", "Sole|Sole Three", "", false},
    {"Galaxy C", "uuid-32", "Sole Three", "Sole|Sole Two", "", false},
    /* Two that one source lists apart, with two names in common. */
    {"Galaxy A", "uuid-40", "Kite One", "Kite X|Kite Y", "", false},
    {"Galaxy A", "uuid-41", "Kite Two", "Kite X|Kite Y", "", false},
    /* The same entry twice, as of a source with more aliases than one mention holds. */
    {"Galaxy A", "uuid-50", "Long", "Long A", "", false},
    {"Galaxy A", "uuid-50", "Long", "Long B", "", false},
};

static void names_of(const char *text, struct item_names *out) {
    for (out->count = 0; *text; text += *text == '|') {
        size_t const len = strcspn(text, "|");

        out->names[out->count++] = (str){text, len};
        text += len;
    }
}

static void add(struct groups *g, const struct row *r) {
    struct intel_group m = {
        .name = str_of(r->name), .id = str_of(r->id), .where = STR(""), .description = STR(""), .retired = r->retired};
    struct err e = {0};

    names_of(r->aliases, &m.aliases);
    names_of(r->country, &m.countries);
    assert_true(groups_add(g, str_of(r->source), &m, &e));
}

static struct groups *joined(size_t turn) {
    struct groups *g = NULL;
    struct err e = {0};

    assert_true(groups_new(&g, &e));
    for (size_t i = 0; i < COUNT(rows); i++)
        add(g, &rows[(i * 7 + turn) % COUNT(rows)]); /* 7 is no divisor of how many there are */
    assert_true(groups_join(g, &e));
    return g;
}

/* What a name is answered with: "name", "name|name" for several, "" for none. */
static const struct {
    const char *why, *name, *groups;
} asked[] = {
    {"ATT&CK's name", "Amber Heron", "Amber Heron|Umbra Group|Umbrella"},
    {"its number", "G9001", "Amber Heron"},
    {"its number in small letters", "g9001", "Amber Heron"},
    {"as the galaxy writes it", "Amber Heron - G9001", "Amber Heron"},
    {"as the galaxy writes another", "whatever - G9002", "Blue Heron"},
    {"an alias", "APT-901", "Amber Heron"},
    {"in one word", "APT901", "Amber Heron"},
    {"in other words", "apt 901", "Amber Heron"},
    {"with blanks around", "  APT901 ", "Amber Heron"},
    {"what a galaxy adds", "Tin Heron", "Amber Heron"},
    {"a galaxy's own id", "uuid-10", "Amber Heron"},
    {"what was joined in the second round", "Far Heron", "Amber Heron"},
    {"what was withdrawn for it", "Faded Heron", "Amber Heron"},
    {"by a first name here that is an alias there", "Zinc Heron", "Blue Heron"},
    {"by two names in common", "Iron Heron", "Blue Heron"},
    {"by a number among the names", "Numbered Heron", "Blue Heron"},
    {"a withdrawn number", "G9004", "Amber Heron"},
    {"a withdrawn number of nothing else", "G9005", "Gone Heron"},
    {"withdrawn for nothing", "Gone Bird", "Gone Heron"},
    {"one alias in common joins nothing", "Ash Heron", "Lone Heron"},
    {"and that alias is of both", "Heron Team", "Amber Heron|Lone Heron"},
    {"what ATT&CK itself shares", "Shared Nest", "Blue Heron|Umbra Group"},
    {"an umbrella over two stays apart", "Rainy Heron", "Umbrella"},
    {"unless its first name is one of them", "Rook", "Umbra Group"},
    {"group behind does not count", "umbra", "Umbra Group"},
    {"nor does the in front", "The Umbra Group", "Umbra Group"},
    {"two numbers among the names join nothing", "Double Heron", "Double Heron"},
    {"three that are one", "Sole", "Sole"},
    {"three that are one, by another", "Sole Three", "Sole"},
    {"what one source lists apart", "Kite One", "Kite One"},
    {"what one source lists apart, a name of both", "Kite X", "Kite One|Kite Two"},
    {"more aliases than a mention holds", "Long B", "Long"},
    {"the first of them", "Long A", "Long"},
    {"nobody", "Mauve Heron", ""},
    {"half of a name", "Amber", ""},
    {"nothing", "", ""},
    {"no letters", "---", ""},
    {"a number of nobody", "G9999", ""},
    {"a withdrawn number that went into another", "uuid-4", "Amber Heron"},
    {"ours", "APT31", "APT31"},
    {"ours, by another name", "Violet-Typhoon", "APT31"},
    {"ours, by ATT&CK's number", "G0065", "APT40"},
    {"ours, by another name", "tempperiscope", "APT40"},
};

static void answers(const struct groups *g, const char *name, struct buf *b) {
    struct group_found const f = group_find(g, str_of(name));

    assert_int_equal(f.how, f.count == 0 ? GROUP_UNKNOWN : f.count == 1 ? GROUP_EXACT : GROUP_AMBIGUOUS);
    assert_ptr_equal(f.group, f.count == 1 ? f.candidates[0] : NULL);
    for (size_t i = 0; i < f.count; i++)
        buf_format(b, "%s%.*s", i ? "|" : "", STR_ARG(f.candidates[i]->name));
    buf_byte(b, '\0');
    assert_false(b->failed);
}

static void names_are_answered(void **state) {
    struct groups *const g = joined(0);
    (void)state;

    for (size_t i = 0; i < COUNT(asked); i++) {
        struct buf b = {0};

        answers(g, asked[i].name, &b);
        if (strcmp(b.ptr, asked[i].groups) != 0)
            print_error("%s: %s: %s, not %s\n", asked[i].why, asked[i].name, b.ptr, asked[i].groups);
        assert_string_equal(b.ptr, asked[i].groups);
        buf_free(&b);
    }
    groups_free(g);
}

/* All that can be asked, as text. */
static void print(const struct groups *g, struct buf *b) {
    for (size_t i = 0; i < groups_count(g); i++) {
        const struct group *const x = groups_at(g, i);

        buf_format(b, "%.*s %.*s %d", STR_ARG(x->name), STR_ARG(x->id), x->withdrawn);
        for (size_t k = 0; k < x->id_count; k++)
            buf_format(b, " %.*s", STR_ARG(x->ids[k]));
        for (size_t k = 0; k < x->alias_count; k++) {
            buf_format(b, "\n  %.*s %d", STR_ARG(x->aliases[k].name), x->aliases[k].shared);
            for (size_t s = 0; s < x->aliases[k].source_count; s++)
                buf_format(b, " <%.*s>", STR_ARG(x->aliases[k].sources[s]));
        }
        for (size_t k = 0; k < x->country_count; k++)
            buf_format(b, "\n  country %.*s <%.*s>", STR_ARG(x->countries[k].name),
                       STR_ARG(x->countries[k].sources[0]));
        buf_format(b, "\n  %zu facts\n", x->fact_count);
    }
    assert_false(b->failed);
}

static void no_order_matters(void **state) {
    struct buf first = {0};
    (void)state;

    for (size_t turn = 0; turn < COUNT(rows); turn++) {
        struct groups *const g = joined(turn);
        struct buf b = {0};

        print(g, turn ? &b : &first);
        if (turn) {
            assert_int_equal(b.len, first.len);
            assert_memory_equal(b.ptr, first.ptr, b.len);
        }
        buf_free(&b);
        groups_free(g);
    }
    buf_free(&first);
}

static const struct group_alias *alias_of(const struct group *g, const char *name) {
    for (size_t i = 0; i < g->alias_count; i++)
        if (str_eq(g->aliases[i].name, str_of(name)))
            return &g->aliases[i];
    return NULL;
}

static void aliases_keep_who_says_so(void **state) {
    struct groups *const g = joined(3);
    const struct group *const amber = group_find(g, S("G9001")).group;
    (void)state;

    assert_non_null(amber);
    assert_int_equal(amber->source_count, 4);
    const struct group_alias *const team = alias_of(amber, "Heron Team"), *const tin = alias_of(amber, "Tin Heron"),
                                    *const number =
                                        alias_of(amber, "APT-901"); /* ATT&CK's spelling, not the galaxy's */

    assert_non_null(team);
    assert_non_null(tin);
    assert_non_null(number);
    assert_int_equal(team->source_count, 2);
    assert_true(str_eq(team->sources[0], S("Galaxy A")) && str_eq(team->sources[1], S(ATTACK)));
    assert_true(team->shared);
    assert_int_equal(tin->source_count, 1);
    assert_true(str_eq(tin->sources[0], S("Galaxy B")));
    assert_false(tin->shared);
    assert_int_equal(number->source_count, 2);
    assert_int_equal(amber->country_count, 1);
    assert_true(str_eq(amber->countries[0].name, S("AA")));
    assert_int_equal(amber->countries[0].source_count, 2);
    /* A number is no name. */
    assert_null(alias_of(group_find(g, S("G9002")).group, "G9002"));
    assert_false(amber->withdrawn);
    assert_true(group_find(g, S("Gone Heron")).group->withdrawn);
    groups_free(g);
}

/* Two that nobody joins, with one first name: they are told apart. */
static void no_two_have_one_name(void **state) {
    static const struct row same[] = {
        {"Galaxy A", "a", "Twin", "", "", false},        {"Galaxy A", "b", "Twin", "", "", false},
        {"Galaxy C", "", "Twin - G9003", "", "", false}, {"Galaxy C", "", "Twin - G9004", "", "", false},
        {ATTACK, "G9001", "Twin", "", "", false},        {ATTACK, "G9002", "Twin", "", "", false},
    };
    struct groups *g = NULL;
    struct err e = {0};
    (void)state;

    assert_true(groups_new(&g, &e));
    for (size_t i = 0; i < COUNT(same); i++)
        add(g, &same[i]);
    assert_true(groups_join(g, &e));
    for (size_t i = 1; i < groups_count(g); i++)
        assert_true(str_cmp(groups_at(g, i - 1)->name, groups_at(g, i)->name) < 0);
    assert_int_equal(group_find(g, S("Twin")).how, GROUP_AMBIGUOUS);
    assert_ptr_not_equal(group_find(g, S("G9003")).group, group_find(g, S("G9004")).group);
    groups_free(g);
}

static void uses_are_counted(void **state) {
    static const struct {
        const char *source, *id, *name, *malware, *techniques;
    } uses[] = {
        {ATTACK, "G9001", "Amber Heron", "Rusty Nail|Rusty Nail|Feather", "T9001"},
        {ATTACK, "G9001", "Amber Heron", "Twig", ""}, /* what one mention does not hold */
        {ATTACK, "G9002", "Blue Heron", "rusty-nail", "T9001|T9002.001"},
        {"Galaxy B", "uuid-10", "apt901", "Quill|Feather", ""}, /* of the same as the first */
    };
    static const struct {
        const char *what;
        size_t groups; /* 0: not listed */
    } counts[] = {
        {"Rusty Nail", 2}, {"rustynail", 2}, {"Quill", 1},     {"Feather", 1},    {"Twig", 1},  {"T9001", 2},
        {"T9002.001", 1},  {"T9002", 0},     {"Nail", 0},      {"", 0},           {"SoWaT", 1}, {"Orz", 1},
        {"T1665", 1},      {"T9999", 0},     {"T1584.008", 2}, {"dropboxaes", 1},
    };
    struct groups *g = NULL;
    struct err e = {0};
    (void)state;

    assert_true(groups_new(&g, &e));
    for (size_t i = 0; i < COUNT(rows); i++)
        add(g, &rows[i]);
    for (size_t i = 0; i < COUNT(uses); i++) {
        struct intel_group m = {.name = str_of(uses[i].name), .id = str_of(uses[i].id)};
        struct intel_sink const sink = groups_sink(g, str_of(uses[i].source));

        names_of(uses[i].malware, &m.malware);
        names_of(uses[i].techniques, &m.techniques);
        assert_true(sink.group(sink.ctx, &m, &e));
    }
    assert_true(groups_join(g, &e));
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct group_listed l = {0};

        assert_int_equal(groups_listed(g, str_of(counts[i].what), &l), counts[i].groups != 0);
        if (l.count != counts[i].groups)
            print_error("%s: %zu\n", counts[i].what, l.count);
        assert_int_equal(l.count, counts[i].groups);
    }
    groups_free(g);
}

/* ---- facts ---- */

static const struct {
    const char *name, *text, *says; /* NULL: it is right */
} files[] = {
    {"no more than needed",
     "group: A\nsources:\n  s: {title: T}\ncautions:\n  - {about: x, source: s, grade: primary}\n", NULL},
    {"two documents and a comment",
     "# c\n---\ngroup: A\nsources:\n  s: {title: T}\ncautions:\n  - {about: x, source: s, grade: primary}\n---\n"
     "group: B\nsources:\n  s: {title: T, on: 2020-02, at: x}\naliases:\n  - {name: C, source: s, grade: curated}\n",
     NULL},
    {"nothing", "", NULL},
    {"no YAML", "group: [", "x.yml: line"},
    {"no map", "- a\n", "line 1: group: NAME is expected here"},
    {"no name", "sources:\n  s: {title: T}\n", "line 1: group: NAME is expected here"},
    {"no sources", "group: A\n", "sources are expected"},
    {"a source without title", "group: A\nsources:\n  s: {on: 2020}\n", "line 3: the source has no title"},
    {"a source with more", "group: A\nsources:\n  s: {title: T, by: x}\n", "a source has title, on and at"},
    {"a source without day", "group: A\nsources:\n  s: {title: T, on: May}\n", "on is a date"},
    {"a source for nothing", "group: A\nsources:\n  s: {title: T}\n", "line 3: nothing is said of source 's'"},
    {"an unknown part", "group: A\nsources:\n  s: {title: T}\ncolour: red\n", "line 4: 'colour' is no part of a group"},
    {"no list", "group: A\nsources:\n  s: {title: T}\ncautions: x\n", "line 4: a list is expected here"},
    {"no items", "group: A\nsources:\n  s: {title: T}\ncautions: [x]\n", "names with values are expected here"},
    {"no source of a fact", "group: A\nsources:\n  s: {title: T}\ncautions:\n  - {about: x, grade: primary}\n",
     "line 5: 'source' is missing in cautions"},
    {"no grade", "group: A\nsources:\n  s: {title: T}\ncautions:\n  - {about: x, source: s}\n",
     "line 5: 'grade' is missing in cautions"},
    {"another source", "group: A\nsources:\n  s: {title: T}\ncautions:\n  - {about: x, source: t, grade: primary}\n",
     "line 5: there is no such source above"},
    {"another grade", "group: A\nsources:\n  s: {title: T}\ncautions:\n  - {about: x, source: s, grade: sure}\n",
     "line 5: grade is primary, reported, curated or inferred"},
    {"what a caution does not say",
     "group: A\nsources:\n  s: {title: T}\ncautions:\n  - {about: x, role: y, source: s, grade: primary}\n",
     "line 5: 'role' says nothing in cautions"},
    {"a company, not said whether alleged",
     "group: A\nsources:\n  s: {title: T}\nparties:\n  - {name: N, role: contractor, by: x, source: s, grade: "
     "primary}\n",
     "line 5: 'alleged' is missing in parties"},
    {"alleged perhaps",
     "group: A\nsources:\n  s: {title: T}\nparties:\n  - {name: N, role: contractor, by: x, alleged: perhaps, source: "
     "s, "
     "grade: primary}\n",
     "alleged is true or false"},
    {"another role",
     "group: A\nsources:\n  s: {title: T}\nparties:\n  - {name: N, role: friend, by: x, alleged: true, source: s, "
     "grade: "
     "primary}\n",
     "role is contractor"},
    {"another stance",
     "group: A\nsources:\n  s: {title: T}\nstatements:\n  - {on: 2020, by: x, about: y, stance: hints, source: s, "
     "grade: "
     "primary}\n",
     "stance is attributes"},
    {"no 30 February",
     "group: A\nsources:\n  s: {title: T}\nstatements:\n  - {on: 2020-02-30, by: x, about: y, stance: denies, source: "
     "s, "
     "grade: primary}\n",
     "a date is expected here"},
    {"a month of one digit",
     "group: A\nsources:\n  s: {title: T}\nstatements:\n  - {on: 2020-2, by: x, about: y, stance: denies, source: s, "
     "grade: primary}\n",
     "a date is expected here"},
    {"it ends before it begins",
     "group: A\nsources:\n  s: {title: T}\ninfrastructure:\n  - {class: relay, about: y, from: 2021, until: 2020-12, "
     "source: s, grade: primary}\n",
     "line 5: it ends before it begins"},
    {"techniques without list",
     "group: A\nsources:\n  s: {title: T}\ntechniques:\n  - {ids: T1, source: s, grade: primary}\n",
     "a list of names is expected here"},
};

static void files_are_read_strictly(void **state) {
    (void)state;

    for (size_t i = 0; i < COUNT(files); i++) {
        struct groups *g = NULL;
        struct err e = {0};

        assert_true(groups_new(&g, &e));
        bool const ok = groups_load(g, S("x.yml"), str_of(files[i].text), &e);

        if (ok != !files[i].says || (!ok && !strstr(e.text, files[i].says)))
            print_error("%s: %s\n", files[i].name, ok ? "read" : e.text);
        assert_int_equal(ok, !files[i].says);
        if (!ok) {
            assert_non_null(strstr(e.text, files[i].says));
            assert_int_equal(e.code, ERR_USAGE);
        } else {
            assert_true(groups_join(g, &e));
        }
        groups_free(g);
    }
}

static size_t facts_of(const struct group *g, enum group_fact_type t) {
    size_t count = 0;

    for (size_t i = 0; i < g->fact_count; i++)
        count += g->facts[i].type == t;
    return count;
}

/* What must never be told otherwise. */
static void what_is_built_in(void **state) {
    struct groups *g = NULL;
    struct err e = {0};
    bool commission = false, denied = false;
    (void)state;

    assert_true(groups_new(&g, &e));
    assert_true(groups_join(g, &e));
    assert_int_equal(groups_count(g), 2);
    const struct group *const apt31 = group_find(g, S("G0128")).group, *const apt40 = group_find(g, S("G0065")).group;

    assert_true(apt31 && apt40 && str_eq(apt31->name, S("APT31")) && str_eq(apt40->name, S("APT40")));
    assert_int_equal(facts_of(apt31, GROUP_TECHNIQUE), 29);
    assert_int_equal(facts_of(apt40, GROUP_TECHNIQUE), 50);
    for (size_t i = 0; i < groups_count(g); i++) {
        const struct group *const x = groups_at(g, i);

        for (size_t k = 0; k < x->fact_count; k++) {
            const struct group_fact *const f = &x->facts[k];

            assert_true(f->source.len);
            /* who is accused is accused */
            if (f->type == GROUP_PARTY)
                assert_true(f->alleged && f->by.len);
            /* no statement on the Electoral Commission attributes it */
            if (f->type == GROUP_STATEMENT && str_find(f->about, S("Electoral Commission")) != SIZE_MAX) {
                assert_true(str_eq(f->word, S("another")));
                assert_true(str_eq(f->quote, S("a China state-affiliated actor")));
                commission = true;
            }
            denied = denied || (f->type == GROUP_STATEMENT && str_eq(f->word, S("denies")));
            if (f->type == GROUP_STATEMENT)
                assert_true(f->by.len && f->on.len);
            assert_true(f->quote.len <= 80);
        }
    }
    assert_true(commission && denied);
    for (size_t k = 0; k < apt31->fact_count; k++)
        if (str_eq(apt31->facts[k].until, S("2021-07-21"))) {
            char room[INSTANT_TEXT];

            assert_true(str_eq(instant_format(apt31->facts[k].valid_until, room), S("2021-07-22T00:00:00Z")));
            assert_true(str_eq(instant_format(apt31->facts[k].valid_from, room), S("2021-01-01T00:00:00Z")));
        }
    groups_free(g);
}

/* Everything once more with each request for memory refused: it fails cleanly, or it succeeds. */
static void memory_may_be_out(void **state) {
    bool done = false;
    (void)state;

    REFUSE_OR_SKIP();
    for (long n = 0; !done; n += n < 200 ? 1 : 37) {
        struct groups *g = NULL;
        struct err e = {0};
        bool ok;

        memory_left = n;
        memory_gone_for_good = true;
        memory_refused = false;
        ok = groups_new(&g, &e);
        for (size_t i = 0; ok && i < COUNT(rows); i++) {
            struct intel_group m = {.name = str_of(rows[i].name), .id = str_of(rows[i].id)};

            names_of(rows[i].aliases, &m.aliases);
            names_of(rows[i].country, &m.countries);
            ok = groups_add(g, str_of(rows[i].source), &m, &e);
        }
        ok = ok && groups_join(g, &e);
        done = !memory_refused;
        memory_left = -1;
        assert_int_equal(ok, done);
        if (!ok)
            assert_int_equal(e.code, ERR_MEMORY);
        groups_free(g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_answered),       cmocka_unit_test(no_order_matters),
        cmocka_unit_test(aliases_keep_who_says_so), cmocka_unit_test(no_two_have_one_name),
        cmocka_unit_test(uses_are_counted),         cmocka_unit_test(files_are_read_strictly),
        cmocka_unit_test(what_is_built_in),         cmocka_unit_test(memory_may_be_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
