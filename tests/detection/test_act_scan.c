/* test_act_scan: which events are which act and what is told of it, by kinds written here; how many are alike, and what becomes of those
 * too many; refused memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detection/act_scan.h"
#include "event/ingest.h"

#include "../refuse.h"

#define CELLS_MAX 128u
#define TOLD_MAX 64u

struct cell {
    const char *field, *value; /* NULL: null */
};

/* An act as it was told: texts are copies. */
struct told {
    struct activity_event v;
    char text[ACT_TEXTS][ACTIVITY_TEXT_MAX + 1];
    uint64_t clock;
};

struct house {
    struct fields *fields;
    struct kinds *kinds;
    struct act_scan *scan;
    struct ingest *in;
    struct told *told;
    size_t count, stop; /* stop: 0, or after so many */
    /* of rows with that number and behind it */
    uint64_t leave, alone, other_clock; /* UINT64_MAX: none */
};

static bool full(void *ctx, struct err *e) {
    (void)ctx;
    return err_set(e, ERR_LIMIT, 0, "full");
}

static void damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx, (void)offset, (void)size;
    fail_msg("%s", why);
}

/* Nobody else asks for anything: what acts need is kept for them. */
static struct ingest_wish wants(void *ctx, const struct block *b, field_id field) {
    (void)ctx, (void)b, (void)field;
    return (struct ingest_wish){0, 0};
}

static void house_open(struct house *h, const char *kinds) {
    struct ingest_options options = {.wants = wants,
                                     .full = full,
                                     .damage = damage,
                                     .ctx = h,
                                     .rows_max = 1000,
                                     .bytes_max = (size_t)64 << 20,
                                     .acts = true};
    struct err e = {0};

    *h = (struct house){.fields = fields_new(),
                        .told = calloc(TOLD_MAX, sizeof *h->told),
                        .leave = UINT64_MAX,
                        .alone = UINT64_MAX,
                        .other_clock = UINT64_MAX};
    assert_non_null(h->fields);
    assert_non_null(h->told);
    if (!kinds_new(&h->kinds, h->fields, &e) || !kinds_load_text(h->kinds, S("k.yml"), str_of(kinds), false, &e) ||
        !kinds_seal(h->kinds, &e) || !act_scan_new(&h->scan, &e))
        fail_msg("%s", e.text);
    options.fields = h->fields;
    options.kinds = h->kinds;
    assert_true(ingest_new(&h->in, &options, &e));
    ingest_part(h->in, 0, S("json"));
}

static void house_close(struct house *h) {
    ingest_free(h->in);
    act_scan_free(h->scan);
    kinds_free(h->kinds);
    fields_free(h->fields);
    free(h->told);
}

static void put(struct house *h, const struct cell *cells, bool salvaged) {
    struct raw values[CELLS_MAX];
    struct record r = {
        .values = values, .when = INSTANT_NONE, .time_text = S(""), .bytes = S(""), .salvaged = salvaged};
    static uint64_t offset;
    struct err e = {0};

    for (; r.count < CELLS_MAX && cells[r.count].field; r.count++) {
        const char *const value = cells[r.count].value;

        values[r.count] = (struct raw){.field = field_intern(h->fields, str_of(cells[r.count].field)),
                                       .type = value ? RAW_TEXT : RAW_NULL,
                                       .len = value ? (uint32_t)strlen(value) : 0,
                                       .ptr = value ? value : ""};
    }
    r.number = ++offset;
    r.offset = offset * 10;
    if (!ingest_sink(h->in)->record(ingest_sink(h->in), &r, &e))
        fail_msg("%s", e.text);
}

static bool told(void *ctx, const struct activity_event *v, uint64_t clock, struct err *e) {
    struct house *const h = ctx;
    struct told *const t = &h->told[h->count];

    assert_true(h->count < TOLD_MAX);
    assert_true(v->text[ACT_KIND].len > 0);
    t->v = *v;
    t->clock = clock;
    for (size_t i = 0; i < ACT_TEXTS; i++) {
        assert_true(v->text[i].len <= ACTIVITY_TEXT_MAX);
        memcpy(t->text[i], v->text[i].ptr, v->text[i].len);
        t->text[i][v->text[i].len] = 0;
    }
    return ++h->count != h->stop || err_set(e, ERR_LIMIT, 7, "enough");
}

