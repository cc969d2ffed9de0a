/* suggest_yaml: texts of evidence between YAML: as scalars that read back as what they are, and in comments. */
#include "base/utf.h"
#include "codec/yaml.h"
#include "event/suggest_own.h"

/* Characters that stand for themselves: no control, no direction, no blank that is not one, nothing outside the first plane. */
static bool shows(uint32_t point) {
    return (point >= 0x20 && point < 0x7f) ||
           (point > 0xa0 && point < 0xd800 && point != 0xad && !(point >= 0x200b && point <= 0x200f) &&
            !(point >= 0x2028 && point <= 0x202e) && !(point >= 0x2060 && point <= 0x206f) && point != 0x61c) ||
           (point >= 0xf900 && point < 0xfe00);
}

static bool all_shows(str text) {
    uint32_t point;

    for (size_t i = 0, width; i < text.len; i += width)
        if ((width = utf8_decode(str_from(text, i), &point)) == 0 || !shows(point))
            return false;
    return true;
}

void yaml_quote(struct buf *b, str text) {
    uint32_t point;

    if (all_shows(text)) {
        buf_byte(b, '\'');
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] == '\'')
                buf_byte(b, '\'');
            buf_byte(b, text.ptr[i]);
        }
        buf_byte(b, '\'');
        return;
    }
    buf_byte(b, '"');
    for (size_t i = 0, width; i < text.len; i += width) {
        width = utf8_decode(str_from(text, i), &point);
        if (width == 0) { /* callers do not write such; it would read back as another text, never as other YAML */
            width = 1;
            point = 0xfffd;
        }
        if (point == '"' || point == '\\')
            buf_format(b, "\\%c", (char)point);
        else if (shows(point))
            buf_add(b, (str){text.ptr + i, width});
        else if (point < 0x100)
            buf_format(b, "\\x%02X", point);
        else if (point < 0x10000)
            buf_format(b, "\\u%04X", point);
        else
            buf_format(b, "\\U%08X", point);
    }
    buf_byte(b, '"');
}

static bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool name_byte(char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

void yaml_put(struct buf *b, str text) {
    bool plain = text.len > 0 && (letter(text.ptr[0]) || text.ptr[0] == '_') && yaml_plain(text) == YAML_IS_TEXT;

    /* y and n are booleans to other readers of YAML 1.1. */
    plain = plain && !(text.len == 1 && strchr("yYnN", text.ptr[0]));
    for (size_t i = 0; plain && i < text.len; i++)
        plain = name_byte(text.ptr[i]) || (text.ptr[i] == '/' && i + 1 < text.len);
    if (plain)
        buf_add(b, text);
    else
        yaml_quote(b, text);
}

void comment_put(struct buf *b, str text, size_t bytes_max) {
    size_t const from = b->len;
    uint32_t point;

    for (size_t i = 0, width; i < text.len; i += width) {
        if (b->len - from >= bytes_max) {
            buf_add(b, S("..."));
            return;
        }
        width = utf8_decode(str_from(text, i), &point);
        if (width && shows(point)) {
            buf_add(b, (str){text.ptr + i, width});
        } else if (width && point >= 0x100) {
            buf_format(b, "\\u{%x}", point);
        } else {
            width = width ? width : 1;
            buf_format(b, "\\x%02x", width == 2 ? point : (unsigned char)text.ptr[i]);
        }
    }
}

void name_part(struct buf *b, str text) {
    size_t const from = b->len;

    for (size_t i = 0; i < text.len && b->len - from < 40; i++) {
        char const c = text.ptr[i];

        if (name_byte(c) && (c != '.' || b->len > from))
            buf_byte(b, c);
        else if (b->len > from && b->ptr[b->len - 1] != '-')
            buf_byte(b, '-');
    }
    while (b->len > from && (b->ptr[b->len - 1] == '-' || b->ptr[b->len - 1] == '.'))
        b->len--;
    if (b->len == from)
        buf_add(b, S("other"));
}
