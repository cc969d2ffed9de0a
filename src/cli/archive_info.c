/* archive_info: `longwatch archive info ARCHIVE`: what is in it; `longwatch archive verify ARCHIVE`: whether it still is. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/segment.h"
#include "archive/vault.h"
#include "base/file.h"
#include "cli/archive_caring.h"
#include "cli/archives.h"
#include "cli/command.h"
#include "cli/intel_text.h"
#include "cli/terminal.h"
#include "hunt/archive_export.h"
#include "hunt/archive_index.h"
#include "hunt/archive_ledger.h"
#include "hunt/archive_original.h"
#include "report/finding_text.h"

struct wishes {
    const char *archive, *public_key;
    struct key_wish key;
    uint64_t as_of;
    bool json;
};

#define AT(member) .at = offsetof(struct wishes, member)

struct sum {
    int32_t month;
    uint32_t family;
    uint64_t segments, rows, bytes;
};

/* Months in their order, what has none last; families as the manifest knows them. */
static int by_month(const void *a, const void *b) {
    const struct sum *const x = a, *const y = b;

    if (x->month != y->month)
        return x->month == MANIFEST_UNDATED ? 1 : y->month == MANIFEST_UNDATED ? -1 : x->month < y->month ? -1 : 1;
    return (x->family > y->family) - (x->family < y->family);
}

/* One for each month and family that have segments; sums: room for every segment. */
static size_t sums_of(const struct manifest *m, struct sum *sums) {
    size_t count, live = 0, kept = 0;
    const struct manifest_segment *const s = manifest_segments(m, &count);

    for (size_t i = 0; i < count; i++)
        if (manifest_live(&s[i]))
            sums[live++] = (struct sum){s[i].month, s[i].family, 1, s[i].rows, s[i].length};
    if (live)
        qsort(sums, live, sizeof *sums, by_month);
    for (size_t i = 0; i < live; i++)
        if (kept && by_month(&sums[kept - 1], &sums[i]) == 0) {
            sums[kept - 1].segments++;
            sums[kept - 1].rows += sums[i].rows;
            sums[kept - 1].bytes += sums[i].bytes;
        } else {
            sums[kept++] = sums[i];
        }
    return kept;
}

/* Records of evidence: pieces of files, and lines of ledgers, are none. */
static uint64_t record_rows(const struct manifest *m) {
    uint64_t rows = manifest_live_rows(m);
    size_t count;
    const struct manifest_segment *const s = manifest_segments(m, &count);

    for (size_t i = 0; i < count; i++)
        if (manifest_live(&s[i]) && (str_eq(manifest_family(m, s[i].family), ARCHIVE_ORIGINALS) ||
                                     str_eq(manifest_family(m, s[i].family), ARCHIVE_LEDGER)))
            rows -= s[i].rows;
    return rows;
}

static void info_json(struct buf *b, const struct vault *v, const struct sum *sums, size_t count,
                      const struct archive_index_sum *index) {
    const struct manifest *const m = vault_manifest(v);
    char at[INSTANT_TEXT], month[16];

    buf_format(b, "{\"id\":\"");
    for (size_t i = 0; i < ARCHIVE_ID_SIZE; i++)
        buf_format(b, "%02x", manifest_id(m)[i]);
    buf_format(b, "\",\"snapshot\":%lu,\"at\":\"%.*s\",\"segments\":%lu,\"rows\":%lu,\"bytes\":%lu,\"parts\":[",
               (unsigned long)manifest_sequence(m), STR_ARG(instant_format(manifest_at(m), at)),
               (unsigned long)manifest_live_count(m), (unsigned long)record_rows(m),
               (unsigned long)manifest_live_bytes(m));
    for (size_t i = 0; i < count; i++) {
        caring_month(sums[i].month, month);
        buf_format(b, "%s{\"month\":\"%s\"", i ? "," : "", month);
        intel_json_text(b, "family", manifest_family(m, sums[i].family));
        buf_format(b, ",\"segments\":%lu,\"rows\":%lu,\"bytes\":%lu}", (unsigned long)sums[i].segments,
                   (unsigned long)sums[i].rows, (unsigned long)sums[i].bytes);
    }
    buf_format(b,
               "],\"encrypted\":%s,\"index\":{\"runs\":%lu,\"keys\":%lu,\"bytes\":%lu,\"segments\":%lu,\"of\":%lu}}\n",
               vault_encrypted(v) ? "true" : "false", (unsigned long)index->runs, (unsigned long)index->keys,
               (unsigned long)index->bytes, (unsigned long)index->in, (unsigned long)index->segments);
}

