/* verify: `longwatch verify CASE [EVIDENCE...]`: is a case what was written, and does what it says stand in the evidence? */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/signature.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/verify_archive.h"
#include "codec/json_tree.h"
#include "hunt/recheck.h"
#include "hunt/show.h"
#include "report/case_read.h"
#include "report/finding_text.h"
#include "report/incident_check.h"
#include "report/manifest.h"
#include "report/time_stamp.h"

#define TOLD 20u /* differences of one sort */
#define MEMORY ((size_t)4 << 30)
#define RECORDS_AT_ONCE 4096u

struct wishes {
    const char *path, *public_key, *tsa_ca;
    struct arguments evidence;
    struct key_wish key;
    uint64_t sample;
    /* What the hunt was told, to do it again. */
    struct arguments rules, intel, yara, persons, kinds, geo, own_domain, partner;
    const char *placeholders, *dkim_keys, *country, *roster;
};

/* As the ledger has it. */
struct evidence_file {
    str path; /* any bytes, with a NUL behind them */
    str sha256;
    bool container, segment; /* segment: of an archive, which is looked at as such */
    size_t line;             /* of the ledger */
};

struct verifying {
    const struct wishes *w;
    const volatile sig_atomic_t *stop;
    struct arena *a;
    struct recheck *now;
    struct verify_archive *archive; /* NULL: the case was made of none */
    struct buf out;
    uint64_t differ, gone; /* things that are not as they were; evidence that could not be looked at */
    size_t told;
    struct evidence_file *files; /* of the evidence, containers too, by path */
    size_t file_count, file_room;
};

static void line(struct verifying *v, const char *what) {
    buf_format(&v->out, "%-10s ", what);
    v->told = 0;
}

/* One of several; of more than TOLD their number is told anyway. */
static void detail(struct verifying *v, const char *what, str path, str why) {
    if (v->told++ >= TOLD)
        return;
    buf_format(&v->out, "  %s", what);
    finding_plain(&v->out, path, false);
    if (why.len) {
        buf_add(&v->out, S(": "));
        finding_plain(&v->out, why, false);
    }
    buf_byte(&v->out, '\n');
}

static void details_into(struct verifying *v, struct buf *details) {
    buf_add(&v->out, buf_str(details));
    v->out.failed |= details->failed;
    buf_free(details);
}

static const char *plural(uint64_t n) {
    return n == 1 ? "" : "s";
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to check a case");
}

/* ---- the case itself ---- */

struct members {
    struct verifying *v;
    struct buf details;
    uint64_t same, other;
    bool missing;
};

static bool on_member(void *ctx, str name, enum manifest_verdict verdict, struct err *e) {
    static const char *const words[] = {[MANIFEST_DIFFERS] = "is not what was written",
                                        [MANIFEST_MISSING] = "is not there",
                                        [MANIFEST_STRANGE] = "is no file of a case"};
    struct members *const m = ctx;

    (void)e;
    if (verdict == MANIFEST_SAME) {
        m->same++;
        return true;
    }
    m->other++;
    m->missing |= verdict == MANIFEST_MISSING;
    buf_add(&m->details, S("  "));
    finding_plain(&m->details, name, false);
    buf_format(&m->details, " %s\n", words[verdict]);
    return true;
}

/* *whole: its files can be looked at. */
static bool check_manifest(struct verifying *v, str manifest, bool *whole, struct err *e) {
    struct members m = {v, {0}, 0, 0, false};
    bool const ok = manifest_check(v->w->path, manifest, on_member, &m, e);

    line(v, "manifest");
    if (!ok && e->code == ERR_CORRUPT) {
        buf_format(&v->out, "DIFFERS: %s\n", e->text);
        v->differ++;
        e->code = ERR_NONE;
        buf_free(&m.details);
        *whole = false;
        return true;
    }
    *whole = !m.missing;
    if (m.other)
        buf_format(&v->out, "DIFFERS: %lu file%s\n", (unsigned long)m.other, plural(m.other));
    else
        buf_format(&v->out, "%lu file%s what was written\n", (unsigned long)m.same, m.same == 1 ? " is" : "s are");
    v->differ += m.other;
    details_into(v, &m.details);
    return ok;
}

static bool member_read(struct verifying *v, const char *name, size_t max, bool *there, struct buf *out,
                        struct err *e) {
    struct buf path = {0};

    buf_format(&path, "%s/%s", v->w->path, name);
    buf_byte(&path, '\0');
    bool ok = !path.failed || no_memory(e);

    *there = ok && access(path.ptr, F_OK) == 0;
    if (*there)
        ok = file_read(path.ptr, max, out, e);
    buf_free(&path);
    return ok;
}

/* What is wrong with a signature is told, and no failure. */
static void differs(struct verifying *v, struct err *e) {
    buf_format(&v->out, "DIFFERS: %s\n", e->text);
    v->differ++;
    e->code = ERR_NONE;
}

