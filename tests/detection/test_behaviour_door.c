/* test_behaviour_door: what is made in accounts: what it weighs by itself, by whom it was made, and which parts it brings. */
#include "account_say.h"
#include "../refuse.h"
#include "detection/behaviour_door_name.h"

#define LINUX "Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0"
#define ADA "ada@hall.example"
#define STRONGEST 1.0 /* data/behaviours/incident.yml: without one clue like this there is no incident */

/* One door, made by day from the office; or by whoever reads through relays, at night, without saying from where. */
struct made {
    const char *name;
    enum act act;
    const char *account, *object, *detail, *target, *verb;
    unsigned times, foreign; /* foreign: 1 in its session, 2 without address and session, beside its acts */
    enum act_outcome outcome;
    const char *behaviour; /* NULL: none tells of it */
    double weight;
    const char *says, *part, *no_part;
};

static const struct made cases[] = {
    {"a rule for newsletters", ACT_RULE_NEW, ADA, "ada@hall.example\\Newsletters", "move to Reading", ADA, NULL, 1, 0,
     0, "rule-new", 0.1, "1 of ", "account ada@", "own"},
    {"a rule that sends mail to a colleague", ACT_RULE_NEW, ADA, "Holiday", "bo@hall.example", ADA, NULL, 1, 0, 0,
     "rule-new", 0.1, NULL, NULL, "own"},
    {"a rule that sends mail home", ACT_RULE_NEW, ADA, "Send to home", "ada@home.example", ADA, NULL, 1, 0, 0,
     "rule-new", 0.5, "sends mail outside", "object ada@home.example", "own"},
    {"a rule without a name that sends mail outside", ACT_RULE_NEW, ADA, "ada@hall.example\\.", "box@keep.test", ADA,
     NULL, 1, 0, 0, "rule-new", 0.9, "next to no name", NULL, "own"},
    {"the same by the foreign client", ACT_RULE_NEW, ADA, "ada@hall.example\\.", "box@keep.test", ADA, NULL, 1, 1, 0,
     "rule-new", 1.9, "made by a client that shares nothing", "own client ", NULL},
    {"where it leads is the intruder's", ACT_RULE_NEW, ADA, "ada@hall.example\\.", "box@keep.test", ADA, NULL, 1, 1, 0,
     "rule-new", 1.9, NULL, "own object box@keep.test", NULL},
    {"a rule that hides", ACT_RULE_NEW, ADA, "Tidy", "move to RSS Feeds", ADA, NULL, 1, 0, 0, "rule-new", 0.4,
     "hides mail", NULL, "own"},
    {"a rule that could not be made", ACT_RULE_NEW, ADA, ".", "box@keep.test", ADA, NULL, 1, 0, OUTCOME_FAILURE, NULL,
     0, NULL, NULL, NULL},
    {"a leaver's mail to a colleague", ACT_FORWARD_NEW, "bo@hall.example", "ada@hall.example", "cem@hall.example", ADA,
     NULL, 1, 0, 0, "forward-new", 0.1, NULL, "account bo@", "own"},
    {"mail outside", ACT_FORWARD_NEW, ADA, "ada@hall.example", "keep@box.test", ADA, NULL, 1, 0, 0, "forward-new", 0.6,
     "leads outside", "account ada@", "own"},
    {"mail outside by the foreign client", ACT_FORWARD_NEW, ADA, "ada@hall.example", "keep@box.test", ADA, NULL, 1, 1,
     0, "forward-new", 1.6, NULL, "own object keep@box.test", NULL},
    {"an application for everybody", ACT_CONSENT_NEW, "bo@hall.example", "app-1", "User.Read Mail.Read",
     "bo@hall.example", "everybody", 1, 0, 0, "consent-new", 0.1, NULL, NULL, "own"},
    {"an application that reads calendars", ACT_CONSENT_NEW, ADA, "app-1", "User.Read Calendars.Read", ADA, "one", 1, 0,
     0, "consent-new", 0.1, NULL, NULL, "own"},
    {"an application that reads mail", ACT_CONSENT_NEW, ADA, "app-1", "offline_access Mail.Read", ADA, "one", 1, 0, 0,
     "consent-new", 0.6, "may read mail", "own object app-1", NULL},
    {"the same beside the foreign client's acts", ACT_CONSENT_NEW, ADA, "app-1", "offline_access Mail.Read", ADA, "one",
     1, 2, 0, "consent-new", 1.6, "made by a client", "own client ", NULL},
    {"a secretariat's mailbox", ACT_DELEGATE_NEW, "bo@hall.example", "FullAccess", "cem@hall.example", ADA, NULL, 1, 0,
     0, "delegate-new", 0.2, NULL, "account ada@", "own"},
    {"several mailboxes in a day", ACT_DELEGATE_NEW, "bo@hall.example", "FullAccess", "cem@hall.example", ADA, NULL, 3,
     0, 0, "delegate-new", 0.5, "one of several", NULL, "own"},
    {"a key", ACT_KEY_NEW, "bo@hall.example", "Application_7", "secret", "7", NULL, 1, 0, 0, "key-new", 0.4, NULL, NULL,
     "own"},
    {"an application", ACT_APP_NEW, "bo@hall.example", "Survey", "Application_7", NULL, NULL, 1, 0, 0,
     "application-new", 0.2, NULL, NULL, "own"},
    {"an application that is called as another", ACT_APP_NEW, "bo@hall.example", "rnicrosoft_office", "Application_7",
     NULL, NULL, 1, 0, 0, "application-new", 1.2, "looks like another's", "own object Application_7", NULL},
    {"a role", ACT_ROLE_NEW, "bo@hall.example", "Staff", NULL, ADA, NULL, 1, 0, 0, "role-new", 0.1, NULL, NULL, "own"},
    {"eight mighty roles", ACT_ROLE_NEW, "bo@hall.example", "Global Administrator", NULL, ADA, NULL, 8, 0, 0,
     "role-new", 0.7, "administers", NULL, "own"},
    {"somebody new", ACT_ACCOUNT_NEW, "bo@hall.example", "mia@hall.example", NULL, "mia@hall.example", NULL, 1, 0, 0,
     "account-new", 0.1, NULL, "account mia@", "own"},
    {"somebody new who is called as the house", ACT_ACCOUNT_NEW, "bo@hall.example", NULL, NULL,
     "rnicrosoft@hall.example", NULL, 1, 0, 0, "account-new", 1.0, NULL, "own account rnicrosoft@", NULL},
    {"a new telephone as second factor", ACT_FACTOR_NEW, ADA, "Authenticator", NULL, ADA, NULL, 1, 0, 0, "factor-new",
     0.1, NULL, NULL, "own"},
    {"the same by the foreign client", ACT_FACTOR_NEW, ADA, "Authenticator", NULL, ADA, NULL, 1, 1, 0, "factor-new",
     1.1, NULL, "own client ", NULL},
    {"the service itself", ACT_DELEGATE_NEW, "NT AUTHORITY\\SYSTEM (Host)", "FullAccess", "discovery", ADA, NULL, 1, 0,
     0, "delegate-new", 0.06, NULL, NULL, "own"},
};

