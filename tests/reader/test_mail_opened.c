/* test_mail_opened: what mails carry within what they carry: TNEF, uuencode in text, S/MIME, and how it is told that something cannot be
 * read because it is encrypted. */
#include "../codec/tnef_writer.h"
#include "notes.h"
#include "reader/mail.h"

/* name size sha256 (its first eight digits) type, a line each; then signed, encrypted, text, defects. */
static bool note(struct event_sink *sink, const struct record *r, struct err *e) {
    static const char *const names[] = {"attachment.name",
                                        "attachment.type",
                                        "attachment.size",
                                        "attachment.sha256",
                                        "signed",
                                        "encrypted",
                                        "text",
                                        "defects",
                                        "subject",
                                        "url"};
    struct notes *const n = (struct notes *)(void *)sink;
    (void)e;

    for (uint32_t i = 0; i < r->count; i++) {
        str const name = field_name(sink->fields, r->values[i].field);
        str value = {r->values[i].ptr, r->values[i].len};

        if (str_eq(name, S("attachment.sha256")))
            value = str_first(value, 8);
        value = str_trim(value);
        for (size_t k = 0; k < COUNT(names); k++) {
            if (!str_eq(name, str_of(names[k])))
                continue;
            buf_format(&n->text, "%s=", k < 4 ? names[k] + 11 : names[k]);
            for (size_t c = 0; c < value.len; c++) /* a line's end is a blank here */
                if (value.ptr[c] != '\r')
                    buf_byte(&n->text, value.ptr[c] == '\n' ? ' ' : value.ptr[c]);
            buf_byte(&n->text, '\n');
        }
    }
    return true;
}

static void is(const char *name, str mail, const char *want) {
    for (size_t more = 0; more < 2; more++) {
        struct notes n;

        notes_open(&n);
        n.sink.record = note;
        read_into(&mail_reader, mail, whole, more * 1000, &n);
        if (!str_eq(buf_str(&n.text), str_of(want)))
            fail_msg("%s:\n%.*swanted\n%s", name, STR_ARG(buf_str(&n.text)), want);
        notes_close(&n);
    }
}

#define HEAD "Subject: s\n"
#define CAT(name) "name=" name "\ntype=application/octet-stream\nsize=3\nsha256=48735c4f\n" /* "Cat" */

