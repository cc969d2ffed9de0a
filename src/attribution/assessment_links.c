/* assessment_links: which group a name stands for, and what each link to a group is worth at the time of what was seen. */
#include <math.h>

#include "attribution/assessment_own.h"
#include "base/compiler.h"
#include "base/instant.h"

/* ---- order: what is weighed must not depend on how it was given ---- */

static int by_number(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

static int compare_links(const struct evidence_link *a, const struct evidence_link *b) {
    int c = str_cmp(a->group, b->group);

    c = c ? c : str_cmp(a->source, b->source);
    c = c ? c : str_cmp(a->origin, b->origin);
    c = c ? c : by_number(a->said, b->said);
    c = c ? c : by_number(a->from, b->from);
    c = c ? c : by_number(a->until, b->until);
    c = c ? c : a->reliability - b->reliability;
    c = c ? c : a->credibility - b->credibility;
    c = c ? c : a->copied - b->copied;
    return c ? c : a->denies - b->denies;
}

static int compare_kinds(const struct evidence_item *a, const struct evidence_item *b) {
    return a->class != b->class ? (a->class < b->class ? -1 : 1) : str_cmp(a->value, b->value);
}

static int compare_items(const struct evidence_item *a, const struct evidence_item *b) {
    int c = compare_kinds(a, b);

    c = c ? c : str_cmp(a->place, b->place);
    c = c ? c : str_cmp(a->words, b->words);
    c = c ? c : by_number(a->token, b->token);
    c = c ? c : by_number(a->first, b->first);
    c = c ? c : by_number(a->last, b->last);
    c = c ? c : str_cmp(a->path, b->path);
    c = c ? c : by_number((int64_t)a->record, (int64_t)b->record);
    c = c ? c : by_number((int64_t)a->offset, (int64_t)b->offset);
    c = c ? c : a->given - b->given;
    c = c ? c : a->supplier - b->supplier;
    c = c ? c : a->reliability - b->reliability;
    c = c ? c : a->credibility - b->credibility;
    c = c ? c : by_number((int64_t)a->link_count, (int64_t)b->link_count);
    for (size_t i = 0; !c && i < a->link_count; i++)
        c = compare_links(&a->links[i], &b->links[i]);
    return c;
}

struct placed {
    const struct evidence_item *item;
    uint32_t index;
};

static int by_item(const void *a, const void *b) {
    const struct placed *const x = a, *const y = b;
    int const c = compare_items(x->item, y->item);

    return c ? c : by_number(x->index, y->index);
}

static bool order_items(struct work *w, struct err *e) {
    size_t const n = w->evidence->item_count;
    struct placed *const list = arena_zero(w->m, n + 1, sizeof *list);

    w->order = arena_zero(w->m, n + 1, sizeof *w->order);
    w->rank = arena_zero(w->m, n + 1, sizeof *w->rank);
    w->same = arena_zero(w->m, n + 1, sizeof *w->same);
    if (!list || !w->order || !w->rank || !w->same)
        return assess_no_memory(e);
    for (uint32_t i = 0; i < n; i++)
        list[i] = (struct placed){&w->evidence->items[i], i};
    if (n)
        qsort(list, n, sizeof *list, by_item);
    for (uint32_t i = 0; i < n; i++) {
        bool const again = i && list[i].item->value.len && compare_kinds(list[i - 1].item, list[i].item) == 0;

        w->order[i] = list[i].index;
        w->rank[list[i].index] = i;
        w->same[list[i].index] = again ? w->same[list[i - 1].index] : i;
    }
    w->first = w->evidence->first;
    w->last = w->evidence->last;
    for (uint32_t i = 0; i < n; i++) {
        const struct evidence_item *const item = list[i].item;

        if (item->first != INSTANT_NONE && (w->evidence->first == INSTANT_NONE) &&
            (w->first == INSTANT_NONE || item->first < w->first))
            w->first = item->first;
        if (item->last != INSTANT_NONE && (w->evidence->last == INSTANT_NONE) &&
            (w->last == INSTANT_NONE || item->last > w->last))
            w->last = item->last;
    }
    if (w->first == INSTANT_NONE)
        w->first = w->last;
    if (w->last == INSTANT_NONE)
        w->last = w->first;
    return true;
}

/* ---- grades ---- */

static double reliability_of(const struct evidence_rules *r, char letter) {
    return r->reliability[letter >= 'A' && letter <= 'F' ? letter - 'A' : EVIDENCE_GRADES - 1];
}

static double credibility_of(const struct evidence_rules *r, uint8_t digit, uint8_t usual) {
    return digit >= 1 && digit <= 6 ? fmin(1, r->credibility[digit - 1] / r->credibility[usual - 1]) : 1;
}

static double grade_of(const struct work *w, const struct evidence_item *i, const struct evidence_link *l,
                       enum evidence_class class) {
    double const fact = reliability_of(w->rules, i->reliability) * credibility_of(w->rules, i->credibility, 2),
                 link = reliability_of(w->rules, l->reliability) *
                        credibility_of(w->rules, l->credibility, w->rules->classes[class].credibility);

    return fact * link * (i->supplier ? w->rules->supplier : 1);
}

bool item_improbable(const struct evidence_item *i) {
    return i->reliability == 'E' || i->credibility == 5;
}

bool item_modelled(const struct work *w, uint32_t item) {
    const struct evidence_item *const i = &w->evidence->items[item];

    return i->token && w->rules->classes[i->class].model && !item_improbable(i);
}

bool item_skipped(const struct work *w, struct without without, uint32_t item) {
    enum evidence_class const class = w->evidence->items[item].class;

    return class == without.class || item == without.item || (without.cheap && w->rules->classes[class].cheap);
}

/* ---- time ---- */

/* Days between two times of which each may be a moment, and an edge of the second that nobody said (soft) is as far away as a half-life. */
static double age_of(int64_t first, int64_t last, int64_t from, int64_t until, bool from_soft, bool until_soft,
                     double soft_days) {
    double days = 0;
    bool soft = false;

    if (first == INSTANT_NONE || last == INSTANT_NONE)
        return 0;
    if (from != INSTANT_NONE && last < from) {
        days = ((double)from - (double)last) / (double)DAY_NS;
        soft = from_soft;
    } else if (until != INSTANT_NONE && first > until) {
        days = ((double)first - (double)until) / (double)DAY_NS;
        soft = until_soft;
    }
    return soft && (soft_days <= 0 || days <= soft_days) ? 0 : days;
}

static double link_age(const struct work *w, const struct evidence_item *i, const struct evidence_link *l,
                       double half_life) {
    int64_t const first = i->first != INSTANT_NONE  ? i->first
                          : i->last != INSTANT_NONE ? i->last
                                                    : w->first,
                  last = i->last != INSTANT_NONE    ? i->last
                         : i->first != INSTANT_NONE ? i->first
                                                    : w->last;
    int64_t from = l->from, until = l->until;

    /* As a hit is weighed (docs/worth.md): where nobody says a beginning or an end, it is when he spoke of it. */
    if (from == INSTANT_NONE && (until == INSTANT_NONE || l->said <= until))
        from = l->said;
    if (until == INSTANT_NONE)
        until = from != INSTANT_NONE && (l->said == INSTANT_NONE || l->said < from) ? from : l->said;
    return age_of(first, last, from, until, l->from == INSTANT_NONE, l->until == INSTANT_NONE, half_life);
}

static double decay_of(double age, double half_life) {
    return half_life > 0 ? exp2(-age / half_life) : 1;
}

static int64_t instant_of_day(int64_t day) {
    return day == DAY_UNKNOWN || day > INT64_MAX / DAY_NS || day < INT64_MIN / DAY_NS ? INSTANT_NONE : day * DAY_NS;
}

/* Days between the incident and the time in which a group is known, beyond the soft edges; NAN: one of them is not dated. */
static double days_off(const struct work *w, const struct profile_group *g) {
    int64_t const from = instant_of_day(g->first_day), until = instant_of_day(g->last_day);

    if (w->first == INSTANT_NONE || from == INSTANT_NONE || until == INSTANT_NONE)
        return NAN;
    return age_of(w->first, w->last, from, until, true, true, w->rules->soft_days);
}

/* ---- names ---- */

struct asked {
    str name;
    uint32_t item, link;
};

static int by_name(const void *a, const void *b) {
    const struct asked *const x = a, *const y = b;
    int const c = str_cmp(x->name, y->name);

    return c ? c : x->item != y->item ? by_number(x->item, y->item) : by_number(x->link, y->link);
}

struct resolved {
    enum { NOBODY, IN_PROFILE, BESIDE } how; /* NOBODY: no name, or that of several */
    size_t group;
    const struct group *named; /* BESIDE, where a table knows it */
    char key[2 * GROUP_NAME_MAX + 16];
    size_t key_len;
};

static bool several_in_profile(const struct profile *p, str key) {
    size_t low = 0, high = p->name_count;

    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (str_cmp(p->names[mid].key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < p->name_count && str_eq(p->names[low].key, key) && p->names[low].several;
}

static bool is_number(str id) {
    uint64_t n;

    return id.len == 5 && id.ptr[0] == 'G' && str_u64(str_from(id, 1), 9999, &n);
}

/* By its number of ATT&CK; a group that has none is what the release calls so, where there is such a one. */
static void resolve_named(struct resolved *r, const struct work *w, const struct group *g) {
    bool numbered = false;

    for (size_t i = 0; i < g->id_count; i++) {
        size_t const found = is_number(g->ids[i]) ? profile_find(w->p, g->ids[i]) : NO_GROUP;

        numbered = numbered || is_number(g->ids[i]);
        if (found != NO_GROUP) {
            r->how = IN_PROFILE;
            r->group = found;
            return;
        }
    }
    /* As names of sources are put together: the first name of one is a name of the other. */
    size_t const called = numbered ? NO_GROUP : profile_find(w->p, g->name);

    r->group = called != NO_GROUP ? called : r->group;
    if (!numbered && (called != NO_GROUP || r->how == IN_PROFILE)) {
        r->how = IN_PROFILE;
        return;
    }
    r->how = BESIDE;
    r->named = g;
    r->key_len = g->name.len <= GROUP_NAME_MAX ? group_spelling(g->name, r->key) : 0;
}

/* The number or first name that the release itself has for a group, whatever others call so, and though a later release calls it otherwise. */
static bool own_name(const struct work *w, str key, size_t group) {
    const str names[] = {w->p->groups[group].id, w->p->groups[group].name};
    char room[2 * GROUP_NAME_MAX + 16];

    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].len <= GROUP_NAME_MAX && str_eq((str){room, group_spelling(names[i], room)}, key))
            return true;
    return false;
}

/* Else by the table of names, which knows what several sources call so; two numbers of ATT&CK never become one. */
static void resolve(struct resolved *r, const struct work *w, str name) {
    str key;

    name = str_trim(name);
    r->how = NOBODY;
    r->named = NULL;
    r->key_len = name.len <= GROUP_NAME_MAX ? group_spelling(name, r->key) : 0;
    if (!r->key_len)
        return;
    key = (str){r->key, r->key_len};
    r->group = profile_find(w->p, name);
    r->how = r->group != NO_GROUP ? IN_PROFILE : several_in_profile(w->p, key) ? NOBODY : BESIDE;
    if (!w->with->names || (r->how == IN_PROFILE && own_name(w, key, r->group)))
        return;
    struct group_found const found = group_find(w->with->names, name);

    if (found.how == GROUP_EXACT) {
        resolve_named(r, w, found.group);
    } else if (found.how == GROUP_AMBIGUOUS) {
        char own[2 * GROUP_NAME_MAX + 16];
        str const first = found.candidates[0]->name;

        /* Others use it as a further name of theirs; it is the first name of one. */
        if (first.len <= GROUP_NAME_MAX && str_eq((str){own, group_spelling(first, own)}, key))
            resolve_named(r, w, found.candidates[0]);
        else
            r->how = NOBODY;
    }
}

/* A group without profile, as one name of it was found: from and until are of the list of names. */
struct beside {
    str key, name, id, nation;
    size_t from, until;
};

static int by_key(const void *a, const void *b) {
    const struct beside *const x = a, *const y = b;
    int const c = str_cmp(x->key, y->key);

    return c ? c : x->from < y->from ? -1 : x->from > y->from;
}

/* ---- gathering ---- */

struct gathering {
    struct work *w;
    struct asked *asked;
    size_t asked_count;
    struct beside *beside;
    size_t beside_count;
    uint32_t *candidate_of; /* by asked; UINT32_MAX: none */
};

/* What was public; links of a day that nobody says are taken as of now. */
static bool public(const struct work *w, const struct evidence_link *l) {
    int64_t const as_of = w->with->as_of;

    return as_of == INSTANT_NONE || (l->said == INSTANT_NONE ? !w->past : l->said <= as_of);
}

static bool gather_names(struct gathering *g, struct err *e) {
    struct work *const w = g->w;
    const struct evidence *const ev = w->evidence;
    size_t links = 0;

    for (size_t i = 0; i < ev->item_count; i++)
        links += ev->items[i].link_count;
    g->asked = arena_zero(w->m, links + 1, sizeof *g->asked);
    g->beside = arena_zero(w->m, links + 1, sizeof *g->beside);
    g->candidate_of = arena_zero(w->m, links + 1, sizeof *g->candidate_of);
    w->unresolved = arena_zero(w->m, links + 1, sizeof *w->unresolved);
    if (!g->asked || !g->beside || !g->candidate_of || !w->unresolved)
        return assess_no_memory(e);
    for (uint32_t i = 0; i < ev->item_count; i++) {
        /* These the program never finds by itself. */
        bool const analyst = ev->items[i].class == EVIDENCE_STATEMENT || ev->items[i].class == EVIDENCE_FORENSIC;

        for (uint32_t k = 0; k < ev->items[i].link_count; k++) {
            const struct evidence_link *const l = &ev->items[i].links[k];

            if (!l->group.len || l->denies || (analyst && !ev->items[i].given))
                continue;
            if (public(w, l))
                g->asked[g->asked_count++] = (struct asked){l->group, i, k};
            else
                w->links_later++;
        }
    }
    if (g->asked_count)
        qsort(g->asked, g->asked_count, sizeof *g->asked, by_name);
    return true;
}

static bool add_beside(struct gathering *g, const struct resolved *r, size_t from, size_t until, struct err *e) {
    struct beside *const b = &g->beside[g->beside_count++];
    const struct group *const known = r->named;

    b->name = known ? known->name : g->asked[from].name;
    b->id = known ? known->id : S("");
    b->nation =
        known && known->country_count == 1 && known->countries[0].name.len == 2 ? known->countries[0].name : S("");
    b->from = from;
    b->until = until;
    return arena_copy(g->w->m, (str){r->key, r->key_len}, &b->key) || assess_no_memory(e);
}

static bool gather_groups(struct gathering *g, struct err *e) {
    struct work *const w = g->w;
    struct resolved r;

    for (size_t i = 0, end; i < g->asked_count; i = end) {
        for (end = i + 1; end < g->asked_count && str_eq(g->asked[end].name, g->asked[i].name);)
            end++;
        resolve(&r, w, g->asked[i].name);
        for (size_t k = i; k < end; k++)
            g->candidate_of[k] = r.how == IN_PROFILE ? (uint32_t)r.group : UINT32_MAX;
        if (r.how == BESIDE) {
            if (!add_beside(g, &r, i, end, e))
                return false;
        } else if (r.how != IN_PROFILE) {
            w->unresolved[w->unresolved_count++] =
                (struct assessed_name){g->asked[i].name, (unsigned)(end - i < UINT32_MAX ? end - i : UINT32_MAX)};
        }
    }
    if (g->beside_count)
        qsort(g->beside, g->beside_count, sizeof *g->beside, by_key);
    return true;
}

static bool gather_candidates(struct gathering *g, struct err *e) {
    struct work *const w = g->w;

    w->candidates = arena_zero(w->m, w->p->group_count + g->beside_count + 1, sizeof *w->candidates);
    if (!w->candidates)
        return assess_no_memory(e);
    for (size_t i = 0; i < w->p->group_count; i++) {
        const struct profile_group *const of = &w->p->groups[i];
        double const off = days_off(w, of);

        w->candidates[i] = (struct candidate){
            .group = i, .id = of->id, .name = of->name, .nation = of->nation, .window = isnan(off) ? -1 : off <= 0};
    }
    w->candidate_count = w->p->group_count;
    for (size_t i = 0; i < g->beside_count; i++) {
        const struct beside *const b = &g->beside[i];

        if (!i || !str_eq(g->beside[i - 1].key, b->key))
            w->candidates[w->candidate_count++] =
                (struct candidate){.group = NO_GROUP, .id = b->id, .name = b->name, .nation = b->nation, .window = -1};
        for (size_t k = b->from; k < b->until; k++)
            g->candidate_of[k] = (uint32_t)w->candidate_count - 1;
    }
    return true;
}

/* ---- victims ---- */

static bool among_text(const str *list, size_t count, str what) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_ascii(list[i], what))
            return true;
    return false;
}

