/* test_observable_key: what is keyed beyond what tests/detection asks: raw types, hosts and paths that stand apart, telephone numbers of whatever
 * country, too many URLs in one; that keys depend on the secret; and memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/web_address.h"
#include "event/phone.h"
#include "intel/intel_set.h"

#include "../refuse.h"
#include "key_check.h"

#define T(x) OBSERVABLE_##x

static bool asks(struct key_check *c, enum observable type, const char *value) {
    struct buf out = {0};
    const char *why;

    if (!observable_canonical(type, str_of(value), &out, &why))
        fail_msg("%s: %s", value, why);
    bool const yes = key_check_asks(c, type, buf_str(&out));

    buf_free(&out);
    return yes;
}

/* Of an indicator that is not there an index may say "perhaps": the last column says that it does. */
static const struct {
    enum observable type;
    const char *value, *text;
    bool asked;
} cases[] = {
    {T(URL), "http://evil.example/", "https://evil.example", true},
    {T(URL), "http://evil.example/", "see evil.example.", true}, /* a host is a host */
    {T(URL), "http://evil.example/", "sub.evil.example", true},
    {T(URL), "http://evil.example/", "evil.example.org", false},
    {T(URL), "http://evil.example/a", "evil.example", false},
    {T(URL), "http://evil.example:8080/", "http://evil.example:8080/", true},
    {T(URL), "http://evil.example:8080/", "http://evil.example/", false},
    {T(URL), "http://192.0.2.6/", "192.0.2.6", true},
    {T(URL), "http://[2001:db8::6]/", "2001:db8::6", true},
    {T(URL), "http://[2001:db8::6]/x", "http://[2001:DB8::6]/x", true},
    {T(URL), "http://[2001:db8::6]/x", "http://[2001:DB8::6]/y", false},
    {T(FILE_NAME), "an odd name.exe", "c:\\x\\another odd name.exe", true}, /* the last word is kept */
    {T(FILE_NAME), "an odd name.exe", "c:\\x\\an odd thing.exe", false},
    {T(FILE_PATH), "c:\\users\\jo\\odd\\x.exe", "/home/ann/jo/odd/x.exe", true}, /* two folders are */
    {T(FILE_PATH), "c:\\users\\jo\\odd\\x.exe", "c:\\users\\ann\\odd\\x.exe", false},
    {T(FILE_PATH), "%appdata%\\odd\\x.exe", "C:\\Users\\jo\\AppData\\Roaming\\odd\\x.exe", true},
    {T(FILE_PATH), "%appdata%\\x.exe", "cmd /c %APPDATA%\\x.exe -q", true},
    {T(FILE_PATH), "%temp%\\odd\\x.exe", "start \"%TMP%\\odd\\x.exe\"", true},
    {T(FILE_PATH), "c:\\program files (x86)\\odd\\x.exe", "run %ProgramFiles(x86)%\\odd\\x.exe", true},
    {T(FILE_PATH), "/usr/lib/odd/implant", "/usr/lib/odd/implant -d", true},
    {T(FILE_PATH), "/usr/lib/odd/implant", "/usr/lib/even/implant", false},
    {T(FILE_PATH), "()/b/a.exe", "c:/foo ()/b/a.exe", true}, /* a folder of signs that end words */
    {T(FILE_PATH), ")/a.exe", "c:/foo ()/a.exe", true},
    {T(FILE_PATH), ")/a.exe", "c:/foo ()/b.exe", false},
    {T(FILE_NAME), "implant", "implant", true},
    {T(FILE_NAME), "implant", "the implant", false},
    {T(FILE_NAME), "1.2.3.4", "nothing at all", true}, /* no index keeps such names: each segment is looked at */
    {T(TEXT), "some odd words", "nothing at all", true},
    /* Nor short numbers, times, and what is very long; but what is near them. */
    {T(ACCOUNT), "123456", "nothing at all", true},
    {T(ACCOUNT), "1234567", "nothing at all", false},
    {T(ACCOUNT), "1234567", "1234567", true},
    {T(ACCOUNT), "c12345", "nothing at all", false},
    {T(ACCOUNT), "C12345", "c12345", true},
    {T(MUTEX), "0x12345678901", "nothing at all", true},
    {T(MUTEX), "0x123456789012", "nothing at all", false},
    {T(MUTEX), "0x123456789012", "0x123456789012", true},
    {T(CERTIFICATE), "12345ab", "nothing at all", true}, /* it may stand as 0x12345ab */
    {T(CERTIFICATE), "12345ab", "0x12345AB", true},
    {T(CERTIFICATE), "0a1b2c3d4e5f6071", "nothing at all", false},
    {T(CERTIFICATE), "0a1b2c3d4e5f6071", "0A:1B:2C:3D:4E:5F:60:71", true},
    {T(MUTEX), "{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}", "nothing at all", false},
    {T(MUTEX), "{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}", "{0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9}", true},
    {T(MUTEX), "{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", false},
    {T(SUBJECT), "2024-05-01T10:00:00.123Z", "nothing at all", true},
    {T(SUBJECT), "12:30 - 14:00", "nothing at all", true},
    {T(SUBJECT), "12:30 - noon", "nothing at all", false},
    {T(SUBJECT), "12:30 - noon", "12:30 - Noon", true},
    {T(PHONE), "+4930123456", "nothing at all", false},
    {T(PHONE), "+4930123456", "+49 30 123456", true},
    {T(PHONE), "+4930123456", "030/123456", true},
    {T(PHONE), "+4930123456", "+49 30 1234567", false},
    {T(FILE_NAME), "0x1f2e", "nothing at all", true},
    {T(FILE_NAME), "x1f2e", "nothing at all", false},
    {T(USER_AGENT), "8f6f0ac4-b9a1-45fd-a8cf-72f04e6bde8f", "{8F6F0AC4-B9A1-45FD-A8CF-72F04E6BDE8F}", false},
    {T(USER_AGENT), "8f6f0ac4-b9a1-45fd-a8cf-72f04e6bde8f", "8F6F0AC4-B9A1-45FD-A8CF-72F04E6BDE8F", true},
    {T(MUTEX), "Global\\{8f6f0ac4-b9a1-45fd-a8cf-72f04e6bde8f}", "{8F6F0AC4-B9A1-45FD-A8CF-72F04E6BDE8F}", true},
    {T(NETWORK), "192.0.2.0/24", "from 192.0.2.255 port 22", true},
    {T(NETWORK), "192.0.2.0/24", "from 192.0.3.0 port 22", false},
    {T(NETWORK), "2001:db8::/32", "2001:db8:ffff::1", true},
    {T(COMMAND), "whoami /all", "whoami  \t/ALL", true},
    {T(USER_AGENT), "Odd  Agent/1", "odd agent/1", true}, /* blanks are one */
    {T(USER_AGENT), "Odd Agent/1", "odd agent/2", false},
    {T(AS), "AS64500", "as64500", true},
    {T(MAIL), "jo@mail.example", "\"Jo\" <jo@mail.example>", true},
    {T(MAIL), "jo@mail.example", "ann@mail.example", false},
};

