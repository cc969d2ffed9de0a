/* terminal: asks the system; lays out by counting characters. */
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_MIN 20u

bool terminal_live(FILE *to) {
    const char *const term = getenv("TERM");

    return isatty(fileno(to)) && term && *term && strcmp(term, "dumb") != 0;
}

bool terminal_colour(FILE *to) {
    const char *const no_color = getenv("NO_COLOR");

    return terminal_live(to) && !(no_color && *no_color);
}

size_t terminal_columns(FILE *to) {
    struct winsize w;

    return isatty(fileno(to)) && ioctl(fileno(to), TIOCGWINSZ, &w) == 0 && w.ws_col >= COLUMNS_MIN ? w.ws_col
                                                                                                   : SIZE_MAX;
}

size_t text_columns(str s) {
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return n;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\n';
}

void text_wrap(struct buf *b, str text, size_t at, size_t indent, size_t columns) {
    bool first = true; /* nothing of text in this line */

    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        str word;

        while (end < text.len && !is_blank(text.ptr[end]))
            end++;
        word = (str){text.ptr + i, end - i};
        for (i = end; i < text.len && is_blank(text.ptr[i]);)
            i++;
        if (!word.len)
            continue;
        if ((at > indent || !first) && at + !first + text_columns(word) > columns) {
            buf_format(b, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            buf_byte(b, ' ');
            at++;
        }
        buf_add(b, word);
        at += text_columns(word);
        first = false;
    }
}

const char *size_text(uint64_t bytes, char out[SIZE_TEXT]) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    double n = (double)bytes;
    size_t unit = 0;

    while (n >= 999.95 && unit + 1 < COUNT(units)) {
        n /= 1000;
        unit++;
    }
    snprintf(out, SIZE_TEXT, unit ? "%.1f %s" : "%.0f %s", n, units[unit]);
    return out;
}

const char *count_text(uint64_t n, char out[COUNT_TEXT]) {
    char digits[24];
    int const len = snprintf(digits, sizeof digits, "%lu", (unsigned long)n);
    size_t used = 0;

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

void count_add(struct buf *b, uint64_t n, const char *one) {
    char text[COUNT_TEXT];

    buf_format(b, "%s %s%s", count_text(n, text), one, n == 1 ? "" : "s");
}
