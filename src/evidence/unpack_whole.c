/* unpack_whole: fork, and frames over a channel: one byte what it is, four how long the path is, eight how long the rest is, then both.
 * The other end is not trusted: lengths are bounded, texts are checked, and what comes in the wrong order ends it. */
#include "evidence/unpack_whole_own.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/confine.h"
#include "base/utf.h"

#define FRAME_HEAD 13u
#define PATH_MAX_BYTES ((size_t)64 << 10)
#define WHY_MAX ((size_t)4 << 10)
#define CHUNK ((size_t)256 << 10)
#define DATA_MAX ((size_t)512 << 20) /* of the process: windows of decompressors, archives within archives */
#define POLL_MS 200
#define OVERSHOOT (UINT64_C(8) << 20) /* unpack.h looks at its bounds after each piece */

const struct unpack_whole_limits unpack_whole_usual = {
    .unpack = {.depth_max = 4,
               .bytes_max = UINT64_C(4) << 30,
               .ratio_max = 1000,
               .ratio_from = UINT64_C(64) << 20,
               .members_max = 100000,
               .memory_max = (size_t)128 << 20},
    .member_max = (size_t)512 << 20,
    .cpu_s = 600,
    .silent_s = 120,
};

enum frame { FRAME_BEGIN, FRAME_BYTES, FRAME_END, FRAME_DAMAGE, FRAME_DONE, FRAMES };
/* END: the rest is one byte, 1 when the member is whole. DONE: the rest is one byte, the error's code, and its text. */

/* ---- in the child ---- */

struct telling {
    int channel;
    size_t member_max;
    bool cut; /* the member is too large, and was not told */
    bool within;
};

static bool put(struct telling *t, enum frame type, str path, str rest, struct err *e) {
    char head[FRAME_HEAD];
    uint32_t const path_len = (uint32_t)path.len;
    uint64_t const rest_len = rest.len;

    head[0] = (char)type;
    memcpy(head + 1, &path_len, sizeof path_len);
    memcpy(head + 5, &rest_len, sizeof rest_len);
    return channel_send(t->channel, (str){head, sizeof head}, -1, e) &&
           (!path.len || channel_send(t->channel, path, -1, e)) && (!rest.len || channel_send(t->channel, rest, -1, e));
}

static str path_fit(str path) {
    path = str_first(path, PATH_MAX_BYTES);
    return str_first(path, utf8_valid(path));
}

static bool on_leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct telling *const t = ctx;
    uint64_t at = 0;
    str view;

    (void)depth;
    t->cut = false;
    t->within = true;
    if (!put(t, FRAME_BEGIN, path_fit(path), S(""), e))
        return false;
    for (;;) {
        if (!in->window(in, at, CHUNK, &view, e))
            return false;
        if (!view.len)
            return true;
        view = str_first(view, CHUNK);
        if (view.len > t->member_max - at) {
            t->cut = true;
            return put(t, FRAME_DAMAGE, path_fit(path), S("larger than a file of intelligence may be"), e);
        }
        if (!put(t, FRAME_BYTES, S(""), view, e))
            return false;
        at += view.len;
    }
}

static bool on_ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct telling *const t = ctx;
    char const whole = m->whole && !t->cut;

    if (!t->within) /* a container */
        return true;
    t->within = false;
    return put(t, FRAME_END, S(""), (str){&whole, 1}, e);
}

static void on_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    struct err e;
    str const text = str_first(str_of(why), WHY_MAX);

    (void)offset, (void)size;
    if (!put(ctx, FRAME_DAMAGE, path_fit(path), str_first(text, utf8_valid(text)), &e))
        _exit(1); /* nobody listens */
}

/* The outermost file has no end of its own when it is no container. */
static bool tell_all(struct telling *t, int fd, str path, const struct unpack_whole_limits *limits, struct err *e) {
    struct unpack_visitor const visitor = {.leaf = on_leaf, .ended = on_ended, .damage = on_damage, .ctx = t};
    struct file_input in = {.fd = -1};
    struct unpack_member const outer = {.whole = true};
    bool const ok = file_input_of(&in, fd, e) && unpack(&in.input, path, &limits->unpack, &visitor, e) &&
                    (!t->within || on_ended(t, &outer, e));

    file_input_close(&in);
    return ok;
}

