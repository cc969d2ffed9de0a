/* Detection on small blocks made by hand: every kind of test, log sources and their field names, filters, what findings say;
 * the same answers before and after triggers were learned; every allocation refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detection/detect.h"

#include "../refuse.h"

#define CELLS_MAX 5u
#define T RAW_TEXT
#define N RAW_NUMBER
#define B RAW_BOOL
#define NIL RAW_NULL

struct cell {
    const char *field;
    uint8_t type;
    str text;
};

/* A rule's detection, an event, and whether the one holds of the other. */
static const struct {
    const char *name, *detection;
    struct cell cells[CELLS_MAX];
    bool hit;
} cases[] = {
    {"equal without case", "s: {A: WhoAmI}, condition: s", {{"A", T, STR("whoami")}}, true},
    {"equal is whole", "s: {A: whoami}, condition: s", {{"A", T, STR("whoami /all")}}, false},
    {"equal beyond ASCII", "s: {A: \"\xc3\x89t\xc3\xa9\"}, condition: s", {{"A", T, STR("\xc3\xa9T\xc3\x89")}}, true},
    {"contains", "s: {'A|contains': ' -Enc '}, condition: s", {{"A", T, STR("ps -eNC x")}}, true},
    {"contains not", "s: {'A|contains': ' -Enc '}, condition: s", {{"A", T, STR("ps -encx")}}, false},
    {"contains one byte", "s: {'A|contains': '^'}, condition: s", {{"A", T, STR("a^b")}}, true},
    {"contains nothing", "s: {'A|contains': ''}, condition: s", {{"A", T, STR("")}}, true},
    {"contains nothing of nothing", "s: {'A|contains': ''}, condition: s", {{"B", T, STR("")}}, false},
    {"starts", "s: {'A|startswith': 'c:\\Windows'}, condition: s", {{"A", T, STR("C:\\WINDOWS\\x")}}, true},
    {"starts not", "s: {'A|startswith': 'c:\\Windows'}, condition: s", {{"A", T, STR("xC:\\WINDOWS")}}, false},
    {"ends", "s: {'A|endswith': '\\cmd.exe'}, condition: s", {{"A", T, STR("C:\\CMD.EXE")}}, true},
    {"ends not", "s: {'A|endswith': '\\cmd.exe'}, condition: s", {{"A", T, STR("C:\\cmd.exe ")}}, false},
    {"all", "s: {'A|contains|all': [ab, cd]}, condition: s", {{"A", T, STR("xcdxab")}}, true},
    {"all of several values",
     "s: {'A|contains|all': [ab, cd]}, condition: s",
     {{"A", T, STR("xab")}, {"A", T, STR("cdx")}},
     true},
    {"all but one", "s: {'A|contains|all': [ab, cd]}, condition: s", {{"A", T, STR("xab")}}, false},
    {"any of many",
     "s: {'A|contains': [aaa1, aaa2, aaa3, aaa4, aaa5, aaa6, aaa7, aaa8, aaa9]}, condition: s",
     {{"A", T, STR("x AAA9")}},
     true},
    {"none of many",
     "s: {'A|contains': [aaa1, aaa2, aaa3, aaa4, aaa5, aaa6, aaa7, aaa8, aaa9]}, condition: s",
     {{"A", T, STR("x AAA")}},
     false},
    {"any of many, as a number",
     "s: {'A|endswith': ['10', '20', '30', '40', '50', '60', '70', '80']}, condition: s",
     {{"A", N, STR("1.2e3")}},
     false},
    {"any of many, its plain spelling",
     "s: {'A|endswith': ['10', '20', '30', '00', '50', '60', '70', '80']}, condition: s",
     {{"A", N, STR("1.2e3")}},
     true},
    {"many of a list",
     "s: {'A|contains': [bb1, bb2, bb3, bb4, bb5, bb6, bb7, bb8]}, condition: s",
     {{"A", T, STR("no")}, {"A", T, STR("x bb8")}},
     true},
    {"many and a number", "s: {A: [v1, v2, v3, v4, v5, v6, v7, v8, 9]}, condition: s", {{"A", N, STR("9.0")}}, true},
    {"wildcards",
     "s: {A: 'a?c*e'}, condition: s",
     {{"A", T,
       STR("A\xc3\xa9"
           "cd\nE")}},
     true},
    {"wildcards not", "s: {A: 'a?c*e'}, condition: s", {{"A", T, STR("acde")}}, false},
    {"star alone", "s: {A: '*'}, condition: s", {{"A", T, STR("")}}, true},
    {"star of null", "s: {A: '*'}, condition: s", {{"A", NIL, STR("")}}, false},
    {"cased", "s: {'A|cased': Ab}, condition: s", {{"A", T, STR("Ab")}}, true},
    {"cased not", "s: {'A|cased': Ab}, condition: s", {{"A", T, STR("ab")}}, false},
    {"cased in", "s: {'A|contains|cased': LongWord}, condition: s", {{"A", T, STR("a LongWord b")}}, true},
    {"dashes",
     "s: {'A|windash|contains': ' -exec'}, condition: s",
     {{"A", T,
       STR("x \xe2\x80\x93"
           "EXEC")}},
     true},
    {"dashes not", "s: {'A|windash|contains': ' -exec'}, condition: s", {{"A", T, STR("x +exec")}}, false},
    {"base64offset", "s: {'A|base64offset|contains': foobar}, condition: s", {{"A", T, STR("xxZvb2Jhcxx")}}, true},
    {"base64offset, case matters",
     "s: {'A|base64offset|contains': foobar}, condition: s",
     {{"A", T, STR("xxzvb2jhcxx")}},
     false},
    {"wide base64", "s: {'A|wide|base64': cmd}, condition: s", {{"A", T, STR("YwBtAGQA")}}, true},
    {"utf16", "s: {'A|wide': ab}, condition: s", {{"A", T, STR("a\0b\0")}}, true},
    {"number", "s: {A: 4688}, condition: s", {{"A", N, STR("4688")}}, true},
    {"number as text", "s: {A: 4688}, condition: s", {{"A", T, STR("4688")}}, true},
    {"number, odd text", "s: {A: 4688}, condition: s", {{"A", T, STR("04688")}}, false},
    {"number, another spelling", "s: {A: 4688}, condition: s", {{"A", N, STR("4.688e3")}}, true},
    {"number, a long spelling",
     "s: {A: 1}, condition: s",
     {{"A", N, STR("1.00000000000000000000000000000000000000000000000000000000000000000000000000000000")}},
     true},
    {"text of a number", "s: {A: '46*'}, condition: s", {{"A", N, STR("4688")}}, true},
    {"text of a number's plain spelling", "s: {'A|endswith': '688'}, condition: s", {{"A", N, STR("4.688e3")}}, true},
    {"true", "s: {A: true}, condition: s", {{"A", B, STR("true")}}, true},
    {"true as text", "s: {A: true}, condition: s", {{"A", T, STR("TRUE")}}, true},
    {"true not", "s: {A: true}, condition: s", {{"A", B, STR("false")}}, false},
    {"null, absent", "s: {A: null}, t: {B: x}, condition: s and t", {{"B", T, STR("x")}}, true},
    {"null, null", "s: {A: null}, condition: s", {{"A", NIL, STR("")}}, true},
    {"null, empty", "s: {A: null}, condition: s", {{"A", T, STR("")}}, false},
    {"empty", "s: {A: ''}, condition: s", {{"A", T, STR("")}}, true},
    {"empty not", "s: {A: ''}, condition: s", {{"A", T, STR(" ")}}, false},
    {"exists", "s: {'A|exists': true}, condition: s", {{"A", NIL, STR("")}}, true},
    {"exists not", "s: {'A|exists': false}, condition: s", {{"B", T, STR("")}}, true},
    {"exists after all", "s: {'A|exists': false}, condition: s", {{"A", T, STR("")}}, false},
    {"neq", "s: {'A|neq': [x, y]}, condition: s", {{"A", T, STR("z")}}, true},
    {"neq absent", "s: {'A|neq': [x, y]}, condition: s", {{"B", T, STR("z")}}, true},
    {"neq not", "s: {'A|neq': [x, y]}, condition: s", {{"A", T, STR("Y")}}, false},
    {"greater", "s: {'A|gt': 5}, condition: s", {{"A", T, STR("6.5")}}, true},
    {"greater not", "s: {'A|gt': 5}, condition: s", {{"A", N, STR("5")}}, false},
    {"network", "s: {'A|cidr': 10.0.0.0/8}, condition: s", {{"A", T, STR("::ffff:10.1.2.3")}}, true},
    {"network not", "s: {'A|cidr': 10.0.0.0/8}, condition: s", {{"A", T, STR("11.1.2.3")}}, false},
    {"hour", "s: {'A|hour': [22, 23]}, condition: s", {{"A", T, STR("2024-03-25T22:10:00+13:00")}}, true},
    {"hour not", "s: {'A|hour': [22, 23]}, condition: s", {{"A", T, STR("2024-03-25T21:10:00Z")}}, false},
    {"other field", "s: {'A|fieldref': B}, condition: s", {{"A", T, STR("x")}, {"B", T, STR("X")}}, true},
    {"other field ends",
     "s: {'A|fieldref|endswith': B}, condition: s",
     {{"A", T, STR("abc")}, {"B", T, STR("BC")}},
     true},
    {"other field absent", "s: {'A|fieldref': B}, condition: s", {{"A", T, STR("x")}}, false},
    {"expression", "s: {'A|re': 'b.d'}, condition: s", {{"A", T, STR("xbcdx")}}, true},
    {"expression, case", "s: {'A|re': 'B.d'}, condition: s", {{"A", T, STR("xbcdx")}}, false},
    {"expression without case", "s: {'A|re|i': 'WhoAm.'}, condition: s", {{"A", T, STR("x whoami")}}, true},
    {"expression with literals",
     "s: {'A|re': 'invoke-[a-z]+katz'}, condition: s",
     {{"A", T, STR("invoke-mimikatz")}},
     true},
    {"expression of a Kelvin sign", "s: {'A|re|i': 'xkxkx'}, condition: s", {{"A", T, STR("x\xe2\x84\xaaxkx")}}, true},
    {"expression, end", "s: {'A|re': '^bcd$'}, condition: s", {{"A", T, STR("bcd\n")}}, false},
    {"expression, empty", "s: {'A|re': 'x*'}, condition: s", {{"A", T, STR("abc")}}, true},
    {"expression, lines", "s: {'A|re|m': '^bcd'}, condition: s", {{"A", T, STR("a\nbcd")}}, true},
    {"expression, dots", "s: {'A|re|s': 'abc.def'}, condition: s", {{"A", T, STR("abc\ndef")}}, true},
    {"expression of a number", "s: {'A|re': '^4688$'}, condition: s", {{"A", N, STR("4.688e3")}}, true},
    {"expression, back-reference", "s: {'A|re': '(.)\\1cde'}, condition: s", {{"A", T, STR("bbcde")}}, true},
    {"keyword", "s: [foo], condition: s", {{"A", T, STR("x")}, {"B", T, STR("a FOO b")}}, true},
    {"keyword not", "s: [foo], condition: s", {{"A", T, STR("fo")}, {"B", T, STR("o")}}, false},
    {"keywords, all", "s: {'|all': [foo, bar]}, condition: s", {{"A", T, STR("xfoo")}, {"B", T, STR("barx")}}, true},
    {"keywords, all but one",
     "s: {'|all': [foo, bar]}, condition: s",
     {{"A", T, STR("x")}, {"B", T, STR("barx")}},
     false},
    {"keywords, not all but one", "s: {'|all': [foo, bar]}, condition: not s", {{"B", T, STR("barx")}}, true},
    {"keywords or a field",
     "s: {'|all': [foo, bar]}, f: {A: x}, condition: s or f",
     {{"A", T, STR("x")}, {"B", T, STR("bar")}},
     true},
    {"a field and no keywords",
     "s: {'|all': [foo, bar]}, f: {A: x}, condition: f and not s",
     {{"A", T, STR("x")}, {"B", T, STR("bar foo")}},
     false},
    {"a field and not one of keywords",
     "s: [foo, bar], f: {A: x}, condition: f and not 1 of s",
     {{"A", T, STR("x")}, {"B", T, STR("bar")}},
     false},
    {"keyword expression", "s: {'|re': 'fo+bar'}, condition: s", {{"B", T, STR("a fooobar b")}}, true},
    {"not", "s: {A: x}, f: {B: y}, condition: s and not f", {{"A", T, STR("x")}}, true},
    {"not, but", "s: {A: x}, f: {B: y}, condition: s and not f", {{"A", T, STR("x")}, {"B", T, STR("Y")}}, false},
    {"not alone", "s: {A: x}, condition: not s", {{"A", T, STR("y")}}, true},
    {"one of", "a1: {A: x}, a2: {B: y}, condition: 1 of a*", {{"B", T, STR("y")}}, true},
    {"all of", "a1: {A: x}, a2: {B: y}, condition: all of a*", {{"B", T, STR("y")}}, false},
    {"list of maps", "s: [{A: x}, {B: y, C: z}], condition: s", {{"B", T, STR("y")}, {"C", T, STR("z")}}, true},
    {"list value", "s: {A: y}, condition: s", {{"A", T, STR("x")}, {"A", T, STR("y")}, {"A", NIL, STR("")}}, true},
    {"fields apart", "s: {A: x}, condition: s", {{"a", T, STR("x")}}, false},
};

