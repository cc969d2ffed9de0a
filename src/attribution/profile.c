/* profile: releases of a knowledge base, read from JSON. */
#include "attribution/profile.h"

#include "base/buf.h"
#include "base/compiler.h"
#include "base/file.h"
#include "base/instant.h"
#include "codec/json_tree.h"

#define FILE_MAX ((size_t)64 << 20)
#define MEMORY_MAX ((size_t)256 << 20)
#define RECENT_DAYS 730
#define NO_DAY INT64_MIN

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

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for profiles of groups");
}

static json_t *read_json(const char *folder, const char *name, struct err *e) {
    struct buf path = {0}, bytes = {0};
    json_t *root = NULL;

    buf_format(&path, "%s/%s", folder, name);
    buf_byte(&path, '\0');
    if (path.failed)
        (void)no_memory(e);
    else if (file_read(path.ptr, FILE_MAX, &bytes, e)) {
        root = json_tree(buf_str(&bytes), e);
        if (!root)
            (void)err_wrap(e, "%s", name);
    }
    buf_free(&bytes);
    buf_free(&path);
    return root;
}

static int64_t day_of(str date) {
    int64_t const when = date.len == 10 ? instant_parse(date) : INSTANT_NONE;

    return when == INSTANT_NONE ? NO_DAY : when / INT64_C(86400000000000);
}

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

struct dated {
    int64_t day;
    uint32_t source;
};

static int by_day(const void *a, const void *b) {
    const struct dated *const x = a, *const y = b;

    return x->day != y->day ? (x->day < y->day ? -1 : 1) : x->source < y->source ? -1 : x->source > y->source;
}

/* How many dated sources of the two years before a release speak of the group. Today's file also names sources that were entered later:
 * of those of a link no more count than the release had, the oldest first. */
static bool count_recent(struct profile_group *g, const struct profile *p, const json_t *rows, const json_t *sources,
                         struct err *e) {
    size_t const most = json_array_size(sources);
    bool *const seen = calloc(most + 1, sizeof *seen);
    struct dated *const of = calloc(most + 1, sizeof *of);
    bool const ok = seen && of;

    for (size_t i = 0; ok && i < json_array_size(rows); i++) {
        const json_t *const row = json_array_get(rows, i), *const list = json_object_get(row, "s");
        uint32_t const had = token_find(g->links, g->link_count, token_parse(json_text_at(row, "t")));
        size_t n = 0;

        for (size_t k = 0; had && k < json_array_size(list) && n < most; k++) {
            json_int_t const number = json_integer_value(json_array_get(list, k));
            int64_t const day =
                number < 0 ? NO_DAY : day_of(json_text_at(json_array_get(sources, (size_t)number), "date"));

            if (day != NO_DAY && day <= p->day)
                of[n++] = (struct dated){day, (uint32_t)number};
        }
        if (n)
            qsort(of, n, sizeof *of, by_day);
        for (size_t k = 0; k < n && k < had; k++)
            if (!seen[of[k].source]) {
                seen[of[k].source] = true;
                g->recent += p->day - of[k].day < RECENT_DAYS;
            }
    }
    free(of);
    free(seen);
    return ok || no_memory(e);
}

static bool read_links(struct arena *a, struct profile_group *g, json_t *of, struct err *e) {
    size_t const most = json_object_size(of);
    const char *name;
    json_t *value;

    g->links = arena_zero(a, most + 1, sizeof *g->links);
    g->parents = arena_zero(a, most + 1, sizeof *g->parents);
    if (!g->links || !g->parents)
        return no_memory(e);
    json_object_foreach(of, name, value) {
        token const t = token_parse(str_of(name));
        json_int_t const n = json_integer_value(value);

        if (!t) /* early releases list a mitigation or two */
            continue;
        if (n < 0 || n > UINT16_MAX)
            return err_set(e, ERR_CORRUPT, 0, "%.20s of group %.*s has no number of sources", name, STR_ARG(g->id));
        /* A statement without a source is a statement nevertheless. */
        g->links[g->link_count++] = (struct token_count){t, n ? (uint32_t)n : 1};
        if (!token_software(t))
            g->parents[g->parent_count++] = token_parent(t);
    }
    if (g->link_count)
        qsort(g->links, g->link_count, sizeof *g->links, by_count_token);
    g->parent_count = tokens_sort(g->parents, g->parent_count);
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
    return ok || no_memory(e);
}

