/* test_text: lines of text into records: every form of head, records of several lines, raw captures, zeros, damage, parts of
 * any cut, windows of any size, refused memory and input, and the samples of the shared data. With `--print FILE` the program prints the records
 * of a file, for test_text_python.py. */
#include "promises.h"
#include "base/utf.h"
#include "print.h"
#include "reader/text.h"

#define MIB ((size_t)1 << 20)
#define CEE "Mar  6 04:07:23 h a: "

static const struct source sources[] = {
    /* RFC 3164 and what became of it */
    {"old", STR("Jan 22 07:52:33 web.example client[30840]: text\n"),
     "1@0+48{message=t:text;timestamp=t:Jan 22 07:52:33;host=t:web.example;program=t:client;pid=t:30840}"},
    {"one digit of a day, two blanks", STR("Feb  6 15:16:30 a b: c"),
     "1@0+22{message=t:c;timestamp=t:Feb  6 15:16:30;host=t:a;program=t:b}"},
    {"one digit, one blank", STR("Nov 9 12:01:01 a b: c"),
     "1@0+21{message=t:c;timestamp=t:Nov 9 12:01:01;host=t:a;program=t:b}"},
    {"a fraction", STR("Mar 23 23:01:18.123 a b[19]: c"),
     "1@0+30{message=t:c;timestamp=t:Mar 23 23:01:18.123;host=t:a;program=t:b;pid=t:19}"},
    {"a year behind", STR("Oct 19 2019 18:30:13 a b: c"),
     "1@0+27{message=t:c;timestamp=t:Oct 19 2019 18:30:13;host=t:a;program=t:b}"},
    {"a year in front", STR("2019 Oct 19 18:30:13 a b: c"),
     "1@0+27{message=t:c;timestamp=t:2019 Oct 19 18:30:13;host=t:a;program=t:b}"},
    {"a year at the end", STR("Oct 19 18:30:13 2019 a b: c"),
     "1@0+27{message=t:c;timestamp=t:Oct 19 18:30:13 2019;host=t:a;program=t:b}"},
    {"priority", STR("<34>Oct 11 22:14:15 m su: failed"),
     "1@0+32{message=t:failed;timestamp=t:Oct 11 22:14:15;host=t:m;program=t:su;severity=t:crit;facility=t:auth}"},
    {"priority 0 and 191", STR("<0>Oct 11 22:14:15 m k: a\n<191>Oct 11 22:14:15 m k: b\n"),
     "1@0+26{message=t:a;timestamp=t:Oct 11 22:14:15;host=t:m;program=t:k;severity=t:emerg;facility=t:kern} "
     "2@26+28{message=t:b;timestamp=t:Oct 11 22:14:15;host=t:m;program=t:k;severity=t:debug;facility=t:local7}"},
    {"priority 192 is none", STR("<192>Oct 11 22:14:15 m k: a\n"), "1@0+28{message=t:<192>Oct 11 22:14:15 m k: a}"},
    {"priority, no date", STR("<13>app[2]: text\n"),
     "1@0+17{message=t:text;program=t:app;pid=t:2;severity=t:notice;facility=t:user}"},
    {"no tag", STR("Jan 22 07:54:32 h Job `cron.daily' terminated"),
     "1@0+45{message=t:Job `cron.daily' terminated;timestamp=t:Jan 22 07:54:32;host=t:h}"},
    {"no host", STR("Nov 18 08:30:20 kernel: [997.39] sda2: rw=0"),
     "1@0+43{message=t:[997.39] sda2: rw=0;timestamp=t:Nov 18 08:30:20;program=t:kernel}"},
    {"neither host nor tag", STR("Nov 18 01:15:43: --- last message repeated 5 times ---"),
     "1@0+54{message=t:--- last message repeated 5 times ---;timestamp=t:Nov 18 01:15:43}"},
    {"last message repeated", STR("Nov 18 01:15:43 last message repeated 5 times"),
     "1@0+45{message=t:last message repeated 5 times;timestamp=t:Nov 18 01:15:43}"},
    {"last message repeated, host", STR("Nov 18 01:15:43 h last message repeated 5 times"),
     "1@0+47{message=t:last message repeated 5 times;timestamp=t:Nov 18 01:15:43;host=t:h}"},
    {"a path for a tag", STR("Dec 31 17:54:32 h /sbin/anacron[1234]: x"),
     "1@0+40{message=t:x;timestamp=t:Dec 31 17:54:32;host=t:h;program=t:/sbin/anacron;pid=t:1234}"},
    {"a tag with a module", STR("Dec 31 17:54:32 h sshd(pam_unix)[7]: x"),
     "1@0+38{message=t:x;timestamp=t:Dec 31 17:54:32;host=t:h;program=t:sshd;module=t:pam_unix;pid=t:7}"},
    {"a host of UTF-8",
     STR("Dec 31 17:54:32 b\xc3\xbc"
         "cher sshd[7]: \xc3\xa4"),
     "1@0+35{message=t:\xc3\xa4;timestamp=t:Dec 31 17:54:32;host=t:b\xc3\xbc"
     "cher;program=t:sshd;pid=t:7}"},
    {"CEF behind a host", STR("Dec 31 17:54:32 h CEF:0|a|b"),
     "1@0+27{message=t:CEF:0|a|b;timestamp=t:Dec 31 17:54:32;host=t:h}"},
    {"pairs without a host", STR("<5>Dec 31 17:54:32 id=fw time=1"),
     "1@0+31{message=t:id=fw time=1;timestamp=t:Dec 31 17:54:32;severity=t:notice;facility=t:kern}"},
    {"a date alone", STR("Dec 31 17:54:32\n"), "1@0+16{timestamp=t:Dec 31 17:54:32}"},
    {"a date and blanks", STR("Dec 31 17:54:32  \n"), "1@0+18{timestamp=t:Dec 31 17:54:32}"},
    {"a host alone", STR("Dec 31 17:54:32 h"), "1@0+17{message=t:h;timestamp=t:Dec 31 17:54:32}"},
    {"no date", STR("MMM 22 07:54:32 h a[1]: b\n"), "1@0+26{message=t:MMM 22 07:54:32 h a[1]: b}"},
    /* ISO dates */
    {"rsyslog", STR("2020-05-31T00:00:45.738158+00:00 h systemd[1]: Reloaded."),
     "1@0+56{message=t:Reloaded.;timestamp=t:2020-05-31T00:00:45.738158+00:00;host=t:h;program=t:systemd;pid=t:1}"},
    {"Z, and no fraction", STR("2020-05-31T00:00:45Z h a: b"),
     "1@0+27{message=t:b;timestamp=t:2020-05-31T00:00:45Z;host=t:h;program=t:a}"},
    {"a zone without a colon", STR("2020-05-31T00:00:45-0700 h a: b"),
     "1@0+31{message=t:b;timestamp=t:2020-05-31T00:00:45-0700;host=t:h;program=t:a}"},
    {"ChromeOS", STR("2016-10-25T12:37:23.297265-07:00 INFO app[13707]: done"),
     "1@0+54{message=t:done;timestamp=t:2016-10-25T12:37:23.297265-07:00;program=t:app;pid=t:13707;severity=t:INFO}"},
    {"ChromeOS, no process", STR("2016-10-25T12:37:23.297265-07:00 ERR kernel: [ 1.5] x"),
     "1@0+53{message=t:[ 1.5] x;timestamp=t:2016-10-25T12:37:23.297265-07:00;program=t:kernel;severity=t:ERR}"},
    /* Cisco */
    {"Cisco", STR("*Oct 19 18:30:13.311 CST: %SYS-5-CONFIG_I: text"),
     "1@0+47{message=t:%SYS-5-CONFIG_I: text;timestamp=t:*Oct 19 18:30:13.311 CST}"},
    {"Cisco, no zone", STR(".Oct 19 18:30:13: %SYS-5-CONFIG_I: text"),
     "1@0+39{message=t:%SYS-5-CONFIG_I: text;timestamp=t:.Oct 19 18:30:13}"},
    /* A collector's columns */
    {"columns", STR("- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: opened"),
     "1@0+86{message=t:opened;timestamp=t:Nov 9 12:01:01;host=t:dn228/dn228;program=t:crond;module=t:pam_unix;"
     "pid=t:2915;received=t:1131566461;collector=t:dn228}"},
    {"columns with a label", STR("ALERT 1131566461 2005.11.09 c Nov 9 12:01:01 h a: b"),
     "1@0+51{message=t:b;timestamp=t:Nov 9 12:01:01;host=t:h;program=t:a;label=t:ALERT;received=t:1131566461;"
     "collector=t:c}"},
    /* RFC 5424 */
    {"new",
     STR("<34>1 2003-10-11T22:14:15.003Z m.example su 77 ID47 - \xef\xbb\xbf"
         "failed"),
     "1@0+63{message=t:failed;timestamp=t:2003-10-11T22:14:15.003Z;host=t:m.example;program=t:su;pid=t:77;"
     "msgid=t:ID47;severity=t:crit;facility=t:auth}"},
    {"nothing known", STR("<34>1 - - - - - -"), "1@0+17{severity=t:crit;facility=t:auth}"},
    {"structured data", STR("<165>1 2003-10-11T22:14:15.003Z m e - I [a@32473 i=\"3\" s=\"x y\"][b c=\"\"] text"),
     "1@0+76{message=t:text;timestamp=t:2003-10-11T22:14:15.003Z;host=t:m;program=t:e;msgid=t:I;severity=t:notice;"
     "facility=t:local4;sd.a.i=t:3;sd.a.s=t:x y;sd.b.c=t:}"},
    {"escapes in structured data", STR("<165>1 2003-10-11T22:14:15.003Z m e - - [a p=\"C:\\\\W \\\"q\\\" \\] C:\\W\"]"),
     "1@0+67{timestamp=t:2003-10-11T22:14:15.003Z;host=t:m;program=t:e;severity=t:notice;facility=t:local4;"
     "sd.a.p=t:C:\\W \"q\" ] C:\\W}"},
    {"an element without parameters", STR("<165>1 2003-10-11T22:14:15.003Z m e - - [x@9] text"),
     "1@0+50{message=t:text;timestamp=t:2003-10-11T22:14:15.003Z;host=t:m;program=t:e;severity=t:notice;"
     "facility=t:local4;sd.x=t:}"},
    {"structured data is open", STR("<165>1 2003-10-11T22:14:15.003Z m e - - [a p=\"x] text"),
     "1@0+53{message=t:[a p=\"x] text;timestamp=t:2003-10-11T22:14:15.003Z;host=t:m;program=t:e;severity=t:notice;"
     "facility=t:local4}"},
    {"structured data runs on", STR("<165>1 2003-10-11T22:14:15.003Z m e - - [a]text"),
     "1@0+47{message=t:[a]text;timestamp=t:2003-10-11T22:14:15.003Z;host=t:m;program=t:e;severity=t:notice;"
     "facility=t:local4}"},
    {"a relay without structured data", STR("<165>1 2003-10-11T22:14:15.003Z m e - - -text"),
     "1@0+45{message=t:-text;timestamp=t:2003-10-11T22:14:15.003Z;host=t:m;program=t:e;severity=t:notice;"
     "facility=t:local4}"},
    {"1 is a word", STR("<13>1 of the six things we saw today\n"),
     "1@0+37{message=t:1 of the six things we saw today;severity=t:notice;facility=t:user}"},
    /* Messages repeated, messages of JSON */
    {"message repeated", STR("2020-05-31T00:00:45.6+00:00 h rsyslogd:  message repeated 76 times: [-- MARK --]"),
     "1@0+80{repeated=t:76;message=t:-- MARK --;timestamp=t:2020-05-31T00:00:45.6+00:00;host=t:h;program=t:rsyslogd}"},
    {"message repeated, of sshd",
     STR("Dec 10 07:13:43 L sshd[2]: message repeated 5 times: [ Failed password for root from "
         "1.2.3.4 port 5 ssh2]"),
     "1@0+105{repeated=t:5;message=t:Failed password for root from 1.2.3.4 port 5 ssh2;"
     "timestamp=t:Dec 10 07:13:43;host=t:L;program=t:sshd;pid=t:2}"},
    {"not quite repeated",
     STR("message repeated x times: [a]\nmessage repeated 5 times: [a\nmessage repeated 5 time: [a]\n"),
     "1@0+30{message=t:message repeated x times: [a]} 2@30+29{message=t:message repeated 5 times: [a} "
     "3@59+29{message=t:message repeated 5 time: [a]}"},
    {"repeated nothing", STR("message repeated 5 times: []\n"), "1@0+29{repeated=t:5}"},
    {"JSON", STR(CEE "{\"k\": {\"l\": 1}, \"m\": \"x\"}"),
     "1@0+46{message=t:{\"k\": {\"l\": 1}, \"m\": \"x\"};timestamp=t:Mar  6 "
     "04:07:23;host=t:h;program=t:a;k.l=n:1;m=t:x}"},
    {"JSON behind @cee:", STR(CEE "@cee: {\"k\":true}"),
     "1@0+37{message=t:@cee: {\"k\":true};timestamp=t:Mar  6 04:07:23;host=t:h;program=t:a;k=b:true}"},
    {"hardly JSON", STR(CEE "{\"k\":}\n" CEE "{\"k\":1} {\"l\":2}"),
     "1@0+28{message=t:{\"k\":};timestamp=t:Mar  6 04:07:23;host=t:h;program=t:a} "
     "2@28+36{message=t:{\"k\":1} {\"l\":2};timestamp=t:Mar  6 04:07:23;host=t:h;program=t:a}"},
    /* Records of several lines */
    {"lines below a head", STR("Jan  1 00:00:00 h a: x\n\tmore\nand more\nJan  1 00:00:01 h a: y\n"),
     "1@0+38{message=t:x\n\tmore\nand more;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a} "
     "2@38+23{message=t:y;timestamp=t:Jan  1 00:00:01;host=t:h;program=t:a}"},
    {"an empty line ends it", STR("Jan  1 00:00:00 h a: x\n\nmore\nand more\n"),
     "1@0+23{message=t:x;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a} 2@24+14{message=t:more\nand more}"},
    {"CR LF", STR("Jan  1 00:00:00 h a: x\r\nmore\r\n\r\nlast\r\n"),
     "1@0+30{message=t:x\nmore;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a} 2@32+6{message=t:last}"},
    {"a lone CR is a byte", STR("Jan  1 00:00:00 h a: x\n\rmore\n"),
     "1@0+29{message=t:x\n\rmore;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a}"},
    {"below a priority", STR("<14>Mar  6 04:07:23 h t this\nmore\n<14>x\n"),
     "1@0+34{message=t:t this\nmore;timestamp=t:Mar  6 04:07:23;host=t:h;severity=t:info;facility=t:user} "
     "2@34+6{message=t:x;severity=t:info;facility=t:user}"},
    {"a raw capture",
     STR("<15>Mar  6 04:07:23 h t a<14>Mar  6 04:07:24 h t b\nmore<13>1 2021-03-06T04:07:25Z h t - - - c"),
     "1@0+25{message=t:t a;timestamp=t:Mar  6 04:07:23;host=t:h;severity=t:debug;facility=t:user} "
     "2@25+30{message=t:t b\nmore;timestamp=t:Mar  6 04:07:24;host=t:h;severity=t:info;facility=t:user} "
     "3@55+38{message=t:c;timestamp=t:2021-03-06T04:07:25Z;host=t:h;program=t:t;severity=t:notice;facility=t:user}"},
    {"<n> without a date is text", STR("<15>Mar  6 04:07:23 h t a <14> b <3>x"),
     "1@0+37{message=t:t a <14> b <3>x;timestamp=t:Mar  6 04:07:23;host=t:h;severity=t:debug;facility=t:user}"},
    {"<n> in a log without priorities", STR("Mar  6 04:07:23 h t: a<14>Mar  6 04:07:24 h t: b"),
     "1@0+48{message=t:a<14>Mar  6 04:07:24 h t: b;timestamp=t:Mar  6 04:07:23;host=t:h;program=t:t}"},
    {"a line below that has <n>, after an empty one", STR("<15>Mar  6 04:07:23 h t a\n\nx<14>Mar  6 04:07:24 h t b"),
     "1@0+26{message=t:t a;timestamp=t:Mar  6 04:07:23;host=t:h;severity=t:debug;facility=t:user} 2@27+1{message=t:x} "
     "3@28+25{message=t:t b;timestamp=t:Mar  6 04:07:24;host=t:h;severity=t:info;facility=t:user}"},
    {"the source begins amid a record", STR("end of it<14>Mar  6 04:07:24 h t b\nmore\n"),
     "1@0+9{message=t:end of it} "
     "2@9+31{message=t:t b\nmore;timestamp=t:Mar  6 04:07:24;host=t:h;severity=t:info;facility=t:user}"},
    {"the source begins amid a line", STR("end of it\nJan  1 00:00:00 h a: x\nJan  1 00:00:01 h a: y\nmore\n"),
     "1@0+10{message=t:end of it} 2@10+23{message=t:x;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a} "
     "3@33+28{message=t:y\nmore;timestamp=t:Jan  1 00:00:01;host=t:h;program=t:a}"},
    {"dates here and there", STR("one\nJan  1 00:00:00 h a: x\ntwo\n"),
     "1@0+4{message=t:one} 2@4+23{message=t:x;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a} 3@27+4{message=t:two}"},
    {"a line between that looks like columns with the next",
     STR("- 1131566461 2005.11.09 c Nov 9 12:01:01 h a: b\nfoo\n- 1131566461 2005.11.09 c Nov 9 12:01:01 h a: c\n"),
     "1@0+52{message=t:b\nfoo;timestamp=t:Nov 9 12:01:01;host=t:h;program=t:a;received=t:1131566461;collector=t:c} "
     "2@52+48{message=t:c;timestamp=t:Nov 9 12:01:01;host=t:h;program=t:a;received=t:1131566461;collector=t:c}"},
    /* Lines of nothing known; marks, zeros, ends */
    {"plain lines", STR("one\n\ntwo\nthree"), "1@0+4{message=t:one} 2@5+4{message=t:two} 3@9+5{message=t:three}"},
    {"a mark", STR("\xef\xbb\xbfone\n"), "1@3+4{message=t:one}"},
    {"a mark before a head", STR("\xef\xbb\xbf\r\nJan  1 00:00:00 h a: x\nmore"),
     "1@5+27{message=t:x\nmore;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a}"},
    {"zeros", STR("one\n\0\0\0two\n\0\0"),
     "1@0+4{message=t:one} !4+3(zero bytes between lines) 2@7+4{message=t:two} "
     "!11+2(zero bytes between lines)"},
    {"zeros end a record", STR("Jan  1 00:00:00 h a: x\n\0\0more\nJan  1 00:00:01 h a: y\n"),
     "1@0+23{message=t:x;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a} !23+2(zero bytes between lines) "
     "2@25+5{message=t:more} 3@30+23{message=t:y;timestamp=t:Jan  1 00:00:01;host=t:h;program=t:a}"},
    {"zeros before a head amid a line", STR("<1>Jan  1 00:00:00 h a: x\n\0\0q<1>Jan  1 00:00:01 h a: y\n"),
     "1@0+26{message=t:x;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a;severity=t:alert;facility=t:kern} "
     "!26+2(zero bytes between lines) 2@28+1{message=t:q} "
     "3@29+26{message=t:y;timestamp=t:Jan  1 00:00:01;host=t:h;program=t:a;severity=t:alert;facility=t:kern}"},
    {"nothing", STR(""), ""},
    {"line ends", STR("\n\r\n\n"), ""},
};