static const char kind_text[] = "kind: test/hand\ntitle: t\nwhen: {A: {present: true}}\nlogsources:\n"
                                "  - {product: test, category: plain}\n"
                                "  - product: test\n    category: named\n    fields:\n      Renamed: A\n"
                                "      Joined: '{A}/{B}'\n      Hash: {from: H, label: MD5}\n      Old: [A, B]\n"
                                "      Many: ['{F1}{F2}{F3}{F4}', '{F5}{F6}{F7}{F8}', '{F9}{F10}{F11}{F12}',\n"
                                "        '{F13}{F14}{F15}{F16}', {from: Last, only_if: {Which: yes}}]\n"
                                "roles:\n  account: A\n  host: ['{B}', C]\n";

struct bench {
    struct fields *fields;
    struct kinds *kinds;
    struct sigma_loader *loader;
    const struct sigma_set *set;
    struct plan *plan;
    struct detector *detector;
    struct block *block;
    enum {
        KEEPS_ALL,
        SIFTS,
        SIFTS_EVENTS
    } sifts;         /* rows are made as ingest makes them: without what nobody asks for */
    char line[4096]; /* the texts of the row, which its record came from */
    uint32_t left_out;
    /* What was told. */
    bool *told; /* by rule * rows + row */
    uint32_t rows, calls;
    struct detect_match matches[16];
    size_t match_count;
    char logsource[32];
};

