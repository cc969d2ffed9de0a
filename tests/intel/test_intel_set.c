/* test_intel_set: what is put in is found again, by every way of asking; witnesses; warninglists; bytes that were damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "intel/intel_set_own.h"

static struct intel_item item_of(enum observable type, const char *value) {
    return (struct intel_item){.form = ITEM_VALUE,
                               .type = type,
                               .value = str_of(value),
                               .raw = S(""),
                               .where = S("line 1"),
                               .id = S(""),
                               .title = S(""),
                               .comment = S(""),
                               .created = INSTANT_NONE,
                               .modified = INSTANT_NONE,
                               .valid_from = INSTANT_NONE,
                               .valid_until = INSTANT_NONE,
                               .first_seen = INSTANT_NONE,
                               .last_seen = INSTANT_NONE,
                               .confidence = ITEM_CONFIDENCE_UNSAID};
}

static struct intel_builder *begun(void) {
    struct intel_builder *b;
    struct err e = {0};

    assert_true(intel_builder_new(&b, &e));
    return b;
}

static void source(struct intel_builder *b, const char *name) {
    struct err e = {0};

    assert_true(intel_builder_source(b, str_of(name), S(""), &e));
}

static void add(struct intel_builder *b, const struct intel_item *i) {
    struct err e = {0};

    if (!intel_builder_item(b, i, &e))
        fail_msg("%s", e.text);
}

/* The set lives in *bytes. */
static struct intel_set *ended(struct intel_builder *b, struct buf *bytes) {
    struct intel_set *s;
    struct err e = {0};

    if (!intel_builder_end(b, bytes, &e))
        fail_msg("%s", e.text);
    intel_builder_free(b);
    if (!intel_set_of(&s, buf_str(bytes), &e))
        fail_msg("%s", e.text);
    return s;
}

static void values_are_found(void **state) {
    static const struct {
        enum observable type;
        const char *written, *canonical;
    } cases[] = {
        {OBSERVABLE_ADDRESS, "192.0.2.7", "192.0.2.7"},
        {OBSERVABLE_ADDRESS, "2001:DB8:0::7", "2001:db8::7"},
        {OBSERVABLE_NETWORK, "198.51.100.9/24", "198.51.100.0/24"},
        {OBSERVABLE_DOMAIN, "Evil.EXAMPLE.", "evil.example"},
        {OBSERVABLE_URL, "https://evil.example:443/a?b", "evil.example/a?b"},
        {OBSERVABLE_MD5, "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"},
        {OBSERVABLE_MAIL, "Jo@Evil.Example", "jo@evil.example"},
        {OBSERVABLE_FILE_NAME, "Bad.EXE", "bad.exe"},
        {OBSERVABLE_FILE_PATH, "C:\\Windows\\Debug\\bad.dll", "windows/debug/bad.dll"},
        {OBSERVABLE_USER_AGENT, "Odd Agent/1", "Odd Agent/1"},
        {OBSERVABLE_MUTEX, "Global\\OddMutex", "oddmutex"},
        {OBSERVABLE_TEXT, "some odd words", "some odd words"},
    };
    struct intel_builder *const b = begun();
    struct buf bytes = {0};
    char id[INTEL_ID_MAX];

    (void)state;
    source(b, "a list");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct intel_item item = item_of(cases[i].type, cases[i].written);

        add(b, &item);
    }
    struct intel_set *const s = ended(b, &bytes);

    assert_int_equal(intel_set_entries(s), COUNT(cases));
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t const entry = intel_set_find(s, cases[i].type, str_of(cases[i].canonical));

        if (entry == INTEL_NONE)
            fail_msg("%s is not found", cases[i].canonical);
        struct intel_entry const n = intel_set_entry(s, entry);

        assert_true(str_eq(n.value, str_of(cases[i].canonical)));
        assert_int_equal(n.type, cases[i].type);
        assert_int_equal(n.claim_count, 1);
        assert_int_equal(n.witnesses, 1);
        struct intel_claim const c = intel_set_claim(s, n.claims, id);

        assert_true(str_eq(c.source, S("a list")));
        assert_true(str_eq(c.where, S("line 1")));
        assert_true(intel_set_find(s, cases[i].type, S("nothing of the kind")) == INTEL_NONE);
    }
    intel_set_free(s);
    buf_free(&bytes);
}

