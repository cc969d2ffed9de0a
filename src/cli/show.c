/* show: `longwatch show CASE FINDING`: a finding, or an event of an incident, and its original record. */
#include <errno.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "cli/case_archive.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "hunt/archive_original.h"
#include "hunt/archive_seek.h"
#include "hunt/show.h"
#include "report/case.h"
#include "report/finding_text.h"
#include "report/incident_case.h"

struct wishes {
    const char *path, *which;
    struct key_wish key;
    bool json;
};

/* 12: a finding; 1.5: event 5 of incident 1; b3.1: event 1 of behaviour 3. */
struct which {
    enum { FINDING, EVENT } type;
    enum incident_case_of of;
    uint64_t number, position;
};

static bool which_of(str text, struct which *out, struct err *e) {
    size_t const point = str_find_byte(text, '.');
    bool const behaviour = str_starts(text, S("b"));

    *out = (struct which){.type = point == SIZE_MAX ? FINDING : EVENT,
                          .of = behaviour ? INCIDENT_CASE_BEHAVIOUR : INCIDENT_CASE_INCIDENT};
    str const number = str_from(str_first(text, point), behaviour);

    if ((behaviour && out->type == FINDING) || !str_u64(number, INT64_MAX, &out->number) || !out->number ||
        (out->type == EVENT && (!str_u64(str_from(text, point + 1), INT64_MAX, &out->position) || !out->position)))
        return err_set(e, ERR_USAGE, 0,
                       "`%.*s` is no finding of a case: 12, or as the dossier writes it 1.5 (event 5 of incident 1) or "
                       "b3.1 (event 1 of behaviour 3)",
                       STR_ARG(str_first(text, 60)));
    return true;
}

static bool place_of(const char *path, const struct which *w, struct arena *a, struct case_place *out, struct err *e) {
    return w->type == FINDING ? case_find(path, w->number, a, out, e)
                              : incident_case_place(path, w->of, w->number, w->position, a, out, e);
}

static void line(struct buf *b, const char *name, str value) {
    if (!value.len)
        return;
    buf_format(b, "%-10s ", name);
    finding_plain(b, value, false);
    buf_byte(b, '\n');
}

/* A line each, named once. */
static void pairs(struct buf *b, const char *name, const struct case_pair *items, size_t count, const char *between) {
    for (size_t i = 0; i < count; i++) {
        struct buf both = {0};

        buf_add(&both, items[i].name);
        buf_add(&both, str_of(between));
        buf_add(&both, items[i].value);
        b->failed |= both.failed;
        line(b, i ? "" : name, buf_str(&both));
        buf_free(&both);
    }
}

/* The bytes as they are for a program or a file; a terminal would obey what is hidden in them. */
static void record_add(struct buf *b, str record) {
    if (isatty(STDOUT_FILENO))
        finding_plain(b, record, true);
    else
        buf_add(b, record);
    if (record.len && record.ptr[record.len - 1] != '\n')
        buf_byte(b, '\n');
}

/* ---- out of an archive ---- */

#define ORIGINAL_SHOWN ((uint64_t)1 << 20) /* bytes of a record */

/* Where it was found, or why it was not. */
struct in_archive {
    struct buf record, about; /* about: lines that say where it lies */
    struct buf bytes;         /* of the original, where it is kept */
    bool found;
    struct buf why; /* texts for people */
};

static void on_damage(void *ctx, const char *segment, const char *why) {
    struct in_archive *const x = ctx;

    buf_format(&x->why, "%s: %s\n", segment, why);
}

static bool on_bytes(void *ctx, str bytes, struct err *e) {
    struct buf *const b = ctx;

    buf_add(b, bytes);
    return !b->failed || err_set(e, ERR_MEMORY, 0, "no memory for the record");
}

/* What a line of the ledger says of the file that a member lies in. */
struct outer {
    str path;
    size_t length; /* of the longest so far */
    char sha256[2 * SHA256_SIZE + 1];
};

static bool on_line(void *ctx, const struct custody *c, struct err *e) {
    struct outer *const o = ctx;

    (void)e;
    if (c->container && c->path.len < o->path.len && str_starts(o->path, c->path) && o->path.ptr[c->path.len] == '!' &&
        (!o->length || c->path.len < o->length)) {
        o->length = c->path.len;
        snprintf(o->sha256, sizeof o->sha256, "%s", c->sha256);
    }
    return true;
}

