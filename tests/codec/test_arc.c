/* test_arc: chains of seals. All of the ARC test suite's validation cases (RFC 8617's authors'; LONGWATCH_SHARED has it under
 * data/mail/dkim-arc), whose answers are part of it; and what it has no case for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/dkim.h"
#include "codec/yaml.h"
#include "../reader/shared.h"

/* Where we say something else than the suite's Pass, Fail, None, and why. */
static const struct {
    const char *name;
    int result;
    const char *why;
} ours[] = {
    {"public_key_na", ARC_NO_KEY, "a key that is not given is no failure: nobody knows"},
    {"cv_fail_i1_as_cv_fail", ARC_FAIL,
     "the suite says nothing of chains that were sealed as broken; RFC 8617 5.2: fail"},
    {"cv_fail_i2_as2_fail", ARC_FAIL, "as above"},
    {"cv_fail_i2_as1_fail", ARC_FAIL, "as above"},
    {"ams_fields_c_na", ARC_FAIL,
     "the suite signed it relaxed and left c= out; without c= it is simple (RFC 6376 3.5)"},
};

static struct dkim_keys *keys_of(const struct yaml_node *records) {
    struct dkim_keys *keys;
    struct buf text = {0};
    struct err e;

    assert_non_null(records);
    for (size_t i = 0; i < records->count; i++) {
        buf_add(&text, records->keys[i]);
        buf_add(&text, S(" TXT "));
        buf_add(&text, records->items[i]->text);
        buf_byte(&text, '\n');
    }
    assert_false(text.failed);
    if (!dkim_keys_read(&keys, S("suite"), buf_str(&text), &e))
        fail_msg("%s", e.text);
    buf_free(&text);
    return keys;
}

/* The suite names some cases twice, which no map may: each name gets its line's number behind an @. */
static str numbered(str text, struct buf *out) {
    size_t line = 1;

    for (str rest = text; rest.len; line++) {
        size_t const end = str_find_byte(rest, '\n');
        str const one = str_first(rest, end), bare = str_trim(one);

        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
        if (str_starts(one, S("  ")) && one.ptr[2] != ' ' && str_ends(bare, S(":")) &&
            str_find_byte(bare, ' ') == SIZE_MAX)
            buf_format(out, "  %.*s@%zu:\n", STR_ARG(str_first(bare, bare.len - 1)), line);
        else
            buf_format(out, "%.*s\n", STR_ARG(one));
    }
    assert_false(out->failed);
    return buf_str(out);
}

static int expected(const struct yaml_node *test, str name) {
    str const cv = str_trim(yaml_text(test, "cv"));

    for (size_t i = 0; i < COUNT(ours); i++)
        if (str_eq(str_first(name, str_find_byte(name, '@')), str_of(ours[i].name)))
            return ours[i].result;
    if (str_eq(cv, S("Pass")))
        return ARC_PASS;
    if (str_eq(cv, S("None")))
        return ARC_NONE;
    if (!str_eq(cv, S("Fail")))
        fail_msg("%.*s: no answer '%.*s'", STR_ARG(name), STR_ARG(cv));
    return ARC_FAIL;
}

static void the_suite(void **state) {
    struct arena *a;
    struct yaml_node **documents;
    size_t count, tests = 0, wrong = 0, excepted = 0;
    struct buf text = {0}, names = {0};
    struct err e;
    (void)state;

    if (!shared_file("mail/dkim-arc/arc-validation-tests.yml", &text))
        skip();
    a = arena_new(64u << 20);
    if (!yaml_read(numbered(buf_str(&text), &names), a, &documents, &count, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < count; i++) {
        struct dkim_keys *const keys = keys_of(yaml_get(documents[i], "txt-records"));
        const struct yaml_node *const all = yaml_get(documents[i], "tests");

        for (size_t t = 0; t < all->count; t++) {
            struct arc_chain chain;

            assert_true(arc_verify(yaml_text(all->items[t], "message"), keys, a, &chain, &e));
            tests++;
            if ((int)chain.result == expected(all->items[t], all->keys[t]))
                continue;
            wrong++;
            print_message("%.*s: %d, not %d: %s (%u)\n", STR_ARG(all->keys[t]), (int)chain.result,
                          expected(all->items[t], all->keys[t]), chain.reason, chain.at);
        }
        for (size_t t = 0; t < all->count; t++)
            for (size_t o = 0; o < COUNT(ours); o++)
                excepted += str_starts(all->keys[t], str_of(ours[o].name));
        dkim_keys_free(keys);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(excepted, COUNT(ours)); /* no reason without its case */
    assert_true(tests > 150);
    print_message("%zu cases\n", tests);
    buf_free(&text);
    buf_free(&names);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_suite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
