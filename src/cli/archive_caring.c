/* archive_caring: see archive_caring.h. */
#include "cli/archive_caring.h"

#include <errno.h>

#include "cli/intel_text.h"
#include "cli/interrupt.h"
#include "cli/keys.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

#define DAYS_MAX 36525u
#define NUMBERS_MAX ((size_t)1 << 20)

static void on_damaged(void *ctx, str name, const char *why) {
    struct caring *const c = ctx;
    struct buf b = {0};

    (void)name; /* the text says which */
    c->damaged = true;
    progress_wipe(&c->progress);
    buf_add(&b, S("longwatch: "));
    finding_plain(&b, str_of(why), false);
    buf_add(&b, S(": it stays as it is\n"));
    if (!b.failed)
        fwrite(b.ptr, 1, b.len, stderr);
    buf_free(&b);
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    struct caring *const c = ctx;

    progress_show(&c->progress, done, total, 0);
}

bool caring_open(struct caring *c, const struct caring_wishes *w, struct err *e) {
    struct arguments const given = {(const char **)(uintptr_t)&w->archive, 1};

    c->json = w->json;
    progress_begin(&c->progress, !w->quiet);
    if (!(c->fields = fields_new()))
        return err_set(e, ERR_MEMORY, 0, "no memory");
    if (!paths_exist(&given, "archive", true, e) || !zone_open(&w->zone, &c->zone, e) ||
        !kinds_open(&w->kinds, c->fields, &c->kinds, e) ||
        (w->key_file && !keys_open(w->key_file, w->password_file, &c->key, e)) ||
        !custodian_keys_open(&c->custodians, &w->key, e))
        return false;
    kinds_country(c->kinds, w->country);
    c->care = (struct archive_care){.archive = w->archive,
                                    .fields = c->fields,
                                    .kinds = c->kinds,
                                    .latest = w->latest,
                                    .zone_rules = c->zone,
                                    .zone = str_of(w->zone.name),
                                    .unlock = custodian_keys_unlock(&c->custodians),
                                    .key = c->key,
                                    .who = str_of(w->who),
                                    .why = str_of(w->why),
                                    .now = intel_now(),
                                    .dry = w->dry,
                                    .stop = interrupt_catch(),
                                    .progress = on_progress,
                                    .damaged = on_damaged,
                                    .ctx = c};
    return true;
}

void caring_close(struct caring *c) {
    progress_wipe(&c->progress);
    buf_free(&c->list);
    signature_key_free(c->key);
    custodian_keys_close(&c->custodians);
    zone_rules_free(c->zone);
    kinds_free(c->kinds);
    fields_free(c->fields);
}

bool caring_do(const struct caring_wishes *w, const struct manifest_operation *o, uint64_t *snapshot, struct err *e) {
    struct arguments const given = {(const char **)(uintptr_t)&w->archive, 1};
    int64_t const now = intel_now();
    struct signature_key *key = NULL;
    struct vault *v = NULL;
    bool const ok = paths_exist(&given, "archive", true, e) &&
                    (!w->password_file || w->key_file ||
                     err_set(e, ERR_USAGE, 0, "--password-file is the password of a key: --sign FILE")) &&
                    (!w->key_file || keys_open(w->key_file, w->password_file, &key, e)) &&
                    vault_open_writer(&v, w->archive, key, now, NULL, NULL, e) && vault_do(v, o, e) &&
                    vault_commit(v, now, e);

    if (ok)
        *snapshot = manifest_sequence(vault_manifest(v));
    vault_close(v);
    signature_key_free(key);
    return ok;
}

bool caring_grace(const char *given, unsigned usual, int64_t *ns, struct err *e) {
    uint64_t days = usual;

    if (given && !str_u64(str_of(given), DAYS_MAX, &days))
        return err_set(e, ERR_USAGE, 0, "--grace %s: days, 0 to %u", given, DAYS_MAX);
    *ns = (int64_t)days * 86400 * 1000 * 1000 * 1000;
    return true;
}

static bool range_of(str word, uint64_t *first, uint64_t *last) {
    size_t const dash = str_find_byte(word, '-');

    if (dash == SIZE_MAX)
        return str_u64(word, UINT64_MAX, first) && (*last = *first) > 0;
    return str_u64(str_first(word, dash), UINT64_MAX, first) && str_u64(str_from(word, dash + 1), UINT64_MAX, last) &&
           *first > 0 && *first <= *last && *last - *first < NUMBERS_MAX;
}

