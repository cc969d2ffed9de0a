/* import_stix: STIX 2.0 and 2.1: bundles, bare objects, arrays and lines of objects, TAXII envelopes (docs/formats/intel-import.md).
 *
 * All objects are read first: of each id the newest version counts, and what stands around an indicator (markings, relationships,
 * sightings, reports) may come before or behind it. Then relationships become edges, and each indicator is told with what can be reached
 * from it: `indicates` an intrusion set, a campaign that is `attributed-to` one, malware `authored-by` one, infrastructure that somebody
 * `uses`. What a campaign or a group uses besides is no word about each of its indicators, and is not handed on to them. */
#include <assert.h>

#include "base/hash.h"
#include "codec/json_tree.h"
#include "intel/import_own.h"
#include "intel/stix_pattern.h"

#define BUNDLES_MAX 8u /* within bundles */
#define WALK_MAX 256u  /* objects around one indicator */
#define TYPES_MAX 128u /* kinds of objects that are counted apart */
#define KEPT_MAX ((size_t)2 << 30)

enum link {
    LINK_INDICATES,
    LINK_ATTRIBUTED, /* and authored-by */
    LINK_USES,
    LINK_HOLDS, /* of infrastructure: owns, hosts, compromises */
    LINK_LOCATED,
    LINK_RELATED,
    LINK_COPY, /* derived-from, duplicate-of */
    LINK_REVOKED,
    LINK_MEMBER,   /* a report, grouping or observation and what it refers to */
    LINK_SIGHTING, /* a sighting and what was seen */
    LINKS
};

static const struct {
    str name;
    enum link link;
} link_names[] = {
    {STR("indicates"), LINK_INDICATES},
    {STR("attributed-to"), LINK_ATTRIBUTED},
    {STR("authored-by"), LINK_ATTRIBUTED},
    {STR("uses"), LINK_USES},
    {STR("owns"), LINK_HOLDS},
    {STR("hosts"), LINK_HOLDS},
    {STR("compromises"), LINK_HOLDS},
    {STR("located-at"), LINK_LOCATED},
    {STR("originates-from"), LINK_LOCATED},
    {STR("related-to"), LINK_RELATED},
    {STR("derived-from"), LINK_COPY},
    {STR("duplicate-of"), LINK_COPY},
    {STR("revoked-by"), LINK_REVOKED},
};

/* What is done with objects of a type. */
enum what { WHAT_INDICATOR, WHAT_GROUP, WHAT_TOLD, WHAT_SEEN, WHAT_NOTHING };

static const struct {
    str type;
    enum what what;
} type_names[] = {
    {STR("indicator"), WHAT_INDICATOR},
    {STR("intrusion-set"), WHAT_GROUP},
    {STR("threat-actor"), WHAT_GROUP},
    {STR("attack-pattern"), WHAT_TOLD},
    {STR("campaign"), WHAT_TOLD},
    {STR("grouping"), WHAT_TOLD},
    {STR("identity"), WHAT_TOLD},
    {STR("infrastructure"), WHAT_TOLD},
    {STR("location"), WHAT_TOLD},
    {STR("malware"), WHAT_TOLD},
    {STR("marking-definition"), WHAT_TOLD},
    {STR("relationship"), WHAT_TOLD},
    {STR("report"), WHAT_TOLD},
    {STR("sighting"), WHAT_TOLD},
    {STR("tool"), WHAT_TOLD},
    {STR("observed-data"), WHAT_SEEN},
    {STR("artifact"), WHAT_SEEN},
    {STR("autonomous-system"), WHAT_SEEN},
    {STR("directory"), WHAT_SEEN},
    {STR("domain-name"), WHAT_SEEN},
    {STR("email-addr"), WHAT_SEEN},
    {STR("email-message"), WHAT_SEEN},
    {STR("file"), WHAT_SEEN},
    {STR("ipv4-addr"), WHAT_SEEN},
    {STR("ipv6-addr"), WHAT_SEEN},
    {STR("mac-addr"), WHAT_SEEN},
    {STR("mutex"), WHAT_SEEN},
    {STR("network-traffic"), WHAT_SEEN},
    {STR("process"), WHAT_SEEN},
    {STR("software"), WHAT_SEEN},
    {STR("url"), WHAT_SEEN},
    {STR("user-account"), WHAT_SEEN},
    {STR("windows-registry-key"), WHAT_SEEN},
    {STR("x509-certificate"), WHAT_SEEN},
};

struct object {
    const json_t *json;
    str id, type;
    int64_t modified;
    uint32_t number;  /* in the file, from 1 */
    uint32_t out, in; /* number + 1 of the first edge from it, and to it (of some links: looked_at_from_behind) */
    uint32_t seen;    /* the walk that came by last */
    enum what what;
    bool revoked;
};

struct edge {
    enum link link;
    uint32_t from, to;          /* objects */
    uint32_t next_out, next_in; /* number + 1 */
};

struct stix {
    const struct import_about *about;
    const struct intel_sink *sink;
    struct arena *a;       /* names, until the end */
    struct arena *scratch; /* of one pattern */
    struct buf comment;    /* of one indicator */
    json_t *roots;         /* an array: keeps what objects are views into */
    struct object *objects;
    size_t count, room;
    uint32_t *slots; /* by id: number + 1 of its newest version */
    uint32_t mask;
    uint64_t seed;
    struct edge *edges;
    size_t edge_count, edge_room;
    uint32_t walks, number;
    size_t unjoined, older, loose;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for STIX objects");
}

static enum what what_of(str type) {
    for (size_t i = 0; i < COUNT(type_names); i++)
        if (str_eq(type_names[i].type, type))
            return type_names[i].what;
    return WHAT_NOTHING;
}

static bool is(const struct object *o, const char *type) {
    return str_eq(o->type, str_of(type));
}

/* A time as feeds write it: RFC 3339 with or without zone, or a number of seconds. */
static int64_t time_at(const json_t *object, const char *name) {
    const json_t *const value = json_object_get(object, name);
    int64_t n;

    if (json_is_number(value) && json_number(value, &n))
        return instant_from_unix(n, 0);
    return instant_parse(json_text(value));
}

/* The part of an id that other formats keep when they turn an object into another type (misp-stix does). */
static str uuid_of(str id) {
    size_t const at = str_find(id, S("--"));

    return at == SIZE_MAX ? id : str_from(id, at + 2);
}

/* ---- strict: what the specification asks of every object that is used here ---- */