static void index_text(struct buf *b, const struct archive_index_sum *index) {
    char in[COUNT_TEXT], size[SIZE_TEXT];

    buf_add(b, S("  index    "));
    count_add(b, index->keys, "key");
    buf_format(b, " of %s of ", count_text(index->in, in));
    count_add(b, index->segments, "segment");
    buf_add(b, S(" with records, in "));
    count_add(b, index->runs, "run");
    buf_format(b, " (%s)", size_text(index->bytes, size));
    buf_add(b, index->in < index->segments ? S("; longwatch archive index adds the others\n") : S("\n"));
}

static void info_text(struct buf *b, const struct vault *v, const char *archive, const struct sum *sums,
                      size_t sum_count, const struct archive_index_sum *index) {
    const struct manifest *const m = vault_manifest(v);
    char size[SIZE_TEXT], at[INSTANT_TEXT], month[16];

    finding_plain(b, str_of(archive), false);
    buf_add(b, S(": "));
    count_add(b, record_rows(m), "record");
    buf_add(b, S(" in "));
    count_add(b, manifest_live_count(m), "segment");
    buf_format(b, " (%s), snapshot %lu of %.*s\n", size_text(manifest_live_bytes(m), size),
               (unsigned long)manifest_sequence(m), STR_ARG(instant_format(manifest_at(m), at)));
    for (size_t i = 0; i < sum_count; i++) {
        const struct sum *const s = &sums[i];

        caring_month(s->month, month);
        buf_format(b, "  %-8s ", month);
        finding_plain(b, manifest_family(m, s->family), false);
        bool const pieces = str_eq(manifest_family(m, s->family), ARCHIVE_ORIGINALS);

        buf_add(b, S(": "));
        count_add(b, s->rows, pieces ? "piece" : "record");
        buf_add(b, pieces ? S(" of files in ") : S(" in "));
        count_add(b, s->segments, "segment");
        buf_format(b, " (%s)\n", size_text(s->bytes, size));
    }
    if (vault_encrypted(v))
        buf_add(b, S("  encrypted: 'longwatch archive custodians' says who can open it\n"));
    index_text(b, index);
}

static int info_run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct arguments const given = {(const char **)(uintptr_t)&w->archive, 1};
    struct vault *v = NULL;
    struct buf b = {0};
    struct err e = {0};
    struct sum *sums;
    size_t count;

    struct archive_index_sum index;

    if (!paths_exist(&given, "archive", true, &e) || !vault_open(&v, w->archive, w->as_of, NULL, NULL, &e))
        return tell_error(&e);
    if (!archive_index_count(vault_manifest(v), &index, &e)) {
        vault_close(v);
        return tell_error(&e);
    }
    (void)manifest_segments(vault_manifest(v), &count);
    if (!(sums = calloc(count + 1, sizeof *sums))) {
        vault_close(v);
        err_set(&e, ERR_MEMORY, 0, "no memory to print");
        return tell_error(&e);
    }
    count = sums_of(vault_manifest(v), sums);
    if (w->json)
        info_json(&b, v, sums, count, &index);
    else
        info_text(&b, v, w->archive, sums, count, &index);
    free(sums);
    vault_close(v);
    return print_all(&b, EXIT_NOTHING);
}

/* ---- verify ---- */

struct verify {
    const struct wishes *w;
    char name[VAULT_NAME_MAX];
    uint64_t damages, segments, told; /* told: of this segment */
    uint64_t bad_segments;
    struct buf list, broken; /* for machines: damages; segments that have some */
    uint64_t
        sealed; /* segments that no key opened: their bytes are those that were written, and nothing else is known */
    struct signature_public public; /* of --public-key */
    uint64_t records, is_signed;    /* is_signed: of them */
    bool origin;                    /* it is an export, of: */
    uint64_t origin_sequence;
    uint8_t origin_hash[SHA256_SIZE];
    uint64_t runs, bad_runs;
};

static void damage_json(struct buf *list, const char *name, uint64_t record, uint64_t offset, const char *why) {
    buf_add(list, list->len ? S(",{\"file\":") : S("{\"file\":"));
    buf_json(list, str_of(name));
    if (record)
        intel_json_number(list, "record", record);
    intel_json_number(list, "offset", offset);
    intel_json_text(list, "why", str_of(why));
    buf_byte(list, '}');
}

