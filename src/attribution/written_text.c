/* written_text: an assessment for the terminal: judgement first, then what it rests on, each line within the width. */
#include <math.h>

#include "attribution/written.h"
#include "base/compiler.h"
#include "base/utf.h"

#define WIDTH_LEAST 40u
#define CHART 12u     /* groups */
#define CHART_AT 0.01 /* and at least so likely */
#define NAME 28u      /* columns of a name */
#define ROWS 40u      /* of the matrix */

/* Characters; each is taken for one column. */
static size_t columns(str s) {
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return n;
}

static void blanks(struct buf *b, size_t n) {
    while (n--)
        buf_byte(b, ' ');
}

/* At blanks; a word that is longer than a line stands alone. */
static void wrapped(struct buf *b, str s, size_t indent, unsigned width) {
    size_t at = indent;

    while (s.len) {
        size_t const blank = str_find_byte(s, ' ');
        str const word = str_first(s, blank);
        size_t const wide = columns(word);

        if (at > indent && at + 1 + wide > width) {
            buf_byte(b, '\n');
            blanks(b, indent);
            at = indent;
        } else if (at > indent) {
            buf_byte(b, ' ');
            at++;
        }
        buf_add(b, word);
        at += wide;
        s = blank == SIZE_MAX ? (str){"", 0} : str_from(s, blank + 1);
    }
    buf_byte(b, '\n');
}

static void head(struct buf *b, const char *words) {
    buf_byte(b, '\n');
    buf_add(b, str_of(words));
    buf_byte(b, '\n');
}

static void paragraph(struct buf *b, str s, unsigned width) {
    if (!s.len)
        return;
    blanks(b, 2);
    wrapped(b, s, 2, width);
}

static void list(struct buf *b, const char *title, const str *items, size_t count, unsigned width) {
    if (!count)
        return;
    head(b, title);
    for (size_t i = 0; i < count; i++) {
        buf_add(b, S("  - "));
        wrapped(b, items[i], 4, width);
    }
}

/* At most n columns, filled up to them. */
static void cell(struct buf *b, str s, size_t n) {
    struct buf plain = {0};
    size_t at = 0;

    buf_plain(&plain, s, false);
    b->failed |= plain.failed;
    str rest = buf_str(&plain);
    size_t const all = columns(rest);

    while (rest.len && at < (all > n ? n - 1 : n)) {
        size_t const wide = utf8_width(rest);

        buf_add(b, str_first(rest, wide ? wide : 1));
        rest = str_from(rest, wide ? wide : 1);
        at++;
    }
    if (all > n) {
        buf_add(b, S("…"));
        at++;
    }
    blanks(b, n - at);
    buf_free(&plain);
}

static void bar(struct buf *b, str who, double p, unsigned width) {
    size_t const room = width > NAME + 12 ? width - NAME - 12 : 0;
    size_t const full = (size_t)lround(p * (double)room);

    blanks(b, 2);
    cell(b, who, NAME);
    if (p > 0 && p < 0.01)
        buf_add(b, S("  <1 % "));
    else
        buf_format(b, "%4.0f %% ", fmin(99, 100 * p));
    for (size_t i = 0; i < full; i++)
        buf_byte(b, '#');
    while (b->len && b->ptr[b->len - 1] == ' ')
        b->len--;
    buf_byte(b, '\n');
}

static void chart(struct buf *b, const struct assessment *a, unsigned width) {
    double rest = 0;
    size_t more = 0;

    head(b, "How likely");
    for (size_t i = 0; i < a->group_count; i++) {
        const struct assessed_group *const g = &a->groups[i];

        if (i < CHART && g->posterior >= CHART_AT) {
            bar(b, g->name.len ? g->name : g->id, g->posterior, width);
        } else {
            rest += g->posterior;
            more++;
        }
    }
    if (more) {
        struct buf words = {0};

        buf_format(&words, "%zu other group%s together", more, more == 1 ? "" : "s");
        bar(b, buf_str(&words), rest, width);
        b->failed |= words.failed;
        buf_free(&words);
    }
    bar(b, S("none of the known groups"), a->none, width);
}

static void more(struct buf *b, size_t rows, const char *what, unsigned width) {
    struct buf words = {0};

    buf_format(&words, "%zu row%s %s", rows, rows == 1 ? "" : "s", what);
    paragraph(b, buf_str(&words), width);
    b->failed |= words.failed;
    buf_free(&words);
}

