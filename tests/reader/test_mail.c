/* test_mail: one message in a file: what is told of it, field by field, and what every reader promises. Where a message begins in
 * a mailbox is test_mbox's. */
#include "promises.h"
#include "reader/mail.h"

#define NOTHING "sketch.shingles=n:0;html.images=n:0;html.remote=n:0;html.hidden=n:0;html.pixels=n:0"
#define MULTI(kind) "Subject: s\nContent-Type: multipart/" kind "; boundary=b\n\n"
#define PLAIN(text) "--b\nContent-Type: text/plain\n\n" text "\n"
#define HTML(text) "--b\nContent-Type: text/html\n\n" text "\n"

static const struct source sources[] = {
    {"nothing", STR(""), ""},
    {"a head alone", STR("Subject: a\n\n"), "1@0+12{subject=t:a;headers=t:subject;" NOTHING "}"},
    {"a mark in front", STR("\xEF\xBB\xBFSubject: a\n\n"), "1@3+12{subject=t:a;headers=t:subject;" NOTHING "}"},
};

static const struct head heads[] = {
    {STR("Subject: a\nTo: b\nFrom: c\n\nx"), true},
    {STR("Received: from a by b\n\twith c\nReceived: from d by e\nFrom: x\nDate: y\n"), true},
    {STR("\xEF\xBB\xBFSubject: a\nTo: b\nFrom: c\n\nx"), true},
    {STR("one,two,three\n1,2,3\n"), false},
    {STR("{\"Subject\": \"a\"}\n"), false},
    {STR("hello\n"), false},
    {STR(""), false},
};

static const struct shown shown[] = {
    {STR("Subject: a\n\nx\n"), 0, "Subject: a\n\nx\n"},
    {STR("\xEF\xBB\xBFSubject: a\n\nx\n"), 3, "Subject: a\n\nx\n"},
    {STR("Subject: a\n\nx\n"), 1, NULL},
    {STR(""), 0, NULL},
};

