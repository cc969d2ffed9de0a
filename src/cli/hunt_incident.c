/* hunt_incident: activities collected, incidents made of them, written and told. */
#include "cli/hunt_incident.h"

#include "cli/terminal.h"
#include "report/finding_text.h"
#include "report/incident_case.h"

#define TEXTS_MEMORY ((size_t)256 << 20)
#define INCIDENT_MEMORY ((size_t)512 << 20)
#define TOLD_MAX 8u /* incidents that the summary tells */

struct hunt_incident {
    struct case_writer *writer;
    struct behaviours *behaviours;
    struct activities *activities;
    struct incidents *incidents;
    uint64_t count, behaviour_count;
    struct buf told;
};

bool hunt_incident_new(struct hunt_incident **out, struct case_writer *writer, struct err *e) {
    struct hunt_incident *const h = calloc(1, sizeof *h);

    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory for incidents");
    h->writer = writer;
    bool ok = behaviours_open(&h->behaviours, e) && activities_new(&h->activities, TEXTS_MEMORY, NULL, e);
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
    buf_free(&h->told);
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

static bool on_incident(void *ctx, const struct incident *i, const struct clue *clues, size_t clue_count,
                        struct err *e) {
    struct hunt_incident *const h = ctx;
    char first[INSTANT_TEXT], last[INSTANT_TEXT];
    size_t open = 0;

    h->count++;
    for (size_t k = 0; k < i->door_count; k++)
        open += i->doors[k].state == DOOR_OPEN;
    if (h->count <= TOLD_MAX) {
        struct buf *const b = &h->told;

        buf_format(b, "  %u  ", i->number);
        finding_plain(b, i->title, false);
        buf_format(b, "\n     %.*s to %.*s, %ld days, %s; %zu acts",
                   STR_ARG(str_first(instant_format(i->first, first), 16)),
                   STR_ARG(str_first(instant_format(i->last, last), 16)),
                   (long)((i->last - i->first) / INT64_C(86400000000000)),
                   str_eq(i->state, S("ongoing")) ? "still going on" : "quiet since", i->event_count);
        names(b, i, REACH_MAILBOX, "mailbox", "mailboxes");
        names(b, i, REACH_FILE, "file", "files");
        names(b, i, REACH_REGISTER, "file of a register", "files of registers");
        names(b, i, REACH_HOST, "host", "hosts");
        names(b, i, REACH_PERSON, "person's calls", "persons' calls");
        buf_add(b, S("\n     it began: "));
        finding_plain(b, i->began.len ? str_first(i->began, 200) : S("not seen"), false);
        buf_byte(b, '\n');
        if (i->door_count)
            buf_format(b, "     doors: %zu, %zu of them still open\n", i->door_count, open);
    }
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

uint64_t hunt_incident_count(const struct hunt_incident *h) {
    return h->count;
}

void hunt_incident_print(const struct hunt_incident *h, size_t columns, bool colour, struct buf *b) {
    uint64_t const lost = activities_lost(h->activities) + incidents_lost(h->incidents);

    (void)columns;
    (void)colour;
    if (h->count) {
        buf_format(b, "\nINCIDENTS: %lu\n", (unsigned long)h->count);
        buf_add(b, buf_str(&h->told));
        if (h->count > TOLD_MAX)
            buf_format(b, "  and %lu more in the case\n", (unsigned long)(h->count - TOLD_MAX));
    } else if (activities_count(h->activities)) {
        buf_format(b, "\nINCIDENTS: none among %lu acts", (unsigned long)activities_count(h->activities));
        if (h->behaviour_count)
            buf_format(b, "; %lu behaviour%s stood out, and %s too little for one", (unsigned long)h->behaviour_count,
                       h->behaviour_count == 1 ? "" : "s", h->behaviour_count == 1 ? "was" : "were");
        buf_byte(b, '\n');
    }
    if (lost)
        buf_format(b, "  NOT LOOKED AT for incidents: %lu events for which there was no room\n", (unsigned long)lost);
    b->failed |= h->told.failed;
}
