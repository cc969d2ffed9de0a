/* test_dkim: signatures. Messages are signed by tests/codec/dkim_sign.py, which shares no code with what verifies them; every byte of
 * a signed message changed; texts of keys, as many wrong as right; mails of public test suites whose keys are known; memory
 * that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/dkim.h"
#include "../folder.h"
#include "../reader/shared.h"
#include "../refuse.h"

#define NOW 1700000000 /* as dkim_sign.py has it */
#define ARENA (2u << 20)

static struct dkim_keys *keys_of(str text) {
    struct dkim_keys *keys;
    struct err e;

    if (!dkim_keys_read(&keys, S("keys"), text, &e))
        fail_msg("%s", e.text);
    return keys;
}

static void file(const char *name, struct buf *bytes) {
    struct err e;

    if (!file_read(name, 16u << 20, bytes, &e))
        fail_msg("%s", e.text);
}

static str cell(str *line, char end) {
    size_t const at = str_find_byte(*line, end);
    str const out = str_first(*line, at);

    *line = at == SIZE_MAX ? S("") : str_from(*line, at + 1);
    return out;
}

/* ---- what is signed elsewhere ---- */

/* The folder with the signed messages; made once, for all tests here. */
static int signed_enter(void **state) {
    const char *const source = getenv("LONGWATCH_SOURCE");
    char command[4096];

    assert_non_null(source);
    (void)snprintf(command, sizeof command, "/usr/bin/python3 '%s/tests/codec/dkim_sign.py' .", source);
    return folder_enter(state) || system(command);
}

static const char *const chain_results[] = {"none", "pass", "fail", "no key"};

static bool case_holds(str name, str kind, str result, str reason, str number, const struct dkim_keys *keys) {
    struct arena *const a = arena_new(ARENA);
    struct dkim_signature found[DKIM_SIGNATURES_MAX];
    struct arc_chain chain;
    struct buf message = {0};
    const char *why = NULL;
    uint64_t given;
    uint32_t count;
    char path[256];
    struct err e;
    str got;

    (void)snprintf(path, sizeof path, "%.*s.eml", STR_ARG(name));
    file(path, &message);
    if (str_eq(kind, S("arc"))) {
        assert_true(arc_verify(buf_str(&message), keys, a, &chain, &e));
        got = str_of(chain_results[chain.result]);
        why = chain.reason;
        given = chain.oldest_pass;
        if (chain.result == ARC_PASS)
            assert_true(chain.instances && str_eq(chain.sealers[chain.instances - 1], S("example.org")));
        if (!number.len)
            given = UINT64_MAX;
    } else {
        assert_true(dkim_verify(buf_str(&message), keys, NOW, a, found, &count, &e));
        assert_true(count >= 1);
        got = dkim_result_name(found[0].result);
        why = found[0].reason;
        given = found[0].body_length;
    }
    bool const holds = str_eq(got, result) &&
                       (!reason.len ? !str_eq(result, S("pass")) || !*why : str_eq(str_of(why), reason)) &&
                       (!number.len || given == strtoull(number.ptr, NULL, 10));

    if (!holds)
        print_message("%.*s: %.*s (%s), not %.*s (%.*s)\n", STR_ARG(name), STR_ARG(got), why, STR_ARG(result),
                      STR_ARG(reason));
    buf_free(&message);
    arena_free(a);
    return holds;
}

static void signed_elsewhere(void **state) {
    struct buf text = {0}, table = {0};
    size_t wrong = 0, cases = 0;
    struct dkim_keys *keys;
    (void)state;

    file("keys.txt", &text);
    file("cases.tsv", &table);
    keys = keys_of(buf_str(&text));
    for (str rest = buf_str(&table); rest.len; cases++) {
        str line = cell(&rest, '\n');
        str const name = cell(&line, '\t'), kind = cell(&line, '\t'), result = cell(&line, '\t');
        str const reason = cell(&line, '\t');

        wrong += !case_holds(name, kind, result, reason, line, keys);
    }
    print_message("%zu cases\n", cases);
    assert_int_equal(wrong, 0);
    assert_true(cases > 200);
    dkim_keys_free(keys);
    buf_free(&text);
    buf_free(&table);
}

/* From `b=` on: the last letter of its base64, of whose bits not all count. */
static size_t last_sextet(str message) {
    size_t const pads = str_find(message, S("=="));

    assert_true(pads != SIZE_MAX && pads > 0);
    return pads - 1;
}

