/* sketch: how much two texts have in common, without keeping them. One-permutation MinHash (Li, Owen, Zhang 2012) with optimal densification
 * (Shrivastava 2017) over the set of shingles. Same text, same sketch, on every machine. */
#ifndef CODEC_SKETCH_H
#define CODEC_SKETCH_H

#include "base/str.h"

#define SKETCH_SIZE 64u /* the estimate's standard error is at most 1/16 */

struct sketch {
    uint32_t mins[SKETCH_SIZE]; /* after sketch_end */
    uint32_t shingles;          /* that were added; 0: there is nothing to compare */
};

void sketch_begin(struct sketch *s);
void sketch_add(struct sketch *s, uint64_t shingle_hash);
void sketch_end(struct sketch *s);
/* 0 to SKETCH_SIZE: of so many places the two agree in; SKETCH_SIZE for the same set. 0 when one of them is empty. */
uint32_t sketch_agree(const struct sketch *a, const struct sketch *b);

/* The words of a text into the sketch, as shingles of `words` (3) in a row: letters folded (event/fold is not for here: ASCII and Latin-1), numbers, addresses, words of mixed
 * letters and digits, and names in `without` stand as one sign each, so that what is merged into a mail for its recipient does not count. */
struct sketch_text {
    struct sketch *to;
    const str *without;
    size_t without_count;
    uint64_t last[3];
    uint32_t count;
    char word[64]; /* that the piece broke */
    uint8_t word_len;
};
void sketch_text_add(struct sketch_text *t, str piece);
void sketch_text_end(struct sketch_text *t);

#endif