static const struct made *playing;

static void play(struct say *s) {
    char browser[128];

    /* Whom the intruder reads. */
    for (int64_t day = 100; playing->foreign && day < 220; day += 4) {
        char at[32];

        snprintf(at, sizeof at, "198.51.%d.20", (int)day);
        use(s, day, 160, ADA, at, LINUX, "theirs", 4);
    }
    s->theirs = true;
    for (unsigned n = 0; n < (playing->times ? playing->times : 1); n++) {
        struct line l = {.day = playing->foreign ? 140 : 143,
                         .minute = playing->foreign ? 165 + n : 9 * 60 + n,
                         .act = playing->act,
                         .account = playing->account,
                         .object = playing->object,
                         .detail = playing->detail,
                         .target = playing->target,
                         .verb = playing->verb,
                         .outcome = playing->outcome};

        if (playing->foreign == 1) {
            l.address = "198.51.140.20";
            l.session = "theirs";
        } else if (!playing->foreign && str_find(str_of(playing->account), S("NT ")) == SIZE_MAX) {
            l.address = OFFICE;
            l.program = laptop(0, 143, browser);
        }
        say_line(s, &l);
    }
    s->theirs = false;
}

static bool is_door(const char *reason) {
    return strstr(reason, " do such things;") != NULL;
}

static void doors(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct made *const c = &cases[i];
        struct told_all *t;
        const struct told *hit = NULL;
        uint64_t their;

        playing = c;
        t = told_of(play, NULL, &their);
        for (size_t k = 0; k < t->count; k++)
            if (is_door(t->items[k].reason)) {
                if (hit)
                    fail_msg("%s: more than one hit", c->name);
                hit = &t->items[k];
            }
        if (!hit != !c->behaviour)
            fail_msg("%s: %s", c->name, hit ? hit->reason : "nothing was told");
        if (hit) {
            if (hit->weight < c->weight - 1e-9 || hit->weight > c->weight + 1e-9)
                fail_msg("%s: weighs %f, not %f: %s", c->name, hit->weight, c->weight, hit->reason);
            if (hit->theirs != their || hit->others)
                fail_msg("%s: %u of %u events, %u others", c->name, hit->theirs, (unsigned)their, hit->others);
            if (c->says && !strstr(hit->reason, c->says))
                fail_msg("%s: does not say `%s`: %s", c->name, c->says, hit->reason);
            if (c->part && !strstr(hit->parts, c->part))
                fail_msg("%s: no part `%s`: %s", c->name, c->part, hit->parts);
            if (c->no_part && strstr(hit->parts, c->no_part))
                fail_msg("%s: part `%s`: %s", c->name, c->no_part, hit->parts);
        }
        free(t);
    }
}

