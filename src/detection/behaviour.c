/* behaviour: the data file read, and all areas run one after another. */
#include "detection/behaviour.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "codec/yaml_pack.h"
#include "detection/behaviour_own.h"
#include "event/fold.h"
#include "detection/behaviour_account.h"

#define BEHAVIOURS_MAX 256u
#define MEMORY_MAX ((size_t)4 << 20)

struct behaviours {
    struct arena *a;
    struct behaviour items[BEHAVIOURS_MAX];
    size_t count;
};

static behaviour_area *const areas[] = {
    behaviour_cloud, behaviour_call,  behaviour_web,     behaviour_net,
    behaviour_host,  behaviour_reach, behaviour_account, /* doors ask who is foreign */
    behaviour_door,
};

/* ---- the data ---- */

struct load {
    struct behaviours *b;
    str path;
    struct err *e;
};

static bool fail(const struct load *l, uint32_t line, const char *what, str which) {
    return err_set(l->e, ERR_USAGE, 0, "%.*s:%u: %s `%.*s`", STR_ARG(l->path), line, what,
                   STR_ARG(str_first(which, 60)));
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for behaviours");
}

static bool number_of(const struct load *l, const struct yaml_node *n, double *out) {
    char text[64], *end;

    if (n->type != YAML_SCALAR || !n->text.len || n->text.len >= sizeof text)
        return fail(l, n->line, "no number:", n->type == YAML_SCALAR ? n->text : S(""));
    memcpy(text, n->text.ptr, n->text.len);
    text[n->text.len] = '\0';
    *out = strtod(text, &end);
    return (*end == '\0' && isfinite(*out)) || fail(l, n->line, "no number:", n->text);
}

static bool thresholds_of(struct load *l, const struct yaml_node *n, struct behaviour *to) {
    struct threshold *list;

    if (n->type != YAML_MAP)
        return fail(l, n->line, "a mapping of names and numbers:", S("thresholds"));
    if (!(list = arena_zero(l->b->a, n->count, sizeof *list)))
        return no_memory(l->e);
    for (size_t i = 0; i < n->count; i++)
        if (!arena_copy(l->b->a, n->keys[i], &list[i].name))
            return no_memory(l->e);
        else if (!number_of(l, n->items[i], &list[i].value))
            return false;
    to->thresholds = list;
    to->threshold_count = n->count;
    return true;
}

static bool words_of(struct load *l, const struct yaml_node *n, str name, struct word_list *to) {
    str *words;

    if (n->type != YAML_LIST || !n->count)
        return fail(l, n->line, "a list of words:", name);
    if (!(words = arena_zero(l->b->a, n->count, sizeof *words)) || !arena_copy(l->b->a, name, &to->name))
        return no_memory(l->e);
    for (size_t i = 0; i < n->count; i++) {
        const struct yaml_node *const w = n->items[i];
        char *folded;

        if (w->type != YAML_SCALAR || !w->text.len)
            return fail(l, w->line, "a list of words:", name);
        if (!(folded = arena_bytes(l->b->a, 2 * w->text.len + 16)))
            return no_memory(l->e);
        words[i] = (str){folded, fold_text(w->text, folded)};
    }
    to->words = words;
    to->count = n->count;
    return true;
}

static bool lists_of(struct load *l, const struct yaml_node *n, struct behaviour *to) {
    struct word_list *lists;

    if (n->type != YAML_MAP)
        return fail(l, n->line, "a mapping of names and words:", S("lists"));
    if (!(lists = arena_zero(l->b->a, n->count, sizeof *lists)))
        return no_memory(l->e);
    for (size_t i = 0; i < n->count; i++)
        if (!words_of(l, n->items[i], n->keys[i], &lists[i]))
            return false;
    to->lists = lists;
    to->list_count = n->count;
    return true;
}

