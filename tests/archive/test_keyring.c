/* test_keyring: any one custodian opens an archive's keys, and nobody else; who can is changed by those who can, and by nobody else; what was removed or
 * forgotten stays so; a file that was damaged or changed is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "../refuse.h"
#include "archive/vault_own.h"
#include "person.h"

static uint8_t const id[KEYRING_ARCHIVE] = "archive one", other_id[KEYRING_ARCHIVE] = "archive two";

/* The text of a file, its last line made to fit: what one does who changes it and knows the format. */
static void resum(struct buf *b) {
    b->len -= 21;
    sum_line(b);
    assert_false(b->failed);
}

static void copy(struct buf *to, const struct buf *from) {
    to->len = 0;
    buf_add(to, buf_str(from));
    assert_false(to->failed);
}

/* ---- custodians ---- */

static void keys_of_custodians(void **state) {
    static const struct {
        const char *name;
        str passphrase;
    } cases[] = {{"ana", STR("")}, {"B\xc3\xb6 of the night shift", STR("")}, {"chi", STR("correct horse")}};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct custodian_key *const k = person(cases[i].name);
        struct custodian_key *again;
        struct buf private = {0}, public = {0};
        struct custodian c;

        assert_true(custodian_key_write(k, cases[i].passphrase, &private, &e));
        custodian_write(custodian_of(k), &public);
        assert_int_equal(custodian_key_protected(buf_str(&private)), cases[i].passphrase.len > 0);
        assert_true(custodian_key_read(&again, buf_str(&private), cases[i].passphrase, &e));
        assert_string_equal(custodian_of(again)->name, cases[i].name);
        assert_memory_equal(custodian_of(again)->public, custodian_of(k)->public, CUSTODIAN_PUBLIC);
        custodian_key_free(again);
        assert_true(custodian_read(&c, buf_str(&public), &e));
        assert_string_equal(c.name, cases[i].name);
        assert_memory_equal(c.public, custodian_of(k)->public, CUSTODIAN_PUBLIC);
        /* One for the other. */
        assert_false(custodian_read(&c, buf_str(&private), &e));
        assert_non_null(strstr(e.text, "private"));
        assert_false(custodian_key_read(&again, buf_str(&public), S(""), &e));
        assert_non_null(strstr(e.text, "public"));
        if (cases[i].passphrase.len) {
            assert_false(custodian_key_read(&again, buf_str(&private), S("wrong"), &e));
            assert_int_equal(e.code, ERR_USAGE);
            assert_false(custodian_key_read(&again, buf_str(&private), S(""), &e));
            assert_int_equal(e.code, ERR_USAGE);
        }
        buf_free(&private);
        buf_free(&public);
        custodian_key_free(k);
    }
}

/* A buffer that grows leaves what was in it behind, in memory that is free. */
static void a_secret_is_in_one_place(void **state) {
    static const str passphrases[] = {STR(""), STR("correct horse")};
    struct custodian_key *const k =
        person("aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbb");
    struct err e = {0};

    (void)state;
    REFUSE_OR_SKIP();
    for (size_t i = 0; i < COUNT(passphrases); i++) {
        struct buf private = {0};
        unsigned long const before = memory_grown;

        assert_true(custodian_key_write(k, passphrases[i], &private, &e));
        assert_int_equal(memory_grown, before);
        buf_free(&private);
    }
    custodian_key_free(k);
}

static void names(void **state) {
    static const struct {
        const char *why;
        str name;
        bool good;
    } cases[] = {
        {"plain", STR("ana"), true},
        {"blanks and letters of any script", STR("\xe5\xae\x89 2nd"), true},
        {"as long as may be", STR("aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbb"),
         true},
        {"longer", STR("aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbc"), false},
        {"none", STR(""), false},
        {"two lines", STR("a\nb"), false},
        {"a control character", STR("a\x1b[31m"), false},
        {"delete", STR("a\x7f"), false},
        {"no UTF-8", STR("a\xff"), false},
        {"a NUL", STR("a\0b"), false},
    };
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct custodian_key *k = NULL;

        if (custodian_key_new(&k, cases[i].name, &e) != cases[i].good)
            fail_msg("%s", cases[i].why);
        assert_true(cases[i].good || e.code == ERR_USAGE);
        custodian_key_free(k);
    }
}

