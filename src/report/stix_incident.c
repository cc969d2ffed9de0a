/* stix_incident: incidents in a bundle of STIX 2.1 (docs/formats/stix-out.md, "Incidents").
 *
 * STIX 2.1 has of an incident a name and a description; what else is known of it are objects beside, and a grouping holds them together. Acts of
 * one technique by one account, on one host, from one address, in one file are one observed-data, of an incident the first. */
#include "codec/json_tree.h"
#include "report/finding_text.h"
#include "report/navigator.h"
#include "report/stix_own.h"
#include "report/stix_value.h"

#define OBSERVED_EACH 500u   /* of one incident */
#define OBSERVED_ALL 100000u /* of all */
#define ENTITIES_EACH 1000u
#define CLUES_TOLD 8u
#define DOORS_TOLD 20u
#define TEXT_MAX 600u
#define SCALE "Confidence on the None/Low/Med/High scale of STIX 2.1: by the level of the incident."

struct story {
    struct bundle *b;
    json_t *groups;         /* of this incident: by key: refs, technique, and what export_count adds */
    json_t *techniques;     /* of all: level, observed (ids), and what export_count adds */
    json_t *members, *seen; /* ids of what belongs to this incident; the same as an object */
    uint64_t observed;      /* of all */
    uint64_t more;          /* acts of this incident that are in none */
};

static bool counted_alone(const struct story *s) {
    return s->b->x->redact == REDACT_COUNTS;
}

static bool member(struct story *s, str id, struct err *e) {
    return json_object_getn(s->seen, id.ptr, id.len) ||
           (json_object_setn_new(s->seen, id.ptr, id.len, json_true()) == 0 &&
            json_array_append_new(s->members, json_stringn(id.ptr, id.len)) == 0) ||
           export_no_memory(e);
}

/* ---- objects ---- */

static bool is_url(str s) {
    return str_starts(s, S("http://")) || str_starts(s, S("https://"));
}

/* RFC 3986 has no such characters: they stand as their bytes. */
static json_t *url_object(str s) {
    struct buf b = {0};
    json_t *out = NULL;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char const c = (unsigned char)s.ptr[i];

        if (c <= 0x20 || c >= 0x7f || strchr("\"<>\\^`{|}[]", c))
            buf_format(&b, "%%%02X", c);
        else
            buf_byte(&b, (char)c);
    }
    if (!b.failed)
        out = json_pack("{s:s, s:s%}", "type", "url", "value", buf_str(&b).ptr, b.len);
    buf_free(&b);
    return out;
}

static bool address_object(struct bundle *b, str address, json_t *refs, struct err *e) {
    struct buf canonical = {0};
    const char *why;
    bool const ok = !observable_canonical(OBSERVABLE_ADDRESS, address, &canonical, &why) ||
                    stix_observable(b, stix_value_object(OBSERVABLE_ADDRESS, buf_str(&canonical), S("")), refs, e);

    buf_free(&canonical);
    return ok;
}

static bool account_object(struct bundle *b, str account, json_t *refs, struct err *e) {
    return !account.len || stix_observable(b, stix_value_object(OBSERVABLE_ACCOUNT, account, S("")), refs, e);
}

static bool host_object(struct bundle *b, str host, json_t *refs, struct err *e) {
    return !host.len || stix_observable(b, stix_host_object(host), refs, e);
}

/* ---- acts ---- */

static bool act_objects(struct bundle *b, const struct incident_event *v, json_t *refs, struct err *e) {
    return account_object(b, v->account, refs, e) && account_object(b, v->target, refs, e) &&
           host_object(b, v->host, refs, e) && address_object(b, v->address, refs, e) &&
           (v->act != ACT_LOOKUP || host_object(b, v->object, refs, e)) &&
           (!is_url(v->object) || stix_observable(b, url_object(v->object), refs, e)) &&
           stix_evidence(b, v->proof.evidence_path, str_of(v->proof.evidence_sha256), refs, e);
}

