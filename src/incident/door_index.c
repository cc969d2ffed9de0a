/* door_index: acts that may be about a door, by whose it is, what it is called and where; objects by the last part of their path; commands that undo. Made
 * once for all doors of all incidents: each looks at its own, and not at everybody's. */
#include <stdlib.h>

#include "base/hash.h"
#include "event/fold.h"
#include "incident/door_own.h"

#define FOLDED (2 * ACTIVITY_TEXT_MAX + 16)

struct door_key {
    uint64_t key;
    uint32_t what; /* activity, code, or command */
};
struct door_keys {
    struct door_key *items; /* by key, then what */
    size_t count, room;
    bool made;
};

struct door_command {
    enum door_kind kind;
    uint32_t code;
    str name, on;
};

struct door_index {
    uint64_t seed;
    struct door_keys acts[ACTS], bases, commands;
    struct door_command *undoing;
    size_t undoing_count, undoing_room;
    uint32_t *found; /* of the last question */
    size_t found_count, found_room;
    uint64_t looks;
};

bool door_index_new(struct doors *d) {
    if ((d->index = calloc(1, sizeof *d->index)))
        d->index->seed = hash_seed();
    return d->index != NULL;
}

void door_index_free(struct doors *d) {
    if (!d->index)
        return;
    for (size_t i = 0; i < ACTS; i++)
        free(d->index->acts[i].items);
    free(d->index->bases.items);
    free(d->index->commands.items);
    free(d->index->undoing);
    free(d->index->found);
    free(d->index);
}

/* ---- keys ---- */

enum key_of { KEY_WHOSE = 1, KEY_NAME, KEY_AT, KEY_PORT, KEY_BASE, KEY_COMMAND };

static uint64_t mixed(const struct door_index *x, enum key_of of, uint64_t a, uint64_t b) {
    uint64_t const parts[] = {of, a, b};

    return hash_bytes((str){(const char *)parts, sizeof parts}, x->seed);
}

/* Equal for what fold_equal says is equal. */
static uint64_t name_hash(const struct door_index *x, str name) {
    char folded[FOLDED];

    return hash_bytes((str){folded, fold_text(str_first(name, ACTIVITY_TEXT_MAX), folded)}, x->seed);
}

static uint64_t whose(const struct door_index *x, uint32_t entity) {
    return mixed(x, KEY_WHOSE, entity, 0);
}

static uint64_t named(const struct door_index *x, str name) {
    return mixed(x, KEY_NAME, name_hash(x, name), 0);
}

static uint64_t placed(const struct door_index *x, uint32_t host, str name) {
    return mixed(x, KEY_AT, host, name_hash(x, name));
}

static uint64_t port_at(const struct door_index *x, uint32_t host, str port) {
    return mixed(x, KEY_PORT, host, hash_bytes(port, x->seed));
}

static bool put(struct door_keys *k, uint64_t key, uint32_t what) {
    if (k->count == k->room) {
        size_t const room = k->room * 2 + 64;
        struct door_key *const bigger = reallocarray(k->items, room, sizeof *bigger);

        if (!bigger)
            return false;
        k->items = bigger;
        k->room = room;
    }
    k->items[k->count++] = (struct door_key){key, what};
    return true;
}

static int by_key(const void *a, const void *b) {
    const struct door_key *const x = a, *const y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->what > y->what) - (x->what < y->what);
}

static void seal(struct door_keys *k) {
    if (k->count)
        qsort(k->items, k->count, sizeof *k->items, by_key);
    k->made = true;
}