static void as_written(void **state) {
    struct key_check c;
    (void)state;

    key_check_begin(&c);
    for (size_t i = 0; i < COUNT(cases); i++) {
        key_check_text(&c, str_of(cases[i].text));
        if (asks(&c, cases[i].type, cases[i].value) != cases[i].asked)
            fail_msg("%s in \"%s\": %sasked for", cases[i].value, cases[i].text, cases[i].asked ? "not " : "");
    }
    key_check_end(&c);
}

static void of_raw_types(void **state) {
    static const char wide[] = "e\0v\0i\0l\0.\0e\0x\0a\0m\0p\0l\0e\0\0";
    static const uint8_t md5[] = {0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0,    0xb2, 4,
                                  0xe9, 0x80, 9,    0x98, 0xec, 0xf8, 0x42, 0x7e};
    static const uint8_t sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
    struct key_check c;
    (void)state;

    key_check_begin(&c);
    key_check_more(&c, RAW_UTF16, (str){wide, sizeof wide - 1});
    assert_true(asks(&c, T(DOMAIN), "evil.example"));
    key_check_more(&c, RAW_BINARY, (str){(const char *)md5, sizeof md5});
    assert_true(asks(&c, T(MD5), "d41d8cd98f00b204e9800998ecf8427e"));
    key_check_more(&c, RAW_SID, (str){(const char *)sid, sizeof sid});
    assert_true(asks(&c, T(ACCOUNT), "S-1-5-32-544"));
    size_t const count = c.count;

    /* In these a hunt looks for nothing. */
    key_check_more(&c, RAW_NUMBER, S("4930123456"));
    key_check_more(&c, RAW_GUID, (str){(const char *)md5, sizeof md5});
    key_check_more(&c, RAW_NULL, S(""));
    key_check_more(&c, RAW_TEXT, S("x.y")); /* too short */
    key_check_more(&c, RAW_TEXT, S("123456"));
    key_check_more(&c, RAW_TEXT, S("0x3e7"));
    key_check_more(&c, RAW_TEXT, S("2024-05-01 10:00:00"));
    assert_int_equal(c.count, count);
    key_check_more(&c, RAW_TEXT, S("evil\xff odd.example")); /* repaired, as in a block */
    assert_true(asks(&c, T(DOMAIN), "odd.example"));
    key_check_end(&c);
}

