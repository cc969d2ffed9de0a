/* mail_address: lists of addresses (RFC 5322 3.4 and 4.4), and what programs write instead: `;` between addresses, names with points and
 * commas in encoded words, an address behind a name without < >, brackets and quotes that nobody closes. */
#include <assert.h>

#include "codec/mail_own.h"

/* What has been read of one element of the list. */
struct element {
    struct buf phrase;         /* words, quotes taken off */
    struct buf spec;           /* the same as written, blanks around @ and points taken out */
    struct buf comment;        /* the first */
    struct buf angle;          /* what stands in < > */
    bool bracketed, blank, at; /* at: spec holds an @ */
};

static void element_reset(struct element *e) {
    e->phrase.len = e->spec.len = e->comment.len = e->angle.len = 0;
    e->bracketed = e->blank = e->at = false;
}

/* A word, or a piece of one, as it counts for the name and for an address. */
static void piece(struct element *e, str name, str spec) {
    bool const joins = e->spec.len == 0 || e->spec.ptr[e->spec.len - 1] == '@' || e->spec.ptr[e->spec.len - 1] == '.' ||
                       (spec.len && (spec.ptr[0] == '@' || spec.ptr[0] == '.'));

    if (e->blank && e->phrase.len)
        buf_byte(&e->phrase, ' ');
    if (e->blank && !joins)
        buf_byte(&e->spec, ' ');
    e->blank = false;
    buf_add(&e->phrase, name);
    buf_add(&e->spec, spec);
    e->at |= str_find_byte(spec, '@') != SIZE_MAX;
}

/* From `<` on: to `>`, or where that is missing to the next comma; blanks, comments and a route (RFC 5322 4.4) are left out. */
static size_t angle(struct element *e, str s, struct mail_open *open) {
    size_t i = 1, n, route;

    open->angle = open->angle || str_find_byte(s, '>') == SIZE_MAX;
    e->bracketed = true;
    e->angle.len = 0;
    while (i < s.len && s.ptr[i] != '>' && (!open->angle || (s.ptr[i] != ',' && s.ptr[i] != ';'))) {
        if ((n = mail_quoted(str_from(s, i), open)) > 0) {
            buf_add(&e->angle, (str){s.ptr + i, n});
        } else if ((n = mail_comment(str_from(s, i), open)) > 0) {
            ;
        } else {
            n = 1;
            if (!mail_blank(s.ptr[i]) && s.ptr[i] != '<')
                buf_byte(&e->angle, s.ptr[i]);
        }
        i += n;
    }
    if (e->angle.len && e->angle.ptr[0] == '@' && (route = str_find_byte(buf_str(&e->angle), ':')) != SIZE_MAX) {
        memmove(e->angle.ptr, e->angle.ptr + route + 1, e->angle.len - route - 1);
        e->angle.len -= route + 1;
    }
    return i + (i < s.len && s.ptr[i] == '>');
}

/* The word of spec that holds an @ outside of quotes; the rest is cut out of spec. "": there is none. */
static str address_word(str spec, str *before, str *behind) {
    struct mail_open open = {0};
    size_t from = 0;
    bool at = false;

    for (size_t i = 0, n; i <= spec.len; i += n) {
        n = mail_quoted(str_from(spec, i), &open);
        if (n > 0)
            continue;
        n = 1;
        if (i < spec.len && spec.ptr[i] == '@')
            at = true;
        if (i == spec.len || spec.ptr[i] == ' ') {
            if (at) {
                *before = str_first(spec, from);
                *behind = str_from(spec, i);
                return (str){spec.ptr + from, i - from};
            }
            from = i + 1;
        }
    }
    return S("");
}

