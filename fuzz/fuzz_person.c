/* fuzz_person: a published list; behind a line of `====` a value that is asked of it. What the list holds has bounds; each person's name of two words
 * finds somebody; every match says why and how sure, and is one of the list's. */
#include <assert.h>
#include <stdlib.h>

#include "intel/name.h"
#include "intel/person.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct persons *p, const struct person_match *m, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool own = m[i].name == NULL;

        assert(m[i].quality >= 1 && m[i].quality <= 100 && *m[i].reason);
        assert(i == 0 || m[i - 1].quality >= m[i].quality);
        assert(m[i].person >= persons_at(p, 0) && m[i].person <= persons_at(p, persons_count(p) - 1));
        for (size_t k = 0; k < m[i].person->name_count; k++)
            own = own || m[i].name == &m[i].person->names[k];
        assert(own);
    }
}

static void ask(const struct persons *p, str value) {
    struct person_match m[PERSON_MATCHES_MAX];

    for (enum person_asked as = PERSON_NAME; as <= PERSON_SITE; as++) {
        size_t const all = persons_find(p, as, value, 1, m, PERSON_MATCHES_MAX);

        check(p, m, all);
        assert(persons_find(p, as, value, PERSON_QUALITY_USUAL, m, PERSON_MATCHES_MAX) <= all);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str all = {(const char *)data, size}, value;
    size_t const part = str_find(all, S("\n====\n"));
    struct persons *p;
    struct err e = {0};

    value = part == SIZE_MAX ? str_first(all, 64) : str_from(all, part + 6);
    if (!persons_new(&p, &e))
        abort();
    if (!persons_add(p, S("fuzz"), str_first(all, part), &e))
        assert(e.code == ERR_UNSUPPORTED || e.code == ERR_CORRUPT || e.code == ERR_LIMIT);
    if (!persons_ready(p, &e))
        abort();
    for (size_t i = 0; i < persons_count(p) && i < 20; i++) {
        const struct person *const x = persons_at(p, i);

        assert(x->name_count && x->name_count <= PERSON_TEXTS_MAX);
        for (size_t k = 0; k < x->name_count && k < 20; k++) {
            struct person_match m[PERSON_MATCHES_MAX];
            struct name_form f;
            size_t long_ones = 0;
            size_t const count = persons_find(p, PERSON_NAME, x->names[k].text, 1, m, PERSON_MATCHES_MAX);

            check(p, m, count);
            if (x->type != PERSON_INDIVIDUAL || !name_fold(x->names[k].text, &f))
                continue;
            for (size_t w = 0; w < f.count; w++)
                long_ones += f.words[w].len >= 2;
            assert(long_ones < 2 || count);
        }
    }
    ask(p, value);
    persons_free(p);
    return 0;
}
