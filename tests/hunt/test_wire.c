/* test_wire: messages survive the way to the parent, and nothing that a worker should not say is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hunt/wire.h"

/* Two rules, of which the first can match events; one filter. */
static const struct sigma_rule detection = {.type = SIGMA_DETECTION, .index = 0},
                               correlation = {.type = SIGMA_CORRELATION, .index = 1};
static const struct sigma_rule *const rules[] = {&detection, &correlation};
static const struct sigma_set set = {.rules = rules, .rule_count = 2, .filter_count = 1};
#define KINDS 3
static const struct wire_known known = {&set, KINDS, NULL, NULL, NULL};

static const struct detect_match matches[] = {{STR("Image"), STR("C:\\x.exe")}, {STR("Image"), STR("")}};
static const struct correlation_cell cells[] = {{0, STR("alice")}, {7, STR("caf\xc3\xa9")}};

static const struct normal_value event_values[] = {{STR("one"), false}, {STR(""), true}, {STR("caf\xc3\xa9"), false}};
static const struct normal_field event_fields[] = {{STR("list"), event_values, 2, true},
                                                   {STR("text"), event_values + 2, 1, false}};

static struct clock_bin clock_bins[] = {{-20, 3}, {0, 1}};

static struct span stream_spans[] = {{3, 4}, {6, 6}};

#define EVENT                                                                                                          \
    {                                                                                                                  \
        .when = 7, .time_text = STR("1970-01-01 00:00"), .zone = ZONE_ASSUMED, .precision = PRECISION_MINUTE,          \
        .kind = STR("acme/door"), .reader = STR("json"), .record = 8, .offset = 9, .salvaged = true,                   \
        .act = {.act = ACT_MAIL_READ,                                                                                  \
                .amount = UINT64_MAX,                                                                                  \
                .items = 3,                                                                                            \
                .text = {[ACT_ACCOUNT] = STR("a"), [ACT_KIND] = STR("k")}},                                            \
        .roles = {[ROLE_HOST] = STR("h"), [ROLE_TENANT] = STR("t")}, .fields = event_fields, .field_count = 2          \
    }

