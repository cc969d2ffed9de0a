/* test_worth: evidence classes, windows, decay and levels of hits, case by case; and that no distance is too far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "intel/sigma.h"
#include "intel/worth.h"

#define NONE INSTANT_NONE
#define DAYS(n) ((int64_t)(n)*INT64_C(86400000000000))
#define DAY0 DAYS(18000) /* 2019-04-14 */
#define ON(n) (DAY0 + DAYS(n))

/* What one claim says; times in days after DAY0, NO: not said. */
#define NO INT32_MIN
struct said {
    int32_t created, modified, from, until, first, last;
    enum item_nature nature;
    uint8_t confidence; /* 0: not said; 1 to 101: + 1 */
    bool revoked, context, proposed;
};
#define SAID                                                                                                           \
    { .created = NO, .modified = NO, .from = NO, .until = NO, .first = NO, .last = NO }
#define WITH(...)                                                                                                      \
    { .created = NO, .modified = NO, .from = NO, .until = NO, .first = NO, .last = NO, __VA_ARGS__ }

static int64_t time_of(int32_t day) {
    return day == NO ? NONE : ON(day);
}

struct known_one {
    struct buf bytes;
    struct intel_set *set;
};

static void put_item(struct intel_builder *b, enum item_form form, enum observable type, const char *value,
                     const struct said *c) {
    struct intel_item const item = {.form = form,
                                    .type = type,
                                    .value = str_of(value),
                                    .raw = S(""),
                                    .where = S(""),
                                    .id = S(""),
                                    .title = S(""),
                                    .comment = S(""),
                                    .created = time_of(c->created),
                                    .modified = time_of(c->modified),
                                    .valid_from = time_of(c->from),
                                    .valid_until = time_of(c->until),
                                    .first_seen = time_of(c->first),
                                    .last_seen = time_of(c->last),
                                    .nature = c->nature,
                                    .confidence = c->confidence ? (uint8_t)(c->confidence - 1) : ITEM_CONFIDENCE_UNSAID,
                                    .revoked = c->revoked,
                                    .context = c->context,
                                    .proposed = c->proposed};
    struct err e = {0};

    if (!intel_builder_source(b, S("s"), S(""), &e) || !intel_builder_item(b, &item, &e))
        fail_msg("%s: %s", value, e.text);
}

static struct known_one set_of(enum item_form form, enum observable type, const char *value, const struct said *claims,
                               size_t count) {
    struct known_one k = {.bytes = {0}};
    struct intel_builder *b;
    struct err e = {0};

    assert_true(intel_builder_new(&b, &e));
    for (size_t i = 0; i < count; i++)
        put_item(b, form, type, value, &claims[i]);
    assert_true(intel_builder_end(b, &k.bytes, &e));
    intel_builder_free(b);
    assert_true(intel_set_of(&k.set, buf_str(&k.bytes), &e));
    return k;
}

static void known_free_one(struct known_one *k) {
    intel_set_free(k->set);
    buf_free(&k->bytes);
}

/* ---- class ---- */

