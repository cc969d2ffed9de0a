/* value: rendering of each raw type. */
#include "event/value.h"

#include <assert.h>
#include <math.h>

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

/* Each of the following writes to out and returns the end of what it wrote. */

static char *put_hex(uint64_t n, char *out) {
    unsigned digits = n ? (67 - (unsigned)__builtin_clzll(n)) / 4 : 1;

    *out++ = '0';
    *out++ = 'x';
    while (digits--)
        *out++ = lower_digits[n >> 4 * digits & 15];
    return out;
}

static char *put_u64(uint64_t n, char *out) {
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    memcpy(out, digits + at, sizeof digits - at);
    return out + (sizeof digits - at);
}

static char *put_i64(int64_t n, char *out) {
    if (n < 0)
        *out++ = '-';
    return put_u64(n < 0 ? -(uint64_t)n : (uint64_t)n, out);
}

/* The last `width` decimal digits of n. */
static char *put_digits(uint32_t n, unsigned width, char *out) {
    for (unsigned i = width; i--; n /= 10)
        out[i] = (char)('0' + n % 10);
    return out + width;
}

/* Microsoft's mixed order: the first three parts are little-endian numbers ([MS-DTYP] 2.3.4). */
static char *put_guid(const char *bytes, char *out) {
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

    *out++ = '{';
    for (size_t i = 0; i < 16; i++) {
        unsigned char const c = (unsigned char)bytes[order[i]];

        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = upper_digits[c >> 4];
        *out++ = upper_digits[c & 15];
    }
    *out++ = '}';
    return out;
}

static char *put_filetime(uint64_t ticks, char *out) {
    int64_t const when = instant_from_filetime(ticks);

    if (when == INSTANT_NONE)
        return put_hex(ticks, out);
    struct wall const w = instant_wall(when); /* four digits of a year are enough for all instants */

    out = put_digits((uint32_t)w.year, 4, out);
    *out++ = '-';
    out = put_digits(w.month, 2, out);
    *out++ = '-';
    out = put_digits(w.day, 2, out);
    *out++ = 'T';
    out = put_digits(w.hour, 2, out);
    *out++ = ':';
    out = put_digits(w.minute, 2, out);
    *out++ = ':';
    out = put_digits(w.second, 2, out);
    *out++ = '.';
    out = put_digits(w.nanosecond / 100, 7, out);
    *out++ = 'Z';
    return out;
}

/* The shortest decimal spelling that reads back as the same number. */
static char *put_double(double d, char *out) {
    int len = 0;

    for (int digits = 1; digits <= 17; digits++) {
        len = snprintf(out, VALUE_SHORT_MAX, "%.*g", digits, d);
        if (strtod(out, NULL) == d)
            break;
    }
    /* Powers of ten are written out where a person would. */
    if (memchr(out, 'e', (size_t)len) && fabs(d) >= 1e-4 && fabs(d) < 1e17) {
        for (int decimals = 0; decimals <= 20; decimals++) {
            len = snprintf(out, VALUE_SHORT_MAX, "%.*f", decimals, d);
            if (strtod(out, NULL) == d)
                break;
        }
    }
    return out + len;
}

/* Eight 16-bit numbers: year, month, day of week, day, hour, minute, second, millisecond ([MS-DTYP] 2.3.13). */
static char *put_systemtime(const char *bytes, char *out) {
    uint16_t part[8];

    memcpy(part, bytes, sizeof part);
    return out + snprintf(out, VALUE_SHORT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", part[0], part[1], part[3],
                          part[4], part[5], part[6], part[7]);
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
    if (authority >> 32)
        buf_format(out, "0x%012llX", (unsigned long long)authority); /* [MS-DTYP] 2.4.2.1 */
    else
        buf_u64(out, authority);
    for (size_t i = 0; i < parts; i++) {
        buf_byte(out, '-');
        buf_u64(out, number_of(str_from(bytes, 8 + 4 * i), 4));
    }
    return true;
}

