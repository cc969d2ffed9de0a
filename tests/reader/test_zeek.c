/* test_zeek: the reader of Zeek's logs of values: heads, escapes, types, damage, parts of any cut; and, on the public
 * samples, the events of both of Zeek's formats against each other. */
#include <stdio.h>

#include "promises.h"
#include "base/arena.h"
#include "base/file.h"
#include "evidence/unpack.h"
#include "reader/json.h"
#include "reader/zeek.h"

#define AB "#fields\ta\tb\n"                    /* 12 bytes */
#define TS "#fields\tts\n#types\ttime\n"        /* 11 and 12 */
#define SET "#fields\ts\n#types\tset[string]\n" /* 10 and 19 */

static const struct source sources[] = {
    {"two values", STR(AB "x\ty\n"), "1@12+3{a=t:x;b=t:y}"},
    {"two lines", STR(AB "x\ty\nz\tw\n"), "1@12+3{a=t:x;b=t:y} 2@16+3{a=t:z;b=t:w}"},
    {"no line end at the end", STR(AB "x\ty"), "1@12+3{a=t:x;b=t:y}"},
    {"CR LF is a line end in heads too", STR("#fields\ta\tb\r\nx\ty\r\n"), "1@13+3{a=t:x;b=t:y}"},
    {"a byte order mark", STR("\xef\xbb\xbf" AB "x\ty\n"), "1@15+3{a=t:x;b=t:y}"},
    {"no lines", STR(AB), ""},
    {"nothing", STR(""), ""},
    {"an empty line", STR(AB "\nx\ty\n\r\n"), "1@13+3{a=t:x;b=t:y}"},
    {"a value that is nothing", STR(AB "\ty\n"), "1@12+2{a=t:;b=t:y}"},

    {"unset is absent", STR(AB "-\ty\n"), "1@12+3{b=t:y}"},
    {"all unset", STR(AB "-\t-\n"), "1@12+3{}"},
    {"empty text", STR(AB "(empty)\ty\n"), "1@12+9{a=t:;b=t:y}"},
    {"a value that is really -", STR(AB "\\x2d\ty\n"), "1@12+6{a=t:-;b=t:y}"},
    {"a value that is really (empty)", STR(AB "\\x28empty)\ty\n"), "1@12+12{a=t:(empty);b=t:y}"},
    {"other markers", STR("#unset_field\tNOT\n#empty_field\tE\n" AB "NOT\tE\n-\t(empty)\n"),
     "1@44+5{b=t:} 2@50+9{a=t:-;b=t:(empty)}"},
    {"a line that only looks like a comment", STR(AB "\\x23a\ty\n"), "1@12+7{a=t:#a;b=t:y}"},

    {"a separator in a value", STR(AB "x\\x09y\tz\n"), "1@12+8{a=t:x\ty;b=t:z}"},
    {"a line end in a value", STR(AB "x\\x0ay\tz\n"), "1@12+8{a=t:x\ny;b=t:z}"},
    {"a backslash", STR(AB "C:\\\\a\ty\n"), "1@12+7{a=t:C:\\a;b=t:y}"},
    {"a backslash that is escaped as a byte", STR(AB "C:\\x5ca\ty\n"), "1@12+9{a=t:C:\\a;b=t:y}"},
    {"two of them before x41", STR(AB "\\\\x41\ty\n"), "1@12+7{a=t:\\x41;b=t:y}"},
    {"three of them before x41", STR(AB "\\\\\\x41\ty\n"), "1@12+8{a=t:\\A;b=t:y}"},
    {"capital digits", STR(AB "\\x4A\\x4a\ty\n"), "1@12+10{a=t:JJ;b=t:y}"},
    {"a capital X is no escape", STR(AB "\\X41\ty\n"), "1@12+6{a=t:\\X41;b=t:y}"},
    {"a character in escaped bytes", STR(AB "\\xc2\\xae\ty\n"), "1@12+10{a=t:\xc2\xae;b=t:y}"},
    {"four bytes", STR(AB "\\xf0\\x9f\\x9a\\x80!\ty\n"), "1@12+19{a=t:\xf0\x9f\x9a\x80!;b=t:y}"},
    {"a byte that is no character stays as written", STR(AB "\\xffA\ty\n"), "1@12+7{a=t:\\xffA;b=t:y}"},
    {"half a character stays", STR(AB "\\xc2(\ty\n"), "1@12+7{a=t:\\xc2(;b=t:y}"},
    {"half a character before a whole one", STR(AB "\\xf0\\xc2\\xae\ty\n"), "1@12+14{a=t:\\xf0\xc2\xae;b=t:y}"},
    {"halves in two values are not joined", STR(AB "\\xc2\t\\xae\n"), "1@12+9{a=t:\\xc2;b=t:\\xae}"},
    {"an escape that is cut off", STR(AB "x\\x4\t\\x\n"), "1@12+7{a=t:x\\x4;b=t:\\x}"},
    {"an escape of no digits", STR(AB "\\xzz\t\\\n"), "1@12+6{a=t:\\xzz;b=t:\\}"},
    {"other letters behind a backslash", STR(AB "\\t\t\\n\n"), "1@12+5{a=t:\\t;b=t:\\n}"},

    {"a time keeps all its digits", STR(TS "1521911799.739898\n"), "1@23+17{ts=n:1521911799.739898}"},
    {"zeros at the end too", STR(TS "1521911799.700000\n"), "1@23+17{ts=n:1521911799.700000}"},
    {"before 1970", STR(TS "-0.400000\n"), "1@23+9{ts=n:-0.400000}"},
    {"a time as ISO 8601", STR(TS "2018-03-24T17:15:25.396014Z\n"), "1@23+27{ts=t:2018-03-24T17:15:25.396014Z}"},
    {"an exponent", STR(TS "4.294967296e+09\n"), "1@23+15{ts=n:4.294967296e+09}"},
    {"an exponent without sign, and one below zero", STR("#fields\ta\tb\n#types\tint\tint\n-1e3\t2.5e-07\n"),
     "1@27+12{a=n:-1e3;b=n:2.5e-07}"},
    {"no number: exponents that are none", STR("#fields\ta\tb\n#types\tint\tint\n1e\t1e+\n.e1\t1e1x\ne1\te\n"),
     "1@27+6{a=t:1e;b=t:1e+} 2@34+8{a=t:.e1;b=t:1e1x} 3@43+4{a=t:e1;b=t:e}"},
    {"no number: nan", STR(TS "nan\n"), "1@23+3{ts=t:nan}"},
    {"no number: inf", STR(TS "-inf\n"), "1@23+4{ts=t:-inf}"},
    {"no number: zero in front", STR(TS "010\n"), "1@23+3{ts=t:010}"},
    {"no number: point at the end", STR(TS "1.\n"), "1@23+2{ts=t:1.}"},
    {"no number: nothing", STR("#fields\ta\tb\n#types\tcount\tport\n\t80\n"), "1@30+3{a=t:;b=n:80}"},
    {"numbers of all types", STR("#fields\ta\tb\tc\td\n#types\tcount\tint\tdouble\tinterval\n1\t-2\t3.5\t0.000431\n"),
     "1@49+17{a=n:1;b=n:-2;c=n:3.5;d=n:0.000431}"},
    {"numbers that are text", STR("#fields\ta\tb\n#types\tstring\tenum\n1\t2\n"), "1@31+3{a=t:1;b=t:2}"},
    {"without types all is text", STR(AB "1\tT\n"), "1@12+3{a=t:1;b=t:T}"},
    {"true and false", STR("#fields\ta\tb\n#types\tbool\tbool\nT\tF\n"), "1@29+3{a=b:true;b=b:false}"},
    {"no bool", STR("#fields\ta\tb\n#types\tbool\tbool\nt\tTF\n"), "1@29+4{a=t:t;b=t:TF}"},

    {"a set", STR(SET "x,y,z\n"), "1@29+5{s=t:x;s=t:y;s=t:z}"},
    {"a set of one", STR(SET "x\n"), "1@29+1{s=t:x}"},
    {"an empty set", STR(SET "(empty)\n"), "1@29+7{}"},
    {"an unset set", STR(SET "-\n"), "1@29+1{}"},
    {"an unset element", STR(SET "x,-,z\n"), "1@29+5{s=t:x;s=z:;s=t:z}"},
    {"an empty element", STR(SET "x,(empty)\n"), "1@29+9{s=t:x;s=t:}"},
    {"nothing between separators", STR(SET ",x,\n"), "1@29+3{s=t:;s=t:x;s=t:}"},
    {"a separator in an element", STR(SET "x\\x2cy,z\n"), "1@29+8{s=t:x,y;s=t:z}"},
    {"a vector of numbers", STR("#fields\ts\n#types\tvector[count]\n0,-,2\n"), "1@31+5{s=n:0;s=z:;s=n:2}"},
    {"a comma in what is no set", STR("#fields\ts\n#types\tstring\nx,y\n"), "1@24+3{s=t:x,y}"},
    {"a set separator of its own", STR("#set_separator\t; \n" SET "x; y,z\n"), "1@47+6{s=t:x;s=t:y,z}"},
    {"a set separator that is a character", STR("#set_separator\t\\xc2\\xae\n" SET "x\xc2\xaey,\\xc2\\xae\n"),
     "1@53+13{s=t:x;s=t:y,\xc2\xae}"},

    {"a bar", STR("#separator |\n#fields|a|b\n#types|string|count\nx\ty|1\n"), "1@45+5{a=t:x\ty;b=n:1}"},
    {"two bars", STR("#separator ||\n#fields||a||b\nx|y||fa\\x7c\\x7cil\n"), "1@28+17{a=t:x|y;b=t:fa||il}"},
    {"two bars, escaped", STR("#separator \\x7c\\x7c\n#fields||a||b\nx||y\n"), "1@34+4{a=t:x;b=t:y}"},
    {"three bars are two and one", STR("#separator ||\n#fields||a||b\nx|||y\n"), "1@28+5{a=t:x;b=t:|y}"},
    {"a tab as itself", STR("#separator \t\n#fields\ta\tb\nx\ty\n"), "1@25+3{a=t:x;b=t:y}"},
    {"a tab escaped", STR("#separator \\x09\n#fields\ta\tb\nx\ty\n"), "1@28+3{a=t:x;b=t:y}"},
    {"a blank", STR("#separator \\x20\n#fields a b\nx y\n"), "1@28+3{a=t:x;b=t:y}"},
    {"a byte that is no character", STR("#separator \\x01\n#fields\001a\001b\nx\001y\n"), "1@28+3{a=t:x;b=t:y}"},
    {"no separator at all", STR("#separator \n#fields\ta\tb\nx\ty\n"),
     "!0+12(no separator is named) 1@24+3{a=t:x;b=t:y}"},

    {"path", STR("#path\tconn\n" AB "x\ty\n"), "1@23+3{_path=t:conn;a=t:x;b=t:y}"},
    {"a path field wins", STR("#path\tconn\n#fields\t_path\tb\nx\ty\n"), "1@27+3{_path=t:x;b=t:y}"},
    {"rotation: what is in force is the last head",
     STR("#separator |\n#unset_field|N\n#path|p\n#fields|a|b\nN|y\n#close|2024\n"
         "#separator \\x09\n#fields\tb\tc\nN\t-\n"),
     "1@48+3{_path=t:p;b=t:y} 2@92+3{b=t:N}"},
    {"fields alone may change", STR(AB "x\ty\n#fields\tc\nz\n"), "1@12+3{a=t:x;b=t:y} 2@26+1{c=t:z}"},
    {"lines behind the close", STR(AB "#close\t2024-04-12-19-29-15\nx\ty\n"), "1@39+3{a=t:x;b=t:y}"},
    {"open, close, start, end", STR("#open\tx\n#start\n#end\n" AB "#close\n"), ""},
    {"a field twice", STR("#fields\ta\ta\nx\ty\n"), "1@12+3{a=t:x;a=t:y}"},

    {"too few", STR(AB "x\ny\tz\n"), "!12+2(fewer values than fields) 1@14+3{a=t:y;b=t:z}"},
    {"too many", STR(AB "x\ty\tz\ny\tz\n"), "!12+6(more values than fields) 1@18+3{a=t:y;b=t:z}"},
    {"one more, that is nothing", STR(AB "x\ty\t\n"), "!12+5(more values than fields)"},
    {"too few for two bars", STR("#separator ||\n#fields||a||b\nx|y\n"), "!28+4(fewer values than fields)"},
    {"too many for two bars", STR("#separator ||\n#fields||a||b\nx||y||z||\n"), "!28+10(more values than fields)"},
    {"a line that breaks off", STR(AB "x"), "!12+1(fewer values than fields)"},
    {"values before any head", STR("x\ty\n" AB "x\ty\n"),
     "!0+4(a line of values before any names of fields) 1@16+3{a=t:x;b=t:y}"},
    {"a new head without fields", STR(AB "#separator \\x09\nx\ty\n"),
     "!28+4(a line of values before any names of fields)"},
    {"fewer types", STR(AB "#types\tcount\n1\t2\n"), "!12+13(not as many types as fields) 1@25+3{a=n:1;b=t:2}"},
    {"more types", STR(AB "#types\tint\tint\tint\n1\t2\n"), "!12+19(not as many types as fields) 1@31+3{a=n:1;b=n:2}"},
    {"a strange comment", STR(AB "# hello\nx\ty\n"), "!12+8(a comment that belongs to no head) 1@20+3{a=t:x;b=t:y}"},
    {"a head line without its word", STR("#fields\n#path\n"),
     "!0+8(a comment that belongs to no head) !8+6(a comment that belongs to no head)"},
    {"fields by another separator", STR("#separator |\n#fields\ta\nx\n"),
     "!13+10(a comment that belongs to no head) !23+2(a line of values before any names of fields)"},
    {"zero bytes before a line", STR(AB "\0\0x\ty\n"), "!12+2(zero bytes between lines) 1@14+3{a=t:x;b=t:y}"},
    {"zero bytes before a head", STR(AB "\0#fields\tc\nx\n"), "!12+1(zero bytes between lines) 1@23+1{c=t:x}"},
    {"zero bytes at the end", STR(AB "x\ty\n\0\0\0"), "1@12+3{a=t:x;b=t:y} !16+3(zero bytes between lines)"},
    {"no UTF-8", STR(AB "x\xff\ty\n"), "!13+1(text that is no Unicode: repaired) 1@12+4{a=t:x\xff;b=t:y}"},
    {"no UTF-8, and no record", STR(AB "x\xff\n"), "!12+3(fewer values than fields)"},
};

