/* test_index: runs against the plain truth: what is collected is found, whatever is merged in whatever order; questions, ranges,
 * and that every instruction set says the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archive/index_own.h"

#include "index_model.h"

/* Why a number is handed over as a segment's: they are sparse, so places are no numbers. */
static uint32_t number_of(unsigned segment) {
    return segment * 7 + 3;
}

static void model_make(struct model *m, struct random *r, unsigned shape, unsigned zeros) {
    m->zeros = zeros;
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        /* Spread as hashes are; or in a part of the pages only, or nearly all alike, which no hash is: then it is slower, and not wrong. */
        m->keys[i] = shape == 0   ? random_next(r)
                     : shape == 1 ? random_next(r) >> 2
                                  : (UINT64_MAX >> zeros) - random_below(r, 1 << 20) * (1 + random_below(r, 3));
        m->keys[i] = shape == 2 ? m->keys[i] << zeros : m->keys[i] >> zeros << zeros;
        uint64_t const how = random_below(r, 16);

        /* Most in one segment, some in many, few in nearly all. */
        m->in[i] = how < 9    ? (uint64_t)1 << random_below(r, MODEL_SEGMENTS)
                   : how < 13 ? random_next(r) & random_next(r) & random_next(r) & random_next(r)
                   : how < 15 ? random_next(r)
                              : random_next(r) | random_next(r) | random_next(r);
    }
    m->keys[0] = 0;
    m->keys[1] = UINT64_MAX >> zeros << zeros;
    m->in[0] = m->in[1] = 1 | (uint64_t)1 << 63;
    for (unsigned i = 0; i < MODEL_ADDRESSES; i++) {
        struct address *const a = &m->addresses[i];

        *a = (struct address){.family = random_below(r, 3) ? 4 : 6};
        for (unsigned k = 0; k < (a->family == 4 ? 4u : 16u); k++)
            a->bytes[k] = (uint8_t)(random_below(r, 4) ? random_below(r, 3) : random_next(r));
        m->address_in[i] = random_next(r) & random_next(r) & random_next(r);
    }
    for (unsigned k = 0; k < 16; k++) {
        m->addresses[0].bytes[k] = 0;
        m->addresses[1].bytes[k] = 0xff;
    }
    m->addresses[0].family = m->addresses[1].family = 6;
}

static void run_of_segment(const struct model *m, unsigned segment, size_t memory, struct buf *out) {
    struct index_collector *c;
    uint32_t const number = number_of(segment);
    struct index_options const o = {.made = 42,
                                    .segments = &number,
                                    .segment_count = 1,
                                    .zeros = segment % 5 ? m->zeros : m->zeros / 2, /* fewer than there are */
                                    .memory_max = memory,
                                    .to = out};
    struct err e;

    assert_true(index_collector_new(&c, memory, NULL, &e));
    for (unsigned twice = 0; twice < 2; twice++) {
        for (unsigned i = 0; i < MODEL_KEYS; i++)
            if (m->in[i] >> segment & 1)
                assert_true(index_collector_key(c, m->keys[i], &e));
        for (unsigned i = 0; i < MODEL_ADDRESSES; i++)
            if (m->address_in[i] >> segment & 1)
                assert_true(index_collector_address(c, &m->addresses[i], &e));
    }
    assert_true(index_collector_finish(c, &o, &e));
    index_collector_free(c);
}

static struct index_run *run_open(const struct buf *bytes) {
    struct index_run *r = NULL;
    struct err e;

    if (!index_run_of(&r, buf_str(bytes), S("test"), &e))
        fail_msg("%s", e.text);
    if (!index_run_check(r, NULL, NULL, &e))
        fail_msg("%s", e.text);
    return r;
}

/* In which of a run's segments a key stands, as a bit for each of the model's. */
static uint64_t segments_of(const struct index_run *r, const struct index_hits *h, const struct index_hit *hit) {
    struct index_info const info = index_run_info(r);
    uint64_t in = 0;

    for (uint32_t i = 0; i < (hit->everywhere ? info.segment_count : hit->count); i++) {
        uint32_t const place = hit->everywhere ? i : h->places[hit->places + i];

        assert_true(place < info.segment_count);
        in |= (uint64_t)1 << (info.segments[place] - 3) / 7;
    }
    return in;
}

