/* suggest_line: templates out of the messages of one program, or of lines of which no program is known.
 *
 * Messages are cut into lexemes (suggest_lexeme.c). Those with the same between their words are compared word by word: what looks
 * like a number or an address, what stands behind a key (user=, user), and what differs in too many ways is a field; what
 * differs in few ways says what happened, and parts the messages into several templates (part). What is left over when there
 * are too many templates shares those that have its beginning only (tails). */
#include "event/suggest_mine.h"

#define TEMPLATES_MAX 30u
#define TAILS_MAX 10u
#define TAIL_LINES_MIN 3u
#define WORDS_BYTES_MAX ((size_t)32 << 20)
#define ARENA_BYTES_MAX ((size_t)128 << 20)
#define VARIANTS_MAX 8u /* so many ways may a word differ for each to have a template of its own */

/* Comparing */

/* The same, of a word that was met once only. */
static bool value_surely(str w) {
    for (size_t i = 0; i < w.len; i++)
        if (is_digit(w.ptr[i]) || w.ptr[i] == '@' || w.ptr[i] == '\\' || (w.ptr[i] == '/' && w.len > 1))
            return true;
    return false;
}

/* Words behind which a name stands, not a word of the message. */
static bool is_key_word(str w) {
    static const char *const keys[] = {"user", "account", "from",    "to",      "for",  "by",       "as",     "client",
                                       "host", "server",  "ip",      "address", "name", "id",       "port",   "file",
                                       "path", "door",    "session", "group",   "role", "domain",   "device", "badge",
                                       "peer", "login",   "member",  "source",  "key",  "username", "object", "service",
                                       "site", "tenant",  "email",   "folder",  NULL};

    return word_in(keys, w);
}

/* Does a key stand right in front (user=, user:)? Then a value stands here, even if it is always the same. */
static bool behind_key(const struct miner *m, const struct line *line, uint32_t p) {
    uint32_t const before = line_word_before(m, line, p);

    if (p > 0 && line_between(m, line, p - 1, '='))
        return true;
    if (p > 1 && line_between(m, line, p - 1, ':') && line->lexemes[p - 2].type == LEX_WORD)
        return true;
    return before != UINT32_MAX && name_is_secret(line_word(m, line, before));
}

static bool hinted(const struct miner *m, const struct line *line, uint32_t p) {
    uint32_t const before = line_word_before(m, line, p);

    return (before != UINT32_MAX && is_key_word(line_word(m, line, before))) ||
           (p > 0 && (line_between(m, line, p - 1, '[') || line_between(m, line, p - 1, '<')));
}

/* A word such as error says how bad it is where it stands apart: in capitals, in brackets, before a colon. */
static bool level_here(const struct miner *m, const struct line *line, uint32_t p) {
    str const w = line_word(m, line, p);
    bool capitals = true;

    for (size_t i = 0; i < w.len; i++)
        capitals &= w.ptr[i] >= 'A' && w.ptr[i] <= 'Z';
    return capitals || (p > 0 && line_between(m, line, p - 1, '[')) ||
           (p + 1 < line->count && line_between(m, line, p + 1, ':'));
}

/* What to do with word p of these lines; *ways: in how many it differs. */
static enum decision decide(struct miner *m, const uint32_t *order, uint32_t count, uint32_t p, uint32_t *ways) {
    const struct line *const first = &m->lines[order[0]];
    bool ints = true, numbers = true, addresses = true, levels = true, clocks = true, values = false, surely = false,
         unsaid = false;

    *ways = 0;
    m->stamp++;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t const id = m->lines[order[i]].lexemes[p].text;
        str const w = pool_text(&m->words, id);

        if (m->stamps[id] == m->stamp)
            continue;
        m->stamps[id] = m->stamp;
        ++*ways;
        ints = ints && word_digits(w, 0);
        numbers = numbers && word_digits(w, 1);
        addresses = addresses && word_address(w);
        levels = levels && word_level(w);
        clocks = clocks && word_clock(w);
        values = values || word_value(w);
        surely = surely || value_surely(w);
        unsaid = unsaid || word_unsayable(w);
    }
    if (unsaid)
        return FIELD_WORD;
    if (ints)
        return FIELD_INT;
    if (numbers)
        return FIELD_NUMBER;
    if (addresses)
        return FIELD_ADDRESS;
    if ((levels && level_here(m, first, p)) || clocks || behind_key(m, first, p))
        return FIELD_WORD;
    if (*ways == 1)
        return count == 1 && surely ? FIELD_WORD : SAID;
    return values || hinted(m, first, p) ? FIELD_WORD : OPEN;
}

static void found_add(struct miner *m, struct found f) {
    if (m->found_count == m->found_room) {
        size_t const room = m->found_room ? 2 * m->found_room : 64;
        struct found *const bigger = reallocarray(m->found, room, sizeof *bigger);

        if (!bigger) {
            m->failed = true;
            buf_free(&f.text);
            return;
        }
        m->found = bigger;
        m->found_room = room;
    }
    m->found[m->found_count++] = f;
}