/* record: of the manifest; 0: it is none. */
static void damage_tell_of(struct verify *x, const char *name, uint64_t record, uint64_t offset, const char *why) {
    struct buf b = {0};

    x->damages++;
    x->told++;
    if (x->w->json) {
        damage_json(&x->list, name, record, offset, why);
        return;
    }
    finding_plain(&b, str_of(x->w->archive), false);
    buf_format(&b, "/%s: ", name);
    if (record)
        buf_format(&b, "record %lu: ", (unsigned long)record);
    buf_format(&b, "at %lu: ", (unsigned long)offset);
    finding_plain(&b, str_of(why), false);
    buf_byte(&b, '\n');
    if (!b.failed)
        fwrite(b.ptr, 1, b.len, stdout);
    buf_free(&b);
}

static void damage_tell(struct verify *x, const char *name, uint64_t offset, const char *why) {
    damage_tell_of(x, name, 0, offset, why);
}

static void on_damage(void *ctx, const struct err *damage) {
    struct verify *const x = ctx;

    damage_tell(x, x->name, damage->offset, damage->text);
}

/* What opening came upon. What a crash left behind the last record was never acknowledged: no damage, and the next writer cuts it. */
static void on_found(void *ctx, enum vault_found what, str name, uint64_t number) {
    struct verify *const x = ctx;

    (void)number;
    if (what != FOUND_HEAD && what != FOUND_STATE)
        return;
    snprintf(x->name, sizeof x->name, "%.*s", STR_ARG(name));
    damage_tell(x, x->name, 0,
                what == FOUND_HEAD ? "damaged or gone: it cannot be shown that nothing is lost behind the last record. "
                                     "The next archive add makes it anew"
                                   : "what it restates is damaged, and was worked out of the manifests before it. The "
                                     "next archive add writes a new one");
}

/* Without it the index is worthless, and nothing else. */
static void secret_verify(struct verify *x, const struct vault *v) {
    uint8_t secret[VAULT_SECRET];
    struct err e = {0};

    if (!vault_secret(v, secret, &e) && e.code != ERR_REFUSED) /* encrypted: nobody asked with a key */
        damage_tell(x, "secret", e.offset, e.text);
    explicit_bzero(secret, sizeof secret);
}

static bool on_row(struct event_sink *sink, const struct record *r, struct err *e) {
    (void)sink;
    (void)r;
    (void)e;
    return true;
}

static void on_lost(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why;
}

/* How many rows of a damaged segment can still be read whole. ERR_MEMORY. */
static bool rows_left(struct segment *open, uint64_t *left, struct err *e) {
    struct event_sink sink = {.fields = fields_new(), .record = on_row, .damage = on_lost};
    struct segment_reading reading = {.sink = &sink, .salvage = true};

    if (!sink.fields)
        return err_set(e, ERR_MEMORY, 0, "no memory");
    bool const ok = segment_read(open, &reading, e);

    fields_free(sink.fields);
    *left = ok ? segment_info(open)->rows - reading.lost : 0;
    return ok || e->code != ERR_MEMORY;
}

/* After a segment was looked at. known: left says how many of its rows can be read; else a key is missing. */
static void broken_add(struct verify *x, const struct vault *v, const struct manifest_segment *s, bool known,
                       uint64_t left) {
    if (!x->told)
        return;
    x->bad_segments++;
    if (!x->w->json)
        return;
    caring_json_segment(&x->broken, vault_manifest(v), s);
    if (known)
        intel_json_number(&x->broken, "readable", left);
    else
        buf_add(&x->broken, S(",\"readable\":null"));
    buf_byte(&x->broken, '}');
}