/* One field of a message; several values with bars between. */
static const struct told {
    const char *name;
    str text;
    const char *field, *values;
} told[] = {
    /* when: the uppermost hop that says it, for the others were not written here; then Date */
    {"time of the uppermost hop",
     STR("Received: from a by b; Sun, 14 Mar 2021 07:12:03 +0000\nReceived: from c by d; Sun, 14 Mar 2021 06:00:00 "
         "+0000\n"
         "Date: Mon, 1 Jan 2035 00:00:00 +0000\n\n"),
     "(time)", "2021-03-14T07:12:03Z"},
    {"the uppermost hop says no time",
     STR("Received: apparently\nReceived: from c by d; Sun, 14 Mar 2021 06:00:00 +0000\n"
         "Date: Mon, 1 Jan 2035 00:00:00 +0000\n\n"),
     "(time)", "2021-03-14T06:00:00Z"},
    {"no hop says a time", STR("Received: apparently\nDate: Sun, 14 Mar 2021 05:00:00 +0000\n\n"), "(time)",
     "2021-03-14T05:00:00Z"},
    {"a day without a year is no time", STR("Date: Thu Jan 01 00:00:10 +0000\n\n"), "(time)", ""},
    {"it is told as it stands", STR("Date: Thu Jan 01 00:00:10 +0000\n\n"), "date", "Thu Jan 01 00:00:10 +0000"},
    {"times of hops stand in their order", STR("Received: apparently\nReceived: by d; 14 Mar 2021 06:00:00 +0000\n\n"),
     "received.time", "|2021-03-14T06:00:00Z"},

    /* what a reader sees */
    {"text", STR("Subject: s\n\nhello\n"), "text", "hello\n"},
    {"HTML of alternatives", STR(MULTI("alternative") PLAIN("one") HTML("<p>two") "--b--\n"), "text", "two\n"},
    {"HTML of alternatives, whatever comes first", STR(MULTI("alternative") HTML("<p>two") PLAIN("one") "--b--\n"),
     "text", "two\n"},
    {"an alternative that is one picture says nothing",
     STR(MULTI("alternative") PLAIN("one") HTML("<img src=http://a.example/x>") "--b--\n"), "text", "one"},
    {"a calendar is no more of the same",
     STR(MULTI("alternative") PLAIN("one")
             HTML("<p>two") "--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b--\n"),
     "text", "two\n"},
    {"text with HTML behind it", STR(MULTI("mixed") PLAIN("one") HTML("<p>footer") "--b--\n"), "text", "one\nfooter\n"},
    {"HTML with text behind it", STR(MULTI("mixed") HTML("<p>one") PLAIN("footer") "--b--\n"), "text", "one\n\nfooter"},
    {"a text, then alternatives, then another",
     STR(MULTI("mixed") PLAIN("first") "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nworse\n--c\n"
                                       "Content-Type: text/html\n\n<p>better\n--c--\n" PLAIN("last") "--b--\n"),
     "text", "first\nbetter\n\nlast"},
    {"alternatives within one are part of it",
     STR(MULTI("alternative") PLAIN("worse") "--b\nContent-Type: multipart/related; boundary=c\n\n--c\n"
                                             "Content-Type: text/html\n\n<p>better\n--c--\n--b--\n"),
     "text", "better\n"},
    {"two alternatives behind each other",
     STR(MULTI("mixed") "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\na\n--c\nContent-Type: "
                        "text/html\n\n<p>b\n--c--\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nc\n"
                        "--c\nContent-Type: text/html\n\n<p>d\n--c--\n--b--\n"),
     "text", "b\n\nd\n"},
    {"a message within says nothing of the outer one",
     STR(MULTI("mixed") PLAIN("mine") "--b\nContent-Type: message/rfc822\n\nSubject: in\n\ntheirs\n--b--\n"), "text",
     "mine"},

    /* what leads on, and how a text begins and ends */
    {"an address within an address", STR("Subject: s\n\nsee https://a.example/r?u=https://b.example/x there\n"),
     "redirect.to", "b.example"},
    {"with percent signs", STR("Subject: s\n\nhttps://a.example/?u=https%3A%2F%2Fb.example%2Fx&v=1\n"), "redirect.to",
     "b.example"},
    {"with percent signs of percent signs", STR("Subject: s\n\nhttps://a.example/?u=http%253A%252F%252Fb.example\n"),
     "redirect.to", "b.example"},
    {"in a picture", STR("Content-Type: text/html\n\n<img src='https://proxy.example/v1#https://pic.example/x.gif'>"),
     "redirect.to", "pic.example"},
    {"as it is written", STR("Subject: s\n\nhttps://a.example/?u=http://b.example/\n"), "redirect",
     "https://a.example/?u=http://b.example/"},
    {"each pair of hosts once",
     STR("Subject: s\n\nhttps://a.example/1?http://b.example https://a.example/2?http://b.example "
         "https://a.example/?http://c.example\n"),
     "redirect.to", "b.example|c.example"},
    {"to the same host", STR("Subject: s\n\nhttps://a.example/?u=https://a.example/x\n"), "redirect.to", ""},
    {"no address within", STR("Subject: s\n\nhttps://a.example/?u=x://y https://a.example/%3a https://a.example/%\n"),
     "redirect.to", ""},
    {"nothing but an address", STR("Subject: s\n\nhttps://a.example/ http://\n"), "redirect.to", ""},
    {"a short text", STR("Subject: s\n\nhello\nyou\n"), "excerpt", "hello\nyou\n"},
    {"no text", STR("Subject: s\n\n"), "excerpt", ""},

    /* what is attached */
    {"a message within",
     STR(MULTI("mixed") PLAIN("mine") "--b\nContent-Type: message/rfc822; name=\"a.eml\"\n\nSubject: "
                                      "in\n\ntheirs\n--b--\n"),
     "attachment.name", "a.eml"},
    {"its type", STR("Subject: s\nContent-Type: message/rfc822\n\nSubject: in\n\ntheirs\n"), "attachment.type",
     "message/rfc822"},
    {"it has no size of its own", STR("Subject: s\nContent-Type: message/rfc822\n\nSubject: in\n\ntheirs\n"),
     "attachment.size", ""},
    {"nor a hash", STR("Subject: s\nContent-Type: message/rfc822\n\nSubject: in\n\ntheirs\n"), "attachment.sha256", ""},
    {"what is attached to it stands behind it",
     STR(MULTI("mixed") "--b\nContent-Type: message/rfc822\n\nContent-Type: image/gif; name=x.gif\n\nx\n--b\n"
                        "Content-Type: image/png; name=y.png\n\ny\n--b--\n"),
     "attachment.type", "message/rfc822|image/gif|image/png"},
    {"a digest", STR(MULTI("digest") "--b\n\nSubject: one\n\nx\n--b\n\nSubject: two\n\ny\n--b--\n"), "attachment.type",
     "message/rfc822|message/rfc822"},
    {"sizes",
     STR(MULTI("mixed") "--b\nContent-Type: image/gif\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b--\n"),
     "attachment.size", "5"},
    {"hashes",
     STR(MULTI("mixed") "--b\nContent-Type: image/gif\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b--\n"),
     "attachment.sha256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
    {"text with a name is attached", STR(MULTI("mixed") "--b\nContent-Type: text/plain; name=a.txt\n\nx\n--b--\n"),
     "attachment.name", "a.txt"},

    /* what tells its sender */
    {"a pixel", STR("Content-Type: text/html\n\n<img src=http://a.example/x width=1 height=1>"), "beacon",
     "http://a.example/x"},
    {"hidden", STR("Content-Type: text/html\n\n<div style=display:none><img src=http://a.example/x></div>"), "beacon",
     "http://a.example/x"},
    {"a picture", STR("Content-Type: text/html\n\n<img src=http://a.example/x>"), "beacon", ""},
    {"a picture that only Outlook loads",
     STR("Content-Type: text/html\n\n<!--[if mso]><img src=http://a.example/x><![endif]-->"), "beacon", ""},
    {"a hidden link is not loaded",
     STR("Content-Type: text/html\n\n<div style=display:none><a href=http://a.example/x>x"), "beacon", ""},
    {"a pixel of the mail itself", STR("Content-Type: text/html\n\n<img src=cid:x width=1 height=1>"), "beacon", ""},

    /* who */
    {"authors", STR("From: A <a@b.example>, C <c@d.example>\n\n"), "from", "a@b.example|c@d.example"},
    {"an author in an archive of a list", STR("From: jo at b.example (Jo)\n\n"), "from", "jo@b.example"},
    {"and their name", STR("From: jo at b.example (Jo)\n\n"), "from.name", "Jo"},
    {"a group of nobody is no recipient", STR("To: undisclosed-recipients:;\n\n"), "recipient", ""},
};

static const struct told *now;

static bool note_values(struct event_sink *sink, const struct record *r, struct err *e) {
    struct notes *const n = (struct notes *)(void *)sink;
    char room[INSTANT_TEXT];
    (void)e;

    n->records++;
    if (strcmp(now->field, "(time)") == 0 && r->when != INSTANT_NONE)
        buf_add(&n->text, instant_format(r->when, room));
    for (uint32_t i = 0, first = 1; i < r->count; i++) {
        if (!str_eq(field_name(sink->fields, r->values[i].field), str_of(now->field)))
            continue;
        buf_add(&n->text, first ? S("") : S("|"));
        buf_add(&n->text, (str){r->values[i].ptr, r->values[i].len});
        first = 0;
    }
    return true;
}

/* With all fields wanted, and with that one alone. */
static void fields_say_what_is_told(void **state) {
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(told); i++)
        for (size_t alone = 0; alone < 2; alone++) {
            struct notes n;

            now = &told[i];
            notes_open(&n);
            n.sink.record = note_values;
            n.sink.wants = alone ? wants : NULL;
            n.only = told[i].field;
            read_into(&mail_reader, told[i].text, whole, 0, &n);
            if (n.records != 1 || !str_eq(buf_str(&n.text), str_of(told[i].values))) {
                print_error("%s: %s is '%.*s'\n  instead of '%s'\n", told[i].name, told[i].field,
                            STR_ARG(buf_str(&n.text)), told[i].values);
                wrong++;
            }
            notes_close(&n);
        }
    assert_int_equal(wrong, 0);
}

