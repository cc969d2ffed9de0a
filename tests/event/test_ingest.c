/* test_ingest: records into blocks: shapes, kinds, gates, times, clashes, bounds and counts, by kind files written here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/ingest.h"
#include "../refuse.h"

static const char kind_files[] = "kind: acme/door\n"
                                 "when: {door: {present: true}, badge: {present: true}}\n"
                                 "each: site\n"
                                 "time: [stamp, at]\n"
                                 "---\n"
                                 "kind: acme/lamp\n"
                                 "when: {lamp: ['on', 'off']}\n"
                                 "time: at\n"
                                 "roles: {host: where}\n"
                                 "---\n"
                                 "kind: acme/lift\n"
                                 "reader: evtx\n"
                                 "when: {lift: {present: true}}\n"
                                 "---\n"
                                 "shape: acme/wrap\n"
                                 "when: [wrapped]\n"
                                 "strip: [p., q., r.]\n"
                                 "rename: {odd: even}\n"
                                 "pairs: {list: L, name: n, value: v}\n"
                                 "---\n"
                                 "shape: acme/evtx\n"
                                 "reader: evtx\n"
                                 "when: [raw]\n"
                                 "strip: [e.]\n"
                                 "---\n"
                                 "shape: acme/bytes\n"
                                 "when: [spelt]\n"
                                 "bytes: true\n"
                                 "words: {list: w, numbered: n, joined: all}\n"
                                 "---\n"
                                 "shape: acme/kept\n"
                                 "when: [both]\n"
                                 "rename: {odd: even, light: lamp}\n"
                                 "keep: true\n";

/* An ingest with all that it needs, and what came out of it: a line a row. */
struct trial {
    struct fields *fields;
    struct kinds *kinds;
    struct ingest *in;
    struct buf lines[4096];
    size_t line_count;
    uint64_t number; /* of the last record */
    size_t fulls;
    bool forget, refuses;
    bool damaged, unseen;
};

static int by_name(const void *a, const void *b, void *fields) {
    const struct column *const *const ca = a, *const *const cb = b;

    return str_cmp(field_name(fields, (*ca)->field), field_name(fields, (*cb)->field));
}

static void tell_value(struct buf *out, const struct value *v) {
    if (v->inner)
        buf_byte(out, '~');
    if (v->type == VALUE_NULL)
        buf_add(out, S("null"));
    else if (v->len > 40)
        buf_format(out, "%.8s..%u", v->ptr, v->len);
    else
        buf_add(out, value_text(v));
}

/* "#number kind @time field=value field=value|value", fields by name; "#number.element" of one of several events. */
static void tell_row(struct trial *t, const struct block *b, uint32_t row) {
    struct column *sorted[64];
    struct buf *const out = &t->lines[t->line_count++];
    struct buf name = {0};
    char when[INSTANT_TEXT];

    assert_true(t->line_count < COUNT(t->lines) && b->column_count <= COUNT(sorted));
    for (uint32_t i = 0; i < b->column_count; i++)
        sorted[i] = b->columns[i];
    qsort_r(sorted, b->column_count, sizeof *sorted, by_name, t->fields);
    buf_format(out, "#%05u", (unsigned)b->rows[row].number);
    if (b->rows[row].element)
        buf_format(out, ".%u", b->rows[row].element);
    buf_byte(out, ' ');
    buf_add(out, block_row_name(b, row, &name));
    buf_byte(out, ' ');
    buf_add(out, b->rows[row].when == INSTANT_NONE ? S("-") : instant_format(b->rows[row].when, when));
    for (uint32_t i = 0; i < b->column_count; i++) {
        const struct dictionary *const d = &sorted[i]->dict;
        const struct value *v;

        if (!sorted[i]->codes[row])
            continue;
        v = dictionary_value(d, sorted[i]->codes[row]);
        buf_byte(out, ' ');
        buf_add(out, field_name(t->fields, sorted[i]->field));
        buf_byte(out, '=');
        if (v->type != VALUE_LIST)
            tell_value(out, v);
        for (uint32_t k = 0; v->type == VALUE_LIST && k < v->len; k++) {
            if (k)
                buf_byte(out, '|');
            tell_value(out, dictionary_value(d, value_items(v)[k]));
        }
    }
    assert_false(out->failed);
    buf_free(&name);
}

static bool on_full(void *ctx, struct err *e) {
    struct trial *const t = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(t->in, &count);

    if (t->refuses)
        return err_set(e, ERR_INTERRUPTED, 0, "enough");
    t->fulls++;
    for (size_t i = 0; i < count && !t->unseen; i++) {
        assert_int_equal(blocks[i]->index, i);
        assert_ptr_equal(blocks[i]->kind, kinds_at(t->kinds, blocks[i]->kind_index));
        for (uint32_t row = 0; row < blocks[i]->row_count; row++)
            tell_row(t, blocks[i], row);
    }
    ingest_clear(t->in, t->forget);
    return true;
}

static void on_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    struct trial *const t = ctx;

    t->damaged = offset == 3 && size == 4 && strcmp(why, "why") == 0;
}

/* What is wanted: of `few` texts alone, of `none` nothing, of `sifted` texts that begin with k, and all else. */
static struct ingest_wish on_wants(void *ctx, const struct block *b, field_id field) {
    struct trial *const t = ctx;
    str const name = field_name(t->fields, field);
    uint32_t const text = (uint32_t)1 << RAW_TEXT;

    assert_non_null(b->kind);
    if (str_eq(name, S("none")))
        return (struct ingest_wish){0, 0};
    if (str_eq(name, S("few")))
        return (struct ingest_wish){text, 0};
    return str_eq(name, S("sifted")) ? (struct ingest_wish){RAW_ANY & ~text, text} : (struct ingest_wish){RAW_ANY, 0};
}

static bool on_sift(void *ctx, const struct block *b, const struct raw *v) {
    struct trial *const t = ctx;

    assert_non_null(b->kind);
    assert_true(v->type == RAW_TEXT && str_eq(field_name(t->fields, v->field), S("sifted")));
    return v->len && v->ptr[0] == 'k';
}

/* Nothing of a record with `badge=none` matters. */
static bool on_sift_event(void *ctx, const struct block *b, const struct record *r) {
    struct trial *const t = ctx;

    assert_non_null(b->kind);
    for (uint32_t i = 0; i < r->count; i++)
        if (str_eq(field_name(t->fields, r->values[i].field), S("badge")) &&
            str_eq((str){r->values[i].ptr, r->values[i].len}, S("none")))
            return false;
    return true;
}

static void open_with(struct trial *t, const char *yaml, const struct ingest_options *bounds) {
    struct err e = {0};

    *t = (struct trial){.fields = fields_new()};
    assert_non_null(t->fields);
    if (!kinds_new(&t->kinds, t->fields, &e) || !kinds_load_text(t->kinds, S("k.yml"), str_of(yaml), false, &e) ||
        !kinds_seal(t->kinds, &e))
        fail_msg("%s", e.text);
    struct ingest_options o =
        bounds ? *bounds : (struct ingest_options){.rows_max = UINT32_MAX, .bytes_max = SIZE_MAX / 8};

    o.fields = t->fields;
    o.kinds = t->kinds;
    o.full = on_full;
    o.damage = on_damage;
    o.ctx = t;
    assert_true(ingest_new(&t->in, &o, &e));
    ingest_part(t->in, 7, S("json"));
}

static void trial_close(struct trial *t) {
    for (size_t i = 0; i < t->line_count; i++)
        buf_free(&t->lines[i]);
    ingest_free(t->in);
    kinds_free(t->kinds);
    fields_free(t->fields);
}

/* Values of a record, added one by one. */
struct draft {
    struct raw values[2 * RECORD_VALUES_MAX];
    struct buf texts[64];
    uint32_t count, text_count;
};

static struct draft draft; /* large; filled and emptied by each test */

static struct raw *value_add(struct trial *t, struct draft *d, const char *field, uint8_t type, str bytes) {
    struct raw *const v = &d->values[d->count++];

    assert_true(d->count <= COUNT(d->values));
    *v = (struct raw){field_intern(t->fields, str_of(field)), type, false, 0, (uint32_t)bytes.len, bytes.ptr};
    return v;
}

/* ASCII as UTF-16. */
static str wide(struct draft *d, str s) {
    struct buf *const b = &d->texts[d->text_count++];

    assert_true(d->text_count <= COUNT(d->texts));
    for (size_t i = 0; i < s.len; i++) {
        buf_byte(b, s.ptr[i]);
        buf_byte(b, '\0');
    }
    return buf_str(b);
}

/* "a=text b#number c! (null) d~inner e%UTF-16 2:f=in_the_second_element", blank between. */
static void draft_read(struct trial *t, struct draft *d, str s) {
    while (s.len) {
        size_t const end = str_find_byte(s, ' ');
        str word = str_first(s, end == SIZE_MAX ? s.len : end);
        size_t at = 0;
        char name[64];
        unsigned element = 0;

        s = str_from(s, word.len + 1);
        if (word.len > 1 && word.ptr[1] == ':') {
            element = (unsigned)(word.ptr[0] - '0');
            word = str_from(word, 2);
        }
        while (!strchr("=#!~%", word.ptr[at]))
            at++;
        snprintf(name, sizeof name, "%.*s", (int)at, word.ptr);
        str const value = str_from(word, at + 1);
        char const how = word.ptr[at];
        struct raw *const v = value_add(t, d, name,
                                        how == '#'   ? RAW_NUMBER
                                        : how == '!' ? RAW_NULL
                                        : how == '%' ? RAW_UTF16
                                                     : RAW_TEXT,
                                        how == '%' ? wide(d, value) : value);

        v->inner = how == '~';
        v->element = (uint16_t)element;
    }
}

