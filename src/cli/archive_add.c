/* archive_add: `longwatch archive add ARCHIVE PATH...`: evidence into an archive, each file once. */
#include "hunt/archive_add.h"

#include <stdlib.h>

#include "cli/archive_caring.h"
#include "cli/intel_text.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

struct wishes {
    const char *archive, *family;
    struct arguments paths, kinds;
    int64_t latest;
    struct zone_wish zone;
    struct arguments encrypt_for;
    struct key_wish key;
    const struct phone_country *country;
    uint64_t workers;
    bool originals, no_index, quiet, json;
};

struct run {
    struct progress progress;
    uint64_t unread, damages; /* files that could not be read; places in files */
};

static bool tell(struct run *run, str path, str why, struct err *e) {
    struct buf b = {0};

    progress_wipe(&run->progress);
    buf_add(&b, S("longwatch: "));
    finding_plain(&b, path, false);
    buf_add(&b, S(": "));
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

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct run *const run = ctx;
    bool const loss =
        c->not_read.len && !str_eq(c->not_read, S(CUSTODY_EMPTY)) && !str_eq(c->not_read, S(CUSTODY_PROSE));

    run->unread += loss;
    return !loss || tell(run, c->path, c->not_read, e);
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct run *const run = ctx;
    struct buf why = {0};

    run->damages++;
    if (d->size)
        buf_format(&why, "%lu byte%s ", (unsigned long)d->size, d->size == 1 ? "" : "s");
    buf_format(&why, "at %lu: %.*s", (unsigned long)d->offset, STR_ARG(d->why));
    bool const ok = why.failed ? err_set(e, ERR_MEMORY, 0, "no memory to print") : tell(run, d->path, buf_str(&why), e);

    buf_free(&why);
    return ok;
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    struct run *const run = ctx;

    progress_show(&run->progress, done, total, 0);
}

static int told_json(const struct wishes *w, const struct archive_add_result *r, const struct run *run, int status) {
    struct buf b = {0};

    caring_json(&b, w->archive);
    intel_json_bool(&b, "made", r->made);
    intel_json_number(&b, "files", r->files);
    intel_json_number(&b, "known", r->known);
    intel_json_number(&b, "unread", run->unread);
    intel_json_number(&b, "damages", run->damages);
    intel_json_number(&b, "segments", r->segments);
    intel_json_number(&b, "rows", r->records);
    intel_json_number(&b, "bytes", r->bytes);
    buf_format(&b, ",\"originals\":{\"files\":%lu", (unsigned long)r->originals);
    intel_json_number(&b, "bytes", r->original_bytes);
    buf_byte(&b, '}');
    return caring_json_print(&b, r->snapshot, status);
}

static int told(const struct wishes *w, const struct archive_add_result *r, const struct run *run) {
    char known[COUNT_TEXT], size[SIZE_TEXT];
    int const status = run->unread || run->damages ? EXIT_UNREADABLE : EXIT_NOTHING;
    struct buf b = {0};

    if (w->json)
        return told_json(w, r, run, status);
    if (w->quiet)
        return status;
    finding_plain(&b, str_of(w->archive), false);
    buf_add(&b, r->made ? S(": made; ") : S(": "));
    count_add(&b, r->files, "file");
    buf_add(&b, S(", "));
    count_add(&b, r->records, "record");
    buf_add(&b, S(", in "));
    count_add(&b, r->segments, "segment");
    buf_format(&b, " (%s)", size_text(r->bytes, size));
    if (r->known)
        buf_format(&b, "; %s %s there already", count_text(r->known, known), r->known == 1 ? "was" : "were");
    if (r->originals) {
        buf_add(&b, S("; bytes of "));
        count_add(&b, r->originals, "file");
        buf_format(&b, " (%s)", size_text(r->original_bytes, size));
    }
    buf_format(&b, "; snapshot %lu\n", (unsigned long)r->snapshot);
    return print_all(&b, status);
}

