/* text_own: the head of a syslog line (text_head.c), for the reader of lines (text.c). */
#ifndef READER_TEXT_OWN_H
#define READER_TEXT_OWN_H

#include "base/str.h"

#define SYSLOG_PARAMS_MAX 64u

struct syslog_param {
    str id, name, value; /* value: as it stands, with its escapes; an element without parameters has neither */
};

/* Views into the line; an empty one is not there. */
struct syslog_head {
    int priority; /* -1: none */
    str timestamp, host, program, module, pid, msgid, level;
    str label, received, collector;                /* what a collector put in front */
    struct syslog_param params[SYSLOG_PARAMS_MAX]; /* structured data */
    size_t param_count;
    bool params_left_out; /* there were more */
    size_t size;          /* where the message begins; 0: the line has no head */
};

/* Reads the head of a line. False, and size 0: there is none. */
bool syslog_head_read(str line, struct syslog_head *h);
/* The same, only whether. More than SYSLOG_HEAD_LOOK bytes are never needed. */
#define SYSLOG_HEAD_LOOK 160u
bool syslog_begins(str line);
/* Where the next record begins in a line whose first has a priority: <n> and a date, or 1 and a date. SIZE_MAX: nowhere. */
size_t syslog_next(str line, size_t from);
str syslog_facility(int priority);
str syslog_severity(int priority);

#endif
