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
#include "base/file.h"
#include "evidence/outlook.h"
#include "evidence/unpack.h"
#include "reader/reader.h"

#define MEMORY_MAX ((size_t)512 << 20)
#define ANSWER_MAX ((size_t)64 << 20)

struct wanted {
    str path, sha256;
    const struct reader *reader;
    uint64_t offset, size; /* size: 0, or so many bytes as they are */
    struct buf record;
    bool shown, same; /* the record was found; what it was found in has the hash it should have */
};

static bool record_show(struct wanted *w, struct input *in, struct err *e) {
    uint64_t at = w->offset;
    str window;

    if (!w->size)
        return w->reader->show(in, w->offset, &w->record, e);
    for (uint64_t left = w->size; left; left -= window.len, at += window.len) {
        if (!in->window(in, at, 1, &window, e))
            return false;
        if (!window.len)
            return err_set(e, ERR_CORRUPT, at, "it ends at offset %lu", (unsigned long)at);
        window = str_first(window, left < window.len ? (size_t)left : window.len);
        buf_add(&w->record, window);
        if (w->record.failed)
            return err_set(e, ERR_MEMORY, 0, "no memory for the record");
    }
    return true;
}

static bool leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct wanted *const w = ctx;
    struct err why = {0};

    (void)depth;
    if (!str_eq(path, w->path) || w->same)
        return true;
    w->record.len = 0;
    w->shown = record_show(w, in, &why);
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
        if (w->same && !record_show(w, &f.input, e))
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
    struct err why;
    bool ok = false;

    if (fstat(fd, &st) != 0)
        return err_system(e, "%.*s", STR_ARG(w->path));
    struct outlook_limits const limits = outlook_limits_for((uint64_t)st.st_size);

    if (!outlook_run(&o, fd, &limits, stop, e))
        return false;
    if (outlook_complaints(o))
        err_set(&why, ERR_CORRUPT, 0, "no such mailbox came out of it: %.*s", STR_ARG(outlook_complaint(o, 0)));
    else
        err_set(&why, ERR_CORRUPT, 0, "the evidence has changed since the hunt: it holds no such mailbox");
    for (size_t i = 0; !ok && i < outlook_count(o); i++) {
        int box;

        if (!str_eq(outlook_name(o, i), str_from(w->path, outer.len + 1)) || (box = outlook_take(o, i)) < 0)
            continue;
        ok = show_from(w, box, w->path, out, &why);
        close(box);
    }
    outlook_close(o);
    if (!ok)
        *e = why;
    return ok;
}

bool show_record_in(int fd, const struct show_place *p, const volatile sig_atomic_t *stop, struct buf *out,
                    struct err *e) {
    struct wanted w = {
        .path = p->path, .sha256 = p->sha256, .reader = reader_named(p->reader), .offset = p->offset, .size = p->size};

    if (!w.reader || !w.reader->show)
        return err_set(e, ERR_CORRUPT, 0, "no reader '%.*s' that can show a record", STR_ARG(p->reader));
    return p->outer.len < w.path.len && outlook_is(fd) ? show_from_outlook(&w, fd, p->outer, stop, out, e)
                                                       : show_from(&w, fd, p->outer, out, e);
}

bool show_record(const char *path, str sha256, str reader, uint64_t offset, const volatile sig_atomic_t *stop,
                 struct buf *out, struct err *e) {
    struct show_place p = {.path = str_of(path), .sha256 = sha256, .reader = reader, .offset = offset};
    int const fd = open_outer(path, &p.outer, e);

    if (fd < 0)
        return false;
    bool const ok = show_record_in(fd, &p, stop, out, e);

    close(fd);
    return ok;
}

/* ---- many records of one source ---- */

struct many {
    const char *path;
    str sha256;
    const struct reader *reader;
    const uint64_t *offsets;
    size_t count;
    bool (*each)(void *ctx, size_t i, str why, struct err *e);
    void *ctx;
};

#define WHY_MAX 240u

/* What a child says: a byte for the source (1: as it was), then one for each record; where it is 0, a byte for the length of the
 * reason, and that. */
static bool say(int channel, bool yes, const char *why) {
    char said[2 + WHY_MAX];
    size_t const len = strnlen(why, WHY_MAX);
    struct err e;

    said[0] = yes;
    said[1] = (char)len;
    memcpy(said + 2, why, len);
    return channel_send(channel, (str){said, yes ? 1 : 2 + len}, -1, &e);
}