static void every_type_has_its_class(void **state) {
    static const struct {
        enum observable type;
        const char *value;
        enum item_nature nature;
        const char *label;
        enum worth_class class;
        enum sigma_level level; /* of an event without time */
    } cases[] = {
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_UNSAID, NULL, WORTH_ADDRESS, LEVEL_MEDIUM},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_OPERATION, NULL, WORTH_ADDRESS, LEVEL_MEDIUM},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_RELAY, NULL, WORTH_RELAY, LEVEL_LOW},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_SCANNER, NULL, WORTH_RELAY, LEVEL_LOW},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_VICTIM, NULL, WORTH_RELAY, LEVEL_LOW},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_UNSAID, "List of known Tor exit nodes", WORTH_RELAY, LEVEL_LOW},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_UNSAID, "List of VPN exits", WORTH_RELAY, LEVEL_LOW},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_UNSAID, "Known security-scanning hosts", WORTH_RELAY, LEVEL_LOW},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_UNSAID, "List of public DNS resolvers", WORTH_SHARED,
         LEVEL_INFORMATIONAL},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_RELAY, "Cloudflare", WORTH_SHARED, LEVEL_INFORMATIONAL},
        {OBSERVABLE_ADDRESS, "192.0.2.1", NATURE_UNSAID, "Dynamic DNS", WORTH_ADDRESS, LEVEL_MEDIUM},
        {OBSERVABLE_NETWORK, "192.0.2.0/24", NATURE_UNSAID, NULL, WORTH_ADDRESS, LEVEL_MEDIUM},
        {OBSERVABLE_NETWORK, "192.0.2.0/24", NATURE_RELAY, NULL, WORTH_RELAY, LEVEL_LOW},
        {OBSERVABLE_AS, "as64500", NATURE_UNSAID, NULL, WORTH_ADDRESS, LEVEL_MEDIUM},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_UNSAID, NULL, WORTH_DOMAIN, LEVEL_HIGH},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_SCANNER, NULL, WORTH_DOMAIN, LEVEL_HIGH},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_VICTIM, NULL, WORTH_HOSTED, LEVEL_LOW},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_RELAY, NULL, WORTH_HOSTED, LEVEL_LOW},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_UNSAID, "Dynamic_DNS providers", WORTH_HOSTED, LEVEL_LOW},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_UNSAID, "disposable-email domains", WORTH_HOSTED, LEVEL_LOW},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_UNSAID, "List of URL-shortener services", WORTH_HOSTED, LEVEL_LOW},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_UNSAID, "Top 1000 websites", WORTH_SHARED, LEVEL_INFORMATIONAL},
        {OBSERVABLE_DOMAIN, "evil.example", NATURE_UNSAID, "VPN providers", WORTH_SHARED, LEVEL_INFORMATIONAL},
        {OBSERVABLE_URL, "http://evil.example/x", NATURE_UNSAID, NULL, WORTH_DOMAIN, LEVEL_HIGH},
        {OBSERVABLE_URL, "http://evil.example/x", NATURE_VICTIM, NULL, WORTH_HOSTED, LEVEL_LOW},
        {OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e", NATURE_UNSAID, NULL, WORTH_MALWARE, LEVEL_HIGH},
        {OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e", NATURE_TOOL, NULL, WORTH_TOOL, LEVEL_MEDIUM},
        {OBSERVABLE_MD5, "d41d8cd98f00b204e9800998ecf8427e", NATURE_UNSAID, "Empty files", WORTH_SHARED,
         LEVEL_INFORMATIONAL},
        {OBSERVABLE_IMPHASH, "d41d8cd98f00b204e9800998ecf8427e", NATURE_MALWARE, NULL, WORTH_MALWARE, LEVEL_HIGH},
        {OBSERVABLE_SHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709", NATURE_UNSAID, NULL, WORTH_MALWARE, LEVEL_HIGH},
        {OBSERVABLE_JA3, "d41d8cd98f00b204e9800998ecf8427e", NATURE_UNSAID, NULL, WORTH_NAME, LEVEL_LOW},
        {OBSERVABLE_CERTIFICATE, "a1b2c3d4", NATURE_UNSAID, NULL, WORTH_IDENTIFIER, LEVEL_HIGH},
        {OBSERVABLE_MAIL, "jo@evil.example", NATURE_UNSAID, NULL, WORTH_IDENTIFIER, LEVEL_HIGH},
        {OBSERVABLE_MAIL, "jo@evil.example", NATURE_UNSAID, "Disposable mail", WORTH_IDENTIFIER, LEVEL_HIGH},
        {OBSERVABLE_PHONE, "+4930123456", NATURE_UNSAID, NULL, WORTH_IDENTIFIER, LEVEL_HIGH},
        {OBSERVABLE_ACCOUNT, "kim77", NATURE_UNSAID, NULL, WORTH_IDENTIFIER, LEVEL_HIGH},
        {OBSERVABLE_FILE_NAME, "evil.exe", NATURE_MALWARE, NULL, WORTH_NAME, LEVEL_LOW},
        {OBSERVABLE_FILE_PATH, "/tmp/evil", NATURE_UNSAID, NULL, WORTH_NAME, LEVEL_LOW},
        {OBSERVABLE_USER_AGENT, "Odd/1", NATURE_UNSAID, NULL, WORTH_NAME, LEVEL_LOW},
        {OBSERVABLE_MUTEX, "OddMutex", NATURE_UNSAID, NULL, WORTH_NAME, LEVEL_LOW},
        {OBSERVABLE_REGISTRY, "HKLM\\Software\\Odd", NATURE_UNSAID, NULL, WORTH_NAME, LEVEL_LOW},
        {OBSERVABLE_SUBJECT, "odd news", NATURE_UNSAID, NULL, WORTH_NAME, LEVEL_LOW},
        {OBSERVABLE_TEXT, "some odd words", NATURE_UNSAID, NULL, WORTH_NAME, LEVEL_LOW},
    };
    unsigned failed = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct said const claim = WITH(.nature = cases[i].nature);
        struct known_one k = set_of(ITEM_VALUE, cases[i].type, cases[i].value, &claim, 1);
        struct intel_label const label = {str_of(cases[i].label), S(""), S(""), S("x")};
        struct worth const w = worth_of(k.set, 0, NONE, &label, cases[i].label != NULL);

        if (w.class != cases[i].class || w.level != cases[i].level || w.window != WORTH_NO_TIME) {
            print_error("%zu, %s: %s, level %u\n", i, cases[i].value, worth_class_name(w.class).ptr, w.level);
            failed++;
        }
        known_free_one(&k);
    }
    assert_int_equal(failed, 0);
}