static size_t first_of(const struct door_keys *k, uint64_t key) {
    size_t low = 0, high = k->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (k->items[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- acts ---- */

/* What an act of making or ending is about, as door_close.c asks it. */
static bool keys_of(const struct look *l, struct door_keys *k, uint32_t i) {
    const struct door_index *const x = l->d->index;
    const struct activity *const v = activities_at(l->d->a, i);
    str const object = door_text(l, v, ACT_OBJECT);
    uint32_t const host = door_host_of(l->d, v);
    str name, box;

    switch ((enum act)v->act) {
    case ACT_CONSENT_NEW:
    case ACT_CONSENT_END:
    case ACT_APP_NEW:
    case ACT_APP_END:
        if (!put(k, named(x, object), i) || !put(k, named(x, door_text(l, v, ACT_TARGET)), i) ||
            !put(k, named(x, door_text(l, v, ACT_DETAIL)), i))
            return false;
        break;
    case ACT_OPENING_NEW:
    case ACT_OPENING_END:
        return put(k, placed(x, host, object), i) &&
               put(k, port_at(x, host, door_port(door_text(l, v, ACT_DETAIL))), i);
    case ACT_SERVICE_NEW:
    case ACT_SERVICE_END:
    case ACT_TASK_NEW:
    case ACT_TASK_END:
    case ACT_AUTORUN_NEW:
    case ACT_AUTORUN_END:
        return put(k, placed(x, host, object), i);
    default:
        break;
    }
    box = door_mailbox(l, v, &name);
    return put(k, whose(x, activities_account(l->d->a, v->text[v->text[ACT_TARGET] ? ACT_TARGET : ACT_ACCOUNT])), i) &&
           put(k, whose(x, door_account(l, box)), i) && put(k, named(x, box), i);
}

static bool acts_index(const struct look *l, enum act act, struct err *e) {
    struct door_keys *const k = &l->d->index->acts[act];
    struct activity_list list;

    if (k->made)
        return true;
    if (!activities_of_act(l->d->a, act, &list, e))
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        if (!keys_of(l, k, list.items[i]))
            return door_no_memory(e);
    seal(k);
    return true;
}

static int by_number(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static bool gather(struct door_index *x, const struct door_keys *k, uint64_t key) {
    for (size_t at = first_of(k, key); at < k->count && k->items[at].key == key; at++) {
        if (x->found_count == x->found_room) {
            size_t const room = x->found_room * 2 + 64;
            uint32_t *const bigger = reallocarray(x->found, room, sizeof *bigger);

            if (!bigger)
                return false;
            x->found = bigger;
            x->found_room = room;
        }
        x->found[x->found_count++] = k->items[at].what;
    }
    return true;
}

static void found_once(struct door_index *x) {
    size_t kept = 0;

    if (x->found_count)
        qsort(x->found, x->found_count, sizeof *x->found, by_number);
    for (size_t i = 0; i < x->found_count; i++)
        if (!i || x->found[i] != x->found[kept - 1])
            x->found[kept++] = x->found[i];
    x->found_count = kept;
    x->looks += kept;
}

void door_looked(const struct doors *d, uint64_t at) {
    d->index->looks += at;
}

bool door_index_spent(const struct doors *d) {
    return d->index->looks > DOOR_LOOKS_MAX;
}

bool door_acts(const struct look *l, const struct watched *w, enum act act, struct activity_list *out, struct err *e) {
    struct door_index *const x = l->d->index;
    struct door_keys *const k = &x->acts[act];
    bool ok = acts_index(l, act, e);

    x->found_count = 0;
    if (!ok)
        return false;
    switch (w->kind) {
    case DOOR_CONSENT:
    case DOOR_APPLICATION:
        ok = gather(x, k, named(x, w->name));
        break;
    case DOOR_FIREWALL_OPENING:
    case DOOR_OPENING:
    case DOOR_SERVICE:
    case DOOR_TASK:
    case DOOR_AUTORUN:
        ok = gather(x, k, placed(x, w->host, w->name)) &&
             (w->kind != DOOR_FIREWALL_OPENING || gather(x, k, port_at(x, w->host, door_port(w->second))));
        break;
    default:
        ok = (!w->account || gather(x, k, whose(x, w->account))) && gather(x, k, named(x, w->said_account));
        break;
    }
    found_once(x);
    *out = (struct activity_list){x->found, (uint32_t)x->found_count};
    return ok || door_no_memory(e);
}

/* ---- texts ---- */

static bool texts_index(const struct look *l, struct err *e) {
    struct door_index *const x = l->d->index;
    struct activity_list objects;

    if (x->bases.made)
        return true;
    if (!activities_entities(l->d->a, ACT_OBJECT, &objects, e))
        return false;
    for (uint32_t i = 0; i < objects.count; i++) {
        str const text = activities_text(l->d->a, objects.items[i]), base = door_base(door_path(text));
        struct door_command c = {.code = objects.items[i]};

        if (base.len && !put(&x->bases, mixed(x, KEY_BASE, door_plain_hash(base), 0), objects.items[i]))
            return door_no_memory(e);
        if (!door_has(text, S("delete")) || !door_undoes(text, &c.kind, &c.name, &c.on))
            continue;
        if (x->undoing_count == x->undoing_room) {
            size_t const room = x->undoing_room * 2 + 64;
            struct door_command *const bigger = reallocarray(x->undoing, room, sizeof *bigger);

            if (!bigger)
                return door_no_memory(e);
            x->undoing = bigger;
            x->undoing_room = room;
        }
        x->undoing[x->undoing_count] = c;
        if (!put(&x->commands, mixed(x, KEY_COMMAND, c.kind, name_hash(x, c.name)), (uint32_t)x->undoing_count++))
            return door_no_memory(e);
    }
    seal(&x->bases);
    seal(&x->commands);
    return true;
}

bool door_objects(const struct look *l, str name, struct activity_list *out, struct err *e) {
    struct door_index *const x = l->d->index;
    str const base = door_base(name);

    x->found_count = 0;
    if (!texts_index(l, e))
        return false;
    if (base.len && !gather(x, &x->bases, mixed(x, KEY_BASE, door_plain_hash(base), 0)))
        return door_no_memory(e);
    found_once(x);
    *out = (struct activity_list){x->found, (uint32_t)x->found_count};
    return true;
}

bool door_commands(const struct look *l, enum door_kind kind, str name,
                   bool (*each)(void *ctx, uint32_t code, str name, str on, struct err *e), void *ctx, struct err *e) {
    struct door_index *const x = l->d->index;
    uint64_t key;

    if (!texts_index(l, e))
        return false;
    key = mixed(x, KEY_COMMAND, kind, name_hash(x, name));
    for (size_t at = first_of(&x->commands, key); at < x->commands.count && x->commands.items[at].key == key; at++) {
        const struct door_command *const c = &x->undoing[x->commands.items[at].what];

        x->looks++;
        if (c->kind == kind && fold_equal(c->name, name) && !each(ctx, c->code, c->name, c->on, e))
            return false;
    }
    return true;
}