static bool unlawful(const struct object *o, struct err *e, const char *why) {
    return err_set(e, ERR_CORRUPT, 0, "object %u (%.*s): %s", o->number, STR_ARG(str_first(o->id, 100)), why);
}

/* STIX 2.1 3.2: RFC 3339 with T and Z, a point only with digits behind it. */
static bool time_lawful(str s) {
    static const char form[] = "dddd-dd-ddTdd:dd:dd";

    if (s.len < sizeof form || s.ptr[s.len - 1] != 'Z' || instant_parse(s) == INSTANT_NONE)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == 'd' ? s.ptr[i] < '0' || s.ptr[i] > '9' : s.ptr[i] != form[i])
            return false;
    str const rest = str_first(str_from(s, sizeof form - 1), s.len - sizeof form);
    uint64_t n;

    if (!rest.len)
        return true;
    for (size_t i = 1; i < rest.len; i++)
        if (!str_u64(str_first(str_from(rest, i), 1), 9, &n))
            return false;
    return rest.ptr[0] == '.' && rest.len > 1;
}

static bool time_required(const struct object *o, const char *name, struct err *e) {
    str const text = json_text_at(o->json, name);
    char why[64];

    if (time_lawful(text))
        return true;
    (void)snprintf(why, sizeof why, text.len ? "%s is no timestamp" : "it has no %s", name);
    return unlawful(o, e, why);
}

static bool indicator_lawful(const struct object *o, struct err *e) {
    const json_t *const confidence = json_object_get(o->json, "confidence");
    bool const is21 = json_text_at(o->json, "spec_version").len > 0;

    if (!json_text_at(o->json, "pattern").len)
        return unlawful(o, e, "it has no pattern");
    if (is21 && !json_text_at(o->json, "pattern_type").len)
        return unlawful(o, e, "it has no pattern_type");
    if (!is21 && !json_array_size(json_object_get(o->json, "labels")))
        return unlawful(o, e, "it has no labels");
    if (!time_required(o, "valid_from", e))
        return false;
    if (json_object_get(o->json, "valid_until")) {
        if (!time_required(o, "valid_until", e))
            return false;
        if (time_at(o->json, "valid_until") <= time_at(o->json, "valid_from"))
            return unlawful(o, e, "valid_until is not after valid_from");
    }
    if (confidence &&
        (!json_is_integer(confidence) || json_integer_value(confidence) < 0 || json_integer_value(confidence) > 100))
        return unlawful(o, e, "confidence is no whole number from 0 to 100");
    return true;
}

static bool lawful(const struct object *o, struct err *e) {
    str const uuid = uuid_of(o->id);

    if (!o->id.len)
        return unlawful(o, e, "it has no id");
    if (o->id.len != o->type.len + 2 + uuid.len || !str_starts(o->id, o->type) || !json_is_uuid(uuid))
        return unlawful(o, e, "its id is not its type, two hyphens and a UUID");
    if (o->what == WHAT_SEEN && !is(o, "observed-data"))
        return true;
    if (!time_required(o, "created", e))
        return false;
    if (is(o, "marking-definition"))
        return true;
    if (!time_required(o, "modified", e))
        return false;
    if (time_at(o->json, "modified") < time_at(o->json, "created"))
        return unlawful(o, e, "modified is before created");
    if (is(o, "relationship") && (!json_text_at(o->json, "relationship_type").len ||
                                  !json_text_at(o->json, "source_ref").len || !json_text_at(o->json, "target_ref").len))
        return unlawful(o, e, "a relationship has a type, a source and a target");
    return o->what != WHAT_INDICATOR || indicator_lawful(o, e);
}

/* ---- all objects, and of each the version that counts ---- */

static uint32_t find(const struct stix *s, str id) {
    if (s->slots && id.len)
        for (uint64_t at = hash_bytes(id, s->seed); s->slots[at & s->mask]; at++)
            if (str_eq(s->objects[s->slots[at & s->mask] - 1].id, id))
                return s->slots[at & s->mask] - 1;
    return UINT32_MAX;
}

static const struct object *found(const struct stix *s, str id) {
    uint32_t const at = find(s, id);

    return at == UINT32_MAX ? NULL : &s->objects[at];
}

static void slot_put(struct stix *s, uint32_t number) {
    uint64_t at = hash_bytes(s->objects[number].id, s->seed);

    while (s->slots[at & s->mask])
        at++;
    s->slots[at & s->mask] = number + 1;
}

static bool make_room(struct stix *s) {
    size_t const room = s->room ? s->room * 2 : 256;
    struct object *more;
    uint32_t *slots;

    if (s->count < s->room)
        return true;
    if (room > 1u << 28 || !(more = reallocarray(s->objects, room, sizeof *more)))
        return false;
    s->objects = more;
    if (!(slots = calloc(room * 2, sizeof *slots)))
        return false;
    free(s->slots);
    s->slots = slots;
    s->mask = (uint32_t)(room * 2 - 1);
    s->room = room;
    for (uint32_t i = 0; i < s->count; i++)
        if (s->objects[i].id.len)
            slot_put(s, i);
    return true;
}

/* STIX 2.1 3.6: the newest version is the state of an object; a revoked one is its last, whatever comes in later. */
static bool newer(const struct object *a, const struct object *b) {
    return a->revoked != b->revoked ? a->revoked : a->modified > b->modified;
}

static bool object_add(struct stix *s, const json_t *json, struct err *e) {
    struct object o = {.json = json,
                       .id = json_text_at(json, "id"),
                       .type = json_text_at(json, "type"),
                       .modified = time_at(json, "modified"),
                       .number = s->number,
                       .revoked = json_yes(json_object_get(json, "revoked"))};
    uint32_t before;

    o.what = what_of(o.type);
    if (o.modified == INSTANT_NONE)
        o.modified = time_at(json, "created");
    if (s->about->strict && !lawful(&o, e))
        return false;
    if (!make_room(s))
        return no_memory(e);
    if ((before = find(s, o.id)) != UINT32_MAX) {
        s->older++;
        if (!newer(&o, &s->objects[before]))
            return true;
        s->objects[before] = o; /* the older one is in no edge yet */
        return true;
    }
    s->objects[s->count++] = o;
    if (o.id.len)
        slot_put(s, (uint32_t)s->count - 1);
    return true;
}

