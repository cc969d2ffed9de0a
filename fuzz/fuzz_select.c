/* fuzz_select: any records of a few names and values, under kinds with shapes and aliases of every sort, against any small rule: each row in which
 * detection finds something is chosen, whether the kinds are trusted or not; and what is found in the chosen rows is what is found in
 * all of them. Damage: with some byte of the segment changed, whatever can still be found is chosen. */
#include <assert.h>

#include "../tests/hunt/select_rows.h"

static const char kind_files[] =
    "kind: door\nwhen: {kind: [door]}\nlogsources:\n"
    "  - {product: p}\n"
    "  - product: p\n    category: c\n    fields:\n"
    "      A: B\n"
    "      B: [{from: C, as: lower}, {from: A, only_if: {C: [x, y]}}]\n"
    "      C: '{A}-{B}'\n"
    "      D: {from: L, after: x}\n"
    "      E: {from: A, split: true}\n"
    "---\n"
    "kind: lamp\nwhen: {kind: {starts: lamp}, A: {present: true}}\nlogsources:\n"
    "  - product: p\n    fields: {A: {from: A, map: {x: y, '1': '2'}}, B: {from: C, as: decimal}, E: {from: E, "
    "constant: x}}\n"
    "---\n"
    "kind: rest\nwhen: {A: {present: true}, B: {present: false}}\nlogsources: [{category: c}]\n"
    "---\n"
    "kind: said\nwhen: {format: said}\nlogsources: [{product: p}]\n"
    "---\n"
    "format: said\ntitle: t\ntemplates: ['say {A} of {B}', 'ask {C:labels}']\njoin: {D: '{A} {B}'}\n"
    "---\n"
    "shape: a\nwhen: [w1]\nunless: [w2]\nstrip: [p., q.]\nrename: {odd: A, o.: r.}\nunspace: true\npairs: [{list: L, "
    "name: L.n, value: L.v}]\n"
    "---\n"
    "shape: b\nwhen: [w2]\nstrip: [p.*., q.**.]\nomit: [z]\nkeep: true\npairs: [{list: L, name: n, value: v, keep: "
    "true}, {list: L, name: n, value: u}]\n"
    "---\n"
    "shape: c\nwhen: [w3]\nunless: [w1, w2]\neach_of: e\nstrip: [e.]\n"
    "---\n"
    "shape: d\nwhen: [w4]\nunless: [w1, w2, w3]\nbytes: true\nxml: B\nwords: {list: C, numbered: p., joined: E}\n"
    "---\n"
    "shape: f\nreader: csv\nwhen: [w5, A]\nrename: {A: B, B: A}\n"
    "---\n"
    "shape: g\nwhen: [w6]\nunless: [w1, w2, w3, w4]\nlines: true\n";
static const char *const names[] = {"kind", "A",   "B",   "C",       "D",   "E",     "L",       "L.n",    "L.v",
                                    "L.u",  "p.A", "q.A", "p.B",     "q.B", "p.x.A", "q.x.y.B", "odd",    "o.A",
                                    "r.A",  "a A", "Az",  "e.A",     "e.B", "e",     "w1",      "w2",     "w3",
                                    "w4",   "w5",  "w6",  "message", "n",   "v",     "A B",     "format", "L.A"};
static const char *const texts[] = {"x",
                                    "y",
                                    "door",
                                    "lamp1",
                                    "A",
                                    "B",
                                    "n",
                                    "v",
                                    "",
                                    "-",
                                    "X",
                                    "1",
                                    "1.0",
                                    "1e0",
                                    "0x1",
                                    "10.0.0.1",
                                    "xy",
                                    "x;y",
                                    "\xc3\x84x",
                                    "\xff",
                                    "x-y",
                                    "say x of y",
                                    "<A>x</A>",
                                    "{\"A\":\"x\"}",
                                    "ask (x)y(1)x)",
                                    "say x-y of \\\"A",
                                    "\x01x",
                                    "104",
                                    "true",
                                    "2020-01-02T03:04:05Z"};
static const char *const tests[] = {"A: x",
                                    "B: y",
                                    "A|contains: x",
                                    "B|startswith: x",
                                    "C|endswith: y",
                                    "A: 1",
                                    "B: '1'",
                                    "C: true",
                                    "D: x",
                                    "E: x",
                                    "A: null",
                                    "B|exists: true",
                                    "B|exists: false",
                                    "A|fieldref: B",
                                    "A|re: '^x.*y'",
                                    "B|re: '[xy]'",
                                    "C|cidr: 10.0.0.0/8",
                                    "A|gte: 1",
                                    "E|contains|cased: X",
                                    "A: '*'",
                                    "B: '?'",
                                    "C: ''",
                                    "L|contains: x",
                                    "L.A: x",
                                    "r.A: x",
                                    "message|contains: say",
                                    "kind: door",
                                    "A|wide|contains: x",
                                    "p.A: x",
                                    "A|contains|all: [x, y]",
                                    "e|contains: A",
                                    "A|contains: 'Ä'",
                                    "C: x-y",
                                    "C|contains: 'y-1'",
                                    "C|re: 'x-[xy]'"};

