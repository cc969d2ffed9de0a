/* profile_build: releases out of what was gathered (docs/formats/profiles.md).
 *
 * Every statement becomes a row: group, what it uses, which source says so, of which day. A release is the rows of its bundle, of the bundles of the other
 * matrices that were public then, and of our own facts whose sources are not younger; sorted, so that distinct sources are counted by looking at neighbours. */
#include <stdlib.h>

#include "attribution/profile_own.h"
#include "base/buf.h"
#include "base/compiler.h"

#define CHAIN_MAX 16u        /* what replaced what replaced what ... */
#define LATER_MAX 64u        /* days of facts behind the newest release */
#define NAMED_MAX (1u << 20) /* software without number */

struct row {
    token token;
    uint32_t group, source;
    int64_t day;
    bool own;
};

/* A fact of ours that is a row, or widens the time in which a group is known. */
struct own {
    uint32_t group, source;
    token token; /* 0: no row */
    int64_t day; /* of its source */
    int64_t from, until;
};

/* What is known of a group whatever the release: names, origin, victims. */
struct around {
    const struct group *who;
    str nation, victims_source;
    str *countries, *sectors;
    size_t country_count, country_room, sector_count, sector_room;
    int64_t victims_day;
};

struct building {
    struct profile_gathered *g;
    struct profiles *p;
    struct own *own; /* by day */
    size_t own_count, own_room, named;
    token *named_of; /* by text of the name's spelling: software without number; 0 */
    size_t named_room;
    struct around *around; /* by text of the group's id */
    uint32_t *place;       /* of each text: number + 1 of the group in the release that is made; scratch */
    struct row *rows;
    size_t row_count, row_room;
    struct profile_words {
        struct profile_word *of;
        size_t count, room;
    } words;
};

/* ---- tokens ---- */

static int by_replaced(const void *a, const void *b) {
    const struct profile_replaced *const x = a, *const y = b;

    return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->to > y->to) - (x->to < y->to);
}

/* The technique of today. A circle, or a way without end, leads nowhere: then it stays what it was. */
static token today(const struct profile_gathered *g, token t) {
    token const was = t;

    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        size_t low = 0, high = g->replaced_count;

        while (low < high) {
            size_t const middle = low + (high - low) / 2;

            if (g->replaced[middle].from < t)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == g->replaced_count || g->replaced[low].from != t)
            return t;
        t = g->replaced[low].to;
    }
    return was;
}

static int by_thing(const void *a, const void *b) {
    const struct profile_thing *const x = a, *const y = b;

    return x->token != y->token ? (x->token < y->token ? -1 : 1) : (x->base > y->base) - (x->base < y->base);
}

static bool word_add(struct building *b, token t, str name, struct err *e) {
    struct profile_words *const w = &b->words;

    if (!profile_grow((void **)&w->of, w->count, &w->room, sizeof *w->of, e))
        return false;
    w->of[w->count] = (struct profile_word){.token = t};
    if (!arena_copy(b->p->memory, name, &w->of[w->count].name))
        return profile_no_memory(e);
    w->count++;
    return true;
}

/* Names and types as the newest bundle has them. Bundles are in the order of their days by then. */
static bool put_things(struct building *b, struct err *e) {
    struct profile_gathered *const g = b->g;
    struct profiles *const p = b->p;

    if (g->replaced_count)
        qsort(g->replaced, g->replaced_count, sizeof *g->replaced, by_replaced);
    if (g->thing_count)
        qsort(g->things, g->thing_count, sizeof *g->things, by_thing);
    if (!(p->tools = arena_zero(p->memory, g->thing_count + 1, sizeof *p->tools)))
        return profile_no_memory(e);
    for (size_t i = 0; i < g->thing_count; i++) {
        const struct profile_thing *const t = &g->things[i];

        if (i + 1 < g->thing_count && g->things[i + 1].token == t->token)
            continue;
        if (t->tool)
            p->tools[p->tool_count++] = t->token;
        if (!word_add(b, t->token, t->name, e))
            return false;
    }
    return true;
}