/* `jo at example.org`, as archives of lists (Pipermail) write jo@example.org: spec becomes that. */
static bool unhide(struct buf *spec) {
    str const s = buf_str(spec);
    size_t const at = str_find(s, S(" at "));
    str const domain = at == SIZE_MAX ? S("") : str_from(s, at + 4);

    if (at == SIZE_MAX || at == 0 || domain.len == 0 || str_find_byte(s, ' ') != at ||
        str_find_byte(domain, ' ') != SIZE_MAX || domain.ptr[0] == '.' ||
        str_find_byte(str_first(domain, domain.len - 1), '.') == SIZE_MAX || str_find_byte(s, '"') != SIZE_MAX)
        return false;
    spec->ptr[at] = '@';
    memmove(spec->ptr + at + 1, domain.ptr, domain.len);
    spec->len -= 3;
    return true;
}

/* Decoded, trimmed, and kept. */
static bool name_keep(str raw, struct arena *a, str *out, uint64_t *bad) {
    struct buf text = {0};
    bool ok;

    mail_text(raw, &text, bad);
    ok = !text.failed && arena_copy(a, buf_str(&text), out);
    buf_free(&text);
    return ok;
}

static bool split(struct mail_address *m, struct arena *a) {
    size_t at = m->address.len;
    char *domain;
    str raw;

    m->local = m->domain = S("");
    while (at > 0 && m->address.ptr[at - 1] != '@')
        at--;
    if (at == 0)
        return true;
    m->local = str_first(m->address, at - 1);
    raw = str_from(m->address, at);
    while (raw.len && raw.ptr[raw.len - 1] == '.')
        raw.len--;
    if (!(domain = arena_bytes(a, raw.len)))
        return false;
    for (size_t i = 0; i < raw.len; i++)
        domain[i] = mail_small(raw.ptr[i]);
    m->domain = (str){domain, raw.len};
    return true;
}

/* The element as a mailbox; *any: it is one. */
static bool mailbox(struct element *e, struct mail_address *m, bool *any, struct arena *a, uint64_t *bad) {
    str name = buf_str(&e->phrase), address = buf_str(&e->angle), before = S(""), behind = S("");
    bool ok = true;

    *any = true;
    m->name = m->address = S("");
    if (!e->bracketed) {
        if (!e->at && unhide(&e->spec))
            name = S("");
        address = address_word(buf_str(&e->spec), &before, &behind);
        if (address.len) {
            /* `Jane Roe jane@example.org`: what is left is the name. */
            struct buf rest = {0};

            mail_unquote(before, &rest);
            mail_unquote(behind, &rest);
            for (size_t i = 0, n = rest.len; i < n; i++)
                if (rest.ptr[i] == '"')
                    rest.ptr[i] = ' ';
            ok = !rest.failed && name_keep(buf_str(&rest), a, &m->name, bad);
            buf_free(&rest);
            name = S("");
        } else if (name.len && !mail_word(name) && str_find_byte(name, ' ') == SIZE_MAX) {
            address = name; /* a word without @, or in quotes */
            name = S("");
        }
    }
    if (ok && name.len)
        ok = name_keep(name, a, &m->name, bad);
    if (ok && m->name.len == 0 && e->comment.len)
        ok = name_keep(buf_str(&e->comment), a, &m->name, bad);
    if (!ok || !mail_keep(address, a, &m->address) || !split(m, a))
        return false;
    *any = m->name.len || m->address.len;
    return true;
}

/* May something else than more of the same word begin with it? */
static bool is_special(char c) {
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case '"':
    case '(':
    case '<':
    case '>':
    case ',':
    case ';':
    case ':':
    case '[':
    case '=':
        return true;
    default:
        return false;
    }
}