static void draft_clear(struct draft *d) {
    for (uint32_t i = 0; i < d->text_count; i++)
        buf_free(&d->texts[i]);
    d->count = d->text_count = 0;
}

static bool give(struct trial *t, const struct draft *d, struct err *e) {
    struct raw *const copy = malloc(d->count * sizeof *copy); /* a reader's memory is its own again */
    struct record const r = {.values = copy,
                             .count = d->count,
                             .when = INSTANT_NONE,
                             .number = ++t->number,
                             .offset = 100 * t->number,
                             .size = 100};
    bool ok;

    assert_true(copy || !d->count);
    if (d->count)
        memcpy(copy, d->values, d->count * sizeof *copy);
    ok = ingest_sink(t->in)->record(ingest_sink(t->in), &r, e);
    free(copy);
    return ok;
}

static void give_text(struct trial *t, const char *text) {
    struct err e = {0};

    draft_read(t, &draft, str_of(text));
    if (!give(t, &draft, &e))
        fail_msg("%s: %s", text, e.text);
    draft_clear(&draft);
}

static int by_text(const void *a, const void *b) {
    return str_cmp(buf_str(a), buf_str(b));
}

/* What is left in the blocks is told as well; then lines are in the order of the records. */
static void finish(struct trial *t) {
    struct err e = {0};

    assert_true(on_full(t, &e));
    t->fulls--;
    qsort(t->lines, t->line_count, sizeof *t->lines, by_text);
}

static bool line_is(const struct trial *t, size_t i, const char *expected) {
    return i < t->line_count && str_eq(buf_str(&t->lines[i]), str_of(expected));
}

/* ------------------------------------------------------------------ one record */

#define STAMP "2021-03-14T01:40:19Z"
#define OTHER "2020-02-29T23:59:59Z"
static const struct {
    const char *name, *reader, *record, *row; /* row NULL: of no kind */
} records[] = {
    {"least", "json", "door=d badge=1", "#00001 acme/door - badge=1 door=d"},
    {"each", "json", "door=d badge=1 site=HQ", "#00001 acme/door/HQ - badge=1 door=d site=HQ"},
    {"each in UTF-16", "json", "door=d badge=1 site%HQ", "#00001 acme/door/HQ - badge=1 door=d site=HQ"},
    {"each a number", "json", "door=d badge=1 site#5", "#00001 acme/door/5 - badge=1 door=d site=5"},
    {"each null", "json", "door=d badge=1 site!", "#00001 acme/door - badge=1 door=d site=null"},
    {"each inner", "json", "door=d badge=1 site~HQ", "#00001 acme/door - badge=1 door=d site=~HQ"},
    {"each of two", "json", "door=d badge=1 site=a site=b", "#00001 acme/door/a - badge=1 door=d site=a|b"},
    {"present though null", "json", "door! badge!", "#00001 acme/door - badge=null door=null"},
    {"by value", "json", "lamp=ON x=1", "#00001 acme/lamp - lamp=ON x=1"},
    {"by value in UTF-16", "json", "lamp%off", "#00001 acme/lamp - lamp=off"},
    {"by the second value", "json", "lamp=dim lamp=on", "#00001 acme/lamp - lamp=dim|on"},
    {"by value, the more particular", "json", "lamp=on door=d badge=1", "#00001 acme/lamp - badge=1 door=d lamp=on"},
    {"value differs", "json", "lamp=dim", NULL},
    {"value begins so", "json", "lamp=only", NULL},
    {"an inner value is no value", "json", "lamp~on", NULL},
    {"half of it", "json", "door=d", NULL},
    {"nothing", "json", "", NULL},
    {"of another reader", "json", "lift=1", NULL},
    {"of this reader", "evtx", "lift=1", "#00001 acme/lift - lift=1"},
    {"not wanted", "json", "door=d badge=1 none=x none=y", "#00001 acme/door - badge=1 door=d"},
    {"wanted as text alone", "json", "door=d badge=1 few=x", "#00001 acme/door - badge=1 door=d few=x"},
    {"a number where text is wanted", "json", "door=d badge=1 few#7", "#00001 acme/door - badge=1 door=d"},
    {"both", "json", "door=d badge=1 few#7 few=x few#8 few=y", "#00001 acme/door - badge=1 door=d few=x|y"},
    {"sifted and kept", "json", "door=d badge=1 sifted=keep", "#00001 acme/door - badge=1 door=d sifted=keep"},
    {"sifted and dropped", "json", "door=d badge=1 sifted=drop", "#00001 acme/door - badge=1 door=d"},
    {"of the event nothing matters", "json", "door=d badge=none sifted=keep few=x sifted#5",
     "#00001 acme/door - badge=none door=d few=x sifted=5"},
    {"sifted, several", "json", "door=d badge=1 sifted=drop sifted=k1 sifted=x sifted=k2 sifted#5 sifted!",
     "#00001 acme/door - badge=1 door=d sifted=k1|k2|5|null"},
    {"several, with null", "json", "door=d badge=1 m=a m! m=a m#1", "#00001 acme/door - badge=1 door=d m=a|null|a|1"},

    {"first of the times", "json", "door=d badge=1 at=" OTHER " stamp=" STAMP,
     "#00001 acme/door " STAMP " at=" OTHER " badge=1 door=d stamp=" STAMP},
    {"second where the first is missing", "json", "door=d badge=1 at=" OTHER,
     "#00001 acme/door " OTHER " at=" OTHER " badge=1 door=d"},
    {"second where the first is unreadable", "json", "door=d badge=1 stamp=noon at=" OTHER,
     "#00001 acme/door " OTHER " at=" OTHER " badge=1 door=d stamp=noon"},
    {"second where the first is null", "json", "door=d badge=1 stamp! at=" OTHER,
     "#00001 acme/door " OTHER " at=" OTHER " badge=1 door=d stamp=null"},
    {"second where the first is inner", "json", "door=d badge=1 stamp~" STAMP " at=" OTHER,
     "#00001 acme/door " OTHER " at=" OTHER " badge=1 door=d stamp=~" STAMP},
    {"first of several values", "json", "door=d badge=1 stamp=" STAMP " stamp=" OTHER,
     "#00001 acme/door " STAMP " badge=1 door=d stamp=" STAMP "|" OTHER},
    {"time in UTF-16", "json", "door=d badge=1 stamp%" STAMP, "#00001 acme/door " STAMP " badge=1 door=d stamp=" STAMP},
    {"time in seconds", "json", "door=d badge=1 stamp#1615686019",
     "#00001 acme/door " STAMP " badge=1 door=d stamp=1615686019"},
    {"time of another kind", "json", "lamp=on stamp=" STAMP, "#00001 acme/lamp - lamp=on stamp=" STAMP},
    {"unreadable alone", "json", "lamp=on at=noon", "#00001 acme/lamp - at=noon lamp=on"},

    {"stripped", "json", "wrapped=1 p.door=d q.badge=1", "#00001 acme/door - badge=1 door=d wrapped=1"},
    {"not wrapped", "json", "p.door=d q.badge=1 door=x badge=2",
     "#00001 acme/door - badge=2 door=x p.door=d q.badge=1"},
    {"wrapped by an inner value", "json", "wrapped~1 p.lamp=on lamp=on",
     "#00001 acme/lamp - lamp=on p.lamp=on wrapped=~1"},
    {"shape of another reader", "json", "raw=1 e.lamp=on", NULL},
    {"shape of this reader", "evtx", "raw=1 e.lamp=on", "#00001 acme/lamp - lamp=on raw=1"},
    {"lower rank keeps the name", "json", "wrapped=1 p.lamp=on q.lamp=off",
     "#00001 acme/lamp - lamp=on q.lamp=off wrapped=1"},
    {"whatever the order", "json", "wrapped=1 q.lamp=off p.lamp=on", "#00001 acme/lamp - lamp=on q.lamp=off wrapped=1"},
    {"three ranks", "json", "wrapped=1 lamp=on r.x=3 q.x=2 p.x=1",
     "#00001 acme/lamp - lamp=on q.x=2 r.x=3 wrapped=1 x=1"},
    {"its own name before all", "json", "wrapped=1 lamp=on p.lamp=off",
     "#00001 acme/lamp - lamp=on p.lamp=off wrapped=1"},
    {"equal ranks: both", "json", "wrapped=1 lamp=on odd=1 even=2", "#00001 acme/lamp - even=1|2 lamp=on wrapped=1"},
    {"equal ranks, and a third", "json", "wrapped=1 lamp=on p.even=3 even=2 odd=1",
     "#00001 acme/lamp - even=2|1 lamp=on p.even=3 wrapped=1"},
    {"the loser many times", "json", "wrapped=1 lamp=on q.x=1 q.x=2 p.x=3 q.x=4",
     "#00001 acme/lamp - lamp=on q.x=1|2|4 wrapped=1 x=3"},
    {"a second spelling takes no value's name, though it is of lower rank", "json", "wrapped=1 p.lamp~off q.lamp=on",
     "#00001 acme/lamp - lamp=on p.lamp=~off wrapped=1"},
    {"the same, the value first", "json", "wrapped=1 q.lamp=on p.lamp~off",
     "#00001 acme/lamp - lamp=on p.lamp=~off wrapped=1"},
    {"second spellings alone, by rank", "json", "wrapped=1 lamp=on p.x~1 q.x~2",
     "#00001 acme/lamp - lamp=on q.x=~2 wrapped=1 x=~1"},
    {"the winner many times", "json", "wrapped=1 lamp=on p.x=1 q.x=3 p.x=2",
     "#00001 acme/lamp - lamp=on q.x=3 wrapped=1 x=1|2"},
    {"pairs", "json", "wrapped=1 lamp=on L.n=y L.v=z L.n=x L.v=1", "#00001 acme/lamp - L.x=1 L.y=z lamp=on wrapped=1"},
    {"bytes", "json", "spelt=1 lamp#111 lamp#110 x#104 x#105", "#00001 acme/lamp - lamp=on spelt=1 x=hi"},
    {"one byte, and none", "json", "spelt=1 lamp=on x#65 y! z=7", "#00001 acme/lamp - lamp=on spelt=1 x=A y=null z=7"},
    {"numbers that are no bytes", "json", "spelt=1 lamp=on x#104 x#256 y#-1 z#1.5",
     "#00001 acme/lamp - lamp=on spelt=1 x=104|256 y=-1 z=1.5"},
    {"bytes and a text", "json", "spelt=1 lamp=on x#104 x=i y=h y#105",
     "#00001 acme/lamp - lamp=on spelt=1 x=104|i y=h|105"},
    {"bytes and how they were written", "json", "spelt=1 lamp=on x#104 x#105 x~[104,105]",
     "#00001 acme/lamp - lamp=on spelt=1 x=hi|~[104,105]"},
    {"both names", "json", "both=1 odd=1 light=on odd=2",
     "#00001 acme/lamp - both=1 even=1|2 lamp=on light=~on odd=~1|~2"},
    {"the own name decides nothing", "json", "both=1 lamp=dim odd=1", NULL},
    {"words", "json", "spelt=1 lamp=on w=sh x=1 w=-c w=id",
     "#00001 acme/lamp - all=sh -c id lamp=on n0=sh n1=-c n2=id spelt=1 x=1"},
    {"one word, null, and how they were written", "json", "spelt=1 lamp=on w=sh w! w~[sh]",
     "#00001 acme/lamp - all=sh lamp=on n0=sh spelt=1 w=null|~[sh]"},
    {"words that are bytes", "json", "spelt=1 lamp=on w#104 w#105", "#00001 acme/lamp - all=hi lamp=on n0=hi spelt=1"},
    {"numbers under no such shape", "json", "lamp=on x#104 x#105", "#00001 acme/lamp - lamp=on x=104|105"},
    {"a time under its other name", "json", "wrapped=1 lamp=on r.at=" STAMP,
     "#00001 acme/lamp " STAMP " at=" STAMP " lamp=on wrapped=1"},
};

