/* behaviour_kit: what areas that go through hosts and accounts need alike: a hit as it grows, who met whom since when, what is regular, which
 * hosts serve, when the house sleeps, words in command lines. For src/detection/behaviour_AREA.c only. */
#ifndef DETECTION_BEHAVIOUR_KIT_H
#define DETECTION_BEHAVIOUR_KIT_H

#include "detection/behaviour_own.h"

#define KIT_MINUTE (INT64_C(60) * 1000000000)
#define KIT_HOUR (60 * KIT_MINUTE)
#define KIT_DAY (24 * KIT_HOUR)

MUST_USE bool kit_no_memory(struct err *e);
/* The day, and the hour of the day, of an instant (UTC). */
int64_t kit_day(int64_t when);
unsigned kit_hour(int64_t when);
/* "2024-01-02". */
#define KIT_DATE 16
const char *kit_date(int64_t when, char out[KIT_DATE]);

/* ---- a hit as it grows ----
 * Its reason is written to run->reason. */
struct draft {
    struct behaviour_run *run;
    struct behaviour_hit hit;
    uint32_t *events;
    size_t count, room;
    bool failed; /* memory */
};
void draft_begin(struct draft *d, struct behaviour_run *run, const char *behaviour);
void draft_event(struct draft *d, uint32_t activity);
void draft_part(struct draft *d, enum behaviour_part_type type, bool own, uint32_t code, uint32_t other);
double draft_threshold(const struct draft *d, const char *name);
/* Sorts the events and hands the hit over, unless it has none or weighs less than anybody would be told (BEHAVIOUR_LEAST). */
#define BEHAVIOUR_LEAST 0.5
MUST_USE bool draft_tell(struct draft *d, struct err *e);
void draft_free(struct draft *d);

/* The first few distinct texts, for a reason. */
#define TOLD_MAX 6u
struct told {
    str items[TOLD_MAX];
    size_t count, all; /* all: different ones, counted so long as they are kept */
};
void kit_told_add(struct told *t, str s);
/* "a", "b" and 3 more; each cut at width. */
void kit_told_write(struct buf *to, const struct told *t, size_t width);

/* ---- who met whom ----
 * Counts by a pair of codes, met in order of time. */
struct meeting {
    uint32_t a, b;
    int64_t first, last;
    uint32_t events, days; /* days: different ones, when met in order of time */
};
struct meetings {
    struct meeting *items;
    uint32_t *slots; /* index + 1 */
    size_t count, room, mask;
};
/* NULL: no memory. New ones have events 0. The pointer is good until the next call. */
struct meeting *meetings_at(struct meetings *m, uint32_t a, uint32_t b);
/* NULL: never met. */
struct meeting *meetings_find(const struct meetings *m, uint32_t a, uint32_t b);
void meetings_count(struct meeting *m, const struct activity *v);
void meetings_free(struct meetings *m);

/* ---- groups ----
 * Activities under a key, sorted by key, then in order of time. */
struct bundled {
    uint64_t key, sub;
    uint32_t activity, tag;
};
struct bundle {
    struct bundled *items;
    size_t count, room;
};
MUST_USE bool bundle_add(struct bundle *g, uint64_t key, uint64_t sub, uint32_t activity, uint32_t tag, struct err *e);
void bundle_sort(struct bundle *g);
/* Where those of the key of `from` end. */
size_t bundle_end(const struct bundle *g, size_t from);
/* Where those of the key and sub of `from` end. */
size_t bundle_sub_end(const struct bundle *g, size_t from);
void bundle_free(struct bundle *g);

/* ---- regularity ----
 * Are instants, in order, a chore: at least `least` of them (those within a quarter of an hour count once), and at least `part` of the gaps like the
 * usual (median) one? What comes daily or seldomer must come at one time of day, to half an hour, and may be left out once; of what comes
 * monthly the day may move by a week. */
MUST_USE bool kit_regular(const int64_t *when, size_t count, size_t least, double part, bool *regular, struct err *e);

/* The same of activities of a bundle. */
MUST_USE bool kit_chore(const struct activities *a, const struct bundle *g, size_t from, size_t to, size_t least,
                        double part, bool *chore, struct err *e);

