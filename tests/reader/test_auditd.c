/* test_auditd: the reader of audit records: joining, names, decoding, damage, parts of any cut; and every field that the
 * public audit rules name, on the public samples. */
#include "promises.h"
#include "reader/auditd.h"

#define M "msg=audit(1700000000.123:7): " /* 28 bytes and a blank */
#define TAIL "timestamp=n:1700000000.123;serial=n:7"
#define OF(type) "type=t:" type ";" TAIL

static const struct source sources[] = {
    /* One record. */
    {"a program's message", STR("type=USER_END " M "pid=1 msg='op=login acct=\"bob\" res=success'\n"),
     "1@0+86{pid=t:1;op=t:login;acct=t:bob;res=t:success;" OF("USER_END") "}"},
    {"no line end at the end", STR("type=A " M "pid=1"), "1@0+41{pid=t:1;" OF("A") "}"},
    {"CR LF", STR("type=A " M "pid=1\r\n"), "1@0+41{pid=t:1;" OF("A") "}"},
    {"nothing in it", STR("type=A msg=audit(1700000000.123:7):\n"), "1@0+35{" OF("A") "}"},
    {"a byte order mark", STR("\xef\xbb\xbftype=A " M "pid=1\n"), "1@3+41{pid=t:1;" OF("A") "}"},
    {"one digit of a second", STR("type=A msg=audit(1700000000.0:0): x=1\n"),
     "1@0+37{x=t:1;type=t:A;timestamp=n:1700000000.0;serial=n:0}"},
    {"an unknown type", STR("type=UNKNOWN[1323] " M "fd=6\n"), "1@0+52{fd=t:6;" OF("UNKNOWN[1323]") "}"},
    {"nothing", STR(""), ""},
    {"empty lines", STR("\n\r\ntype=A " M "x=1\n\n"), "1@3+39{x=t:1;" OF("A") "}"},
    {"between events of ausearch", STR("----\ntime->Tue Mar  6\ntype=A " M "x=1\n"), "1@22+39{x=t:1;" OF("A") "}"},

    /* Values. */
    {"quotes are plain", STR("type=A " M "comm=\"6162\"\n"), "1@0+47{comm=t:6162;" OF("A") "}"},
    {"blanks in quotes", STR("type=A " M "comm=\"a b\" x=1\n"), "1@0+50{comm=t:a b;x=t:1;" OF("A") "}"},
    {"no quotes: hexadecimal", STR("type=A " M "comm=6120622263\n"), "1@0+51{comm=t:a b\"c;" OF("A") "}"},
    {"only of encoded fields", STR("type=A " M "inode=6162 pid=1234\n"), "1@0+55{inode=t:6162;pid=t:1234;" OF("A") "}"},
    {"small digits too", STR("type=A " M "exe=2f62\n"), "1@0+44{exe=t:/b;" OF("A") "}"},
    {"odd digits are none", STR("type=A " M "exe=2f6\n"), "1@0+43{exe=t:2f6;" OF("A") "}"},
    {"other letters are none", STR("type=A " M "exe=sh\n"), "1@0+42{exe=t:sh;" OF("A") "}"},
    {"null", STR("type=A " M "key=(null) x=1\n"), "1@0+50{key=z:;x=t:1;" OF("A") "}"},
    {"not known", STR("type=A " M "addr=? tty=(none)\n"), "1@0+53{addr=z:;tty=t:(none);" OF("A") "}"},
    {"a question mark in quotes", STR("type=A " M "x=\"?\"\n"), "1@0+41{x=t:?;" OF("A") "}"},
    {"nothing in quotes", STR("type=A " M "x=\"\" y= z=1\n"), "1@0+47{x=t:;y=t:;z=t:1;" OF("A") "}"},
    {"two keys", STR("type=A " M "key=6B6579310168696768\n"), "1@0+58{key=t:key1;key=t:high;" OF("A") "}"},
    {"one key in quotes", STR("type=A " M "key=\"k\"\n"), "1@0+43{key=t:k;" OF("A") "}"},
    {"a title", STR("type=PROCTITLE " M "proctitle=6C73002D6C\n"), "1@0+64{proctitle=t:ls -l;" OF("PROCTITLE") "}"},
    {"a title in quotes", STR("type=PROCTITLE " M "proctitle=\"id\"\n"), "1@0+58{proctitle=t:id;" OF("PROCTITLE") "}"},
    {"an open quote", STR("type=A " M "x=\"abc d=1\n"),
     "!0+47(a quote that does not end) 1@0+46{x=t:abc d=1;" OF("A") "}"},

    /* Enriched. */
    {"looked up behind 1D",
     STR("type=A " M "auid=0\x1d"
         "AUID=\"root\"\n"),
     "1@0+54{auid=t:0;AUID=t:root;" OF("A") ";_account=t:root}"},
    {"1D as rsyslog writes it", STR("type=A " M "auid=0#035AUID=\"root\"\n"),
     "1@0+57{auid=t:0;AUID=t:root;" OF("A") ";_account=t:root}"},
    {"1D lost behind a bracket", STR("type=A " M "key=(null)ARCH=x86_64\n"),
     "1@0+57{key=z:;ARCH=t:x86_64;" OF("A") "}"},
    {"1D lost behind a digit", STR("type=A " M "res=1UID=\"root\"\n"),
     "1@0+51{res=t:1;UID=t:root;" OF("A") ";_account=t:root}"},
    {"1D lost behind msg", STR("type=A " M "msg='res=1'AUID=\"unset\"\n"), "1@0+59{res=t:1;AUID=t:unset;" OF("A") "}"},
    {"an equals sign that is none", STR("type=A " M "a=b=c x=yZ=1 d=e-F=1\n"),
     "1@0+56{a=t:b=c;x=t:yZ=1;d=t:e-F=1;" OF("A") "}"},

    /* Who. */
    {"unset", STR("type=A " M "auid=4294967295 uid=33\n"),
     "1@0+58{auid=t:4294967295;uid=t:33;" OF("A") ";_account=t:uid=33}"},
    {"unset as old kernels write it", STR("type=A " M "auid=-1\n"), "1@0+43{auid=t:-1;" OF("A") "}"},
    {"a number that nobody has",
     STR("type=A " M "auid=1000\x1d"
         "AUID=\"unknown(1000)\" UID=\"root\"\n"),
     "1@0+77{auid=t:1000;AUID=t:unknown(1000);UID=t:root;" OF("A") ";_account=t:uid=1000}"},
    {"nobody logged in",
     STR("type=A " M "auid=4294967295 uid=0\x1d"
         "AUID=\"unset\" UID=\"root\"\n"),
     "1@0+81{auid=t:4294967295;uid=t:0;AUID=t:unset;UID=t:root;" OF("A") ";_account=t:root}"},
    {"a number", STR("type=A " M "auid=1000 uid=0\n"), "1@0+51{auid=t:1000;uid=t:0;" OF("A") ";_account=t:uid=1000}"},
    {"old and new", STR("type=LOGIN " M "pid=1 old auid=4294967295 new auid=0 old ses=1 new ses=2\n"),
     "1@0+96{pid=t:1;old-auid=t:4294967295;auid=t:0;old-ses=t:1;ses=t:2;" OF(
         "LOGIN") ";_account=t:uid=0;_session=t:2}"},
    {"no session", STR("type=A " M "ses=4294967295\n"), "1@0+50{ses=t:4294967295;" OF("A") "}"},

    /* Words. */
    {"avc", STR("type=AVC " M "avc:  denied  { read open } for  pid=1 comm=\"ls\"\n"),
     "1@0+86{seresult=t:denied;seperms=t:read;seperms=t:open;text=t:avc:  denied  { read open } for;pid=t:1;"
     "comm=t:ls;" OF("AVC") "}"},
    {"words alone", STR("type=A " M "check rounding\n"), "1@0+50{text=t:check rounding;" OF("A") "}"},
    {"words of op", STR("type=A " M "msg='op=adding user to group grp=\"w\" res=failed'\n"),
     "1@0+84{op=t:adding user to group;grp=t:w;res=t:failed;" OF("A") "}"},
    {"of another decade",
     STR("type=A " M "msg='PAM: session open acct=\"r\" : exe=\"/x\" (hostname=?, addr=1.2.3.4, res=success)'\n"),
     "1@0+119{text=t:PAM: session open;acct=t:r;exe=t:/x;hostname=z:;addr=t:1.2.3.4;res=t:success;" OF("A") "}"},
    {"a key of odd letters is a word", STR("type=A " M "a/b=1 x=2\n"), "1@0+45{text=t:a/b=1;x=t:2;" OF("A") "}"},

    /* Joined. */
    {"a command",
     STR("type=SYSCALL " M "arch=c000003e syscall=59 a0=1b a1=2b a2=3b a3=4\n"
         "type=EXECVE " M "argc=2 a0=\"ls\" a1=2D6C2078\n"
         "type=CWD " M "cwd=\"/srv0\"\n"
         "type=PATH " M "item=0 name=\"/bin/ls\" nametype=NORMAL\n"
         "type=PATH " M "item=1 name=\"/lib/x\" nametype=NORMAL\n"
         "type=PROCTITLE " M "proctitle=6C73002D6C2078\n"),
     "1@0+424{arch=t:c000003e;syscall=t:59;argc=t:2;cwd=t:/srv0;item=t:0;name=t:/bin/ls;nametype=t:NORMAL;item=t:1;"
     "name=t:/lib/x;nametype=t:NORMAL;proctitle=t:ls -l x;syscall_a0=t:1b;syscall_a1=t:2b;syscall_a2=t:3b;"
     "syscall_a3=t:4;a0=t:ls;a1=t:-l x;_command=t:ls -l x;type=t:SYSCALL;type=t:EXECVE;type=t:CWD;type=t:PATH;"
     "type=t:PROCTITLE;" TAIL ";syscall=t:execve;SYSCALL=t:execve}"},
    {"a0 of a call alone", STR("type=SYSCALL " M "arch=c000003e syscall=135 a0=40000\n"),
     "1@0+76{arch=t:c000003e;syscall=t:135;a0=t:40000;" OF("SYSCALL") ";syscall=t:personality;SYSCALL=t:personality}"},
    {"i386", STR("type=SYSCALL " M "arch=40000003 syscall=11\n"),
     "1@0+66{arch=t:40000003;syscall=t:11;" OF("SYSCALL") ";syscall=t:execve;SYSCALL=t:execve}"},
    {"aarch64", STR("type=SYSCALL " M "arch=c00000b7 syscall=221\n"),
     "1@0+67{arch=t:c00000b7;syscall=t:221;" OF("SYSCALL") ";syscall=t:execve;SYSCALL=t:execve}"},
    {"another processor", STR("type=SYSCALL " M "arch=80000016 syscall=11\n"),
     "1@0+66{arch=t:80000016;syscall=t:11;" OF("SYSCALL") "}"},
    {"no such call", STR("type=SYSCALL " M "arch=c000003e syscall=400\n"),
     "1@0+67{arch=t:c000003e;syscall=t:400;" OF("SYSCALL") "}"},
    {"the name was looked up", STR("type=SYSCALL " M "arch=c000003e syscall=59\x1dSYSCALL=other\n"),
     "1@0+80{arch=t:c000003e;syscall=t:59;syscall=t:other;SYSCALL=t:other;" OF("SYSCALL") "}"},
    {"an argument in pieces",
     STR("type=EXECVE " M "argc=3 a0=\"x\" a1_len=6 a1[0]=616220\n"
         "type=EXECVE " M "a1[1]=63 a2=\"z\"\n"),
     "1@0+132{argc=t:3;a0=t:x;a1=t:ab c;a2=t:z;_command=t:x ab c z;" OF("EXECVE") "}"},
    {"an argument that is nothing", STR("type=EXECVE " M "argc=2 a0=\"x\" a1=\"\"\n"),
     "1@0+60{argc=t:2;a0=t:x;a1=t:;_command=t:x ;" OF("EXECVE") "}"},
    {"lines of two events among each other",
     STR("type=SYSCALL msg=audit(1.0:1): x=1\ntype=SYSCALL msg=audit(1.0:2): y=1\n"
         "type=PROCTITLE msg=audit(1.0:2): z=2\ntype=PROCTITLE msg=audit(1.0:1): z=1\n"),
     "1@0+70{x=t:1;z=t:1;type=t:SYSCALL;type=t:PROCTITLE;timestamp=n:1.0;serial=n:1} "
     "2@35+70{y=t:1;z=t:2;type=t:SYSCALL;type=t:PROCTITLE;timestamp=n:1.0;serial=n:2}"},
    {"the same number, another time", STR("type=A msg=audit(1.0:1): x=1\ntype=A msg=audit(1.5:1): x=2\n"),
     "1@0+28{x=t:1;type=t:A;timestamp=n:1.0;serial=n:1} 2@29+28{x=t:2;type=t:A;timestamp=n:1.5;serial=n:1}"},
    {"another node",
     STR("node=a type=A msg=audit(1.0:1): x=1\nnode=b type=A msg=audit(1.0:1): x=2\nnode=a type=B msg=audit(1.0:1): "
         "x=3\n"),
     "1@0+70{x=t:1;x=t:3;type=t:A;type=t:B;timestamp=n:1.0;serial=n:1;node=t:a} "
     "2@36+35{x=t:2;type=t:A;timestamp=n:1.0;serial=n:1;node=t:b}"},
    {"EOE ends it", STR("type=A msg=audit(1.0:1): x=1\ntype=EOE msg=audit(1.0:1): \ntype=A msg=audit(1.0:1): x=2\n"),
     "1@0+55{x=t:1;type=t:A;type=t:EOE;timestamp=n:1.0;serial=n:1} 2@57+28{x=t:2;type=t:A;timestamp=n:1.0;serial=n:1}"},
    {"EOE behind the title", STR("type=PROCTITLE msg=audit(1.0:1): x=1\ntype=EOE msg=audit(1.0:1): \n"),
     "1@0+36{x=t:1;type=t:PROCTITLE;timestamp=n:1.0;serial=n:1}"},
    {"messages of programs stand alone",
     STR("type=A msg=audit(1.0:1): msg='x=1'\ntype=B msg=audit(1.0:1): msg='x=2'\n"),
     "1@0+34{x=t:1;type=t:A;timestamp=n:1.0;serial=n:1} 2@35+34{x=t:2;type=t:B;timestamp=n:1.0;serial=n:1}"},

    /* Made of several fields. */
    {"a file created",
     STR("type=CWD " M "cwd=\"/tmp\"\ntype=PATH " M "name=\"/tmp\" nametype=PARENT\n"
         "type=PATH " M "name=\"./a\" nametype=CREATE\ntype=PATH " M "name=\"/b\" nametype=CREATE\n"),
     "1@0+243{cwd=t:/tmp;name=t:/tmp;nametype=t:PARENT;name=t:./a;_created=t:/tmp/a;nametype=t:CREATE;name=t:/b;"
     "_created=t:/b;nametype=t:CREATE;type=t:CWD;type=t:PATH;" TAIL "}"},
    {"created below /", STR("type=CWD " M "cwd=\"/\"\ntype=PATH " M "name=\"a\" nametype=CREATE\n"),
     "1@0+108{cwd=t:/;name=t:a;_created=t:/a;nametype=t:CREATE;type=t:CWD;type=t:PATH;" TAIL "}"},
    {"an address of four bytes", STR("type=SOCKADDR " M "saddr=020001BBC0A80001\n"),
     "1@0+65{saddr=t:020001BBC0A80001;_address=t:192.168.0.1;_port=t:443;" OF("SOCKADDR") "}"},
    {"of a machine of the other order", STR("type=SOCKADDR " M "saddr=000201BBC0A80001\n"),
     "1@0+65{saddr=t:000201BBC0A80001;_address=t:192.168.0.1;_port=t:443;" OF("SOCKADDR") "}"},
    {"an address of sixteen", STR("type=SOCKADDR " M "saddr=0A00003500000000200100000000000000000000000000010000\n"),
     "1@0+101{saddr=t:0A00003500000000200100000000000000000000000000010000;_address=t:2001::1;_port=t:53;" OF(
         "SOCKADDR") "}"},
    {"loopback", STR("type=SOCKADDR " M "saddr=0A000035000000000000000000000000000000000000000100000000\n"),
     "1@0+105{saddr=t:0A000035000000000000000000000000000000000000000100000000;_address=t:::1;_port=t:53;" OF(
         "SOCKADDR") "}"},
    {"an address without zeros in a row",
     STR("type=SOCKADDR " M "saddr=0A0000350000000000010002000300040005000600000008\n"),
     "1@0+97{saddr=t:0A0000350000000000010002000300040005000600000008;_address=t:1:2:3:4:5:6:0:8;_port=t:53;" OF(
         "SOCKADDR") "}"},
    {"zeros at the end", STR("type=SOCKADDR " M "saddr=0A0000350000000020010000000000000000000000000000\n"),
     "1@0+97{saddr=t:0A0000350000000020010000000000000000000000000000;_address=t:2001::;_port=t:53;" OF(
         "SOCKADDR") "}"},
    {"a socket with a name", STR("type=SOCKADDR " M "saddr=01002F61000000\n"),
     "1@0+63{saddr=t:01002F61000000;_socket=t:/a;" OF("SOCKADDR") "}"},
    {"an address too short", STR("type=SOCKADDR " M "saddr=020001BB\n"), "1@0+57{saddr=t:020001BB;" OF("SOCKADDR") "}"},
    {"an address looked up",
     STR("type=SOCKADDR " M "saddr=020001BBC0A80001\x1dSADDR={ saddr_fam=inet laddr=192.168.0.1 lport=443 }\n"),
     "1@0+118{saddr=t:020001BBC0A80001;_address=t:192.168.0.1;_port=t:443;SADDR=t:{;saddr_fam=t:inet;laddr=t:192.168.0."
     "1;"
     "lport=t:443;" OF("SOCKADDR") "}"},

    /* What stands in front. */
    {"node", STR("node=srv1 type=A " M "x=1\n"), "1@0+49{x=t:1;" OF("A") ";node=t:srv1}"},
    {"syslog", STR("<13>Mar  6 04:07:38 srv1 audispd[9]: node=srv2 type=A " M "x=1\n"),
     "1@0+86{x=t:1;" OF("A") ";node=t:srv2;host=t:srv1}"},
    {"syslog with a time of RFC 3339", STR("2021-03-06T04:07:38.251122+00:00 srv1 audispd: type=A " M "x=1\n"),
     "1@0+86{x=t:1;" OF("A") ";host=t:srv1}"},
    {"RFC 5424", STR("<13>1 2021-03-06T04:07:38Z srv1 audispd - - - type=A " M "x=1\n"),
     "1@0+85{x=t:1;" OF("A") ";host=t:srv1}"},
    {"something else", STR("x: type=A " M "x=1\n"), "1@0+42{x=t:1;" OF("A") "}"},

    /* Damage. */
    {"no milliseconds", STR("type=A msg=audit(1337845201): x\ntype=A " M "x=1\n"),
     "!0+32(an audit record without milliseconds) 1@32+39{x=t:1;" OF("A") "}"},
    {"no time", STR("type=A msg=audit(): x\n"), "!0+22(an audit record whose time cannot be read)"},
    {"a point and no digit", STR("type=A msg=audit(1.:7): x\n"), "!0+26(an audit record whose time cannot be read)"},
    {"no serial", STR("type=A msg=audit(1.0): x\n"), "!0+25(an audit record whose time cannot be read)"},
    {"an empty serial", STR("type=A msg=audit(1.0:): x\n"),
     "!0+26(an audit record whose serial number cannot be read)"},
    {"a serial too large", STR("type=A msg=audit(1.0:18446744073709551616): x\n"),
     "!0+46(an audit record whose serial number cannot be read)"},
    {"a serial without its bracket", STR("type=A msg=audit(1.0:1 : x\n"),
     "!0+27(an audit record whose serial number cannot be read)"},
    {"an empty type", STR("type= msg=audit(1.0:1): x\n"), "!0+26(an audit record without type)"},
    {"no type", STR("msg=audit(1.0:1): x\n"), "!0+20(an audit record without type)"},
    {"another line", STR("hello\n"), "!0+6(a line that is no audit record)"},
    {"a type and nothing else", STR("type=A\n"), "!0+7(a line that is no audit record)"},
    {"cut in its head", STR("type=A msg=aud"), "!0+14(a line that is no audit record)"},
    {"zero bytes before a line", STR("\0\0type=A " M "x=1\n"),
     "!0+2(zero bytes between lines) 1@2+39{x=t:1;" OF("A") "}"},
    {"zero bytes at the end", STR("type=A " M "x=1\n\0\0"),
     "!40+2(zero bytes between lines) 1@0+39{x=t:1;" OF("A") "}"},
    {"no UTF-8", STR("type=A " M "x=\xff\n"), "!38+1(text that is no Unicode: repaired) 1@0+39{x=t:\xff;" OF("A") "}"},
};