static _Noreturn void child(int channel, int fd, str path, const struct unpack_whole_limits *limits) {
    struct telling t = {.channel = channel, .member_max = limits->member_max};
    struct rlimit const cpu = {limits->cpu_s, limits->cpu_s + 1};
    struct err e = {0}, failed;
    int const low = channel < fd ? channel : fd, high = channel < fd ? fd : channel;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the parent decides when it is over */
    signal(SIGXCPU, SIG_DFL);
    if (low > 3)
        close_range(3, (unsigned)low - 1, 0);
    if (high - low > 1)
        close_range((unsigned)low + 1, (unsigned)high - 1, 0);
    close_range((unsigned)high + 1, ~0u, 0);
    close(0);
    close(1);
    if (setrlimit(RLIMIT_CPU, &cpu) != 0)
        (void)err_system(&e, "processor time cannot be bounded");
    else if (confine_self(DATA_MAX, &e) && tell_all(&t, fd, path, limits, &e))
        e = (struct err){0};
    struct buf done = {0};
    str const text = str_of(e.text);

    buf_byte(&done, (char)e.code);
    buf_add(&done, str_first(text, utf8_valid(text)));
    _exit(!done.failed && put(&t, FRAME_DONE, S(""), buf_str(&done), &failed) ? 0 : 1);
}

/* ---- in the parent ---- */

struct hearing {
    const struct unpack_whole_limits *limits;
    const struct unpack_whole_visitor *visitor;
    const volatile sig_atomic_t *stop;
    int channel;
    struct buf path, bytes, damaged, rest;
    bool within, done;
    uint32_t members;
    uint64_t out;
    struct err end;
};

static bool liar(struct err *e) {
    return err_set(e, ERR_CORRUPT, 0,
                   "the process that unpacked it said what it never says; the file may have been made to take it over");
}

/* Exactly size bytes, unless the other end is closed (*closed) or nothing comes for too long. */
static bool take(struct hearing *h, char *to, size_t size, bool *closed, struct err *e) {
    size_t have = 0, got;
    unsigned waited = 0;

    *closed = false;
    while (have < size) {
        struct pollfd p = {.fd = h->channel, .events = POLLIN};
        int const n = poll(&p, 1, POLL_MS);

        if (h->stop && *h->stop)
            return err_set(e, ERR_INTERRUPTED, 0, "interrupted");
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "the process that unpacks cannot be heard");
        if (n == 0) {
            if ((waited += POLL_MS) > h->limits->silent_s * 1000)
                return err_set(e, ERR_LIMIT, 0, "nothing came of it for %u seconds", h->limits->silent_s);
            continue;
        }
        waited = 0;
        if (!channel_some(h->channel, to + have, size - have, &got, e))
            return false;
        if (!got) {
            *closed = true;
            return true;
        }
        have += got;
    }
    return true;
}

/* Appends size bytes. */
static bool take_to(struct hearing *h, struct buf *to, size_t size, struct err *e) {
    char *const room = size ? buf_reserve(to, size) : NULL;
    bool closed;

    if (!size)
        return true;
    if (!room)
        return err_set(e, ERR_MEMORY, 0, "no memory to unpack");
    if (!take(h, room, size, &closed, e))
        return false;
    if (closed)
        return liar(e);
    to->len += size;
    return true;
}

static bool is_text(const struct buf *b) {
    return utf8_valid(buf_str(b)) == b->len;
}

