/* show: hash, then read, in a child that can do nothing else; its answer comes over a channel. */
#include "hunt/show.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/confine.h"
#include "evidence/outlook.h"
#include "evidence/unpack.h"
#include "reader/reader.h"

#define MEMORY_MAX ((size_t)512 << 20)
#define ANSWER_MAX ((size_t)64 << 20)

struct wanted {
    str path, sha256;
    const struct reader *reader;
    uint64_t offset;
    struct buf record;
    bool shown, same; /* the record was found; what it was found in has the hash it should have */
};

static bool leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct wanted *const w = ctx;
    struct err why = {0};

    (void)depth;
    if (!str_eq(path, w->path) || w->same)
        return true;
    w->record.len = 0;
    w->shown = w->reader->show(in, w->offset, &w->record, &why);
    if (!w->shown && why.code == ERR_MEMORY) {
        *e = why;
        return false;
    }
    return true;
}

/* Members may have one name: it is the hash that says which of them was hunted. */
static bool ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct wanted *const w = ctx;
    char hex[2 * SHA256_SIZE + 1];

    (void)e;
    if (!str_eq(m->path, w->path) || w->same)
        return true;
    sha256_hex(m->sha256, hex);
    w->same = str_eq(str_of(hex), w->sha256);
    if (!w->same)
        w->shown = false;
    return true;
}

static void damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    (void)path;
    (void)offset;
    (void)size;
    (void)why;
}

/* outer: the file's own path; what lies behind it in w->path is the way to a member. */
static bool read_it(struct wanted *w, int fd, str outer, struct err *e) {
    struct file_input f;
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    if (!file_input_of(&f, fd, e))
        return false;
    if (outer.len < w->path.len) {
        struct unpack_visitor const visitor = {leaf, ended, damage, NULL, NULL, w};

        if (!unpack(&f.input, outer, &unpack_limits_usual, &visitor, e))
            return false;
    } else {
        if (!file_input_hash(&f, hash, NULL, NULL, e))
            return false;
        sha256_hex(hash, hex);
        w->same = str_eq(str_of(hex), w->sha256);
        file_input_close(&f);
        if (!file_input_of(&f, fd, e))
            return false;
        if (w->same && !w->reader->show(&f.input, w->offset, &w->record, e))
            return false;
        w->shown = w->same;
    }
    if (!w->same)
        return err_set(e, ERR_CORRUPT, 0,
                       "the evidence has changed since the hunt, or is not there: its SHA-256 differs");
    return w->shown || err_set(e, ERR_CORRUPT, w->offset, "no record begins at offset %lu", (unsigned long)w->offset);
}

/* The answer: a byte (1: the record follows, 0: why there is none), then text. */
static _Noreturn void child(struct wanted *w, int fd, str outer, int channel) {
    struct err e = {0};
    struct buf answer = {0};
    bool ok;

    signal(SIGPIPE, SIG_IGN);
    ok = confine_self(MEMORY_MAX, &e) && read_it(w, fd, outer, &e);
    buf_byte(&answer, ok);
    buf_add(&answer, ok ? buf_str(&w->record) : str_of(e.text));
    if (answer.failed || !channel_send(channel, buf_str(&answer), -1, &e))
        _exit(1);
    _exit(0);
}

/* The longest beginning of path that is a file: a member's way into it starts at a '!'. */
static int open_outer(const char *path, str *outer, struct err *e) {
    char *const copy = strdup(path);
    int fd = -1;

    *outer = str_of(path);
    if (!copy) {
        err_set(e, ERR_MEMORY, 0, "no memory for the record");
        return -1;
    }
    for (size_t len = outer->len; fd < 0 && len > 0; len--) {
        struct stat st;

        if (len != outer->len && path[len] != '!')
            continue;
        copy[len] = '\0';
        if (stat(copy, &st) == 0 && S_ISREG(st.st_mode) && (fd = open(copy, O_RDONLY | O_CLOEXEC | O_NOCTTY)) >= 0) {
            outer->len = len;
            break;
        }
    }
    free(copy);
    if (fd < 0)
        err_set(e, ERR_IO, 0, "%s: it is not there any more, or cannot be read", path);
    return fd;
}

