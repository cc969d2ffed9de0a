/* behaviour_reach: who reaches what he never reached, and from where: persons' accounts used from places of servers, service accounts that do what they never did.
 * Visitors: behaviour_provider.c; exports and files: behaviour_export.c. */
#include "detection/behaviour_reach.h"

#include <stdlib.h>

#include "base/hash.h"
#include "intel/network.h"

#define PATH_MAX_OWN 512u
#define ASKED_MAX 256u /* acts on a path that are looked at for a request of it */

bool reach_inside(const struct reach *r, const struct activity *v) {
    enum logon_way way;

    if (!v->text[ACT_HOST] || !v->text[ACT_ADDRESS] || v->outcome == OUTCOME_FAILURE)
        return false;
    switch ((enum act)v->act) {
    case ACT_LOGON:
        way = kit_logon_way(activities_text(r->a, v->text[ACT_VERB]));
        return way == LOGON_NETWORK || way == LOGON_REMOTE;
    case ACT_SHARE_OPEN:
    case ACT_FILE_READ:
    case ACT_FILE_WRITE:
    case ACT_FILE_DELETE:
        return true;
    default:
        return false;
    }
}

bool reach_loopback(const struct reach *r, uint32_t address) {
    str const s = activities_text(r->a, address);

    return str_starts(s, S("127.")) || str_eq(s, S("::1")) || str_eq(s, S("-"));
}

bool reach_shared(struct reach *r, uint32_t account, uint32_t address, uint32_t least, bool *shared, struct err *e) {
    struct meetings others = {0};
    struct activity_list all;
    bool ok = activities_of(r->a, ACT_ADDRESS, address, &all, e);

    for (uint32_t i = 0; ok && i < all.count && i < 4096 && others.count < least; i++) {
        const struct activity *const v = activities_at(r->a, all.items[i]);
        uint32_t const who = activities_account(r->a, v->text[ACT_ACCOUNT]);

        if (who && who != account && v->outcome != OUTCOME_FAILURE)
            ok = meetings_at(&others, who, 0) != NULL || kit_no_memory(e);
    }
    *shared = others.count >= least;
    meetings_free(&others);
    return ok;
}

bool reach_own(struct reach *r, uint32_t address) {
    if (!address)
        return false;
    if (!r->own[address]) {
        struct network_about about;
        bool shared = false;
        bool const range = network_about_text(NULL, activities_text(r->a, address), &about) &&
                           (str_eq(about.range, S("private")) || str_eq(about.range, S("loopback")) ||
                            str_eq(about.range, S("link-local")));
        struct err e = {0};

        /* Of the network of the way out only the way out itself: others may live beside it. */
        if (!range && activities_own_address(r->a, address) && !reach_shared(r, 0, address, 3, &shared, &e))
            shared = true;
        r->own[address] = range || shared ? 2 : 1;
    }
    return r->own[address] == 2;
}

static bool is_person(const struct reach *r, uint32_t account) {
    return account && account < r->house.texts && (r->house.desks[account] & 1);
}

/* ---- places ---- */

struct places {
    struct meetings of;      /* account and place (network, or host): its acts from there */
    struct meetings persons; /* place: events: so many persons come from it */
    uint32_t person_count;
};

static bool place_count(struct places *p, uint32_t account, uint32_t place, const struct activity *v, struct err *e) {
    struct meeting *m;
    bool new;

    if (!place)
        return true;
    if (!(m = meetings_at(&p->of, account, place)))
        return kit_no_memory(e);
    new = !m->events;
    meetings_count(m, v);
    if (!new)
        return true;
    if (!(m = meetings_at(&p->persons, place, 0)))
        return kit_no_memory(e);
    m->events++;
    return true;
}

static bool count_places(struct reach *r, struct places *p, struct err *e) {
    uint32_t const count = activities_count(r->a);
    struct meetings persons = {0};
    bool ok = true;

    for (uint32_t i = 0; ok && i < count; i++) {
        const struct activity *const v = activities_at(r->a, i);
        uint32_t const account = activities_account(r->a, v->text[ACT_ACCOUNT]);

        if (!is_person(r, account) || !reach_inside(r, v) || reach_loopback(r, v->text[ACT_ADDRESS]))
            continue;
        ok = (meetings_at(&persons, account, 0) != NULL || kit_no_memory(e)) &&
             place_count(p, account, activities_network(r->a, v->text[ACT_ADDRESS]), v, e) &&
             place_count(p, account, kit_source_host(r->a, v), v, e);
    }
    p->person_count = (uint32_t)persons.count;
    meetings_free(&persons);
    return ok;
}

