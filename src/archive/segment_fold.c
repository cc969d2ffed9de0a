/* segment_fold: the serialised text of an object of a record, kept as what stands between the values of its members (docs/formats/segment.md, "Folded texts").
 *
 * A reader of JSON hands over {"a":"x","b":1} as the values x and 1, and as the text itself for whoever asks for it, which would take as much room again
 * as all that is in it. What is kept of the text names its members by their order; of texts that are alike but for their values it is the same. */
#include <assert.h>

#include "archive/segment_own.h"

_Static_assert(RAW_INNERS == SEGMENT_FOLDED, "the next number is what marks folded places");

#define NEAR 192u /* bytes in which a member that was copied elsewhere is looked for */

bool fold_below(str name, str list) {
    return str_starts(name, list) && (name.len == list.len || name.ptr[list.len] == '.');
}

/* Would a value of JSON end here? Keys do not. */
static bool stands(str text, size_t at, const struct raw *v) {
    char const before = at ? text.ptr[at - 1] : '\0';
    size_t const behind = at + v->len;

    if (v->type == RAW_TEXT)
        return before == '"' && behind < text.len && text.ptr[behind] == '"' &&
               (behind + 1 == text.len || text.ptr[behind + 1] != ':');
    return before == ':' || before == ' ' || before == '[' || before == ',';
}

/* Where in text, from `from` on, the member stands as it is; SIZE_MAX: nowhere near, or written otherwise. */
static size_t place_of(str text, size_t from, const struct raw *v) {
    uintptr_t const begin = (uintptr_t)text.ptr, at = (uintptr_t)v->ptr;

    if (!v->len || (v->type != RAW_TEXT && v->type != RAW_NUMBER))
        return SIZE_MAX;
    if (at >= begin && at - begin <= text.len) /* the reader's own view of it */
        return at - begin >= from && v->len <= text.len - (at - begin) ? at - begin : SIZE_MAX;
    for (size_t i = from; i < from + NEAR && i < text.len && v->len <= text.len - i; i++)
        if (text.ptr[i] == v->ptr[0] && memcmp(text.ptr + i, v->ptr, v->len) == 0 && stands(text, i, v))
            return i;
    return SIZE_MAX;
}

/* Bytes as they are; false: one of them is no byte of JSON and would mean something else. */
static bool literal(struct buf *out, str bytes) {
    for (size_t i = 0; i < bytes.len; i++)
        if ((unsigned char)bytes.ptr[i] <= FOLD_PASS)
            return false;
    buf_add(out, bytes);
    return true;
}

bool fold(const struct raw *members, uint32_t count, str text, struct buf *out) {
    size_t const before = out->len;
    size_t at = 0, passed = 0;
    bool any = false;

    for (uint32_t i = 0; i < count; i++) {
        if (members[i].inner != RAW_OWN)
            continue;
        size_t const place = place_of(text, at, &members[i]);

        if (place == SIZE_MAX) {
            passed++;
            continue;
        }
        size_t const len = out->len - before + (place - at) + passed + 1;

        if (len > text.len || !literal(out, str_first(str_from(text, at), place - at)))
            goto leave;
        for (; passed; passed--)
            buf_byte(out, FOLD_PASS);
        buf_byte(out, SEGMENT_FOLD);
        at = place + members[i].len;
        any = true;
    }
    if (any && out->len - before + (text.len - at) <= text.len && literal(out, str_from(text, at)))
        return true;
leave:
    out->len = before;
    return false;
}

bool unfold_size(const struct segment_value *folded, const struct fold_members *m, size_t *size) {
    uint32_t member = 0;

    *size = 0;
    for (uint32_t i = 0; i < folded->len; i++) {
        char const c = folded->ptr[i];

        if ((unsigned char)c > FOLD_PASS) {
            ++*size;
            continue;
        }
        if (c == 0 || member == m->count)
            return false;
        if (c == SEGMENT_FOLD) {
            if (m->values[member]->len > SEGMENT_UNFOLD_MAX - *size)
                return false;
            *size += m->values[member]->len;
        }
        member++;
    }
    return *size <= SEGMENT_UNFOLD_MAX;
}

void unfold(const struct segment_value *folded, const struct fold_members *m, char *out) {
    uint32_t member = 0;

    for (uint32_t i = 0; i < folded->len; i++) {
        char const c = folded->ptr[i];

        if ((unsigned char)c > FOLD_PASS) {
            *out++ = c;
            continue;
        }
        const struct segment_value *const v = m->values[member++];

        if (c == SEGMENT_FOLD && v->len) {
            memcpy(out, v->ptr, v->len);
            out += v->len;
        }
    }
}
