/* format: templates applied to lines.
 *
 * A template is matched from the left, with backtracking where a field may end in several places; how often that is done
 * for one line is bounded, because a line is written by whoever is being watched. */
#include "event/format_own.h"

#include <assert.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/instant.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Ends of fields tried for one template on one line, and bytes looked at. The most that a real line of the samples needs is
 * some sixty tries. */
#define TRIES_MAX 2048u
#define WORK_MAX(line_len) (((size_t)1 << 20) + 4 * (line_len))
/* Tries of all templates on one line: one that nearly fits a hundred of them is told by none. */
#define LINE_TRIES_MAX 16384u
#define SPANS_MAX 128u
/* A template of a named program's is tried on lines whose program is not known when it has this much text of its own. */
#define LITERAL_ALONE 12u
/* A built-in format for all lines none of whose templates has so much text fits nearly any line: it comes last. */
#define LITERAL_ANY 4u
/* The longest time that is looked for: Sun, 14 Mar 2021 07:12:03.123456789 +01:00. */
#define TIME_MAX 48u

struct span {
    const struct piece *piece;
    str text;
};

struct match {
    struct told *told; /* for what it remembers */
    const struct piece *pieces;
    uint16_t piece_count;
    const char *end;
    struct span spans[SPANS_MAX];
    uint32_t span_count;
    uint32_t tries;
    size_t work;  /* bytes that may still be looked at */
    bool quotes;  /* there was a quoted field */
    bool lenient; /* a quote that is not escaped may be inside one */
};

/* Forms of fields */

/* Of which bytes fields of some types are made. */
const uint8_t format_classes[256] = {
    [0 ... 255] = OF_WORD,
    ['\t'] = 0,
    [' '] = OF_TIME,
    ['0' ... '9'] = OF_ALL,
    ['a' ... 'z'] = OF_WORD | OF_ADDRESS | OF_TIME,
    ['A' ... 'Z'] = OF_WORD | OF_ADDRESS | OF_TIME,
    ['-'] = OF_ALL, /* of an address: none, or of an interface's name */
    ['.'] = OF_WORD | OF_NUMBER | OF_ADDRESS | OF_TIME,
    [':'] = OF_WORD | OF_ADDRESS | OF_TIME,
    [','] = OF_WORD | OF_TIME,
    ['+'] = OF_WORD | OF_TIME,
    ['/'] = OF_WORD | OF_TIME,
    ['*'] = OF_WORD | OF_TIME,
    ['%'] = OF_WORD | OF_ADDRESS,
    ['['] = OF_WORD | OF_ADDRESS,
    [']'] = OF_WORD | OF_ADDRESS,
};

static bool is_number(str s, unsigned points_most) {
    unsigned points = 0;
    size_t i = s.ptr[0] == '-';

    if (i == s.len)
        return false;
    for (; i < s.len; i++)
        if (s.ptr[i] == '.' && i > 0)
            points++;
        else if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return points <= points_most && s.ptr[s.len - 1] != '.';
}

bool time_may_begin(char c) {
    return (c >= '0' && c <= '9') || memchr("JFMASONDTWjfmasondtw*.", c, 22);
}

/* The name of a month or a day of the week. */
static bool name_begins(str s) {
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdecmontuewedthufrisatsun";
    char low[3];

    for (size_t i = 0; i < 3; i++)
        low[i] = (char)(s.ptr[i] | 0x20);
    for (size_t i = 0; i < sizeof names - 1; i += 3)
        if (memcmp(names + i, low, 3) == 0)
            return true;
    return false;
}

static size_t digits_at(str s, size_t i) {
    size_t n = 0;

    while (i + n < s.len && s.ptr[i + n] >= '0' && s.ptr[i + n] <= '9')
        n++;
    return n;
}

