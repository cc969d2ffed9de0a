/* archive_policy: `longwatch archive policy ARCHIVE`: how long segments are kept; `longwatch archive expire ARCHIVE`: those go whose time is over. */
#include "cli/archive_caring.h"
#include "cli/intel_text.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

#define DAYS_MAX 36525u
#define GRACE_USUAL 0u

struct wishes {
    struct caring_wishes care;
    const char *action, *name, *family, *grace;
    uint64_t days;
    bool from_added;
};

static void policy_json(struct buf *b, const struct manifest_policy *p, bool first) {
    buf_add(b, first ? S("{\"name\":") : S(",{\"name\":"));
    buf_json(b, p->name);
    intel_json_text(b, "family", p->family);
    intel_json_number(b, "days", p->days);
    buf_add(b, p->from_added ? S(",\"counted_from\":\"added\"") : S(",\"counted_from\":\"last event\""));
    intel_json_text(b, "who", p->who);
    intel_json_text(b, "why", p->why);
    intel_json_number(b, "since", p->since);
    intel_json_time(b, "since_at", p->since_at);
    buf_byte(b, '}');
}

static void policy_text(struct buf *b, const struct manifest_policy *p) {
    char at[INSTANT_TEXT];

    buf_add(b, S("  "));
    finding_plain(b, p->name, false);
    buf_format(b, ": %u day%s, counted from %s, ", p->days, p->days == 1 ? "" : "s",
               p->from_added ? "when it was added" : "the last event");
    if (p->family.len) {
        buf_add(b, S("of family "));
        finding_plain(b, p->family, false);
    } else {
        buf_add(b, S("of all families without one of their own"));
    }
    buf_format(b, "; since %.*s", STR_ARG(instant_format(p->since_at, at)));
    if (p->who.len) {
        buf_add(b, S(" by "));
        finding_plain(b, p->who, false);
    }
    if (p->why.len) {
        buf_add(b, S(": "));
        finding_plain(b, p->why, false);
    }
    buf_byte(b, '\n');
}

static int list(const struct wishes *w) {
    struct arguments const given = {(const char **)(uintptr_t)&w->care.archive, 1};
    struct vault *v = NULL;
    struct buf b = {0};
    struct err e = {0};
    size_t count;

    if (!paths_exist(&given, "archive", true, &e) || !vault_open(&v, w->care.archive, 0, NULL, NULL, &e))
        return tell_error(&e);
    const struct manifest_policy *const p = manifest_policies(vault_manifest(v), &count);

    if (w->care.json) {
        buf_add(&b, S("{\"policies\":["));
    } else {
        caring_name(&b, &w->care);
        buf_format(&b, count ? "%zu polic%s\n" : "no policy: nothing expires\n", count, count == 1 ? "y" : "ies");
    }
    for (size_t i = 0; i < count; i++)
        if (w->care.json)
            policy_json(&b, &p[i], i == 0);
        else
            policy_text(&b, &p[i]);
    if (w->care.json)
        buf_add(&b, S("]}\n"));
    vault_close(v);
    return print_all(&b, EXIT_NOTHING);
}

static int change(const struct wishes *w, bool set) {
    struct manifest_operation o;
    struct err e = {0};
    uint64_t snapshot;

    if (set)
        o = (struct manifest_operation){.what = DO_POLICY,
                                        .policy = {.name = str_of(w->name),
                                                   .family = str_of(w->family),
                                                   .who = str_of(w->care.who),
                                                   .why = str_of(w->care.why),
                                                   .days = (uint32_t)w->days,
                                                   .from_added = w->from_added}};
    else
        o = (struct manifest_operation){
            .what = DO_POLICY_END,
            .lift = {.name = str_of(w->name), .who = str_of(w->care.who), .why = str_of(w->care.why)}};
    return caring_do(&w->care, &o, &snapshot, &e)
               ? caring_done(&w->care, "policy", w->name, set ? "set" : "ended", snapshot)
               : tell_error(&e);
}

static int policy_run(const void *wishes) {
    const struct wishes *const w = wishes;
    const char *const action = w->action ? w->action : "list";
    bool const set = strcmp(action, "set") == 0;

    if (strcmp(action, "list") == 0)
        return w->name || w->days || w->family || w->from_added || w->care.who || w->care.why || w->care.key_file
                   ? usage_error("archive policy", "list takes nothing but --json")
                   : list(w);
    if (!w->name)
        return usage_error("archive policy", "which policy? longwatch archive policy ARCHIVE %s NAME", action);
    if (!w->care.who || !*w->care.who)
        return usage_error("archive policy", "who says so? --who NAME");
    if (set && !w->days)
        return usage_error("archive policy", "for how long? --days N");
    if (!set && (w->days || w->family || w->from_added))
        return usage_error("archive policy", "--days, --family and --from-added go with set");
    return change(w, set);
}

