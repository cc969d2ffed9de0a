/* behaviour_set: what areas of behaviours count with: lists of numbers, tables of numbers by numbers, few values of many; on whose side an address
 * stands. For src/detection/behaviour_AREA.c only. */
#ifndef DETECTION_BEHAVIOUR_SET_H
#define DETECTION_BEHAVIOUR_SET_H

#include "detection/behaviour_own.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* The number of the whole units before a time, also before 1970. */
static inline int64_t unit_of(int64_t when, int64_t unit) {
    return when / unit - (when % unit < 0);
}

/* ---- a list of numbers; all zero: empty ---- */

struct codes {
    uint32_t *items;
    size_t count, room;
};
void codes_free(struct codes *c);
MUST_USE bool codes_add(struct codes *c, uint32_t code, struct err *e);
/* Ascending, each once. */
void codes_sort(struct codes *c);

/* ---- numbers by keys; all zero: empty ---- */

struct code_map {
    uint64_t *keys; /* key + 1; 0: free */
    uint32_t *values;
    size_t mask, used;
};
void code_map_free(struct code_map *m);
/* Empties it and keeps its memory, unless it is far more than was used. */
void code_map_clear(struct code_map *m);
static inline uint64_t code_pair(uint32_t a, uint32_t b) {
    return (uint64_t)a << 32 | b;
}
/* The value of a key, 0 where it is new; until the next put. NULL: no memory. */
uint32_t *code_map_put(struct code_map *m, uint64_t key);
/* 0: not there. */
uint32_t code_map_get(const struct code_map *m, uint64_t key);

/* ---- the first few different values of many, and whether there were more ---- */

#define FEW_MAX 64u
struct few {
    uint32_t items[FEW_MAX];
    uint32_t count; /* FEW_MAX: as many or more */
};
void few_add(struct few *f, uint32_t code); /* 0 is none */
bool few_has(const struct few *f, uint32_t code);

/* ---- on whose side ---- */

/* An address is outside when it is nobody's own (activities_own_address), or beside the institution's way out, but with no accounts of its own; or private, but of a part (/16) of the private networks in which
 * nobody begins anything that succeeds and no host is known, where others do: a laboratory's intruder, a partner's network behind a tunnel. */
struct sides;
MUST_USE bool sides_new(struct sides **out, struct activities *a, struct err *e);
void sides_free(struct sides *s); /* takes NULL */
/* False of what is no address, of multicast and broadcast. */
bool sides_outside(struct sides *s, uint32_t code);
/* Is it an address at all, of one machine, that is not outside? */
bool sides_inside(struct sides *s, uint32_t code);
/* The machine itself: 127.0.0.1, ::1. */
bool sides_loopback(struct sides *s, uint32_t code);

/* The first of a list at or after a time. */
uint32_t list_from(const struct activities *a, const struct activity_list *list, int64_t when);

/* ---- who, of a server ---- */

/* The host that an activity's server, or else its host, is: 0 where it says neither. */
uint32_t host_of_server(const struct activities *a, const struct activity *v);
/* The host that has an address, known by name or not. */
uint32_t host_of_address(const struct activities *a, uint32_t address, int64_t when);
/* The host that an address inside is, which no log names: connections to it and what one host tells of their clients within the minute fall together
 * again and again. Without that the address itself, *host 0: it is none. It looks at much: asked once of an address. */
MUST_USE bool host_by_company(struct activities *a, uint32_t address, uint32_t *host, struct err *e);
/* Shown: a host by its name, an address as it is. */
str host_shown(const struct activities *a, uint32_t host);

/* The bytes that came back. */
uint64_t bytes_back(const struct activities *a, const struct activity *v);

/* "2024-03-14" */
#define DATE_TEXT 16
str date_text(int64_t when, char out[DATE_TEXT]);
/* "4.9 GB" */
#define SIZE_TEXT 32
str behaviour_size(uint64_t bytes, char out[SIZE_TEXT]);

/* Hands over a hit with the activities in events, which are sorted here; r->reason is its reason. */
MUST_USE bool behaviour_tell(struct behaviour_run *r, struct behaviour_hit *h, struct codes *events, struct err *e);
/* false: ERR_MEMORY */
bool behaviour_no_memory(struct err *e);

#endif
