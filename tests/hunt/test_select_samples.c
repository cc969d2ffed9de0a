/* test_select_samples: of real logs, with all rules of the shared data, what is found in the rows that select chooses is what is found in all:
 * the same rules in the same rows by the same values. Logs of all kinds lie together in segments, as an archive keeps them by month. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "../sample_files.h"
#include "select_rows.h"

#define FILE_MAX ((size_t)48 << 20)

/* Rules for what the samples of the repository hold: one of each way to be chosen. */
static const char own_rules[] =
    "title: a process\nlogsource: {category: process_creation, product: windows}\n"
    "detection: {s: {Image|endswith: '.exe'}, f: {User|contains: 'SYSTEM'}, condition: s and not f}\n---\n"
    "title: a logon\nlogsource: {product: windows, service: security}\n"
    "detection: {s: {EventID: [4624, 4625, 4688]}, condition: s}\n---\n"
    "title: anything of Linux\nlogsource: {product: linux}\n"
    "detection: {k: ['root', 'sudo', 'Failed'], condition: k}\n---\n"
    "title: no such field\nlogsource: {product: windows}\n"
    "detection: {s: {Nowhere: null}, f: {EventID: 1}, condition: s and f}\n---\n"
    "title: any web request\nlogsource: {category: webserver}\n"
    "detection: {s: {cs-method: [GET, POST]}, condition: s}\n---\n"
    "title: mail\nlogsource: {category: email}\n"
    "detection: {s: {subject|contains: 'e'}, condition: s}\n";

static struct {
    struct field_log log;
    struct kept kept;
    size_t files, segments, records, chosen, found, rules, alive;
} all;

static const char *shared(const char *what, char path[4096]) {
    const char *const source = getenv("LONGWATCH_SOURCE"), *const named = getenv("LONGWATCH_SHARED");

    (void)snprintf(path, 4096, "%s%s/data/%s", named ? named : source ? source : ".", named ? "" : "/../shared", what);
    return access(path, R_OK) == 0 ? path : NULL;
}

static void begin(const char *const *rules, size_t rule_count, uint32_t rows_max) {
    struct field_log *const log = &all.log;
    struct select_options options;
    struct err e = {0};

    memset(&all, 0, sizeof all);
    assert_non_null(log->fields = fields_new());
    assert_true(kinds_new(&log->kinds, log->fields, &e) && kinds_load_builtin(log->kinds, &e) &&
                kinds_seal(log->kinds, &e));
    assert_true(sigma_loader_new(&log->loader, &e));
    if (rules)
        assert_true(sigma_load_paths(log->loader, rules, rule_count, &e));
    else
        assert_true(sigma_load_text(log->loader, S("own"), str_of(own_rules), &e));
    assert_true(sigma_load_end(log->loader, &log->set, &e) && plan_new(&log->plan, log->set, log->fields, &e));
    options = (struct select_options){.plan = log->plan, .kinds = log->kinds, .fields = log->fields};
    assert_true(select_new(&log->select, &options, &e));
    assert_true(kept_begin(&all.kept, log, rows_max, &e));
}

static void end(void) {
    select_free(all.log.select);
    plan_free(all.log.plan);
    sigma_loader_free(all.log.loader);
    kept_free(&all.kept);
    kinds_free(all.log.kinds);
    fields_free(all.log.fields);
}

/* A few rules, as those are few that are new since a hunt before. */
static void some_rules(const struct hunted *whole, bool *ask) {
    for (uint32_t i = 0; i < all.log.plan->rule_count; i++)
        ask[i] = i % 7 == 3;
    for (size_t i = 0; i < whole->count; i += 11)
        ask[whole->items[i].rule] = true;
}

