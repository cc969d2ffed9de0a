/* behaviour_provider: accounts that come from their own network since long (providers, jump hosts, VPN), then from others, and reach what they never
 * reached. All that is done in such visits is told; nothing of their own visits. */
#include <stdlib.h>

#include "base/hash.h"
#include "detection/behaviour_reach.h"

struct visit {
    int64_t begin, end;
    uint32_t activity, network, address, session;
    bool foreign;
};

struct visitor {
    uint32_t account;
    struct activity_list all;
    struct visit *visits;
    size_t count, room, foreign;
    int64_t first, first_foreign, last_foreign;
    struct meetings own_hosts, foreign_hosts, foreign_networks;
    struct hours own_hours;
    uint32_t own_days;
};

/* The house's made things by name: on how many hosts. */
struct things {
    struct meetings each, names;
};
static const enum act made[] = {ACT_SERVICE_NEW, ACT_TASK_NEW, ACT_OPENING_NEW, ACT_AUTORUN_NEW};

static uint64_t thing_of(const struct reach *r, const struct activity *v) {
    return kit_skeleton(activities_text(r->a, v->text[ACT_OBJECT]), r->seed + v->act);
}

static bool count_things(struct reach *r, struct things *t, struct err *e) {
    bool ok = true;

    for (size_t k = 0; ok && k < COUNT(made); k++) {
        struct activity_list all;

        ok = activities_of_act(r->a, made[k], &all, e);
        for (uint32_t i = 0; ok && i < all.count; i++) {
            const struct activity *const v = activities_at(r->a, all.items[i]);
            uint64_t const thing = thing_of(r, v);
            struct meeting *m = meetings_at(
                &t->each, (uint32_t)(thing >> 32) ^ activities_host(r->a, v->text[ACT_HOST]), (uint32_t)thing);
            bool const met = m && m->events++;

            ok = m != NULL || kit_no_memory(e);
            if (ok && !met)
                ok = (m = meetings_at(&t->names, (uint32_t)(thing >> 32), (uint32_t)thing)) != NULL
                         ? (m->events++, true)
                         : kit_no_memory(e);
        }
    }
    return ok;
}

static bool is_rare_thing(const struct reach *r, const struct things *t, const struct activity *v) {
    uint64_t const thing = thing_of(r, v);
    const struct meeting *const m = meetings_find(&t->names, (uint32_t)(thing >> 32), (uint32_t)thing);

    return m && m->events < 3 && !kit_of_product(r->a, v);
}

/* Does the act say that somebody comes into the house from outside? */
static bool comes_in(struct reach *r, const struct activity *v) {
    if (v->outcome == OUTCOME_FAILURE || !v->text[ACT_HOST] || !v->text[ACT_ADDRESS] ||
        reach_own(r, v->text[ACT_ADDRESS]))
        return false;
    if (v->act == ACT_LOGON)
        return kit_logon_way(activities_text(r->a, v->text[ACT_VERB])) != LOGON_CONSOLE;
    return v->act == ACT_SIGN_IN && !str_eq(activities_text(r->a, v->text[ACT_OBJECT]), S("NTLM"));
}

static bool visit_add(struct visitor *p, struct visit v, struct err *e) {
    if (p->count == p->room) {
        struct visit *const bigger = reallocarray(p->visits, p->room * 2 + 32, sizeof *bigger);

        if (!bigger)
            return kit_no_memory(e);
        p->visits = bigger;
        p->room = p->room * 2 + 32;
    }
    p->visits[p->count++] = v;
    return true;
}

