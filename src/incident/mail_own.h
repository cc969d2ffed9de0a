/* mail_own: what the parts of mail_* share. For src/incident/mail_*.c only. */
#ifndef INCIDENT_MAIL_OWN_H
#define INCIDENT_MAIL_OWN_H

#include "base/buf.h"
#include "incident/mail_campaign.h"

/* mails_builtin.c, made by embed.py out of data/mail. */
struct mail_file {
    str path, text;
};
extern const struct mail_file mails_builtin[];
extern const size_t mails_builtin_count;

static inline char mail_small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool mail_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* A name as it is compared: ASCII letters small, whatever is no letter or digit as one blank, none at the ends. *words: how
 * many there are. False: b has failed. */
bool mail_name_fold(str name, struct buf *b, size_t *words);

/* The domain of an address, in place; "" without @. */
static inline str mail_domain_of(str address) {
    for (size_t i = address.len; i-- > 0;)
        if (address.ptr[i] == '@')
            return str_from(address, i + 1);
    return (str){"", 0};
}

#endif
