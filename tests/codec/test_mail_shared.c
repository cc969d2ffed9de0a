/* test_mail_shared: values of mail headers against what another mail parser expects of them (the shared data); where we differ, the reason
 * stands here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "../reader/shared.h"
#include "base/address.h"
#include "base/instant.h"
#include "codec/mail_value.h"
#include "codec/yaml.h"

/* What is different on purpose: the n-th case of a file (from 0), what we make of it, and why. */
struct difference {
    size_t number;
    const char *ours, *why;
};

/* What a header says, one fact a line; and what the expected values say, in the same words. */
typedef void (*tell_fn)(str header, struct buf *out);
typedef void (*expect_fn)(const struct yaml_node *expected, struct buf *out);

static bool is_null(const struct yaml_node *n) {
    return !n || (n->type == YAML_SCALAR && n->scalar == YAML_IS_NULL && !n->quoted);
}

/* The field's value alone: other fields and a body follow some. */
static str value_of(str header) {
    for (size_t i = 0; i < header.len; i++)
        if (header.ptr[i] == '\n' && i > 0 &&
            (i + 1 == header.len || (header.ptr[i + 1] != ' ' && header.ptr[i + 1] != '\t')))
            return str_first(header, i);
    return header;
}

static void run(const char *file, tell_fn tell, expect_fn expect, const struct difference *differences, size_t count) {
    struct arena *const a = arena_new(64u << 20);
    struct buf text = {0};
    struct yaml_node **documents;
    size_t documents_count, failed = 0, met = 0;
    char name[128];
    struct err e = {0};

    assert_non_null(a);
    (void)snprintf(name, sizeof name, "mail/mime-stalwart/headers/%s.json", file);
    if (!shared_file(name, &text)) {
        arena_free(a);
        skip();
    }
    assert_true(yaml_read(buf_str(&text), a, &documents, &documents_count, &e));
    assert_int_equal(documents_count, 1);
    assert_true(documents[0]->count > 5);
    for (size_t i = 0; i < documents[0]->count; i++) {
        const struct yaml_node *const one = documents[0]->items[i];
        struct buf ours = {0}, theirs = {0};
        bool different = false;
        str wanted;

        tell(value_of(yaml_text(one, "header")), &ours);
        expect(yaml_get(one, "expected"), &theirs);
        wanted = buf_str(&theirs);
        for (size_t d = 0; d < count; d++)
            if (differences[d].number == i) {
                wanted = str_of(differences[d].ours);
                different = true;
                met++;
            }
        if (!str_eq(buf_str(&ours), wanted) || (different && str_eq(wanted, buf_str(&theirs)))) {
            print_error("%s %zu: %.*s\n", file, i, STR_ARG(yaml_text(one, "header")));
            print_error("  ours:\n%.*s  wanted:\n%.*s", STR_ARG(buf_str(&ours)), STR_ARG(wanted));
            failed++;
        }
        buf_free(&ours);
        buf_free(&theirs);
    }
    assert_int_equal(met, count);
    assert_int_equal(failed, 0);
    buf_free(&text);
    arena_free(a);
}

/* ---- text ---- */

static void text_tell(str header, struct buf *out) {
    uint64_t bad = 0;

    mail_text(header, out, &bad);
    buf_byte(out, '\n');
}

static void text_expect(const struct yaml_node *expected, struct buf *out) {
    buf_format(out, "%.*s\n", STR_ARG(expected->text));
}

static const struct difference text_differences[] = {
    {21, "[SUSPECTED SPAM]This is the original subject\n", "no blank stands before the word"},
    {22, "Some text here\n", "an empty word is nothing"},
    {27, "[SUSPECTED SPAM]This is the original subject\n", "no blank stands before the word"},
    {28, "[SUSPECTED SPAM]This is the original subject\n", "no blank stands before the word"},
};

static void unstructured(void **state) {
    (void)state;
    run("unstructured", text_tell, text_expect, text_differences, COUNT(text_differences));
}

/* ---- addresses ---- */

static void address_tell(str header, struct buf *out) {
    static struct mail_address m[MAIL_ADDRESSES_MAX];
    struct arena *const a = arena_new(1u << 20);
    uint64_t bad = 0;
    uint32_t count;

    assert_non_null(a);
    assert_true(mail_addresses(header, m, MAIL_ADDRESSES_MAX, &count, a, &bad));
    for (uint32_t i = 0; i < count; i++)
        buf_format(out, "%.*s <%.*s>\n", STR_ARG(m[i].name), STR_ARG(m[i].address));
    arena_free(a);
}

