/* activity_index: for each entity its activities, made by counting when they are first asked for: four bytes an item. */
#include <assert.h>

#include "detection/activity_own.h"

static void lists_free(struct activity_lists *l) {
    free(l->keys);
    free(l->begins);
    free(l->items);
    *l = (struct activity_lists){0};
}

void activities_forget_lists(struct activities *a) {
    for (size_t t = 0; t < ACT_TEXTS; t++)
        lists_free(&a->by[t]);
    lists_free(&a->by_act);
}

uint32_t activities_key(const struct activities *a, enum act_text by, uint32_t code) {
    switch (by) {
    case ACT_ACCOUNT:
    case ACT_TARGET:
        return activities_account(a, code);
    case ACT_HOST:
        return activities_host(a, code);
    case ACT_PROGRAM:
        return activities_program(a, code);
    default:
        return code;
    }
}

/* ACT_TEXTS: by the act. */
static uint32_t key_of(const struct activities *a, size_t by, uint32_t i) {
    const struct activity *const v = activities_at(a, i);

    return by == ACT_TEXTS ? v->act : activities_key(a, (enum act_text)by, v->text[by]);
}

static bool lists_make(const struct activities *a, size_t by, struct activity_lists *l, struct err *e) {
    uint32_t const count = activities_count(a);
    uint32_t const keys = by == ACT_TEXTS ? ACTS : activities_text_count(a);
    uint32_t *const next = calloc(keys, sizeof *next); /* of each key first how many, then where the next one goes */
    uint32_t items = 0, used = 0;

    if (!next)
        return activities_no_memory(e);
    for (uint32_t i = 0; i < count; i++)
        next[key_of(a, by, i)]++;
    next[0] = 0; /* none has no list */
    for (uint32_t k = 0; k < keys; k++)
        if (next[k]) {
            items += next[k];
            used++;
        }
    l->keys = reallocarray(NULL, (size_t)used + 1, sizeof *l->keys);
    l->begins = reallocarray(NULL, (size_t)used + 1, sizeof *l->begins);
    l->items = reallocarray(NULL, (size_t)items + 1, sizeof *l->items);
    if (!l->keys || !l->begins || !l->items) {
        free(next);
        lists_free(l);
        return activities_no_memory(e);
    }
    items = 0;
    for (uint32_t k = 1; k < keys; k++) {
        if (!next[k])
            continue;
        l->keys[l->key_count] = k;
        l->begins[l->key_count++] = items;
        items += next[k];
        next[k] = l->begins[l->key_count - 1];
    }
    l->begins[l->key_count] = items;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t const key = key_of(a, by, i);

        if (key)
            l->items[next[key]++] = i;
    }
    free(next);
    l->made = true;
    return true;
}

static struct activity_list list_of(const struct activity_lists *l, uint32_t key) {
    uint32_t low = 0, high = l->key_count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (l->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == l->key_count || l->keys[low] != key)
        return (struct activity_list){l->items, 0};
    return (struct activity_list){l->items + l->begins[low], l->begins[low + 1] - l->begins[low]};
}

bool activities_of(struct activities *a, enum act_text by, uint32_t entity, struct activity_list *out, struct err *e) {
    assert(by < ACT_TEXTS);
    if (!a->by[by].made && !lists_make(a, by, &a->by[by], e))
        return false;
    *out = list_of(&a->by[by], entity);
    return true;
}

bool activities_of_act(struct activities *a, enum act act, struct activity_list *out, struct err *e) {
    if (!a->by_act.made && !lists_make(a, ACT_TEXTS, &a->by_act, e))
        return false;
    *out = list_of(&a->by_act, act);
    return true;
}

bool activities_entities(struct activities *a, enum act_text by, struct activity_list *out, struct err *e) {
    assert(by < ACT_TEXTS);
    if (!a->by[by].made && !lists_make(a, by, &a->by[by], e))
        return false;
    *out = (struct activity_list){a->by[by].keys, a->by[by].key_count};
    return true;
}