/* What is cheap to say of a time that begins here: a year first, a day or month first, a name first, a number of seconds. */
static bool time_begins(str s) {
    if (s.len < 8 || !time_may_begin(s.ptr[0]))
        return false;
    size_t const from = s.ptr[0] == '*' || s.ptr[0] == '.';
    size_t const digits = digits_at(s, from), next = from + digits;

    if (digits == 0)
        return name_begins(str_from(s, from));
    if (digits == 4)
        return memchr("-/. ", s.ptr[next], 4) != NULL;
    if (digits > 2)
        return digits >= 8;
    if (s.ptr[next] == '.') {
        size_t const more = digits_at(s, next + 1);

        return more > 0 && more < 3 && next + 1 + more < s.len && s.ptr[next + 1 + more] == '.' &&
               digits_at(s, next + 2 + more) == 4;
    }
    return memchr("-/ ", s.ptr[next], 3) != NULL;
}

/* A date alone, or seconds since 1970: not any number. */
static bool is_date(str s) {
    size_t digits = 0;

    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
        digits++;
    return s.len >= 10 && (digits >= 9 || (digits == 4 && s.ptr[4] != '.')) && str_find_byte(s, ' ') == SIZE_MAX;
}

/* A name at the end of a time is not part of it, unless wall_parse knows what it means. */
static bool is_time(str s) {
    struct wall w;
    size_t from = s.len;

    while (from > 0 && s.ptr[from - 1] != ' ')
        from--;
    str const last = str_from(s, from);
    bool named = last.len > 0 && from > 0;

    for (size_t i = 0; i < last.len; i++)
        named = named && ((last.ptr[i] >= 'A' && last.ptr[i] <= 'Z') || (last.ptr[i] >= 'a' && last.ptr[i] <= 'z'));
    if (named && !str_eq_ascii(last, S("UTC")) && !str_eq_ascii(last, S("GMT")) && !str_eq_ascii(last, S("Z")) &&
        !str_eq_ascii(last, S("AM")) && !str_eq_ascii(last, S("PM")))
        return false;
    return (str_find_byte(s, ':') != SIZE_MAX || is_date(s)) && wall_parse(s, &w);
}

/* The same, remembered: lines beside each other were often written in the same second, and one time is tried by many templates. */
static bool is_known_time(struct told *t, str s) {
    if (s.len > sizeof t->time)
        return is_time(s);
    if (s.len != t->time_len || memcmp(s.ptr, t->time, s.len) != 0) {
        memcpy(t->time, s.ptr, s.len);
        t->time_len = s.len;
        t->time_fits = is_time(s);
    }
    return t->time_fits;
}

static str without_brackets(str s) {
    return s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']' ? (str){s.ptr + 1, s.len - 2} : s;
}

static bool fits(struct told *t, const struct piece *p, str s) {
    struct address a;

    if (s.len == 0)
        return p->may_be_empty || p->type == PIECE_QUOTED || p->type >= PIECE_REQUEST;
    if (p->dash_is_none && s.len == 1 && s.ptr[0] == '-')
        return true;
    switch (p->type) {
    case PIECE_INT:
        return is_number(s, 0);
    case PIECE_NUMBER:
        return is_number(s, 1);
    case PIECE_ADDRESS:
        return address_parse(without_brackets(s), &a);
    case PIECE_TIME:
        return is_known_time(t, s);
    case PIECE_LABELS:
        s = str_trim(s);
        return s.len > 2 && s.ptr[0] == '(' && s.ptr[s.len - 1] == ')';
    default:
        return true; /* the class was looked at already */
    }
}

/* Matching */

static bool match(struct match *m, uint16_t at, const char *p);

/* False: there has been enough. */
static bool work(struct match *m, size_t bytes) {
    if (m->work < bytes)
        m->tries = TRIES_MAX;
    else
        m->work -= bytes;
    return m->tries < TRIES_MAX;
}

