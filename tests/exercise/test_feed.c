/* test_feed: records come out in the order of their times, each in its month, numbered and placed; when memory runs out it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include "../refuse.h"
#include "base/file.h"
#include "base/instant.h"
#include "exercise/exercise.h"
#include "exercise/feed.h"

static int64_t at(const char *text) {
    int64_t const when = instant_parse(str_of(text));

    assert_true(when != INSTANT_NONE);
    return when;
}

static struct feed *begin(struct truth **t) {
    struct feed *f;
    struct err e;

    assert_true(truth_new(t, &e));
    assert_true(feed_open(&f, ".", *t, &e));
    return f;
}

static void end(struct feed *f, struct truth *t, const char *when) {
    struct err e = {0};

    if (!feed_close(f, at(when), &e))
        fail_msg("%s", e.text);
    feed_free(f);
    truth_free(t);
}

static void assert_file(const char *path, const char *text) {
    struct buf b = {0};
    struct err e = {0};

    if (!file_read(path, 1 << 20, &b, &e))
        fail_msg("%s", e.text);
    buf_byte(&b, '\0');
    assert_string_equal(b.ptr, text);
    buf_free(&b);
}

static void in_the_order_of_their_times(void **state) {
    struct truth *t;
    struct feed *const f = begin(&t);
    struct err e;
    (void)state;

    feed_add(f, at("2024-03-01T10:00:03Z"), SOURCE_WWW, S("third"));
    feed_add(f, at("2024-03-01T10:00:01Z"), SOURCE_WWW, S("first"));
    feed_add(f, at("2024-03-01T10:00:02Z"), SOURCE_WWW, S("second, handed over first"));
    feed_add(f, at("2024-03-01T10:00:02Z"), SOURCE_WWW, S("second, handed over second"));
    assert_true(feed_until(f, at("2024-03-01T10:00:02Z"), &e));
    assert_int_equal(feed_waiting(f), 3);
    feed_add(f, at("2024-03-01T10:00:02Z"), SOURCE_WWW, S("second, handed over late"));
    end(f, t, "2024-04-01T00:00:00Z");
    assert_file("www/access-2024-03.log",
                "first\nsecond, handed over first\nsecond, handed over second\nsecond, handed over late\nthird\n");
}

static void each_in_its_month(void **state) {
    struct truth *t;
    struct feed *const f = begin(&t);
    (void)state;

    feed_add(f, at("2024-01-01T00:00:00Z"), SOURCE_PROXY, S("new year"));
    feed_add(f, at("2023-12-31T23:59:59.999999999Z"), SOURCE_PROXY, S("old year"));
    feed_add(f, at("2024-02-29T12:00:00Z"), SOURCE_PROXY, S("leap day"));
    feed_add(f, at("2024-03-01T00:00:00Z"), SOURCE_PROXY, S("too late: nobody asked for this"));
    end(f, t, "2024-03-01T00:00:00Z");
    assert_file("proxy/access-2023-12.log", "old year\n");
    assert_file("proxy/access-2024-01.log", "new year\n");
    assert_file("proxy/access-2024-02.log", "leap day\n");
    assert_int_equal(access("proxy/access-2024-03.log", F_OK), -1);
}

static void numbers_have_no_gaps(void **state) {
    static const char record[] = "{\"Event\":{\"System\":{\"EventRecordID\":@@@@@@@@@@,\"n\":0}}}";
    struct truth *t;
    struct feed *const f = begin(&t);
    (void)state;

    feed_add_numbered(f, at("2024-03-01T10:00:02Z"), str_of(record), 1);
    feed_add_numbered(f, at("2024-03-01T10:00:03Z"), str_of(record), 700);
    feed_add_numbered(f, at("2024-03-01T10:00:01Z"), str_of(record), 1);
    end(f, t, "2024-04-01T00:00:00Z");
    assert_file("windows/events-2024-03.jsonl", "{\"Event\":{\"System\":{\"EventRecordID\":1000000001,\"n\":0}}}\n"
                                                "{\"Event\":{\"System\":{\"EventRecordID\":1000000002,\"n\":0}}}\n"
                                                "{\"Event\":{\"System\":{\"EventRecordID\":1000000001,\"n\":0}}}\n");
}

static void fill(void *ctx, struct buf *b) {
    buf_format(b, "made with %d", **(int **)ctx);
}

static void written(void *ctx, uint64_t number, const char *text) {
    *(uint64_t *)ctx += number + (uint64_t)(*text == 'x');
}

static void what_is_made_when_it_is_time(void **state) {
    struct truth *t;
    struct feed *const f = begin(&t);
    int number = 1;
    uint64_t sum = 0;
    int **const kept = malloc(sizeof *kept), **const forgotten = malloc(sizeof *forgotten);
    struct err e;
    (void)state;

    *kept = *forgotten = &number;
    feed_add_later(f, SOURCE_WWW, &(struct feed_later){fill, kept, at("2024-03-01T10:00:01Z")});
    feed_add_later(f, SOURCE_WWW, &(struct feed_later){fill, forgotten, at("2024-05-01T10:00:01Z")});
    feed_add_message(f, at("2024-03-01T10:00:01Z"), S("From x\n\nbody\n"), S(""),
                     &(struct feed_done){written, &sum, 40, "x"});
    feed_add_message(f, at("2024-03-02T10:00:01Z"), S("Subject: x\n\nbody\n"), S("ada.dorn"),
                     &(struct feed_done){written, &sum, 900, "y"});
    number = 2;
    assert_int_equal(sum, 0);
    assert_true(feed_until(f, at("2024-03-02T00:00:00Z"), &e));
    assert_int_equal(sum, 41);
    assert_int_equal(feed_records(f, SOURCE_MAIL), 1);
    assert_int_equal(feed_records(f, SOURCE_MAILBOX), 0);
    end(f, t, "2024-04-01T00:00:00Z");
    assert_int_equal(sum, 941);
    assert_file("www/access-2024-03.log", "made with 2\n");
    assert_file("mail/journal-2024-03.mbox", "From x\n\nbody\n\n");
    assert_file("mail/mailbox-ada.dorn/cur/1709373601.3.exercise:2,S", "Subject: x\n\nbody\n");
}

/* A note goes with the next record, wherever it ends up; what is not written is not told. */
static void the_truth_knows_the_place(void **state) {
    struct truth *t;
    struct feed *const f = begin(&t);
    struct buf b = {0}, file = {0};
    struct err e;
    char place[120];
    (void)state;

    uint32_t const n = truth_intrusion(t, "shape", "title", NULL);

    truth_note(t, n, TRUTH_ACT, "T1190", "initial-access", "the second");
    feed_add(f, at("2024-03-01T10:00:02Z"), SOURCE_IIS1, S("second"));
    feed_add(f, at("2024-03-01T10:00:01Z"), SOURCE_IIS1, S("first"));
    truth_note(t, n, TRUTH_ACT, "T1190", "initial-access", "never written");
    feed_add(f, at("2024-06-01T10:00:02Z"), SOURCE_IIS1, S("never"));
    truth_note(t, TRUTH_HARMLESS, TRUTH_ACT, "", "", "harmless");
    feed_add(f, at("2024-03-01T10:00:03Z"), SOURCE_VPN, S("vpn"));
    assert_true(feed_close(f, at("2024-04-01T00:00:00Z"), &e));
    assert_int_equal(truth_events(t, n, TRUTH_ACT), 1);
    truth_json(t, &b);
    buf_byte(&b, '\0');
    assert_true(file_read("iis/MX01/u_ex202403.log", 4096, &file, &e));
    snprintf(place, sizeof place, "\"file\":\"iis/MX01/u_ex202403.log\",\"record\":2,\"offset\":%zu,",
             str_find(buf_str(&file), S("second\r\n")));
    assert_non_null(strstr(b.ptr, place));
    assert_non_null(
        strstr(b.ptr, "\"first\":\"2024-03-01T10:00:02Z\",\"last\":\"2024-03-01T10:00:02Z\",\n  \"began\":null"));
    assert_non_null(strstr(b.ptr, "\"harmless\":[\n   {\"time\":\"2024-03-01T10:00:03Z\",\"source\":\"vpn\""));
    assert_null(strstr(b.ptr, "never"));
    buf_free(&b);
    buf_free(&file);
    feed_free(f);
    truth_free(t);
}

