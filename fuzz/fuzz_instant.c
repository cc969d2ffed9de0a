/* fuzz_instant: any bytes as a time. What is read is a moment of the calendar; written out and read again it is the same
 * one; a year that is guessed is the latest that may be. */
#include <assert.h>
#include <stdlib.h>

#include "base/instant.h"

#define DAY INT64_C(86400000000000)

static void check_year(const struct wall *w, int64_t latest) {
    struct wall guess = *w;

    assert(w->year == 0 && wall_instant(w) == INSTANT_NONE);
    wall_year_guess(&guess, latest);
    if (!guess.year_given)
        return;
    assert(latest != INSTANT_NONE);
    int64_t const bound = latest > INT64_MAX - DAY ? INT64_MAX : latest + DAY;

    assert(wall_instant(&guess) <= bound);
    for (int i = 0; i < 9; i++) { /* no later year would have done */
        guess.year++;
        if (guess.month == 2 && guess.day == 29 &&
            !((guess.year % 4 == 0 && guess.year % 100 != 0) || guess.year % 400 == 0))
            continue;
        int64_t const later = wall_instant(&guess);

        assert(later == INSTANT_NONE || later > bound);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int64_t latest;
    struct wall w;

    if (size < sizeof latest || size > 256)
        return 0;
    memcpy(&latest, data, sizeof latest);
    size -= sizeof latest;
    char *const exact = malloc(size ? size : 1); /* so that a read past the end is seen */

    if (!exact)
        abort();
    memcpy(exact, data + sizeof latest, size);
    if (!wall_parse((str){exact, size}, &w)) {
        assert(instant_parse((str){exact, size}) == INSTANT_NONE);
        free(exact);
        return 0;
    }
    assert(w.month >= 1 && w.month <= 12 && w.day >= 1 && w.day <= 31 && w.hour < 24 && w.minute < 60 &&
           w.second <= 60 && w.nanosecond < 1000000000 && w.digits <= 9);
    assert(w.offset_s > -86400 && w.offset_s < 86400 && (w.zone_given || w.offset_s == 0));
    if (w.year_given) {
        char text[INSTANT_TEXT];
        int64_t const when = instant_parse((str){exact, size});

        assert(when == wall_instant(&w));
        if (when != INSTANT_NONE)
            assert(instant_parse(instant_format(when, text)) == when);
    } else {
        check_year(&w, latest);
    }
    free(exact);
    return 0;
}
