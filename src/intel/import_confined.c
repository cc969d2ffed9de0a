/* import_confined: fork, and messages over a channel (import_wire.h). */
#include "intel/import_confined.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/confine.h"
#include "base/utf.h"
#include "intel/import_own.h"
#include "intel/import_wire.h"

#define SEND_BYTES ((size_t)64 << 10)
#define READ_BYTES ((size_t)256 << 10)
#define MEBI ((size_t)1 << 20)
#define SILENT_S                                                                                                       \
    600u /* for what nobody thought of: processor time is bounded, waiting for a message that never comes is not */

struct import_limits import_limits_of(size_t size) {
    return (struct import_limits){.cpu_s = 60 + (unsigned)(size / MEBI) * 2,
                                  .data_max = 256 * MEBI + size * 24,
                                  .out_max = 64 * MEBI + (uint64_t)size * 512,
                                  .silent_s = SILENT_S};
}

/* ---- in the child ---- */

struct telling {
    struct buf out;
    int channel;
};

static bool flush(struct telling *t, struct err *e) {
    bool const ok = t->out.failed ? err_set(e, ERR_MEMORY, 0, "no memory to tell what was read")
                                  : channel_send(t->channel, buf_str(&t->out), -1, e);

    t->out.len = 0;
    return ok;
}

static bool tell(struct telling *t, const struct import_message *m, struct err *e) {
    import_wire_put(&t->out, m);
    return (t->out.len < SEND_BYTES && !t->out.failed) || flush(t, e);
}

static bool tell_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct import_message const m = {.type = TOLD_ITEM, .item = *item};

    return tell(ctx, &m, e);
}

static bool tell_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct import_message const m = {.type = TOLD_LEFT_OUT, .where = where, .what = what, .why = why};

    return tell(ctx, &m, e);
}

static bool tell_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    struct import_message const m = {.type = TOLD_LIST, .list = *list};

    return tell(ctx, &m, e);
}

static bool tell_label(void *ctx, str entry, struct err *e) {
    struct import_message const m = {.type = TOLD_LABEL, .what = entry};

    return tell(ctx, &m, e);
}

static bool tell_group(void *ctx, const struct intel_group *group, struct err *e) {
    struct import_message const m = {.type = TOLD_GROUP, .group = *group};

    return tell(ctx, &m, e);
}

static bool tell_known(void *ctx, const struct intel_known *known, struct err *e) {
    struct import_message const m = {.type = TOLD_KNOWN, .known = *known};

    return tell(ctx, &m, e);
}

static uint8_t number_of(const struct importer *used, const struct importer *given) {
    for (uint8_t i = 0; importers[i]; i++)
        if (importers[i] == used)
            return i;
    return used && used == given ? IMPORT_WIRE_GIVEN : IMPORT_WIRE_NONE;
}

/* A text of an error is not bounded to whole characters. */
static void fit_error(struct err *e) {
    str text = str_of(e->text);

    text = str_first(text, utf8_valid(text));
    e->text[text.len] = '\0';
}

/* It keeps standard error, where the sanitizers speak, its channel, and nothing else that is open here. */
static _Noreturn void child(int channel, str bytes, const struct importer *importer, const struct import_about *about,
                            const struct import_limits *limits, const struct intel_sink *wanted) {
    struct telling t = {.channel = channel};
    struct intel_sink const sink = {.ctx = &t,
                                    .item = tell_item,
                                    .left_out = tell_left_out,
                                    .label_list = wanted->label_list ? tell_list : NULL,
                                    .label = tell_label,
                                    .group = wanted->group ? tell_group : NULL,
                                    .known = wanted->known ? tell_known : NULL};
    struct import_message done = {.type = TOLD_DONE, .used = IMPORT_WIRE_NONE};
    struct rlimit const cpu = {limits->cpu_s, limits->cpu_s + 1};
    const struct importer *used = NULL;
    struct err e = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the parent decides when it is over */
    signal(SIGXCPU, SIG_DFL);
    if (channel > 3)
        close_range(3, (unsigned)channel - 1, 0);
    close_range((unsigned)channel + 1, ~0u, 0);
    close(0);
    close(1);
    if (setrlimit(RLIMIT_CPU, &cpu) != 0)
        (void)err_system(&done.err, "processor time cannot be bounded");
    else if (confine_self(limits->data_max, &done.err) && !import_bytes(bytes, importer, about, &sink, &used, &e))
        done.err = e;
    done.used = number_of(used, importer);
    fit_error(&done.err);
    _exit(tell(&t, &done, &e) && flush(&t, &e) ? 0 : 1);
}

/* ---- in the parent ---- */

struct hearing {
    const struct importer *given;
    const struct intel_sink *sink;
    const struct importer *used;
    struct buf in, canonical;
    uint64_t heard;
    bool list, done;
    struct err end; /* as the child told it */
};

static bool liar(struct err *e) {
    return err_set(e, ERR_CORRUPT, 0,
                   "the process that read it said what no reader says; the file may have been made to take it over");
}

static bool hear_done(struct hearing *h, const struct import_message *m, struct err *e) {
    size_t count = 0;

    while (importers[count])
        count++;
    if (m->used < count)
        h->used = importers[m->used];
    else if (m->used == IMPORT_WIRE_GIVEN && h->given)
        h->used = h->given;
    else if (m->used != IMPORT_WIRE_NONE || m->err.code == ERR_NONE)
        return liar(e);
    h->end = m->err;
    h->done = true;
    return true;
}