/* ---- expire ---- */

static void row_json(struct buf *list, const struct manifest *m, const struct retention_row *row) {
    bool const held = row->verdict == RETENTION_HELD;

    caring_json_segment(list, m, row->segment);
    intel_json_text(list, held ? "hold" : "policy", held ? row->hold->name : row->policy->name);
    buf_byte(list, '}');
}

static bool on_row(void *ctx, const struct manifest *m, const struct retention_row *row, struct err *e) {
    struct caring *const c = ctx;
    char name[VAULT_NAME_MAX];
    struct buf b = {0};

    if (c->json) {
        row_json(&c->list, m, row);
        return true;
    }
    if (!c->care.dry && row->verdict == RETENTION_GO)
        return true;
    vault_segment_name(row->segment, name);
    buf_format(&b, "  %s (", name);
    finding_plain(&b, manifest_family(m, row->segment->family), false);
    buf_add(&b, S(", "));
    count_add(&b, row->segment->rows, "record");
    buf_add(&b, S("): "));
    if (row->verdict == RETENTION_HELD) {
        buf_add(&b, S("kept by hold "));
        finding_plain(&b, row->hold->name, false);
        if (row->hold->who.len) {
            buf_add(&b, S(" of "));
            finding_plain(&b, row->hold->who, false);
        }
        if (row->hold->basis.len) {
            buf_add(&b, S(", "));
            finding_plain(&b, row->hold->basis, false);
        }
    } else {
        buf_add(&b, S("goes by policy "));
        finding_plain(&b, row->policy->name, false);
    }
    buf_byte(&b, '\n');
    bool const ok = intel_out(&b, false, e);

    buf_free(&b);
    return ok;
}

static int told_json(const struct wishes *w, const struct expire_result *r, struct buf *list) {
    struct buf b = {0};

    caring_json(&b, w->care.archive);
    intel_json_bool(&b, "dry_run", w->care.dry);
    intel_json_number(&b, "segments", r->segments);
    intel_json_number(&b, "rows", r->rows);
    intel_json_number(&b, "bytes", r->bytes);
    intel_json_number(&b, "held", r->held);
    caring_json_removed(&b, &r->removed);
    caring_json_list(&b, "over", list);
    return caring_json_print(&b, r->snapshot, EXIT_NOTHING);
}

static int told(const struct wishes *w, const struct expire_result *r) {
    char size[SIZE_TEXT], held[COUNT_TEXT];
    struct buf b = {0};

    if (w->care.quiet)
        return EXIT_NOTHING;
    caring_name(&b, &w->care);
    count_add(&b, r->segments, "segment");
    buf_add(&b, S(" ("));
    count_add(&b, r->rows, "record");
    buf_format(&b, ", %s) %s", size_text(r->bytes, size), w->care.dry ? "would expire" : "expired");
    if (r->held)
        buf_format(&b, ", %s kept by holds", count_text(r->held, held));
    caring_removed(&b, &r->removed, w->care.dry);
    buf_format(&b, "; snapshot %lu\n", (unsigned long)r->snapshot);
    return print_all(&b, EXIT_NOTHING);
}

static int expire_run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct expire_options options = {.row = w->care.quiet && !w->care.json ? NULL : on_row};
    struct caring c = {.damaged = false};
    struct expire_result result;
    struct err e = {0};
    int status;

    if (caring_grace(w->grace, GRACE_USUAL, &options.grace_ns, &e) && caring_open(&c, &w->care, &e) &&
        archive_expire(&c.care, &options, &result, &e)) {
        status = w->care.json ? told_json(w, &result, &c.list) : told(w, &result);
    } else {
        status = tell_error(&e);
    }
    caring_close(&c);
    return status;
}

static const char *const actions[] = {"list", "set", "end", NULL};
#define AT(member) .at = offsetof(struct wishes, member)

