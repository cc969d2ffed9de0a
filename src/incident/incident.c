/* incident: findings and campaigns kept in short until all has been read; then clues, joined, told. */
#include "incident/incident.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "incident/incident_own.h"

#define TEXT_MAX 512u

bool incidents_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for incidents");
}

bool incidents_grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    if (count < *room)
        return true;
    size_t const bigger = *room ? *room * 2 : 64;
    void *const grown = reallocarray(*items, bigger, size);

    if (!grown)
        return incidents_no_memory(e);
    *items = grown;
    *room = bigger;
    return true;
}

bool incidents_keep(struct arena *in, str text, str *out, struct err *e) {
    return arena_copy(in, text, out) || incidents_no_memory(e);
}

/* ---- bounds ----
 *
 * Of the memory a third is for findings and campaigns, a sixth for clues, and half for the one incident that is told. What does not fit is
 * counted: the evidence of one who wants the hunt to fail is hunted as well. */

static size_t kept_max(const struct incidents *s) {
    return s->o.memory_max / 3;
}

static size_t clues_max(const struct incidents *s) {
    return s->o.memory_max / 6;
}

static size_t told_max(const struct incidents *s) {
    return s->o.memory_max / 2;
}

static bool fits(size_t used, size_t more, size_t most) {
    return used <= most && more <= most - used;
}

static size_t grown(size_t room, size_t size) {
    return (room ? room : 64) * size;
}

/* Is there room for so many bytes more of findings and campaigns, wherever a list has to grow for them? */
static bool kept_room(const struct incidents *s, size_t bytes, size_t places) {
    size_t const lists = s->found_room * sizeof *s->found + s->found_place_room * sizeof *s->found_places +
                         s->source_room * sizeof *s->sources + s->ruled_room * sizeof *s->ruled +
                         s->campaign_room * sizeof *s->campaigns;
    size_t more = bytes;

    if (s->found_count == s->found_room)
        more += grown(s->found_room, sizeof *s->found);
    if (places > s->found_place_room - s->found_place_count)
        more += grown(s->found_place_room, sizeof *s->found_places) + places * sizeof *s->found_places;
    if (places >= s->source_room - s->source_count)
        more += grown(s->source_room, sizeof *s->sources) + places * sizeof *s->sources;
    if (s->ruled_count == s->ruled_room)
        more += grown(s->ruled_room, sizeof *s->ruled);
    if (s->campaign_count == s->campaign_room)
        more += grown(s->campaign_room, sizeof *s->campaigns);
    return fits(arena_used(s->kept) + lists, more, kept_max(s));
}

bool incidents_room(const struct incidents *s, size_t nodes_max, unsigned quarters, size_t bytes) {
    return s->node_count < nodes_max && fits(arena_used(s->memory), bytes, clues_max(s) / 4 * quarters);
}

double incidents_term(const struct incidents *s, const char *name) {
    return behaviour_threshold(s->terms, name);
}

bool incidents_new(struct incidents **out, const struct incident_options *options, struct err *e) {
    struct incidents *const s = calloc(1, sizeof *s);

    if (!s)
        return incidents_no_memory(e);
    s->o = *options;
    s->a = options->activities;
    s->terms = behaviours_find(options->behaviours, S("incident"));
    assert(s->terms);
    s->seed = hash_seed();
    s->ruled_mask = 1023;
    if (!(s->kept = arena_new(kept_max(s))) || !(s->memory = arena_new(clues_max(s))) ||
        !(s->told = arena_new(told_max(s))) || !(s->ruled_slots = calloc(s->ruled_mask + 1, sizeof *s->ruled_slots))) {
        incidents_free(s);
        return incidents_no_memory(e);
    }
    *out = s;
    return true;
}

void incidents_free(struct incidents *s) {
    if (!s)
        return;
    doors_free(s->doors);
    arena_free(s->kept);
    arena_free(s->memory);
    arena_free(s->told);
    free(s->ruled);
    free(s->ruled_slots);
    free(s->sources);
    free(s->found);
    free(s->found_places);
    free(s->campaigns);
    free(s->nodes);
    free(s->trees);
    free(s->grouped);
    buf_free(&s->words);
    free(s);
}

