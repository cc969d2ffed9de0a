/* test_behaviour_call: telephones that are changed together, and moves, newcomers, leavers and a change of all numbers beside them. */
#include "made_acts.h"

#define DAYS(n) ((int64_t)(n)*86400)
#define LENGTH 12 /* days */
#define OTHERS 120
#define MEMBERS_MAX 6
#define CONTACTS 8

static void call_(struct made *m, int64_t at, const char *from, const char *to) {
    made_add(m, ACT_CALL, at, .account = from, .object = to, .amount = 60, .source = "telephone/cdr.csv");
}

struct number {
    char text[16];
};
static struct number number(int n) {
    struct number to;

    snprintf(to.text, sizeof to.text, "%d", n);
    return to;
}

/* Everybody calls a few others, every day. */
static void everyday(struct made *m, int others) {
    for (int day = 0; day < LENGTH; day++)
        for (int n = 0; n < others; n++)
            for (int k = 1; k <= 3; k++)
                call_(m, DAYS(day) + n * 100 + k, number(1000 + n).text, number(1000 + (n + k * 7) % others).text);
}

static const struct {
    const char *name;
    int members, day, apart; /* so many, changed on this day and each so many days after the one before */
    bool strangers;          /* they do not talk to each other */
    bool gone;               /* nobody follows them */
    bool others_contacts;    /* those who begin talk to other people */
    bool stay;               /* the old numbers go on as before */
    int calls;               /* with each contact and day */
    int others;              /* numbers in all, beside them */
    double weight;           /* 0: no hit */
} cases[] = {
    {"three", 3, 7, 0, false, false, false, false, 1, OTHERS, 1.0},
    {"five", 5, 7, 0, false, false, false, false, 1, OTHERS, 1.4},
    {"on days one after the other", 3, 6, 1, false, false, false, false, 1, OTHERS, 1.0},
    {"at the first moment that can be told", 3, 3, 0, false, false, false, false, 1, OTHERS, 1.0},
    {"at the last", 3, 10, 0, false, false, false, false, 1, OTHERS, 1.0},
    {"two", 2, 7, 0, false, false, false, false, 1, OTHERS, 0},
    {"three who do not know each other", 3, 7, 0, true, false, false, false, 1, OTHERS, 0},
    {"days apart", 3, 4, 3, false, false, false, false, 1, OTHERS, 0},
    {"three who leave", 3, 7, 0, false, true, false, false, 1, OTHERS, 0},
    {"three leave, and three others come", 3, 7, 0, false, false, true, false, 1, OTHERS, 0},
    {"three get a second telephone", 3, 7, 0, false, false, false, true, 1, OTHERS, 0},
    {"too early to know their habits", 3, 2, 0, false, false, false, false, 1, OTHERS, 0},
    {"too late to know of silence", 3, 11, 0, false, false, false, false, 1, OTHERS, 0},
    {"a house whose numbers are changed", 6, 7, 0, false, false, false, false, 1, 40, 0},
};

/* The contacts of member k: of its own, and the other members. */
static void member_day(struct made *m, size_t i, int k, int day, int change) {
    bool const after = day >= change, moved = after && !cases[i].stay;
    int64_t const at = DAYS(day) + 50000 + k * 500;

    for (int twice = 0; twice < (cases[i].stay && after ? 2 : 1); twice++) {
        bool const new = moved || twice;
        int const me = (new ? 200 : 100) + k;

        if (new &&cases[i].gone)
            continue;
        for (int c = 0; c < CONTACTS; c++)
            for (int n = 0; n < cases[i].calls; n++)
                call_(m, at + c * 10 + n, number(me).text,
                      number(1000 + (k * CONTACTS + c + (new &&cases[i].others_contacts ? 60 : 0)) % cases[i].others)
                          .text);
        for (int other = 0; other < cases[i].members && !cases[i].strangers; other++) {
            bool const follows = day >= cases[i].day + other * cases[i].apart && !cases[i].stay;

            if (other != k && !(follows && cases[i].gone))
                call_(m, at + 200 + other, number(me).text, number((follows || twice ? 200 : 100) + other).text);
        }
    }
}

static void who_is_followed(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m;

        made_begin(&m);
        everyday(&m, cases[i].others);
        for (int day = 0; day < LENGTH; day++)
            for (int k = 0; k < cases[i].members; k++)
                member_day(&m, i, k, day, cases[i].day + k * cases[i].apart);
        made_run(&m, behaviour_call);
        if (m.count != (cases[i].weight > 0))
            fail_msg("%s: %zu", cases[i].name, m.count);
        if (m.count) {
            const struct found *const f = &m.found[0];

            if (f->weight < cases[i].weight - 1e-9 || f->weight > cases[i].weight + 1e-9)
                fail_msg("%s: weighs %f", cases[i].name, f->weight);
            assert_true(f->like == (uint64_t)cases[i].members && f->of > OTHERS);
            assert_int_equal(f->part_count, 2 * cases[i].members);
            for (int k = 0; k < cases[i].members; k++) {
                assert_int_equal(made_part(&m, f, PART_ACCOUNT, number(100 + k).text), PART_REACHED);
                assert_int_equal(made_part(&m, f, PART_ACCOUNT, number(200 + k).text), PART_REACHED);
            }
            assert_non_null(strstr(f->reason, "numbers that talked to each other fall silent"));
            assert_non_null(strstr(f->reason, "100 by 200"));
        }
        made_end(&m);
    }
}

/* One who talks to the others of the group only has no contact left to be known by: but that those it calls are who its friends have become. */
static void who_knows_the_group_only(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    everyday(&m, OTHERS);
    for (int day = 0; day < LENGTH; day++) {
        int const set = day < 7 ? 100 : 200;

        for (int k = 0; k < 5; k++)
            for (int c = 0; c < CONTACTS; c++)
                call_(&m, DAYS(day) + 50000 + k * 500 + c, number(set + k).text, number(1000 + k * CONTACTS + c).text);
        for (int k = 0; k < 5; k++) /* 150 calls all five, 250 does afterwards */
            call_(&m, DAYS(day) + 60000 + k, number(set + 50).text, number(set + k).text);
    }
    made_run(&m, behaviour_call);
    assert_int_equal(m.count, 1);
    assert_int_equal(m.found[0].part_count, 12);
    assert_int_equal(made_part(&m, &m.found[0], PART_ACCOUNT, "150"), PART_REACHED);
    assert_int_equal(made_part(&m, &m.found[0], PART_ACCOUNT, "250"), PART_REACHED);
    assert_non_null(strstr(m.found[0].reason, "150 by 250 (5 of 5)"));
    assert_int_equal(m.found[0].events, 5 * LENGTH); /* what they said to each other */
    made_end(&m);
}

static void nothing_is_nothing(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    made_run(&m, behaviour_call);
    assert_int_equal(m.count, 0);
    made_end(&m);
    made_begin(&m);
    for (int n = 0; n < 40; n++) {
        call_(&m, n, "1", "1"); /* its own mailbox */
        call_(&m, n, "", "2");
        call_(&m, n, "2", "");
        call_(&m, DAYS(400) * (n % 2), "3", "4");
    }
    made_run(&m, behaviour_call);
    assert_int_equal(m.count, 0);
    made_end(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_followed), cmocka_unit_test(who_knows_the_group_only),
                                       cmocka_unit_test(nothing_is_nothing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
