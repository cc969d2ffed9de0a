/* test_share: what goes with a marking and what stays; pseudonyms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/json_tree.h"
#include "report/share.h"

/* ---- markings ---- */

static void words(void **state) {
    static const struct {
        str marking;
        enum tlp tlp;
    } cases[] = {
        {STR(""), TLP_NONE},
        {STR("  "), TLP_NONE},
        {STR("TLP:CLEAR"), TLP_CLEAR},
        {STR("TLP:WHITE"), TLP_CLEAR},
        {STR("white"), TLP_CLEAR},
        {STR("tlp:green"), TLP_GREEN},
        {STR("amber-strict"), TLP_AMBER_STRICT},
        {STR("TLP:AMBER+STRICT"), TLP_AMBER_STRICT},
        {STR("Red"), TLP_RED},
        {STR("unknown"), TLP_UNKNOWN}, /* as tlp_name writes it */
        {STR("TLP:PURPLE"), TLP_UNKNOWN},
        {STR("confidential"), TLP_UNKNOWN},
        {STR("NATO SECRET"), TLP_UNKNOWN},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        if (share_tlp(cases[i].marking) != cases[i].tlp)
            fail_msg("%.*s: %d", STR_ARG(cases[i].marking), share_tlp(cases[i].marking));
}

static void order(void **state) {
    static const enum tlp levels[] = {TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_AMBER_STRICT, TLP_RED};
    (void)state;

    for (size_t ceiling = 0; ceiling < COUNT(levels); ceiling++) {
        for (size_t marking = 0; marking < COUNT(levels); marking++)
            assert_int_equal(share_allows(levels[ceiling], levels[marking]), marking <= ceiling);
        assert_true(share_allows(levels[ceiling], TLP_NONE));
        assert_int_equal(share_allows(levels[ceiling], TLP_UNKNOWN), levels[ceiling] == TLP_RED);
    }
}

struct heard {
    char text[400];
    size_t count;
};

static void on_refused(void *ctx, const struct share_refused *r) {
    struct heard *const h = ctx;
    size_t const used = strlen(h->text);

    snprintf(h->text + used, sizeof h->text - used, "%.*s of %.*s. ", STR_ARG(tlp_name(r->tlp)), STR_ARG(r->what));
    h->count++;
}

#define CLAIM(source, tlp, group) "{\"source\":\"" source "\"" tlp ",\"groups\":[\"" group "\"]}"
#define INDICATOR(count, more, claims)                                                                                 \
    "{\"rule_title\":\"Known\",\"tags\":[],\"indicator\":{\"type\":\"domain\",\"value\":\"a.example\",\"class\":"      \
    "\"x\","                                                                                                           \
    "\"witnesses\":2,\"groups\":[\"One\",\"Two\"],\"malware\":[\"M\"],\"claim_count\":" count more                     \
    ",\"claims\":[" claims "]}}"

static const struct {
    const char *name, *finding;
    enum tlp ceiling;
    const char *refused;
    const char *left; /* of the sources' names; NULL: all of the finding goes */
} cases[] = {
    {"no marking", INDICATOR("1", "", CLAIM("a", "", "One")), TLP_CLEAR, "", "a "},
    {"at its level", INDICATOR("1", "", CLAIM("a", ",\"tlp\":\"TLP:AMBER\"", "One")), TLP_AMBER, "", "a "},
    {"above it", INDICATOR("1", "", CLAIM("a", ",\"tlp\":\"TLP:AMBER\"", "One")), TLP_GREEN, "TLP:AMBER of a. ", NULL},
    {"one of two",
     INDICATOR("2", "", CLAIM("a", ",\"tlp\":\"TLP:GREEN\"", "One") "," CLAIM("b", ",\"tlp\":\"TLP:RED\"", "Two")),
     TLP_AMBER, "TLP:RED of b. ", "a "},
    {"the first of two", INDICATOR("2", "", CLAIM("a", ",\"tlp\":\"TLP:RED\"", "One") "," CLAIM("b", "", "Two")),
     TLP_AMBER, "TLP:RED of a. ", "b "},
    {"not understood", INDICATOR("1", "", CLAIM("a", ",\"tlp\":\"unknown\"", "One")), TLP_AMBER_STRICT,
     "unknown of a. ", NULL},
    {"not understood, under red", INDICATOR("1", "", CLAIM("a", ",\"tlp\":\"unknown\"", "One")), TLP_RED, "", "a "},
    {"strict under amber", INDICATOR("1", "", CLAIM("a", ",\"tlp\":\"TLP:AMBER+STRICT\"", "One")), TLP_AMBER,
     "TLP:AMBER+STRICT of a. ", NULL},
    {"more than are told, marked", INDICATOR("17", ",\"more_tlp\":\"TLP:GREEN\"", CLAIM("a", "", "One")), TLP_GREEN, "",
     "a "},
    {"more than are told, marked too strictly", INDICATOR("17", ",\"more_tlp\":\"TLP:RED\"", CLAIM("a", "", "One")),
     TLP_GREEN, "TLP:RED of claims that the finding does not tell one by one. ", "a "},
    {"more than are told, and nobody says how", INDICATOR("17", "", CLAIM("a", "", "One")), TLP_GREEN,
     "unknown of claims that the finding does not tell one by one. ", "a "},
    {"a count that cannot be", INDICATOR("-1", "", CLAIM("a", "", "One")), TLP_GREEN,
     "unknown of claims that the finding does not tell one by one. ", "a "},
    {"the rule's tag", "{\"rule_title\":\"R\",\"tags\":[\"attack.t1059\",\"tlp.amber\"]}", TLP_GREEN,
     "TLP:AMBER of R. ", NULL},
    {"the rule's tag, allowed", "{\"rule_title\":\"R\",\"tags\":[\"tlp.amber-strict\"]}", TLP_AMBER_STRICT, "", ""},
    {"the rule's tag, not understood", "{\"rule_title\":\"R\",\"tags\":[\"tlp.mauve\"]}", TLP_AMBER, "unknown of R. ",
     NULL},
    {"a YARA rule's", "{\"type\":\"yara\",\"rule\":\"y\",\"tags\":[],\"tlp\":\"Amber\"}", TLP_GREEN, "TLP:AMBER of y. ",
     NULL},
    {"a YARA rule's classification", "{\"type\":\"yara\",\"rule\":\"y\",\"tlp\":\"Internal\"}", TLP_AMBER,
     "unknown of y. ", NULL},
    {"a YARA rule without", "{\"type\":\"yara\",\"rule\":\"y\"}", TLP_CLEAR, "", ""},
    {"of others `tlp` is no member", "{\"rule_title\":\"R\",\"tlp\":\"TLP:RED\"}", TLP_CLEAR, "", ""},
};

static void marked(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct heard h = {0};
        struct err e = {0};
        json_t *const tree = json_tree(str_of(cases[i].finding), &e), *rest;
        char left[100] = "";

        assert_non_null(tree);
        assert_true(share_marked(tree, cases[i].ceiling, on_refused, &h, &rest, &e));
        const json_t *const claims = json_object_get(json_object_get(rest, "indicator"), "claims");

        for (size_t k = 0; k < json_array_size(claims); k++)
            snprintf(left + strlen(left), sizeof left - strlen(left), "%.*s ",
                     STR_ARG(json_text_at(json_array_get(claims, k), "source")));
        if (strcmp(h.text, cases[i].refused) != 0 || !rest != !cases[i].left ||
            (rest && strcmp(left, cases[i].left) != 0))
            fail_msg("%s: refused %s, left %s%s", cases[i].name, h.text, left, rest ? "" : "(nothing)");
        json_decref(tree);
    }
}