static void values_of_no_form_are_refused(void **state) {
    static const struct {
        enum observable type;
        enum item_form form;
        const char *value;
    } cases[] = {
        {OBSERVABLE_ADDRESS, ITEM_VALUE, "192.0.2.300"},
        {OBSERVABLE_DOMAIN, ITEM_VALUE, "no domain"},
        {OBSERVABLE_MD5, ITEM_VALUE, "d41d8cd9"},
        {OBSERVABLE_NETWORK, ITEM_VALUE, "192.0.2.0/33"},
        {OBSERVABLE_TEXT, ITEM_VALUE, "abc"},
        {OBSERVABLE_FILE_PATH, ITEM_REGEX, "a(b"},
        {OBSERVABLE_FILE_PATH, ITEM_REGEX, ""},
        {OBSERVABLE_NONE, ITEM_PATTERN, "\xff"},
    };
    struct intel_builder *const b = begun();
    struct buf bytes = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct intel_item item = item_of(cases[i].type, cases[i].value);
        struct err e = {0};

        item.form = cases[i].form;
        if (intel_builder_item(b, &item, &e))
            fail_msg("'%s' was taken", cases[i].value);
        assert_int_equal(e.code, ERR_USAGE);
    }
    struct intel_set *const s = ended(b, &bytes);

    assert_int_equal(intel_set_entries(s), 0);
    assert_true(intel_set_find(s, OBSERVABLE_DOMAIN, S("evil.example")) == INTEL_NONE);
    intel_set_free(s);
    buf_free(&bytes);
}

static void claims_keep_everything(void **state) {
    struct intel_item in = item_of(OBSERVABLE_DOMAIN, "evil.example");
    struct intel_builder *const b = begun();
    struct buf bytes = {0};
    char id[INTEL_ID_MAX];

    (void)state;
    in.raw = S("evil[.]example");
    in.id = S("indicator--04f05593-2a58-4e33-b4f0-d6febfd893b0");
    in.title = S("a domain");
    in.comment = S("of the second wave");
    in.created = INT64_C(1627400838224083000);
    in.modified = INT64_C(-1000000000);
    in.valid_from = 0;
    in.valid_until = INT64_C(1640995200000000000);
    in.confidence = 77;
    in.tlp = TLP_AMBER_STRICT;
    in.pap = PAP_RED;
    in.nature = NATURE_OPERATION;
    in.proposed = true;
    in.port = 8443;
    in.groups = (struct item_names){{STR("APT31"), STR("ZIRCONIUM")}, 2};
    in.techniques = (struct item_names){{STR("T1598.003")}, 1};
    in.origins = (struct item_names){{STR("https://cert.example/1")}, 1};
    source(b, "one");
    source(b, "two");
    add(b, &in);
    struct intel_set *const s = ended(b, &bytes);
    struct intel_claim const c = intel_set_claim(s, intel_set_entry(s, 0).claims, id);

    assert_true(str_eq(c.source, S("two")));
    assert_true(str_eq(c.raw, in.raw));
    assert_true(str_eq(c.id, in.id));
    assert_true(str_eq(c.title, in.title));
    assert_true(str_eq(c.comment, in.comment));
    assert_true(c.created == in.created && c.modified == in.modified && c.valid_from == 0 &&
                c.valid_until == in.valid_until && c.first_seen == INSTANT_NONE && c.last_seen == INSTANT_NONE);
    assert_int_equal(c.confidence, 77);
    assert_int_equal(c.tlp, TLP_AMBER_STRICT);
    assert_int_equal(c.pap, PAP_RED);
    assert_int_equal(c.nature, NATURE_OPERATION);
    assert_true(c.proposed && !c.revoked && !c.context);
    assert_int_equal(c.port, 8443);
    assert_int_equal(c.groups.count, 2);
    assert_true(str_eq(c.groups.names[1], S("ZIRCONIUM")));
    assert_int_equal(c.malware.count, 0);
    assert_true(str_eq(c.techniques.names[0], S("T1598.003")));
    assert_true(str_eq(c.origins.names[0], S("https://cert.example/1")));
    intel_set_free(s);
    buf_free(&bytes);
}