/* ---- windows, decay, levels ---- */

static const struct {
    const char *name;
    enum observable type;
    struct said claims[3];
    unsigned count;
    int32_t when; /* day of the event */
    enum worth_window window;
    int32_t distance; /* days */
    double kept;      /* of the class's weight */
    enum sigma_level level;
} times[] = {
    /* An address fades to half in 30 days; inside its window it is MEDIUM. */
    {"no dates", OBSERVABLE_ADDRESS, {SAID}, 1, 5, WORTH_UNSAID, 0, 1, LEVEL_MEDIUM},
    {"event without time",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10)},
     1,
     NO,
     WORTH_NO_TIME,
     0,
     1,
     LEVEL_MEDIUM},
    {"first day", OBSERVABLE_ADDRESS, {WITH(.from = 0, .until = 10)}, 1, 0, WORTH_IN, 0, 1, LEVEL_MEDIUM},
    {"last day", OBSERVABLE_ADDRESS, {WITH(.from = 0, .until = 10)}, 1, 9, WORTH_IN, 0, 1, LEVEL_MEDIUM},
    {"a day before", OBSERVABLE_ADDRESS, {WITH(.from = 0, .until = 10)}, 1, -1, WORTH_BEFORE, 1, 0.977, LEVEL_LOW},
    {"30 days before", OBSERVABLE_ADDRESS, {WITH(.from = 0, .until = 10)}, 1, -30, WORTH_BEFORE, 30, 0.5, LEVEL_LOW},
    {"30 days after", OBSERVABLE_ADDRESS, {WITH(.from = 0, .until = 10)}, 1, 40, WORTH_AFTER, 30, 0.5, LEVEL_LOW},
    {"89 days after", OBSERVABLE_ADDRESS, {WITH(.from = 0, .until = 10)}, 1, 99, WORTH_AFTER, 89, 0.128, LEVEL_LOW},
    {"91 days after",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10)},
     1,
     101,
     WORTH_AFTER,
     91,
     0.122,
     LEVEL_INFORMATIONAL},
    {"four years after",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10)},
     1,
     1470,
     WORTH_AFTER,
     1460,
     0,
     LEVEL_INFORMATIONAL},
    {"no end said, seen lately",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .modified = 10)},
     1,
     40,
     WORTH_IN,
     0,
     1,
     LEVEL_MEDIUM},
    {"no end said, long ago",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .modified = 10)},
     1,
     41,
     WORTH_AFTER,
     31,
     0.4886,
     LEVEL_LOW},
    {"a beginning alone", OBSERVABLE_ADDRESS, {WITH(.from = 0)}, 1, 30, WORTH_IN, 0, 1, LEVEL_MEDIUM},
    {"a beginning alone, long ago", OBSERVABLE_ADDRESS, {WITH(.from = 0)}, 1, 60, WORTH_AFTER, 60, 0.25, LEVEL_LOW},
    {"a beginning alone, before", OBSERVABLE_ADDRESS, {WITH(.from = 0)}, 1, -1, WORTH_BEFORE, 1, 0.977, LEVEL_LOW},
    {"spoken of alone, before", OBSERVABLE_ADDRESS, {WITH(.created = 0)}, 1, -30, WORTH_IN, 0, 1, LEVEL_MEDIUM},
    {"spoken of alone, long before",
     OBSERVABLE_ADDRESS,
     {WITH(.created = 0)},
     1,
     -31,
     WORTH_BEFORE,
     31,
     0.4886,
     LEVEL_LOW},
    {"an end alone", OBSERVABLE_ADDRESS, {WITH(.until = 10)}, 1, -4000, WORTH_IN, 0, 1, LEVEL_MEDIUM},
    {"an end alone, after", OBSERVABLE_ADDRESS, {WITH(.until = 10)}, 1, 11, WORTH_AFTER, 1, 0.977, LEVEL_LOW},
    {"seen beyond its validity",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10, .last = 20)},
     1,
     20,
     WORTH_IN,
     0,
     1,
     LEVEL_MEDIUM},
    {"seen before its validity",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10, .first = -5)},
     1,
     -5,
     WORTH_IN,
     0,
     1,
     LEVEL_MEDIUM},
    {"the nearer of two",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10), WITH(.from = 0, .until = 30)},
     2,
     32,
     WORTH_AFTER,
     2,
     0.955,
     LEVEL_LOW},
    {"in one of two",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10), WITH(.from = 30, .until = 40)},
     2,
     35,
     WORTH_IN,
     0,
     1,
     LEVEL_MEDIUM},
    {"between two",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10), WITH(.from = 30, .until = 40)},
     2,
     25,
     WORTH_BEFORE,
     5,
     0.891,
     LEVEL_LOW},
    {"one near without end, one over",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .modified = 10), WITH(.from = 0, .until = 15)},
     2,
     20,
     WORTH_IN,
     0,
     1,
     LEVEL_MEDIUM},
    {"one over, one near without end",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 15), WITH(.from = 0, .modified = 10)},
     2,
     20,
     WORTH_IN,
     0,
     1,
     LEVEL_MEDIUM},
    {"one undated", OBSERVABLE_ADDRESS, {SAID, WITH(.from = 0, .until = 10)}, 2, 40, WORTH_AFTER, 30, 0.5, LEVEL_LOW},
    {"what is revoked says no window",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 100, .revoked = true), WITH(.from = 0, .until = 10)},
     2,
     40,
     WORTH_AFTER,
     30,
     0.5,
     LEVEL_LOW},
    {"nor does context",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 100, .context = true), WITH(.from = 0, .until = 10)},
     2,
     40,
     WORTH_AFTER,
     30,
     0.5,
     LEVEL_LOW},
    {"it ends before it begins",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 10, .until = 0)},
     1,
     5,
     WORTH_BEFORE,
     5,
     0.891,
     LEVEL_LOW},
    /* Half-lives of the others. */
    {"relay, 15 days",
     OBSERVABLE_ADDRESS,
     {WITH(.from = 0, .until = 10, .nature = NATURE_RELAY)},
     1,
     25,
     WORTH_AFTER,
     15,
     0.5,
     LEVEL_INFORMATIONAL},
    {"hosted, 60 days",
     OBSERVABLE_DOMAIN,
     {WITH(.from = 0, .until = 10, .nature = NATURE_VICTIM)},
     1,
     70,
     WORTH_AFTER,
     60,
     0.5,
     LEVEL_INFORMATIONAL},
    {"domain, a year", OBSERVABLE_DOMAIN, {WITH(.from = 0, .until = 10)}, 1, 375, WORTH_AFTER, 365, 0.5, LEVEL_MEDIUM},
    {"domain, four years",
     OBSERVABLE_DOMAIN,
     {WITH(.from = 0, .until = 10)},
     1,
     1470,
     WORTH_AFTER,
     1460,
     0.0625,
     LEVEL_LOW},
    {"identifier, two years",
     OBSERVABLE_MAIL,
     {WITH(.from = 0, .until = 10)},
     1,
     740,
     WORTH_AFTER,
     730,
     0.5,
     LEVEL_MEDIUM},
    {"malware, three years",
     OBSERVABLE_SHA1,
     {WITH(.from = 0, .until = 10)},
     1,
     1105,
     WORTH_AFTER,
     1095,
     0.5,
     LEVEL_MEDIUM},
    {"name, a year",
     OBSERVABLE_FILE_NAME,
     {WITH(.from = 0, .until = 10)},
     1,
     375,
     WORTH_AFTER,
     365,
     0.5,
     LEVEL_INFORMATIONAL},
    {"a tool does not fade",
     OBSERVABLE_SHA1,
     {WITH(.from = 0, .until = 10, .nature = NATURE_TOOL)},
     1,
     5000,
     WORTH_AFTER,
     4990,
     1,
     LEVEL_LOW},
    {"a tool without end",
     OBSERVABLE_SHA1,
     {WITH(.from = 0, .nature = NATURE_TOOL)},
     1,
     5000,
     WORTH_IN,
     0,
     1,
     LEVEL_MEDIUM},
    /* Confidence, review. */
    {"unsure",
     OBSERVABLE_DOMAIN,
     {WITH(.from = 0, .until = 10, .confidence = 1 + 29)},
     1,
     5,
     WORTH_IN,
     0,
     1,
     LEVEL_MEDIUM},
    {"sure enough",
     OBSERVABLE_DOMAIN,
     {WITH(.from = 0, .until = 10, .confidence = 1 + 30)},
     1,
     5,
     WORTH_IN,
     0,
     1,
     LEVEL_HIGH},
    {"one unsure, one silent",
     OBSERVABLE_DOMAIN,
     {WITH(.confidence = 1 + 0), SAID},
     2,
     5,
     WORTH_UNSAID,
     0,
     1,
     LEVEL_HIGH},
    {"out of prose", OBSERVABLE_DOMAIN, {WITH(.proposed = true)}, 1, 5, WORTH_UNSAID, 0, 1, LEVEL_MEDIUM},
    {"out of prose, a name", OBSERVABLE_FILE_NAME, {WITH(.proposed = true)}, 1, 5, WORTH_UNSAID, 0, 1, LEVEL_LOW},
    {"one out of prose", OBSERVABLE_DOMAIN, {WITH(.proposed = true), SAID}, 2, 5, WORTH_UNSAID, 0, 1, LEVEL_HIGH},
    {"one out of prose, one revoked",
     OBSERVABLE_DOMAIN,
     {WITH(.proposed = true), WITH(.revoked = true)},
     2,
     5,
     WORTH_UNSAID,
     0,
     1,
     LEVEL_MEDIUM},
};

