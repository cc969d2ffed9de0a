/* phone: numbering plans as data, and the one spelling of a number.
 *
 * Prefixes and lengths: ITU-T, "Dialling procedures (international prefix, national (trunk) prefix and national
 * (significant) number)", annex to Operational Bulletin 994 (15 December 2011), with what has changed since: Lithuania's
 * trunk prefix is 0 (it was 8). `least` is that of ordinary subscribers, so that short numbers stay what they are. */
#include "event/phone.h"

#include <assert.h>

#define DIGITS_MAX 15 /* E.164 6.1 */
#define DIGITS_LEAST 7

/* Of several with one calling code the one that is meant when only the code is said comes first. */
static const struct phone_country countries[] = {
    {"AL", "355", "0", "00", 8, 9, false, ""},
    {"AD", "376", "", "00", 6, 9, true, "36789"},
    {"AM", "374", "0", "00", 8, 8, false, ""},
    {"AT", "43", "0", "00", 5, 13, false, ""},
    {"AU", "61", "0", "0011", 9, 9, false, ""},
    {"AZ", "994", "0", "00", 9, 9, false, ""},
    {"BY", "375", "8", "810", 9, 10, false, ""},
    {"BE", "32", "0", "00", 8, 9, false, ""},
    {"BA", "387", "0", "00", 8, 9, false, ""},
    {"BG", "359", "0", "00", 7, 9, false, ""},
    {"HR", "385", "0", "00", 7, 9, false, ""},
    {"CY", "357", "", "00", 8, 8, true, ""},
    {"CZ", "420", "", "00", 9, 9, true, ""},
    {"DK", "45", "", "00", 8, 8, true, ""},
    {"EE", "372", "", "00", 7, 8, true, ""},
    {"FO", "298", "", "00", 6, 6, true, ""},
    {"FI", "358", "0", "00", 5, 12, false, ""},
    {"FR", "33", "0", "00", 9, 9, false, ""},
    {"GE", "995", "0", "00", 9, 9, false, ""},
    {"DE", "49", "0", "00", 5, 13, false, ""},
    {"GI", "350", "", "00", 8, 8, true, ""},
    {"GR", "30", "", "00", 10, 10, true, ""},
    {"HU", "36", "06", "00", 8, 9, false, ""},
    {"IS", "354", "", "00", 7, 9, true, ""},
    {"IE", "353", "0", "00", 7, 10, false, ""},
    {"IT", "39", "", "00", 6, 11, true, "03"}, /* the 0 of a fixed line belongs to the number */
    {"XK", "383", "0", "00", 8, 9, false, ""},
    {"LV", "371", "", "00", 8, 8, true, ""},
    {"LI", "423", "", "00", 7, 9, true, ""},
    {"LT", "370", "0", "00", 8, 8, false, ""},
    {"LU", "352", "", "00", 6, 11, true, ""},
    {"MT", "356", "", "00", 8, 8, true, ""},
    {"MD", "373", "0", "00", 8, 8, false, ""},
    {"MC", "377", "", "00", 8, 9, true, ""},
    {"ME", "382", "0", "00", 8, 9, false, ""},
    {"NL", "31", "0", "00", 9, 9, false, ""},
    {"MK", "389", "0", "00", 8, 8, false, ""},
    {"NO", "47", "", "00", 8, 8, true, ""},
    {"PL", "48", "", "00", 9, 9, true, ""},
    {"PT", "351", "", "00", 9, 9, true, ""},
    {"RO", "40", "0", "00", 9, 9, false, ""},
    {"RU", "7", "8", "810", 10, 10, false, ""},
    {"SM", "378", "", "00", 8, 10, true, "03456789"},
    {"RS", "381", "0", "00", 7, 12, false, ""},
    {"SK", "421", "0", "00", 9, 9, false, ""},
    {"SI", "386", "0", "00", 8, 8, false, ""},
    {"ES", "34", "", "00", 9, 9, true, ""},
    {"SE", "46", "0", "00", 7, 10, false, ""},
    {"CH", "41", "0", "00", 9, 9, false, ""},
    {"TR", "90", "0", "00", 10, 10, false, ""},
    {"UA", "380", "0", "00", 9, 9, false, ""},
    {"GB", "44", "0", "00", 9, 10, false, ""},
    {"VA", "39", "", "00", 6, 11, true, "03"},
    /* beyond Europe */
    {"US", "1", "1", "011", 10, 10, true, "23456789"},
    {"CA", "1", "1", "011", 10, 10, true, "23456789"},
    {"IL", "972", "0", "00", 8, 9, false, ""},
    {"IN", "91", "0", "00", 10, 10, false, ""},
    {"JP", "81", "0", "010", 9, 10, false, ""},
    {"NZ", "64", "0", "00", 8, 10, false, ""},
    {"TW", "886", "0", "002", 8, 9, false, ""},
    {"ZA", "27", "0", "00", 9, 9, false, ""},
};

const struct phone_country *phone_country(str name) {
    str calling = name;

    if (str_starts(calling, S("+")))
        calling = str_from(calling, 1);
    else if (str_starts(calling, S("00")))
        calling = str_from(calling, 2);
    for (size_t i = 0; i < COUNT(countries); i++)
        if (str_eq_ascii(name, str_of(countries[i].code)) || str_eq(calling, str_of(countries[i].calling)))
            return &countries[i];
    return NULL;
}

static size_t find_any(str s, const char *bytes) {
    size_t i = 0;

    while (i < s.len && (s.ptr[i] == '\0' || !strchr(bytes, s.ptr[i])))
        i++;
    return i;
}