/* The row without its values: number, kind and time. */
static bool is_head_of(str line, const char *row) {
    return line.len < strlen(row) && memcmp(line.ptr, row, line.len) == 0 && row[line.len] == ' ' &&
           (str_ends(line, S(" -")) || str_ends(line, S("Z"))) && str_find_byte(line, '=') == SIZE_MAX;
}

static void each_record(bool kinds_only) {
    struct ingest_options const o = {.rows_max = UINT32_MAX,
                                     .bytes_max = SIZE_MAX / 8,
                                     .wants = on_wants,
                                     .sift = on_sift,
                                     .sift_event = on_sift_event,
                                     .kinds_only = kinds_only};
    static struct trial t;

    for (size_t i = 0; i < COUNT(records); i++)
        for (int again = 0; again < 3;
             again++) { /* once by itself, then behind all others, whose gates are remembered */
            if (again && strcmp(records[i].reader, "json"))
                continue;
            open_with(&t, kind_files, &o);
            for (size_t k = 0; again && k < COUNT(records); k++)
                if (strcmp(records[k].reader, "json") == 0)
                    give_text(&t, records[again == 1 ? k : COUNT(records) - 1 - k].record);
            if (again) {
                struct err e = {0};

                assert_true(on_full(&t, &e));
                for (size_t k = 0; k < t.line_count; k++)
                    buf_free(&t.lines[k]);
                t.line_count = 0;
            }
            t.number = 0;
            ingest_part(t.in, 1, str_of(records[i].reader));
            give_text(&t, records[i].record);
            finish(&t);
            if (records[i].row ? t.line_count != 1 || !(kinds_only ? is_head_of(buf_str(&t.lines[0]), records[i].row)
                                                                   : line_is(&t, 0, records[i].row))
                               : t.line_count != 0)
                fail_msg("%s: %.*s", records[i].name, STR_ARG(buf_str(&t.lines[0])));
            assert_int_equal(ingest_counts(t.in)->records, 1);
            assert_int_equal(ingest_counts(t.in)->no_kind, !records[i].row);
            assert_int_equal(ingest_counts(t.in)->no_time, records[i].row && strstr(records[i].row, " - "));
            trial_close(&t);
        }
}

static void one_record(void **state) {
    (void)state;
    each_record(false);
}

/* Where only kinds and times are asked for, they are those of the whole record. */
static void one_record_by_kind_and_time_alone(void **state) {
    (void)state;
    each_record(true);
}

/* Shapes for any reader are for records of no named reader as well. */
static void a_reader_without_name(void **state) {
    static struct trial t;
    (void)state;

    for (int told = 0; told < 2; told++) {
        struct ingest_options o = {.rows_max = UINT32_MAX, .bytes_max = SIZE_MAX / 8};
        struct err e = {0};

        open_with(&t, kind_files, NULL);
        ingest_free(t.in); /* it has heard of a reader */
        o.fields = t.fields;
        o.kinds = t.kinds;
        o.full = on_full;
        o.ctx = &t;
        assert_true(ingest_new(&t.in, &o, &e));
        if (told)
            ingest_part(t.in, 1, S(""));
        give_text(&t, "wrapped=1 p.lamp=on");
        finish(&t);
        assert_true(line_is(&t, 0, "#00001 acme/lamp - lamp=on wrapped=1"));
        trial_close(&t);
    }
}

/* What the row says of its record, and the time that the reader knows. */
static void rows_know_their_record(void **state) {
    static struct trial t;
    struct err e = {0};
    struct record r = {.when = 77, .number = 5, .offset = 6, .size = (uint64_t)1 << 40, .salvaged = true};
    size_t count;
    (void)state;

    open_with(&t, kind_files, NULL);
    draft_read(&t, &draft, S("lamp=on at=" STAMP));
    r.values = draft.values;
    r.count = draft.count;
    assert_true(ingest_sink(t.in)->record(ingest_sink(t.in), &r, &e));
    r.salvaged = false;
    r.size = 9;
    assert_true(ingest_sink(t.in)->record(ingest_sink(t.in), &r, &e));
    struct block *const *const blocks = ingest_blocks(t.in, &count);

    assert_int_equal(count, 1);
    assert_int_equal(blocks[0]->row_count, 2);
    assert_int_equal(blocks[0]->rows_ever, 2);
    struct row const *const row = blocks[0]->rows;

    assert_true(row[0].when == 77 && row[0].number == 5 && row[0].offset == 6 && row[0].part == 7 &&
                row[0].size == UINT32_MAX && row[0].salvaged);
    assert_true(row[1].size == 9 && !row[1].salvaged);
    assert_int_equal(ingest_counts(t.in)->records, 1);
    assert_int_equal(ingest_counts(t.in)->salvaged, 1);
    assert_int_equal(ingest_counts(t.in)->bytes, ((uint64_t)1 << 40) + 9);
    assert_int_equal(ingest_counts(t.in)->no_time, 0);
    ingest_part(t.in, 8, S("json"));
    assert_int_equal(ingest_counts(t.in)->records + ingest_counts(t.in)->salvaged + ingest_counts(t.in)->bytes, 0);
    ingest_sink(t.in)->damage(ingest_sink(t.in), 3, 4, "why");
    assert_true(t.damaged);
    assert_false(ingest_sink(t.in)->wants_inner(ingest_sink(t.in), 0));
    draft_clear(&draft);
    trial_close(&t);
}

static void values_repaired_and_cut(void **state) {
    static struct trial t;
    struct err e = {0};
    struct buf large = {0};
    (void)state;

    open_with(&t, kind_files, NULL);
    value_add(&t, &draft, "lamp", RAW_TEXT, S("on"));
    value_add(&t, &draft, "a", RAW_TEXT, S("\xe4\xe4"));
    value_add(&t, &draft, "b", RAW_UTF16, S("A\0B"));
    for (int i = 0; i < 3; i++)
        assert_true(give(&t, &draft, &e));
    assert_int_equal(ingest_counts(t.in)->repaired, 9);
    assert_int_equal(ingest_counts(t.in)->cut, 0);
    assert_non_null(buf_reserve(&large, VALUE_BYTES_MAX + 1));
    memset(large.ptr, 'x', VALUE_BYTES_MAX + 1);
    value_add(&t, &draft, "c", RAW_TEXT, (str){large.ptr, VALUE_BYTES_MAX});
    value_add(&t, &draft, "d", RAW_TEXT, (str){large.ptr, VALUE_BYTES_MAX + 1});
    assert_true(give(&t, &draft, &e));
    assert_int_equal(ingest_counts(t.in)->cut, 1);
    draft_clear(&draft);
    finish(&t);
    assert_true(line_is(
        &t, 3, "#00004 acme/lamp - a=\xef\xbf\xbd\xef\xbf\xbd b=A c=xxxxxxxx..16777216 d=xxxxxxxx..16777216 lamp=on"));
    buf_free(&large);
    trial_close(&t);
}

