/* Values of every type, against rules about all fields and about some: whatever detection leaves out, remembers or does not look
 * at, its answers are those of asking every test of every value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detection/detect.h"
#include "event/ingest.h"
#include "event/value.h"

#define RULES 48u
#define RECORDS 400u
#define VALUES_MAX 6u

static const struct {
    uint8_t type;
    str bytes;
} values[] = {
    {RAW_NULL, STR("")},
    {RAW_TEXT, STR("")},
    {RAW_TEXT, STR("Foo 1e3 True 4688")},
    {RAW_TEXT, STR("\xe2\x84\xaa elvin")},
    {RAW_TEXT, STR("x\r\nfoo\nbar-7E0A")},
    {RAW_NUMBER, STR("1e3")},
    {RAW_NUMBER, STR("1E5")},
    {RAW_NUMBER, STR("1.0")},
    {RAW_NUMBER, STR("-0")},
    {RAW_NUMBER, STR("0.1e1")},
    {RAW_NUMBER, STR("4688")},
    {RAW_NUMBER, STR("46880e-1")},
    {RAW_NUMBER, STR("-1.50")},
    {RAW_NUMBER, STR("1E+500")},
    {RAW_NUMBER, STR("12345678901234567890")},
    {RAW_BOOL, STR("true")},
    {RAW_BOOL, STR("false")},
    {RAW_UTF16, STR("F\0o\0o\0-\0\x2a\x21")},
    {RAW_I64, STR("\xff\xff\xff\xff\xff\xff\xff\xff")},
    {RAW_I64, STR("\x50\x12\0\0\0\0\0\0")},
    {RAW_I64, STR("\0\0\0\0\0\0\0\x80")},
    {RAW_I64, STR("\xab")},
    {RAW_U64, STR("\xff\xff\xff\xff\xff\xff\xff\xff")},
    {RAW_U64, STR("\xe8\x03\0\0\0\0\0\0")},
    {RAW_F64, STR("\0\0\0\0\0\0\xf0\x7f")},             /* inf */
    {RAW_F64, STR("\0\0\0\0\0\0\xf0\xff")},             /* -inf */
    {RAW_F64, STR("\0\0\0\0\0\0\xf8\x7f")},             /* nan */
    {RAW_F64, STR("\0\0\0\0\0\0\xf8\xff")},             /* -nan */
    {RAW_F64, STR("\x9c\x75\0\x88\x3c\xe4\x37\x7e")},   /* 1e300 */
    {RAW_F64, STR("\0\0\0\0\0\x40\x8f\x40")},           /* 1000 */
    {RAW_F64, STR("\0\0\0\0\0\0\0\x80")},               /* -0 */
    {RAW_F64, STR("\x9a\x99\x99\x99\x99\x99\xb9\x3f")}, /* 0.1 */
    {RAW_F64, STR("\1\0\0\0\0\0\0\0")},                 /* the smallest */
    {RAW_F64, STR("\1\2")},
    {RAW_WIN_BOOL, STR("\1")},
    {RAW_WIN_BOOL, STR("\0")},
    {RAW_WIN_BOOL, STR("")},
    {RAW_GUID, STR("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef")},
    {RAW_GUID, STR("\x01\x23")},
    {RAW_FILETIME, STR("\0\0\0\0\0\0\0\0")},
    {RAW_FILETIME, STR("\x80\x3e\xd5\xde\xb1\x9d\x01\0")},
    {RAW_FILETIME, STR("\x80\x91\x24\x3f\xb1\x7e\xda\1")},
    {RAW_FILETIME, STR("\xff\xff\xff\xff\xff\xff\xff\xff")},
    {RAW_SYSTEMTIME, STR("\xe8\x07\3\0\1\0\x19\0\x16\0\x0a\0\0\0\xe7\3")},
    {RAW_SYSTEMTIME, STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
    {RAW_SID, STR("\1\2\0\0\0\0\0\5\x20\0\0\0\x20\2\0\0")},
    {RAW_SID, STR("\1\1\1\2\3\4\5\6\x20\0\0\0")},
    {RAW_SID, STR("\1\x0f\0\0\0\0\0\5")},
    {RAW_HEX32, STR("\xe7\3\0\0")},
    {RAW_HEX32, STR("\0\0\0\0")},
    {RAW_HEX64, STR("\xef\xcd\xab\x89\x67\x45\x23\x01")},
    {RAW_HEX64, STR("\xef")},
    {RAW_BINARY, STR("")},
    {RAW_BINARY, STR("\xde\xad\xbe\xef\0\x7e\x0a")},
};