/* ---- the house ---- */
enum host_sort { HOST_UNKNOWN, HOST_DESK, HOST_SERVER };
struct house {
    struct activities *a;
    uint32_t texts;
    uint8_t *hosts; /* by host entity: enum host_sort */
    uint8_t *desks; /* by account entity: 1: it sat at a desk (console), or signed in somewhere; 2: it came to a host */
    struct meetings on; /* account and host: what it did there, on its own part (no failures) */
    uint32_t desk_count;
    int64_t begin, end; /* first and last act on any host */
    uint32_t hours[24]; /* of people at desks */
    bool sleeps;        /* enough is known of the hours */
    uint32_t account_count, host_count;
};
/* Zeroed before; freed after, whatever it returns. */
MUST_USE bool house_open(struct house *h, struct activities *a, struct err *e);
void house_free(struct house *h);
bool house_night(const struct house *h, int64_t when);
enum host_sort house_host(const struct house *h, uint32_t host);
/* No person's: it comes to hosts, and never sat at a desk or signed in anywhere, in a house where people do. */
bool house_service_account(const struct house *h, uint32_t account);
/* The system's own (SYSTEM, NETWORK SERVICE, HOST$): no part of any hit. */
bool kit_machine_account(str name);
/* How a logon comes: at the console, by remote desktop or ssh, over the network, or not of these (batch, service). */
enum logon_way { LOGON_OTHER, LOGON_CONSOLE, LOGON_REMOTE, LOGON_NETWORK };
enum logon_way kit_logon_way(str verb);
/* The first in a list at or behind a moment. */
uint32_t kit_first_at(const struct activities *a, const struct activity_list *l, int64_t when);
/* The only account that came to a host before, within so long, and does not come there all the time; 0: none, or several. */
MUST_USE bool kit_who_came(const struct house *h, uint32_t host, int64_t when, int64_t within, uint32_t *who,
                           struct err *e);
/* Does a made thing (service, task, opening) come from a folder of products: what makes it, or what it starts? */
bool kit_of_product(const struct activities *a, const struct activity *v);
/* Is it done on a host, or in its domain: no mail, no call, no page? */
bool kit_host_act(enum act act);
/* Whence: the host that a logon or share was reached from; 0. */
uint32_t kit_source_host(const struct activities *a, const struct activity *v);

/* Hours of the day (UTC) at which something is usual. */
struct hours {
    uint32_t count[24], total;
};
void kit_hours_count(struct hours *h, int64_t when);
/* Is less than this part within the hour and those beside it? False while little is known. */
bool kit_hours_unusual(const struct hours *h, int64_t when, double part);
/* Is nothing within so many hours? */
bool kit_hours_away(const struct hours *h, int64_t when, unsigned away);

/* ---- words ---- */
/* What stands behind the last slash, folded, without quotes, ".exe", and digits and points at the end. out: room for 64. */
#define KIT_NAME 64
str kit_program_name(str path, char out[KIT_NAME]);
/* Index + 1 of the word, 0. */
size_t kit_word(const struct word_list *l, str folded);
/* Index + 1 of the first entry found in the folded text as words of their own ("net group": both, in this order), or 0. */
size_t kit_command(const struct word_list *l, str folded);
/* Index + 1 of the first entry that stands anywhere in the folded text, or 0. */
size_t kit_anywhere(const struct word_list *l, str folded);
/* Folded, at most KIT_TEXT bytes of it. */
#define KIT_TEXT 512u
str kit_folded(str text, char out[2 * KIT_TEXT + 16]);
/* What is alike but for numbers: hash of the folded text with digits run together. */
uint64_t kit_skeleton(str text, uint64_t seed);

/* Of a process: its command line, or its program. */
str kit_command_line(const struct activities *a, const struct activity *v);

/* ---- shells of server programs (behaviour_shell.c) ----
 * Those that are no chore of the application and belong to no product. */
struct shells {
    struct activities *a;
    const struct word_list *servers;
    struct bundle odd;     /* key: host, and the server program's word + 1; in order of time */
    struct meetings hosts; /* on which a server program starts anything */
    size_t odd_hosts;
    uint8_t *parents; /* by code of the parent: its word + 2; 1: none; 0: not asked yet */
};
/* Zeroed before; closed after, whatever it returns. */
MUST_USE bool shells_open(struct shells *s, struct activities *a, const struct behaviours *b, uint64_t seed,
                          struct err *e);
void shells_close(struct shells *s);
/* The word + 1 of the server program that a path is; 0. */
size_t shells_server(struct shells *s, uint32_t code);

#endif