/* A bundle (STIX 2.1 8), an envelope (TAXII 2.1 3.7), an array, or an object. */
static bool take(struct stix *s, const json_t *value, unsigned depth, struct err *e) {
    const json_t *const objects = json_object_get(value, "objects"), *const many =
                                                                         json_is_array(value) ? value : objects;
    str const type = json_text_at(value, "type");
    bool const bundle = json_is_array(value) || str_eq(type, S("bundle")) || (!type.len && json_is_array(objects));
    json_t *one;
    size_t i;

    if (!bundle) {
        s->number++;
        if (type.len)
            return object_add(s, value, e);
        if (s->about->strict)
            return err_set(e, ERR_CORRUPT, 0, "object %u is no STIX object: it has no type", s->number);
        s->loose += !json_is_object(value) || json_object_size(value) > 0;
        return true;
    }
    if (depth == BUNDLES_MAX)
        return err_set(e, ERR_LIMIT, 0, "bundles within bundles, more than %u deep", BUNDLES_MAX);
    if (s->about->strict && type.len && !json_is_uuid(uuid_of(json_text_at(value, "id"))))
        return err_set(e, ERR_CORRUPT, 0, "the bundle has no id as STIX asks for it");
    json_array_foreach((json_t *)(uintptr_t)many, i, one) if (!take(s, one, depth + 1, e)) return false;
    return true;
}

static bool visit(void *ctx, json_t *value, struct err *e) {
    struct stix *const s = ctx;

    return json_array_append(s->roots, value) == 0 ? take(s, value, 0, e) : no_memory(e);
}

/* ---- relationships ---- */

static bool join(struct stix *s, enum link link, uint32_t from, str to, struct err *e) {
    uint32_t const target = find(s, to);

    if (target == UINT32_MAX) {
        s->unjoined += link < LINK_MEMBER;
        return true;
    }
    if (s->edge_count == s->edge_room) {
        size_t const room = s->edge_room ? s->edge_room * 2 : 256;
        struct edge *const more = room > 1u << 28 ? NULL : reallocarray(s->edges, room, sizeof *more);

        if (!more)
            return no_memory(e);
        s->edges = more;
        s->edge_room = room;
    }
    s->edges[s->edge_count++] = (struct edge){.link = link, .from = from, .to = target};
    return true;
}

static bool relationship(struct stix *s, const struct object *o, struct err *e) {
    str const name = json_text_at(o->json, "relationship_type");
    uint32_t const from = find(s, json_text_at(o->json, "source_ref"));

    for (size_t i = 0; i < COUNT(link_names); i++) {
        if (!str_eq_ascii(name, link_names[i].name))
            continue;
        if (from == UINT32_MAX) {
            s->unjoined++;
            return true;
        }
        return join(s, link_names[i].link, from, json_text_at(o->json, "target_ref"), e);
    }
    return true;
}

/* Not so `indicates`: ten thousand indicators of one thing would each look at all of them. */
static bool looked_at_from_behind(enum link link) {
    return link == LINK_USES || link == LINK_HOLDS || link == LINK_REVOKED || link == LINK_MEMBER ||
           link == LINK_SIGHTING;
}

static bool join_all(struct stix *s, struct err *e) {
    for (uint32_t i = 0; i < s->count; i++) {
        const struct object *const o = &s->objects[i];
        const json_t *const refs = json_object_get(o->json, "object_refs");

        if (o->revoked)
            continue;
        if (is(o, "relationship") && !relationship(s, o, e))
            return false;
        if (is(o, "sighting") && !join(s, LINK_SIGHTING, i, json_text_at(o->json, "sighting_of_ref"), e))
            return false;
        if (is(o, "report") || is(o, "grouping") || is(o, "observed-data"))
            for (size_t k = 0; k < json_array_size(refs); k++)
                if (!join(s, LINK_MEMBER, i, json_text_of(refs, k), e))
                    return false;
    }
    for (size_t i = s->edge_count; i-- > 0;) { /* so that each list is in the order of the file */
        struct edge *const edge = &s->edges[i];

        edge->next_out = s->objects[edge->from].out;
        s->objects[edge->from].out = (uint32_t)i + 1;
        if (!looked_at_from_behind(edge->link))
            continue;
        edge->next_in = s->objects[edge->to].in;
        s->objects[edge->to].in = (uint32_t)i + 1;
    }
    return true;
}

/* ---- what an object says by itself ---- */

static bool begins(str s, const char *with) {
    str const w = str_of(with);

    return s.len >= w.len && str_eq_ascii(str_first(s, w.len), w);
}

/* "tlp:amber", "PAP:RED" among labels and in names of markings. */
static void mark_word(str word, enum tlp *tlp, enum pap *pap) {
    if (begins(word, "pap:"))
        *pap = pap_named(word) > *pap ? pap_named(word) : *pap;
    else if (begins(word, "tlp:"))
        *tlp = tlp_stricter(*tlp, tlp_named(word));
}

/* A marking definition of somebody's own: with TLP in either generation, PAP, or a statement (STIX 2.1 7.2.1). False: not understood. */
static bool mark_defined(const json_t *json, enum tlp *tlp, enum pap *pap, bool *statement) {
    enum tlp t = TLP_NONE;
    enum pap p = PAP_NONE;
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get((json_t *)(uintptr_t)json, "definition"), key, value) {
        str const word = json_text(value);

        if (str_eq_ascii(str_of(key), S("tlp")))
            t = tlp_stricter(t, tlp_named(word));
        else if (str_eq_ascii(str_of(key), S("pap")))
            p = pap_named(word);
    }
    json_object_foreach(json_object_get((json_t *)(uintptr_t)json, "extensions"), key, value) {
        str const word = json_text_at(value, "tlp_2_0");

        if (word.len)
            t = tlp_stricter(t, tlp_named(word) == TLP_NONE ? TLP_UNKNOWN : tlp_named(word));
    }
    mark_word(json_text_at(json, "name"), &t, &p);
    mark_word(json_text_at(json, "x_opencti_definition"), &t, &p);
    *tlp = tlp_stricter(*tlp, t);
    *pap = p > *pap ? p : *pap;
    if (t != TLP_NONE || p != PAP_NONE)
        return true;
    if (!str_eq(json_text_at(json, "definition_type"), S("statement")))
        return false;
    *statement = true;
    return true;
}

static void mark(const struct stix *s, str ref, enum tlp *tlp, enum pap *pap, bool *statement) {
    enum tlp const known = tlp_of_marking(ref);
    const struct object *definition;

    if (known != TLP_UNKNOWN)
        *tlp = tlp_stricter(*tlp, known);
    else if (!(definition = found(s, ref)) || !mark_defined(definition->json, tlp, pap, statement))
        *tlp = TLP_UNKNOWN;
}

/* The strictest of all markings, those of single properties included. A statement is no level; alone it is terms that nobody here has read,
 * and what is not understood restricts. */
