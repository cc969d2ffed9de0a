/* archive_export: `longwatch archive export ARCHIVE OUT`: a part of an archive for somebody else, with what proves it. */
#include "hunt/archive_export.h"

#include "cli/archive_caring.h"
#include "cli/intel_text.h"
#include "cli/interrupt.h"
#include "cli/keys.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

struct wishes {
    struct caring_wishes care;
    const char *out, *hold, *family, *segments;
    int64_t from, to;
    uint64_t as_of;
};

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    progress_show(ctx, done, total, 0);
}

static int told(const struct wishes *w, const struct archive_export_result *r) {
    char size[SIZE_TEXT], hash[2 * SHA256_SIZE + 1];
    struct buf b = {0};

    if (w->care.json) {
        caring_json(&b, w->care.archive);
        intel_json_text(&b, "out", str_of(w->out));
        intel_json_number(&b, "segments", r->segments);
        intel_json_number(&b, "rows", r->rows);
        intel_json_number(&b, "bytes", r->bytes);
        intel_json_hash(&b, "record", r->hash);
        return caring_json_print(&b, r->sequence, EXIT_NOTHING);
    }
    if (w->care.quiet)
        return EXIT_NOTHING;
    sha256_hex(r->hash, hash);
    finding_plain(&b, str_of(w->out), false);
    buf_add(&b, S(": "));
    count_add(&b, r->segments, "segment");
    buf_add(&b, S(", "));
    count_add(&b, r->rows, "record");
    buf_format(&b, " (%s), of snapshot %lu\nits record is %s\n", size_text(r->bytes, size), (unsigned long)r->sequence,
               hash);
    return print_all(&b, EXIT_NOTHING);
}

static int export(const struct wishes *w, struct manifest_numbers segments) {
    struct arguments const given = {(const char **)(uintptr_t)&w->care.archive, 1};
    struct archive_export_result result;
    struct signature_key *key = NULL;
    struct custodian_keys custodians = {.items = NULL};
    struct progress progress;
    struct err e = {0};
    int status;

    progress_begin(&progress, !w->care.quiet);
    if (!paths_exist(&given, "archive", true, &e) ||
        (w->care.key_file && !keys_open(w->care.key_file, w->care.password_file, &key, &e)) ||
        !custodian_keys_open(&custodians, &w->care.key, &e)) {
        status = tell_error(&e);
    } else {
        struct archive_export_options const options = {.archive = w->care.archive,
                                                       .out = w->out,
                                                       .unlock = custodian_keys_unlock(&custodians),
                                                       .as_of = w->as_of,
                                                       .hold = str_of(w->hold),
                                                       .family = str_of(w->family),
                                                       .from = w->from,
                                                       .to = w->to,
                                                       .segments = segments,
                                                       .who = str_of(w->care.who),
                                                       .why = str_of(w->care.why),
                                                       .key = key,
                                                       .now = intel_now(),
                                                       .stop = interrupt_catch(),
                                                       .progress = on_progress,
                                                       .ctx = &progress};
        bool const ok = archive_export(&options, &result, &e);

        progress_wipe(&progress);
        status = ok ? told(w, &result) : e.code == ERR_CORRUPT ? (tell_error(&e), EXIT_UNREADABLE) : tell_error(&e);
    }
    signature_key_free(key);
    custodian_keys_close(&custodians);
    return status;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    uint64_t *numbers;
    struct err e = {0};
    size_t count;
    int status;

    if (w->segments && !*w->segments)
        return usage_error("archive export", "--segments: which? Numbers such as 3,7-9");
    if (!times_usable("archive export", w->from, w->to))
        return EXIT_USAGE;
    if (!caring_numbers(w->segments, &numbers, &count, &e))
        return tell_error(&e);
    status = export(w, (struct manifest_numbers){numbers, count});
    free(numbers);
    return status;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {ROW_ARCHIVE, .needed = "which archive? longwatch archive export ARCHIVE OUT", CARING_AT(wishes, archive)},
    {.argument = "OUT",
     .type = OPTION_FOLDER,
     .needed = "where to? longwatch archive export ARCHIVE OUT",
     .help = "the folder that is made: an archive of its own",
     AT(out)},
    {.name = "hold", .argument = "NAME", .type = OPTION_TEXT, .help = "what this hold covers", AT(hold)},
    {.name = "from",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "segments with events from TIME on, and those without times",
     AT(from)},
    {.name = "to",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "segments with events before TIME, and those without times",
     AT(to)},
    {.name = "family", .argument = "NAME", .type = OPTION_TEXT, .help = "sources of this family", AT(family)},
    {.name = "segments", .argument = "NUMBERS", .type = OPTION_TEXT, .help = "just these: 3,7-9", AT(segments)},
    {ROW_AS_OF, AT(as_of)},
    {ROW_WHO, CARING_AT(wishes, who)},
    {ROW_WHY, CARING_AT(wishes, why)},
    {ROW_SIGN, CARING_AT(wishes, key_file)},
    {ROW_PASSWORD, CARING_AT(wishes, password_file)},
    ROWS_KEY(wishes),
    {ROW_JSON_ONE, CARING_AT(wishes, json)},
    {ROW_CARE_QUIET, CARING_AT(wishes, quiet)},
};
const struct command command_archive_export = {
    .name = "archive export",
    .summary = "hand over a part of an archive, with what proves it",
    .about =
        (const char *const[]){
            "Copies segments, byte for byte, into a folder that is an archive of its own: it can be hunted through, "
            "listed and verified like any other. All that is given must be true of a segment; without more words all "
            "are copied. Beside them lies, in origin, the whole manifest of the archive that they are of, with its "
            "chain of hashes and its signatures: archive verify on the export asks it of every file.",
            "The manifest says also who set which hold, policy and erasure of the archive, and why: its chain cannot "
            "be shown without. Segments hold all that was kept of a month and a family, not only what somebody asked "
            "for. The last line is what to tell the receiver in another way: with it nobody can exchange the origin.",
            NULL},
    .examples =
        (const struct example[]){
            {"longwatch archive export ./archive ./out --hold CASE-17 --who Berg --why 'warrant 345/24'",
             "Hand over what a hold covers"},
            {"longwatch archive export ./archive ./march --from 2024-03-01 --to 2024-04-01", "A month"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "exported",
                 [EXIT_USAGE] = "wrong usage, no archive, no such segment or hold, or something lies at OUT",
                 [EXIT_UNREADABLE] = "a segment is damaged; what was made of OUT is no whole export",
                 [EXIT_INTERNAL] = "internal error, or stopped; what was made of OUT is no whole export",
                 [EXIT_REFUSED] = "the archive is encrypted, and no key was given that opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
