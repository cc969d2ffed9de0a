/* mail_house: what is known of the institution whose mail is read: its own domains, its partners', and keys of those who sign. Made once,
 * before the readers are confined, and never changed. */
#ifndef READER_MAIL_HOUSE_H
#define READER_MAIL_HOUSE_H

#include "codec/dkim.h"
#include "intel/lookalike.h"

struct mail_house;

/* Domains as people write them. keys: NULL, or key records (codec/dkim.h), which the house frees from here on, whatever is returned.
 * ERR_USAGE: a domain that is none; ERR_LIMIT, ERR_MEMORY. */
MUST_USE bool mail_house_new(struct mail_house **out, const char *const *own, size_t own_count,
                             const char *const *partners, size_t partner_count, struct dkim_keys *keys, struct err *e);
void mail_house_free(struct mail_house *h); /* takes NULL */

/* The institution's own, small letters; NULL when there are none. */
const str *mail_house_own(const struct mail_house *h, size_t *count);
/* Is the domain (small letters) one of the institution's own, or below one? */
bool mail_house_is_own(const struct mail_house *h, str domain);
/* Does it look like one of them, or a partner's, without being it? */
bool mail_house_lookalike(const struct mail_house *h, str domain, struct lookalike_hit *hit);
/* NULL: none were given. */
const struct dkim_keys *mail_house_keys(const struct mail_house *h);

#endif