static void check_segment(uint32_t number) {
    struct hunted whole = {0};
    struct segment *s;
    struct err e = {0};

    assert_true(segment_open(&s, buf_str(&all.kept.segments[number]), S("s"), 0, &e));
    size_t const words = segment_info(s)->rows / 64 + 1;
    uint64_t *const rows = calloc(words, sizeof *rows);
    bool *const ask = calloc(all.log.plan->rule_count + 1, sizeof *ask);

    assert_true(rows && ask);
    if (!rows_hunt(&all.log, s, NULL, &whole, &e))
        fail_msg("%s", e.text);
    hunted_sort(&whole);
    for (int trusted = 0; trusted < 2; trusted++) {
        struct select_counts counts = {0};
        struct hunted chosen = {0};

        memset(rows, 0, words * sizeof *rows);
        if (!select_rows(all.log.select, s, &(struct select_ask){.kinds_trusted = trusted}, rows, &counts, &e) ||
            !rows_hunt(&all.log, s, rows, &chosen, &e))
            fail_msg("%s", e.text);
        hunted_sort(&chosen);
        assert_int_equal(counts.rows, segment_info(s)->rows);
        for (size_t i = 0; i < whole.count; i++)
            if (!(rows[whole.items[i].row / 64] >> whole.items[i].row % 64 & 1))
                fail_msg("segment %u, row %u is not chosen, in which `%.*s` finds something", number,
                         whole.items[i].row, STR_ARG(all.log.set->rules[whole.items[i].rule]->title));
        assert_int_equal(chosen.count, whole.count);
        assert_int_equal(chosen.filtered, whole.filtered);
        if (whole.count)
            assert_memory_equal(chosen.items, whole.items, whole.count * sizeof *whole.items);
        all.chosen += trusted ? counts.selected : 0;
        free(chosen.items);
    }
    some_rules(&whole, ask);
    memset(rows, 0, words * sizeof *rows);
    assert_true(
        select_rows(all.log.select, s, &(struct select_ask){.rules = ask, .kinds_trusted = true}, rows, NULL, &e));
    for (size_t i = 0; i < whole.count; i++)
        assert_true(!ask[whole.items[i].rule] || (rows[whole.items[i].row / 64] >> whole.items[i].row % 64 & 1));
    all.records += segment_info(s)->rows;
    all.found += whole.count;
    all.segments++;
    segment_close(s);
    free(whole.items);
    free(rows);
    free(ask);
}

struct memory_input {
    struct input input;
    str bytes;
};

static bool window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    (void)want;
    (void)e;
    *out = str_from(((struct memory_input *)(void *)in)->bytes, offset);
    return true;
}

static void check_segments(void) {
    struct err e = {0};

    kept_end(&all.kept, &e);
    for (uint32_t i = 0; i < all.kept.count; i++) {
        check_segment(i);
        buf_free(&all.kept.segments[i]);
    }
    all.kept.count = 0;
}

static void keep_bytes(const char *path, str bytes) {
    struct memory_input in = {.input = {window, bytes.len}, .bytes = bytes};
    const struct reader *reader = reader_for(str_first(bytes, 65536), all.log.kinds);
    struct err e = {0};

    if (!reader && !(reader = reader_of_lines(str_first(bytes, 65536))))
        return;
    all.kept.reader = str_of(reader->name);
    kept_source(&all.kept);
    ingest_part(all.kept.ingest, 0, all.kept.reader);
    if (!reader->read(&in.input, (struct part){0, UINT64_MAX}, ingest_sink(all.kept.ingest), &e))
        print_message("%s: %s\n", path, e.text);
    all.files++;
    if (all.kept.count)
        check_segments();
}

static int one_file(const char *path, const struct stat *st, int what, struct FTW *at) {
    (void)at;
    return sample_file(path, st, what, FILE_MAX, keep_bytes);
}

static void tell_all(void) {
    print_message("%zu records of %zu files in %zu segments; %zu chosen, %zu findings\n", all.records, all.files,
                  all.segments, all.chosen, all.found);
}

static void samples(void **state) {
    const char *const source = getenv("LONGWATCH_SOURCE");
    char path[4096];

    (void)state;
    begin(NULL, 0, 100);
    (void)snprintf(path, sizeof path, "%s/data/samples", source ? source : ".");
    assert_int_equal(nftw(path, one_file, 16, FTW_PHYS), 0);
    check_segments();
    tell_all();
    assert_true(all.records > 200 && all.found > 20 && all.chosen < all.records);
    end();
}

static void shared_data(void **state) {
    static const char *const folders[] = {"windows-json", "evtx", "m365", "cloud",       "cdr",
                                          "linux",        "web",  "zeek", "vendor-logs", "mail"};
    static const char *const rule_folders[] = {"sigma/rules", "sigma/rules-emerging-threats",
                                               "sigma/rules-threat-hunting", "sigma/rules-compliance"};
    char path[4096], rules[COUNT(rule_folders)][4096];
    const char *named[COUNT(rule_folders)];

    (void)state;
    for (size_t i = 0; i < COUNT(rule_folders); i++)
        if (!(named[i] = shared(rule_folders[i], rules[i]))) {
            print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", rules[i]);
            skip();
        }
    begin(named, COUNT(named), getenv("LONGWATCH_CHECKED") ? 2000 : 20000);
    for (size_t i = 0; i < COUNT(folders); i++) {
        if (!shared(folders[i], path)) {
            print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", path);
            skip();
        }
        assert_int_equal(nftw(path, one_file, 16, FTW_PHYS), 0);
    }
    check_segments();
    tell_all();
    assert_true(all.records > 100000 && all.found > 3000 && all.chosen < all.records / 2);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples),
        cmocka_unit_test(shared_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