static void zero_bytes_in_a_line_are_its_own(void **state) {
    struct notes n;
    (void)state;

    notes_open(&n);
    read_into(&zeek_reader, S(AB "x\\x00y\t\\x00\n"), whole, 0, &n);
    read_into(&zeek_reader, S("#fields\ta\nx\0y\n"), whole, 0, &n);
    assert_true(str_eq(buf_str(&n.text), S("1@12+11{a=t:x\0y;b=t:\0} 1@10+3{a=t:x\0y} ")));
    notes_close(&n);
}

static const struct head heads[] = {
    {STR("#separator \\x09\n"), true},
    {STR("\xef\xbb\xbf#separator ,\n"), true},
    {STR("#fields\tts\tuid\n"), true},
    {STR("# made by hand\n#separator \\x09\n"), true},
    {STR("#path\tconn\n#fields\tts\n"), true},
    {STR("#separator"), false},
    {STR("#separator\t|\n"), false},
    {STR("#fields ts\n"), false},
    {STR("#Fields: date time\n"), false},
    {STR("#Software: x\n#Fields:\ta\n"), false},
    {STR("x\n#separator \\x09\n"), false},
    {STR("\n#separator \\x09\n"), false},
    {STR("# fields\ta\n"), false},
    {STR("#!/bin/sh\n"), false},
    {STR("#"), false},
    {STR(""), false},
    {STR("{\"ts\":1}\n"), false},
};

