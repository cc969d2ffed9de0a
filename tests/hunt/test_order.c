/* test_order: whatever the order in which workers answer, what is reported comes in the order of the evidence, and says
 * the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detection/correlation.h"
#include "hunt/order.h"

#include "../refuse.h"

#define RULES                                                                                                          \
    "title: one\nname: one\nlevel: high\nlogsource: {product: t}\ndetection: {s: {A: 1}, condition: s}\n"              \
    "---\ntitle: many\nlevel: high\ncorrelation: {type: event_count, rules: one, group-by: [U], timespan: 1m, "        \
    "condition: {gte: 2}, generate: true}\n"                                                                           \
    "---\ntitle: quiet\nlevel: low\ncorrelation: {type: event_count, rules: one, timespan: 1m, condition: {gte: 1}, "  \
    "generate: true}\n"                                                                                                \
    "---\ntitle: inner\nname: inner\nlevel: high\ncorrelation: {type: event_count, rules: one, timespan: 1m, "         \
    "condition: {gte: 1}, generate: true}\n"                                                                           \
    "---\ntitle: outer\nlevel: high\ncorrelation: {type: event_count, rules: inner, timespan: 1m, condition: {gte: "   \
    "2}}\n"

/* A hunt's tables without a hunt. What is reported is written down in one line. */
struct bench {
    struct sigma_loader *loader;
    const struct sigma_set *set;
    struct fields *fields;
    struct kinds *kinds;
    struct correlator *correlator;
    struct hunt_options options;
    struct order *order;
    struct buf told;
    uint32_t one; /* the rule's number */
    bool times;   /* findings are written with theirs */
    size_t acts;
};

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    const struct bench *const bench = ctx;
    struct buf *const b = &((struct bench *)ctx)->told;

    (void)e;
    buf_format(b, "F%lu %.*s %.*s %.2s %lu@%lu", (unsigned long)f->number, STR_ARG(f->rule->title),
               STR_ARG(f->evidence_path), f->evidence_sha256, (unsigned long)f->record, (unsigned long)f->offset);
    if (bench->times)
        buf_format(b, " %ld %.*s", (long)f->when, STR_ARG(zone_name(f->zone)));
    for (size_t i = 0; i < f->group_count; i++)
        buf_format(b, " %.*s=%.*s", STR_ARG(f->groups[i].name), STR_ARG(f->groups[i].value));
    for (size_t i = 0; i < f->event_count; i++)
        buf_format(b, " [%.*s %.2s %lu@%lu]", STR_ARG(f->events[i].evidence_path), f->events[i].evidence_sha256,
                   (unsigned long)f->events[i].record, (unsigned long)f->events[i].offset);
    buf_add(b, S("\n"));
    return true;
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct buf *const b = &((struct bench *)ctx)->told;

    (void)e;
    buf_format(b, "C %.*s %.2s %s records %lu findings %lu damages %lu/%lu %ld..%ld", STR_ARG(c->path), c->sha256,
               c->container ? c->container
               : c->reader  ? c->reader
                            : "-",
               (unsigned long)c->records, (unsigned long)c->findings, (unsigned long)c->damages,
               (unsigned long)c->damage_bytes, c->first == INSTANT_NONE ? -1 : c->first,
               c->last == INSTANT_NONE ? -1 : c->last);
    if (c->not_read.len)
        buf_format(b, " (%.*s)", STR_ARG(c->not_read));
    buf_add(b, S("\n"));
    return true;
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)e;
    buf_format(&((struct bench *)ctx)->told, "D %.*s %lu+%lu %.*s\n", STR_ARG(d->path), (unsigned long)d->offset,
               (unsigned long)d->size, STR_ARG(d->why));
    return true;
}

static int open_tables(void **state) {
    static struct bench b;
    struct err e = {0};

    *state = &b;
    if (!sigma_loader_new(&b.loader, &e) || !sigma_load_text(b.loader, S("r.yml"), S(RULES), &e) ||
        !sigma_load_end(b.loader, &b.set, &e) || !(b.fields = fields_new()) || !kinds_new(&b.kinds, b.fields, &e) ||
        !kinds_seal(b.kinds, &e))
        return -1;
    for (size_t i = 0; i < b.set->verdict_count; i++)
        if (!b.set->verdicts[i].loaded)
            return -1;
    for (uint32_t i = 0; i < b.set->rule_count; i++)
        if (str_eq(b.set->rules[i]->title, S("one")))
            b.one = i;
    b.options = (struct hunt_options){.set = b.set,
                                      .fields = b.fields,
                                      .kinds = b.kinds,
                                      .level = LEVEL_MEDIUM,
                                      .finding = on_finding,
                                      .custody = on_custody,
                                      .damage = on_damage,
                                      .ctx = &b};
    return 0;
}

static int close_tables(void **state) {
    struct bench *const b = *state;

    kinds_free(b->kinds);
    fields_free(b->fields);
    sigma_loader_free(b->loader);
    return 0;
}

