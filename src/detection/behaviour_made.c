/* behaviour_made: what is made on a host to outlive its maker, and is rare in the house: services, tasks, openings, autoruns. */
#include <stdlib.h>

#include "detection/behaviour_host.h"

#define NEXT_TO (6 * KIT_HOUR) /* what is made on a host so close to the last is told with it */

struct made {
    enum act act;
    const char *behaviour, *thresholds; /* whose thresholds and lists count */
    const char *what;
};

struct rarity {
    struct bundle g;              /* key: host; sub: skeleton of the name */
    struct meetings names, paths; /* skeletons: hosts that have it */
    struct meetings each;         /* host and skeleton: on how many days */
    struct meetings hosts;        /* all hosts with any */
};

static uint32_t high_of(uint64_t x) {
    return (uint32_t)(x >> 32);
}

static struct meeting *of_skeleton(struct meetings *m, uint64_t skeleton) {
    return meetings_at(m, high_of(skeleton), (uint32_t)skeleton);
}

static bool met_on(struct meetings *by, struct meetings *each, uint32_t host, uint64_t skeleton,
                   const struct activity *v, struct err *e) {
    struct meeting *m = meetings_at(each, high_of(skeleton) ^ host, (uint32_t)skeleton);
    bool new;

    if (!m)
        return kit_no_memory(e);
    new = !m->events;
    meetings_count(m, v);
    if (!new)
        return true;
    if (!(m = of_skeleton(by, skeleton)))
        return kit_no_memory(e);
    m->events++;
    return true;
}

static uint32_t hosts_with(const struct meetings *by, uint64_t skeleton) {
    const struct meeting *const m = meetings_find(by, high_of(skeleton), (uint32_t)skeleton);

    return m ? m->events : 0;
}

/* Was the account on this host on an earlier day? */
static bool was_there(const struct hosts *h, uint32_t account, uint32_t host, int64_t when) {
    const struct meeting *const m = meetings_find(&h->house.on, account, host);

    return m && kit_day(m->first) < kit_day(when);
}

/* Command lines on the host so close to an opening that they made it. */
static bool commands_near(struct hosts *h, uint32_t host, uint32_t activity, const struct word_list *words,
                          int64_t near, bool *any, uint32_t *account, struct err *e) {
    int64_t const when = activities_at(h->a, activity)->when;
    struct activity_list all;

    if (!activities_of(h->a, ACT_HOST, host, &all, e))
        return false;
    for (uint32_t i = kit_first_at(h->a, &all, when - near), looked = 0; i < all.count && looked < 1024;
         i++, looked++) {
        const struct activity *const v = activities_at(h->a, all.items[i]);
        char folded[2 * KIT_TEXT + 16];

        if (v->when > when + near)
            break;
        if (v->act != ACT_PROCESS ||
            !kit_anywhere(words, kit_folded(activities_text(h->a, v->text[ACT_OBJECT]), folded)))
            continue;
        draft_event(&h->draft, all.items[i]);
        *any = true;
        if (!*account && !kit_machine_account(activities_text(h->a, v->text[ACT_ACCOUNT])))
            *account = activities_account(h->a, v->text[ACT_ACCOUNT]);
    }
    return true;
}

/* Since when anything is known of a host. */
static bool host_since(struct hosts *h, uint32_t host, int64_t *since, struct err *e) {
    struct activity_list all;

    if (!activities_of(h->a, ACT_HOST, host, &all, e))
        return false;
    *since = all.count ? activities_at(h->a, all.items[0])->when : 0;
    return true;
}