#define SHOWN STR("#separator |\n#fields|a|b\nx|y\nonly\n#fields|c\r\n\0\0z\\x7c\r\n#close")
static const struct shown shown[] = {
    {SHOWN, 25, "#fields|a|b\nx|y"},
    {SHOWN, 47, "#fields|c\nz\\x7c"},
    {SHOWN, 0, NULL},  /* the head */
    {SHOWN, 13, NULL}, /* names */
    {SHOWN, 26, NULL}, /* within a line */
    {SHOWN, 28, NULL}, /* its end */
    {SHOWN, 29, NULL}, /* damage */
    {SHOWN, 45, NULL}, /* zero bytes */
    {SHOWN, 46, NULL},
    {SHOWN, 48, NULL},
    {SHOWN, 54, NULL}, /* close */
    {SHOWN, 60, NULL}, /* the end */
    {SHOWN, 1000, NULL},
    {STR(""), 0, NULL},
    {STR("x\n"), 0, NULL},
};

/* The names of the file are known, and there is no more room. */
static void a_path_without_room_is_told(void **state) {
    struct notes n;
    (void)state;

    notes_open(&n);
    assert_true(field_intern(n.sink.fields, S("a")) != FIELD_NONE && field_intern(n.sink.fields, S("b")) != FIELD_NONE);
    names_fill(n.sink.fields, 0);
    read_into(&zeek_reader, S("#path\tp\n" AB "x\ty\n"), whole, 0, &n);
    assert_true(
        str_eq(buf_str(&n.text), S("!8+12(too many field names: some values were left out) 1@20+3{a=t:x;b=t:y} ")));
    notes_close(&n);
}

