/* manifest: what a commit to an archive costs beside what the disk asks for one fsync, and how long an archive of many segments takes to open.
 *
 *   bench_manifest FOLDER [SEGMENTS]   FOLDER: on the disk in question; is made, and removed again. SEGMENTS: 1000000 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/manifest_record.h"
#include "archive/vault.h"
#include "base/file.h"
#include "base/instant.h"

#define COMMITS 300
#define RUNS 5
#define MEGABYTE ((size_t)1 << 20)

static double seconds(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static int ascending(const void *a, const void *b) {
    double const x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void latencies(const char *what, double *took, size_t count) {
    qsort(took, count, sizeof *took, ascending);
    printf("%-34s p50 %6.2f ms  p99 %6.2f ms\n", what, took[count / 2] * 1e3, took[count * 99 / 100] * 1e3);
}

/* What the disk itself asks: append and fdatasync; a new file, fsync, rename, fsync of the folder. */
static void disk(const char *folder) {
    static double took[COMMITS];
    static char bytes[4096];
    char path[4096], to[4096];
    struct err e;

    snprintf(path, sizeof path, "%s/plain", folder);
    int const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    for (size_t i = 0; i < COMMITS; i++) {
        double const start = seconds();

        if (write(fd, bytes, 200) != 200 || fdatasync(fd) != 0)
            die("fdatasync");
        took[i] = seconds() - start;
    }
    close(fd);
    latencies("append 200 bytes, fdatasync", took, COMMITS);
    for (size_t i = 0; i < COMMITS; i++) {
        double const start = seconds();
        int const file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        snprintf(to, sizeof to, "%s/renamed%zu", folder, i);
        if (file < 0 || write(file, bytes, sizeof bytes) != sizeof bytes || fsync(file) != 0 || rename(path, to) != 0 ||
            !file_folder_sync(AT_FDCWD, folder, &e))
            die("fsync");
        close(file);
        took[i] = seconds() - start;
        unlink(to);
    }
    latencies("4 KB: fsync, rename, folder", took, COMMITS);
}

static void commits(const char *path, size_t size, size_t group) {
    static double took[COMMITS];
    size_t const count = size >= MEGABYTE || group > 1 ? COMMITS / 5 : COMMITS;
    char *const bytes = calloc(1, size);
    struct vault *v;
    struct err e;
    char what[64];

    if (!bytes || !vault_open_writer(&v, path, NULL, 1, NULL, NULL, &e))
        die(e.text);
    for (size_t i = 0; i < count; i++) {
        double const start = seconds();

        for (size_t k = 0; k < group; k++) {
            struct manifest_segment const about = {.rows = 1, .first = 1, .last = 1, .month = 12 * 1970};
            struct vault_part *p;
            uint64_t number;
            int fd;

            snprintf(bytes, size, "%zu %zu %zu %zu", size, group, i, k);
            if (!vault_part_new(v, &p, &fd, &e) || write(fd, bytes, size) != (ssize_t)size ||
                !vault_add(v, p, &about, S("m365"), &number, NULL, &e))
                die(e.text);
        }
        if (!vault_commit(v, 1, &e))
            die(e.text);
        took[i] = seconds() - start;
    }
    vault_close(v);
    free(bytes);
    snprintf(what, sizeof what, "commit of %zu x %zu KB", group, size / 1024);
    latencies(what, took, count);
}