/* Three parts, so that some hold no head at all. */
static void parts_without_a_head_give_nothing(void **state) {
    static const str text =
        STR("<1>Jan  1 00:00:00 h a: x\none\n\ntwo\n\0three<1>Jan  1 00:00:01 h a: y\nfour\n\nfive");
    struct notes all;
    (void)state;

    notes_open(&all);
    all.numberless = true;
    read_into(&text_reader, text, whole, 0, &all);
    assert_int_equal(all.records, 5);
    for (uint64_t a = 0; a <= text.len; a++)
        for (uint64_t b = a; b <= text.len; b++) {
            struct notes parts;

            notes_open(&parts);
            parts.numberless = true;
            read_into(&text_reader, text, (struct part){0, a}, 0, &parts);
            read_into(&text_reader, text, (struct part){a, b}, 0, &parts);
            read_into(&text_reader, text, (struct part){b, UINT64_MAX}, 0, &parts);
            if (!str_eq(buf_str(&parts.text), buf_str(&all.text)))
                fail_msg("cut at %lu and %lu: %.*s", (unsigned long)a, (unsigned long)b, STR_ARG(buf_str(&parts.text)));
            notes_close(&parts);
        }
    notes_close(&all);
}

/* Lines of every sort so that ends of windows (256 KiB) fall everywhere, with parts of 100 KB; against short windows that
 * give more than is asked. */