/* A record of too many values is cut and counted, wrapped or not. */
static void too_many_values(void **state) {
    static struct trial t;
    struct err e = {0};
    (void)state;

    for (int wrapped = 0; wrapped < 2; wrapped++)
        for (uint32_t more = 0; more < 2; more++) {
            char expected[64];
            size_t count;

            open_with(&t, kind_files, NULL);
            draft_read(&t, &draft, wrapped ? S("wrapped=1 p.lamp=on") : S("lamp=on x=1"));
            while (draft.count < RECORD_VALUES_MAX + more)
                value_add(&t, &draft, "v", RAW_TEXT, draft.count % 2 ? S("a") : S("b"));
            assert_true(give(&t, &draft, &e));
            assert_int_equal(ingest_counts(t.in)->cut, more);
            struct block *const *const blocks = ingest_blocks(t.in, &count);
            const struct column *const c = block_column(blocks[0], field_find(t.fields, S("v")));

            assert_int_equal(dictionary_value(&c->dict, c->codes[0])->len, RECORD_VALUES_MAX - 2);
            snprintf(expected, sizeof expected, "acme/lamp");
            assert_true(str_eq(blocks[0]->name, str_of(expected)));
            draft_clear(&draft);
            trial_close(&t);
        }
}

/* ------------------------------------------------------------------ gates */

static void repeat(struct buf *b, char c, size_t count) {
    while (count--)
        buf_byte(b, c);
}

/* Values that differ in their last byte alone are told apart, however long, and whatever was remembered. */
static void long_values_decide(void **state) {
    static const size_t lengths[] = {1,   95,  96,  97,  127, 128,  129,  191,  192,
                                     193, 255, 256, 257, 300, 1000, 2030, 2048, 3000};
    static struct trial t;
    struct err e = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(lengths); i++)
        for (int utf16 = 0; utf16 < 2; utf16++) {
            size_t const len = lengths[i];
            struct buf yaml = {0}, value = {0};

            repeat(&value, 'a', len - 1);
            buf_byte(&value, 'z');
            buf_add(&yaml, S("kind: exact\nwhen: {k: "));
            buf_add(&yaml, buf_str(&value));
            buf_add(&yaml, S("}\n---\nkind: begin\nwhen: {s: {starts: "));
            buf_add(&yaml, buf_str(&value));
            buf_add(&yaml, S("}}\n---\nkind: named\nwhen: {n: {present: true}}\neach: n\n"));
            buf_byte(&yaml, '\0');
            open_with(&t, yaml.ptr, NULL);
            for (uint32_t n = 0; n < 18; n++) {
                value.ptr[len - 1] = (char)('y' + n % 2);
                draft_clear(&draft);
                struct raw *const v = value_add(&t, &draft,
                                                n % 3 == 0   ? "k"
                                                : n % 3 == 1 ? "s"
                                                             : "n",
                                                RAW_TEXT, buf_str(&value));

                if (utf16) {
                    str const w = wide(&draft, buf_str(&value));

                    v->type = RAW_UTF16;
                    v->ptr = w.ptr;
                    v->len = (uint32_t)w.len;
                }
                assert_true(give(&t, &draft, &e));
            }
            draft_clear(&draft);
            assert_int_equal(ingest_counts(t.in)->no_kind, 6);
            finish(&t);
            assert_int_equal(t.line_count, 12);
            for (size_t n = 0, line = 0; n < 18; n++) {
                char expected[200], head[8];
                str got;

                if (n % 3 < 2 && n % 2 == 0)
                    continue; /* the last letter is y */
                snprintf(head, sizeof head, "#%05u", (unsigned)n + 1);
                value.ptr[len - 1] = (char)('y' + n % 2);
                snprintf(expected, sizeof expected, "%s %s%s%.*s - ", head,
                         n % 3 == 0   ? "exact"
                         : n % 3 == 1 ? "begin"
                                      : "named",
                         n % 3 == 2 && len <= 128 ? "/" : "", n % 3 == 2 && len <= 128 ? (int)len : 0, value.ptr);
                got = buf_str(&t.lines[line++]);
                if (!str_starts(got, str_of(expected)))
                    fail_msg("%zu bytes%s: %.*s", len, utf16 ? " of UTF-16" : "", STR_ARG(got));
            }
            trial_close(&t);
            buf_free(&yaml);
            buf_free(&value);
        }
}

/* What is remembered of a value is only what conditions look at: values that agree so far and part behind, come in either order, and
 * values of which no condition looks at more than the first byte. */
static void what_conditions_look_at(void **state) {
    static const struct {
        str value;
        const char *kind; /* NULL: none */
    } values[] = {
        {STR("abcd"), "exact"},
        {STR("ABCD"), "exact"},
        {STR("abcde"), NULL},
        {STR("abcd e"), NULL},
        {STR("abcdefghijk1"), NULL},
        {STR("abcdefghijk2"), NULL},
        {STR("abc"), NULL},
        {STR(""), "exact"},
        {STR("-"), NULL},
        {STR("xyz"), "begin"},
        {STR("XyZ1234567890a"), "begin"},
        {STR("XyZ1234567890b"), "begin"},
        {STR("xy"), NULL},
        {STR("xyy1234567890a"), NULL},
        {STR("q\xc3\xa4"), "begin"},
        {STR("q\xc3\xa4 more"), "begin"},
        {STR("q\xc3"), NULL},
        {STR("q\xc3z"), NULL},
        {STR("q\xa4"), NULL},
        {STR("!bcd"), NULL},
        {STR("@bcd"), NULL},
        {STR("zzz 1"), NULL},
        {STR("zzz 2"), NULL},
        {STR("\xc3\xa4"), NULL},
    };
    static struct trial t;
    struct err e = {0};
    size_t line = 0, none = 0;
    (void)state;

    open_with(&t, "kind: exact\nwhen: {k: [abcd, '']}\n---\nkind: begin\nwhen: {k: {starts: [xyz, 'q\xc3\xa4']}}\n",
              NULL);
    for (size_t n = 0; n < 3 * COUNT(values); n++) {
        size_t const at = n / COUNT(values) == 1 ? 2 * COUNT(values) - 1 - n : n % COUNT(values);

        value_add(&t, &draft, "k", RAW_TEXT, values[at].value);
        assert_true(give(&t, &draft, &e));
        draft_clear(&draft);
        none += !values[at].kind;
    }
    assert_int_equal(ingest_counts(t.in)->no_kind, none);
    finish(&t);
    for (size_t n = 0; n < 3 * COUNT(values); n++) {
        size_t const at = n / COUNT(values) == 1 ? 2 * COUNT(values) - 1 - n : n % COUNT(values);
        char expected[40];

        if (!values[at].kind)
            continue;
        snprintf(expected, sizeof expected, "#%05u %s - ", (unsigned)n + 1, values[at].kind);
        if (!str_starts(buf_str(&t.lines[line]), str_of(expected)))
            fail_msg("%.*s: %.*s", STR_ARG(values[at].value), STR_ARG(buf_str(&t.lines[line])));
        line++;
    }
    trial_close(&t);
}

/* Many values that each might decide: together more than any key holds. The last of them decides. */
static void keys_too_long(void **state) {
    static struct trial t;
    struct err e = {0};
    struct buf yaml = {0}, value = {0};
    (void)state;

    for (int i = 0; i < 40; i++)
        buf_format(&yaml, "kind: k%02d\nwhen: {g%02d: 'yes', all: 'x'}\n---\n", i, i);
    buf_byte(&yaml, '\0');
    repeat(&value, 'a', 180);
    open_with(&t, yaml.ptr, NULL);
    for (int i = 0; i < 60; i++) {
        for (int k = 0; k < 40; k++) {
            char name[8];

            snprintf(name, sizeof name, "g%02d", k);
            value_add(&t, &draft, name, RAW_TEXT,
                      i % 3 && k == 20 + i / 3 ? i % 3 == 1 ? S("yes") : S("nay") : buf_str(&value));
        }
        value_add(&t, &draft, "all", RAW_TEXT, S("x"));
        assert_true(give(&t, &draft, &e));
        draft_clear(&draft);
    }
    assert_int_equal(ingest_counts(t.in)->no_kind, 40);
    finish(&t);
    assert_int_equal(t.line_count, 20);
    for (size_t i = 0; i < 20; i++) {
        char expected[32];

        snprintf(expected, sizeof expected, "#%05u k%02u - ", (unsigned)(3 * i + 2), (unsigned)(20 + i));
        assert_true(str_starts(buf_str(&t.lines[i]), str_of(expected)));
    }
    buf_free(&yaml);
    buf_free(&value);
    trial_close(&t);
}

static void gates_flooded(void **state) {
    static struct trial t;
    char text[64];
    (void)state;

    open_with(&t, kind_files, NULL);
    for (unsigned i = 0; i < 30000; i++) {
        snprintf(text, sizeof text, "lamp=%u", i);
        give_text(&t, i % 100 == 99 ? "lamp=on" : i % 100 == 49 ? "lamp=off x=1" : text);
    }
    assert_int_equal(ingest_counts(t.in)->no_kind, 30000 - 600);
    finish(&t);
    assert_int_equal(t.line_count, 600);
    for (size_t i = 0; i < 600; i++) {
        snprintf(text, sizeof text, "#%05u acme/lamp - %s", (unsigned)(50 * i + 50),
                 i % 2 ? "lamp=on" : "lamp=off x=1");
        assert_true(line_is(&t, i, text));
    }
    trial_close(&t);
}

