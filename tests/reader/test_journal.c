/* test_journal: the export format of systemd's journal: fields of text and of bytes, damage, parts of any cut, show. */
#include "notes.h"

#include "../refuse.h"
#include "reader/journal.h"

#define A "__CURSOR=a\nM=x\n" /* 15 bytes */
#define A1 "1@0+14{__CURSOR=t:a;M=t:x}"

static const struct {
    const char *name;
    str text;
    const char *notes;
} cases[] = {
    {"an entry", STR(A "\n"), A1},
    {"two", STR(A "\n__CURSOR=b\n\n"), A1 " 2@16+10{__CURSOR=t:b}"},
    {"no empty line at the end", STR(A), A1},
    {"no line end at the end", STR("__CURSOR=a\nM=x"), A1},
    {"empty lines", STR("\n\n" A "\n\n\n__CURSOR=b\n"), "1@2+14{__CURSOR=t:a;M=t:x} 2@20+10{__CURSOR=t:b}"},
    {"nothing", STR(""), ""},
    {"a value that is nothing", STR("M=\n\n"), "1@0+2{M=t:}"},
    {"an equals sign in a value", STR("M=a=b\n\n"), "1@0+5{M=t:a=b}"},
    {"blanks and a CR are of the value", STR("M= a \r\n\n"), "1@0+6{M=t: a \r}"},
    {"a field twice", STR("M=a\nM=b\n\n"), "1@0+7{M=t:a;M=t:b}"},
    {"bytes", STR("M\n\3\0\0\0\0\0\0\0abc\n\n"), "1@0+13{M=t:abc}"},
    {"bytes with an empty line", STR("M\n\4\0\0\0\0\0\0\0a\n\nb\nN=1\n\n"), "1@0+18{M=t:a\n\nb;N=t:1}"},
    {"bytes that look like an entry", STR("M\n\14\0\0\0\0\0\0\0\n__CURSOR=b\n\n\n" A "\n"),
     "1@0+22{M=t:\n__CURSOR=b\n} 2@24+14{__CURSOR=t:a;M=t:x}"},
    {"no bytes", STR("M\n\0\0\0\0\0\0\0\0\nN=1\n\n"), "1@0+14{M=t:;N=t:1}"},
    {"the last of 64 letters", STR("M234567890123456789012345678901234567890123456789012345678901234=1\n"),
     "1@0+66{M234567890123456789012345678901234567890123456789012345678901234=t:1}"},

    {"a name of 65", STR("M2345678901234567890123456789012345678901234567890123456789012345=1\n"),
     "!0+68(bytes that are no entry of a journal)"},
    {"small letters are no name", STR("m=x\n\n" A "\n"),
     "!0+5(bytes that are no entry of a journal) 1@5+14{__CURSOR=t:a;M=t:x}"},
    {"a digit first is no name", STR("1M=x\n\n" A "\n"),
     "!0+6(bytes that are no entry of a journal) 1@6+14{__CURSOR=t:a;M=t:x}"},
    {"no name", STR("=x\n\n" A "\n"), "!0+4(bytes that are no entry of a journal) 1@4+14{__CURSOR=t:a;M=t:x}"},
    {"nonsense within an entry", STR(A "?\n" A "\n"),
     "!0+17(bytes that are no entry of a journal) 1@17+14{__CURSOR=t:a;M=t:x}"},
    {"a length beyond all bounds", STR("M\n\0\0\0\0\0\0\0\200x\n\n" A),
     "!0+13(bytes that are no entry of a journal) 1@13+14{__CURSOR=t:a;M=t:x}"},
    {"a length that is too short", STR("M\n\1\0\0\0\0\0\0\0abc\n\n" A),
     "!0+15(bytes that are no entry of a journal) 1@15+14{__CURSOR=t:a;M=t:x}"},
    {"cut off in bytes", STR(A "N\n\4\0\0\0\0\0\0\0ab"), A1 " !15+12(an entry that breaks off)"},
    {"cut off in a length", STR(A "N\n\4\0"), A1 " !15+4(an entry that breaks off)"},
    {"cut off behind a name", STR(A "N"), A1 " !15+1(an entry that breaks off)"},
    {"cut off and nothing before", STR("N\n\4"), "!0+3(an entry that breaks off)"},
    {"no UTF-8", STR("M=\xff\n\n"), "!0+1(text that is no Unicode: repaired) 1@0+3{M=t:\xff}"},
};

