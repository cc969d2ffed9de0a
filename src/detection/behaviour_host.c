/* behaviour_host: what is done on hosts and in domains: server programs that start shells, questions about the domain, tickets for many services,
 * administrative shares of many hosts, archives where none belong, logs that were emptied. What is made there: behaviour_made.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "detection/behaviour_host.h"

/* The account of an activity if it is a person's or a service's, and not the system's own. */
static uint32_t somebody(const struct hosts *h, const struct activity *v) {
    return kit_machine_account(activities_text(h->a, v->text[ACT_ACCOUNT]))
               ? 0
               : activities_account(h->a, v->text[ACT_ACCOUNT]);
}

static double log_times(double count, double least, double most) {
    double const more = log10(count / least);

    return more < 0 ? 0 : more > most ? most : more;
}

/* ---- a server program starts a shell ---- */

static str command_of(const struct hosts *h, const struct activity *v) {
    return kit_command_line(h->a, v);
}

static bool shells_tell(struct hosts *h, size_t from, size_t to, struct err *e) {
    struct draft *const d = &h->draft;
    const struct bundle *const odd = &h->shells.odd;
    const struct word_list *const questions =
        behaviour_list(behaviours_find(h->run->b, S("discovery-burst")), "questions");
    uint32_t const host = (uint32_t)(odd->items[from].key >> 32);
    str const server = h->shells.servers->words[(uint32_t)odd->items[from].key - 1];
    struct told commands = {0};
    bool seen[256] = {false};
    uint32_t days = 0;
    int64_t day = INT64_MIN;
    size_t asks = 0;
    char a[KIT_DATE], b[KIT_DATE];
    double more;

    draft_begin(d, h->run, "service-shell");
    for (size_t i = from; i < to; i++) {
        const struct activity *const v = activities_at(h->a, odd->items[i].activity);
        char folded[2 * KIT_TEXT + 16];
        size_t const asked = kit_command(questions, kit_folded(command_of(h, v), folded));

        asks += asked && !seen[asked & 255];
        seen[asked & 255] = true;
        days += kit_day(v->when) != day;
        day = kit_day(v->when);
        kit_told_add(&commands, command_of(h, v));
        draft_event(d, odd->items[i].activity);
        draft_part(d, PART_ACCOUNT, false, somebody(h, v), 0);
    }
    more = asks > 1 ? (double)(asks - 1) * draft_threshold(d, "each-ask") : 0;
    more = more > draft_threshold(d, "asks-most") ? draft_threshold(d, "asks-most") : more;
    d->hit.weight += (asks ? draft_threshold(d, "asks") : 0) + more + (days > 1 ? draft_threshold(d, "again") : 0);
    draft_part(d, PART_HOST, false, host, 0);
    buf_format(
        &h->run->reason,
        "%.*s on %.*s started a shell or tool %zu time%s on %u day%s (%s to %s), none of them a chore that recurs "
        "at its hour: ",
        STR_ARG(server), STR_ARG(activities_spelling(h->a, ENTITY_HOST, host)), to - from, MANY(to - from), days,
        MANY(days), kit_date(activities_at(h->a, odd->items[from].activity)->when, a),
        kit_date(activities_at(h->a, odd->items[to - 1].activity)->when, b));
    kit_told_write(&h->run->reason, &commands, 60);
    buf_format(&h->run->reason, ".");
    d->hit.like = h->shells.odd_hosts;
    d->hit.of = h->shells.hosts.count;
    return draft_tell(d, e);
}

static bool find_shells(struct hosts *h, struct err *e) {
    bool ok = shells_open(&h->shells, h->a, h->run->b, h->seed, e);

    for (size_t i = 0, end; ok && i < h->shells.odd.count; i = end) {
        end = bundle_end(&h->shells.odd, i);
        ok = shells_tell(h, i, end, e);
    }
    return ok;
}

