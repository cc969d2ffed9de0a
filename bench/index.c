/* bench_index: sorted keys of indicators against a run of very many keys, warm and cold, beside what the machine can do at best: random reads
 * of memory, and of the disk.
 *
 * bench_index make FILE KEYS [exact SEGMENTS [PART]]   makes a run of KEYS keys; PART: which of several: other keys, other segments
 * bench_index ask FILE KEYS ASKED [RUNS]               asks ASKED keys of it (of PART 0)
 * bench_index merge OUT FILE...                        merges exact runs
 * bench_index keys FILE                                the keys of values, one a line
 *
 * The keys are made in order, without sorting: the gaps between sorted uniform numbers are exponential, so key n + 1 is key n plus a gap out
 * of a seeded generator, of mean 2^64 / (KEYS + 1). When they reach the end of the 64 bits before KEYS of them are there, the rest is left out; the
 * mean is made smaller by six standard deviations so that this does not happen. Every 1,000th of the keys asked is one that is there. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/index.h"
#include "base/file.h"
#include "event/record.h"
#include "intel/observable_key.h"

#define SEED UINT64_C(0x9e3779b97f4a7c15)
#define RUNS_MAX 101
#define LINES ((size_t)1 << 25) /* of 64 bytes: 2 GiB, unless less memory is asked for */

static double seconds(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
    double const x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *took, int count) {
    qsort(took, (size_t)count, sizeof *took, ascending);
    return took[count / 2];
}

