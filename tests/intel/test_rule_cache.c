/* test_rule_cache: trees kept on disk and found again, files that are damaged, forged or not ours, homes that are full,
 * memory that runs out. Whatever happens, what is read is what yaml_read would have given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "intel/rule_cache.h"
#include "intel/sigma.h"
#include "../refuse.h"

#define MEMORY ((size_t)64 << 20)
#define CACHE "cache"
#define FILE_NAME CACHE "/rules.cache"
/* Where things stand in the file (docs/formats/rule-cache.md). */
#define MAKER_AT 16
#define COUNT_AT 48
#define INDEX_AT 56
#define ENTRY_SIZE 36

/* Texts of rule files; the last one is larger than the others together. */
static const char *const texts[] = {
    "title: one\nlogsource: {product: p}\ndetection: {s: {A: x}, condition: s}\n",
    "title: two\nid: 5\nlogsource:\n  product: p\ndetection:\n  s:\n    B|contains: ['y', 1, ~]\n  condition: s\n",
    "title: three\n---\ntitle: four\n---\n",
    "# nothing\n",
    "title: large\ndescription: "
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\n"
    "logsource: {product: p}\ndetection: {s: {C: 0123456789012345678901234567890123456789012345678901}, condition: "
    "s}\n",
};
#define TEXTS COUNT(texts)

static bool same(const struct yaml_node *x, const struct yaml_node *y) {
    if (x->type != y->type || x->line != y->line || x->scalar != y->scalar || x->quoted != y->quoted ||
        x->text.len != y->text.len || (x->text.len && !str_eq(x->text, y->text)) || x->count != y->count)
        return false;
    for (size_t i = 0; i < x->count; i++)
        if ((x->type == YAML_MAP && (x->key_lines[i] != y->key_lines[i] || !str_eq(x->keys[i], y->keys[i]))) ||
            !same(x->items[i], y->items[i]))
            return false;
    return true;
}

/* Asks the cache for a text, and adds it when it is not there; what the cache gives must be what yaml_read gives. */
static bool ask(struct rule_cache *c, const char *text) {
    struct arena *const a = arena_new(MEMORY), *const b = arena_new(MEMORY);
    struct yaml_node **read, **cached;
    size_t count, cached_count;
    struct err e = {0};

    assert_non_null(a);
    assert_non_null(b);
    assert_true(yaml_read(str_of(text), a, &read, &count, &e));
    bool const found = rule_cache_get(c, str_of(text), b, &cached, &cached_count);

    if (found) {
        assert_int_equal(cached_count, count);
        assert_int_equal(arena_used(b), arena_used(a));
        for (size_t i = 0; i < count; i++)
            assert_true(same(read[i], cached[i]));
    } else {
        assert_int_equal(arena_used(b), 0);
        rule_cache_add(c, read, count, arena_used(a));
    }
    arena_free(a);
    arena_free(b);
    return found;
}

/* One run with the first `count` texts: how many were found. */
static size_t run(size_t count, size_t max) {
    struct rule_cache *const c = rule_cache_open(CACHE, max);
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += ask(c, texts[i]);
    rule_cache_close(c);
    return found;
}

static void file_get(struct buf *b) {
    struct err e = {0};

    b->len = 0;
    if (!file_read(FILE_NAME, 1 << 24, b, &e))
        fail_msg("%s", e.text);
}

static void file_put(str bytes) {
    unlink(FILE_NAME); /* ext4 would wait for the disk whenever a file is emptied and written again */
    int const fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    assert_int_equal(close(fd), 0);
}

/* The file with a checksum that fits. */
static void file_sign(struct buf *b) {
    uint64_t const sum = hash_sum(str_from(buf_str(b), MAKER_AT));

    memcpy(b->ptr + 8, &sum, sizeof sum);
}