static _Noreturn void many_child(const struct many *m, int fd, bool hashed, int channel) {
    struct err e = {0};
    struct file_input f;
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    bool same = confine_self(MEMORY_MAX, &e);

    if (same && !hashed) {
        same = file_input_of(&f, fd, &e) && file_input_hash(&f, hash, NULL, NULL, &e);
        if (same) {
            file_input_close(&f);
            sha256_hex(hash, hex);
            same = str_eq(str_of(hex), m->sha256) ||
                   err_set(&e, ERR_CORRUPT, 0, "the evidence has changed since the hunt: its SHA-256 differs");
        }
    }
    if (!say(channel, same, e.text) || !same)
        _exit(same);
    for (size_t i = 0; i < m->count; i++) {
        struct buf record = {0};
        bool ok;

        memset(&e, 0, sizeof e);
        if ((ok = file_input_of(&f, fd, &e))) {
            ok = m->reader->show(&f.input, m->offsets[i], &record, &e);
            file_input_close(&f);
        }
        buf_free(&record);
        if (!say(channel, ok, e.text))
            _exit(1);
    }
    _exit(0);
}

/* False: nothing came. */
static bool hear(int channel, bool *yes, char why[WHY_MAX + 1], struct err *e) {
    bool closed = false;
    char byte = 0;

    why[0] = '\0';
    *yes = false;
    if (!channel_take(channel, &byte, 1, NULL, &closed, e))
        return false;
    if ((*yes = byte == 1))
        return true;
    if (!channel_take(channel, &byte, 1, NULL, &closed, e))
        return false;
    size_t const len = (unsigned char)byte;

    if (len > WHY_MAX || (len && !channel_take(channel, why, len, NULL, &closed, e)))
        return false;
    why[len] = '\0';
    return true;
}

/* A record at which the child is ended is one that could not be shown, and the next child begins behind it. */
static bool many_take(const struct many *m, int channel, size_t *done, struct err *e) {
    char why[WHY_MAX + 1];
    bool yes;

    if (!hear(channel, &yes, why, e))
        return err_set(e, ERR_CORRUPT, 0, "the process that read the source was ended: the evidence may be hostile");
    if (!yes)
        return err_set(e, ERR_CORRUPT, 0, "%s", why);
    while (*done < m->count) {
        bool const heard = hear(channel, &yes, why, e);

        if (!m->each(m->ctx, *done,
                     !heard ? S("the process that read it was ended: the evidence may be hostile")
                     : yes  ? S("")
                            : str_of(why[0] ? why : "it cannot be read"),
                     e))
            return false;
        ++*done;
        if (!heard)
            break;
    }
    return true;
}

static bool many_from(const struct many *all, int fd, bool hashed, struct err *e) {
    bool ok = true;

    for (size_t done = 0, first = 1; ok && (done < all->count || first);) {
        struct many m = *all;
        size_t heard = 0;
        int ends[2];
        pid_t pid;

        m.offsets += done;
        m.count -= done;
        if (!channel_pair(ends, e))
            return false;
        fflush(NULL);
        if ((pid = fork()) == 0) {
            close(ends[0]);
            signal(SIGPIPE, SIG_IGN);
            many_child(&m, fd, hashed || !first, ends[1]);
        }
        close(ends[1]);
        ok = pid > 0 || err_system(e, "no process to read evidence with");
        /* Numbers are those of the whole list. */
        m = *all;
        heard = done;
        ok = ok && many_take(&m, ends[0], &heard, e);
        close(ends[0]);
        if (pid > 0)
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                continue;
        done = heard;
        first = 0;
    }
    return ok;
}

/* ---- a member of a container, into a file ---- */

#define FRAME_AGAIN UINT32_MAX       /* another member of that name: what came is not it */
#define FRAME_FOUND (UINT32_MAX - 1) /* what came is it */
#define FRAME_BYTES 65536u

struct copying {
    const struct many *m;
    int channel;
    bool same;
};

static bool frame(const struct copying *c, uint32_t what, str bytes, struct err *e) {
    return channel_send(c->channel, (str){(const char *)&what, sizeof what}, -1, e) &&
           (!bytes.len || channel_send(c->channel, bytes, -1, e));
}

static bool copy_leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct copying *const c = ctx;
    struct err damaged = {0};
    uint64_t at = 0;
    str window;

    (void)depth;
    if (!str_eq(path, str_of(c->m->path)) || c->same)
        return true;
    if (!frame(c, FRAME_AGAIN, S(""), e))
        return false;
    while (in->window(in, at, 1, &window, &damaged) && window.len) {
        at += window.len;
        for (; window.len; window = str_from(window, FRAME_BYTES)) {
            str const piece = str_first(window, FRAME_BYTES);

            if (!frame(c, (uint32_t)piece.len, piece, e))
                return false;
        }
    }
    return true;
}

