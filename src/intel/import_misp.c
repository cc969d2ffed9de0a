/* import_misp: MISP's core format: events, collections of events, of attributes and of objects; a feed's manifest and hashes.csv are
 * recognised and explained (docs/formats/intel-import.md).
 *
 * An attribute is an item, or two if its type is a composite; tags of its event and of its object are its own as well. Numbers are mostly written as
 * texts, and a collection is wrapped in "response", in an array, or not at all. */
#include "codec/json_tree.h"
#include "intel/import_own.h"

#define NESTED_MAX 8u
#define EVENT_MEMORY ((size_t)64 << 20) /* names of one event */
#define DOUBTED_CONFIDENCE 15u          /* "low" of STIX 2.1's appendix A: somebody has called it a false positive */

struct misp {
    const struct import_about *about;
    const struct intel_sink *sink;
    struct arena *a;       /* of one event */
    struct arena *scratch; /* of one pattern */
    struct buf comment;    /* of one attribute */
    struct buf value;
    size_t events, strangers;
    uint32_t objects, attributes; /* of collections without events */
};

/* Around an attribute: the event, and the object it is in. */
struct frame {
    const json_t *event;  /* NULL: none */
    const json_t *object; /* NULL: none */
    struct intel_item item;
    char place[96]; /* " of event UUID", or "" */
    uint32_t object_number;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for MISP events");
}

static bool begins(str s, const char *with) {
    str const w = str_of(with);

    return s.len >= w.len && str_eq_ascii(str_first(s, w.len), w);
}

/* Seconds since 1970 as a number or text, a date, or RFC 3339. */
static int64_t time_at(const json_t *object, const char *name) {
    const json_t *const value = json_object_get(object, name);
    int64_t n;

    if (json_is_number(value) && json_number(value, &n))
        return n ? instant_from_unix(n, 0) : INSTANT_NONE;
    return str_eq(json_text(value), S("0")) ? INSTANT_NONE : instant_parse(json_text(value));
}

/* A value is a text, or a number that somebody did not put in quotes. */
static str value_at(struct misp *m, const json_t *attribute) {
    const json_t *const value = json_object_get(attribute, "value");

    if (!json_is_integer(value))
        return json_text(value);
    m->value.len = 0;
    buf_i64(&m->value, json_integer_value(value));
    return buf_str(&m->value);
}

/* A list, or the one thing itself. */
static size_t many(const json_t *value) {
    return json_is_array(value) ? json_array_size(value) : json_is_object(value);
}

static const json_t *one(const json_t *value, size_t i) {
    return json_is_array(value) ? json_array_get(value, i) : value;
}

/* ---- tags ---- */

/* namespace:predicate="value" in its parts; value "" if there is none. */
static void tag_split(str tag, str *front, str *value) {
    size_t const at = str_find_byte(tag, '=');

    *front = str_first(tag, at);
    *value = at == SIZE_MAX ? S("") : str_from(tag, at + 1);
    if (value->len >= 2 && value->ptr[0] == '"' && value->ptr[value->len - 1] == '"')
        *value = str_from(str_first(*value, value->len - 1), 1);
}

/* STIX 2.1 appendix A gives numbers to both scales. */
static uint8_t confidence_of(str front, str value) {
    static const struct {
        str front, value;
        uint8_t confidence;
    } scales[] = {
        {STR("misp:confidence-level"), STR("completely-confident"), 100},
        {STR("misp:confidence-level"), STR("usually-confident"), 75},
        {STR("misp:confidence-level"), STR("fairly-confident"), 50},
        {STR("misp:confidence-level"), STR("rarely-confident"), 25},
        {STR("misp:confidence-level"), STR("unconfident"), 0},
        {STR("admiralty-scale:information-credibility"), STR("1"), 90},
        {STR("admiralty-scale:information-credibility"), STR("2"), 70},
        {STR("admiralty-scale:information-credibility"), STR("3"), 50},
        {STR("admiralty-scale:information-credibility"), STR("4"), 30},
        {STR("admiralty-scale:information-credibility"), STR("5"), 10},
    };

    for (size_t i = 0; i < COUNT(scales); i++)
        if (str_eq_ascii(scales[i].front, front) && str_eq_ascii(scales[i].value, value))
            return scales[i].confidence;
    return ITEM_CONFIDENCE_UNSAID;
}

