/* archive_erase: `longwatch archive erase ARCHIVE`: a person's values out of everything that is kept. */
#include <unistd.h>

#include "base/file.h"
#include "cli/archive_caring.h"
#include "cli/intel_text.h"
#include "cli/keys.h"
#include "cli/terminal.h"
#include "hunt/erasing.h"
#include "intel/rule_cache.h"
#include "report/finding_text.h"

#define VALUES_FILE_MAX ((size_t)2 << 20)

struct wishes {
    struct caring_wishes care;
    const char *value, *values;
    bool words, originals, damaged;
};

#define STANDARD_INPUT "/dev/stdin" /* it may be a pipe, which is no file to be read whole */

/* The lines of a file, each a value; blank ones are none. */
static bool lines_read(const char *path, struct buf *out, struct err *e) {
    ssize_t got = 1;

    if (strcmp(path, STANDARD_INPUT) != 0)
        return paths_exist(&(struct arguments){&path, 1}, "values", false, e) &&
               file_read(path, VALUES_FILE_MAX, out, e);
    while (got > 0) {
        char *const to = buf_reserve(out, 4096);

        if (!to)
            return err_set(e, ERR_MEMORY, 0, "no memory for values");
        if ((got = read(STDIN_FILENO, to, 4096)) < 0)
            return err_system(e, "standard input");
        out->len += (size_t)got;
        if (out->len > VALUES_FILE_MAX)
            return err_set(e, ERR_LIMIT, 0, "standard input: more than %zu bytes of values", VALUES_FILE_MAX);
    }
    return true;
}

static bool erasing_open(const struct wishes *w, struct erasing **out, struct err *e) {
    struct buf text = {0};
    str *values = NULL;
    size_t count = 0;
    bool ok = !w->values || lines_read(w->values, &text, e);

    if (ok && !(values = calloc(ERASING_COUNT + 2, sizeof *values)))
        ok = err_set(e, ERR_MEMORY, 0, "no memory for values");
    if (ok && w->value)
        values[count++] = str_of(w->value);
    for (str left = buf_str(&text); ok && left.len && count <= ERASING_COUNT;) {
        size_t const end = str_find_byte(left, '\n');
        str const value = str_trim(str_first(left, end));

        left = end == SIZE_MAX ? (str){"", 0} : str_from(left, end + 1);
        if (value.len)
            values[count++] = value;
    }
    ok = ok && erasing_new(out, values, count, w->words, e);
    free(values);
    keys_wipe(&text);
    return ok;
}

static bool on_segment(void *ctx, const struct manifest *m, const struct manifest_segment *s, uint64_t values,
                       uint64_t places, uint64_t inside, struct err *e) {
    struct caring *const c = ctx;
    char name[VAULT_NAME_MAX], count[COUNT_TEXT];
    struct buf b = {0};

    if (c->json) {
        caring_json_segment(&c->list, m, s);
        intel_json_number(&c->list, "values", values);
        intel_json_number(&c->list, "places", places);
        intel_json_number(&c->list, "inside", inside);
        buf_byte(&c->list, '}');
        return true;
    }
    if (!c->care.dry)
        return true;
    vault_segment_name(s, name);
    buf_format(&b, "  %s (", name);
    finding_plain(&b, manifest_family(m, s->family), false);
    buf_format(&b, "%s): ", manifest_live(s) ? "" : ", ended");
    if (values)
        count_add(&b, values, "value");
    else
        buf_add(&b, S("damaged, all of it"));
    if (places != values) {
        buf_add(&b, S(", "));
        count_add(&b, places, "place");
    }
    if (inside)
        buf_format(&b, ", %s of them within longer words", count_text(inside, count));
    buf_byte(&b, '\n');
    bool const ok = intel_out(&b, false, e);

    buf_free(&b);
    return ok;
}

static bool on_remains(void *ctx, uint64_t sequence, str name, struct err *e) {
    struct caring *const c = ctx;
    struct buf b = {0};

    c->damaged = true;
    progress_wipe(&c->progress);
    buf_add(&b, S("longwatch: "));
    finding_plain(&b, str_of(c->care.archive), false);
    if (sequence) {
        buf_format(&b, ": record %lu of the manifest holds a value in its words (", (unsigned long)sequence);
        finding_plain(&b, name, false);
        buf_add(&b, S("), and the manifest cannot be changed\n"));
    } else {
        buf_byte(&b, '/');
        finding_plain(&b, name, false);
        buf_add(&b, S(": it is no part of the archive, and nobody has looked into it: remove it yourself\n"));
    }
    if (b.failed) {
        buf_free(&b);
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    }
    fwrite(b.ptr, 1, b.len, stderr);
    buf_free(&b);
    return true;
}

static int told_json(const struct wishes *w, const struct erase_result *r, struct buf *list) {
    struct buf b = {0};

    caring_json(&b, w->care.archive);
    intel_json_bool(&b, "dry_run", w->care.dry);
    intel_json_number(&b, "looked_at", r->scanned);
    intel_json_number(&b, "segments", r->segments);
    intel_json_number(&b, "values", r->values);
    intel_json_number(&b, "places", r->places);
    intel_json_number(&b, "inside", r->inside);
    intel_json_number(&b, "damaged", r->damaged);
    intel_json_number(&b, "remains", r->remains);
    caring_json_removed(&b, &r->removed);
    caring_json_list(&b, "holding", list);
    return caring_json_print(&b, r->snapshot, r->remains ? EXIT_UNREADABLE : EXIT_NOTHING);
}

