/* test_lookalike: what looks like one of ours and what does not, as tables; punycode after RFC 3492; distances against a plain
 * table of all places; and how often a hundred thousand domains that are nobody's copies are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/utf.h"
#include "intel/lookalike.h"
#include "../refuse.h"

static const str own[] = {
    STR("volkskammer.example"),
    STR("WAHLAMT.example."),
    STR("nordmark.co.uk"),
    STR("mail.seehafen.org"),
    STR("bbk.org"),
    STR("parlament.example"),
    STR("senate.gov"),
    STR("kurier-nord.net"),
    STR("staatskanzlei-nordmark.de"),
    STR("b\xc3\xbcrgeramt.de"),
    STR("volkskammer.example"),
    STR("house1.org"),
    STR("blick.ch"),
};

static const struct {
    const char *name;
    str domain;
    enum lookalike_how how;
    uint32_t which;
} cases[] = {
    /* Ours. */
    {"itself", STR("volkskammer.example"), LOOKALIKE_NOT, 0},
    {"itself in capitals, with a point", STR("VolksKammer.Example."), LOOKALIKE_NOT, 0},
    {"below it", STR("a.b.volkskammer.example"), LOOKALIKE_NOT, 0},
    {"below it, by its own name", STR("volkskammer.example.volkskammer.example"), LOOKALIKE_NOT, 0},
    {"beside what was given, but ours", STR("www.seehafen.org"), LOOKALIKE_NOT, 0},
    {"one of ours that is like another", STR("parlament.example"), LOOKALIKE_NOT, 0},
    /* In front of somebody else's. */
    {"in front", STR("volkskammer.example.attacker.test"), LOOKALIKE_SUBDOMAIN, 0},
    {"in front, further in", STR("www.nordmark.co.uk.login.attacker.test"), LOOKALIKE_SUBDOMAIN, 2},
    {"in front of a service", STR("volkskammer.example.web.app"), LOOKALIKE_SUBDOMAIN, 0},
    {"in front, under a closed ending", STR("volkskammer.example.city.gov"), LOOKALIKE_SUBDOMAIN, 0},
    {"only its label in front", STR("volkskammer.attacker.test"), LOOKALIKE_NOT, 0},
    {"only its ending in front", STR("example.attacker.test"), LOOKALIKE_NOT, 0},
    {"a part of a label in front", STR("xvolkskammer.example.attacker.test"), LOOKALIKE_NOT, 0},
    {"half of its ending in front", STR("nordmark.co.attacker.test"), LOOKALIKE_NOT, 0},
    /* Another ending. */
    {"another ending", STR("volkskammer.com"), LOOKALIKE_ENDING, 0},
    {"a host of it", STR("mail.volkskammer.com"), LOOKALIKE_ENDING, 0},
    {"an ending of two labels", STR("wahlamt.co.uk"), LOOKALIKE_ENDING, 1},
    {"an ending that a service sells", STR("wahlamt.github.io"), LOOKALIKE_ENDING, 1},
    {"an ending of Unicode", STR("wahlamt.xn--p1ai"), LOOKALIKE_ENDING, 1},
    {"a closed ending: a namesake", STR("volkskammer.gov.uk"), LOOKALIKE_NOT, 0},
    {"a closed ending: another", STR("volkskammer.edu"), LOOKALIKE_NOT, 0},
    {"a label of three", STR("bbk.com"), LOOKALIKE_NOT, 0},
    {"a word of its own, far away", STR("senate.sx"), LOOKALIKE_NOT, 0},
    {"a word of its own, near", STR("senate.com"), LOOKALIKE_ENDING, 6},
    /* Skeletons. */
    {"Cyrillic a", STR("volksk\xd0\xb0mmer.example"), LOOKALIKE_CONFUSABLE, 0},
    {"Cyrillic a, as an A-label", STR("xn--prlament-16g.example"), LOOKALIKE_CONFUSABLE, 5},
    {"under another ending", STR("xn--prlament-16g.com"), LOOKALIKE_CONFUSABLE, 5},
    {"a mark", STR("volkskamm\xc3\xa9r.example"), LOOKALIKE_CONFUSABLE, 0},
    {"full width", STR("\xef\xbd\x96olkskammer.example"), LOOKALIKE_CONFUSABLE, 0},
    {"a joiner that nobody sees", STR("volks\xe2\x80\x8dkammer.example"), LOOKALIKE_CONFUSABLE, 0},
    {"three characters, one of them Cyrillic", STR("bb\xd0\xba.org"), LOOKALIKE_CONFUSABLE, 4},
    {"rn for m", STR("volkskarnmer.example"), LOOKALIKE_CONFUSABLE, 0},
    {"0 for o", STR("v0lkskammer.example"), LOOKALIKE_CONFUSABLE, 0},
    {"1 for l", STR("vo1kskammer.example"), LOOKALIKE_CONFUSABLE, 0},
    {"l for i", STR("bllck.ch"), LOOKALIKE_CONFUSABLE, 12},
    {"vv for w", STR("vvahlamt.example"), LOOKALIKE_CONFUSABLE, 1},
    {"ours without its marks", STR("burgeramt.de"), LOOKALIKE_CONFUSABLE, 9},
    {"ours as an A-label", STR("xn--brgeramt-65a.de"), LOOKALIKE_NOT, 0},
    {"ours in capitals", STR("B\xc3\x9cRGERAMT.DE"), LOOKALIKE_NOT, 0},
    {"ours with another mark", STR("b\xc3\xbarger\xc3\xa4mt.de"), LOOKALIKE_CONFUSABLE, 9},
    {"ours as an A-label, another ending", STR("xn--brgeramt-65a.com"), LOOKALIKE_ENDING, 9},
    {"ours as an A-label in front", STR("xn--brgeramt-65a.de.attacker.test"), LOOKALIKE_SUBDOMAIN, 9},
    {"all in another script", STR("xn--80aaalhzvfe9b.example"), LOOKALIKE_NOT, 0},
    {"an A-label that is none", STR("xn--\x7e\x7e.example"), LOOKALIKE_NOT, 0},
    /* Distances. */
    {"a letter left out", STR("wahlmt.example"), LOOKALIKE_EDIT, 1},
    {"a letter twice", STR("wahllamt.example"), LOOKALIKE_EDIT, 1},
    {"two changed places", STR("wahlatm.example"), LOOKALIKE_EDIT, 1},
    {"a letter changed", STR("wahlant.example"), LOOKALIKE_EDIT, 1},
    {"a letter in front", STR("xwahlamt.example"), LOOKALIKE_EDIT, 1},
    {"the first letter left out", STR("ahlamt.example"), LOOKALIKE_EDIT, 1},
    {"the first letter changed", STR("zahlamt.example"), LOOKALIKE_NOT, 0},
    {"one edit of seven, another ending", STR("wahlmt.com"), LOOKALIKE_NOT, 0},
    {"one edit of eight, another ending", STR("nordmrk.com"), LOOKALIKE_EDIT, 2},
    {"two edits of seven", STR("wahlmtt.example"), LOOKALIKE_NOT, 0},
    {"two edits of eleven", STR("volskamer.example"), LOOKALIKE_EDIT, 0},
    {"two edits of eleven, another ending", STR("volskamer.com"), LOOKALIKE_NOT, 0},
    {"one edit of eleven, another ending", STR("volkskamer.com"), LOOKALIKE_EDIT, 0},
    {"two edits of 22, another ending", STR("statskanzlei-nordmrk.com"), LOOKALIKE_EDIT, 8},
    {"three edits of 22", STR("statskanzlei-nrdmrk.de"), LOOKALIKE_NOT, 0},
    {"two digits behind", STR("volkskammer24.example"), LOOKALIKE_NOT, 0},
    {"of four", STR("bbkk.org"), LOOKALIKE_NOT, 0},
    {"of a word of its own, near", STR("parlamant.com"), LOOKALIKE_EDIT, 5},
    {"one of six, another ending", STR("senat.com"), LOOKALIKE_NOT, 0},
    {"of a word of its own, far away", STR("parlamento.test"), LOOKALIKE_NOT, 0},
    /* Words. */
    {"a word behind a hyphen", STR("volkskammer-anything.test"), LOOKALIKE_WORD, 0},
    {"a word before a hyphen", STR("login-wahlamt.test"), LOOKALIKE_WORD, 1},
    {"between hyphens", STR("my-wahlamt-portal.test"), LOOKALIKE_WORD, 1},
    {"ours has a hyphen", STR("kurier-nord-mail.test"), LOOKALIKE_WORD, 7},
    {"a half of ours", STR("kurier-mail.test"), LOOKALIKE_NOT, 0},
    {"directly beside a word of such mails", STR("wahlamtportal.test"), LOOKALIKE_WORD, 1},
    {"in front", STR("securewahlamt.test"), LOOKALIKE_WORD, 1},
    {"on both sides", STR("securewahlamtlogin.test"), LOOKALIKE_WORD, 1},
    {"directly beside any word", STR("wahlamtsleiter.test"), LOOKALIKE_NOT, 0},
    {"a small word directly", STR("mywahlamt.test"), LOOKALIKE_NOT, 0},
    {"the second place is the one", STR("wahlamtx-wahlamt.test"), LOOKALIKE_WORD, 1},
    {"a word with other letters looked through", STR("wah1amt-login.test"), LOOKALIKE_NOT, 0},
    {"a word of its own, with any word", STR("senate-house.test"), LOOKALIKE_NOT, 0},
    {"a word of its own, with a word of such mails", STR("senate-login.test"), LOOKALIKE_WORD, 6},
    {"a word of its own, directly", STR("senatewebmail.test"), LOOKALIKE_WORD, 6},
    {"of three", STR("bbk-login.test"), LOOKALIKE_NOT, 0},
    {"under a closed ending", STR("volkskammer-archive.edu"), LOOKALIKE_NOT, 0},
    {"a word with Cyrillic", STR("w\xd0\xb0hlamt-login.test"), LOOKALIKE_WORD, 1},
    /* No domains. */
    {"nothing", STR(""), LOOKALIKE_NOT, 0},
    {"a point", STR("."), LOOKALIKE_NOT, 0},
    {"two points", STR("volkskammer..com"), LOOKALIKE_NOT, 0},
    {"a point in front", STR(".volkskammer.com"), LOOKALIKE_NOT, 0},
    {"one label", STR("volkskammer"), LOOKALIKE_NOT, 0},
    {"a blank", STR("volkskammer .com"), LOOKALIKE_NOT, 0},
    {"a NUL", STR("volkskammer.com\0.com"), LOOKALIKE_NOT, 0},
    {"an address", STR("192.0.2.1"), LOOKALIKE_NOT, 0},
    {"an ending", STR("co.uk"), LOOKALIKE_NOT, 0},
    {"no UTF-8", STR("wahlamt\xff.example"), LOOKALIKE_EDIT, 1},
};

