/* words: what made-up mails, files and sites are called and say. */
#ifndef EXERCISE_WORDS_H
#define EXERCISE_WORDS_H

#include "exercise/office.h"

/* Of whoever speaks now. */
const char *word_subject(struct office *o);
/* A letter of some sentences, into b: no two are alike. */
void word_letter(struct office *o, struct buf *b, const char *to, const char *from);
void word_file(struct office *o, char out[60]);
/* A site that people visit, and its address. */
const char *word_site(struct office *o, char address[ADDRESS_MAX]);
/* A correspondent outside: name, address, domain, and the address of its mail server. */
struct word_partner {
    const char *name, *local, *domain, *server, *address;
};
const struct word_partner *word_partner(struct office *o);
/* A token of so many letters and digits. */
void word_token(struct office *o, unsigned length, char *out);
#define WORD_ARTICLES 3
struct word_article {
    const char *title, *parts[3];
};
extern const struct word_article word_articles[WORD_ARTICLES];

#endif