static struct notes counted_filled(str head, char c, size_t count, str tail, size_t more) {
    struct buf b = {0};
    struct notes n;

    buf_add(&b, head);
    fill(&b, c, count);
    buf_add(&b, tail);
    n = counted(&zeek_reader, buf_str(&b), more);
    buf_free(&b);
    return n;
}

static void a_line_of_16_mib_is_too_long(void **state) {
    (void)state;
    for (size_t over = 0; over < 2; over++)
        for (size_t more = 0; more < 2; more++) {
            size_t const line = ((size_t)16 << 20) - 1 + over;
            struct notes const n = counted_filled(S(AB "x\t"), 'y', line - 2, S("\nz\tw\n"), more << 20);

            assert_int_equal(n.records, over ? 1 : 2);
            assert_int_equal(n.damages, over);
            assert_int_equal(n.damaged, over ? line + 1 : 0);
        }
}

static void many_values_and_fields_are_cut_and_told(void **state) {
    (void)state;
    for (size_t values = 8190; values < 8195; values++) {
        struct buf fields = {0};
        struct notes n;

        /* A set of so many: `,` is what is between them. And the path. */
        n = counted_filled(S("#path\tp\n" SET), ',', values - 1, S("\n"), 0);
        assert_int_equal(n.records, 1);
        assert_int_equal(n.damages, values + 1 > 8192);
        /* So many fields. */
        buf_add(&fields, S("#fields\t"));
        fill(&fields, '\t', values - 1);
        buf_byte(&fields, '\n');
        n = counted_filled(buf_str(&fields), '\t', values - 1, S("\n"), 0);
        assert_int_equal(n.records, values <= 8191);
        assert_int_equal(n.damages, values <= 8191 ? 0 : 2);
        buf_free(&fields);
    }
}