static bool bench_open(struct bench *b, struct err *e) {
    b->correlator = NULL;
    b->order = NULL;
    b->told = (struct buf){0};
    return correlator_new(&b->correlator, b->set, NULL, 1 << 20, NULL, e) &&
           order_new(&b->order, &b->options, b->correlator, e);
}

static void bench_close(struct bench *b) {
    order_free(b->order);
    correlator_free(b->correlator);
    buf_free(&b->told);
}

/* ---- what workers say ---- */

/* The times of a line are those of its logs, which are told before it. */
static bool say(struct bench *b, struct source *s, uint32_t part, const struct wire *w, struct err *e) {
    struct buf bytes = {0};

    if (w->type == WIRE_CUSTODY && w->custody.first != INSTANT_NONE)
        wire_put(&bytes, &(struct wire){.type = WIRE_STREAM,
                                        .stream = {.host = STR(""),
                                                   .log = STR("l"),
                                                   .events = 2,
                                                   .first = w->custody.first,
                                                   .last = w->custody.last}});
    wire_put(&bytes, w);
    bool const ok = bytes.failed ? err_set(e, ERR_MEMORY, 0, "no memory for the test")
                                 : order_add(b->order, s, part, buf_str(&bytes), e);

    buf_free(&bytes);
    return ok;
}

static struct wire finding(const struct bench *b, uint64_t record, uint64_t offset) {
    return (struct wire){.type = WIRE_FINDING,
                         .rule = b->one,
                         .finding = {.when = 5,
                                     .kind = STR("k"),
                                     .host = STR(""),
                                     .account = STR(""),
                                     .record = record,
                                     .offset = offset,
                                     .logsource = STR("")}};
}

static struct wire match(const struct bench *b, const struct correlation_cell *user, uint64_t record, uint64_t offset) {
    return (struct wire){
        .type = WIRE_MATCH,
        .rule = b->one,
        .match = {.when = (int64_t)record, .number = record, .offset = offset, .cells = user, .cell_count = 1}};
}

static struct wire line(uint64_t records, uint8_t hash, int64_t first, int64_t last) {
    return (struct wire){
        .type = WIRE_CUSTODY,
        .hashed = hash != 0,
        .hash = {hash},
        .custody = {
            .reader = "json", .not_read = STR(""), .size = 7, .records = records, .first = first, .last = last}};
}

/* One finding and the end of a file. */
static bool say_file(struct bench *b, struct source *s, uint64_t record, uint8_t hash, struct err *e) {
    struct wire const f = finding(b, record, record * 10), l = line(record, hash, 1, 2);

    return say(b, s, 0, &f, e) && say(b, s, 0, &l, e) && order_part_ended(b->order, s, 0, NULL, e);
}

static void told(struct bench *b, const char *want) {
    buf_byte(&b->told, '\0');
    assert_string_equal(b->told.ptr, want);
    b->told.len = 0;
}

static const struct found_file files[] = {{STR("a"), 10, STR("")}, {STR("b"), 10, STR("")}, {STR("c"), 10, STR("")}};

/* Three files, whose answers come in each order that there is. */
static void the_order_is_that_of_the_evidence(void **state) {
    static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct bench *const b = *state;

    for (size_t i = 0; i < COUNT(orders); i++) {
        struct err e = {0};
        struct source *s[3];

        assert_true(bench_open(b, &e));
        for (size_t k = 0; k < 3; k++)
            assert_non_null(s[k] = order_source(b->order, &files[k]));
        assert_int_equal(order_waiting(b->order), 3);
        for (size_t k = 0; k < 3; k++) {
            size_t const before = b->told.len;
            uint8_t const which = orders[i][k];

            assert_true(order_report(b->order, &e));
            assert_int_equal(b->told.len, before); /* nothing new, nothing told */
            assert_true(say_file(b, s[which], which + 1, (uint8_t)(which + 1), &e));
            if (orders[i][0] != 0 && k == 0) {
                assert_true(order_report(b->order, &e));
                assert_int_equal(b->told.len, 0); /* the first has not ended */
            } else {
                assert_true(order_report(b->order, &e));
            }
        }
        assert_int_equal(order_waiting(b->order), 0);
        assert_true(order_correlate(b->order, &e));
        told(b, "F1 one a 01 1@10\nC a 01 json records 1 findings 1 damages 0/0 1..2\n"
                "F2 one b 02 2@20\nC b 02 json records 2 findings 1 damages 0/0 1..2\n"
                "F3 one c 03 3@30\nC c 03 json records 3 findings 1 damages 0/0 1..2\n");
        bench_close(b);
    }
}

/* Parts end in any order; numbers go on from part to part, since the reader counts within them; times and counts are
 * joined. */
