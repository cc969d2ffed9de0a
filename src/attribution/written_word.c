/* written_word: the words that sentences of an assessment are made of: others' texts, numbers, times, likelihoods, names. */
#include "attribution/written_own.h"
#include "base/compiler.h"
#include "base/instant.h"

/* ---- words ---- */

void words_put(struct maker *m, str s) {
    buf_add(&m->b, s);
}

/* A text of others. */
void words_value(struct maker *m, str s) {
    str const first = str_first(s, WRITTEN_VALUE_MAX);
    size_t len = first.len;

    while (len < s.len && len && first.len - len < 3 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
        len--;
    buf_plain(&m->b, str_first(s, len), false);
    if (len < s.len)
        words_put(m, S("…"));
}

/* The same at the beginning of a sentence. */
void words_begin(struct maker *m, str s) {
    size_t const at = m->b.len;

    words_value(m, s);
    if (!m->b.failed && at < m->b.len && m->b.ptr[at] >= 'a' && m->b.ptr[at] <= 'z')
        m->b.ptr[at] = (char)(m->b.ptr[at] - 'a' + 'A');
}

void words_number(struct maker *m, uint64_t n, const char *one, const char *many) {
    buf_u64(&m->b, n);
    buf_byte(&m->b, ' ');
    words_put(m, str_of(n == 1 ? one : many));
}

void words_day(struct maker *m, int64_t when) {
    char room[INSTANT_TEXT];

    words_put(m, str_first(instant_format(when, room), 10));
}

void words_minute(struct maker *m, int64_t when) {
    char room[INSTANT_TEXT];
    str const text = instant_format(when, room);

    words_put(m, str_first(text, 10));
    buf_byte(&m->b, ' ');
    words_put(m, str_first(str_from(text, 11), 5));
}

/* Never 0 and never 100. */
void words_percent(struct maker *m, double p) {
    if (p < 0.01)
        words_put(m, S("under 1 %"));
    else if (p > 0.99)
        words_put(m, S("over 99 %"));
    else
        buf_format(&m->b, "%.0f %%", 100 * p);
}

/* "unlikely (31 %)" */
void words_likelihood(struct maker *m, double p) {
    words_put(m, likelihood_word(p));
    words_put(m, S(" ("));
    words_percent(m, p);
    words_put(m, S(")"));
}

/* "it is unlikely (31 %)", "there is almost no chance (2 %)" */
void words_chance(struct maker *m, double p) {
    str const word = likelihood_word(p);
    bool const some = str_ends(word, S("chance"));

    words_put(m, !some ? S("it is ") : str_starts(word, S("almost")) ? S("there is ") : S("there is a "));
    words_likelihood(m, p);
}

void words_full_stop(struct maker *m) {
    str const s = buf_str(&m->b);

    if (!str_ends(s, S(".")) && !str_ends(s, S("?")) && !str_ends(s, S("!")))
        words_put(m, S("."));
}

str words_take(struct maker *m) {
    str out = {"", 0};

    m->failed |= m->b.failed || !arena_copy(m->w->memory, buf_str(&m->b), &out);
    m->b.len = 0;
    return out;
}

void words_line(struct maker *m, struct lines *l) {
    str const s = words_take(m);

    if (m->failed)
        return;
    if (l->count == l->room) {
        size_t const room = l->room ? 2 * l->room : 16;
        str *const more = arena_zero(m->w->memory, room, sizeof *more);

        if (!more) {
            m->failed = true;
            return;
        }
        if (l->count)
            memcpy(more, l->items, l->count * sizeof *more);
        l->items = more;
        l->room = room;
    }
    l->items[l->count++] = s;
}

/* ---- what is told ---- */

void words_group(struct maker *m, const struct assessed_group *g) {
    words_value(m, g->name.len ? g->name : g->id);
}

void words_group_id(struct maker *m, const struct assessed_group *g) {
    words_group(m, g);
    if (g->name.len && g->id.len && !str_eq(g->name, g->id)) {
        words_put(m, S(" ("));
        words_value(m, g->id);
        words_put(m, S(")"));
    }
}

bool words_told(const struct assessment *a, size_t group) {
    return (group == 0 && a->level > ASSESSED_CLUSTER) || a->groups[group].posterior >= WRITTEN_QUOTED_AT;
}

/* ---- countries ---- */

/* As sources write them: what a country is called here says nothing of who rules it. */
str written_country(str code) {
    static const struct {
        str code, name;
    } names[] = {
        {STR("AE"), STR("United Arab Emirates")},
        {STR("BR"), STR("Brazil")},
        {STR("BY"), STR("Belarus")},
        {STR("CN"), STR("China")},
        {STR("ES"), STR("Spain")},
        {STR("FR"), STR("France")},
        {STR("GB"), STR("United Kingdom")},
        {STR("GE"), STR("Georgia")},
        {STR("IL"), STR("Israel")},
        {STR("IN"), STR("India")},
        {STR("IQ"), STR("Iraq")},
        {STR("IR"), STR("Iran")},
        {STR("IT"), STR("Italy")},
        {STR("KP"), STR("North Korea")},
        {STR("KR"), STR("South Korea")},
        {STR("KZ"), STR("Kazakhstan")},
        {STR("LB"), STR("Lebanon")},
        {STR("NG"), STR("Nigeria")},
        {STR("PK"), STR("Pakistan")},
        {STR("PS"), STR("Palestine")},
        {STR("RO"), STR("Romania")},
        {STR("RU"), STR("Russia")},
        {STR("SA"), STR("Saudi Arabia")},
        {STR("SY"), STR("Syria")},
        {STR("TN"), STR("Tunisia")},
        {STR("TR"), STR("Turkey")},
        {STR("TW"), STR("Taiwan")},
        {STR("UA"), STR("Ukraine")},
        {STR("US"), STR("United States")},
        {STR("UZ"), STR("Uzbekistan")},
        {STR("VN"), STR("Vietnam")},
    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(names[i].code, code))
            return names[i].name;
    return code;
}