struct bytes {
    const uint8_t *at;
    size_t left;
};

static unsigned take(struct bytes *b, unsigned of) {
    if (!b->left)
        return 0;
    b->left--;
    return *b->at++ % of;
}

/* One of a list, half of the time of its first. */
static unsigned pick(struct bytes *b, unsigned first, unsigned of) {
    return take(b, take(b, 2) ? first : of);
}

/* A detection of up to four parts, and keywords. */
static void rule_make(struct bytes *b, struct buf *out) {
    static const char *const conditions[] = {"a",
                                             "a and b",
                                             "a or b",
                                             "a and not b",
                                             "not a",
                                             "not (a and b)",
                                             "a and k",
                                             "k",
                                             "not k",
                                             "a and not (b and k)",
                                             "a or (b and not c)",
                                             "1 of them",
                                             "all of them",
                                             "not a and not b",
                                             "c and not (not b)"};
    static const char *const keywords[] = {"[x]", "['say']", "[1]", "['x y', '\"A\"']"};
    static const char *const sources[] = {"{product: p}", "{product: p, category: c}", "{category: c}", "{product: q}"};

    buf_format(out, "title: r\nlogsource: %s\ndetection:\n", sources[pick(b, 2, COUNT(sources))]);
    for (char part = 'a'; part <= 'c'; part++) {
        unsigned const count = 1 + take(b, 2);

        buf_format(out, "  %c:\n", part);
        bool const list = take(b, 2);

        for (unsigned i = 0; i < count; i++) {
            char key[40];
            const char *const test = tests[pick(b, 3, COUNT(tests))];

            snprintf(key, sizeof key, "%.*s", (int)strcspn(test, ":"), test);
            if (i && !list && strstr(out->ptr, key)) /* the same key twice is no rule */
                continue;
            buf_format(out, "    %s%s\n", list ? "- " : "", test);
        }
    }
    buf_format(out, "  k: %s\n  condition: %s\n", keywords[take(b, COUNT(keywords))],
               conditions[pick(b, 5, COUNT(conditions))]);
}

static struct raw value_make(struct bytes *b, struct fields *fields, char room[32]) {
    static const uint8_t types[] = {RAW_TEXT, RAW_TEXT, RAW_TEXT, RAW_TEXT,   RAW_UTF16, RAW_NUMBER,
                                    RAW_NULL, RAW_I64,  RAW_BOOL, RAW_BINARY, RAW_HEX32, RAW_GUID};
    str const name = str_of(names[pick(b, 4, COUNT(names))]), text = str_of(texts[pick(b, 3, COUNT(texts))]);
    struct raw v = {.field = field_intern(fields, name),
                    .type = types[take(b, COUNT(types))],
                    .ptr = text.ptr,
                    .len = (uint32_t)text.len};
    unsigned const more = take(b, 16);

    v.inner = more == 1 ? RAW_INNER : more == 2 ? RAW_INNER_ASKED : RAW_OWN;
    v.element = more >= 12 ? (uint16_t)(more - 11) : 0;
    if (v.type == RAW_UTF16) {
        for (size_t i = 0; i < text.len && i < 16; i++) {
            room[2 * i] = text.ptr[i];
            room[2 * i + 1] = 0;
        }
        v.ptr = room;
        v.len = (uint32_t)(text.len < 16 ? 2 * text.len : 32);
    }
    if (v.type == RAW_NULL)
        v.len = 0;
    if (v.type == RAW_I64) {
        int64_t const n = (int64_t)take(b, 4) - 1;

        memcpy(room, &n, sizeof n);
        v.ptr = room;
        v.len = sizeof n;
    }
    /* Readers give numbers and truth in no other spelling. */
    static const char *const numbers[] = {"1", "1.0", "1e0", "-0", "104", "12", "10.50"};
    if (v.type == RAW_NUMBER || v.type == RAW_BOOL) {
        v.ptr = v.type == RAW_BOOL ? (take(b, 2) ? "true" : "false") : numbers[take(b, COUNT(numbers))];
        v.len = (uint32_t)strlen(v.ptr);
    }
    return v;
}

#define ROWS_MAX 24u
#define VALUES 12u