static enum act_wish wish(void *ctx, const struct block *b, uint32_t row) {
    const struct house *const h = ctx;
    uint64_t const number = b->rows[row].number;

    return number >= h->leave ? ACT_LEAVE : number >= h->alone ? ACT_ALONE : ACT_TOGETHER;
}

static uint64_t clock_of(void *ctx, const struct block *b, uint32_t row) {
    return b->rows[row].number >= ((const struct house *)ctx)->other_clock ? 7 : 0;
}

static bool scan_some(struct house *h, bool last, struct err *e) {
    struct act_owner const owner = {wish, clock_of, told, h};
    size_t blocks;
    struct block *const *const all = ingest_blocks(h->in, &blocks);

    return act_scan_run(h->scan, all, blocks, &owner, e) && (!last || act_scan_end(h->scan, &owner, e));
}

static bool scan(struct house *h, struct err *e) {
    h->count = 0;
    return scan_some(h, true, e);
}

static void scanned(struct house *h) {
    struct err e = {0};

    if (!scan(h, &e))
        fail_msg("%s", e.text);
}

/* ---- what is told ---- */

#define T                                                                                                              \
    { "t", "2024-05-06T07:08:09Z" }
#define DOOR                                                                                                           \
    "kind: acme/door\nwhen: {door: {present: true}}\ntime: t\nroles:\n  account: who\n  target_account: whom\n"        \
    "  host: house\n  client_address: from\n  server_address: to\n  client_program: with\n  object: door\n"            \
    "  outcome: {from: went, map: {yes: success, no: failure, well: partial}}\n  session: id\n  tenant: firm\nacts:\n"