static const struct wire messages[] = {
    {.type = WIRE_TICK, .number = 1 << 20},
    {.type = WIRE_SPLIT, .number = 8 << 20, .name = STR("json")},
    {.type = WIRE_HASH, .hash = {1, 2, 3}},
    {.type = WIRE_KIND, .index = 2, .number = 77},
    {.type = WIRE_ASK, .index = 2, .number = UINT64_MAX},
    {.type = WIRE_FILTERED, .rule = 0, .index = 0, .number = 5},
    {.type = WIRE_GIVEN_UP, .number = 9},
    {.type = WIRE_DONE, .name = STR("")},
    {.type = WIRE_DONE, .name = STR("no memory")},
    {.type = WIRE_SOURCE, .index = 1, .name = STR("a.zip!b\xff")},
    {.type = WIRE_SOURCE, .index = 2, .name = STR("a.zip!c"), .hashed = true, .hash = {9, 8}},
    {.type = WIRE_FINDING,
     .key = 77,
     .finding = {.when = -5,
                 .kind = STR("k"),
                 .host = STR("h"),
                 .account = STR("a"),
                 .record = 3,
                 .offset = 4,
                 .salvaged = true,
                 .logsource = STR("process_creation"),
                 .matches = matches,
                 .match_count = 2}},
    {.type = WIRE_MATCH,
     .key = 78,
     .match = {.when = INSTANT_NONE, .offset = 1, .number = 2, .cells = cells, .cell_count = 2}},
    {.type = WIRE_EVENT, .key = 79, .event = EVENT},
    {.type = WIRE_COLLECTED, .key = 80, .event = EVENT},
    {.type = WIRE_MATCHED, .key = 81, .event = EVENT},
    {.type = WIRE_WORD, .index = 3, .name = STR("jo@chamber.example")},
    {.type = WIRE_ACT,
     .key = 82,
     .activity = {.when = -5,
                  .last = 7,
                  .record = 8,
                  .offset = 9,
                  .amount = UINT64_MAX,
                  .back = 12,
                  .count = 10,
                  .items = 11,
                  .act = ACT_HOST_NAME,
                  .outcome = OUTCOME_OTHER,
                  .salvaged = true,
                  .unsure = true},
     .words = {[ACT_ACCOUNT] = 1, [ACT_KIND] = UINT32_MAX}},
    {.type = WIRE_STREAM,
     .stream = {.host = STR("h"),
                .log = STR("l"),
                .clock = 80,
                .events = 5,
                .first = -1,
                .last = 2,
                .unit = 3,
                .hours = {.items = stream_spans, .count = 2},
                .numbers = {.items = stream_spans, .count = 1}}},
    {.type = WIRE_CLOCK,
     .index = 3,
     .clock = {.key = UINT64_MAX,
               .host = STR("h"),
               .field = STR("f"),
               .events = 6,
               .assumed = 2,
               .claims = 5,
               .least = -18001,
               .most = 7,
               .bins = clock_bins,
               .bin_count = 2}},
    {.type = WIRE_CLOCK, .clock = {.host = STR("")}},
    {.type = WIRE_KEYS, .name = STR("0123456789abcdef\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0")},
    {.type = WIRE_SEGMENT, .name = STR("LWSEGMT\0\xff")},
    {.type = WIRE_SEALED,
     .kept = {.sha256 = {1, [31] = 2}, .size = 1ull << 40, .rows = 7, .month = 2021 * 12 + 2, .first = -5, .last = 6}},
    {.type = WIRE_SEALED, .kept = {.size = 1, .rows = UINT32_MAX, .month = -1, .first = -5, .last = -5}},
    {.type = WIRE_SEALED,
     .kept = {.size = 1, .rows = 1, .month = KEPT_UNDATED, .first = INSTANT_NONE, .last = INSTANT_NONE}},
    {.type = WIRE_INDEX_KEYS, .name = STR("\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\1\0\0\0\0\xff")},
    {.type = WIRE_INDEX_ADDRESSES, .name = STR("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1 \1\r\xb8............")},
    {.type = WIRE_INDEXED},
    {.type = WIRE_DAMAGE, .name = STR(""), .damage = {.offset = 1, .size = 2, .why = STR("chunk magic differs")}},
    {.type = WIRE_UNSCANNED,
     .omission = {.attachment = true, .name = STR("a.zip!b"), .record = 3, .offset = 4, .why = STR("too large")}},
    {.type = WIRE_SCANNED, .hashed = true, .hash = {7}, .counts = {.files = 1, .attachments = 2, .bytes = 3}},
    {.type = WIRE_CUSTODY,
     .hashed = true,
     .hash = {9},
     .custody = {.reader = "evtx",
                 .not_read = STR(""),
                 .size = 1,
                 .records = 2,
                 .salvaged = 3,
                 .repaired = 4,
                 .cut = 5,
                 .no_kind = 6,
                 .no_time = 7,
                 .years = 8,
                 .year_breaks = 9,
                 .twice = 12,
                 .never = 13,
                 .backs = 10,
                 .back_s = 11}},
    {.type = WIRE_KEPT,
     .index = 1,
     .hashed = true,
     .hash = {9},
     .custody = {.reader = "evtx",
                 .not_read = STR(""),
                 .size = 1,
                 .records = 2,
                 .salvaged = 3,
                 .repaired = 4,
                 .cut = 5,
                 .no_kind = 6,
                 .no_time = 7,
                 .years = 8,
                 .year_breaks = 9,
                 .twice = 12,
                 .never = 13,
                 .backs = 10,
                 .back_s = 11}},
};

static struct arena *memory(void **state) {
    return *state;
}

static int begin(void **state) {
    return (*state = arena_new(1 << 24)) ? 0 : -1;
}

static int end(void **state) {
    arena_free(*state);
    return 0;
}

static void assert_str(str a, str b) {
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.ptr, b.ptr, a.len);
}

