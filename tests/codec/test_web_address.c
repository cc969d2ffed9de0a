/* test_web_address: one address however it is written, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/web_address.h"

static const struct {
    const char *name;
    str text;
    const char *key; /* NULL: no address */
    const char *host;
    bool bare, cut;
} cases[] = {
    {"as it is", STR("http://img.example/o/a1?t=x"), "img.example/o/a1?t=x", "img.example", false, false},
    {"another scheme", STR("HTTPS://img.example/o"), "img.example/o", "img.example", false, false},
    {"no scheme", STR("img.example/o"), "img.example/o", "img.example", false, false},
    {"scheme left to the page", STR("//img.example/o"), "img.example/o", "img.example", false, false},
    {"web socket", STR("wss://img.example/o"), "img.example/o", "img.example", false, false},
    {"host in capitals, path as it is", STR("http://IMG.Example/O/a1"), "img.example/O/a1", "img.example", false,
     false},
    {"point at the end of the host", STR("http://img.example./o"), "img.example/o", "img.example", false, false},
    {"port of http", STR("http://img.example:80/o"), "img.example/o", "img.example", false, false},
    {"port of https", STR("img.example:443/o"), "img.example/o", "img.example", false, false},
    {"port with noughts", STR("img.example:0443/o"), "img.example/o", "img.example", false, false},
    {"port without number", STR("http://img.example:/o"), "img.example/o", "img.example", false, false},
    {"another port", STR("http://img.example:8080/o"), "img.example:8080/o", "img.example", false, false},
    {"another port with noughts", STR("http://img.example:08080/o"), "img.example:8080/o", "img.example", false, false},
    {"name and password", STR("http://u:p@img.example/o"), "img.example/o", "img.example", false, false},
    {"two ats", STR("http://good.example@img.example/o@x"), "img.example/o@x", "img.example", false, false},
    {"encoded for nothing", STR("http://img.example/%61%2D%7e%5F%2e1"), "img.example/a-~_.1", "img.example", false,
     false},
    {"encoded and meant", STR("http://img.example/a%2fb%3d%26"), "img.example/a%2Fb%3D%26", "img.example", false,
     false},
    {"percent sign before what becomes a digit", STR("img.example/%6%61"), "img.example/%256a", "img.example", false,
     false},
    {"percent sign alone", STR("http://img.example/100%/%4"), "img.example/100%25/", "img.example", false, true},
    {"encoded twice stays so", STR("http://img.example/%2561"), "img.example/%2561", "img.example", false, false},
    {"blank and quotes", STR("http://img.example/a b\"'"), "img.example/a%20b%22%27", "img.example", false, false},
    {"other signs", STR("http://img.example/\xc3\xa9|{}"), "img.example/%C3%A9%7C%7B%7D", "img.example", false, false},
    {"encoded as HTML", STR("http://img.example/o?a=1&amp;b=2"), "img.example/o?a=1&b=2", "img.example", false, false},
    {"encoded as HTML twice", STR("http://img.example/o?a=1&amp;amp;b=2"), "img.example/o?a=1&b=2", "img.example",
     false, false},
    {"encoded as HTML by number", STR("http://img.example/o?a=1&#38;b&#x26;c&AMP;"), "img.example/o?a=1&b&c&",
     "img.example", false, false},
    {"encoded as HTML, then as an address", STR("http://img.example/o?a=1&%61mp;b"), "img.example/o?a=1&b",
     "img.example", false, false},
    {"encoded as HTML, broken", STR("http://img.example/o?a=1&a\nmp;b"), "img.example/o?a=1&b", "img.example", false,
     false},
    {"no HTML", STR("http://img.example/o?a=1&ampere=2"), "img.example/o?a=1&ampere=2", "img.example", false, false},
    {"fragment", STR("http://img.example/o?a#b?c"), "img.example/o?a", "img.example", false, false},
    {"line broken within", STR("http://img.exa\r\n mple/o"), NULL, NULL, false, false},
    {"tab and line end within", STR("http://img.exam\tple/o\n1"), "img.example/o1", "img.example", false, false},
    {"blanks around", STR("  http://img.example/o \n"), "img.example/o", "img.example", false, false},
    {"backslashes", STR("http:\\\\img.example\\o?a\\b"), "img.example/o?a%5Cb", "img.example", false, false},
    {"dots", STR("http://img.example/a/./b/../../c/."), "img.example/c/", "img.example", false, false},
    {"dots that are encoded", STR("http://img.example/a/%2e%2E/c"), "img.example/c", "img.example", false, false},
    {"dots above all", STR("http://img.example/../../c/.."), "img.example/", "img.example", true, false},
    {"no dots in the query", STR("http://img.example/a?/../b"), "img.example/a?/../b", "img.example", false, false},
    {"names of dots", STR("http://img.example/.../..a/.b"), "img.example/.../..a/.b", "img.example", false, false},
    {"no path", STR("http://img.example"), "img.example/", "img.example", true, false},
    {"slash for a path", STR("http://img.example/"), "img.example/", "img.example", true, false},
    {"query without path", STR("http://img.example?t=1"), "img.example/?t=1", "img.example", false, false},
    {"query of nothing", STR("http://img.example/a?"), "img.example/a?", "img.example", false, false},
    {"another address in the query", STR("img.example?u=http://x.example/"), "img.example/?u=http://x.example/",
     "img.example", false, false},
    {"tunnel", STR("img.example:443"), "img.example/", "img.example", true, false},
    {"tunnel to another port", STR("img.example:8443"), "img.example:8443/", "img.example", true, false},
    {"tunnel with a scheme", STR("tcp://img.example:443/"), "img.example/", "img.example", true, false},
    {"tunnel with a path", STR("ssl://img.example:443/x"), "img.example/x", "img.example", true, false},
    {"a name", STR("img.example"), "img.example/", "img.example", true, false},
    {"an address", STR("http://192.0.2.1/o"), "192.0.2.1/o", "192.0.2.1", false, false},
    {"an address of six", STR("http://[2001:DB8::1]:80/o"), "[2001:db8::1]/o", "[2001:db8::1]", false, false},
    {"host with encoded signs", STR("http://img%2eEx%61mple/o"), "img.example/o", "img.example", false, false},
    {"host in another script", STR("http://b\xc3\xbc.example/o"), "b\xc3\xbc.example/o", "b\xc3\xbc.example", false,
     false},
    {"cut", STR("http://img.example/o?t=abc..."), "img.example/o?t=abc", "img.example", false, true},
    {"cut with one sign", STR("http://img.example/o?t=abc\xe2\x80\xa6"), "img.example/o?t=abc", "img.example", false,
     true},

    {"nothing", STR(""), NULL, NULL, false, false},
    {"blanks", STR(" \t "), NULL, NULL, false, false},
    {"only a path", STR("/o/a1"), NULL, NULL, false, false},
    {"only a query", STR("?a"), NULL, NULL, false, false},
    {"only a fragment", STR("#a"), NULL, NULL, false, false},
    {"only a scheme", STR("http://"), NULL, NULL, false, false},
    {"only a port", STR("http://:80/"), NULL, NULL, false, false},
    {"three slashes", STR("http:///img.example/"), NULL, NULL, false, false},
    {"file", STR("file://img.example/o"), NULL, NULL, false, false},
    {"ftp", STR("ftp://img.example/o"), NULL, NULL, false, false},
    {"mailto", STR("mailto:a@img.example"), "img.example/", "img.example", true, false},
    {"cid", STR("cid:logo"), NULL, NULL, false, false},
    {"data", STR("data:image/gif;base64,R0lG"), NULL, NULL, false, false},
    {"script", STR("javascript:void(0)"), NULL, NULL, false, false},
    {"port beyond all", STR("http://img.example:65536/"), NULL, NULL, false, false},
    {"port of letters", STR("http://img.example:x/"), NULL, NULL, false, false},
    {"blank in the host", STR("GET http://img.example/"), NULL, NULL, false, false},
    {"sentence", STR("see img.example"), NULL, NULL, false, false},
    {"begins with a point", STR(".img.example/"), NULL, NULL, false, false},
    {"option", STR("-v"), NULL, NULL, false, false},
    {"encoded byte in the host", STR("http://img%ff.example/"), NULL, NULL, false, false},
    {"encoded slash in the host", STR("http://img%2Fexample/"), NULL, NULL, false, false},
    {"broken brackets", STR("http://[2001:db8::1/o"), NULL, NULL, false, false},
    {"no address in brackets", STR("http://[img]/o"), NULL, NULL, false, false},
    {"NUL in the host", STR("http://img\0.example/"), NULL, NULL, false, false},
    {"dash", STR("-"), NULL, NULL, false, false},
};