/* Mentions of one value: each with source (a letter), origins, whether it was revoked; and how many witnesses that makes. */
static void witnesses_are_told_apart(void **state) {
    static const struct {
        const char *name;
        struct {
            char source;
            const char *origins[3];
            bool revoked;
        } mentions[4];
        unsigned witnesses;
    } cases[] = {
        {"one", {{'a', {NULL}, false}}, 1},
        {"the same source twice", {{'a', {NULL}, false}, {'a', {NULL}, false}}, 1},
        {"two that say nothing", {{'a', {NULL}, false}, {'b', {NULL}, false}}, 2},
        {"two that quote one report",
         {{'a', {"https://x.example/r"}, false}, {'b', {"http://www.X.example/r/"}, false}},
         1},
        {"two that quote two reports",
         {{'a', {"https://x.example/r"}, false}, {'b', {"https://x.example/s"}, false}},
         2},
        {"joined by a third", {{'a', {"r1"}, false}, {'b', {"r2"}, false}, {'c', {"r1", "r2"}, false}}, 1},
        {"one of two revoked", {{'a', {NULL}, false}, {'b', {NULL}, true}}, 1},
        {"all revoked", {{'a', {NULL}, true}, {'b', {NULL}, true}}, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct intel_builder *const b = begun();
        struct buf bytes = {0};

        for (size_t k = 0; k < 4 && cases[i].mentions[k].source; k++) {
            struct intel_item item = item_of(OBSERVABLE_DOMAIN, "evil.example");
            char const name[2] = {cases[i].mentions[k].source, 0};

            if (k == 0 || cases[i].mentions[k].source != cases[i].mentions[k - 1].source)
                source(b, name);
            for (size_t o = 0; o < 3 && cases[i].mentions[k].origins[o]; o++)
                item.origins.names[item.origins.count++] = str_of(cases[i].mentions[k].origins[o]);
            item.revoked = cases[i].mentions[k].revoked;
            add(b, &item);
        }
        struct intel_set *const s = ended(b, &bytes);

        if (intel_set_entry(s, 0).witnesses != cases[i].witnesses)
            fail_msg("%s: %u witnesses", cases[i].name, intel_set_entry(s, 0).witnesses);
        intel_set_free(s);
        buf_free(&bytes);
    }
}

/* A source that has most of another's values is a copy of it; one that has a few is not. */
static void copies_are_one_witness(void **state) {
    static const struct {
        unsigned own, shared, witnesses;
    } cases[] = {{0, 30, 1}, {5, 30, 1}, {30, 30, 2}, {0, 10, 2}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct intel_builder *const b = begun();
        struct buf bytes = {0};

        for (unsigned copy = 0; copy < 2; copy++) {
            source(b, copy ? "second" : "first");
            for (unsigned k = 0; k < cases[i].shared + cases[i].own; k++) {
                char value[40];

                snprintf(value, sizeof value, "%s%u.example", k < cases[i].shared ? "both" : copy ? "b" : "a", k);
                struct intel_item item = item_of(OBSERVABLE_DOMAIN, value);

                add(b, &item);
            }
        }
        struct intel_set *const s = ended(b, &bytes);

        assert_int_equal(intel_set_entry(s, intel_set_find(s, OBSERVABLE_DOMAIN, S("both0.example"))).witnesses,
                         cases[i].witnesses);
        intel_set_free(s);
        buf_free(&bytes);
    }
}

static void networks_are_found(void **state) {
    static const char *const networks[] = {"0.0.0.0/1",   "10.0.0.0/8",    "10.1.0.0/16",
                                           "10.1.2.0/31", "2001:db8::/32", "2001:db8:1::/64"};
    static const struct {
        const char *address;
        const char *found; /* narrowest first, one letter each */
    } cases[] = {
        {"10.1.2.1", "dcba"},    {"10.1.2.2", "cba"},     {"10.2.0.0", "ba"}, {"9.255.255.255", "a"},
        {"2001:db8:1::5", "fe"}, {"2001:db8:1:1::", "e"}, {"2001:db9::", ""},
    };
    struct intel_builder *const b = begun();
    struct buf bytes = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(networks); i++) {
        struct intel_item item = item_of(OBSERVABLE_NETWORK, networks[i]);

        add(b, &item);
    }
    struct intel_set *const s = ended(b, &bytes);

    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t found[8];
        struct address a;
        char got[9] = "";

        assert_true(address_parse(str_of(cases[i].address), &a));
        size_t const count = intel_set_networks(s, &a, found, COUNT(found));

        for (size_t k = 0; k < count; k++)
            for (size_t n = 0; n < COUNT(networks); n++)
                if (str_eq(intel_set_entry(s, found[k]).value, str_of(networks[n])))
                    got[k] = (char)('a' + n);
        if (strcmp(got, cases[i].found) != 0)
            fail_msg("%s: %s", cases[i].address, got);
    }
    intel_set_free(s);
    buf_free(&bytes);
}

