/* group: mentions into groups: a union of mentions by id, then rounds in which each group without a number of ATT&CK looks for the one
 * that it is. All decisions of a round are made on what stood before it, so that no order of mentions or of rounds' steps matters. */
#include "intel/group.h"

#include <assert.h>

#include "event/fold.h"
#include "intel/group_own.h"

#define HOLDERS_MAX 16u /* a name that more mentions have is everybody's, and joins nothing */
#define SAME_MAX 16u    /* groups without a number that may turn out to be one in one step */
#define ROUNDS_MAX 64u

static const str none = {"", 0};

str group_grade_name(enum group_grade g) {
    static const str names[] = {STR("primary"), STR("reported"), STR("curated"), STR("inferred")};

    assert(g < COUNT(names));
    return names[g];
}

str group_fact_type_name(enum group_fact_type t) {
    static const str names[] = {STR("party"),    STR("software"),  STR("technique"), STR("infrastructure"),
                                STR("activity"), STR("statement"), STR("caution")};

    assert(t < COUNT(names));
    return names[t];
}

/* ---- building ---- */

bool group_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for what is known of groups");
}

bool group_grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    if (count < *room)
        return true;
    size_t const more = *room ? *room * 2 : 4;
    void *const grown = reallocarray(*items, more, size);

    if (!grown)
        return group_no_memory(e);
    *items = grown;
    *room = more;
    return true;
}

/* G and four digits: a number of ATT&CK, as a key. */
static bool is_number(str key) {
    if (key.len != 5 || key.ptr[0] != 'g')
        return false;
    for (size_t i = 1; i < 5; i++)
        if (key.ptr[i] < '0' || key.ptr[i] > '9')
            return false;
    return true;
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

size_t group_spelling(str name, char *out) {
    size_t const folded = fold_text(name, out);
    size_t used = 0, words = 0, word = 0, first_end = 0, last = 0;
    bool in = false;

    for (size_t i = 0; i < folded; i++) {
        if (!is_word(out[i])) {
            in = false;
            continue;
        }
        if (!in) {
            if (words == 1)
                first_end = used;
            last = used;
            words++;
            in = true;
        }
        out[used++] = out[i];
        word = used - last;
    }
    if (words > 1 && word == 5 && memcmp(out + last, "group", 5) == 0) {
        used = last;
        words--;
    }
    if (words > 1 && first_end == 3 && memcmp(out, "the", 3) == 0) {
        memmove(out, out + 3, used - 3);
        used -= 3;
    }
    return used;
}

bool group_key_of(str name, struct arena *a, str *key) {
    char room[2 * GROUP_NAME_MAX + 16];

    *key = none;
    if (name.len > GROUP_NAME_MAX)
        return true;
    return arena_copy(a, (str){room, group_spelling(name, room)}, key);
}

/* "ZIRCONIUM - G0128" into name and number; a name without one: number is "". */
static str split_number(str *name) {
    char key[32];
    str number = none;

    if (name->len > 8 && str_eq((str){name->ptr + name->len - 8, 3}, S(" - "))) {
        number = str_from(*name, name->len - 5);
        if (!is_number((str){key, group_spelling(number, key)}))
            return none;
        *name = str_trim(str_first(*name, name->len - 8));
    }
    return number;
}

bool group_mention_name(struct groups *g, struct group_mention *m, str name, bool first, struct err *e) {
    struct group_name n = {.first = first};

    name = str_trim(name);
    if (!name.len || name.len > GROUP_NAME_MAX)
        return true;
    if (!arena_copy(g->arena, name, &n.spelled) || !group_key_of(name, g->arena, &n.key))
        return group_no_memory(e);
    if (!n.key.len)
        return true;
    if (!group_grow((void **)&m->names, m->name_count, &m->name_room, sizeof *m->names, e))
        return false;
    m->names[m->name_count++] = n;
    return true;
}

struct group_mention *group_mention_new(struct groups *g, str source, str id, str name, struct err *e) {
    struct group_mention m = {.source = none, .id = none, .number = none, .former = none};
    str number, key;

    name = str_trim(name);
    number = split_number(&name);
    if (g->mention_count == GROUP_MENTIONS_MAX) {
        err_set(e, ERR_LIMIT, 0, "more than %u groups", GROUP_MENTIONS_MAX);
        return NULL;
    }
    if (!group_grow((void **)&g->mentions, g->mention_count, &g->mention_room, sizeof m, e))
        return NULL;
    if (id.len > GROUP_NAME_MAX)
        id = none;
    if (!arena_copy(g->arena, source, &m.source) || !arena_copy(g->arena, id, &m.id) ||
        !group_key_of(id, g->arena, &key)) {
        group_no_memory(e);
        return NULL;
    }
    if (is_number(key))
        m.number = key;
    else if (number.len && !group_key_of(number, g->arena, &m.number)) {
        group_no_memory(e);
        return NULL;
    }
    if (!group_mention_name(g, &m, name, true, e) || m.name_count == 0) {
        free(m.names);
        return NULL;
    }
    g->mentions[g->mention_count] = m;
    return &g->mentions[g->mention_count++];
}

bool group_use_new(struct groups *g, uint32_t mention, str what, struct err *e) {
    struct group_use u = {.mention = mention};

    if (g->use_count == GROUP_USES_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u uses of groups", GROUP_USES_MAX);
    if (!group_grow((void **)&g->uses, g->use_count, &g->use_room, sizeof u, e))
        return false;
    if (!group_key_of(what, g->arena, &u.key))
        return group_no_memory(e);
    if (u.key.len)
        g->uses[g->use_count++] = u;
    return true;
}

bool groups_new(struct groups **out, struct err *e) {
    struct groups *const g = calloc(1, sizeof *g);

    if (!g || !(g->arena = arena_new(GROUP_KEPT_MAX))) {
        groups_free(g);
        return group_no_memory(e);
    }
    g->sink_source = none;
    for (size_t i = 0; i < groups_builtin_count; i++)
        if (!group_facts_read(g, groups_builtin[i].path, groups_builtin[i].text, e)) {
            groups_free(g);
            return false;
        }
    *out = g;
    return true;
}

void groups_free(struct groups *g) {
    if (!g)
        return;
    for (size_t i = 0; i < g->mention_count; i++) {
        free(g->mentions[i].names);
        free(g->mentions[i].countries);
    }
    free(g->mentions);
    free(g->uses);
    free(g->facts);
    arena_free(g->arena);
    free(g);
}

bool groups_load(struct groups *g, str name, str text, struct err *e) {
    assert(!g->joined);
    return group_facts_read(g, name, text, e);
}

bool groups_add(struct groups *g, str source, const struct intel_group *m, struct err *e) {
    struct err failed = {0};
    struct group_mention *to;

    assert(!g->joined);
    to = group_mention_new(g, source, m->id, m->name, &failed);
    if (!to) {
        if (failed.code == ERR_NONE)
            return true;
        *e = failed;
        return false;
    }
    to->retired = m->retired;
    for (unsigned i = 0; i < m->aliases.count; i++)
        if (!group_mention_name(g, to, m->aliases.names[i], false, e))
            return false;
    for (unsigned i = 0; i < m->countries.count; i++) {
        str const country = str_first(m->countries.names[i], GROUP_NAME_MAX);

        if (!country.len)
            continue;
        if (!group_grow((void **)&to->countries, to->country_count, &to->country_room, sizeof *to->countries, e))
            return false;
        if (!arena_copy(g->arena, country, &to->countries[to->country_count]))
            return group_no_memory(e);
        to->country_count++;
    }
    uint32_t const mention = (uint32_t)(to - g->mentions);

    for (unsigned i = 0; i < m->techniques.count; i++)
        if (!group_use_new(g, mention, m->techniques.names[i], e))
            return false;
    for (unsigned i = 0; i < m->malware.count; i++)
        if (!group_use_new(g, mention, m->malware.names[i], e))
            return false;
    return true;
}

static bool sink_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)ctx, (void)where, (void)what, (void)why, (void)e;
    return true;
}

