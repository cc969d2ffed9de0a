/* profile: what all ways in share: tokens, names, releases in order, and the questions that are asked of them. */
#include "attribution/profile.h"

#include <stdlib.h>

#include "attribution/profile_own.h"
#include "base/compiler.h"
#include "base/instant.h"
#include "intel/group.h"

#define MEMORY_MAX ((size_t)256 << 20)

token token_parse(str s) {
    uint64_t number, below = 0;
    size_t const point = str_find_byte(s, '.');

    if (s.len < 2 || (s.ptr[0] != 'T' && s.ptr[0] != 'S') ||
        !str_u64(str_from(str_first(s, point), 1), 99999, &number) || !number)
        return 0;
    if (point != SIZE_MAX && (s.ptr[0] == 'S' || !str_u64(str_from(s, point + 1), 999, &below) || !below))
        return 0;
    return s.ptr[0] == 'S' ? TOKEN_SOFTWARE | (token)number : (token)(number * 1000 + below);
}

static int by_token(const void *a, const void *b) {
    token const x = *(const token *)a, y = *(const token *)b;

    return x < y ? -1 : x > y;
}

static int by_count_token(const void *a, const void *b) {
    return by_token(&((const struct token_count *)a)->token, &((const struct token_count *)b)->token);
}

uint32_t token_find(const struct token_count *list, size_t count, token t) {
    struct token_count const key = {t, 0};
    const struct token_count *const found = count ? bsearch(&key, list, count, sizeof *list, by_count_token) : NULL;

    return found ? found->count : 0;
}

bool token_among(const token *list, size_t count, token t) {
    return count && bsearch(&t, list, count, sizeof *list, by_token);
}

size_t tokens_sort(token *list, size_t count) {
    size_t kept = 0;

    if (count)
        qsort(list, count, sizeof *list, by_token);
    for (size_t i = 0; i < count; i++)
        if (!kept || list[kept - 1] != list[i])
            list[kept++] = list[i];
    return kept;
}

bool profile_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for profiles of groups");
}

bool profile_grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    if (count < *room)
        return true;
    size_t const more = *room ? *room * 2 : 16;
    void *const grown = reallocarray(*items, more, size);

    if (!grown)
        return profile_no_memory(e);
    *items = grown;
    *room = more;
    return true;
}

int64_t profile_day_of(int64_t when) {
    int64_t const day = INT64_C(86400000000000);

    return when == INSTANT_NONE ? DAY_UNKNOWN : when / day - (when % day < 0);
}

int64_t profile_day(str date) {
    return date.len == 10 ? profile_day_of(instant_parse(date)) : DAY_UNKNOWN;
}

/* ---- names ---- */

bool profile_names_add(struct profile_names *n, struct arena *a, str name, size_t of, struct err *e) {
    char room[2 * GROUP_NAME_MAX + 16];
    str key;

    if (name.len > GROUP_NAME_MAX)
        return true;
    key = (str){room, group_spelling(name, room)};
    if (!key.len)
        return true;
    if (!profile_grow((void **)&n->of, n->count, &n->room, sizeof *n->of, e))
        return false;
    if (!arena_copy(a, key, &key))
        return profile_no_memory(e);
    n->of[n->count++] = (struct profile_spelled){.key = key, .of = of};
    return true;
}

static int by_key(const void *a, const void *b) {
    const struct profile_spelled *const x = a, *const y = b;
    int const c = str_cmp(x->key, y->key);

    if (c || x->first != y->first)
        return c ? c : (int)y->first - (int)x->first;
    return x->of < y->of ? -1 : x->of > y->of;
}

bool profile_names_finish(struct profile_names *n, struct arena *a, struct profile_spelled **out, size_t *count,
                          struct err *e) {
    struct profile_spelled *const kept = arena_zero(a, n->count + 1, sizeof *kept);
    size_t k = 0;

    if (!kept)
        return profile_no_memory(e);
    if (n->count)
        qsort(n->of, n->count, sizeof *n->of, by_key);
    for (size_t i = 0; i < n->count; i++)
        if (!k || !str_eq(kept[k - 1].key, n->of[i].key))
            kept[k++] = n->of[i];
        else if (kept[k - 1].first == n->of[i].first)
            /* Of one and the same: what is certain once is certain. */
            kept[k - 1].several = kept[k - 1].of != n->of[i].of || (kept[k - 1].several && n->of[i].several);
    *out = kept;
    *count = k;
    profile_names_free(n);
    return true;
}

void profile_names_free(struct profile_names *n) {
    free(n->of);
    *n = (struct profile_names){0};
}

