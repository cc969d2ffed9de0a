/* phone: telephone numbers as switches and people write them, into one spelling: +E.164.
 *
 * What is no whole public number stays what it is: extensions, short numbers, `anonymous`, numbers masked with stars, and
 * national numbers as long as nobody has said which country they are of. */
#ifndef EVENT_PHONE_H
#define EVENT_PHONE_H

#include "base/str.h"

/* How numbers are dialled in one country. */
struct phone_country {
    char code[3];          /* ISO 3166-1 */
    char calling[4];       /* "49" */
    char trunk[3];         /* stands before a national number: "0"; "": nothing does */
    char international[5]; /* stands before a calling code: "00" */
    uint8_t least, most;   /* digits of a national number, without the trunk prefix; shorter ones are short numbers */
    bool bare;             /* a national number is known without the trunk prefix as well */
    char first[9];         /* a national number begins with one of these; "": with any but 0 */
};

/* A country by its ISO code (de, DE) or calling code (49, +49, 0049); of several with one calling code, the largest.
 * NULL: it is not in the table. */
const struct phone_country *phone_country(str name);

#define PHONE_TEXT 17
/* The number as +E.164 in out. Blanks, hyphens, points, slashes and brackets are passed over, `(0)` behind a calling code as
 * well; so are tel: and sip: with what stands behind the number. home: where it was written, or NULL: not known; then only
 * + and 00 show a whole number. False: it stays as it is. */
bool phone_e164(str number, const struct phone_country *home, char out[PHONE_TEXT], str *result);

/* What is left of a number of which nobody knows where it was written: with + all of an E.164 number, without what stands behind a calling
 * code. Whatever the country, what phone_e164 would say of the number with it as home is one of these, or ends in one of them behind
 * the country's calling code. The number without home is not among them. */
#define PHONE_CANDIDATES 8u
struct phone_candidate {
    char text[32];
    size_t len;
};
size_t phone_candidates(str number, struct phone_candidate out[PHONE_CANDIDATES]);
/* The national numbers that a number in +E.164 may be: what stands behind each calling code of the table that it begins with. */
#define PHONE_NATIONALS 3u
size_t phone_nationals(str e164, str out[PHONE_NATIONALS]);

#endif