static void cold_and_warm(void **state) {
    struct stat first, second;
    struct buf b = {0};
    (void)state;

    assert_int_equal(run(TEXTS - 1, RULE_CACHE_MAX), 0);
    assert_int_equal(stat(CACHE, &first), 0);
    assert_int_equal(first.st_mode & 07777, 0700);
    assert_int_equal(stat(FILE_NAME, &first), 0);
    assert_int_equal(first.st_mode & 07777, 0600);
    file_get(&b);
    assert_int_equal(b.ptr[COUNT_AT], TEXTS - 1);
    /* What is there is found, and nothing is written for it. */
    assert_int_equal(run(TEXTS - 1, RULE_CACHE_MAX), TEXTS - 1);
    assert_int_equal(run(1, RULE_CACHE_MAX), 1);
    assert_int_equal(stat(FILE_NAME, &second), 0);
    assert_int_equal(first.st_ino, second.st_ino);
    /* What comes anew joins what is there, also what nobody asks for this time. */
    struct rule_cache *const c = rule_cache_open(CACHE, RULE_CACHE_MAX);

    assert_non_null(c);
    assert_false(ask(c, texts[TEXTS - 1]));
    assert_false(ask(c, texts[TEXTS - 1])); /* twice in a run: kept once */
    rule_cache_close(c);
    file_get(&b);
    assert_int_equal(b.ptr[COUNT_AT], TEXTS);
    assert_int_equal(run(TEXTS, RULE_CACHE_MAX), TEXTS);
    assert_int_not_equal(access(FILE_NAME ".part", F_OK), 0);
    buf_free(&b);
}

static void none(void **state) {
    struct arena *const a = arena_new(MEMORY);
    struct yaml_node **documents;
    size_t count;
    (void)state;

    assert_false(rule_cache_get(NULL, S("a: b"), a, &documents, &count));
    rule_cache_add(NULL, NULL, 0, 0);
    rule_cache_close(NULL);
    rule_cache_close(rule_cache_open(CACHE, RULE_CACHE_MAX));
    assert_int_not_equal(access(CACHE, F_OK), 0); /* nothing to keep: nothing made */
    arena_free(a);
}

/* No byte may differ, none be missing, none be there beyond. */
static void damage(void **state) {
    struct buf good = {0}, bad = {0};
    (void)state;

    assert_int_equal(run(2, RULE_CACHE_MAX), 0);
    file_get(&good);
    for (size_t i = 0; i < good.len; i++) {
        bad.len = 0;
        buf_add(&bad, buf_str(&good));
        bad.ptr[i] = (char)(bad.ptr[i] ^ 1 << i % 8);
        file_put(buf_str(&bad));
        if (run(2, RULE_CACHE_MAX) != 0)
            fail_msg("byte %zu: believed", i);
        file_get(&bad); /* and made anew */
        assert_true(str_eq(buf_str(&bad), buf_str(&good)));
        file_put(str_first(buf_str(&good), i));
        if (run(2, RULE_CACHE_MAX) != 0)
            fail_msg("%zu bytes: believed", i);
    }
    bad.len = 0;
    buf_add(&bad, buf_str(&good));
    buf_byte(&bad, '\0');
    file_put(buf_str(&bad));
    assert_int_equal(run(2, RULE_CACHE_MAX), 0);
    /* Two entries in each other's place. */
    file_get(&bad);
    for (size_t i = 0; i < ENTRY_SIZE; i++) {
        bad.ptr[INDEX_AT + i] = good.ptr[INDEX_AT + ENTRY_SIZE + i];
        bad.ptr[INDEX_AT + ENTRY_SIZE + i] = good.ptr[INDEX_AT + i];
    }
    file_put(buf_str(&bad));
    assert_int_equal(run(2, RULE_CACHE_MAX), 0);
    buf_free(&good);
    buf_free(&bad);
}

static void put_u32(struct buf *b, size_t at, uint32_t n) {
    memcpy(b->ptr + at, &n, sizeof n);
}