static void round_trip(void **state) {
    struct buf b = {0};
    struct wire w;

    for (size_t i = 0; i < COUNT(messages); i++)
        wire_put(&b, &messages[i]);
    str left = buf_str(&b);

    for (size_t i = 0; i < COUNT(messages); i++) {
        const struct wire *const m = &messages[i];

        assert_int_equal(wire_size(left.ptr) <= left.len, 1);
        assert_true(wire_take(&left, &known, memory(state), &w));
        assert_int_equal(w.type, m->type);
        if (m->key)
            assert_int_equal(w.key, m->key);
        switch (m->type) {
        case WIRE_FINDING:
            assert_ptr_equal(w.finding.rule, &detection);
            assert_int_equal(w.finding.when, m->finding.when);
            assert_int_equal(w.finding.record, m->finding.record);
            assert_int_equal(w.finding.offset, m->finding.offset);
            assert_true(w.finding.salvaged);
            assert_str(w.finding.kind, m->finding.kind);
            assert_str(w.finding.host, m->finding.host);
            assert_str(w.finding.account, m->finding.account);
            assert_str(w.finding.logsource, m->finding.logsource);
            assert_int_equal(w.finding.match_count, 2);
            for (size_t k = 0; k < 2; k++) {
                assert_str(w.finding.matches[k].field, matches[k].field);
                assert_str(w.finding.matches[k].value, matches[k].value);
            }
            break;
        case WIRE_MATCH:
            assert_int_equal(w.match.when, INSTANT_NONE);
            assert_int_equal(w.match.offset, 1);
            assert_int_equal(w.match.number, 2);
            assert_int_equal(w.match.cell_count, 2);
            for (size_t k = 0; k < 2; k++) {
                assert_int_equal(w.match.cells[k].field, cells[k].field);
                assert_str(w.match.cells[k].value, cells[k].value);
            }
            break;
        case WIRE_CLOCK:
            assert_int_equal(w.index, m->index);
            assert_true(w.clock.key == m->clock.key && w.clock.events == m->clock.events);
            assert_true(w.clock.assumed == m->clock.assumed && w.clock.claims == m->clock.claims);
            assert_true(w.clock.least == m->clock.least && w.clock.most == m->clock.most);
            assert_str(w.clock.host, m->clock.host);
            assert_int_equal(w.clock.bin_count, m->clock.bin_count);
            for (size_t k = 0; k < m->clock.bin_count; k++)
                assert_true(w.clock.bins[k].quarter == clock_bins[k].quarter &&
                            w.clock.bins[k].count == clock_bins[k].count);
            break;
        case WIRE_WORD:
            assert_int_equal(w.index, 3);
            assert_str(w.name, m->name);
            break;
        case WIRE_ACT:
            assert_int_equal(w.key, 82);
            assert_true(w.activity.when == -5 && w.activity.last == 7 && w.activity.record == 8 &&
                        w.activity.offset == 9 && w.activity.amount == UINT64_MAX && w.activity.back == 12 &&
                        w.activity.count == 10 && w.activity.items == 11 && w.activity.act == ACT_HOST_NAME &&
                        w.activity.outcome == OUTCOME_OTHER && w.activity.salvaged && w.activity.unsure);
            assert_memory_equal(w.words, m->words, sizeof w.words);
            break;
        case WIRE_STREAM:
            assert_int_equal(w.stream.clock, 80);
            assert_str(w.stream.host, S("h"));
            assert_str(w.stream.log, S("l"));
            assert_int_equal(w.stream.events, 5);
            assert_true(w.stream.first == -1 && w.stream.last == 2 && w.stream.unit == 3 && !w.stream.numbers_lost);
            assert_int_equal(w.stream.hours.count, 2);
            assert_memory_equal(w.stream.hours.items, stream_spans, sizeof stream_spans);
            assert_int_equal(w.stream.numbers.count, 1);
            assert_memory_equal(w.stream.numbers.items, stream_spans, sizeof *stream_spans);
            break;
        case WIRE_COLLECTED:
        case WIRE_MATCHED:
        case WIRE_EVENT:
            assert_int_equal(w.event.when, 7);
            assert_str(w.event.time_text, m->event.time_text);
            assert_int_equal(w.event.zone, ZONE_ASSUMED);
            assert_int_equal(w.event.precision, PRECISION_MINUTE);
            assert_str(w.event.kind, m->event.kind);
            assert_str(w.event.reader, m->event.reader);
            assert_int_equal(w.event.record, 8);
            assert_int_equal(w.event.offset, 9);
            assert_true(w.event.salvaged);
            assert_str(w.event.roles[ROLE_HOST], S("h"));
            assert_str(w.event.roles[ROLE_ACCOUNT], S(""));
            assert_str(w.event.roles[ROLE_TENANT], S("t"));
            assert_int_equal(w.event.act.act, ACT_MAIL_READ);
            assert_true(w.event.act.amount == UINT64_MAX && w.event.act.items == 3);
            assert_str(w.event.act.text[ACT_ACCOUNT], S("a"));
            assert_str(w.event.act.text[ACT_DETAIL], S(""));
            assert_str(w.event.act.text[ACT_KIND], S("k"));
            assert_int_equal(w.event.field_count, 2);
            assert_str(w.event.fields[0].name, S("list"));
            assert_true(w.event.fields[0].list);
            assert_int_equal(w.event.fields[0].count, 2);
            assert_str(w.event.fields[0].values[0].text, S("one"));
            assert_true(w.event.fields[0].values[1].null);
            assert_false(w.event.fields[1].list);
            assert_str(w.event.fields[1].values[0].text, event_values[2].text);
            break;
        case WIRE_DAMAGE:
            assert_int_equal(w.damage.offset, 1);
            assert_int_equal(w.damage.size, 2);
            assert_str(w.damage.why, m->damage.why);
            break;
        case WIRE_CUSTODY:
        case WIRE_KEPT:
            assert_int_equal(w.index, m->index);
            assert_string_equal(w.custody.reader, "evtx");
            assert_null(w.custody.container);
            assert_true(w.hashed);
            assert_int_equal(w.hash[0], 9);
            assert_int_equal(w.custody.size, 1);
            assert_int_equal(w.custody.records, 2);
            assert_int_equal(w.custody.salvaged, 3);
            assert_int_equal(w.custody.repaired, 4);
            assert_int_equal(w.custody.cut, 5);
            assert_int_equal(w.custody.no_kind, 6);
            assert_int_equal(w.custody.no_time, 7);
            assert_int_equal(w.custody.years, 8);
            assert_int_equal(w.custody.year_breaks, 9);
            assert_int_equal(w.custody.twice, 12);
            assert_int_equal(w.custody.never, 13);
            assert_int_equal(w.custody.backs, 10);
            assert_int_equal(w.custody.back_s, 11);
            assert_int_equal(w.custody.first, INSTANT_NONE); /* what its logs say */
            assert_int_equal(w.custody.last, INSTANT_NONE);
            break;
        case WIRE_SEALED:
            assert_memory_equal(w.kept.sha256, m->kept.sha256, SHA256_SIZE);
            assert_true(w.kept.size == m->kept.size && w.kept.rows == m->kept.rows);
            assert_int_equal(w.kept.month, m->kept.month);
            assert_true(w.kept.first == m->kept.first && w.kept.last == m->kept.last);
            break;
        case WIRE_UNSCANNED:
            assert_true(w.omission.attachment);
            assert_str(w.omission.name, m->omission.name);
            assert_int_equal(w.omission.record, 3);
            assert_int_equal(w.omission.offset, 4);
            assert_str(w.omission.why, m->omission.why);
            break;
        case WIRE_SCANNED:
            assert_true(w.hashed && w.hash[0] == 7);
            assert_int_equal(w.counts.files, 1);
            assert_int_equal(w.counts.attachments, 2);
            assert_int_equal(w.counts.bytes, 3);
            break;
        default:
            break;
        }
        if (m->name.ptr && m->type != WIRE_DAMAGE)
            assert_str(w.name, m->name);
    }
    assert_int_equal(left.len, 0);
    buf_free(&b);
}