static inline bool span_add(struct match *m, const struct piece *p, const char *from, const char *to) {
    str const text = {from, (size_t)(to - from)};

    if (m->tries >= TRIES_MAX)
        return false;
    m->tries++;
    if (m->span_count == SPANS_MAX || !fits(m->told, p, text))
        return false;
    if (p->strict && !pairs_begin(p, text))
        return false;
    m->spans[m->span_count++] = (struct span){p, text};
    return true;
}

static bool take(struct match *m, const struct piece *p, const char *from, const char *to, uint16_t next) {
    uint32_t const kept = m->span_count;

    if ((p->type == PIECE_ANY || work(m, (size_t)(to - from))) && span_add(m, p, from, to) && match(m, next, to))
        return true;
    m->span_count = kept;
    return false;
}

/* Over sixteen bytes at a time as long as there is no blank among them. */
static const char *without_blanks(const char *p, const char *end) {
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned const blanks = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'))));

        if (blanks)
            return p + __builtin_ctz(blanks);
    }
#else
    (void)end;
#endif
    return p;
}

/* Where a field that begins at p must end at the latest, by the bytes it may hold. */
static const char *reach(const struct piece *p, const char *from, const char *end) {
    if (p->type == PIECE_TIME) {
        end = (size_t)(end - from) > TIME_MAX ? from + TIME_MAX : end;
        if (!time_begins((str){from, (size_t)(end - from)}))
            return from;
        while (from < end && format_classes[(unsigned char)*from] & OF_TIME)
            from++;
        return from;
    }
    if (!p->class)
        return end;
    if (p->class == OF_WORD)
        from = without_blanks(from, end);
    while (from < end && format_classes[(unsigned char)*from] & p->class)
        from++;
    return from;
}

static inline bool stands_at(const char *end, const char *p, const struct piece *what) {
    size_t const len = what->text.len;
    uint64_t eight;

    if ((size_t)(end - p) < sizeof eight)
        return (size_t)(end - p) >= len && memcmp(p, what->text.ptr, len) == 0;
    memcpy(&eight, p, sizeof eight);
    return (eight & what->mask) == what->lead &&
           (len <= sizeof eight || ((size_t)(end - p) >= len && memcmp(p, what->text.ptr, len) == 0));
}

/* The first place of a piece's text in [p, end): by the byte of it that is rarest in logs. */
static const char *find(struct match *m, const char *p, const char *end, const struct piece *what) {
    const char *const from = p, *found = NULL;
    str const text = what->text;

    while ((size_t)(end - p) >= text.len &&
           (p = memchr(p + what->rare, text.ptr[what->rare], (size_t)(end - p) - text.len + 1))) {
        p -= what->rare;
        if (memcmp(p, text.ptr, text.len) == 0) {
            found = p;
            break;
        }
        p++;
    }
    return work(m, (size_t)((found ? found : end) - from)) ? found : NULL;
}

/* The quote, or whatever byte it is, that ends the field: not one behind a backslash. */
static const char *unescaped(const char *p, const char *end, char c) {
    const char *const first = memchr(p, c, (size_t)(end - p));

    if (!first || !memchr(p, '\\', (size_t)(first - p)))
        return first;
    while (p < end && *p != c)
        p += *p == '\\' && end - p > 1 ? 2 : 1;
    return p < end ? p : NULL;
}

/* The end of a field that has but one, whatever stands behind the text that follows; NULL: none. */
static inline const char *one_end(const struct match *m, const struct piece *p, const char *from,
                                  const struct piece *then) {
    const char *const to = p->class ? reach(p, from, m->end) : unescaped(from, m->end, *then->text.ptr);

    return to && stands_at(m->end, to, then) ? to : NULL;
}