static void mailboxes_expect(const struct yaml_node *list, struct buf *out) {
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *const address = yaml_get(list->items[i], "address");

        buf_format(out, "%.*s <%.*s>\n",
                   STR_ARG(is_null(yaml_get(list->items[i], "name")) ? S("") : yaml_text(list->items[i], "name")),
                   STR_ARG(is_null(address) ? S("") : address->text));
    }
}

static void address_expect(const struct yaml_node *expected, struct buf *out) {
    const struct yaml_node *const groups = yaml_get(expected, "Group"), *const list = yaml_get(expected, "List");

    if (list)
        mailboxes_expect(list, out);
    for (size_t i = 0; groups && i < groups->count; i++) {
        const struct yaml_node *const within = yaml_get(groups->items[i], "addresses");

        if (within->count == 0)
            buf_format(out, " <%.*s>\n", STR_ARG(yaml_text(groups->items[i], "name")));
        mailboxes_expect(within, out);
    }
}

static const struct difference address_differences[] = {
    {8, "Pete <pete@silly.test>\n", "a comment beside a name is none of it"},
    {9, "Pete chap) <pete@silly.test>\n",
     "the backslash before the fold is of the blank behind it, so that the comment ends at the next bracket"},
    {10, "Chris Jones <c@public.example>\n <joe@example.org>\nJohn <jdoe@one.test>\nthe end of the group <>\n",
     "a comment beside a name is none of it"},
    {13, "Mary Smith <mary@example.net>\n <jdoe@test.example>\n",
     "the route is taken off, and blanks within an address"},
    {14, "John Doe <jdoe@machine.example>\n", "a comment beside a name is none of it"},
    {22, "Nathaniel Borenstein <nsb@thumper.bellcore.com>\n", "a comment beside a name is none of it"},
    {33, "James Smythe <james@example.com>\n <jane@example.com>\nJohn Sm\303\256th <john@example.com>\n",
     "a name has no blanks at its ends"},
    {56, "Name Doe <a@b.com>\n", "a comment beside a name is none of it"},
};

static void addresses(void **state) {
    (void)state;
    run("address", address_tell, address_expect, address_differences, COUNT(address_differences));
}

/* ---- parameters ---- */

/* All names that the expected values of the file speak of. */
static const char *const parameters[] = {
    "charset",   "format",     "x-mac-type", "name",   "boundary", "id",     "site",     "mode", "access-type",
    "directory", "expiration", "server",     "number", "total",    "micalg", "protocol", "url",  "title",
    "filename",  "test",       "key",        "key2",   "key3",     "key4",   "\xc3\xa1", "1",    "3",
    "4",         "5",          "7",          "9",      "15",       "18"};

static void parameter_tell(str header, struct buf *out) {
    uint64_t bad = 0;

    for (size_t i = 0; i < COUNT(parameters); i++) {
        struct buf value = {0};

        if (mail_parameter(header, str_of(parameters[i]), &value, &bad)) {
            buf_format(out, "%s=", parameters[i]);
            buf_add(out, buf_str(&value));
            buf_byte(out, '\n');
        }
        buf_free(&value);
    }
}

static void parameter_expect(const struct yaml_node *expected, struct buf *out) {
    const struct yaml_node *const list = is_null(expected) ? NULL : yaml_get(expected, "attributes");

    for (size_t p = 0; p < COUNT(parameters); p++)
        for (size_t i = 0; !is_null(list) && i < list->count; i++)
            if (str_eq(list->items[i]->items[0]->text, str_of(parameters[p]))) {
                buf_format(out, "%s=", parameters[p]);
                buf_add(out, list->items[i]->items[1]->text);
                buf_byte(out, '\n');
            }
}

