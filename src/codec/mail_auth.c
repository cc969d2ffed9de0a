/* mail_auth: Authentication-Results (RFC 8601), ARC-Authentication-Results (RFC 8617 4.1.1), and Exchange's own, which names
 * nobody who would have found them. */
#include "codec/mail_own.h"

/* The field to the next `;` outside of comments and quotes; s is moved behind it. */
static str segment(str *s, struct mail_open *open) {
    str const all = *s;
    size_t i = 0;

    while (i < all.len && all.ptr[i] != ';') {
        str const rest = str_from(all, i);
        size_t n = all.ptr[i] == '(' ? mail_comment(rest, open) : mail_quoted(rest, open);

        if (n == 0)
            n = all.ptr[i] == '(' ? rest.len : 1;
        i += n;
    }
    *s = str_from(all, i + 1);
    return str_first(all, i);
}

/* The next comment (without its ends; *comment), `name=value` (value without quotes) or word alone (value ""). */
static bool item_next(str *s, str *name, str *value, bool *comment, bool *equals, struct mail_open *open) {
    size_t i = 0, n;

    *s = str_trim(*s);
    *value = S("");
    *comment = *equals = false;
    if (s->len == 0)
        return false;
    if (s->ptr[0] == '(') {
        n = mail_comment(*s, open);
        *comment = true;
        *name = (str){s->ptr + 1, n ? n - 2 : s->len - 1};
        *s = str_from(*s, n ? n : s->len);
        return true;
    }
    while (i < s->len && !mail_blank(s->ptr[i]) && s->ptr[i] != '=' && s->ptr[i] != '(')
        i++;
    *name = str_first(*s, i);
    *s = str_from(*s, i);
    for (i = 0; i < s->len && mail_blank(s->ptr[i]);)
        i++;
    if (i == s->len || s->ptr[i] != '=')
        return true;
    *equals = true;
    *s = str_trim(str_from(*s, i + 1));
    if ((n = mail_quoted(*s, open)) > 0) {
        *value = (str){s->ptr + 1, n - 2};
    } else {
        for (n = 0; n < s->len && !mail_blank(s->ptr[n]) && s->ptr[n] != '(';)
            n++;
        *value = str_first(*s, n);
    }
    *s = str_from(*s, n);
    return true;
}

/* dkim/1 = pass: the version says nothing. Small letters; false: it is no name of a method or a result, or a is full. */
static bool small(str s, struct arena *a, str *out) {
    char *to;

    s = str_first(s, str_find_byte(s, '/'));
    for (size_t i = 0; i < s.len; i++) {
        char const c = mail_small(s.ptr[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    if (s.len == 0 || !(to = arena_bytes(a, s.len)))
        return false;
    for (size_t i = 0; i < s.len; i++)
        to[i] = mail_small(s.ptr[i]);
    *out = (str){to, s.len};
    return true;
}

/* The domain of an address or of itself, in small letters. Exchange says `none` for none. */
static bool domain_keep(str s, struct arena *a, str *out) {
    char *to;

    for (size_t at; (at = str_find_byte(s, '@')) != SIZE_MAX;)
        s = str_from(s, at + 1);
    while (s.len && (s.ptr[s.len - 1] == '.' || s.ptr[s.len - 1] == '>'))
        s.len--;
    *out = S("");
    if (str_eq_ascii(s, S("none")) || s.len == 0)
        return true;
    if (!mail_keep(s, a, &s) || !(to = arena_bytes(a, s.len)))
        return false;
    for (size_t i = 0; i < s.len; i++)
        to[i] = mail_small(s.ptr[i]);
    *out = (str){to, s.len};
    return true;
}

/* What a method speaks of, the best last. */
static const struct {
    str method, property;
} subjects[] = {
    {STR("spf"), STR("smtp.helo")},    {STR("spf"), STR("smtp.mail")}, {STR("spf"), STR("smtp.mailfrom")},
    {STR("dkim"), STR("header.from")}, {STR("dkim"), STR("header.i")}, {STR("dkim"), STR("header.d")},
    {STR(""), STR("smtp.mailfrom")},   {STR(""), STR("header.i")},     {STR(""), STR("header.d")},
    {STR(""), STR("header.from")},
};

static size_t subject_rank(str method, str property) {
    bool const own = str_eq(method, S("spf")) || str_eq(method, S("dkim"));

    for (size_t i = 0; i < COUNT(subjects); i++)
        if (str_eq(subjects[i].method, own ? method : S("")) && str_eq_ascii(property, subjects[i].property))
            return i + 1;
    return 0;
}

/* One `method=result ...`. False: it is none, or a is full. */
static bool result_read(str s, struct mail_auth_result *out, struct arena *a) {
    str name, value, reason = {"", 0}, domain = {"", 0}, selector = {"", 0};
    struct mail_open open = {0};
    bool comment, equals, reason_given = false;
    size_t best = 0, rank;

    do {
        if (!item_next(&s, &name, &value, &comment, &equals, &open))
            return false;
    } while (comment);
    if (!equals || !small(name, a, &out->method) || !small(value, a, &out->result))
        return false;
    while (item_next(&s, &name, &value, &comment, &equals, &open)) {
        if (comment) {
            reason = reason.len ? reason : str_trim(name);
        } else if (str_eq_ascii(name, S("reason")) && !reason_given) {
            reason = value;
            reason_given = true;
        } else if (str_eq_ascii(name, S("header.s"))) {
            selector = value;
        } else if ((rank = subject_rank(out->method, name)) > best && value.len && !str_eq_ascii(value, S("none"))) {
            domain = value;
            best = rank;
        }
    }
    return mail_keep(reason, a, &out->reason) && mail_keep(selector, a, &out->selector) &&
           domain_keep(domain, a, &out->domain);
}

/* Exchange writes all of the field in encoded words where a domain in it is not ASCII. */
static bool decoded(str value, struct arena *a, str *out) {
    struct buf text = {0};
    uint64_t bad = 0;
    bool ok;

    mail_text(value, &text, &bad);
    ok = !text.failed && arena_copy(a, buf_str(&text), out);
    buf_free(&text);
    return ok;
}

uint32_t mail_auth_results(str value, str *author, struct mail_auth_result out[MAIL_AUTH_RESULTS_MAX],
                           struct arena *a) {
    uint32_t count = 0;
    struct mail_open open = {0};
    bool head = true; /* the author may still come */

    *author = S("");
    value = str_trim(value);
    if (mail_word(value) && !decoded(value, a, &value))
        return 0;
    while (value.len && count < MAIL_AUTH_RESULTS_MAX) {
        str const part = segment(&value, &open);
        str left = part, name, text;
        struct mail_open inner = {0};
        bool comment, equals;

        do {
            if (!item_next(&left, &name, &text, &comment, &equals, &inner))
                name = S("");
        } while (comment && name.len);
        if (head && equals && str_eq_ascii(name, S("i"))) /* ARC's instance */
            continue;
        if (head && !equals && name.len && !mail_keep(name, a, author))
            return count;
        if (name.len)
            head = false;
        if (equals && result_read(part, &out[count], a))
            count++;
    }
    return count;
}
