/* test_journal: the export format of systemd's journal: fields of text and of bytes, damage, parts of any cut, show. */
#include "promises.h"
#include "reader/journal.h"

#define A "__CURSOR=a\nM=x\n" /* 15 bytes */
#define A1 "1@0+14{__CURSOR=t:a;M=t:x}"

static const struct source sources[] = {
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

static const struct head heads[] = {
    {STR("__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\n"), true},
    {STR("__REALTIME_TIMESTAMP=1\n__MONOTONIC_TIMESTAMP=2\n_BOOT_ID=3\n"), true},
    {STR("__CURSOR=s=1\n"), false},
    {STR("__REALTIME_TIMESTAMP=1\n"), false},
    {STR("\n__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\n"), false},
    {STR("MESSAGE=x\n__REALTIME_TIMESTAMP=1\n"), false},
    {STR("{\"__CURSOR\":\"s=1\"}\n"), false},
    {STR(""), false},
};

#define SHOWN STR(A "\nM\n\4\0\0\0\0\0\0\0a\n\nb\nN=1\n\nbad\n")
static const struct shown shown[] = {
    {SHOWN, 0, "__CURSOR=a\nM=x"},
    {SHOWN, 16, "M=a\n\nb\nN=1"},
    {SHOWN, 1, NULL},
    {SHOWN, 11, NULL},
    {SHOWN, 15, NULL},
    {SHOWN, 36, NULL},
    {SHOWN, 100, NULL},
    {STR(""), 0, NULL},
};

/* An entry of 16 MiB can be read; of more it is told, and the next is read. */
static void an_entry_has_a_bound(void **state) {
    (void)state;
    for (int over = 0; over < 2; over++) {
        struct buf b = {0};
        size_t const size = ((size_t)16 << 20) - 20 + (over ? 21 : 0);

        buf_add(&b, S("__CURSOR=a\nM="));
        fill(&b, 'y', size - 13);
        buf_add(&b, S("\n\n" A));
        struct notes const n = counted(&journal_reader, buf_str(&b), 0);

        assert_int_equal(n.records, over ? 1 : 2);
        assert_int_equal(n.damaged, over ? size + 2 : 0);
        buf_free(&b);
    }
}

/* Entries that end anywhere in a window, and are longer than one. */
static void windows_of_any_place(void **state) {
    struct buf b = {0};
    (void)state;

    for (unsigned i = 0; i < 300; i++) {
        buf_format(&b, "__CURSOR=%u\nM=", i);
        fill(&b, 'y', i * 37 % 5000);
        if (i % 100 == 7)
            fill(&b, 'z', 300000);
        buf_add(&b, S("\n\n"));
    }
    for (size_t more = 0; more < 3; more++) {
        struct notes const n = counted(&journal_reader, buf_str(&b), more * 1000);

        assert_int_equal(n.records, 300);
        assert_int_equal(n.damages, 0);
    }
    buf_free(&b);
}

static void too_many_values_are_told(void **state) {
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        struct buf b = {0};

        for (unsigned i = 0; i < 8192 + more; i++)
            buf_add(&b, S("M=1\n"));
        struct notes const n = counted(&journal_reader, buf_str(&b), 0);

        assert_int_equal(n.records, 1);
        assert_int_equal(n.damages, more);
        buf_free(&b);
    }
}

static const struct promises promises = {
    .reader = &journal_reader,
    PROMISED_TABLES,
    .busy = STR(A "\n" A "\n"),
    .records = 2,
    .only = {"M", STR(A "\n" A "\n"), "1@0+14{M=t:x} 2@16+14{M=t:x}"},
};

int main(void) {
    const struct CMUnitTest tests[] = {
        PROMISES(&promises),
        cmocka_unit_test(an_entry_has_a_bound),
        cmocka_unit_test(windows_of_any_place),
        cmocka_unit_test(too_many_values_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