static const struct head heads[] = {
    {STR("type=A " M "x=1\n"), true},
    {STR("type=A " M "x=1"), true},
    {STR("\xef\xbb\xbfnode=a type=A " M "x=1\n"), true},
    {STR("hello\ntype=A " M "\ntype=B " M "\n"), true},
    {STR("----\ntime->x\ntype=A " M "\n"), true},
    {STR("Mar  6 04:07:38 h audispd: type=A " M "\n"), true},
    {STR("\0\0type=A " M "\n"), true},
    {STR("hello\ntype=A " M "\n"), false},
    {STR("type=A msg=audit(1): \n"), false},
    {STR("type=A\n"), false},
    {STR("{\"type\":\"A\"}\n"), false},
    {STR("Mar  6 04:07:38 h kernel: audit: type=1400 audit(1.0:1): x\n"), false},
    {STR("\n\n"), false},
    {STR(""), false},
};

#define SHOWN                                                                                                          \
    STR("type=A msg=audit(1.0:1): x=1\ntype=A msg=audit(1.0:2): y=1\r\n"                                               \
        "type=B msg=audit(1.0:1): x=2\nbad\ntype=PROCTITLE msg=audit(1.0:2): y=2")
static const struct shown shown[] = {
    {SHOWN, 0, "type=A msg=audit(1.0:1): x=1\ntype=B msg=audit(1.0:1): x=2"},
    {SHOWN, 29, "type=A msg=audit(1.0:2): y=1\ntype=PROCTITLE msg=audit(1.0:2): y=2"},
    {SHOWN, 1, NULL},
    {SHOWN, 59, NULL}, /* a line of an event that began before */
    {SHOWN, 88, NULL}, /* damage */
    {SHOWN, 92, NULL},
    {SHOWN, 1000, NULL},
    {STR(""), 0, NULL},
};