/* What was put together out of all claims goes with the first that goes: a name must not be told by what stands above the claims. */
static void nothing_put_together_stays(void **state) {
    static const char finding[] =
        INDICATOR("2", "", CLAIM("a", ",\"tlp\":\"TLP:GREEN\"", "One") "," CLAIM("b", ",\"tlp\":\"TLP:RED\"", "Two"));
    struct err e = {0};
    json_t *const tree = json_tree(str_of(finding), &e), *rest;
    (void)state;

    assert_true(share_marked(tree, TLP_GREEN, NULL, NULL, &rest, &e));
    char *const text = json_dumps(rest, JSON_COMPACT);

    assert_string_equal(
        text, "{\"rule_title\":\"Known\",\"tags\":[],\"indicator\":{\"type\":\"domain\",\"value\":\"a.example\","
              "\"claims\":[{\"source\":\"a\",\"tlp\":\"TLP:GREEN\",\"groups\":[\"One\"]}],\"groups\":[\"One\"]}}");
    free(text);
    json_decref(tree);
}

static void strictest_pap(void **state) {
    static const struct {
        const char *finding;
        enum pap pap;
    } findings[] = {
        {"{}", PAP_NONE},
        {"{\"indicator\":{\"claims\":[{\"pap\":\"PAP:GREEN\"},{\"pap\":\"PAP:RED\"},{}]}}", PAP_RED},
        {"{\"indicator\":{\"more_pap\":\"PAP:AMBER\",\"claims\":[{\"pap\":\"PAP:GREEN\"}]}}", PAP_AMBER},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(findings); i++) {
        struct err e = {0};
        json_t *const tree = json_tree(str_of(findings[i].finding), &e);

        assert_int_equal(share_pap(tree), findings[i].pap);
        json_decref(tree);
    }
}

