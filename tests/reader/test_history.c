/* test_history: histories of bash, zsh and fish; what is one and what is only text; damage, parts of any cut, show, and the
 * public samples. */
#include "promises.h"
#include "reader/history.h"

#define BASH "#1700000000\nls\n" /* 15 bytes */
#define B1 "1@0+14{shell=t:bash;timestamp=n:1700000000;command=t:ls}"
#define ZSH ": 1700000000:3;ls\n" /* 18 bytes */
#define Z1 "1@0+17{shell=t:zsh;timestamp=n:1700000000;duration=n:3;command=t:ls}"
#define FISH "- cmd: ls\n  when: 1700000000\n" /* 29 bytes */
#define F1 "1@0+28{shell=t:fish;timestamp=n:1700000000;command=t:ls}"

static const struct source sources[] = {
    {"bash", STR(BASH), B1},
    {"bash: no line end at the end", STR("#1700000000\nls"), B1},
    {"bash: CR LF", STR("#1700000000\r\nls\r\n"), "1@0+15{shell=t:bash;timestamp=n:1700000000;command=t:ls}"},
    {"bash: two", STR(BASH "#1700000009\ncd /\n"), B1 " 2@15+16{shell=t:bash;timestamp=n:1700000009;command=t:cd /}"},
    {"bash: several lines", STR("#1700000000\necho 'a\n\nb'\n#1700000001\nls\n"),
     "1@0+23{shell=t:bash;timestamp=n:1700000000;command=t:echo 'a\n\nb'} "
     "2@24+14{shell=t:bash;timestamp=n:1700000001;command=t:ls}"},
    {"bash: without times at first", STR("reboot\n\nid\n" BASH),
     "1@0+6{shell=t:bash;command=t:reboot} 2@8+2{shell=t:bash;command=t:id} "
     "3@11+14{shell=t:bash;timestamp=n:1700000000;command=t:ls}"},
    {"bash: a time without a command", STR("#1600000000\n" BASH),
     "!0+11(a time without a command) 1@12+14{shell=t:bash;timestamp=n:1700000000;command=t:ls}"},
    {"bash: a time at the end", STR(BASH "#1700000001\n"), B1 " !15+11(a time without a command)"},
    {"bash: nothing between time and command", STR("#1700000000\n\nls\n" BASH),
     "1@0+15{shell=t:bash;timestamp=n:1700000000;command=t:ls} "
     "2@16+14{shell=t:bash;timestamp=n:1700000000;command=t:ls}"},
    {"bash: numbers that are no times", STR(BASH "#12345678\n#170000000000\n#1700000000 \n"),
     "1@0+51{shell=t:bash;timestamp=n:1700000000;command=t:ls\n#12345678\n#170000000000\n#1700000000 }"},
    {"bash: no UTF-8", STR("#1700000000\n\xff\n"),
     "!0+1(text that is no Unicode: repaired) 1@0+13{shell=t:bash;timestamp=n:1700000000;command=t:\xff}"},
    {"bash: zero bytes", STR(BASH "\0\0#1700000000\nid\n"),
     "!15+2(zero bytes between lines) " B1 " 2@17+14{shell=t:bash;timestamp=n:1700000000;command=t:id}"},
    {"bash: zero bytes at the end", STR(BASH "\0\0"), "!15+2(zero bytes between lines) " B1},
    {"bash: a byte order mark", STR("\xef\xbb\xbf" BASH), "1@3+14{shell=t:bash;timestamp=n:1700000000;command=t:ls}"},

    {"zsh", STR(ZSH), Z1},
    {"zsh: two", STR(ZSH ": 1700000009:0;cd /"),
     Z1 " 2@18+19{shell=t:zsh;timestamp=n:1700000009;duration=n:0;command=t:cd /}"},
    {"zsh: several lines", STR(": 1700000000:0;echo a\\\nb\\\n\nc\n" ZSH),
     "1@0+26{shell=t:zsh;timestamp=n:1700000000;duration=n:0;command=t:echo a\nb\n} 2@27+1{shell=t:zsh;command=t:c} "
     "3@29+17{shell=t:zsh;timestamp=n:1700000000;duration=n:3;command=t:ls}"},
    {"zsh: a backslash of the command's own", STR(": 1700000000:0;echo \\\\\n& b\n"),
     "1@0+26{shell=t:zsh;timestamp=n:1700000000;duration=n:0;command=t:echo \\\n& b}"},
    {"zsh: a line that only looks like another", STR(": 1700000000:0;cat <<x\\\n: 1700000001:0;y\\\nx\n"),
     "1@0+43{shell=t:zsh;timestamp=n:1700000000;duration=n:0;command=t:cat <<x\n: 1700000001:0;y\nx}"},
    {"zsh: a backslash at the very end", STR(": 1700000000:0;a\\\n"),
     "1@0+17{shell=t:zsh;timestamp=n:1700000000;duration=n:0;command=t:a\n}"},
    /* U+00E0 is c3 a0; zsh has a meaning for a0: 83 80. U+0103 is c4 83: c4 83 a3. */
    {"zsh: metafied", STR(": 1700000000:0;\xc3\x83\x80 \xc4\x83\xa3\n"),
     "1@0+22{shell=t:zsh;timestamp=n:1700000000;duration=n:0;command=t:\xc3\xa0 \xc4\x83}"},
    {"zsh: half of it", STR(": 1700000000:0;a\x83\n"),
     "!0+1(text that is no Unicode: repaired) 1@0+17{shell=t:zsh;timestamp=n:1700000000;duration=n:0;command=t:a\x83}"},
    {"zsh: without times among them", STR(ZSH "id\n" ZSH),
     Z1 " 2@18+2{shell=t:zsh;command=t:id} 3@21+17{shell=t:zsh;timestamp=n:1700000000;duration=n:3;command=t:ls}"},
    {"zsh: a head that is none", STR(ZSH ": 1700000000;ls\n: 1700000000:;ls\n: 17000:0;ls\n"),
     Z1 " 2@18+15{shell=t:zsh;command=t:: 1700000000;ls} 3@34+16{shell=t:zsh;command=t:: 1700000000:;ls} "
        "4@51+12{shell=t:zsh;command=t:: 17000:0;ls}"},
    {"zsh: no command", STR(": 1700000000:0;\n"), "!0+15(a time without a command)"},

    {"fish", STR(FISH), F1},
    {"fish: paths", STR(FISH "- cmd: cat a b\n  when: 1700000001\n  paths:\n    - a\n    - b c\n"),
     F1 " 2@29+60{shell=t:fish;timestamp=n:1700000001;command=t:cat a b;paths=t:a;paths=t:b c}"},
    {"fish: escapes", STR("- cmd: echo a\\nb\\\\n\\t\\\n  when: 1700000000\n"),
     "1@0+41{shell=t:fish;timestamp=n:1700000000;command=t:echo a\nb\\n\\t\\}"},
    {"fish: no time", STR(FISH "- cmd: id\n"), F1 " 2@29+9{shell=t:fish;command=t:id}"},
    {"fish: lines of nobody", STR(FISH "hello\n  when: x\n"),
     "!29+6(a line that belongs to no command) !35+10(a line that belongs to no command) " F1},

    {"without times", STR("ls -l\ncd /tmp\nwget x\nchmod +x x\n./x\n"),
     "1@0+5{command=t:ls -l} 2@6+7{command=t:cd /tmp} 3@14+6{command=t:wget x} 4@21+10{command=t:chmod +x x} "
     "5@32+3{command=t:./x}"},
    {"nothing", STR(""), ""},
};

