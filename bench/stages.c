/* stages: how long reading takes alone, with blocks, and with detection, of one log in one process, without workers.
 *
 *     stages read|blocks|detect FILE RULES...
 *
 * Prints one line of JSON: seconds of wall clock and of processor, bytes, record bytes, events. The rules are loaded before
 * the clock starts; detection includes telling what was found to a callback. */
#include "detection/detect.h"
#include "event/ingest.h"
#include "reader/reader.h"

#define DERIVED_MAX ((size_t)16 << 20)

struct stage {
    struct event_sink count; /* read: counts and looks at nothing */
    uint64_t events, record_bytes, hits;
    struct ingest *ingest;
    struct detector *detector;
    bool detect; /* false: blocks only */
};

static bool counted(struct event_sink *sink, const struct record *r, struct err *e) {
    struct stage *const s = (struct stage *)(void *)sink;

    (void)e;
    s->events++;
    s->record_bytes += r->size;
    return true;
}

static void no_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why;
}

static void ingest_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    (void)offset;
    (void)size;
    (void)why;
}

static bool full(void *ctx, struct err *e) {
    struct stage *const s = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(s->ingest, &count);

    for (size_t i = 0; i < count; i++) {
        s->events += blocks[i]->row_count;
        for (uint32_t k = 0; k < blocks[i]->row_count; k++)
            s->record_bytes += blocks[i]->rows[k].size;
    }
    if (s->detect && !detector_run(s->detector, blocks, count, e))
        return false;
    ingest_clear(s->ingest, s->detector && detector_bytes(s->detector) > DERIVED_MAX);
    return true;
}

static bool hit(void *ctx, const struct detect_hit *h, struct err *e) {
    (void)h;
    (void)e;
    ((struct stage *)ctx)->hits++;
    return true;
}

static struct ingest_wish wants(void *ctx, const struct block *b, field_id field) {
    return detector_wants(((struct stage *)ctx)->detector, b, field);
}

static bool sift(void *ctx, const struct block *b, const struct raw *v) {
    return detector_sift(((struct stage *)ctx)->detector, b, v);
}

static bool sift_event(void *ctx, const struct block *b, const struct record *r) {
    return detector_sift_event(((struct stage *)ctx)->detector, b, r);
}

static bool wants_inner(void *ctx, field_id field) {
    return detector_names(((struct stage *)ctx)->detector, field);
}

static double seconds(clockid_t clock) {
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int stage(const char *name, const char *path, const char *const *rules, size_t rule_count, struct err *e) {
    struct fields *const fields = fields_new();
    struct kinds *kinds;
    struct sigma_loader *loader;
    const struct sigma_set *set;
    struct plan *plan;
    struct stage s = {.count = {.fields = fields, .record = counted, .damage = no_damage}};
    struct detect_options detect = {.fields = fields, .hit = hit, .ctx = &s};
    struct ingest_options ingest = {.fields = fields,
                                    .full = full,
                                    .damage = ingest_damage,
                                    .ctx = &s,
                                    .rows_max = 65536,
                                    .bytes_max = (size_t)32 << 20};
    struct file_input f;
    const struct reader *reader;
    str head;

    if (!fields || !kinds_new(&kinds, fields, e) || !kinds_load_builtin(kinds, e) || !kinds_seal(kinds, e) ||
        !sigma_loader_new(&loader, e) || !sigma_load_paths(loader, rules, rule_count, e) ||
        !sigma_load_end(loader, &set, e) || !plan_new(&plan, set, fields, e))
        return 1;
    detect.plan = plan;
    ingest.kinds = s.count.kinds = kinds;
    if (strcmp(name, "read") != 0) {
        if (!detector_new(&s.detector, &detect, e))
            return 1;
        ingest.roles = 1u << ROLE_HOST | 1u << ROLE_ACCOUNT | 1u << ROLE_CLIENT_ADDRESS;
        ingest.wants = wants; /* blocks as a hunt has them: columns that no rule asks for are not kept */
        ingest.sift = sift;
        ingest.sift_event = sift_event;
        ingest.wants_inner = wants_inner;
        if (!ingest_new(&s.ingest, &ingest, e))
            return 1;
    }
    s.detect = strcmp(name, "detect") == 0;
    if (!file_input_open(&f, path, e) || !f.input.window(&f.input, 0, 65536, &head, e))
        return 1;
    if (!(reader = reader_for(str_first(head, 65536), kinds)))
        return 1;
    double const wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t const size = f.input.size, part = reader->part_size ? reader->part_size(str_first(head, 65536)) : 0;
    uint64_t const step = part ? part : size;

    for (uint64_t from = 0; from < size; from += step) { /* in parts, as workers take them */
        struct event_sink *const sink = s.ingest ? ingest_sink(s.ingest) : &s.count;

        if (s.ingest)
            ingest_part(s.ingest, 0, str_of(reader->name));
        if (!reader->read(&f.input, (struct part){from, from + step}, sink, e))
            return 1;
        if (s.ingest && !full(&s, e))
            return 1;
    }
    printf("{\"wall\":%.6f,\"cpu\":%.6f,\"bytes\":%lu,\"record_bytes\":%lu,\"events\":%lu,\"hits\":%lu}\n",
           seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, (unsigned long)size,
           (unsigned long)s.record_bytes, (unsigned long)s.events, (unsigned long)s.hits);
    return 0;
}

int main(int argc, char **argv) {
    struct err e = {0};
    int status = 2;

    if (argc >= 4)
        status = stage(argv[1], argv[2], (const char *const *)argv + 3, (size_t)argc - 3, &e);
    if (status)
        fprintf(stderr, "stages: %s\n", e.text[0] ? e.text : "read|blocks|detect FILE RULES...");
    return status;
}