static const struct difference parameter_differences[] = {
    {31, "filename=\303\221and\303\272iso-8859-1' r\303\241pidoiso-8859-1' (versi\303\263n '99 \"oficial\").pdf\n",
     "a set of characters is named in the first piece alone (RFC 2231 4.1)"},
    {34, "name=\303\241\303\251\303\255.jpeg\n", "blanks between encoded words are none, in quotes too"},
    {43, "name=value\n", "a type that cannot be read takes no parameter with it"},
    {48, "name=value\n", "a type that cannot be read takes no parameter with it"},
    {49, "name=\n", "it is there, and empty"},
    {54, "", "the name of a parameter is ASCII"},
    {58, "name=value\n", "a type that cannot be read takes no parameter with it"},
    {61, "1=a\n3=b\n", "what RFC 2231 has no meaning for has none"},
    {62, "charset=us-ascii\n", "a type that cannot be read takes no parameter with it"},
    {63, "charset=us-ascii\n", "a type that cannot be read takes no parameter with it"},
    {65, "charset=us-ascii\n", "a type that cannot be read takes no parameter with it"},
    {66, "charset=us-ascii\n", "a type that cannot be read takes no parameter with it"},
    {71, "charset=us-ascii\n", "a type that cannot be read takes no parameter with it"},
    {72, "charset=us-ascii\n", "a type that cannot be read takes no parameter with it"},
};

static void content_types(void **state) {
    (void)state;
    run("content_type", parameter_tell, parameter_expect, parameter_differences, COUNT(parameter_differences));
}

/* ---- dates ---- */

static void date_tell(str header, struct buf *out) {
    char text[INSTANT_TEXT];
    bool given;

    buf_add(out, instant_format(mail_date(header, &given), text));
    buf_byte(out, '\n');
}

static uint32_t part(const struct yaml_node *date, const char *key) {
    uint64_t n = 0;

    assert_true(str_u64(yaml_text(date, key), 9999, &n));
    return (uint32_t)n;
}

static void date_expect(const struct yaml_node *expected, struct buf *out) {
    char text[INSTANT_TEXT];
    struct wall w = {.year_given = true};

    if (is_null(expected)) {
        buf_byte(out, '\n');
        return;
    }
    w.year = (int32_t)part(expected, "year");
    w.month = (uint8_t)part(expected, "month");
    w.day = (uint8_t)part(expected, "day");
    w.hour = (uint8_t)part(expected, "hour");
    w.minute = (uint8_t)part(expected, "minute");
    w.second = (uint8_t)part(expected, "second");
    w.offset_s = (int32_t)(part(expected, "tz_hour") * 3600 + part(expected, "tz_minute") * 60);
    if (str_eq(yaml_text(expected, "tz_before_gmt"), S("true")))
        w.offset_s = -w.offset_s;
    buf_add(out, instant_format(wall_instant(&w), text));
    buf_byte(out, '\n');
}

static const struct difference date_differences[] = {
    {10, "\n", "a month is a name"},
    {12, "\n", "a month is a name"},
    {28, "\n", "this is a Received field: mail_received knows where its date stands"},
    {30, "1997-07-10T14:53:31Z\n", "two zones are none"},
};

static void dates(void **state) {
    (void)state;
    run("date", date_tell, date_expect, date_differences, COUNT(date_differences));
}

/* ---- Received ---- */

static void fact(struct buf *out, const char *name, str value) {
    if (value.len)
        buf_format(out, "%s %.*s\n", name, STR_ARG(value));
}

static void received_tell(str header, struct buf *out) {
    char text[INSTANT_TEXT];
    struct mail_received r;
    struct buf room = {0};
    struct address a;

    mail_received(header, &r, &room);
    fact(out, "from", r.from);
    if (r.address.len) {
        assert_true(address_parse(r.address, &a));
        buf_format(out, "address %.*s\n", STR_ARG(address_format(&a, (char[ADDRESS_TEXT]){0})));
    }
    fact(out, "reverse", r.reverse);
    fact(out, "by", r.by);
    fact(out, "id", r.id);
    fact(out, "for", r.recipient);
    fact(out, "when", instant_format(r.when, text));
    buf_free(&room);
}

static str named(const struct yaml_node *n) {
    return is_null(n) ? S("") : yaml_get(n, "Name") ? yaml_text(n, "Name") : yaml_text(n, "IpAddr");
}