/* Segments by the number, each in a record of its own; no files. */
static void many(const char *path, uint64_t segments) {
    struct buf bytes = {0}, operation = {0};
    struct sha256 *const h = sha256_new();
    struct manifest_record r = {.sequence = 1, .count = 1, .at = 1};
    char name[4096];
    struct generation_head head;
    struct err e;

    snprintf(name, sizeof name, "%s/MANIFEST-000001", path);
    if (!h || !file_read(name, MEGABYTE, &bytes, &e) || !generation_head_read(buf_str(&bytes), &head, &e))
        die("no manifest");
    sha256_add(h, str_from(buf_str(&bytes), generation_records(&head)));
    sha256_end(h, r.hash);
    for (uint64_t n = 1; n <= segments; n++) {
        static const char *const families[] = {"m365", "windows", "dns", "proxy"};
        struct manifest_operation o = {.what = DO_ADD, .add.family = str_of(families[n % 4])};
        size_t const from = bytes.len;

        o.add.segment =
            (struct manifest_segment){.number = n, .length = 50 * MEGABYTE, .rows = 1000000, .first = 1, .last = 2};
        o.add.segment.month = (int32_t)(12 * 2010 + n % 168);
        memcpy(o.add.segment.sha256, &n, sizeof n);
        operation.len = 0;
        memcpy(r.previous, r.hash, sizeof r.hash);
        r.sequence++;
        if (!manifest_encode(&o, &operation, &e))
            die(e.text);
        r.operations = buf_str(&operation);
        if (!manifest_record_write(&bytes, &r, head.id, NULL, &e))
            die(e.text);
        sha256_add(h, str_from(buf_str(&bytes), from));
        sha256_end(h, r.hash);
    }
    struct file_out *f;

    if (!file_out_open(&f, name, &e))
        die(e.text);
    file_out_add(f, buf_str(&bytes));
    if (!file_out_commit(f, &e))
        die(e.text);
    sha256_free(h);
    buf_free(&operation);
    buf_free(&bytes);
}

static void opening(const char *path, const char *what) {
    double took[RUNS], found[RUNS];
    uint64_t live = 0, size = 0;

    for (size_t i = 0; i < RUNS; i++) {
        double const start = seconds();
        const struct manifest_segment *s;
        struct vault *v;
        struct stat st;
        char name[4096];
        uint8_t none[SHA256_SIZE] = {0};
        struct err e;

        if (!vault_open(&v, path, 0, NULL, NULL, &e))
            die(e.text);
        took[i] = seconds() - start;
        double const then = seconds();

        if (!manifest_of_bytes((struct manifest *)(uintptr_t)vault_manifest(v), none, &s, &e))
            die(e.text);
        found[i] = seconds() - then;
        live = manifest_live_count(vault_manifest(v));
        snprintf(name, sizeof name, "%s/MANIFEST-%06llu", path, (unsigned long long)vault_generation(v));
        size = stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
        vault_close(v);
    }
    qsort(took, RUNS, sizeof *took, ascending);
    qsort(found, RUNS, sizeof *found, ascending);
    printf("open %llu segments, %-18s %6.0f ms (%llu MB), table of bytes %4.0f ms, median of %d\n",
           (unsigned long long)live, what, took[RUNS / 2] * 1e3, (unsigned long long)(size >> 20),
           found[RUNS / 2] * 1e3, RUNS);
}

int main(int argc, char **argv) {
    char path[4000], command[4096];
    struct vault *v;
    struct err e;

    if (argc < 2)
        die("bench_manifest FOLDER [SEGMENTS]");
    uint64_t const segments = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;

    if (mkdir(argv[1], 0700) != 0)
        die("the folder is there already, or cannot be made");
    disk(argv[1]);
    snprintf(path, sizeof path, "%s/commits", argv[1]);
    if (!vault_create(path, S(""), S(""), 1, &e))
        die(e.text);
    commits(path, 4096, 1);
    commits(path, MEGABYTE, 1);
    commits(path, 4096, 16);
    snprintf(path, sizeof path, "%s/many", argv[1]);
    if (!vault_create(path, S(""), S(""), 1, &e))
        die(e.text);
    many(path, segments);
    opening(path, "a record each");
    if (!vault_open_writer(&v, path, NULL, 1, NULL, NULL, &e) || !vault_roll(v, 1, &e))
        die(e.text);
    vault_close(v);
    opening(path, "written anew");
    snprintf(command, sizeof command, "rm -rf '%s'", argv[1]);
    return system(command) != 0;
}