/* Is what lies between from and to (one command on one host) a chore? */
static bool is_chore(const struct hosts *h, const struct bundle *g, size_t from, size_t to, double least, double part,
                     bool *chore, struct err *e) {
    return kit_chore(h->a, g, from, to, (size_t)least, part, chore, e);
}

/* ---- questions about the domain ---- */

/* Index + 1 of the question; kept by code of the command. */
static size_t question_of(struct hosts *h, const struct word_list *questions, const struct activity *v) {
    uint32_t const code = v->text[ACT_OBJECT] ? v->text[ACT_OBJECT] : v->text[ACT_PROGRAM];

    if (!h->questions[code]) {
        char folded[2 * KIT_TEXT + 16];

        h->questions[code] = (uint8_t)(1 + kit_command(questions, kit_folded(activities_text(h->a, code), folded)));
    }
    return h->questions[code] - 1u;
}

static uint32_t asking_days(const struct hosts *h, uint32_t account) {
    const struct meeting *const m = meetings_find(&h->asking, account, 0);

    return m ? m->days : 0;
}

static bool burst_tell(struct hosts *h, const struct bundle *g, size_t from, size_t to, struct err *e) {
    struct draft *const d = &h->draft;
    const struct activity *const first = activities_at(h->a, g->items[from].activity);
    uint32_t const host = (uint32_t)(g->items[from].key >> 32), account = (uint32_t)g->items[from].key;
    bool const serves = house_host(&h->house, host) == HOST_SERVER || house_service_account(&h->house, account);
    struct told commands = {0};
    bool seen[256] = {false};
    size_t asks = 0;
    char a[KIT_DATE];
    str name;

    draft_begin(d, h->run, "discovery-burst");
    for (size_t i = from; i < to; i++) {
        const struct activity *const v = activities_at(h->a, g->items[i].activity);

        asks += !seen[g->items[i].tag & 255];
        seen[g->items[i].tag & 255] = true;
        kit_told_add(&commands, command_of(h, v));
        draft_event(d, g->items[i].activity);
    }
    if (asks < (size_t)draft_threshold(d, serves ? "server-questions" : "questions"))
        return true;
    if (asking_days(h, account) > (uint32_t)draft_threshold(d, "usual-days"))
        return true;
    d->hit.weight += (serves ? draft_threshold(d, "server") : 0) + (double)asks * draft_threshold(d, "each-more") -
                     draft_threshold(d, serves ? "server-questions" : "questions") * draft_threshold(d, "each-more");
    draft_part(d, PART_HOST, false, host, 0);
    draft_part(d, PART_ACCOUNT, false, account, 0);
    name = activities_spelling(h->a, ENTITY_HOST, host);
    buf_format(&h->run->reason,
               "%zu different questions about host and domain on %.*s within minutes on %s, by an account that asks on "
               "%u day%s in all: ",
               asks, STR_ARG(name), kit_date(first->when, a), asking_days(h, account), MANY(asking_days(h, account)));
    kit_told_write(&h->run->reason, &commands, 50);
    buf_format(&h->run->reason, ".");
    d->hit.like = h->asking.count;
    d->hit.of = h->house.account_count > h->asking.count ? h->house.account_count : h->asking.count;
    return draft_tell(d, e);
}