static void markings(const struct stix *s, const json_t *json, struct intel_item *item) {
    const json_t *const refs = json_object_get(json, "object_marking_refs");
    const json_t *const granular = json_object_get(json, "granular_markings");
    const json_t *const labels = json_object_get(json, "labels");
    bool statement = false;

    for (size_t i = 0; i < json_texts(refs); i++)
        mark(s, json_text_of(refs, i), &item->tlp, &item->pap, &statement);
    for (size_t i = 0; i < json_array_size(granular); i++) {
        str const ref = json_text_at(json_array_get(granular, i), "marking_ref");

        if (ref.len) /* else it tells a language */
            mark(s, ref, &item->tlp, &item->pap, &statement);
    }
    for (size_t i = 0; i < json_texts(labels); i++)
        mark_word(json_text_of(labels, i), &item->tlp, &item->pap);
    if (statement && item->tlp == TLP_NONE)
        item->tlp = TLP_UNKNOWN;
}

/* Bases of knowledge, to which everybody refers: no sign that two have it from one another. */
static bool is_common(str source) {
    return begins(source, "mitre") || begins(source, "capec") || begins(source, "cve") || begins(source, "cwe") ||
           begins(source, "nvd") || begins(source, "nist");
}

static const json_t *references(const json_t *json) {
    return json_object_get(json, "external_references");
}

static str reference_of(const json_t *references, size_t i) {
    const json_t *const one = json_array_get(references, i);
    str const url = json_text_at(one, "url");

    if (is_common(json_text_at(one, "source_name")))
        return S("");
    return url.len ? url : json_text_at(one, "external_id");
}

static void references_add(struct item_names *to, const json_t *json) {
    for (size_t i = 0; i < json_array_size(references(json)); i++)
        item_name_add(to, reference_of(references(json), i));
}

/* The number that ATT&CK gives it; "" if it has none. */
static str attack_id(const json_t *json) {
    for (size_t i = 0; i < json_array_size(references(json)); i++) {
        const json_t *const one = json_array_get(references(json), i);
        str const source = json_text_at(one, "source_name");

        if (begins(source, "mitre-") && str_ends(source, S("attack")))
            return json_text_at(one, "external_id");
    }
    return S("");
}

static str name_of(const struct object *o) {
    return json_text_at(o->json, "name");
}

static str technique_of(const struct object *o) {
    str const id = attack_id(o->json);

    return id.len ? id : name_of(o);
}

static enum item_nature nature_named(str word) {
    static const struct {
        str word;
        enum item_nature nature;
    } words[] = {
        {STR("anonymization"), NATURE_RELAY},
        {STR("anonymisation"), NATURE_RELAY},
        {STR("compromised"), NATURE_VICTIM},
        {STR("victim"), NATURE_VICTIM},
        {STR("command-and-control"), NATURE_OPERATION},
        {STR("exfiltration"), NATURE_OPERATION},
        {STR("hosting-malware"), NATURE_OPERATION},
        {STR("phishing"), NATURE_OPERATION},
        {STR("staging"), NATURE_OPERATION},
        {STR("reconnaissance"), NATURE_SCANNER},
    };

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq_ascii(words[i].word, word))
            return words[i].nature;
    return NATURE_UNSAID;
}

/* Of an indicator's or infrastructure's own words; the first that says something. */
static void nature_of(const json_t *words, struct intel_item *item) {
    for (size_t i = 0; i < json_texts(words); i++) {
        if (item->nature == NATURE_UNSAID)
            item->nature = nature_named(json_text_of(words, i));
        if (str_eq_ascii(json_text_of(words, i), S("benign")))
            item->context = true;
    }
}

/* ---- what can be reached from an indicator ---- */

struct walk {
    struct stix *s;
    struct intel_item *item;
    uint32_t queue[WALK_MAX];
    size_t count;
};

static void walk_to(struct walk *w, uint32_t object) {
    if (w->s->objects[object].seen == w->s->walks || w->count == WALK_MAX)
        return;
    w->s->objects[object].seen = w->s->walks;
    w->queue[w->count++] = object;
}

/* Those that have it, of those whose infrastructure it is. */
static void walk_owners(struct walk *w, const struct object *o) {
    for (uint32_t i = o->in; i; i = w->s->edges[i - 1].next_in) {
        const struct edge *const edge = &w->s->edges[i - 1];

        if (edge->link == LINK_USES || edge->link == LINK_HOLDS)
            walk_to(w, edge->from);
    }
}

static void walk_by(struct walk *w, const struct object *o) {
    struct intel_item *const item = w->item;

    if (is(o, "campaign")) {
        item_name_add(&item->campaigns, name_of(o));
    } else if (o->what == WHAT_GROUP) {
        item_name_add(&item->groups, name_of(o));
    } else if (is(o, "malware")) {
        item_name_add(&item->malware, name_of(o));
    } else if (is(o, "tool")) {
        item_name_add(&item->malware, name_of(o));
        if (item->nature == NATURE_UNSAID)
            item->nature = NATURE_TOOL;
    } else if (is(o, "attack-pattern")) {
        item_name_add(&item->techniques, technique_of(o));
    } else if (is(o, "infrastructure")) {
        nature_of(json_object_get(o->json, "infrastructure_types"), item);
        walk_owners(w, o);
    }
    for (uint32_t i = o->out; i; i = w->s->edges[i - 1].next_out)
        if (w->s->edges[i - 1].link == LINK_ATTRIBUTED)
            walk_to(w, w->s->edges[i - 1].to);
}

static void sighted(const struct object *sighting, struct intel_item *item) {
    int64_t const first = time_at(sighting->json, "first_seen");
    int64_t const last = json_object_get(sighting->json, "last_seen") ? time_at(sighting->json, "last_seen") : first;
    int64_t count;

    if (json_number(json_object_get(sighting->json, "count"), &count) && count == 0) /* looked for, and not seen */
        return;
    if (first != INSTANT_NONE && (item->first_seen == INSTANT_NONE || first < item->first_seen))
        item->first_seen = first;
    if (last != INSTANT_NONE && last > item->last_seen) /* NONE is before all */
        item->last_seen = last;
}