/* False: it could not be looked at, which says nothing of it. */
static bool segment_verify(struct verify *x, const struct vault *v, const struct manifest_segment *s, struct err *e) {
    struct segment *open = NULL;
    struct stat st;
    bool same = false, known = true;
    uint64_t left = 0;
    int fd;

    vault_segment_name(s, x->name);
    x->told = 0;
    if (!vault_segment_open(v, s, &fd, e)) {
        if (e->code != ERR_CORRUPT)
            return false;
        damage_tell(x, x->name, e->offset, e->text);
        broken_add(x, v, s, true, 0);
        return true;
    }
    bool ok = fstat(fd, &st) == 0 || err_system(e, "%s", x->name);
    void *const bytes = ok ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    close(fd);
    if (bytes == MAP_FAILED)
        return ok ? err_system(e, "%s", x->name) : false;
    struct segment_opening const how = {.keys = vault_keys(v)};

    ok = segment_open_with(&open, (str){bytes, (size_t)st.st_size}, str_of(x->name), &how, e);
    if (!ok && e->code == ERR_REFUSED) {
        x->sealed++;
        known = false;
        ok = true;
    } else if (!ok && e->code != ERR_MEMORY) {
        damage_tell(x, x->name, e->offset, e->text);
        ok = true;
    } else if (ok) {
        left = segment_info(open)->rows;
        if (!segment_check(open, on_damage, x, e))
            ok = e->code != ERR_MEMORY && (!x->w->json || rows_left(open, &left, e));
    }
    segment_close(open);
    munmap(bytes, (size_t)st.st_size);
    if (!ok || !vault_segment_check(v, s, &same, e))
        return false;
    if (!same && !x->told)
        damage_tell(x, x->name, 0, "its SHA-256 is not that of the segment that was added");
    broken_add(x, v, s, known, left);
    return true;
}

/* Who can open it; and by whoever can, that nobody else has changed that. */
static bool keys_verify(struct verify *x, struct vault *v, struct err *e) {
    struct keyring *k = NULL;

    if (!vault_encrypted(v))
        return true;
    bool const ok = x->w->key.files.count ? vault_unlock_wish(v, &x->w->key, e) : vault_keyring_read(v, &k, e);

    keyring_free(k);
    if (ok || e->code != ERR_CORRUPT)
        return ok;
    damage_tell(x, "keys", e->offset, e->text);
    return true;
}

static void record_verify(struct verify *x, const char *whose, const struct vault_record *r) {
    struct err why = {0};

    x->records++;
    if (!r->signature.len)
        return;
    x->is_signed++;
    if (x->w->public_key && !signature_check(&x->public, r->signature, r->statement, &why))
        damage_tell_of(x, whose, r->sequence, 0, why.text);
}

static bool on_record(void *ctx, const struct vault_record *r, struct err *e) {
    (void)e;
    record_verify(ctx, "manifest", r);
    return true;
}

static void on_origin_record(void *ctx, const struct vault_record *r) {
    record_verify(ctx, EXPORT_ORIGIN, r);
}

static void on_stranger(void *ctx, const struct manifest_segment *s) {
    struct verify *const x = ctx;

    vault_segment_name(s, x->name);
    damage_tell(x, x->name, 0, "the archive that this is an export of has no such segment");
}

static bool origin_verify(struct verify *x, const struct vault *v, struct err *e) {
    if (archive_export_check(v, x->w->archive, &x->origin, on_stranger, on_origin_record, x, &x->origin_sequence,
                             x->origin_hash, e))
        return true;
    if (e->code == ERR_MEMORY)
        return false;
    damage_tell(x, EXPORT_ORIGIN, e->offset, e->text);
    x->origin = false;
    return true;
}

static bool key_read(struct verify *x, struct err *e) {
    struct buf file = {0};
    struct arguments const named = {(const char **)(uintptr_t)&x->w->public_key, 1};
    bool const ok = !x->w->public_key || (paths_exist(&named, "public key", false, e) &&
                                          file_read(x->w->public_key, SIGNATURE_FILE_MAX, &file, e) &&
                                          (signature_public_read(&x->public, buf_str(&file), e) ||
                                           (e->code = ERR_USAGE, err_wrap(e, "%s", x->w->public_key))));

    buf_free(&file);
    return ok;
}

/* A run is derived data: its damage costs time, and can be undone. */
static bool run_verify(struct verify *x, const struct vault *v, const struct manifest_run *r, struct err *e) {
    bool whole;

    vault_run_name(r, x->name);
    x->runs++;
    if (!archive_run_check(v, r, on_damage, x, &whole, e))
        return false;
    x->bad_runs += !whole;
    return true;
}

static bool runs_verify(struct verify *x, const struct vault *v, struct err *e) {
    size_t count;
    const struct manifest_run *const runs = manifest_runs(vault_manifest(v), &count);

    for (size_t i = 0; i < count; i++)
        if (!runs[i].ended && !run_verify(x, v, &runs[i], e))
            return false;
    return true;
}

