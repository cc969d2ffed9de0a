/* test_address: addresses and networks out of text, good and bad; which network holds which address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/address.h"

static void addresses(void **state) {
    static const struct {
        const char *text;
        int family; /* 0: none */
    } cases[] = {
        {"1.2.3.4", 4},
        {"255.255.255.255", 4},
        {"0.0.0.0", 4},
        {"::", 6},
        {"::1", 6},
        {"2001:db8::1", 6},
        {"::ffff:10.1.2.3", 6},
        {"fe80::1%eth0", 6},
        {"1:2:3:4:5:6:7:8", 6},
        {"2001:DB8::A", 6},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 6},
        {"", 0},
        {"1.2.3", 0},
        {"1.2.3.4.5", 0},
        {"1.2.3.256", 0},
        {"01.2.3.4", 0},
        {"0x1.2.3.4", 0},
        {"1.2.3.4 ", 0},
        {" 1.2.3.4", 0},
        {"1.2.3.4%eth0", 0},
        {"16909060", 0},
        {"fe80::1%", 0},
        {"%eth0", 0},
        {"1:2:3", 0},
        {":::", 0},
        {"1::2::3", 0},
        {"12345::", 0},
        {"::1.2.3", 0},
        {"[::1]", 0},
        {"1.2.3.4:80", 0},
        {"localhost", 0},
        {"1.2.3.-4", 0},
        {"1..2.3", 0},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address a;
        bool const ok = address_parse(str_of(cases[i].text), &a);

        if (ok != (cases[i].family != 0) || (ok && a.family != cases[i].family))
            fail_msg("'%s' is %s", cases[i].text, ok ? "an address" : "none");
    }
    struct address a = {.family = 9};

    assert_false(address_parse((str){"1.2.3.4\0", 8}, &a));
    assert_int_equal(a.family, 9); /* results are written on success only */
}

static void networks(void **state) {
    static const struct {
        const char *net, *address;
        int holds; /* -1: no network */
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", 1},
        {"10.0.0.0/8", "11.0.0.0", 0},
        {"10.0.0.0/8", "::ffff:10.1.2.3", 1},
        {"10.0.0.0/8", "::ffff:11.1.2.3", 0},
        {"10.0.0.0/8", "::10.1.2.3", 0},
        {"0.0.0.0/0", "1.2.3.4", 1},
        {"0.0.0.0/0", "2001:db8::1", 0},
        {"192.168.1.128/25", "192.168.1.127", 0},
        {"192.168.1.128/25", "192.168.1.128", 1},
        {"1.2.3.4/32", "1.2.3.4", 1},
        {"1.2.3.4/32", "1.2.3.5", 0},
        {"2001:db8::/33", "2001:db8:7fff::1", 1},
        {"2001:db8::/33", "2001:db8:8000::1", 0},
        {"::/0", "2001:db8::1", 1},
        {"::/0", "1.2.3.4", 0},
        {"fe80::/10", "fe80::1%eth0", 1},
        {"::1/128", "::1", 1},
        {"10.0.0.1/8", NULL, -1},
        {"2001:db8::1/64", NULL, -1},
        {"10.0.0.0/33", NULL, -1},
        {"::/129", NULL, -1},
        {"10.0.0.0", NULL, -1},
        {"10.0.0.0/", NULL, -1},
        {"/8", NULL, -1},
        {"10.0.0.0/-1", NULL, -1},
        {"10.0.0.0/8 ", NULL, -1},
        {"10.0.0.0/255.0.0.0", NULL, -1},
        {"fe80::%eth0/10", NULL, -1},
        {"", NULL, -1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        struct network n;
        struct address a;
        bool const ok = network_parse(str_of(cases[i].net), &n, &e);

        if (ok != (cases[i].holds >= 0))
            fail_msg("'%s' is %s", cases[i].net, ok ? "a network" : "none");
        if (!ok) {
            assert_int_equal(e.code, ERR_USAGE);
            continue;
        }
        assert_true(address_parse(str_of(cases[i].address), &a));
        if (network_holds(&n, &a) != cases[i].holds)
            fail_msg("%s and %s", cases[i].net, cases[i].address);
    }
}

static void text_of_addresses(void **state) {
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"1.2.3.4", "1.2.3.4"},
        {"255.0.0.0", "255.0.0.0"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
        {"1:0:0:4:0:0:0:8", "1:0:0:4::8"},
        {"::ffff:10.1.2.3", "::ffff:10.1.2.3"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[ADDRESS_TEXT];
        struct address a;

        assert_true(address_parse(str_of(cases[i].from), &a));
        if (!str_eq(address_format(&a, out), str_of(cases[i].to)))
            fail_msg("%s is %s", cases[i].from, out);
    }
}

static void clients(void **state) {
    static const struct {
        const char *text, *address, *network; /* address NULL: none */
    } cases[] = {
        {"1.2.3.4", "1.2.3.4", "1.2.3.0/24"},
        {" 1.2.3.4:80\t", "1.2.3.4", "1.2.3.0/24"},
        {"[1.2.3.4]", "1.2.3.4", "1.2.3.0/24"},
        {"[2001:db8:1:2::3]:443", "2001:db8:1:2::3", "2001:db8:1::/48"},
        {"2001:db8:1:2::3", "2001:db8:1:2::3", "2001:db8:1::/48"},
        {"::ffff:10.1.2.3", "10.1.2.3", "10.1.2.0/24"},
        {"[::ffff:10.1.2.3]:5", "10.1.2.3", "10.1.2.0/24"},
        {"::", "::", "::/48"},
        {"host:80", NULL, NULL},
        {"[]", NULL, NULL},
        {"[", NULL, NULL},
        {":", NULL, NULL},
        {"", NULL, NULL},
        {"1.2.3.4:80:1", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[ADDRESS_TEXT], network[NETWORK_TEXT];
        struct address a;

        if (address_parse_client(str_of(cases[i].text), &a) != (cases[i].address != NULL))
            fail_msg("%s", cases[i].text);
        if (cases[i].address && (!str_eq(address_format(&a, text), str_of(cases[i].address)) ||
                                 !str_eq(address_network_text(&a, network), str_of(cases[i].network))))
            fail_msg("%s: %s", cases[i].text, network);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(networks),
                                       cmocka_unit_test(text_of_addresses), cmocka_unit_test(clients)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