static const struct {
    const char *name, *kinds;
    struct cell cells[8];
    const char *act;  /* NULL: none */
    const char *told; /* "object=a|verb=b": all texts but the kind, in their order */
    enum act_outcome outcome;
    uint64_t amount;
    uint32_t items;
} cases[] = {
    {"all roles",
     DOOR "  - {act: logon}\n",
     {T, {"door", "d"}, {"who", "w"}, {"whom", "m"}, {"house", "h"}, {"from", "f"}, {"id", "i"}, {"firm", "x"}},
     "logon",
     "account=w|target=m|host=h|address=f|session=i|object=d|tenant=x",
     OUTCOME_UNSAID,
     0,
     0},
    {"no act", DOOR "  - {act: logon, when: {who: jo}}\n", {T, {"door", "d"}, {"who", "al"}}, NULL, NULL, 0, 0, 0},
    {"no time", DOOR "  - {act: logon}\n", {{"door", "d"}}, NULL, NULL, 0, 0, 0},
    {"a time that is none", DOOR "  - {act: logon}\n", {{"t", "soon"}, {"door", "d"}}, NULL, NULL, 0, 0, 0},
    {"equals, in any case",
     DOOR "  - {act: logon, when: {who: [al, JO]}}\n",
     {T, {"door", "d"}, {"who", "Jo"}},
     "logon",
     "account=Jo|object=d",
     0,
     0,
     0},
    {"starts",
     DOOR "  - {act: logon, when: {door: {starts: North}}}\n",
     {T, {"door", "north gate"}},
     "logon",
     "object=north gate",
     0,
     0,
     0},
    {"does not start",
     DOOR "  - {act: logon, when: {door: {starts: gate}}}\n",
     {T, {"door", "north gate"}},
     NULL,
     NULL,
     0,
     0,
     0},
    {"contains",
     DOOR "  - {act: logon, when: {door: {contains: [x, TH GA]}}}\n",
     {T, {"door", "north gate"}},
     "logon",
     "object=north gate",
     0,
     0,
     0},
    {"contains at its end",
     DOOR "  - {act: logon, when: {door: {contains: gate}}}\n",
     {T, {"door", "gate"}},
     "logon",
     "object=gate",
     0,
     0,
     0},
    {"contains more than there is",
     DOOR "  - {act: logon, when: {door: {contains: gates}}}\n",
     {T, {"door", "gate"}},
     NULL,
     NULL,
     0,
     0,
     0},
    {"contains in one of several",
     DOOR "  - {act: logon, when: {x: {contains: b}}}\n",
     {T, {"door", "d"}, {"x", "a"}, {"x", "abc"}},
     "logon",
     "object=d",
     0,
     0,
     0},
    {"contains of what is not there",
     DOOR "  - {act: logon, when: {x: {contains: b}}}\n",
     {T, {"door", "d"}},
     NULL,
     NULL,
     0,
     0,
     0},
    {"there, though empty",
     DOOR "  - {act: logon, when: {x: ''}}\n",
     {T, {"door", "d"}, {"x", ""}},
     "logon",
     "object=d",
     0,
     0,
     0},
    {"not there",
     DOOR "  - {act: logon, when: {x: {present: false}}}\n",
     {T, {"door", "d"}},
     "logon",
     "object=d",
     0,
     0,
     0},
    {"all conditions",
     DOOR "  - {act: logon, when: {who: jo, x: y}}\n",
     {T, {"door", "d"}, {"who", "jo"}, {"x", "z"}},
     NULL,
     NULL,
     0,
     0,
     0},
    {"the first that fits",
     DOOR "  - {act: logon, when: {who: al}}\n  - {act: sign-in, when: {who: jo}}\n  - {act: ticket}\n",
     {T, {"door", "d"}, {"who", "jo"}},
     "sign-in",
     "account=jo|object=d",
     0,
     0,
     0},
    {"the last",
     DOOR "  - {act: logon, when: {who: al}}\n  - {act: sign-in, when: {who: jo}}\n  - {act: ticket}\n",
     {T, {"door", "d"}},
     "ticket",
     "object=d",
     0,
     0,
     0},
    {"what the one field allows, another does not",
     DOOR "  - {act: logon, when: {who: jo, x: y}}\n  - {act: sign-in, when: {who: [jo, al]}}\n",
     {T, {"door", "d"}, {"who", "jo"}, {"x", "z"}},
     "sign-in",
     "account=jo|object=d",
     0,
     0,
     0},
    {"none, whatever follows",
     DOOR "  - {act: none, when: {who: jo}}\n  - {act: logon}\n",
     {T, {"door", "d"}, {"who", "jo"}},
     NULL,
     NULL,
     0,
     0,
     0},
    {"not none",
     DOOR "  - {act: none, when: {who: jo}}\n  - {act: logon}\n",
     {T, {"door", "d"}, {"who", "al"}},
     "logon",
     "account=al|object=d",
     0,
     0,
     0},
    {"own texts",
     DOOR "  - {act: logon, account: x, object: '{door} {who}', verb: who, detail: {from: x, map: {y: z}}}\n",
     {T, {"door", "d"}, {"who", "jo"}, {"x", "y"}},
     "logon",
     "account=y|object=d jo|verb=jo|detail=z",
     0,
     0,
     0},
    {"an own text that is not there says nothing, though a role would",
     DOOR "  - {act: logon, account: x}\n",
     {T, {"door", "d"}, {"who", "jo"}},
     "logon",
     "object=d",
     0,
     0,
     0},
    {"a text that is null",
     DOOR "  - {act: logon, account: null, object: ~}\n",
     {T, {"door", "d"}, {"who", "jo"}},
     "logon",
     "",
     0,
     0,
     0},
    {"the first that is there",
     DOOR "  - {act: logon, object: [x, y, door]}\n",
     {T, {"door", "d"}, {"y", "e"}, {"x", ""}},
     "logon",
     "object=e",
     0,
     0,
     0},
    {"a dash is none",
     DOOR "  - {act: logon, object: [x, door]}\n",
     {T, {"door", "d"}, {"x", "-"}, {"who", "-"}},
     "logon",
     "object=d",
     0,
     0,
     0},
    {"null is none",
     DOOR "  - {act: logon, object: [x, door]}\n",
     {T, {"door", "d"}, {"x", NULL}, {"who", NULL}},
     "logon",
     "object=d",
     0,
     0,
     0},
    {"between",
     DOOR "  - {act: logon, object: {from: x, between: ['<a>', '</a>']}}\n",
     {T, {"door", "d"}, {"x", "<A>b</a>"}},
     "logon",
     "object=b",
     0,
     0,
     0},
    {"after",
     DOOR "  - {act: logon, object: {from: x, after: Name}}\n",
     {T, {"door", "d"}, {"x", "To"}, {"x", "Name"}, {"x", "."}, {"x", "Name"}, {"x", "b"}},
     "logon",
     "object=.",
     0,
     0,
     0},
    {"after the last",
     DOOR "  - {act: logon, object: {from: x, after: Name}}\n",
     {T, {"door", "d"}, {"x", "To"}, {"x", "Name"}},
     "logon",
     "",
     0,
     0,
     0},
    {"after what is not there",
     DOOR "  - {act: logon, object: {from: x, after: Name}}\n",
     {T, {"door", "d"}, {"x", "To"}, {"x", "b"}},
     "logon",
     "",
     0,
     0,
     0},
    {"after, of one value",
     DOOR "  - {act: logon, object: {from: x, after: Name}}\n",
     {T, {"door", "d"}, {"x", "Name"}},
     "logon",
     "",
     0,
     0,
     0},
    {"success",
     DOOR "  - {act: logon}\n",
     {T, {"door", "d"}, {"went", "yes"}},
     "logon",
     "object=d",
     OUTCOME_SUCCESS,
     0,
     0},
    {"failure",
     DOOR "  - {act: logon}\n",
     {T, {"door", "d"}, {"went", "no"}},
     "logon",
     "object=d",
     OUTCOME_FAILURE,
     0,
     0},
    {"another outcome",
     DOOR "  - {act: logon}\n",
     {T, {"door", "d"}, {"went", "well"}},
     "logon",
     "object=d",
     OUTCOME_OTHER,
     0,
     0},
    {"amounts are added up",
     DOOR "  - {act: logon, amount: [x, y]}\n",
     {T, {"door", "d"}, {"x", "3"}, {"x", "4"}, {"y", "50"}},
     "logon",
     "object=d",
     0,
     57,
     0},
    {"what is no whole number counts nothing",
     DOOR "  - {act: logon, amount: [x, y]}\n",
     {T, {"door", "d"}, {"x", "-3"}, {"x", "1.5"}, {"x", ""}, {"y", "0x10"}},
     "logon",
     "object=d",
     0,
     0,
     0},
    {"an amount of another form",
     DOOR "  - {act: logon, amount: {from: x, as: decimal}}\n",
     {T, {"door", "d"}, {"x", "0x10"}},
     "logon",
     "object=d",
     0,
     16,
     0},
    {"too large together",
     DOOR "  - {act: logon, amount: x}\n",
     {T, {"door", "d"}, {"x", "18446744073709551615"}, {"x", "2"}},
     "logon",
     "object=d",
     0,
     UINT64_MAX,
     0},
    {"items",
     DOOR "  - {act: mail-read, items: x}\n",
     {T, {"door", "d"}, {"x", "3"}, {"x", "4"}},
     "mail-read",
     "object=d",
     0,
     0,
     7},
    {"too many items",
     DOOR "  - {act: mail-read, items: x}\n",
     {T, {"door", "d"}, {"x", "4294967296"}},
     "mail-read",
     "object=d",
     0,
     0,
     UINT32_MAX},
    {"values are counted",
     DOOR "  - {act: mail-read, values: x}\n",
     {T, {"door", "d"}, {"x", "a"}, {"x", ""}, {"x", "b"}, {"x", NULL}},
     "mail-read",
     "object=d",
     0,
     0,
     2},
    {"one value",
     DOOR "  - {act: mail-read, values: x}\n",
     {T, {"door", "d"}, {"x", "12"}},
     "mail-read",
     "object=d",
     0,
     0,
     1},
    {"no value", DOOR "  - {act: mail-read, values: x}\n", {T, {"door", "d"}}, "mail-read", "object=d", 0, 0, 0},
    {"values only where a condition holds",
     DOOR "  - {act: mail-read, values: {from: x, only_if: {who: jo}}}\n",
     {T, {"door", "d"}, {"x", "a"}, {"x", "b"}, {"who", "al"}},
     "mail-read",
     "account=al|object=d",
     0,
     0,
     0},
    {"a kind that extends another has its acts behind its own",
     "kind: b\nbase: true\ntime: t\nroles: {account: who}\nacts:\n  - {act: ticket, when: {who: [jo, al]}}\n---\n"
     "kind: a\nextends: b\nwhen: {door: {present: true}}\nacts:\n  - {act: logon, when: {who: jo}}\n",
     {T, {"door", "d"}, {"who", "jo"}},
     "logon",
     "account=jo",
     0,
     0,
     0},
    {"what is its parent's",
     "kind: b\nbase: true\ntime: t\nroles: {account: who}\nacts:\n  - {act: ticket, when: {who: [jo, al]}}\n---\n"
     "kind: a\nextends: b\nwhen: {door: {present: true}}\nacts:\n  - {act: logon, when: {who: jo}}\n",
     {T, {"door", "d"}, {"who", "al"}},
     "ticket",
     "account=al",
     0,
     0,
     0},
};