static void long_words_of_a_head_are_told(void **state) {
    (void)state;
    for (size_t size = 255; size < 257; size++) {
        struct notes const n = counted_filled(S("#path\t"), 'p', size, S("\n" AB "x\ty\n"), 0);

        assert_int_equal(n.records, 1);
        assert_int_equal(n.damages, size > 255);
    }
}

/* ------------------------------------------------------------------ both of Zeek's formats, one capture */

struct heard {
    struct event_sink sink;
    struct arena *arena;
    struct raw *values;
    size_t count, room;
    size_t *ends; /* by record: where its values end */
    size_t records, records_room;
    uint64_t damages;
};

static bool hear(struct event_sink *sink, const struct record *r, struct err *e) {
    struct heard *const h = (struct heard *)(void *)sink;
    (void)e;

    while (h->count + r->count > h->room) {
        h->room = h->room ? h->room * 2 : 4096;
        assert_non_null(h->values = reallocarray(h->values, h->room, sizeof *h->values));
    }
    if (h->records == h->records_room) {
        h->records_room = h->records_room ? h->records_room * 2 : 4096;
        assert_non_null(h->ends = reallocarray(h->ends, h->records_room, sizeof *h->ends));
    }
    for (uint32_t i = 0; i < r->count; i++) {
        struct raw v = r->values[i];
        str copy;

        assert_true(arena_copy(h->arena, (str){v.ptr, v.len}, &copy));
        v.ptr = copy.ptr;
        h->values[h->count++] = v;
    }
    h->ends[h->records++] = h->count;
    return true;
}