static bool answer_take(int channel, struct buf *out, struct err *e) {
    struct buf answer = {0};
    size_t got = 1;
    bool ok = true;

    while (ok && got) {
        char *const to = buf_reserve(&answer, 65536);

        ok = to ? channel_some(channel, to, 65536, &got, e) : err_set(e, ERR_MEMORY, 0, "no memory for the record");
        if (ok)
            answer.len += got;
        if (ok && answer.len > ANSWER_MAX)
            ok = err_set(e, ERR_LIMIT, 0, "a record longer than can be shown");
    }
    if (ok && answer.len == 0)
        ok = err_set(e, ERR_CORRUPT, 0, "the process that read the record was ended: the evidence may be hostile");
    else if (ok && answer.ptr[0] != 1)
        ok = err_set(e, ERR_CORRUPT, 0, "%.*s", STR_ARG(str_from(buf_str(&answer), 1)));
    else if (ok)
        buf_add(out, str_from(buf_str(&answer), 1));
    buf_free(&answer);
    return ok && (!out->failed || err_set(e, ERR_MEMORY, 0, "no memory for the record"));
}

/* fd stays the caller's. */
static bool show_from(struct wanted *w, int fd, str outer, struct buf *out, struct err *e) {
    int ends[2];
    pid_t pid;
    bool ok;

    if (!channel_pair(ends, e))
        return false;
    fflush(NULL);
    if ((pid = fork()) == 0) {
        close(ends[0]);
        child(w, fd, outer, ends[1]);
    }
    close(ends[1]);
    ok = pid > 0 ? answer_take(ends[0], out, e) : err_system(e, "no process to read evidence with");
    close(ends[0]);
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    return ok;
}

/* From the mailbox, which is a file of its own. Several may be shown under one name: the hash decides. */
static bool show_from_outlook(struct wanted *w, int fd, str outer, const volatile sig_atomic_t *stop, struct buf *out,
                              struct err *e) {
    struct outlook *o;
    struct stat st;
    bool ok = false;

    if (fstat(fd, &st) != 0)
        return err_system(e, "%s", w->path.ptr);
    struct outlook_limits const limits = outlook_limits_for((uint64_t)st.st_size);

    if (!outlook_run(&o, fd, &limits, stop, e))
        return false;
    if (outlook_complaints(o))
        err_set(e, ERR_CORRUPT, 0, "no such mailbox came out of it: %.*s", STR_ARG(outlook_complaint(o, 0)));
    else
        err_set(e, ERR_CORRUPT, 0, "the evidence has changed since the hunt: it holds no such mailbox");
    for (size_t i = 0; !ok && i < outlook_count(o); i++) {
        int box;

        if (!str_eq(outlook_name(o, i), str_from(w->path, outer.len + 1)) || (box = outlook_take(o, i)) < 0)
            continue;
        ok = show_from(w, box, w->path, out, e);
        close(box);
    }
    outlook_close(o);
    return ok;
}

bool show_record(const char *path, str sha256, str reader, uint64_t offset, const volatile sig_atomic_t *stop,
                 struct buf *out, struct err *e) {
    struct wanted w = {.path = str_of(path), .sha256 = sha256, .reader = reader_named(reader), .offset = offset};
    str outer;
    bool ok;
    int fd;

    if (!w.reader || !w.reader->show)
        return err_set(e, ERR_CORRUPT, 0, "no reader '%.*s' that can show a record", STR_ARG(reader));
    if ((fd = open_outer(path, &outer, e)) < 0)
        return false;
    ok = outer.len < w.path.len && outlook_is(fd) ? show_from_outlook(&w, fd, outer, stop, out, e)
                                                  : show_from(&w, fd, outer, out, e);
    close(fd);
    return ok;
}