static bool on_hit(void *ctx, const struct detect_hit *hit, struct err *e) {
    struct bench *const b = ctx;

    (void)e;
    assert_true(hit->row < b->rows);
    b->told[(size_t)hit->rule * b->rows + hit->row] = true;
    b->calls++;
    b->match_count = hit->match_count;
    for (size_t i = 0; i < hit->match_count && i < COUNT(b->matches); i++)
        b->matches[i] = hit->matches[i];
    snprintf(b->logsource, sizeof b->logsource, "%.*s", STR_ARG(hit->logsource));
    return true;
}

static void close_hunt(struct bench *b) {
    block_free(b->block);
    detector_free(b->detector);
    plan_free(b->plan);
    b->block = NULL;
    b->detector = NULL;
    b->plan = NULL;
}

static void close_all(struct bench *b) {
    close_hunt(b);
    sigma_loader_free(b->loader);
    kinds_free(b->kinds);
    fields_free(b->fields);
    free(b->told);
    *b = (struct bench){0};
}

static void load_all(struct bench *b, const char *rules, uint32_t rows) {
    struct err e = {0};

    *b = (struct bench){.rows = rows, .fields = fields_new()};
    assert_non_null(b->fields);
    assert_true(kinds_new(&b->kinds, b->fields, &e));
    assert_true(kinds_load_text(b->kinds, S("hand.yml"), str_of(kind_text), false, &e));
    assert_true(kinds_seal(b->kinds, &e));
    assert_true(sigma_loader_new(&b->loader, &e));
    assert_true(sigma_load_text(b->loader, S("rules.yml"), str_of(rules), &e));
    assert_true(sigma_load_end(b->loader, &b->set, &e));
    assert_non_null(b->told = calloc(b->set->rule_count * rows + 1, sizeof *b->told));
}

static bool open_hunt(struct bench *b, struct err *e) {
    struct detect_options o = {.fields = b->fields, .hit = on_hit, .ctx = b};

    if (!plan_new(&b->plan, b->set, b->fields, e))
        return false;
    o.plan = b->plan;
    return detector_new(&b->detector, &o, e) && block_new(&b->block, kinds_at(b->kinds, 0), S("test/hand"), e);
}

static bool open_all(struct bench *b, const char *rules, uint32_t rows, struct err *e) {
    load_all(b, rules, rows);
    return open_hunt(b, e);
}