static void warninglists_label(void **state) {
    static const struct {
        enum label_how how;
        const char *name, *entries[3];
        uint64_t matches;
    } lists[] = {
        {LABEL_STRING, "strings", {"Mail.Example", "http://whole.example/page", NULL}, 0},
        {LABEL_HOSTNAME, "hosts", {".cdn.example", "office.example", NULL}, 0},
        {LABEL_CIDR, "ranges", {"192.0.2.0/24", "2001:db8::1", "10.1.2.3/8"}, 0},
        {LABEL_SUBSTRING, "parts", {"/blog/", NULL}, 0},
        {LABEL_REGEX, "expressions", {"^x[0-9]+\\.example$", NULL}, 0},
        {LABEL_STRING, "only hashes", {"evil.example", NULL}, (uint64_t)1 << OBSERVABLE_MD5},
    };
    static const struct {
        enum observable type;
        const char *value, *labels;
    } cases[] = {
        {OBSERVABLE_DOMAIN, "mail.example", "strings"},
        {OBSERVABLE_DOMAIN, "mail.example.org", ""},
        {OBSERVABLE_DOMAIN, "cdn.example", "hosts"},
        {OBSERVABLE_DOMAIN, "a.b.cdn.example", "hosts"},
        {OBSERVABLE_DOMAIN, "notcdn.example", ""},
        {OBSERVABLE_URL, "login.office.example/x", "hosts"},
        {OBSERVABLE_URL, "evil.example/blog/1", "parts"},
        {OBSERVABLE_URL, "whole.example/page", "strings"},
        {OBSERVABLE_MAIL, "jo@office.example", "hosts"},
        {OBSERVABLE_ADDRESS, "192.0.2.255", "ranges"},
        {OBSERVABLE_ADDRESS, "192.0.3.0", ""},
        {OBSERVABLE_ADDRESS, "10.200.0.1", "ranges"},
        {OBSERVABLE_ADDRESS, "2001:db8::1", "ranges"},
        {OBSERVABLE_ADDRESS, "2001:db8::2", ""},
        {OBSERVABLE_DOMAIN, "x42.example", "expressions"},
        {OBSERVABLE_DOMAIN, "x42.example.org", ""},
        {OBSERVABLE_DOMAIN, "evil.example", ""},
    };
    struct intel_builder *const b = begun();
    struct buf bytes = {0};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct intel_label_list const list = {str_of(lists[i].name), S(""),           S(""), S(""),
                                              lists[i].how,          lists[i].matches};

        assert_true(intel_builder_label_list(b, &list, &e));
        for (size_t k = 0; k < 3 && lists[i].entries[k]; k++)
            assert_true(intel_builder_label(b, str_of(lists[i].entries[k]), &e));
    }
    struct intel_set *const s = ended(b, &bytes);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct intel_label labels[4];
        size_t const count = intel_set_labels(s, cases[i].type, str_of(cases[i].value), labels, COUNT(labels));

        if (count != (cases[i].labels[0] != 0) || (count && !str_eq(labels[0].list, str_of(cases[i].labels))))
            fail_msg("%s: %zu labels", cases[i].value, count);
    }
    intel_set_free(s);
    buf_free(&bytes);
}