static const struct {
    const char *name;
    str mail;
    const char *want;
} cases[] = {
    {"uuencode", STR(HEAD "\nHello\nbegin 644 cat.txt\n#0V%T\n`\nend\nBye\n"),
     "subject=s\ntext=Hello begin 644 cat.txt #0V%T ` end Bye\n" CAT("cat.txt")},
    {"uuencode, the text's first line, CRLF, two",
     STR(HEAD "\r\nbegin 0644 a b.txt\r\n#0V%T\r\n \r\nend\r\nbegin 600 c\r\n#0V%T\r\n`\r\nend\r\n"),
     "subject=s\ntext=begin 0644 a b.txt #0V%T   end begin 600 c #0V%T ` end\n" CAT("a b.txt") CAT("c")},
    {"a sentence", STR(HEAD "\nbegin 644 reasons to laugh\nand the first is this one, which is long\n"),
     "subject=s\ntext=begin 644 reasons to laugh and the first is this one, which is long\n"},
    {"no mode", STR(HEAD "\nbegin cat.txt\n#0V%T\n`\nend\n"), "subject=s\ntext=begin cat.txt #0V%T ` end\n"},
    {"no name", STR(HEAD "\nbegin 644 \n#0V%T\n`\nend\n"), "subject=s\ntext=begin 644  #0V%T ` end\n"},
    {"quoted", STR(HEAD "\n> begin 644 cat.txt\n> #0V%T\n> `\n> end\n"),
     "subject=s\ntext=> begin 644 cat.txt > #0V%T > ` > end\n"},
    {"not in HTML", STR("Subject: s\nContent-Type: text/html\n\n<pre>\nbegin 644 cat.txt\n#0V%T\n`\nend\n</pre>\n"),
     "subject=s\ntext=begin 644 cat.txt #0V%T ` end\n"},
    {"it breaks off", STR(HEAD "\nbegin 644 cat.txt\n#0V%T\n#0V%T\n"),
     "subject=s\ntext=begin 644 cat.txt #0V%T #0V%T\nname=cat.txt\ntype=application/octet-stream\nsize=6\n"
     "sha256=38d34021\ndefects=an attachment in the text that breaks off\n"},
    {"a begin within a begin", STR(HEAD "\nbegin 644 a\nbegin 644 cat.txt\n#0V%T\n`\nend\n"),
     "subject=s\ntext=begin 644 a begin 644 cat.txt #0V%T ` end\n" CAT("cat.txt")},
    {"PGP in text", STR(HEAD "\nHello\n-----BEGIN PGP MESSAGE-----\n\nx\n-----END PGP MESSAGE-----\n"),
     "subject=s\nencrypted=true\ntext=Hello -----BEGIN PGP MESSAGE-----  x -----END PGP MESSAGE-----\n"},
    {"PGP signed text is not encrypted", STR(HEAD "\n-----BEGIN PGP SIGNED MESSAGE-----\nx\n"),
     "subject=s\ntext=-----BEGIN PGP SIGNED MESSAGE----- x\n"},
    {"PGP/MIME",
     STR(HEAD "Content-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\n\n--b\n"
              "Content-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n"
              "Cat\n--b--\n"),
     "subject=s\nencrypted=true\nname=\ntype=application/pgp-encrypted\nsize=10\nsha256=01aeb10c\n" CAT("")},
    {"signed in two parts", STR(HEAD "Content-Type: multipart/signed; boundary=b\n\n--b\n\nhello\n--b--\n"),
     "subject=s\nsigned=true\ntext=hello\n"},
    {"rights management",
     STR(HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/x-microsoft-rpmsg-message; "
              "name=\"message.rpmsg\"\n\nCat\n--b--\n"),
     "subject=s\nencrypted=true\nname=message.rpmsg\ntype=application/x-microsoft-rpmsg-message\nsize=3\n"
     "sha256=48735c4f\n"},
    {"S/MIME that is none", STR(HEAD "Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nCat"),
     "subject=s\nname=\ntype=application/pkcs7-mime\nsize=3\nsha256=48735c4f\ndefects=an S/MIME part that cannot be "
     "read\n"},
    {"TNEF that is none", STR(HEAD "Content-Type: application/ms-tnef; name=winmail.dat\n\nCat"),
     "subject=s\nname=winmail.dat\ntype=application/ms-tnef\nsize=3\nsha256=48735c4f\ndefects=a TNEF part that is "
     "none\n"},
};

static void mails(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        is(cases[i].name, cases[i].mail, cases[i].want);
}

/* A part of that type whose body is bytes, binary; line ends in them are kept. */
static void part(struct buf *b, const char *type, str bytes) {
    buf_format(b, HEAD "Content-Type: %s\nContent-Transfer-Encoding: base64\n\n", type);
    for (size_t i = 0; i < bytes.len; i += 3) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        uint32_t bits = 0;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < bytes.len ? (unsigned char)bytes.ptr[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            buf_byte(b, i + k > bytes.len ? '=' : digits[bits >> (18 - 6 * k) & 63]);
        if (i % 57 == 54)
            buf_byte(b, '\n');
    }
}

static void attachments_of_tnef(void **state) {
    struct buf t = {0}, mail = {0};
    (void)state;

    tnef_begin(&t);
    tnef_attachment(&t, S("invoice.exe\0"), S("Cat"), NULL);
    tnef_attachment(&t, S("b\0"), S("Cat"), NULL);
    for (int i = 0; i < 3; i++) {
        char want[400];

        mail.len = 0;
        part(&mail,
             i == 0   ? "application/ms-tnef"
             : i == 1 ? "application/vnd.ms-tnef; name=x"
                      : "application/octet-stream; name=\"WinMail.dat\"",
             buf_str(&t));
        struct notes n;

        notes_open(&n);
        n.sink.record = note;
        read_into(&mail_reader, buf_str(&mail), whole, 0, &n);
        snprintf(want, sizeof want,
                 "name=invoice.exe\ntype=\nsize=3\nsha256=48735c4f\nname=b\ntype=\nsize=3\nsha256=48735c4f\n");
        assert_true(str_ends(buf_str(&n.text), str_of(want)));
        assert_true(str_find(buf_str(&n.text), S("defects")) == SIZE_MAX);
        notes_close(&n);
    }
    buf_free(&t);
    buf_free(&mail);
}

