/* test_mbox: mailboxes: which lines begin a message and which only look so; parts of any cut, show, damage, and the public samples
 * against what a person counts. What a message says is test_mail's. */
#include "promises.h"
#include "reader/mail.h"

#define F "From a@b.example Sun Mar 14 07:12:03 2021\n"
/* Of a message that says nothing but its subject; its time is the From_ line's. */
#define T "~2021-03-14T07:12:03Z"
#define M(subject, text) "subject=t:" subject ";headers=t:subject;" text
#define TEXT(t, shingles) "text=t:" t ";" shingles NOTHING
#define NOTHING "html.images=n:0;html.remote=n:0;html.hidden=n:0;html.pixels=n:0"
#define ONLY_SUBJECT "subject=t:"

static const struct source sources[] = {
    {"nothing", STR(""), ""},
};

static const struct head heads[] = {
    {STR(F "Subject: a\nTo: b\n\nx"), true},
    {STR("From - Sun Mar 14 07:12:03 2021\nX-Mozilla-Status: 0001\nSubject: a\n\nx"), true},
    {STR("From \nSubject: a\nFrom: b\n\nx"), true},
    {STR("\n\n" F "Subject: a\nTo: b\n\nx"), true},
    {STR("From a@b.example  Sun, 14 Mar 2021 07:12:03 +0100\nReturn-Path: <a@b>\nReceived: from c\n\n"), true},
    {STR("From a at b.example  Sun Mar 14 07:12:03 2021\nFrom: a at b.example (A)\nDate: Sun, 14 Mar 2021 "
         "07:12:03\n\n"),
     true},
    {STR("Subject: a\nTo: b\nFrom: c\n\nx"), false},
    {STR("From the beginning of the world\nSubject: a\nTo: b\n\nx"), false},
    {STR("From: a\nTo: b\nSubject: c\n\n"), false},
    {STR(F "hello\nyou\n"), false},
    {STR(F "\nhello\nyou\n"), false},
    {STR("from a@b.example Sun Mar 14 07:12:03 2021\nSubject: a\nTo: b\n\n"), false},
    {STR("x\n" F "Subject: a\nTo: b\n\nx"), false},
    {STR(""), false},
};

/* Which messages there are, told by their subjects: where they begin, and their sizes. */
static const struct {
    const char *name;
    str text;
    const char *notes;
} boxes[] = {
    {"one", STR(F "Subject: a\n\nx\n"), "1@0+56{a}"},
    {"two", STR(F "Subject: a\n\nx\n\n" F "Subject: b\n\ny\n"), "1@0+57{a} 2@57+56{b}"},
    {"no line end at the end", STR(F "Subject: a\n\nx"), "1@0+55{a}"},
    {"an empty line at the beginning", STR("\n" F "Subject: a\n\nx\n"), "!0+1 1@1+56{a}"},
    {"an empty line at the beginning, and no address",
     STR("\nFrom MAILER-DAEMON Fri Jul  8 12:08:34 2011\nSubject: a\n\nx\n"), "!0+1 1@1+58{a}"},
    {"no empty line between", STR(F "Subject: a\n\nx\n" F "Subject: b\n\ny\n"), "1@0+56{a} 2@56+56{b}"},
    {"quoted", STR(F "Subject: a\n\nx\n\n>" F "Subject: b\n\ny\n"), "1@0+114{a}"},
    {"a sentence", STR(F "Subject: a\n\nx\n\nFrom here on all is well.\nNote: it is not\n"), "1@0+99{a}"},
    {"a sentence with a time", STR(F "Subject: a\n\nx\n\nFrom 07:12 on Mar 14 2021 all is well.\nand ever\n"),
     "1@0+105{a}"},
    {"a date, and no header behind it", STR(F "Subject: a\n\nx\n\n" F "y\n\nz\n"), "1@0+104{a}"},
    {"in a text, without an empty line, a sentence with a header behind",
     STR(F "Subject: a\n\nx\nFrom here\nSubject: b\n\n"), "1@0+78{a}"},
    {"Netscape's", STR("From - \nSubject: a\n\nx\n\nFrom - \nSubject: b\n\ny\n"), "1@0+23{a} 2@23+22{b}"},
    {"8 bits in the line", STR("From \xe4\xf6@b.example Sun Mar 14 07:12:03 2021\nSubject: a\n\nx\n"), "1@0+57{a}"},
    {"an empty message", STR(F "\n" F "Subject: b\n\ny\n"), "1@0+43{} 2@43+56{b}"},
    {"Content-Length that lies", STR(F "Subject: a\nContent-Length: 9999\n\nx\n\n" F "Subject: b\n\ny\n"),
     "1@0+78{a} 2@78+56{b}"},
};

static void find_subject(struct buf *out, const struct record *r, struct fields *fields) {
    for (uint32_t i = 0; i < r->count; i++)
        if (str_eq(field_name(fields, r->values[i].field), S("subject")))
            buf_add(out, (str){r->values[i].ptr, r->values[i].len});
}

static bool note_subject(struct event_sink *sink, const struct record *r, struct err *e) {
    struct notes *const n = (struct notes *)(void *)sink;
    (void)e;

    if (!n->numberless)
        buf_format(&n->text, "%lu@", (unsigned long)r->number);
    buf_format(&n->text, "%lu+%lu{", (unsigned long)r->offset, (unsigned long)r->size);
    find_subject(&n->text, r, sink->fields);
    buf_add(&n->text, S("} "));
    return true;
}

static void note_place(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct notes *const n = (struct notes *)(void *)sink;
    (void)why;

    buf_format(&n->text, "!%lu+%lu ", (unsigned long)offset, (unsigned long)size);
}

