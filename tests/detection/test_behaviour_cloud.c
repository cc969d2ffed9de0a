/* test_behaviour_cloud: identities in the control plane of a cloud: refused, secrets, logging, machines, what is opened; and builders and services beside them. */
#include "made_acts.h"

#define ANN "arn:aws:iam::1:user/ann"
#define BOB "arn:aws:iam::1:user/bob"
#define ROLE "arn:aws:sts::1:assumed-role/reader/"
#define HOME "198.51.100.9"
#define MACHINE "arn:aws:sts::1:assumed-role/web/i-0dbc91f429e48eeed"
#define DAYS(n) ((int64_t)(n)*86400)

/* A call: of what is an act of another sort (a trail is stopped) the operation is the verb, and the object what it is on. */
struct call {
    const char *account, *address, *program, *operation, *on, *error, *kind;
    enum act act; /* ACT_NONE: no more than a call */
};

static void call_(struct made *m, int64_t at, const struct call *c) {
    struct activity_event v = {.when = START + at * SECOND,
                               .last = START + at * SECOND,
                               .record = ++m->record,
                               .offset = m->record * 100,
                               .count = 1,
                               .act = c->act ? c->act : ACT_API_CALL,
                               .outcome = c->error ? OUTCOME_FAILURE : OUTCOME_SUCCESS,
                               .evidence_path = S("cloud/trail.json"),
                               .evidence_sha256 = "ab"};
    char verb[200];
    struct err e;

    for (size_t t = 0; t < ACT_TEXTS; t++)
        v.text[t] = S("");
    snprintf(verb, sizeof verb, "%s%s%s", c->act ? c->operation : "ec2.amazonaws.com", c->error ? " " : "",
             c->error ? c->error : "");
    v.text[ACT_ACCOUNT] = str_of(c->account ? c->account : ANN);
    v.text[ACT_ADDRESS] = str_of(c->address ? c->address : HOME);
    v.text[ACT_PROGRAM] = str_of(c->program ? c->program : "aws-cli/2.9");
    v.text[ACT_OBJECT] = str_of(c->act ? c->on : c->operation);
    v.text[ACT_DETAIL] = str_of(c->act ? NULL : c->on);
    v.text[ACT_VERB] = str_of(verb);
    v.text[ACT_KIND] = str_of(c->kind ? c->kind : "aws/cloudtrail/ec2.amazonaws.com");
    assert_true(activities_add(m->a, &v, &e));
}
#define call(m, at, ...) call_((m), (at), &(struct call){__VA_ARGS__})

/* ---- refused ---- */

static const struct {
    const char *name;
    const char *error, *kind;
    int things, operations, days;
    int64_t apart; /* seconds */
    bool sessions; /* of one role, another each time */
    size_t hits;
} refusals[] = {
    {"ten things at once", "AccessDenied", NULL, 10, 1, 1, 1, false, 1},
    {"in the words of another service", "Client.UnauthorizedOperation", NULL, 10, 1, 1, 1, false, 1},
    {"by a number, as Google says it", "7", "gcp/audit/iam.googleapis.com", 10, 1, 1, 1, false, 1},
    {"ten operations on one thing", "AccessDenied", NULL, 1, 10, 1, 1, false, 1},
    {"ten things, slowly", "AccessDenied", NULL, 10, 1, 1, 3000, false, 1},
    {"each time a new session of one role", "AccessDenied", NULL, 10, 1, 1, 1, true, 1},
    {"on three days", "AccessDenied", NULL, 10, 1, 3, 1, false, 3},
    {"nine things", "AccessDenied", NULL, 9, 1, 1, 1, false, 0},
    {"one thing over and over", "AccessDenied", NULL, 1, 1, 1, 1, false, 0},
    {"more than an hour apart", "AccessDenied", NULL, 10, 1, 1, 3700, false, 0},
    {"on every day: a program that lacks a right", "AccessDenied", NULL, 10, 1, 4, 1, false, 0},
    {"not found", "TrailNotFoundException", NULL, 10, 1, 1, 1, false, 0},
    {"throttled", "ThrottlingException", NULL, 10, 1, 1, 1, false, 0},
    {"a word that only ends so", "NotQuiteAccessDenied", NULL, 10, 1, 1, 1, false, 0},
    {"done", NULL, NULL, 10, 1, 1, 1, false, 0},
    {"of another log", "AccessDenied", "github/audit", 10, 1, 1, 1, false, 0},
};

