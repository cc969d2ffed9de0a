/* test_json: the JSON reader: the classes of RFC 8259's public test suites as cases of our own, sources of many shapes,
 * hostile ones, and parts of any cut. With `--print FILE` the program prints the records of a file, for test_json_python.py. */
#include "promises.h"
#include "print.h"
#include "reader/json.h"

static void json_notes(struct notes *n) {
    notes_open(n);
    n->numberless = true;
}

static void read_part(str bytes, struct part part, size_t more, struct notes *n) {
    read_into(&json_reader, bytes, part, more, n);
}

/* ------------------------------------------------------------------ documents that are right */

#define DEEP_10 "[[[[[[[[[["
#define DEEP_10_END "]]]]]]]]]]"

static const struct {
    const char *name;
    str text;
    const char *fields;
} valid[] = {
#include "json_valid.inc"
};

static void right_documents_give_their_fields(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++)
        for (int lines = 0; lines < 2; lines++) {
            struct notes n;
            struct buf want = {0};

            json_notes(&n);
            read_part(valid[i].text, lines ? (struct part){0, 1 << 20} : whole, 0, &n);
            buf_format(&want, "0+%zu{%s} ", valid[i].text.len, valid[i].fields);
            if (!str_eq(buf_str(&want), buf_str(&n.text)))
                fail_msg("%s: %.*s instead of %.*s", valid[i].name, STR_ARG(buf_str(&n.text)), STR_ARG(buf_str(&want)));
            buf_free(&want);
            notes_close(&n);
        }
}

/* ------------------------------------------------------------------ documents that are wrong */

static const struct {
    const char *name;
    str text;
    const char *why;
} invalid[] = {
#include "json_invalid.inc"
};

/* Each stands on a line, and the next line is read all the same: as lines, and as documents. */
static void wrong_documents_are_damage(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(invalid); i++)
        for (int lines = 0; lines < 2; lines++) {
            struct buf text = {0}, want = {0};
            struct notes n;

            json_notes(&n);
            buf_add(&text, invalid[i].text);
            buf_add(&text, S("\n{\"next\":1}\n"));
            read_part(buf_str(&text), lines ? (struct part){0, 1 << 20} : whole, 0, &n);
            if (lines) {
                buf_format(&want, "!0+%zu(%s) %zu+10{next=n:1} ", invalid[i].text.len + 1, invalid[i].why,
                           invalid[i].text.len + 1);
                if (!str_eq(buf_str(&want), buf_str(&n.text)))
                    fail_msg("%s: %.*s instead of %.*s", invalid[i].name, STR_ARG(buf_str(&n.text)),
                             STR_ARG(buf_str(&want)));
            } else if (n.records != 1 || n.last_at != invalid[i].text.len + 1 || n.damages == 0)
                fail_msg("%s as a document: %.*s", invalid[i].name, STR_ARG(buf_str(&n.text)));
            buf_free(&text);
            buf_free(&want);
            notes_close(&n);
        }
}

/* ------------------------------------------------------------------ sources */

static const struct source sources[] = {
#include "json_sources.inc"
};

static void sources_of_many_shapes(void **state) {
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(sources); i++)
        for (size_t more = 0; more < 2; more++) {
            struct notes n;

            json_notes(&n);
            read_part(sources[i].text, whole, more * 100, &n);
            if (!str_eq(str_trim(buf_str(&n.text)), str_of(sources[i].notes))) {
                print_error("%s: %.*s instead of %s\n", sources[i].name, STR_ARG(buf_str(&n.text)), sources[i].notes);
                wrong++;
            }
            notes_close(&n);
        }
    assert_int_equal(wrong, 0);
}

