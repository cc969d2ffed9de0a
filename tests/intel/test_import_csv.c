/* test_import_csv: tables of indicators as CERTs, platforms and feeds write them; columns with names and without; each row is an item or has
 * a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../refuse.h"
#include "intel/import_own.h"
#include "import_show.h"

#define HEX_32 "0123456789abcdef0123456789abcdef"
#define HEX_40 HEX_32 "01234567"
#define HEX_64 HEX_32 HEX_32
#define ID "3fa85f64-5717-4562-b3fc-2c963f66afa6"

static const struct {
    const char *name;
    str text;
    int sure;
    const char *told;
} cases[] = {
    {"what a CERT sends",
     STR("indicator,type,first_seen,last_seen,tlp,confidence,comment\n"
         "198.51.100.7,ipv4,2021-07-01,2021-07-20T10:00:00Z,TLP:AMBER,80,router\n"
         "evil[.]example,domain,,,green,high,\"bad, very\"\n"
         "hxxp://evil[.]example/x,url,,,WHITE,,\n" HEX_64 ",sha256,,,amber+strict,low,\n"),
     3,
     "item line 2 address 198.51.100.7 comment=router first=2021-07-01T00:00:00Z last=2021-07-20T10:00:00Z "
     "confidence=80 tlp=TLP:AMBER\n"
     "item line 3 domain evil.example raw=evil[.]example comment=bad, very confidence=85 tlp=TLP:GREEN\n"
     "item line 4 url http://evil.example/x raw=hxxp://evil[.]example/x tlp=TLP:CLEAR\n"
     "item line 5 sha256 " HEX_64 " confidence=15 tlp=TLP:AMBER+STRICT\n"},
    {"semicolons, byte order mark, CRLF",
     STR("\xef\xbb\xbfIOC;Typ;Kommentar\r\n198.51.100.7;IP;a\r\nexample.org;Domain;b\r\n"), 3,
     "item line 2 address 198.51.100.7 comment=a\n"
     "item line 3 domain example.org comment=b\n"},
    {"tabs", STR("Value\tDescription\nexample.org\tx\n"), 3, "item line 2 domain example.org comment=x\n"},
    {"bars", STR("ioc|note\nexample.org|x\n"), 3, "item line 2 domain example.org comment=x\n"},
    {"Excel says the separator", STR("sep=;\nioc;note\nexample.org;x, y\n"), 3,
     "item line 3 domain example.org comment=x, y\n"},
    {"one column with a name", STR("domain\nexample.org\nexample.net\n"), 3,
     "item line 2 domain example.org\n"
     "item line 3 domain example.net\n"},
    {"columns with types",
     STR("date,ip,port,domain,md5,filename\n2021-07-01,198.51.100.7,443,example.org," HEX_32
         ",x.exe\n,,,,,y.exe\n,,,,,\n,-,N/A,none,null,\n"),
     3,
     "item line 2 address 198.51.100.7 created=2021-07-01T00:00:00Z port=443\n"
     "item line 2 domain example.org created=2021-07-01T00:00:00Z port=443\n"
     "item line 2 md5 " HEX_32 " created=2021-07-01T00:00:00Z port=443\n"
     "item line 3 file-name y.exe\n"
     "out line 4 ,,,,,: no value in it that could be looked for\n"
     "out line 5 ,-,N/A,none,null,: no value in it that could be looked for\n"},
    {"who and what",
     STR("ioc,threat_actor,campaign,malware,ttp,reference,threat_type,pap\n"
         "example.org,\"['Blue Rook', 'Ring']\",Autumn,Loader; Dropper,\"T1059.003 (x), T1566\",see "
         "https://a.example/r.,C2,PAP:AMBER\n"
         "example.net,,,,XT1059 T10,no link,other,\n"),
     3,
     "item line 2 domain example.org pap=PAP:AMBER nature=operation groups=Blue Rook,Ring campaigns=Autumn "
     "malware=Loader,Dropper techniques=T1059.003,T1566 origins=https://a.example/r\n"
     "item line 3 domain example.net\n"},
    {"markings that are not understood", STR("ioc,tlp\nexample.org,secret\nexample.net,TLP:EX:CHR\na.example,\n"), 3,
     "item line 2 domain example.org tlp=unknown\n"
     "item line 3 domain example.net tlp=unknown\n"
     "item line 4 domain a.example\n"},
    {"types that cannot be looked for",
     STR("value,type\n3:abc:def,ssdeep\nCVE-2021-1,vulnerability\nrule x "
         "{},yara\nexample.org,what\nword,what\nword,hash\n"),
     3,
     "out line 2 3:abc:def: its type is none that can be looked for in logs\n"
     "out line 3 CVE-2021-1: its type is none that can be looked for in logs\n"
     "out line 4 rule x {}: its type is none that can be looked for in logs\n"
     "item line 5 domain example.org\n"
     "out line 6 word: it is not clear what it is\n"
     "out line 7 word: it is not clear what it is\n"},
    {"types that are wrong",
     STR("value,type\n198.51.100.7,domain\nhttp://example.org/x,domain\n" HEX_40 ",md5\n198.51.100.0/24,ip\n"
         "example.org:8080,domain\nexample.org,sha256\nC:\\x.exe,filename\n"),
     3,
     "item line 2 address 198.51.100.7\n"
     "item line 3 url http://example.org/x\n"
     "item line 4 sha1 " HEX_40 "\n"
     "item line 5 network 198.51.100.0/24\n"
     "item line 6 domain example.org port=8080\n"
     "out line 7 example.org: not 64 hexadecimal digits\n"
     "item line 8 file-path C:\\x.exe\n"},
    {"many in one cell",
     STR("ioc,type\n\"198.51.100.7\n198.51.100.8\",ip\n\"a.example; b[.]example\",domain\n\"a.example and "
         "others\",domain\nc.example,domain\n"),
     3,
     "item line 2 address 198.51.100.7\n"
     "item line 2 address 198.51.100.8\n"
     "item line 4 domain a.example\n"
     "item line 4 domain b.example raw=b[.]example\n"
     "out line 5 a.example and others: not a host name\n"
     "item line 6 domain c.example\n"},
    {"broken quotes", STR("ioc,note\n\"example.org,x\n\"a.example\"b,y\nc.example,\"open\n"), 3,
     "out line 2 \"example.org: it is not clear what it is\n"
     "out line 3 \"a.example\"b: it is not clear what it is\n"
     "item line 4 domain c.example comment=\"open\n"},
    {"rows of other lengths", STR("ioc,type,note\nexample.org\na.example,domain,x,y,z\n,\n"), 3,
     "item line 2 domain example.org\n"
     "item line 3 domain a.example comment=x\n"
     "out line 4 ,: no value in it that could be looked for\n"},
    {"dotted names, as ANSSI has them",
     STR("event.uuid,event.tlp,event.title.desensitized,event.date,event.apts,event.metadata,signature.uuid,signature."
         "type,siganture.value,"
         "signature_component.uuid,signature_component.type,signature_component.value,signature_component.description\n"
         "x,white,Relays,2021-07-20,['APT99'],\"fr:TLP=\"\"white\"\", cossi:TLP=\"\"amber\"\", "
         "misp-galaxy:threat-actor=\"\"Blue Rook\"\"\",y,ip-dst,," ID ",ip-dst,198.51.100.7,\n"),
     3,
     "item line 2 address 198.51.100.7 id=" ID
     " title=Relays created=2021-07-20T00:00:00Z tlp=TLP:AMBER groups=APT99,Blue Rook origins=" ID "\n"},
    {"STIX patterns, as Sekoia has them",
     STR("tlp,id,type,name,pattern,pattern_type,created,modified,first_seen,last_seen,valid_from,valid_until,"
         "confidence,kill_chain,sources\n"
         "white,indicator--" ID
         ",indicator,x,[domain-name:value = 'example.org'],stix,2021-07-27T15:47:18.224083Z,,,,2021-01-01T00:00:00Z,"
         "2022-01-01T00:00:00Z,100,\"command-and-control (x)\",A\n"
         ",,indicator,x,[file:hashes.MD5 = '" HEX_32 "' OR file:hashes.'SHA-1' = '" HEX_40 "'],stix,,,,,,,,,\n"
         ",,indicator,x,[file:size > "
         "7],stix,,,,,,,,,\n,,indicator,x,[file:,stix,,,,,,,,,\n,,indicator,x,,stix,,,,,,,,,\n"
         ",,indicator,x,example.net,stix,,,,,,,,,\n"),
     3,
     "item line 2 domain example.org id=indicator--" ID
     " title=x created=2021-07-27T15:47:18.224083Z from=2021-01-01T00:00:00Z until=2022-01-01T00:00:00Z confidence=100 "
     "tlp=TLP:CLEAR origins=" ID "\n"
     "item line 3 md5 " HEX_32 " title=x\n"
     "item line 3 sha1 " HEX_40 " title=x\n"
     "item line 4 pattern [file:size > 7] title=x\n"
     "out line 5 [file:: its pattern cannot be read: "},
    {"MISP's own",
     STR("uuid,event_id,category,type,value,comment,to_ids,date,object_relation,attribute_tag,object_uuid,object_name,"
         "object_meta_category\n"
         "\"" ID "\",7,\"Network "
         "activity\",\"ip-dst|port\",\"198.51.100.7|443\",\"\",1,1626739200,\"\",\"tlp:green,pap:red\",\"\",\"\",\"\"\n"
         ",7,\"Payload delivery\",\"filename|md5\",\"a|b.exe|" HEX_32 "\",\"\",0,20210720,\"\",\"\",\"\",\"\",\"\"\n"
         ",7,x,\"text\",\"cmd.exe /c whoami\",\"\",1,,\"command-line\",\"\",\"\",\"process\",\"\"\n"
         ",7,x,\"text\",\"some words\",\"\",1,,\"\",\"\",\"\",\"\",\"\"\n,7,x,target-email,jo@example.org,,,,,,,,\n"
         ",7,x,regkey|value,HKLM\\Software\\x|data,,1,,,,,,\n"),
     3,
     "item line 2 address 198.51.100.7 id=" ID
     " created=2021-07-20T00:00:00Z tlp=TLP:GREEN pap=PAP:RED port=443 origins=" ID "\n"
     "item line 3 file-name a|b.exe created=2021-07-20T00:00:00Z context\n"
     "item line 3 md5 " HEX_32 " created=2021-07-20T00:00:00Z context\n"
     "item line 4 command cmd.exe /c whoami\n"
     "out line 5 some words: it is not clear what it is\n"
     "item line 6 mail jo@example.org nature=victim context\n"
     "item line 7 registry HKLM\\Software\\x\n"
     "out line 7 data: the second half of such a type cannot be looked for in logs\n"},
    {"abuse.ch: the header is a remark",
     STR("######\n# Botnet list (C) a.example\n# Terms: https://a.example/terms\n#\n"
         "# "
         "\"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"threat_type\",\"malware_printable\",\"confidence_"
         "level\",\"reference\"\n"
         "\"2021-07-01 10:00:00\", \"7\", \"198.51.100.7:443\", \"ip:port\", \"botnet_cc\", \"Loader\", \"75\", "
         "\"https://a.example/r\"\n"
         "# Number of entries: 1\n"),
     3,
     "item line 6 address 198.51.100.7 id=7 first=2021-07-01T10:00:00Z confidence=75 nature=operation port=443 "
     "malware=Loader origins=https://a.example/r\n"},
    {"names that are domains too", STR("event.id,file.name,url.domain,threat.actor\n7,x,example.org,Rook\n"), 3,
     "item line 2 domain example.org id=7 groups=Rook\n"},
    {"a list of reports",
     STR("Filename,Title,Source,Link,SHA-1,Date,Year\nx,X,A,https://a.example," HEX_40 ",01/01/2010,2010\n"), 3,
     "out line 2 x: a published report, and its hash: nothing of an adversary\n"},
    {"hashes with titles and links are none", STR("title,url,sha1\nX,https://a.example/x.exe," HEX_40 "\n"), 3,
     "out line 2 X: a published report, and its hash: nothing of an adversary\n"},
    {"no names", STR("198.51.100.7,ip,2021-07-01,router\nexample.org,domain,2021-07-02,\n\nword,domain,2021-07-02,z\n"),
     2,
     "item line 1 address 198.51.100.7 comment=router created=2021-07-01T00:00:00Z\n"
     "item line 2 domain example.org created=2021-07-02T00:00:00Z\n"
     "out line 4 word: one word is no domain\n"},
    {"no names, and links beside", STR("http://a.example/x,phishing\nhttp://b.example/y,loader\n"), 2,
     "item line 1 url http://a.example/x comment=phishing\n"
     "item line 2 url http://b.example/y comment=loader\n"},
    {"networks and their owners", STR("; list of 2021\n198.51.100.0/24 ; SBL1\n203.0.113.0/24 ; SBL2\n"), 2,
     "item line 2 network 198.51.100.0/24 comment=SBL1\n"
     "item line 3 network 203.0.113.0/24 comment=SBL2\n"},
    {"one column without a name", STR("example.org\nexample.net\n"), 0, "ERROR 3\n"},
    {"no column of values", STR("a,b,c\n1,2,3\n4,5,6\n"), 0, "ERROR 3\n"},
    {"a header alone", STR("ioc,type\n"), 3, ""},
    {"nothing", STR(""), 0, "ERROR 3\n"},
    {"remarks alone", STR("# ioc\n# x\n"), 0, "ERROR 3\n"},
    {"prose", STR("The group, it is said, used two hosts.\nOne, for a while, was example.org.\n"), 0, "ERROR 3\n"},
    {"JSON", STR("{\"a\": 1, \"b\": \"example.org\"}\n"), 0, "ERROR 3\n"},
    {"a first row that has a word for a name", STR("evil.host,domain\nbad.example,domain\n"), 2,
     "item line 1 domain evil.host\n"
     "item line 2 domain bad.example\n"},
};

static void rows(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct shown shown = {.only = NULL};
        struct intel_sink const sink = show_sink(&shown);
        struct import_about const about = show_about();
        str const wanted = str_of(cases[i].told);
        struct err e = {0};
        int const sure = import_csv.looks(cases[i].text);

        if (!import_csv.read(cases[i].text, &about, &sink, &e))
            buf_format(&shown.lines, "ERROR %d\n", (int)e.code);
        if (sure != cases[i].sure)
            fail_msg("%s: %d sure", cases[i].name, sure);
        if (sure == 3 && import_recognise(cases[i].text) != &import_csv)
            fail_msg("%s: recognised as '%s'", cases[i].name, import_recognise(cases[i].text)->name);
        /* What the parser of patterns says is its own business: there the rest is not compared. */
        if (!(str_ends(wanted, S(" ")) ? str_starts(buf_str(&shown.lines), wanted)
                                       : str_eq(buf_str(&shown.lines), wanted)))
            fail_msg("%s:\n%.*s", cases[i].name, STR_ARG(buf_str(&shown.lines)));
        buf_free(&shown.lines);
    }
}

