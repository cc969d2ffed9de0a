/* fuzz_lookalike: the first line is a domain, each further one of ours. What is ours or below it is never told; what is told is told
 * again for the same in capitals and for a host below it, but for what stands in front; what is decoded of punycode is Unicode. */
#include <assert.h>
#include <stdlib.h>

#include "intel/lookalike.h"

#define OURS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_again(const struct lookalike *l, str domain, const struct lookalike_hit *hit) {
    struct lookalike_hit again;
    char room[512];

    if (domain.len > 200)
        return;
    memcpy(room, "w.", 2);
    for (size_t i = 0; i < domain.len; i++) {
        char const c = domain.ptr[i];

        room[2 + i] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    lookalike_find(l, (str){room + 2, domain.len}, &again);
    assert(again.how == hit->how && again.which == hit->which);
    lookalike_find(l, (str){room, domain.len + 2}, &again);
    if (hit->how != LOOKALIKE_NOT)
        assert(again.how == hit->how && again.which == hit->which);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str rest = {(const char *)data, size}, ours[OURS_MAX], domain;
    uint32_t points[63];
    struct lookalike_hit hit;
    struct lookalike *l;
    size_t count = 0, end;
    struct err e;

    if (size > 4096)
        return 0;
    end = str_find_byte(rest, '\n');
    domain = str_first(rest, end);
    rest = end == SIZE_MAX ? (str){"", 0} : str_from(rest, end + 1);
    if (punycode_decode(domain, points, 63, &count))
        for (size_t i = 0; i < count; i++)
            assert(points[i] <= 0x10ffff && (points[i] < 0xd800 || points[i] > 0xdfff));
    for (count = 0; rest.len && count < OURS_MAX; count++) {
        end = str_find_byte(rest, '\n');
        ours[count] = str_first(rest, end);
        rest = end == SIZE_MAX ? (str){"", 0} : str_from(rest, end + 1);
    }
    if (!lookalike_new(&l, ours, count, &e)) {
        if (e.code != ERR_USAGE)
            abort();
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        assert(!lookalike_find(l, str_trim(ours[i]), &hit) && hit.how == LOOKALIKE_NOT);
    assert(lookalike_find(l, domain, &hit) == (hit.how != LOOKALIKE_NOT));
    assert(hit.how == LOOKALIKE_NOT || (hit.which < count && hit.own.len));
    same_again(l, domain, &hit);
    lookalike_free(l);
    return 0;
}
