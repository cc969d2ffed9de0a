/* name: names of persons and companies in a form in which they can be compared: whatever alphabet, scheme of transliteration, marks, division into
 * words and order they come in.
 *
 * Chinese characters are read as Mandarin in Hanyu Pinyin without tones (Unihan's kMandarin; families' names as they are read), the first one or, of the
 * usual double ones, two as the family's name. Cyrillic letters are written as BGN/PCGN does; what other schemes make of them is one with it in
 * name_form.scheme. Arabic writes few vowels: names are found by their consonants
 * (name_bones), and compared by what is known of both (name_sounds_alike). Letters of other scripts are compared as they are, without case. Not
 * known: Wade-Giles, Cantonese, Korean and Japanese readings. */
#ifndef INTEL_NAME_H
#define INTEL_NAME_H

#include "base/str.h"

#define NAME_BYTES_MAX 256u /* of a name; a longer one is none */
#define NAME_WORDS_MAX 16u  /* more make no name */
#define NAME_FORM_MAX 1600u /* bytes of each of a form's texts: a Chinese character of 3 bytes makes 7 */

enum name_script {
    NAME_LATIN = 1,
    NAME_HAN = 2,
    NAME_CYRILLIC = 4,
    NAME_ARABIC = 8,
    NAME_OTHER = 16,
};

/* A name's words in four spellings. Titles (Dr., Mr) are no words of it. */
struct name_form {
    str words[NAME_WORDS_MAX];  /* small letters a to z and digits; of other scripts their own letters */
    str scheme[NAME_WORDS_MAX]; /* the same for all schemes of transliteration; for comparison alone */
    size_t count;
    str sound; /* as Arabic names sound: consonants and a, e, i, u, blanks between words; without particles (al-, bin). Of Arabic letters
                * only long vowels are known. "" when nothing is left */
    size_t sound_words;
    str han;          /* its Chinese characters, simplified; "" */
    unsigned scripts; /* enum name_script, or-ed */
    bool pinyin;      /* every word is made of syllables of Pinyin */
    size_t syllables; /* then so many */
    bool arabic;      /* Arabic letters, or a word that only names from Arabic have */
    char room[4][NAME_FORM_MAX];
};

/* False: it is no name: no letters, more than NAME_BYTES_MAX bytes or NAME_WORDS_MAX words. Views are of out. */
bool name_fold(str text, struct name_form *out);

/* The consonants of name_form.sound, blanks between words stay; out has room for sound.len bytes. */
size_t name_bones(str sound, char *out);
/* Words of the same consonants: do the vowels that are known of both agree? Muhammad and Mohamed do, Mahmoud does not. */
bool name_sounds_alike(str a, str b);
/* How many syllables of Pinyin the word (small letters) can be cut into, or 0: it cannot. */
size_t name_pinyin(str word);
/* A name that so many bear, or a word so usual in companies' names, that alone it says nothing. */
bool name_word_usual(str word);
bool name_word_generic(str word);
/* A legal form: ltd, gmbh, ooo. */
bool name_word_legal(str word);
/* A patronymic: ivanovich, ivanovna. */
bool name_word_patronymic(str word);
/* One letter more, less, another, or two neighbours changed. */
bool name_near(str a, str b);

#endif
