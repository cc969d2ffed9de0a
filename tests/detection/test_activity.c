/* test_activity: what is kept and lost, the order, who is who, and the lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "detection/activity_own.h"

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)
#define START INT64_C(1609459200000000000) /* 2021-01-01 */

/* One activity of a case, in few words; what is left out is "" or 0. */
struct said {
    enum act act;
    int64_t day; /* from START */
    const char *account, *target, *host, *address, *program, *session, *detail, *server;
    enum act_outcome outcome;
};

static struct activity_event event_of(const struct said *s) {
    struct activity_event v = {.when = START + s->day * DAY,
                               .last = START + s->day * DAY,
                               .count = 1,
                               .act = s->act,
                               .outcome = s->outcome,
                               .evidence_path = S("logs/audit"),
                               .evidence_sha256 = "ab"};

    for (size_t t = 0; t < ACT_TEXTS; t++)
        v.text[t] = S("");
    v.text[ACT_ACCOUNT] = str_of(s->account);
    v.text[ACT_TARGET] = str_of(s->target);
    v.text[ACT_HOST] = str_of(s->host);
    v.text[ACT_ADDRESS] = str_of(s->address);
    v.text[ACT_PROGRAM] = str_of(s->program);
    v.text[ACT_SESSION] = str_of(s->session);
    v.text[ACT_DETAIL] = str_of(s->detail);
    v.text[ACT_SERVER] = str_of(s->server);
    return v;
}

static struct activities *begin(void) {
    struct activities *a;
    struct err e;

    assert_true(activities_new(&a, 64 << 20, NULL, &e));
    return a;
}

static void add(struct activities *a, const struct activity_event *v) {
    struct err e;

    assert_true(activities_add(a, v, &e));
}

static void end(struct activities *a) {
    struct err e;

    assert_true(activities_end(a, &e));
}

static uint32_t code(const struct activities *a, const char *text) {
    uint32_t const found = activities_find(a, str_of(text));

    assert_true(found > 0 && str_eq(activities_text(a, found), str_of(text)));
    return found;
}

/* ---- who is who ---- */

#define SPELLINGS 8
static const struct {
    const char *name;
    const char *said[SPELLINGS];
    const char *how;      /* a letter for each: signs in, fails to, mail says it is from; NULL: all sign in */
    const char *entities; /* a letter for each: alike are one */
    const char *shown;    /* of the first */
} accounts[] = {
    {"all spellings of one",
     {"CHAMBER\\jo", "jo@chamber.example", "CHAMBER.EXAMPLE\\jo@CHAMBER.EXAMPLE", "jo", "Jo@Chamber.Example"},
     NULL,
     "aaaaa",
     "jo@chamber.example"},
    {"two domains", {"jo@a.example", "jo@b.example"}, NULL, "ab", "jo@a.example"},
    {"a bare name of two", {"jo", "jo@a.example", "jo@b.example"}, NULL, "abc", "jo"},
    {"a bare name of one", {"jo", "jo@a.example", "ann@b.example"}, NULL, "aab", "jo@a.example"},
    {"a short domain of one of two", {"A\\jo", "jo@a.example", "jo@b.example"}, NULL, "aab", "jo@a.example"},
    {"a short domain of both", {"A\\jo", "jo@a.example", "jo@a.test"}, NULL, "abc", "A\\jo"},
    {"a short domain of none", {"C\\jo", "jo@a.example"}, NULL, "ab", "C\\jo"},
    {"a short domain that only begins alike", {"A\\jo", "jo@ab.example", "jo@a-b.example"}, NULL, "abc", "A\\jo"},
    {"short and bare, and nothing else", {"CHAMBER\\jo", "jo"}, NULL, "aa", "CHAMBER\\jo"},
    {"local accounts of two hosts", {"WS1\\admin", "WS2\\admin", "admin"}, NULL, "abc", "WS1\\admin"},
    {"a machine is no person", {"MX01$", "CHAMBER\\MX01$", "CHAMBER\\mx01"}, NULL, "aab", "CHAMBER\\MX01$"},
    {"numbers", {"S-1-5-18", "s-1-5-18", "S-1-5-19"}, NULL, "aab", "s-1-5-18"},
    {"an id",
     {"FE2D7E87-F1B3-4F57-AD85-E408EF0F0B92", "fe2d7e87-f1b3-4f57-ad85-e408ef0f0b92"},
     NULL,
     "aa",
     "fe2d7e87-f1b3-4f57-ad85-e408ef0f0b92"},
    {"letters beyond ASCII", {"\xc3\x84nne@a.example", "\xc3\xa4nne@a.example"}, NULL, "aa", "\xc3\x84nne@a.example"},
    {"a sender of mail is nobody here", {"jo", "jo@a.example", "jo@spam.example"}, "ssm", "aab", "jo@a.example"},
    {"nor one who never got in", {"jo", "jo@a.example", "jo@b.example"}, "ssf", "aab", "jo@a.example"},
    {"this machine's", {".\\jo", "jo"}, NULL, "aa", "jo"},
    {"in angle brackets", {"<jo@a.example>", "jo@a.example"}, NULL, "aa", "<jo@a.example>"},
    {"a folder of a mailbox", {"jo@a.example\\Inbox", "jo@a.example"}, NULL, "ab", "jo@a.example\\Inbox"},
    {"no name at all", {"@a.example", "a\\", "@", "\\"}, NULL, "abcd", "@a.example"},
    {"a dot at the end", {"jo@a.example.", "jo@a.example"}, NULL, "aa", "jo@a.example."},
};

static void accounts_are_who(void **state) {
    (void)state;
    for (size_t c = 0; c < COUNT(accounts); c++) {
        struct activities *const a = begin();
        size_t const count = strlen(accounts[c].entities);

        for (size_t i = 0; i < count; i++) {
            char const how = accounts[c].how ? accounts[c].how[i] : 's';
            struct activity_event const v =
                event_of(&(struct said){.act = how == 'm' ? ACT_MAIL_OUT : ACT_SIGN_IN,
                                        .account = accounts[c].said[i],
                                        .outcome = how == 'f' ? OUTCOME_FAILURE : OUTCOME_SUCCESS});
            add(a, &v);
        }
        end(a);
        for (size_t i = 0; i < count; i++) {
            uint32_t const x = activities_account(a, code(a, accounts[c].said[i]));

            if (activities_account(a, x) != x)
                fail_msg("%s: %s is no entity of its own", accounts[c].name, accounts[c].said[i]);
            for (size_t k = 0; k < count; k++) {
                uint32_t const y = activities_account(a, code(a, accounts[c].said[k]));

                if ((x == y) != (accounts[c].entities[i] == accounts[c].entities[k]))
                    fail_msg("%s: %s and %s", accounts[c].name, accounts[c].said[i], accounts[c].said[k]);
            }
        }
        str const shown = activities_spelling(a, ENTITY_ACCOUNT, activities_account(a, code(a, accounts[c].said[0])));

        if (!str_eq(shown, str_of(accounts[c].shown)))
            fail_msg("%s: shown as %.*s", accounts[c].name, STR_ARG(shown));
        activities_free(a);
    }
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(accounts_are_who),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