static const struct {
    const char *name;
    str host, path, query;
    const char *key;
    bool bare;
} joins[] = {
    {"Zeek", STR("img.example"), STR("/o?t=1"), STR(""), "img.example/o?t=1", false},
    {"Zeek, port", STR("img.example:8080"), STR("/o"), STR(""), "img.example:8080/o", false},
    {"Zeek, through a proxy", STR("img.example"), STR("http://img.example/o"), STR(""), "img.example/o", false},
    {"Zeek, tunnel", STR("img.example:443"), STR("img.example:443"), STR(""), "img.example/", true},
    {"W3C", STR("img.example"), STR("/o"), STR("t=1"), "img.example/o?t=1", false},
    {"W3C, query with its sign", STR("img.example"), STR("/o"), STR("?t=1"), "img.example/o?t=1", false},
    {"W3C, no query", STR("img.example"), STR("/o"), STR("-"), "img.example/o", false},
    {"W3C, query has a ?", STR("img.example"), STR("/o"), STR("t=1?2"), "img.example/o?t=1?2", false},
    {"no path", STR("img.example"), STR("-"), STR(""), "img.example/", true},
    {"no path but a query", STR("img.example"), STR(""), STR("t=1"), "img.example/?t=1", false},
    {"path without slash", STR("img.example"), STR("o/1"), STR(""), "img.example/o/1", false},
    {"address in the path", STR("img.example"), STR("/r/http://x.example/"), STR(""), "img.example/r/http://x.example/",
     false},

    {"no host", STR("-"), STR("/o"), STR("t=1"), NULL, false},
    {"nothing", STR(""), STR(""), STR(""), NULL, false},
    {"only a query", STR(""), STR(""), STR("t=1"), NULL, false},
    {"two slashes", STR(""), STR("//x.example/o"), STR(""), NULL, false},
    {"two slashes are a path", STR("img.example"), STR("//x.example/o"), STR(""), "img.example//x.example/o", false},
    {"another scheme", STR("img.example"), STR("ftp://img.example/o"), STR(""), NULL, false},
    {"host of blanks", STR("a b"), STR("/o"), STR(""), NULL, false},
};