static void who_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct made m;
        int const count = refusals[i].things > refusals[i].operations ? refusals[i].things : refusals[i].operations;

        made_begin(&m);
        for (int day = 0; day < refusals[i].days; day++)
            for (int n = 0; n < (count > 1 ? count : 20); n++) {
                char on[32], operation[32], account[80];

                snprintf(on, sizeof on, "thing-%d", refusals[i].things > 1 ? n : 0);
                snprintf(operation, sizeof operation, "Operation%d", refusals[i].operations > 1 ? n : 0);
                snprintf(account, sizeof account, ROLE "session-%d", n);
                call(&m, DAYS(day) + n * refusals[i].apart, .account = refusals[i].sessions ? account : ANN,
                     .operation = operation, .on = on, .error = refusals[i].error, .kind = refusals[i].kind);
            }
        call(&m, DAYS(9), .account = BOB, .operation = "DescribeInstances");
        made_run(&m, behaviour_cloud);
        if (made_hits(&m, "cloud-refused") != refusals[i].hits)
            fail_msg("%s: %zu", refusals[i].name, made_hits(&m, "cloud-refused"));
        for (size_t k = 0; k < m.count; k++) {
            assert_int_equal(m.found[k].events, 10);
            assert_true(m.found[k].like == 1 && m.found[k].of == 2);
            assert_int_equal(made_part(&m, &m.found[k], PART_ADDRESS, HOME), PART_REACHED);
            assert_true(m.found[k].weight < 3.0); /* alone it is no incident */
        }
        made_end(&m);
    }
}

/* Who assumed a role from where its session comes from is a part of it; who assumed it elsewhere, or long before, or something else, is not. */
static const struct {
    const char *name;
    const char *address, *role, *error;
    int64_t before;
    bool is;
} assumers[] = {
    {"a second before, from there", HOME, "arn:aws:iam::1:role/reader", NULL, 1, true},
    {"of a role with a path", HOME, "arn:aws:iam::1:role/team/reader", NULL, 1, true},
    {"from elsewhere", "203.0.113.7", "arn:aws:iam::1:role/reader", NULL, 1, false},
    {"another role", HOME, "arn:aws:iam::1:role/writer", NULL, 1, false},
    {"a role whose name ends so", HOME, "arn:aws:iam::1:role/proofreader", NULL, 1, false},
    {"refused", HOME, "arn:aws:iam::1:role/reader", "AccessDenied", 1, false},
    {"a day before", HOME, "arn:aws:iam::1:role/reader", NULL, 86400, false},
    {"afterwards", HOME, "arn:aws:iam::1:role/reader", NULL, -100, false},
};

static void who_assumed_the_role(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(assumers); i++) {
        struct made m;

        made_begin(&m);
        call(&m, DAYS(2) - assumers[i].before, .address = assumers[i].address, .operation = "AssumeRole",
             .on = assumers[i].role, .error = assumers[i].error);
        for (int n = 0; n < 10; n++) {
            char on[32];

            snprintf(on, sizeof on, "thing-%d", n);
            call(&m, DAYS(2) + n, .account = ROLE "s1", .operation = "GetThing", .on = on, .error = "AccessDenied");
        }
        made_run(&m, behaviour_cloud);
        assert_int_equal(made_hits(&m, "cloud-refused"), 1);
        if ((made_part(&m, &m.found[0], PART_ACCOUNT, ANN) != PART_ABSENT) != assumers[i].is)
            fail_msg("%s", assumers[i].name);
        assert_int_equal(m.found[0].events, assumers[i].is ? 11 : 10);
        made_end(&m);
    }
}

/* ---- what was made, and by what ---- */

#define BUILDER "Terraform/1.1 provider/3.7 run-aa"
#define BUILDER_AGAIN "Terraform/1.1 provider/3.7 run-bb"

static const struct {
    const char *name;
    int secrets, days;
    const char *maker, *made_by; /* program and account; NULL: nobody made them */
    const char *reader;
    const char *error;
    size_t hits;
} secrets[] = {
    {"ten secrets", 10, 1, NULL, NULL, "aws-cli/2.9", NULL, 1},
    {"that a builder made for the same account", 10, 1, BUILDER, ANN, "aws-cli/2.9", NULL, 1},
    {"that somebody else made with the same program", 10, 1, "aws-cli/2.9", BOB, "aws-cli/2.9", NULL, 1},
    {"on three days", 10, 3, NULL, NULL, "aws-cli/2.9", NULL, 3},
    {"nine secrets", 9, 1, NULL, NULL, "aws-cli/2.9", NULL, 0},
    {"that it made", 10, 1, "aws-cli/2.9", ANN, "aws-cli/2.9", NULL, 0},
    {"that it made in another version", 10, 1, "aws-cli/2.8", ANN, "aws-cli/2.9", NULL, 0},
    {"that a builder made in another run", 10, 1, BUILDER, ANN, BUILDER_AGAIN, NULL, 0},
    {"refused", 10, 1, NULL, NULL, "aws-cli/2.9", "AccessDenied", 0},
    {"each day: a backup", 10, 4, NULL, NULL, "aws-cli/2.9", NULL, 0},
};

