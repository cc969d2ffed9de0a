/* mail_parameter: `value; name=value` of Content-Type and its kin (RFC 2045 5.1), with RFC 2231 and what is written instead of it. */
#include "codec/charset.h"
#include "codec/mail_own.h"

#define PIECES_MAX 256u /* of one parameter */

static bool name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '*' || c == '.';
}

/* Does `name=` begin here? */
static bool names(str s) {
    size_t i = 0;

    while (i < s.len && name_char(s.ptr[i]))
        i++;
    return i > 0 && i < s.len && s.ptr[i] == '=' && !mail_word(str_from(s, i));
}

static str trim_end(str s) {
    while (s.len && mail_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* A value without quotes: to `;`, or to a blank with `name=` behind it (a `;` was forgotten). A comment at its end is none of it. */
static str bare(str s, struct mail_open *open) {
    size_t comment = SIZE_MAX, i = 0;

    while (i < s.len && s.ptr[i] != ';' && !(mail_blank(s.ptr[i]) && names(str_from(s, i + 1)))) {
        size_t n = comment == SIZE_MAX && (i == 0 || mail_blank(s.ptr[i - 1])) ? mail_comment(str_from(s, i), open) : 0;

        if (n)
            comment = i;
        else if (comment != SIZE_MAX && !mail_blank(s.ptr[i]))
            comment = SIZE_MAX - 1; /* it is within the value: `a (1).pdf` */
        i += n ? n : 1;
    }
    return trim_end(str_first(s, comment < i ? comment : i));
}

str mail_value_first(str value) {
    struct mail_open open = {0};
    size_t n;

    for (;;) {
        value = str_trim(value);
        if ((n = mail_comment(value, &open)) == 0)
            break;
        value = str_from(value, n);
    }
    return bare(value, &open);
}

struct parameter {
    str name, value;
    bool quoted;
};

/* The next `name=value` of s, which is moved behind it. */
static bool next(str *s, struct parameter *p, struct mail_open *open) {
    while (s->len) {
        size_t i = 0, n;

        if (!name_char(s->ptr[0])) {
            n = mail_comment(*s, open);
            *s = str_from(*s, n ? n : 1);
            continue;
        }
        while (i < s->len && name_char(s->ptr[i]))
            i++;
        p->name = str_first(*s, i);
        while (i < s->len && mail_blank(s->ptr[i]))
            i++;
        if (i == s->len || s->ptr[i] != '=') {
            *s = str_from(*s, i);
            continue;
        }
        for (i++; i < s->len && mail_blank(s->ptr[i]);)
            i++;
        *s = str_from(*s, i);
        p->quoted = s->len && s->ptr[0] == '"';
        if (p->quoted) {
            n = mail_quoted(*s, open);
            p->value = (str){s->ptr + 1, n ? n - 2 : s->len - 1}; /* open: all there is */
            *s = str_from(*s, n ? n : s->len);
        } else {
            p->value = bare(*s, open);
            *s = str_from(*s, p->value.len);
        }
        return true;
    }
    return false;
}

struct piece {
    uint64_t index;
    str value;
    bool quoted, percent;
};

/* What `name*0*`, `name*1`, `name*` are of the parameter asked for. */
static bool piece_of(const struct parameter *p, str name, struct piece *out) {
    str rest;

    if (p->name.len <= name.len || !str_eq_ascii(str_first(p->name, name.len), name) || p->name.ptr[name.len] != '*')
        return false;
    rest = str_from(p->name, name.len + 1);
    *out = (struct piece){.index = 0, .value = p->value, .quoted = p->quoted, .percent = rest.len == 0};
    if (rest.len && rest.ptr[rest.len - 1] == '*') {
        out->percent = true;
        rest.len--;
    }
    return rest.len == 0 ? out->percent : str_u64(rest, UINT32_MAX, &out->index);
}

static int hex(char c) {
    c = mail_small(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void percent(str s, struct buf *out, uint64_t *bad) {
    for (size_t i = 0; i < s.len; i++) {
        int high, low;

        if (s.ptr[i] == '%' && s.len - i > 2 && (high = hex(s.ptr[i + 1])) >= 0 && (low = hex(s.ptr[i + 2])) >= 0) {
            buf_byte(out, (char)(high << 4 | low));
            i += 2;
        } else {
            *bad += s.ptr[i] == '%';
            buf_byte(out, s.ptr[i]);
        }
    }
}

/* charset'language'text (RFC 2231 4); without the two marks all of it is text. */
static str charset_cut(str *value) {
    size_t const one = str_find_byte(*value, '\'');
    size_t const two = one == SIZE_MAX ? SIZE_MAX : str_find_byte(str_from(*value, one + 1), '\'');
    str const charset = str_first(*value, one);

    if (two == SIZE_MAX)
        return S("");
    *value = str_from(*value, one + two + 2);
    return charset;
}

/* The pieces in the order of their numbers, whatever order they stand in. A set of characters is named in the first one. */
static void join(const struct piece *pieces, size_t count, struct buf *out, uint64_t *bad) {
    struct buf bytes = {0};
    const struct charset *charset = NULL;
    bool coded = false;

    for (size_t i = 0; i < count; i++) {
        struct buf plain = {0};
        str value = pieces[i].value;

        if (pieces[i].quoted) {
            mail_unquote(value, &plain);
            value = buf_str(&plain);
        }
        if (pieces[i].percent && i == 0) {
            str const name = charset_cut(&value);

            charset = charset_named(name);
            *bad += !charset && name.len;
        }
        if (pieces[i].percent)
            percent(value, &bytes, bad);
        else
            buf_add(&bytes, value);
        coded |= pieces[i].percent;
        out->failed |= plain.failed;
        buf_free(&plain);
    }
    if (coded)
        charset_decode(charset, buf_str(&bytes), out, bad);
    else
        mail_decode(buf_str(&bytes), out, bad); /* Outlook cuts encoded words into pieces */
    out->failed |= bytes.failed;
    buf_free(&bytes);
}

/* Sorted in; the first of one number counts. */
static void piece_add(struct piece *pieces, size_t *count, const struct piece *p, uint64_t *bad) {
    size_t at = *count;

    while (at > 0 && pieces[at - 1].index >= p->index)
        at--;
    if (*count == PIECES_MAX || (at < *count && pieces[at].index == p->index)) {
        ++*bad;
        return;
    }
    memmove(pieces + at + 1, pieces + at, (*count - at) * sizeof *pieces);
    pieces[at] = *p;
    ++*count;
}

bool mail_parameter(str value, str name, struct buf *out, uint64_t *bad) {
    struct piece pieces[PIECES_MAX + 1];
    struct piece whole = {0};
    struct parameter p;
    struct mail_open open = {0};
    size_t count = 0;
    bool found = false;
    str left = value;

    /* Behind the first value; where that is missing (`; name=x`, `name=x`), from the start. */
    if (!names(str_trim(value))) {
        str const first = mail_value_first(value);

        left = str_from(value, (size_t)(first.ptr + first.len - value.ptr));
    }
    while (next(&left, &p, &open)) {
        struct piece one;

        if (piece_of(&p, name, &one)) {
            piece_add(pieces, &count, &one, bad);
        } else if (!found && str_eq_ascii(p.name, name)) {
            whole = (struct piece){.value = p.value, .quoted = p.quoted};
            found = true;
        }
    }
    if (count)
        join(pieces, count, out, bad);
    else if (found)
        join(&whole, 1, out, bad);
    return count || found;
}
