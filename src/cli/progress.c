/* progress: drawn over itself with a carriage return. */
#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/compiler.h"

static int64_t now_ms(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
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

void progress_begin(struct progress *p, bool wanted) {
    const char *const term = getenv("TERM");

    *p = (struct progress){.shown = wanted && isatty(2) && !(term && strcmp(term, "dumb") == 0), .began_ms = now_ms()};
}

int64_t progress_ms(const struct progress *p) {
    return now_ms() - p->began_ms;
}

static unsigned columns(void) {
    struct winsize w;

    return ioctl(2, TIOCGWINSZ, &w) == 0 && w.ws_col >= 20 ? w.ws_col : 80;
}

static void left_text(double seconds, char *out, size_t room) {
    if (seconds < 60)
        snprintf(out, room, "%.0f s left", seconds);
    else if (seconds < 3600)
        snprintf(out, room, "%.0f min left", seconds / 60);
    else
        snprintf(out, room, "%.1f h left", seconds / 3600);
}

void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t findings) {
    int64_t const now = now_ms();
    double const seconds = (double)(now - p->began_ms) / 1000;
    char bar[21], a[SIZE_TEXT], b[SIZE_TEXT], rate[SIZE_TEXT], left[32] = "", line[200];

    if (!p->shown || now - p->told_ms < 100 || seconds < 0.3)
        return;
    p->told_ms = now;
    done = done < total ? done : total;
    double const share = total ? (double)done / (double)total : 1;
    double const speed = (double)done / seconds;
    unsigned const full = (unsigned)(share * (sizeof bar - 1));

    memset(bar, '-', sizeof bar - 1);
    memset(bar, '#', full);
    bar[sizeof bar - 1] = '\0';
    if (speed > 0 && seconds > 2)
        left_text((double)(total - done) / speed, left, sizeof left);
    snprintf(line, sizeof line, "[%s] %3.0f %%  %s of %s  %s/s  %lu findings  %s", bar, share * 100, size_text(done, a),
             size_text(total, b), size_text((uint64_t)speed, rate), (unsigned long)findings, left);
    fprintf(stderr, "\r\033[K%.*s", (int)columns() - 1, line);
    fflush(stderr);
    p->drawn = true;
}

void progress_end(struct progress *p) {
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = p->shown = false;
}
