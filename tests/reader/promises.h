/* promises: what every reader promises, as tests of its own tables: PROMISES(&p) is a part of a test's list, one cmocka case a
 * promise. For one .c of a test each; what only one reader does is tested there. */
#ifndef TESTS_READER_PROMISES_H
#define TESTS_READER_PROMISES_H

#include "../refuse.h"
#include "notes.h"
#include "shared.h"

/* A source and all that must come out of it. */
struct source {
    const char *name;
    str text;
    const char *notes;
};

/* How a source begins, and whether it is one of the reader's. */
struct head {
    str text;
    bool mine;
};

/* What `show` gives; NULL: no record begins there. */
struct shown {
    str text;
    uint64_t offset;
    const char *shown;
};

/* A file of the shared data as a person counts it, and what its notes must hold. */
struct sample {
    const char *name;
    uint64_t records, damages;
    const char *holds[4];
};

struct promises {
    const struct reader *reader;
    bool in_parts; /* the reader has a size for parts */
    bool apart;    /* damage may be told before a record that began before it: each comes in order */
    const struct source *sources;
    size_t source_count;
    const struct head *heads;
    size_t head_count;
    const struct shown *shown;
    size_t shown_count;
    str busy;             /* a source of two records or more that needs all the memory the reader ever asks for */
    uint64_t at, records; /* where the first begins, and how many there are */
    size_t refusals;      /* more of them must make the reader fail */
    /* If only one field is wanted: */
    struct {
        const char *name;
        str text;
        const char *notes;
    } only;
    const struct sample *samples;
    size_t sample_count;
};

/* Returns whether it gives other than that, and says so. */
__attribute__((unused)) static int reads_otherwise(const struct reader *reader, const char *name, str text,
                                                   const char *want) {
    int wrong = 0;

    for (size_t more = 0; more < 2; more++) {
        struct notes n;
        struct err e = {0};

        notes_open(&n);
        if (!read_bytes(reader, text, whole, more * 100, &n, &e) || !str_eq(str_trim(buf_str(&n.text)), str_of(want))) {
            print_error("%s: %s%.*s\n  instead of %s\n", name, e.text, STR_ARG(buf_str(&n.text)), want);
            wrong = 1;
        }
        notes_close(&n);
    }
    return wrong;
}

__attribute__((unused)) static void sources_give_what_is_told(void **state) {
    const struct promises *const p = *state;
    int wrong = 0;

    for (size_t i = 0; i < p->source_count; i++)
        wrong += reads_otherwise(p->reader, p->sources[i].name, p->sources[i].text, p->sources[i].notes);
    assert_int_equal(wrong, 0);
}

static bool no_record(struct event_sink *sink, const struct record *r, struct err *e) {
    (void)sink, (void)r, (void)e;
    return true;
}

static void no_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink, (void)offset, (void)size, (void)why;
}

enum noted { NOTED_ALL, NOTED_RECORDS, NOTED_DAMAGES };

static void notes_of_parts(struct notes *n, const struct reader *reader, str text, uint64_t cut, enum noted what) {
    notes_open(n);
    n->numberless = true;
    if (what == NOTED_DAMAGES)
        n->sink.record = no_record;
    if (what == NOTED_RECORDS)
        n->sink.damage = no_damage;
    read_into(reader, text, (struct part){0, cut}, 0, n);
    if (cut != UINT64_MAX)
        read_into(reader, text, (struct part){cut, UINT64_MAX}, 0, n);
}

/* Cut at every byte, the two parts give what the whole gives. */
__attribute__((unused)) static void cut_everywhere(const struct reader *reader, str text, enum noted what) {
    struct notes all;

    notes_of_parts(&all, reader, text, UINT64_MAX, what);
    for (uint64_t cut = 0; cut <= text.len + 1; cut++) {
        struct notes parts;

        notes_of_parts(&parts, reader, text, cut, what);
        if (!str_eq(buf_str(&parts.text), buf_str(&all.text)))
            fail_msg("cut at %lu: %.*s\n  instead of %.*s", (unsigned long)cut, STR_ARG(buf_str(&parts.text)),
                     STR_ARG(buf_str(&all.text)));
        notes_close(&parts);
    }
    notes_close(&all);
}

__attribute__((unused)) static void parts_of_any_cut_give_the_whole(void **state) {
    const struct promises *const p = *state;

    for (size_t i = 0; i < p->source_count; i++)
        if (p->apart) {
            cut_everywhere(p->reader, p->sources[i].text, NOTED_RECORDS);
            cut_everywhere(p->reader, p->sources[i].text, NOTED_DAMAGES);
        } else {
            cut_everywhere(p->reader, p->sources[i].text, NOTED_ALL);
        }
}

