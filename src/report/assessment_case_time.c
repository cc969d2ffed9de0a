/* assessment_case_time: campaigns of mail and their craft, hours of work, and what is the intruder's own without anybody speaking of it: facts that link to
 * nobody by themselves.
 *
 * Hours are those of acts that somebody does by hand: what is read, sent, started, changed, signed in to. What programs do by themselves is not counted: deliveries,
 * connections, lookups, fetching of whole folders, and any series (one sort of act by one account about one thing) whose distances are even: of twelve acts or more
 * half follow each other within a tenth of the median distance. Acts of ten minutes count once, so that one evening's thousand mails are one evening. Hours say
 * when somebody worked, in UTC; nobody is looked for in the time zones that they would fit. */
#include <stdlib.h>

#include "report/assessment_case_own.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* ---- mail ---- */

struct craft {
    struct buf words, value;
    unsigned count;
};

static void craft_add(struct craft *c, const char *word, str detail) {
    buf_add(&c->value, c->count ? S(", ") : S(""));
    buf_add(&c->value, str_of(word));
    buf_add(&c->words, c->count++ ? S("; ") : S(""));
    buf_add(&c->words, str_of(word));
    if (detail.len) {
        buf_add(&c->words, S(" ("));
        buf_add(&c->words, gather_short(detail));
        buf_byte(&c->words, ')');
    }
}

/* What src/incident/mail_rank.c calls a reason, and what of it is craft. */
static const struct {
    str reason;
    const char *craft;
} crafts[] = {
    {STR("unique tokens"), "an address of its own for each recipient"},
    {STR("tokens by their shape"), "addresses that look made for one recipient"},
    {STR("unseen beacon"), "something unseen that is loaded when the mail is opened"},
    {STR("claims to be another"), "a sender who claims to be somebody else"},
    {STR("speaks for another"), "a sender who speaks for somebody else"},
    {STR("look-alike domain"), "a domain that looks like another"},
    {STR("bulk mail in personal dress"), "bulk mail dressed as personal"},
    {STR("several accounts"), "several sending accounts"},
    {STR("known mailing service"), "a mailing service"},
};

static bool campaign_row(struct gathering *g, sqlite3_stmt *s, sqlite3_stmt *reasons, const struct gathered_clue *c,
                         struct err *e) {
    struct craft craft = {0};
    struct gathered *to = NULL;
    bool more = true, ok = true, named = false;
    str subject;

    sqlite3_reset(reasons);
    sqlite3_bind_int64(reasons, 1, (sqlite3_int64)c->of);
    for (unsigned n = 0; ok && n < 64 && (ok = case_next(g->db, g->path, reasons, &more, e)) && more; n++)
        for (size_t i = 0; i < COUNT(crafts); i++)
            if (str_eq(case_text(reasons, 0), crafts[i].reason)) {
                craft_add(&craft, crafts[i].craft, case_text(reasons, 1));
                named |= i + 1 == COUNT(crafts);
            }
    if (ok && !named && case_text(s, 1).len)
        craft_add(&craft, "a mailing service", case_text(s, 1));
    ok = ok && ((!craft.words.failed && !craft.value.failed) || gather_no_memory(e));
    if (ok && craft.count)
        ok = gather_item(g, EVIDENCE_MAIL, buf_str(&craft.value), &to, e);
    if (ok && to) {
        gather_seen(to, case_time(s, 2), case_time(s, 3), case_number(s, 4));
        gather_place(to, c->position);
        if (!to->item.words.len)
            ok = gather_keep(g, case_text(s, 0), GATHER_TEXT, &subject, e) &&
                 gather_say(g, &to->item.words, e, "%lu mail%s to %lu recipient%s, \"%.*s\": %.*s",
                            (unsigned long)case_number(s, 4), case_number(s, 4) == 1 ? "" : "s",
                            (unsigned long)case_number(s, 5), case_number(s, 5) == 1 ? "" : "s", STR_ARG(subject),
                            STR_ARG(buf_str(&craft.words)));
    }
    buf_free(&craft.words);
    buf_free(&craft.value);
    return ok;
}

