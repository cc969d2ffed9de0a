/* activity_own: how activities are kept. For src/detection/activity*.c and their tests only.
 *
 * activity.c holds texts, sources and the pile of activities, and sorts; activity_entity.c says who is who; activity_network.c speaks of addresses, and
 * of what many share; activity_index.c makes the lists. */
#ifndef DETECTION_ACTIVITY_OWN_H
#define DETECTION_ACTIVITY_OWN_H

#include "base/arena.h"
#include "detection/activity.h"

#define ACTIVITY_HELD_MAX ((size_t)64 << 20) /* bytes of activities in memory, before they go to a file */

/* Activities one behind another: in memory, and beyond held_max bytes in a file. Once sealed they are read at `items`. */
struct activity_pile {
    size_t held_max;
    const char *folder; /* NULL: file_temporary's */
    struct activity *held;
    size_t held_count, held_room; /* in memory: all, or those behind the file's */
    size_t count;
    int fd;                       /* -1: all are in memory */
    const struct activity *items; /* sealed */
};

/* A table of numbers + 1 by hash; the hash's upper half is kept, so that it grows without its keys. */
struct activity_slot {
    uint32_t hash, number; /* number 0: empty */
};
struct activity_table {
    struct activity_slot *slots;
    size_t mask, used;
};

/* Lists by key: those of keys[k] are items[begins[k]] to items[begins[k + 1]]. */
struct activity_lists {
    uint32_t *keys, *begins, *items;
    uint32_t key_count;
    bool made;
};

/* A spelling, taken apart and folded: what resolves to the same name may be the same entity. */
struct activity_spelled {
    uint32_t code;
    bool home; /* it does something here itself: no sender of mail, no failure */
    str name, domain;
};
/* All spellings of a sort, in the order of (name, domain, code), and the entity of each code: 0 where it has none. */
struct activity_names {
    struct activity_spelled *items;
    size_t count;
    uint32_t *entity; /* by code */
    uint32_t *shown;  /* by entity: the spelling for people */
};

/* On this day the address was this host's, says something. */
struct activity_claim {
    uint32_t address, host; /* host 0: several say so */
    int32_t day;
    uint32_t said; /* so often */
};

struct activities {
    size_t memory_max, memory_used;
    uint64_t seed, lost;
    uint32_t max;
    uint64_t volume; /* of those that machines make all day */
    bool ended;
    char *folder;

    struct arena *bytes; /* of texts and sources */
    str *texts;          /* by code */
    uint32_t text_count, text_room;
    struct activity_table by_text;
    struct activity_source *sources;
    uint32_t source_count, source_room, source_last;
    struct activity_table by_source;
    struct activity_pile pile;
    uint32_t before[ACT_TEXTS]; /* of the one that came last */

    /* After the end. */
    uint32_t code_count; /* texts of evidence: networks stand behind them */
    struct arena *names;
    struct activity_names account, host, program;
    uint32_t *network;             /* by code */
    uint32_t *accounts_of_network; /* by code of the network; below those of evidence nothing */
    uint32_t *accounts_of_program, *accounts_of_session, *accounts_of_host;
    uint8_t *own;                  /* by code */
    struct activity_claim *claims; /* in the order of (address, day) */
    size_t claim_count;
    uint32_t *address_of; /* by host entity */

    /* When asked for. */
    struct activity_lists by[ACT_TEXTS], by_act;
};

/* As activities_new; held_max: ACTIVITY_HELD_MAX, or less where a test wants the file soon. */
MUST_USE bool activities_new_of(struct activities **out, size_t memory_max, size_t held_max, const char *folder,
                                struct err *e);
/* The code of a text, which is kept if nobody has it yet. False: no memory. */
MUST_USE bool activities_intern(struct activities *a, str text, uint32_t *code);
/* After sorting: who is who, and then what is known of addresses. False: no memory. */
MUST_USE bool activities_resolve(struct activities *a);
MUST_USE bool activities_know_networks(struct activities *a);
void activities_forget_names(struct activities *a);
void activities_forget_networks(struct activities *a);
void activities_forget_lists(struct activities *a);
bool activities_no_memory(struct err *e); /* false */
/* Does the account do something itself, and is let? Not where mail says it is from it, nor in calls. */
bool activity_is_use(const struct activity *v);
/* The entity under which a list has a text. */
uint32_t activities_key(const struct activities *a, enum act_text by, uint32_t code);

#endif