static bool read_release(struct arena *a, struct profile *p, const char *name, const json_t *of, const json_t *today,
                         const json_t *sources, struct err *e) {
    json_t *const groups = json_object_get(of, "groups");
    const char *id;
    json_t *value;

    p->day = day_of(json_text_at(of, "released"));
    if (p->day == NO_DAY || !json_is_object(groups))
        return err_set(e, ERR_CORRUPT, 0, "release %.40s has no day, or no groups", name);
    p->groups = arena_zero(a, json_object_size(groups) + 1, sizeof *p->groups);
    if (!p->groups || !arena_copy(a, str_of(name), &p->release))
        return no_memory(e);
    json_object_foreach(groups, id, value) {
        struct profile_group *const g = &p->groups[p->group_count++];
        const json_t *now = NULL;

        for (size_t i = 0; !now && i < json_array_size(today); i++)
            if (str_eq(json_text_at(json_array_get(today, i), "id"), str_of(id)))
                now = json_array_get(today, i);
        if (!arena_copy(a, str_of(id), &g->id) || !arena_copy(a, json_text_at(value, "name"), &g->name) ||
            !arena_copy(a, json_text_at(now, "nation"), &g->nation))
            return no_memory(e);
        if (!read_links(a, g, json_object_get(value, "n"), e) ||
            !count_recent(g, p, json_object_get(now, "rows"), sources, e))
            return false;
    }
    if (p->group_count)
        qsort(p->groups, p->group_count, sizeof *p->groups, by_id);
    return tally_all(a, p, e);
}

static bool read_tools(struct profiles *p, json_t *software, struct err *e) {
    const char *name;
    json_t *value;

    p->tools = arena_zero(p->memory, json_object_size(software) + 1, sizeof *p->tools);
    if (!p->tools)
        return no_memory(e);
    json_object_foreach(software, name, value) {
        token const t = token_parse(str_of(name));

        if (t && str_eq(json_text_at(value, "type"), S("tool")))
            p->tools[p->tool_count++] = t;
    }
    p->tool_count = tokens_sort(p->tools, p->tool_count);
    return true;
}

static int by_release(const void *a, const void *b) {
    const struct profile *const x = a, *const y = b;

    return x->day != y->day ? (x->day < y->day ? -1 : 1) : str_cmp(x->release, y->release);
}

bool profiles_open(struct profiles **out, const char *folder, struct err *e) {
    json_t *releases = NULL, *groups = NULL, *sources = NULL, *software = NULL;
    struct profiles *const p = calloc(1, sizeof *p);
    const char *name;
    json_t *value;

    *out = NULL;
    if (!p)
        return no_memory(e);
    p->memory = arena_new(MEMORY_MAX);
    bool ok = p->memory || no_memory(e);
    ok = ok && (releases = read_json(folder, "profiles-by-release.json", e)) &&
         (groups = read_json(folder, "groups.json", e)) && (sources = read_json(folder, "sources.json", e)) &&
         (software = read_json(folder, "software.json", e));
    ok = ok && read_tools(p, software, e);
    if (ok) {
        p->releases = arena_zero(p->memory, json_object_size(releases) + 1, sizeof *p->releases);
        ok = p->releases || no_memory(e);
    }
    if (ok)
        json_object_foreach(releases, name, value) ok =
            ok && read_release(p->memory, &p->releases[p->count++], name, value, groups, sources, e);
    if (ok && p->count)
        qsort(p->releases, p->count, sizeof *p->releases, by_release);
    json_decref(releases);
    json_decref(groups);
    json_decref(sources);
    json_decref(software);
    if (ok)
        *out = p;
    else
        profiles_free(p);
    return ok;
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
