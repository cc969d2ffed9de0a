/* test_profile: bundles of ATT&CK, galaxies, facts and the research layout, made here: what comes out of them was counted by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <zstd.h>

#include "attribution/profile.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/instant.h"
#include "folder.h"

#define T(n) ((token)(n)*1000)
#define P(n) (TOKEN_SOFTWARE | (token)(n))

static void put(const char *name, str text) {
    FILE *const file = fopen(name, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static int64_t day(const char *date) {
    return instant_parse(str_of(date)) / INT64_C(86400000000000);
}

/* ---- bundles: objects are written as lines of words, so that a test shows what it is about ---- */

/* An id of its type: the name's letters make it. */
static void id_of(struct buf *b, const char *type, const char *name) {
    buf_format(b, "%s--", type);
    for (int i = 0; i < 36; i++) {
        size_t const at = (size_t)(i < 8 ? i : 8) % (strlen(name) ? strlen(name) : 1);

        if (i == 8 || i == 13 || i == 18 || i == 23)
            buf_byte(b, '-');
        else
            buf_format(b, "%x", i < 8 && (size_t)i < strlen(name) ? (unsigned)(unsigned char)name[at] & 15 : 0u);
    }
}

struct bundle {
    struct buf b;
    bool first, newer; /* newer: STIX 2.1 */
    unsigned relations;
};

static void begin(struct bundle *x, bool newer) {
    *x = (struct bundle){.first = true, .newer = newer};
    buf_add(&x->b, S("{\"type\":\"bundle\",\"id\":\"bundle--00000000-0000-4000-8000-000000000000\","));
    if (!newer)
        buf_add(&x->b, S("\"spec_version\":\"2.0\","));
    buf_add(&x->b, S("\"objects\":["));
}

static void object(struct bundle *x, const char *type, const char *name, const char *more) {
    if (!x->first)
        buf_byte(&x->b, ',');
    x->first = false;
    buf_format(&x->b, "{\"type\":\"%s\",%s\"id\":\"", type, x->newer ? "\"spec_version\":\"2.1\"," : "");
    id_of(&x->b, type, name);
    buf_format(&x->b, "\",\"created\":\"2015-01-01T00:00:00.000Z\"%s}", more);
}

/* number "": without one. */
static void thing(struct bundle *x, const char *type, const char *number, const char *name, const char *more) {
    char all[1024];

    (void)snprintf(all, sizeof all,
                   ",\"name\":\"%s\",\"modified\":\"2020-05-05T00:00:00.000Z\",\"external_references\":["
                   "{\"source_name\":\"mitre-attack\",\"external_id\":\"%s\"}]%s",
                   name, number, more);
    object(x, type, number, all);
}

/* from and to: "intrusion-set G0001". by: citations, parted by |: "name;description;url". */
static void relate(struct bundle *x, const char *from, const char *what, const char *to, const char *by,
                   const char *more) {
    struct buf b = {0};
    char name[32];

    buf_format(&b, ",\"modified\":\"2020-05-05T00:00:00.000Z\",\"relationship_type\":\"%s\",\"source_ref\":\"", what);
    for (int end = 0; end < 2; end++) {
        const char *const words = end ? to : from, *const blank = strchr(words, ' ');
        char type[64];

        (void)snprintf(type, sizeof type, "%.*s", (int)(blank - words), words);
        id_of(&b, type, blank + 1);
        buf_add(&b, end ? S("\"") : S("\",\"target_ref\":\""));
    }
    buf_add(&b, S(",\"external_references\":["));
    for (str rest = str_of(by); rest.len;) {
        size_t const end = str_find_byte(rest, '|');
        str one = str_first(rest, end);
        static const char *const members[] = {"source_name", "description", "url"};

        if (rest.ptr != by)
            buf_byte(&b, ',');
        buf_byte(&b, '{');
        for (size_t i = 0; i < COUNT(members) && one.len; i++) {
            size_t const cut = str_find_byte(one, ';');

            if (str_first(one, cut).len) {
                if (b.ptr[b.len - 1] != '{')
                    buf_byte(&b, ',');
                buf_format(&b, "\"%s\":\"%.*s\"", members[i], STR_ARG(str_first(one, cut)));
            }
            one = cut == SIZE_MAX ? S("") : str_from(one, cut + 1);
        }
        buf_byte(&b, '}');
        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
    }
    buf_format(&b, "]%s", more);
    buf_byte(&b, '\0');
    (void)snprintf(name, sizeof name, "%u", x->relations++);
    /* Of relationships the id is a number, not letters. */
    if (!x->first)
        buf_byte(&x->b, ',');
    x->first = false;
    buf_format(&x->b,
               "{\"type\":\"relationship\",\"id\":\"relationship--%08u-0000-4000-8000-000000000000\",\"created\":"
               "\"2015-01-01T00:00:00.000Z\"%s}",
               x->relations, b.ptr);
    buf_free(&b);
}

static void end(struct bundle *x, const char *file) {
    buf_add(&x->b, S("]}"));
    assert_false(x->b.failed);
    if (file)
        put(file, buf_str(&x->b));
    if (file)
        buf_free(&x->b);
}

#define COLLECTION(version, when)                                                                                      \
    ",\"name\":\"Enterprise ATT&CK\",\"x_mitre_version\":\"" version "\",\"modified\":\"" when "T12:00:00.000Z\""