static void texts_of(const struct told *t, char *out, size_t room) {
    size_t used = 0;

    *out = 0;
    for (size_t i = 0; i < ACT_KIND; i++)
        if (*t->text[i])
            used += (size_t)snprintf(out + used, room - used, "%s%.*s=%s", used ? "|" : "",
                                     STR_ARG(act_text_name((enum act_text)i)), t->text[i]);
}

static void acts_of_one_event(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cell cells[CELLS_MAX] = {{NULL, NULL}};
        char texts[600];
        struct house h;

        memcpy(cells, cases[i].cells, sizeof cases[i].cells);
        house_open(&h, cases[i].kinds);
        put(&h, cells, false);
        scanned(&h);
        if (h.count != (cases[i].act != NULL))
            fail_msg("%s: %zu acts", cases[i].name, h.count);
        if (h.count) {
            const struct told *const t = &h.told[0];

            texts_of(t, texts, sizeof texts);
            if (!str_eq(act_name(t->v.act), str_of(cases[i].act)) || strcmp(texts, cases[i].told) != 0 ||
                t->v.outcome != cases[i].outcome || t->v.amount != cases[i].amount || t->v.items != cases[i].items)
                fail_msg("%s: %.*s, %s, outcome %d, %llu, %u", cases[i].name, STR_ARG(act_name(t->v.act)), texts,
                         t->v.outcome, (unsigned long long)t->v.amount, t->v.items);
            assert_true(t->v.when == t->v.last && t->v.count == 1 && !t->v.salvaged && !t->v.unsure);
        }
        house_close(&h);
    }
}