/* Cells as the values of a record: texts are parts of a line. */
static size_t values_of(struct bench *b, const struct cell *cells, size_t count, struct raw *values, struct record *r) {
    size_t n = 0, used = 0;

    for (; n < count && cells[n].field; n++) {
        str const text = cells[n].text;
        bool const part = cells[n].type == T && text.len < sizeof b->line - used;

        values[n] = (struct raw){
            field_intern(b->fields, str_of(cells[n].field)), cells[n].type, false, 0, (uint32_t)text.len, text.ptr};
        if (part) {
            memcpy(b->line + used, text.ptr, text.len);
            values[n].ptr = b->line + used;
            used += text.len;
            b->line[used++] = ' ';
        }
    }
    *r = (struct record){.values = values, .count = (uint32_t)n, .when = INSTANT_NONE, .bytes = {b->line, used}};
    return n;
}

static bool add_row(struct bench *b, const struct cell *cells, size_t count, uint64_t offset) {
    struct raw values[64];
    struct record r;
    size_t repaired = 0, n;

    assert_true(count <= COUNT(values));
    n = values_of(b, cells, count, values, &r);
    if (!block_row_room(b->block))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct raw const raw = values[i];
        struct column *const c = raw.field == FIELD_NONE ? NULL : block_column_make(b->block, raw.field, 42);

        if (!c)
            return false;
        if (b->sifts) {
            struct ingest_wish const wish = detector_wants(b->detector, b->block, raw.field);

            if (!(wish.all >> raw.type & 1) &&
                (!(wish.sifted >> raw.type & 1) ||
                 (b->sifts == SIFTS_EVENTS && !detector_sift_event(b->detector, b->block, &r)) ||
                 !detector_sift(b->detector, b->block, &raw))) {
                b->left_out++;
                continue;
            }
        }
        if (!block_cell(b->block, c, &raw, &repaired))
            return false;
    }
    b->block->rows[b->block->row_count] = (struct row){.when = INSTANT_NONE, .offset = offset};
    b->block->row_count++;
    return true;
}

/* All detections as rules of one text; they differ in their ids and sort by line. */
static char *all_rules(const char *logsource, size_t count) {
    size_t const room = COUNT(cases) * 512;
    char *const text = malloc(room);
    size_t len = 0;

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        len +=
            (size_t)snprintf(text + len, room - len, "---\ntitle: %zu\nlevel: low\nlogsource: {%s}\ndetection: {%s}\n",
                             i, logsource, cases[i].detection);
    assert_true(len < room);
    return text;
}

/* Each rule on its own event. */
static void every_test(void **state) {
    char *const rules = all_rules("product: test, category: plain", COUNT(cases));
    struct bench b;
    struct err e = {0};

    (void)state;
    assert_true(open_all(&b, rules, COUNT(cases), &e));
    for (size_t i = 0; i < b.set->verdict_count; i++)
        if (!b.set->verdicts[i].loaded)
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(b.set->verdicts[i].reason));
    assert_int_equal(b.set->rule_count, COUNT(cases));
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(add_row(&b, cases[i].cells, CELLS_MAX, i));
    assert_true(detector_run(b.detector, &b.block, 1, &e));
    for (size_t i = 0; i < COUNT(cases); i++)
        if (b.told[i * b.rows + i] != cases[i].hit)
            fail_msg("%s", cases[i].name);
    assert_int_equal(detector_counts(b.detector)->rows, COUNT(cases));
    close_all(&b);
    free(rules);
}

/* Every rule on every event: alone in a block, all in one block, and after triggers were learned, where the events come in
 * blocks that keep their dictionaries and in such that lose them. */
static void the_same_however_it_is_asked(void **state) {
    enum { TURNS = 60 };
    char *const rules = all_rules("product: test", COUNT(cases));
    bool *first;
    struct bench b;
    struct err e = {0};

    (void)state;
    assert_true(open_all(&b, rules, COUNT(cases), &e));
    for (size_t i = 0; i < COUNT(cases); i++) { /* alone */
        struct block *const one = b.block;
        bool *const all = b.told;

        assert_true(add_row(&b, cases[i].cells, CELLS_MAX, 0));
        b.told = calloc(b.set->rule_count, sizeof *b.told);
        b.rows = 1;
        assert_non_null(b.told);
        assert_true(detector_run(b.detector, &b.block, 1, &e));
        for (size_t r = 0; r < b.set->rule_count; r++)
            all[r * COUNT(cases) + i] = b.told[r];
        free(b.told);
        b.told = all;
        b.rows = COUNT(cases);
        block_clear(one);
    }
    first = b.told;
    for (int turn = 0; turn < TURNS; turn++) {
        b.told = calloc(b.set->rule_count * COUNT(cases), sizeof *b.told);
        assert_non_null(b.told);
        for (size_t i = 0; i < COUNT(cases); i++)
            assert_true(add_row(&b, cases[i].cells, CELLS_MAX, i));
        assert_true(detector_run(b.detector, &b.block, 1, &e));
        for (size_t r = 0; r < b.set->rule_count; r++)
            for (size_t i = 0; i < COUNT(cases); i++)
                if (b.told[r * COUNT(cases) + i] != first[r * COUNT(cases) + i])
                    fail_msg("turn %d: rule '%s' on the event of '%s'", turn, cases[r].name, cases[i].name);
        free(b.told);
        if (turn % 3 == 2)
            block_reset(b.block);
        else
            block_clear(b.block);
    }
    assert_true(detector_counts(b.detector)->rows > 4096);
    b.told = first;
    close_all(&b);
    free(rules);
}

#define RULE(source, detection)                                                                                        \
    "---\ntitle: t\nlevel: low\nlogsource: {" source "}\ndetection: {" detection ", condition: s}\n"