/* ---- our own facts ---- */

/* The last day of a date as facts have it: 2021, 2021-03, 2021-03-18. What is said to be of a year was there when it was over. */
static int64_t fact_day(str date) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t year, month = 12, day;
    int64_t out;

    if (!str_u64(str_first(date, 4), 2199, &year)) /* instants end in 2262 */
        return DAY_UNKNOWN;
    if (date.len > 4 && !str_u64(str_first(str_from(date, 5), 2), 12, &month))
        return DAY_UNKNOWN;
    if (date.len > 7)
        return profile_day(date);
    if (!month)
        return DAY_UNKNOWN;
    day = days[month - 1];
    if (month == 2 && instant_day((unsigned)year, 2, 29, &out))
        return out;
    return instant_day((unsigned)year, (unsigned)month, (unsigned)day, &out) ? out : DAY_UNKNOWN;
}

/* What goes back to ATT&CK is no second source beside it. */
static bool of_attack(const struct group_fact *f) {
    return str_starts(f->source_at, S("attack.mitre.org")) || str_starts(f->source, S("MITRE ATT&CK"));
}

static bool named_put(struct building *b, uint32_t key, token t, struct err *e) {
    if (key >= b->named_room) {
        size_t const room = (size_t)key * 2 + 256;
        token *const more = reallocarray(b->named_of, room, sizeof *more);

        if (!more)
            return profile_no_memory(e);
        memset(more + b->named_room, 0, (room - b->named_room) * sizeof *more);
        b->named_of = more;
        b->named_room = room;
    }
    b->named_of[key] = t;
    return true;
}