static void cluster_apply(str type, str value, struct intel_item *item) {
    str number, name = galaxy_name(value, &number);

    switch (galaxy_of(type)) {
    case GALAXY_GROUP:
        item_name_add(&item->groups, name);
        break;
    case GALAXY_CAMPAIGN:
        item_name_add(&item->campaigns, name);
        break;
    case GALAXY_MALWARE:
        item_name_add(&item->malware, name);
        break;
    case GALAXY_TECHNIQUE:
        item_name_add(&item->techniques, number.len ? number : name);
        break;
    case GALAXY_OTHER:
        break;
    }
}

static void tag_apply(str tag, struct intel_item *item) {
    str front, value;

    tag_split(tag, &front, &value);
    if (begins(tag, "tlp:") || begins(tag, "tlp="))
        item->tlp = tlp_stricter(item->tlp, tlp_named(tag));
    else if (begins(tag, "pap:") || begins(tag, "pap="))
        item->pap = pap_named(tag) > item->pap ? pap_named(tag) : item->pap;
    else if (begins(front, "misp-galaxy:"))
        cluster_apply(str_from(front, 12), value, item);
    else if (confidence_of(front, value) != ITEM_CONFIDENCE_UNSAID)
        item->confidence = confidence_of(front, value);
}

/* Tags and clusters of an event, object or attribute. Of markings the strictest counts: an attribute that is more open than its event
 * still carries the event's title. */
static void tags_apply(const json_t *thing, struct intel_item *item) {
    const json_t *const tags = json_object_get(thing, "Tag"), *const galaxies = json_object_get(thing, "Galaxy");

    for (size_t i = 0; i < many(tags) || i < json_texts(tags); i++) {
        str const text = json_text_of(tags, i);

        tag_apply(text.len ? text : json_text_at(one(tags, i), "name"), item);
    }
    for (size_t i = 0; i < many(galaxies); i++) {
        const json_t *const clusters = json_object_get(one(galaxies, i), "GalaxyCluster");
        str const type = json_text_at(one(galaxies, i), "type");

        for (size_t k = 0; k < many(clusters); k++)
            cluster_apply(type.len ? type : json_text_at(one(clusters, k), "type"),
                          json_text_at(one(clusters, k), "value"), item);
    }
}

/* Groups among the clusters of an event. */
static bool tell_groups(struct misp *m, const json_t *event, const char *place, struct err *e) {
    const json_t *const galaxies = json_object_get(event, "Galaxy");

    for (size_t i = 0; i < many(galaxies); i++) {
        const json_t *const clusters = json_object_get(one(galaxies, i), "GalaxyCluster");

        if (galaxy_of(json_text_at(one(galaxies, i), "type")) != GALAXY_GROUP)
            continue;
        for (size_t k = 0; k < many(clusters); k++) {
            char where[192];

            (void)snprintf(where, sizeof where, "Galaxy %zu, cluster %zu%s", i + 1, k + 1, place);
            if (!galaxy_group_tell(one(clusters, k), str_of(where), m->sink, m->a, e))
                return false;
        }
    }
    return true;
}

/* ---- attributes ---- */