/* ------------------------------------------------------------------ blocks */

/* A kind of endless names has 256 blocks and one for the rest; all kinds together 1,024 and one each. */
static void names_without_end(void **state) {
    static struct trial t;
    char text[96];
    size_t count;
    (void)state;

    open_with(&t,
              "kind: a\nwhen: {a: {present: true}}\neach: n\n---\nkind: b\nwhen: {b: {present: true}}\neach: n\n---\n"
              "kind: c\nwhen: {c: {present: true}}\neach: n\n---\nkind: d\nwhen: {d: {present: true}}\neach: n\n---\n"
              "kind: e\nwhen: {e: {present: true}}\neach: n\n---\nkind: f\nwhen: {f: {present: true}}\n",
              NULL);
    for (int round = 0; round < 2; round++)
        for (unsigned kind = 0; kind < 6; kind++)
            for (unsigned i = 0; i < 300; i++) {
                snprintf(text, sizeof text, i % 7 == 3 ? "%c=1" : "%c=1 n=%u", 'a' + kind, i);
                give_text(&t, text);
            }
    struct block *const *const blocks = ingest_blocks(t.in, &count);
    size_t of_kind[6] = {0}, mixed[6] = {0};

    for (size_t i = 0; i < count; i++) {
        of_kind[blocks[i]->kind_index]++;
        mixed[blocks[i]->kind_index] += blocks[i]->mixed;
        assert_int_equal(blocks[i]->mixed, blocks[i]->mixed && str_eq(blocks[i]->name, blocks[i]->kind->name));
    }
    for (size_t i = 0; i < 5; i++) {
        assert_true(of_kind[i] <= 257);
        assert_int_equal(mixed[i], 1);
    }
    assert_int_equal(of_kind[5], 1);
    assert_int_equal(mixed[5], 0);
    assert_true(count <= 1024 + 6);
    finish(&t);
    assert_int_equal(t.line_count, 3600);
    for (unsigned line = 0; line < 3600; line++) {
        unsigned const i = line % 300, kind = line / 300 % 6;

        if (i % 7 == 3)
            snprintf(text, sizeof text, "#%05u %c - %c=1", line + 1, 'a' + kind, 'a' + kind);
        else if (kind == 5)
            snprintf(text, sizeof text, "#%05u f - f=1 n=%u", line + 1, i);
        else
            snprintf(text, sizeof text, "#%05u %c/%u - %c=1 n=%u", line + 1, 'a' + kind, i, 'a' + kind, i);
        if (!line_is(&t, line, text))
            fail_msg("%s: %.*s", text, STR_ARG(buf_str(&t.lines[line])));
    }
    trial_close(&t);
}

/* More than 32 values that might be times stand before the one that is. */
static void times_behind_many(void **state) {
    static struct trial t;
    struct err e = {0};
    (void)state;

    open_with(&t, kind_files, NULL);
    for (int i = 0; i < 50; i++)
        value_add(&t, &draft, "stamp", RAW_TEXT, S(OTHER));
    draft_read(&t, &draft, S("lamp=on at=" STAMP));
    assert_true(give(&t, &draft, &e));
    assert_int_equal(ingest_counts(t.in)->no_time, 0);
    finish(&t);
    assert_true(str_starts(buf_str(&t.lines[0]), S("#00001 acme/lamp " STAMP)));
    draft_clear(&draft);
    trial_close(&t);
}

#define LATEST INT64_C(1704153600) /* 2024-01-02 */
static const struct {
    const char *text;
    const char *when; /* NULL: none */
    enum zone zone;
    unsigned precision;
} qualities[] = {
    {"2021-03-14T01:40:19Z", "2021-03-14T01:40:19Z", ZONE_GIVEN, 0},
    {"2021-03-14T01:40:19", "2021-03-14T01:40:19Z", ZONE_ASSUMED, 0},
    {"2021-03-14T01:40:00", "2021-03-14T01:40:00Z", ZONE_ASSUMED, 0},
    {"2021-03-14T01:40+02:00", "2021-03-13T23:40:00Z", ZONE_GIVEN, PRECISION_MINUTE},
    {"2021-03-14T01:40-02:00", "2021-03-14T03:40:00Z", ZONE_GIVEN, PRECISION_MINUTE},
    {"2021-03-14T01:40", "2021-03-14T01:40:00Z", ZONE_ASSUMED, PRECISION_MINUTE},
    {"2021-03-14", "2021-03-14T00:00:00Z", ZONE_ASSUMED, PRECISION_DAY},
    {"2021-03-14T00:00:00.0Z", "2021-03-14T00:00:00Z", ZONE_GIVEN, 1},
    {"2021-03-14T01:40:19.5040000", "2021-03-14T01:40:19.504Z", ZONE_ASSUMED, 7},
    {"14/Mar/2021:01:40:00 +0100", "2021-03-14T00:40:00Z", ZONE_GIVEN, 0},
    {"3/14/2021 1:40 AM", "2021-03-14T01:40:00Z", ZONE_ASSUMED, PRECISION_MINUTE},
    {"20210314T014000Z", "2021-03-14T01:40:00Z", ZONE_GIVEN, 0},
    {"20210314014000", "2021-03-14T01:40:00Z", ZONE_ASSUMED, 0},
    {"1615686000", "2021-03-14T01:40:00Z", ZONE_GIVEN, 0},
    {"1615686000.25", "2021-03-14T01:40:00.250Z", ZONE_GIVEN, 2},
    {"1615686000000", "2021-03-14T01:40:00Z", ZONE_GIVEN, 3},
    {"Dec 31 23:59:59", "2023-12-31T23:59:59Z", ZONE_ASSUMED, 0},
    {"Jan  1 00:00:00", "2024-01-01T00:00:00Z", ZONE_ASSUMED, 0},
    {"Jan  4 00:00:00", "2023-01-04T00:00:00Z", ZONE_ASSUMED, 0}, /* else two days after the file */
    {"noon", NULL, ZONE_GIVEN, 0},
    {"noon_and_more_0123456789_0123456789_0123456789_0123456789_0123456789", NULL, ZONE_GIVEN, 0},
};

/* How well a time is known, and the text it came from, its first 64 bytes. */
static void times_and_how_well(void **state) {
    static struct trial t;
    struct err e = {0};
    char when[INSTANT_TEXT];
    size_t count;
    (void)state;

    open_with(&t, kind_files, NULL);
    ingest_latest(t.in, LATEST * 1000000000);
    for (size_t i = 0; i < COUNT(qualities); i++) {
        str const text = str_of(qualities[i].text);

        draft_read(&t, &draft, S("lamp=on"));
        value_add(&t, &draft, "at", RAW_TEXT, text);
        assert_true(give(&t, &draft, &e));
        draft_clear(&draft);
        const struct block *const b = ingest_blocks(t.in, &count)[0];
        const struct row *const row = &b->rows[b->row_count - 1];

        if (!str_eq(instant_format(row->when, when), str_of(qualities[i].when)) || row->zone != qualities[i].zone ||
            row->precision != qualities[i].precision ||
            !str_eq(ingest_time_text(t.in, row), str_first(text, TIME_TEXT_MAX)))
            fail_msg("%s: %.*s, %u, %u, %.*s", qualities[i].text, STR_ARG(instant_format(row->when, when)), row->zone,
                     row->precision, STR_ARG(ingest_time_text(t.in, row)));
    }
    assert_int_equal(count, 1);
    trial_close(&t);
}