static void leave(struct miner *m, const uint32_t *order, uint32_t count) {
    memcpy(m->left + m->left_count, order, count * sizeof *order);
    m->left_count += count;
}

/* A template must have something to say: of any line it would say nothing. */
static uint32_t letters_least(const struct miner *m) {
    return m->open ? 4 : 1;
}

/* Parting */

struct slice {
    const struct miner *m;
    uint32_t p;
};

static int by_word(const void *a, const void *b, void *ctx) {
    const struct slice *const s = ctx;
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t const of_x = s->m->lines[x].lexemes[s->p].text, of_y = s->m->lines[y].lexemes[s->p].text;

    return of_x != of_y ? (of_x > of_y) - (of_x < of_y) : (x > y) - (x < y);
}

static void part(struct miner *m, uint32_t from, uint32_t count) {
    uint32_t *const order = m->order + from;
    const struct line *const first = &m->lines[order[0]];
    uint32_t best = UINT32_MAX, best_ways = 0, said = 0, opens = 0;
    uint8_t what[LEXEMES_MAX] = {0};

    for (uint32_t p = 0; p < first->count && !m->failed; p++) {
        uint32_t ways;

        what[p] = SAID;
        if (first->lexemes[p].type != LEX_WORD)
            continue;
        what[p] = (uint8_t)decide(m, order, count, p, &ways);
        said += what[p] == SAID;
        if (what[p] != OPEN)
            continue;
        opens++;
        if (best == UINT32_MAX || ways < best_ways) {
            best = p;
            best_ways = ways;
        }
    }
    if (best != UINT32_MAX &&
        ((best_ways <= VARIANTS_MAX && 2 * best_ways <= count) || said < opens || (said == opens && count < 3))) {
        struct slice s = {m, best};

        qsort_r(order, count, sizeof *order, by_word, &s);
        for (uint32_t i = 0, end; i < count && !m->failed; i = end) {
            for (end = i + 1;
                 end < count && m->lines[order[end]].lexemes[best].text == m->lines[order[i]].lexemes[best].text; end++)
                ;
            part(m, from + i, end - i);
        }
        return;
    }
    for (uint32_t p = 0; p < first->count; p++)
        what[p] = what[p] == OPEN ? FIELD_WORD : what[p];
    struct found f = {.from = from, .count = count};

    template_write(m, first, what, first->count, &f);
    if (f.letters >= letters_least(m) && f.text.len <= 2048) {
        found_add(m, f);
    } else {
        leave(m, order, count);
        buf_free(&f.text);
    }
}

static int by_shape(const void *a, const void *b, void *ctx) {
    const struct miner *const m = ctx;
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    if (m->lines[x].shape != m->lines[y].shape)
        return m->lines[x].shape > m->lines[y].shape ? 1 : -1;
    return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b) {
    const struct found *const x = a, *const y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_cmp(buf_str(&x->text), buf_str(&y->text));
}

/* The first template that fits takes the line: those with more text of their own come first. */
static int by_literal(const void *a, const void *b) {
    const struct found *const x = a, *const y = b;

    return x->literal != y->literal ? (x->literal > y->literal ? -1 : 1) : by_count(a, b);
}

/* Two shapes may have given one text (what one piece stands for differs). */
static void unite(struct miner *m) {
    for (size_t i = 0; i < m->found_count; i++)
        for (size_t j = i + 1; j < m->found_count;) {
            if (!str_eq(buf_str(&m->found[i].text), buf_str(&m->found[j].text))) {
                j++;
                continue;
            }
            m->found[i].count += m->found[j].count;
            buf_free(&m->found[j].text);
            m->found[j] = m->found[--m->found_count];
        }
}

/* What is left over, by how it begins: a date if there is one, and the first words. */
static bool tail_of(struct miner *m, const struct line *line, struct found *f) {
    uint8_t what[LEXEMES_MAX] = {0};
    uint32_t p = 0, words = 0, wanted;
    bool dated = false;

    for (; p < line->count; p++)
        if (line->lexemes[p].type >= LEX_TIME && line->lexemes[p].type <= LEX_ZONE)
            dated = true;
        else if (line->lexemes[p].type != LEX_BETWEEN)
            break;
    wanted = dated || !m->open ? 1 : 2;
    for (; p < line->count && words < wanted; p++) {
        str const w = line_word(m, line, p);

        if (line->lexemes[p].type == LEX_BETWEEN)
            continue;
        if (line->lexemes[p].type != LEX_WORD || w.len < 2 || word_value(w) || word_unsayable(w))
            return false;
        words++;
    }
    while (p < line->count && line->lexemes[p].type == LEX_BETWEEN && strchr(" :]", line_word(m, line, p).ptr[0]))
        p++;
    if (words < wanted || p == line->count || line->lexemes[p - 1].type != LEX_BETWEEN)
        return false;
    template_write(m, line, what, p, f);
    buf_add(&f->text, S("{text}"));
    return f->letters >= letters_least(m);
}

