/* segment_fold: what is folded unfolds to the same bytes; what could not is left; what nobody folded is refused; and what was read out of a segment
 * folds as well as what a reader handed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive/segment_own.h"

#define MEMBERS 8

struct member {
    enum raw_type type;
    enum raw_inner inner;
    const char *text;
    const char *
        behind; /* a view into the text behind this, as a reader has it; NULL: a copy, as one read out of a segment is */
};
#define TEXT(text) RAW_TEXT, RAW_OWN, text
#define NUMBER(text) RAW_NUMBER, RAW_OWN, text

static const struct {
    const char *name;
    const char *text;
    struct member members[MEMBERS];
    const char *folded; /* 1 and 2 as they are; NULL: left as it is */
} cases[] = {
    {"views", "{\"a\":\"x\",\"b\":1}", {{TEXT("x"), "\"a\":\""}, {NUMBER("1"), "\"b\":"}}, "{\"a\":\"\1\",\"b\":\1}"},
    {"copies", "{\"a\":\"x\",\"b\":1}", {{TEXT("x"), NULL}, {NUMBER("1"), NULL}}, "{\"a\":\"\1\",\"b\":\1}"},
    {"a value like its key", "{\"a\":\"a\"}", {{TEXT("a"), NULL}}, "{\"a\":\"\1\"}"},
    {"a value like a part of its key", "{\"aa\":\"a\"}", {{TEXT("a"), NULL}}, "{\"aa\":\"\1\"}"},
    {"a number like a part of another",
     "{\"a\":11,\"b\":1}",
     {{NUMBER("1"), NULL}},
     "{\"a\":\1"
     "1,\"b\":1}"},
    {"an escaped value is passed over",
     "{\"a\":\"\\n\",\"b\":\"xyz\"}",
     {{TEXT("\n"), NULL}, {TEXT("xyz"), "\"b\":\""}},
     "{\"a\":\"\\n\",\"b\":\"\2\1\"}"},
    {"an escaped value at the end needs no word",
     "{\"b\":\"x\",\"a\":\"\\n\"}",
     {{TEXT("x"), "\"b\":\""}, {TEXT("\n"), NULL}},
     "{\"b\":\"\1\",\"a\":\"\\n\"}"},
    {"what is inner is no member",
     "[{\"Name\":\"n\",\"Value\":\"v\"}]",
     {{TEXT("n"), "\"Name\":\""}, {TEXT("v"), "\"Value\":\""}, {RAW_TEXT, RAW_INNER, "v", "\"Value\":\""}},
     "[{\"Name\":\"\1\",\"Value\":\"\1\"}]"},
    {"words and nothing are passed over",
     "{\"a\":true,\"b\":null,\"c\":\"xyz\"}",
     {{RAW_BOOL, RAW_OWN, "true", NULL}, {RAW_NULL, RAW_OWN, "", NULL}, {TEXT("xyz"), "\"c\":\""}},
     "{\"a\":true,\"b\":null,\"c\":\"\2\2\1\"}"},
    {"an empty value is passed over",
     "{\"a\":\"\",\"b\":\"xyz\"}",
     {{TEXT(""), "\"a\":\""}, {TEXT("xyz"), "\"b\":\""}},
     "{\"a\":\"\",\"b\":\"\2\1\"}"},
    {"what would be longer for all that is passed over",
     "{\"a\":\"\",\"b\":\"x\"}",
     {{TEXT(""), "\"a\":\""}, {TEXT("x"), "\"b\":\""}},
     NULL},
    {"what would just be as long",
     "{\"a\":\"\",\"b\":\"xy\"}",
     {{TEXT(""), "\"a\":\""}, {TEXT("xy"), "\"b\":\""}},
     "{\"a\":\"\",\"b\":\"\2\1\"}"},
    {"blanks stay", "{ \"a\" : \"x\" }", {{TEXT("x"), "\"a\" : \""}}, "{ \"a\" : \"\1\" }"},
    {"no members", "{}", {{0}}, NULL},
    {"members that stand nowhere", "{\"a\":\"x\"}", {{TEXT("y"), NULL}}, NULL},
    {"what comes too late is passed over",
     "{\"a\":\"x\",\"b\":\"y\"}",
     {{TEXT("y"), "\"b\":\""}, {TEXT("x"), "\"a\":\""}},
     "{\"a\":\"x\",\"b\":\"\1\"}"},
    {"a byte that would mean something", "{\"a\":\"x\",\"\1\":2}", {{TEXT("x"), "\"a\":\""}}, NULL},
    {"and before the first member", "{\"\2\":2,\"a\":\"x\"}", {{TEXT("x"), "\"a\":\""}}, NULL},
    {"only inner members", "{\"a\":\"x\"}", {{RAW_TEXT, RAW_INNER, "x", "\"a\":\""}}, NULL},
};