/* Type "1": somebody called it a false positive; "2": it has expired; else it was seen (MISP core format 2.6). */
static void sightings(struct misp *m, const json_t *attribute, struct intel_item *item) {
    const json_t *const all = json_object_get(attribute, "Sighting");
    int64_t expired = INSTANT_NONE, seen = INSTANT_NONE, denied = INSTANT_NONE;
    char day[INSTANT_TEXT];
    size_t denials = 0;

    for (size_t i = 0; i < many(all); i++) {
        int64_t const when = time_at(one(all, i), "date_sighting");
        int64_t type = 0;

        (void)json_number(json_object_get(one(all, i), "type"), &type);
        if (type == 1) {
            denials++;
            denied = when > denied ? when : denied;
        } else if (type == 2) {
            expired = when > expired ? when : expired;
        } else if (when != INSTANT_NONE) {
            seen = when > seen ? when : seen;
            item->first_seen = item->first_seen == INSTANT_NONE || when < item->first_seen ? when : item->first_seen;
            item->last_seen = when > item->last_seen ? when : item->last_seen;
        }
    }
    if (expired > seen)
        item->valid_until = expired;
    if (!denials)
        return;
    buf_format(&m->comment, "%s[called a false positive %zu time%s", m->comment.len ? " " : "", denials,
               denials > 1 ? "s" : "");
    if (denied != INSTANT_NONE)
        buf_format(&m->comment, ", last %.10s", instant_format(denied, day).ptr);
    buf_byte(&m->comment, ']');
    if (denied >= seen && item->confidence > DOUBTED_CONFIDENCE)
        item->confidence = DOUBTED_CONFIDENCE;
}

/* A hash that is a payload, or was dropped, is one of malware; what a victim had is the victim's. */
static enum item_nature nature_of(enum observable type, str category, bool victim) {
    static const str payloads[] = {STR("Payload delivery"), STR("Payload installation"), STR("Payload type"),
                                   STR("Artifacts dropped")};

    if (victim || str_eq(category, S("Targeting data")))
        return NATURE_VICTIM;
    for (size_t i = 0; i < COUNT(payloads); i++)
        if (type >= OBSERVABLE_MD5 && type <= OBSERVABLE_IMPHASH && str_eq(category, payloads[i]))
            return NATURE_MALWARE;
    return NATURE_UNSAID;
}

static bool tell_value(struct misp *m, struct intel_item *item, enum observable type, str value,
                       const struct misp_type *of, str category, struct err *e) {
    if (type == OBSERVABLE_ADDRESS && str_find_byte(value, '/') != SIZE_MAX)
        type = OBSERVABLE_NETWORK;
    if (type == OBSERVABLE_FILE_NAME &&
        (str_find_byte(value, '/') != SIZE_MAX || str_find_byte(value, '\\') != SIZE_MAX))
        type = OBSERVABLE_FILE_PATH;
    item->type = type;
    item->value = value;
    item->nature = nature_of(type, category, of && of->victim);
    return m->sink->item(m->sink->ctx, item, e);
}

/* Where a composite value is cut: hashes stand behind a name that may hold anything, all others behind what holds no bar. IPv6 addresses
 * and hosts with a port are written with a colon as well. */
static size_t bar(const struct misp_type *type, str value) {
    size_t at = str_find_byte(value, '|');

    if (type->parts[0] == OBSERVABLE_FILE_NAME)
        for (size_t i = value.len; i-- > 0 && at != SIZE_MAX;)
            if (value.ptr[i] == '|')
                return i;
    return at;
}

static bool tell_typed(struct misp *m, const struct misp_type *type, struct intel_item *item, str value, str category,
                       struct err *e) {
    bool const composite = str_find_byte(type->name, '|') != SIZE_MAX || type->parts[1] != OBSERVABLE_NONE;
    size_t const at = composite ? bar(type, value) : SIZE_MAX;
    str const first = str_first(value, at), second = at == SIZE_MAX ? S("") : str_from(value, at + 1);
    uint64_t port;

    if (type->port && str_u64(str_trim(second), UINT16_MAX, &port))
        item->port = (uint16_t)port;
    if (!tell_value(m, item, type->parts[0], first, type, category, e))
        return false;
    if (!second.len || type->port)
        return true;
    if (type->parts[1] != OBSERVABLE_NONE)
        return tell_value(m, item, type->parts[1], second, type, category, e);
    return import_left_out(m->sink, item->where, second, e, "the second half of a %.*s cannot be looked for in logs",
                           STR_ARG(type->name));
}

