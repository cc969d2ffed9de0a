/* behaviour_own: what the areas of behaviours share. For src/detection/behaviour_AREA.c only. */
#ifndef DETECTION_BEHAVIOUR_OWN_H
#define DETECTION_BEHAVIOUR_OWN_H

#include "base/buf.h"
#include "detection/behaviour.h"

/* behaviours_builtin.c, made by embed.py out of data/behaviours, read when the program was built (codec/packer.c). */
struct behaviour_file {
    str path, trees;
};
extern const struct behaviour_file behaviours_builtin[];
extern const size_t behaviours_builtin_count;

/* A run: what an area is given. */
struct behaviour_run {
    const struct behaviours *b;
    struct activities *a;
    struct buf reason; /* room to write a reason in */
    bool (*hit)(void *ctx, const struct behaviour_hit *hit, struct err *e);
    void *ctx;
    /* What an area leaves for those after it. */
    struct account_foreign *foreign; /* by accounts, for doors (behaviour_account.h); NULL: not yet */
};

/* An area finds the hits of its behaviours. */
typedef bool behaviour_area(struct behaviour_run *r, struct err *e);
/* Accounts in cloud, mail and portals: behaviour_account.c */
behaviour_area behaviour_account;
/* Doors: rules, consents, keys, delegates, roles: behaviour_door.c */
behaviour_area behaviour_door;
/* Web servers: behaviour_web.c */
behaviour_area behaviour_web;
/* Connections and names: behaviour_net.c */
behaviour_area behaviour_net;
/* Hosts and domains: behaviour_host.c */
behaviour_area behaviour_host;
/* Providers, exports, registers: behaviour_reach.c */
behaviour_area behaviour_reach;
/* The control plane of clouds: behaviour_cloud.c */
behaviour_area behaviour_cloud;
/* Who calls whom: behaviour_call.c */
behaviour_area behaviour_call;

/* "s" behind what there is not one of: "%u day%s", n, MANY(n). */
#define MANY(n) ((n) == 1 ? "" : "s")

/* Adds a part, once; parts beyond BEHAVIOUR_PARTS_MAX are left out. */
void behaviour_part_add(struct behaviour_hit *h, enum behaviour_part_type type, bool own, uint32_t code,
                        uint32_t other);

#endif