static void parts_are_one_file(void **state) {
    static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct bench *const b = *state;

    for (size_t i = 0; i < COUNT(orders); i++) {
        struct err e = {0};
        struct source *s;

        assert_true(bench_open(b, &e));
        assert_non_null(s = order_source(b->order, &files[0]));
        s->size = 25;
        assert_true(order_split(s, 10, S("json"), &e));
        assert_int_equal(s->parts, 3);
        for (size_t k = 0; k < 3; k++) {
            uint8_t const part = orders[i][k];
            struct wire const f = finding(b, 1, part * 10u), l = line(5, 0, 10 - part, part == 1 ? 100 : 20);

            assert_true(say(b, s, part, &f, &e) && say(b, s, part, &l, &e) &&
                        order_part_ended(b->order, s, part, NULL, &e));
            assert_true(order_report(b->order, &e));
            assert_int_equal(b->told.len, 0); /* until its hash has come */
        }
        s->sha256[0] = 0xab;
        s->hashed = s->hash_ended = true;
        assert_true(order_report(b->order, &e));
        told(b, "F1 one a ab 1@0\nF2 one a ab 6@10\nF3 one a ab 11@20\n"
                "C a ab json records 15 findings 3 damages 0/0 8..100\n");
        bench_close(b);
    }
}

static bool say_clock(struct bench *b, struct source *s, uint32_t part, uint64_t count, struct err *e) {
    struct clock_bin bin = {20, count};

    return order_clock(b->order, s, part,
                       &(struct wire){.type = WIRE_CLOCK,
                                      .clock = {.key = 7,
                                                .host = STR("h"),
                                                .field = STR("f"),
                                                .events = count,
                                                .claims = count,
                                                .least = 18000,
                                                .most = 18000,
                                                .bins = &bin,
                                                .bin_count = 1}},
                       e);
}

/* What may have to be put right waits for all parts, which may decide about it; what no clock is of does not. */
static void clocks_wait_for_all_parts(void **state) {
    static const struct {
        const char *name;
        bool first_clocked;
        uint64_t first, second; /* claims of both parts */
        int64_t hours;          /* that are added */
    } cases[] = {
        {"no clock in the first part", false, 0, 20, 0},
        {"too few together", true, 1, 1, 0},
        {"enough together", true, 1, 2, 5},
        {"enough in the second", true, 0, 3, 5},
    };
    struct bench *const b = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        struct source *s;
        struct wire f = finding(b, 1, 0);
        struct wire const l = line(5, 0, 1, 2);

        f.key = cases[i].first_clocked ? 7 : 0;
        assert_true(bench_open(b, &e));
        b->options.from = b->options.to = INSTANT_NONE;
        b->times = true;
        assert_non_null(s = order_source(b->order, &files[0]));
        s->size = 20;
        assert_true(order_split(s, 10, S("json"), &e));
        s->sha256[0] = 0xab;
        s->hashed = s->hash_ended = true;
        assert_true(say(b, s, 0, &f, &e) && (!cases[i].first_clocked || say_clock(b, s, 0, cases[i].first, &e)) &&
                    say(b, s, 0, &l, &e) && order_part_ended(b->order, s, 0, NULL, &e) && order_report(b->order, &e));
        if ((b->told.len == 0) != cases[i].first_clocked)
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&b->told)));
        assert_true(say_clock(b, s, 1, cases[i].second, &e) && say(b, s, 1, &l, &e) &&
                    order_part_ended(b->order, s, 1, NULL, &e) && order_report(b->order, &e));
        char want[80];

        snprintf(want, sizeof want, "F1 one a ab 1@0 %ld %s\n", (long)(5 + cases[i].hours * INT64_C(3600) * 1000000000),
                 cases[i].hours ? "corrected" : "given");
        if (b->told.len < strlen(want) || memcmp(b->told.ptr, want, strlen(want)) != 0)
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&b->told)));
        b->times = false;
        bench_close(b);
    }
}

/* ---- segments of an archive ---- */

static bool say_segment(struct bench *b, struct source *s, const struct wire *w, struct err *e) {
    struct buf bytes = {0};

    wire_put(&bytes, w);
    bool const ok = bytes.failed ? err_set(e, ERR_MEMORY, 0, "no memory for the test")
                                 : order_segment_add(b->order, s, w, buf_str(&bytes), e);

    buf_free(&bytes);
    return ok;
}

/* A member of a segment: its name and the first byte of its hash. */
static bool say_member(struct bench *b, struct source *s, uint32_t index, str name, uint8_t hash, struct err *e) {
    return say_segment(
        b, s, &(struct wire){.type = WIRE_SOURCE, .index = index, .name = name, .hashed = hash != 0, .hash = {hash}},
        e);
}

static bool say_kept(struct bench *b, struct source *s, bool member, uint64_t records, const char *container,
                     str not_read, struct err *e) {
    return say_segment(b, s,
                       &(struct wire){.type = WIRE_KEPT,
                                      .index = member,
                                      .custody = {.not_read = not_read,
                                                  .container = container,
                                                  .size = 9,
                                                  .records = records,
                                                  .first = INSTANT_NONE,
                                                  .last = INSTANT_NONE}},
                       e);
}

/* before: members of a segment that came already. What a ledger and two segments say of three files, in whatever order they are read: x lies in both segments, its records by turns; z!m in the second; y in
 * none any more. */
