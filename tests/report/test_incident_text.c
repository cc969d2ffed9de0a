/* test_incident_text: acts of incidents as lines for Timesketch: its fields, times before 1970, texts that would break out of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json_tree.h"
#include "report/incident_text.h"

static const struct incident_act of = {.incident = 3,
                                       .position = 17,
                                       .title = STR("Mailboxes read"),
                                       .level = LEVEL_HIGH,
                                       .clue = STR("A client"),
                                       .tlp = STR("")};
static const struct incident_event read_mail = {.when = INT64_C(1551676320123456789),
                                                .last = INT64_C(1551676380000000000),
                                                .tactic = STR("collection"),
                                                .technique = STR("T1114.002"),
                                                .what = STR("reads 2 messages of the mailbox jo@chamber.example"),
                                                .act = ACT_MAIL_READ,
                                                .account = STR("jo@chamber.example"),
                                                .target = STR("jo@chamber.example"),
                                                .host = STR(""),
                                                .address = STR("198.18.3.4"),
                                                .program = STR("Client=REST;;"),
                                                .session = STR("s-1"),
                                                .object = STR("m-1"),
                                                .detail = STR("d"),
                                                .count = 2,
                                                .items = 3,
                                                .amount = 4,
                                                .proof = {STR("evidence/a.json"), "00ff", 5, 6}};

static json_t *line(const struct incident_act *act, const struct incident_event *v) {
    struct buf b = {0};
    struct err e = {0};
    json_t *tree = NULL;

    if (incident_timesketch(&b, act, v)) {
        assert_false(b.failed);
        assert_null(memchr(b.ptr, '\n', b.len));
        tree = json_tree(buf_str(&b), &e);
        assert_non_null(tree);
    } else {
        assert_int_equal(b.len, 0);
    }
    buf_free(&b);
    return tree;
}

static void all_of_it_is_said(void **state) {
    static const struct {
        const char *name, *text; /* NULL: a number */
        json_int_t number;
    } members[] = {
        {"message", "[high] Incident 3: reads 2 messages of the mailbox jo@chamber.example", 0},
        {"datetime", "2019-03-04T05:12:00.123456+00:00", 0},
        {"timestamp", NULL, INT64_C(1551676320123456)},
        {"timestamp_desc", "Act of an incident", 0},
        {"incident", NULL, 3},
        {"event", NULL, 17},
        {"incident_title", "Mailboxes read", 0},
        {"level", "high", 0},
        {"clue", "A client", 0},
        {"time", "2019-03-04T05:12:00.123456789Z", 0},
        {"last", "2019-03-04T05:13:00Z", 0},
        {"tactic", "collection", 0},
        {"technique", "T1114.002", 0},
        {"act", "mail-read", 0},
        {"what", "reads 2 messages of the mailbox jo@chamber.example", 0},
        {"account", "jo@chamber.example", 0},
        {"target", "jo@chamber.example", 0},
        {"host", "", 0},
        {"address", "198.18.3.4", 0},
        {"program", "Client=REST;;", 0},
        {"session", "s-1", 0},
        {"object", "m-1", 0},
        {"detail", "d", 0},
        {"count", NULL, 2},
        {"items", NULL, 3},
        {"amount", NULL, 4},
        {"evidence_path", "evidence/a.json", 0},
        {"evidence_sha256", "00ff", 0},
        {"record", NULL, 5},
        {"offset", NULL, 6},
    };
    json_t *const tree = line(&of, &read_mail);
    (void)state;

    for (size_t i = 0; i < COUNT(members); i++) {
        const json_t *const value = json_object_get(tree, members[i].name);

        if (members[i].text)
            assert_string_equal(json_string_value(value), members[i].text);
        else
            assert_true(json_is_integer(value) && json_integer_value(value) == members[i].number);
    }
    assert_int_equal(json_object_size(tree), COUNT(members));
    json_decref(tree);
}

static void times(void **state) {
    static const struct {
        const char *name;
        int64_t when, last, micro;
        const char *datetime;
        bool line, last_told;
    } cases[] = {
        {"no time", INSTANT_NONE, INSTANT_NONE, 0, "", false, false},
        {"no last", INT64_C(1), INSTANT_NONE, 0, "1970-01-01T00:00:00.000000+00:00", true, false},
        {"before 1970 is rounded down", INT64_C(-1), INT64_C(-1), -1, "1969-12-31T23:59:59.999999+00:00", true, true},
        {"a microsecond", INT64_C(1000), INT64_C(1000), 1, "1970-01-01T00:00:00.000001+00:00", true, true},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct incident_event v = read_mail;

        v.when = cases[i].when;
        v.last = cases[i].last;
        json_t *const tree = line(&of, &v);

        print_message("%s\n", cases[i].name);
        assert_int_equal(tree != NULL, cases[i].line);
        if (tree) {
            assert_string_equal(json_string_value(json_object_get(tree, "datetime")), cases[i].datetime);
            assert_int_equal(json_integer_value(json_object_get(tree, "timestamp")), cases[i].micro);
            assert_int_equal(json_object_get(tree, "last") != NULL, cases[i].last_told);
        }
        json_decref(tree);
    }
}

static void texts_stay_texts(void **state) {
    static const struct {
        const char *name;
        str text, told; /* in a member; in the message, behind its beginning */
    } cases[] = {
        {"quotes", STR("\",\"incident\":9,\"x\":\""), STR("\",\"incident\":9,\"x\":\"")},
        {"a line end", STR("a\nb"),
         STR("a\xef\xbf\xbd"
             "b")},
        {"a byte that is no UTF-8",
         STR("a\xff"
             "b"),
         STR("a\xef\xbf\xbd"
             "b")},
        {"a direction",
         STR("a\xe2\x80\xae"
             "b"),
         STR("a\xef\xbf\xbd"
             "b")},
        {"nothing", STR(""), STR("")},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct incident_act act = of;
        struct incident_event v = read_mail;

        act.title = act.clue = v.what = v.account = v.tactic = v.proof.evidence_path = cases[i].text;
        act.tlp = S("TLP:RED");
        json_t *const tree = line(&act, &v);
        str const message = json_text_at(tree, "message");

        print_message("%s\n", cases[i].name);
        assert_int_equal(json_integer_value(json_object_get(tree, "incident")), 3);
        assert_true(str_eq(json_text_at(tree, "tlp"), S("TLP:RED")));
        assert_true(str_eq(str_from(message, sizeof "[high] Incident 3: " - 1), cases[i].told));
        assert_int_equal(json_object_size(tree), 31);
        json_decref(tree);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_is_said),
        cmocka_unit_test(times),
        cmocka_unit_test(texts_stay_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
