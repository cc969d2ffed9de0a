/* html_reference: character references, named and numeric (HTML Living Standard 13.2.5.72 to 13.2.5.80). */
#include <assert.h>

#include "base/utf.h"
#include "codec/html_own.h"
#include "html_table.h"

/* What 0x80 to 0x9f stand for in references: windows-1252; 0: themselves. */
static const uint16_t c1[32] = {0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
                                0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
                                0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

static inline bool alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (html_lower(c) >= 'a' && html_lower(c) <= 'z');
}

/* s: "&#". */
static size_t numeric(str s, char *out, size_t *out_len) {
    bool const hex = s.len > 2 && html_lower(s.ptr[2]) == 'x';
    size_t i = hex ? 3 : 2;
    size_t const from = i;
    uint32_t point = 0;

    for (; i < s.len; i++) {
        char const c = html_lower(s.ptr[i]);
        uint32_t digit;

        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (hex && c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else
            break;
        point = point * (hex ? 16 : 10) + digit;
        if (point > 0x10ffff)
            point = 0x110000;
    }
    if (i == from)
        return 0;
    if (i < s.len && s.ptr[i] == ';')
        i++;
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        point = 0xfffd;
    else if (point >= 0x80 && point < 0xa0 && c1[point - 0x80])
        point = c1[point - 0x80];
    *out_len = utf8_encode(point, out);
    return i;
}

static bool named(str name, char *out, size_t *out_len) {
    uint32_t h = 2166136261u;
    size_t slot;

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (uint8_t)name.ptr[i]) * 16777619u;
    for (slot = (h ^ h >> 15) % REFERENCE_SLOTS; reference_slots[slot]; slot = (slot + 1) % REFERENCE_SLOTS) {
        size_t const at = reference_slots[slot] - 1u;
        const char *const bytes = reference_bytes + reference_rows[at].at;

        if (reference_rows[at].name == name.len && memcmp(bytes, name.ptr, name.len) == 0) {
            *out_len = reference_rows[at].text;
            assert(*out_len <= HTML_REFERENCE_TEXT_MAX);
            memcpy(out, bytes + name.len, *out_len);
            return true;
        }
    }
    return false;
}

size_t html_reference(str s, bool in_attribute, char out[HTML_REFERENCE_TEXT_MAX], size_t *out_len) {
    size_t len = 1;

    if (s.len > 1 && s.ptr[1] == '#')
        return numeric(s, out, out_len);
    while (len < s.len && len < REFERENCE_NAME_MAX && alphanumeric(s.ptr[len]))
        len++;
    if (len < s.len && s.ptr[len] == ';' && named((str){s.ptr + 1, len}, out, out_len))
        return len + 1;
    /* Without a semicolon: the longest of the old names that it begins with. */
    for (size_t n = len - 1 < REFERENCE_LEGACY_MAX ? len - 1 : REFERENCE_LEGACY_MAX; n >= REFERENCE_LEGACY_MIN; n--)
        if (named((str){s.ptr + 1, n}, out, out_len)) {
            bool const goes_on = 1 + n < s.len && (s.ptr[1 + n] == '=' || alphanumeric(s.ptr[1 + n]));

            return in_attribute && goes_on ? 0 : 1 + n;
        }
    return 0;
}

str html_value(str raw, struct buf *room) {
    size_t at;
    char *to;

    if (raw.len == 0 || raw.len > HTML_VALUE_MAX || (!memchr(raw.ptr, '&', raw.len) && !memchr(raw.ptr, '\0', raw.len)))
        return raw;
    /* A zero becomes three bytes, no reference more than twice its own; then there is room for escapes undone (twice) and for what is
     * left of that without line ends. */
    if (!buf_reserve(room, 16 * raw.len + 64))
        return (str){"", 0};
    at = room->len;
    to = room->ptr + at;
    for (size_t i = 0; i < raw.len;) {
        size_t took = 0, len;

        if (raw.ptr[i] == '&' && (took = html_reference(str_from(raw, i), true, to, &len)) > 0) {
            to += len;
            i += took;
        } else if (raw.ptr[i] == '\0') {
            memcpy(to, "\xef\xbf\xbd", 3);
            to += 3;
            i++;
        } else {
            *to++ = raw.ptr[i++];
        }
    }
    room->len = (size_t)(to - room->ptr);
    return (str){room->ptr + at, room->len - at};
}
