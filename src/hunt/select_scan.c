/* select_scan: each value of a column once: which atoms it satisfies, in the form that ingest gives it and under the names of rules. */
#include "hunt/select_own.h"

#include <assert.h>

#include "base/utf.h"
#include "event/fold.h"

#define VALUES_AT_ONCE 1024u           /* that are held in the form of ingest */
#define TEXT_AT_ONCE ((size_t)4 << 20) /* or so many bytes of them */
#define TEXT_TYPES ((uint32_t)1 << RAW_TEXT | (uint32_t)1 << RAW_UTF16)
#define UNPACKED_MAX ((size_t)128 << 20) /* bytes of values that stay unpacked from one column to the next */
#define TRIED_MAX 65536u /* of a column with more values a test without literals is taken to hold in each */
#define TEXT_TYPES ((uint32_t)1 << RAW_TEXT | (uint32_t)1 << RAW_UTF16)

/* ---- matchers ---- */

str select_piece(str text, const uint8_t cuts[256 / 8]) {
    str best = S(""), piece;

    while (select_piece_next(&text, cuts, &piece))
        best = piece.len > best.len ? piece : best;
    return best;
}

/* The bytes that a template has between its fields, as they are or folded; all where two of the fields meet, or it has some beyond ASCII. */
static void joints_of(const struct kind_source *source, uint8_t joints[256 / 8]) {
    unsigned char before = 0;

    memset(joints, 0, 256 / 8);
    for (size_t i = 0; i < source->text.len; i++) {
        unsigned char const c = (unsigned char)source->text.ptr[i], small = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
        bool const is_field = c >= 1 && c <= source->input_count;

        if (c >= 0x80 || (is_field && before >= 1 && before <= source->input_count))
            memset(joints, UINT8_MAX, 256 / 8);
        if (!is_field)
            joints[small / 8] |= (uint8_t)(1u << small % 8);
        before = c;
    }
}

/* A template puts nothing between fields but what it has: what has none of its bytes stands in one of the fields. */
bool select_test_literals(const struct plan_test *t, const struct kind_source *source, uint32_t id,
                          struct literal **list, uint32_t *count, uint32_t *room, bool *can) {
    uint32_t const from = *count;
    uint8_t joints[256 / 8];

    *can = true;
    if (t->test.sigma->op != TEST_NUMBER) {
        if (!kind_plan_literals(&t->test, id, list, count, room))
            return false;
    } else {
        /* A number is scanned in its canonical spelling, and a text equals one only in that (Sigma 3.7). */
        if (!select_grow((void **)list, *count, room, sizeof **list))
            return false;
        (*list)[(*count)++] = (struct literal){t->test.sigma->number, LITERAL_EQUALS, id};
    }
    if (!source)
        return true;
    joints_of(source, joints);
    for (uint32_t i = from; i < *count; i++) {
        (*list)[i].text = select_piece((*list)[i].text, joints);
        (*list)[i].how = LITERAL_CONTAINS;
        *can &= (*list)[i].text.len > 0;
    }
    return true;
}

bool select_literals(const struct select *s, uint32_t atom, struct literal **list, uint32_t *count, uint32_t *room) {
    const struct view *const v = &s->views[s->atoms[atom].view];
    bool can;

    return select_test_literals(select_test(s, atom), v->how == VIEW_PART ? v->source : NULL, atom, list, count, room,
                                &can);
}

/* All that is asked of the view, whoever needs it now: they are made once. */
static bool matchers_make(const struct select *s, struct view *v) {
    struct literal *list = NULL, *typed;
    uint32_t count = 0, room = 0, typed_count = 0;
    bool ok = true;

    if (v->matched == v->atom_count)
        return true;
    for (uint32_t i = 0; ok && i < v->atom_count; i++)
        if (s->atoms[v->atoms[i]].how == ATOM_FOUND)
            ok = select_literals(s, v->atoms[i], &list, &count, &room);
    typed = ok ? malloc((count + (size_t)1) * sizeof *typed) : NULL;
    for (uint32_t i = 0; typed && i < count; i++)
        if (select_test(s, list[i].id)->raw_types & ~TEXT_TYPES)
            typed[typed_count++] = list[i];
    for (size_t i = 0; i < COUNT(v->matchers); i++) {
        literals_free(v->matchers[i]);
        v->matchers[i] = NULL;
    }
    ok = typed && (!count || (v->matchers[0] = literals_new(list, count))) &&
         (!typed_count || (v->matchers[1] = literals_new(typed, typed_count)));
    v->matched = ok ? v->atom_count : 0;
    free(list);
    free(typed);
    return ok;
}