static void around(struct stix *s, const struct object *o, struct intel_item *item) {
    struct walk w = {.s = s, .item = item};

    s->walks++;
    for (uint32_t i = o->in; i; i = s->edges[i - 1].next_in) {
        const struct object *const from = &s->objects[s->edges[i - 1].from];

        if (s->edges[i - 1].link == LINK_SIGHTING)
            sighted(from, item);
        if (s->edges[i - 1].link != LINK_MEMBER || is(from, "observed-data"))
            continue;
        item_name_add(&item->origins, uuid_of(from->id));
        references_add(&item->origins, from->json);
    }
    for (uint32_t i = o->out; i; i = s->edges[i - 1].next_out) {
        const struct edge *const edge = &s->edges[i - 1];

        if (edge->link == LINK_COPY)
            item_name_add(&item->origins, uuid_of(s->objects[edge->to].id));
        else if (edge->link == LINK_INDICATES || edge->link == LINK_ATTRIBUTED || edge->link == LINK_USES ||
                 (edge->link == LINK_RELATED && !s->about->strict))
            walk_to(&w, edge->to);
    }
    for (size_t i = 0; i < w.count; i++)
        walk_by(&w, &s->objects[w.queue[i]]);
}

/* ---- indicators ---- */

static void window(struct stix *s, const json_t *json, struct intel_item *item) {
    item->valid_from = time_at(json, "valid_from");
    item->valid_until = time_at(json, "valid_until");
    if (item->valid_until == INSTANT_NONE || item->valid_until > item->valid_from)
        return;
    item->valid_until = INSTANT_NONE; /* else it could never be met with */
    buf_add(&s->comment, S("[valid_until "));
    buf_add(&s->comment, json_text_at(json, "valid_until"));
    buf_add(&s->comment, S(" is not after valid_from, and is taken as not said] "));
}

/* All that is said of an object but its value. Views live as long as s, the comment until the next. */
static struct intel_item item_of(struct stix *s, const struct object *o, str where) {
    struct intel_item item = item_new(OBSERVABLE_NONE, S(""), where);
    int64_t confidence;

    s->comment.len = 0;
    item.id = o->id;
    item.title = name_of(o);
    item.created = time_at(o->json, "created");
    item.modified = time_at(o->json, "modified");
    item.revoked = o->revoked;
    if (json_number(json_object_get(o->json, "confidence"), &confidence) && confidence >= 0 && confidence <= 100)
        item.confidence = (uint8_t)confidence;
    markings(s, o->json, &item);
    item_name_add(&item.origins, uuid_of(o->id));
    item_name_add(&item.origins, uuid_of(json_text_at(o->json, "created_by_ref")));
    references_add(&item.origins, o->json);
    around(s, o, &item);
    window(s, o->json, &item);
    buf_add(&s->comment, json_text_at(o->json, "description"));
    item.comment = buf_str(&s->comment);
    return item;
}

static bool tell_indicator(struct stix *s, const struct object *o, str where, struct err *e) {
    str const pattern = json_text_at(o->json, "pattern"), language = json_text_at(o->json, "pattern_type");
    struct intel_item item;

    if (language.len && !str_eq_ascii(language, S("stix")))
        return import_left_out(s->sink, where, o->id, e,
                               "a rule in the language of %.*s, not a STIX pattern: it is read where such rules are, "
                               "as a file of its own",
                               STR_ARG(str_first(language, 40)));
    if (!pattern.len)
        return import_left_out(s->sink, where, o->id, e, "an indicator without a pattern");
    item = item_of(s, o, where);
    nature_of(json_object_get(o->json, "indicator_types"), &item);
    nature_of(json_object_get(o->json, "labels"), &item);
    if (s->comment.failed)
        return no_memory(e);
    return import_pattern_tell(&item, pattern, s->about, s->sink, s->scratch, e);
}

/* ---- groups ---- */

static bool add_texts(struct import_names *to, const json_t *texts, str but, struct arena *a) {
    for (size_t i = 0; i < json_texts(texts); i++)
        if (!str_eq(json_text_of(texts, i), but) && !import_name_add(to, json_text_of(texts, i), a))
            return false;
    return true;
}

static bool add_used(struct stix *s, const struct object *o, struct import_group *g) {
    for (uint32_t i = o->out; i; i = s->edges[i - 1].next_out) {
        const struct object *const to = &s->objects[s->edges[i - 1].to];
        enum link const link = s->edges[i - 1].link;

        if (link == LINK_LOCATED && !import_name_add(&g->countries, json_text_at(to->json, "country"), s->a))
            return false;
        if (link != LINK_USES)
            continue;
        if (is(to, "attack-pattern") && !import_name_add(&g->techniques, technique_of(to), s->a))
            return false;
        if ((is(to, "malware") || is(to, "tool")) && !import_name_add(&g->malware, name_of(to), s->a))
            return false;
    }
    for (uint32_t i = o->in; i; i = s->edges[i - 1].next_in) {
        const struct object *const from = &s->objects[s->edges[i - 1].from];

        if (s->edges[i - 1].link != LINK_REVOKED || from->what != WHAT_GROUP)
            continue;
        if (!import_name_add(&g->aliases, name_of(from), s->a) ||
            !add_texts(&g->aliases, json_object_get(from->json, "aliases"), g->name, s->a))
            return false;
    }
    return true;
}

static bool tell_group(struct stix *s, const struct object *o, str where, struct err *e) {
    str const number = attack_id(o->json);
    struct import_group g = {.name = str_trim(name_of(o)),
                             .id = number.len ? number : o->id,
                             .where = where,
                             .description = json_text_at(o->json, "description"),
                             .retired = o->revoked || json_yes(json_object_get(o->json, "x_mitre_deprecated"))};

    if (!g.name.len)
        return import_left_out(s->sink, where, o->id, e, "a group without a name");
    if (!add_texts(&g.aliases, json_object_get(o->json, "aliases"), g.name, s->a) ||
        !add_texts(&g.aliases, json_object_get(o->json, "x_mitre_aliases"), g.name, s->a) || !add_used(s, o, &g))
        return no_memory(e);
    for (size_t i = 0; i < json_array_size(references(o->json)); i++)
        if (!import_name_add(&g.origins, reference_of(references(o->json), i), s->a))
            return no_memory(e);
    return import_group_tell(&g, s->sink, e);
}

/* ---- what a base of knowledge says of who uses what ---- */

#define OWNERS_MAX 16u     /* groups that one campaign is attributed to; ATT&CK has two at most */
#define CITATIONS_MAX 256u /* of one relationship */

struct attributed {
    uint32_t campaign, group;
};
struct knowing {
    struct stix *s;
    struct attributed *attributed; /* by campaign */
    size_t count;
    struct arena *a; /* of one relationship */
};

static bool out_of_use(const struct object *o) {
    return o->revoked || json_yes(json_object_get(o->json, "x_mitre_deprecated"));
}

