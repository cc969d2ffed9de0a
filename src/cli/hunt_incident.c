/* hunt_incident: activities collected, incidents made of them, written and told. */
#include "cli/hunt_incident.h"

#include "base/utf.h"
#include "cli/judge.h"
#include "cli/terminal.h"
#include "report/assessment_case.h"
#include "report/finding_text.h"
#include "report/incident_case.h"

#define TEXTS_MEMORY ((size_t)256 << 20)
#define INCIDENT_MEMORY ((size_t)512 << 20)
#define ACT_MEMORY 256u /* bytes of an act, with all that is made of it */
#define TOLD_MAX 8u     /* incidents that the summary tells */
#define BEGAN_SHOWN 160u

struct hunt_incident {
    struct case_writer *writer;
    bool written; /* there is one, also after it was closed */
    struct behaviours *behaviours;
    struct activities *activities;
    struct incidents *incidents;
    uint64_t count, behaviour_count;
    struct told {
        struct buf head, acts, began, doors, like; /* of an incident, a paragraph each */
    } told[TOLD_MAX];
};

bool hunt_incident_new(struct hunt_incident **out, struct case_writer *writer, size_t memory, struct err *e) {
    struct hunt_incident *const h = calloc(1, sizeof *h);

    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory for incidents");
    h->writer = writer;
    h->written = writer != NULL;
    bool ok = behaviours_open(&h->behaviours, e) && activities_new(&h->activities, TEXTS_MEMORY, NULL, e);
    if (ok && memory)
        activities_bound(h->activities,
                         (uint32_t)(memory / ACT_MEMORY < ACTIVITIES_MAX ? memory / ACT_MEMORY : ACTIVITIES_MAX));
    struct incident_options const options = {
        .memory_max = INCIDENT_MEMORY, .behaviours = h->behaviours, .activities = h->activities};

    if (!ok || !incidents_new(&h->incidents, &options, e)) {
        hunt_incident_free(h);
        return false;
    }
    *out = h;
    return true;
}

void hunt_incident_free(struct hunt_incident *h) {
    if (!h)
        return;
    incidents_free(h->incidents);
    activities_free(h->activities);
    behaviours_free(h->behaviours);
    for (size_t i = 0; i < TOLD_MAX; i++) {
        buf_free(&h->told[i].head);
        buf_free(&h->told[i].acts);
        buf_free(&h->told[i].began);
        buf_free(&h->told[i].doors);
        buf_free(&h->told[i].like);
    }
    free(h);
}

bool hunt_incident_activity(struct hunt_incident *h, const struct activity_event *v, struct err *e) {
    return activities_add(h->activities, v, e);
}

struct incidents *hunt_incident_of(struct hunt_incident *h) {
    return h->incidents;
}

static bool on_behaviour(void *ctx, const struct behaviour_hit *hit, const struct clue *clue, struct err *e) {
    struct hunt_incident *const h = ctx;

    h->behaviour_count++;
    return !h->writer || incident_case_behaviour(h->writer, hit, clue, h->activities, e);
}

static void names(struct buf *b, const struct incident *i, enum reach_type type, const char *one, const char *many) {
    size_t n = 0;

    for (size_t k = 0; k < i->reach_count; k++)
        n += i->reaches[k].type == type;
    if (n)
        buf_format(b, ", %zu %s", n, n == 1 ? one : many);
}

/* Whole days: of less it is said so. */
static void dwell(struct buf *b, int64_t first, int64_t last) {
    uint64_t const days = ((uint64_t)last - (uint64_t)first) / UINT64_C(86400000000000);

    if (days)
        buf_format(b, "%lu day%s", (unsigned long)days, days == 1 ? "" : "s");
    else
        buf_add(b, S("within a day"));
}

/* How many are in which state: that one is not known to be open does not close it. */
static void doors(struct buf *b, const struct incident *i) {
    static const char *const words[] = {
        [DOOR_OPEN] = "still open", [DOOR_CLOSED] = "closed", [DOOR_CANNOT_TELL] = "of which no log tells"};
    static const enum door_state order[] = {DOOR_OPEN, DOOR_CLOSED, DOOR_CANNOT_TELL};
    size_t count[COUNT(words)] = {0};

    if (!i->door_count)
        return;
    for (size_t k = 0; k < i->door_count; k++)
        count[i->doors[k].state]++;
    buf_add(b, S("doors"));
    for (size_t k = 0, told = 0; k < COUNT(order); k++)
        if (count[order[k]])
            buf_format(b, "%s %zu %s", told++ ? "," : ":", count[order[k]], words[order[k]]);
}

static void incident_tell_short(struct told *t, const struct incident *i) {
    char first[INSTANT_TEXT], last[INSTANT_TEXT];

    buf_format(&t->head, "%u  ", i->number);
    finding_plain(&t->head, i->title, false);
    buf_format(&t->acts, "%.*s to %.*s, ", STR_ARG(str_first(instant_format(i->first, first), 10)),
               STR_ARG(str_first(instant_format(i->last, last), 10)));
    dwell(&t->acts, i->first, i->last);
    buf_format(&t->acts, ", %s; %zu act%s",
               str_eq(i->state, S("ongoing"))  ? "still going on"
               : str_eq(i->state, S("closed")) ? "over, and every door closed"
                                               : "quiet since",
               i->event_count, i->event_count == 1 ? "" : "s");
    names(&t->acts, i, REACH_MAILBOX, "mailbox", "mailboxes");
    names(&t->acts, i, REACH_FILE, "file", "files");
    names(&t->acts, i, REACH_REGISTER, "file of a register", "files of registers");
    names(&t->acts, i, REACH_HOST, "host", "hosts");
    names(&t->acts, i, REACH_PERSON, "number's calls", "numbers' calls");
    buf_add(&t->began, S("it began: "));
    finding_plain(&t->began, i->began.len ? utf8_first(i->began, BEGAN_SHOWN) : S("not seen"), false);
    if (i->began.len > BEGAN_SHOWN)
        buf_add(&t->began, S("…"));
    doors(&t->doors, i);
}