static bool find_bursts(struct hosts *h, struct err *e) {
    const struct behaviour *const b = behaviours_find(h->run->b, S("discovery-burst"));
    const struct word_list *const questions = behaviour_list(b, "questions");
    int64_t const window = (int64_t)(behaviour_threshold(b, "window-minutes") * (double)KIT_MINUTE);
    struct bundle g = {0};
    bool ok = true;

    for (uint32_t i = 0; ok && i < h->processes.count; i++) {
        const struct activity *const v = activities_at(h->a, h->processes.items[i]);
        uint32_t const host = activities_host(h->a, v->text[ACT_HOST]), account = somebody(h, v);
        size_t const asked = question_of(h, questions, v);
        struct meeting *m;

        /* What a server program starts is told there, once. */
        if (!asked || !host || (v->text[ACT_DETAIL] && shells_server(&h->shells, v->text[ACT_DETAIL])))
            continue;
        ok = bundle_add(&g, (uint64_t)host << 32 | account, 0, h->processes.items[i], (uint32_t)asked, e);
        if (ok && (ok = (m = meetings_at(&h->asking, account, 0)) != NULL || kit_no_memory(e)))
            meetings_count(m, v);
    }
    bundle_sort(&g);
    for (size_t i = 0, end; ok && i < g.count; i = end) {
        size_t const stop = bundle_end(&g, i);
        int64_t const first = activities_at(h->a, g.items[i].activity)->when;

        for (end = i + 1; end < stop && activities_at(h->a, g.items[end].activity)->when - first <= window;)
            end++;
        ok = burst_tell(h, &g, i, end, e);
    }
    bundle_free(&g);
    return ok;
}

/* ---- a window over what one account or address did, in which many are new to it ---- */

struct spree {
    const struct behaviour *behaviour;
    const struct bundle *g; /* key: who; sub: 0; tag: the thing (a code): host, service */
    struct meetings known;  /* who and thing; last: the activity that was the first of both */
    int64_t window;
    uint32_t least;
};

static bool is_news(const struct spree *s, size_t i) {
    const struct meeting *const m = meetings_find(&s->known, (uint32_t)s->g->items[i].key, s->g->items[i].tag);

    return m && m->last == (int64_t)s->g->items[i].activity;
}

static int64_t spree_time(const struct hosts *h, const struct spree *s, size_t i) {
    return activities_at(h->a, s->g->items[i].activity)->when;
}

/* The next window at or behind *from, before stop, in which enough things were met for the first time: how many; 0: none. It goes on while
 * new ones follow. */
static uint32_t spree_next(const struct hosts *h, const struct spree *s, size_t *from, size_t stop, size_t *end) {
    uint32_t news = 0;
    size_t j = *from;

    for (size_t i = *from; i < stop; i++) {
        for (; j < stop && spree_time(h, s, j) - spree_time(h, s, i) <= s->window; j++)
            news += is_news(s, j);
        if (news >= s->least && is_news(s, i)) {
            for (; j < stop && is_news(s, j) && spree_time(h, s, j) - spree_time(h, s, j - 1) <= s->window; j++)
                news++;
            *from = i;
            *end = j;
            return news;
        }
        news -= is_news(s, i);
    }
    return 0;
}

/* For each key the days on which as many different things were met, new or not: the habit. */
static bool spree_habit(const struct hosts *h, const struct spree *s, size_t from, size_t stop, uint32_t *times,
                        int64_t *first, int64_t *last, struct err *e) {
    struct meetings seen = {0};
    uint32_t different = 0;
    int64_t day = INT64_MIN;
    bool ok = true;

    *times = 0;
    for (size_t i = from; ok && i < stop; i++) {
        const struct activity *const v = activities_at(h->a, s->g->items[i].activity);
        struct meeting *m;

        if (kit_day(v->when) != day) {
            meetings_free(&seen);
            different = 0;
            day = kit_day(v->when);
        }
        if (!(m = meetings_at(&seen, s->g->items[i].tag, 0))) {
            ok = kit_no_memory(e);
        } else if (!m->events++ && ++different == s->least) {
            *first = *times ? *first : v->when;
            *last = v->when;
            ++*times;
        }
    }
    meetings_free(&seen);
    return ok;
}

static bool spree_know(struct spree *s, struct err *e) {
    for (size_t i = 0; i < s->g->count; i++) {
        struct meeting *const m = meetings_at(&s->known, (uint32_t)s->g->items[i].key, s->g->items[i].tag);

        if (!m)
            return kit_no_memory(e);
        if (!m->events++)
            m->last = (int64_t)s->g->items[i].activity;
    }
    return true;
}

/* ---- tickets ---- */