/* Each clue that is a campaign. */
bool gather_mail(struct gathering *g, struct err *e) {
    sqlite3_stmt *s = NULL, *reasons = NULL;
    bool more = false,
         ok = case_prepare(g->db, g->path,
                           "SELECT subject, service, first, last, messages, recipients FROM mail_campaign WHERE number "
                           "= ?",
                           &s, e) &&
              case_prepare(g->db, g->path, "SELECT what, detail FROM mail_reason WHERE campaign = ? ORDER BY position",
                           &reasons, e);

    for (size_t i = 0; ok && i < g->clue_count; i++) {
        if (!g->clues[i].campaign)
            continue;
        sqlite3_reset(s);
        sqlite3_bind_int64(s, 1, (sqlite3_int64)g->clues[i].of);
        ok = case_next(g->db, g->path, s, &more, e) && (!more || campaign_row(g, s, reasons, &g->clues[i], e));
    }
    sqlite3_finalize(s);
    sqlite3_finalize(reasons);
    return ok;
}

/* ---- hours ---- */

#define HANDS_ON_LEAST 40u
#define DAYS_LEAST 10u
#define EVEN_LEAST 12u /* of a series that may be a program's */
#define STINT (10 * 60 * SECOND)
#define WINDOW 9u /* hours: a day's work */

static bool by_hand(enum act a) {
    switch (a) {
    case ACT_SIGN_IN:
    case ACT_LOGON:
    case ACT_MAIL_READ:
    case ACT_MAIL_SEND:
    case ACT_FILE_READ:
    case ACT_FILE_WRITE:
    case ACT_FILE_DELETE:
    case ACT_SHARE_OPEN:
    case ACT_WEB_REQUEST:
    case ACT_PROCESS:
    case ACT_EXPORT:
    case ACT_QUERY:
    case ACT_API_CALL:
    case ACT_LOG_CLEAR:
    case ACT_AUDIT_OFF:
        return true;
    default:
        return a >= ACT_RULE_NEW && a <= ACT_APP_END;
    }
}

static int by_series(const void *a, const void *b) {
    const struct gathered_act *const x = *(const struct gathered_act *const *)a, *const y = *(
                                                                                     const struct gathered_act *const *)
                                                                                                b;

    if (x->series != y->series)
        return x->series < y->series ? -1 : 1;
    if (x->when != y->when)
        return x->when < y->when ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}
static int by_time(const void *a, const void *b) {
    int64_t const x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Does a program do it? gaps: room for as many. */
static bool even(const struct gathered_act *const *list, size_t count, int64_t *gaps) {
    size_t alike = 0;

    if (count < EVEN_LEAST)
        return false;
    for (size_t i = 1; i < count; i++)
        gaps[i - 1] = list[i]->when - list[i - 1]->when;
    qsort(gaps, count - 1, sizeof *gaps, by_time);
    int64_t const median = gaps[(count - 1) / 2];

    for (size_t i = 0; i + 1 < count; i++)
        alike += gaps[i] >= median - median / 10 && gaps[i] <= median + median / 10;
    return median > 0 && alike * 2 >= count - 1;
}

/* Times at which somebody was at work, in order; stints of ten minutes. Returns how many. */
static size_t stints(const struct gathering *g, const struct gathered_act **list, int64_t *times) {
    size_t count = 0, kept = 0, stint = 0;

    for (size_t i = 0; i < g->act_count; i++)
        if (g->acts[i].when != INSTANT_NONE && by_hand(g->acts[i].act))
            list[count++] = &g->acts[i];
    if (count)
        qsort(list, count, sizeof(struct gathered_act *), by_series);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && list[to]->series == list[from]->series;)
            to++;
        if (even(list + from, to - from, times + kept))
            continue;
        for (size_t i = from; i < to; i++)
            times[kept++] = list[i]->when;
    }
    if (kept)
        qsort(times, kept, sizeof *times, by_time);
    for (size_t i = 0; i < kept; i++)
        if (!stint || times[i] - times[stint - 1] >= STINT)
            times[stint++] = times[i];
    return stint;
}

static int64_t day_of(int64_t when) {
    int64_t const day = when / DAY;

    return when % DAY < 0 ? day - 1 : day;
}

