/* summary: tallies by rule; lists that are kept short, with what was left out counted. summary_print.c tells them. */
#include "cli/summary_own.h"

#include <stdarg.h>

#include "detection/detect.h"

#define VALUE_KEPT 512u /* bytes of a value that somebody of a list is like */

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the summary");
}

bool summary_new(struct summary **out, const struct sigma_set *set, const struct known *known,
                 const struct persons *persons, struct err *e) {
    struct summary *const s = calloc(1, sizeof *s);

    if (!s)
        return no_memory(e);
    s->set = set;
    s->known = known;
    s->persons = persons;
    s->own = known ? known_own_rules(known) : set->rule_count;
    s->first = s->last = INSTANT_NONE;
    s->a = arena_new((size_t)1 << 30);
    s->rules = calloc(set->rule_count + 1, sizeof *s->rules);
    if (!s->a || !s->rules) {
        summary_free(s);
        return no_memory(e);
    }
    for (size_t i = 0; i < set->rule_count; i++)
        s->rules[i].first = s->rules[i].last = INSTANT_NONE;
    *out = s;
    return true;
}

void summary_free(struct summary *s) {
    if (!s)
        return;
    buf_free(&s->unread.last);
    buf_free(&s->prose.last);
    buf_free(&s->gone.last);
    buf_free(&s->damage.last);
    buf_free(&s->left_out.last);
    buf_free(&s->shut.last);
    buf_free(&s->corrected.last);
    buf_free(&s->doubtful.last);
    arena_free(s->a);
    free(s->rules);
    free(s->tallies);
    free(s->tally_slots);
    free(s);
}

static void span(int64_t *first, int64_t *last, int64_t from, int64_t to) {
    if (from != INSTANT_NONE && (*first == INSTANT_NONE || from < *first))
        *first = from;
    if (to != INSTANT_NONE && (*last == INSTANT_NONE || to > *last))
        *last = to;
}

static bool name_add(struct summary *s, struct names *n, str name, struct err *e) {
    if (name.len == 0)
        return true;
    for (uint32_t i = 0; i < n->count; i++)
        if (str_eq_ascii(n->items[i], name))
            return true;
    if (n->count == NAMES_KEPT) {
        n->more = true;
        return true;
    }
    if (!n->items && !(n->items = arena_zero(s->a, NAMES_KEPT, sizeof *n->items)))
        return no_memory(e);
    return arena_copy(s->a, name, &n->items[n->count++]) || no_memory(e);
}

static bool group_add(struct summary *s, struct names *n, const struct finding_group *g, struct err *e) {
    struct buf b = {0};
    bool ok;

    buf_add(&b, g->name);
    buf_byte(&b, ' ');
    buf_add(&b, g->value);
    ok = b.failed ? no_memory(e) : name_add(s, n, buf_str(&b), e);
    buf_free(&b);
    return ok;
}

static uint32_t tally_slot(const struct summary *s, uint64_t key, enum sigma_level level) {
    uint32_t at = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & s->tally_mask;

    for (; s->tally_slots[at]; at = (at + 1) & s->tally_mask) {
        const struct known_tally *const k = &s->tallies[s->tally_slots[at] - 1];

        if (k->key == key && k->level == level)
            break;
    }
    return at;
}

static bool tallies_grow(struct summary *s) {
    uint32_t const room = s->tally_room ? s->tally_room * 2 : 64;
    struct known_tally *const bigger = reallocarray(s->tallies, room, sizeof *bigger);
    uint32_t *slots;

    if (!bigger)
        return false;
    s->tallies = bigger;
    if (!(slots = calloc(room * (size_t)2, sizeof *slots)))
        return false;
    s->tally_room = room;
    free(s->tally_slots);
    s->tally_slots = slots;
    s->tally_mask = room * 2 - 1;
    for (uint32_t i = 0; i < s->tally_count; i++)
        s->tally_slots[tally_slot(s, s->tallies[i].key, s->tallies[i].level)] = i + 1;
    return true;
}

/* *fresh: there was none. NULL: no memory. */
static struct known_tally *known_tally(struct summary *s, uint64_t key, enum sigma_level level, bool *fresh) {
    if (s->tally_count == s->tally_room && !tallies_grow(s))
        return NULL;
    uint32_t const at = tally_slot(s, key, level);

