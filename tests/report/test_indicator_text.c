/* test_indicator_text: what a finding says of an indicator: JSON that is JSON, with just the members there should be; words on one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/indicator_text.h"

#define DAY INT64_C(86400000000000)

struct told {
    struct buf bytes;
    struct intel_set *set;
    struct finding_indicator i;
};

static struct intel_item blank(enum observable type, const char *value) {
    return (struct intel_item){.form = ITEM_VALUE,
                               .type = type,
                               .value = str_of(value),
                               .raw = S(""),
                               .where = S(""),
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

/* Each item is of a source of its own: "feed 1", "feed 2", ... */
static struct told told_of(const struct intel_item *items, size_t count, int64_t when, const struct intel_label *labels,
                           size_t label_count) {
    struct told t = {.bytes = {0}};
    struct intel_builder *b;
    struct err e = {0};

    assert_true(intel_builder_new(&b, &e));
    for (size_t i = 0; i < count; i++) {
        char name[32];

        snprintf(name, sizeof name, "feed %zu", i + 1);
        assert_true(intel_builder_source(b, str_of(name), S("abcd"), &e));
        if (!intel_builder_item(b, &items[i], &e))
            fail_msg("%s", e.text);
    }
    assert_true(intel_builder_end(b, &t.bytes, &e));
    intel_builder_free(b);
    assert_true(intel_set_of(&t.set, buf_str(&t.bytes), &e));
    t.i = (struct finding_indicator){.set = t.set,
                                     .entry = 0,
                                     .worth = worth_of(t.set, 0, when, labels, label_count),
                                     .labels = labels,
                                     .label_count = label_count};
    return t;
}

static void told_free(struct told *t) {
    intel_set_free(t->set);
    buf_free(&t->bytes);
}

static json_t *json_of(const struct told *t) {
    struct buf b = {0};
    json_error_t bad;

    indicator_json(&b, &t->i);
    json_t *const tree = json_loadb(b.ptr, b.len, JSON_REJECT_DUPLICATES, &bad);

    if (!tree)
        fail_msg("no JSON: %s: %.*s", bad.text, STR_ARG(buf_str(&b)));
    buf_free(&b);
    return tree;
}

static const char *text_at(const json_t *tree, const char *name) {
    const char *const text = json_string_value(json_object_get(tree, name));

    return text ? text : "(none)";
}

static void names_are(const json_t *tree, const char *names) {
    struct buf got = {0};
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)tree, name, value) {
        buf_add(&got, got.len ? S(" ") : S(""));
        buf_add(&got, str_of(name));
    }
    if (!str_eq(buf_str(&got), str_of(names)))
        fail_msg("%.*s, not %s", STR_ARG(buf_str(&got)), names);
    buf_free(&got);
}

static void least_is_little(void **state) {
    struct intel_item const item = blank(OBSERVABLE_DOMAIN, "evil.example");
    struct told t = told_of(&item, 1, 0, NULL, 0);
    json_t *const tree = json_of(&t);
    const json_t *const claim = json_array_get(json_object_get(tree, "claims"), 0);

    (void)state;
    names_are(tree, "type value class weight_bans weight_now_bans window witnesses claim_count claims");
    assert_string_equal(text_at(tree, "type"), "domain");
    assert_string_equal(text_at(tree, "value"), "evil.example");
    assert_string_equal(text_at(tree, "class"), "the operation's own domain");
    assert_string_equal(text_at(tree, "window"), "unsaid");
    assert_int_equal(json_integer_value(json_object_get(tree, "witnesses")), 1);
    names_are(claim, "source source_sha256 witness");
    assert_string_equal(text_at(claim, "source"), "feed 1");
    json_decref(tree);
    told_free(&t);
}