/* See about_event. */
static bool is_about_event(str type) {
    return str_eq(type, S("link")) || str_eq(type, S("threat-actor")) || str_eq(type, S("campaign-name"));
}

static bool tell_attribute(struct misp *m, const struct frame *f, const json_t *attribute, str where, struct err *e) {
    str const type = json_text_at(attribute, "type"), category = json_text_at(attribute, "category");
    str const comment = json_text_at(attribute, "comment");
    const struct misp_type *const known = misp_type_named(type);
    struct intel_item item = f->item;
    enum observable relation;
    str value = str_trim(value_at(m, attribute));
    int64_t when;

    if (m->value.failed)
        return no_memory(e);
    if (json_yes(json_object_get(attribute, "deleted")))
        return import_left_out(m->sink, where, value, e, "its owner has deleted it");
    if (!type.len || !value.len)
        return m->about->strict
                   ? err_set(e, ERR_CORRUPT, 0, "%.*s has no %s", STR_ARG(where), type.len ? "value" : "type")
                   : import_left_out(m->sink, where, value, e, "an attribute without a %s",
                                     type.len ? "value" : "type");
    item.where = where;
    item.id = json_text_at(attribute, "uuid");
    item.modified = time_at(attribute, "timestamp");
    if ((when = time_at(attribute, "first_seen")) != INSTANT_NONE)
        item.first_seen = when;
    if ((when = time_at(attribute, "last_seen")) != INSTANT_NONE)
        item.last_seen = when;
    item.context = !json_yes(json_object_get(attribute, "to_ids"));
    tags_apply(attribute, &item);
    m->comment.len = 0;
    buf_add(&m->comment, comment.len ? comment : f->object ? json_text_at(f->object, "comment") : S(""));
    sightings(m, attribute, &item);
    if (m->comment.failed)
        return no_memory(e);
    item.comment = buf_str(&m->comment);
    /* Its own number goes in front of those of the event, of which there may be many. */
    item.origins.count = 0;
    item_name_add(&item.origins, item.id);
    for (unsigned i = 0; i < f->item.origins.count; i++)
        item_name_add(&item.origins, f->item.origins.names[i]);
    if (known && known->parts[0] == OBSERVABLE_TEXT && value.len > 2 && value.ptr[0] == '<' &&
        str_ends(value, S(">"))) {
        item.raw = value; /* a message's id; logs write it with and without what is around it */
        value = str_from(str_first(value, value.len - 1), 1);
    }
    if (known)
        return tell_typed(m, known, &item, value, category, e);
    if (str_eq(type, S("stix2-pattern")))
        return import_pattern_tell(&item, value, m->about, m->sink, m->scratch, e);
    if (f->object && (relation = misp_relation(json_text_at(f->object, "name"),
                                               json_text_at(attribute, "object_relation"))) != OBSERVABLE_NONE)
        return tell_value(m, &item, relation, value, NULL, category, e);
    if (is_about_event(type))
        return import_left_out(m->sink, where, value, e, "it is about the event, and stands with what else is in it");
    return import_left_out(m->sink, where, value, e,
                           misp_type_is_rule(type) ? "a rule in the language of %.*s: it is read where such rules are, "
                                                     "as a file of its own"
                                                   : "nothing of the type %.*s can be looked for in logs",
                           STR_ARG(str_first(type, 60)));
}

/* ---- events ---- */

