/* test_csv: the CSV reader: what is a table and what is other text, rows and damage, the record in a cell, UTF-16, parts of
 * any cut, hostile sources, refused memory, and the Microsoft 365 export of the shared data. */
#include "promises.h"
#include "event/kind.h"
#include "evidence/decompress.h"
#include "reader/csv.h"
#include "reader/json.h"

static void read_all(str bytes, struct notes *n) {
    read_into(&csv_reader, bytes, whole, 0, n);
}

/* ------------------------------------------------------------------ what is a table */

static const struct head heads[] = {
    /* commas */ {STR("a,b,c\n1,2,3\n"), true},
    /* tabs */ {STR("a\tb\tc\n1\t2\t3\n"), true},
    /* semicolons */ {STR("a;b;c\n1,5;2,5;3,5\n"), true},
    /* bars */ {STR("a|b|c\n1|2|3\n"), true},
    /* CRLF, byte order mark */
    {STR("\xef\xbb\xbf"
         "a,b,c\r\n1,2,3\r\n"),
     true},
    /* quoted names */ {STR("\"a\",\"b\",\"c\"\n\"1\",\"2\",\"3\"\n"), true},
    /* Export-Csv */ {STR("#TYPE System.Object\r\n\"a\",\"b\",\"c\"\r\n\"1\",\"2\",\"3\"\r\n"), true},
    /* UTF-16LE */
    {STR("\xff\xfe"
         "a\0,\0b\0,\0c\0\n\0"
         "1\0,\0"
         "2\0,\0"
         "3\0"),
     true},
    /* UTF-16BE */
    {STR("\xfe\xff"
         "\0a\0,\0b\0,\0c\0\n\0"
         "1\0,\0"
         "2\0,\0"
         "3"),
     true},
    /* names as logs have them */
    {STR("Date (UTC),tag::eventtype,cs(User-Agent),_time,@timestamp,% CPU,Ger\xc3\xa4t,s-ip\n1,2,3,4,5,6,7,8\n"), true},
    /* two columns, two rows */ {STR("time,user\n1,2\n3,4\n"), true},
    /* no line end at the end */ {STR("a,b,c\n1,2,3"), true},
    /* a separator at the end of rows */ {STR("a,b,c\n1,2,3,\n1,2,3,\n"), true},
    /* a separator at the end of all lines */ {STR("a,b,c,\n1,2,3,\n"), true},
    /* an empty line */ {STR("a,b,c\n\n1,2,3\n"), true},
    /* line end in quotes */ {STR("a,b,c\n1,\"x\ny\",3\n"), true},
    /* one row of three is damaged */ {STR("a,b,c\n1,2,3\n1,2\n1,2,3\n"), true},
    /* one line of three is damaged */ {STR("a,b,c\n1,2,3\n\"1\"2,3\n1,2,3\n"), true},

    /* nothing */ {STR(""), false},
    /* a header alone */ {STR("a,b,c\n"), false},
    /* one column */ {STR("name\nx\ny\n"), false},
    /* two columns, one row */ {STR("time,user\n1,2\n"), false},
    /* rows of other widths */ {STR("a,b,c\n1,2\n1,2,3,4\n"), false},
    /* two rows of five are of another width */ {STR("a,b,c\n1,2,3\n1,2\n1,2,3\n1,2\n1,2,3\n"), false},
    /* numbers for a header */ {STR("1,2,3\n4,5,6\n"), false},
    /* addresses for a header */ {STR("10.0.0.1,ok,x\n10.0.0.2,ok,y\n"), false},
    /* times for a header */ {STR("2024-03-25T07:12:00Z,jdoe,ok\n2024-03-25T07:13:00Z,jdoe,ok\n"), false},
    /* an empty name */ {STR("a,,c\n1,2,3\n"), false},
    /* a name in blanks */ {STR("a, b,c\n1,2,3\n"), false},
    /* a line end in a name */ {STR("a,\"b\nc\",d\n1,2,3\n"), false},
    /* a quote in a name */ {STR("a,\"b\"\"c\",d\n1,2,3\n"), false},
    /* an open quote in the header */ {STR("a,\"b,c\n1,2,3\n"), false},
    /* JSON lines */ {STR("{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":2}\n"), false},
    /* JSON, its first line damaged */ {STR("\"a\":1,\"b\":2}\n{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":2}\n"), false},
    /* XML */ {STR("<a b=\"1\">,x,y\n<c>,x,y\n"), false},
    /* prose */
    {STR("Dear Sir, I write, as agreed\nabout the door, the lamp, and more\nwith regards, yours, me\n"), false},
    /* syslog */
    {STR("Mar 25 07:12:00 host su: opened, by root, uid 0\nMar 25 07:13:00 host su: opened, by root, uid 0\n"), false},
    /* mail */ {STR("Received: from a, by b, for c\nReceived: from a, by b, for c\n"), false},
    /* settings */ {STR("[main]\nkeys=a,b\nnames=c,d\n"), false},
    /* C */ {STR("int a,b;\nint c,d;\nint e,f;\n"), false},
    /* Python */ {STR("import os,sys\nimport re,json\nimport a,b\n"), false},
    /* Zeek */ {STR("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"), false},
    /* W3C */ {STR("#Software: IIS\n#Fields: date,time,s-ip\n2024,1,2\n"), false},
    /* Asterisk calls, no header */ {STR("\"\",\"100\",\"200\",\"ctx\"\n\"\",\"100\",\"200\",\"ctx\"\n"), false},
    /* Markdown */ {STR("| a | b |\n| --- | --- |\n| 1 | 2 |\n"), false},
    /* EVTX */ {STR("ElfFile\0,a,b\n1,2,3\n"), false},
    /* zero bytes */ {STR("a\0,b,c\n1,2,3\n"), false},
    /* UTF-16 without a mark */
    {STR("a\0,\0b\0\n\0"
         "1\0,\0"
         "2\0\n\0"),
     false},
    /* UTF-16, another letter whose low byte is a comma */
    {STR("\xff\xfe"
         "a\0,\1b\0,\1c\0\n\0"
         "1\0,\0"
         "2\0,\0"
         "3\0"),
     false},
    /* control characters */ {STR("a,b\x01,c\n1,2,3\n"), false},
    /* only a type line */ {STR("#TYPE System.Object\n"), false},
};

/* The first row may be larger than the head: then the header must speak for itself. */
static void a_first_row_larger_than_the_head(void **state) {
    static const struct {
        const char *header, *row;
        bool table;
    } cases[] = {
        {"a,b,c,d\n", "1,\"", true}, {"a,b,c,d\n", "1,2,3,", true}, {"a,b,c,d\n", "1,2,3,4,", false},
        {"a,b,c\n", "1,\"", false},  {"a,b,c,4\n", "1,\"", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf text = {0};

        buf_add(&text, str_of(cases[i].header));
        buf_add(&text, str_of(cases[i].row));
        fill(&text, 'x', 70000 - text.len);
        if (csv_reader.looks_like(str_first(buf_str(&text), 65536)) != cases[i].table)
            fail_msg("case %zu", i);
        buf_free(&text);
    }
}

/* ------------------------------------------------------------------ rows and damage */

#define HEAD "a,b,c\n" /* 6 bytes */
#define ROW "1,2,3\n"
#define SOUND ROW ROW ROW ROW ROW ROW /* 36 bytes: whatever follows, it is a table */
#define SOUND_NOTES                                                                                                    \
    "1@6+5{a=t:1;b=t:2;c=t:3} 2@12+5{a=t:1;b=t:2;c=t:3} 3@18+5{a=t:1;b=t:2;c=t:3} 4@24+5{a=t:1;b=t:2;c=t:3} "          \
    "5@30+5{a=t:1;b=t:2;c=t:3} 6@36+5{a=t:1;b=t:2;c=t:3} "
#define UTF16_HEAD                                                                                                     \
    "\xff\xfe"                                                                                                         \
    "a\0,\0b\0,\0c\0\n\0"

static const struct {
    const char *name;
    str bytes;
    const char *notes;
} sources[] = {
    {"one row", STR(HEAD ROW), "1@6+5{a=t:1;b=t:2;c=t:3} "},
    {"CRLF is not of the row", STR("a,b,c\r\n1,2,3\r\n4,5,6\r\n"),
     "1@7+5{a=t:1;b=t:2;c=t:3} 2@14+5{a=t:4;b=t:5;c=t:6} "},
    {"byte order mark", STR("\xef\xbb\xbf" HEAD ROW), "1@9+5{a=t:1;b=t:2;c=t:3} "},
    {"type line", STR("#TYPE x\r\n" HEAD ROW), "1@15+5{a=t:1;b=t:2;c=t:3} "},
    {"type line behind a mark", STR("\xef\xbb\xbf#TYPE x\n" HEAD ROW), "1@17+5{a=t:1;b=t:2;c=t:3} "},
    {"tabs", STR("a\tb\tc\n1\t2,\t3\n"), "1@6+6{a=t:1;b=t:2,;c=t:3} "},
    {"no line end at the end", STR(HEAD "1,2,3"), "1@6+5{a=t:1;b=t:2;c=t:3} "},
    {"empty fields are empty text", STR(HEAD ",\"\",\n"), "1@6+4{a=t:;b=t:;c=t:} "},
    {"quotes undone", STR(HEAD "\"x \"\"y\"\"\",\"\"\"\",\"1,\n2\"\n"), "1@6+21{a=t:x \"y\";b=t:\";c=t:1,\n2} "},
    {"empty lines", STR(HEAD "\n\r\n" ROW "\n\n" ROW "\r\n"), "1@9+5{a=t:1;b=t:2;c=t:3} 2@17+5{a=t:1;b=t:2;c=t:3} "},
    {"a CR alone at the end", STR(HEAD ROW "\r"), "1@6+5{a=t:1;b=t:2;c=t:3} "},
    {"an empty field too many at the end", STR(HEAD "1,2,3,\n"), "1@6+6{a=t:1;b=t:2;c=t:3} "},
    {"a separator behind the header", STR("a,b,c,\n1,2,3,\n"), "1@7+6{a=t:1;b=t:2;c=t:3} "},
    {"a name twice", STR("a,b,a\n1,2,3\n"), "1@6+5{a=t:1;b=t:2;a=t:3} "},
    {"UTF-16LE", STR(UTF16_HEAD "1\0,\0\xe4\0,\0\x3d\xd8\x00\xde\n\0"),
     "1@14+12{a=t:1;b=t:\xc3\xa4;c=t:\xf0\x9f\x98\x80} "},
    {"UTF-16BE", STR("\xfe\xff\0a\0,\0b\0,\0c\0\n\0001\0,\0\xe4\0,\0003\0\n"), "1@14+10{a=t:1;b=t:\xc3\xa4;c=t:3} "},
    {"UTF-16, type line", STR("\xff\xfe#\0T\0Y\0P\0E\0 \0x\0\n\0a\0,\0b\0,\0c\0\n\0001\0,\0002\0,\0003\0"),
     "1@30+10{a=t:1;b=t:2;c=t:3} "},

    {"too few fields", STR(HEAD SOUND "1,2\n" ROW),
     SOUND_NOTES "!42+4(fewer fields than columns) 8@46+5{a=t:1;b=t:2;c=t:3} "},
    {"too many fields", STR(HEAD SOUND "1,2,3,4\n" ROW),
     SOUND_NOTES "!42+8(more fields than columns) 8@50+5{a=t:1;b=t:2;c=t:3} "},
    {"two empty fields too many", STR(HEAD SOUND "1,2,3,,\n" ROW),
     SOUND_NOTES "!42+8(more fields than columns) 8@50+5{a=t:1;b=t:2;c=t:3} "},
    {"too few, in quotes over lines: what is in quotes is no row", STR(HEAD SOUND "1,\"x\n9,9,9\"\n" ROW),
     SOUND_NOTES "!42+12(fewer fields than columns) 8@54+5{a=t:1;b=t:2;c=t:3} "},
    {"an open quote at the end", STR(HEAD SOUND "1,\"2,3\n" ROW),
     SOUND_NOTES "!42+7(quotes are open at the end) 8@49+5{a=t:1;b=t:2;c=t:3} "},
    {"an open quote on the last line", STR(HEAD SOUND "1,\"2,3"), SOUND_NOTES "!42+6(quotes are open at the end) "},
    {"a byte behind a closing quote", STR(HEAD SOUND "\"1\"x,2,3\n" ROW),
     SOUND_NOTES "!42+9(a byte behind a closing quote) 8@51+5{a=t:1;b=t:2;c=t:3} "},
    {"an open quote that the next closes", STR(HEAD SOUND "1,\"2,3\n" ROW "1,\"x\",3\n" ROW),
     SOUND_NOTES "!42+7(a byte behind a closing quote) 8@49+5{a=t:1;b=t:2;c=t:3} 9@55+7{a=t:1;b=t:x;c=t:3} "
                 "10@63+5{a=t:1;b=t:2;c=t:3} "},
    {"zero bytes in a row stay", STR(HEAD SOUND "1,x\0y\0,3\n" ROW),
     SOUND_NOTES "!45+3(zero bytes in a row) 7@42+8{a=t:1;b=t:x\0y"}, /* cut there: the notes hold a zero byte */
    {"zero bytes where a row begins", STR(HEAD SOUND "\0\0\0" ROW),
     SOUND_NOTES "!42+3(zero bytes between rows) 7@45+5{a=t:1;b=t:2;c=t:3} "},
    {"zero bytes at the end", STR(HEAD SOUND "\0\0\0"), SOUND_NOTES "!42+3(zero bytes between rows) "},
    {"zero bytes on a line of their own", STR(HEAD SOUND "\0\0\n\0\r\n" ROW),
     SOUND_NOTES "!42+2(zero bytes between rows) !45+1(zero bytes between rows) 7@48+5{a=t:1;b=t:2;c=t:3} "},
    {"text that is no UTF-8 stays", STR(HEAD SOUND "1,\xffx\xc3,3\n" ROW),
     SOUND_NOTES
     "!44+3(text that is no Unicode: repaired) 7@42+7{a=t:1;b=t:\xffx\xc3;c=t:3} 8@50+5{a=t:1;b=t:2;c=t:3} "},
    {"a character cut by the separator", STR(HEAD SOUND "1,\xe2\x82,3\n"),
     SOUND_NOTES "!44+2(text that is no Unicode: repaired) 7@42+6{a=t:1;b=t:\xe2\x82;c=t:3} "},
    {"a name that is no UTF-8", STR("a,b\xff,c\n" ROW),
     "!3+1(text that is no Unicode: repaired) 1@7+5{a=t:1;b\xef\xbf\xbd=t:2;c=t:3} "},
    {"half a character in UTF-16", STR(UTF16_HEAD "1\0,\0\x3d\xd8,\0003\0\n\0"),
     "!18+2(text that is no Unicode: repaired) 1@14+10{a=t:1;b=t:\xef\xbf\xbd;c=t:3} "},
    {"half a unit at the end", STR(UTF16_HEAD "1\0,\0002\0,\0003\0\n\0x"),
     "1@14+10{a=t:1;b=t:2;c=t:3} !26+1(half a UTF-16 unit at the end) "},
    {"too few fields in UTF-16",
     STR(UTF16_HEAD "1\0,\0002\0,\0003\0\n\0\xe4\0\n\0001\0,\0002\0,\0003\0\n\0001\0,\0002\0,\0003\0\n\0"),
     "1@14+10{a=t:1;b=t:2;c=t:3} !26+4(fewer fields than columns) 3@30+10{a=t:1;b=t:2;c=t:3} 4@"
     "42+10{a=t:1;b=t:2;c=t:3} "},
    {"the separator is told", STR("sep=;\r\na;b b;c\r\n1;2;3\r\n"), "1@16+5{a=t:1;b b=t:2;c=t:3} "},
    {"the separator is told behind a mark", STR("\xef\xbb\xbfsep=,\n" HEAD ROW), "1@15+5{a=t:1;b=t:2;c=t:3} "},
    {"the separator is told in UTF-16",
     STR("\xff\xfes\0e\0p\0=\0;\0\n\0a\0;\0b\0\n\0001\0;\0002\0\n\0001\0;\0002\0\n\0"),
     "1@22+6{a=t:1;b=t:2} 2@30+6{a=t:1;b=t:2} "},
    {"another separator than is told", STR("sep=;\n" HEAD ROW), "!0+0(no header line) "},
    {"a separator nobody writes", STR("sep=x\naxbxc\n1x2x3\n"), "!0+0(no header line) "},
    {"blanks behind separators", STR("a, b, c\n1, \"2, x\", 3\n4,  5, 6 \n"),
     "1@8+12{a=t:1;b=t:2, x;c=t:3} 2@21+9{a=t:4;b=t:5;c=t:6 } "},
    {"Windows-1252",
     STR("a;b;stra\xdf"
         "e\n1;M\xfcller;3\n"),
     "!8+1(text that is no Unicode: repaired) !14+1(text that is no Unicode: repaired) "
     "1@11+10{a=t:1;b=t:M\xfcller;stra\xef\xbf\xbd"
     "e=t:3} "},
    {"types below the names", STR("\"a\",\"b\",\"c\"\nINTEGER,VARCHAR(50),UNIQUEIDENTIFIER\n1,2,3\n"),
     "1@49+5{a=t:1;b=t:2;c=t:3} "},
    {"types and no row", STR("\"a\",\"b\",\"c\"\nINTEGER,VARCHAR(50),UNIQUEIDENTIFIER"), ""},
    {"types but for one: a row", STR(HEAD "INTEGER,VARCHAR(50),x\n1,2,3\n"),
     "1@6+21{a=t:INTEGER;b=t:VARCHAR(50);c=t:x} 2@28+5{a=t:1;b=t:2;c=t:3} "},
    {"types too few: damage", STR(HEAD "INTEGER,INTEGER\n" SOUND),
     "!6+16(fewer fields than columns) 2@22+5{a=t:1;b=t:2;c=t:3} 3@28+5{a=t:1;b=t:2;c=t:3} "
     "4@34+5{a=t:1;b=t:2;c=t:3} 5@40+5{a=t:1;b=t:2;c=t:3} 6@46+5{a=t:1;b=t:2;c=t:3} 7@52+5{a=t:1;b=t:2;c=t:3} "},
    {"nearly types: a row", STR(HEAD "INTEGERS,VARCHAR(5,VARCHAR(x)\n" ROW),
     "1@6+29{a=t:INTEGERS;b=t:VARCHAR(5;c=t:VARCHAR(x)} 2@36+5{a=t:1;b=t:2;c=t:3} "},
    {"types further down: a row", STR(HEAD ROW "INTEGER,INTEGER,INTEGER\n"),
     "1@6+5{a=t:1;b=t:2;c=t:3} 2@12+23{a=t:INTEGER;b=t:INTEGER;c=t:INTEGER} "},

    {"no table", STR("x\n"), "!0+0(no header line) "},
    {"nothing", STR(""), "!0+0(no header line) "},
};

static void sources_of_many_shapes(void **state) {
    int failed = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(sources); i++)
        for (size_t more = 0; more < 2; more++) {
            struct notes n;

            notes_open(&n);
            read_into(&csv_reader, sources[i].bytes, whole, more * 100, &n);
            str const want = str_of(sources[i].notes);

            if (!str_starts(buf_str(&n.text), want) ||
                (n.text.len != want.len && !memchr(n.text.ptr, '\0', n.text.len))) {
                print_error("%s: %.*s\n   instead of %s\n", sources[i].name, STR_ARG(buf_str(&n.text)),
                            sources[i].notes);
                failed++;
            }
            notes_close(&n);
        }
    assert_int_equal(failed, 0);
}

static void what_nobody_wants_is_left_out(void **state) {
    struct notes n;
    (void)state;

    notes_open(&n);
    n.sink.wants = wants;
    n.without = "b";
    read_all(S(HEAD "1,\"x\"\"y\",3\n1,\xff,3\n1,2\n" SOUND), &n);
    assert_true(str_starts(buf_str(&n.text), S("1@6+10{a=t:1;c=t:3} !19+1(text that is no Unicode: repaired) "
                                               "2@17+5{a=t:1;c=t:3} !23+4(fewer fields than columns) 4@27+5{")));
    notes_close(&n);
}

/* ------------------------------------------------------------------ the record in a cell */

#define M365 "RecordType,AuditData,Operations,Id\n" /* 35 bytes */

static const struct {
    const char *name, *row, *fields; /* of the record */
    const char *damage;              /* before it */
} cells[] = {
    {"members come first, columns stay", "x,\"{\"\"a\"\":1}\",o,7", "a=n:1;RecordType=t:x;Operations=t:o;Id=t:7", ""},
    {"the record's own field wins", "ExchangeAdmin,\"{\"\"RecordType\"\":1,\"\"Id\"\":\"\"i\"\"}\",o,7",
     "RecordType=n:1;Id=t:i;Operations=t:o", ""},
    {"null is a field, too", "x,\"{\"\"Id\"\":null}\",o,7", "Id=z:;RecordType=t:x;Operations=t:o", ""},
    {"an object of that name is not", "x,\"{\"\"Id\"\":{\"\"x\"\":1}}\",o,7",
     "Id.x=n:1;RecordType=t:x;Operations=t:o;Id=t:7", ""},
    {"lists of names and values", "x,\"{\"\"P\"\":[{\"\"Name\"\":\"\"n\"\",\"\"Value\"\":\"\"v\"\"}]}\",o,7",
     "P.Name=t:n;P.Value=t:v;P.n=i:v;RecordType=t:x;Operations=t:o;Id=t:7", ""},
    {"escapes, and quotes twice over", "x,\"{\"\"a\"\":\"\"\\\"\"\\n\\u00e4\"\"}\",o,7",
     "a=t:\"\n\xc3\xa4;RecordType=t:x;Operations=t:o;Id=t:7", ""},
    {"line ends in the cell", "x,\"{\n\"\"a\"\":1\r\n}\n\",o,7", "a=n:1;RecordType=t:x;Operations=t:o;Id=t:7", ""},
    {"an empty object", "x,{},o,7", "RecordType=t:x;Operations=t:o;Id=t:7", ""},
    {"empty", "x,,o,7", "RecordType=t:x;AuditData=t:;Operations=t:o;Id=t:7", ""},
    {"text", "x,hello,o,7", "RecordType=t:x;AuditData=t:hello;Operations=t:o;Id=t:7", ""},
    {"a list", "x,[1],o,7", "RecordType=t:x;AuditData=t:[1];Operations=t:o;Id=t:7", ""},
    {"cut", "x,\"{\"\"a\"\":1,\",o,7", "RecordType=t:x;AuditData=t:{\"a\":1,;Operations=t:o;Id=t:7",
     "!38+9(no JSON object in a cell for one: kept as text) "},
    {"wrong", "x,{a:1},o,7", "RecordType=t:x;AuditData=t:{a:1};Operations=t:o;Id=t:7",
     "!37+5(no JSON object in a cell for one: kept as text) "},
    {"two objects", "x,{}{},o,7", "RecordType=t:x;AuditData=t:{}{};Operations=t:o;Id=t:7",
     "!37+4(no JSON object in a cell for one: kept as text) "},
    {"no UTF-8 in it", "x,\"{\"\"a\"\":\"\"\xff\"\"}\",o,7", "a=t:\xff;RecordType=t:x;Operations=t:o;Id=t:7",
     "!47+1(text that is no Unicode: repaired) "},
    {"half an escaped pair in it", "x,\"{\"\"a\"\":\"\"\\ud83d\"\"}\",o,7",
     "a=t:\xef\xbf\xbd;RecordType=t:x;Operations=t:o;Id=t:7", "!38+18(text that is no Unicode: repaired) "},
};

static void a_cell_may_hold_the_record(void **state) {
    int failed = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(cells); i++) {
        struct notes n;
        struct buf text = {0}, want = {0};

        notes_open(&n);
        buf_format(&text, M365 "%s\n", cells[i].row);
        for (int row = 0; row < 4; row++)
            buf_add(&text, S("x,,o,7\n"));
        buf_format(&want, "%s1@35+%zu{%s} ", cells[i].damage, strlen(cells[i].row), cells[i].fields);
        read_all(buf_str(&text), &n);
        if (!str_starts(buf_str(&n.text), buf_str(&want))) {
            print_error("%s: %.*s instead of %.*s\n", cells[i].name, STR_ARG(buf_str(&n.text)),
                        STR_ARG(buf_str(&want)));
            failed++;
        }
        assert_int_equal(n.records, 5);
        buf_free(&text);
        buf_free(&want);
        notes_close(&n);
    }
    assert_int_equal(failed, 0);
}

/* A cell that was looked at for a record and has none is a column like any other, however long its row is. */
static void long_cells_without_record_are_kept(void **state) {
    static const char *const begins[] = {"{\"\"a\"\": oops ", "said \"\"no\"\" "};
    static const char *const meant[] = {"{\"a\": oops ", "said \"no\" "};
    (void)state;

    for (size_t i = 0; i < COUNT(begins); i++) {
        struct notes n;
        struct buf text = {0}, want = {0};

        notes_open(&n);
        buf_add(&text, S(M365 "x,,o,7\nx,,o,7\nx,\""));
        buf_format(&text, "%s", begins[i]);
        buf_format(&want, "{RecordType=t:x;AuditData=t:%s", meant[i]);
        for (int k = 0; k < 20000; k++) {
            buf_byte(&text, 'x');
            buf_byte(&want, 'x');
        }
        buf_add(&text, S("\",\"o\"\"\",7\n"));
        buf_add(&want, S(";Operations=t:o\";Id=t:7}"));
        read_all(buf_str(&text), &n);
        assert_int_equal(n.records, 3);
        assert_true(str_find(buf_str(&n.text), buf_str(&want)) != SIZE_MAX);
        buf_free(&text);
        buf_free(&want);
        notes_close(&n);
    }
}

/* A row without a record keeps its columns, also behind one whose record had fields of the same names. */
static void rows_forget_each_other(void **state) {
    struct notes n;
    (void)state;

    notes_open(&n);
    n.sink.wants_inner = wants_inner;
    n.inner = field_intern(n.sink.fields, S("AuditData"));
    read_all(S(M365 "x,\"{\"\"Id\"\":1}\",o,7\nx,,o,8\nx,{},o,9\n"), &n);
    assert_true(str_eq(buf_str(&n.text), S("1@35+18{Id=n:1;AuditData=i:{\"Id\":1};RecordType=t:x;Operations=t:o} "
                                           "2@54+6{RecordType=t:x;AuditData=t:;Operations=t:o;Id=t:8} "
                                           "3@61+8{AuditData=i:{};RecordType=t:x;Operations=t:o;Id=t:9} ")));
    notes_close(&n);
}

static void too_many_values_are_cut_and_told(void **state) {
    static const struct {
        size_t members;
        uint64_t damages;
    } cases[] = {{8189, 0}, {8190, 1}, {9000, 2}};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf text = {0};

        buf_add(&text, S(M365 "x,\"{"));
        for (size_t member = 0; member < cases[i].members; member++)
            buf_format(&text, "%s\"\"m%zu\"\":1", member ? "," : "", member);
        buf_add(&text, S("}\",o,7\n"));
        struct notes const n = counted(&csv_reader, buf_str(&text), 0);

        assert_int_equal(n.records, 1);
        assert_int_equal(n.damages, cases[i].damages);
        buf_free(&text);
    }
}