static bool tickets_tell(struct hosts *h, const struct bundle *g, size_t from, size_t end, uint32_t news,
                         bool short_past, size_t like, size_t of, struct err *e) {
    struct draft *const d = &h->draft;
    uint32_t const who = (uint32_t)g->items[from].key;
    const struct activity *const v = activities_at(h->a, g->items[from].activity);
    struct told services = {0};
    char a[KIT_DATE];
    str name;

    draft_begin(d, h->run, "kerberoasting");
    for (size_t i = from; i < end; i++) {
        const struct activity *const t = activities_at(h->a, g->items[i].activity);

        draft_event(d, g->items[i].activity);
        kit_told_add(&services, activities_text(h->a, t->text[ACT_OBJECT]));
        draft_part(d, PART_HOST, false, kit_source_host(h->a, t), 0);
    }
    draft_part(d, PART_ACCOUNT, false, v->text[ACT_ACCOUNT] ? who : 0, 0);
    d->hit.weight += log_times(news, draft_threshold(d, "services"), draft_threshold(d, "most")) -
                     (short_past ? draft_threshold(d, "short-past") : 0);
    name = v->text[ACT_ACCOUNT] ? activities_spelling(h->a, ENTITY_ACCOUNT, who)
                                : activities_text(h->a, v->text[ACT_ADDRESS]);
    buf_format(&h->run->reason,
               "%.*s asked for tickets of %zu services, weakly encrypted, within an hour on %s, %u of them for the "
               "first time: ",
               STR_ARG(name), services.all, kit_date(v->when, a), news);
    kit_told_write(&h->run->reason, &services, 40);
    buf_format(&h->run->reason, ".");
    d->hit.like = like;
    d->hit.of = of;
    return draft_tell(d, e);
}

static bool is_weak(const struct hosts *h, const struct word_list *weak, const struct activity *v) {
    char folded[2 * KIT_TEXT + 16];
    str const service = activities_text(h->a, v->text[ACT_OBJECT]);
    char begin[2 * KIT_TEXT + 16];

    return v->outcome != OUTCOME_FAILURE && service.len && service.ptr[service.len - 1] != '$' &&
           !str_starts(kit_folded(service, begin), S("krbtgt")) &&
           kit_word(weak, kit_folded(activities_text(h->a, v->text[ACT_VERB]), folded));
}

static bool find_tickets(struct hosts *h, struct err *e) {
    struct spree s = {.behaviour = behaviours_find(h->run->b, S("kerberoasting"))};
    const struct word_list *const weak = behaviour_list(s.behaviour, "weak");
    struct activity_list tickets;
    struct meetings all = {0}; /* accounts with tickets */
    struct bundle g = {0};
    int64_t const past = (int64_t)(behaviour_threshold(s.behaviour, "past") * (double)KIT_DAY);
    int64_t begin;
    size_t like = 0;
    bool ok = activities_of_act(h->a, ACT_TICKET, &tickets, e);

    if (!ok || !tickets.count)
        return ok;
    begin = activities_at(h->a, tickets.items[0])->when;
    s.g = &g;
    s.window = (int64_t)(behaviour_threshold(s.behaviour, "window-minutes") * (double)KIT_MINUTE);
    s.least = (uint32_t)behaviour_threshold(s.behaviour, "services");
    for (uint32_t i = 0; ok && i < tickets.count; i++) {
        const struct activity *const v = activities_at(h->a, tickets.items[i]);
        uint32_t const who =
            v->text[ACT_ACCOUNT] ? activities_account(h->a, v->text[ACT_ACCOUNT]) : v->text[ACT_ADDRESS];

        if (!who)
            continue;
        ok = meetings_at(&all, who, 0) != NULL || kit_no_memory(e);
        if (ok && is_weak(h, weak, v))
            ok = bundle_add(&g, who, 0, tickets.items[i], v->text[ACT_OBJECT], e);
    }
    bundle_sort(&g);
    ok = ok && spree_know(&s, e);
    for (int pass = 0; ok && pass < 2; pass++) /* first how many are like it */
        for (size_t i = 0, stop; ok && i < g.count; i = stop) {
            uint32_t times, news;
            int64_t first, last;

            stop = bundle_end(&g, i);
            ok = spree_habit(h, &s, i, stop, &times, &first, &last, e);
            if (!ok || times > (uint32_t)behaviour_threshold(s.behaviour, "usual-days"))
                continue;
            for (size_t from = i, end; ok && (news = spree_next(h, &s, &from, stop, &end)) > 0; from = end)
                if (!pass)
                    like++;
                else
                    ok = tickets_tell(h, &g, from, end, news, spree_time(h, &s, from) - begin < past, like, all.count,
                                      e);
        }
    bundle_free(&g);
    meetings_free(&s.known);
    meetings_free(&all);
    return ok;
}