/* What one hit tells: rare things made on a host one after the other. */
static bool made_tell(struct hosts *h, const struct made *made, const struct rarity *r, const struct bundle *g,
                      size_t from, size_t to, struct err *e) {
    const struct behaviour *const t = behaviours_find(h->run->b, str_of(made->thresholds));
    struct draft *const d = &h->draft;
    const struct activity *const first = activities_at(h->a, g->items[from].activity);
    uint32_t const host = activities_host(h->a, first->text[ACT_HOST]);
    bool const serves = house_host(&h->house, host) == HOST_SERVER, night = house_night(&h->house, first->when);
    bool folder = false, command = false, was = true, own = true;
    struct told things = {0};
    uint32_t account = 0;
    char date[KIT_DATE];
    int64_t since;

    if (!host_since(h, host, &since, e))
        return false;
    draft_begin(d, h->run, made->behaviour);
    for (size_t i = from; i < to; i++) {
        const struct activity *const v = activities_at(h->a, g->items[i].activity);
        str const who = activities_text(h->a, v->text[ACT_ACCOUNT]);
        char folded[2 * KIT_TEXT + 16];

        if (!account && !kit_machine_account(who))
            account = activities_account(h->a, v->text[ACT_ACCOUNT]);
        own &= who.len > 0 && kit_machine_account(who);
        if (kit_anywhere(behaviour_list(t, "folders"),
                         kit_folded(activities_text(h->a, v->text[ACT_DETAIL]), folded))) {
            folder = true;
            draft_part(d, PART_OBJECT, true, v->text[ACT_DETAIL],
                       0); /* whatever else starts it is the same somebody's */
        }
        if (made->act == ACT_OPENING_NEW)
            folder |= kit_anywhere(behaviour_list(t, "folders"),
                                   kit_folded(activities_text(h->a, v->text[ACT_PROGRAM]), folded)) != 0;
        kit_told_add(&things, activities_text(h->a, v->text[ACT_OBJECT]));
        draft_event(d, g->items[i].activity);
        draft_part(d, PART_OBJECT, true, v->text[ACT_OBJECT], 0);
        if (made->act == ACT_OPENING_NEW &&
            !commands_near(h, host, g->items[i].activity, behaviour_list(t, "commands"),
                           (int64_t)(behaviour_threshold(t, "command-minutes") * (double)KIT_MINUTE), &command,
                           &account, e))
            return false;
    }
    if (!account && !kit_who_came(&h->house, host, first->when, 15 * KIT_MINUTE, &account, e))
        return false;
    was = !account || was_there(h, account, host, first->when);
    d->hit.weight += (serves ? behaviour_threshold(t, "server") : 0) + (folder ? behaviour_threshold(t, "folder") : 0) +
                     (night ? behaviour_threshold(t, "night") : 0) + (was ? 0 : behaviour_threshold(t, "newcomer")) +
                     (command ? behaviour_threshold(t, "command") : 0) -
                     (own && !account ? behaviour_threshold(t, "own") : 0) -
                     (first->when - since < (int64_t)(behaviour_threshold(t, "past") * (double)KIT_DAY)
                          ? behaviour_threshold(t, "young")
                          : 0);
    draft_part(d, PART_HOST, false, host, 0);
    draft_part(d, PART_ACCOUNT, false, account, 0);
    buf_format(&h->run->reason, "%s ", made->what);
    kit_told_write(&h->run->reason, &things, 100);
    if (first->text[ACT_DETAIL])
        buf_format(&h->run->reason, " (%.*s)",
                   STR_ARG(utf8_first(activities_text(h->a, first->text[ACT_DETAIL]), 120)));
    buf_format(&h->run->reason, " made on %.*s on %s; %u of %zu hosts with any have one of that name%s%s%s%s.",
               STR_ARG(activities_spelling(h->a, ENTITY_HOST, host)), kit_date(first->when, date),
               hosts_with(&r->names, g->items[from].sub), r->hosts.count,
               folder ? "; its program is none, or lies where none belong" : "",
               night ? "; at an hour when the house sleeps" : "",
               was ? "" : "; by an account that was not on this host on any day before",
               command ? "; by a command line" : "");
    d->hit.like = hosts_with(&r->names, g->items[from].sub);
    d->hit.of = r->hosts.count;
    return draft_tell(d, e);
}