/* Every byte of a file of keys, every length: refused, and never taken for a wrong passphrase. */
static void files_of_custodians_damaged(void **state) {
    struct custodian_key *const k = person("ana");
    struct buf private = {0}, public = {0};
    struct err e = {0};

    (void)state;
    assert_true(custodian_key_write(k, S(""), &private, &e));
    custodian_write(custodian_of(k), &public);
    for (unsigned which = 0; which < 2; which++) {
        struct buf *const b = which ? &public : &private;
        size_t const len = b->len;
        struct custodian_key *again;
        struct custodian c;

        for (size_t i = 0; i < len; i++) {
            b->ptr[i] ^= 1;
            assert_false(which ? custodian_read(&c, buf_str(b), &e)
                               : custodian_key_read(&again, buf_str(b), S(""), &e));
            assert_int_equal(e.code, ERR_CORRUPT);
            b->ptr[i] ^= 1;
            assert_false(which ? custodian_read(&c, str_first(buf_str(b), i), &e)
                               : custodian_key_read(&again, str_first(buf_str(b), i), S(""), &e));
            assert_int_equal(e.code, ERR_CORRUPT);
        }
    }
    buf_free(&private);
    buf_free(&public);
    custodian_key_free(k);
}

/* Files with sums that fit, which no program of ours wrote. */
static void files_of_custodians_made_up(void **state) {
#define FIRST "longwatch archive, private key of a custodian, version 1\n"
#define HEX32 "0000000000000000000000000000000000000000000000000000000000000001"
#define SALT16 "00000000000000000000000000000000"
#define HEX72 HEX32 HEX32 "0000000000000000"
    static const struct {
        const char *why, *text;
        enum err_code code;
    } cases[] = {
        {"a secret that is not of this public key", FIRST "name a\npublic " HEX32 "\nplain " HEX32 "\n", ERR_CORRUPT},
        {"no name", FIRST "public " HEX32 "\nplain " HEX32 "\n", ERR_CORRUPT},
        {"neither plain nor protected", FIRST "name a\npublic " HEX32 "\n", ERR_CORRUPT},
        {"a line more", FIRST "name a\npublic " HEX32 "\nplain " HEX32 "\nmore\n", ERR_CORRUPT},
        {"more memory than a key should",
         FIRST "name a\npublic " HEX32 "\nargon2id 3 99999999999 " SALT16 "\nsealed " HEX72 "\n", ERR_LIMIT},
        {"more work than a key should",
         FIRST "name a\npublic " HEX32 "\nargon2id 999999 8192 " SALT16 "\nsealed " HEX72 "\n", ERR_LIMIT},
        {"no work at all", FIRST "name a\npublic " HEX32 "\nargon2id 0 8192 " SALT16 "\nsealed " HEX72 "\n", ERR_LIMIT},
        {"no salt", FIRST "name a\npublic " HEX32 "\nargon2id 3 8192 \nsealed " HEX72 "\n", ERR_CORRUPT},
        {"not sealed with this", FIRST "name a\npublic " HEX32 "\nargon2id 1 8192 " SALT16 "\nsealed " HEX72 "\n",
         ERR_USAGE},
    };
    struct err e = {0};

    (void)state;
    assert_true(sodium_init() >= 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct custodian_key *k;
        struct buf b = {0};

        buf_add(&b, str_of(cases[i].text));
        sum_line(&b);
        assert_false(custodian_key_read(&k, buf_str(&b), S("passphrase"), &e));
        if (e.code != cases[i].code)
            fail_msg("%s: %d, %s", cases[i].why, e.code, e.text);
        buf_free(&b);
    }
}