static void heads(void **state) {
    static const struct {
        str head;
        bool json, lines;
    } cases[] = {
        {STR("{\"a\":1}\n"), true, true},
        {STR("{\"a\":1}"), true, false},
        {STR("\xef\xbb\xbf{\"a\":1}\n{\"a\":2}\n"), true, true},
        {STR("{}\n"), true, true},
        {STR("{\n \"a\":1}\n"), true, false},
        {STR("{\"a\":1}\n{\n\"a\":2}\n"), true, false},
        {STR("{\"a\":\"}\"}\n"), true, true},
        {STR("{\"a\":\"\\\"}\"}\n"), true, true},
        {STR("[{\"a\":1}]\n"), true, false},
        {STR("[]"), true, false},
        {STR(" \r\n\t{ \"a\":1}\n"), true, false},
        {STR("{\"Records\":[{\"a\":1}]}\n"), true, false},
        {STR("{\"a\":1}{\"b\":1}\n"), true, false},
        {STR("\xff\xfe{\0\"\0a\0\"\0"), true, false},
        {STR("\xfe\xff\0{\0\r\0\n\0\"\0a\0\""), true, false},
        {STR("\xff\xfe"), false, false},
        {STR("\xff\xfe<\0"), false, false},
        {STR("\xff\xfe\x7b\x22"), false, false},
        {STR(""), false, false},
        {STR("   "), false, false},
        {STR("{"), true, false},
        {STR("{a:1}"), false, false},
        {STR("[1,2]"), false, false},
        {STR("[main]\n"), false, false},
        {STR("{{ template }}"), false, false},
        {STR("<xml/>"), false, false},
        {STR("ElfFile\0"), false, false},
        {STR("\"a\""), false, false},
        {STR("\0{\"a\":1}"), false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (json_reader.looks_like(cases[i].head) != cases[i].json)
            fail_msg("case %zu looks otherwise", i);
        if ((json_reader.part_size(cases[i].head) > 0) != cases[i].lines)
            fail_msg("case %zu: lines or not", i);
    }
}

/* Read as lines it would be one record. */
static void a_wrapper_is_no_line_whatever_is_refused(void **state) {
    static const str text = STR("{\"Records\":[{\"a\":1},{\"a\":2}]}\n");
    long allowed = 0;
    (void)state;
    REFUSE_OR_SKIP();

    memory_gone_for_good = false;
    do {
        memory_refused = false;
        memory_left = allowed++;
        uint64_t const size = json_reader.part_size(text);

        memory_left = -1;
        assert_int_equal(size, 0);
    } while (memory_refused);
    assert_true(allowed > 5);
}

/* ------------------------------------------------------------------ serialised text, dotted keys, wants */

static void serialised_text_is_given_where_asked(void **state) {
    static const struct {
        const char *text, *field, *fields;
    } cases[] = {
        {"{\"a\":{\"b\":1}}", "a", "a.b=n:1;a=i:{\"b\":1}"},
        {"{\"a\":[{\"b\":1},{\"b\":2}]}", "a", "a.b=n:1;a.b=n:2;a=i:[{\"b\":1},{\"b\":2}]"},
        {"{\"a\":[1,2]}", "a", "a=n:1;a=n:2"},
        {"{\"a\":{}}", "a", "a=i:{}"},
        {"{\"a\":[]}", "a", "a=i:[]"},
        {"{\"a\":{\"b\":{\"c\":1}}}", "a.b", "a.b.c=n:1;a.b=i:{\"c\":1}"},
        {"{\"a\":{\"b\":1}}", "b", "a.b=n:1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct notes n;
        struct buf want = {0};

        json_notes(&n);
        n.sink.wants_inner = wants_inner;
        n.inner = field_intern(n.sink.fields, str_of(cases[i].field));
        read_part(str_of(cases[i].text), whole, 0, &n);
        buf_format(&want, "0+%zu{%s} ", strlen(cases[i].text), cases[i].fields);
        if (!str_eq(buf_str(&want), buf_str(&n.text)))
            fail_msg("%zu: %.*s", i, STR_ARG(buf_str(&n.text)));
        buf_free(&want);
        notes_close(&n);
    }
}

static bool wants_even(struct event_sink *sink, field_id field) {
    str const name = field_name(sink->fields, field);

    return name.ptr[name.len - 1] % 2 == 0;
}

static void what_nobody_wants_is_still_checked(void **state) {
    struct notes n;
    (void)state;

    json_notes(&n);
    n.sink.wants = wants_even;
    read_part(S("{\"a\":1,\"b\":2,\"c\":{\"d\":\"x\\n\",\"e\":[1]}}\n{\"a\":01,\"b\":2}\n{\"a\":\"\xff\",\"b\":3}\n"),
              whole, 0, &n);
    assert_true(str_eq(buf_str(&n.text), S("0+37{b=n:2;c.d=t:x\n} !38+15(number with a leading zero) "
                                           "!59+1(text that is no Unicode: repaired) 53+15{b=n:3} ")));
    notes_close(&n);
}

/* ------------------------------------------------------------------ show */

static const struct shown shown[] = {
    {STR("{\"a\":1}\n{\"b\": [2,\n3]}\n"), 0, "{\"a\":1}"},
    {STR("{\"a\":1}\n{\"b\": [2,\n3]}\n"), 8, "{\"b\": [2,\n3]}"},
    {STR("{\"a\":1}\n{\"b\": [2,\n3]}\n"), 7, NULL},
    {STR("{\"a\":1}\n{\"b\": [2,\n3]}\n"), 9, NULL},
    {STR("{\"a\":1}\n{\"b\": [2,\n3]}\n"), 1000, NULL},
    {STR("{\"a\":1,}"), 0, NULL},
    {STR("{\"a\":1"), 0, NULL},
    {STR("{\"Records\":[{\"a\":1}]}"), 12, "{\"a\":1}"},
    {STR("{\"Records\":[{\"a\":1}]}"), 0, "{\"Records\":[{\"a\":1}]}"},
    {STR("{\"a\":\"\xff\\u00e4\"}"), 0, "{\"a\":\"\xff\\u00e4\"}"},
    {STR("\xff\xfe{\0\"\0\xe4\0\"\0:\0001\0}\0"), 2, "{\"\xc3\xa4\":1}"},
    {STR("\xff\xfe{\0\"\0\xe4\0\"\0:\0001\0}\0"), 3, NULL},
    {STR(""), 0, NULL},
};

/* ------------------------------------------------------------------ hostile sources */

/* Two gigabytes without a line end need no more memory than one record may. */
static void endless_lines_need_bounded_memory(void **state) {
    static const struct {
        str head;
        char fill;
        uint64_t records, damages, damaged;
    } cases[] = {
        {STR("{\"a\":1}\n"), ' ', 1, 0, 0},
        {STR("{\"a\":1}\n"), '\0', 1, 1, ((uint64_t)2 << 30) - 8},
        {STR("{\"a\":1}\n"), 'x', 1, 1, ((uint64_t)2 << 30) - 8},
        {STR("{\"a\":1}\n{\"b\":\""), 'x', 1, 1, ((uint64_t)2 << 30) - 8},
        {STR("{\"a\":1}\n{\"b\":"), '1', 1, 1, ((uint64_t)2 << 30) - 8},
        {STR("{\"a\":1}\n{\"b\":1"), ' ', 1, 1, ((uint64_t)2 << 30) - 8},
        {STR("{\"a\":1}\n{\"b\":"), '[', 1, 1, ((uint64_t)2 << 30) - 8},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        endless_is_bounded(&json_reader, cases[i].head, cases[i].fill, (uint64_t)2 << 30, cases[i].records,
                           cases[i].damages, cases[i].damaged);
}

static void nesting_is_bounded(void **state) {
    (void)state;
    for (size_t depth = 250; depth < 262; depth++)
        for (int braces = 0; braces < 2; braces++) {
            struct buf text = {0};

            buf_add(&text, S("{\"a\":"));
            for (size_t i = 0; i < depth; i++)
                buf_add(&text, braces ? S("{\"a\":") : S("["));
            buf_byte(&text, '1');
            for (size_t i = 0; i < depth; i++)
                buf_byte(&text, braces ? '}' : ']');
            buf_add(&text, S("}\n{}\n"));
            struct notes const n = counted(&json_reader, buf_str(&text), 0);

            assert_int_equal(n.records, depth < 256 ? 2 : 1);
            assert_int_equal(n.damages, depth < 256 ? 0 : 1);
            buf_free(&text);
        }
}

static void many_keys_and_values_are_cut_and_told(void **state) {
    static const struct {
        size_t keys, per_record, records, values, damages;
    } cases[] = {
        {100000, 100000, 1, 8192, 2}, /* too many values, and too many names */
        {100000, 100, 1000, 65534, 345},
        {8192, 8192, 1, 8192, 0},
        {8193, 8193, 1, 8192, 1},
    };
    (void)state;
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct buf text = {0};

        for (size_t i = 0; i < cases[c].keys; i++)
            buf_format(&text, "%s\"k%zu\":%zu%s", i % cases[c].per_record ? "," : "{", i, i,
                       i % cases[c].per_record == cases[c].per_record - 1 ? "}\n" : "");
        struct notes const n = counted(&json_reader, buf_str(&text), 0);

        assert_int_equal(n.records, cases[c].records);
        assert_int_equal(n.values, cases[c].values);
        assert_int_equal(n.damages, cases[c].damages);
        buf_free(&text);
    }
}

static void a_record_of_16_mib_is_the_largest(void **state) {
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        size_t const size = ((size_t)16 << 20) + over;
        struct buf text = {0};

        buf_add(&text, S("{\"a\":\""));
        fill(&text, 'x', size - 8);
        buf_add(&text, S("\"}\n{}\n"));
        struct notes const n = counted(&json_reader, buf_str(&text), 0);

        assert_int_equal(n.records, over ? 1 : 2);
        assert_int_equal(n.damages, over);
        assert_int_equal(n.last_at, size + 1);
        buf_free(&text);
    }
}

/* Lists and objects in the text of a member do not keep the document from being a wrapper; its own lists do. */
static void a_list_in_a_text_is_none_of_the_documents(void **state) {
    static const struct {
        const char *text;
        uint64_t records;
    } cases[] = {
        {"{\"Status\":\"[1]\",\"value\":[{\"a\":1},{\"a\":2}]}", 2},
        {"{\"Status\":\"1\",\"value\":[{\"a\":1},{\"a\":2}]}", 2},
        {"{\"Status\":[1],\"value\":[{\"a\":1},{\"a\":2}]}", 1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(counted(&json_reader, str_of(cases[i].text), 0).records, cases[i].records);
}

/* A large record is read in a large window; the small one at that window's end is whole in the next. */
static void records_behind_a_large_one(void **state) {
    static const char little[] = "{\"a\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}\n";
    size_t const large = (size_t)9 << 20, count = ((size_t)9 << 20) / (sizeof little - 1);
    struct buf text = {0};
    (void)state;

    buf_add(&text, S("{\"a\":\""));
    fill(&text, 'x', large - 9);
    buf_add(&text, S("\"}\n"));
    for (size_t i = 0; i < count; i++)
        buf_add(&text, (str){little, sizeof little - 1});
    for (size_t more = 0; more < 2; more++) { /* and where the source gives all it has at once */
        struct notes const n = counted(&json_reader, buf_str(&text), more << 26);

        assert_int_equal(n.records, 1 + count);
        assert_int_equal(n.damages, 0);
    }
    buf_free(&text);
}

/* ------------------------------------------------------------------ parts */

static uint32_t draw(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void add_any_line(struct buf *b, uint64_t *seed) {
    static const char *const lines[] = {
        "{\"a\":1}",
        "{}",
        "{\"a\":{\"b\":[1,{\"c\":\"x\"}]}}",
        "{\"a\":\"\\n{\\\"\"}",
        "{\"a\":1}{\"a\":2}",
        "{\"a\":1} junk {\"a\":2}",
        "{\"a\":1",
        "{\"a\":\"x",
        "{\"a\":[1,",
        "",
        "  {\"indented\":1}",
        "[{\"a\":1}]",
        "],",
        "},",
        "{\"value\":[{\"a\":1},{\"a\":2}]}",
        "{\"value\":[{\"a\":1},",
        "{\"a\":1},{\"a\":2}",
        "{\"x\":\"\xff\"}",
        "{",
        "}",
        "\r",
        "\xef\xbb\xbf{\"bom\":1}",
        "text",
        "{\"a\":\n1}",
        "{\"a\":\n {\"b\":1}}",
        "{\"records\":[]}",
        "{\"hits\":{\"hits\":[{\"_source\":{\"a\":1}}]}}",
    };

    buf_add(b, str_of(lines[draw(seed) % COUNT(lines)]));
    if (draw(seed) % 16 == 0)
        buf_byte(b, (char)(draw(seed) % 3 ? "{}[],:\"\\ \t\n"[draw(seed) % 11] : (int)(draw(seed) % 256)));
    buf_byte(b, '\n');
}

/* Whatever stands on the lines, parts of any cut give what the whole gives, in the same order. */
static void parts_of_any_cuts_give_the_whole(void **state) {
    uint64_t seed = 20;
    (void)state;

    for (int round = 0; round < 3000; round++) {
        struct buf text = {0};
        struct notes all, parts;
        uint64_t from = 0;

        json_notes(&all);
        json_notes(&parts);
        if (round % 2)
            buf_add(&text, S("{\"first\":1}\n"));
        for (uint32_t i = 1 + draw(&seed) % 20; i > 0; i--)
            add_any_line(&text, &seed);
        read_part(buf_str(&text), (struct part){0, text.len}, draw(&seed) % 50, &all);
        while (from < text.len) {
            uint64_t const to = from + 1 + draw(&seed) % (draw(&seed) % 4 ? 60 : 3);

            read_part(buf_str(&text), (struct part){from, to}, draw(&seed) % 50, &parts);
            from = to;
        }
        if (!str_eq(buf_str(&all.text), buf_str(&parts.text)))
            fail_msg("round %d: %.*s instead of %.*s of %.*s", round, STR_ARG(buf_str(&parts.text)),
                     STR_ARG(buf_str(&all.text)), STR_ARG(buf_str(&text)));
        buf_free(&text);
        notes_close(&all);
        notes_close(&parts);
    }
}

/* A source that looks like lines is read alike whether it is cut or not. */
static void whole_and_parts_agree(void **state) {
    uint64_t seed = 7;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct buf text = {0};
        struct notes all, parts;

        buf_add(&text, S("{\"first\":1}\n"));
        while (text.len < 1 << 16)
            buf_format(&text, "{\"a\":%u}\n", draw(&seed));
        for (uint32_t i = 1 + draw(&seed) % 20; i > 0; i--)
            add_any_line(&text, &seed);
        assert_true(json_reader.part_size(str_first(buf_str(&text), 1 << 16)) > 0);
        json_notes(&all);
        json_notes(&parts);
        read_part(buf_str(&text), whole, 0, &all);
        read_part(buf_str(&text), (struct part){0, text.len / 2}, 0, &parts);
        read_part(buf_str(&text), (struct part){text.len / 2, text.len - 40}, 0, &parts);
        read_part(buf_str(&text), (struct part){text.len - 40, UINT64_MAX}, 0, &parts);
        assert_true(str_eq(buf_str(&all.text), buf_str(&parts.text)));
        buf_free(&text);
        notes_close(&all);
        notes_close(&parts);
    }
}

static const struct promises promises = {
    .reader = &json_reader,
    .shown = shown,
    .shown_count = COUNT(shown),
    .busy = STR("{\"a\":{\"b\":[\"\\n\"]}}\n{\"c\":1}\n"),
    .records = 2,
};

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_documents_give_their_fields),
        cmocka_unit_test(wrong_documents_are_damage),
        cmocka_unit_test(sources_of_many_shapes),
        cmocka_unit_test(heads),
        cmocka_unit_test(a_wrapper_is_no_line_whatever_is_refused),
        cmocka_unit_test(a_list_in_a_text_is_none_of_the_documents),
        cmocka_unit_test(serialised_text_is_given_where_asked),
        cmocka_unit_test(what_nobody_wants_is_still_checked),
        PROMISE(show_gives_the_record, &promises),
        PROMISE(a_sink_may_stop, &promises),
        PROMISE(an_input_may_fail_anywhere, &promises),
        PROMISE(memory_may_run_out_anywhere, &promises),
        PROMISE(names_without_room_are_told, &promises),
        cmocka_unit_test(endless_lines_need_bounded_memory),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(many_keys_and_values_are_cut_and_told),
        cmocka_unit_test(a_record_of_16_mib_is_the_largest),
        cmocka_unit_test(records_behind_a_large_one),
        cmocka_unit_test(parts_of_any_cuts_give_the_whole),
        cmocka_unit_test(whole_and_parts_agree),
    };

    if (argc == 3 && strcmp(argv[1], "--print") == 0)
        return print_file(&json_reader, argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