/* The field's end is where the text of piece `next` follows. */
static bool until_text(struct match *m, const struct piece *p, const char *from, uint16_t next) {
    str const text = m->pieces[next].text;
    const char *to, *seen;

    if (m->lenient && !p->class && field_ends_once(p, text)) {
        for (to = from; (to = unescaped(to, m->end, text.ptr[0])); to++)
            if (!work(m, (size_t)(to - from)) || take(m, p, from, to, next))
                return m->tries < TRIES_MAX;
        return false;
    }
    m->quotes |= !p->class && field_ends_once(p, text);
    if (field_ends_once(p, text))
        return work(m, (size_t)((to = one_end(m, p, from, &m->pieces[next])) ? to - from : m->end - from)) && to &&
               take(m, p, from, to, next);
    const char *const limit = reach(p, from, m->end);

    if (p->class && !work(m, (size_t)(limit - from)))
        return false;
    /* An end may be no farther than limit; the text behind it may. */
    const char *const last = (size_t)(m->end - limit) < text.len ? m->end : limit + text.len;

    if (!p->longest && p->type != PIECE_TIME) {
        for (to = from; (to = find(m, to, last, &m->pieces[next])); to++)
            if (take(m, p, from, to, next))
                return true;
            else if (m->tries >= TRIES_MAX)
                return false;
        return false;
    }
    if ((size_t)(last - from) < text.len)
        return false;
    seen = last - text.len + 1;
    while ((to = memrchr(from, text.ptr[0], (size_t)(seen - from)))) {
        if (!work(m, (size_t)(seen - to)))
            return false;
        if (memcmp(to, text.ptr, text.len) == 0) {
            if (take(m, p, from, to, next))
                return true;
            if (m->tries >= TRIES_MAX)
                return false;
        }
        seen = to;
    }
    (void)work(m, (size_t)(seen - from));
    return false;
}

/* The field begins at `from`, and what follows it is piece `next`. */
static bool field_then(struct match *m, const struct piece *p, const char *from, uint16_t next) {
    while (next < m->piece_count && m->pieces[next].type == PIECE_CLOSE)
        next++;
    if (next == m->piece_count) {
        const char *const limit = reach(p, from, m->end);

        if (limit < m->end && p->class)
            (void)work(m, (size_t)(limit - from));
        return limit == m->end && take(m, p, from, m->end, next);
    }
    const struct piece *const then = &m->pieces[next];

    if (then->type == PIECE_OPEN)
        return field_then(m, p, from, (uint16_t)(next + 1)) || field_then(m, p, from, then->next);
    assert(then->type == PIECE_TEXT);
    return until_text(m, p, from, next);
}

static bool match(struct match *m, uint16_t at, const char *p) {
    for (; at < m->piece_count; at++) {
        const struct piece *const piece = &m->pieces[at];

        if (piece->type == PIECE_CLOSE)
            continue;
        if (piece->type == PIECE_OPEN) {
            uint32_t const kept = m->span_count;

            if (m->tries >= TRIES_MAX)
                return false;
            m->tries++;
            if (match(m, (uint16_t)(at + 1), p))
                return true;
            m->span_count = kept;
            at = (uint16_t)(piece->next - 1);
            continue;
        }
        if (piece->type == PIECE_TEXT) {
            if (!stands_at(m->end, p, piece))
                return false;
            p += piece->text.len;
            continue;
        }
        m->quotes |= piece->one_end && !piece->class;
        if (!piece->one_end || (m->lenient && !piece->class))
            return field_then(m, piece, p, (uint16_t)(at + 1));
        const char *const to = one_end(m, piece, p, piece + 1);

        if (!work(m, (size_t)((to ? to : m->end) - p)) || !to || !span_add(m, piece, p, to))
            return false;
        p = to + piece[1].text.len;
        at++;
    }
    return p == m->end;
}

/* Telling */

void told_free(struct told *t) {
    free(t->values);
    free(t->maybe);
    free(t->keys);
    buf_free(&t->room);
    *t = (struct told){0};
}

void told_add(struct told *t, field_id field, str value) {
    if (field == FIELD_NONE)
        return;
    if (t->count == RECORD_VALUES_MAX) {
        t->cut = true;
        return;
    }
    t->values[t->count++] =
        (struct raw){.field = field, .type = RAW_TEXT, .len = (uint32_t)value.len, .ptr = value.ptr};
}