static bool copy_ended(void *ctx, const struct unpack_member *m, struct err *e) {
    struct copying *const c = ctx;
    char hex[2 * SHA256_SIZE + 1];

    if (!str_eq(m->path, str_of(c->m->path)) || c->same)
        return true;
    sha256_hex(m->sha256, hex);
    c->same = str_eq(str_of(hex), c->m->sha256);
    return !c->same || frame(c, FRAME_FOUND, S(""), e);
}

static _Noreturn void copy_child(const struct many *m, int fd, str outer, int channel) {
    struct copying c = {m, channel, false};
    struct unpack_visitor const visitor = {copy_leaf, copy_ended, damage, NULL, NULL, &c};
    struct file_input f;
    struct err e = {0};
    bool const ok = confine_self(MEMORY_MAX, &e) && file_input_of(&f, fd, &e) &&
                    unpack(&f.input, outer, &unpack_limits_usual, &visitor, &e);

    _exit(!ok);
}

static bool write_all(int fd, str bytes, struct err *e) {
    while (bytes.len) {
        ssize_t const n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno != EINTR)
            return err_system(e, "a member cannot be unpacked");
        bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
    }
    return true;
}

static bool copy_take(int channel, int to, struct err *e) {
    char *const bytes = malloc(FRAME_BYTES);
    bool ok = bytes || err_set(e, ERR_MEMORY, 0, "no memory for a member"), found = false, closed = false;
    uint32_t what;
    struct err end = {0};

    while (ok && channel_take(channel, (char *)&what, sizeof what, NULL, &closed, &end)) {
        if (what == FRAME_AGAIN && !found)
            ok = (ftruncate(to, 0) == 0 && lseek(to, 0, SEEK_SET) == 0) || err_system(e, "a member cannot be unpacked");
        else if (what == FRAME_FOUND)
            found = true;
        else if (what > FRAME_BYTES || found || !channel_take(channel, bytes, what, NULL, &closed, e))
            ok = err_set(e, ERR_CORRUPT, 0, "the process that unpacked it says what it cannot say");
        else
            ok = write_all(to, (str){bytes, what}, e);
    }
    free(bytes);
    return ok && (found || err_set(e, ERR_CORRUPT, 0,
                                   "the evidence has changed since the hunt, or is not there: its SHA-256 differs"));
}

static bool many_from_member(const struct many *m, int fd, str outer, struct err *e) {
    int ends[2], copy = -1;
    pid_t pid = -1;
    bool ok;

    if (!channel_pair(ends, e))
        return false;
    fflush(NULL);
    if ((ok = file_temporary(&copy, NULL, e)) && (pid = fork()) == 0) {
        close(ends[0]);
        signal(SIGPIPE, SIG_IGN);
        copy_child(m, fd, outer, ends[1]);
    }
    close(ends[1]);
    ok = ok && (pid > 0 || err_system(e, "no process to read evidence with")) && copy_take(ends[0], copy, e);
    close(ends[0]);
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    ok = ok && many_from(m, copy, true, e);
    if (copy >= 0)
        close(copy);
    return ok;
}

static bool many_from_outlook(const struct many *m, int fd, str outer, const volatile sig_atomic_t *stop,
                              struct err *e) {
    struct outlook *o;
    struct stat st;
    bool ok = false;

    if (fstat(fd, &st) != 0)
        return err_system(e, "%s", m->path);
    struct outlook_limits const limits = outlook_limits_for((uint64_t)st.st_size);

    if (!outlook_run(&o, fd, &limits, stop, e))
        return false;
    err_set(e, ERR_CORRUPT, 0, "the evidence has changed since the hunt: it holds no such mailbox");
    for (size_t i = 0; !ok && i < outlook_count(o); i++) {
        int box;

        if (!str_eq(outlook_name(o, i), str_from(str_of(m->path), outer.len + 1)) || (box = outlook_take(o, i)) < 0)
            continue;
        ok = many_from(m, box, false, e);
        close(box);
    }
    outlook_close(o);
    return ok;
}

bool show_records(const char *path, str sha256, str reader, bool hashed, const uint64_t *offsets, size_t count,
                  bool (*each)(void *ctx, size_t i, str why, struct err *e), void *ctx,
                  const volatile sig_atomic_t *stop, struct err *e) {
    struct many const m = {path, sha256, reader_named(reader), offsets, count, each, ctx};
    str outer;
    bool ok;
    int fd;

    if (!m.reader || !m.reader->show)
        return err_set(e, ERR_CORRUPT, 0, "no reader '%.*s' that can show a record", STR_ARG(reader));
    if ((fd = open_outer(path, &outer, e)) < 0)
        return false;
    if (outer.len == strlen(path))
        ok = many_from(&m, fd, hashed, e);
    else if (outlook_is(fd))
        ok = many_from_outlook(&m, fd, outer, stop, e);
    else
        ok = many_from_member(&m, fd, outer, e);
    close(fd);
    return ok;
}