/* Of whole values those of 255 bytes are kept, and of hexadecimal digits those of 64. */
static void long_values(void **state) {
    struct key_check c;
    char text[300];
    (void)state;

    key_check_begin(&c);
    for (size_t len = 250; len < 260; len++) {
        memset(text, 'x', len);
        text[len] = '\0';
        key_check_text(&c, S("nothing at all"));
        assert_int_equal(asks(&c, T(USER_AGENT), text), len > 255);
        key_check_text(&c, str_of(text));
        assert_true(asks(&c, T(USER_AGENT), text));
        memset(text + 100, ' ', len - 110); /* blanks are one: it is short */
        key_check_text(&c, S("nothing at all"));
        assert_false(asks(&c, T(USER_AGENT), text));
        key_check_text(&c, str_of(text));
        assert_true(asks(&c, T(USER_AGENT), text));
    }
    for (size_t len = 60; len < 70; len++) {
        memset(text, 'a', len);
        text[len] = '\0';
        key_check_text(&c, S("nothing at all"));
        assert_int_equal(asks(&c, T(SERVICE), text), len > 64);
        text[len / 2] = 'g';
        assert_false(asks(&c, T(SERVICE), text));
    }
    key_check_end(&c);
}

/* A log that holds host, path and query apart: a hunt puts them together (detection/indicator.c). */
static void hosts_and_paths(void **state) {
    static const char *const hosts[] = {"evil.example",     "EVIL.example:8080", "192.0.2.6",
                                        "[2001:db8::6]:81", "evil%2Eexample",    "jo.evil.example:443"};
    static const char *const paths[] = {"/",
                                        "/gate.php",
                                        "/a/../Gate.php?x=1",
                                        "//x//y",
                                        "/%7Ejo/",
                                        "/a?b?c",
                                        "/r?u=http://x.example/y",
                                        "/x#y",
                                        "/a/..",
                                        "/a...",
                                        "/a%",
                                        "/a%4",
                                        "/a\xe2\x80\xa6"};
    static const char *const queries[] = {"", "?q=1", "q=2&amp;r"};
    enum { LAST_SURE = 8 }; /* the others may be cut: of these the host is asked for alone */
    struct arena *const a = arena_new(1 << 20);
    struct key_check c;
    (void)state;

    key_check_begin(&c);
    for (size_t h = 0; h < COUNT(hosts); h++)
        for (size_t p = 0; p < COUNT(paths); p++)
            for (size_t q = 0; q < COUNT(queries); q++) {
                struct web_address w;
                struct buf url = {0};
                const char *why;

                arena_reset(a);
                assert_true(web_address_join(str_of(hosts[h]), str_of(paths[p]), str_of(queries[q]), a, &w));
                key_check_text(&c, str_of(hosts[h]));
                assert_true(observable_canonical(T(URL), w.key, &url, &why));
                bool const alone = key_check_asks(&c, T(URL), buf_str(&url));

                if (paths[p][1]) /* of one byte nothing is keyed (hunt/archive_keys.c) */
                    key_check_more(&c, RAW_TEXT, str_of(paths[p]));
                if (!key_check_asks(&c, T(URL), buf_str(&url)))
                    fail_msg("%s and %s%s: %.*s is not asked for", hosts[h], paths[p], queries[q], STR_ARG(w.key));
                str path, query;

                intel_url_parts(buf_str(&url), &path, &query);
                assert_true(alone == (path.len == 1) || p > LAST_SURE);
                buf_free(&url);
            }
    key_check_text(&c, S("evil.example"));
    key_check_more(&c, RAW_TEXT, S("/gate.php"));
    assert_false(asks(&c, T(URL), "http://evil.example/other.php"));
    assert_false(asks(&c, T(URL), "http://other.example/gate.php"));
    key_check_end(&c);
    arena_free(a);
}

