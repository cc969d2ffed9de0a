/* import_warninglist: a warninglist of MISP: harmless things that indicators get confused with, as labels. */
#include "codec/json_tree.h"
#include "intel/import_own.h"

static const struct {
    str name;
    enum label_how how;
} hows[] = {
    {STR("string"), LABEL_STRING}, {STR("substring"), LABEL_SUBSTRING}, {STR("hostname"), LABEL_HOSTNAME},
    {STR("cidr"), LABEL_CIDR},     {STR("regex"), LABEL_REGEX},
};

static bool how_named(str name, enum label_how *how) {
    for (size_t i = 0; i < COUNT(hows); i++)
        if (str_eq(hows[i].name, name)) {
            *how = hows[i].how;
            return true;
        }
    return false;
}

/* Addresses stand in networks, names of files in paths. */
static uint64_t kin(enum observable type) {
    uint64_t const bit = UINT64_C(1) << type;

    if (type == OBSERVABLE_ADDRESS)
        return bit | UINT64_C(1) << OBSERVABLE_NETWORK;
    if (type == OBSERVABLE_FILE_NAME)
        return bit | UINT64_C(1) << OBSERVABLE_FILE_PATH;
    return type == OBSERVABLE_NONE ? 0 : bit;
}

/* To which types it applies. Of those that it names and nobody here knows, how many. */
static uint64_t matches_of(const json_t *attributes, size_t *unknown) {
    uint64_t matches = 0;

    *unknown = 0;
    for (size_t i = 0; i < json_texts(attributes); i++) {
        const struct misp_type *const type = misp_type_named(json_text_of(attributes, i));

        *unknown += !type;
        if (type)
            matches |= kin(type->parts[0]) | kin(type->parts[1]);
    }
    return matches;
}

static bool tell_entries(const json_t *entries, bool strict, const struct intel_sink *sink, struct err *e) {
    for (size_t i = 0; i < json_array_size(entries); i++) {
        str const entry = str_trim(json_text_of(entries, i));
        char where[32];

        (void)snprintf(where, sizeof where, "entry %zu", i + 1);
        if (entry.len && entry.len <= IMPORT_LABEL_MAX) {
            if (!sink->label(sink->ctx, entry, e))
                return false;
        } else if (strict) {
            return err_set(e, ERR_CORRUPT, 0, "%s of the list is no text, or too long a one", where);
        } else if (!import_left_out(sink, str_of(where), S("entry"), e, "no text, or too long a one")) {
            return false;
        }
    }
    return true;
}

static bool read_list(const json_t *tree, bool strict, const struct intel_sink *sink, struct err *e) {
    const json_t *const entries = json_object_get(tree, "list"), *const version = json_object_get(tree, "version");
    str const how = json_text_at(tree, "type");
    struct intel_label_list list = {.name = json_text_at(tree, "name"),
                                    .description = json_text_at(tree, "description"),
                                    .version = json_text(version),
                                    .category = json_text_at(tree, "category")};
    size_t unknown;
    char room[64];
    int64_t n;

    if (!json_is_array(entries))
        return err_set(e, ERR_CORRUPT, 0, "a warninglist without a list");
    (void)snprintf(room, sizeof room, "%zu entries", json_array_size(entries));
    if (!how_named(how, &list.how))
        return strict ? err_set(e, ERR_CORRUPT, 0, "a warninglist whose type is none of MISP's")
                      : import_left_out(sink, str_of(room), list.name, e,
                                        "how a value is looked for in it (\"%.*s\") is not known",
                                        STR_ARG(str_first(how, 40)));
    list.matches = matches_of(json_object_get(tree, "matching_attributes"), &unknown);
    if (!sink->label_list)
        return sink->left_out(sink->ctx, str_of(room), list.name, S("warninglists are not asked for here"), e);
    if (!list.matches && unknown)
        return import_left_out(sink, str_of(room), list.name, e, "it applies to nothing that can be looked for");
    if (strict && (!list.name.len || !list.description.len || !version))
        return err_set(e, ERR_CORRUPT, 0, "a warninglist has a name, a description and a version");
    if (!list.version.len && json_number(version, &n)) {
        (void)snprintf(room, sizeof room, "%lld", (long long)n);
        list.version = str_of(room);
    }
    return sink->label_list(sink->ctx, &list, e) && tell_entries(entries, strict, sink, e);
}

static bool warninglist_read(str bytes, const struct import_about *about, const struct intel_sink *sink,
                             struct err *e) {
    json_t *const tree = json_tree(bytes, e);
    bool const ok = tree && read_list(tree, about->strict, sink, e);

    json_decref(tree);
    return ok;
}

struct look {
    bool list, name, how, foreign;
};

/* Members of the list itself; nothing else stands in one, and the list is often longer than the beginning. */
static bool look_member(void *ctx, const struct json_member *m) {
    static const str quiet[] = {STR("description"), STR("version"), STR("matching_attributes"), STR("category")};
    struct look *const l = ctx;
    enum label_how how;

    if (m->depth == 1 && str_eq(m->key, S("list"))) {
        l->list = str_eq(m->value, S("["));
    } else if (m->depth == 1 && str_eq(m->key, S("name"))) {
        l->name = m->text;
    } else if (m->depth == 1 && str_eq(m->key, S("type"))) {
        l->how = how_named(m->value, &how);
        l->foreign = l->foreign || !l->how;
    } else {
        bool known = false;

        for (size_t i = 0; i < COUNT(quiet); i++)
            known = known || (m->depth == 1 && str_eq(m->key, quiet[i]));
        l->foreign = l->foreign || !known;
    }
    return !l->foreign;
}

static int warninglist_looks(str head) {
    struct look l = {false, false, false, false};

    json_members(head, look_member, &l);
    return l.foreign || !l.list ? 0 : l.how && l.name ? 3 : 2;
}

const struct importer import_warninglist = {
    .name = "warninglist", .looks = warninglist_looks, .read = warninglist_read};
