/* test_sigma_load: files and folders, and memory that runs out at every place where it can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "intel/sigma_own.h"
#include "sigma_show.h"
#include "../refuse.h"

#define RULE(field)                                                                                                    \
    "title: " field "\nlevel: low\nlogsource: {product: p}\ndetection: {s: {" field ": x}, condition: s}\n"

/* Memory */

/* Every part of the language, of which each takes memory somewhere. */
static const char everything[] =
    "title: a\nid: 11111111-aaaa-4bbb-8ccc-000000000001\nname: a\nlevel: low\ntags: [x, y]\nauthor: z\nlogsource: "
    "{product: p}\n"
    "detection:\n  one:\n    A|contains|all: ['x\\*y', 'u*v', 5]\n    B|re|i: 'a+'\n    C|cidr: 10.0.0.0/8\n    "
    "D|windash: ' -f \xc3\xa9-g'\n"
    "    E|wide|base64offset|contains: IEX\n    F|windash|base64: -abc\n    G|fieldref|endswith: H\n    I|hour|gte: "
    "22\n    J: [1.5, null]\n"
    "    K|exists: true\n    L|expand: 'a%x%b%m\xc3\xbcll%'\n    M|utf16: a\n    N: 0x10\n"
    "  two: [k1, k2, [k3]]\n  three: [{O: x}, {P: y}]\n  condition: one and not (1 of t* or two) or all of them\n"
    "---\n"
    "title: b\nname: b\nlogsource: {category: c}\ndetection: {s: &s {A: x}, t: *s, condition: [s, not t]}\n"
    "---\n"
    "title: f\nlogsource: {product: p}\nfilter: {rules: [a, b, z], s: {A: y}, condition: s}\n"
    "---\n"
    "title: inner\nname: inner\nlevel: low\ncorrelation: {type: value_count, rules: [a, b], timespan: 1m, group-by: "
    "[ip, U, U],\n"
    "  aliases: {ip: {a: src, q: dst}}, condition: {gte: 2, field: [F, G]}}\n"
    "---\n"
    "title: outer\nlevel: low\ncorrelation: {type: temporal, timespan: 1m, condition: inner and not a}\n"
    "---\n"
    "action: global\ntitle: g\nlevel: low\nlogsource: {product: p}\ndetection: {condition: s}\n"
    "---\n"
    "detection: {s: {A: x}}\n"
    "---\n"
    "action: repeat\nid: 11111111-aaaa-4bbb-8ccc-000000000001\ndetection: {s: {B: y}}\n"
    "---\n"
    "action: reset\n"
    "---\n"
    "title: bad\nname: bad\nlevel: low\ncorrelation: {type: temporal, timespan: 1m, rules: [nobody]}\n";

/* One whole load of `everything`; what it came to in b, unless memory ran out. */
static bool load_everything(size_t kept_max, size_t scratch_max, struct buf *b, struct err *e) {
    const struct sigma_set *set = NULL;
    struct sigma_loader *l = NULL;
    bool ok = sigma_loader_within(&l, kept_max, scratch_max, e) &&
              sigma_load_placeholders(l, S("p"), S("x: [1, 2]\nm\xc3\xbcll: off\n"), e) &&
              sigma_load_text(l, S("r.yml"), str_of(everything), e) && sigma_load_text(l, S("bad.yml"), S("a: ["), e) &&
              sigma_load_failed(l, S("gone.yml"), "gone", e) && sigma_load_end(l, &set, e);

    b->len = 0;
    b->failed = false;
    if (ok)
        show_set(b, set);
    sigma_loader_free(l);
    return ok;
}

#define PLENTY ((size_t)1 << 28)

static void arenas_may_be_full(void **state) {
    struct buf whole = {0}, b = {0};
    struct err e = {0};

    (void)state;
    assert_true(buf_reserve(&whole, 65536) && buf_reserve(&b, 65536));
    assert_true(load_everything(PLENTY, PLENTY, &whole, &e));
    assert_false(whole.failed);
    /* Of what stays, rules get three quarters; what a file takes while it is read is its own affair: in both cases the
     * rule fails, and the load goes on, as long as there is room to say so. */
    for (int scratch = 0; scratch < 2; scratch++) {
        size_t verdicts = 0, failures = 0;

        for (size_t limit = 0;; limit += 8) {
            assert_true(limit < 1u << 20);
            e = (struct err){0};
            if (!load_everything(scratch ? PLENTY : limit, scratch ? limit : PLENTY, &b, &e)) {
                assert_int_equal(e.code, ERR_MEMORY);
                failures++;
                continue;
            }
            if (str_eq(buf_str(&b), buf_str(&whole)))
                break;
            verdicts++;
        }
        assert_true(verdicts > 20 && failures > 20);
    }
    buf_free(&whole);
    buf_free(&b);
}