    *fresh = !s->tally_slots[at];
    if (*fresh) {
        s->tallies[s->tally_count] = (struct known_tally){
            .tally = {.first = INSTANT_NONE, .last = INSTANT_NONE}, .key = key, .value = {"", 0}, .level = level};
        s->tally_slots[at] = ++s->tally_count;
    }
    return &s->tallies[s->tally_slots[at] - 1];
}

/* The tally of an indicator. NULL: no memory. */
static struct tally *indicator_tally(struct summary *s, const struct finding *f) {
    const struct finding_indicator *const i = f->indicator;
    bool fresh;
    struct known_tally *const k = known_tally(s, i->entry, f->rule->level, &fresh);

    if (!k)
        return NULL;
    if (fresh) {
        struct intel_label *const labels = arena_zero(s->a, i->label_count, sizeof *labels);

        if (!labels)
            return NULL;
        for (size_t n = 0; n < i->label_count; n++)
            labels[n] = i->labels[n];
        k->indicator = *i;
        k->indicator.labels = labels;
    }
    if (i->worth.distance < k->indicator.worth.distance)
        k->indicator.worth = i->worth;
    return &k->tally;
}

/* The same of somebody whom a value is like. */
static struct tally *person_tally(struct summary *s, const struct finding *f) {
    bool fresh;
    struct known_tally *const k =
        known_tally(s, PERSON_KEY + persons_index(s->persons, f->person->person), f->rule->level, &fresh);

    if (!k)
        return NULL;
    if (fresh || f->person->quality > k->person.quality) {
        k->person = *f->person;
        if (f->match_count && !arena_copy(s->a, str_first(f->matches[0].value, VALUE_KEPT), &k->value))
            return NULL;
    }
    return &k->tally;
}

size_t summary_tallies(const struct summary *s) {
    return s->own + s->tally_count;
}
const struct tally *summary_tally(const struct summary *s, size_t i) {
    return i < s->own ? &s->rules[i] : &s->tallies[i - s->own].tally;
}
enum sigma_level summary_tally_level(const struct summary *s, size_t i) {
    return i < s->own ? s->set->rules[i]->level : s->tallies[i - s->own].level;
}
bool summary_tally_again(const struct summary *s, size_t i) {
    const struct known_tally *const k = i < s->own ? NULL : &s->tallies[i - s->own];

    for (int level = LEVEL_CRITICAL; k && level > (int)k->level; level--) {
        uint32_t const other = s->tally_slots[tally_slot(s, k->key, (enum sigma_level)level)];

        if (other && s->tallies[other - 1].tally.findings)
            return true;
    }
    return false;
}
bool summary_tally_person(const struct summary *s, size_t i) {
    return i >= s->own && s->tallies[i - s->own].person.person;
}

bool summary_finding(struct summary *s, const struct finding *f, struct err *e) {
    struct tally *const t = f->indicator ? indicator_tally(s, f)
                            : f->person  ? person_tally(s, f)
                                         : &s->rules[f->rule->index];

    if (!t)
        return no_memory(e);

    if (f->salvaged) {
        s->salvaged_findings++;
        t->salvaged++;
        return true;
    }
    s->findings++;
    if (t->findings++ == 0)
        t->number = f->number;
    if (f->rule->type == SIGMA_CORRELATION)
        span(&t->first, &t->last, f->first, f->last);
    else
        span(&t->first, &t->last, f->when, f->when);
    for (size_t i = 0; i < f->group_count; i++)
        if (!group_add(s, &t->groups, &f->groups[i], e))
            return false;
    return name_add(s, &t->hosts, f->host, e) && name_add(s, &t->accounts, f->account, e) &&
           name_add(s, &t->addresses, f->client_address, e) && name_add(s, &s->hosts, f->host, e) &&
           name_add(s, &s->accounts, f->account, e);
}

static bool note_add(struct summary *s, struct notes *n, str about, struct err *e, const char *fmt, ...) PRINTF(5, 6);
static bool note_add(struct summary *s, struct notes *n, str about, struct err *e, const char *fmt, ...) {
    bool const again = n->abouts && str_eq(buf_str(&n->last), about);
    struct note *note;
    char text[400];
    va_list args;

    n->count++;
    if (!again) {
        n->abouts++;
        n->last.len = 0;
        buf_add(&n->last, about);
        if (n->last.failed)
            return no_memory(e);
    }
    if (n->abouts > NOTES_KEPT)
        return true;
    note = &n->items[n->abouts - 1];
    if (!again && !arena_copy(s->a, about, &note->about))
        return no_memory(e);
    if (note->count++ >= PLACES_KEPT)
        return true;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return arena_copy(s->a, str_of(text), &note->texts[note->count - 1]) || no_memory(e);
}

