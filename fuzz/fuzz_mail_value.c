/* fuzz_mail_value: any value of any header: text that comes out is well-formed, views lie within what was given, and what is read of an address
 * or of a parameter is read again when it is written plainly. */
#include <assert.h>

#include "base/address.h"
#include "base/instant.h"
#include "base/utf.h"
#include "codec/mail_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void well_formed(str s) {
    assert(utf8_valid(s) == s.len);
}

static bool within(str s, str whole) {
    return s.len == 0 || (s.ptr >= whole.ptr && s.ptr + s.len <= whole.ptr + whole.len);
}

static void addresses(str value, struct arena *a) {
    static struct mail_address m[64], again[2];
    uint64_t bad = 0;
    uint32_t count, count_again;

    if (!mail_addresses(value, m, COUNT(m), &count, a, &bad))
        return;
    for (uint32_t i = 0; i < count && i < COUNT(m); i++) {
        struct buf plain = {0};
        bool simple = m[i].address.len > 0;

        well_formed(m[i].name);
        well_formed(m[i].address);
        well_formed(m[i].local);
        well_formed(m[i].domain);
        assert(m[i].name.len || m[i].address.len);
        assert(str_eq(m[i].name, str_trim(m[i].name)));
        for (size_t k = 0; k < m[i].address.len; k++) {
            char const c = m[i].address.ptr[k];

            simple = simple && ((c >= 'a' && c <= 'z') || c == '@' || c == '.');
        }
        simple = simple && m[i].address.ptr[0] != '@';
        if (simple) {
            buf_byte(&plain, '<');
            buf_add(&plain, m[i].address);
            buf_byte(&plain, '>');
            if (mail_addresses(buf_str(&plain), again, 2, &count_again, a, &bad))
                assert(count_again == 1 && str_eq(again[0].address, m[i].address) &&
                       str_eq(again[0].domain, m[i].domain));
        }
        buf_free(&plain);
    }
}

static void parameters(str value) {
    struct buf out = {0}, plain = {0}, again = {0};
    uint64_t bad = 0;

    assert(within(mail_value_first(value), value));
    if (mail_parameter(value, S("name"), &out, &bad)) {
        bool simple = true;

        well_formed(buf_str(&out));
        for (size_t i = 0; i < out.len; i++)
            simple = simple && out.ptr[i] != '=' && out.ptr[i] != '\r' && out.ptr[i] != '\n';
        buf_add(&plain, S("a/b; name=\""));
        for (size_t i = 0; i < out.len; i++) {
            if (out.ptr[i] == '"' || out.ptr[i] == '\\')
                buf_byte(&plain, '\\');
            buf_byte(&plain, out.ptr[i]);
        }
        buf_byte(&plain, '"');
        assert(mail_parameter(buf_str(&plain), S("NAME"), &again, &bad));
        assert(!simple || str_eq(buf_str(&again), buf_str(&out)));
    }
    buf_free(&out);
    buf_free(&plain);
    buf_free(&again);
}

static void hops(str value) {
    struct mail_received r;
    struct buf room = {0};
    struct address a;

    mail_received(value, &r, &room);
    str const views[] = {r.from, r.reverse, r.address, r.by, r.with, r.id, r.recipient, r.tls};

    for (size_t i = 0; i < COUNT(views); i++) {
        well_formed(views[i]);
        assert(within(views[i], value) || within(views[i], buf_str(&room)));
    }
    assert(r.address.len == 0 || address_parse(r.address, &a));
    buf_free(&room);
}

static void results(str value, struct arena *a) {
    struct mail_auth_result r[MAIL_AUTH_RESULTS_MAX];
    str author;
    uint32_t const count = mail_auth_results(value, &author, r, a);

    assert(count <= MAIL_AUTH_RESULTS_MAX);
    well_formed(author);
    for (uint32_t i = 0; i < count; i++) {
        assert(r[i].method.len && r[i].result.len);
        well_formed(r[i].reason);
        well_formed(r[i].domain);
        well_formed(r[i].selector);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *const a = arena_new(1u << 20);
    str const value = {(const char *)data, size};
    struct buf text = {0};
    uint64_t bad = 0;
    bool given;

    if (!a)
        abort();
    mail_text(value, &text, &bad);
    well_formed(buf_str(&text));
    assert(str_eq(buf_str(&text), str_trim(buf_str(&text))));
    addresses(value, a);
    parameters(value);
    if (mail_date(value, &given) == INSTANT_NONE && size == 0)
        assert(!given);
    hops(value);
    results(value, a);
    buf_free(&text);
    arena_free(a);
    return 0;
}
