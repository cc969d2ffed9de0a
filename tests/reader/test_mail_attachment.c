/* test_mail_attachment: everything that messages carry is handed over, decoded, with the place of its message: to whoever wants it, and the
 * records stay what they are. */
#include "../codec/compound_writer.h"
#include "../codec/tnef_writer.h"
#include "notes.h"
#include "reader/mail.h"

/* `name|type|bytes@record+offset` of an attachment, `*type|bytes@..` of a text, a line each; `#record` for each record. */
static bool on_attachment(struct event_sink *sink, const struct attachment *a) {
    struct notes *const n = (struct notes *)(void *)sink;

    assert_true(a->size > 0 && a->bytes.len <= a->size);
    if (a->own)
        assert_int_equal(a->name.len, 0);
    buf_format(&n->text, "%s%.*s%s%.*s|", a->own ? "*" : "", STR_ARG(a->name), a->own ? "" : "|", STR_ARG(a->type));
    for (size_t i = 0; i < a->bytes.len && i < 100; i++)
        buf_byte(&n->text, a->bytes.ptr[i] == '\n' || a->bytes.ptr[i] == '\r' ? ' ' : a->bytes.ptr[i]);
    if (a->bytes.len < a->size)
        buf_format(&n->text, "(%lu of %lu)", (unsigned long)a->bytes.len, (unsigned long)a->size);
    buf_format(&n->text, "@%lu+%lu\n", (unsigned long)a->record, (unsigned long)a->offset);
    return n->values++ != 99; /* the hundredth finds no memory */
}

static bool on_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct notes *const n = (struct notes *)(void *)sink;

    (void)e;
    buf_format(&n->text, "#%lu+%lu\n", (unsigned long)r->number, (unsigned long)r->offset);
    return true;
}

/* Of fields none is wanted, as by those who want attachments alone. */
static bool wants_none(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return false;
}

static void open(struct notes *n, bool fields) {
    notes_open(n);
    n->sink.record = on_record;
    n->sink.attachment = on_attachment;
    n->sink.wants = fields ? NULL : wants_none;
}

static void is(const char *name, const struct reader *reader, str bytes, const char *want) {
    for (size_t i = 0; i < 4; i++) {
        struct notes n;

        open(&n, i & 1);
        read_into(reader, bytes, whole, i & 2 ? 1000 : 0, &n);
        if (!str_eq(buf_str(&n.text), str_of(want)))
            fail_msg("%s:\n%.*swanted\n%s", name, STR_ARG(buf_str(&n.text)), want);
        notes_close(&n);
    }
}

#define HEAD "Subject: s\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=b\n\n"

