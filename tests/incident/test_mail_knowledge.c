/* test_mail_knowledge: what is built in, what a file of a user's own adds, and what it may not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include "../refuse.h"
#include "incident/mail_knowledge.h"

static struct mail_knowledge *k;

static int setup(void **state) {
    struct err e;
    (void)state;

    return mail_knowledge_new(&k, &e) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    mail_knowledge_free(k);
    return 0;
}

struct pair {
    str asked, expected;
};

static void all_are(const struct pair *pairs, size_t count, str (*ask)(const struct mail_knowledge *k, str s)) {
    for (size_t i = 0; i < count; i++) {
        str const got = ask(k, pairs[i].asked);

        if (!str_eq(got, pairs[i].expected))
            fail_msg("'%.*s': '%.*s', not '%.*s'", STR_ARG(pairs[i].asked), STR_ARG(got), STR_ARG(pairs[i].expected));
    }
}

static str registrable(const struct mail_knowledge *unused, str host) {
    (void)unused;
    return mail_registrable(host);
}

static void registrable_parts(void **state) {
    static const struct pair pairs[] = {
        {STR("www.bbc.co.uk"), STR("bbc.co.uk")},
        {STR("bbc.co.uk"), STR("bbc.co.uk")},
        {STR("a.b.c.example"), STR("c.example")},
        {STR("x.s3.amazonaws.com"), STR("x.s3.amazonaws.com")}, /* the list's private part */
        {STR("co.uk"), STR("co.uk")},                           /* nobody registered it */
        {STR("localhost"), STR("localhost")},
        {STR("192.0.2.1"), STR("192.0.2.1")},
        {STR("2001:db8::1"), STR("2001:db8::1")},
        {STR(""), STR("")},
        {STR("a\0b.example"), STR("a\0b.example")},
    };
    char wide[300];
    (void)state;

    all_are(pairs, COUNT(pairs), registrable);
    memset(wide, 'a', sizeof wide);
    memcpy(wide + 290, ".com", 4);
    assert_int_equal(mail_registrable((str){wide, 294}).len, 294);
}

static void services(void **state) {
    static const struct pair hosts[] = {
        {STR("mail123.us4.mcsv.net"), STR("Mailchimp")},
        {STR("list-manage.com"), STR("Mailchimp")},
        {STR("u1.ct.sendgrid.net"), STR("SendGrid")},
        {STR("amazonses.com"), STR("Amazon SES")},
        {STR("bounce.rs6.net"), STR("Constant Contact")},
        {STR("xmcsv.net"), STR("")},
        {STR("mcsv.net.evil.example"), STR("")},
        {STR("net"), STR("")},
        {STR(""), STR("")},
    };
    static const struct pair headers[] = {
        {STR("x-mc-user"), STR("Mailchimp")},
        {STR("x-sg-eid"), STR("SendGrid")},
        {STR("x-pm-message-id"), STR("Postmark")},
        {STR("x-mc"), STR("")},
        {STR("subject"), STR("")},
    };
    (void)state;

    all_are(hosts, COUNT(hosts), mail_service_of_host);
    all_are(headers, COUNT(headers), mail_service_of_header);
}

static void outlets(void **state) {
    static const struct pair pairs[] = {
        {STR("BBC News"), STR("BBC")},
        {STR("bbc"), STR("BBC")},
        {STR("The New York Times"), STR("New York Times")},
        {STR("Jane Roe (The Guardian)"), STR("The Guardian")},
        {STR("Jane Roe via Reuters"), STR("Reuters")},
        {STR("\"Der Spiegel\" - Redaktion"), STR("Der Spiegel")},
        {STR("Neue Z\xc3\xbcrcher Zeitung"), STR("Neue Z\xc3\xbcrcher Zeitung")},
        {STR("TIME"), STR("Time")},
        {STR("Jane Roe, Time"), STR("Time")},
        {STR("Jane Roe | The Independent"), STR("The Independent")},
        {STR("Jane at Metro"), STR("Metro")},
        {STR("Barron's"), STR("Barron's")},
        {STR("Time to renew"), STR("")},
        {STR("The Independent Living Centre"), STR("")},
        {STR("Focus Group"), STR("")},
        {STR("Guardian Life"), STR("")},
        {STR("Jane Bbcroe"), STR("")},
        {STR("SZ Metallbau"), STR("")}, /* three letters and fewer only alone */
        {STR("Jane Roe"), STR("")},
        {STR(""), STR("")},
        {STR("()()--,,"), STR("")},
    };
    static const struct {
        const char *outlet, *domain;
        bool owns;
    } domains[] = {
        {"BBC", "bbc.co.uk", true},        {"BBC", "newsletter.bbc.com", true}, {"BBC", "bbc.example", false},
        {"BBC", "xbbc.co.uk", false},      {"BBC", "bbc.co.uk.example", false}, {"Die Welt", "axelspringer.de", true},
        {"Bild", "axelspringer.de", true}, {"BBC", "axelspringer.de", false},   {"BBC", "", false},
        {"No Outlet", "bbc.co.uk", false},
    };
    (void)state;

    all_are(pairs, COUNT(pairs), mail_outlet_claimed);
    for (size_t i = 0; i < COUNT(domains); i++)
        if (mail_outlet_owns(k, str_of(domains[i].outlet), str_of(domains[i].domain)) != domains[i].owns)
            fail_msg("%s, %s", domains[i].outlet, domains[i].domain);
}