static void records_across_windows(void **state) {
    struct buf text = {0};
    struct notes all;
    size_t records = 0;
    (void)state;

    for (unsigned i = 0; text.len < 1200000; i++, records++) {
        buf_format(&text, "<1%u>Mar  %u 04:07:23 h a[%u]: ", i % 8, i % 9 + 1, i);
        for (unsigned k = 0; k < i * 7 % 211; k++)
            buf_byte(&text, (char)('a' + k % 26));
        if (i % 3 == 0)
            buf_add(&text, S("\n\tmore of it"));
        if (i % 5)
            buf_byte(&text, '\n');
    }
    notes_open(&all);
    all.numberless = true;
    read_into(&text_reader, buf_str(&text), whole, 0, &all);
    assert_int_equal(all.records, records);
    assert_int_equal(all.damages, 0);
    for (size_t more = 1; more < 400000; more = more * 3 + 10) {
        struct notes parts;

        notes_open(&parts);
        parts.numberless = true;
        for (uint64_t from = 0; from < text.len; from += 99991)
            read_into(&text_reader, buf_str(&text), (struct part){from, from + 99991}, more, &parts);
        assert_true(str_eq(buf_str(&parts.text), buf_str(&all.text)));
        notes_close(&parts);
    }
    notes_close(&all);
    buf_free(&text);
}

