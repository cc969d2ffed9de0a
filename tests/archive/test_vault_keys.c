/* test_vault_keys: an archive that is encrypted: made for its custodians, opened by any of them, refused to others; nothing goes into it in the clear; its secret
 * outlives the keys it lay under; and who lost the file of keys is told so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../folder.h"
#include "../refuse.h"
#include "archive/sealed.h"
#include "archive/segment.h"
#include "archive/vault.h"
#include "base/file.h"
#include "person.h"

#define HERE "archive"
#define AT (INT64_C(1704067200) * 1000000000)

struct office {
    struct custodian_key *ana, *bo, *stranger;
    struct key_set *made; /* as the making gave them */
    void *folder;
};

static int begin(void **state) {
    struct office *const o = calloc(1, sizeof *o);
    struct err e = {0};

    if (!o || folder_enter(&o->folder) != 0)
        return -1;
    o->ana = person("ana");
    o->bo = person("bo");
    o->stranger = person("stranger");
    struct custodian const two[] = {*custodian_of(o->ana), *custodian_of(o->bo)};

    *state = o;
    return vault_create_for(HERE, S(""), S(""), AT, two, 2, &o->made, &e) ? 0 : -1;
}

static int end(void **state) {
    struct office *const o = *state;

    custodian_key_free(o->ana);
    custodian_key_free(o->bo);
    custodian_key_free(o->stranger);
    key_set_free(o->made);
    int const left = folder_leave(&o->folder);

    free(o);
    return left;
}

static struct vault *writer(void) {
    struct vault *v;
    struct err e = {0};

    if (!vault_open_writer(&v, HERE, NULL, AT, NULL, NULL, &e))
        fail_msg("%s", e.text);
    return v;
}

static bool unlock(struct vault *v, const struct custodian_key *by, struct err *e) {
    return vault_unlock(v, &(struct vault_unlock){.keys = &by, .count = 1}, e);
}

static void unlocked(struct vault *v, const struct custodian_key *by) {
    struct err e = {0};

    if (!unlock(v, by, &e))
        fail_msg("%s", e.text);
}

static void opened_by_whom(void **state) {
    const struct office *const o = *state;
    const struct custodian_key *const ana = o->ana, *const bo = o->bo, *const stranger = o->stranger,
                                      *const both[] = {stranger, bo};
    struct err e = {0};
    const struct {
        const char *name;
        struct vault_unlock with;
        bool opens;
    } cases[] = {
        {"one", {.keys = &ana, .count = 1}, true},
        {"the other", {.keys = &bo, .count = 1}, true},
        {"one of several keys", {.keys = both, .count = 2}, true},
        {"what is open already", {.open = o->made}, true},
        {"no key", {.count = 0}, false},
        {"a stranger", {.keys = &stranger, .count = 1}, false},
    };
    uint8_t secret[VAULT_SECRET], again[VAULT_SECRET];
    bool first = true;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct vault *v;
        struct writing_key w;

        assert_true(vault_open(&v, HERE, 0, NULL, NULL, &e));
        assert_true(vault_encrypted(v));
        assert_null(vault_keys(v));
        assert_false(vault_writing_key(v, &w));
        assert_false(vault_secret(v, again, &e));
        assert_int_equal(e.code, ERR_REFUSED);
        if (vault_unlock(v, &cases[i].with, &e) != cases[i].opens)
            fail_msg("%s", cases[i].name);
        if (!cases[i].opens) {
            assert_int_equal(e.code, ERR_REFUSED);
            assert_non_null(strstr(e.text, "ana ("));
            vault_close(v);
            continue;
        }
        assert_int_equal(key_set_count(vault_keys(v)), 1);
        assert_true(vault_writing_key(v, &w));
        writing_key_wipe(&w);
        assert_true(vault_secret(v, again, &e));
        if (first)
            memcpy(secret, again, sizeof secret);
        first = false;
        assert_memory_equal(secret, again, sizeof secret);
        vault_close(v);
    }
}

/* Of one that is not encrypted all of this is nothing. */
static void not_encrypted(void **state) {
    const struct office *const o = *state;
    struct err e = {0};
    struct vault *v;
    struct keyring *k;
    struct writing_key w;

    assert_true(vault_create("plain", S(""), S(""), AT, &e));
    assert_true(vault_open_writer(&v, "plain", NULL, AT, NULL, NULL, &e));
    assert_false(vault_encrypted(v));
    unlocked(v, o->stranger);
    assert_null(vault_keys(v));
    assert_null(vault_keyring(v));
    assert_false(vault_writing_key(v, &w));
    assert_false(vault_keyring_read(v, &k, &e));
    assert_int_equal(e.code, ERR_USAGE);
    vault_close(v);
}

