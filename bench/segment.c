/* segment: records of a log written into segments, and read back, in one process, without workers.
 *
 *     segment write FILE OUT      OUT.0, OUT.1, ..: as many as it takes; seconds are of reading the log and writing segments
 *     segment read FILE [COLUMNS] one segment read back: all columns, or so many of those with the most cells
 *     segment columns FILE        what of the file each column takes
 *     segment keys FILE           keys of the index (intel/observable_key.h), column by column, and what they cost
 *     segment check FILE
 *
 * Prints one line of JSON: seconds of wall clock and of processor, bytes, events; `write` tells also of the reading alone. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/index.h"
#include "archive/segment.h"
#include "event/ingest.h"
#include "intel/observable_key.h"
#include "reader/reader.h"

static double seconds(clockid_t clock) {
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void fail(const struct err *e) {
    fprintf(stderr, "segment: %s\n", e->text);
    exit(1);
}

/* The most memory of this process that was resident at once; ru_maxrss would be that of who started it, if that was more. */
static unsigned long resident_kib(void) {
    FILE *const f = fopen("/proc/self/status", "re");
    unsigned long kib = 0;
    char line[256];

    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoul(line + 6, NULL, 10);
    if (f)
        (void)fclose(f);
    return kib;
}

static void no_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why;
}

/* ---- writing ---- */

struct writing {
    struct event_sink sink;
    struct segment_options options;
    struct segment_writer *w;
    uint32_t source, number;
    field_id time;
    const char *out;
    uint64_t events, record_bytes, size, values, cells;
    size_t held;
    bool dry; /* reading alone */
};

static void end(struct writing *to, struct err *e) {
    struct segment_info info;

    if (!segment_writer_finish(to->w, NULL, &info, e))
        fail(e);
    to->size += info.size;
    to->values += info.values;
    to->cells += info.cells;
    segment_writer_free(to->w);
    close(to->options.fd);
    to->w = NULL;
}

static void begin(struct writing *to, struct err *e) {
    char path[4096];

    snprintf(path, sizeof path, "%s.%u", to->out, to->number++);
    to->options.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to->options.fd < 0 || !segment_writer_new(&to->w, &to->options, e) ||
        !segment_writer_source(
            to->w, &(struct segment_source){.path = str_of(to->out), .reader = S("bench"), .modified = INSTANT_NONE},
            &to->source, e))
        fail(e);
}

/* The time of an event as far as it costs little to know: kinds would say it. */
static int64_t time_of(const struct writing *to, const struct record *r) {
    if (r->when != INSTANT_NONE)
        return r->when;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->values[i].field == to->time && r->values[i].type == RAW_TEXT)
            return instant_parse((str){r->values[i].ptr, r->values[i].len});
    return INSTANT_NONE;
}

static bool take(struct event_sink *sink, const struct record *r, struct err *e) {
    struct writing *const to = (struct writing *)(void *)sink;

    to->events++;
    to->record_bytes += r->size;
    if (to->dry)
        return true;
    if (!to->w)
        begin(to, e);
    if (!segment_writer_record(to->w, to->source, r, time_of(to, r), S("kind"), e))
        return false;
    if (segment_writer_full(to->w)) {
        to->held = segment_writer_bytes(to->w);
        end(to, e);
    }
    return true;
}

static void read_log(const char *path, struct writing *to, struct err *e) {
    struct file_input f;
    const struct reader *reader;
    str head = S("");

    if (!file_input_open(&f, path, e) || !f.input.window(&f.input, 0, 65536, &head, e))
        fail(e);
    if (!(reader = reader_for(str_first(head, 65536), NULL))) {
        fputs("segment: nobody reads this\n", stderr);
        exit(1);
    }
    if (!reader->read(&f.input, (struct part){0, UINT64_MAX}, &to->sink, e))
        fail(e);
    file_input_close(&f);
}