static bool no_coverage(void *ctx, const struct custody_coverage *c, struct err *e) {
    (void)ctx, (void)c, (void)e;
    return true;
}
static bool no_clock(void *ctx, const struct custody_clock *c, struct err *e) {
    (void)ctx, (void)c, (void)e;
    return true;
}
static bool no_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)ctx, (void)d, (void)e;
    return true;
}
static bool no_gap(void *ctx, const struct custody_gap *g, struct err *e) {
    (void)ctx, (void)g, (void)e;
    return true;
}

static void original_line(struct in_archive *x, const char *where, const struct case_archive *c, str sha256) {
    buf_format(&x->about, "%-10s %s: longwatch archive cat ", "original", where);
    finding_plain(&x->about, c->path, false);
    buf_format(&x->about, " --original %.*s\n", STR_ARG(sha256));
}

static bool on_container(void *ctx, str bytes, struct err *e) {
    const int *const fd = ctx;

    while (bytes.len) {
        ssize_t const n = write(*fd, bytes.ptr, bytes.len);

        if (n < 0 && errno != EINTR)
            return err_system(e, "the container cannot be unpacked");
        bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
    }
    return true;
}

/* The container as a file without a name, and out of it the record. *kept: it was found, whatever becomes of the record. ERR_USAGE: it is not kept. */
static bool member_look(const struct vault *v, const struct case_place *place, const struct outer *outer,
                        const uint8_t hash[SHA256_SIZE], uint64_t size, bool *kept, struct buf *bytes, struct err *e) {
    struct show_place const p = {.outer = str_first(place->evidence_path, outer->length),
                                 .path = place->evidence_path,
                                 .sha256 = place->sha256,
                                 .reader = place->reader,
                                 .offset = place->offset,
                                 .size = size};
    uint64_t of;
    int fd;

    *kept = false;
    if (!file_temporary(&fd, NULL, e))
        return false;
    bool const ok = original_read(v, hash, 0, UINT64_MAX, on_container, &fd, interrupt_catch(), &of, e) &&
                    show_record_in(fd, &p, interrupt_catch(), bytes, e);

    *kept = of > 0;
    close(fd);
    return ok;
}

/* The bytes of the record, where the file is kept; of a member of a container, where that is. */
static bool original_look(const char *case_path, const struct case_archive *c, const struct vault *v,
                          const struct case_place *place, const uint8_t sha256[SHA256_SIZE], uint64_t size,
                          struct in_archive *x, struct err *e) {
    struct outer outer = {.path = place->evidence_path};
    struct case_ledger_visitor const visitor = {on_line, no_coverage, no_clock, no_damage, no_gap, &outer};
    uint64_t const most = size < ORIGINAL_SHOWN ? size : ORIGINAL_SHOWN;
    struct err why = {0};
    uint8_t hash[SHA256_SIZE];
    uint64_t of;
    bool kept;

    if (original_read(v, sha256, place->offset, most ? most : 1, on_bytes, &x->bytes, interrupt_catch(), &of, &why)) {
        if (!size)
            x->bytes.len = 0; /* its reader does not say where it ends */
        original_line(x, "kept", c, place->sha256);
        return true;
    }
    x->bytes.len = 0;
    if (why.code == ERR_CORRUPT)
        buf_format(&x->why, "%s\n", why.text);
    if (why.code != ERR_USAGE) {
        *e = why;
        return why.code == ERR_CORRUPT;
    }
    if (!case_ledger(case_path, &visitor, e))
        return false;
    if (!outer.length || !sha256_of_hex(str_of(outer.sha256), hash))
        return true;
    why = (struct err){0};
    bool const ok = member_look(v, place, &outer, hash, most, &kept, &x->bytes, &why);

    if (!size)
        x->bytes.len = 0;
    if (kept)
        original_line(x, "in a container, which is kept", c, str_of(outer.sha256));
    if (!ok && why.code != ERR_USAGE)
        buf_format(&x->why, "%s\n", why.text);
    if (!ok)
        *e = why;
    return ok || (why.code != ERR_MEMORY && why.code != ERR_INTERRUPTED);
}

