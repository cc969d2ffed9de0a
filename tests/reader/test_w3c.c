/* test_w3c: the reader of W3C extended logs: directives, days, blanks within values, quotes, damage, parts of any
 * cut. */
#include "promises.h"
#include "reader/w3c.h"

#define AB "#Fields: a b\n"                              /* 13 bytes */
#define DT "#Fields: date time x\n"                      /* 21 */
#define CLOCK "#Fields: time x\n"                        /* 16 */
#define DATE "#Date: 2013-07-30 00:00:00\n"              /* 27 */
#define IIS "#Fields: q s-port user c-ip ua sc-status\n" /* 41 */

static const struct source sources[] = {
    {"two values", STR(AB "x y\n"), "1@13+3{a=t:x;b=t:y}"},
    {"no line end at the end", STR(AB "x y"), "1@13+3{a=t:x;b=t:y}"},
    {"CR LF", STR("#Fields: a b\r\nx y\r\nz w\r\n"), "1@14+3{a=t:x;b=t:y} 2@19+3{a=t:z;b=t:w}"},
    {"a byte order mark", STR("\xef\xbb\xbf" AB "x y\n"), "1@16+3{a=t:x;b=t:y}"},
    {"a blank behind the names", STR("#Fields: a b \nx y\n"), "1@14+3{a=t:x;b=t:y}"},
    {"blanks between the names", STR("#Fields:  a  b\nx y\n"), "1@15+3{a=t:x;b=t:y}"},
    {"a blank behind the values", STR(AB "x y \n"), "1@13+4{a=t:x;b=t:y}"},
    {"a directive in other letters", STR("#FIELDS: a b\nx y\n"), "1@13+3{a=t:x;b=t:y}"},
    {"absent", STR(AB "- y\n"), "1@13+3{b=t:y}"},
    {"all absent", STR(AB "- -\n"), "1@13+3{}"},
    {"a plus stays", STR(AB "Mozilla/5.0+(X11;+U) +\n"), "1@13+22{a=t:Mozilla/5.0+(X11;+U);b=t:+}"},
    {"quotes, bars and backslashes stay", STR(AB "OutlookSession=\"{A}\" |22|d\\u\n"),
     "1@13+28{a=t:OutlookSession=\"{A}\";b=t:|22|d\\u}"},
    {"quotes hold blanks", STR("#Fields: a b c\nx \"y  z\" w\n"), "1@15+10{a=t:x;b=t:y  z;c=t:w}"},
    {"quotes around a word", STR(AB "\"x\" y\n"), "1@13+5{a=t:x;b=t:y}"},
    {"quotes around the last", STR(AB "x \"y z\"\n"), "1@13+7{a=t:x;b=t:y z}"},
    {"a quote within quotes", STR(AB "\"x\"y\" z\n"), "1@13+7{a=t:x\"y;b=t:z}"},
    {"a quote that is not closed stays", STR(AB "\"x y\n"), "1@13+4{a=t:\"x;b=t:y}"},
    {"Microsoft's servers know no quotes", STR("#Software: Microsoft IIS\n" AB "\"x\" y\n"),
     "1@38+5{_software=t:Microsoft IIS;a=t:\"x\";b=t:y}"},
    {"nor hold values together", STR("#Software: Microsoft IIS\n" AB "\"x y\" z\n"),
     "!38+8(more values than fields, and more than one way to put them together)"},
    {"too many in spite of quotes", STR(AB "\"x y\" z w\n"),
     "!13+10(more values than fields, and more than one way to put them together)"},
    {"numbers are text", STR("#Fields: sc-status x\n200 1\n"), "1@21+5{sc-status=t:200;x=t:1}"},
    {"names of headers", STR("#Fields: cs(User-Agent) x\nA 1\n"), "1@26+3{cs(User-Agent)=t:A;x=t:1}"},
    {"tabs", STR("#Fields: a\tb\nx y\t-\n"), "1@13+5{a=t:x y}"},
    {"directives that say nothing of lines", STR("#Version: 1.0\n#Remark: hi\n" AB "x y\n"), "1@39+3{a=t:x;b=t:y}"},
    {"the software", STR("#Software: IIS 10.0\n" AB "x y\n"), "1@33+3{_software=t:IIS 10.0;a=t:x;b=t:y}"},
    {"an empty line", STR(AB "\nx y\n"), "1@14+3{a=t:x;b=t:y}"},
    {"nothing", STR(""), ""},
    {"no lines", STR(AB), ""},
    {"fields change", STR(AB "x y\n#Fields: c\nz\n#Fields: b a\ny x\n"),
     "1@13+3{a=t:x;b=t:y} 2@28+1{c=t:z} 3@43+3{b=t:y;a=t:x}"},

    {"date and time", STR(DT "2021-04-01 00:00:21 y\n"),
     "1@21+21{date=t:2021-04-01;time=t:2021-04-01T00:00:21Z;x=t:y}"},
    {"a fraction", STR(DT "2021-04-01 00:00:21.125 y\n"),
     "1@21+25{date=t:2021-04-01;time=t:2021-04-01T00:00:21.125Z;x=t:y}"},
    {"a line's own date beats the directive", STR(DATE DT "2021-04-01 00:00:21 y\n"),
     "1@48+21{date=t:2021-04-01;time=t:2021-04-01T00:00:21Z;x=t:y}"},
    {"time before date", STR("#Fields: time date\n00:00:21 2021-04-01\n"),
     "1@19+19{time=t:2021-04-01T00:00:21Z;date=t:2021-04-01}"},
    {"no date at all", STR(CLOCK "00:00:21 y\n"), "1@16+10{time=t:00:00:21;x=t:y}"},
    {"no date in the line", STR(DT "- 00:00:21 y\n"), "1@21+12{time=t:00:00:21;x=t:y}"},
    {"no time in the line", STR(DT "2021-04-01 - y\n"), "1@21+14{date=t:2021-04-01;x=t:y}"},
    {"no time of day", STR(CLOCK "0:00:21 y\n"), "1@16+9{time=t:0:00:21;x=t:y}"},
    {"a date from the directive", STR(DATE CLOCK "00:00:03 y\n"), "1@43+10{time=t:2013-07-30T00:00:03Z;x=t:y}"},
    {"a directive behind the names", STR(CLOCK DATE "00:00:03 y\n"), "1@43+10{time=t:2013-07-30T00:00:03Z;x=t:y}"},
    {"midnight", STR(DATE CLOCK "23:59:59 y\n00:00:00 y\n00:00:01 y\n"),
     "1@43+10{time=t:2013-07-30T23:59:59Z;x=t:y} 2@54+10{time=t:2013-07-31T00:00:00Z;x=t:y} "
     "3@65+10{time=t:2013-07-31T00:00:01Z;x=t:y}"},
    {"two midnights, over the end of a month", STR(DATE CLOCK "09:00:00 y\n08:00:00 y\n07:00:00 y\n"),
     "1@43+10{time=t:2013-07-30T09:00:00Z;x=t:y} 2@54+10{time=t:2013-07-31T08:00:00Z;x=t:y} "
     "3@65+10{time=t:2013-08-01T07:00:00Z;x=t:y}"},
    {"midnight between the directive and its first line", STR("#Date: 2013-07-30 23:58:00\n" CLOCK "00:00:03 y\n"),
     "1@43+10{time=t:2013-07-31T00:00:03Z;x=t:y}"},
    {"a minute back is no day", STR(DATE CLOCK "00:01:00 y\n00:00:00 y\n00:00:59 y\n"),
     "1@43+10{time=t:2013-07-30T00:01:00Z;x=t:y} 2@54+10{time=t:2013-07-30T00:00:00Z;x=t:y} "
     "3@65+10{time=t:2013-07-30T00:00:59Z;x=t:y}"},
    {"a second more is one", STR(DATE CLOCK "00:01:01 y\n00:00:00 y\n"),
     "1@43+10{time=t:2013-07-30T00:01:01Z;x=t:y} 2@54+10{time=t:2013-07-31T00:00:00Z;x=t:y}"},
    {"a new directive, a new day", STR(DATE CLOCK "09:00:00 y\n#Date: 2014-01-01 08:00:00\n08:00:00 y\n"),
     "1@43+10{time=t:2013-07-30T09:00:00Z;x=t:y} 2@81+10{time=t:2014-01-01T08:00:00Z;x=t:y}"},
    {"a line that is damage has no time", STR(DATE CLOCK "09:00:00\n08:00:00 y\n"),
     "!43+9(fewer values than fields) 1@52+10{time=t:2013-07-30T08:00:00Z;x=t:y}"},
    {"a date that is none", STR("#Date: yesterday\n" CLOCK "00:00:03 y\n"),
     "!0+17(a date that cannot be read) 1@33+10{time=t:00:00:03;x=t:y}"},
    {"30 February", STR("#Date: 2013-02-30 00:00:00\n" CLOCK "00:00:03 y\n"),
     "!0+27(a date that cannot be read) 1@43+10{time=t:00:00:03;x=t:y}"},
    {"local times are not made UTC", STR("#Time Format: Local\n" DT "2005-04-11 08:05:57 y\n"),
     "1@41+21{date=t:2005-04-11;time=t:2005-04-11T08:05:57;x=t:y}"},
    {"a day that is not local is none of a local time", STR("#Time Format: Local\n" DATE CLOCK "08:05:57 y\n"),
     "1@63+10{time=t:08:05:57;x=t:y}"},

    {"a blank before a name", STR(IIS "p=1 444  dom\\u ::1 A 200\n"),
     "1@41+24{q=t:p=1;s-port=t:444;user=t:dom\\u;c-ip=t:::1;ua=t:A;sc-status=t:200}"},
    {"a blank within a name", STR(IIS "p=1 444 Jo Doe ::1 A 200\n"),
     "1@41+24{q=t:p=1;s-port=t:444;user=t:Jo Doe;c-ip=t:::1;ua=t:A;sc-status=t:200}"},
    {"blanks in the first value", STR(IIS "a b  c 80 - 10.0.0.1 A 200\n"),
     "1@41+26{q=t:a b  c;s-port=t:80;c-ip=t:10.0.0.1;ua=t:A;sc-status=t:200}"},
    {"blanks in three values", STR(IIS "a b 80 c d 10.0.0.1 e f 200\n"),
     "1@41+27{q=t:a b;s-port=t:80;user=t:c d;c-ip=t:10.0.0.1;ua=t:e f;sc-status=t:200}"},
    {"an IPv6 address with a zone", STR(IIS "a b 80 - fe80::1%12 A 200\n"),
     "1@41+25{q=t:a b;s-port=t:80;c-ip=t:fe80::1%12;ua=t:A;sc-status=t:200}"},
    {"blanks, and a form that is absent", STR(IIS "a b 80 - 10.0.0.1 A -\n"),
     "1@41+21{q=t:a b;s-port=t:80;c-ip=t:10.0.0.1;ua=t:A}"},
    {"two free values side by side", STR("#Fields: a b sc-status\nx y z 200\n"),
     "!23+10(more values than fields, and more than one way to put them together)"},
    {"what looks like the fields behind, in a value", STR(IIS "x 80 u 1.2.3.4 80 u 1.2.3.4 A 200\n"),
     "!41+34(more values than fields, and more than one way to put them together)"},
    {"nothing fits", STR(IIS "a b c d e f g\n"),
     "!41+14(more values than fields, and no way to tell which belong together)"},
    {"two blanks where a value is missing", STR(IIS "p=1 444  dom\\u ::1 200\n"),
     "!41+23(more values than fields, and no way to tell which belong together)"},
    {"two blanks around an empty name", STR(IIS "p=1 444  ::1 A 200\n"),
     "1@41+18{q=t:p=1;s-port=t:444;user=t:;c-ip=t:::1;ua=t:A;sc-status=t:200}"},
    {"all values have forms", STR("#Fields: s-port sc-status\n80  200\n"),
     "!26+8(more values than fields, and no way to tell which belong together)"},
    {"no blanks to share out between tabs", STR("#Fields: a\tb\nx\ty\tz\n"), "!13+6(more values than fields)"},

    {"too few", STR(AB "x\ny z\n"), "!13+2(fewer values than fields) 1@15+3{a=t:y;b=t:z}"},
    {"a line that breaks off", STR(AB "x"), "!13+1(fewer values than fields)"},
    {"values before any head", STR("x y\n" AB "x y\n"),
     "!0+4(a line of values before any names of fields) 1@17+3{a=t:x;b=t:y}"},
    {"no names", STR("#Fields:\nx\n"), "!9+2(a line of values before any names of fields)"},
    {"a comment", STR(AB "# hello\nx y\n"), "!13+8(a comment that is no directive) 1@21+3{a=t:x;b=t:y}"},
    {"no UTF-8", STR(AB "\xe4 y\n"), "!13+1(text that is no Unicode: repaired) 1@13+3{a=t:\xe4;b=t:y}"},
    {"UTF-8", STR(AB "\xc3\xa4 y\n"), "1@13+4{a=t:\xc3\xa4;b=t:y}"},
    {"zero bytes between lines", STR(AB "\0\0x y\n\0"),
     "!13+2(zero bytes between lines) 1@15+3{a=t:x;b=t:y} !19+1(zero bytes between lines)"},

    {"commas", STR("#Fields: a,b\nx y,z\n"), "1@13+5{a=t:x y;b=t:z}"},
    {"nothing between commas is absent, a dash is not", STR("#Fields: a,b,c\n,-,\n"), "1@15+3{b=t:-}"},
    {"quotes", STR("#Fields: a,b\n\"x,y\",z\n"), "1@13+7{a=t:x,y;b=t:z}"},
    {"the names as a line, behind", STR("#Log-type: L\n#Fields: a,b\na,b\nx,y\na,b\r\na,c\n"),
     "1@30+3{_log_type=t:L;a=t:x;b=t:y} 2@39+3{_log_type=t:L;a=t:a;b=t:c}"},
    {"the names as a line, before", STR("a,b\r\n#Date: 2021-03-03T00:00:01.2Z\r\n#Fields: a,b\r\nx,y\n"),
     "1@50+3{a=t:x;b=t:y}"},
    {"other names before", STR("a,c\n#Fields: a,b\nx,y\n"),
     "!0+4(a line of values before any names of fields) 1@17+3{a=t:x;b=t:y}"},
    {"names between blanks are values", STR(AB "a b\n"), "1@13+3{a=t:a;b=t:b}"},
    {"quotes in quotes", STR("#Fields: a,b\n\"say \"\"no\"\"\",\"\"\"\"\n"), "1@13+17{a=t:say \"no\";b=t:\"}"},
    {"quotes around nothing", STR("#Fields: a,b\n\"\",z\n"), "1@13+4{b=t:z}"},
    {"a quote within a value", STR("#Fields: a,b\nx\"y,z\n"), "1@13+5{a=t:x\"y;b=t:z}"},
    {"a quote that is not closed", STR("#Fields: a,b\nx,\"z\nx,y\n"),
     "!13+5(a quote that is not closed) 1@18+3{a=t:x;b=t:y}"},
    {"a quote opened at the end", STR("#Fields: a,b\nx,\"\n"), "!13+4(a quote that is not closed)"},
    {"a byte behind a quote", STR("#Fields: a,b\n\"x\"y,z\n"), "!13+7(a byte behind a closing quote)"},
    {"too few between commas", STR("#Fields: a,b\nx\n"), "!13+2(fewer values than fields)"},
    {"too many between commas", STR("#Fields: a,b\nx,y,\n"), "!13+5(more values than fields)"},
};

