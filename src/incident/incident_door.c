/* incident_door: the doors of an incident, out of its acts and the parts its clues speak of. */
#include <stdlib.h>

#include "incident/incident_own.h"

bool incident_doors(struct incidents *s, struct incident *to, const struct tree *tree, const uint32_t *events,
                    size_t count, struct err *e) {
    struct door_owner owner = {.events = events, .event_count = count};
    struct behaviour_part *parts;
    bool all = true, ok;
    size_t room = 0;

    for (size_t i = 0; i < tree->node_count; i++)
        room += s->nodes[tree->nodes[i]].part_count;
    if (!(parts = calloc(room + 1, sizeof *parts)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < tree->node_count; i++) {
        const struct node *const n = &s->nodes[tree->nodes[i]];

        for (size_t k = 0; k < n->part_count; k++)
            if (n->parts[k].own && (n->parts[k].type == PART_PAGE || n->parts[k].type == PART_PROGRAM))
                parts[owner.part_count++] = n->parts[k];
    }
    owner.parts = parts;
    ok = doors_of(s->doors, &owner, s->told, &to->doors, &to->door_count, e);
    free(parts);
    for (size_t i = 0; ok && i < to->door_count; i++)
        all &= to->doors[i].state == DOOR_CLOSED;
    /* Quiet, and nothing left by which it could come again. */
    if (ok && to->door_count && all && str_eq(to->state, S("quiet")))
        to->state = S("closed");
    return ok;
}
