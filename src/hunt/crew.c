/* crew: fork, poll, waitpid. */
#include "hunt/crew.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/instant.h"

#define CREW_MAX 64u
#define READ_BYTES ((size_t)256 << 10)
#define SILENT_MAX_MS 600000 /* a megabyte of evidence takes milliseconds; this is for what nobody thought of */

struct mate {
    pid_t pid;
    int channel;
    bool busy, leaving; /* leaving: it said itself that its job failed, and ends */
    int64_t heard_ms;
    uint32_t members; /* of containers in its job so far: they are numbered without gaps */
    struct buf in;
};

struct crew {
    const struct worker_setup *setup;
    struct crew_visitor visitor;
    struct arena *a; /* of one message */
    unsigned count;
    struct mate mates[CREW_MAX];
};

/* The child keeps standard error (the sanitizers speak there), its channel, and nothing else that is open here. */
static _Noreturn void child(const struct worker_setup *setup, int channel) {
    if (channel > 3)
        close_range(3, (unsigned)channel - 1, 0);
    close_range((unsigned)channel + 1, ~0u, 0);
    close(0);
    close(1);
    worker_run(setup, channel);
}

static bool start(struct crew *c, struct mate *m, struct err *e) {
    int ends[2];

    m->busy = m->leaving = false;
    m->in.len = 0;
    m->channel = -1;
    if (!channel_pair(ends, e))
        return false;
    fflush(NULL); /* what is buffered is the parent's to write */
    m->pid = fork();
    if (m->pid == 0)
        child(c->setup, ends[1]);
    close(ends[1]);
    if (m->pid < 0) {
        close(ends[0]);
        return err_system(e, "no process to read evidence with");
    }
    m->channel = ends[0];
    return true;
}

/* A worker's first message: it is confined and ready (WIRE_DONE without a reason), or it cannot be. */
static bool ready(struct crew *c, struct mate *m, struct err *e) {
    char head[WIRE_HEAD];
    bool closed;
    size_t size;
    char *whole;
    struct wire w;

    if (!channel_take(m->channel, head, sizeof head, NULL, &closed, e))
        return err_set(e, ERR_MEMORY, 0, "a process that reads evidence could not be started");
    size = wire_size(head);
    arena_reset(c->a);
    if (!size || !(whole = arena_bytes(c->a, size)))
        return err_set(e, ERR_MEMORY, 0, "no memory for workers");
    memcpy(whole, head, sizeof head);
    if (!channel_take(m->channel, whole + sizeof head, size - sizeof head, NULL, &closed, e))
        return false;
    str bytes = {whole, size};

    if (!wire_take(&bytes, &(struct wire_known){.set = c->setup->set}, c->a, &w) || w.type != WIRE_DONE)
        return err_set(e, ERR_CORRUPT, 0, "a process that reads evidence said something else than that it is ready");
    return w.name.len == 0 || err_set(e, ERR_UNSUPPORTED, 0, "%.*s", STR_ARG(w.name));
}

