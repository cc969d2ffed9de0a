/* group_facts: files of facts on groups (docs/formats/groups.md) read strictly: whatever is not in the language is an error with its line. */
#include <assert.h>

#include "base/instant.h"
#include "codec/yaml.h"
#include "intel/group_own.h"

#define TREE_MAX ((size_t)128 << 20)

enum key {
    KEY_NAME,
    KEY_ALIASES,
    KEY_ROLE,
    KEY_CLASS,
    KEY_STANCE,
    KEY_BY,
    KEY_ABOUT,
    KEY_QUOTE,
    KEY_ON,
    KEY_FROM,
    KEY_UNTIL,
    KEY_ALLEGED,
    KEY_IDS,
    KEY_SOURCE,
    KEY_GRADE,
    KEYS
};
static const char *const key_names[KEYS] = {"name", "aliases", "role",  "class",   "stance", "by",     "about", "quote",
                                            "on",   "from",    "until", "alleged", "ids",    "source", "grade"};
#define BIT(k) (1u << (k))
#define ALWAYS (BIT(KEY_SOURCE) | BIT(KEY_GRADE))

/* The lists of a group: what an item must say, and what it may say besides. */
static const struct section {
    const char *name;
    int type; /* enum group_fact_type; -1: aliases */
    unsigned must, may;
} sections[] = {
    {"aliases", -1, BIT(KEY_NAME), BIT(KEY_ABOUT) | BIT(KEY_BY)},
    {"parties", GROUP_PARTY, BIT(KEY_NAME) | BIT(KEY_ROLE) | BIT(KEY_BY) | BIT(KEY_ALLEGED),
     BIT(KEY_ABOUT) | BIT(KEY_QUOTE) | BIT(KEY_ON)},
    {"software", GROUP_SOFTWARE, BIT(KEY_NAME), BIT(KEY_ALIASES) | BIT(KEY_ABOUT) | BIT(KEY_FROM) | BIT(KEY_UNTIL)},
    {"techniques", GROUP_TECHNIQUE, BIT(KEY_IDS), BIT(KEY_ABOUT)},
    {"infrastructure", GROUP_INFRASTRUCTURE, BIT(KEY_CLASS) | BIT(KEY_ABOUT), BIT(KEY_FROM) | BIT(KEY_UNTIL)},
    {"activity", GROUP_ACTIVITY, BIT(KEY_ABOUT), BIT(KEY_FROM) | BIT(KEY_UNTIL) | BIT(KEY_BY) | BIT(KEY_ALLEGED)},
    {"statements", GROUP_STATEMENT, BIT(KEY_ON) | BIT(KEY_BY) | BIT(KEY_ABOUT) | BIT(KEY_STANCE),
     BIT(KEY_QUOTE) | BIT(KEY_ALLEGED)},
    {"cautions", GROUP_CAUTION, BIT(KEY_ABOUT), 0},
};

static const char *const roles[] = {"contractor", "front company", "sponsor", "person", NULL};
static const char *const stances[] = {"attributes", "overlaps", "another", "denies", NULL};
static const char *const grades[] = {"primary", "reported", "curated", "inferred", NULL};

struct reading {
    struct groups *g;
    str name;
    const struct yaml_node *sources;
    bool *cited;
    uint32_t mention;
    struct err *e;
};

static bool fail(const struct reading *r, uint32_t line, const char *what) {
    return err_set(r->e, ERR_USAGE, 0, "%.*s: line %u: %s", STR_ARG(r->name), line, what);
}

static bool keep(const struct reading *r, str s, str *out) {
    return arena_copy(r->g->arena, s, out) || group_no_memory(r->e);
}

/* One of the words, as it stands in the table. */
static bool one_of(const struct reading *r, const struct yaml_node *n, const char *const *words, const char *what,
                   size_t *which) {
    for (*which = 0; words[*which]; ++*which)
        if (str_eq(n->text, str_of(words[*which])))
            return true;
    return fail(r, n->line, what);
}