static const struct head heads[] = {
    {STR(BASH), true},
    {STR("reboot\n" BASH), true},
    {STR("#1700000000\n#1700000001\nls\n"), true},
    {STR("a\n\nb\n" BASH), true},
    {STR(ZSH), true},
    {STR("ls\n" ZSH), true},
    {STR(FISH), true},
    {STR("ls -l\ncd /tmp\nwget x\nchmod +x x\n./x\n"), true},
    {STR("ls\ncd /tmp\nwget x\nchmod +x x\nfoo\n"), true}, /* eight of ten */
    {STR("#1700000000\n"), false},
    {STR("#1700000000\n#1700000001\n"), false},
    {STR("a\nb\nc\nd\ne\nf\ng\n" BASH), false}, /* two of nine lines, and not at the start */
    {STR("# 1700000000\nls\n"), false},
    {STR("#17000000\nls\n"), false},
    {STR("- cmd: ls\n"), false},
    {STR("- cmd: ls\n  when: now\n"), false},
    {STR("x\n" FISH), false},
    {STR(": 1700000000;ls\n"), false},
    {STR("x\ny\nz\nw\n" ZSH), false},
    {STR("ls -l\ncd /tmp\nwget x\nchmod +x x\n"), false},          /* four lines are few */
    {STR("ls\nls\nls\nls\nls\nls\n"), false},                      /* of one sort */
    {STR("ls\ncd /tmp\nwget x\nfoo\nbar\nbaz\nchmod x\n"), false}, /* four of seven */
    {STR("#!/bin/sh\nls -l\ncd /tmp\nwget x\nchmod +x x\n./x\n"), false},
    {STR("ls -l\ncd /tmp\nwget x\n  chmod +x x\n./x\n"), false},
    {STR("find out what happened.\nmake it so.\nwho was here.\nlast year.\nmore of it.\n"), false},
    {STR("cat x\ncd /tmp\nls \x01\nchmod x\nwget x\n"), false},
    {STR("cat x\ncd /tmp\nls \xff\nchmod x\nwget x\n"), false},
    {STR("a;b\n1;2\n"), false},
    {STR(""), false},
};