/* Words of which one stands in every text that satisfies anything that is asked of all values. */
static bool needles_make(struct select *s) {
    const struct view *const v = &s->views[s->keywords];
    struct literal *list = NULL;
    uint32_t count = 0, room = 0;
    str *words;
    bool ok = true, empty = false;

    needles_free(s->needles);
    s->needles = NULL;
    for (uint32_t i = 0; ok && i < v->atom_count; i++)
        ok = select_literals(s, v->atoms[i], &list, &count, &room);
    if ((words = ok ? malloc((count + (size_t)1) * sizeof *words) : NULL)) {
        for (uint32_t i = 0; i < count; i++) {
            words[i] = list[i].text;
            empty |= !words[i].len;
        }
        ok = empty || (s->needles = needles_new(words, count));
    }
    free(words);
    free(list);
    return ok && words;
}

/* ---- one value ---- */

static bool no_memory(struct run *r) {
    return err_set(r->e, ERR_MEMORY, 0, "no memory to choose rows of a segment");
}

static void found(void *ctx, uint32_t atom) {
    struct run *const r = ctx;
    struct atom *const a = &r->s->atoms[atom];

    if (!a->needed || a->value == r->s->serial)
        return;
    a->value = r->s->serial;
    if (!select_push(&r->found, &r->found_count, &r->found_room, atom))
        r->s->no_memory = true;
}

/* What literals told of is asked again, where they do not tell all. A regular expression that is given up is taken to match. */
static bool satisfies(struct select *s, uint32_t atom, const struct value *v, str folded) {
    const struct kind_condition *const condition = select_condition(s, atom);
    uint64_t const given_up = s->scratch.regex_limits;
    str const text = value_text(v);
    bool ok = true;

    if (condition)
        return kind_condition_holds(condition, &text, 1);
    bool const holds = test_value(&select_test(s, atom)->test, v, folded, &s->scratch, &ok);

    s->no_memory |= !ok;
    return holds || s->scratch.regex_limits != given_up;
}

/* The value at hand, folded when somebody asks. */
struct looked {
    const struct value *v;
    str folded;
    bool done;
};

static str folded_of(struct select *s, struct looked *l) {
    bool ok = true;

    if (!l->done)
        l->folded = test_fold(&s->scratch, l->v, &ok);
    s->no_memory |= !ok;
    l->done = true;
    return l->folded;
}

static void ask(struct run *r, struct view *view, struct looked *l) {
    struct select *const s = r->s;
    const struct value *const v = l->v;
    const struct literals *const m = view->matchers[!(TEXT_TYPES >> v->raw_type & 1)];
    uint32_t kept = r->found_count;
    char number[NUMBER_TEXT_MAX];
    str text;

    if (v->type == VALUE_NULL) { /* no test is true of it; to a condition it is the empty text */
        for (uint32_t i = 0; i < view->tried_count; i++)
            if (select_condition(s, view->tried[i]) && satisfies(s, view->tried[i], v, S("")))
                found(r, view->tried[i]);
        return;
    }
    if (!(view->types >> v->raw_type & 1))
        return;
    if (m && scan_number(v, number, &text))
        literals_scan(m, text, found, r);
    else if (m && literals_may_match(m, value_text(v)))
        literals_scan(m, folded_of(s, l), found, r);
    for (uint32_t i = kept; i < r->found_count; i++) {
        uint32_t const atom = r->found[i];

        if (s->atoms[atom].exact || satisfies(s, atom, v, folded_of(s, l)))
            r->found[kept++] = atom;
        else
            s->atoms[atom].value = 0; /* another value of the cell may satisfy it */
    }
    r->found_count = kept;
    for (uint32_t i = 0; i < view->tried_count; i++)
        if (s->atoms[view->tried[i]].value != s->serial && satisfies(s, view->tried[i], v, folded_of(s, l)))
            found(r, view->tried[i]);
}

/* Each text that the view's source makes of the value. */
static bool ask_made(struct run *r, struct view *view, const struct value *v) {
    struct select *const s = r->s;
    str const text = value_text(v);
    str out[DERIVE_VALUES_MAX];
    bool const present = true;
    size_t repaired = 0, count;

    arena_reset(s->made);
    if ((count = kind_derive(view->source, &text, &present, s->made, out)) == SIZE_MAX)
        return no_memory(r);
    for (size_t i = 0; i < count; i++) {
        uint32_t const code = dictionary_code(&s->texts, RAW_TEXT, false, out[i], &repaired);

        if (!code)
            return no_memory(r);
        ask(r, view, &(struct looked){.v = dictionary_value(&s->texts, code)});
    }
    return true;
}