/* ------------------------------------------------------------------ tables without header line */

#define TABLES                                                                                                         \
    "table: x/calls\nleast: 3\ncolumns: [who, {at: time}, {secs: number}, note, '-']\n"                                \
    "---\ntable: x/states\ncolumns: [{at: time}, who, {state: [ON, OFF]}]\n"                                           \
    "---\ntable: x/queries\nseparator: ','\nquotes: false\nwide: text\ncolumns: [{at: time}, text, {code: number}]\n"  \
    "---\ntable: x/last\nseparator: ';'\ncolumns: [{a: number}, {b: unix}]\n"
#define CALL "ann,2021-03-14 07:12:03,5\n" /* 26 bytes */

static const struct {
    const char *name;
    str bytes;
    const char *notes; /* NULL: nobody's */
} described[] = {
    {"one row", STR(CALL), "1@0+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "},
    {"without line end", STR("ann,2021-03-14 07:12:03,5"),
     "1@0+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "},
    {"rows of several lengths; a column without name", STR(CALL "bob,2021-03-14 07:12:03,5,\"x, y\",z\r\n"),
     "1@0+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "2@26+34{who=t:bob;at=t:2021-03-14 07:12:03;secs=t:5;note=t:x, y;_table=t:x/calls} "},
    {"another separator", STR("ann|2021-03-14 07:12:03|5\n"),
     "1@0+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "},
    {"blanks behind separators", STR("ann, 2021-03-14 07:12:03, 5\n"),
     "1@0+27{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "},
    {"byte order mark", STR("\xef\xbb\xbf" CALL),
     "1@3+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "},
    {"the separator is told", STR("sep=,\n" CALL),
     "1@6+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "},
    {"one of some words", STR("2021-03-14 07:12:03,ann,on\n"),
     "1@0+26{at=t:2021-03-14 07:12:03;who=t:ann;state=t:on;_table=t:x/states} "},
    {"a wide column", STR("2021-03-14 07:12:03,'a, \"b, c',0\n2021-03-14 07:12:03,x,1\n"),
     "1@0+32{at=t:2021-03-14 07:12:03;text=t:'a, \"b, c';code=t:0;_table=t:x/queries} "
     "2@33+23{at=t:2021-03-14 07:12:03;text=t:x;code=t:1;_table=t:x/queries} "},
    {"of two that fit, the one for more rows", STR("2021-03-14 07:12:03,a,OFF\n2021-03-14 07:12:03,b,ON\n"),
     "1@0+25{at=t:2021-03-14 07:12:03;who=t:a;state=t:OFF;_table=t:x/states} "
     "2@26+24{at=t:2021-03-14 07:12:03;who=t:b;state=t:ON;_table=t:x/states} "},
    {"Unix time last", STR("5;1615686019\n"), "1@0+12{a=t:5;b=t:1615686019;_table=t:x/last} "},
    {"a row that is not like the others is a row", STR(CALL CALL "ann,never,x\n"),
     "1@0+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "2@26+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "3@52+11{who=t:ann;at=t:never;secs=t:x;_table=t:x/calls} "},
    {"too few fields", STR(CALL CALL "a,b\n"),
     "1@0+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "2@26+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "!52+4(fewer fields than columns) "},
    {"too many fields", STR(CALL CALL "1,2,3,4,5,6\n"),
     "1@0+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "2@26+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "!52+12(more fields than columns) "},
    {"it begins within a row", STR("\"x\"y,5\n" CALL CALL),
     "!0+7(a byte behind a closing quote) 2@7+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "3@33+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "},
    {"a byte behind a quote", STR(CALL CALL "\"x\"y,1,2\n"),
     "1@0+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "2@26+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5;_table=t:x/calls} "
     "!52+9(a byte behind a closing quote) "},
    {"a header line comes first", STR("who,at,secs\n" CALL), "1@12+25{who=t:ann;at=t:2021-03-14 07:12:03;secs=t:5} "},

    {"nothing", STR(""), NULL},
    {"a date without time", STR("ann,2021-03-14,5\n"), NULL},
    {"no number", STR("ann,2021-03-14 07:12:03,five\n"), NULL},
    {"no such word", STR("2021-03-14 07:12:03,ann,maybe\n"), NULL},
    {"too few columns", STR("ann,2021-03-14 07:12:03\n"), NULL},
    {"too many columns", STR("ann,2021-03-14 07:12:03,5,6,7,8\n"), NULL},
    {"half of the rows only", STR(CALL "x,y,z\n"), NULL},
    {"the separator of another table", STR("5,1615686019\n"), NULL},
    {"a separator that is not the one told", STR("sep=;\n" CALL), NULL},
    {"prose", STR("It was late, she said, and went.\nNobody knew, at 07:12, why.\n"), NULL},
};

static void tables_without_header_line(void **state) {
    int failed = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(described); i++) {
        struct kinds *kinds;
        struct err e = {0};
        struct notes n;

        notes_open(&n);
        if (!kinds_new(&kinds, n.sink.fields, &e) || !kinds_load_text(kinds, S("k.yml"), S(TABLES), false, &e) ||
            !kinds_seal(kinds, &e))
            fail_msg("%s", e.text);
        bool const ours = csv_reader.described(described[i].bytes, kinds);

        n.sink.kinds = kinds;
        read_all(described[i].bytes, &n);
        if (ours != (described[i].notes != NULL) ||
            !str_eq(buf_str(&n.text), ours ? str_of(described[i].notes) : S("!0+0(no header line) "))) {
            printf("%s: %d\n  %.*s\nis not\n  %s\n", described[i].name, ours, STR_ARG(buf_str(&n.text)),
                   described[i].notes ? described[i].notes : "nobody's");
            failed++;
        }
        kinds_free(kinds);
        notes_close(&n);
    }
    assert_int_equal(failed, 0);
}