static bool is_country(str s) {
    return s.len == 2 && s.ptr[0] >= 'A' && s.ptr[0] <= 'Z' && s.ptr[1] >= 'A' && s.ptr[1] <= 'Z';
}

/* Whether its victims were published then. */
static bool victims_known(const struct work *w, const struct profile_group *g) {
    return profile_victims_known(g, w->day, w->with->as_of == INSTANT_NONE || !w->past);
}

static bool goes_for(const struct profile_group *g, str what) {
    return is_country(what) ? among_text(g->countries, g->country_count, what)
                            : among_text(g->sectors, g->sector_count, what);
}

/* Of the groups whose victims of this kind are published, how many times rarer than all such a victim is, in bans; NAN: none goes for it. */
static double rarity_of(const struct work *w, str what) {
    double of = 0, with = 0;

    for (size_t i = 0; i < w->p->group_count; i++) {
        const struct profile_group *const g = &w->p->groups[i];

        if (!(is_country(what) ? g->country_count : g->sector_count) || !victims_known(w, g))
            continue;
        of++;
        with += goes_for(g, what);
    }
    return with > 0 ? log10(of / with) : NAN;
}

/* Each country and sector once, of which it is published that some group goes for it. */
static bool find_victims(struct work *w, struct err *e) {
    w->victims = arena_zero(w->m, w->evidence->item_count + 1, sizeof *w->victims);
    if (!w->victims)
        return assess_no_memory(e);
    for (uint32_t k = 0; k < w->evidence->item_count; k++) {
        uint32_t const item = w->order[k];
        const struct evidence_item *const i = &w->evidence->items[item];

        if (i->class != EVIDENCE_VICTIM || w->same[item] != k || item_improbable(i))
            continue;
        double const rarity = rarity_of(w, i->value);

        if (!isnan(rarity))
            w->victims[w->victim_count++] = (struct victim){item, rarity};
    }
    return true;
}

