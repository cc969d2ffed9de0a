/* indicator_look: what a text holds of what is known (detection/indicator.h asks it of events), or of whatever could be known
 * (observable_key.h asks that, for indexes: so an index has a key for all that would ever be found). */
#ifndef INTEL_INDICATOR_LOOK_H
#define INTEL_INDICATOR_LOOK_H

#include "base/address.h"
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
    const struct intel_set *set;        /* NULL: everything may be known (indicator_text_ask) */
    uint32_t classes;                   /* a bit for each enum intel_class of which there are entries */
    bool v6;                            /* addresses or networks of IPv6 among them */
    const uint64_t *marks[INTEL_MARKS]; /* of the set */
    bool registry, phone;
    bool digits;        /* serial numbers and hardware addresses */
    bool together;      /* values in which blanks count as one, however many there are */
    bool digit_endings; /* names of files whose ending begins with a digit */
    bool bare_names;    /* names of files without an ending */
    bool whole;         /* values that are known as a whole */
};

struct indicator_texts {
    const struct indicator_marks *m;
    struct buf wide, canonical, undone, undone_again, folded; /* of the value that is looked at */
    struct arena *urls;
    const struct phone_country *home; /* NULL: not known */
};

/* What is known of a set beforehand, once for all workers. set outlives it. ERR_MEMORY. */
MUST_USE bool indicator_marks_new(struct indicator_marks **out, const struct intel_set *set, struct err *e);
/* Of no set: as if everything were known. */
MUST_USE bool indicator_marks_every(struct indicator_marks **out, struct err *e);
void indicator_marks_free(struct indicator_marks *m); /* takes NULL */

MUST_USE bool indicator_texts_init(struct indicator_texts *t, const struct indicator_marks *m);
void indicator_texts_free(struct indicator_texts *t);
/* All entries in the text, each once. False: no memory. */
bool indicator_text_find(struct indicator_texts *t, str text, struct indicator_found *found);
/* Tells all that would be looked up of the text in a set, of which nothing is known: a superset of what is looked up in any set. Views
 * live until the call returns. */
#define INDICATOR_ASK_FOLDERS 2u
struct indicator_asks {
    /* Of a class but ADDRESS, NETWORK and FILE: intel_set_next's. Of WHOLE letters may be of any case, and it may be a FILE that is the
     * whole text. There may be very many in one text. */
    void (*key)(void *ctx, enum intel_class class, str key);
    void (*address)(void *ctx, const struct address *a);
    /* A path as it stands, `/` between its names and in small letters, the name of a file at its end; of the folders it lies in the last
     * INDICATOR_ASK_FOLDERS, and perhaps more. What stands before it, words and blanks, may be no part of it. A name of a folder may be a placeholder (observable_folder). */
    void (*path)(void *ctx, str path);
    void (*host)(void *ctx, str host); /* the text is this host, or its address, and nothing else but a port */
    /* It holds a URL of this host, which was not read to its end: there are too many in one. */
    void (*unread)(void *ctx, str host);
    void (*phone)(void *ctx, str number); /* the text may be a telephone number, of whatever country */
    /* May be NULL. A path of these very bytes, as they stand in a text, comes next; or a host and all names it lies below: true: they were told
     * already, and are not told again. */
    bool (*path_was_told)(void *ctx, str path);
    bool (*hosts_were_told)(void *ctx, str host);
    /* A piece of a long text, and all that is looked for in its like. NULL: texts are not cut into pieces. */
    bool (*piece_was_told)(void *ctx, str piece);
    void *ctx;
};
/* t: of indicator_marks_every. False: no memory. */
bool indicator_text_ask(struct indicator_texts *t, str text, const struct indicator_asks *asks);
/* Where names of files are cut into words: a known name is looked for behind any of these bytes. */
bool indicator_ends_word(char c);
bool indicator_text_is_time(str text); /* 2021-03-14T07:12:03.123Z, and nothing else: nothing is known of it */
/* A quick look: a text that is short, and has no point, nor anything else that known values have. */
bool indicator_text_is_plain(const struct indicator_texts *t, str text);
/* May a path, or a query with or without its ?, be that of a known URL? */
bool indicator_part_may(struct indicator_texts *t, str path, bool query);
/* May a raw value hold any? What cannot be decided is true. */
bool indicator_raw_may(struct indicator_texts *t, uint8_t raw_type, str bytes);
/* May a line hold any, in itself or in a value that is cut out of it between signs that end words (indicator.c), but for values that are known as
 * a whole only? *odd: a part of it outside of which are no backslashes,
 * nothing beyond ASCII, and no blanks together if these matter. */
bool indicator_line_may(struct indicator_texts *t, str line, str *odd);
/* And those: a value of such a line, of INDICATOR_TEXT_MIN bytes at least. */
bool indicator_whole_may(struct indicator_texts *t, str text);
/* Has anything known as a whole the length, a few bytes and the form of this value? Of one that has nothing odd in it; of a byte at least. */
bool indicator_form_likely(const struct indicator_texts *t, str text);
static inline bool indicator_marked(const struct indicator_marks *m, enum intel_mark which, uint32_t mark) {
    return m->marks[which][mark / 64] >> mark % 64 & 1;
}
static inline bool indicator_whole_marked(const struct indicator_marks *m, str text) {
    return indicator_marked(m, INTEL_MARK_LENGTHS, intel_length_mark(text)) &&
           indicator_marked(m, INTEL_MARK_WHOLES, intel_whole_mark(text));
}
/* Digits in twos, as serial numbers and hardware addresses are written; perhaps more than that. */
static inline bool indicator_odd_hex(const struct indicator_marks *m, str s) {
    static const uint8_t hex[256] = {['0' ... '9'] = 1, ['a' ... 'f'] = 1, ['A' ... 'F'] = 1};

    if (!m->digits || s.len < 5 || s.len > 64 || !hex[(uint8_t)s.ptr[0]])
        return false;
    bool const twos = s.ptr[2] == ':' || s.ptr[2] == ' ' || s.ptr[2] == '-';

    if (s.ptr[0] == '0' && (s.ptr[1] == 'x' || s.ptr[1] == 'X'))
        return true;
    return hex[(uint8_t)s.ptr[1]] && (twos || s.ptr[4] == '.' || (s.ptr[0] == '0' && !(s.len > 8 && s.ptr[8] == '-')));
}
static inline bool indicator_whole_likely(const struct indicator_texts *t, str text) {
    return text.len == 0 || (uint8_t)*text.ptr <= ' ' || (uint8_t)text.ptr[text.len - 1] <= ' ' ||
           (t->m->whole && (indicator_whole_marked(t->m, text) || indicator_odd_hex(t->m, text))) ||
           ((t->m->phone || t->m->bare_names) && indicator_form_likely(t, text));
}
/* Entries of a canonical URL: as it is, and without query, port, and both. */
void indicator_url_find(struct indicator_texts *t, str key, struct indicator_found *found);

#endif