static void no_byte_may_change(void **state) {
    static const char *const names[] = {"rsa-simple-simple-plain", "ed-simple-simple-plain"};
    struct buf text = {0};
    struct dkim_keys *keys;
    (void)state;

    file("keys.txt", &text);
    keys = keys_of(buf_str(&text));
    for (size_t n = 0; n < COUNT(names); n++) {
        struct buf message = {0};
        char path[256];
        str all;

        (void)snprintf(path, sizeof path, "%s.eml", names[n]);
        file(path, &message);
        all = buf_str(&message);
        size_t const unused = last_sextet(all), body = str_find(all, S("\r\n\r\n"));
        size_t changed = 0;

        for (size_t at = 0; at < all.len; at++) {
            struct arena *const a = arena_new(ARENA);
            struct dkim_signature found[DKIM_SIGNATURES_MAX];
            uint32_t count;
            struct err e;
            bool in_signed = at > body + 1; /* the line end there is of Message-ID, which is not signed */

            /* Which field is it? Of the header, its signature and from, to, subject, date are signed. */
            for (size_t line = at + 1; !in_signed && line > 0; line--)
                if (line == 1 || (all.ptr[line - 2] == '\n' && all.ptr[line - 1] != ' ' && all.ptr[line - 1] != '\t')) {
                    str const field = str_from(all, line - 1);

                    in_signed = str_starts(field, S("DKIM")) || str_starts(field, S("FROM")) ||
                                str_starts(field, S("To")) || str_starts(field, S("Subject")) ||
                                str_starts(field, S("Date"));
                    break;
                }
            if (in_signed && at != unused) {
                message.ptr[at] ^= 1;
                assert_true(dkim_verify(all, keys, NOW, a, found, &count, &e));
                if (count && found[0].result == DKIM_PASS)
                    fail_msg("%s: byte %zu may change", names[n], at);
                message.ptr[at] ^= 1;
                changed++;
            }
            arena_free(a);
        }
        assert_true(changed > 400);
        buf_free(&message);
    }
    dkim_keys_free(keys);
    buf_free(&text);
}

/* Each request refused in turn: nothing but ERR_MEMORY comes of it, and no other answer. */
static void memory_may_run_out(void **state) {
    struct buf text = {0}, message = {0}, chain = {0};
    size_t refused = 0;
    (void)state;

    REFUSE_OR_SKIP();
    file("keys.txt", &text);
    file("rsa-relaxed-relaxed-plain.eml", &message);
    file("arc-2.eml", &chain);
    dkim_keys_free(keys_of(buf_str(&text))); /* OpenSSL sets itself up */
    for (long left = 0;; left++) {
        struct dkim_keys *keys = NULL;
        struct err e = {0};

        memory_refused = false;
        memory_left = left;
        bool const ok = dkim_keys_read(&keys, S("keys"), buf_str(&text), &e);

        memory_left = -1;
        if (ok)
            dkim_keys_free(keys);
        else
            assert_int_equal(e.code, ERR_MEMORY);
        if (!memory_refused)
            break;
        refused++;
        if (left > 400)
            left += 37; /* the keys are alike */
    }
    struct dkim_keys *const keys = keys_of(buf_str(&text));

    for (int way = 0; way < 4; way++)
        for (long left = 0;; left++) {
            bool const arc = way % 2;
            struct arena *const a = arena_new(ARENA);
            struct dkim_signature found[DKIM_SIGNATURES_MAX];
            struct arc_chain sets;
            struct err e = {0};
            uint32_t count = 0;

            memory_refused = false;
            memory_left = left;
            memory_gone_for_good = way >= 2;
            bool const ok = arc ? arc_verify(buf_str(&chain), keys, a, &sets, &e)
                                : dkim_verify(buf_str(&message), keys, NOW, a, found, &count, &e);

            memory_left = -1;
            if (ok)
                assert_true(arc ? sets.result == ARC_PASS : count == 1 && found[0].result == DKIM_PASS);
            else
                assert_int_equal(e.code, ERR_MEMORY);
            arena_free(a);
            if (!memory_refused)
                break;
            refused++;
        }
    assert_true(refused > 20);
    dkim_keys_free(keys);
    buf_free(&text);
    buf_free(&message);
    buf_free(&chain);
}

static void an_arena_may_be_full(void **state) {
    struct buf text = {0}, message = {0};
    struct dkim_keys *keys;
    (void)state;

    file("keys.txt", &text);
    file("arc-50.eml", &message);
    keys = keys_of(buf_str(&text));
    for (int arc = 0; arc < 2; arc++)
        for (size_t limit = 0;; limit += 97) {
            struct arena *const a = arena_new(limit);
            struct dkim_signature found[DKIM_SIGNATURES_MAX];
            struct arc_chain chain;
            struct err e = {0};
            uint32_t count;
            bool const ok = arc ? arc_verify(buf_str(&message), keys, a, &chain, &e)
                                : dkim_verify(buf_str(&message), keys, NOW, a, found, &count, &e);

            arena_free(a);
            if (ok)
                break;
            assert_int_equal(e.code, ERR_MEMORY);
            assert_true(limit < 1u << 20); /* as the header has it */
        }
    dkim_keys_free(keys);
    buf_free(&text);
    buf_free(&message);
}