static const struct shown shown[] = {
    /* a line */ {STR("one\ntwo\nthree\n"), 4, "two"},
    /* the last */ {STR("one\ntwo"), 4, "two"},
    /* behind a mark */ {STR("\xef\xbb\xbfone\n"), 3, "one"},
    /* with its head */ {STR("Jan  1 00:00:00 h a: x\nJan  1 00:00:01 h a: y\n"), 23, "Jan  1 00:00:01 h a: y"},
    /* several lines */
    {STR("Jan  1 00:00:00 h a: x\r\nmore\r\nJan  1 00:00:01 h a: y\n"), 0, "Jan  1 00:00:00 h a: x\nmore"},
    /* the first in a line */
    {STR("<1>Jan  1 00:00:00 h a: x<2>Jan  1 00:00:01 h a: y\nmore"), 0, "<1>Jan  1 00:00:00 h a: x"},
    /* amid a line */
    {STR("<1>Jan  1 00:00:00 h a: x<2>Jan  1 00:00:01 h a: y\nmore"), 25, "<2>Jan  1 00:00:01 h a: y\nmore"},
    /* an empty line */ {STR("one\n\ntwo\n"), 4, NULL},
    /* zeros */ {STR("one\n\0two\n"), 4, NULL},
    /* behind zeros */ {STR("one\n\0\0two\n"), 6, "two"},
    /* not amid a line */ {STR("one\ntwo\n"), 5, NULL},
    /* nor amid its mark */ {STR("\xef\xbb\xbfone\n"), 2, NULL},
    /* nor amid a head */ {STR("Jan  1 00:00:00 h a: x\nJan  1 00:00:01 h a: y\n"), 27, NULL},
    /* nor where one only looks like it */ {STR("Jan  1 00:00:00 h a: Jan  1 00:00:01 h a: y\n"), 21, NULL},
    /* nor amid a line with priorities */ {STR("<1>Jan  1 00:00:00 h a: x<2>Jan  1 00:00:01 h a: y\n"), 24, NULL},
    /* behind the end */ {STR("one\n"), 4, NULL},
};