static void records_make(struct bytes *b, struct kept *k) {
    static const char *const readers[] = {"json", "csv", "text", "nobody"};
    unsigned const mixed = take(b, 3);
    struct err e = {0};

    k->reader = str_of(readers[take(b, COUNT(readers))]);
    ingest_part(k->ingest, 0, reader_named(k->reader) ? k->reader : S(""));
    for (unsigned row = 0; row < ROWS_MAX && b->left; row++) {
        struct raw values[VALUES + 2];
        char rooms[VALUES][32];
        struct record r = {.values = values,
                           .when = INSTANT_NONE,
                           .number = row + 1,
                           .offset = row * 100,
                           .size = 100,
                           .time_text = S(""),
                           .bytes = S("")};

        if (row && mixed == 2 && take(b, 4) == 0) {
            k->reader = str_of(readers[take(b, COUNT(readers))]);
            kept_source(k);
            ingest_part(k->ingest, 0, reader_named(k->reader) ? k->reader : S(""));
        }
        if (take(b, 4)) {
            static const char *const kinds[] = {"door", "lamp", "lamp2"};
            str const kind = str_of(kinds[take(b, COUNT(kinds))]);

            values[r.count++] = (struct raw){.field = field_intern(k->log->fields, S("kind")),
                                             .type = RAW_TEXT,
                                             .ptr = kind.ptr,
                                             .len = (uint32_t)kind.len};
        }
        if (take(b, 2)) { /* a shape */
            char name[] = {'w', (char)('1' + take(b, 6)), 0};

            values[r.count++] = (struct raw){
                .field = field_intern(k->log->fields, str_of(name)), .type = RAW_TEXT, .ptr = "x", .len = 1};
        }
        for (unsigned i = take(b, VALUES); i--; r.count++)
            values[r.count] = value_make(b, k->log->fields, rooms[i]);
        struct event_sink *const sink = ingest_sink(k->ingest);

        if (!sink->record(sink, &r, &e))
            abort();
    }
    kept_end(k, &e);
}

static bool is_chosen(const uint64_t *rows, uint32_t row) {
    return rows[row / 64] >> row % 64 & 1;
}

static void check(struct field_log *log, str bytes, bool whole_bytes) {
    struct hunted whole = {0};
    struct err e = {0};
    struct segment *s;

    if (!segment_open(&s, bytes, S("s"), 0, &e)) {
        assert(!whole_bytes);
        return;
    }
    uint64_t *const rows = calloc(segment_info(s)->rows / 64 + 1, sizeof *rows);
    bool const readable = rows && rows_hunt(log, s, NULL, &whole, &e);

    assert(readable || !whole_bytes);
    hunted_sort(&whole);
    for (int trusted = 0; readable && trusted < 2; trusted++) {
        struct select_counts counts = {0};
        struct hunted chosen = {0};

        memset(rows, 0, (segment_info(s)->rows / 64 + 1) * sizeof *rows);
        bool const ok = select_rows(log->select, s, &(struct select_ask){.kinds_trusted = trusted}, rows, &counts, &e);

        assert(ok);
        for (size_t i = 0; i < whole.count; i++)
            assert(is_chosen(rows, whole.items[i].row));
        assert(counts.selected <= counts.rows && counts.rows == segment_info(s)->rows);
        if (!rows_hunt(log, s, rows, &chosen, &e))
            abort();
        hunted_sort(&chosen);
        assert(chosen.count == whole.count && chosen.filtered == whole.filtered);
        for (size_t i = 0; i < whole.count; i++)
            assert(by_found(&whole.items[i], &chosen.items[i]) == 0);
        free(chosen.items);
    }
    free(whole.items);
    free(rows);
    segment_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes b = {data, size < 4096 ? size : 4096};
    struct field_log log = {0};
    struct select_options options;
    struct buf rule = {0};
    struct err e = {0};
    struct kept k;

    rule_make(&b, &rule);
    log.fields = fields_new();
    if (!log.fields || rule.failed || !kinds_new(&log.kinds, log.fields, &e))
        abort();
    if (!kinds_load_text(log.kinds, S("k"), str_of(kind_files), true, &e) || !kinds_seal(log.kinds, &e)) {
        fprintf(stderr, "%s\n", e.text);
        abort();
    }
    if (!sigma_loader_new(&log.loader, &e) || !sigma_load_text(log.loader, S("r"), buf_str(&rule), &e) ||
        !sigma_load_end(log.loader, &log.set, &e) || !plan_new(&log.plan, log.set, log.fields, &e))
        abort();
    options = (struct select_options){.plan = log.plan, .kinds = log.kinds, .fields = log.fields};
    if (!select_new(&log.select, &options, &e) || !kept_begin(&k, &log, 0, &e))
        abort();
    unsigned const hurt = take(&b, 2), where = take(&b, 256) << 8 | take(&b, 256);

    if (log.set->rule_count)
        records_make(&b, &k);
    if (k.count) {
        check(&log, buf_str(&k.segments[0]), true);
        if (hurt && k.segments[0].len) {
            k.segments[0].ptr[4096 + where % (k.segments[0].len - 4096)] ^= 1;
            check(&log, buf_str(&k.segments[0]), false);
        }
    }
    kept_free(&k);
    select_free(log.select);
    plan_free(log.plan);
    sigma_loader_free(log.loader);
    kinds_free(log.kinds);
    fields_free(log.fields);
    buf_free(&rule);
    return 0;
}
