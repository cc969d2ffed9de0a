/* mail_date: dates of mail (RFC 5322 3.3 and 4.3). What is particular to mail is taken away here: comments, folds, commas, long
 * names, names of zones; the rest is base/instant.h's. */
#include "base/instant.h"
#include "codec/mail_own.h"

#define BYTES_MAX 512u
#define WORDS_MAX 16u

static const struct {
    str name;
    int hours;
} zones[] = {
    {STR("UT"), 0},   {STR("UTC"), 0},  {STR("GMT"), 0},  {STR("Z"), 0},    {STR("EST"), -5}, {STR("EDT"), -4},
    {STR("CST"), -6}, {STR("CDT"), -5}, {STR("MST"), -7}, {STR("MDT"), -6}, {STR("PST"), -8}, {STR("PDT"), -7},
};

struct reading {
    char text[96]; /* of what wall_parse is asked */
    size_t len;
    bool clock; /* the time of day has been read */
    bool zone, zone_given;
    int32_t offset_s;
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool zone_named(struct reading *r, str word) {
    for (size_t i = 0; i < COUNT(zones); i++)
        if (str_eq_ascii(word, zones[i].name)) {
            r->zone = r->zone_given = true;
            r->offset_s = zones[i].hours * 3600;
            return true;
        }
    return false;
}

/* +0200, -5:30, +02. -0000: somebody's local time (RFC 5322 3.3). */
static bool zone_number(struct reading *r, str word) {
    uint32_t digits[4] = {0}, hours, minutes;
    size_t n = 0;

    if (word.len < 2 || (word.ptr[0] != '+' && word.ptr[0] != '-'))
        return false;
    for (size_t i = 1; i < word.len; i++) {
        if (word.ptr[i] == ':' && n > 0 && n < 3)
            continue;
        if (!is_digit(word.ptr[i]) || n == 4)
            return false;
        digits[n++] = (uint32_t)(word.ptr[i] - '0');
    }
    if (n == 1 || n == 3) { /* the hour has one digit */
        digits[3] = digits[2];
        digits[2] = digits[1];
        digits[1] = digits[0];
        digits[0] = 0;
    }
    hours = digits[0] * 10 + digits[1];
    minutes = digits[2] * 10 + digits[3];
    r->zone = true;
    if (hours > 23 || minutes > 59)
        return true; /* no zone of this world */
    r->offset_s = (int32_t)(hours * 3600 + minutes * 60);
    r->zone_given = word.ptr[0] == '+' || r->offset_s != 0;
    if (word.ptr[0] == '-')
        r->offset_s = -r->offset_s;
    return true;
}

static bool is_short_name(str word) {
    static const char names[] = "MonTueWedThuFriSatSunJanFebMarAprMayJunJulAugSepOctNovDec";

    for (size_t i = 0; word.len >= 3 && names[i]; i += 3)
        if (str_eq_ascii(str_first(word, 3), (str){names + i, 3}))
            return true;
    return false;
}

static bool is_letters(str word) {
    for (size_t i = 0; i < word.len; i++)
        if ((unsigned char)(mail_small(word.ptr[i]) - 'a') > 25)
            return false;
    return word.len > 0;
}

static bool keep(struct reading *r, str word) {
    if (word.len + 1 > sizeof r->text - r->len)
        return false;
    if (r->len)
        r->text[r->len++] = ' ';
    memcpy(r->text + r->len, word.ptr, word.len);
    r->len += word.len;
    return true;
}

static bool is_number(str word, size_t digits) {
    for (size_t i = 0; i < word.len; i++)
        if (!is_digit(word.ptr[i]))
            return false;
    return word.len == digits;
}

/* False: this is no date. */
static bool word_read(struct reading *r, str word) {
    if (is_letters(word) && is_short_name(word) && !r->clock)
        return keep(r, str_first(word, 3));
    if (!r->clock) {
        r->clock =
            str_find_byte(word, ':') != SIZE_MAX || (word.len >= 5 && is_digit(word.ptr[0]) && word.ptr[2] == '.');
        if (is_number(word, 3) && word.ptr[0] == '1') { /* 103: 2003, as some programs have it since the year 2000 */
            char const year[] = {'2', '0', word.ptr[1], word.ptr[2]};

            return keep(r, (str){year, sizeof year});
        }
        return keep(r, word);
    }
    if (str_eq_ascii(word, S("AM")) || str_eq_ascii(word, S("PM")) || is_number(word, 4))
        return keep(r, word);
    if (r->zone)
        return true;
    if (word.len > 4 && (str_eq_ascii(str_first(word, 3), S("GMT")) || str_eq_ascii(str_first(word, 3), S("UTC"))))
        word = str_from(word, 3);
    (void)(zone_number(r, word) || zone_named(r, word)); /* other names say nothing: CST is three zones, A was none */
    return true;
}

int64_t mail_date(str value, bool *zone_given) {
    struct reading r = {0};
    struct mail_open open = {0};
    struct wall w;
    str comment = {"", 0};

    *zone_given = false;
    value = str_first(str_trim(value), BYTES_MAX);
    for (size_t i = 0, words = 0, from; i < value.len;) {
        if (mail_blank(value.ptr[i]) || value.ptr[i] == ',') {
            i++;
            continue;
        }
        if (value.ptr[i] == '(') {
            size_t const n = mail_comment(str_from(value, i), &open);

            if (n == 0)
                break;
            comment = (str){value.ptr + i + 1, n - 2};
            i += n;
            continue;
        }
        for (from = i; i < value.len && !mail_blank(value.ptr[i]) && value.ptr[i] != ',' && value.ptr[i] != '(';)
            i++;
        if (++words > WORDS_MAX || !word_read(&r, (str){value.ptr + from, i - from}))
            return INSTANT_NONE;
    }
    if (!r.clock || !wall_parse((str){r.text, r.len}, &w))
        return INSTANT_NONE;
    if (!r.zone && !w.zone_given)
        (void)zone_named(&r, str_trim(comment)); /* Exchange: 11 Dec 2025 18:59:42.5578 (UTC) */
    if (r.zone) {
        w.offset_s = r.offset_s;
        w.zone_given = r.zone_given;
    }
    *zone_given = w.zone_given;
    return wall_instant(&w);
}
