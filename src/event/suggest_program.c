/* suggest_program: lines of text by program, and a format and a kind for each.
 *
 * How the fields of templates look is learned by applying the templates to the lines they were made of, as a hunt will. */
#include "base/utf.h"
#include "event/format.h"
#include "event/suggest_own.h"

#define TOLD_BYTES_MAX ((size_t)32 << 20)
#define PROGRAMS_MAX 40u /* with a format of their own */
#define PROGRAM_BYTES_MAX 64u
#define MORE_PROGRAMS_MAX 2000u /* in the format for all others */

static str text_of(const struct suggest *s, uint32_t row, str name) {
    const struct row *const r = &s->rows[row];

    for (uint32_t i = 0; i < r->count; i++)
        if (str_eq(pool_text(&s->pool, s->cells[r->first + i].name), name))
            return pool_text(&s->pool, s->cells[r->first + i].value);
    return S("");
}

struct program {
    str name;       /* small; "": none, or none that can be asked for */
    uint32_t *rows; /* of the sample, in order */
    uint32_t count;
};

/* The one without name is open to the lines of any log: it comes last. */
static int by_lines(const void *a, const void *b) {
    const struct program *const x = a, *const y = b;

    if ((x->name.len == 0) != (y->name.len == 0))
        return x->name.len == 0 ? 1 : -1;
    return x->count != y->count ? (x->count > y->count ? -1 : 1) : str_cmp(x->name, y->name);
}

/* Made of one program's templates: what their fields look like. */
struct spoken {
    struct pool pool;
    struct stats stats;
    uint32_t untold;
    bool joins_pair; /* there are fields date and time that are a time together */
};

static void add_text(struct spoken *sp, str name, str value) {
    uint32_t const n = pool_add(&sp->pool, name),
                   v = pool_add(&sp->pool, utf8_valid(value) == value.len ? value : S("?"));

    if (n != POOL_NONE && v != POOL_NONE)
        stats_add(&sp->stats, n, v);
}

static void pair_joined(struct spoken *sp) {
    const struct field_stat *const date = stats_field(&sp->stats, S("date")), *const clock =
                                                                                  stats_field(&sp->stats, S("time"));
    char room[80];
    bool numeric;

    if (!date || !clock || !date->value_count || !clock->value_count || clock->times)
        return;
    str const d = pool_text(&sp->pool, date->values[0]), c = pool_text(&sp->pool, clock->values[0]);
    int const len = snprintf(room, sizeof room, "%.*s %.*s", STR_ARG(str_first(d, 36)), STR_ARG(str_first(c, 36)));

    sp->joins_pair = len > 0 && time_like((str){room, (size_t)len}, &numeric);
}

/* Does a template say what came of it? The outcome is a field of these, then. */
static const struct constant *outcome_set(const struct mined *one, struct arena *a, struct fields *fields) {
    struct constant *const c = one->outcome.len ? arena_alloc(a, sizeof *c) : NULL;

    if (c)
        *c = (struct constant){field_intern(fields, S("outcome")), one->outcome};
    return c;
}

/* Applies the templates to the messages, as a hunt will. */
static bool speak(struct suggest *s, const struct program *p, struct mining *mined, struct format *f,
                  struct spoken *sp) {
    struct fields *const fields = fields_new();
    struct template *const templates = arena_zero(mined->arena, mined->count + 1, sizeof *templates);
    const struct format *list[1] = {f};
    struct formats *formats = NULL;
    struct told told = {0};
    struct err e = {0};
    bool ok = fields && templates;

    for (size_t i = 0; ok && i < mined->count; i++) {
        const char *why;

        ok = template_compile(mined->list[i].text, mined->arena, fields, &templates[i], &why);
        templates[i].set = outcome_set(&mined->list[i], mined->arena, fields);
        templates[i].set_count = templates[i].set != NULL;
        mined->list[i].lines = 0;
    }
    f->name = S("x");
    f->templates = templates;
    f->template_count = mined->count;
    ok = ok && (formats = formats_new(list, 1)) != NULL;
    for (uint32_t i = 0; ok && i < p->count; i++) {
        const struct row *const r = &s->rows[p->rows[i]];

        if (!(ok = formats_tell(formats, fields, p->name, text_of(s, p->rows[i], S("message")), &told, &e)))
            break;
        if (told.template)
            mined->list[told.template - templates].lines++;
        else
            sp->untold++;
        if (!told.template && p->name.len == 0)
            continue;
        stats_record(&sp->stats);
        for (uint32_t c = 0; c < r->count; c++)
            add_text(sp, pool_text(&s->pool, s->cells[r->first + c].name),
                     pool_text(&s->pool, s->cells[r->first + c].value));
        for (uint32_t v = 0; v < told.count; v++)
            add_text(sp, field_name(fields, told.values[v].field), (str){told.values[v].ptr, told.values[v].len});
    }
    told_free(&told);
    formats_free(formats);
    fields_free(fields);
    pair_joined(sp);
    return ok && !sp->stats.failed;
}