/* 2021, 2021-03 or 2021-03-18: when it begins, and when it is over. */
static bool date(str s, int64_t *from, int64_t *until) {
    static const size_t at[] = {4, 7, 10};
    struct wall w = {.year = 0, .month = 1, .day = 1, .year_given = true};
    unsigned parts = 0, value[3] = {0, 1, 1};

    while (parts < 3 && at[parts] <= s.len) {
        size_t const begin = parts ? at[parts] - 2 : 0;
        uint64_t n;

        if ((parts && s.ptr[begin - 1] != '-') || !str_u64((str){s.ptr + begin, at[parts] - begin}, 9999, &n))
            return false;
        value[parts++] = (unsigned)n;
    }
    if (!parts || s.len != at[parts - 1] || value[0] < 1970 || value[0] > 2200)
        return false;
    char text[INSTANT_TEXT];

    snprintf(text, sizeof text, "%04u-%02u-%02u", value[0], value[1], value[2]);
    if (!wall_parse(str_of(text), &w))
        return false;
    *from = wall_instant(&w);
    if (parts == 3) {
        *until = *from + INT64_C(86400) * 1000000000;
        return true;
    }
    if (parts == 1 || value[1] == 12) {
        value[0]++;
        value[1] = 1;
    } else {
        value[1]++;
    }
    snprintf(text, sizeof text, "%04u-%02u-01", value[0], value[1]);
    if (!wall_parse(str_of(text), &w))
        return false;
    *until = wall_instant(&w);
    return true;
}

static bool dated(const struct reading *r, const struct yaml_node *n, str *text, int64_t *from, int64_t *until) {
    int64_t a, z;

    if (!date(n->text, &a, &z))
        return fail(r, n->line, "a date is expected here: 2021, 2021-03 or 2021-03-18");
    if (from)
        *from = a;
    if (until)
        *until = z;
    return keep(r, n->text, text);
}

static bool source_of(const struct reading *r, const struct yaml_node *n, struct group_fact *f) {
    for (size_t i = 0; i < r->sources->count; i++) {
        const struct yaml_node *const s = r->sources->items[i];

        if (!str_eq(r->sources->keys[i], n->text))
            continue;
        r->cited[i] = true;
        return keep(r, yaml_text(s, "title"), &f->source) && keep(r, yaml_text(s, "on"), &f->source_on) &&
               keep(r, yaml_text(s, "at"), &f->source_at);
    }
    return fail(r, n->line, "there is no such source above");
}

static bool value_read(const struct reading *r, enum key k, const struct yaml_node *n, struct group_fact *f) {
    size_t which;

    if (k == KEY_IDS || k == KEY_ALIASES) {
        bool texts = n->type == YAML_LIST && n->count;

        for (size_t i = 0; texts && i < n->count; i++)
            texts =
                n->items[i]->type == YAML_SCALAR && n->items[i]->text.len && n->items[i]->text.len <= GROUP_NAME_MAX;
        return texts || fail(r, n->line, "a list of names is expected here");
    }
    if (n->type != YAML_SCALAR || !n->text.len)
        return fail(r, n->line, "a text is expected here");
    switch (k) {
    case KEY_NAME:
        return n->text.len > GROUP_NAME_MAX ? fail(r, n->line, "the name is too long") : keep(r, n->text, &f->name);
    case KEY_ROLE:
        return one_of(r, n, roles, "role is contractor, front company, sponsor or person", &which) &&
               keep(r, n->text, &f->word);
    case KEY_STANCE:
        return one_of(r, n, stances, "stance is attributes, overlaps, another or denies", &which) &&
               keep(r, n->text, &f->word);
    case KEY_CLASS:
        return keep(r, n->text, &f->word);
    case KEY_BY:
        return keep(r, n->text, &f->by);
    case KEY_ABOUT:
        return keep(r, n->text, &f->about);
    case KEY_QUOTE:
        return keep(r, n->text, &f->quote);
    case KEY_ON:
        return dated(r, n, &f->on, NULL, NULL);
    case KEY_FROM:
        return dated(r, n, &f->from, &f->valid_from, NULL);
    case KEY_UNTIL:
        return dated(r, n, &f->until, NULL, &f->valid_until);
    case KEY_ALLEGED:
        f->alleged = n->scalar == YAML_IS_TRUE;
        return n->scalar == YAML_IS_TRUE || n->scalar == YAML_IS_FALSE || fail(r, n->line, "alleged is true or false");
    case KEY_SOURCE:
        return source_of(r, n, f);
    case KEY_GRADE:
        if (!one_of(r, n, grades, "grade is primary, reported, curated or inferred", &which))
            return false;
        f->grade = (enum group_grade)which;
        return true;
    default:
        assert(false);
        return false;
    }
}