/* Is the place, from which an account comes, one where this person never works and few others do? */
static bool is_foreign(const struct reach *r, const struct behaviour *b, const struct places *p, uint32_t account,
                       uint32_t place, int64_t first, bool host) {
    const struct meeting *const m = meetings_find(&p->of, account, place), *const n =
                                                                               meetings_find(&p->persons, place, 0);
    uint32_t const many = (uint32_t)(behaviour_threshold(b, "persons-part") * p->person_count);
    uint32_t const least = (uint32_t)behaviour_threshold(b, "persons");
    int64_t span;

    if (!place || !m || !n || m->first - first < (int64_t)(behaviour_threshold(b, "past") * (double)KIT_DAY))
        return false;
    if (n->events > (many > least ? many : least) || (host && house_host(&r->house, place) != HOST_SERVER))
        return false;
    span = kit_day(m->last) - kit_day(m->first) + 1;
    return m->days < (uint32_t)behaviour_threshold(b, "settled-days") ||
           (double)m->days < behaviour_threshold(b, "settled-part") * (double)span;
}

static str share_of(str share) {
    size_t from = share.len;

    while (from && share.ptr[from - 1] != '\\' && share.ptr[from - 1] != '/')
        from--;
    return str_from(share, from);
}

/* A file whose path ends as the path of a page that somebody asks for later: what was written there is the page. */
static bool page_of(struct reach *r, const struct activity *v, uint32_t *page, struct err *e) {
    str const file = activities_text(r->a, v->text[ACT_OBJECT]);
    char path[PATH_MAX_OWN + 1];
    size_t looked = 0;

    *page = 0;
    if (!file.len || file.len > PATH_MAX_OWN || str_find_byte(file, '.') == SIZE_MAX)
        return true;
    for (size_t i = 0; i < file.len; i++)
        path[i + 1] = file.ptr[i] == '\\' ? '/' : file.ptr[i];
    path[0] = '/';
    for (size_t i = 0; i <= file.len && looked < 32; i++) {
        struct activity_list all;
        uint32_t code;

        if (path[i] != '/')
            continue;
        looked++;
        if (!(code = activities_find(r->a, (str){path + i, file.len + 1 - i})))
            continue;
        if (!activities_of(r->a, ACT_OBJECT, code, &all, e))
            return false;
        for (uint32_t k = kit_first_at(r->a, &all, v->when), n = 0; k < all.count && n < ASKED_MAX && !*page; k++, n++)
            if (activities_at(r->a, all.items[k])->act == ACT_WEB_REQUEST)
                *page = code;
        if (*page)
            return true;
    }
    return true;
}

/* A host whose server program started shells, and from which then somebody comes who never came from it: the intruder goes on. moves: acts of
 * the one who comes, from that host, in order of time. */