static bool three_segments_from(struct bench *b, unsigned which, uint32_t before, struct source *s[3], struct err *e) {
    struct wire f = finding(b, 0, 0);
    struct wire const l = line(3, 0, INSTANT_NONE, INSTANT_NONE), own = line(0, 0xee, INSTANT_NONE, INSTANT_NONE);
    bool ok = true;

    if (which == 0) {
        ok = say_member(b, s[0], 1, S("z!m"), 0xc1, e) && say_kept(b, s[0], true, 3, NULL, S(""), e) &&
             say_segment(b, s[0],
                         &(struct wire){.type = WIRE_DAMAGE,
                                        .name = STR(""),
                                        .damage = {.offset = 4, .size = 5, .why = STR("torn")}},
                         e) &&
             say_member(b, s[0], 2, S("z"), 0xc2, e) && say_kept(b, s[0], false, 0, "zip", S(""), e) &&
             say_member(b, s[0], 3, S("x"), 0xa1, e) && say_kept(b, s[0], false, 6, NULL, S(""), e) &&
             say_member(b, s[0], 4, S("y"), 0xb1, e) && say_kept(b, s[0], false, 6, NULL, S(""), e) &&
             say_member(b, s[0], 5, S("w"), 0xd1, e) && say_kept(b, s[0], false, 0, NULL, S("nobody's"), e);
    } else {
        ok = say_member(b, s[which], before + 1, S("x"), 0xa1, e);
        for (uint64_t record = which; ok && record <= 6; record += 2) { /* 1 3 5, 2 4 6 */
            f.finding.record = record;
            f.finding.offset = record * 10;
            ok = say_segment(b, s[which], &f, e);
        }
        ok = ok && say_segment(b, s[which], &l, e);
        f.finding.record = 1;
        f.finding.offset = 0;
        if (ok && which == 2)
            ok = say_member(b, s[2], before + 2, S("z!m"), 0xc1, e) && say_segment(b, s[2], &f, e) &&
                 say_segment(b, s[2], &l, e);
    }
    return ok && say_segment(b, s[which], &(struct wire){.type = WIRE_SOURCE, .index = 0, .name = STR("")}, e) &&
           say_segment(b, s[which], &own, e) && order_part_ended(b->order, s[which], 0, NULL, e);
}

static bool three_segments(struct bench *b, unsigned which, struct source *s[3], struct err *e) {
    return three_segments_from(b, which, 0, s, e);
}

static void segments_are_put_together(void **state) {
    static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct bench *const b = *state;

    for (size_t i = 0; i < COUNT(orders); i++) {
        struct source *s[3];
        struct err e = {0};

        assert_true(bench_open(b, &e));
        for (size_t k = 0; k < 3; k++) {
            assert_non_null(s[k] = order_source(b->order, &files[k]));
            s[k]->size = 10;
            assert_true(order_segment(b->order, s[k], &e));
        }
        for (size_t k = 0; k < 3; k++)
            assert_true(three_segments(b, orders[i][k], s, &e) && order_report(b->order, &e));
        told(b, "C a ee json records 0 findings 0 damages 0/0 -1..-1\n"
                "C b ee json records 0 findings 0 damages 0/0 -1..-1\n"
                "C c ee json records 0 findings 0 damages 0/0 -1..-1\n");
        assert_true(order_gathered(b->order, &e));
        told(b, "C w d1 - records 0 findings 0 damages 0/0 -1..-1 (nobody's)\n"
                "F1 one x a1 1@10\nF2 one x a1 2@20\nF3 one x a1 3@30\n"
                "F4 one x a1 4@40\nF5 one x a1 5@50\nF6 one x a1 6@60\n"
                "C x a1 json records 6 findings 6 damages 0/0 -1..-1\n"
                "C y b1 - records 0 findings 0 damages 0/0 -1..-1 (none of its records is in the archive any more)\n"
                "D z!m 4+5 torn\n"
                "F7 one z!m c1 1@0\n"
                "C z!m c1 json records 3 findings 1 damages 1/5 -1..-1\n"
                "C z c2 zip records 0 findings 0 damages 0/0 -1..-1\n");
        assert_true(order_ledger(b->order, &e) && order_correlate(b->order, &e));
        bench_close(b);
    }
}

static bool on_event(void *ctx, const struct normal_event *v, struct err *e) {
    (void)e;
    buf_format(&((struct bench *)ctx)->told, "E %.*s %lu %ld\n", STR_ARG(v->evidence_path), (unsigned long)v->record,
               (long)v->when);
    return true;
}