static bool sought(const char *case_path, const struct case_archive *c, const struct vault *v,
                   const struct case_place *place, struct in_archive *x, struct err *e) {
    struct archive_wanted wanted = {.record = place->record, .offset = place->offset};
    int64_t const when = instant_parse(place->time);
    struct buf path = {0};
    uint64_t size = 0;
    struct archive_seek_options const options = {.v = v,
                                                 .wanted = &wanted,
                                                 .count = 1,
                                                 .when = when,
                                                 .path = &path,
                                                 .record = &x->record,
                                                 .size = &size,
                                                 .damage = on_damage,
                                                 .ctx = x,
                                                 .stop = interrupt_catch()};
    char name[VAULT_NAME_MAX], hex[2 * SHA256_SIZE + 1];
    bool ok = sha256_of_hex(place->sha256, wanted.sha256)
                  ? archive_seek(&options, e)
                  : err_set(e, ERR_CORRUPT, 0, "its source has no SHA-256, so that it is found in no archive");

    if (ok && (x->found = wanted.found)) {
        const struct manifest_segment *const s = manifest_segment(vault_manifest(v), wanted.segment);

        vault_segment_name(s, name);
        sha256_hex(s->sha256, hex);
        line(&x->about, "archive", c->path);
        line(&x->about, "segment", str_of(name));
        line(&x->about, "its hash", str_of(hex));
        buf_format(&x->about, "%-10s %u\n", "row", wanted.row + 1);
        if (!str_eq(buf_str(&path), place->evidence_path)) /* another file with the same bytes */
            line(&x->about, "of", buf_str(&path));
        buf_format(&x->about, "%-10s %lu at offset %lu\n", "bytes", (unsigned long)size, (unsigned long)place->offset);
        ok = original_look(case_path, c, v, place, wanted.sha256, size, x, e);
    } else if (ok) {
        buf_format(&x->why, "%s: no segment holds the record any more\n", c->path.ptr);
        ok = case_archive_gone(v, c, when, &x->why, e);
    }
    buf_free(&path);
    return ok && ((!x->record.failed && !x->about.failed) || err_set(e, ERR_MEMORY, 0, "no memory for the record"));
}

/* An archive that is not what it was is no failure: it is told. */
static bool archive_look(const char *case_path, const struct case_archive *items, size_t count,
                         const struct key_wish *key, const struct case_place *place, struct in_archive *x,
                         struct err *e) {
    for (size_t i = 0; i < count && !x->found; i++) {
        struct err why = {0};
        struct vault *v = NULL;
        bool const ok = case_archive_open(&v, &items[i], key, &why) && sought(case_path, &items[i], v, place, x, &why);

        vault_close(v);
        if (!ok && (why.code == ERR_MEMORY || why.code == ERR_INTERRUPTED)) {
            *e = why;
            return false;
        }
        if (!ok)
            buf_format(&x->why, "%s\n", why.text);
    }
    return true;
}

