/* profile_research: the layout of the research on which attribution is measured: releases of ATT&CK with, of each group, how many sources say what;
 * groups, sources and software as they are today. What is measured depends on it: nothing is added to what these files say. */
#include <stdlib.h>

#include "attribution/profile_own.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/file.h"
#include "codec/json_tree.h"

#define FILE_MAX ((size_t)64 << 20)

static json_t *read_json(const char *folder, const char *name, struct err *e) {
    struct buf path = {0}, bytes = {0};
    json_t *root = NULL;

    buf_format(&path, "%s/%s", folder, name);
    buf_byte(&path, '\0');
    if (path.failed)
        (void)profile_no_memory(e);
    else if (file_read(path.ptr, FILE_MAX, &bytes, e)) {
        root = json_tree(buf_str(&bytes), e);
        if (!root)
            (void)err_wrap(e, "%s", name);
    }
    buf_free(&bytes);
    buf_free(&path);
    return root;
}

struct dated {
    int64_t day;
    uint32_t source;
};

static int by_day(const void *a, const void *b) {
    const struct dated *const x = a, *const y = b;

    return x->day != y->day ? (x->day < y->day ? -1 : 1) : x->source < y->source ? -1 : x->source > y->source;
}

static int by_link(const void *a, const void *b) {
    token const x = ((const struct token_count *)a)->token, y = ((const struct token_count *)b)->token;

    return x < y ? -1 : x > y;
}

/* What sources say of a group, by their own dates, as far as the release can have known it: how many of the two years before speak of it, and since when
 * which of its links is said. Today's file also names sources that were entered later: of those of a link no more count than the release
 * had, the oldest first. */
static bool count_dated(struct profile_group *g, const struct profile *p, const json_t *rows, const json_t *sources,
                        struct arena *a, struct err *e) {
    size_t const most = json_array_size(sources);
    bool *const seen = calloc(most + 1, sizeof *seen);
    struct dated *const of = calloc(most + 1, sizeof *of);
    bool ok = seen && of;

    g->first_day = g->last_day = DAY_UNKNOWN;
    g->victims_source = S("");
    g->victims_day = VICTIMS_NOW;
    for (size_t i = 0; ok && i < json_array_size(rows); i++) {
        const json_t *const row = json_array_get(rows, i), *const list = json_object_get(row, "s");
        token const t = token_parse(json_text_at(row, "t"));
        uint32_t const had = token_find(g->links, g->link_count, t);
        size_t n = 0;

        for (size_t k = 0; had && k < json_array_size(list) && n < most; k++) {
            json_int_t const number = json_integer_value(json_array_get(list, k));
            int64_t const day =
                number < 0 ? DAY_UNKNOWN : profile_day(json_text_at(json_array_get(sources, (size_t)number), "date"));

            if (day != DAY_UNKNOWN && day <= p->day)
                of[n++] = (struct dated){day, (uint32_t)number};
        }
        if (!n)
            continue;
        qsort(of, n, sizeof *of, by_day);
        n = n < had ? n : had;
        for (size_t k = 0; k < n; k++)
            if (!seen[of[k].source]) {
                seen[of[k].source] = true;
                g->recent += p->day - of[k].day < PROFILE_RECENT_DAYS;
            }
        if (g->first_day == DAY_UNKNOWN || of[0].day < g->first_day)
            g->first_day = of[0].day;
        if (g->last_day == DAY_UNKNOWN || of[n - 1].day > g->last_day)
            g->last_day = of[n - 1].day;
        const struct token_count key = {t, 0}, *const link =
                                                   bsearch(&key, g->links, g->link_count, sizeof key, by_link);
        struct profile_said *const said = &g->said[link - g->links];

        /* A technique has rows of its own for campaigns. */
        if (said->first_day == DAY_UNKNOWN || of[0].day < said->first_day)
            said->first_day = of[0].day;
        if (said->last_day == DAY_UNKNOWN || of[n - 1].day > said->last_day) {
            said->last_day = of[n - 1].day;
            ok = arena_copy(a, json_text_at(json_array_get(sources, of[n - 1].source), "name"), &said->source);
        }
    }
    free(of);
    free(seen);
    return ok || profile_no_memory(e);
}

static bool read_links(struct arena *a, struct profile_group *g, json_t *of, struct err *e) {
    size_t const most = json_object_size(of);
    const char *name;
    json_t *value;

    g->links = arena_zero(a, most + 1, sizeof *g->links);
    g->said = arena_zero(a, most + 1, sizeof *g->said);
    g->parents = arena_zero(a, most + 1, sizeof *g->parents);
    if (!g->links || !g->said || !g->parents)
        return profile_no_memory(e);
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
        qsort(g->links, g->link_count, sizeof *g->links, by_link);
    for (size_t i = 0; i < g->link_count; i++)
        g->said[i] = (struct profile_said){g->links[i].count, DAY_UNKNOWN, DAY_UNKNOWN, S("")};
    g->parent_count = tokens_sort(g->parents, g->parent_count);
    return true;
}

