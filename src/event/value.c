/* value: rendering of each raw type. */
#include "event/value.h"

#include "base/instant.h"
#include "base/utf.h"

static const char lower_digits[] = "0123456789abcdef", upper_digits[] = "0123456789ABCDEF";

static uint64_t number_of(str bytes, size_t size) {
    uint64_t n = 0;

    memcpy(&n, bytes.ptr, size);
    return n;
}

static void render_binary(str bytes, struct buf *out) {
    char *const to = buf_reserve(out, 2 * bytes.len);

    if (!to)
        return;
    for (size_t i = 0; i < bytes.len; i++) {
        to[2 * i] = upper_digits[(unsigned char)bytes.ptr[i] >> 4];
        to[2 * i + 1] = upper_digits[(unsigned char)bytes.ptr[i] & 15];
    }
    out->len += 2 * bytes.len;
}

static void render_hex(uint64_t n, struct buf *out) {
    char text[16];
    size_t at = sizeof text;

    do {
        text[--at] = lower_digits[n & 15];
        n >>= 4;
    } while (n);
    buf_add(out, S("0x"));
    buf_add(out, (str){text + at, sizeof text - at});
}

/* Microsoft's mixed order: the first three parts are little-endian numbers ([MS-DTYP] 2.3.4). */
static void render_guid(str bytes, struct buf *out) {
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    char text[38];
    size_t used = 0;

    text[used++] = '{';
    for (size_t i = 0; i < 16; i++) {
        unsigned char const c = (unsigned char)bytes.ptr[order[i]];

        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[used++] = '-';
        text[used++] = upper_digits[c >> 4];
        text[used++] = upper_digits[c & 15];
    }
    text[used++] = '}';
    buf_add(out, (str){text, used});
}

/* [MS-DTYP] 2.4.2: revision, count of parts, six bytes of authority (big-endian), parts (little-endian). */
static bool render_sid(str bytes, struct buf *out) {
    size_t const parts = bytes.len >= 8 ? (unsigned char)bytes.ptr[1] : 0;
    uint64_t authority = 0;

    if (bytes.len < 8 || bytes.len < 8 + 4 * parts)
        return false;
    for (size_t i = 2; i < 8; i++)
        authority = authority << 8 | (unsigned char)bytes.ptr[i];
    buf_add(out, S("S-"));
    buf_u64(out, (unsigned char)bytes.ptr[0]);
    buf_byte(out, '-');
    buf_u64(out, authority);
    for (size_t i = 0; i < parts; i++) {
        buf_byte(out, '-');
        buf_u64(out, number_of(str_from(bytes, 8 + 4 * i), 4));
    }
    return true;
}

static void render_wall(const struct wall *w, unsigned ticks, struct buf *out) {
    buf_format(out, "%04d-%02u-%02uT%02u:%02u:%02u.%07uZ", w->year, w->month, w->day, w->hour, w->minute, w->second,
               ticks);
}

static bool render_filetime(str bytes, struct buf *out) {
    uint64_t const ticks = number_of(bytes, 8);
    int64_t const when = instant_from_filetime(ticks);

    if (when == INSTANT_NONE) {
        render_hex(ticks, out);
        return true;
    }
    struct wall const w = instant_wall(when);

    render_wall(&w, w.nanosecond / 100, out);
    return true;
}

/* Eight 16-bit numbers: year, month, day of week, day, hour, minute, second, millisecond ([MS-DTYP] 2.3.13). */
static void render_systemtime(str bytes, struct buf *out) {
    uint16_t part[8];

    memcpy(part, bytes.ptr, sizeof part);
    buf_format(out, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", part[0], part[1], part[3], part[4], part[5], part[6],
               part[7]);
}

/* The shortest decimal spelling that reads back as the same number. */
static void render_double(double d, struct buf *out) {
    char text[40];

    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    buf_add(out, str_of(text));
}

static void render_text(uint8_t type, str bytes, struct buf *out, size_t *repaired) {
    size_t units = bytes.len / 2;
    char *const to = buf_reserve(out, 3 * bytes.len + 16);

    if (!to)
        return;
    if (type == RAW_UTF16) {
        if (units && bytes.ptr[2 * units - 2] == 0 && bytes.ptr[2 * units - 1] == 0)
            units--;
        out->len += utf16le_to_utf8(bytes.ptr, units, to, repaired);
    } else {
        out->len += utf8_repair(bytes, to, repaired);
    }
}

size_t value_render(uint8_t type, str bytes, struct buf *out, size_t *repaired) {
    static const uint8_t sizes[RAW_TYPES] = {[RAW_I64] = 8,   [RAW_U64] = 8,       [RAW_F64] = 8,         [RAW_WIN_BOOL] = 1,
                                             [RAW_GUID] = 16, [RAW_FILETIME] = 8,  [RAW_SYSTEMTIME] = 16, [RAW_HEX32] = 4,
                                             [RAW_HEX64] = 8};
    size_t const before = out->len;
    double d;

    if (type >= RAW_TYPES || bytes.len < sizes[type])
        type = RAW_BINARY;
    switch (type) {
    case RAW_NULL:
        break;
    case RAW_TEXT:
    case RAW_NUMBER:
    case RAW_BOOL:
    case RAW_UTF16:
        render_text(type, bytes, out, repaired);
        break;
    case RAW_I64:
        buf_i64(out, (int64_t)number_of(bytes, 8));
        break;
    case RAW_U64:
        buf_u64(out, number_of(bytes, 8));
        break;
    case RAW_F64:
        memcpy(&d, bytes.ptr, sizeof d);
        render_double(d, out);
        break;
    case RAW_WIN_BOOL:
        buf_add(out, bytes.ptr[0] ? S("true") : S("false"));
        break;
    case RAW_GUID:
        render_guid(bytes, out);
        break;
    case RAW_FILETIME:
        render_filetime(bytes, out);
        break;
    case RAW_SYSTEMTIME:
        render_systemtime(bytes, out);
        break;
    case RAW_SID:
        if (!render_sid(bytes, out))
            render_binary(bytes, out);
        break;
    case RAW_HEX32:
        render_hex(number_of(bytes, 4), out);
        break;
    case RAW_HEX64:
        render_hex(number_of(bytes, 8), out);
        break;
    default:
        render_binary(bytes, out);
    }
    return out->len - before;
}