static bool hours_item(struct gathering *g, const int64_t *times, size_t count, size_t days, struct err *e) {
    static const char *const names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    size_t hours[24] = {0}, weekdays[7] = {0}, most = 0, from = 0;
    char none[96] = "";
    unsigned empty = 0;
    struct gathered *to = NULL;
    str value;

    for (size_t i = 0; i < count; i++) {
        int64_t const day = day_of(times[i]);

        hours[(times[i] - day * DAY) / HOUR]++;
        weekdays[((day + 3) % 7 + 7) % 7]++; /* 1970-01-01 was a Thursday */
    }
    for (size_t h = 0; h < 24; h++) {
        size_t sum = 0;

        for (size_t k = 0; k < WINDOW; k++)
            sum += hours[(h + k) % 24];
        if (sum > most) {
            most = sum;
            from = h;
        }
    }
    for (size_t d = 0; d < 7; d++)
        if (!weekdays[d]) {
            size_t const at = strlen(none);

            snprintf(none + at, sizeof none - at, "%s%s", empty++ ? ", " : "", names[d]);
        }
    if (!gather_say(g, &value, e, "%02zu-%02zu UTC", from, (from + WINDOW) % 24) ||
        !gather_item(g, EVIDENCE_HOURS, value, &to, e))
        return false;
    if (!to)
        return true;
    gather_seen(to, times[0], times[count - 1], count);
    return gather_say(
        g, &to->item.words, e,
        "%zu of %zu stints by hand, on %zu days, lie between %02zu:00 and %02zu:00 UTC%s%s; what comes at "
        "even distances is not counted",
        most, count, days, from, (from + WINDOW) % 24, empty ? "; none on " : "; some on every day of the week", none);
}

bool gather_hours(struct gathering *g, struct err *e) {
    const struct gathered_act **const list = calloc(g->act_count + 1, sizeof(struct gathered_act *));
    int64_t *const times = calloc(g->act_count + 1, sizeof *times);
    bool ok = (list && times) || gather_no_memory(e);
    size_t const count = ok ? stints(g, list, times) : 0;
    size_t days = 0;

    for (size_t i = 0; i < count; i++)
        days += !i || day_of(times[i]) != day_of(times[i - 1]);
    if (ok && count >= HANDS_ON_LEAST && days >= DAYS_LEAST)
        ok = hours_item(g, times, count, days, e);
    free(list);
    free(times);
    return ok;
}

/* ---- the intruder's own ---- */

#define OWN_TOLD 8u /* of a type; how many more there are is one item */

static const struct own_type {
    str type;
    enum evidence_class class, more;
    const char *many;
} own_types[] = {{STR("address"), EVIDENCE_ADDRESS, EVIDENCE_RELAY, "addresses"},
                 {STR("domain"), EVIDENCE_DOMAIN, EVIDENCE_HOSTED, "domains"},
                 {STR("page"), EVIDENCE_NAME, EVIDENCE_NAME, "pages"},
                 {STR("program"), EVIDENCE_NAME, EVIDENCE_NAME, "programs"}};

static bool unspoken(const struct gathering *g, const struct own_type *t, const struct gathered_entity *n) {
    return n->own && !n->shared && n->name.len && str_eq(t->type, n->type) && !str_eq(n->note, S("the house's own")) &&
           !gather_known(g, t->class, n->name) && !gather_known(g, t->more, n->name);
}

static bool own_of(struct gathering *g, const struct own_type *t, struct err *e) {
    struct gathered *to, *rest = NULL;
    size_t told = 0, all = 0;
    str value;

    for (size_t i = 0; i < g->entity_count; i++)
        all += unspoken(g, t, &g->entities[i]);
    for (size_t i = 0; i < g->entity_count; i++) {
        const struct gathered_entity *const n = &g->entities[i];

        if (!unspoken(g, t, n))
            continue;
        if (told++ < OWN_TOLD) {
            if (!gather_item(g, t->class, n->name, &to, e))
                return false;
        } else {
            if (!rest && (!gather_say(g, &value, e, "%zu more %s", all - OWN_TOLD, t->many) ||
                          !gather_item(g, t->class, value, &rest, e)))
                return false;
            to = rest;
        }
        if (!to)
            continue;
        gather_seen(to, n->first, n->last, n->events);
        gather_place(to, t->class == EVIDENCE_ADDRESS ? gather_address(g, n->name) : 0);
        to->item.words = to == rest ? S("the intruder's own; no source at hand speaks of them")
                                    : S("the intruder's own; no source at hand speaks of it");
    }
    return true;
}

bool gather_own(struct gathering *g, struct err *e) {
    for (size_t t = 0; t < COUNT(own_types); t++)
        if (!own_of(g, &own_types[t], e))
            return false;
    return true;
}
