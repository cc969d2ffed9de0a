/* test_person_scan: which fields of the built-in kinds are asked about persons, and as what; values of events against a made-up list, in blocks that
 * come again with the values they had, and with new ones; how many are told of one event; refused memory. No person here is real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detection/person_asks.h"
#include "detection/person_scan.h"
#include "event/ingest.h"

#include "../refuse.h"

static const char list[] =
    "901,\"QU, Mingzhen\",\"individual\",\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Email Address "
    "qmz@lists.example; a.k.a. 'LAKE WIND'.\"\r\n"
    "902,\"NORTHERN LAKE INFORMATION COMPANY\",-0- ,\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Website "
    "www.northernlake.example; Phone Number 49-30-5550123.\"\r\n";

struct house {
    struct fields *fields;
    struct kinds *kinds;
    struct persons *lists;
    struct person_hunt *hunt;
    struct person_scan *scan;
    struct ingest *in;
};

static bool full(void *ctx, struct err *e) {
    (void)ctx;
    return err_set(e, ERR_LIMIT, 0, "full");
}

static void damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx, (void)offset, (void)size;
    fail_msg("%s", why);
}

/* Only what is asked is kept. */
static struct ingest_wish wants(void *ctx, const struct block *b, field_id field) {
    const struct house *const h = ctx;

    return (struct ingest_wish){person_hunt_wants(h->hunt, b->kind, field) ? RAW_ANY : 0, 0};
}

static void lists_open(struct persons **out) {
    struct err e = {0};

    if (!persons_new(out, &e) || !persons_add(*out, S("SDN.CSV"), str_of(list), &e) || !persons_ready(*out, &e))
        fail_msg("%s", e.text);
}

static void house_open(struct house *h, const struct phone_country *home) {
    struct ingest_options options = {.wants = wants,
                                     .full = full,
                                     .damage = damage,
                                     .ctx = h,
                                     .rows_max = 1000,
                                     .bytes_max = (size_t)64 << 20,
                                     .roles = 1u << ROLE_ACCOUNT};
    struct err e = {0};

    *h = (struct house){.fields = fields_new()};
    assert_non_null(h->fields);
    assert_true(kinds_new(&h->kinds, h->fields, &e) && kinds_load_builtin(h->kinds, &e) && kinds_seal(h->kinds, &e));
    lists_open(&h->lists);
    if (!person_hunt_new(&h->hunt, h->lists, h->fields, &e) || !person_scan_new(&h->scan, h->hunt, home, &e))
        fail_msg("%s", e.text);
    options.fields = h->fields;
    options.kinds = h->kinds;
    assert_true(ingest_new(&h->in, &options, &e));
    ingest_part(h->in, 0, S("json"));
}

static void house_close(struct house *h) {
    ingest_free(h->in);
    person_scan_free(h->scan);
    person_hunt_free(h->hunt);
    persons_free(h->lists);
    kinds_free(h->kinds);
    fields_free(h->fields);
}

/* ---- what is asked ---- */

#define N (1u << PERSON_NAME)
#define M (1u << PERSON_MAIL)
#define P (1u << PERSON_PHONE)
#define W (1u << PERSON_SITE)

