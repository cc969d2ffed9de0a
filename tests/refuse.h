/* refuse: memory that runs out when a test wants it to: malloc, calloc and realloc in front of the C library's. For one .c of
 * a test each. The sanitizers keep the allocator for themselves: REFUSE_OR_SKIP() begins a test that needs refusals. */
#ifndef TESTS_REFUSE_H
#define TESTS_REFUSE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif

#ifdef SANITIZED
#define REFUSES 0
#else
#define REFUSES 1
#endif

/* Requests until one is refused; none is, while it is negative. After one all are refused, or only that one. */
static long memory_left = -1;
static bool memory_gone_for_good, memory_refused;
/* Blocks that were made larger: what was in them may lie in memory that is free now. */
static unsigned long memory_grown;

#if !REFUSES
#define REFUSE_OR_SKIP()                                                                                               \
    do {                                                                                                               \
        (void)memory_left, (void)memory_gone_for_good, (void)memory_refused, (void)memory_grown;                       \
        print_message("SKIP: the sanitizer keeps the allocator for itself\n");                                         \
        skip();                                                                                                        \
    } while (0)
#else
#define REFUSE_OR_SKIP()                                                                                               \
    do {                                                                                                               \
    } while (0)

/* The C library's own, under the names it keeps for those who stand in front of it. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *p, size_t size);

static bool refuse(void) {
    if (memory_left < 0)
        return false;
    if (memory_left > 0) {
        memory_left--;
        return false;
    }
    if (!memory_gone_for_good)
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
    memory_grown += p != NULL;
    return refuse() ? NULL : __libc_realloc(p, size);
}
#endif

#endif