static const struct head heads[] = {
    {STR("#Fields: date time\n"), true},
    {STR("#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: x\n#Fields: a\n"), true},
    {STR("#Date: 2021-04-01 00:00:21\r\n#Fields: a\r\n"), true},
    {STR("\xef\xbb\xbf#Software: Microsoft Exchange Server\n#Fields: a,b\n"), true},
    {STR("#fields: a\n"), true},
    {STR("a,b\r\n#Software: Microsoft Exchange Server\r\n#Fields: a,b\r\n"), true},
    {STR("a,c\n#Fields: a,b\n"), false},
    {STR("a,b\n#Fields: a,b"), false},
    {STR("a b\n#Fields: a b\n"), false},
    {STR("a,b\nx,y\n#Fields: a,b\n"), false},
    {STR("#Software: x\n"), false},
    {STR("#Fields a\n"), false},
    {STR("#fields\ta\n"), false},
    {STR("#separator \\x09\n"), false},
    {STR("x\n#Fields: a\n"), false},
    {STR("#Fields"), false},
    {STR("#"), false},
    {STR(""), false},
    {STR("{}"), false},
};

#define NAMES_TWICE STR("a,b\n#Fields: a,b\na,b\nx,y\n")
#define SHOWN STR("#Fields: a b\nx y\nonly\n#Fields: c,d\r\n\"z\",w\r\n#Date: x")
static const struct shown shown[] = {
    {SHOWN, 13, "#Fields: a b\nx y"},
    {SHOWN, 36, "#Fields: c,d\n\"z\",w"},
    {SHOWN, 0, NULL},  /* a directive */
    {SHOWN, 14, NULL}, /* within a line */
    {SHOWN, 16, NULL}, /* its end */
    {SHOWN, 17, NULL}, /* damage */
    {SHOWN, 43, NULL}, /* a directive */
    {SHOWN, 50, NULL}, /* the end */
    {SHOWN, 1000, NULL},
    {STR(""), 0, NULL},
    {NAMES_TWICE, 0, NULL},
    {NAMES_TWICE, 17, NULL},
    {NAMES_TWICE, 21, "#Fields: a,b\nx,y"},
    {STR("x y\n"), 0, NULL},
};

