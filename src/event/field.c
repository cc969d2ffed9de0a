/* field: names in an arena, found through open addressing. */
#include "event/field.h"

#include <assert.h>

#include "base/arena.h"
#include "base/hash.h"

#define NAMES_BYTES_MAX ((size_t)64 << 20)

struct fields {
    struct arena *memory;
    str *names;
    uint32_t *hashes;
    uint32_t count, room;
    uint32_t *slots; /* id + 1, or 0 */
    uint32_t mask;
    uint64_t seed;
};

static uint32_t slot_of(const struct fields *f, str name, uint32_t hash) {
    uint32_t at = hash & f->mask;

    while (f->slots[at] && (f->hashes[f->slots[at] - 1] != hash || !str_eq(f->names[f->slots[at] - 1], name)))
        at = (at + 1) & f->mask;
    return at;
}

static bool grow(struct fields *f) {
    uint32_t const room = f->room ? f->room * 2 : 512;
    uint32_t const mask = room * 2 - 1;
    str *const names = realloc(f->names, room * sizeof *names);
    uint32_t *hashes, *slots;

    if (!names)
        return false;
    f->names = names;
    if (!(hashes = realloc(f->hashes, room * sizeof *hashes)))
        return false;
    f->hashes = hashes;
    if (!(slots = calloc((size_t)mask + 1, sizeof *slots)))
        return false;
    for (uint32_t i = 0; i < f->count; i++) {
        uint32_t at = f->hashes[i] & mask;

        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    free(f->slots);
    f->slots = slots;
    f->mask = mask;
    f->room = room;
    return true;
}

struct fields *fields_new(void) {
    static const str known[FIELDS_KNOWN] = {
        [FIELD_CHANNEL] = STR("Channel"),
        [FIELD_EVENT_ID] = STR("EventID"),
        [FIELD_PROVIDER_NAME] = STR("Provider_Name"),
        [FIELD_COMPUTER] = STR("Computer"),
        [FIELD_DATA] = STR("Data"),
    };
    struct fields *const f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->seed = hash_seed();
    if (!(f->memory = arena_new(NAMES_BYTES_MAX)) || !grow(f)) {
        fields_free(f);
        return NULL;
    }
    for (uint32_t i = 0; i < FIELDS_KNOWN; i++) {
        if (field_intern(f, known[i]) == FIELD_NONE) {
            fields_free(f);
            return NULL;
        }
        assert(field_find(f, known[i]) == i);
    }
    return f;
}

void fields_free(struct fields *f) {
    if (!f)
        return;
    arena_free(f->memory);
    free(f->names);
    free(f->hashes);
    free(f->slots);
    free(f);
}

field_id field_intern(struct fields *f, str name) {
    uint32_t const hash = (uint32_t)hash_bytes(name, f->seed);
    uint32_t at = slot_of(f, name, hash);

    if (f->slots[at])
        return f->slots[at] - 1;
    if (f->count == FIELDS_MAX)
        return FIELD_NONE;
    if (f->count == f->room) {
        if (!grow(f))
            return FIELD_NONE;
        at = slot_of(f, name, hash);
    }
    if (!arena_copy(f->memory, name, &f->names[f->count]))
        return FIELD_NONE;
    f->hashes[f->count] = hash;
    f->slots[at] = ++f->count;
    return f->count - 1;
}

field_id field_find(const struct fields *f, str name) {
    uint32_t const at = slot_of(f, name, (uint32_t)hash_bytes(name, f->seed));

    return f->slots[at] ? f->slots[at] - 1 : FIELD_NONE;
}

str field_name(const struct fields *f, field_id id) {
    assert(id < f->count);
    return f->names[id];
}

size_t field_count(const struct fields *f) {
    return f->count;
}