/* Never reported with such a victim: something is published of whom it goes for, and nothing of this victim is among it. */
static bool never_touched(const struct work *w, const struct profile_group *g, uint32_t *item) {
    *item = OF_NO_ITEM;
    for (size_t k = 0; k < w->victim_count; k++) {
        str const what = w->evidence->items[w->victims[k].item].value;

        if (goes_for(g, what))
            return false;
        if ((is_country(what) ? g->country_count : g->sector_count) && *item == OF_NO_ITEM)
            *item = w->victims[k].item;
    }
    return *item != OF_NO_ITEM;
}

static str date_text(int64_t when, char room[INSTANT_TEXT]) {
    return str_first(instant_format(when, room), 10);
}

static bool add_contradictions(struct work *w, struct candidate *c, struct err *e) {
    const struct profile_group *const g = &w->p->groups[c->group];
    struct assessed_contradiction list[2], *kept;
    size_t n = 0;
    uint32_t item = OF_NO_ITEM;
    char a[INSTANT_TEXT], b[INSTANT_TEXT], from[INSTANT_TEXT], until[INSTANT_TEXT];

    if (c->window == 0) {
        str const first = date_text(w->first, a), last = date_text(w->last, b),
                  known = date_text(g->first_day * DAY_NS, from), to = date_text(g->last_day * DAY_NS, until);

        list[n] = (struct assessed_contradiction){w->rules->outside, {"", 0}, OF_NO_ITEM};
        if (!say(w, &list[n++].words, e, "seen from %.*s to %.*s; reports on the group are of %.*s to %.*s",
                 STR_ARG(first), STR_ARG(last), STR_ARG(known), STR_ARG(to)))
            return false;
    }
    if (victims_known(w, g) && never_touched(w, g, &item)) {
        str const source = g->victims_source.len ? g->victims_source : S("its profile");

        list[n] = (struct assessed_contradiction){w->rules->untouched, {"", 0}, item};
        if (!say(w, &list[n++].words, e, "never reported with such a victim (%.*s), by %.*s",
                 STR_ARG(w->evidence->items[item].value), STR_ARG(source)))
            return false;
    }
    if (!n)
        return true;
    if (!(kept = arena_zero(w->m, n, sizeof *kept)))
        return assess_no_memory(e);
    memcpy(kept, list, n * sizeof *list);
    c->contradictions = kept;
    c->contradiction_count = n;
    return true;
}

