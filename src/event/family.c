/* family: digits, and what stands between them. */
#include "event/family.h"

static bool is_digit(str s, size_t i) {
    return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

str program_family(str program, char *out) {
    size_t used = 0;

    for (size_t i = 0; i < program.len; i++) {
        char const c = program.ptr[i];

        if (!is_digit(program, i) && !((c == '.' || c == '_') && is_digit(program, i + 1)))
            out[used++] = c;
    }
    return (str){out, used};
}

str program_path_family(str path, char *out) {
    size_t used = 0;

    for (size_t i = 0; i < path.len;) {
        size_t end = i;
        bool dotted = false;

        for (; is_digit(path, end) || (end > i && is_digit(path, end + 1) && path.ptr[end] == '.'); end++)
            dotted |= path.ptr[end] == '.';
        if (!dotted && end == i)
            end++;
        if (!dotted) {
            memcpy(out + used, path.ptr + i, end - i);
            used += end - i;
        }
        i = end;
    }
    return (str){out, used};
}

bool program_is_path(str program) {
    bool words = false;

    if (str_find_byte(program, '\\') != SIZE_MAX || str_starts(program, S("/")))
        return true;
    for (size_t i = 0; i < program.len; i++)
        words |= program.ptr[i] == ' ' || program.ptr[i] == '/' || program.ptr[i] == '(' || program.ptr[i] == ';' ||
                 program.ptr[i] == '=' || program.ptr[i] == '+';
    return !words;
}