static int by_key(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Nothing is missed. What is told beyond the truth: a value that was in more than half of the segments of a run, sixteen or more, was
 * kept as in all of them. ever: where it stands, of all segments there ever were. */
static void segments_same(uint64_t truth, uint64_t told, uint64_t ever) {
    assert_int_equal(truth & ~told, 0);
    if (told != truth)
        assert_true((unsigned)__builtin_popcountll(ever) > EVERYWHERE_LEAST / 2);
}

/* All keys of the model and as many that are none, in one batch. of: the segments that the run is of. */
static void keys_compare(struct index_run *r, const struct model *m, uint64_t of, struct random *random) {
    static uint64_t keys[2 * MODEL_KEYS], room[2 * MODEL_KEYS], ever[2 * MODEL_KEYS];
    struct index_hits h = {0};
    struct err e;

    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        keys[2 * i] = m->keys[i];
        uint64_t const near = (random_below(random, 9) - 4) << (random_below(random, 2) ? m->zeros : 0);

        keys[2 * i + 1] = random_below(random, 3) ? m->keys[i] + near : random_next(random);
    }
    size_t const count = index_keys_sort(keys, room, 2 * MODEL_KEYS);

    for (size_t i = 0; i < count; i++)
        ever[i] = 0;
    for (unsigned i = 0; i < MODEL_KEYS; i++)
        ever[(const uint64_t *)bsearch(&m->keys[i], keys, count, sizeof *keys, by_key) - keys] |= m->in[i];
    for (unsigned speed = INDEX_PLAIN; speed <= INDEX_AVX512; speed++) {
        size_t at = 0;

        if (index_run_speed(r, speed) != speed)
            continue; /* this processor cannot */
        assert_true(index_run_find(r, keys, count, &h, &e));
        assert_int_equal(h.damaged, 0);
        for (size_t i = 0; i < count; i++) {
            bool const hit = at < h.count && h.hits[at].key == i;

            segments_same(ever[i] & of, hit ? segments_of(r, &h, &h.hits[at]) : 0, ever[i]);
            at += hit;
        }
        assert_int_equal(at, h.count);
    }
    index_hits_free(&h);
}

static void ranges_compare(struct index_run *r, const struct model *m, uint64_t of, struct random *random) {
    struct index_hits h = {0};
    struct err e;

    for (unsigned times = 0; times < 200; times++) {
        struct address first = m->addresses[random_below(random, MODEL_ADDRESSES)];
        struct address last = times % 4 ? m->addresses[random_below(random, MODEL_ADDRESSES)] : first;
        uint64_t ever = 0;

        if (model_address_key(&first) > model_address_key(&last)) {
            struct address const x = first;

            first = last;
            last = x;
        }
        for (unsigned i = 0; i < MODEL_ADDRESSES; i++)
            if (model_address_key(&m->addresses[i]) >= model_address_key(&first) &&
                model_address_key(&m->addresses[i]) <= model_address_key(&last))
                ever |= m->address_in[i];
        assert_true(index_run_range(r, &first, &last, &h, &e));
        assert_int_equal(h.damaged, 0);
        assert_true(h.count <= 1);
        segments_same(ever & of, h.count ? segments_of(r, &h, &h.hits[0]) : 0, ever);
    }
    index_hits_free(&h);
}

#define ONES 8u

/* Segments by eight; merged in whatever order, again and again, until one run is left; now and then some segments go. */
static void merges(struct model *m, struct random *random, bool goes) {
    static struct buf bytes[MODEL_SEGMENTS];
    struct index_run *runs[MODEL_SEGMENTS];
    uint64_t of[MODEL_SEGMENTS], left = UINT64_MAX;
    size_t count = MODEL_SEGMENTS;

    for (unsigned i = 0; i < MODEL_SEGMENTS; i++) {
        run_of_segment(m, i, i % 3 ? 0 : 4096, &bytes[i]);
        runs[i] = run_open(&bytes[i]);
        of[i] = (uint64_t)1 << i;
        if (i < ONES) {
            keys_compare(runs[i], m, of[i], random);
            ranges_compare(runs[i], m, of[i], random);
        }
    }
    while (count > 1) {
        size_t const taken = 2 + random_below(random, count < 9 ? count - 1 : 8);
        struct index_run *some[MODEL_SEGMENTS];
        struct buf merged = {0};
        struct index_options const o = {.to = &merged, .memory_max = random_below(random, 2) ? 4096 : 0};
        uint32_t gone[MODEL_SEGMENTS];
        size_t gone_count = 0;
        uint64_t all = 0;
        struct err e;

        for (size_t i = 0; i < taken; i++) { /* any of them, to the end */
            size_t const k = random_below(random, count - i);
            struct index_run *const r = runs[k];
            struct buf const b = bytes[k];
            uint64_t const o_k = of[k];

            runs[k] = runs[count - 1 - i];
            bytes[k] = bytes[count - 1 - i];
            of[k] = of[count - 1 - i];
            runs[count - 1 - i] = r;
            bytes[count - 1 - i] = b;
            of[count - 1 - i] = o_k;
            some[i] = r;
            all |= o_k;
        }
        if (goes && random_below(random, 2)) {
            for (unsigned s = 0; s < MODEL_SEGMENTS; s++)
                if (random_below(random, 20) == 0 && (all & ~((uint64_t)1 << s) & left)) {
                    gone[gone_count++] = number_of(s);
                    all &= ~((uint64_t)1 << s);
                    if (all == 0)
                        all = 0;
                }
        }
        if (!index_merge(some, taken, gone, gone_count, &o, &e))
            fail_msg("%s", e.text);
        for (size_t i = 0; i < taken; i++) {
            index_run_close(runs[count - 1 - i]);
            buf_free(&bytes[count - 1 - i]);
        }
        count -= taken - 1;
        bytes[count - 1] = merged;
        runs[count - 1] = run_open(&merged);
        of[count - 1] = all;
        assert_int_equal(index_run_info(runs[count - 1]).segment_count, __builtin_popcountll(all));
        assert_int_equal(index_run_info(runs[count - 1]).made, 42);
        keys_compare(runs[count - 1], m, all, random);
        ranges_compare(runs[count - 1], m, all, random);
    }
    if (!goes)
        assert_true(of[0] == UINT64_MAX);
    index_run_close(runs[0]);
    buf_free(&bytes[0]);
}

