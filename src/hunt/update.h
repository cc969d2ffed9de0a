/* update: public data that hunts are better with, fetched or taken from a file into the data folder: Sigma rules, ATT&CK, warninglists.
 *
 * Each has a folder of its own there: what was fetched, unpacked, and a note (update.json: where from, when, SHA-256, version, counts).
 * The folder is made beside it, checked, and changes places with the older one in one step: whatever goes wrong, the older one
 * stays. What comes from the network is opened and read by confined processes alone. */
#ifndef HUNT_UPDATE_H
#define HUNT_UPDATE_H

#include <signal.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define UPDATE_TEXT 256u

enum update_what { UPDATE_SIGMA, UPDATE_ATTACK, UPDATE_WARNINGLISTS, UPDATES };
str update_name(enum update_what what); /* "sigma", ... */
str update_unit(enum update_what what); /* "rules", "groups", "warninglists" */

/* Out of data/update.yml; texts are the arena's and end in a NUL. */
struct update_source {
    enum update_what what;
    str title, licence, url, release, asset;
    uint64_t largest, least;
};
/* yaml: "": the one that is built in. ERR_USAGE: it is none such; the text names the line. */
MUST_USE bool update_sources(str yaml, struct arena *a, struct update_source sources[UPDATES], struct err *e);

/* What lies there, or is offered. Texts are "" and numbers 0 where nobody knows. */
struct update_state {
    bool there;
    char version[UPDATE_TEXT], url[UPDATE_TEXT * 8], sha256[65], fetched[32], mark[UPDATE_TEXT];
    uint64_t size, count, refused; /* refused: rules that cannot be used here */
};

struct update {
    const struct update_source *source;
    const char *data; /* the folder; made where there is none */
    const char *from; /* a file instead of the network, or NULL */
    int64_t now;
    const volatile sig_atomic_t *stop;
    void (*tick)(void *ctx, uint64_t bytes, uint64_t of); /* of what is fetched; NULL: not asked for */
    void *ctx;
};

/* What lies in the data folder. ERR_CORRUPT: a note that cannot be read. */
MUST_USE bool update_held(const char *data, enum update_what what, struct update_state *held, struct err *e);
/* What is offered, without fetching it. *newer: it is not what is held, as far as anybody can say. */
MUST_USE bool update_offered(const struct update *u, const struct update_state *held, struct update_state *offered,
                             bool *newer, struct err *e);
/* Fetches or takes it, checks it and puts it in its place. *changed: false: what is held is the newest already. On failure what was there
 * is there. Warninglists and ATT&CK go into the store below the data folder as well, so that hunts know them.
 * ERR_IO it could not be had or kept; ERR_CORRUPT it is not what it should be; ERR_LIMIT too large; ERR_USAGE. */
MUST_USE bool update_run(const struct update *u, const struct update_state *held, struct update_state *got,
                         bool *changed, struct err *e);

#endif
