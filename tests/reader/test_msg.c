/* test_msg: messages as Outlook saves them: heads that came and heads that are written, bodies of every sort, recipients, attachments and
 * messages within; what is damaged. Files are made by compound_writer.h; of Outlook's own, public samples were tried by hand. */
#include "../codec/compound_writer.h"
#include "../refuse.h"
#include "notes.h"
#include "reader/mail.h"

#define CLASS S("\x0b\x0d\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")
#define MAX 24
#define NO_HEAD "defects=no headers\n"

/* What is asked about, a line each. */
static bool note(struct event_sink *sink, const struct record *r, struct err *e) {
    static const char *const names[] = {"from",
                                        "from.name",
                                        "to",
                                        "to.name",
                                        "cc",
                                        "bcc",
                                        "subject",
                                        "message_id",
                                        "client_address",
                                        "attachment.name",
                                        "attachment.type",
                                        "attachment.size",
                                        "text",
                                        "url",
                                        "url.where",
                                        "signed",
                                        "encrypted",
                                        "defects"};
    struct notes *const n = (struct notes *)(void *)sink;
    char time[INSTANT_TEXT];
    (void)e;

    assert_int_equal(r->number, 1);
    assert_int_equal(r->offset, 0);
    if (r->when != INSTANT_NONE)
        buf_format(&n->text, "%.*s\n", STR_ARG(instant_format(r->when, time)));
    for (uint32_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < COUNT(names); k++)
            if (str_eq(field_name(sink->fields, r->values[i].field), str_of(names[k])))
                buf_format(&n->text, "%s=%.*s\n", names[k],
                           STR_ARG(str_trim((str){r->values[i].ptr, r->values[i].len})));
    return true;
}

