/* group_own: what the parts of group share. For src/intel/group*.c only. */
#ifndef INTEL_GROUP_OWN_H
#define INTEL_GROUP_OWN_H

#include "base/arena.h"
#include "intel/group.h"

/* groups_builtin.c, made by embed.py out of data/groups. */
struct group_file {
    str path, text;
};
extern const struct group_file groups_builtin[];
extern const size_t groups_builtin_count;

/* A name as a source spells it, and as it is compared. */
struct group_name {
    str spelled, key;
    bool first; /* the mention's own, not an alias */
};

/* What one source calls a group; mentions with the same source, id and name are one. */
struct group_mention {
    str source, id;
    struct group_name *names;
    size_t name_count, name_room;
    str *countries;
    size_t country_count, country_room;
    str number, former; /* G0128: its own; former: that of a withdrawn one; "" */
    bool own;           /* our own facts */
    bool retired;
    uint32_t up; /* union-find */
};

struct group_use {
    str key;
    uint32_t mention;
};

/* A fact until its group is known. */
struct group_fact_of {
    struct group_fact fact;
    uint32_t mention;
};

struct group_holder {
    str key;
    uint32_t mention;
    bool first;
};

/* A key, and the groups that have it. */
struct group_key {
    str key;
    const struct group *const *groups;
    size_t count;
};

struct groups {
    struct arena *arena;
    struct group_mention *mentions;
    struct group_use *uses;
    struct group_fact_of *facts;
    size_t mention_count, mention_room, use_count, use_room, fact_count, fact_room;
    str sink_source;
    /* After groups_join: */
    struct group *list;
    size_t count;
    struct group_key *keys, *listed; /* sorted by key */
    size_t key_count, listed_count;
    bool joined;
};

bool group_no_memory(struct err *e);
/* Room for one more in an array of size bytes an item. */
MUST_USE bool group_grow(void **items, size_t count, size_t *room, size_t size, struct err *e);
/* The spelling that is compared, in a; "" when nothing is left of it. False: no memory. */
MUST_USE bool group_key_of(str name, struct arena *a, str *key);
/* group_facts.c: one file. */
MUST_USE bool group_facts_read(struct groups *g, str name, str text, struct err *e);
/* A new mention; NULL: failed. */
struct group_mention *group_mention_new(struct groups *g, str source, str id, str name, struct err *e);
MUST_USE bool group_mention_name(struct groups *g, struct group_mention *m, str name, bool first, struct err *e);
MUST_USE bool group_use_new(struct groups *g, uint32_t mention, str what, struct err *e);

#endif
