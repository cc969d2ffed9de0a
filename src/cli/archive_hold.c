/* archive_hold: `longwatch archive hold ARCHIVE`: what must stay, whatever policies say; `longwatch archive lift ARCHIVE NAME`: until now. */
#include "cli/archive_caring.h"
#include "cli/intel_text.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

struct wishes {
    struct caring_wishes care;
    const char *name, *family, *segments;
    int64_t from, to;
};

struct covered {
    uint64_t segments, rows, bytes;
};

static struct covered covered_by(const struct manifest *m, const struct manifest_hold *h) {
    size_t count;
    const struct manifest_segment *const s = manifest_segments(m, &count);
    struct covered c = {0};

    for (size_t i = 0; i < count; i++)
        if (manifest_live(&s[i]) && manifest_hold_covers(h, &s[i], manifest_family(m, s[i].family))) {
            c.segments++;
            c.rows += s[i].rows;
            c.bytes += s[i].length;
        }
    return c;
}

static void hold_json(struct buf *b, const struct manifest *m, const struct manifest_hold *h, bool first) {
    struct covered const c = covered_by(m, h);

    buf_add(b, first ? S("{\"name\":") : S(",{\"name\":"));
    buf_json(b, h->name);
    intel_json_text(b, "who", h->who);
    intel_json_text(b, "basis", h->basis);
    intel_json_text(b, "why", h->why);
    intel_json_text(b, "family", h->family);
    intel_json_time(b, "from", h->from);
    intel_json_time(b, "to", h->to);
    buf_add(b, S(",\"segments\":["));
    for (size_t i = 0; i < h->segments.count; i++)
        buf_format(b, "%s%lu", i ? "," : "", (unsigned long)manifest_number(h->segments, i));
    buf_byte(b, ']');
    intel_json_number(b, "since", h->since);
    intel_json_time(b, "since_at", h->since_at);
    buf_format(b, ",\"covers\":{\"segments\":%lu,\"rows\":%lu,\"bytes\":%lu}}", (unsigned long)c.segments,
               (unsigned long)c.rows, (unsigned long)c.bytes);
}

static void words(struct buf *b, const char *before, str text) {
    if (text.len) {
        buf_add(b, str_of(before));
        finding_plain(b, text, false);
    }
}

static void hold_text(struct buf *b, const struct manifest *m, const struct manifest_hold *h) {
    struct covered const c = covered_by(m, h);
    char at[INSTANT_TEXT], size[SIZE_TEXT];

    buf_add(b, S("  "));
    finding_plain(b, h->name, false);
    words(b, ": ", h->basis);
    words(b, ", by ", h->who);
    words(b, ": ", h->why);
    buf_format(b, "; since %.*s", STR_ARG(instant_format(h->since_at, at)));
    words(b, "; of family ", h->family);
    if (h->from != INSTANT_NONE)
        buf_format(b, "; events from %.*s", STR_ARG(instant_format(h->from, at)));
    if (h->to != INSTANT_NONE)
        buf_format(b, "; events before %.*s", STR_ARG(instant_format(h->to, at)));
    if (h->segments.count) {
        buf_add(b, S("; "));
        count_add(b, h->segments.count, "segment");
        buf_add(b, S(" by number"));
    }
    buf_add(b, S("\n    covers "));
    count_add(b, c.segments, "segment");
    buf_add(b, S(" now: "));
    count_add(b, c.rows, "record");
    buf_format(b, " (%s)\n", size_text(c.bytes, size));
}

static int list(const struct wishes *w) {
    struct arguments const given = {(const char **)(uintptr_t)&w->care.archive, 1};
    struct vault *v = NULL;
    struct buf b = {0};
    struct err e = {0};
    size_t count;

    if (!paths_exist(&given, "archive", true, &e) || !vault_open(&v, w->care.archive, 0, NULL, NULL, &e))
        return tell_error(&e);
    const struct manifest *const m = vault_manifest(v);
    const struct manifest_hold *const h = manifest_holds(m, &count);

    if (w->care.json) {
        buf_add(&b, S("{\"holds\":["));
    } else {
        caring_name(&b, &w->care);
        buf_format(&b, count ? "%zu hold%s\n" : "no hold\n", count, count == 1 ? "" : "s");
    }
    for (size_t i = 0; i < count; i++)
        if (w->care.json)
            hold_json(&b, m, &h[i], i == 0);
        else
            hold_text(&b, m, &h[i]);
    if (w->care.json)
        buf_add(&b, S("]}\n"));
    vault_close(v);
    return print_all(&b, EXIT_NOTHING);
}

static int set(const struct wishes *w) {
    uint64_t *numbers, snapshot;
    struct err e = {0};
    size_t count;
    int status;

    if (!caring_numbers(w->segments, &numbers, &count, &e))
        return tell_error(&e);
    struct manifest_operation const o = {.what = DO_HOLD,
                                         .hold = {.name = str_of(w->name),
                                                  .who = str_of(w->care.who),
                                                  .basis = str_of(w->care.basis),
                                                  .why = str_of(w->care.why),
                                                  .family = str_of(w->family),
                                                  .from = w->from,
                                                  .to = w->to,
                                                  .segments = {numbers, count}}};

    status = caring_do(&w->care, &o, &snapshot, &e) ? caring_done(&w->care, "hold", w->name, "set", snapshot)
                                                    : tell_error(&e);
    free(numbers);
    return status;
}