static void lists(void **state) {
    (void)state;
    assert_true(mail_freemail(k, S("gmail.com")));
    assert_false(mail_freemail(k, S("mail.gmail.com")));
    assert_false(mail_freemail(k, S("parl.example")));
    assert_true(mail_host_shared(k, S("fonts.googleapis.com")));
    assert_true(mail_host_shared(k, S("bucket.s3.amazonaws.com")));
    assert_false(mail_host_shared(k, S("googleapis.com.example")));
}

static void fetchers(void **state) {
    static const struct {
        const char *agent, *host, *address, *name; /* NULL: nobody who is known */
        const char *how;
    } cases[] = {
        {"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "", "",
         "Gmail image proxy", "user agent"},
        {"YAHOOMAILPROXY; https://help.yahoo.com/", "", "", "Yahoo Mail image proxy", "user agent"},
        {"Mozilla/5.0", "", "", "Apple Mail privacy protection", "user agent"},
        {"Mozilla/5.0 (X11; Linux x86_64) Gecko Firefox/115", "", "", NULL, ""},
        {"", "mail-abc.protection.outlook.com", "", "Microsoft Safe Links", "host"},
        {"", "x.pphosted.com", "", "Proofpoint", "host"},
        {"", "xpphosted.com", "", NULL, ""},
        {"", "", "40.94.1.2", "Microsoft Safe Links", "network"},
        {"", "", "67.231.144.9", "Proofpoint", "network"},
        {"", "", "192.0.2.1", NULL, ""},
        {"", "", "no address", NULL, ""},
        {"", "", "", NULL, ""},
        {"curl/8", "x.example", "67.231.144.9", "Proofpoint", "network"},
    };
    struct mail_fetcher f;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        bool const known =
            mail_fetcher_known(k, str_of(cases[i].agent), str_of(cases[i].host), str_of(cases[i].address), &f);

        if (known != (cases[i].name != NULL) ||
            (known && (!str_eq(f.name, str_of(cases[i].name)) || !str_eq(f.how, str_of(cases[i].how)))))
            fail_msg("%zu: %s %s %s", i, cases[i].agent, cases[i].host, cases[i].address);
    }
    assert_true(mail_fetcher_known(k, S("GoogleImageProxy"), S(""), S(""), &f));
    assert_int_equal(f.type, MAIL_FETCHER_PROXY);
    assert_false(f.prefetches);
    assert_true(mail_fetcher_known(k, S("Mozilla/5.0"), S(""), S(""), &f));
    assert_true(f.prefetches);
    assert_true(mail_fetcher_known(k, S(""), S("mimecast.com"), S(""), &f));
    assert_int_equal(f.type, MAIL_FETCHER_GATEWAY);
}

