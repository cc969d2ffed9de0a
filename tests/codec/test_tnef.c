/* test_tnef: what a winmail.dat carries, and what it may not make us do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/tnef.h"
#include "tnef_writer.h"

static bool note(void *ctx, const struct tnef_attachment *a) {
    buf_format(ctx, "%u %.*s (%.*s) %s%zu\n", a->depth, STR_ARG(a->name), STR_ARG(a->type),
               a->message ? "message " : "", a->data.len);
    return true;
}

static void is(const char *name, const struct buf *bytes, const char *want) {
    /* Exactly as much memory as there are bytes, for the sanitizer. */
    char *const copy = malloc(bytes->len + 1);
    struct buf told = {0};
    const char *defect;

    assert_non_null(copy);
    if (bytes->len)
        memcpy(copy, bytes->ptr, bytes->len);
    assert_true(tnef_read((str){copy, bytes->len}, note, &told, &defect));
    if (defect)
        buf_format(&told, "! %s\n", defect);
    if (!str_eq(buf_str(&told), str_of(want)))
        fail_msg("%s:\n%.*swanted\n%s", name, STR_ARG(buf_str(&told)), want);
    buf_free(&told);
    free(copy);
}

static void whole(void **state) {
    struct buf b = {0}, p = {0}, within = {0};
    (void)state;

    tnef_begin(&b);
    is("no attribute", &b, "");
    tnef_attribute(&b, 1, 0x00069007, S("\xe3\4\0\0\0\0\0\0")); /* 1251 */
    tnef_attribute(&b, 1, 0x00018004, S("Subject\0"));
    tnef_attachment(&b, S("\xe4\xe0.doc\0"), S("12345"), NULL);
    tnef_attachment(&b, S(""), S(""), NULL);
    is("titles", &b, "0 \xd0\xb4\xd0\xb0.doc () 5\n0  () 0\n");

    le32(&p, 4);
    tnef_property(&p, 0x1f, 0x3707, S("a long name.pdf"));
    tnef_property(&p, 0x1e, 0x370e, S("application/pdf\0"));
    le16(&p, 0x0003); /* a number */
    le16(&p, 0x3705);
    le32(&p, 1);
    le16(&p, 0x101e); /* several texts, under a name of its own */
    le16(&p, 0x8001);
    buf_add(&p, S("0123456789abcdef"));
    le32(&p, 1);
    le32(&p, 6);
    buf_add(&p, S("n\0a\0m\0\0\0"));
    le32(&p, 2);
    le32(&p, 3);
    buf_add(&p, S("ab\0\0"));
    le32(&p, 1);
    buf_add(&p, S("\0\0\0\0"));
    b.len = 0;
    tnef_begin(&b);
    tnef_attachment(&b, S("ALONGN~1.PDF\0"), S("xyz"), &p);
    is("properties", &b, "0 a long name.pdf (application/pdf) 3\n");

    tnef_begin(&within);
    tnef_attachment(&within, S("inner.exe\0"), S("MZ"), NULL);
    p.len = 0;
    le32(&p, 2);
    tnef_property(&p, 0x1e, 0x3704, S("short\0"));
    struct buf object = {0};

    buf_add(&object, S("0123456789abcdef"));
    buf_add(&object, buf_str(&within));
    tnef_property(&p, 0x0d, 0x3701, buf_str(&object));
    b.len = 0;
    tnef_begin(&b);
    tnef_attachment(&b, S(""), S(""), &p);
    tnef_attachment(&b, S("after\0"), S("1"), NULL);
    char want[160];

    snprintf(want, sizeof want, "0 short () message %zu\n1 inner.exe () 2\n0 after () 1\n", within.len);
    is("a message within", &b, want);
    buf_free(&object);
    buf_free(&within);
    buf_free(&p);
    buf_free(&b);
}

