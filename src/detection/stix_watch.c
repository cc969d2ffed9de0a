/* stix_watch: which events to ask, and asking them.
 *
 * The texts of a bracket: of each comparison a text that whatever satisfies it holds, or several of which it holds one. Of AND those of one
 * comparison will do, of OR all are needed. Only names count (letters, digits, `_`, `.`, `-`), because all else may be spelled or cut
 * otherwise where the event has it: `HKLM` and `HKEY_LOCAL_MACHINE`, `\` and `/`, `%2e`, host and path in fields of their own. */
#include "detection/stix_watch.h"

#include <assert.h>

#include "base/address.h"
#include "detection/regex.h"

#define TEXT_MIN 4u /* bytes of a text that is looked for */
#define BRACKET_TEXTS_MAX 1024u
#define EVENT_BYTES_MAX ((size_t)64 << 20)

struct bracket {
    uint32_t pattern, number;
    bool always;    /* no text: every event of kinds that have it is asked */
    bool dead;      /* it holds of no event */
    uint32_t asked; /* stamp of the event it was asked of last */
};

struct watched {
    struct stix_pattern *pattern;
    struct stix_matcher *matcher; /* NULL: it cannot match */

    bool alone, never;
};

/* What every event of a kind is asked. */
struct asked_kind {
    const struct kind *kind;
    uint32_t *brackets; /* of the watch */
    size_t count;
};

struct stix_watch {
    struct arena *a, *event;
    struct stix_events *events;
    struct watched *patterns;
    size_t pattern_count, pattern_room;
    struct bracket *brackets;
    size_t bracket_count, bracket_room;
    str *texts;            /* as they go into rules */
    uint32_t *text_owners; /* brackets */
    size_t text_count, text_room;
    bool sealed;
    uint32_t stamp;
    uint64_t cut;
    struct asked_kind *kinds;
    size_t kind_count, kind_room;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to watch for patterns");
}

static bool grow(void **list, size_t count, size_t *room, size_t size) {
    size_t const more = *room ? *room * 2 : 64;
    void *bigger;

    if (count < *room)
        return true;
    if (!(bigger = realloc(*list, more * size)))
        return false;
    *list = bigger;
    *room = more;
    return true;
}

/* ---- texts ---- */

struct needs {
    str texts[BRACKET_TEXTS_MAX];
    size_t count;
    bool known; /* false: nothing is needed */
};

static bool is_name_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
           c == '-';
}

static bool begins_folded(str s, const char *with) {
    return s.len >= strlen(with) && str_eq_ascii(str_first(s, strlen(with)), str_of(with));
}

/* What one spelling has and another has not. */
static bool is_fickle(str piece) {
    static const char *const hives[] = {"hkey_",    "hklm", "hkcu", "hkcr", "hku", "controlset", "currentcontrolset",
                                        "registry", "xn--"};

    for (size_t i = 0; i < COUNT(hives); i++)
        if (begins_folded(piece, hives[i]) || (i == COUNT(hives) - 1 && str_find(piece, str_of(hives[i])) != SIZE_MAX))
            return true;
    return false;
}

/* The longest name in s, without points at its ends; "": none that is long enough. */
static str longest_name(str s) {
    str best = S("");

    for (size_t i = 0; i < s.len;) {
        size_t const from = i;
        str piece;

        while (i < s.len && is_name_byte(s.ptr[i]))
            i++;
        piece = (str){s.ptr + from, i - from};
        /* Behind % stand digits of an encoding, or the name of a variable. */
        bool const encoded = (from > 0 && s.ptr[from - 1] == '%') || (i < s.len && s.ptr[i] == '%');
        /* Letters beyond ASCII beside it: its other spelling may be another. */
        bool const cut = (from > 0 && (s.ptr[from - 1] & 0x80)) || (i < s.len && (s.ptr[i] & 0x80));

        while (piece.len && piece.ptr[0] == '.')
            piece = str_from(piece, 1);
        while (piece.len && piece.ptr[piece.len - 1] == '.')
            piece.len--;
        if (!encoded && !cut && piece.len >= TEXT_MIN && piece.len > best.len && !is_fickle(piece))
            best = piece;
        i += i < s.len;
    }
    return best;
}