/* In a listing a segment whose times others may know better waits for them, and no other does. */
static void a_listing_waits_for_clocks(void **state) {
    static const struct {
        const char *name;
        bool clocked;
        uint64_t first, second; /* claims of both segments */
        int64_t hours;
    } cases[] = {
        {"no clock", false, 0, 3, 0},
        {"too few together", true, 1, 1, 0},
        {"enough together", true, 1, 2, 5},
        {"enough in the second", true, 0, 3, 5},
    };
    struct bench *const b = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wire v = {
            .type = WIRE_EVENT,
            .event = {.when = 5, .record = 1, .kind = STR("k"), .time_text = STR(""), .reader = STR("json")}};
        struct wire const l = line(1, 0xa1, INSTANT_NONE, INSTANT_NONE);
        struct source *s[2];
        struct err e = {0};
        char want[80];

        v.key = cases[i].clocked ? 7 : 0;
        b->options.event = on_event;
        b->options.from = b->options.to = INSTANT_NONE;
        assert_true(bench_open(b, &e));
        for (size_t k = 0; k < 2; k++) {
            struct clock_bin bin = {20, k ? cases[i].second : cases[i].first};
            struct wire const clock = {.type = WIRE_CLOCK,
                                       .index = 1,
                                       .clock = {.key = 7,
                                                 .host = STR("h"),
                                                 .field = STR("f"),
                                                 .events = bin.count,
                                                 .claims = bin.count,
                                                 .least = 18000,
                                                 .most = 18000,
                                                 .bins = &bin,
                                                 .bin_count = bin.count > 0}};

            assert_non_null(s[k] = order_source(b->order, &files[k]));
            s[k]->size = 10;
            assert_true(order_segment(b->order, s[k], &e));
            assert_true(say_member(b, s[k], 1, S("x"), 0xa1, &e) && (k || say_segment(b, s[k], &v, &e)) &&
                        ((!k && !cases[i].clocked) || say_segment(b, s[k], &clock, &e)) &&
                        say_segment(b, s[k], &l, &e) &&
                        say_segment(b, s[k], &(struct wire){.type = WIRE_SOURCE, .index = 0, .name = STR("")}, &e) &&
                        say_segment(b, s[k], &l, &e) && order_part_ended(b->order, s[k], 0, NULL, &e) &&
                        order_report(b->order, &e));
            if (!k && (b->told.len == 0) != cases[i].clocked)
                fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&b->told)));
        }
        assert_true(order_gathered(b->order, &e));
        snprintf(want, sizeof want, "E x 1 %ld\n", (long)(5 + cases[i].hours * INT64_C(3600) * 1000000000));
        if (str_find(buf_str(&b->told), str_of(want)) == SIZE_MAX)
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&b->told)));
        bench_close(b);
        b->options.event = NULL;
    }
}

/* A worker that is lost has said nothing of clocks: its findings are put right as the others are, whenever these come. */
static void clocks_of_a_lost_part(void **state) {
    struct bench *const b = *state;

    for (unsigned lost_first = 0; lost_first < 2; lost_first++) {
        struct err e = {0};
        struct source *s;
        struct wire f = finding(b, 1, 0);
        struct wire const l = line(5, 0, 1, 2);

        f.key = 7;
        assert_true(bench_open(b, &e));
        b->options.from = b->options.to = INSTANT_NONE;
        b->times = true;
        assert_non_null(s = order_source(b->order, &files[0]));
        s->size = 20;
        assert_true(order_split(s, 10, S("json"), &e));
        s->sha256[0] = 0xab;
        s->hashed = s->hash_ended = true;
        for (unsigned i = 0; i < 2; i++) {
            if (i == lost_first)
                assert_true(say_clock(b, s, 1, 3, &e) && say(b, s, 1, &l, &e) &&
                            order_part_ended(b->order, s, 1, NULL, &e));
            else
                assert_true(say(b, s, 0, &f, &e) && order_part_ended(b->order, s, 0, "lost", &e));
            assert_true(order_report(b->order, &e));
        }
        told(b, "F1 one a ab 1@0 18000000000005 corrected\nD a 0+10 lost\n"
                "C a ab json records 5 findings 1 damages 1/10 1..2\n");
        b->times = false;
        bench_close(b);
    }
}

static void splits_that_are_refused(void **state) {
    static const struct {
        const char *name;
        uint64_t size, part;
        str reader;
    } splits[] = {
        {"one part", 10, 10, STR("json")},
        {"no bytes", 0, 10, STR("json")},
        {"too many", UINT64_MAX, 1, STR("json")},
        {"a reader's name too long", 25, 10, STR("0123456789abcdef")},
    };
    struct bench *const b = *state;

    for (size_t i = 0; i < COUNT(splits); i++) {
        struct err e = {0};
        struct source *s;

        assert_true(bench_open(b, &e));
        assert_non_null(s = order_source(b->order, &files[0]));
        s->size = splits[i].size;
        if (order_split(s, splits[i].part, splits[i].reader, &e) || e.code != ERR_LIMIT)
            fail_msg("%s", splits[i].name);
        assert_int_equal(s->parts, 1);
        bench_close(b);
    }
    struct err e = {0};
    struct source *s;

    assert_true(bench_open(b, &e));
    assert_non_null(s = order_source(b->order, &files[0]));
    s->size = 25;
    assert_true(order_split(s, 10, S("json"), &e));
    assert_false(order_split(s, 10, S("json"), &e)); /* once */
    bench_close(b);
}

/* What was not finished is damage with its place; a file of which no part came to its end says so; one that is not read
 * says why. */