/* With nothing else about them, doors make no incident: by those of the cases that nobody foreign made and no name gives away. */
static void weak_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (cases[i].behaviour && !cases[i].foreign && !strstr(cases[i].name, "called as"))
            assert_true(cases[i].weight < STRONGEST);
}

static void helpdesk(struct say *s) {
    for (int64_t day = 10; day < 300; day += 10)
        SAY(s, day, 490, ACT_DELEGATE_NEW, "bo@hall.example", OFFICE, "Admin/1.0", .object = "FullAccess",
            .detail = "cem@hall.example", .target = ADA);
}

/* What somebody does every ten days weighs three tenths of what it weighs once. */
static void routine(void **state) {
    uint64_t their;
    struct told_all *const t = told_of(helpdesk, "delegate-new", &their);

    (void)state;
    assert_int_equal(t->count, 29);
    for (size_t i = 0; i < t->count; i++)
        assert_true(t->items[i].weight > 0.06 - 1e-9 && t->items[i].weight < 0.06 + 1e-9);
    free(t);
}

/* Roles for an account that was made just before. */
static void with_role(struct say *s) {
    SAY(s, 143, 490, ACT_ACCOUNT_NEW, "bo@hall.example", OFFICE, "Admin/1.0", .target = "mia@hall.example");
    SAY(s, 143, 500, ACT_ROLE_NEW, "bo@hall.example", OFFICE, "Admin/1.0", .object = "Domain Admins",
        .target = "mia@hall.example");
}

static void with_role_later(struct say *s) {
    SAY(s, 143, 490, ACT_ACCOUNT_NEW, "bo@hall.example", OFFICE, "Admin/1.0", .target = "mia@hall.example");
    SAY(s, 146, 500, ACT_ROLE_NEW, "bo@hall.example", OFFICE, "Admin/1.0", .object = "Domain Admins",
        .target = "mia@hall.example");
}

static void roles_of_new_accounts(void **state) {
    static const struct {
        void (*play)(struct say *s);
        double weight;
    } plays[] = {{with_role, 0.4}, {with_role_later, 0.1}};

    (void)state;
    for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++) {
        uint64_t their;
        struct told_all *const t = told_of(plays[i].play, "account-new", &their);

        assert_int_equal(t->count, 1);
        assert_true(t->items[0].weight > plays[i].weight - 1e-9 && t->items[0].weight < plays[i].weight + 1e-9);
        free(t);
    }
}

