/* compiler: attributes, and the functions nobody here may call. Included by every header of base. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

/* The address sanitizer, which gcc and clang say in two ways. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))
#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Each of these has lost somebody's evidence: no bound, no error, or hidden state. The system headers
 * that declare them come first, or poisoning the names would break the headers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifndef __cplusplus
#undef sprintf /* macros of the C library where it checks calls for clang */
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gmtime localtime gets
#endif

#endif