static void damaged(void **state) {
    static const struct {
        const char *name;
        str bytes;
        const char *want;
    } cases[] = {
        {"nothing", STR(""), "! a TNEF part that is none\n"},
        {"another signature", STR("\x79\x9f\x3e\x22\1\0"), "! a TNEF part that is none\n"},
        {"signature alone", STR("\x78\x9f\x3e\x22"), "! a TNEF part that is none\n"},
        {"a level that is none", STR("\x78\x9f\x3e\x22\1\0\3\0\0\0\0\0\0\0\0\0\0"),
         "! a TNEF part that breaks off or is damaged\n"},
        {"longer than the rest", STR("\x78\x9f\x3e\x22\1\0\1\4\x80\1\0\xff\xff\xff\xff"),
         "! a TNEF part that breaks off or is damaged\n"},
        {"data without a beginning", STR("\x78\x9f\x3e\x22\1\0\2\x0f\x80\6\0\1\0\0\0x\x78\0"), "0  () 1\n"},
        {"garbage behind", STR("\x78\x9f\x3e\x22\1\0\2\x0f\x80\6\0\1\0\0\0x\x78\0garbage"),
         "0  () 1\n! a TNEF part that breaks off or is damaged\n"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = {0};

        buf_add(&b, cases[i].bytes);
        is(cases[i].name, &b, cases[i].want);
        buf_free(&b);
    }
}

/* A property that breaks off costs those behind it in its attachment, and nothing else. */
static void damaged_properties(void **state) {
    static const str properties[] = {
        STR("\xff\xff\xff\xff\x1e\0\7\x37\1\0\0\0\2\0\0\0a\0\0\0"), /* says it has four thousand millions */
        STR("\2\0\0\0\x1e\0\7\x37\1\0\0\0\2\0\0\0a\0\0\0\x1e\0\7\x37\1\0\0\0\xff\xff\xff\xff"),
        STR("\2\0\0\0\x1e\0\7\x37\1\0\0\0\2\0\0\0a\0\0\0\x1e\0\1\x80"),
        STR("\2\0\0\0\x1e\0\7\x37\1\0\0\0\2\0\0\0a\0\0\0\3\x10\1\x30\xff\xff\xff\xff"),
    };
    (void)state;

    for (size_t i = 0; i < COUNT(properties); i++) {
        struct buf b = {0}, p = {0};

        buf_add(&p, properties[i]);
        tnef_begin(&b);
        tnef_attachment(&b, S("t\0"), S("1"), &p);
        tnef_attachment(&b, S("next\0"), S("12"), NULL);
        is("properties", &b, "0 a () 1\n0 next () 2\n! properties of a TNEF attachment that cannot be read\n");
        buf_free(&p);
        buf_free(&b);
    }
}

/* Cut anywhere: what is whole is told, what is not is told as damage, and nothing is read behind the end. */
static void cut_anywhere(void **state) {
    struct buf b = {0}, cut = {0};
    (void)state;

    tnef_begin(&b);
    tnef_attachment(&b, S("a\0"), S("12345"), NULL);
    for (size_t len = 6 + 1; len < b.len; len++) {
        struct buf told = {0};
        const char *defect;

        cut.len = 0;
        buf_add(&cut, str_first(buf_str(&b), len));
        char *const copy = malloc(len);

        memcpy(copy, cut.ptr, len);
        assert_true(tnef_read((str){copy, len}, note, &told, &defect));
        free(copy);
        /* Between attributes nothing is missing that could be known. */
        bool const between = len == 6 + 11 + 14 || len == 6 + 11 + 14 + 11 + 2;

        assert_int_equal(defect == NULL, between);
        buf_free(&told);
    }
    buf_free(&cut);
    buf_free(&b);
}

static void messages_without_end(void **state) {
    struct buf message = {0};
    struct buf told = {0};
    const char *defect;
    size_t lines = 0;
    (void)state;

    tnef_begin(&message);
    for (int depth = 0; depth < 20; depth++) {
        struct buf object = {0}, p = {0}, outer = {0};

        buf_add(&object, S("0123456789abcdef"));
        buf_add(&object, buf_str(&message));
        le32(&p, 1);
        tnef_property(&p, 0x0d, 0x3701, buf_str(&object));
        tnef_begin(&outer);
        tnef_attachment(&outer, S("m\0"), S(""), &p);
        buf_free(&message);
        buf_free(&object);
        buf_free(&p);
        message = outer;
    }
    assert_true(tnef_read(buf_str(&message), note, &told, &defect));
    for (size_t i = 0; i < told.len; i++)
        lines += told.ptr[i] == '\n';
    assert_int_equal(lines, TNEF_DEPTH_MAX);
    assert_string_equal(defect, "TNEF messages too deep within each other");
    told.len = message.len = 0;
    tnef_begin(&message);
    for (int i = 0; i < 300; i++)
        tnef_attachment(&message, S("m\0"), S("1"), NULL);
    assert_true(tnef_read(buf_str(&message), note, &told, &defect));
    assert_string_equal(defect, "more TNEF attachments than are read");
    buf_free(&message);
    buf_free(&told);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(damaged),
                                       cmocka_unit_test(damaged_properties), cmocka_unit_test(cut_anywhere),
                                       cmocka_unit_test(messages_without_end)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