static void add_constants(struct told *t, const struct constant *set, size_t count) {
    if (t->constant_to == 0)
        t->constant_from = t->count;
    for (size_t i = 0; i < count; i++)
        told_add(t, set[i].field, set[i].value);
    t->constant_to = t->count;
}

static void add_span(struct told *t, struct fields *fields, const struct span *s) {
    const struct piece *const p = s->piece;

    switch (p->type) {
    case PIECE_QUOTED:
        decode_quoted(t, p, s->text);
        return;
    case PIECE_LABELS:
        decode_labels(t, p, s->text);
        return;
    case PIECE_REQUEST:
        decode_request(t, t->template, s->text);
        return;
    case PIECE_PAIRS:
        decode_pairs(t, fields, p, s->text);
        return;
    case PIECE_LOOSE:
        decode_loose(t, fields, p, s->text);
        return;
    case PIECE_CSV:
        decode_csv(t, t->template, s->text);
        return;
    case PIECE_ADDRESS:
        if (!(p->dash_is_none && str_eq(s->text, S("-"))))
            told_add(t, p->field, without_brackets(s->text));
        return;
    default:
        if (s->text.len && !(p->dash_is_none && str_eq(s->text, S("-"))))
            told_add(t, p->field, s->text);
        return;
    }
}

static const struct raw *value_of(const struct told *t, field_id field) {
    for (uint32_t i = 0; i < t->count; i++)
        if (t->values[i].field == field)
            return &t->values[i];
    return NULL;
}

static void add_joined(struct told *t, const struct joined *j) {
    size_t const from = t->room.len;

    for (size_t i = 0; i < j->part_count; i++) {
        const struct raw *const v = j->parts[i].field == FIELD_NONE ? NULL : value_of(t, j->parts[i].field);

        if (j->parts[i].field != FIELD_NONE && (!v || v->len == 0))
            return;
        size_t const more = j->parts[i].text.len + (v ? v->len : 0);

        if (t->room.room - t->room.len < more) { /* views into it must stay */
            t->cut = true;
            return;
        }
        buf_add(&t->room, j->parts[i].text);
        if (v)
            buf_add(&t->room, (str){v->ptr, v->len});
    }
    told_add(t, j->field, (str){t->room.ptr + from, t->room.len - from});
}

/* A template of a format; the first bytes of lines that fit it, as many as are sure; the bytes they must hold, a bit each. */
struct entry {
    const struct format *format;
    const struct template *template;
    uint64_t lead, mask, needs;
};

/* The bit of a byte that tells lines apart: of capitals and marks, most digits; of nothing else. */
static uint64_t bit_of(unsigned char c) {
    if (c >= '{' && c <= '~')
        return (uint64_t)1 << ('0' - ' ' + c - '{');
    return c >= ' ' && c < '`' && (c < '0' || c > '3') ? (uint64_t)1 << (c - ' ') : 0;
}

static uint64_t lead_of(str text) {
    uint64_t lead = 0;

    memcpy(&lead, text.ptr, text.len < sizeof lead ? text.len : sizeof lead);
    return lead;
}

static struct entry entry_of(const struct format *format, const struct template *how) {
    struct entry e = {format, how, how->pieces[0].lead, how->pieces[0].mask, 0};
    bool inside = false;

    for (uint16_t i = 0; i < how->piece_count; i++) {
        const struct piece *const p = &how->pieces[i];

        inside = p->type == PIECE_OPEN || (inside && p->type != PIECE_CLOSE);
        for (size_t k = 0; p->type == PIECE_TEXT && !inside && k < p->text.len; k++)
            e.needs |= bit_of((unsigned char)p->text.ptr[k]);
    }
    return e;
}

/* A line, and what is known of it: its first bytes; the bytes it has, a bit each; where a field that it begins with ends, by the
 * lowest bit of the field's class, NULL: not known yet. */