static bool is_software(const struct object *o) {
    return is(o, "malware") || is(o, "tool");
}

static bool tell_known(const struct knowing *k, const struct intel_known *known, struct err *e) {
    return k->s->sink->known(k->s->sink->ctx, known, e);
}

/* Day of publication in a citation as ATT&CK writes it: "Faou, M. (2019, May 12). Title. Retrieved ...". A month stands for its first day, a
 * year for its middle. */
static int64_t citation_day(str text) {
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    uint64_t year, day = 1;
    int64_t days;

    for (size_t at; (at = str_find_byte(text, '(')) != SIZE_MAX;) {
        unsigned month = 0;
        size_t digits = 0;

        text = str_from(text, at + 1);
        if (text.len < 5 || !str_u64(str_first(text, 4), 2199, &year) || year < 1980)
            continue;
        str rest = str_from(text, 4);

        if (rest.ptr[0] == ')')
            return instant_day((unsigned)year, 7, 1, &days) ? days * INT64_C(86400000000000) : INSTANT_NONE;
        if (!str_starts(rest, S(", ")) || rest.len < 5)
            continue;
        rest = str_from(rest, 2);
        for (unsigned m = 0; m < 12; m++)
            if (str_eq_ascii(str_first(rest, 3), (str){months + (size_t)3 * m, 3}))
                month = m + 1;
        if (!month)
            continue;
        while (rest.len && *rest.ptr != ' ' && *rest.ptr != ')')
            rest = str_from(rest, 1);
        rest = str_trim(str_first(rest, str_find_byte(rest, ')')));
        while (digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9')
            digits++;
        if (!str_u64(str_first(rest, digits), 31, &day))
            day = 1;
        if (!instant_day((unsigned)year, month, (unsigned)day, &days) && !instant_day((unsigned)year, month, 1, &days))
            return INSTANT_NONE;
        return days * INT64_C(86400000000000);
    }
    return INSTANT_NONE;
}

/* By which sources are told apart: the address without what changes nothing, else the name. */
static bool citation_key(const json_t *reference, struct arena *a, str *out) {
    str url = str_trim(json_text_at(reference, "url"));
    char *to;

    if (!url.len) {
        *out = str_trim(json_text_at(reference, "source_name"));
        return true;
    }
    if (begins(url, "http://") || begins(url, "https://"))
        url = str_from(url, str_find(url, S("://")) + 3);
    if (begins(url, "www."))
        url = str_from(url, 4);
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    if (!(to = arena_bytes(a, url.len)))
        return false;
    for (size_t i = 0; i < url.len; i++)
        to[i] = url.ptr[i] >= 'A' && url.ptr[i] <= 'Z' ? (char)(url.ptr[i] | 0x20) : url.ptr[i];
    *out = (str){to, url.len};
    return true;
}

static bool tell_use(struct knowing *k, const struct object *group, const struct object *what, const json_t *by,
                     struct err *e) {
    const json_t *const list = references(by);
    struct intel_known use = import_known_new(KNOWN_USE);
    str const number = attack_id(group->json);
    size_t told = 0;

    use.group = number.len ? number : group->id;
    use.id = attack_id(what->json);
    use.name = name_of(what);
    use.word = is_software(what) ? what->type : S("technique");
    for (size_t i = 0; i < json_array_size(list) && told < CITATIONS_MAX; i++) {
        const json_t *const one = json_array_get(list, i);

        arena_reset(k->a);
        if (!citation_key(one, k->a, &use.source))
            return no_memory(e);
        if (!use.source.len)
            continue;
        use.title = json_text_at(one, "source_name");
        use.when = citation_day(json_text_at(one, "description"));
        told++;
        if (!tell_known(k, &use, e))
            return false;
    }
    return told || tell_known(k, &use, e);
}

static int by_campaign(const void *a, const void *b) {
    const struct attributed *const x = a, *const y = b;

    return x->campaign != y->campaign ? (x->campaign < y->campaign ? -1 : 1)
                                      : (x->group > y->group) - (x->group < y->group);
}

/* The ends of a relationship that is in force, and of which both are; false: there is nothing in it. */
static bool ends_of(const struct stix *s, const struct object *o, const char *name, uint32_t *from, uint32_t *to) {
    if (!is(o, "relationship") || out_of_use(o) ||
        !str_eq_ascii(json_text_at(o->json, "relationship_type"), str_of(name)))
        return false;
    *from = find(s, json_text_at(o->json, "source_ref"));
    *to = find(s, json_text_at(o->json, "target_ref"));
    return *from != UINT32_MAX && *to != UINT32_MAX;
}

static bool is_group(const struct object *o) {
    return o->what == WHAT_GROUP && !out_of_use(o);
}

static bool find_attributed(struct knowing *k, struct err *e) {
    const struct stix *const s = k->s;
    uint32_t from, to;

    if (!(k->attributed = calloc(s->count + 1, sizeof *k->attributed)))
        return no_memory(e);
    for (size_t i = 0; i < s->count; i++)
        if (ends_of(s, &s->objects[i], "attributed-to", &from, &to) && is(&s->objects[from], "campaign") &&
            !out_of_use(&s->objects[from]) && is_group(&s->objects[to]))
            k->attributed[k->count++] = (struct attributed){from, to};
    if (k->count)
        qsort(k->attributed, k->count, sizeof *k->attributed, by_campaign);
    return true;
}

/* What a campaign uses, its groups use. One that is laid at many doors is nobody's. */
static bool tell_campaign_use(struct knowing *k, uint32_t campaign, const struct object *what, const json_t *by,
                              struct err *e) {
    size_t low = 0, high = k->count, end;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (k->attributed[middle].campaign < campaign)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < k->count && k->attributed[end].campaign == campaign; end++)
        if (end - low == OWNERS_MAX)
            return true;
    for (size_t i = low; i < end; i++)
        if ((i == low || k->attributed[i].group != k->attributed[i - 1].group) &&
            !tell_use(k, &k->s->objects[k->attributed[i].group], what, by, e))
            return false;
    return true;
}

static bool tell_uses(struct knowing *k, struct err *e) {
    const struct stix *const s = k->s;

    for (size_t i = 0; i < s->count; i++) {
        uint32_t from, to;

        if (!ends_of(s, &s->objects[i], "uses", &from, &to))
            continue;
        const struct object *const who = &s->objects[from], *const what = &s->objects[to];

        if (out_of_use(what) || (!is(what, "attack-pattern") && !is_software(what)))
            continue;
        if (is_group(who) && !tell_use(k, who, what, s->objects[i].json, e))
            return false;
        if (is(who, "campaign") && !out_of_use(who) && !tell_campaign_use(k, from, what, s->objects[i].json, e))
            return false;
    }
    return true;
}