static void a_file_of_ones_own(void **state) {
    static const char text[] = "service: Our Mailer\ndomains: [Mailer.Example]\nheaders: [x-our]\n---\n"
                               "fetcher: Our Gateway\ntype: gateway\nagents: [OurGate]\nhosts: [gate.example]\n"
                               "networks: [192.0.2.0/24, '2001:db8::/32']\n---\n"
                               "outlets:\n  The Daily Example: [daily.example]\nfreemail: [box.example]\n"
                               "shared: [cdn.example]\n";
    struct mail_knowledge *mine = NULL;
    struct mail_fetcher f;
    struct err e = {0};
    FILE *file;
    (void)state;

    assert_non_null(file = fopen("mine.yml", "w"));
    fputs(text, file);
    fclose(file);
    assert_true(mail_knowledge_new(&mine, &e));
    assert_true(mail_knowledge_load(mine, "mine.yml", &e));
    assert_true(str_eq(mail_service_of_host(mine, S("a.mailer.example")), S("Our Mailer")));
    assert_true(str_eq(mail_service_of_host(mine, S("mcsv.net")), S("Mailchimp")));
    assert_true(str_eq(mail_service_of_header(mine, S("x-our")), S("Our Mailer")));
    assert_true(mail_fetcher_known(mine, S(""), S(""), S("192.0.2.77"), &f) && str_eq(f.name, S("Our Gateway")));
    assert_true(mail_fetcher_known(mine, S(""), S(""), S("2001:db8::9"), &f));
    assert_true(mail_fetcher_known(mine, S("ourgate/1"), S(""), S(""), &f));
    assert_true(str_eq(mail_outlet_claimed(mine, S("The Daily Example")), S("The Daily Example")));
    assert_true(mail_freemail(mine, S("box.example")) && mail_host_shared(mine, S("a.cdn.example")));
    assert_false(mail_knowledge_load(mine, "absent.yml", &e));
    assert_int_equal(e.code, ERR_IO);
    mail_knowledge_free(mine);
}

static void what_may_not_be_said(void **state) {
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"service: ''\n", "m: line 1: the service has no name"},
        {"service: X\ndomains: mailer.example\n", "m: line 2: a list is expected here"},
        {"service: X\ndomains: [mailer]\n", "m: line 2: a domain is expected here"},
        {"service: X\ndomains: ['a b.example']\n", "m: line 2: a domain is expected here"},
        {"service: X\ndomains: [[a.example]]\n", "m: line 2: a word is expected here"},
        {"service: X\nhosts: [a.example]\n", "m: line 2: 'hosts' is not known here"},
        {"fetcher: X\n", "m: line 1: type is proxy or gateway"},
        {"fetcher: X\ntype: proxy\nagents: [abc]\n", "m: line 3: four characters at least are expected here"},
        {"fetcher: X\ntype: proxy\nnetworks: [192.0.2.1/24]\n", "m: line 3: a network is expected here: 192.0.2.0/24"},
        {"fetcher: X\ntype: proxy\nprefetches: perhaps\n", "m: line 3: prefetches is true or false"},
        {"outlets: [X]\n", "m: line 1: names with lists of domains are expected here"},
        {"outlets:\n  '---': [x.example]\n", "m: line 2: an outlet's name has one to ten words"},
        {"outlets:\n  X: x.example\n", "m: line 2: a list is expected here"},
        {"freemial: [x.example]\n", "m: line 1: 'freemial' is not known here"},
        {"- freemail\n", "m: line 1: service, fetcher, outlets, alone, freemail or shared is expected here"},
        {"a: [\n", "m: line "},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mail_knowledge *mine = NULL;
        struct err e = {0};

        assert_true(mail_knowledge_new(&mine, &e));
        if (mail_knowledge_load_text(mine, S("m"), str_of(cases[i].text), &e) || e.code != ERR_USAGE ||
            !str_starts(str_of(e.text), str_of(cases[i].why)))
            fail_msg("%s: '%s', not '%s'", cases[i].text, e.text, cases[i].why);
        mail_knowledge_free(mine);
    }
}

static void every_allocation_may_fail(void **state) {
    struct err e = {0};
    bool refused = true;
    (void)state;

    REFUSE_OR_SKIP();
    for (long limit = 0; refused; limit += 1 + limit / 8) { /* there are thousands, most of them alike */
        struct mail_knowledge *mine = NULL;

        memory_left = limit;
        memory_gone_for_good = true;
        memory_refused = false;
        bool const ok = mail_knowledge_new(&mine, &e);

        memory_left = -1;
        memory_gone_for_good = false;
        refused = memory_refused;
        if (ok)
            mail_knowledge_free(mine);
        else
            assert_int_equal(e.code, ERR_MEMORY);
        assert_true(ok || refused);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registrable_parts),
        cmocka_unit_test(services),
        cmocka_unit_test(outlets),
        cmocka_unit_test(lists),
        cmocka_unit_test(fetchers),
        cmocka_unit_test_setup_teardown(a_file_of_ones_own, folder_enter, folder_leave),
        cmocka_unit_test(what_may_not_be_said),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
