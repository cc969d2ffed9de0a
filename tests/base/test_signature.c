/* test_signature: keys and signatures that minisign 0.11 made (of nobody: made for this test), our own, and every way to spoil them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sodium.h>

#include "base/signature.h"

static const char public_file[] = "untrusted comment: minisign public key 754178ADA855634D\n"
                                  "RWRNY1WorXhBdaSnOdhlA70cIRQyn6Y0NSamJVBunXuWQg1ioWcCVlwt\n";
static const char secret_file[] = /* minisign -G -W */
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAATWNVqK14QXUqIv4Fk1Be9lUjOtRJne1fX+"
    "K00IcK3JdhtvWhrxN75KSnOdhlA70cIRQyn6Y0NSamJVBunXuWQg1ioWcCVlwtAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char encrypted_file[] = /* password: pw */
    "untrusted comment: minisign encrypted secret key\n"
    "RWRTY0IyQcYGHsmPPwd7DkwKHaxFrkD++eIKeO5Z6u42l3Ti5fAAAAACAAAAAAAAAEAAAAAAyJeO/w0rY0soxnC6VIDyVlHPttnXYQcIM0Pat/"
    "LoB15/InkvbFu+EjzSPOQyBOvdJI3qih5+nYmakPyQ4z5oTEhjgOMn/snqhkxYqrhA58T4pnYlx5WiaCWsThFFTVCsf557Wq4pSy0=\n";
static const char message[] = "manifest of a case\n";
static const char signature_file[] = /* minisign -S -t */
    "untrusted comment: signature from minisign secret key\n"
    "RURNY1WorXhBdQBySDVSOogDZVsOV+rQhvZCqi3L1xxjFleIEQnMsqXA/UhhmMVITsK0tQ3dWx+hpsXzPL7xMfWZhjJDUFizVA8=\n"
    "trusted comment: made by minisign\n"
    "1DOS5Wkwr7pTcry+TwL9LrlGhLQJaNp85cdLG9fNYrGK9zueVkRKhX+XyIodiCMQWpqkeGmtWGckJ/3gXTYzDA==\n";

static void made_by_minisign(void **state) {
    struct signature_public p;
    struct signature_said said;
    struct err e = {0};
    char id[2 * SIGNATURE_KEY_ID + 1];
    (void)state;

    assert_true(signature_public_read(&p, str_of(public_file), &e));
    signature_id_text(p.id, id);
    assert_string_equal(id, "754178ADA855634D");
    assert_true(signature_read(str_of(signature_file), &said, &e));
    assert_memory_equal(said.id, p.id, SIGNATURE_KEY_ID);
    assert_true(str_eq(said.comment, S("made by minisign")));
    assert_true(signature_check(&p, str_of(signature_file), str_of(message), &e));
    /* The one line alone, as minisign -P takes it, and lines of Windows. */
    assert_true(signature_public_read(&p, str_of(strchr(public_file, '\n') + 1), &e));
}

/* Ed25519 is deterministic: of the same key and words we make the same first line as minisign. */
static void made_by_us(void **state) {
    struct signature_key *k = NULL;
    struct signature_public p;
    struct err e = {0};
    struct buf out = {0}, public = {0};
    (void)state;

    assert_true(signature_key_read(&k, str_of(secret_file), S(""), &e));
    assert_true(signature_make(k, str_of(message), S("made by minisign"), &out, &e));
    const char *const theirs = strchr(signature_file, '\n');

    assert_true(str_eq(str_from(buf_str(&out), str_find_byte(buf_str(&out), '\n')), str_of(theirs)));
    signature_public_write(k, &public);
    assert_true(str_eq(buf_str(&public), str_of(public_file)));
    assert_true(signature_public_read(&p, buf_str(&public), &e));
    assert_true(signature_check(&p, buf_str(&out), str_of(message), &e));
    buf_free(&out);
    buf_free(&public);
    signature_key_free(k);
}