static int add(const struct wishes *w) {
    struct fields *const fields = fields_new();
    struct custodian_keys keys = {.items = NULL};
    struct custodian *custodians = NULL;
    struct run run = {.unread = 0};
    struct archive_add_result result = {0};
    struct zone_rules *zone = NULL;
    struct kinds *kinds = NULL;
    struct err e = {0};
    int status;

    progress_begin(&run.progress, !w->quiet);
    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !paths_exist(&w->paths, "evidence", false, &e) || !zone_open(&w->zone, &zone, &e) ||
        !kinds_open(&w->kinds, fields, &kinds, &e) || !custodians_read(&w->encrypt_for, &custodians, &e) ||
        !custodian_keys_open(&keys, &w->key, &e)) {
        status = tell_error(&e);
    } else {
        struct archive_add_options const options = {.archive = w->archive,
                                                    .paths = w->paths.items,
                                                    .path_count = w->paths.count,
                                                    .custodians = custodians,
                                                    .custodian_count = w->encrypt_for.count,
                                                    .unlock = custodian_keys_unlock(&keys),
                                                    .family = str_of(w->family ? w->family : "evidence"),
                                                    .fields = fields,
                                                    .kinds = kinds,
                                                    .latest = w->latest,
                                                    .zone_rules = zone,
                                                    .zone = w->zone.name ? str_of(w->zone.name) : (str){"", 0},
                                                    .originals = w->originals,
                                                    .no_index = w->no_index,
                                                    .workers = (unsigned)w->workers,
                                                    .now = intel_now(),
                                                    .stop = interrupt_catch(),
                                                    .custody = on_custody,
                                                    .damage = on_damage,
                                                    .progress = on_progress,
                                                    .ctx = &run};

        kinds_country(kinds, w->country);
        bool const ok = archive_add(&options, &result, &e);

        progress_wipe(&run.progress);
        status = ok ? told(w, &result, &run) : tell_error(&e);
    }
    custodian_keys_close(&keys);
    free(custodians);
    zone_rules_free(zone);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;

    if (w->family && (!*w->family || strcmp(w->family, "ledger") == 0 || strcmp(w->family, "originals") == 0))
        return usage_error("archive add",
                           "--family %s: ledgers and originals are the archive's own, and a name has letters",
                           w->family);
    return add(w);
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "ARCHIVE",
     .type = OPTION_FOLDER,
     .needed = "which archive? longwatch archive add ARCHIVE PATH",
     .help = "the archive; it is made where there is nothing yet",
     AT(archive)},
    {ROW_EVIDENCE, AT(paths)},
    {.name = "family",
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "what sort of sources these are, as retention is to know them; usually evidence",
     AT(family)},
    {.name = "originals",
     .type = OPTION_FLAG,
     .help = "keep the bytes of the files as well, once for each SHA-256, also of files that are known already",
     AT(originals)},
    {.name = "no-index",
     .type = OPTION_FLAG,
     .help = "quicker: leave the index to longwatch archive index, until which what is added is looked at in every "
             "retrohunt",
     AT(no_index)},
    {ROW_KINDS, AT(kinds)},
    {ROW_ZONE, AT(zone)},
    {ROW_LATEST, AT(latest)},
    {ROW_COUNTRY, AT(country)},
    {.name = "encrypt-for",
     .argument = "FILE",
     .type = OPTION_PATH,
     .many = true,
     .help = "the public key of a custodian: a new archive is encrypted, and any one of its custodians can open it",
     AT(encrypt_for)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
    {ROW_THREADS, AT(workers)},
    {ROW_JSON_ONE, AT(json)},
    {ROW_QUIET, AT(quiet)},
};
const struct command command_archive_add = {
    .name = "archive add",
    .summary = "keep evidence in an archive, each file once",
    .about =
        (const char *const[]){"Reads every file below the paths, also in archives of files, and keeps its records as "
                              "its format holds them, so that what is learned later finds them. They are sorted by "
                              "month of event. What is kept is what can be read, and a ledger of all files with "
                              "their SHA-256; the files themselves are not, unless --originals says so.",
                              "A file whose bytes are there already is known by its hash, and only its path is "
                              "noted. What was committed survives a power cut; a run that was stopped is begun "
                              "again, and goes on where it was.",
                              NULL},
    .examples =
        (const struct example[]){
            {"longwatch archive add ./archive ./evidence", "Keep a folder of logs and mail"},
            {"longwatch archive add ./archive /var/log --family syslog",
             "Keep logs of which retention is to know that they are syslog"},
            {"longwatch archive add ./archive ./evidence --encrypt-for ana.pub --encrypt-for bo.pub",
             "Begin an archive that only two custodians can read, each alone"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "all of it is kept",
                 [EXIT_USAGE] = "wrong usage, or the folder is something else; nothing was done",
                 [EXIT_UNREADABLE] =
                     "some evidence could not be read; what could be is kept, and the ledger says the rest",
                 [EXIT_INTERNAL] = "internal error, or stopped; what was committed before stays",
                 [EXIT_REFUSED] = "another process writes to the archive, or it is encrypted and no key opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