static void sources(void **state) {
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        wrong += reads_otherwise(&journal_reader, cases[i].name, cases[i].text, cases[i].notes);
    assert_int_equal(wrong, 0);
}

static void parts_of_any_cut_give_the_whole(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        cut_everywhere(&journal_reader, cases[i].text);
}

static void heads(void **state) {
    static const struct {
        str head;
        bool journal;
    } list[] = {
        {STR("__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\n"), true},
        {STR("__REALTIME_TIMESTAMP=1\n__MONOTONIC_TIMESTAMP=2\n_BOOT_ID=3\n"), true},
        {STR("__CURSOR=s=1\n"), false},
        {STR("__REALTIME_TIMESTAMP=1\n"), false},
        {STR("\n__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\n"), false},
        {STR("MESSAGE=x\n__REALTIME_TIMESTAMP=1\n"), false},
        {STR("{\"__CURSOR\":\"s=1\"}\n"), false},
        {STR(""), false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        if (journal_reader.looks_like(list[i].head) != list[i].journal)
            fail_msg("head %zu looks otherwise", i);
        assert_int_equal(journal_reader.part_size(list[i].head), 0);
    }
}

static void show_gives_fields(void **state) {
    static const str text = STR(A "\nM\n\4\0\0\0\0\0\0\0a\n\nb\nN=1\n\nbad\n");
    static const struct {
        uint64_t offset;
        const char *shown;
    } list[] = {
        {0, "__CURSOR=a\nM=x"}, {16, "M=a\n\nb\nN=1"}, {1, NULL}, {11, NULL}, {15, NULL}, {36, NULL}, {100, NULL},
    };
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(list); i++)
        wrong += shows_otherwise(&journal_reader, text, list[i].offset, list[i].shown);
    wrong += shows_otherwise(&journal_reader, S(""), 0, NULL);
    assert_int_equal(wrong, 0);
}

/* An entry of 16 MiB can be read; of more it is told, and the next is read. */
static void an_entry_has_a_bound(void **state) {
    (void)state;
    for (int over = 0; over < 2; over++) {
        struct buf b = {0};
        struct notes n;
        struct err e = {0};
        size_t const size = ((size_t)16 << 20) - 20 + (over ? 21 : 0);

        buf_add(&b, S("__CURSOR=a\nM="));
        assert_non_null(buf_reserve(&b, size));
        memset(b.ptr + b.len, 'y', size - 13);
        b.len += size - 13;
        buf_add(&b, S("\n\n" A));
        notes_open(&n);
        n.count_only = true;
        assert_true(read_bytes(&journal_reader, buf_str(&b), whole, 0, &n, &e));
        assert_int_equal(n.records, over ? 1 : 2);
        assert_int_equal(n.damaged, over ? size + 2 : 0);
        notes_close(&n);
        buf_free(&b);
    }
}

/* Entries that end anywhere in a window, and are longer than one. */
static void windows_of_any_place(void **state) {
    struct buf b = {0};
    struct notes n;
    struct err e = {0};
    (void)state;

    for (unsigned i = 0; i < 300; i++) {
        buf_format(&b, "__CURSOR=%u\nM=", i);
        for (unsigned k = 0; k < i * 37 % 5000; k++)
            buf_byte(&b, 'y');
        if (i % 100 == 7)
            for (unsigned k = 0; k < 300000; k++)
                buf_byte(&b, 'z');
        buf_add(&b, S("\n\n"));
    }
    for (size_t more = 0; more < 3; more++) {
        notes_open(&n);
        n.count_only = true;
        assert_true(read_bytes(&journal_reader, buf_str(&b), whole, more * 1000, &n, &e));
        assert_int_equal(n.records, 300);
        assert_int_equal(n.damages, 0);
        notes_close(&n);
    }
    buf_free(&b);
}