static void time_and_doubt_take_away(void **state) {
    unsigned failed = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        const char *const value = times[i].type == OBSERVABLE_ADDRESS     ? "192.0.2.1"
                                  : times[i].type == OBSERVABLE_DOMAIN    ? "evil.example"
                                  : times[i].type == OBSERVABLE_MAIL      ? "jo@evil.example"
                                  : times[i].type == OBSERVABLE_FILE_NAME ? "evil.exe"
                                                                          : "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        struct known_one k = set_of(ITEM_VALUE, times[i].type, value, times[i].claims, times[i].count);
        struct worth const w = worth_of(k.set, 0, time_of(times[i].when), NULL, 0);
        double const kept = w.bans > 0 ? (double)w.now / (double)w.bans : 1;
        /* Validity ends just before the moment that is said. */
        int64_t const off = w.distance - DAYS(times[i].distance);

        if (w.window != times[i].window || off < 0 || off > 1 || kept < times[i].kept - 0.001 ||
            kept > times[i].kept + 0.001 || w.level != times[i].level) {
            print_error("%s: %s, %lld days off, %.4f left, level %u\n", times[i].name, worth_window_name(w.window).ptr,
                        (long long)(w.distance / DAYS(1)), kept, w.level);
            failed++;
        }
        known_free_one(&k);
    }
    assert_int_equal(failed, 0);
}