static void templates_write(struct buf *out, const struct mining *mined) {
    if (mined->count)
        buf_add(out, S("templates:\n"));
    for (size_t i = 0; i < mined->count; i++) {
        if (mined->list[i].lines == 0)
            continue;
        str const outcome = mined->list[i].outcome;

        buf_add(out, outcome.len ? S("  - {text: ") : S("  - "));
        yaml_quote(out, mined->list[i].text);
        if (outcome.len)
            buf_format(out, ", set: {outcome: %.*s}}", STR_ARG(outcome));
        buf_format(out, " # %u line%s\n", mined->list[i].lines, mined->list[i].lines == 1 ? "" : "s");
    }
}

static void joins_write(struct buf *out, const struct mining *mined, const struct spoken *sp) {
    bool const day = mined->joins_day;

    if (!day && !sp->joins_pair)
        return;
    buf_add(out, S("join:\n"));
    if (mined->joins_zone)
        buf_add(out, S("  when_zone: '{day} {clock} {zone}'\n"));
    if (day)
        buf_add(out, S("  when: '{day} {clock}'\n"));
    else
        buf_add(out, S("  when: '{date} {time}'\n"));
}

static void kind_of_lines(struct suggest *s, str name, const struct mining *mined, const struct spoken *sp) {
    static const str zoned = STR("when_zone"), joined = STR("when"), plain = STR("time"), timestamp = STR("timestamp");
    const struct field_stat *const head = stats_field(&sp->stats, timestamp);
    struct wanted const wanted = {WANTED_EQUALS, S("format"), name};
    struct kind_draft k = {
        .name = name, .reader = S(""), .extends = S(""), .wanted = &wanted, .wanted_count = 1, .apart = S("")};
    str times[4];

    /* What is known of syslog's head, and which rules are for it, stays. */
    if (head && head->records == sp->stats.records && suggest_is_kind(s, SYSLOG_KIND))
        k.extends = SYSLOG_KIND;
    else if (head)
        times[k.time_count++] = timestamp;

    if (mined->joins_zone)
        times[k.time_count++] = zoned;
    if (mined->joins_day || sp->joins_pair)
        times[k.time_count++] = joined;
    if (mined->dated && stats_field(&sp->stats, plain) && stats_field(&sp->stats, plain)->times)
        times[k.time_count++] = plain;
    k.times = times;
    suggest_source(s, name, &k.product, &k.service);
    suggest_document(s);
    s->failed |= !kind_write(s->out, &k, &sp->stats);
}

static void untold_write(struct suggest *s, const struct program *p, uint32_t untold) {
    if (!untold)
        return;
    if (p->name.len)
        buf_format(s->out, "# %u of %u lines fit no template; they are of the kind below all the same\n", untold,
                   p->count);
    else
        buf_format(
            s->out,
            "# %u of %u lines fit no template and are not of the kind below: they are too various, or too short\n",
            untold, p->count);
}

/* What stands behind the last slash where a program is told with its path. */
static str short_name(str program) {
    size_t from = 0;

    if (!str_starts(program, S("/")))
        return program;
    for (size_t i = 0; i + 1 < program.len; i++)
        from = program.ptr[i] == '/' ? i + 1 : from;
    return str_from(program, from);
}

static bool draft_program(struct suggest *s, struct program *p, str behind) {
    str *const messages = calloc(p->count + (size_t)1, sizeof *messages);
    bool *const cut = calloc(p->count + (size_t)1, sizeof *cut);
    struct mining mined = {0};
    struct spoken sp = {0};
    struct format f = {.programs = &p->name, .program_count = p->name.len > 0};
    bool ok = messages && cut && pool_open(&sp.pool, TOLD_BYTES_MAX);

    sp.stats.pool = &sp.pool;
    for (uint32_t i = 0; ok && i < p->count; i++) {
        messages[i] = text_of(s, p->rows[i], S("message"));
        cut[i] = s->rows[p->rows[i]].cut;
    }
    ok = ok && lines_mine(messages, cut, p->count, p->name.len == 0, &mined) && speak(s, p, &mined, &f, &sp);
    if (ok && sp.stats.records > 0) {
        str const name = suggest_name(s, s->name, behind);
        bool any = false;

        for (size_t i = 0; i < mined.count; i++)
            any |= mined.list[i].lines > 0;
        suggest_document(s);
        untold_write(s, p, sp.untold);
        buf_add(s->out, S("format: "));
        yaml_put(s->out, name);
        buf_byte(s->out, '\n');
        if (p->name.len) {
            buf_add(s->out, S("program: ["));
            yaml_quote(s->out, p->name);
            buf_add(s->out, S("]\n"));
        }
        if (any) {
            templates_write(s->out, &mined);
            joins_write(s->out, &mined, &sp);
        }
        kind_of_lines(s, name, &mined, &sp);
        ok = !s->failed;
    } else if (ok) {
        s->left_out += p->count;
    }
    mining_free(&mined);
    stats_free(&sp.stats);
    pool_close(&sp.pool);
    free(messages);
    free(cut);
    return ok;
}

