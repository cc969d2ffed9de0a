/* update_own: data/update.yml as it is built in. Not for others: see update.h. */
#ifndef HUNT_UPDATE_OWN_H
#define HUNT_UPDATE_OWN_H

#include "base/str.h"

/* updates_builtin.c, made by embed.py out of data/update.yml. */
struct update_file {
    str path, text;
};
extern const struct update_file updates_builtin[];
extern const size_t updates_builtin_count;

#endif