__attribute__((unused)) static void heads_are_told_from_others(void **state) {
    const struct promises *const p = *state;

    assert_int_equal(p->reader->part_size != NULL, p->in_parts);
    for (size_t i = 0; i < p->head_count; i++)
        if (p->reader->looks_like(p->heads[i].text) != p->heads[i].mine)
            fail_msg("head %zu looks otherwise: %.*s", i, STR_ARG(p->heads[i].text));
}

static void show_gives_the_record(void **state) {
    const struct promises *const p = *state;
    int wrong = 0;

    for (size_t i = 0; i < p->shown_count; i++) {
        const struct shown *const s = &p->shown[i];
        struct bytes_input in = {.input = {bytes_window, s->text.len}, .all = s->text};
        struct buf out = {0};
        struct err e = {0};
        bool const ok = p->reader->show(&in.input, s->offset, &out, &e);

        if (s->shown ? !ok || !str_eq(buf_str(&out), str_of(s->shown)) : ok || e.code != ERR_CORRUPT) {
            print_error("at %lu of %.*s: %s%.*s\n", (unsigned long)s->offset, STR_ARG(s->text), e.text,
                        STR_ARG(buf_str(&out)));
            wrong++;
        }
        buf_free(&out);
        free(in.copy);
    }
    assert_int_equal(wrong, 0);
}

__attribute__((unused)) static void what_nobody_wants_is_left_out_and_still_checked(void **state) {
    const struct promises *const p = *state;
    struct notes n;

    notes_open(&n);
    n.sink.wants = wants;
    n.only = p->only.name;
    read_into(p->reader, p->only.text, whole, 0, &n);
    if (!str_eq(str_trim(buf_str(&n.text)), str_of(p->only.notes)))
        fail_msg("%.*s\n  instead of %s", STR_ARG(buf_str(&n.text)), p->only.notes);
    notes_close(&n);
}

static bool stop(struct event_sink *sink, const struct record *r, struct err *e) {
    ((struct notes *)(void *)sink)->records++;
    return err_set(e, ERR_LIMIT, r->offset, "enough");
}

