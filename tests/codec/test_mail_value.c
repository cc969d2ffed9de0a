/* test_mail_value: values of mail headers, as RFC 5322, 2047, 2231, 8601 have them, and as they are written: tables of cases, as many
 * invalid as valid; every one of them cut at every place as well, for the bounds alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/utf.h"
#include "codec/mail_value.h"
#include "refuse.h"

struct told {
    struct buf text;
    uint64_t bad;
};

/* A copy of just its size: a read beyond it is seen by the sanitizer. */
static str copied(str s, char **copy) {
    assert_non_null(*copy = malloc(s.len ? s.len : 1));
    memcpy(*copy, s.ptr, s.len);
    return (str){*copy, s.len};
}

static bool good(const char *name, const struct told *t, const char *text, uint64_t bad) {
    bool const ok = str_eq(buf_str(&t->text), str_of(text)) && t->bad == bad && !t->text.failed;

    if (!ok)
        print_error("%s: `%.*s`, bad %llu\n", name, STR_ARG(buf_str(&t->text)), (unsigned long long)t->bad);
    return ok;
}

struct value_case {
    const char *name, *value, *text;
    uint64_t bad;
};

/* All cases of a table; and their beginnings, which need be nothing but well-formed and within their bounds. */
static void table(const struct value_case *cases, size_t count, void (*tell)(str value, struct told *t)) {
    int failed = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t len = strlen(cases[i].value) + 1; len-- > 0;) {
            struct told t = {{0}, 0};
            char *copy;

            tell(copied((str){cases[i].value, len}, &copy), &t);
            if (cases[i].value[len] == '\0')
                failed += !good(cases[i].name, &t, cases[i].text, cases[i].bad);
            assert_int_equal(utf8_valid(buf_str(&t.text)), t.text.len);
            buf_free(&t.text);
            free(copy);
        }
    assert_int_equal(failed, 0);
}

/* ---- text ---- */

static const struct value_case texts[] = {
    {"plain", "Hello", "Hello", 0},
    {"blanks at the ends", " \tHello \r\n", "Hello", 0},
    {"a fold", "one\r\n two", "one two", 0},
    {"a fold with blanks around", "one \r\n\t  two", "one two", 0},
    {"an empty fold", "one\r\n \r\n two", "one two", 0},
    {"blanks without a fold stay", "one  two", "one  two", 0},
    {"Q", "=?iso-8859-1?q?caf=E9_noir?=", "caf\xc3\xa9 noir", 0},
    {"B", "=?UTF-8?B?Y2Fmw6k=?=", "caf\xc3\xa9", 0},
    {"B without =", "=?UTF-8?B?Y2Fmw6k?=", "caf\xc3\xa9", 0},
    {"B with two =", "=?UTF-8?B?YQ==?= b", "a b", 0},
    {"Q that begins with an escape", "=?utf-8?Q?=41=?=", "A=", 1},
    {"a language", "=?us-ascii*en?q?hi?=", "hi", 0},
    {"blanks between words go", "=?utf-8?q?a?= \r\n =?utf-8?q?b?=", "ab", 0},
    {"blanks between a word and text stay", "x =?utf-8?q?a?= y", "x a y", 0},
    {"words without blanks between", "=?utf-8?q?a?==?utf-8?q?b?=", "ab", 0},
    {"a word within text", "x=?utf-8?q?a?=y", "xay", 0},
    {"a word in quotes", "\"=?utf-8?q?a?= b\"", "\"a b\"", 0},
    {"a character cut between words of one set",
     "=?utf-8?B?w6k=?= =?utf-8?B?4oI=?= =?UTF-8?Q?=AC?=", "\xc3\xa9\xe2\x82\xac", 0},
    {"words of two sets", "=?iso-8859-2?q?=E6?= =?windows-1251?q?=E6?=", "\xc4\x87\xd0\xb6", 0},
    {"states of a set", "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac", 0},
    {"blanks within a word", "=?utf-8?Q?a b?=", "a b", 0},
    {"a fold within a word", "=?utf-8?Q?a\r\n  _b?=", "a b", 0},
    {"a fold within B", "=?utf-8?B?Y2Fm\r\n w6k=?=", "caf\xc3\xa9", 0},
    {"blanks of words at the ends go", "=?utf-8?q?_a_?=", "a", 0},
    {"raw UTF-8", "caf\xc3\xa9", "caf\xc3\xa9", 0},
    {"raw windows-1252", "caf\xe9 \x80", "caf\xc3\xa9 \xe2\x82\xac", 0},
    {"an empty word",
     "a=?utf-8?q?"
     "?=b",
     "ab", 0},
    {"nothing", "", "", 0},
    {"blanks alone", " \r\n ", "", 0},
    {"a set that nobody knows", "=?x-none?q?a?=", "a", 1},
    {"a template", "=?[charset]?q?a?=", "a", 1},
    {"an encoding that nobody knows", "=?utf-8?x?a?=", "=?utf-8?x?a?=", 0},
    {"no set",
     "=?"
     "?q?a?=",
     "=?"
     "?q?a?=",
     0},
    {"no end", "=?utf-8?q?a", "=?utf-8?q?a", 0},
    {"no end, and another word", "=?utf-8?q?a =?utf-8?q?b?=", "=?utf-8?q?a b", 0},
    {"a blank in the set", "=?utf 8?q?a?=", "=?utf 8?q?a?=", 0},
    {"a bad escape", "=?utf-8?q?a=4xb?=", "a=4xb", 1},
    {"junk in B", "=?utf-8?B?Y*Q==?=", "a", 1},
    {"bytes that the set has not", "=?utf-8?q?a=FFb?=",
     "a\xef\xbf\xbd"
     "b",
     1},
    {"a character cut by the end", "=?utf-8?q?=E2=82?=", "\xef\xbf\xbd\xef\xbf\xbd", 2},
    {"a raw byte that windows-1252 has not", "a\x81", "a\xef\xbf\xbd", 1},
    {"marks alone", "=? = ?=", "=? = ?=", 0},
};

