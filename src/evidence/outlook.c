/* outlook: a folder, a process that fills it, another that settles it, and a list of what lies there. */
#include "evidence/outlook.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/confine.h"
#include "base/hash.h"
#include "evidence/unpack.h"

#define SAID_MAX ((size_t)256 << 10) /* bytes that a process may say */
#define COMPLAINTS_MAX 100u
#define COMPLAINT_BYTES 300u
#define DEPTH_MAX 64u /* folders within each other */
#define NAME_BYTES_MAX 4096u
#define SPACE_LEAST (UINT64_C(64) << 20) /* a disk with less is left alone */

/* Descriptors of a process that works in the folder. */
enum { WORK_INPUT = 3, WORK_FOLDER = 4, WORK_PROGRAM = 5 };
#define EXIT_UNCONFINED 125

struct box {
    char *way; /* from the folder */
    str name;
    uint64_t size;
    bool taken;
};

struct outlook {
    struct outlook_limits limits;
    struct arena *a;
    char path[4096]; /* of the folder; "": there is none */
    int folder, program, input;
    pid_t pid; /* 0: none runs */
    pid_t keeper;
    int kept_by;          /* a pipe to the keeper: closed with this process */
    int said_by, ends_by; /* what it says; readable when it has ended */
    bool settling, ended, killed;
    time_t deadline, looked;
    struct buf said;
    uint64_t unheard; /* bytes */
    uint64_t others;
    str complaints[COMPLAINTS_MAX + 1];
    size_t complaint_count;
    uint64_t complaints_more;
    struct box *boxes;
    size_t box_count, box_room;
};

struct outlook_limits outlook_limits_for(uint64_t size) {
    uint64_t const mebibytes = size >> 20, seconds = mebibytes < 1000000 ? mebibytes : 1000000;

    return (struct outlook_limits){
        .bytes_max = (size < UINT64_MAX / 8 ? size * 4 : UINT64_MAX / 2) + (UINT64_C(256) << 20),
        .files_max = 50000,
        .memory_max = (size_t)2 << 30,
        .cpu_s = 120 + (unsigned)seconds,
        .wall_s = 300 + 2 * (unsigned)seconds,
    };
}

bool outlook_begins(str head) {
    return str_starts(head, S("!BDN")); /* [MS-PST] 2.2.2.6, dwMagic */
}

static time_t now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to unpack");
}

/* ---- what was wrong ---- */

static void complain(struct outlook *o, str text) {
    struct buf b = {0};

    if (o->complaint_count == COMPLAINTS_MAX) {
        o->complaints_more++;
        return;
    }
    unpack_add_name(&b, str_first(str_trim(text), COMPLAINT_BYTES));
    if (b.failed || !arena_copy(o->a, buf_str(&b), &o->complaints[o->complaint_count]))
        o->complaints_more++; /* counted all the same */
    else
        o->complaint_count++;
    buf_free(&b);
}