static bool tell_moved_on(struct reach *r, uint32_t host, uint32_t account, const struct bundle *moves, size_t begin,
                          size_t end, struct err *e) {
    struct draft *const d = &r->draft;
    const struct bundle *const odd = &r->shells.odd;
    struct meetings to = {0};
    size_t shells = 0, acts = 0, from = 0, high = odd->count, stop;
    int64_t first = 0, near;
    char a[KIT_DATE], b[KIT_DATE];
    bool ok = true;

    draft_begin(d, r->run, "moved-on");
    near = (int64_t)(draft_threshold(d, "near") * (double)KIT_DAY);
    for (size_t i = begin; ok && i < end; i++) {
        const struct activity *const v = activities_at(r->a, moves->items[i].activity);

        if (kit_source_host(r->a, v) != host || activities_account(r->a, v->text[ACT_ACCOUNT]) != account)
            continue;
        first = acts ? first : v->when;
        if (v->when - first > KIT_DAY)
            break;
        acts++;
        draft_event(d, moves->items[i].activity);
        draft_part(d, PART_HOST, false, activities_host(r->a, v->text[ACT_HOST]), 0);
        ok = meetings_at(&to, activities_host(r->a, v->text[ACT_HOST]), 0) != NULL || kit_no_memory(e);
    }
    while (from < high) { /* the first of that host */
        size_t const middle = from + (high - from) / 2;

        if (odd->items[middle].key >> 32 < host)
            from = middle + 1;
        else
            high = middle;
    }
    for (stop = from; stop < odd->count && odd->items[stop].key >> 32 == host;)
        stop++;
    /* It was taken before; and as many shells as steps, so that it is as much about the one host as about the others. */
    if (ok && acts && from < stop && activities_at(r->a, odd->items[from].activity)->when < first) {
        size_t last = from;

        while (last + 1 < stop && activities_at(r->a, odd->items[last + 1].activity)->when <= first)
            last++;
        for (size_t i = last + 1;
             i > from && shells < acts && first - activities_at(r->a, odd->items[i - 1].activity)->when <= near;
             i--, shells++)
            draft_event(d, odd->items[i - 1].activity);
        for (size_t i = last + 1;
             i < stop && shells && shells < acts && activities_at(r->a, odd->items[i].activity)->when - first <= near;
             i++, shells++)
            draft_event(d, odd->items[i].activity);
        if (shells) {
            draft_part(d, PART_HOST, false, host, 0);
            draft_part(d, PART_ACCOUNT, false, account, 0);
            buf_format(&r->run->reason, "A server program of %.*s started shells since %s; on %s %.*s came from it to ",
                       STR_ARG(activities_spelling(r->a, ENTITY_HOST, host)),
                       kit_date(activities_at(r->a, odd->items[from].activity)->when, a), kit_date(first, b),
                       STR_ARG(activities_spelling(r->a, ENTITY_ACCOUNT, account)));
            for (size_t i = 0; i < to.count && i < 4; i++)
                buf_format(&r->run->reason, "%s%.*s", i ? ", " : "",
                           STR_ARG(activities_spelling(r->a, ENTITY_HOST, to.items[i].a)));
            buf_format(&r->run->reason, "%s, as it never had before.", to.count > 4 ? " and others" : "");
            d->hit.like = r->shells.odd_hosts;
            d->hit.of = r->shells.hosts.count;
            ok = draft_tell(d, e);
        }
    }
    meetings_free(&to);
    return ok;
}

struct person {
    uint32_t account;
    struct activity_list all;
    struct bundle foreign; /* key: 0 */
    struct hours usual;
    struct meetings before; /* hosts it came to otherwise, or before */
    int64_t first;
    uint32_t days;
};