/* A head and `lines` lines below it, of `len` bytes each: how many records, in parts as well. */
static void many_below(size_t lines, size_t len, uint64_t want) {
    struct buf text = {0};

    buf_add(&text, S("Jan  1 00:00:00 h a: x\n"));
    for (size_t i = 0; i < lines; i++) {
        fill(&text, 'm', len);
        buf_byte(&text, '\n');
    }
    buf_add(&text, S("Jan  1 00:00:01 h a: y\n"));
    for (int parts = 1; parts < 4; parts++) {
        struct notes n;

        notes_open(&n);
        n.count_only = true;
        for (int i = 0; i < parts; i++)
            read_into(&text_reader, buf_str(&text),
                      (struct part){text.len / parts * (size_t)i,
                                    i + 1 == parts ? UINT64_MAX : text.len / parts * (size_t)(i + 1)},
                      0, &n);
        assert_int_equal(n.records, want);
        notes_close(&n);
    }
    buf_free(&text);
}

static void lines_of_a_record_are_bounded(void **state) {
    (void)state;
    many_below(255, 1, 2);
    many_below(256, 1, 3); /* 256 lines with the first, then one */
    many_below(256 * 3 - 1, 1, 4);
    many_below(256 * 3, 1, 5);
    many_below(3, MIB / 2, 3); /* 1 MiB: a line and a half do not fit */
    many_below(1, MIB, 3);
    many_below(1, MIB - 23, 2);
}

