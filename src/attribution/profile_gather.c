/* profile_gather: what confined importers tell of bases of knowledge, file by file, kept until all are there. */
#include <stdlib.h>

#include "attribution/profile_own.h"
#include "base/compiler.h"
#include "base/hash.h"
#include "intel/import_confined.h"

#define GATHER_MEMORY ((size_t)1 << 30)
#define BASES_MAX 512u
#define USES_MAX ((size_t)4 << 20) /* all releases of ATT&CK together have some hundred thousand */
#define THINGS_MAX ((size_t)1 << 20)
#define TEXTS_MAX ((size_t)1 << 22)

bool profile_gather_new(struct profile_gathered **out, struct err *e) {
    struct profile_gathered *const g = calloc(1, sizeof *g);

    *out = NULL;
    if (!g || !(g->a = arena_new(GATHER_MEMORY))) {
        free(g);
        return profile_no_memory(e);
    }
    g->texts.seed = hash_seed();
    if (!groups_new(&g->who, e)) {
        profile_gather_free(g);
        return false;
    }
    *out = g;
    return true;
}

void profile_gather_free(struct profile_gathered *g) {
    if (!g)
        return;
    for (size_t i = 0; i < g->member_count; i++) {
        free(g->members[i].aliases);
        free(g->members[i].countries);
    }
    profile_names_free(&g->names);
    free(g->texts.of);
    free(g->texts.slots);
    free(g->bases);
    free(g->uses);
    free(g->members);
    free(g->things);
    free(g->replaced);
    free(g->victims);
    free(g->titles);
    groups_free(g->who);
    arena_free(g->a);
    free(g);
}

/* ---- texts ---- */

uint32_t profile_text_find(const struct profile_gathered *g, str text) {
    const struct profile_texts *const t = &g->texts;

    if (t->slots && text.len)
        for (uint64_t at = hash_bytes(text, t->seed); t->slots[at & t->mask]; at++)
            if (str_eq(t->of[t->slots[at & t->mask]], text))
                return t->slots[at & t->mask];
    return 0;
}

static void slot_put(struct profile_texts *t, uint32_t number) {
    uint64_t at = hash_bytes(t->of[number], t->seed);

    while (t->slots[at & t->mask])
        at++;
    t->slots[at & t->mask] = number;
}

/* Half of the slots are free, always. */
static bool texts_grow(struct profile_texts *t) {
    size_t const room = t->room ? t->room * 2 : 1024;
    str *const of = room > TEXTS_MAX ? NULL : reallocarray(t->of, room, sizeof *of);
    uint32_t *slots;

    if (!of)
        return false;
    t->of = of;
    if (!(slots = calloc(room * 2, sizeof *slots)))
        return false;
    free(t->slots);
    t->slots = slots;
    t->mask = room * 2 - 1;
    t->room = room;
    if (!t->count)
        t->of[t->count++] = S("");
    for (uint32_t i = 1; i < t->count; i++)
        slot_put(t, i);
    return true;
}

uint32_t profile_text(struct profile_gathered *g, str text) {
    struct profile_texts *const t = &g->texts;
    uint32_t const found = profile_text_find(g, text);

    if (found || !text.len)
        return found;
    if (t->count == t->room && !texts_grow(t))
        return 0;
    if (!arena_copy(g->a, text, &t->of[t->count]))
        return 0;
    slot_put(t, (uint32_t)t->count);
    return (uint32_t)t->count++;
}

/* ---- what one file says ---- */

struct hearing {
    struct profile_gathered *g;
    int64_t known;
    bool base;     /* it is one; its number is the last */
    size_t member; /* number + 1 of the one that was told last: a group comes in parts */
};

static uint32_t base_of(const struct hearing *h) {
    return (uint32_t)h->g->base_count - 1;
}

static bool too_many(struct err *e, const char *what) {
    return err_set(e, ERR_LIMIT, 0, "more %s than all that was ever published has", what);
}

static bool hear_item(void *ctx, const struct intel_item *item, struct err *e) {
    (void)ctx, (void)item, (void)e;
    return true;
}

/* Half a base of knowledge looks like a group that has stopped doing things. */
static bool hear_left_out(void *ctx, str where, str what, str why, struct err *e) {
    const struct hearing *const h = ctx;
    (void)where;

    return !h->base || !str_eq(what, S("damage")) ||
           err_set(e, ERR_CORRUPT, 0, "it is damaged: %.*s", STR_ARG(str_first(why, 150)));
}

