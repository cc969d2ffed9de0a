/* fuzz_profile: files parted by lines of four hyphens, each a bundle, a galaxy or facts, as profiles. Whatever the bytes say: tokens are sorted and each
 * once, counts are above 0, each is said as it is listed, no day is behind the release, names lead to a group that has them, and releases
 * are in order. In this process, without its confinement: what a confined importer tells is what it tells here. */
#include <assert.h>

#include "attribution/profile_own.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES_MAX 8

static void check_group(const struct profiles *all, const struct profile *p, size_t which) {
    const struct profile_group *const g = &p->groups[which];

    assert(g->id.len && g->name.len && g->link_count && g->alone_count <= g->alias_count);
    assert(!which || str_cmp(p->groups[which - 1].id, g->id) < 0);
    assert((g->first_day == DAY_UNKNOWN) == (g->last_day == DAY_UNKNOWN) && g->first_day <= g->last_day);
    for (size_t i = 0; i < g->link_count; i++) {
        struct profile_said said;
        token const t = g->links[i].token;

        assert(t && g->links[i].count && (!i || g->links[i - 1].token < t));
        assert(profile_said(all, p, which, t, &said) && said.sources == g->links[i].count);
        assert((said.first_day == DAY_UNKNOWN) == (said.last_day == DAY_UNKNOWN));
        assert(said.first_day <= said.last_day && said.last_day <= p->day && said.source.ptr);
        assert(token_find(p->listed, p->listed_count, t));
        assert(token_software(t) || token_among(g->parents, g->parent_count, token_parent(t)));
        assert(!token_named(t) || profiles_token_name(all, t).len);
    }
    for (size_t i = 0; i < g->country_count; i++)
        assert(g->countries[i].len == 2);
    assert(g->victims_source.ptr && (g->victims_source.len || !(g->country_count + g->sector_count)));
    for (size_t i = 0; i < g->alias_count; i++) {
        size_t const found = profile_find(p, g->aliases[i]);

        assert(found == NO_GROUP || found < p->group_count);
    }
}

static void check(const struct profiles *all) {
    for (size_t i = 0; i < all->count; i++) {
        const struct profile *const p = &all->releases[i];

        assert(p->release.len && (!i || all->releases[i - 1].day <= p->day));
        assert(profiles_on(all, p->day) && profiles_named(all, p->release));
        for (size_t k = 0; k < p->group_count; k++)
            check_group(all, p, k);
    }
    for (size_t i = 0; i < all->spelled_count; i++)
        assert(all->spelled[i].several || profiles_software(all, all->spelled[i].key) == (token)all->spelled[i].of ||
               all->spelled[i].key.len > GROUP_NAME_MAX);
}

static bool take(struct profile_gathered *g, str bytes, struct err *e) {
    const struct importer *const importer = import_recognise(bytes);

    if (profile_is_facts(bytes))
        return groups_load(g->who, S("facts"), bytes, e);
    return !importer || profile_gather_open(g, bytes, importer, VICTIMS_NOW, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str rest = {(const char *)data, size};
    struct profile_gathered *g = NULL;
    struct profiles *p = NULL;
    struct err e = {0};
    bool ok = profile_gather_new(&g, &e) && profiles_new(&p, &e);

    for (size_t i = 0; ok && i < FILES_MAX && rest.len; i++) {
        size_t const at = str_find(rest, S("\n----\n"));

        ok = take(g, str_first(rest, at), &e);
        rest = at == SIZE_MAX ? S("") : str_from(rest, at + 6);
    }
    ok = ok && profile_build(g, p, &e);
    assert(ok || (e.code != ERR_NONE && e.text[0]));
    if (ok)
        check(p);
    profile_gather_free(g);
    profiles_free(p);
    return 0;
}