/* Cut anywhere, and with bytes behind that its size owns: no message. */
static void cut_and_stretched(void **state) {
    for (size_t i = 0; i < COUNT(messages); i++) {
        struct buf b = {0};
        struct wire w;
        uint32_t size;

        wire_put(&b, &messages[i]);
        for (size_t len = 0; len < b.len; len++) {
            str left = {b.ptr, len};

            assert_false(wire_take(&left, &known, memory(state), &w));
            assert_int_equal(left.len, len);
        }
        buf_byte(&b, 0);
        size = (uint32_t)(b.len - WIRE_HEAD);
        memcpy(b.ptr, &size, sizeof size);
        str left = buf_str(&b);

        assert_false(wire_take(&left, &known, memory(state), &w));
        buf_free(&b);
    }
}

/* What no worker of ours says. */
static void refused(void **state) {
    static const struct normal_field bad_name = {STR("\xff"), NULL, 0, true}, two = {STR("f"), event_values, 2, false},
                                     none = {STR("f"), event_values, 0, false};
    static struct span touching[] = {{1, 2}, {3, 4}}, beyond[] = {{1, COVERAGE_HOURS + 1}},
                       coarse[] = {{1, (COVERAGE_HOURS >> 8) + 1}};
    static struct clock_bin none_of_it[] = {{3, 0}}, more[] = {{3, 2}}, twice[] = {{3, 1}, {3, 1}},
                            falling[] = {{4, 1}, {3, 1}}, wide[] = {{CLOCK_QUARTERS_MAX + 1, 1}},
                            sum[] = {{3, UINT64_MAX}, {4, 2}};
    static const struct wire wrong[] = {
        {.type = WIRE_CLOCK, .clock = {.host = STR("\xff")}},
        {.type = WIRE_CLOCK, .clock = {.claims = 1, .least = 2, .most = 1}},
        {.type = WIRE_CLOCK, .clock = {.claims = 1, .bins = none_of_it, .bin_count = 1}},
        {.type = WIRE_CLOCK, .clock = {.claims = 1, .bins = more, .bin_count = 1}},
        {.type = WIRE_CLOCK, .clock = {.claims = 2, .bins = twice, .bin_count = 2}},
        {.type = WIRE_CLOCK, .clock = {.claims = 2, .bins = falling, .bin_count = 2}},
        {.type = WIRE_CLOCK, .clock = {.claims = 1, .bins = wide, .bin_count = 1}},
        {.type = WIRE_CLOCK, .clock = {.claims = 1, .bins = sum, .bin_count = 2}},
        {.type = WIRE_CLOCK, .clock = {.claims = UINT64_MAX}},
        {.type = WIRE_FINDING,
         .rule = 1,
         .finding = {.kind = STR(""), .host = STR(""), .account = STR(""), .logsource = STR("")}},
        {.type = WIRE_FINDING,
         .rule = 2,
         .finding = {.kind = STR(""), .host = STR(""), .account = STR(""), .logsource = STR("")}},
        {.type = WIRE_FINDING,
         .finding = {.kind = STR("\xff"), .host = STR(""), .account = STR(""), .logsource = STR("")}},
        {.type = WIRE_MATCH, .rule = 1},
        {.type = WIRE_KIND, .index = KINDS},
        {.type = WIRE_FILTERED, .rule = 0, .index = 1},
        {.type = WIRE_FILTERED, .rule = 1, .index = 0},
        {.type = WIRE_SPLIT, .number = 0, .name = STR("json")},
        {.type = WIRE_DONE, .name = STR("\xc3")},
        {.type = WIRE_KEYS, .name = STR("0123456789abcde")},
        {.type = WIRE_SEALED, .kept = {.size = 1, .rows = 0, .month = 5, .first = 1, .last = 2}},
        {.type = WIRE_SEALED, .kept = {.size = 0, .rows = 1, .month = 5, .first = 1, .last = 2}},
        {.type = WIRE_SEALED, .kept = {.size = 1, .rows = 1, .month = 5, .first = 2, .last = 1}},
        {.type = WIRE_SEALED, .kept = {.size = 1, .rows = 1, .month = 5, .first = INSTANT_NONE, .last = 1}},
        {.type = WIRE_SEALED, .kept = {.size = 1, .rows = 1, .month = 5, .first = 1, .last = INSTANT_NONE}},
        {.type = WIRE_SEALED, .kept = {.size = 1, .rows = 1, .month = 5, .first = INSTANT_NONE, .last = INSTANT_NONE}},
        {.type = WIRE_SEALED, .kept = {.size = 1, .rows = 1, .month = KEPT_UNDATED, .first = 1, .last = 2}},
        {.type = WIRE_INDEX_KEYS, .name = STR("")},
        {.type = WIRE_INDEX_KEYS, .name = STR("\0\0\7\0\0\0\0")},
        {.type = WIRE_INDEX_KEYS, .name = STR("\1\0\7\0\0\0\0\0")}, /* its lowest bits are zero */
        {.type = WIRE_INDEX_KEYS, .name = STR("\0\1\7\0\0\0\0\0")},
        {.type = WIRE_INDEX_KEYS, .name = STR("\0\0\7\0\0\0\0\0\0\0\7\0\0\0\0\0")},
        {.type = WIRE_INDEX_KEYS, .name = STR("\0\0\0\0\0\0\0\1\0\0\7\0\0\0\0\0")},
        {.type = WIRE_INDEX_ADDRESSES, .name = STR("")},
        {.type = WIRE_INDEX_ADDRESSES, .name = STR("0123456789abcde")},
        {.type = WIRE_INDEX_ADDRESSES, .name = STR("0123456789abcdef0123456789abcdef")},
        {.type = WIRE_INDEX_ADDRESSES, .name = STR("1123456789abcdef0123456789abcdef")},
        {.type = WIRE_WORD, .name = STR("\xff")},
        {.type = WIRE_ACT, .activity = {.act = ACT_NONE, .count = 1}},
        {.type = WIRE_ACT, .activity = {.act = ACTS, .count = 1}},
        {.type = WIRE_ACT, .activity = {.act = ACT_CALL, .count = 0}},
        {.type = WIRE_ACT, .activity = {.act = ACT_CALL, .count = 1, .when = INSTANT_NONE}},
        {.type = WIRE_ACT, .activity = {.act = ACT_CALL, .count = 1, .when = 1}},
        {.type = WIRE_ACT, .activity = {.act = ACT_CALL, .count = 1, .outcome = OUTCOME_OTHER + 1}},
        {.type = WIRE_STREAM, .stream = {.log = STR("\xff")}},
        {.type = WIRE_STREAM, .stream = {.first = 1, .last = INSTANT_NONE}},
        {.type = WIRE_STREAM, .stream = {.unit = COVERAGE_UNIT_MAX + 1}},
        {.type = WIRE_STREAM, .stream = {.hours = {.items = touching, .count = 2}}},
        {.type = WIRE_STREAM, .stream = {.hours = {.items = beyond, .count = 1}}},
        {.type = WIRE_STREAM, .stream = {.unit = 8, .hours = {.items = coarse, .count = 1}}},
        {.type = WIRE_STREAM, .stream = {.numbers = {.items = touching, .count = 2}}},
        {.type = WIRE_STREAM, .stream = {.numbers = {.items = beyond, .count = 1}, .numbers_lost = true}},
        {.type = WIRE_COLLECTED, .event = {.zone = ZONES}},
        {.type = WIRE_MATCHED, .event = {.kind = STR("\xff")}},
        {.type = WIRE_EVENT, .event = {.zone = ZONES}},
        {.type = WIRE_EVENT, .event = {.precision = PRECISIONS}},
        {.type = WIRE_EVENT, .event = {.kind = STR("\xff")}},
        {.type = WIRE_EVENT, .event = {.roles = {[ROLE_HOST] = STR("\xff")}}},
        {.type = WIRE_EVENT, .event = {.act = {.act = ACTS}}},
        {.type = WIRE_EVENT, .event = {.act = {.act = ACT_LOGON, .text = {[ACT_DETAIL] = STR("\xff")}}}},
        {.type = WIRE_EVENT, .event = {.fields = &bad_name, .field_count = 1}},
        {.type = WIRE_EVENT, /* two values, and no list */
         .event = {.fields = &two, .field_count = 1}},
        {.type = WIRE_EVENT, /* no value, and no list */
         .event = {.fields = &none, .field_count = 1}},
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct buf b = {0};
        struct wire w;

        wire_put(&b, &wrong[i]);
        str left = buf_str(&b);

        assert_false(wire_take(&left, &known, memory(state), &w));
        buf_free(&b);
    }
    assert_int_equal(wire_size("\0\0\0\0\0"), 0);
    assert_int_equal(wire_size("\0\0\0\0\x7f"), 0);
    assert_int_equal(wire_size("\xff\xff\xff\xff\1"), 0);
}