static bool hear(struct hearing *h, const struct import_message *m, struct err *e) {
    const struct intel_sink *const sink = h->sink;
    const char *why;

    switch (m->type) {
    case TOLD_ITEM:
        h->canonical.len = 0;
        if (m->item.form == ITEM_VALUE && !observable_canonical(m->item.type, m->item.value, &h->canonical, &why))
            return h->canonical.failed ? err_set(e, ERR_MEMORY, 0, "no memory to read intelligence") : liar(e);
        return sink->item(sink->ctx, &m->item, e);
    case TOLD_LEFT_OUT:
        return sink->left_out(sink->ctx, m->where, m->what, m->why, e);
    case TOLD_LIST:
        h->list = true;
        return sink->label_list ? sink->label_list(sink->ctx, &m->list, e) : liar(e);
    case TOLD_LABEL:
        return h->list ? sink->label(sink->ctx, m->what, e) : liar(e);
    case TOLD_GROUP:
        return sink->group ? sink->group(sink->ctx, &m->group, e) : liar(e);
    case TOLD_KNOWN:
        return sink->known ? sink->known(sink->ctx, &m->known, e) : liar(e);
    case TOLD_DONE:
        return hear_done(h, m, e);
    case TOLDS:
        break;
    }
    return liar(e);
}

/* All whole messages there are; what is left of one stays. */
static bool hear_all(struct hearing *h, struct err *e) {
    str rest = buf_str(&h->in);

    while (rest.len >= IMPORT_WIRE_HEAD) {
        size_t const size = import_wire_size(rest.ptr);
        struct import_message m;

        if (!size || h->done)
            return liar(e);
        if (size > rest.len)
            break;
        if (!import_wire_take(&rest, &m))
            return liar(e);
        if (!hear(h, &m, e))
            return false;
    }
    if (rest.len && rest.ptr != h->in.ptr)
        memmove(h->in.ptr, rest.ptr, rest.len);
    h->in.len = rest.len;
    return true;
}

/* Until the other end is closed. */
static bool listen_to(struct hearing *h, int channel, const struct import_limits *limits, struct err *e) {
    for (;;) {
        struct pollfd p = {.fd = channel, .events = POLLIN};
        int const n = poll(&p, 1, (int)limits->silent_s * 1000);
        size_t got;
        char *to;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "the process that reads it cannot be heard");
        if (n == 0)
            return err_set(e, ERR_LIMIT, 0, "nothing came of it for %u seconds", limits->silent_s);
        if (!(to = buf_reserve(&h->in, READ_BYTES)))
            return err_set(e, ERR_MEMORY, 0, "no memory to read intelligence");
        if (!channel_some(channel, to, READ_BYTES, &got, e))
            return false;
        if (!got)
            return true;
        h->in.len += got;
        if ((h->heard += got) > limits->out_max)
            return err_set(e, ERR_LIMIT, 0, "far more comes out of it than is in it");
        if (!hear_all(h, e))
            return false;
    }
}

/* Why a process ended without saying that it is done. */
static bool died(int status, const struct import_limits *limits, struct err *e) {
    int const by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (by == SIGXCPU)
        return err_set(e, ERR_LIMIT, 0, "reading it took more than %u seconds of processor time", limits->cpu_s);
    if (by == SIGKILL)
        return err_set(e, ERR_LIMIT, 0,
                       "the system ended the process that read it: it took too long, or too much memory");
    if (by == SIGSYS)
        return err_set(e, ERR_CORRUPT, 0,
                       "the process that read it was ended because it asked for more than to compute");
    if (by)
        return err_set(e, ERR_CORRUPT, 0, "the process that read it crashed (%s)", strsignal(by));
    return err_set(e, ERR_CORRUPT, 0, "the process that read it ended without a word");
}

static bool run(struct hearing *h, str bytes, const struct import_about *about, const struct import_limits *limits,
                struct err *e) {
    int ends[2], status = 0;
    pid_t pid;
    bool ok;

    if (!channel_pair(ends, e))
        return false;
    fflush(NULL); /* what is buffered is the parent's to write */
    pid = fork();
    if (pid == 0)
        child(ends[1], bytes, h->given, about, limits, h->sink);
    close(ends[1]);
    ok = pid < 0 ? err_system(e, "no process to read it with") : listen_to(h, ends[0], limits, e);
    close(ends[0]);
    if (pid > 0) {
        if (!ok)
            kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    if (!ok)
        return false;
    if (!h->done || h->in.len)
        return died(status, limits, e);
    if (h->end.code != ERR_NONE)
        *e = h->end;
    return h->end.code == ERR_NONE;
}

bool import_confined(str bytes, const struct importer *importer, const struct import_about *about,
                     const struct import_limits *limits, const struct intel_sink *sink, const struct importer **used,
                     struct err *e) {
    struct import_limits const usual = import_limits_of(bytes.len);
    struct hearing h = {.given = importer, .sink = sink};
    bool const ok = run(&h, bytes, about, limits ? limits : &usual, e);

    *used = h.used;
    buf_free(&h.in);
    buf_free(&h.canonical);
    return ok || (about->name.len ? err_wrap(e, "%.*s", STR_ARG(str_first(about->name, 100))) : false);
}
