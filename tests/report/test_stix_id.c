/* test_stix_id: identifiers against values that were computed elsewhere: by RFC 9562, by the STIX specification's example, by python-stix2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/json_tree.h"
#include "report/stix_id.h"

static const struct {
    const char *object, *id; /* id NULL: there is none */
} cases[] = {
    {"{\"type\":\"ipv4-addr\",\"value\":\"198.51.100.3\"}", "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
    {"{\"type\":\"ipv4-addr\",\"value\":\"203.0.113.1\"}", "ipv4-addr--ad74bc22-43d2-52ed-890e-7d382f58e1eb"},
    {"{\"type\":\"domain-name\",\"value\":\"example.com\"}", "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"},
    {"{\"type\":\"url\",\"value\":\"https://example.com/research/index.html\"}",
     "url--47c3cf9a-5027-5bf0-997a-017c7edc7c55"},
    {"{\"type\":\"email-addr\",\"value\":\"john@example.com\"}", "email-addr--7165e2a9-671f-585d-b1e1-ca59c671d934"},
    {"{\"type\":\"file\",\"name\":\"foo.dll\",\"hashes\":{\"SHA-256\":"
     "\"fe90a7e910cb3a4739bed9180e807e93fa70c90f25a8915476f5e4bfbac681db\"}}",
     "file--949eb97a-da1e-5292-8959-03c4249dc9f3"},
    {"{\"type\":\"user-account\",\"account_login\":\"jdoe\",\"user_id\":\"1001\",\"account_type\":\"unix\"}",
     "user-account--f94d689e-707d-58c3-b803-c720bb6ed096"},
    /* What does not contribute changes nothing: size, spec_version, markings. */
    {"{\"type\":\"ipv4-addr\",\"spec_version\":\"2.1\",\"value\":\"198.51.100.3\",\"object_marking_refs\":[\"x\"]}",
     "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
    {"{\"type\":\"file\",\"size\":7,\"name\":\"foo.dll\",\"hashes\":{\"SHA-256\":"
     "\"fe90a7e910cb3a4739bed9180e807e93fa70c90f25a8915476f5e4bfbac681db\",\"SHA-512\":\"00\"}}",
     "file--949eb97a-da1e-5292-8959-03c4249dc9f3"},
    {"{\"type\":\"process\",\"pid\":1}", NULL},
    {"{\"type\":\"ipv4-addr\"}", NULL},
    {"{\"type\":\"file\",\"size\":7}", NULL},
    {"{\"type\":\"indicator\",\"name\":\"x\"}", NULL},
    {"{\"type\":\"autonomous-system\",\"number\":1.5}", NULL},
};

static void observables(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        json_t *const object = json_tree(str_of(cases[i].object), &e);

        assert_non_null(object);
        bool const ok = stix_observable_id(object, &e);

        if (ok != (cases[i].id != NULL) || !str_eq(json_text_at(object, "id"), str_of(cases[i].id)))
            fail_msg("%s: %.*s %s", cases[i].object, STR_ARG(json_text_at(object, "id")), e.text);
        if (!ok)
            assert_int_equal(e.code, ERR_UNSUPPORTED);
        json_decref(object);
    }
}

/* RFC 9562 A.4: UUIDv5 of www.example.com among the names of DNS. */
static void version_five(void **state) {
    static const uint8_t dns[UUID_SIZE] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                           0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    uint8_t uuid[UUID_SIZE];
    char text[UUID_TEXT];
    struct err e;
    (void)state;

    assert_true(uuid5(dns, S("www.example.com"), uuid, &e));
    uuid_text(uuid, text);
    assert_string_equal(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

/* An object of ours: other words, another identifier; the same words in another order, the same; another case, another. */
static void ours(void **state) {
    static const char *const texts[] = {"{\"type\":\"note\",\"id\":\"\",\"content\":\"a\"}",
                                        "{\"content\":\"a\",\"type\":\"note\",\"id\":\"\"}",
                                        "{\"type\":\"note\",\"id\":\"\",\"content\":\"b\"}"};
    static const uint8_t spaces[2][UUID_SIZE] = {{1}, {2}};
    char ids[4][STIX_ID_MAX];
    struct err e;
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        json_t *const object = json_tree(str_of(texts[i % 3]), &e);

        assert_true(stix_object_id(object, spaces[i / 3], &e));
        snprintf(ids[i], sizeof ids[i], "%.*s", STR_ARG(json_text_at(object, "id")));
        assert_true(stix_id_of_type(str_of(ids[i]), S("note")));
        json_decref(object);
    }
    assert_string_equal(ids[0], ids[1]);
    assert_string_not_equal(ids[0], ids[2]);
    assert_string_not_equal(ids[0], ids[3]);
}

static void forms(void **state) {
    static const struct {
        const char *id;
        bool is;
    } ids[] = {
        {"indicator--2f9a54ab-3c54-4d5e-9a0b-0c7f2f6f1e05", true},
        {"indicator--2F9A54AB-3C54-4D5E-9A0B-0C7F2F6F1E05", true},
        {"indicator-2f9a54ab-3c54-4d5e-9a0b-0c7f2f6f1e05", false},
        {"indicators--2f9a54ab-3c54-4d5e-9a0b-0c7f2f6f1e05", false},
        {"malware--2f9a54ab-3c54-4d5e-9a0b-0c7f2f6f1e05", false},
        {"indicator--2f9a54ab-3c54-4d5e-9a0b-0c7f2f6f1e0", false},
        {"indicator--2f9a54ab-3c54-4d5e-9a0b-0c7f2f6f1e055", false},
        {"indicator--2f9a54ab03c54-4d5e-9a0b-0c7f2f6f1e05", false},
        {"indicator--2f9a54ag-3c54-4d5e-9a0b-0c7f2f6f1e05", false},
        {"2f9a54ab-3c54-4d5e-9a0b-0c7f2f6f1e05", false},
        {"", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(ids); i++)
        if (stix_id_of_type(str_of(ids[i].id), S("indicator")) != ids[i].is)
            fail_msg("%s", ids[i].id);
    assert_false(stix_id_of_type(S("indicator--2f9a54a\0-3c54-4d5e-9a0b-0c7f2f6f1e05"), S("indicator")));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(observables), cmocka_unit_test(version_five),
                                       cmocka_unit_test(ours), cmocka_unit_test(forms)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