static str behind_last(str s, const char *signs) {
    for (size_t i = s.len; i-- > 0;)
        if (strchr(signs, s.ptr[i]) && s.ptr[i])
            return str_from(s, i + 1);
    return s;
}

/* Of `path = text`: what stands in every spelling that hunting takes for the same. */
static str equal_name(const struct stix_path *p, str text) {
    const struct stix_step *const last = &p->steps[p->step_count - 1];
    struct address a;
    size_t at;

    if (last->how == STIX_KEY && (str_eq(last->key, S("type")) || str_eq(last->key, S("id"))))
        return S("");
    if (address_parse(text, &a)) /* IPv6 has many spellings, IPv4 one */
        return a.family == 4 ? longest_name(text) : S("");
    if (last->how == STIX_KEY && str_eq(last->key, S("value"))) {
        if (str_find_byte(text, '/') != SIZE_MAX && (at = str_find(text, S("://"))) != SIZE_MAX)
            text = str_from(text, at + 3);
        if (str_find_byte(text, '/') != SIZE_MAX) { /* of an address of the web its host; of a network nothing */
            text = str_first(text, str_find_byte(text, '/'));
            if (address_parse(text, &a))
                return S("");
        }
        return longest_name(text); /* of a mailbox either half */
    }
    if (last->how == STIX_KEY && (str_eq(last->key, S("path")) || str_eq(last->key, S("key")) ||
                                  str_eq(last->key, S("name")) || str_eq(last->key, S("cwd")))) {
        while (text.len && (text.ptr[text.len - 1] == '/' || text.ptr[text.len - 1] == '\\'))
            text.len--;
        return longest_name(behind_last(text, "/\\"));
    }
    /* Numbers, fingerprints with colons, telephone numbers: spelled in many ways. */
    if (str_eq(p->type, S("x509-certificate")) || str_eq(p->type, S("mac-addr")) ||
        str_find(p->text, S("phone")) != SIZE_MAX)
        return S("");
    return longest_name(text);
}

static void need_one(struct needs *n, str text) {
    if (!n->known)
        return;
    if (!text.len || n->count == BRACKET_TEXTS_MAX)
        n->known = false;
    else
        n->texts[n->count++] = text;
}

static void test_needs(const struct stix_comparison *c, struct arena *a, struct needs *n) {
    const str *literals;
    size_t count;
    const struct stix_step *const last = &c->path.steps[c->path.step_count - 1];

    *n = (struct needs){
        .known = !c->not &&(c->op == STIX_EQUAL || c->op == STIX_IN || c->op == STIX_LIKE || c->op == STIX_MATCHES)};
    if (!n->known || (last->how == STIX_KEY && (str_eq(last->key, S("type")) || str_eq(last->key, S("id"))))) {
        n->known = false;
        return;
    }
    if (c->op == STIX_MATCHES) {
        count = regex_literals(c->literals[0].text, a, &literals);
        n->known = count > 0;
        for (size_t i = 0; i < count; i++)
            need_one(n, longest_name(literals[i]));
        return;
    }
    for (size_t i = 0; i < c->literal_count; i++) {
        str const text = c->literals[i].text;

        if (c->literals[i].type != STIX_STRING) {
            n->known = false;
        } else if (c->op == STIX_LIKE) {
            str best = S("");

            for (size_t from = 0, k = 0; k <= text.len; k++)
                if (k == text.len || text.ptr[k] == '%' || text.ptr[k] == '_') {
                    str const piece = longest_name((str){text.ptr + from, k - from});

                    if (piece.len > best.len)
                        best = piece;
                    from = k + 1;
                }
            need_one(n, best);
        } else {
            need_one(n, equal_name(&c->path, text));
        }
    }
}