/* The number of software by any of its names that is its alone, or a new one. */
static bool software_token(struct building *b, const struct group_fact *f, const struct profile_spelled *known,
                           size_t known_count, token *out, struct err *e) {
    struct profile_gathered *const g = b->g;
    const struct profile_spelled *found = profile_spelled_find(known, known_count, f->name);

    for (size_t i = 0; !found && i < f->alias_count; i++)
        found = profile_spelled_find(known, known_count, f->aliases[i]);
    *out = found ? (token)found->of : 0;
    if (*out)
        return true;
    /* Two groups' facts may name the same. */
    char room[2 * GROUP_NAME_MAX + 16];
    uint32_t const key = f->name.len > GROUP_NAME_MAX ? 0 : profile_text(g, (str){room, group_spelling(f->name, room)});

    if (!key || (key < b->named_room && b->named_of[key])) {
        *out = key ? b->named_of[key] : 0;
        return true;
    }
    if (b->named == NAMED_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u programs without a number", NAMED_MAX);
    *out = TOKEN_NAMED | (token)b->named++;
    if (!named_put(b, key, *out, e))
        return false;
    if (!word_add(b, *out, f->name, e) || !profile_names_add(&g->names, g->a, f->name, *out, e))
        return false;
    for (size_t i = 0; i < f->alias_count; i++)
        if (!profile_names_add(&g->names, g->a, f->aliases[i], *out, e))
            return false;
    return true;
}

static bool own_add(struct building *b, const struct group *who, const struct group_fact *f, token t, struct err *e) {
    struct own o = {.token = t,
                    .day = fact_day(f->source_on.len ? f->source_on : f->on),
                    .from = profile_day_of(f->valid_from),
                    .until = profile_day_of(f->valid_until)};

    /* Without a day nobody can tell in which release it belongs. */
    if (o.day == DAY_UNKNOWN)
        return true;
    if (o.until != DAY_UNKNOWN)
        o.until--; /* valid_until is the first instant behind it */
    o.group = profile_text(b->g, who->id.len ? who->id : who->name);
    o.source = profile_text(b->g, f->source);
    if (!o.group || !o.source)
        return profile_no_memory(e);
    if (!profile_grow((void **)&b->own, b->own_count, &b->own_room, sizeof *b->own, e))
        return false;
    b->own[b->own_count++] = o;
    return true;
}

static int by_own_day(const void *a, const void *b) {
    const struct own *const x = a, *const y = b;

    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->token < y->token ? -1 : x->token > y->token;
}

static bool put_own(struct building *b, struct err *e) {
    struct profile_gathered *const g = b->g;
    struct profile_names copy = {0};
    struct profile_spelled *known = NULL;
    size_t known_count = 0;
    bool ok = true;

    /* The table of what has a number; the names stay, for those without one follow. */
    for (size_t i = 0; ok && i < g->names.count; i++) {
        ok = profile_grow((void **)&copy.of, copy.count, &copy.room, sizeof *copy.of, e);
        if (ok)
            copy.of[copy.count++] = g->names.of[i];
    }
    ok = ok && profile_names_finish(&copy, g->a, &known, &known_count, e);
    profile_names_free(&copy);
    for (size_t i = 0; ok && i < groups_count(g->who); i++) {
        const struct group *const who = groups_at(g->who, i);

        for (size_t k = 0; ok && k < who->fact_count; k++) {
            const struct group_fact *const f = &who->facts[k];
            token t = 0;

            if (of_attack(f))
                continue;
            if (f->type == GROUP_SOFTWARE)
                ok = software_token(b, f, known, known_count, &t, e) && (!t || own_add(b, who, f, t, e));
            else if (f->type == GROUP_TECHNIQUE)
                ok = (t = today(g, token_parse(f->name))) == 0 || own_add(b, who, f, t, e);
            else if (f->type == GROUP_ACTIVITY || (f->type == GROUP_STATEMENT && str_eq(f->word, S("attributes"))))
                ok = own_add(b, who, f, 0, e);
        }
    }
    if (ok && b->own_count)
        qsort(b->own, b->own_count, sizeof *b->own, by_own_day);
    return ok;
}

/* ---- who is who ---- */

/* Each group of ATT&CK once, as the newest bundle names it: what an older one called it is a name that it has lost. */
static bool join_names(struct profile_gathered *g, struct err *e) {
    bool *const told = calloc(g->texts.count + 1, sizeof *told);
    bool ok = told || profile_no_memory(e);

    for (size_t i = g->member_count; ok && i-- > 0;) {
        const struct profile_member *const m = &g->members[i];

        if (told[m->group])
            continue;
        told[m->group] = true;
        for (size_t part = 0; ok && (!part || part < m->alias_count || part < m->country_count);
             part += ITEM_NAMES_MAX) {
            struct intel_group mention = {.name = m->name,
                                          .id = g->texts.of[m->group],
                                          .where = S(""),
                                          .description = S(""),
                                          .retired = m->retired};

            for (size_t k = part; k < m->alias_count && k < part + ITEM_NAMES_MAX; k++)
                mention.aliases.names[mention.aliases.count++] = m->aliases[k];
            for (size_t k = part; k < m->country_count && k < part + ITEM_NAMES_MAX; k++)
                mention.countries.names[mention.countries.count++] = m->countries[k];
            ok = groups_add(g->who, S("MITRE ATT&CK"), &mention, e);
        }
    }
    free(told);
    return ok && groups_join(g->who, e);
}

static bool text_among(const str *list, size_t count, str text) {
    for (size_t i = 0; i < count; i++)
        if (str_eq(list[i], text))
            return true;
    return false;
}

static int by_text(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

static bool put_victim(struct building *b, const struct profile_victim *v, struct err *e) {
    const struct profile_base *const base = &b->g->bases[v->base];
    str const word = v->sector ? profiles_sector(b->p, v->word) : profiles_country(b->p, v->word);
    struct group_found const found = group_find(b->g->who, b->g->texts.of[v->group]);
    uint32_t const group = found.how == GROUP_EXACT ? profile_text_find(b->g, found.group->id) : 0;

    if (!word.len || !group)
        return true;
    struct around *const to = &b->around[group];
    str **const list = v->sector ? &to->sectors : &to->countries;
    size_t *const count = v->sector ? &to->sector_count : &to->country_count;
    struct buf source = {0};
    bool ok = true;

    buf_format(&source, "MISP galaxy %.*s", STR_ARG(base->name));
    if (base->version.len)
        buf_format(&source, ", version %.*s", STR_ARG(base->version));
    if (source.failed)
        ok = profile_no_memory(e);
    if (ok && str_find(to->victims_source, buf_str(&source)) == SIZE_MAX) {
        struct buf all = {0};

        buf_add(&all, to->victims_source);
        if (all.len)
            buf_add(&all, S("; "));
        buf_add(&all, buf_str(&source));
        ok = (!all.failed && arena_copy(b->p->memory, buf_str(&all), &to->victims_source)) || profile_no_memory(e);
        buf_free(&all);
    }
    buf_free(&source);
    /* What several say together is known when the last of them was. */
    if (to->victims_day == DAY_UNKNOWN || base->known > to->victims_day)
        to->victims_day = base->known;
    if (!ok || text_among(*list, *count, word))
        return ok;
    if (!profile_grow((void **)list, *count, v->sector ? &to->sector_room : &to->country_room, sizeof **list, e))
        return false;
    (*list)[(*count)++] = word;
    return true;
}

/* The origin that all who suspect one suspect. */
static str nation_of(const struct group *who) {
    return who && who->country_count == 1 && who->countries[0].name.len == 2 ? who->countries[0].name : S("");
}

static bool put_around(struct building *b, struct err *e) {
    struct profile_gathered *const g = b->g;

    if (!(b->around = calloc(g->texts.count + 1, sizeof *b->around)) ||
        !(b->place = calloc(g->texts.count + 1, sizeof *b->place)))
        return profile_no_memory(e);
    for (size_t i = 0; i <= g->texts.count; i++) {
        b->around[i].nation = b->around[i].victims_source = S("");
        b->around[i].victims_day = DAY_UNKNOWN;
    }
    for (size_t i = 0; i < groups_count(g->who); i++) {
        const struct group *const who = groups_at(g->who, i);
        uint32_t const group = profile_text_find(g, who->id.len ? who->id : who->name);

        if (!group)
            continue;
        b->around[group].who = who;
        if (!arena_copy(b->p->memory, nation_of(who), &b->around[group].nation))
            return profile_no_memory(e);
    }
    for (size_t i = 0; i < g->victim_count; i++)
        if (!put_victim(b, &g->victims[i], e))
            return false;
    for (size_t i = 0; i <= g->texts.count; i++) {
        struct around *const a = &b->around[i];

        if (a->country_count)
            qsort(a->countries, a->country_count, sizeof *a->countries, by_text);
        if (a->sector_count)
            qsort(a->sectors, a->sector_count, sizeof *a->sectors, by_text);
    }
    return true;
}

/* ---- a release ---- */

static int by_row(const void *a, const void *b) {
    const struct row *const x = a, *const y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->token != y->token)
        return x->token < y->token ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->own != y->own)
        return x->own ? 1 : -1;
    return (x->day > y->day) - (x->day < y->day);
}