/* ---- what each link is worth ---- */

/* Compared without scheme, www., case of letters and last slash. */
static bool origin_of(struct work *w, str s, str *out, struct err *e) {
    size_t const scheme = str_find(s, S("://"));
    char *copy;

    s = str_trim(s);
    if (scheme != SIZE_MAX && scheme < 16)
        s = str_from(s, scheme + 3);
    if (s.len >= 4 && str_eq_ascii(str_first(s, 4), S("www.")))
        s = str_from(s, 4);
    while (s.len && s.ptr[s.len - 1] == '/')
        s.len--;
    if (!(copy = arena_bytes(w->m, s.len + 1)))
        return assess_no_memory(e);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
    *out = (str){copy, s.len};
    return true;
}

static void value_ref(struct work *w, struct ref *r, const struct evidence_item *i, const struct evidence_link *l) {
    const struct evidence_rule *const rule = &w->rules->classes[r->class];

    r->full = rule->bans;
    r->age_days = link_age(w, i, l, rule->half_life_days);
    r->decay = decay_of(r->age_days, rule->half_life_days);
    r->grade = grade_of(w, i, l, r->class);
    r->bans = r->full * r->decay * r->grade;
}

static bool add_links(struct gathering *g, struct err *e) {
    struct work *const w = g->w;

    for (size_t k = 0; k < g->asked_count; k++) {
        struct asked const *const of = &g->asked[k];
        const struct evidence_item *const i = &w->evidence->items[of->item];
        const struct evidence_link *const l = &i->links[of->link];
        struct ref *const r = &w->refs[w->ref_count];

        if (g->candidate_of[k] == UINT32_MAX)
            continue;
        *r = (struct ref){.item = of->item,
                          .link = of->link,
                          .candidate = g->candidate_of[k],
                          .rank = w->rank[of->item],
                          .class = i->class};
        if (!origin_of(w, l->origin.len ? l->origin : l->source, &r->origin_words, e))
            return false;
        if (i->token && w->rules->classes[i->class].model && r->candidate < w->p->group_count) {
            const struct profile_group *const p = &w->p->groups[r->candidate];

            r->model = token_find(p->links, p->link_count, i->token) > 0;
        }
        value_ref(w, r, i, l);
        w->ref_count++;
    }
    return true;
}