#define SHOWN STR("reboot\n#1700000000\necho 'a\nb'\n#1700000001\n#1700000002\nls")
static const struct shown shown[] = {
    {SHOWN, 0, "reboot"},
    {SHOWN, 7, "#1700000000\necho 'a\nb'"},
    {SHOWN, 42, "#1700000002\nls"},
    {SHOWN, 1, NULL},
    {SHOWN, 19, NULL},
    {SHOWN, 27, NULL},
    {SHOWN, 30, NULL}, /* a time without a command */
    {SHOWN, 56, NULL},
    {SHOWN, 1000, NULL},
    {STR(FISH FISH), 29, "- cmd: ls\n  when: 1700000000"},
    {STR(""), 0, NULL},
};

/* A command of more than 1 MiB ends at a line; nothing is lost. */
static void a_command_has_an_end(void **state) {
    struct buf b = {0};
    (void)state;

    buf_add(&b, S("#1700000000\n"));
    for (unsigned i = 0; i < 3; i++) {
        fill(&b, 'y', 600000);
        buf_byte(&b, '\n');
    }
    struct notes const n = counted(&history_reader, buf_str(&b), 0);

    assert_int_equal(n.records, 2);
    assert_int_equal(n.damages, 0);
    buf_free(&b);
}

static void too_many_paths_are_told(void **state) {
    (void)state;
    for (unsigned paths = 255; paths < 258; paths++) {
        struct buf b = {0};

        buf_add(&b, S(FISH "  paths:\n"));
        for (unsigned i = 0; i < paths; i++)
            buf_add(&b, S("    - x\n"));
        struct notes const n = counted(&history_reader, buf_str(&b), 0);

        assert_int_equal(n.records, 1);
        assert_int_equal(n.damages, paths > 256);
        buf_free(&b);
    }
}

/* Read by eye. */
static const struct sample samples[] = {
    {"linux/plaso/bash_history",
     4,
     0,
     {"timestamp=n:1380630977;command=t:/usr/lib/plaso}",
      "timestamp=n:1623364236;command=t:binary argument1 \"--params=\\\nparam1=foo,\nparam2=bar\n\" argument2}"}},
    {"linux/plaso/bash_history_desync",
     5,
     0,
     {"1@0+12{shell=t:bash;command=t:/sbin/reboot}", "timestamp=n:1380630977;command=t:/usr/lib/plaso}"}},
    {"linux/plaso/zsh_extended_history.txt",
     4,
     0,
     {"timestamp=n:1458993293;duration=n:0;command=t:echo dfgdfg \\\n& touch /tmp/afile}",
      "command=t:PYTHONPATH=. ./runtests.py}"}},
    {"linux/plaso/fish_history",
     10,
     0,
     {"timestamp=n:1619736812;command=t:cp *.txt test;paths=t:test}",
      "command=t:git clone git@github.com:log2timeline/plaso.git}"}},
};

static const struct promises promises = {
    .reader = &history_reader,
    .apart = true,
    PROMISED_TABLES,
    .busy = STR("- cmd: cat a\n  when: 1700000001\n  paths:\n    - a\n" FISH),
    .records = 2,
    .only = {"command", STR(BASH), "1@0+14{command=t:ls}"},
    PROMISED_SAMPLES,
};

int main(void) {
    const struct CMUnitTest tests[] = {
        PROMISES(&promises),
        SAMPLES(&promises),
        cmocka_unit_test(a_command_has_an_end),
        cmocka_unit_test(too_many_paths_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
