/* scan: each value once in the life of its dictionary, for all triggers of its view. */
#include "detection/detect_own.h"

#include "base/utf.h"
#include "event/fold.h"
#include "event/number.h"

/* Where triggers of a value are noted. */
struct finds {
    struct detector *d;
    struct kind_plan *kp;
};

static void found(void *ctx, uint32_t trigger) {
    const struct finds *const f = ctx;
    struct trigger *const t = &f->kp->triggers[trigger];

    if (t->stamp == f->d->scanned)
        return;
    t->stamp = f->d->scanned;
    if (!push(&f->d->found, &f->d->found_count, &f->d->found_room, trigger))
        f->d->no_memory = true;
}

/* A class for the triggers found: 0 for none. Classes are not shared between values; most values have none. */
static bool class_make(struct detector *d, struct kind_plan *kp, uint32_t *out) {
    *out = 0;
    if (d->found_count == 0)
        return true;
    if (!push(&kp->class_at, &kp->class_count, &kp->class_at_room, kp->class_used) ||
        !push(&kp->class_pool, &kp->class_used, &kp->class_room, d->found_count))
        return false;
    for (uint32_t i = 0; i < d->found_count; i++)
        if (!push(&kp->class_pool, &kp->class_used, &kp->class_room, d->found[i]))
            return false;
    *out = kp->class_count;
    return true;
}

/* A whole number in digits is canonical as it stands. */
bool scan_number(const struct value *v, char room[NUMBER_TEXT_MAX], str *out) {
    str const text = value_text(v);
    size_t len;

    if (v->type != VALUE_NUMBER ||
        (str_find_byte(text, '.') == SIZE_MAX && number_is_decimal(text) && !str_eq(text, S("-0"))) ||
        !number_canonical(text, room, &len))
        return false;
    *out = (str){room, len};
    return true;
}

static bool scan_value(struct detector *d, struct kind_plan *kp, struct view *v, const struct value *value) {
    const struct literals *const matcher = view_matcher(v, value->raw_type);
    struct finds f = {d, kp};
    char number[NUMBER_TEXT_MAX];
    bool ok = true;

    if (value->type == VALUE_NULL || (value->inner && v->keyword_only))
        return true;
    d->counts.evaluated_values++;
    if (matcher) {
        str text;

        if (!scan_number(value, number, &text))
            text = test_fold(&d->scratch, value, &ok);

        if (ok)
            literals_scan(matcher, text, found, &f);
    }
    for (uint32_t i = 0; i < v->tried_count; i++) {
        const struct test *const t = &d->o.plan->tests[kp->triggers[v->tried[i]].test].test;

        /* Text equals a number only in its canonical spelling, which is short. */
        if (t->sigma->op == TEST_NUMBER && value->type == VALUE_TEXT && value->len > NUMBER_TEXT_MAX)
            continue;
        if (test_value(t, value, (str){"", 0}, &d->scratch, &ok))
            found(&f, v->tried[i]);
    }
    return ok && !d->no_memory;
}

bool scan_view(struct detector *d, struct kind_plan *kp, struct view *v) {
    const struct dictionary *const dict = view_dictionary(v);

    if (!dict)
        return true;
    if (v->classes_room < dict->count + 1) {
        uint32_t const room = dict->count * 2 + 64;
        uint32_t *const bigger = realloc(v->classes, room * sizeof *bigger);

        if (!bigger)
            return false;
        v->classes = bigger;
        v->classes_room = room;
    }
    for (; v->classes_done < dict->count; v->classes_done++) {
        const struct value *const value = &dict->values[v->classes_done];

        d->found_count = 0;
        d->scanned++;
        if (value->type == VALUE_LIST) {
            for (uint32_t i = 0; i < value->len; i++)
                if (!scan_value(d, kp, v, dictionary_value(dict, value_items(value)[i])))
                    return false;
        } else if (!scan_value(d, kp, v, value)) {
            return false;
        }
        if (!class_make(d, kp, &v->classes[v->classes_done]))
            return false;
        v->any_class |= v->classes[v->classes_done] != 0;
    }
    return true;
}

static void sift_found(void *ctx, uint32_t id) {
    (void)id;
    *(bool *)ctx = true;
}

/* What has to be repaired is kept, so that it is counted. No memory: kept, too; whoever keeps it will notice. */
bool detector_sift(struct detector *d, const struct block *b, const struct raw *v) {
    const struct kind_plan *const kp = d->plans[b->index];
    str text = {v->ptr, v->len};
    size_t repaired = 0;
    bool found = false;
    char *to;

    if (v->inner)
        return false;
    if (text.len > VALUE_BYTES_MAX)
        return true;
    if (v->type == RAW_UTF16) {
        d->sift_text.len = 0;
        if (!(to = buf_reserve(&d->sift_text, text.len / 2 * 3 + 8)))
            return true;
        text = (str){to, utf16le_to_utf8(text.ptr, text.len / 2, to, &repaired)};
        if (repaired || v->len & 1)
            return true;
    }
    if (LIKELY(!literals_may_match(kp->sieve, text)))
        return false;
    if (v->type == RAW_TEXT && utf8_valid(text) != text.len)
        return true;
    d->sift_folded.len = 0;
    if (!(to = buf_reserve(&d->sift_folded, 2 * text.len + 16)))
        return true;
    literals_scan(kp->sieve, (str){to, fold_text(text, to)}, sift_found, &found);
    return found;
}

static bool is_part(str whole, const struct raw *v) {
    return v->ptr >= whole.ptr && v->ptr <= whole.ptr + whole.len && v->len <= (size_t)(whole.ptr + whole.len - v->ptr);
}

/* The constants of a format come again with every line: each is known by where it lies. */
static bool value_is_clean(struct kind_plan *kp, const struct raw *v, bool constant) {
    str *const slot = &kp->clean[((uintptr_t)v->ptr >> 3) % CLEAN_SLOTS];

    if (constant && slot->ptr == v->ptr && slot->len == v->len)
        return true;
    if (v->type > RAW_BOOL || v->len > VALUE_BYTES_MAX || needles_may_be_in(kp->needles, (str){v->ptr, v->len}))
        return false;
    if (constant)
        *slot = (str){v->ptr, v->len};
    return true;
}

/* Patterns see a number as it is spelled canonically: 1e3 holds 1000. Without an exponent that is a part of what is written, but
 * for -007. */
static bool number_is_clean(const struct kind_plan *kp, const struct raw *v) {
    str const text = {v->ptr, v->len};
    char room[NUMBER_TEXT_MAX];
    size_t len;

    return v->type != RAW_NUMBER ||
           (str_find_byte(text, 'e') == SIZE_MAX && str_find_byte(text, 'E') == SIZE_MAX &&
            !str_starts(text, S("-0"))) ||
           !number_canonical(text, room, &len) || !needles_may_be_in(kp->needles, (str){room, len});
}

bool detector_sift_event(struct detector *d, const struct block *b, const struct record *r) {
    struct kind_plan *const kp = d->plans[b->index];

    if (!kp->needles || r->bytes.len == 0 || r->bytes.len > VALUE_BYTES_MAX || needles_may_be_in(kp->needles, r->bytes))
        return true;
    for (uint32_t i = 0; i < r->count; i++)
        if (!number_is_clean(kp, &r->values[i]) ||
            (!(r->values[i].type <= RAW_BOOL && is_part(r->bytes, &r->values[i])) &&
             !value_is_clean(kp, &r->values[i], i < 64 && r->constants >> i & 1)))
            return true;
    return false;
}