uint64_t incidents_lost(const struct incidents *s) {
    return s->lost;
}

/* ---- while the hunt goes on ---- */

static uint64_t ruled_hash(const struct incidents *s, const struct sigma_rule *rule, uint32_t entry) {
    uint64_t const key[] = {(uint64_t)(uintptr_t)rule, entry};

    return hash_bytes((str){(const char *)key, sizeof key}, s->seed);
}

static bool ruled_rehash(struct incidents *s, struct err *e) {
    size_t const mask = s->ruled_mask * 2 + 1;
    uint32_t *const slots = calloc(mask + 1, sizeof *slots);

    if (!slots)
        return incidents_no_memory(e);
    for (size_t i = 0; i < s->ruled_count; i++) {
        size_t at = ruled_hash(s, s->ruled[i].rule, s->ruled[i].entry) & mask;

        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = (uint32_t)i + 1;
    }
    free(s->ruled_slots);
    s->ruled_slots = slots;
    s->ruled_mask = mask;
    return true;
}

static bool title_of(struct incidents *s, const struct finding *f, struct ruled *to, struct err *e) {
    if (!f->indicator)
        return incidents_keep(s->kept, str_first(f->rule->title, TEXT_MAX), &to->title, e) &&
               incidents_keep(s->kept, str_first(f->rule->id, TEXT_MAX), &to->id, e);
    s->words.len = 0;
    buf_add(&s->words, str_first(f->rule->title, TEXT_MAX - 208));
    buf_add(&s->words, S(" "));
    buf_add(&s->words, f->match_count ? str_first(f->matches[0].value, 200) : S(""));
    return !s->words.failed ? incidents_keep(s->kept, buf_str(&s->words), &to->title, e) &&
                                  incidents_keep(s->kept, str_first(f->rule->id, TEXT_MAX), &to->id, e)
                            : incidents_no_memory(e);
}

static bool ruled_of(struct incidents *s, const struct finding *f, uint32_t *out, struct err *e) {
    uint32_t const entry = f->indicator ? f->indicator->entry + 1 : 0;
    /* Our own rules for indicators are one a level: the value is what counts. */
    const struct sigma_rule *const key = f->indicator ? NULL : f->rule;
    size_t at;

    if (s->ruled_count * 2 > s->ruled_mask && !ruled_rehash(s, e))
        return false;
    at = ruled_hash(s, key, entry) & s->ruled_mask;
    while (s->ruled_slots[at] &&
           (s->ruled[s->ruled_slots[at] - 1].rule != key || s->ruled[s->ruled_slots[at] - 1].entry != entry))
        at = (at + 1) & s->ruled_mask;
    if (!s->ruled_slots[at]) {
        struct ruled *r;

        if (!incidents_grow((void **)&s->ruled, s->ruled_count, &s->ruled_room, sizeof *s->ruled, e))
            return false;
        r = &s->ruled[s->ruled_count];
        *r = (struct ruled){.rule = key, .entry = entry};
        if (!title_of(s, f, r, e))
            return false;
        s->ruled_slots[at] = (uint32_t)++s->ruled_count;
    }
    struct ruled *const r = &s->ruled[s->ruled_slots[at] - 1];

    if (f->rule->level > r->level)
        r->level = f->rule->level;
    if (f->indicator && (double)f->indicator->worth.now > r->worth)
        r->worth = (double)f->indicator->worth.now;
    *out = s->ruled_slots[at] - 1;
    return true;
}

/* Findings of one source come together, and correlations are of a few. */
#define SOURCES_AGAIN 8u

static bool source_of(struct incidents *s, str path, const char *sha256, uint32_t *out, struct err *e) {
    str kept, hash;

    for (size_t i = s->source_count; i > 0 && s->source_count - i < SOURCES_AGAIN; i--)
        if (str_eq(s->sources[i - 1].path, path) && strcmp(s->sources[i - 1].sha256, sha256) == 0) {
            *out = (uint32_t)i - 1;
            return true;
        }
    if (!incidents_grow((void **)&s->sources, s->source_count, &s->source_room, sizeof *s->sources, e) ||
        !incidents_keep(s->kept, path, &kept, e) ||
        !incidents_keep(s->kept, (str){sha256, strlen(sha256) + 1}, &hash, e))
        return false;
    s->sources[s->source_count] = (struct place_source){kept, hash.ptr};
    *out = (uint32_t)s->source_count++;
    return true;
}