/* What a rule found: with rules and strings that are there, and no more than is told. */
static void yara(void **state) {
    static const struct yara_match found[] = {{0, 7, 3, STR("Cat")}, {1, UINT64_MAX, 0, STR("\xff\0")}},
                                   beyond[] = {{2, 7, 3, STR("Cat")}};
    struct yara_finding f = {.attachment = true,
                             .name = STR("a\xc3\xa9"),
                             .type = STR("text/html"),
                             .record = 5,
                             .offset = 6,
                             .hit = {.matches = found, .match_count = 2, .more = true, .size = 9, .sha256 = {1, 2}}};
    struct yara_set *rules_of_files;
    struct buf b = {0};
    struct wire w;
    struct err e;

    assert_true(yara_set_new(&rules_of_files, &e));
    assert_true(yara_set_add(rules_of_files, S("x.yar"),
                             S("rule r { strings: $a = \"Cat\" $b = /x+y/ condition: any of them }"), &e));
    assert_true(yara_set_compile(rules_of_files, &e));
    struct wire_known const with = {&set, KINDS, rules_of_files, NULL, NULL};

    f.hit.rule = yara_set_rule(rules_of_files, 0);
    wire_put(&b, &(struct wire){.type = WIRE_YARA, .yara = f});
    for (size_t len = 0; len < b.len; len++) {
        str left = {b.ptr, len};

        assert_false(wire_take(&left, &with, memory(state), &w));
    }
    str left = buf_str(&b);

    assert_false(wire_take(&left, &known, memory(state), &w)); /* a hunt without such rules */
    assert_true(wire_take(&left, &with, memory(state), &w));
    assert_int_equal(left.len, 0);
    assert_ptr_equal(w.yara.hit.rule, f.hit.rule);
    assert_str(w.yara.name, f.name);
    assert_str(w.yara.type, f.type);
    assert_true(w.yara.attachment && w.yara.hit.more);
    assert_int_equal(w.yara.record, 5);
    assert_int_equal(w.yara.offset, 6);
    assert_int_equal(w.yara.hit.size, 9);
    assert_memory_equal(w.yara.hit.sha256, f.hit.sha256, SHA256_SIZE);
    assert_int_equal(w.yara.hit.match_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(w.yara.hit.matches[i].string, found[i].string);
        assert_int_equal(w.yara.hit.matches[i].offset, found[i].offset);
        assert_int_equal(w.yara.hit.matches[i].length, found[i].length);
        assert_str(w.yara.hit.matches[i].excerpt, found[i].excerpt);
    }
    struct yara_rule other = *f.hit.rule;
    struct yara_finding bad[4] = {f, f, f, f};

    other.index = 1; /* there is one rule */
    bad[0].hit.rule = &other;
    bad[1].hit.matches = beyond; /* it has two strings */
    bad[1].hit.match_count = 1;
    bad[2].type = S("\xff\xff");
    bad[2].name = S("\xff");
    bad[3].hit.match_count = 0;
    for (size_t i = 0; i < COUNT(bad); i++) {
        b.len = 0;
        wire_put(&b, &(struct wire){.type = WIRE_YARA, .yara = bad[i]});
        left = buf_str(&b);
        /* What was cut within a character is cut before it; and a rule may find something without a string. */
        assert_int_equal(wire_take(&left, &with, memory(state), &w), i >= 2);
    }
    buf_free(&b);
    yara_set_free(rules_of_files);
}

