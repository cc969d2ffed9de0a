/* test_show: the record that is asked for, in a file and in members of containers, and never another one: what has
 * changed, is not there, or is no beginning of a record is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "base/hash.h"
#include "hunt/show.h"

#define PLAIN "{\"a\":1}\n{\"b\": 2 }\n"
#define OTHER "{\"c\":3}\n{\"d\":4}\n"

/* The files of every case. */
static const struct member {
    const char *name, *bytes;
} members[] = {{"in/plain.jsonl", PLAIN}, {"twice.jsonl", OTHER}, {"twice.jsonl", PLAIN}, {"b!r.jsonl", OTHER}};

static const struct {
    const char *name, *path;
    const char *of; /* whose SHA-256 is asked for: these bytes' */
    const char *reader;
    uint64_t offset;
    const char *record; /* NULL: an error */
    enum err_code code;
    const char *why;
} cases[] = {
    {"the first", "plain.jsonl", PLAIN, "json", 0, "{\"a\":1}", ERR_NONE, NULL},
    {"the second", "plain.jsonl", PLAIN, "json", 8, "{\"b\": 2 }", ERR_NONE, NULL},
    {"an exclamation mark in the name of a file", "a!b.jsonl", OTHER, "json", 8, "{\"d\":4}", ERR_NONE, NULL},
    {"in gzip", "plain.gz!plain", PLAIN, "json", 8, "{\"b\": 2 }", ERR_NONE, NULL},
    {"in tar", "all.tar!in/plain.jsonl", PLAIN, "json", 8, "{\"b\": 2 }", ERR_NONE, NULL},
    {"an exclamation mark in the name of a member", "all.tar!b!r.jsonl", OTHER, "json", 8, "{\"d\":4}", ERR_NONE, NULL},
    {"of two members with one name, the first", "all.tar!twice.jsonl", OTHER, "json", 8, "{\"d\":4}", ERR_NONE, NULL},
    {"of two members with one name, the second", "all.tar!twice.jsonl", PLAIN, "json", 8, "{\"b\": 2 }", ERR_NONE,
     NULL},
    {"changed", "plain.jsonl", OTHER, "json", 0, NULL, ERR_CORRUPT, "has changed"},
    {"a changed member", "all.tar!in/plain.jsonl", OTHER, "json", 0, NULL, ERR_CORRUPT, "has changed"},
    {"no such member", "all.tar!in/nothing.jsonl", PLAIN, "json", 0, NULL, ERR_CORRUPT, "is not there"},
    {"a member that breaks off", "cut.gz!cut", PLAIN, "json", 0, NULL, ERR_CORRUPT, "has changed"},
    {"no container", "plain.jsonl!x", PLAIN, "json", 0, NULL, ERR_CORRUPT, ""},
    {"within a record", "plain.jsonl", PLAIN, "json", 1, NULL, ERR_CORRUPT, "begins"},
    {"within a member's record", "all.tar!in/plain.jsonl", PLAIN, "json", 1, NULL, ERR_CORRUPT, "begins"},
    {"behind the end", "plain.jsonl", PLAIN, "json", 1000, NULL, ERR_CORRUPT, "begins"},
    {"far behind the end", "plain.jsonl", PLAIN, "json", UINT64_MAX, NULL, ERR_CORRUPT, ""},
    {"another reader", "plain.jsonl", PLAIN, "evtx", 0, NULL, ERR_CORRUPT, ""},
    {"no such reader", "plain.jsonl", PLAIN, "nothing", 0, NULL, ERR_CORRUPT, "no reader 'nothing'"},
    {"no reader", "plain.jsonl", PLAIN, "", 0, NULL, ERR_CORRUPT, "no reader ''"},
    {"not there", "nothing.jsonl", PLAIN, "json", 0, NULL, ERR_IO, "not there"},
    {"not there, with a way into it", "nothing.zip!a.jsonl", PLAIN, "json", 0, NULL, ERR_IO, "not there"},
    {"a folder", "folder", PLAIN, "json", 0, NULL, ERR_IO, ""},
    {"a pipe", "pipe", PLAIN, "json", 0, NULL, ERR_IO, ""},
    {"no name", "", PLAIN, "json", 0, NULL, ERR_IO, ""},
};

static void write_file(const char *path, const char *bytes, size_t size) {
    int const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

static void write_tar(const char *path) {
    struct archive *const a = archive_write_new();

    assert_int_equal(archive_write_set_format_ustar(a), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
    for (size_t i = 0; i < COUNT(members); i++) {
        struct archive_entry *const entry = archive_entry_new();
        size_t const size = strlen(members[i].bytes);

        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0600);
        assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
        assert_int_equal(archive_write_data(a, members[i].bytes, size), size);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

static int enter(void **state) {
    char gz[256];
    gzFile f;

    if (folder_enter(state) != 0)
        return -1;
    write_file("plain.jsonl", PLAIN, strlen(PLAIN));
    write_file("a!b.jsonl", OTHER, strlen(OTHER));
    f = gzopen("plain.gz", "wb");
    assert_non_null(f);
    assert_int_equal(gzputs(f, PLAIN), strlen(PLAIN));
    assert_int_equal(gzclose(f), Z_OK);
    int const fd = open("plain.gz", O_RDONLY | O_CLOEXEC);
    ssize_t const size = read(fd, gz, sizeof gz);

    close(fd);
    assert_true(size > 10);
    write_file("cut.gz", gz, (size_t)size - 10);
    write_tar("all.tar");
    return mkdir("folder", 0700) == 0 && mkfifo("pipe", 0600) == 0 ? 0 : -1;
}

static void every_case(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sha256 *const h = sha256_new();
        uint8_t hash[SHA256_SIZE];
        char hex[2 * SHA256_SIZE + 1], path[128];
        struct buf out = {0};
        struct err e = {0};

        assert_non_null(h);
        sha256_add(h, str_of(cases[i].of));
        sha256_end(h, hash);
        sha256_free(h);
        sha256_hex(hash, hex);
        snprintf(path, sizeof path, "%s", cases[i].path);
        buf_add(&out, S("before "));
        bool const ok = show_record(path, str_of(hex), str_of(cases[i].reader), cases[i].offset, NULL, &out, &e);

        if (ok != (cases[i].record != NULL) || (!ok && e.code != cases[i].code))
            fail_msg("%s: %d, %s", cases[i].name, e.code, ok ? "shown" : e.text);
        if (!ok && !strstr(e.text, cases[i].why))
            fail_msg("%s: %s", cases[i].name, e.text);
        if (out.len < 7 || !str_eq(str_first(buf_str(&out), 7), S("before ")) ||
            !str_eq(str_from(buf_str(&out), 7), str_of(ok ? cases[i].record : "")))
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&out)));
        buf_free(&out);
    }
}

/* Neither descriptors nor processes are left behind, whether it was shown or not. */
static void nothing_is_left_behind(void **state) {
    int const before = dup(0);
    struct buf out = {0};
    struct err e = {0};

    (void)state;
    close(before);
    assert_false(show_record("plain.jsonl", S("00"), S("json"), 0, NULL, &out, &e));
    assert_false(show_record("nothing", S("00"), S("json"), 0, NULL, &out, &e));
    assert_false(show_record("all.tar!in/plain.jsonl", S("00"), S("json"), 0, NULL, &out, &e));
    int const after = dup(0);

    close(after);
    assert_int_equal(before, after);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(nothing_is_left_behind),
    };

    return cmocka_run_group_tests(tests, enter, folder_leave);
}
