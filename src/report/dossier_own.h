/* dossier_own: what the sections of a dossier share. For src/report/dossier*.c only.
 *
 * Nothing is bounded by the case: of everything so many rows are told, and how many there are more. */
#ifndef REPORT_DOSSIER_OWN_H
#define REPORT_DOSSIER_OWN_H

#include "base/arena.h"
#include "report/assessment_tree.h"
#include "report/case_own.h"
#include "report/case_row.h"
#include "report/dossier.h"
#include "report/incident_case.h"

#define DOSSIER_INCIDENTS 20u       /* told whole */
#define DOSSIER_INCIDENT_LINES 200u /* told in a line */
#define DOSSIER_CLUES 60u           /* of one incident; so below */
#define DOSSIER_ENTITIES 60u
#define DOSSIER_EVENTS 100u
#define DOSSIER_PHASES 30u
#define DOSSIER_DOORS 100u
#define DOSSIER_REACHES 50u /* of one type */
#define DOSSIER_FILES 500u
#define DOSSIER_LOGS 150u
#define DOSSIER_GAPS 100u
#define DOSSIER_RULES 200u
#define DOSSIER_CAMPAIGNS 50u
#define DOSSIER_GROUPS 100u
#define DOSSIER_ITEMS 60u  /* of one judgement: what was seen; so below */
#define DOSSIER_LIKELY 12u /* groups */
#define DOSSIER_HYPOTHESES 16u
#define DOSSIER_MATRIX 40u /* rows */
#define DOSSIER_SENTENCES 60u
#define DOSSIER_QUOTES 60u
#define DOSSIER_LANES 12u
#define DOSSIER_MARKS 1500u /* acts on the time line, of all incidents together */
#define DOSSIER_SHORT 120u  /* bytes of a text: a name */
#define DOSSIER_LONG 1200u  /* a sentence */

/* dossiers_builtin.c, made by embed.py out of data/dossier. */
struct dossier_file {
    str path, text;
};
extern const struct dossier_file dossiers_builtin[];
extern const size_t dossiers_builtin_count;

/* What is known of an incident before any section is written. */
struct dossier_incident {
    uint32_t number;
    str title, state;
    enum sigma_level level;
    double score;
    int64_t first, last;
    uint64_t events, clues, doors_open, doors_unknown, doors_closed;
};

/* What was judged of an incident, in short. */
struct dossier_judged {
    uint32_t incident; /* 0: of all of them */
    bool readable;
    struct assessment_brief of; /* where it is readable */
};

struct dossier {
    const char *path;
    enum tlp tlp;
    struct file_out *to;
    struct buf b, scratch;
    sqlite3 *db;
    struct arena *a;
    struct dossier_incident *incidents;
    size_t incident_count;
    uint64_t incident_all;
    struct dossier_judged *judgements; /* of at most DOSSIER_INCIDENT_LINES */
    size_t judgement_count;
    bool judged;                      /* behaviours were looked for, and findings put together */
    int64_t covered_from, covered_to; /* of what was read; INSTANT_NONE */
    int64_t from, to_;                /* of the time line */
    uint64_t files, unread, damages, events, findings;
};

/* ---- text (dossier_text.c) ---- */