/* Of a log of lines: all of it is text, and of most lines no rule about all fields finds anything. Behind a bar: a number. */
static const char *const line_words[] = {
    "session opened for user root",
    "Accepted publickey for Eve",
    "-nop -enc SQBFAFgA",
    "sshd",
    "GET /index.html",
    ("\xe2\x84\xaa"
     "erberos"),
    "\xc5\xbfudo",
    "Caf\xc3\xa9",
    "/etc/shadow",
    "true",
    "http://a.example/x",
    "aAbcdefgh",
    "1000",
    "x\r\nfoo",
    "|1e3",
    "|10000e-1",
    "|1000.0",
    "|46880e-1",
    "|4688",
    "|-0",
    "|-01000",
    "|1.25E2",
    "|12.5",
};
static const char *const line_keywords[] = {
    "1000",           "-1000", "4688", "125",      "12.5", "1e3",         "-0",           "root",
    "session opened", "eve",   "sshd", "kerberos", "sudo", "CAF\xc3\x89", "shadow",       "-nop*-enc",
    "index.html",     "true",  "defg", "abcdefgh", "foo",  "a.example",   "\xe2\x84\xaa", "-enc",
};

static const char *const odd_keywords[] = {"*",    "?", "??*??", "4?88", "1?",   "1e3", "1000", "1E+500", "0",
                                           "-",    "e", "E",     "f*e",  "t?ue", "inf", "NaN",  "x",      "{",
                                           "}",    "z", "T",     "s-1-", "0X",   "k",   "s",    "5-",     "#",
                                           "true", "a", "00",    ".",    "foo-", "+",   "e+3*", "ab"};

static uint32_t roll(uint64_t *state, uint32_t sides) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % sides;
}

/* ---- rules ---- */

/* Part of the text of some value, as it is written or in another case, perhaps with wildcards. */
static size_t part_of_a_value(uint64_t *dice, char *out, size_t room, bool wild) {
    struct buf text = {0};
    size_t repaired = 0, from, len, used = 0;
    size_t const i = roll(dice, COUNT(values));

    value_render(values[i].type, values[i].bytes, &text, &repaired);
    from = text.len ? roll(dice, (uint32_t)text.len) : 0;
    len = text.len ? 1 + roll(dice, (uint32_t)(text.len - from < 12 ? text.len - from : 12)) : 0;
    for (size_t k = 0; k < len && used + 2 < room; k++) {
        char c = text.ptr[from + k];

        if ((unsigned char)c < ' ' || (unsigned char)c >= 0x80)
            c = '?';
        if (c >= 'a' && c <= 'z' && roll(dice, 6) == 0)
            c = (char)(c - 32);
        if (wild && roll(dice, 10) == 0)
            c = roll(dice, 2) ? '?' : '*';
        out[used++] = c;
    }
    buf_free(&text);
    if (!used)
        out[used++] = 'e';
    out[used] = '\0';
    return used;
}

/* As a regular expression: signs are characters, but for a few dots. */
static void expression_of(uint64_t *dice, const char *text, char *out) {
    size_t used = 0;

    for (; *text; text++) {
        if (strchr("{}?*+.", *text))
            out[used++] = *text == '?' || *text == '*' ? '.' : '\\';
        if (*text != '?' && *text != '*')
            out[used++] = *text;
        if (roll(dice, 6) == 0 && text[1] && ((unsigned char)text[1] & 0xc0) != 0x80) {
            memcpy(out + used, ".*", 2);
            used += 2;
        }
    }
    out[used] = '\0';
}