/* Techniques and software, and what took the place of those that were withdrawn. */
static bool tell_things(struct knowing *k, struct err *e) {
    const struct stix *const s = k->s;

    for (size_t i = 0; i < s->count; i++) {
        const struct object *const o = &s->objects[i];
        struct intel_known known = import_known_new(is_software(o) ? KNOWN_SOFTWARE : KNOWN_TECHNIQUE);
        struct import_names names = {0};
        uint32_t from, to;

        if (ends_of(s, o, "revoked-by", &from, &to)) {
            known.type = KNOWN_REPLACED;
            known.id = attack_id(s->objects[from].json);
            known.name = attack_id(s->objects[to].json);
            if (known.id.len && known.name.len && !tell_known(k, &known, e))
                return false;
            continue;
        }
        if (out_of_use(o) || (!is(o, "attack-pattern") && !is_software(o)))
            continue;
        known.id = attack_id(o->json);
        known.name = name_of(o);
        if (is_software(o)) {
            arena_reset(k->a);
            known.word = o->type;
            if (!add_texts(&names, json_object_get(o->json, "x_mitre_aliases"), known.name, k->a) ||
                !add_texts(&names, json_object_get(o->json, "aliases"), known.name, k->a))
                return no_memory(e);
        }
        if (!import_known_tell(&known, &names, s->sink, e))
            return false;
    }
    return true;
}

/* Of which matrix a technique is: of old only the name of the reference tells. */
static void add_domains(struct item_names *to, const struct object *o) {
    const json_t *const domains = json_object_get(o->json, "x_mitre_domains");

    for (size_t i = 0; i < json_texts(domains); i++)
        item_name_add(to, json_text_of(domains, i));
    for (size_t i = 0; !json_texts(domains) && i < json_array_size(references(o->json)); i++) {
        str const source = json_text_at(json_array_get(references(o->json), i), "source_name");

        if (str_eq(source, S("mitre-attack")))
            item_name_add(to, S("enterprise-attack"));
        else if (begins(source, "mitre-") && str_ends(source, S("-attack")))
            item_name_add(to, str_from(source, 6));
    }
}

/* ATT&CK says that it is ATT&CK by its collection, and before there were collections by its matrix and its tactics: a report about a group has
 * none of them. */
static bool tell_base(struct knowing *k, bool *base, struct err *e) {
    const struct stix *const s = k->s;
    struct intel_known known = import_known_new(KNOWN_BASE);
    const struct object *collection = NULL;

    *base = false;
    for (size_t i = 0; i < s->count; i++) {
        const struct object *const o = &s->objects[i];

        *base = *base || is(o, "x-mitre-collection") || is(o, "x-mitre-matrix") || is(o, "x-mitre-tactic");
        if (is(o, "x-mitre-collection") && (!collection || o->modified > collection->modified))
            collection = o;
        if (is(o, "attack-pattern") && !out_of_use(o))
            add_domains(&known.names, o);
        if (o->modified > known.when)
            known.when = o->modified;
    }
    if (!*base)
        return true;
    known.word = S("ATT&CK");
    if (collection) {
        known.name = name_of(collection);
        known.id = json_text_at(collection->json, "x_mitre_version");
        if (collection->modified != INSTANT_NONE)
            known.when = collection->modified;
    }
    return tell_known(k, &known, e);
}

static bool tell_knowledge(struct stix *s, struct err *e) {
    struct knowing k = {.s = s, .a = s->scratch};
    bool base;
    bool const ok =
        tell_base(&k, &base, e) && (!base || (tell_things(&k, e) && find_attributed(&k, e) && tell_uses(&k, e)));

    free(k.attributed);
    return ok;
}

/* ---- what was merely observed ---- */

static const struct {
    str type;
    const char *member;
    enum observable observable;
} observed_values[] = {
    {STR("autonomous-system"), "number", OBSERVABLE_AS},
    {STR("domain-name"), "value", OBSERVABLE_DOMAIN},
    {STR("email-addr"), "value", OBSERVABLE_MAIL},
    {STR("email-message"), "subject", OBSERVABLE_SUBJECT},
    {STR("file"), "name", OBSERVABLE_FILE_NAME},
    {STR("ipv4-addr"), "value", OBSERVABLE_ADDRESS},
    {STR("ipv6-addr"), "value", OBSERVABLE_ADDRESS},
    {STR("mac-addr"), "value", OBSERVABLE_MAC},
    {STR("mutex"), "name", OBSERVABLE_MUTEX},
    {STR("process"), "command_line", OBSERVABLE_COMMAND},
    {STR("url"), "value", OBSERVABLE_URL},
    {STR("user-account"), "account_login", OBSERVABLE_ACCOUNT},
    {STR("windows-registry-key"), "key", OBSERVABLE_REGISTRY},
    {STR("x509-certificate"), "serial_number", OBSERVABLE_CERTIFICATE},
};

static enum observable hash_named(str key) {
    char room[STIX_ALGORITHM_MAX];
    enum observable const type = observable_named(stix_algorithm(key, room));

    return type >= OBSERVABLE_MD5 && type <= OBSERVABLE_SHA512 ? type : OBSERVABLE_NONE;
}

static bool tell_value(struct stix *s, struct intel_item *item, enum observable type, str value, struct err *e) {
    item->type = type;
    item->value = value;
    return s->sink->item(s->sink->ctx, item, e);
}

/* *told: how many values it had. */
static bool tell_observed(struct stix *s, const json_t *json, struct intel_item *item, size_t *told, struct err *e) {
    str const type = json_text_at(json, "type");
    char number[24];
    const char *key;
    json_t *value;

    for (size_t i = 0; i < COUNT(observed_values); i++) {
        const json_t *const member = json_object_get(json, observed_values[i].member);
        str text = json_text(member);

        if (!str_eq(type, observed_values[i].type))
            continue;
        if (json_is_integer(member)) {
            (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(member));
            text = str_of(number);
        }
        *told += text.len > 0;
        if (text.len && !tell_value(s, item, observed_values[i].observable, text, e))
            return false;
    }
    json_object_foreach(json_object_get((json_t *)(uintptr_t)json, "hashes"), key, value) {
        enum observable const hash = hash_named(str_of(key));

        *told += hash != OBSERVABLE_NONE;
        if (hash != OBSERVABLE_NONE && !tell_value(s, item, hash, json_text(value), e))
            return false;
    }
    return true;
}