static bool sink_item(void *ctx, const struct intel_item *item, struct err *e) {
    (void)ctx, (void)item, (void)e;
    return true;
}

static bool sink_group(void *ctx, const struct intel_group *m, struct err *e) {
    struct groups *const g = ctx;

    return groups_add(g, g->sink_source, m, e);
}

struct intel_sink groups_sink(struct groups *g, str source) {
    g->sink_source = source;
    return (struct intel_sink){.ctx = g, .item = sink_item, .left_out = sink_left_out, .group = sink_group};
}

/* ---- joining ---- */

/* While it is joined. */
struct joining {
    struct groups *g;
    struct group_holder *holders; /* by key, then mention */
    size_t holder_count;
    uint32_t *next; /* of each mention: the next one of its group; UINT32_MAX */
    bool *apart;    /* of each root: it fits several groups of ATT&CK */
    uint32_t *join; /* of each root: what it joins in this round; itself: nothing */
};

/* A group that shares names with the one in question. */
struct candidate {
    uint32_t root;
    size_t shared;      /* keys that both have, by different sources */
    bool first, firsts; /* the first name of one is a name of the other; of both it is the first */
    bool number;
    const struct group_holder *key; /* that was counted last */
};
#define CANDIDATES_MAX 256u

static uint32_t root_of(struct groups *g, uint32_t m) {
    while (g->mentions[m].up != m) {
        g->mentions[m].up = g->mentions[g->mentions[m].up].up;
        m = g->mentions[m].up;
    }
    return m;
}

/* The smaller number becomes the root: mentions are sorted, so which it is depends on nothing else. */
static void unite(struct groups *g, uint32_t a, uint32_t b) {
    a = root_of(g, a);
    b = root_of(g, b);
    if (a == b)
        return;
    uint32_t const low = a < b ? a : b, high = a < b ? b : a;
    struct group_mention *const l = &g->mentions[low], *const h = &g->mentions[high];

    assert(!l->number.len || !h->number.len || str_eq(l->number, h->number));
    if (!l->number.len)
        l->number = h->number;
    h->up = low;
}