/* Only what tells hypotheses apart; the others are alike under all. */
static void matrix(struct buf *b, const struct assessment *a, unsigned width) {
    static const char *const signs[] = {"--", "-", "0", "+", "++"};
    size_t const taken = 3 * a->hypothesis_count;
    size_t const words = width > taken + 14 ? width - taken - 2 : 12;
    size_t told = 0, telling = 0;

    if (!a->hypothesis_count)
        return;
    head(b, "The alternatives, side by side");
    paragraph(b, S("++ fits well, + fits, 0 says nothing, - speaks against, -- speaks much against"), width);
    for (size_t h = 0; h < a->hypothesis_count; h++) {
        buf_format(b, "  %2zu ", h + 1);
        cell(b, a->hypotheses[h].words, width > 7 ? width - 6 : 1);
        while (b->len && b->ptr[b->len - 1] == ' ')
            b->len--;
        buf_byte(b, '\n');
    }
    blanks(b, 2 + words);
    for (size_t h = 0; h < a->hypothesis_count; h++)
        buf_format(b, "%3zu", h + 1);
    buf_byte(b, '\n');
    for (size_t i = 0; i < a->row_count; i++) {
        if (!a->rows[i].discriminates)
            continue;
        telling++;
        if (told >= ROWS)
            continue;
        told++;
        blanks(b, 2);
        cell(b, a->rows[i].words, words);
        for (size_t h = 0; h < a->hypothesis_count; h++)
            buf_format(b, "%3s", signs[a->hypotheses[h].cells[i]]);
        buf_byte(b, '\n');
    }
    if (telling > told)
        more(b, telling - told, "more in the JSON", width);
    if (a->row_count > telling)
        more(b, a->row_count - telling, "alike under all and left out", width);
}

static void quotes(struct buf *b, const struct written *w, unsigned width) {
    struct buf words = {0};

    if (!w->quote_count)
        return;
    head(b, "What others have said (quoted)");
    for (size_t i = 0; i < w->quote_count; i++) {
        words.len = 0;
        if (w->quotes[i].group.len) {
            buf_add(&words, w->quotes[i].group);
            buf_add(&words, S(": "));
        }
        written_quote_words(&words, &w->quotes[i]);
        buf_add(b, S("  - "));
        wrapped(b, buf_str(&words), 4, width);
    }
    if (w->quote_more)
        buf_format(b, "  - and %zu more\n", w->quote_more);
    b->failed |= words.failed;
    buf_free(&words);
}

void written_text(struct buf *b, const struct assessment *now, const struct assessment *then, const struct written *w,
                  unsigned width) {
    if (width < WIDTH_LEAST)
        width = WIDTH_LEAST;
    (void)then; /* its sentence says how it differs */
    buf_add(b, S("Judgement\n"));
    paragraph(b, w->judgement, width);
    buf_byte(b, '\n');
    paragraph(b, w->confidence, width);
    chart(b, now, width);
    head(b, "Four statements, kept apart");
    paragraph(b, w->activity, width);
    paragraph(b, w->cluster, width);
    paragraph(b, w->group, width);
    paragraph(b, w->sponsor, width);
    paragraph(b, w->nation, width);
    if (w->then.len) {
        head(b, "Then and now");
        paragraph(b, w->then, width);
        paragraph(b, w->changed, width);
    }
    list(b, "Judgements", w->judgements, w->judgement_count, width);
    list(b, now->level == ASSESSED_CONSISTENT ? "Conditions that are not met" : "What a name would need", w->missing,
         w->missing_count, width);
    list(b, "Facts", w->facts, w->fact_count, width);
    list(b, "Assumptions", w->assumptions, w->assumption_count, width);
    list(b, "Alternatives", w->alternatives, w->alternative_count, width);
    matrix(b, now, width);
    list(b, "What carries it", w->sensitivities, w->sensitivity_count, width);
    list(b, "Gaps", w->gaps, w->gap_count, width);
    list(b, "What would change it; what to collect", w->wanted, w->wanted_count, width);
    list(b, "Beware", w->cautions, w->caution_count, width);
    quotes(b, w, width);
    head(b, "Scales");
    paragraph(b, w->scale, width);
}
