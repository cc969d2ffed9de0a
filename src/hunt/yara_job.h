/* yara_job: everything in a file of the evidence past YARA rules: the file, the members of containers, and what messages in them carry. A job
 * of its own, beside that which reads events: where libyara falls over a file, the file has been read all the same. */
#ifndef HUNT_YARA_JOB_H
#define HUNT_YARA_JOB_H

#include "event/kind.h"
#include "evidence/unpack.h"
#include "hunt/wire.h"
#include "intel/yara_scan.h"

struct yara_job_setup {
    const struct yara_set *set;
    const struct yara_limits *limits;
    enum sigma_level level; /* rules below find nothing */
    struct fields *fields;
    const struct kinds *kinds;
    const struct unpack_limits *unpack;
    void (*put)(void *ctx, const struct wire *message);
    bool (*tick)(void *ctx, uint64_t offset); /* bytes of the file so far; false stops */
    void *ctx;
};

struct yara_job;

/* setup's parts must outlive it; it itself is copied. */
MUST_USE bool yara_job_new(struct yara_job **out, const struct yara_job_setup *setup, struct err *e);
void yara_job_free(struct yara_job *j); /* takes NULL */
/* Puts WIRE_SOURCE, WIRE_YARA, WIRE_UNSCANNED and WIRE_SCANNED: members in their order, the file's own last. False: memory is out. */
MUST_USE bool yara_job_run(struct yara_job *j, struct input *file, str path, struct err *e);

#endif