__attribute__((unused)) static void a_sink_may_stop(void **state) {
    const struct promises *const p = *state;
    struct err e = {0};
    struct notes n;

    assert_true(p->records > 1);
    notes_open(&n);
    n.sink.record = stop;
    assert_false(read_bytes(p->reader, p->busy, whole, 0, &n, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_int_equal(n.records, 1);
    notes_close(&n);
}

/* Reads all, or shows to out what begins at `at`. */
static bool attempt(const struct reader *reader, bool show, uint64_t at, struct bytes_input *in, struct notes *n,
                    struct buf *out, struct err *e) {
    bool const ok = show ? reader->show(&in->input, at, out, e) : reader->read(&in->input, whole, &n->sink, e);

    free(in->copy);
    in->copy = NULL;
    in->last = 0;
    return ok;
}

static void an_input_may_fail_anywhere(void **state) {
    const struct promises *const p = *state;

    for (int show = 0; show < 2; show++)
        for (uint64_t fails_at = 1; fails_at <= p->busy.len; fails_at++) {
            struct bytes_input in = {.input = {bytes_window, p->busy.len}, .all = p->busy, .fails_at = fails_at};
            struct buf out = {0};
            struct err e = {0};
            struct notes n;

            notes_open(&n);
            assert_false(attempt(p->reader, show, p->at, &in, &n, &out, &e));
            assert_int_equal(e.code, ERR_IO);
            notes_close(&n);
            buf_free(&out);
        }
}

/* Whatever is refused, once or from then on: the reader fails with ERR_MEMORY, or gives all, or tells of names it could not
 * keep; nothing is lost in silence. Returns how often it failed. */
static size_t refused_everywhere(const struct reader *reader, str text, uint64_t records, bool show, uint64_t at,
                                 bool for_good) {
    struct bytes_input in = {.input = {bytes_window, text.len}, .all = text};
    struct notes const usual = counted(reader, text, 0);
    struct buf want = {0};
    size_t failures = 0;
    struct err e;
    bool told = true;

    assert_true(!show || attempt(reader, true, at, &in, NULL, &want, &e));
    for (long allowed = 0; told; allowed++) {
        struct buf out = {0};
        struct notes n;
        bool ok;

        notes_open(&n);
        n.count_only = true;
        memory_gone_for_good = for_good;
        memory_refused = false;
        memory_left = allowed;
        ok = attempt(reader, show, at, &in, &n, &out, &e);
        memory_left = -1;
        told = memory_refused;
        if (!ok)
            assert_int_equal(e.code, ERR_MEMORY);
        else if (show)
            assert_true(str_eq(buf_str(&out), buf_str(&want)));
        else if (n.damages == usual.damages)
            assert_true(n.records == records && n.values == usual.values);
        else
            assert_true(n.records == records && told);
        failures += !ok;
        notes_close(&n);
        buf_free(&out);
    }
    buf_free(&want);
    return failures;
}

static void memory_may_run_out_anywhere(void **state) {
    const struct promises *const p = *state;
    REFUSE_OR_SKIP();

    for (int for_good = 0; for_good < 2; for_good++) {
        assert_true(refused_everywhere(p->reader, p->busy, p->records, false, 0, for_good) > p->refusals);
        assert_true(refused_everywhere(p->reader, p->busy, p->records, true, p->at, for_good) > 0);
    }
}

/* Takes the room for field names, but for so many. */
static void names_fill(struct fields *fields, uint32_t but) {
    for (size_t i = field_count(fields); i < FIELDS_MAX - but; i++) {
        char name[16];
        int const len = snprintf(name, sizeof name, "other %zu", i);

        assert_true(field_intern(fields, (str){name, (size_t)len}) != FIELD_NONE);
    }
}

/* With room for no name, one, and so on until all have it: all values are given, or more damage than usual is told. */
static void names_without_room_are_told(void **state) {
    const struct promises *const p = *state;
    struct notes const usual = counted(p->reader, p->busy, 0);
    struct notes n = {.damages = UINT64_MAX};

    for (uint32_t room = 0; n.damages > usual.damages; room++) {
        assert_true(room < 100);
        notes_open(&n);
        n.count_only = true;
        names_fill(n.sink.fields, room);
        read_into(p->reader, p->busy, whole, 0, &n);
        assert_int_equal(n.records, p->records);
        if (room == 0)
            assert_int_equal(n.values, 0);
        if (n.damages == usual.damages)
            assert_int_equal(n.values, usual.values);
        notes_close(&n);
    }
}

__attribute__((unused)) static void samples_give_what_a_person_counts(void **state) {
    const struct promises *const p = *state;

    for (size_t i = 0; i < p->sample_count; i++) {
        const struct sample *const s = &p->samples[i];
        struct buf bytes = {0};
        struct notes n;

        if (!shared_file(s->name, &bytes))
            skip();
        assert_true(p->reader->looks_like(str_first(buf_str(&bytes), (size_t)64 << 10)));
        notes_open(&n);
        read_into(p->reader, buf_str(&bytes), whole, 0, &n);
        if (n.records != s->records || n.damages != s->damages)
            fail_msg("%s: %lu records, %lu damages: %.*s", s->name, (unsigned long)n.records, (unsigned long)n.damages,
                     STR_ARG(buf_str(&n.text)));
        for (size_t k = 0; k < COUNT(s->holds) && s->holds[k]; k++)
            if (str_find(buf_str(&n.text), str_of(s->holds[k])) == SIZE_MAX)
                fail_msg("%s: %s is not in %.*s", s->name, s->holds[k], STR_ARG(buf_str(&n.text)));
        notes_close(&n);
        buf_free(&bytes);
    }
}

/* Members of struct promises: the tables of these names. */
#define PROMISED_TABLES                                                                                                \
    .sources = sources, .source_count = COUNT(sources), .heads = heads, .head_count = COUNT(heads), .shown = shown,    \
    .shown_count = COUNT(shown)
#define PROMISED_SAMPLES .samples = samples, .sample_count = COUNT(samples)
#define PROMISE(test, p) cmocka_unit_test_prestate(test, (void *)(uintptr_t)(p))
#define PROMISES(p)                                                                                                    \
    PROMISE(sources_give_what_is_told, p), PROMISE(parts_of_any_cut_give_the_whole, p),                                \
        PROMISE(heads_are_told_from_others, p), PROMISE(show_gives_the_record, p),                                     \
        PROMISE(what_nobody_wants_is_left_out_and_still_checked, p), PROMISE(a_sink_may_stop, p),                      \
        PROMISE(an_input_may_fail_anywhere, p), PROMISE(memory_may_run_out_anywhere, p),                               \
        PROMISE(names_without_room_are_told, p)
#define SAMPLES(p) PROMISE(samples_give_what_a_person_counts, p)

#endif