struct seen {
    str line;
    uint32_t tries; /* of all templates */
    uint64_t lead, has;
    const char *ends[8];
};

/* A quick look, which leaves most templates behind. False: it does not fit. */
static inline bool may_fit(const struct entry *e, const struct seen *s) {
    return !(e->needs & ~s->has) && (s->lead & e->mask) == e->lead;
}

/* The same of its first field. */
static bool first_may_fit(const struct entry *e, struct seen *s) {
    const struct piece *const p = e->template->pieces;

    if (!p->class || e->template->piece_count < 2 || p[1].type != PIECE_TEXT)
        return true;
    const char *const end = s->line.ptr + s->line.len;
    const char **const to = &s->ends[__builtin_ctz(p->class) % COUNT(s->ends)];

    if (!*to)
        *to = reach(p, s->line.ptr, end);
    if (p->one_end)
        return stands_at(end, *to, p + 1);
    /* The text begins with a byte that the field may hold. */
    return memchr(s->line.ptr, p[1].text.ptr[0], (size_t)(*to - s->line.ptr)) != NULL;
}

static bool try_template(struct told *t, struct fields *fields, const struct entry *e, struct seen *s) {
    const struct template *const how = e->template;
    str const line = s->line;
    struct match m;

    if (line.len == 0 || !(how->first[(unsigned char)line.ptr[0] / 8] >> (unsigned char)line.ptr[0] % 8 & 1) ||
        !first_may_fit(e, s))
        return false;
    m.told = t;
    m.pieces = how->pieces;
    m.piece_count = how->piece_count;
    m.end = line.ptr + line.len;
    uint32_t const left = LINE_TRIES_MAX - s->tries, begin = left < TRIES_MAX ? TRIES_MAX - left : 0;
    bool fit;

    m.span_count = 0;
    m.tries = begin;
    m.work = WORK_MAX(line.len);
    m.quotes = m.lenient = false;
    if (!(fit = match(&m, 0, line.ptr)) && m.quotes && m.tries < TRIES_MAX) {
        m.lenient = true;
        m.span_count = 0;
        fit = match(&m, 0, line.ptr);
    }
    s->tries += m.tries - begin;
    if (!fit)
        return false;
    t->format = e->format;
    t->template = how;
    for (uint32_t i = 0; i < m.span_count; i++)
        add_span(t, fields, &m.spans[i]);
    add_constants(t, how->set, how->set_count);
    return true;
}

/* All formats, and by what they are found */

struct gated {
    str program;
    const struct format *format;
    const struct entry *entries; /* its templates */
};

struct formats {
    const struct format **list;
    size_t count;
    struct gated *gated; /* by program, then in order */
    size_t gated_count;
    struct entry *own; /* of formats of programs, in order */
    struct entry
        *entries; /* of formats for all lines, in order; those that may stand alone; those that fit nearly any */
    size_t open_count, entry_count;
    struct index *index; /* of them */
    uint64_t bits[256];  /* bit_of each byte */
};

static uint32_t most_literal(const struct format *f) {
    uint32_t most = 0;

    for (size_t i = 0; i < f->template_count; i++)
        most = f->templates[i].literal > most ? f->templates[i].literal : most;
    return most;
}

/* A user's first, then those of one program, then the most particular. */
static int by_order(const void *a, const void *b) {
    const struct format *const x = *(const struct format *const *)a, *const y = *(const struct format *const *)b;
    uint32_t const of_x = most_literal(x), of_y = most_literal(y);

    if (x->builtin != y->builtin)
        return x->builtin ? 1 : -1;
    if ((x->program_count > 0) != (y->program_count > 0))
        return x->program_count > 0 ? -1 : 1;
    if (of_x != of_y)
        return of_x > of_y ? -1 : 1;
    return str_cmp(x->name, y->name);
}