static PRINTF(2, 3) void complain_of(struct outlook *o, const char *fmt, ...) {
    char text[COMPLAINT_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    complain(o, str_of(text));
}

/* `	"Inbox" - 12 items done, 3 items skipped.`: the last number. The name may hold anything. */
static bool skipped_items(str line, uint64_t *n) {
    str const words = S(" items skipped.");
    size_t begin, end;

    if (!str_ends(line, words) || str_find(line, S(" items done, ")) == SIZE_MAX)
        return false;
    begin = end = line.len - words.len;
    while (begin > 0 && line.ptr[begin - 1] >= '0' && line.ptr[begin - 1] <= '9')
        begin--;
    return str_u64((str){line.ptr + begin, end - begin}, UINT32_MAX, n);
}

/* What readpst says line by line: what it does, what it has counted, and everything else. */
static void hear_lines(struct outlook *o) {
    str left = buf_str(&o->said);

    while (left.len) {
        size_t const end = str_find_byte(left, '\n');
        str const line = str_first(left, end);
        uint64_t skipped;

        left = end == SIZE_MAX ? S("") : str_from(left, end + 1);
        if (str_trim(line).len == 0 || str_starts(line, S("Opening PST file")) ||
            str_starts(line, S("Processing Folder \"")))
            continue;
        if (skipped_items(line, &skipped))
            o->others += skipped;
        else
            complain(o, line);
    }
    if (o->unheard)
        complain_of(o, "readpst said %lu bytes more than are kept", (unsigned long)o->unheard);
    o->said.len = 0;
    o->unheard = 0;
}

/* ---- the folder ---- */

/* All in the folder, however deep it goes: a folder within one is first moved to the top, so that neither paths nor descriptors
 * grow. Never follows a link. */
static void empty_folder(int top) {
    for (unsigned long moved = 0;;) {
        int const again = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *const dir = again < 0 ? NULL : fdopendir(again);
        bool any = false;

        if (!dir) {
            if (again >= 0)
                close(again);
            return;
        }
        for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
            int within;
            DIR *inner;

            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (unlinkat(top, entry->d_name, 0) == 0 || unlinkat(top, entry->d_name, AT_REMOVEDIR) == 0) {
                any = true;
                continue;
            }
            within = openat(top, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (within < 0 || !(inner = fdopendir(within))) {
                if (within >= 0)
                    close(within);
                continue;
            }
            for (struct dirent *deep; (deep = readdir(inner)) != NULL;) {
                char name[48];

                if (strcmp(deep->d_name, ".") == 0 || strcmp(deep->d_name, "..") == 0)
                    continue;
                if (unlinkat(within, deep->d_name, 0) == 0 || unlinkat(within, deep->d_name, AT_REMOVEDIR) == 0) {
                    any = true;
                    continue;
                }
                /* A name that stands there already is tried again with the next number. */
                snprintf(name, sizeof name, "longwatch-removed-%lu", moved++);
                if (renameat2(within, deep->d_name, top, name, 1 /* RENAME_NOREPLACE */) == 0)
                    any = true;
            }
            closedir(inner);
        }
        closedir(dir);
        if (!any)
            return; /* it is empty, or nothing more can be done */
    }
}

/* Makes the folder and tells its path (or, empty, that there is none), waits for the end of this program, however it ends, and removes
 * the folder then. There is no time at which the folder is there and nobody is who removes it. */
static _Noreturn void keeper(struct outlook *o, int tell, int end) {
    char byte;
    ssize_t n;
    int folder;

    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    setsid();
    for (int fd = 0; fd < 3; fd++) /* whoever waits for the end of this program's output must not wait for us */
        if (fd != tell && fd != end)
            close(fd);
    if (!mkdtemp(o->path)) /* mode 0700 */
        _exit(1);
    folder = open(o->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder >= 0 &&
        write(tell, o->path, sizeof o->path) == (ssize_t)sizeof o->path) /* a pipe's own room is larger */
        while ((n = read(end, &byte, 1)) > 0 || (n < 0 && errno == EINTR))
            continue;
    if (folder >= 0)
        empty_folder(folder);
    rmdir(o->path);
    _exit(0);
}

/* True: o->path is there. */
static bool keeper_start(struct outlook *o) {
    int told[2], ends[2];
    size_t got = 0;
    ssize_t n = 1;

    if (pipe2(told, O_CLOEXEC) != 0)
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        close(told[0]);
        close(told[1]);
        return false;
    }
    fflush(NULL);
    if ((o->keeper = fork()) == 0) {
        close(told[0]);
        close(ends[1]);
        keeper(o, told[1], ends[0]);
    }
    close(told[1]);
    close(ends[0]);
    o->kept_by = ends[1];
    while (o->keeper > 0 && got < sizeof o->path && n != 0) {
        n = read(told[0], o->path + got, sizeof o->path - got);
        if (n < 0 && errno != EINTR)
            break;
        got += n > 0 ? (size_t)n : 0;
    }
    close(told[0]);
    if (o->keeper < 0)
        o->keeper = 0;
    return got == sizeof o->path;
}

static void folder_remove(struct outlook *o) {
    if (o->kept_by >= 0)
        close(o->kept_by);
    o->kept_by = -1;
    if (o->keeper > 0)
        while (waitpid(o->keeper, NULL, 0) < 0 && errno == EINTR)
            continue;
    o->keeper = 0;
    if (o->folder >= 0)
        close(o->folder);
    o->folder = -1;
    o->path[0] = '\0';
}