/* ------------------------------------------------------------------ show */

static const struct shown shown[] = {
    {STR(HEAD ROW "4,5,6\n"), 6, "a: 1\nb: 2\nc: 3"},
    {STR(HEAD ROW "4,5,6"), 12, "a: 4\nb: 5\nc: 6"},
    {STR("\xef\xbb\xbf#TYPE x\r\n" HEAD ROW), 18, "a: 1\nb: 2\nc: 3"},
    {STR(HEAD "\"x\"\"\",\"\"\"\"\"\",\"1\nc: 2\n\"\n"), 6, "a: x\"\nb: \"\"\nc: 1\n    c: 2\n    "},
    {STR(HEAD "1,,3,\n"), 6, "a: 1\nb: \nc: 3"},
    {STR(HEAD "\0\0" ROW), 8, "a: 1\nb: 2\nc: 3"},
    {STR(UTF16_HEAD "1\0,\0\xe4\0,\0003\0\n\0"), 14, "a: 1\nb: \xc3\xa4\nc: 3"},
    {STR(UTF16_HEAD "1\0,\0\xe4\0,\0003\0\n\0"), 15, NULL},
    {STR(HEAD ROW "4,5,6\n"), 0, NULL},
    {STR(HEAD ROW "4,5,6\n"), 5, NULL},
    {STR(HEAD ROW "4,5,6\n"), 7, NULL},
    {STR(HEAD ROW "4,5,6\n"), 18, NULL},
    {STR(HEAD ROW "4,5,6\n"), 1000, NULL},
    {STR(HEAD ROW ROW ROW "4,5\n"), 24, NULL},
    {STR(HEAD ROW ROW ROW "4,\"5\n"), 24, NULL},
    {STR(HEAD ROW "\n" ROW), 12, NULL},
    {STR("no table\n"), 0, NULL},
    {STR(""), 0, NULL},
    /* without header line: by number */
    {STR(CALL CALL), 0, "1: ann\n2: 2021-03-14 07:12:03\n3: 5"},
    {STR(CALL "b,\"x, y\"\n"), 26, "1: b\n2: x, y"},
    {STR("\xef\xbb\xbf" CALL), 3, "1: ann\n2: 2021-03-14 07:12:03\n3: 5"},
    {STR("a;b,c;d\n"), 0, "1: a\n2: b,c\n3: d"},
    {STR("\"a\"b,c\n"), 0, "1: \"a\"b\n2: c"}, /* a quote that makes no row */
    {STR(CALL CALL), 5, NULL},
    {STR(CALL CALL), 52, NULL},
    {STR(CALL "x\n"), 26, NULL},
};

