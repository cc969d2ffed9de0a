/* seen: see seen.h. */
#include "detection/seen.h"

#include <stdlib.h>

static bool grow(void **items, uint32_t *count, uint32_t more, size_t size) {
    char *const bigger = reallocarray(*items, more, size);

    if (!bigger)
        return false;
    memset(bigger + *count * size, 0, (more - *count) * size);
    *items = bigger;
    *count = more;
    return true;
}

static void block_forget(struct seen_block *s) {
    for (uint32_t i = 0; i < s->count; i++) {
        struct seen *const column = &s->columns[i];

        if (column->room)
            memset(column->of, 0, column->room * sizeof *column->of);
        column->done = 0;
        column->any = false;
    }
}

bool seen_of(struct seen_blocks *all, const struct block *b, struct seen **out) {
    if (b->index >= all->count && !grow((void **)&all->items, &all->count, b->index * 2 + 16, sizeof *all->items))
        return false;
    struct seen_block *const s = &all->items[b->index];

    if (s->generation != b->generation)
        block_forget(s);
    s->generation = b->generation;
    if (b->column_count > s->room && !grow((void **)&s->columns, &s->room, b->column_count + 16, sizeof *s->columns))
        return false;
    if (s->count < b->column_count)
        s->count = b->column_count;
    *out = s->columns;
    return true;
}

bool seen_room(struct seen *s, const struct dictionary *d) {
    return d->count <= s->room || grow((void **)&s->of, &s->room, d->count + d->count / 2 + 64, sizeof *s->of);
}

void seen_forget(struct seen_blocks *all) {
    for (uint32_t i = 0; i < all->count; i++)
        block_forget(&all->items[i]);
}

void seen_free(struct seen_blocks *all) {
    for (uint32_t i = 0; i < all->count; i++) {
        for (uint32_t c = 0; c < all->items[i].count; c++)
            free(all->items[i].columns[c].of);
        free(all->items[i].columns);
    }
    free(all->items);
}