static int write_segments(const char *path, const char *out, struct err *e) {
    struct fields *const fields = fields_new();
    struct writing to = {.sink = {.fields = fields, .record = take, .damage = no_damage},
                         .options = {.fields = fields, .to_file = true},
                         .out = out};
    double cpu, read_cpu, wall;
    struct stat st;

    if (stat(path, &st) != 0)
        return 1;
    to.time = field_intern(fields, S("CreationTime"));
    to.dry = true;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    read_log(path, &to, e);
    read_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    to.dry = false;
    to.events = to.record_bytes = 0;
    wall = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    read_log(path, &to, e);
    if (to.w) {
        to.held = segment_writer_bytes(to.w);
        end(&to, e);
    }
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    printf("{\"wall\":%.4f,\"cpu\":%.4f,\"read_cpu\":%.4f,\"bytes\":%lu,\"events\":%lu,\"size\":%lu,\"segments\":%u,"
           "\"values\":%lu,\"cells\":%lu,\"held\":%lu,\"rss_kib\":%lu}\n",
           wall, cpu, read_cpu, (unsigned long)st.st_size, (unsigned long)to.events, (unsigned long)to.size, to.number,
           (unsigned long)to.values, (unsigned long)to.cells, (unsigned long)to.held, resident_kib());
    return 0;
}

/* ---- reading ---- */

static struct segment *open_segment(const char *path, struct err *e) {
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    struct segment *s;
    struct stat st;
    void *map;

    if (fd < 0 || fstat(fd, &st) != 0 ||
        (map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0)) == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    close(fd);
    if (!segment_open(&s, (str){map, (size_t)st.st_size}, str_of(path), 0, e))
        fail(e);
    return s;
}

struct heard {
    struct event_sink sink;
    uint8_t *wanted;
    uint64_t rows, cells, bytes;
};

static bool hear(struct event_sink *sink, const struct record *r, struct err *e) {
    struct heard *const h = (struct heard *)(void *)sink;

    (void)e;
    h->rows++;
    h->cells += r->count;
    for (uint32_t i = 0; i < r->count; i++)
        h->bytes += r->values[i].len;
    return true;
}

static bool wants(struct event_sink *sink, field_id field) {
    return ((struct heard *)(void *)sink)->wanted[field];
}

static bool wants_inner(struct event_sink *sink, field_id field) {
    return ((struct heard *)(void *)sink)->wanted[field];
}

static int read_segment(const char *path, uint64_t most, struct err *e) {
    double const wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    struct segment *const s = open_segment(path, e);
    uint32_t const columns = segment_info(s)->columns;
    struct fields *const fields = fields_new();
    uint8_t *const wanted = calloc(FIELDS_MAX, 1);
    struct heard h = {
        .sink = {.fields = fields, .wants = wants, .wants_inner = wants_inner, .record = hear, .damage = no_damage},
        .wanted = wanted};

    for (uint64_t n = 0; n < most && n < columns; n++) {
        uint64_t best = 0;
        field_id field = FIELD_NONE;

        for (uint32_t i = 2; i < columns; i++) {
            struct segment_column const c = segment_column(s, i);
            field_id const id = field_intern(fields, c.name);

            if (!wanted[id] && c.cells > best) {
                best = c.cells;
                field = id;
            }
        }
        if (field == FIELD_NONE)
            break;
        wanted[field] = 1;
    }
    if (!segment_read(s, &(struct segment_reading){.sink = &h.sink}, e))
        fail(e);
    printf("{\"wall\":%.4f,\"cpu\":%.4f,\"size\":%lu,\"events\":%lu,\"cells\":%lu,\"bytes\":%lu}\n",
           seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
           (unsigned long)segment_info(s)->size, (unsigned long)h.rows, (unsigned long)h.cells, (unsigned long)h.bytes);
    segment_close(s);
    return 0;
}

static int tell_columns(const char *path, struct err *e) {
    struct segment *const s = open_segment(path, e);
    const struct segment_info *const info = segment_info(s);

    printf("%u rows, %u shapes, %u chunks\n", info->rows, info->shapes, info->chunks);
    for (uint32_t i = 0; i < info->columns; i++) {
        struct segment_column const c = segment_column(s, i);

        printf("%8.3f B/row %9lu cells %9u values %04x %s %.*s\n", (double)c.bytes / info->rows, (unsigned long)c.cells,
               c.values, c.types, c.repeats ? "repeats" : "       ", STR_ARG(c.name));
    }
    segment_close(s);
    return 0;
}

/* ---- keys ---- */

