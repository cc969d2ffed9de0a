/* test_mail_follow: what followed, for whom, and what is no news. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "incident/mail_follow.h"

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)
#define OPENED INT64_C(1611500000000000000)

static uint32_t person(void *ctx, str account) {
    (void)ctx;
    return str_eq(account, S("ann")) ? 0 : str_eq(account, S("bob")) ? 1 : UINT32_MAX;
}

struct seen {
    int64_t after; /* OPENED, in days */
    const char *account, *target, *from, *program, *outcome;
    const char *tag; /* a finding stands there, of a rule with this tag; NULL: none */
};

static struct normal_event event_of(const struct seen *s, uint64_t offset) {
    struct normal_event v = {.when = OPENED + s->after * DAY,
                             .evidence_path = S("logs/audit"),
                             .evidence_sha256 = "ab",
                             .record = offset + 1,
                             .offset = offset};

    for (size_t i = 0; i < ROLES; i++)
        v.roles[i] = S("");
    v.roles[ROLE_ACCOUNT] = str_of(s->account);
    v.roles[ROLE_TARGET_ACCOUNT] = str_of(s->target);
    v.roles[ROLE_CLIENT_ADDRESS] = str_of(s->from);
    v.roles[ROLE_CLIENT_PROGRAM] = str_of(s->program);
    v.roles[ROLE_OUTCOME] = str_of(s->outcome);
    return v;
}

static void finding(struct mail_follow *f, const struct normal_event *v, const char *tag) {
    str const tags[] = {STR("attack.persistence"), str_of(tag)};
    struct sigma_rule const rule = {.type = SIGMA_DETECTION, .title = S("a rule"), .tags = tags, .tag_count = 2};
    struct finding const found = {
        .rule = &rule, .evidence_path = v->evidence_path, .record = v->record, .offset = v->offset};
    struct err e = {0};

    assert_true(mail_follow_finding(f, &found, &e));
}

static bool on_followed(void *ctx, const struct mail_followed *f, struct err *e) {
    (void)e;
    assert_true(str_eq(f->evidence_path, S("logs/audit")) && f->evidence_sha256[0] == 'a' &&
                f->record == f->offset + 1);
    buf_format(ctx, "%.*s@%ld %.*s", STR_ARG(mail_follow_name(f->what)), (long)((f->when - OPENED) / DAY),
               STR_ARG(f->detail));
    if (f->known)
        buf_format(ctx, " known %ld", (long)(f->known / DAY));
    buf_format(ctx, " #%lu; ", (unsigned long)f->offset);
    return true;
}

#define SEEN_MAX 6
static const struct {
    const char *name;
    struct seen seen[SEEN_MAX];
    const char *ann; /* what followed for ann, who opened */
} cases[] = {
    {"a network never before",
     {{-30, "ann", "", "192.0.2.1", "", "", NULL}, {3, "ann", "", "198.51.100.7", "", "", NULL}},
     "new network@3 198.51.100.0/24 known 33 #1; "},
    {"another address of the same network",
     {{-30, "ann", "", "192.0.2.1", "", "", NULL}, {3, "ann", "", "192.0.2.200", "", "", NULL}},
     ""},
    {"of the sixth version",
     {{-30, "ann", "", "2001:db8:1::1", "", "", NULL},
      {3, "ann", "", "2001:db8:1:2::1", "", "", NULL},
      {4, "ann", "", "2001:db8:2::1", "", "", NULL}},
     "new network@4 2001:db8:2::/48 known 34 #2; "},
    {"seen again later",
     {{-30, "ann", "", "192.0.2.1", "", "", NULL},
      {5, "ann", "", "198.51.100.7", "", "", NULL},
      {3, "ann", "", "198.51.100.9", "", "", NULL}},
     "new network@3 198.51.100.0/24 known 33 #2; "},
    {"seen before, in a file that was read later",
     {{-30, "ann", "", "192.0.2.1", "", "", NULL},
      {5, "ann", "", "198.51.100.7", "", "", NULL},
      {-3, "ann", "", "198.51.100.9", "", "", NULL}},
     ""},
    {"nothing known from before", {{3, "ann", "", "198.51.100.7", "A", "", NULL}}, ""},
    {"failed", {{-30, "ann", "", "192.0.2.1", "", "", NULL}, {3, "ann", "", "198.51.100.7", "", "failure", NULL}}, ""},
    {"somebody else", {{-30, "ann", "", "192.0.2.1", "", "", NULL}, {3, "bob", "", "198.51.100.7", "", "", NULL}}, ""},
    {"nobody", {{-30, "ann", "", "192.0.2.1", "", "", NULL}, {3, "zoe", "", "198.51.100.7", "", "", NULL}}, ""},
    {"91 days later", {{-30, "ann", "", "192.0.2.1", "", "", NULL}, {91, "ann", "", "198.51.100.7", "", "", NULL}}, ""},
    {"90 days later",
     {{-30, "ann", "", "192.0.2.1", "", "", NULL}, {90, "ann", "", "198.51.100.7", "", "", NULL}},
     "new network@90 198.51.100.0/24 known 120 #1; "},
    {"no address", {{-30, "ann", "", "192.0.2.1", "", "", NULL}, {3, "ann", "", "somewhere", "", "", NULL}}, ""},
    {"a program never before",
     {{-30, "ann", "", "", "Chrome/87.0.4280", "", NULL},
      {3, "ann", "", "", "Chrome/88.0.4324", "", NULL},
      {4, "ann", "", "", "python-requests/2.25.1", "", NULL}},
     "new program@4 python-requests/ known 34 #2; "},
    {"a protocol never before",
     {{-30, "ann", "", "", "Chrome/87", "", NULL},
      {3, "ann", "", "", "BAV2ROPC", "", NULL},
      {4, "ann", "", "", "BAV2ROPC", "", NULL}},
     "new program@3 BAVROPC known 33 #1; legacy protocol@3 BAV2ROPC known 33 #1; "},
    {"a protocol always used", {{-30, "ann", "", "", "IMAP4", "", NULL}, {3, "ann", "", "", "IMAP4", "", NULL}}, ""},
    {"a rule", {{3, "ann", "", "", "", "", "attack.t1114.003"}}, "forwarding@3 a rule #0; "},
    {"all that rules mean",
     {{1, "ann", "", "", "", "", "attack.T1564.008"},
      {2, "ann", "", "", "", "", "attack.t1528"},
      {3, "ann", "", "", "", "", "longwatch.password-reset"},
      {4, "ann", "", "", "", "", "attack.t1556.006"},
      {5, "ann", "", "", "", "", "attack.t1098.002"}},
     "inbox rule@1 a rule #0; application consent@2 a rule #1; password reset@3 a rule #2; second factor@4 a rule #3; "
     "mailbox permission@5 a rule #4; "},
    {"by an administrator",
     {{3, "root", "ann", "", "", "", "longwatch.password-reset"}},
     "password reset@3 a rule #0; "},
    {"by herself, once", {{3, "ann", "ann", "", "", "", "longwatch.password-reset"}}, "password reset@3 a rule #0; "},
    {"of another", {{3, "root", "bob", "", "", "", "longwatch.password-reset"}}, ""},
    {"before", {{-1, "ann", "", "", "", "", "attack.t1528"}}, ""},
    {"long after", {{91, "ann", "", "", "", "", "attack.t1528"}}, ""},
    {"a rule about something else", {{3, "ann", "", "", "", "", "attack.t1059"}}, ""},
    {"a tag that begins so", {{3, "ann", "", "", "", "", "attack.t1114.0031"}}, ""},
};