static char *rules_make(uint64_t *dice, uint32_t count, bool lines) {
    static const char *const modifiers[] = {
        "", "", "", "", "|cased", "|cased", "|re", "|re", "|re|i", "|startswith", "|wide", "|base64offset|contains"};
    static const char *const line_modifiers[] = {
        "", "", "", "", "|cased", "|re", "|re|i", "|windash", "|base64offset|contains"};
    static const char *const conditions[] = {"s", "s", "s", "not s", "s and not t", "t or not s", "s or t", "s and t"};
    size_t const room = RULES * 1024;
    char *const text = malloc(room);
    size_t len = 0;

    assert_non_null(text);
    for (uint32_t i = 0; i < count; i++) {
        const char *const m =
            lines ? line_modifiers[roll(dice, COUNT(line_modifiers))] : modifiers[roll(dice, COUNT(modifiers))];
        const char *const field = roll(dice, 5) ? "" : roll(dice, 2) ? "Named" : "Also";
        char plain[2][32], expression[128];
        bool const is_literal = strstr(m, "wide") || strstr(m, "base64");

        for (int k = 0; k < 2; k++)
            if (lines)
                snprintf(plain[k], sizeof plain[k], "%s", line_keywords[roll(dice, COUNT(line_keywords))]);
            else if (!is_literal && roll(dice, 3) == 0)
                snprintf(plain[k], sizeof plain[k], "%s", odd_keywords[roll(dice, COUNT(odd_keywords))]);
            else
                part_of_a_value(dice, plain[k], sizeof plain[k], !is_literal);
        for (char *c = plain[0]; is_literal && *c; c++)
            *c = *c == '?' || *c == '*' ? '7' : *c;
        expression_of(dice, plain[0], expression);
        len += (size_t)snprintf(
            text + len, room - len,
            "---\ntitle: '%u'\nid: 11111111-aaaa-4bbb-8ccc-%012u\nlevel: low\nlogsource: {product: test}\ndetection:\n"
            "  s: {'%s%s': ['%s']}\n  t: ['%s']\n  condition: %s\n",
            i, i, field, m, strstr(m, "re") ? expression : plain[0], plain[1],
            conditions[roll(dice, COUNT(conditions))]);
        if (roll(dice, 6) == 0)
            len += (size_t)snprintf(text + len, room - len,
                                    "---\ntitle: f\nlogsource: {product: test}\nfilter:\n"
                                    "  rules: [11111111-aaaa-4bbb-8ccc-%012u]\n  s: ['%s']\n  condition: %s\n",
                                    roll(dice, i + 1), plain[roll(dice, 2)], roll(dice, 2) ? "s" : "not s");
        assert_true(len < room);
    }
    return text;
}

/* ---- events ---- */

struct one {
    struct raw raws[VALUES_MAX];
    uint32_t count;
    char line[256]; /* of which some of them are parts */
    size_t len;
    uint64_t constants;
};

struct bench {
    struct fields *fields;
    struct plan *plan;
    struct detector *detector;
    struct ingest *ingest;
    uint64_t dice;
    uint64_t passed_over; /* events of which no text was looked at */
    bool told[RULES][RECORDS];
};

static bool on_hit(void *ctx, const struct detect_hit *hit, struct err *e) {
    struct bench *const b = ctx;
    uint64_t const number = hit->block->rows[hit->row].number;

    (void)e;
    assert_true(number < RECORDS && !b->told[hit->rule][number]);
    b->told[hit->rule][number] = true;
    return true;
}

static bool on_full(void *ctx, struct err *e) {
    struct bench *const b = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(b->ingest, &count);

    assert_true(detector_run(b->detector, blocks, count, e));
    ingest_clear(b->ingest, roll(&b->dice, 4) == 0);
    return true;
}

static struct ingest_wish wants(void *ctx, const struct block *block, field_id field) {
    return detector_wants(((struct bench *)ctx)->detector, block, field);
}

static bool sift(void *ctx, const struct block *block, const struct raw *v) {
    return detector_sift(((struct bench *)ctx)->detector, block, v);
}

static bool sift_event(void *ctx, const struct block *block, const struct record *r) {
    struct bench *const b = ctx;
    bool const may = detector_sift_event(b->detector, block, r);

    b->passed_over += !may;
    return may;
}