bool caring_numbers(const char *given, uint64_t **out, size_t *count, struct err *e) {
    str left = str_of(given);
    uint64_t *all = NULL;
    uint64_t first, last;

    *out = NULL;
    *count = 0;
    while (left.len) {
        size_t const comma = str_find_byte(left, ',');
        str const word = comma == SIZE_MAX ? left : str_first(left, comma);

        left = comma == SIZE_MAX ? (str){"", 0} : str_from(left, comma + 1);
        if (!range_of(word, &first, &last) || (*count && all[*count - 1] >= first) ||
            *count + (last - first) >= NUMBERS_MAX || (comma != SIZE_MAX && !left.len)) {
            free(all);
            *count = 0;
            return err_set(e, ERR_USAGE, 0, "--segments %.60s: numbers in rising order, such as 3,7-9", given);
        }
        uint64_t *const bigger = reallocarray(all, *count + (size_t)(last - first) + 1, sizeof *bigger);

        if (!bigger) {
            free(all);
            return err_set(e, ERR_MEMORY, 0, "no memory");
        }
        all = bigger;
        for (uint64_t n = first; n <= last; n++)
            all[(*count)++] = n;
    }
    *out = all;
    return true;
}

void caring_month(int32_t month, char out[16]) {
    if (month == MANIFEST_UNDATED)
        snprintf(out, 16, "undated");
    else
        snprintf(out, 16, "%04d-%02d", month / 12, month % 12 + 1);
}

void caring_name(struct buf *b, const struct caring_wishes *w) {
    finding_plain(b, str_of(w->archive), false);
    buf_add(b, S(": "));
}

static void some(struct buf *b, uint64_t n, const char *one, const char *several) {
    char count[COUNT_TEXT];

    if (n)
        buf_format(b, ", %s %s", count_text(n, count), n == 1 ? one : several);
}

void caring_removed(struct buf *b, const struct archive_removed *r, bool dry) {
    char size[SIZE_TEXT];

    buf_add(b, S("; "));
    count_add(b, r->files, "file");
    buf_format(b, " (%s) %s", size_text(r->bytes, size), dry ? "could go" : "removed");
    some(b, r->grace, "waits for its grace to end", "wait for their grace to end");
    some(b, r->held, "is held", "are held");
    some(b, r->kept, "is in a kept snapshot", "are in kept snapshots");
}

void caring_json(struct buf *b, const char *archive) {
    buf_add(b, S("{\"archive\":"));
    buf_json(b, str_of(archive));
}

void caring_json_removed(struct buf *b, const struct archive_removed *r) {
    buf_format(b, ",\"removed\":{\"files\":%lu", (unsigned long)r->files);
    intel_json_number(b, "bytes", r->bytes);
    intel_json_number(b, "grace", r->grace);
    intel_json_number(b, "held", r->held);
    intel_json_number(b, "kept", r->kept);
    buf_byte(b, '}');
}

void caring_json_segment(struct buf *list, const struct manifest *m, const struct manifest_segment *s) {
    char month[16], name[VAULT_NAME_MAX];

    caring_month(s->month, month);
    vault_segment_name(s, name);
    buf_format(list, "%s{\"segment\":%lu", list->len ? "," : "", (unsigned long)s->number);
    intel_json_text(list, "file", str_of(name));
    intel_json_text(list, "month", str_of(month));
    intel_json_text(list, "family", manifest_family(m, s->family));
    intel_json_bool(list, "live", manifest_live(s));
    intel_json_number(list, "rows", s->rows);
    intel_json_number(list, "bytes", s->length);
}

void caring_json_list(struct buf *b, const char *name, struct buf *list) {
    buf_format(b, ",\"%s\":[", name);
    buf_add(b, buf_str(list));
    buf_byte(b, ']');
    b->failed |= list->failed;
    buf_free(list);
}

int caring_json_print(struct buf *b, uint64_t snapshot, int status) {
    if (snapshot)
        intel_json_number(b, "snapshot", snapshot);
    else
        buf_add(b, S(",\"snapshot\":null"));
    buf_add(b, S("}\n"));
    return print_all(b, status);
}

int caring_done(const struct caring_wishes *w, const char *what, const char *name, const char *how, uint64_t snapshot) {
    struct buf b = {0};

    if (w->json) {
        caring_json(&b, w->archive);
        intel_json_text(&b, what, str_of(name));
        intel_json_text(&b, "done", str_of(how));
        return caring_json_print(&b, snapshot, EXIT_NOTHING);
    }
    if (w->quiet)
        return EXIT_NOTHING;
    caring_name(&b, w);
    buf_format(&b, "%s ", what);
    finding_plain(&b, str_of(name), false);
    buf_format(&b, " %s; snapshot %lu\n", how, (unsigned long)snapshot);
    return print_all(&b, EXIT_NOTHING);
}