/* Quotes that open in each row and never close cost no more than the rows are long, and lose none of them. */
static void bounds(void **state) {
    struct shown shown = {.only = NULL};
    struct intel_sink const sink = show_sink(&shown);
    struct import_about const about = show_about();
    struct buf text = {0};
    struct err e = {0};
    size_t lines = 0;
    (void)state;

    buf_add(&text, S("ioc,note\n"));
    for (size_t i = 0; i < 100000; i++)
        buf_format(&text, "a%zu.example,\"open\n", i);
    buf_add(&text, S("z.example,"));
    for (size_t i = 0; i < 600000; i++) /* a row longer than rows may be */
        buf_byte(&text, 'x');
    buf_add(&text, S("\ny.example,last\n"));
    assert_true(import_csv.read(buf_str(&text), &about, &sink, &e));
    for (size_t i = 0; i < shown.lines.len; i++)
        lines += shown.lines.ptr[i] == '\n';
    assert_int_equal(lines, 100000 + 4);
    assert_true(str_ends(buf_str(&shown.lines), S("item line 100003 domain y.example comment=last\n")));
    buf_free(&text);
    buf_free(&shown.lines);

    /* More columns than are kept. */
    buf_add(&text, S("ioc"));
    for (size_t i = 0; i < 1000; i++)
        buf_add(&text, S(",x"));
    buf_add(&text, S("\nexample.org"));
    for (size_t i = 0; i < 1000; i++)
        buf_add(&text, S(",b.example"));
    assert_true(import_csv.read(buf_str(&text), &about, &sink, &e));
    assert_true(str_eq(buf_str(&shown.lines), S("item line 2 domain example.org\n")));
    buf_free(&text);
    buf_free(&shown.lines);
}