/* A refusal is the load's failure, or changes nothing: never another verdict. */
static void every_allocation_may_fail(void **state) {
    struct buf whole = {0}, b = {0};
    struct err e = {0};

    (void)state;
    REFUSE_OR_SKIP();
    assert_true(buf_reserve(&whole, 65536) && buf_reserve(&b, 65536)); /* ours: not to be refused */
    assert_true(load_everything(PLENTY, PLENTY, &whole, &e));
    for (int for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n++) {
            bool ok, refused;

            e = (struct err){0};
            memory_gone_for_good = for_good;
            memory_refused = false;
            memory_left = n;
            ok = load_everything(PLENTY, PLENTY, &b, &e);
            memory_left = -1;
            refused = memory_refused;
            if (ok ? !str_eq(buf_str(&b), buf_str(&whole)) : e.code != ERR_MEMORY)
                fail_msg("request %ld: %s\n%.*s", n, e.text, STR_ARG(buf_str(&b)));
            if (!refused)
                break;
            assert_true(n < 100000);
        }
    buf_free(&whole);
    buf_free(&b);
}

/* Files. Every test has a directory of its own and stands in it. */

static int enter(void **state) {
    char *const dir = strdup("/tmp/longwatch-test-XXXXXX");

    *state = dir;
    return dir && mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state) {
    static const char *const left[] = {"d/a.yml",     "d/b.yaml",    "d/c.txt",      "d/.hidden.yml",  "d/sub/e.yml",
                                       "d/sub/up",    "d/sub/x.yml", "d/again.yml",  "d/dangling.yml", "d/pipe.yml",
                                       "d/large.yml", "d/empty.yml", "d/binary.yml", "d/folder.yml",   "d/sub",
                                       "d/none",      "d",           "one"};

    for (size_t i = 0; i < COUNT(left); i++)
        remove(left[i]);
    int const result = chdir("/") != 0 || rmdir(*state) != 0;

    free(*state);
    return result;
}

