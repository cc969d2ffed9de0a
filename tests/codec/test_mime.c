/* test_mime: messages into their parts: RFC 2045 and 2046 as cases, and what real mails do instead; every message in every cut, and with
 * either line end; memory refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../refuse.h"
#include "codec/mime.h"

/* Notes: `0<0 text/plain` a part and the part it lies in, `r` its head is a message's, `w` it lies in a message within; its headers
 * `Name=value`, its body in brackets, `!why` at size 0, `!why+3` of three bytes, `.` its end. */
struct notes {
    struct buf text;
    bool in_body, stop;
    uint32_t parts, refuse_at; /* stops at that part, from 1; 0: never */
};

static void close_body(struct notes *n) {
    if (n->in_body)
        buf_byte(&n->text, ']');
    n->in_body = false;
}

static void add_escaped(struct notes *n, str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\n')
            buf_add(&n->text, S("$"));
        else if (s.ptr[i] == '\r')
            buf_add(&n->text, S("^"));
        else
            buf_byte(&n->text, s.ptr[i]);
}

static bool on_part(void *ctx, const struct mime_part *p, struct err *e) {
    struct notes *const n = ctx;

    if (++n->parts == n->refuse_at)
        return err_set(e, ERR_INTERRUPTED, 0, "stopped");
    close_body(n);
    buf_format(&n->text, "%s%u<%u%s%s %.*s/%.*s%s", n->text.len ? " " : "", p->index, p->parent, p->is_root ? "r" : "",
               p->in_message ? "w" : "", STR_ARG(p->type), STR_ARG(p->subtype),
               p->shape == MIME_MULTIPART ? " multi"
               : p->shape == MIME_MESSAGE ? " message"
                                          : "");
    for (uint32_t i = 0; i < p->header_count; i++) {
        if (str_eq_ascii(p->headers[i].name, S("Content-Type")) ||
            str_eq_ascii(p->headers[i].name, S("Content-Transfer-Encoding")))
            continue;
        buf_byte(&n->text, ' ');
        buf_add(&n->text, p->headers[i].name);
        buf_byte(&n->text, '=');
        add_escaped(n, p->headers[i].value);
    }
    return true;
}

static bool on_body(void *ctx, const struct mime_part *p, str bytes, struct err *e) {
    struct notes *const n = ctx;
    (void)p;
    (void)e;

    assert_true(bytes.len > 0);
    if (!n->in_body)
        buf_add(&n->text, S(" ["));
    n->in_body = true;
    add_escaped(n, bytes);
    return true;
}

static bool on_end(void *ctx, uint32_t index, uint64_t encoded, uint64_t junk, struct err *e) {
    struct notes *const n = ctx;
    (void)index;
    (void)encoded;
    (void)e;

    close_body(n);
    if (junk)
        buf_format(&n->text, " junk%u", (unsigned)junk);
    buf_add(&n->text, S(" ."));
    return true;
}

static void on_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    struct notes *const n = ctx;
    (void)offset;

    close_body(n);
    buf_format(&n->text, "%s!%s", n->text.len ? " " : "", why);
    if (size)
        buf_format(&n->text, "+%u", (unsigned)size);
}

static bool read_pieces(struct mime *m, str text, size_t cut, size_t step, struct notes *n, struct err *e) {
    struct mime_visitor const visitor = {on_part, on_body, on_end, on_damage, n};
    bool ok;

    mime_begin(m, &visitor);
    ok = mime_feed(m, str_first(text, cut), e);
    for (size_t at = cut; ok && at < text.len; at += step) {
        /* A copy of its own, so that a read beyond it is seen. */
        str const piece = str_first(str_from(text, at), step);
        char *const copy = malloc(piece.len);

        if (!copy)
            return err_set(e, ERR_MEMORY, 0, "no memory");
        memcpy(copy, piece.ptr, piece.len);
        ok = mime_feed(m, (str){copy, piece.len}, e);
        free(copy);
    }
    return ok && mime_end(m, e);
}

#define MULTI(b) "Content-Type: multipart/mixed; boundary=" b "\n\n"