static uint32_t raws_of(const struct member *members, str text, struct raw *out) {
    uint32_t count = 0;

    for (; count < MEMBERS && members[count].text; count++) {
        const struct member *const m = &members[count];
        str const value = str_of(m->text);

        out[count] = (struct raw){
            .type = (uint8_t)m->type, .inner = (uint8_t)m->inner, .len = (uint32_t)value.len, .ptr = value.ptr};
        if (!m->behind)
            continue;
        out[count].ptr = text.ptr + str_find(text, str_of(m->behind)) + strlen(m->behind);
        assert_memory_equal(out[count].ptr, value.ptr, value.len);
    }
    return count;
}

static bool unfolds(str folded, const struct raw *raws, uint32_t count, char **out, size_t *size) {
    struct segment_value values[MEMBERS];
    const struct segment_value *members[MEMBERS];
    struct fold_members m = {members, 0};
    struct segment_value const text = {.ptr = folded.ptr, .len = (uint32_t)folded.len, .type = RAW_TEXT};

    for (uint32_t i = 0; i < count; i++) {
        values[i] = (struct segment_value){.ptr = raws[i].ptr, .len = raws[i].len, .type = raws[i].type};
        if (raws[i].inner == RAW_OWN)
            members[m.count++] = &values[i];
    }
    if (!unfold_size(&text, &m, size))
        return false;
    *out = malloc(*size + 1);
    assert_non_null(*out);
    unfold(&text, &m, *out);
    return true;
}

static void folds(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        str const text = str_of(cases[i].text);
        struct raw raws[MEMBERS];
        struct buf out = {0};
        char *back;
        size_t size;
        uint32_t const count = raws_of(cases[i].members, text, raws);

        buf_add(&out, S("before"));
        if (fold(raws, count, text, &out) != (cases[i].folded != NULL))
            fail_msg("%s: folded or not", cases[i].name);
        str const folded = str_from(buf_str(&out), 6);

        if (!str_eq(folded, str_of(cases[i].folded ? cases[i].folded : "")))
            fail_msg("%s: became %.*s", cases[i].name, STR_ARG(folded));
        if (cases[i].folded) {
            if (!unfolds(folded, raws, count, &back, &size) || !str_eq((str){back, size}, text))
                fail_msg("%s: does not come back", cases[i].name);
            free(back);
        }
        buf_free(&out);
    }
}

static void what_nobody_folded(void **state) {
    static const struct {
        const char *name;
        str text;
        uint32_t members;
    } wrong[] = {
        {"a value of no member", STR("\1"), 0},
        {"one more than there are", STR("\1\1"), 1},
        {"passes over what is not there", STR("\2"), 0},
        {"a byte that means nothing", STR("{\0}"), 1},
    };
    struct raw const one = {.type = RAW_TEXT, .len = 1, .ptr = "x"};
    char *back;
    size_t size;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (unfolds(wrong[i].text, &one, wrong[i].members, &back, &size))
            fail_msg("%s", wrong[i].name);
    assert_true(unfolds(S("{\2}"), &one, 1, &back, &size));
    assert_int_equal(size, 2);
    free(back);
    /* So many long values are too much, and are not counted in a number that wraps. */
    struct segment_value const large = {.ptr = "", .len = 1u << 26, .type = RAW_TEXT};
    const struct segment_value *two[2] = {&large, &large};

    assert_true(unfold_size(&(struct segment_value){.ptr = "\1", .len = 1}, &(struct fold_members){two, 2}, &size));
    assert_false(unfold_size(&(struct segment_value){.ptr = "\1\1", .len = 2}, &(struct fold_members){two, 2}, &size));
}