static int by_program(const void *a, const void *b) {
    const struct gated *const x = a, *const y = b;
    int const c = str_cmp(x->program, y->program);

    return c ? c : by_order(&x->format, &y->format);
}

/* In which of three passes a template is tried on lines whose program is not known (of others only the first); 3: in none. */
static unsigned pass_of(const struct format *f, const struct template *how) {
    if (f->program_count > 0)
        return how->literal >= LITERAL_ALONE ? 1 : 3;
    return most_literal(f) >= LITERAL_ANY || !f->builtin ? 0 : 2;
}

static void entries_fill(struct formats *f) {
    for (unsigned pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < f->count; i++)
            for (size_t j = 0; j < f->list[i]->template_count; j++)
                if (pass_of(f->list[i], &f->list[i]->templates[j]) == pass)
                    f->entries[f->entry_count++] = entry_of(f->list[i], &f->list[i]->templates[j]);
        if (pass == 0)
            f->open_count = f->entry_count;
    }
}

static bool index_fill(struct formats *f) {
    const struct template **const templates = calloc(f->entry_count + 1, sizeof *templates);

    for (size_t i = 0; templates && i < f->entry_count; i++)
        templates[i] = f->entries[i].template;
    f->index = templates ? index_new(templates, f->entry_count) : NULL;
    free(templates);
    return f->index != NULL;
}

struct formats *formats_new(const struct format **list, size_t count) {
    struct formats *const f = calloc(1, sizeof *f);
    size_t templates = 0, programs = 0, own = 0;

    if (!f)
        return NULL;
    if (count)
        qsort(list, count, sizeof *list, by_order);
    f->list = list;
    f->count = count;
    for (unsigned c = 0; c < 256; c++)
        f->bits[c] = bit_of((unsigned char)c);
    for (size_t i = 0; i < count; i++) {
        templates += list[i]->template_count;
        programs += list[i]->program_count;
    }
    f->gated = calloc(programs + 1, sizeof *f->gated);
    f->entries = calloc(templates + 1, sizeof *f->entries);
    f->own = calloc(templates + 1, sizeof *f->own);
    if (!f->gated || !f->entries || !f->own || templates >= UINT16_MAX) {
        formats_free(f);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < list[i]->program_count; j++)
            f->gated[f->gated_count++] = (struct gated){list[i]->programs[j], list[i], f->own + own};
        for (size_t j = 0; list[i]->program_count && j < list[i]->template_count; j++)
            f->own[own++] = entry_of(list[i], &list[i]->templates[j]);
    }
    qsort(f->gated, f->gated_count, sizeof *f->gated, by_program);
    entries_fill(f);
    if (!index_fill(f)) {
        formats_free(f);
        return NULL;
    }
    return f;
}

void formats_free(struct formats *f) {
    if (!f)
        return;
    free(f->gated);
    free(f->entries);
    free(f->own);
    index_free(f->index);
    free(f);
}

size_t formats_count(const struct formats *f) {
    return f->count;
}

const struct format *formats_at(const struct formats *f, size_t i) {
    assert(i < f->count);
    return f->list[i];
}