/* ---- pseudonyms ---- */

static struct pseudonyms *of_key(char c) {
    char key[PSEUDONYM_KEY_LEAST];
    struct pseudonyms *p;
    struct err e = {0};

    memset(key, c, sizeof key);
    assert_true(pseudonyms_new(&p, (str){key, sizeof key}, &e));
    return p;
}

static void name_of(const struct pseudonyms *p, const char *kind, str value, char out[80]) {
    struct buf b = {0};

    pseudonym(p, kind, value, &b);
    assert_false(b.failed);
    snprintf(out, 80, "%.*s", STR_ARG(buf_str(&b)));
    buf_free(&b);
}

/* Computed by Python's hmac: hmac.new(b"k" * 32, b"name\0k.lind", "sha256").hexdigest()[:32], and so on. */
static void known(void **state) {
    struct pseudonyms *const p = of_key('k');
    static const struct {
        const char *kind;
        str value;
        const char *name;
    } names[] = {
        {"account", STR("k.lind"), "account-cf75e57a2d8551d3343e3879fc81e66b"},
        {"host", STR("DC01"), "host-258ca925e635321d7d747019d2066e91"},
        {"value", STR("198.51.100.3"), "address-7dc419f8fb79d04105ddb66defc2cb04"},
        {"account", STR("K.Lind@Assembly.example"), "mail-c9e04ed6a6a09fab68a719dac4b6690d"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        char name[80];

        name_of(p, names[i].kind, names[i].value, name);
        assert_string_equal(name, names[i].name);
    }
    pseudonyms_free(p);
}

static void one_name_for_one_thing(void **state) {
    static const struct {
        const char *kind_a;
        str a;
        const char *kind_b;
        str b;
        bool same;
    } pairs[] = {
        {"account", STR("K.LIND"), "account", STR("k.lind"), true},
        {"account", STR("k.lind"), "account", STR("k.lind2"), false},
        {"account", STR("k.lind"), "host", STR("k.lind"), true},
        {"account", STR("k.lind"), "value", STR("k.lind"), true},
        {"value", STR("k.lind"), "file", STR("k.lind"), false},
        {"value", STR("198.51.100.3"), "host", STR("198.51.100.3"), true},
        {"value", STR("::ffff:198.51.100.3"), "address", STR("198.51.100.3"), true},
        {"account", STR("a@b.example"), "value", STR("A@B.EXAMPLE"), true},
        {"value", STR("2001:db8:0::1"), "address", STR("2001:db8::1"), true},
    };
    struct pseudonyms *const p = of_key('k'), *const other = of_key('l');
    char x[80], y[80];
    (void)state;

    for (size_t i = 0; i < COUNT(pairs); i++) {
        name_of(p, pairs[i].kind_a, pairs[i].a, x);
        name_of(p, pairs[i].kind_b, pairs[i].b, y);
        /* The digits; the word in front says what it stands for. */
        if ((strcmp(strchr(x, '-'), strchr(y, '-')) == 0) != pairs[i].same)
            fail_msg("%.*s %s, %.*s %s", STR_ARG(pairs[i].a), x, STR_ARG(pairs[i].b), y);
        name_of(other, pairs[i].kind_a, pairs[i].a, y);
        assert_string_not_equal(strchr(x, '-'), strchr(y, '-'));
    }
    name_of(p, "account", S(""), x);
    assert_string_equal(x, "");
    pseudonyms_free(p);
    pseudonyms_free(other);
}

static void keys(void **state) {
    static char bytes[PSEUDONYM_KEY_MOST + 1];
    static const struct {
        size_t len;
        bool ok;
    } lengths[] = {{0, false},
                   {PSEUDONYM_KEY_LEAST - 1, false},
                   {PSEUDONYM_KEY_LEAST, true},
                   {PSEUDONYM_KEY_MOST, true},
                   {PSEUDONYM_KEY_MOST + 1, false}};
    (void)state;

    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct pseudonyms *p = NULL;
        struct err e = {0};

        assert_int_equal(pseudonyms_new(&p, (str){bytes, lengths[i].len}, &e), lengths[i].ok);
        assert_int_equal(e.code, lengths[i].ok ? ERR_NONE : ERR_USAGE);
        pseudonyms_free(p);
    }
    pseudonyms_free(NULL);
}

