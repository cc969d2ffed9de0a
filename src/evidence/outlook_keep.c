/* outlook_keep: the keeper: makes a folder, has readpst fill it and a process of our own settle it, tells what lies there, removes it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/channel.h"
#include "base/hash.h"
#include "base/program.h"
#include "evidence/outlook_own.h"
#include "evidence/unpack.h"

#define SAID_MAX ((size_t)256 << 10) /* bytes that a process may say */
#define COMPLAINT_BYTES 300u

/* What came out. */
struct box {
    char *way;
    str name;
    uint64_t size;
    const char *not_read; /* why; NULL: it is a mailbox */
};

struct keeper {
    struct outlook_limits limits;
    struct outlook_hello hello;
    int channel, folder;
    struct arena *a;
    uint64_t others;
    struct buf complaints; /* with a NUL behind each */
    uint32_t complaint_count;
    uint64_t complaints_more;
    struct box *boxes;
    size_t box_count, box_room;
    char copy[48]; /* the name of mailboxes that are being written anew: nobody knew it when readpst ran */
};

static void put_text(struct buf *b, str text) {
    buf_add(b, text);
    buf_byte(b, '\0');
}

/* ---- what was wrong ---- */

static void complaint_add(struct keeper *k, str text, uint32_t most) {
    struct buf b = {0};

    unpack_add_name(&b, str_first(str_trim(text), COMPLAINT_BYTES));
    buf_byte(&b, '\0');
    if (k->complaint_count < most && !b.failed && buf_reserve(&k->complaints, b.len)) {
        buf_add(&k->complaints, buf_str(&b));
        k->complaint_count++;
    } else {
        k->complaints_more++;
        k->complaints.failed = false; /* counted all the same */
    }
    buf_free(&b);
}

/* Of what the file decides how much there is. */
static void complain(struct keeper *k, str text) {
    complaint_add(k, text, OUTLOOK_COMPLAINTS_MAX);
}