static bool put(const struct reading *r, const struct group_fact *f) {
    struct groups *const g = r->g;

    if (!group_grow((void **)&g->facts, g->fact_count, &g->fact_room, sizeof *g->facts, r->e))
        return false;
    g->facts[g->fact_count++] = (struct group_fact_of){*f, r->mention};
    return true;
}

/* What it says, as facts; also as names of the group, and as what it uses. */
static bool item_put(const struct reading *r, const struct section *s, const struct yaml_node *item,
                     struct group_fact *f) {
    struct group_mention *const m = &r->g->mentions[r->mention];
    const struct yaml_node *const ids = yaml_get(item, "ids"), *const aliases = yaml_get(item, "aliases");

    if (s->type < 0)
        return group_mention_name(r->g, m, f->name, false, r->e);
    f->type = (enum group_fact_type)s->type;
    if (f->type == GROUP_SOFTWARE) {
        if (!group_use_new(r->g, r->mention, f->name, r->e))
            return false;
        str *const names = arena_zero(r->g->arena, aliases ? aliases->count + 1 : 1, sizeof *names);

        if (!names)
            return group_no_memory(r->e);
        for (size_t i = 0; aliases && i < aliases->count; i++)
            if (!group_use_new(r->g, r->mention, aliases->items[i]->text, r->e) ||
                !keep(r, aliases->items[i]->text, &names[i]))
                return false;
        f->aliases = names;
        f->alias_count = aliases ? aliases->count : 0;
    }
    for (size_t i = 0; ids && i < ids->count; i++)
        if (!keep(r, ids->items[i]->text, &f->name) || !group_use_new(r->g, r->mention, f->name, r->e) || !put(r, f))
            return false;
    return ids || put(r, f);
}

static bool item_read(const struct reading *r, const struct section *s, const struct yaml_node *item) {
    str const none = {"", 0};
    struct group_fact f = {.name = none,
                           .word = none,
                           .by = none,
                           .about = none,
                           .quote = none,
                           .on = none,
                           .from = none,
                           .until = none,
                           .valid_from = INSTANT_NONE,
                           .valid_until = INSTANT_NONE,
                           .source = none,
                           .source_on = none,
                           .source_at = none};
    unsigned said = 0;

    if (item->type != YAML_MAP)
        return fail(r, item->line, "names with values are expected here");
    for (size_t i = 0; i < item->count; i++) {
        enum key k = KEY_NAME;

        while (k < KEYS && !str_eq(item->keys[i], str_of(key_names[k])))
            k++;
        if (k == KEYS || !((s->must | s->may | ALWAYS) & BIT(k)))
            return err_set(r->e, ERR_USAGE, 0, "%.*s: line %u: '%.*s' says nothing in %s", STR_ARG(r->name),
                           item->key_lines[i], STR_ARG(str_first(item->keys[i], 40)), s->name);
        said |= BIT(k);
        if (!value_read(r, k, item->items[i], &f))
            return false;
    }
    for (enum key k = KEY_NAME; k < KEYS; k++)
        if ((s->must | ALWAYS) & BIT(k) & ~said)
            return err_set(r->e, ERR_USAGE, 0, "%.*s: line %u: '%s' is missing in %s", STR_ARG(r->name), item->line,
                           key_names[k], s->name);
    if (f.valid_from != INSTANT_NONE && f.valid_until != INSTANT_NONE && f.valid_from >= f.valid_until)
        return fail(r, item->line, "it ends before it begins");
    return item_put(r, s, item, &f);
}