/* ---- shares ---- */

/* What stands behind the last slash of \\*\ADMIN$, folded. */
static str share_name(str share, char out[KIT_NAME]) {
    size_t from = share.len;

    while (from && share.ptr[from - 1] != '\\' && share.ptr[from - 1] != '/')
        from--;
    share = utf8_first(str_from(share, from), (KIT_NAME - 16) / 2);
    return (str){out, fold_text(share, out)};
}

struct shares {
    struct spree spree;
    const struct word_list *shares, *pipes;
    int64_t begin;
    size_t like, of;
};

static bool shares_tell(struct hosts *h, struct shares *s, size_t from, size_t end, uint32_t news, struct err *e) {
    struct draft *const d = &h->draft;
    const struct bundle *const g = s->spree.g;
    const struct activity *const v = activities_at(h->a, g->items[from].activity);
    uint32_t const who = (uint32_t)g->items[from].key;
    struct told names = {0};
    struct activity_list acts;
    bool drives = false, short_past, unknown;
    char a[KIT_DATE];
    str name;

    if (!activities_of(h->a, ACT_ACCOUNT, who, &acts, e))
        return false;
    draft_begin(d, h->run, "share-fan-out");
    for (size_t i = from; i < end; i++) {
        const struct activity *const t = activities_at(h->a, g->items[i].activity);
        char share[KIT_NAME];

        drives |= kit_word(s->shares, share_name(activities_text(h->a, t->text[ACT_OBJECT]), share)) != 0;
        draft_event(d, g->items[i].activity);
        kit_told_add(&names, activities_spelling(h->a, ENTITY_HOST, g->items[i].tag));
        /* Hosts that were only asked are no part: one host that somebody else reached would make two intruders one. */
        draft_part(d, PART_HOST, false, kit_source_host(h->a, t), 0);
    }
    short_past = v->when - s->begin < (int64_t)(draft_threshold(d, "past") * (double)KIT_DAY);
    unknown = !short_past && acts.count && v->when - activities_at(h->a, acts.items[0])->when < KIT_DAY;
    draft_part(d, PART_ACCOUNT, false, who, 0);
    d->hit.weight += log_times(news, draft_threshold(d, "hosts"), draft_threshold(d, "most")) -
                     (short_past ? draft_threshold(d, "short-past") : 0) -
                     (drives ? 0 : draft_threshold(d, "pipes-only")) + (unknown ? draft_threshold(d, "unknown") : 0);
    name = activities_spelling(h->a, ENTITY_ACCOUNT, who);
    buf_format(&h->run->reason,
               "%.*s opened %s of %zu hosts within an hour on %s, %u of them for the first time%s: ", STR_ARG(name),
               drives ? "administrative shares" : "IPC$", names.all, kit_date(v->when, a), news,
               unknown ? "; no log knew anything of the account before that day" : "");
    kit_told_write(&h->run->reason, &names, 40);
    buf_format(&h->run->reason, ".");
    d->hit.like = s->like;
    d->hit.of = s->of;
    return draft_tell(d, e);
}

