/* test_stix_pattern: patterns as trees, what is refused and why, and which of them are plain values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/json_tree.h"
#include "base/file.h"
#include "intel/stix_pattern.h"

#define ARENA ((size_t)16 << 20)

/* ---- trees as text ---- */

static void show_literal(struct buf *b, const struct stix_literal *l) {
    switch (l->type) {
    case STIX_STRING:
        buf_json(b, l->text);
        break;
    case STIX_NUMBER:
        buf_add(b, l->text);
        break;
    case STIX_BOOL:
        buf_add(b, l->yes ? S("true") : S("false"));
        break;
    case STIX_TIMESTAMP:
        buf_format(b, "t%lld", (long long)l->time.second);
        if (l->time.fraction.len)
            buf_format(b, ".%.*s", STR_ARG(l->time.fraction));
        break;
    default:
        buf_byte(b, l->type == STIX_HEX ? 'h' : 'b');
        for (size_t i = 0; i < l->text.len; i++)
            buf_format(b, "%02x", (unsigned char)l->text.ptr[i]);
    }
}

static void show_comparison(struct buf *b, const struct stix_comparison *c) {
    if (c->how != STIX_TEST) {
        buf_add(b, c->how == STIX_ALL_OF ? S("(and") : S("(or"));
        for (const struct stix_comparison *x = c->first; x; x = x->next) {
            buf_byte(b, ' ');
            show_comparison(b, x);
        }
        buf_byte(b, ')');
        return;
    }
    if (c->not )
        buf_add(b, S("not "));
    buf_format(b, "%.*s", STR_ARG(c->path.type));
    for (size_t i = 0; i < c->path.step_count; i++) {
        const struct stix_step *const s = &c->path.steps[i];

        if (s->how == STIX_KEY)
            buf_format(b, "/%.*s", STR_ARG(s->key));
        else if (s->how == STIX_ANY)
            buf_add(b, S("/*"));
        else
            buf_format(b, "/#%lld", (long long)s->index);
    }
    buf_format(b, " %.*s", STR_ARG(stix_operator_name(c->op)));
    for (size_t i = 0; i < c->literal_count; i++) {
        buf_byte(b, i ? ',' : ' ');
        show_literal(b, &c->literals[i]);
    }
}

static void show(struct buf *b, const struct stix_expression *x) {
    static const char *const names[] = {"", "and", "or", "then", "", "", ""};

    switch (x->how) {
    case STIX_BRACKET:
        buf_format(b, "[%u: ", x->bracket);
        show_comparison(b, x->comparison);
        buf_byte(b, ']');
        break;
    case STIX_AND:
    case STIX_OR:
    case STIX_FOLLOWEDBY:
        buf_format(b, "(%s", names[x->how]);
        for (const struct stix_expression *y = x->first; y; y = y->next) {
            buf_byte(b, ' ');
            show(b, y);
        }
        buf_byte(b, ')');
        break;
    default:
        buf_byte(b, '{');
        show(b, x->first);
        if (x->how == STIX_START_STOP)
            buf_format(b, " from %lld to %lld", (long long)x->start.second, (long long)x->stop.second);
        else if (x->how == STIX_WITHIN)
            buf_format(b, " within %llu", (unsigned long long)x->within);
        else
            buf_format(b, " times %u", x->repeats);
        buf_byte(b, '}');
    }
}