const struct profile_spelled *profile_spelled_find(const struct profile_spelled *list, size_t count, str name) {
    char room[2 * GROUP_NAME_MAX + 16];
    size_t low = 0, high = count;

    if (name.len > GROUP_NAME_MAX)
        return NULL;
    str const key = {room, group_spelling(name, room)};

    while (low < high) {
        size_t const middle = low + (high - low) / 2;
        int const c = str_cmp(list[middle].key, key);

        if (!c)
            return list[middle].several ? NULL : &list[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- a release, and all of them ---- */

/* The tokens of all lists together with how many lists have each. */
static bool tally(struct arena *a, token *all, size_t count, struct token_count **out, size_t *out_count) {
    struct token_count *const list = arena_zero(a, count + 1, sizeof *list);
    size_t n = 0;

    if (!list)
        return false;
    if (count)
        qsort(all, count, sizeof *all, by_token);
    for (size_t i = 0; i < count; i++) {
        if (!n || list[n - 1].token != all[i])
            list[n++].token = all[i];
        list[n - 1].count++;
    }
    *out = list;
    *out_count = n;
    return true;
}

static int by_id(const void *a, const void *b) {
    return str_cmp(((const struct profile_group *)a)->id, ((const struct profile_group *)b)->id);
}

static bool tally_all(struct arena *a, struct profile *p, struct err *e) {
    size_t links = 0, parents = 0, i = 0, j = 0;

    for (size_t g = 0; g < p->group_count; g++) {
        links += p->groups[g].link_count;
        parents += p->groups[g].parent_count;
    }
    token *const all = calloc(links + 1, sizeof *all), *const above = calloc(parents + 1, sizeof *above);
    bool ok = all && above;

    for (size_t g = 0; ok && g < p->group_count; g++) {
        for (size_t k = 0; k < p->groups[g].link_count; k++)
            all[i++] = p->groups[g].links[k].token;
        for (size_t k = 0; k < p->groups[g].parent_count; k++)
            above[j++] = p->groups[g].parents[k];
    }
    ok = ok && tally(a, all, links, &p->listed, &p->listed_count) &&
         tally(a, above, parents, &p->parents, &p->parent_count);
    free(all);
    free(above);
    return ok || profile_no_memory(e);
}

bool profile_finish(struct profile *p, struct arena *a, struct err *e) {
    struct profile_names names = {0};
    bool ok = true;

    if (p->group_count)
        qsort(p->groups, p->group_count, sizeof *p->groups, by_id);
    for (size_t i = 0; ok && i < p->group_count; i++) {
        const struct profile_group *const g = &p->groups[i];

        size_t const own = names.count;

        ok = profile_names_add(&names, a, g->id, i, e) && profile_names_add(&names, a, g->name, i, e);
        for (size_t k = own; k < names.count; k++)
            names.of[k].first = true;
        for (size_t k = 0; ok && k < g->alias_count; k++) {
            size_t const had = names.count;

            ok = profile_names_add(&names, a, g->aliases[k], i, e);
            if (names.count > had)
                names.of[had].several = k >= g->alone_count;
        }
    }
    ok = ok && profile_names_finish(&names, a, &p->names, &p->name_count, e) && tally_all(a, p, e);
    profile_names_free(&names);
    return ok;
}

static int by_release(const void *a, const void *b) {
    const struct profile *const x = a, *const y = b;

    return x->day != y->day ? (x->day < y->day ? -1 : 1) : str_cmp(x->release, y->release);
}

static int by_word(const void *a, const void *b) {
    return by_token(&((const struct profile_word *)a)->token, &((const struct profile_word *)b)->token);
}

void profiles_finish(struct profiles *p) {
    if (p->count)
        qsort(p->releases, p->count, sizeof *p->releases, by_release);
    p->tool_count = tokens_sort(p->tools, p->tool_count);
    if (p->word_count)
        qsort(p->words, p->word_count, sizeof *p->words, by_word);
}

bool profiles_new(struct profiles **out, struct err *e) {
    struct profiles *const p = calloc(1, sizeof *p);

    *out = NULL;
    if (!p || !(p->memory = arena_new(MEMORY_MAX))) {
        free(p);
        return profile_no_memory(e);
    }
    if (!profile_victims_read(p, e)) {
        profiles_free(p);
        return false;
    }
    *out = p;
    return true;
}

void profiles_free(struct profiles *p) {
    if (p) {
        arena_free(p->memory);
        free(p);
    }
}

const struct profile *profiles_named(const struct profiles *p, str release) {
    for (size_t i = 0; i < p->count; i++)
        if (str_eq(p->releases[i].release, release))
            return &p->releases[i];
    return NULL;
}

const struct profile *profiles_on(const struct profiles *p, int64_t day) {
    const struct profile *found = NULL;

    for (size_t i = 0; i < p->count && p->releases[i].day <= day; i++)
        found = &p->releases[i];
    return found;
}

bool profiles_tool(const struct profiles *p, token software) {
    return token_among(p->tools, p->tool_count, software);
}

str profiles_token_name(const struct profiles *p, token t) {
    struct profile_word const key = {.token = t};
    const struct profile_word *const found =
        p->word_count ? bsearch(&key, p->words, p->word_count, sizeof key, by_word) : NULL;

    return found ? found->name : S("");
}

token profiles_software(const struct profiles *p, str name) {
    const struct profile_spelled *const found = profile_spelled_find(p->spelled, p->spelled_count, name);

    return found ? (token)found->of : 0;
}

size_t profile_find(const struct profile *p, str name) {
    const struct profile_spelled *const found = profile_spelled_find(p->names, p->name_count, name);

    return found ? found->of : NO_GROUP;
}

bool profile_said(const struct profiles *all, const struct profile *p, size_t group, token t,
                  struct profile_said *out) {
    struct token_count const key = {t, 0};
    const struct profile_group *const g = &p->groups[group];
    const struct token_count *const found =
        g->link_count ? bsearch(&key, g->links, g->link_count, sizeof key, by_count_token) : NULL;

    (void)all;
    if (found)
        *out = g->said[found - g->links];
    return found;
}

static str victim(const struct profile_victims *v, str word) {
    const struct profile_spelled *const found = profile_spelled_find(v->spelled, v->spelled_count, word);

    return found ? v->texts[found->of] : S("");
}

str profiles_country(const struct profiles *p, str word) {
    return victim(&p->countries, word);
}

str profiles_sector(const struct profiles *p, str word) {
    return victim(&p->sectors, word);
}