static void observed_when(const json_t *observation, struct intel_item *item) {
    int64_t const first = time_at(observation, "first_observed"), last = time_at(observation, "last_observed");

    if (first != INSTANT_NONE && (item->first_seen == INSTANT_NONE || first < item->first_seen))
        item->first_seen = first;
    if (last != INSTANT_NONE && last > item->last_seen)
        item->last_seen = last;
}

static bool tell_seen(struct stix *s, const struct object *o, str where, struct err *e) {
    struct intel_item item = item_of(s, o, where);
    size_t told = 0;
    const char *key;
    json_t *value;

    if (s->comment.failed)
        return no_memory(e);
    item.context = true;
    if (is(o, "observed-data"))
        observed_when(o->json, &item);
    for (uint32_t i = o->in; i; i = s->edges[i - 1].next_in)
        if (s->edges[i - 1].link == LINK_MEMBER)
            observed_when(s->objects[s->edges[i - 1].from].json, &item);
    if (!tell_observed(s, o->json, &item, &told, e))
        return false;
    json_object_foreach(json_object_get((json_t *)(uintptr_t)o->json, "objects"), key, value) /* STIX 2.0 */
        if (!tell_observed(s, value, &item, &told, e)) return false;
    return told || (is(o, "observed-data") && json_object_get(o->json, "object_refs")) ||
           import_left_out(s->sink, where, o->id, e, "observed, and nothing in it can be looked for");
}

/* ---- all of it ---- */

struct tally {
    str type;
    enum what what;
    size_t count;
};

/* Of every object that is not told itself, a word: one for each type. */
static bool tell_rest(const struct stix *s, struct err *e) {
    static const char *const why[] = {
        [WHAT_GROUP] = "",
        [WHAT_INDICATOR] = "",
        [WHAT_TOLD] = "no indicators: what they say stands with the indicators and groups that they are linked to",
        [WHAT_SEEN] = "observed, and not called indicators by anybody",
        [WHAT_NOTHING] = "nothing in them can be looked for"};
    struct tally types[TYPES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++) {
        const struct object *const o = &s->objects[i];
        size_t at = 0;

        if (o->what <= WHAT_GROUP || (o->what == WHAT_SEEN && s->about->observed))
            continue;
        while (at < count && !str_eq(types[at].type, o->type))
            at++;
        if (at == TYPES_MAX)
            at = TYPES_MAX - 1; /* nobody has so many; the last stands for the rest */
        else if (at == count)
            types[count++] = (struct tally){.type = o->type, .what = o->what};
        types[at].count++;
    }
    for (size_t i = 0; i < count; i++) {
        char n[32];

        (void)snprintf(n, sizeof n, "%zu objects", types[i].count);
        if (!import_left_out(s->sink, str_of(n), types[i].type, e, "%s", why[types[i].what]))
            return false;
    }
    return true;
}

static bool tell_all(struct stix *s, struct err *e) {
    if (s->sink->known && !tell_knowledge(s, e))
        return false;
    for (size_t i = 0; i < s->count; i++) {
        const struct object *const o = &s->objects[i];
        char room[32];
        bool ok = true;

        (void)snprintf(room, sizeof room, "object %u", o->number);
        str const where = str_of(room);

        if (o->what == WHAT_INDICATOR)
            ok = tell_indicator(s, o, where, e);
        else if (o->what == WHAT_GROUP)
            ok = tell_group(s, o, where, e);
        else if (o->what == WHAT_SEEN && s->about->observed)
            ok = tell_seen(s, o, where, e);
        if (!ok)
            return false;
    }
    return tell_rest(s, e);
}

static bool tell_troubles(const struct stix *s, size_t damaged, const struct err *damage, struct err *e) {
    const struct {
        size_t count;
        const char *what, *why;
    } troubles[] = {
        {s->older, "versions", "older or repeated versions of objects that are here in a newer one"},
        {s->unjoined, "relationships", "one of their ends is not in this file"},
        {s->loose, "values", "no STIX objects: they have no type"},
    };

    for (size_t i = 0; i < COUNT(troubles); i++) {
        char n[32];

        (void)snprintf(n, sizeof n, "%zu objects", troubles[i].count);
        if (troubles[i].count &&
            !import_left_out(s->sink, str_of(n), str_of(troubles[i].what), e, "%s", troubles[i].why))
            return false;
    }
    return !damaged || import_left_out(s->sink, S(""), S("damage"), e, "%zu places are no JSON, the first: %s", damaged,
                                       damage->text);
}

static bool read_objects(struct stix *s, str bytes, struct err *e) {
    struct err damage = {0};
    size_t damaged;

    if (!json_values(bytes, s->about->strict, visit, s, &damaged, &damage)) {
        *e = damage;
        return false;
    }
    if (damaged && !s->count) {
        *e = damage;
        return false;
    }
    if (damaged)
        s->loose = 0; /* parts of what is damaged */
    return join_all(s, e) && tell_all(s, e) && tell_troubles(s, damaged, &damage, e);
}

static bool stix_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    struct stix s = {.about = about,
                     .sink = sink,
                     .a = arena_new(KEPT_MAX),
                     .scratch = arena_new(IMPORT_PATTERN_MEMORY),
                     .roots = json_array(),
                     .seed = hash_seed()};
    bool const ok = s.a && s.scratch && s.roots ? read_objects(&s, bytes, e) : no_memory(e);

    json_decref(s.roots);
    arena_free(s.a);
    arena_free(s.scratch);
    buf_free(&s.comment);
    free(s.objects);
    free(s.slots);
    free(s.edges);
    return ok;
}

/* ---- recognition ---- */

static bool look_member(void *ctx, const struct json_member *m) {
    int *const sure = ctx;
    size_t const at = str_find(m->value, S("--"));

    if (m->depth > 2)
        return true;
    if (m->depth == 1 && m->text && str_eq(m->key, S("type")) && str_eq(m->value, S("bundle")))
        *sure = 3;
    else if (m->text && str_eq(m->key, S("id")) && at && at != SIZE_MAX && json_is_uuid(str_from(m->value, at + 2)))
        *sure = 3; /* nobody else writes ids so */
    else if (m->depth == 1 && !m->text && str_eq(m->key, S("objects")) && str_eq(m->value, S("[")) && *sure < 2)
        *sure = 2;
    return *sure < 3;
}

static int stix_looks(str head) {
    int sure = 0;

    json_members(head, look_member, &sure);
    return sure;
}

const struct importer import_stix = {.name = "stix", .looks = stix_looks, .read = stix_read};
