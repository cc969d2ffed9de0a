/* test_keys_stop: who can open an archive is changed, and whoever changes it is killed, or refused, at each call that reaches the disk. After every one of them
 * the history knows of the change if and only if it is in force, the custodians who stay can open the archive, and a writer can go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../folder.h"
#include "archive/vault.h"
#include "person.h"

#define HERE "archive"
#define AT (INT64_C(1704067200) * 1000000000)
#define STOPS_MIN 6u /* calls in front of the one that decides */

/* ---- the calls, in front of the C library's ---- */

static long calls_left = -1; /* until one is refused, or the process ends; -1: never */
static bool refuses;

static bool stops(void) {
    if (calls_left < 0 || calls_left-- > 0)
        return false;
    if (!refuses)
        raise(SIGKILL);
    errno = EIO;
    return true;
}

ssize_t write(int fd, const void *bytes, size_t size) {
    return stops() ? -1 : syscall(SYS_write, fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    return stops() ? -1 : syscall(SYS_pwrite64, fd, bytes, size, at);
}

int fsync(int fd) {
    return stops() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    return stops() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to) {
    return stops() ? -1 : (int)syscall(SYS_rename, from, to);
}

int renameat(int from_in, const char *from, int to_in, const char *to) {
    return stops() ? -1 : (int)syscall(SYS_renameat, from_in, from, to_in, to);
}

int unlinkat(int in, const char *name, int flags) {
    return stops() ? -1 : (int)syscall(SYS_unlinkat, in, name, flags);
}

static bool folders_refused; /* nobody can list one */

DIR *fdopendir(int fd) {
    static DIR *(*real)(int);

    if (folders_refused) {
        errno = EMFILE;
        return NULL;
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdopendir");
    return real(fd);
}

/* ---- an archive, and its change ---- */

enum change { ADD, REMOVE, RENEW, CHANGES };

struct office {
    struct custodian_key *ana, *bo, *chi;
    void *folder;
};

static int begin(void **state) {
    struct office *const o = calloc(1, sizeof *o);

    if (!o || folder_enter(&o->folder) != 0)
        return -1;
    o->ana = person("ana");
    o->bo = person("bo");
    o->chi = person("chi");
    *state = o;
    return 0;
}

static int end(void **state) {
    struct office *const o = *state;

    custodian_key_free(o->ana);
    custodian_key_free(o->bo);
    custodian_key_free(o->chi);
    int const left = folder_leave(&o->folder);

    free(o);
    return left;
}

static bool unlock(struct vault *v, const struct custodian_key *by, struct err *e) {
    return vault_unlock(v, &(struct vault_unlock){.keys = &by, .count = 1}, e);
}

static bool change_in(struct vault *v, const struct office *o, enum change c, struct err *e) {
    struct manifest_operation const note = {.what = DO_NOTE,
                                            .lift = {.name = S("custodians"), .who = S("ana"), .why = S("changed")}};
    struct keyring *const k = vault_keyring(v);

    return (c == ADD      ? keyring_add(k, custodian_of(o->chi), e)
            : c == REMOVE ? keyring_remove(k, S("bo"), e)
                          : keyring_renew(k, e)) &&
           vault_do(v, &note, e) && vault_keyring_commit(v, AT, e);
}

static bool change(const struct office *o, enum change c) {
    struct vault *v;
    struct err e = {0};
    bool ok = vault_open_writer(&v, HERE, NULL, AT, NULL, NULL, &e);

    if (ok) {
        ok = unlock(v, o->ana, &e) && change_in(v, o, c, &e);
        vault_close(v);
    }
    return ok;
}

static void fresh(const struct office *o) {
    struct custodian const two[] = {*custodian_of(o->ana), *custodian_of(o->bo)};
    struct key_set *keys;
    struct err e = {0};

    assert_int_equal(system("rm -rf " HERE), 0);
    if (!vault_create_for(HERE, S(""), S(""), AT, two, 2, &keys, &e))
        fail_msg("%s", e.text);
    key_set_free(keys);
}

/* ---- what is there ---- */

static bool notes_count(void *ctx, const struct vault_record *r, struct err *e) {
    unsigned *const notes = ctx;
    str left = r->operations;
    struct manifest_operation o;

    for (uint32_t i = 0; i < r->count; i++) {
        if (!manifest_decode(&left, &o, e))
            return false;
        *notes += o.what == DO_NOTE;
    }
    return true;
}

static bool in_force(const struct vault *v, enum change c) {
    struct keyring *k;
    struct err e = {0};
    size_t count;

    if (!vault_keyring_read(v, &k, &e))
        fail_msg("%s", e.text);
    (void)keyring_custodians(k, &count);
    bool const is = c == ADD ? count == 3 : c == REMOVE ? count == 1 : keyring_generations(k) == 2;

    keyring_free(k);
    return is;
}

/* Is it in force? The history says the same, and so does who can open it. */
static bool looked_at(const struct office *o, enum change c, bool writes) {
    const struct custodian_key *const all[] = {o->ana, o->bo, o->chi};
    bool is = false;

    for (size_t i = 0; i < COUNT(all); i++) {
        struct err e = {0};
        unsigned notes = 0;
        struct vault *v;

        if (!(writes ? vault_open_writer(&v, HERE, NULL, AT, NULL, NULL, &e)
                     : vault_open(&v, HERE, 0, NULL, NULL, &e)) ||
            !vault_history(v, notes_count, &notes, &e))
            fail_msg("%s", e.text);
        is = in_force(v, c);
        assert_int_equal(notes, is);
        bool const opens = all[i] == o->ana || (all[i] == o->bo ? c != REMOVE || !is : c == ADD && is);

        if (unlock(v, all[i], &e) != opens)
            fail_msg("%s: %s", custodian_of(all[i])->name, opens ? e.text : "opened it");
        vault_close(v);
    }
    return is;
}

static size_t files_of_keys(void) {
    DIR *const dir = opendir(HERE);
    size_t count = 0;

    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir));)
        count += str_starts(str_of(d->d_name), S("keys"));
    closedir(dir);
    return count;
}