/* The account's visits, each with its end, in order of time. */
static bool visits_of(struct reach *r, const struct behaviour *b, struct visitor *p, struct err *e) {
    int64_t const longest = (int64_t)(behaviour_threshold(b, "session-hours") * (double)KIT_HOUR);
    struct meetings open = {0}; /* session: first: visit + 1 */
    bool ok = true;

    p->count = 0;
    for (uint32_t i = 0; ok && i < p->all.count; i++) {
        const struct activity *const v = activities_at(r->a, p->all.items[i]);
        uint32_t const network = activities_network(r->a, v->text[ACT_ADDRESS]);
        struct meeting *m;

        if (v->act == ACT_SIGN_OUT && v->text[ACT_SESSION]) {
            m = meetings_find(&open, v->text[ACT_SESSION], v->text[ACT_HOST]);
            if (m && v->when - p->visits[m->first].begin <= 7 * KIT_DAY)
                p->visits[m->first].end = v->when;
        }
        if (!comes_in(r, v))
            continue;
        ok = visit_add(p,
                       (struct visit){v->when, v->when + longest, p->all.items[i], network, v->text[ACT_ADDRESS],
                                      v->text[ACT_SESSION], false},
                       e);
        if (ok && v->act == ACT_SIGN_IN && v->text[ACT_SESSION]) {
            ok = (m = meetings_at(&open, v->text[ACT_SESSION], v->text[ACT_HOST])) != NULL || kit_no_memory(e);
            if (ok)
                m->first = (int64_t)(p->count - 1);
        }
    }
    meetings_free(&open);
    return ok;
}

/* Which visits come from elsewhere. False: it is no account with a network of its own, or none do. */
static bool mark_foreign(struct reach *r, const struct behaviour *b, struct visitor *p, bool *any, struct err *e) {
    int64_t const settle = (int64_t)(behaviour_threshold(b, "settle") * (double)KIT_DAY);
    struct meetings own = {0}, asked = {0}; /* asked: address: days: shared by many */
    int64_t day = INT64_MIN;
    bool ok = true;

    *any = false;
    p->foreign = 0;
    p->own_days = 0;
    p->first = p->count ? p->visits[0].begin : 0;
    for (size_t i = 0; ok && i < p->count && p->visits[i].begin - p->first <= settle; i++)
        ok = meetings_at(&own, p->visits[i].network, 0) != NULL || kit_no_memory(e);
    for (size_t i = 0; ok && i < p->count; i++) {
        struct visit *const v = &p->visits[i];
        bool shared = false;

        v->foreign = !meetings_find(&own, v->network, 0) &&
                     v->begin - p->first >= (int64_t)(behaviour_threshold(b, "past") * (double)KIT_DAY);
        if (v->foreign) {
            struct meeting *const m = meetings_at(&asked, v->address, 0);

            ok = (m || kit_no_memory(e)) &&
                 (m->events ||
                  reach_shared(r, p->account, v->address, (uint32_t)behaviour_threshold(b, "shared"), &shared, e));
            if (ok && !m->events++)
                m->days = shared;
            shared = ok && m->days;
        }
        v->foreign &= !shared;
        if (v->foreign && !p->foreign++)
            p->first_foreign = v->begin;
        if (v->foreign)
            p->last_foreign = v->end;
        if (!v->foreign && !p->foreign) {
            p->own_days += kit_day(v->begin) != day;
            day = kit_day(v->begin);
        }
        if (!v->foreign)
            kit_hours_count(&p->own_hours, v->begin);
    }
    *any = ok && p->foreign && own.count <= (size_t)behaviour_threshold(b, "networks") &&
           p->own_days >= (uint32_t)behaviour_threshold(b, "visits");
    meetings_free(&own);
    meetings_free(&asked);
    return ok;
}

/* The visit in which an act falls: index + 1; 0. */
static size_t visit_at(const struct visitor *p, int64_t when) {
    size_t low = 0, high = p->count;

    while (low < high) { /* the first that begins behind */
        size_t const middle = low + (high - low) / 2;

        if (p->visits[middle].begin - KIT_MINUTE <= when)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t looked = 0; low && looked < 16; looked++, low--)
        if (when <= p->visits[low - 1].end + 2 * KIT_MINUTE)
            return low;
    return 0;
}

/* Is an account one that comes by visits only? Who works in the house has a life there outside of them. */
static bool is_visitor(const struct reach *r, const struct behaviour *b, const struct visitor *p) {
    size_t inside = 0, all = 0;

    for (uint32_t i = 0; i < p->all.count; i++) {
        const struct activity *const v = activities_at(r->a, p->all.items[i]);

        if (p->foreign && v->when >= p->first_foreign)
            break;
        if (!v->text[ACT_HOST] || v->outcome == OUTCOME_FAILURE || !kit_host_act((enum act)v->act))
            continue;
        all++;
        inside += visit_at(p, v->when) != 0;
    }
    return all && (double)inside >= behaviour_threshold(b, "by-visits") * (double)all;
}