/* One frame, with its path and its rest. */
static bool hear(struct hearing *h, enum frame type, size_t path_len, uint64_t rest_len, struct err *e) {
    struct buf *const into = type == FRAME_BYTES ? &h->bytes : &h->rest;
    uint64_t const rest_max = type == FRAME_BYTES   ? h->limits->member_max - h->bytes.len
                              : type == FRAME_BEGIN ? 0
                              : type == FRAME_END   ? 1
                                                    : WHY_MAX;

    if (path_len > PATH_MAX_BYTES || rest_len > rest_max || (path_len && type != FRAME_BEGIN && type != FRAME_DAMAGE))
        return liar(e);
    if ((type == FRAME_BEGIN || type == FRAME_DONE) ? h->within
                                                    : (type == FRAME_BYTES || type == FRAME_END) && !h->within)
        return liar(e);
    h->rest.len = h->damaged.len = 0;
    if (type == FRAME_BEGIN)
        h->path.len = h->bytes.len = 0;
    if (!take_to(h, type == FRAME_BEGIN ? &h->path : &h->damaged, path_len, e) ||
        !take_to(h, into, (size_t)rest_len, e))
        return false;
    if (!is_text(&h->path) || !is_text(&h->damaged) || (type == FRAME_DAMAGE && !is_text(&h->rest)))
        return liar(e);
    switch (type) {
    case FRAME_BEGIN:
        h->within = true;
        return h->members++ < h->limits->unpack.members_max || liar(e);
    case FRAME_BYTES:
        return (h->out += rest_len) <= h->limits->unpack.bytes_max + OVERSHOOT || liar(e);
    case FRAME_END:
        h->within = false;
        return rest_len == 1
                   ? h->visitor->member(h->visitor->ctx, buf_str(&h->path), buf_str(&h->bytes), h->rest.ptr[0] == 1, e)
                   : liar(e);
    case FRAME_DAMAGE:
        return h->visitor->damage(h->visitor->ctx, buf_str(&h->damaged), buf_str(&h->rest), e);
    default:
        break;
    }
    if (!rest_len || (unsigned char)h->rest.ptr[0] > ERR_INTERRUPTED || !is_text(&h->rest))
        return liar(e);
    h->done = true;
    if (h->rest.ptr[0])
        err_set(&h->end, (enum err_code)h->rest.ptr[0], 0, "%.*s", STR_ARG(str_from(buf_str(&h->rest), 1)));
    return true;
}

static bool hear_all(struct hearing *h, struct err *e) {
    char head[FRAME_HEAD];
    uint32_t path_len;
    uint64_t rest_len;
    bool closed;

    for (;;) {
        if (!take(h, head, sizeof head, &closed, e))
            return false;
        if (closed)
            return true;
        memcpy(&path_len, head + 1, sizeof path_len);
        memcpy(&rest_len, head + 5, sizeof rest_len);
        if (h->done || (unsigned char)head[0] >= FRAMES)
            return liar(e);
        if (!hear(h, (enum frame)head[0], path_len, rest_len, e))
            return false;
    }
}

/* *done: the process said that it is through; *end: how. */
bool unpack_whole_hear(int channel, const struct unpack_whole_limits *limits,
                       const struct unpack_whole_visitor *visitor, const volatile sig_atomic_t *stop, bool *done,
                       struct err *end, struct err *e) {
    struct hearing h = {.limits = limits, .visitor = visitor, .stop = stop, .channel = channel};
    bool const ok = hear_all(&h, e);

    *done = h.done;
    *end = h.end;
    buf_free(&h.path);
    buf_free(&h.bytes);
    buf_free(&h.damaged);
    buf_free(&h.rest);
    return ok;
}

static bool died(int status, const struct unpack_whole_limits *limits, struct err *e) {
    int const by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (by == SIGXCPU || by == SIGKILL)
        return err_set(e, ERR_LIMIT, 0, "unpacking took more than %u seconds of processor time", limits->cpu_s);
    return err_set(e, ERR_CORRUPT, 0, "the process that unpacked it crashed%s%s", by ? ": " : "",
                   by ? strsignal(by) : "");
}

bool unpack_whole(int fd, str path, const struct unpack_whole_limits *limits,
                  const struct unpack_whole_visitor *visitor, const volatile sig_atomic_t *stop, struct err *e) {
    struct err end = {0};
    bool done = false;
    struct buf clean = {0};
    int ends[2], status = 0;
    pid_t pid;
    bool ok;

    limits = limits ? limits : &unpack_whole_usual;
    unpack_add_name(&clean, path);
    if (clean.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to unpack");
    if (!channel_pair(ends, e)) {
        buf_free(&clean);
        return false;
    }
    fflush(NULL); /* what is buffered is the parent's to write */
    if ((pid = fork()) == 0)
        child(ends[1], fd, buf_str(&clean), limits);
    close(ends[1]);
    ok = pid < 0 ? err_system(e, "no process to unpack with")
                 : unpack_whole_hear(ends[0], limits, visitor, stop, &done, &end, e);
    close(ends[0]);
    if (pid > 0) {
        if (!ok)
            kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    buf_free(&clean);
    if (ok && !done)
        return died(status, limits, e);
    if (ok && end.code != ERR_NONE) {
        *e = end;
        return false;
    }
    return ok;
}
