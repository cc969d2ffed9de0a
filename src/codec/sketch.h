/* sketch: how much two texts have in common, without keeping them. One-permutation MinHash (Li, Owen, Zhang 2012) with optimal densification
 * (Shrivastava 2017) over the set of shingles. Same text, same sketch, on every machine. */
#ifndef CODEC_SKETCH_H
#define CODEC_SKETCH_H

#include "base/str.h"

#define SKETCH_SIZE                                                                                                    \
    64u /* the estimate's standard error is at most 1/16 (sets of some hundred shingles; more for small ones) */

struct sketch {
    uint32_t mins[SKETCH_SIZE]; /* after sketch_end */
    uint32_t shingles;          /* that were added, each as often as it was; 0: there is nothing to compare */
};

void sketch_begin(struct sketch *s);
/* In any order, any number of times: a set. */
void sketch_add(struct sketch *s, uint64_t shingle_hash);
void sketch_end(struct sketch *s);
/* 0 to SKETCH_SIZE: of so many places the two agree in; SKETCH_SIZE for the same set. 0 when one of them is empty. */
uint32_t sketch_agree(const struct sketch *a, const struct sketch *b);

/* The words of a text (UTF-8) into the sketch, as shingles of three in a row; a text of one or two words is one shingle.
 *
 * A word is a run of letters and digits; Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese characters are a word each. Letters of
 * ASCII, Latin, Greek and Cyrillic are folded (two bytes in UTF-8; event/fold is not for here). Zero-width characters and soft hyphens
 * are not there. What is personal counts as one sign, and several of those in a row as one: words with digits in them, addresses (with
 * an '@', "://", "www." or a dot and a slash), anything without a blank of more than 64 bytes, and words of the names in `without`
 * that have three letters or more. So the same letter merged for two recipients has the same sketch, unless a name is also a word of
 * the letter. */
#define SKETCH_TOKEN_MAX 64u

struct sketch_text {
    struct sketch *to;  /* begun */
    const str *without; /* names, each of one or more words; read until sketch_text_end */
    size_t without_count;
    /* The rest is zero at first. */
    uint64_t last[3];
    uint32_t count;                   /* words */
    char word[SKETCH_TOKEN_MAX + 16]; /* that the piece broke, folded; the last 16 are there to be read */
    uint8_t word_len, seen;
    char part[4]; /* of a character that the piece broke */
    uint8_t part_len;
    bool long_word, names_known;
    uint64_t names[64]; /* which words names may have */
};
/* Any cut of the text into pieces, within characters too, gives the same sketch. */
void sketch_text_add(struct sketch_text *t, str piece);
/* The last word; sketch_end is the caller's. */
void sketch_text_end(struct sketch_text *t);

#endif
