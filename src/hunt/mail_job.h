/* mail_job: what is asked of the evidence once campaigns of mail are known: a second pass over all files that are not mail, for the
 * hosts of tokens and the accounts of recipients; then who opened what, and what followed on their accounts.
 *
 * A hunt hands over its findings and its ledger, and then the campaigns that were made of the messages it collected. */
#ifndef HUNT_MAIL_JOB_H
#define HUNT_MAIL_JOB_H

#include "hunt/hunt.h"
#include "incident/mail_follow.h"
#include "incident/mail_open.h"

struct mail_job;

struct mail_job_options {
    /* The hunt that was: paths, kinds, times, workers, memory, stop; nothing is called back. What it points to outlives the job. */
    const struct hunt_options *hunt;
    enum mail_source (*source)(void *ctx, str client_address, str user_agent); /* as mail_open_options */
    void *source_ctx;
    bool (*common)(void *source_ctx, str host);
    const char *folder; /* the same */
};

MUST_USE bool mail_job_new(struct mail_job **out, const struct mail_job_options *options, struct err *e);
void mail_job_free(struct mail_job *j); /* takes NULL */

/* Of the first pass: every finding, every line of its ledger. */
MUST_USE bool mail_job_finding(struct mail_job *j, const struct finding *f, struct err *e);
MUST_USE bool mail_job_custody(struct mail_job *j, const struct custody *line, struct err *e);
/* After it: each campaign, by rank. */
MUST_USE bool mail_job_campaign(struct mail_job *j, const struct mail_campaign *c, struct err *e);

struct mail_job_visitor {
    /* As mail_open_visitor; of those who opened, what followed, by time. */
    bool (*answer)(void *ctx, const struct mail_answer *a, const struct mail_followed *followed, size_t count,
                   struct err *e);
    bool (*somebody)(void *ctx, const struct mail_somebody *s, struct err *e);
    bool (*lost)(void *ctx, uint64_t campaign, struct err *e);
    /* The file is not what it was in the first pass: what both say may not belong together. gone: it is not there any more. */
    bool (*changed)(void *ctx, str path, bool gone, struct err *e);
    void (*progress)(void *ctx, uint64_t done, uint64_t total); /* NULL: not asked for */
    void *ctx;
};

struct mail_job_result {
    bool searched;        /* there was something to look for; else no pass was made */
    uint64_t events;      /* that the second pass gave */
    uint64_t follow_lost; /* findings and clients for which there was no room */
};

/* Once, after the last campaign. Without tokens nothing is read. ERR_INTERRUPTED as hunt_run. */
MUST_USE bool mail_job_run(struct mail_job *j, const struct mail_job_visitor *visitor, struct mail_job_result *result,
                           struct err *e);

#endif
