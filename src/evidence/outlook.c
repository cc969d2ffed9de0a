/* outlook: starts a keeper (outlook_keep.c), takes what it tells, and files out of its folder. */
#include "evidence/outlook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "evidence/outlook_own.h"

#define REPORT_MAX (OUTLOOK_NAMES_MAX + ((size_t)1 << 20))
#define READ_BYTES ((size_t)256 << 10)

/* A mailbox. */
struct box {
    const char *way;
    str name;
    uint64_t size;
    bool taken;
};

struct outlook {
    struct outlook_hello hello; /* path: of the folder */
    int folder, channel;
    pid_t keeper;
    bool ended;
    struct buf came; /* the report, which the views below point into */
    uint64_t others;
    str *complaints;
    size_t complaint_count;
    struct box *boxes;
    size_t box_count;
};

struct outlook_limits outlook_limits_for(uint64_t size) {
    uint64_t const mebibytes = size >> 20, seconds = mebibytes < 1000000 ? mebibytes : 1000000;

    return (struct outlook_limits){
        .bytes_max = (size < UINT64_MAX / 8 ? size * 4 : UINT64_MAX / 2) + (UINT64_C(256) << 20),
        .disk_least = OUTLOOK_DISK_LEAST,
        .files_max = 50000,
        .memory_max = (size_t)2 << 30,
        .cpu_s = 120 + (unsigned)seconds,
        .wall_s = 300 + 2 * (unsigned)seconds,
    };
}

bool outlook_begins(str head) {
    return str_starts(head, S("!BDN")); /* [MS-PST] 2.2.2.6, dwMagic */
}

bool outlook_is(int fd) {
    char head[4];

    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && outlook_begins((str){head, sizeof head});
}

static int program_open(struct err *e) {
    const char *const other = secure_getenv("LONGWATCH_READPST"), *const path =
                                                                      other && *other ? other : "/usr/bin/readpst";
    int const fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        err_set(e, ERR_UNSUPPORTED, 0,
                "an Outlook data file: reading it needs readpst; install it (apt install pst-utils) and hunt again");
    return fd;
}

