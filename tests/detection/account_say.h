/* account_say: a small office whose people use their accounts for a year, on top of which a test plays its scene; and what behaviours then tell. For
 * tests/detection/test_behaviour_account.c and test_behaviour_door.c.
 *
 * Twelve people. Each has a laptop, in the office (203.0.113.10) and evenings at home, and a telephone at home and at a carrier's; homes change their
 * network every seventy days. What is said with `theirs` on is the intruder's: the events of hits are compared with exactly these. */
#ifndef TESTS_DETECTION_ACCOUNT_SAY_H
#define TESTS_DETECTION_ACCOUNT_SAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detection/behaviour.h"

#define SAY_MINUTE (INT64_C(60) * 1000000000)
#define SAY_DAY (24 * 60 * SAY_MINUTE)
#define SAY_BEGIN INT64_C(1609718400000000000) /* 2021-01-04, a Monday */
#define THEIRS UINT64_C(1000000)               /* records of the intruder begin here */
#define HITS_MAX 32u
#define PEOPLE 12u
#define DAYS 360
#define OFFICE "203.0.113.10"

struct say {
    struct activities *a;
    bool theirs;
    uint64_t own, their;
};
struct line {
    int64_t day, minute; /* from SAY_BEGIN; of the day */
    enum act act;
    const char *account, *address, *program, *session, *object, *detail, *verb, *target;
    enum act_outcome outcome; /* 0: success */
    uint32_t items, count;    /* 0: 1 */
    char end;                 /* a line may leave out what follows */
};

static void say_line(struct say *s, const struct line *l) {
    struct activity_event v = {.when = SAY_BEGIN + l->day * SAY_DAY + l->minute * SAY_MINUTE,
                               .count = l->count ? l->count : 1,
                               .items = l->items,
                               .act = l->act,
                               .outcome = l->outcome ? l->outcome : OUTCOME_SUCCESS,
                               .evidence_path = S("audit.jsonl"),
                               .evidence_sha256 = "ab"};
    struct err e;

    v.last = v.when;
    v.record = s->theirs ? THEIRS + s->their++ : ++s->own;
    for (size_t t = 0; t < ACT_TEXTS; t++)
        v.text[t] = S("");
    v.text[ACT_ACCOUNT] = str_of(l->account);
    v.text[ACT_ADDRESS] = str_of(l->address);
    v.text[ACT_PROGRAM] = str_of(l->program);
    v.text[ACT_SESSION] = str_of(l->session);
    v.text[ACT_OBJECT] = str_of(l->object);
    v.text[ACT_DETAIL] = str_of(l->detail);
    v.text[ACT_VERB] = str_of(l->verb);
    v.text[ACT_TARGET] = str_of(l->target);
    v.text[ACT_KIND] = S("test/audit");
    assert_true(activities_add(s->a, &v, &e));
}
#define SAY(s, ...) say_line((s), &(struct line){__VA_ARGS__, .end = 0})

static const char *person(unsigned i) {
    static const char *const names[PEOPLE] = {"ada@hall.example",  "bo@hall.example",   "cem@hall.example",
                                              "dora@hall.example", "emil@hall.example", "fay@hall.example",
                                              "gro@hall.example",  "hugo@hall.example", "ines@hall.example",
                                              "jan@hall.example",  "kim@hall.example",  "lea@hall.example"};

    return names[i];
}

/* The home of a person on a day. */
static const char *home(unsigned i, int64_t day, char room[32]) {
    snprintf(room, 32, "198.18.%u.%u", i * 16 + (unsigned)(day / 70), 5 + i);
    return room;
}

/* Versions go on each month; half of them have another browser. */
static const char *laptop(unsigned i, int64_t day, char room[128]) {
    snprintf(room, 128,
             i % 2 ? "Mozilla/5.0 (Windows NT 10.0; rv:%u.0) Gecko/20100101 Firefox/%u.0"
                   : "Mozilla/5.0 (Windows NT 10.0) Chrome/%u.0.%u.7 Safari/537.36 Edg/90.0",
             80 + (unsigned)(day / 28), 80 + (unsigned)(day / 28));
    return room;
}

/* A sign-in, and what is read in its session; read: items. */
static void use(struct say *s, int64_t day, int64_t minute, const char *account, const char *address,
                const char *program, const char *session, uint32_t items) {
    char door[160];

    snprintf(door, sizeof door, "Client=OWA;%s", program);
    SAY(s, day, minute, ACT_SIGN_IN, account, address, program, session, .object = "Mail");
    SAY(s, day, minute + 1, ACT_MAIL_READ, account, address, door, session, "\\Inbox", .target = account,
        .items = items);
}