static bool ask_feeds(struct run *r, const struct select_column *c, const struct value *v, bool empty) {
    struct value const text = {.ptr = v->ptr, .len = v->len, .type = VALUE_TEXT, .raw_type = RAW_TEXT};
    struct looked self = {.v = v}, as_text = {.v = &text};

    for (uint32_t i = 0; i < c->feed_count; i++) {
        struct view *const view = &r->s->views[c->feeds[i].view];

        if (!view->needed || c->feeds[i].empty != empty)
            continue;
        if (view->how == VIEW_SELF)
            ask(r, view, &self);
        else if (v->type != VALUE_NULL && (view->how == VIEW_TEXT || view->how == VIEW_PART))
            ask(r, view, &as_text);
        else if (v->type != VALUE_NULL) {
            if (!ask_made(r, view, v))
                return false;
            self.done = as_text.done = false; /* what was made has been folded where they were */
        }
    }
    return !r->s->no_memory || no_memory(r);
}

/* ---- what a value has ---- */

static bool class_same(const struct run *r, uint32_t class) {
    const uint32_t *const list = r->pool + (class - 1);

    return class && list[0] == r->found_count && memcmp(list + 1, r->found, r->found_count * sizeof *list) == 0;
}

/* Values that stand together often have the same. */
static bool class_make(struct run *r, enum pass pass, uint32_t *out) {
    *out = 0;
    if (!r->found_count)
        return true;
    if (class_same(r, r->last_class[pass])) {
        *out = r->last_class[pass];
        return true;
    }
    *out = r->last_class[pass] = r->pool_count + 1;
    if (!select_push(&r->pool, &r->pool_count, &r->pool_room, r->found_count))
        return no_memory(r);
    for (uint32_t i = 0; i < r->found_count; i++) {
        if (!select_push(&r->pool, &r->pool_count, &r->pool_room, r->found[i]))
            return no_memory(r);
        if (r->found[i] >= ATOM_SPECIAL)
            continue;
        if (pass == PASS_LINES)
            r->s->atoms[r->found[i]].heard = true;
        else
            r->s->atoms[r->found[i]].held = true;
    }
    return true;
}

static bool every_add(struct run *r, struct select_column *c, uint32_t atom) {
    for (uint32_t i = 0; i < c->every_count; i++)
        if (c->every[i] == atom)
            return true;
    if (atom == ATOM_INDICATOR)
        r->has_indicators = true;
    else if (atom < ATOM_SPECIAL)
        r->s->atoms[atom].held = true;
    return select_push(&c->every, &c->every_count, &c->every_room, atom) || no_memory(r);
}

/* All that a value of the column might satisfy, which nobody can read. */
static bool everything(struct run *r, const struct select_column *c, bool keywords,
                       bool (*each)(struct run *r, struct select_column *c, uint32_t atom), struct select_column *to) {
    struct select *const s = r->s;

    for (uint32_t i = 0; i < (keywords ? s->keywords != NONE : c->feed_count); i++) {
        struct view *const v = &s->views[keywords ? s->keywords : c->feeds[i].view];

        to->unsure = true;
        for (uint32_t k = 0; k < v->atom_count; k++)
            if (s->atoms[v->atoms[k]].needed && !each(r, to, v->atoms[k]))
                return false;
    }
    return !keywords || !r->ask->indicators || each(r, to, ATOM_INDICATOR);
}

static void found_in_line(void *ctx, uint32_t whole) {
    struct run *const r = ctx;
    uint32_t const atom = r->s->wholes[whole].atom;

    if (r->s->atoms[atom].needed && r->s->atoms[atom].value != r->s->serial && select_line_holds(r->s, whole, r->line))
        found(r, atom);
}

/* Of a line whatever formats may make of it. */
static bool line_is_odd(struct run *r) {
    r->opaque = true;
    return select_push(&r->found, &r->found_count, &r->found_room, ATOM_OPAQUE) || no_memory(r);
}

