/* test_mail_message: what of an event becomes of which member; what is missing, odd or hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail_made.h"

#define ONE(name_, text_)                                                                                              \
    { .name = STR(name_), .values = (const struct normal_value[]){{STR(text_), false}}, .count = 1 }
#define LIST(name_, ...)                                                                                               \
    {                                                                                                                  \
        .name = STR(name_), .values = (const struct normal_value[]){__VA_ARGS__},                                      \
        .count = sizeof((const struct normal_value[]){__VA_ARGS__}) / sizeof(struct normal_value), .list = true        \
    }
#define V(text_)                                                                                                       \
    { STR(text_), false }

static struct arena *arena;

static int setup(void **state) {
    (void)state;
    return (arena = arena_new(1 << 20)) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static struct mail_message of(const struct normal_field *fields, size_t count) {
    struct normal_event const event = {.when = 7,
                                       .evidence_path = STR("a.mbox"),
                                       .evidence_sha256 = "ab",
                                       .record = 3,
                                       .offset = 99,
                                       .fields = fields,
                                       .field_count = count};
    struct mail_message m;

    assert_true(mail_message_of(&event, arena, &m));
    return m;
}

#define IS(view, text)                                                                                                 \
    do {                                                                                                               \
        if (!str_eq(view, S(text)))                                                                                    \
            fail_msg("'%.*s' is not '%s'", STR_ARG(view), text);                                                       \
    } while (0)

static void every_field_has_its_member(void **state) {
    const struct normal_field fields[] = {
        ONE("auth.dkim", "pass"),
        ONE("auth.dmarc", "none"),
        ONE("auth.spf", "softfail"),
        ONE("feedback_id", "f:1"),
        ONE("from", "a@x.example"),
        ONE("from.domain", "x.example"),
        ONE("from.name", "Ann"),
        ONE("from.own", "true"),
        ONE("headers", "from,to"),
        ONE("list_id", "<l>"),
        ONE("list_unsubscribe", "<u>"),
        ONE("lookalike.of", "y.example"),
        ONE("mailer", "M 1"),
        ONE("message_id", "1@x"),
        ONE("precedence", "bulk"),
        ONE("reply_to", "r@x.example"),
        ONE("return_path", "b@x.example"),
        ONE("sketch.shingles", "5"),
        ONE("subject", "S"),
        ONE("text", "not asked for"),
        LIST("dkim.domain", V("x.example"), V("esp.example")),
    };
    struct mail_message const m = of(fields, COUNT(fields));
    (void)state;

    IS(m.evidence_path, "a.mbox");
    assert_string_equal(m.evidence_sha256, "ab");
    assert_int_equal(m.record, 3);
    assert_int_equal(m.offset, 99);
    assert_int_equal(m.when, 7);
    IS(m.dkim, "pass");
    IS(m.dmarc, "none");
    IS(m.spf, "softfail");
    IS(m.feedback_id, "f:1");
    IS(m.from, "a@x.example");
    IS(m.from_domain, "x.example");
    IS(m.from_name, "Ann");
    assert_true(m.from_own);
    IS(m.headers, "from,to");
    IS(m.list_id, "<l>");
    IS(m.list_unsubscribe, "<u>");
    IS(m.lookalike_of, "y.example");
    IS(m.mailer, "M 1");
    IS(m.message_id, "1@x");
    IS(m.precedence, "bulk");
    IS(m.reply_to, "r@x.example");
    IS(m.return_path, "b@x.example");
    IS(m.subject, "S");
    assert_int_equal(m.dkim_count, 2);
    assert_int_equal(m.sketch.shingles, 0); /* a number alone is no sketch */
}

static void of_nothing_nothing(void **state) {
    struct mail_message const m = of(NULL, 0);
    (void)state;

    IS(m.from, "");
    IS(m.lookalike_of, "");
    assert_non_null(m.subject.ptr);
    assert_false(m.from_own);
    assert_int_equal(m.recipient_count + m.delivered_count + m.dkim_count + m.url_count + m.sketch.shingles, 0);
}

static void authors_of_several_the_first(void **state) {
    const struct normal_field fields[] = {LIST("from", V("a@x.example"), V("b@y.example")), ONE("from.own", "yes")};
    struct mail_message const m = of(fields, COUNT(fields));
    (void)state;

    IS(m.from, "a@x.example");
    assert_false(m.from_own);
}