static void followed(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mail_follow *f;
        struct buf told = {0};
        struct err e = {0};

        assert_true(mail_follow_new(&f, 1 << 20, person, NULL, &e));
        for (size_t k = SEEN_MAX; k-- > 0;)
            if (cases[i].seen[k].tag) {
                struct normal_event const v = event_of(&cases[i].seen[k], k);

                finding(f, &v, cases[i].seen[k].tag);
            }
        for (size_t k = 0; k < SEEN_MAX && cases[i].seen[k].account; k++) {
            struct normal_event const v = event_of(&cases[i].seen[k], k);

            assert_true(mail_follow_event(f, &v, true, &e));
        }
        assert_true(mail_follow_after(f, 0, OPENED, on_followed, &told, &e));
        if (!str_eq(buf_str(&told), str_of(cases[i].ann)))
            fail_msg("%s: got\n%.*s\nwant\n%s", cases[i].name, STR_ARG(buf_str(&told)), cases[i].ann);
        told.len = 0;
        assert_true(mail_follow_after(f, 2, OPENED, on_followed, &told, &e)); /* nobody */
        assert_true(mail_follow_after(f, 0, INSTANT_NONE, on_followed, &told, &e));
        assert_int_equal(told.len, 0);
        assert_int_equal(mail_follow_lost(f), 0);
        buf_free(&told);
        mail_follow_free(f);
    }
}

/* Two rules on one event are two; one rule twice is one; events of other kinds say nothing of clients. */
static void several(void **state) {
    struct seen const seen = {3, "ann", "", "198.51.100.7", "A", "", NULL},
                      before = {-3, "ann", "", "192.0.2.1", "B", "", NULL};
    struct normal_event const v = event_of(&seen, 7), old = event_of(&before, 8);
    struct mail_follow *f;
    struct buf told = {0};
    struct err e = {0};

    (void)state;
    assert_true(mail_follow_new(&f, 1 << 20, person, NULL, &e));
    finding(f, &v, "attack.t1528");
    finding(f, &v, "attack.t1114.003");
    finding(f, &v, "attack.t1528");
    assert_true(mail_follow_event(f, &old, true, &e) && mail_follow_event(f, &v, false, &e));
    assert_true(mail_follow_after(f, 0, OPENED, on_followed, &told, &e));
    assert_true(str_eq(buf_str(&told), S("forwarding@3 a rule #7; application consent@3 a rule #7; ")));
    buf_free(&told);
    mail_follow_free(f);
}

/* What does not fit is counted; nothing else happens. */
static void memory(void **state) {
    struct mail_follow *f;
    struct buf told = {0};
    struct err e = {0};

    (void)state;
    assert_true(mail_follow_new(&f, 8192, person, NULL, &e));
    for (unsigned i = 0; i < 1000; i++) {
        char from[32];
        struct seen const seen = {(int64_t)i - 500, "ann", "", from, "", "", NULL};

        snprintf(from, sizeof from, "10.%u.%u.1", i / 256, i % 256);
        struct normal_event const v = event_of(&seen, i);

        finding(f, &v, "attack.t1528");
        assert_true(mail_follow_event(f, &v, true, &e));
    }
    assert_true(mail_follow_lost(f) > 1000);
    assert_true(mail_follow_after(f, 0, OPENED, on_followed, &told, &e));
    buf_free(&told);
    mail_follow_free(f);
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(followed),
        cmocka_unit_test(several),
        cmocka_unit_test(memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