/* Log sources: which rules apply, and under which names their fields are. */
static const struct {
    const char *name, *rule;
    struct cell cells[CELLS_MAX];
    bool hit;
    const char *logsource;
} named[] = {
    {"own names", RULE("product: test, category: plain", "s: {A: x}"), {{"A", T, STR("x")}}, true, ""},
    {"product alone", RULE("product: TEST", "s: {A: x}"), {{"A", T, STR("x")}}, true, ""},
    {"no log source of the kind", RULE("product: other", "s: {A: x}"), {{"A", T, STR("x")}}, false, ""},
    {"service that the kind has not", RULE("product: test, service: s", "s: {A: x}"), {{"A", T, STR("x")}}, false, ""},
    {"renamed", RULE("product: test, category: named", "s: {Renamed: x}"), {{"A", T, STR("x")}}, true, "named"},
    {"not renamed there", RULE("product: test, category: plain", "s: {Renamed: x}"), {{"A", T, STR("x")}}, false, ""},
    {"joined",
     RULE("product: test, category: named", "s: {Joined: x/y}"),
     {{"A", T, STR("X")}, {"B", T, STR("y")}},
     true,
     "named"},
    {"joined, one is missing",
     RULE("product: test, category: named", "s: {Joined: x/y}"),
     {{"A", T, STR("x")}},
     false,
     ""},
    {"labelled",
     RULE("product: test, category: named", "s: {Hash: abc}"),
     {{"H", T, STR("SHA1=x,MD5=ABC")}},
     true,
     "named"},
    {"of two fields",
     RULE("product: test, category: named", "s: {Old: y}"),
     {{"A", T, STR("x")}, {"B", T, STR("y")}},
     true,
     "named"},
    {"the last of very many",
     RULE("product: test, category: named", "s: {Many: x}"),
     {{"Which", T, STR("yes")}, {"Last", T, STR("x")}},
     true,
     "named"},
    {"the last of very many, but for its condition",
     RULE("product: test, category: named", "s: {Many: x}"),
     {{"Which", T, STR("no")}, {"Last", T, STR("x")}},
     false,
     ""},
    {"a derived field that is absent",
     RULE("product: test, category: named", "s: {'Hash|exists': false}"),
     {{"A", T, STR("x")}},
     true,
     "named"},
};

static void names_of_log_sources(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(named); i++) {
        struct bench b;
        struct err e = {0};

        assert_true(open_all(&b, named[i].rule, 1, &e));
        assert_true(add_row(&b, named[i].cells, CELLS_MAX, 0));
        assert_true(detector_run(b.detector, &b.block, 1, &e));
        if (b.told[0] != named[i].hit || (named[i].hit && strcmp(b.logsource, named[i].logsource) != 0))
            fail_msg("%s", named[i].name);
        close_all(&b);
    }
}

/* However many fields an alias is made of: all are asked for, and each makes a difference to what is remembered. */
static void of_many_fields(void **state) {
    static const struct cell cells[][2] = {{{"Which", T, STR("yes")}, {"Last", T, STR("w")}},
                                           {{"Which", T, STR("yes")}, {"Last", T, STR("x")}},
                                           {{"Which", T, STR("no")}, {"Last", T, STR("x")}}};
    struct bench b;
    struct err e = {0};

    (void)state;
    assert_true(open_all(&b, RULE("product: test, category: named", "s: {Many: x}"), COUNT(cells), &e));
    for (size_t i = 0; i < COUNT(cells); i++)
        assert_true(add_row(&b, cells[i], COUNT(cells[i]), i));
    assert_true(detector_run(b.detector, &b.block, 1, &e));
    assert_true(!b.told[0] && b.told[1] && !b.told[2]);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(detector_wants(b.detector, b.block, field_find(b.fields, str_of(cells[0][i].field))).all,
                         RAW_ANY);
    close_all(&b);
}

/* Where a keyword stands in several fields, one is told, the same in whatever order they came. */
static void keywords_say_the_same_field(void **state) {
    static const struct cell orders[][3] = {{{"A", T, STR("x")}, {"C", T, STR("Foo")}, {"B", T, STR("foo1")}},
                                            {{"B", T, STR("foo1")}, {"A", T, STR("x")}, {"C", T, STR("Foo")}}};

    (void)state;
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct bench b;
        struct err e = {0};

        assert_true(open_all(&b, RULE("product: test, category: plain", "s: [foo]"), 1, &e));
        assert_true(add_row(&b, orders[i], COUNT(orders[i]), 0));
        assert_true(detector_run(b.detector, &b.block, 1, &e));
        assert_int_equal(b.match_count, 1);
        assert_true(str_eq(b.matches[0].field, S("B")) && str_eq(b.matches[0].value, S("foo1")));
        close_all(&b);
    }
}

static void findings_say_why(void **state) {
    static const struct cell cells[] = {
        {"A", T, STR("one")}, {"A", T, STR("Two")}, {"B", T, STR("z")}, {"C", N, STR("7")}};
    struct bench b;
    struct err e = {0};

    (void)state;
    assert_true(open_all(&b,
                         RULE("product: test, category: plain",
                              "s: {A: two, C: 7}, f: {B: y}") "---\ntitle: k\nlevel: low\n"
                                                              "logsource: {product: test}\ndetection: {s: [seven], t: "
                                                              "{B: z}, condition: s or t}\n",
                         1, &e));
    assert_true(add_row(&b, cells, COUNT(cells), 0));
    assert_true(detector_run(b.detector, &b.block, 1, &e));
    assert_int_equal(b.calls, 2);
    /* The last told: rule k. */
    assert_int_equal(b.match_count, 1);
    assert_true(str_eq(b.matches[0].field, S("B")) && str_eq(b.matches[0].value, S("z")));
    close_all(&b);
    assert_true(open_all(&b, RULE("product: test, category: plain", "s: {A: two, C: 7}"), 1, &e));
    assert_true(add_row(&b, cells, COUNT(cells), 0));
    assert_true(detector_run(b.detector, &b.block, 1, &e));
    assert_int_equal(b.match_count, 2);
    assert_true(str_eq(b.matches[0].field, S("A")) && str_eq(b.matches[0].value, S("Two")));
    assert_true(str_eq(b.matches[1].field, S("C")) && str_eq(b.matches[1].value, S("7")));
    close_all(&b);
}