static uint64_t next(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Sorted uniform keys, one after the other. */
struct stream {
    uint64_t state, key;
    double mean;
};

static struct stream stream_of(uint64_t keys, uint32_t which) {
    double const n = (double)keys;

    return (struct stream){SEED + which * UINT64_C(0x632be59bd9b4e019), 0,
                           18446744073709551616.0 / (n + 1) / (1 + 6 / sqrt(n))};
}

static bool stream_next(struct stream *s) {
    double const u = ((double)(next(&s->state) >> 11) + 0.5) * 0x1p-53;
    double const gap = -log(u) * s->mean + 1;

    if (gap >= (double)(UINT64_MAX - s->key))
        return false;
    s->key += (uint64_t)gap;
    return true;
}

static int fail(const char *what, const struct err *e) {
    fprintf(stderr, "bench_index: %s: %s\n", what, e->text);
    return 1;
}

static int make(const char *path, uint64_t keys, uint32_t segments, uint32_t which) {
    int const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    uint32_t *const numbers = malloc((segments ? segments : 1) * sizeof *numbers), places[8];
    struct stream s = stream_of(keys, which);
    struct index_writer *w;
    struct err e;
    uint64_t made = 0, state = 1;
    double const start = seconds();

    for (uint32_t i = 0; i < (segments ? segments : 1); i++)
        numbers[i] = which * segments + i;
    struct index_options const o = {.made = 1,
                                    .segments = numbers,
                                    .segment_count = segments ? segments : 1,
                                    .keys = keys,
                                    .presence_only = !segments,
                                    .fd = fd,
                                    .folder = "."};

    if (fd < 0 || !index_writer_new(&w, &o, &e))
        return fail(path, &e);
    for (; made < keys && stream_next(&s); made++) {
        struct index_posting p = {places, 1, false};

        places[0] = 0;
        if (segments > 8) { /* half of them in one segment, the others in two to eight neighbours */
            uint64_t const r = next(&state);

            p.count = r & 1 ? 1 : 1 + (r >> 1 & 7);
            places[0] = (uint32_t)((r >> 8) % (segments - 8));
            for (size_t i = 1; i < p.count; i++)
                places[i] = places[i - 1] + 1;
        }
        if (!index_writer_key(w, s.key, p, &e))
            return fail(path, &e);
    }
    if (!index_writer_finish(w, &e))
        return fail(path, &e);
    index_writer_free(w);
    fsync(fd);
    struct stat about;

    fstat(fd, &about);
    close(fd);
    double const took = seconds() - start;

    printf("make %llu keys, %.0f M/s, %.2f B/key\n", (unsigned long long)made, (double)made / took / 1e6,
           (double)about.st_size / (double)made);
    free(numbers);
    return 0;
}

/* Independent reads of random lines: what no lookup of a line can be faster than. */
static double random_read(size_t lines) {
    char *const memory =
        mmap(NULL, lines * 64, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    size_t const reads = 1 << 20;
    double took[5];
    uint64_t kept = 0, state = 3;

    if (memory == MAP_FAILED)
        return NAN;
    for (int run = 0; run < 5; run++) {
        uint64_t x = state;
        double const start = seconds();

        for (size_t i = 0; i < reads; i++) {
            x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            kept += (uint64_t)memory[(x >> 33) % lines * 64];
        }
        took[run] = (seconds() - start) / (double)reads;
        state = x;
    }
    munmap(memory, lines * 64);
    return kept == 1 ? NAN : median(took, 5);
}

static bool drop(const char *path) {
    int const fd = open(path, O_RDONLY);
    bool const ok = fd >= 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static void warm(const char *path) {
    static char room[1 << 20];
    int const fd = open(path, O_RDONLY);

    while (fd >= 0 && read(fd, room, sizeof room) > 0)
        ;
    if (fd >= 0)
        close(fd);
}

/* The keys that are asked for, sorted, every thousandth of which is there. */
static size_t asked_make(uint64_t keys, size_t asked, uint64_t *out, uint64_t *room) {
    size_t const there = asked / 1000;
    uint64_t state = 77;
    struct stream s = stream_of(keys, 0);
    uint64_t const step = there ? keys / there : 0;

    for (size_t i = 0; i < asked - there; i++)
        out[i] = next(&state);
    for (uint64_t i = 0, n = 0; n < there && i < keys && stream_next(&s); i++)
        if (i % step == step / 2)
            out[asked - there + n++] = s.key;
    return index_keys_sort(out, room, asked);
}

static int ask(const char *path, uint64_t keys, size_t asked, int runs) {
    uint64_t *const wanted = malloc(asked * sizeof *wanted), *const room = malloc(asked * sizeof *room);
    uint64_t *const bits = malloc((asked / 64 + 1) * sizeof *bits);
    static const char *const names[] = {"scalar", "AVX2", "AVX-512"};
    struct index_hits h = {0};
    double took[RUNS_MAX];
    struct index_run *r;
    size_t maybe = 0;
    struct err e;
    double start;

    if (!wanted || !room || !bits)
        return 1;
    size_t const count = asked_make(keys, asked, wanted, room);

    for (size_t i = 0; i < count; i++) /* what sorting them costs */
        room[i] = wanted[(i * 7919) % count];
    start = seconds();
    (void)index_keys_sort(room, wanted, count);
    double const sorting = seconds() - start;

    (void)asked_make(keys, asked, wanted, room);
    double const limit = random_read(LINES);

    for (int run = 0; run < runs; run++) {
        drop(path);
        if (!index_run_open(&r, path, &e))
            return fail(path, &e);
        start = seconds();
        if (!index_run_find(r, wanted, count, &h, &e))
            return fail(path, &e);
        took[run] = seconds() - start;
        index_run_close(r);
    }
    printf("cold, %zu keys: %.1f ms median of %d, %zu hits, %llu damaged\n", count, median(took, runs) * 1e3, runs,
           h.count, (unsigned long long)h.damaged);
    warm(path);
    for (int run = 0; run < runs; run++) {
        if (!index_run_open(&r, path, &e))
            return fail(path, &e);
        start = seconds();
        if (!index_run_presence(r, wanted, count, bits, &maybe, &e))
            return fail(path, &e);
        took[run] = seconds() - start;
        index_run_close(r);
    }
    printf("warm, just opened (each page is checked once): %.1f ms\n", median(took, runs) * 1e3);
    if (!index_run_open(&r, path, &e))
        return fail(path, &e);
    for (unsigned speed = INDEX_PLAIN; speed <= INDEX_AVX512; speed++) {
        if (index_run_speed(r, speed) != speed)
            continue;
        for (int run = -1; run < runs; run++) {
            start = seconds();
            if (!index_run_presence(r, wanted, count, bits, &maybe, &e))
                return fail(path, &e);
            took[run < 0 ? 0 : run] = seconds() - start;
        }
        double const each = median(took, runs) / (double)count;

        printf("warm, %s: %.1f ms, %.1f ns a key = %.2f random reads (%.1f ns each), %zu perhaps\n", names[speed],
               each * (double)count * 1e3, each * 1e9, each / limit, limit * 1e9, maybe);
    }
    for (int run = -1; run < runs; run++) {
        start = seconds();
        if (!index_run_find(r, wanted, count, &h, &e))
            return fail(path, &e);
        took[run < 0 ? 0 : run] = seconds() - start;
    }
    printf("warm, whole lookup: %.1f ms, %zu hits; sorting %zu keys: %.1f ms\n", median(took, runs) * 1e3, h.count,
           count, sorting * 1e3);
    index_run_close(r);
    index_hits_free(&h);
    free(wanted);
    free(room);
    free(bits);
    return 0;
}

static int merge(const char *path, char **from, int count) {
    int const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct index_options const o = {.fd = fd, .folder = "."};
    struct index_run *runs[16], *r;
    uint64_t keys = 0;
    struct err e;

    if (fd < 0 || count < 1 || count > 16)
        return 2;
    for (int i = 0; i < count; i++) {
        if (!index_run_open(&runs[i], from[i], &e))
            return fail(from[i], &e);
        keys += index_run_info(runs[i]).keys;
    }
    double const start = seconds();

    if (!index_merge(runs, (size_t)count, NULL, 0, &o, &e))
        return fail(path, &e);
    double const took = seconds() - start;

    close(fd);
    for (int i = 0; i < count; i++)
        index_run_close(runs[i]);
    if (!index_run_open(&r, path, &e))
        return fail(path, &e);
    struct index_info const info = index_run_info(r);

    printf("merge %d runs, %llu keys into %llu: %.1f M/s, %.2f B/key\n", count, (unsigned long long)keys,
           (unsigned long long)info.keys, (double)keys / took / 1e6, (double)info.size / (double)info.keys);
    index_run_close(r);
    return 0;
}

struct counted {
    struct index_collector *c;
    uint64_t keys;
};

static bool key_count(void *ctx, uint64_t key, struct err *e) {
    struct counted *const n = ctx;

    n->keys++;
    return index_collector_key(n->c, key, e);
}

static bool address_count(void *ctx, const struct address *address, struct err *e) {
    return index_collector_address(((struct counted *)ctx)->c, address, e);
}

static int keys_of(const char *path) {
    static const uint8_t secret[OBSERVABLE_SECRET] = "bench";
    uint32_t const segment = 1;
    struct buf text = {0}, run = {0};
    struct index_options const o = {.segments = &segment, .segment_count = 1, .to = &run};
    struct counted n = {.keys = 0};
    struct observable_key_sink const sink = {key_count, address_count, &n};
    struct observable_keys *k;
    struct index_run *r;
    uint64_t values = 0;
    struct err e;

    if (!file_read(path, (size_t)1 << 31, &text, &e) || !observable_keys_new(&k, secret, &e) ||
        !index_collector_new(&n.c, 0, NULL, &e))
        return fail(path, &e);
    double const start = seconds();

    for (str left = buf_str(&text); left.len; values++) {
        str const line = str_first(left, str_find_byte(left, '\n'));

        if (!observable_keys_of(k, RAW_TEXT, line, &sink, &e))
            return fail(path, &e);
        left = str_from(left, line.len + 1);
    }
    double const told = seconds();

    if (!index_collector_finish(n.c, &o, &e) || !index_run_of(&r, buf_str(&run), S("bench"), &e))
        return fail(path, &e);
    double const took = seconds();
    struct index_info const info = index_run_info(r);

    printf("%llu values, %.0f bytes each: %.0f ns a value, %.1f keys a value; sorted and written %.0f ns a value; "
           "%.2f distinct keys a value, %llu addresses, %.1f bytes a value\n",
           (unsigned long long)values, (double)text.len / (double)values, (told - start) / (double)values * 1e9,
           (double)n.keys / (double)values, (took - told) / (double)values * 1e9, (double)info.keys / (double)values,
           (unsigned long long)info.addresses, (double)info.size / (double)values);
    index_run_close(r);
    index_collector_free(n.c);
    observable_keys_free(k);
    buf_free(&text);
    buf_free(&run);
    return 0;
}

int main(int argc, char **argv) {
    if (argc >= 4 && strcmp(argv[1], "make") == 0)
        return make(argv[2], strtoull(argv[3], NULL, 10),
                    argc >= 6 && strcmp(argv[4], "exact") == 0 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0,
                    argc >= 7 ? (uint32_t)strtoul(argv[6], NULL, 10) : 0);
    if (argc >= 4 && strcmp(argv[1], "merge") == 0)
        return merge(argv[2], argv + 3, argc - 3);
    if (argc >= 5 && strcmp(argv[1], "ask") == 0) {
        int const runs = argc >= 6 ? (int)strtol(argv[5], NULL, 10) : 5;

        return ask(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10),
                   runs < 1          ? 1
                   : runs > RUNS_MAX ? RUNS_MAX
                                     : runs);
    }
    if (argc >= 3 && strcmp(argv[1], "keys") == 0)
        return keys_of(argv[2]);
    fprintf(stderr, "bench_index make FILE KEYS [exact SEGMENTS [PART]] | ask FILE KEYS ASKED [RUNS] | merge OUT "
                    "FILE... | keys FILE\n");
    return 2;
}