/* Records that say their time twice: the time that is taken, and by how much its witness is later than what is claimed. */
static void witnesses(void **state) {
    static const char kinds[] = "kind: w/a\nwhen: {a: {present: true}}\ntime: [first, utc, at]\nwitness: utc\n---\n"
                                "kind: w/b\nwhen: {b: {present: true}}\ntime: [{from: cloud, as: utc}, at, first]\n";
    static const struct {
        const char *text, *when;
        enum zone zone;
        const char *clock, *claim; /* fields; NULL: none */
        int32_t seconds;
    } cases[] = {
        {"a=1 first=2021-03-14T01:40:00Z utc=2021-03-14T06:40:01", "2021-03-14T01:40:00Z", ZONE_GIVEN, "first", "first",
         18001},
        {"a=1 at=2021-03-14T01:40:00Z utc=2021-03-14T06:40:00", "2021-03-14T06:40:00Z", ZONE_GIVEN, NULL, "at", 18000},
        {"a=1 at=2021-03-14T01:40:00 utc=2021-03-14T06:40:00", "2021-03-14T06:40:00Z", ZONE_GIVEN, NULL, "at", 21600},
        {"a=1 first=? at=2021-03-14T01:40:00Z utc=2021-03-14T01:39:00Z", "2021-03-14T01:39:00Z", ZONE_GIVEN, NULL, "at",
         -60},
        {"a=1 utc=2021-03-14T06:40:00", "2021-03-14T06:40:00Z", ZONE_GIVEN, NULL, NULL, 0},
        {"a=1 first=2021-03-14T01:40:00Z", "2021-03-14T01:40:00Z", ZONE_GIVEN, "first", NULL, 0},
        {"a=1 first=2021-03-14T01:40:00Z utc=?", "2021-03-14T01:40:00Z", ZONE_GIVEN, "first", NULL, 0},
        {"a=1 first=2021-03-14T01:40:00Z utc!", "2021-03-14T01:40:00Z", ZONE_GIVEN, "first", NULL, 0},
        {"a=1 first=1700-01-01T00:00:00Z utc=2200-01-01T00:00:00", "1700-01-01T00:00:00Z", ZONE_GIVEN, "first", "first",
         INT32_MAX},
        {"a=1 first=2200-01-01T00:00:00Z utc=1700-01-01T00:00:00", "2200-01-01T00:00:00Z", ZONE_GIVEN, "first", "first",
         -INT32_MAX},
        {"a=1", "", ZONE_GIVEN, NULL, NULL, 0},
        {"b=1 at=2021-03-14T01:40:00 utc=2021-03-14T06:40:00", "2021-03-14T00:40:00Z", ZONE_ASSUMED, "at", NULL, 0},
        {"b=1 first=2021-03-14T01:40:00+02:00", "2021-03-13T23:40:00Z", ZONE_GIVEN, "first", NULL, 0},
        {"b=1 cloud=2021-03-14T01:40:00", "2021-03-14T01:40:00Z", ZONE_GIVEN, NULL, NULL, 0},
        {"b=1 cloud=2021-03-14T01:40:00+02:00", "2021-03-13T23:40:00Z", ZONE_GIVEN, NULL, NULL, 0},
    };
    /* An hour east of UTC: only what says no zone, and is no witness. */
    struct zone_rules *const east = zone_rules_fixed(3600);
    struct ingest_options const o = {.rows_max = UINT32_MAX, .bytes_max = SIZE_MAX / 8, .zone = east};
    static struct trial t;
    char when[INSTANT_TEXT];
    size_t count;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        open_with(&t, kinds, &o);
        give_text(&t, cases[i].text);
        const struct row *const row = &ingest_blocks(t.in, &count)[0]->rows[0];
        field_id const clock = kinds_clock_field(t.kinds, row->time_clock),
                       claim = kinds_clock_field(t.kinds, row->claim_clock);
        str const clock_name = clock == FIELD_NONE ? S("") : field_name(t.fields, clock);
        str const claim_name = claim == FIELD_NONE ? S("") : field_name(t.fields, claim);

        if (!str_eq(instant_format(row->when, when), str_of(cases[i].when)) || row->zone != cases[i].zone ||
            !str_eq(clock_name, str_of(cases[i].clock)) || !str_eq(claim_name, str_of(cases[i].claim)) ||
            (claim != FIELD_NONE && row->claim_s != cases[i].seconds))
            fail_msg("%s: %.*s, %u, %.*s, %.*s, %d", cases[i].text, STR_ARG(instant_format(row->when, when)), row->zone,
                     STR_ARG(clock_name), STR_ARG(claim_name), row->claim_s);
        trial_close(&t);
    }
    zone_rules_free(east);
}

/* Steps back of times that the reader knows, in the order of their numbers. */
static void steps_back(void **state) {
    static const struct {
        uint64_t number;
        int64_t seconds;
        bool salvaged;
        uint64_t backs, back_s; /* from the first record on */
    } steps[] = {
        {1, 1000, false, 0, 0},   {2, 881, false, 0, 0},                             /* less than two minutes */
        {3, 761, false, 1, 120},  {4, 900, false, 1, 120},   {5, 100, true, 1, 120}, /* salvaged: old */
        {3, 0, false, 1, 120}, /* the log began again from its front */
        {6, 5000, false, 1, 120}, {7, 1000, false, 2, 4000}, {8, 700, false, 3, 4000},
    };
    static struct trial t;
    struct err e = {0};
    (void)state;

    open_with(&t, kind_files, NULL);
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct record const r = {
            .when = steps[i].seconds * 1000000000, .number = steps[i].number, .salvaged = steps[i].salvaged};

        assert_true(ingest_sink(t.in)->record(ingest_sink(t.in), &r, &e));
        if (ingest_counts(t.in)->backs != steps[i].backs || ingest_counts(t.in)->back_s != steps[i].back_s)
            fail_msg("%zu: %lu %lu", i, (unsigned long)ingest_counts(t.in)->backs,
                     (unsigned long)ingest_counts(t.in)->back_s);
    }
    ingest_part(t.in, 2, S("json")); /* another source: nothing is known of it */
    assert_true(ingest_sink(t.in)->record(ingest_sink(t.in), &(struct record){.when = 0, .number = 9}, &e));
    assert_int_equal(ingest_counts(t.in)->backs, 0);
    trial_close(&t);
}

/* A year is guessed by the file's time, of which the next part knows nothing. */
static void no_year_without_a_file(void **state) {
    static struct trial t;
    struct err e = {0};
    (void)state;

    open_with(&t, kind_files, NULL);
    ingest_latest(t.in, LATEST * 1000000000);
    ingest_part(t.in, 8, S("json"));
    draft_read(&t, &draft, S("lamp=on"));
    value_add(&t, &draft, "at", RAW_TEXT, S("Dec 31 23:59:59"));
    assert_true(give(&t, &draft, &e));
    assert_int_equal(ingest_counts(t.in)->no_time, 1);
    ingest_part(t.in, 9, S("json"));
    ingest_latest(t.in, LATEST * 1000000000); /* the same text, read before */
    assert_true(give(&t, &draft, &e));
    ingest_latest(t.in, (LATEST - INT64_C(86400) * 730) * 1000000000);
    assert_true(give(&t, &draft, &e));
    draft_clear(&draft);
    assert_int_equal(ingest_counts(t.in)->no_time, 0);
    size_t count;
    const struct row *const rows = ingest_blocks(t.in, &count)[0]->rows;

    assert_int_equal(count, 1);
    assert_int_equal(instant_wall(rows[1].when).year - instant_wall(rows[2].when).year, 2);
    trial_close(&t);
}

/* Bytes that are no UTF-8, a time that the reader knows, the first of two that cannot be read, the last character cut. */
static void texts_of_times(void **state) {
    static struct trial t;
    struct err e = {0};
    struct record r = {.when = 77, .zone = ZONE_ASSUMED, .precision = 3, .time_text = STR("at once"), .number = 1};
    size_t count;
    (void)state;

    open_with(&t, kind_files, NULL);
    draft_read(&t, &draft, S("lamp=on"));
    r.values = draft.values;
    r.count = draft.count;
    assert_true(ingest_sink(t.in)->record(ingest_sink(t.in), &r, &e));
    r.time_text = S("");
    assert_true(ingest_sink(t.in)->record(ingest_sink(t.in), &r, &e));
    draft_clear(&draft);
    draft_read(&t, &draft, S("lamp=on"));
    value_add(&t, &draft, "at", RAW_TEXT, S("no\xffon"));
    assert_true(give(&t, &draft, &e));
    draft_clear(&draft);
    draft_read(&t, &draft, S("lamp=on"));
    value_add(&t, &draft, "at", RAW_TEXT, S("012345678901234567890123456789012345678901234567890123456789012\xc3\xa9"));
    assert_true(give(&t, &draft, &e));
    draft_clear(&draft);
    const struct block *const lamps = ingest_blocks(t.in, &count)[0];

    assert_true(lamps->rows[0].when == 77 && lamps->rows[0].zone == ZONE_ASSUMED && lamps->rows[0].precision == 3);
    assert_true(str_eq(ingest_time_text(t.in, &lamps->rows[0]), S("at once")));
    assert_int_equal(ingest_time_text(t.in, &lamps->rows[1]).len, 0);
    assert_true(str_eq(ingest_time_text(t.in, &lamps->rows[2]), S("no?on")));
    assert_int_equal(ingest_time_text(t.in, &lamps->rows[3]).len, 63);
    draft_read(&t, &draft, S("door=d badge=1 at=soon stamp=noon"));
    assert_true(give(&t, &draft, &e));
    draft_clear(&draft);
    assert_true(str_eq(ingest_time_text(t.in, &ingest_blocks(t.in, &count)[1]->rows[0]), S("noon")));
    trial_close(&t);
}

/* What no kind claims is a row as well where that is asked for; and counted all the same. */
static void unclaimed_records(void **state) {
    static struct trial t;
    struct ingest_options const bounds = {.rows_max = 1000, .bytes_max = 1 << 24, .unclaimed = true};
    struct err e = {0};
    size_t count;
    (void)state;

    open_with(&t, kind_files, &bounds);
    for (const char *const *text = (const char *const[]){"half=1", "lamp=on", "half=2 at=" STAMP, NULL}; *text;
         text++) {
        draft_read(&t, &draft, str_of(*text));
        assert_true(give(&t, &draft, &e));
        draft_clear(&draft);
    }
    struct block *const *const blocks = ingest_blocks(t.in, &count);

    assert_int_equal(count, 2);
    assert_int_equal(blocks[0]->kind_index, KIND_UNCLAIMED);
    assert_int_equal(blocks[0]->row_count, 2);
    assert_int_equal(blocks[0]->name.len, 0);
    assert_true(blocks[0]->rows[0].number == 1 && blocks[0]->rows[1].number == 3);
    assert_true(blocks[0]->rows[1].when == INSTANT_NONE);
    assert_int_equal(ingest_counts(t.in)->no_kind, 2);
    assert_int_equal(ingest_counts(t.in)->records, 3);
    trial_close(&t);
}

/* ------------------------------------------------------------------ bounds */