static const struct {
    const char *name;
    str text;
    const char *notes;
} cases[] = {
    {"a plain message", STR("Subject: a\nFrom: b\n\nhello\n"), "0<0r text/plain Subject=a From=b [hello$] ."},
    {"nothing", STR(""), "0<0r text/plain ."},
    {"no body", STR("Subject: a\n"), "0<0r text/plain Subject=a ."},
    {"no body, no line end", STR("Subject: a"), "0<0r text/plain Subject=a ."},
    {"no headers", STR("\nhello"), "0<0r text/plain [hello] ."},
    {"a type in capitals", STR("Content-Type: TEXT/HTML; x=y\n\n<p>"), "0<0r text/html [<p>] ."},
    {"folds", STR("Subject: a\n b\n\tc\nTo: d\n\n"), "0<0r text/plain Subject=a$ b$\tc To=d ."},
    {"an empty fold", STR("Subject: a\n \n b\n\nx"), "0<0r text/plain Subject=a$ $ b [x] ."},
    {"blanks before the colon", STR("Subject : a\n\n"), "0<0r text/plain Subject=a ."},
    {"an empty value", STR("Subject:\nTo:  \n\n"), "0<0r text/plain Subject= To= ."},
    {"a line of a mailbox in front", STR(">From x\nSubject: a\n\nb"), "0<0r text/plain Subject=a [b] ."},
    {"two parts", STR(MULTI("b") "--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\n"),
     "0<0r multipart/mixed multi 1<0 text/plain [one] . 2<0 text/html [two] . ."},
    {"the last line end is the delimiter's", STR(MULTI("b") "--b\n\none\n\n--b--"),
     "0<0r multipart/mixed multi 1<0 text/plain [one$] . ."},
    {"what stands before and behind is nobody's", STR(MULTI("b") "before\n--b\n\none\n--b--\nbehind\n--b\nmore\n"),
     "0<0r multipart/mixed multi 1<0 text/plain [one] . ."},
    {"blanks behind a delimiter", STR(MULTI("b") "--b  \t\n\none\n--b-- \n"),
     "0<0r multipart/mixed multi 1<0 text/plain [one] . ."},
    {"parts without heads", STR(MULTI("b") "--b\n\n--b\n\n--b--\n"),
     "0<0r multipart/mixed multi 1<0 text/plain . 2<0 text/plain . ."},
    {"a part of nothing at all", STR(MULTI("b") "--b\n--b--\n"), "0<0r multipart/mixed multi 1<0 text/plain . ."},
    {"a boundary in quotes", STR("Content-Type: multipart/mixed; boundary=\"a b\"\n\n--a b\n\none\n--a b--\n"),
     "0<0r multipart/mixed multi 1<0 text/plain [one] . ."},
    {"a boundary that is another's beginning",
     STR(MULTI("b") "--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\none\n--bb--\n--b\n\ntwo\n--b--\n"),
     "0<0r multipart/mixed multi 1<0 multipart/mixed multi 2<1 text/plain [one] . . 3<0 text/plain [two] . ."},
    {"two parts within each other with one boundary",
     STR(MULTI("b") "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n"),
     "0<0r multipart/mixed multi 1<0 multipart/mixed multi 2<1 text/plain [one] . . !a multipart that is not closed ."},
    {"an outer delimiter ends what is within",
     STR(MULTI("b") "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--b--\n"),
     "0<0r multipart/mixed multi 1<0 multipart/mixed multi 2<1 text/plain [one] . !a multipart that is not closed . "
     "3<0 "
     "text/plain [two] . ."},
    {"not closed", STR(MULTI("b") "--b\n\none\n"),
     "0<0r multipart/mixed multi 1<0 text/plain [one$] . !a multipart that is not closed ."},
    {"not closed, in a head", STR(MULTI("b") "--b\nX: y"),
     "0<0r multipart/mixed multi 1<0 text/plain X=y . !a multipart that is not closed ."},
    {"a delimiter within a head", STR(MULTI("b") "--b\nX: y\n--b\n\ntwo\n--b--\n"),
     "0<0r multipart/mixed multi 1<0 text/plain X=y . 2<0 text/plain [two] . ."},
    {"no delimiter: a hyphen more or less", STR(MULTI("b") "--b\n\n-b\n---b\n--bb\n--b-\n--b --\n x--b\n--b--\n"),
     "0<0r multipart/mixed multi 1<0 text/plain [-b$---b$--bb$--b-$--b --$ x--b] . ."},
    {"no boundary", STR("Content-Type: multipart/mixed\n\n--b\n\none\n"),
     "!a multipart without boundary 0<0r multipart/mixed [--b$$one$] ."},
    {"a message within", STR("Content-Type: message/rfc822\n\nSubject: in\n\nhello\n"),
     "0<0r message/rfc822 message 1<0rw text/plain Subject=in [hello$] . ."},
    {"a message within a part",
     STR(MULTI("b") "--b\nContent-Type: message/rfc822\n\nSubject: in\n" MULTI("c") "--c\n\none\n--c--\n--b--\n"),
     "0<0r multipart/mixed multi 1<0 message/rfc822 message 2<1rw multipart/mixed multi Subject=in 3<2w text/plain "
     "[one] . . . ."},
    {"nothing within", STR("Content-Type: message/rfc822\n\n"), "0<0r message/rfc822 message 1<0rw text/plain . ."},
    {"a message within that is encoded", STR("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\naGk="),
     "!a message within that is encoded 0<0r message/rfc822 [hi] ."},
    {"a digest", STR("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nx\n--b--\n"),
     "0<0r multipart/digest multi 1<0 message/rfc822 message 2<1rw text/plain Subject=one [x] . . ."},
    {"a digest, a head that is none", STR("Content-Type: multipart/digest; boundary=b\n\n--b\n x\n\ny\n--b--\n"),
     "0<0r multipart/digest multi !no blank line between head and body 1<0 message/rfc822 message !no blank line "
     "between head "
     "and body 2<1rw text/plain [ x$$y] . . ."},
    {"base64", STR("Content-Transfer-Encoding: Base64\n\naGVs\nbG8=\n"), "0<0r text/plain [hello] ."},
    {"quoted-printable", STR("Content-Transfer-Encoding: quoted-printable\n\na=3Db=\nc\n"),
     "0<0r text/plain [a=bc$] ."},
    {"an encoding that nobody knows", STR("Content-Transfer-Encoding: 8bit+\n\nx=3D"),
     "!a transfer encoding that nobody knows 0<0r text/plain [x=3D] ."},
    {"a type that is none", STR("Content-Type: text\n\nx"), "0<0r text/plain [x] ."},
    {"a type of nothing", STR("Content-Type: /html; charset=x\n\nx"), "0<0r text/plain [x] ."},
    {"the first of two types", STR("Content-Type: text/html\nContent-Type: text/plain\n\nx"), "0<0r text/html [x] ."},
    {"text at once", STR("hello there\nyou\n"),
     "!no blank line between head and body 0<0r text/plain [hello there$you$] ."},
    {"no blank line between head and body", STR("Subject: a\nhello there\nyou\n"),
     "!no blank line between head and body 0<0r text/plain Subject=a [hello there$you$] ."},
    {"the same in a part", STR(MULTI("b") "--b\nhello\n\nyou\n--b--\n"),
     "0<0r multipart/mixed multi !no blank line between head and body 1<0 text/plain [hello$$you] . ."},
    {"a fold that lost its blank", STR("Subject: a\nlost\nTo: b\n\nx"),
     "!a line among headers that is none+5 0<0r text/plain Subject=a To=b [x] ."},
    {"two types of content: delimiters of both",
     STR("Content-Type: multipart/related; boundary=a\nContent-Type: multipart/mixed; "
         "boundary=b\n\n--b\n\none\n--b--\n"),
     "!two types of content 0<0r multipart/related multi 1<0 text/plain [one] . ."},
    {"two types of content with one boundary",
     STR(MULTI("b") "--b\nContent-Type: multipart/mixed; boundary=c\nContent-Type: multipart/mixed; "
                    "boundary=c\n\n--c\n\none\n--c--\n--b--\n"),
     "0<0r multipart/mixed multi !two types of content 1<0 multipart/mixed multi 2<1 text/plain [one] . . ."},
    {"a multipart without parts", STR(MULTI("b") "--c\n\none\n--c--\n"),
     "0<0r multipart/mixed multi !a multipart without parts+15 ."},
    {"blanks for the blank line", STR("Subject: a\n \nhello there\n\nyou\n"),
     "!blanks for the blank line between head and body 0<0r text/plain Subject=a [hello there$$you$] ."},
    {"blanks for the blank line, before a delimiter",
     STR("Content-Type: multipart/mixed; boundary=b\n \n--b\nX: y\n\none\n--b--\n"),
     "!blanks for the blank line between head and body 0<0r multipart/mixed multi 1<0 text/plain X=y [one] . ."},
    {"no blank line before a delimiter", STR("Content-Type: multipart/mixed; boundary=b\n--b\nX: y\n\none\n--b--\n"),
     "!no blank line between head and body 0<0r multipart/mixed multi 1<0 text/plain X=y [one] . ."},
    {"a fold of blanks at the end", STR("Subject: a\n \n\nx"), "0<0r text/plain Subject=a$  [x] ."},
    {"a blank at the beginning", STR(" a\nSubject: b\n\nx"),
     "!no blank line between head and body 0<0r text/plain [ a$Subject: b$$x] ."},
};