bool summary_custody(struct summary *s, const struct custody *c, struct err *e) {
    if (c->container)
        s->containers++;
    else
        s->sources++;
    if (!c->container) { /* of a container, what its members do not have: items that are no events */
        s->bytes += c->size;
        s->records += c->records;
        s->no_kind += c->no_kind;
    }
    s->salvaged += c->salvaged;
    s->no_time += c->no_time;
    s->repaired += c->repaired;
    s->years += c->years;
    s->twice += c->twice;
    if (c->year_breaks && !note_add(s, &s->doubtful, c->path, e,
                                    "some years are wrong: it spans more than a year, or was last written to at "
                                    "another time than its last line says; --latest TIME"))
        return false;
    if (c->never && !note_add(s, &s->doubtful, c->path, e,
                              "%lu of its times %s never shown by clocks of %.*s (--zone): are they of that zone?",
                              (unsigned long)c->never, c->never == 1 ? "was" : "were", STR_ARG(c->zone)))
        return false;
    if (c->backs &&
        !note_add(s, &s->doubtful, c->path, e, "its clock was set back, by as much as %lu s", (unsigned long)c->back_s))
        return false;
    span(&s->first, &s->last, c->first, c->last);
    if (!c->not_read.len || str_eq(c->not_read, S(CUSTODY_EMPTY)))
        return true;
    struct notes *const notes = str_eq(c->not_read, S(CUSTODY_PROSE))  ? &s->prose
                                : str_eq(c->not_read, S(CUSTODY_GONE)) ? &s->gone
                                                                       : &s->unread;

    return note_add(s, notes, c->path, e, "%.*s", STR_ARG(c->not_read));
}

bool summary_damage(struct summary *s, const struct custody_damage *d, struct err *e) {
    if (!d->size)
        return note_add(s, &s->damage, d->path, e, "at %lu: %.*s", (unsigned long)d->offset, STR_ARG(d->why));
    return note_add(s, &s->damage, d->path, e, "%lu byte%s at %lu: %.*s", (unsigned long)d->size,
                    d->size == 1 ? "" : "s", (unsigned long)d->offset, STR_ARG(d->why));
}

void summary_span(struct buf *b, int64_t seconds) {
    uint64_t const s = seconds < 0 ? (uint64_t)-seconds : (uint64_t)seconds;

    buf_byte(b, seconds < 0 ? '-' : '+');
    if (s >= 3600)
        buf_format(b, "%lu h", (unsigned long)(s / 3600));
    if (s % 3600 / 60)
        buf_format(b, "%s%lu min", s >= 3600 ? " " : "", (unsigned long)(s % 3600 / 60));
    if (s % 60 || !s)
        buf_format(b, "%s%lu s", s >= 60 ? " " : "", (unsigned long)(s % 60));
}

void summary_spans(struct buf *b, int64_t least, int64_t most) {
    summary_span(b, least);
    if (least != most) {
        buf_add(b, S(" to "));
        summary_span(b, most);
    }
}

bool summary_clock(struct summary *s, const struct custody_clock *c, struct err *e) {
    struct notes *const notes = c->verdict == CLOCK_CORRECTED ? &s->corrected : &s->doubtful;
    struct buf b = {0};
    bool ok;

    if (c->verdict == CLOCK_SOUND || c->verdict == CLOCK_FEW)
        return true;
    if (c->verdict == CLOCK_UNSURE || c->verdict == CLOCK_ALONE)
        summary_spans(&b, c->least_s, c->most_s);
    else
        summary_span(&b, c->offset_s);
    if (b.failed)
        ok = no_memory(e);
    else if (c->verdict == CLOCK_CORRECTED)
        ok = note_add(s, notes, c->path, e, "corrected by %.*s (%.*s)", STR_ARG(buf_str(&b)), STR_ARG(c->host));
    else if (c->verdict == CLOCK_ALONE)
        ok = note_add(
            s, notes, c->path, e,
            "%.*s was corrected by %.*s in other files (%.*s): left as it is, nothing here says the time twice",
            STR_ARG(c->field), STR_ARG(buf_str(&b)), STR_ARG(c->host));
    else if (c->verdict == CLOCK_MANY)
        ok = note_add(s, notes, c->path, e, "more clocks than can be told apart");
    else
        ok = note_add(s, notes, c->path, e, "%.*s is off by %.*s (%.*s): left as it is", STR_ARG(c->field),
                      STR_ARG(buf_str(&b)), STR_ARG(c->host));
    buf_free(&b);
    return ok;
}