static bool look_line(struct run *r, const struct segment_value *raw) {
    struct select *const s = r->s;
    str const text = {raw->ptr, raw->len};
    bool ok = true;

    s->serial++;
    r->found_count = 0;
    if (raw->lost || (raw->type == RAW_TEXT && (text.len > VALUE_BYTES_MAX || select_line_is_odd(text))))
        return line_is_odd(r);
    if (raw->type != RAW_TEXT || !s->lines) /* formats tell of texts only */
        return true;
    r->counts->values++;
    struct value const v = {.ptr = raw->ptr, .len = raw->len, .type = VALUE_TEXT, .raw_type = RAW_TEXT};

    r->line = test_fold(&s->scratch, &v, &ok);
    literals_scan(s->lines, r->line, found_in_line, r);
    s->no_memory |= !ok;
    return !s->no_memory || no_memory(r);
}

static bool found_add(struct run *r, struct select_column *c, uint32_t atom) {
    (void)c;
    if (atom == ATOM_INDICATOR) {
        r->has_indicators = true;
        return select_push(&r->found, &r->found_count, &r->found_room, atom) || no_memory(r);
    }
    found(r, atom);
    return !r->s->no_memory || no_memory(r);
}

/* ---- a column ---- */

/* What is asked of the view's values now: tests without literals are tried where values are few. */
static bool view_begin(struct run *r, struct select_column *c, struct view *v, uint32_t values) {
    struct select *const s = r->s;

    v->tried_count = 0;
    v->types = 0;
    if (v->presence != NONE && s->atoms[v->presence].needed && !every_add(r, c, v->presence))
        return false;
    for (uint32_t k = 0; k < v->atom_count; k++) {
        uint32_t const atom = v->atoms[k];

        if (!s->atoms[atom].needed)
            continue;
        if (s->atoms[atom].how == ATOM_FOUND) {
            v->types |= select_test(s, atom)->raw_types;
            continue;
        }
        if (values > TRIED_MAX ? !every_add(r, c, atom)
                               : !select_push(&v->tried, &v->tried_count, &v->tried_room, atom) && !no_memory(r))
            return false;
        v->types = RAW_ANY;
    }
    return !v->needed || matchers_make(s, v) || no_memory(r);
}

/* types: of values that need be looked at. */
static bool column_begin(struct run *r, struct select_column *c, bool keywords, uint32_t values, uint32_t *types) {
    struct select *const s = r->s;
    struct view *const all = s->keywords == NONE ? NULL : &s->views[s->keywords];

    *types = keywords && r->ask->indicators && s->o.indicators ? indicators_types(s->o.indicators) : 0;
    for (uint32_t i = 0; !keywords && i < c->feed_count; i++) {
        struct view *const v = &s->views[c->feeds[i].view];

        if (!view_begin(r, c, v, values))
            return false;
        if (v->types)
            *types |= v->how == VIEW_SELF ? v->types : RAW_ANY;
    }
    if (!keywords || !all || !all->needed)
        return true;
    bool const fresh = all->matched != all->atom_count;

    if (!view_begin(r, c, all, values))
        return false;
    *types |= all->types;
    return !fresh || needles_make(s) || no_memory(r);
}

static uint8_t type_of(uint8_t raw_type) {
    return raw_type == RAW_NUMBER ? VALUE_NUMBER : raw_type == RAW_BOOL ? VALUE_BOOL : VALUE_TEXT;
}

/* The value as ingest has it. Most are text that need not be copied. NULL: memory is out. */
static const struct value *value_of(struct select *s, const struct segment_value *raw, struct value *room) {
    str const bytes = {raw->ptr, raw->len};
    size_t repaired = 0;

    if (bytes.len <= VALUE_BYTES_MAX && raw->type >= RAW_TEXT && raw->type <= RAW_BOOL && text_is_ascii(bytes)) {
        *room = (struct value){
            .ptr = raw->ptr, .len = raw->len, .type = type_of(raw->type), .raw_type = raw->type, .ascii = true};
        return room;
    }
    if (bytes.len <= VALUE_BYTES_MAX && raw->type == RAW_UTF16) {
        size_t units = bytes.len / 2;
        char *const to = (s->narrow.len = 0, buf_reserve(&s->narrow, units * 3 + 8));

        if (!to)
            return NULL;
        if (units && bytes.ptr[2 * units - 2] == 0 && bytes.ptr[2 * units - 1] == 0)
            units--;
        size_t const len = utf16le_to_utf8(bytes.ptr, units, to, &repaired);

        *room = (struct value){
            .ptr = to, .len = (uint32_t)len, .type = VALUE_TEXT, .raw_type = RAW_UTF16, .ascii = len == units};
        return room;
    }
    uint32_t const code = dictionary_code(&s->values, raw->type, false, bytes, &repaired);

    return code ? dictionary_value(&s->values, code) : NULL;
}