static bool find_shares(struct hosts *h, struct err *e) {
    struct shares s = {.spree.behaviour = behaviours_find(h->run->b, S("share-fan-out"))};
    const struct behaviour *const b = s.spree.behaviour;
    struct activity_list opened;
    struct meetings all = {0};
    struct bundle g = {0};
    bool ok = activities_of_act(h->a, ACT_SHARE_OPEN, &opened, e);

    if (!ok || !opened.count)
        return ok;
    s.shares = behaviour_list(b, "shares");
    s.pipes = behaviour_list(b, "pipes");
    s.begin = activities_at(h->a, opened.items[0])->when;
    s.spree.g = &g;
    s.spree.window = (int64_t)(behaviour_threshold(b, "window-minutes") * (double)KIT_MINUTE);
    s.spree.least = (uint32_t)behaviour_threshold(b, "hosts");
    for (uint32_t i = 0; ok && i < opened.count; i++) {
        const struct activity *const v = activities_at(h->a, opened.items[i]);
        uint32_t const who = somebody(h, v), host = activities_host(h->a, v->text[ACT_HOST]);
        char share[KIT_NAME];
        str const name = share_name(activities_text(h->a, v->text[ACT_OBJECT]), share);

        if (!who || !host || v->outcome == OUTCOME_FAILURE)
            continue;
        ok = meetings_at(&all, who, 0) != NULL || kit_no_memory(e);
        if (ok && (kit_word(s.shares, name) || kit_word(s.pipes, name)))
            ok = bundle_add(&g, who, 0, opened.items[i], host, e);
    }
    s.of = all.count;
    bundle_sort(&g);
    ok = ok && spree_know(&s.spree, e);
    for (int pass = 0; ok && pass < 2; pass++)
        for (size_t i = 0, stop; ok && i < g.count; i = stop) {
            uint32_t times, news;
            int64_t first = 0, last = 0;

            stop = bundle_end(&g, i);
            ok = spree_habit(h, &s.spree, i, stop, &times, &first, &last, e);
            if (!ok || (times >= (uint32_t)behaviour_threshold(b, "usual-times") && last - first > 7 * KIT_DAY))
                continue;
            for (size_t from = i, end; ok && (news = spree_next(h, &s.spree, &from, stop, &end)) > 0; from = end)
                if (!pass)
                    s.like++;
                else
                    ok = shares_tell(h, &s, from, end, news, e);
        }
    bundle_free(&g);
    meetings_free(&s.spree.known);
    meetings_free(&all);
    return ok;
}

/* ---- archives ---- */

static bool packs(const struct behaviour *b, str folded) {
    size_t const packer = kit_command(behaviour_list(b, "packers"), folded);

    return packer && !kit_anywhere(behaviour_list(b, "unpacking"), folded) &&
           kit_anywhere(behaviour_list(b, "folders"), folded);
}

