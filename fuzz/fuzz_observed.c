/* fuzz_observed: what an analyst wrote down. What is read is within the bounds, each thing once and in order, with a value, a claim's source and grades that are some;
 * what is not read is the analyst's error, and names a line. */
#include <assert.h>
#include <stdlib.h>

#include "attribution/observed.h"
#include "base/instant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY ((size_t)256 << 20)

static bool graded(char reliability, uint8_t credibility) {
    return reliability >= 'A' && reliability <= 'F' && credibility <= 6;
}

static void check(const struct evidence_item *i) {
    assert(i->class < EVIDENCE_CLASSES && i->given && i->value.len && i->count == 1);
    assert(graded(i->reliability, i->credibility));
    assert((i->first == INSTANT_NONE) == (i->last == INSTANT_NONE) && i->first <= i->last);
    assert(!i->token || token_software(i->token) == (i->class != EVIDENCE_TECHNIQUE));
    for (size_t k = 0; k < i->link_count; k++) {
        const struct evidence_link *const l = &i->links[k];

        assert(l->source.len && graded(l->reliability, l->credibility) && !l->copied);
        assert(l->group.len || i->class == EVIDENCE_STATEMENT);
        assert(l->from == INSTANT_NONE || l->until == INSTANT_NONE || l->from <= l->until);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *const a = arena_new(MEMORY);
    struct err e = {0};
    struct evidence v;

    if (!a)
        abort();
    if (observed_evidence(&v, (str){(const char *)data, size}, NULL, a, &e)) {
        assert(v.item_count <= EVIDENCE_ITEMS_MAX && !v.incident && !v.gap_count && !v.sign_count);
        for (size_t i = 0; i < v.item_count; i++) {
            check(&v.items[i]);
            if (!i)
                continue;
            assert(v.items[i - 1].class <= v.items[i].class);
            assert(v.items[i - 1].class < v.items[i].class || v.items[i].class == EVIDENCE_STATEMENT ||
                   str_cmp(v.items[i - 1].value, v.items[i].value) < 0);
        }
    } else {
        assert(e.code == ERR_USAGE || e.code == ERR_LIMIT);
        assert(size > OBSERVED_BYTES_MAX || e.code == ERR_LIMIT || strncmp(e.text, "line ", 5) == 0);
    }
    arena_free(a);
    return 0;
}