/* More values than a source hands over at once, and a text longer than one may be: cut where a character ends. */
static void much(void **state) {
    struct cell cells[CELLS_MAX] = {T, {"door", "d"}};
    static char longest[ACTIVITY_TEXT_MAX + 40];
    struct house h;
    (void)state;

    memset(longest, 'a', ACTIVITY_TEXT_MAX - 1);
    memcpy(longest + ACTIVITY_TEXT_MAX - 1, "\xc3\xa4", 2); /* two bytes, of which one would fit */
    for (size_t i = 2; i < CELLS_MAX; i++)
        cells[i] = (struct cell){"x", i == 2 ? longest : "b"};
    house_open(&h, DOOR "  - {act: mail-read, values: x, object: x}\n");
    put(&h, cells, true);
    scanned(&h);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.told[0].v.items, CELLS_MAX - 2);
    assert_int_equal(strlen(h.told[0].text[ACT_OBJECT]), ACTIVITY_TEXT_MAX - 1);
    assert_true(h.told[0].v.salvaged);
    house_close(&h);
}

/* The kind's name has the part of `each`; of a row whose time says no zone, the act is unsure. */
static void kind_and_zone(void **state) {
    struct house h;
    (void)state;

    house_open(&h, "kind: acme/door\nwhen: {door: {present: true}}\neach: door\ntime: t\nacts: {act: logon}\n");
    put(&h, (const struct cell[CELLS_MAX]){{"t", "2024-05-06 07:08:09"}, {"door", "north"}}, false);
    put(&h, (const struct cell[CELLS_MAX]){T, {"door", "south"}}, false);
    scanned(&h);
    assert_int_equal(h.count, 2);
    assert_string_equal(h.told[0].text[ACT_KIND], "acme/door/north");
    assert_string_equal(h.told[1].text[ACT_KIND], "acme/door/south");
    assert_true(h.told[0].v.unsure && !h.told[1].v.unsure);
    house_close(&h);
}