/* Ends it; its exit status. */
static int finish(struct mate *m, bool kill_it) {
    int status = 0;

    if (m->channel >= 0)
        close(m->channel);
    m->channel = -1;
    if (m->pid > 0) {
        if (kill_it)
            kill(m->pid, SIGKILL);
        while (waitpid(m->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    m->pid = 0;
    return status;
}

bool crew_new(struct crew **out, const struct worker_setup *setup, unsigned count, const struct crew_visitor *visitor,
              struct err *e) {
    struct crew *const c = calloc(1, sizeof *c);

    assert(count >= 1 && count <= CREW_MAX);
    if (!c || !(c->a = arena_new((size_t)128 << 20))) {
        free(c);
        return err_set(e, ERR_MEMORY, 0, "no memory for workers");
    }
    c->setup = setup;
    c->visitor = *visitor;
    for (; c->count < count; c->count++)
        if (!start(c, &c->mates[c->count], e)) {
            crew_free(c);
            return false;
        }
    for (unsigned i = 0; i < count; i++)
        if (!ready(c, &c->mates[i], e)) {
            crew_free(c);
            return false;
        }
    *out = c;
    return true;
}

void crew_free(struct crew *c) {
    if (!c)
        return;
    for (unsigned i = 0; i < c->count; i++) {
        finish(&c->mates[i], true);
        buf_free(&c->mates[i].in);
    }
    arena_free(c->a);
    free(c);
}

int crew_idle(const struct crew *c) {
    for (unsigned i = 0; i < c->count; i++)
        if (!c->mates[i].busy && !c->mates[i].leaving)
            return (int)i;
    return -1;
}

bool crew_busy(const struct crew *c) {
    for (unsigned i = 0; i < c->count; i++)
        if (c->mates[i].busy)
            return true;
    return false;
}

bool crew_leaving(const struct crew *c) {
    for (unsigned i = 0; i < c->count; i++)
        if (c->mates[i].leaving)
            return true;
    return false;
}

static bool lose(struct crew *c, unsigned slot, const char *why, struct err *e) {
    struct mate *const m = &c->mates[slot];
    int const status = finish(m, why != NULL);
    bool const tell = m->busy;
    char text[160];

    if (!why && WIFSIGNALED(status))
        snprintf(text, sizeof text, "the process that read it was ended by signal %d (%s)", WTERMSIG(status),
                 WTERMSIG(status) == SIGSYS ? "a system call it may not make" : sigdescr_np(WTERMSIG(status)));
    else
        snprintf(text, sizeof text, "%s", why ? why : "the process that read it gave up");
    if (!start(c, m, e) || !ready(c, m, e))
        return false;
    return !tell || c->visitor.lost(c->visitor.ctx, slot, text, e);
}

bool crew_give(struct crew *c, unsigned slot, struct job job, int fd, str path, str ask, struct err *e) {
    struct mate *const m = &c->mates[slot];

    assert(slot < c->count && !m->busy && !m->leaving);
    job.path_len = (uint32_t)path.len;
    job.ask_len = (uint32_t)ask.len;
    m->busy = true;
    m->members = 0;
    m->heard_ms = instant_steady_ms();
    if (channel_send(m->channel, (str){(const char *)&job, sizeof job}, fd, e) &&
        channel_send(m->channel, path, -1, e) && (!ask.len || channel_send(m->channel, ask, -1, e)))
        return true;
    return e->code == ERR_IO && lose(c, slot, NULL, e);
}

bool crew_tell(struct crew *c, unsigned slot, const struct job *told, struct err *e) {
    struct mate *const m = &c->mates[slot];
    struct pollfd to = {.fd = m->channel, .events = POLLOUT};

    assert(slot < c->count && m->busy && told->type == JOB_TOLD);
    if (poll(&to, 1, 0) != 1 ||
        to.revents != POLLOUT) /* there is room for it, unless much was asked and nothing taken */
        return lose(c, slot, "the process that read it asks and does not listen; it was ended", e);
    return channel_send(m->channel, (str){(const char *)told, sizeof *told}, -1, e) ||
           (e->code == ERR_IO && lose(c, slot, NULL, e));
}

/* Takes whole messages off the front of what has come. */
static bool take(struct crew *c, unsigned slot, struct err *e) {
    struct mate *const m = &c->mates[slot];
    str left = buf_str(&m->in);
    struct wire_known const known = {c->setup->set, kinds_count(c->setup->kinds), c->setup->yara, c->setup->known,
                                     c->setup->persons ? person_hunt_lists(c->setup->persons) : NULL};
    struct wire w;
    bool ok = true;

    while (ok && left.len >= WIRE_HEAD) {
        size_t const size = wire_size(left.ptr);

        if (size && size > left.len)
            break;
        str const before = left;

        arena_reset(c->a);
        if (!m->busy || !wire_take(&left, &known, c->a, &w) ||
            (w.type == WIRE_SOURCE && w.index && w.index != ++m->members))
            return lose(c, slot, "the process that read it sent what it should not have; it was ended", e);
        if (w.type == WIRE_DONE) {
            m->leaving = w.name.len > 0;
            m->busy = false;
        }
        ok = c->visitor.message(c->visitor.ctx, slot, &w, str_first(before, before.len - left.len), e);
    }
    if (left.len)
        memmove(m->in.ptr, left.ptr, left.len);
    m->in.len = left.len;
    return ok;
}

static bool hear(struct crew *c, unsigned slot, struct err *e) {
    struct mate *const m = &c->mates[slot];
    char *const to = buf_reserve(&m->in, READ_BYTES);
    size_t got;

    if (!to)
        return err_set(e, ERR_MEMORY, 0, "no memory for what workers say");
    if (!channel_some(m->channel, to, READ_BYTES, &got, e))
        return false;
    if (got == 0)
        return lose(c, slot, NULL, e);
    m->in.len += got;
    m->heard_ms = instant_steady_ms();
    return take(c, slot, e);
}

bool crew_hear(struct crew *c, int also, struct err *e) {
    struct pollfd fds[CREW_MAX + 1];
    int64_t const now_ms = instant_steady_ms();

    for (unsigned i = 0; i < c->count; i++)
        fds[i] = (struct pollfd){.fd = c->mates[i].channel, .events = POLLIN};
    fds[c->count] = (struct pollfd){.fd = also, .events = POLLIN};
    if (poll(fds, c->count + 1, 1000) < 0 && errno != EINTR)
        return err_system(e, "workers cannot be heard");
    for (unsigned i = 0; i < c->count; i++) {
        if (fds[i].revents && !hear(c, i, e))
            return false;
        if (c->mates[i].busy && now_ms - c->mates[i].heard_ms > SILENT_MAX_MS &&
            !lose(c, i, "no progress for ten minutes: given up", e))
            return false;
    }
    return true;
}