static const struct message {
    const char *name;
    struct member members[MAX];
    const char *want;
} messages[] = {
    {"with the head it came with",
     {{"__properties_version1.0", 0, STR("")},
      {"__substg1.0_007D001E", 0,
       STR("Microsoft Mail Internet Headers Version 2.0\r\nReceived: from a.example ([192.0.2.1]) by b.example; Tue, 2 "
           "Mar "
           "2021 07:12:03 +0100\r\nFrom: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: =?utf-8?Q?H=C3=A9?=\r\n"
           "Content-Type: multipart/alternative; boundary=gone\r\n\r\n")},
      {"__substg1.0_0037001E", 0, STR("another")},
      {"__substg1.0_1000001E", 0, STR("Hello https://a.example/t")}},
     "2021-03-02T06:12:03Z\nsubject=H\xc3\xa9\nfrom=ann@a.example\nfrom.name=Ann\nto=bob@b.example\nto.name=\ntext="
     "Hello "
     "https://a.example/t\nurl=https://a.example/t\nurl.where=text\n"},
    {"with a head of its properties",
     /* 2021-03-02 07:12:03 UTC; and CODE_PAGE 1251. */
     {{"__properties_version1.0", 0,
       STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\x39\0\0\0\0\0\x80\x63\x4e\x58\x33"
           "\x0f\xd7\1"
           "\3\0\xfd\x3f\0\0\0\0\xe3\4\0\0\0\0\0\0")},
      {"__substg1.0_0C1A001E", 0, STR("\xe0\xed\xed\xe0 \"A\"")},
      {"__substg1.0_0C1F001E", 0, STR("/O=EX/CN=ANN")},
      {"__substg1.0_5D01001F", 0, STR("a\0@\0b\0.\0c\0")},
      {"__substg1.0_0037001F", 0, STR("a\0\r\0\n\0B\0c\0c\0:\0 \0x\0@\0y\0")}, /* would be a header of its own */
      {"__substg1.0_1035001E", 0, STR("<1@a.example>")},
      {"__recip_version1.0_#00000001", 0, {NULL, 0}},
      {"__properties_version1.0", 7, STR("\0\0\0\0\0\0\0\0\3\0\x15\x0c\0\0\0\0\2\0\0\0\0\0\0\0")},
      {"__substg1.0_39FE001E", 7, STR("cc@c.example")},
      {"__recip_version1.0_#00000000", 0, {NULL, 0}},
      {"__substg1.0_3003001E", 10, STR("to@c.example")},
      {"__substg1.0_3001001E", 10, STR("To, Jr.")},
      {"__recip_version1.0_#00000002", 0, {NULL, 0}},
      {"__properties_version1.0", 13, STR("\0\0\0\0\0\0\0\0\3\0\x15\x0c\0\0\0\0\3\0\0\0\0\0\0\0")},
      {"__substg1.0_3003001E", 13, STR("hidden@c.example")}},
     NULL},
    {"HTML in its code page",
     {{"__properties_version1.0", 0,
       STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\xde\x3f\0\0\0\0\xe3\4\0\0\0\0\0\0")},
      {"__substg1.0_10130102", 0, STR("<p>\xe4\xe0</p><img src=\"https://t.example/p\" width=1 height=1>")}},
     "text=\xd0\xb4\xd0\xb0\nurl=https://t.example/p\nurl.where=image\n" NO_HEAD},
    {"RTF where there is nothing else",
     {{"__properties_version1.0", 0, STR("")},
      {"__substg1.0_10090102", 0, STR("\x1f\0\0\0\x13\0\0\0MELA\0\0\0\0{\\rtf1 only\\par so}")}},
     "text=only\nso\n" NO_HEAD},
    {"and not beside it",
     {{"__properties_version1.0", 0, STR("")},
      {"__substg1.0_1000001E", 0, STR("plain")},
      {"__substg1.0_10090102", 0, STR("\x1f\0\0\0\x13\0\0\0MELA\0\0\0\0{\\rtf1 only\\par so}")}},
     "text=plain\n" NO_HEAD},
    {"attachments in the order of their numbers, messages within",
     {{"__properties_version1.0", 0, STR("")},
      {"__attach_version1.0_#00000001", 0, {NULL, 0}},
      {"__substg1.0_3704001E", 2, STR("SHORT~1.DOC")},
      {"__substg1.0_37010102", 2, STR("12")},
      {"__attach_version1.0_#00000000", 0, {NULL, 0}},
      {"__substg1.0_3707001E", 5, STR("long.pdf")},
      {"__substg1.0_3704001E", 5, STR("LONG.PDF")},
      {"__substg1.0_370E001E", 5, STR("application/pdf")},
      {"__substg1.0_37010102", 5, STR("12345")},
      {"__attach_version1.0_#00000002", 0, {NULL, 0}},
      {"__substg1.0_3001001E", 10, STR("the inner one")},
      {"__substg1.0_3701000D", 10, {NULL, 0}},
      {"__properties_version1.0", 12, STR("")},
      {"__substg1.0_1000001E", 12, STR("inner text https://i.example/")},
      {"__attach_version1.0_#00000000", 12, {NULL, 0}},
      {"__substg1.0_3707001E", 15, STR("inner.exe")},
      {"__substg1.0_37010102", 15, STR("MZ")},
      {"__attach_version1.0_#00000003", 0, {NULL, 0}},
      {"__substg1.0_3701000D", 18, {NULL, 0}},
      {"CONTENTS", 19, STR("picture")}},
     "url=https://i.example/\nurl.where=text\nattachment.name=long.pdf\nattachment.type=application/"
     "pdf\nattachment.size=5\n"
     "attachment.name=SHORT~1.DOC\nattachment.type=application/octet-stream\nattachment.size=2\nattachment.name=the "
     "inner "
     "one\nattachment.type=application/vnd.ms-outlook\nattachment.size=0\nattachment.name=inner.exe\nattachment.type="
     "application/octet-stream\nattachment.size=2\nattachment.name=\nattachment.type=application/x-ole-storage\n"
     "attachment.size=0\n" NO_HEAD},
    {"signed, as Outlook keeps it",
     {{"__properties_version1.0", 0, STR("")},
      {"__attach_version1.0_#00000000", 0, {NULL, 0}},
      {"__substg1.0_3707001E", 2, STR("smime.p7m")},
      {"__substg1.0_370E001E", 2, STR("multipart/signed")},
      {"__substg1.0_37010102", 2,
       STR("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n")}},
     "signed=true\ntext=hello\nattachment.name=smime.p7m\nattachment.type=multipart/"
     "signed\nattachment.size=67\n" NO_HEAD},
    {"nothing", {{"__properties_version1.0", 0, STR("")}}, NO_HEAD},
};

static unsigned count_of(const struct message *m) {
    unsigned count = 0;

    while (count < MAX && m->members[count].name)
        count++;
    return count;
}

static void read_one(str bytes, struct notes *n) {
    notes_open(n);
    n->sink.record = note;
    read_into(&msg_reader, bytes, whole, 0, n);
}