/* Attributes that are about the event: reports that it was made from, names of those behind it. */
static void about_event(const json_t *attributes, struct intel_item *item) {
    for (size_t i = 0; i < many(attributes); i++) {
        const json_t *const a = one(attributes, i);
        str const type = json_text_at(a, "type"), value = json_text_at(a, "value");
        bool const external = str_eq(json_text_at(a, "category"), S("External analysis"));

        if (json_yes(json_object_get(a, "deleted")))
            continue;
        if (str_eq(type, S("link")) || (str_eq(type, S("url")) && external && !json_yes(json_object_get(a, "to_ids"))))
            item_name_add(&item->origins, value);
        else if (str_eq(type, S("threat-actor")))
            item_name_add(&item->groups, value);
        else if (str_eq(type, S("campaign-name")))
            item_name_add(&item->campaigns, value);
    }
}

static struct frame frame_of(const json_t *event) {
    const json_t *const maker = json_object_get(event, "Orgc"), *const objects = json_object_get(event, "Object");
    str const uuid = json_text_at(event, "uuid"), none = S("");
    struct frame f = {.event = event, .item = item_new(OBSERVABLE_NONE, none, none)};

    if (uuid.len)
        (void)snprintf(f.place, sizeof f.place, " of event %.*s", STR_ARG(str_first(uuid, 64)));
    f.item.title = json_text_at(event, "info");
    f.item.created = time_at(event, "date");
    item_name_add(&f.item.origins, uuid);
    item_name_add(&f.item.origins, json_text_at(event, "extends_uuid"));
    item_name_add(&f.item.origins, json_text_at(maker, "uuid"));
    about_event(json_object_get(event, "Attribute"), &f.item);
    for (size_t i = 0; i < many(objects); i++)
        about_event(json_object_get(one(objects, i), "Attribute"), &f.item);
    tags_apply(event, &f.item);
    return f;
}

/* Those of an event or an object, or a collection of them: each of these may say itself what event it is of. */
static bool tell_attributes(struct misp *m, const struct frame *f, const json_t *attributes, uint32_t before,
                            struct err *e) {
    for (size_t i = 0; i < many(attributes); i++) {
        const json_t *const attribute = one(attributes, i), *const event = json_object_get(attribute, "Event");
        const json_t *const proposals = json_object_get(attribute, "ShadowAttribute");
        bool const own = !f->event && json_is_object(event);
        struct frame theirs;
        char where[192];

        if (own) {
            theirs = frame_of(event);
            theirs.object = f->object;
        }
        const struct frame *const around = own ? &theirs : f;

        if (f->object)
            (void)snprintf(where, sizeof where, "Object %u, Attribute %zu%s", f->object_number, before + i + 1,
                           around->place);
        else
            (void)snprintf(where, sizeof where, "Attribute %zu%s", before + i + 1, around->place);
        if (!tell_attribute(m, around, attribute, str_of(where), e))
            return false;
        if (many(proposals) &&
            !import_left_out(m->sink, str_of(where), S("proposals"), e,
                             "%zu changes that somebody proposes, and nobody has accepted", many(proposals)))
            return false;
    }
    return true;
}

static bool tell_object(struct misp *m, const struct frame *around, const json_t *object, uint32_t number,
                        struct err *e) {
    const json_t *const event = json_object_get(object, "Event"), *const attributes =
                                                                      json_object_get(object, "Attribute");
    struct frame f = !around->event && json_is_object(event) ? frame_of(event) : *around;
    char where[160];
    int64_t when;

    f.object = object;
    f.object_number = number;
    if ((when = time_at(object, "first_seen")) != INSTANT_NONE)
        f.item.first_seen = when;
    if ((when = time_at(object, "last_seen")) != INSTANT_NONE)
        f.item.last_seen = when;
    item_name_add(&f.item.origins, json_text_at(object, "uuid"));
    tags_apply(object, &f.item);
    if (!json_yes(json_object_get(object, "deleted")))
        return tell_attributes(m, &f, attributes, 0, e);
    (void)snprintf(where, sizeof where, "Object %u%s", number, f.place);
    return import_left_out(m->sink, str_of(where), json_text_at(object, "name"), e, "its owner has deleted it");
}

