/* test_archive_forget: what forbids that a key is forgotten, of live segments and of those that ended and whose files are there; that nothing has changed then; and what has, where nothing
 * forbids it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "archive/segment.h"
#include "base/file.h"
#include "base/instant.h"
#include "hunt/archive_care.h"

#include "../folder.h"

#define HERE "archive"
#define NOW INT64_C(1790000000000000000)

struct office {
    struct custodian_key *ana;
    struct fields *fields;
    struct kinds *kinds;
    void *folder;
};

static int begin(void **state) {
    struct office *const o = calloc(1, sizeof *o);
    struct err e;

    *state = o;
    return o && folder_enter(&o->folder) == 0 && custodian_key_new(&o->ana, S("ana"), &e) &&
                   (o->fields = fields_new()) && kinds_new(&o->kinds, o->fields, &e) && kinds_seal(o->kinds, &e)
               ? 0
               : -1;
}

static int end(void **state) {
    struct office *const o = *state;
    int const left = folder_leave(&o->folder);

    custodian_key_free(o->ana);
    kinds_free(o->kinds);
    fields_free(o->fields);
    free(o);
    return left;
}

static struct vault_unlock unlocking(const struct office *o) {
    return (struct vault_unlock){.keys = (const struct custodian_key *const *)&o->ana, .count = 1};
}

static struct vault *writer(const struct office *o) {
    struct vault_unlock const with = unlocking(o);
    struct vault *v;
    struct err e = {0};

    if (!vault_open_writer(&v, HERE, NULL, NOW, NULL, NULL, &e) || !vault_unlock(v, &with, &e))
        fail_msg("%s", e.text);
    return v;
}

static void done(struct vault *v, bool ok, const struct err *e) {
    if (!ok)
        fail_msg("%s", e->text);
    vault_close(v);
}

/* Stages a segment of one record under the newest key. */
static uint64_t put(const struct office *o, struct vault *v, str family) {
    struct manifest_segment const about = {
        .rows = 1, .first = INSTANT_NONE, .last = INSTANT_NONE, .month = MANIFEST_UNDATED};
    struct segment_source const source = {.path = S("a"), .reader = S("json")};
    struct segment_writer *s;
    struct segment_info info;
    struct writing_key w;
    struct vault_part *p;
    uint32_t index;
    uint64_t number = 0;
    int fd = -1;
    struct err e = {0};

    assert_true(vault_writing_key(v, &w) && vault_part_new(v, &p, &fd, &e));
    struct segment_options const options = {.fields = o->fields, .to_file = true, .fd = fd, .writing = &w};

    if (!segment_writer_new(&s, &options, &e) || !segment_writer_source(s, &source, &index, &e) ||
        !segment_writer_record(s, index, &(struct record){.time_text = S("")}, INSTANT_NONE, S(""), &e) ||
        !segment_writer_finish(s, NULL, &info, &e) || !vault_add(v, p, &about, family, &number, NULL, &e))
        fail_msg("%s", e.text);
    segment_writer_free(s);
    writing_key_wipe(&w);
    return number;
}

static void end_as(struct vault *v, uint64_t old, uint64_t new) {
    struct manifest_operation const o = {.what = DO_END,
                                         .end = {.why = END_COMPACTED, .olds = {&old, 1}, .news = {&new, 1}}};
    struct err e = {0};

    if (!vault_do(v, &o, &e))
        fail_msg("%s", e.text);
}

/* Segments 1 (logs) and 2 (mail) under key 1; 2 became 3, under key 2; 4 is of logs, and under key 2. Key 3 is the newest. */
static void archive_make(const struct office *o) {
    struct key_set *keys;
    struct err e = {0};
    bool ok = vault_create_for(HERE, S(""), S(""), NOW, custodian_of(o->ana), 1, &keys, &e);
    struct vault *v = writer(o);

    key_set_free(keys);
    put(o, v, S("logs"));
    put(o, v, S("mail"));
    ok = ok && vault_commit(v, NOW, &e) && keyring_renew(vault_keyring(v), &e) && vault_keyring_write(v, &e);
    end_as(v, 2, put(o, v, S("mail")));
    put(o, v, S("logs"));
    done(v, ok && vault_commit(v, NOW, &e) && keyring_renew(vault_keyring(v), &e) && vault_keyring_write(v, &e), &e);
}