/* ------------------------------------------------------------------ parts */

/* Cut at every byte into two, and into parts of every size: each row and each damage is told once, and alike. */
static void parts_of_every_size_give_the_whole(void **state) {
    static const str texts[] = {
        STR(HEAD SOUND "x,\"1,2,3\n4,5,6\n\",\"\"\"\"\n\n\0\0" ROW "1,2\n\"1\"x\n\0\0\n1,\xff,\0\r\n\"7\n8,9,10\n"),
        STR(M365 "x,\"{\"\"a\"\":\n1}\",o,7\nx,{,o,7\nx,,o,7\nx,,o,7\nx,\"\n\n\",o,7\nx,\"open,o,7\nx,,o,7"),
        STR("\xef\xbb\xbf#TYPE x\n" HEAD SOUND "1,2\n" ROW "\r"),
        STR(UTF16_HEAD
            "1\0,\0002\0,\0003\0\n\0001\0,\0\"\0\n\0\"\0,\0\x3d\xd8\n\0\0\0\0\0001\0,\0002\0,\0003\0\n\0\0\0x"),
        STR("no table\n"),
    };
    (void)state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct notes all;

        notes_open(&all);
        read_all(texts[i], &all);
        assert_true(all.damages > 0);
        for (size_t size = 1; size <= texts[i].len; size++)
            for (int twice = 0; twice < 2; twice++) { /* parts of this size; two parts, cut there */
                struct notes parts;

                notes_open(&parts);
                for (uint64_t from = 0; from < texts[i].len; from += twice ? texts[i].len : size) {
                    struct part const part = {from, twice ? size : from + size};

                    read_into(&csv_reader, texts[i], part, size % 7, &parts);
                }
                if (twice)
                    read_into(&csv_reader, texts[i], (struct part){size, UINT64_MAX}, 0, &parts);
                if (!str_eq(buf_str(&all.text), buf_str(&parts.text)))
                    fail_msg("text %zu, size %zu: %.*s instead of %.*s", i, size, STR_ARG(buf_str(&parts.text)),
                             STR_ARG(buf_str(&all.text)));
                notes_close(&parts);
            }
        notes_close(&all);
    }
}

