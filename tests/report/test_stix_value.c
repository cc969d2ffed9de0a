/* test_stix_value: values as objects and as patterns of STIX; each pattern is one that our own parser takes, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/jcs.h"
#include "codec/json_tree.h"
#include "intel/stix_pattern.h"
#include "report/stix_value.h"

static const struct {
    enum observable type;
    str value, written;
    const char *object; /* canonical; NULL: none */
    bool stix;
    const char *pattern;
} cases[] = {
    {OBSERVABLE_ADDRESS, STR("198.51.100.3"), STR(""), "{\"type\":\"ipv4-addr\",\"value\":\"198.51.100.3\"}", true,
     "[ipv4-addr:value = '198.51.100.3']"},
    {OBSERVABLE_ADDRESS, STR("2001:db8::1"), STR(""), "{\"type\":\"ipv6-addr\",\"value\":\"2001:db8::1\"}", true,
     "[ipv6-addr:value = '2001:db8::1']"},
    {OBSERVABLE_NETWORK, STR("198.51.100.0/24"), STR(""), NULL, true, "[ipv4-addr:value ISSUBSET '198.51.100.0/24']"},
    {OBSERVABLE_NETWORK, STR("2001:db8::/32"), STR(""), NULL, true, "[ipv6-addr:value ISSUBSET '2001:db8::/32']"},
    {OBSERVABLE_DOMAIN, STR("a.example"), STR("A[.]example"), "{\"type\":\"domain-name\",\"value\":\"a.example\"}",
     true, "[domain-name:value = 'a.example']"},
    {OBSERVABLE_URL, STR("a.example/x"), STR("hxxps://a[.]example/x"),
     "{\"type\":\"url\",\"value\":\"https://a.example/x\"}", true, "[url:value = 'https://a.example/x']"},
    {OBSERVABLE_URL, STR("a.example/x"), STR("a.example/x"), NULL, true,
     "[url:value MATCHES '^[a-z]+://a\\\\.example\\\\/x$']"},
    {OBSERVABLE_MD5, STR("d41d8cd98f00b204e9800998ecf8427e"), STR(""),
     "{\"hashes\":{\"MD5\":\"d41d8cd98f00b204e9800998ecf8427e\"},\"type\":\"file\"}", true,
     "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"},
    {OBSERVABLE_SHA256, STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), STR(""),
     "{\"hashes\":{\"SHA-256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"},\"type\":"
     "\"file\"}",
     true, "[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']"},
    {OBSERVABLE_REGISTRY, STR("hklm\\software\\o'x"), STR(""),
     "{\"key\":\"hklm\\\\software\\\\o'x\",\"type\":\"windows-registry-key\"}", true,
     "[windows-registry-key:key = 'hklm\\\\software\\\\o\\'x']"},
    {OBSERVABLE_AS, STR("as8075"), STR(""), "{\"number\":8075,\"type\":\"autonomous-system\"}", true,
     "[autonomous-system:number = 8075]"},
    {OBSERVABLE_MAIL, STR("a@b.example"), STR(""), "{\"type\":\"email-addr\",\"value\":\"a@b.example\"}", true,
     "[email-addr:value = 'a@b.example']"},
    {OBSERVABLE_USER_AGENT, STR("X/1"), STR(""), NULL, true,
     "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'X/1']"},
    {OBSERVABLE_JA3, STR("d41d8cd98f00b204e9800998ecf8427e"), STR(""), NULL, false,
     "ja3: d41d8cd98f00b204e9800998ecf8427e"},
    {OBSERVABLE_FILE_PATH, STR("users/x/y.exe"), STR(""), NULL, false, "file-path: users/x/y.exe"},
};

static void values(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *const object = stix_value_object(cases[i].type, cases[i].value, cases[i].written);
        struct buf text = {0}, pattern = {0};
        bool const stix = stix_value_pattern(cases[i].type, cases[i].value, cases[i].written, &pattern);

        assert_true(!object == !cases[i].object);
        if (object) {
            assert_true(jcs_add(&text, object));
            if (!str_eq(buf_str(&text), str_of(cases[i].object)))
                fail_msg("%.*s", STR_ARG(buf_str(&text)));
        }
        if (stix != cases[i].stix || !str_eq(buf_str(&pattern), str_of(cases[i].pattern)))
            fail_msg("%d %.*s", stix, STR_ARG(buf_str(&pattern)));
        if (stix) {
            struct arena *const a = arena_new(1 << 20);
            struct stix_pattern parsed;
            struct err e = {0};

            if (!stix_pattern_parse(buf_str(&pattern), true, a, &parsed, &e))
                fail_msg("%.*s: %s", STR_ARG(buf_str(&pattern)), e.text);
            arena_free(a);
        }
        json_decref(object);
        buf_free(&text);
        buf_free(&pattern);
    }
}

static void hosts(void **state) {
    static const char long_label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; /* 64 */
    const struct {
        const char *host, *type;
    } named[] = {
        {"DC01", "domain-name"},
        {"dc01.assembly.example", "domain-name"},
        {"a-b", "domain-name"},
        {"198.51.100.3", "ipv4-addr"},
        {"2001:db8::1", "ipv6-addr"},
        {"host-0bc43cd3df80e5a5335b9748019ae704", "domain-name"},
        {"", NULL},
        {"a b", NULL},
        {"-a", NULL},
        {"a-", NULL},
        {"a..b", NULL},
        {".a", NULL},
        {"a_b", NULL},
        {"b\xc3\xbcro", NULL},
        {long_label, NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(named); i++) {
        json_t *const object = stix_host_object(str_of(named[i].host));

        if (!str_eq(json_text_at(object, "type"), str_of(named[i].type)))
            fail_msg("%s: %.*s", named[i].host, STR_ARG(json_text_at(object, "type")));
        json_decref(object);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(hosts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