static void put(const char *path, str bytes) {
    FILE *const f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

/* Each verdict with its path, one a line. */
static void expect(const char *const *paths, size_t count, const char *expected) {
    const struct sigma_set *set = NULL;
    struct sigma_loader *l;
    struct buf b = {0};
    struct err e = {0};
    char got[2000];

    assert_true(sigma_loader_new(&l, &e) && sigma_load_paths(l, paths, count, &e) && sigma_load_end(l, &set, &e));
    assert_non_null(buf_reserve(&b, 1));
    for (size_t i = 0; i < set->verdict_count; i++)
        buf_format(&b, "%.*s:%u %s%.*s\n", STR_ARG(set->verdicts[i].path), set->verdicts[i].line,
                   set->verdicts[i].loaded ? "loaded" : "", STR_ARG(set->verdicts[i].reason));
    snprintf(got, sizeof got, "%.*s", STR_ARG(buf_str(&b)));
    buf_free(&b);
    sigma_loader_free(l);
    if (strcmp(got, expected) != 0)
        fail_msg("expected\n%sgot\n%s", expected, got);
}

static void folders(void **state) {
    static const char *const folder[] = {"d"}, *const slash[] = {"d/"};
    static const char *const twice[] = {"d", "d/a.yml", "./d", "d/sub"};

    (void)state;
    assert_true(mkdir("d", 0700) == 0 && mkdir("d/sub", 0700) == 0 && mkdir("d/none", 0700) == 0);
    put("d/a.yml", S(RULE("A")));
    put("d/b.yaml", S("\n# c\n" RULE("B") "---\n" RULE("B")));
    put("d/c.txt", S("no rule"));
    put("d/.hidden.yml", S("no rule"));
    put("d/sub/e.yml", S("x"));
    assert_int_equal(symlink("..", "d/sub/up"), 0);          /* a circle */
    assert_int_equal(symlink("../a.yml", "d/sub/x.yml"), 0); /* the same file */
    expect(folder, 1,
           "d/a.yml:1 loaded\nd/b.yaml:3 loaded\nd/b.yaml:8 loaded\nd/sub/e.yml:1 line 1: the document is no mapping: "
           "no rule\n");
    expect(slash, 1,
           "d/a.yml:1 loaded\nd/b.yaml:3 loaded\nd/b.yaml:8 loaded\nd/sub/e.yml:1 line 1: the document is no mapping: "
           "no rule\n");
    expect(twice, 4,
           "d/a.yml:1 loaded\nd/b.yaml:3 loaded\nd/b.yaml:8 loaded\nd/sub/e.yml:1 line 1: the document is no mapping: "
           "no rule\n");
}

static void odd_files(void **state) {
    static const char *const folder[] = {"d"}, *const gone[] = {"gone", "d/none.yml", "one", ""};
    char *const large = malloc((16u << 20) + 1);

    (void)state;
    assert_non_null(large);
    memset(large, '#', (16u << 20) + 1);
    assert_true(mkdir("d", 0700) == 0 && mkdir("d/folder.yml", 0700) == 0);
    put("d/large.yml", (str){large, (16u << 20) + 1});
    free(large);
    put("d/empty.yml", S(""));
    put("d/binary.yml", S("\0\1\2\xff\xfe\0"));
    put("one", S(RULE("A")));
    assert_true(symlink("nowhere", "d/dangling.yml") == 0 && mkfifo("d/pipe.yml", 0600) == 0);
    expect(folder, 1,
           "d/binary.yml:1 line 1: control characters are not allowed: is it a text file?\n"
           "d/dangling.yml:1 No such file or directory\n"
           "d/empty.yml:1 the file is empty: no rule\n"
           "d/large.yml:1 the file is larger than 16 MiB\n"
           "d/pipe.yml:1 not a regular file\n");
    expect(gone, 4,
           ":1 No such file or directory\nd/none.yml:1 No such file or directory\ngone:1 No such file or "
           "directory\none:1 loaded\n");
    if (geteuid() != 0) { /* nothing is closed to root */
        assert_int_equal(chmod("d", 0), 0);
        expect(folder, 1, "d:1 Permission denied\n");
        assert_int_equal(chmod("d", 0700), 0);
    }
}

/* The public rules, where they are at hand: each loads, and all in the bounds of the tree. */
static void public_rules(void **state) {
    static const char *const folders[] = {"rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance",
                                          "rules-placeholder"};
    const char *const source = getenv("LONGWATCH_SOURCE"), *const shared = getenv("LONGWATCH_SHARED");
    const struct sigma_set *set = NULL;
    struct sigma_loader *l;
    size_t unusable = 0;
    char path[4096];
    struct err e = {0};

    (void)state;
    assert_true(sigma_loader_new(&l, &e));
    for (size_t i = 0; i < COUNT(folders); i++) {
        const char *const one = path;

        if (shared)
            snprintf(path, sizeof path, "%s/data/sigma/%s", shared, folders[i]);
        else
            snprintf(path, sizeof path, "%s/../shared/data/sigma/%s", source ? source : ".", folders[i]);
        if (access(path, R_OK) != 0) {
            print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", path);
            sigma_loader_free(l);
            skip();
        }
        assert_true(sigma_load_paths(l, &one, 1, &e));
    }
    assert_true(sigma_load_end(l, &set, &e));
    for (size_t i = 0; i < set->verdict_count; i++) {
        if (!set->verdicts[i].loaded)
            fail_msg("%.*s: %.*s", STR_ARG(set->verdicts[i].path), STR_ARG(set->verdicts[i].reason));
        unusable += set->verdicts[i].unusable;
    }
    assert_int_equal(set->rule_count, 3780);
    assert_int_equal(unusable, 25);
    sigma_loader_free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas_may_be_full),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test_setup_teardown(folders, enter, leave),
        cmocka_unit_test_setup_teardown(odd_files, enter, leave),
        cmocka_unit_test(public_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
