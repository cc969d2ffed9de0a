/* show: `longwatch show CASE FINDING`: a finding and its original record. */
#include <unistd.h>

#include "base/arena.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "hunt/show.h"
#include "report/case.h"
#include "report/finding_text.h"

struct wishes {
    const char *path;
    uint64_t number;
    bool json;
};

static void line(struct buf *b, const char *name, str value) {
    if (!value.len)
        return;
    buf_format(b, "%-10s ", name);
    finding_plain(b, value, false);
    buf_byte(b, '\n');
}

/* A line each, named once. */
static void pairs(struct buf *b, const char *name, const struct case_pair *items, size_t count, const char *between) {
    for (size_t i = 0; i < count; i++) {
        struct buf both = {0};

        buf_add(&both, items[i].name);
        buf_add(&both, str_of(between));
        buf_add(&both, items[i].value);
        b->failed |= both.failed;
        line(b, i ? "" : name, buf_str(&both));
        buf_free(&both);
    }
}

/* The bytes as they are for a program or a file; a terminal would obey what is hidden in them. */
static void record_add(struct buf *b, str record) {
    if (isatty(STDOUT_FILENO))
        finding_plain(b, record, true);
    else
        buf_add(b, record);
    if (record.len && record.ptr[record.len - 1] != '\n')
        buf_byte(b, '\n');
}

static int show_with_record(const struct case_place *place) {
    struct buf b = {0}, record = {0};
    struct err e = {0};
    int status;

    line(&b, "rule", place->rule_title);
    line(&b, "level", place->level);
    line(&b, "time", place->time);
    line(&b, "kind", place->kind);
    line(&b, "host", place->host);
    line(&b, "account", place->account);
    line(&b, "likeness", place->words);
    pairs(&b, "matched", place->matches, place->match_count, ": ");
    pairs(&b, "events", place->events, place->event_count, "  ");
    line(&b, "evidence", place->evidence_path);
    line(&b, "sha256", place->sha256);
    buf_format(&b, "%-10s %lu at offset %lu%s\n\n", "record", (unsigned long)place->record,
               (unsigned long)place->offset, place->salvaged ? " (salvaged)" : "");
    if (show_record(place->evidence_path.ptr, place->sha256, place->reader, place->offset, interrupt_catch(), &record,
                    &e)) {
        record_add(&b, buf_str(&record));
        status = print_all(&b, EXIT_NOTHING);
    } else if ((status = print_all(&b, EXIT_UNREADABLE)) == EXIT_UNREADABLE) {
        int const told = tell_error(&e);

        status = e.code == ERR_MEMORY ? told : EXIT_UNREADABLE;
    }
    buf_free(&record);
    return status;
}

static int show(const char *path, uint64_t number, bool json) {
    struct arena *const a = arena_new((size_t)256 << 20);
    const struct arguments given = {&path, 1};
    struct case_place place = {0};
    struct buf b = {0};
    struct err e = {0};
    int status;

    if (!a)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!a || !paths_exist(&given, "case", false, &e) || !case_find(path, number, a, &place, &e)) {
        status = tell_error(&e);
    } else if (json) {
        buf_add(&b, place.json);
        buf_byte(&b, '\n');
        status = print_all(&b, EXIT_NOTHING);
    } else {
        status = show_with_record(&place);
    }
    arena_free(a);
    return status;
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
