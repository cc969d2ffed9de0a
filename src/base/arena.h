/* arena: memory of one lifetime. Nothing in it is freed alone; a full arena is an ordinary error. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena;

/* NULL when even the head does not fit in memory. limit: bytes handed out at most, padding included. */
struct arena *arena_new(size_t limit);
/* first: bytes of the first slab. For many arenas most of which stay small. */
struct arena *arena_new_of(size_t limit, size_t first);
/* Takes NULL. */
void arena_free(struct arena *a);
/* Forgets all that was handed out; keeps the first slab. */
void arena_reset(struct arena *a);
/* Bytes handed out so far, padding included. */
size_t arena_used(const struct arena *a);
/* Bytes taken from the system. */
size_t arena_held(const struct arena *a);

/* Not zeroed, aligned to 8. NULL when the arena is full or memory is out. size may be 0. */
void *arena_alloc(struct arena *a, size_t size) MUST_USE;
/* As arena_alloc, zeroed; count * size checked. */
void *arena_zero(struct arena *a, size_t count, size_t size) MUST_USE;
/* As arena_alloc, aligned to 1: text. */
char *arena_bytes(struct arena *a, size_t size) MUST_USE;
/* Room for text whose length is not known yet, of at most `size` bytes; arena_commit keeps the first `used` of them. Between
 * the two nothing else is taken from a; without the second nothing is kept. NULL as above. */
char *arena_reserve(struct arena *a, size_t size) MUST_USE;
void arena_commit(struct arena *a, size_t used);
/* Counts size bytes as handed out, and hands out none: for what must not get further than the dearer way to the same
 * would have got. False when full. */
bool arena_charge(struct arena *a, size_t size) MUST_USE;
/* A copy of s in *out. False when full. */
bool arena_copy(struct arena *a, str s, str *out) MUST_USE;

#endif