static const struct {
    const char *kind, *field;
    unsigned as;
} asked[] = {
    {"mail/message", "from", M},
    {"mail/message", "to", M},
    {"mail/message", "reply_to", M},
    {"mail/message", "return_path", M},
    {"mail/message", "delivered_to", M},
    {"mail/message", "from.name", N},
    {"mail/message", "to.name", N},
    {"mail/message", "url.host", W},
    {"mail/message", "url", 0},
    {"mail/message", "received.from", 0}, /* a host, whose name ends as a field's that is asked */
    {"mail/message", "recipient", 0},     /* all of them once more */
    {"mail/message", "subject", 0},
    {"mail/message", "text", 0},
    {"defender/email", "SenderFromAddress", M},
    {"defender/email", "SenderMailFromAddress", M},
    {"defender/email", "SenderDisplayName", N},
    {"defender/email", "Subject", 0},
    {"defender/url", "UrlDomain", W},
    {"okta/system", "actor.alternateId", M},
    {"okta/system", "actor.displayName", N | M}, /* an account as well, where there is no other */
    {"okta/system", "client.ipAddress", 0},
    {"azure/signinlogs", "properties.userDisplayName", N},
    {"azure/signinlogs", "properties.appDisplayName", 0}, /* no person's */
    {"call/neutral", "caller_id_number", M | P},
    {"call/neutral", "destination_number", P},
    {"call/neutral", "caller_id_name", N},
    {"call/neutral", "duration", 0},
    {"call/3cx", "from-dispname", N},
    {"proxy/squid", "c-uri", W},
    {"proxy/squid", "cs-username", M},
    {"proxy/w3c", "cs-host", W},
    {"suricata/http", "http.hostname", W},
    {"suricata/http", "http.http_user_agent", 0},
    {"zeek/dns", "query", W},
    {"zeek/dns", "answers", 0},
    {"suricata/dns", "dns.rrname", W}, /* by the name that rules have for it */
    {"windows/sysmon/22", "QueryName", W},
    {"windows/sysmon/3", "DestinationHostname", W},
    {"windows/sysmon/1", "QueryName", 0}, /* of another log source */
    {"windows/sysmon/1", "CommandLine", 0},
    {"keycloak/event", "message", 0}, /* a line, in which the account stands */
};