/* ---- what is alike ---- */

static void door(struct house *h, const char *time, const char *who, const char *x, const char *went) {
    put(h, (const struct cell[CELLS_MAX]){{"t", time}, {"door", "d"}, {"who", who}, {"x", x}, {"went", went}}, false);
}

static char *minute(char text[32], unsigned hour, unsigned n) {
    snprintf(text, 32, "2024-05-06T%02u:%02u:00Z", hour, n);
    return text;
}

#define COUNTED DOOR "  - {act: mail-read, amount: x, items: x}\n"

static void many_alike(void **state) {
    struct house h;
    char time[32];
    (void)state;

    house_open(&h, COUNTED);
    for (unsigned n = 0; n < ACTIVITY_EACH + 5; n++) /* the last come before the others */
        door(&h, minute(time, 7, n < ACTIVITY_EACH ? 30 + n : 20 - n), "jo", "2", "yes");
    door(&h, minute(time, 8, 1), "jo", "2", "yes"); /* another hour, */
    door(&h, minute(time, 7, 2), "jo", "2", "no");  /* outcome, */
    door(&h, minute(time, 7, 2), "al", "2", "yes"); /* account */
    scanned(&h);
    assert_int_equal(h.count, ACTIVITY_EACH + 4);
    for (size_t i = 0; i < ACTIVITY_EACH + 3; i++)
        assert_true(h.told[i].v.count == 1 && h.told[i].v.when == h.told[i].v.last && h.told[i].v.amount == 2);

    const struct told *const sum = &h.told[ACTIVITY_EACH + 3];
    int64_t const first = h.told[0].v.when - (int64_t)(30 - (20 - ACTIVITY_EACH - 4)) * 60 * 1000000000;

    assert_int_equal(sum->v.count, 5);
    assert_int_equal(sum->v.amount, 10);
    assert_int_equal(sum->v.items, 10);
    assert_int_equal(sum->v.when, first);
    assert_int_equal(sum->v.last, first + INT64_C(4) * 60 * 1000000000);
    /* the place is the first's of those too many */
    assert_int_equal(sum->v.record, h.told[ACTIVITY_EACH - 1].v.record + 1);
    assert_string_equal(sum->text[ACT_ACCOUNT], "jo");
    /* What was alike is forgotten with the part. */
    ingest_clear(h.in, true);
    ingest_part(h.in, 0, S("json"));
    door(&h, minute(time, 7, 1), "jo", "2", "yes");
    scanned(&h);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.told[0].v.count, 1);
    house_close(&h);
}

