/* test_import_plain: plain lists, files of hosts, trails of Maltrail, and the lists of signature-base: each line is an item or has a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "../refuse.h"
#include "intel/import_own.h"
#include "import_show.h"

#define HEX_32 "0123456789abcdef0123456789abcdef"
#define HEX_64 HEX_32 HEX_32
#define ROOK " groups=apt-99,blue rook"
#define REPORT ROOK " origins=https://a.example/report,https://b.example/post\n"

static const struct {
    const char *name;
    const struct importer *importer;
    str text;
    int sure; /* that it is one */
    const char *told;
} cases[] = {
    {"each kind of value", &import_list,
     STR("192.0.2.1\n2001:db8::1\n192.0.2.0/24\nlogin.example.org\nhttp://example.org/a?b\n" HEX_32 "\n" HEX_64
         "\njo@example.org\nC:\\Temp\\x.exe\nmsupdate.exe\nHKLM\\Software\\Acme\n"),
     2,
     "item line 1 address 192.0.2.1\n"
     "item line 2 address 2001:db8::1\n"
     "item line 3 network 192.0.2.0/24\n"
     "item line 4 domain login.example.org\n"
     "item line 5 url http://example.org/a?b\n"
     "item line 6 md5 " HEX_32 "\n"
     "item line 7 sha256 " HEX_64 "\n"
     "item line 8 mail jo@example.org\n"
     "item line 9 file-path C:\\Temp\\x.exe\n"
     "item line 10 file-name msupdate.exe\n"
     "item line 11 registry HKLM\\Software\\Acme\n"},
    {"comments, blanks, line ends", &import_list,
     STR("\xef\xbb\xbf# head\r\n\r\n; more\r\n// more\r\n 192.0.2.1 \r\n192.0.2.2 # router\r\n192.0.2.3\t; SBL1\r\n"
         "192.0.2.4 // x\r\n192.0.2.5#"),
     2,
     "item line 5 address 192.0.2.1\n"
     "item line 6 address 192.0.2.2 comment=router\n"
     "item line 7 address 192.0.2.3 comment=SBL1\n"
     "item line 8 address 192.0.2.4 comment=x\n"
     "out line 9 192.0.2.5#: it is not clear what it is\n"},
    {"value and comment", &import_list,
     STR("192.0.2.1,relay\nexample.org;bad, very bad\n" HEX_32
         "\tloader\nexample.net | x\n192.0.2.2 - y\n\"192.0.2.3\"\n"),
     2,
     "item line 1 address 192.0.2.1 comment=relay\n"
     "item line 2 domain example.org comment=bad, very bad\n"
     "item line 3 md5 " HEX_32 " comment=loader\n"
     "item line 4 domain example.net comment=x\n"
     "item line 5 address 192.0.2.2 comment=y\n"
     "item line 6 address 192.0.2.3\n"},
    {"ports", &import_list,
     STR("192.0.2.1:443\n[2001:db8::1]:8443\nexample.org:53\n192.0.2.1:70000\nexample.org:8080/x\n"), 2,
     "item line 1 address 192.0.2.1 port=443\n"
     "item line 2 address [2001:db8::1] port=8443\n"
     "item line 3 domain example.org port=53\n"
     "out line 4 192.0.2.1:70000: it is not clear what it is\n"
     "item line 5 url example.org:8080/x\n"},
    {"defanged", &import_list,
     STR("hxxps://evil[.]example/x\n192[.]0.2[.]1\njo[@]evil[.]example\nevil dot example\n192[.]0.2.7[:]53\n"), 2,
     "item line 1 url https://evil.example/x raw=hxxps://evil[.]example/x\n"
     "item line 2 address 192.0.2.1 raw=192[.]0.2[.]1\n"
     "item line 3 mail jo@evil.example raw=jo[@]evil[.]example\n"
     "item line 4 domain evil.example raw=evil dot example\n"
     "item line 5 address 192.0.2.7 raw=192[.]0.2.7[:]53 port=53\n"},
    {"hosts", &import_list,
     STR("# ads\n127.0.0.1 localhost\n0.0.0.0 evil.example\n0.0.0.0\tbad.example worse.example # two\n::1 "
         "ip6.example\n127.0.0.1\n"),
     3,
     "out line 2 localhost: one word is no domain\n"
     "item line 3 domain evil.example\n"
     "item line 4 domain bad.example comment=two\n"
     "item line 4 domain worse.example comment=two\n"
     "item line 5 domain ip6.example\n"
     "item line 6 address 127.0.0.1\n"},
    {"references", &import_list,
     STR("# Reference: https://a.example/1.\n# Source: https://a.example/2 (pdf)\n192.0.2.1\n# seen in "
         "May\n192.0.2.2\n# Ref: AA24-190A\n192.0.2.3\n"
         "# Generic\n192.0.2.4\n"),
     2,
     "item line 3 address 192.0.2.1 origins=https://a.example/1,https://a.example/2\n"
     "item line 5 address 192.0.2.2 origins=https://a.example/1,https://a.example/2\n"
     "item line 7 address 192.0.2.3 origins=AA24-190A\n"
     "item line 9 address 192.0.2.4\n"},
    {"what is nothing", &import_list,
     STR("192.0.2.1\nword\n1.2.3\n\xff\xfe\n192.0.2.2 is a relay\n/gate.php\n192.0.2.3\nexample.net\n"), 1,
     "item line 1 address 192.0.2.1\n"
     "out line 2 word: it is not clear what it is\n"
     "out line 3 1.2.3: it is not clear what it is\n"
     "out line 4 \xff\xfe: it is not clear what it is\n"
     "out line 5 192.0.2.2 is a relay: it is not clear what it is\n"
     "out line 6 /gate.php: it is not clear what it is\n"
     "item line 7 address 192.0.2.3\n"
     "item line 8 domain example.net\n"},
    {"UTF-16", &import_list,
     STR("\xff\xfe"
         "1\0"
         "9\0"
         "2\0"
         ".\0"
         "0\0"
         ".\0"
         "2\0"
         ".\0"
         "1\0"
         "\r\0"
         "\n\0"),
     2, "item line 1 address 192.0.2.1\n"},
    {"comments only", &import_list, STR("# nothing\n\n"), 0, ""},
    {"empty", &import_list, STR(""), 0, ""},
    {"prose", &import_list, STR("The group used two hosts.\nOne was example.org.\nThe other one was not.\n"), 0,
     "out line 1 The group used two hosts.: it is not clear what it is\n"
     "out line 2 One was example.org.: it is not clear what it is\n"
     "out line 3 The other one was not.: it is not clear what it is\n"},
    {"JSON", &import_list, STR("{\"a\": \"192.0.2.1\"}"), 0,
     "out line 1 {\"a\": \"192.0.2.1\"}: it is not clear what it is\n"},
    {"trails", &import_list,
     STR("# Copyright (c) 2014-2026 Maltrail developers (https://github.com/stamparm/maltrail/)\n\n# Aliases: apt-99, "
         "blue rook\n\n"
         "# Reference: https://a.example/report\n# Referemce: "
         "https://b.example/post\n\nevil.example\nmail.host.internal\n192.0.2.1:443\n"
         "http://192.0.2.2/x\nevil.example/gate.php\nupdate.dll.example\nevil.cab\n/gate.php\n192.0.2.1:22:443\n\n"
         "# Reference: # Reference: https://c.example/\n\nbad.example    # was: b\xc3\xa4"
         "d.example\n\n# Generic\n\nworse.example\n"),
     3,
     "item line 8 domain evil.example" REPORT "item line 9 domain mail.host.internal" REPORT
     "item line 10 address 192.0.2.1 port=443" REPORT "item line 11 url http://192.0.2.2/x" REPORT
     "item line 12 url evil.example/gate.php" REPORT "item line 13 domain update.dll.example" REPORT
     "item line 14 domain evil.cab" REPORT "out line 15 /gate.php: a path without its host: it could be anybody's\n"
     "out line 16 192.0.2.1:22:443: not a host name\n"
     "item line 20 domain bad.example comment=was: b\xc3\xa4"
     "d.example" ROOK " origins=https://c.example/\n"
     "item line 24 domain worse.example" ROOK "\n"},
    {"hashes", &import_signature_base,
     STR("#\n# LOKI CUSTOM EVIL HASHES\n# MD5;COMMENT\n# " HEX_32 ";example\n\n" HEX_32
         ";Blue Rook loader https://a.example/r.\n" HEX_64 ";\nxyz;bad\n# Ring\n" HEX_32 "01234567\n"),
     3,
     "item line 6 md5 " HEX_32
     " title=Blue Rook loader https://a.example/r. nature=malware origins=https://a.example/r\n"
     "item line 7 sha256 " HEX_64 " nature=malware\n"
     "out line 8 xyz: not 32 hexadecimal digits\n"
     "item line 10 sha1 " HEX_32 "01234567 title=Ring nature=malware\n"},
    {"control servers", &import_signature_base,
     STR("# LOKI C2 IOCs\n\n# Blue Rook "
         "https://a.example/r\nevil.example\n192.0.2.1;65\n192.0.2.2;relay\n\nbad.example\nlocalhost\n"),
     3,
     "item line 4 domain evil.example title=Blue Rook https://a.example/r nature=operation "
     "origins=https://a.example/r\n"
     "item line 5 address 192.0.2.1 title=Blue Rook https://a.example/r confidence=65 nature=operation "
     "origins=https://a.example/r\n"
     "item line 6 address 192.0.2.2 title=relay nature=operation\n"
     "item line 8 domain bad.example nature=operation\n"
     "out line 9 localhost: one word is no domain\n"},
    {"names of files", &import_signature_base,
     STR("# LOKI File Name Characteristics\n# REGEX;SCORE[;EXCLUDE FALSE POSITIVE REGEX]\n\n# "
         "Rook\n\\\\rook\\.exe$;70\n(?i)a;b\\.dll;60\n"
         "(?i)\\\\dump\\.exe;50;(?i)(tools\\\\)\n\\\\x\\.exe\n(;80\n[a;80;]\n;80\n\\\\y;-20\n"),
     3,
     "item line 5 regex \\\\rook\\.exe$ title=Rook confidence=70\n"
     "item line 6 regex (?i)a;b\\.dll title=Rook confidence=60\n"
     "item line 7 regex ^(?!(?s:.*)(?:(?i)(tools\\\\)))(?s:.*?)(?:(?i)\\\\dump\\.exe) "
     "raw=(?i)\\\\dump\\.exe;50;(?i)(tools\\\\) title=Rook confidence=50\n"
     "out line 8 \\\\x\\.exe: no score behind it\n"
     "out line 9 (;80: no expression that PCRE2 understands\n"
     "out line 10 [a;80;]: no expression that PCRE2 understands\n"
     "out line 11 ;80: empty\n"
     "out line 12 \\\\y;-20: it takes away from the score of others\n"},
    {"keywords", &import_signature_base, STR("# MALICIOUS KEYWORDS\n\n# Rook\nRook::dump\n<3 rook\nrook\n"), 3,
     "item line 4 text Rook::dump title=Rook\n"
     "item line 5 text <3 rook title=Rook\n"
     "out line 6 rook: too short to be looked for in texts\n"},
    {"no head of signature-base", &import_signature_base, STR(HEX_32 ";x\n# LOKI CUSTOM EVIL HASHES\n"), 0,
     "ERROR 3\n"},
};

