/* behaviour_account_session: sessions that are used from a second network as well, and sessions without a sign-in. */
#include <math.h>
#include <stdlib.h>

#include "detection/behaviour_account.h"

struct found {
    uint32_t account, elsewhere, lone, others;
};
#define ALIKE_MAX 64u
struct judging {
    struct found *found;
    uint32_t count, room, lone;      /* lone: accounts with such sessions */
    uint32_t as_many[ALIKE_MAX + 1]; /* accounts with so many sessions elsewhere, or more */
    double roam, sessions, share, lead;
    uint64_t accounts; /* with sessions */
};

/* Was it carried to a strange network, and is no telephone, and not the foreign client's own? */
static bool is_elsewhere(const struct account_area *x, const struct judging *j, const struct account_session *s) {
    return s->foreign && s->foreign < s->places && s->places < j->roam && s->client &&
           !code_map_get(&x->r->foreign->by_client, code_pair(x->u.account, x->u.clients[s->client - 1].family));
}

/* No sign-in, though the logs of sign-ins were long begun and went on, and this client's other sessions have theirs. */
static bool is_lone(const struct account_area *x, const struct judging *j, const struct account_session *s) {
    const struct account_client *const c = s->client ? &x->u.clients[s->client - 1] : NULL;

    return c && !s->sign_ins && c->begun >= j->sessions && c->sessions - c->begun <= j->share * c->sessions &&
           s->last <= x->w.sign_ins_to && (double)s->first - (double)x->w.sign_ins_from >= j->lead * (double)DAY;
}

static bool judge(struct account_area *x, struct judging *j, struct err *e) {
    const struct account_use *const u = &x->u;
    struct found f = {.account = u->account};

    j->accounts += u->session_count > 0;
    for (uint32_t i = 0; i < u->session_count; i++) {
        f.elsewhere += is_elsewhere(x, j, &u->sessions[i]);
        f.lone += is_lone(x, j, &u->sessions[i]);
        f.others += u->sessions[i].sign_ins > 0;
    }
    if (!f.elsewhere && !f.lone)
        return true;
    if (j->count == j->room) {
        struct found *const bigger = reallocarray(j->found, j->room * 2 + 16, sizeof *bigger);

        if (!bigger)
            return behaviour_no_memory(e);
        j->found = bigger;
        j->room = j->room * 2 + 16;
    }
    j->found[j->count++] = f;
    for (uint32_t n = 1; n <= f.elsewhere && n <= ALIKE_MAX; n++)
        j->as_many[n]++;
    j->lone += f.lone > 0;
    return true;
}

static bool tell_elsewhere(struct account_area *x, const struct judging *j, const struct found *f, struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "session-elsewhere");
    struct behaviour_hit h = {.behaviour = b,
                              .title = S(""),
                              .like = j->as_many[f->elsewhere < ALIKE_MAX ? f->elsewhere : ALIKE_MAX],
                              .of = j->accounts};
    struct activities *const a = x->w.a;
    struct buf *const reason = &x->r->reason;
    char first[DATE_TEXT], last[DATE_TEXT];
    struct code_map networks = {0}, addresses = {0}; /* addresses: 1: asked */
    uint32_t network_count = 0;
    bool ok = true;

    x->events.count = 0;
    behaviour_part_add(&h, PART_ACCOUNT, false, f->account, 0);
    for (uint32_t i = 0; ok && i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(a, x->u.list.items[i]);
        uint32_t const session = code_map_get(&x->u.session_of, v->text[ACT_SESSION]);
        uint32_t const place = account_place(&x->w, v);
        const struct account_stay *stay;
        uint32_t *seen, *asked;
        bool alone;

        if (!session || !place || !is_elsewhere(x, j, &x->u.sessions[session - 1]) ||
            !(stay = account_stay_of(&x->u.by_session, session - 1, place)) || !account_carried_to(&x->w, &x->u, stay))
            continue;
        /* The session is the victim's as well: what was done from elsewhere is the intruder's. */
        behaviour_part_add(&h, PART_SESSION, false, v->text[ACT_SESSION], 0);
        if (!(asked = code_map_put(&addresses, v->text[ACT_ADDRESS]))) {
            ok = behaviour_no_memory(e);
            break;
        }
        if (!*asked) {
            *asked = 1;
            ok = account_alone_at(&x->w, v->text[ACT_ADDRESS], f->account, &alone, e);
            if (ok)
                behaviour_part_add(&h, PART_ADDRESS, alone, v->text[ACT_ADDRESS], 0);
        }
        ok = ok && codes_add(&x->events, x->u.list.items[i], e) &&
             ((seen = code_map_put(&networks, place)) || behaviour_no_memory(e));
        if (ok) {
            network_count += !*seen;
            *seen = 1;
        }
    }
    code_map_free(&networks);
    code_map_free(&addresses);
    if (!ok || !x->events.count)
        return ok;
    h.weight = b->weight;
    if (f->elsewhere > 1)
        h.weight += behaviour_threshold(b, "second-more") + (f->elsewhere - 2) * behaviour_threshold(b, "each-more");
    h.weight = fmin(h.weight, behaviour_threshold(b, "most"));
    if ((double)h.like > fmax(1, behaviour_threshold(b, "many-alike") * (double)j->accounts))
        h.weight /= 2;
    reason->len = 0;
    buf_format(reason,
               "%u session%s of %.*s that began at a usual place %s used from %u other network%s as well, between %s "
               "and %s; no other device of "
               "the account was ever near there, and no session began there. %llu of %llu accounts have as many such "
               "sessions.",
               f->elsewhere, MANY(f->elsewhere), STR_ARG(activities_spelling(a, ENTITY_ACCOUNT, f->account)),
               f->elsewhere == 1 ? "is" : "are", network_count, MANY(network_count),
               account_date(activities_at(a, x->events.items[0])->when, first),
               account_date(activities_at(a, x->events.items[x->events.count - 1])->when, last),
               (unsigned long long)h.like, (unsigned long long)h.of);
    return behaviour_tell(x->r, &h, &x->events, e);
}

