/* behaviour_door: rules, forwards, consents, keys, delegates, roles, applications, accounts and factors that are made: by whom, when, and what they
 * look like. What one account makes of a sort within a day is one hit. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/utf.h"
#include "detection/behaviour_account.h"
#include "detection/behaviour_door_name.h"

/* An act that does not say by which client is that of the client around it: of the acts so shortly before and after. */
#define AROUND (INT64_C(1800) * 1000000000)
#define AROUND_LOOKS 256u
/* What is taken back at once by who made it is how a service sets itself up: rights over a new site, say. */
#define AT_ONCE (INT64_C(60) * 1000000000)

static const struct sort {
    enum act act;
    const char *id;
    bool application; /* it is about an application, which its object names, and no other is called so */
} sorts[] = {
    {ACT_RULE_NEW, "rule-new", false},         {ACT_FORWARD_NEW, "forward-new", false},
    {ACT_CONSENT_NEW, "consent-new", true},    {ACT_KEY_NEW, "key-new", true},
    {ACT_DELEGATE_NEW, "delegate-new", false}, {ACT_ROLE_NEW, "role-new", false},
    {ACT_APP_NEW, "application-new", true},    {ACT_ACCOUNT_NEW, "account-new", false},
    {ACT_FACTOR_NEW, "factor-new", false},
};

struct made {
    uint32_t activity, account;
    uint8_t sort; /* index */
};
struct door_area {
    struct behaviour_run *r;
    struct account_world w;
    struct codes events;
    struct made *made;
    size_t count;
    struct code_map home;           /* domains of accounts that are used: by code of the name that has it */
    struct code_map let_in;         /* accounts that let an application in, by object */
    uint64_t by_sort[COUNT(sorts)]; /* accounts that do it */
    uint32_t hours[24], acts;       /* of the account at hand */
    const struct account_foreign *foreign;
    struct door_names *names;
};

/* ---- the account that does it ---- */

static unsigned hour_of(int64_t when) {
    return instant_wall(when).hour;
}

/* The hours at which it acts; what foreign clients do is left out. */
static void read_hours(struct door_area *x, struct activity_list list) {
    memset(x->hours, 0, sizeof x->hours);
    x->acts = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, list.items[i]);

        if (!account_is_use(&x->w, v) || account_foreign_of(x->foreign, list.items[i]))
            continue;
        x->hours[hour_of(v->when)]++;
        x->acts++;
    }
}

static bool at_night(const struct door_area *x, const struct behaviour *b, int64_t when) {
    unsigned const hour = hour_of(when);
    uint32_t const near = x->hours[(hour + 23) % 24] + x->hours[hour] + x->hours[(hour + 1) % 24];

    return x->acts >= behaviour_threshold(b, "night-acts") && near <= behaviour_threshold(b, "night-share") * x->acts;
}

