/* format: templates applied to lines.
 *
 * A template is matched from the left, with backtracking where a field may end in several places; how often that is done
 * for one line is bounded, because a line is written by whoever is being watched. */
#include "event/format_own.h"

#include <assert.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/instant.h"

/* Ends of fields tried for one template on one line. The most that a real line of the samples needs is some sixty. */
#define TRIES_MAX 2048u
/* The same for all templates on one line: a line that nearly fits a hundred of them is told by none. */
#define LINE_TRIES_MAX 16384u
#define SPANS_MAX 128u
#define PROGRAM_MAX 64u
/* The longest time that is looked for: Sun, 14 Mar 2021 07:12:03.123456789 +01:00. */
#define TIME_MAX 48u
/* A template of a named program's is tried on lines whose program is not known when it has this much text of its own. */
#define LITERAL_ALONE 12u
/* A format for all lines none of whose templates has so much text fits nearly any line: it comes last. */
#define LITERAL_ANY 4u

struct span {
    const struct piece *piece;
    str text;
};

struct match {
    const struct piece *pieces;
    uint16_t piece_count;
    const char *end;
    struct span spans[SPANS_MAX];
    uint32_t span_count;
    uint32_t tries, tries_max;
};

/* Forms of fields */

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static bool letter(char c) {
    return (char)(c | 0x20) >= 'a' && (char)(c | 0x20) <= 'z';
}

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

static str without_brackets(str s) {
    return s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']' ? (str){s.ptr + 1, s.len - 2} : s;
}

static bool fits(const struct piece *p, str s) {
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
        return is_time(s);
    case PIECE_LABELS:
        s = str_trim(s);
        return s.len > 2 && s.ptr[0] == '(' && s.ptr[s.len - 1] == ')';
    default:
        return true; /* the class was looked at already */
    }
}

/* Matching */

static bool match(struct match *m, uint16_t at, const char *p);

static bool take(struct match *m, const struct piece *p, const char *from, const char *to, uint16_t next) {
    uint32_t const kept = m->span_count;

    if (m->tries++ >= m->tries_max || kept == SPANS_MAX || !fits(p, (str){from, (size_t)(to - from)}))
        return false;
    m->spans[m->span_count++] = (struct span){p, {from, (size_t)(to - from)}};
    if (match(m, next, to))
        return true;
    m->span_count = kept;
    return false;
}

/* Where a field that begins at p must end at the latest, by the bytes it may hold. */
static const char *reach(const struct piece *p, const char *from, const char *end) {
    switch (p->type) {
    case PIECE_WORD:
        while (from < end && *from != ' ' && *from != '\t')
            from++;
        return from;
    case PIECE_INT:
        while (from < end && (digit(*from) || *from == '-'))
            from++;
        return from;
    case PIECE_NUMBER:
        while (from < end && (digit(*from) || *from == '-' || *from == '.'))
            from++;
        return from;
    case PIECE_ADDRESS:
        while (from < end && (digit(*from) || letter(*from) || *from == '.' || *from == ':' || *from == '%' ||
                              *from == '[' || *from == ']' || *from == '-'))
            from++;
        return from;
    case PIECE_TIME:
        end = (size_t)(end - from) > TIME_MAX ? from + TIME_MAX : end;
        if (!time_begins((str){from, (size_t)(end - from)}))
            return from;
        while (from < end && (digit(*from) || letter(*from) || (*from && strchr(" :-.,+/*", *from))))
            from++;
        return from;
    default:
        return end;
    }
}

/* memmem for what is short, in what is short. */
static const char *find(const char *p, const char *end, str what) {
    for (; (size_t)(end - p) >= what.len; p++) {
        if (!(p = memchr(p, what.ptr[0], (size_t)(end - p) - what.len + 1)))
            return NULL;
        size_t i = 1;

        while (i < what.len && p[i] == what.ptr[i])
            i++;
        if (i == what.len)
            return p;
    }
    return NULL;
}