static const struct {
    const char *name;
    str mail;
    const char *want;
} mails[] = {
    {"a text", STR(HEAD "\nHello\n"), "*text/plain|Hello @1+0\n#1+0\n"},
    {"HTML", STR(HEAD "Content-Type: text/html\n\n<b>x</b>"), "*text/html|<b>x</b>@1+0\n#1+0\n"},
    {"no body", STR(HEAD "To: a@b.example\nFrom: c@d.example\n\n"), "#1+0\n"},
    {"base64, and a name",
     STR(MIXED "--b\n\nHi\n--b\nContent-Type: application/pdf; name=\"a.pdf\"\n"
               "Content-Transfer-Encoding: base64\n\nQ2F0\n--b--\n"),
     "*text/plain|Hi@1+0\na.pdf|application/pdf|Cat@1+0\n#1+0\n"},
    {"quoted-printable text", STR(HEAD "Content-Transfer-Encoding: quoted-printable\n\nC=61t=\n s"),
     "*text/plain|Cat s@1+0\n#1+0\n"},
    {"a text that is attached",
     STR(MIXED "--b\nContent-Disposition: attachment; filename*=utf-8''%C3%A9.txt\n\nCat\n--b--\n"),
     "\xc3\xa9.txt|text/plain|Cat@1+0\n#1+0\n"},
    {"no name", STR(MIXED "--b\nContent-Type: image/png\n\nCat\n--b--\n"), "|image/png|Cat@1+0\n#1+0\n"},
    {"an empty one is none", STR(MIXED "--b\nContent-Type: image/png\n\n\n--b--\n"), "#1+0\n"},
    {"alternatives, both",
     STR(HEAD
         "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nA\n--b\nContent-Type: text/html\n\nB\n--b--\n"),
     "*text/plain|A@1+0\n*text/html|B@1+0\n#1+0\n"},
    {"within a message within",
     STR(MIXED "--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nIn\n--c\n"
               "Content-Type: application/zip; name=z.zip\n\nCat\n--c--\n--b--\n"),
     "*text/plain|In@1+0\nz.zip|application/zip|Cat@1+0\n#1+0\n"},
    {"uuencode in text", STR(HEAD "\nbegin 644 cat.txt\n#0V%T\n`\nend\n"),
     "*text/plain|begin 644 cat.txt #0V%T ` end @1+0\ncat.txt|application/octet-stream|Cat@1+0\n#1+0\n"},
    {"no uuencode in HTML", STR(HEAD "Content-Type: text/html\n\nbegin 644 cat.txt\n#0V%T\n`\nend\n"),
     "*text/html|begin 644 cat.txt #0V%T ` end @1+0\n#1+0\n"},
};

static void one_message(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(mails); i++)
        is(mails[i].name, &mail_reader, mails[i].mail, mails[i].want);
}

/* Each belongs to its message, by number and by the place at which its record begins. */
static void mailbox(void **state) {
    static const str box =
        STR("From a@b.example Mon Mar  1 10:00:00 2021\n" HEAD "From: a@b.example\n\nOne\n\n"
            "From a@b.example Mon Mar  1 10:00:01 2021\n" MIXED "--b\nContent-Type: image/png\n\nTwo\n--b--\n\n"
            "From a@b.example Mon Mar  1 10:00:02 2021\n" HEAD "From: a@b.example\n\nThree\n");
    size_t const second = str_find(str_from(box, 1), S("From a@")) + 1;
    size_t const third = str_find(str_from(box, second + 1), S("From a@")) + second + 1;
    struct notes n;
    char want[200];
    (void)state;

    snprintf(want, sizeof want,
             "*text/plain|One @1+0\n#1+0\n|image/png|Two@2+%zu\n#2+%zu\n*text/plain|Three @3+%zu\n#3+%zu\n", second,
             second, third, third);
    is("whole", &mbox_reader, box, want);
    /* In parts numbers count within the part, offsets from the source's beginning, of records and of what they carry alike. */
    open(&n, false);
    read_into(&mbox_reader, box, (struct part){second - 3, UINT64_MAX}, 0, &n);
    snprintf(want, sizeof want, "|image/png|Two@1+%zu\n#1+%zu\n*text/plain|Three @2+%zu\n#2+%zu\n", second, second,
             third, third);
    if (!str_eq(buf_str(&n.text), str_of(want)))
        fail_msg("%.*swanted\n%s", STR_ARG(buf_str(&n.text)), want);
    notes_close(&n);
}

static void outlook(void **state) {
    static const struct member members[] = {
        {"__properties_version1.0", 0, STR("")},     {"__substg1.0_1000001E", 0, STR("Body")},
        {"__substg1.0_10130102", 0, STR("<p>Body")}, {"__attach_version1.0_#00000000", 0, {NULL, 0}},
        {"__properties_version1.0", 4, STR("")},     {"__substg1.0_3707001E", 4, STR("a.bin")},
        {"__substg1.0_37010102", 4, STR("Cat")},     {"__attach_version1.0_#00000001", 0, {NULL, 0}}, /* a message */
        {"__properties_version1.0", 8, STR("")},     {"__substg1.0_3701000D", 8, {NULL, 0}},
        {"__properties_version1.0", 10, STR("")},    {"__substg1.0_1000001E", 10, STR("Within")},
    };
    struct buf b = {0};
    (void)state;

    compound_write(&b, members, COUNT(members), S("\x0b\x0d\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"));
    is("MSG", &msg_reader, buf_str(&b),
       "*text/plain|Body@1+0\n*text/html|<p>Body@1+0\na.bin|application/octet-stream|Cat@1+0\n*text/"
       "plain|Within@1+0\n#1+0\n");
    buf_free(&b);
}

