/* written_own: what the parts of the written assessment share: the sentence that is being written. For src/attribution/written*.c only. */
#ifndef ATTRIBUTION_WRITTEN_OWN_H
#define ATTRIBUTION_WRITTEN_OWN_H

#include "attribution/written.h"

#define WORDS_GROUPS 3u /* named where it would be many */

struct lines {
    str *items;
    size_t count, room;
};

struct maker {
    const struct assessment *now, *then;
    const struct groups *names;
    struct written *w;
    struct buf b; /* the sentence that is being written */
    bool failed;
};

/* ---- written_word.c: appended to the sentence ---- */

void words_put(struct maker *m, str s);
void words_value(struct maker *m, str s); /* a text of others: plain, of at most WRITTEN_VALUE_MAX bytes */
void words_begin(struct maker *m, str s); /* the same at the beginning of a sentence */
void words_number(struct maker *m, uint64_t n, const char *one, const char *many);
void words_day(struct maker *m, int64_t when);
void words_minute(struct maker *m, int64_t when);
void words_percent(struct maker *m, double p);    /* never 0 and never 100 */
void words_likelihood(struct maker *m, double p); /* "unlikely (31 %)" */
void words_chance(struct maker *m, double p);     /* "it is unlikely (31 %)", "there is almost no chance (2 %)" */
void words_group(struct maker *m, const struct assessed_group *g);
void words_group_id(struct maker *m, const struct assessed_group *g);
void words_full_stop(struct maker *m); /* where none is */
/* Ends it: as a text, or as the next of a list. */
str words_take(struct maker *m);
void words_line(struct maker *m, struct lines *l);
/* Is it told what others said of the group? */
bool words_told(const struct assessment *a, size_t group);

#define KEEP(w, of, name, l)                                                                                           \
    do {                                                                                                               \
        (w)->of = (l).items;                                                                                           \
        (w)->name = (l).count;                                                                                         \
    } while (0)

/* ---- written_fact.c, written_quote.c ---- */

void written_facts(struct maker *m);
void written_quotes(struct maker *m);
void written_cautions(struct maker *m);

#endif