/* An event that is no act, but found: so that accounts, hosts and addresses are told apart in one way. */
static bool event_add(struct incidents *s, const struct found *f, enum act act, str kind, str object, struct err *e) {
    struct activity_event const v = {.when = f->when,
                                     .last = f->when,
                                     .record = f->record,
                                     .offset = f->offset,
                                     .count = 1,
                                     .act = act,
                                     .text = {[ACT_ACCOUNT] = f->account,
                                              [ACT_TARGET] = S(""),
                                              [ACT_HOST] = f->host,
                                              [ACT_ADDRESS] = f->address,
                                              [ACT_SERVER] = S(""),
                                              [ACT_PROGRAM] = S(""),
                                              [ACT_SESSION] = S(""),
                                              [ACT_OBJECT] = object,
                                              [ACT_VERB] = S(""),
                                              [ACT_DETAIL] = S(""),
                                              [ACT_TENANT] = S(""),
                                              [ACT_KIND] = kind},
                                     .evidence_path = s->sources[f->source].path,
                                     .evidence_sha256 = s->sources[f->source].sha256};

    return activities_add(s->a, &v, e);
}

/* Of a correlation: what its group says of whom it is about. */
static str grouped(const struct finding *f, const char *const *names) {
    for (size_t i = 0; i < f->group_count; i++)
        for (size_t k = 0; names[k]; k++)
            if (str_find(f->groups[i].name, str_of(names[k])) != SIZE_MAX)
                return f->groups[i].value;
    return S("");
}

/* All events of a correlation: its first alone says little of it, least of all how it ended. */
static bool places_add(struct incidents *s, const struct finding *f, struct found *to, struct err *e) {
    to->places = s->found_place_count;
    for (size_t i = 0; i < f->event_count; i++) {
        const struct finding_event *const v = &f->events[i];
        struct found at = *to;

        if (!incidents_grow((void **)&s->found_places, s->found_place_count, &s->found_place_room,
                            sizeof *s->found_places, e) ||
            !source_of(s, v->evidence_path, v->evidence_sha256, &at.source, e))
            return false;
        at.record = v->record;
        at.offset = v->offset;
        at.when = v->when;
        s->found_places[s->found_place_count++] =
            (struct found_place){.record = v->record, .offset = v->offset, .source = at.source};
        to->place_count++;
        if (v->when != INSTANT_NONE && !event_add(s, &at, ACT_NONE, f->kind, S(""), e))
            return false;
    }
    return true;
}

/* What is copied of a finding, at most: texts about it, a rule's title and id, and where each of its events is. */
static size_t finding_bytes(const struct finding *f, bool correlation) {
    size_t bytes = 5 * (TEXT_MAX + 8) + f->evidence_path.len + 128;

    for (size_t i = 0; correlation && i < f->event_count; i++)
        bytes += f->events[i].evidence_path.len + 128;
    return bytes;
}