static void text_tell(str value, struct told *t) {
    mail_text(value, &t->text, &t->bad);
}

static void text(void **state) {
    (void)state;
    table(texts, COUNT(texts), text_tell);
}

/* ---- addresses ---- */

/* name|address|local|domain, one a line */
static const struct value_case lists[] = {
    {"bare", "a@b.example", "|a@b.example|a|b.example\n", 0},
    {"a name", "Jane Roe <jane@b.example>", "Jane Roe|jane@b.example|jane|b.example\n", 0},
    {"quotes", "\"Roe, Jane \\\"J\\\"\" <jane@b.example>", "Roe, Jane \"J\"|jane@b.example|jane|b.example\n", 0},
    {"points in a name", "J. Q. Roe <j@b.example>", "J. Q. Roe|j@b.example|j|b.example\n", 0},
    {"two", "a@b.example, c@d.example", "|a@b.example|a|b.example\n|c@d.example|c|d.example\n", 0},
    {"; between", "a@b.example; C <c@d.example>;", "|a@b.example|a|b.example\nC|c@d.example|c|d.example\n", 0},
    {"nothing between commas", ",a@b.example,,", "|a@b.example|a|b.example\n", 0},
    {"a group", "Friends: a@b.example, C <c@d.example>;", "|a@b.example|a|b.example\nC|c@d.example|c|d.example\n", 0},
    {"an empty group", "undisclosed-recipients:;", "|undisclosed-recipients||\n", 0},
    {"an empty group in two words", "Undisclosed recipients: ;", "|Undisclosed recipients||\n", 0},
    {"a comment", "jane@b.example (Jane Roe)", "Jane Roe|jane@b.example|jane|b.example\n", 0},
    {"a comment beside a name", "Jane (work) <jane@b.example>", "Jane|jane@b.example|jane|b.example\n", 0},
    {"hidden from those who gather addresses", "jane at b.example (Jane Roe)",
     "Jane Roe|jane@b.example|jane|b.example\n", 0},
    {"several hidden", "a at b.example, c at d.e.example", "|a@b.example|a|b.example\n|c@d.e.example|c|d.e.example\n",
     0},
    {"a place is no domain", "jane at home (Jane)", "jane at home|||\n", 0},
    {"a sentence is no address", "look at b.example now", "look at b.example now|||\n", 0},
    {"nor one that ends", "jane at home.", "jane at home.|||\n", 0},
    {"hidden beside an address", "jane at b.example <j@c.example>", "jane at b.example|j@c.example|j|c.example\n", 0},
    {"comments and blanks within", "jane (x) @ b (y) . example", "x|jane@b.example|jane|b.example\n", 0},
    {"a route", "<@relay.example,@x.example:jane@b.example>", "|jane@b.example|jane|b.example\n", 0},
    {"a quoted local part", "\"jane roe\"@b.example", "|\"jane roe\"@b.example|\"jane roe\"|b.example\n", 0},
    {"an @ in quotes", "\"a@b\"@c.example", "|\"a@b\"@c.example|\"a@b\"|c.example\n", 0},
    {"an address as its name", "\"x@y.example\" <a@b.example>", "x@y.example|a@b.example|a|b.example\n", 0},
    {"an address literal", "a@[IPv6:::1]", "|a@[IPv6:::1]|a|[ipv6:::1]\n", 0},
    {"the domain in small letters", "A@B.Example.", "|A@B.Example.|A|b.example\n", 0},
    {"an encoded word", "=?iso-8859-1?q?Ren=E9?= Roe <r@b.example>", "Ren\xc3\xa9 Roe|r@b.example|r|b.example\n", 0},
    {"a comma in an encoded word", "=?utf-8?q?Roe,_Jane_(x)?= <j@b.example>", "Roe, Jane (x)|j@b.example|j|b.example\n",
     0},
    {"an encoded word in quotes", "\"=?utf-8?q?Ren=C3=A9?=\" <r@b.example>", "Ren\xc3\xa9|r@b.example|r|b.example\n",
     0},
    {"raw bytes", "Ren\xe9 <r@b.example>", "Ren\xc3\xa9|r@b.example|r|b.example\n", 0},
    {"an address beyond ASCII", "<ren\xc3\xa9@b.example>", "|ren\xc3\xa9@b.example|ren\xc3\xa9|b.example\n", 0},
    {"a fold", "Jane\r\n Roe <j@b.example>,\r\n\tc@d.example",
     "Jane Roe|j@b.example|j|b.example\n|c@d.example|c|d.example\n", 0},
    {"a name behind the address", "<j@b.example> Jane", "Jane|j@b.example|j|b.example\n", 0},
    {"no brackets", "Jane Roe jane@b.example", "Jane Roe|jane@b.example|jane|b.example\n", 0},
    {"a comma in a name", "Roe, Jane <j@b.example>, Jr., Roe, J. <k@b.example>",
     "Roe, Jane|j@b.example|j|b.example\nJr., Roe, J.|k@b.example|k|b.example\n", 0},
    {"a comma behind a name", "Roe , <j@b.example>", "Roe|j@b.example|j|b.example\n", 0},
    {"words, and an address without brackets", "root, admin, j@b.example",
     "|root||\n|admin||\n|j@b.example|j|b.example\n", 0},
    {"a word behind an address", "j@b.example, root; Jane <k@b.example>",
     "|j@b.example|j|b.example\n|root||\nJane|k@b.example|k|b.example\n", 0},
    {"doubled brackets", "Jane <<j@b.example>>", "Jane|j@b.example|j|b.example\n", 0},
    {"a word", "root", "|root||\n", 0},
    {"a word in quotes", "\"root\"", "|root||\n", 0},
    {"a name alone", "Jane Roe", "Jane Roe|||\n", 0},
    {"empty brackets", "Jane <>", "Jane|||\n", 0},
    {"the empty path", "<>", "", 0},
    {"nothing", "", "", 0},
    {"commas alone", " , ,; ", "", 0},
    {"an open bracket", "Jane <j@b.example", "Jane|j@b.example|j|b.example\n", 0},
    {"an open bracket, and another", "A <a@b.example, c@d.example",
     "A|a@b.example|a|b.example\n|c@d.example|c|d.example\n", 0},
    {"an open quote", "\"Jane <j@b.example>, c@d.example", "Jane|j@b.example|j|b.example\n|c@d.example|c|d.example\n",
     0},
    {"an open comment", "Jane (x <j@b.example>", "Jane (x|j@b.example|j|b.example\n", 0},
    {"no local part", "@b.example", "|@b.example||b.example\n", 0},
    {"no domain", "a@", "|a@|a|\n", 0},
    {"two @", "a@b@c.example", "|a@b@c.example|a@b|c.example\n", 0},
    {"a set that nobody knows", "=?x-none?q?a?= <a@b.example>", "a|a@b.example|a|b.example\n", 1},
    {"mailto", "mailto:a@b.example", "|a@b.example|a|b.example\n", 0},
    {"a colon behind an address", "a@b.example:25", "|a@b.example:25|a|b.example:25\n", 0},
};