static bool add_victim(struct work *w, const struct victim *v, uint32_t c, struct err *e) {
    const struct evidence_item *const i = &w->evidence->items[v->item];
    const struct evidence_rule *const rule = &w->rules->classes[EVIDENCE_VICTIM];
    const struct profile_group *const g = &w->p->groups[c];
    struct evidence_link const as = {.reliability = 'B'};
    struct ref *const r = &w->refs[w->ref_count++];
    double const off = days_off(w, g);

    *r = (struct ref){.item = v->item,
                      .link = UINT32_MAX,
                      .candidate = c,
                      .rank = w->rank[v->item],
                      .class = EVIDENCE_VICTIM,
                      .full = fmin(rule->bans, v->rarity),
                      .age_days = isnan(off) ? 0 : off};
    r->decay = decay_of(r->age_days, rule->half_life_days);
    r->grade = grade_of(w, i, &as, EVIDENCE_VICTIM);
    r->bans = r->full * r->decay * r->grade;
    /* Countries and sectors are two things that are said; two countries of one list are one. */
    return origin_of(w, is_country(i->value) ? S("countries of the profile") : S("sectors of the profile"),
                     &r->origin_words, e);
}

static bool add_victims(struct work *w, bool count_only, size_t *count, struct err *e) {
    for (size_t k = 0; k < w->victim_count; k++)
        for (uint32_t c = 0; c < w->p->group_count; c++) {
            const struct profile_group *const g = &w->p->groups[c];

            if (!victims_known(w, g) || !goes_for(g, w->evidence->items[w->victims[k].item].value))
                continue;
            (*count)++;
            if (!count_only && !add_victim(w, &w->victims[k], c, e))
                return false;
        }
    return true;
}