bool incidents_finding(struct incidents *s, const struct finding *f, struct err *e) {
    static const char *const accounts[] = {"User", "user", "Account", "account", "principal", NULL};
    static const char *const addresses[] = {"IP", "Ip", "ip", "Address", "address", NULL};
    static const char *const hosts[] = {"Computer", "Host", "host", NULL};
    bool const correlation = f->rule->type != SIGMA_DETECTION;
    struct found *to;

    if (f->salvaged || f->person || f->when == INSTANT_NONE)
        return true;
    if (!kept_room(s, finding_bytes(f, correlation), correlation ? f->event_count + 1 : 1)) {
        s->lost++;
        return true;
    }
    if (!incidents_grow((void **)&s->found, s->found_count, &s->found_room, sizeof *s->found, e))
        return false;
    to = &s->found[s->found_count];
    *to = (struct found){.when = correlation && f->first != INSTANT_NONE ? f->first : f->when,
                         .last = correlation && f->last != INSTANT_NONE ? f->last : f->when,
                         .record = f->record,
                         .offset = f->offset,
                         .number = f->number,
                         .count = correlation ? f->count : 1};
    str const account = correlation ? grouped(f, accounts) : f->account;
    str const address = correlation ? grouped(f, addresses) : f->client_address;
    str const host = correlation ? grouped(f, hosts) : f->host;
    const struct found *const last = s->found_count ? to - 1 : NULL;

    if (!ruled_of(s, f, &to->rule, e) || !source_of(s, f->evidence_path, f->evidence_sha256, &to->source, e))
        return false;
    bool const again = last && last->source == to->source && last->record == to->record && last->offset == to->offset;

    /* Texts repeat from one finding to the next. */
    if (last && str_eq(last->account, account))
        to->account = last->account;
    else if (!incidents_keep(s->kept, str_first(account, TEXT_MAX), &to->account, e))
        return false;
    if (last && str_eq(last->host, host))
        to->host = last->host;
    else if (!incidents_keep(s->kept, str_first(host, TEXT_MAX), &to->host, e))
        return false;
    if (last && str_eq(last->address, address))
        to->address = last->address;
    else if (!incidents_keep(s->kept, str_first(address, TEXT_MAX), &to->address, e))
        return false;
    if (correlation && !places_add(s, f, to, e))
        return false;
    s->found_count++;
    return again || event_add(s, to, ACT_NONE, f->kind, S(""), e);
}

/* ---- campaigns ---- */

#define CAMPAIGN_LEAST 4.0 /* "notable": others are told as campaigns, and make no incident */

static bool domains_keep(struct incidents *s, const struct mail_campaign *c, struct campaign *to, struct err *e) {
    to->domains = arena_alloc(s->kept, (c->host_count + c->sender_domain_count) * sizeof *to->domains);
    if (!to->domains)
        return incidents_no_memory(e);
    for (size_t i = 0; i < c->host_count; i++)
        if (!incidents_keep(s->kept, c->hosts[i], &to->domains[to->domain_count++], e))
            return false;
    for (size_t i = 0; i < c->sender_domain_count; i++)
        if (!incidents_keep(s->kept, c->sender_domains[i], &to->domains[to->domain_count++], e))
            return false;
    return true;
}

static bool reason_keep(struct incidents *s, const struct mail_campaign *c, struct campaign *to, struct err *e) {
    s->words.len = 0;
    buf_format(&s->words, "%zu message%s to %zu recipient%s", c->message_count, c->message_count == 1 ? "" : "s",
               c->recipient_count, c->recipient_count == 1 ? "" : "s");
    for (size_t i = 0; i < c->reason_count && i < 4; i++)
        if (c->reasons[i].weight > 0) {
            buf_add(&s->words, S("; "));
            buf_add(&s->words, c->reasons[i].what);
            if (c->reasons[i].detail.len)
                buf_format(&s->words, " (%.*s)", STR_ARG(str_first(c->reasons[i].detail, 160)));
        }
    return (!s->words.failed || incidents_no_memory(e)) && incidents_keep(s->kept, buf_str(&s->words), &to->reason, e);
}

/* What is copied of a campaign, at most. */
static size_t campaign_bytes(const struct mail_campaign *c) {
    size_t bytes = 2 * TEXT_MAX + 4096;

    for (size_t i = 0; i < c->host_count; i++)
        bytes += c->hosts[i].len + sizeof(str) + 8;
    for (size_t i = 0; i < c->sender_domain_count; i++)
        bytes += c->sender_domains[i].len + sizeof(str) + 8;
    for (size_t i = 0; i < c->recipient_count; i++)
        bytes += c->recipients[i].address.len + sizeof(struct campaign_recipient) + 8;
    for (size_t i = 0; i < c->message_count; i++)
        bytes += sizeof(struct found) + c->messages[i].evidence_path.len + TEXT_MAX + 128;
    return bytes;
}

