/* utf16_window: windows of a source in UTF-16 as UTF-8. */
#include "reader/utf16_window.h"

#include <assert.h>

#include "base/utf.h"

enum encoding encoding_of(str head) {
    return str_starts(head, S("\xff\xfe")) ? UTF_16LE : str_starts(head, S("\xfe\xff")) ? UTF_16BE : UTF_8;
}

/* Half a character, which became U+FFFD, is one unit as that is. */
uint64_t utf16_size(str text) {
    uint64_t units = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char const c = (unsigned char)text.ptr[i];

        units += (uint64_t)((c & 0xc0) != 0x80) + (c >= 0xf0);
    }
    return 2 * units;
}

static unsigned unit_at(const struct utf16_window *w, size_t i) {
    unsigned const a = (unsigned char)w->raw.ptr[i], b = (unsigned char)w->raw.ptr[i + 1];

    return w->encoding == UTF_16LE ? a | b << 8 : a << 8 | b;
}

static bool is_high(unsigned unit) {
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(unsigned unit) {
    return unit >= 0xdc00 && unit <= 0xdfff;
}

bool utf16_look(struct utf16_window *w, enum encoding encoding, struct input *in, uint64_t at, size_t want, str *text,
                struct err *e) {
    size_t const twice = want < INPUT_WANT_MAX / 2 ? want * 2 : INPUT_WANT_MAX;
    size_t units;
    const char *from;

    assert(encoding != UTF_8);
    w->encoding = encoding;
    if (!in->window(in, at, twice, &w->raw, e))
        return false;
    bool const last = w->raw.len < twice;

    w->raw = str_first(w->raw, INPUT_WANT_MAX);
    w->raw_at = at;
    w->full = w->raw.len == INPUT_WANT_MAX;
    w->repaired = 0;
    w->swapped.len = w->decoded.len = 0;
    units = w->raw.len / 2;
    if (units && !last && is_high(unit_at(w, 2 * units - 2)))
        units--; /* its other half comes with the next window */
    if (units == 0) {
        *text = S("");
        return true;
    }
    from = w->raw.ptr;
    if (!buf_reserve(&w->decoded, units * 3) || (encoding == UTF_16BE && !buf_reserve(&w->swapped, units * 2)))
        return err_set(e, ERR_MEMORY, at, "no memory for a record");
    if (encoding == UTF_16BE) {
        for (size_t i = 0; i < units; i++) {
            w->swapped.ptr[2 * i] = w->raw.ptr[2 * i + 1];
            w->swapped.ptr[2 * i + 1] = w->raw.ptr[2 * i];
        }
        from = w->swapped.ptr;
    }
    w->decoded.len = utf16le_to_utf8(from, units, w->decoded.ptr, &w->repaired);
    *text = buf_str(&w->decoded);
    return true;
}

void utf16_close(struct utf16_window *w) {
    buf_free(&w->swapped);
    buf_free(&w->decoded);
}

void utf16_report(const struct utf16_window *w, uint64_t at, uint64_t size, struct event_sink *to) {
    size_t const from = (size_t)(at - w->raw_at), end = from + (size_t)size;

    if (w->repaired == 0)
        return;
    assert(at >= w->raw_at && end <= w->raw.len);
    for (size_t i = from; i + 1 < end; i += 2) {
        unsigned const unit = unit_at(w, i);

        if (is_high(unit) && i + 3 < end && is_low(unit_at(w, i + 2)))
            i += 2;
        else if (is_high(unit) || is_low(unit)) {
            to->damage(to, w->raw_at + i, 2, "text that is no Unicode: repaired");
            return;
        }
    }
}