/* What is within TNEF behind the TNEF itself. */
static void tnef(void **state) {
    struct buf t = {0}, mail = {0};
    struct notes n;
    (void)state;

    tnef_begin(&t);
    tnef_attachment(&t, S("a.exe\0"), S("Cat"), NULL);
    buf_add(&mail, S(HEAD "Content-Type: application/ms-tnef\nContent-Transfer-Encoding: 8bit\n\n"));
    buf_add(&mail, buf_str(&t));
    open(&n, false);
    read_into(&mail_reader, buf_str(&mail), whole, 0, &n);
    assert_true(str_starts(buf_str(&n.text), S("|application/ms-tnef|\x78\x9f\x3e\x22")));
    assert_true(str_ends(buf_str(&n.text), S("\na.exe||Cat@1+0\n#1+0\n")));
    notes_close(&n);
    buf_free(&t);
    buf_free(&mail);
}

/* Of what is too large a part comes, with the size of all; what is one more than a record tells comes as well. */
static void bounds(void **state) {
    struct buf mail = {0};
    struct notes n;
    char want[200];
    (void)state;

    buf_add(&mail, S(HEAD "Content-Type: application/octet-stream; name=big\n\n"));
    fill(&mail, 'x', ((size_t)32 << 20) + 5);
    open(&n, false);
    read_into(&mail_reader, buf_str(&mail), whole, 0, &n);
    snprintf(want, sizeof want, "x(%u of %u)@1+0\n#1+0\n", 32u << 20, (32u << 20) + 5);
    assert_true(str_ends(buf_str(&n.text), str_of(want)));
    notes_close(&n);

    mail.len = 0;
    buf_add(&mail, S(MIXED));
    for (unsigned i = 0; i < 130; i++)
        buf_format(&mail, "--b\nContent-Type: image/png; name=n%u\n\n%u\n", i, i);
    buf_add(&mail, S("--b--\n"));
    open(&n, true);
    n.values = 1000; /* none is refused */
    read_into(&mail_reader, buf_str(&mail), whole, 0, &n);
    assert_true(str_ends(buf_str(&n.text),
                         S("n127|image/png|127@1+0\nn128|image/png|128@1+0\nn129|image/png|129@1+0\n#1+0\n")));
    notes_close(&n);
    buf_free(&mail);
}

/* Whoever takes them has no memory: the reader stops, and says so. */
static void refused(void **state) {
    struct buf mail = {0};
    (void)state;

    buf_add(&mail, S(MIXED));
    for (unsigned i = 0; i < 120; i++)
        buf_format(&mail, "--b\nContent-Type: %s\n\n%u\n", i % 2 ? "image/png" : "text/plain", i);
    buf_add(&mail, S("--b--\n"));
    for (int fields = 0; fields < 2; fields++) {
        struct err e = {0};
        struct notes n;

        open(&n, fields);
        assert_false(read_bytes(&mail_reader, buf_str(&mail), whole, 0, &n, &e));
        assert_int_equal(e.code, ERR_MEMORY);
        assert_true(str_ends(buf_str(&n.text), S("99@1+0\n")));
        notes_close(&n);
    }
    buf_free(&mail);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_message), cmocka_unit_test(mailbox),
                                       cmocka_unit_test(outlook),     cmocka_unit_test(tnef),
                                       cmocka_unit_test(bounds),      cmocka_unit_test(refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