static str with_crlf(str s, struct buf *out) {
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\n')
            buf_byte(out, '\r');
        buf_byte(out, s.ptr[i]);
    }
    return buf_str(out);
}

/* Notes of a text with CRLF, as its twin with LF has them: ^ taken out, and sizes one less a line. */
static bool same_but_for_line_ends(str with, const char *without) {
    struct buf plain = {0};
    bool same;

    for (size_t i = 0; i < with.len; i++)
        if (with.ptr[i] != '^')
            buf_byte(&plain, with.ptr[i]);
    same = str_eq(buf_str(&plain), str_of(without)) || strchr(without, '+') != NULL;
    buf_free(&plain);
    return same;
}

static void messages_give_what_is_told(void **state) {
    struct err e = {0};
    struct mime *m;
    int wrong = 0;
    (void)state;

    assert_true(mime_new(&m, &e));
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct buf crlf = {0};
        struct notes n = {0};

        if (!read_pieces(m, cases[c].text, cases[c].text.len, 1, &n, &e) ||
            !str_eq(buf_str(&n.text), str_of(cases[c].notes))) {
            print_error("%s: %.*s\n  instead of %s\n", cases[c].name, STR_ARG(buf_str(&n.text)), cases[c].notes);
            wrong++;
        }
        n.text.len = 0;
        if (!read_pieces(m, with_crlf(cases[c].text, &crlf), crlf.len, 1, &n, &e) ||
            !same_but_for_line_ends(buf_str(&n.text), cases[c].notes)) {
            print_error("%s with CRLF: %.*s\n  instead of %s\n", cases[c].name, STR_ARG(buf_str(&n.text)),
                        cases[c].notes);
            wrong++;
        }
        buf_free(&crlf);
        buf_free(&n.text);
    }
    mime_free(m);
    assert_int_equal(wrong, 0);
}