static void render_text(uint8_t type, str bytes, struct buf *out, size_t *repaired) {
    size_t units = bytes.len / 2;
    char *const to = buf_reserve(out, 3 * bytes.len + 16);

    if (!to)
        return;
    if (type == RAW_UTF16) {
        *repaired += bytes.len & 1; /* half a character, left out */
        if (units && bytes.ptr[2 * units - 2] == 0 && bytes.ptr[2 * units - 1] == 0)
            units--;
        out->len += utf16le_to_utf8(bytes.ptr, units, to, repaired);
    } else {
        out->len += utf8_repair(bytes, to, repaired);
    }
}

size_t value_short(uint8_t type, str bytes, char out[VALUE_SHORT_MAX]) {
    static const uint8_t sizes[RAW_TYPES] = {
        [RAW_I64] = 8,      [RAW_U64] = 8,         [RAW_F64] = 8,   [RAW_WIN_BOOL] = 1, [RAW_GUID] = 16,
        [RAW_FILETIME] = 8, [RAW_SYSTEMTIME] = 16, [RAW_HEX32] = 4, [RAW_HEX64] = 8};
    char *end = out;
    double d;

    if (type >= RAW_TYPES || !sizes[type] || bytes.len < sizes[type])
        return 0;
    switch (type) {
    case RAW_I64:
        end = put_i64((int64_t)number_of(bytes, 8), out);
        break;
    case RAW_U64:
        end = put_u64(number_of(bytes, 8), out);
        break;
    case RAW_F64:
        memcpy(&d, bytes.ptr, sizeof d);
        end = put_double(d, out);
        break;
    case RAW_WIN_BOOL:
        end = out + (bytes.ptr[0] ? 4 : 5);
        memcpy(out, bytes.ptr[0] ? "true" : "false", (size_t)(end - out));
        break;
    case RAW_GUID:
        end = put_guid(bytes.ptr, out);
        break;
    case RAW_FILETIME:
        end = put_filetime(number_of(bytes, 8), out);
        break;
    case RAW_SYSTEMTIME:
        end = put_systemtime(bytes.ptr, out);
        break;
    default:
        assert(type == RAW_HEX32 || type == RAW_HEX64);
        end = put_hex(number_of(bytes, sizes[type]), out);
    }
    assert((size_t)(end - out) <= VALUE_SHORT_MAX);
    return (size_t)(end - out);
}

size_t value_render(uint8_t type, str bytes, struct buf *out, size_t *repaired) {
    size_t const before = out->len;
    char text[VALUE_SHORT_MAX];
    size_t len;

    switch (type) {
    case RAW_NULL:
        break;
    case RAW_TEXT:
    case RAW_NUMBER:
    case RAW_BOOL:
    case RAW_UTF16:
        render_text(type, bytes, out, repaired);
        break;
    case RAW_SID:
        if (!render_sid(bytes, out))
            render_binary(bytes, out);
        break;
    default:
        if ((len = value_short(type, bytes, text)))
            buf_add(out, (str){text, len});
        else
            render_binary(bytes, out);
    }
    return out->len - before;
}

bool value_may_contain(uint8_t raw_type, str folded) {
    /* All that value_render writes for a type, folded; too few bytes become hexadecimal, whatever their type. */
#define HEXADECIMAL "0123456789abcdef"
    static const char *const letters[RAW_TYPES] = {
        [RAW_NULL] = "",
        [RAW_NUMBER] = "0123456789+-.e",
        [RAW_BOOL] = "truefals",
        [RAW_I64] = HEXADECIMAL "-",
        [RAW_U64] = HEXADECIMAL,
        [RAW_F64] = HEXADECIMAL "+-.infa",
        [RAW_WIN_BOOL] = HEXADECIMAL "truefals",
        [RAW_GUID] = HEXADECIMAL "{}-",
        [RAW_FILETIME] = HEXADECIMAL "xtz:.-",
        [RAW_SYSTEMTIME] = HEXADECIMAL "tz:.-",
        [RAW_SID] = HEXADECIMAL "sx-",
        [RAW_HEX32] = HEXADECIMAL "x",
        [RAW_HEX64] = HEXADECIMAL "x",
        [RAW_BINARY] = HEXADECIMAL,
    };
#undef HEXADECIMAL

    if (raw_type >= RAW_TYPES || !letters[raw_type])
        return true;
    for (size_t i = 0; i < folded.len; i++)
        if (!folded.ptr[i] || !strchr(letters[raw_type], folded.ptr[i]))
            return false;
    return true;
}
