/* import_galaxy: clusters of a MISP galaxy: groups with their other names. Clusters of other things (malware, techniques) are counted, not
 * read: an event's tags name them, and that is enough. */
#include "codec/json_tree.h"
#include "intel/import_own.h"

#define CLUSTER_MEMORY ((size_t)64 << 20)

static bool begins(str s, const char *with) {
    return str_starts(s, str_of(with));
}

enum galaxy galaxy_of(str type) {
    static const struct {
        str type;
        enum galaxy galaxy;
    } known[] = {
        {STR("threat-actor"), GALAXY_GROUP},
        {STR("microsoft-activity-group"), GALAXY_GROUP},
        {STR("360net-threat-actor"), GALAXY_GROUP},
        {STR("campaign"), GALAXY_CAMPAIGN},
        {STR("mitre-campaign"), GALAXY_CAMPAIGN},
        {STR("malpedia"), GALAXY_MALWARE},
        {STR("tool"), GALAXY_MALWARE},
        {STR("rat"), GALAXY_MALWARE},
        {STR("ransomware"), GALAXY_MALWARE},
        {STR("banker"), GALAXY_MALWARE},
        {STR("backdoor"), GALAXY_MALWARE},
        {STR("botnet"), GALAXY_MALWARE},
        {STR("stealer"), GALAXY_MALWARE},
        {STR("cryptominers"), GALAXY_MALWARE},
        {STR("android"), GALAXY_MALWARE},
        {STR("exploit-kit"), GALAXY_MALWARE},
    };

    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(known[i].type, type))
            return known[i].galaxy;
    if (!begins(type, "mitre-")) /* mitre-intrusion-set, mitre-enterprise-attack-intrusion-set */
        return GALAXY_OTHER;
    if (str_ends(type, S("intrusion-set")))
        return GALAXY_GROUP;
    if (str_ends(type, S("attack-pattern")))
        return GALAXY_TECHNIQUE;
    return str_ends(type, S("-malware")) || str_ends(type, S("-tool")) ? GALAXY_MALWARE : GALAXY_OTHER;
}

/* G0128, S0154, T1566.001, C0017. */
static bool is_number(str s) {
    if (s.len < 5 || !strchr("GSTC", s.ptr[0]) || !s.ptr[0])
        return false;
    for (size_t i = 1; i < s.len; i++)
        if ((s.ptr[i] < '0' || s.ptr[i] > '9') && (s.ptr[i] != '.' || i != 5))
            return false;
    return true;
}

str galaxy_name(str value, str *number) {
    *number = S("");
    for (size_t i = value.len; i >= 3; i--)
        if (str_eq(str_first(str_from(value, i - 3), 3), S(" - "))) {
            if (!is_number(str_from(value, i)))
                break;
            *number = str_from(value, i);
            return str_trim(str_first(value, i - 3));
        }
    return str_trim(value);
}

static bool add_texts(struct import_names *to, const json_t *texts, str but, struct arena *a) {
    for (size_t i = 0; i < json_texts(texts); i++)
        if (!str_eq(str_trim(json_text_of(texts, i)), but) && !import_name_add(to, json_text_of(texts, i), a))
            return false;
    return true;
}

/* Whom the group is said to go for, in the words of the cluster. The Council on Foreign Relations calls them suspected victims. */
static bool tell_victims(const json_t *cluster, str id, const struct intel_sink *sink, struct arena *a, struct err *e) {
    static const struct {
        const char *member;
        str word;
    } members[] = {
        {"cfr-suspected-victims", STR("country")},
        {"suspected-victims", STR("country")},
        {"cfr-target-category", STR("sector")},
        {"targeted-sector", STR("sector")},
    };
    const json_t *const meta = json_object_get(cluster, "meta");

    for (size_t i = 0; i < COUNT(members); i++) {
        struct intel_known known = import_known_new(KNOWN_VICTIMS);
        struct import_names names = {0};

        if (!add_texts(&names, json_object_get(meta, members[i].member), S(""), a))
            return err_set(e, ERR_MEMORY, 0, "no memory for clusters");
        known.group = id;
        known.word = members[i].word;
        if (names.count && !import_known_tell(&known, &names, sink, e))
            return false;
    }
    return true;
}