/* 63 younger events may wait behind one that does not end; the 64th sends it out. */
static void the_window_has_64_events(void **state) {
    (void)state;
    for (unsigned younger = 62; younger < 66; younger++) {
        struct buf b = {0};

        buf_add(&b, S("type=A msg=audit(1.0:0): x=1\n"));
        for (unsigned i = 1; i <= younger; i++)
            buf_format(&b, "type=USER msg=audit(1.0:%u): msg='op=x'\n", i);
        buf_add(&b, S("type=B msg=audit(1.0:0): x=2\n"));
        struct notes const n = counted(&auditd_reader, buf_str(&b), 0);

        assert_int_equal(n.records, younger + 1 + (younger > 63));
        assert_int_equal(n.damages, 0);
        buf_free(&b);
    }
}

/* More than 16 MiB of lines are not one event, however they are called; nothing is lost. */
static void an_event_has_an_end(void **state) {
    struct buf b = {0};
    (void)state;

    for (unsigned i = 0; i < 18; i++) {
        buf_add(&b, S("type=A msg=audit(1.0:0): x="));
        fill(&b, 'y', 1 << 20);
        buf_byte(&b, '\n');
    }
    struct notes const n = counted(&auditd_reader, buf_str(&b), 0);

    assert_int_equal(n.records, 2); /* 16 MiB and a little are passed at the 16th line */
    assert_int_equal(n.damages, 0);
    buf_free(&b);
}