static void list_tell(str value, struct told *t) {
    struct arena *const a = arena_new(1u << 20);
    struct mail_address m[8];
    uint32_t count;

    assert_non_null(a);
    assert_true(mail_addresses(value, m, COUNT(m), &count, a, &t->bad));
    for (uint32_t i = 0; i < count; i++)
        buf_format(&t->text, "%.*s|%.*s|%.*s|%.*s\n", STR_ARG(m[i].name), STR_ARG(m[i].address), STR_ARG(m[i].local),
                   STR_ARG(m[i].domain));
    arena_free(a);
}

static void addresses(void **state) {
    (void)state;
    table(lists, COUNT(lists), list_tell);
}

static void more_addresses_than_room(void **state) {
    struct arena *const a = arena_new(1u << 16);
    struct mail_address m[2];
    uint64_t bad = 0;
    uint32_t count;
    (void)state;

    assert_true(mail_addresses(S("a@b,c@d,e@f,g:;"), m, 2, &count, a, &bad));
    assert_int_equal(count, 4);
    assert_true(str_eq(m[1].address, S("c@d")));
    assert_true(mail_addresses(S("a@b"), m, 0, &count, a, &bad));
    assert_int_equal(count, 1);
    assert_true(mail_addresses(S("a@b,x,y,z <c@d>"), m, 2, &count, a, &bad)); /* what is not here is not joined */
    assert_int_equal(count, 4);
    assert_true(str_eq(m[1].address, S("x")));
    arena_free(a);
}

/* What is never closed is looked for once: a header of a mebibyte of it is read in no time. */
static void hostile(void **state) {
    static const char *const pieces[] = {"(",        "<",  "\"",      "\\\"",           "[",   "=?a?q?",
                                         "<,",       "[,", ":",       "a@b:",           " (",  "=?",
                                         "x=\"\\\"", ";(", "x*0*=\"", "=?utf-8?q?a?= ", "(\\", "\r\n "};
    struct mail_address m[4];
    struct mail_auth_result results[MAIL_AUTH_RESULTS_MAX];
    struct mail_received hop;
    (void)state;

    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct arena *const a = arena_new(64u << 20);
        struct buf value = {0}, out = {0};
        uint64_t bad = 0;
        uint32_t count;
        str author;
        bool given;

        while (value.len < 1u << 20)
            buf_add(&value, str_of(pieces[i]));
        mail_text(buf_str(&value), &out, &bad);
        assert_true(mail_addresses(buf_str(&value), m, COUNT(m), &count, a, &bad));
        (void)mail_value_first(buf_str(&value));
        (void)mail_parameter(buf_str(&value), S("x"), &out, &bad);
        (void)mail_date(buf_str(&value), &given);
        mail_received(buf_str(&value), &hop, &out);
        (void)mail_auth_results(buf_str(&value), &author, results, a);
        assert_false(out.failed);
        buf_free(&value);
        buf_free(&out);
        arena_free(a);
    }
}