static bool keeper_start(struct outlook *o, const struct outlook_limits *limits, int input, int program,
                         struct err *e) {
    int ends[2];
    bool closed, came;

    if (!channel_pair(ends, e))
        return false;
    fflush(NULL);
    if ((o->keeper = fork()) == 0)
        outlook_keep(limits, input, program, ends[1]);
    close(ends[1]);
    o->channel = ends[0];
    if (o->keeper < 0) {
        o->keeper = 0;
        return err_system(e, "no process to unpack with");
    }
    came = channel_take(o->channel, (char *)&o->hello, sizeof o->hello, NULL, &closed, e);
    if (!came)
        return err_set(e, ERR_IO, 0, "the process that unpacks it ended early");
    if (o->hello.e.code) {
        *e = o->hello.e;
        return false;
    }
    o->folder = open(o->hello.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return o->folder >= 0 || err_system(e, "the temporary folder %s", o->hello.path);
}

bool outlook_start(struct outlook **out, int fd, const struct outlook_limits *limits, struct err *e) {
    struct outlook *const o = calloc(1, sizeof *o);
    int program = -1, input = -1;
    char path[64];
    bool ok;

    if (!o)
        return err_set(e, ERR_MEMORY, 0, "no memory to unpack");
    o->folder = o->channel = -1;
    ok = (program = program_open(e)) >= 0;
    if (ok) { /* its own, so that it begins at the beginning */
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ok = (input = open(path, O_RDONLY | O_CLOEXEC)) >= 0 || err_system(e, "it cannot be opened again");
    }
    ok = ok && keeper_start(o, limits, input, program, e);
    if (program >= 0)
        close(program);
    if (input >= 0)
        close(input);
    if (!ok)
        outlook_close(o);
    else
        *out = o;
    return ok;
}

int outlook_waits_for(const struct outlook *o) {
    return o->channel;
}

/* Takes a text, and the NUL behind it. */
static bool take_text(str *left, str *text) {
    size_t const end = str_find_byte(*left, '\0');

    if (end == SIZE_MAX)
        return false;
    *text = str_first(*left, end);
    *left = str_from(*left, end + 1);
    return true;
}

static bool take_report(struct outlook *o, const struct outlook_report *r) {
    str left = str_from(buf_str(&o->came), sizeof *r), way;

    o->others = r->others;
    if (r->complaints > left.len || r->boxes > left.len ||
        !(o->complaints = calloc(r->complaints + 1, sizeof *o->complaints)) ||
        !(o->boxes = calloc(r->boxes + 1, sizeof *o->boxes)))
        return false;
    for (; o->complaint_count < r->complaints; o->complaint_count++)
        if (!take_text(&left, &o->complaints[o->complaint_count]))
            return false;
    for (; o->box_count < r->boxes; o->box_count++) {
        struct box *const box = &o->boxes[o->box_count];

        if (left.len < sizeof box->size)
            return false;
        memcpy(&box->size, left.ptr, sizeof box->size);
        left = str_from(left, sizeof box->size);
        if (!take_text(&left, &way) || !take_text(&left, &box->name))
            return false;
        box->way = way.ptr;
    }
    return left.len == 0;
}

/* There is no report, or not all of it. */
static void give_up(struct outlook *o) {
    static const str why = STR("the process that unpacks it ended early: nothing of it is read");

    free(o->complaints);
    if ((o->complaints = calloc(1, sizeof *o->complaints)))
        o->complaints[0] = why;
    o->complaint_count = o->complaints != NULL;
    o->box_count = 0;
}

bool outlook_step(struct outlook *o) {
    struct pollfd wait = {.fd = o->channel, .events = POLLIN};

    while (!o->ended && poll(&wait, 1, 0) > 0) {
        char *const to = o->came.len < REPORT_MAX ? buf_reserve(&o->came, READ_BYTES) : NULL;
        struct outlook_report r;
        struct err e;
        size_t got = 0;

        o->ended = !to || !channel_some(o->channel, to, READ_BYTES, &got, &e) || got == 0;
        o->came.len += got;
        if (o->ended) {
            give_up(o);
            break;
        }
        if (o->came.len < sizeof r)
            continue;
        memcpy(&r, o->came.ptr, sizeof r);
        if (o->came.len - sizeof r < r.size)
            continue;
        o->ended = true;
        if (!take_report(o, &r))
            give_up(o);
    }
    return o->ended;
}

bool outlook_run(struct outlook **out, int fd, const struct outlook_limits *limits, const volatile sig_atomic_t *stop,
                 struct err *e) {
    struct outlook *o;

    if (!outlook_start(&o, fd, limits, e))
        return false;
    while (!outlook_step(o)) {
        struct pollfd wait = {.fd = outlook_waits_for(o), .events = POLLIN};

        if (stop && *stop) {
            outlook_close(o);
            return err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
        }
        poll(&wait, 1, 100);
    }
    *out = o;
    return true;
}

size_t outlook_count(const struct outlook *o) {
    return o->box_count;
}

str outlook_name(const struct outlook *o, size_t i) {
    return o->boxes[i].name;
}

uint64_t outlook_size(const struct outlook *o, size_t i) {
    return o->boxes[i].size;
}

int outlook_take(struct outlook *o, size_t i) {
    const char *name;
    struct stat st;
    int folder, fd;

    errno = ENOENT;
    if (o->boxes[i].taken)
        return -1;
    o->boxes[i].taken = true;
    if ((folder = outlook_way_open(o->folder, o->boxes[i].way, &name)) < 0)
        return -1;
    fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !outlook_is_plain(&st))) {
        close(fd);
        fd = -1;
    }
    unlinkat(folder, name, 0);
    close(folder);
    return fd;
}

size_t outlook_complaints(const struct outlook *o) {
    return o->complaint_count;
}

str outlook_complaint(const struct outlook *o, size_t i) {
    return o->complaints[i];
}

uint64_t outlook_others(const struct outlook *o) {
    return o->others;
}

/* A keeper that was killed could not remove the folder; what it ran died with it, or will at once. */
static void remove_for(const struct outlook *o) {
    for (int i = 0; i < 100; i++) {
        outlook_empty(o->folder);
        if (rmdir(o->hello.path) == 0 || errno == ENOENT)
            return;
        usleep(10000);
    }
}

void outlook_close(struct outlook *o) {
    int status = 0;

    if (!o)
        return;
    if (o->channel >= 0)
        close(o->channel);
    if (o->keeper > 0)
        while (waitpid(o->keeper, &status, 0) < 0 && errno == EINTR)
            continue;
    if (status != 0 && o->folder >= 0)
        remove_for(o);
    if (o->folder >= 0)
        close(o->folder);
    buf_free(&o->came);
    free(o->complaints);
    free(o->boxes);
    free(o);
}