static bool staging_tell(struct hosts *h, const struct bundle *g, size_t from, size_t to, size_t like, struct err *e) {
    struct draft *const d = &h->draft;
    uint32_t const host = (uint32_t)(g->items[from].key >> 32), account = (uint32_t)g->items[from].key;
    struct told commands = {0};
    bool share = false;
    uint32_t days = 0;
    int64_t day = INT64_MIN, first = 0, last = 0;
    struct bundle left = {0};
    bool ok = true;
    str name;

    draft_begin(d, h->run, "staging");
    for (size_t i = from, end; ok && i < to; i = end) {
        bool chore = false;

        end = bundle_sub_end(g, i);
        ok = is_chore(h, g, i, end, draft_threshold(d, "chore"), draft_threshold(d, "regular"), &chore, e);
        for (size_t k = i; ok && !chore && k < end; k++)
            ok = bundle_add(&left, 0, 0, g->items[k].activity, 0, e);
    }
    bundle_sort(&left);
    for (size_t i = 0; ok && i < left.count; i++) {
        const struct activity *const v = activities_at(h->a, left.items[i].activity);
        str const command = command_of(h, v);

        share |= str_find(command, S("\\\\")) != SIZE_MAX;
        days += kit_day(v->when) != day;
        day = kit_day(v->when);
        first = i ? first : v->when;
        last = v->when;
        kit_told_add(&commands, command);
        draft_event(d, left.items[i].activity);
        draft_part(d, PART_OBJECT, true, v->text[ACT_OBJECT], 0);
    }
    if (ok && left.count) {
        char a[KIT_DATE], b[KIT_DATE];

        draft_part(d, PART_HOST, false, host, 0);
        draft_part(d, PART_ACCOUNT, false, account, 0);
        d->hit.weight += (share ? draft_threshold(d, "share") : 0) + (days > 1 ? draft_threshold(d, "again") : 0) +
                         (house_service_account(&h->house, account) || house_host(&h->house, host) == HOST_SERVER
                              ? draft_threshold(d, "service")
                              : 0);
        name = activities_spelling(h->a, ENTITY_HOST, host);
        buf_format(&h->run->reason,
                   "%zu archive%s on %u day%s (%s to %s) on %.*s in a folder where none belong%s: ", left.count,
                   MANY(left.count), days, MANY(days), kit_date(first, a), kit_date(last, b), STR_ARG(name),
                   share ? ", of what lies on another host" : "");
        kit_told_write(&h->run->reason, &commands, 100);
        buf_format(&h->run->reason, ".");
        d->hit.like = like;
        d->hit.of = h->house.host_count > like ? h->house.host_count : like;
        ok = draft_tell(d, e);
    }
    bundle_free(&left);
    return ok;
}

static bool find_staging(struct hosts *h, struct err *e) {
    const struct behaviour *const b = behaviours_find(h->run->b, S("staging"));
    struct meetings hosts = {0};
    struct bundle g = {0};
    bool ok = true;

    for (uint32_t i = 0; ok && i < h->processes.count; i++) {
        const struct activity *const v = activities_at(h->a, h->processes.items[i]);
        uint32_t const host = activities_host(h->a, v->text[ACT_HOST]), code = v->text[ACT_OBJECT];

        if (!host || !code)
            continue;
        if (!h->packing[code]) {
            char folded[2 * KIT_TEXT + 16];

            h->packing[code] = packs(b, kit_folded(activities_text(h->a, code), folded)) ? 2 : 1;
        }
        if (h->packing[code] == 2)
            ok = (meetings_at(&hosts, host, 0) != NULL || kit_no_memory(e)) &&
                 bundle_add(&g, (uint64_t)host << 32 | somebody(h, v),
                            kit_skeleton(activities_text(h->a, code), h->seed), h->processes.items[i], 0, e);
    }
    bundle_sort(&g);
    for (size_t i = 0, end; ok && i < g.count; i = end) {
        end = bundle_end(&g, i);
        ok = staging_tell(h, &g, i, end, hosts.count, e);
    }
    bundle_free(&g);
    meetings_free(&hosts);
    return ok;
}

/* ---- logs that were emptied ---- */

/* How long and how much is known of a host before an activity. */
static bool known_before(struct hosts *h, uint32_t host, uint32_t activity, int64_t *since, uint32_t *acts,
                         struct err *e) {
    struct activity_list all;
    int64_t const when = activities_at(h->a, activity)->when;

    if (!activities_of(h->a, ACT_HOST, host, &all, e))
        return false;
    *acts = kit_first_at(h->a, &all, when);
    *since = *acts ? when - activities_at(h->a, all.items[0])->when : 0;
    return true;
}