static bool person_tell(struct reach *r, struct person *p, size_t like, size_t of, struct err *e) {
    struct draft *const d = &r->draft;
    const struct word_list *const shares = behaviour_list(behaviours_find(r->run->b, S("new-reach")), "shares");
    struct meetings from = {0}, to = {0};
    size_t unusual = 0, files = 0, new_hosts = 0, pages = 0;
    bool admin = false, server = false, ok = true;
    char a[KIT_DATE], b[KIT_DATE];
    int64_t first = 0, last = 0;
    str name;

    draft_begin(d, r->run, "new-reach");
    draft_part(d, PART_ACCOUNT, false, p->account, 0);
    for (size_t i = 0; ok && i < p->foreign.count; i++) {
        const struct activity *const v = activities_at(r->a, p->foreign.items[i].activity);
        uint32_t const source = kit_source_host(r->a, v), host = activities_host(r->a, v->text[ACT_HOST]);
        char folded[2 * KIT_TEXT + 16];
        struct meeting *m = NULL;
        uint32_t page = 0;

        first = i ? first : v->when;
        last = v->when;
        draft_event(d, p->foreign.items[i].activity);
        draft_part(d, PART_HOST, false, source, 0);
        draft_part(d, PART_HOST, false, host, 0);
        unusual += kit_hours_unusual(&p->usual, v->when, draft_threshold(d, "night-part"));
        files += v->act == ACT_FILE_READ || v->act == ACT_FILE_WRITE;
        server |= house_host(&r->house, source) == HOST_SERVER;
        if (v->act == ACT_FILE_READ || v->act == ACT_FILE_WRITE)
            ok = page_of(r, v, &page, e);
        draft_part(d, PART_PAGE, true, page, host);
        pages += page != 0;
        admin |= kit_word(shares, kit_folded(share_of(activities_text(
                                                 r->a, v->text[v->act == ACT_SHARE_OPEN ? ACT_OBJECT : ACT_DETAIL])),
                                             folded)) != 0;
        ok = ok && ((meetings_at(&from, source ? source : v->text[ACT_ADDRESS], 0) != NULL &&
                     (m = meetings_at(&to, host, 0)) != NULL) ||
                    kit_no_memory(e));
        if (ok && !m->events++)
            new_hosts += !meetings_find(&p->before, host, 0);
    }
    if (ok && p->foreign.count) {
        d->hit.weight += (server ? draft_threshold(d, "server") : 0) +
                         (unusual * 2 > p->foreign.count ? draft_threshold(d, "night") : 0) +
                         (new_hosts ? draft_threshold(d, "new-hosts") : 0) +
                         (admin ? draft_threshold(d, "shares") : 0) + (files ? draft_threshold(d, "files") : 0) +
                         (pages ? draft_threshold(d, "page") : 0);
        name = activities_spelling(r->a, ENTITY_ACCOUNT, p->account);
        buf_format(&r->run->reason, "%.*s, used on %u day%s from its usual places since %s, came from ", STR_ARG(name),
                   p->days, MANY(p->days), kit_date(p->first, a));
        for (size_t i = 0; i < from.count && i < 4; i++)
            buf_format(&r->run->reason, "%s%.*s", i ? ", " : "",
                       STR_ARG(activities_spelling(r->a, ENTITY_HOST, from.items[i].a)));
        buf_format(
            &r->run->reason,
            "%s between %s and %s to %zu host%s, %zu of them for the first time; %zu of %zu acts are at hours at "
            "which it is not used otherwise, "
            "%zu are files%s%s.",
            from.count > 4 ? " and others" : "", kit_date(first, a), kit_date(last, b), to.count, MANY(to.count),
            new_hosts, unusual, p->foreign.count, files, admin ? ", administrative shares among them" : "",
            pages ? "; a file is asked for as a page later" : "");
        d->hit.like = like;
        d->hit.of = of;
        ok = draft_tell(d, e);
    }
    for (size_t i = 0; ok && i < from.count && i < 16; i++)
        ok = tell_moved_on(r, from.items[i].a, p->account, &p->foreign, 0, p->foreign.count, e);
    meetings_free(&from);
    meetings_free(&to);
    return ok;
}

/* Which acts of a person come from a foreign place; and what is usual otherwise. */
static bool person_look(struct reach *r, const struct behaviour *b, const struct places *places, struct person *p,
                        struct err *e) {
    int64_t day = INT64_MIN;
    bool ok = true;

    p->foreign.count = 0;
    meetings_free(&p->before);
    p->usual = (struct hours){0};
    p->days = 0;
    p->first = INT64_MIN;
    for (uint32_t i = 0; ok && i < p->all.count; i++) {
        const struct activity *const v = activities_at(r->a, p->all.items[i]);
        bool foreign;

        if (v->outcome == OUTCOME_FAILURE || !v->text[ACT_HOST])
            continue;
        if (p->first == INT64_MIN)
            p->first = v->when;
        foreign =
            reach_inside(r, v) && !reach_loopback(r, v->text[ACT_ADDRESS]) && reach_own(r, v->text[ACT_ADDRESS]) &&
            p->days >= (uint32_t)behaviour_threshold(b, "past-days") &&
            (is_foreign(r, b, places, p->account, activities_network(r->a, v->text[ACT_ADDRESS]), p->first, false) ||
             is_foreign(r, b, places, p->account, kit_source_host(r->a, v), p->first, true));
        if (foreign) {
            ok = bundle_add(&p->foreign, 0, 0, p->all.items[i], 0, e);
            continue;
        }
        p->days += kit_day(v->when) != day;
        day = kit_day(v->when);
        kit_hours_count(&p->usual, v->when);
        ok = meetings_at(&p->before, activities_host(r->a, v->text[ACT_HOST]), 0) != NULL || kit_no_memory(e);
    }
    return ok;
}