static void a_line_of_16_mib_is_damage(void **state) {
    struct buf text = {0};
    struct notes n;
    (void)state;

    buf_add(&text, S("Jan  1 00:00:00 h a: x\n"));
    fill(&text, 'm', 16 * MIB);
    buf_add(&text, S("\nbelow\nJan  1 00:00:01 h a: y\n"));
    for (uint64_t cut = 0; cut < text.len; cut += 8 * MIB) {
        notes_open(&n);
        n.numberless = true;
        if (cut)
            read_into(&text_reader, buf_str(&text), (struct part){0, cut}, 0, &n);
        read_into(&text_reader, buf_str(&text), (struct part){cut, UINT64_MAX}, 0, &n);
        assert_true(
            str_eq(buf_str(&n.text), S("0+23{message=t:x;timestamp=t:Jan  1 00:00:00;host=t:h;program=t:a} "
                                       "!23+16777217(a line of 16 MiB or more) 16777240+6{message=t:below} "
                                       "16777246+23{message=t:y;timestamp=t:Jan  1 00:00:01;host=t:h;program=t:a} ")));
        notes_close(&n);
    }
    buf_free(&text);
}

static void a_line_just_shorter_is_a_record(void **state) {
    struct buf text = {0};
    (void)state;

    fill(&text, 'm', 16 * MIB - 1);
    buf_byte(&text, '\n');
    struct notes const n = counted(&text_reader, buf_str(&text), 0);

    assert_int_equal(n.records, 1);
    assert_int_equal(n.damages, 0);
    buf_free(&text);
}

/* 64 parameters are kept; that there were more is told. */
static void parameters_are_bounded(void **state) {
    (void)state;
    for (unsigned count = 64; count < 66; count++) {
        struct buf text = {0};
        struct notes n;

        buf_add(&text, S("<165>1 2003-10-11T22:14:15Z m e - - [a"));
        for (unsigned i = 0; i < count; i++)
            buf_format(&text, " k%u=\"%u\"", i, i);
        buf_add(&text, S("] x\n"));
        notes_open(&n);
        read_into(&text_reader, buf_str(&text), whole, 0, &n);
        assert_int_equal(n.records, 1);
        assert_true(str_find(buf_str(&n.text), S("sd.a.k63=t:63")) != SIZE_MAX);
        assert_true(str_find(buf_str(&n.text), S("sd.a.k64")) == SIZE_MAX);
        assert_int_equal(n.damages, count - 64);
        notes_close(&n);
        buf_free(&text);
    }
}