static uint32_t position_of(struct activity_list list, uint32_t activity) {
    uint32_t from = 0, to = list.count;

    while (from < to) {
        uint32_t const middle = from + (to - from) / 2;

        if (list.items[middle] < activity)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* index + 1 of the foreign client that made it; 0: none. */
static uint32_t foreign_of(const struct door_area *x, struct activity_list list, uint32_t activity) {
    const struct activity *const v = activities_at(x->w.a, activity);
    uint32_t const at = position_of(list, activity), own = account_foreign_of(x->foreign, activity);
    uint32_t found = 0;

    if (own || v->text[ACT_ADDRESS] || v->text[ACT_SESSION])
        return own;
    for (uint32_t step = 0; step < 2; step++)
        for (uint32_t n = 1; n <= AROUND_LOOKS; n++) {
            if (step ? at + n >= list.count : n > at)
                break;
            uint32_t const other = list.items[step ? at + n : at - n];
            const struct activity *const o = activities_at(x->w.a, other);

            if (o->when - v->when > AROUND || v->when - o->when > AROUND)
                break;
            if (!account_is_use(&x->w, o))
                continue;
            uint32_t const client = account_foreign_of(x->foreign, other);

            if (!client || (found && found != client))
                return 0;
            found = client;
        }
    return found;
}

/* ---- what it looks like ---- */

struct look {
    double more;
    const char *why[6];
    size_t why_count;
};

static void see(struct look *l, double more, const char *why) {
    l->more += more;
    if (l->why_count < COUNT(l->why))
        l->why[l->why_count++] = why;
}

static str text_of(const struct door_area *x, const struct activity *v, enum act_text t) {
    return activities_text(x->w.a, v->text[t]);
}

/* A role that administers within the time given, for an account just made? */
static bool gets_role(struct door_area *x, const struct behaviour *b, const struct activity *v, bool *does,
                      struct err *e) {
    struct activity_list list;
    uint32_t const target = activities_account(x->w.a, v->text[ACT_TARGET]);

    *does = false;
    if (!target)
        return true;
    if (!activities_of(x->w.a, ACT_TARGET, target, &list, e))
        return false;
    for (uint32_t i = 0; i < list.count && i < AROUND_LOOKS && !*does; i++) {
        const struct activity *const o = activities_at(x->w.a, list.items[i]);

        *does = o->act == ACT_ROLE_NEW && o->when >= v->when &&
                (double)(o->when - v->when) <= behaviour_threshold(b, "roles-within") * (double)DAY &&
                door_mighty(text_of(x, o, ACT_OBJECT));
    }
    return true;
}

static bool look_at(struct door_area *x, const struct behaviour *b, const struct activity *v, struct look *l,
                    struct err *e) {
    str const object = text_of(x, v, ACT_OBJECT), detail = text_of(x, v, ACT_DETAIL);
    bool does;

    *l = (struct look){0};
    switch ((enum act)v->act) {
    case ACT_RULE_NEW:
        if (door_outside(x->names, detail))
            see(l, behaviour_threshold(b, "outside-more"), "sends mail outside");
        if (door_odd(object))
            see(l, behaviour_threshold(b, "odd-more"), "has next to no name");
        if (door_hides(detail))
            see(l, behaviour_threshold(b, "hides-more"), "hides mail");
        return true;
    case ACT_FORWARD_NEW:
        if (door_outside(x->names, detail))
            see(l, behaviour_threshold(b, "outside-more"), "leads outside");
        return true;
    case ACT_CONSENT_NEW:
        if (door_reads(detail) && !door_everybody(text_of(x, v, ACT_VERB)) &&
            code_map_get(&x->let_in, v->text[ACT_OBJECT]) < behaviour_threshold(b, "rare"))
            see(l, behaviour_threshold(b, "reads-more"), "may read mail or files, and few let it in");
        return true;
    case ACT_KEY_NEW:
    case ACT_APP_NEW:
        if (door_lookalike(x->names, object) || door_lookalike(x->names, text_of(x, v, ACT_TARGET)))
            see(l, behaviour_threshold(b, "odd-more"), "has a name that looks like another's");
        return true;
    case ACT_ROLE_NEW:
        if (door_mighty(object))
            see(l, behaviour_threshold(b, "mighty-more"), "administers");
        return true;
    case ACT_ACCOUNT_NEW:
        if (door_lookalike(x->names, text_of(x, v, ACT_TARGET)))
            see(l, behaviour_threshold(b, "odd-more"), "has a name that looks like another's");
        if (!gets_role(x, b, v, &does, e))
            return false;
        if (does)
            see(l, behaviour_threshold(b, "roles-more"), "gets a role that administers");
        return true;
    default:
        return true;
    }
}

/* ---- telling ---- */

/* strong: there is more about it than that it was made. Otherwise all that it shares with others is everyday life. */
static void add_parts(struct door_area *x, struct behaviour_hit *h, const struct sort *sort, uint32_t activity,
                      uint32_t account, uint32_t foreign, bool strong) {
    struct activities *const a = x->w.a;
    const struct activity *const v = activities_at(a, activity);
    str const detail = text_of(x, v, ACT_DETAIL);
    size_t const at = str_find_byte(detail, '@');

    behaviour_part_add(h, PART_ACCOUNT, false, account, 0);
    if (!sort->application)
        behaviour_part_add(h, PART_ACCOUNT, strong && sort->act == ACT_ACCOUNT_NEW,
                           activities_account(a, v->text[ACT_TARGET]), 0);
    if (foreign)
        behaviour_part_add(h, PART_CLIENT, true, account, x->foreign->clients[foreign - 1].family);
    if (!strong)
        return;
    behaviour_part_add(h, PART_OBJECT, sort->application, v->text[ACT_OBJECT], 0);
    if (sort->act == ACT_APP_NEW) /* by its id it is let in, and gets keys */
        behaviour_part_add(h, PART_OBJECT, true, v->text[ACT_DETAIL], 0);
    /* Where it leads to outside is the intruder's, if the door is; many have a private mailbox with the same service. */
    if (at != SIZE_MAX && door_outside(x->names, detail)) {
        behaviour_part_add(h, PART_OBJECT, foreign > 0, v->text[ACT_DETAIL], 0);
        behaviour_part_add(h, PART_DOMAIN, foreign > 0, activities_find(a, str_from(detail, at + 1)), 0);
    }
    behaviour_part_add(h, PART_SESSION, foreign > 0, v->text[ACT_SESSION], 0);
    if (v->text[ACT_ADDRESS] && !activities_own_address(a, v->text[ACT_ADDRESS]))
        behaviour_part_add(h, PART_ADDRESS, foreign > 0, v->text[ACT_ADDRESS], 0);
}

/* A text out of the evidence within a sentence: its first bytes, on one line. */
static void add_text(struct buf *to, str s, size_t max) {
    s = utf8_first(s, max);
    for (size_t i = 0; i < s.len; i++)
        buf_byte(to, (unsigned char)s.ptr[i] < 0x20 ? ' ' : s.ptr[i]);
}

static void name_made(struct door_area *x, const struct activity *v) {
    struct buf *const reason = &x->r->reason;
    str const object = text_of(x, v, ACT_OBJECT), target = text_of(x, v, ACT_TARGET),
              detail = text_of(x, v, ACT_DETAIL);

    buf_byte(reason, '`');
    add_text(reason, object.len ? object : target, 100);
    buf_byte(reason, '`');
    if (object.len && target.len) {
        buf_add(reason, S(" of "));
        add_text(reason, target, 80);
    }
    if (detail.len) {
        buf_add(reason, S(" ("));
        add_text(reason, detail, 120);
        buf_byte(reason, ')');
    }
}

/* made[from] to made[to]: of one account, one sort, one day. days: on how many other days it did so. */
static bool tell(struct door_area *x, size_t from, size_t to, uint32_t days, bool somebody, struct activity_list list,
                 struct err *e) {
    const struct sort *const sort = &sorts[x->made[from].sort];
    const struct behaviour *const b = account_behaviour(x->r, sort->id);
    uint32_t const account = x->made[from].account;
    struct behaviour_hit h = {
        .behaviour = b, .title = S(""), .like = x->by_sort[x->made[from].sort], .of = x->w.accounts};
    struct buf *const reason = &x->r->reason;
    struct look best = {0};
    uint32_t foreign = 0;
    size_t first = from;
    bool night = false, done = false;

    x->events.count = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t const activity = x->made[i].activity;
        const struct activity *const v = activities_at(x->w.a, activity);
        uint32_t const by = foreign_of(x, list, activity);
        struct look l;

        if (!look_at(x, b, v, &l, e))
            return false;
        if (l.more > best.more) {
            best = l;
            first = i;
        }
        foreign = foreign ? foreign : by;
        night |= at_night(x, b, v->when);
        done |= v->outcome != OUTCOME_FAILURE;
        if (!codes_add(&x->events, activity, e))
            return false;
    }
    if (!done)
        return true;
    if ((double)(to - from) >= behaviour_threshold(b, "several"))
        see(&best, behaviour_threshold(b, "several-more"), "is one of several within a day");
    if (night)
        see(&best, behaviour_threshold(b, "night-more"), "was made at an hour at which the account hardly ever acts");
    h.weight = b->weight + best.more;
    if (!somebody)
        h.weight *= behaviour_threshold(b, "nobody-part");
    else if (days >= behaviour_threshold(b, "routine"))
        h.weight *= behaviour_threshold(b, "routine-part");
    if (foreign) {
        see(&best, 0, "was made by a client that shares nothing with the rest of the account");
        h.weight += behaviour_threshold(b, "foreign-more");
    }
    for (size_t i = from; i < to; i++)
        add_parts(x, &h, sort, x->made[i].activity, account, foreign_of(x, list, x->made[i].activity),
                  h.weight >= behaviour_threshold(b, "strong"));
    reason->len = 0;
    buf_format(reason, "%.*s made ", STR_ARG(activities_spelling(x->w.a, ENTITY_ACCOUNT, account)));
    name_made(x, activities_at(x->w.a, x->made[first].activity));
    if (to - from > 1)
        buf_format(reason, " and %zu more within a day", to - from - 1);
    buf_add(reason, S("."));
    for (size_t i = 0; i < best.why_count; i++)
        buf_format(reason, "%s %s%s", i ? "," : " It", best.why[i], i + 1 == best.why_count ? "." : "");
    buf_format(reason, " %llu of %llu accounts do such things; this one on %u other day%s.", (unsigned long long)h.like,
               (unsigned long long)h.of, days, MANY(days));
    return behaviour_tell(x->r, &h, &x->events, e);
}

static bool same(const struct made *p, const struct made *q) {
    return p->account == q->account && p->sort == q->sort;
}

static int64_t when_of(const struct door_area *x, size_t i) {
    return activities_at(x->w.a, x->made[i].activity)->when;
}

/* All of one account: made[from] to made[to]. */
static bool one_account(struct door_area *x, size_t from, size_t to, struct err *e) {
    struct activity_list list;
    bool somebody = false;

    if (!activities_of(x->w.a, ACT_ACCOUNT, x->made[from].account, &list, e))
        return false;
    read_hours(x, list);
    for (uint32_t i = 0; i < list.count && !somebody; i++)
        somebody = account_is_use(&x->w, activities_at(x->w.a, list.items[i]));
    for (size_t i = from, end; i < to; i = end) {
        uint32_t days = 0;

        for (end = i; end < to && same(&x->made[end], &x->made[i]); end++)
            days += end == i || when_of(x, end) - when_of(x, end - 1) > DAY;
        for (size_t k = i, stop; k < end; k = stop) {
            for (stop = k + 1; stop < end && when_of(x, stop) - when_of(x, k) <= DAY; stop++)
                continue;
            if (!tell(x, k, stop, days - 1, somebody, list, e))
                return false;
        }
    }
    return true;
}

/* ---- collecting ---- */

static int by_account(const void *a, const void *b) {
    const struct made *const x = a, *const y = b;

    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    if (x->sort != y->sort)
        return x->sort < y->sort ? -1 : 1;
    return x->activity < y->activity ? -1 : x->activity > y->activity;
}

/* Does the same account take it back at once? ends: of the act that ends such doors, *from: the first that may. */
static bool taken_back(const struct door_area *x, struct activity_list ends, uint32_t *from, const struct activity *v) {
    while (*from < ends.count && activities_at(x->w.a, ends.items[*from])->when < v->when)
        ++*from;
    for (uint32_t i = *from; i < ends.count; i++) {
        const struct activity *const end = activities_at(x->w.a, ends.items[i]);

        if (end->when - v->when > AT_ONCE)
            return false;
        if (end->outcome != OUTCOME_FAILURE && end->text[ACT_OBJECT] == v->text[ACT_OBJECT] &&
            activities_account(x->w.a, end->text[ACT_ACCOUNT]) == activities_account(x->w.a, v->text[ACT_ACCOUNT]))
            return true;
    }
    return false;
}

static bool collect(struct door_area *x, struct err *e) {
    struct activity_list list, ends;
    size_t room = 0;

    for (size_t s = 0; s < COUNT(sorts); s++) {
        uint32_t end = 0;

        if (!activities_of_act(x->w.a, sorts[s].act, &list, e) ||
            !activities_of_act(x->w.a, (enum act)(sorts[s].act + 1), &ends, e)) /* they come in pairs */
            return false;
        for (uint32_t i = 0; i < list.count; i++) {
            const struct activity *const v = activities_at(x->w.a, list.items[i]);
            uint32_t const account = activities_account(x->w.a, v->text[ACT_ACCOUNT]);

            if (!account || (v->outcome != OUTCOME_FAILURE && taken_back(x, ends, &end, v)))
                continue;
            if (x->count == room) {
                struct made *const bigger = reallocarray(x->made, room * 2 + 64, sizeof *bigger);

                if (!bigger)
                    return behaviour_no_memory(e);
                x->made = bigger;
                room = room * 2 + 64;
            }
            x->made[x->count++] = (struct made){list.items[i], account, (uint8_t)s};
        }
    }
    if (x->count)
        qsort(x->made, x->count, sizeof *x->made, by_account);
    for (size_t i = 0; i < x->count; i++) {
        const struct activity *const v = activities_at(x->w.a, x->made[i].activity);
        uint32_t *n;

        x->by_sort[x->made[i].sort] += !i || !same(&x->made[i], &x->made[i - 1]);
        if (v->act != ACT_CONSENT_NEW || v->outcome == OUTCOME_FAILURE)
            continue;
        if (!(n = code_map_put(&x->let_in, v->text[ACT_OBJECT])))
            return behaviour_no_memory(e);
        ++*n;
    }
    return true;
}

bool behaviour_door(struct behaviour_run *r, struct err *e) {
    const struct behaviour *const b = account_behaviour(r, "foreign-client");
    struct door_area x = {.r = r, .foreign = r->foreign};
    bool ok = account_world_open(&x.w, r->a, behaviour_threshold(b, "near"), behaviour_threshold(b, "common-least"),
                                 behaviour_threshold(b, "common-share"), e) &&
              door_names_new(&x.names, &x.w, e) && collect(&x, e);

    for (size_t i = 0, to; ok && i < x.count; i = to) {
        for (to = i; to < x.count && x.made[to].account == x.made[i].account; to++)
            continue;
        ok = one_account(&x, i, to, e);
    }
    door_names_free(x.names);
    code_map_free(&x.let_in);
    free(x.made);
    codes_free(&x.events);
    account_world_close(&x.w);
    return ok;
}
