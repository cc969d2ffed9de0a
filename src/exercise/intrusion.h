/* intrusion: the hidden intrusions, shaped after public accounts of 2021 to 2024: records of what such things leave behind in logs, and
 * nothing that would work. Each is planned as a whole before the first day is written, and told to the truth. */
#ifndef EXERCISE_INTRUSION_H
#define EXERCISE_INTRUSION_H

#include "exercise/office.h"

#define VICTIMS_MAX 4

/* One intruder. */
struct plan {
    struct office *o;
    struct rng r;
    uint32_t id; /* in the truth */
    unsigned shape;
    uint32_t addresses;          /* relays used so far */
    uint64_t seen[VICTIMS_MAX];  /* of the messages of each mailbox that is read, which were delivered before */
    uint32_t call_from, call_to; /* months whose call records were taken: from the first, before the last */
};

struct shape {
    const char *name, *title, *began;
    bool (*run)(struct plan *p); /* false: there is nobody for it; nothing was told */
};
#define SHAPES 5
extern const struct shape shape_mail, shape_server, shape_application, shape_provider, shape_calls;

/* The next record is the intruder's act, the institution's answer, what somebody noticed. */
void plan_act(struct plan *p, const char *technique, const char *tactic, const char *fmt, ...) PRINTF(4, 5);
void plan_answer(struct plan *p, const char *fmt, ...) PRINTF(2, 3);
void plan_symptom(struct plan *p, const char *fmt, ...) PRINTF(2, 3);
/* A day between two hundredths of the time that the exercise covers. */
uint32_t plan_day(struct plan *p, unsigned from, unsigned to);
/* Somewhen between two hours of a day. */
int64_t plan_when(struct plan *p, uint32_t day, unsigned from, unsigned to);
/* A relay that was not used before: a home network's address, as those of the people here. Told to the truth. */
void plan_relay(struct plan *p, char out[ADDRESS_MAX]);
/* Tells the truth of a host that was reached; returns its name. */
str plan_host(struct plan *p, uint32_t host, char room[16]);
void plan_put(struct plan *p, enum truth_set set, const char *value);
/* Begins to tell of p: its number is known from here on. */
void plan_begin(struct plan *p, const struct shape *s);

#endif