/* Only the first URLs within a URL are read; of the others the hosts are known. */
static void urls_within(void **state) {
    struct buf text = {0};
    struct key_check c;
    char url[64];
    (void)state;

    for (unsigned i = 0; i < 60; i++)
        buf_format(&text, "%s//h%u.example/p%u", i ? "&u=" : "http:", i, i);
    key_check_begin(&c);
    key_check_text(&c, buf_str(&text));
    for (unsigned i = 0; i < 60; i++) {
        snprintf(url, sizeof url, "http://h%u.example/p%u", i, i);
        if (i == 59)
            assert_true(asks(&c, T(URL), url));
        snprintf(url, sizeof url, "h%u.example", i);
        assert_true(asks(&c, T(DOMAIN), url));
    }
    assert_true(asks(&c, T(URL), "http://h50.example/x/y")); /* not read: perhaps */
    assert_false(asks(&c, T(URL), "http://h3.example/x/y")); /* read: no */
    key_check_end(&c);
    buf_free(&text);
}

/* Whatever the country in which it was written turns out to be. */
static void telephones(void **state) {
    static const char *const countries[] = {"DE", "HU", "IT", "RU", "US", "AU", "FI",
                                            "TW", "JP", "GB", "CZ", "AD", "LT"};
    static const char *const numbers[] = {"030 123456",
                                          "06 1 234 5678",
                                          "06-30-1234567",
                                          "8 (495) 123-45-67",
                                          "1 212 555 0123",
                                          "212 555 0123",
                                          "0011 49 30 123456",
                                          "00 49 30 123456",
                                          "011 49 30 123456",
                                          "810 49 30 123456",
                                          "tel:030-123456",
                                          "sip:030123456@x.example",
                                          "+49 (0)30 123456",
                                          "06 12345678",
                                          "0301234567",
                                          "123456789",
                                          "002 49 30 123456",
                                          "010 49 30 123456",
                                          "12345",
                                          "0212345678"};
    struct key_check c;
    unsigned whole = 0, not_asked = 0;
    (void)state;

    key_check_begin(&c);
    for (size_t n = 0; n < COUNT(numbers); n++) {
        key_check_text(&c, str_of(numbers[n]));
        for (size_t k = 0; k < COUNT(countries); k++) {
            char out[PHONE_TEXT];
            str result;

            if (!phone_e164(str_of(numbers[n]), phone_country(str_of(countries[k])), out, &result))
                continue;
            whole++;
            if (!key_check_asks(&c, T(PHONE), result))
                fail_msg("%s in %s is %.*s, and that is not asked for", numbers[n], countries[k], STR_ARG(result));
        }
        not_asked += !asks(&c, T(PHONE), "+49 89 9876543");
    }
    assert_true(whole > 60);
    assert_int_equal(not_asked, COUNT(numbers));
    key_check_end(&c);
}