static void full_by_rows(void **state) {
    (void)state;

    for (uint32_t rows_max = 1; rows_max <= 5; rows_max++)
        for (int forget = 0; forget < 2; forget++) {
            struct ingest_options const o = {.rows_max = rows_max, .bytes_max = SIZE_MAX / 8};
            static struct trial t;
            char text[64];

            open_with(&t, kind_files, &o);
            t.forget = forget;
            for (unsigned i = 1; i <= 20; i++) {
                snprintf(text, sizeof text, i % 2 ? "lamp=on a=%u a=%u" : "door=1 badge=%u b=%u", i % 3, i % 3);
                give_text(&t, text);
                assert_int_equal(t.fulls, i / rows_max);
                give_text(&t, "nothing=1"); /* no row */
                assert_int_equal(t.fulls, i / rows_max);
            }
            finish(&t);
            assert_int_equal(t.line_count, 20);
            for (unsigned i = 1; i <= 20; i++) {
                snprintf(text, sizeof text,
                         i % 2 ? "#%05u acme/lamp - a=%u|%u lamp=on" : "#%05u acme/door - b=%u badge=%u door=1",
                         2 * i - 1, i % 3, i % 3);
                if (i % 2 == 0)
                    snprintf(text, sizeof text, "#%05u acme/door - b=%u badge=%u door=1", 2 * i - 1, i % 3, i % 3);
                if (!line_is(&t, i - 1, text))
                    fail_msg("%s: %.*s", text, STR_ARG(buf_str(&t.lines[i - 1])));
            }
            trial_close(&t);
        }
}

/* What is held passes the bound by no more than one record, whatever a record says of its size: full is asked for in time,
 * and values that fill their share are forgotten. */
static void full_by_bytes(void **state) {
    static const struct {
        const char *name;
        uint32_t rows_max;
        size_t value_len, values;
        uint64_t size; /* as the record says */
        uint8_t type;
        const char *head; /* of each value */
    } cases[] = {
        {"new values", UINT32_MAX, 1000, 1, 1000, RAW_TEXT, ""},
        {"a row at a time", 1, 1000, 1, 1000, RAW_TEXT, ""},
        {"every other is the last", 2, 1000, 1, 1000, RAW_TEXT, ""},
        {"values larger than their record", UINT32_MAX, 10000, 1, 20, RAW_TEXT, ""},
        {"repaired ones", UINT32_MAX, 10000, 1, 20, RAW_TEXT, "\xe4"},
        {"binary ones", UINT32_MAX, 10000, 1, 20, RAW_BINARY, ""},
        {"many short ones", UINT32_MAX, 8, 2000, 4000, RAW_TEXT, ""},
        {"many empty ones", UINT32_MAX, 0, 4000, 4000, RAW_TEXT, ""},
    };
    size_t const bytes_max = 1 << 20;
    char *const bytes = malloc(1 << 20);
    (void)state;

    assert_non_null(bytes);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ingest_options const o = {.rows_max = cases[i].rows_max, .bytes_max = bytes_max};
        static struct trial t;
        size_t most = 0;
        uint32_t number = 0;

        open_with(&t, kind_files, &o);
        for (unsigned n = 0; n < 3000; n++) {
            struct err e = {0};
            struct raw *values;

            value_add(&t, &draft, "lamp", RAW_TEXT, S("on"));
            for (size_t k = 0; k < cases[i].values; k++) {
                char *const at = bytes + k * cases[i].value_len;

                memset(at, 'v', cases[i].value_len);
                memcpy(at, cases[i].head, strlen(cases[i].head));
                if (cases[i].value_len)
                    memcpy(at + cases[i].value_len - 4, &(uint32_t){number++ & 0x7f7f7f7f}, 4);
                value_add(&t, &draft, "x", cases[i].type, (str){at, cases[i].value_len});
            }
            values = draft.values;
            assert_true(ingest_sink(t.in)->record(
                ingest_sink(t.in),
                &(struct record){.values = values, .count = draft.count, .size = cases[i].size, .when = 1}, &e));
            draft_clear(&draft);
            for (size_t k = 0; k < t.line_count; k++)
                buf_free(&t.lines[k]);
            t.line_count = 0;
            most = ingest_bytes(t.in) > most ? ingest_bytes(t.in) : most;
        }
        if (most > bytes_max + bytes_max / 4)
            fail_msg("%s: %zu bytes", cases[i].name, most);
        assert_true(most > bytes_max / 4); /* it is not emptied for nothing */
        trial_close(&t);
    }
    free(bytes);
}

/* Names of fields without end: what a reset leaves of each grows, and full is asked for neither never nor
 * at every record. */
static void columns_without_end(void **state) {
    struct ingest_options const o = {.rows_max = UINT32_MAX, .bytes_max = 1 << 20};
    static struct trial t;
    char name[16];
    (void)state;

    open_with(&t, kind_files, &o);
    t.unseen = true; /* too many columns for a line */
    for (unsigned i = 0; i < 20000; i++) {
        struct raw values[2] = {{field_intern(t.fields, S("lamp")), RAW_TEXT, false, 0, 2, "on"}};
        struct err e = {0};

        snprintf(name, sizeof name, "n%u", i);
        values[1] = (struct raw){field_intern(t.fields, str_of(name)), RAW_TEXT, false, 0, 1, "v"};
        assert_true(ingest_sink(t.in)->record(ingest_sink(t.in),
                                              &(struct record){.values = values, .count = 2, .when = 1}, &e));
    }
    if (t.fulls < 5 || t.fulls > 20000 / BLOCK_ROWS_FIRST + 100)
        fail_msg("%zu times", t.fulls);
    trial_close(&t);
}