static void heads_bodies_attachments(void **state) {
    /* Fields come in the order of the head's code: here those of the second message. */
    static const char *const lines[] = {
        "2021-03-02T07:12:03Z\n", "from=a@b.c\n",          "from.name=\xd0\xb0\xd0\xbd\xd0\xbd\xd0\xb0 \"A\"\n",
        "to=to@c.example\n",      "to.name=To, Jr.\n",     "cc=cc@c.example\n",
        "bcc=hidden@c.example\n", "subject=a  Bcc: x@y\n", "message_id=1@a.example\n"};
    (void)state;

    for (size_t i = 0; i < COUNT(messages); i++) {
        struct buf b = {0};
        struct notes n;

        compound_write(&b, messages[i].members, count_of(&messages[i]), CLASS);
        assert_true(msg_reader.looks_like(str_first(buf_str(&b), 65536)));
        read_one(buf_str(&b), &n);
        if (messages[i].want && !str_eq(buf_str(&n.text), str_of(messages[i].want)))
            fail_msg("%s:\n%.*swanted\n%s", messages[i].name, STR_ARG(buf_str(&n.text)), messages[i].want);
        size_t total = 0;

        for (size_t k = 0; !messages[i].want && k < COUNT(lines); k++) {
            total += strlen(lines[k]);
            if (str_find(buf_str(&n.text), str_of(lines[k])) == SIZE_MAX)
                fail_msg("%s:\n%.*sis without %s", messages[i].name, STR_ARG(buf_str(&n.text)), lines[k]);
        }
        if (!messages[i].want)
            assert_int_equal(n.text.len, total);
        notes_close(&n);
        buf_free(&b);
    }
}

static void what_is_shown(void **state) {
    struct bytes_input in = {.input = {bytes_window, 0}};
    struct buf b = {0}, out = {0};
    struct err e = {0};
    (void)state;

    compound_write(&b, messages[0].members, count_of(&messages[0]), CLASS);
    in.all = buf_str(&b);
    in.input.size = b.len;
    assert_true(msg_reader.show(&in.input, 0, &out, &e));
    assert_true(str_starts(buf_str(&out), S("Received: from a.example")));
    assert_true(str_ends(buf_str(&out), S("boundary=gone\n\nHello https://a.example/t")));
    in.last = 0;
    assert_false(msg_reader.show(&in.input, 1, &out, &e));
    free(in.copy);
    buf_free(&b);
    buf_free(&out);
}

static void not_a_message(void **state) {
    static const struct member document[] = {{"WordDocument", 0, STR("text")}};
    struct buf b = {0};
    struct notes n;
    (void)state;

    compound_write(&b, document, 1, S(""));
    assert_false(msg_reader.looks_like(buf_str(&b)));
    read_one(buf_str(&b), &n); /* told to be one */
    assert_true(str_find(buf_str(&n.text), S("(a compound file (OLE2) that holds no message)")) != SIZE_MAX);
    assert_int_equal(n.damaged, b.len);
    notes_close(&n);
    compound_write(&b, messages[0].members, count_of(&messages[0]), S("")); /* by another program: without the class */
    assert_true(msg_reader.looks_like(buf_str(&b)));
    assert_false(msg_reader.looks_like(S("")));
    assert_false(msg_reader.looks_like(str_first(buf_str(&b), 511)));
    read_one(str_first(buf_str(&b), 700), &n);
    assert_int_equal(n.damages, 1);
    assert_int_equal(n.damaged, 700);
    notes_close(&n);
    buf_free(&b);
}

/* Cut anywhere: a record or damage, and never nothing. */
static void cut_anywhere(void **state) {
    struct buf b = {0};
    (void)state;

    compound_write(&b, messages[5].members, count_of(&messages[5]), CLASS);
    for (size_t len = 1; len < b.len; len += 61) {
        struct notes n;

        notes_open(&n);
        n.count_only = true;
        read_into(&msg_reader, str_first(buf_str(&b), len), whole, 0, &n);
        assert_true(n.records + n.damages == 1);
        notes_close(&n);
    }
    buf_free(&b);
}

static void memory_may_run_out(void **state) {
    struct buf b = {0};
    bool done = false;
    (void)state;

    REFUSE_OR_SKIP();
    compound_write(&b, messages[5].members, count_of(&messages[5]), CLASS);
    for (long after = 0; !done; after++) {
        struct notes n;
        struct err e = {0};

        notes_open(&n);
        n.count_only = true;
        memory_refused = false;
        memory_gone_for_good = true;
        memory_left = after;
        bool const ok = read_bytes(&msg_reader, buf_str(&b), whole, 0, &n, &e);

        memory_left = -1;
        done = !memory_refused;
        if (!done)
            assert_true(!ok && e.code == ERR_MEMORY);
        else
            assert_true(ok && n.records == 1);
        notes_close(&n);
    }
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(heads_bodies_attachments), cmocka_unit_test(what_is_shown),
                                       cmocka_unit_test(not_a_message), cmocka_unit_test(cut_anywhere),
                                       cmocka_unit_test(memory_may_run_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