bool galaxy_group_tell(const json_t *cluster, str where, const struct intel_sink *sink, struct arena *a,
                       struct err *e) {
    const json_t *const meta = json_object_get(cluster, "meta");
    str number, name = galaxy_name(json_text_at(cluster, "value"), &number);
    str const external = json_text_of(json_object_get(meta, "external_id"), 0);
    struct import_group g = {.name = name,
                             .id = external.len ? external
                                   : number.len ? number
                                                : json_text_at(cluster, "uuid"),
                             .where = where,
                             .description = json_text_at(cluster, "description"),
                             .retired = json_yes(json_object_get(cluster, "revoked"))};

    if (!name.len)
        return import_left_out(sink, where, json_text_at(cluster, "uuid"), e, "a group without a name");
    if (!add_texts(&g.aliases, json_object_get(meta, "synonyms"), name, a) ||
        !add_texts(&g.countries, json_object_get(meta, "country"), S(""), a) ||
        !add_texts(&g.origins, json_object_get(meta, "refs"), S(""), a))
        return err_set(e, ERR_MEMORY, 0, "no memory for clusters");
    return import_group_tell(&g, sink, e) && (!sink->known || tell_victims(cluster, g.id, sink, a, e));
}

static bool tell_base(const json_t *tree, const struct intel_sink *sink, struct err *e) {
    struct intel_known base = import_known_new(KNOWN_BASE);
    char version[24] = "";

    if (json_is_integer(json_object_get(tree, "version")))
        (void)snprintf(version, sizeof version, "%lld",
                       (long long)json_integer_value(json_object_get(tree, "version")));
    base.name = json_text_at(tree, "name");
    base.id = str_of(version);
    base.word = S("galaxy");
    item_name_add(&base.names, json_text_at(tree, "type"));
    return sink->known(sink->ctx, &base, e);
}

static bool read_clusters(const json_t *tree, bool strict, const struct intel_sink *sink, struct arena *a,
                          struct err *e) {
    const json_t *const values = json_object_get(tree, "values");
    str const type = json_text_at(tree, "type");
    char where[32];

    if (!json_is_array(values))
        return err_set(e, ERR_CORRUPT, 0, "a galaxy without clusters");
    if (strict && (!type.len || !json_text_at(tree, "name").len || !json_text_at(tree, "uuid").len))
        return err_set(e, ERR_CORRUPT, 0, "a galaxy has a name, a type and a uuid");
    (void)snprintf(where, sizeof where, "%zu clusters", json_array_size(values));
    if (galaxy_of(type) != GALAXY_GROUP)
        return import_left_out(sink, str_of(where), type, e, "a galaxy of something else than groups");
    if (sink->known && !tell_base(tree, sink, e))
        return false;
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *const cluster = json_array_get(values, i);

        (void)snprintf(where, sizeof where, "cluster %zu", i + 1);
        arena_reset(a);
        if (strict && !json_text_at(cluster, "value").len)
            return err_set(e, ERR_CORRUPT, 0, "%s has no value", where);
        if (!galaxy_group_tell(cluster, str_of(where), sink, a, e))
            return false;
    }
    return true;
}

static bool galaxy_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    struct arena *const a = arena_new(CLUSTER_MEMORY);
    json_t *tree = NULL;
    bool ok;

    if (!a)
        return err_set(e, ERR_MEMORY, 0, "no memory for clusters");
    ok = (tree = json_tree(bytes, e)) && read_clusters(tree, about->strict, sink, a, e);
    json_decref(tree);
    arena_free(a);
    return ok;
}

struct look {
    bool values, value, other;
};

static bool look_member(void *ctx, const struct json_member *m) {
    struct look *const l = ctx;

    l->values = l->values || (m->depth == 1 && str_eq(m->key, S("values")) && str_eq(m->value, S("[")));
    l->value = l->value || (m->depth == 2 && l->values && str_eq(m->key, S("value")) && m->text);
    l->other = l->other || (m->depth == 2 && l->values && (str_eq(m->key, S("meta")) || str_eq(m->key, S("uuid"))));
    return !l->value || !l->other;
}

static int galaxy_looks(str head) {
    struct look l = {false, false, false};

    json_members(head, look_member, &l);
    return l.values && l.value && l.other ? 3 : 0;
}

const struct importer import_galaxy = {.name = "galaxy", .looks = galaxy_looks, .read = galaxy_read};
