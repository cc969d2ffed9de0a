/* mail_word: folds, comments, quoted strings (RFC 5322 3.2) and encoded words (RFC 2047), as mail programs read them. */
#include "base/utf.h"
#include "codec/charset.h"
#include "codec/mail_own.h"
#include "codec/transfer.h"

#define CHARSET_NAME_MAX 80u

size_t mail_comment(str s, struct mail_open *open) {
    size_t depth = 0;

    if (s.len == 0 || s.ptr[0] != '(' || open->comment)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '(')
            depth++;
        else if (s.ptr[i] == ')' && --depth == 0)
            return i + 1;
    }
    open->comment = true;
    return 0;
}

size_t mail_quoted(str s, struct mail_open *open) {
    if (s.len == 0 || s.ptr[0] != '"' || open->quote)
        return 0;
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            return i + 1;
    }
    open->quote = true;
    return 0;
}

void mail_unquote(str inner, struct buf *out) {
    for (size_t i = 0; i < inner.len; i++) {
        if (inner.ptr[i] == '\\' && i + 1 < inner.len)
            i++;
        else if (inner.ptr[i] == '\r' || inner.ptr[i] == '\n')
            continue;
        buf_byte(out, inner.ptr[i]);
    }
}

bool mail_keep(str text, struct arena *a, str *out) {
    struct buf clean = {0};
    uint64_t bad = 0;
    bool ok;

    if (utf8_valid(text) == text.len)
        return arena_copy(a, text, out);
    charset_decode(NULL, text, &clean, &bad);
    ok = !clean.failed && arena_copy(a, buf_str(&clean), out);
    buf_free(&clean);
    return ok;
}

/* An encoded word taken apart: =?charset*language?B?text?= */
struct word {
    str charset, text;
    bool base64;
};

static size_t word_read(str s, struct word *w) {
    size_t i = 2;

    if (!str_starts(s, S("=?")))
        return 0;
    while (i < s.len && s.ptr[i] != '?' && !mail_blank(s.ptr[i]) && i < CHARSET_NAME_MAX)
        i++;
    if (i == 2 || s.len - i < 3 || s.ptr[i] != '?' || s.ptr[i + 2] != '?')
        return 0;
    w->charset = (str){s.ptr + 2, i - 2};
    w->charset = str_first(w->charset, str_find_byte(w->charset, '*')); /* RFC 2231 5 */
    if (mail_small(s.ptr[i + 1]) != 'b' && mail_small(s.ptr[i + 1]) != 'q')
        return 0;
    w->base64 = mail_small(s.ptr[i + 1]) == 'b';
    w->text.ptr = s.ptr + i + 3;
    /* Blanks within are wrong, and common. Where another word begins first, this one has no end. */
    for (i += 3; s.len - i >= 2; i++) {
        if (s.ptr[i] == '?' && s.ptr[i + 1] == '=') {
            w->text.len = (size_t)(s.ptr + i - w->text.ptr);
            return i + 2;
        }
        if (s.ptr[i] == '=' && s.ptr[i + 1] == '?' && (s.len - i == 2 || s.ptr[i + 2] != '='))
            return 0;
    }
    return 0;
}

size_t mail_word(str s) {
    struct word w;

    return word_read(s, &w);
}

static int hex(char c) {
    c = mail_small(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes that a word holds. The fold of a line within it goes with the blanks behind it. */
static void word_bytes(const struct word *w, struct buf *out, uint64_t *bad) {
    if (w->base64) {
        struct transfer_state s = {.how = TRANSFER_BASE64};

        transfer_decode(&s, w->text, out);
        transfer_end(&s, out);
        *bad += s.junk;
        return;
    }
    for (size_t i = 0; i < w->text.len; i++) {
        char const c = w->text.ptr[i];
        int high, low;

        if (c == '\r' || c == '\n') {
            while (i + 1 < w->text.len && mail_blank(w->text.ptr[i + 1]))
                i++;
        } else if (c == '=' && w->text.len - i > 2 && (high = hex(w->text.ptr[i + 1])) >= 0 &&
                   (low = hex(w->text.ptr[i + 2])) >= 0) {
            buf_byte(out, (char)(high << 4 | low));
            i += 2;
        } else {
            *bad += c == '=';
            buf_byte(out, c == '_' ? ' ' : c);
        }
    }
}

/* Text between words: a line end, with the blanks around it, is one blank. */
static void plain(str text, struct buf *out, uint64_t *bad) {
    while (text.len) {
        size_t at = 0, from;

        while (at < text.len && text.ptr[at] != '\r' && text.ptr[at] != '\n')
            at++;
        from = at;
        if (at < text.len) {
            while (from > 0 && mail_blank(text.ptr[from - 1]))
                from--;
            while (at < text.len && mail_blank(text.ptr[at]))
                at++;
        }
        charset_decode(NULL, str_first(text, from), out, bad);
        if (at > from)
            buf_byte(out, ' ');
        text = str_from(text, at);
    }
}

/* Words behind one another, with nothing but blanks between them, are one text: the bytes of those of one set are put together before
 * they are decoded, because a character may have been cut in two. Returns the bytes of value that were used. */
static size_t words(str value, struct buf *out, uint64_t *bad) {
    struct buf bytes = {0};
    struct word w, next;
    size_t size = word_read(value, &w), gap;

    for (size_t more = size; more;) {
        word_bytes(&w, &bytes, bad);
        for (gap = 0; gap < value.len - size && mail_blank(value.ptr[size + gap]);)
            gap++;
        more = word_read(str_from(value, size + gap), &next);
        if (!more || !str_eq_ascii(next.charset, w.charset)) {
            const struct charset *const c = charset_named(w.charset);

            *bad += !c;
            charset_decode(c, buf_str(&bytes), out, bad);
            bytes.len = 0;
        }
        size += more ? gap + more : 0;
        w = next;
    }
    out->failed |= bytes.failed;
    buf_free(&bytes);
    return size;
}

void mail_decode(str value, struct buf *out, uint64_t *bad) {
    size_t from = 0, i = 0;

    while (i < value.len) {
        const char *const found = memchr(value.ptr + i, '=', value.len - i);

        if (!found)
            break;
        i = (size_t)(found - value.ptr);
        if (!mail_word(str_from(value, i))) {
            i++;
            continue;
        }
        plain((str){value.ptr + from, i - from}, out, bad);
        i += words(str_from(value, i), out, bad);
        from = i;
    }
    plain(str_from(value, from), out, bad);
}

void mail_text(str value, struct buf *out, uint64_t *bad) {
    size_t const start = out->len;
    str text;

    mail_decode(str_trim(value), out, bad);
    if (out->failed)
        return;
    text = str_trim(str_from(buf_str(out), start));
    if (text.len)
        memmove(out->ptr + start, text.ptr, text.len);
    out->len = start + text.len;
}