static int by_origin(const void *a, const void *b) {
    const struct ref *const x = *(struct ref *const *)a, *const y = *(struct ref *const *)b;

    return str_cmp(x->origin_words, y->origin_words);
}

static int by_ref_item(const void *a, const void *b) {
    const struct ref *const x = *(struct ref *const *)a, *const y = *(struct ref *const *)b;

    return x->item != y->item ? by_number(x->item, y->item) : by_number(x->candidate, y->candidate);
}

/* Malware of many groups is a supplier's. How many: those that links name, and those whose profile lists it. */
static void many_groups(struct work *w, struct ref **of, size_t count) {
    const struct evidence_item *const i = &w->evidence->items[of[0]->item];
    uint32_t groups = i->token ? token_find(w->p->listed, w->p->listed_count, i->token) : 0;

    if (i->class != EVIDENCE_MALWARE)
        return;
    for (size_t k = 0; k < count; k++)
        groups += (!k || of[k]->candidate != of[k - 1]->candidate) && !of[k]->model;
    if (groups < w->rules->many)
        return;
    for (size_t k = 0; k < count; k++) {
        of[k]->class = EVIDENCE_CODE;
        value_ref(w, of[k], i, &i->links[of[k]->link]);
    }
}

/* A copy of claims speaks only where nobody else does. */
static void mark_copies(const struct work *w, struct ref **of, size_t count) {
    for (size_t i = 0, end; i < count; i = end) {
        bool own = false;

        for (end = i; end < count && of[end]->candidate == of[i]->candidate; end++)
            own =
                own || (of[end]->link != UINT32_MAX && !w->evidence->items[of[end]->item].links[of[end]->link].copied);
        for (size_t k = i; own && k < end; k++)
            of[k]->copied = of[k]->link != UINT32_MAX && w->evidence->items[of[k]->item].links[of[k]->link].copied;
    }
}