/* Rows that lie across the ends of windows, with the largest fields in quotes. */
static void rows_across_windows(void **state) {
    struct buf text = {0};
    size_t rows = 0;
    (void)state;

    buf_add(&text, S("a,b,c,d\r\n"));
    while (text.len < (size_t)9 << 20) {
        size_t const size = rows % 50 == 49 ? (size_t)3 << 19 : rows * 7919 % 5000;

        buf_add(&text, rows % 3 ? S("1,2,\"") : S("\"\"\"1\",2,\""));
        for (size_t i = 0; i < size; i++)
            buf_add(&text, i % 61 ? S("x") : S("\"\",\r\n"));
        buf_add(&text, S("\",\r\n"));
        rows++;
    }
    struct notes const n = counted(&csv_reader, buf_str(&text), 0);

    assert_int_equal(n.records, rows);
    assert_int_equal(n.damages, 0);
    buf_free(&text);
}

/* ------------------------------------------------------------------ hostile sources */

/* Half a gigabyte without a line end needs no more memory than one row may. */
static void endless_lines_need_bounded_memory(void **state) {
    static const struct {
        str head;
        char fill;
        uint64_t records, damages, damaged;
    } cases[] = {
        {STR(HEAD SOUND), '\n', 6, 0, 0},
        {STR(HEAD SOUND), '\0', 6, 1, ((uint64_t)1 << 29) - 42},
        {STR(HEAD SOUND), 'x', 6, 1, ((uint64_t)1 << 29) - 42},
        {STR(HEAD SOUND), ',', 6, 1, ((uint64_t)1 << 29) - 42},
        {STR(HEAD SOUND "\""), 'x', 6, 1, ((uint64_t)1 << 29) - 42},
        {STR(HEAD SOUND "1,2,\"\n"), '\n', 6, 1, 6},
        {STR(HEAD SOUND "1,2,\""), '"', 6, 1, ((uint64_t)1 << 29) - 42},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        endless_is_bounded(&csv_reader, cases[i].head, cases[i].fill, (uint64_t)1 << 29, cases[i].records,
                           cases[i].damages, cases[i].damaged);
}

static void a_row_of_16_mib_is_the_largest(void **state) {
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        size_t const size = ((size_t)16 << 20) + over; /* with its line end */
        struct buf text = {0};

        buf_add(&text, S(HEAD SOUND "1,2,"));
        fill(&text, 'x', size - 5);
        buf_add(&text, S("\n" ROW));
        struct notes const n = counted(&csv_reader, buf_str(&text), 0);

        assert_int_equal(n.records, over ? 7 : 8);
        assert_int_equal(n.damages, over);
        assert_int_equal(n.damaged, over ? size : 0);
        buf_free(&text);
    }
}

