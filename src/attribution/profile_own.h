/* profile_own: what the readers of profiles share. For src/attribution/profile*.c only. */
#ifndef ATTRIBUTION_PROFILE_OWN_H
#define ATTRIBUTION_PROFILE_OWN_H

#include "attribution/profile.h"
#include "intel/group.h"
#include "intel/import.h"

#define PROFILE_RECENT_DAYS 730

bool profile_no_memory(struct err *e);
/* Room for one more in an array of size bytes an item. */
MUST_USE bool profile_grow(void **items, size_t count, size_t *room, size_t size, struct err *e);
/* Days since 1970-01-01 of a date as 2021-03-18; DAY_UNKNOWN. */
int64_t profile_day(str date);

/* Names while they are put together. */
struct profile_names {
    struct profile_spelled *of;
    size_t count, room;
};
/* name in its spelling, copied into a. */
MUST_USE bool profile_names_add(struct profile_names *n, struct arena *a, str name, size_t of, struct err *e);
/* Sorted by key, each key once, in a; *n is empty then. */
MUST_USE bool profile_names_finish(struct profile_names *n, struct arena *a, struct profile_spelled **out,
                                   size_t *count, struct err *e);
void profile_names_free(struct profile_names *n);

/* Empty, with the words for victims. */
MUST_USE bool profiles_new(struct profiles **out, struct err *e);
/* A release whose groups and links are all there: sorts groups, counts what is listed, and makes the table of names. */
MUST_USE bool profile_finish(struct profile *p, struct arena *a, struct err *e);
/* All releases are there: sorts them, the tools and the words. */
void profiles_finish(struct profiles *p);

/* Finds what is called so and nothing else; NULL. */
const struct profile_spelled *profile_spelled_find(const struct profile_spelled *list, size_t count, str name);
/* Days since 1970-01-01 of an instant; DAY_UNKNOWN of none. */
int64_t profile_day_of(int64_t when);

/* victims_builtin.c, made by embed.py out of data/attribution: countries.yml, sectors.yml. */
struct victim_file {
    str path, text;
};
extern const struct victim_file victims_builtin[];
/* profile_victims.c */
MUST_USE bool profile_victims_read(struct profiles *p, struct err *e);
/* In the language of data/attribution/sectors.yml. */
MUST_USE bool profile_victims_text(struct profile_victims *v, struct arena *a, str text, struct err *e);

/* ---- profile_gather.c: bases of knowledge, until all are there ---- */

/* Texts by number, from 1; 0 is "". */
struct profile_texts {
    str *of;
    uint32_t *slots;
    size_t count, room, mask;
    uint64_t seed;
};
struct profile_base {
    str name, version;
    struct item_names domains;
    int64_t day;
    bool galaxy;
    int64_t known; /* of a galaxy: since when it is known; VICTIMS_NOW */
};
struct profile_use {
    uint32_t base, group, source; /* base: number; group, source: texts */
    token token;
    int64_t day; /* of the source; DAY_UNKNOWN */
    bool own;    /* one of our own facts */
};
struct profile_member {
    uint32_t base, group;
    str name;
    bool retired;
    str *aliases, *countries;
    size_t alias_count, alias_room, country_count, country_room;
};
struct profile_thing {
    token token;
    uint32_t base;
    bool tool;
    str name;
};
struct profile_replaced {
    token from, to;
};
struct profile_victim {
    uint32_t base, group; /* group: text of the cluster's id */
    bool sector;
    str word; /* as it is written */
};
struct profile_gathered {
    struct arena *a;
    struct groups *who;
    struct profile_texts texts;
    struct profile_base *bases;
    struct profile_use *uses;
    struct profile_member *members;
    struct profile_thing *things;
    struct profile_replaced *replaced;
    struct profile_victim *victims;
    struct profile_names names; /* of software */
    size_t base_count, base_room, use_count, use_room, member_count, member_room, thing_count, thing_room,
        replaced_count, replaced_room, victim_count, victim_room;
    str *titles; /* of sources, by their texts' numbers */
    size_t title_room;
    size_t releases; /* bases that are no galaxies */
};

MUST_USE bool profile_gather_new(struct profile_gathered **out, struct err *e);
void profile_gather_free(struct profile_gathered *g); /* takes NULL */
/* Bytes that this importer knows; what is no base of knowledge is passed over. known: since when, if it is a galaxy. */
MUST_USE bool profile_gather_bytes(struct profile_gathered *g, str name, str bytes, const struct importer *importer,
                                   int64_t known, struct err *e);
/* The same in this process: for what tries readers, and for nothing that comes from elsewhere. */
MUST_USE bool profile_gather_open(struct profile_gathered *g, str bytes, const struct importer *importer, int64_t known,
                                  struct err *e);
/* The number of a text; 0: no memory (or the empty text). */
uint32_t profile_text(struct profile_gathered *g, str text);
/* The number if it is there, else 0. */
uint32_t profile_text_find(const struct profile_gathered *g, str text);
/* A file of facts (docs/formats/groups.md)? */
bool profile_is_facts(str text);
/* profile_build.c: releases out of all of it, into p. */
MUST_USE bool profile_build(struct profile_gathered *g, struct profiles *p, struct err *e);

/* profile_research.c: profiles-by-release.json, groups.json, sources.json, software.json, techniques.json of a folder. */
MUST_USE bool profiles_read_research(struct profiles *p, const char *folder, struct err *e);

#endif
