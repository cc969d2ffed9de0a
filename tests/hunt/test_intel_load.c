/* test_intel_load: what files of intelligence are taken for, by content; where they lie does not matter; what could not be read is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../evidence/containers.h"
#include "../folder.h"
#include <sys/stat.h>

#include "hunt/intel_load.h"

/* ---- by content ---- */

static void files_are_told_apart(void **state) {
    static const struct {
        const char *name;
        str head;
        enum intel_file file;
        const char *format;
    } cases[] = {
        {"STIX", STR("{\"type\":\"bundle\",\"id\":\"bundle--0\",\"spec_version\":\"2.0\",\"objects\":[]}"),
         INTEL_FILE_ITEMS, "stix"},
        {"a warninglist",
         STR("{\"name\":\"x\",\"description\":\"d\",\"version\":1,\"type\":\"cidr\",\"matching_attributes\":[\"ip-"
             "src\"],"
             "\"list\":[\"192.0.2.0/24\"]}"),
         INTEL_FILE_ITEMS, "warninglist"},
        {"a Sigma rule", STR("title: x\nlogsource:\n  product: windows\ndetection:\n  a:\n    b: c\n  condition: a\n"),
         INTEL_FILE_SIGMA, "sigma"},
        {"with a mark, comment and ---",
         STR("\xef\xbb\xbf# own\n---\ntitle: x\nlogsource: {product: a}\ndetection: {a: {b: c}, condition: a}\n"),
         INTEL_FILE_SIGMA, "sigma"},
        {"a correlation", STR("title: x\ncorrelation:\n  type: event_count\n"), INTEL_FILE_SIGMA, "sigma"},
        {"a filter", STR("title: x\nlogsource:\n  product: a\nfilter:\n  rules: [a]\n"), INTEL_FILE_SIGMA, "sigma"},
        {"line ends of Windows", STR("title: x\r\nlogsource:\r\n  product: a\r\ndetection:\r\n  a: b\r\n"),
         INTEL_FILE_SIGMA, "sigma"},
        {"a YARA rule", STR("rule a { condition: true }"), INTEL_FILE_YARA, "yara"},
        {"with tags, comments, imports and words before it",
         STR("// x\n/* rule no { */\nimport \"pe\"\ninclude \"o.yar\"\nprivate global rule a : b c\n{ condition: true "
             "}"),
         INTEL_FILE_YARA, "yara"},
        {"a PDF", STR("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), INTEL_FILE_ITEMS, "advisory"},
        {"a PDF behind other bytes", STR("\0\0%PDF-1.4\n"), INTEL_FILE_ITEMS, "advisory"},
        {"nothing", STR(""), INTEL_FILE_OTHER, NULL},
        {"blanks", STR(" \r\n\t\n"), INTEL_FILE_OTHER, NULL},
        {"our own note", STR("{\"longwatch_update\":1}"), INTEL_FILE_OTHER, NULL},
        {"a container", STR("\x1f\x8b\x08\0\0\0\0\0\0\3"), INTEL_FILE_NONE, NULL},
        {"bytes",
         STR("\x7f"
             "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0"),
         INTEL_FILE_NONE, NULL},
    };
    /* neither Sigma nor YARA, whatever else */
    static const str others[] = {
        STR("title: x\nlogsource:\n  product: a\n"),
        STR("logsource:\n  product: a\ndetection:\n  a: b\n"),
        STR("  title: x\n  logsource: y\n  detection: z\n"),
        STR("The rule a { was found } in title: x\nlogsource:\ndetection:\n"),
        STR("rule of thumb {}"),
        STR("rule"),
        STR("rule a"),
        STR("import \"pe"),
        STR("ruler a { condition: true }"),
        STR("Our rule:\nrule a { condition: true }"),
        STR("/* rule a { condition: true }"),
        STR("private"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *format;
        enum intel_file const file = intel_file_of(cases[i].head, &format);

        if (file != cases[i].file || (cases[i].format ? !format || strcmp(format, cases[i].format) : format != NULL))
            fail_msg("%s: %d %s", cases[i].name, file, format ? format : "none");
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        const char *format;
        enum intel_file const file = intel_file_of(others[i], &format);

        if (file == INTEL_FILE_SIGMA || file == INTEL_FILE_YARA)
            fail_msg("%.*s: %s", STR_ARG(others[i]), format);
    }
}

/* ---- a folder of files ---- */

static const char bundle[] =
    "{\"type\":\"bundle\",\"id\":\"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d\",\"objects\":["
    "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--26ffb872-1dd9-446e-b6f5-d58527e5b5d2\","
    "\"created\":\"2021-01-01T00:00:00.000Z\",\"modified\":\"2021-01-01T00:00:00.000Z\",\"pattern_type\":\"stix\","
    "\"valid_from\":\"2021-01-01T00:00:00Z\",\"pattern\":\"[ipv4-addr:value = '%s']\"}]}";
static const char warninglist[] =
    "{\"name\":\"l\",\"description\":\"d\",\"version\":1,\"type\":\"cidr\","
    "\"matching_attributes\":[\"ip-src\",\"ip-dst\"],\"list\":[\"192.0.2.0/24\",\"198.51.100.0/24\"]}";
static const char sigma[] = "title: x\nlogsource:\n  product: a\ndetection:\n  a: b\n";

static void write_file(const char *path, str bytes) {
    FILE *const f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

static str stix(const char *address, struct buf *b) {
    b->len = 0;
    buf_format(b, bundle, address);
    return buf_str(b);
}

struct heard {
    struct buf b;
    struct intel_sink sink;
    bool refuse_begin, unwanted;
};

static bool on_item(void *ctx, const struct intel_item *item, struct err *e) {
    (void)e;
    buf_format(ctx, " %.*s", STR_ARG(item->value));
    return true;
}
static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)where, (void)what, (void)why, (void)e;
    buf_add(ctx, S(" -"));
    return true;
}
static bool on_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    (void)e;
    buf_format(ctx, " list %.*s", STR_ARG(list->name));
    return true;
}
static bool on_label(void *ctx, str entry, struct err *e) {
    (void)e;
    buf_format(ctx, " %.*s", STR_ARG(entry));
    return true;
}
static bool on_begin(void *ctx, const struct intel_loaded *s, str bytes, bool *wanted, struct err *e) {
    struct heard *const t = ctx;

    assert_int_equal(s->size, bytes.len);
    assert_true(*wanted);
    *wanted = !t->unwanted;
    return !t->refuse_begin || err_set(e, ERR_USAGE, 0, "refused");
}
static bool on_rules(void *ctx, const struct intel_loaded *s, str bytes, struct err *e) {
    struct heard *const t = ctx;

    (void)e;
    buf_format(&t->b, " %s of %zu", s->format, bytes.len);
    return true;
}
static bool on_ended(void *ctx, const struct intel_loaded *s, struct err *e) {
    static const char *const words[] = {"items", "sigma", "yara", "none", "other"};
    struct heard *const t = ctx;

    (void)e;
    buf_format(&t->b, " | %.*s %s %s%s%s %lu/%lu/%lu%s%.*s\n", STR_ARG(s->name), words[s->file],
               s->format ? s->format : "-", s->twice ? " twice" : "", s->skipped ? " skipped" : "",
               (unsigned long)s->items, (unsigned long)s->labels, (unsigned long)s->left_out, s->why.len ? ": " : "",
               STR_ARG(s->why));
    return true;
}
static bool on_damage(void *ctx, str outer, str path, str why, struct err *e) {
    struct heard *const t = ctx;

    (void)e;
    assert_true(str_starts(path, outer));
    buf_format(&t->b, "! %.*s: %.*s\n", STR_ARG(path), STR_ARG(why));
    return true;
}

static bool load(const struct intel_load *l, struct heard *t, struct err *e) {
    struct intel_sink const sink = {&t->b, on_item, on_left_out, on_list, on_label, NULL, NULL};
    struct intel_load_visitor const v = {t, on_begin, &sink, on_rules, on_ended, on_damage};
    bool ok;

    t->b.len = 0;
    ok = intel_load(l, &v, e);
    buf_byte(&t->b, '\0');
    return ok;
}

static const struct import_about unsaid = {.name = STR(""),
                                           .confidence = ITEM_CONFIDENCE_UNSAID,
                                           .group = STR(""),
                                           .origin = STR(""),
                                           .valid_from = INSTANT_NONE,
                                           .valid_until = INSTANT_NONE};

static void a_folder_in_the_order_of_paths(void **state) {
    static const char *const folder[] = {"in"}, *const apart[] = {"in/z.yml", "in/sub", "in/b.txt", "in/a.zip",
                                                                  "in/c.gz"};
    static const char *const slashes[] = {"./in///"};
    struct intel_load l = {.paths = folder, .path_count = 1, .about = unsaid};
    struct buf one = {0}, two = {0}, packed = {0};
    struct heard t = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(mkdir("in", 0700) | mkdir("in/sub", 0700), 0);

    struct packed const members[] = {{.name = "x/1.bin", .bytes = stix("192.0.2.1", &one)},
                                     {.name = "list.json", .bytes = str_of(warninglist)},
                                     {.name = "unknown", .bytes = STR("\1\2\3\4")},
                                     {.name = "rule", .bytes = str_of(sigma)}};

    assert_true(pack_archive(&packed, "zip", NULL, NULL, members, COUNT(members)));
    write_file("in/a.zip", buf_str(&packed));
    write_file("in/b.txt", stix("192.0.2.2", &two));
    packed.len = 0;
    pack_stream(&packed, COMPRESSION_GZIP, buf_str(&one)); /* the same as in the archive */
    write_file("in/c.gz", buf_str(&packed));
    write_file("in/sub/d", S("rule a { condition: true }"));
    write_file("in/z.yml", S(""));
    assert_int_equal(symlink("z.yml", "in/sub/link"), 0);
    if (!load(&l, &t, &e))
        fail_msg("%s", e.text);
    assert_string_equal(t.b.ptr, " 192.0.2.1 | in/a.zip!x/1.bin items stix 1/0/0\n"
                                 " list l 192.0.2.0/24 198.51.100.0/24 | in/a.zip!list.json items warninglist 0/2/0\n"
                                 " | in/a.zip!unknown none - 0/0/0\n"
                                 " sigma of 51 | in/a.zip!rule sigma sigma 0/0/0\n"
                                 " 192.0.2.2 | in/b.txt items stix 1/0/0\n"
                                 " | in/c.gz!c items stix twice 0/0/0\n"
                                 " yara of 26 | in/sub/d yara yara 0/0/0\n"
                                 " | in/sub/link none - 0/0/0: a symbolic link: name its target to have it read\n"
                                 " | in/z.yml other - 0/0/0\n");

    /* The same files in another order, and by another name of the folder: only names differ, by what was named. */
    str const all = buf_str(&t.b);
    struct buf expected = {0};

    buf_add(&expected, all);
    buf_free(&t.b);
    l.paths = slashes;
    if (!load(&l, &t, &e))
        fail_msg("%s", e.text);
    assert_string_equal(t.b.ptr, expected.ptr);
    l.paths = apart;
    l.path_count = COUNT(apart);
    if (!load(&l, &t, &e))
        fail_msg("%s", e.text);
    assert_true(str_starts(buf_str(&t.b), S(" 192.0.2.1 | a.zip!x/1.bin items stix 1/0/0\n")));
    assert_non_null(strstr(t.b.ptr, " 192.0.2.2 | b.txt items stix 1/0/0\n | c.gz!c items stix twice 0/0/0\n"
                                    " yara of 26 | sub/d yara yara 0/0/0\n"));
    buf_free(&expected);
    buf_free(&t.b);
    buf_free(&one);
    buf_free(&two);
    buf_free(&packed);
}

static void what_cannot_be_read_costs_itself(void **state) {
    static const char *const paths[] = {"in"}, *const absent[] = {"in", "absent"};
    struct intel_load l = {.paths = paths, .path_count = 1, .about = unsaid};
    struct buf one = {0}, packed = {0};
    struct heard t = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(mkdir("in", 0700), 0);
    write_file("in/a", S("{\"type\":\"bundle\",\"id\":\"bundle--0\",\"objects\":[{\"type\":"));
    pack_stream(&packed, COMPRESSION_GZIP, stix("192.0.2.1", &one));
    write_file("in/b.gz", str_first(buf_str(&packed), packed.len - 9));
    write_file("in/c", stix("192.0.2.3", &one));
    assert_true(load(&l, &t, &e));
    assert_non_null(strstr(t.b.ptr, " | in/a items stix 0/0/"));
    assert_non_null(strstr(t.b.ptr, "! in/b.gz"));
    assert_non_null(strstr(t.b.ptr, " 192.0.2.3 | in/c items stix 1/0/0\n"));
    l.about.strict = true;
    assert_false(load(&l, &t, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    l.about.strict = false;
    l.paths = absent;
    l.path_count = 2;
    assert_false(load(&l, &t, &e));
    assert_int_equal(e.code, ERR_IO);
    buf_free(&t.b);
    buf_free(&one);
    buf_free(&packed);
}

static void the_visitor_decides(void **state) {
    static const char *const paths[] = {"f"};
    struct intel_load l = {.paths = paths, .path_count = 1, .about = unsaid};
    static const volatile sig_atomic_t stop = 1;
    struct buf one = {0};
    struct heard t = {.unwanted = true};
    struct err e = {0};

    (void)state;
    write_file("f", stix("192.0.2.1", &one));
    assert_true(load(&l, &t, &e));
    assert_string_equal(t.b.ptr, " | f items stix skipped 0/0/0\n");
    t.refuse_begin = true;
    assert_false(load(&l, &t, &e));
    assert_int_equal(e.code, ERR_USAGE);
    t.refuse_begin = t.unwanted = false;
    l.stop = &stop;
    assert_false(load(&l, &t, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    l.stop = NULL;
    l.as = import_named(S("misp")); /* the user says so, whatever it is */
    assert_true(load(&l, &t, &e));
    assert_non_null(strstr(t.b.ptr, "| f items misp 0/0/"));
    buf_free(&t.b);
    buf_free(&one);
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(files_are_told_apart),
        cmocka_unit_test_setup_teardown(a_folder_in_the_order_of_paths, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_costs_itself, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(the_visitor_decides, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