static const struct option policy_options[] = {
    {ROW_ARCHIVE, .needed = "which archive? longwatch archive policy ARCHIVE", CARING_AT(wishes, archive)},
    {.argument = "ACTION",
     .type = OPTION_WORD,
     .words = actions,
     .help = "list what there is (the usual), set a policy, or end one",
     AT(action)},
    {.argument = "NAME", .type = OPTION_TEXT, .help = "what the policy is called", AT(name)},
    {.name = "days",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = DAYS_MAX,
     .help = "a segment may go so many days after its last event",
     AT(days)},
    {.name = "from-added",
     .type = OPTION_FLAG,
     .help = "counted from when the segment was added instead",
     AT(from_added)},
    {.name = "family",
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "only sources of this family, instead of all families that no policy names",
     AT(family)},
    {ROW_WHO, CARING_AT(wishes, who)},
    {ROW_WHY, CARING_AT(wishes, why)},
    {ROW_SIGN, CARING_AT(wishes, key_file)},
    {ROW_PASSWORD, CARING_AT(wishes, password_file)},
    {ROW_JSON_ONE, CARING_AT(wishes, json)},
    {ROW_CARE_QUIET, CARING_AT(wishes, quiet)},
};
const struct command command_archive_policy = {
    .name = "archive policy",
    .summary = "say how long an archive keeps what",
    .about =
        (const char *const[]){
            "A policy says how many days after its last event a segment may go; archive expire then does it. Of "
            "several "
            "that apply the longest counts; those for all families apply where none names the family. Events without "
            "time, and those whose time lies behind their adding, are counted from when they were added.",
            "Ledgers, which say what was read and from where, go only by a policy that names their family: ledger.",
            NULL},
    .examples =
        (const struct example[]){
            {"longwatch archive policy ./archive", "List the policies"},
            {"longwatch archive policy ./archive set logs --days 180 --who DPO --why 'schedule 3.2'",
             "Keep everything half a year"},
            {"longwatch archive policy ./archive set mail --days 730 --family mail --who DPO", "And mail two years"},
            {"longwatch archive policy ./archive end logs --who DPO", "Keep it for ever again"},
            {NULL, NULL}},
    .options = policy_options,
    .option_count = COUNT(policy_options),
    .statuses = {[EXIT_NOTHING] = "listed, or recorded",
                 [EXIT_USAGE] =
                     "wrong usage, no archive, a name that is taken or not there, or a key that cannot be used",
                 [EXIT_INTERNAL] = "internal error",
                 [EXIT_REFUSED] = "another process writes to the archive"},
    .wishes_size = sizeof(struct wishes),
    .run = policy_run,
};

static const struct option expire_options[] = {
    {ROW_ARCHIVE, .needed = "which archive? longwatch archive expire ARCHIVE", CARING_AT(wishes, archive)},
    {ROW_DRY, CARING_AT(wishes, dry)},
    {ROW_GRACE("0"), AT(grace)},
    {ROW_WHO, CARING_AT(wishes, who)},
    {ROW_WHY, CARING_AT(wishes, why)},
    {ROW_SIGN, CARING_AT(wishes, key_file)},
    {ROW_PASSWORD, CARING_AT(wishes, password_file)},
    ROWS_KEY(wishes),
    {ROW_JSON_ONE, CARING_AT(wishes, json)},
    {ROW_CARE_QUIET, CARING_AT(wishes, quiet)},
};
const struct command command_archive_expire = {
    .name = "archive expire",
    .summary = "let go what no policy keeps any longer",
    .about =
        (const char *const[]){
            "Segments whose time is over by a policy leave the archive, and their files are removed, with those of "
            "what they were put together from. Which went, when and by which policy stays in the manifest.",
            "What a hold covers stays, and is told with the hold. Where the clock says an earlier time than the "
            "archive's last record nothing is done: a clock that is wrong must not decide.",
            NULL},
    .examples = (const struct example[]){{"longwatch archive expire ./archive --dry-run", "See what would go, and what "
                                                                                          "a hold keeps"},
                                         {"longwatch archive expire ./archive --who cron", "Once a day"},
                                         {NULL, NULL}},
    .options = expire_options,
    .option_count = COUNT(expire_options),
    .statuses =
        {[EXIT_NOTHING] = "done, or nothing was to go",
         [EXIT_USAGE] = "wrong usage, or no archive; nothing was done",
         [EXIT_INTERNAL] = "internal error",
         [EXIT_REFUSED] =
             "another process writes to the archive, the clock is wrong, or it is encrypted and no key opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = expire_run,
};