static bool tell_event(struct misp *m, const json_t *event, struct err *e) {
    struct frame const f = frame_of(event);
    const json_t *const objects = json_object_get(event, "Object"), *const reports =
                                                                        json_object_get(event, "EventReport");
    const json_t *const proposals = json_object_get(event, "ShadowAttribute");

    m->events++;
    arena_reset(m->a);
    if (m->about->strict && (!json_text_at(event, "info").len || !json_is_uuid(json_text_at(event, "uuid"))))
        return err_set(e, ERR_CORRUPT, 0, "event %zu has no info, or no uuid", m->events);
    if (!tell_groups(m, event, f.place, e) || !tell_attributes(m, &f, json_object_get(event, "Attribute"), 0, e))
        return false;
    for (size_t i = 0; i < many(objects); i++)
        if (!tell_object(m, &f, one(objects, i), (uint32_t)i + 1, e))
            return false;
    if (many(reports) &&
        !import_left_out(m->sink, str_trim(str_of(f.place)), S("EventReport"), e,
                         "%zu texts: what they name is read out of them when they are given by themselves",
                         many(reports)))
        return false;
    return !many(proposals) ||
           import_left_out(m->sink, str_trim(str_of(f.place)), S("proposals"), e,
                           "%zu attributes that somebody proposes, and nobody has accepted", many(proposals));
}

/* ---- what is around events ---- */

/* A feed's manifest: a dictionary of uuid to what the event is about. */
static bool is_manifest(const json_t *value) {
    const char *key;
    json_t *about;

    json_object_foreach((json_t *)(uintptr_t)value, key,
                        about) if (!json_is_uuid(str_of(key)) || !json_object_get(about, "info")) return false;
    return json_object_size(value) > 0;
}

static bool is_event(const json_t *value) {
    return json_object_get(value, "info") &&
           (json_object_get(value, "Attribute") || json_object_get(value, "Object") || json_object_get(value, "Orgc") ||
            json_object_get(value, "threat_level_id"));
}

static bool take(struct misp *m, const json_t *value, unsigned depth, struct err *e) {
    struct frame const nowhere = {.item = item_new(OBSERVABLE_NONE, S(""), S(""))};
    const json_t *const event = json_object_get(value, "Event"), *const objects = json_object_get(value, "Object");
    const json_t *const response = json_object_get(value, "response");
    const json_t *attributes = json_object_get(value, "Attribute");

    if (depth == NESTED_MAX)
        return err_set(e, ERR_LIMIT, 0, "collections within collections, more than %u deep", NESTED_MAX);
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!take(m, json_array_get(value, i), depth + 1, e))
                return false;
        return true;
    }
    if (response)
        return take(m, response, depth + 1, e);
    if (is_event(value))
        return tell_event(m, value, e);
    if (json_is_object(event) && is_event(event))
        return tell_event(m, event, e);
    if (!attributes && json_object_get(value, "type") && json_object_get(value, "value") &&
        json_object_get(value, "category"))
        attributes = value;
    if (attributes || objects) {
        uint32_t const before = m->attributes;

        m->attributes += (uint32_t)many(attributes);
        if (!tell_attributes(m, &nowhere, attributes, before, e))
            return false;
        for (size_t i = 0; i < many(objects); i++)
            if (!tell_object(m, &nowhere, one(objects, i), ++m->objects, e))
                return false;
        return true;
    }
    if (is_manifest(value)) {
        char room[32];

        (void)snprintf(room, sizeof room, "%zu events", json_object_size(value));
        return import_left_out(m->sink, str_of(room), S("manifest"), e,
                               "the table of contents of a feed: its events are in the files beside it, one for each");
    }
    m->strangers++;
    return true;
}

static bool visit(void *ctx, json_t *value, struct err *e) {
    struct misp *const m = ctx;

    return take(m, value, 0, e);
}

/* ---- hashes.csv ---- */