static void what_was_not_read(void **state) {
    struct bench *const b = *state;
    struct err e = {0};
    struct source *s[3];
    struct wire const f = finding(b, 1, 3), l = line(2, 0, 1, 2);

    assert_true(bench_open(b, &e));
    for (size_t k = 0; k < 3; k++) {
        assert_non_null(s[k] = order_source(b->order, &files[k]));
        s[k]->size = 25;
    }
    assert_true(order_split(s[0], 10, S("json"), &e));
    assert_true(order_not_read(b->order, s[2], "a link", &e));
    assert_true(say(b, s[1], 0, &f, &e) && order_part_ended(b->order, s[1], 0, "it crashed", &e));
    assert_true(order_part_ended(b->order, s[0], 2, "it crashed", &e));
    assert_true(say(b, s[0], 1, &f, &e) && order_part_ended(b->order, s[0], 1, "no time left", &e));
    assert_true(say(b, s[0], 0, &l, &e) && order_part_ended(b->order, s[0], 0, NULL, &e));
    s[0]->hash_ended = true; /* and no hash */
    assert_true(order_report(b->order, &e));
    told(
        b,
        "F1 one a  3@3\nD a 10+10 no time left\nD a 20+5 it crashed\nC a  json records 2 findings 1 damages 2/15 1..2\n"
        "F2 one b  1@3\nD b 0+25 it crashed\nC b  - records 0 findings 1 damages 1/25 -1..-1 (its reading was not "
        "finished)\n"
        "C c  - records 0 findings 0 damages 0/0 -1..-1 (a link)\n");
    bench_close(b);
}

/* A member's hash comes at its end, and stands in its findings all the same; its line is its own. */
static void members_of_a_container(void **state) {
    struct bench *const b = *state;
    struct err e = {0};
    struct source *s;
    struct wire const first = {.type = WIRE_SOURCE, .index = 1, .name = STR("a!x")},
                      second = {.type = WIRE_SOURCE, .index = 2, .name = STR("a!y")},
                      itself = {.type = WIRE_SOURCE, .index = 0, .name = STR("a")},
                      damage = {.type = WIRE_DAMAGE,
                                .name = STR(""),
                                .damage = {.offset = 1, .size = 2, .why = STR("w")}},
                      outer_damage = {
                          .type = WIRE_DAMAGE, .name = STR("a"), .damage = {.offset = 3, .size = 4, .why = STR("v")}};
    struct wire const f = finding(b, 1, 2), l1 = line(3, 0x11, 1, 2), l2 = line(4, 0, 3, 4);
    struct wire l0 = line(0, 0xaa, INSTANT_NONE, INSTANT_NONE);

    l0.custody.reader = NULL;
    l0.custody.container = "zip";
    assert_true(bench_open(b, &e));
    assert_non_null(s = order_source(b->order, &files[0]));
    s->size = 9;
    assert_true(say(b, s, 0, &first, &e) && say(b, s, 0, &f, &e) && say(b, s, 0, &damage, &e) && say(b, s, 0, &l1, &e));
    assert_true(say(b, s, 0, &second, &e) && say(b, s, 0, &f, &e) && say(b, s, 0, &outer_damage, &e) &&
                say(b, s, 0, &l2, &e));
    assert_true(say(b, s, 0, &itself, &e) && say(b, s, 0, &l0, &e) && order_part_ended(b->order, s, 0, NULL, &e));
    assert_true(order_report(b->order, &e));
    told(b, "F1 one a!x 11 1@2\nD a!x 1+2 w\nC a!x 11 json records 3 findings 1 damages 1/2 1..2\n"
            "F2 one a!y  1@2\nD a 3+4 v\nC a!y  json records 4 findings 1 damages 0/0 3..4\n"
            "C a aa zip records 0 findings 0 damages 1/4 -1..-1\n");
    bench_close(b);
}

/* ---- correlations ---- */

/* Two files of one event each; equal bytes are one source. What only others use, and what is below the level, is not
 * told. */
static const struct {
    const char *name;
    uint8_t hashes[2]; /* 0: none */
    uint64_t offsets[2];
    const char *told;
} correlated[] = {
    {"two files", {1, 2}, {5, 5}, "F1 many a 01 1@5 U=u [a 01 1@5] [b 02 2@5]\n"},
    {"a copy", {1, 1}, {5, 5}, ""},
    {"two events of a copied file", {1, 1}, {5, 6}, "F1 many a 01 1@5 U=u [a 01 1@5] [a 01 2@6]\n"},
};