#define DOMAIN(name) ",\"x_mitre_domains\":[\"" name "-attack\"]"

/* Two groups, three techniques, two programs. */
static void small(struct bundle *x, bool newer) {
    begin(x, newer);
    object(x, "x-mitre-collection", "c", COLLECTION("7.0", "2030-07-08"));
    thing(x, "intrusion-set", "G0901", "Alpha Heron", ",\"aliases\":[\"Alpha Heron\",\"Grey Heron\",\"Both\"]");
    thing(x, "intrusion-set", "G0902", "Beta Stoat", ",\"aliases\":[\"Beta Stoat\",\"Both\"]");
    thing(x, "attack-pattern", "T1001", "One", DOMAIN("enterprise"));
    thing(x, "attack-pattern", "T1002.003", "Two: Three", DOMAIN("enterprise"));
    thing(x, "attack-pattern", "T1003", "Three", DOMAIN("enterprise"));
    thing(x, "malware", "S0901", "RainGauge", ",\"x_mitre_aliases\":[\"RainGauge\",\"Pluvio\",\"Twin\"]");
    thing(x, "tool", "S0902", "SunDial", ",\"x_mitre_aliases\":[\"Twin\"]");
    relate(x, "intrusion-set G0901", "uses", "attack-pattern T1001",
           "First 2029;A. (2029, March 4). First. Retrieved May 1, 2021.;https://www.One.example/a/"
           "|Second;B. (2030, June). Second.;https://two.example",
           "");
    relate(x, "intrusion-set G0901", "uses", "attack-pattern T1002.003", "Old;C. (2011). Old.;", "");
    relate(x, "intrusion-set G0901", "uses", "malware S0901", "First again;A. (2029, March 4).;http://one.example/a",
           "");
    relate(x, "intrusion-set G0902", "uses", "tool S0902", "", "");
}

static struct profiles *opened(const char *path) {
    struct profiles *p;
    struct err e = {0};

    if (!profiles_open(&p, path, &e))
        fail_msg("%s", e.text);
    return p;
}

static const struct profile_group *group_of(const struct profiles *p, size_t release, const char *name) {
    size_t const which = profile_find(&p->releases[release], str_of(name));

    if (which == NO_GROUP)
        fail_msg("nobody is called %s", name);
    return &p->releases[release].groups[which];
}

static struct profile_said said(const struct profiles *p, size_t release, const char *name, token t) {
    struct profile_said out = {0, DAY_UNKNOWN, DAY_UNKNOWN, STR("")};
    size_t const which = profile_find(&p->releases[release], str_of(name));

    assert_int_not_equal(which, NO_GROUP);
    if (!profile_said(p, &p->releases[release], which, t, &out))
        assert_int_equal(out.sources, 0);
    return out;
}

/* Groups of the tests. The facts that are built in make candidates as well. */
static size_t mine(const struct profile *p) {
    size_t count = 0;

    for (size_t i = 0; i < p->group_count; i++)
        count += str_starts(p->groups[i].id, S("G09"));
    return count;
}

static bool is(str s, const char *text) {
    return str_eq(s, str_of(text));
}

static void check_small(const struct profiles *p) {
    assert_int_equal(p->count, 1);
    assert_true(is(p->releases[0].release, "ATT&CK 7.0"));
    assert_int_equal(p->releases[0].day, day("2030-07-08"));
    assert_int_equal(mine(&p->releases[0]), 2);
    const struct profile_group *const alpha = group_of(p, 0, "alpha-heron"), *const beta = group_of(p, 0, "G0902");

    assert_true(is(alpha->id, "G0901") && is(alpha->name, "Alpha Heron") && is(alpha->nation, ""));
    assert_int_equal(alpha->link_count, 3);
    assert_int_equal(token_find(alpha->links, 3, T(1001)), 2);
    assert_int_equal(token_find(alpha->links, 3, T(1002) + 3), 1);
    assert_int_equal(token_find(alpha->links, 3, P(901)), 1);
    assert_int_equal(alpha->parent_count, 2);
    assert_int_equal(alpha->recent, 2); /* 2029 and 2030, each once; 2011 is too long ago */
    assert_int_equal(alpha->first_day, day("2011-07-01"));
    assert_int_equal(alpha->last_day, day("2030-06-01"));
    assert_int_equal(beta->link_count, 1);
    assert_int_equal(token_find(beta->links, 1, P(902)), 1); /* a statement without a source is one */
    assert_int_equal(beta->first_day, DAY_UNKNOWN);
    assert_int_equal(beta->recent, 0);
    assert_true(profiles_tool(p, P(902)) && !profiles_tool(p, P(901)));
    struct profile_said const one = said(p, 0, "G0901", T(1001));

    assert_int_equal(one.sources, 2);
    assert_int_equal(one.first_day, day("2029-03-04"));
    assert_int_equal(one.last_day, day("2030-06-01"));
    assert_true(is(one.source, "Second"));
    assert_int_equal(said(p, 0, "G0901", T(1003)).sources, 0);
    assert_int_equal(said(p, 0, "G0902", T(1001)).sources, 0);
    assert_int_equal(profile_find(&p->releases[0], S("Both")), NO_GROUP);
    assert_int_equal(profile_find(&p->releases[0], S("")), NO_GROUP);
    assert_int_equal(profile_find(&p->releases[0], S("Gamma")), NO_GROUP);
    assert_true(group_of(p, 0, "GREY HERON") == alpha);
    assert_int_equal(profiles_software(p, S("rain gauge")), P(901));
    assert_int_equal(profiles_software(p, S("PLUVIO")), P(901));
    assert_int_equal(profiles_software(p, S("Twin")), 0);
    assert_int_equal(profiles_software(p, S("S0901")), 0);
    assert_true(is(profiles_token_name(p, T(1002) + 3), "Two: Three") && is(profiles_token_name(p, P(902)), "SunDial"));
    assert_true(is(profiles_token_name(p, T(1077)), ""));
}

