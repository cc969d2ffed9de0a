/* test_mail_case: a campaign written into a case and read out of it; cases that somebody else has written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "../folder.h"
#include "../incident/mail_made.h"
#include "report/mail_case.h"

static const struct mail_reason reasons[] = {{STR("unique tokens"), 3, STR("two")},
                                             {STR("years of mail"), -3.5, STR("x\"y")}};
static const str senders[] = {STR("a@x.example"), STR("b@\"y\".example")};
static const uint64_t numbers[] = {0, 1};
static const struct mail_token tokens[] = {
    {STR("p.example"), STR("https://p.example/t1.gif"), STR("t1"), HTML_IMAGE, HTML_HIDDEN, 0, false},
    {STR("p.example"), STR("https://p.example/t2.gif"), STR("t2"), HTML_LINK, 0, 1, true}};
static const struct mail_recipient recipients[] = {
    {STR("m@parl.example"), STR("members"), true, numbers, 2, tokens, 2, MADE_START, MADE_START + MADE_DAY},
    {STR("s@parl.example"), STR("staff"), false, numbers, 1, NULL, 0, INSTANT_NONE, INSTANT_NONE}};
static const struct mail_campaign_message messages[] = {
    {STR("a.mbox"), "aa", 1, 2, 3, MADE_START, STR("1@x"), STR("a@x.example"), STR("Ann"), STR(""), STR("S")},
    {STR("a.mbox"), "aa", 4, 5, 1, INSTANT_NONE, STR("2@x"), STR("b@x.example"), STR(""), STR(""), STR("S")}};

static struct mail_campaign campaign_of(uint64_t number) {
    return (struct mail_campaign){.number = number,
                                  .score = 6.5,
                                  .reasons = reasons,
                                  .reason_count = 2,
                                  .subject = STR("S"),
                                  .service = STR(""),
                                  .senders = senders,
                                  .sender_count = 2,
                                  .first = MADE_START,
                                  .last = INSTANT_NONE,
                                  .messages = messages,
                                  .message_count = 2,
                                  .copies = 4,
                                  .recipients = recipients,
                                  .recipient_count = 2,
                                  .token_count = 2};
}

static void write_case(const char *path, uint64_t campaigns) {
    struct case_writer *w = NULL;
    struct mail_opening const opening = {.status = MAIL_OPENED,
                                         .when = MADE_START + 5,
                                         .from = STR("192.0.2.1"),
                                         .with = STR("agent"),
                                         .source = STR("log, record 3"),
                                         .follow_ups = 1,
                                         .follow_ups_text = STR("then")};
    struct err e = {0};

    assert_true(case_writer_open(&w, path, false, &e));
    for (uint64_t i = 1; i <= campaigns; i++) {
        struct mail_campaign const c = campaign_of(i);

        if (!mail_case_campaign(w, &c, &e))
            fail_msg("%s", e.text);
    }
    if (campaigns) {
        assert_true(mail_case_opening(w, 1, S("m@parl.example"), &opening, &e));
        assert_false(mail_case_opening(w, 1, S("nobody@parl.example"), &opening, &e));
        assert_int_equal(e.code, ERR_USAGE);
        assert_false(mail_case_opening(w, 99, S("m@parl.example"), &opening, &e));
    }
    assert_true(case_writer_finish(w, &e));
    case_writer_close(w);
}

static bool on_campaign(void *ctx, const struct mail_case_line *c, struct err *e) {
    unsigned *const count = ctx;
    (void)e;

    ++*count;
    assert_int_equal(c->number, *count);
    assert_true(c->score > 6.4 && c->score < 6.6);
    assert_true(str_eq(c->subject, S("S")));
    assert_int_equal(c->senders.count, 2);
    assert_true(str_eq(c->senders.items[1], senders[1]));
    assert_int_equal(c->hosts.count, 0);
    assert_int_equal(c->first, MADE_START);
    assert_int_equal(c->last, INSTANT_NONE);
    assert_int_equal(c->messages, 2);
    assert_int_equal(c->copies, 4);
    assert_int_equal(c->recipients, 2);
    assert_int_equal(c->tokens, 2);
    assert_int_equal(c->opened, *count == 1);
    assert_int_equal(c->fetched, 0);
    assert_int_equal(c->reason_count, 2);
    assert_true(str_eq(c->reasons[1].detail, S("x\"y")) && c->reasons[1].weight == -3.5);
    return true;
}

static bool on_recipient(void *ctx, const struct mail_case_recipient *r, struct err *e) {
    unsigned *const count = ctx;
    (void)e;

    if (++*count == 1) {
        assert_true(str_eq(r->address, S("m@parl.example")) && str_eq(r->group, S("members")));
        assert_int_equal(r->messages, 2);
        assert_int_equal(r->tokens, 2);
        assert_true(str_eq(r->token, S("t1")) && str_eq(r->token_url, S("https://p.example/t1.gif")));
        assert_true(str_eq(r->status, S("opened")) && str_eq(r->opened_with, S("agent")));
        assert_int_equal(r->opened, MADE_START + 5);
        assert_int_equal(r->follow_ups, 1);
    } else {
        assert_true(str_eq(r->address, S("s@parl.example")) && str_eq(r->status, S("addressed")));
        assert_int_equal(r->opened, INSTANT_NONE);
    }
    return true;
}

static void what_was_written_is_read(void **state) {
    unsigned count = 0;
    struct err e = {0};
    (void)state;

    write_case("c", 3);
    if (!mail_case_campaigns("c", 0, on_campaign, &count, &e))
        fail_msg("%s", e.text);
    assert_int_equal(count, 3);
    count = 0;
    assert_true(mail_case_campaigns("c", 2, on_campaign, &count, &e));
    assert_int_equal(count, 2);
    count = 0;
    assert_true(mail_case_recipients("c", 1, S(""), on_recipient, &count, &e));
    assert_int_equal(count, 2);
    count = 1;
    assert_true(mail_case_recipients("c", 1, S("staff"), on_recipient, &count, &e));
    assert_int_equal(count, 2);
    assert_false(mail_case_recipients("c", 4, S(""), on_recipient, &count, &e));
    assert_string_equal(e.text, "c has no campaign 4");
}

static uint64_t asked(const char *query) {
    sqlite3 *db;
    sqlite3_stmt *s;
    uint64_t n;

    assert_int_equal(sqlite3_open("c/case.db", &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    n = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

static void messages_and_tokens_are_there(void **state) {
    (void)state;
    write_case("c", 1);
    assert_int_equal(asked("SELECT count(*) FROM mail_message WHERE campaign = 1 AND evidence_path = 'a.mbox'"), 2);
    assert_int_equal(asked("SELECT offset FROM mail_message WHERE number = 1 AND time IS NULL"), 5);
    assert_int_equal(asked("SELECT count(*) FROM mail_token"), 2);
    assert_int_equal(asked("SELECT message FROM mail_token WHERE token = 't2' AND by_shape = 1 AND hidden = 0"), 1);
    assert_int_equal(asked("SELECT hidden FROM mail_token WHERE token = 't1' AND place = 'image'"), 1);
}

static bool count_line(void *ctx, const struct mail_case_line *c, struct err *e) {
    (void)c;
    (void)e;
    ++*(unsigned *)ctx;
    return true;
}

static bool refuse_line(void *ctx, const struct mail_case_line *c, struct err *e) {
    (void)ctx;
    (void)c;
    return err_set(e, ERR_INTERRUPTED, 0, "enough");
}

/* A stranger's case: whatever it says, an answer or an error, in bounds. */
static void cases_of_strangers(void **state) {
    static const struct {
        const char *name, *change;
        bool ok;
        unsigned lines;
    } cases[] = {
        {"no list", "UPDATE mail_campaign SET senders = 'no list'", true, 1},
        {"a list of no texts", "UPDATE mail_campaign SET senders = '[1,{\"a\":2},[]]'", true, 1},
        {"numbers below 0", "UPDATE mail_campaign SET messages = -5, score = -1e308", true, 1},
        {"a thousand reasons",
         "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 1010) INSERT INTO mail_reason "
         "SELECT 1, i, 'x', 1, 'y' FROM n",
         true, 1},
        {"a table is missing", "DROP TABLE mail_reason", false, 0},
        {"a view that never ends in its place",
         "DROP TABLE mail_campaign; CREATE VIEW mail_campaign AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + "
         "1 "
         "FROM n) SELECT i number FROM n",
         false, 0},
        {"other columns", "DROP TABLE mail_campaign; CREATE TABLE mail_campaign (number INTEGER)", false, 0},
        {"an older version", "PRAGMA user_version = 3", false, 0},
        {"a newer version", "PRAGMA user_version = 7", false, 0},
    };
    struct err e = {0};
    unsigned count = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        sqlite3 *db;

        assert_int_equal(system("rm -rf c"), 0);
        write_case("c", 1);
        assert_int_equal(sqlite3_open("c/case.db", &db), SQLITE_OK);
        if (sqlite3_exec(db, cases[i].change, NULL, NULL, NULL) != SQLITE_OK)
            fail_msg("%s: %s", cases[i].name, sqlite3_errmsg(db));
        sqlite3_close(db);
        count = 0;
        e = (struct err){0};
        if (mail_case_campaigns("c", 0, count_line, &count, &e) != cases[i].ok || count != cases[i].lines)
            fail_msg("%s: %u lines, %s", cases[i].name, count, e.text);
        if (!cases[i].ok)
            assert_true(e.code == ERR_USAGE || e.code == ERR_CORRUPT);
    }
    assert_int_equal(system("rm -rf c"), 0);
    write_case("c", 2);
    assert_false(mail_case_campaigns("c", 0, refuse_line, NULL, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
}

static void without_mail(void **state) {
    struct err e = {0};
    unsigned count = 0;
    (void)state;

    write_case("c", 0);
    assert_true(mail_case_campaigns("c", 0, on_campaign, &count, &e));
    assert_int_equal(count, 0);
    assert_false(mail_case_campaigns("absent", 0, on_campaign, &count, &e));
    assert_int_equal(e.code, ERR_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_read, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(messages_and_tokens_are_there, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(cases_of_strangers, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(without_mail, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