static void correlations(void **state) {
    static const struct correlation_cell user = {0, STR("u")};
    struct bench *const b = *state;

    for (size_t i = 0; i < COUNT(correlated); i++) {
        struct err e = {0};
        struct source *s[2];

        assert_true(bench_open(b, &e));
        for (size_t k = 0; k < 2; k++) {
            /* A copy has the same event at the same time. */
            struct wire m = match(b, &user,
                                  correlated[i].hashes[0] == correlated[i].hashes[1] &&
                                          correlated[i].offsets[0] == correlated[i].offsets[1]
                                      ? 1
                                      : k + 1,
                                  correlated[i].offsets[k]);
            struct wire const l = line(2, correlated[i].hashes[k], 1, 2);

            assert_non_null(s[k] = order_source(b->order, &files[k]));
            assert_true(say(b, s[k], 0, &m, &e) && say(b, s[k], 0, &l, &e) &&
                        order_part_ended(b->order, s[k], 0, NULL, &e));
        }
        assert_true(order_report(b->order, &e));
        b->told.len = 0;
        assert_true(order_correlate(b->order, &e));
        buf_byte(&b->told, '\0');
        if (strcmp(b->told.ptr, correlated[i].told) != 0)
            fail_msg("%s:\n%s\nnot\n%s", correlated[i].name, b->told.ptr, correlated[i].told);
        bench_close(b);
    }
}

/* Files without a hash are nobody's copies, even of one another. */
static void no_hash_is_no_copy(void **state) {
    static const struct correlation_cell user = {0, STR("u")};
    struct bench *const b = *state;
    struct err e = {0};

    assert_true(bench_open(b, &e));
    for (size_t k = 0; k < 2; k++) {
        struct wire const m = match(b, &user, 1, 5), l = line(2, 0, 1, 2);
        struct source *const s = order_source(b->order, &files[k]);

        assert_non_null(s);
        assert_true(say(b, s, 0, &m, &e) && say(b, s, 0, &l, &e) && order_part_ended(b->order, s, 0, NULL, &e));
    }
    assert_true(order_report(b->order, &e));
    b->told.len = 0;
    assert_true(order_correlate(b->order, &e));
    buf_byte(&b->told, '\0');
    assert_true(str_find(buf_str(&b->told), S("many")) != SIZE_MAX);
    bench_close(b);
}

/* ---- failures ---- */

static bool refuses(void *ctx, const struct finding *f, struct err *e) {
    (void)ctx;
    (void)f;
    return err_set(e, ERR_INTERRUPTED, 0, "enough");
}

/* ---- acts and their words ---- */

static bool on_activity(void *ctx, const struct activity_event *v, struct err *e) {
    struct bench *const b = ctx;

    (void)e;
    if (b->acts++ < 8)
        buf_format(&b->told, "A%lu %.*s/%.*s\n", (unsigned long)v->record, STR_ARG(v->text[ACT_ACCOUNT]),
                   STR_ARG(v->text[ACT_HOST]));
    return true;
}

static bool say_word(struct bench *b, struct source *s, uint32_t index, const char *text, struct err *e) {
    return say(b, s, 0, &(struct wire){.type = WIRE_WORD, .index = index, .name = str_of(text)}, e);
}

static bool say_act(struct bench *b, struct source *s, uint64_t record, uint32_t account, uint32_t host,
                    struct err *e) {
    struct wire w = {.type = WIRE_ACT,
                     .activity = {.when = 5, .last = 5, .record = record, .count = 1, .act = ACT_SIGN_IN}};

    w.words[ACT_ACCOUNT] = account;
    w.words[ACT_HOST] = host;
    return say(b, s, 0, &w, e);
}

/* A worker that was taken over may say of words what it likes: what fits nothing is not believed, and neither memory nor the hunt ends by it. */
static void words_of_acts(void **state) {
    struct bench *const b = *state;
    static char long_text[ACTIVITY_TEXT_MAX + 1];
    struct err e = {0};
    struct source *s;

    assert_true(bench_open(b, &e));
    b->options.activity = on_activity;
    b->acts = 0;
    assert_non_null(s = order_source(b->order, &files[0]));
    struct wire const l = line(1, 7, 1, 2);
    bool ok = say_word(b, s, 0, "jo", &e) && say_word(b, s, 1, "mx01", &e) && say_act(b, s, 1, 1, 2, &e) &&
              say_act(b, s, 2, 3, 0, &e) &&   /* a word that was not told */
              say_word(b, s, 7, "far", &e) && /* one too far ahead */
              say_act(b, s, 3, 8, 0, &e) && say_word(b, s, 2, "al", &e) && say_act(b, s, 4, 3, 1, &e) &&
              say_word(b, s, 0, "bo", &e) && /* all others are forgotten */
              say_act(b, s, 5, 1, 0, &e) && say_act(b, s, 6, 2, 0, &e) && say_act(b, s, 7, UINT32_MAX, 0, &e);

    /* More words than any worker keeps, by number and by bytes. */
    for (uint32_t i = 1; ok && i < WIRE_WORDS + 10; i++)
        ok = say_word(b, s, i, "", &e);
    ok = ok && say_act(b, s, 8, WIRE_WORDS, 1, &e) && say_act(b, s, 9, WIRE_WORDS + 1, 1, &e);
    memset(long_text, 'x', ACTIVITY_TEXT_MAX);
    for (uint32_t i = 0; ok && i < 4 * WIRE_WORDS_BYTES / ACTIVITY_TEXT_MAX; i++)
        ok = say_word(b, s, i, i ? long_text : "ev", &e);
    ok = ok && say_act(b, s, 10, 1, 0, &e) && say_act(b, s, 11, 4 * WIRE_WORDS_BYTES / ACTIVITY_TEXT_MAX, 0, &e) &&
         say(b, s, 0, &l, &e) && order_part_ended(b->order, s, 0, NULL, &e) && order_report(b->order, &e);
    if (!ok)
        fail_msg("%s", e.text);
    told(b, "A1 jo/mx01\nA4 al/jo\nA5 bo/\nA8 /bo\nA10 ev/\nC a 07 json records 1 findings 0 damages 0/0 1..2\n");
    assert_int_equal(b->acts, 5);
    b->options.activity = NULL;
    bench_close(b);
}