static bool row_add(struct building *b, struct row row, int64_t day, struct err *e) {
    if (!profile_grow((void **)&b->rows, b->row_count, &b->row_room, sizeof *b->rows, e))
        return false;
    if (row.day > day) /* entered before it was published, or misdated */
        row.day = DAY_UNKNOWN;
    b->rows[b->row_count++] = row;
    return true;
}

/* A report that ATT&CK cites as well would count twice: it has the same day. */
static bool said_already(const struct row *rows, size_t count, const struct row *own) {
    for (size_t i = 0; i < count; i++)
        if (!rows[i].own && rows[i].day == own->day && rows[i].day != DAY_UNKNOWN)
            return true;
    return false;
}

/* Distinct sources of one link: rows[0..count) have the same group and token. */
static bool put_link(struct building *b, struct profile_group *g, const struct row *rows, size_t count, struct err *e) {
    struct profile_said said = {0, DAY_UNKNOWN, DAY_UNKNOWN, S("")};
    uint32_t newest = 0;

    for (size_t i = 0; i < count; i++) {
        if (!rows[i].source || (i && rows[i].source == rows[i - 1].source) ||
            (rows[i].own && said_already(rows, count, &rows[i])))
            continue;
        said.sources++;
        if (rows[i].day == DAY_UNKNOWN)
            continue;
        if (said.first_day == DAY_UNKNOWN || rows[i].day < said.first_day)
            said.first_day = rows[i].day;
        if (said.last_day == DAY_UNKNOWN || rows[i].day > said.last_day) {
            said.last_day = rows[i].day;
            newest = rows[i].source;
        }
    }
    str title = newest && newest < b->g->title_room ? b->g->titles[newest] : S("");

    if (newest && !title.len)
        title = b->g->texts.of[newest];
    /* A statement without a source is a statement nevertheless. */
    said.sources = said.sources ? said.sources : 1;
    if (!arena_copy(b->p->memory, title, &said.source))
        return profile_no_memory(e);
    g->links[g->link_count] = (struct token_count){rows[0].token, said.sources};
    g->said[g->link_count++] = said;
    if (!token_software(rows[0].token))
        g->parents[g->parent_count++] = token_parent(rows[0].token);
    return true;
}

