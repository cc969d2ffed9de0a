/* indicator_own: what a text holds of what is known, for detection's own files. */
#ifndef DETECTION_INDICATOR_OWN_H
#define DETECTION_INDICATOR_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "event/phone.h"
#include "event/record.h"
#include "intel/intel_set.h"

#define INDICATOR_TEXT_MIN 4u                /* bytes of a value: a shorter one is nothing that indicators know */
#define INDICATOR_ENTRIES_MAX 256u           /* of one value; of more the first that are found */
#define INDICATOR_TEXT_MAX ((size_t)1 << 20) /* bytes of a value that are looked at for paths as a whole */

struct indicator_found {
    uint32_t entries[INDICATOR_ENTRIES_MAX], count;
    bool host; /* the text is the name of a host, or its address, of which a URL is known */
};

/* What all workers share: it is made before they are. */
struct indicator_marks {
    const struct intel_set *set;
    uint32_t classes;                   /* a bit for each enum intel_class of which there are entries */
    bool v6;                            /* addresses or networks of IPv6 among them */
    const uint64_t *marks[INTEL_MARKS]; /* of the set */
    bool registry, phone;
    bool digit_endings; /* names of files whose ending begins with a digit */
    bool bare_names;    /* names of files without an ending */
};

struct indicator_texts {
    const struct indicator_marks *m;
    struct buf wide, canonical, undone, undone_again, folded; /* of the value that is looked at */
    struct arena *urls;
    const struct phone_country *home; /* NULL: not known */
};

MUST_USE bool indicator_texts_init(struct indicator_texts *t, const struct indicator_marks *m);
void indicator_texts_free(struct indicator_texts *t);
/* All entries in the text, each once. False: no memory. */
bool indicator_text_find(struct indicator_texts *t, str text, struct indicator_found *found);
/* A quick look: a text that is short, and has no point, nor anything else that known values have. */
bool indicator_text_is_plain(const struct indicator_texts *t, str text);
/* May a path, or a query with or without its ?, be that of a known URL? */
bool indicator_part_may(struct indicator_texts *t, str path, bool query);
/* May a raw value hold any? What cannot be decided is true. */
bool indicator_raw_may(struct indicator_texts *t, uint8_t raw_type, str bytes);
/* May a line hold any, in itself or in a value that is cut out of it between signs that end words (indicator.c), but for values that are known as
 * a whole only? *plain: nothing in it but single blanks and what needs no undoing. */
bool indicator_line_may(struct indicator_texts *t, str line, bool *plain);
/* And those: a value of such a line, of INDICATOR_TEXT_MIN bytes at least. */
bool indicator_whole_may(struct indicator_texts *t, str text, bool plain);
/* Entries of a canonical URL: as it is, and without query, port, and both. */
void indicator_url_find(struct indicator_texts *t, str key, struct indicator_found *found);

#endif
