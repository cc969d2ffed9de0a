/* test_import: which importer reads what, how an item is mended on its way out, and what JSON of feeds is read as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import_show.h"
#include "intel/import_own.h"
#include "refuse.h"

#define UUID "00000001-0000-4000-8000-000000000000"

static void recognition(void **state) {
    static const struct {
        const char *name, *text, *importer; /* NULL: nobody's */
    } cases[] = {
        {"bundle", "{`type`:`bundle`,`id`:`bundle--" UUID "`,`objects`:[]}", "stix"},
        {"bundle, its type last", "\n {`objects`:[{`id`:`indicator--" UUID "`", "stix"},
        {"object lines", "{`name`:`x`,`id`:`tool--" UUID "`,`type`:`tool`}\n{", "stix"},
        {"envelope", "{`more`:false,`objects`:[]}", "stix"},
        {"byte order mark", "\xef\xbb\xbf{`type`:`bundle`", "stix"},
        {"event", "{`Event`:{`info`:`x`,`Orgc`:{`name`:`y`}", "misp"},
        {"events", "{`response`:[{`Event`:{`id`:`1`,`info`:`x`,`threat_level_id`:`1`", "misp"},
        {"attributes", "{`response`:{`Attribute`:[{`id`:`1`,`category`:`x`", "misp"},
        {"objects", "{`response`:[{`Object`:{`meta-category`:`x`", "misp"},
        {"manifest", "{`" UUID "`:{`info`:`x`,`Orgc`:{`name`:`y`}", "misp"},
        {"hashes.csv", "0123456789abcdef0123456789abcdef," UUID "\r\n0123", "misp"},
        {"warninglist", "{`description`:`x`,`list`:[`a`,`b", "warninglist"},
        {"warninglist, whole", "{`list`:[],`name`:`x`,`type`:`cidr`,`version`:1}", "warninglist"},
        {"galaxy", "{`authors`:[`x`],`category`:`actor`,`values`:[{`meta`:{`a`:`}]{`},`value`:`x`", "galaxy"},
        {"OpenIOC", "<?xml version=`1.0`?><ioc xmlns=`http://schemas.mandiant.com/2010/ioc`", "openioc"},
        {"OpenIOC 1.1", "<OpenIOC xmlns=`http://openioc.org/schemas/OpenIOC_1.1`", "openioc"},
        {"a Windows event as JSON", "{`Event`:{`System`:{`EventID`:1},`EventData`:{`info`:`x`}}}", NULL},
        {"another list", "{`list`:[`a`],`page`:1}", NULL},
        {"a JSON schema", "{`$id`:`http://x`,`type`:`object`,`properties`:{`type`:{`enum`:[`bundle`]}}}", NULL},
        {"a log with ids", "{`type`:`request`,`id`:`" UUID "`}", NULL},
        {"XML of something else", "<Events><Event>ioc</Event></Events>", NULL},
        {"nothing", "", NULL},
        {"not even JSON", "{", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *const text = show_quoted(cases[i].text);
        const struct importer *const found = import_recognise(str_of(text));
        bool const mine = found && (found == &import_stix || found == &import_misp || found == &import_warninglist ||
                                    found == &import_galaxy || found == &import_openioc);

        if (cases[i].importer ? !found || strcmp(found->name, cases[i].importer) != 0 : mine)
            fail_msg("%s: %s", cases[i].name, found ? found->name : "nobody");
        free(text);
    }
}

static void every_importer_has_its_name(void **state) {
    (void)state;
    for (size_t i = 0; importers[i]; i++) {
        assert_ptr_equal(import_named(str_of(importers[i]->name)), importers[i]);
        assert_int_equal(importers[i]->looks(S("")), 0);
    }
    assert_null(import_named(S("no such")));
}

/* ---- an item on its way out, from an importer that hands out what it is given ---- */

static struct intel_item handed;

static bool hand_out(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    (void)bytes;
    (void)about;
    return sink->item(sink->ctx, &handed, e);
}

static int looks_like_nothing(str head) {
    (void)head;
    return 0;
}

static const struct importer hander = {.name = "hander", .looks = looks_like_nothing, .read = hand_out};

