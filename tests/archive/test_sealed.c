/* test_sealed: a sealed file gives back what went into it, any part of it alone; what was changed, cut, moved or comes from another is not taken. And a run of the
 * index that is sealed answers as one that is not; damage in it never turns into a "no". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "../folder.h"
#include "../refuse.h"
#include "archive/index.h"
#include "archive/sealed.h"
#include "base/hash.h"

#define LONGER (SEALED_PIECE + SEAL_MORE)

static uint8_t const archive_key[SEAL_KEY] = {4, 5, 6}, archive_key_name[SEAL_NAME] = "a key";

struct with {
    struct key_set *keys;
    struct writing_key writing;
    char *folder;
};

static int begin(void **state) {
    struct with *const w = calloc(1, sizeof *w);
    struct err e = {0};

    if (!w || !key_set_new(&w->keys, &e) || !key_set_add(w->keys, archive_key_name, archive_key, &e))
        return -1;
    writing_key_new(&w->writing, archive_key_name, archive_key);
    if (folder_enter((void **)&w->folder) != 0)
        return -1;
    *state = w;
    return 0;
}

static int end(void **state) {
    struct with *const w = *state;

    key_set_free(w->keys);
    writing_key_wipe(&w->writing);
    int const left = folder_leave((void **)&w->folder);

    free(w);
    return left;
}

static void fill(char *bytes, size_t size, unsigned seed) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)((i * 2654435761u + seed) >> 7);
}

/* In pieces of odd sizes. */
static bool seal_whole(const struct with *w, str bytes, struct buf *out, struct err *e) {
    struct sealed_writer *s = NULL;
    bool ok = sealed_writer_new(&s, &w->writing, out, e);

    for (size_t at = 0, n = 1; ok && at < bytes.len; at += n, n = n % 5000 + 777)
        ok = sealed_writer_add(s, str_first(str_from(bytes, at), n), e);
    ok = ok && sealed_writer_end(s, e);
    sealed_writer_free(s);
    return ok;
}

static const size_t sizes[] = {0, 1, 4055, 4056, 4095, 4096, 4097, 8191, 8192, 8193, 40000};

static void there_and_back(void **state) {
    const struct with *const w = *state;
    struct err e = {0};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *const bytes = malloc(sizes[i] + 1);
        struct buf file = {0};
        struct sealed *s;

        assert_non_null(bytes);
        fill(bytes, sizes[i], 1);
        assert_true(seal_whole(w, (str){bytes, sizes[i]}, &file, &e));
        assert_true(sealed_begins(buf_str(&file)));
        for (size_t k = 0; sizes[i] >= 16 && k + 16 <= sizes[i]; k += 160)
            assert_true(str_find(buf_str(&file), (str){bytes + k, 16}) == SIZE_MAX);
        if (!sealed_open(&s, buf_str(&file), w->keys, S("f"), &e))
            fail_msg("%zu: %s", sizes[i], e.text);
        assert_int_equal(sealed_bytes(s).len, sizes[i]);
        /* One byte here and there, then all of it. */
        for (size_t k = 0; k < sizes[i]; k += 3000) {
            assert_true(sealed_need(s, k, 1, &e));
            assert_int_equal(sealed_bytes(s).ptr[k], bytes[k]);
        }
        assert_true(sealed_need(s, 0, sizes[i], &e));
        assert_true(sizes[i] == 0 || memcmp(sealed_bytes(s).ptr, bytes, sizes[i]) == 0);
        sealed_close(s);
        buf_free(&file);
        free(bytes);
    }
}

/* Is all of it refused, or at least the piece that holds this byte? */
static bool refused(const struct with *w, str file, struct err *e) {
    struct sealed *s;
    bool ok;

    if (!sealed_open(&s, file, w->keys, S("f"), e))
        return true;
    ok = sealed_need(s, 0, sealed_bytes(s).len, e);
    sealed_close(s);
    return !ok;
}

