/* archive_index: `longwatch archive index ARCHIVE`: what is missing of its index, damaged, or made by other kinds, made anew. */
#include "hunt/archive_index.h"

#include "cli/archive_caring.h"
#include "cli/intel_text.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

struct wishes {
    const char *archive;
    struct arguments kinds;
    struct key_wish key;
    uint64_t workers;
    bool anew, quiet, json;
};

struct run {
    const struct wishes *w;
    struct progress progress;
};

static bool on_damage(void *ctx, str path, uint64_t offset, str why, struct err *e) {
    struct run *const run = ctx;
    struct buf b = {0};

    progress_wipe(&run->progress);
    buf_add(&b, S("longwatch: "));
    finding_plain(&b, path, false);
    buf_format(&b, ": at %lu: ", (unsigned long)offset);
    finding_plain(&b, why, false);
    buf_byte(&b, '\n');
    if (b.failed) {
        buf_free(&b);
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    }
    fwrite(b.ptr, 1, b.len, stderr);
    buf_free(&b);
    return true;
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    struct run *const run = ctx;

    progress_show(&run->progress, done, total, 0);
}

static int told(const struct wishes *w, const struct archive_index_result *r) {
    char made[COUNT_TEXT], damaged[COUNT_TEXT];
    int const status = r->damaged ? EXIT_UNREADABLE : EXIT_NOTHING;
    struct buf b = {0};

    if (w->json) {
        caring_json(&b, w->archive);
        intel_json_number(&b, "segments", r->segments);
        intel_json_number(&b, "made", r->made);
        intel_json_number(&b, "damaged", r->damaged);
        intel_json_number(&b, "runs_ended", r->runs_ended);
        intel_json_number(&b, "runs_merged", r->merged);
        return caring_json_print(&b, r->snapshot, status);
    }
    if (w->quiet)
        return status;
    finding_plain(&b, str_of(w->archive), false);
    buf_add(&b, S(": "));
    count_add(&b, r->segments, "segment");
    buf_format(&b, "; keys of %s made", count_text(r->made, made));
    if (r->damaged)
        buf_format(&b, "; %s damaged, and looked at always", count_text(r->damaged, damaged));
    buf_format(&b, "; snapshot %lu\n", (unsigned long)r->snapshot);
    return print_all(&b, status);
}

static int make(const struct wishes *w) {
    struct arguments const given = {(const char **)(uintptr_t)&w->archive, 1};
    struct fields *const fields = fields_new();
    struct run run = {.w = w};
    struct archive_index_result result = {0};
    struct custodian_keys keys = {.items = NULL};
    struct kinds *kinds = NULL;
    struct err e = {0};
    int status;

    progress_begin(&run.progress, !w->quiet);
    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !paths_exist(&given, "archive", true, &e) || !kinds_open(&w->kinds, fields, &kinds, &e) ||
        !custodian_keys_open(&keys, &w->key, &e)) {
        status = tell_error(&e);
    } else {
        struct archive_index_options const options = {.archive = w->archive,
                                                      .unlock = custodian_keys_unlock(&keys),
                                                      .fields = fields,
                                                      .kinds = kinds,
                                                      .workers = (unsigned)w->workers,
                                                      .now = intel_now(),
                                                      .stop = interrupt_catch(),
                                                      .anew = w->anew,
                                                      .damage = on_damage,
                                                      .progress = on_progress,
                                                      .ctx = &run};
        bool const ok = archive_index_make(&options, &result, &e);

        progress_wipe(&run.progress);
        status = ok ? told(w, &result) : tell_error(&e);
    }
    custodian_keys_close(&keys);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static int run(const void *wishes) {
    return make(wishes);
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "ARCHIVE",
     .type = OPTION_FOLDER,
     .needed = "which archive? longwatch archive index ARCHIVE",
     .help = "the folder that archive add has made",
     AT(archive)},
    {.name = "anew",
     .type = OPTION_FLAG,
     .help = "make the keys of all segments, also of those that have some",
     AT(anew)},
    {ROW_KINDS, AT(kinds)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
    {.name = "threads",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = 64,
     .help = "processes that read segments; usually one for each processor",
     AT(workers)},
    {ROW_JSON_ONE, AT(json)},
    {ROW_QUIET, AT(quiet)},
};
const struct command command_archive_index = {
    .name = "archive index",
    .summary = "make what is missing of an archive's index",
    .about =
        (const char *const[]){"The index says which segments of an archive may hold an indicator, so that a search "
                              "reads these alone. Archive add makes it by the way. This reads all of it, makes anew "
                              "what is damaged or was made by other kinds, adds segments that are in no part of it, "
                              "and merges its parts.",
                              "It holds nothing that is not in the segments: without it a search takes longer, and "
                              "finds the same. Whoever hunts with --kinds needs one that was made with the same.",
                              NULL},
    .examples = (const struct example[]){{"longwatch archive index ./archive", "Mend the index of an archive"},
                                         {"longwatch archive index ./archive --kinds ./kinds",
                                          "Make one for hunts with kinds of your own"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "all segments are in the index",
                 [EXIT_USAGE] = "wrong usage, or no archive; nothing was done",
                 [EXIT_UNREADABLE] = "some segments are damaged: they are not in the index, and are always looked at",
                 [EXIT_INTERNAL] = "internal error, or stopped; what was committed before stays",
                 [EXIT_REFUSED] = "another process writes to the archive, or it is encrypted and no key opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