struct dated {
    uint32_t source;
    int64_t day;
};

static int by_source(const void *a, const void *b) {
    const struct dated *const x = a, *const y = b;

    return x->source != y->source ? (x->source < y->source ? -1 : 1) : (x->day > y->day) - (x->day < y->day);
}

static void widen(struct profile_group *g, int64_t day) {
    if (day == DAY_UNKNOWN)
        return;
    if (g->first_day == DAY_UNKNOWN || day < g->first_day)
        g->first_day = day;
    if (g->last_day == DAY_UNKNOWN || day > g->last_day)
        g->last_day = day;
}

/* In which time it is known, and how much was written about it of late. */
static bool put_days(struct profile_group *g, const struct row *rows, size_t count, int64_t day, struct err *e) {
    struct dated *const all = calloc(count + 1, sizeof *all);
    size_t n = 0;

    if (!all)
        return profile_no_memory(e);
    for (size_t i = 0; i < count; i++)
        if (rows[i].source && rows[i].day != DAY_UNKNOWN)
            all[n++] = (struct dated){rows[i].source, rows[i].day};
    if (n)
        qsort(all, n, sizeof *all, by_source);
    for (size_t i = 0; i < n; i++) {
        widen(g, all[i].day);
        g->recent += (!i || all[i].source != all[i - 1].source) && day - all[i].day < PROFILE_RECENT_DAYS;
    }
    free(all);
    return true;
}

static bool put_group(struct building *b, struct profile *p, const struct row *rows, size_t count, struct err *e) {
    struct arena *const a = b->p->memory;
    struct profile_group *const g = &p->groups[p->group_count++];
    const struct around *const around = &b->around[rows[0].group];
    size_t links = 1;

    for (size_t i = 1; i < count; i++)
        links += rows[i].token != rows[i - 1].token;
    *g = (struct profile_group){.name = S(""),
                                .nation = around->nation,
                                .first_day = DAY_UNKNOWN,
                                .last_day = DAY_UNKNOWN,
                                .victims_source = around->victims_source,
                                .victims_day = around->victims_day == DAY_UNKNOWN ? VICTIMS_NOW : around->victims_day};
    g->links = arena_zero(a, links, sizeof *g->links);
    g->said = arena_zero(a, links, sizeof *g->said);
    g->parents = arena_zero(a, links, sizeof *g->parents);
    g->countries = arena_zero(a, around->country_count + 1, sizeof *g->countries);
    g->sectors = arena_zero(a, around->sector_count + 1, sizeof *g->sectors);
    g->aliases = arena_zero(a, around->who ? around->who->alias_count + 1 : 1, sizeof *g->aliases);
    if (!g->links || !g->said || !g->parents || !g->countries || !g->sectors || !g->aliases ||
        !arena_copy(a, b->g->texts.of[rows[0].group], &g->id))
        return profile_no_memory(e);
    for (size_t i = 0; i < around->country_count; i++) /* they lie with the words, which p has */
        g->countries[g->country_count++] = around->countries[i];
    for (size_t i = 0; i < around->sector_count; i++)
        g->sectors[g->sector_count++] = around->sectors[i];
    b->place[rows[0].group] = (uint32_t)p->group_count;
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && rows[i + n].token == rows[i].token;)
            n++;
        if (!put_link(b, g, rows + i, n, e))
            return false;
    }
    g->parent_count = tokens_sort(g->parents, g->parent_count);
    return put_days(g, rows, count, p->day, e);
}

