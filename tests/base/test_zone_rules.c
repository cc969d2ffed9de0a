/* test_zone_rules: local times to offsets by rules of time zones, made up here byte by byte (RFC 8536); files that are damaged;
 * names that lead elsewhere. tests/hunt/test_time.py compares the real ones with another reader of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../refuse.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/instant.h"
#include "base/zone_rules.h"

struct tzif {
    char version; /* 0: '2' */
    uint32_t leaps, utc, standard;
    int64_t changes[4];
    uint8_t types[4];
    uint32_t change_count;
    int32_t offsets[3];
    uint32_t type_count; /* 0: 2 */
    const char *rule;    /* with its line ends */
};

static void big(struct buf *b, uint64_t n, int bytes) {
    for (int i = bytes; i-- > 0;)
        buf_byte(b, (char)(n >> 8 * i));
}

static void part(struct buf *b, const struct tzif *t, int time) {
    uint32_t const types = t->type_count ? t->type_count : 2;

    buf_add(b, S("TZif"));
    buf_byte(b, t->version ? t->version : '2');
    big(b, 0, 8);
    big(b, 0, 7);
    big(b, t->utc, 4);
    big(b, t->standard, 4);
    big(b, t->leaps, 4);
    big(b, t->change_count, 4);
    big(b, types, 4);
    big(b, 4, 4);
    for (uint32_t i = 0; i < t->change_count; i++)
        big(b, (uint64_t)t->changes[i], time);
    for (uint32_t i = 0; i < t->change_count; i++)
        big(b, t->types[i], 1);
    for (uint32_t i = 0; i < types && i < COUNT(t->offsets); i++) {
        big(b, (uint32_t)t->offsets[i], 4);
        big(b, 0, 2);
    }
    buf_add(b, S("ABC\0"));
    for (uint32_t i = 0; i < t->leaps; i++) {
        big(b, 0, time);
        big(b, 0, 4);
    }
    for (uint32_t i = 0; i < t->standard + t->utc; i++)
        big(b, 0, 1);
}

static str write_tzif(struct buf *b, const struct tzif *t) {
    b->len = 0;
    part(b, t, 4);
    part(b, t, 8);
    buf_add(b, str_of(t->rule ? t->rule : "\n\n"));
    assert_false(b->failed);
    return buf_str(b);
}

static int64_t seconds(const char *text) {
    int64_t const when = instant_parse(str_of(text));

    assert_true(when != INSTANT_NONE);
    return when / 1000000000;
}

/* Two changes and a gap between the table and its rule: local mean time, then +1, +2 in the summer of 1980, then the rule. */
#define BERLIN                                                                                                         \
    {                                                                                                                  \
        .changes = {-2422054408, 323830800, 338950800}, .types = {1, 2, 1}, .change_count = 3,                         \
        .offsets = {3208, 3600, 7200}, .type_count = 3, .rule = "\nCET-1CEST,M3.5.0,M10.5.0/3\n"                       \
    }
#define RULE(text)                                                                                                     \
    { .offsets = {0, 0}, .rule = "\n" text "\n" }

