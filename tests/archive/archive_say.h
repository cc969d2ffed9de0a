/* archive_say: short words for tests of the archive: operations, states, folders with a few segments. */
#ifndef TESTS_ARCHIVE_SAY_H
#define TESTS_ARCHIVE_SAY_H

#include "archive/vault.h"
#include "base/instant.h"

#define DAY ((int64_t)86400 * 1000 * 1000 * 1000)
#define AT(year, month, day) (say_day(year, month, day))

static inline int64_t say_day(unsigned year, unsigned month, unsigned day) {
    int64_t days = 0;

    if (!instant_day(year, month, day, &days))
        abort();
    return days * DAY;
}

static inline int32_t say_month(int64_t when) {
    struct wall const w = instant_wall(when);

    return w.year * 12 + w.month - 1;
}

/* A segment of `rows` events within a day; first: INSTANT_NONE has no time. Its hash is of its number. */
static inline struct manifest_operation say_add(uint64_t number, const char *family, int64_t first, uint64_t rows) {
    struct manifest_operation o = {.what = DO_ADD, .add.family = str_of(family)};
    struct manifest_segment *const s = &o.add.segment;

    s->number = number;
    s->length = 100 + number;
    s->rows = rows;
    s->first = first;
    s->last = first == INSTANT_NONE ? first : first + DAY / 2;
    s->month = first == INSTANT_NONE ? MANIFEST_UNDATED : say_month(first);
    memset(s->sha256, (int)number, sizeof s->sha256);
    return o;
}

#define NUMBERS(...)                                                                                                   \
    ((struct manifest_numbers){(const uint64_t[]){__VA_ARGS__}, COUNT(((const uint64_t[]){__VA_ARGS__}))})
#define NO_NUMBERS ((struct manifest_numbers){NULL, 0})

static inline struct manifest_operation say_end(enum manifest_end why, struct manifest_numbers olds,
                                                struct manifest_numbers news, const char *policy) {
    return (struct manifest_operation){
        .what = DO_END,
        .end = {
            .why = why, .olds = olds, .news = news, .who = S("me"), .note = S("because"), .policy = str_of(policy)}};
}

static inline struct manifest_operation say_hold(const char *name, const char *family, int64_t from, int64_t to,
                                                 struct manifest_numbers segments) {
    return (struct manifest_operation){.what = DO_HOLD,
                                       .hold = {.name = str_of(name),
                                                .who = S("me"),
                                                .basis = S("a law"),
                                                .why = S("a case"),
                                                .family = str_of(family),
                                                .from = from,
                                                .to = to,
                                                .segments = segments}};
}

static inline struct manifest_operation say_name(enum manifest_do what, const char *name) {
    return (struct manifest_operation){.what = what,
                                       .lift = {.name = str_of(name), .who = S("me"), .why = S("enough")}};
}

static inline struct manifest_operation say_policy(const char *name, const char *family, uint32_t days,
                                                   bool from_added) {
    return (struct manifest_operation){.what = DO_POLICY,
                                       .policy = {.name = str_of(name),
                                                  .family = str_of(family),
                                                  .who = S("me"),
                                                  .why = S("a rule"),
                                                  .days = days,
                                                  .from_added = from_added}};
}

static inline struct manifest_operation say_label(const char *name, uint64_t sequence, bool kept) {
    return (struct manifest_operation){
        .what = DO_LABEL,
        .label = {.name = str_of(name), .who = S("me"), .why = S("a report"), .sequence = sequence, .kept = kept}};
}

static inline struct manifest_operation say_run(uint64_t number, struct manifest_numbers ranges) {
    struct manifest_operation o = {.what = DO_RUN, .run = {.number = number, .length = 7, .tier = 1, .ranges = ranges}};

    o.run.first_month = o.run.last_month = say_month(AT(2021, 3, 1));
    o.run.about = S("run");
    memset(o.run.sha256, (int)(100 + number), sizeof o.run.sha256);
    return o;
}

static inline struct manifest_operation say_erasure(uint64_t old, uint64_t new) {
    struct manifest_operation o = {
        .what = DO_ERASURE,
        .erasure = {.old = old, .new = new, .values = 3, .who = S("me"), .basis = S("Art. 17"), .why = S("asked")}};

    memset(o.erasure.old_sha256, (int)old, SHA256_SIZE);
    memset(o.erasure.new_sha256, (int)new, SHA256_SIZE);
    return o;
}

static inline struct manifest_operation say_begin(void) {
    return (struct manifest_operation){
        .what = DO_BEGIN, .begin = {.id = {1, 2, 3}, .program = S("a test"), .who = S("me"), .note = S("begun")}};
}

#endif