static bool folder_make(struct outlook *o, struct err *e) {
    const char *place = secure_getenv("TMPDIR");
    struct statvfs disk;

    if (!place || !*place)
        place = "/tmp";
    if (snprintf(o->path, sizeof o->path, "%s/longwatch.XXXXXX", place) >= (int)sizeof o->path) {
        o->path[0] = '\0';
        return err_set(e, ERR_IO, 0, "TMPDIR is too long");
    }
    if (!keeper_start(o))
        return err_set(e, ERR_IO, 0, "no temporary folder can be made in %s (TMPDIR=FOLDER names another)", place);
    if ((o->folder = open(o->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
        fstatvfs(o->folder, &disk) != 0)
        return err_system(e, "no temporary folder in %s", place);
    uint64_t const left = (uint64_t)disk.f_bavail * disk.f_frsize;

    if (left < SPACE_LEAST)
        return err_set(e, ERR_IO, 0, "no room to unpack it in %s (TMPDIR=FOLDER names another)", place);
    if (o->limits.bytes_max > left / 2)
        o->limits.bytes_max = left / 2;
    return true;
}

/* Is it a plain file that has no other name? */
static bool is_plain(const struct stat *st) {
    return S_ISREG(st->st_mode) && st->st_nlink == 1;
}

/* What a look at the folder does with each plain file; the folder it lies in, its name there, its way from the top. False ends it. */
struct look {
    bool (*file)(void *ctx, int folder, const char *name, str way, const struct stat *st);
    void (*other)(void *ctx, str way, const char *why); /* NULL: nobody asks */
    void *ctx;
    uint64_t bytes; /* on the disk */
    uint32_t files, files_max;
    struct buf way;
};

static bool look_at(struct look *l, int folder, unsigned depth) {
    int const again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = again < 0 ? NULL : fdopendir(again);
    size_t const before = l->way.len;
    bool ok = true;

    if (!dir) {
        if (again >= 0)
            close(again);
        if (l->other)
            l->other(l->ctx, buf_str(&l->way), "a folder that cannot be read");
        return true;
    }
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        struct stat st;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        l->way.len = before;
        if (before)
            buf_byte(&l->way, '/');
        buf_add(&l->way, str_of(entry->d_name));
        if (l->way.failed || ++l->files > l->files_max) {
            ok = false;
        } else if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue; /* it is gone again */
        } else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX && l->way.len < NAME_BYTES_MAX) {
            int const within = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

            ok = within < 0 || look_at(l, within, depth + 1);
            if (within >= 0)
                close(within);
        } else if (is_plain(&st)) {
            l->bytes += (uint64_t)st.st_blocks * 512;
            ok = !l->file || l->file(l->ctx, folder, entry->d_name, buf_str(&l->way), &st);
        } else if (l->other) {
            l->other(l->ctx, buf_str(&l->way), S_ISDIR(st.st_mode) ? "folders too deep" : "not a plain file");
        }
    }
    l->way.len = before;
    closedir(dir);
    return ok;
}

/* ---- settling: in a process of its own ---- */

#define MARK STR("boundary-LibPST-iamunique-")
#define DECLARED STR("boundary=\"--")
#define CHUNK ((size_t)1 << 20)
#define AHEAD 64u  /* a mark and its number are not longer */
#define BEHIND 16u /* nor what stands before one that is declared */

/* Boundaries that are in force, and what they are called. */
struct boundary {
    uint64_t drawn; /* + 1; 0: none */
    uint64_t number;
};

struct settling {
    struct sha256 *hash; /* the first pass; NULL: the second */
    int out;
    char secret[17];
    struct boundary *known;
    uint64_t mask, count, last;
    char bytes[CHUNK + AHEAD];
};