static void as_a_plain_set(void **state) {
    static struct model m;
    struct random random = {0x1234567};
    (void)state;

    for (unsigned shape = 0; shape < 3; shape++) {
        static const unsigned zeros[] = {0, 16, INDEX_ZEROS_MAX};

        for (size_t i = 0; i < COUNT(zeros); i++) {
            model_make(&m, &random, shape, zeros[i]);
            merges(&m, &random, shape == 2);
            merges(&m, &random, true);
        }
    }
}

/* ---- questions ---- */

/* As many runs as there are: each of some segments. Questions of one key, of two and three, of several ways, of ranges. */
static void questions(void **state) {
    static struct model m;
    static struct buf bytes[8];
    struct random random = {99};
    struct index_run *runs[8];
    struct index_questions *q;
    struct index_answers a = {0};
    uint64_t of[8] = {0};
    struct err e;
    (void)state;

    model_make(&m, &random, 0, 16);
    for (unsigned k = 0; k < 8; k++) {
        struct index_run *singles[8];
        static struct buf single[8];
        struct index_options const o = {.to = &bytes[k]};

        for (unsigned i = 0; i < 8; i++) {
            single[i] = (struct buf){0};
            run_of_segment(&m, k * 8 + i, 0, &single[i]);
            singles[i] = run_open(&single[i]);
            of[k] |= (uint64_t)1 << (k * 8 + i);
        }
        assert_true(index_merge(singles, 8, NULL, 0, &o, &e));
        for (unsigned i = 0; i < 8; i++) {
            index_run_close(singles[i]);
            buf_free(&single[i]);
        }
        runs[k] = run_open(&bytes[k]);
    }
#define QUESTIONS 2000u
    static uint64_t truth[QUESTIONS];

    assert_true(index_questions_new(&q, &e));
    for (uint32_t n = 0; n < QUESTIONS; n++) {
        truth[n] = 0;
        for (uint64_t ways = random_below(&random, 4); ways > 0; ways--) {
            uint64_t keys[3], in = UINT64_MAX;
            size_t const count = 1 + random_below(&random, 3);

            for (size_t i = 0; i < count; i++) {
                bool const there = random_below(&random, 4);
                uint64_t const which = random_below(&random, MODEL_KEYS);

                keys[i] = there ? m.keys[which] : random_next(&random);
                in &= there ? m.in[which] : 0;
            }
            truth[n] |= in;
            assert_true(index_questions_way(q, n, keys, count, &e));
        }
        if (!random_below(&random, 8)) {
            uint64_t const which = random_below(&random, MODEL_ADDRESSES);

            for (unsigned i = 0; i < MODEL_ADDRESSES; i++)
                if (model_address_eq(&m.addresses[i], &m.addresses[which]))
                    truth[n] |= m.address_in[i];
            assert_true(index_questions_range(q, n, &m.addresses[which], &m.addresses[which], &e));
        }
    }
    assert_true(index_questions_ask(q, runs, COUNT(runs), &a, &e));
    assert_int_equal(a.damaged, 0);
    size_t at = 0;

    for (uint32_t n = 0; n < QUESTIONS; n++) {
        uint64_t told = 0;

        for (; at < a.count && a.answers[at].question == n; at++) {
            const struct index_answer *const x = &a.answers[at];

            assert_true(x->run < COUNT(runs));
            if (at && x[-1].question == n && x[-1].run == x->run)
                assert_true(x[-1].segment != INDEX_EVERY && x[-1].segment < x->segment);
            told |= x->segment == INDEX_EVERY ? of[x->run] : (uint64_t)1 << (x->segment - 3) / 7;
        }
        assert_true(told == truth[n]); /* runs of eight segments: nothing is told beyond */
    }
    assert_int_equal(at, a.count);
    index_answers_free(&a);
    index_questions_free(q);
    for (unsigned k = 0; k < 8; k++) {
        index_run_close(runs[k]);
        buf_free(&bytes[k]);
    }
}

