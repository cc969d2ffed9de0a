/* test_vault: the folder of an archive: what a commit leaves, what is found again after every kind of damage, who may write, who reads meanwhile.
 * Power cuts, kills and failing system calls: tests/crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../folder.h"
#include "../refuse.h"
#include "archive/manifest_record.h"
#include "archive_say.h"
#include "base/file.h"

#define HERE "archive" /* below the folder of each test */

/* ---- what is told ---- */

struct told {
    unsigned count[FOUND_STATE + 1];
    uint64_t number[FOUND_STATE + 1]; /* of the last */
    char name[FOUND_STATE + 1][128];
};

static void hear(void *ctx, enum vault_found what, str name, uint64_t number) {
    struct told *const t = ctx;

    t->count[what]++;
    t->number[what] = number;
    snprintf(t->name[what], sizeof t->name[what], "%.*s", STR_ARG(name));
}

static unsigned told_all(const struct told *t) {
    unsigned sum = 0;

    for (size_t i = 0; i < COUNT(t->count); i++)
        sum += t->count[i];
    return sum;
}

/* ---- doing ---- */

static struct vault *writer(struct told *t) {
    struct vault *v;
    struct err e = {0};

    if (!vault_open_writer(&v, HERE, NULL, AT(2024, 1, 1), t ? hear : NULL, t, &e))
        fail_msg("%s", e.text);
    return v;
}

static struct vault *reader(uint64_t as_of, struct told *t) {
    struct vault *v;
    struct err e = {0};

    if (!vault_open(&v, HERE, as_of, t ? hear : NULL, t, &e))
        fail_msg("%s", e.text);
    return v;
}

static void made(void) {
    struct err e = {0};

    if (!vault_create(HERE, S("the registry"), S("for a test"), AT(2024, 1, 1), &e))
        fail_msg("%s", e.text);
}

static void commit(struct vault *v, int64_t at) {
    struct err e = {0};

    if (!vault_commit(v, at, &e))
        fail_msg("%s", e.text);
}

static void put(struct vault *v, const struct manifest_operation *o) {
    struct err e = {0};

    if (!vault_do(v, o, &e))
        fail_msg("%s", e.text);
}
#define DO(v, ...)                                                                                                     \
    do {                                                                                                               \
        struct manifest_operation const o_ = __VA_ARGS__;                                                              \
        put(v, &o_);                                                                                                   \
    } while (0)

static bool add_try(struct vault *v, const char *bytes, int64_t first, uint64_t rows, uint64_t *number, bool *known,
                    struct err *e) {
    struct manifest_operation const o = say_add(0, "", first, rows);
    struct manifest_segment about = o.add.segment;
    struct vault_part *p;
    int fd;

    about.length = strlen(bytes);
    if (!vault_part_new(v, &p, &fd, e))
        return false;
    assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
    return vault_add(v, p, &about, S("m365"), number, known, e);
}

static uint64_t add(struct vault *v, const char *bytes, int64_t first, uint64_t rows) {
    struct err e = {0};
    uint64_t number = 0;
    bool known;

    if (!add_try(v, bytes, first, rows, &number, &known, &e))
        fail_msg("%s", e.text);
    return number;
}

static uint64_t add_run(struct vault *v, const char *bytes, struct manifest_numbers ranges) {
    struct manifest_operation const o = say_run(0, ranges);
    struct manifest_run about = o.run;
    struct vault_part *p;
    struct err e = {0};
    uint64_t number = 0;
    int fd;

    about.length = strlen(bytes);
    assert_true(vault_part_new(v, &p, &fd, &e));
    assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
    if (!vault_run_add(v, p, &about, &number, &e))
        fail_msg("%s", e.text);
    return number;
}

static void digest(const struct vault *v, uint8_t out[SHA256_SIZE]) {
    struct err e = {0};

    assert_true(manifest_digest(vault_manifest(v), out, &e));
}

/* Ten records, and from the second half on a second generation: what damage is done to. */
static void filled(void) {
    struct vault *v;
    struct err e = {0};

    made();
    v = writer(NULL);
    add(v, "one", AT(2021, 3, 1), 10);
    add(v, "two", AT(2021, 3, 2), 20);
    commit(v, AT(2024, 1, 2)); /* 2 */
    add(v, "three", AT(2021, 4, 1), 30);
    DO(v, say_hold("CASE-1", "", AT(2021, 4, 1), INSTANT_NONE, NO_NUMBERS));
    commit(v, AT(2024, 1, 3)); /* 3 */
    add(v, "four", AT(2021, 3, 1), 30);
    DO(v, say_end(END_COMPACTED, NUMBERS(1, 2), NUMBERS(4), ""));
    commit(v, AT(2024, 1, 4));              /* 4 */
    if (!vault_roll(v, AT(2024, 1, 5), &e)) /* 5 */
        fail_msg("%s", e.text);
    DO(v, say_label("five", 5, false));
    commit(v, AT(2024, 1, 6)); /* 6 */
    add(v, "five", INSTANT_NONE, 5);
    commit(v, AT(2024, 1, 7)); /* 7 */
    add_run(v, "run", NUMBERS(3, 5));
    commit(v, AT(2024, 1, 8)); /* 8 */
    vault_close(v);
}
#define FILLED_LAST 8

static void slurp(const char *name, struct buf *out) {
    struct err e = {0};

    out->len = 0;
    if (!file_read(name, 1 << 20, out, &e))
        fail_msg("%s", e.text);
}

static void spill(const char *name, str bytes) {
    int const fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    close(fd);
}

static bool there(const char *name) {
    return access(name, F_OK) == 0;
}

/* ---- a life ---- */