static int show_with_record(const char *case_path, const struct case_place *place, const struct case_archive *archives,
                            size_t archive_count, const struct key_wish *key, bool finding) {
    struct in_archive in = {.found = false};
    struct buf b = {0}, record = {0};
    struct err e = {0};
    int status;

    if (!archive_look(case_path, archives, archive_count, key, place, &in, &e)) {
        buf_free(&in.record);
        buf_free(&in.about);
        buf_free(&in.bytes);
        buf_free(&in.why);
        return tell_error(&e);
    }
    line(&b, finding ? "rule" : "act", place->rule_title);
    line(&b, "level", place->level);
    line(&b, "time", place->time);
    line(&b, "kind", place->kind);
    line(&b, "host", place->host);
    line(&b, "account", place->account);
    line(&b, "likeness", place->words);
    pairs(&b, finding ? "matched" : "told", place->matches, place->match_count, ": ");
    pairs(&b, "events", place->events, place->event_count, "  ");
    line(&b, "evidence", place->evidence_path);
    line(&b, "sha256", place->sha256);
    buf_format(&b, "%-10s %lu at offset %lu%s\n", "record", (unsigned long)place->record, (unsigned long)place->offset,
               place->salvaged ? " (salvaged)" : "");
    buf_add(&b, buf_str(&in.about));
    buf_byte(&b, '\n');
    if (in.why.len) { /* some of it comes from whoever read a segment */
        struct buf told = {0};

        finding_plain(&told, buf_str(&in.why), true);
        fprintf(stderr, "longwatch: %.*s", STR_ARG(buf_str(&told)));
        buf_free(&told);
    }
    if (in.found) {
        record_add(&b, buf_str(&in.record));
        if (in.bytes.len) {
            buf_add(&b, S("\nAs it stands in the original:\n\n"));
            record_add(&b, buf_str(&in.bytes));
        }
        status = print_all(&b, EXIT_NOTHING);
    } else if (show_record(place->evidence_path.ptr, place->sha256, place->reader, place->offset, interrupt_catch(),
                           &record, &e)) {
        record_add(&b, buf_str(&record));
        status = print_all(&b, EXIT_NOTHING);
    } else if ((status = print_all(&b, EXIT_UNREADABLE)) == EXIT_UNREADABLE) {
        int const told = tell_error(&e);

        status = e.code == ERR_MEMORY ? told : EXIT_UNREADABLE;
    }
    buf_free(&record);
    buf_free(&in.record);
    buf_free(&in.about);
    buf_free(&in.bytes);
    buf_free(&in.why);
    return status;
}

static int show(const char *path, const char *number, const struct key_wish *key, bool json) {
    struct arena *const a = arena_new((size_t)256 << 20);
    const struct arguments given = {&path, 1};
    struct case_place place = {0};
    struct case_archive *archives;
    size_t archive_count;
    struct which which;
    struct buf b = {0};
    struct err e = {0};
    int status;

    if (!a)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!a || !paths_exist(&given, "case", false, &e) || !which_of(str_of(number), &which, &e) ||
        !place_of(path, &which, a, &place, &e) || !case_archives(path, a, &archives, &archive_count, &e)) {
        status = tell_error(&e);
    } else if (json) {
        buf_add(&b, place.json);
        buf_byte(&b, '\n');
        status = print_all(&b, EXIT_NOTHING);
    } else {
        status = show_with_record(path, &place, archives, archive_count, key, which.type == FINDING);
    }
    arena_free(a);
    return status;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;

    return show(w->path, w->which, &w->key, w->json);
}

static const struct option options[] = {
    {.argument = "CASE",
     .type = OPTION_FOLDER,
     .needed = "which case, and which finding? longwatch show CASE FINDING",
     .help = "the directory that hunt -o has written",
     .at = offsetof(struct wishes, path)},
    {.argument = "FINDING",
     .type = OPTION_TEXT,
     .needed = "which finding of the case? longwatch show CASE FINDING",
     .help = "its number, from 1; 1.5: event 5 of incident 1; b3.1: event 1 of behaviour 3",
     .at = offsetof(struct wishes, which)},
    {ROW_KEY, .at = offsetof(struct wishes, key.files)},
    {ROW_PASSPHRASE, .at = offsetof(struct wishes, key.passphrase)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "the finding as one line of JSON, without the record",
     .at = offsetof(struct wishes, json)},
};
const struct command command_show = {
    .name = "show",
    .summary = "show a finding and its original record",
    .about = (const char *const[]){"Prints what a finding of a case says, or an event of an incident or a behaviour, "
                                   "and the record it was found in as it stands "
                                   "in the evidence, whose SHA-256 is "
                                   "checked first.",
                                   "Where the case was made of an archive, the record is taken out of its segment, "
                                   "wherever it lies by now: its fields as they were read, and where they stood.",
                                   NULL},
    .examples =
        (const struct example[]){{"longwatch show ./case 12", "Show finding 12"},
                                 {"longwatch show ./case 1.5", "Show event 5 of incident 1, as the dossier names it"},
                                 {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "shown",
                 [EXIT_USAGE] = "wrong usage, no such case, finding or event",
                 [EXIT_UNREADABLE] = "the evidence is gone, has changed or cannot be read, in the archive as well",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