static void names(void **state) {
    static const struct {
        const char *text;
        bool odd, hides, reads, mighty;
    } texts[] = {
        {"", false, false, false, false},
        {".", true, false, false, false},
        {"ada@hall.example\\.", true, false, false, false},
        {"..,", true, false, false, false},
        {"x", true, false, false, false},
        {"ok", false, false, false, false},
        {"\xc3\xa4\xc3\xb6", false, false, false, false},
        {"....", false, false, false, false},
        {"Newsletters", false, false, false, false},
        {"delete True", false, true, false, false},
        {"move to RSS Subscriptions", false, true, false, false},
        {"move to Reading", false, false, false, false},
        {"openid profile User.Read", false, false, false, false},
        {"Files.Read.All", false, false, true, false},
        {"full_access_as_app", false, false, true, false},
        {"Domain Admins", false, false, false, true},
        {"Remote Desktop Users", false, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        str const s = str_of(texts[i].text);

        if (door_odd(s) != texts[i].odd || door_hides(s) != texts[i].hides || door_reads(s) != texts[i].reads ||
            door_mighty(s) != texts[i].mighty)
            fail_msg("%s", texts[i].text);
    }
}

static void looks(void **state) {
    static const struct {
        const char *name;
        bool alike;
    } cases_of_looks[] = {
        {"rnicrosoft", true},
        {"rnicrosoft_office", true},
        {"Micr0soft Teams", true},
        {"rn1crosoft", true},
        {"0utlook", true},
        {"G00gle Drive", true},
        {"ITCornpany", true},
        {"vvindows update", true},
        {"Microsoft", false},
        {"Microsoft Office", false},
        {"micro", false},
        {"Survey", false},
        {"government", false},
        {"corner office", false},
        {"", false},
        {"modern teams", false},
        {"hall", false},
    };
    struct activities *a;
    struct account_world w;
    struct door_names *n;
    struct say s = {0};
    struct err e;

    (void)state;
    assert_true(activities_new(&a, 1 << 20, NULL, &e));
    s.a = a;
    use(&s, 1, 1, "ada@volkskammer.example", "198.51.100.1", "Mozilla/5.0", "s", 1);
    assert_true(activities_end(a, &e));
    assert_true(account_world_open(&w, a, 45, 5, 0.1, &e));
    assert_true(door_names_new(&n, &w, &e));
    for (size_t i = 0; i < sizeof cases_of_looks / sizeof cases_of_looks[0]; i++)
        if (door_lookalike(n, str_of(cases_of_looks[i].name)) != cases_of_looks[i].alike)
            fail_msg("%s", cases_of_looks[i].name);
    assert_true(door_lookalike(n, S("volkskarnmer-portal")));
    assert_false(door_lookalike(n, S("volkskammer-portal")));
    assert_false(door_outside(n, S("bo@volkskammer.example")));
    assert_false(door_outside(n, S("smtp:Bo@Mail.VOLKSKAMMER.example")));
    assert_false(door_outside(n, S("move to Reading")));
    assert_false(door_outside(n, S("@")));
    assert_true(door_outside(n, S("bo@volkskammer.example.box.test")));
    assert_true(door_outside(n, S("bo@notvolkskammer.example")));
    door_names_free(n);
    account_world_close(&w);
    activities_free(a);
}

static bool count_hit(void *ctx, const struct behaviour_hit *h, struct err *e) {
    (void)e;
    assert_true(h->event_count > 0);
    ++*(size_t *)ctx;
    return true;
}

/* A foreign client with a rule, a session carried elsewhere, a spray: each area's ways are gone. */
static void small_scene(struct say *s) {
    char at[32];

    for (int64_t day = 0; day < 60; day++) {
        use(s, day, 500, ADA, day % 2 ? "198.18.0.5" : "198.18.9.5", "Laptop/1.0", "a", 2);
        use(s, day, 510, ADA, day % 2 ? "198.18.0.5" : "198.18.9.5", "Telephone/1.0", "b", 2);
    }
    for (int64_t day = 40; day < 60; day++) {
        snprintf(at, sizeof at, "198.51.%d.20", (int)day);
        use(s, day, 160, ADA, at, LINUX, "theirs", 4);
    }
    SAY(s, 50, 170, ACT_RULE_NEW, ADA, "198.51.50.20", .session = "theirs", .object = ".", .detail = "x@box.test",
        .target = ADA);
    SAY(s, 50, 600, ACT_MAIL_READ, ADA, "198.51.100.7", "Laptop/1.0", "a", .items = 5);
    for (unsigned n = 0; n < 30; n++)
        SAY(s, 55, 700 + n, ACT_SIGN_IN, ADA, "198.51.100.9", "x", .outcome = OUTCOME_FAILURE);
}

static void every_allocation_may_fail(void **state) {
    struct say s = {0};
    struct behaviours *b;
    struct err e = {0};
    size_t hits = 0, wanted = 0;

    (void)state;
    REFUSE_OR_SKIP();
    assert_true(activities_new(&s.a, 1 << 20, NULL, &e));
    small_scene(&s);
    assert_true(activities_end(s.a, &e));
    assert_true(behaviours_open(&b, &e));
    for (long left = -1;; left++) {
        struct behaviour_run r = {.b = b, .a = s.a, .hit = count_hit, .ctx = &hits};

        hits = 0;
        memory_gone_for_good = false;
        memory_refused = false;
        memory_left = left;
        bool const ok = behaviour_account(&r, &e) && behaviour_door(&r, &e);

        memory_left = -1;
        account_foreign_free(r.foreign);
        buf_free(&r.reason);
        if (left < 0) {
            assert_true(ok && hits >= 4);
            wanted = hits;
            continue;
        }
        if (!memory_refused) {
            assert_true(ok);
            break;
        }
        /* What was refused is told, or was not needed; nothing is told wrongly. */
        if (!ok)
            assert_int_equal(e.code, ERR_MEMORY);
        else
            assert_int_equal(hits, wanted);
    }
    behaviours_free(b);
    activities_free(s.a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doors),
        cmocka_unit_test(weak_alone),
        cmocka_unit_test(routine),
        cmocka_unit_test(roles_of_new_accounts),
        cmocka_unit_test(names),
        cmocka_unit_test(looks),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("detection/behaviour_door", tests, NULL, NULL);
}