static void received_expect(const struct yaml_node *expected, struct buf *out) {
    str const helo = named(yaml_get(expected, "helo")), from = named(yaml_get(expected, "from"));
    str const by_name = named(yaml_get(expected, "by"));
    str address = yaml_text(expected, "from_ip"), reverse = yaml_text(expected, "from_iprev");
    const struct yaml_node *const date = yaml_get(expected, "date");

    /* A name told with HELO is what the client called itself; then what stands behind `from` is what the server found. */
    fact(out, "from", helo.len ? helo : from);
    if (address.len == 0 && yaml_get(expected, "from") && yaml_get(yaml_get(expected, "from"), "IpAddr"))
        address = from;
    if (helo.len && yaml_get(expected, "from") && yaml_get(yaml_get(expected, "from"), "Name") &&
        !str_eq(from, S("unknown")))
        reverse = from;
    fact(out, "address", address);
    while (reverse.len && reverse.ptr[reverse.len - 1] == '.')
        reverse.len--;
    if (!str_eq_ascii(reverse, helo.len ? helo : from))
        fact(out, "reverse", reverse);
    fact(out, "by", by_name);
    fact(out, "id", yaml_text(expected, "id"));
    fact(out, "for", yaml_text(expected, "for_"));
    if (!is_null(date)) {
        buf_add(out, S("when "));
        date_expect(date, out);
    }
}

static const struct difference received_differences[] = {
    {4,
     "from ietfa.amsl.com\naddress ::1\nreverse localhost\nby ietfa.amsl.com\nid 6296FC13AE3E\nfor "
     "hello@domain.comt\nwhen 2023-08-28T09:21:37Z\n",
     "localhost is a name"},
    {13, "from ca-ex-bridge1.nai.com\nby scwsout1.nai.com\nwhen 2003-02-07T18:18:12Z\n", "a date as asctime writes it"},
    {15,
     "from av0001.technodiva.com\naddress 127.0.0.1\nreverse localhost\nby localhost.technodiva.com\nid "
     "846CF2117for\nwhen 2006-08-07T15:48:07Z\n",
     "localhost is a name"},
    {28, "address 10.225.209.19\nby ecelerity-va-1\nid EE/20-30863-33CE1054\nwhen 2006-09-08T22:18:27Z\n",
     "the whole id"},
    {29,
     "address 127.0.0.1\nby bm1-21.ed10.com\nid 8B/57-16227-3764EB44\nfor example@vandinter.org\nwhen "
     "2006-07-19T14:49:23Z\n",
     "the whole id"},
    {30,
     "from dev1.democracyinaction.org\naddress 192.168.1.151\nby m12.prod.democracyinaction.com\nid "
     "52/92-02454-89FBA054\nfor example@vandinter.org\nwhen 2006-09-15T14:58:32Z\n",
     "the whole id"},
    {50,
     "from ran-out.mx.develooper.com\naddress 64.81.84.115\nreverse one.develooper.com\nby dogma.slashnull.org\nid "
     "h381Vvf19860\nfor jm-cpan@jmason.org\nwhen 2003-04-08T01:31:57Z\n",
     "what stands before the @ is a user, what stands behind it the name"},
    {64,
     "from machine.domain.com\naddress 213.228.0.169\nreverse postfix3-2.free.fr\nby totor.bouissou.net\nwhen "
     "2003-11-14T08:05:50Z\n",
     "qmail: the user and the address of the client"},
    {67, "from 193.220.176.134\naddress 193.220.176.134\nby web40310.mail.yahoo.com\nwhen 2003-02-12T22:22:21Z\n",
     "PST is a zone"},
    {78, "from Agni\naddress ::ffff:127.0.0.1\nreverse localhost\nby agni.forevermore.net\nwhen 2002-10-28T22:48:52Z\n",
     "localhost is a name"},
    {86,
     "from merlin.net.au\naddress 207.213.27.129\nreverse adsl-207-213-27-129.dsl.lsan03.pacbell.net\nby "
     "totor.bouissou.net\nwhen 2003-11-10T06:30:34Z\n",
     "qmail: the user and the address of the client"},
    {87,
     "from x1-6-00-04-bd-d2-e0-a3.k317.webspeed.dk\naddress 80.167.158.170\nby totor.bouissou.net\nwhen "
     "2003-11-05T23:18:42Z\n",
     "qmail: the user and the address of the client"},
    {89, "from snake.corp.yahoo.com\naddress 216.145.52.229\nby x.x.org\nid xma093673\nwhen 2003-03-27T02:43:24Z\n",
     "two digits of a year: RFC 5322 4.3"},
    {90,
     "from smtp.sff.net\naddress 208.14.208.51\nreverse smtp.greyware.com\nby x.x.org\nid xma002908\nwhen "
     "2004-02-27T22:16:56Z\n",
     "two digits of a year: RFC 5322 4.3"},
    {116,
     "from mtsbp606.email-info.net\naddress 64.253.199.166\nby kde.informatik.uni-kl.de\nwhen 2003-04-30T15:06:29Z\n",
     "qmail: the user and the address of the client"},
    {117,
     "from TCE-E-7-182-54.bta.net.cn\naddress 202.106.182.54\nby st.tahina.priv.at\nid smtpdEDUB8h\nwhen "
     "2005-11-13T14:50:12Z\n",
     "a date as asctime writes it"},
    {118,
     "from pl027.nas934.d-osaka.nttpc.ne.jp\naddress 61.197.82.27\nby st.tahina.priv.at\nid smtpd1PBsZT\nwhen "
     "2005-11-13T15:38:52Z\n",
     "a date as asctime writes it"},
    {123, "from qmail-scanner-general-admin@lists.sourceforge.net\nby alpha\n", "the first `by`"},
    {125, "from Unknown/Local\nby mailcity.com\nwhen 2003-01-17T15:23:29Z\n", "the whole name"},
    {128, "from olgisoft.com\naddress 127.0.0.1\nby 127.0.0.1\nwhen 2003-03-20T09:06:43Z\n",
     "behind the date nothing is looked for; two digits of a year"},
    {129, "from casper.ghostscript.com\naddress 127.0.0.1\nreverse casper\nwhen 2003-02-04T08:36:56Z\n",
     "what stands before the @ is a user, what stands behind it the name"},
    {138, "from testintranator.net.vm\nby testintranator.net.vm\n",
     "a line is none with an underscore in front of its date"},
    {144,
     "from MjA3NDc4Mg\nby ismtpd0001p1lon1.sendgrid.net\nid aqHKNX2kSp-HiqspAa-uvw\nfor email@e.example.com\nwhen "
     "2020-04-02T07:53:55.516Z\n",
     "the fraction of the second"},
    {151, "from maropost.com\nby 643852-mailer2\nwhen 2018-09-14T18:36:56Z\n", "a date as asctime writes it"},
    {152,
     "from maroon.pobox.com\naddress 127.0.0.1\nreverse localhost\nby maroon.pobox.com\nid EA14340A31F\nwhen "
     "2011-06-15T14:42:35Z\n",
     "localhost is a name"},
    {153,
     "from mail-qw0-f46.google.com\naddress 209.85.216.46\nby maroon.pobox.com\nid 70BCC40A1DB\nfor address\nwhen "
     "2011-06-15T14:42:13Z\n",
     "as it stands there"},
    {163, "from vashugins@juno.com\nby m06.lax.untd.com\nid LRVB3JAJ\nwhen 2006-06-02T15:15:21Z\n", "PST is a zone"},
    {165, "when 2003-02-13T20:59:28Z\n", "what a comment says of a user or of the network is no client"},
    {171, "by oak.ein.cz\nid DABBD1BED3\nwhen 2003-02-13T13:02:21Z\n",
     "what a comment says of a user or of the network is no client"},
};