static bool verify_all(struct verify *x, struct vault *v, struct err *e) {
    size_t count;
    const struct manifest_segment *const segments = manifest_segments(vault_manifest(v), &count);

    if (!keys_verify(x, v, e))
        return false;
    if (!vault_history_check(v, e)) {
        if (e->code != ERR_CORRUPT)
            return false;
        damage_tell(x, "manifest", e->offset, e->text);
    } else if (!vault_history(v, on_record, x, e)) {
        return false;
    }
    if (!origin_verify(x, v, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!segments[i].gone) {
            x->segments++;
            if (!segment_verify(x, v, &segments[i], e))
                return false;
        }
    return runs_verify(x, v, e);
}

static void signatures_text(struct buf *b, const struct verify *x) {
    char hash[2 * SHA256_SIZE + 1], count[COUNT_TEXT];

    if (x->is_signed || x->w->public_key) {
        buf_format(b, "%s of ", count_text(x->is_signed, count));
        count_add(b, x->records, "record");
        buf_format(b, " %s signed%s\n", x->is_signed == 1 ? "is" : "are",
                   x->w->public_key ? ", and checked with the key" : ": NOT CHECKED (--public-key FILE)");
    }
    if (!x->origin || x->damages)
        return;
    sha256_hex(x->origin_hash, hash);
    buf_format(b, "an export: its files are those of the archive whose record %lu is %s\n",
               (unsigned long)x->origin_sequence, hash);
}

/* m: NULL where the manifest could not be read, and nothing was looked at. */
static int verify_json(struct verify *x, const struct manifest *m) {
    char id[2 * ARCHIVE_ID_SIZE + 1];
    struct buf b = {0};

    caring_json(&b, x->w->archive);
    if (m) {
        archive_id_text(m, id);
        intel_json_text(&b, "id", str_of(id));
        intel_json_time(&b, "at", manifest_at(m));
    } else {
        buf_add(&b, S(",\"id\":null,\"at\":null"));
    }
    intel_json_bool(&b, "whole", x->damages == 0);
    buf_format(&b, ",\"segments\":{\"checked\":%lu", (unsigned long)x->segments);
    intel_json_number(&b, "damaged", x->bad_segments);
    intel_json_number(&b, "sealed", x->sealed);
    buf_format(&b, "},\"index\":{\"runs\":%lu", (unsigned long)x->runs);
    intel_json_number(&b, "damaged", x->bad_runs);
    buf_format(&b, "},\"records\":{\"read\":%lu", (unsigned long)x->records);
    intel_json_number(&b, "signed", x->is_signed);
    intel_json_bool(&b, "checked", x->w->public_key != NULL);
    buf_add(&b, S("}"));
    if (x->origin) {
        buf_format(&b, ",\"origin\":{\"snapshot\":%lu", (unsigned long)x->origin_sequence);
        intel_json_hash(&b, "record", x->origin_hash);
        buf_byte(&b, '}');
    } else {
        buf_add(&b, S(",\"origin\":null"));
    }
    caring_json_list(&b, "damages", &x->list);
    caring_json_list(&b, "damaged_segments", &x->broken);
    return caring_json_print(&b, m ? manifest_sequence(m) : 0, x->damages ? EXIT_UNREADABLE : EXIT_NOTHING);
}

/* It cannot be opened; e: why. */
static int unopened(struct verify *x, const struct err *e) {
    (void)tell_error(e);
    if (e->code != ERR_CORRUPT)
        return e->code == ERR_USAGE ? EXIT_USAGE : EXIT_INTERNAL;
    if (!x->w->json)
        return EXIT_UNREADABLE;
    damage_tell(x, "manifest", e->offset, e->text);
    return verify_json(x, NULL);
}

static int verify_text(const struct verify *x) {
    char count[COUNT_TEXT];
    struct buf b = {0};

    finding_plain(&b, str_of(x->w->archive), false);
    if (x->damages)
        buf_format(&b, ": damaged in %lu place%s", (unsigned long)x->damages, x->damages == 1 ? "" : "s");
    else
        buf_format(&b, ": %s segment%s and the manifest are whole", count_text(x->segments, count),
                   x->segments == 1 ? "" : "s");
    if (x->bad_runs)
        buf_format(&b, "; %lu of %lu run%s of the index, which longwatch archive index makes anew",
                   (unsigned long)x->bad_runs, (unsigned long)x->runs, x->runs == 1 ? "" : "s");
    else if (x->runs)
        buf_format(&b, "%s%lu run%s of the index",
                   x->damages     ? "; none of it in "
                   : x->runs == 1 ? ", and so is "
                                  : ", and so are ",
                   (unsigned long)x->runs, x->runs == 1 ? "" : "s");
    buf_byte(&b, '\n');
    if (x->sealed)
        buf_format(
            &b,
            "  %s of them %s encrypted and no key %s: their bytes are those that were written; what is in them was not "
            "looked at (--key FILE)\n",
            count_text(x->sealed, count), x->sealed == 1 ? "is" : "are",
            x->w->key.files.count ? "that was given opens it" : "was given");
    signatures_text(&b, x);
    return print_all(&b, x->damages ? EXIT_UNREADABLE : EXIT_NOTHING);
}

static int verify_run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct arguments const given = {(const char **)(uintptr_t)&w->archive, 1};
    struct verify x = {.w = w};
    struct vault *v = NULL;
    struct err e = {0};
    int status;

    if (!key_read(&x, &e))
        return tell_error(&e);
    if (!paths_exist(&given, "archive", true, &e) || !vault_open(&v, w->archive, 0, on_found, &x, &e)) {
        status = unopened(&x, &e);
    } else if (!verify_all(&x, v, &e)) {
        status = tell_error(&e);
    } else {
        secret_verify(&x, v);
        status = w->json ? verify_json(&x, vault_manifest(v)) : verify_text(&x);
    }
    vault_close(v);
    buf_free(&x.list);
    buf_free(&x.broken);
    return status;
}