static void doors_and_what_was_reached(void **state) {
    struct truth *t;
    struct buf b = {0};
    struct err e;
    (void)state;

    assert_true(truth_new(&t, &e));
    uint32_t const n = truth_intrusion(t, "shape", "title", "somehow");
    uint32_t const used = truth_door(t, n, "session", S("a\"b"), INSTANT_NONE);
    uint32_t const open = truth_door(t, n, "account", S("c"), at("2024-03-05T00:00:00Z"));

    truth_door_used(t, n, used, at("2024-03-03T00:00:00Z"));
    truth_door_used(t, n, used, at("2024-03-02T00:00:00Z"));
    truth_door_closed(t, n, used, at("2024-03-04T00:00:00Z"), "sessions revoked");
    truth_door_used(t, n, open, at("2024-03-04T00:00:00Z"));
    truth_put(t, n, TRUTH_HOSTS, S("H1"));
    truth_put(t, n, TRUTH_HOSTS, S("H1"));
    truth_read(t, n, S("box"), 2);
    truth_read(t, n, S("box"), 3);
    truth_object(t, n, S("roll"), 100);
    truth_object(t, n, S("roll"), 100);
    truth_object(t, n, S("other"), 20);
    truth_put(t, TRUTH_HARMLESS, TRUTH_HOSTS, S("nobody's"));
    truth_json(t, &b);
    buf_byte(&b, '\0');
    assert_non_null(strstr(b.ptr,
                           "{\"kind\":\"session\",\"identity\":\"a\\\"b\",\"opened\":\"2024-03-02T00:00:00Z\",\"last_"
                           "used\":\"2024-03-03T00:00:00Z\","
                           "\"closed\":\"2024-03-04T00:00:00Z\",\"state\":\"closed\",\"how\":\"sessions revoked\"}"));
    assert_non_null(strstr(b.ptr, "\"opened\":\"2024-03-04T00:00:00Z\",\"last_used\":\"2024-03-05T00:00:00Z\","
                                  "\"closed\":null,\"state\":\"open\"}"));
    assert_non_null(strstr(b.ptr, "\"hosts\":[\"H1\"]"));
    assert_non_null(strstr(b.ptr, "\"mailboxes\":[{\"mailbox\":\"box\",\"messages\":5}]"));
    assert_non_null(strstr(b.ptr, "\"register_records\":120"));
    buf_free(&b);
    truth_free(t);
}