static void read_box(str text, struct part part, struct part behind, bool numberless, size_t more, struct notes *n) {
    notes_open(n);
    n->sink.record = note_subject;
    n->sink.damage = note_place;
    n->numberless = numberless;
    read_into(&mbox_reader, text, part, more, n);
    if (behind.from < behind.to)
        read_into(&mbox_reader, text, behind, more, n);
}

/* readpst writes the beginning of 1970 where a message has no time. */
static void no_time_is_none(void **state) {
    static const struct {
        str text;
        const char *begins;
    } cases[] = {
        {STR("From \"MAILER-DAEMON\" Thu Jan 1 00:00:00 1970\nSubject: a\n\nx\n"), "1@0+59{"},
        {STR("From \"MAILER-DAEMON\" Thu Jan 1 00:00:01 1970\nSubject: a\n\nx\n"), "1@0+59~1970-01-01T00:00:01Z{"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct notes n;

        notes_open(&n);
        read_into(&mbox_reader, cases[i].text, whole, 0, &n);
        if (!str_starts(buf_str(&n.text), str_of(cases[i].begins)))
            fail_msg("%.*s", STR_ARG(buf_str(&n.text)));
        notes_close(&n);
    }
}

static void boxes_hold_the_messages_that_are_told(void **state) {
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(boxes); i++)
        for (size_t more = 0; more < 200; more += 100) {
            struct notes n;

            read_box(boxes[i].text, whole, (struct part){0}, false, more, &n);
            if (!str_eq(str_trim(buf_str(&n.text)), str_of(boxes[i].notes))) {
                print_error("%s: %.*s\n  instead of %s\n", boxes[i].name, STR_ARG(buf_str(&n.text)), boxes[i].notes);
                wrong++;
            }
            notes_close(&n);
        }
    assert_int_equal(wrong, 0);
}

/* Each message once, wherever the mailbox is cut. */
static void parts_of_any_cut_have_each_message_once(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(boxes); i++) {
        struct notes all;

        read_box(boxes[i].text, whole, (struct part){0}, true, 0, &all);
        for (uint64_t cut = 0; cut <= boxes[i].text.len; cut++) {
            struct notes n;

            read_box(boxes[i].text, (struct part){0, cut}, (struct part){cut, UINT64_MAX}, true, 0, &n);
            if (!str_eq(buf_str(&n.text), buf_str(&all.text)))
                fail_msg("%s cut at %lu: %.*s\n  instead of %.*s", boxes[i].name, (unsigned long)cut,
                         STR_ARG(buf_str(&n.text)), STR_ARG(buf_str(&all.text)));
            notes_close(&n);
        }
        notes_close(&all);
    }
}

/* A message larger than any window is read piece by piece, and what comes behind it is found. */
static void large_messages_are_read(void **state) {
    struct buf box = {0};
    struct notes n;
    char want[128];
    (void)state;

    for (size_t round = 0; round < 2; round++) {
        size_t const lines = round ? 700000 : 20000; /* 47 MiB, 1.3 MiB */
        size_t first;

        box.len = 0;
        buf_add(&box, S(F "Subject: large\n\n"));
        for (size_t i = 0; i < lines; i++)
            buf_add(&box, S("a line of text such as there are many of in a message, and more of it\n"));
        buf_add(&box, S("\n"));
        first = box.len;
        buf_add(&box, S(F "Subject: small\n\nx\n"));
        read_box(buf_str(&box), whole, (struct part){0}, false, 0, &n);
        snprintf(want, sizeof want, "1@0+%zu{large} 2@%zu+60{small} ", first, first);
        assert_true(str_eq(buf_str(&n.text), str_of(want)));
        notes_close(&n);
    }
    buf_free(&box);
}

#define SHOWN STR(F "Subject: a\n\nx\n\n" F "Subject: b\n\ny\n")
static const struct shown shown[] = {
    {SHOWN, 0, F "Subject: a\n\nx\n\n"},
    {SHOWN, 57, F "Subject: b\n\ny\n"},
    {SHOWN, 1, NULL},
    {SHOWN, 43, NULL},
    {SHOWN, 5000, NULL},
    {STR(""), 0, NULL},
};

/* Public mailboxes, and how many messages are in them. */
static const struct sample samples[] = {
    {"mail/mbox-perceval/mbox_single.mbox", 1, 0, {"subject=t:"}},
};

static const struct promises promises = {
    .reader = &mbox_reader,
    .in_parts = true,
    PROMISED_TABLES,
    PROMISED_SAMPLES,
    .busy =
        STR(F "Subject: a\n\nx\n\n" F
              "From: A <a@b.example>\nTo: b@c.example\nSubject: b\nReceived: from d by e; Sun, 14 Mar 2021 "
              "07:12:03 +0100\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
              "text/html\n\n<p>one<img src=http://d.example/x width=1 height=1>\n--b\nContent-Disposition: attachment; "
              "filename=x\nContent-Transfer-Encoding: base64\n\naGk=\n--b--\n"),
    .at = 0,
    .records = 2,
    .refusals = 10,
    .only = {"subject", STR(F "Subject: a\n\nx\n"), "1@0+56" T "{subject=t:a}"},
};

int main(void) {
    const struct CMUnitTest tests[] = {
        PROMISES(&promises),
        SAMPLES(&promises),
        cmocka_unit_test(boxes_hold_the_messages_that_are_told),
        cmocka_unit_test(no_time_is_none),
        cmocka_unit_test(parts_of_any_cut_have_each_message_once),
        cmocka_unit_test(large_messages_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