/* Most values that are text stand in the line; of others some are always the same bytes at the same place. */
static void line_make(struct bench *b, struct one *o) {
    o->line[0] = '7';
    o->len = 1;
    o->constants = 0;
    for (uint32_t i = 0; i < o->count; i++) {
        struct raw *const v = &o->raws[i];

        if (v->type > RAW_BOOL || roll(&b->dice, 4) == 0) {
            o->constants |= (uint64_t)(v->type <= RAW_TEXT && roll(&b->dice, 2)) << i;
            continue;
        }
        o->line[o->len++] = ' ';
        memcpy(o->line + o->len, v->ptr, v->len);
        v->ptr = o->line + o->len;
        o->len += v->len;
        assert_true(o->len + 64 < sizeof o->line);
    }
}

static void value_make(struct bench *b, struct raw *v, bool lines) {
    uint32_t const i = roll(&b->dice, lines ? COUNT(line_words) : COUNT(values));

    v->type = lines ? RAW_TEXT : values[i].type;
    v->ptr = lines ? line_words[i] : values[i].bytes.ptr;
    v->len = lines ? (uint32_t)strlen(v->ptr) : (uint32_t)values[i].bytes.len;
    if (lines && v->ptr[0] == '|') {
        v->type = RAW_NUMBER;
        v->ptr++;
        v->len--;
    }
}

static void one_make(struct bench *b, struct one *o, bool lines) {
    static const char *const names[] = {"Named", "Also", "U1", "U2", "U3"};

    o->raws[0] = (struct raw){field_intern(b->fields, S("A")), RAW_NUMBER, false, 0, 1, "7"};
    for (o->count = 1; o->count < VALUES_MAX && roll(&b->dice, 6); o->count++) {
        o->raws[o->count] = (struct raw){.field = field_intern(b->fields, str_of(names[roll(&b->dice, COUNT(names))]))};
        value_make(b, &o->raws[o->count], lines);
    }
    line_make(b, o);
}

/* As a reader gives it: what stands nowhere else was undone into room that the next record takes again. */
static struct raw *given(const struct one *o) {
    static char undone[VALUES_MAX][64];
    static struct raw raws[VALUES_MAX];

    for (uint32_t i = 0; i < o->count; i++) {
        struct raw *const v = &raws[i];

        *v = o->raws[i];
        if ((v->ptr >= o->line && v->ptr < o->line + sizeof o->line) || o->constants >> i & 1)
            continue;
        assert_true(v->len <= sizeof undone[i]);
        memcpy(undone[i], v->ptr, v->len);
        v->ptr = undone[i];
    }
    return raws;
}

/* ---- the plain way ---- */

static bool test_holds(const struct bench *b, const struct plan_test *t, const struct one *o, struct test_scratch *s) {
    struct dictionary all;
    size_t repaired = 0;
    bool holds = false, ok = true;

    assert_true(dictionary_init(&all, 1));
    for (uint32_t i = 0; i < o->count && !holds; i++) {
        const struct raw *const r = &o->raws[i];
        uint32_t const code = dictionary_code(&all, r->type, false, (str){r->ptr, r->len}, &repaired);
        const struct value *const v = dictionary_value(&all, code);

        if (t->field == PLAN_KEYWORD || b->plan->fields[t->field] == r->field)
            holds = test_value(&t->test, v, test_fold(s, v, &ok), s, &ok);
    }
    assert_true(ok);
    dictionary_free(&all);
    return holds;
}

static bool node_holds(const struct bench *b, uint32_t node, const struct one *o, struct test_scratch *s) {
    const struct plan_node *const n = &b->plan->nodes[node];

    if (n->type == NODE_TEST)
        return test_holds(b, &b->plan->tests[n->first], o, s);
    if (n->type == NODE_NOT)
        return !node_holds(b, b->plan->children[n->first], o, s);
    for (uint32_t i = 0; i < n->count; i++)
        if (node_holds(b, b->plan->children[n->first + i], o, s) == (n->type == NODE_OR))
            return n->type == NODE_OR;
    return n->type == NODE_AND;
}

static bool rule_holds(const struct bench *b, const struct plan_rule *rule, const struct one *o,
                       struct test_scratch *s) {
    bool holds = node_holds(b, rule->root, o, s);

    for (uint32_t i = 0; holds && i < rule->filter_count; i++)
        holds = node_holds(b, b->plan->filter_roots[rule->filters + i], o, s);
    return holds;
}

