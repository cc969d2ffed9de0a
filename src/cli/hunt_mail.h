/* hunt_mail: what a hunt does with mail: campaigns of the messages it met, who opened them, what followed; into the case, and
 * as a few lines of the summary. */
#ifndef CLI_HUNT_MAIL_H
#define CLI_HUNT_MAIL_H

#include "cli/option.h"
#include "hunt/mail_job.h"
#include "incident/incident.h"
#include "report/case.h"

struct hunt_mail;

struct hunt_mail_options {
    const char *roster;              /* NULL: none */
    const struct hunt_options *hunt; /* with its house; as it will run, but for its callbacks; outlives this */
    struct case_writer *writer;      /* NULL: none */
    struct incidents *incidents;     /* to which campaigns and those who opened them are told; NULL: nobody */
    void (*progress)(void *ctx, uint64_t done, uint64_t total); /* of the second pass; NULL: not asked for */
    void *ctx;
};

/* ERR_USAGE: a roster that is not there or none. */
MUST_USE bool hunt_mail_new(struct hunt_mail **out, const struct hunt_mail_options *options, struct err *e);
void hunt_mail_free(struct hunt_mail *m); /* takes NULL */

/* What the hunt hands over. */
MUST_USE bool hunt_mail_collected(struct hunt_mail *m, const struct normal_event *v, struct err *e);
MUST_USE bool hunt_mail_finding(struct hunt_mail *m, const struct finding *f, struct err *e);
MUST_USE bool hunt_mail_custody(struct hunt_mail *m, const struct custody *c, struct err *e);

/* After the hunt: nothing, where no message came. A second pass over the evidence, where campaigns have tokens. ERR_INTERRUPTED. */
MUST_USE bool hunt_mail_end(struct hunt_mail *m, struct err *e);
/* What it came to, some lines; nothing, where no message came. As finding_plain has texts. */
void hunt_mail_print(const struct hunt_mail *m, struct buf *b);

#endif
