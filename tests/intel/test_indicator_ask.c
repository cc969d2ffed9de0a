/* test_indicator_ask: a long text that is looked at in pieces tells what it tells as a whole, of texts put together at random of all that is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "codec/web_address.h"
#include "intel/indicator_look.h"

#define TEXTS 4000u
#define TEXT_MOST 6000u

/* What was told: hashes, rising, each once. */
struct heard {
    uint64_t all[8192];
    size_t count;
    unsigned pieces;
};

static void hear(struct heard *h, unsigned what, str text) {
    assert_true(h->count < COUNT(h->all));
    h->all[h->count++] = hash_bytes(text, what + 1);
}

enum { HEARD_PATH = 100, HEARD_HOST, HEARD_UNREAD, HEARD_PHONE, HEARD_ADDRESS };

/* As it counts: letters of whole values are of any case. */
static void on_key(void *ctx, enum intel_class class, str key) {
    char small[TEXT_MOST + 1];

    assert_true(key.len <= sizeof small);
    str_lower(key, small);
    hear(ctx, class, class == INTEL_WHOLE ? (str){small, key.len} : key);
}
static void on_address(void *ctx, const struct address *a) {
    hear(ctx, HEARD_ADDRESS, (str){(const char *)a->bytes, a->family == 4 ? 4 : 16});
}
static void on_path(void *ctx, str path) {
    hear(ctx, HEARD_PATH, path);
}
static void on_host(void *ctx, str host) {
    hear(ctx, HEARD_HOST, host);
}
static void on_unread(void *ctx, str host) {
    hear(ctx, HEARD_UNREAD, host);
}
static void on_phone(void *ctx, str number) {
    hear(ctx, HEARD_PHONE, number);
}
static bool on_piece(void *ctx, str piece) {
    ((struct heard *)ctx)->pieces++;
    return piece.len == 0;
}

static int by_value(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void settle(struct heard *h) {
    size_t kept = 0;

    qsort(h->all, h->count, sizeof *h->all, by_value);
    for (size_t i = 0; i < h->count; i++)
        if (!kept || h->all[kept - 1] != h->all[i])
            h->all[kept++] = h->all[i];
    h->count = kept;
}

static void told(struct indicator_texts *t, str text, bool in_pieces, struct heard *h) {
    struct indicator_asks const asks = {.key = on_key,
                                        .address = on_address,
                                        .path = on_path,
                                        .host = on_host,
                                        .unread = on_unread,
                                        .phone = on_phone,
                                        .piece_was_told = in_pieces ? on_piece : NULL,
                                        .ctx = h};

    h->count = 0;
    h->pieces = 0;
    assert_true(indicator_text_ask(t, text, &asks));
    settle(h);
}

static uint32_t draw(uint64_t *random, uint32_t below) {
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*random >> 33) % below);
}

static const char *const parts[] = {
    "evil.example",
    "https://evil.example/a/b?c=d&e=f",
    "http://evil.example:8080/x.php#y",
    "hxxp://a.example/../b/./c...",
    "jo@mail.example",
    "192.0.2.6",
    "version 4.0.0.0",
    "[2001:db8::6]:443",
    "::ffff:192.0.2.7",
    "12:30:59",
    "c:\\windows\\system32\\cmd.exe",
    "/usr/lib/odd/implant",
    "%appdata%\\odd\\x.exe",
    "%2Fa%2Eb.example%3Cx",
    "cmd /c start x.exe -q",
    "Global\\Mutex1",
    "HKLM\\Software\\Odd\\Run",
    "d41d8cd98f00b204e9800998ecf8427e",
    "{8f6f0ac4-b9a1-45fd-a8cf-72f04e6bde8f}",
    "\xc3\xa4rger.example",
    "C:\\\xc3\x84RGER\\X.EXE",
    "\xe2\x80\x9cquoted.example\xe2\x80\x9d",
    "\\nhost.example",
    "a.b\xe3\x80\x82x",
    "+49 30 123456",
    "function(a.length, b.substring(1))",
    "2021-03-14T07:12:03.123Z",
    "0x1f2e3d4c",
};
static const char *const between[] = {" ",  "\n", "\r\n", "\t", "<b>", "</b>", ">", "<",  "\"",   ",",  ";", "=", "/",
                                      "\\", "?",  "&",    "",   ":",   "'",    "|", "  ", "\x01", "--", "(", ")"};

static str made(char *room, uint64_t *random) {
    size_t const most = 100 + draw(random, TEXT_MOST - 200);
    size_t len = 0;

    while (len < most) {
        const char *const next =
            draw(random, 2) ? parts[draw(random, COUNT(parts))] : between[draw(random, COUNT(between))];
        size_t const size = strlen(next);

        if (len + size > most)
            break;
        memcpy(room + len, next, size);
        len += size;
    }
    return (str){room, len};
}

static void in_pieces(void **state) {
    static struct heard whole, pieces;
    static char room[TEXT_MOST];
    struct indicator_marks *marks;
    struct indicator_texts t;
    uint64_t random = 8;
    size_t cut = 0, keys = 0;
    struct err e;

    (void)state;
    assert_true(indicator_marks_every(&marks, &e) && indicator_texts_init(&t, marks));
    for (unsigned i = 0; i < TEXTS; i++) {
        str const text = made(room, &random);

        told(&t, text, false, &whole);
        told(&t, text, true, &pieces);
        if (pieces.count != whole.count || memcmp(pieces.all, whole.all, whole.count * sizeof *whole.all) != 0)
            fail_msg("%zu told of the whole, %zu of its pieces: %.*s", whole.count, pieces.count, STR_ARG(text));
        assert_int_equal(whole.pieces, 0);
        cut += pieces.pieces > 1;
        keys += whole.count;
    }
    assert_true(cut > TEXTS / 2 && keys > TEXTS * 20);
    indicator_texts_free(&t);
    indicator_marks_free(marks);
}