static void all_that_is_said_is_told(void **state) {
    static const struct intel_label labels[] = {
        {STR("A \"list\""), STR("about"), STR("false-positive"), STR("evil.example")},
        {STR("another"), STR(""), STR(""), STR("x")}};
    struct intel_item items[2] = {blank(OBSERVABLE_DOMAIN, "evil.example"), blank(OBSERVABLE_DOMAIN, "evil.example")};

    (void)state;
    items[0].raw = S("evil[.]\"\\example\n");
    items[0].where = S("page 3, line 7");
    items[0].id = S("indicator--04f05593-2a58-4e33-b4f0-d6febfd893b0");
    items[0].created = items[0].modified = items[0].valid_from = items[0].first_seen = 0;
    items[0].valid_until = items[0].last_seen = DAY;
    items[0].confidence = 0;
    items[0].tlp = TLP_AMBER_STRICT;
    items[0].pap = PAP_RED;
    items[0].port = 8443;
    items[0].proposed = true;
    items[0].groups = (struct item_names){{STR("APT31"), STR("a \x01 group")}, 2};
    items[0].campaigns = (struct item_names){{STR("c")}, 1};
    items[0].malware = (struct item_names){{STR("m")}, 1};
    items[0].techniques = (struct item_names){{STR("T1059.003")}, 1};
    items[0].origins = (struct item_names){{STR("https://cert.example/1")}, 1};
    items[1].revoked = items[1].context = true;
    items[1].groups = (struct item_names){{STR("not this one")}, 1};
    struct told t = told_of(items, 2, 3 * DAY, labels, COUNT(labels));
    json_t *const tree = json_of(&t);
    const json_t *const claims = json_object_get(tree, "claims"), *const one = json_array_get(claims, 0),
                        *const two = json_array_get(claims, 1), *const lists = json_object_get(tree, "warninglists");

    names_are(tree, "type value class weight_bans weight_now_bans window window_days_off witnesses not_reviewed groups "
                    "campaigns malware techniques warninglists claim_count claims");
    assert_string_equal(text_at(tree, "class"), "shared infrastructure");
    assert_string_equal(text_at(tree, "window"), "after");
    assert_int_equal(json_integer_value(json_object_get(tree, "window_days_off")), 2);
    assert_int_equal(json_array_size(json_object_get(tree, "groups")), 2); /* not those of claims that are not meant */
    assert_int_equal(json_array_size(lists), 2);
    names_are(json_array_get(lists, 0), "list entry category");
    names_are(json_array_get(lists, 1), "list entry");
    assert_string_equal(text_at(json_array_get(lists, 0), "list"), "A \"list\"");
    assert_int_equal(json_integer_value(json_object_get(tree, "claim_count")), 2);
    names_are(one,
              "source source_sha256 where as_written id created modified valid_from valid_until first_seen last_seen "
              "confidence tlp pap port not_reviewed witness groups origins");
    assert_string_equal(text_at(one, "as_written"), "evil[.]\"\\example\n");
    assert_string_equal(text_at(one, "id"), "indicator--04f05593-2a58-4e33-b4f0-d6febfd893b0");
    assert_string_equal(text_at(one, "valid_until"), "1970-01-02T00:00:00Z");
    assert_string_equal(text_at(one, "tlp"), "TLP:AMBER+STRICT");
    assert_int_equal(json_integer_value(json_object_get(one, "confidence")), 0);
    assert_int_equal(json_integer_value(json_object_get(one, "witness")), 1);
    names_are(two, "source source_sha256 revoked context_only groups");
    json_decref(tree);
    told_free(&t);
}

static void claims_are_cut_and_counted(void **state) {
    struct intel_item items[40];

    (void)state;
    for (size_t i = 0; i < COUNT(items); i++)
        items[i] = blank(OBSERVABLE_DOMAIN, "evil.example");
    struct told t = told_of(items, COUNT(items), 0, NULL, 0);
    json_t *const tree = json_of(&t);

    assert_int_equal(json_integer_value(json_object_get(tree, "claim_count")), 40);
    assert_int_equal(json_array_size(json_object_get(tree, "claims")), INDICATOR_CLAIMS_TOLD);
    assert_int_equal(json_integer_value(json_object_get(tree, "witnesses")), 40);
    json_decref(tree);
    told_free(&t);
}