static void local_times(void **state) {
    static const struct {
        const char *name;
        struct tzif zone;
        const char *local;
        enum zone_fit fit;
        int32_t offset;
    } cases[] = {
        {"before all changes", BERLIN, "1850-01-01", ZONE_ONCE, 3208},
        {"the second before the first change", BERLIN, "1893-03-31T23:59:59", ZONE_ONCE, 3208},
        {"six minutes that never were", BERLIN, "1893-04-01T00:00:00", ZONE_NEVER, 3208},
        {"behind them", BERLIN, "1893-04-01T00:06:32", ZONE_ONCE, 3600},
        {"summer of the table", BERLIN, "1980-07-01", ZONE_ONCE, 7200},
        {"its hour that came twice", BERLIN, "1980-09-28T02:30:00", ZONE_TWICE, 7200},
        {"winter of the rule", BERLIN, "2021-01-15T12:00:00", ZONE_ONCE, 3600},
        {"summer of the rule", BERLIN, "2021-07-15T12:00:00", ZONE_ONCE, 7200},
        {"the last second of winter", BERLIN, "2021-03-28T01:59:59", ZONE_ONCE, 3600},
        {"the first that never was", BERLIN, "2021-03-28T02:00:00", ZONE_NEVER, 3600},
        {"the last that never was", BERLIN, "2021-03-28T02:59:59", ZONE_NEVER, 3600},
        {"the first of summer", BERLIN, "2021-03-28T03:00:00", ZONE_ONCE, 7200},
        {"the last once", BERLIN, "2021-10-31T01:59:59", ZONE_ONCE, 7200},
        {"the first twice", BERLIN, "2021-10-31T02:00:00", ZONE_TWICE, 7200},
        {"the last twice", BERLIN, "2021-10-31T02:59:59", ZONE_TWICE, 7200},
        {"winter again", BERLIN, "2021-10-31T03:00:00", ZONE_ONCE, 3600},
        {"a year far away", BERLIN, "2261-07-01", ZONE_ONCE, 7200},
        {"the last year whole", BERLIN, "2261-10-27T02:30:00", ZONE_TWICE, 7200},
        {"behind the last rule", BERLIN, "2262-04-01", ZONE_ONCE, 3600},
        {"no rule: the last type stays",
         {.changes = {0}, .types = {1}, .change_count = 1, .offsets = {60, 120}, .rule = "\n\n"},
         "2099-07-01",
         ZONE_ONCE,
         120},
        {"no summer time", RULE("EST5"), "2021-07-01", ZONE_ONCE, -18000},
        {"minutes and seconds west", RULE("ABC-5:30:15"), "2021-07-01", ZONE_ONCE, 19815},
        {"a name in brackets", RULE("<+0545>-5:45"), "2021-07-01", ZONE_ONCE, 20700},
        {"the south: summer over New Year", RULE("AEST-10AEDT,M10.1.0,M4.1.0/3"), "2021-01-15", ZONE_ONCE, 39600},
        {"its winter", RULE("AEST-10AEDT,M10.1.0,M4.1.0/3"), "2021-07-15", ZONE_ONCE, 36000},
        {"winter time is set, not summer time", RULE("IST-1GMT0,M10.5.0,M3.5.0/1"), "2021-01-15", ZONE_ONCE, 0},
        {"and in summer", RULE("IST-1GMT0,M10.5.0,M3.5.0/1"), "2021-07-15", ZONE_ONCE, 3600},
        {"half an hour", RULE("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"), "2021-04-04T01:45:00", ZONE_TWICE, 39600},
        {"a time before the day", RULE("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"), "2021-03-27T22:30:00", ZONE_ONCE, -7200},
        {"and behind it", RULE("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"), "2021-03-27T23:30:00", ZONE_NEVER, -7200},
        {"days behind the day", RULE("EET-2EEST,M3.4.4/50,M10.4.4/50"), "2022-03-26T02:30:00", ZONE_NEVER, 7200},
        {"the fifth that is the fourth", RULE("AAA0BBB,M2.5.0/0,M6.1.0/0"), "2021-02-28T00:30:00", ZONE_NEVER, 0},
        {"J60 is 1 March in a leap year", RULE("AAA0BBB,J60/0,J300/0"), "2020-03-01T00:30:00", ZONE_NEVER, 0},
        {"and in another", RULE("AAA0BBB,J60/0,J300/0"), "2021-03-01T00:30:00", ZONE_NEVER, 0},
        {"59 is 29 February in a leap year", RULE("AAA0BBB,59/0,300/0"), "2020-02-29T00:30:00", ZONE_NEVER, 0},
        {"and 1 March in another", RULE("AAA0BBB,59/0,300/0"), "2021-03-01T00:30:00", ZONE_NEVER, 0},
        {"summer time all year", RULE("XXX3EDT4,0/0,J365/23"), "2021-01-01T00:30:00", ZONE_ONCE, -14400},
        {"at its end", RULE("XXX3EDT4,0/0,J365/23"), "2021-12-31T23:30:00", ZONE_ONCE, -14400},
        {"summer time without its rule's hour", RULE("AAA0BBB-3,M3.5.0,M10.5.0"), "2021-07-01", ZONE_ONCE, 10800},
        {"a day that never was",
         {.changes = {1325239200}, .types = {1}, .change_count = 1, .offsets = {-36000, 50400}, .rule = "\n\n"},
         "2011-12-30T12:00:00",
         ZONE_NEVER,
         -36000},
        {"two changes within a day, the first back",
         {.changes = {0, 36000}, .types = {1, 0}, .change_count = 2, .offsets = {7200, 0}, .rule = "\n\n"},
         "1970-01-01T01:00:00",
         ZONE_TWICE,
         7200},
        {"back and forth: never, though later spans hold nothing",
         {.changes = {0, 36000}, .types = {1, 0}, .change_count = 2, .offsets = {7200, 0}, .rule = "\n\n"},
         "1970-01-01T11:00:00",
         ZONE_NEVER,
         0},
    };
    struct buf b = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone_rules *z;
        struct err e = {0};
        int32_t offset = -1;

        if (!zone_rules_read(write_tzif(&b, &cases[i].zone), &z, &e))
            fail_msg("%s: %s", cases[i].name, e.text);
        enum zone_fit const fit = zone_rules_offset(z, seconds(cases[i].local), &offset);

        if (fit != cases[i].fit || offset != cases[i].offset)
            fail_msg("%s: %d, %d", cases[i].name, fit, offset);
        zone_rules_free(z);
    }
    buf_free(&b);
}