static void who_reads_secrets(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++) {
        struct made m;

        made_begin(&m);
        if (secrets[i].maker)
            call(&m, 0, .account = secrets[i].made_by, .program = secrets[i].maker, .operation = "CreateSecret",
                 .on = "s-0");
        for (int day = 0; day < secrets[i].days; day++)
            for (int n = 0; n < secrets[i].secrets; n++) {
                char on[32];

                snprintf(on, sizeof on, "s-%d", n);
                call(&m, DAYS(day + 1) + n, .program = secrets[i].reader, .operation = "GetSecretValue", .on = on,
                     .error = secrets[i].error);
                call(&m, DAYS(day + 1) + n, .program = secrets[i].reader, .operation = "DescribeSecret", .on = on);
            }
        made_run(&m, behaviour_cloud);
        if (made_hits(&m, "cloud-secrets") != secrets[i].hits)
            fail_msg("%s: %zu", secrets[i].name, made_hits(&m, "cloud-secrets"));
        for (size_t k = 0; k < secrets[i].hits; k++)
            assert_int_equal(m.found[k].events, 10);
        made_end(&m);
    }
}

static void secrets_of_other_clouds(void **state) {
    static const char *const operations[] = {
        "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion",
        "MICROSOFT.KEYVAULT/VAULTS/SECRETS/READ",
        "getparameters",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(operations); i++) {
        struct made m;

        made_begin(&m);
        for (int n = 0; n < 10; n++) {
            char on[32];

            snprintf(on, sizeof on, "s-%d", n);
            call(&m, n, .operation = operations[i], .on = on, .kind = "azure/activitylogs");
        }
        made_run(&m, behaviour_cloud);
        if (made_hits(&m, "cloud-secrets") != 1)
            fail_msg("%s", operations[i]);
        made_end(&m);
    }
}

static const struct {
    const char *name;
    const char *operations[4]; /* until NULL; one that begins with - is refused, with * an act of its own */
    const char *maker;         /* program that made a trail; NULL: none */
    double weight;             /* 0: no hit */
} loggings[] = {
    {"a trail is stopped", {"*StopLogging"}, NULL, 1.0},
    {"a trail is narrowed", {"PutEventSelectors"}, NULL, 1.0},
    {"twice the same", {"*StopLogging", "*StopLogging"}, NULL, 1.0},
    {"and flows are no longer logged", {"*StopLogging", "*DeleteFlowLogs"}, NULL, 1.5},
    {"everything", {"*StopLogging", "*DeleteFlowLogs", "PutEventSelectors", "*DeleteDetector"}, NULL, 2.0},
    {"tried", {"-StopLogging"}, NULL, 0.7},
    {"tried, and something else done", {"-StopLogging", "*DeleteFlowLogs"}, NULL, 1.5},
    {"of a trail that another program made", {"*StopLogging"}, BUILDER, 1.0},
    {"of a trail that it made", {"*DeleteTrail"}, "aws-cli/2.9", 0},
    {"looked at", {"DescribeTrails", "GetTrailStatus"}, NULL, 0},
    {"switched on", {"StartLogging"}, NULL, 0},
};

static void what_is_done_to_logging(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(loggings); i++) {
        struct made m;

        made_begin(&m);
        if (loggings[i].maker)
            call(&m, 0, .program = loggings[i].maker, .operation = "CreateTrail", .on = "t", .act = ACT_AUDIT_ON);
        for (size_t k = 0; k < COUNT(loggings[i].operations) && loggings[i].operations[k]; k++) {
            const char *const o = loggings[i].operations[k];

            call(&m, 100 + (int64_t)k, .operation = o + (*o == '-' || *o == '*'), .on = "t",
                 .error = *o == '-' ? "TrailNotFoundException" : NULL, .act = *o == '*' ? ACT_AUDIT_OFF : ACT_NONE);
        }
        made_run(&m, behaviour_cloud);
        if (made_hits(&m, "cloud-logging") != (loggings[i].weight > 0))
            fail_msg("%s: %zu", loggings[i].name, made_hits(&m, "cloud-logging"));
        if (loggings[i].weight > 0 &&
            (m.found[0].weight < loggings[i].weight - 1e-9 || m.found[0].weight > loggings[i].weight + 1e-9))
            fail_msg("%s: weighs %f", loggings[i].name, m.found[0].weight);
        made_end(&m);
    }
}

