/* intrusion: what all shapes share. */
#include <stdarg.h>

#include "exercise/intrusion.h"

void plan_begin(struct plan *p, const struct shape *s) {
    p->id = truth_intrusion(p->o->truth, s->name, s->title, s->began);
}

#define NOTE(part, technique, tactic)                                                                                  \
    do {                                                                                                               \
        char what[200];                                                                                                \
        va_list args;                                                                                                  \
                                                                                                                       \
        va_start(args, fmt);                                                                                           \
        vsnprintf(what, sizeof what, fmt, args);                                                                       \
        va_end(args);                                                                                                  \
        truth_note(p->o->truth, p->id, part, technique, tactic, "%s", what);                                           \
    } while (0)

void plan_act(struct plan *p, const char *technique, const char *tactic, const char *fmt, ...) {
    NOTE(TRUTH_ACT, technique, tactic);
}

void plan_answer(struct plan *p, const char *fmt, ...) {
    NOTE(TRUTH_RESPONSE, "", "");
}

void plan_symptom(struct plan *p, const char *fmt, ...) {
    NOTE(TRUTH_SYMPTOM, "", "");
}

uint32_t plan_day(struct plan *p, unsigned from, unsigned to) {
    uint32_t const days = p->o->days;

    return days * from / 100 + (uint32_t)rng_below(p->o->r, days * (to - from) / 100 + 1);
}

int64_t plan_when(struct plan *p, uint32_t day, unsigned from, unsigned to) {
    return p->o->begin + day * DAY + from * HOUR + (int64_t)rng_below(p->o->r, (to - from) * UINT64_C(3600)) * SECOND;
}

void plan_relay(struct plan *p, char out[ADDRESS_MAX]) {
    /* Behind those of visitors and of scanners (noise.c); a fifth of them for each shape. */
    office_stranger(p->o, 6144 + p->shape * 409 + p->addresses++ % 409, out);
    plan_put(p, TRUTH_ADDRESSES, out);
}

str plan_host(struct plan *p, uint32_t host, char room[16]) {
    str const name = host_name(host, room);

    truth_put(p->o->truth, p->id, TRUTH_HOSTS, name);
    return name;
}

void plan_put(struct plan *p, enum truth_set set, const char *value) {
    truth_put(p->o->truth, p->id, set, str_of(value));
}