static bool add_names(struct profile_gathered *g, str **to, size_t *count, size_t *room, const struct item_names *names,
                      struct err *e) {
    for (unsigned i = 0; i < names->count; i++) {
        if (!profile_grow((void **)to, *count, room, sizeof **to, e))
            return false;
        if (!arena_copy(g->a, names->names[i], &(*to)[*count]))
            return profile_no_memory(e);
        ++*count;
    }
    return true;
}

static bool hear_member(struct hearing *h, const struct intel_group *m, struct err *e) {
    struct profile_gathered *const g = h->g;
    uint32_t const group = profile_text(g, m->id.len ? m->id : m->name);
    struct profile_member *at = h->member ? &g->members[h->member - 1] : NULL;

    if (!group)
        return profile_no_memory(e);
    if (!at || at->group != group || !str_eq(at->name, m->name)) {
        struct profile_member const new = {.base = base_of(h), .group = group, .name = S(""), .retired = m->retired};

        if (g->member_count == GROUP_MENTIONS_MAX)
            return too_many(e, "groups");
        if (!profile_grow((void **)&g->members, g->member_count, &g->member_room, sizeof *g->members, e))
            return false;
        at = &g->members[g->member_count++];
        *at = new;
        h->member = g->member_count;
        if (!arena_copy(g->a, m->name, &at->name))
            return profile_no_memory(e);
    }
    return add_names(g, &at->aliases, &at->alias_count, &at->alias_room, &m->aliases, e) &&
           add_names(g, &at->countries, &at->country_count, &at->country_room, &m->countries, e);
}

static bool hear_group(void *ctx, const struct intel_group *m, struct err *e) {
    struct hearing *const h = ctx;

    if (!h->base)
        return true;
    return h->g->bases[base_of(h)].galaxy ? groups_add(h->g->who, h->g->bases[base_of(h)].name, m, e)
                                          : hear_member(h, m, e);
}

static bool hear_base(struct hearing *h, const struct intel_known *k, struct err *e) {
    struct profile_gathered *const g = h->g;
    struct profile_base base = {.day = profile_day_of(k->when), .known = h->known};

    if (h->base)
        return err_set(e, ERR_CORRUPT, 0, "it is said to be two bases of knowledge");
    base.galaxy = str_eq(k->word, S("galaxy"));
    if (!base.galaxy && base.day == DAY_UNKNOWN)
        return err_set(e, ERR_CORRUPT, 0, "nothing in it has a day");
    if (g->base_count == BASES_MAX)
        return too_many(e, "releases");
    if (!profile_grow((void **)&g->bases, g->base_count, &g->base_room, sizeof *g->bases, e))
        return false;
    if (!arena_copy(g->a, k->name, &base.name) || !arena_copy(g->a, k->id, &base.version))
        return profile_no_memory(e);
    for (unsigned i = 0; i < k->names.count; i++)
        if (!arena_copy(g->a, k->names.names[i], &base.domains.names[base.domains.count++]))
            return profile_no_memory(e);
    g->bases[g->base_count++] = base;
    g->releases += !base.galaxy;
    h->base = true;
    return true;
}

static bool hear_thing(struct hearing *h, const struct intel_known *k, struct err *e) {
    struct profile_gathered *const g = h->g;
    struct profile_thing thing = {.token = token_parse(k->id), .base = base_of(h)};

    if (!thing.token || token_software(thing.token) != (k->type == KNOWN_SOFTWARE))
        return true;
    thing.tool = str_eq(k->word, S("tool"));
    for (unsigned i = 0; token_software(thing.token) && i < k->names.count; i++)
        if (!profile_names_add(&g->names, g->a, k->names.names[i], thing.token, e))
            return false;
    if (token_software(thing.token) && !profile_names_add(&g->names, g->a, k->name, thing.token, e))
        return false;
    if (g->thing_count == THINGS_MAX || g->names.count > THINGS_MAX)
        return too_many(e, "techniques and software");
    if (!profile_grow((void **)&g->things, g->thing_count, &g->thing_room, sizeof *g->things, e))
        return false;
    if (!arena_copy(g->a, k->name, &thing.name))
        return profile_no_memory(e);
    g->things[g->thing_count++] = thing;
    return true;
}

