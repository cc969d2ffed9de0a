/* test_finding_text: one finding in every form it is written in, to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/finding_text.h"

static const str tags[] = {STR("attack.execution"), STR("attack.t1059.001")};
static const struct sigma_rule plain = {.type = SIGMA_DETECTION,
                                        .id = STR("id-1"),
                                        .title = STR("A \"quoted\", title"),
                                        .level = LEVEL_HIGH,
                                        .tags = tags,
                                        .tag_count = 2};
static const struct sigma_rule bare = {.type = SIGMA_DETECTION, .id = STR(""), .title = STR("T"), .level = LEVEL_LOW};
static const struct sigma_rule joined = {
    .type = SIGMA_CORRELATION, .id = STR("id-2"), .title = STR("Many"), .level = LEVEL_CRITICAL};

static const struct detect_match matches[] = {{STR("A"), STR("1")}, {STR("B"), STR("=x")}, {STR("A"), STR("\x1b\xff")}};
static const struct finding_group groups[] = {{STR("User"), STR("eve")}, {STR("Host"), STR("h,1")}};
static const struct finding_event events[] = {
    {&plain, INT64_C(1000), STR("a"), "aa", 1, 2},
    {&bare, INSTANT_NONE, STR("b"), "bb", 3, 4},
};

#define NOON INT64_C(1615723200123456700) /* 2021-03-14T12:00:00.1234567Z */

static const struct network_about cloud = {
    .range = STR(""), .provider = STR("Amazon"), .country = "US", .network = "AS16509 \"A\""};

static const struct finding full = {.number = 7,
                                    .rule = &plain,
                                    .when = NOON,
                                    .zone = ZONE_ASSUMED,
                                    .time_text = STR("14/3, \"noon\""),
                                    .kind = STR("windows/x"),
                                    .host = STR("H"),
                                    .account = STR("-eve"),
                                    .client_address = STR("192.0.2.1"),
                                    .client = &cloud,
                                    .evidence_path = STR("a,b"),
                                    .evidence_sha256 = "ff",
                                    .record = 9,
                                    .offset = UINT64_C(5000000000),
                                    .salvaged = true,
                                    .logsource = STR("process_creation"),
                                    .matches = matches,
                                    .match_count = 3};
static const struct finding least = {.number = 1,
                                     .rule = &bare,
                                     .when = INSTANT_NONE,
                                     .time_text = STR("=soon"),
                                     .kind = STR(""),
                                     .host = STR(""),
                                     .account = STR(""),
                                     .client_address = STR(""),
                                     .evidence_path = STR("p"),
                                     .evidence_sha256 = "",
                                     .logsource = STR("")};
static const struct finding correlation = {.number = 2,
                                           .rule = &joined,
                                           .when = -1,
                                           .kind = STR(""),
                                           .host = STR(""),
                                           .account = STR(""),
                                           .client_address = STR(""),
                                           .evidence_path = STR("a"),
                                           .evidence_sha256 = "aa",
                                           .record = 1,
                                           .offset = 2,
                                           .logsource = STR(""),
                                           .groups = groups,
                                           .group_count = 2,
                                           .first = 1000,
                                           .last = 2000000000,
                                           .count = 12,
                                           .value = STR("12"),
                                           .events = events,
                                           .event_count = 2};

