/* select: how fast the rows of segments are chosen in which rules may find something, and how many they are.
 *
 *     select [-u] FILE RULES...       -u: as if the segments had been written by other kinds
 *
 * The log is made into segments as `archive add` does. Prints one line of JSON: rows, selected; seconds of processor of choosing, of reading and
 * hunting in what was chosen, and of reading and hunting in all; what was found both ways, which must be the same. */
#include "../tests/hunt/select_rows.h"

static double seconds(void) {
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool load(struct field_log *log, const char *const *rules, size_t count, struct err *e) {
    struct select_options options;

    if (!(log->fields = fields_new()) || !kinds_new(&log->kinds, log->fields, e) ||
        !kinds_load_builtin(log->kinds, e) || !kinds_seal(log->kinds, e) || !sigma_loader_new(&log->loader, e) ||
        !sigma_load_paths(log->loader, rules, count, e) || !sigma_load_end(log->loader, &log->set, e) ||
        !plan_new(&log->plan, log->set, log->fields, e))
        return false;
    options = (struct select_options){.plan = log->plan, .kinds = log->kinds, .fields = log->fields};
    return select_new(&log->select, &options, e);
}

static bool keep_log(struct kept *k, const char *path, struct err *e) {
    struct file_input f;
    const struct reader *reader;
    str head;

    if (!file_input_open(&f, path, e) || !f.input.window(&f.input, 0, 65536, &head, e))
        return false;
    if (!(reader = reader_for(str_first(head, 65536), k->log->kinds)))
        return err_set(e, ERR_UNSUPPORTED, 0, "nobody reads this");
    k->reader = str_of(reader->name);
    ingest_part(k->ingest, 0, k->reader);
    if (!reader->read(&f.input, (struct part){0, UINT64_MAX}, ingest_sink(k->ingest), e))
        return false;
    kept_end(k, e);
    file_input_close(&f);
    return true;
}

int main(int argc, char **argv) {
    bool const untrusted = argc > 1 && strcmp(argv[1], "-u") == 0;
    unsigned const times = getenv("TIMES") ? (unsigned)strtoul(getenv("TIMES"), NULL, 10) : 1;
    struct select_ask const ask = {.kinds_trusted = !untrusted};
    struct select_counts counts = {0};
    struct hunted whole = {0}, chosen = {0};
    double took[3] = {0}, first = 0;
    struct field_log log = {0};
    struct reading_rows reading;
    struct kept k;
    struct err e = {0};
    uint64_t missed = 0;

    argv += untrusted;
    argc -= untrusted;
    if (argc < 3 || !load(&log, (const char *const *)argv + 2, (size_t)argc - 2, &e) || !kept_begin(&k, &log, 0, &e) ||
        !keep_log(&k, argv[1], &e) || !reading_begin(&reading, &log, &e)) {
        fprintf(stderr, "select: %s\n", e.text[0] ? e.text : "[-u] FILE RULES...");
        return 1;
    }
    for (uint32_t i = 0; i < k.count; i++) {
        struct segment *s;
        double from;
        uint64_t *rows;

        if (!segment_open(&s, buf_str(&k.segments[i]), S("bench"), 0, &e) ||
            !(rows = calloc(segment_info(s)->rows / 64 + 1, sizeof *rows)))
            return 1;
        from = seconds();
        if (!select_rows(log.select, s, &ask, rows, &counts, &e))
            return 1;
        first += i ? 0 : seconds() - from;
        from = seconds();
        for (unsigned n = 0; n < times; n++)
            if (!select_rows(log.select, s, &ask, rows, NULL, &e))
                return 1;
        took[0] += (seconds() - from) / times;
        from = seconds();
        for (unsigned n = 0; n < times; n++) {
            chosen.count = 0;
            if (!reading_run(&reading, s, rows, &chosen, &e))
                return 1;
        }
        took[1] += (seconds() - from) / times;
        from = seconds();
        if (!getenv("QUICK") && !rows_hunt(&log, s, NULL, &whole, &e))
            return 1;
        took[2] += seconds() - from;
        hunted_sort(&whole);
        hunted_sort(&chosen);
        missed += whole.count != chosen.count ||
                  (whole.count && memcmp(whole.items, chosen.items, whole.count * sizeof *whole.items) != 0);
        segment_close(s);
        free(rows);
    }
    reading_end(&reading);
    kept_free(&k);
    printf("{\"rows\":%lu,\"selected\":%lu,\"values\":%lu,\"rules\":%lu,\"alive\":%lu,\"segments\":%u,\"select\":%.4f,"
           "\"select_first\":%.4f,\"read_selected\":%.4f,\"read_all\":%.4f,\"found\":%zu,\"found_all\":%zu,"
           "\"filtered\":%lu,"
           "\"filtered_all\":%lu,\"different\":%lu}\n",
           (unsigned long)counts.rows, (unsigned long)counts.selected, (unsigned long)counts.values,
           (unsigned long)counts.rules, (unsigned long)counts.alive, k.count, took[0], first, took[1], took[2],
           chosen.count, whole.count, (unsigned long)chosen.filtered, (unsigned long)whole.filtered,
           (unsigned long)missed);
    return missed != 0;
}