static void hear_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)offset;
    (void)size;
    (void)why;
    ((struct heard *)(void *)sink)->damages++;
}

struct capture {
    const struct reader *reader;
    struct heard heard;
    bool read;
};

static bool sample_leaf(void *ctx, str path, unsigned depth, struct input *in, struct err *e) {
    struct capture *const s = ctx;
    (void)path;
    (void)depth;
    s->read = s->reader->read(in, whole, &s->heard.sink, e);
    return s->read;
}

static bool sample_ended(void *ctx, const struct unpack_member *m, struct err *e) {
    (void)ctx;
    (void)m;
    (void)e;
    return true;
}

static void sample_damage(void *ctx, str path, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx;
    (void)path;
    (void)offset;
    (void)size;
    (void)why;
}

static bool sample_open(struct capture *s, struct fields *fields, const struct reader *reader, const char *path) {
    struct unpack_visitor const visitor = {sample_leaf, sample_ended, sample_damage, NULL, NULL, s};
    struct file_input f = {.fd = -1};
    struct err e = {0};
    bool ok;

    *s = (struct capture){.reader = reader,
                          .heard = {.sink = {.fields = fields, .record = hear, .damage = hear_damage},
                                    .arena = arena_new((size_t)1 << 30)}};
    assert_non_null(s->heard.arena);
    ok = file_input_open(&f, path, &e) && unpack(&f.input, S("sample"), &unpack_limits_usual, &visitor, &e) && s->read;
    file_input_close(&f);
    return ok;
}

static void sample_close(struct capture *s) {
    arena_free(s->heard.arena);
    free(s->heard.values);
    free(s->heard.ends);
}

/* Why a value of the one format may be written otherwise in the other. */
enum difference {
    SAME,
    TIME_AS_TEXT, /* JSON writes times as ISO 8601; they are the same microsecond */
    ROUNDED,      /* JSON writes intervals with all digits of a double; rounded to six they are the same */
    CONTROL,      /* JSON keeps \xHH where a value has control characters */
    WRITE_TIME,   /* JSON's _write_ts, which logs of values have not */
    UNEXPLAINED,
    DIFFERENCES
};
static const char *const difference_names[] = {"same", "time as text", "rounded", "control characters", "_write_ts"};

static bool six_digits(str s, char out[400]) {
    char text[400];

    if (s.len >= sizeof text)
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    snprintf(out, 400, "%.6f", strtod(text, NULL));
    return true;
}

/* JSON writes some control characters as itself has it (\n), and others as text. */
static bool same_but_for_controls(str value, str json) {
    char text[5];

    for (size_t i = 0; i < value.len; i++) {
        snprintf(text, sizeof text, "\\x%02x", (unsigned)(unsigned char)value.ptr[i]);
        if (json.len && json.ptr[0] == value.ptr[i])
            json = str_from(json, 1);
        else if ((unsigned char)value.ptr[i] < 0x20 && str_starts(json, str_of(text)))
            json = str_from(json, 4);
        else
            return false;
    }
    return json.len == 0;
}

static enum difference compare(const struct raw *value, const struct raw *json) {
    str const a = {value->ptr, value->len}, b = {json->ptr, json->len};
    char left[400], right[400];

    if (value->type == json->type && str_eq(a, b))
        return SAME;
    if (value->type == RAW_NUMBER && json->type == RAW_TEXT && b.len == 27 && b.ptr[10] == 'T' && b.ptr[26] == 'Z' &&
        instant_parse(b) != INSTANT_NONE && six_digits(a, left) && instant_parse(str_of(left)) == instant_parse(b))
        return TIME_AS_TEXT;
    if (value->type == RAW_NUMBER && json->type == RAW_NUMBER && six_digits(a, left) && six_digits(b, right) &&
        strcmp(left, right) == 0)
        return ROUNDED;
    return value->type == RAW_TEXT && json->type == RAW_TEXT && same_but_for_controls(a, b) ? CONTROL : UNEXPLAINED;
}