static bool check_signature(struct verifying *v, str manifest, struct err *e) {
    struct buf file = {0}, key = {0};
    struct signature_public public;
    struct signature_said said;
    char id[2 * SIGNATURE_KEY_ID + 1];
    bool there, ok = member_read(v, MANIFEST_SIGNATURE, SIGNATURE_FILE_MAX, &there, &file, e);

    if (ok && v->w->public_key)
        ok = file_read(v->w->public_key, SIGNATURE_FILE_MAX, &key, e) &&
             (signature_public_read(&public, buf_str(&key), e) ||
              (e->code = ERR_USAGE, err_wrap(e, "%s", v->w->public_key)));
    if (ok && (there || v->w->public_key)) {
        line(v, "signature");
        if (!there) {
            err_set(e, ERR_CORRUPT, 0, "there is none");
            differs(v, e);
        } else if (!signature_read(buf_str(&file), &said, e) ||
                   (v->w->public_key && !signature_check(&public, buf_str(&file), manifest, e))) {
            if ((ok = e->code == ERR_CORRUPT))
                differs(v, e);
        } else {
            signature_id_text(said.id, id);
            buf_format(&v->out,
                       v->w->public_key ? "good, by key %s: " : "NOT CHECKED, by key %s (--public-key FILE): ", id);
            finding_plain(&v->out, said.comment, false);
            buf_byte(&v->out, '\n');
        }
    }
    buf_free(&file);
    buf_free(&key);
    return ok;
}

static bool check_time(struct verifying *v, str manifest, struct err *e) {
    struct buf file = {0};
    struct time_stamp stamp;
    char text[INSTANT_TEXT];
    bool there, ok = member_read(v, MANIFEST_TIME_STAMP, TIME_STAMP_MAX, &there, &file, e);

    if (ok && (there || v->w->tsa_ca)) {
        line(v, "time");
        if (!there) {
            err_set(e, ERR_CORRUPT, 0, "there is no time-stamp");
            differs(v, e);
        } else if (!time_stamp_check(buf_str(&file), manifest, v->w->tsa_ca, &stamp, e)) {
            if ((ok = e->code == ERR_CORRUPT))
                differs(v, e);
        } else {
            buf_format(&v->out, "%sthere since %.*s, as ",
                       v->w->tsa_ca ? "" : "NOT CHECKED (--tsa-ca FILE): ", STR_ARG(instant_format(stamp.when, text)));
            finding_plain(&v->out, str_of(stamp.authority[0] ? stamp.authority : "an authority without a name"), false);
            buf_add(&v->out, S(" says\n"));
        }
    }
    buf_free(&file);
    return ok;
}

/* ---- do its files say the same? ---- */

struct telling {
    struct verifying *v;
    FILE *files[2]; /* findings.jsonl, salvaged.jsonl */
    char *line;
    size_t room;
    uint64_t count, other;
    struct buf details;
};

static bool on_told(void *ctx, const struct case_finding *f, struct err *e) {
    struct telling *const t = ctx;
    bool same = false;

    (void)e;
    /* YARA rules' findings stand between the others there. */
    for (ssize_t n; !same && !f->yara && (n = getline(&t->line, &t->room, t->files[f->salvaged])) > 0;) {
        str const text = {t->line, (size_t)(n - (t->line[n - 1] == '\n'))};

        if (str_starts(text, S("{\"type\":\"yara\"")))
            continue;
        same = str_eq(text, f->json);
        break;
    }
    t->count += !f->yara;
    if (!same && !f->yara && t->other++ < TOLD)
        buf_format(&t->details, "  finding %lu is another in case.db\n", (unsigned long)f->number);
    return true;
}

static bool check_telling(struct verifying *v, struct err *e) {
    static const char *const names[] = {"findings.jsonl", "salvaged.jsonl"};
    struct telling t = {.v = v};
    bool ok = true;

    for (size_t i = 0; ok && i < COUNT(names); i++) {
        struct buf path = {0};

        buf_format(&path, "%s/%s", v->w->path, names[i]);
        buf_byte(&path, '\0');
        ok = !path.failed || no_memory(e);
        ok = ok && ((t.files[i] = fopen(path.ptr, "re")) || err_system(e, "%s", path.ptr));
        buf_free(&path);
    }
    ok = ok && case_findings(v->w->path, on_told, &t, e);
    /* A line more than the database knows. */
    for (size_t i = 0; ok && i < COUNT(names); i++)
        for (ssize_t n; (n = getline(&t.line, &t.room, t.files[i])) > 0;)
            t.other += !str_starts((str){t.line, (size_t)n}, S("{\"type\":\"yara\""));
    if (ok) {
        line(v, "findings");
        if (t.other)
            buf_format(&v->out, "DIFFERS: %lu between case.db and the text files\n", (unsigned long)t.other);
        else
            buf_format(&v->out, "%lu, the same in all files of the case\n", (unsigned long)t.count);
        v->differ += t.other;
        details_into(v, &t.details);
    }
    buf_free(&t.details);
    for (size_t i = 0; i < COUNT(names); i++)
        if (t.files[i])
            fclose(t.files[i]);
    free(t.line);
    return ok;
}

/* ---- incidents ---- */

struct fitting {
    struct verifying *v;
    struct buf details;
    uint64_t faults;
};

static bool on_fault(void *ctx, const struct incident_case_fault *f, struct err *e) {
    struct fitting *const t = ctx;

    (void)e;
    if (t->faults++ >= TOLD)
        return true;
    buf_format(&t->details, "  %s %s", f->of, f->why);
    if (f->path.len) {
        buf_add(&t->details, S(": "));
        finding_plain(&t->details, f->path, false);
    }
    buf_byte(&t->details, '\n');
    return true;
}