static void any_cut_gives_the_same(void **state) {
    struct err e = {0};
    struct mime *m;
    (void)state;

    assert_true(mime_new(&m, &e));
    for (size_t c = 0; c < COUNT(cases); c++)
        for (size_t crlf = 0; crlf < 2; crlf++) {
            struct buf room = {0};
            str const text = crlf ? with_crlf(cases[c].text, &room) : cases[c].text;
            struct notes whole = {0};

            assert_true(read_pieces(m, text, text.len, 1, &whole, &e));
            for (size_t cut = 0; cut <= text.len; cut++)
                for (size_t step = 1; step < 9; step += 3) {
                    struct notes n = {0};

                    assert_true(read_pieces(m, text, cut, step, &n, &e));
                    if (!str_eq(buf_str(&n.text), buf_str(&whole.text)))
                        fail_msg("%s cut at %zu, then every %zu: %.*s", cases[c].name, cut, step,
                                 STR_ARG(buf_str(&n.text)));
                    buf_free(&n.text);
                }
            buf_free(&whole.text);
            buf_free(&room);
        }
    mime_free(m);
}

/* Bounds: each is told, and what lies beyond belongs to what came before. */
static void bounds_hold(void **state) {
    struct err e = {0};
    struct buf text = {0};
    struct notes n = {0};
    struct mime *m;
    (void)state;

    assert_true(mime_new(&m, &e));

    buf_add(&text, S(MULTI("b")));
    for (size_t i = 0; i < MIME_PARTS_MAX + 10; i++)
        buf_add(&text, S("--b\n\nx\n"));
    assert_true(read_pieces(m, buf_str(&text), 0, 4096, &n, &e));
    assert_int_equal(n.parts, MIME_PARTS_MAX);
    assert_true(str_find(buf_str(&n.text), S("more than 4,096 parts")) != SIZE_MAX);

    /* delimiters that end heads, too */
    text.len = n.text.len = n.parts = 0;
    buf_add(&text, S(MULTI("b")));
    for (size_t i = 0; i < MIME_PARTS_MAX + 1000; i++)
        buf_add(&text, S("--b\n"));
    assert_true(read_pieces(m, buf_str(&text), 0, 4096, &n, &e));
    assert_int_equal(n.parts, MIME_PARTS_MAX);

    /* lines among headers that are none: a million of them cost no more than others */
    text.len = n.text.len = n.parts = 0;
    buf_add(&text, S("Subject: a\n"));
    for (size_t i = 0; i < 400000; i++)
        buf_add(&text, S("x\n"));
    buf_add(&text, S("To: b\n\nbody"));
    assert_true(read_pieces(m, buf_str(&text), text.len, 1, &n, &e));
    assert_true(str_find(buf_str(&n.text), S("Subject=a To=b [body]")) != SIZE_MAX);

    text.len = n.text.len = n.parts = 0;
    for (size_t i = 0; i < 100; i++)
        buf_add(&text, S("Content-Type: message/rfc822\n\n"));
    buf_add(&text, S("Subject: x\n\ny"));
    assert_true(read_pieces(m, buf_str(&text), text.len, 1, &n, &e));
    assert_int_equal(n.parts, MIME_DEPTH_MAX + 1);
    assert_true(str_find(buf_str(&n.text), S("deeper than 64")) != SIZE_MAX);

    text.len = n.text.len = n.parts = 0;
    for (size_t i = 0; i < MIME_HEADERS_MAX + 10; i++)
        buf_add(&text, S("A: b\n"));
    assert_true(read_pieces(m, buf_str(&text), 0, 1000, &n, &e));
    assert_true(str_find(buf_str(&n.text), S("more than 4,096 headers")) != SIZE_MAX);

    text.len = n.text.len = n.parts = 0;
    buf_add(&text, S("Subject: "));
    for (size_t i = 0; i < MIME_HEADER_BYTES_MAX / 8; i++)
        buf_add(&text, S("01234567\n "));
    buf_add(&text, S("\nTo: lost\n\nbody"));
    for (size_t step = 4096; step < 8192; step += 1111) {
        n.text.len = 0;
        assert_true(read_pieces(m, buf_str(&text), 0, step, &n, &e));
        assert_true(str_find(buf_str(&n.text), S("more than 1 MiB of headers")) != SIZE_MAX);
        assert_true(str_find(buf_str(&n.text), S("lost")) == SIZE_MAX);
        assert_true(str_find(buf_str(&n.text), S("[body]")) != SIZE_MAX);
    }
    buf_free(&text);
    buf_free(&n.text);
    mime_free(m);
}