/* Files whose checksum is right, and that are none of ours all the same. */
static void forged(void **state) {
    static const struct {
        const char *name;
        size_t at;
        uint32_t number;
    } cases[] = {
        {"another maker", MAKER_AT, 0},
        {"another maker at its end", COUNT_AT - 4, 0},
        {"less entries", COUNT_AT, 1},
        {"more entries", COUNT_AT, 3},
        {"entries beyond all bytes", COUNT_AT, UINT32_MAX},
        {"no entries", COUNT_AT, 0},
        {"a word that says nothing", COUNT_AT + 4, 1},
        {"a size of nothing", INDEX_AT + 32, 0},
        {"a size beyond the end", INDEX_AT + 32, UINT32_MAX},
        {"a size a little beyond", INDEX_AT + ENTRY_SIZE + 32, 4000},
        {"keys that do not ascend", INDEX_AT, UINT32_MAX},
        {"a version to come", 4, 0x32534545}, /* LWTREES2 */
    };
    struct buf good = {0}, bad = {0};
    (void)state;

    assert_int_equal(run(2, RULE_CACHE_MAX), 0);
    file_get(&good);
    for (size_t i = 0; i < COUNT(cases); i++) {
        bad.len = 0;
        buf_add(&bad, buf_str(&good));
        put_u32(&bad, cases[i].at, cases[i].number);
        file_sign(&bad);
        file_put(buf_str(&bad));
        if (run(2, RULE_CACHE_MAX) != 0)
            fail_msg("%s: believed", cases[i].name);
        file_get(&bad);
        assert_true(str_eq(buf_str(&bad), buf_str(&good)));
    }
    /* A byte behind the last pack. */
    buf_byte(&bad, 'x');
    file_sign(&bad);
    file_put(buf_str(&bad));
    assert_int_equal(run(2, RULE_CACHE_MAX), 0);
    file_get(&bad);
    /* The same key twice. */
    memcpy(bad.ptr + INDEX_AT + ENTRY_SIZE, bad.ptr + INDEX_AT, SHA256_SIZE);
    file_sign(&bad);
    file_put(buf_str(&bad));
    assert_int_equal(run(2, RULE_CACHE_MAX), 0);
    /* A pack that is none: read from its text, and replaced; the other one still serves. */
    file_get(&bad);
    bad.ptr[bad.len - 1] = '\xff';
    file_sign(&bad);
    file_put(buf_str(&bad));
    assert_int_equal(run(2, RULE_CACHE_MAX), 1);
    file_get(&bad);
    assert_true(str_eq(buf_str(&bad), buf_str(&good)));
    /* And the signing itself is right. */
    file_sign(&bad);
    file_put(buf_str(&bad));
    assert_int_equal(run(2, RULE_CACHE_MAX), 2);
    buf_free(&good);
    buf_free(&bad);
}

/* Whoever can write the file can sign it. Then rules may be other ones, but every byte is still checked: nothing breaks. */
static void signed_by_an_enemy(void **state) {
    static const char rule[] =
        "title: t\nlevel: low\ntags: [a, b]\nlogsource: {product: p}\ndetection:\n  s:\n    A|contains: ['x*', 1]\n"
        "    B|re: 'a+'\n    C: true\n    E: [1.5, ~]\n  k: [w, {D|cidr: 10.0.0.0/8}]\n  condition: s or not 1 of k\n";
    struct buf good = {0}, bad = {0};
    size_t loaded = 0, failed = 0;
    (void)state;

    assert_int_equal(mkdir("rules", 0700), 0);
    int const fd = open("rules/a.yml", O_WRONLY | O_CREAT, 0600);

    assert_int_equal(write(fd, rule, sizeof rule - 1), sizeof rule - 1);
    close(fd);
    for (size_t i = 0; i <= good.len * 4; i++) {
        const char *const path = "rules";
        const struct sigma_set *set;
        struct sigma_loader *l;
        struct err e = {0};

        if (i > 0) { /* the first one writes it */
            size_t const at = (i - 1) / 4;

            if (at < INDEX_AT + ENTRY_SIZE)
                continue;
            bad.len = 0;
            buf_add(&bad, buf_str(&good));
            bad.ptr[at] = (char)(bad.ptr[at] ^ (const char[]){1, 2, 4, 16}[(i - 1) % 4]);
            file_sign(&bad);
            file_put(buf_str(&bad));
        }
        assert_true(sigma_loader_new(&l, &e));
        sigma_cache(l, CACHE);
        assert_true(sigma_load_paths(l, &path, 1, &e));
        assert_true(sigma_load_end(l, &set, &e));
        for (size_t v = 0; v < set->verdict_count; v++) {
            loaded += set->verdicts[v].loaded;
            failed += !set->verdicts[v].loaded;
        }
        sigma_loader_free(l);
        if (i == 0)
            file_get(&good);
    }
    assert_true(loaded > 100 && failed > 10);
    buf_free(&good);
    buf_free(&bad);
}