static void on_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t n) {
    assert_int_equal(rule, 0);
    assert_int_equal(filter, 0);
    *(uint64_t *)ctx += n;
}

static void filters_take_away_and_are_counted(void **state) {
    static const char rules[] =
        "---\ntitle: r\nid: 11111111-aaaa-4bbb-8ccc-000000000001\nlevel: low\nlogsource: {product: test, "
        "category: plain}\ndetection: {s: {A: x}, condition: s}\n---\ntitle: f\nlogsource: {product: "
        "test}\nfilter: {rules: any, s: {B: y}, condition: not s}\n";
    static const struct cell out[] = {{"A", T, STR("x")}, {"B", T, STR("y")}}, in[] = {{"A", T, STR("x")}};
    uint64_t filtered = 0;
    struct bench b;
    struct err e = {0};

    (void)state;
    assert_true(open_all(&b, rules, 3, &e));
    assert_true(add_row(&b, out, COUNT(out), 0) && add_row(&b, in, COUNT(in), 1) && add_row(&b, out, COUNT(out), 2));
    assert_true(detector_run(b.detector, &b.block, 1, &e));
    assert_true(!b.told[0] && b.told[1] && !b.told[2]);
    detector_filtered(b.detector, on_filtered, &filtered);
    assert_int_equal(filtered, 2);
    close_all(&b);
}

/* Each rule alone, on all events, with and without what it does not ask for. */
static void what_nobody_asks_for_changes_nothing(void **state) {
    uint32_t left_out[SIFTS_EVENTS + 1] = {0}, hits = 0;

    (void)state;
    for (size_t r = 0; r < COUNT(cases); r++) {
        bool *told[SIFTS_EVENTS + 1];
        char rule[600];
        struct bench b;
        struct err e = {0};

        for (unsigned sifts = KEEPS_ALL; sifts <= SIFTS_EVENTS; sifts++) {
            snprintf(rule, sizeof rule, "---\ntitle: t\nlogsource: {product: test}\ndetection: {%s}\n",
                     cases[r].detection);
            assert_true(open_all(&b, rule, COUNT(cases), &e));
            b.sifts = sifts;
            for (size_t i = 0; i < COUNT(cases); i++)
                assert_true(add_row(&b, cases[i].cells, CELLS_MAX, i));
            assert_true(detector_run(b.detector, &b.block, 1, &e));
            told[sifts] = b.told;
            b.told = NULL;
            left_out[sifts] += b.left_out;
            close_all(&b);
        }
        for (size_t i = 0; i < COUNT(cases); i++) {
            hits += told[0][i];
            for (unsigned sifts = SIFTS; sifts <= SIFTS_EVENTS; sifts++)
                if (told[0][i] != told[sifts][i])
                    fail_msg("rule '%s', event '%s': %d, and %d without what nobody asks for (%u)", cases[r].name,
                             cases[i].name, told[0][i], told[sifts][i], sifts);
        }
        for (unsigned sifts = KEEPS_ALL; sifts <= SIFTS_EVENTS; sifts++)
            free(told[sifts]);
    }
    assert_true(left_out[SIFTS] > 1000 && left_out[SIFTS_EVENTS] > left_out[SIFTS] && hits > 100);
}

/* Text is kept for rules about all fields only if it holds what they look for. */
static void text_is_sifted(void **state) {
    static const struct {
        const char *detection;
        uint8_t type;
        str value;
        bool sieve, kept;
    } cases_of_text[] = {
        {"s: [mimikatz], condition: s", T, STR("a MimiKatz b"), true, true},
        {"s: [mimikatz], condition: s", T, STR("a Mimi b"), true, false},
        {"s: [mimikatz], condition: s", T, STR("mimi\xff"), true, true}, /* is counted as repaired */
        {"s: [mimikatz], condition: s", RAW_UTF16, STR("M\0i\0m\0i\0k\0a\0t\0z\0\0\0"), true, true},
        {"s: [mimikatz], condition: s", RAW_UTF16, STR("m\0i\0m\0i\0"), true, false},
        {"s: [mimikatz], condition: s", RAW_UTF16, STR("\x3d\xd8m\0"), true, true},
        {"s: [mimikatz], condition: not s", T, STR("mimikatz"), true, true},
        {"s: [mimikatz], condition: not s", T, STR("other"), true, false},
        {"s: ['a*bcd?e'], condition: s", T, STR("bcd"), true, true},
        {"s: ['a*bcd?e'], condition: s", T, STR("abc"), true, false},
        {"s: {'|re': 'user=\\w+'}, condition: s", T, STR("USER=x"), true, true},
        {"s: {'|re': 'user=\\w+'}, condition: s", T, STR("name=x"), true, false},
        {"s: ['*'], condition: s", T, STR("x"), false, true},
        {"s: ['?'], condition: s", T, STR("x"), false, true},
        {"s: {'|re': '\\d+'}, condition: s", T, STR("x"), false, true},
        {"s: [4688, mimikatz], condition: s", T, STR("x"), true, false},
        {"s: [4688, mimikatz], condition: s", T, STR("4688"), true, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases_of_text); i++) {
        char rule[300];
        struct bench b;
        struct err e = {0};
        struct raw const raw = {
            0, cases_of_text[i].type, false, 0, (uint32_t)cases_of_text[i].value.len, cases_of_text[i].value.ptr};
        struct raw inner = raw;

        snprintf(rule, sizeof rule, "---\ntitle: t\nlogsource: {product: test}\ndetection: {%s}\n",
                 cases_of_text[i].detection);
        assert_true(open_all(&b, rule, 1, &e));
        struct ingest_wish const wish = detector_wants(b.detector, b.block, field_intern(b.fields, S("C")));

        if ((wish.sifted >> raw.type & 1) != cases_of_text[i].sieve ||
            (!cases_of_text[i].sieve && !(wish.all >> raw.type & 1)))
            fail_msg("%s: wants %x, sifts %x", cases_of_text[i].detection, wish.all, wish.sifted);
        inner.inner = true;
        if (cases_of_text[i].sieve && detector_sift(b.detector, b.block, &raw) != cases_of_text[i].kept)
            fail_msg("%s: '%.*s'", cases_of_text[i].detection, STR_ARG(cases_of_text[i].value));
        if (cases_of_text[i].sieve)
            assert_false(detector_sift(b.detector, b.block, &inner));
        close_all(&b);
    }
}

