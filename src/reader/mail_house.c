/* mail_house: domains of the institution and of its partners, and keys of those who sign. */
#include "reader/mail_house.h"

#include "base/arena.h"

struct mail_house {
    struct arena *texts;
    str *domains; /* ours first */
    size_t own_count;
    struct lookalike *lookalike; /* NULL: no domains were given */
    struct dkim_keys *keys;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for domains");
}

static bool take_domains(struct mail_house *h, const char *const *names, size_t count, size_t at, struct err *e) {
    for (size_t i = 0; i < count; i++) {
        str const name = str_of(names[i]);
        char *const small = arena_bytes(h->texts, name.len);

        if (!small)
            return no_memory(e);
        for (size_t k = 0; k < name.len; k++)
            small[k] = name.ptr[k] >= 'A' && name.ptr[k] <= 'Z' ? (char)(name.ptr[k] + 32) : name.ptr[k];
        h->domains[at + i] = (str){small, name.len};
    }
    return true;
}

bool mail_house_new(struct mail_house **out, const char *const *own, size_t own_count, const char *const *partners,
                    size_t partner_count, struct dkim_keys *keys, struct err *e) {
    struct mail_house *const h = calloc(1, sizeof *h);
    size_t const all = own_count + partner_count;
    bool ok;

    if (!h) {
        dkim_keys_free(keys);
        return no_memory(e);
    }
    h->keys = keys;
    h->own_count = own_count;
    h->texts = arena_new((size_t)1 << 20);
    h->domains = calloc(all + 1, sizeof *h->domains);
    ok = (h->texts && h->domains) || no_memory(e);
    ok = ok && take_domains(h, own, own_count, 0, e) && take_domains(h, partners, partner_count, own_count, e) &&
         (!all || lookalike_new(&h->lookalike, h->domains, all, e));
    if (!ok) {
        mail_house_free(h);
        return false;
    }
    *out = h;
    return true;
}

void mail_house_free(struct mail_house *h) {
    if (!h)
        return;
    lookalike_free(h->lookalike);
    dkim_keys_free(h->keys);
    arena_free(h->texts);
    free(h->domains);
    free(h);
}

const str *mail_house_own(const struct mail_house *h, size_t *count) {
    *count = h->own_count;
    return h->own_count ? h->domains : NULL;
}

bool mail_house_is_own(const struct mail_house *h, str domain) {
    for (size_t i = 0; i < h->own_count; i++) {
        str const own = h->domains[i];

        if (str_eq(domain, own) ||
            (domain.len > own.len && str_ends(domain, own) && domain.ptr[domain.len - own.len - 1] == '.'))
            return true;
    }
    return false;
}

bool mail_house_lookalike(const struct mail_house *h, str domain, struct lookalike_hit *hit) {
    return h->lookalike && domain.len && lookalike_find(h->lookalike, domain, hit);
}

const struct dkim_keys *mail_house_keys(const struct mail_house *h) {
    return h->keys;
}