/* ---- texts of keys ---- */

#define P "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
static const struct {
    const char *name;
    str text;
    const char *wrong; /* NULL: it can be read */
} texts[] = {
    {"nothing", STR(""), NULL},
    {"comments and empty lines", STR("# one\n\n  ; two\n\r\n$TTL 1h\n"), NULL},
    {"bare", STR("a._domainkey.example.org k=ed25519; " P "\n"), NULL},
    {"no line end", STR("a._domainkey.example.org k=ed25519; " P), NULL},
    {"CRLF, byte order mark",
     STR("\xef\xbb\xbf"
         "a._domainkey.example.org " P "\r\n"),
     NULL},
    {"a point behind the name", STR("a._domainkey.example.org. IN TXT \"" P "\""), NULL},
    {"TXT without quotes", STR("a._domainkey.example.org TXT " P), NULL},
    {"TTL before and behind the class", STR("a._domainkey.example.org 1w IN 300 TXT \"" P "\""), NULL},
    {"pieces", STR("a._domainkey.example.org TXT \"k=ed25519\" \"; \" \"" P "\""), NULL},
    {"escapes", STR("a._domainkey.example.org TXT \"k=ed25519\\; \\112=\\\"\\\\\""), NULL},
    {"brackets over lines", STR("a._domainkey.example.org IN TXT ( \"k=ed25519; \" ; one\n # \n \"" P "\" )\n"),
     "2: the text"},
    {"brackets over lines, well", STR("a._domainkey.example.org IN TXT ( \"k=ed25519; \" ; one\n\n \"" P "\"\n)\n"),
     NULL},
    {"a record that is none is no error", STR("a._domainkey.example.org v=DKIM1; nothing"), NULL},
    {"no record", STR("\na._domainkey.example.org\n"), "keys:2: no record follows the name"},
    {"no record behind TXT", STR("a._domainkey.example.org IN TXT \n"), "keys:1: no record follows the name"},
    {"no label", STR("a.example.org " P), "keys:1: no whole name"},
    {"no selector", STR("._domainkey.example.org " P), "keys:1: no whole name"},
    {"no domain", STR("a._domainkey " P), "keys:1: no whole name"},
    {"no domain but a point", STR("a._domainkey. " P), "keys:1: no whole name"},
    {"$ORIGIN", STR("$ORIGIN example.org.\n"), "keys:1: no whole name"},
    {"CNAME", STR("a._domainkey.example.org IN CNAME b.example.com.\n"), "keys:1: this is no key record"},
    {"open quote", STR("a._domainkey.example.org TXT \"p=\n\"\n"), "keys:1: a quote is not closed"},
    {"open quote at the end", STR("a._domainkey.example.org TXT \"p="), "keys:1: a quote is not closed"},
    {"open bracket", STR("a._domainkey.example.org TXT (\"p=\"\n"), "a bracket is not closed"},
    {"bracket in bracket", STR("a._domainkey.example.org TXT ((\"p=\"))\n"), "keys:1: the text of a TXT record"},
    {"words behind quotes", STR("a._domainkey.example.org TXT \"p=\" more\n"), "keys:1: the text of a TXT record"},
    {"an escape of two digits", STR("a._domainkey.example.org TXT \"\\12\"\n"), "keys:1: this escape is none"},
    {"an escape beyond a byte", STR("a._domainkey.example.org TXT \"\\256\"\n"), "keys:1: this escape is none"},
    {"an escape at the end", STR("a._domainkey.example.org TXT \"\\"), "keys:1: this escape is none"},
    {"only brackets", STR("a._domainkey.example.org TXT ()\n"), "keys:1: no text follows TXT"},
};

static void texts_of_keys(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct dkim_keys *keys;
        struct err e;

        if (dkim_keys_read(&keys, S("keys"), texts[i].text, &e)) {
            dkim_keys_free(keys);
            if (texts[i].wrong)
                fail_msg("%s: it was read", texts[i].name);
        } else if (!texts[i].wrong || e.code != ERR_USAGE || !strstr(e.text, texts[i].wrong)) {
            fail_msg("%s: %s", texts[i].name, e.text);
        }
    }
    dkim_keys_free(NULL);
}