static bool find_persons(struct reach *r, struct err *e) {
    const struct behaviour *const b = behaviours_find(r->run->b, S("new-reach"));
    struct places places = {0};
    struct activity_list accounts;
    struct person p = {0};
    size_t like = 0;
    bool ok = count_places(r, &places, e) && activities_entities(r->a, ACT_ACCOUNT, &accounts, e);

    for (int pass = 0; ok && pass < 2; pass++)
        for (uint32_t i = 0; ok && i < accounts.count; i++) {
            p.account = accounts.items[i];
            if (!is_person(r, p.account))
                continue;
            ok = activities_of(r->a, ACT_ACCOUNT, p.account, &p.all, e) && person_look(r, b, &places, &p, e);
            if (ok && p.foreign.count && !pass)
                like++;
            else if (ok && p.foreign.count)
                ok = person_tell(r, &p, like, places.person_count, e);
            if (ok && !like && pass)
                break;
        }
    bundle_free(&p.foreign);
    meetings_free(&p.before);
    meetings_free(&places.of);
    meetings_free(&places.persons);
    return ok;
}

/* ---- service accounts ---- */

/* What a service account does, without what differs each time. */
static uint64_t signature_of(const struct reach *r, const struct activity *v) {
    uint64_t h = hash_bytes((str){(const char *)&v->act, sizeof v->act}, r->seed);
    uint32_t const host = v->act == ACT_TICKET ? 0 : activities_host(r->a, v->text[ACT_HOST]);
    uint32_t const network = activities_network(r->a, v->text[ACT_ADDRESS]);

    h = hash_bytes((str){(const char *)&host, sizeof host}, h);
    h = hash_bytes((str){(const char *)&network, sizeof network}, h);
    switch ((enum act)v->act) {
    case ACT_PROCESS:
        return kit_skeleton(activities_text(r->a, v->text[v->text[ACT_OBJECT] ? ACT_OBJECT : ACT_PROGRAM]), h);
    case ACT_LOGON:
    case ACT_TICKET:
        return kit_skeleton(activities_text(r->a, v->text[ACT_VERB]), h);
    case ACT_FILE_READ:
    case ACT_FILE_WRITE:
    case ACT_FILE_DELETE:
        return kit_skeleton(activities_text(r->a, v->text[ACT_DETAIL]), h);
    default:
        return kit_skeleton(activities_text(r->a, v->text[ACT_OBJECT]), h);
    }
}

struct astray {
    struct bundle odd;       /* key: account; what is no chore */
    struct meetings up;      /* account, or place: root among accounts (first: code) */
    struct meetings unknown; /* accounts that were not heard of before */
};

/* Is a run of activities of one signature what the account is for? */
static bool is_usual(const struct reach *r, const struct behaviour *b, const struct bundle *g, size_t from, size_t to,
                     int64_t account_first, bool *usual, struct err *e) {
    int64_t const since = (int64_t)(behaviour_threshold(b, "usual-since") * (double)KIT_DAY);
    int64_t *const when = calloc(to - from, sizeof *when);
    int64_t day = INT64_MIN;
    uint32_t days = 0;
    bool ok;

    if (!when)
        return kit_no_memory(e);
    for (size_t i = from; i < to; i++) {
        when[i - from] = activities_at(r->a, g->items[i].activity)->when;
        days += kit_day(when[i - from]) != day;
        day = kit_day(when[i - from]);
    }
    ok = kit_regular(when, to - from, (size_t)behaviour_threshold(b, "chore"), behaviour_threshold(b, "regular"), usual,
                     e);
    *usual |= days >= (uint32_t)behaviour_threshold(b, "usual-days") && when[0] - account_first <= since &&
              account_first - r->house.begin <= since;
    free(when);
    return ok;
}