/* A large row is read in a large window; the small one at that window's end is whole in the next. */
static void rows_behind_a_large_one(void **state) {
    size_t const large = (size_t)9 << 20, count = ((size_t)9 << 20) / (sizeof ROW - 1);
    struct buf text = {0};
    (void)state;

    buf_add(&text, S(HEAD SOUND "1,2,"));
    fill(&text, 'x', large - 5);
    buf_byte(&text, '\n');
    for (size_t i = 0; i < count; i++)
        buf_add(&text, S(ROW));
    for (size_t more = 0; more < 2; more++) { /* and where the source gives all it has at once */
        struct notes const n = counted(&csv_reader, buf_str(&text), more << 26);

        assert_int_equal(n.records, 7 + count);
        assert_int_equal(n.damages, 0);
    }
    buf_free(&text);
}

static void columns_are_bounded(void **state) {
    (void)state;
    for (size_t count = 2047; count < 2050; count++) {
        struct buf text = {0};

        for (int row = 0; row < 2; row++)
            for (size_t i = 0; i < count; i++)
                buf_format(&text, "c%zu%c", i, i + 1 < count ? ',' : '\n');
        assert_int_equal(csv_reader.looks_like(buf_str(&text)), count <= 2048);
        if (count == 2048) {
            struct notes const n = counted(&csv_reader, buf_str(&text), 0);

            assert_int_equal(n.records, 1);
            assert_int_equal(n.damages, 0);
        }
        buf_free(&text);
    }
}