static void each_byte_each_length(void **state) {
    const struct with *const w = *state;
    struct err e = {0};
    char bytes[10000];
    struct buf file = {0};

    fill(bytes, sizeof bytes, 1);
    assert_true(seal_whole(w, (str){bytes, sizeof bytes}, &file, &e));
    assert_false(refused(w, buf_str(&file), &e));
    for (size_t i = 0; i < file.len; i++) {
        file.ptr[i] ^= (char)(1 << i % 8);
        if (!refused(w, buf_str(&file), &e))
            fail_msg("byte %zu was changed, and it is taken", i);
        file.ptr[i] ^= (char)(1 << i % 8);
        if (!refused(w, str_first(buf_str(&file), i), &e))
            fail_msg("cut at %zu, and it is taken", i);
        assert_true(e.code == ERR_CORRUPT || e.code == ERR_TRUNCATED);
    }
    /* What is whole of it can be read. */
    struct sealed *s;

    file.ptr[SEALED_HEAD + LONGER + 100] ^= 1;
    assert_true(sealed_open(&s, buf_str(&file), w->keys, S("f"), &e));
    assert_true(sealed_need(s, 0, SEALED_PIECE, &e));
    assert_true(sealed_need(s, 2 * SEALED_PIECE, sizeof bytes - 2 * SEALED_PIECE, &e));
    assert_false(sealed_need(s, SEALED_PIECE - 1, 2, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_int_equal(e.offset, SEALED_HEAD + LONGER);
    sealed_close(s);
    buf_free(&file);
}

/* Heads with sums that fit; pieces in other places, out of other files. */
static void changed_by_a_stranger(void **state) {
    const struct with *const w = *state;
    struct err e = {0};
    char bytes[4 * SEALED_PIECE];
    struct buf one = {0}, other = {0}, b = {0};

    memset(bytes, 7, sizeof bytes); /* all pieces alike */
    assert_true(seal_whole(w, (str){bytes, sizeof bytes}, &one, &e));
    assert_true(seal_whole(w, (str){bytes, sizeof bytes}, &other, &e));
    for (size_t i = 0; i < SEALED_HEAD - 8; i++) {
        bool const used = i < 12 || (i >= 16 && i < 32 + SEAL_NAME + SEAL_KEY + SEAL_MORE + 32);

        b.len = 0;
        buf_add(&b, buf_str(&one));
        b.ptr[i] ^= 1;
        uint64_t const sum = hash_sum(str_first(buf_str(&b), SEALED_HEAD - 8));

        memcpy(b.ptr + SEALED_HEAD - 8, &sum, sizeof sum);
        if (refused(w, buf_str(&b), &e) != used)
            fail_msg("byte %zu of the head", i);
    }
    for (size_t to = 0; to < 4; to++)
        for (size_t from = 0; from < 4; from++) {
            b.len = 0;
            buf_add(&b, buf_str(&one));
            memcpy(b.ptr + SEALED_HEAD + to * LONGER, one.ptr + SEALED_HEAD + from * LONGER, LONGER);
            assert_int_equal(refused(w, buf_str(&b), &e), to != from);
            memcpy(b.ptr + SEALED_HEAD + to * LONGER, other.ptr + SEALED_HEAD + to * LONGER, LONGER);
            assert_true(refused(w, buf_str(&b), &e));
        }
    /* Ends sooner, at the end of a piece. */
    for (size_t pieces = 1; pieces < 4; pieces++)
        assert_true(refused(w, str_first(buf_str(&one), SEALED_HEAD + pieces * LONGER), &e));
    /* A last piece that another follows. */
    b.len = 0;
    buf_add(&b, buf_str(&one));
    buf_add(&b, str_from(buf_str(&one), SEALED_HEAD + 3 * LONGER));
    assert_true(refused(w, buf_str(&b), &e));
    buf_free(&one);
    buf_free(&other);
    buf_free(&b);
}

static void without_the_key(void **state) {
    const struct with *const w = *state;
    struct err e = {0};
    struct buf file = {0};
    struct sealed *s;

    assert_true(seal_whole(w, S("something"), &file, &e));
    assert_false(sealed_open(&s, buf_str(&file), NULL, S("the file"), &e));
    assert_int_equal(e.code, ERR_REFUSED);
    assert_non_null(strstr(e.text, "the file"));
    buf_free(&file);
}

static void allocations_fail(void **state) {
    const struct with *const w = *state;
    struct err e = {0};

    REFUSE_OR_SKIP();
    for (long n = 0;; n++) {
        struct buf file = {0};
        struct sealed *s;

        memory_refused = false;
        memory_gone_for_good = false;
        memory_left = n;
        bool const made = seal_whole(w, S("something"), &file, &e);
        bool const ok = made && sealed_open(&s, buf_str(&file), w->keys, S("f"), &e);

        memory_left = -1;
        if (ok)
            sealed_close(s);
        else
            assert_int_equal(e.code, ERR_MEMORY);
        buf_free(&file);
        if (!memory_refused) {
            assert_true(ok && n > 3);
            break;
        }
    }
}

/* ---- a run of the index ---- */

#define KEYS 30000u
#define ADDRESSES 900u

static uint64_t key_of(unsigned i) {
    return i * (UINT64_MAX / KEYS) + i % 7;
}

static bool run_make(const struct index_options *o, struct err *e) {
    static const uint32_t places[3] = {0, 1, 2};
    struct index_writer *w = NULL;
    bool ok = index_writer_new(&w, o, e);

    for (unsigned i = 0; ok && i < KEYS; i++)
        ok = index_writer_key(w, key_of(i), (struct index_posting){places + i % 3, 1 + (i % 3 == 0), false}, e);
    for (unsigned i = 0; ok && i < ADDRESSES; i++) {
        struct address const a = {.family = 4, .bytes = {10, (uint8_t)(i >> 8), (uint8_t)i, 1}};

        ok = index_writer_address(w, &a, (struct index_posting){places, 1 + i % 3, false}, e);
    }
    ok = ok && index_writer_finish(w, e);
    index_writer_free(w);
    return ok;
}

static const uint32_t segments[] = {3, 5, 9};

static struct index_options options_of(struct buf *to, const struct writing_key *writing) {
    return (struct index_options){
        .made = 1, .segments = segments, .segment_count = 3, .keys = KEYS, .to = to, .writing = writing};
}

/* What of both is asked: keys that are there, and as many that are not. */
static size_t questions(uint64_t **out) {
    uint64_t *const keys = malloc(2 * KEYS * sizeof *keys), *const room = malloc(2 * KEYS * sizeof *room);

    assert_true(keys && room);
    for (unsigned i = 0; i < KEYS; i++) {
        keys[2 * i] = key_of(i);
        keys[2 * i + 1] = key_of(i) + 100 + i;
    }
    size_t const count = index_keys_sort(keys, room, 2 * KEYS);

    free(room);
    *out = keys;
    return count;
}

static bool told_of(const struct index_hits *h, uint32_t key, uint32_t *at) {
    while (*at < h->count && h->hits[*at].key < key)
        ++*at;
    return *at < h->count && h->hits[*at].key == key;
}

static struct index_run *opened_file(const char *path, const struct key_set *keys, struct err *e) {
    struct index_run *r = NULL;
    int const fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    bool const ok = index_run_open_file(&r, fd, S("a run"), keys, e);

    close(fd);
    return ok ? r : NULL;
}

static void file_write(const char *path, str bytes) {
    int const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    close(fd);
}

static void run_answers_alike(void **state) {
    const struct with *const w = *state;
    struct err e = {0};
    struct buf plain = {0}, sealed = {0};
    struct index_hits want = {0}, got = {0};
    struct index_run *p;
    uint64_t *keys;
    struct address const low = {.family = 4, .bytes = {10, 1, 0, 0}}, high = {.family = 4, .bytes = {10, 1, 255, 255}};

    struct index_options const to_plain = options_of(&plain, NULL), to_sealed = options_of(&sealed, &w->writing);

    assert_true(run_make(&to_plain, &e) && run_make(&to_sealed, &e));
    file_write("run", buf_str(&sealed));
    size_t const count = questions(&keys);

    assert_true(index_run_of(&p, buf_str(&plain), S("plain"), &e));
    assert_null(opened_file("run", NULL, &e));
    assert_int_equal(e.code, ERR_REFUSED);
    struct index_run *s = opened_file("run", w->keys, &e);

    if (!s)
        fail_msg("%s", e.text);
    assert_int_equal(index_run_info(s).size, sealed.len);
    assert_int_equal(index_run_info(s).keys, index_run_info(p).keys);
    assert_true(index_run_find(p, keys, count, &want, &e) && index_run_find(s, keys, count, &got, &e));
    assert_int_equal(got.damaged, 0);
    assert_int_equal(got.count, KEYS);
    assert_int_equal(got.count, want.count);
    for (size_t i = 0; i < got.count; i++)
        assert_true(got.hits[i].key == want.hits[i].key && got.hits[i].count == want.hits[i].count &&
                    got.hits[i].everywhere == want.hits[i].everywhere && got.hits[i].places == want.hits[i].places);
    assert_memory_equal(got.places, want.places, got.place_count * sizeof *got.places);
    assert_true(index_run_range(p, &low, &high, &want, &e) && index_run_range(s, &low, &high, &got, &e));
    assert_int_equal(got.count, 1);
    assert_int_equal(got.hits[0].count, want.hits[0].count);
    assert_true(index_run_check(s, NULL, NULL, &e));
    /* Merged with a plain one, sealed again, and to a file as it grows. */
    int const fd = open("merged", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct index_run *one = s, *merged;

    assert_true(fd >= 0);
    assert_true(index_merge(&one, 1, segments, 1, &(struct index_options){.fd = fd, .writing = &w->writing}, &e));
    close(fd);
    assert_non_null(merged = opened_file("merged", w->keys, &e));
    assert_true(index_run_check(merged, NULL, NULL, &e));
    assert_int_equal(index_run_info(merged).segment_count, 2);
    index_run_close(merged);
    index_run_close(s);
    index_run_close(p);
    index_hits_free(&want);
    index_hits_free(&got);
    free(keys);
    buf_free(&plain);
    buf_free(&sealed);
}

static void run_damaged(void **state) {
    const struct with *const w = *state;
    struct err e = {0};
    struct buf sealed = {0};
    struct index_hits got = {0};
    uint64_t *keys;
    size_t opens = 0, damaged = 0;

    struct index_options const to = options_of(&sealed, &w->writing);

    assert_true(run_make(&to, &e));
    size_t const count = questions(&keys);

    for (size_t at = SEALED_HEAD + 50; at < sealed.len; at += LONGER) {
        uint32_t next = 0;

        sealed.ptr[at] ^= 4;
        file_write("run", buf_str(&sealed));
        sealed.ptr[at] ^= 4;
        struct index_run *const s = opened_file("run", w->keys, &e);

        if (!s) {
            assert_int_equal(e.code, ERR_CORRUPT);
            continue;
        }
        opens++;
        assert_true(index_run_find(s, keys, count, &got, &e));
        damaged += got.damaged > 0;
        for (unsigned i = 0; i < KEYS; i++) { /* not one of them is denied */
            while (keys[next] != key_of(i))
                next++;
            uint32_t hit = 0;

            if (i % 50 == 0 && !told_of(&got, next, &hit))
                fail_msg("key %u is denied where byte %zu is damaged", i, at);
        }
        assert_false(index_run_check(s, NULL, NULL, &e));
        index_run_close(s);
    }
    assert_true(opens > 30 && damaged > 10);
    index_hits_free(&got);
    free(keys);
    buf_free(&sealed);
}

/* As when a disk fails under it. */
static void run_that_shrinks(void **state) {
    const struct with *const w = *state;
    struct err e = {0};
    struct buf sealed = {0};
    struct index_hits got = {0};
    uint64_t *keys;

    struct index_options const to = options_of(&sealed, &w->writing);

    assert_true(run_make(&to, &e));
    file_write("run", buf_str(&sealed));
    size_t const count = questions(&keys);
    struct index_run *const s = opened_file("run", w->keys, &e);

    assert_non_null(s);
    assert_int_equal(truncate("run", 0), 0);
    assert_true(index_run_find(s, keys, count, &got, &e));
    assert_true(got.damaged > 0);
    assert_int_equal(got.count, count); /* perhaps, all of them */
    index_run_close(s);
    index_hits_free(&got);
    free(keys);
    buf_free(&sealed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_and_back, begin, end),
        cmocka_unit_test_setup_teardown(each_byte_each_length, begin, end),
        cmocka_unit_test_setup_teardown(changed_by_a_stranger, begin, end),
        cmocka_unit_test_setup_teardown(without_the_key, begin, end),
        cmocka_unit_test_setup_teardown(allocations_fail, begin, end),
        cmocka_unit_test_setup_teardown(run_answers_alike, begin, end),
        cmocka_unit_test_setup_teardown(run_damaged, begin, end),
        cmocka_unit_test_setup_teardown(run_that_shrinks, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
