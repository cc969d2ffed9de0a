/* segment_value: raw values packed together. What is a number, an identifier or a time, however it is spelled, is kept as one, if the very
 * same bytes can be made of it again; the rest as it is. */
#include "archive/segment_own.h"

#include <assert.h>

/* The form of a value: its raw type, and in the high four bits how its bytes are kept. */
enum how {
    HOW_BYTES,   /* length; bytes */
    HOW_NARROW,  /* UTF-16 that is ASCII: units; a byte each */
    HOW_WORD,    /* 8 bytes, of RAW_HEX32 4: a number */
    HOW_DECIMAL, /* text of a number below 10^18, without leading zeros */
    HOW_HEX,     /* 0x and small digits of a number, without leading zeros */
    HOW_GUID,    /* text of 16 bytes with its dashes; looks: 1 capitals, 2 braces */
    HOW_TIME,    /* text of an instant; zones: see time_take */
    HOW_RAW16,   /* 16 bytes */
    HOWS
};
#define GUID_CAPITALS 1u
#define GUID_BRACES 2u
#define TIME_DIGITS 0x0fu /* 0 to 9 of a fraction */
#define TIME_BLANK 0x10u  /* between date and time, in place of T */
#define TIME_ZONE 0x60u   /* what stands behind: 0 nothing, 1 Z, 2 +00:00 */
#define TIME_TEXT 36u     /* bytes of the longest */
#define GUID_TEXT 38u

#define NS UINT64_C(1000000000)

/* ---- spellings ---- */

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static bool decimal_take(str s, uint64_t *n) {
    if (s.len == 0 || s.len > 18 || (s.len > 1 && s.ptr[0] == '0'))
        return false;
    *n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!digit(s.ptr[i]))
            return false;
        *n = *n * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    return true;
}