/* DER (X.690): a value in a tag; long is the form of the length with two bytes. */
static void der(struct buf *b, int tag, const struct buf *content) {
    buf_byte(b, (char)tag);
    buf_byte(b, (char)0x82);
    buf_byte(b, (char)(content->len >> 8));
    buf_byte(b, (char)content->len);
    buf_add(b, buf_str(content));
}

static void wrap(struct buf *b, int tag) {
    struct buf outer = {0};

    der(&outer, tag, b);
    buf_free(b);
    *b = outer;
}

/* RFC 5652 5.1: signed data without signers around a message. */
static void cms_signed(struct buf *out, str content) {
    out->len = 0;
    buf_add(out, content);
    wrap(out, 0x04);
    wrap(out, 0xa0);
    struct buf b = {0};

    buf_add(&b, S("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"));
    buf_add(&b, buf_str(out));
    wrap(&b, 0x30);
    out->len = 0;
    buf_add(out, S("\x02\x01\x01\x31\x00"));
    buf_add(out, buf_str(&b));
    buf_add(out, S("\x31\x00"));
    wrap(out, 0x30);
    wrap(out, 0xa0);
    b.len = 0;
    buf_add(&b, S("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"));
    buf_add(&b, buf_str(out));
    wrap(&b, 0x30);
    buf_free(out);
    *out = b;
}

static void what_is_signed_is_read(void **state) {
    static const str within = STR("Content-Type: multipart/mixed; boundary=b\r\nSubject: another\r\n\r\n--b\r\n\r\n"
                                  "hello https://a.example/x\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n--b\r\n"
                                  "Content-Type: application/pdf; name=a.pdf\r\n\r\nCat\r\n--b--\r\n");
    struct buf cms = {0}, mail = {0}, twice = {0};
    struct notes n;
    (void)state;

    cms_signed(&cms, within);
    part(&mail, "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", buf_str(&cms));
    notes_open(&n);
    n.sink.record = note;
    read_into(&mail_reader, buf_str(&mail), whole, 0, &n);
    assert_true(str_find(buf_str(&n.text), S("subject=s\nsigned=true\n")) != SIZE_MAX); /* the outer subject, once */
    assert_true(str_find(buf_str(&n.text), S("another")) == SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("text=hello https://a.example/x begin")) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("url=https://a.example/x\n")) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("name=smime.p7m\ntype=application/pkcs7-mime\n")) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S(CAT("cat.txt"))) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("name=a.pdf\ntype=application/pdf\nsize=3\nsha256=48735c4f\n")) !=
                SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("defects")) == SIZE_MAX);
    notes_close(&n);

    /* Signed within signed: told, not read. */
    part(&twice, "application/pkcs7-mime", buf_str(&cms));
    cms_signed(&cms, buf_str(&twice));
    mail.len = 0;
    part(&mail, "application/x-pkcs7-mime", buf_str(&cms));
    notes_open(&n);
    n.sink.record = note;
    read_into(&mail_reader, buf_str(&mail), whole, 0, &n);
    assert_true(str_find(buf_str(&n.text), S("defects=a signed message within a signed message: not read\n")) !=
                SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("hello")) == SIZE_MAX);
    notes_close(&n);

    /* RFC 5652 6.1: enveloped data without recipients. */
    cms.len = mail.len = 0;
    buf_add(&cms, S("\x30\x2b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x1e\x30\x1c\x02\x01\x00\x31\x00\x30\x15"
                    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\x30\x08\x06\x06\x2a\x03\x04\x05\x06\x07"));
    part(&mail, "application/pkcs7-mime; smime-type=enveloped-data", buf_str(&cms));
    notes_open(&n);
    n.sink.record = note;
    read_into(&mail_reader, buf_str(&mail), whole, 0, &n);
    assert_true(str_find(buf_str(&n.text), S("encrypted=true\n")) != SIZE_MAX);
    assert_true(str_find(buf_str(&n.text), S("defects")) == SIZE_MAX);
    notes_close(&n);
    buf_free(&cms);
    buf_free(&mail);
    buf_free(&twice);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(mails), cmocka_unit_test(attachments_of_tnef),
                                       cmocka_unit_test(what_is_signed_is_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