static void one_day(struct say *s, unsigned i, int64_t day) {
    char at_home[32], browser[128], session[32], phone[32], carrier[32];

    home(i, day, at_home);
    laptop(i, day, browser);
    snprintf(session, sizeof session, "laptop-%u-%d", i, (int)day);
    snprintf(phone, sizeof phone, "phone-%u-%d", i, (int)(day / 30));
    snprintf(carrier, sizeof carrier, "198.19.%u.%u", (i * 7 + (unsigned)day) % 200, 9 + i);
    if (day % 7 < 5) {
        use(s, day, 8 * 60 + i, person(i), day % 2 ? OFFICE : at_home, browser, session, 10);
        SAY(s, day, 15 * 60 + i, ACT_FILE_READ, person(i), day % 2 ? OFFICE : at_home, browser, session, "plans.docx");
        SAY(s, day, 20 * 60 + i, ACT_MAIL_READ, person(i), at_home, browser, session, "\\Inbox", .items = 5);
    }
    if (day % 30 == 0)
        SAY(s, day, 7 * 60, ACT_SIGN_IN, person(i), at_home, "Outlook-iOS/4.21", phone, .object = "Mail");
    SAY(s, day, 7 * 60 + 1, ACT_MAIL_READ, person(i), day % 3 ? at_home : carrier,
        "Client=OutlookService;Outlook-iOS/4.21;", phone, "\\Inbox", .items = 3);
    /* A service reads everybody's mail from its own network. */
    if (day % 10 == (int)(i % 10))
        SAY(s, day, 300, ACT_MAIL_READ, person(i), "192.0.2.77", "Client=REST;Client=Everybody;;", .object = "\\Inbox");
}

static void everyday(struct say *s) {
    for (int64_t day = 0; day < DAYS; day++)
        for (unsigned i = 0; i < PEOPLE; i++)
            one_day(s, i, day);
}

struct told {
    char reason[1024], title[128], parts[4096]; /* "own address 198.51.100.7; account ada@..." */
    double weight;
    uint64_t like, of;
    uint32_t theirs, others; /* events that are the intruder's, and that are not */
};
struct told_all {
    struct activities *a;
    const char *only; /* NULL: all */
    struct told items[HITS_MAX];
    size_t count;
};

static bool tell_one(void *ctx, const struct behaviour_hit *h, struct err *e) {
    static const char *const types[] = {"account", "host", "address", "session", "client",
                                        "program", "page", "object",  "domain"};
    struct told_all *const t = ctx;
    struct told *to;
    size_t at = 0;

    (void)e;
    assert_true(h->event_count > 0 && h->weight > 0 && h->reason.len > 0 && h->like <= h->of);
    for (size_t i = 1; i < h->event_count; i++)
        assert_true(h->events[i - 1] < h->events[i]);
    if (t->only && !str_eq(h->behaviour->id, str_of(t->only)))
        return true;
    assert_true(t->count < HITS_MAX);
    to = &t->items[t->count++];
    *to = (struct told){.weight = h->weight, .like = h->like, .of = h->of};
    snprintf(to->reason, sizeof to->reason, "%.*s", STR_ARG(h->reason));
    snprintf(to->title, sizeof to->title, "%.*s", STR_ARG(h->title));
    for (size_t i = 0; i < h->event_count; i++)
        *(activities_at(t->a, h->events[i])->record >= THEIRS ? &to->theirs : &to->others) += 1;
    for (size_t i = 0; i < h->part_count && at < sizeof to->parts; i++)
        at += (size_t)snprintf(to->parts + at, sizeof to->parts - at, "%s%s %.*s; ", h->parts[i].own ? "own " : "",
                               types[h->parts[i].type], STR_ARG(activities_text(t->a, h->parts[i].code)));
    return true;
}

/* What behaviours tell of the scene: free(). */
static struct told_all *told_of(void (*play)(struct say *s), const char *only, uint64_t *their) {
    struct told_all *const t = calloc(1, sizeof *t);
    struct say s = {0};
    struct behaviours *b;
    struct err e = {0};

    assert_non_null(t);
    assert_true(activities_new(&s.a, 64 << 20, NULL, &e));
    everyday(&s);
    play(&s);
    *their = s.their;
    assert_true(activities_end(s.a, &e));
    assert_true(behaviours_open(&b, &e));
    t->a = s.a;
    t->only = only;
    if (!behaviours_run(b, s.a, tell_one, t, &e))
        fail_msg("%s", e.text);
    behaviours_free(b);
    activities_free(s.a);
    t->a = NULL;
    return t;
}

#endif