static void a_record_has_a_bound(void **state) {
    static const str head = STR("a._domainkey.example.org ");
    struct buf text = {0};
    struct dkim_keys *keys;
    struct err e;
    (void)state;

    buf_add(&text, head);
    buf_add(&text, S("n="));
    while (text.len < head.len + 65536)
        buf_byte(&text, 'x');
    dkim_keys_free(keys_of(buf_str(&text)));
    buf_byte(&text, 'x');
    assert_false(dkim_keys_read(&keys, S("keys"), buf_str(&text), &e));
    assert_int_equal(e.code, ERR_USAGE);
    buf_free(&text);
}

/* ---- messages that nobody signed so ---- */

#define SIGNED                                                                                                         \
    "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=a; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; " \
    "b=AAAA\r\n"
static const struct {
    const char *name;
    str message;
    uint32_t count;
    enum dkim_result result; /* of the first */
    const char *reason;
} odd[] = {
    {"nothing", STR(""), 0, DKIM_PASS, ""},
    {"no header", STR("\r\n" SIGNED), 0, DKIM_PASS, ""},
    {"nothing but a signature", STR(SIGNED), 1, DKIM_NO_KEY, "key not given"},
    {"behind the From line of a mailbox", STR("From a@b Mon Jan  1\n" SIGNED "\r\n"), 1, DKIM_NO_KEY, "key not given"},
    {"behind a line that is no field", STR("no field\r\n" SIGNED "\r\n"), 0, DKIM_PASS, ""},
    {"behind a name with a blank", STR("X Y: field\r\n" SIGNED "\r\n"), 0, DKIM_PASS, ""},
    {"a fold first", STR(" : field\r\n" SIGNED "\r\n"), 0, DKIM_PASS, ""},
    {"blank before the colon", STR("dkim-signature : v=1\r\n"), 1, DKIM_PERMERROR, "a= is missing"},
    {"an empty one", STR("DKIM-Signature:\r\n"), 1, DKIM_PERMERROR, "signature cannot be read"},
    {"half a tag", STR("DKIM-Signature: v\r\n"), 1, DKIM_PERMERROR, "signature cannot be read"},
    {"two", STR(SIGNED SIGNED), 2, DKIM_NO_KEY, "key not given"},
};

static void odd_messages(void **state) {
    struct dkim_keys *const keys = keys_of(S(""));
    (void)state;

    for (size_t i = 0; i < COUNT(odd); i++) {
        struct arena *const a = arena_new(ARENA);
        struct dkim_signature found[DKIM_SIGNATURES_MAX];
        uint32_t count;
        struct err e;

        assert_true(dkim_verify(odd[i].message, keys, NOW, a, found, &count, &e));
        if (count != odd[i].count ||
            (count && (found[0].result != odd[i].result || strcmp(found[0].reason, odd[i].reason) != 0)))
            fail_msg("%s: %u, %s", odd[i].name, count, count ? found[0].reason : "");
        arena_free(a);
    }
    dkim_keys_free(keys);
}

static void bounds_of_messages(void **state) {
    struct dkim_keys *const keys = keys_of(S(""));
    struct dkim_signature found[DKIM_SIGNATURES_MAX];
    struct arc_chain chain;
    uint32_t count;
    struct err e;
    (void)state;

    for (int kind = 0; kind < 4; kind++) {
        struct arena *const a = arena_new(1u << 20);
        struct buf message = {0};

        for (int i = 0; i < 17; i++)
            buf_add(&message, S(SIGNED));
        for (int i = 17; i < 4096; i++)
            buf_add(&message, S("X: y\r\n"));
        if (kind == 1)
            buf_add(&message, S("X: y\r\n")); /* one field too many */
        if (kind >= 2) {
            message.len -= 2;
            while (message.len < (1u << 20) - 2 + (kind == 3)) /* the last is one byte too long */
                buf_byte(&message, 'y');
            buf_add(&message, S("\r\n"));
        }
        assert_true(dkim_verify(buf_str(&message), keys, NOW, a, found, &count, &e));
        assert_int_equal(count, DKIM_SIGNATURES_MAX);
        assert_int_equal(found[15].result, kind % 2 ? DKIM_PERMERROR : DKIM_NO_KEY);
        if (kind % 2)
            assert_string_equal(found[15].reason, "header too large");
        arena_reset(a);
        assert_true(arc_verify(buf_str(&message), keys, a, &chain, &e));
        assert_int_equal(chain.result, kind % 2 ? ARC_FAIL : ARC_NONE);
        arena_free(a);
        buf_free(&message);
    }
    dkim_keys_free(keys);
}