/* What of a service account is no chore, into s->odd. */
static bool account_look(struct reach *r, struct astray *s, const struct behaviour *b, uint32_t account,
                         struct err *e) {
    int64_t const past = (int64_t)(behaviour_threshold(b, "past") * (double)KIT_DAY);
    struct activity_list all;
    struct bundle g = {0};
    int64_t first = INT64_MIN;
    bool ok = activities_of(r->a, ACT_ACCOUNT, account, &all, e);

    for (uint32_t i = 0; ok && i < all.count; i++) {
        const struct activity *const v = activities_at(r->a, all.items[i]);

        if (!v->text[ACT_HOST] || v->outcome == OUTCOME_FAILURE || !kit_host_act((enum act)v->act))
            continue;
        first = first == INT64_MIN ? v->when : first;
        ok = bundle_add(&g, signature_of(r, v), 0, all.items[i], 0, e);
    }
    bundle_sort(&g);
    if (ok && g.count && first - r->house.begin >= past)
        ok = meetings_at(&s->unknown, account, 0) != NULL || kit_no_memory(e);
    for (size_t i = 0, end; ok && i < g.count; i = end) {
        int64_t const when = activities_at(r->a, g.items[i].activity)->when;
        bool usual = false;

        end = bundle_end(&g, i);
        if (when - r->house.begin < past)
            continue;
        ok = is_usual(r, b, &g, i, end, first, &usual, e);
        for (size_t k = i; ok && !usual && k < end; k++)
            ok = bundle_add(&s->odd, account, 0, g.items[k].activity, 0, e);
    }
    bundle_free(&g);
    return ok;
}

static uint32_t root_of(struct astray *s, uint32_t x) {
    struct meeting *m = meetings_find(&s->up, x, 0);

    while (m && m->first != (int64_t)x) {
        struct meeting *const above = meetings_find(&s->up, (uint32_t)m->first, 0);

        m->first = above->first; /* half the way for those who come after */
        x = (uint32_t)m->first;
        m = meetings_find(&s->up, x, 0);
    }
    return x;
}

/* From where an act is done: the host that it comes from, or on which it is done. */
static uint32_t place_of(const struct reach *r, const struct activity *v) {
    uint32_t const source = kit_source_host(r->a, v);

    return source ? source : v->act == ACT_PROCESS ? activities_host(r->a, v->text[ACT_HOST]) : 0;
}

static bool join_places(struct reach *r, struct astray *s, struct err *e) {
    bundle_sort(&s->odd);
    for (size_t i = 0; i < s->odd.count; i++) {
        uint32_t const account = (uint32_t)s->odd.items[i].key;
        uint32_t const place = place_of(r, activities_at(r->a, s->odd.items[i].activity));
        uint32_t const both[2] = {account, place};

        for (size_t k = 0; k < 2; k++) {
            struct meeting *const m = both[k] ? meetings_at(&s->up, both[k], 0) : NULL;

            if (both[k] && !m)
                return kit_no_memory(e);
            if (m && !m->events++)
                m->first = (int64_t)both[k];
        }
        if (place && root_of(s, account) != root_of(s, place))
            meetings_find(&s->up, root_of(s, place), 0)->first = (int64_t)root_of(s, account);
    }
    for (size_t i = 0; i < s->odd.count; i++)
        s->odd.items[i].key = (uint64_t)root_of(s, (uint32_t)s->odd.items[i].key);
    bundle_sort(&s->odd);
    return true;
}