static const struct option info_options[] = {
    {.argument = "ARCHIVE",
     .type = OPTION_FOLDER,
     .needed = "which archive? longwatch archive info ARCHIVE",
     .help = "the folder that archive add has made",
     AT(archive)},
    {ROW_JSON_ONE, AT(json)},
    {ROW_AS_OF, AT(as_of)},
};
const struct command command_archive_info = {
    .name = "archive info",
    .summary = "tell what an archive holds",
    .about = (const char *const[]){"Prints how many records an archive holds, by month of event and family of sources, "
                                   "and at which snapshot; and how many of the segments are in the index. Only the "
                                   "manifest is read: whether files are whole says archive verify.",
                                   NULL},
    .examples = (const struct example[]){{"longwatch archive info ./archive", "See what is kept, month by month"},
                                         {NULL, NULL}},
    .options = info_options,
    .option_count = COUNT(info_options),
    .statuses = {[EXIT_NOTHING] = "told",
                 [EXIT_USAGE] = "wrong usage, or no archive",
                 [EXIT_INTERNAL] = "internal error, or the manifest is damaged"},
    .wishes_size = sizeof(struct wishes),
    .run = info_run,
};

static const struct option verify_options[] = {
    {.argument = "ARCHIVE",
     .type = OPTION_FOLDER,
     .needed = "which archive? longwatch archive verify ARCHIVE",
     .help = "the folder that archive add has made",
     AT(archive)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
    {ROW_JSON_ONE, AT(json)},
    {.name = "public-key",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "check the signatures of the manifest's records with this key of minisign",
     AT(public_key)},
};
const struct command command_archive_verify = {
    .name = "archive verify",
    .summary = "read every byte of an archive and say whether it is whole",
    .about =
        (const char *const[]){"Reads the manifest from its first record and every file of every segment and of the "
                              "index, checks their hashes and that all can be unpacked, and prints each damage with "
                              "its file and where in it. Of an export every segment is looked for in the manifest that "
                              "it came with. What is damaged of the index longwatch archive index makes anew.",
                              "Of an encrypted archive that takes the key of a custodian. Without one the hashes are "
                              "checked, which are of the files as they lie there, and the output says that what is in "
                              "them was not looked at.",
                              NULL},
    .examples =
        (const struct example[]){{"longwatch archive verify ./archive", "See whether all that was kept is still there"},
                                 {NULL, NULL}},
    .options = verify_options,
    .option_count = COUNT(verify_options),
    .statuses = {[EXIT_NOTHING] = "all of it is whole",
                 [EXIT_USAGE] = "wrong usage, or no archive",
                 [EXIT_UNREADABLE] = "something is damaged or gone: it is printed",
                 [EXIT_INTERNAL] = "internal error",
                 [EXIT_REFUSED] = "it is encrypted, and the key that was given does not open it"},
    .wishes_size = sizeof(struct wishes),
    .run = verify_run,
};