static bool on_act(void *ctx, const struct export_incident *i, const struct incident_act *of,
                   const struct incident_event *v, struct err *e) {
    struct story *const s = ctx;
    struct export_finding const f = {
        .first = v->when, .last = v->last == INSTANT_NONE ? v->when : v->last, .events = v->count ? v->count : 1};
    str const same[] = {v->technique,
                        v->account,
                        v->target,
                        v->host,
                        v->address,
                        v->proof.evidence_path,
                        is_url(v->object) || v->act == ACT_LOOKUP ? v->object : S("")};
    json_t *refs = NULL, *group = NULL;
    struct buf key = {0};
    bool ok = true;
    (void)i, (void)of;

    if (counted_alone(s) || v->when == INSTANT_NONE)
        return true;
    for (size_t k = 0; k < COUNT(same); k++)
        buf_json(&key, same[k]);
    buf_json(&key, str_of(v->proof.evidence_sha256));
    if (key.failed) {
        ok = export_no_memory(e);
    } else if (!json_object_getn(s->groups, key.ptr, key.len)) {
        if (json_object_size(s->groups) >= OBSERVED_EACH || s->observed >= OBSERVED_ALL) {
            s->more++;
            buf_free(&key);
            return true;
        }
        s->observed++;
        ok = ((refs = json_array()) || export_no_memory(e)) && act_objects(s->b, v, refs, e);
        group = ok ? json_pack("{s:O}", "refs", refs) : NULL;
        ok = ok && ((group && stix_set_text(group, "technique", v->technique, e)) || export_no_memory(e));
        json_decref(refs);
    }
    if (!ok)
        json_decref(group);
    ok = ok && (export_count(s->groups, buf_str(&key), group, &f) || export_no_memory(e));
    buf_free(&key);
    return ok;
}

static json_int_t bounded(json_int_t n) {
    return n > STIX_COUNT_MAX ? STIX_COUNT_MAX : n;
}

/* Of a technique the ids of what was observed, for its sighting. */
static json_t *observed_of(struct story *s, str technique) {
    json_t *const of = json_object_getn(s->techniques, technique.ptr, technique.len);

    return json_object_get(of, "observed");
}

static bool groups_put(struct story *s, struct err *e) {
    const char *key;
    json_t *group;

    json_object_foreach(s->groups, key, group) {
        json_t *const object = stix_begin(s->b, "observed-data"), *const all =
                                                                      observed_of(s, json_text_at(group, "technique"));
        str id;

        if (!object)
            return export_no_memory(e);
        if (!stix_set_time(object, "first_observed", export_time(group, "first"), e) ||
            !stix_set_time(object, "last_observed", export_time(group, "last"), e) ||
            !stix_set(object, "number_observed",
                      json_integer(bounded(json_integer_value(json_object_get(group, "events")))), e) ||
            !stix_set(object, "object_refs", json_incref(json_object_get(group, "refs")), e)) {
            json_decref(object);
            return false;
        }
        if (!stix_finish(s->b, object, &id, e) || !member(s, id, e) ||
            (all && json_array_append_new(all, json_stringn(id.ptr, id.len)) != 0 && !export_no_memory(e)))
            return false;
    }
    return true;
}

/* ---- in words ---- */