/* Somebody of a list: one that is there, by a name that is there, as like as something can be. */
static void person(void **state) {
    static const char list[] =
        "901,\"QU, Mingzhen\",\"individual\",\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"
        "902,\"LAKE COMPANY\",-0- ,\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n";
    struct wire m = {.type = WIRE_PERSON,
                     .entry = 1,
                     .index = 1,
                     .key = 77,
                     .likeness = {.how = PERSON_CLOSE, .quality = 100, .usual = true, .reason = "it is caf\xc3\xa9"},
                     .finding = {.when = -5,
                                 .kind = STR("k"),
                                 .host = STR("h"),
                                 .account = STR("a"),
                                 .record = 3,
                                 .offset = 4,
                                 .matches = matches,
                                 .match_count = 2}};
    struct persons *lists;
    struct buf b = {0};
    struct wire w;
    struct err e;

    assert_true(persons_new(&lists, &e) && persons_add(lists, S("SDN.CSV"), str_of(list), &e) &&
                persons_ready(lists, &e));
    struct wire_known const with = {&set, KINDS, NULL, NULL, lists};

    wire_put(&b, &m);
    for (size_t len = 0; len < b.len; len++) {
        str left = {b.ptr, len};

        assert_false(wire_take(&left, &with, memory(state), &w));
    }
    str left = buf_str(&b);

    assert_false(wire_take(&left, &known, memory(state), &w)); /* a hunt without lists */
    assert_true(wire_take(&left, &with, memory(state), &w));
    assert_int_equal(left.len, 0);
    assert_ptr_equal(w.likeness.person, persons_at(lists, 1));
    assert_ptr_equal(w.likeness.name, &persons_at(lists, 1)->names[0]);
    assert_int_equal(w.likeness.how, PERSON_CLOSE);
    assert_int_equal(w.likeness.quality, 100);
    assert_true(w.likeness.usual);
    assert_string_equal(w.likeness.reason, m.likeness.reason);
    assert_int_equal(w.key, 77);
    assert_int_equal(w.finding.when, -5);
    assert_int_equal(w.finding.record, 3);
    assert_int_equal(w.finding.match_count, 2);
    assert_str(w.finding.matches[0].value, matches[0].value);
    struct wire other[8] = {m, m, m, m, m, m, m, m};

    other[0].entry = 2; /* there are two */
    other[1].index = 2; /* it has one name */
    other[2].likeness.quality = 0;
    other[3].likeness.quality = 101;
    other[4].likeness.how = (enum person_how)(PERSON_CLOSE + 1);
    other[5].finding.kind = S("\xff");
    other[6].index = 0;                                                         /* by none of its names */
    memset(other[7].likeness.reason, 'x', sizeof other[7].likeness.reason - 1); /* as long as there is room */
    for (size_t i = 0; i < COUNT(other); i++) {
        b.len = 0;
        wire_put(&b, &other[i]);
        left = buf_str(&b);
        assert_int_equal(wire_take(&left, &with, memory(state), &w), i >= 6);
        if (i == 6)
            assert_null(w.likeness.name);
        if (i == 7)
            assert_int_equal(strlen(w.likeness.reason), sizeof w.likeness.reason - 1);
    }
    b.len = 0;
    wire_put(&b, &m);
    *(char *)memmem(b.ptr, b.len, "it is", 5) = '\0'; /* a reason ends where its text does */
    left = buf_str(&b);
    assert_false(wire_take(&left, &with, memory(state), &w));
    buf_free(&b);
    persons_free(lists);
}