static void trees(void **state) {
    static const struct {
        const char *text, *tree;
    } cases[] = {
        {"[a:b = 'c']", "[0: a/b = \"c\"]"},
        {"[a:b='c']", "[0: a/b = \"c\"]"},
        {" [ a : b == 'c' ] ", "[0: a/b = \"c\"]"},
        {"[a:b <> 1]", "[0: a/b != 1]"},
        {"[a:b NOT > -1.50]", "[0: not a/b > -1.5]"},
        {"[a:b = +10 OR a:b = .5 OR a:b = -.5 OR a:b = 0]", "[0: (or a/b = 10 a/b = 0.5 a/b = -0.5 a/b = 0)]"},
        {"[a:b = 99999999999999999999999]", "[0: a/b = 99999999999999999999999]"},
        {"[a:b = true OR a:b != false]", "[0: (or a/b = true a/b != false)]"},
        {"[a:b = h'' OR a:b = h'0aFF']", "[0: (or a/b = h a/b = h0aff)]"},
        {"[a:b = b'AQIDBA==' OR a:b = b'AQI=' OR a:b = b'AQID']",
         "[0: (or a/b = b01020304 a/b = b0102 a/b = b010203)]"},
        {"[a:b = t'1970-01-01T00:00:01Z']", "[0: a/b = t1]"},
        {"[a:b = t'1969-12-31T23:59:59.500Z']", "[0: a/b = t-1.5]"},
        {"[a:b = t'1970-01-01T00:00:60.1234567890123Z']", "[0: a/b = t60.1234567890123]"},
        {"[a:b < t'9999-12-31T00:00:00Z']", "[0: a/b < t253402214400]"},
        {"[a:b = 'it\\'s C:\\\\x']", "[0: a/b = \"it's C:\\\\x\"]"},
        {"[a:b = 'd\xc3\xa9j\xc3\xa0']", "[0: a/b = \"d\xc3\xa9j\xc3\xa0\"]"},
        {"[a:b IN ('x', 'y')]", "[0: a/b IN \"x\",\"y\"]"},
        {"[a:b IN (1, 2.0)]", "[0: a/b IN 1,2]"},
        {"[a:b NOT IN ()]", "[0: not a/b IN]"},
        {"[a:b IN('x')]", "[0: a/b IN \"x\"]"},
        {"[EXISTS a:b]", "[0: a/b EXISTS]"},
        {"[NOT EXISTS a:b.c]", "[0: not a/b/c EXISTS]"},
        {"[a:b MATCHES'x']", "[0: a/b MATCHES \"x\"]"},
        {"[a:b ISSUBSET '10.0.0.9/8' AND a:b NOT ISSUPERSET '::1']",
         "[0: (and a/b ISSUBSET \"10.0.0.9/8\" not a/b ISSUPERSET \"::1\")]"},
        {"[x-y_z:'q.r s'[0].b[*].c[+3][-1] = 1]", "[0: x-y_z/q.r s/#0/b/*/c/#3/#-1 = 1]"},
        {"[_a:_b0 = 1]", "[0: _a/_b0 = 1]"},
        {"[AND-x:b = 1]", "[0: AND-x/b = 1]"},
        {"[a:'AND' = 1]", "[0: a/AND = 1]"},
        {"[h:t = 1 AND t:b = 1]", "[0: (and h/t = 1 t/b = 1)]"},
        {"[a:a = 1 OR a:b = 2 AND a:c = 3 OR a:d = 4]", "[0: (or a/a = 1 (and a/b = 2 a/c = 3) a/d = 4)]"},
        {"[(a:a = 1 OR a:b = 2) AND a:c = 3]", "[0: (and (or a/a = 1 a/b = 2) a/c = 3)]"},
        {"[((a:a = 1))]", "[0: a/a = 1]"},
        {"[(a:a = 1 AND a:b = 2) AND (a:c = 3)]", "[0: (and (and a/a = 1 a/b = 2) a/c = 3)]"},
        {"[a:a=1] AND [a:a=2] OR [a:a=3] FOLLOWEDBY [a:a=4]",
         "(then (or (and [0: a/a = 1] [1: a/a = 2]) [2: a/a = 3]) [3: a/a = 4])"},
        {"[a:a=1] FOLLOWEDBY [a:a=2] FOLLOWEDBY [a:a=3]", "(then [0: a/a = 1] [1: a/a = 2] [2: a/a = 3])"},
        {"[a:a=1] OR ([a:a=2] FOLLOWEDBY [a:a=3])", "(or [0: a/a = 1] (then [1: a/a = 2] [2: a/a = 3]))"},
        {"([a:a=1])", "[0: a/a = 1]"},
        {"[a:a=1] AND [a:a=2] WITHIN 1 SECONDS", "(and [0: a/a = 1] {[1: a/a = 2] within 1000000000})"},
        {"([a:a=1] AND [a:a=2]) WITHIN 1.5 SECONDS", "{(and [0: a/a = 1] [1: a/a = 2]) within 1500000000}"},
        {"[a:a=1] WITHIN .0000000001 SECONDS", "{[0: a/a = 1] within 1}"},
        {"[a:a=1] WITHIN 1.0000000000 SECONDS", "{[0: a/a = 1] within 1000000000}"},
        {"[a:a=1] WITHIN +99999999999999999999 SECONDS", "{[0: a/a = 1] within 9223372036854775807}"},
        {"[a:a=1] REPEATS 5 TIMES WITHIN 10SECONDS", "{{[0: a/a = 1] times 5} within 10000000000}"},
        {"[a:a=1] START t'1970-01-01T00:00:01Z' STOP t'1970-01-01T00:00:02Z'", "{[0: a/a = 1] from 1 to 2}"},
        {"[a:a=1] START t'1970-01-01T00:00:09Z' STOP t'1970-01-01T00:00:02Z'", "{[0: a/a = 1] from 9 to 2}"},
        {"[a:a=1] // all of it", "[0: a/a = 1]"},
        {"// first\r\n[a:a=1]", "[0: a/a = 1]"},
        {"[a:a/* x\n // ** */=/**/1]", "[0: a/a = 1]"},
        {"[a:a = '/* no // comment */']", "[0: a/a = \"/* no // comment */\"]"},
        {"[a:a\xc2\xa0=\xe3\x80\x80"
         "1]",
         "[0: a/a = 1]"},
    };
    struct arena *const a = arena_new(ARENA);
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stix_pattern p;
        struct buf b = {0};
        struct err e = {0};

        if (!stix_pattern_parse(str_of(cases[i].text), true, a, &p, &e))
            fail_msg("%s: %s", cases[i].text, e.text);
        show(&b, p.root);
        buf_byte(&b, '\0');
        assert_string_equal(b.ptr, cases[i].tree);
        for (uint32_t n = 0; n < p.bracket_count; n++)
            assert_int_equal(p.brackets[n]->bracket, n);
        for (uint32_t n = 0; n < p.test_count; n++)
            assert_int_equal(p.tests[n]->number, n);
        buf_free(&b);
    }
    arena_free(a);
}