/* ------------------------------------------------------------------ memory that runs out */

/* A plain row, and UTF-16; a record in a cell is the promises'. */
static void every_allocation_may_fail(void **state) {
    static const struct {
        str text;
        uint64_t at;
    } cases[] = {
        {STR(HEAD "1,\"\"\"\",3\n"), 6},
        {STR("\xfe\xff\0a\0,\0b\0,\0c\0\n\0001\0,\0002\0,\0003\0\n"), 14},
    };
    (void)state;
    REFUSE_OR_SKIP();

    for (size_t i = 0; i < COUNT(cases); i++)
        for (int show = 0; show < 2; show++)
            assert_true(refused_everywhere(&csv_reader, cases[i].text, 1, show, cases[i].at, false) > 2);
}

/* ------------------------------------------------------------------ a real export */

/* The shared data's file, unpacked; empty: it is not there. */
static struct buf unpacked(const char *name) {
    const char *const shared = getenv("LONGWATCH_SHARED") ? getenv("LONGWATCH_SHARED") : "../shared";
    struct decompressor *const d = decompressor_new(COMPRESSION_ZSTD, (size_t)1 << 27);
    struct file_input f = {.fd = -1};
    struct buf bytes = {0};
    struct err e = {0};
    char path[512];
    bool ended = false;
    str packed;