static const struct sample samples[] = {
    {"mail/mimekit/messages_rfc2060.txt", 1, 0, {"attachment.type=t:message/rfc822"}},
};

/* The values of a field of the message, of which there are so many. */
static size_t count_of(const struct notes *n, const char *field) {
    size_t count = 0, len = strlen(field);
    str rest = buf_str(&n->text);

    for (size_t at; (at = str_find(rest, str_of(field))) != SIZE_MAX; rest = str_from(rest, at + 1))
        count += at > 0 && (rest.ptr[at - 1] == ';' || rest.ptr[at - 1] == '{') && rest.ptr[at + len] == '=';
    return count;
}

/* A message with the most of everything has room in a record: lists of one family have one length, and what is attached is told. */
static void a_record_has_room_for_a_message(void **state) {
    struct buf text = {0};
    struct notes n;
    (void)state;

    buf_add(&text, S("To: "));
    for (int i = 0; i < 500; i++)
        buf_format(&text, "N%d <a%d@b.example>, ", i, i);
    buf_add(&text, S("z@b.example\n"));
    for (int i = 0; i < 4000; i++)
        buf_format(&text, "Delivered-To: d%d@c.example\n", i);
    for (int i = 0; i < 70; i++)
        buf_format(&text, "Received: from x%d by y; Sun, 14 Mar 2021 07:12:03 +0000\n", i);
    buf_add(&text, S("References:"));
    for (int i = 0; i < 200; i++)
        buf_format(&text, " <%d@r.example>", i);
    buf_add(&text, S("\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n"));
    for (int i = 0; i < 450; i++)
        buf_format(&text, "<img width=1 height=1 src=https://h%d.example/x?u=https://k%d.example/>", i, i);
    for (int i = 0; i < 140; i++)
        buf_format(&text, "\n--b\nContent-Type: image/gif; name=a%d.gif\n\nx", i);
    buf_add(&text, S("\n--b--\n"));
    notes_open(&n);
    read_into(&mail_reader, buf_str(&text), whole, 0, &n);
    assert_int_equal(count_of(&n, "to") + count_of(&n, "delivered_to"), 1000);
    assert_int_equal(count_of(&n, "to"), count_of(&n, "to.name"));
    assert_int_equal(count_of(&n, "references"), 100);
    for (size_t i = 0; i < 7; i++) {
        static const char *const hop[] = {"from", "reverse", "address", "by", "with", "tls", "time"};
        char name[32];

        snprintf(name, sizeof name, "received.%s", hop[i]);
        assert_int_equal(count_of(&n, name), 64);
    }
    for (size_t i = 0; i < 7; i++) {
        static const char *const url[] = {"url",      "url.host", "url.where",  "url.flags",
                                          "url.text", "beacon",   "beacon.host"};

        assert_int_equal(count_of(&n, url[i]), 400);
    }
    assert_true(count_of(&n, "redirect") == 64 && count_of(&n, "redirect.to") == 64);
    assert_true(count_of(&n, "attachment.name") == 128 && count_of(&n, "attachment.sha256") == 128);
    for (size_t i = 0; i < 4; i++) {
        static const str defects[] = {STR("more than 1,000 addresses"), STR("more than 64 hops"),
                                      STR("more than 400 addresses in the text"), STR("more than 128 attachments")};

        assert_true(str_find(buf_str(&n.text), defects[i]) != SIZE_MAX);
    }
    notes_close(&n);
    buf_free(&text);
}