static bool number_refs(struct work *w, struct err *e) {
    struct ref **const list = arena_zero(w->m, w->ref_count + 1, sizeof *list);

    if (!list)
        return assess_no_memory(e);
    for (size_t i = 0; i < w->ref_count; i++)
        list[i] = &w->refs[i];
    if (w->ref_count)
        qsort(list, w->ref_count, sizeof *list, by_origin);
    for (size_t i = 0; i < w->ref_count; i++) {
        w->origin_count += !i || by_origin(&list[i - 1], &list[i]) != 0;
        list[i]->origin = w->origin_count - 1;
    }
    if (w->ref_count)
        qsort(list, w->ref_count, sizeof *list, by_ref_item);
    for (size_t i = 0, end; i < w->ref_count; i = end) {
        for (end = i + 1; end < w->ref_count && list[end]->item == list[i]->item;)
            end++;
        many_groups(w, &list[i], end - i);
        mark_copies(w, &list[i], end - i);
    }
    return true;
}

static int by_weight(const void *a, const void *b) {
    const struct ref *const x = a, *const y = b;
    int c = by_number(x->candidate, y->candidate);

    c = c ? c : x->bans != y->bans ? (x->bans > y->bans ? -1 : 1) : 0;
    c = c ? c : by_number(x->class, y->class);
    c = c ? c : str_cmp(x->origin_words, y->origin_words);
    c = c ? c : by_number(x->rank, y->rank);
    return c ? c : by_number(x->link, y->link);
}

bool links_find(struct work *w, struct err *e) {
    struct gathering g = {.w = w};
    size_t victims = 0;

    if (!order_items(w, e) || !gather_names(&g, e) || !gather_groups(&g, e) || !gather_candidates(&g, e) ||
        !find_victims(w, e) || !add_victims(w, true, &victims, e))
        return false;
    w->refs = arena_zero(w->m, g.asked_count + victims + 1, sizeof *w->refs);
    if (!w->refs)
        return assess_no_memory(e);
    if (!add_links(&g, e) || !add_victims(w, false, &victims, e) || !number_refs(w, e))
        return false;
    if (w->ref_count)
        qsort(w->refs, w->ref_count, sizeof *w->refs, by_weight);
    for (size_t i = 0; i < w->ref_count; i++) {
        struct candidate *const c = &w->candidates[w->refs[i].candidate];

        if (!c->ref_count++)
            c->first_ref = i;
    }
    for (size_t i = 0; i < w->p->group_count; i++)
        if (!add_contradictions(w, &w->candidates[i], e))
            return false;
    w->item_stamp = arena_zero(w->m, w->evidence->item_count + 1, sizeof *w->item_stamp);
    w->origin_stamp = arena_zero(w->m, (size_t)w->origin_count * EVIDENCE_FAMILIES + 1, sizeof *w->origin_stamp);
    return (w->item_stamp && w->origin_stamp) || assess_no_memory(e);
}