static bool tell_lone(struct account_area *x, const struct judging *j, const struct found *f, struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "no-sign-in");
    struct behaviour_hit h = {.behaviour = b, .title = S(""), .like = j->lone, .of = j->accounts};

    /* So many: it is the log that leaves them out. */
    if (j->lone > fmax(1, behaviour_threshold(b, "common") * (double)j->accounts))
        return true;
    x->events.count = 0;
    behaviour_part_add(&h, PART_ACCOUNT, false, f->account, 0);
    for (uint32_t i = 0; i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, x->u.list.items[i]);
        uint32_t const session = code_map_get(&x->u.session_of, v->text[ACT_SESSION]);

        if (!session || !is_lone(x, j, &x->u.sessions[session - 1]))
            continue;
        behaviour_part_add(&h, PART_SESSION, true, v->text[ACT_SESSION], 0);
        behaviour_part_add(&h, PART_ADDRESS, false, v->text[ACT_ADDRESS], 0);
        if (!codes_add(&x->events, x->u.list.items[i], e))
            return false;
    }
    h.weight = fmin(behaviour_threshold(b, "most"), b->weight + (f->lone - 1) * behaviour_threshold(b, "each-more"));
    x->r->reason.len = 0;
    buf_format(&x->r->reason,
               "%u session%s of %.*s %s no sign-in in the logs that hold those of its %u other session%s.", f->lone,
               MANY(f->lone), STR_ARG(activities_spelling(x->w.a, ENTITY_ACCOUNT, f->account)),
               f->lone == 1 ? "has" : "have", f->others, MANY(f->others));
    return behaviour_tell(x->r, &h, &x->events, e);
}

bool account_sessions_run(struct account_area *x, struct err *e) {
    const struct behaviour *const elsewhere = account_behaviour(x->r, "session-elsewhere");
    const struct behaviour *const lone = account_behaviour(x->r, "no-sign-in");
    struct judging j = {.roam = behaviour_threshold(elsewhere, "roam"),
                        .sessions = behaviour_threshold(lone, "sessions"),
                        .share = behaviour_threshold(lone, "share"),
                        .lead = behaviour_threshold(lone, "lead")};
    struct activity_list accounts;
    bool ok = activities_entities(x->w.a, ACT_ACCOUNT, &accounts, e);

    for (uint32_t i = 0; ok && i < accounts.count; i++)
        ok = account_use_read(&x->w, &x->u, accounts.items[i], e) && (x->u.too_large || judge(x, &j, e));
    for (uint32_t i = 0; ok && i < j.count; i++) {
        const struct found *const f = &j.found[i];

        ok = account_use_read(&x->w, &x->u, f->account, e) && (!f->elsewhere || tell_elsewhere(x, &j, f, e)) &&
             (!f->lone || tell_lone(x, &j, f, e));
    }
    free(j.found);
    return ok;
}