/* So many pieces that are one value, and so many fields: up to the bound, and beyond. */
static void bounds_are_told(void **state) {
    (void)state;
    for (size_t extra = 60; extra < 70; extra++) {
        struct buf b = {0};

        buf_add(&b, S("#Fields: user sc-status\nx"));
        for (size_t i = 0; i < extra; i++)
            buf_add(&b, S(" x"));
        buf_add(&b, S(" 200\n"));
        struct notes const n = counted(&w3c_reader, buf_str(&b), 0);

        assert_int_equal(n.records, extra <= 64);
        assert_int_equal(n.damages, extra > 64);
        buf_free(&b);
    }
    for (size_t fields = 1023; fields < 1026; fields++)
        for (size_t values = fields; values < fields + 200; values += 199) {
            struct buf b = {0};

            buf_add(&b, S("#Fields:"));
            for (size_t i = 0; i < fields; i++)
                buf_add(&b, S(" a"));
            for (size_t i = 0; i < values; i++)
                buf_add(&b, i ? S(" x") : S("\nx"));
            struct notes const n = counted(&w3c_reader, buf_str(&b), 0);

            assert_int_equal(n.records, fields <= 1024 && values == fields);
            assert_int_equal(n.damages, (fields > 1024) + (n.records == 0));
            buf_free(&b);
        }
}