/* Of an event nothing is kept for rules about all fields unless something in it can start one. */
static void events_are_sifted(void **state) {
    static const char all[] = "s: {'|all': [POST, longer]}, condition: s",
                      nots[] = "s: {A: x}, t: [post, longer], condition: s and not t",
                      either[] = "s: {A: x}, t: {'|all': [POST, longer]}, condition: s or t";
    static const struct {
        const char *detection;
        struct cell cells[2];
        bool sifted; /* is each value to be looked at? */
    } events[] = {
        {"s: [mimikatz], condition: s", {{"C", T, STR("a MimiKatz b")}}, true},
        {"s: [mimikatz], condition: s", {{"C", T, STR("a Mimi b")}}, false},
        {"s: [mimikatz], condition: s", {{"C", T, STR("a Mimi")}, {"E", T, STR("mimikatz")}}, true},
        {"s: [mimikatz], condition: s", {{"C", T, STR("mimi\xff")}}, true}, /* is counted as repaired */
        {"s: [mimikatz], condition: s", {{"C", T, STR("a")}, {"E", RAW_NUMBER, STR("1")}}, false},
        {"s: [mimikatz], condition: s", {{"C", T, STR("a")}, {"E", RAW_UTF16, STR("m\0")}}, true},
        {"s: [mimikatz], condition: s", {{"C", T, STR("a")}, {"E", RAW_I64, STR("\1\0\0\0\0\0\0\0")}}, true},
        {all, {{"C", T, STR("a POST b")}}, false}, /* the other is rarer */
        {all, {{"C", T, STR("a LONGER b")}}, true},
        {all, {{"C", T, STR("a LONGER b")}, {"E", T, STR("Post")}}, true},
        {nots, {{"C", T, STR("a POST b")}}, true},
        {nots, {{"C", T, STR("a LONGER b")}}, true},
        {nots, {{"C", T, STR("other")}}, false},
        {either, {{"C", T, STR("POST")}, {"A", T, STR("x")}}, false},
        {either, {{"C", T, STR("longer")}, {"A", T, STR("y")}}, true},
        {"s: {'|re': 'user=\\w+'}, condition: s", {{"C", T, STR("USER=x")}}, true},
        {"s: {'|re': 'user=\\w+'}, condition: s", {{"C", T, STR("name=x")}}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(events); i++) {
        struct raw values[2];
        struct record r;
        struct bench b;
        struct err e = {0};
        char rule[300];

        snprintf(rule, sizeof rule, "---\ntitle: t\nlogsource: {product: test}\ndetection: {%s}\n",
                 events[i].detection);
        assert_true(open_all(&b, rule, 1, &e));
        (void)detector_wants(b.detector, b.block, field_intern(b.fields, S("C")));
        (void)values_of(&b, events[i].cells, 2, values, &r);
        if (detector_sift_event(b.detector, b.block, &r) != events[i].sifted)
            fail_msg("event %zu: %s", i, events[i].detection);
        r.bytes = (str){"", 0}; /* nothing is known of it */
        assert_true(detector_sift_event(b.detector, b.block, &r));
        close_all(&b);
    }
}

/* A rule for two log sources of an event: a filter takes one match away, not two; and none, if it is told all the same. */
static void filters_count_events(void **state) {
    static const char rules[] =
        "---\ntitle: r\nid: 11111111-aaaa-4bbb-8ccc-000000000001\nlevel: low\nlogsource: {product: test}\n"
        "detection: {s: {C: x}, condition: s}\n---\ntitle: f\nlogsource: {product: "
        "test}\nfilter: {rules: any, s: {Old: y}, t: {C: x, Joined: '*'}, condition: not s and not t}\n";
    static const struct cell both[] = {{"C", T, STR("x")}, {"Old", T, STR("y")}, {"A", T, STR("y")}},
                             one[] = {{"C", T, STR("x")}, {"A", T, STR("w")}, {"B", T, STR("y")}};
    uint64_t filtered = 0;
    struct bench b;
    struct err e = {0};

    (void)state;
    assert_true(open_all(&b, rules, 3, &e));
    assert_true(add_row(&b, both, COUNT(both), 0) && add_row(&b, one, COUNT(one), 1) &&
                add_row(&b, both, COUNT(both), 2));
    assert_true(detector_run(b.detector, &b.block, 1, &e));
    assert_true(!b.told[0] && b.told[1] && !b.told[2]);
    detector_filtered(b.detector, on_filtered, &filtered);
    assert_int_equal(filtered, 2);
    close_all(&b);
}

/* Values that no rule can find are not asked for, also when triggers have been chosen again. */
static void what_is_asked_for_later(void **state) {
    enum { RULES = 20, ROWS = 100 };
    char rules[RULES * 256];
    size_t len = 0;
    struct bench b;
    struct err e = {0};
    struct ingest_wish before, after;

    (void)state;
    for (int i = 0; i < RULES; i++)
        len += (size_t)snprintf(rules + len, sizeof rules - len,
                                "---\ntitle: %d\nlevel: low\nlogsource: {product: test, category: plain}\n"
                                "detection: {s: [keyword%d], condition: s}\n",
                                i, i);
    assert_true(open_all(&b, rules, ROWS, &e));
    before = detector_wants(b.detector, b.block, field_intern(b.fields, S("C")));
    assert_true(before.sifted >> RAW_TEXT & 1 && !((before.all | before.sifted) >> RAW_NUMBER & 1));
    for (int turn = 0; turn < 3; turn++) {
        for (uint64_t i = 0; i < ROWS; i++)
            assert_true(add_row(&b, (const struct cell[]){{"C", T, STR("some text")}}, 1, i));
        assert_true(detector_run(b.detector, &b.block, 1, &e));
        block_clear(b.block);
        after = detector_wants(b.detector, b.block, field_find(b.fields, S("C")));
        assert_true(after.all == before.all && after.sifted == before.sifted);
    }
    close_all(&b);
}

static void what_is_asked_for(void **state) {
    static const struct cell cells[] = {
        {"A", T, STR("x")}, {"A", T, STR("w")}, {"B", T, STR("-")}, {"C", T, STR("host")}};
    struct bench b;
    struct err e = {0};
    str values[4];

    (void)state;
    assert_true(open_all(&b, RULE("product: test, category: named", "s: {Joined: x, Z: y}"), 1, &e));
    assert_true(add_row(&b, cells, COUNT(cells), 0));
    assert_int_equal(detector_wants(b.detector, b.block, field_find(b.fields, S("A"))).all, RAW_ANY);
    assert_int_equal(detector_wants(b.detector, b.block, field_find(b.fields, S("B"))).all, RAW_ANY);
    assert_int_equal(detector_wants(b.detector, b.block, field_find(b.fields, S("Z"))).all, RAW_ANY);
    assert_int_equal(detector_wants(b.detector, b.block, field_find(b.fields, S("C"))).all, 0);
    assert_int_equal(detector_wants(b.detector, b.block, field_find(b.fields, S("C"))).sifted, 0);
    assert_true(detector_names(b.detector, field_find(b.fields, S("Joined"))));
    assert_false(detector_names(b.detector, field_find(b.fields, S("C"))));
    assert_int_equal(detector_values(b.detector, b.block, 0, 0, field_find(b.fields, S("A")), values, COUNT(values)),
                     2);
    assert_true(str_eq(values[1], S("w")));
    assert_int_equal(detector_values(b.detector, b.block, 0, 0, field_find(b.fields, S("Renamed")), values, 1), 1);
    assert_true(str_eq(detector_role(b.detector, b.block, 0, ROLE_ACCOUNT), S("x")));
    assert_true(str_eq(detector_role(b.detector, b.block, 0, ROLE_HOST), S("host")));
    assert_true(str_eq(detector_role(b.detector, b.block, 0, ROLE_OBJECT), S("")));
    close_all(&b);
}

/* From the plan to the last finding: two blocks of the events of so many cases, again and again. */
static bool run_all(struct bench *b, size_t count, size_t times, struct err *e) {
    bool ok = open_hunt(b, e);

    b->calls = 0;
    for (int turn = 0; ok && turn < 2; turn++) {
        for (size_t i = 0; ok && i < count * times; i++)
            ok = add_row(b, cases[i % count].cells, CELLS_MAX, i) || err_set(e, ERR_MEMORY, 0, "block");
        ok = ok && detector_run(b->detector, &b->block, 1, e);
        if (b->block)
            block_clear(b->block);
    }
    close_hunt(b);
    return ok;
}

/* A refusal is a failure, or changes nothing. */
static void refuse_each(size_t count, size_t times) {
    char *const rules = all_rules("product: test", count);
    struct bench b;
    uint32_t whole;
    struct err e = {0};

    load_all(&b, rules, (uint32_t)(count * times));
    assert_true(run_all(&b, count, times, &e));
    whole = b.calls;
    assert_true(whole > count);
    for (long n = 0;; n++) {
        bool ok;

        e = (struct err){0};
        memory_refused = false;
        memory_left = n;
        ok = run_all(&b, count, times, &e);
        memory_left = -1;
        if (ok ? b.calls != whole : e.code != ERR_MEMORY)
            fail_msg("request %ld: %s, %u findings of %u, code %d", n, e.text, b.calls, whole, e.code);
        if (!memory_refused)
            break;
        assert_true(n < 100000);
    }
    close_all(&b);
    free(rules);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
#ifdef SANITIZED
    print_message("SKIP: the sanitizer keeps the allocator for itself\n");
    skip();
#endif
    refuse_each(COUNT(cases), 1);
    refuse_each(30, 150); /* enough rows for triggers to be learned */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_test),
        cmocka_unit_test(the_same_however_it_is_asked),
        cmocka_unit_test(names_of_log_sources),
        cmocka_unit_test(of_many_fields),
        cmocka_unit_test(keywords_say_the_same_field),
        cmocka_unit_test(findings_say_why),
        cmocka_unit_test(filters_take_away_and_are_counted),
        cmocka_unit_test(what_nobody_asks_for_changes_nothing),
        cmocka_unit_test(text_is_sifted),
        cmocka_unit_test(events_are_sifted),
        cmocka_unit_test(filters_count_events),
        cmocka_unit_test(what_is_asked_for),
        cmocka_unit_test(what_is_asked_for_later),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