static const struct {
    const char *name;
    const struct finding *finding;
    const char *json, *csv, *timesketch, *sentence;
} cases[] = {
    {"all there is", &full,
     "{\"finding\":7,\"rule_id\":\"id-1\",\"rule_title\":\"A \\\"quoted\\\", title\",\"level\":\"high\","
     "\"tags\":[\"attack.execution\",\"attack.t1059.001\"],\"time\":\"2021-03-14T12:00:00.1234567Z\","
     "\"time_zone\":\"assumed\",\"time_text\":\"14/3, \\\"noon\\\"\",\"kind\":"
     "\"windows/x\","
     "\"host\":\"H\",\"account\":\"-eve\",\"client\":{\"address\":\"192.0.2.1\",\"provider\":\"Amazon\",\"country\":"
     "\"US\",\"network\":\"AS16509 \\\"A\\\"\"},\"evidence_path\":\"a,b\",\"evidence_sha256\":\"ff\",\"record\":9,"
     "\"offset\":5000000000,\"salvaged\":true,\"seen_as\":\"process_creation\","
     "\"matched\":{\"A\":[\"1\",\"\\u001b\xef\xbf\xbd\"],\"B\":\"=x\"}}",
     "7,2021-03-14T12:00:00.1234567Z,high,\"A \"\"quoted\"\", title\",id-1,windows/x,H,'-eve,A=1; B==x; A=\x1b\xff,1,"
     "2021-03-14T12:00:00.1234567Z,2021-03-14T12:00:00.1234567Z,\"a,b\",ff,9,5000000000,yes,"
     "assumed,\"14/3, \"\"noon\"\"\",192.0.2.1,\"Amazon, US, AS16509 \"\"A\"\"\"",
     "\"datetime\":\"2021-03-14T12:00:00.123456+00:00\",\"timestamp\":1615723200123456,\"timestamp_desc\":\"Event "
     "logged\","
     "\"finding\":7,",
     "[high] A \"quoted\", title on H by -eve: A=1, B==x, A=\xef\xbf\xbd\xef\xbf\xbd (salvaged record)"},
    {"hardly anything", &least,
     "{\"finding\":1,\"rule_id\":\"\",\"rule_title\":\"T\",\"level\":\"low\",\"tags\":[],\"time\":null,"
     "\"time_text\":\"=soon\",\"kind\":\"\",\"host\":\"\","
     "\"account\":\"\",\"evidence_path\":\"p\",\"evidence_sha256\":\"\",\"record\":0,\"offset\":0,\"matched\":{}}",
     "1,,low,T,,,,,,1,,,p,,0,0,no,,'=soon,,", NULL, "[low] T"},
    {"a correlation before 1970", &correlation,
     "{\"finding\":2,\"rule_id\":\"id-2\",\"rule_title\":\"Many\",\"level\":\"critical\",\"tags\":[],"
     "\"time\":\"1969-12-31T23:59:59.999999999Z\",\"kind\":\"\",\"host\":\"\",\"account\":\"\",\"evidence_path\":\"a\","
     "\"evidence_sha256\":\"aa\",\"record\":1,\"offset\":2,\"matched\":{},\"first\":\"1970-01-01T00:00:00.000001Z\","
     "\"last\":\"1970-01-01T00:00:02Z\",\"count\":12,\"value\":\"12\",\"group\":{\"User\":\"eve\",\"Host\":\"h,1\"},"
     "\"events\":["
     "{\"rule_id\":\"id-1\",\"time\":\"1970-01-01T00:00:00.000001Z\",\"evidence_path\":\"a\",\"evidence_sha256\":"
     "\"aa\","
     "\"record\":1,\"offset\":2},{\"rule_id\":\"\",\"time\":null,\"evidence_path\":\"b\",\"evidence_sha256\":\"bb\","
     "\"record\":3,"
     "\"offset\":4}]}",
     "2,1969-12-31T23:59:59.999999999Z,critical,Many,id-2,,,,\"User=eve; "
     "Host=h,1\",12,1970-01-01T00:00:00.000001Z,1970-01-01T00:00:02Z,a,aa,"
     "1,2,no,,,,",
     "\"datetime\":\"1969-12-31T23:59:59.999999+00:00\",\"timestamp\":-1,\"timestamp_desc\":\"Correlation became "
     "true\",\"finding\":2,",
     "[critical] Many (12 events): User=eve, Host=h,1"},
};

static void same(const char *name, struct buf *b, const char *want) {
    assert_false(b->failed);
    if (!str_eq(buf_str(b), str_of(want)))
        fail_msg("%s:\n%.*s\nwanted\n%s", name, STR_ARG(buf_str(b)), want);
    b->len = 0;
}