static bool sources_read(const struct reading *r, const struct yaml_node *sources) {
    static const char *const keys[] = {"title", "on", "at"};
    int64_t a, z;

    if (!sources || sources->type != YAML_MAP || !sources->count)
        return fail(r, sources ? sources->line : 1, "sources are expected: name: {title: ..., on: ..., at: ...}");
    for (size_t i = 0; i < sources->count; i++) {
        const struct yaml_node *const s = sources->items[i];

        if (s->type != YAML_MAP || !yaml_text(s, "title").len)
            return fail(r, s->line, "the source has no title");
        for (size_t k = 0; k < s->count; k++) {
            size_t w = 0;

            while (w < COUNT(keys) && !str_eq(s->keys[k], str_of(keys[w])))
                w++;
            if (w == COUNT(keys) || s->items[k]->type != YAML_SCALAR)
                return fail(r, s->key_lines[k], "a source has title, on and at, each a text");
        }
        if (yaml_get(s, "on") && !date(yaml_text(s, "on"), &a, &z))
            return fail(r, s->line, "on is a date: 2021, 2021-03 or 2021-03-18");
    }
    return true;
}

static bool group_read(struct reading *r, const struct yaml_node *doc) {
    str const name = yaml_text(doc, "group"), id = yaml_text(doc, "id");
    struct group_mention *m;

    if (doc->type != YAML_MAP || !name.len || name.len > GROUP_NAME_MAX)
        return fail(r, doc->line, "group: NAME is expected here");
    if (!sources_read(r, r->sources = yaml_get(doc, "sources")))
        return false;
    if (!(m = group_mention_new(r->g, S(GROUP_OWN_SOURCE), id, name, r->e)))
        return false;
    m->own = true;
    r->mention = (uint32_t)(m - r->g->mentions);
    for (size_t i = 0; i < doc->count; i++) {
        str const key = doc->keys[i];
        const struct yaml_node *const list = doc->items[i];
        size_t s = 0;

        if (str_eq(key, S("group")) || str_eq(key, S("sources")))
            continue;
        if (str_eq(key, S("id"))) {
            if (list->type != YAML_SCALAR || !list->text.len || list->text.len > GROUP_NAME_MAX)
                return fail(r, list->line, "an id is expected here: G0128");
            continue;
        }
        while (s < COUNT(sections) && !str_eq(key, str_of(sections[s].name)))
            s++;
        if (s == COUNT(sections))
            return err_set(r->e, ERR_USAGE, 0, "%.*s: line %u: '%.*s' is no part of a group", STR_ARG(r->name),
                           doc->key_lines[i], STR_ARG(str_first(key, 40)));
        if (list->type != YAML_LIST)
            return fail(r, list->line, "a list is expected here");
        for (size_t k = 0; k < list->count; k++)
            if (!item_read(r, &sections[s], list->items[k]))
                return false;
    }
    for (size_t i = 0; i < r->sources->count; i++)
        if (!r->cited[i])
            return err_set(r->e, ERR_USAGE, 0, "%.*s: line %u: nothing is said of source '%.*s'", STR_ARG(r->name),
                           r->sources->key_lines[i], STR_ARG(str_first(r->sources->keys[i], 40)));
    return true;
}

bool group_facts_read(struct groups *g, str name, str text, struct err *e) {
    struct arena *const a = arena_new(TREE_MAX);
    struct yaml_node **docs = NULL;
    size_t count = 0;
    bool ok = a || group_no_memory(e);

    if (ok && text.len > GROUP_BYTES_MAX)
        ok = err_set(e, ERR_LIMIT, 0, "%.*s: more than %zu MiB", STR_ARG(name), GROUP_BYTES_MAX >> 20);
    if (ok && !yaml_read(text, a, &docs, &count, e))
        ok = err_wrap(e, "%.*s", STR_ARG(name));
    for (size_t i = 0; ok && i < count; i++) {
        struct reading r = {.g = g, .name = name, .e = e};
        const struct yaml_node *const sources = yaml_get(docs[i], "sources");

        if (docs[i]->type == YAML_SCALAR && docs[i]->scalar == YAML_IS_NULL)
            continue; /* comments before the first --- */
        r.cited = arena_zero(a, sources && sources->type == YAML_MAP ? sources->count : 0, sizeof *r.cited);
        ok = r.cited ? group_read(&r, docs[i]) : group_no_memory(e);
    }
    arena_free(a);
    return ok;
}