static void fields_asked(void **state) {
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    struct person_asks *a = NULL;
    struct err e = {0};
    (void)state;

    assert_true(kinds_new(&kinds, fields, &e) && kinds_load_builtin(kinds, &e) && kinds_seal(kinds, &e));
    if (!person_asks_new(&a, fields, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT(asked); i++) {
        const struct kind *kind = NULL;

        for (size_t k = 0; k < kinds_count(kinds); k++)
            if (str_eq(kinds_at(kinds, k)->name, str_of(asked[i].kind)))
                kind = kinds_at(kinds, k);
        if (!kind)
            fail_msg("no kind %s", asked[i].kind);
        unsigned const as = person_asks_of(a, kind, field_intern(fields, str_of(asked[i].field)));

        if (as != asked[i].as)
            fail_msg("%s of %s: %u, not %u", asked[i].field, asked[i].kind, as, asked[i].as);
    }
    person_asks_free(a);
    kinds_free(kinds);
    fields_free(fields);
}

/* ---- rows ---- */

struct cell {
    const char *field, *value;
};
#define CELLS_MAX 24u

static void put(struct house *h, const struct cell *cells) {
    struct raw values[CELLS_MAX];
    struct record r = {.values = values, .when = INSTANT_NONE, .time_text = S(""), .bytes = S(""), .number = 1};
    static uint64_t offset;
    struct err e = {0};

    for (; r.count < CELLS_MAX && cells[r.count].field; r.count++)
        values[r.count] = (struct raw){.field = field_intern(h->fields, str_of(cells[r.count].field)),
                                       .type = RAW_TEXT,
                                       .len = (uint32_t)strlen(cells[r.count].value),
                                       .ptr = cells[r.count].value};
    r.offset = offset++;
    if (!ingest_sink(h->in)->record(ingest_sink(h->in), &r, &e))
        fail_msg("%s", e.text);
}

#define MAIL_OF(...)                                                                                                   \
    (const struct cell[CELLS_MAX]) {                                                                                   \
        {"html.images", "0"}, {"html.remote", "0"}, {"received.time", "2021-03-15T10:00:00Z"}, __VA_ARGS__             \
    }

static const struct person_hit *scan(struct house *h, size_t *count) {
    size_t blocks;
    struct block *const *const all = ingest_blocks(h->in, &blocks);
    struct err e = {0};

    if (!person_scan_run(h->scan, all, blocks, &e))
        fail_msg("%s", e.text);
    return person_scan_hits(h->scan, count);
}

static void rows(void **state) {
    struct house h;
    size_t count;
    (void)state;

    house_open(&h, NULL);
    put(&h, MAIL_OF({"from", "a@post.example"}, {"from.name", "Qu Mingzhen"}));
    put(&h, MAIL_OF({"from", "a@post.example"}, {"from.name", "Somebody Else"}));
    put(&h, MAIL_OF({"from", "qmz@lists.example"}, {"from.name", "Qu Ming-zhen"}, {"from.name", "Qu Mingzhen"}));
    put(&h, MAIL_OF({"from", "info@northernlake.example"}, {"from.name", "Lake Wind"}));
    const struct person_hit *hits = scan(&h, &count);

    assert_int_equal(count, 4);
    assert_int_equal(hits[0].row, 0);
    assert_int_equal(hits[0].match_count, 1);
    assert_true(str_eq(hits[0].matches[0].field, S("from.name")) && str_eq(hits[0].matches[0].value, S("Qu Mingzhen")));
    assert_int_equal(hits[0].match.quality, 100);
    assert_int_equal(person_hunt_level(&hits[0].match), LEVEL_MEDIUM);
    assert_true(str_eq(person_hunt_rule(h.hunt, &hits[0].match)->id, S("listed-name")));
    /* The most like first, of the same by name of field; all of them once. */
    assert_int_equal(hits[1].row, 2);
    assert_int_equal(hits[1].match_count, 3);
    assert_true(str_eq(hits[1].matches[0].field, S("from")) && str_eq(hits[1].matches[1].value, S("Qu Mingzhen")) &&
                str_eq(hits[1].matches[2].value, S("Qu Ming-zhen")));
    /* Two persons in one event. */
    assert_int_equal(hits[2].row, 3);
    assert_int_equal(hits[3].row, 3);
    assert_ptr_equal(hits[2].match.person, persons_at(h.lists, 0));
    assert_ptr_equal(hits[3].match.person, persons_at(h.lists, 1));
    assert_int_equal(hits[2].match.quality, 80);
    assert_int_equal(person_hunt_level(&hits[2].match), LEVEL_LOW);
    assert_null(hits[3].match.name);
    assert_true(str_eq(person_hunt_rule(h.hunt, &hits[3].match)->id, S("listed-contact")));
    assert_true(person_hunt_rule(h.hunt, &hits[3].match)->level == LEVEL_MEDIUM);
    /* Rows go, values stay: the same values in other rows, and a new one. */
    ingest_clear(h.in, false);
    put(&h, MAIL_OF({"from", "a@post.example"}, {"from.name", "Somebody Else"}));
    put(&h, MAIL_OF({"from", "a@post.example"}, {"from.name", "Qu Mingzhen"}));
    put(&h, MAIL_OF({"from", "a@post.example"}, {"from.name", "Mingzhen Qu"}));
    hits = scan(&h, &count);
    assert_int_equal(count, 2);
    assert_int_equal(hits[0].row, 1);
    assert_int_equal(hits[1].row, 2);
    /* Values go as well. What stands where a name stood is nobody's name, and what stood where none did is one. */
    ingest_clear(h.in, true);
    put(&h, MAIL_OF({"from.name", "Somebody Else"}, {"from", "a@post.example"}));
    put(&h, MAIL_OF({"from.name", "Another One"}, {"from", "mingzhen.qu@post.example"}));
    hits = scan(&h, &count);
    assert_int_equal(count, 1);
    assert_int_equal(hits[0].row, 1);
    assert_true(str_eq(hits[0].matches[0].field, S("from")));
    ingest_clear(h.in, true);
    assert_non_null(scan(&h, &count) ? "" : "");
    assert_int_equal(count, 0);
    house_close(&h);
}

/* Of one person in one event no more values are told than PERSON_MATCHES_TOLD. */
static void many(void **state) {
    struct cell cells[CELLS_MAX] = {{"html.images", "0"}, {"html.remote", "0"}};
    char names[CELLS_MAX][40];
    struct house h;
    size_t count;
    (void)state;

    house_open(&h, NULL);
    for (unsigned i = 2; i < CELLS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "mingzhen.qu%u@post.example", i);
        cells[i] = (struct cell){"to", names[i]};
    }
    put(&h, cells);
    const struct person_hit *const hits = scan(&h, &count);

    assert_int_equal(count, 1);
    assert_int_equal(hits[0].match_count, PERSON_MATCHES_TOLD);
    assert_true(str_eq(hits[0].matches[0].value, S("mingzhen.qu10@post.example"))); /* in the order of their bytes */
    house_close(&h);
}