static void tables(void **state) {
    struct lookalike *l;
    struct err e;
    size_t wrong = 0;
    (void)state;

    assert_true(lookalike_new(&l, own, COUNT(own), &e));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lookalike_hit hit;
        bool const is = lookalike_find(l, cases[i].domain, &hit);

        assert_int_equal(is, hit.how != LOOKALIKE_NOT);
        if (hit.how == cases[i].how && hit.which == cases[i].which && (!is || hit.own.len))
            continue;
        print_message("%s: '%.*s' %u, not '%.*s' %u\n", cases[i].name, STR_ARG(lookalike_name(hit.how)), hit.which,
                      STR_ARG(lookalike_name(cases[i].how)), cases[i].which);
        wrong++;
    }
    assert_int_equal(wrong, 0);
    lookalike_free(l);
    lookalike_free(NULL);
}

static void what_cannot_be_ours(void **state) {
    static const struct {
        const char *name;
        str domain;
    } bad[] = {
        {"nothing", STR("")},
        {"an ending", STR("co.uk")},
        {"an ending of one label", STR("example")},
        {"a mail address's blank", STR("a b.org")},
        {"two points", STR("a..org")},
    };
    static str many[LOOKALIKE_DOMAINS_MAX + 1];
    struct lookalike *l;
    struct lookalike_hit hit;
    struct err e;
    (void)state;

    for (size_t i = 0; i < COUNT(bad); i++)
        if (lookalike_new(&l, &bad[i].domain, 1, &e) || e.code != ERR_USAGE)
            fail_msg("%s", bad[i].name);
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = S("wahlamt.example");
    assert_false(lookalike_new(&l, many, COUNT(many), &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_true(lookalike_new(&l, many, COUNT(many) - 1, &e));
    assert_true(lookalike_find(l, S("wahlamt.test"), &hit));
    lookalike_free(l);
    assert_true(lookalike_new(&l, NULL, 0, &e));
    assert_false(lookalike_find(l, S("wahlamt.test"), &hit));
    lookalike_free(l);
}

static void memory_may_run_out(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
    for (long left = 0;; left++) {
        struct lookalike *l;
        struct err e = {0};

        memory_refused = false;
        memory_left = left;
        bool const ok = lookalike_new(&l, own, COUNT(own), &e);

        memory_left = -1;
        if (ok)
            lookalike_free(l);
        if (!memory_refused) {
            assert_true(ok && left > 3);
            break;
        }
        /* libpsl asks too, for labels beyond ASCII: without it such a one is no domain. */
        assert_true(ok || e.code == ERR_MEMORY || e.code == ERR_USAGE);
    }
}

static const struct {
    const char *name;
    str label, text;
    bool good;
} punycodes[] = {
    {"RFC 3492 7.1 A", STR("egbpdaj6bu4bxfgehfvwxn"), STR("ليهمابتكلموشعربي؟"), true},
    {"RFC 3492 7.1 B", STR("ihqwcrb4cv8a8dqg056pqjye"), STR("他们为什么不说中文"), true},
    {"RFC 3492 7.1 L", STR("3B-ww4c5e180e575a65lsy2b"), STR("3年B組金八先生"), true},
    {"RFC 3492 7.1 R", STR("de-jg4avhby1noc0d"), STR("パフィーdeルンバ"), true},
    {"RFC 3492 7.1 S", STR("-> $1.00 <--"), STR("-> $1.00 <-"), true},
    {"capital digits", STR("bcher-KVA"), STR("bücher"), true},
    {"all Cyrillic", STR("80ak6aa92e"), STR("аррӏе"), true},
    {"nothing", STR(""), STR(""), true},
    {"a digit that is none", STR("bcher-kv_"), STR(""), false},
    {"an end within a number", STR("bcher-k"), STR(""), false},
    {"beyond Unicode", STR("99999999"), STR(""), false},
    {"a number beyond 32 bits", STR("999999b"), STR(""), false},
    {"a surrogate", STR("ib9b"), STR(""), false},
    {"basic letters that are not", STR("b\xc3\xbc-kva"), STR(""), false},
};

static void punycode(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(punycodes); i++) {
        uint32_t points[63];
        struct buf text = {0};
        size_t count = 0;
        bool const good = punycode_decode(punycodes[i].label, points, COUNT(points), &count);

        if (good != punycodes[i].good)
            fail_msg("%s", punycodes[i].name);
        for (size_t p = 0; good && p < count; p++) {
            char bytes[4];

            buf_add(&text, (str){bytes, utf8_encode(points[p], bytes)});
        }
        if (good && !str_eq(buf_str(&text), punycodes[i].text))
            fail_msg("%s: %.*s", punycodes[i].name, STR_ARG(buf_str(&text)));
        if (good && count)
            assert_false(punycode_decode(punycodes[i].label, points, count - 1, &count));
        buf_free(&text);
    }
}

/* ---- distances, the plain way ---- */

static unsigned plain_distance(str a, str b) {
    unsigned t[24][24];

    for (size_t i = 0; i <= a.len; i++)
        for (size_t j = 0; j <= b.len; j++) {
            unsigned best = i == 0 ? (unsigned)j : j == 0 ? (unsigned)i : UINT32_MAX;

            if (i && j) {
                best = t[i - 1][j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
                best = t[i - 1][j] + 1 < best ? t[i - 1][j] + 1 : best;
                best = t[i][j - 1] + 1 < best ? t[i][j - 1] + 1 : best;
                if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                    best = t[i - 2][j - 2] + 1 < best ? t[i - 2][j - 2] + 1 : best;
            }
            t[i][j] = best;
        }
    return t[a.len][b.len];
}

/* Labels of few letters, changed at random behind the first: told as `edit` just when the plain distance is 1 or 2. */
static void distances(void **state) {
    uint64_t random = 88172645463325252u;
    size_t near[4] = {0};
    (void)state;

    for (int round = 0; round < 3000; round++) {
        char ours[32] = "k", other[32] = "k";
        struct lookalike_hit hit;
        struct lookalike *l;
        struct err e;
        size_t len, other_len;
        str domain;

#define NEXT(n) (random ^= random << 13, random ^= random >> 7, random ^= random << 17, (size_t)(random % (n)))
        len = 9 + NEXT(8);
        for (size_t i = 1; i < len; i++)
            ours[i] = "kpqst"[NEXT(5)]; /* none that is like another */
        memcpy(other, ours, len);
        other_len = len;
        for (size_t edits = NEXT(5); edits > 0; edits--) {
            size_t const at = 1 + NEXT(other_len - 1);

            switch (NEXT(4)) {
            case 0:
                other[at] = "kpqst"[NEXT(5)];
                break;
            case 1:
                memmove(other + at, other + at + 1, other_len-- - at - 1);
                break;
            case 2:
                memmove(other + at + 1, other + at, other_len++ - at);
                other[at] = "kpqst"[NEXT(5)];
                break;
            default:
                if (at + 1 < other_len) {
                    char const c = other[at];

                    other[at] = other[at + 1];
                    other[at + 1] = c;
                }
            }
        }
        unsigned const plain = plain_distance((str){ours, len}, (str){other, other_len});

        memcpy(ours + len, ".test", 5);
        memcpy(other + other_len, ".test", 5);
        domain = (str){ours, len + 5};
        assert_true(lookalike_new(&l, &domain, 1, &e));
        lookalike_find(l, (str){other, other_len + 5}, &hit);
        if ((hit.how == LOOKALIKE_EDIT) != (plain == 1 || plain == 2))
            fail_msg("%.*s %.*s: %u, plain %u", (int)len, ours, (int)other_len, other, hit.how, plain);
        near[plain < 3 ? plain : 3]++;
        lookalike_free(l);
    }
    for (size_t i = 0; i < COUNT(near); i++)
        assert_true(near[i] > 100);
}

/* ---- domains of the world ---- */

static const str institutions[] = {
    STR("parlament.example"),
    STR("landtag-nordmark.example"),
    STR("wahlamt.example"),
    STR("volkskammer.example"),
    STR("rathaus-altstadt.example"),
    STR("kanzleramt.example"),
    STR("innenministerium.example"),
    STR("electoral-commission.example"),
    STR("nordmark.example"),
    STR("seehafen.example"),
    STR("kurier-nord.example"),
    STR("staatskanzlei.example"),
    STR("gemeinderat.example"),
    STR("bundestag.de"),
    STR("bundesregierung.de"),
    STR("stortinget.no"),
    STR("riksdagen.se"),
    STR("eduskunta.fi"),
    STR("parliament.uk"),
    STR("electoralcommission.org.uk"),
    STR("senat.fr"),
    STR("assemblee-nationale.fr"),
    STR("europarl.europa.eu"),
    STR("parlament.ch"),
    STR("sejm.gov.pl"),
    STR("senate.gov"),
    STR("house.gov"),
    STR("state.gov"),
    STR("nytimes.com"),
    STR("washingtonpost.com"),
    STR("spiegel.de"),
    STR("theguardian.com"),
    STR("lemonde.fr"),
    STR("amnesty.org"),
    STR("greenpeace.org"),
};

/* A warninglist of MISP, perhaps packed: its domains, one a line. */
static bool listed(const char *name, struct buf *out) {
    const char *const source = getenv("LONGWATCH_SOURCE"), *const shared = getenv("LONGWATCH_SHARED");
    char path[3072], command[8192];
    char piece[4096];
    FILE *pipe;
    size_t n;

    (void)snprintf(path, sizeof path, "%s%s/data/warninglists/%s",
                   shared   ? shared
                   : source ? source
                            : ".",
                   shared ? "" : "/../shared", name);
    if (access(path, R_OK) != 0) {
        print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", path);
        return false;
    }
    (void)snprintf(command, sizeof command,
                   "zstd -dcf '%s' | /usr/bin/python3 -c 'import json,sys\nfor x in json.load(sys.stdin)[\"list\"]:\n "
                   "print(x.strip().lstrip(\".\"))'",
                   path);
    if (!(pipe = popen(command, "r")))
        return false;
    while ((n = fread(piece, 1, sizeof piece, pipe)) > 0)
        buf_add(out, (str){piece, n});
    return pclose(pipe) == 0 && !out->failed;
}

/* Of 178 thousand sites, universities, hosters and throw-away mail services a handful may be told; none of the first is a copy of one of
 * these institutions, though some are their namesakes. */
static void domains_of_the_world(void **state) {
    static const char *const lists[] = {"cloudflare-top100k.json.zst", "university_domains.json.zst",
                                        "dynamic-dns.json.zst", "public-dns-hostname.json.zst", "alexa.json"};
    struct buf text = {0};
    size_t domains = 0, told = 0;
    struct lookalike *l;
    struct err e;
    (void)state;

    for (size_t i = 0; i < COUNT(lists); i++)
        if (!listed(lists[i], &text)) {
            buf_free(&text);
            skip();
        }
    assert_true(lookalike_new(&l, institutions, COUNT(institutions), &e));
    for (str rest = buf_str(&text); rest.len; domains++) {
        size_t const end = str_find_byte(rest, '\n');
        str const one = str_first(rest, end);
        struct lookalike_hit hit;

        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
        if (lookalike_find(l, one, &hit)) {
            print_message("%.*s: %.*s of %.*s\n", STR_ARG(one), STR_ARG(lookalike_name(hit.how)), STR_ARG(hit.own));
            told++;
        }
    }
    print_message("%zu of %zu domains\n", told, domains);
    assert_true(domains > 100000);
    assert_true(told * 10000 <= domains); /* one in ten thousand */
    lookalike_free(l);
    buf_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),   cmocka_unit_test(what_cannot_be_ours), cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(punycode), cmocka_unit_test(distances),           cmocka_unit_test(domains_of_the_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