/* Does it belong to the house: its program is on so many hosts, or (of an opening) what made it is a product? */
static bool belongs(const struct rarity *r, const struct hosts *h, const struct activity *v, uint32_t least) {
    if (v->act == ACT_OPENING_NEW)
        return kit_of_product(h->a, v);
    return v->text[ACT_DETAIL] &&
           hosts_with(&r->paths, kit_skeleton(activities_text(h->a, v->text[ACT_DETAIL]), h->seed)) >= least;
}

static bool find_made(struct hosts *h, const struct made *made, struct err *e) {
    const struct behaviour *const t = behaviours_find(h->run->b, str_of(made->thresholds));
    uint32_t const hosts = (uint32_t)behaviour_threshold(t, "hosts"), times = (uint32_t)behaviour_threshold(t, "times");
    struct activity_list list;
    struct rarity r = {0};
    struct meetings path_each = {0};
    struct bundle rare = {0};
    bool ok = activities_of_act(h->a, made->act, &list, e);

    for (uint32_t i = 0; ok && i < list.count; i++) {
        const struct activity *const v = activities_at(h->a, list.items[i]);
        uint32_t const host = activities_host(h->a, v->text[ACT_HOST]);
        uint64_t skeleton;

        if (!host || v->outcome == OUTCOME_FAILURE)
            continue;
        skeleton = kit_skeleton(activities_text(h->a, v->text[ACT_OBJECT]), h->seed);
        ok =
            (meetings_at(&r.hosts, host, 0) != NULL || kit_no_memory(e)) &&
            met_on(&r.names, &r.each, host, skeleton, v, e) &&
            (!v->text[ACT_DETAIL] || met_on(&r.paths, &path_each, host,
                                            kit_skeleton(activities_text(h->a, v->text[ACT_DETAIL]), h->seed), v, e)) &&
            bundle_add(&r.g, host, skeleton, list.items[i], 0, e);
    }
    bundle_sort(&r.g);
    for (size_t i = 0, end; ok && i < r.g.count; i = end) {
        const struct activity *const v = activities_at(h->a, r.g.items[i].activity);
        const struct meeting *const m =
            meetings_find(&r.each, high_of(r.g.items[i].sub) ^ (uint32_t)r.g.items[i].key, (uint32_t)r.g.items[i].sub);

        end = bundle_sub_end(&r.g, i);
        if (hosts_with(&r.names, r.g.items[i].sub) >= hosts || (m && m->days >= times) || belongs(&r, h, v, hosts))
            continue;
        for (size_t k = i; ok && k < end; k++)
            ok = bundle_add(&rare, r.g.items[k].key, 0, r.g.items[k].activity, 0, e);
        for (size_t k = rare.count - (end - i); ok && k < rare.count; k++)
            rare.items[k].tag = (uint32_t)i; /* where its skeleton stands */
    }
    bundle_sort(&rare);
    for (size_t i = 0, end; ok && i < rare.count; i = end) {
        for (end = i + 1; end < rare.count && rare.items[end].key == rare.items[i].key &&
                          activities_at(h->a, rare.items[end].activity)->when -
                                  activities_at(h->a, rare.items[end - 1].activity)->when <=
                              NEXT_TO;)
            end++;
        rare.items[i].sub = r.g.items[rare.items[i].tag].sub;
        ok = made_tell(h, made, &r, &rare, i, end, e);
    }
    bundle_free(&rare);
    bundle_free(&r.g);
    meetings_free(&r.names);
    meetings_free(&r.paths);
    meetings_free(&r.each);
    meetings_free(&r.hosts);
    meetings_free(&path_each);
    return ok;
}

bool behaviour_made(struct hosts *h, struct err *e) {
    static const struct made all[] = {
        {ACT_SERVICE_NEW, "new-service", "new-service", "Service"},
        {ACT_TASK_NEW, "new-task", "new-service", "Task"},
        {ACT_AUTORUN_NEW, "new-autorun", "new-service", "Autorun"},
        {ACT_OPENING_NEW, "new-opening", "new-opening", "Opening"},
    };
    bool ok = true;

    for (size_t i = 0; ok && i < COUNT(all); i++)
        ok = find_made(h, &all[i], e);
    return ok;
}