/* valid_until is the first moment that is not meant; last_seen is the last that is. */
static void ends_are_exact(void **state) {
    static const struct said valid = WITH(.from = 0, .until = 10), seen = WITH(.first = 0, .last = 10);
    struct known_one k = set_of(ITEM_VALUE, OBSERVABLE_ADDRESS, "192.0.2.1", &valid, 1);

    (void)state;
    assert_int_equal(worth_of(k.set, 0, ON(0) - 1, NULL, 0).window, WORTH_BEFORE);
    assert_int_equal(worth_of(k.set, 0, ON(0), NULL, 0).window, WORTH_IN);
    assert_int_equal(worth_of(k.set, 0, ON(10) - 1, NULL, 0).window, WORTH_IN);
    assert_int_equal(worth_of(k.set, 0, ON(10), NULL, 0).window, WORTH_AFTER);
    assert_int_equal(worth_of(k.set, 0, ON(10), NULL, 0).distance, 1);
    known_free_one(&k);
    k = set_of(ITEM_VALUE, OBSERVABLE_ADDRESS, "192.0.2.1", &seen, 1);
    assert_int_equal(worth_of(k.set, 0, ON(0), NULL, 0).window, WORTH_IN);
    assert_int_equal(worth_of(k.set, 0, ON(10), NULL, 0).window, WORTH_IN);
    assert_int_equal(worth_of(k.set, 0, ON(10) + 1, NULL, 0).window, WORTH_AFTER);
    known_free_one(&k);
}

