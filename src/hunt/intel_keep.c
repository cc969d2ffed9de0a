/* intel_keep: what intel_load reads, told to a store; each outermost file is a feed. */
#include "hunt/intel_keep.h"

#include <stdlib.h>

struct keeping {
    struct intel_store *store;
    const struct intel_keep *k;
    struct intel_sink sink;
    struct buf outer, broken, name; /* outer: of the feed that was begun; broken: of which not all came out */
    bool begun, known, told;
    uint64_t gone;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to keep intelligence");
}

static bool on_item(void *ctx, const struct intel_item *item, struct err *e) {
    const struct intel_sink *const to = intel_store_sink(((struct keeping *)ctx)->store);

    return to->item(to->ctx, item, e);
}

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct keeping *const g = ctx;
    const struct intel_sink *const to = intel_store_sink(g->store);

    return to->left_out(to->ctx, where, what, why, e) &&
           (!g->k->left_out || g->k->left_out(g->k->ctx, where, what, why, e));
}

static bool on_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    const struct intel_sink *const to = intel_store_sink(((struct keeping *)ctx)->store);

    return to->label_list(to->ctx, list, e);
}

static bool on_label(void *ctx, str entry, struct err *e) {
    const struct intel_sink *const to = intel_store_sink(((struct keeping *)ctx)->store);

    return to->label(to->ctx, entry, e);
}

static bool on_group(void *ctx, const struct intel_group *group, struct err *e) {
    const struct intel_sink *const to = intel_store_sink(((struct keeping *)ctx)->store);

    return to->group(to->ctx, group, e);
}

static bool feed_end(struct keeping *g, struct err *e) {
    bool const whole = g->begun && (g->k->key ? !g->broken.len : !str_eq(buf_str(&g->broken), buf_str(&g->outer)));
    uint64_t gone = 0;

    g->begun = false;
    if (whole && !intel_store_feed_end(g->store, &gone, e))
        return false;
    g->gone += gone;
    return true;
}

/* The feed that the outermost file is, unless it was begun. */
static bool feed_of(struct keeping *g, str outer, struct err *e) {
    char *path;
    bool ok;

    if (g->begun && (g->k->key || str_eq(buf_str(&g->outer), outer)))
        return true;
    if (!feed_end(g, e))
        return false;
    g->outer.len = 0;
    buf_add(&g->outer, outer);
    buf_byte(&g->outer, '\0');
    if (g->outer.failed)
        return no_memory(e);
    g->outer.len--;
    g->begun = true;
    if (g->k->key)
        return intel_store_feed(g->store, str_of(g->k->key), str_of(g->k->url), g->k->now, e);
    if (!(path = realpath(g->outer.ptr, NULL)))
        return err_system(e, "%s", g->outer.ptr);
    ok = intel_store_feed(g->store, str_of(path), S(""), g->k->now, e);
    free(path);
    return ok;
}

static bool on_begin(void *ctx, const struct intel_loaded *source, str bytes, bool *wanted, struct err *e) {
    struct keeping *const g = ctx;
    str name = source->name;
    size_t const within = str_find_byte(source->path, '!');

    if (!feed_of(g, source->outer, e))
        return false;
    if (g->k->name) {
        g->name.len = 0;
        buf_add(&g->name, str_of(g->k->name));
        if (within != SIZE_MAX)
            buf_add(&g->name, str_from(source->path, within));
        if (g->name.failed)
            return no_memory(e);
        name = buf_str(&g->name);
    }

    struct intel_store_new const n = {.name = name,
                                      .path = name,
                                      .sha256 = str_of(source->sha256),
                                      .format = str_of(source->format),
                                      .about = &g->k->load.about,
                                      .twice = source->twice};

    if (!intel_store_source(g->store, &n, bytes, &g->known, e))
        return false;
    g->told = true;
    *wanted = !g->known;
    return true;
}

static bool on_ended(void *ctx, const struct intel_loaded *source, struct err *e) {
    struct keeping *const g = ctx;
    bool const known = g->told && g->known;

    if (g->told && !known && source->why.len && !intel_store_source_failed(g->store, source->why, e))
        return false;
    g->told = false;
    return !g->k->told || g->k->told(g->k->ctx, source, known, e);
}

static bool on_damage(void *ctx, str outer, str path, str why, struct err *e) {
    struct keeping *const g = ctx;

    g->broken.len = 0;
    buf_add(&g->broken, outer);
    if (g->broken.failed)
        return no_memory(e);
    return !g->k->damage || g->k->damage(g->k->ctx, path, why, e);
}

bool intel_keep(struct intel_store *s, const struct intel_keep *k, uint64_t *gone, struct err *e) {
    struct keeping g = {.store = s, .k = k};
    struct intel_load_visitor const visitor = {
        .ctx = &g, .begin = on_begin, .sink = &g.sink, .ended = on_ended, .damage = on_damage};
    bool ok;

    g.sink = (struct intel_sink){.ctx = &g,
                                 .item = on_item,
                                 .left_out = on_left_out,
                                 .label_list = on_list,
                                 .label = on_label,
                                 .group = on_group};
    ok = intel_load(&k->load, &visitor, e) && feed_end(&g, e);
    *gone = g.gone;
    buf_free(&g.outer);
    buf_free(&g.broken);
    buf_free(&g.name);
    return ok;
}