/* The bytes of a small segment. */
static void segment_made(const struct writing_key *w, struct buf *out) {
    struct fields *const fields = fields_new();
    struct segment_source const source = {.path = S("a"), .reader = S("json")};
    struct segment_writer *s = NULL;
    struct segment_info info;
    uint32_t number;
    struct err e = {0};

    assert_true(fields && segment_writer_new(&s, &(struct segment_options){.fields = fields, .writing = w}, &e));
    assert_true(segment_writer_source(s, &source, &number, &e) &&
                segment_writer_record(s, number, &(struct record){.time_text = S("")}, INSTANT_NONE, S(""), &e) &&
                segment_writer_finish(s, out, &info, &e));
    segment_writer_free(s);
    fields_free(fields);
}

static void sealed_made(const struct writing_key *w, struct buf *out) {
    struct sealed_writer *s;
    struct err e = {0};

    assert_true(sealed_writer_new(&s, w, out, &e) && sealed_writer_add(s, S("a run"), &e) && sealed_writer_end(s, &e));
    sealed_writer_free(s);
}

static bool put(struct vault *v, str bytes, bool run, struct err *e) {
    static const uint64_t one[] = {1, 1};
    struct manifest_segment const segment = {
        .rows = 1, .first = INSTANT_NONE, .last = INSTANT_NONE, .month = MANIFEST_UNDATED};
    struct manifest_run const about = {
        .first_month = MANIFEST_UNDATED, .last_month = MANIFEST_UNDATED, .about = S("x"), .ranges = {one, 2}};
    struct vault_part *p;
    uint64_t number;
    int fd;

    if (!vault_part_new(v, &p, &fd, e))
        return false;
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    return run ? vault_run_add(v, p, &about, &number, e) : vault_add(v, p, &segment, S("f"), &number, NULL, e);
}

static void nothing_in_the_clear(void **state) {
    const struct office *const o = *state;
    struct buf sealed_segment = {0}, plain_segment = {0}, sealed_run = {0};
    struct writing_key w;
    struct err e = {0};
    struct vault *v = writer();

    unlocked(v, o->ana);
    assert_true(vault_writing_key(v, &w));
    segment_made(&w, &sealed_segment);
    segment_made(NULL, &plain_segment);
    sealed_made(&w, &sealed_run);
    writing_key_wipe(&w);
    vault_close(v);
    assert_true(vault_create("plain", S(""), S(""), AT, &e));
    const struct {
        const char *name;
        bool encrypted, unlocked; /* the archive */
        str bytes;
        bool run, taken;
    } cases[] = {
        {"a sealed segment", true, true, buf_str(&sealed_segment), false, true},
        {"a sealed run", true, true, buf_str(&sealed_run), true, true},
        {"a segment in the clear", true, true, buf_str(&plain_segment), false, false},
        {"whatever else", true, true, S("LWINDEX or whatever"), true, false},
        {"a few bytes", true, true, S("x"), false, false},
        {"sealed, by whom nobody knows", true, false, buf_str(&sealed_segment), false, false},
        {"in the clear, and locked", true, false, buf_str(&plain_segment), false, false},
        {"sealed, and the archive is not", false, false, buf_str(&sealed_segment), false, false},
        {"both in the clear", false, false, buf_str(&plain_segment), false, true},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(vault_open_writer(&v, cases[i].encrypted ? HERE : "plain", NULL, AT, NULL, NULL, &e));
        if (cases[i].unlocked)
            unlocked(v, o->bo);
        bool const ok = put(v, cases[i].bytes, cases[i].run, &e) && vault_commit(v, AT, &e);

        if (ok != cases[i].taken)
            fail_msg("%s: %s", cases[i].name, ok ? "taken" : e.text);
        assert_true(ok || e.code == ERR_REFUSED);
        vault_close(v);
    }
    buf_free(&sealed_segment);
    buf_free(&plain_segment);
    buf_free(&sealed_run);
}