static void a_visitor_can_stop_it(void **state) {
    str const text = STR(MULTI("b") "--b\n\none\n--b\n\ntwo\n--b--\n");
    struct mime *m;
    (void)state;

    for (uint32_t at = 1; at <= 3; at++) {
        struct err e = {0};
        struct notes n = {.refuse_at = at};

        assert_true(mime_new(&m, &e));
        assert_false(read_pieces(m, text, 0, 3, &n, &e));
        assert_int_equal(e.code, ERR_INTERRUPTED);
        mime_free(m);
        buf_free(&n.text);
    }
}

/* Whenever memory is refused it fails and says so, or gives what it would have given. */
static void memory_may_run_out(void **state) {
    size_t failures = 0;
    (void)state;

    REFUSE_OR_SKIP();
    for (long left = 0; left < 40; left++)
        for (size_t c = 0; c < COUNT(cases); c++) {
            struct err e = {0};
            struct notes n = {0};
            struct mime *m = NULL;
            bool ok;

            buf_reserve(&n.text, 4096);
            memory_left = left;
            ok = mime_new(&m, &e) && read_pieces(m, cases[c].text, 0, 7, &n, &e);
            memory_left = -1;
            mime_free(m);
            assert_true(ok ? str_eq(buf_str(&n.text), str_of(cases[c].notes)) : e.code == ERR_MEMORY);
            failures += !ok;
            buf_free(&n.text);
        }
    assert_true(failures > COUNT(cases));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_give_what_is_told),
        cmocka_unit_test(any_cut_gives_the_same),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(a_visitor_can_stop_it),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