static void no_zones(void **state) {
    static const struct {
        const char *name;
        struct tzif zone;
        enum err_code code;
    } cases[] = {
        {"version 1", {.version = 1}, ERR_UNSUPPORTED},
        {"leap seconds", {.leaps = 2}, ERR_UNSUPPORTED},
        {"changes out of order", {.changes = {5, 4}, .change_count = 2}, ERR_CORRUPT},
        {"two changes at once", {.changes = {5, 5}, .change_count = 2}, ERR_CORRUPT},
        {"a type that is not there", {.types = {2}, .change_count = 1}, ERR_CORRUPT},
        {"too far east", {.offsets = {93600}}, ERR_CORRUPT},
        {"too far west", {.offsets = {-90000}}, ERR_CORRUPT},
        {"indicators of some types only", {.utc = 1}, ERR_CORRUPT},
        {"of others", {.standard = 1}, ERR_CORRUPT},
        {"more types than bytes can say", {.type_count = 300}, ERR_CORRUPT},
        {"no line end in front of the rule", {.rule = "EST5\n"}, ERR_CORRUPT},
        {"nor behind", {.rule = "\nEST5"}, ERR_CORRUPT},
        {"no rule", {.rule = ""}, ERR_CORRUPT},
        {"a short name", RULE("ES5"), ERR_CORRUPT},
        {"no offset", RULE("EST"), ERR_CORRUPT},
        {"an offset beyond a day", RULE("EST25"), ERR_CORRUPT},
        {"minutes", RULE("EST5:60"), ERR_CORRUPT},
        {"an open bracket", RULE("<EST5"), ERR_CORRUPT},
        {"summer time without rule", RULE("EST5EDT"), ERR_CORRUPT},
        {"one change only", RULE("EST5EDT,M3.2.0"), ERR_CORRUPT},
        {"month 13", RULE("EST5EDT,M13.2.0,M11.1.0"), ERR_CORRUPT},
        {"week 0", RULE("EST5EDT,M3.0.0,M11.1.0"), ERR_CORRUPT},
        {"weekday 7", RULE("EST5EDT,M3.2.7,M11.1.0"), ERR_CORRUPT},
        {"day 366", RULE("EST5EDT,366,M11.1.0"), ERR_CORRUPT},
        {"J0", RULE("EST5EDT,J0,M11.1.0"), ERR_CORRUPT},
        {"hours beyond a week", RULE("EST5EDT,M3.2.0/168,M11.1.0"), ERR_CORRUPT},
        {"something behind", RULE("EST5EDT,M3.2.0,M11.1.0,"), ERR_CORRUPT},
    };
    struct buf b = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone_rules *z;
        struct err e = {0};

        if (zone_rules_read(write_tzif(&b, &cases[i].zone), &z, &e) || e.code != cases[i].code)
            fail_msg("%s: %d %s", cases[i].name, e.code, e.text);
    }
    buf_free(&b);
}

/* Every file that ends too early is none. */
static void cut(void **state) {
    static const struct tzif berlin = BERLIN;
    struct buf b = {0};
    str const whole = write_tzif(&b, &berlin);
    (void)state;

    for (size_t len = 0; len < whole.len; len++) {
        char *const copy = malloc(len + 1);
        struct zone_rules *z;
        struct err e = {0};

        memcpy(copy, whole.ptr, len);
        if (zone_rules_read((str){copy, len}, &z, &e) || e.code != ERR_CORRUPT)
            fail_msg("%zu of %zu bytes: %s", len, whole.len, e.text);
        free(copy);
    }
    buf_free(&b);
}

