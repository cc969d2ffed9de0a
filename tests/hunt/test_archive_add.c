/* test_archive_add: adding gets on, whatever its files do: any number of them that end the process that reads them, files that cannot be read and have copies, files
 * that change while their bytes are kept. What files do is made up: this program's pread stands before the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/instant.h"
#include "hunt/archive_add.h"
#include "hunt/archive_original.h"

#include "../folder.h"

#define NOW INT64_C(1790000000000000000)
#define ARCHIVE "archive"
#define EVIDENCE "evidence"

/* ---- what files do ---- */

static pid_t self;
static unsigned *readings;  /* of files that say COUNTED, by all processes */
static unsigned kept_reads; /* of the beginning of a file that says CHANGES, by this process */
static off_t changed_at;

ssize_t pread(int fd, void *to, size_t size, off_t at) {
    ssize_t const n = syscall(SYS_pread64, fd, to, size, at);
    str const begins = n > 0 && at == 0 ? str_first((str){to, (size_t)n}, 64) : (str){"", 0};

    if (str_find(begins, S("ENDS")) != SIZE_MAX && getpid() != self)
        raise(SIGKILL);
    if (str_find(begins, S("COUNTED")) != SIZE_MAX && getpid() != self)
        __atomic_fetch_add(readings, 1, __ATOMIC_SEQ_CST);
    if (str_find(begins, S("BROKEN")) != SIZE_MAX) {
        errno = EIO;
        return -1;
    }
    /* It is looked at by its first few bytes, hashed, then read to be kept. */
    if (str_find(begins, S("CHANGES")) != SIZE_MAX && getpid() == self && size >= 4096 && ++kept_reads == 2) {
        int const file = open(EVIDENCE "/changes", O_WRONLY);

        assert_true(file >= 0 && pwrite(file, "changed", 7, changed_at) == 7);
        close(file);
        return syscall(SYS_pread64, fd, to, size, at);
    }
    return n;
}

static void file_put(const char *name, off_t at, const char *fmt, ...) {
    char path[64], text[256];
    va_list args;

    va_start(args, fmt);
    int const len = vsnprintf(text, sizeof text, fmt, args);

    va_end(args);
    snprintf(path, sizeof path, EVIDENCE "/%s", name);
    int const fd = open(path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0 && pwrite(fd, text, (size_t)len, at) == len);
    close(fd);
}

/* ---- adding ---- */

struct told {
    unsigned files, unread; /* lines of the ledger */
    unsigned damages;
    char why[256]; /* of the last damage */
};

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct told *const t = ctx;

    (void)e;
    t->files++;
    t->unread += c->not_read.len > 0;
    return true;
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct told *const t = ctx;

    (void)e;
    t->damages++;
    snprintf(t->why, sizeof t->why, "%.*s", STR_ARG(d->why));
    return true;
}

static struct archive_add_result add(bool originals, unsigned workers, struct told *told) {
    static const char *const path = EVIDENCE;
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    struct archive_add_result result;
    struct err e = {0};

    *told = (struct told){0};
    assert_true(fields && kinds_new(&kinds, fields, &e) && kinds_seal(kinds, &e));
    struct archive_add_options const o = {.archive = ARCHIVE,
                                          .paths = &path,
                                          .path_count = 1,
                                          .family = S("evidence"),
                                          .fields = fields,
                                          .kinds = kinds,
                                          .latest = INSTANT_NONE,
                                          .zone = S(""),
                                          .originals = originals,
                                          .workers = workers,
                                          .now = NOW,
                                          .custody = on_custody,
                                          .damage = on_damage,
                                          .ctx = told};

    if (!archive_add(&o, &result, &e))
        fail_msg("%s", e.text);
    kinds_free(kinds);
    fields_free(fields);
    return result;
}

static struct vault *opened(void) {
    struct vault *v;
    struct err e = {0};

    if (!vault_open(&v, ARCHIVE, 0, NULL, NULL, &e))
        fail_msg("%s", e.text);
    return v;
}