/* When blocks are emptied, what else is in memory decides: what is told depends on the rows of the part alone. */
static void blocks_emptied_anywhere(void **state) {
    struct told first[TOLD_MAX];
    size_t first_count = 0;
    (void)state;

    for (unsigned often = 1; often <= 40; often++) {
        struct house h;
        struct err e = {0};
        char time[32];
        uint64_t from = 0;

        house_open(&h, COUNTED);
        for (unsigned n = 0; n < 40; n++) {
            door(&h, minute(time, 7, n), n % 4 ? "jo" : "al", "2", "yes");
            if ((n + 1) % often)
                continue;
            assert_true(scan_some(&h, false, &e));
            ingest_clear(h.in, n % 3 == 0);
        }
        assert_true(scan_some(&h, true, &e));
        from = h.told[0].v.record;
        for (size_t i = 0; i < h.count; i++)
            h.told[i].v.record -= from;
        if (often == 1) {
            first_count = h.count;
            memcpy(first, h.told, h.count * sizeof *first);
            assert_int_equal(first_count, 2 * ACTIVITY_EACH + 2);
        }
        if (h.count != first_count)
            fail_msg("emptied after every %u: %zu acts, not %zu", often, h.count, first_count);
        for (size_t i = 0; i < h.count; i++) {
            size_t k = 0;

            while (k < first_count && !(first[k].v.record == h.told[i].v.record &&
                                        first[k].v.count == h.told[i].v.count && first[k].v.when == h.told[i].v.when &&
                                        first[k].v.last == h.told[i].v.last && first[k].v.amount == h.told[i].v.amount))
                k++;
            if (k == first_count)
                fail_msg("emptied after every %u: act %zu is another", often, i);
        }
        house_close(&h);
    }
}

/* Rows behind ROWS_STRETCH others are counted anew: what is remembered is bounded. */
static void stretches(void **state) {
    struct house h;
    struct err e = {0};
    char time[32], who[16];
    (void)state;

    house_open(&h, COUNTED);
    for (unsigned n = 0; n < ROWS_STRETCH + ACTIVITY_EACH + 2; n++) {
        bool const flood = n >= ROWS_STRETCH - ACTIVITY_EACH - 2;

        snprintf(who, sizeof who, "jo%u", n);
        door(&h, flood ? minute(time, 7, n % 60) : "", flood ? "jo" : who, "2", "yes");
        if (n % 900 == 899) {
            assert_true(scan_some(&h, false, &e));
            ingest_clear(h.in, false);
        }
    }
    assert_true(scan_some(&h, true, &e));
    assert_int_equal(h.count, 2 * ACTIVITY_EACH + 2);
    house_close(&h);
}

/* What is left out is not counted among the others, what is alone is not put with them, and clocks stay apart. */
static void wishes(void **state) {
    static const struct {
        const char *name;
        unsigned leave, alone, other_clock; /* from that row on, of twenty that are alike */
        size_t count, together;             /* told in all; events that the last stands for */
    } made[] = {
        {"all together", 20, 20, 20, ACTIVITY_EACH + 1, 20 - ACTIVITY_EACH},
        {"the last ten left out", 10, 20, 20, ACTIVITY_EACH + 1, 10 - ACTIVITY_EACH},
        {"all left out but few", ACTIVITY_EACH, 20, 20, ACTIVITY_EACH, 1},
        {"the last ten alone", 20, 10, 20, ACTIVITY_EACH + 11, 10 - ACTIVITY_EACH},
        {"the last ten by another clock", 20, 20, 10, 2 * ACTIVITY_EACH + 2, 10 - ACTIVITY_EACH},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(made); i++) {
        struct house h;
        char time[32];
        uint64_t first = 0;
        size_t blocks;

        house_open(&h, COUNTED);
        for (unsigned n = 0; n < 20; n++)
            door(&h, minute(time, 7, n), "jo", "2", "yes");
        first = ingest_blocks(h.in, &blocks)[0]->rows[0].number;
        h.leave = first + made[i].leave;
        h.alone = first + made[i].alone;
        h.other_clock = first + made[i].other_clock;
        scanned(&h);
        if (h.count != made[i].count || h.told[h.count - 1].v.count != made[i].together)
            fail_msg("%s: %zu told, the last stands for %u", made[i].name, h.count, h.told[h.count - 1].v.count);
        house_close(&h);
    }
}

/* As many as may be stay each by itself, in two blocks as well. */
static void as_many_as_may_be(void **state) {
    struct house h;
    char time[32];
    (void)state;

    house_open(&h, COUNTED "---\nkind: acme/gate\nwhen: {gate: {present: true}}\ntime: t\nacts: {act: logon}\n");
    for (unsigned n = 0; n < ACTIVITY_EACH; n++) {
        door(&h, minute(time, 7, n), "jo", "2", "yes");
        put(&h, (const struct cell[CELLS_MAX]){{"t", minute(time, 7, n)}, {"gate", "g"}}, false);
    }
    scanned(&h);
    assert_int_equal(h.count, 2 * ACTIVITY_EACH);
    for (size_t i = 0; i < h.count; i++)
        assert_int_equal(h.told[i].v.count, 1);
    house_close(&h);
}