static void stopped(void **state) {
    struct bench *const b = *state;
    struct err e = {0};
    struct source *s;

    assert_true(bench_open(b, &e));
    b->options.finding = refuses;
    assert_non_null(s = order_source(b->order, &files[0]));
    assert_true(say_file(b, s, 1, 1, &e));
    assert_false(order_report(b->order, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    b->options.finding = on_finding;
    bench_close(b);
}

static bool everything(struct bench *b, struct err *e) {
    static const struct correlation_cell user = {0, STR("u")};

    for (size_t k = 0; k < 2; k++) {
        struct wire const m = match(b, &user, k, 5);
        struct source *const s = order_source(b->order, &files[k]);

        if (!s)
            return err_set(e, ERR_MEMORY, 0, "no memory");
        s->size = 25;
        if (!order_split(s, 20, S("json"), e) || !say(b, s, 0, &m, e) || !say_file(b, s, 1, 0, e) ||
            !order_part_ended(b->order, s, 1, "it crashed", e))
            return false;
        s->sha256[0] = (uint8_t)(k + 1);
        s->hashed = s->hash_ended = true;
        if (!order_report(b->order, e))
            return false;
    }
    return order_correlate(b->order, e);
}

/* The segments of an archive, with acts of one hour in two of them. */
static bool everything_of_segments(struct bench *b, struct err *e) {
    static const uint8_t order[] = {1, 0, 2};
    struct source *s[3];

    for (size_t k = 0; k < 3; k++) {
        if (!(s[k] = order_source(b->order, &files[k])))
            return err_set(e, ERR_MEMORY, 0, "no memory for the test");
        s[k]->size = 10;
        if (!order_segment(b->order, s[k], e))
            return false;
    }
    for (size_t k = 0; k < 3; k++) {
        struct clock_bin bin = {20, 2};
        struct wire const clock = {.type = WIRE_CLOCK,
                                   .index = 1,
                                   .clock = {.key = 7,
                                             .host = STR("h"),
                                             .field = STR("f"),
                                             .events = 2,
                                             .claims = 2,
                                             .least = 18000,
                                             .most = 18000,
                                             .bins = &bin,
                                             .bin_count = 1}};

        if (order[k] && (!say_member(b, s[order[k]], 1, S("v"), 0xf1, e) || !say_segment(b, s[order[k]], &clock, e) ||
                         !say_segment(b, s[order[k]],
                                      &(struct wire){.type = WIRE_ACT, .activity = {.count = 9, .act = ACT_LOGON}}, e)))
            return false;
        if (!three_segments_from(b, order[k], order[k] != 0, s, e) || !order_report(b->order, e))
            return false;
    }
    return order_gathered(b->order, e) && order_ledger(b->order, e) && order_correlate(b->order, e);
}

static void no_memory_of(struct bench *b, bool (*what)(struct bench *b, struct err *e));

static void no_memory(void **state) {
    no_memory_of(*state, everything);
}

static void no_memory_for_segments(void **state) {
    no_memory_of(*state, everything_of_segments);
}

static void no_memory_of(struct bench *b, bool (*what)(struct bench *b, struct err *e)) {

    if (!REFUSES)
        skip();
    for (long left = 0;; left++) {
        struct err e = {0};

        b->told = (struct buf){0};
        memory_refused = false;
        memory_left = left;
        bool const ok = bench_open(b, &e) && what(b, &e);

        memory_left = -1;
        if (!ok && e.code != ERR_MEMORY)
            fail_msg("%ld: %d, %s", left, e.code, e.text);
        bool const refused = memory_refused, told_all = !b->told.failed;

        if (ok && !refused)
            assert_true(told_all && b->told.len > 0);
        bench_close(b);
        if (!refused)
            break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_the_evidence),
        cmocka_unit_test(parts_are_one_file),
        cmocka_unit_test(clocks_wait_for_all_parts),
        cmocka_unit_test(clocks_of_a_lost_part),
        cmocka_unit_test(segments_are_put_together),
        cmocka_unit_test(a_listing_waits_for_clocks),
        cmocka_unit_test(splits_that_are_refused),
        cmocka_unit_test(what_was_not_read),
        cmocka_unit_test(members_of_a_container),
        cmocka_unit_test(correlations),
        cmocka_unit_test(no_hash_is_no_copy),
        cmocka_unit_test(words_of_acts),
        cmocka_unit_test(stopped),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(no_memory_for_segments),
    };

    return cmocka_run_group_tests(tests, open_tables, close_tables);
}