/* A text that nobody sees hides none that is shown. */
static void the_shown_alternative_has_room(void **state) {
    struct buf text = {0};
    struct notes n;
    (void)state;

    buf_add(&text, S("Subject: s\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\n"));
    for (int i = 0; i < 150000; i++)
        buf_add(&text, S("unseen\n"));
    buf_add(&text, S("--b\nContent-Type: text/html\n\n<p>what is shown</p>\n--b--\n"));
    notes_open(&n);
    read_into(&mail_reader, buf_str(&text), whole, 0, &n);
    assert_true(str_find(buf_str(&n.text), S(";text=t:what is shown\n;")) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("defects=t:more than 1 MiB of text")) != SIZE_MAX);
    notes_close(&n);
    buf_free(&text);
}

static const struct promises promises = {
    .reader = &mail_reader,
    PROMISED_TABLES,
    PROMISED_SAMPLES,
    .busy = STR(
        "From: A <a@b.example>\nTo: b@c.example\nSubject: b\nReceived: from d by e; Sun, 14 Mar 2021 "
        "07:12:03 +0100\n" MULTI(
            "mixed") "--b\nContent-Type: text/html\n\n<p>one<img "
                     "src=http://d.example/x width=1 height=1>\n--b\nContent-Type: message/rfc822\n\nSubject: "
                     "in\n\nx\n--b\n"
                     "Content-Disposition: attachment; filename=x\nContent-Transfer-Encoding: base64\n\naGk=\n--b--\n"),
    .at = 0,
    .records = 1,
    .refusals = 10,
    .only = {"subject", STR("Subject: a\n\nx\n"), "1@0+14{subject=t:a}"},
};

int main(void) {
    const struct CMUnitTest tests[] = {
        /* All but a_sink_may_stop: there is one record. */
        PROMISE(sources_give_what_is_told, &promises),
        PROMISE(parts_of_any_cut_give_the_whole, &promises),
        PROMISE(heads_are_told_from_others, &promises),
        PROMISE(show_gives_the_record, &promises),
        PROMISE(what_nobody_wants_is_left_out_and_still_checked, &promises),
        PROMISE(an_input_may_fail_anywhere, &promises),
        PROMISE(memory_may_run_out_anywhere, &promises),
        PROMISE(names_without_room_are_told, &promises),
        SAMPLES(&promises),
        cmocka_unit_test(fields_say_what_is_told),
        cmocka_unit_test(a_record_has_room_for_a_message),
        cmocka_unit_test(the_shown_alternative_has_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