/* Wherever memory runs out, that is told, nothing is leaked or read that is not there, and no truth is written of half a thing. */
static void every_allocation_may_fail(void **state) {
    struct exercise const x = {.seed = 9, .years = 1, .accounts = 20, .scale = 1, .folder = "x"};
    struct exercise_told told;
    (void)state;

    REFUSE_OR_SKIP();
    for (long n = 0; n < 400000; n = n < 60 ? n + 1 : n + n / 3) {
        for (unsigned k = 0; k < 2; k++) {
            struct err e = {0};

            memory_gone_for_good = k == 0;
            memory_refused = false;
            memory_left = n;
            bool const ok = exercise_write(&x, &told, &e);

            memory_left = -1;
            if (memory_refused ? ok || e.code != ERR_MEMORY : !ok)
                fail_msg("request %ld: %s, %s", n, ok ? "written" : "failed", e.text);
            assert_int_equal(access("x/TRUTH.json", F_OK) == 0, ok);
            assert_int_equal(system("rm -rf x"), 0);
        }
    }
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_enter, folder_leave)
    struct CMUnitTest const cases[] = {
        CASE(in_the_order_of_their_times),  CASE(each_in_its_month),         CASE(numbers_have_no_gaps),
        CASE(what_is_made_when_it_is_time), CASE(the_truth_knows_the_place), CASE(doors_and_what_was_reached),
        CASE(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
