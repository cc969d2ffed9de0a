/* archive_compact: `longwatch archive compact ARCHIVE`: many small segments become few. */
#include "cli/archive_caring.h"
#include "cli/intel_text.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

struct wishes {
    struct caring_wishes care;
    const char *month, *grace;
};

#define GRACE_USUAL 7u

/* "2024-03" or "undated". */
static bool month_of(const char *given, int32_t *month) {
    str const s = str_of(given);
    uint64_t year, number;

    *month = given ? MANIFEST_UNDATED : INT32_MAX;
    if (!given || strcmp(given, "undated") == 0)
        return true;
    if (s.len != 7 || s.ptr[4] != '-' || !str_u64(str_first(s, 4), 9999, &year) ||
        !str_u64(str_from(s, 5), 12, &number) || !number)
        return false;
    *month = (int32_t)(year * 12 + number - 1);
    return true;
}

static void group_json(struct buf *list, const char *month, str family, uint64_t segments, uint64_t rows,
                       uint64_t bytes) {
    buf_format(list, "%s{\"month\":\"%s\"", list->len ? "," : "", month);
    intel_json_text(list, "family", family);
    intel_json_number(list, "segments", segments);
    intel_json_number(list, "rows", rows);
    intel_json_number(list, "bytes", bytes);
    buf_byte(list, '}');
}

static bool on_group(void *ctx, int32_t month, str family, uint64_t segments, uint64_t rows, uint64_t bytes,
                     struct err *e) {
    struct caring *const c = ctx;
    char name[16], size[SIZE_TEXT];
    struct buf b = {0};

    caring_month(month, name);
    if (c->json)
        group_json(&c->list, name, family, segments, rows, bytes);
    if (c->json || !c->care.dry)
        return true;
    buf_format(&b, "  %-8s ", name);
    finding_plain(&b, family, false);
    buf_add(&b, S(": "));
    count_add(&b, segments, "segment");
    buf_format(&b, " become%s one: ", segments == 1 ? "s" : "");
    count_add(&b, rows, "record");
    buf_format(&b, " (%s)\n", size_text(bytes, size));
    bool const ok = intel_out(&b, false, e);

    buf_free(&b);
    return ok;
}

static int told_json(const struct wishes *w, const struct compact_result *r, struct caring *c) {
    struct buf b = {0};

    caring_json(&b, w->care.archive);
    intel_json_bool(&b, "dry_run", w->care.dry);
    buf_format(&b, ",\"before\":{\"segments\":%lu", (unsigned long)r->before);
    intel_json_number(&b, "bytes", r->bytes_before);
    buf_format(&b, "},\"after\":{\"segments\":%lu", (unsigned long)r->after);
    if (w->care.dry)
        buf_add(&b, S(",\"bytes\":null"));
    else
        intel_json_number(&b, "bytes", r->bytes_after);
    buf_byte(&b, '}');
    intel_json_number(&b, "damaged", r->damaged);
    caring_json_removed(&b, &r->removed);
    caring_json_list(&b, "groups", &c->list);
    return caring_json_print(&b, r->snapshot, c->damaged ? EXIT_UNREADABLE : EXIT_NOTHING);
}

static int told(const struct wishes *w, const struct compact_result *r, bool damaged) {
    int const status = damaged ? EXIT_UNREADABLE : EXIT_NOTHING;
    char after[COUNT_TEXT], size[SIZE_TEXT];
    struct buf b = {0};

    if (w->care.quiet)
        return status;
    caring_name(&b, &w->care);
    if (!r->before)
        buf_add(&b, S("nothing is to be put together"));
    else
        count_add(&b, r->before, "segment");
    if (r->before)
        buf_format(&b, " (%s) %s %s", size_text(r->bytes_before, size), w->care.dry ? "would become" : "became",
                   count_text(r->after, after));
    if (r->before && !w->care.dry)
        buf_format(&b, " (%s)", size_text(r->bytes_after, size));
    caring_removed(&b, &r->removed, w->care.dry);
    buf_format(&b, "; snapshot %lu\n", (unsigned long)r->snapshot);
    return print_all(&b, status);
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct compact_options options = {.group = on_group};
    struct compact_result result;
    struct caring c = {.damaged = false};
    struct err e = {0};
    int status;

    if (!month_of(w->month, &options.month))
        return usage_error("archive compact", "--month %s: a month such as 2024-03, or undated", w->month);
    if (caring_grace(w->grace, GRACE_USUAL, &options.grace_ns, &e) && caring_open(&c, &w->care, &e) &&
        archive_compact(&c.care, &options, &result, &e)) {
        progress_wipe(&c.progress);
        status = w->care.json ? told_json(w, &result, &c) : told(w, &result, c.damaged);
    } else {
        progress_wipe(&c.progress);
        status = tell_error(&e);
    }
    caring_close(&c);
    return status;
}

static const struct option options[] = {
    {ROW_ARCHIVE, .needed = "which archive? longwatch archive compact ARCHIVE", CARING_AT(wishes, archive)},
    {.name = "month",
     .argument = "MONTH",
     .type = OPTION_TEXT,
     .help = "only segments of this month: 2024-03, or undated",
     .at = offsetof(struct wishes, month)},
    {ROW_DRY, CARING_AT(wishes, dry)},
    {ROW_GRACE("7"), .at = offsetof(struct wishes, grace)},
    {ROW_WHO, CARING_AT(wishes, who)},
    {ROW_WHY, CARING_AT(wishes, why)},
    {ROW_SIGN, CARING_AT(wishes, key_file)},
    {ROW_PASSWORD, CARING_AT(wishes, password_file)},
    ROWS_KEY(wishes),
    {ROW_KINDS, CARING_AT(wishes, kinds)},
    {ROW_ZONE, CARING_AT(wishes, zone)},
    {ROW_LATEST, CARING_AT(wishes, latest)},
    {ROW_COUNTRY, CARING_AT(wishes, country)},
    {ROW_JSON_ONE, CARING_AT(wishes, json)},
    {ROW_CARE_QUIET, CARING_AT(wishes, quiet)},
};
const struct command command_archive_compact = {
    .name = "archive compact",
    .summary = "make few segments of many small ones",
    .about =
        (const char *const[]){
            "Many small additions make many small segments, and late ones lie apart from their month. Those of a month "
            "and a family become one, as far as it is no larger than a full one; where policies count from the adding, "
            "only those that were added in one month. What is asked of the archive has the same answers before and "
            "after. Each month is a commit of its own: what was done before a power cut, or "
            "before a run was stopped, stays.",
            "The old files stay as long as the grace says, for whoever still reads an older snapshot, and then go at "
            "one of the next runs. What a hold covers stays until it is lifted. Records are sorted into months by the "
            "kinds of today: --kinds, --zone, --latest and --country are those that archive add was given.",
            NULL},
    .examples = (const struct example[]){{"longwatch archive compact ./archive", "After a year of daily additions"},
                                         {"longwatch archive compact ./archive --month 2024-03 --dry-run",
                                          "See what would become of a month"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses =
        {[EXIT_NOTHING] = "done, or nothing was to be done",
         [EXIT_USAGE] = "wrong usage, or no archive; nothing was done",
         [EXIT_UNREADABLE] = "a segment is damaged: those of its month stay as they are",
         [EXIT_INTERNAL] = "internal error, or stopped; what was committed before stays",
         [EXIT_REFUSED] =
             "another process writes to the archive, the clock is wrong, or it is encrypted and no key opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
