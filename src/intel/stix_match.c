/* stix_match: one bracket on one observation.
 *
 * All comparisons of a bracket that AND joins must be true of one object, and OR adds objects: so a bracket is true when there is an object
 * of which, as the begin of all its paths, the whole of it is true. A path goes from there through members, lists and references; where it
 * divides ([*]) one way is enough, and NOT is said of the value at its end, not of there being one. */
#include "intel/stix_match.h"

#include <assert.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <uninorm.h>

#include "base/address.h"
#include "base/utf.h"
#include "event/fold.h"
#include "event/number.h"
#include "intel/stix_solve.h"

/* What is made of a test before the first value. */
struct test {
    const struct stix_comparison *c;
    pcre2_code *regex, *byte_regex;
    char *like;  /* LIKE, MATCHES: the text in NFC */
    str text;    /* the same; else the literal's */
    char *latin; /* it as octets: one for each character below U+0100 */
    str octets;
    bool has_octets;
    struct address network;
    unsigned bits;
    bool blind; /* hunt: letters have no case here */
};

struct stix_matcher {
    const struct stix_pattern *p;
    bool hunt;
    struct test *tests; /* by number */
    pcre2_match_data *match_data;
    pcre2_match_context *match_context;
    struct buf one, two; /* of hunt: canonical forms */
    uint64_t work;
    struct err *e; /* of the call */
};

/* A value of the observation, and what it is of. */
struct place {
    const struct stix_value *v;
    str type;    /* of the object */
    size_t from; /* step of the path at which that object begins */
};

static bool spend(struct stix_matcher *m, uint64_t steps) {
    if (steps > m->work)
        return err_set(m->e, ERR_LIMIT, 0, "too much work for one event");
    m->work -= steps;
    return true;
}

static bool no_memory(struct stix_matcher *m) {
    return err_set(m->e, ERR_MEMORY, 0, "no memory to match a pattern");
}

/* ---- values ---- */

/* Octets as a comparison needs them: in room, which holds text.len bytes. False: they are none. */
static bool octets_of(str text, char *room, str *out) {
    size_t used = 0;

    for (str rest = text; rest.len;) {
        uint32_t c;
        size_t const width = utf8_decode(rest, &c);

        if (!width || c > 0xff)
            return false;
        room[used++] = (char)c;
        rest = str_from(rest, width);
    }
    *out = (str){room, used};
    return true;
}

