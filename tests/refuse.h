/* refuse: memory that is refused at a chosen request, for tests of what happens then. One test program includes it
 * once.
 *
 * The sanitizers stand in front of the C library themselves; under them nothing is refused, and REFUSES is 0. */
#ifndef TESTS_REFUSE_H
#define TESTS_REFUSE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REFUSES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define REFUSES 0
#endif
#endif
#ifndef REFUSES
#define REFUSES 1
#endif

/* Requests until one is refused; none is, while it is negative. */
static long memory_left = -1;
static bool memory_refused;

#if REFUSES
/* The C library's own, under the names it keeps for those who stand in front of it. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *p, size_t size);

static bool refuse(void) {
    if (memory_left < 0 || memory_left-- > 0)
        return false;
    memory_left = -1;
    memory_refused = true;
    return true;
}

void *malloc(size_t size) {
    return refuse() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return refuse() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size) {
    return refuse() ? NULL : __libc_realloc(p, size);
}
#endif

#endif
