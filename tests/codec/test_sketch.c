/* test_sketch: estimates against exact Jaccard similarities of random sets, and which texts are the same letter. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/sketch.h"

/* xorshift64*: the same numbers in every run. */
static uint64_t next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

static struct sketch text_sketch(str text, const str *without, size_t count) {
    struct sketch s;
    struct sketch_text t = {.to = &s, .without = without, .without_count = count};

    sketch_begin(&s);
    sketch_text_add(&t, text);
    sketch_text_end(&t);
    sketch_end(&s);
    return s;
}

static bool identical(const struct sketch *a, const struct sketch *b) {
    return memcmp(a->mins, b->mins, sizeof a->mins) == 0 && a->shingles == b->shingles;
}

/* Of `shared` common and `own` further elements on each side: the estimate is within four standard errors, and the mean of many within four
 * of its own. That of sets that leave bins empty is a little larger: some bins say the same twice. */
static void estimates(void **state) {
    static const struct {
        uint32_t shared, own;
    } cases[] = {{1000, 0}, {900, 50}, {500, 250}, {500, 500}, {100, 1000},
                 {0, 500},  {100, 20}, {50, 50},   {20, 5},    {5, 5}};
    enum { ROUNDS = 400 };
    uint64_t random = 88172645463325252u;
    (void)state;

    for (size_t c = 0; c < COUNT(cases); c++) {
        double const jaccard = (double)cases[c].shared / (cases[c].shared + 2.0 * cases[c].own);
        uint32_t const size = cases[c].shared + cases[c].own;
        /* So many places say something of their own. */
        double const places = SKETCH_SIZE * (1 - pow(1 - 1.0 / SKETCH_SIZE, size));
        double const error = sqrt(jaccard * (1 - jaccard) / places);
        double sum = 0, worst = 0;

        for (int round = 0; round < ROUNDS; round++) {
            struct sketch a, b;
            double off;

            sketch_begin(&a);
            sketch_begin(&b);
            for (uint32_t i = 0; i < cases[c].shared; i++) {
                uint64_t const h = next(&random);

                sketch_add(&a, h);
                sketch_add(&b, h);
            }
            for (uint32_t i = 0; i < cases[c].own; i++) {
                sketch_add(&a, next(&random));
                sketch_add(&b, next(&random));
            }
            sketch_end(&a);
            sketch_end(&b);
            assert_int_equal(sketch_agree(&a, &b), sketch_agree(&b, &a));
            off = (double)sketch_agree(&a, &b) / SKETCH_SIZE - jaccard;
            sum += off;
            worst = fabs(off) > worst ? fabs(off) : worst;
        }
        print_message("%4u shared, %4u own: %.3f, mean off by %+.4f, at worst %.3f (4 errors: %.3f)\n", cases[c].shared,
                      cases[c].own, jaccard, sum / ROUNDS, worst, 4 * error);
        assert_true(worst <= 4 * error + 1e-9);
        assert_true(fabs(sum / ROUNDS) <= 4 * error / sqrt(ROUNDS) + 1e-9);
    }
}

/* A weak hash, such as counting, does as well. */
static void order_and_repetition_do_not_matter(void **state) {
    struct sketch a, b;
    (void)state;

    sketch_begin(&a);
    sketch_begin(&b);
    for (uint64_t i = 0; i < 300; i++) {
        sketch_add(&a, i);
        sketch_add(&b, 299 - i);
        sketch_add(&b, i * 7 % 300);
    }
    sketch_end(&a);
    sketch_end(&b);
    assert_memory_equal(a.mins, b.mins, sizeof a.mins);
    assert_int_equal(sketch_agree(&a, &b), SKETCH_SIZE);
    assert_int_equal(a.shingles, 300);
    assert_int_equal(b.shingles, 600);
}