static void lines_of(struct import_about about, const char *only, struct buf *lines) {
    struct shown s = {.only = only};
    struct intel_sink const sink = show_sink(&s);
    const struct importer *used = NULL;
    struct err e = {0};

    assert_true(import_bytes(S(""), &hander, &about, &sink, &used, &e));
    assert_ptr_equal(used, &hander);
    *lines = s.lines;
}

static void values_are_settled(void **state) {
    static const struct {
        const char *name;
        enum observable type;
        str value;
        const char *hunt, *strict;
    } cases[] = {
        {"as it is", OBSERVABLE_DOMAIN, STR("A.Example."), "domain A.Example.", "domain A.Example."},
        {"blanks around", OBSERVABLE_MD5, STR(" 0123456789abcdef0123456789abcdef\n"),
         "md5 0123456789abcdef0123456789abcdef", "md5 0123456789abcdef0123456789abcdef"},
        {"defanged", OBSERVABLE_URL, STR("hxxp://a[.]example/x"), "url http://a.example/x raw=hxxp://a[.]example/x",
         "url http://a.example/x raw=hxxp://a[.]example/x"},
        {"network as address", OBSERVABLE_ADDRESS, STR("192.0.2.0/24"), "network 192.0.2.0/24", NULL},
        {"address as host", OBSERVABLE_DOMAIN, STR("192.0.2.1"), "address 192.0.2.1", NULL},
        {"address as host, with a port", OBSERVABLE_DOMAIN, STR("192.0.2.1:443"), "address 192.0.2.1 port=443", NULL},
        {"host as address", OBSERVABLE_ADDRESS, STR("a.example.com"), "domain a.example.com", NULL},
        {"path as name", OBSERVABLE_FILE_NAME, STR("/tmp/a.sh"), "file-path /tmp/a.sh", NULL},
        {"SHA-1 as MD5", OBSERVABLE_MD5, STR("0123456789abcdef0123456789abcdef01234567"),
         "sha1 0123456789abcdef0123456789abcdef01234567", NULL},
        {"a host is no hash", OBSERVABLE_MD5, STR("a.example.com"), NULL, NULL},
        {"a hash is no host", OBSERVABLE_DOMAIN, STR("no host"), NULL, NULL},
        {"nothing", OBSERVABLE_DOMAIN, STR(""), NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int strict = 0; strict <= 1; strict++) {
            const char *const expect = strict ? cases[i].strict : cases[i].hunt;
            struct import_about about = show_about();
            struct buf lines;
            char line[256];

            about.strict = strict;
            handed = item_new(cases[i].type, cases[i].value, S("here"));
            lines_of(about, "raw,port", &lines);
            (void)snprintf(line, sizeof line, "item here %s\n", expect ? expect : "");
            if (expect ? !str_eq(buf_str(&lines), str_of(line)) : !str_starts(buf_str(&lines), S("out here ")))
                fail_msg("%s, %s: %.*s", cases[i].name, strict ? "strict" : "hunt", STR_ARG(buf_str(&lines)));
            buf_free(&lines);
        }
}

static void what_is_known_of_the_file_fills_gaps(void **state) {
    struct import_about about = show_about();
    struct buf lines;

    (void)state;
    about.tlp = TLP_AMBER;
    about.pap = PAP_GREEN;
    about.confidence = 60;
    about.group = (str)STR("APT31");
    about.origin = (str)STR("https://r.example/1");
    about.valid_until = instant_parse(S("2021-01-01"));
    handed = item_new(OBSERVABLE_DOMAIN, S("a.example"), S("here"));
    lines_of(about, NULL, &lines);
    assert_true(
        str_eq(buf_str(&lines), S("item here domain a.example until=2021-01-01T00:00:00Z confidence=60 tlp=TLP:AMBER "
                                  "pap=PAP:GREEN groups=APT31 origins=https://r.example/1\n")));
    buf_free(&lines);

    handed.tlp = TLP_CLEAR;
    handed.pap = PAP_RED;
    handed.confidence = 0;
    handed.valid_from = instant_parse(S("2020-01-01"));
    item_name_add(&handed.groups, S("APT40"));
    item_name_add(&handed.origins, S("own"));
    lines_of(about, NULL, &lines);
    assert_true(
        str_eq(buf_str(&lines), S("item here domain a.example from=2020-01-01T00:00:00Z confidence=0 tlp=TLP:CLEAR "
                                  "pap=PAP:RED groups=APT40 origins=own,https://r.example/1\n")));
    buf_free(&lines);
}

/* Texts that are no UTF-8, or longer than any reader of them wants. */
static void texts_are_mended(void **state) {
    static char longer[5000];
    struct buf lines;

    (void)state;
    memset(longer, 'x', sizeof longer);
    memcpy(longer + 4095, "\xc3\xa4", 2); /* a character that the bound would cut in two */
    handed = item_new(OBSERVABLE_DOMAIN, S("a.example"), S("here"));
    handed.title = (str)STR("a\xff"
                            "b");
    handed.comment = (str){longer, sizeof longer};
    item_name_add(&handed.groups, S("\xc3"));
    lines_of(show_about(), "title,groups", &lines);
    assert_true(str_eq(buf_str(&lines), S("item here domain a.example title=a\xef\xbf\xbd"
                                          "b groups=\xef\xbf\xbd\n")));
    buf_free(&lines);
    lines_of(show_about(), "comment", &lines);
    assert_int_equal(lines.len, strlen("item here domain a.example comment=\n") + 4095);
    buf_free(&lines);
    handed.value = (str){longer, sizeof longer}; /* left out, and told of as far as anybody wants to read */
    lines_of(show_about(), "", &lines);
    assert_true(str_starts(buf_str(&lines), S("out here xxx")) && str_ends(buf_str(&lines), S("x: not a host name\n")));
    assert_int_equal(lines.len, strlen("out here : not a host name\n") + IMPORT_NAME_MAX);
    buf_free(&lines);
}

static void names_are_bounded(void **state) {
    struct item_names names = {.count = 0};
    char room[ITEM_NAMES_MAX + 4][8];

    (void)state;
    for (size_t i = 0; i < COUNT(room); i++) {
        (void)snprintf(room[i], sizeof room[i], "%zu", i);
        item_name_add(&names, str_of(room[i]));
        item_name_add(&names, str_of(room[i]));
    }
    item_name_add(&names, S("  "));
    assert_int_equal(names.count, ITEM_NAMES_MAX);
    assert_true(str_eq(names.names[ITEM_NAMES_MAX - 1], S("15")));
}

static void refused_as_a_whole(void **state) {
    struct import_about const about = show_about();
    struct shown s = {.only = ""};
    struct intel_sink const sink = show_sink(&s);
    const struct importer *used;
    struct err e = {0};

    (void)state;
    assert_false(import_bytes(S("\x01\x02"), NULL, &about, &sink, &used, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    assert_null(used);
    assert_false(import_bytes((str){"", IMPORT_BYTES_MAX + 1}, &hander, &about, &sink, &used, &e));
    assert_int_equal(e.code, ERR_LIMIT);
}

/* ---- JSON ---- */

static void numbers_and_truths(void **state) {
    static const struct {
        const char *text;
        bool is, yes;
        int64_t n;
    } cases[] = {
        {"7", true, false, 7},      {"`7`", true, false, 7},   {"-7", true, false, -7},    {"1.9", true, false, 1},
        {"`x`", false, false, 0},   {"null", false, false, 0}, {"1e300", false, false, 0}, {"true", false, true, 0},
        {"`True`", false, true, 0}, {"1", true, true, 1},      {"`1`", true, true, 1},     {"`-1`", false, false, 0},
        {"[1]", false, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *const text = show_quoted(cases[i].text);
        json_t *const value = json_loads(text, JSON_DECODE_ANY, NULL);
        int64_t n = 0;

        assert_int_equal(json_number(value, &n), cases[i].is);
        assert_int_equal(n, cases[i].n);
        assert_int_equal(json_yes(value), cases[i].yes);
        json_decref(value);
        free(text);
    }
}

static bool collect(void *ctx, const struct json_member *m) {
    buf_format(ctx, "%u %.*s %s%.*s;", m->depth, STR_ARG(m->key), m->text ? "'" : "", STR_ARG(m->value));
    return ((struct buf *)ctx)->len < 60;
}

static void members_of_a_beginning(void **state) {
    static const struct {
        const char *text, *members; /* NULL: no JSON */
    } cases[] = {
        {"{`a`:1,`b`:{`c`:[{`d`:`e`}]},`f`:`g\\`h`}", "1 a 1;1 b {;2 c [;3 d 'e;1 f 'g\\\"h;"},
        {"[{`a`:`b`},{`a`:`c`}]", "1 a 'b;1 a 'c;"},
        {"{`a`:1}\n{`b`:2}", "1 a 1;1 b 2;"},
        {"{`a`:`b", "1 a 'b;"},
        {"{`a`:", ""},
        {"{`a", ""},
        {"[`a`,`b`:1]", ""},
        {"{`a` : \n`b`}", "1 a 'b;"},
        {"]]}{`a`:1}", NULL},
        {"x", NULL},
        {"{`a`:`\\", "1 a '\\;"},
        {"{`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`:1,`b`:2}",
         "1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1;"}, /* visit had enough */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *const text = show_quoted(cases[i].text), *const expect =
                                                           show_quoted(cases[i].members ? cases[i].members : "");
        struct buf got = {0};

        assert_int_equal(json_members(str_of(text), collect, &got), cases[i].members != NULL);
        if (!str_eq(buf_str(&got), str_of(expect)))
            fail_msg("%s: %.*s", text, STR_ARG(buf_str(&got)));
        buf_free(&got);
        free(text);
        free(expect);
    }
}

/* From each request for memory on all are refused: reading fails, and is not told as gone well, until it has all it wants. */
static void memory_may_run_out(void **state) {
    static const char *const texts[] = {
        "{`type`:`bundle`,`id`:`bundle--" UUID "`,`objects`:[{`type`:`indicator`,`id`:`indicator--" UUID
        "`,`description`:`x`,`pattern`:`[ipv4-addr:value = "
        "'192.0.2.1']`},{`type`:`intrusion-set`,`id`:`intrusion-set--" UUID
        "`,`name`:`G`,`aliases`:[`A`]},{`type`:`relationship`,`id`:`relationship--" UUID
        "`,`relationship_type`:`indicates`,`source_ref`:`indicator--" UUID "`,`target_ref`:`intrusion-set--" UUID
        "`}]}",
        "{`Event`:{`info`:`x`,`Orgc`:{`name`:`y`},`Attribute`:[{`type`:`AS`,`value`:1,`comment`:`c`}]}}",
        "<ioc><Indicator operator=`AND`><IndicatorItem condition=`is`><Context "
        "search=`FileItem/FileName`/><Content>a</Content>"
        "</IndicatorItem><IndicatorItem condition=`contains`><Context "
        "search=`FileItem/FileName`/><Content>b</Content></IndicatorItem>"
        "</Indicator></ioc>",
        "{`name`:`x`,`type`:`string`,`version`:1,`list`:[`a`]}",
        "{`type`:`threat-actor`,`values`:[{`value`:`x`,`meta`:{`synonyms`:[`y`]}}]}",
    };

    (void)state;
    REFUSE_OR_SKIP();
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *const text = show_quoted(texts[i]);
        size_t refused = 0;

        for (long left = 0;; left++) {
            struct import_about const about = show_about();
            static char room[8192];
            struct shown s = {.lines = {.ptr = room, .room = sizeof room}}; /* the test's own lines cost no request */
            struct intel_sink sink = show_sink(&s);
            const struct importer *used;
            struct err e = {0};
            bool ok;

            memory_refused = false;
            memory_gone_for_good = true;
            memory_left = left;
            ok = import_bytes(str_of(text), NULL, &about, &sink, &used, &e);
            memory_left = -1;
            assert_ptr_equal(s.lines.ptr, room);
            if (!memory_refused) {
                assert_true(ok);
                break;
            }
            refused += e.code == ERR_MEMORY;
            if (ok || (e.code != ERR_MEMORY && !strstr(e.text, "no JSON"))) /* jansson may take it for a broken text */
                fail_msg("text %zu, request %ld: %s", i, left, ok ? "went well" : e.text);
        }
        assert_true(refused > 3);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognition),
        cmocka_unit_test(every_importer_has_its_name),
        cmocka_unit_test(values_are_settled),
        cmocka_unit_test(what_is_known_of_the_file_fills_gaps),
        cmocka_unit_test(texts_are_mended),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(refused_as_a_whole),
        cmocka_unit_test(numbers_and_truths),
        cmocka_unit_test(members_of_a_beginning),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