static int by_mention(const void *a, const void *b) {
    const struct group_mention *const x = a, *const y = b;
    int c = (int)y->own - (int)x->own;

    if (!c)
        c = (int)!x->number.len - (int)!y->number.len;
    if (!c)
        c = (int)x->retired - (int)y->retired;
    if (!c)
        c = str_cmp(x->source, y->source);
    if (!c)
        c = str_cmp(x->id, y->id);
    if (!c)
        c = str_cmp(x->number, y->number);
    if (!c)
        c = str_cmp(x->names[0].key, y->names[0].key);
    return c ? c : str_cmp(x->names[0].spelled, y->names[0].spelled);
}

static int by_name(const void *a, const void *b) {
    const struct group_name *const x = a, *const y = b;
    int c = (int)y->first - (int)x->first;

    if (!c)
        c = str_cmp(x->key, y->key);
    return c ? c : str_cmp(x->spelled, y->spelled);
}

static int by_text(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

static size_t distinct(str *texts, size_t count) {
    size_t kept = 0;

    if (count)
        qsort(texts, count, sizeof *texts, by_text);
    for (size_t i = 0; i < count; i++)
        if (!kept || !str_eq(texts[i], texts[kept - 1]))
            texts[kept++] = texts[i];
    return kept;
}

/* Takes the names and countries of `from`, which is empty then. */
static bool absorb(struct group_mention *to, struct group_mention *from, struct err *e) {
    for (size_t i = 0; i < from->name_count; i++) {
        if (!group_grow((void **)&to->names, to->name_count, &to->name_room, sizeof *to->names, e))
            return false;
        to->names[to->name_count++] = from->names[i];
    }
    for (size_t i = 0; i < from->country_count; i++) {
        if (!group_grow((void **)&to->countries, to->country_count, &to->country_room, sizeof *to->countries, e))
            return false;
        to->countries[to->country_count++] = from->countries[i];
    }
    from->name_count = from->country_count = 0;
    return true;
}

/* Mentions in one order, those of one source, id and name as one. Facts keep to theirs. */
static bool sort_mentions(struct groups *g, struct err *e) {
    uint32_t *const place = calloc(g->mention_count + 1, sizeof *place);
    size_t kept = 0;

    if (!place)
        return group_no_memory(e);
    for (size_t i = 0; i < g->mention_count; i++)
        g->mentions[i].up = (uint32_t)i; /* where it was */
    if (g->mention_count)
        qsort(g->mentions, g->mention_count, sizeof *g->mentions, by_mention);
    for (size_t i = 0; i < g->mention_count; i++) {
        struct group_mention *const m = &g->mentions[i];
        struct group_mention *const last = kept ? &g->mentions[kept - 1] : NULL;
        uint32_t const was = m->up;

        if (last && str_eq(last->source, m->source) && str_eq(last->id, m->id) && str_eq(last->number, m->number) &&
            last->retired == m->retired && last->own == m->own && str_eq(last->names[0].key, m->names[0].key)) {
            if (!absorb(last, m, e)) {
                free(place);
                return false;
            }
            free(m->names);
            free(m->countries);
        } else if (kept != i) {
            g->mentions[kept++] = *m;
        } else {
            kept++;
        }
        place[was] = (uint32_t)(kept - 1);
    }
    g->mention_count = kept;
    for (size_t i = 0; i < g->fact_count; i++)
        g->facts[i].mention = place[g->facts[i].mention];
    for (size_t i = 0; i < g->use_count; i++)
        g->uses[i].mention = place[g->uses[i].mention];
    free(place);
    for (size_t i = 0; i < kept; i++) {
        struct group_mention *const m = &g->mentions[i];
        size_t names = 0;

        m->up = (uint32_t)i;
        m->country_count = distinct(m->countries, m->country_count);
        qsort(m->names, m->name_count, sizeof *m->names, by_name);
        for (size_t k = 0; k < m->name_count; k++)
            if (!names || (!str_eq(m->names[k].spelled, m->names[names - 1].spelled) &&
                           !str_eq(m->names[k].spelled, m->names[0].spelled)))
                m->names[names++] = m->names[k];
        m->name_count = names;
    }
    return true;
}

static int by_holder(const void *a, const void *b) {
    const struct group_holder *const x = a, *const y = b;
    int const c = str_cmp(x->key, y->key);

    if (c)
        return c;
    if (x->mention != y->mention)
        return x->mention < y->mention ? -1 : 1;
    return (int)y->first - (int)x->first;
}

static bool collect_holders(struct joining *j, struct err *e) {
    struct groups *const g = j->g;
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < g->mention_count; i++)
        count += g->mentions[i].name_count;
    if (!(j->holders = calloc(count + 1, sizeof *j->holders)))
        return group_no_memory(e);
    for (size_t i = 0; i < g->mention_count; i++)
        for (size_t k = 0; k < g->mentions[i].name_count; k++)
            j->holders[j->holder_count++] =
                (struct group_holder){g->mentions[i].names[k].key, (uint32_t)i, g->mentions[i].names[k].first};
    qsort(j->holders, count, sizeof *j->holders, by_holder);
    /* one for each mention: that it is the first name counts */
    for (size_t i = 0; i < count; i++)
        if (!kept || j->holders[i].mention != j->holders[kept - 1].mention ||
            !str_eq(j->holders[i].key, j->holders[kept - 1].key))
            j->holders[kept++] = j->holders[i];
    j->holder_count = kept;
    return true;
}