static int hold_run(const void *wishes) {
    const struct wishes *const w = wishes;

    if (!w->name)
        return w->care.who || w->care.basis || w->care.why || w->family || w->segments || w->care.key_file ||
                       w->from != INSTANT_NONE || w->to != INSTANT_NONE
                   ? usage_error("archive hold", "which hold? longwatch archive hold ARCHIVE NAME")
                   : list(w);
    if (!w->care.who || !w->care.basis || !w->care.why || !*w->care.who || !*w->care.basis || !*w->care.why)
        return usage_error("archive hold", "a hold says who sets it, on which basis, and why: --who, --basis, --why");
    if (w->segments && !*w->segments)
        return usage_error("archive hold", "--segments: which? Numbers such as 3,7-9");
    return times_usable("archive hold", w->from, w->to) ? set(w) : EXIT_USAGE;
}

static int lift_run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct err e = {0};
    uint64_t snapshot;

    if (!w->care.who || !w->care.why || !*w->care.who || !*w->care.why)
        return usage_error("archive lift", "who lifts it, and why? --who, --why");
    struct manifest_operation const o = {
        .what = DO_LIFT, .lift = {.name = str_of(w->name), .who = str_of(w->care.who), .why = str_of(w->care.why)}};

    return caring_do(&w->care, &o, &snapshot, &e) ? caring_done(&w->care, "hold", w->name, "lifted", snapshot)
                                                  : tell_error(&e);
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option hold_options[] = {
    {ROW_ARCHIVE, .needed = "which archive? longwatch archive hold ARCHIVE NAME", CARING_AT(wishes, archive)},
    {.argument = "NAME",
     .type = OPTION_TEXT,
     .help = "what the hold is called: CASE-17; without it all are listed",
     AT(name)},
    {ROW_BASIS, CARING_AT(wishes, basis)},
    {ROW_WHO, CARING_AT(wishes, who)},
    {ROW_WHY, CARING_AT(wishes, why)},
    {.name = "from",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "only segments with events from TIME on, and those without times",
     AT(from)},
    {.name = "to",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "only segments with events before TIME, and those without times",
     AT(to)},
    {.name = "family", .argument = "NAME", .type = OPTION_TEXT, .help = "only sources of this family", AT(family)},
    {.name = "segments",
     .argument = "NUMBERS",
     .type = OPTION_TEXT,
     .help = "only these, and what takes their place: 3,7-9",
     AT(segments)},
    {ROW_SIGN, CARING_AT(wishes, key_file)},
    {ROW_PASSWORD, CARING_AT(wishes, password_file)},
    {ROW_JSON_ONE, CARING_AT(wishes, json)},
    {ROW_CARE_QUIET, CARING_AT(wishes, quiet)},
};
const struct command command_archive_hold = {
    .name = "archive hold",
    .summary = "keep part of an archive from being erased or expiring",
    .about =
        (const char *const[]){
            "What a hold covers neither expires nor is erased, and none of its files is removed, until the hold is "
            "lifted. Without more words a hold covers everything, also what comes later; all that is given must be "
            "true of a segment. Segments may still be put together: the hold covers what they become.",
            "Who set it, on which basis, why and when stays in the manifest, also when it is lifted.", NULL},
    .examples =
        (const struct example[]){
            {"longwatch archive hold ./archive CASE-17 --basis 'warrant 345/24' --who Berg --why inquiry",
             "Keep everything, until it is lifted"},
            {"longwatch archive hold ./archive", "List the holds, and how much each covers"},
            {NULL, NULL}},
    .options = hold_options,
    .option_count = COUNT(hold_options),
    .statuses = {[EXIT_NOTHING] = "listed, or recorded",
                 [EXIT_USAGE] = "wrong usage, no archive, a name that is taken, or a key that cannot be used",
                 [EXIT_INTERNAL] = "internal error",
                 [EXIT_REFUSED] = "another process writes to the archive"},
    .wishes_size = sizeof(struct wishes),
    .run = hold_run,
};

static const struct option lift_options[] = {
    {ROW_ARCHIVE, .needed = "which archive? longwatch archive lift ARCHIVE NAME", CARING_AT(wishes, archive)},
    {.argument = "NAME",
     .type = OPTION_TEXT,
     .needed = "which hold? longwatch archive lift ARCHIVE NAME",
     .help = "what the hold is called",
     AT(name)},
    {ROW_WHO, CARING_AT(wishes, who)},
    {ROW_WHY, CARING_AT(wishes, why)},
    {ROW_SIGN, CARING_AT(wishes, key_file)},
    {ROW_PASSWORD, CARING_AT(wishes, password_file)},
    {ROW_JSON_ONE, CARING_AT(wishes, json)},
    {ROW_CARE_QUIET, CARING_AT(wishes, quiet)},
};
const struct command command_archive_lift = {
    .name = "archive lift",
    .summary = "end a hold",
    .about = (const char *const[]){"From now on policies and erasures reach what the hold covered, unless another "
                                   "hold does. Who lifted it and why stays in the manifest.",
                                   NULL},
    .examples =
        (const struct example[]){
            {"longwatch archive lift ./archive CASE-17 --who Berg --why 'proceedings closed'", "Let go what was held"},
            {NULL, NULL}},
    .options = lift_options,
    .option_count = COUNT(lift_options),
    .statuses = {[EXIT_NOTHING] = "recorded",
                 [EXIT_USAGE] = "wrong usage, no archive, no such hold, or a key that cannot be used",
                 [EXIT_INTERNAL] = "internal error",
                 [EXIT_REFUSED] = "another process writes to the archive"},
    .wishes_size = sizeof(struct wishes),
    .run = lift_run,
};