static bool put_all(struct settling *s, str bytes) {
    if (s->hash) {
        sha256_add(s->hash, bytes);
        return true;
    }
    while (bytes.len) {
        ssize_t const n = write(s->out, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

static struct boundary *boundary_at(struct boundary *known, uint64_t mask, uint64_t drawn) {
    uint64_t at = drawn * UINT64_C(0x9e3779b97f4a7c15) >> 20;

    while (known[at & mask].drawn && known[at & mask].drawn != drawn + 1)
        at++;
    return &known[at & mask];
}

static bool boundary_declare(struct settling *s, uint64_t drawn) {
    if (s->count * 2 >= s->mask) {
        uint64_t const mask = s->mask ? s->mask * 2 + 1 : 1023;
        struct boundary *const more = calloc(mask + 1, sizeof *more);

        if (!more)
            return false;
        for (uint64_t i = 0; s->known && i <= s->mask; i++)
            if (s->known[i].drawn)
                *boundary_at(more, mask, s->known[i].drawn - 1) = s->known[i];
        free(s->known);
        s->known = more;
        s->mask = mask;
    }
    struct boundary *const b = boundary_at(s->known, s->mask, drawn);

    s->count += b->drawn == 0;
    *b = (struct boundary){drawn + 1, ++s->last};
    return true;
}

/* A mark at `at`: *at moves behind what was written. */
static bool settle_mark(struct settling *s, str bytes, size_t *at) {
    str const mark = MARK, declared = DECLARED;
    size_t const behind = *at + mark.len;
    str const before = str_first(bytes, *at);
    size_t end = behind + (behind < bytes.len && bytes.ptr[behind] == '-');
    uint64_t drawn = 0;
    char text[48];

    while (end < bytes.len && end < behind + 12 && bytes.ptr[end] >= '0' && bytes.ptr[end] <= '9')
        drawn = drawn * 10 + (uint64_t)(bytes.ptr[end++] - '0');
    *at = behind;
    if (!str_starts(str_from(bytes, end), S("_-_-")) || end == behind)
        return put_all(s, mark);
    if (str_ends(before, declared) && !boundary_declare(s, drawn))
        return false;
    const struct boundary *const b = s->known ? boundary_at(s->known, s->mask, drawn) : NULL;

    if (!b || !b->drawn)
        return put_all(s, mark);
    *at = end;
    snprintf(text, sizeof text, "%s-%lu", s->secret, (unsigned long)b->number);
    return put_all(s, mark) && put_all(s, str_of(text));
}

static bool settle_pass(struct settling *s, int in) {
    size_t len = 0;
    bool end = false;

    free(s->known);
    s->known = NULL;
    s->mask = s->count = s->last = 0;
    while (!end || len) {
        size_t at = 0, sure;

        while (!end && len < sizeof s->bytes) {
            ssize_t const n = read(in, s->bytes + len, sizeof s->bytes - len);

            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                return false;
            end = n == 0;
            len += (size_t)n;
        }
        sure = end ? len : len - AHEAD;
        for (;;) {
            str const mark = MARK;
            size_t const found = str_find((str){s->bytes + at, len - at}, mark);
            size_t here = at + found;

            if (found == SIZE_MAX || here >= sure)
                break;
            if (!put_all(s, (str){s->bytes + at, found}) || !settle_mark(s, (str){s->bytes, len}, &here))
                return false;
            at = here;
        }
        if (!end && sure - BEHIND > at)
            sure -= BEHIND;
        else if (!end)
            sure = at;
        if (!put_all(s, (str){s->bytes + at, sure - at}))
            return false;
        memmove(s->bytes, s->bytes + sure, len - sure);
        len -= sure;
    }
    return true;
}

static bool settle_file(void *ctx, int folder, const char *name, str way, const struct stat *st) {
    static const char new_name[] = ".longwatch-settling";
    struct settling *const s = ctx;
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    int const in = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok;

    (void)st;
    s->secret[0] = '\0';
    s->out = openat(folder, new_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    s->hash = sha256_new();
    ok = in >= 0 && s->out >= 0 && s->hash && settle_pass(s, in);
    if (s->hash) {
        sha256_end(s->hash, hash);
        sha256_free(s->hash);
        s->hash = NULL;
    }
    if (ok) {
        sha256_hex(hash, hex);
        memcpy(s->secret, hex, sizeof s->secret - 1);
        s->secret[sizeof s->secret - 1] = '\0';
        ok = lseek(in, 0, SEEK_SET) == 0 && settle_pass(s, in) && renameat(folder, new_name, folder, name) == 0;
    }
    if (!ok) {
        printf("%.*s: it could not be written anew: %s\n", STR_ARG(way), strerrordesc_np(errno));
        unlinkat(folder, s->out >= 0 ? new_name : name, 0);
        unlinkat(folder, name, 0); /* half of it would be another answer every time */
    }
    if (in >= 0)
        close(in);
    if (s->out >= 0)
        close(s->out);
    return true;
}

static _Noreturn void settle(uint32_t files_max) {
    struct settling *const s = calloc(1, sizeof *s);
    struct look l = {.file = settle_file, .ctx = s, .files_max = files_max};
    bool ok = s != NULL;

    ok = ok && look_at(&l, WORK_FOLDER, 0);
    if (!ok)
        printf("not everything that came out could be looked at\n");
    fflush(stdout);
    _exit(0);
}

/* ---- processes ---- */

static _Noreturn void child(const struct outlook *o, int said) {
    static char *const arguments[] = {"readpst",         "-D", "-r", "-8", "-te", "-j", "0", "-o", ".",
                                      "/proc/self/fd/3", NULL};
    static char *const environment[] = {"LC_ALL=C.UTF-8", "TZ=UTC0", "PATH=/nowhere", NULL};
    struct confine_program const limits = {.program = o->settling ? -1 : WORK_PROGRAM,
                                           .input = WORK_INPUT,
                                           .folder = WORK_FOLDER,
                                           .replaces = o->settling,
                                           .file_max = o->limits.bytes_max,
                                           .data_max = o->limits.memory_max,
                                           .cpu_s = o->limits.cpu_s};
    int const from[] = {open("/dev/null", O_RDONLY), said, said, o->input, o->folder, o->program};
    int high[COUNT(from)];
    struct err e = {0};
    bool ok = true;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the parent decides when it is over */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    for (size_t i = 0; i < COUNT(from); i++)
        ok = ok && (high[i] = fcntl(from[i], F_DUPFD, 16)) >= 0;
    for (size_t i = 0; ok && i < COUNT(from); i++)
        ok = dup2(high[i], (int)i) >= 0;
    if (!ok)
        _exit(EXIT_UNCONFINED);
    close_range(COUNT(from), ~0u, 0);
    fcntl(WORK_PROGRAM, F_SETFD, FD_CLOEXEC);
    umask(077);
    if (fchdir(WORK_FOLDER) != 0 || !confine_program(&limits, &e)) {
        dprintf(1, "%s\n", e.code ? e.text : "the temporary folder cannot be entered");
        _exit(EXIT_UNCONFINED);
    }
    if (o->settling)
        settle(o->limits.files_max);
    execveat(WORK_PROGRAM, "", arguments, environment, AT_EMPTY_PATH);
    dprintf(1, "readpst cannot be run: %s\n", strerrordesc_np(errno));
    _exit(EXIT_UNCONFINED);
}

static bool process_start(struct outlook *o, struct err *e) {
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_system(e, "no process to unpack with");
    fflush(NULL);
    if ((o->pid = fork()) == 0)
        child(o, ends[1]);
    close(ends[1]);
    if (o->pid < 0) {
        o->pid = 0;
        close(ends[0]);
        return err_system(e, "no process to unpack with");
    }
    o->said_by = ends[0];
    o->ends_by = (int)syscall(SYS_pidfd_open, o->pid, 0); /* without it (before 5.3) its end is seen a little later */
    fcntl(o->said_by, F_SETFL, O_NONBLOCK);
    o->deadline = now() + o->limits.wall_s;
    o->killed = false;
    return true;
}

static void process_end(struct outlook *o, const char *why) {
    if (o->killed)
        return;
    complain_of(o, "%s: what came out before is read, the rest is not", why);
    o->killed = true;
    kill(o->pid, SIGKILL);
}

/* Everything there is to hear now. */
static void process_hear(struct outlook *o) {
    char bytes[4096];
    ssize_t n;

    while (o->said_by >= 0 && (n = read(o->said_by, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; /* nothing now */
        size_t const room = SAID_MAX - o->said.len, kept = (size_t)n < room ? (size_t)n : room;

        buf_add(&o->said, (str){bytes, kept});
        o->unheard += (size_t)n - kept;
        if (o->unheard > 64 * SAID_MAX) {
            process_end(o, "readpst does not stop complaining");
            return;
        }
    }
    if (o->said_by >= 0)
        close(o->said_by);
    o->said_by = -1;
}

static void process_bounds(struct outlook *o) {
    struct look l = {.files_max = o->limits.files_max};
    char why[160];

    if (now() >= o->deadline) {
        snprintf(why, sizeof why, "it took more than %u seconds", o->limits.wall_s);
        process_end(o, why);
    }
    if (now() == o->looked)
        return;
    o->looked = now();
    bool const whole = look_at(&l, o->folder, 0);

    buf_free(&l.way);
    if (!whole) {
        snprintf(why, sizeof why, "more than %u files and folders come out", (unsigned)o->limits.files_max);
        process_end(o, why);
    } else if (l.bytes > o->limits.bytes_max) {
        snprintf(why, sizeof why, "more than %lu bytes come out", (unsigned long)o->limits.bytes_max);
        process_end(o, why);
    }
}

static void descriptors_close(struct outlook *o) {
    if (o->said_by >= 0)
        close(o->said_by);
    if (o->ends_by >= 0)
        close(o->ends_by);
    o->said_by = o->ends_by = -1;
}

static void tell_status(struct outlook *o, int status) {
    const char *const who = o->settling ? "the process that settles mailboxes" : "readpst";

    if (WIFSIGNALED(status) && !o->killed)
        complain_of(o, "%s was ended by signal %d (%s): what came out before is read", who, WTERMSIG(status),
                    WTERMSIG(status) == SIGXCPU   ? "more time than it may take"
                    : WTERMSIG(status) == SIGXFSZ ? "more bytes than may come out"
                                                  : sigdescr_np(WTERMSIG(status)));
    else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        complain_of(o, "%s ended with status %d", who, WEXITSTATUS(status));
}

/* ---- what came out ---- */

static bool list_file(void *ctx, int folder, const char *name, str way, const struct stat *st) {
    struct outlook *const o = ctx;
    struct buf shown = {0};
    struct box box = {.size = (uint64_t)st->st_size};
    bool ok;

    (void)folder;
    (void)name;
    if (st->st_size == 0)
        return true;
    if (o->box_count == o->box_room) {
        size_t const room = o->box_room * 2 + 64;
        struct box *const more = reallocarray(o->boxes, room, sizeof *more);

        if (!more)
            return false;
        o->boxes = more;
        o->box_room = room;
    }
    unpack_add_name(&shown, way);
    ok = !shown.failed && arena_copy(o->a, buf_str(&shown), &box.name) && (box.way = arena_bytes(o->a, way.len + 1));
    if (ok) {
        memcpy(box.way, way.ptr, way.len);
        box.way[way.len] = '\0';
        o->boxes[o->box_count++] = box;
    }
    buf_free(&shown);
    return ok;
}

static void list_other(void *ctx, str way, const char *why) {
    struct buf b = {0};

    buf_add(&b, way);
    buf_format(&b, ": not read: %s", why);
    complain(ctx, buf_str(&b));
    buf_free(&b);
}

static int by_name(const void *a, const void *b) {
    const struct box *const x = a, *const y = b;
    int const order = str_cmp(x->name, y->name);

    return order ? order : strcmp(x->way, y->way);
}

static bool list(struct outlook *o, struct err *e) {
    struct look l = {.file = list_file, .other = list_other, .ctx = o, .files_max = o->limits.files_max};
    bool const whole = look_at(&l, o->folder, 0), memory = l.files <= l.files_max;

    buf_free(&l.way);
    if (!whole && memory)
        return no_memory(e);
    if (!whole)
        complain_of(o, "more than %u files and folders came out: the others are not read",
                    (unsigned)o->limits.files_max);
    if (o->box_count)
        qsort(o->boxes, o->box_count, sizeof *o->boxes, by_name);
    if (o->complaints_more) {
        o->complaint_count = COMPLAINTS_MAX; /* there is one place more */
        char text[64];

        snprintf(text, sizeof text, "and %lu complaints more", (unsigned long)o->complaints_more);
        if (!arena_copy(o->a, str_of(text), &o->complaints[o->complaint_count++]))
            return no_memory(e);
    }
    return true;
}

/* ---- the whole ---- */

static int program_open(struct err *e) {
    const char *const other = secure_getenv("LONGWATCH_READPST"), *const path =
                                                                      other && *other ? other : "/usr/bin/readpst";
    int const fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        err_set(e, ERR_UNSUPPORTED, 0,
                "an Outlook data file: reading it needs readpst; install it (apt install pst-utils) and hunt again");
    return fd;
}

bool outlook_start(struct outlook **out, int fd, const struct outlook_limits *limits, struct err *e) {
    struct outlook *const o = calloc(1, sizeof *o);

    if (!o)
        return no_memory(e);
    o->limits = *limits;
    o->folder = o->program = o->input = o->said_by = o->ends_by = o->kept_by = -1;
    if (!(o->a = arena_new((size_t)256 << 20))) {
        outlook_close(o);
        return no_memory(e);
    }
    if ((o->program = program_open(e)) < 0 || !folder_make(o, e)) {
        outlook_close(o);
        return false;
    }
    /* Of its own, so that it begins at the beginning. */
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if ((o->input = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
        err_system(e, "it cannot be opened again");
        outlook_close(o);
        return false;
    }
    if (!process_start(o, e)) {
        outlook_close(o);
        return false;
    }
    *out = o;
    return true;
}

int outlook_waits_for(const struct outlook *o) {
    return o->said_by >= 0 ? o->said_by : o->ends_by;
}

bool outlook_step(struct outlook *o, bool *ended, struct err *e) {
    int status;
    pid_t pid;

    *ended = o->ended;
    if (o->ended)
        return true;
    process_hear(o);
    process_bounds(o);
    while ((pid = waitpid(o->pid, &status, WNOHANG)) < 0 && errno == EINTR)
        continue;
    if (pid == 0)
        return true;
    o->pid = 0;
    process_hear(o); /* what it said last */
    descriptors_close(o);
    hear_lines(o);
    if (pid > 0)
        tell_status(o, status);
    if (!o->settling) {
        o->settling = true;
        return process_start(o, e);
    }
    *ended = o->ended = true;
    return list(o, e);
}

bool outlook_run(struct outlook **out, int fd, const struct outlook_limits *limits, const volatile sig_atomic_t *stop,
                 struct err *e) {
    struct outlook *o;
    bool ended = false;

    if (!outlook_start(&o, fd, limits, e))
        return false;
    for (;;) {
        struct pollfd wait = {.fd = outlook_waits_for(o), .events = POLLIN};

        if (!outlook_step(o, &ended, e))
            break;
        if (ended) {
            *out = o;
            return true;
        }
        if (stop && *stop) {
            err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
            break;
        }
        poll(&wait, 1, 100);
    }
    outlook_close(o);
    return false;
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

/* The way is walked folder by folder, so that no link on it is followed. */
int outlook_take(struct outlook *o, size_t i) {
    char *way = o->boxes[i].way, *slash;
    int folder = dup(o->folder), fd = -1;
    struct stat st;

    errno = ENOENT;
    if (o->boxes[i].taken) {
        close(folder);
        return -1;
    }
    o->boxes[i].taken = true;
    while (folder >= 0 && (slash = strchr(way, '/'))) {
        *slash = '\0';
        int const within = openat(folder, way, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        close(folder);
        folder = within;
        way = slash + 1;
    }
    if (folder < 0)
        return -1;
    fd = openat(folder, way, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !is_plain(&st))) {
        close(fd);
        fd = -1;
    }
    unlinkat(folder, way, 0);
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

void outlook_close(struct outlook *o) {
    if (!o)
        return;
    if (o->pid > 0) {
        kill(o->pid, SIGKILL);
        while (waitpid(o->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    descriptors_close(o);
    folder_remove(o);
    if (o->program >= 0)
        close(o->program);
    if (o->input >= 0)
        close(o->input);
    buf_free(&o->said);
    arena_free(o->a);
    free(o->boxes);
    free(o);
}