static void both_versions(void **state) {
    (void)state;

    for (int newer = 0; newer < 2; newer++) {
        struct bundle x;

        small(&x, newer);
        end(&x, "bundle.json");
        struct profiles *const p = opened("bundle.json");

        check_small(p);
        profiles_free(p);
    }
}

static void compressed_and_in_folders(void **state) {
    struct bundle x;
    char room[1 << 16];
    (void)state;

    small(&x, false);
    end(&x, NULL);
    size_t const n = ZSTD_compress(room, sizeof room, x.b.ptr, x.b.len, 3);

    assert_false(ZSTD_isError(n));
    buf_free(&x.b);
    put("some.zst", (str){room, n});
    put("other.txt", S("nothing of interest\n"));
    put("empty", S(""));
    struct profiles *p = opened("some.zst");

    check_small(p);
    profiles_free(p);
    p = opened(".");
    check_small(p);
    profiles_free(p);
    /* Half of it is no release. */
    put("some.zst", (str){room, n - 10});
    struct err e = {0};

    assert_false(profiles_open(&p, ".", &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_non_null(strstr(e.text, "some.zst"));
    assert_null(p);
}

/* ---- what is left out ---- */

static void withdrawn(void **state) {
    static const char revoked[] = ",\"revoked\":true", deprecated[] = ",\"x_mitre_deprecated\":true";
    struct bundle x;
    (void)state;

    small(&x, true);
    thing(&x, "intrusion-set", "G0903", "Gone", revoked);
    thing(&x, "intrusion-set", "G0904", "Old", deprecated);
    thing(&x, "intrusion-set", "G0905", "Idle", "");
    thing(&x, "attack-pattern", "T1004", "Gone", revoked);
    thing(&x, "malware", "S0904", "Old", deprecated);
    thing(&x, "campaign", "C0901", "Kept", "");
    thing(&x, "campaign", "C0902", "Gone", revoked);
    relate(&x, "intrusion-set G0903", "uses", "attack-pattern T1001", "", "");
    relate(&x, "intrusion-set G0904", "uses", "attack-pattern T1001", "", "");
    relate(&x, "intrusion-set G0902", "uses", "attack-pattern T1004", "", "");
    relate(&x, "intrusion-set G0902", "uses", "malware S0904", "", "");
    relate(&x, "intrusion-set G0902", "uses", "attack-pattern T1001", "", revoked);
    relate(&x, "intrusion-set G0902", "uses", "attack-pattern T1002.003", "", deprecated);
    relate(&x, "campaign C0901", "attributed-to", "intrusion-set G0902", "", "");
    relate(&x, "campaign C0901", "attributed-to", "intrusion-set G0902", "", "");
    relate(&x, "campaign C0901", "uses", "attack-pattern T1003", "Report;(2019, May 1);https://r.example", "");
    relate(&x, "campaign C0902", "attributed-to", "intrusion-set G0902", "", "");
    relate(&x, "campaign C0902", "uses", "attack-pattern T1001", "", "");
    relate(&x, "campaign C0901", "attributed-to", "intrusion-set G0901", "", deprecated);
    end(&x, "bundle.json");
    struct profiles *const p = opened("bundle.json");

    assert_int_equal(mine(&p->releases[0]), 2);
    assert_int_equal(profile_find(&p->releases[0], S("Idle")), NO_GROUP);
    assert_int_equal(group_of(p, 0, "G0901")->link_count, 3);
    assert_int_equal(group_of(p, 0, "G0902")->link_count, 2);
    assert_int_equal(said(p, 0, "G0902", T(1003)).sources, 1);
    assert_int_equal(said(p, 0, "G0902", P(902)).sources, 1);
    profiles_free(p);
}

/* Nothing of this says anything; all of it is lived with. */
static void odd(void **state) {
    struct bundle x;
    char many[64];
    (void)state;

    small(&x, false);
    thing(&x, "campaign", "C0903", "Everybody's", "");
    for (int i = 10; i < 30; i++) {
        (void)snprintf(many, sizeof many, "G0%d", i);
        thing(&x, "intrusion-set", many, many, "");
        (void)snprintf(many, sizeof many, "intrusion-set G0%d", i);
        relate(&x, "campaign C0903", "attributed-to", many, "", "");
    }
    relate(&x, "campaign C0903", "uses", "attack-pattern T1001", "", "");
    relate(&x, "intrusion-set G0901", "uses", "attack-pattern nowhere", "", "");
    relate(&x, "intrusion-set nobody", "uses", "attack-pattern T1001", "", "");
    relate(&x, "intrusion-set G0901", "uses", "intrusion-set G0902", "", "");
    relate(&x, "attack-pattern T1001", "uses", "intrusion-set G0901", "", "");
    relate(&x, "intrusion-set G0901", "uses", "intrusion-set G0901", "", "");
    relate(&x, "intrusion-set G0901", "likes", "attack-pattern T1003", "", "");
    relate(&x, "intrusion-set G0901", "uses", "attack-pattern T1001", "", ",\"external_references\":\"none\"");
    thing(&x, "attack-pattern", "T12345678", "Too large", "");
    thing(&x, "attack-pattern", "S0099", "A technique with the number of software", "");
    thing(&x, "malware", "T1099", "Software with the number of a technique", "");
    relate(&x, "intrusion-set G0901", "uses", "attack-pattern T12345678", "", "");
    relate(&x, "intrusion-set G0901", "uses", "attack-pattern S0099", "", "");
    relate(&x, "intrusion-set G0901", "uses", "malware T1099", "", "");
    object(&x, "intrusion-set", "n", ",\"name\":5,\"aliases\":\"x\",\"external_references\":{}");
    object(&x, "malware", "m", ",\"name\":\"m\",\"x_mitre_aliases\":[1,null,{}],\"external_references\":[1,[],{}]");
    buf_add(&x.b, S(",5,null,[],{},\"x\",{\"type\":5},{\"type\":\"relationship\"},{\"type\":\"intrusion-set\"}"));
    end(&x, "bundle.json");
    struct profiles *const p = opened("bundle.json");

    check_small(p);
    profiles_free(p);
}

static void of_one_id_the_newest(void **state) {
    struct bundle x;
    (void)state;

    small(&x, false);
    object(&x, "intrusion-set", "G0902",
           ",\"name\":\"Beta Marten\",\"modified\":\"2020-06-06T00:00:00.000Z\",\"external_references\":["
           "{\"source_name\":\"mitre-attack\",\"external_id\":\"G0902\"}]");
    object(&x, "intrusion-set", "G0901",
           ",\"name\":\"Alpha Crow\",\"modified\":\"2019-06-06T00:00:00.000Z\",\"external_references\":["
           "{\"source_name\":\"mitre-attack\",\"external_id\":\"G0901\"}]");
    end(&x, "bundle.json");
    struct profiles *const p = opened("bundle.json");

    assert_true(is(group_of(p, 0, "G0901")->name, "Alpha Heron"));
    assert_true(is(group_of(p, 0, "G0902")->name, "Beta Marten"));
    profiles_free(p);
}

/* More citations than any relationship has, and a file that says the same again and again. */
static void huge(void **state) {
    struct buf many = {0};
    struct bundle x;
    (void)state;

    for (int i = 0; i < 1000; i++)
        buf_format(&many, "%sSource %d", i ? "|" : "", i);
    buf_byte(&many, '\0');
    small(&x, false);
    relate(&x, "intrusion-set G0902", "uses", "attack-pattern T1001", many.ptr, "");
    for (int i = 0; i < 20000; i++)
        relate(&x, "intrusion-set G0902", "uses", "attack-pattern T1003", "The same", "");
    end(&x, "bundle.json");
    struct profiles *const p = opened("bundle.json");

    assert_int_equal(said(p, 0, "G0902", T(1001)).sources, 256);
    assert_int_equal(said(p, 0, "G0902", T(1003)).sources, 1);
    buf_free(&many);
    profiles_free(p);
}

static void nothing_to_read(void **state) {
    static const char report[] =
        "{\"type\":\"bundle\",\"id\":\"bundle--00000000-0000-4000-8000-000000000000\",\"objects\":["
        "{\"type\":\"intrusion-set\",\"id\":\"intrusion-set--00000000-0000-4000-8000-000000000001\",\"name\":\"A\"}]}";
    static const struct {
        const char *name, *text;
        enum err_code code;
        const char *says;
    } cases[] = {
        {"a report", report, ERR_CORRUPT, "no release"},
        {"prose", "Dear reader,\n", ERR_CORRUPT, "no release"},
        {"nothing", "", ERR_CORRUPT, "no release"},
        {"facts alone",
         "group: A\nsources: {s: {title: T, on: 2020-01-01}}\naliases: [{name: B, source: s, grade: primary}]\n",
         ERR_CORRUPT, "no release"},
        {"facts with a fault", "group: A\nfears: nothing\n", ERR_USAGE, "line 1"},
        {"a galaxy alone",
         "{\"name\":\"G\",\"type\":\"threat-actor\",\"uuid\":\"7cdff317-a673-4474-84ec-4f1754947823\",\"values\":["
         "{\"value\":\"A\",\"uuid\":\"7cdff317-a673-4474-84ec-4f1754947824\",\"meta\":{}}]}",
         ERR_CORRUPT, "galaxies only"},
        {"broken off",
         "{\"type\":\"bundle\",\"objects\":[{\"type\":\"x-mitre-matrix\",\"id\":\"x-mitre-matrix--1\",\"modified\":"
         "\"2020-01-01T00:00:00Z\"},{\"type\":\"intrusion-set\",\"id\":\"intrusion",
         ERR_CORRUPT, "bad.json"},
        {"no day", "{\"type\":\"bundle\",\"objects\":[{\"type\":\"x-mitre-matrix\",\"id\":\"x-mitre-matrix--1\"}]}",
         ERR_CORRUPT, "has a day"},
    };
    struct profiles *p;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};

        put("bad.json", str_of(cases[i].text));
        if (profiles_open(&p, "bad.json", &e) || e.code != cases[i].code || !strstr(e.text, cases[i].says))
            fail_msg("%s: %d %s", cases[i].name, e.code, e.text);
        assert_null(p);
    }
    struct err e = {0};

    assert_false(profiles_open(&p, "not-there.json", &e));
    assert_int_equal(e.code, ERR_IO);
    assert_false(profiles_store(&p, "no-store", &e));
    assert_null(p);
}