/* ---- keyrings ---- */

struct office {
    struct custodian_key *ana, *bo, *chi, *stranger;
};

static int office_open(void **state) {
    struct office *const o = calloc(1, sizeof *o);

    if (!o)
        return -1;
    o->ana = person("ana");
    o->bo = person("bo");
    o->chi = person("chi");
    o->stranger = person("stranger");
    *state = o;
    return 0;
}

static int office_close(void **state) {
    struct office *const o = *state;

    custodian_key_free(o->ana);
    custodian_key_free(o->bo);
    custodian_key_free(o->chi);
    custodian_key_free(o->stranger);
    free(o);
    return 0;
}

static struct keyring *ring_of(const struct office *o) {
    struct custodian const two[] = {*custodian_of(o->ana), *custodian_of(o->bo)};
    struct keyring *k;
    struct err e = {0};

    if (!keyring_new(&k, id, two, 2, &e))
        fail_msg("%s", e.text);
    return k;
}

static void written(const struct keyring *k, struct buf *b) {
    struct err e = {0};

    b->len = 0;
    if (!keyring_write(k, b, &e))
        fail_msg("%s", e.text);
}

/* Read, and opened by somebody; NULL: e. */
static struct keyring *opened(const struct buf *file, const struct custodian_key *by, struct err *e) {
    struct keyring *k;

    if (!keyring_read(&k, buf_str(file), id, e))
        return NULL;
    if (keyring_unlock(k, by, e))
        return k;
    keyring_free(k);
    return NULL;
}

static void check_opens(const struct buf *file, const struct custodian_key *by, const uint8_t *key) {
    struct err e = {0};
    struct keyring *const k = opened(file, by, &e);

    if (!k)
        fail_msg("%s: %s", custodian_of(by)->name, e.text);
    assert_non_null(keyring_key(k, keyring_newest(k)));
    if (key)
        assert_memory_equal(keyring_key(k, keyring_newest(k)), key, SEAL_KEY);
    keyring_free(k);
}