/* Everything that names somebody, in a finding of every sort: none of it may be left, wherever it stood. */
static void nothing_is_left(void **state) {
    static const char *const findings[] = {
        "{\"finding\":1,\"rule_title\":\"R\",\"level\":\"high\",\"tags\":[],\"time\":\"2024-01-01T00:00:00Z\",\"time_"
        "text\":\"SECRET\","
        "\"kind\":\"k\",\"host\":\"SECRET\",\"account\":\"SECRET\",\"client\":{\"address\":\"SECRET\",\"country\":"
        "\"DE\"},"
        "\"evidence_path\":\"a/"
        "SECRET\",\"evidence_sha256\":\"SECRET\",\"record\":1,\"offset\":2,\"matched\":{\"Field\":\"SECRET\","
        "\"Other\":[\"SECRET\",\"x SECRET\"]},\"not_known_yet\":\"SECRET\"}",
        "{\"finding\":2,\"group\":{\"User\":\"SECRET\"},\"matched\":{},\"events\":[{\"rule_id\":\"r\",\"evidence_"
        "path\":\"SECRET\","
        "\"evidence_sha256\":\"SECRET\",\"more\":\"SECRET\",\"record\":1}]}",
        "{\"type\":\"yara\",\"yara\":1,\"rule\":\"y\",\"group\":\"APT\",\"rules_path\":\"SECRET\",\"evidence_path\":"
        "\"SECRET\","
        "\"evidence_sha256\":\"SECRET\",\"attachment\":{\"name\":\"SECRET\"},\"sha256\":\"SECRET\",\"matched\":[{"
        "\"text\":\"SECRET\","
        "\"excerpt\":\"SECRET\"}]}",
        "{\"matched\":{\"QueryName\":\"www.SECRET.example\"},\"host\":\"SECRET\",\"indicator\":{\"type\":\"domain\","
        "\"value\":"
        "\"evil.example\",\"claims\":[]}}",
    };
    struct pseudonyms *const p = of_key('k');
    (void)state;

    for (size_t i = 0; i < COUNT(findings); i++) {
        struct err e = {0};
        json_t *const tree = json_tree(str_of(findings[i]), &e), *const hidden = share_pseudonymous(p, tree);
        char *const text = hidden ? json_dumps(hidden, JSON_COMPACT) : NULL;

        assert_non_null(text);
        if (strstr(text, "SECRET"))
            fail_msg("%s", text);
        free(text);
        json_decref(hidden);
        json_decref(tree);
    }
    pseudonyms_free(p);
}

/* The recipient knows it already, and must be able to tell it. */
static void the_indicator_stays(void **state) {
    static const char finding[] = "{\"host\":\"dc01\",\"client\":{\"address\":\"203.0.113.77\"},\"matched\":{"
                                  "\"IpAddress\":\"203.0.113.77\",\"Mapped\":"
                                  "\"::ffff:203.0.113.77\",\"Computer\":\"DC01\",\"Near\":\"203.0.113.78\"},"
                                  "\"indicator\":{\"type\":\"address\",\"value\":\"203.0.113.77\",\"claims\":[]}}";
    struct pseudonyms *const p = of_key('k');
    struct err e = {0};
    json_t *const tree = json_tree(str_of(finding), &e), *const hidden = share_pseudonymous(p, tree);
    const json_t *const matched = json_object_get(hidden, "matched");
    (void)state;

    assert_true(str_eq(json_text_at(json_object_get(hidden, "client"), "address"), S("203.0.113.77")));
    assert_true(str_eq(json_text_at(matched, "IpAddress"), S("203.0.113.77")));
    assert_true(str_eq(json_text_at(matched, "Mapped"), S("::ffff:203.0.113.77")));
    assert_true(str_eq(json_text_at(matched, "Computer"), json_text_at(hidden, "host")));
    assert_true(str_starts(json_text_at(matched, "Near"), S("address-")));
    json_decref(hidden);
    json_decref(tree);
    pseudonyms_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(order),
        cmocka_unit_test(marked),
        cmocka_unit_test(nothing_put_together_stays),
        cmocka_unit_test(strictest_pap),
        cmocka_unit_test(known),
        cmocka_unit_test(keys),
        cmocka_unit_test(one_name_for_one_thing),
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(the_indicator_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