static const struct {
    const char *name, *operation, *maker, *error;
    int days;
    size_t hits;
} openings[] = {
    {"a bucket", "PutBucketAcl", NULL, NULL, 1, 1},
    {"an image of a disk", "ModifySnapshotAttribute", NULL, NULL, 1, 1},
    {"that it made", "PutBucketAcl", "aws-cli/2.9", NULL, 1, 0},
    {"refused", "PutBucketAcl", NULL, "AccessDenied", 1, 0},
    {"each day: it publishes", "PutBucketAcl", NULL, NULL, 4, 0},
    {"read", "GetBucketAcl", NULL, NULL, 1, 0},
};

static void what_is_opened(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(openings); i++) {
        struct made m;

        made_begin(&m);
        if (openings[i].maker)
            call(&m, 0, .program = openings[i].maker, .operation = "CreateBucket", .on = "b");
        for (int day = 0; day < openings[i].days; day++)
            call(&m, DAYS(2 * day) + 9, .operation = openings[i].operation, .on = "b", .error = openings[i].error);
        made_run(&m, behaviour_cloud);
        if (made_hits(&m, "cloud-opened") != openings[i].hits)
            fail_msg("%s: %zu", openings[i].name, made_hits(&m, "cloud-opened"));
        made_end(&m);
    }
}

/* ---- machines ---- */

static const struct {
    const char *name, *account;
    bool at_home;
    int people;            /* at the other address */
    const char *elsewhere; /* NULL: the machine is only at home */
    size_t hits;
} machines[] = {
    {"from where somebody works", MACHINE, true, 1, HOME, 1},
    {"from where some work", MACHINE, true, 8, HOME, 1},
    {"from where many work", MACHINE, true, 9, HOME, 0},
    {"from a second address of its own", MACHINE, true, 0, HOME, 0},
    {"only at home", MACHINE, true, 1, NULL, 0},
    {"never at home", MACHINE, false, 1, HOME, 0},
    {"a role of a person", ROLE "i-am-a-person", true, 1, HOME, 0},
    {"a person called so", "arn:aws:iam::1:user/i-0dbc91f429e48eeed", true, 1, HOME, 0},
};

static void whose_credentials(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(machines); i++) {
        struct made m;

        made_begin(&m);
        for (int n = 0; n < 5 && machines[i].at_home; n++)
            call(&m, n * 100, .account = machines[i].account, .address = "3.3.3.3", .program = "agent/1",
                 .operation = "UpdateInstanceInformation");
        for (int n = 0; n < machines[i].people; n++) {
            char account[40];

            snprintf(account, sizeof account, "arn:aws:iam::1:user/p%d", n);
            call(&m, 1000 + n, .account = account, .operation = "ListBuckets");
        }
        for (int n = 0; n < 2 && machines[i].elsewhere; n++)
            call(&m, 2000 + n, .account = machines[i].account, .operation = "GetCallerIdentity");
        if (machines[i].at_home)
            call(&m, 3000, .account = machines[i].account, .address = "3.3.3.3", .program = "agent/1",
                 .operation = "UpdateInstanceInformation");
        made_run(&m, behaviour_cloud);
        if (made_hits(&m, "cloud-machine") != machines[i].hits)
            fail_msg("%s: %zu", machines[i].name, made_hits(&m, "cloud-machine"));
        if (machines[i].hits) {
            const struct found *const f = made_first(&m, "cloud-machine");

            assert_int_equal(f->events, 2);
            assert_int_equal(made_part(&m, f, PART_ADDRESS, HOME), PART_OWN);
            assert_int_equal(made_part(&m, f, PART_ADDRESS, "3.3.3.3"), PART_ABSENT);
            assert_int_equal(made_part(&m, f, PART_ACCOUNT, "arn:aws:iam::1:user/p0"), PART_REACHED);
            assert_non_null(strstr(f->reason, "from 3.3.3.3, are used 2 times from " HOME));
        }
        made_end(&m);
    }
}

static void nothing_is_nothing(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    made_run(&m, behaviour_cloud);
    assert_int_equal(m.count, 0);
    made_end(&m);
    made_begin(&m); /* without account, operation, address, detail */
    call(&m, 0, .account = "", .operation = "StopLogging");
    call(&m, 1, .operation = "", .on = "x");
    call(&m, 2, .account = ":assumed-role/", .address = "", .program = "", .operation = "GetThing",
         .error = "AccessDenied");
    call(&m, 3, .account = "x:assumed-role//", .address = "", .operation = "/", .on = "", .error = "");
    made_run(&m, behaviour_cloud);
    assert_int_equal(m.count, 0);
    made_end(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_refused),          cmocka_unit_test(who_assumed_the_role),
        cmocka_unit_test(who_reads_secrets),       cmocka_unit_test(secrets_of_other_clouds),
        cmocka_unit_test(what_is_done_to_logging), cmocka_unit_test(what_is_opened),
        cmocka_unit_test(whose_credentials),       cmocka_unit_test(nothing_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
