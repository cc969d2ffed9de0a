/* test_outlook: mailboxes out of an Outlook data file, with a readpst that does what the file tells it to (fake_readpst.c): what it
 * cannot do, what it is stopped at, what becomes of hostile names, and that nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../folder.h"
#include "base/buf.h"
#include "base/hash.h"
#include "evidence/outlook_own.h"

static const struct outlook_limits small = {
    .bytes_max = (uint64_t)8 << 20, .files_max = 200, .memory_max = (size_t)256 << 20, .cpu_s = 2, .wall_s = 4};

static int begin(void **state) {
    const char *const fake = getenv("LONGWATCH_FAKE_READPST");

    return folder_enter(state) != 0 || mkdir("room", 0700) != 0 || setenv("TMPDIR", "room", 1) != 0 || !fake ||
           setenv("LONGWATCH_READPST", fake, 1) != 0;
}

/* Is there nothing in it? */
static bool is_empty(const char *folder) {
    DIR *const dir = opendir(folder);
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count == 2;
}

/* A file with these lines. */
static int data_file(const char *lines) {
    int const fd = open("mail.pst", O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_true(dprintf(fd, "!BDN\n%s", lines) > 0);
    return fd;
}

/* "name: content", a line each, then complaints, a line each behind "! ". */
static void told(struct outlook *o, struct buf *b) {
    for (size_t i = 0; i < outlook_count(o); i++) {
        int const fd = outlook_take(o, i);
        char text[64];
        ssize_t const n = fd < 0 ? -1 : read(fd, text, sizeof text);

        assert_int_equal(outlook_take(o, i), -1); /* once */
        buf_format(b, "%.*s:", STR_ARG(outlook_name(o, i)));
        if (n > 0 && outlook_size(o, i) < 64)
            buf_format(b, " %.*s", (int)n, text);
        else
            buf_format(b, " %lu bytes", (unsigned long)outlook_size(o, i));
        buf_byte(b, '\n');
        if (fd >= 0)
            close(fd);
    }
    for (size_t i = 0; i < outlook_complaints(o); i++)
        buf_format(b, "! %.*s\n", STR_ARG(outlook_complaint(o, i)));
    if (outlook_others(o))
        buf_format(b, "others %lu\n", (unsigned long)outlook_others(o));
}

#define DOWN8 "d/d/d/d/d/d/d/d/"
#define DOWN DOWN8 DOWN8 DOWN8 DOWN8 DOWN8 DOWN8 DOWN8 DOWN8

static void does(const char *name, const struct outlook_limits *limits, const char *lines, const char *want) {
    int const fd = data_file(lines);
    struct outlook *o;
    struct buf b = {0};
    struct err e = {0};

    if (!outlook_run(&o, fd, limits, NULL, &e))
        fail_msg("%s: %s", name, e.text);
    assert_false(is_empty("room"));
    told(o, &b);
    outlook_close(o);
    if (!is_empty("room"))
        fail_msg("%s: something was left behind", name);
    if (!str_eq(buf_str(&b), str_of(want)))
        fail_msg("%s:\n%.*swanted\n%s", name, STR_ARG(buf_str(&b)), want);
    buf_free(&b);
    close(fd);
}

static const struct {
    const char *name, *lines, *want;
} cases[] = {
    {"nothing in it", "", ""},
    {"a mailbox", "mkdir Inbox\nfile Inbox/mbox From x\nsay \t\"Inbox\" - 12 items done, 0 items skipped.\n",
     "Inbox/mbox: From x\n"},
    {"in the order of names, empty ones left out", "file b 2\nfile a 1\nmkdir A\nfile A/mbox 3\nfile none \nmkdir B\n",
     "A/mbox: 3\na: 1\nb: 2\n"},
    {"items that are no mail are counted",
     "say \t\"Calendar\" - 0 items done, 31 items skipped.\nsay \t\"A \" - 9 items skipped.\" - 1 items done, 4 items "
     "skipped.\n",
     "others 35\n"},
    {"complaints", "say Processing Folder \"Inbox\"\nsay bad block 17\nsay \nsay \x1b[31mred \xff\n",
     "! bad block 17\n! \xef\xbf\xbd[31mred \xef\xbf\xbd\n"},
    {"it gives up", "file mbox 1\nexit 3\n", "mbox: 1\n! readpst ended with status 3: what came out before is read\n"},
    {"how it ended comes before what it said", "say one\nfile mbox 1\nsay two\nexit 3\n",
     "mbox: 1\n! readpst ended with status 3: what came out before is read\n! one\n! two\n"},
    {"names of our own",
     "mkdir .longwatch-settling\nfile .longwatch-settling/mbox 1\nfile mbox 2\nfile .longwatch-0 3\n",
     ".longwatch-0: 3\n.longwatch-settling/mbox: 1\nmbox: 2\n"},
    {"it crashes", "file mbox 1\ncrash\n",
     "mbox: 1\n! readpst was ended by signal 11 (Segmentation fault): what came out before is read\n"},
    {"names that would steer a terminal", "mkdir a\x1b[2Jb\nfile a\x1b[2Jb/mb\xffox 1\n",
     "a\xef\xbf\xbd[2Jb/mb\xef\xbf\xbdox: 1\n"},
    {"names that differ in what is not shown", "file a\x01 1\nfile a\x02 2\n", "a\xef\xbf\xbd: 1\na\xef\xbf\xbd: 2\n"},
    {"up and out", "chdir ..\nfile x 1\nmkdir y\nchdir /\nfile x 1\n",
     "! cannot open x: Permission denied\n! cannot make y\n! cannot open x: Permission denied\n"},
    {"links cannot be made", "file mbox 1\nlink l /etc/passwd\nhard h mbox\nfifo p\n", "mbox: 1\n"},
    {"what it may not do",
     "try read\ntry list\ntry write\ntry above\ntry change\ntry run\ntry connect\ntry fork\ntry trace\ntry signal\ntry "
     "mode\ntry inherit\ntry environment\n",
     ""},
    {"that a try could is seen", "try something else\n", "! could something else\n"},
    {"time by the clock", "file mbox 1\nsleep\n",
     "mbox: 1\n! it took more than 4 seconds: what came out before is read, the rest is not\n"},
    {"one file too large", "fill mbox 9\n",
     "mbox: 8388608 bytes\n! readpst was ended by signal 25 (more bytes than may come out): what came out before is "
     "read\n"},
    {"all together too large", "fill a 7\nfill b 7\nsleep\n",
     "a: 7340032 bytes\nb: 7340032 bytes\n! more than 8388608 bytes come out: what came out before is read, the rest "
     "is "
     "not\n"},
};

static void what_comes_out(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        does(cases[i].name, &small, cases[i].lines, cases[i].want);
}

static void time_of_the_processor(void **state) {
    struct outlook_limits limits = small;
    (void)state;

    limits.cpu_s = 1;
    limits.wall_s = 200;
    does("spins", &limits, "file mbox 1\nspin\n",
         "mbox: 1\n! readpst was ended by signal 24 (more time than it may take): what came out before is read\n");
}

#ifndef __SANITIZE_ADDRESS__ /* under which memory has no bound */
static void memory_is_bounded(void **state) {
    (void)state;
    does("memory", &small, "eat 400\nfile mbox 1\n", "mbox: 1\n! no more memory\n");
}
#endif

static void too_many_files(void **state) {
    int const fd = data_file("files 300\nsleep\n");
    struct outlook *o;
    struct err e = {0};
    (void)state;

    assert_true(outlook_run(&o, fd, &small, NULL, &e));
    assert_true(outlook_count(o) <= 200);
    assert_true(outlook_complaints(o) >= 2); /* it was stopped, and not all is listed */
    assert_true(str_starts(outlook_complaint(o, 0), S("more than 200 files and folders come out")));
    outlook_close(o);
    assert_true(is_empty("room"));
    close(fd);
}

/* Deeper than a path can say, and than a process can hold open. */
static void too_deep(void **state) {
    struct outlook_limits limits = small;
    int const fd = data_file("deep 1200\n");
    struct outlook *o;
    struct err e = {0};
    (void)state;

    limits.files_max = 10000;
    limits.wall_s = limits.cpu_s = 100;
    assert_true(outlook_run(&o, fd, &limits, NULL, &e));
    assert_true(outlook_count(o) > 10 && outlook_count(o) <= 65);
    assert_in_range(outlook_complaints(o), 1, 2); /* where it takes longer than a second, it is ended */
    assert_true(str_starts(outlook_complaint(o, outlook_complaints(o) - 1), S("a-folder-"))); /* a name that is cut */
    outlook_close(o);
    assert_true(is_empty("room"));
    close(fd);
}

/* What nobody can look into could hold anything: it ends what makes it, and is told in an order of names. */
static void too_deep_while_it_runs(void **state) {
    (void)state;
    does("deep", &small,
         "file mbox 1\ndown 65\nmkdir z\nmkdir c\nmkdir y\nmkdir a\nmkdir m\nmkdir b\nmkdir x\nfile c/mbox 1\nsleep\n",
         "mbox: 1\n! folders come out that nobody can look into, or more than 64 deep: what came out before is read, "
         "the "
         "rest is not\n! " DOWN "d: not read: folders too deep\n");
    does("deep, and ended", &small,
         "file mbox 1\ndown 64\nmkdir z\nmkdir c\nmkdir y\nmkdir a\nmkdir m\nmkdir b\nmkdir x\nfile c/mbox 1\n",
         "mbox: 1\n! " DOWN "a: not read: folders too deep\n! " DOWN "b: not read: folders too deep\n! " DOWN
         "c: not read: folders too deep\n! " DOWN "m: not read: folders too deep\n! " DOWN
         "x: not read: folders too deep\n! " DOWN "y: not read: folders too deep\n! " DOWN
         "z: not read: folders too deep\n");
}

static void names_too_long(void **state) {
    struct outlook_limits limits = small;
    struct outlook *o;
    struct err e = {0};
    (void)state;

    limits.files_max = 50000;
    limits.bytes_max = (uint64_t)256 << 20;
    limits.wall_s = limits.cpu_s = 100;
    for (int asleep = 0; asleep < 2; asleep++) {
        int const fd = data_file(asleep ? "names 4000\nsleep\n" : "names 4000\n");

        assert_true(outlook_run(&o, fd, &limits, NULL, &e));
        assert_in_range(outlook_count(o), 2000, 3000); /* of 3 KiB each, in 8 MiB */
        assert_true(outlook_complaints(o) > 0);
        assert_true(!asleep || str_starts(outlook_complaint(o, 0), S("names of more than 8388608 bytes come out: ")));
        assert_string_equal(outlook_complaint(o, outlook_complaints(o) - 1).ptr,
                            "names of more than 8388608 bytes came out: the other files are not read");
        outlook_close(o);
        close(fd);
    }
    assert_true(is_empty("room"));
}

static void a_flood_of_complaints(void **state) {
    int const fd = data_file("file mbox 1\nflood 1\n");
    struct outlook *o;
    struct err e = {0};
    (void)state;

    assert_true(outlook_run(&o, fd, &small, NULL, &e));
    assert_int_equal(outlook_count(o), 1);
    assert_int_equal(outlook_complaints(o), 102);
    assert_true(str_ends(outlook_complaint(o, 100), S(" bytes more than are kept")));
    assert_string_equal(outlook_complaint(o, 101).ptr, "and 156 complaints more"); /* 256 KiB are kept, of 1 KiB each */
    outlook_close(o);
    close(fd);
    int const without_end = data_file("flood 100\nsay not reached\n");

    assert_true(outlook_run(&o, without_end, &small, NULL, &e));
    assert_string_equal(outlook_complaint(o, 0).ptr,
                        "it said more than 16777216 bytes: what came out before is read, the rest is not");
    outlook_close(o);
    assert_true(is_empty("room"));
    close(without_end);
}

/* The mailbox is the same bytes every time, though readpst draws its boundaries; text that only looks like one is left. */
static void boundaries(void **state) {
    char first[2 * SHA256_SIZE + 1] = "";
    (void)state;

    for (int run = 0; run < 5; run++) {
        int const fd = data_file("boundary mbox\n");
        static char text[1 << 16];
        char hex[2 * SHA256_SIZE + 1], drawn[64];
        uint8_t hash[SHA256_SIZE];
        struct sha256 *const h = sha256_new();
        struct outlook *o;
        struct err e = {0};

        assert_true(outlook_run(&o, fd, &small, NULL, &e));
        assert_int_equal(outlook_complaints(o), 0);
        assert_int_equal(outlook_count(o), 1);
        int const box = outlook_take(o, 0);
        ssize_t const n = read(box, text, sizeof text - 1);

        assert_true(n > 0);
        text[n] = '\0';
        sha256_add(h, (str){text, (size_t)n});
        sha256_end(h, hash);
        sha256_free(h);
        sha256_hex(hash, hex);
        if (run == 0)
            memcpy(first, hex, sizeof first);
        assert_string_equal(hex, first);
        assert_non_null(strstr(text, "boundary-LibPST-iamunique-nothing, boundary-LibPST-iamunique-77_-_- is text."));
        assert_non_null(strstr(text, "\n----boundary-LibPST-iamunique-1_-_---\nstill text\n"));
        /* Every boundary that is declared is used: seven times in each message, in all its forms. */
        const char *const secret = strstr(text, "boundary-LibPST-iamunique-") + 26;

        for (int message = 1; message <= 3; message++) {
            size_t uses = 0;

            snprintf(drawn, sizeof drawn, "boundary-LibPST-iamunique-%.16s-%d_-_-", secret, message);
            for (const char *at = text; (at = strstr(at, drawn)); at++)
                uses++;
            assert_int_equal(uses, 7);
        }
        close(box);
        outlook_close(o);
        close(fd);
    }
    assert_true(is_empty("room"));
}

/* A mark on the seam of what is looked at at once. */
static void boundaries_across_windows(void **state) {
    static const str mark =
        STR("boundary=\"--boundary-LibPST-iamunique-123456789_-_-\" --boundary-LibPST-iamunique-123456789_-_-");
    static char text[(1 << 20) + 4096];
    (void)state;

    for (size_t at = (1 << 20) - 128; at <= (1 << 20) + 128; at += 7) {
        struct buf lines = {0};
        struct outlook *o;
        struct err e = {0};

        buf_format(&lines, "pad mbox %zu %s\n", at, mark.ptr);
        buf_byte(&lines, '\0');
        int const fd = data_file(lines.ptr);

        assert_true(outlook_run(&o, fd, &small, NULL, &e));
        assert_int_equal(outlook_complaints(o), 0);
        int const box = outlook_take(o, 0);
        ssize_t const n = read(box, text, sizeof text - 1);

        assert_int_equal(n, at + mark.len +
                                2 * (18 - 9)); /* "123456789" twice becomes sixteen digits, a hyphen and a number */
        text[n] = '\0';
        assert_int_equal(strspn(text, "x"), at);
        assert_null(strstr(text, "123456789"));
        close(box);
        outlook_close(o);
        buf_free(&lines);
        close(fd);
    }
}

static void readpst_is_not_there(void **state) {
    int const fd = data_file("");
    struct outlook *o = NULL;
    struct err e = {0};
    (void)state;

    setenv("LONGWATCH_READPST", "/nowhere/readpst", 1);
    assert_false(outlook_run(&o, fd, &small, NULL, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(e.text, "apt install pst-utils"));
    setenv("LONGWATCH_READPST", "mail.pst", 1); /* no program */
    assert_false(outlook_run(&o, fd, &small, NULL, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    assert_string_equal(e.text, "an Outlook data file: readpst cannot be run: Permission denied");
    assert_true(is_empty("room"));
    setenv("LONGWATCH_READPST", getenv("LONGWATCH_FAKE_READPST"), 1);
    setenv("TMPDIR", "nowhere", 1);
    assert_false(outlook_run(&o, fd, &small, NULL, &e));
    assert_int_equal(e.code, ERR_IO);
    setenv("TMPDIR", "room", 1);
    assert_true(is_empty("room"));
    close(fd);
}

static void stopped(void **state) {
    int const fd = data_file("file mbox 1\nsleep\n");
    volatile sig_atomic_t stop = 1;
    struct outlook *o = NULL;
    struct err e = {0};
    (void)state;

    assert_false(outlook_run(&o, fd, &small, &stop, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_true(is_empty("room"));
    close(fd);
}

/* However its maker ends, the folder goes. */
static void killed(void **state) {
    int const fd = data_file("file mbox 1\nsleep\n");
    pid_t const pid = fork();
    (void)state;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct outlook *o;
        struct err e;

        _exit(!outlook_run(&o, fd, &small, NULL, &e));
    }
    for (int i = 0; i < 500 && is_empty("room"); i++)
        usleep(10000);
    assert_false(is_empty("room"));
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < 500 && !is_empty("room"); i++)
        usleep(10000);
    assert_true(is_empty("room"));
    close(fd);
}

/* Nobody steps, as when this program waits for whoever reads what it prints: the bounds are kept. */
static void nobody_steps(void **state) {
    int const fd = data_file("fill a 7\nfill b 7\nsleep\n");
    struct outlook *o;
    struct err e = {0};
    (void)state;

    assert_true(outlook_start(&o, fd, &small, &e));
    sleep(4);
    assert_true(outlook_step(o)); /* the first, and the last */
    assert_int_equal(outlook_complaints(o), 1);
    assert_string_equal(outlook_complaint(o, 0).ptr,
                        "more than 8388608 bytes come out: what came out before is read, the rest is not");
    outlook_close(o);
    close(fd);
}

/* The youngest child of a process. */
static pid_t child_of(pid_t parent) {
    char path[64];
    int pid = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    assert_non_null(f = fopen(path, "re"));
    while (fscanf(f, "%d", &pid) == 1)
        continue;
    fclose(f);
    assert_true(pid > 1);
    return pid;
}

/* The name of a mailbox that is being written anew, or "". */
static void copy_in_the_room(char *name, size_t size) {
    FILE *const f = popen("find room -name '.longwatch-*' -type f", "r");

    assert_non_null(f);
    if (!fgets(name, (int)size, f))
        name[0] = '\0';
    pclose(f);
}

/* Writing anew is held up until it is ended: nothing is lost, nothing is there twice. */
static void settling_does_not_end(void **state) {
    struct outlook_limits limits = small;
    int const fd = data_file("file a 1\nfill b 100\nfile c 2\n");
    char copy[256] = "";
    struct outlook *o;
    struct err e = {0};
    (void)state;

    limits.bytes_max = (uint64_t)256 << 20;
    assert_true(outlook_start(&o, fd, &limits, &e));
    while (!copy[0] && !outlook_step(o))
        copy_in_the_room(copy, sizeof copy);
    assert_true(copy[0]);
    assert_int_equal(kill(child_of(child_of(getpid())), SIGSTOP), 0);
    while (!outlook_step(o))
        usleep(10000);
    assert_int_equal(outlook_count(o), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(outlook_name(o, i).ptr[0], "abc"[i]);
    assert_int_equal(outlook_size(o, 1), 100 << 20);
    assert_int_equal(outlook_complaints(o), 1);
    assert_string_equal(outlook_complaint(o, 0).ptr, "mailboxes could not all be written anew (it took more than 4 "
                                                     "seconds): some are read as readpst wrote them");
    copy_in_the_room(copy, sizeof copy);
    assert_string_equal(copy, "");
    outlook_close(o);
    assert_true(is_empty("room"));
    close(fd);
}

/* The whole file, or how it ends. */
static bool holds(const char *name, const char *text) {
    char bytes[256];
    int const fd = open(name, O_RDONLY);
    ssize_t const n = read(fd, bytes, sizeof bytes);

    close(fd);
    return n == (ssize_t)strlen(text) && memcmp(bytes, text, (size_t)n) == 0;
}

/* A mailbox that cannot be written anew stays whole. */
static void what_is_not_settled_stays(void **state) {
    static const char mailbox[] = "boundary=\"--boundary-LibPST-iamunique-7_-_-\" --boundary-LibPST-iamunique-7_-_-";
    int const folder = open(".", O_RDONLY | O_DIRECTORY);
    struct rlimit before;
    struct err e = {0};
    (void)state;

    int fd = open("mbox", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, mailbox, sizeof mailbox - 1), sizeof mailbox - 1);
    close(fd);
    assert_int_equal(mkdir("copy", 0700), 0); /* somebody has the name */
    assert_false(outlook_settle(folder, "mbox", "copy", &e));
    assert_string_equal(e.text, "it could not be written anew: File exists");
    assert_true(holds("mbox", mailbox));
    assert_false(outlook_settle(folder, "none", "other", &e));
    assert_int_equal(access("other", F_OK), -1);
    signal(SIGXFSZ, SIG_IGN); /* a full disk */
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){50, before.rlim_max});
    assert_false(outlook_settle(folder, "mbox", "other", &e));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_string_equal(e.text, "it could not be written anew: File too large");
    assert_true(holds("mbox", mailbox));
    assert_int_equal(access("other", F_OK), -1);
    assert_true(outlook_settle(folder, "mbox", "other", &e));
    assert_false(holds("mbox", mailbox));
    assert_int_equal(access("other", F_OK), -1);
    close(folder);
}

/* Runs in a child that can do less, or has a disk of its own; 77: it cannot be made. */
static void in_a_child(const char *name, int (*does_it)(void)) {
    pid_t pid;
    int status;

    fflush(NULL);
    if ((pid = fork()) == 0)
        _exit(does_it());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status == 77 << 8)
        print_message("SKIP: %s: this system does not allow it\n", name);
    else if (status != 0)
        fail_msg("%s: %#x", name, (unsigned)status);
}

static int no_landlock(void) {
    scmp_filter_ctx const f = seccomp_init(SCMP_ACT_ALLOW);
    int const fd = data_file("file mbox 1\n");
    struct outlook *o;
    struct err e = {0};

    if (seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) != 0 || seccomp_load(f) != 0)
        return 77;
    if (outlook_run(&o, fd, &small, NULL, &e))
        return 1;
    return e.code != ERR_UNSUPPORTED || !strstr(e.text, "needs Linux 5.13 or later, with Landlock") ||
           !is_empty("room");
}