static void round_of(uint64_t seed, size_t *yes, size_t *no, uint64_t *passed_over) {
    static const char kind[] =
        "kind: test/types\ntitle: t\nwhen: {A: {present: true}}\nlogsources: [{product: test}]\n";
    static struct bench b;
    struct kinds *kinds;
    struct sigma_loader *loader;
    const struct sigma_set *set;
    struct test_scratch scratch;
    struct err e = {0};
    static struct one ones[RECORDS];

    b = (struct bench){.fields = fields_new(), .dice = seed};
    /* Few rules leave most values out, many are learned. */
    uint32_t const count = roll(&b.dice, 20) ? 1 + roll(&b.dice, 3) : RULES, records = count < RULES ? 80 : RECORDS;
    bool const lines = roll(&b.dice, 2);
    char *const rules = rules_make(&b.dice, count, lines);
    struct detect_options detect = {.fields = b.fields, .hit = on_hit, .ctx = &b};

    assert_true(kinds_new(&kinds, b.fields, &e) && kinds_load_text(kinds, S("kind.yml"), str_of(kind), false, &e) &&
                kinds_seal(kinds, &e));
    assert_true(sigma_loader_new(&loader, &e) && sigma_load_text(loader, S("rules.yml"), str_of(rules), &e) &&
                sigma_load_end(loader, &set, &e));
    assert_true(count < RULES || set->rule_count > RULES / 2); /* some make no sense, such as wildcards to be encoded */
    assert_true(plan_new(&b.plan, set, b.fields, &e));
    detect.plan = b.plan;
    assert_true(detector_new(&b.detector, &detect, &e) && test_scratch_init(&scratch, &e));
    assert_true(ingest_new(&b.ingest,
                           &(struct ingest_options){.fields = b.fields,
                                                    .kinds = kinds,
                                                    .wants = wants,
                                                    .sift = sift,
                                                    .sift_event = sift_event,
                                                    .full = on_full,
                                                    .ctx = &b,
                                                    .rows_max = 1 + roll(&b.dice, 60),
                                                    .bytes_max = (size_t)1 << 30},
                           &e));
    ingest_part(b.ingest, 0, S("json"));
    for (uint32_t i = 0; i < records; i++) {
        one_make(&b, &ones[i], lines);
        struct record const r = {.values = given(&ones[i]),
                                 .count = ones[i].count,
                                 .when = INSTANT_NONE,
                                 .bytes = roll(&b.dice, 8) ? (str){ones[i].line, ones[i].len} : S(""),
                                 .constants = ones[i].constants,
                                 .number = i,
                                 .offset = i};

        assert_true(ingest_sink(b.ingest)->record(ingest_sink(b.ingest), &r, &e));
    }
    assert_true(on_full(&b, &e));
    for (uint32_t r = 0; r < set->rule_count; r++)
        for (uint32_t i = 0; i < records; i++) {
            bool const holds = rule_holds(&b, &b.plan->rules[r], &ones[i], &scratch);

            *(holds ? yes : no) += 1;
            if (holds != b.told[r][i])
                fail_msg("seed %llu, record %u, rule '%.*s' is %s:\n%s", (unsigned long long)seed, i,
                         STR_ARG(set->rules[r]->title), holds ? "not told" : "told", rules);
        }
    *passed_over += b.passed_over;
    test_scratch_free(&scratch);
    ingest_free(b.ingest);
    detector_free(b.detector);
    plan_free(b.plan);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(b.fields);
    free(rules);
}

static void as_if_every_test_were_asked(void **state) {
    uint64_t seed = 20240325;
    size_t yes = 0, no = 0;
    uint64_t passed_over = 0;
    uint32_t rounds = 500;

    (void)state;
    if (getenv("LONGWATCH_SEED")) {
        seed = strtoull(getenv("LONGWATCH_SEED"), NULL, 10);
        rounds = 5000;
    }
    for (uint32_t i = 0; i < rounds; i++)
        round_of(seed + i, &yes, &no, &passed_over);
    print_message("%zu yes, %zu no, %llu passed over\n", yes, no, (unsigned long long)passed_over);
    assert_true(yes > 50000 && no > 50000 && passed_over > 2000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_if_every_test_were_asked),
    };

    return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