static const struct sample samples[] = {
    {"web/plaso/iis_iis10_cookies.log",
     3,
     0,
     {"cs(Cookie)=t:OutlookSession=\"{AAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}\";"}},
    {"web/plaso/iis_iis10_edge_cases.log", 15, 0, {"s-port=t:445;cs-username=t:random\\ranuser1;c-ip=t:::1;"}},
    {"web/plaso/iis_iis6.log",
     12,
     0,
     {"cs-uri-query=t:ID=ERROR[`cat%20passwd|echo`];s-port=t:443;c-ip=t:222.222.222.222;"}},
    {"web/plaso/iis_iis7_sqli.log", 2, 0, {"(VM)_'_to_data_type_int.;s-port=t:443;"}},
    {"web/plaso/iis_iis_without_date.log", 11, 0, {"time=t:2013-07-30T00:00:13Z;"}},
};

static const struct promises promises = {
    .reader = &w3c_reader,
    PROMISED_TABLES,
    .busy = STR("#Software: s\n#Fields: a,b\n\"x\"\"\",y\nz,w\n"),
    .at = 26,
    .records = 2,
    .only = {"b", STR("#Software: s\n" AB "x y\nx\n"), "1@26+3{b=t:y} !30+2(fewer values than fields)"},
    PROMISED_SAMPLES,
};

int main(void) {
    const struct CMUnitTest tests[] = {
        PROMISES(&promises),
        SAMPLES(&promises),
        cmocka_unit_test(bounds_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