static void sinks_may_refuse(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t calls = 1;; calls++) {
            struct shown shown = {.stop_after = calls};
            struct intel_sink const sink = show_sink(&shown);
            struct import_about const about = show_about();
            struct err e = {0};
            bool const ok = import_csv.read(cases[i].text, &about, &sink, &e);

            buf_free(&shown.lines);
            if (ok || e.code == ERR_CORRUPT)
                break;
            if (e.code != ERR_INTERRUPTED || calls > 100)
                fail_msg("%s: %s", cases[i].name, e.text);
        }
}

static bool nothing_item(void *ctx, const struct intel_item *item, struct err *e) {
    (void)ctx;
    (void)item;
    (void)e;
    return true;
}

static bool nothing_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)ctx;
    (void)where;
    (void)what;
    (void)why;
    (void)e;
    return true;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
    for (size_t i = 0; i < COUNT(cases); i++)
        for (long left = 0;; left++) {
            struct intel_sink const sink = {.item = nothing_item, .left_out = nothing_left_out};
            struct import_about const about = show_about();
            struct err e = {0};

            memory_refused = false;
            memory_left = left;
            memory_gone_for_good = true;
            bool const ok = import_csv.read(cases[i].text, &about, &sink, &e);
            bool const refused = memory_refused;

            memory_left = -1;
            if (refused ? ok || e.code != ERR_MEMORY : !ok && e.code != ERR_CORRUPT)
                fail_msg("%s with %ld allocations: %s", cases[i].name, left, ok ? "good" : e.text);
            if (!refused)
                break;
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(bounds),
        cmocka_unit_test(sinks_may_refuse),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("import_csv", tests, NULL, NULL);
}