static void who_changes(void **state) {
    const struct office *const o = *state;
    uint8_t secret[VAULT_SECRET], again[VAULT_SECRET];
    struct err e = {0};
    struct vault *v = writer();

    assert_null(vault_keyring(v));
    unlocked(v, o->ana);
    assert_true(vault_secret(v, secret, &e));
    assert_true(keyring_add(vault_keyring(v), custodian_of(o->stranger), &e) && vault_keyring_write(v, &e));
    assert_true(keyring_remove(vault_keyring(v), S("bo"), &e) && vault_keyring_write(v, &e));
    vault_close(v);
    v = writer();
    assert_false(unlock(v, o->bo, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    unlocked(v, o->stranger);
    assert_int_equal(key_set_count(vault_keys(v)), 2);
    assert_true(vault_secret(v, again, &e));
    assert_memory_equal(secret, again, sizeof secret);
    /* The key that the secret lies under is forgotten: the secret is not. */
    assert_true(keyring_forget(vault_keyring(v), 1, &e) && vault_keyring_write(v, &e));
    vault_close(v);
    v = writer();
    unlocked(v, o->ana);
    assert_int_equal(key_set_count(vault_keys(v)), 1);
    assert_true(vault_secret(v, again, &e));
    assert_memory_equal(secret, again, sizeof secret);
    vault_close(v);
}

static void copy_file(const char *from, const char *to) {
    struct buf b = {0};
    struct err e = {0};
    int fd;

    assert_true(file_read(from, 1 << 20, &b, &e));
    assert_true((fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600)) >= 0);
    assert_int_equal(write(fd, b.ptr, b.len), b.len);
    close(fd);
    buf_free(&b);
}

/* Who has lost it must be told what he has lost, and must not go on in the clear. */
static void file_of_keys_lost(void **state) {
    const struct office *const o = *state;
    struct buf plain = {0};
    struct err e = {0};
    struct vault *v;

    segment_made(NULL, &plain);
    copy_file(HERE "/keys", "kept");
    assert_int_equal(unlink(HERE "/keys"), 0);
    v = writer();
    assert_true(vault_encrypted(v));
    assert_false(unlock(v, o->ana, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_non_null(strstr(e.text, "gone"));
    assert_false(put(v, buf_str(&plain), false, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    vault_close(v);
    copy_file("kept", HERE "/keys");
    v = writer();
    unlocked(v, o->ana);
    vault_close(v);
    /* Of another archive. */
    struct custodian const one[] = {*custodian_of(o->ana)};
    struct key_set *other;

    assert_true(vault_create_for("other", S(""), S(""), AT, one, 1, &other, &e));
    key_set_free(other);
    copy_file("other/keys", HERE "/keys");
    v = writer();
    assert_false(unlock(v, o->ana, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    vault_close(v);
    buf_free(&plain);
}

/* A secret of one archive in another: no key of it opens that, and the index is made anew. */
static void secret_of_another(void **state) {
    const struct office *const o = *state;
    struct custodian const one[] = {*custodian_of(o->ana)};
    uint8_t secret[VAULT_SECRET];
    struct key_set *other;
    struct err e = {0};

    assert_true(vault_create_for("other", S(""), S(""), AT, one, 1, &other, &e));
    key_set_free(other);
    copy_file("other/secret", HERE "/secret");
    struct vault *const v = writer();

    unlocked(v, o->ana);
    assert_false(vault_secret(v, secret, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    /* It does not keep anybody from changing who can open it. */
    assert_true(keyring_add(vault_keyring(v), custodian_of(o->stranger), &e) && vault_keyring_write(v, &e));
    vault_close(v);
}

/* A making that was interrupted leaves files; whoever makes it again, in the clear or for somebody else, gets what they asked for. */
static void a_making_left_its_keys(void **state) {
    const struct office *const o = *state;
    struct custodian const other[] = {*custodian_of(o->stranger)};
    struct key_set *keys;
    struct buf plain = {0};
    struct err e = {0};
    struct vault *v;

    assert_int_equal(unlink(HERE "/CURRENT"), 0);
    assert_true(vault_create_for(HERE, S(""), S(""), AT, other, 1, &keys, &e));
    key_set_free(keys);
    v = writer();
    assert_false(unlock(v, o->ana, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    unlocked(v, o->stranger);
    vault_close(v);
    assert_int_equal(unlink(HERE "/CURRENT"), 0);
    assert_true(vault_create(HERE, S(""), S(""), AT, &e));
    v = writer();
    assert_false(vault_encrypted(v));
    segment_made(NULL, &plain);
    if (!put(v, buf_str(&plain), false, &e) || !vault_commit(v, AT, &e))
        fail_msg("%s", e.text);
    vault_close(v);
    assert_int_equal(access(HERE "/keys", F_OK), -1);
    buf_free(&plain);
}

/* A file of keys as somebody makes it who can write to the disk and knows what anybody knows: the public keys, the names of keys. Under a key of his own, which
 * vouches for all of it; those that others have he calls forgotten, or leaves out. */
static void keys_exchange(const struct office *o, const char *archive, bool says_forgotten) {
    struct custodian const two[] = {*custodian_of(o->ana), *custodian_of(o->bo)};
    static const char what[] = "longwatch archive, who can open it";
    struct keyring *truth, *mine;
    struct vault *const v = writer();
    struct buf file = {0}, out = {0};
    char name[2 * SEAL_NAME + 1], word[128];
    uint8_t mac[32];
    crypto_generichash_state state;
    struct err e = {0};

    assert_true(vault_keyring_read(v, &truth, &e));
    assert_true(keyring_new(&mine, manifest_id(vault_manifest(v)), two, 2, &e) && keyring_write(mine, &file, &e));
    size_t const key = str_find(buf_str(&file), S("key ")), vouched = str_find(buf_str(&file), S("vouched "));

    buf_add(&out, str_first(buf_str(&file), key));
    for (size_t i = 0; says_forgotten && i < keyring_generations(truth); i++) {
        sodium_bin2hex(name, sizeof name, keyring_generation(truth, i).name, SEAL_NAME);
        buf_format(&out, "forgotten %s\n", name);
    }
    buf_add(&out, str_from(str_first(buf_str(&file), vouched), key));
    crypto_generichash_init(&state, keyring_key(mine, keyring_newest(mine)), SEAL_KEY, sizeof mac);
    crypto_generichash_update(&state, (const unsigned char *)what, sizeof what);
    crypto_generichash_update(&state, (const unsigned char *)out.ptr, out.len);
    crypto_generichash_final(&state, mac, sizeof mac);
    sodium_bin2hex(word, sizeof word, mac, sizeof mac);
    buf_format(&out, "vouched %s\n", word);
    buf_format(&out, "sum %016llx\n", (unsigned long long)hash_sum(buf_str(&out)));
    snprintf(word, sizeof word, "%s/keys", archive);
    int const fd = open(word, O_WRONLY | O_TRUNC);

    assert_true(!out.failed && fd >= 0 && write(fd, out.ptr, out.len) == (ssize_t)out.len);
    close(fd);
    keyring_free(truth);
    keyring_free(mine);
    buf_free(&file);
    buf_free(&out);
    vault_close(v);
}

/* A segment under the newest key. Its file. */
static void segment_add(const struct office *o, char path[VAULT_NAME_MAX + 16]) {
    struct vault *const v = writer();
    struct writing_key w;
    struct buf bytes = {0};
    char name[VAULT_NAME_MAX];
    struct err e = {0};
    size_t count;

    unlocked(v, o->ana);
    assert_true(vault_writing_key(v, &w));
    segment_made(&w, &bytes);
    writing_key_wipe(&w);
    if (!put(v, buf_str(&bytes), false, &e) || !vault_commit(v, AT, &e))
        fail_msg("%s", e.text);
    const struct manifest_segment *const all = manifest_segments(vault_manifest(v), &count);

    vault_segment_name(&all[count - 1], name);
    snprintf(path, VAULT_NAME_MAX + 16, HERE "/%s", name);
    buf_free(&bytes);
    vault_close(v);
}

static void key_renew(const struct office *o) {
    struct vault *const v = writer();
    struct err e = {0};

    unlocked(v, o->ana);
    assert_true(keyring_renew(vault_keyring(v), &e) && vault_keyring_write(v, &e));
    vault_close(v);
}

static void byte_turn(const char *path, off_t at) {
    int const fd = open(path, O_RDWR);
    char c = 0;

    assert_true(fd >= 0 && pread(fd, &c, 1, at) == 1);
    c ^= 1;
    assert_true(pwrite(fd, &c, 1, at) == 1);
    close(fd);
}

/* What is in the archive says which keys it was written under. */
static void keys_exchanged(void **state) {
    const struct office *const o = *state;
    char first[VAULT_NAME_MAX + 16], second[VAULT_NAME_MAX + 16];
    struct err e = {0};

    segment_add(o, first);
    copy_file(HERE "/keys", "old");
    key_renew(o);
    copy_file(HERE "/keys", "unused");
    segment_add(o, second);
    key_renew(o);
    copy_file(HERE "/keys", "good");
    enum { GOOD, FORGOTTEN, LEFT_OUT, OLD, UNUSED };
    const struct {
        const char *name;
        int keys;
        bool head, gone; /* of the second segment: damaged; it is not there */
        bool opens;
    } cases[] = {
        {"as they are", GOOD, false, false, true},
        {"one segment is damaged", GOOD, true, false, true},
        {"one is not there", GOOD, false, true, true},
        {"others are called forgotten", FORGOTTEN, false, false, false},
        {"others are left out", LEFT_OUT, false, false, false},
        {"others are called forgotten, and one segment is damaged", FORGOTTEN, true, false, false},
        {"others are left out, and one segment is not there", LEFT_OUT, false, true, false},
        {"as they were before a segment was written", OLD, false, false, false},
        {"as they were before a key that nothing was written with", UNUSED, false, false, true}, /* nobody can tell */
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const files[] = {[GOOD] = "good", [OLD] = "old", [UNUSED] = "unused"};
        struct vault *v;

        copy_file(cases[i].keys == OLD || cases[i].keys == UNUSED ? files[cases[i].keys] : "good", HERE "/keys");
        if (cases[i].keys == FORGOTTEN || cases[i].keys == LEFT_OUT)
            keys_exchange(o, HERE, cases[i].keys == FORGOTTEN);
        if (cases[i].head)
            byte_turn(second, 40);
        if (cases[i].gone)
            assert_int_equal(rename(second, "aside"), 0);
        for (unsigned reads = 0; reads < 2; reads++) {
            if (reads)
                assert_true(vault_open(&v, HERE, 0, NULL, NULL, &e));
            else
                v = writer();
            if (unlock(v, o->bo, &e) != cases[i].opens)
                fail_msg("%s: %s", cases[i].name, cases[i].opens ? e.text : "opened");
            if (!cases[i].opens && (e.code != ERR_CORRUPT || !strstr(e.text, "does not have") || vault_keys(v)))
                fail_msg("%s: %s", cases[i].name, e.text);
            vault_close(v);
        }
        if (cases[i].head)
            byte_turn(second, 40);
        if (cases[i].gone)
            assert_int_equal(rename("aside", second), 0);
    }
}

/* ---- files called like one of keys that waits ---- */

struct heard {
    const char *name;
    int what; /* -1: nothing */
};

static void hear(void *ctx, enum vault_found what, str name, uint64_t number) {
    struct heard *const h = ctx;

    (void)number;
    if (str_eq(name, str_of(h->name)))
        h->what = (int)what;
}

static void stranger_added(const struct office *o) {
    struct manifest_operation const note = {.what = DO_NOTE,
                                            .lift = {.name = S("custodians"), .who = S("ana"), .why = S("changed")}};
    struct vault *const v = writer();
    struct err e = {0};

    unlocked(v, o->ana);
    assert_true(keyring_add(vault_keyring(v), custodian_of(o->stranger), &e) && vault_do(v, &note, &e) &&
                vault_keyring_commit(v, AT, &e));
    assert_int_equal(manifest_sequence(vault_manifest(v)), 2);
    vault_close(v);
}

/* Only that of the newest record is in force, for whoever opens a snapshot as well; a writer puts none in the place of what came later. */
static void called_like_keys(void **state) {
    const struct office *const o = *state;
    enum { OLD, NEW, FOLDER, LINK };
    const struct {
        const char *name;
        int is, keys; /* the file; what lies at `keys` */
        bool opens;   /* the stranger of the new ones can */
        int told;
        bool left;
    } cases[] = {
        {"keys-2", NEW, OLD, true, -1, false},
        {"keys-3", NEW, OLD, false, FOUND_TEMPORARY, false},
        {"keys-1", OLD, NEW, true, FOUND_STRANGE, true},
        {"keys-0", OLD, NEW, true, FOUND_STRANGE, true},
        {"keys-02", OLD, NEW, true, FOUND_STRANGE, true},
        {"keys-", OLD, NEW, true, FOUND_STRANGE, true},
        {"keys-18446744073709551616", OLD, NEW, true, FOUND_STRANGE, true},
        {"keys-1", FOLDER, NEW, true, FOUND_STRANGE, true},
        {"keys-2", FOLDER, NEW, true, FOUND_STRANGE, true},
        {"keys-3", FOLDER, NEW, true, FOUND_STRANGE, true},
        {"keys-1", LINK, NEW, true, FOUND_STRANGE, true},
        {"keys-2", LINK, NEW, true, FOUND_STRANGE, true},
        {"keys-3", LINK, NEW, true, FOUND_STRANGE, true},
    };

    copy_file(HERE "/keys", "old");
    stranger_added(o);
    copy_file(HERE "/keys", "new");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[64];

        snprintf(path, sizeof path, HERE "/%s", cases[i].name);
        copy_file(cases[i].keys == OLD ? "old" : "new", HERE "/keys");
        if (cases[i].is == FOLDER)
            assert_int_equal(mkdir(path, 0700), 0);
        else if (cases[i].is == LINK)
            assert_int_equal(symlink("../old", path), 0);
        else
            copy_file(cases[i].is == OLD ? "old" : "new", path);
        for (unsigned round = 0; round < 5; round++) { /* now, then, a writer; and behind it */
            struct heard h = {cases[i].name, -1};
            struct vault *v;
            struct err e = {0};

            if (!(round == 2 ? vault_open_writer(&v, HERE, NULL, AT, hear, &h, &e)
                             : vault_open(&v, HERE, round % 3 == 1 ? 1 : 0, hear, &h, &e)) ||
                (round == 0 && !vault_survey(v, &e)))
                fail_msg("%s, case %zu, round %u: %s", cases[i].name, i, round, e.text);
            if (round % 2 == 0 && round < 4)
                assert_int_equal(h.what, cases[i].told);
            if (unlock(v, o->stranger, &e) != cases[i].opens)
                fail_msg("%s, case %zu, round %u: %s", cases[i].name, i, round, cases[i].opens ? e.text : "opened");
            vault_close(v);
        }
        if ((faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) != cases[i].left)
            fail_msg("%s, case %zu: %s", cases[i].name, i, cases[i].left ? "gone" : "left");
        if (cases[i].left)
            assert_int_equal(remove(path), 0);
    }
}

static bool made_and_opened(const struct office *o, const char *path, struct err *e) {
    struct custodian const one[] = {*custodian_of(o->ana)};
    struct key_set *keys = NULL;
    struct vault *v = NULL;
    uint8_t secret[VAULT_SECRET];
    bool const ok = vault_create_for(path, S(""), S(""), AT, one, 1, &keys, e) &&
                    vault_open_writer(&v, path, NULL, AT, NULL, NULL, e) && unlock(v, o->ana, e) &&
                    vault_secret(v, secret, e) && keyring_renew(vault_keyring(v), e) && vault_keyring_write(v, e) &&
                    keyring_forget(vault_keyring(v), 1, e) && vault_keyring_write(v, e);

    key_set_free(keys);
    vault_close(v);
    return ok;
}

static void allocations_fail(void **state) {
    const struct office *const o = *state;
    struct err e = {0};

    REFUSE_OR_SKIP();
    for (long n = 0;; n++) {
        char path[32];

        snprintf(path, sizeof path, "a%ld", n);
        memory_refused = false;
        memory_gone_for_good = false;
        memory_left = n;
        bool const ok = made_and_opened(o, path, &e);

        memory_left = -1;
        if (!memory_refused) {
            assert_true(ok && n > 50);
            break;
        }
        if (!ok && e.code != ERR_MEMORY)
            fail_msg("refusal %ld: %d %s", n, e.code, e.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opened_by_whom, begin, end),
        cmocka_unit_test_setup_teardown(not_encrypted, begin, end),
        cmocka_unit_test_setup_teardown(nothing_in_the_clear, begin, end),
        cmocka_unit_test_setup_teardown(who_changes, begin, end),
        cmocka_unit_test_setup_teardown(file_of_keys_lost, begin, end),
        cmocka_unit_test_setup_teardown(secret_of_another, begin, end),
        cmocka_unit_test_setup_teardown(a_making_left_its_keys, begin, end),
        cmocka_unit_test_setup_teardown(keys_exchanged, begin, end),
        cmocka_unit_test_setup_teardown(called_like_keys, begin, end),
        cmocka_unit_test_setup_teardown(allocations_fail, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