/* ---- stopped anywhere ---- */

/* How it ended: 0 well, 1 refused, -1 killed. */
static int change_stopped(const struct office *o, enum change c, long at, bool refused) {
    int status;
    pid_t const child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        calls_left = at;
        refuses = refused;
        _exit(change(o, c) ? calls_left >= 0 ? 10 : 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void stopped(const struct office *o, enum change c, bool refused) {
    unsigned before = 0, behind = 0;

    for (long at = 0;; at++) {
        fresh(o);
        int const how = change_stopped(o, c, at, refused);
        bool const is = looked_at(o, c, false);

        /* Said to be done, it is; the next writer finds what a reader found, and leaves one file. */
        if ((how == 0 || how == 10) && !is)
            fail_msg("change %d, call %ld: it ended well, and nothing was changed", (int)c, at);
        if (looked_at(o, c, true) != is || looked_at(o, c, false) != is || files_of_keys() != 1)
            fail_msg("change %d, call %ld: a writer made something else of it", (int)c, at);
        if (how == 10) /* it did not take so many */
            break;
        *(is ? &behind : &before) += 1;
        if (!is && (!change(o, c) || !looked_at(o, c, false)))
            fail_msg("change %d, call %ld: it could not be done again", (int)c, at);
    }
    print_message("change %d: stopped before it at %u calls, behind it at %u\n", (int)c, before, behind);
    assert_true(before >= STOPS_MIN && behind >= 2);
}

static void killed_anywhere(void **state) {
    for (enum change c = ADD; c < CHANGES; c++)
        stopped(*state, c, false);
}

static void refused_anywhere(void **state) {
    for (enum change c = ADD; c < CHANGES; c++)
        stopped(*state, c, true);
}

/* A folder that cannot be listed is not an empty one. */
static void folder_not_listed(void **state) {
    const struct office *const o = *state;
    struct vault *v;
    struct err e = {0};

    fresh(o);
    assert_int_equal(rename(HERE "/keys", "old"), 0);
    assert_int_equal(system("cp old " HERE "/keys"), 0);
    assert_true(change(o, ADD));
    assert_int_equal(rename(HERE "/keys", HERE "/keys-2"), 0);
    assert_int_equal(rename("old", HERE "/keys"), 0);
    folders_refused = true;
    assert_true(looked_at(o, ADD, false));
    assert_int_equal(unlink(HERE "/CURRENT"), 0);
    for (uint64_t as_of = 0; as_of < 2; as_of++)
        if (vault_open(&v, HERE, as_of, NULL, NULL, &e) || e.code != ERR_IO)
            fail_msg("as of %u: %s", (unsigned)as_of, e.text);
    folders_refused = false;
    assert_false(vault_open(&v, HERE, 0, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_true(vault_open(&v, HERE, 1, NULL, NULL, &e));
    vault_close(v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_anywhere, begin, end),
        cmocka_unit_test_setup_teardown(refused_anywhere, begin, end),
        cmocka_unit_test_setup_teardown(folder_not_listed, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
