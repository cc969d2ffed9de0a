/* kind_reach: kinds and shapes that no record can ever be of: what they ask contradicts itself, or another comes first
 * and takes all. Both look like a log without events, so they are errors of the kind file.
 *
 * A field that `when` names is taken to hold one value: of a list, any item may satisfy a condition, so that a list could
 * satisfy what one value cannot. No log that has kinds puts lists where its kind is written. */
#include <assert.h>

#include "event/kind_own.h"

static bool on_value(const struct kind_condition *c) {
    return c->how == WHEN_EQUALS || c->how == WHEN_STARTS;
}

/* Does the text satisfy all of the first `count` conditions on the field? */
static bool text_allowed(const struct kind *k, size_t count, field_id field, str text) {
    for (size_t i = 0; i < count; i++)
        if (k->when[i].field == field && !kind_condition_holds(&k->when[i], &text, 1))
            return false;
    return true;
}

/* Is there anything a record may have under the field for the first `count` conditions to hold? Whatever satisfies
 * `equals` is one of its texts, and what satisfies only `starts` begins with a text that does so itself (the longest of
 * those it begins with), so that the texts named are all there is to try. */
static bool field_possible(const struct kind *k, size_t count, field_id field) {
    bool present = false, absent = false, value = false;

    for (size_t i = 0; i < count; i++)
        if (k->when[i].field == field) {
            absent |= k->when[i].how == WHEN_ABSENT;
            present |= k->when[i].how != WHEN_ABSENT;
            value |= on_value(&k->when[i]);
        }
    if (!value)
        return !(present && absent);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; k->when[i].field == field && on_value(&k->when[i]) && j < k->when[i].value_count; j++)
            if (text_allowed(k, count, field, k->when[i].values[j]))
                return true;
    return false;
}

bool kind_possible(const struct kind *k, const struct fields *fields, struct err *e) {
    for (size_t i = 1; i < k->when_count; i++) {
        const struct kind_condition *const last = &k->when[i];
        size_t first = 0;
        str name;

        if (field_possible(k, i + 1, last->field))
            continue;
        while (k->when[first].field != last->field)
            first++;
        assert(first < i);
        name = str_first(field_name(fields, last->field), 60);
        return kind_fail(e, k->when[first].path, k->when[first].line,
                         "no record can be of `%.*s`: what `%.*s` must be here contradicts %.*s:%u", STR_ARG(k->name),
                         STR_ARG(name), STR_ARG(last->path), last->line);
    }
    return true;
}

/* Does every record of the (possible) kind satisfy the condition? As in field_possible, the texts named are all there is
 * to try. */
static bool implies(const struct kind *k, const struct kind_condition *c) {
    bool known = false;

    for (size_t i = 0; i < k->when_count; i++) {
        const struct kind_condition *const own = &k->when[i];

        if (own->field != c->field)
            continue;
        if (!on_value(c)) {
            known |= (own->how == WHEN_ABSENT) == (c->how == WHEN_ABSENT);
            continue;
        }
        known |= own->how == WHEN_EQUALS || (own->how == WHEN_STARTS && c->how == WHEN_STARTS);
        for (size_t j = 0; on_value(own) && j < own->value_count; j++)
            if (text_allowed(k, k->when_count, c->field, own->values[j]) &&
                !kind_condition_holds(c, &own->values[j], 1))
                return false;
    }
    return known;
}

/* Whatever is of `later` would be of `earlier` as well, which is asked first. */
static bool takes_all(const struct kind *earlier, const struct kind *later) {
    if (earlier->reader.len > 0 && !str_eq(earlier->reader, later->reader))
        return false;
    for (size_t i = 0; i < earlier->when_count; i++)
        if (!implies(later, &earlier->when[i]))
            return false;
    return true;
}

/* The fields of its conditions, as bits that several fields may share. */
static uint64_t asked(const struct kind *k) {
    uint64_t bits = 0;

    for (size_t i = 0; i < k->when_count; i++)
        bits |= (uint64_t)1 << k->when[i].field % 64;
    return bits;
}

bool kinds_reachable(struct kinds *k, struct err *e) {
    uint64_t bits[KINDS_MAX]; /* of a field that `later` does not ask, nothing is known: most pairs end here */

    for (size_t i = 0; i < k->sorted_count; i++) {
        struct kind *const later = k->sorted[i];

        bits[i] = asked(later);
        for (size_t j = 0; j < i && !later->hidden_by; j++) {
            const struct kind *const earlier = k->sorted[j];

            if (bits[j] & ~bits[i] || !takes_all(earlier, later))
                continue;
            if (!later->builtin || earlier->builtin)
                return kind_fail(e, later->path, later->line,
                                 "no record can be of `%.*s`: `%.*s` (%.*s:%u) comes first and takes them all",
                                 STR_ARG(later->name), STR_ARG(earlier->name), STR_ARG(earlier->path), earlier->line);
            later->hidden_by = earlier; /* a user's own: on purpose */
        }
    }
    return true;
}

static bool has(const field_id *list, size_t count, field_id field) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == field)
            return true;
    return false;
}

static bool all_in(const field_id *these, size_t count, const field_id *list, size_t list_count) {
    for (size_t i = 0; i < count; i++)
        if (!has(list, list_count, these[i]))
            return false;
    return true;
}

bool shapes_reachable(const struct kinds *k, struct err *e) {
    for (size_t i = 0; i < k->shape_count; i++) {
        const struct shape *const later = k->shapes[i];

        for (size_t j = 0; j < later->when_count; j++)
            if (has(later->unless, later->unless_count, later->when[j]))
                return kind_fail(e, later->path, later->line,
                                 "no record can have the shape `%.*s`: `%.*s` stands in `when` and in `unless`",
                                 STR_ARG(later->name), STR_ARG(str_first(field_name(k->fields, later->when[j]), 60)));
        for (size_t j = 0; j < i; j++) {
            const struct shape *const earlier = k->shapes[j];

            if ((later->builtin && !earlier->builtin) ||
                (earlier->reader.len > 0 && !str_eq(earlier->reader, later->reader)) ||
                !all_in(earlier->when, earlier->when_count, later->when, later->when_count) ||
                !all_in(earlier->unless, earlier->unless_count, later->unless, later->unless_count))
                continue;
            return kind_fail(e, later->path, later->line,
                             "no record can have the shape `%.*s`: `%.*s` (%.*s:%u) comes first and takes them all",
                             STR_ARG(later->name), STR_ARG(earlier->name), STR_ARG(earlier->path), earlier->line);
        }
    }
    return true;
}