/* Cut where a character ends. */
static void words(struct buf *b, str s) {
    size_t n = s.len < TEXT_MAX ? s.len : TEXT_MAX;

    while (n < s.len && n > TEXT_MAX - 4 && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
        n--;
    finding_plain(b, str_first(s, n), false);
}

static void how_often(struct buf *b, uint64_t acts, uint64_t events) {
    buf_format(b, "%lu act%s, %lu event%s", (unsigned long)acts, acts == 1 ? "" : "s", (unsigned long)events,
               events == 1 ? "" : "s");
}

static void number(struct buf *b, bool *some, uint64_t n, const char *one, const char *many) {
    if (!n)
        return;
    buf_add(b, *some ? S(", ") : S(" Reached: "));
    buf_format(b, "%lu %s", (unsigned long)n, n == 1 ? one : many);
    *some = true;
}

static void reached(struct buf *b, const struct export_incident *i) {
    static const struct {
        const char *one, *many, *items;
    } nouns[REACH_TYPES] = {
        [REACH_MAILBOX] = {"mailbox", "mailboxes", "messages read"},
        [REACH_FILE] = {"file", "files", NULL},
        [REACH_REGISTER] = {"file of a register", "files of registers", NULL},
        [REACH_HOST] = {"host", "hosts", NULL},
        [REACH_ACCOUNT] = {"account", "accounts", NULL},
        [REACH_CALLS] = {"export of call records", "exports of call records", "records"},
        [REACH_PERSON] = {"person's calls", "persons' calls", NULL},
        [REACH_OUT] = {"address that data left for", "addresses that data left for", NULL},
    };
    uint64_t count[REACH_TYPES] = {0}, items[REACH_TYPES] = {0}, bytes = 0;
    bool some = false;

    for (size_t k = 0; k < i->reach_count; k++) {
        count[i->reaches[k].type]++;
        items[i->reaches[k].type] += i->reaches[k].items;
        bytes += i->reaches[k].type == REACH_OUT ? i->reaches[k].amount : 0;
    }
    for (size_t t = 0; t < REACH_TYPES; t++) {
        number(b, &some, count[t], nouns[t].one, nouns[t].many);
        if (count[t] && nouns[t].items && items[t])
            buf_format(b, " (%lu %s)", (unsigned long)items[t], nouns[t].items);
    }
    if (bytes)
        buf_format(b, " (%lu bytes)", (unsigned long)bytes);
    buf_add(b, some ? S(".") : S(""));
}

static void doors(struct buf *b, const struct export_incident *i) {
    uint64_t count[DOOR_CANNOT_TELL + 1] = {0};
    size_t told = 0;

    for (size_t k = 0; k < i->door_count; k++)
        count[i->doors[k].state]++;
    if (!i->door_count)
        return;
    buf_format(b, " Doors: %lu closed, %lu open, of %lu nobody can tell.", (unsigned long)count[DOOR_CLOSED],
               (unsigned long)count[DOOR_OPEN], (unsigned long)count[DOOR_CANNOT_TELL]);
    for (size_t k = 0; k < i->door_count && told < DOORS_TOLD; k++) {
        if (i->doors[k].state == DOOR_CLOSED || !i->doors[k].identity.len)
            continue;
        buf_add(b, told++ ? S("; ") : S(" Not known to be closed: "));
        buf_add(b, door_kind_name(i->doors[k].kind));
        buf_byte(b, ' ');
        words(b, i->doors[k].identity);
    }
    buf_add(b, told == DOORS_TOLD ? S("; and perhaps more.") : told ? S(".") : S(""));
}

static void describe(const struct story *s, struct buf *b, const struct export_incident *i) {
    char first[INSTANT_TEXT], last[INSTANT_TEXT];

    buf_format(b, "Level %.*s", STR_ARG(sigma_level_name(i->of.level)));
    if (!i->reduced)
        buf_format(b, ", score %.1f (decimal logarithm of a likelihood ratio)", i->score);
    if (i->first != INSTANT_NONE)
        buf_format(b, ". From %.*s to %.*s", STR_ARG(instant_format(i->first, first)),
                   STR_ARG(instant_format(i->last, last)));
    if (i->state.len) {
        buf_add(b, S(", "));
        buf_add(b, i->state);
    }
    buf_add(b, S(": "));
    how_often(b, i->acts, i->events);
    buf_byte(b, '.');
    if (i->began.len) {
        buf_add(b, S(" It began: "));
        words(b, i->began);
        buf_byte(b, '.');
    }
    reached(b, i);
    doors(b, i);
    buf_add(b, S(" Why:"));
    for (size_t k = 0; k < i->clue_count && k < CLUES_TOLD; k++) {
        buf_add(b, k ? S("; ") : S(" "));
        words(b, i->clues[k].title);
        if (i->clues[k].reason.len) {
            buf_add(b, S(" ("));
            words(b, i->clues[k].reason);
            buf_byte(b, ')');
        }
    }
    if (i->clue_count > CLUES_TOLD)
        buf_format(b, "; and %zu more", i->clue_count - CLUES_TOLD);
    buf_byte(b, '.');
    if (i->reduced)
        buf_add(b, S(" Clues that are marked more strictly are left out, and what was put together out of all."));
    if (s->more)
        buf_format(b, " %lu of the acts %s in no observed-data, because there are so many.", (unsigned long)s->more,
                   s->more == 1 ? "is" : "are");
    if (i->entity_count > ENTITIES_EACH && !counted_alone(s))
        buf_format(b,
                   " Of %zu accounts, hosts, addresses and other things that it has to do with the first %u are told.",
                   i->entity_count, ENTITIES_EACH);
    buf_add(b, S(" " SCALE));
}

/* ---- what belongs together ---- */

static bool related(struct story *s, str from, const char *how, str to, struct buf *why, int64_t first, int64_t last,
                    struct err *e) {
    json_t *const object = stix_begin(s->b, "relationship");
    str id;
    bool ok = object != NULL || export_no_memory(e);

    ok = ok && stix_set_text(object, "relationship_type", str_of(how), e) &&
         stix_set_text(object, "source_ref", from, e) && stix_set_text(object, "target_ref", to, e);
    if (ok && first != INSTANT_NONE)
        ok = stix_set_time(object, "start_time", first, e);
    if (ok && first != INSTANT_NONE && last != INSTANT_NONE && last > first) /* 5.1: later */
        ok = stix_set_time(object, "stop_time", last, e);
    ok = stix_set_buf(object, "description", why, e) && ok;
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(s->b, object, &id, e) && member(s, id, e);
}

static bool technique_note(struct story *s, const struct export_incident *i, const struct export_technique *t,
                           struct err *e) {
    struct export_finding const f = {.first = t->first, .last = t->last, .events = t->events ? t->events : 1};
    json_t *const of = export_count(s->techniques, t->technique, json_pack("{s:[]}", "observed"), &f);

    if (!of)
        return export_no_memory(e);
    return (json_int_t)i->of.level < json_integer_value(json_object_get(of, "level")) ||
           stix_set(of, "level", json_integer(i->of.level), e);
}

static bool techniques_put(struct story *s, const struct export_incident *i, str incident, struct err *e) {
    for (size_t k = 0; k < i->technique_count; k++) {
        const struct export_technique *const t = &i->techniques[k];
        char name[ATTACK_TECHNIQUE];
        struct buf why = {0};
        str id;

        if (!attack_technique(t->technique, name) || !stix_technique(s->b, name, &id, e))
            return false;
        if (!member(s, id, e))
            return false;
        if (t->tactic.len) {
            buf_add(&why, t->tactic);
            buf_add(&why, S(": "));
        }
        how_often(&why, t->acts, t->events);
        if (!related(s, incident, "uses", id, &why, t->first, t->last, e))
            return false;
    }
    return true;
}

/* The object of an entity: refs is filled with it, or stays empty where STIX has none. */
static bool entity_object(struct story *s, const struct incident_entity *v, json_t *refs, struct err *e) {
    str name = v->name;
    size_t slash;

    switch (v->type) {
    case PART_ACCOUNT:
        return account_object(s->b, name, refs, e);
    case PART_HOST:
    case PART_DOMAIN:
        return host_object(s->b, name, refs, e);
    case PART_ADDRESS:
        return address_object(s->b, name, refs, e);
    case PART_PAGE: /* a host and a path: nobody says by which scheme; the file is what its path ends in */
        if (s->b->x->redact != REDACT_NOTHING)
            return true;
        while ((slash = str_find_byte(name, '/')) != SIZE_MAX)
            name = str_from(name, slash + 1);
        return !name.len || name.len == v->name.len ||
               stix_observable(s->b, stix_value_object(OBSERVABLE_FILE_NAME, name, S("")), refs, e);
    case PART_OBJECT:
        return !is_url(name) || stix_observable(s->b, url_object(name), refs, e);
    case PART_SESSION:
    case PART_CLIENT:
    case PART_PROGRAM:
    case PART_TYPES:
        break;
    }
    return true;
}

static bool entities_put(struct story *s, const struct export_incident *i, str incident, struct err *e) {
    bool ok = true;

    for (size_t k = 0; ok && k < i->entity_count && k < ENTITIES_EACH && !counted_alone(s); k++) {
        const struct incident_entity *const v = &i->entities[k];
        json_t *const refs = json_array();
        struct buf why = {0};

        ok = (refs || export_no_memory(e)) && entity_object(s, v, refs, e);
        if (ok && json_array_size(refs)) {
            str const id = json_text(json_array_get(refs, 0));

            buf_add(&why, v->role == ENTITY_OWN ? S("The intruder's own") : S("Reached"));
            if (v->shared)
                buf_add(&why, S(", and others use it as well"));
            if (v->note.len) {
                buf_add(&why, S(": "));
                words(&why, v->note);
            }
            ok = member(s, id, e) &&
                 related(s, incident, v->role == ENTITY_OWN ? "related-to" : "targets", id, &why, v->first, v->last, e);
        }
        buf_free(&why);
        json_decref(refs);
    }
    return ok;
}

static bool judged_put(struct story *s, const struct export_incident *i, str incident, struct err *e) {
    json_t *const ids = json_array();
    bool ok = (ids || export_no_memory(e)) && stix_assessment(s->b, i, incident, ids, e);

    for (size_t k = 0; ok && k < json_array_size(ids); k++)
        ok = member(s, json_text(json_array_get(ids, k)), e);
    json_decref(ids);
    return ok;
}

static bool grouping_put(struct story *s, const struct export_incident *i, struct err *e) {
    json_t *const object = stix_begin(s->b, "grouping");
    struct buf name = {0};
    bool ok = object != NULL || export_no_memory(e);

    buf_format(&name, "Incident %u: ", i->of.incident);
    words(&name, i->of.title);
    ok = stix_set_buf(object, "name", &name, e) && ok;
    ok = ok && stix_set_text(object, "context", S("suspicious-activity"), e) &&
         stix_set(object, "object_refs", json_incref(s->members), e);
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(s->b, object, NULL, e);
}

static bool on_incident(void *ctx, const struct export_incident *i, struct err *e) {
    struct story *const s = ctx;

    s->more = 0;
    json_object_clear(s->groups);
    json_object_clear(s->seen);
    json_decref(s->members);
    if (!(s->members = json_array()))
        return export_no_memory(e);
    for (size_t k = 0; k < i->technique_count; k++)
        if (!technique_note(s, i, &i->techniques[k], e))
            return false;
    return true;
}

static bool on_end(void *ctx, const struct export_incident *i, struct err *e) {
    struct story *const s = ctx;
    json_t *const object = stix_begin(s->b, "incident");
    struct buf name = {0}, about = {0};
    bool ok = object != NULL || export_no_memory(e);
    str id;

    words(&name, i->of.title);
    describe(s, &about, i);
    ok = stix_set_buf(object, "name", &name, e) && ok;
    ok = stix_set_buf(object, "description", &about, e) && ok;
    ok = ok && stix_set(object, "confidence", json_integer(stix_confidence(i->of.level)), e);
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(s->b, object, &id, e) && member(s, id, e) && groups_put(s, e) && techniques_put(s, i, id, e) &&
           entities_put(s, i, id, e) && judged_put(s, i, id, e) && grouping_put(s, i, e);
}

/* ---- all of it ---- */

static bool on_latest(void *ctx, const struct export_incident *i, struct err *e) {
    struct bundle *const b = ctx;

    (void)e;
    if (i->last != INSTANT_NONE && (b->latest == INSTANT_NONE || i->last > b->latest))
        b->latest = i->last;
    return true;
}

bool stix_incidents_latest(struct bundle *b, struct err *e) {
    struct export_incident_visitor const visitor = {.incident = on_latest, .ctx = b};

    return export_incidents(b->x, b->clues, &visitor, NULL, e);
}

/* What findings name has been sighted by them; their events are acts as well, and would count twice. */
static bool sightings_put(struct story *s, struct err *e) {
    const char *number_;
    json_t *of;

    json_object_foreach(s->techniques, number_, of) {
        str id;

        if (json_object_get(s->b->techniques, number_))
            continue;
        if (!stix_set_text(of, "scale", S(SCALE), e) || !stix_technique(s->b, number_, &id, e) ||
            !stix_sighting(s->b, id, of, PAP_NONE, json_object_get(of, "observed"), e))
            return false;
    }
    return true;
}

bool stix_incidents(struct bundle *b, struct err *e) {
    struct story s = {
        .b = b, .groups = json_object(), .techniques = json_object(), .members = json_array(), .seen = json_object()};
    struct export_incident_visitor const visitor = {on_incident, on_act, on_end, &s};
    bool const ok = ((s.groups && s.techniques && s.members && s.seen) || export_no_memory(e)) &&
                    export_incidents(b->x, b->clues, &visitor, b->n, e) && sightings_put(&s, e);

    json_decref(s.groups);
    json_decref(s.techniques);
    json_decref(s.members);
    json_decref(s.seen);
    return ok;
}
