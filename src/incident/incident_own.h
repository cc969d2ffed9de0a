/* incident_own: what the parts of incidents share. For src/incident/incident*.c only. */
#ifndef INCIDENT_INCIDENT_OWN_H
#define INCIDENT_INCIDENT_OWN_H

#include "base/buf.h"
#include "incident/incident.h"

#define DAY (INT64_C(86400) * 1000000000)

/* A rule, or an indicator, as findings have it. */
struct ruled {
    const struct sigma_rule *rule;
    uint32_t entry; /* of the indicators, + 1; 0: the rule's own */
    str title, id;
    enum sigma_level level; /* the highest that was told */
    double worth;           /* of an indicator: bans */
};

/* Where an event of a correlation is. */
struct found_place {
    uint64_t record, offset;
    uint32_t source;
    uint32_t activity; /* once they have ended: index + 1; 0: none */
};

/* A finding in short. */
struct found {
    int64_t when, last;
    uint64_t record, offset, number, count;
    uint32_t rule;   /* into ruled */
    uint32_t source; /* into sources */
    str host, account, address;
    uint32_t activity; /* once they have ended: index + 1; 0: none */
    size_t places;     /* of a correlation: its events, into found_places */
    uint32_t place_count;
};

struct campaign_recipient {
    str address;
    int64_t first, opened; /* INSTANT_NONE */
};

/* A campaign in short. */
struct campaign {
    uint64_t number;
    double score;
    str subject, reason;
    int64_t first, last;
    str *domains;
    size_t domain_count;
    struct found *messages; /* places */
    size_t message_count;
    struct campaign_recipient *recipients;
    size_t recipient_count;
};

/* A clue with what it is made of: of these incidents are joined. */
struct node {
    struct clue clue;
    const struct behaviour *behaviour; /* NULL: of a rule or a campaign */
    const struct campaign *campaign;
    struct behaviour_part *parts;
    size_t part_count;
    uint32_t *events; /* activities, sorted, each once */
    size_t event_count;
    uint32_t up; /* of the forest */
    bool weak;   /* it joins nothing, and comes along where it belongs */
};

struct place_source {
    str path;
    const char *sha256;
};

/* Nodes of one intrusion. */
struct tree {
    uint32_t root;
    double score;
    int64_t first;
    const uint32_t *nodes; /* ascending */
    size_t node_count;
};

struct incidents {
    struct incident_options o;
    const struct behaviour *terms; /* "incident" of the data */
    struct activities *a;
    struct doors *doors;  /* from the end on */
    struct arena *kept;   /* findings and campaigns, until the end */
    struct arena *memory; /* of clues */
    struct arena *told;   /* of the one incident that is told */
    uint64_t seed, lost;
    struct ruled *ruled;
    size_t ruled_count, ruled_room;
    uint32_t *ruled_slots;
    size_t ruled_mask;
    struct place_source *sources;
    size_t source_count, source_room;
    struct found *found;
    size_t found_count, found_room;
    struct found_place *found_places;
    size_t found_place_count, found_place_room;
    struct campaign *campaigns;
    size_t campaign_count, campaign_room;
    struct node *nodes;
    size_t node_count, node_room;
    struct tree *trees; /* those that weigh enough, in the order of the incidents */
    size_t tree_count;
    uint32_t *grouped; /* all nodes, those of one tree together */
    struct buf words;
};

/* More clues than this nobody reads; behaviours may be half of them, rules three quarters. The heaviest of an incident's are told with it. */
#define NODES_MAX (1u << 18)
#define CLUES_TOLD_MAX (1u << 14)

bool incidents_no_memory(struct err *e);
/* Room for one more. */
bool incidents_grow(void **items, size_t count, size_t *room, size_t size, struct err *e);
/* A copy in one of the arenas. */
bool incidents_keep(struct arena *in, str text, str *out, struct err *e);
/* Is there so much room for clues, of which a part (quarters) may be used? */
bool incidents_room(const struct incidents *s, size_t nodes_max, unsigned quarters, size_t bytes);
double incidents_term(const struct incidents *s, const char *name);

/* incident_name.c: the host that an address is, by its name or, where no log names it, by the address itself; 0: of none. */
uint32_t incident_host_at(const struct incidents *s, uint32_t address, int64_t when);
/* incident_clue.c: findings and campaigns become nodes behind those of behaviours. After activities have ended. */
MUST_USE bool incident_clues(struct incidents *s, struct err *e);
/* incident_join.c: nodes of one intrusion are one tree. */
MUST_USE bool incident_join(struct incidents *s, struct err *e);
uint32_t incident_root(struct incidents *s, uint32_t node);
/* incident_tell.c: which trees are incidents: s->trees; their clues get the number. */
MUST_USE bool incident_trees(struct incidents *s, struct err *e);
/* All there is to say of one; it lives until the next is told. */
MUST_USE bool incident_tell(struct incidents *s, size_t tree, struct incident *out, struct err *e);
/* incident_words.c: what an act is, in words; and ATT&CK's for it where the clue says nothing. */
void incident_words(const struct activities *a, const struct activity *v, struct buf *b);
void incident_attack(const struct activity *v, str verb, str *tactic, str *technique);
/* incident_reach.c: what the events of an incident reached. */
MUST_USE bool incident_reach(struct incidents *s, struct incident *i, const uint32_t *events, size_t count,
                             struct err *e);
/* incident_door.c: its doors, and what its state is with them. */
MUST_USE bool incident_doors(struct incidents *s, struct incident *to, const struct tree *tree, const uint32_t *events,
                             size_t count, struct err *e);

#endif