bool incidents_campaign(struct incidents *s, const struct mail_campaign *c, struct err *e) {
    struct campaign *to;

    if (c->score < CAMPAIGN_LEAST)
        return true;
    if (!kept_room(s, campaign_bytes(c), c->message_count)) {
        s->lost += c->message_count;
        return true;
    }
    if (!incidents_grow((void **)&s->campaigns, s->campaign_count, &s->campaign_room, sizeof *s->campaigns, e))
        return false;
    assert(!s->campaign_count || s->campaigns[s->campaign_count - 1].number < c->number);
    to = &s->campaigns[s->campaign_count];
    *to = (struct campaign){.number = c->number, .score = c->score, .first = c->first, .last = c->last};
    if (!incidents_keep(s->kept, str_first(c->subject, TEXT_MAX), &to->subject, e) || !domains_keep(s, c, to, e) ||
        !reason_keep(s, c, to, e) || !(to->messages = arena_zero(s->kept, c->message_count, sizeof *to->messages)) ||
        !(to->recipients = arena_zero(s->kept, c->recipient_count, sizeof *to->recipients)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < c->recipient_count; i++) {
        to->recipients[i] = (struct campaign_recipient){.first = c->recipients[i].first, .opened = INSTANT_NONE};
        if (!incidents_keep(s->kept, c->recipients[i].address, &to->recipients[i].address, e))
            return false;
    }
    to->recipient_count = c->recipient_count;
    for (size_t i = 0; i < c->message_count; i++) {
        const struct mail_campaign_message *const m = &c->messages[i];
        struct found *const f = &to->messages[to->message_count];

        if (m->when == INSTANT_NONE)
            continue;
        *f = (struct found){.when = m->when, .last = m->when, .record = m->record, .offset = m->offset, .count = 1};
        f->host = f->address = S("");
        if (!source_of(s, m->evidence_path, m->evidence_sha256, &f->source, e) ||
            !incidents_keep(s->kept, str_first(m->from, TEXT_MAX), &f->account, e) ||
            !event_add(s, f, ACT_MAIL_IN, S("mail/message"), str_first(m->subject, TEXT_MAX), e))
            return false;
        to->message_count++;
    }
    s->campaign_count++;
    return true;
}

/* By number, as they came; NULL: it was not kept. */
static struct campaign *campaign_of(struct incidents *s, uint64_t number) {
    size_t low = 0, high = s->campaign_count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (s->campaigns[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->campaign_count && s->campaigns[low].number == number ? &s->campaigns[low] : NULL;
}

/* By address, in byte order. */
static struct campaign_recipient *recipient_of(struct campaign *c, str address) {
    size_t low = 0, high = c->recipient_count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (str_cmp(c->recipients[middle].address, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->recipient_count && str_eq(c->recipients[low].address, address) ? &c->recipients[low] : NULL;
}

bool incidents_opening(struct incidents *s, const struct mail_answer *a, struct err *e) {
    (void)e;
    if (a->state != OPEN_OPENED || a->first.when == INSTANT_NONE)
        return true;
    struct campaign *const c = campaign_of(s, a->campaign);
    struct campaign_recipient *const r = c ? recipient_of(c, a->recipient) : NULL;

    if (r)
        r->opened = a->first.when;
    return true;
}

/* ---- at the end ---- */

static bool on_behaviour(void *ctx, const struct behaviour_hit *h, struct err *e) {
    struct incidents *const s = ctx;
    struct node *n;
    int64_t last = INT64_MIN;

    assert(h->event_count);
    if (!incidents_room(s, NODES_MAX / 2, 3,
                        h->part_count * sizeof *n->parts + h->event_count * sizeof *n->events + h->reason.len +
                            (h->title.len ? h->title.len : h->behaviour->title.len) + 64)) {
        s->lost += h->event_count;
        return true;
    }
    if (!incidents_grow((void **)&s->nodes, s->node_count, &s->node_room, sizeof *s->nodes, e))
        return false;
    n = &s->nodes[s->node_count];
    *n = (struct node){.behaviour = h->behaviour};
    if (!(n->parts = arena_alloc(s->memory, h->part_count * sizeof *n->parts)) ||
        !(n->events = arena_alloc(s->memory, h->event_count * sizeof *n->events)) ||
        !incidents_keep(s->memory, h->reason, &n->clue.reason, e) ||
        !incidents_keep(s->memory, h->title.len ? h->title : h->behaviour->title, &n->clue.title, e))
        return incidents_no_memory(e);
    if (h->part_count)
        memcpy(n->parts, h->parts, h->part_count * sizeof *n->parts);
    memcpy(n->events, h->events, h->event_count * sizeof *n->events);
    n->part_count = h->part_count;
    n->event_count = h->event_count;
    for (size_t i = 0; i < h->event_count; i++) {
        int64_t const at = activities_at(s->a, h->events[i])->last;

        last = at > last ? at : last;
    }
    n->clue.type = CLUE_BEHAVIOUR;
    n->clue.number = s->node_count + 1;
    n->clue.id = h->behaviour->id;
    n->clue.tactic = h->behaviour->tactic;
    n->clue.technique = h->behaviour->technique;
    n->clue.level = h->behaviour->level;
    n->clue.weight = fmax(h->weight, 0); /* where much is alike it says little, and never the contrary */
    n->clue.first = activities_at(s->a, h->events[0])->when;
    n->clue.last = last;
    n->clue.count = h->event_count;
    n->clue.like = h->like;
    n->clue.of = h->of;
    n->up = (uint32_t)s->node_count++;
    return true;
}

static bool behaviours_out(struct incidents *s, const struct incident_visitor *v, struct err *e) {
    for (size_t i = 0; i < s->node_count; i++) {
        const struct node *const n = &s->nodes[i];
        struct behaviour_hit h = {.behaviour = n->behaviour,
                                  .weight = n->clue.weight,
                                  .reason = n->clue.reason,
                                  .title = n->clue.title,
                                  .like = n->clue.like,
                                  .of = n->clue.of,
                                  .part_count = n->part_count,
                                  .events = n->events,
                                  .event_count = n->event_count};

        if (!n->behaviour)
            continue;
        if (n->part_count)
            memcpy(h.parts, n->parts, n->part_count * sizeof *n->parts);
        if (v->behaviour && !v->behaviour(v->ctx, &h, &n->clue, e))
            return false;
    }
    return true;
}

struct ranked {
    double weight;
    uint32_t node;
};

static int by_weight(const void *a, const void *b) {
    const struct ranked *const x = a, *const y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* The clues of an incident, the heaviest first. */
static bool clues_of(struct incidents *s, const struct tree *tree, struct incident *made, struct err *e) {
    struct ranked *const list = calloc(tree->node_count + 1, sizeof *list);
    uint32_t *out = NULL;

    for (size_t i = 0; list && i < tree->node_count; i++)
        list[i] = (struct ranked){s->nodes[tree->nodes[i]].clue.weight, tree->nodes[i]};
    made->clue_count = tree->node_count < CLUES_TOLD_MAX ? tree->node_count : CLUES_TOLD_MAX;
    s->lost += tree->node_count - made->clue_count;
    if (list && (out = arena_alloc(s->told, made->clue_count * sizeof *out))) {
        qsort(list, tree->node_count, sizeof *list, by_weight);
        for (size_t i = 0; i < made->clue_count; i++)
            out[i] = list[i].node;
    }
    free(list);
    made->clues = out;
    return out || incidents_no_memory(e);
}

static bool incidents_out(struct incidents *s, const struct incident_visitor *v, struct err *e) {
    struct clue *const clues = calloc(s->node_count + 1, sizeof *clues);
    bool ok = clues || incidents_no_memory(e);

    for (size_t i = 0; ok && i < s->node_count; i++)
        clues[i] = s->nodes[i].clue;
    for (size_t i = 0; ok && i < s->tree_count; i++) {
        struct incident made;

        ok = incident_tell(s, i, &made, e) && clues_of(s, &s->trees[i], &made, e) &&
             (!v->incident || v->incident(v->ctx, &made, clues, s->node_count, e));
    }
    free(clues);
    return ok;
}

bool incidents_end(struct incidents *s, const struct incident_visitor *v, struct err *e) {
    return activities_end(s->a, e) && behaviours_run(s->o.behaviours, s->a, on_behaviour, s, e) &&
           incident_clues(s, e) && incident_join(s, e) && doors_new(&s->doors, s->a, e) && incident_trees(s, e) &&
           behaviours_out(s, v, e) && incidents_out(s, v, e);
}