/* The holders of a key. */
static const struct group_holder *holders_of(const struct joining *j, str key, size_t *count) {
    size_t low = 0, high = j->holder_count;

    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (str_cmp(j->holders[mid].key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (*count = 0; low + *count < j->holder_count && str_eq(j->holders[low + *count].key, key);)
        ++*count;
    return &j->holders[low];
}

/* An index of mentions by a key of theirs. */
struct by_id {
    str id;
    uint32_t mention;
};

static int by_id(const void *a, const void *b) {
    const struct by_id *const x = a, *const y = b;
    int const c = str_cmp(x->id, y->id);

    return c ? c : (x->mention > y->mention) - (x->mention < y->mention);
}

static uint32_t find_id(const struct by_id *ids, size_t count, str id) {
    size_t low = 0, high = count;

    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (str_cmp(ids[mid].id, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && str_eq(ids[low].id, id) ? ids[low].mention : UINT32_MAX;
}

static bool join_ids(struct joining *j, struct err *e) {
    struct groups *const g = j->g;
    size_t count = 0;
    struct by_id *const ids = calloc(2 * g->mention_count + 1, sizeof *ids);

    if (!ids)
        return group_no_memory(e);
    for (uint32_t i = 0; i < g->mention_count; i++) {
        struct group_mention *const m = &g->mentions[i];

        /* A withdrawn number separates nothing. */
        if (m->retired)
            continue;
        if (m->number.len)
            ids[count++] = (struct by_id){m->number, i};
        else if (m->id.len)
            ids[count++] = (struct by_id){m->id, i};
    }
    qsort(ids, count, sizeof *ids, by_id);
    for (size_t i = 1; i < count; i++)
        if (str_eq(ids[i].id, ids[i - 1].id))
            unite(g, ids[i - 1].mention, ids[i].mention);
    for (uint32_t i = 0; i < g->mention_count; i++) {
        struct group_mention *const m = &g->mentions[i];

        if (!m->retired)
            continue;
        /* its number finds it, and nothing else; unless another source has the number in force */
        uint32_t const to = m->number.len ? find_id(ids, count, m->number) : UINT32_MAX;

        m->former = m->number;
        m->number = none;
        if (to != UINT32_MAX)
            unite(g, i, to);
    }
    for (uint32_t i = 0; i < g->mention_count; i++) {
        const struct group_mention *const m = &g->mentions[i];
        str number = none;
        bool several = false;

        if (g->mentions[root_of(g, i)].number.len)
            continue;
        for (size_t k = 0; k < m->name_count; k++)
            if (is_number(m->names[k].key) && !str_eq(m->names[k].key, number)) {
                several = number.len != 0;
                number = m->names[k].key;
                if (several)
                    break;
            }
        uint32_t const to = number.len && !several ? find_id(ids, count, number) : UINT32_MAX;

        if (to == UINT32_MAX)
            continue;
        /* Unless its first name is that of another number. */
        size_t holders;
        const struct group_holder *const h = holders_of(j, m->names[0].key, &holders);
        bool other = false;

        for (size_t k = 0; k < holders && k < HOLDERS_MAX; k++) {
            const struct group_mention *const n = &g->mentions[root_of(g, h[k].mention)];

            other = other || (h[k].first && n->number.len && !str_eq(n->number, number) && h[k].mention != i);
        }
        if (!other)
            unite(g, i, to);
    }
    free(ids);
    return true;
}

/* All mentions of a group behind one another. */
static void link_groups(struct joining *j) {
    struct groups *const g = j->g;

    for (uint32_t i = 0; i < g->mention_count; i++)
        j->next[i] = UINT32_MAX;
    for (uint32_t i = (uint32_t)g->mention_count; i-- > 0;) {
        uint32_t const root = root_of(g, i);

        if (root != i) {
            j->next[i] = j->next[root];
            j->next[root] = i;
        }
    }
}

/* The candidate of that root, perhaps new; NULL: there are too many. */
static struct candidate *candidate_of(struct joining *j, struct candidate *all, size_t *count, uint32_t root) {
    size_t c = 0;

    while (c < *count && all[c].root != root)
        c++;
    if (c == *count) {
        if (c == CANDIDATES_MAX)
            return NULL;
        all[(*count)++] = (struct candidate){.root = root, .number = j->g->mentions[root].number.len != 0};
    }
    return &all[c];
}

/* The groups with which root has a name in common, in no order. *full: there are more than fit. */
static size_t candidates_of(struct joining *j, uint32_t root, struct candidate *out, bool *full) {
    struct groups *const g = j->g;
    size_t count = 0;

    *full = false;
    for (uint32_t i = root; i != UINT32_MAX; i = j->next[i])
        for (size_t k = 0; k < g->mentions[i].name_count; k++) {
            str const key = g->mentions[i].names[k].key;
            uint32_t roots[HOLDERS_MAX];
            size_t holders, own = SIZE_MAX;
            const struct group_holder *const h = holders_of(j, key, &holders);

            if (holders > HOLDERS_MAX || is_number(key) || (k && str_eq(key, g->mentions[i].names[k - 1].key)))
                continue;
            for (size_t x = holders; x-- > 0;) {
                roots[x] = root_of(g, h[x].mention);
                own = roots[x] == root ? x : own;
            }
            assert(own < holders);
            if (h[own].mention != i)
                continue; /* that mention's names tell of this key */
            for (size_t x = 0; x < holders; x++) {
                struct candidate *const c = roots[x] == root ? NULL : candidate_of(j, out, &count, roots[x]);
                bool by_others = false;

                *full = *full || (roots[x] != root && !c);
                for (size_t y = 0; c && y < holders; y++) {
                    if (roots[y] != root)
                        continue;
                    c->first |= h[x].first || h[y].first;
                    c->firsts |= h[x].first && h[y].first;
                    /* a source that lists two groups means two */
                    by_others |= !str_eq(g->mentions[h[x].mention].source, g->mentions[h[y].mention].source);
                }
                if (by_others && c->key != &h[own]) {
                    c->key = &h[own];
                    c->shared++;
                }
            }
        }
    return count;
}

static bool fits(const struct candidate *c) {
    return c->first || c->shared >= 2;
}

/* What a group without a number joins: a root, or itself. */
static uint32_t choose(struct joining *j, uint32_t root, bool numbers) {
    struct candidate all[CANDIDATES_MAX], fitting[CANDIDATES_MAX];
    bool full;
    size_t const count = candidates_of(j, root, all, &full);
    size_t kept = 0, firsts = 0, which = 0;

    for (size_t i = 0; i < count; i++)
        if (fits(&all[i]) && all[i].number == numbers && !j->apart[all[i].root])
            fitting[kept++] = all[i];
    for (size_t i = 0; i < kept; i++)
        if (fitting[i].firsts) {
            firsts++;
            which = i;
        }
    if (full || !kept || (!numbers && kept > SAME_MAX))
        return root;
    if (firsts == 1)
        return fitting[which].root;
    if (numbers) {
        if (kept > 1)
            j->apart[root] = true;
        return kept == 1 ? fitting[0].root : root;
    }
    /* Without numbers several may be the same: then each of them fits each other. */
    uint32_t low = fitting[0].root;

    for (size_t i = 0; i < kept; i++) {
        struct candidate others[CANDIDATES_MAX];
        size_t const found = candidates_of(j, fitting[i].root, others, &full);

        low = fitting[i].root < low ? fitting[i].root : low;
        for (size_t k = 0; k < kept; k++) {
            bool same = k == i;

            for (size_t x = 0; x < found && !same; x++)
                same = others[x].root == fitting[k].root && fits(&others[x]);
            if (!same)
                return root;
        }
    }
    return low;
}

static bool round_of(struct joining *j, bool numbers) {
    struct groups *const g = j->g;
    bool any = false;

    link_groups(j);
    for (uint32_t i = 0; i < g->mention_count; i++) {
        j->join[i] = i;
        if (root_of(g, i) == i && !g->mentions[i].number.len && !j->apart[i])
            j->join[i] = choose(j, i, numbers);
    }
    for (uint32_t i = 0; i < g->mention_count; i++)
        if (j->join[i] != i && !j->apart[i]) {
            unite(g, i, j->join[i]);
            any = true;
        }
    return any;
}

/* ---- telling ---- */

/* A name and who says it. */
struct claim {
    const struct group_name *name;
    uint32_t mention;
};

/* Mentions are sorted, ours first: of one key the first claim's spelling counts. */
static int by_claim(const void *a, const void *b) {
    const struct claim *const x = a, *const y = b;
    int c = str_cmp(x->name->key, y->name->key);

    if (!c)
        c = (x->mention > y->mention) - (x->mention < y->mention);
    return c ? c : (x->name > y->name) - (x->name < y->name);
}

static int by_alias_name(const void *a, const void *b) {
    return str_cmp(((const struct group_alias *)a)->name, ((const struct group_alias *)b)->name);
}

static bool tell_alias(struct joining *j, uint32_t root, const struct claim *claims, size_t count,
                       struct group_alias *out, struct err *e) {
    struct groups *const g = j->g;
    str *const sources = arena_zero(g->arena, count, sizeof *sources);
    size_t holders;
    const struct group_holder *const h = holders_of(j, claims[0].name->key, &holders);

    if (!sources)
        return group_no_memory(e);
    for (size_t i = 0; i < count; i++)
        sources[i] = g->mentions[claims[i].mention].source;
    *out = (struct group_alias){claims[0].name->spelled, sources, distinct(sources, count), false};
    for (size_t x = 0; x < holders; x++)
        out->shared = out->shared || root_of(g, h[x].mention) != root;
    return true;
}

static bool tell_names(struct joining *j, uint32_t root, struct group *out, struct err *e) {
    struct groups *const g = j->g;
    size_t count = 0, kept = 0;
    struct claim *claims;
    struct group_alias *aliases;
    bool ok;

    for (uint32_t i = root; i != UINT32_MAX; i = j->next[i])
        count += g->mentions[i].name_count;
    claims = calloc(count + 1, sizeof *claims);
    aliases = arena_zero(g->arena, count, sizeof *aliases);
    ok = (claims && aliases) || group_no_memory(e);
    count = 0;
    for (uint32_t i = root; ok && i != UINT32_MAX; i = j->next[i])
        for (size_t k = 0; k < g->mentions[i].name_count; k++)
            if (!is_number(g->mentions[i].names[k].key))
                claims[count++] = (struct claim){&g->mentions[i].names[k], i};
    if (ok && count)
        qsort(claims, count, sizeof *claims, by_claim);
    for (size_t i = 0, end; ok && i < count; i = end) {
        for (end = i + 1; end < count && str_eq(claims[end].name->key, claims[i].name->key);)
            end++;
        ok = tell_alias(j, root, claims + i, end - i, &aliases[kept++], e);
    }
    free(claims);
    if (ok && kept)
        qsort(aliases, kept, sizeof *aliases, by_alias_name);
    out->aliases = aliases;
    out->alias_count = kept;
    return ok;
}

static bool tell_countries(struct joining *j, uint32_t root, struct group *out, struct err *e) {
    struct groups *const g = j->g;
    struct group_alias *countries;
    size_t count = 0, kept = 0;

    for (uint32_t i = root; i != UINT32_MAX; i = j->next[i])
        count += g->mentions[i].country_count;
    if (!(countries = arena_zero(g->arena, count, sizeof *countries)))
        return group_no_memory(e);
    for (uint32_t i = root; i != UINT32_MAX; i = j->next[i])
        for (size_t k = 0; k < g->mentions[i].country_count; k++)
            countries[kept++] = (struct group_alias){g->mentions[i].countries[k], &g->mentions[i].source, 1, false};
    if (kept)
        qsort(countries, kept, sizeof *countries, by_alias_name);
    for (size_t i = 0, end; i < kept; i = end) {
        str *sources;

        for (end = i + 1; end < kept && str_eq(countries[end].name, countries[i].name);)
            end++;
        if (!(sources = arena_zero(g->arena, end - i, sizeof *sources)))
            return group_no_memory(e);
        for (size_t k = i; k < end; k++)
            sources[k - i] = *countries[k].sources;
        countries[out->country_count++] =
            (struct group_alias){countries[i].name, sources, distinct(sources, end - i), false};
    }
    out->countries = countries;
    return true;
}

static bool tell_facts(struct joining *j, uint32_t root, struct group *out, struct err *e) {
    struct groups *const g = j->g;
    struct group_fact *facts;
    size_t count = 0;

    if (!g->mentions[root].own) /* mentions are sorted, ours first */
        return true;
    for (size_t i = 0; i < g->fact_count; i++)
        count += root_of(g, g->facts[i].mention) == root;
    if (!(facts = arena_zero(g->arena, count, sizeof *facts)))
        return group_no_memory(e);
    for (enum group_fact_type t = GROUP_PARTY; t < GROUP_FACT_TYPES; t++)
        for (size_t i = 0; i < g->fact_count; i++)
            if (g->facts[i].fact.type == t && root_of(g, g->facts[i].mention) == root)
                facts[out->fact_count++] = g->facts[i].fact;
    assert(out->fact_count == count);
    out->facts = facts;
    return true;
}

static bool tell(struct joining *j, uint32_t root, struct group *out, struct err *e) {
    struct groups *const g = j->g;
    size_t count = 0;
    str *sources, *ids;

    *out = (struct group){.name = g->mentions[root].names[0].spelled, .id = none, .withdrawn = true};
    for (uint32_t i = root; i != UINT32_MAX; i = j->next[i])
        count++;
    sources = arena_zero(g->arena, count, sizeof *sources);
    ids = arena_zero(g->arena, 2 * count, sizeof *ids);
    if (!sources || !ids)
        return group_no_memory(e);
    for (uint32_t i = root; i != UINT32_MAX; i = j->next[i]) {
        const struct group_mention *const m = &g->mentions[i];

        sources[out->source_count++] = m->source;
        if (m->id.len)
            ids[out->id_count++] = m->id;
        out->withdrawn = out->withdrawn && m->retired;
    }
    out->source_count = distinct(sources, out->source_count);
    out->sources = sources;
    if (g->mentions[root].number.len) {
        char *const number = arena_bytes(g->arena, g->mentions[root].number.len);

        if (!number)
            return group_no_memory(e);
        memcpy(number, g->mentions[root].number.ptr, g->mentions[root].number.len);
        number[0] = 'G';
        ids[out->id_count++] = out->id = (str){number, g->mentions[root].number.len};
    }
    out->id_count = distinct(ids, out->id_count);
    out->ids = ids;
    if (!out->id.len && out->id_count)
        out->id = ids[0];
    return tell_names(j, root, out, e) && tell_countries(j, root, out, e) && tell_facts(j, root, out, e);
}

/* ---- the index ---- */

struct told {
    struct group group;
    uint32_t root;
};

static int by_told(const void *a, const void *b) {
    const struct told *const x = a, *const y = b;
    int const c = str_cmp(x->group.name, y->group.name);

    return c ? c : (x->root > y->root) - (x->root < y->root);
}

/* A key of a group; first: its first name. */
struct entry {
    str key;
    uint32_t group;
    bool first;
};

static int by_entry(const void *a, const void *b) {
    const struct entry *const x = a, *const y = b;
    int c = str_cmp(x->key, y->key);

    if (!c)
        c = (x->group > y->group) - (x->group < y->group);
    return c ? c : (int)y->first - (int)x->first;
}

static int first_first(const void *a, const void *b) {
    const struct entry *const x = a, *const y = b;
    int const c = (int)y->first - (int)x->first;

    return c ? c : (x->group > y->group) - (x->group < y->group);
}

/* Entries into keys with their groups; sorted. */
static bool index_of(struct groups *g, struct entry *entries, size_t count, struct group_key **keys, size_t *key_count,
                     struct err *e) {
    size_t kept = 0;

    if (count)
        qsort(entries, count, sizeof *entries, by_entry);
    for (size_t i = 0; i < count; i++)
        if (!kept || entries[i].group != entries[kept - 1].group || !str_eq(entries[i].key, entries[kept - 1].key))
            entries[kept++] = entries[i];
    if (!(*keys = arena_zero(g->arena, kept, sizeof **keys)))
        return group_no_memory(e);
    for (size_t i = 0, end; i < kept; i = end) {
        const struct group **groups;

        for (end = i; end < kept && str_eq(entries[end].key, entries[i].key);)
            end++;
        if (!(groups = arena_zero(g->arena, end - i, sizeof *groups)))
            return group_no_memory(e);
        qsort(entries + i, end - i, sizeof *entries, first_first);
        for (size_t k = i; k < end; k++)
            groups[k - i] = &g->list[entries[k].group];
        (*keys)[(*key_count)++] = (struct group_key){entries[i].key, groups, end - i};
    }
    return true;
}

static const struct group_key *key_find(const struct group_key *keys, size_t count, str key) {
    size_t low = 0, high = count;

    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (str_cmp(keys[mid].key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && str_eq(keys[low].key, key) ? &keys[low] : NULL;
}

/* Two groups of one name: the later ones get their source behind it, or their id. */
static bool part_names(struct groups *g, struct told *all, struct err *e) {
    for (size_t i = 0; i < g->count;) {
        size_t end = i + 1;

        while (end < g->count && str_eq(all[end].group.name, all[i].group.name))
            end++;
        for (size_t k = i; end - i > 1 && k < end; k++) {
            struct group *const to = &all[k].group;
            struct buf b = {0};

            if (k == i && is_number(g->mentions[all[k].root].number))
                continue;
            buf_format(&b, "%.*s (%.*s%s%.*s)", STR_ARG(to->name), STR_ARG(to->sources[0]), to->id.len ? ", " : "",
                       STR_ARG(to->id));
            bool const ok = !b.failed && arena_copy(g->arena, buf_str(&b), &to->name);

            buf_free(&b);
            if (!ok)
                return group_no_memory(e);
        }
        i = end;
    }
    qsort(all, g->count, sizeof *all, by_told);
    return true;
}

/* Ids are asked when no name is so, and stand with a sign in front that no name's key has. */
#define ID_SIGN "#"

static bool id_entry(struct groups *g, str id, uint32_t group, struct entry *entries, size_t *count) {
    char room[2 * GROUP_NAME_MAX + 17] = ID_SIGN;
    size_t const len = id.len <= GROUP_NAME_MAX ? group_spelling(id, room + 1) : 0;
    str key;

    if (!len)
        return true;
    if (!arena_copy(g->arena, (str){room, len + 1}, &key))
        return false;
    entries[(*count)++] = (struct entry){key, group, true};
    return true;
}

static const struct group_key *id_find(const struct groups *g, str id) {
    char room[2 * GROUP_NAME_MAX + 17] = ID_SIGN;

    return id.len <= GROUP_NAME_MAX ? key_find(g->keys, g->key_count, (str){room, group_spelling(id, room + 1) + 1})
                                    : NULL;
}

static bool index_names(struct joining *j, const struct told *all, struct err *e) {
    struct groups *const g = j->g;
    struct entry *entries;
    size_t count = 0, room = 0;
    bool ok;

    for (size_t i = 0; i < g->mention_count; i++)
        room += g->mentions[i].name_count + 3;
    if (!(entries = calloc(room + 1, sizeof *entries)))
        return group_no_memory(e);
    for (uint32_t k = 0; k < g->count; k++)
        for (uint32_t i = all[k].root; i != UINT32_MAX; i = j->next[i]) {
            const struct group_mention *const m = &g->mentions[i];

            for (size_t n = 0; n < m->name_count; n++)
                if (!is_number(m->names[n].key))
                    entries[count++] = (struct entry){m->names[n].key, k, m->names[n].first};
            if ((m->id.len && !id_entry(g, m->id, k, entries, &count)) ||
                (m->former.len && !id_entry(g, m->former, k, entries, &count)) ||
                (i == all[k].root && m->number.len && !id_entry(g, m->number, k, entries, &count))) {
                free(entries);
                return group_no_memory(e);
            }
        }
    ok = index_of(g, entries, count, &g->keys, &g->key_count, e);
    free(entries);
    return ok;
}

static bool index_uses(struct joining *j, const struct told *all, struct err *e) {
    struct groups *const g = j->g;
    struct entry *const entries = calloc(g->use_count + 1, sizeof *entries);
    uint32_t *const group = calloc(g->mention_count + 1, sizeof *group); /* of each root */
    bool ok = (entries && group) || group_no_memory(e);

    for (uint32_t k = 0; ok && k < g->count; k++)
        group[all[k].root] = k;
    for (size_t i = 0; ok && i < g->use_count; i++)
        entries[i] = (struct entry){g->uses[i].key, group[root_of(g, g->uses[i].mention)], false};
    ok = ok && index_of(g, entries, g->use_count, &g->listed, &g->listed_count, e);
    free(entries);
    free(group);
    return ok;
}

static bool tell_all(struct joining *j, struct err *e) {
    struct groups *const g = j->g;
    struct told *const all = calloc(g->mention_count + 1, sizeof *all);
    bool ok = all || group_no_memory(e);

    link_groups(j);
    for (uint32_t i = 0; ok && i < g->mention_count; i++)
        if (root_of(g, i) == i) {
            all[g->count].root = i;
            ok = tell(j, i, &all[g->count++].group, e);
        }
    if (ok && g->count) {
        qsort(all, g->count, sizeof *all, by_told);
        ok = part_names(g, all, e);
    }
    if (ok && !(g->list = arena_zero(g->arena, g->count, sizeof *g->list)))
        ok = group_no_memory(e);
    for (size_t i = 0; ok && i < g->count; i++)
        g->list[i] = all[i].group;
    ok = ok && index_names(j, all, e) && index_uses(j, all, e);
    free(all);
    return ok;
}

bool groups_join(struct groups *g, struct err *e) {
    struct joining j = {.g = g};
    bool ok;

    assert(!g->joined);
    g->joined = true;
    if (!sort_mentions(g, e))
        return false;
    j.next = calloc(g->mention_count + 1, sizeof *j.next);
    j.apart = calloc(g->mention_count + 1, sizeof *j.apart);
    j.join = calloc(g->mention_count + 1, sizeof *j.join);
    ok = (j.next && j.apart && j.join) || group_no_memory(e);
    ok = ok && collect_holders(&j, e) && join_ids(&j, e);
    for (size_t i = 0; ok && i < ROUNDS_MAX; i++)
        if (!round_of(&j, true) && !round_of(&j, false))
            break;
    ok = ok && tell_all(&j, e);
    free(j.next);
    free(j.apart);
    free(j.join);
    free(j.holders);
    return ok;
}

/* ---- asking ---- */

size_t groups_count(const struct groups *g) {
    return g->count;
}

const struct group *groups_at(const struct groups *g, size_t i) {
    assert(i < g->count);
    return &g->list[i];
}

size_t groups_mentions(const struct groups *g) {
    return g->mention_count;
}

struct group_found group_find(const struct groups *g, str name) {
    char room[2 * GROUP_NAME_MAX + 16];
    const struct group_key *k = NULL;

    assert(g->joined);
    name = str_trim(name);
    if (name.len <= GROUP_NAME_MAX) {
        str const number = split_number(&name);

        if (number.len)
            k = id_find(g, number);
        if (!k)
            k = key_find(g->keys, g->key_count, (str){room, group_spelling(name, room)});
        if (!k)
            k = id_find(g, name);
    }
    if (!k)
        return (struct group_found){.how = GROUP_UNKNOWN};
    return (struct group_found){.how = k->count == 1 ? GROUP_EXACT : GROUP_AMBIGUOUS,
                                .group = k->count == 1 ? k->groups[0] : NULL,
                                .candidates = k->groups,
                                .count = k->count};
}

bool groups_listed(const struct groups *g, str what, struct group_listed *out) {
    char room[2 * GROUP_NAME_MAX + 16];
    const struct group_key *k;

    assert(g->joined);
    what = str_trim(what);
    if (what.len > GROUP_NAME_MAX ||
        !(k = key_find(g->listed, g->listed_count, (str){room, group_spelling(what, room)})))
        return false;
    *out = (struct group_listed){k->groups, k->count};
    return true;
}