static void new_keys(void **state) {
    struct signature_key *a, *b, *again = NULL;
    struct signature_public p, q;
    struct buf secret = {0}, public = {0}, other = {0}, signature = {0};
    struct err e = {0};
    (void)state;

    assert_true(signature_key_new(&a, &e));
    assert_true(signature_key_new(&b, &e));
    assert_true(signature_key_write(a, S(""), &secret, &e));
    signature_public_write(a, &public);
    signature_public_write(b, &other);
    assert_true(signature_public_read(&p, buf_str(&public), &e));
    assert_true(signature_public_read(&q, buf_str(&other), &e));
    assert_memory_not_equal(p.key, q.key, sizeof p.key);
    assert_true(signature_key_read(&again, buf_str(&secret), S(""), &e));
    assert_true(signature_make(again, str_of(message), S(""), &signature, &e));
    assert_true(signature_check(&p, buf_str(&signature), str_of(message), &e));
    assert_false(signature_check(&q, buf_str(&signature), str_of(message), &e));
    assert_non_null(strstr(e.text, "and the key given is"));
    /* Another key under the same number: the number alone is not asked. */
    memcpy(q.id, p.id, sizeof q.id);
    assert_false(signature_check(&q, buf_str(&signature), str_of(message), &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    buf_free(&secret);
    buf_free(&public);
    buf_free(&other);
    buf_free(&signature);
    signature_key_free(a);
    signature_key_free(b);
    signature_key_free(again);
    signature_key_free(NULL);
}

static str copy_of(struct buf *b, str s) {
    b->len = 0;
    buf_add(b, s);
    return buf_str(b);
}

/* Whichever character is changed but for those of the untrusted comment, whatever is cut off or put behind: not one passes. */
static void spoilt(void **state) {
    size_t const first = (size_t)(strchr(signature_file, '\n') - signature_file) + 1;
    struct signature_public p;
    struct buf b = {0};
    struct err e = {0};
    (void)state;

    assert_true(signature_public_read(&p, str_of(public_file), &e));
    for (size_t i = first; signature_file[i]; i++) {
        static const char others[] = "A/ \n=\xe4\xff\x80";

        for (size_t k = 0; k < sizeof others - 1; k++) {
            copy_of(&b, str_of(signature_file));
            if (b.ptr[i] == others[k] || (i + 1 == b.len))
                continue;
            b.ptr[i] = others[k];
            if (signature_check(&p, buf_str(&b), str_of(message), &e))
                fail_msg("byte %zu as '%c' passes", i, others[k]);
            assert_true(e.code == ERR_CORRUPT);
        }
    }
    for (size_t len = 0; len + 1 < sizeof signature_file - 1; len++)
        assert_false(signature_check(&p, str_first(str_of(signature_file), len), str_of(message), &e));
    for (size_t i = 0; i < sizeof message - 1; i++) {
        copy_of(&b, str_of(message));
        b.ptr[i] ^= 1;
        assert_false(signature_check(&p, str_of(signature_file), buf_str(&b), &e));
    }
    assert_false(signature_check(&p, str_of(signature_file), S(""), &e));
    for (size_t i = 0; i < SIGNATURE_PUBLIC; i++) {
        struct signature_public q = p;

        q.key[i] ^= 4;
        assert_false(signature_check(&q, str_of(signature_file), str_of(message), &e));
    }
    buf_free(&b);
}

static void files_that_are_none(void **state) {
    static const str files[] = {
        STR(""),
        STR("\n"),
        STR("untrusted comment: x\n"),
        STR("untrusted comment: x\n!!!\n"),
        STR("untrusted comment: x\nRWQ=\n"),
        STR("no comment\nRWRNY1WorXhBdaSnOdhlA70cIRQyn6Y0NSamJVBunXuWQg1ioWcCVlwt\n"),
    };
    struct signature_key *k;
    struct signature_public p;
    struct signature_said said;
    struct err e = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(files); i++) {
        assert_false(signature_key_read(&k, files[i], S("pw"), &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        assert_null(k);
        assert_false(signature_read(files[i], &said, &e));
        assert_false(signature_public_read(&p, files[i], &e));
    }
    /* One for another. */
    assert_false(signature_key_read(&k, str_of(public_file), S(""), &e));
    assert_false(signature_public_read(&p, str_of(secret_file), &e));
    assert_false(signature_read(str_of(public_file), &said, &e));
}

static void secret_keys_that_cannot_be_used(void **state) {
    struct signature_key *k = NULL;
    struct buf b = {0};
    struct err e = {0};
    (void)state;

    assert_false(signature_key_read(&k, str_of(encrypted_file), S(""), &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.text, "encrypted"));
    /* The bytes that say how much memory scrypt takes: all ones. No such memory may be asked for. */
    copy_of(&b, str_of(encrypted_file));
    char *const line = b.ptr + str_find_byte(buf_str(&b), '\n') + 1;

    memset(line + 64, '/', 4);
    assert_false(signature_key_read(&k, buf_str(&b), S("pw"), &e));
    assert_int_equal(e.code, ERR_LIMIT);
    /* Of ours the checksum is there, and a bit that turned is found. */
    struct signature_key *ours;
    struct buf secret = {0};

    assert_true(signature_key_new(&ours, &e));
    assert_true(signature_key_write(ours, S(""), &secret, &e));
    secret.ptr[str_find_byte(buf_str(&secret), '\n') + 100] ^= 1;
    assert_false(signature_key_read(&k, buf_str(&secret), S(""), &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    signature_key_free(ours);
    buf_free(&secret);
    buf_free(&b);
}

/* A file as minisign lays it out, encrypted by little work: 2 algorithm, 2 scrypt, 2 checksum, 32 salt, 8 and 8 work, 104 that are encrypted. */
static void passwords(void **state) {
    static const struct {
        const char *password;
        enum err_code code;
    } tried[] = {{"correct horse", ERR_NONE}, {"correct horsf", ERR_USAGE}, {"correct", ERR_USAGE}, {"", ERR_USAGE}};
    uint8_t bytes[158], stream[104];
    size_t got;
    char line[300];
    struct buf plain = {0}, file = {0}, public = {0};
    struct signature_key *k, *again = NULL;
    struct err e = {0};
    (void)state;

    assert_true(signature_key_new(&k, &e));
    assert_true(signature_key_write(k, S(""), &plain, &e));
    signature_public_write(k, &public);
    str const base64 = str_trim(str_from(buf_str(&plain), str_find_byte(buf_str(&plain), '\n')));

    assert_int_equal(sodium_base642bin(bytes, sizeof bytes, base64.ptr, base64.len, NULL, &got, NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    assert_int_equal(got, sizeof bytes);
    memcpy(bytes + 2, "Sc", 2);
    memset(bytes + 6, 7, 32);
    bytes[39] = 0x80; /* 32,768 operations */
    bytes[49] = 0x01; /* 16 MiB */
    assert_int_equal(
        crypto_pwhash_scryptsalsa208sha256(stream, sizeof stream, "correct horse", 13, bytes + 6, 32768, 1 << 24), 0);
    for (size_t i = 0; i < sizeof stream; i++)
        bytes[54 + i] ^= stream[i];
    sodium_bin2base64(line, sizeof line, bytes, sizeof bytes, sodium_base64_VARIANT_ORIGINAL);
    buf_format(&file, "untrusted comment: x\n%s\n", line);
    for (size_t i = 0; i < COUNT(tried); i++) {
        struct buf same = {0};

        memset(&e, 0, sizeof e);
        if (signature_key_read(&again, buf_str(&file), str_of(tried[i].password), &e) != (tried[i].code == ERR_NONE) ||
            e.code != tried[i].code)
            fail_msg("%s: %s", tried[i].password, e.text);
        if (again) {
            signature_public_write(again, &same);
            assert_true(str_eq(buf_str(&same), buf_str(&public)));
        }
        signature_key_free(again);
        again = NULL;
        buf_free(&same);
    }
    signature_key_free(k);
    buf_free(&plain);
    buf_free(&file);
    buf_free(&public);
}

static void comments_are_one_line(void **state) {
    struct signature_key *k;
    struct buf out = {0};
    struct err e = {0};
    (void)state;

    assert_true(signature_key_new(&k, &e));
    assert_false(signature_make(k, str_of(message), S("a\nb"), &out, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(signature_make(k, str_of(message), S("a\rb"), &out, &e));
    buf_free(&out);
    signature_key_free(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_by_minisign),
        cmocka_unit_test(made_by_us),
        cmocka_unit_test(new_keys),
        cmocka_unit_test(spoilt),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(secret_keys_that_cannot_be_used),
        cmocka_unit_test(passwords),
        cmocka_unit_test(comments_are_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
