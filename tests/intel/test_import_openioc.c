/* test_import_openioc: both versions, terms, conditions, what AND and OR come to, and what no pattern can say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import_show.h"

#define IOC(definition)                                                                                                \
    "<?xml version=`1.0`?>\n<ioc xmlns=`http://schemas.mandiant.com/2010/ioc` id=`doc` "                               \
    "last-modified=`2013-01-02T00:00:00`>"                                                                             \
    "<short_description>short</short_description><description>long</description><authored_by>who</authored_by>"        \
    "<authored_date>2013-01-01T00:00:00</authored_date><links><link rel=`report` href=`https://r.example/1`/>"         \
    "<link rel=`threatgroup`>APT1</link><link rel=`family`>F</link><link rel=`grade`>good</link></links>"              \
    "<definition>" definition "</definition></ioc>"
#define OR(members) "<Indicator operator=`OR` id=`o`>" members "</Indicator>"
#define AND(members) "<Indicator operator=`AND` id=`a`>" members "</Indicator>"
#define TERM_AS(condition, search, content, more)                                                                      \
    "<IndicatorItem id=`i` condition=`" condition "`" more "><Context document=`D` search=`" search                    \
    "` type=`mir`/><Content type=`string`>" content "</Content></IndicatorItem>"
#define TERM(condition, search, content) TERM_AS(condition, search, content, "")
#define NAME(content) TERM("is", "FileItem/FileName", content)
#define MD5 "0123456789abcdef0123456789abcdef"
#define FIRST "item IndicatorItem 1 "
#define PATTERN "item Indicator 2 pattern "

static const struct show_case cases[] = {
    {"all that it says", IOC(OR(NAME("a.exe"))), NULL,
     FIRST "file-name a.exe id=i title=short comment=long created=2013-01-01T00:00:00Z modified=2013-01-02T00:00:00Z "
           "groups=APT1 malware=F origins=doc,who,https://r.example/1\n",
     true, false},
    {"1.1",
     "<OpenIOC xmlns=`http://openioc.org/schemas/OpenIOC_1.1` "
     "id=`doc`><metadata><short_description>s</short_description></metadata>"
     "<criteria>" OR(
         TERM_AS("is", "FileItem/Md5sum", MD5, " preserve-case=`false` negate=`false`")) "</criteria></OpenIOC>",
     "title", FIRST "md5 " MD5 " title=s\n", true, false},
    {"prefixes of names",
     "<i:OpenIOC xmlns:i=`http://openioc.org/schemas/OpenIOC_1.1`><i:criteria><i:Indicator operator=`OR`>"
     "<i:IndicatorItem condition=`is`><i:Context "
     "search=`Network/DNS`/><i:Content>a.example</i:Content></i:IndicatorItem>"
     "</i:Indicator></i:criteria></i:OpenIOC>",
     "", FIRST "domain a.example\n", true, false},
    {"a comment of its own; references undone",
     IOC(OR("<IndicatorItem condition=`is`><Context search=`Network/UserAgent`/><Content>a &amp; "
            "b</Content><Comment>c</Comment></IndicatorItem>")),
     "comment", FIRST "user-agent a & b comment=c\n", true, false},
    {"members of an OR",
     IOC(OR(NAME("a.exe") TERM("is", "FileItem/Sha256sum", MD5 MD5) TERM("is", "PortItem/remoteIP", "192.0.2.1")
                TERM("is", "TaskItem/Name", "at1"))),
     "",
     FIRST "file-name a.exe\nitem IndicatorItem 2 sha256 " MD5 MD5
           "\nitem IndicatorItem 3 address 192.0.2.1\nitem IndicatorItem 4 service at1\n",
     true, false},
    {"a host that something contains: it and the names below",
     IOC(OR(TERM("contains", "Network/DNS", "a.example.com"))), "", FIRST "domain a.example.com\n", true, false},
    {"a part of a host", IOC(OR(TERM("contains", "Network/DNS", "evil"))), "",
     FIRST "pattern [domain-name:value MATCHES '(?i)evil']\n", true, false},
    {"a part of a path, taken literally", IOC(OR(TERM("contains", "FileItem/FullPath", "\\a_b\\c.d"))), "",
     FIRST "pattern [file:path MATCHES '(?i)\\\\\\\\a_b\\\\\\\\c\\\\.d']\n", true, false},
    {"begins, ends, keeps its case, matches",
     IOC(OR(TERM("starts-with", "FileItem/FileName", "x") TERM("ends-with", "FileItem/FileName", "y") TERM_AS(
         "contains", "FileItem/FileName", "Z", " preserve-case=`true`") TERM("matches", "FileItem/FileName", "a.+b"))),
     "",
     FIRST "pattern [file:name MATCHES '(?i)^x']\nitem IndicatorItem 2 pattern [file:name MATCHES '(?i)y\\\\z']\n"
           "item IndicatorItem 3 pattern [file:name MATCHES 'Z']\nitem IndicatorItem 4 pattern [file:name MATCHES "
           "'(?i)a.+b']\n",
     true, false},
    {"an AND of one is that one", IOC(OR(AND(NAME("a.exe")))), "", FIRST "file-name a.exe\n", true, false},
    {"an AND about one file", IOC(OR(AND(NAME("a.exe") TERM("is", "FileItem/SizeInBytes", "7")))), "",
     PATTERN "[file:name = 'a.exe' AND file:size = 7]\n", true, false},
    {"with a choice in it", IOC(OR(AND(TERM("greater-than", "FileItem/SizeInBytes", "7") OR(NAME("a'b") NAME("c"))))),
     "", PATTERN "[file:size > 7 AND (file:name = 'a\\'b' OR file:name = 'c')]\n", true, false},
    {"about two kinds of things",
     IOC(OR(AND(NAME("a.exe") TERM("is", "Network/DNS", "a.example") TERM("is", "FileItem/Md5sum", MD5)))), "",
     PATTERN "[file:name = 'a.exe' AND file:hashes.MD5 = '" MD5 "'] AND [domain-name:value = 'a.example']\n", true,
     false},
    {"a choice between two kinds of things",
     IOC(OR(AND(TERM("is", "FileItem/SizeInBytes", "7") OR(NAME("a") TERM("is", "Network/DNS", "a.example"))))), "",
     PATTERN "[file:size = 7] AND ([file:name = 'a'] OR [domain-name:value = 'a.example'])\n", true, false},
    {"something must be otherwise",
     IOC(OR(AND(NAME("a.exe") TERM("isnot", "FileItem/FileName", "b") TERM("containsnot", "FileItem/FullPath", "c")))),
     "", PATTERN "[file:name = 'a.exe' AND file:name != 'b' AND file:path NOT MATCHES '(?i)c']\n", true, false},
    {"negated twice is not negated", IOC(OR(TERM_AS("isnot", "FileItem/FileName", "a.exe", " negate=`true`"))), "",
     FIRST "file-name a.exe\n", true, false},
    /* Left out. */
    {"a term that no log has", IOC(OR(TERM("is", "FileItem/PEInfo/Type", "x") NAME("a.exe"))), "",
     "out IndicatorItem 1 x: nothing in logs corresponds to FileItem/PEInfo/Type\nitem IndicatorItem 2 file-name "
     "a.exe\n",
     true, false},
    {"half of an AND would find too much", IOC(OR(AND(NAME("svchost.exe") TERM("is", "FileItem/PEInfo/Type", "x")))),
     "",
     "out Indicator 2 FileItem/PEInfo/Type: logs and patterns have nothing for it: no pattern says it, and less than "
     "all of it would find too "
     "much\n",
     true, false},
    {"what must not be there, alone", IOC(OR(TERM("isnot", "FileItem/FileName", "a.exe"))), "",
     "out IndicatorItem 1 a.exe: it says by itself what must not be there\n", true, false},
    {"what must not be there, of another kind", IOC(OR(AND(NAME("a") TERM("isnot", "Network/DNS", "a.example")))), "",
     "out Indicator 2 : it says of a kind of things only what must not be there\n", true, false},
    {"what must not be there, as a choice",
     IOC(OR(AND(NAME("a") OR(NAME("b") TERM("isnot", "FileItem/FileName", "c"))))), "",
     "out Indicator 2 : what must not be there stands as one of several choices: no pattern says it, and less than all "
     "of it would find too "
     "much\n",
     true, false},
    {"a number that is none", IOC(OR(AND(NAME("a") TERM("is", "FileItem/SizeInBytes", "1 TO 2")))), "",
     "out Indicator 2 FileItem/SizeInBytes: its content is no number: no pattern says it, and less than all of it "
     "would find too much\n",
     true, false},
    {"a condition that there is not", IOC(OR(TERM("resembles", "FileItem/FileName", "a"))), "",
     "out IndicatorItem 1 FileItem/FileName: its condition is not known: no pattern says it, and less than all of it "
     "would find too much\n",
     true, false},
    {"no content", IOC(OR(NAME(""))), "", "out IndicatorItem 1 FileItem/FileName: it has no content\n", true, false},
    {"an empty group", IOC(OR(AND("") NAME("a.exe"))), "",
     "out Indicator 2 a: an empty group\n" FIRST "file-name a.exe\n", true, false},
    {"nothing in it", IOC(""), "", "out  doc: no indicators are in it\n", true, false},
    {"a value that is none", IOC(OR(TERM("is", "Network/DNS", "two words"))), "",
     "out IndicatorItem 1 two words: not a host name\n", true, false},
    /* Refused. */
    {"an operator that there is not", IOC("<Indicator operator=`XOR`>" NAME("a") "</Indicator>"), "",
     "error: Indicator 1: an operator", false, false},
    {"entities of its own", "<!DOCTYPE a [<!ENTITY x `y`>]>" IOC(OR(NAME("&x;"))), "", "error: it is no XML from byte",
     false, false},
    {"ends too early", "<ioc><definition>" OR(NAME("a")), "", "error: it is no XML from byte", false, false},
    {"elements that cross", "<ioc><IndicatorItem></ioc></IndicatorItem>", "", "error: it is no XML from byte", false,
     false},
    {"something else", "<a/>", "", "error: no OpenIOC is in it", false, false},
};

static void cases_are_read(void **state) {
    size_t bad = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        bad += !show_is(&cases[i], "openioc");
    assert_int_equal(bad, 0);
}

/* A file of many. */
static void many_in_one(void **state) {
    static const struct show_case many = {
        "many",
        "<iocs><ioc id=`1`>" OR(NAME("a.exe")) "</ioc><ioc id=`2`>" NAME("b.exe") OR(NAME("c.exe"))
            OR(NAME("d.exe")) "</ioc></iocs>",
        "origins",
        "item IndicatorItem 1 file-name a.exe origins=1\nitem IndicatorItem 2 file-name b.exe origins=2\n"
        "item IndicatorItem 3 file-name c.exe origins=2\nitem IndicatorItem 4 file-name d.exe origins=2\n",
        true,
        false};

    (void)state;
    assert_true(show_is(&many, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases_are_read), cmocka_unit_test(many_in_one)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