static size_t shortest(const struct needs *n) {
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < n->count; i++)
        least = n->texts[i].len < least ? n->texts[i].len : least;
    return least;
}

/* Can the comparison be true of some event? Of whatever kind, or of this one. */
static bool possible(const struct stix_watch *w, const struct stix_comparison *c, const struct kind *kind,
                     const char **why, const struct stix_path **where) {
    if (c->how == STIX_TEST) {
        bool const yes =
            kind ? stix_events_kind_path(w->events, kind, &c->path) : stix_events_path(w->events, &c->path, why);

        /* That something is not there is true of whatever has the type. */
        if (yes || (c->op == STIX_EXISTS && c->not ))
            return true;
        *where = &c->path;
        return false;
    }
    bool const all = c->how == STIX_ALL_OF;
    str type = S("");

    for (const struct stix_comparison *x = c->first; x; x = x->next) {
        if (possible(w, x, kind, why, where) != all)
            return !all;
        if (all && x->how == STIX_TEST) {
            if (type.len && !str_eq(type, x->path.type)) {
                *why = "no object has two types: AND joins what is said of one";
                *where = &x->path;
                return false;
            }
            type = x->path.type;
        }
    }
    return all;
}

/* *n: on the heap of the caller, because it is large. Depth: parentheses of a pattern. */
static bool needs_of(struct stix_watch *w, const struct stix_comparison *c, struct arena *a, struct needs *n) {
    const char *why;
    const struct stix_path *where;
    struct needs *one;
    bool ok = true;

    if (c->how == STIX_TEST) {
        test_needs(c, a, n);
        return true;
    }
    if (!(one = malloc(sizeof *one)))
        return false;
    *n = (struct needs){.known = c->how == STIX_ANY_OF};
    for (const struct stix_comparison *x = c->first; ok && x; x = x->next) {
        /* What no event can satisfy needs no event. */
        if (c->how == STIX_ANY_OF && !possible(w, x, NULL, &why, &where))
            continue;
        ok = needs_of(w, x, a, one);
        if (c->how == STIX_ALL_OF) {
            /* The best of them: that whose shortest text is longest, of equals the one with fewer. */
            if (one->known &&
                (!n->known || shortest(one) > shortest(n) || (shortest(one) == shortest(n) && one->count < n->count)))
                *n = *one;
        } else if (!one->known) {
            n->known = false;
        } else {
            for (size_t i = 0; i < one->count; i++)
                need_one(n, one->texts[i]);
        }
    }
    free(one);
    return ok;
}

/* ---- adding ---- */

bool stix_watch_new(struct stix_watch **out, struct fields *fields, struct err *e) {
    struct stix_watch *const w = calloc(1, sizeof *w);

    if (!w || !(w->a = arena_new(STIX_WATCH_BYTES_MAX)) || !(w->event = arena_new(EVENT_BYTES_MAX))) {
        stix_watch_free(w);
        return no_memory(e);
    }
    if (!stix_events_new(&w->events, fields, e)) {
        stix_watch_free(w);
        return false;
    }
    *out = w;
    return true;
}

void stix_watch_free(struct stix_watch *w) {
    if (!w)
        return;
    for (size_t i = 0; i < w->pattern_count; i++)
        stix_matcher_free(w->patterns[i].matcher);
    stix_events_free(w->events);
    arena_free(w->a);
    arena_free(w->event);
    free(w->patterns);
    free(w->brackets);
    free(w->texts);
    free(w->text_owners);
    for (size_t i = 0; i < w->kind_count; i++)
        free(w->kinds[i].brackets);
    free(w->kinds);
    free(w);
}

/* Can it be true where `dead` says that brackets cannot? */
static bool expression_possible(const struct stix_expression *x, const bool *dead) {
    if (x->how == STIX_BRACKET)
        return !dead[x->bracket];
    if (x->how != STIX_OR) {
        for (x = x->first; x; x = x->next)
            if (!expression_possible(x, dead))
                return false;
        return true;
    }
    for (x = x->first; x; x = x->next)
        if (expression_possible(x, dead))
            return true;
    return false;
}