static void empty_is_like_nothing(void **state) {
    struct sketch const none = text_sketch(S(""), NULL, 0), signs = text_sketch(S(" ... -- !!"), NULL, 0),
                        one = text_sketch(S("word"), NULL, 0);
    (void)state;

    assert_int_equal(none.shingles, 0);
    assert_int_equal(signs.shingles, 0);
    assert_int_equal(one.shingles, 1);
    assert_int_equal(sketch_agree(&none, &none), 0);
    assert_int_equal(sketch_agree(&none, &one), 0);
    assert_int_equal(sketch_agree(&one, &one), SKETCH_SIZE);
}

static void all_places_are_filled(void **state) {
    uint64_t random = 7;
    (void)state;

    for (uint32_t count = 1; count < 200; count++) {
        struct sketch s;

        sketch_begin(&s);
        for (uint32_t i = 0; i < count; i++)
            sketch_add(&s, next(&random));
        sketch_end(&s);
        for (size_t i = 0; i < SKETCH_SIZE; i++)
            assert_true(s.mins[i] != UINT32_MAX);
    }
}

/* The numbers themselves: what was written to disk yesterday is compared with what is made tomorrow. */
static void the_same_on_every_machine(void **state) {
    struct sketch s;
    (void)state;

    sketch_begin(&s);
    sketch_add(&s, 1);
    sketch_end(&s);
    /* MurmurHash3's finisher of 1 is b456bcfc34c2cb2c: one value, in bin 45, and so in all. */
    for (size_t i = 0; i < SKETCH_SIZE; i++)
        assert_int_equal(s.mins[i], 0x34c2cb2c);
    /* Three words, worked out by another program from the comments in sketch.c. */
    s = text_sketch(S("One, two; THREE!"), NULL, 0);
    for (size_t i = 0; i < SKETCH_SIZE; i++)
        assert_int_equal(s.mins[i], 0x4b14c21a);
}

static const str anna[] = {STR("Anna-Maria Berg"), STR("anna.berg@example.org")};
static const str ozgur[] = {STR("\xc3\x96zg\xc3\xbcr \xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2")};

static const struct {
    const char *name;
    str a, b;
    bool same;
} cases[] = {
    {"case", STR("Dear Reader of Ours"), STR("dear READER OF ours"), true},
    {"Latin case", STR("\xc3\x84rger mit \xc3\x89mile \xc5\x81\xc3\xb3\xc5\xba"),
     STR("\xc3\xa4rger MIT \xc3\xa9mile \xc5\x82\xc3\x93\xc5\xb9"), true},
    {"Greek and Cyrillic case",
     STR("\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82 \xd0\x9c\xd0\xb8\xd1\x80 \xd0\x81"),
     STR("\xcf\x83\xce\x8a\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xce\xa3 \xd0\xbc\xd0\x98\xd1\x80 \xd1\x91"), true},
    {"white space and punctuation", STR("one, two: three. (four)"),
     STR("one\r\n two -- three\xc2\xa0\xe2\x80\x93 \xc2\xab"
         "four\xc2\xbb"),
     true},
    {"soft hyphens, zero-width", STR("invis\xc2\xadible wo\xe2\x80\x8brds \xef\xbb\xbfhere"),
     STR("invisible words here"), true},
    {"numbers", STR("you owe 5 euros now"), STR("you owe 1.234,50 euros now"), true},
    {"letters and digits", STR("your code x7Gq2 is here"), STR("your code 99-ab1-c2 is here"), true},
    {"addresses", STR("write to a@b.org or see http://a.b/c?d=e now"),
     STR("write to some.body@example.com or see https://www.x.y/zz now"), true},
    {"addresses without a scheme", STR("see www.a.b for it"), STR("see example.org/xyz/abc for it"), true},
    {"a long thing", STR("token aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa of yours"),
     STR("token bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb of yours"), true},
    {"names", STR("Dear Anna Berg, we write to you, Anna."),
     STR("Dear \xc3\x96zg\xc3\xbcr, we write to you, \xd0\x98\xd0\x92\xd0\x90\xd0\x9d\xd0\x9e\xd0\x92."), true},
    {"several signs are one", STR("Dear Maria Berg 7 we write"), STR("Dear Anna we write"), true},
    {"another word", STR("one two three four"), STR("one two three five"), false},
    {"another order", STR("one two three four five"), STR("one three two four five"), false},
    {"a letter that is no letter's case",
     STR("stra\xc3\x9f"
         "e nummer eins"),
     STR("strasse nummer eins"), false},
    {"times is no letter",
     STR("a\xc3\x97"
         "b c d"),
     STR("a\xc3\xb7"
         "b c d"),
     true},
    {"a name that is another's", STR("Dear Anna we write"), STR("Dear Peter we write"), false},
    {"Chinese characters are words", STR("\xe8\xaf\xb7\xe7\x82\xb9\xe5\x87\xbb\xe8\xbf\x99\xe9\x87\x8c"),
     STR("\xe8\xaf\xb7\xe3\x80\x82\xe7\x82\xb9 \xe5\x87\xbb\xe8\xbf\x99\xe9\x87\x8c"), true},
    {"another Chinese character", STR("\xe8\xaf\xb7\xe7\x82\xb9\xe5\x87\xbb"),
     STR("\xe8\xaf\xb7\xe7\x82\xb9\xe5\x88\xbb"), false},
    {"two words", STR("one two"), STR("two one"), false},
    {"one word and two", STR("one"), STR("one one"), false},
};