/* The quote, or whatever byte it is, that ends the field: not one behind a backslash. */
static const char *unescaped(const char *p, const char *end, char c) {
    while (p < end && *p != c)
        p += *p == '\\' && end - p > 1 ? 2 : 1;
    return p < end ? p : NULL;
}

/* The field's end is where `text` follows; then goes on with `next`, the piece of that text. */
static bool until_text(struct match *m, const struct piece *p, const char *from, str text, uint16_t next) {
    const char *const limit = reach(p, from, m->end);
    const char *to;

    if (p->type == PIECE_QUOTED || p->type == PIECE_REQUEST) {
        for (to = from; (to = unescaped(to, m->end, text.ptr[0])); to++)
            if (take(m, p, from, to, next))
                return true;
            else if (m->tries >= m->tries_max)
                return false;
        return false;
    }
    /* An end may be no farther than limit; the text behind it may. */
    const char *const last = (size_t)(m->end - limit) < text.len ? m->end : limit + text.len;

    if (!p->longest && p->type != PIECE_TIME) {
        for (to = from; (to = find(to, last, text)); to++)
            if (take(m, p, from, to, next))
                return true;
            else if (m->tries >= m->tries_max)
                return false;
        return false;
    }
    if ((size_t)(last - from) < text.len)
        return false;
    for (to = last - text.len; to >= from; to--)
        if (*to == text.ptr[0] && memcmp(to, text.ptr, text.len) == 0) {
            if (take(m, p, from, to, next))
                return true;
            if (m->tries >= m->tries_max)
                return false;
        }
    return false;
}

/* The field begins at `from`, and what follows it is piece `next`. */
static bool field_then(struct match *m, const struct piece *p, const char *from, uint16_t next) {
    while (next < m->piece_count && m->pieces[next].type == PIECE_CLOSE)
        next++;
    if (next == m->piece_count)
        return reach(p, from, m->end) == m->end && take(m, p, from, m->end, next);
    const struct piece *const then = &m->pieces[next];

    if (then->type == PIECE_OPEN)
        return field_then(m, p, from, (uint16_t)(next + 1)) || field_then(m, p, from, then->next);
    assert(then->type == PIECE_TEXT);
    return until_text(m, p, from, then->text, next);
}

static bool match(struct match *m, uint16_t at, const char *p) {
    for (; at < m->piece_count; at++) {
        const struct piece *const piece = &m->pieces[at];

        if (piece->type == PIECE_CLOSE)
            continue;
        if (piece->type == PIECE_OPEN) {
            uint32_t const kept = m->span_count;

            if (match(m, (uint16_t)(at + 1), p))
                return true;
            m->span_count = kept;
            at = (uint16_t)(piece->next - 1);
            continue;
        }
        if (piece->type != PIECE_TEXT)
            return field_then(m, piece, p, (uint16_t)(at + 1));
        if ((size_t)(m->end - p) < piece->text.len || *p != piece->text.ptr[0] ||
            memcmp(p, piece->text.ptr, piece->text.len) != 0)
            return false;
        p += piece->text.len;
    }
    return p == m->end;
}

/* Telling */

void told_free(struct told *t) {
    free(t->values);
    free(t->maybe);
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
    t->values[t->count++] = (struct raw){field, RAW_TEXT, false, (uint32_t)value.len, value.ptr};
}

static void add_constants(struct told *t, const struct constant *set, size_t count) {
    for (size_t i = 0; i < count; i++)
        told_add(t, set[i].field, set[i].value);
}

