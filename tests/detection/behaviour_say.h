/* behaviour_say: activities said in a line each, behaviours run over them, and what they told. For tests/detection/test_behaviour_*.c.
 *
 * What is said with `theirs` on is the intruder's: a hit's events are compared with exactly these. */
#ifndef TESTS_DETECTION_BEHAVIOUR_SAY_H
#define TESTS_DETECTION_BEHAVIOUR_SAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detection/behaviour.h"

#define MINUTE (INT64_C(60) * 1000000000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define BEGIN INT64_C(1609718400000000000) /* 2021-01-04, a Monday */
#define THEIRS UINT64_C(1000000)           /* records of the intruder begin here */
#define TOLD_HITS 64

struct say {
    struct activities *a;
    bool theirs;
    uint64_t own_records, their_records;
};

struct line {
    int64_t day, minute; /* from BEGIN; of the day */
    enum act act;
    const char *account, *host, *address, *object, *verb, *detail, *program, *session, *server, *target;
    uint64_t amount;
    enum act_outcome outcome;
    char end; /* so that a line may leave out what follows */
};

static void say_line(struct say *s, const struct line *l) {
    struct activity_event v = {.when = BEGIN + l->day * DAY + l->minute * MINUTE,
                               .count = 1,
                               .act = l->act,
                               .amount = l->amount,
                               .outcome = l->outcome ? l->outcome : OUTCOME_SUCCESS,
                               .evidence_path = S("logs"),
                               .evidence_sha256 = "ab"};
    struct err e;

    v.last = v.when;
    v.record = s->theirs ? THEIRS + s->their_records++ : ++s->own_records;
    for (size_t t = 0; t < ACT_TEXTS; t++)
        v.text[t] = S("");
    v.text[ACT_ACCOUNT] = str_of(l->account);
    v.text[ACT_HOST] = str_of(l->host);
    v.text[ACT_ADDRESS] = str_of(l->address);
    v.text[ACT_OBJECT] = str_of(l->object);
    v.text[ACT_VERB] = str_of(l->verb);
    v.text[ACT_DETAIL] = str_of(l->detail);
    v.text[ACT_PROGRAM] = str_of(l->program);
    v.text[ACT_SESSION] = str_of(l->session);
    v.text[ACT_SERVER] = str_of(l->server);
    v.text[ACT_TARGET] = str_of(l->target);
    v.text[ACT_KIND] = S("test");
    assert_true(activities_add(s->a, &v, &e));
}
#define SAY(s, ...) say_line((s), &(struct line){__VA_ARGS__, .end = 0})

/* What was told of the behaviours asked for. */
struct told_hit {
    char id[32], reason[1024];
    double weight;
    uint32_t theirs, others; /* events that are the intruder's, and that are not */
    char parts[2048];        /* "own address 198.51.100.7; host web01; ..." */
    uint64_t like, of;
};
struct told_hits {
    struct activities *a;
    const char *only;
    struct told_hit items[TOLD_HITS];
    size_t count;
};

static bool told_one(void *ctx, const struct behaviour_hit *h, struct err *e) {
    static const char *const types[] = {"account", "host", "address", "session", "client",
                                        "program", "page", "object",  "domain"};
    struct told_hits *const t = ctx;
    struct told_hit *const to = &t->items[t->count];
    size_t at = 0;

    (void)e;
    assert_true(h->event_count > 0 && h->weight > 0 && h->reason.len > 0);
    for (size_t i = 1; i < h->event_count; i++)
        assert_true(h->events[i - 1] < h->events[i]);
    if (!str_eq(h->behaviour->id, str_of(t->only)))
        return true;
    assert_true(t->count < TOLD_HITS);
    *to = (struct told_hit){.weight = h->weight, .like = h->like, .of = h->of};
    snprintf(to->id, sizeof to->id, "%.*s", STR_ARG(h->behaviour->id));
    snprintf(to->reason, sizeof to->reason, "%.*s", STR_ARG(h->reason));
    for (size_t i = 0; i < h->event_count; i++)
        *(activities_at(t->a, h->events[i])->record >= THEIRS ? &to->theirs : &to->others) += 1;
    for (size_t i = 0; i < h->part_count && at < sizeof to->parts - 1; i++)
        at += (size_t)snprintf(to->parts + at, sizeof to->parts - at, "%s%s %.*s; ", h->parts[i].own ? "own " : "",
                               types[h->parts[i].type], STR_ARG(activities_text(t->a, h->parts[i].code)));
    t->count++;
    return true;
}

/* One case: a scene on top of everyday life, and the behaviour that shall tell of it, or not. */
struct scene {
    const char *name, *behaviour;
    void (*play)(struct say *s);
    size_t hits;         /* of that behaviour */
    double least, most;  /* of the weight of the first; 0: not asked */
    const char *part;    /* in its parts; NULL */
    const char *no_part; /* not in its parts; NULL */
};