static void name_of(const struct office *o, uint64_t number, char out[VAULT_NAME_MAX + 16]) {
    char name[VAULT_NAME_MAX];
    struct vault *const v = writer(o);

    vault_segment_name(manifest_segment(vault_manifest(v), number), name);
    snprintf(out, VAULT_NAME_MAX + 16, HERE "/%s", name);
    vault_close(v);
}

static bool forget(const struct office *o, uint32_t number, bool dry, struct forget_result *r, struct err *e) {
    struct archive_care const care = {.archive = HERE,
                                      .fields = o->fields,
                                      .kinds = o->kinds,
                                      .latest = INSTANT_NONE,
                                      .zone = S(""),
                                      .unlock = unlocking(o),
                                      .who = S("Berg"),
                                      .why = S("schedule"),
                                      .now = NOW,
                                      .dry = dry};

    *e = (struct err){0};
    return archive_forget(&care, number, r, e);
}

static void turn(const char *path) {
    int const fd = open(path, O_RDWR);
    char c = 0;

    assert_true(fd >= 0 && pread(fd, &c, 1, 50) == 1);
    c ^= 1;
    assert_true(pwrite(fd, &c, 1, 50) == 1);
    close(fd);
}

static void what_forbids_it(void **state) {
    const struct office *const o = *state;
    enum { NOTHING, HOLD, KEPT, DAMAGED, GONE };
    static const struct {
        const char *name;
        uint32_t key;
        int what;
        str family;       /* of the hold */
        uint64_t segment; /* that is kept by its number (0: any), or damaged, or not there; of KEPT the snapshot */
        enum err_code code;
        const char *says;
        uint64_t ends, files; /* live segments that leave; files that are gone then */
    } cases[] = {
        {"nothing", 1, NOTHING, STR(""), 0, ERR_NONE, "", 1, 2},
        {"nothing, of another key", 2, NOTHING, STR(""), 0, ERR_NONE, "", 2, 2},
        {"a hold on everything", 1, HOLD, STR(""), 0, ERR_REFUSED, "CASE-17 (345/24)", 0, 0},
        {"on one of them", 1, HOLD, STR(""), 1, ERR_REFUSED, "CASE-17 (345/24)", 0, 0},
        {"on the family of one that ended", 1, HOLD, STR("mail"), 0, ERR_REFUSED, "segment 2", 0, 0},
        {"on another family", 1, HOLD, STR("phones"), 0, ERR_NONE, "", 1, 2},
        {"on a segment under another key", 1, HOLD, STR(""), 4, ERR_NONE, "", 1, 2},
        {"on one that came of another", 2, HOLD, STR("mail"), 0, ERR_REFUSED, "segment 3", 0, 0},
        {"a kept snapshot with both", 1, KEPT, STR(""), 2, ERR_REFUSED, "kept snapshot YEAR", 0, 0},
        {"a kept snapshot before them", 1, KEPT, STR(""), 1, ERR_NONE, "", 1, 2},
        {"a kept snapshot before a later key", 2, KEPT, STR(""), 2, ERR_NONE, "", 2, 2},
        {"a live segment is damaged", 1, DAMAGED, STR(""), 4, ERR_CORRUPT, "nobody can say", 0, 0},
        {"one is not there", 1, GONE, STR(""), 1, ERR_CORRUPT, "nobody can say", 0, 0},
        {"one that ended is damaged", 1, DAMAGED, STR(""), 2, ERR_NONE, "", 1, 1},
        {"the newest key", 3, NOTHING, STR(""), 0, ERR_USAGE, "newest", 0, 0},
        {"none", 4, NOTHING, STR(""), 0, ERR_USAGE, "no key 4", 0, 0},
        {"none at all", 0, NOTHING, STR(""), 0, ERR_USAGE, "no key 0", 0, 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[VAULT_NAME_MAX + 16];
        struct buf before = {0}, after = {0};
        struct forget_result r;
        struct err e = {0};
        struct manifest_operation hold = {.what = DO_HOLD,
                                          .hold = {.name = S("CASE-17"),
                                                   .basis = S("345/24"),
                                                   .family = cases[i].family,
                                                   .from = INSTANT_NONE,
                                                   .to = INSTANT_NONE,
                                                   .segments = {&cases[i].segment, cases[i].segment > 0}}};
        struct manifest_operation const label = {
            .what = DO_LABEL, .label = {.name = S("YEAR"), .sequence = cases[i].segment, .kept = true}};

        if (system("rm -rf " HERE) != 0)
            fail();
        archive_make(o);
        if (cases[i].what == HOLD || cases[i].what == KEPT) {
            struct vault *const v = writer(o);

            done(v, vault_do(v, cases[i].what == HOLD ? &hold : &label, &e) && vault_commit(v, NOW, &e), &e);
        }
        if (cases[i].what == DAMAGED || cases[i].what == GONE) {
            name_of(o, cases[i].segment, path);
            if (cases[i].what == DAMAGED)
                turn(path);
            else
                assert_int_equal(unlink(path), 0);
        }
        assert_true(file_read(HERE "/MANIFEST-000001", 1 << 20, &before, &e));
        for (unsigned dry = 2; dry-- > 0;) { /* what it would say first */
            bool const ok = forget(o, cases[i].key, dry, &r, &e);

            if (ok != (cases[i].code == ERR_NONE) || e.code != cases[i].code || !strstr(e.text, cases[i].says))
                fail_msg("%s%s: %d %s", cases[i].name, dry ? ", dry" : "", e.code, e.text);
            if (ok && (r.segments != cases[i].ends || r.rows != cases[i].ends || r.removed.files != cases[i].files))
                fail_msg("%s%s: %lu segments, %lu files", cases[i].name, dry ? ", dry" : "", (unsigned long)r.segments,
                         (unsigned long)r.removed.files);
            if (ok && !dry)
                break;
            assert_true(file_read(HERE "/MANIFEST-000001", 1 << 20, &after, &e));
            if (!str_eq(buf_str(&before), buf_str(&after)))
                fail_msg("%s%s: something was done", cases[i].name, dry ? ", dry" : "");
            after.len = 0;
        }
        struct vault *const v = writer(o);
        struct key_generation const first = keyring_generation(vault_keyring(v), cases[i].key == 2 ? 1 : 0);

        if (first.forgotten != (cases[i].code == ERR_NONE))
            fail_msg("%s: %s", cases[i].name, first.forgotten ? "forgotten" : "not forgotten");
        assert_int_equal(manifest_live_count(vault_manifest(v)), 3 - cases[i].ends);
        vault_close(v);
        buf_free(&before);
        buf_free(&after);
    }
}

/* Whatever it was stopped after, begun again it does the rest. */
static void begun_again(void **state) {
    const struct office *const o = *state;
    uint64_t const one = 1, both[] = {1, 2};
    struct manifest_operation const withdraw = {.what = DO_END, .end = {.why = END_WITHDRAWN, .olds = {&one, 1}}};
    struct forget_result r;
    struct err e = {0};

    for (unsigned after = 0; after < 2; after++) {
        if (system("rm -rf " HERE) != 0)
            fail();
        archive_make(o);
        struct vault *v = writer(o);
        bool ok = vault_do(v, &withdraw, &e) && vault_commit(v, NOW, &e);

        if (after)
            ok = ok && vault_remove(v, (struct manifest_numbers){both, 2}, (struct manifest_numbers){NULL, 0}, NOW, &e);
        done(v, ok, &e);
        if (!forget(o, 1, false, &r, &e))
            fail_msg("%s", e.text);
        assert_int_equal(r.segments, 0);
        assert_int_equal(r.removed.files, after ? 0 : 2);
        v = writer(o);
        assert_true(keyring_generation(vault_keyring(v), 0).forgotten);
        vault_close(v);
        assert_false(forget(o, 1, false, &r, &e));
        assert_int_equal(e.code, ERR_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_forbids_it, begin, end),
        cmocka_unit_test_setup_teardown(begun_again, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