static bool astray_tell(struct reach *r, struct astray *s, size_t from, size_t to, size_t of, struct err *e) {
    struct draft *const d = &r->draft;
    struct meetings accounts = {0}, places = {0};
    uint32_t sorts = 0, acts = 0, nights = 0, unknown = 0;
    uint64_t seen = 0;
    char a[KIT_DATE], b[KIT_DATE];
    bool ok = true;

    draft_begin(d, r->run, "service-account");
    for (size_t i = from; ok && i < to; i++) {
        const struct activity *const v = activities_at(r->a, s->odd.items[i].activity);
        uint32_t const account = activities_account(r->a, v->text[ACT_ACCOUNT]), place = place_of(r, v);
        struct meeting *m;

        draft_event(d, s->odd.items[i].activity);
        draft_part(d, PART_ACCOUNT, false, account, 0);
        draft_part(d, PART_HOST, false, place, 0);
        if (v->act != ACT_SHARE_OPEN && v->act != ACT_TICKET)
            draft_part(d, PART_HOST, false, activities_host(r->a, v->text[ACT_HOST]), 0);
        if (!(seen >> (v->act & 63u) & 1)) {
            seen |= UINT64_C(1) << (v->act & 63u);
            sorts++;
        }
        acts++;
        nights += house_night(&r->house, v->when);
        ok = (m = meetings_at(&accounts, account, 0)) != NULL || kit_no_memory(e);
        if (ok && !m->events++)
            unknown += meetings_find(&s->unknown, account, 0) != NULL;
        if (ok && place)
            ok = meetings_at(&places, place, 0) != NULL || kit_no_memory(e);
    }
    if (ok) {
        d->hit.weight += (sorts > 1 ? draft_threshold(d, "sorts") : 0) +
                         (nights * 2 > acts ? draft_threshold(d, "night") : 0) +
                         (acts >= (uint32_t)draft_threshold(d, "many-acts") ? draft_threshold(d, "many") : 0) +
                         (unknown ? draft_threshold(d, "unknown") : 0);
        for (size_t i = 0; i < accounts.count && i < 4; i++)
            buf_format(&r->run->reason, "%s%.*s", i ? ", " : "",
                       STR_ARG(activities_spelling(r->a, ENTITY_ACCOUNT, accounts.items[i].a)));
        buf_format(&r->run->reason,
                   "%s did %u thing%s of %u sort%s between %s and %s that no chore of a service explains",
                   accounts.count > 4 ? " and others" : "", acts, MANY(acts), sorts, MANY(sorts),
                   kit_date(activities_at(r->a, s->odd.items[from].activity)->when, a),
                   kit_date(activities_at(r->a, s->odd.items[to - 1].activity)->when, b));
        for (size_t i = 0; i < places.count && i < 4; i++)
            buf_format(&r->run->reason, "%s%.*s", i ? ", " : ", from ",
                       STR_ARG(activities_spelling(r->a, ENTITY_HOST, places.items[i].a)));
        buf_format(&r->run->reason, "; %u of them at hours when the house sleeps%s.", nights,
                   unknown ? "; no log knew the account before" : "");
        d->hit.like = accounts.count;
        d->hit.of = of;
        ok = draft_tell(d, e);
    }
    for (size_t i = 0; ok && i < places.count && i < 16; i++)
        for (size_t k = 0; ok && k < accounts.count && k < 16; k++)
            ok = tell_moved_on(r, places.items[i].a, accounts.items[k].a, &s->odd, from, to, e);
    meetings_free(&accounts);
    meetings_free(&places);
    return ok;
}

static bool find_services(struct reach *r, struct err *e) {
    const struct behaviour *const b = behaviours_find(r->run->b, S("service-account"));
    struct activity_list accounts;
    struct astray s = {0};
    size_t of = 0;
    bool ok = activities_entities(r->a, ACT_ACCOUNT, &accounts, e);

    for (uint32_t i = 0; ok && i < accounts.count; i++)
        if (house_service_account(&r->house, accounts.items[i]) ||
            (accounts.items[i] < r->house.texts && r->services[accounts.items[i]])) {
            of++;
            ok = account_look(r, &s, b, accounts.items[i], e);
        }
    ok = ok && join_places(r, &s, e);
    for (size_t i = 0, end; ok && i < s.odd.count; i = end) {
        end = bundle_end(&s.odd, i);
        ok = astray_tell(r, &s, i, end, of, e);
    }
    bundle_free(&s.odd);
    meetings_free(&s.up);
    meetings_free(&s.unknown);
    return ok;
}

/* ---- all of them ---- */

/* Accounts that do things on hosts, are no machine's, and never sat at a desk, though they come to none by a logon of their own: what a server
 * program runs as. */
static bool find_run_as(struct reach *r, struct err *e) {
    (void)e;
    for (size_t i = 0; i < r->house.on.count; i++) {
        uint32_t const account = r->house.on.items[i].a;

        if (account < r->house.texts && !(r->house.desks[account] & 1) && r->house.desk_count >= 3)
            r->services[account] = 1;
    }
    return true;
}

bool behaviour_reach(struct behaviour_run *run, struct err *e) {
    struct reach r = {.run = run, .a = run->a, .seed = hash_seed()};
    bool ok = house_open(&r.house, run->a, e);

    if (ok) {
        r.services = calloc((size_t)r.house.texts + 1, 1);
        r.own = calloc((size_t)r.house.texts + 1, 1);
        ok = (r.services && r.own) || kit_no_memory(e);
    }
    ok = ok && shells_open(&r.shells, r.a, run->b, r.seed, e) && find_run_as(&r, e) && find_persons(&r, e) &&
         find_services(&r, e) && reach_visits(&r, e) && reach_exports(&r, e) && reach_files(&r, e);
    shells_close(&r.shells);
    free(r.services);
    free(r.own);
    house_free(&r.house);
    draft_free(&r.draft);
    return ok;
}