/* Names of groups: as the release has them; of those that only facts know, theirs. Then the others, whoever says so. */
static bool put_names(struct building *b, struct profile *p, const bool *within, struct err *e) {
    struct profile_gathered *const g = b->g;
    struct arena *const a = b->p->memory;

    for (size_t i = 0; i < g->member_count; i++) {
        const struct profile_member *const m = &g->members[i];

        if (within[m->base] && b->place[m->group] && !m->retired &&
            !arena_copy(a, m->name, &p->groups[b->place[m->group] - 1].name))
            return profile_no_memory(e);
    }
    for (uint32_t t = 1; t < g->texts.count; t++) {
        const struct group *const who = b->around[t].who;
        struct profile_group *const to = b->place[t] ? &p->groups[b->place[t] - 1] : NULL;

        if (to && !to->name.len && !arena_copy(a, who ? who->name : to->id, &to->name))
            return profile_no_memory(e);
        /* Those that others are called as well come last. */
        for (int shared = 0; to && who && shared <= 1; shared++) {
            for (size_t k = 0; k < who->alias_count; k++)
                if (who->aliases[k].shared == shared && !str_eq(who->aliases[k].name, to->name) &&
                    !arena_copy(a, who->aliases[k].name, &to->aliases[to->alias_count++]))
                    return profile_no_memory(e);
            to->alone_count = shared ? to->alone_count : to->alias_count;
        }
    }
    return true;
}

static bool rows_of(struct building *b, const bool *within, int64_t day, struct err *e) {
    const struct profile_gathered *const g = b->g;

    b->row_count = 0;
    for (size_t i = 0; i < g->use_count; i++) {
        const struct profile_use *const u = &g->uses[i];

        if (within[u->base] &&
            !row_add(b, (struct row){today(g, u->token), u->group, u->source, u->day, false}, day, e))
            return false;
    }
    for (size_t i = 0; i < b->own_count && b->own[i].day <= day; i++) {
        const struct own *const o = &b->own[i];

        if (o->token && !row_add(b, (struct row){o->token, o->group, o->source, o->day, true}, day, e))
            return false;
    }
    if (b->row_count)
        qsort(b->rows, b->row_count, sizeof *b->rows, by_row);
    return true;
}

static bool put_release(struct building *b, struct profile *p, const bool *within, str name, int64_t day,
                        struct err *e) {
    size_t groups = 0;

    memset(b->place, 0, (b->g->texts.count + 1) * sizeof *b->place);
    p->day = day;
    if (!arena_copy(b->p->memory, name, &p->release))
        return profile_no_memory(e);
    if (!rows_of(b, within, day, e))
        return false;
    for (size_t i = 0; i < b->row_count; i++)
        groups += !i || b->rows[i].group != b->rows[i - 1].group;
    if (!(p->groups = arena_zero(b->p->memory, groups + 1, sizeof *p->groups)))
        return profile_no_memory(e);
    for (size_t i = 0, n; i < b->row_count; i += n) {
        for (n = 1; i + n < b->row_count && b->rows[i + n].group == b->rows[i].group;)
            n++;
        if (!put_group(b, p, b->rows + i, n, e))
            return false;
    }
    for (size_t i = 0; i < b->own_count && b->own[i].day <= day; i++) {
        const struct own *const o = &b->own[i];
        struct profile_group *const g = b->place[o->group] ? &p->groups[b->place[o->group] - 1] : NULL;

        if (g) {
            widen(g, o->day);
            widen(g, o->from < day ? o->from : DAY_UNKNOWN);
            widen(g, o->until < day ? o->until : DAY_UNKNOWN);
        }
    }
    return put_names(b, p, within, e) && profile_finish(p, b->p->memory, e);
}