static void every_form(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = {0};

        finding_json(&b, cases[i].finding);
        same(cases[i].name, &b, cases[i].json);
        finding_csv(&b, cases[i].finding);
        same(cases[i].name, &b, cases[i].csv);
        finding_sentence(&b, cases[i].finding);
        same(cases[i].name, &b, cases[i].sentence);
        assert_int_equal(finding_timesketch(&b, cases[i].finding, str_of(cases[i].json)), cases[i].timesketch != NULL);
        if (cases[i].timesketch) {
            if (str_find(buf_str(&b), str_of(cases[i].timesketch)) == SIZE_MAX)
                fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&b)));
            assert_true(str_starts(buf_str(&b), S("{\"message\":\"[")));
            assert_true(str_ends(buf_str(&b), S("}")));
        } else {
            assert_int_equal(b.len, 0);
        }
        buf_free(&b);
    }
}

/* Behind its own four members a line for Timesketch is the finding's own line. */
static void timesketch_is_the_finding(void **state) {
    static const struct {
        int64_t when;
        const char *datetime;
        const char *timestamp;
    } times[] = {
        {INT64_C(1615723200123456700), "2021-03-14T12:00:00.123456+00:00", "1615723200123456"},
        {INT64_C(1615723200000000999), "2021-03-14T12:00:00.000000+00:00", "1615723200000000"},
        {0, "1970-01-01T00:00:00.000000+00:00", "0"},
        {-1000, "1969-12-31T23:59:59.999999+00:00", "-1"},
        {-1001, "1969-12-31T23:59:59.999998+00:00", "-2"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(times); i++) {
        struct finding f = full;
        struct buf want = {0}, got = {0}, sentence = {0}, json = {0};

        f.when = times[i].when;
        finding_sentence(&sentence, &f);
        finding_json(&json, &f);
        buf_add(&want, S("{\"message\":"));
        buf_json(&want, buf_str(&sentence));
        buf_format(&want, ",\"datetime\":\"%s\",\"timestamp\":%s,\"timestamp_desc\":\"Event logged\",%.*s",
                   times[i].datetime, times[i].timestamp, STR_ARG(str_from(buf_str(&json), 1)));
        assert_true(finding_timesketch(&got, &f, buf_str(&json)));
        buf_byte(&want, '\0');
        same(times[i].datetime, &got, want.ptr);
        buf_free(&want);
        buf_free(&got);
        buf_free(&sentence);
        buf_free(&json);
    }
}

/* The columns of docs/formats/case.md. */
static void the_head_is_what_is_promised(void **state) {
    struct buf b = {0};
    (void)state;

    finding_csv_head(&b);
    same("head", &b,
         "finding,time,level,rule_title,rule_id,kind,host,account,matched,events,first,last,evidence_path,evidence_"
         "sha256,record,"
         "offset,salvaged,time_zone,time_text,client_address,client_network");
    buf_free(&b);
}

/* As many columns in every line as in the first. */
static void columns_agree(void **state) {
    struct buf head = {0}, line = {0};
    size_t a = 0, b = 0;
    (void)state;

    finding_csv_head(&head);
    finding_csv(&line, &least);
    for (size_t i = 0; i < head.len; i++)
        a += head.ptr[i] == ',';
    for (size_t i = 0; i < line.len; i++)
        b += line.ptr[i] == ',';
    assert_int_equal(a, b);
    buf_free(&head);
    buf_free(&line);
}

/* What a spreadsheet would calculate, or a line break would tear, in the host's column. */
static const struct {
    const char *host, *csv;
} cells[] = {
    {"plain", ",plain,"},
    {"=1+1", ",'=1+1,"},
    {"+1", ",'+1,"},
    {"@SUM(A1)", ",'@SUM(A1),"},
    {"\tx", ",'\tx,"},
    {"a\nb", ",\"a\nb\","},
    {"\r=1", ",\"'\r=1\","},
    {" x", ",\" x\","},
    {"=\"a\",1", ",\"'=\"\"a\"\",1\","},
    {"a=b", ",a=b,"},
    {"", ",low,T,,,,"},
};

/* Whatever column comes from evidence or rules; a name in front of the value is the beginning of its cell. */
static void in_no_column(void **state) {
    static const struct detect_match begins[] = {{STR("=A"), STR("1")}}, inside[] = {{STR("A"), STR("=1")}};
    static const struct sigma_rule hostile = {
        .type = SIGMA_DETECTION, .id = STR("-id"), .title = STR("@title, \"x\""), .level = LEVEL_LOW};
    struct finding f = least;
    struct buf b = {0};
    (void)state;

    f.rule = &hostile;
    f.kind = S("+kind");
    f.host = S("=host");
    f.account = S("\taccount");
    f.client_address = S("=client");
    f.evidence_path = S("=path");
    f.matches = begins;
    f.match_count = 1;
    finding_csv(&b, &f);
    same("every column", &b,
         "1,,low,\"'@title, \"\"x\"\"\",'-id,'+kind,'=host,'\taccount,'=A=1,1,,,'=path,,0,0,no,,'=soon,'=client,");
    f = least;
    f.matches = inside;
    f.match_count = 1;
    finding_csv(&b, &f);
    same("not at the beginning", &b, "1,,low,T,,,,,A==1,1,,,p,,0,0,no,,'=soon,,");
    buf_free(&b);
}

static void spreadsheets_do_not_calculate(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cells); i++) {
        struct finding f = least;
        struct buf b = {0};

        f.host = str_of(cells[i].host);
        finding_csv(&b, &f);
        if (str_find(buf_str(&b), str_of(cells[i].csv)) == SIZE_MAX)
            fail_msg("%s: %.*s", cells[i].host, STR_ARG(buf_str(&b)));
        buf_free(&b);
    }
}