/* What is something as a whole, or is looked at only so far, is not cut. */
static void whole_after_all(void **state) {
    enum { LIMIT = (1 << 20) };
    static struct heard whole, pieces;
    struct indicator_marks *marks;
    struct indicator_texts t;
    struct buf texts[6] = {{0}};
    struct err e;

    (void)state;
    for (unsigned i = 0; i < 98; i++) /* a host that is encoded, */
        buf_add(&texts[0], i % 40 == 39 ? S("%2e") : S("%61"));
    buf_add(&texts[0], S(".example"));
    buf_add(&texts[1], S("www.evil.example:")); /* one with a long port, */
    for (unsigned i = 0; i < 800; i++)
        buf_byte(&texts[1], '0');
    buf_add(&texts[1], S("80"));
    for (unsigned i = 0; i < 90; i++) /* and a name that is short once it is folded: U+212A is k */
        buf_add(&texts[2], S("\xe2\x84\xaa"));
    buf_add(&texts[2], S("/evil tool"));
    buf_add(&texts[3], S("<x>/"));
    for (unsigned i = 0; i < 84; i++)
        buf_add(&texts[3], S("\xe2\x84\xaa"));
    buf_add(&texts[3], S("/evil tool"));
    for (unsigned k = 4; k < 6; k++) { /* names, and URLs, beyond which nobody looks */
        str const last = k == 4 ? S("/evilname") : S("%41 http://evil.example/ab");

        while (texts[k].len < LIMIT - 2 * last.len)
            buf_add(&texts[k], S("aaaaaaa\n"));
        while (texts[k].len < LIMIT - last.len)
            buf_byte(&texts[k], '\n');
        buf_add(&texts[k], last);
        buf_add(&texts[k], S("foo\nbar\n"));
    }
    assert_true(indicator_marks_every(&marks, &e) && indicator_texts_init(&t, marks));
    for (size_t i = 0; i < COUNT(texts); i++) {
        told(&t, buf_str(&texts[i]), false, &whole);
        told(&t, buf_str(&texts[i]), true, &pieces);
        if (!whole.count || pieces.count != whole.count ||
            memcmp(pieces.all, whole.all, whole.count * sizeof *whole.all) != 0)
            fail_msg("text %zu: %zu told of the whole, %zu of its pieces", i, whole.count, pieces.count);
        buf_free(&texts[i]);
    }
    indicator_texts_free(&t);
    indicator_marks_free(marks);
}

/* A URL is told as codec/web_address.h has it, however little of that is done to it. */
static void urls_are_canonical(void **state) {
    static const char signs[] = "abXY09-_~.././%%4&aAmp;#?=:@!$()*+,[]e";
    static struct heard h;
    struct arena *const memory = arena_new((size_t)1 << 20);
    struct indicator_marks *marks;
    struct indicator_texts t;
    uint64_t random = 9;
    size_t seen = 0;
    struct err e;

    (void)state;
    assert_true(memory && indicator_marks_every(&marks, &e) && indicator_texts_init(&t, marks));
    for (unsigned i = 0; i < 60000; i++) {
        char text[64] = "evil.example/";
        size_t len = strlen(text);
        struct web_address w;

        for (size_t const most = len + draw(&random, 24); len < most; len++)
            text[len] = signs[draw(&random, sizeof signs - 1)];
        arena_reset(memory);
        if (!web_address_of((str){text, len}, memory, &w) || w.cut)
            continue;
        str const path = str_from(w.key, w.host.len);

        if (!str_eq(w.host, S("evil.example")) || path.len < 2)
            continue;
        told(&t, (str){text, len}, false, &h);
        uint64_t const want = hash_bytes(w.key, INTEL_URL + 1);

        if (!bsearch(&want, h.all, h.count, sizeof want, by_value))
            fail_msg("%.*s is not told of %.*s", STR_ARG(w.key), (int)len, text);
        seen++;
    }
    assert_true(seen > 40000);
    indicator_texts_free(&t);
    indicator_marks_free(marks);
    arena_free(memory);
}

/* What was told before is passed over, and only that. */
static void each_piece_once(void **state) {
    static struct heard h;
    static const char line[] =
        "a line that is as long as any piece must be, of which there are many, with lines.example in it, once\n";
    char text[20 * sizeof line];
    struct indicator_marks *marks;
    struct indicator_texts t;
    size_t len = 0;
    struct err e;

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        memcpy(text + len, line, sizeof line - 1);
        len += sizeof line - 1;
    }
    assert_true(indicator_marks_every(&marks, &e) && indicator_texts_init(&t, marks));
    told(&t, (str){text, len}, true, &h);
    assert_int_equal(h.pieces, 10);
    told(&t, (str){text, 767}, true, &h); /* short ones are not cut */
    assert_int_equal(h.pieces, 0);
    indicator_texts_free(&t);
    indicator_marks_free(marks);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_pieces), cmocka_unit_test(whole_after_all),
                                       cmocka_unit_test(urls_are_canonical), cmocka_unit_test(each_piece_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