static int by_text(const void *a, const void *b) {
    return str_cmp(buf_str(&((const struct found *)a)->text), buf_str(&((const struct found *)b)->text));
}

static bool tails(struct miner *m, struct found out[TAILS_MAX], size_t *count) {
    struct found *const all = calloc(m->left_count + (size_t)1, sizeof *all);
    size_t used = 0;

    *count = 0;
    if (!all)
        return false;
    for (uint32_t i = 0; i < m->left_count && !m->failed; i++) {
        all[used] = (struct found){.count = 1};
        if (tail_of(m, &m->lines[m->left[i]], &all[used]))
            used++;
        else
            buf_free(&all[used].text);
    }
    qsort(all, used, sizeof *all, by_text);
    size_t texts = 0;

    for (size_t i = 0; i < used; i++)
        if (texts && by_text(&all[texts - 1], &all[i]) == 0) {
            all[texts - 1].count++;
            buf_free(&all[i].text);
        } else {
            all[texts++] = all[i];
        }
    qsort(all, texts, sizeof *all, by_count);
    for (size_t i = 0; i < texts; i++)
        if (*count < TAILS_MAX && all[i].count >= TAIL_LINES_MIN)
            out[(*count)++] = all[i];
        else
            buf_free(&all[i].text);
    free(all);
    return !m->failed;
}

static bool keep(struct miner *m, const struct found *f, struct mining *out) {
    struct mined *const one = &out->list[out->count++];

    one->lines = f->count;
    one->outcome = f->good == f->bad ? S("") : f->good ? S("success") : S("failure");
    out->dated |= f->time;
    out->joins_day |= f->day;
    out->joins_zone |= f->zone;
    return arena_copy(out->arena, buf_str(&f->text), &one->text) && !m->failed;
}

static bool mine(struct miner *m, struct mining *out) {
    struct found rest[TAILS_MAX];
    size_t rest_count = 0, kept;
    bool ok;

    m->stamps_room = m->words.room;
    if (!(m->stamps = calloc(m->stamps_room + (size_t)1, sizeof *m->stamps)))
        return false;
    qsort_r(m->order, m->line_count, sizeof *m->order, by_shape, m);
    for (uint32_t i = 0, end; i < m->line_count && !m->failed; i = end) {
        for (end = i + 1; end < m->line_count && m->lines[m->order[end]].shape == m->lines[m->order[i]].shape; end++)
            ;
        part(m, i, end - i);
    }
    if (m->failed)
        return false;
    if (m->found_count)
        qsort(m->found, m->found_count, sizeof *m->found, by_count);
    kept = m->found_count < TEMPLATES_MAX ? m->found_count : TEMPLATES_MAX;
    for (size_t i = kept; i < m->found_count; i++) {
        leave(m, m->order + m->found[i].from, m->found[i].count);
        buf_free(&m->found[i].text);
    }
    m->found_count = kept;
    unite(m);
    if (m->found_count)
        qsort(m->found, m->found_count, sizeof *m->found, by_literal);
    ok = tails(m, rest, &rest_count) &&
         (out->list = arena_alloc(out->arena, (TEMPLATES_MAX + TAILS_MAX) * sizeof *out->list));
    for (size_t i = 0; ok && i < m->found_count; i++)
        ok = keep(m, &m->found[i], out);
    for (size_t i = 0; i < rest_count; i++) {
        ok = ok && keep(m, &rest[i], out);
        buf_free(&rest[i].text);
    }
    return ok;
}

bool lines_mine(const str *messages, const bool *cut, size_t count, bool open, struct mining *out) {
    struct miner m = {.open = open, .line_count = (uint32_t)count};
    bool ok;

    *out = (struct mining){.arena = arena_new(ARENA_BYTES_MAX)};
    m.arena = arena_new(ARENA_BYTES_MAX);
    m.lines = calloc(count + 1, sizeof *m.lines);
    m.order = calloc(count + 1, sizeof *m.order);
    m.left = calloc(count + 1, sizeof *m.left);
    ok = pool_open(&m.words, WORDS_BYTES_MAX) && out->arena && m.arena && m.lines && m.order && m.left;
    for (uint32_t i = 0; ok && i < m.line_count; i++)
        m.order[i] = i;
    ok = ok && lines_lex(&m, messages, cut, count) && mine(&m, out);
    for (size_t i = 0; i < m.found_count; i++)
        buf_free(&m.found[i].text);
    free(m.found);
    free(m.lines);
    free(m.order);
    free(m.left);
    free(m.stamps);
    pool_close(&m.words);
    arena_free(m.arena);
    if (!ok)
        mining_free(out);
    return ok;
}

void mining_free(struct mining *m) {
    arena_free(m->arena);
    *m = (struct mining){0};
}