static bool on_incident(void *ctx, const struct incident *i, const struct clue *clues, size_t clue_count,
                        struct err *e) {
    struct hunt_incident *const h = ctx;

    if (h->count++ < TOLD_MAX)
        incident_tell_short(&h->told[h->count - 1], i);
    return !h->writer || incident_case_incident(h->writer, i, clues, clue_count, e);
}

static bool fact(struct hunt_incident *h, const char *name, uint64_t n, struct err *e) {
    char text[24];

    snprintf(text, sizeof text, "%lu", (unsigned long)n);
    return case_writer_fact(h->writer, name, str_of(text), e);
}

bool hunt_incident_end(struct hunt_incident *h, struct err *e) {
    struct incident_visitor const visitor = {on_behaviour, on_incident, h};

    return incidents_end(h->incidents, &visitor, e) &&
           (!h->writer || (incident_case_methods(h->writer, h->behaviours, e) &&
                           fact(h, "acts", activities_count(h->activities), e) &&
                           fact(h, "acts_lost", activities_lost(h->activities) + incidents_lost(h->incidents), e)));
}

static void like(struct hunt_incident *h, uint32_t incident, const char *before, str text) {
    if (!incident || incident > TOLD_MAX)
        return;
    buf_add(&h->told[incident - 1].like, str_of(before));
    finding_plain(&h->told[incident - 1].like, text, false);
}

/* Incidents are numbered from 1, in order. */
static bool judge_one(struct hunt_incident *h, const struct judge *judge, uint32_t incident, struct err *e) {
    struct judged_evidence v = {0};
    struct buf json = {0};
    struct err why = {0};
    bool ok = case_writer_settle(h->writer, e);

    if (ok && judge_incident(judge, case_writer_folder(h->writer), incident, h->count == 1, INSTANT_NONE, &v, &why) &&
        written_json(&json, v.now, v.then, v.written, &why)) {
        like(h, incident, "", v.written->judgement);
        ok = assessment_case_write(h->writer, incident, buf_str(&json), e);
    } else if (ok) {
        like(h, incident, "NOT JUDGED which group it resembles: ", str_of(why.text));
        ok = assessment_case_none(h->writer, incident, str_of(why.text), e);
    }
    buf_free(&json);
    judged_free(&v);
    return ok;
}

bool hunt_incident_judge(struct hunt_incident *h, const struct judge_options *options, struct err *e) {
    struct judge *judge = NULL;
    struct err why = {0};
    bool ok = true;

    if (!h->writer || !h->count)
        return true;
    if (!judge_new(&judge, options, &why)) {
        like(h, 1, "NOT JUDGED which groups they resemble: ", str_of(why.text));
        return assessment_case_none(h->writer, 0, str_of(why.text), e);
    }
    if (!judge)
        return assessment_case_none(h->writer, 0, S("no profiles of groups were given"), e);
    for (uint32_t i = 1; ok && i <= h->count; i++)
        ok = judge_one(h, judge, i, e);
    judge_free(judge);
    return ok;
}

uint64_t hunt_incident_count(const struct hunt_incident *h) {
    return h->count;
}

static void paragraph(struct buf *b, const struct buf *text, size_t at, size_t columns) {
    if (!text->len)
        return;
    for (size_t i = 0; i < at; i++)
        buf_byte(b, ' ');
    text_wrap(b, buf_str(text), at, 5, columns);
    buf_byte(b, '\n');
    b->failed |= text->failed;
}

void hunt_incident_print(const struct hunt_incident *h, size_t columns, bool colour, struct buf *b) {
    uint64_t const lost = activities_lost(h->activities) + incidents_lost(h->incidents);

    (void)colour;
    if (h->count) {
        buf_format(b, "\nINCIDENTS: %lu\n", (unsigned long)h->count);
        for (size_t i = 0; i < h->count && i < TOLD_MAX; i++) {
            paragraph(b, &h->told[i].head, 2, columns);
            paragraph(b, &h->told[i].acts, 5, columns);
            paragraph(b, &h->told[i].began, 5, columns);
            paragraph(b, &h->told[i].doors, 5, columns);
            paragraph(b, &h->told[i].like, 5, columns);
        }
        if (h->count > TOLD_MAX)
            buf_format(b, "  and %lu more%s\n", (unsigned long)(h->count - TOLD_MAX),
                       h->written ? " in the case" : "; --output CASE writes all of them");
    } else if (activities_count(h->activities)) {
        struct buf text = {0};

        buf_format(&text, "INCIDENTS: none among %lu act%s", (unsigned long)activities_count(h->activities),
                   activities_count(h->activities) == 1 ? "" : "s");
        if (h->behaviour_count)
            buf_format(&text, "; %lu behaviour%s stood out, and %s too little for one",
                       (unsigned long)h->behaviour_count, h->behaviour_count == 1 ? "" : "s",
                       h->behaviour_count == 1 ? "was" : "were");
        buf_byte(b, '\n');
        text_wrap(b, buf_str(&text), 0, 2, columns);
        buf_byte(b, '\n');
        b->failed |= text.failed;
        buf_free(&text);
    }
    if (lost)
        buf_format(b, "  LEFT OUT of incidents: %lu event%s for which there was no room\n", (unsigned long)lost,
                   lost == 1 ? "" : "s");
}