/* The next element, and what ended it: `,` `;` `:` or 0. */
static char element_read(struct element *e, str value, size_t *pos, struct mail_open *open) {
    size_t i = *pos, n;

    element_reset(e);
    while (i < value.len) {
        str const rest = str_from(value, i);
        char const c = value.ptr[i];

        if (mail_blank(c)) {
            e->blank = true;
            i++;
        } else if ((n = mail_word(rest)) > 0) {
            piece(e, str_first(rest, n), str_first(rest, n));
            i += n;
        } else if ((n = mail_quoted(rest, open)) > 0) {
            struct buf inner = {0};

            mail_unquote((str){rest.ptr + 1, n - 2}, &inner);
            piece(e, buf_str(&inner), str_first(rest, n));
            e->phrase.failed |= inner.failed;
            buf_free(&inner);
            i += n;
        } else if ((n = mail_comment(rest, open)) > 0) {
            if (e->comment.len == 0)
                mail_unquote((str){rest.ptr + 1, n - 2}, &e->comment);
            e->blank |= e->phrase.len > 0;
            i += n;
        } else if (c == '<') {
            i += angle(e, rest, open);
            e->blank = true;
        } else if (c == ',' || c == ';' || (c == ':' && !e->bracketed && !e->at)) {
            *pos = i + 1;
            return c;
        } else if (c == '[' && !open->square && (n = str_find_byte(rest, ']')) != SIZE_MAX) {
            piece(e, str_first(rest, n + 1), str_first(rest, n + 1));
            i += n + 1;
        } else {
            open->square |= c == '[';
            for (n = 1; n < rest.len && !is_special(rest.ptr[n]);)
                n++;
            if (c == '"' || c == '>') /* open, or closed before */
                n = 1;
            else
                piece(e, str_first(rest, n), str_first(rest, n));
            i += n;
        }
    }
    *pos = i;
    return '\0';
}

static void add(const struct mail_address *m, struct mail_address *out, uint32_t max, uint32_t *count) {
    if (*count < max)
        out[*count] = *m;
    *count += *count < UINT32_MAX;
}

/* `Roe, Jane <jane@example.org>`: a comma that should have stood in quotes. The elements without an address before one in brackets
 * are the beginning of its name. */
static bool names_join(struct mail_address *m, const struct mail_address *before, uint32_t count, struct arena *a) {
    struct buf name = {0};
    bool ok;

    for (uint32_t i = 0; i < count; i++) {
        buf_add(&name, before[i].name.len ? before[i].name : before[i].address);
        buf_add(&name, i + 1 < count || m->name.len ? S(", ") : S(""));
    }
    buf_add(&name, m->name);
    ok = !name.failed && arena_copy(a, str_trim(buf_str(&name)), &m->name);
    buf_free(&name);
    return ok;
}

bool mail_addresses(str value, struct mail_address *out, uint32_t max, uint32_t *count, struct arena *a,
                    uint64_t *bad) {
    struct element e = {0};
    struct mail_address m, group = {0};
    struct mail_open open = {0};
    uint32_t plain = 0; /* elements without an address, behind one another, that were added last */
    bool any, in_group = false, ok = true;
    char end = ',';

    assert(max <= MAIL_ADDRESSES_MAX);
    *count = 0;
    value = str_trim(value);
    for (size_t pos = 0; ok && end;) {
        end = element_read(&e, value, &pos, &open);
        if (end == ':') {
            /* The group's name; it is told when the group is found to be empty. */
            ok = name_keep(buf_str(&e.phrase), a, &group.address, bad);
            group.name = group.local = group.domain = S("");
            in_group = ok && group.address.len > 0;
            plain = 0;
            continue;
        }
        ok = mailbox(&e, &m, &any, a, bad);
        if (ok && any) {
            if (plain && m.domain.len && e.bracketed && *count <= max) {
                ok = names_join(&m, out + *count - plain, plain, a);
                *count -= plain;
            }
            plain = m.domain.len || e.bracketed || end != ',' ? 0 : plain + 1;
            add(&m, out, max, count);
            in_group = false;
        } else if (ok && in_group && end != ',') {
            add(&group, out, max, count);
            in_group = false;
        }
        plain = end == ',' ? plain : 0;
    }
    ok = ok && !e.phrase.failed && !e.spec.failed && !e.comment.failed && !e.angle.failed;
    buf_free(&e.phrase);
    buf_free(&e.spec);
    buf_free(&e.comment);
    buf_free(&e.angle);
    return ok;
}