static int begin(void **state) {
    if (folder_enter(state) != 0 || mkdir(EVIDENCE, 0700) != 0)
        return -1;
    self = getpid();
    kept_reads = 0;
    if (!readings)
        readings = mmap(NULL, sizeof *readings, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return readings == MAP_FAILED ? -1 : 0;
}

/* ---- originals ---- */

static bool take(void *ctx, str bytes, struct err *e) {
    (void)e;
    sha256_add(ctx, bytes);
    return true;
}

/* The bytes that are kept under this hash have it. */
static void original_is_whole(const char *path) {
    uint8_t wanted[SHA256_SIZE], got[SHA256_SIZE];
    struct sha256 *const hash = sha256_new();
    struct vault *const v = opened();
    int const fd = open(path, O_RDONLY);
    uint64_t length, of;
    struct err e = {0};

    assert_true(file_hash(fd, &length, wanted, &e));
    close(fd);
    if (!original_read(v, wanted, 0, UINT64_MAX, take, hash, NULL, &of, &e))
        fail_msg("%s", e.text);
    sha256_end(hash, got);
    assert_int_equal(of, length);
    assert_memory_equal(wanted, got, SHA256_SIZE);
    sha256_free(hash);
    vault_close(v);
}

static unsigned originals_segments(void) {
    struct vault *const v = opened();
    const struct manifest *const m = vault_manifest(v);
    unsigned found = 0;
    size_t count;
    const struct manifest_segment *const all = manifest_segments(m, &count);

    for (size_t i = 0; i < count; i++)
        found += str_eq(manifest_family(m, all[i].family), ARCHIVE_ORIGINALS);
    vault_close(v);
    return found;
}

/* Nothing of it is kept, of however many pieces it is, and that is told; what lies beside it is; and the next time it is as well. */
static void a_file_changes_while_it_is_kept(void **state) {
    static const struct {
        const char *name;
        off_t size, at; /* of the file, and of what changes */
        bool beside;
    } cases[] = {
        {"a small one alone", 4096, 100, false},
        {"a small one", 4096, 100, true},
        {"of several pieces", 5 << 20, (4 << 20) + 5, true},
        {"a large one", 40 << 20, 39 << 20, true},
        {"of several segments", 200 << 20, 199 << 20, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct told told;

        if (i && (system("rm -rf " ARCHIVE " " EVIDENCE) != 0 || mkdir(EVIDENCE, 0700) != 0))
            fail();
        kept_reads = 0;
        changed_at = cases[i].at;
        file_put("changes", 0, "CHANGES\n");
        file_put("changes", cases[i].size, "end\n");
        if (cases[i].beside) {
            file_put("a", 0, "{\"n\":1}\n");
            file_put("z", 0, "{\"n\":2}\n");
        }
        struct archive_add_result result = add(true, 1, &told);

        if (!strstr(told.why, "changed while it was read") || told.damages != 1 || kept_reads < 2)
            fail_msg("%s: told %u, after %u readings: %s", cases[i].name, told.damages, kept_reads, told.why);
        if (result.originals != (cases[i].beside ? 2 : 0) || originals_segments() > cases[i].beside * 2)
            fail_msg("%s: %lu are kept, in %u segments", cases[i].name, (unsigned long)result.originals,
                     originals_segments());
        if (cases[i].beside) {
            original_is_whole(EVIDENCE "/a");
            original_is_whole(EVIDENCE "/z");
        }
        result = add(true, 1, &told);
        assert_int_equal(told.damages, 0);
        assert_int_equal(result.originals, 1);
        original_is_whole(EVIDENCE "/changes");
    }
}

/* ---- files at which a process ends ---- */

/* However many there are, the rest is kept, once, and read a few times. */
static void processes_end(void **state) {
    static const struct {
        const char *name;
        unsigned files, every, workers; /* of so many each n-th ends its reader; 0: none */
    } cases[] = {{"none", 20, 0, 1}, {"one", 20, 20, 2},        {"the only one", 1, 1, 1},
                 {"each", 66, 1, 1}, {"each second", 16, 2, 2}, {"each 60th of many", 300, 60, 1}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned const ends = cases[i].every ? cases[i].files / cases[i].every : 0;
        struct told told;

        if (system("rm -rf " ARCHIVE " " EVIDENCE) != 0 || mkdir(EVIDENCE, 0700) != 0)
            fail();
        *readings = 0;
        for (unsigned n = 1; n <= cases[i].files; n++) {
            char name[16];

            snprintf(name, sizeof name, "%04u", n);
            file_put(name, 0, "{\"%s\":%u}\n", ends && n % cases[i].every == 0 ? "ENDS" : "COUNTED", n);
        }
        struct archive_add_result const result = add(false, cases[i].workers, &told);

        if (told.files != cases[i].files || told.unread != ends || result.records != cases[i].files - ends ||
            result.files != cases[i].files - ends || *readings > 10 * cases[i].files)
            fail_msg("%s: %u lines, %u not read, %lu records, %u readings", cases[i].name, told.files, told.unread,
                     (unsigned long)result.records, *readings);
        if (cases[i].files > 20)
            continue;
        /* What was kept is known; the others are tried again. */
        struct archive_add_result const again = add(false, cases[i].workers, &told);

        assert_int_equal(again.known, cases[i].files - ends);
        assert_int_equal(again.records, 0);
        assert_int_equal(told.unread, ends);
    }
}

/* ---- files that nobody can read ---- */

/* Whether copies of others are copies of one that cannot be read nobody knows; of each of them one is kept. */
static void copies_beside_one_that_cannot_be_read(void **state) {
    static const struct {
        const char *name, *files[6]; /* all of one size: the first word of each */
        unsigned records, known, unread;
    } cases[] = {
        {"copies", {"COPY", "COPY", "COPY"}, 1, 2, 0},
        {"behind one that cannot be read", {"BROKEN", "SAME--", "SAME--", "SAME--"}, 1, 2, 1},
        {"and in front of it", {"SAME--", "BROKEN", "SAME--"}, 1, 1, 1},
        {"two kinds of them", {"BROKEN", "SAME--", "OTHER-", "OTHER-", "SAME--"}, 2, 2, 1},
        {"of one that ends its reader", {"ENDS--", "ENDS--", "SAME--", "SAME--"}, 1, 1, 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct told told;

        if (system("rm -rf " ARCHIVE " " EVIDENCE) != 0 || mkdir(EVIDENCE, 0700) != 0)
            fail();
        for (unsigned n = 0; n < COUNT(cases[i].files) && cases[i].files[n]; n++) {
            char name[16];

            snprintf(name, sizeof name, "%u", n);
            file_put(name, 0, "{\"%s\":1}\n", cases[i].files[n]);
        }
        struct archive_add_result const result = add(false, 1, &told);

        if (result.records != cases[i].records || result.known != cases[i].known || told.unread != cases[i].unread)
            fail_msg("%s: %lu records, %lu known, %u not read", cases[i].name, (unsigned long)result.records,
                     (unsigned long)result.known, told.unread);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_changes_while_it_is_kept, begin, folder_leave),
        cmocka_unit_test_setup_teardown(processes_end, begin, folder_leave),
        cmocka_unit_test_setup_teardown(copies_beside_one_that_cannot_be_read, begin, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