/* One sighting is enough, whichever bracket it is of. */
static bool is_alone(const struct stix_expression *x) {
    if (x->how == STIX_BRACKET)
        return true;
    if (x->how == STIX_AND || x->how == STIX_FOLLOWEDBY || (x->how == STIX_REPEATS && x->repeats > 1))
        return false;
    for (x = x->first; x; x = x->next)
        if (!is_alone(x))
            return false;
    return true;
}

static bool add_bracket(struct stix_watch *w, uint32_t pattern, const struct stix_expression *x, bool dead,
                        struct err *e) {
    struct needs *const n = malloc(sizeof *n);
    struct arena *const scratch = arena_new((size_t)4 << 20);
    uint32_t const owner = (uint32_t)w->bracket_count;
    bool ok = n && scratch && grow((void **)&w->brackets, w->bracket_count, &w->bracket_room, sizeof *w->brackets);

    if (ok) {
        w->brackets[w->bracket_count++] = (struct bracket){.pattern = pattern, .number = x->bracket, .dead = dead};
        ok = dead || needs_of(w, x->comparison, scratch, n);
    }
    if (ok && !dead && !n->known)
        w->brackets[owner].always = true;
    for (size_t i = 0; ok && !dead && n->known && i < n->count; i++) {
        size_t room = w->text_room;

        ok = grow((void **)&w->texts, w->text_count, &room, sizeof *w->texts) &&
             grow((void **)&w->text_owners, w->text_count, &w->text_room, sizeof *w->text_owners) &&
             arena_copy(w->a, n->texts[i], &w->texts[w->text_count]);
        if (ok)
            w->text_owners[w->text_count++] = owner;
    }
    free(n);
    arena_free(scratch);
    return ok || no_memory(e);
}