static bool told_hosts(const struct reach *r, const struct meetings *hosts, const struct meetings *own,
                       struct buf *to) {
    size_t told = 0;

    for (size_t i = 0; i < hosts->count && told < 6; i++)
        if (!meetings_find(own, hosts->items[i].a, 0))
            buf_format(to, "%s%.*s", told++ ? ", " : " (",
                       STR_ARG(activities_spelling(r->a, ENTITY_HOST, hosts->items[i].a)));
    if (told)
        buf_format(to, ")");
    return true;
}

/* What happened by itself on a host that was reached: services and tasks of which no log says who made them. */
static bool made_on(struct reach *r, const struct things *t, const struct visitor *p, const struct behaviour *b,
                    uint32_t *count, struct err *e) {
    int64_t const after = (int64_t)(behaviour_threshold(b, "after") * (double)KIT_DAY);
    bool ok = true;

    for (size_t k = 0; ok && k < COUNT(made); k++) {
        struct activity_list all;

        ok = activities_of_act(r->a, made[k], &all, e);
        for (uint32_t i = ok ? kit_first_at(r->a, &all, p->first_foreign) : 0; ok && i < all.count; i++) {
            const struct activity *const v = activities_at(r->a, all.items[i]);
            uint32_t const host = activities_host(r->a, v->text[ACT_HOST]);
            const struct meeting *const m = meetings_find(&p->foreign_hosts, host, 0);
            uint32_t who;

            if (v->when > p->last_foreign + after)
                break;
            if (!m || v->when < m->first || v->when > m->last + after || meetings_find(&p->own_hosts, host, 0) ||
                !is_rare_thing(r, t, v))
                continue;
            if (!kit_machine_account(activities_text(r->a, v->text[ACT_ACCOUNT])))
                continue; /* its own acts are gone through elsewhere, others' are theirs */
            ok = kit_who_came(&r->house, host, v->when, KIT_HOUR, &who, e);
            if (!ok || (who && who != p->account))
                continue;
            draft_event(&r->draft, all.items[i]);
            draft_part(&r->draft, PART_OBJECT, true, v->text[ACT_OBJECT], 0);
            ++*count;
        }
    }
    return ok;
}

