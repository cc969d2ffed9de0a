/* err: fills and wraps struct err without memory of its own. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

bool err_set(struct err *e, enum err_code code, uint64_t offset, const char *fmt, ...) {
    va_list args;

    e->code = code;
    e->offset = offset;
    va_start(args, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, args);
    va_end(args);
    return false;
}

bool err_wrap(struct err *e, const char *fmt, ...) {
    char inner[sizeof e->text];
    va_list args;
    int used;

    memcpy(inner, e->text, sizeof inner);
    va_start(args, fmt);
    used = vsnprintf(e->text, sizeof e->text, fmt, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof e->text)
        snprintf(e->text + used, sizeof e->text - (size_t)used, ": %s", inner);
    return false;
}

bool err_system(struct err *e, const char *fmt, ...) {
    int const number = errno;
    const char *const why = strerrordesc_np(number);
    va_list args;
    int used;

    e->code = ERR_IO;
    e->offset = 0;
    va_start(args, fmt);
    used = vsnprintf(e->text, sizeof e->text, fmt, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof e->text)
        snprintf(e->text + used, sizeof e->text - (size_t)used, ": %s", why ? why : "unknown error");
    return false;
}
