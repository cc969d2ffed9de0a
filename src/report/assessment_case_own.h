/* assessment_case_own: what the parts of the gathering of evidence share. For src/report/assessment_case*.c only. */
#ifndef REPORT_ASSESSMENT_CASE_OWN_H
#define REPORT_ASSESSMENT_CASE_OWN_H

#include "base/buf.h"
#include "event/act.h"
#include "report/assessment_case.h"
#include "report/case_row.h"

#define GATHER_TEXT 160u        /* bytes of one text of the evidence in a sentence */
#define GATHER_ACTS 1000000u    /* of one incident that are looked at; no hunt writes more */
#define GATHER_FINDINGS 400000u /* of one incident */
#define GATHER_LINKS 256u       /* of one item */
#define GATHER_ENTITIES 4096u   /* as many as a hunt writes of one incident */
#define GATHER_EDGES 65536u
#define GATHER_CLUES 16384u
#define GATHER_GAPS 24u
#define GATHER_SIGNS 24u

struct gathered_link {
    struct evidence_link link;
    struct gathered_link *next;
};
struct gathered {
    struct evidence_item item;
    struct gathered_link *links, *last;
    uint64_t position;     /* of the act that place names; 0: none */
    bool acted;            /* it is counted by acts: what was found in them as well adds nothing */
    struct gathered *next; /* of the same hash */
};

/* An act, in what is asked of it. */
struct gathered_act {
    int64_t when, last;
    uint64_t position;
    uint64_t series;  /* acts of one sort by one about one thing have the same number */
    uint64_t place;   /* of its record, as a hash */
    uint64_t address; /* a hash of it; 0: none */
    uint64_t events;
    uint32_t clue; /* its number; 0: not said */
    enum act act;
};
struct gathered_clue {
    uint32_t number;
    bool campaign;
    uint64_t of, position; /* position: of its first act; 0: none is told */
    str id, title, technique;
    double weight;
    int64_t first, last;
    uint64_t events, alike, among;
};
struct gathered_entity {
    str type, name, note;
    bool own, shared;
    int64_t first, last;
    uint64_t events;
    uint32_t up; /* of the forest of what is joined */
};

struct gathering {
    const char *path;
    sqlite3 *db;
    struct arena *a;
    const struct profiles *profiles;
    int version;
    uint32_t incident;
    struct evidence *out;
    str began;
    struct gathered **items, **slots; /* in the order of their finding; by hash */
    size_t count, mask;
    uint64_t seed;
    uint64_t left_out, links_left_out, claims_left_out; /* items, links, claims that the case itself does not tell */
    struct gathered_act *acts;
    size_t act_count;
    bool acts_left_out, findings_left_out;
    struct gathered_clue *clues;
    size_t clue_count;
    struct gathered_entity *entities;
    size_t entity_count;
    struct evidence_gap *gaps;
    size_t gap_count;
    struct evidence_sign *signs;
    size_t sign_count;
};

bool gather_no_memory(struct err *e);
/* A sentence, in g->a. */
MUST_USE bool gather_say(struct gathering *g, str *out, struct err *e, const char *fmt, ...) PRINTF(4, 5);
/* A copy in g->a; of at most max bytes, whole characters. */
MUST_USE bool gather_keep(struct gathering *g, str text, size_t max, str *out, struct err *e);
/* The item of that class and value; *out NULL: there is no room for one more, which is counted. New ones have no words. */
MUST_USE bool gather_item(struct gathering *g, enum evidence_class class, str value, struct gathered **out,
                          struct err *e);
bool gather_known(const struct gathering *g, enum evidence_class class, str value); /* is there such an item? */
/* The first act from there; 0: none. */
uint64_t gather_address(const struct gathering *g, str address);
/* Seen once more; INSTANT_NONE: nobody knows when. */
void gather_seen(struct gathered *to, int64_t first, int64_t last, uint64_t count);
/* position: of an act; the earliest stays. */
void gather_place(struct gathered *to, uint64_t position);
/* Once each. Texts are kept. */
MUST_USE bool gather_link(struct gathering *g, struct gathered *to, const struct evidence_link *link, struct err *e);
/* Up to the bound; what and collect are kept as they are. */
void gather_gap(struct gathering *g, str what, str collect);
void gather_sign(struct gathering *g, enum evidence_other other, bool against, str words);
/* A query about the incident, which is ?1 where it asks for it. */
MUST_USE bool gather_ask(struct gathering *g, const char *query, sqlite3_stmt **s, struct err *e);
MUST_USE bool gather_count(struct gathering *g, const char *query, uint64_t *n, struct err *e);
MUST_USE bool gather_has(struct gathering *g, const char *table, bool *has, struct err *e);
static inline str gather_short(str s) {
    return str_first(s, GATHER_TEXT);
}
/* The number and name of software that is called so; "": by no profile. */
token gather_software(const struct gathering *g, str name);

/* Its parts, in this order: each asks the case and adds. */
MUST_USE bool gather_acts(struct gathering *g, struct err *e);     /* acts, clues: techniques */
MUST_USE bool gather_entities(struct gathering *g, struct err *e); /* entities; what is joined */
MUST_USE bool gather_found(struct gathering *g, struct err *e);    /* findings of rules and on indicators */
MUST_USE bool gather_files(struct gathering *g, struct err *e);    /* findings of YARA rules */
MUST_USE bool gather_mail(struct gathering *g, struct err *e);
MUST_USE bool gather_hours(struct gathering *g, struct err *e);
MUST_USE bool gather_own(struct gathering *g, struct err *e); /* what is the intruder's own and nobody speaks of */
MUST_USE bool gather_signs(struct gathering *g, struct err *e);
MUST_USE bool gather_gaps(struct gathering *g, struct err *e);

#endif
