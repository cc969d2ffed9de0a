/* unpack_whole: a container's members, whole and in memory, unpacked by a process that can do nothing but compute (base/confine.h).
 * For what is small and read as one: files of intelligence, rules. Evidence is read otherwise, as it comes out (unpack.h). */
#ifndef EVIDENCE_UNPACK_WHOLE_H
#define EVIDENCE_UNPACK_WHOLE_H

#include <signal.h>

#include "evidence/unpack.h"

/* False from these stops with the error they set. Views live until they return. Paths are well-formed text (unpack_add_name). */
struct unpack_whole_visitor {
    void *ctx;
    /* A member that is no container. whole: false: it breaks off, or its checksum differs; damage has told why. */
    bool (*member)(void *ctx, str path, str bytes, bool whole, struct err *e);
    /* As unpack_visitor.damage; a member of more than member_max bytes, too, which is not handed over. */
    bool (*damage)(void *ctx, str path, str why, struct err *e);
};

struct unpack_whole_limits {
    struct unpack_limits unpack;
    size_t member_max;
    unsigned cpu_s, silent_s;
};
extern const struct unpack_whole_limits unpack_whole_usual;

/* fd: a regular file, which stays the caller's; what is no container is one member. stop (or NULL): becomes not zero when it is to end:
 * ERR_INTERRUPTED. limits: NULL: the usual ones. ERR_CORRUPT: the process crashed, or said what it does not say; ERR_LIMIT: it took too
 * long. What was told before was told. */
MUST_USE bool unpack_whole(int fd, str path, const struct unpack_whole_limits *limits,
                           const struct unpack_whole_visitor *visitor, const volatile sig_atomic_t *stop,
                           struct err *e);

#endif