/* ---- mails of others ---- */

/* Keys as RFC 8463 A.2 and rspamd's functional tests publish them. */
static const str known_keys =
    STR("brisbane._domainkey.football.example.com v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
        "test._domainkey.football.example.com v=DKIM1; k=rsa; "
        "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3id"
        "Y6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/"
        "8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVY"
        "LzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n"
        "dkim._domainkey.cacophony.za.org v=DKIM1; k=rsa; "
        "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDXtxBE5IiNRMcq2/lc2zErfdCvDF"
        "yQNBnMjbOjBQrPST2k4fdGbtpe5Iu5uS01Met+dAEf94XL8I0hwmYw+n70PP834zfJGi2egwGqrakpaWsCDPvIJZLkxJCJKQRA/"
        "zrQ622uEXdvYixVbs"
        "EGVw7U4wAGSmT5rU2eU1y63AlOlQIDAQAB\n"
        "dkim._domainkey.rspamd.com v=DKIM1; k=rsa; "
        "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCd/XhZBEGGAss48lEuMmwZv9lOFf6FTllB"
        "iQ3sPhdTpDdIPaW9TInW7iYnYD/bXHeVxYAyD/"
        "sKhYk6+qGBRu10rEi+iyPvLCIED+Boq0tEQosuKuV6Fjoomb+QhZY9KdjyZTjsrFPZ+wCkUY/30uTm"
        "pX2SwSqyxxlK0pUIsRgMAQIDAQAB\n"
        "dkim._domainkey.highsecure.ru "
        "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDK4ZQYky30GH0Ak9OQ1fv3IdFNbpOtpa4S/PR20ZLgPXfd/F"
        "CA//ztUmu7kHlELI+/+4f8W+xX0oZlOc/cFxhopRjXZMlSsQqmWOZ40/GxWFBtcqafKu78FCqO7URqZUmMCM5Jlp4zt/"
        "yzH3dbYNG3i5PVlB5QtQnZvY"
        "+dvBL3dwIDAQAB\n");

static const struct {
    const char *path;
    uint32_t which, count;
    enum dkim_result result;
    const char *reason;
} mails[] = {
    {"mail/rspamd-tests/ed25519.eml", 0, 2, DKIM_PASS, ""},
    {"mail/rspamd-tests/ed25519.eml", 1, 2, DKIM_PASS, ""},
    {"mail/rspamd-tests/ed25519-broken.eml", 0, 2, DKIM_FAIL, NULL},
    {"mail/rspamd-tests/dmarc/good_dkim_rspamd.eml", 0, 1, DKIM_PASS, ""},
    {"mail/rspamd-tests/dmarc/bad_dkim_highsecure.eml", 0, 1, DKIM_FAIL, NULL},
    {"mail/rspamd-tests/dkim_huge_hlist.eml", 0, 1, DKIM_PERMERROR, "bh= cannot be read"},
    {"mail/rspamd-tests/dkim_many_sigs.eml", 5, 6, DKIM_NO_KEY, "key not given"},
};

static void mails_of_others(void **state) {
    struct dkim_keys *const keys = keys_of(known_keys);
    size_t wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(mails); i++) {
        struct arena *const a = arena_new(ARENA);
        struct dkim_signature found[DKIM_SIGNATURES_MAX];
        struct buf message = {0};
        uint32_t count;
        struct err e;

        if (!shared_file(mails[i].path, &message)) {
            arena_free(a);
            dkim_keys_free(keys);
            skip();
        }
        assert_true(dkim_verify(buf_str(&message), keys, -1, a, found, &count, &e));
        if (count != mails[i].count || found[mails[i].which].result != mails[i].result ||
            (mails[i].reason && strcmp(found[mails[i].which].reason, mails[i].reason) != 0)) {
            wrong++;
            print_message("%s: %u, %.*s: %s\n", mails[i].path, count,
                          STR_ARG(dkim_result_name(found[mails[i].which].result)), found[mails[i].which].reason);
        }
        buf_free(&message);
        arena_free(a);
    }
    assert_int_equal(wrong, 0);
    dkim_keys_free(keys);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_keys),      cmocka_unit_test(a_record_has_a_bound), cmocka_unit_test(odd_messages),
        cmocka_unit_test(bounds_of_messages), cmocka_unit_test(mails_of_others),
    };
    const struct CMUnitTest signed_tests[] = {
        cmocka_unit_test(signed_elsewhere),
        cmocka_unit_test(no_byte_may_change),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(an_arena_may_be_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) + cmocka_run_group_tests(signed_tests, signed_enter, folder_leave);
}