static void say_play(const struct scene *scene, void (*everyday)(struct say *s)) {
    struct told_hits *const t = calloc(1, sizeof *t);
    struct say s = {0};
    struct behaviours *b;
    struct err e;
    uint32_t theirs = 0;

    assert_non_null(t);
    assert_true(activities_new(&s.a, 64 << 20, NULL, &e));
    everyday(&s);
    scene->play(&s);
    assert_true(activities_end(s.a, &e));
    assert_true(behaviours_open(&b, &e));
    *t = (struct told_hits){.a = s.a, .only = scene->behaviour};
    if (!behaviours_run(b, s.a, told_one, t, &e))
        fail_msg("%s: %s", scene->name, e.text);
    for (size_t i = 0; i < t->count; i++)
        theirs += t->items[i].theirs;
    if (t->count != scene->hits)
        fail_msg("%s: %zu hits instead of %zu: %s", scene->name, t->count, scene->hits,
                 t->count ? t->items[0].reason : "");
    for (size_t i = 0; i < t->count; i++)
        if (t->items[i].others)
            fail_msg("%s: %u events are everyday life: %s", scene->name, t->items[i].others, t->items[i].reason);
    if (t->count && theirs != s.their_records)
        fail_msg("%s: %u events instead of %u: %s", scene->name, theirs, (unsigned)s.their_records, t->items[0].reason);
    if (t->count && scene->least > 0 && !(t->items[0].weight >= scene->least - 1e-9))
        fail_msg("%s: weighs %f, not %f: %s", scene->name, t->items[0].weight, scene->least, t->items[0].reason);
    if (t->count && scene->most > 0 && !(t->items[0].weight <= scene->most + 1e-9))
        fail_msg("%s: weighs %f, more than %f: %s", scene->name, t->items[0].weight, scene->most, t->items[0].reason);
    if (t->count && scene->part && !strstr(t->items[0].parts, scene->part))
        fail_msg("%s: no part %s in %s", scene->name, scene->part, t->items[0].parts);
    if (t->count && scene->no_part && strstr(t->items[0].parts, scene->no_part))
        fail_msg("%s: a part %s in %s", scene->name, scene->no_part, t->items[0].parts);
    if (t->count)
        assert_true(t->items[0].like > 0 && t->items[0].like <= t->items[0].of);
    behaviours_free(b);
    activities_free(s.a);
    free(t);
}

/* ---- everyday life ---- */

#define PEOPLE 6
#define EVERYDAY_DAYS 240
static const char *const people[PEOPLE] = {"HALL\\ada",  "HALL\\bo",   "HALL\\cem",
                                           "HALL\\dora", "HALL\\emil", "HALL\\fay"};
static const char *const desks[PEOPLE] = {"desk1", "desk2", "desk3", "desk4", "desk5", "desk6"};
static const char *const seats[PEOPLE] = {"172.16.7.11", "172.16.7.12", "172.16.7.13",
                                          "172.16.7.14", "172.16.7.15", "172.16.7.16"};
static const char *const servers[] = {"files1", "web1", "web2", "db1", "dc1", "vault1"};
static const char *const racks[] = {"172.16.2.31", "172.16.2.32", "172.16.2.33",
                                    "172.16.2.34", "172.16.2.35", "172.16.2.36"};
#define SERVERS (sizeof servers / sizeof servers[0])
#define CARE "172.16.2.40" /* from where the servers are cared for */

/* Six people at six desks, who read files of one server; six servers, cared for each month by one account; a backup each night. */
static void everyday(struct say *s) {
    static const char *const notes[] = {"plans\\a.docx", "plans\\b.docx", "plans\\c.docx", "minutes\\d.docx",
                                        "minutes\\e.docx"};

    for (int64_t day = 0; day < EVERYDAY_DAYS; day++) {
        if (day % 7 < 5)
            for (int64_t i = 0; i < PEOPLE; i++) {
                int64_t const minute = 8 * 60 + (day * 37 + i * 53) % 300;

                SAY(s, day, minute, ACT_LOGON, people[i], desks[i], "127.0.0.1", .verb = "2");
                SAY(s, day, minute + 5, ACT_LOGON, people[i], "files1", seats[i], .verb = "3", .detail = desks[i]);
                SAY(s, day, minute + 6, ACT_SHARE_OPEN, people[i], "files1", seats[i], "\\\\*\\Plans");
                SAY(s, day, minute + 7, ACT_FILE_READ, people[i], "files1", seats[i], notes[(day + i) % 5],
                    .detail = "\\\\*\\Plans");
            }
        SAY(s, day, 60, ACT_LOGON, "HALL\\svc_backup", "files1", racks[5], .verb = "3", .detail = "vault1");
        if (day % 28 == 1)
            for (size_t i = 0; i < SERVERS; i++) {
                SAY(s, day, 1200 + (int64_t)i * 5, ACT_SHARE_OPEN, "HALL\\svc_care", servers[i], CARE, "\\\\*\\ADMIN$");
                SAY(s, day, 1201 + (int64_t)i * 5, ACT_LOGON, "HALL\\svc_care", servers[i], CARE, .verb = "3",
                    .detail = "care1");
                SAY(s, day, 1202 + (int64_t)i * 5, ACT_SERVICE_NEW, .host = servers[i], .object = "Care Helper",
                    .detail = "C:\\Program Files\\Care\\helper.exe");
            }
    }
    /* So that addresses of racks are known. */
    for (size_t i = 0; i < SERVERS; i++)
        SAY(s, 0, 5, ACT_HOST_NAME, .host = servers[i], .address = racks[i]);
}

#endif