static void below(void **state) {
    static const struct {
        str name, list;
        bool is;
    } names[] = {
        {STR("A"), STR("A"), true},   {STR("A.b"), STR("A"), true},  {STR("A.b.c"), STR("A.b"), true},
        {STR("AB"), STR("A"), false}, {STR("B.A"), STR("A"), false}, {STR("A"), STR("A.b"), false},
        {STR(""), STR("A"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(fold_below(names[i].name, names[i].list), names[i].is);
}

/* ---- in a segment ---- */

static bool wants_list(struct event_sink *sink, field_id field) {
    return str_eq(field_name(sink->fields, field), S("L"));
}

static bool nothing(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return false;
}

static bool everything(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return true;
}

struct copying {
    struct event_sink sink;
    struct segment_writer *w;
    uint32_t source, rows;
    bool only_list;
};

static void no_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    fail_msg("%s", why);
}

static bool copy_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct copying *const c = (struct copying *)(void *)sink;
    char text[64];

    snprintf(text, sizeof text, "[{\"n\":\"name\",\"v\":\"value %u\"}]", c->rows++);
    assert_int_equal(r->count, c->only_list ? 1 : 3);
    const struct raw *const v = &r->values[r->count - 1];

    assert_int_equal(v->inner, RAW_INNER_ASKED);
    assert_true(str_eq((str){v->ptr, v->len}, str_of(text)));
    return !c->w || segment_writer_record(c->w, c->source, r, INSTANT_NONE, S("k"), e);
}

static struct segment *sealed(struct segment_writer *w, struct buf *out, struct segment_info *info) {
    struct segment *s;
    struct err e = {0};

    assert_true(segment_writer_finish(w, out, info, &e));
    segment_writer_free(w);
    assert_true(segment_open(&s, buf_str(out), S("s"), 0, &e));
    return s;
}

static void in_a_segment(void **state) {
    struct fields *const fields = fields_new();
    struct segment_options const options = {.fields = fields};
    struct segment_source const source = {.path = S("p"), .reader = S("r")};
    struct copying c = {.sink = {.fields = fields,
                                 .wants = everything,
                                 .wants_inner = everything,
                                 .record = copy_record,
                                 .damage = no_damage}};
    struct segment_info info, again;
    struct buf first = {0}, second = {0};
    struct segment_writer *w;
    struct segment *s;
    struct err e = {0};
    uint32_t number;

    (void)state;
    assert_true(segment_writer_new(&w, &options, &e) && segment_writer_source(w, &source, &number, &e));
    for (uint32_t i = 0; i < 1000; i++) {
        char text[64];

        snprintf(text, sizeof text, "[{\"n\":\"name\",\"v\":\"value %u\"}]", i);
        struct raw values[] = {
            {.field = field_intern(fields, S("L.n")),
             .type = RAW_TEXT,
             .element = 1,
             .len = 4,
             .ptr = strstr(text, "name")},
            {.field = field_intern(fields, S("L.v")),
             .type = RAW_TEXT,
             .element = 1,
             .len = (uint32_t)(strchr(strstr(text, "value"), '"') - strstr(text, "value")),
             .ptr = strstr(text, "value")},
            {.field = field_intern(fields, S("L")),
             .type = RAW_TEXT,
             .inner = RAW_INNER_ASKED,
             .len = (uint32_t)strlen(text),
             .ptr = text},
        };

        assert_true(segment_writer_record(
            w, number,
            &(struct record){.values = values, .count = 3, .when = INSTANT_NONE, .time_text = S(""), .number = i},
            INSTANT_NONE, S("k"), &e));
    }
    s = sealed(w, &first, &info);
    /* One text for all. */
    assert_int_equal(segment_column(s, segment_column_of(s, S("L"))).values, 1);
    /* Whoever asks for the text alone gets it whole; its members are read, and not told. */
    c.sink.wants = nothing;
    c.sink.wants_inner = wants_list;
    c.only_list = true;
    assert_true(segment_read(s, &(struct segment_reading){.sink = &c.sink}, &e));
    assert_int_equal(c.rows, 1000);
    /* And what was read is folded again. */
    assert_true(segment_writer_new(&c.w, &options, &e) && segment_writer_source(c.w, &source, &c.source, &e));
    c.sink.wants = c.sink.wants_inner = everything;
    c.only_list = false;
    c.rows = 0;
    assert_true(segment_read(s, &(struct segment_reading){.sink = &c.sink}, &e));
    segment_close(s);
    s = sealed(c.w, &second, &again);
    c.w = NULL;
    assert_true(str_eq(buf_str(&first), buf_str(&second)));
    segment_close(s);
    buf_free(&first);
    buf_free(&second);
    fields_free(fields);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds),
        cmocka_unit_test(what_nobody_folded),
        cmocka_unit_test(below),
        cmocka_unit_test(in_a_segment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
