/* archive_cat: `longwatch archive cat ARCHIVE`: the events of an archive, as `longwatch events --json` prints those of evidence. */
#include <signal.h>
#include <unistd.h>

#include "cli/archives.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/listed.h"
#include "hunt/archive_original.h"
#include "report/event_text.h"

#define OUTPUT_BUFFER ((size_t)256 << 10)

struct wishes {
    const char *archive, *kind, *original;
    struct arguments kinds;
    int64_t from, to, latest;
    struct zone_wish zone;
    struct key_wish key;
    uint64_t limit, as_of; /* 0: none */
    const struct phone_country *country;
};

struct run {
    const struct wishes *w;
    struct buf line;
    uint64_t printed;
};

static bool on_event(void *ctx, const struct normal_event *event, bool *enough, struct err *e) {
    struct run *const run = ctx;

    struct network_about about;

    run->line.len = 0;
    event_json(&run->line, event, network_about_text(NULL, event->roles[ROLE_CLIENT_ADDRESS], &about) ? &about : NULL);
    buf_byte(&run->line, '\n');
    if (run->line.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (fwrite(run->line.ptr, 1, run->line.len, stdout) != run->line.len)
        return err_system(e, "standard output");
    *enough = ++run->printed == run->w->limit;
    return true;
}

static int cat(const struct wishes *w) {
    struct fields *const fields = fields_new();
    struct arguments const given = {(const char **)(uintptr_t)&w->archive, 1};
    struct run run = {.w = w};
    struct archives archives = {.any = false}; /* whether it is one; which segments it has listed_run asks */
    struct zone_rules *zone = NULL;
    struct kinds *kinds = NULL;
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !archives_open(&archives, &given, w->as_of, true, NULL, &e) || !zone_open(&w->zone, &zone, &e) ||
        !kinds_open(&w->kinds, fields, &kinds, &e)) {
        status = tell_error(&e);
    } else {
        struct listed const listed = {.paths = &given,
                                      .keys = &w->key,
                                      .as_of = w->as_of,
                                      .fields = fields,
                                      .kinds = kinds,
                                      .kind_begins = w->kind,
                                      .from = w->from,
                                      .to = w->to,
                                      .latest = w->latest,
                                      .zone_rules = zone,
                                      .zone = w->zone.name ? str_of(w->zone.name) : (str){"", 0},
                                      .limit = w->limit,
                                      .event = on_event,
                                      .ctx = &run};

        if (!isatty(STDOUT_FILENO))
            setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
        kinds_country(kinds, w->country);
        status = listed_run(&listed);
    }
    buf_free(&run.line);
    archives_close(&archives);
    zone_rules_free(zone);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

/* ---- the bytes of a file ---- */

static bool on_bytes(void *ctx, str bytes, struct err *e) {
    (void)ctx;
    return fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len || err_system(e, "standard output");
}

static int cat_original(const struct wishes *w) {
    uint8_t sha256[SHA256_SIZE];
    struct vault *v = NULL;
    struct err e = {0};
    uint64_t size;

    signal(SIGPIPE, SIG_IGN);
    if (!sha256_of_hex(str_of(w->original), sha256))
        return usage_error("archive cat", "--original %s: a SHA-256 has 64 hexadecimal digits", w->original);
    bool const ok = vault_open(&v, w->archive, w->as_of, NULL, NULL, &e) && vault_unlock_wish(v, &w->key, &e) &&
                    original_read(v, sha256, 0, UINT64_MAX, on_bytes, NULL, interrupt_catch(), &size, &e) &&
                    (fflush(stdout) == 0 || err_system(&e, "standard output"));

    vault_close(v);
    if (ok)
        return EXIT_NOTHING;
    int const told = tell_error(&e);

    return e.code == ERR_CORRUPT ? EXIT_UNREADABLE : told;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;

    if (w->original && (w->kind || w->limit || w->from != INSTANT_NONE || w->to != INSTANT_NONE))
        return usage_error("archive cat", "--original is of a whole file: no kind, limit or time is asked of it");
    if (w->original)
        return cat_original(w);
    return times_usable("archive cat", w->from, w->to) ? cat(w) : EXIT_USAGE;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "ARCHIVE",
     .type = OPTION_FOLDER,
     .needed = "which archive? longwatch archive cat ARCHIVE",
     .help = "the folder that archive add has made",
     AT(archive)},
    {.name = "original",
     .argument = "HASH",
     .type = OPTION_TEXT,
     .help = "instead: the bytes of the file with that hash, as archive add --originals has kept them",
     AT(original)},
    {ROW_KIND, AT(kind)},
    {ROW_COUNTRY, AT(country)},
    {ROW_LIMIT, AT(limit)},
    {ROW_EVENTS_FROM, AT(from)},
    {ROW_EVENTS_TO, AT(to)},
    {ROW_AS_OF, AT(as_of)},
    {ROW_ZONE, AT(zone)},
    {ROW_LATEST, AT(latest)},
    {ROW_KINDS, AT(kinds)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
};
const struct command command_archive_cat = {
    .name = "archive cat",
    .summary = "print the events of an archive in one normal form",
    .about =
        (const char *const[]){"Prints every event that is kept, one a line with all its fields: the same lines that "
                              "longwatch events --json prints of the evidence itself, under the paths and hashes "
                              "that it had, by month.",
                              "Kinds are those of today: what was of no known kind when it was added may be of one "
                              "now. What could not be read then is told again on standard error.",
                              "With --original a file comes back byte by byte. Its hash is checked at the end: by "
                              "exit status 3 what was printed is not it.",
                              NULL},
    .examples = (const struct example[]){{"longwatch archive cat ./archive | jq .", "See what is kept"},
                                         {"longwatch archive cat ./archive --kind m365 --from 2024-05-01",
                                          "Take the events of one product to another program"},
                                         {"longwatch archive cat ./archive --original 9f86d0...0a08 > disk.evtx",
                                          "Take a file out again"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "printed, whatever there is",
                 [EXIT_USAGE] = "wrong usage, or no archive; nothing was done",
                 [EXIT_UNREADABLE] = "a segment is damaged, or some evidence could not be read when it was added; what "
                                     "could be is printed. Of --original: what was printed is not the file",
                 [EXIT_INTERNAL] = "internal error, or stopped",
                 [EXIT_REFUSED] = "an archive is encrypted, and no key was given that opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