    assert_non_null(d);
    snprintf(path, sizeof path, "%s/data/m365/%s", shared, name);
    if (file_input_open(&f, path, &e)) {
        assert_true(f.input.window(&f.input, 0, INPUT_WANT_MAX, &packed, &e));
        while (!ended) {
            size_t written;

            assert_non_null(buf_reserve(&bytes, 1 << 20));
            assert_true(decompress(d, &packed, bytes.ptr + bytes.len, 1 << 20, &written, &ended, &e));
            bytes.len += written;
        }
    }
    file_input_close(&f);
    decompressor_free(d);
    return bytes;
}

#define IDS_MAX 8192

struct export {
    struct event_sink sink;
    field_id id, audit_data;
    uint64_t rows, without, damages;
    size_t ids;
    struct {
        char id[40];
        struct buf values; /* each as "type inner name=text" and a zero byte */
    } records[IDS_MAX];
};

static void values_add(const struct export *x, const struct record *r, struct buf *out) {
    for (uint32_t i = 0; i < r->count; i++) {
        buf_byte(out, letters[r->values[i].type]);
        buf_byte(out, r->values[i].inner ? 'i' : ' ');
        buf_add(out, field_name(x->sink.fields, r->values[i].field));
        buf_byte(out, '=');
        buf_add(out, (str){r->values[i].ptr, r->values[i].len});
        buf_byte(out, '\0');
    }
}

static bool export_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct export *const x = (struct export *)(void *)sink;
    struct buf values = {0};
    str id = S("");
    size_t at = 0;
    (void)e;

    x->rows++;
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->values[i].field == x->id)
            id = (str){r->values[i].ptr, r->values[i].len};
        x->without += r->values[i].field == x->audit_data && r->values[i].len == 0;
    }
    if (id.len == 0)
        return true;
    values_add(x, r, &values);
    while (at < x->ids && !str_eq(str_of(x->records[at].id), id))
        at++;
    if (at == x->ids) {
        assert_true(at < IDS_MAX && id.len < sizeof x->records[at].id);
        memcpy(x->records[at].id, id.ptr, id.len);
        x->records[at].values = values;
        x->ids++;
    } else
        buf_free(&values); /* the same search was run twice */
    return true;
}

static void export_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)offset;
    (void)size;
    (void)why;
    ((struct export *)(void *)sink)->damages++;
}

static struct export *export_of(const struct reader *reader, str bytes) {
    struct export *const x = calloc(1, sizeof *x);
    struct bytes_input in = {.input = {bytes_window, bytes.len}, .all = bytes};
    struct err e = {0};

    assert_non_null(x);
    x->sink = (struct event_sink){.fields = fields_new(), .record = export_record, .damage = export_damage};
    assert_non_null(x->sink.fields);
    x->id = field_intern(x->sink.fields, S("Id"));
    x->audit_data = field_intern(x->sink.fields, S("AuditData"));
    assert_true(csv_reader.looks_like(str_first(bytes, 65536)) == (reader == &csv_reader));
    assert_true(reader->read(&in.input, whole, &x->sink, &e));
    free(in.copy);
    return x;
}

static void export_free(struct export *x) {
    for (size_t i = 0; i < x->ids; i++)
        buf_free(&x->records[i].values);
    fields_free(x->sink.fields);
    free(x);
}

/* Rows and distinct Ids as the reference counts them; and each record as its JSON alone gives it, before its columns. */
static void an_export_gives_what_its_json_gives(void **state) {
    struct buf table = unpacked("dutchmasterz-ual.csv.zst"), lines = unpacked("dutchmasterz-ual.auditdata.ndjson.zst");
    (void)state;

    if (!table.len || !lines.len) {
        buf_free(&table);
        buf_free(&lines);
        print_message("SKIP: no shared data\n");
        skip();
    }
    struct export *const csv = export_of(&csv_reader, buf_str(&table)), *const json =
                                                                            export_of(&json_reader, buf_str(&lines));

    assert_int_equal(csv->rows, 5381);
    assert_int_equal(csv->without, 3);
    assert_int_equal(csv->damages, 0);
    assert_int_equal(csv->ids, 3414);
    assert_int_equal(json->rows, 3414);
    assert_int_equal(json->ids, 3414);
    for (size_t i = 0; i < json->ids; i++) {
        size_t at = 0;

        while (at < csv->ids && strcmp(csv->records[at].id, json->records[i].id) != 0)
            at++;
        assert_true(at < csv->ids);
        if (!str_starts(buf_str(&csv->records[at].values), buf_str(&json->records[i].values)))
            fail_msg("record %s differs", json->records[i].id);
    }
    export_free(csv);
    export_free(json);
    buf_free(&table);
    buf_free(&lines);
}

static const struct promises promises = {
    .reader = &csv_reader,
    .heads = heads,
    .head_count = COUNT(heads),
    .shown = shown,
    .shown_count = COUNT(shown),
    .busy = STR(M365 "x,\"{\"\"a\"\":\"\"\\n\"\",\"\"b\"\":[1]}\",o,7\nx,,o,7\n"),
    .at = 35,
    .records = 2,
    .refusals = 2,
};

int main(void) {
    const struct CMUnitTest tests[] = {
        PROMISE(heads_are_told_from_others, &promises),
        PROMISE(show_gives_the_record, &promises),
        PROMISE(a_sink_may_stop, &promises),
        PROMISE(an_input_may_fail_anywhere, &promises),
        PROMISE(memory_may_run_out_anywhere, &promises),
        PROMISE(names_without_room_are_told, &promises),
        cmocka_unit_test(a_first_row_larger_than_the_head),
        cmocka_unit_test(sources_of_many_shapes),
        cmocka_unit_test(what_nobody_wants_is_left_out),
        cmocka_unit_test(a_cell_may_hold_the_record),
        cmocka_unit_test(long_cells_without_record_are_kept),
        cmocka_unit_test(rows_forget_each_other),
        cmocka_unit_test(too_many_values_are_cut_and_told),
        cmocka_unit_test(tables_without_header_line),
        cmocka_unit_test(parts_of_every_size_give_the_whole),
        cmocka_unit_test(rows_across_windows),
        cmocka_unit_test(endless_lines_need_bounded_memory),
        cmocka_unit_test(a_row_of_16_mib_is_the_largest),
        cmocka_unit_test(rows_behind_a_large_one),
        cmocka_unit_test(columns_are_bounded),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(an_export_gives_what_its_json_gives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