static void whose_it_is(void **state) {
    static const struct {
        const char *name;
        mode_t folder, file;
        bool believed, open;
    } cases[] = {
        {"ours alone", 0700, 0600, true, true},
        {"readable by all", 0755, 0644, true, true},
        {"file: group may write", 0700, 0620, false, true},
        {"file: others may write", 0700, 0602, false, true},
        {"folder: group may write", 0720, 0600, false, false},
        {"folder: others may write", 0702, 0600, false, false},
        {"folder: as /tmp", 01777, 0600, false, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(system("rm -rf " CACHE), 0);
        assert_int_equal(run(2, RULE_CACHE_MAX), 0);
        assert_int_equal(chmod(FILE_NAME, cases[i].file), 0);
        assert_int_equal(chmod(CACHE, cases[i].folder), 0);
        struct rule_cache *const c = rule_cache_open(CACHE, RULE_CACHE_MAX);

        if ((c != NULL) != cases[i].open)
            fail_msg("%s: %s", cases[i].name, c ? "opened" : "not opened");
        if (c && ask(c, texts[0]) != cases[i].believed)
            fail_msg("%s: %sbelieved", cases[i].name, cases[i].believed ? "not " : "");
        rule_cache_close(c);
    }
    assert_int_equal(chmod(CACHE, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(run(2, RULE_CACHE_MAX), 2);
        assert_int_equal(chown(FILE_NAME, 12345, 0), 0);
        assert_int_equal(run(2, RULE_CACHE_MAX), 0); /* and replaced */
        assert_int_equal(run(2, RULE_CACHE_MAX), 2);
        assert_int_equal(chown(CACHE, 12345, 0), 0);
        assert_null(rule_cache_open(CACHE, RULE_CACHE_MAX));
    }
}

static void no_place(void **state) {
    (void)state;

    /* A file where the folder should be. */
    assert_int_equal(close(open(CACHE, O_WRONLY | O_CREAT, 0600)), 0);
    assert_int_equal(run(1, RULE_CACHE_MAX), 0);
    assert_int_equal(run(1, RULE_CACHE_MAX), 0);
    assert_int_equal(unlink(CACHE), 0);
    /* A folder where the file should be. */
    assert_int_equal(mkdir(CACHE, 0700), 0);
    assert_int_equal(mkdir(FILE_NAME, 0700), 0);
    assert_int_equal(run(1, RULE_CACHE_MAX), 0);
    assert_int_equal(run(1, RULE_CACHE_MAX), 0);
    assert_int_not_equal(access(FILE_NAME ".part", F_OK), 0);
    /* A pipe. */
    assert_int_equal(rmdir(FILE_NAME), 0);
    assert_int_equal(mkfifo(FILE_NAME, 0600), 0);
    assert_int_equal(run(1, RULE_CACHE_MAX), 0);
    assert_int_equal(run(1, RULE_CACHE_MAX), 1);
    /* One folder above is made, two are not. */
    struct rule_cache *c = rule_cache_open("above/below", RULE_CACHE_MAX);

    assert_false(ask(c, texts[0]));
    rule_cache_close(c);
    assert_int_equal(access("above/below/rules.cache", F_OK), 0);
    c = rule_cache_open("three/above/below", RULE_CACHE_MAX);
    assert_false(ask(c, texts[0]));
    rule_cache_close(c);
    assert_int_not_equal(access("three", F_OK), 0);
}

/* The disk is full after so many bytes: the old file stands, and no half of a new one. */
static void full_disk(void **state) {
    struct buf before = {0}, after = {0};
    (void)state;

    assert_int_equal(run(2, RULE_CACHE_MAX), 0);
    file_get(&before);
    for (rlim_t size = 0; size < before.len; size += 50) {
        pid_t const child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0) {
            struct rlimit const limit = {size, size};

            signal(SIGXFSZ, SIG_IGN);
            _exit(setrlimit(RLIMIT_FSIZE, &limit) == 0 && run(3, RULE_CACHE_MAX) == 2 ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        file_get(&after);
        assert_true(str_eq(buf_str(&before), buf_str(&after)));
        assert_int_not_equal(access(FILE_NAME ".part", F_OK), 0);
    }
    buf_free(&before);
    buf_free(&after);
}

static void while_another_writes(void **state) {
    (void)state;
    assert_int_equal(run(1, RULE_CACHE_MAX), 0);
    int const other = open(CACHE, O_RDONLY | O_DIRECTORY);

    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_int_equal(run(2, RULE_CACHE_MAX), 1);
    assert_int_equal(run(2, RULE_CACHE_MAX), 1); /* was not written */
    close(other);
    assert_int_equal(run(2, RULE_CACHE_MAX), 1);
    assert_int_equal(run(2, RULE_CACHE_MAX), 2);
}

/* Many at once, each with texts of its own: each reads right, and what is left is a whole file. */
static void crowd(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++) {
        pid_t const child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            for (int n = 0; n < 40; n++) {
                struct rule_cache *const c = rule_cache_open(CACHE, RULE_CACHE_MAX);
                char text[100];

                for (int k = 0; k < 10; k++) {
                    snprintf(text, sizeof text, "title: %d\nn: [%d, %d]\n", i, n, k);
                    ask(c, text);
                }
                rule_cache_close(c);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 8; i++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct rule_cache *const c = rule_cache_open(CACHE, RULE_CACHE_MAX);
    size_t found = 0;

    assert_non_null(c);
    for (int i = 0; i < 8; i++)
        for (int n = 0; n < 40; n++) {
            char text[100];

            snprintf(text, sizeof text, "title: %d\nn: [%d, %d]\n", i, n, 0);
            found += ask(c, text);
        }
    rule_cache_close(c);
    assert_true(found > 0);
    assert_int_not_equal(access(FILE_NAME ".part", F_OK), 0);
}

static off_t file_size(void) {
    struct stat st;

    return stat(FILE_NAME, &st) == 0 ? st.st_size : 0;
}

static void bound(void **state) {
    (void)state;
    assert_int_equal(run(TEXTS, RULE_CACHE_MAX), 0);
    size_t const whole = (size_t)file_size();

    /* To the byte. */
    assert_int_equal(unlink(FILE_NAME), 0);
    assert_int_equal(run(TEXTS, whole), 0);
    assert_int_equal(file_size(), whole);
    assert_int_equal(run(TEXTS, whole), TEXTS);
    /* A byte less: a file that is larger is not even read; one text finds no room, and the next run does not try again. */
    assert_int_equal(run(TEXTS, whole - 1), 0);
    assert_true((size_t)file_size() < whole);
    struct stat first, second;

    assert_int_equal(stat(FILE_NAME, &first), 0);
    assert_int_equal(run(TEXTS, whole - 1), TEXTS - 1);
    assert_int_equal(stat(FILE_NAME, &second), 0);
    assert_int_equal(first.st_ino, second.st_ino);
    /* What nobody asks for makes room. */
    assert_int_equal(unlink(FILE_NAME), 0);
    assert_int_equal(run(TEXTS - 1, whole - 1), 0);
    struct rule_cache *c = rule_cache_open(CACHE, whole - 1);

    assert_true(ask(c, texts[0]));
    assert_false(ask(c, texts[TEXTS - 1]));
    rule_cache_close(c);
    c = rule_cache_open(CACHE, whole - 1);
    assert_true(ask(c, texts[0]));
    assert_true(ask(c, texts[TEXTS - 1]));
    assert_false(ask(c, texts[1]));
    rule_cache_close(c);
    /* No room for anything. */
    assert_int_equal(unlink(FILE_NAME), 0);
    assert_int_equal(run(TEXTS, 0), 0);
    assert_int_equal(run(TEXTS, INDEX_AT), 0);
    assert_int_not_equal(access(FILE_NAME, F_OK), 0);
}

static void memory_may_run_out(void **state) {
    size_t refusals = 0, found = 0;
    (void)state;

    REFUSE_OR_SKIP();
    for (int warm = 0; warm < 2; warm++) {
        for (long n = 0;; n++) {
            struct arena *const a = arena_new(MEMORY);
            struct yaml_node **documents;
            size_t count, used;
            struct err e = {0};

            if (!warm)
                unlink(FILE_NAME);
            assert_true(yaml_read(str_of(texts[2]), a, &documents, &count, &e));
            used = arena_used(a);
            struct arena *const b = arena_new(MEMORY);
            struct yaml_node **cached;

            memory_gone_for_good = n % 2;
            memory_refused = false;
            memory_left = n / 2;
            struct rule_cache *const c = rule_cache_open(CACHE, RULE_CACHE_MAX);

            if (rule_cache_get(c, str_of(texts[2]), b, &cached, &count))
                found++;
            else
                rule_cache_add(c, documents, count, used);
            rule_cache_close(c);
            memory_left = -1;
            arena_free(a);
            arena_free(b);
            if (!memory_refused)
                break;
            refusals++;
        }
        assert_int_equal(run(3, RULE_CACHE_MAX) > 0, 1); /* the last one was not refused, and kept it */
    }
    memory_gone_for_good = false;
    assert_true(refusals > 20 && found > 0);
    memory_left = 0;
    assert_null(rule_cache_folder());
    memory_left = -1;
}

static void folders(void **state) {
    char here[4096];
    static const struct {
        const char *name, *wish, *base, *home, *folder; /* home "HERE": a folder that is ours */
    } cases[] = {
        {"nothing said", NULL, NULL, NULL, NULL},
        {"off", "off", "/base", "HERE", NULL},
        {"a folder", "/some/where", "/base", "HERE", "/some/where"},
        {"one from here", "some/where", NULL, NULL, "some/where"},
        {"an empty wish is none", "", "/base", "HERE", "/base/longwatch"},
        {"base", NULL, "/base", "HERE", "/base/longwatch"},
        {"base without home", NULL, "/base", NULL, "/base/longwatch"},
        {"a base that is not absolute", NULL, "base", "HERE", "HERE/.cache/longwatch"},
        {"an empty base", NULL, "", "HERE", "HERE/.cache/longwatch"},
        {"home", NULL, NULL, "HERE", "HERE/.cache/longwatch"},
        {"an empty home", NULL, NULL, "", NULL},
        {"a home that is not absolute", NULL, NULL, ".", NULL},
        {"a home that is not there", NULL, NULL, "/nowhere/at/all", NULL},
    };
    (void)state;

    assert_non_null(getcwd(here, sizeof here));
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const names[] = {"LONGWATCH_CACHE", "XDG_CACHE_HOME", "HOME"};
        const char *const values[] = {cases[i].wish, cases[i].base, cases[i].home};
        char expected[5000] = "";

        for (size_t n = 0; n < COUNT(names); n++)
            if (values[n])
                setenv(names[n], strcmp(values[n], "HERE") == 0 ? here : values[n], 1);
            else
                unsetenv(names[n]);
        if (cases[i].folder && strncmp(cases[i].folder, "HERE", 4) == 0)
            snprintf(expected, sizeof expected, "%s%s", here, cases[i].folder + 4);
        else if (cases[i].folder)
            snprintf(expected, sizeof expected, "%s", cases[i].folder);
        char *const folder = rule_cache_folder();

        if (strcmp(folder ? folder : "", expected) != 0)
            fail_msg("%s: %s", cases[i].name, folder ? folder : "none");
        free(folder);
    }
    if (geteuid() == 0) { /* somebody else's home */
        setenv("HOME", here, 1);
        assert_int_equal(chown(here, 12345, 0), 0);
        assert_null(rule_cache_folder());
    }
}

/* Nothing but trees of rule files: no placeholders, no text without a file, nothing that is no YAML. */
static void what_is_kept(void **state) {
    const struct sigma_set *set;
    const char *path = "rules";
    struct sigma_loader *l;
    struct err e = {0};
    struct buf b = {0};
    (void)state;

    assert_int_equal(mkdir("rules", 0700), 0);
    int fd = open("rules/bad.yml", O_WRONLY | O_CREAT, 0600);

    assert_int_equal(write(fd, "a: [", 4), 4);
    close(fd);
    for (int with = 0; with < 2; with++) {
        assert_true(sigma_loader_new(&l, &e));
        sigma_cache(l, CACHE);
        assert_true(sigma_load_placeholders(l, S("p"), S("x: 1\n"), &e));
        assert_true(sigma_load_text(l, S("t"), str_of(texts[0]), &e));
        assert_true(sigma_load_paths(l, &path, 1, &e));
        assert_true(sigma_load_end(l, &set, &e));
        assert_int_equal(set->verdict_count, 2 + with);
        sigma_loader_free(l);
        if (with == 0) {
            assert_int_not_equal(access(CACHE, F_OK), 0);
            fd = open("rules/good.yml", O_WRONLY | O_CREAT, 0600);
            assert_int_equal(write(fd, texts[1], strlen(texts[1])), strlen(texts[1]));
            close(fd);
        }
    }
    file_get(&b);
    assert_int_equal(b.ptr[COUNT_AT], 1);
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cold_and_warm, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(none, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(damage, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(forged, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(signed_by_an_enemy, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(whose_it_is, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(no_place, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(full_disk, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(while_another_writes, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(crowd, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(bound, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(memory_may_run_out, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(folders, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(what_is_kept, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
