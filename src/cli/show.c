/* show: `longwatch show CASE FINDING`: a finding and its original record. */
#include <unistd.h>

#include "base/arena.h"
#include "cli/command.h"
#include "hunt/show.h"
#include "report/case.h"
#include "report/finding_text.h"

static const char help[] =
    "Example:  longwatch show ./case 12\n\n"
    "Prints what finding 12 of the case says, and the record it was found in as it stands in the evidence, whose SHA-256 is\n"
    "checked first.\n\n"
    "  --json               the finding as one line of JSON, without the record\n\n"
    "Exit status: 0 shown, 2 wrong usage, 3 the evidence is gone, changed or cannot be read, 4 internal error.\n";

static void line(const char *name, str value) {
    struct buf b = {0};

    if (!value.len)
        return;
    finding_plain(&b, value, false);
    printf("%-10s %.*s\n", name, STR_ARG(buf_str(&b)));
    buf_free(&b);
}

static int show(const char *path, uint64_t number, bool json) {
    struct arena *const a = arena_new((size_t)256 << 20);
    struct case_place place = {0};
    struct buf record = {0};
    struct err e = {0};
    int status = EXIT_NOTHING;

    if (!a || !case_find(path, number, a, &place, &e)) {
        if (!a)
            err_set(&e, ERR_MEMORY, 0, "no memory");
        status = fail(&e);
    } else if (json) {
        printf("%.*s\n", STR_ARG(place.json));
    } else {
        line("rule", place.rule_title);
        line("level", place.level);
        line("time", place.time);
        line("kind", place.kind);
        line("host", place.host);
        line("account", place.account);
        for (size_t i = 0; i < place.match_count; i++)
            line("matched", place.matches[i].name), line("", place.matches[i].value);
        for (size_t i = 0; i < place.event_count; i++)
            line(i ? "" : "events", place.events[i].name), line("", place.events[i].value);
        line("evidence", place.evidence_path);
        line("sha256", place.sha256);
        printf("%-10s %lu at offset %lu%s\n\n", "record", (unsigned long)place.record, (unsigned long)place.offset,
               place.salvaged ? " (salvaged)" : "");
        if (!show_record(place.evidence_path.ptr, place.sha256, place.reader, place.offset, &record, &e)) {
            fflush(stdout);
            fprintf(stderr, "longwatch: %s\n", e.text);
            status = e.code == ERR_MEMORY ? EXIT_INTERNAL : EXIT_UNREADABLE;
        } else {
            fwrite(record.ptr, 1, record.len, stdout);
            if (record.len && record.ptr[record.len - 1] != '\n')
                putchar('\n');
        }
    }
    buf_free(&record);
    arena_free(a);
    return fflush(stdout) == 0 ? status : EXIT_INTERNAL;
}

static int run_show(int argc, char **argv) {
    const char *path = NULL, *number = NULL;
    bool json = false;
    uint64_t n;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (argv[i][0] == '-' && argv[i][1])
            return usage_error("show", "unknown option '%s'", argv[i]);
        else if (!path)
            path = argv[i];
        else if (!number)
            number = argv[i];
        else
            return usage_error("show", "one finding at a time");
    }
    if (!path || !number)
        return usage_error("show", "which case, and which finding? longwatch show CASE FINDING");
    if (!str_u64(str_of(number), INT64_MAX, &n) || n == 0)
        return usage_error("show", "'%s' is no number of a finding", number);
    return show(path, n, json);
}

const struct command command_show = {"show", "show a finding and its original record", help, run_show};