static void too_many(void **state) {
    struct buf b = {0};
    struct zone_rules *z;
    struct err e = {0};
    (void)state;

    write_tzif(&b, &(struct tzif){.change_count = 0});
    /* The second header's number of changes, 4,097 of them. */
    size_t const second = 44 + 2 * 6 + 4, at = second + 32;

    b.ptr[at + 2] = 0x10, b.ptr[at + 3] = 0x01;
    assert_false(zone_rules_read(buf_str(&b), &z, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    buf_free(&b);
}

static void names(void **state) {
    static const char *const good[] = {"Europe/Berlin", "UTC", "Etc/GMT+5", "America/Port-au-Prince",
                                       "America/Argentina/ComodRivadavia"};
    static const char *const bad[] = {"",
                                      "/etc/passwd",
                                      "../x",
                                      "Europe/../x",
                                      "Europe//Berlin",
                                      "Europe/",
                                      ".hidden",
                                      "zone.tab",
                                      "a b",
                                      "Europe/.x",
                                      "Z\xc3\xbc",
                                      "+01:00",
                                      "-x",
                                      "Europe/-x",
                                      "a\\b",
                                      "a\nb",
                                      "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcde"};
    (void)state;

    for (size_t i = 0; i < COUNT(good); i++)
        if (!zone_name_good(str_of(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (zone_name_good(str_of(bad[i])))
            fail_msg("%s", bad[i]);
    assert_false(zone_name_good(S("UTC\0x")));
}

static void files(void **state) {
    static const struct {
        const char *name, *says;
        enum err_code code;
    } cases[] = {
        {"Absent", "no time zone 'Absent' in", ERR_IO},
        {"Folder", "no time zone 'Folder' in", ERR_IO},
        {"Text", "Text is damaged: install the package tzdata again, or say the offset: it is no file of time zones",
         ERR_CORRUPT},
        {"Empty", "Empty is damaged", ERR_CORRUPT},
        {"Large", "Large", ERR_LIMIT},
    };
    char folder[] = "/tmp/longwatch-test-XXXXXX", path[64];
    static char large[ZONE_FILE_MAX + 1];
    struct zone_rules *z;
    int32_t offset;
    struct err e = {0};
    (void)state;

    assert_non_null(mkdtemp(folder));
    struct {
        const char *name;
        str bytes;
    } const made[] = {{"Text", STR("a text")}, {"Empty", STR("")}, {"Large", {large, sizeof large}}};

    snprintf(path, sizeof path, "%s/Folder", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < COUNT(made); i++) {
        struct file_out *f;

        snprintf(path, sizeof path, "%s/%s", folder, made[i].name);
        assert_true(file_out_open(&f, path, &e));
        file_out_add(f, made[i].bytes);
        assert_true(file_out_commit(f, &e));
    }
    for (size_t i = 0; i < COUNT(cases); i++)
        if (zone_rules_open(folder, str_of(cases[i].name), &z, &e) || e.code != cases[i].code ||
            !strstr(e.text, cases[i].says))
            fail_msg("%s: %d %s", cases[i].name, e.code, e.text);
    assert_false(zone_rules_open("/nowhere", S("UTC"), &z, &e));
    assert_non_null(strstr(e.text, "install the package tzdata"));
    for (size_t i = 0; i < COUNT(made); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, made[i].name);
        remove(path);
    }
    snprintf(path, sizeof path, "%s/Folder", folder);
    rmdir(path);
    assert_int_equal(rmdir(folder), 0);
    assert_non_null(z = zone_rules_fixed(-1800));
    assert_int_equal(zone_rules_offset(z, 0, &offset), ZONE_ONCE);
    assert_int_equal(offset, -1800);
    zone_rules_free(z);
    zone_rules_free(NULL);
}

static void memory(void **state) {
    static const struct tzif berlin = BERLIN;
    struct buf b = {0};
    str const whole = write_tzif(&b, &berlin);
    struct zone_rules *z;
    struct err e = {0};
    (void)state;

    REFUSE_OR_SKIP();
    memory_left = 0;
    assert_false(zone_rules_read(whole, &z, &e));
    assert_int_equal(e.code, ERR_MEMORY);
    memory_left = 0;
    assert_null(zone_rules_fixed(0));
    memory_left = 1; /* what is too large may stay so */
    assert_true(zone_rules_read(whole, &z, &e));
    memory_left = -1;
    zone_rules_free(z);
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_times), cmocka_unit_test(no_zones), cmocka_unit_test(cut),    cmocka_unit_test(too_many),
        cmocka_unit_test(names),       cmocka_unit_test(files),    cmocka_unit_test(memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