static void an_owner_who_says_no(void **state) {
    struct ingest_options const o = {.rows_max = 2, .bytes_max = SIZE_MAX / 8};
    static struct trial t;
    struct err e = {0};
    (void)state;

    open_with(&t, kind_files, &o);
    t.refuses = true;
    give_text(&t, "lamp=on");
    draft_read(&t, &draft, S("lamp=on"));
    assert_false(give(&t, &draft, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    draft_clear(&draft);
    trial_close(&t);
}

static int freed;
static void kept_free(void *kept) {
    assert_ptr_equal(kept, &freed);
    freed++;
}

static void what_a_reader_keeps(void **state) {
    static struct trial t;
    (void)state;

    open_with(&t, kind_files, NULL);
    assert_true(ingest_sink(t.in)->keeps);
    assert_null(ingest_sink(t.in)->kept);
    ingest_sink(t.in)->kept = &freed;
    ingest_sink(t.in)->kept_free = kept_free;
    give_text(&t, "lamp=on");
    ingest_part(t.in, 2, S("evtx"));
    ingest_clear(t.in, true);
    assert_int_equal(freed, 0);
    trial_close(&t);
    assert_int_equal(freed, 1);
    ingest_free(NULL);
}

/* ------------------------------------------------------------------ records that hold several events */

static const char party_files[] =
    "kind: party/guest\n"
    "when: {party: {present: true}, guest.name: {present: true}}\n"
    "each: guest.name\n"
    "time: [guest.came, at]\n"
    "---\n"
    "kind: party/empty\n"
    "when: {party: {present: true}}\n"
    "time: at\n"
    "---\n"
    "shape: party/list\n"
    "when: [party]\n"
    "each_of: party.guests\n"
    "pairs: {list: party.guests.gifts, name: n, value: v}\n"
    "strip: [party.guests.gifts.]\n"
    "rename: {party.guests: list, party.guests.name: guest.name, party.guests.came: guest.came}\n";

static const struct {
    const char *name, *record, *rows[3];
} parties[] = {
    {"two",
     "party=p 1:party.guests.name=a 2:party.guests.name=b",
     {"#00001.1 party/guest/a - guest.name=a party=p", "#00001.2 party/guest/b - guest.name=b party=p"}},
    {"one", "party=p 1:party.guests.name=a", {"#00001.1 party/guest/a - guest.name=a party=p"}},
    {"none", "party=p at=" STAMP, {"#00001 party/empty " STAMP " at=" STAMP " party=p"}},
    {"what stands behind the list is everyone's",
     "1:party.guests.name=a 2:party.guests.name=b party=p",
     {"#00001.1 party/guest/a - guest.name=a party=p", "#00001.2 party/guest/b - guest.name=b party=p"}},
    {"another list is everyone's",
     "party=p 1:tags=x 2:tags=y 1:party.guests.name=a 2:party.guests.name=b 1:more=z",
     {"#00001.1 party/guest/a - guest.name=a more=z party=p tags=x|y",
      "#00001.2 party/guest/b - guest.name=b more=z party=p tags=x|y"}},
    {"a list that begins alike is everyone's",
     "party=p 1:party.guestsX=x 2:party.guestsX=y 1:party.guests.name=a",
     {"#00001.1 party/guest/a - guest.name=a party=p party.guestsX=x|y"}},
    {"each with a time, or the record's",
     "party=p at=" STAMP " 1:party.guests.name=a 2:party.guests.name=b 2:party.guests.came=" OTHER,
     {"#00001.1 party/guest/a " STAMP " at=" STAMP " guest.name=a party=p",
      "#00001.2 party/guest/b " OTHER " at=" STAMP " guest.came=" OTHER " guest.name=b party=p"}},
    {"pairs stay with their element",
     "party=p 1:party.guests.name=a 1:party.guests.gifts.n=g 1:party.guests.gifts.v=1 2:party.guests.name=b "
     "2:party.guests.gifts.n=g 2:party.guests.gifts.v=2",
     {"#00001.1 party/guest/a - g=1 guest.name=a party=p", "#00001.2 party/guest/b - g=2 guest.name=b party=p"}},
    {"the list's own text is everyone's",
     "party=p 1:party.guests.name=a party.guests~text",
     {"#00001.1 party/guest/a - guest.name=a list=~text party=p"}},
    {"an element of another kind",
     "party=p 1:party.guests.name=a 2:party.guests.came=" OTHER " at=" STAMP,
     {"#00001.1 party/guest/a " STAMP " at=" STAMP " guest.name=a party=p",
      "#00001.2 party/empty " STAMP " at=" STAMP " guest.came=" OTHER " party=p"}},
    {"an element without values is not there",
     "party=p 1:party.guests.name=a 3:party.guests.name=c",
     {"#00001.1 party/guest/a - guest.name=a party=p", "#00001.3 party/guest/c - guest.name=c party=p"}},
    {"the list twice",
     "party=p 1:party.guests.name=a 2:party.guests.name=b 1:party.guests.name=c",
     {"#00001.1 party/guest/a - guest.name=a party=p", "#00001.1 party/guest/c - guest.name=c party=p",
      "#00001.2 party/guest/b - guest.name=b party=p"}},
    {"of no shape: whole", "guests=1 1:party.guests.name=a", {NULL}},
};

/* A line of text may hold such a list as well (JSON behind a head of syslog): what a format tells of the line is everyone's. */
static void each_of_a_line(void **state) {
    static struct trial t;
    struct buf yaml = {0};
    (void)state;

    buf_format(&yaml, "%s---\nformat: f\ntemplates: 'hello-{who}'\n", party_files);
    buf_byte(&yaml, '\0');
    open_with(&t, yaml.ptr, NULL);
    ingest_part(t.in, 7, S("text"));
    give_text(&t, "message=hello-you party=p 1:party.guests.name=a 2:party.guests.name=b");
    finish(&t);
    assert_int_equal(t.line_count, 2);
    assert_true(line_is(&t, 0, "#00001.1 party/guest/a - format=f guest.name=a message=hello-you party=p who=you"));
    assert_true(line_is(&t, 1, "#00001.2 party/guest/b - format=f guest.name=b message=hello-you party=p who=you"));
    trial_close(&t);
    buf_free(&yaml);
}

/* Each element is an event with all that stands beside the list; the record is counted once. */
static void each_of_a_list(void **state) {
    static struct trial t;
    (void)state;

    for (size_t i = 0; i < COUNT(parties); i++)
        for (uint32_t rows_max = 1; rows_max <= 3;
             rows_max += 2) { /* the owner is called between the elements as well */
            struct ingest_options const o = {.rows_max = rows_max, .bytes_max = SIZE_MAX / 8};
            size_t rows = 0, timeless = 0;

            open_with(&t, party_files, &o);
            give_text(&t, parties[i].record);
            finish(&t);
            for (; rows < COUNT(parties[i].rows) && parties[i].rows[rows]; rows++) {
                timeless += strstr(parties[i].rows[rows], " - ") != NULL;
                if (!line_is(&t, rows, parties[i].rows[rows]))
                    fail_msg("%s: %.*s", parties[i].name, STR_ARG(buf_str(&t.lines[rows])));
            }
            if (t.line_count != rows)
                fail_msg("%s: %zu events", parties[i].name, t.line_count);
            assert_int_equal(ingest_counts(t.in)->records, 1);
            assert_int_equal(ingest_counts(t.in)->no_kind, rows == 0);
            assert_int_equal(ingest_counts(t.in)->no_time, timeless > 0);
            trial_close(&t);
        }
}

/* Many events of one record, each with what they share. */
static void as_many_as_a_record_holds(void **state) {
    static struct trial t;
    struct ingest_options const o = {.rows_max = 1000, .bytes_max = SIZE_MAX / 8};
    struct err e = {0};
    (void)state;

    open_with(&t, party_files, &o);
    t.unseen = true;
    value_add(&t, &draft, "party", RAW_TEXT, S("p"));
    for (unsigned i = 1; i < RECORD_VALUES_MAX; i++)
        value_add(&t, &draft, "party.guests.name", RAW_TEXT, S("a"))->element = (uint16_t)i;
    assert_true(give(&t, &draft, &e));
    assert_int_equal(t.fulls, (RECORD_VALUES_MAX - 1) / 1000);
    size_t count;
    struct block *const *const blocks = ingest_blocks(t.in, &count);

    assert_int_equal(count, 1);
    assert_int_equal(blocks[0]->rows_ever, RECORD_VALUES_MAX - 1);
    draft_clear(&draft);
    trial_close(&t);
}

static void memory_may_run_out_between_events(void **state) {
    static struct trial t;
    (void)state;

    REFUSE_OR_SKIP();
    for (long refused = 0, done = 0; !done; refused++) {
        struct err e = {0};
        bool ok;

        open_with(&t, party_files, NULL);
        draft_read(&t, &draft, S("party=p 1:party.guests.name=a 2:party.guests.name=b"));
        struct record const r = {.values = draft.values, .count = draft.count, .when = INSTANT_NONE, .number = 1};

        memory_refused = false;
        memory_left = refused;
        ok = ingest_sink(t.in)->record(ingest_sink(t.in), &r, &e);
        memory_left = -1;
        done = !memory_refused;
        assert_true(ok == !memory_refused);
        assert_true(ok || e.code == ERR_MEMORY || e.code == ERR_LIMIT);
        finish(&t);
        if (ok ? t.line_count != 2 : t.line_count > 2)
            fail_msg("%zu events after %ld requests", t.line_count, refused);
        draft_clear(&draft);
        trial_close(&t);
    }
}

/* Whatever request for memory is refused: an error that says so, and rows that were whole are whole. */
static void memory_may_run_out(void **state) {
    static const char *const given[] = {"wrapped=1 p.lamp=on q.lamp=off L.n=a L.v=b",
                                        ("door=1 badge=2 site=HQ stamp%" STAMP), "door=1 badge=2 site=HQ m=a m=b m=c",
                                        "nothing=1"};
    static const char *const rows[] = {"#00001 acme/lamp - L.a=b lamp=on q.lamp=off wrapped=1",
                                       "#00002 acme/door/HQ " STAMP " badge=2 door=1 site=HQ stamp=" STAMP,
                                       "#00003 acme/door/HQ - badge=2 door=1 m=a|b|c site=HQ"};
    static struct draft drafts[COUNT(given)];
    static struct trial t;
    (void)state;

    REFUSE_OR_SKIP();
    for (long refused = 0, done = 0; !done; refused++) {
        struct ingest_options o = {.rows_max = UINT32_MAX, .bytes_max = SIZE_MAX / 8};
        struct err e = {0};
        size_t whole = 0;

        open_with(&t, kind_files, NULL);
        ingest_free(t.in);
        t.in = NULL;
        o.fields = t.fields;
        o.kinds = t.kinds;
        o.full = on_full;
        o.ctx = &t;
        for (size_t i = 0; i < COUNT(given); i++)
            draft_read(&t, &drafts[i], str_of(given[i]));
        memory_refused = false;
        memory_left = refused;
        if (ingest_new(&t.in, &o, &e)) {
            ingest_part(t.in, 1, S("json"));
            for (bool ok = true; ok && whole < COUNT(given); whole += ok) {
                struct record const r = {.values = drafts[whole].values,
                                         .count = drafts[whole].count,
                                         .when = INSTANT_NONE,
                                         .number = whole + 1};

                ok = ingest_sink(t.in)->record(ingest_sink(t.in), &r, &e);
                assert_true(ok != memory_refused);
                assert_true(ok || e.code == ERR_MEMORY || e.code == ERR_LIMIT);
            }
            memory_left = -1;
            finish(&t);
            assert_int_equal(t.line_count, whole < COUNT(rows) ? whole : COUNT(rows));
            for (size_t i = 0; i < t.line_count; i++)
                if (!line_is(&t, i, rows[i]))
                    fail_msg("%.*s", STR_ARG(buf_str(&t.lines[i])));
        } else
            assert_int_equal(e.code, ERR_MEMORY);
        for (size_t i = 0; i < COUNT(given); i++)
            draft_clear(&drafts[i]);
        memory_left = -1;
        done = !memory_refused;
        trial_close(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_record),
        cmocka_unit_test(one_record_by_kind_and_time_alone),
        cmocka_unit_test(a_reader_without_name),
        cmocka_unit_test(rows_know_their_record),
        cmocka_unit_test(values_repaired_and_cut),
        cmocka_unit_test(too_many_values),
        cmocka_unit_test(long_values_decide),
        cmocka_unit_test(what_conditions_look_at),
        cmocka_unit_test(keys_too_long),
        cmocka_unit_test(gates_flooded),
        cmocka_unit_test(names_without_end),
        cmocka_unit_test(times_behind_many),
        cmocka_unit_test(times_and_how_well),
        cmocka_unit_test(witnesses),
        cmocka_unit_test(steps_back),
        cmocka_unit_test(no_year_without_a_file),
        cmocka_unit_test(texts_of_times),
        cmocka_unit_test(unclaimed_records),
        cmocka_unit_test(full_by_rows),
        cmocka_unit_test(full_by_bytes),
        cmocka_unit_test(columns_without_end),
        cmocka_unit_test(an_owner_who_says_no),
        cmocka_unit_test(what_a_reader_keeps),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(each_of_a_line),
        cmocka_unit_test(each_of_a_list),
        cmocka_unit_test(as_many_as_a_record_holds),
        cmocka_unit_test(memory_may_run_out_between_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