/* The formats of a program: the first of them, and how many. */
static size_t gated_of(const struct formats *f, str program, const struct gated **out) {
    size_t low = 0, high = f->gated_count, count = 0;

    while (low < high) {
        size_t const middle = (low + high) / 2;

        if (str_cmp(f->gated[middle].program, program) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + count < f->gated_count && str_eq(f->gated[low + count].program, program))
        count++;
    *out = f->gated + low;
    return count;
}

/* A program is known by its whole tag (postfix/smtpd), or what stands in front of the first slash, or behind the last. */
static size_t programs_formats(const struct formats *f, str program, const struct gated **out) {
    char lower[PROGRAM_MAX];
    size_t count, slash, last = SIZE_MAX;

    if (program.len == 0 || program.len > sizeof lower)
        return 0;
    for (size_t i = 0; i < program.len; i++) {
        lower[i] = program.ptr[i] >= 'A' && program.ptr[i] <= 'Z' ? (char)(program.ptr[i] | 0x20) : program.ptr[i];
        last = lower[i] == '/' ? i : last;
    }
    str const name = {lower, program.len};

    if ((count = gated_of(f, name, out)) || last == SIZE_MAX)
        return count;
    if ((slash = str_find_byte(name, '/')) > 0 && (count = gated_of(f, str_first(name, slash), out)))
        return count;
    return gated_of(f, str_from(name, last + 1), out);
}

/* The same, remembered: few programs write most lines. */
static size_t programs_known(const struct formats *f, str program, struct told *t, const struct gated **out) {
    if (program.len == 0 || program.len > PROGRAM_MAX)
        return 0;
    struct told_program *const known = &t->programs[(program.len * 5 + (unsigned char)program.ptr[0] +
                                                     (unsigned char)program.ptr[program.len - 1] * 3) %
                                                    TOLD_PROGRAMS];

    if (known->len != program.len || memcmp(known->name, program.ptr, program.len) != 0) {
        known->count = programs_formats(f, program, &known->own);
        known->len = program.len;
        memcpy(known->name, program.ptr, program.len);
    }
    *out = known->own;
    return known->count;
}

static void tell(const struct formats *f, struct fields *fields, str program, str line, struct told *t) {
    const struct gated *own = NULL;
    size_t const own_count = programs_known(f, program, t, &own);
    struct seen seen = {.line = line, .lead = lead_of(line)};

#pragma GCC unroll 8
    for (size_t i = 0; i < line.len; i++)
        seen.has |= f->bits[(unsigned char)line.ptr[i]];
    for (size_t i = 0; i < own_count; i++)
        for (size_t j = 0; j < own[i].format->template_count; j++)
            if (may_fit(&own[i].entries[j], &seen) && try_template(t, fields, &own[i].entries[j], &seen))
                return;
    size_t const count = program.len == 0 ? f->entry_count : f->open_count;

    index_look(f->index, line, t->maybe);
    for (size_t w = 0; w * 64 < count; w++)
        for (uint64_t set = t->maybe[w]; set; set &= set - 1) {
            size_t const i = w * 64 + (size_t)__builtin_ctzll(set);

            if (i < count && may_fit(&f->entries[i], &seen) && try_template(t, fields, &f->entries[i], &seen))
                return;
        }
    t->format = own_count ? own[0].format : NULL;
}

bool formats_fit(const struct formats *f, struct fields *fields, str line, struct told *room) {
    struct err e = {0};

    return formats_tell(f, fields, S(""), line, room, &e) && room->format;
}

bool formats_tell(const struct formats *f, struct fields *fields, str program, str line, struct told *out,
                  struct err *e) {
    out->format = NULL;
    out->template = NULL;
    out->count = 0;
    out->key_count = 0;
    out->constant_from = out->constant_to = 0;
    out->cut = false;
    out->room.len = 0;
    if (f->count == 0)
        return true;
    if (!out->values && !(out->values = reallocarray(NULL, RECORD_VALUES_MAX, sizeof *out->values)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the fields of a line");
    if (!out->keys && !(out->keys = calloc(TOLD_KEYS, sizeof *out->keys)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the fields of a line");
    if (!out->maybe && !(out->maybe = calloc(index_words(f->index), sizeof *out->maybe)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the fields of a line");
    if (!buf_reserve(&out->room, TOLD_ROOM(line.len))) {
        told_free(out);
        return err_set(e, ERR_MEMORY, 0, "no memory for the fields of a line");
    }
    tell(f, fields, program, str_trim(line), out);
    if (out->format) {
        add_constants(out, out->format->set, out->format->set_count);
        for (size_t i = 0; i < out->format->join_count && out->template; i++)
            add_joined(out, &out->format->joins[i]);
    }
    return true;
}
