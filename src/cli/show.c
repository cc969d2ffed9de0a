/* show: `longwatch show CASE FINDING`: a finding and its original record. */
#include <unistd.h>

#include "base/arena.h"
#include "cli/command.h"
#include "hunt/show.h"
#include "report/case.h"
#include "report/finding_text.h"

struct wishes {
    const char *path;
    uint64_t number;
    bool json;
};

static void line(const char *name, str value) {
    struct buf b = {0};

    if (!value.len)
        return;
    finding_plain(&b, value, false);
    printf("%-10s %.*s\n", name, STR_ARG(buf_str(&b)));
    buf_free(&b);
}

/* A line each, named once. */
static void pairs(const char *name, const struct case_pair *items, size_t count, const char *between) {
    for (size_t i = 0; i < count; i++) {
        struct buf b = {0};

        buf_add(&b, items[i].name);
        buf_add(&b, str_of(between));
        buf_add(&b, items[i].value);
        line(i ? "" : name, buf_str(&b));
        buf_free(&b);
    }
}

/* The bytes as they are for a program or a file; a terminal would obey what is hidden in them. */
static void record_print(str record) {
    struct buf plain = {0};

    if (isatty(STDOUT_FILENO)) {
        finding_plain(&plain, record, true);
        record = buf_str(&plain);
    }
    fwrite(record.ptr, 1, record.len, stdout);
    if (record.len && record.ptr[record.len - 1] != '\n')
        putchar('\n');
    buf_free(&plain);
}

static int show(const char *path, uint64_t number, bool json) {
    struct arena *const a = arena_new((size_t)256 << 20);
    struct case_place place = {0};
    struct buf record = {0};
    const struct arguments given = {&path, 1};
    struct err e = {0};
    int status = EXIT_NOTHING;

    if (!a || !paths_exist(&given, "case", false, &e) || !case_find(path, number, a, &place, &e)) {
        if (!a)
            err_set(&e, ERR_MEMORY, 0, "no memory");
        status = tell_error(&e);
    } else if (json) {
        printf("%.*s\n", STR_ARG(place.json));
    } else {
        line("rule", place.rule_title);
        line("level", place.level);
        line("time", place.time);
        line("kind", place.kind);
        line("host", place.host);
        line("account", place.account);
        pairs("matched", place.matches, place.match_count, ": ");
        pairs("events", place.events, place.event_count, "  ");
        line("evidence", place.evidence_path);
        line("sha256", place.sha256);
        printf("%-10s %lu at offset %lu%s\n\n", "record", (unsigned long)place.record, (unsigned long)place.offset,
               place.salvaged ? " (salvaged)" : "");
        if (!show_record(place.evidence_path.ptr, place.sha256, place.reader, place.offset, &record, &e)) {
            fflush(stdout);
            fprintf(stderr, "longwatch: %s\n", e.text);
            status = e.code == ERR_MEMORY ? EXIT_INTERNAL : EXIT_UNREADABLE;
        } else {
            record_print(buf_str(&record));
        }
    }
    buf_free(&record);
    arena_free(a);
    return fflush(stdout) == 0 ? status : EXIT_INTERNAL;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;

    return show(w->path, w->number, w->json);
}

static const struct option options[] = {
    {.argument = "CASE",
     .type = OPTION_FOLDER,
     .needed = "which case, and which finding? longwatch show CASE FINDING",
     .help = "the directory that hunt -o has written",
     .at = offsetof(struct wishes, path)},
    {.argument = "FINDING",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .needed = "which finding of the case? longwatch show CASE FINDING",
     .help = "its number: the line in findings.jsonl, from 1",
     .at = offsetof(struct wishes, number)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "the finding as one line of JSON, without the record",
     .at = offsetof(struct wishes, json)},
};
const struct command command_show = {
    .name = "show",
    .summary = "show a finding and its original record",
    .about = (const char *const[]){"Prints what a finding of a case says, and the record it was found in as it stands "
                                   "in the evidence, whose SHA-256 is "
                                   "checked first.",
                                   NULL},
    .examples = (const struct example[]){{"longwatch show ./case 12", "Show finding 12"}, {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "shown",
                 [EXIT_USAGE] = "wrong usage, no such case or no such finding",
                 [EXIT_UNREADABLE] = "the evidence is gone, has changed or cannot be read",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