static void lines(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct shown shown = {.only = NULL};
        struct intel_sink const sink = show_sink(&shown);
        struct import_about const about = show_about();
        struct err e = {0};
        int const sure = cases[i].importer->looks(cases[i].text);

        if (!cases[i].importer->read(cases[i].text, &about, &sink, &e))
            buf_format(&shown.lines, "ERROR %d\n", (int)e.code);
        if (sure != cases[i].sure)
            fail_msg("%s: %d sure", cases[i].name, sure);
        if (sure == 3 && import_recognise(cases[i].text) != cases[i].importer)
            fail_msg("%s: recognised as '%s'", cases[i].name, import_recognise(cases[i].text)->name);
        if (!str_eq(buf_str(&shown.lines), str_of(cases[i].told)))
            fail_msg("%s:\n%.*s", cases[i].name, STR_ARG(buf_str(&shown.lines)));
        buf_free(&shown.lines);
    }
}

/* Maltrail names the group in the name of the file; lists of others do not. */
static void name_of_the_file(void **state) {
    static const struct {
        const char *name, *groups;
    } names[] = {
        {"trails/apt_bluerook.txt", " groups=bluerook,rook"},
        {"apt_bluerook.txt.gz", " groups=bluerook,rook"},
        {"bluerook.txt", " groups=rook"},
        {"apt_bluerook", " groups=rook"},
        {"apt_.txt", " groups=rook"},
        {"", " groups=rook"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        struct shown shown = {.only = NULL};
        struct intel_sink const sink = show_sink(&shown);
        struct import_about about = show_about();
        struct err e;
        char wanted[128];

        about.name = str_of(names[i].name);
        (void)snprintf(wanted, sizeof wanted, "item line 3 domain a.example%s\n", names[i].groups);
        assert_true(import_list.read(S("# Maltrail developers\n# Aliases: rook\na.example\n"), &about, &sink, &e));
        if (!str_eq(buf_str(&shown.lines), str_of(wanted)))
            fail_msg("%s: %.*s", names[i].name, STR_ARG(buf_str(&shown.lines)));
        buf_free(&shown.lines);
    }
}

/* What is harmless is looked for in all of the path, and each part keeps its own letters. */
static void joined_expression(void **state) {
    static const struct {
        const char *path;
        bool found;
    } paths[] = {
        {"C:\\x\\DUMP.exe", true},           {"C:\\x\\dump.exe\\y", true}, {"C:\\Tools\\dump.exe", false},
        {"C:\\x\\dump.exe\\TOOLS\\", false}, {"C:\\x\ny\\dump.exe", true}, {"C:\\tools\\\ny\\dump.exe", false},
        {"C:\\x\\other.exe", false},
    };
    struct shown shown = {.only = NULL};
    struct intel_sink const sink = show_sink(&shown);
    struct import_about const about = show_about();
    str const before = S("item line 2 regex "), behind = S(" raw=");
    struct err e;
    int code;
    PCRE2_SIZE at;
    (void)state;

    assert_true(
        import_signature_base.read(S("# REGEX;SCORE\n(?i)\\\\dump\\.exe;50;(?i)(tools\\\\)\n"), &about, &sink, &e));
    assert_true(str_starts(buf_str(&shown.lines), before));
    str const rest = str_from(buf_str(&shown.lines), before.len);
    pcre2_code *const c = pcre2_compile((PCRE2_SPTR)rest.ptr, str_find(rest, behind), 0, &code, &at, NULL);
    pcre2_match_data *const match = pcre2_match_data_create(1, NULL);

    assert_non_null(c);
    assert_non_null(match);
    for (size_t i = 0; i < COUNT(paths); i++)
        if ((pcre2_match(c, (PCRE2_SPTR)paths[i].path, strlen(paths[i].path), 0, 0, match, NULL) >= 0) !=
            paths[i].found)
            fail_msg("%s", paths[i].path);
    pcre2_match_data_free(match);
    pcre2_code_free(c);
    buf_free(&shown.lines);
}

/* A sink that takes no more ends it, with its own error. */
static void sinks_may_refuse(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t calls = 1;; calls++) {
            struct shown shown = {.stop_after = calls};
            struct intel_sink const sink = show_sink(&shown);
            struct import_about const about = show_about();
            struct err e = {0};
            bool const ok = cases[i].importer->read(cases[i].text, &about, &sink, &e);

            buf_free(&shown.lines);
            if (ok || e.code == ERR_CORRUPT)
                break;
            if (e.code != ERR_INTERRUPTED || calls > 100)
                fail_msg("%s: %s", cases[i].name, e.text);
        }
}

static bool nothing_item(void *ctx, const struct intel_item *item, struct err *e) {
    (void)item;
    (void)e;
    ++*(size_t *)ctx;
    return true;
}

static bool nothing_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)where;
    (void)what;
    (void)why;
    (void)e;
    ++*(size_t *)ctx;
    return true;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
    for (size_t i = 0; i < COUNT(cases); i++)
        for (long left = 0;; left++) {
            size_t told = 0;
            struct intel_sink const sink = {.ctx = &told, .item = nothing_item, .left_out = nothing_left_out};
            struct import_about const about = show_about();
            struct err e = {0};

            memory_refused = false;
            memory_left = left;
            memory_gone_for_good = true;
            bool const ok = cases[i].importer->read(cases[i].text, &about, &sink, &e);
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
        cmocka_unit_test(lines),
        cmocka_unit_test(name_of_the_file),
        cmocka_unit_test(joined_expression),
        cmocka_unit_test(sinks_may_refuse),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("import_plain", tests, NULL, NULL);
}