/* ---- parameters ---- */

/* The first value, and the parameter `name`. */
static const struct value_case parameters[] = {
    {"a token", "text/plain; name=a", "text/plain|a", 0},
    {"quotes", "text/plain; name=\"a; b\"", "text/plain|a; b", 0},
    {"escapes in quotes", "text/plain; name=\"a\\\"b\\\\c\"", "text/plain|a\"b\\c", 0},
    {"letter case, blanks", "text/plain ; NAME = a ; x=y", "text/plain|a", 0},
    {"no blank", "text/plain;name=a", "text/plain|a", 0},
    {"a fold", "text/plain;\r\n\tname=\"a\r\n b\"", "text/plain|a b", 0},
    {"blanks in a token", "application/pdf; name=my file.pdf; x=y", "application/pdf|my file.pdf", 0},
    {"a comment behind", "text/plain; name=a (that one)", "text/plain|a", 0},
    {"a number in brackets within", "text/plain; name=a (1).pdf", "text/plain|a (1).pdf", 0},
    {"comments around the value", "(x) text/plain (y); name=a", "text/plain|a", 0},
    {"the ; is missing", "text/plain name=a", "text/plain|a", 0},
    {"the ; is missing between two", "text/plain; x=y\r\n name=\"a\" z=1", "text/plain|a", 0},
    {"the first of two", "text/plain; name=a; name=b", "text/plain|a", 0},
    {"percents", "text/plain; name*=utf-8''caf%C3%A9", "text/plain|caf\xc3\xa9", 0},
    {"percents of another set", "text/plain; name*=iso-8859-1'fr'caf%e9", "text/plain|caf\xc3\xa9", 0},
    {"percents in quotes", "text/plain; name*=\"iso-8859-1''caf%E9\"", "text/plain|caf\xc3\xa9", 0},
    {"no set", "text/plain; name*=''caf%C3%A9", "text/plain|caf\xc3\xa9", 0},
    {"no set, no marks", "text/plain; name*=caf%C3%A9", "text/plain|caf\xc3\xa9", 0},
    {"pieces", "text/plain; name*0=\"a b\"; name*1=c", "text/plain|a bc", 0},
    {"pieces in another order", "text/plain; name*2=c; name*0=a; name*1=b", "text/plain|abc", 0},
    {"pieces with percents", "text/plain; name*0*=utf-8''%C3; name*1*=%A9; name*2=\"%41\"", "text/plain|\xc3\xa9%41",
     0},
    {"pieces of an encoded word", "text/plain; name*0=\"=?utf-8?B?Y2Fm\"; name*1=\"w6k=?=\"", "text/plain|caf\xc3\xa9",
     0},
    {"both forms: RFC 2231 counts", "text/plain; name=a; name*=utf-8''b", "text/plain|b", 0},
    {"an encoded word", "text/plain; name=\"=?utf-8?Q?caf=C3=A9?=.pdf\"", "text/plain|caf\xc3\xa9.pdf", 0},
    {"an encoded word without quotes", "text/plain; name==?utf-8?B?Y2Fmw6k=?=", "text/plain|caf\xc3\xa9", 0},
    {"raw bytes", "text/plain; name=\"caf\xe9\"", "text/plain|caf\xc3\xa9", 0},
    {"another name that ends alike", "text/plain; filename=b; name=a", "text/plain|a", 0},
    {"a value in another's quotes", "text/plain; x=\"; name=b\"; name=a", "text/plain|a", 0},
    {"none", "text/plain; charset=utf-8", "text/plain|none", 0},
    {"no parameters", "text/plain", "text/plain|none", 0},
    {"nothing", "", "|none", 0},
    {"; alone", ";;", "|none", 0},
    {"no value", "text/plain; name; x=y", "text/plain|none", 0},
    {"an empty value", "text/plain; name=", "text/plain|", 0},
    {"no name", "text/plain; =a", "text/plain|none", 0},
    {"another name that begins alike", "text/plain; names=a; name-x=b", "text/plain|none", 0},
    {"only the first value", "name", "name|none", 0},
    {"open quotes", "text/plain; name=\"a b", "text/plain|a b", 0},
    {"a set that nobody knows", "text/plain; name*=x-none''a", "text/plain|a", 1},
    {"bad percents", "text/plain; name*=utf-8''a%4xb%", "text/plain|a%4xb%", 2},
    {"bytes that the set has not", "text/plain; name*=utf-8''a%FF", "text/plain|a\xef\xbf\xbd", 1},
    {"a piece twice", "text/plain; name*0=a; name*0=b", "text/plain|a", 1},
    {"a piece that is no number", "text/plain; name*x=a", "text/plain|none", 0},
    {"a number too great", "text/plain; name*99999999999=a", "text/plain|none", 0},
};