static size_t decimal_put(uint64_t n, char *to) {
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    memcpy(to, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

enum { NIBBLE = 0x0f, NIBBLE_CAPITAL = 0x10, NIBBLE_SMALL = 0x20, NIBBLE_NONE = 0x40 };

static const uint8_t nibbles[256] = {
    [0 ... '0' - 1] = NIBBLE_NONE,
    ['0'] = 0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    ['9' + 1 ... 'A' - 1] = NIBBLE_NONE,
    ['A'] = NIBBLE_CAPITAL | 10,
    NIBBLE_CAPITAL | 11,
    NIBBLE_CAPITAL | 12,
    NIBBLE_CAPITAL | 13,
    NIBBLE_CAPITAL | 14,
    NIBBLE_CAPITAL | 15,
    ['F' + 1 ... 'a' - 1] = NIBBLE_NONE,
    ['a'] = NIBBLE_SMALL | 10,
    NIBBLE_SMALL | 11,
    NIBBLE_SMALL | 12,
    NIBBLE_SMALL | 13,
    NIBBLE_SMALL | 14,
    NIBBLE_SMALL | 15,
    ['f' + 1 ... 255] = NIBBLE_NONE,
};

/* A digit's value, and what it is. */
static unsigned nibble(char c) {
    return nibbles[(uint8_t)c];
}

static bool hex_take(str s, uint64_t *n) {
    if (s.len < 3 || s.len > 18 || s.ptr[0] != '0' || s.ptr[1] != 'x' || (s.len > 3 && s.ptr[2] == '0'))
        return false;
    *n = 0;
    for (size_t i = 2; i < s.len; i++) {
        unsigned const x = nibble(s.ptr[i]);

        if (x & (NIBBLE_NONE | NIBBLE_CAPITAL))
            return false;
        *n = *n << 4 | (x & NIBBLE);
    }
    return true;
}

static size_t hex_put(uint64_t n, char *to) {
    static const char digits[] = "0123456789abcdef";
    unsigned const count = n ? (67 - (unsigned)__builtin_clzll(n)) / 4 : 1;

    to[0] = '0';
    to[1] = 'x';
    for (unsigned i = 0; i < count; i++)
        to[2 + i] = digits[n >> 4 * (count - 1 - i) & 15];
    return 2 + count;
}

static bool guid_take(str s, uint8_t to[16], uint8_t *looks) {
    static const uint8_t places[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    unsigned all = 0;

    *looks = 0;
    if (s.len == GUID_TEXT && s.ptr[0] == '{' && s.ptr[37] == '}') {
        *looks = GUID_BRACES;
        s = (str){s.ptr + 1, 36};
    }
    if (s.len != 36 || s.ptr[8] != '-' || s.ptr[13] != '-' || s.ptr[18] != '-' || s.ptr[23] != '-')
        return false;
    for (size_t i = 0; i < 16; i++) {
        unsigned const high = nibble(s.ptr[places[i]]), low = nibble(s.ptr[places[i] + 1]);

        all |= high | low;
        to[i] = (uint8_t)(high << 4 | (low & NIBBLE));
    }
    *looks |= all & NIBBLE_CAPITAL ? GUID_CAPITALS : 0;
    return !(all & NIBBLE_NONE) && (all & (NIBBLE_CAPITAL | NIBBLE_SMALL)) != (NIBBLE_CAPITAL | NIBBLE_SMALL);
}

static size_t guid_put(const uint8_t *from, uint8_t looks, char *to) {
    const char *const digits = looks & GUID_CAPITALS ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t at = 0;

    if (looks & GUID_BRACES)
        to[at++] = '{';
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            to[at++] = '-';
        to[at++] = digits[from[i] >> 4];
        to[at++] = digits[from[i] & 15];
    }
    if (looks & GUID_BRACES)
        to[at++] = '}';
    return at;
}

/* Days since 1970 of a day of the Gregorian calendar, and back: years of 400 in days that begin in March. */
static int64_t days_of(int64_t year, unsigned month, unsigned day) {
    year -= month <= 2;
    int64_t const era = (year >= 0 ? year : year - 399) / 400;
    int64_t const of_era = year - era * 400;
    int64_t const of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void day_of(int64_t days, int64_t *year, unsigned *month, unsigned *day) {
    days += 719468;
    int64_t const era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t const of_era = days - era * 146097;
    int64_t const y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t const of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t const m = (5 * of_year + 2) / 153;

    *day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
    *month = (unsigned)(m < 10 ? m + 3 : m - 9);
    *year = y + era * 400 + (*month <= 2);
}

static bool two(const char *p, unsigned *n) {
    *n = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
    return digit(p[0]) && digit(p[1]);
}

/* A day and its text: times that stand together are mostly of one. Begins with days that no time has. */
struct day {
    int64_t days;
    char text[10];
};
#define DAY_NONE ((struct day){.days = INT64_MAX})

static size_t time_put(struct day *of, uint64_t n, uint8_t looks, char *to);

/* YYYY-MM-DDThh:mm:ss, or a blank for T; perhaps . and 1 to 9 digits; perhaps Z or +00:00. *n: nanoseconds since 1970, as int64_t. */
static bool time_take(str s, uint64_t *n, uint8_t *looks) {
    unsigned century, year, month, day, hour, minute, second;
    uint64_t fraction = 0;
    size_t at = 19, digits = 0;
    char again[TIME_TEXT];

    if (s.len < 19 || s.len > TIME_TEXT || s.ptr[4] != '-' || s.ptr[7] != '-' ||
        (s.ptr[10] != 'T' && s.ptr[10] != ' ') || s.ptr[13] != ':' || s.ptr[16] != ':' || !two(s.ptr, &century) ||
        !two(s.ptr + 2, &year) || !two(s.ptr + 5, &month) || !two(s.ptr + 8, &day) || !two(s.ptr + 11, &hour) ||
        !two(s.ptr + 14, &minute) || !two(s.ptr + 17, &second))
        return false;
    year += century * 100;
    if (year < 1700 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 59)
        return false;
    if (at < s.len && s.ptr[at] == '.') {
        for (at++; at < s.len && digit(s.ptr[at]) && digits < 9; at++, digits++)
            fraction = fraction * 10 + (uint64_t)(s.ptr[at] - '0');
        if (!digits)
            return false;
    }
    str const zone = str_from(s, at);

    *looks = (uint8_t)(digits | (s.ptr[10] == ' ' ? TIME_BLANK : 0));
    if (str_eq(zone, S("Z")))
        *looks |= 0x20;
    else if (str_eq(zone, S("+00:00")))
        *looks |= 0x40;
    else if (zone.len)
        return false;
    for (size_t i = digits; i < 9; i++)
        fraction *= 10;
    int64_t const seconds = days_of(year, month, day) * 86400 + (int64_t)(hour * 3600 + minute * 60 + second);

    *n = (uint64_t)(seconds * (int64_t)NS + (int64_t)fraction);
    /* No 30 February: what is not the same again is no time. */
    return day <= 28 || (time_put(&DAY_NONE, *n, *looks, again) == s.len && memcmp(again, s.ptr, s.len) == 0);
}

static char *two_put(unsigned n, char *to) {
    to[0] = (char)('0' + n / 10 % 10);
    to[1] = (char)('0' + n % 10);
    return to + 2;
}

static void day_put(struct day *of, int64_t days) {
    unsigned month, day;
    int64_t year;

    day_of(days, &year, &month, &day);
    of->days = days;
    two_put((unsigned)(year / 100), of->text);
    two_put((unsigned)(year % 100), of->text + 2);
    of->text[4] = of->text[7] = '-';
    two_put(month, of->text + 5);
    two_put(day, of->text + 8);
}

/* Of any number, with at most nine decimals: at most TIME_TEXT bytes. */
static size_t time_put(struct day *of, uint64_t n, uint8_t looks, char *to) {
    int64_t const when = (int64_t)n;
    int64_t const seconds = when / (int64_t)NS - (when % (int64_t)NS < 0);
    int64_t const days = seconds / 86400 - (seconds % 86400 < 0);
    unsigned const of_day = (unsigned)(seconds - days * 86400), digits = looks & TIME_DIGITS;
    uint32_t fraction = (uint32_t)(when - seconds * (int64_t)NS);
    char *at = to + sizeof of->text;

    if (of->days != days)
        day_put(of, days);
    memcpy(to, of->text, sizeof of->text);
    *at++ = looks & TIME_BLANK ? ' ' : 'T';
    at = two_put(of_day / 3600, at);
    *at++ = ':';
    at = two_put(of_day / 60 % 60, at);
    *at++ = ':';
    at = two_put(of_day % 60, at);
    if (digits) {
        *at++ = '.';
        for (unsigned i = 9; i > digits; i--)
            fraction /= 10;
        for (unsigned i = digits; i > 0; i--) {
            at[i - 1] = (char)('0' + fraction % 10);
            fraction /= 10;
        }
        at += digits;
    }
    if ((looks & TIME_ZONE) == 0x20)
        *at++ = 'Z';
    else if (looks & TIME_ZONE) {
        memcpy(at, "+00:00", 6);
        at += 6;
    }
    return (size_t)(at - to);
}

/* ---- packing ---- */

static void number_add(struct buf *b, uint64_t n) {
    buf_add(b, (str){(const char *)&n, sizeof n});
}

static size_t word_size(uint8_t type) {
    switch (type) {
    case RAW_HEX32:
        return 4;
    case RAW_I64:
    case RAW_U64:
    case RAW_FILETIME:
    case RAW_HEX64:
        return 8;
    default:
        return 0;
    }
}

static bool is_text(const struct packed_value *v) {
    return v->narrow || v->type == RAW_TEXT || v->type == RAW_NUMBER;
}

static enum how pack_one(struct packer *p, const struct packed_value *v) {
    str const s = {v->ptr, v->len};
    uint8_t guid[16], looks;
    uint64_t n = 0;

    if (s.len && s.len == word_size(v->type)) {
        memcpy(&n, s.ptr, s.len);
        number_add(&p->numbers, n);
        return HOW_WORD;
    }
    if (s.len == 16 && (v->type == RAW_GUID || v->type == RAW_SYSTEMTIME)) {
        buf_add(&p->guids, s);
        return HOW_RAW16;
    }
    if (s.len && s.len <= GUID_TEXT && is_text(v)) {
        if (s.len <= 18 && (decimal_take(s, &n) || hex_take(s, &n))) {
            number_add(&p->numbers, n);
            return s.len > 1 && s.ptr[1] == 'x' ? HOW_HEX : HOW_DECIMAL;
        }
        if (s.len >= 36 && guid_take(s, guid, &looks)) {
            buf_add(&p->guids, (str){(const char *)guid, 16});
            buf_byte(&p->looks, (char)looks);
            return HOW_GUID;
        }
        if (time_take(s, &n, &looks)) {
            number_add(&p->times, n);
            buf_byte(&p->zones, (char)looks);
            return HOW_TIME;
        }
    }
    buf_add(&p->lengths, (str){(const char *)&v->len, sizeof v->len});
    buf_add(&p->texts, s);
    return v->narrow ? HOW_NARROW : HOW_BYTES;
}

static void numbers_of(struct packer *p, const struct buf *b) {
    if (b->len)
        pack_numbers(p, (const uint64_t *)(const void *)b->ptr, b->len / sizeof(uint64_t));
}

/* Identifiers byte by byte: some of them count up, or begin alike. */
static void guids_pack(struct packer *p) {
    size_t const count = p->guids.len / 16;

    for (unsigned k = 0; count && k < 16; k++) {
        p->plane.len = 0;
        char *const to = buf_reserve(&p->plane, count);

        if (!to) {
            p->out.failed = true;
            return;
        }
        for (size_t i = 0; i < count; i++)
            to[i] = p->guids.ptr[16 * i + k];
        pack_bytes(p, (str){to, count});
    }
}

void pack_values(struct packer *p, const struct packed_value *values, size_t count) {
    struct buf *const all[] = {&p->forms, &p->looks,   &p->zones,   &p->texts,
                               &p->guids, &p->lengths, &p->numbers, &p->times};

    for (size_t i = 0; i < COUNT(all); i++)
        all[i]->len = 0;
    for (size_t i = 0; i < count; i++)
        buf_byte(&p->forms, (char)(values[i].type | pack_one(p, &values[i]) << 4));
    for (size_t i = 0; i < COUNT(all); i++)
        p->out.failed |= all[i]->failed;
    if (p->out.failed)
        return;
    pack_bytes(p, buf_str(&p->forms));
    pack_bytes(p, buf_str(&p->looks));
    pack_bytes(p, buf_str(&p->zones));
    if (p->lengths.len)
        pack_codes(p, (const uint32_t *)(const void *)p->lengths.ptr, p->lengths.len / sizeof(uint32_t));
    numbers_of(p, &p->numbers);
    numbers_of(p, &p->times);
    guids_pack(p);
    pack_bytes(p, buf_str(&p->texts));
}

/* ---- unpacking ---- */

/* How many values there are of each kind of keeping; and how many bytes their texts and all others have at most. */
struct tally {
    size_t of[HOWS], texts, made;
};

static bool form_ok(uint8_t form) {
    uint8_t const type = form & 15, how = form >> 4;

    switch (how) {
    case HOW_BYTES:
        return true;
    case HOW_NARROW:
        return type == RAW_UTF16;
    case HOW_WORD:
        return word_size(type) != 0;
    case HOW_DECIMAL:
    case HOW_HEX:
    case HOW_GUID:
    case HOW_TIME:
        return type == RAW_UTF16 || type == RAW_TEXT || type == RAW_NUMBER;
    case HOW_RAW16:
        return type == RAW_GUID || type == RAW_SYSTEMTIME;
    default:
        return false;
    }
}

static bool forms_read(struct unpacker *u, struct cursor *c, size_t count, struct tally *t) {
    static const uint8_t most[HOWS] = {[HOW_WORD] = 8,         [HOW_DECIMAL] = 20,     [HOW_HEX] = 18,
                                       [HOW_GUID] = GUID_TEXT, [HOW_TIME] = TIME_TEXT, [HOW_RAW16] = 16};
    char *const forms = unpack_room(&u->forms, count);

    if (!forms)
        return unpack_refuse(u, NULL);
    if (!unpack_bytes(u, c, forms, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint8_t const form = (uint8_t)forms[i];

        if (!form_ok(form))
            return unpack_refuse(u, "a value of an unknown form");
        t->of[form >> 4]++;
        t->made += (size_t)most[form >> 4] << ((form & 15) == RAW_UTF16);
    }
    return true;
}

static bool lengths_read(struct unpacker *u, struct cursor *c, size_t count, struct tally *t) {
    size_t const many = t->of[HOW_BYTES] + t->of[HOW_NARROW];
    uint32_t *const lengths = (uint32_t *)(void *)unpack_room(&u->lengths, many * sizeof *lengths);
    size_t at = 0;

    if (!lengths)
        return unpack_refuse(u, NULL);
    if (many && !unpack_codes(u, c, lengths, many))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint8_t const how = (uint8_t)u->forms.ptr[i] >> 4;

        if (how > HOW_NARROW)
            continue;
        if (lengths[at] >= SEGMENT_VALUE_MAX)
            return unpack_refuse(u, "a value is longer than any may be");
        t->texts += lengths[at];
        t->made += how == HOW_NARROW ? 2 * (size_t)lengths[at] : 0;
        at++;
    }
    return true;
}

static bool numbers_read(struct unpacker *u, struct cursor *c, struct buf *b, size_t count) {
    uint64_t *const to = (uint64_t *)(void *)unpack_room(b, count * sizeof *to);

    return to ? unpack_numbers(u, c, to, count) : unpack_refuse(u, NULL);
}

static bool guids_read(struct unpacker *u, struct cursor *c, size_t count) {
    char *const to = unpack_room(&u->guids, 16 * count), *const plane = unpack_room(&u->plane, count);

    if (!to || !plane)
        return unpack_refuse(u, NULL);
    for (unsigned k = 0; count && k < 16; k++) {
        if (!unpack_bytes(u, c, plane, count))
            return false;
        for (size_t i = 0; i < count; i++)
            to[16 * i + k] = plane[i];
    }
    return true;
}

static size_t widen(char *to, const char *from, size_t len) {
    for (size_t i = 0; i < len; i++) {
        to[2 * i] = from[i];
        to[2 * i + 1] = 0;
    }
    return 2 * len;
}

bool unpack_values(struct unpacker *u, struct cursor *c, struct segment_value *to, size_t count, char **memory,
                   size_t *memory_size) {
    struct tally t = {0};

    if (!forms_read(u, c, count, &t))
        return false;
    char *const looks = unpack_room(&u->looks, t.of[HOW_GUID]), *const zones = unpack_room(&u->zones, t.of[HOW_TIME]);

    if (!looks || !zones)
        return unpack_refuse(u, NULL);
    if (!unpack_bytes(u, c, looks, t.of[HOW_GUID]) || !unpack_bytes(u, c, zones, t.of[HOW_TIME]))
        return false;
    for (size_t i = 0; i < t.of[HOW_TIME]; i++)
        if (((uint8_t)zones[i] & TIME_DIGITS) > 9)
            return unpack_refuse(u, "a time is written in no known way");
    if (!lengths_read(u, c, count, &t) ||
        !numbers_read(u, c, &u->numbers, t.of[HOW_WORD] + t.of[HOW_DECIMAL] + t.of[HOW_HEX]) ||
        !numbers_read(u, c, &u->times, t.of[HOW_TIME]) || !guids_read(u, c, t.of[HOW_GUID] + t.of[HOW_RAW16]))
        return false;
    size_t const size = t.texts + t.made;
    char *const bytes = unpack_alloc(u, size);

    if (!bytes)
        return false;
    if (!unpack_bytes(u, c, bytes, t.texts)) {
        unpack_return(u, bytes, size);
        return false;
    }
    const uint32_t *lengths = (const uint32_t *)(const void *)u->lengths.ptr;
    const uint64_t *numbers = (const uint64_t *)(const void *)u->numbers.ptr;
    const uint64_t *times = (const uint64_t *)(const void *)u->times.ptr;
    const uint8_t *guids = (const uint8_t *)u->guids.ptr;
    const char *look = looks, *zone = zones, *text = bytes;
    char *made = bytes + t.texts;
    struct day day = DAY_NONE;

    for (size_t i = 0; i < count; i++) {
        uint8_t const form = (uint8_t)u->forms.ptr[i], type = form & 15;
        char small[64];
        size_t len = 0;

        to[i] = (struct segment_value){.ptr = made, .type = type};
        switch (form >> 4) {
        case HOW_BYTES:
            to[i].ptr = text;
            to[i].len = *lengths;
            text += *lengths++;
            continue;
        case HOW_NARROW:
            to[i].len = (uint32_t)widen(made, text, *lengths);
            made += to[i].len;
            text += *lengths++;
            continue;
        case HOW_WORD:
            len = word_size(type);
            memcpy(made, numbers++, len);
            to[i].len = (uint32_t)len;
            made += len;
            continue;
        case HOW_RAW16:
            memcpy(made, guids, 16);
            guids += 16;
            to[i].len = 16;
            made += 16;
            continue;
        case HOW_DECIMAL:
            len = decimal_put(*numbers++, small);
            break;
        case HOW_HEX:
            len = hex_put(*numbers++, small);
            break;
        case HOW_GUID:
            len = guid_put(guids, (uint8_t)*look++, small);
            guids += 16;
            break;
        default:
            len = time_put(&day, *times++, (uint8_t)*zone++, small);
        }
        if (type == RAW_UTF16)
            len = widen(made, small, len);
        else
            memcpy(made, small, len);
        to[i].len = (uint32_t)len;
        made += len;
    }
    assert(text == bytes + t.texts && made <= bytes + size);
    *memory = bytes;
    *memory_size = size;
    return true;
}