/* ---- runs of other kinds ---- */

static uint32_t const three[] = {5, 6, 900};

static void of_nothing(void **state) {
    static const uint64_t keys[] = {0, 1, UINT64_MAX / 2, UINT64_MAX};
    struct address const low = {.family = 6},
                         high = {6, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
    (void)state;

    for (unsigned only = 0; only < 2; only++) {
        struct buf bytes = {0};
        struct index_options const o = {
            .made = 7, .segments = three, .segment_count = 3, .presence_only = only, .to = &bytes};
        struct index_writer *w;
        struct index_run *r;
        struct index_hits h = {0};
        struct err e;

        assert_true(index_writer_new(&w, &o, &e));
        assert_true(index_writer_finish(w, &e));
        index_writer_free(w);
        r = run_open(&bytes);
        assert_true(index_run_find(r, keys, COUNT(keys), &h, &e));
        assert_int_equal(h.count, 0);
        assert_true(index_run_find(r, keys, 0, &h, &e));
        assert_int_equal(h.count, 0);
        assert_true(index_run_range(r, &low, &high, &h, &e));
        assert_int_equal(h.count, only); /* without addresses it cannot say no */
        struct index_info const info = index_run_info(r);

        assert_int_equal(info.keys, 0);
        assert_int_equal(info.segment_count, 3);
        assert_int_equal(info.segments[2], 900);
        assert_int_equal(info.exact, !only);
        index_hits_free(&h);
        index_run_close(r);
        buf_free(&bytes);
    }
}

/* The presence tier alone says "perhaps in all" of what is there, and "no" to nearly all else. */
static void presence_alone(void **state) {
    static uint64_t keys[20000], others[20000], room[20000], bits[20000 / 64 + 1];
    struct random random = {5};
    struct buf bytes = {0};
    struct index_options o = {.segments = three, .segment_count = 3, .presence_only = true, .to = &bytes};
    struct index_writer *w;
    struct index_hits h = {0};
    struct index_run *r, *again;
    size_t maybe;
    struct err e;
    (void)state;

    for (size_t i = 0; i < COUNT(keys); i++) {
        keys[i] = random_next(&random);
        others[i] = random_next(&random);
    }
    size_t const count = index_keys_sort(keys, room, COUNT(keys)),
                 other_count = index_keys_sort(others, room, COUNT(others));

    assert_int_equal(count, COUNT(keys));
    o.keys = count;
    assert_true(index_writer_new(&w, &o, &e));
    for (size_t i = 0; i < count; i++)
        assert_true(index_writer_key(w, keys[i], (struct index_posting){.everywhere = true}, &e));
    assert_true(index_writer_finish(w, &e));
    index_writer_free(w);
    r = run_open(&bytes);
    assert_true(index_run_find(r, keys, count, &h, &e));
    assert_int_equal(h.count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(h.hits[i].everywhere && h.hits[i].key == i);
    assert_true(index_run_presence(r, keys, count, bits, &maybe, &e));
    assert_int_equal(maybe, count);
    assert_true(index_run_presence(r, others, other_count, bits, &maybe, &e));
    assert_true(maybe < other_count / 500); /* some 28 of 65,536 */
    assert_true(bytes.len < count * 5 / 2 + 8192);
    again = r;
    o.to = &(struct buf){0};
    assert_false(index_merge(&again, 1, NULL, 0, &o, &e));
    assert_int_equal(e.code, ERR_USAGE);
    buf_free(o.to);
    index_hits_free(&h);
    index_run_close(r);
    buf_free(&bytes);
}

static void what_cannot_be_merged(void **state) {
    struct buf bytes[2] = {{0}}, to = {0};
    struct index_run *runs[2];
    struct index_options const out = {.to = &to};
    struct err e;
    (void)state;

    for (unsigned i = 0; i < 2; i++) {
        struct index_options const o = {.made = i, .segments = three, .segment_count = 3, .to = &bytes[i]};
        struct index_writer *w;

        assert_true(index_writer_new(&w, &o, &e));
        assert_true(index_writer_key(w, 1, (struct index_posting){.places = (const uint32_t[]){1}, .count = 1}, &e));
        assert_true(index_writer_finish(w, &e));
        index_writer_free(w);
        runs[i] = run_open(&bytes[i]);
    }
    assert_false(index_merge(runs, 2, NULL, 0, &out, &e)); /* other rules */
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(index_merge(runs, 1, three, 3, &out, &e)); /* all segments are gone */
    assert_int_equal(e.code, ERR_USAGE);
    assert_true(index_merge(runs, 1, three + 1, 1, &out, &e));
    struct index_run *const r = run_open(&to);

    assert_int_equal(index_run_info(r).keys, 0); /* its only key was in the segment that is gone */
    assert_int_equal(index_run_info(r).segment_count, 2);
    index_run_close(r);
    for (unsigned i = 0; i < 2; i++) {
        index_run_close(runs[i]);
        buf_free(&bytes[i]);
    }
    buf_free(&to);
}

static void sorting(void **state) {
    static const size_t counts[] = {0, 1, 2, 4095, 4096, 50000};
    struct random random = {11};
    (void)state;

    for (size_t n = 0; n < COUNT(counts); n++)
        for (unsigned shape = 0; shape < 3; shape++) {
            size_t const count = counts[n];
            uint64_t *const a = malloc((count + 1) * sizeof *a), *const b = malloc((count + 1) * sizeof *b),
                            *const room = malloc((count + 1) * sizeof *room);
            size_t kept = 0;

            for (size_t i = 0; i < count; i++)
                b[i] = a[i] = shape == 0 ? random_next(&random) : shape == 1 ? random_below(&random, 100) : count - i;
            qsort(b, count, sizeof *b, by_key);
            for (size_t i = 0; i < count; i++)
                if (!i || b[i] != b[kept - 1])
                    b[kept++] = b[i];
            assert_int_equal(index_keys_sort(a, room, count), kept);
            assert_memory_equal(a, b, kept * sizeof *a);
            free(a);
            free(b);
            free(room);
        }
}

/* ---- which runs are merged ---- */

/* Fourteen years, so many segments a month, some of them years late: few runs are open at any time, and no key is merged often. */
static void tiers(void **state) {
    static struct index_tier_run runs[4096];
    static const unsigned months[] = {1, 3, 20, 300};
    (void)state;

    for (size_t n = 0; n < COUNT(months); n++) {
        struct random random = {n + 1};
        size_t count = 0, most = 0;
        uint64_t written = 0, added = 0, left = 0;

        for (int32_t now = 12 * 2010; now < 12 * 2024; now++)
            for (unsigned i = 0; i < months[n]; i++) {
                bool picked[4096];
                enum index_level level;
                int32_t month;
                size_t taken;

                runs[count++] = (struct index_tier_run){
                    INDEX_SEGMENT, random_below(&random, 20) ? now : now - (int32_t)random_below(&random, 160), 100};
                added += 100;
                while ((taken = index_merge_choose(runs, count, now, picked, &level, &month)) > 0) {
                    uint64_t keys = 0;
                    size_t kept = 0, seen = 0;

                    assert_true(taken <= INDEX_MERGE_MAX);
                    for (size_t k = 0; k < count; k++) {
                        seen += picked[k];
                        assert_true(!picked[k] || runs[k].level <= level);
                        keys += picked[k] ? runs[k].keys : 0;
                        if (!picked[k])
                            runs[kept++] = runs[k];
                    }
                    assert_int_equal(seen, taken);
                    assert_true(taken > 1);
                    written += keys;
                    count = kept;
                    runs[count++] = (struct index_tier_run){level, month, keys};
                }
                most = count > most ? count : most;
                assert_true(count < COUNT(runs));
            }
        for (size_t i = 0; i < count; i++)
            left += runs[i].keys;
        assert_int_equal(left, added);
        print_message("%u segments a month: %zu runs at most, each key written %.1f times\n", months[n], most,
                      (double)written / (double)added);
        assert_true(most < 80);
        assert_true(written < 8 * added);
    }
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(as_a_plain_set), cmocka_unit_test(questions), cmocka_unit_test(of_nothing),
        cmocka_unit_test(presence_alone), cmocka_unit_test(sorting),   cmocka_unit_test(what_cannot_be_merged),
        cmocka_unit_test(tiers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