static bool hear_replaced(struct profile_gathered *g, const struct intel_known *k, struct err *e) {
    struct profile_replaced const r = {token_parse(k->id), token_parse(k->name)};

    if (!r.from || !r.to || r.from == r.to || token_software(r.from) != token_software(r.to))
        return true;
    if (g->replaced_count == THINGS_MAX)
        return too_many(e, "techniques");
    if (!profile_grow((void **)&g->replaced, g->replaced_count, &g->replaced_room, sizeof *g->replaced, e))
        return false;
    g->replaced[g->replaced_count++] = r;
    return true;
}

static bool title_put(struct profile_gathered *g, uint32_t source, str title) {
    if (source >= g->title_room) {
        size_t const room = source * 2 + 1024;
        str *const more = reallocarray(g->titles, room, sizeof *more);

        if (!more)
            return false;
        for (size_t i = g->title_room; i < room; i++)
            more[i] = S("");
        g->titles = more;
        g->title_room = room;
    }
    return g->titles[source].len || arena_copy(g->a, title, &g->titles[source]);
}

static bool hear_use(struct hearing *h, const struct intel_known *k, struct err *e) {
    struct profile_gathered *const g = h->g;
    struct profile_use use = {.base = base_of(h), .token = token_parse(k->id), .day = profile_day_of(k->when)};

    if (!use.token || !k->group.len || token_software(use.token) != !str_eq(k->word, S("technique")))
        return true;
    if (g->use_count == USES_MAX)
        return too_many(e, "statements");
    use.group = profile_text(g, k->group);
    use.source = profile_text(g, k->source);
    if (!use.group || (k->source.len && !use.source) || (use.source && !title_put(g, use.source, k->title)))
        return profile_no_memory(e);
    if (!profile_grow((void **)&g->uses, g->use_count, &g->use_room, sizeof *g->uses, e))
        return false;
    g->uses[g->use_count++] = use;
    return true;
}

static bool hear_victims(struct hearing *h, const struct intel_known *k, struct err *e) {
    struct profile_gathered *const g = h->g;
    struct profile_victim v = {.base = base_of(h), .sector = str_eq(k->word, S("sector"))};

    if (!k->group.len)
        return true;
    if (!(v.group = profile_text(g, k->group)))
        return profile_no_memory(e);
    for (unsigned i = 0; i < k->names.count; i++) {
        if (g->victim_count == THINGS_MAX)
            return too_many(e, "victims");
        if (!profile_grow((void **)&g->victims, g->victim_count, &g->victim_room, sizeof *g->victims, e))
            return false;
        if (!arena_copy(g->a, k->names.names[i], &v.word))
            return profile_no_memory(e);
        g->victims[g->victim_count++] = v;
    }
    return true;
}

static bool hear_known(void *ctx, const struct intel_known *k, struct err *e) {
    struct hearing *const h = ctx;

    if (k->type == KNOWN_BASE)
        return hear_base(h, k, e);
    if (!h->base)
        return err_set(e, ERR_CORRUPT, 0, "what is said of it comes before what it is");
    switch (k->type) {
    case KNOWN_TECHNIQUE:
    case KNOWN_SOFTWARE:
        return hear_thing(h, k, e);
    case KNOWN_REPLACED:
        return hear_replaced(h->g, k, e);
    case KNOWN_USE:
        return hear_use(h, k, e);
    case KNOWN_VICTIMS:
        return hear_victims(h, k, e);
    case KNOWN_BASE:
        break;
    }
    return true;
}

static bool gather(struct profile_gathered *g, str name, str bytes, const struct importer *importer, int64_t known,
                   bool confined, struct err *e) {
    struct hearing h = {.g = g, .known = known};
    struct intel_sink const sink = {
        .ctx = &h, .item = hear_item, .left_out = hear_left_out, .group = hear_group, .known = hear_known};
    struct import_about const about = {.name = name,
                                       .confidence = ITEM_CONFIDENCE_UNSAID,
                                       .group = S(""),
                                       .origin = S(""),
                                       .valid_from = INSTANT_NONE,
                                       .valid_until = INSTANT_NONE};
    const struct importer *used;

    return confined ? import_confined(bytes, importer, &about, NULL, &sink, &used, e)
                    : import_bytes(bytes, importer, &about, &sink, &used, e);
}

bool profile_gather_bytes(struct profile_gathered *g, str name, str bytes, const struct importer *importer,
                          int64_t known, struct err *e) {
    return gather(g, name, bytes, importer, known, true, e);
}

bool profile_gather_open(struct profile_gathered *g, str bytes, const struct importer *importer, int64_t known,
                         struct err *e) {
    return gather(g, S(""), bytes, importer, known, false, e);
}