/* Do they fit each other, and the ledger? What they say of records is asked of these. */
static bool check_incidents(struct verifying *v, struct err *e) {
    struct fitting t = {.v = v};
    struct incident_case_totals n;
    bool const ok = incident_case_check(v->w->path, on_fault, &t, &n, e);

    if (ok && (n.incidents || n.behaviours || n.places || t.faults)) {
        line(v, "incidents");
        if (t.faults)
            buf_format(&v->out, "DIFFERS: %lu; ", (unsigned long)t.faults);
        buf_format(&v->out, "%lu incident%s, %lu behaviour%s, %lu door%s; %lu place%s%s\n", (unsigned long)n.incidents,
                   plural(n.incidents), (unsigned long)n.behaviours, plural(n.behaviours), (unsigned long)n.doors,
                   plural(n.doors), (unsigned long)n.places, plural(n.places),
                   t.faults ? "" : ", each in a file of the ledger");
        v->differ += t.faults;
        details_into(v, &t.details);
    }
    buf_free(&t.details);
    return ok;
}

/* ---- evidence ---- */

static bool on_file(void *ctx, const struct custody *f, struct err *e) {
    struct verifying *const v = ctx;
    struct evidence_file file = {.container = f->container != NULL,
                                 .segment = f->container && str_eq(str_of(f->container), S("segment")),
                                 .line = v->file_count};
    char *path;

    if (v->file_count == v->file_room) {
        struct evidence_file *const bigger = reallocarray(v->files, v->file_room * 2 + 256, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        v->files = bigger;
        v->file_room = v->file_room * 2 + 256;
    }
    if (!(path = arena_bytes(v->a, f->path.len + 1)) || !arena_copy(v->a, str_of(f->sha256), &file.sha256))
        return no_memory(e);
    memcpy(path, f->path.ptr, f->path.len);
    path[f->path.len] = '\0';
    file.path = (str){path, f->path.len};
    v->files[v->file_count++] = file;
    return true;
}

static int by_path(const void *a, const void *b) {
    const struct evidence_file *const x = a, *const y = b;
    int const order = str_cmp(x->path, y->path);

    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Of several lines of one path the last. */
static void files_sort(struct verifying *v) {
    size_t kept = 0;

    if (v->file_count)
        qsort(v->files, v->file_count, sizeof *v->files, by_path);
    for (size_t i = 0; i < v->file_count; i++)
        if (i + 1 == v->file_count || !str_eq(v->files[i].path, v->files[i + 1].path))
            v->files[kept++] = v->files[i];
    v->file_count = kept;
}

/* NULL: the ledger has none. */
static const struct evidence_file *file_of(const struct verifying *v, str path) {
    size_t low = 0, high = v->file_count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (str_cmp(v->files[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < v->file_count && str_eq(v->files[low].path, path) ? &v->files[low] : NULL;
}

static bool on_coverage(void *ctx, const struct custody_coverage *c, struct err *e) {
    (void)ctx, (void)c, (void)e;
    return true;
}
static bool on_clock(void *ctx, const struct custody_clock *c, struct err *e) {
    (void)ctx, (void)c, (void)e;
    return true;
}
static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)ctx, (void)d, (void)e;
    return true;
}
static bool on_gap(void *ctx, const struct custody_gap *g, struct err *e) {
    (void)ctx, (void)g, (void)e;
    return true;
}

/* The file on the disk that a path of the ledger is, or lies in: what stands before the first '!' at which a container ends. */
static str outer_of(const struct verifying *v, str path) {
    for (size_t i = 0; i < path.len; i++) {
        const struct evidence_file *const f = path.ptr[i] == '!' ? file_of(v, str_first(path, i)) : NULL;

        if (f && f->container)
            return str_first(path, i);
    }
    return path;
}

static bool stopped(const struct verifying *v, struct err *e) {
    return *v->stop && !err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
}

/* Of an archive that the case notes: else it is a file like any other. */
static bool is_segment(const struct verifying *v, size_t i) {
    return v->archive && v->files[i].segment;
}

static bool check_evidence(struct verifying *v, struct err *e) {
    struct case_ledger_visitor const visitor = {on_file, on_coverage, on_clock, on_damage, on_gap, v};
    uint64_t same = 0, changed = 0, gone = 0, never = 0, kept_only = 0;
    struct buf kept;

    if (!case_ledger(v->w->path, &visitor, e) || !recheck_new(&v->now, e))
        return false;
    files_sort(v);
    if (v->w->evidence.count && !recheck_walk(v->now, v->w->evidence.items, v->w->evidence.count, v->stop, e))
        return false;
    for (size_t i = 0; i < v->file_count && !v->w->evidence.count; i++) {
        str const path = v->files[i].path;

        if (!is_segment(v, i) && outer_of(v, path).len == path.len && !recheck_file(v->now, path.ptr, v->stop, e))
            return false;
    }
    kept = v->out;
    v->out = (struct buf){0};
    v->told = 0;
    for (size_t i = 0; i < v->file_count; i++) {
        str const path = v->files[i].path, sha256 = v->files[i].sha256;
        const char *now;

        if (is_segment(v, i) || outer_of(v, path).len != path.len)
            continue;
        if (!sha256.len) {
            never++;
            continue;
        }
        switch (recheck_what(v->now, path, sha256, &now)) {
        case RECHECK_SAME:
            same++;
            break;
        case RECHECK_CHANGED:
            changed++;
            detail(v, "changed: ", path, S(""));
            break;
        case RECHECK_GONE:
            if (verify_archive_has(v->archive, sha256)) {
                kept_only++;
                break;
            }
            gone++;
            detail(v, "not there: ", path, S(""));
            break;
        }
    }
    struct buf details = v->out;

    v->out = kept;
    line(v, "evidence");
    if (changed)
        buf_format(&v->out, "DIFFERS: %lu file%s; ", (unsigned long)changed, plural(changed));
    buf_format(&v->out, "%lu file%s as when it was hunted", (unsigned long)same, plural(same));
    if (kept_only)
        buf_format(&v->out, "; %lu known to the archive alone", (unsigned long)kept_only);
    if (gone)
        buf_format(&v->out, "; NOT THERE: %lu", (unsigned long)gone);
    if (never)
        buf_format(&v->out, "; %lu of which the hunt read nothing to its end", (unsigned long)never);
    buf_byte(&v->out, '\n');
    details_into(v, &details);
    v->differ += changed;
    v->gone += gone;
    return true;
}

/* ---- findings, to their records ---- */

struct records {
    struct verifying *v;
    uint64_t all, at, good, bad, not_there; /* at: how many were passed, to take a sample of them evenly */
    str path, sha256, reader;               /* the source whose offsets are gathered */
    uint64_t offsets[RECORDS_AT_ONCE];
    struct {
        uint64_t number, position;
        enum case_record_of of;
    } named[RECORDS_AT_ONCE];
    size_t count;
    bool acts; /* some stand in no finding */
    struct archive_wanted
        *wanted; /* those that are taken, where there is an archive; tag: their places in the order of all */
    size_t wanted_count, wanted_room;
    bool *in_archive; /* by place */
    struct buf place;
    struct buf details;
    size_t told;
};

static bool on_count(void *ctx, const struct case_finding *f, struct err *e) {
    struct records *const r = ctx;

    (void)e;
    r->all++;
    r->acts |= f->of != RECORD_FINDING;
    return true;
}

static void record_bad(struct records *r, size_t i, str why) {
    unsigned long const number = r->named[i].number, position = r->named[i].position;

    r->bad++;
    if (r->told++ >= TOLD)
        return;
    buf_add(&r->details, S("  "));
    switch (r->named[i].of) {
    case RECORD_ACT:
        buf_format(&r->details, "act %lu of incident %lu", position, number);
        break;
    case RECORD_BEHAVIOUR:
        buf_format(&r->details, "event %lu of behaviour %lu", position, number);
        break;
    case RECORD_BEGAN:
        buf_format(&r->details, "how incident %lu began", number);
        break;
    case RECORD_REACH:
        buf_format(&r->details, "what incident %lu reached, %lu", number, position);
        break;
    case RECORD_DOOR:
        buf_format(&r->details, "door %lu of incident %lu", position, number);
        break;
    case RECORD_FINDING:
    case RECORD_OFS:
        buf_format(&r->details, "finding %lu", number);
        break;
    }
    buf_add(&r->details, S(": "));
    finding_plain(&r->details, r->path, false);
    buf_add(&r->details, S(": "));
    finding_plain(&r->details, why, false);
    buf_byte(&r->details, '\n');
}

static bool on_shown(void *ctx, size_t i, str why, struct err *e) {
    struct records *const r = ctx;

    (void)e;
    if (why.len)
        record_bad(r, i, why);
    else
        r->good++;
    return true;
}

/* The source as it lies there now: what the ledger's file became, and the way into it. */
static bool records_flush(struct records *r, struct err *e) {
    str const outer = outer_of(r->v, r->path);
    const struct evidence_file *const file = file_of(r->v, outer);
    str const sha256 = file ? file->sha256 : S("");
    size_t const before = (size_t)(r->good + r->bad);
    struct err why = {0};
    const char *now;
    bool ok = true;

    if (!r->count)
        return true;
    if (stopped(r->v, e))
        return false;
    switch (sha256.len ? recheck_what(r->v->now, outer, sha256, &now) : RECHECK_GONE) {
    case RECHECK_GONE:
        r->not_there += r->count;
        break;
    case RECHECK_CHANGED:
        for (size_t i = 0; i < r->count; i++)
            record_bad(r, i, S("the evidence has changed since the hunt"));
        break;
    case RECHECK_SAME:
        r->place.len = 0;
        buf_add(&r->place, str_of(now));
        buf_add(&r->place, str_from(r->path, outer.len));
        buf_byte(&r->place, '\0');
        if (r->place.failed)
            return no_memory(e);
        ok = show_records(r->place.ptr, r->sha256, r->reader, outer.len == r->path.len && str_eq(sha256, r->sha256),
                          r->offsets, r->count, on_shown, r, r->v->stop, &why);
        if (!ok && (why.code == ERR_MEMORY || why.code == ERR_INTERRUPTED)) {
            *e = why;
            return false;
        }
        for (size_t i = (size_t)(r->good + r->bad) - before; !ok && i < r->count; i++)
            record_bad(r, i, str_of(why.text));
        break;
    }
    r->count = 0;
    return true;
}

/* Of a sample only some. */
static bool is_taken(const struct records *r, uint64_t at) {
    uint64_t const sample = r->v->w->sample;

    return !sample || sample >= r->all || (at * sample) / r->all != ((at + 1) * sample) / r->all;
}

static bool on_wanted(void *ctx, const struct case_finding *f, struct err *e) {
    struct records *const r = ctx;
    struct archive_wanted w = {.record = f->record, .offset = f->offset, .tag = r->at++};

    if (!is_taken(r, w.tag) || !sha256_of_hex(f->evidence_sha256, w.sha256))
        return true;
    if (r->wanted_count == r->wanted_room) {
        struct archive_wanted *const bigger = reallocarray(r->wanted, r->wanted_room * 2 + 1024, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        r->wanted = bigger;
        r->wanted_room = r->wanted_room * 2 + 1024;
    }
    r->wanted[r->wanted_count++] = w;
    return true;
}

/* Rows of the archive first; what is in none of them any more may stand in the evidence itself. */
static bool archive_records(struct records *r, struct err *e) {
    if (!case_records(r->v->w->path, on_wanted, r, e) ||
        !verify_archive_seek(r->v->archive, r->wanted, r->wanted_count, e))
        return false;
    if (!(r->in_archive = calloc((size_t)r->at + 1, sizeof *r->in_archive)))
        return no_memory(e);
    for (size_t i = 0; i < r->wanted_count; i++)
        r->in_archive[r->wanted[i].tag] = r->wanted[i].found;
    r->at = 0;
    return true;
}

static bool on_record(void *ctx, const struct case_finding *f, struct err *e) {
    struct records *const r = ctx;
    uint64_t const at = r->at++;

    if (!is_taken(r, at))
        return true;
    if (r->in_archive && r->in_archive[at]) {
        r->good++;
        return true;
    }
    if (r->count == RECORDS_AT_ONCE || !str_eq(r->path, f->evidence_path) || !str_eq(r->sha256, f->evidence_sha256) ||
        !str_eq(r->reader, f->reader)) {
        if (!records_flush(r, e))
            return false;
        if ((!str_eq(r->path, f->evidence_path) && !arena_copy(r->v->a, f->evidence_path, &r->path)) ||
            (!str_eq(r->sha256, f->evidence_sha256) && !arena_copy(r->v->a, f->evidence_sha256, &r->sha256)) ||
            (!str_eq(r->reader, f->reader) && !arena_copy(r->v->a, f->reader, &r->reader)))
            return no_memory(e);
    }
    r->offsets[r->count] = f->offset;
    r->named[r->count].number = f->number;
    r->named[r->count].position = f->position;
    r->named[r->count++].of = f->of;
    return true;
}

static bool check_records(struct verifying *v, struct err *e) {
    struct records *const r = calloc(1, sizeof *r);
    bool ok;

    if (!r)
        return no_memory(e);
    r->v = v;
    r->path = r->sha256 = r->reader = S("");
    ok = case_records(v->w->path, on_count, r, e) && (!v->archive || archive_records(r, e)) &&
         case_records(v->w->path, on_record, r, e) && records_flush(r, e);
    if (ok) {
        uint64_t const taken = r->good + r->bad + r->not_there;

        line(v, "records");
        if (r->bad)
            buf_format(&v->out, "DIFFERS: %lu; ", (unsigned long)r->bad);
        buf_format(&v->out, "%lu of %lu record%s of findings%s stand where they should", (unsigned long)r->good,
                   (unsigned long)taken, plural(taken), r->acts ? " and acts" : "");
        if (r->not_there)
            buf_format(&v->out, "; NOT THERE: the evidence of %lu", (unsigned long)r->not_there);
        if (taken < r->all)
            buf_format(&v->out, " (a sample of %lu)", (unsigned long)r->all);
        buf_byte(&v->out, '\n');
        v->differ += r->bad;
        v->gone += r->not_there;
        details_into(v, &r->details);
    }
    buf_free(&r->details);
    buf_free(&r->place);
    free(r->wanted);
    free(r->in_archive);
    free(r);
    return ok;
}

/* ---- hunted again ---- */

/* What a finding, behaviour or incident says, but for its number and for where the evidence lies on this machine. */
enum sort { SORT_INCIDENT, SORT_BEHAVIOUR, SORT_FINDING, SORT_YARA, SORTS }; /* as they are told */
struct said {
    uint8_t hash[SHA256_SIZE];
    uint64_t number;
    enum sort sort;
};
struct sayings {
    struct said *items;
    size_t count, room;
};

static bool said_room(struct sayings *all) {
    if (all->count == all->room) {
        struct said *const bigger = reallocarray(all->items, all->room * 2 + 256, sizeof *bigger);

        if (bigger) {
            all->items = bigger;
            all->room = all->room * 2 + 256;
        }
    }
    return all->count < all->room;
}

static bool on_incident_said(void *ctx, enum incident_case_of of, uint64_t number, const uint8_t hash[SHA256_SIZE],
                             struct err *e) {
    struct sayings *const all = ctx;

    if (!said_room(all))
        return no_memory(e);
    memcpy(all->items[all->count].hash, hash, SHA256_SIZE);
    all->items[all->count].number = number;
    all->items[all->count++].sort = of == INCIDENT_CASE_INCIDENT ? SORT_INCIDENT : SORT_BEHAVIOUR;
    return true;
}

static bool on_said(void *ctx, const struct case_finding *f, struct err *e) {
    struct sayings *const all = ctx;
    json_t *const tree = json_tree(f->json, e);
    struct sha256 *const h = sha256_new();
    json_t *event;
    size_t i;

    if (!tree) {
        sha256_free(h);
        return false;
    }
    (void)json_object_del(tree, "finding");
    (void)json_object_del(tree, "yara");
    (void)json_object_del(tree, "evidence_path");
    (void)json_object_del(tree, "rules_path");
    json_array_foreach(json_object_get(tree, "events"), i, event)(void) json_object_del(event, "evidence_path");
    char *const text = json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS);

    json_decref(tree);
    bool const ok = text && h && said_room(all);

    if (ok) {
        sha256_add(h, str_of(text));
        sha256_end(h, all->items[all->count].hash);
        all->items[all->count].number = f->number;
        all->items[all->count++].sort = f->yara ? SORT_YARA : SORT_FINDING;
    }
    free(text);
    sha256_free(h);
    return ok || no_memory(e);
}

static int by_hash(const void *a, const void *b) {
    const struct said *const x = a, *const y = b;
    int const order = memcmp(x->hash, y->hash, SHA256_SIZE);

    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static bool word(struct verifying *v, const char ***words, size_t *count, str text, struct err *e) {
    const char **const bigger = reallocarray(*words, *count + 2, sizeof *bigger);
    char *copy;

    if (!bigger)
        return no_memory(e);
    *words = bigger;
    if (!(copy = arena_bytes(v->a, text.len + 1)))
        return no_memory(e);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    bigger[(*count)++] = copy;
    bigger[*count] = NULL;
    return true;
}

static bool option_word(struct verifying *v, const char ***words, size_t *count, const char *name, str value,
                        struct err *e) {
    struct buf b = {0};

    buf_format(&b, "--%s=", name);
    buf_add(&b, value);
    bool const ok = b.failed ? no_memory(e) : word(v, words, count, buf_str(&b), e);

    buf_free(&b);
    return ok;
}

struct options_said {
    struct verifying *v;
    const char ***words;
    size_t *count;
};

static bool on_fact(void *ctx, str name, str value, struct err *e) {
    static const char *const told[] = {"from", "to", "zone", "latest", "level"};
    const struct options_said *const o = ctx;

    for (size_t i = 0; i < COUNT(told); i++)
        if (str_eq(name, str_of(told[i])) && value.len && !(i == 2 && str_eq(value, S("UTC"))))
            return option_word(o->v, o->words, o->count, told[i], value, e);
    return true;
}

/* The words of a hunt as this one was, into `folder`. */
static bool hunt_words(struct verifying *v, const char *folder, const char ***words, size_t *count, struct err *e) {
    const struct wishes *const w = v->w;
    const struct {
        const char *name;
        const struct arguments *values;
    } lists[] = {{"rules", &w->rules},           {"intel", &w->intel},     {"yara", &w->yara},
                 {"persons", &w->persons},       {"kinds", &w->kinds},     {"geo", &w->geo},
                 {"own-domain", &w->own_domain}, {"partner", &w->partner}, {"key", &w->key.files}};
    const struct {
        const char *name, *value;
    } single[] = {{"placeholders", w->placeholders},
                  {"dkim-keys", w->dkim_keys},
                  {"country", w->country},
                  {"roster", w->roster},
                  {"passphrase-file", w->key.passphrase},
                  {"output", folder}};
    struct options_said o = {v, words, count};
    uint64_t snapshot, first = 0;
    char number[24];
    bool ok = word(v, words, count, S("hunt"), e) && word(v, words, count, S("--quiet"), e);

    for (size_t i = 0; i < COUNT(lists); i++)
        for (size_t k = 0; ok && k < lists[i].values->count; k++)
            ok = option_word(v, words, count, lists[i].name, str_of(lists[i].values->items[k]), e);
    for (size_t i = 0; ok && i < COUNT(single); i++)
        ok = !single[i].value || option_word(v, words, count, single[i].name, str_of(single[i].value), e);
    for (size_t i = 0; ok && i < verify_archive_count(v->archive); i++) {
        verify_archive_path(v->archive, i, &snapshot);
        snprintf(number, sizeof number, "%lu", (unsigned long)snapshot);
        ok = i ? snapshot == first ||
                     err_set(e, ERR_USAGE, 0, "a case of several archives at different snapshots is not hunted again")
               : option_word(v, words, count, "as-of", str_of(number), e);
        first = snapshot;
    }
    ok = ok && case_facts(w->path, on_fact, &o, e) && word(v, words, count, S("--"), e);
    for (size_t i = 0; ok && i < verify_archive_count(v->archive); i++)
        ok = word(v, words, count, verify_archive_path(v->archive, i, &snapshot), e);
    for (size_t i = 0; ok && i < w->evidence.count && !v->archive; i++)
        ok = word(v, words, count, str_of(w->evidence.items[i]), e);
    for (size_t i = 0; ok && i < v->file_count && (v->archive || !w->evidence.count); i++)
        if (!is_segment(v, i) && outer_of(v, v->files[i].path).len == v->files[i].path.len &&
            !verify_archive_has(v->archive, v->files[i].sha256))
            ok = word(v, words, count, v->files[i].path, e);
    return ok;
}

static bool hunt_again(struct verifying *v, const char *folder, struct err *e) {
    void *const wishes = calloc(1, command_hunt.wishes_size);
    const char **words = NULL;
    void *memory = NULL;
    size_t count = 0;
    bool ok = (wishes || no_memory(e)) && hunt_words(v, folder, &words, &count, e) &&
              options_read(command_hunt.options, command_hunt.option_count, (int)count, (char *const *)(uintptr_t)words,
                           wishes, &memory, e);

    if (ok) {
        int const status = command_hunt.run(wishes);

        if (status == EXIT_USAGE || status == EXIT_INTERNAL)
            ok = err_set(e, status == EXIT_USAGE ? ERR_USAGE : ERR_IO, 0, "the hunt could not be done again");
    }
    free(memory);
    free(words);
    free(wishes);
    return ok;
}

static int by_number(const void *a, const void *b) {
    const struct said *const x = a, *const y = b;

    return x->sort != y->sort ? (int)x->sort - (int)y->sort : (x->number > y->number) - (x->number < y->number);
}

/* The first `count`, which are alone. */
static void alone_tell(struct buf *details, struct said *s, size_t count, const char *where) {
    static const char *const names[SORTS] = {"incident", "behaviour", "finding", "finding of YARA rules"};

    if (count)
        qsort(s, count, sizeof *s, by_number);
    for (size_t i = 0; i < count && i < TOLD; i++)
        buf_format(details, "  %s %lu %s\n", names[s[i].sort], (unsigned long)s[i].number, where);
    if (count > TOLD)
        buf_format(details, "  and %zu more\n", count - TOLD);
}

/* "12 findings, 3 behaviours, 1 incident": of findings also that there are none. */
static void sorts_tell(struct buf *b, const uint64_t n[SORTS]) {
    uint64_t const findings = n[SORT_FINDING] + n[SORT_YARA], behaviours = n[SORT_BEHAVIOUR];

    if (findings || (!behaviours && !n[SORT_INCIDENT]))
        buf_format(b, "%lu finding%s", (unsigned long)findings, plural(findings));
    if (behaviours)
        buf_format(b, "%s%lu behaviour%s", findings ? ", " : "", (unsigned long)behaviours, plural(behaviours));
    if (n[SORT_INCIDENT])
        buf_format(b, "%s%lu incident%s", findings || behaviours ? ", " : "", (unsigned long)n[SORT_INCIDENT],
                   plural(n[SORT_INCIDENT]));
}

static void compare(struct verifying *v, struct sayings *then, struct sayings *again) {
    struct buf details = {0};
    size_t i = 0, k = 0, lost = 0, new = 0; /* those that are alone move to the front */
    uint64_t same[SORTS] = {0}, gone[SORTS] = {0}, come[SORTS] = {0};

    if (then->count)
        qsort(then->items, then->count, sizeof *then->items, by_hash);
    if (again->count)
        qsort(again->items, again->count, sizeof *again->items, by_hash);
    line(v, "again");
    while (i < then->count || k < again->count) {
        int const order = i == then->count    ? 1
                          : k == again->count ? -1
                                              : memcmp(then->items[i].hash, again->items[k].hash, SHA256_SIZE);

        if (order == 0) {
            same[then->items[i].sort]++;
            i++;
            k++;
        } else if (order < 0) {
            gone[then->items[i].sort]++;
            then->items[lost++] = then->items[i++];
        } else {
            come[again->items[k].sort]++;
            again->items[new ++] = again->items[k++];
        }
    }
    alone_tell(&details, then->items, lost, "of the case was not found again");
    alone_tell(&details, again->items, new, "of the new hunt is not in the case");
    if (lost || new) {
        buf_add(&v->out, S("DIFFERS: "));
        sorts_tell(&v->out, gone);
        buf_add(&v->out, S(" not found again, "));
        sorts_tell(&v->out, come);
        buf_add(&v->out, S(" not in the case; "));
    }
    sorts_tell(&v->out, same);
    buf_add(&v->out, S(" the same when it was hunted again\n"));
    v->differ += lost + new;
    details_into(v, &details);
}

/* Findings, and what was put together out of them and of acts; of a case of an older Longwatch, which put nothing together, findings alone. */
static bool sayings_of(const char *path, bool incidents, struct sayings *to, struct err *e) {
    return case_findings(path, on_said, to, e) && (!incidents || incident_case_said(path, on_incident_said, to, e));
}

static bool check_again(struct verifying *v, struct err *e) {
    const char *const parent = getenv("TMPDIR");
    struct sayings then = {0}, again = {0};
    char folder[PATH_MAX], path[PATH_MAX + 8];
    bool ok, incidents = false;

    if (!v->w->rules.count && !v->w->intel.count && !v->w->yara.count)
        return true;
    if (snprintf(folder, sizeof folder, "%s/longwatch-XXXXXX", parent && *parent ? parent : "/tmp") >= PATH_MAX ||
        !mkdtemp(folder))
        return err_system(e, "%s", folder);
    snprintf(path, sizeof path, "%s/case", folder);
    ok = hunt_again(v, path, e) && incident_case_there(v->w->path, &incidents, e) &&
         sayings_of(v->w->path, incidents, &then, e) && sayings_of(path, incidents, &again, e);
    if (ok)
        compare(v, &then, &again);
    struct err left;

    if (access(path, F_OK) == 0)
        (void)!case_remove(path, &left);
    rmdir(folder);
    free(then.items);
    free(again.items);
    return ok;
}

/* ---- all of it ---- */

static bool verify(struct verifying *v, struct err *e) {
    struct buf manifest = {0};
    bool whole = false;
    bool ok = manifest_read(v->w->path, &manifest, e) && check_manifest(v, buf_str(&manifest), &whole, e) &&
              check_signature(v, buf_str(&manifest), e) && check_time(v, buf_str(&manifest), e);

    if (ok && !whole) {
        line(v, "the rest");
        buf_add(&v->out, S("NOT CHECKED: files of the case are not there\n"));
    } else {
        ok = ok && check_telling(v, e) && check_incidents(v, e) &&
             verify_archive_open(&v->archive, v->w->path, &v->w->evidence, &v->w->key, v->stop, e) &&
             (!v->archive || (verify_archive_check(v->archive, &v->out, &v->differ, &v->gone, e) &&
                              verify_archive_seek(v->archive, NULL, 0, e))) &&
             check_evidence(v, e) && check_records(v, e) && check_again(v, e);
    }
    buf_free(&manifest);
    return ok;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    const struct arguments given = {(const char **)(uintptr_t)&w->path, 1};
    struct verifying v = {.w = w, .stop = interrupt_catch(), .a = arena_new(MEMORY)};
    struct err e = {0};
    int status;

    bool const ok = (v.a || no_memory(&e)) && paths_exist(&given, "case", true, &e) &&
                    paths_exist(&w->evidence, "evidence", false, &e) && verify(&v, &e);

    /* What is damaged in the case itself is a difference, whoever met it. */
    if (!ok && e.code == ERR_CORRUPT) {
        line(&v, "case");
        differs(&v, &e);
    }
    if (ok || e.code == ERR_NONE)
        status = print_all(&v.out, v.differ ? EXIT_FINDINGS : v.gone ? EXIT_UNREADABLE : EXIT_NOTHING);
    else {
        status = tell_error(&e);
        buf_free(&v.out);
    }
    free(v.files);
    verify_archive_close(v.archive);
    recheck_free(v.now);
    arena_free(v.a);
    return status;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "CASE",
     .type = OPTION_FOLDER,
     .needed = "which case? longwatch verify CASE",
     .help = "the directory that hunt -o has written",
     AT(path)},
    {.argument = "EVIDENCE",
     .type = OPTION_PATH,
     .many = true,
     .help = "where the evidence lies now; usually where it lay",
     AT(evidence)},
    {.name = "public-key",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "check the signature by this key, a file of minisign or of sign --new-key",
     AT(public_key)},
    {.name = "tsa-ca",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "check the time-stamp by the certificates (PEM) of the authority",
     AT(tsa_ca)},
    {.name = "sample",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .help = "follow only so many records of findings and acts, taken evenly; usually all",
     AT(sample)},
    {.name = "rules",
     .letter = 'r',
     .argument = "DIR",
     .type = OPTION_PATH,
     .many = true,
     .help = "hunt again with these rules, and compare",
     AT(rules)},
    {.name = "intel",
     .letter = 'i',
     .argument = "PATH",
     .type = OPTION_PATH,
     .many = true,
     .help = "hunt again with these indicators, and compare",
     AT(intel)},
    {.name = "yara",
     .argument = "PATH",
     .type = OPTION_PATH,
     .many = true,
     .help = "hunt again with these YARA rules, and compare",
     AT(yara)},
    {ROW_KINDS, AT(kinds)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
    {ROW_GEO, AT(geo)},
    {.name = "own-domain",
     .argument = "DOMAIN",
     .type = OPTION_TEXT,
     .many = true,
     .help = "as it was given to the hunt",
     AT(own_domain)},
    {.name = "partner",
     .argument = "DOMAIN",
     .type = OPTION_TEXT,
     .many = true,
     .help = "as it was given to the hunt",
     AT(partner)},
    {.name = "dkim-keys",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "as it was given to the hunt",
     AT(dkim_keys)},
    {.name = "country", .argument = "COUNTRY", .type = OPTION_TEXT, .help = "as it was given to the hunt", AT(country)},
    {.name = "roster", .argument = "FILE", .type = OPTION_PATH, .help = "as it was given to the hunt", AT(roster)},
    {.name = "persons",
     .argument = "FILE",
     .type = OPTION_PATH,
     .many = true,
     .help = "as it was given to the hunt",
     AT(persons)},
    {ROW_PLACEHOLDERS, AT(placeholders)},
};
const struct command command_verify = {
    .name = "verify",
    .summary = "check a case and its evidence: what differs?",
    .about =
        (const char *const[]){
            "Checks that the files of a case are those of its manifest, its signature and time-stamp where there are "
            "any, and that its files agree with each other; hashes the evidence once more, and follows every finding, "
            "act "
            "and door to its record. With the rules or indicators of the hunt it hunts again, as the case says it was "
            "done, and compares what is found and put together. Changes neither the case nor the evidence.",
            NULL},
    .examples = (const struct example[]){{"longwatch verify ./case", "Is all of it as it was?"},
                                         {"longwatch verify ./case /mnt/evidence --public-key cert.pub",
                                          "A partner's case, with the evidence elsewhere"},
                                         {"longwatch verify ./case --rules ./rules --intel ./intel",
                                          "Do the same rules find the same again?"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "nothing differs",
                 [EXIT_FINDINGS] = "something differs, and is named",
                 [EXIT_USAGE] = "wrong usage, or no such case",
                 [EXIT_UNREADABLE] = "nothing differs that is there, but some evidence is not there",
                 [EXIT_INTERNAL] = "internal error, or stopped"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