static void refusals(void **state) {
    static const struct {
        const char *text;
        bool strict_only; /* what feeds write is taken otherwise */
    } cases[] = {
        {"", false},
        {"  // nothing", false},
        {"file:size = 1", false},
        {"[file:size = 1", false},
        {"file:size = 1]", false},
        {"[file:size = 1]]", false},
        {"[]", false},
        {"[file.size = 1]", false},
        {"[file:size]", false},
        {"[file: = 1]", false},
        {"[:size = 1]", false},
        {"[file:size = ]", false},
        {"[file:size = 1 OR]", false},
        {"[file:size = 1 AND OR file:size = 2]", false},
        {"[file:size = 1 and file:size = 2]", false},
        {"[file:size = 1 ^ 2]", false},
        {"[(file:size = 1]", false},
        {"[file:size = 1)]", false},
        {"([file:size = 1]", false},
        {"[([file:size = 1])]", false},
        {"[file:size =? 1]", false},
        {"[file:size === 1]", false},
        {"[file:size = 01]", false},
        {"[file:size = 1.]", false},
        {"[file:size = 1e3]", false},
        {"[file:size = - 1]", false},
        {"[file:size = 0x10]", false},
        {"[file:size > true]", false},
        {"[file:size = True]", false},
        {"[file:size = null]", false},
        {"[file:name = \"a\"]", false},
        {"[file:name = 'a]", false},
        {"[file:name = 'a\\']", false},
        {"[file:name = 'a\\n']", false},
        {"[file:name = 'a' 'b']", false},
        {"[file:name LIKE 5]", false},
        {"[file:name LIKE null]", false},
        {"[file:name MATCHES /a/]", false},
        {"[file:name IN 'a']", false},
        {"[file:name IN ('a',)]", false},
        {"[file:name IN (,'a')]", false},
        {"[file:name IN ('a' 'b')]", false},
        {"[file:name IN ('a', 1)]", false},
        {"[file:name IN (1, true)]", false},
        {"[file:name IN (h'61', 'a')]", false},
        {"[file:name NOT NOT = 'a']", false},
        {"[NOT file:name = 'a']", false},
        {"[NOT (file:name = 'a')]", false},
        {"[EXISTS file]", false},
        {"[EXISTS (file:name)]", false},
        {"[file:name EXISTS]", false},
        {"[file:AND = 1]", false},
        {"[AND:a = 1]", false},
        {"[file:true = 1]", false},
        {"[file:START = 1]", false},
        {"[file:hashes.SHA-256 LIKE 'x']", true},
        {"[file:hashes.SHA-256 = 'x']", false},
        {"[file:a[] = 1]", false},
        {"[file:a[x] = 1]", false},
        {"[file:a[1.0] = 1]", false},
        {"[file:a[1 = 1]", false},
        {"[file:a..b = 1]", false},
        {"[file:[0] = 1]", false},
        {"[file:a.[0] = 1]", false},
        {"[file:a = h'0']", false},
        {"[file:a = h'0g']", false},
        {"[file:a = H'00']", false},
        {"[file:a = b'']", false},
        {"[file:a = b'====']", false},
        {"[file:a = b'AAA']", false},
        {"[file:a = b'A===']", false},
        {"[file:a = b'AA=A']", false},
        {"[file:a = b'AA A']", false},
        {"[file:a = t'2021-01-01']", false},
        {"[file:a = t'2021-01-01T00:00:00']", false},
        {"[file:a = t'2021-01-01T00:00:00.Z']", false},
        {"[file:a = t'2021-01-01t00:00:00Z']", false},
        {"[file:a = t'2021-01-01T00:00:00z']", false},
        {"[file:a = t'2021-13-01T00:00:00Z']", false},
        {"[file:a = t'2021-02-29T00:00:00Z']", false},
        {"[file:a = t'2021-01-01T24:00:00Z']", false},
        {"[file:a = t'2021-01-01T00:00:61Z']", false},
        {"[file:a = t'2021-01-01T00:00:00+00:00']", false},
        {"[file:hashes.MD5 = 'abc']", false},
        {"[file:hashes.MD5 = 'zbababababababababababababababab']", false},
        {"[file:hashes.'SHA-256' IN ('abababababababababababababababab')]", false},
        {"[x509-certificate:hashes.'SHA-1' != 'abababababababababababababababab']", false},
        {"[ipv4-addr:value ISSUBSET 'x']", false},
        {"[ipv4-addr:value ISSUBSET '10.0.0.0/33']", false},
        {"[ipv4-addr:value ISSUPERSET '10.0.0/8']", false},
        {"[ipv6-addr:value ISSUBSET '::/129']", false},
        {"[a:b = 1] START t'2021-01-01T00:00:00Z'", false},
        {"[a:b = 1] STOP t'2021-01-01T00:00:00Z'", false},
        {"[a:b = 1] START '2021-01-01T00:00:00Z' STOP '2021-01-02T00:00:00Z'", true},
        {"[a:b = 1] START 'yesterday' STOP '2021-01-02T00:00:00Z'", false},
        {"[a:b = 1] WITHIN 5", false},
        {"[a:b = 1] WITHIN 5 MINUTES", false},
        {"[a:b = 1] WITHIN 0 SECONDS", false},
        {"[a:b = 1] WITHIN 0.0 SECONDS", false},
        {"[a:b = 1] WITHIN -1 SECONDS", false},
        {"[a:b = 1] WITHIN '5' SECONDS", false},
        {"[a:b = 1] within 5 SECONDS", false},
        {"[a:b = 1] REPEATS 0 TIMES", false},
        {"[a:b = 1] REPEATS 1.0 TIMES", false},
        {"[a:b = 1] REPEATS -1 TIMES", false},
        {"[a:b = 1] REPEATS TIMES", false},
        {"[a:b = 1] REPEATS 2 TIMES REPEATS 2 TIMES", true},
        {"([a:b = 1]) WITHIN 5 SECONDS WITHIN 6 SECONDS", true},
        {"[a:b = 1] [a:b = 2]", false},
        {"[a:b = 1] AND", false},
        {"AND [a:b = 1]", false},
        {"[a:b = 1] FOLLOWED BY [a:b = 2]", false},
        {"[a:b = 1 FOLLOWEDBY a:b = 2]", false},
        {"[a:b = 1] NOT [a:b = 2]", false},
        {"[a:b = 1 /* open]", false},
        {"[a:b = 1] /", false},
        {"[a:b = '\xff']", false},
        {"[a:b = 1] '\x1b[31m\n\xe2\x80\xa8'", false},
        {"[a:b = 1]\xc0\x80", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        for (int strict = 0; strict < 2; strict++) {
            struct arena *const a = arena_new(ARENA);
            struct stix_pattern p;
            struct err e = {0};
            bool const ok = stix_pattern_parse(str_of(cases[i].text), strict, a, &p, &e);

            if (ok != (!strict && cases[i].strict_only))
                fail_msg("%s (%s): %s", cases[i].text, strict ? "strict" : "as feeds write", ok ? "taken" : e.text);
            if (!ok) {
                assert_int_equal(e.code, ERR_USAGE);
                assert_true(str_starts(str_of(e.text), S("at byte ")));
                for (const char *c = e.text; *c; c++) /* a feed writes nothing on a terminal */
                    assert_true(*c >= ' ' && *c <= '~');
            }
            arena_free(a);
        }
}

/* ---- values ---- */

static void on_value(void *ctx, enum observable type, str value) {
    struct buf *const b = ctx;

    buf_format(b, "%s%.*s=%.*s", b->len ? " " : "", STR_ARG(observable_name(type)), STR_ARG(value));
}

static void values(void **state) {
#define MD5 "abababababababababababababababab"
#define SHA256 MD5 MD5
    static const struct {
        const char *pattern, *values; /* NULL: it is more than values */
    } cases[] = {
        {"[ipv4-addr:value = '198.51.100.7']", "address=198.51.100.7"},
        {"[ipv4-addr:value = '198.51.100.7/32']", "network=198.51.100.7/32"},
        {"[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "network=198.51.100.0/24"},
        {"[ipv4-addr:value ISSUBSET '198.51.100.7']", "address=198.51.100.7"},
        {"[ipv4-addr:value NOT ISSUBSET '198.51.100.0/24']", NULL},
        {"[ipv4-addr:value ISSUPERSET '198.51.100.0/24']", NULL},
        {"[ipv6-addr:value = '2001:db8::1']", "address=2001:db8::1"},
        {"[ipv4-addr:value = 'nonsense']", NULL},
        {"[domain-name:value = 'evil.example']", "domain=evil.example"},
        {"[domain-name:value = '198.51.100.7']", "address=198.51.100.7"},
        {"[domain-name:value != 'evil.example']", NULL},
        {"[domain-name:value NOT = 'evil.example']", NULL},
        {"[domain-name:value LIKE '%.example']", NULL},
        {"[domain-name:value ISSUBSET '10.0.0.0/8']", NULL},
        {"[domain-name:value IN ('a.example', 'b.example')]", "domain=a.example domain=b.example"},
        {"[domain-name:value IN ()]", NULL},
        {"[domain-name:value = 'a.example' OR (ipv4-addr:value = '192.0.2.1' OR url:value = 'http://c.example/d')]",
         "domain=a.example address=192.0.2.1 url=http://c.example/d"},
        {"[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example']", "domain=a.example domain=b.example"},
        {"[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']", NULL},
        {"[domain-name:value = 'a.example'] REPEATS 2 TIMES", NULL},
        {"[domain-name:value = 'a.example'] START t'2021-01-01T00:00:00Z' STOP t'2021-02-01T00:00:00Z'", NULL},
        {"[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']", NULL},
        {"[url:value = 'http://a.example/']", "url=http://a.example/"},
        {"[email-addr:value = 'a@b.example']", "mail=a@b.example"},
        {"[email-message:from_ref.value = 'a@b.example']", "mail=a@b.example"},
        {"[email-message:sender_ref.value = 'a@b.example']", "mail=a@b.example"},
        {"[email-message:to_refs[*].value = 'a@b.example']", NULL}, /* the receiver is who was attacked */
        {"[email-message:subject = 'Invitation']", "subject=Invitation"},
        {"[file:hashes.MD5 = '" MD5 "']", "md5=" MD5},
        {"[file:hashes.md5 = '" MD5 "']", "md5=" MD5},
        {"[file:hashes.'SHA-256' = '" SHA256 "']", "sha256=" SHA256},
        {"[file:hashes.SHA256 = '" SHA256 "']", "sha256=" SHA256},
        {"[file:hashes.SHA-256 = '" SHA256 "']", "sha256=" SHA256},
        {"[file:hashes.sha256 = '" SHA256 "' OR file:hashes.'SHA-1' = 'abababababababababababababababababababab']",
         "sha256=" SHA256 " sha1=abababababababababababababababababababab"},
        {"[file:hashes.SSDEEP = '3:a:b']", NULL},
        {"[file:hashes[*] = '" MD5 "']", NULL},
        {"[file:hashes.MD5 = '" MD5 "' AND file:name = 'a.exe']", NULL},
        {"[x509-certificate:hashes.'SHA-256' = '" SHA256 "']", "sha256=" SHA256},
        {"[x509-certificate:serial_number = '0A:0B']", "certificate=0A:0B"},
        {"[file:extensions.'windows-pebinary-ext'.imphash = '" MD5 "']", "imphash=" MD5},
        {"[file:name = 'a.exe']", "file-name=a.exe"},
        {"[file:name = 'C:\\\\x\\\\a.exe']", "file-path=C:\\x\\a.exe"},
        {"[file:path = '/data/local/tmp/x']", "file-path=/data/local/tmp/x"},
        {"[file:name = 'a.exe' AND file:parent_directory_ref.path = 'C:\\\\x']", "file-path=C:\\x\\a.exe"},
        {"[file:parent_directory_ref.path = '/tmp/' AND file:name = 'a']", "file-path=/tmp/a"},
        {"[file:parent_directory_ref.path = '/tmp' AND file:name LIKE 'a%']", NULL},
        {"[file:parent_directory_ref.path = '/tmp' AND file:name = 'a' AND file:size = 1]", NULL},
        {"[file:parent_directory_ref.path = '/tmp']", NULL},
        {"[mutex:name = 'Global\\\\x']", "mutex=Global\\x"},
        {"[windows-registry-key:key = 'HKEY_CURRENT_USER\\\\Software\\\\x']",
         "registry=HKEY_CURRENT_USER\\Software\\x"},
        {"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'Agent X']",
         "user-agent=Agent X"},
        {"[network-traffic:dst_ref.value = '192.0.2.1']", "address=192.0.2.1"},
        {"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1']",
         "address=192.0.2.1"},
        {"[network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_ref.type = 'domain-name']",
         "domain=a.example"},
        {"[network-traffic:dst_ref.type = 'ipv6-addr' AND network-traffic:dst_ref.value = '192.0.2.1']", NULL},
        {"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '192.0.2.1']", NULL},
        {"[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 443]", NULL},
        {"[user-account:account_login = 'peter']", "account=peter"},
        {"[user-account:user_id = '1007']", NULL},
        {"[process:name = 'a.exe']", "file-name=a.exe"},
        {"[process:command_line = 'a  -b']", "command=a  -b"},
        {"[autonomous-system:number = 8075]", "as=as8075"},
        {"[mac-addr:value = '00:1b:44:11:3a:b7']", "mac=00:1b:44:11:3a:b7"},
        {"[file:x_misp_filename = 'a.exe' OR x-any:x_misp_phone = '+4930123456']", "file-name=a.exe phone=+4930123456"},
        {"[file:x_misp_unknown = 'a']", NULL},
        {"[app:cert.sha256 = '" SHA256 "']", "sha256=" SHA256},
        {"[app:id = 'com.evil.app']", "text=com.evil.app"},
        {"[app:id = 'x']", NULL},
        {"[file:name = '']", NULL},
        {"[file:name = 5]", NULL},
        {"[EXISTS file:name]", NULL},
        {"[software:name = 'x']", NULL},
    };
    struct arena *const a = arena_new(ARENA);
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stix_pattern p;
        struct buf b = {0};
        struct err e = {0};

        if (!stix_pattern_parse(str_of(cases[i].pattern), false, a, &p, &e))
            fail_msg("%s: %s", cases[i].pattern, e.text);
        if (stix_pattern_values(&p, on_value, &b) != (cases[i].values != NULL) ||
            !str_eq(buf_str(&b), str_of(cases[i].values ? cases[i].values : "")))
            fail_msg("%s: %.*s", cases[i].pattern, STR_ARG(buf_str(&b)));
        buf_free(&b);
    }
    arena_free(a);
}

/* Values that OR joins with what is none. */
static void values_beside_others(void **state) {
    static const struct {
        const char *pattern, *values;
        bool more;
    } cases[] = {
        {"[file:name = 'a.exe' OR file:name = 'b.exe']", "file-name=a.exe file-name=b.exe", false},
        {"[file:hashes.MD5 = '" MD5 "' OR file:hashes.SSDEEP = '3:a:b' OR file:size = 5]", "md5=" MD5, true},
        {"[file:size = 5 OR (file:size > 6 AND file:name = 'c.exe')]", "", true},
        {"[file:name = 'a.exe'] OR [file:size = 5] OR [file:name IN ('b.exe') OR file:size = 6]",
         "file-name=a.exe file-name=b.exe", true},
        {"[file:name = 'a.exe'] OR [file:name = 'b.exe'] REPEATS 2 TIMES", "file-name=a.exe", true},
        {"[file:name = 'a.exe'] AND [file:name = 'b.exe']", "", true},
        {"([file:name = 'a.exe'] OR [file:name = 'b.exe']) WITHIN 5 SECONDS", "", true},
    };
    struct arena *const a = arena_new(ARENA);
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stix_pattern p;
        struct buf b = {0};
        struct err e = {0};

        assert_true(stix_pattern_parse(str_of(cases[i].pattern), true, a, &p, &e));
        assert_int_equal(stix_pattern_values_beside(&p, on_value, &b), cases[i].more);
        if (!str_eq(buf_str(&b), str_of(cases[i].values)))
            fail_msg("%s: %.*s", cases[i].pattern, STR_ARG(buf_str(&b)));
        buf_free(&b);
    }
    arena_free(a);
}

/* ---- bounds ---- */

static struct err parsed(const struct buf *b) {
    struct arena *const a = arena_new((size_t)64 << 20);
    struct stix_pattern p;
    struct err e = {0};

    if (stix_pattern_parse(buf_str(b), false, a, &p, &e))
        assert_int_equal(e.code, ERR_NONE);
    arena_free(a);
    return e;
}

static void bounds(void **state) {
    static const struct {
        const char *before, *open, *close, *behind;
    } nests[] = {{"", "(", ")", "[a:b = 1]"}, {"[", "(", ")", "a:b = 1]"}};
    struct buf b = {0};
    (void)state;

    for (size_t n = 0; n < COUNT(nests); n++)
        for (unsigned depth = STIX_DEPTH_MAX; depth <= STIX_DEPTH_MAX + 1; depth++) {
            b.len = 0;
            buf_add(&b, str_of(nests[n].before));
            for (unsigned i = 0; i < depth; i++)
                buf_byte(&b, '(');
            buf_add(&b, n ? S("a:b = 1") : S("[a:b = 1]"));
            for (unsigned i = 0; i < depth; i++)
                buf_byte(&b, ')');
            buf_add(&b, n ? S("]") : S(""));
            assert_int_equal(parsed(&b).code, depth > STIX_DEPTH_MAX ? ERR_LIMIT : ERR_NONE);
        }
    /* A test is three parts: itself, its step, its literal; the OR one. The bracket is one. */
    for (unsigned more = 0; more < 2; more++) {
        unsigned const tests = (STIX_NODES_MAX - 2) / 3 + more;

        b.len = 0;
        for (unsigned i = 0; i < tests; i++)
            buf_add(&b, i ? S(" OR a:b=1") : S("[a:b=1"));
        buf_byte(&b, ']');
        assert_int_equal(parsed(&b).code, more ? ERR_LIMIT : ERR_NONE);
    }
    b.len = 0;
    buf_add(&b, S("[a:b=1]"));
    while (b.len < STIX_BYTES_MAX)
        buf_byte(&b, ' ');
    assert_int_equal(parsed(&b).code, ERR_NONE);
    buf_byte(&b, ' ');
    assert_int_equal(parsed(&b).code, ERR_LIMIT);
    b.len = 0;
    buf_add(&b, S("[a:b=1]"));
    for (unsigned i = 0; i < STIX_QUALIFIERS_MAX; i++)
        buf_add(&b, S(" WITHIN 1 SECONDS"));
    assert_int_equal(parsed(&b).code, ERR_NONE);
    buf_add(&b, S(" WITHIN 1 SECONDS"));
    assert_int_equal(parsed(&b).code, ERR_LIMIT);
    b.len = 0;
    buf_add(&b, S("[a:b=1] REPEATS 1000000 TIMES"));
    assert_int_equal(parsed(&b).code, ERR_NONE);
    b.len = 0;
    buf_add(&b, S("[a:b=1] REPEATS 1000001 TIMES"));
    assert_int_equal(parsed(&b).code, ERR_LIMIT);
    b.len = 0;
    buf_add(&b, S("[a:b=1"));
    for (int i = 0; i < 500; i++)
        buf_byte(&b, '1');
    buf_byte(&b, ']');
    assert_int_equal(parsed(&b).code, ERR_LIMIT);
    buf_free(&b);
}

static void every_allocation_may_fail(void **state) {
    static const char pattern[] =
        "([a:b.'c\\\\'[*] IN ('x\\'', 'y') AND a:d = h'00' OR EXISTS a:e] AND [a:f = b'AAAA' OR a:g = 1.50 OR "
        "a:h = t'2021-01-01T00:00:00Z']) WITHIN 5 SECONDS FOLLOWEDBY [a:i = true] REPEATS 2 TIMES";
    (void)state;

    for (size_t limit = 0;; limit += 8) {
        struct arena *const a = arena_new(limit);
        struct stix_pattern p;
        struct err e = {0};
        bool const ok = stix_pattern_parse(str_of(pattern), true, a, &p, &e);

        arena_free(a);
        if (ok)
            break;
        assert_int_equal(e.code, ERR_MEMORY);
        assert_true(limit < 100000);
    }
}

/* The patterns of the shared intelligence: every one is read, and all but one are plain values. */
static void feeds(void **state) {
    const char *const folder = getenv("LONGWATCH_SHARED") ? getenv("LONGWATCH_SHARED") : "../shared";
    char path[512];
    struct buf text = {0};
    struct err e = {0}, end = {0};
    size_t count = 0, plain = 0;
    json_t *j;
    (void)state;

    snprintf(path, sizeof path, "%s/data/intel/apt31-sekoia-2021-11-10.stix2.jsonl", folder);
    if (access(path, R_OK) != 0) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    assert_true(file_read(path, (size_t)64 << 20, &text, &e));
    for (str rest = buf_str(&text); (j = json_tree_next(&rest, &end)); json_decref(j)) {
        str const pattern = json_text_at(j, "pattern");
        struct arena *const a = arena_new(ARENA);
        struct stix_pattern p;
        struct buf b = {0};

        if (pattern.len && str_eq(json_text_at(j, "pattern_type"), S("stix"))) { /* one is a YARA rule */
            count++;
            if (!stix_pattern_parse(pattern, true, a, &p, &e))
                fail_msg("%.*s: %s", STR_ARG(pattern), e.text);
            if (stix_pattern_values(&p, on_value, &b))
                plain++;
            else /* OR of hashes, and of a size and a media type that half of all files have */
                assert_int_not_equal(str_find(pattern, S("file:mime_type = 'application/octet-stream'")), SIZE_MAX);
        }
        buf_free(&b);
        arena_free(a);
    }
    assert_int_equal(end.code, ERR_NONE);
    print_message("%zu patterns, %zu of them plain values\n", count, plain);
    assert_int_equal(plain, count - 1);
    buf_free(&text);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),  cmocka_unit_test(refusals),
        cmocka_unit_test(values), cmocka_unit_test(values_beside_others),
        cmocka_unit_test(bounds), cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(feeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