static void secrets(void **state) {
    static const uint8_t secret[OBSERVABLE_SECRET] = "another secret";
    struct observable_keys *other;
    struct observable_ask mine, theirs;
    struct key_check c, again;
    struct err e;
    (void)state;

    key_check_begin(&c);
    key_check_begin(&again);
    assert_true(observable_keys_new(&other, secret, &e));
    assert_true(observable_keys_made(c.keys) == observable_keys_made(again.keys));
    assert_true(observable_keys_made(c.keys) != observable_keys_made(other));
    assert_true(observable_ask_of(c.keys, T(DOMAIN), S("evil.example"), &mine, &e));
    assert_true(observable_ask_of(other, T(DOMAIN), S("evil.example"), &theirs, &e));
    assert_true(mine.ways[0].keys[0] != theirs.ways[0].keys[0]);
    /* The same letters are another key as something else. */
    assert_true(observable_ask_of(c.keys, T(USER_AGENT), S("evil.example"), &theirs, &e));
    assert_true(mine.ways[0].keys[0] != theirs.ways[0].keys[0]);
    /* They are written to disk, and stay. Reckoned apart (Python's hashlib, SipHash-2-4 by its paper): docs/formats/archive-index.md. */
    assert_true(mine.ways[0].keys[0] == UINT64_C(0x802e13c89e000000));
    observable_keys_free(other);
    key_check_end(&c);
    key_check_end(&again);
}

/* ---- once ---- */