static void texts(void **state) {
    bool good = true;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        str without_a[4] = {anna[0], anna[1]}, without_b[4] = {ozgur[0], anna[0]};
        /* Anna's letter is without Anna, Ozgur's without both, so that only names are told apart that should be. */
        struct sketch const a = text_sketch(cases[i].a, without_a, 2), b = text_sketch(cases[i].b, without_b, 2);

        assert_true(a.shingles > 0);
        if (identical(&a, &b) != cases[i].same) {
            print_error("%s: %s\n", cases[i].name, cases[i].same ? "not the same" : "the same");
            good = false;
        }
    }
    assert_true(good);
}

/* Every cut in two and every piece of one byte, within characters too. */
static void any_cut(void **state) {
    static const str texts_of[] = {
        STR("Dear Anna-Maria Berg, see https://example.org/a?b=c (or write to a.b@c.de): you owe 1.234,50 "
            "\xe2\x82\xac!"),
        STR("\xc3\x84rger \xe8\xaf\xb7\xe7\x82\xb9\xf0\x9f\x98\x80 wo\xe2\x80\x8brds "
            "\xc2\xab\xd0\x9c\xd0\xb8\xd1\x80\xc2\xbb \xff\xc3 \xe2\x82 \xf0\x9f\x98x"),
        STR("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/@ c "
            "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\xc3\xa9 x"),
        STR("a\xc3"),
    };
    (void)state;

    for (size_t i = 0; i < COUNT(texts_of); i++) {
        str const text = texts_of[i];
        struct sketch const whole = text_sketch(text, anna, 2);

        for (size_t cut = 0; cut <= text.len + 1; cut++) {
            struct sketch s;
            struct sketch_text t = {.to = &s, .without = anna, .without_count = 2};

            sketch_begin(&s);
            if (cut <= text.len) {
                sketch_text_add(&t, str_first(text, cut));
                sketch_text_add(&t, str_from(text, cut));
            } else {
                for (size_t k = 0; k < text.len; k++)
                    sketch_text_add(&t, (str){text.ptr + k, 1});
            }
            sketch_text_end(&t);
            sketch_end(&s);
            if (!identical(&whole, &s))
                fail_msg("text %zu cut at %zu is another", i, cut);
        }
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates),
        cmocka_unit_test(order_and_repetition_do_not_matter),
        cmocka_unit_test(empty_is_like_nothing),
        cmocka_unit_test(all_places_are_filled),
        cmocka_unit_test(the_same_on_every_machine),
        cmocka_unit_test(texts),
        cmocka_unit_test(any_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