/* A feed's look-up aid: MD5 of a value, and the event it is in. */
static bool hash_line(str line) {
    if (line.len != 32 + 1 + 36 || line.ptr[32] != ',' || !json_is_uuid(str_from(line, 33)))
        return false;
    for (size_t i = 0; i < 32; i++)
        if (!strchr("0123456789abcdefABCDEF", line.ptr[i]) || !line.ptr[i])
            return false;
    return true;
}

static str first_line(str bytes) {
    return str_trim(str_first(bytes, str_find_byte(bytes, '\n')));
}

static bool tell_hashes(str bytes, const struct intel_sink *sink, struct err *e) {
    size_t lines = 0;
    char room[32];

    for (size_t i = 0; i < bytes.len; i++)
        lines += bytes.ptr[i] == '\n' || i + 1 == bytes.len;
    (void)snprintf(room, sizeof room, "%zu lines", lines);
    return import_left_out(sink, str_of(room), S("hashes.csv"), e,
                           "a feed's look-up aid: MD5 of values, not values; these are in the event files beside it");
}

/* ---- all of it ---- */

static bool read_events(struct misp *m, str bytes, struct err *e) {
    struct err damage = {0};
    size_t damaged;
    char room[32];

    if (!json_values(bytes, m->about->strict, visit, m, &damaged, &damage)) {
        *e = damage;
        return false;
    }
    (void)snprintf(room, sizeof room, "%zu values", m->strangers);
    if (damaged)
        return m->events ? import_left_out(m->sink, S(""), S("damage"), e, "%zu places are no JSON, the first: %s",
                                           damaged, damage.text)
                         : (*e = damage, false);
    if (m->strangers && m->about->strict)
        return err_set(e, ERR_CORRUPT, 0, "it holds something else than events, attributes and objects of MISP");
    return !m->strangers ||
           import_left_out(m->sink, str_of(room), S("values"), e, "neither events nor attributes nor objects of MISP");
}

static bool misp_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    struct misp m = {
        .about = about, .sink = sink, .a = arena_new(EVENT_MEMORY), .scratch = arena_new(IMPORT_PATTERN_MEMORY)};
    bool ok;

    if (!m.a || !m.scratch)
        ok = no_memory(e);
    else if (hash_line(first_line(bytes)))
        ok = tell_hashes(bytes, sink, e);
    else
        ok = read_events(&m, bytes, e);
    buf_free(&m.comment);
    buf_free(&m.value);
    arena_free(m.a);
    arena_free(m.scratch);
    return ok;
}

/* ---- recognition ---- */

struct look {
    bool info, maker, attributes, objects, detail;
    bool uuid_key;
};

static bool look_member(void *ctx, const struct json_member *m) {
    struct look *const l = ctx;
    bool const holds = !m->text && (str_eq(m->value, S("{")) || str_eq(m->value, S("[")));

    if (m->depth == 1 && json_is_uuid(m->key) && holds)
        l->uuid_key = true;
    if (m->depth > 3)
        return true;
    if (str_eq(m->key, S("info")) && m->text)
        l->info = true;
    else if (str_eq(m->key, S("Orgc")) || str_eq(m->key, S("threat_level_id")))
        l->maker = true;
    else if (str_eq(m->key, S("Attribute")) && holds)
        l->attributes = true;
    else if (str_eq(m->key, S("Object")) && holds)
        l->objects = true;
    else if (str_eq(m->key, S("to_ids")) || str_eq(m->key, S("category")) || str_eq(m->key, S("meta-category")))
        l->detail = true;
    return true;
}

static int misp_looks(str head) {
    struct look l = {.info = false};

    if (hash_line(first_line(head)))
        return 3;
    json_members(head, look_member, &l);
    if (l.info && (l.maker || l.attributes || l.objects)) /* an event, or a manifest of them */
        return 3;
    if ((l.attributes || l.objects) && l.detail)
        return 3;
    return l.uuid_key && l.info ? 2 : 0;
}

const struct importer import_misp = {.name = "misp", .looks = misp_looks, .read = misp_read};
