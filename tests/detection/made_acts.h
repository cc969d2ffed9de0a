/* made_acts: activities made for tests of behaviours, an area run over them, and what it found kept. */
#ifndef TESTS_DETECTION_MADE_ACTS_H
#define TESTS_DETECTION_MADE_ACTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "detection/behaviour_set.h"

#define START INT64_C(1609459200000000000) /* 2021-01-01, a Friday */

struct made {
    struct activities *a;
    struct behaviours *b;
    uint64_t record;
    /* What was found. */
    struct found {
        str id;
        double weight;
        uint64_t like, of;
        char reason[600];
        struct behaviour_part parts[BEHAVIOUR_PARTS_MAX];
        size_t part_count, events;
        uint64_t stands_for; /* events: those the activities stand for */
    } found[64];
    size_t count;
};

static inline void made_begin(struct made *m) {
    struct err e;

    *m = (struct made){0};
    assert_true(activities_new(&m->a, 256 << 20, NULL, &e));
    assert_true(behaviours_open(&m->b, &e));
}

/* when: seconds from START. Texts are named: .address = "..." and so on. */
struct made_act {
    enum act act;
    int64_t at;
    const char *account, *target, *host, *address, *server, *program, *object, *verb, *detail, *source;
    uint64_t amount;
    uint32_t count;
    int64_t lasts; /* seconds */
    enum act_outcome outcome;
};

static inline void made_add_(struct made *m, const struct made_act *s) {
    struct activity_event v = {.when = START + s->at * SECOND,
                               .last = START + (s->at + s->lasts) * SECOND,
                               .record = ++m->record,
                               .offset = m->record * 100,
                               .amount = s->amount,
                               .count = s->count ? s->count : 1,
                               .act = s->act,
                               .outcome = s->outcome ? s->outcome : OUTCOME_SUCCESS,
                               .evidence_path = str_of(s->source ? s->source : "logs/www/access.log"),
                               .evidence_sha256 = "ab"};
    struct err e;

    for (size_t t = 0; t < ACT_TEXTS; t++)
        v.text[t] = S("");
    v.text[ACT_ACCOUNT] = str_of(s->account);
    v.text[ACT_TARGET] = str_of(s->target);
    v.text[ACT_HOST] = str_of(s->host);
    v.text[ACT_ADDRESS] = str_of(s->address);
    v.text[ACT_SERVER] = str_of(s->server);
    v.text[ACT_PROGRAM] = str_of(s->program);
    v.text[ACT_OBJECT] = str_of(s->object);
    v.text[ACT_VERB] = str_of(s->verb);
    v.text[ACT_DETAIL] = str_of(s->detail);
    assert_true(activities_add(m->a, &v, &e));
}
#define made_add(m, ...) made_add_((m), &(struct made_act){__VA_ARGS__})

static inline bool made_hit(void *ctx, const struct behaviour_hit *h, struct err *e) {
    struct made *const m = ctx;
    struct found *const f = &m->found[m->count];

    (void)e;
    assert_true(m->count < COUNT(m->found));
    assert_true(h->event_count > 0);
    assert_true(h->reason.len > 0 && h->reason.len < sizeof f->reason);
    f->id = h->behaviour->id;
    f->weight = h->weight;
    f->like = h->like;
    f->of = h->of;
    memcpy(f->reason, h->reason.ptr, h->reason.len);
    memcpy(f->parts, h->parts, sizeof f->parts);
    f->part_count = h->part_count;
    f->events = h->event_count;
    for (size_t i = 0; i < h->event_count; i++) {
        f->stands_for += activities_at(m->a, h->events[i])->count;
        assert_true(!i || h->events[i] > h->events[i - 1]); /* in order of time, each once */
    }
    m->count++;
    return true;
}

static inline void made_run(struct made *m, behaviour_area *area) {
    struct err e = {0};
    struct behaviour_run r = {.b = m->b, .a = m->a, .hit = made_hit, .ctx = m};

    assert_true(activities_end(m->a, &e));
    if (!area(&r, &e))
        fail_msg("%s", e.text);
    buf_free(&r.reason);
}

static inline void made_end(struct made *m) {
    activities_free(m->a);
    behaviours_free(m->b);
}

static inline size_t made_hits(const struct made *m, const char *id) {
    size_t n = 0;

    for (size_t i = 0; i < m->count; i++)
        n += str_eq(m->found[i].id, str_of(id));
    return n;
}

/* The first of that behaviour. */
static inline const struct found *made_first(const struct made *m, const char *id) {
    size_t i = 0;

    while (i < m->count && !str_eq(m->found[i].id, str_of(id)))
        i++;
    if (i == m->count)
        fail_msg("no %s", id);
    return &m->found[i];
}

enum made_part { PART_ABSENT, PART_REACHED, PART_OWN };
/* How a hit speaks of something; hosts and accounts by any spelling. */
static inline enum made_part made_part(const struct made *m, const struct found *f, enum behaviour_part_type type,
                                       const char *text) {
    uint32_t code = activities_find(m->a, str_of(text));

    assert_true(code > 0);
    code = type == PART_HOST      ? activities_host(m->a, code)
           : type == PART_ACCOUNT ? activities_account(m->a, code)
                                  : code;
    for (size_t i = 0; i < f->part_count; i++)
        if (f->parts[i].type == type && f->parts[i].code == code)
            return f->parts[i].own ? PART_OWN : PART_REACHED;
    return PART_ABSENT;
}

#endif