static int told(const struct wishes *w, const struct erase_result *r) {
    int const status = r->remains ? EXIT_UNREADABLE : EXIT_NOTHING;
    char segments[COUNT_TEXT];
    struct buf b = {0};

    if (w->care.quiet)
        return status;
    caring_name(&b, &w->care);
    buf_add(&b, S("of "));
    count_add(&b, r->scanned, "segment");
    buf_format(&b, " %s hold%s it, %s ", count_text(r->segments, segments), r->segments == 1 ? "s" : "",
               w->care.dry ? "in" : "and");
    count_add(&b, r->values, "value");
    if (!w->care.dry)
        buf_format(&b, " w%s written anew", r->values == 1 ? "as" : "ere");
    if (r->inside) {
        buf_add(&b, S(", "));
        count_add(&b, r->inside, "place");
        buf_format(&b, " of them within longer words%s", w->care.dry ? " (--words leaves those as they are)" : "");
    }
    if (r->damaged) {
        buf_add(&b, S("; "));
        count_add(&b, r->damaged, "damaged segment");
        buf_add(&b, w->care.dry ? S(" would go as a whole") : S(" went as a whole"));
    }
    caring_removed(&b, &r->removed, w->care.dry);
    buf_format(&b, "; snapshot %lu\n", (unsigned long)r->snapshot);
    return print_all(&b, status);
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    char *const memo = rule_cache_folder();
    struct erase_options options = {.basis = str_of(w->care.basis),
                                    .originals = w->originals,
                                    .damaged = w->damaged,
                                    .memo = memo,
                                    .segment = w->care.quiet && !w->care.json ? NULL : on_segment,
                                    .remains = on_remains};
    struct caring c = {.damaged = false};
    struct erase_result result;
    struct err e = {0};
    int status;

    if (!w->value && !w->values)
        status = usage_error("archive erase", "what is to be erased? --values FILE, one value a line");
    else if (!w->care.dry &&
             (!w->care.who || !w->care.basis || !w->care.why || !*w->care.who || !*w->care.basis || !*w->care.why))
        status =
            usage_error("archive erase", "an erasure says who does it, on which basis, and why: --who, --basis, --why");
    else if (erasing_open(w, &options.erasing, &e) && caring_open(&c, &w->care, &e) &&
             archive_erase(&c.care, &options, &result, &e)) {
        progress_wipe(&c.progress);
        status = w->care.json ? told_json(w, &result, &c.list) : told(w, &result);
    } else {
        progress_wipe(&c.progress);
        status = e.code == ERR_CORRUPT ? (tell_error(&e), EXIT_UNREADABLE) : tell_error(&e);
    }
    erasing_free(options.erasing);
    caring_close(&c);
    free(memo);
    return status;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {ROW_ARCHIVE, .needed = "which archive? longwatch archive erase ARCHIVE --values FILE", CARING_AT(wishes, archive)},
    {.name = "values",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "the values that are to go, one a line; /dev/stdin: from standard input",
     AT(values)},
    {.name = "value",
     .argument = "TEXT",
     .type = OPTION_TEXT,
     .help = "one value; whoever lists processes sees it, and a shell remembers it",
     AT(value)},
    {.name = "words", .type = OPTION_FLAG, .help = "only where no letter or digit stands beside it", AT(words)},
    {.name = "originals",
     .type = OPTION_FLAG,
     .help =
         "all bytes of files that are kept (archive add --originals) go as well: nobody can say what is not in them",
     AT(originals)},
    {.name = "damaged",
     .type = OPTION_FLAG,
     .help = "segments that are damaged or not there go as a whole: nobody can say what is not in them",
     AT(damaged)},
    {ROW_WHO, CARING_AT(wishes, who)},
    {ROW_BASIS, CARING_AT(wishes, basis)},
    {ROW_WHY, CARING_AT(wishes, why)},
    {ROW_DRY, CARING_AT(wishes, dry)},
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
const struct command command_archive_erase = {
    .name = "archive erase",
    .summary = "take a person's values out of everything that is kept",
    .about =
        (const char *const[]){
            "Looks for the values in every value, path and name of a field that the archive holds, in whatever case, "
            "also inside longer text, in UTF-16, and behind the escapes of JSON, URLs and XML; writes the segments in "
            "which they stand anew, with [erased] in their place; and removes the old files at once. No record goes, "
            "and nothing else changes. That it was done, by whom, on which basis, and the hashes of each segment "
            "before "
            "and after stay in the manifest; the values are written nowhere.",
            "Give every spelling of a person: name, accounts, addresses, numbers. What is encoded in other ways "
            "(base64, hashes) is another value. Your memo of earlier retrohunts goes as well. Where a hold covers a "
            "segment that holds one, nothing at all is done, "
            "and the hold is named. Backups, exports and cases that were made before are not reached, nor memos that "
            "other "
            "users have, or that retrohunt --memo has put elsewhere: these drop what is gone with the next retrohunt.",
            NULL},
    .examples =
        (const struct example[]){
            {"longwatch archive erase ./archive --values person.txt --dry-run", "See where it stands"},
            {"longwatch archive erase ./archive --values person.txt --who DPO --basis GDPR --why asked", "Erase it"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "done, or none of them is there",
                 [EXIT_USAGE] = "wrong usage, no archive, or a value that cannot be looked for; nothing was done",
                 [EXIT_UNREADABLE] =
                     "a segment is damaged and nothing was done; or it is done, and the words of a record "
                     "or a file that is no part of the archive may still hold one",
                 [EXIT_INTERNAL] = "internal error, or stopped; begun again it goes on",
                 [EXIT_REFUSED] =
                     "a hold or a kept snapshot forbids it, bytes of files are kept and --originals was not "
                     "given, another process writes, or it is encrypted and no key opens it; nothing was done"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