static bool visitor_tell(struct reach *r, const struct behaviour *b, const struct things *t, struct visitor *p,
                         size_t like, size_t of, struct err *e) {
    struct draft *const d = &r->draft;
    int64_t const after = (int64_t)(behaviour_threshold(b, "after") * (double)KIT_DAY);
    size_t unusual = 0, files = 0, new_hosts = 0;
    uint32_t things = 0;
    char a[KIT_DATE], c[KIT_DATE];
    double hosts;
    bool ok = true;
    str name;

    draft_begin(d, r->run, "foreign-visits");
    draft_part(d, PART_ACCOUNT, false, p->account, 0);
    for (size_t i = 0; ok && i < p->count; i++) {
        const struct visit *const v = &p->visits[i];

        if (!v->foreign)
            continue;
        unusual += kit_hours_away(&p->own_hours, v->begin, (unsigned)behaviour_threshold(b, "hours"));
        ok = meetings_at(&p->foreign_networks, v->network, 0) != NULL || kit_no_memory(e);
        draft_part(d, PART_ADDRESS, true, v->address, 0);
        if (activities_accounts_of(r->a, ENTITY_OTHER, v->session) <= 1)
            draft_part(d, PART_SESSION, true, v->session, 0);
    }
    /* First its own visits: where it usually goes. */
    for (int pass = 0; ok && pass < 2; pass++)
        for (uint32_t i = 0; ok && i < p->all.count; i++) {
            const struct activity *const v = activities_at(r->a, p->all.items[i]);
            size_t const at = visit_at(p, v->when);
            bool const foreign = at && p->visits[at - 1].foreign, own = at && !foreign;
            uint32_t const host = activities_host(r->a, v->text[ACT_HOST]);
            struct meeting *m;

            if (!host || v->outcome == OUTCOME_FAILURE)
                continue;
            if (!pass) {
                if (own || v->when < p->first_foreign)
                    ok = meetings_at(&p->own_hosts, host, 0) != NULL || kit_no_memory(e);
                continue;
            }
            if (own || v->when < p->first_foreign - KIT_MINUTE || v->when > p->last_foreign + after)
                continue;
            /* Outside of all visits: on hosts, or at hours, that are not its own. */
            if (!foreign && meetings_find(&p->own_hosts, host, 0) &&
                !kit_hours_away(&p->own_hours, v->when, (unsigned)behaviour_threshold(b, "hours")))
                continue;
            draft_event(d, p->all.items[i]);
            files += v->act == ACT_FILE_READ || v->act == ACT_FILE_WRITE;
            for (size_t k = 0; k < COUNT(made); k++)
                if (v->act == made[k]) {
                    draft_part(d, PART_OBJECT, true, v->text[ACT_OBJECT], 0);
                    things++;
                }
            ok = (m = meetings_at(&p->foreign_hosts, host, 0)) != NULL || kit_no_memory(e);
            if (ok)
                meetings_count(m, v);
        }
    for (size_t i = 0; i < p->foreign_hosts.count; i++) {
        new_hosts += !meetings_find(&p->own_hosts, p->foreign_hosts.items[i].a, 0);
        draft_part(d, PART_HOST, false, p->foreign_hosts.items[i].a, 0);
    }
    ok = ok && made_on(r, t, p, b, &things, e);
    if (ok && (new_hosts || unusual * 2 > p->foreign)) {
        hosts = (double)new_hosts * behaviour_threshold(b, "host");
        hosts = hosts > behaviour_threshold(b, "hosts-most") ? behaviour_threshold(b, "hosts-most") : hosts;
        d->hit.weight += hosts + (unusual * 2 > p->foreign ? behaviour_threshold(b, "hours-more") : 0) +
                         (files ? behaviour_threshold(b, "files") : 0) + (things ? behaviour_threshold(b, "made") : 0);
        name = activities_spelling(r->a, ENTITY_ACCOUNT, p->account);
        buf_format(&r->run->reason,
                   "%.*s came from networks of its own since %s; between %s and %s it came %zu time%s from %zu other%s "
                   "that hardly anybody uses, %zu of them at hours at which it "
                   "never comes otherwise, and reached %zu host%s that it never reached",
                   STR_ARG(name), kit_date(p->first, a), kit_date(p->first_foreign, c),
                   kit_date(p->last_foreign, (char[KIT_DATE]){0}), p->foreign, MANY(p->foreign),
                   p->foreign_networks.count, MANY(p->foreign_networks.count), unusual, new_hosts, MANY(new_hosts));
        told_hosts(r, &p->foreign_hosts, &p->own_hosts, &r->run->reason);
        buf_format(&r->run->reason,
                   "; %zu act%s of reading or writing files, %u of making services, tasks or openings.", files,
                   MANY(files), things);
        d->hit.like = like;
        d->hit.of = of;
        ok = draft_tell(d, e);
    }
    return ok;
}

static void visitor_clear(struct visitor *p) {
    meetings_free(&p->own_hosts);
    meetings_free(&p->foreign_hosts);
    meetings_free(&p->foreign_networks);
    p->own_hours = (struct hours){0};
}

bool reach_visits(struct reach *r, struct err *e) {
    const struct behaviour *const b = behaviours_find(r->run->b, S("foreign-visits"));
    struct activity_list accounts;
    struct visitor p = {0};
    struct things t = {0};
    size_t like = 0, of = 0;
    bool ok = count_things(r, &t, e) && activities_entities(r->a, ACT_ACCOUNT, &accounts, e);

    for (int pass = 0; ok && pass < 2; pass++) {
        for (uint32_t i = 0; ok && i < accounts.count; i++) {
            bool any;

            p.account = accounts.items[i];
            if (kit_machine_account(activities_text(r->a, p.account)))
                continue;
            ok = activities_of(r->a, ACT_ACCOUNT, p.account, &p.all, e) && visits_of(r, b, &p, e) &&
                 mark_foreign(r, b, &p, &any, e);
            if (ok && !pass) {
                bool const visitor = p.count && is_visitor(r, b, &p);

                of += visitor;
                like += any && visitor;
            } else if (ok && any && is_visitor(r, b, &p)) {
                ok = visitor_tell(r, b, &t, &p, like, of, e);
            }
            visitor_clear(&p);
        }
    }
    free(p.visits);
    meetings_free(&t.each);
    meetings_free(&t.names);
    return ok;
}