struct piled {
    uint64_t *keys, *room;
    size_t count, has;
    uint64_t addresses;
};

static bool pile_key(void *ctx, uint64_t key, struct err *e) {
    struct piled *const p = ctx;

    if (p->count == p->has) {
        p->has = p->has * 2 + 4096;
        if (!(p->keys = reallocarray(p->keys, p->has, sizeof *p->keys)))
            return err_set(e, ERR_MEMORY, 0, "no memory");
    }
    p->keys[p->count++] = key;
    return true;
}

static bool pile_address(void *ctx, const struct address *a, struct err *e) {
    (void)a;
    (void)e;
    ((struct piled *)ctx)->addresses++;
    return true;
}

static int tell_keys(const char *path, struct err *e) {
    static const uint8_t secret[OBSERVABLE_SECRET] = "a secret that every bench knows";
    struct segment *const s = open_segment(path, e);
    const struct segment_info *const info = segment_info(s);
    struct piled p = {.count = 0};
    struct observable_key_sink const sink = {pile_key, pile_address, &p};
    struct observable_keys *keys;
    double unpacking = 0, keying = 0;
    uint64_t told = 0, sum = 0;

    if (!observable_keys_new(&keys, secret, e))
        fail(e);
    observable_keys_pile(keys, 1);
    for (uint32_t i = 0; i < info->columns; i++) {
        struct segment_column const c = segment_column(s, i);
        const struct segment_value *values;
        size_t const before = p.count;
        enum segment_spoken spoken;

        if (!segment_column_spoken(s, i, &spoken, e))
            fail(e);
        if (c.own || spoken != SPOKEN_OWN)
            continue;
        double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

        if (!segment_column_values(s, i, false, &values, e))
            fail(e);
        unpacking += seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        for (uint32_t v = 0; v < c.values; v++)
            if (!observable_keys_of(keys, values[v].type, (str){values[v].ptr, values[v].len}, &sink, e))
                fail(e);
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        keying += cpu;
        printf("%8.3f us/row %9u values %9zu keys %.*s\n", cpu / info->rows * 1e6, c.values, p.count - before,
               STR_ARG(c.name));
        segment_forget(s);
    }
    told = p.count;
    if (!(p.room = reallocarray(p.room, p.has + 1, sizeof *p.room)))
        return 1;
    p.count = p.count ? index_keys_sort(p.keys, p.room, p.count) : 0;
    for (size_t i = 0; i < p.count; i++)
        sum = (sum ^ p.keys[i]) * 0x9e3779b97f4a7c15u;
    printf("{\"events\":%u,\"unpack_us\":%.4f,\"key_us\":%.4f,\"told\":%lu,\"keys\":%zu,\"sum\":\"%016lx\",\"size\":%"
           "lu}\n",
           info->rows, unpacking / info->rows * 1e6, keying / info->rows * 1e6, (unsigned long)told, p.count,
           (unsigned long)sum, (unsigned long)info->size);
    segment_close(s);
    return 0;
}

static int check(const char *path, struct err *e) {
    double const cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    struct segment *const s = open_segment(path, e);

    if (!segment_check(s, NULL, NULL, e))
        fail(e);
    printf("{\"cpu\":%.4f,\"size\":%lu}\n", seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
           (unsigned long)segment_info(s)->size);
    segment_close(s);
    return 0;
}

int main(int argc, char **argv) {
    struct err e = {0};
    uint64_t most = UINT64_MAX;

    if (argc == 4 && strcmp(argv[1], "write") == 0)
        return write_segments(argv[2], argv[3], &e);
    if (argc == 4)
        (void)!str_u64(str_of(argv[3]), UINT32_MAX, &most);
    if (argc >= 3 && strcmp(argv[1], "read") == 0)
        return read_segment(argv[2], most, &e);
    if (argc == 3 && strcmp(argv[1], "columns") == 0)
        return tell_columns(argv[2], &e);
    if (argc == 3 && strcmp(argv[1], "keys") == 0)
        return tell_keys(argv[2], &e);
    if (argc == 3 && strcmp(argv[1], "check") == 0)
        return check(argv[2], &e);
    fputs("segment: write FILE OUT | read FILE [COLUMNS] | columns FILE | keys FILE | check FILE\n", stderr);
    return 2;
}