void summary_duplicates(struct summary *s, uint64_t events) {
    s->duplicates += events;
}

void summary_gap(struct summary *s, const struct custody_gap *gap) {
    if (gap->type == GAP_SILENCE)
        s->silences++;
    else
        s->holes++;
}

void summary_kind(struct summary *s, const struct kind *kind) {
    size_t at;

    for (size_t i = 0; i < s->own; i++)
        if (s->set->rules[i]->type == SIGMA_DETECTION && !s->rules[i].data)
            s->rules[i].data = logsource_covers(&s->set->rules[i]->logsource, kind, &at);
}

void summary_correlation(struct summary *s, uint32_t rule, const struct correlation_counts *c) {
    struct err e;

    if (c->no_time + c->no_group + c->not_numeric)
        (void)!note_add(s, &s->left_out, s->set->rules[rule]->title, &e,
                        "%lu of %lu events left out: %lu without time, %lu without a group-by field, %lu no number",
                        (unsigned long)(c->no_time + c->no_group + c->not_numeric), (unsigned long)c->events,
                        (unsigned long)c->no_time, (unsigned long)c->no_group, (unsigned long)c->not_numeric);
}

void summary_shut(struct summary *s, uint32_t rule, str field) {
    const struct sigma_rule *const r = s->set->rules[rule];
    struct err e;

    if (r->unusable.len || s->rules[rule].findings + s->rules[rule].salvaged)
        return; /* is told otherwise; and what has matched could match (a list among fields of kinds) */
    s->rules[rule].shut = true;
    (void)!note_add(s, &s->shut, r->path, &e, "line %u: no event of its log source has the `%.*s` it asks for", r->line,
                    STR_ARG(str_first(field, 100)));
}

/* Can the correlation be asked? One of order or togetherness needs all of its rules, any other one of them. That they
 * matched nothing is an answer. */
static bool has_data(const struct summary *s, const struct sigma_correlation *c) {
    bool const all = !c->expr && (c->type == CORRELATE_TEMPORAL || c->type == CORRELATE_TEMPORAL_ORDERED);
    size_t with = 0;

    for (size_t i = 0; i < c->rule_count; i++)
        with += s->rules[c->rules[i]->index].data;
    return all ? with == c->rule_count : with > 0;
}

void summary_end(struct summary *s) {
    bool changed = true;

    /* Correlations of correlations stand in any order; each turn settles at least one more. */
    while (changed) {
        changed = false;
        for (size_t i = 0; i < s->own; i++) {
            const struct sigma_rule *const r = s->set->rules[i];

            if (r->type == SIGMA_CORRELATION && !s->rules[i].data && has_data(s, r->correlation))
                changed = s->rules[i].data = true;
        }
    }
}

void summary_filtered(struct summary *s, uint32_t rule, uint32_t filter, uint64_t matches) {
    struct err e;

    (void)!note_add(s, &s->left_out, s->set->rules[rule]->title, &e, "%lu matches taken away by filter '%.*s'",
                    (unsigned long)matches, STR_ARG(s->set->filters[filter]->title));
}

uint64_t summary_findings(const struct summary *s) {
    return s->findings;
}

bool summary_unread(const struct summary *s) {
    return s->unread.count || s->damage.count || (s->prose.count && !s->records && !s->salvaged);
}

const char *summary_status(const struct summary *s, const struct sigma_rule *r) {
    const struct tally *const t = &s->rules[r->index];

    return r->unusable.len ? "unusable" : t->shut ? "never" : t->data ? "evaluated" : "no data";
}

const char *summary_rule(const struct summary *s, const struct sigma_verdict *v, uint64_t *findings) {
    *findings = 0;
    if (!v->loaded)
        return "failed";
    if (v->is_filter)
        return "filter";
    for (size_t i = 0; i < s->own; i++) {
        const struct sigma_rule *const r = s->set->rules[i];

        if (r->line == v->line && str_eq(r->path, v->path)) {
            *findings = s->rules[i].findings + s->rules[i].salvaged;
            return summary_status(s, r);
        }
    }
    return "failed";
}