static void a_line_of_16_mib_is_too_long(void **state) {
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct buf b = {0};

        buf_add(&b, S("type=A msg=audit(1.0:0): x="));
        fill(&b, 'y', ((size_t)16 << 20) - 1 + over - b.len);
        buf_add(&b, S("\ntype=A msg=audit(2.0:0): x=1\n"));
        struct notes const n = counted(&auditd_reader, buf_str(&b), 0);

        assert_int_equal(n.records, over ? 1 : 2);
        assert_int_equal(n.damages, over);
        buf_free(&b);
    }
}

static void too_many_values_are_told(void **state) {
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        struct buf b = {0};

        buf_add(&b, S("type=A msg=audit(1.0:0):"));
        for (unsigned i = 0; i < 8192 - 3 + more; i++) /* and type, timestamp, serial */
            buf_add(&b, S(" x=1"));
        struct notes const n = counted(&auditd_reader, buf_str(&b), 0);

        assert_int_equal(n.records, 1);
        assert_int_equal(n.damages, more);
        buf_free(&b);
    }
}

/* Names beyond those that are remembered are read all the same; arguments beyond 256 are in the command only. */
static void many_names(void **state) {
    struct buf b = {0};
    struct notes n;
    (void)state;

    buf_add(&b, S("type=A msg=audit(1.0:0):"));
    for (unsigned i = 0; i < 2000; i++)
        buf_format(&b, " name%u=%u", i, i);
    buf_add(&b, S("\ntype=EXECVE msg=audit(1.0:1):"));
    for (unsigned i = 0; i < 300; i++)
        buf_format(&b, " a%u=\"v%u\"", i, i);
    notes_open(&n);
    read_into(&auditd_reader, buf_str(&b), whole, 0, &n);
    assert_int_equal(n.records, 2);
    assert_int_equal(n.damages, 0);
    assert_true(str_find(buf_str(&n.text), S(";name1999=t:1999;")) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S(";a255=t:v255;_command=t:v0 v1 ")) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S(" v298 v299;")) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("a256=")) == SIZE_MAX);
    notes_close(&n);
    buf_free(&b);
}