/* ---- which releases there are ---- */

static bool overlap(const struct item_names *a, const struct item_names *b) {
    for (unsigned i = 0; i < a->count; i++)
        for (unsigned k = 0; k < b->count; k++)
            if (str_eq(a->names[i], b->names[k]))
                return true;
    return !a->count || !b->count;
}

/* Of a bundle and those of other matrices that were public on its day the newest. */
static void choose(const struct profile_gathered *g, size_t which, bool *within) {
    for (size_t i = which + 1; i-- > 0;) {
        bool apart = !g->bases[i].galaxy;

        for (size_t k = 0; apart && k <= which; k++)
            apart = !within[k] || !overlap(&g->bases[k].domains, &g->bases[i].domains);
        within[i] = apart;
    }
}

/* One that a later one of the same day or the same version holds, or takes the place of. */
static bool superseded(const struct profile_gathered *g, size_t which) {
    const struct profile_base *const b = &g->bases[which];

    for (size_t i = which + 1; i < g->base_count; i++)
        if (!g->bases[i].galaxy &&
            (g->bases[i].day == b->day || (b->version.len && str_eq(g->bases[i].version, b->version))))
            return true;
    return false;
}

static bool same_name(const struct profile_base *a, const struct profile_base *b) {
    return a->version.len || b->version.len ? str_eq(a->version, b->version) : a->day == b->day;
}

/* "ATT&CK 18.1", "ATT&CK of 2025-11-12", "ATT&CK 17.1 and 17.0". */
static void release_name(const struct profile_gathered *g, const bool *within, struct buf *out) {
    char room[INSTANT_TEXT];
    bool any = false;

    out->len = 0;
    buf_add(out, S("ATT&CK "));
    for (size_t i = g->base_count; i-- > 0;) {
        const struct profile_base *const base = &g->bases[i];
        bool told = !within[i];

        for (size_t k = i + 1; !told && k < g->base_count; k++)
            told = within[k] && same_name(base, &g->bases[k]);
        if (told)
            continue;
        if (any)
            buf_add(out, S(" and "));
        any = true;
        if (base->version.len)
            buf_add(out, str_first(base->version, 40));
        else
            buf_format(out, "of %.10s", instant_format(base->day * INT64_C(86400000000000), room).ptr);
    }
}

static bool put_releases(struct building *b, struct err *e) {
    struct profile_gathered *const g = b->g;
    struct profiles *const p = b->p;
    bool *const within = calloc(g->base_count + 1, sizeof *within);
    struct buf name = {0};
    size_t later = 0;
    bool ok = within || profile_no_memory(e);
    int64_t newest = 0, last = DAY_UNKNOWN;

    p->releases = ok ? arena_zero(p->memory, g->releases + LATER_MAX + 1, sizeof *p->releases) : NULL;
    if (ok && !p->releases)
        ok = profile_no_memory(e);
    for (size_t i = 0; ok && i < g->base_count; i++) {
        if (g->bases[i].galaxy || superseded(g, i))
            continue;
        memset(within, 0, g->base_count * sizeof *within);
        choose(g, i, within);
        release_name(g, within, &name);
        newest = g->bases[i].day;
        ok = !name.failed || profile_no_memory(e);
        ok = ok && put_release(b, &p->releases[p->count++], within, buf_str(&name), newest, e);
    }
    /* What became known behind the newest release is known today. */
    size_t const base_name = name.len;

    for (size_t i = 0; ok && i < b->own_count && later < LATER_MAX; i++) {
        char room[INSTANT_TEXT];
        int64_t const day = b->own[i].day;

        if (day <= newest || day == last || !b->own[i].token)
            continue;
        last = day;
        later++;
        name.len = base_name;
        buf_format(&name, " and facts of %.10s", instant_format(day * INT64_C(86400000000000), room).ptr);
        ok = !name.failed || profile_no_memory(e);
        ok = ok && put_release(b, &p->releases[p->count++], within, buf_str(&name), day, e);
    }
    buf_free(&name);
    free(within);
    return ok;
}