/* Programs beyond those that have a format of their own: one for them all, without templates. */
static bool draft_others(struct suggest *s, const struct program *programs, uint32_t count) {
    struct mining const none = {0};
    struct spoken sp = {0};
    str name;

    if (count > MORE_PROGRAMS_MAX) {
        for (uint32_t i = MORE_PROGRAMS_MAX; i < count; i++)
            s->left_out += programs[i].count;
        count = MORE_PROGRAMS_MAX;
    }
    if (count == 0)
        return true;
    sp.stats.pool = &s->pool;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < programs[i].count; k++) {
            const struct row *const r = &s->rows[programs[i].rows[k]];

            stats_record(&sp.stats);
            for (uint32_t c = 0; c < r->count; c++)
                stats_add(&sp.stats, s->cells[r->first + c].name, s->cells[r->first + c].value);
        }
    name = suggest_name(s, s->name, S("other"));
    suggest_document(s);
    buf_format(s->out, "# %u programs with few lines each: none has templates\nformat: ", count);
    yaml_put(s->out, name);
    buf_add(s->out, S("\nprogram:\n"));
    for (uint32_t i = 0; i < count; i++) {
        buf_add(s->out, S("  - "));
        yaml_quote(s->out, programs[i].name);
        buf_byte(s->out, '\n');
    }
    kind_of_lines(s, name, &none, &sp);
    s->failed |= sp.stats.failed;
    stats_free(&sp.stats);
    return !s->failed;
}

/* The program of a line, small, as formats compare it. */
static str program_of(struct suggest *s, uint32_t row, char room[PROGRAM_BYTES_MAX]) {
    str const program = text_of(s, row, S("program"));

    if (program.len > PROGRAM_BYTES_MAX || !field_nameable(program))
        return S("");
    for (size_t i = 0; i < program.len; i++)
        room[i] = program.ptr[i] >= 'A' && program.ptr[i] <= 'Z' ? (char)(program.ptr[i] | 0x20) : program.ptr[i];
    return (str){room, program.len};
}

struct grouping {
    struct program *list;
    uint32_t *of; /* by row: program + 1 */
    uint32_t *rows;
    uint32_t count;
};

static bool group(struct suggest *s, struct grouping *g) {
    struct pool names;
    char room[PROGRAM_BYTES_MAX];
    uint32_t lines = 0, from = 0;
    bool ok = pool_open(&names, (size_t)8 << 20);

    g->list = calloc(s->row_count + (size_t)1, sizeof *g->list);
    g->of = calloc(s->row_count + (size_t)1, sizeof *g->of);
    g->rows = calloc(s->row_count + (size_t)1, sizeof *g->rows);
    ok = ok && g->list && g->of && g->rows;
    for (uint32_t i = 0; ok && i < s->row_count; i++) {
        if (s->rows[i].type != ROW_LINE)
            continue;
        uint32_t const id = pool_add(&names, program_of(s, i, room));

        if (!(ok = id != POOL_NONE))
            break;
        if (id == g->count)
            g->list[g->count++].name = suggest_kept(s, pool_text(&names, id));
        g->list[id].count++;
        g->of[i] = id + 1;
        lines++;
    }
    for (uint32_t i = 0; ok && i < g->count; i++) {
        g->list[i].rows = g->rows + from;
        from += g->list[i].count;
        g->list[i].count = 0;
    }
    for (uint32_t i = 0; ok && i < s->row_count; i++)
        if (g->of[i]) {
            struct program *const p = &g->list[g->of[i] - 1];

            p->rows[p->count++] = i;
        }
    pool_close(&names);
    if (ok && g->count)
        qsort(g->list, g->count, sizeof *g->list, by_lines);
    return ok && !s->failed && (lines == 0 || g->count);
}

bool suggest_lines(struct suggest *s) {
    struct grouping g = {0};
    bool ok = group(s, &g);
    uint32_t const named = g.count && g.list[g.count - 1].name.len == 0 ? g.count - 1 : g.count;
    uint32_t const own = named < PROGRAMS_MAX ? named : PROGRAMS_MAX;

    for (uint32_t i = 0; ok && i < own; i++)
        ok = draft_program(s, &g.list[i], g.count == 1 ? S("") : short_name(g.list[i].name));
    ok = ok && draft_others(s, g.list + own, named - own);
    if (ok && named < g.count)
        ok = draft_program(s, &g.list[named], S(""));
    free(g.list);
    free(g.of);
    free(g.rows);
    return ok;
}