/* The public samples, held against what was counted in them by hand. */
static const struct sample samples[] = {
    {"linux/plaso/audit_enriched.log",
     12,
     0,
     {"a2=t:grep -c . /etc/hostname", "_command=t:/usr/bin/cat /tmp/my report.txt", "SYSCALL=t:write",
      "acct=t:specimenuser"}},
    {"linux/otrf/sh_arp_cache_2020-11-10074812.log",
     2,
     0,
     {"_command=t:grep -v ^?", "_command=t:arp -a", "SYSCALL=t:execve", "_account=t:uid=1000"}},
    {"linux/otrf/sh_binary_padding_dd_2020-11-10081941.log",
     1,
     0,
     {"a1=t:if=/dev/zero", "proctitle=t:dd if=/dev/zero bs=1 count=1", "name=t:/lib64/ld-linux-x86-64.so.2",
      "SYSCALL=t:execve"}},
    /* Without milliseconds, without date, without type (twice). */
    {"linux/plaso/selinux.log",
     6,
     4,
     {"old-auid=t:4294967295;auid=t:54321;", "seperms=t:getattr", "SYSCALL=t:fstat64", "type=t:UNKNOWN[1323]"}},
};

static const struct promises promises = {
    .reader = &auditd_reader,
    .apart = true,
    PROMISED_TABLES,
    .busy = STR(
        "node=a type=SYSCALL msg=audit(1.0:1): a0=1 x=2\nnode=a type=EXECVE msg=audit(1.0:1): a0=\"x\" a1[0]=\"y\"\n"
        "node=a type=CWD msg=audit(1.0:1): cwd=\"/\"\nnode=a type=PATH msg=audit(1.0:1): name=\"x\" nametype=CREATE\n"
        "node=a type=SOCKADDR msg=audit(1.0:1): saddr=020001BBC0A80001\ntype=A msg=audit(1.0:2): x\n"),
    .records = 2,
    .only = {"a0",
             STR("type=SYSCALL msg=audit(1.0:1): a0=1 a1=2 x=3\ntype=EXECVE msg=audit(1.0:2): a0=\"ls\" a1=\"x\"\n"),
             "1@0+44{a0=t:1} 2@45+44{a0=t:ls}"},
    PROMISED_SAMPLES,
};

int main(void) {
    const struct CMUnitTest tests[] = {
        PROMISES(&promises),
        SAMPLES(&promises),
        cmocka_unit_test(the_window_has_64_events),
        cmocka_unit_test(an_event_has_an_end),
        cmocka_unit_test(a_line_of_16_mib_is_too_long),
        cmocka_unit_test(too_many_values_are_told),
        cmocka_unit_test(many_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