static void a_life(void **state) {
    struct told t = {0};
    struct vault *v, *other;
    struct err e = {0};
    struct stat st;
    uint8_t secret[VAULT_SECRET], again[VAULT_SECRET], hash[SHA256_SIZE], head[SHA256_SIZE];
    uint64_t number;
    bool known, whole;
    int fd;
    char bytes[8];
    (void)state;

    assert_false(vault_open(&v, HERE, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_IO);
    made();
    assert_int_equal(stat(HERE, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(HERE "/secret", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_false(vault_create(HERE, S(""), S(""), 0, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "already"));

    v = reader(0, &t);
    assert_int_equal(manifest_sequence(vault_manifest(v)), 1);
    assert_int_equal(manifest_live_count(vault_manifest(v)), 0);
    assert_true(vault_secret(v, secret, &e));
    vault_close(v);

    v = writer(&t);
    assert_int_equal(told_all(&t), 0);
    assert_int_equal(add(v, "one", AT(2021, 3, 1), 10), 1);
    assert_int_equal(add(v, "two", INSTANT_NONE, 20), 2);
    /* What is staged, others do not see; what is committed, they do. */
    other = reader(0, NULL);
    assert_int_equal(manifest_sequence(vault_manifest(other)), 1);
    vault_close(other);
    commit(v, AT(2024, 1, 2));
    assert_int_equal(manifest_sequence(vault_manifest(v)), 2);
    other = reader(0, NULL);
    assert_int_equal(manifest_sequence(vault_manifest(other)), 2);
    assert_int_equal(manifest_live_rows(vault_manifest(other)), 30);
    vault_head(v, hash);
    vault_head(other, head);
    assert_memory_equal(hash, head, sizeof head);
    const struct manifest_segment *const s = manifest_segment(vault_manifest(other), 1);

    assert_true(s->added_at == AT(2024, 1, 2));
    assert_true(vault_segment_open(other, s, &fd, &e));
    assert_int_equal(read(fd, bytes, sizeof bytes), 3);
    assert_memory_equal(bytes, "one", 3);
    close(fd);
    assert_true(vault_segment_check(other, s, &whole, &e));
    assert_true(whole);
    vault_close(other);
    assert_true(there(HERE "/segments/2021-03") && there(HERE "/segments/undated"));

    /* The same bytes again: nothing is added. */
    assert_true(add_try(v, "one", AT(2021, 3, 1), 10, &number, &known, &e));
    assert_true(known);
    assert_int_equal(number, 1);
    commit(v, AT(2024, 1, 3));
    assert_int_equal(manifest_sequence(vault_manifest(v)), 2);
    /* Nor what contradicts itself; and the rest goes on. */
    assert_false(add_try(v, "three", AT(2021, 3, 1) + 1, UINT64_MAX, &number, &known, &e));
    assert_int_equal(e.code, ERR_USAGE);
    add(v, "three", AT(2021, 3, 1), 1);
    add(v, "never", AT(2021, 3, 1), 1); /* never committed */
    commit(v, AT(2024, 1, 3));
    add(v, "never committed", AT(2021, 3, 1), 1);
    vault_close(v);

    v = writer(&t);
    assert_int_equal(told_all(&t), 0); /* a closed vault leaves nothing to clear away */
    assert_int_equal(manifest_sequence(vault_manifest(v)), 3);
    assert_int_equal(manifest_live_count(vault_manifest(v)), 4);
    assert_true(vault_secret(v, again, &e));
    assert_memory_equal(secret, again, sizeof secret);
    assert_true(vault_history_check(v, &e));
    vault_close(v);
}

static void a_wrong_length_is_refused(void **state) {
    struct vault *v;
    struct vault_part *p;
    struct manifest_operation const o = say_add(0, "", INSTANT_NONE, 1);
    struct manifest_segment about = o.add.segment;
    struct err e = {0};
    uint64_t number;
    int fd;
    (void)state;

    made();
    v = writer(NULL);
    assert_true(vault_part_new(v, &p, &fd, &e));
    assert_int_equal(write(fd, "half", 4), 4);
    about.length = 8;
    assert_false(vault_add(v, p, &about, S("m365"), &number, NULL, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_true(vault_part_new(v, &p, &fd, &e));
    vault_part_drop(v, p);
    vault_part_drop(v, NULL);
    assert_int_equal(rmdir(HERE "/tmp"), 0); /* nothing is left in it */
    vault_close(v);
}

static void making(void **state) {
    struct vault *v;
    struct err e = {0};
    (void)state;

    assert_false(vault_create("no/such/folder", S(""), S(""), 0, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(mkdir(HERE, 0700), 0);
    spill(HERE "/letter.txt", S("mine"));
    assert_false(vault_create(HERE, S(""), S(""), 0, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "letter.txt"));
    assert_false(vault_open_writer(&v, HERE, NULL, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_USAGE);
    unlink(HERE "/letter.txt");
    made();
    /* An unfinished making is no archive, and is finished by making it again. */
    unlink(HERE "/CURRENT");
    assert_false(vault_open(&v, HERE, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    unlink(HERE "/MANIFEST-000001");
    assert_false(vault_open(&v, HERE, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "never finished"));
    spill(HERE "/HEAD.part", S("half"));
    made();
    vault_close(writer(NULL));
    spill(HERE "/FORMAT", S("longwatch archive, format 2\n"));
    assert_false(vault_open(&v, HERE, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
}

/* Making is broken off behind any of its files, and done again; what was used is never made anew. */
static void making_again(void **state) {
    static const char *const files[] = {"FORMAT", "README.txt", "secret", "MANIFEST-000001", "HEAD", "CURRENT"};
    struct err e = {0};
    struct vault *v;
    (void)state;

    assert_false(vault_made(HERE));
    assert_int_equal(mkdir(HERE, 0700), 0);
    assert_false(vault_made(HERE));
    for (size_t i = 0; i < COUNT(files); i++) {
        made();
        assert_true(vault_made(HERE));
        for (size_t j = i; j < COUNT(files); j++) {
            char path[128];

            snprintf(path, sizeof path, HERE "/%s", files[j]);
            assert_int_equal(unlink(path), 0);
        }
        assert_false(vault_made(HERE));
    }
    made();
    v = writer(NULL);
    add(v, "one", AT(2021, 3, 1), 10);
    commit(v, AT(2024, 1, 2));
    vault_close(v);
    unlink(HERE "/CURRENT");
    unlink(HERE "/FORMAT");
    assert_false(vault_made(HERE));
    assert_false(vault_create(HERE, S(""), S(""), 0, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_non_null(strstr(e.text, "written to"));
    /* The manifest alone, or the segments alone, are enough to say no. */
    assert_int_equal(unlink(HERE "/MANIFEST-000001"), 0);
    assert_false(vault_create(HERE, S(""), S(""), 0, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
}

/* A note has no file: the manifest alone says that there was something. */
static void making_over_a_note(void **state) {
    struct err e = {0};
    struct vault *v;
    (void)state;

    made();
    v = writer(NULL);
    DO(v, say_name(DO_NOTE, ""));
    commit(v, AT(2024, 1, 2));
    vault_close(v);
    unlink(HERE "/CURRENT");
    assert_false(vault_create(HERE, S(""), S(""), 0, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_int_equal(mkdir("stranger", 0700), 0);
    spill("stranger/letter.txt", S("mine"));
    assert_false(vault_create("stranger", S(""), S(""), 0, &e));
    assert_int_equal(access("stranger/lock", F_OK), -1);
}

/* ---- who writes ---- */

static void one_writer(void **state) {
    struct vault *v, *second;
    struct err e = {0};
    char pid[32];
    int pipes[2];
    char c;
    (void)state;

    made();
    v = writer(NULL);
    assert_false(vault_open_writer(&second, HERE, NULL, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    snprintf(pid, sizeof pid, "process %ld on ", (long)getpid());
    if (!strstr(e.text, pid) || !strstr(e.text, "2024-01-01"))
        fail_msg("%s", e.text);
    vault_close(v);
    vault_close(writer(NULL));

    /* A writer that is killed leaves no lock. */
    assert_int_equal(pipe(pipes), 0);
    pid_t const child = fork();

    if (child == 0) {
        struct vault *const mine = writer(NULL);

        c = mine ? 'w' : 'x';
        if (write(pipes[1], &c, 1) == 1)
            pause();
        _exit(1);
    }
    assert_true(child > 0);
    assert_int_equal(read(pipes[0], &c, 1), 1);
    assert_false(vault_open_writer(&second, HERE, NULL, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    vault_close(reader(0, NULL)); /* who reads is not asked */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    vault_close(writer(NULL));
    close(pipes[0]);
    close(pipes[1]);
}

#define ROUNDS 120

/* A writer in another process, who commits, drops, removes, writes anew; whoever opens meanwhile sees some snapshot, whole. */
static void readers_meanwhile(void **state) {
    uint64_t last = 0, opened = 0;
    int status;
    (void)state;

    made();
    pid_t const child = fork();

    if (child == 0) {
        struct vault *const v = writer(NULL);
        struct err e = {0};
        char text[32];
        uint64_t before = 0;

        for (int i = 0; i < ROUNDS; i++) {
            snprintf(text, sizeof text, "segment %d", i);
            uint64_t const number = add(v, text, AT(2021, 1, 1) + i * DAY, 1);

            if (before)
                DO(v, say_end(END_WITHDRAWN, NUMBERS(before), NO_NUMBERS, ""));
            commit(v, AT(2024, 1, 1));
            before = number;
            if (i % 20 == 19 && !vault_roll(v, AT(2024, 1, 1), &e))
                _exit(2);
        }
        vault_close(v);
        _exit(0);
    }
    assert_true(child > 0);
    for (bool ended = false; !ended;) {
        ended = waitpid(child, &status, WNOHANG) == child;
        struct told t = {0};
        struct vault *const v = reader(0, &t);
        const struct manifest *const m = vault_manifest(v);
        size_t count;
        const struct manifest_segment *const s = manifest_segments(m, &count);

        assert_true(manifest_sequence(m) >= last);
        last = manifest_sequence(m);
        opened++;
        for (size_t i = 0; i < count; i++) {
            bool same = false;
            struct err e = {0};

            assert_true(vault_segment_check(v, &s[i], &same, &e));
            assert_true(same);
        }
        assert_int_equal(t.count[FOUND_HEAD] + t.count[FOUND_STATE], 0);
        vault_close(v);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(last, 1 + ROUNDS + ROUNDS / 20);
    assert_true(opened > 1);
}

/* ---- snapshots ---- */

static void snapshots(void **state) {
    static const struct {
        uint64_t live, rows;
        size_t holds, labels, runs;
    } should[] = {{0},
                  {0, 0, 0, 0, 0},
                  {2, 30, 0, 0, 0},
                  {3, 60, 1, 0, 0},
                  {2, 60, 1, 0, 0},
                  {2, 60, 1, 0, 0},
                  {2, 60, 1, 1, 0},
                  {3, 65, 1, 1, 0},
                  {3, 65, 1, 1, 1}};
    struct vault *v;
    struct err e = {0};
    size_t holds, labels, runs;
    int fd;
    (void)state;

    filled();
    for (uint64_t n = 1; n <= FILLED_LAST; n++) {
        struct told t = {0};

        v = reader(n, &t);
        const struct manifest *const m = vault_manifest(v);

        assert_int_equal(told_all(&t), 0);
        assert_int_equal(manifest_sequence(m), n);
        manifest_holds(m, &holds);
        manifest_labels(m, &labels);
        manifest_runs(m, &runs);
        if (manifest_live_count(m) != should[n].live || manifest_live_rows(m) != should[n].rows ||
            holds != should[n].holds || labels != should[n].labels || runs != should[n].runs)
            fail_msg("snapshot %llu", (unsigned long long)n);
        assert_int_equal(vault_generation(v), n <= 5 ? 1 + (n == 5) : 2);
        assert_true(vault_history_check(v, &e));
        vault_close(v);
    }
    assert_false(vault_open(&v, HERE, FILLED_LAST + 1, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "the last one is 8"));

    /* What is removed later is told of whoever asks for the past. */
    v = writer(NULL);
    assert_true(vault_remove(v, NUMBERS(1), NO_NUMBERS, AT(2024, 2, 1), &e));
    assert_false(there(HERE "/segments/2021-03/00000001-7692c3ad3540bb80.lws"));
    vault_close(v);
    v = reader(3, NULL);
    assert_true(manifest_segment(vault_manifest(v), 1)->gone);
    assert_true(manifest_live(manifest_segment(vault_manifest(v), 1)));
    assert_false(manifest_segment(vault_manifest(v), 2)->gone);
    assert_false(vault_segment_open(v, manifest_segment(vault_manifest(v), 1), &fd, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "removed since"));
    assert_true(vault_segment_open(v, manifest_segment(vault_manifest(v), 2), &fd, &e));
    close(fd);
    vault_close(v);
}

static void clocks_go_back(void **state) {
    struct vault *v;
    struct err e = {0};
    (void)state;

    made();
    v = writer(NULL);
    add(v, "one", AT(2021, 3, 1), 10);
    commit(v, AT(2024, 6, 1));
    add(v, "two", AT(2021, 3, 1), 10);
    commit(v, AT(1999, 1, 1));
    assert_true(vault_roll(v, AT(1998, 1, 1), &e));
    vault_close(v);
    v = reader(0, NULL);
    assert_int_equal(manifest_sequence(vault_manifest(v)), 4);
    assert_true(manifest_at(vault_manifest(v)) == AT(1998, 1, 1));
    assert_true(manifest_latest(vault_manifest(v)) == AT(2024, 6, 1));
    assert_true(manifest_segment(vault_manifest(v), 2)->added_at == AT(1999, 1, 1));
    assert_true(vault_history_check(v, &e));
    vault_close(v);
}

/* ---- removing ---- */

static void removing(void **state) {
    struct vault *v;
    struct told t = {0};
    struct err e = {0};
    (void)state;

    filled();
    v = writer(NULL);
    assert_false(vault_remove(v, NUMBERS(3), NO_NUMBERS, AT(2024, 2, 1), &e)); /* live */
    assert_int_equal(e.code, ERR_USAGE);
    DO(v, say_label("three", 3, true));
    commit(v, AT(2024, 2, 1));
    assert_false(vault_remove(v, NUMBERS(1), NO_NUMBERS, AT(2024, 2, 1), &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_non_null(strstr(e.text, "kept snapshot three"));
    DO(v, say_name(DO_LABEL_END, "three"));
    DO(v, say_hold("SOME", "", INSTANT_NONE, INSTANT_NONE, NUMBERS(2)));
    DO(v, {.what = DO_RUN_END, .run_end = NUMBERS(1)});
    commit(v, AT(2024, 2, 2));
    assert_false(vault_remove(v, NUMBERS(1, 2), NO_NUMBERS, AT(2024, 2, 2), &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_true(there(HERE "/segments/2021-03/00000001-7692c3ad3540bb80.lws")); /* none of both */
    /* Somebody died between the file and the record. */
    assert_int_equal(unlink(HERE "/segments/2021-03/00000001-7692c3ad3540bb80.lws"), 0);
    vault_close(v);
    v = writer(&t);
    assert_int_equal(told_all(&t), 0);
    assert_true(vault_remove(v, NUMBERS(1), NUMBERS(1), AT(2024, 2, 2), &e));
    assert_true(manifest_segment(vault_manifest(v), 1)->gone);
    vault_close(v);
    v = writer(&t);
    assert_int_equal(told_all(&t), 0);
    vault_close(v);
}

/* ---- what a crash leaves ---- */

static void clearing_away(void **state) {
    struct vault *v;
    struct told t = {0};
    struct err e = {0};
    (void)state;

    filled();
    spill(HERE "/tmp/7.part", S("half a segment"));
    spill(HERE "/CURRENT.part", S("half"));
    spill(HERE "/segments/2021-03/00000099-0011223344556677.lws", S("renamed, never committed"));
    spill(HERE "/segments/2021-04/00000004-00bbccddeeff0011.lws", S("a number that is another's"));
    spill(HERE "/index/00000009-0011223344556677.lwi", S("a run never committed"));
    spill(HERE "/segments/2021-03/notes.txt", S("of a curious person"));
    spill(HERE "/segments/letter.lws", S("not in a month"));
    spill(HERE "/MANIFEST-000003", S("half a generation"));

    /* A reader tells, and touches nothing. */
    v = reader(0, &t);
    assert_int_equal(told_all(&t), 0);
    assert_true(vault_survey(v, &e));
    assert_int_equal(t.count[FOUND_TEMPORARY], 2);
    assert_int_equal(t.count[FOUND_ORPHAN], 3);
    assert_int_equal(t.count[FOUND_STRANGE], 2);
    assert_int_equal(t.count[FOUND_GENERATION], 1);
    assert_int_equal(told_all(&t), 8);
    assert_true(there(HERE "/tmp/7.part") && there(HERE "/MANIFEST-000003"));
    vault_close(v);

    memset(&t, 0, sizeof t);
    v = writer(&t);
    assert_int_equal(t.count[FOUND_TEMPORARY], 2);
    assert_int_equal(t.count[FOUND_ORPHAN], 3);
    assert_int_equal(t.count[FOUND_STRANGE], 2);
    assert_int_equal(t.count[FOUND_GENERATION], 1);
    assert_int_equal(told_all(&t), 8);
    assert_false(there(HERE "/tmp/7.part") || there(HERE "/CURRENT.part"));
    assert_true(there(HERE "/quarantine/segments_2021-03_00000099-0011223344556677.lws"));
    assert_true(there(HERE "/quarantine/segments_2021-04_00000004-00bbccddeeff0011.lws"));
    assert_true(there(HERE "/quarantine/index_00000009-0011223344556677.lwi"));
    assert_true(there(HERE "/quarantine/MANIFEST-000003"));
    assert_true(there(HERE "/segments/2021-03/notes.txt"));
    vault_close(v);

    /* The same once more: the one in quarantine stays. */
    spill(HERE "/segments/2021-03/00000099-0011223344556677.lws", S("another"));
    memset(&t, 0, sizeof t);
    v = writer(&t);
    assert_int_equal(t.count[FOUND_ORPHAN], 1);
    assert_true(there(HERE "/quarantine/segments_2021-03_00000099-0011223344556677.lws.1"));
    vault_close(v);
}

static void what_is_missing(void **state) {
    struct vault *v;
    struct told t = {0};
    struct err e = {0};
    bool same;
    int fd;
    (void)state;

    filled();
    assert_int_equal(
        system("cd " HERE "/segments && mv 2021-04 2021-05 && for f in undated/00000005-*; do printf x >>$f; done"), 0);
    assert_int_equal(system("rm " HERE "/index/*"), 0);
    v = writer(&t);
    assert_int_equal(t.count[FOUND_MISSING], 1);
    assert_int_equal(t.number[FOUND_MISSING], 3);
    assert_int_equal(t.count[FOUND_ORPHAN], 1); /* the same file, in a month that is not its own */
    assert_int_equal(t.count[FOUND_LENGTH], 1);
    assert_int_equal(t.number[FOUND_LENGTH], 5);
    assert_int_equal(t.count[FOUND_RUN], 1);
    assert_int_equal(told_all(&t), 4);
    assert_false(vault_segment_open(v, manifest_segment(vault_manifest(v), 3), &fd, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_false(vault_segment_open(v, manifest_segment(vault_manifest(v), 5), &fd, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_non_null(strstr(e.text, "holds 5 bytes, and held 4"));
    assert_true(vault_segment_check(v, manifest_segment(vault_manifest(v), 5), &same, &e));
    assert_false(same);
    assert_true(vault_segment_check(v, manifest_segment(vault_manifest(v), 4), &same, &e));
    assert_true(same);
    vault_close(v);
    /* A copy that left out empty folders: who looks is told what is missing, who writes makes them. */
    assert_int_equal(system("rm -r " HERE "/tmp " HERE "/index"), 0);
    memset(&t, 0, sizeof t);
    v = reader(0, &t);
    assert_true(vault_survey(v, &e));
    assert_int_equal(t.count[FOUND_RUN], 1);
    vault_close(v);
    vault_close(writer(NULL));
    assert_true(there(HERE "/tmp") && there(HERE "/index"));
    /* As long as it was, and not the same. */
    assert_int_equal(
        system("cd " HERE "/segments/2021-03 && printf F | dd of=$(ls 00000004-*) conv=notrunc status=none"), 0);
    v = reader(0, NULL);
    assert_true(vault_segment_check(v, manifest_segment(vault_manifest(v), 4), &same, &e));
    assert_false(same);
    vault_close(v);
}

/* ---- damage ---- */

/* "snapshot N is the last" of an error. */
static uint64_t still_readable(const char *text) {
    const char *const at = strstr(text, "snapshot ");

    return at && strstr(at, "is the last") ? strtoull(at + strlen("snapshot "), NULL, 10) : 0;
}

/* What snapshots come to, undamaged. */
static void snapshots_take(uint8_t digests[FILLED_LAST + 1][SHA256_SIZE]) {
    for (uint64_t n = 1; n <= FILLED_LAST; n++) {
        struct vault *const v = reader(n, NULL);

        digest(v, digests[n]);
        vault_close(v);
    }
}

/* Opens what was damaged: it is refused, or comes to what it was at some snapshot `least` or later. Where a text says that a snapshot can
 * still be read, it can. Returns that snapshot; 0: refused. */
static uint64_t damaged_open(const char *what, uint64_t least, uint8_t digests[FILLED_LAST + 1][SHA256_SIZE],
                             struct told *t) {
    struct vault *v;
    struct err e = {0};
    uint8_t now[SHA256_SIZE];
    uint64_t n;

    memset(t, 0, sizeof *t);
    if (vault_open(&v, HERE, 0, hear, t, &e)) {
        n = manifest_sequence(vault_manifest(v));
        if (n < least || n > FILLED_LAST)
            fail_msg("%s: opened at snapshot %llu", what, (unsigned long long)n);
        digest(v, now);
        if (memcmp(now, digests[n], sizeof now) != 0)
            fail_msg("%s: opened as something else", what);
        vault_close(v);
        return n;
    }
    if (e.code != ERR_CORRUPT && e.code != ERR_TRUNCATED && e.code != ERR_UNSUPPORTED && e.code != ERR_USAGE)
        fail_msg("%s: %s", what, e.text);
    n = still_readable(e.text);
    if (n) {
        v = reader(n, NULL);
        digest(v, now);
        assert_memory_equal(now, digests[n], sizeof now);
        vault_close(v);
    }
    return 0;
}

static void every_byte_turned(void **state) {
    static const char *const names[] = {"MANIFEST-000001", "MANIFEST-000002", "CURRENT",   "HEAD",
                                        "FORMAT",          "secret",          "README.txt"};
    static uint8_t digests[FILLED_LAST + 1][SHA256_SIZE];
    struct buf bytes = {0};
    unsigned restated = 0, refused = 0;
    (void)state;

    filled();
    snapshots_take(digests);
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[64], what[128];

        snprintf(path, sizeof path, HERE "/%s", names[i]);
        slurp(path, &bytes);
        for (size_t at = 0; at < bytes.len; at++)
            for (unsigned turn = 0; turn < 3; turn++) {
                struct told t;
                char const was = bytes.ptr[at];

                snprintf(what, sizeof what, "%s byte %zu", names[i], at);
                bytes.ptr[at] = (char)(turn == 0 ? was ^ 1 : turn == 1 ? was ^ 0x80 : ~was);
                spill(path, buf_str(&bytes));
                uint64_t const n = damaged_open(what, FILLED_LAST, digests, &t);

                if (i == 0 || i == 5) { /* not looked at by whoever opens: by whoever asks */
                    struct vault *const v = reader(0, NULL);
                    struct err e = {0};
                    uint8_t secret[VAULT_SECRET];

                    if (i == 0 ? vault_history_check(v, &e) : vault_secret(v, secret, &e))
                        fail_msg("%s: nobody noticed", what);
                    assert_true(e.code == ERR_CORRUPT || e.code == ERR_TRUNCATED || e.code == ERR_UNSUPPORTED);
                    vault_close(v);
                }
                refused += n == 0;
                restated += t.count[FOUND_STATE];
                if (i == 1 && n && !t.count[FOUND_STATE]) /* a byte of the manifest in force that says nothing? */
                    fail_msg("%s: nobody noticed", what);
                if (i == 2 && n)
                    fail_msg("%s: nobody noticed", what);
                if (i == 3)
                    assert_true(n == FILLED_LAST && t.count[FOUND_HEAD] == 1);
                bytes.ptr[at] = was;
            }
        spill(path, buf_str(&bytes));
    }
    assert_true(refused > 1000 && restated > 500);
    buf_free(&bytes);
}

/* With HEAD there, what was committed cannot be cut off unnoticed; without it, what is left is what there was at some time, and a writer
 * goes on from there. */
static void cut_at_every_byte(void **state) {
    static uint8_t digests[FILLED_LAST + 1][SHA256_SIZE];
    struct buf bytes = {0}, head = {0};
    struct told t;
    uint64_t before = 0;
    (void)state;

    filled();
    snapshots_take(digests);
    slurp(HERE "/MANIFEST-000002", &bytes);
    slurp(HERE "/HEAD", &head);
    for (size_t cut = 0; cut < bytes.len; cut++) {
        char what[64];

        snprintf(what, sizeof what, "cut at %zu", cut);
        spill(HERE "/MANIFEST-000002", str_first(buf_str(&bytes), cut));
        spill(HERE "/HEAD", buf_str(&head));
        if (damaged_open(what, FILLED_LAST + 1, digests, &t))
            fail_msg("%s: nobody noticed", what);
        unlink(HERE "/HEAD");
        uint64_t const n = damaged_open(what, 4, digests, &t);

        assert_true(n >= before); /* the more there is, the more is read */
        if (n && (n > before || cut % 41 == 0)) {
            struct vault *v;
            struct err e = {0};

            assert_int_equal(system("rm -rf kept && mv " HERE " kept && cp -a kept " HERE), 0);
            v = writer(&t);
            assert_int_equal(add(v, "after the damage", AT(2021, 3, 1), 1), n < 7 ? 5 : 6);
            commit(v, AT(2024, 3, 1));
            /* Where even the record is gone that vouches for the state, a third one was written, and the second stays damaged. */
            assert_int_equal(vault_history_check(v, &e), n > 4);
            assert_int_equal(vault_generation(v), n > 4 ? 2 : 3);
            vault_close(v);
            memset(&t, 0, sizeof t);
            v = reader(0, &t);
            assert_int_equal(told_all(&t), 0);
            assert_int_equal(manifest_live_rows(vault_manifest(v)), n < 7 ? 61 : 66);
            vault_close(v);
            assert_int_equal(system("rm -rf " HERE " && mv kept " HERE), 0);
        }
        before = n;
    }
    assert_int_equal(before, FILLED_LAST - 1);
    buf_free(&bytes);
    buf_free(&head);
}

/* Where the records of a manifest begin, and after the last of them. */
static size_t records_find(str file, size_t *at, size_t max) {
    struct generation_head h;
    struct sha256 *const hash = sha256_new();
    struct manifest_record r;
    struct err e = {0};
    size_t count = 0;

    assert_true(generation_head_read(file, &h, &e));
    at[0] = generation_records(&h);
    while (count + 1 < max && manifest_record_read(file, at[count], hash, &r)) {
        at[count + 1] = at[count] + r.bytes.len;
        count++;
    }
    sha256_free(hash);
    return count;
}

static void sum_again(struct buf *b, size_t from, size_t to) {
    uint64_t const sum = hash_sum(str_first(str_from(buf_str(b), from), to - from - 8));

    memcpy(b->ptr + to - 8, &sum, sizeof sum);
}

static void refused(const char *what, const char *text, uint64_t readable) {
    struct vault *v;
    struct err e = {0};

    if (vault_open(&v, HERE, 0, NULL, NULL, &e))
        fail_msg("%s: nobody noticed", what);
    assert_int_equal(e.code, ERR_CORRUPT);
    if (!strstr(e.text, text) || still_readable(e.text) != readable)
        fail_msg("%s: %s", what, e.text);
    if (vault_open_writer(&v, HERE, NULL, 0, NULL, NULL, &e)) /* nor does anybody write behind it */
        fail_msg("%s: a writer opened it", what);
    if (readable)
        vault_close(reader(readable, NULL));
}

/* Somebody who can compute sums. */
static void chains_broken(void **state) {
    struct buf was = {0}, now = {0};
    size_t at[8];
    (void)state;

    filled();
    slurp(HERE "/MANIFEST-000002", &was);
    assert_int_equal(records_find(buf_str(&was), at, COUNT(at)), 4); /* 5 to 8 */

    buf_add(&now, str_first(buf_str(&was), at[1])); /* without record 6 */
    buf_add(&now, str_from(buf_str(&was), at[2]));
    spill(HERE "/MANIFEST-000002", buf_str(&now));
    refused("one taken out", "bears another number", 5);

    now.len = 0; /* 7 before 6 */
    buf_add(&now, str_first(buf_str(&was), at[1]));
    buf_add(&now, str_first(str_from(buf_str(&was), at[2]), at[3] - at[2]));
    buf_add(&now, str_first(str_from(buf_str(&was), at[1]), at[2] - at[1]));
    buf_add(&now, str_from(buf_str(&was), at[3]));
    spill(HERE "/MANIFEST-000002", buf_str(&now));
    refused("two in another order", "bears another number", 5);

    now.len = 0; /* another time in 6 */
    buf_add(&now, buf_str(&was));
    now.ptr[at[1] + 16] ^= 1;
    sum_again(&now, at[1], at[2]);
    spill(HERE "/MANIFEST-000002", buf_str(&now));
    refused("one changed", "the chain is broken", 6);

    now.len = 0; /* and in the last one, that no record follows */
    buf_add(&now, buf_str(&was));
    now.ptr[at[3] + 16] ^= 1;
    sum_again(&now, at[3], at[4]);
    spill(HERE "/MANIFEST-000002", buf_str(&now));
    refused("the last one changed", "is not the one that HEAD says", 0);

    now.len = 0; /* a record damaged, and good ones behind it */
    buf_add(&now, buf_str(&was));
    now.ptr[at[2] + 70] ^= 1;
    spill(HERE "/MANIFEST-000002", buf_str(&now));
    refused("one damaged in between", "stands record 8", 6);

    now.len = 0; /* the last one damaged: a crash could leave that, were it not committed */
    buf_add(&now, buf_str(&was));
    now.ptr[at[3] + 70] ^= 1;
    spill(HERE "/MANIFEST-000002", buf_str(&now));
    refused("the last one damaged", "record 8 was committed", 7);

    now.len = 0; /* more behind than a record is long */
    buf_add(&now, buf_str(&was));
    assert_non_null(buf_reserve(&now, RECORD_MAX + 8));
    memset(now.ptr + now.len, 0, RECORD_MAX + 8);
    now.len += RECORD_MAX + 8;
    spill(HERE "/MANIFEST-000002", buf_str(&now));
    refused("much behind", "longer than a record can be", 8);

    struct told t = {0}; /* zeros: what a file system leaves of a record that was never finished */

    spill(HERE "/MANIFEST-000002", str_first(buf_str(&now), was.len + 100));
    vault_close(reader(0, &t));
    assert_int_equal(t.count[FOUND_TORN], 1);
    assert_int_equal(t.number[FOUND_TORN], 100);
    vault_close(writer(&t));
    slurp(HERE "/MANIFEST-000002", &now);
    assert_true(str_eq(buf_str(&now), buf_str(&was)));
    buf_free(&was);
    buf_free(&now);
}

/* Operations that no writer would have written, under a right sum and chain. */
static const uint64_t three[] = {3};

static void operations_that_do_not_fit(void **state) {
    static const struct {
        const char *name, *text;
        struct manifest_operation o;
    } wrong[] = {
        {"a segment out of order",
         "out of order",
         {.what = DO_ADD,
          .add = {.segment = {.number = 17, .first = INSTANT_NONE, .last = INSTANT_NONE, .month = MANIFEST_UNDATED}}}},
        {"an end of what is held",
         "held by CASE-1",
         {.what = DO_END, .end = {.why = END_WITHDRAWN, .olds = {three, 1}}}},
        {"counters", "counters in a record", {.what = DO_COUNTERS, .counters = {99, 99, 0, 0}}},
        {"a second beginning", "begins once", {.what = DO_BEGIN}},
    };
    struct buf was = {0}, now = {0}, operations = {0};
    (void)state;

    filled();
    slurp(HERE "/MANIFEST-000002", &was);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct vault *const v = reader(0, NULL);
        struct manifest_record r = {.sequence = FILLED_LAST + 1, .at = AT(2024, 1, 9), .count = 1};
        struct err e = {0};

        vault_head(v, r.previous);
        now.len = operations.len = 0;
        assert_true(manifest_encode(&wrong[i].o, &operations, &e));
        r.operations = buf_str(&operations);
        buf_add(&now, buf_str(&was));
        assert_true(manifest_record_write(&now, &r, manifest_id(vault_manifest(v)), NULL, &e));
        vault_close(v);
        spill(HERE "/MANIFEST-000002", buf_str(&now));
        refused(wrong[i].name, wrong[i].text, 0);
        spill(HERE "/MANIFEST-000002", buf_str(&was));
    }
    buf_free(&was);
    buf_free(&now);
    buf_free(&operations);
}

static void current_out_of_date(void **state) {
    struct buf current = {0};
    struct vault *v;
    struct told t = {0};
    struct err e = {0};
    (void)state;

    filled();
    slurp(HERE "/CURRENT", &current);
    v = writer(NULL);
    assert_true(vault_roll(v, AT(2024, 2, 1), &e));
    vault_close(v);
    /* Written anew, and the power failed before it came into force: nothing was committed to it. HEAD knows better. */
    spill(HERE "/CURRENT", buf_str(&current));
    refused("HEAD says more", "record 9 was committed", 8);
    unlink(HERE "/HEAD");
    v = writer(&t);
    assert_int_equal(t.count[FOUND_GENERATION], 1);
    assert_int_equal(manifest_sequence(vault_manifest(v)), 8);
    assert_true(vault_roll(v, AT(2024, 2, 1), &e));
    add(v, "six", AT(2021, 3, 1), 1);
    commit(v, AT(2024, 2, 2));
    vault_close(v);
    spill(HERE "/CURRENT", buf_str(&current));
    unlink(HERE "/HEAD");
    refused("commits to a later one", "is out of date", 0);
    /* Gone altogether: no present, but a past. */
    unlink(HERE "/CURRENT");
    refused("CURRENT is gone", "the newest manifest there is MANIFEST-000003", 0);
    v = reader(10, NULL);
    assert_int_equal(manifest_live_count(vault_manifest(v)), 4);
    vault_close(v);
    buf_free(&current);
}

/* The restated state of a generation is derived, like an index: without it, it is worked out. Without the generation before as well, not. */
static void a_state_is_worked_out(void **state) {
    static uint8_t digests[FILLED_LAST + 1][SHA256_SIZE];
    struct buf was = {0};
    struct vault *v;
    struct told t = {0};
    struct err e = {0};
    uint8_t now[SHA256_SIZE];
    (void)state;

    filled();
    snapshots_take(digests);
    slurp(HERE "/MANIFEST-000002", &was);
    was.ptr[GENERATION_HEAD_SIZE + 40] ^= 1;
    spill(HERE "/MANIFEST-000002", buf_str(&was));
    v = reader(0, &t);
    assert_int_equal(t.count[FOUND_STATE], 1);
    digest(v, now);
    assert_memory_equal(now, digests[FILLED_LAST], sizeof now);
    assert_false(vault_history_check(v, &e));
    assert_non_null(strstr(e.text, "the state it begins with is damaged"));
    vault_close(v);
    assert_int_equal(rename(HERE "/MANIFEST-000001", HERE "/away"), 0);
    assert_false(vault_open(&v, HERE, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_int_equal(rename(HERE "/away", HERE "/MANIFEST-000001"), 0);
    /* A writer writes a new one at once. */
    v = writer(NULL);
    assert_int_equal(vault_generation(v), 3);
    vault_close(v);
    memset(&t, 0, sizeof t);
    v = reader(0, &t);
    assert_int_equal(told_all(&t), 0);
    assert_int_equal(manifest_sequence(vault_manifest(v)), FILLED_LAST + 1);
    assert_int_equal(manifest_live_rows(vault_manifest(v)), 65);
    vault_close(v);
    buf_free(&was);
}

/* ---- who vouches ---- */

struct vouched {
    struct signature_public key;
    const struct buf *file;
    uint64_t records, signed_, wrong, last;
};

/* The tool that others have. */
static void minisign_look(const struct vault_record *r, const struct buf *public) {
    static bool told;

    if (system("command -v minisign >minisign.where 2>&1") != 0) {
        if (!told)
            print_message("SKIP: no minisign here\n");
        told = true;
        return;
    }
    spill("statement", r->statement);
    spill("statement.minisig", r->signature);
    spill("key.pub", buf_str(public));
    assert_int_equal(system("minisign -q -V -m statement -p key.pub"), 0);
    spill("statement", S("another"));
    assert_int_not_equal(system("minisign -q -V -m statement -p key.pub >minisign.said 2>&1"), 0);
}

static bool vouch_look(void *ctx, const struct vault_record *r, struct err *e) {
    struct vouched *const x = ctx;
    struct err why;
    struct buf other = {0};
    (void)e;

    x->records++;
    assert_int_equal(r->sequence, x->last + 1);
    x->last = r->sequence;
    if (!r->signature.len)
        return true;
    if (x->signed_++ == 0)
        minisign_look(r, x->file);
    x->wrong += !signature_check(&x->key, r->signature, r->statement, &why);
    buf_add(&other, r->statement);
    other.ptr[other.len / 2] ^= 1;
    assert_false(signature_check(&x->key, r->signature, buf_str(&other), &why));
    buf_free(&other);
    return true;
}

static void signed_records(void **state) {
    struct signature_key *key = NULL, *stranger = NULL;
    struct vouched x = {0};
    struct buf file = {0}, bytes = {0};
    struct vault *v;
    struct err e = {0};
    size_t at[8];
    (void)state;

    assert_true(signature_key_new(&key, &e) && signature_key_new(&stranger, &e));
    signature_public_write(key, &file);
    x.file = &file;
    assert_true(signature_public_read(&x.key, buf_str(&file), &e));
    filled();
    assert_true(vault_open_writer(&v, HERE, key, AT(2024, 2, 1), NULL, NULL, &e));
    add(v, "six", AT(2021, 3, 1), 1);
    commit(v, AT(2024, 2, 1));
    assert_true(vault_roll(v, AT(2024, 2, 2), &e));
    DO(v, say_name(DO_NOTE, ""));
    commit(v, AT(2024, 2, 3));
    vault_close(v);
    assert_true(vault_open_writer(&v, HERE, stranger, AT(2024, 2, 1), NULL, NULL, &e));
    DO(v, say_name(DO_NOTE, ""));
    commit(v, AT(2024, 2, 3));
    assert_true(vault_history(v, vouch_look, &x, &e));
    assert_int_equal(x.records, FILLED_LAST + 4);
    assert_int_equal(x.signed_, 4);
    assert_int_equal(x.wrong, 1); /* the stranger's */
    assert_true(vault_history_check(v, &e));
    vault_close(v);

    /* Moved to another record, it vouches for nothing: the statement is another. */
    slurp(HERE "/MANIFEST-000003", &bytes);
    assert_int_equal(records_find(buf_str(&bytes), at, COUNT(at)), 3);
    struct sha256 *const h = sha256_new();
    struct manifest_record a, b;
    struct buf one_said = {0}, other_said = {0};

    assert_true(manifest_record_read(buf_str(&bytes), at[0], h, &a) &&
                manifest_record_read(buf_str(&bytes), at[1], h, &b));
    manifest_record_statement(&one_said, (const uint8_t[ARCHIVE_ID_SIZE]){0}, &a);
    manifest_record_statement(&other_said, (const uint8_t[ARCHIVE_ID_SIZE]){0}, &b);
    assert_false(signature_check(&x.key, a.signature, buf_str(&one_said), &e)); /* of another archive */
    assert_false(signature_check(&x.key, a.signature, buf_str(&other_said), &e));
    sha256_free(h);
    signature_key_free(key);
    signature_key_free(stranger);
    buf_free(&file);
    buf_free(&bytes);
    buf_free(&one_said);
    buf_free(&other_said);
}

/* ---- memory ---- */

/* At every request in turn: it is said, and the archive is what it was, or what it was to become. */
static void memory_runs_out(void **state) {
    static uint8_t digests[FILLED_LAST + 1][SHA256_SIZE];
    struct vault *v;
    struct err e = {0};
    uint64_t committed = 0;
    (void)state;
    REFUSE_OR_SKIP();

    filled();
    snapshots_take(digests);
    for (uint64_t as_of = 0; as_of <= FILLED_LAST; as_of += 4)
        for (long left = 0;; left++) {
            memory_left = left;
            bool const ok = vault_open(&v, HERE, as_of, NULL, NULL, &e);

            memory_left = -1;
            if (ok) {
                uint8_t now[SHA256_SIZE];

                digest(v, now);
                assert_memory_equal(now, digests[as_of ? as_of : FILLED_LAST], sizeof now);
                vault_close(v);
                if (left > 40)
                    break; /* further than it asks */
                continue;
            }
            if (e.code != ERR_MEMORY)
                fail_msg("%s", e.text);
        }
    for (long left = 0; left < 200 && committed < 3; left++) {
        char text[32];
        uint64_t number, before;
        bool known, ok;

        v = reader(0, NULL);
        before = manifest_live_count(vault_manifest(v));
        vault_close(v);
        snprintf(text, sizeof text, "text %ld", left);
        memory_left = left;
        ok = vault_open_writer(&v, HERE, NULL, AT(2024, 2, 1), NULL, NULL, &e);
        if (ok) {
            memory_refused = false;
            ok = add_try(v, text, AT(2021, 3, 1), 1, &number, &known, &e) && vault_commit(v, AT(2024, 2, 1), &e) &&
                 vault_roll(v, AT(2024, 2, 1), &e);
            memory_left = -1;
            vault_close(v);
        }
        memory_left = -1;
        if (!ok && e.code != ERR_MEMORY)
            fail_msg("%s", e.text);
        committed += ok;
        v = reader(0, NULL);
        assert_true(manifest_live_count(vault_manifest(v)) - before <= 1);
        assert_true(!ok || manifest_live_count(vault_manifest(v)) - before == 1);
        assert_true(vault_history_check(v, &e));
        vault_close(v);
    }
    assert_int_equal(committed, 3);
}

/* In memory, where there is such a place: what reaches a disk is not what is asked here, and thousands of fsync take minutes. */
static int enter(void **state) {
    char *const dir = strdup("/dev/shm/longwatch-test-XXXXXX");

    if (dir && mkdtemp(dir) && chdir(dir) == 0) {
        *state = dir;
        return 0;
    }
    free(dir);
    return folder_enter(state);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, enter, folder_leave)

int main(void) {
    struct CMUnitTest const tests[] = {
        FOLDER_TEST(a_life),
        FOLDER_TEST(a_wrong_length_is_refused),
        FOLDER_TEST(making),
        FOLDER_TEST(making_again),
        FOLDER_TEST(making_over_a_note),
        FOLDER_TEST(one_writer),
        FOLDER_TEST(readers_meanwhile),
        FOLDER_TEST(snapshots),
        FOLDER_TEST(clocks_go_back),
        FOLDER_TEST(removing),
        FOLDER_TEST(clearing_away),
        FOLDER_TEST(what_is_missing),
        FOLDER_TEST(every_byte_turned),
        FOLDER_TEST(cut_at_every_byte),
        FOLDER_TEST(chains_broken),
        FOLDER_TEST(operations_that_do_not_fit),
        FOLDER_TEST(current_out_of_date),
        FOLDER_TEST(a_state_is_worked_out),
        FOLDER_TEST(signed_records),
        FOLDER_TEST(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