static int by_key(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int by_address(const void *a, const void *b) {
    const struct address *const x = a, *const y = b;

    return x->family != y->family ? (int)x->family - (int)y->family : memcmp(x->bytes, y->bytes, sizeof x->bytes);
}

/* Rising, each once. */
static void settle(struct key_check *c) {
    size_t kept = 0;

    qsort(c->all, c->count, sizeof *c->all, by_key);
    for (size_t i = 0; i < c->count; i++)
        if (!kept || c->all[kept - 1] != c->all[i])
            c->all[kept++] = c->all[i];
    c->count = kept;
    kept = 0;
    qsort(c->addresses, c->address_count, sizeof *c->addresses, by_address);
    for (size_t i = 0; i < c->address_count; i++)
        if (!kept || by_address(&c->addresses[kept - 1], &c->addresses[i]) != 0)
            c->addresses[kept++] = c->addresses[i];
    c->address_count = kept;
}

/* Values as a log has them: parts of each are in others, whole ones come again, in other raw types too, and there are more of them than are
 * remembered. */
static void log_keyed(struct key_check *c, unsigned rows) {
    char text[256];

    for (size_t i = 0; i < COUNT(cases); i++)
        for (unsigned again = 0; again < 2; again++) {
            key_check_more(c, RAW_TEXT, str_of(cases[i].text));
            key_check_more(c, RAW_BINARY, str_of(cases[i].text));
        }
    for (unsigned i = 0; i < rows; i++) {
        unsigned const few = i % 17, more = i % 250, many = i % 5021, most = i % 40009;
        int len;

        switch (i % 7) {
        case 0:
            len = snprintf(text, sizeof text, "C:\\Users\\jo%u\\AppData\\odd %u\\x%u.exe -k %u", few, more, many, most);
            break;
        case 1:
            len = snprintf(text, sizeof text, "https://h%u.site%u.example:8080/d%u/f%u.aspx?id=%u", more, few, many,
                           few, most);
            break;
        case 2:
            len = snprintf(text, sizeof text, "GET /s%u/f%u%%2Easpx from 192.0.2.%u or 2001:db8::%u, n%u@s%u.example",
                           few, many, more, few, more, few);
            break;
        case 3:
            len = snprintf(text, sizeof text, "%%temp%%\\a%u\\n%u.dll;h%u.site%u.example", more, many, more, few);
            break;
        case 4:
            len = snprintf(text, sizeof text, "/h%u.site%u.example/f%u.aspx", more, few, few);
            break;
        case 5:
            len = snprintf(text, sizeof text, "192.0.2.%u:443", more);
            break;
        default:
            len = snprintf(text, sizeof text, "S\xc3\xa3o%u\\Stra\xc3\x9f\x45%u\\\xc3\x84%u.txt", few, many, more);
        }
        key_check_more(c, i % 11 ? RAW_TEXT : RAW_BINARY, (str){text, (size_t)len});
    }
}

static void told_once(void **state) {
    enum { ROWS = 90000 };
    struct key_check each, once;
    (void)state;

    key_check_begin(&each);
    key_check_begin(&once);
    log_keyed(&each, ROWS);
    size_t const told = each.count;

    settle(&each);
    assert_true(each.count > (1u << 15) && each.address_count > 200);
    for (unsigned pile = 1; pile <= 2; pile++) { /* what the first one was told the second one is told as well */
        observable_keys_pile(once.keys, pile);
        once.count = once.address_count = 0;
        log_keyed(&once, ROWS);
        assert_true(once.count < told - told / 8);
        settle(&once);
        assert_int_equal(once.count, each.count);
        assert_memory_equal(once.all, each.all, each.count * sizeof *each.all);
        assert_int_equal(once.address_count, each.address_count);
        for (size_t i = 0; i < each.address_count; i++)
            assert_int_equal(by_address(&once.addresses[i], &each.addresses[i]), 0);
    }
    observable_keys_pile(once.keys, 0);
    for (unsigned again = 0; again < 2; again++) {
        once.count = 0;
        key_check_more(&once, RAW_TEXT, S("c:\\odd\\x.exe h1.site1.example"));
        assert_true(once.count > 3);
    }
    key_check_end(&each);
    key_check_end(&once);
}

static bool stop(void *ctx, uint64_t key, struct err *e) {
    (void)key;
    if (--*(int *)ctx > 0)
        return true;
    return err_set(e, ERR_INTERRUPTED, 0, "enough");
}
static bool address_any(void *ctx, const struct address *a, struct err *e) {
    (void)ctx, (void)a, (void)e;
    return true;
}

static void a_sink_that_stops(void **state) {
    str const text = S("http://evil.example/a?b jo@mail.example c:\\x\\y.exe 192.0.2.6");
    struct key_check c;
    (void)state;

    key_check_begin(&c);
    key_check_text(&c, text);
    for (int after = 1; after <= (int)c.count; after++) {
        int left = after;
        struct observable_key_sink const sink = {stop, address_any, &left};
        struct err e = {0};

        assert_false(observable_keys_of(c.keys, RAW_TEXT, text, &sink, &e));
        assert_int_equal(e.code, ERR_INTERRUPTED);
        assert_int_equal(left, 0); /* not asked again */
    }
    key_check_end(&c);
}

static bool key_ignored(void *ctx, uint64_t key, struct err *e) {
    (void)ctx, (void)key, (void)e;
    return true;
}

static bool everything(struct err *e) {
    static const uint8_t secret[OBSERVABLE_SECRET] = "s";
    struct observable_key_sink const sink = {key_ignored, address_any, NULL};
    struct observable_ask ask;
    struct observable_keys *k;

    if (!observable_keys_new(&k, secret, e))
        return false;
    bool const ok = observable_keys_of(k, RAW_TEXT,
                                       S("http://b\xc3\xbc"
                                         "cher.example/%C3%BC?x=%2525 \xff c:\\\xc3\xa4.exe"),
                                       &sink, e) &&
                    observable_keys_of(k, RAW_TEXT, S("/a/b?c"), &sink, e) &&
                    observable_keys_of(k, RAW_BINARY, S("0123456789abcdef"), &sink, e) &&
                    observable_ask_of(k, T(FILE_NAME), S("x.exe"), &ask, e) &&
                    observable_ask_of(k, T(USER_AGENT), S("an agent"), &ask, e);

    observable_keys_free(k);
    return ok;
}

static void memory_refused_at_each(void **state) {
    (void)state;

    REFUSE_OR_SKIP();
    for (unsigned for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n++) {
            struct err e = {0};

            memory_left = n;
            memory_gone_for_good = for_good;
            memory_refused = false;
            bool const ok = everything(&e);
            bool const refused = memory_refused;

            memory_left = -1;
            if (!refused) {
                assert_true(ok && n > 5);
                break;
            }
            if (!ok)
                assert_int_equal(e.code, ERR_MEMORY);
        }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_written),        cmocka_unit_test(of_raw_types),
        cmocka_unit_test(long_values),       cmocka_unit_test(hosts_and_paths),
        cmocka_unit_test(urls_within),       cmocka_unit_test(telephones),
        cmocka_unit_test(secrets),           cmocka_unit_test(told_once),
        cmocka_unit_test(a_sink_that_stops), cmocka_unit_test(memory_refused_at_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