/* What is left after any time, near or far, is a number of JSON. */
static void any_time_is_a_number(void **state) {
    static const int64_t whens[] = {INT64_MIN + 1, -DAY, 0, DAY, INT64_MAX, INSTANT_NONE};
    struct intel_item item = blank(OBSERVABLE_ADDRESS, "192.0.2.1");

    (void)state;
    item.valid_from = 0;
    item.valid_until = 1;
    for (size_t i = 0; i < COUNT(whens); i++) {
        struct told t = told_of(&item, 1, whens[i], NULL, 0);
        json_t *const tree = json_of(&t);

        assert_true(json_is_number(json_object_get(tree, "weight_now_bans")));
        json_decref(tree);
        told_free(&t);
    }
}

static void words_are_one_line(void **state) {
    static const struct {
        int64_t when;
        const char *words;
    } cases[] = {
        {0, "domain evil.example (APT31; the operation's own domain; 1 witness; in its time)"},
        {2 * DAY, "domain evil.example (APT31; the operation's own domain; 1 witness; a day or less after its time)"},
        {11 * DAY, "domain evil.example (APT31; the operation's own domain; 1 witness; 10 days after its time)"},
        {91 * DAY, "domain evil.example (APT31; the operation's own domain; 1 witness; 3 months after its time)"},
        {801 * DAY, "domain evil.example (APT31; the operation's own domain; 1 witness; 2 years after its time)"},
        {-100 * DAY, "domain evil.example (APT31; the operation's own domain; 1 witness; 3 months before its time)"},
        {INSTANT_NONE, "domain evil.example (APT31; the operation's own domain; 1 witness; the event has no time)"},
    };
    struct intel_item item = blank(OBSERVABLE_DOMAIN, "evil.example");

    (void)state;
    item.valid_from = 0;
    item.valid_until = DAY;
    item.groups = (struct item_names){{STR("APT31")}, 1};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct told t = told_of(&item, 1, cases[i].when, NULL, 0);
        struct buf b = {0};

        indicator_words(&b, &t.i);
        if (!str_eq(buf_str(&b), str_of(cases[i].words)))
            fail_msg("%.*s", STR_ARG(buf_str(&b)));
        buf_free(&b);
        told_free(&t);
    }
}

static void words_hold_no_controls(void **state) {
    static const struct intel_label labels[] = {{STR("a\nlist\x1b[31m"), STR(""), STR(""), STR("x")},
                                                {STR("b"), STR(""), STR(""), STR("x")}};
    struct intel_item item = blank(OBSERVABLE_USER_AGENT, "odd\tagent");
    struct buf b = {0};

    (void)state;
    item.proposed = true;
    item.groups = (struct item_names){{STR("g\n1"), STR("g2"), STR("g3"), STR("g4")}, 4};
    struct told t = told_of(&item, 1, 0, labels, COUNT(labels));

    indicator_words(&b, &t.i);
    for (size_t i = 0; i < b.len; i++)
        assert_true((uint8_t)b.ptr[i] >= ' ');
    assert_true(str_find(buf_str(&b), S(" and 1 more;")) != SIZE_MAX);
    assert_true(str_find(buf_str(&b), S("not reviewed")) != SIZE_MAX);
    assert_true(str_find(buf_str(&b), S("on the warninglist")) != SIZE_MAX);
    buf_free(&b);
    told_free(&t);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_is_little),
        cmocka_unit_test(all_that_is_said_is_told),
        cmocka_unit_test(claims_are_cut_and_counted),
        cmocka_unit_test(any_time_is_a_number),
        cmocka_unit_test(words_are_one_line),
        cmocka_unit_test(words_hold_no_controls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