/* RFC 3966, RFC 3261: the number in a URI. */
static str out_of_uri(str s) {
    static const str schemes[] = {STR("tel:"), STR("sip:"), STR("sips:")};

    for (size_t i = 0; i < COUNT(schemes); i++)
        if (s.len >= schemes[i].len && str_eq_ascii(str_first(s, schemes[i].len), schemes[i])) {
            s = str_from(s, schemes[i].len);
            return str_first(s, find_any(s, ";@?"));
        }
    return s;
}

/* Digits and what stands between them. */
struct dialled {
    bool plus;
    size_t count;
    char digits[DIGITS_MAX + 9]; /* prefixes stand before what E.164 counts */
};

static bool digits_of(str s, struct dialled *d) {
    *d = (struct dialled){.plus = str_starts(s, S("+"))};
    for (size_t i = d->plus; i < s.len; i++) {
        char const c = s.ptr[i];

        if (c >= '0' && c <= '9') {
            if (d->count == sizeof d->digits)
                return false;
            d->digits[d->count++] = c;
        } else if (str_starts(str_from(s, i), S("\xc2\xa0"))) { /* a blank that does not break */
            i++;
        } else if (str_starts(str_from(s, i), S("(0)")) && d->count > 0) {
            i += 2; /* +49 (0)30: the trunk prefix of whoever is in the country */
        } else if (c == '\0' || !strchr(" -./()", c)) {
            return false;
        }
    }
    return d->count > 0;
}

/* +, then the calling code if it is not in the digits. */
static bool whole(str calling, str digits, char out[PHONE_TEXT], str *result) {
    if (calling.len + digits.len > DIGITS_MAX || calling.len + digits.len < DIGITS_LEAST)
        return false;
    out[0] = '+';
    memcpy(out + 1, calling.ptr, calling.len);
    memcpy(out + 1 + calling.len, digits.ptr, digits.len);
    *result = (str){out, 1 + calling.len + digits.len};
    assert(result->len < PHONE_TEXT);
    return true;
}

static bool is_national(const struct phone_country *home, str digits) {
    if (digits.len < home->least || digits.len > home->most)
        return false;
    return home->first[0] ? strchr(home->first, digits.ptr[0]) != NULL : digits.ptr[0] != '0';
}

bool phone_e164(str number, const struct phone_country *home, char out[PHONE_TEXT], str *result) {
    str const international = home ? str_of(home->international) : S("00");
    struct dialled d;

    if (!digits_of(str_trim(out_of_uri(str_trim(number))), &d))
        return false;
    str const digits = {d.digits, d.count};

    if (d.plus)
        return digits.ptr[0] != '0' && whole(S(""), digits, out, result);
    if (str_starts(digits, international) && digits.len > international.len && digits.ptr[international.len] != '0')
        return whole(S(""), str_from(digits, international.len), out, result);
    if (!home)
        return false;
    str const trunk = str_of(home->trunk), calling = str_of(home->calling);

    if (trunk.len && str_starts(digits, trunk) && is_national(home, str_from(digits, trunk.len)))
        return whole(calling, str_from(digits, trunk.len), out, result);
    return home->bare && is_national(home, digits) && whole(calling, digits, out, result);
}

static void candidate_add(struct phone_candidate *out, size_t *count, str begin, str digits) {
    for (size_t i = 0; i < *count; i++)
        if (out[i].len == begin.len + digits.len && out[i].text[0] == (begin.len ? '+' : digits.ptr[0]))
            return; /* ends of one number: of one length they are the same */
    assert(*count < PHONE_CANDIDATES && begin.len + digits.len <= sizeof out->text);
    memcpy(out[*count].text, begin.ptr, begin.len);
    memcpy(out[*count].text + begin.len, digits.ptr, digits.len);
    out[(*count)++].len = begin.len + digits.len;
}

size_t phone_candidates(str number, struct phone_candidate out[PHONE_CANDIDATES]) {
    struct dialled d;
    char room[PHONE_TEXT];
    size_t count = 0;
    str ignored;

    if (!digits_of(str_trim(out_of_uri(str_trim(number))), &d) || d.plus)
        return 0;
    str const digits = {d.digits, d.count};

    for (size_t i = 0; i < COUNT(countries); i++) {
        const struct phone_country *const c = &countries[i];
        str const international = str_of(c->international), trunk = str_of(c->trunk);
        str const abroad = str_from(digits, international.len), at_home = str_from(digits, trunk.len);

        if (str_starts(digits, international) && abroad.len && *abroad.ptr != '0' &&
            whole(S(""), abroad, room, &ignored))
            candidate_add(out, &count, S("+"), abroad);
        if (trunk.len && str_starts(digits, trunk) && is_national(c, at_home))
            candidate_add(out, &count, S(""), at_home);
        if (c->bare && is_national(c, digits))
            candidate_add(out, &count, S(""), digits);
    }
    return count;
}

size_t phone_nationals(str e164, str out[PHONE_NATIONALS]) {
    size_t count = 0;

    if (!str_starts(e164, S("+")))
        return 0;
    for (size_t len = 1; len <= 3; len++) /* of a calling code */
        for (size_t i = 0; i < COUNT(countries); i++)
            if (str_eq(str_of(countries[i].calling), str_first(str_from(e164, 1), len)) && e164.len > len + 1) {
                out[count++] = str_from(e164, 1 + len);
                break;
            }
    return count;
}