static bool add_span(struct told *t, struct fields *fields, const struct span *s) {
    const struct piece *const p = s->piece;

    switch (p->type) {
    case PIECE_QUOTED:
        decode_quoted(t, p, s->text);
        return true;
    case PIECE_LABELS:
        decode_labels(t, p, s->text);
        return true;
    case PIECE_REQUEST:
        decode_request(t, p, s->text);
        return true;
    case PIECE_PAIRS:
        decode_pairs(t, fields, p, s->text);
        return true;
    case PIECE_LOOSE:
        decode_loose(t, fields, p, s->text);
        return true;
    case PIECE_CSV:
        decode_csv(t, t->template, s->text);
        return true;
    case PIECE_ADDRESS:
        if (!(p->dash_is_none && str_eq(s->text, S("-"))))
            told_add(t, p->field, without_brackets(s->text));
        return true;
    default:
        if (s->text.len && !(p->dash_is_none && str_eq(s->text, S("-"))))
            told_add(t, p->field, s->text);
        return true;
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

        if (t->room.room - t->room.len < more) /* views into it must stay */
            return;
        buf_add(&t->room, j->parts[i].text);
        if (v)
            buf_add(&t->room, (str){v->ptr, v->len});
    }
    told_add(t, j->field, (str){t->room.ptr + from, t->room.len - from});
}

static bool try_template(struct told *t, struct fields *fields, const struct format *f, const struct template *how,
                         str line, uint32_t *tries, bool *fitted) {
    struct match m;

    *fitted = false;
    m.pieces = how->pieces;
    m.piece_count = how->piece_count;
    m.end = line.ptr + line.len;
    m.span_count = m.tries = 0;
    m.tries_max = LINE_TRIES_MAX - *tries < TRIES_MAX ? LINE_TRIES_MAX - *tries : TRIES_MAX;
    *fitted = match(&m, 0, line.ptr);
    *tries += m.tries < m.tries_max ? m.tries : m.tries_max;
    if (!*fitted)
        return true;
    t->format = f;
    t->template = how;
    for (uint32_t i = 0; i < m.span_count; i++)
        if (!add_span(t, fields, &m.spans[i]))
            return false;
    add_constants(t, how->set, how->set_count);
    return true;
}

/* All formats, and by what they are found */

struct gated {
    str program;
    const struct format *format;
    size_t first; /* the number of its first template */
};

/* The passes in which templates are tried on lines whose program is not known: of formats for all lines; of programs' that may
 * stand alone; of formats for all lines that fit nearly any. Lines of a known program: after its own, the first only. */
#define PASSES 3u

struct formats {
    const struct format **list;
    size_t count;
    struct gated *gated; /* by program, then in order */
    size_t gated_count;
    const struct template **templates; /* of all formats, in order */
    const struct format **owners;      /* of each of them */
    size_t template_count;
    struct index *index;
    uint64_t *passes[PASSES]; /* sets of templates */
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

/* PASSES: in none. */
static unsigned pass_of(const struct format *f, const struct template *how) {
    if (f->program_count > 0)
        return how->literal >= LITERAL_ALONE ? 1 : PASSES;
    return most_literal(f) >= LITERAL_ANY || !f->builtin ? 0 : 2;
}

/* Numbers the templates of all formats, in order. */
static bool number_all(struct formats *f, size_t templates, size_t programs) {
    f->gated = calloc(programs + 1, sizeof *f->gated);
    f->templates = calloc(templates + 1, sizeof *f->templates);
    f->owners = calloc(templates + 1, sizeof *f->owners);
    if (!f->gated || !f->templates || !f->owners || templates >= UINT16_MAX)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        const struct format *const one = f->list[i];

        for (size_t j = 0; j < one->program_count; j++)
            f->gated[f->gated_count++] = (struct gated){one->programs[j], one, f->template_count};
        for (size_t j = 0; j < one->template_count; j++) {
            f->owners[f->template_count] = one;
            f->templates[f->template_count++] = &one->templates[j];
        }
    }
    qsort(f->gated, f->gated_count, sizeof *f->gated, by_program);
    return true;
}