bool stix_watch_add(struct stix_watch *w, str text, uint32_t *number, enum stix_watch_said *said, str *why,
                    struct err *e) {
    struct watched x = {0};
    const struct stix_path *where = NULL;
    const char *reason = "";
    bool *dead;
    char told[256];
    str copy;

    assert(!w->sealed);
    if (w->pattern_count == STIX_WATCH_PATTERNS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u patterns that are more than values", STIX_WATCH_PATTERNS_MAX);
    if (!grow((void **)&w->patterns, w->pattern_count, &w->pattern_room, sizeof *w->patterns) ||
        !arena_copy(w->a, text, &copy))
        return no_memory(e);
    if (!(x.pattern = arena_alloc(w->a, sizeof *x.pattern)))
        return no_memory(e);
    if (!stix_pattern_parse(copy, false, w->a, x.pattern, e) || !stix_matcher_new(&x.matcher, x.pattern, true, e))
        return false;
    if (!(dead = calloc(x.pattern->bracket_count, sizeof *dead))) {
        stix_matcher_free(x.matcher);
        return no_memory(e);
    }
    for (uint32_t b = 0; b < x.pattern->bracket_count; b++)
        dead[b] = !possible(w, x.pattern->brackets[b]->comparison, NULL, &reason, &where);
    x.never = !expression_possible(x.pattern->root, dead);
    x.alone = is_alone(x.pattern->root);
    *said = x.never ? STIX_WATCH_NEVER : STIX_WATCHED;
    *why = S("");
    if (x.never) {
        char room[STIX_SHOWN_MAX];
        str const path = where ? stix_shown(where->text, room) : S("");
        int const len = snprintf(told, sizeof told, "%.*s: %s", STR_ARG(path), reason);

        stix_matcher_free(x.matcher);
        x.matcher = NULL;
        if (!arena_copy(w->a, (str){told, len < 0 ? 0 : (size_t)len}, why)) {
            free(dead);
            return no_memory(e);
        }
    }
    *number = (uint32_t)w->pattern_count;
    w->patterns[w->pattern_count++] = x;
    for (uint32_t b = 0; !x.never && b < x.pattern->bracket_count; b++)
        if (!add_bracket(w, *number, x.pattern->brackets[b], dead[b], e)) {
            free(dead);
            return false;
        }
    free(dead);
    return true;
}

bool stix_watch_seal(struct stix_watch *w, struct sigma_set *rules, struct err *e) {
    assert(!w->sealed);
    w->sealed = true;
    return watch_set(w->texts, w->text_count, w->a, rules) || no_memory(e);
}

size_t stix_watch_count(const struct stix_watch *w) {
    return w->pattern_count;
}

const struct stix_pattern *stix_watch_pattern(const struct stix_watch *w, uint32_t number) {
    return w->patterns[number].never ? NULL : w->patterns[number].pattern;
}

bool stix_watch_alone(const struct stix_watch *w, uint32_t number) {
    return w->patterns[number].alone;
}

bool stix_watch_wants(const struct stix_watch *w, const struct kind *kind, field_id field) {
    return w->bracket_count > 0 && stix_events_wants(w->events, kind, field);
}

/* ---- events ---- */

/* Would a text of some test of it be missed in events of the kind? */
static bool misses(const struct stix_watch *w, const struct stix_comparison *c, const struct kind *kind) {
    if (c->how == STIX_TEST)
        return !c->not &&(c->op == STIX_EQUAL || c->op == STIX_IN || c->op == STIX_LIKE || c->op == STIX_MATCHES) &&
               !stix_events_verbatim(w->events, kind, &c->path);
    for (c = c->first; c; c = c->next)
        if (misses(w, c, kind))
            return true;
    return false;
}

/* NULL: no memory. */
static const struct asked_kind *look_at_kind(struct stix_watch *w, const struct kind *kind) {
    struct asked_kind *k;
    const struct stix_path *where;
    const char *why;

    for (size_t i = 0; i < w->kind_count; i++)
        if (w->kinds[i].kind == kind)
            return &w->kinds[i];
    if (!grow((void **)&w->kinds, w->kind_count, &w->kind_room, sizeof *w->kinds))
        return NULL;
    k = &w->kinds[w->kind_count];
    *k = (struct asked_kind){.kind = kind, .brackets = calloc(w->bracket_count + 1, sizeof *k->brackets)};
    if (!k->brackets)
        return NULL;
    w->kind_count++;

    for (uint32_t i = 0; i < w->bracket_count; i++) {
        const struct bracket *const b = &w->brackets[i];
        const struct stix_comparison *const c = w->patterns[b->pattern].pattern->brackets[b->number]->comparison;

        if (!b->dead && possible(w, c, kind, &why, &where) && (b->always || misses(w, c, kind)))
            k->brackets[k->count++] = i;
    }
    return k;
}

bool stix_watch_asks(struct stix_watch *w, const struct kind *kind) {
    const struct asked_kind *const k = look_at_kind(w, kind);

    assert(w->sealed);
    return !k || k->count > 0; /* without memory stix_watch_row will say so */
}

uint64_t stix_watch_cut(const struct stix_watch *w) {
    return w->cut;
}

/* A row while it is asked. */
struct asking {
    struct stix_watch *w;
    const struct block *b;
    uint32_t row;
    struct stix_observation observation;
    bool made;
    const struct stix_watch_sink *sink;
    struct err *e;
};

/* A time in the pattern, of a hit that is enough by itself: START STOP. */
static bool in_time(struct asking *k, const struct stix_watch_hit *hit, bool *yes) {
    struct stix_sighting const seen = {hit->when, hit->when, 1};
    struct stix_hit const one = {hit->bracket, 0};
    struct stix_solution solution;

    if (!stix_solve(k->w->patterns[hit->pattern].pattern, &seen, 1, &one, 1, NULL, k->w->event, &solution, k->e))
        return false;
    *yes = solution.yes;
    return true;
}

static bool ask(struct asking *k, uint32_t bracket) {
    struct stix_watch *const w = k->w;
    struct bracket *const x = &w->brackets[bracket];
    struct watched *const p = &w->patterns[x->pattern];
    struct stix_watch_hit const hit = {x->pattern, x->number, k->b, k->row, k->b->rows[k->row].when, p->alone};
    struct err failed = {0};
    bool yes = false, cut = false;

    if (x->asked == w->stamp)
        return true;
    x->asked = w->stamp;
    if (!k->made) {
        arena_reset(w->event);
        if (!stix_events_make(w->events, k->b, k->row, w->event, &k->observation, &cut, k->e))
            return false;
        k->made = true;
        w->cut += cut;
    }
    if (!stix_matcher_bracket(p->matcher, x->number, &k->observation, &yes, &failed)) {
        if (failed.code == ERR_LIMIT)
            return k->sink->given_up(k->sink->ctx, &hit, failed.text, k->e);
        *k->e = failed;
        return false;
    }
    if (yes && p->alone && !in_time(k, &hit, &yes))
        return false;
    return !yes || k->sink->hit(k->sink->ctx, &hit, k->e);
}

bool stix_watch_row(struct stix_watch *w, const struct block *b, uint32_t row, const uint32_t *rules, size_t rule_count,
                    bool every, const struct stix_watch_sink *sink, struct err *e) {
    struct asking k = {.w = w, .b = b, .row = row, .sink = sink, .e = e};
    const struct asked_kind *asked;

    assert(w->sealed && row < b->row_count);
    if (b->kind_index == KIND_UNCLAIMED)
        return true;
    if (++w->stamp == 0) { /* once in four thousand million events */
        for (size_t i = 0; i < w->bracket_count; i++)
            w->brackets[i].asked = 0;
        w->stamp = 1;
    }
    for (size_t r = 0; r < rule_count; r++)
        for (size_t t = (size_t)rules[r] * WATCH_TEXTS; t < w->text_count && t < ((size_t)rules[r] + 1) * WATCH_TEXTS;
             t++)
            if (!ask(&k, w->text_owners[t]))
                return false;
    if (!every)
        return true;
    if (!(asked = look_at_kind(w, b->kind)))
        return no_memory(e);
    for (size_t i = 0; i < asked->count; i++)
        if (!ask(&k, asked->brackets[i]))
            return false;
    return true;
}

/* ---- many events ---- */

struct collected {
    int64_t when;
    uint64_t event;
    uint32_t bracket;
};

struct pile {
    struct collected *hits;
    size_t count, room;
    bool unsure, full;
};

struct stix_collect {
    const struct stix_watch *w;
    struct pile *piles; /* by pattern */
};

bool stix_collect_new(struct stix_collect **out, const struct stix_watch *w, struct err *e) {
    struct stix_collect *const c = calloc(1, sizeof *c);

    assert(w->sealed);
    if (!c || !(c->piles = calloc(w->pattern_count + 1, sizeof *c->piles))) {
        free(c);
        return no_memory(e);
    }
    c->w = w;
    *out = c;
    return true;
}

void stix_collect_free(struct stix_collect *c) {
    if (!c)
        return;
    for (size_t i = 0; i < c->w->pattern_count; i++)
        free(c->piles[i].hits);
    free(c->piles);
    free(c);
}

bool stix_collect_add(struct stix_collect *c, uint32_t pattern, uint32_t bracket, int64_t when, uint64_t event,
                      struct err *e) {
    struct pile *const p = &c->piles[pattern];

    assert(pattern < c->w->pattern_count && bracket < c->w->patterns[pattern].pattern->bracket_count);
    if (p->count == STIX_COLLECT_MAX) {
        p->full = true;
        return true;
    }
    if (!grow((void **)&p->hits, p->count, &p->room, sizeof *p->hits))
        return no_memory(e);
    p->hits[p->count++] = (struct collected){when, event, bracket};
    return true;
}

void stix_collect_unsure(struct stix_collect *c, uint32_t pattern) {
    assert(pattern < c->w->pattern_count);
    c->piles[pattern].unsure = true;
}

/* By time, then event: so that every run gives the same sightings the same numbers. */
static int by_event(const void *a, const void *b) {
    const struct collected *const x = a, *const y = b;

    return x->when != y->when     ? (x->when < y->when ? -1 : 1)
           : x->event != y->event ? (x->event < y->event ? -1 : 1)
                                  : (x->bracket > y->bracket) - (x->bracket < y->bracket);
}

struct putting {
    struct stix_sighting *seen;
    struct stix_hit *hits;
    uint64_t *events, *told;
    uint32_t *brackets;
};

static void putting_free(struct putting *t) {
    free(t->seen);
    free(t->hits);
    free(t->events);
    free(t->told);
    free(t->brackets);
}

static bool put_together(struct pile *p, const struct stix_pattern *pattern, struct arena *a, struct putting *t,
                         struct stix_collect_answer *answer, bool *tell, struct err *e) {
    struct stix_solution solution;
    struct err failed = {0};
    size_t seen = 0;

    qsort(p->hits, p->count, sizeof *p->hits, by_event);
    t->seen = calloc(p->count, sizeof *t->seen);
    t->hits = calloc(p->count, sizeof *t->hits);
    t->events = calloc(p->count, sizeof *t->events);
    if (!t->seen || !t->hits || !t->events)
        return no_memory(e);
    for (size_t i = 0; i < p->count; i++) {
        const struct collected *const h = &p->hits[i];

        if (i == 0 || h->when != h[-1].when || h->event != h[-1].event) {
            t->seen[seen] = (struct stix_sighting){h->when, h->when, 1};
            t->events[seen++] = h->event;
        }
        t->hits[i] = (struct stix_hit){h->bracket, (uint32_t)(seen - 1)};
    }
    if (!stix_solve(pattern, t->seen, seen, t->hits, p->count, NULL, a, &solution, &failed)) {
        if (failed.code != ERR_LIMIT) {
            *e = failed;
            return false;
        }
        *answer = (struct stix_collect_answer){.what = STIX_COLLECT_GIVEN_UP,
                                               .why = "too many events to tell whether they make it true together"};
        *tell = true;
        return true;
    }
    *tell = solution.yes || p->unsure;
    *answer = (struct stix_collect_answer){.what = STIX_COLLECT_GIVEN_UP, .why = "an event could not be told"};
    if (!solution.yes)
        return true;
    t->told = calloc(solution.count + 1, sizeof *t->told);
    t->brackets = calloc(solution.count + 1, sizeof *t->brackets);
    if (!t->told || !t->brackets)
        return no_memory(e);
    for (size_t i = 0; i < solution.count; i++) {
        t->told[i] = t->events[solution.hits[i].sighting];
        t->brackets[i] = solution.hits[i].bracket;
    }
    *answer = (struct stix_collect_answer){
        .what = STIX_COLLECT_TRUE, .why = "", .events = t->told, .brackets = t->brackets, .count = solution.count};
    return true;
}

bool stix_collect_end(struct stix_collect *c,
                      bool (*answer)(void *ctx, const struct stix_collect_answer *a, struct err *e), void *ctx,
                      struct err *e) {
    for (uint32_t i = 0; i < c->w->pattern_count; i++) {
        struct pile *const p = &c->piles[i];
        struct stix_collect_answer said = {.what = STIX_COLLECT_GIVEN_UP, .why = "an event could not be told"};
        struct putting t = {0};
        struct arena *a;
        bool tell = p->unsure, ok = true;

        if (p->full) {
            said.why = "more events than are kept for one pattern";
            tell = true;
        } else if (p->count) {
            if (!(a = arena_new((size_t)512 << 20)))
                return no_memory(e);
            ok = put_together(p, c->w->patterns[i].pattern, a, &t, &said, &tell, e);
            arena_free(a);
        }
        said.pattern = i;
        ok = ok && (!tell || answer(ctx, &said, e));
        putting_free(&t);
        if (!ok)
            return false;
    }
    return true;
}