static int digit_of(const char *digits, char c) {
    const char *const at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

static bool unhex(str text, char *room, str *out) {
    static const char digits[] = "0123456789abcdefABCDEF";

    if (text.len % 2)
        return false;
    for (size_t i = 0; i < text.len; i += 2) {
        int const high = digit_of(digits, text.ptr[i]), low = digit_of(digits, text.ptr[i + 1]);

        if (high < 0 || low < 0)
            return false;
        room[i / 2] = (char)((high > 15 ? high - 6 : high) << 4 | (low > 15 ? low - 6 : low));
    }
    *out = (str){room, text.len / 2};
    return true;
}

static bool unbase64(str text, char *room, str *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t used = 0, len = text.len;
    uint32_t bits = 0;

    if (text.len % 4)
        return false;
    while (len && text.len - len < 2 && text.ptr[len - 1] == '=')
        len--;
    for (size_t i = 0; i < len; i++) {
        int const d = digit_of(digits, text.ptr[i]);

        if (d < 0)
            return false;
        bits = bits << 6 | (uint32_t)d;
        if (i % 4)
            room[used++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
    }
    *out = (str){room, used};
    return true;
}

static int order(int sign, enum stix_operator op) {
    return op == STIX_LESS        ? sign < 0
           : op == STIX_GREATER   ? sign > 0
           : op == STIX_AT_MOST   ? sign <= 0
           : op == STIX_AT_LEAST  ? sign >= 0
           : op == STIX_NOT_EQUAL ? sign != 0
                                  : sign == 0;
}

/* % any run, _ one character; of octets one octet. */
static bool like(struct stix_matcher *m, str pattern, str text, bool bytes, bool *yes) {
    size_t p = 0, t = 0, star = SIZE_MAX, back = 0;

    *yes = false;
    while (t < text.len) {
        if (!spend(m, 1))
            return false;
        if (p < pattern.len && pattern.ptr[p] == '%') {
            star = ++p;
            back = t;
        } else if (p < pattern.len && pattern.ptr[p] == '_') {
            t += bytes ? 1 : utf8_width(str_from(text, t));
            p++;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            back += bytes ? 1 : utf8_width(str_from(text, back));
            p = star;
            t = back;
        } else {
            return true;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '%')
        p++;
    *yes = p == pattern.len;
    return true;
}

/* An address or a network of any spelling, host bits as they are. */
static bool network_of(str s, struct address *a, unsigned *bits) {
    size_t const slash = str_find_byte(s, '/');
    uint64_t n;

    if (!address_parse(str_first(s, slash < s.len ? slash : s.len), a))
        return false;
    *bits = a->family == 4 ? 32 : 128;
    if (slash == SIZE_MAX)
        return true;
    if (!str_u64(str_from(s, slash + 1), *bits, &n))
        return false;
    *bits = (unsigned)n;
    return true;
}

/* Does the one network lie in the other? */
static bool lies_in(const struct address *a, unsigned bits, const struct address *in, unsigned in_bits) {
    if (a->family != in->family || bits < in_bits)
        return false;
    for (unsigned i = 0; i < in_bits; i++)
        if ((a->bytes[i / 8] ^ in->bytes[i / 8]) & 0x80 >> i % 8)
            return false;
    return true;
}

/* ---- hunting ---- */

/* Properties without canonical form in which letters have no case. */
static bool is_name(str type, str path) {
    static const struct {
        str type, path;
    } names[] = {
        {STR("directory"), STR("path")},
        {STR("process"), STR("cwd")},
        {STR("windows-registry-key"), STR("values[*].name")},
        {STR("user-account"), STR("display_name")},
        {STR("user-account"), STR("user_id")},
        {STR("software"), STR("name")},

    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(type, names[i].type) && str_eq(path, names[i].path))
            return true;
    return str_ends(path, S("hashes[*]"));
}

/* Do an investigator's eyes see one value? The two differ as bytes. */
static bool hunt_equal(struct stix_matcher *m, const struct test *t, const struct place *at, str value, str wanted,
                       bool *yes) {
    char room[STIX_PATH_TEXT_MAX];
    str const path = stix_path_text(&t->c->path, at->from, room);
    bool const folder = str_eq(at->type, S("directory")) && str_eq(path, S("path"));
    enum observable const type = folder ? OBSERVABLE_FILE_PATH : stix_property_observable(at->type, path);
    struct address a, in;
    unsigned bits, in_bits;
    const char *why;

    *yes = is_name(at->type, path) && fold_equal(value, wanted);
    if (*yes || !type)
        return true;
    if (type == OBSERVABLE_ADDRESS && network_of(value, &a, &bits) && network_of(wanted, &in, &in_bits)) {
        *yes = lies_in(&a, bits, &in, in_bits);
        return true;
    }
    m->one.len = m->two.len = 0;
    *yes = observable_canonical(type, value, &m->one, &why) && observable_canonical(type, wanted, &m->two, &why) &&
           str_eq(buf_str(&m->one), buf_str(&m->two));
    return !(m->one.failed || m->two.failed) || no_memory(m);
}

/* ---- a value and a test ---- */

/* Compatible values only; of others *fits is false. */
static bool compare_octets(str value, str wanted, enum stix_operator op, bool *yes) {
    *yes = order(str_cmp(value, wanted), op);
    return true;
}

static bool compare(struct stix_matcher *m, const struct test *t, const struct place *at, const struct stix_literal *l,
                    enum stix_operator op, str octets, bool binary, bool *fits, bool *yes) {
    const struct stix_value *const v = at->v;
    struct stix_time when;
    str other;
    char *room;

    *fits = true;
    if (!spend(m, v->type == STIX_VALUE_TEXT ? 1 + v->text.len / 16 : 1))
        return false;
    switch (l->type) {
    case STIX_NUMBER:
        if (v->type == STIX_VALUE_NUMBER ||
            (m->hunt && v->type == STIX_VALUE_TEXT && number_is_decimal(v->text) && v->text.len <= 64)) {
            char text[NUMBER_TEXT_MAX];
            size_t len;

            if (number_canonical(v->text, text, &len)) {
                *yes = order(number_compare((str){text, len}, l->text), op);
                return true;
            }
        }
        break;
    case STIX_BOOL:
        if (v->type == STIX_VALUE_BOOL) {
            *yes = order(v->yes != l->yes, op);
            return true;
        }
        break;
    case STIX_TIMESTAMP:
        if (v->type == STIX_VALUE_TEXT && stix_time_parse(v->text, &when)) {
            *yes = order(stix_time_compare(&when, &l->time), op);
            return true;
        }
        break;
    case STIX_STRING:
        if (m->hunt && v->type == STIX_VALUE_NUMBER && (op == STIX_EQUAL || op == STIX_NOT_EQUAL)) {
            *yes = order(str_cmp(v->text, l->text), op);
            return true;
        }
        if (v->type != STIX_VALUE_TEXT)
            break;
        if (!binary) {
            *yes = order(str_cmp(v->text, l->text), op);
            if (m->hunt && (op == STIX_EQUAL || op == STIX_NOT_EQUAL) && *yes == (op == STIX_NOT_EQUAL)) {
                bool same;

                if (!hunt_equal(m, t, at, v->text, l->text, &same))
                    return false;
                *yes = same == (op == STIX_EQUAL);
            }
            return true;
        }
        if (!(room = malloc(l->text.len + 1)))
            return no_memory(m);
        *fits = octets_of(l->text, room, &other) && compare_octets(octets, other, op, yes);
        free(room);
        return true;
    default: /* octets */
        if (v->type != STIX_VALUE_TEXT)
            break;
        if (binary)
            return compare_octets(octets, l->text, op, yes);
        if (!(room = malloc(v->text.len + 1)))
            return no_memory(m);
        *fits = octets_of(v->text, room, &other) && compare_octets(other, l->text, op, yes);
        free(room);
        return true;
    }
    *fits = false;
    return true;
}

/* The text in NFC: itself, or in *made, to be freed. */
static bool normal(struct stix_matcher *m, str text, char **made, str *out) {
    size_t len;

    *made = NULL;
    *out = text;
    if (text_is_ascii(text))
        return true;
    if (!(*made = (char *)u8_normalize(UNINORM_NFC, (const uint8_t *)text.ptr, text.len, NULL, &len)))
        return no_memory(m);
    *out = (str){*made, len};
    return true;
}

static bool regex_search(struct stix_matcher *m, const pcre2_code *code, str text, bool *yes) {
    int found = pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, m->match_data, m->match_context);

    if (found == PCRE2_ERROR_JIT_STACKLIMIT) /* the slower way has no stack to run out of */
        found = pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_JIT, m->match_data, m->match_context);

    *yes = found >= 0;
    if (found >= 0 || found == PCRE2_ERROR_NOMATCH)
        return true;
    if (found == PCRE2_ERROR_NOMEMORY)
        return no_memory(m);
    return err_set(m->e, ERR_LIMIT, 0, "a regular expression takes too many steps");
}

/* LIKE and MATCHES. */
static bool text_test(struct stix_matcher *m, const struct test *t, str text, str octets, bool binary, bool *fits,
                      bool *yes) {
    bool const is_like = t->c->op == STIX_LIKE;
    char *made = NULL, *folded = NULL;
    bool ok;

    if (!spend(m, 1 + text.len / 16))
        return false;
    *fits = !binary || t->has_octets;
    if (!*fits)
        return true;
    if (binary)
        return is_like ? like(m, t->octets, octets, true, yes) : regex_search(m, t->byte_regex, octets, yes);
    /* LIKE does not normalise the value by the specification. */
    if ((!is_like || m->hunt) && !normal(m, text, &made, &text))
        return false;
    if (is_like && t->blind) {
        if (!(folded = malloc(2 * text.len + 16))) {
            free(made);
            return no_memory(m);
        }
        text = (str){folded, fold_text(text, folded)};
    }
    ok = is_like ? like(m, t->text, text, false, yes) : regex_search(m, t->regex, text, yes);
    free(folded);
    free(made);
    return ok;
}

static bool ends_in(const struct stix_path *p, str suffix) {
    for (size_t i = p->step_count; i-- > 0;)
        if (p->steps[i].how == STIX_KEY)
            return str_ends(p->steps[i].key, suffix);
    return false;
}

/* The test without its NOT, of a value at the end of its path. */
static bool value_test(struct stix_matcher *m, const struct test *t, const struct place *at, bool *yes) {
    const struct stix_comparison *const c = t->c;
    const struct stix_value *const v = at->v;
    bool const text = v->type == STIX_VALUE_TEXT;
    bool const hex = text && ends_in(&c->path, S("_hex")), base64 = text && ends_in(&c->path, S("_bin"));
    bool ok = true, fits = false;
    char *room = NULL;
    str octets = S("");

    *yes = false;
    if (hex || base64) {
        if (!(room = malloc(v->text.len + 1)))
            return no_memory(m);
        if (!(hex ? unhex(v->text, room, &octets) : unbase64(v->text, room, &octets)))
            goto done; /* no octets: compatible with nothing */
    }
    switch (c->op) {
    case STIX_IN:
        fits = true;
        for (size_t i = 0; ok && !*yes && i < c->literal_count; i++) {
            bool one = false, same = false;

            ok = compare(m, t, at, &c->literals[i], STIX_EQUAL, octets, hex || base64, &one, &same);
            *yes = ok && one && same;
        }
        break;
    case STIX_LIKE:
    case STIX_MATCHES:
        if (text)
            ok = text_test(m, t, v->text, octets, hex || base64, &fits, yes);
        break;
    case STIX_ISSUBSET:
    case STIX_ISSUPERSET: {
        struct address a;
        unsigned bits;

        fits = text && network_of(v->text, &a, &bits);
        if (fits)
            *yes = c->op == STIX_ISSUBSET ? lies_in(&a, bits, &t->network, t->bits)
                                          : lies_in(&t->network, t->bits, &a, bits);
        break;
    }
    default:
        ok = compare(m, t, at, &c->literals[0], c->op, octets, hex || base64, &fits, yes);
    }
done:
    free(room);
    if (ok && !fits)
        *yes = c->op == STIX_NOT_EQUAL;
    return ok;
}

/* ---- paths ---- */

static bool same_key(const struct stix_matcher *m, const struct stix_path *p, size_t step, str name) {
    char one[STIX_ALGORITHM_MAX], two[STIX_ALGORITHM_MAX];
    str const key = p->steps[step].key;

    if (str_eq(key, name))
        return true;
    return m->hunt && step > 0 && p->steps[step - 1].how == STIX_KEY && str_eq(p->steps[step - 1].key, S("hashes")) &&
           name.len < STIX_ALGORITHM_MAX && key.len < STIX_ALGORITHM_MAX &&
           str_eq(stix_algorithm(key, one), stix_algorithm(name, two));
}

/* Does a text at this step name another object: x_ref, x_refs[*], x_refs[0]? */
static bool is_reference(const struct stix_path *p, size_t step) {
    const struct stix_step *const before = &p->steps[step - 1];

    if (before->how == STIX_KEY)
        return str_ends(before->key, S("_ref"));
    return step > 1 && before[-1].how == STIX_KEY && str_ends(before[-1].key, S("_refs"));
}

static bool follow(struct stix_matcher *m, const struct test *t, const struct stix_observation *o, struct place at,
                   size_t step, bool *yes);

static bool follow_reference(struct stix_matcher *m, const struct test *t, const struct stix_observation *o, str id,
                             size_t step, bool *yes) {
    if (!spend(m, o->object_count))
        return false;
    for (size_t i = 0; i < o->object_count; i++)
        if (o->objects[i].id.len && str_eq(o->objects[i].id, id))
            return follow(m, t, o, (struct place){&o->objects[i].properties, o->objects[i].type, step}, step, yes);
    return true;
}

/* *yes becomes true where one way through the path ends in a value for which the test holds. Depth: steps of a path. */
static bool follow(struct stix_matcher *m, const struct test *t, const struct stix_observation *o, struct place at,
                   size_t step, bool *yes) {
    const struct stix_path *const p = &t->c->path;
    const struct stix_step *const s = step < p->step_count ? &p->steps[step] : NULL;
    const struct stix_value *const v = at.v;

    if (!spend(m, 1))
        return false;
    if (v->type == STIX_VALUE_EITHER) {
        bool const denied = t->c->op != STIX_EXISTS && t->c->not != (t->c->op == STIX_NOT_EQUAL);
        bool one = denied;

        for (size_t i = 0; i < v->count && one == denied; i++) {
            one = false;
            at.v = &v->items[i];
            if (!follow(m, t, o, at, step, &one))
                return false;
        }
        *yes = *yes || (v->count && one);
        return true;
    }
    if (!s) {
        if (t->c->op == STIX_EXISTS) {
            *yes = true;
            return true;
        }
        if (!value_test(m, t, &at, yes))
            return false;
        *yes = *yes != t->c->not ;
        return true;
    }
    if (s->how == STIX_KEY) {
        if (v->type == STIX_VALUE_TEXT && step > 0 && is_reference(p, step))
            return follow_reference(m, t, o, v->text, step, yes);
        if (step == at.from && str_eq(s->key, S("type"))) {
            struct stix_value const type = {.type = STIX_VALUE_TEXT, .text = at.type};

            at.v = &type;
            return follow(m, t, o, at, step + 1, yes);
        }
        if (v->type != STIX_VALUE_OBJECT)
            return true;
        if (!spend(m, v->count))
            return false;
        for (size_t i = 0; i < v->count; i++)
            if (same_key(m, p, step, v->members[i].name)) {
                at.v = &v->members[i].value;
                return follow(m, t, o, at, step + 1, yes);
            }
        return true;
    }
    if (v->type == STIX_VALUE_LIST) {
        size_t const from = s->how == STIX_ANY                               ? 0
                            : s->index >= 0 && (uint64_t)s->index < v->count ? (size_t)s->index
                                                                             : v->count;
        size_t const to = s->how == STIX_ANY || from == v->count ? v->count : from + 1;

        for (size_t i = from; i < to && !*yes; i++) {
            at.v = &v->items[i];
            if (!follow(m, t, o, at, step + 1, yes))
                return false;
        }
    } else if (v->type == STIX_VALUE_OBJECT && s->how == STIX_ANY && m->hunt) {
        for (size_t i = 0; i < v->count && !*yes; i++) {
            at.v = &v->members[i].value;
            if (!follow(m, t, o, at, step + 1, yes))
                return false;
        }
    }
    return true;
}

static bool holds(struct stix_matcher *m, const struct stix_comparison *c, const struct stix_observation *o,
                  const struct stix_object *root, bool *yes) {
    *yes = false;
    if (c->how != STIX_TEST) {
        bool const all = c->how == STIX_ALL_OF;

        *yes = all;
        for (c = c->first; c && *yes == all; c = c->next)
            if (!holds(m, c, o, root, yes))
                return false;
        return true;
    }
    if (!str_eq(root->type, c->path.type))
        return true;
    if (!follow(m, &m->tests[c->number], o, (struct place){&root->properties, root->type, 0}, 0, yes))
        return false;
    if (c->op == STIX_EXISTS)
        *yes = *yes != c->not ;
    return true;
}

bool stix_matcher_bracket(struct stix_matcher *m, uint32_t bracket, const struct stix_observation *o, bool *yes,
                          struct err *e) {
    assert(bracket < m->p->bracket_count);
    m->e = e;
    m->work = STIX_WORK_MAX;
    *yes = false;
    for (size_t i = 0; i < o->object_count && !*yes; i++)
        if (!holds(m, m->p->brackets[bracket]->comparison, o, &o->objects[i], yes))
            return false;
    return true;
}

bool stix_matcher_all(struct stix_matcher *m, const struct stix_observation *observations, size_t count, bool *yes,
                      struct err *e) {
    struct stix_sighting *const sightings = calloc(count + 1, sizeof *sightings);
    struct stix_hit *hits = NULL;
    size_t used = 0, room = 0;
    struct arena *const a = arena_new((size_t)256 << 20);
    struct stix_solution solution = {0};
    bool ok = false;

    assert(count < UINT32_MAX);
    if (!sightings || !a) {
        err_set(e, ERR_MEMORY, 0, "no memory to match a pattern");
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        sightings[i] = (struct stix_sighting){observations[i].first, observations[i].last, observations[i].number};
        for (uint32_t b = 0; b < m->p->bracket_count; b++) {
            bool hit;

            if (!stix_matcher_bracket(m, b, &observations[i], &hit, e))
                goto done;
            if (!hit)
                continue;
            if (used == room) {
                size_t const more = room ? room * 2 : 64;
                struct stix_hit *const bigger = realloc(hits, more * sizeof *hits);

                if (!bigger) {
                    err_set(e, ERR_MEMORY, 0, "no memory to match a pattern");
                    goto done;
                }
                hits = bigger;
                room = more;
            }
            hits[used++] = (struct stix_hit){b, (uint32_t)i};
        }
    }
    ok = stix_solve(m->p, sightings, count, hits, used, NULL, a, &solution, e);
    *yes = ok && solution.yes;
done:
    arena_free(a);
    free(hits);
    free(sightings);
    return ok;
}

/* ---- preparing ---- */

static pcre2_code *compile(struct stix_matcher *m, const struct stix_comparison *c, str text, uint32_t options) {
    PCRE2_SIZE at = 0;
    int code = 0;
    PCRE2_UCHAR why[120];
    char room[STIX_SHOWN_MAX];
    pcre2_code *const made = pcre2_compile((PCRE2_SPTR)text.ptr, text.len, options | PCRE2_DOTALL, &code, &at, NULL);

    if (made) {
        pcre2_jit_compile(made, PCRE2_JIT_COMPLETE); /* without JIT it is slower, not different */
        return made;
    }
    if (code == PCRE2_ERROR_HEAP_FAILED) {
        no_memory(m);
        return NULL;
    }
    pcre2_get_error_message(code, why, sizeof why);
    err_set(m->e, ERR_USAGE, 0, "%.*s MATCHES: %s at %zu", STR_ARG(stix_shown(c->path.text, room)), (const char *)why,
            (size_t)at);
    return NULL;
}

/* Hunting: letters of names have no case. */
static bool is_blind(const struct stix_path *p) {
    static const str keys[] = {STR("name"),         STR("path"),   STR("key"),           STR("value"),
                               STR("command_line"), STR("cwd"),    STR("account_login"), STR("user_id"),
                               STR("display_name"), STR("subject")};

    for (size_t i = 0; i < COUNT(keys); i++)
        if (p->steps[p->step_count - 1].how == STIX_KEY && str_eq(p->steps[p->step_count - 1].key, keys[i]))
            return true;
    return false;
}

static bool prepare(struct stix_matcher *m, struct test *t, const struct stix_comparison *c) {
    uint32_t options;

    t->c = c;
    t->blind = m->hunt && is_blind(&c->path);
    options = t->blind ? PCRE2_CASELESS : 0;
    if (c->op == STIX_ISSUBSET || c->op == STIX_ISSUPERSET)
        return network_of(c->literals[0].text, &t->network, &t->bits) ||
               err_set(m->e, ERR_USAGE, 0, "neither an address nor a network");
    if (c->op != STIX_LIKE && c->op != STIX_MATCHES)
        return true;
    if (!normal(m, c->literals[0].text, &t->like, &t->text))
        return false;
    if (!(t->latin = malloc(2 * t->text.len + 16)))
        return no_memory(m);
    t->has_octets = octets_of(t->text, t->latin, &t->octets);
    if (c->op == STIX_MATCHES) {
        if (!(t->regex = compile(m, c, t->text, options | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C)))
            return false;
        return !t->has_octets || (t->byte_regex = compile(m, c, t->octets, options)) != NULL;
    }
    if (t->blind) {
        char *const folded = malloc(2 * t->text.len + 16);

        if (!folded)
            return no_memory(m);
        t->text = (str){folded, fold_text(t->text, folded)};
        free(t->like);
        t->like = folded;
    }
    return true;
}

void stix_matcher_free(struct stix_matcher *m) {
    if (!m)
        return;
    for (uint32_t i = 0; m->tests && i < m->p->test_count; i++) {
        pcre2_code_free(m->tests[i].regex);
        pcre2_code_free(m->tests[i].byte_regex);
        free(m->tests[i].like);
        free(m->tests[i].latin);
    }
    free(m->tests);
    pcre2_match_data_free(m->match_data);
    pcre2_match_context_free(m->match_context);
    buf_free(&m->one);
    buf_free(&m->two);
    free(m);
}

bool stix_matcher_new(struct stix_matcher **out, const struct stix_pattern *p, bool hunt, struct err *e) {
    struct stix_matcher *const m = calloc(1, sizeof *m);

    if (!m)
        return err_set(e, ERR_MEMORY, 0, "no memory to match a pattern");
    m->p = p;
    m->hunt = hunt;
    m->e = e;
    m->tests = calloc(p->test_count, sizeof *m->tests);
    m->match_data = pcre2_match_data_create(1, NULL);
    m->match_context = pcre2_match_context_create(NULL);
    if (!m->tests || !m->match_data || !m->match_context) {
        no_memory(m);
        goto fail;
    }
    pcre2_set_match_limit(m->match_context, STIX_REGEX_STEPS);
    for (uint32_t i = 0; i < p->test_count; i++)
        if (!prepare(m, &m->tests[i], p->tests[i]))
            goto fail;
    *out = m;
    return true;
fail:
    stix_matcher_free(m);
    return false;
}