/* Any byte that is another, any length that is less: told, and nothing else happens. With a sum that is right again, nothing worse
 * than empty texts. */
static void damage_is_told(void **state) {
    struct intel_builder *const b = begun();
    struct buf bytes = {0};
    struct intel_set *s;
    struct err e;
    char id[INTEL_ID_MAX];

    (void)state;
    source(b, "a");
    for (unsigned i = 0; i < 20; i++) {
        char value[32];

        snprintf(value, sizeof value, "d%u.example", i);
        struct intel_item item = item_of(OBSERVABLE_DOMAIN, value);

        item.id = S("indicator--04f05593-2a58-4e33-b4f0-d6febfd893b0");
        item.groups = (struct item_names){{STR("g")}, 1};
        add(b, &item);
    }
    intel_set_free(ended(b, &bytes));
    for (size_t cut = 0; cut < bytes.len; cut += cut < 4096 ? 7 : 997) {
        e = (struct err){0};
        assert_false(intel_set_of(&s, str_first(buf_str(&bytes), cut), &e));
        assert_true(e.code == ERR_CORRUPT || e.code == ERR_UNSUPPORTED);
    }
    struct packed_head *const h = (struct packed_head *)(void *)bytes.ptr;

    for (size_t at = 0; at < bytes.len; at += at < 8192 ? 1 : 61) {
        bytes.ptr[at] ^= 0x41;
        e = (struct err){0};
        assert_false(intel_set_of(&s, buf_str(&bytes), &e));
        h->sum = hash_sum(str_from(buf_str(&bytes), INTEL_SUMMED));
        if (intel_set_of(&s, buf_str(&bytes), &e)) {
            for (uint32_t n = 0; n < intel_set_entries(s); n++) {
                struct intel_entry const entry = intel_set_entry(s, n);

                for (uint32_t c = 0; c < entry.claim_count; c++)
                    (void)intel_set_claim(s, entry.claims + c, id);
                (void)intel_set_find(s, entry.type, entry.value);
            }
            intel_set_free(s);
        }
        bytes.ptr[at] ^= 0x41;
        h->sum = hash_sum(str_from(buf_str(&bytes), INTEL_SUMMED));
    }
    assert_true(intel_set_of(&s, buf_str(&bytes), &e));
    intel_set_free(s);
    buf_free(&bytes);
}

static void the_order_of_items_decides_nothing_but_claims(void **state) {
    static const char *const values[] = {"a.example", "b.example", "c.example"};
    struct buf one = {0}, two = {0};

    (void)state;
    for (unsigned turn = 0; turn < 2; turn++) {
        struct intel_builder *const b = begun();

        source(b, "s");
        for (unsigned i = 0; i < 3; i++) {
            struct intel_item item = item_of(OBSERVABLE_DOMAIN, values[turn ? 2 - i : i]);

            add(b, &item);
        }
        intel_set_free(ended(b, turn ? &two : &one));
    }
    struct intel_set *x, *y;
    struct err e;

    assert_true(intel_set_of(&x, buf_str(&one), &e) && intel_set_of(&y, buf_str(&two), &e));
    for (uint32_t i = 0; i < 3; i++)
        assert_true(str_eq(intel_set_entry(x, i).value, intel_set_entry(y, i).value));
    intel_set_free(x);
    intel_set_free(y);
    buf_free(&one);
    buf_free(&two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found),
        cmocka_unit_test(values_of_no_form_are_refused),
        cmocka_unit_test(claims_keep_everything),
        cmocka_unit_test(witnesses_are_told_apart),
        cmocka_unit_test(copies_are_one_witness),
        cmocka_unit_test(networks_are_found),
        cmocka_unit_test(warninglists_label),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(the_order_of_items_decides_nothing_but_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
