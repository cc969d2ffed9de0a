/* html: how fast HTML is read, by hand: tests/codec/mail_bodies.py FOLDER | build/bench/bench_html [ROUNDS]
 *
 * Reads bodies (frames of mail_bodies.py) into memory, then all of them ROUNDS (20) times; prints the median of the rounds in GB a
 * second of processor time, for html_read with visitors of addresses and text, without visitors, and for the shown text as plain text
 * and as a sketch. */
#include "codec/html.h"
#include "codec/sketch.h"

struct body {
    size_t at, len;
};

struct sums {
    uint64_t urls, text;
    struct buf *keep; /* NULL: text is only counted */
};

static bool on_url(void *ctx, const struct html_url *u) {
    ((struct sums *)ctx)->urls += u->url.len;
    return true;
}

static bool on_text(void *ctx, str text, bool hidden) {
    struct sums *const s = ctx;

    s->text += text.len;
    if (s->keep && !hidden)
        buf_add(s->keep, text);
    return true;
}

static double seconds(void) {
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
    double const x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

enum what { READ, READ_WITHOUT, PLAIN, SKETCH, WHATS };

static uint64_t once(enum what what, str bytes, const struct body *bodies, size_t count, struct buf *room) {
    struct sums s = {0};
    struct html_visitor const all = {.url = on_url, .text = on_text, .ctx = &s}, none = {0};
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        str const body = {bytes.ptr + bodies[i].at, bodies[i].len};
        struct sketch sketch;
        struct sketch_text t;

        switch (what) {
        case READ:
        case READ_WITHOUT:
            (void)html_read(body, room, what == READ ? &all : &none);
            break;
        case PLAIN:
            (void)html_read_plain(body, &all);
            break;
        default:
            sketch_begin(&sketch);
            t = (struct sketch_text){.to = &sketch};
            sketch_text_add(&t, body);
            sketch_text_end(&t);
            sketch_end(&sketch);
            sum += sketch.mins[0];
        }
    }
    return sum + s.urls + s.text;
}

int main(int argc, char **argv) {
    static const char *const names[WHATS] = {"html_read", "html_read, no visitors", "html_read_plain of text",
                                             "sketch of text"};
    size_t const rounds = argc > 1 && strtoul(argv[1], NULL, 10) ? strtoul(argv[1], NULL, 10) : 20;
    struct buf html = {0}, text = {0}, room = {0};
    struct body *bodies = NULL, *texts = NULL;
    double *const took = calloc(rounds, sizeof *took);
    size_t count = 0;
    char head[8192];

    while (took && fgets(head, sizeof head, stdin)) {
        size_t const size = strtoul(head, NULL, 10), text_at = text.len;
        struct sums s = {.keep = &text};
        struct html_visitor const visitor = {.text = on_text, .ctx = &s};
        void *const more = realloc(bodies, (count + 1) * sizeof *bodies), *const more_texts = realloc(
                                                                              texts, (count + 1) * sizeof *texts);

        if (!more || !more_texts || !buf_reserve(&html, size) || fread(html.ptr + html.len, 1, size, stdin) != size)
            return 1;
        bodies = more;
        texts = more_texts;
        bodies[count] = (struct body){html.len, size};
        html.len += size;
        (void)html_read((str){html.ptr + bodies[count].at, size}, &room, &visitor);
        texts[count++] = (struct body){text_at, text.len - text_at};
    }
    if (!count)
        return 1;
    for (enum what what = READ; what < WHATS; what++) {
        str const bytes = what < PLAIN ? buf_str(&html) : buf_str(&text);
        uint64_t sum = 0;

        for (size_t r = 0; r < rounds; r++) {
            double const start = seconds();

            sum += once(what, bytes, what < PLAIN ? bodies : texts, count, &room);
            took[r] = seconds() - start;
        }
        qsort(took, rounds, sizeof *took, ascending);
        printf("%-24s %.3f GB/s, median of %zu over %zu bodies of %zu bytes (%llu)\n", names[what],
               (double)bytes.len / took[rounds / 2] * 1e-9, rounds, count, bytes.len, (unsigned long long)sum);
    }
    buf_free(&html);
    buf_free(&text);
    buf_free(&room);
    free(bodies);
    free(texts);
    free(took);
    return 0;
}