/* A message of JSON: what the record has no room for is told. */
static void values_of_json_are_bounded(void **state) {
    (void)state;
    for (unsigned count = 8191; count < 8194; count++) { /* and the message */
        struct buf text = {0};

        buf_add(&text, S("{\"a\":[1"));
        for (unsigned i = 1; i < count; i++)
            buf_add(&text, S(",1"));
        buf_add(&text, S("]}\n"));
        struct notes const n = counted(&text_reader, buf_str(&text), 0);

        assert_int_equal(n.records, 1);
        assert_int_equal(n.values, 8192);
        assert_int_equal(n.damages, count > 8191);
        buf_free(&text);
    }
}

static const struct head heads[] = {
    /* lines of nothing known */ {STR("one\ntwo\n"), false},
    /* lines of syslog */ {STR("one\nJan  1 00:00:00 h a: two\n"), true},
    /* escapes of terminals */ {STR("Jan  1 00:00:00 h a: \x1b[31mred\x1b[0m plain\n"), true},
    /* a separator of auditd's */
    {STR("Jan  1 00:00:00 h a: type=A msg=audit(1.1:1): a=1\x1d"
         "B=2\n"),
     true},
    /* zeros in front */ {STR("\0\0\0\0Jan  1 00:00:00 h a: x\n"), true},
    /* Latin-1 */ {STR("Jan  1 00:00:00 h a: caf\xe9 au lait, sans sucre\n"), true},
    /* Cyrillic */ {STR("Jan  1 00:00:00 h a: \xd0\xb6\xd0\xb6\xd0\xb6\xd0\xb6\xd0\xb6\xd0\xb6\n"), true},
    /* nothing */ {STR(""), false},
    /* zeros */ {STR("\0\0\0"), false},
    /* a zero amid */ {STR("Jan  1 00:00:00 h a: one\0two\n"), false},
    /* controls */ {STR("Jan  1 00:00:00 h a: \x01\x02\x03\x04\x05\n"), false},
    /* high bytes of nothing */
    {STR("Jan  1 00:00:00 h a: "
         "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4\xf3\xf2\xf1\xf0\xef\xee\xed\xec\xeb\xea\xe9\xe8\xe7\xe6\xe5"
         "\xe4\xe3\xe2\xe1\xe0 a\n"),
     false},
    /* zeros between lines */ {STR("Jan  1 00:00:00 h a: x\n\0\0\0\0Jan  1 00:00:01 h a: y\n\0\0"), true},
    /* zeros between lines, then one amid */ {STR("Jan  1 00:00:00 h a: x\n\0\0Jan  1 00:00:01 h a: y\0\n"), false},
    /* UTF-16 */
    {STR("J\0a\0n\0 \0 \0"
         "1\0 \0"
         "0\0"
         "0\0:\0"
         "0\0\n\0"),
     false},
    /* a mail that quotes a line of syslog */
    {STR("Received: from a.example (a.example [198.51.100.7])\n\tby b.example; Fri, 1 Jan 2021 00:00:00 +0000\n"
         "Subject: your log\n\nJan  1 00:00:00 h a: x\n"),
     false},
    /* a mailbox */
    {STR("From a@b.example Fri Jan  1 00:00:00 2021\nTo: c@d.example\n\nJan  1 00:00:00 h a: x\n"), false},
    /* fields of a mail that are none: a line that is no field stands among them */
    {STR("From: a\nno field\nTo: b\nJan  1 00:00:00 h a: x\n"), true},
    /* one field of a mail */ {STR("Date: today\nJan  1 00:00:00 h a: x\n"), true},
    /* PDF */ {STR("%PDF-1.7\n"), false},
    /* XML */ {STR("<?xml version=\"1.0\"?>\n"), false},
    /* RTF */ {STR("{\\rtf1 a}\n"), false},
};