static void check(const char *name, bool ok, const struct web_address *got, const char *key) {
    if (ok != (key != NULL) || (ok && !str_eq(got->key, str_of(key))))
        fail_msg("%s: %s: %.*s", name, ok ? "an address" : "none", STR_ARG(ok ? got->key : S("")));
}

static void one_spelling(void **state) {
    struct arena *const a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct web_address got, again;
        bool const ok = web_address_of(cases[i].text, a, &got);

        check(cases[i].name, ok, &got, cases[i].key);
        if (!ok)
            continue;
        if (!str_eq(got.host, str_of(cases[i].host)) || got.bare != cases[i].bare || got.cut != cases[i].cut)
            fail_msg("%s: host %.*s %s%s", cases[i].name, STR_ARG(got.host), got.bare ? "bare " : "",
                     got.cut ? "cut" : "");
        assert_true(web_address_of(got.key, a, &again)); /* what it comes to stays as it is */
        check(cases[i].name, true, &again, cases[i].key);
    }
    arena_free(a);
}

static void joined(void **state) {
    struct arena *const a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < COUNT(joins); i++) {
        struct web_address got;
        bool const ok = web_address_join(joins[i].host, joins[i].path, joins[i].query, a, &got);

        check(joins[i].name, ok, &got, joins[i].key);
        if (ok && got.bare != joins[i].bare)
            fail_msg("%s: bare %d", joins[i].name, got.bare);
    }
    arena_free(a);
}

/* One byte of memory more each time; until it succeeds it says that there is no address. */
static void every_allocation_may_fail(void **state) {
    struct web_address got;
    unsigned failed = 0;

    (void)state;
    for (size_t limit = 0;; limit++, failed++) {
        struct arena *const a = arena_new(limit);
        bool const ok = web_address_join(S("img.example"), S("/o"), S("a=1&amp;b"), a, &got);

        arena_free(a);
        if (ok)
            break;
    }
    assert_true(failed > 0);
}

static void bounds(void **state) {
    static char text[WEB_ADDRESS_MAX + 1] = "http://img.example/";
    struct arena *const a = arena_new(1 << 22);
    struct web_address got;

    (void)state;
    memset(text + 19, ' ', sizeof text - 19);
    text[sizeof text - 1] = 'x';
    text[sizeof text - 2] = 'x';
    assert_true(web_address_of((str){text, WEB_ADDRESS_MAX}, a, &got)); /* three bytes for each blank */
    assert_int_equal(got.key.len, 12 + 3 * (WEB_ADDRESS_MAX - 20) + 1);
    assert_false(web_address_of((str){text, WEB_ADDRESS_MAX + 1}, a, &got));
    memset(text, 'x', sizeof text);
    assert_true(web_address_of((str){text, 255}, a, &got));
    assert_false(web_address_of((str){text, 256}, a, &got));
    assert_false(web_address_join((str){text, 513}, S("/"), S(""), a, &got));
    arena_free(a);
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(one_spelling),
        cmocka_unit_test(joined),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