static void long_values_are_cut_in_sentences_only(void **state) {
    static char text[1000];
    struct finding f = least;
    struct buf b = {0};
    (void)state;

    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    f.host = (str){text + 1, 997}; /* begins in the middle of a character */
    finding_sentence(&b, &f);
    assert_true(b.len < 600);
    f.host = (str){text, 998};
    b.len = 0;
    finding_sentence(&b, &f);
    assert_true(str_ends(buf_str(&b), S("ä…")));
    b.len = 0;
    finding_json(&b, &f);
    assert_true(str_find(buf_str(&b), f.host) != SIZE_MAX);
    buf_free(&b);
}

static void terminals_obey_nothing(void **state) {
    static const struct {
        str raw;
        bool lines;
        str plain;
    } texts[] = {
        {STR("ä\n\tb"), true, STR("ä\n\tb")},
        {STR("a\n\tb"), false,
         STR("a\xef\xbf\xbd\xef\xbf\xbd"
             "b")},
        {STR("\x1b[2J\x7f\r"), true, STR("\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd")},
        {STR("\xc2\x9b"
             "1m"),
         true,
         STR("\xef\xbf\xbd"
             "1m")},
        {STR("gpj.\xe2\x80\xae"), true, STR("gpj.\xef\xbf\xbd")},
        {STR("\xe2\x80"), true, STR("\xef\xbf\xbd\xef\xbf\xbd")},
        {STR("a\0b"), true,
         STR("a\xef\xbf\xbd"
             "b")},
        {STR(""), true, STR("")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf b = {0};

        finding_plain(&b, texts[i].raw, texts[i].lines);
        if (!str_eq(buf_str(&b), texts[i].plain))
            fail_msg("%zu: %.*s", i, STR_ARG(buf_str(&b)));
        buf_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),
        cmocka_unit_test(timesketch_is_the_finding),
        cmocka_unit_test(the_head_is_what_is_promised),
        cmocka_unit_test(columns_agree),
        cmocka_unit_test(in_no_column),
        cmocka_unit_test(spreadsheets_do_not_calculate),
        cmocka_unit_test(long_values_are_cut_in_sentences_only),
        cmocka_unit_test(terminals_obey_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