static void without_landlock(void **state) {
    (void)state;
    in_a_child("without Landlock", no_landlock);
}

/* Somebody else fills the disk. */
static int small_disk(void) {
    int const fd = data_file("file mbox 1\nsleep\n");
    struct outlook_limits limits = small;
    struct outlook *o;
    struct err e = {0};
    static char bytes[1 << 20];

    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "room", "tmpfs", 0, "size=64m") != 0)
        return 77;
    limits.wall_s = 60;
    if (!outlook_start(&o, fd, &limits, &e))
        return 2;
    int const full = open("room/full", O_WRONLY | O_CREAT, 0600);

    for (int i = 0; i < 56; i++)
        if (write(full, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
            return 3;
    while (!outlook_step(o))
        usleep(10000);
    bool const ok = outlook_count(o) == 1 && outlook_complaints(o) >= 1 &&
                    str_starts(outlook_complaint(o, 0), S("the disk has less than 1677")) &&
                    str_ends(outlook_complaint(o, 0), S(" bytes left: what came out before is read, the rest is not"));
    outlook_close(o);
    return ok ? 0 : 4;
}

static void a_disk_that_fills(void **state) {
    (void)state;
    in_a_child("a disk that fills", small_disk);
}

/* Folders that keep out even who they belong to, as long as that is not root. */
static int closed_folders(void) {
    if (geteuid() == 0 &&
        (chown(".", 65534, 65534) != 0 || chown("room", 65534, 65534) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        return 77;
    does(
        "closed", &small,
        "file mbox 1\nmode 300 in\nfile in/unseen 2\nmode 0 none\nmode 400 half\nmode 500 full\nfile full/x 1\nsleep\n",
        "mbox: 1\n! folders come out that nobody can look into, or more than 64 deep: what came out before is read, "
        "the "
        "rest is not\n! cannot open full/x: Permission denied\n! in: not read: a folder that cannot be read\n! none: "
        "not read: a folder that cannot be read\n");
    return 0;
}

static void folders_are_closed(void **state) {
    (void)state;
    in_a_child("closed folders", closed_folders);
}

/* Its keeper is killed: what it ran is gone, and the folder as well. */
static void without_a_keeper(void **state) {
    int const fd = data_file("file mbox 1\nsleep\n");
    struct outlook *o;
    struct err e = {0};
    (void)state;

    assert_true(outlook_start(&o, fd, &small, &e));
    kill(child_of(getpid()), SIGKILL);
    while (!outlook_step(o))
        usleep(1000);
    assert_int_equal(outlook_count(o), 0);
    assert_int_equal(outlook_complaints(o), 1);
    assert_true(str_starts(outlook_complaint(o, 0), S("the process that unpacks it ended early")));
    outlook_close(o);
    assert_true(is_empty("room"));
    close(fd);
}

static void the_usual_bounds(void **state) {
    struct outlook_limits const none = outlook_limits_for(0), some = outlook_limits_for((uint64_t)10 << 30),
                                all = outlook_limits_for(UINT64_MAX);
    (void)state;

    assert_int_equal(none.bytes_max, (uint64_t)256 << 20);
    assert_int_equal(some.bytes_max, ((uint64_t)40 << 30) + ((uint64_t)256 << 20));
    assert_int_equal(some.cpu_s, 120 + 10240);
    assert_true(all.bytes_max > some.bytes_max && all.wall_s > some.wall_s);
    assert_true(outlook_begins(S("!BDN....")));
    assert_false(outlook_begins(S("!BD")));
    assert_false(outlook_begins(S("")));
    assert_false(outlook_begins(S(" !BDN")));
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, folder_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(what_comes_out),
        IN_A_FOLDER(time_of_the_processor),
#ifndef __SANITIZE_ADDRESS__
        IN_A_FOLDER(memory_is_bounded),
#endif
        IN_A_FOLDER(too_many_files),
        IN_A_FOLDER(too_deep),
        IN_A_FOLDER(too_deep_while_it_runs),
        IN_A_FOLDER(names_too_long),
        IN_A_FOLDER(a_flood_of_complaints),
        IN_A_FOLDER(boundaries),
        IN_A_FOLDER(boundaries_across_windows),
        IN_A_FOLDER(readpst_is_not_there),
        IN_A_FOLDER(stopped),
        IN_A_FOLDER(killed),
        IN_A_FOLDER(nobody_steps),
        IN_A_FOLDER(settling_does_not_end),
        IN_A_FOLDER(what_is_not_settled_stays),
        IN_A_FOLDER(without_landlock),
        IN_A_FOLDER(a_disk_that_fills),
        IN_A_FOLDER(folders_are_closed),
        IN_A_FOLDER(without_a_keeper),
        cmocka_unit_test(the_usual_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