static bool passes_fill(struct formats *f) {
    for (unsigned p = 0; p < PASSES; p++) {
        if (!(f->passes[p] = calloc(index_words(f->index), sizeof *f->passes[p])))
            return false;
        for (size_t i = 0; i < f->template_count; i++)
            if (pass_of(f->owners[i], f->templates[i]) == p)
                f->passes[p][i / 64] |= (uint64_t)1 << i % 64;
    }
    return true;
}

struct formats *formats_new(const struct format **list, size_t count) {
    struct formats *const f = calloc(1, sizeof *f);
    size_t templates = 0, programs = 0;

    if (!f)
        return NULL;
    if (count)
        qsort(list, count, sizeof *list, by_order);
    f->list = list;
    f->count = count;
    for (size_t i = 0; i < count; i++) {
        templates += list[i]->template_count;
        programs += list[i]->program_count;
    }
    if (!number_all(f, templates, programs) || !(f->index = index_new(f->templates, f->template_count)) ||
        !passes_fill(f)) {
        formats_free(f);
        return NULL;
    }
    return f;
}

void formats_free(struct formats *f) {
    if (!f)
        return;
    free(f->gated);
    free(f->templates);
    free(f->owners);
    index_free(f->index);
    for (unsigned p = 0; p < PASSES; p++)
        free(f->passes[p]);
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

/* Tries those templates from number `from` up to `to` that are in the set, and in `also`, if that is given. */
static bool try_set(const struct formats *f, struct fields *fields, str line, struct told *t, const uint64_t *also,
                    size_t from, size_t to, uint32_t *tries, bool *fitted) {
    *fitted = false;
    for (size_t w = from / 64; w * 64 < to && !*fitted; w++) {
        uint64_t set = t->maybe[w] & (also ? also[w] : UINT64_MAX);

        for (; set && !*fitted; set &= set - 1) {
            size_t const i = w * 64 + (size_t)__builtin_ctzll(set);

            if (i < from || i >= to)
                continue;
            if (!try_template(t, fields, f->owners[i], f->templates[i], line, tries, fitted))
                return false;
        }
    }
    return true;
}

static bool tell(const struct formats *f, struct fields *fields, str program, str line, struct told *t) {
    const struct gated *own = NULL;
    size_t const own_count = programs_formats(f, program, &own);
    uint32_t tries = 0;
    bool fitted = false;

    index_look(f->index, line, t->maybe);
    for (size_t i = 0; i < own_count && !fitted; i++)
        if (!try_set(f, fields, line, t, NULL, own[i].first, own[i].first + own[i].format->template_count, &tries,
                     &fitted))
            return false;
    for (unsigned p = 0; p < (program.len == 0 ? PASSES : 1) && !fitted; p++)
        if (!try_set(f, fields, line, t, f->passes[p], 0, f->template_count, &tries, &fitted))
            return false;
    if (!fitted)
        t->format = own_count ? own[0].format : NULL;
    return true;
}

bool formats_tell(const struct formats *f, struct fields *fields, str program, str line, struct told *out,
                  struct err *e) {
    out->format = NULL;
    out->template = NULL;
    out->count = 0;
    out->cut = false;
    out->room.len = 0;
    if (f->count == 0)
        return true;
    if (!out->values && !(out->values = reallocarray(NULL, RECORD_VALUES_MAX, sizeof *out->values)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the fields of a line");
    if (!out->maybe && !(out->maybe = calloc(index_words(f->index), sizeof *out->maybe)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the fields of a line");
    if (!buf_reserve(&out->room, TOLD_ROOM(line.len)) || !tell(f, fields, program, str_trim(line), out)) {
        told_free(out);
        return err_set(e, ERR_MEMORY, 0, "no memory for the fields of a line");
    }
    if (out->format) {
        add_constants(out, out->format->set, out->format->set_count);
        for (size_t i = 0; i < out->format->join_count && out->template; i++)
            add_joined(out, &out->format->joins[i]);
    }
    return true;
}