static void parameter_tell(str value, struct told *t) {
    str const first = mail_value_first(value);

    buf_format(&t->text, "%.*s|", STR_ARG(utf8_valid(first) == first.len ? first : S("?")));
    if (!mail_parameter(value, S("name"), &t->text, &t->bad))
        buf_add(&t->text, S("none"));
}

static void parameter(void **state) {
    (void)state;
    table(parameters, COUNT(parameters), parameter_tell);
}

/* ---- dates ---- */

/* The instant, and whether a zone was given. */
static const struct value_case dates[] = {
    {"RFC 5322", "Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T08:52:37Z zone", 0},
    {"a comment", "Tue, 1 Jul 2003 10:52:37 +0200 (CEST)", "2003-07-01T08:52:37Z zone", 0},
    {"comments within", "Tue, 1 (the (first)) Jul 2003 10:52:37 (x) +0200", "2003-07-01T08:52:37Z zone", 0},
    {"folds", "Tue,\r\n 1 Jul 2003\r\n\t10:52:37\r\n +0200", "2003-07-01T08:52:37Z zone", 0},
    {"no day of the week", "1 Jul 2003 10:52:37 -0800", "2003-07-01T18:52:37Z zone", 0},
    {"no seconds", "1 Jul 2003 10:52 +0000", "2003-07-01T10:52:00Z zone", 0},
    {"no blank behind the comma", "Tue,1 Jul 2003 10:52:37 +0200", "2003-07-01T08:52:37Z zone", 0},
    {"two digits of a year", "21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z zone", 0},
    {"three digits of a year", "1 Jul 103 10:52:37 GMT", "2003-07-01T10:52:37Z zone", 0},
    {"long names", "Tuesday, 1 July 2003 10:52:37 UT", "2003-07-01T10:52:37Z zone", 0},
    {"Sept", "1 Sept 2003 10:52:37 Z", "2003-09-01T10:52:37Z zone", 0},
    {"EST", "1 Jul 2003 10:52:37 EST", "2003-07-01T15:52:37Z zone", 0},
    {"pdt", "1 Jul 2003 10:52:37 pdt", "2003-07-01T17:52:37Z zone", 0},
    {"a number and a name", "1 Jul 2003 10:52:37 -0700 PDT", "2003-07-01T17:52:37Z zone", 0},
    {"GMT and a number", "1 Jul 2003 10:52:37 GMT+0200", "2003-07-01T08:52:37Z zone", 0},
    {"a colon in the zone", "1 Jul 2003 10:52:37 +05:30", "2003-07-01T05:22:37Z zone", 0},
    {"the zone without a blank", "1 Jul 2003 10:52:37+0200", "2003-07-01T08:52:37Z zone", 0},
    {"points for colons", "1 Jul 2003 10.52.37 +0200", "2003-07-01T08:52:37Z zone", 0},
    {"AM and PM", "1 Jul 2003 10:52:37 PM +0200", "2003-07-01T20:52:37Z zone", 0},
    {"Exchange", "11 Dec 2025 18:59:42.5578\r\n (UTC)", "2025-12-11T18:59:42.557800Z zone", 0},
    {"asctime", "Fri Feb 07 10:18:12 2003", "2003-02-07T10:18:12Z", 0},
    {"asctime with a zone behind", "Fri Feb 07 10:18:12 2003 -0800", "2003-02-07T18:18:12Z zone", 0},
    {"asctime with a zone within", "Fri Sep 14 14:36:56 EDT 2018", "2018-09-14T18:36:56Z zone", 0},
    {"RFC 3339", "2003-07-01T10:52:37+02:00", "2003-07-01T08:52:37Z zone", 0},
    {"-0000 is no zone", "1 Jul 2003 10:52:37 -0000", "2003-07-01T10:52:37Z", 0},
    {"no zone", "1 Jul 2003 10:52:37", "2003-07-01T10:52:37Z", 0},
    {"a zone of three places", "1 Jul 2003 10:52:37 MEST", "2003-07-01T10:52:37Z", 0},
    {"a zone of the army", "1 Jul 2003 10:52:37 A", "2003-07-01T10:52:37Z", 0},
    {"a zone of no world", "1 Jul 2003 10:52:37 +9900", "2003-07-01T10:52:37Z", 0},
    {"nothing", "", "", 0},
    {"words", "yesterday at noon", "", 0},
    {"no time of day", "Tue, 1 Jul 2003", "", 0},
    {"no date", "10:52:37 +0200", "", 0},
    {"no such month", "1 Abc 2003 10:52:37 +0200", "", 0},
    {"a month as a number", "1 7 2003 10:52:37 +0200", "", 0},
    {"no such day", "31 Feb 2003 10:52:37 +0200", "", 0},
    {"no such hour", "1 Jul 2003 25:52:37 +0200", "", 0},
    {"no year", "1 Jul 10:52:37 +0200", "", 0},
    {"an open comment", "Tue, 1 Jul 2003 (x 10:52:37 +0200", "", 0},
    {"a comment alone", "(Tue, 1 Jul 2003 10:52:37 +0200)", "", 0},
    {"Unix time", "1057049557", "", 0},
    {"a word before", "Date: Tue, 1 Jul 2003 10:52:37 +0200", "", 0},
    {"more words than a date has", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 10:52:37", "", 0},
    {"a year that no instant has", "1 Jul 9999 10:52:37 +0200", " zone", 0},
};

static void date_tell(str value, struct told *t) {
    char text[INSTANT_TEXT];
    bool given;

    buf_add(&t->text, instant_format(mail_date(value, &given), text));
    if (given)
        buf_add(&t->text, S(" zone"));
}

static void date(void **state) {
    (void)state;
    table(dates, COUNT(dates), date_tell);
}

/* ---- Received ---- */

static const struct value_case hops[] = {
    {"Postfix",
     "from mail.a.example (mx1.a.example [192.0.2.7])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 "
     "bits))\r\n\tby "
     "mx.b.example (Postfix) with ESMTPS id 4ABC\r\n\tfor <jane@b.example>; Tue, 1 Jul 2003 10:52:37 +0200 (CEST)",
     "from mail.a.example; reverse mx1.a.example; address 192.0.2.7; by mx.b.example; with ESMTPS; id 4ABC; for "
     "jane@b.example; "
     "tls TLSv1.3; 2003-07-01T08:52:37Z zone",
     0},
    {"the reverse name is the same", "from A.example (a.example. [192.0.2.7]) by b.example; 1 Jul 2003 10:52:37 +0000",
     "from A.example; address 192.0.2.7; by b.example; 2003-07-01T10:52:37Z zone", 0},
    {"the reverse name is unknown", "from a.example (unknown [192.0.2.7]) by b.example",
     "from a.example; address 192.0.2.7; by b.example; ", 0},
    {"IPv6", "from a.example (x.example [IPv6:2001:db8::1]) by b.example",
     "from a.example; reverse x.example; address 2001:db8::1; by b.example; ", 0},
    {"an address for a name", "from [192.0.2.9] (x.example [192.0.2.7]) by b.example",
     "from 192.0.2.9; reverse x.example; address 192.0.2.7; by b.example; ", 0},
    {"an address alone", "from [192.0.2.9] by b.example via HTTP", "from 192.0.2.9; address 192.0.2.9; by b.example; ",
     0},
    {"Exchange",
     "from A.prod.example (2001:db8:1::8)\r\n by B.prod.example (2001:db8:2::20) with Microsoft SMTP Server "
     "(version=TLS1_2,\r\n "
     "cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.1\r\n via Frontend Transport; Thu, 4 Jan\r\n 2024 "
     "11:33:16 +0000",
     "from A.prod.example; address 2001:db8:1::8; by B.prod.example; with SMTP; id 15.20.1; tls TLS1_2; "
     "2024-01-04T11:33:16Z zone",
     0},
    {"Exchange within", "from A.example (::1) by B.example with HTTPS; 4 Jan 2024 11:33:16 +0000",
     "from A.example; address ::1; by B.example; with HTTPS; 2024-01-04T11:33:16Z zone", 0},
    {"a zone of an interface", "from a ([fe80::1%6]) by b with mapi id 1.2",
     "from a; address fe80::1; by b; with mapi; id 1.2; ", 0},
    {"qmail", "from unknown (HELO a.example) (192.0.2.7) by b.example with SMTP; 1 Jul 2003 10:52:37 -0000",
     "from a.example; address 192.0.2.7; by b.example; with SMTP; 2003-07-01T10:52:37Z", 0},
    {"qmail with a name", "from x.example (HELO a.example) (joe@192.0.2.7) by b.example with SMTP",
     "from a.example; reverse x.example; address 192.0.2.7; by b.example; with SMTP; ", 0},
    {"Exim",
     "from x.example ([192.0.2.7] helo=a.example)\r\n by b.example with esmtps (TLS1.2:ECDHE:256) (Exim 4.9) id "
     "1a-2b-3c for j@b.example",
     "from a.example; reverse x.example; address 192.0.2.7; by b.example; with esmtps; id 1a-2b-3c; for j@b.example; "
     "tls TLS1.2; ",
     0},
    {"a port", "from a.example (192.0.2.7:2525) by b.example", "from a.example; address 192.0.2.7; by b.example; ", 0},
    {"nobody's name", "from ([192.0.2.7]) by b.example", "address 192.0.2.7; by b.example; ", 0},
    {"Google", "by mx.google.example with SMTP id x1; Wed, 29 Oct 2025 07:45:58 -0700 (PDT)",
     "by mx.google.example; with SMTP; id x1; 2025-10-29T14:45:58Z zone", 0},
    {"in a comment", "(from joe@a.example) by b.example id 7", "from joe@a.example; by b.example; id 7; ", 0},
    {"capitals", "FROM a.example BY b.example ID <7@x> FOR <j@b.example>",
     "from a.example; by b.example; id 7@x; for j@b.example; ", 0},
    {"an address that a comment speaks of", "from a.example (envelope-from <j@[192.0.2.1]>) by b.example",
     "from a.example; by b.example; ", 0},
    {"a semicolon in a comment", "from a.example by b.example (x; y); 1 Jul 2003 10:52:37 +0000",
     "from a.example; by b.example; 2003-07-01T10:52:37Z zone", 0},
    {"a date in its own line", "by b.example with SMTP id 7\r\n\t2023-07-28 19:32:25.5 +0000 UTC m=+68.1",
     "by b.example; with SMTP; id 7; 2023-07-28T19:32:25.500Z zone", 0},
    {"a last line that is no date", "by b.example with SMTP\r\n\tid 7", "by b.example; with SMTP; id 7; ", 0},
    {"qmail with an address for a user", "from x.example (HELO a.example) (j@c.example@192.0.2.7) by b.example",
     "from a.example; reverse x.example; address 192.0.2.7; by b.example; ", 0},
    {"raw bytes", "from caf\xe9.example by b.example", "from caf\xc3\xa9.example; by b.example; ", 0},
    {"nothing", "", "", 0},
    {"a date alone", "; 1 Jul 2003 10:52:37 +0000", "2003-07-01T10:52:37Z zone", 0},
    {"a date that is none", "from a.example by b.example; yesterday", "from a.example; by b.example; ", 0},
    {"qmail's own", "(qmail 7 invoked by uid 8); 1 Jul 2003 10:52:37 -0000", "2003-07-01T10:52:37Z", 0},
    {"words", "handed over by hand to nobody", "by hand; ", 0},
    {"keywords without words", "from by with id for", "from by; ", 0},
    {"an open comment", "from a.example (x by b.example; 1 Jul 2003 10:52:37 +0000",
     "from a.example; 2003-07-01T10:52:37Z zone", 0},
    {"an address that is none", "from a.example ([999.0.2.7]) by b.example", "from a.example; by b.example; ", 0},
    {"TLS of no number", "from a.example by b.example with ESMTP/TLS/DHE", "from a.example; by b.example; with ESMTP; ",
     0},
    {"no TLS in a name", "from myTLS1.example by b.example", "from myTLS1.example; by b.example; ", 0},
};

static void fact(struct buf *out, const char *name, str value) {
    if (value.len)
        buf_format(out, "%s %.*s; ", name, STR_ARG(value));
}

static void hop_tell(str value, struct told *t) {
    struct mail_received r;
    struct buf room = {0};
    char text[INSTANT_TEXT];

    mail_received(value, &r, &room);
    fact(&t->text, "from", r.from);
    fact(&t->text, "reverse", r.reverse);
    fact(&t->text, "address", r.address);
    fact(&t->text, "by", r.by);
    fact(&t->text, "with", r.with);
    fact(&t->text, "id", r.id);
    fact(&t->text, "for", r.recipient);
    fact(&t->text, "tls", r.tls);
    buf_add(&t->text, instant_format(r.when, text));
    if (r.zone_given)
        buf_add(&t->text, S(" zone"));
    buf_free(&room);
}

static void received(void **state) {
    (void)state;
    table(hops, COUNT(hops), hop_tell);
}

/* ---- Authentication-Results ---- */

/* The author, and method=result (reason) domain selector of each. */
static const struct value_case results[] = {
    {"RFC 8601", "mx.b.example 1; spf=pass smtp.mailfrom=a@a.example; dkim=pass header.d=A.example header.s=s1",
     "mx.b.example; spf=pass () a.example -; dkim=pass () a.example s1; ", 0},
    {"Google",
     "mx.google.example;\r\n dkim=pass header.i=@a.example header.s=s1 header.b=AbC;\r\n spf=pass (google.example: "
     "domain of x@y.example "
     "designates 192.0.2.7 as permitted; sender) smtp.mailfrom=x@y.example;\r\n dmarc=pass (p=NONE sp=NONE dis=NONE) "
     "header.from=z.example",
     "mx.google.example; dkim=pass () a.example s1; spf=pass (google.example: domain of x@y.example designates "
     "192.0.2.7 as permitted; "
     "sender) y.example -; dmarc=pass (p=NONE sp=NONE dis=NONE) z.example -; ",
     0},
    {"Exchange, without an author",
     "spf=none (sender IP is 192.0.2.7)\r\n smtp.mailfrom=a.example; dkim=none (message not signed)\r\n "
     "header.d=none;dmarc=none action=none "
     "header.from=b.example;compauth=fail\r\n reason=001",
     "; spf=none (sender IP is 192.0.2.7) a.example -; dkim=none (message not signed)  -; dmarc=none () b.example -; "
     "compauth=fail (001)  "
     "-; ",
     0},
    {"ARC", "i=2; mx.b.example; arc=pass header.from=a.example", "mx.b.example; arc=pass () a.example -; ", 0},
    {"a version, capitals", "MX.b.example; DKIM/1 = Pass header.d=a.example",
     "MX.b.example; dkim=pass () a.example -; ", 0},
    {"header.d before header.i", "x; dkim=fail header.i=@c.example header.d=a.example", "x; dkim=fail () a.example -; ",
     0},
    {"a reason in quotes before a comment", "x; dkim=fail (y) reason=\"bad; worse\" header.d=a.example",
     "x; dkim=fail (bad; worse) a.example -; ", 0},
    {"smtp.helo where there is no more", "x; spf=pass smtp.helo=h.example", "x; spf=pass () h.example -; ", 0},
    {"a comment first", "(hello) x; spf=pass", "x; spf=pass ()  -; ", 0},
    {"an address in quotes", "x; spf=pass smtp.mailfrom=\"a b@a.example\"", "x; spf=pass () a.example -; ", 0},
    {"Exchange, in encoded words",
     "=?utf-8?B?c3BmPW5vbmUgKHgpIHNtdHAubWFpbGZyb209YS5leGFtcGxlOyBka2ltPW5v?=\r\n =?utf-8?B?bmU7?=",
     "; spf=none (x) a.example -; dkim=none ()  -; ", 0},
    {"none", "mx.b.example; none", "mx.b.example; ", 0},
    {"nothing", "", "; ", 0},
    {"an author alone", "mx.b.example", "mx.b.example; ", 0},
    {"; alone", ";;;", "; ", 0},
    {"no result", "x; spf; dkim=", "x; ", 0},
    {"no method", "x; =pass; spf=pass", "x; spf=pass ()  -; ", 0},
    {"a method that is none", "x; s\xc3\xa9=pass; dkim=p@ss", "x; ", 0},
    {"an open comment", "x; spf=pass (never closed; dkim=pass", "x; spf=pass (never closed; dkim=pass)  -; ", 0},
    {"open quotes", "x; spf=pass reason=\"never; dkim=pass", "x; spf=pass (\"never)  -; dkim=pass ()  -; ", 0},
    {"an author behind results", "spf=pass; mx.b.example; dkim=pass", "; spf=pass ()  -; dkim=pass ()  -; ", 0},
    {"raw bytes", "x; spf=pass (caf\xe9)", "x; spf=pass (caf\xc3\xa9)  -; ", 0},
};

static void results_tell(str value, struct told *t) {
    struct mail_auth_result r[MAIL_AUTH_RESULTS_MAX];
    struct arena *const a = arena_new(1u << 20);
    uint32_t count;
    str author;

    assert_non_null(a);
    count = mail_auth_results(value, &author, r, a);
    buf_format(&t->text, "%.*s; ", STR_ARG(author));
    for (uint32_t i = 0; i < count; i++)
        buf_format(&t->text, "%.*s=%.*s (%.*s) %.*s %.*s; ", STR_ARG(r[i].method), STR_ARG(r[i].result),
                   STR_ARG(r[i].reason), STR_ARG(r[i].domain), STR_ARG(r[i].selector.len ? r[i].selector : S("-")));
    arena_free(a);
}

static void authentication(void **state) {
    (void)state;
    table(results, COUNT(results), results_tell);
}

static void no_more_results_than_room(void **state) {
    struct mail_auth_result r[MAIL_AUTH_RESULTS_MAX];
    struct arena *const a = arena_new(1u << 20);
    struct buf value = {0};
    str author;
    (void)state;

    for (int i = 0; i < 100; i++)
        buf_add(&value, S("spf=pass;"));
    assert_int_equal(mail_auth_results(buf_str(&value), &author, r, a), MAIL_AUTH_RESULTS_MAX);
    buf_free(&value);
    arena_free(a);
}

/* ---- memory ---- */

static void a_full_arena(void **state) {
    str const list = S("=?utf-8?q?Ren=C3=A9?= <r@B.example>, Friends:;, (x) ren\xe9@c.example");
    str const found = S("caf\xe9.example; dkim=pass (caf\xe9) header.d=caf\xe9.example header.s=x; spf=pass");
    struct mail_auth_result r[MAIL_AUTH_RESULTS_MAX];
    struct mail_address m[8];
    bool ok = false;
    (void)state;

    for (size_t limit = 0; !ok; limit++) {
        struct arena *const a = arena_new(limit);
        uint64_t bad = 0;
        uint32_t count;

        ok = mail_addresses(list, m, COUNT(m), &count, a, &bad);
        assert_true(limit < 4096);
        assert_true(!ok || count == 3);
        arena_free(a);
    }
    for (uint32_t limit = 0, count = 0; count < 2; limit++) {
        struct arena *const a = arena_new(limit);
        str author;

        assert_true(limit < 4096);
        count = mail_auth_results(found, &author, r, a);
        arena_free(a);
    }
}

static void memory_may_be_out(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
#if REFUSES
    str const value = S("x; name*0*=utf-8''caf%C3%A9; name*1=\"caf\xe9\" =?utf-8?q?a?= <a@b>");
    struct arena *const a = arena_new(1u << 16);
    bool refused = true;

    for (long left = 0; refused; left++) {
        struct buf text = {0}, parameter = {0}, room = {0};
        struct mail_address m[4];
        struct mail_received hop;
        uint64_t bad = 0;
        uint32_t count;
        bool ok;

        memory_refused = false;
        memory_left = left;
        mail_text(value, &text, &bad);
        (void)mail_parameter(value, S("name"), &parameter, &bad);
        ok = mail_addresses(value, m, COUNT(m), &count, a, &bad);
        mail_received(value, &hop, &room);
        memory_left = -1;
        refused = memory_refused;
        assert_true(refused == (text.failed || parameter.failed || room.failed || !ok));
        buf_free(&text);
        buf_free(&parameter);
        buf_free(&room);
        arena_reset(a);
    }
    arena_free(a);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),
        cmocka_unit_test(addresses),
        cmocka_unit_test(parameter),
        cmocka_unit_test(date),
        cmocka_unit_test(received),
        cmocka_unit_test(authentication),
        cmocka_unit_test(hostile),
        cmocka_unit_test(more_addresses_than_room),
        cmocka_unit_test(a_full_arena),
        cmocka_unit_test(no_more_results_than_room),
        cmocka_unit_test(memory_may_be_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