/* A value of megabytes is cut at a character and says so. */
static void long_values(void **state) {
    size_t const len = WIRE_VALUE_MAX + 3;
    char *const text = malloc(len);
    struct detect_match const match = {STR("Field"), {text, len}};
    struct wire const m = {.type = WIRE_FINDING,
                           .finding = {.kind = STR(""),
                                       .host = STR(""),
                                       .account = STR(""),
                                       .logsource = STR(""),
                                       .matches = &match,
                                       .match_count = 1}};
    struct buf b = {0};
    struct wire w;

    for (size_t i = 0; i < len; i++)
        text[i] = i % 2 ? '\xa9' : '\xc3';
    wire_put(&b, &m);
    str left = buf_str(&b);

    assert_true(wire_take(&left, &known, memory(state), &w));
    assert_true(w.finding.matches[0].value.len <= WIRE_VALUE_MAX);
    assert_true(str_ends(w.finding.matches[0].value, S(" bytes more]")));
    buf_free(&b);
    free(text);
}

/* A role, or the text of an error, that was cut in the middle of a character on its way here. */
static void cut_characters(void **state) {
    static const struct wire said[] = {
        {.type = WIRE_FINDING,
         .finding = {.kind = STR(""), .host = STR("h\xc3"), .account = STR("a\xe2\x82"), .logsource = STR("")}},
        {.type = WIRE_DAMAGE, .name = STR(""), .damage = {.why = STR("why\xf0\x9f")}},
        {.type = WIRE_CUSTODY, .custody = {.not_read = STR("no\xc3")}},
    };
    struct buf b = {0};
    struct wire w;

    for (size_t i = 0; i < COUNT(said); i++)
        wire_put(&b, &said[i]);
    str left = buf_str(&b);

    assert_true(wire_take(&left, &known, memory(state), &w));
    assert_str(w.finding.host, S("h"));
    assert_str(w.finding.account, S("a"));
    assert_true(wire_take(&left, &known, memory(state), &w));
    assert_str(w.damage.why, S("why"));
    assert_true(wire_take(&left, &known, memory(state), &w));
    assert_str(w.custody.not_read, S("no"));
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(round_trip, begin, end),
        cmocka_unit_test_setup_teardown(yara, begin, end),
        cmocka_unit_test_setup_teardown(person, begin, end),
        cmocka_unit_test_setup_teardown(cut_and_stretched, begin, end),
        cmocka_unit_test_setup_teardown(refused, begin, end),
        cmocka_unit_test_setup_teardown(long_values, begin, end),
        cmocka_unit_test_setup_teardown(cut_characters, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