static void hops(void **state) {
    (void)state;
    run("received", received_tell, received_expect, received_differences, COUNT(received_differences));
}

/* ---- what Microsoft's mailboxes wrote on 175 mails ---- */

struct counted {
    size_t mails, hops, dated, zoned, from, addressed, addresses, by, results, spf, passes, arrivals, senders, subjects;
    uint64_t bad;
};

/* How often a method is written as one: a plain look at the bytes. */
static size_t written(str value, str what) {
    size_t n = 0;

    for (size_t i = 0; i + what.len < value.len; i++)
        n += str_eq((str){value.ptr + i, what.len}, what) &&
             (i == 0 || value.ptr[i - 1] == ' ' || value.ptr[i - 1] == ';' || value.ptr[i - 1] == '\n' ||
              value.ptr[i - 1] == '\t');
    return n;
}

static void field(str name, str value, struct counted *c) {
    static struct mail_address m[MAIL_ADDRESSES_MAX];
    struct mail_auth_result r[MAIL_AUTH_RESULTS_MAX];
    struct arena *const a = arena_new(1u << 20);
    struct mail_received hop;
    struct buf room = {0};
    uint32_t count;
    bool given;
    str author;

    assert_non_null(a);
    if (str_eq_ascii(name, S("Received"))) {
        mail_received(value, &hop, &room);
        c->hops++;
        c->dated += hop.when != INSTANT_NONE;
        c->zoned += hop.zone_given;
        c->by += hop.by.len > 0;
        if (str_starts(str_trim(value), S("from "))) {
            c->from++;
            c->addressed += hop.address.len > 0;
        }
    } else if (str_eq_ascii(name, S("Authentication-Results"))) {
        count = mail_auth_results(value, &author, r, a);
        for (uint32_t i = 0; i < count; i++) {
            c->results++;
            c->spf += str_eq(r[i].method, S("spf"));
            c->passes += str_eq(r[i].result, S("pass"));
        }
        if (str_starts(str_trim(value), S("=?"))) /* two mails, with domains that are not ASCII */
            assert_int_equal(count, 3);
        else
            assert_int_equal(count, written(value, S("spf=")) + written(value, S("dkim=")) +
                                        written(value, S("dmarc=")) + written(value, S("compauth=")) +
                                        written(value, S("arc=")) + written(value, S("auth=")));
        assert_int_equal(author.len == 0, !str_find(str_trim(value), S("spf=")) || !str_find(str_trim(value), S("=?")));
    } else if (str_eq_ascii(name, S("X-MS-Exchange-CrossTenant-OriginalArrivalTime"))) {
        c->arrivals += mail_date(value, &given) != INSTANT_NONE && given;
    } else if (str_eq_ascii(name, S("From"))) {
        assert_true(mail_addresses(value, m, MAIL_ADDRESSES_MAX, &count, a, &c->bad));
        c->senders += count == 1 && m[0].domain.len > 0;
    } else if (str_eq_ascii(name, S("Subject"))) {
        mail_text(value, &room, &c->bad);
        c->subjects += room.len > 0 && str_find(buf_str(&room), S("=?")) == SIZE_MAX;
    }
    buf_free(&room);
    arena_free(a);
}