/* ---- days of citations ---- */

static void citations(void **state) {
    static const struct {
        const char *text, *day; /* "": none */
    } cases[] = {
        {"Faou, M. (2019, May 12). Title. Retrieved June 1, 2020.", "2019-05-12"},
        {"A. (2019, September 3). T.", "2019-09-03"},
        {"A. (2019, Sept. 3). T.", "2019-09-03"},
        {"A. (2019, may 3). T.", "2019-05-03"},
        {"A. (2019, March 30-31). T.", "2019-03-30"},
        {"A. (2019, March). T.", "2019-03-01"},
        {"A. (2019). T.", "2019-07-01"},
        {"A (CERT). (2019, March 2). T.", "2019-03-02"},
        {"A. (2019, February 30). T.", "2019-02-01"},
        {"A. (2019, February 32). T.", "2019-02-01"},
        {"(1999) and (2018, May 1)", "1999-07-01"},
        {"A. (n.d.). T. Retrieved May 1, 2019.", ""},
        {"A. (12, October 26). T.", ""},
        {"A. (2019, Smarch 3). T.", ""},
        {"A. (1066, October 14). T.", ""},
        {"A. (2817, May 5). T.", ""},
        {"A. (2817). T.", ""},
        {"A. (2019 May 12). T.", ""},
        {"A. (2019", ""},
        {"(", ""},
        {"(2019,", ""},
        {"2019, May 12", ""},
        {"A. (2031, May 1). Behind the release.", ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bundle x;
        char by[256];

        small(&x, false);
        (void)snprintf(by, sizeof by, "Name;%s;", cases[i].text);
        relate(&x, "intrusion-set G0902", "uses", "attack-pattern T1003", by, "");
        end(&x, "bundle.json");
        struct profiles *const p = opened("bundle.json");
        struct profile_said const s = said(p, 0, "G0902", T(1003));

        if (s.sources != 1 || s.first_day != s.last_day ||
            s.first_day != (*cases[i].day ? day(cases[i].day) : DAY_UNKNOWN))
            fail_msg("%s", cases[i].text);
        profiles_free(p);
    }
}

/* ---- several releases ---- */

/* An old bundle: without a collection, with a technique that was replaced since; a and b take the place of each other. */
static void old(struct bundle *x) {
    begin(x, false);
    thing(x, "x-mitre-matrix", "M", "Enterprise", "");
    thing(x, "intrusion-set", "G0901", "Alpha", ",\"aliases\":[\"Alpha\"]");
    thing(x, "intrusion-set", "G0906", "Forgotten", "");
    thing(x, "attack-pattern", "T1001", "One, as it was called", "");
    thing(x, "attack-pattern", "T1086", "PowerShell", "");
    thing(x, "attack-pattern", "T1087", "Round", "");
    relate(x, "intrusion-set G0901", "uses", "attack-pattern T1086", "Before;(2018, May 5)", "");
    relate(x, "intrusion-set G0901", "uses", "attack-pattern T1001", "Before;(2018, May 5)", "");
    relate(x, "intrusion-set G0901", "uses", "attack-pattern T1087", "", "");
    relate(x, "intrusion-set G0906", "uses", "attack-pattern T1001", "", "");
}

static void releases(void **state) {
    struct bundle x;
    (void)state;

    old(&x);
    end(&x, "a.json");
    small(&x, true);
    thing(&x, "attack-pattern", "T1086", "PowerShell", ",\"revoked\":true");
    thing(&x, "attack-pattern", "T1087", "Round", ",\"revoked\":true");
    thing(&x, "attack-pattern", "T1088", "Round and round", ",\"revoked\":true");
    relate(&x, "attack-pattern T1086", "revoked-by", "attack-pattern T1001", "", "");
    relate(&x, "attack-pattern T1087", "revoked-by", "attack-pattern T1088", "", "");
    relate(&x, "attack-pattern T1088", "revoked-by", "attack-pattern T1087", "", "");
    end(&x, "b.json");
    struct profiles *const p = opened(".");

    assert_int_equal(p->count, 2);
    assert_true(is(p->releases[0].release, "ATT&CK of 2020-05-05") && is(p->releases[1].release, "ATT&CK 7.0"));
    /* T1086 is T1001 today: one technique, said by one source. */
    const struct profile_group *const alpha = group_of(p, 0, "G0901");

    assert_true(is(alpha->name, "Alpha"));
    assert_int_equal(alpha->link_count, 2);
    assert_int_equal(token_find(alpha->links, 2, T(1001)), 1);
    assert_int_equal(token_find(alpha->links, 2, T(1087)), 1); /* a circle leads nowhere */
    assert_int_equal(mine(&p->releases[0]), 2);
    assert_int_equal(mine(&p->releases[1]), 2);
    assert_true(is(group_of(p, 1, "G0901")->name, "Alpha Heron"));
    assert_int_equal(profile_find(&p->releases[1], S("Forgotten")), NO_GROUP);
    assert_true(group_of(p, 0, "Grey Heron") == alpha);
    assert_true(is(profiles_token_name(p, T(1001)), "One"));
    assert_null(profiles_on(p, day("2020-05-04")));
    assert_ptr_equal(profiles_on(p, day("2020-05-05")), &p->releases[0]);
    assert_ptr_equal(profiles_on(p, day("2030-07-07")), &p->releases[0]);
    assert_ptr_equal(profiles_on(p, INT64_MAX), &p->releases[1]);
    assert_ptr_equal(profiles_named(p, S("ATT&CK 7.0")), &p->releases[1]);
    assert_null(profiles_named(p, S("ATT&CK 7")));
    profiles_free(p);
}

/* One matrix. */
static void matrix(const char *file, const char *domain, const char *version, const char *when, const char *group,
                   const char *technique) {
    struct bundle x;
    char collection[256], of[64], from[64], to[64];

    begin(&x, true);
    (void)snprintf(collection, sizeof collection,
                   ",\"name\":\"%s\",\"x_mitre_version\":\"%s\",\"modified\":\"%sT00:00:00Z\"", domain, version, when);
    (void)snprintf(of, sizeof of, ",\"x_mitre_domains\":[\"%s\"]", domain);
    (void)snprintf(from, sizeof from, "intrusion-set %s", group);
    (void)snprintf(to, sizeof to, "attack-pattern %s", technique);
    object(&x, "x-mitre-collection", "c", collection);
    thing(&x, "intrusion-set", group, group, "");
    thing(&x, "attack-pattern", technique, technique, of);
    relate(&x, from, "uses", to, "", "");
    end(&x, file);
}

static void matrices(void **state) {
    static const struct {
        const char *name, *day;
        size_t groups;
    } wanted[] = {
        {"ATT&CK 17.0", "2035-04-22", 1},
        {"ATT&CK 18.0", "2035-10-28", 2},          /* enterprise and mobile of one version are one release */
        {"ATT&CK 18.1 and 18.0", "2035-11-13", 2}, /* enterprise alone was renewed */
    };
    (void)state;

    matrix("a", "enterprise-attack", "17.0", "2035-04-22", "G0911", "T1001");
    matrix("b", "enterprise-attack", "18.0", "2035-10-27", "G0912", "T1001");
    matrix("c", "mobile-attack", "18.0", "2035-10-28", "G0913", "T1409");
    matrix("d", "enterprise-attack", "18.1", "2035-11-13", "G0914", "T1002");
    matrix("e", "enterprise-attack", "18.1", "2035-11-13", "G0914", "T1002"); /* the same once more */
    struct profiles *const p = opened(".");

    assert_int_equal(p->count, COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++) {
        if (!is(p->releases[i].release, wanted[i].name) || p->releases[i].day != day(wanted[i].day) ||
            mine(&p->releases[i]) != wanted[i].groups)
            fail_msg("%.*s, %zu groups", STR_ARG(p->releases[i].release), mine(&p->releases[i]));
    }
    (void)group_of(p, 2, "G0913");
    (void)group_of(p, 2, "G0914");
    assert_int_equal(profile_find(&p->releases[2], S("G0912")), NO_GROUP);
    assert_int_equal(said(p, 2, "G0914", T(1002)).sources, 1);
    profiles_free(p);
}

/* ---- our own facts ---- */

static const char facts[] =
    "group: Alpha Heron\nid: G0901\nsources:\n"
    "  lab: {title: \"A laboratory on frost\", on: 2020-02, at: lab.example}\n"
    "  press: {title: \"A newspaper\", at: news.example}\n"
    "  late: {title: \"A later report\", on: 2031-08-09, at: lab.example}\n"
    "  same: {title: \"The first report, again\", on: 2029-03-04, at: lab.example}\n"
    "  other: {title: \"Another report\", on: 2019-04-04, at: lab.example}\n"
    "  attack: {title: \"MITRE ATT&CK v7.0, G0901\", on: 2030-07-08, at: attack.mitre.org}\n"
    "software:\n"
    "  - {name: HoarFrost, aliases: [Rime, Twin], source: lab, grade: primary}\n"
    "  - {name: Undated, source: press, grade: reported}\n"
    "  - {name: Thaw, source: late, grade: primary}\n"
    "  - {name: rain-gauge, source: same, grade: primary}\n"
    "  - {name: Sun Dial, source: other, grade: primary}\n"
    "  - {name: FromAttack, source: attack, grade: curated}\n"
    "techniques:\n"
    "  - {ids: [T1001], source: other, grade: primary}\n"
    "  - {ids: [T1003], source: attack, grade: curated}\n"
    "activity:\n"
    "  - {about: \"it was there\", from: 2010-05, until: 2010, source: lab, grade: primary}\n"
    "---\n"
    "group: Gamma Newt\nsources:\n  lab: {title: \"A laboratory on frost\", on: 2020-02, at: lab.example}\n"
    "software:\n  - {name: hoar frost, source: lab, grade: primary}\n";

static void own_facts(void **state) {
    struct bundle x;
    (void)state;

    small(&x, true);
    end(&x, "bundle.json");
    put("facts.yml", str_of(facts));
    struct profiles *const p = opened(".");

    /* What is younger than the release makes one of its own. */
    assert_int_equal(p->count, 2);
    assert_true(is(p->releases[0].release, "ATT&CK 7.0"));
    (void)group_of(p, 0, "APT31");
    token const frost = profiles_software(p, S("Hoar-Frost"));

    assert_true(token_named(frost) && token_software(frost) && !profiles_tool(p, frost));
    assert_true(is(profiles_token_name(p, frost), "HoarFrost"));
    assert_int_equal(profiles_software(p, S("Rime")), frost);
    assert_int_equal(said(p, 0, "G0901", frost).sources, 1);
    assert_int_equal(said(p, 0, "G0901", frost).first_day, day("2020-02-29"));
    assert_int_equal(said(p, 0, "Gamma Newt", frost).sources, 1); /* a candidate that facts alone know */
    for (size_t i = 0; i < p->count; i++) {
        assert_int_equal(said(p, i, "G0901", profiles_software(p, S("Undated"))).sources, 0);
        assert_int_equal(said(p, i, "G0901", T(1003)).sources, 0); /* ATT&CK is no second source of itself */
    }
    assert_int_equal(group_of(p, 0, "G0901")->link_count, 5);
    assert_int_equal(group_of(p, 1, "G0901")->link_count, 6);
    assert_int_equal(said(p, 0, "G0901", P(901)).sources, 1); /* a report of the same day is the same */
    assert_int_equal(said(p, 0, "G0901", P(902)).sources, 1);
    assert_int_equal(said(p, 0, "G0901", T(1001)).sources, 3);
    token const thaw = profiles_software(p, S("Thaw"));

    assert_true(token_named(thaw) && thaw != frost);
    assert_int_equal(said(p, 0, "G0901", thaw).sources, 0);
    assert_int_equal(said(p, p->count - 1, "G0901", thaw).sources, 1);
    const struct profile *const then = profiles_on(p, day("2031-08-09"));

    assert_true(is(then->release, "ATT&CK 7.0 and facts of 2031-08-09"));
    assert_int_equal(group_of(p, 0, "G0901")->first_day, day("2010-05-01"));
    profiles_free(p);
}

/* ---- galaxies ---- */

static void galaxies(void **state) {
    struct bundle x;
    (void)state;

    small(&x, true);
    end(&x, "bundle.json");
    put("one.json",
        S("{\"name\":\"Threat Actor\",\"type\":\"threat-actor\",\"version\":5,\"uuid\":"
          "\"7cdff317-a673-4474-84ec-4f1754947823\",\"values\":["
          "{\"value\":\"GREY HERON\",\"uuid\":\"7cdff317-a673-4474-84ec-000000000001\",\"meta\":{\"country\":\"XA\","
          "\"synonyms\":[\"Blue Crane\"],\"cfr-suspected-victims\":[\"United Kingdom\",\"the philippines\",\"Middle "
          "East\","
          "\"Great Britain\",\"\",5],\"cfr-target-category\":[\"Private sector\",\"Telecoms\"],"
          "\"targeted-sector\":\"Government, Administration\"}},"
          "{\"value\":\"Nobody Else\",\"uuid\":\"7cdff317-a673-4474-84ec-000000000002\",\"meta\":{\"country\":\"XB\","
          "\"cfr-suspected-victims\":[\"France\"]}},"
          "{\"value\":\"Both\",\"uuid\":\"7cdff317-a673-4474-84ec-000000000003\",\"meta\":{\"cfr-suspected-victims\":["
          "\"Spain\"]}}]}"));
    put("two.json", S("{\"name\":\"Others\",\"type\":\"microsoft-activity-group\",\"uuid\":\"7cdff317-a673-4474-84ec-"
                      "4f1754947824\","
                      "\"values\":[{\"value\":\"Beta "
                      "Stoat\",\"uuid\":\"7cdff317-a673-4474-84ec-000000000004\",\"meta\":{\"country\":"
                      "\"XC\"}},{\"value\":\"BETASTOAT\",\"uuid\":\"7cdff317-a673-4474-84ec-000000000005\",\"meta\":{"
                      "\"country\":\"XD\"}},"
                      "{\"value\":\"Alpha Heron - G0901\",\"uuid\":\"7cdff317-a673-4474-84ec-000000000006\",\"meta\":{"
                      "\"cfr-suspected-victims\":[\"Spain\"]}}]}"));
    struct profiles *const p = opened(".");
    const struct profile_group *const alpha = group_of(p, 0, "Blue Crane"), *const beta = group_of(p, 0, "G0902");

    assert_true(is(alpha->id, "G0901") && is(alpha->nation, "XA"));
    assert_int_equal(alpha->country_count, 3);
    assert_true(is(alpha->countries[0], "ES") && is(alpha->countries[1], "GB") && is(alpha->countries[2], "PH"));
    assert_int_equal(alpha->sector_count, 2);
    assert_true(is(alpha->sectors[0], "government") && is(alpha->sectors[1], "telecommunications"));
    assert_true(is(alpha->victims_source, "MISP galaxy Threat Actor, version 5; MISP galaxy Others"));
    assert_int_equal(alpha->victims_day, VICTIMS_NOW);
    assert_true(profile_victims_known(alpha, day("2031-01-01"), true));
    assert_false(profile_victims_known(alpha, day("2031-01-01"), false));
    assert_true(is(beta->nation, "")); /* they do not agree */
    assert_int_equal(beta->country_count, 0);
    assert_false(profile_victims_known(beta, day("2031-01-01"), true));
    assert_int_equal(profile_find(&p->releases[0], S("Nobody Else")), NO_GROUP);
    assert_int_equal(profile_find(&p->releases[0], S("Both")), NO_GROUP);
    profiles_free(p);
}

static void words(void **state) {
    static const struct {
        const char *word, *country, *sector;
    } cases[] = {
        {"United Kingdom", "GB", ""},
        {"GB", "GB", ""},
        {"gb", "GB", ""},
        {"U.S.", "US", ""},
        {"viet nam", "VN", ""},
        {"The Bahamas", "BS", ""},
        {"Türkiye", "TR", ""},
        {"NO", "NO", ""},
        {"Middle East", "", ""},
        {"NATO", "", ""},
        {"", "", ""},
        {"Telecoms", "", "telecommunications"},
        {"telecommunications", "", "telecommunications"},
        {"NGOs", "", "civil society"},
        {"News - Media", "", "media"},
        {"Private sector", "", ""},
        {"none", "", ""},
        {"Wizardry", "", ""},
    };
    struct bundle x;
    (void)state;

    small(&x, true);
    end(&x, "bundle.json");
    struct profiles *const p = opened("bundle.json");

    for (size_t i = 0; i < COUNT(cases); i++)
        if (!is(profiles_country(p, str_of(cases[i].word)), cases[i].country) ||
            !is(profiles_sector(p, str_of(cases[i].word)), cases[i].sector))
            fail_msg("%s", cases[i].word);
    /* Of codes and spellings each is its own. */
    for (size_t i = 0; i < p->countries.text_count; i++)
        assert_true(str_eq(profiles_country(p, p->countries.texts[i]), p->countries.texts[i]));
    for (size_t i = 0; i < p->sectors.text_count; i++)
        assert_true(str_eq(profiles_sector(p, p->sectors.texts[i]), p->sectors.texts[i]));
    for (size_t i = 0; i < p->sectors.spelled_count; i++)
        assert_false(p->sectors.spelled[i].several);
    for (size_t i = 0; i < p->countries.spelled_count; i++)
        assert_false(p->countries.spelled[i].several);
    profiles_free(p);
}

/* ---- the research layout ---- */

static void research(void **state) {
    (void)state;

    put("profiles-by-release.json",
        S("{\"R1\": {\"released\": \"2020-01-01\", \"groups\": {"
          "\"G0901\": {\"name\": \"One\", \"n\": {\"T1001\": 2, \"S0901\": 1, \"T1003\": 0}}}}}"));
    put("groups.json",
        S("[{\"id\": \"G0901\", \"aliases\": [\"One\", \"The First Group\", 5], \"nation\": \"AA\", \"rows\": ["
          "{\"t\": \"T1001\", \"s\": [2, 0]}, {\"t\": \"T1001\", \"s\": [3], \"c\": \"C1\"},"
          "{\"t\": \"S0901\", \"s\": [1]}, {\"t\": \"T1003\", \"s\": [-1, 99]}]}]"));
    put("sources.json", S("[{\"date\": \"2015-05-05\", \"name\": \"a\"}, {\"date\": \"2021-01-01\", \"name\": \"b\"}, "
                          "{\"date\": \"2019-06-01\", \"name\": \"c\"}, {\"date\": \"2014-06-02\", \"name\": \"d\"}]"));
    put("software.json", S("{\"S0901\": {\"type\": \"tool\", \"name\": \"Frost\", \"aliases\": [\"Rime\"]}}"));
    put("techniques.json", S("{\"T1001\": {\"name\": \"One\"}}"));
    put("facts.yml", str_of(facts)); /* nothing is added to what is measured */
    struct profiles *const p = opened(".");
    const struct profile_group *const g = group_of(p, 0, "first");

    assert_int_equal(p->count, 1);
    assert_int_equal(p->releases[0].group_count, 1);
    assert_int_equal(g->link_count, 3);
    assert_int_equal(g->alias_count, 1);
    assert_int_equal(g->first_day, day("2014-06-02"));
    assert_int_equal(g->last_day, day("2019-06-01"));
    struct profile_said const s = said(p, 0, "G0901", T(1001));

    assert_int_equal(s.sources, 2);
    assert_int_equal(s.first_day, day("2014-06-02"));
    assert_int_equal(s.last_day, day("2019-06-01"));
    assert_true(is(s.source, "c"));
    assert_int_equal(said(p, 0, "G0901", P(901)).first_day, DAY_UNKNOWN); /* published a year later */
    assert_int_equal(said(p, 0, "G0901", T(1003)).sources, 1);
    assert_int_equal(profiles_software(p, S("rime")), P(901));
    assert_int_equal(profiles_software(p, S("HoarFrost")), 0);
    assert_true(is(profiles_token_name(p, T(1001)), "One") && is(profiles_token_name(p, P(901)), "Frost"));
    assert_true(is(profiles_country(p, S("France")), "FR"));
    profiles_free(p);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_enter, folder_leave)
    static const struct CMUnitTest tests[] = {
        TEST(both_versions), TEST(compressed_and_in_folders),
        TEST(withdrawn),     TEST(odd),
        TEST(huge),          TEST(of_one_id_the_newest),
        TEST(citations),     TEST(nothing_to_read),
        TEST(releases),      TEST(matrices),
        TEST(own_facts),     TEST(galaxies),
        TEST(words),         TEST(research),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