static void check_refused(const struct buf *file, const struct custodian_key *by, const char *says) {
    struct err e = {0};

    assert_null(opened(file, by, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    if (!strstr(e.text, says))
        fail_msg("it should say who (%s): %s", says, e.text);
}

static void any_one_opens(void **state) {
    const struct office *const o = *state;
    struct keyring *const k = ring_of(o);
    struct keyring *again;
    struct buf file = {0};
    struct err e = {0};
    uint8_t key[SEAL_KEY];
    size_t count;

    written(k, &file);
    memcpy(key, keyring_key(k, keyring_newest(k)), sizeof key);
    check_opens(&file, o->ana, key);
    check_opens(&file, o->bo, key);
    check_refused(&file, o->chi, "ana (");
    check_refused(&file, o->stranger, "bo (");
    /* The key does not lie in it; who can open it does, and is read without one. */
    char hex[2 * SEAL_KEY + 1];

    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    assert_true(str_find(buf_str(&file), (str){(const char *)key, sizeof key}) == SIZE_MAX);
    assert_true(str_find(buf_str(&file), str_of(hex)) == SIZE_MAX);
    assert_true(keyring_read(&again, buf_str(&file), id, &e));
    assert_string_equal(keyring_custodians(again, &count)[1].name, "bo");
    assert_int_equal(count, 2);
    assert_false(keyring_generation(again, 0).open);
    assert_null(keyring_key(again, keyring_newest(again)));
    assert_false(keyring_unlock_none(again, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    /* By keys that are open already. */
    assert_true(keyring_unlock_by(again, keyring_keys(k), &e));
    assert_memory_equal(keyring_key(again, keyring_newest(again)), key, sizeof key);
    keyring_free(again);
    assert_false(keyring_read(&again, buf_str(&file), other_id, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    keyring_free(k);
    buf_free(&file);
}

static void changes_need_a_key(void **state) {
    const struct office *const o = *state;
    struct keyring *const k = ring_of(o);
    struct keyring *shut;
    struct buf file = {0};
    struct err e = {0};

    written(k, &file);
    assert_true(keyring_read(&shut, buf_str(&file), id, &e));
    assert_false(keyring_add(shut, custodian_of(o->chi), &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_false(keyring_remove(shut, S("ana"), &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_false(keyring_renew(shut, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_false(keyring_write(shut, &file, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    keyring_free(shut);
    keyring_free(k);
    buf_free(&file);
}

static void generations(void **state) {
    const struct office *const o = *state;
    struct keyring *k = ring_of(o);
    struct buf first = {0}, file = {0};
    struct err e = {0};
    uint8_t one[SEAL_KEY], one_name[SEAL_NAME], two[SEAL_KEY];

    written(k, &first);
    memcpy(one_name, keyring_newest(k), sizeof one_name);
    memcpy(one, keyring_key(k, one_name), sizeof one);
    /* Who comes later opens what was written before. */
    assert_true(keyring_add(k, custodian_of(o->chi), &e));
    written(k, &file);
    check_opens(&file, o->chi, one);
    /* Who is removed opens nothing of it any more, but what he has kept. */
    assert_true(keyring_remove(k, S("bo"), &e));
    written(k, &file);
    memcpy(two, keyring_key(k, keyring_newest(k)), sizeof two);
    assert_memory_not_equal(one, two, sizeof one);
    assert_memory_equal(keyring_key(k, one_name), one, sizeof one);
    check_refused(&file, o->bo, "chi (");
    check_opens(&first, o->bo, one);
    check_opens(&file, o->ana, two);
    check_opens(&file, o->chi, two);
    keyring_free(k);
    assert_non_null(k = opened(&file, o->chi, &e));
    assert_memory_equal(keyring_key(k, one_name), one, sizeof one); /* both generations */
    assert_int_equal(keyring_generations(k), 2);
    /* Forgotten: the others go on, and say what happened. */
    assert_true(keyring_renew(k, &e));
    written(k, &file);
    assert_true(keyring_forget(k, 1, &e));
    written(k, &file);
    keyring_free(k);
    assert_non_null(k = opened(&file, o->ana, &e));
    assert_true(keyring_generation(k, 0).forgotten && !keyring_generation(k, 0).open);
    assert_true(keyring_generation(k, 1).open && keyring_generation(k, 2).open);
    assert_null(keyring_key(k, one_name));
    struct writing_key w;
    struct sealer s;
    uint8_t head[SEAL_HEAD];

    writing_key_new(&w, one_name, one);
    sealer_new(&s, &w, id, head);
    assert_false(sealer_open(&s, keyring_keys(k), id, head, S("a file"), &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_non_null(strstr(e.text, "forgotten"));
    /* And can be added to and written still. */
    assert_true(keyring_add(k, custodian_of(o->bo), &e));
    written(k, &file);
    check_opens(&file, o->bo, NULL);
    writing_key_wipe(&w);
    keyring_free(k);
    buf_free(&first);
    buf_free(&file);
}

static void what_cannot_be(void **state) {
    const struct office *const o = *state;
    struct custodian const none = {.name = "nobody"}; /* a public key of zeros, for which nothing can be sealed */
    struct custodian const same[] = {*custodian_of(o->ana), *custodian_of(o->ana)};
    struct keyring *const k = ring_of(o);
    struct keyring *bad;
    struct err e = {0};
    char ana[CUSTODIAN_ID_TEXT];

    assert_false(keyring_new(&bad, id, NULL, 0, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(keyring_new(&bad, id, same, 2, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(keyring_new(&bad, id, &none, 1, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(keyring_add(k, custodian_of(o->bo), &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(keyring_remove(k, S("chi"), &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(keyring_forget(k, 1, &e)); /* the newest */
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(keyring_forget(k, 0, &e) || keyring_forget(k, 2, &e));
    /* Two of one name are told apart by what they are called otherwise. */
    struct custodian_key *const another = person("ana");

    assert_true(keyring_add(k, custodian_of(another), &e));
    assert_false(keyring_remove(k, S("ana"), &e));
    assert_int_equal(e.code, ERR_USAGE);
    custodian_id(custodian_of(o->ana)->public, ana);
    assert_true(keyring_remove(k, str_of(ana), &e));
    assert_true(keyring_remove(k, S("bo"), &e));
    assert_false(keyring_remove(k, S("ana"), &e)); /* the last one */
    assert_int_equal(e.code, ERR_USAGE);
    custodian_key_free(another);
    keyring_free(k);
}

/* Whoever can write the file, and knows the format, and has no key. */
static void changed_by_a_stranger(void **state) {
    const struct office *const o = *state;
    struct keyring *k = ring_of(o), *own;
    struct custodian const strange[] = {*custodian_of(o->stranger), *custodian_of(o->ana)};
    struct buf file = {0}, bad = {0}, theirs = {0};
    struct err e = {0};

    assert_true(keyring_renew(k, &e));
    written(k, &file);
    /* Each digit, each letter: with a sum that fits. */
    for (size_t i = 0; i + 21 < file.len; i++) {
        copy(&bad, &file);
        bad.ptr[i] = bad.ptr[i] == '0' ? '1' : bad.ptr[i] == '\n' ? ' ' : '0';
        resum(&bad);
        struct keyring *const taken = opened(&bad, o->ana, &e);

        if (taken)
            fail_msg("byte %zu was changed (%c), and it opens", i, file.ptr[i]);
        assert_true(e.code == ERR_CORRUPT || e.code == ERR_REFUSED || e.code == ERR_UNSUPPORTED);
    }
    /* Each line left out, each said twice. */
    for (size_t from = 0; from + 21 < file.len;) {
        size_t const len = str_find_byte(str_from(buf_str(&file), from), '\n') + 1;

        for (unsigned twice = 0; twice < 2; twice++) {
            bad.len = 0;
            buf_add(&bad, str_first(buf_str(&file), from + (twice ? len : 0)));
            buf_add(&bad, str_from(buf_str(&file), from + (twice ? 0 : len)));
            resum(&bad);
            assert_null(opened(&bad, o->bo, &e));
        }
        from += len;
    }
    /* A ring of their own, for us as well, under the same id: what was written can then not be read, and that is seen; but a key of theirs beside
     * ours is not taken. */
    assert_true(keyring_new(&own, id, strange, 2, &e));
    written(own, &theirs);
    check_opens(&theirs, o->ana, NULL);
    keyring_free(own);
    keyring_free(k);
    buf_free(&file);
    buf_free(&bad);
    buf_free(&theirs);
}

/* The newest key of a stranger, sealed for our custodians, behind ours: whoever wrote with it would write for the stranger. */
static void key_of_a_stranger(void **state) {
    const struct office *const o = *state;
    struct keyring *const k = ring_of(o), *own;
    struct custodian const two[] = {*custodian_of(o->ana), *custodian_of(o->bo)};
    struct buf file = {0}, theirs = {0}, bad = {0};
    struct err e = {0};

    written(k, &file);
    assert_true(keyring_new(&own, id, two, 2, &e));
    written(own, &theirs);
    size_t const ours_end = str_find(buf_str(&file), S("vouched ")), key = str_find(buf_str(&theirs), S("key ")),
                 key_end = str_find(buf_str(&theirs), S("vouched "));

    buf_add(&bad, str_first(buf_str(&file), ours_end));
    buf_add(&bad, str_first(str_from(buf_str(&theirs), key), key_end - key));
    size_t const body = bad.len;
    uint8_t mac[crypto_generichash_BYTES];
    char hex[2 * sizeof mac + 1];
    static const char what[] = "longwatch archive, who can open it";
    crypto_generichash_state g;

    /* They can vouch with their own key for all of it, and not with ours. */
    buf_add(&bad, str_first(str_from(buf_str(&file), ours_end), 8 + 64 + 1));
    crypto_generichash_init(&g, keyring_key(own, keyring_newest(own)), SEAL_KEY, sizeof mac);
    crypto_generichash_update(&g, (const unsigned char *)what, sizeof what);
    crypto_generichash_update(&g, (const unsigned char *)bad.ptr, body);
    crypto_generichash_final(&g, mac, sizeof mac);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    buf_format(&bad, "vouched %s\n", hex);
    sum_line(&bad);
    assert_null(opened(&bad, o->ana, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_non_null(strstr(e.text, "changed"));
    keyring_free(own);
    keyring_free(k);
    buf_free(&file);
    buf_free(&bad);
    buf_free(&theirs);
}

static void damaged(void **state) {
    const struct office *const o = *state;
    struct keyring *const k = ring_of(o);
    struct keyring *again;
    struct buf file = {0}, later = {0};
    struct err e = {0};

    written(k, &file);
    copy(&later, &file);
    later.ptr[str_find(buf_str(&later), S("version ")) + 8] = '2';
    resum(&later);
    assert_false(keyring_read(&again, buf_str(&later), id, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    buf_free(&later);
    for (size_t i = 0; i < file.len; i++) {
        file.ptr[i] ^= 1;
        assert_false(keyring_read(&again, buf_str(&file), id, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        file.ptr[i] ^= 1;
        assert_false(keyring_read(&again, str_first(buf_str(&file), i), id, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
    }
    keyring_free(k);
    buf_free(&file);
}

/* Made, changed, written, read, opened: all of it, or ERR_MEMORY. */
static bool everything(const struct office *o, struct err *e) {
    struct custodian const two[] = {*custodian_of(o->ana), *custodian_of(o->bo)};
    struct keyring *k = NULL, *again = NULL;
    struct key_set *keys = NULL;
    struct buf file = {0};
    bool ok = keyring_new(&k, id, two, 2, e) && keyring_add(k, custodian_of(o->chi), e) &&
              keyring_remove(k, S("bo"), e) && keyring_forget(k, 1, e) && keyring_write(k, &file, e) &&
              keyring_read(&again, buf_str(&file), id, e) && keyring_unlock(again, o->chi, e) &&
              key_set_new(&keys, e) && key_set_join(keys, keyring_keys(again), e);

    keyring_free(k);
    keyring_free(again);
    key_set_free(keys);
    buf_free(&file);
    return ok;
}

static void allocations_fail(void **state) {
    const struct office *const o = *state;
    struct err e = {0};

    REFUSE_OR_SKIP();
    for (unsigned for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n++) {
            memory_refused = false;
            memory_gone_for_good = for_good;
            memory_left = n;
            bool const ok = everything(o, &e);

            memory_left = -1;
            if (!memory_refused) {
                assert_true(ok && n > 20);
                break;
            }
            if (ok)
                continue;
            if (e.code != ERR_MEMORY)
                fail_msg("refusal %ld: %s", n, e.text);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_custodians),
        cmocka_unit_test(a_secret_is_in_one_place),
        cmocka_unit_test(names),
        cmocka_unit_test(files_of_custodians_damaged),
        cmocka_unit_test(files_of_custodians_made_up),
        cmocka_unit_test_setup_teardown(any_one_opens, office_open, office_close),
        cmocka_unit_test_setup_teardown(changes_need_a_key, office_open, office_close),
        cmocka_unit_test_setup_teardown(generations, office_open, office_close),
        cmocka_unit_test_setup_teardown(what_cannot_be, office_open, office_close),
        cmocka_unit_test_setup_teardown(changed_by_a_stranger, office_open, office_close),
        cmocka_unit_test_setup_teardown(key_of_a_stranger, office_open, office_close),
        cmocka_unit_test_setup_teardown(damaged, office_open, office_close),
        cmocka_unit_test_setup_teardown(allocations_fail, office_open, office_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
