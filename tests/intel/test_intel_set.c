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
        const char *name, *entries[4];
        uint64_t matches;
    } lists[] = {
        {LABEL_STRING, "strings", {"Mail.Example", "http://whole.example/page", NULL}, 0},
        {LABEL_HOSTNAME, "hosts", {".cdn.example", "office.example", NULL}, 0},
        {LABEL_CIDR, "ranges", {"192.0.2.0/24", "2001:db8::1", "10.1.2.3/8"}, 0},
        {LABEL_SUBSTRING, "parts", {"/blog/", NULL}, 0},
        {LABEL_REGEX, "expressions", {"^x[0-9]+\\.example$", NULL}, 0},
        {LABEL_REGEX, "capitals", {"^Y[A-Z]\\.example$", "a(b", "\xff", NULL}, 0},
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
        {OBSERVABLE_DOMAIN, "yb.example", "capitals"},
        {OBSERVABLE_USER_AGENT, "a(b", ""},
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
        for (size_t k = 0; k < 4 && lists[i].entries[k]; k++)
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

/* Any instant comes back, of whole seconds or not, near both ends of what there is. */
static void times_come_back(void **state) {
    static const int64_t times[] = {0,
                                    1,
                                    -1,
                                    999999999,
                                    -999999999,
                                    1000000000,
                                    -1000000000,
                                    INT64_C(1627400838224083000),
                                    INT64_C(4611686018427387903), /* 2116: half of all there is */
                                    INT64_C(4611686018427387905),
                                    INT64_C(7258118399999000000), /* 2199-12-31T23:59:59.999Z */
                                    INT64_C(-7258118399999000001),
                                    INT64_MAX,
                                    INT64_MIN + 1};
    struct intel_builder *const b = begun();
    struct buf bytes = {0};
    char id[INTEL_ID_MAX];

    (void)state;
    source(b, "a");
    for (size_t i = 0; i < COUNT(times); i++) {
        char value[32];

        snprintf(value, sizeof value, "d%02zu.example", i);
        struct intel_item item = item_of(OBSERVABLE_DOMAIN, value);

        item.valid_until = times[i];
        item.first_seen = times[COUNT(times) - 1 - i];
        add(b, &item);
    }
    struct intel_set *const s = ended(b, &bytes);

    for (uint32_t i = 0; i < COUNT(times); i++) {
        struct intel_claim const c = intel_set_claim(s, intel_set_entry(s, i).claims, id);

        assert_true(c.valid_until == times[i]);
        assert_true(c.first_seen == times[COUNT(times) - 1 - i]);
        assert_true(c.created == INSTANT_NONE);
    }
    intel_set_free(s);
    buf_free(&bytes);
}

/* Of very many mentions of a value, those that are not compared any more are mentions all the same. */
static void mentions_beyond_count(void **state) {
    static const struct {
        unsigned revoked, good; /* in this order, each of a source of its own */
        unsigned witnesses;
    } cases[] = {{300, 0, 0}, {300, 1, 1}, {256, 5, 1}, {255, 5, 1}, {1, 255, 255}, {0, 300, 256}};
    char id[INTEL_ID_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct intel_builder *const b = begun();
        struct buf bytes = {0};

        for (unsigned k = 0; k < cases[i].revoked + cases[i].good; k++) {
            struct intel_item item = item_of(OBSERVABLE_DOMAIN, "evil.example");
            char name[16];

            snprintf(name, sizeof name, "s%u", k);
            source(b, name);
            item.revoked = k < cases[i].revoked;
            add(b, &item);
        }
        struct intel_set *const s = ended(b, &bytes);
        struct intel_entry const n = intel_set_entry(s, 0);

        assert_int_equal(n.witnesses, cases[i].witnesses);
        assert_int_equal(n.active, cases[i].good > 0);
        assert_int_equal(intel_set_inactive(s), cases[i].good == 0);
        for (unsigned k = 0; k < n.claim_count; k++) {
            struct intel_claim const c = intel_set_claim(s, n.claims + k, id);

            assert_int_equal(c.revoked, k < cases[i].revoked);
            if (c.revoked)
                assert_true(c.witness == UINT32_MAX);
            else
                assert_true(c.witness < n.witnesses);
        }
        intel_set_free(s);
        buf_free(&bytes);
    }
}

static void what_is_not_meant_is_not_active(void **state) {
    static const struct {
        bool revoked, context, active;
    } cases[] = {{false, false, true}, {true, false, false}, {false, true, false}, {true, true, false}};
    struct intel_builder *const b = begun();
    struct buf bytes = {0};

    (void)state;
    source(b, "a");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char value[32];

        snprintf(value, sizeof value, "d%zu.example", i);
        struct intel_item item = item_of(OBSERVABLE_DOMAIN, value);

        item.revoked = cases[i].revoked;
        item.context = cases[i].context;
        add(b, &item);
    }
    struct intel_set *const s = ended(b, &bytes);

    for (uint32_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(intel_set_entry(s, i).active, cases[i].active);
    assert_int_equal(intel_set_inactive(s), 3);
    intel_set_free(s);
    buf_free(&bytes);
}

/* What is asked before anything is compared must never rule out what is there: marks of values of any length, ends of paths. */
static void nothing_known_is_ruled_out(void **state) {
    static const struct {
        enum observable type;
        const char *written, *asked; /* asked: as evidence has it, in the key's form but for letters A-Z */
    } cases[] = {
        {OBSERVABLE_FILE_NAME, "x", "X"},
        {OBSERVABLE_FILE_NAME, "a.c", "A.C"},
        {OBSERVABLE_FILE_NAME, ".x", ".X"},
        {OBSERVABLE_FILE_NAME, "evil.exe.", "EVIL.exe."},
        {OBSERVABLE_FILE_NAME, "seven77", "SEVEN77"},
        {OBSERVABLE_FILE_NAME, "eight888", "EIGHT888"},
        {OBSERVABLE_FILE_NAME, "\xc3\x89vil.exe", "\xc3\xa9vil.exe"},
        {OBSERVABLE_FILE_PATH, "/tmp/x", "TMP/X"},
        {OBSERVABLE_FILE_PATH, "/a/b/c/d/e.so", "A/b/c/d/e.so"},
        {OBSERVABLE_MUTEX, "m", "M"},
        {OBSERVABLE_MUTEX, "mu", "MU"},
        {OBSERVABLE_USER_AGENT, "\xc3\x89 Agent", "\xc3\xa9 agent"},
        {OBSERVABLE_USER_AGENT, "Odd Agent", "ODD AGENT"},
        {OBSERVABLE_SERVICE, "seven77", "SEVEN77"},
        {OBSERVABLE_COMMAND, "eight888", "EIGHT888"},
    };
    struct intel_builder *const b = begun();
    struct buf bytes = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct intel_item item = item_of(cases[i].type, cases[i].written);

        add(b, &item);
    }
    struct intel_set *const s = ended(b, &bytes);

    for (size_t i = 0; i < COUNT(cases); i++) {
        enum intel_class const class = intel_class_of(cases[i].type);
        str const asked = str_of(cases[i].asked);
        char key[64];
        uint32_t at = 0, entry;
        bool found = false;

        for (size_t k = 0; k < asked.len; k++)
            key[k] = (char)(asked.ptr[k] >= 'A' && asked.ptr[k] <= 'Z' ? asked.ptr[k] + 32 : asked.ptr[k]);
        str const small = {key, asked.len};
        uint64_t const hash = intel_set_hash(s, class, small);

        while ((entry = intel_set_next(s, class, small, hash, &at)) != INTEL_NONE)
            found |= intel_set_entry(s, entry).type == cases[i].type;
        if (!found)
            fail_msg("%s is not found", cases[i].asked);
        assert_true(intel_set_may(s, hash));
        if (class == INTEL_WHOLE) {
            assert_true(intel_mark_has(s, INTEL_MARK_WHOLES, intel_whole_mark(asked)));
            continue;
        }
        str const name = intel_file_name(asked);

        assert_true(intel_mark_has(s, INTEL_MARK_NAMES, intel_name_mark(name)));
        for (size_t k = 0; k < asked.len; k++) /* every end of it that begins with a whole name */
            if (k == 0 || key[k - 1] == '/')
                assert_true(intel_set_may(s, intel_set_hash(s, class, str_from(small, k))));
    }
    assert_true(intel_mark_has(s, INTEL_MARK_ENDINGS, intel_ending_mark(S("EXE"))));
    assert_true(intel_mark_has(s, INTEL_MARK_ENDINGS, intel_ending_mark(S(""))));
    assert_false(intel_mark_has(s, INTEL_MARK_ENDINGS, intel_ending_mark(S("docx"))));
    intel_set_free(s);
    buf_free(&bytes);
}

static void set_of_texts_has_no_values(void **state) {
    struct intel_builder *const b = begun();
    struct buf bytes = {0};
    struct intel_item item = item_of(OBSERVABLE_TEXT, "some odd words");

    (void)state;
    add(b, &item);
    struct intel_set *const s = ended(b, &bytes);

    for (unsigned c = 0; c < INTEL_CLASSES; c++)
        assert_false(intel_set_has(s, c));
    assert_true(intel_set_has_type(s, OBSERVABLE_TEXT));
    intel_set_free(s);
    buf_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found),
        cmocka_unit_test(values_of_no_form_are_refused),
        cmocka_unit_test(claims_keep_everything),
        cmocka_unit_test(witnesses_are_told_apart),
        cmocka_unit_test(copies_are_one_witness),
        cmocka_unit_test(networks_are_found),
        cmocka_unit_test(times_come_back),
        cmocka_unit_test(mentions_beyond_count),
        cmocka_unit_test(what_is_not_meant_is_not_active),
        cmocka_unit_test(nothing_known_is_ruled_out),
        cmocka_unit_test(set_of_texts_has_no_values),
        cmocka_unit_test(warninglists_label),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(the_order_of_items_decides_nothing_but_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
