/* writer: for the crash tests: writes an archive and gives a receipt for every commit that was acknowledged; or checks an archive against
 * receipts. Segments are bytes of no meaning here. tests/crash/run.py pulls the plug.
 *
 *   crash_writer write FOLDER SEED ROUNDS [again]   receipts on standard output; status 0: all rounds done, 3: something failed and it
 *                                                   stopped; again: it opens the archive anew instead, and goes on
 *   crash_writer check FOLDER RECEIPTS              status 0: every receipt is honoured; 1: one is not, and which */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/retention.h"
#include "archive/vault.h"
#include "base/file.h"
#include "base/instant.h"

#define DAY ((int64_t)86400 * 1000 * 1000 * 1000)
#define START ((int64_t)1700000000 * 1000 * 1000 * 1000)
#define SIZE_MAX_MADE 20000
#define FAILURES_MAX 50 /* of one run that opens the archive again and again */

static _Noreturn void die(const char *fmt, ...) PRINTF(1, 2);
static _Noreturn void die(const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* ---- writing ---- */

struct work {
    struct vault *v;
    const char *folder;
    uint64_t random, round;
    int64_t at;
    struct buf receipt; /* of what is staged */
};

static uint64_t roll(struct work *w, uint64_t sides) {
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (w->random >> 33) % sides;
}

/* Where the time of failures does not go: one line, one write. */
static void say(str line) {
    while (line.len) {
        ssize_t const n = write(STDOUT_FILENO, line.ptr, line.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            exit(4);
        line = str_from(line, (size_t)n);
    }
}

static bool bytes_write(int fd, str bytes, struct err *e) {
    while (bytes.len) {
        ssize_t const n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "a segment");
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

static bool segment_make(struct work *w, uint64_t rows, uint64_t *number, struct err *e) {
    static const char *const families[] = {"m365", "windows", "dns"};
    static char bytes[SIZE_MAX_MADE];
    size_t const size = 1 + roll(w, SIZE_MAX_MADE);
    struct manifest_segment about = {.rows = rows, .length = size};
    struct vault_part *p;
    char hex[2 * SHA256_SIZE + 1];
    bool known;
    int fd;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(roll(w, 256));
    about.first = about.last = INSTANT_NONE;
    about.month = MANIFEST_UNDATED;
    if (roll(w, 8)) {
        about.first = START - (int64_t)roll(w, 150) * DAY;
        about.last = about.first + 1;
        struct wall const wall = instant_wall(about.first);

        about.month = wall.year * 12 + wall.month - 1;
    }
    if (!vault_part_new(w->v, &p, &fd, e))
        return false;
    if (!bytes_write(fd, (str){bytes, size}, e)) {
        vault_part_drop(w->v, p);
        return false;
    }
    if (!vault_add(w->v, p, &about, str_of(families[roll(w, 3)]), number, &known, e))
        return false;
    const struct manifest_segment *const s = manifest_segment(vault_manifest(w->v), *number);

    sha256_hex(s->sha256, hex);
    buf_format(&w->receipt, " +%llu:%s:%llu", (unsigned long long)*number, hex, (unsigned long long)s->length);
    return true;
}

/* Some live segment that was there before this record; NULL: none. */
static const struct manifest_segment *some_live(struct work *w) {
    size_t count;
    const struct manifest_segment *const all = manifest_segments(vault_manifest(w->v), &count);
    size_t const from = count ? roll(w, count) : 0;

    for (size_t i = 0; i < count; i++) {
        const struct manifest_segment *const s = &all[(from + i) % count];

        if (manifest_live(s) && s->added <= manifest_sequence(vault_manifest(w->v)) &&
            !manifest_held(vault_manifest(w->v), s))
            return s;
    }
    return NULL;
}

static bool end(struct work *w, enum manifest_end why, uint64_t old, struct manifest_numbers news, struct err *e) {
    struct manifest_operation const o = {
        .what = DO_END,
        .end = {.why = why, .olds = {&old, 1}, .news = news, .who = S("crash"), .note = S(""), .policy = S("")}};

    buf_format(&w->receipt, " -%llu", (unsigned long long)old);
    return vault_do(w->v, &o, e);
}

static bool hold_or_lift(struct work *w, struct err *e) {
    size_t count;
    const struct manifest_hold *const holds = manifest_holds(vault_manifest(w->v), &count);
    uint64_t one = roll(w, manifest_next_segment(vault_manifest(w->v)));
    char name[32];
    struct manifest_operation o = {.what = DO_LIFT};

    if (count > 2) {
        snprintf(name, sizeof name, "%.*s", STR_ARG(holds[0].name));
        o.lift.name = str_of(name);
        o.lift.who = o.lift.why = S("");
        buf_format(&w->receipt, " l%s", name);
        return vault_do(w->v, &o, e);
    }
    const struct manifest_segment *const s = manifest_segment(vault_manifest(w->v), one);

    if (!s || s->gone)
        return true;
    snprintf(name, sizeof name, "H%llu", (unsigned long long)w->random);
    o = (struct manifest_operation){.what = DO_HOLD,
                                    .hold = {.name = str_of(name),
                                             .who = S(""),
                                             .basis = S(""),
                                             .why = S(""),
                                             .family = S(""),
                                             .from = INSTANT_NONE,
                                             .to = INSTANT_NONE,
                                             .segments = {&one, 1}}};
    buf_format(&w->receipt, " h%s", name);
    return vault_do(w->v, &o, e);
}

static bool run_make(struct work *w, struct err *e) {
    uint64_t const last = manifest_next_segment(vault_manifest(w->v)) - 1, ranges[] = {1, last};
    struct manifest_run about = {.tier = 1, .first_month = 1, .last_month = 2, .about = S(""), .ranges = {ranges, 2}};
    struct vault_part *p;
    uint64_t number;
    char text[32];
    int fd;

    if (last == 0)
        return true;
    if (!vault_part_new(w->v, &p, &fd, e))
        return false;
    snprintf(text, sizeof text, "run %llu", (unsigned long long)w->random);
    if (!bytes_write(fd, str_of(text), e)) {
        vault_part_drop(w->v, p);
        return false;
    }
    if (!vault_run_add(w->v, p, &about, &number, e))
        return false;
    if (number > 1) {
        uint64_t const before = number - 1;
        struct manifest_operation const o = {.what = DO_RUN_END, .run_end = {&before, 1}};
        const struct manifest_run *const r = manifest_run(vault_manifest(w->v), before);

        return !r || r->ended || vault_do(w->v, &o, e);
    }
    return true;
}

/* Prints the receipt of what was committed. */
static void acknowledge(struct work *w) {
    struct buf line = {0};
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    vault_head(w->v, hash);
    sha256_hex(hash, hex);
    buf_format(&line, "ack %llu %s", (unsigned long long)manifest_sequence(vault_manifest(w->v)), hex);
    buf_add(&line, buf_str(&w->receipt));
    buf_byte(&line, '\n');
    say(buf_str(&line));
    buf_free(&line);
    w->receipt.len = 0;
}

/* Files that may go, go. */
static bool remove_some(struct work *w, struct err *e) {
    const struct manifest *const m = vault_manifest(w->v);
    size_t const count = removal_count(m);
    struct removal_row *const rows = calloc(count + 1, sizeof *rows);
    uint64_t *const segments = calloc(count + 1, sizeof *segments), *const runs = calloc(count + 1, sizeof *runs);
    size_t go, segment_count = 0, run_count = 0;
    bool ok = removal_plan(m, w->at, 0, rows, &go, e);

    for (size_t i = 0; ok && i < count; i++)
        if (rows[i].verdict == REMOVAL_GO && rows[i].segment) {
            segments[segment_count++] = rows[i].segment->number;
            buf_format(&w->receipt, " ~%llu", (unsigned long long)rows[i].segment->number);
        } else if (rows[i].verdict == REMOVAL_GO) {
            runs[run_count++] = rows[i].run->number;
        }
    if (ok && segment_count + run_count) {
        ok = vault_remove(w->v, (struct manifest_numbers){segments, segment_count},
                          (struct manifest_numbers){runs, run_count}, w->at, e);
        if (ok)
            acknowledge(w);
    }
    free(rows);
    free(segments);
    free(runs);
    return ok;
}

static bool round_do(struct work *w, struct err *e) {
    uint64_t const count = 1 + roll(w, 3);
    const struct manifest_segment *s;
    uint64_t number;

    w->at += DAY / 24;
    w->receipt.len = 0;
    for (uint64_t i = 0; i < count; i++)
        if (!segment_make(w, 1 + roll(w, 100), &number, e))
            return false;
    if (roll(w, 3) == 0 && (s = some_live(w)) && !end(w, END_WITHDRAWN, s->number, (struct manifest_numbers){0}, e))
        return false;
    if (roll(w, 3) == 0 && (s = some_live(w))) {
        uint64_t const old = s->number;

        if (!segment_make(w, s->rows, &number, e) ||
            !end(w, END_COMPACTED, old, (struct manifest_numbers){&number, 1}, e))
            return false;
    }
    if ((roll(w, 4) == 0 && !hold_or_lift(w, e)) || (roll(w, 4) == 0 && !run_make(w, e)) ||
        !vault_commit(w->v, w->at, e))
        return false;
    acknowledge(w);
    if (roll(w, 3) == 0 && !remove_some(w, e))
        return false;
    if (roll(w, 6) == 0) {
        if (!vault_roll(w->v, w->at, e))
            return false;
        acknowledge(w);
    }
    return true;
}

static bool archive_open(struct work *w, struct err *e) {
    char path[4096];

    snprintf(path, sizeof path, "%s/CURRENT", w->folder);
    if (access(path, F_OK) != 0 && !vault_create(w->folder, S("crash"), S(""), w->at, e))
        return false;
    if (!vault_open_writer(&w->v, w->folder, NULL, w->at, NULL, NULL, e))
        return false;
    if (manifest_latest(vault_manifest(w->v)) > w->at)
        w->at = manifest_latest(vault_manifest(w->v));
    return true;
}

static int write_rounds(const char *folder, uint64_t seed, uint64_t rounds, bool again) {
    struct work w = {.folder = folder, .random = seed * 0x9e3779b97f4a7c15u, .at = START};
    unsigned failures = 0;
    struct err e = {0};

    while (w.round < rounds) {
        if (!w.v && archive_open(&w, &e))
            continue;
        if (w.v && round_do(&w, &e)) {
            w.round++;
            continue;
        }
        fprintf(stderr, "round %llu: %s\n", (unsigned long long)w.round, e.text);
        if (e.code != ERR_IO)
            die("an error that no disk makes");
        vault_close(w.v);
        w.v = NULL;
        w.receipt.len = 0;
        if (!again || ++failures > FAILURES_MAX)
            break;
    }
    vault_close(w.v);
    buf_free(&w.receipt);
    return w.round < rounds ? 3 : 0;
}

/* ---- checking ---- */

/* What receipts say of a segment. */
struct promise {
    uint64_t added, ended, removed, length; /* sequences of acknowledged records; 0: none */
    bool ended_quietly,
        removed_quietly; /* by a record without receipt: committed, and cut off before it could be said */
    char hex[2 * SHA256_SIZE + 1];
};

struct receipts {
    struct promise *segments; /* by number */
    size_t room;
    char (*hashes)[2 * SHA256_SIZE + 1]; /* of records, by sequence; "": no receipt */
    size_t hash_room;
    uint64_t last, count;
};

static struct promise *promise_of(struct receipts *r, uint64_t number) {
    if (number >= r->room) {
        size_t const room = number * 2 + 64;

        if (!(r->segments = realloc(r->segments, room * sizeof *r->segments)))
            die("no memory");
        memset(r->segments + r->room, 0, (room - r->room) * sizeof *r->segments);
        r->room = room;
    }
    return &r->segments[number];
}

static void hash_note(struct receipts *r, uint64_t sequence, const char *hex) {
    if (sequence >= r->hash_room) {
        size_t const room = sequence * 2 + 64;

        if (!(r->hashes = realloc(r->hashes, room * sizeof *r->hashes)))
            die("no memory");
        memset(r->hashes + r->hash_room, 0, (room - r->hash_room) * sizeof *r->hashes);
        r->hash_room = room;
    }
    snprintf(r->hashes[sequence], sizeof r->hashes[0], "%.64s", hex);
    r->count++;
    if (sequence > r->last)
        r->last = sequence;
}

/* A line that has no end was cut off with its writer: what it says was committed before it was said. */
static void receipts_read(const char *path, struct receipts *r) {
    FILE *const f = fopen(path, "r");
    char *line = NULL, hex[80];
    size_t room = 0;
    ssize_t len;

    if (!f)
        die("%s: %s", path, strerror(errno));
    while ((len = getline(&line, &room, f)) > 0) {
        unsigned long long sequence, number, length;
        int used = 0;
        char *at = line;

        if (line[len - 1] != '\n' || sscanf(at, "ack %llu %64[0-9a-f]%n", &sequence, hex, &used) != 2)
            continue;
        hash_note(r, sequence, hex);
        for (at += used; *at == ' '; at += strcspn(at + 1, " \n") + 1) {
            if (sscanf(at, " +%llu:%64[0-9a-f]:%llu", &number, hex, &length) == 3) {
                struct promise *const p = promise_of(r, number);

                *p = (struct promise){.added = sequence, .length = length};
                snprintf(p->hex, sizeof p->hex, "%.64s", hex);
            } else if (sscanf(at, " -%llu", &number) == 1) {
                promise_of(r, number)->ended = sequence;
            } else if (sscanf(at, " ~%llu", &number) == 1) {
                promise_of(r, number)->removed = sequence;
            }
        }
    }
    free(line);
    fclose(f);
}

static void heard(void *ctx, enum vault_found what, str name, uint64_t number) {
    (void)ctx;
    if (what == FOUND_MISSING || what == FOUND_LENGTH || what == FOUND_STATE || what == FOUND_RUN ||
        what == FOUND_HEAD || what == FOUND_STRANGE)
        die("found %d: %.*s (%llu)", (int)what, STR_ARG(name), (unsigned long long)number);
    fprintf(stderr, "cleared: %d %.*s\n", (int)what, STR_ARG(name));
}

/* What a record did for which there is no receipt. */
static void quietly(struct receipts *r, const struct vault_record *record) {
    str left = record->operations;
    struct manifest_operation o;
    struct err e = {0};

    for (uint32_t i = 0; i < record->count; i++) {
        if (!manifest_decode(&left, &o, &e))
            die("%s", e.text);
        for (size_t k = 0; o.what == DO_END && k < o.end.olds.count; k++)
            promise_of(r, manifest_number(o.end.olds, k))->ended_quietly = true;
        for (size_t k = 0; o.what == DO_REMOVED && k < o.removed.segments.count; k++)
            promise_of(r, manifest_number(o.removed.segments, k))->removed_quietly = true;
    }
}

static bool record_check(void *ctx, const struct vault_record *record, struct err *e) {
    struct receipts *const r = ctx;
    char hex[2 * SHA256_SIZE + 1];
    (void)e;

    sha256_hex(record->hash, hex);
    if (record->sequence >= r->hash_room || !r->hashes[record->sequence][0]) {
        quietly(r, record);
        return true;
    }
    if (strcmp(r->hashes[record->sequence], hex) != 0)
        die("record %llu is not the one that was acknowledged", (unsigned long long)record->sequence);
    r->count--;
    return true;
}

static void segments_check(const struct vault *v, const struct receipts *r) {
    const struct manifest *const m = vault_manifest(v);
    size_t count;
    const struct manifest_segment *const all = manifest_segments(m, &count);
    struct err e = {0};

    for (uint64_t n = 1; n < r->room; n++) {
        const struct promise *const p = &r->segments[n];
        const struct manifest_segment *const s = manifest_segment(m, n);
        char hex[2 * SHA256_SIZE + 1];

        if (!p->added || p->removed)
            continue;
        if (p->removed_quietly)
            continue;
        if (!s)
            die("segment %llu was acknowledged and is not known", (unsigned long long)n);
        sha256_hex(s->sha256, hex);
        if (s->added != p->added || s->length != p->length || strcmp(hex, p->hex) != 0)
            die("segment %llu is not what was acknowledged", (unsigned long long)n);
        if (manifest_live(s) != !(p->ended || p->ended_quietly))
            die("segment %llu %s", (unsigned long long)n,
                manifest_live(s) ? "lives again" : "ended, and no receipt and no record says so");
    }
    for (size_t i = 0; i < count; i++) { /* acknowledged or not: no half segment is visible */
        bool same = false;

        if (all[i].gone)
            continue;
        if (!vault_segment_check(v, &all[i], &same, &e))
            die("%s", e.text);
        /* Of what has ended the file may be gone already, and the record that says so may not be written yet. */
        if (!same && manifest_live(&all[i]))
            die("segment %llu is not whole", (unsigned long long)all[i].number);
    }
}

/* An archive whose making nobody was told of: there need not be one, but there can be. */
static void nothing_promised(const char *folder, const struct err *why) {
    struct err e = {0};
    char path[4096];

    snprintf(path, sizeof path, "%s/CURRENT", folder);
    if (access(path, F_OK) == 0)
        die("it cannot be opened: %s", why->text);
    if (!vault_create(folder, S("check"), S(""), START, &e))
        die("it cannot be made: %s", e.text);
}

static int check(const char *folder, const char *path) {
    struct work w = {.folder = folder, .random = 1};
    struct receipts r = {0};
    struct err e = {0};
    struct vault *v;
    uint64_t number;

    receipts_read(path, &r);
    uint64_t const receipts = r.count;

    if (!vault_open(&v, folder, 0, heard, NULL, &e)) {
        if (receipts)
            die("it cannot be opened: %s", e.text);
        nothing_promised(folder, &e);
        if (!vault_open(&v, folder, 0, heard, NULL, &e))
            die("%s", e.text);
    }
    if (manifest_sequence(vault_manifest(v)) < r.last)
        die("record %llu was acknowledged, and the last one is %llu", (unsigned long long)r.last,
            (unsigned long long)manifest_sequence(vault_manifest(v)));
    if (!vault_history(v, record_check, &r, &e) || !vault_history_check(v, &e))
        die("%s", e.text);
    if (r.count)
        die("%llu acknowledged records are not in the history", (unsigned long long)r.count);
    segments_check(v, &r);
    vault_close(v);
    /* A writer clears away, and goes on. */
    if (!vault_open_writer(&w.v, folder, NULL, START, heard, NULL, &e))
        die("a writer cannot open it: %s", e.text);
    w.at = manifest_latest(vault_manifest(w.v));
    segments_check(w.v, &r);
    w.random = manifest_sequence(vault_manifest(w.v)) * 0x9e3779b97f4a7c15u + 12345;
    if (!segment_make(&w, 1, &number, &e) || !vault_commit(w.v, w.at, &e))
        die("a writer cannot go on: %s", e.text);
    if (!vault_history_check(w.v, &e))
        die("%s", e.text);
    printf("%llu receipts honoured, %llu segments live\n", (unsigned long long)receipts,
           (unsigned long long)manifest_live_count(vault_manifest(w.v)));
    vault_close(w.v);
    buf_free(&w.receipt);
    free(r.segments);
    free(r.hashes);
    return 0;
}

int main(int argc, char **argv) {
    if (argc >= 5 && strcmp(argv[1], "write") == 0)
        return write_rounds(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10), argc > 5);
    if (argc == 4 && strcmp(argv[1], "check") == 0)
        return check(argv[2], argv[3]);
    fputs("crash_writer write FOLDER SEED ROUNDS [again] | check FOLDER RECEIPTS\n", stderr);
    return 2;
}