static void head(str text, struct counted *c) {
    c->mails++;
    while (text.len) {
        size_t const colon = str_find_byte(text, ':');
        size_t end = str_find_byte(text, '\n');

        if (end == SIZE_MAX || end == 0 || (end == 1 && text.ptr[0] == '\r'))
            return;
        while (end + 1 < text.len && (text.ptr[end + 1] == ' ' || text.ptr[end + 1] == '\t')) {
            size_t const more = str_find_byte(str_from(text, end + 1), '\n');

            if (more == SIZE_MAX)
                return;
            end += more + 1;
        }
        if (colon < end)
            field(str_first(text, colon), (str){text.ptr + colon + 1, end - colon - 1}, c);
        text = str_from(text, end + 1);
    }
}

static void exchange(void **state) {
    const char *const source = getenv("LONGWATCH_SOURCE"), *const named_by = getenv("LONGWATCH_SHARED");
    struct counted c = {0};
    struct dirent **entries;
    char folder[4096];
    int found;
    (void)state;

    (void)snprintf(folder, sizeof folder, "%s%s/data/mail/phishing-pot",
                   named_by ? named_by
                   : source ? source
                            : ".",
                   named_by ? "" : "/../shared");
    if ((found = scandir(folder, &entries, NULL, alphasort)) < 0) {
        print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", folder);
        skip();
    }
    for (int i = 0; i < found; i++) {
        struct buf bytes = {0};
        char name[4096];

        (void)snprintf(name, sizeof name, "mail/phishing-pot/%s", entries[i]->d_name);
        if (str_ends(str_of(entries[i]->d_name), S(".eml")) && shared_file(name, &bytes))
            head(buf_str(&bytes), &c);
        buf_free(&bytes);
        free(entries[i]);
    }
    free(entries);
    /* The true counts are another program's, a look with regular expressions; what is missing has a reason. */
    assert_int_equal(c.mails, 175);
    assert_int_equal(c.hops, 989);
    assert_int_equal(c.by, 989);
    assert_int_equal(c.dated, 989);
    assert_int_equal(c.zoned, 987); /* two with -0000 */
    assert_int_equal(c.from, 914);
    assert_int_equal(c.arrivals, 170);  /* of 171; one was made unreadable by whoever made the samples anonymous */
    assert_int_equal(c.spf, 174);       /* 172, and those of the two fields in encoded words */
    assert_int_equal(c.addressed, 890); /* 22 name none, and two were made unreadable as well */
    assert_int_equal(c.senders, 164);   /* eleven name no address, or two, or one in a comment */
    assert_int_equal(c.subjects, 174);  /* one is empty */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unstructured), cmocka_unit_test(addresses), cmocka_unit_test(content_types),
        cmocka_unit_test(dates),        cmocka_unit_test(hops),      cmocka_unit_test(exchange),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