/* The samples of the shared data: records as a person counts them. */
static const struct {
    const char *file;
    uint64_t records;
    const char *first, *last; /* values that the first and the last record must have, in this order */
} samples[] = {
    {"linux/plaso/syslog_syslog", 16,
     "message=t:INFO No new content in \xc3\xad"
     "mynd.dd.;timestamp=t:Jan 22 07:52:33;"
     "host=t:myhostname.myhost.com;program=t:client;pid=t:30840}",
     "{message=t:[998.390602] sda2: rw=0, want=66, limit=2;timestamp=t:Nov 18 08:31:20;host=t:victoria;"
     "program=t:kernel}"},
    {"linux/plaso/syslog_syslog_chromeos", 8, "program=t:periodic_scheduler;pid=t:13707;severity=t:INFO}",
     "This is a multi-line\n\tmessage that screws up many syslog parsers.;"},
    {"linux/plaso/syslog_syslog_cron.log", 9, "{message=t:(root) CMD (touch /tmp/afile.txt);",
     "program=t:CRON;pid=t:31067}"},
    {"linux/plaso/syslog_syslog_rsyslog", 5, "{repeated=t:76;message=t:-- MARK --;", "program=t:systemd;pid=t:1}"},
    {"linux/plaso/syslog_syslog_rsyslog_ForwardFormat", 9, "{message=t:log_tag this is debug;",
     "program=t:cron;pid=t:18854;severity=t:info;facility=t:cron}"},
    {"linux/plaso/syslog_syslog_rsyslog_SysklogdFileFormat", 9, "{message=t:log_tag this is debug;",
     "program=t:cron;pid=t:18810}"},
    {"linux/plaso/syslog_syslog_rsyslog_SyslogProtocol23Format", 9,
     "{message=t:this is debug;timestamp=t:2021-03-06T04:07:38.251122+00:00;host=t:hostname;program=t:log_tag;"
     "msgid=t:123;severity=t:debug;facility=t:user}",
     "program=t:cron;pid=t:18898;severity=t:info;facility=t:cron}"},
    {"linux/plaso/syslog_syslog_rsyslog_TraditionalForwardFormat", 9,
     "timestamp=t:Mar  6 04:07:23;host=t:hostname;severity=t:debug", "facility=t:cron}"},
    {"linux/plaso/syslog_syslog_rsyslog_traditional", 8, "{message=t:Job `cron.daily' terminated;",
     "{message=t:This is a multi-line message that screws up\n\tmany syslog parsers.;"},
    {"linux/plaso/syslog_syslog_ssh.log", 9, "{message=t:Server listening on 0.0.0.0 port 22.;",
     "RSA SHA256:5xyQ+PG1Z3CIiShclJ2iNya5TOdKDgE/HrOXr21IdOo;timestamp=t:Mar 11 22:55:35;"},
};

static void first_and_last_of_public_samples(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct buf bytes = {0};
        struct notes n;

        if (!shared_file(samples[i].file, &bytes))
            skip();
        assert_true(text_reader.looks_like(buf_str(&bytes)));
        notes_open(&n);
        n.numberless = true;
        read_into(&text_reader, buf_str(&bytes), whole, 0, &n);
        str const all = buf_str(&n.text);
        str const head = str_first(all, str_find(all, S("} ")) + 1);
        size_t at = 0;

        for (size_t next; (next = str_find(str_from(all, at), S("} "))) != SIZE_MAX && at + next + 2 < all.len;)
            at += next + 2;
        if (n.records != samples[i].records || n.damages || str_find(head, str_of(samples[i].first)) == SIZE_MAX ||
            str_find(str_from(all, at), str_of(samples[i].last)) == SIZE_MAX)
            fail_msg("%s: %lu records: %.*s", samples[i].file, (unsigned long)n.records, STR_ARG(all));
        notes_close(&n);
        cut_everywhere(&text_reader, buf_str(&bytes), NOTED_ALL);
        buf_free(&bytes);
    }
}

/* One of each sort: several lines, a raw capture, structured data, JSON. */
static const struct promises promises = {
    .reader = &text_reader,
    .in_parts = true,
    PROMISED_TABLES,
    .busy = STR("<15>1 2021-03-06T04:07:38Z h t - 1 [a@1 k=\"v\\\"\"] x\nmore\n<14>Mar  6 04:07:24 h t: "
                "{\"k\":[1,{\"l\":2}]}<14>Mar  6 04:07:24 h t: b\n\0<13>y"),
    .records = 4,
    .refusals = 10,
    .only = {"program", STR("Jan  1 00:00:00 h a: x\n\0Jan  1 00:00:01 h b: y\n"),
             "1@0+23{program=t:a} !23+1(zero bytes between lines) 2@24+23{program=t:b}"},
};

/* No other names than the reader's own. */
static const struct promises plain = {.reader = &text_reader, .busy = STR("one\ntwo\n"), .records = 2};

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        PROMISES(&promises),
        PROMISE(names_without_room_are_told, &plain),
        cmocka_unit_test(parts_without_a_head_give_nothing),
        cmocka_unit_test(records_across_windows),
        cmocka_unit_test(lines_of_a_record_are_bounded),
        cmocka_unit_test(a_line_of_16_mib_is_damage),
        cmocka_unit_test(a_line_just_shorter_is_a_record),
        cmocka_unit_test(parameters_are_bounded),
        cmocka_unit_test(values_of_json_are_bounded),
        cmocka_unit_test(first_and_last_of_public_samples),
    };

    if (argc == 3 && strcmp(argv[1], "--print") == 0)
        return print_file(&text_reader, argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
