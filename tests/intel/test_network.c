/* test_network: special ranges, networks of providers, and facts out of MMDB files made for this. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "intel/network.h"

static void ranges(void **state) {
    static const struct {
        const char *text, *line; /* NULL: no address */
    } cases[] = {
        {"10.0.0.0", "private"},
        {"10.255.255.255", "private"},
        {"9.255.255.255", ""},
        {"11.0.0.0", ""},
        {"172.15.255.255", ""},
        {"172.16.0.0", "private"},
        {"172.31.255.255", "private"},
        {"172.32.0.0", ""},
        {"192.168.1.1", "private"},
        {"192.167.255.255", ""},
        {"100.63.255.255", "Amazon"},
        {"100.64.0.0", "shared"},
        {"100.127.255.255", "shared"},
        {"127.0.0.1", "loopback"},
        {"::1", "loopback"},
        {"::", "unspecified"},
        {"169.254.169.254", "link-local"},
        {"fe80::1%eth0", "link-local"},
        {"fd00::1", "private"},
        {"fe00::1", ""},
        {"192.0.2.7", "documentation"},
        {"2001:db8::1", "documentation"},
        {"2001:db9::1", ""},
        {"224.0.0.1", "multicast"},
        {"ff02::1", "multicast"},
        {"240.0.0.1", "reserved"},
        {"255.255.255.254", "reserved"},
        {"255.255.255.255", "broadcast"},
        {"0.0.0.0", "this network"},
        {"::ffff:10.1.2.3", "private"},
        {"10.1.2.3:443", "private"},
        {"[fd00::1]:443", "private"},
        {"[fd00::1]", "private"},
        {" 10.1.2.3 ", "private"},
        {"104.16.0.0", "Cloudflare"},
        {"104.15.255.255", ""},
        {"104.27.255.255", "Cloudflare"},
        {"2606:4700::1", "Cloudflare"},
        {"40.92.0.1", "Microsoft"},
        {"52.96.0.1", "Microsoft"},
        {"52.95.110.1", "Amazon"},
        {"8.8.8.8", "Google"},
        {"", NULL},
        {"host", NULL},
        {"10.1.2", NULL},
        {"10.1.2.3.4", NULL},
        {"[10.1.2.3", NULL},
        {"[]", NULL},
        {":80", NULL},
        {"1.2.3.4:80:90", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct network_about about;
        char line[NETWORK_LINE_MAX];
        bool const is = network_about_text(NULL, str_of(cases[i].text), &about);

        if (is != (cases[i].line != NULL))
            fail_msg("'%s' is %s address", cases[i].text, is ? "an" : "no");
        if (is && !str_eq(network_line(&about, line), str_of(cases[i].line)))
            fail_msg("'%s': %.*s", cases[i].text, STR_ARG(network_line(&about, line)));
    }
}

/* Makes the file and returns its path, which the next call of the same name reuses. */
static const char *made(const char *name) {
    static char paths[4][64];
    static size_t used;
    char command[512];
    char *const path = paths[used++ % COUNT(paths)];

    snprintf(path, sizeof paths[0], "/tmp/longwatch-mmdb-%ld-%s", (long)getpid(), name);
    snprintf(command, sizeof command, "python3 '%s/tests/intel/make_mmdb.py' %s %s", getenv("LONGWATCH_SOURCE"), name,
             path);
    assert_int_equal(system(command), 0);
    return path;
}

static void files(void **state) {
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"91.1.2.3", "DE, AS64500 Example Net AG"},
        {"91.64.0.0", ""},
        {"91.63.255.255", "DE, AS64500 Example Net AG"},
        {"5.6.7.8", "FR, AS64501"},
        {"5.8.1.1", "evil[2Jname"},
        {"2001:470::1", "US"},
        {"::ffff:5.6.7.8", "FR, AS64501"},
        {"10.1.1.1", "private"}, /* what a file says of a private address is nobody's fact */
    };
    const char *const paths[] = {made("country"), made("network"), made("mixed")};
    struct geo *g = NULL;
    struct err e = {0};
    struct network_about about;
    (void)state;

    assert_true(geo_open(&g, paths, COUNT(paths), &e));
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[NETWORK_LINE_MAX];

        assert_true(network_about_text(g, str_of(cases[i].text), &about));
        if (!str_eq(network_line(&about, line), str_of(cases[i].line)))
            fail_msg("%s: %.*s", cases[i].text, STR_ARG(network_line(&about, line)));
    }
    assert_true(network_about_text(g, S("5.7.0.1"), &about));
    assert_string_equal(about.country, ""); /* not two letters */
    assert_int_equal(strlen(about.network), sizeof about.network - 1);
    geo_close(g);
    for (size_t i = 0; i < COUNT(paths); i++)
        unlink(paths[i]);
}

static void no_files(void **state) {
    const char *const absent[] = {"/nonexistent/a.mmdb"}, *const other[] = {"/proc/self/exe"};
    const char *const path = made("mixed");
    const char *const many[] = {path, path, path, path, path, path, path, path, path};
    struct geo *g = NULL;
    struct err e = {0};
    (void)state;

    assert_false(geo_open(&g, absent, 1, &e));
    assert_int_equal(e.code, ERR_USAGE);
    e = (struct err){0};
    assert_false(geo_open(&g, other, 1, &e));
    assert_int_equal(e.code, ERR_USAGE);
    e = (struct err){0};
    assert_false(geo_open(&g, many, COUNT(many), &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "more than 8"));
    unlink(path);
    geo_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
        cmocka_unit_test(files),
        cmocka_unit_test(no_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