static bool find_clears(struct hosts *h, struct err *e) {
    const struct behaviour *const b = behaviours_find(h->run->b, S("log-clear"));
    struct activity_list clears;
    struct meetings by = {0}, hosts = {0}; /* account and host: in use; account: so many of them */
    struct bundle g = {0};
    bool ok = activities_of_act(h->a, ACT_LOG_CLEAR, &clears, e);

    for (uint32_t i = 0; ok && i < clears.count; i++) {
        const struct activity *const v = activities_at(h->a, clears.items[i]);
        uint32_t const host = activities_host(h->a, v->text[ACT_HOST]), account = somebody(h, v);
        struct meeting *m;
        int64_t since;
        uint32_t acts;

        if (!host)
            continue;
        ok = known_before(h, host, clears.items[i], &since, &acts, e);
        if (!ok || (double)since < behaviour_threshold(b, "past") * (double)KIT_DAY ||
            acts < (uint32_t)behaviour_threshold(b, "acts"))
            continue;
        ok = bundle_add(&g, (uint64_t)host << 32 | account, 0, clears.items[i], 0, e) &&
             ((m = meetings_at(&by, account, host)) != NULL || kit_no_memory(e));
        if (ok && !m->events++)
            ok = (m = meetings_at(&hosts, account, 0)) != NULL ? (m->events++, true) : kit_no_memory(e);
    }
    bundle_sort(&g);
    for (size_t i = 0, end; ok && i < g.count; i = end) {
        struct draft *const d = &h->draft;
        uint32_t const host = (uint32_t)(g.items[i].key >> 32), account = (uint32_t)g.items[i].key;
        const struct meeting *const m = meetings_find(&hosts, account, 0);
        str const name = activities_spelling(h->a, ENTITY_HOST, host);
        struct told logs = {0};
        int64_t since;
        uint32_t acts;
        char a[KIT_DATE];

        end = bundle_end(&g, i);
        if (m && m->events >= (uint32_t)behaviour_threshold(b, "usual-hosts"))
            continue;
        ok = known_before(h, host, g.items[i].activity, &since, &acts, e);
        draft_begin(d, h->run, "log-clear");
        for (size_t k = i; k < end; k++) {
            draft_event(d, g.items[k].activity);
            kit_told_add(&logs, activities_text(h->a, activities_at(h->a, g.items[k].activity)->text[ACT_OBJECT]));
        }
        draft_part(d, PART_HOST, false, host, 0);
        draft_part(d, PART_ACCOUNT, false, account, 0);
        d->hit.weight += house_host(&h->house, host) == HOST_SERVER ? draft_threshold(d, "server") : 0;
        buf_format(&h->run->reason, "A log of %.*s was emptied on %s, %lld day%s after the host was first heard of",
                   STR_ARG(name), kit_date(activities_at(h->a, g.items[i].activity)->when, a),
                   (long long)(since / KIT_DAY), MANY(since / KIT_DAY));
        if (logs.count && logs.items[0].len) {
            buf_format(&h->run->reason, ": ");
            kit_told_write(&h->run->reason, &logs, 60);
        }
        buf_format(&h->run->reason, ".");
        d->hit.like = by.count;
        d->hit.of = h->house.host_count > by.count ? h->house.host_count : by.count;
        ok = ok && draft_tell(d, e);
    }
    bundle_free(&g);
    meetings_free(&by);
    meetings_free(&hosts);
    return ok;
}

/* ---- all of them ---- */

bool behaviour_host(struct behaviour_run *r, struct err *e) {
    struct hosts h = {.run = r, .a = r->a, .seed = hash_seed()};
    size_t const texts = (size_t)activities_text_count(r->a) + 1;
    bool ok = house_open(&h.house, r->a, e);

    if (ok) {
        h.questions = calloc(texts, 1);
        h.packing = calloc(texts, 1);
        ok = (h.questions && h.packing) || kit_no_memory(e);
    }
    ok = ok && activities_of_act(r->a, ACT_PROCESS, &h.processes, e);
    ok = ok && find_shells(&h, e) && find_bursts(&h, e) && find_tickets(&h, e) && find_shares(&h, e) &&
         find_staging(&h, e) && find_clears(&h, e) && behaviour_made(&h, e);
    meetings_free(&h.asking);
    shells_close(&h.shells);
    free(h.questions);
    free(h.packing);
    house_free(&h.house);
    draft_free(&h.draft);
    return ok;
}