/* Times that lie further apart than an instant holds: evidence may say anything. */
static void no_distance_is_too_far(void **state) {
    static const int64_t whens[] = {INT64_MIN + 1, INT64_MIN + 2, -1, 0, 1, INT64_MAX - 1, INT64_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(whens); i++)
        for (size_t k = 0; k < COUNT(whens); k++) {
            struct intel_item item = {.form = ITEM_VALUE,
                                      .type = OBSERVABLE_ADDRESS,
                                      .value = S("192.0.2.1"),
                                      .raw = S(""),
                                      .where = S(""),
                                      .id = S(""),
                                      .title = S(""),
                                      .comment = S(""),
                                      .created = NONE,
                                      .modified = NONE,
                                      .valid_from = whens[k],
                                      .valid_until = whens[k],
                                      .first_seen = NONE,
                                      .last_seen = NONE,
                                      .confidence = ITEM_CONFIDENCE_UNSAID};
            struct intel_builder *b;
            struct buf bytes = {0};
            struct intel_set *s;
            struct err e = {0};

            assert_true(intel_builder_new(&b, &e) && intel_builder_item(b, &item, &e) &&
                        intel_builder_end(b, &bytes, &e) && intel_set_of(&s, buf_str(&bytes), &e));
            struct worth const w = worth_of(s, 0, whens[i], NULL, 0);

            assert_true(w.distance >= 0);
            assert_true(w.now >= 0 && w.now <= w.bans);
            if (whens[i] < whens[k])
                assert_int_equal(w.window, WORTH_BEFORE);
            if (whens[i] > whens[k])
                assert_int_equal(w.window, WORTH_AFTER);
            intel_set_free(s);
            intel_builder_free(b);
            buf_free(&bytes);
        }
}

static void what_nobody_means_is_said(void **state) {
    static const struct {
        struct said claims[2];
        unsigned count;
        bool revoked, context;
        unsigned witnesses;
    } cases[] = {
        {{SAID}, 1, false, false, 1},
        {{WITH(.revoked = true)}, 1, true, false, 0},
        {{WITH(.context = true)}, 1, false, true, 1},
        {{WITH(.revoked = true), SAID}, 2, false, false, 1},
        {{SAID, SAID}, 2, false, false, 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct known_one k = set_of(ITEM_VALUE, OBSERVABLE_ADDRESS, "192.0.2.1", cases[i].claims, cases[i].count);
        struct worth const w = worth_of(k.set, 0, ON(1), NULL, 0);

        assert_int_equal(w.revoked, cases[i].revoked);
        assert_int_equal(w.context, cases[i].context);
        assert_int_equal(w.witnesses, cases[i].witnesses);
        known_free_one(&k);
    }
}

static void patterns_and_expressions_have_levels(void **state) {
    static const struct said claim = SAID;
    struct known_one k = set_of(ITEM_PATTERN, OBSERVABLE_NONE, "[a:b = 'c']", &claim, 1);

    (void)state;
    assert_int_equal(worth_of(k.set, 0, ON(1), NULL, 0).level, LEVEL_MEDIUM);
    known_free_one(&k);
    k = set_of(ITEM_REGEX, OBSERVABLE_FILE_PATH, "/tmp/[a-z]{32}$", &claim, 1);
    assert_int_equal(worth_of(k.set, 0, ON(1), NULL, 0).level, LEVEL_LOW);
    known_free_one(&k);
}

static void every_class_and_window_has_a_name(void **state) {
    (void)state;
    for (unsigned c = 0; c < WORTH_CLASSES; c++)
        assert_true(worth_class_name(c).len > 0);
    for (unsigned w = 0; w <= WORTH_NO_TIME; w++)
        assert_true(worth_window_name(w).len > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_class),
        cmocka_unit_test(time_and_doubt_take_away),
        cmocka_unit_test(ends_are_exact),
        cmocka_unit_test(no_distance_is_too_far),
        cmocka_unit_test(what_nobody_means_is_said),
        cmocka_unit_test(patterns_and_expressions_have_levels),
        cmocka_unit_test(every_class_and_window_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