/* What is said once: there is room behind all others. */
static PRINTF(2, 3) void complain_of(struct keeper *k, const char *fmt, ...) {
    char text[COMPLAINT_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    complaint_add(k, str_of(text), UINT32_MAX);
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
static void hear_lines(struct keeper *k, const struct program_end *end) {
    str left = buf_str(&end->said);

    while (left.len) {
        size_t const stop = str_find_byte(left, '\n');
        str const line = str_first(left, stop);
        uint64_t skipped;

        left = stop == SIZE_MAX ? S("") : str_from(left, stop + 1);
        if (str_trim(line).len == 0 || str_starts(line, S("Opening PST file")) ||
            str_starts(line, S("Processing Folder \"")))
            continue;
        if (skipped_items(line, &skipped))
            k->others += skipped;
        else
            complain(k, line);
    }
    if (end->unheard)
        complain_of(k, "readpst said %lu bytes more than are kept", (unsigned long)end->unheard);
}

/* ---- what came out ---- */

static bool list_file(void *ctx, int folder, const char *name, str way, const struct stat *st, const char *not_read) {
    struct keeper *const k = ctx;
    struct buf shown = {0};
    struct box box = {.size = (uint64_t)st->st_size, .not_read = not_read};
    bool ok;

    (void)folder;
    (void)name;
    if (st->st_size == 0 && !not_read)
        return true;
    if (k->box_count == k->box_room) {
        size_t const room = k->box_room * 2 + 64;
        struct box *const more = reallocarray(k->boxes, room, sizeof *more);

        if (!more)
            return false;
        k->boxes = more;
        k->box_room = room;
    }
    unpack_add_name(&shown, way);
    ok = !shown.failed && arena_copy(k->a, buf_str(&shown), &box.name) && (box.way = arena_bytes(k->a, way.len + 1));
    if (ok) {
        memcpy(box.way, way.ptr, way.len);
        box.way[way.len] = '\0';
        k->boxes[k->box_count++] = box;
    }
    buf_free(&shown);
    return ok;
}

static int by_name(const void *a, const void *b) {
    const struct box *const x = a, *const y = b;
    int const order = str_cmp(x->name, y->name);

    return order ? order : strcmp(x->way, y->way);
}

/* Everything, in an order that no file system decides; what nobody may read is told and left out. */
static void list(struct keeper *k) {
    struct outlook_look l = {.file = list_file, .ctx = k, .files_max = k->limits.files_max};
    bool const whole = outlook_look(&l, k->folder);
    size_t kept = 0;

    if (k->box_count)
        qsort(k->boxes, k->box_count, sizeof *k->boxes, by_name);
    for (size_t i = 0; i < k->box_count; i++) {
        struct buf b = {0};

        if (!k->boxes[i].not_read) {
            k->boxes[kept++] = k->boxes[i];
            continue;
        }
        buf_add(&b, str_first(k->boxes[i].name, COMPLAINT_BYTES / 2));
        buf_format(&b, ": not read: %s", k->boxes[i].not_read);
        complain(k, buf_str(&b));
        buf_free(&b);
    }
    k->box_count = kept;
    if (!whole && l.files > l.files_max)
        complain_of(k, "more than %u files and folders came out: the others are not read", (unsigned)l.files_max);
    else if (!whole && l.ways > OUTLOOK_WAYS_MAX)
        complain_of(k, "names of more than %zu bytes came out: the other files are not read", OUTLOOK_WAYS_MAX);
    else if (!whole)
        complain_of(k, "not everything that came out could be listed: the rest is not read");
    buf_free(&l.way);
}

/* ---- programs ---- */

static bool disk_goes_on(void *ctx, char *why, size_t room) {
    const struct keeper *const k = ctx;
    struct statvfs disk;

    if (fstatvfs(k->folder, &disk) != 0 || (uint64_t)disk.f_bavail * disk.f_frsize >= k->limits.disk_least)
        return true;
    snprintf(why, room, "the disk has less than %lu bytes left", (unsigned long)k->limits.disk_least);
    return false;
}

static bool readpst_goes_on(void *ctx, char *why, size_t room) {
    const struct keeper *const k = ctx;
    struct outlook_look l = {.files_max = k->limits.files_max};
    bool const whole = outlook_look(&l, k->folder);

    buf_free(&l.way);
    if (l.files > l.files_max)
        snprintf(why, room, "more than %u files and folders come out", (unsigned)l.files_max);
    else if (l.ways > OUTLOOK_WAYS_MAX)
        snprintf(why, room, "names of more than %zu bytes come out", OUTLOOK_WAYS_MAX);
    else if (!whole)
        snprintf(why, room, "what comes out cannot be looked at");
    else if (l.unseen)
        snprintf(why, room, "folders come out that nobody can look into, or more than %u deep", OUTLOOK_DEPTH_MAX);
    else if (l.bytes > k->limits.bytes_max)
        snprintf(why, room, "more than %lu bytes come out", (unsigned long)k->limits.bytes_max);
    else
        return disk_goes_on(ctx, why, room);
    return false;
}

/* The first box and those behind it, in a process of its own. */
static void settle(void *ctx) {
    const struct keeper *const k = ctx;

    for (size_t i = 0; i < k->box_count; i++) {
        struct err e = {0};
        const char *name;
        int const folder = outlook_way_open(PROGRAM_FOLDER, k->boxes[i].way, &name);

        if (folder < 0 ? !err_system(&e, "it cannot be found") : !outlook_settle(folder, name, k->copy, &e))
            printf("%.*s: %s; it is read as readpst wrote it\n", STR_ARG(str_first(k->boxes[i].name, 150)), e.text);
        if (folder >= 0)
            close(folder);
    }
}

static bool remove_copy(void *ctx, int folder, const char *name, str way, const struct stat *st, const char *not_read) {
    const struct keeper *const k = ctx;

    (void)way;
    (void)st;
    (void)not_read;
    if (strcmp(name, k->copy) == 0)
        unlinkat(folder, name, 0);
    return true;
}

/* What was settled has another size. */
static void measure(struct keeper *k) {
    for (size_t i = 0; i < k->box_count; i++) {
        struct stat st;
        const char *name;
        int const folder = outlook_way_open(k->folder, k->boxes[i].way, &name);

        if (folder >= 0 && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            k->boxes[i].size = (uint64_t)st.st_size;
        if (folder >= 0)
            close(folder);
    }
}

/* False: nobody wants it any more. */
static bool settle_all(struct keeper *k, struct program *p) {
    struct outlook_look l = {.file = remove_copy, .ctx = k, .files_max = UINT32_MAX};
    struct program_end end = {0};
    struct program_run run;
    struct err e = {0};

    if (k->box_count == 0)
        return true;
    snprintf(k->copy, sizeof k->copy, ".longwatch-%016lx", (unsigned long)hash_seed());
    p->may.program = -1;
    p->may.replaces = true;
    p->may.file_max *= 2; /* boundaries become longer */
    p->work = settle;
    p->goes_on = disk_goes_on;
    if (program_start(&run, p, &e))
        program_wait(&run, &end);
    for (str left = buf_str(&end.said), line; left.len; left = str_from(left, line.len + 1)) {
        line = str_first(left, str_find_byte(left, '\n'));
        complain(k, line);
        if (line.len == left.len)
            break;
    }
    if (end.unheard)
        complain_of(k, "what else could not be written anew is not told");
    if (e.code || end.why[0] || end.how[0]) {
        complain_of(k, "mailboxes could not all be written anew (%s%s%s): some are read as readpst wrote them",
                    e.code ? e.text : end.why, end.how[0] ? "the process " : "", end.how);
        (void)!outlook_look(&l, k->folder);
        buf_free(&l.way);
    }
    measure(k);
    buf_free(&end.said);
    return !end.stopped;
}

/* The same for readpst. */
static bool hear_readpst(struct keeper *k, struct program_run *run) {
    struct program_end end;

    program_wait(run, &end);
    if (end.why[0])
        complain_of(k, "%s: what came out before is read, the rest is not", end.why);
    else if (end.how[0])
        complain_of(k, "readpst %s: what came out before is read", end.how);
    hear_lines(k, &end);
    buf_free(&end.said);
    return !end.stopped;
}

/* ---- the whole ---- */

static bool folder_make(struct keeper *k, struct err *e) {
    const char *place = secure_getenv("TMPDIR");
    char *const path = k->hello.path;
    struct statvfs disk;

    if (!place || !*place)
        place = "/tmp";
    if (snprintf(path, sizeof k->hello.path, "%s/longwatch.XXXXXX", place) >= (int)sizeof k->hello.path) {
        path[0] = '\0';
        return err_set(e, ERR_IO, 0, "TMPDIR is too long");
    }
    if (!mkdtemp(path)) { /* mode 0700 */
        path[0] = '\0';
        return err_system(e, "no temporary folder can be made in %s (TMPDIR=FOLDER names another)", place);
    }
    if ((k->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0 ||
        fstatvfs(k->folder, &disk) != 0)
        return err_system(e, "no temporary folder in %s", place);
    uint64_t const left = (uint64_t)disk.f_bavail * disk.f_frsize;

    if (left < k->limits.disk_least)
        return err_set(e, ERR_IO, 0, "no room to unpack it in %s (TMPDIR=FOLDER names another)", place);
    if (k->limits.bytes_max > left / 3)
        k->limits.bytes_max = left / 3;
    if (k->limits.disk_least < left / 4)
        k->limits.disk_least = left / 4;
    return true;
}

static void tell(struct keeper *k) {
    struct outlook_report r = {.others = k->others, .complaints = k->complaint_count, .boxes = (uint32_t)k->box_count};
    struct buf b = {0};
    char more[64];
    struct err e;

    if (k->complaints_more) {
        snprintf(more, sizeof more, "and %lu complaints more", (unsigned long)k->complaints_more);
        put_text(&k->complaints, str_of(more));
        r.complaints++;
    }
    buf_add(&b, (str){(const char *)&r, sizeof r});
    buf_add(&b, buf_str(&k->complaints));
    for (size_t i = 0; i < k->box_count; i++) {
        buf_add(&b, (str){(const char *)&k->boxes[i].size, sizeof k->boxes[i].size});
        put_text(&b, str_of(k->boxes[i].way));
        put_text(&b, k->boxes[i].name);
    }
    if (b.failed || k->complaints.failed)
        return; /* it is told that nothing was told */
    r.size = b.len - sizeof r;
    memcpy(b.ptr, &r, sizeof r);
    (void)!channel_send(k->channel, buf_str(&b), -1, &e); /* who is gone need not know */
}

static void unpack_and_tell(struct keeper *k, int input, int program) {
    static char *const arguments[] = {"readpst",         "-D", "-r", "-8", "-te", "-j", "0", "-o", ".",
                                      "/proc/self/fd/3", NULL};
    static char *const words[] = {"LC_ALL=C.UTF-8", "TZ=UTC0", "PATH=/nowhere", NULL};
    struct program_run run;
    struct err *const e = &k->hello.e, ignored;
    bool const made = (k->a || err_set(e, ERR_MEMORY, 0, "no memory to unpack")) && folder_make(k, e);
    struct program p = {.may = {.program = program,
                                .input = input,
                                .folder = k->folder,
                                .file_max = k->limits.bytes_max,
                                .data_max = k->limits.memory_max,
                                .cpu_s = k->limits.cpu_s},
                        .arguments = arguments,
                        .words = words,
                        .wall_s = k->limits.wall_s,
                        .said_max = SAID_MAX,
                        .goes_on = readpst_goes_on,
                        .ctx = k,
                        .stop = k->channel};
    bool const begun = made && (program_start(&run, &p, e) || err_wrap(e, "an Outlook data file"));
    bool const told = channel_send(k->channel, (str){(const char *)&k->hello, sizeof k->hello}, -1, &ignored);

    if (!begun)
        return;
    if (!hear_readpst(k, &run) || !told)
        return;
    list(k);
    if (settle_all(k, &p))
        tell(k);
}

_Noreturn void outlook_keep(const struct outlook_limits *limits, int input, int program, int channel) {
    struct keeper k = {.limits = *limits, .channel = 3, .folder = -1, .a = arena_new(OUTLOOK_NAMES_MAX)};
    /* Whoever waits for the end of this program's output must not wait for us. */
    int const none = open("/dev/null", O_RDWR | O_CLOEXEC), from[] = {none, none, none, channel, input, program};
    char byte;
    ssize_t n;

    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    setsid();
    if (!program_descriptors(from, COUNT(from)))
        _exit(1);
    unpack_and_tell(&k, 4, 5);
    shutdown(k.channel, SHUT_WR); /* nothing more comes, if anything did */
    while ((n = read(k.channel, &byte, 1)) > 0 || (n < 0 && errno == EINTR))
        continue;
    if (k.folder >= 0)
        outlook_empty(k.folder);
    _exit(k.hello.path[0] && rmdir(k.hello.path) != 0);
}