/* Bundles by day; what was gathered of each has its number. */
struct numbered {
    struct profile_base base;
    uint32_t was;
};

static int by_base(const void *a, const void *b) {
    const struct numbered *const x = a, *const y = b;

    if (x->base.day != y->base.day)
        return x->base.day < y->base.day ? -1 : 1;
    return x->was < y->was ? -1 : x->was > y->was;
}

static bool sort_bases(struct profile_gathered *g, struct err *e) {
    struct numbered *const list = calloc(g->base_count + 1, sizeof *list);
    uint32_t *const now = calloc(g->base_count + 1, sizeof *now);
    bool const ok = list && now;

    for (uint32_t i = 0; ok && i < g->base_count; i++)
        list[i] = (struct numbered){g->bases[i], i};
    if (ok && g->base_count)
        qsort(list, g->base_count, sizeof *list, by_base);
    for (uint32_t i = 0; ok && i < g->base_count; i++) {
        g->bases[i] = list[i].base;
        now[list[i].was] = i;
    }
    for (size_t i = 0; ok && i < g->use_count; i++)
        g->uses[i].base = now[g->uses[i].base];
    for (size_t i = 0; ok && i < g->member_count; i++)
        g->members[i].base = now[g->members[i].base];
    for (size_t i = 0; ok && i < g->thing_count; i++)
        g->things[i].base = now[g->things[i].base];
    for (size_t i = 0; ok && i < g->victim_count; i++)
        g->victims[i].base = now[g->victims[i].base];
    free(list);
    free(now);
    return ok || profile_no_memory(e);
}

static int by_member(const void *a, const void *b) {
    const struct profile_member *const x = a, *const y = b;

    if (x->base != y->base)
        return x->base < y->base ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

static bool keep_words(struct building *b, struct err *e) {
    struct profiles *const p = b->p;

    if (!(p->words = arena_zero(p->memory, b->words.count + 1, sizeof *p->words)))
        return profile_no_memory(e);
    if (b->words.count)
        memcpy(p->words, b->words.of, b->words.count * sizeof *p->words);
    p->word_count = b->words.count;
    for (size_t i = 0; i < b->g->names.count; i++)
        if (!arena_copy(p->memory, b->g->names.of[i].key, &b->g->names.of[i].key))
            return profile_no_memory(e);
    return profile_names_finish(&b->g->names, p->memory, &p->spelled, &p->spelled_count, e);
}

bool profile_build(struct profile_gathered *g, struct profiles *p, struct err *e) {
    struct building b = {.g = g, .p = p};
    bool ok = sort_bases(g, e);

    if (ok && g->member_count)
        qsort(g->members, g->member_count, sizeof *g->members, by_member);
    ok = ok && join_names(g, e) && put_things(&b, e) && put_own(&b, e) && put_around(&b, e) && put_releases(&b, e) &&
         keep_words(&b, e);
    if (ok)
        profiles_finish(p);
    for (size_t i = 0; b.around && i <= g->texts.count; i++) {
        free(b.around[i].countries);
        free(b.around[i].sectors);
    }
    free(b.around);
    free(b.place);
    free(b.own);
    free(b.named_of);
    free(b.rows);
    free(b.words.of);
    return ok;
}