/* As they are today: by names nothing is weighed, only found. */
static bool read_aliases(struct arena *a, struct profile_group *g, const json_t *now, struct err *e) {
    const json_t *const list = json_object_get(now, "aliases");

    g->aliases = arena_zero(a, json_array_size(list) + 1, sizeof *g->aliases);
    if (!g->aliases)
        return profile_no_memory(e);
    for (size_t i = 0; i < json_array_size(list); i++) {
        str const name = json_text(json_array_get(list, i));

        if (!name.len || str_eq(name, g->name))
            continue;
        if (!arena_copy(a, name, &g->aliases[g->alias_count++]))
            return profile_no_memory(e);
    }
    g->alone_count = g->alias_count;
    return true;
}

static bool read_release(struct arena *a, struct profile *p, const char *name, const json_t *of, const json_t *today,
                         const json_t *sources, struct err *e) {
    json_t *const groups = json_object_get(of, "groups");
    const char *id;
    json_t *value;

    p->day = profile_day(json_text_at(of, "released"));
    if (p->day == DAY_UNKNOWN || !json_is_object(groups))
        return err_set(e, ERR_CORRUPT, 0, "release %.40s has no day, or no groups", name);
    p->groups = arena_zero(a, json_object_size(groups) + 1, sizeof *p->groups);
    if (!p->groups || !arena_copy(a, str_of(name), &p->release))
        return profile_no_memory(e);
    json_object_foreach(groups, id, value) {
        struct profile_group *const g = &p->groups[p->group_count++];
        const json_t *now = NULL;

        for (size_t i = 0; !now && i < json_array_size(today); i++)
            if (str_eq(json_text_at(json_array_get(today, i), "id"), str_of(id)))
                now = json_array_get(today, i);
        if (!arena_copy(a, str_of(id), &g->id) || !arena_copy(a, json_text_at(value, "name"), &g->name) ||
            !arena_copy(a, json_text_at(now, "nation"), &g->nation))
            return profile_no_memory(e);
        if (!read_links(a, g, json_object_get(value, "n"), e) ||
            !count_dated(g, p, json_object_get(now, "rows"), sources, a, e) || !read_aliases(a, g, now, e))
            return false;
    }
    return profile_finish(p, a, e);
}

static bool read_words(struct profiles *p, json_t *of, struct profile_names *names, struct err *e) {
    const char *id;
    json_t *value;

    json_object_foreach(of, id, value) {
        token const t = token_parse(str_of(id));
        const json_t *const aliases = json_object_get(value, "aliases");
        str const name = json_text_at(value, "name");

        if (!t)
            continue;
        p->words[p->word_count].token = t;
        if (!arena_copy(p->memory, name, &p->words[p->word_count++].name))
            return profile_no_memory(e);
        if (!token_software(t))
            continue;
        if (str_eq(json_text_at(value, "type"), S("tool")))
            p->tools[p->tool_count++] = t;
        if (!profile_names_add(names, p->memory, name, t, e))
            return false;
        for (size_t i = 0; i < json_array_size(aliases); i++)
            if (!profile_names_add(names, p->memory, json_text(json_array_get(aliases, i)), t, e))
                return false;
    }
    return true;
}

static bool read_names(struct profiles *p, json_t *software, json_t *techniques, struct err *e) {
    struct profile_names names = {0};

    p->tools = arena_zero(p->memory, json_object_size(software) + 1, sizeof *p->tools);
    p->words = arena_zero(p->memory, json_object_size(software) + json_object_size(techniques) + 1, sizeof *p->words);
    bool const ok = (p->tools && p->words) || profile_no_memory(e);
    bool const done = ok && read_words(p, software, &names, e) && read_words(p, techniques, &names, e) &&
                      profile_names_finish(&names, p->memory, &p->spelled, &p->spelled_count, e);

    profile_names_free(&names);
    return done;
}

/* Without it techniques have numbers only, as before it was there. */
static bool read_techniques(const char *folder, json_t **out, struct err *e) {
    struct err missing = {0};

    *out = read_json(folder, "techniques.json", &missing);
    if (*out || missing.code == ERR_IO)
        return true;
    *e = missing;
    return false;
}

bool profiles_read_research(struct profiles *p, const char *folder, struct err *e) {
    json_t *releases = NULL, *groups = NULL, *sources = NULL, *software = NULL, *techniques = NULL;
    const char *name;
    json_t *value;
    bool ok = (releases = read_json(folder, "profiles-by-release.json", e)) &&
              (groups = read_json(folder, "groups.json", e)) && (sources = read_json(folder, "sources.json", e)) &&
              (software = read_json(folder, "software.json", e)) && read_techniques(folder, &techniques, e) &&
              read_names(p, software, techniques, e);

    if (ok) {
        p->releases = arena_zero(p->memory, json_object_size(releases) + 1, sizeof *p->releases);
        ok = p->releases || profile_no_memory(e);
    }
    if (ok)
        json_object_foreach(releases, name, value) ok =
            ok && read_release(p->memory, &p->releases[p->count++], name, value, groups, sources, e);
    json_decref(releases);
    json_decref(groups);
    json_decref(sources);
    json_decref(software);
    json_decref(techniques);
    return ok;
}