static void recipients_small_and_once(void **state) {
    const struct normal_field fields[] = {
        LIST("recipient", V("B@X.example"), V(""), V("a@x.example"), V("b@x.EXAMPLE"), V("a@x.example")),
        LIST("delivered_to", V("b@x.example"))};
    struct mail_message const m = of(fields, COUNT(fields));
    (void)state;

    assert_int_equal(m.recipient_count, 2);
    IS(m.recipients[0], "a@x.example");
    IS(m.recipients[1], "b@x.example");
    assert_int_equal(m.delivered_count, 1);
}

static void urls_with_what_belongs_to_them(void **state) {
    const struct normal_field fields[] = {
        LIST("url", V("https://a.example/1"), V("https://b.example/2"), V("mailto:x@y"), V("https://d.example/")),
        LIST("url.flags", V("hidden pixel"), V("pixel"), V("")),
        LIST("url.host", V("a.example"), V("b.example"), V("")),
        LIST("url.where", V("image"), V("style"), V("link")),
    };
    struct mail_message const m = of(fields, COUNT(fields));
    (void)state;

    assert_int_equal(m.url_count, 4);
    IS(m.urls[0].url, "https://a.example/1");
    IS(m.urls[0].host, "a.example");
    assert_int_equal(m.urls[0].where, HTML_IMAGE);
    assert_int_equal(m.urls[0].flags, HTML_HIDDEN | HTML_ONE_PIXEL);
    assert_int_equal(m.urls[1].where, HTML_STYLE);
    assert_int_equal(m.urls[1].flags, HTML_ONE_PIXEL);
    assert_int_equal(m.urls[2].where, HTML_LINK);
    /* shorter lists beside: no host, and a place where nothing is loaded */
    IS(m.urls[3].host, "");
    assert_int_equal(m.urls[3].where, HTML_TEXT);
}

static void sketches(void **state) {
    static const struct {
        const char *name;
        size_t digits;
        char digit;
        const char *shingles;
        uint32_t expected, first;
    } cases[] = {
        {"whole", 512, 'a', "12", 12, 0xaaaaaaaa},
        {"large letters", 512, 'F', "1", 1, 0xffffffff},
        {"too short", 511, 'a', "12", 0, 0},
        {"too long", 513, 'a', "12", 0, 0},
        {"no digits", 512, 'g', "12", 0, 0},
        {"no number", 512, 'a', "many", 0, 0},
        {"beyond 32 bits", 512, 'a', "4294967296", 0, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[600];

        memset(text, cases[i].digit, sizeof text);
        struct normal_value const digits = {{text, cases[i].digits}, false},
                                  shingles = {str_of(cases[i].shingles), false};
        const struct normal_field fields[] = {{.name = STR("sketch"), .values = &digits, .count = 1},
                                              {.name = STR("sketch.shingles"), .values = &shingles, .count = 1}};
        struct mail_message const m = of(fields, COUNT(fields));

        if (m.sketch.shingles != cases[i].expected || (cases[i].expected && m.sketch.mins[0] != cases[i].first))
            fail_msg("%s: %u %x", cases[i].name, m.sketch.shingles, m.sketch.mins[0]);
    }
    /* eight digits a number, the first ones first */
    char text[513];

    memset(text, '0', sizeof text);
    memcpy(text, "0123456789abcdef", 16);
    struct normal_value const digits = {{text, 512}, false};
    const struct normal_field fields[] = {{.name = STR("sketch"), .values = &digits, .count = 1},
                                          ONE("sketch.shingles", "1")};
    struct mail_message const m = of(fields, COUNT(fields));

    assert_int_equal(m.sketch.mins[0], 0x01234567);
    assert_int_equal(m.sketch.mins[1], 0x89abcdef);
}

static void every_allocation_may_fail(void **state) {
    const struct normal_field fields[] = {LIST("recipient", V("B@x.example"), V("C@x.example")),
                                          LIST("url", V("https://a.example/"))};
    struct normal_event const event = {.fields = fields, .field_count = COUNT(fields), .evidence_sha256 = ""};
    size_t failures = 0;
    (void)state;

    for (size_t limit = 0;; limit++) {
        struct arena *const a = arena_new(limit);
        struct mail_message m;
        bool const ok = mail_message_of(&event, a, &m);

        arena_free(a);
        if (ok)
            break;
        failures++;
    }
    assert_true(failures > 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_its_member),     cmocka_unit_test(of_nothing_nothing),
        cmocka_unit_test(authors_of_several_the_first),   cmocka_unit_test(recipients_small_and_once),
        cmocka_unit_test(urls_with_what_belongs_to_them), cmocka_unit_test(sketches),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