static void sums_end_where_numbers_do(void **state) {
    struct house h;
    char time[32];
    (void)state;

    house_open(&h, COUNTED);
    for (unsigned n = 0; n < ACTIVITY_EACH + 3; n++)
        door(&h, minute(time, 7, n), "jo", "18446744073709551615", "yes");
    scanned(&h);
    assert_int_equal(h.count, ACTIVITY_EACH + 1);
    assert_true(h.told[ACTIVITY_EACH].v.amount == UINT64_MAX && h.told[ACTIVITY_EACH].v.items == UINT32_MAX);
    assert_int_equal(h.told[ACTIVITY_EACH].v.count, 3);
    house_close(&h);
}

/* Many that are not alike: the table grows, and each is told. */
static void many_others(void **state) {
    struct house h;
    char who[16];
    size_t blocks, rows = 0;
    (void)state;

    house_open(&h, DOOR "  - {act: logon}\n");
    for (unsigned i = 0; i < 900; i++) {
        snprintf(who, sizeof who, "jo%u", i);
        door(&h, "2024-05-06T07:08:09Z", who, "1", "yes");
    }

    struct block *const *const all = ingest_blocks(h.in, &blocks);
    struct activity_event v;
    struct err e = {0};
    bool is;

    for (size_t i = 0; i < blocks; i++)
        for (uint32_t row = 0; row < all[i]->row_count; row++, rows++) {
            assert_true(act_scan_row(h.scan, all[i], row, &is, &v, &e) && is);
            snprintf(who, sizeof who, "jo%u", row);
            assert_true(str_eq(v.text[ACT_ACCOUNT], str_of(who)));
        }
    assert_int_equal(rows, 900);
    h.stop = 5; /* and the callback ends it, with what it says */
    assert_false(scan(&h, &e));
    assert_int_equal(h.count, 5);
    assert_true(e.code == ERR_LIMIT && e.offset == 7 && strcmp(e.text, "enough") == 0);
    house_close(&h);
}

static void a_row_that_is_none(void **state) {
    struct house h;
    struct activity_event v;
    struct err e = {0};
    size_t blocks;
    bool is = true;
    (void)state;

    house_open(&h, DOOR "  - {act: none, when: {who: jo}}\n  - {act: logon}\n");
    door(&h, "2024-05-06T07:08:09Z", "jo", "1", "yes");
    assert_true(act_scan_row(h.scan, ingest_blocks(h.in, &blocks)[0], 0, &is, &v, &e));
    assert_false(is);
    house_close(&h);
}

static void every_allocation_may_fail(void **state) {
    struct house h;
    char time[32];
    (void)state;

    REFUSE_OR_SKIP();
    house_open(&h, COUNTED);
    for (unsigned n = 0; n < ACTIVITY_EACH + 2; n++)
        door(&h, minute(time, 7, n), "jo", "2", "yes");
    act_scan_free(h.scan);
    for (long n = 0;; n++) {
        struct err e = {0};

        h.scan = NULL;
        memory_left = n;
        bool const ok = act_scan_new(&h.scan, &e) && scan(&h, &e);

        memory_left = -1;
        if (ok)
            break;
        act_scan_free(h.scan);
        assert_int_equal(e.code, ERR_MEMORY);
        assert_true(n < 10000);
    }
    assert_int_equal(h.count, ACTIVITY_EACH + 1);
    house_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_of_one_event),
        cmocka_unit_test(much),
        cmocka_unit_test(kind_and_zone),
        cmocka_unit_test(many_alike),
        cmocka_unit_test(blocks_emptied_anywhere),
        cmocka_unit_test(stretches),
        cmocka_unit_test(wishes),
        cmocka_unit_test(as_many_as_may_be),
        cmocka_unit_test(sums_end_where_numbers_do),
        cmocka_unit_test(many_others),
        cmocka_unit_test(a_row_that_is_none),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