void dossier_put(struct dossier *d, const char *markup);
void dossier_format(struct dossier *d, const char *fmt, ...) PRINTF(2, 3); /* markup; no text of a case in it */
/* A text of the case, at most max bytes of it, as text: controls and changes of direction as U+FFFD, markup escaped. */
void dossier_plain(struct dossier *d, str s, size_t max); /* for attributes */
void dossier_text(struct dossier *d, str s, size_t max);  /* the same, kept from turning round what stands beside it */
/* The same where the whole stands elsewhere: what is left out is not counted. */
void dossier_brief(struct dossier *d, str s, size_t max);
/* A name of ours, as words: "initial access" of initial-access, "web shell" of web_shell; whatever else the case holds. */
void dossier_words(struct dossier *d, str name);
void dossier_number(struct dossier *d, uint64_t n); /* 41,207 */
/* "1 mailbox", "2 mailboxes" */
void dossier_some(struct dossier *d, uint64_t n, const char *one, const char *many);
void dossier_bytes(struct dossier *d, uint64_t n);   /* 912.7 MB */
void dossier_day(struct dossier *d, int64_t when);   /* 2019-03-04 */
void dossier_time(struct dossier *d, int64_t when);  /* 2019-03-04 05:12:00 */
void dossier_span(struct dossier *d, int64_t ns);    /* 1,149 days */
void dossier_weight(struct dossier *d, double bans); /* +3.4 */
void dossier_level(struct dossier *d, str level);
/* file, hash, record, offset; of no path: nothing */
void dossier_proof(struct dossier *d, str path, str sha256, uint64_t record, uint64_t offset);
bool dossier_flush(struct dossier *d, struct err *e); /* once a row or so */

/* Its number, as a link where there is something to lead to. */
void dossier_incident_number(struct dossier *d, uint64_t incident);

/* A table: heads, ending in NULL; "#" in front: a column of numbers, "@": of places. caption: "-" in front: only for who hears the page. */
struct dossier_table {
    const char *const *heads;
    size_t at;
};
void dossier_table(struct dossier *d, struct dossier_table *t, const char *caption, const char *const *heads);
void dossier_row(struct dossier *d, struct dossier_table *t, const char *kind, uint64_t a,
                 uint64_t b); /* id: see the .c */
void dossier_cell(struct dossier *d, struct dossier_table *t);
void dossier_row_end(struct dossier *d, struct dossier_table *t);
void dossier_table_end(struct dossier *d);
/* "n more in case.db, table x." Nothing where there are none. */
void dossier_more(struct dossier *d, uint64_t shown, uint64_t all, const char *where);

/* ---- reading (dossier.c) ---- */

bool dossier_ask(struct dossier *d, const char *query, sqlite3_stmt **s, struct err *e);
/* As case_next, however long it takes. */
bool dossier_next(struct dossier *d, sqlite3_stmt *s, bool *more, struct err *e);
/* The number that a query gives. */
bool dossier_count(struct dossier *d, const char *query, uint64_t *n, struct err *e);
bool dossier_has(struct dossier *d, const char *table, bool *has, struct err *e);
/* Is this incident told whole? Else nothing can be linked to. */
static inline bool dossier_is_told(const struct dossier *d, uint64_t incident) {
    for (size_t i = 0; i < d->incident_count && i < DOSSIER_INCIDENTS; i++)
        if (d->incidents[i].number == incident)
            return true;
    return false;
}

/* Why the incident was not judged, or what was; NULL: the case says neither. */
const struct dossier_judged *dossier_judged(const struct dossier *d, uint32_t incident);
static inline bool dossier_is_judged(const struct dossier_judged *j) {
    return j && j->readable && j->of.level != BRIEF_NOT_JUDGED;
}
/* Reads what is in d->judgements. */
bool dossier_judgements(struct dossier *d, struct err *e);

/* ---- sections, in their order ---- */

bool dossier_answer(struct dossier *d, struct err *e);
bool dossier_coverage(struct dossier *d, struct err *e);
bool dossier_time_line(struct dossier *d, struct err *e);
bool dossier_reach(struct dossier *d, struct err *e);
bool dossier_graphs(struct dossier *d, struct err *e);
bool dossier_campaigns(struct dossier *d, struct err *e);
bool dossier_incidents(struct dossier *d, struct err *e);
bool dossier_doors(struct dossier *d, struct err *e);
bool dossier_attribution(struct dossier *d, struct err *e);
bool dossier_methods(struct dossier *d, struct err *e);
bool dossier_ledger(struct dossier *d, struct err *e);

/* An incident's graph. */
void dossier_graph(struct dossier *d, const struct incident *n);

#endif