/* types: as column_begin says them. */
static bool look(struct run *r, struct select_column *c, const struct segment_value *raw, field_id field, bool keywords,
                 uint32_t types) {
    struct select *const s = r->s;
    struct value room;

    s->serial++;
    r->found_count = 0;
    if (raw->lost || (c->folded && !keywords && raw->len && memchr(raw->ptr, SEGMENT_FOLD, raw->len)))
        return everything(r, c, keywords, found_add, c);
    if (!(types >> raw->type & 1))
        return true;
    r->counts->values++;
    if (keywords && r->ask->indicators && s->o.indicators &&
        indicators_sift(s->o.indicators,
                        &(struct raw){.field = field, .type = raw->type, .len = raw->len, .ptr = raw->ptr}) &&
        !found_add(r, c, ATOM_INDICATOR))
        return false;
    if (keywords && (s->keywords == NONE || !s->views[s->keywords].needed))
        return true;
    const struct value *const v = value_of(s, raw, &room);

    if (!v)
        return no_memory(r);
    if (!keywords)
        return ask_feeds(r, c, v, false);
    if (v->type == VALUE_NUMBER || !s->needles || needles_may_be_in(s->needles, value_text(v)))
        ask(r, &s->views[s->keywords], &(struct looked){.v = v});
    return !s->no_memory || no_memory(r);
}

static void texts_forget(struct select *s) {
    dictionary_reset(&s->values);
    dictionary_reset(&s->texts);
}

static bool empties(struct run *r, struct select_column *c) {
    static const struct value empty = {.ptr = "", .type = VALUE_TEXT, .raw_type = RAW_TEXT, .ascii = true};

    r->s->serial++;
    r->found_count = 0;
    if (!ask_feeds(r, c, &empty, true))
        return false;
    for (uint32_t i = 0; i < r->found_count; i++)
        if (!every_add(r, c, r->found[i]))
            return false;
    return true;
}

/* NULL: they are not to be had; whatever they are. */
static const struct segment_value *values_of(struct run *r, uint32_t column) {
    const struct segment_value *values;
    struct err e;

    if (r->unpacked > UNPACKED_MAX) {
        segment_forget(r->segment);
        r->unpacked = 0;
    }
    if (segment_column_values(r->segment, column, true, &values, &e))
        return values;
    segment_forget(r->segment);
    r->unpacked = 0;
    return segment_column_values(r->segment, column, true, &values, &e) ? values : NULL;
}

bool select_scan(struct run *r, uint32_t column, enum pass pass) {
    struct select *const s = r->s;
    struct select_column *const c = &r->columns[column];
    struct segment_column const is = segment_column(r->segment, column);
    const struct segment_value *values;
    field_id const field = field_find(s->o.fields, is.name);
    bool const keywords = pass == PASS_ALL;
    uint32_t **const classes = &c->classes[pass];
    size_t held = 0;
    uint32_t types = RAW_ANY;

    r->last_class[pass] = 0;
    if (pass != PASS_LINES && !column_begin(r, c, keywords, is.values, &types))
        return false;
    if (!(is.types & types))
        return pass != PASS_FIELDS || empties(r, c);
    if (!(values = values_of(r, column))) {
        if (pass == PASS_LINES) {
            r->opaque = true;
            return every_add(r, c, ATOM_OPAQUE);
        }
        return everything(r, c, keywords, every_add, c) && (keywords || empties(r, c));
    }
    if (!*classes && !(*classes = malloc((is.values + (size_t)1) * sizeof **classes)))
        return no_memory(r);
    for (uint32_t i = 0; i < is.values; i++) {
        if (i % VALUES_AT_ONCE == 0 || held > TEXT_AT_ONCE) {
            texts_forget(s);
            r->unpacked += held;
            held = 0;
        }
        held += values[i].len + sizeof values[i];
        if (!(pass == PASS_LINES ? look_line(r, &values[i]) : look(r, c, &values[i], field, keywords, types)) ||
            !class_make(r, pass, &(*classes)[i]))
            return false;
    }
    r->unpacked += held;
    texts_forget(s);
    return pass != PASS_FIELDS || empties(r, c);
}