static bool load_one(struct load *l, const struct yaml_node *map) {
    struct behaviour *const to = &l->b->items[l->b->count];
    struct {
        const char *key;
        str *to;
    } const texts[] = {{"behaviour", &to->id},
                       {"title", &to->title},
                       {"why", &to->why},
                       {"tactic", &to->tactic},
                       {"technique", &to->technique}};
    const struct yaml_node *n;

    if (map->type != YAML_MAP)
        return fail(l, map->line, "a behaviour is a mapping:", S(""));
    if (l->b->count == BEHAVIOURS_MAX)
        return err_set(l->e, ERR_LIMIT, 0, "%.*s: more than %u behaviours", STR_ARG(l->path), BEHAVIOURS_MAX);
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (!(n = yaml_get(map, texts[i].key)) || n->type != YAML_SCALAR || !n->text.len)
            return fail(l, map->line, "a behaviour needs", str_of(texts[i].key));
        if (!arena_copy(l->b->a, n->text, texts[i].to))
            return no_memory(l->e);
    }
    if (behaviours_find(l->b, to->id))
        return fail(l, map->line, "two behaviours are called", to->id);
    if (!(n = yaml_get(map, "level")) || n->type != YAML_SCALAR || !sigma_level_parse(n->text, &to->level))
        return fail(l, map->line, "a behaviour needs", S("level"));
    if (!(n = yaml_get(map, "weight")))
        return fail(l, map->line, "a behaviour needs", S("weight"));
    if (!number_of(l, n, &to->weight))
        return false;
    if ((n = yaml_get(map, "thresholds")) && !thresholds_of(l, n, to))
        return false;
    if ((n = yaml_get(map, "lists")) && !lists_of(l, n, to))
        return false;
    for (size_t i = 0; i < map->count; i++) {
        bool known = str_eq(map->keys[i], S("level")) || str_eq(map->keys[i], S("weight")) ||
                     str_eq(map->keys[i], S("thresholds")) || str_eq(map->keys[i], S("lists"));

        for (size_t k = 0; k < COUNT(texts); k++)
            known |= str_eq(map->keys[i], str_of(texts[k].key));
        if (!known)
            return fail(l, map->key_lines[i], "a behaviour has no key", map->keys[i]);
    }
    l->b->count++;
    return true;
}

static bool load_file(struct behaviours *b, str path, str trees, struct err *e) {
    struct load l = {.b = b, .path = path, .e = e};
    struct arena *const tree = arena_new(MEMORY_MAX);
    struct yaml_node **docs = NULL;
    size_t count = 0;
    bool ok = tree != NULL || no_memory(e);

    if (ok && !yaml_unpack(trees, tree, &docs, &count, e))
        ok = err_wrap(e, "%.*s", STR_ARG(path));
    for (size_t i = 0; ok && i < count; i++)
        if (docs[i]->type != YAML_SCALAR || docs[i]->scalar != YAML_IS_NULL) /* comments before the first --- */
            ok = load_one(&l, docs[i]);
    arena_free(tree);
    return ok;
}

bool behaviours_open(struct behaviours **out, struct err *e) {
    struct behaviours *const b = calloc(1, sizeof *b);
    bool ok = b && (b->a = arena_new(MEMORY_MAX));

    if (!ok)
        no_memory(e);
    for (size_t i = 0; ok && i < behaviours_builtin_count; i++)
        ok = load_file(b, behaviours_builtin[i].path, behaviours_builtin[i].trees, e);
    if (!ok) {
        behaviours_free(b);
        return false;
    }
    *out = b;
    return true;
}

void behaviours_free(struct behaviours *b) {
    if (!b)
        return;
    arena_free(b->a);
    free(b);
}

size_t behaviours_count(const struct behaviours *b) {
    return b->count;
}

const struct behaviour *behaviours_at(const struct behaviours *b, size_t i) {
    return &b->items[i];
}

const struct behaviour *behaviours_find(const struct behaviours *b, str id) {
    for (size_t i = 0; i < b->count; i++)
        if (str_eq(b->items[i].id, id))
            return &b->items[i];
    return NULL;
}

double behaviour_threshold(const struct behaviour *b, const char *name) {
    size_t i = 0;

    while (i < b->threshold_count && !str_eq(b->thresholds[i].name, str_of(name)))
        i++;
    assert(i < b->threshold_count);
    return b->thresholds[i].value;
}

const struct word_list *behaviour_list(const struct behaviour *b, const char *name) {
    size_t i = 0;

    while (i < b->list_count && !str_eq(b->lists[i].name, str_of(name)))
        i++;
    assert(i < b->list_count);
    return &b->lists[i];
}

/* ---- a run ---- */

void behaviour_part_add(struct behaviour_hit *h, enum behaviour_part_type type, bool own, uint32_t code,
                        uint32_t other) {
    if (!code || h->part_count == BEHAVIOUR_PARTS_MAX)
        return;
    for (size_t i = 0; i < h->part_count; i++)
        if (h->parts[i].type == type && h->parts[i].code == code && h->parts[i].other == other) {
            h->parts[i].own |= own;
            return;
        }
    h->parts[h->part_count++] = (struct behaviour_part){type, own, code, other};
}

bool behaviours_run(const struct behaviours *b, struct activities *a,
                    bool (*hit)(void *ctx, const struct behaviour_hit *hit, struct err *e), void *ctx, struct err *e) {
    struct behaviour_run r = {.b = b, .a = a, .hit = hit, .ctx = ctx};
    bool ok = true;

    for (size_t i = 0; ok && i < COUNT(areas); i++)
        ok = areas[i](&r, e);
    account_foreign_free(r.foreign);
    buf_free(&r.reason);
    return ok;
}