static const struct {
    const char *why, *from;
    unsigned quality; /* 0: nobody */
} written[] = {
    {"an address", "qmz@lists.example", 100},
    {"in brackets", "<qmz@lists.example>", 100},
    {"behind a name", "Somebody <qmz@lists.example>", 100},
    {"a name before another address", "\"Qu, Mingzhen\" <a@post.example>", 100},
    {"the second of two", "Jo <jo@post.example>, Qu Ming-zhen <a@post.example>", 95},
    {"after a bare one", "jo@post.example, Somebody <qmz@lists.example>", 100},
    {"bare after one with a name", "Jo <jo@post.example>; qmz@lists.example", 100},
    {"brackets that do not close", "Jo <qmz@lists.example", 100},
    {"brackets that open twice", "Jo <<qmz@lists.example>>", 100},
    {"no address", "qmz", 0},
    {"no address, and a name", "Qu Mingzhen", 0}, /* a login, of two words: fields of addresses hold no names alone */
    {"an address within a word", "xqmz@lists.example", 0},
    {"nothing", "<>", 0},
    {"nothing at all", "", 0},
    {"an @", "@", 0},
    {"control characters", "\x01@\x01<", 0},
};

static void addresses(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(written); i++) {
        struct house h;
        size_t count;

        house_open(&h, NULL);
        put(&h, MAIL_OF({"from", written[i].from}));
        const struct person_hit *const hits = scan(&h, &count);

        if (count != (written[i].quality != 0) || (count && hits[0].match.quality != written[i].quality))
            fail_msg("%s: %zu, %u", written[i].why, count, count ? hits[0].match.quality : 0);
        house_close(&h);
    }
}

static const struct {
    const char *number, *home;
    bool told;
} numbers[] = {
    {"+49 30 5550123", NULL, true},
    {"0049305550123", NULL, true},
    {"49305550123", NULL, true},
    {"(030) 555 01 23", "DE", true},
    {"(030) 555 01 23", NULL, false},
    {"(030) 555 01 23", "AT", false},
    {"\"Jo\" <+49305550123>", "DE", true},
    {"+4930555012", "DE", false},
    {"5550123", "DE", false},
    {"sip:+49305550123@pbx.example", NULL, true},
};

static void phones(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct cell const cells[CELLS_MAX] = {{"callid", "1"},
                                              {"caller_id_number", numbers[i].number},
                                              {"destination_number", "100"},
                                              {"starting_date", "2021-03-15 10:00:00"}};
        struct house h;
        size_t count;

        house_open(&h, numbers[i].home ? phone_country(str_of(numbers[i].home)) : NULL);
        put(&h, cells);
        scan(&h, &count);
        if (count != numbers[i].told)
            fail_msg("%s in %s: %zu", numbers[i].number, numbers[i].home ? numbers[i].home : "nowhere", count);
        house_close(&h);
    }
}

static void every_allocation_may_fail(void **state) {
    struct house h;
    (void)state;

    REFUSE_OR_SKIP();
    house_open(&h, NULL);
    put(&h, MAIL_OF({"from", "qmz@lists.example"}, {"from.name", "Qu Mingzhen"}));
    for (long n = 0;; n++) {
        struct person_hunt *hunt = NULL;
        struct person_scan *x = NULL;
        struct err e = {0};
        size_t blocks, count = 0;
        struct block *const *const all = ingest_blocks(h.in, &blocks);

        memory_left = n;
        bool const ok = person_hunt_new(&hunt, h.lists, h.fields, &e) && person_scan_new(&x, hunt, NULL, &e) &&
                        person_scan_run(x, all, blocks, &e);

        memory_left = -1;
        if (ok)
            person_scan_hits(x, &count);
        person_scan_free(x);
        person_hunt_free(hunt);
        if (ok) {
            assert_int_equal(count, 1);
            break;
        }
        assert_int_equal(e.code, ERR_MEMORY);
        assert_true(n < 10000);
    }
    house_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_asked), cmocka_unit_test(rows),   cmocka_unit_test(many),
        cmocka_unit_test(addresses),    cmocka_unit_test(phones), cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