/* Of one record: each value of the one is one of the other, and nothing is left but _write_ts. */
static void compare_records(const char *name, const struct fields *fields, const struct raw *values, size_t count,
                            struct raw *json, size_t json_count, uint64_t found[DIFFERENCES]) {
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        enum difference d;

        while (k < json_count && json[k].field != values[i].field)
            k++;
        if (k == json_count)
            fail_msg("%s: JSON has no %.*s", name, STR_ARG(field_name(fields, values[i].field)));
        if ((d = compare(&values[i], &json[k])) == UNEXPLAINED)
            fail_msg("%s: %.*s: %.*s, in JSON %.*s", name, STR_ARG(field_name(fields, values[i].field)),
                     STR_ARG(((str){values[i].ptr, values[i].len})), STR_ARG(((str){json[k].ptr, json[k].len})));
        found[d]++;
        json[k].field = FIELD_NONE;
    }
    for (size_t k = 0; k < json_count; k++) {
        if (json[k].field == FIELD_NONE)
            continue;
        if (!str_eq(field_name(fields, json[k].field), S("_write_ts")))
            fail_msg("%s: only JSON has %.*s", name, STR_ARG(field_name(fields, json[k].field)));
        found[WRITE_TIME]++;
    }
}

static void both_formats_of_one_capture_give_the_same_events(void **state) {
    static const char *const logs[] = {
        "analyzer",       "dce_rpc",  "ftp",  "kerberos", "known_certs", "known_hosts", "ldap_search",
        "loaded_scripts", "ntp",      "ocsp", "pe",       "rdp",         "smb_mapping", "smtp",
        "snmp",           "software", "ssh",  "syslog",   "weird",       "x509"};
    const char *const source = getenv("LONGWATCH_SOURCE"), *const named = getenv("LONGWATCH_SHARED");
    uint64_t found[DIFFERENCES] = {0}, records = 0;
    char shared[4096], path[4200];
    (void)state;

    snprintf(shared, sizeof shared, "%s%s", named ? named : source ? source : ".", named ? "" : "/../shared");
    for (size_t i = 0; i < COUNT(logs); i++) {
        struct fields *const fields = fields_new();
        struct capture values, json;
        size_t from = 0, json_from = 0;

        assert_non_null(fields);
        snprintf(path, sizeof path, "%s/data/zeek/wrccdc-2018/tsv/%s.log.gz", shared, logs[i]);
        if (!sample_open(&values, fields, &zeek_reader, path)) {
            print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", path);
            sample_close(&values);
            fields_free(fields);
            skip();
        }
        snprintf(path, sizeof path, "%s/data/zeek/wrccdc-2018/json/%s.json.gz", shared, logs[i]);
        assert_true(sample_open(&json, fields, &json_reader, path));
        assert_int_equal(values.heard.records, json.heard.records);
        assert_int_equal(values.heard.damages, 0);
        assert_int_equal(json.heard.damages, 0);
        for (size_t k = 0; k < values.heard.records; k++) {
            compare_records(logs[i], fields, values.heard.values + from, values.heard.ends[k] - from,
                            json.heard.values + json_from, json.heard.ends[k] - json_from, found);
            from = values.heard.ends[k];
            json_from = json.heard.ends[k];
        }
        records += values.heard.records;
        sample_close(&values);
        sample_close(&json);
        fields_free(fields);
    }
    for (size_t d = SAME; d < UNEXPLAINED; d++) {
        print_message("%s: %lu values\n", difference_names[d], (unsigned long)found[d]);
        assert_true(found[d]);
    }
    assert_int_equal(found[WRITE_TIME], records);
}

static const struct promises promises = {
    .reader = &zeek_reader,
    PROMISED_TABLES,
    .busy = STR("#path\tp\n" AB "x\\x41\ty\nz\tw\n"),
    .at = 20,
    .records = 2,
    .only = {"b", STR("#path\tp\n" AB "x\ty\nx\n"), "1@20+3{b=t:y} !24+2(fewer values than fields)"},
};

int main(void) {
    const struct CMUnitTest tests[] = {
        PROMISES(&promises),
        cmocka_unit_test(zero_bytes_in_a_line_are_its_own),
        cmocka_unit_test(a_path_without_room_is_told),
        cmocka_unit_test(a_line_of_16_mib_is_too_long),
        cmocka_unit_test(many_values_and_fields_are_cut_and_told),
        cmocka_unit_test(long_words_of_a_head_are_told),
        cmocka_unit_test(both_formats_of_one_capture_give_the_same_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
