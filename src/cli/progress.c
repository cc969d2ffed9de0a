/* progress: drawn over itself with a carriage return. */
#include "cli/progress.h"

#include "base/instant.h"
#include "cli/terminal.h"

#define SECONDS_BEFORE_GUESSING 2

void progress_begin(struct progress *p, bool wanted) {
    *p = (struct progress){
        .shown = wanted && terminal_live(stderr), .colour = terminal_colour(stderr), .began_ms = instant_steady_ms()};
}

static void left_text(double seconds, char *out, size_t room) {
    if (seconds < 60)
        snprintf(out, room, "%.0f s left", seconds);
    else if (seconds < 3600)
        snprintf(out, room, "%.0f min left", seconds / 60);
    else
        snprintf(out, room, "%.1f h left", seconds / 3600);
}

void progress_line(struct buf *b, uint64_t done, uint64_t total, double seconds, uint64_t findings, size_t columns) {
    char size[SIZE_TEXT], all[SIZE_TEXT], rate[SIZE_TEXT], count[COUNT_TEXT];
    char parts[5][64] = {""}; /* the most important first */
    double const speed = seconds > 0 ? (double)done / seconds : 0;
    size_t const bar = columns >= 100 ? 30 : columns >= 60 ? 10 : 0;
    size_t used = bar ? bar + 4 : 0; /* brackets and two blanks */

    done = done < total ? done : total;
    double const share = total ? (double)done / (double)total : 1;

    snprintf(parts[0], sizeof parts[0], "%3.0f %%", share * 100);
    if (speed > 0 && seconds > SECONDS_BEFORE_GUESSING)
        left_text((double)(total - done) / speed, parts[1], sizeof parts[1]);
    snprintf(parts[2], sizeof parts[2], "%s finding%s", count_text(findings, count), findings == 1 ? "" : "s");
    snprintf(parts[3], sizeof parts[3], "%s/s", size_text((uint64_t)speed, rate));
    snprintf(parts[4], sizeof parts[4], "%s of %s", size_text(done, size), size_text(total, all));
    for (size_t i = 0; i < COUNT(parts); i++) {
        size_t const len = strlen(parts[i]) + (i && parts[i][0] ? 2 : 0);

        if (used + len > columns)
            parts[i][0] = '\0';
        else
            used += len;
    }
    if (bar) {
        buf_byte(b, '[');
        for (size_t i = 0; i < bar; i++)
            buf_byte(b, i < (size_t)(share * (double)bar) ? '#' : '-');
        buf_add(b, S("]  "));
    }
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i][0])
            buf_format(b, "%s%s", i ? "  " : "", parts[i]);
}

void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t findings) {
    int64_t const now = instant_steady_ms();
    double const seconds = (double)(now - p->began_ms) / 1000;
    struct buf line = {0};

    if (!p->shown || now - p->told_ms < 100 || seconds < 0.3)
        return;
    p->told_ms = now;
    progress_line(&line, done, total, seconds, findings, terminal_columns(stderr) - 1);
    if (!line.failed)
        fprintf(stderr, p->colour ? "\r\033[K\033[2m%.*s\033[0m" : "\r\033[K%.*s", STR_ARG(buf_str(&line)));
    fflush(stderr);
    buf_free(&line);
    p->drawn = true;
}

void progress_wipe(struct progress *p) {
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = false;
}
