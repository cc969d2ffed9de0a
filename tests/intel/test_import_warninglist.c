/* test_import_warninglist: warninglists as labels, galaxies as groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import_show.h"

#define BIT(type) (1ull << OBSERVABLE_##type)
#define LIST(type, attributes, list)                                                                                   \
    "{`name`:`N`,`description`:`D`,`version`:20210101,`type`:`" type "`,`matching_attributes`:[" attributes            \
    "],`list`:[" list "]}"

static const struct show_case warninglists[] = {
    {"networks", LIST("cidr", "`ip-src`,`domain|ip`", "`192.0.2.0/24`,` 198.51.100.1 `"), "",
     "list N cidr e v20210101\nlabel 192.0.2.0/24\nlabel 198.51.100.1\n", true, false},
    {"hosts", LIST("hostname", "`domain`,`url`", "`a.example`"), "", "list N hostname 18 v20210101\nlabel a.example\n",
     true, false},
    {"hashes; sha224 is none of ours", LIST("string", "`md5`,`sha224`,`filename|md5`", "`x`"), "",
     "list N string 18020 v20210101\nlabel x\n", true, false},
    {"of everything",
     "{`name`:`N`,`description`:`D`,`version`:`v2`,`type`:`regex`,`category`:`known-identifier`,`list`:[`^a$`]}", "",
     "list N regex 0 vv2\nlabel ^a$\n", true, false},
    {"empty", LIST("substring", "", ""), "", "list N substring 0 v20210101\n", true, false},
    {"longer than its beginning: type and name come after",
     "{`description`:`D`,`list`:[`a`],`name`:`N`,`type`:`string`,`version`:1}", "", "list N string 0 v1\nlabel a\n",
     true, false},
    /* Left out or refused. */
    {"entries that are none", LIST("string", "`md5`", "``,7,`x`"), "",
     "list N string 20 v20210101\nout entry 1 entry: no text, or too long a one\nout entry 2 entry: no text, or too "
     "long a one\nlabel x\n",
     false, false},
    {"strict: an entry that is none", LIST("string", "`md5`", "7"), "", "error: entry 1 of the list", true, false},
    {"of nothing that can be looked for", LIST("string", "`azure-application-id`", "`x`"), "",
     "out 1 entries N: it applies to nothing that can be looked for\n", false, false},
    {"a way of looking that there is not", LIST("prefix", "`md5`", "`x`"), "",
     "out 1 entries N: how a value is looked for in it (\"prefix\") is not known\n", false, false},
    {"strict: the same", LIST("prefix", "`md5`", "`x`"), "", "error: a warninglist whose type is none of MISP's", true,
     false},
    {"strict: no name", "{`description`:`D`,`version`:1,`type`:`string`,`list`:[]}", "",
     "error: a warninglist has a name", true, false},
    {"no list", "{`name`:`N`,`type`:`string`,`list`:{}}", "", "error: a warninglist without a list", false, false},
    {"broken", "{`name`:`N`,`type`:`string`,`list`:[`a`", "", "error: no JSON: line 1", false, false},
};

#define GALAXY(type, values) "{`name`:`N`,`type`:`" type "`,`uuid`:`u`,`values`:[" values "]}"

static const struct show_case galaxies[] = {
    {"a group",
     GALAXY("threat-actor", "{`value`:`APT31`,`uuid`:`u1`,`description`:`d`,`meta`:{`synonyms`:[`ZIRCONIUM`,`APT31`,` "
                            "Judgment Panda `],`country`:`CN`,`refs`:[`https://r.example/1`]}}"),
     NULL, "group APT31 u1 where=cluster 1 aliases=ZIRCONIUM,Judgment Panda countries=CN origins=https://r.example/1\n",
     true, false},
    {"ATT&CK's number is no part of the name",
     GALAXY("mitre-intrusion-set", "{`value`:`Leviathan - G0065`,`uuid`:`u1`,`meta`:{`external_id`:`G0065`}}"), "",
     "group Leviathan G0065\n", true, false},
    {"a name with a hyphen", GALAXY("threat-actor", "{`value`:`A - B`,`uuid`:`u1`,`revoked`:true}"), "",
     "group A - B u1 retired\n", true, false},
    {"of something else", GALAXY("ransomware", "{`value`:`x`,`uuid`:`u1`}"), "",
     "out 1 clusters ransomware: a galaxy of something else than groups\n", true, false},
    {"no name", GALAXY("threat-actor", "{`value`:` `,`uuid`:`u1`},7"), "",
     "out cluster 1 u1: a group without a name\nout cluster 2 : a group without a name\n", false, false},
    {"strict: no name", GALAXY("threat-actor", "{`uuid`:`u1`}"), "", "error: cluster 1 has no value", true, false},
    {"strict: no uuid", "{`name`:`N`,`type`:`threat-actor`,`values`:[{`value`:`x`,`uuid`:`y`}]}", "",
     "error: a galaxy has a name", true, false},
    {"no clusters", "{`values`:7}", "", "error: a galaxy without clusters", false, false},
    {"broken", "{`values`:[{`value`:`x`,`uuid`:`y`", "", "error: no JSON: line 1", false, false},
};

static void all_of(const struct show_case *cases, size_t count, const char *importer) {
    size_t bad = 0;

    for (size_t i = 0; i < count; i++)
        bad += !show_is(&cases[i], importer);
    assert_int_equal(bad, 0);
}

static void warninglists_are_read(void **state) {
    (void)state;
    /* What the sums above stand for. */
    assert_int_equal(0xe, BIT(ADDRESS) | BIT(NETWORK) | BIT(DOMAIN));
    assert_int_equal(0x18, BIT(DOMAIN) | BIT(URL));
    assert_int_equal(0x18020, BIT(MD5) | BIT(FILE_NAME) | BIT(FILE_PATH));
    assert_int_equal(0x20, BIT(MD5));
    all_of(warninglists, COUNT(warninglists), "warninglist");
}

static void galaxies_are_read(void **state) {
    (void)state;
    all_of(galaxies, COUNT(galaxies), "galaxy");
}

/* Where lists and groups are not asked for, that is said. */
static void not_asked_for(void **state) {
    static const char *const texts[] = {LIST("string", "`md5`", "`x`"),
                                        GALAXY("threat-actor", "{`value`:`x`,`uuid`:`u1`}")};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *const text = show_quoted(texts[i]);
        struct import_about const about = show_about();
        struct shown s = {.only = ""};
        struct intel_sink sink = show_sink(&s);
        const struct importer *used;
        struct err e = {0};

        sink.label_list = NULL;
        sink.group = NULL;
        assert_true(import_bytes(str_of(text), NULL, &about, &sink, &used, &e));
        assert_int_equal(s.outs, 1);
        assert_int_equal(s.labels + s.groups, 0);
        buf_free(&s.lines);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(warninglists_are_read), cmocka_unit_test(galaxies_are_read),
                                       cmocka_unit_test(not_asked_for)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
