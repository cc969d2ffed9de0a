/* behaviour_web_own: what the parts of behaviour_web share. */
#ifndef DETECTION_BEHAVIOUR_WEB_OWN_H
#define DETECTION_BEHAVIOUR_WEB_OWN_H

#include "detection/behaviour_set.h"

/* A page that is taken for an intruder's: on which host, from when to when. */
struct web_left {
    uint32_t host, page; /* entity; code of the path */
    uint32_t server;     /* under which it is asked for: entity */
    int64_t first, last;
};

/* Messages that a server sends like never before. */
MUST_USE bool web_mail(struct behaviour_run *r, struct sides *sides, const struct web_left *left, size_t left_count,
                       struct err *e);
/* Requests to a server like never before. server: under what a request's server is known, from 0; SIZE_MAX: no memory. */
MUST_USE bool web_flood(struct behaviour_run *r, struct err *e);

#endif