static void too_many_values_are_told(void **state) {
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        struct buf b = {0};
        struct notes n;
        struct err e = {0};

        for (unsigned i = 0; i < 8192 + more; i++)
            buf_add(&b, S("M=1\n"));
        notes_open(&n);
        n.count_only = true;
        assert_true(read_bytes(&journal_reader, buf_str(&b), whole, 0, &n, &e));
        assert_int_equal(n.records, 1);
        assert_int_equal(n.damages, more);
        notes_close(&n);
        buf_free(&b);
    }
}

static bool wants_m(struct event_sink *sink, field_id field) {
    return str_eq(field_name(sink->fields, field), S("M"));
}

static bool stop(struct event_sink *sink, const struct record *r, struct err *e) {
    ((struct notes *)(void *)sink)->records++;
    return err_set(e, ERR_LIMIT, r->offset, "enough");
}

static void a_sink_may_want_less_or_stop_and_an_input_fail(void **state) {
    static const str text = STR(A "\n" A "\n");
    struct notes n;
    struct err e = {0};
    (void)state;

    notes_open(&n);
    n.sink.wants = wants_m;
    assert_true(read_bytes(&journal_reader, text, whole, 0, &n, &e));
    assert_true(str_eq(buf_str(&n.text), S("1@0+14{M=t:x} 2@16+14{M=t:x} ")));
    notes_close(&n);
    notes_open(&n);
    n.sink.record = stop;
    assert_false(read_bytes(&journal_reader, text, whole, 0, &n, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_int_equal(n.records, 1);
    notes_close(&n);
    for (int show = 0; show < 2; show++) {
        struct bytes_input in = {.input = {bytes_window, text.len}, .all = text, .fails_at = 1};
        struct buf out = {0};

        notes_open(&n);
        e = (struct err){0};
        assert_false(show ? journal_reader.show(&in.input, 0, &out, &e)
                          : journal_reader.read(&in.input, whole, &n.sink, &e));
        assert_int_equal(e.code, ERR_IO);
        notes_close(&n);
        buf_free(&out);
    }
}

static void memory_may_run_out_anywhere(void **state) {
    static const str text = STR(A "\n");
    REFUSE_OR_SKIP();
    (void)state;
    for (int show = 0; show < 2; show++)
        for (long allowed = 0;; allowed++) {
            struct bytes_input in = {.input = {bytes_window, text.len}, .all = text};
            struct err e = {0};
            struct buf out = {0};
            struct notes n;
            bool ok, told;

            notes_open(&n);
            n.count_only = true;
            memory_refused = false;
            memory_left = allowed;
            ok =
                show ? journal_reader.show(&in.input, 0, &out, &e) : journal_reader.read(&in.input, whole, &n.sink, &e);
            memory_left = -1;
            told = memory_refused;
            if (!ok)
                assert_int_equal(e.code, ERR_MEMORY);
            else if (!show)
                assert_int_equal(n.records, 1);
            if (ok && told)
                assert_true(n.damages); /* a name that could not be kept */
            notes_close(&n);
            buf_free(&out);
            free(in.copy);
            if (!told)
                break;
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources),
        cmocka_unit_test(parts_of_any_cut_give_the_whole),
        cmocka_unit_test(heads),
        cmocka_unit_test(show_gives_fields),
        cmocka_unit_test(an_entry_has_a_bound),
        cmocka_unit_test(windows_of_any_place),
        cmocka_unit_test(too_many_values_are_told),
        cmocka_unit_test(a_sink_may_want_less_or_stop_and_an_input_fail),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
