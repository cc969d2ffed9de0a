/* kind_load: the text of kind files into kinds and shapes (docs/kinds.md says how they are written).
 *
 * Whoever writes a kind file is a user with a log of their own and little time: every key must be known, every
 * mistake is named with its file and line, and nothing is guessed. */
#include <assert.h>

#include "base/buf.h"
#include "base/hash.h"
#include "codec/yaml_pack.h"
#include "event/kind_own.h"

#define NAME_BYTES_MAX 200
#define FIELD_BYTES_MAX 500
/* Holds the trees of any built-in file, so that all of them, one after the other, stand in the same memory. */
#define TREES_FIRST ((size_t)1 << 20)

/* One file being read. */
struct load {
    struct kinds *k;
    str path;
    bool builtin;
    struct err *e;
};

static bool full(struct load *l) {
    return err_set(l->e, ERR_MEMORY, 0, "%.*s: kinds take more than %zu MiB", STR_ARG(l->path), KINDS_BYTES_MAX >> 20);
}

static bool keep(struct load *l, str s, str *out) {
    return arena_copy(l->k->arena, s, out) ? true : full(l);
}

static void *some(struct load *l, size_t count, size_t size) {
    void *const p = arena_zero(l->k->arena, count, size);

    if (!p)
        full(l);
    return p;
}

/* words: the known keys, blank-separated: they are shown as they stand. */
static bool keys_known(struct load *l, const struct yaml_node *map, const char *what, const char *words) {
    for (size_t i = 0; i < map->count; i++) {
        str rest = str_of(words);
        bool known = false;

        while (rest.len > 0 && !known) {
            size_t const blank = str_find_byte(rest, ' ');

            known = str_eq(str_first(rest, blank), map->keys[i]);
            rest = blank == SIZE_MAX ? S("") : str_from(rest, blank + 1);
        }
        if (!known)
            return kind_fail(l->e, l->path, map->key_lines[i], "%s has no key `%.*s`; it may have: %s", what,
                             STR_ARG(str_first(map->keys[i], 40)), words);
    }
    return true;
}

static bool is_map(struct load *l, const struct yaml_node *n, const char *what) {
    return n->type == YAML_MAP ? true : kind_fail(l->e, l->path, n->line, "%s must be a mapping (key: value)", what);
}

/* A scalar that is no null; the view is the tree's. */
static bool scalar(struct load *l, const struct yaml_node *n, const char *what, str *out) {
    if (n->type != YAML_SCALAR)
        return kind_fail(l->e, l->path, n->line, "%s must be one value", what);
    if (n->scalar == YAML_IS_NULL)
        return kind_fail(l->e, l->path, n->line, "%s is empty", what);
    *out = n->text;
    return true;
}

static bool truth(struct load *l, const struct yaml_node *n, const char *what, bool *out) {
    if (n->type != YAML_SCALAR || (n->scalar != YAML_IS_TRUE && n->scalar != YAML_IS_FALSE))
        return kind_fail(l->e, l->path, n->line, "%s must be true or false", what);
    *out = n->scalar == YAML_IS_TRUE;
    return true;
}

/* A list's items, or the one thing itself. */
static size_t many(const struct yaml_node *n) {
    return n->type == YAML_LIST ? n->count : 1;
}
static const struct yaml_node *one_of(const struct yaml_node *n, size_t i) {
    return n->type == YAML_LIST ? n->items[i] : n;
}

static bool texts(struct load *l, const struct yaml_node *n, const char *what, const str **out, size_t *count) {
    size_t const total = many(n);
    str *const list = some(l, total, sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < total; i++) {
        str text;

        if (!scalar(l, one_of(n, i), what, &text) || !keep(l, text, &list[i]))
            return false;
    }
    if (total == 0)
        return kind_fail(l->e, l->path, n->line, "%s is an empty list", what);
    *out = list;
    *count = total;
    return true;
}

/* As texts; none may be empty. */
static bool pieces(struct load *l, const struct yaml_node *n, const char *what, const str **out, size_t *count) {
    if (!texts(l, n, what, out, count))
        return false;
    for (size_t i = 0; i < *count; i++)
        if ((*out)[i].len == 0)
            return kind_fail(l->e, l->path, one_of(n, i)->line, "%s holds an empty text", what);
    return true;
}

static bool field_named(struct load *l, str name, uint32_t line, const char *what, field_id *out) {
    if (name.len == 0)
        return kind_fail(l->e, l->path, line, "%s names no field", what);
    if (name.len > FIELD_BYTES_MAX)
        return kind_fail(l->e, l->path, line, "%s: a field name longer than %d bytes", what, FIELD_BYTES_MAX);
    if ((*out = field_intern(l->k->fields, name)) == FIELD_NONE)
        return err_set(l->e, ERR_LIMIT, 0, "%.*s:%u: no room for more field names", STR_ARG(l->path), line);
    return true;
}

static bool field(struct load *l, const struct yaml_node *n, const char *what, field_id *out) {
    str name;

    return scalar(l, n, what, &name) && field_named(l, name, n->line, what, out);
}

static bool field_list(struct load *l, const struct yaml_node *n, const char *what, const field_id **out,
                       size_t *count) {
    size_t const total = many(n);
    field_id *const list = some(l, total, sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < total; i++)
        if (!field(l, one_of(n, i), what, &list[i]))
            return false;
    *out = list;
    *count = total;
    return true;
}

static bool condition(struct load *l, str name, uint32_t line, const struct yaml_node *n, struct kind_condition *c) {
    const struct yaml_node *wanted = n;
    bool present = false;

    if (!field_named(l, name, line, "`when`", &c->field))
        return false;
    c->path = l->path;
    c->line = line;
    c->how = WHEN_EQUALS;
    if (n->type == YAML_MAP) {
        if (!keys_known(l, n, "a condition", "starts contains present"))
            return false;
        if (n->count != 1)
            return kind_fail(l->e, l->path, n->line, "a condition says one of `starts`, `contains`, `present`");
        wanted = n->items[0];
        if (str_eq(n->keys[0], S("present"))) {
            if (!truth(l, wanted, "`present`", &present))
                return false;
            c->how = present ? WHEN_PRESENT : WHEN_ABSENT;
            return true;
        }
        c->how = str_eq(n->keys[0], S("contains")) ? WHEN_CONTAINS : WHEN_STARTS;
        return pieces(l, wanted, c->how == WHEN_CONTAINS ? "`contains`" : "`starts`", &c->values, &c->value_count);
    }
    return texts(l, wanted, "a condition", &c->values, &c->value_count);
}

static bool conditions(struct load *l, const struct yaml_node *n, const struct kind_condition **out, size_t *count) {
    struct kind_condition *list;

    if (!is_map(l, n, "`when`") || !(list = some(l, n->count, sizeof *list)))
        return false;
    for (size_t i = 0; i < n->count; i++)
        if (!condition(l, n->keys[i], n->key_lines[i], n->items[i], &list[i]))
            return false;
    *out = list;
    *count = n->count;
    return true;
}

/* 'x {A} {B}' into 'x \1 \2' with A and B as inputs; '{{' is a brace. */
static bool template(struct load *l, str text, uint32_t line, struct kind_source *s) {
    char *const out = arena_bytes(l->k->arena, text.len);
    size_t used = 0;

    if (!out)
        return full(l);
    for (size_t i = 0; i < text.len; i++) {
        char const c = text.ptr[i];
        size_t end;
        field_id id;
        size_t input = 0;

        if (c >= 1 && c <= DERIVE_INPUTS_MAX)
            return kind_fail(l->e, l->path, line, "a control character in a template");
        if (c != '{' || (i + 1 < text.len && text.ptr[i + 1] == '{')) {
            i += c == '{';
            out[used++] = c;
            continue;
        }
        if ((end = str_find_byte(str_from(text, i), '}')) == SIZE_MAX)
            return kind_fail(l->e, l->path, line, "a template's { without }");
        if (!field_named(l, str_first(str_from(text, i + 1), end - 1), line, "a template", &id))
            return false;
        while (input < s->input_count && s->inputs[input] != id)
            input++;
        if (input == DERIVE_INPUTS_MAX)
            return kind_fail(l->e, l->path, line, "a template of more than %d fields", DERIVE_INPUTS_MAX);
        s->inputs[input] = id;
        if (input == s->input_count)
            s->input_count++;
        out[used++] = (char)(input + 1);
        i += end;
    }
    if (s->input_count == 0)
        return kind_fail(l->e, l->path, line, "a template without a field");
    s->text = (str){out, used};
    s->how = DERIVE_JOIN;
    return true;
}

/* A field, or a template when it has a brace. */
static bool from_text(struct load *l, str text, uint32_t line, struct kind_source *s) {
    if (str_find_byte(text, '{') != SIZE_MAX)
        return template(l, text, line, s);
    s->how = DERIVE_COPY;
    s->input_count = 1;
    return field_named(l, text, line, "a source", &s->inputs[0]);
}

static bool transform(struct load *l, const struct yaml_node *n, struct kind_source *s) {
    static const struct {
        str name;
        enum derive how;
        size_t inputs_max;
    } forms[] = {
        {STR("decimal"), DERIVE_DECIMAL, 1},
        {STR("hex"), DERIVE_HEX, 1},
        {STR("address"), DERIVE_ADDRESS, 1},
        {STR("lower"), DERIVE_LOWER, 1},
        {STR("unplus"), DERIVE_UNPLUS, 1},
        {STR("dos_path"), DERIVE_DOS_PATH, 1},
        {STR("e164"), DERIVE_E164, 1},
        {STR("ipv4_signed"), DERIVE_IPV4_SIGNED, 1},
        {STR("registry_path"), DERIVE_REGISTRY_PATH, 2},
        {STR("registry_data"), DERIVE_REGISTRY_DATA, 2},
        {STR("url_host"), DERIVE_URL_HOST, 1},
        {STR("url_path"), DERIVE_URL_PATH, 1},
        {STR("url_query"), DERIVE_URL_QUERY, 1},
        {STR("url_extension"), DERIVE_URL_EXTENSION, 1},
        {STR("request_method"), DERIVE_REQUEST_METHOD, 1},
        {STR("request_target"), DERIVE_REQUEST_TARGET, 1},
        {STR("request_path"), DERIVE_REQUEST_PATH, 1},
        {STR("request_query"), DERIVE_REQUEST_QUERY, 1},
        {STR("http_outcome"), DERIVE_HTTP_OUTCOME, 1},
    };
    str name;

    if (!scalar(l, n, "`as`", &name))
        return false;
    for (size_t i = 0; i < COUNT(forms); i++)
        if (str_eq(forms[i].name, name)) {
            s->how = forms[i].how;
            s->home = &l->k->home;
            if (s->input_count > forms[i].inputs_max)
                return kind_fail(l->e, l->path, n->line, "`as: %.*s` takes %s", STR_ARG(name),
                                 forms[i].inputs_max == 1 ? "one field" : "at most two fields");
            return true;
        }
    return kind_fail(
        l->e, l->path, n->line,
        "no `as: %.*s`; there are decimal hex address lower unplus dos_path e164 ipv4_signed registry_path "
        "registry_data url_host url_path url_query url_extension request_method request_target "
        "request_path request_query http_outcome",
        STR_ARG(str_first(name, 40)));
}

static bool table(struct load *l, const struct yaml_node *n, struct kind_source *s) {
    str *pairs;

    if (!is_map(l, n, "`map`") || !(pairs = some(l, n->count, 2 * sizeof *pairs)))
        return false;
    if (n->count == 0)
        return kind_fail(l->e, l->path, n->line, "`map` is empty");
    for (size_t i = 0; i < n->count; i++) {
        str to;

        if (!scalar(l, n->items[i], "a value of `map`", &to) || !keep(l, n->keys[i], &pairs[2 * i]) ||
            !keep(l, to, &pairs[2 * i + 1]))
            return false;
    }
    s->how = DERIVE_MAP;
    s->map = pairs;
    s->map_count = n->count;
    return true;
}

static bool only_if(struct load *l, const struct yaml_node *n, const char *what, struct kind_source *s) {
    struct kind_condition *c;

    if (!is_map(l, n, what))
        return false;
    if (n->count != 1)
        return kind_fail(l->e, l->path, n->line, "%s asks for one field", what);
    if (!(c = some(l, 1, sizeof *c)) || !condition(l, n->keys[0], n->key_lines[0], n->items[0], c))
        return false;
    s->only_if = c;
    return true;
}

static bool split_label(struct load *l, const struct yaml_node *n, struct kind_source *s) {
    str label;

    s->how = DERIVE_SPLIT;
    if (n->type == YAML_SCALAR && !n->quoted && n->scalar == YAML_IS_TRUE)
        return true;
    return scalar(l, n, "`split`", &label) && keep(l, label, &s->text);
}

/* [begin, end], or begin alone; one of them may be empty. */
static bool between_texts(struct load *l, const struct yaml_node *n, struct kind_source *s) {
    const str *list;
    size_t count;

    if (many(n) > 0 && !texts(l, n, "`between`", &list, &count))
        return false;
    if (many(n) == 0 || count > 2 || list[0].len + list[count - 1].len == 0)
        return kind_fail(l->e, l->path, n->line, "`between` takes where it begins, and where it ends");
    s->how = DERIVE_BETWEEN;
    s->text = list[0];
    s->constant = count == 2 ? list[1] : S("");
    return true;
}

static bool source(struct load *l, const struct yaml_node *n, struct kind_source *s) {
    const struct yaml_node *from, *form, *pairs, *label, *split, *constant, *between, *after, *only, *unless;
    str text;

    if (n->type == YAML_SCALAR)
        return scalar(l, n, "a source", &text) && from_text(l, text, n->line, s);
    if (!is_map(l, n, "a source") ||
        !keys_known(l, n, "a source", "from as map label split between after constant only_if unless"))
        return false;
    if (!(from = yaml_get(n, "from")))
        return kind_fail(l->e, l->path, n->line, "a source needs `from`");
    form = yaml_get(n, "as"), pairs = yaml_get(n, "map"), label = yaml_get(n, "label"), split = yaml_get(n, "split");
    constant = yaml_get(n, "constant"), only = yaml_get(n, "only_if"), unless = yaml_get(n, "unless");
    between = yaml_get(n, "between"), after = yaml_get(n, "after");
    if (only && unless)
        return kind_fail(l->e, l->path, n->line, "a source takes one of `only_if`, `unless`");
    if (!!form + !!pairs + !!label + !!split + !!between + !!after + (constant && !label) > 1)
        return kind_fail(l->e, l->path, n->line,
                         "a source takes one of `as`, `map`, `label` (with or without `constant`), `split`, `between`, "
                         "`after`, `constant`");
    if (from->type == YAML_LIST) {
        if (from->count == 0 || from->count > 2 || !form)
            return kind_fail(l->e, l->path, from->line, "only `as: registry_path` and `registry_data` take two fields");
        for (size_t i = 0; i < from->count; i++)
            if (!field(l, from->items[i], "`from`", &s->inputs[i]))
                return false;
        s->input_count = from->count;
    } else if (!scalar(l, from, "`from`", &text) || !from_text(l, text, from->line, s))
        return false;
    if (s->how == DERIVE_JOIN && (form || pairs || label || split || between || after || constant))
        return kind_fail(l->e, l->path, n->line, "a template cannot be transformed as well");
    if (form && !transform(l, form, s))
        return false;
    if (pairs && !table(l, pairs, s))
        return false;
    if (label) {
        s->how = DERIVE_LABELLED;
        if (!scalar(l, label, "`label`", &text) || !keep(l, text, &s->text))
            return false;
        if (text.len == 0)
            return kind_fail(l->e, l->path, label->line, "`label` is empty");
    }
    if (split && !split_label(l, split, s))
        return false;
    if (between && !between_texts(l, between, s))
        return false;
    if (after) {
        s->how = DERIVE_AFTER;
        if (!scalar(l, after, "`after`", &text) || !keep(l, text, &s->text))
            return false;
    }
    if (constant) {
        s->how = label ? DERIVE_LABELLED : DERIVE_CONSTANT;
        if (!scalar(l, constant, "`constant`", &text) || !keep(l, text, label ? &s->constant : &s->text))
            return false;
        if (text.len == 0)
            return kind_fail(l->e, l->path, constant->line, "`constant` is empty");
    }
    s->unless = unless != NULL;
    return only ? only_if(l, only, "`only_if`", s) : unless ? only_if(l, unless, "`unless`", s) : true;
}

static bool sources(struct load *l, const struct yaml_node *n, const char *what, const struct kind_source **out,
                    size_t *count) {
    size_t const total = many(n);
    struct kind_source *const list = some(l, total, sizeof *list);

    if (!list)
        return false;
    if (total == 0)
        return kind_fail(l->e, l->path, n->line, "%s has no source", what);
    for (size_t i = 0; i < total; i++)
        if (!source(l, one_of(n, i), &list[i]))
            return false;
    *out = list;
    *count = total;
    return true;
}

static void lower_text(str s) {
    char *const p = (char *)(uintptr_t)s.ptr; /* a copy of ours */

    for (size_t i = 0; i < s.len; i++)
        p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 0x20) : p[i];
}

static bool lower_part(struct load *l, const struct yaml_node *map, const char *key, str *out) {
    const struct yaml_node *const n = yaml_get(map, key);
    str text;

    *out = S("");
    if (!n)
        return true;
    if (!scalar(l, n, key, &text) || !keep(l, text, out))
        return false;
    lower_text(*out);
    return true;
}

static bool logsource(struct load *l, const struct yaml_node *n, struct kind_logsource *s) {
    const struct yaml_node *fields;
    struct kind_alias *list;

    if (!is_map(l, n, "a log source") || !keys_known(l, n, "a log source", "category product service fields"))
        return false;
    if (!lower_part(l, n, "category", &s->category) || !lower_part(l, n, "product", &s->product) ||
        !lower_part(l, n, "service", &s->service))
        return false;
    if (s->category.len + s->product.len + s->service.len == 0)
        return kind_fail(l->e, l->path, n->line, "a log source needs a category, a product or a service");
    if (!(fields = yaml_get(n, "fields")))
        return true;
    if (!is_map(l, fields, "`fields`") || !(list = some(l, fields->count, sizeof *list)))
        return false;
    for (size_t i = 0; i < fields->count; i++)
        if (!field_named(l, fields->keys[i], fields->key_lines[i], "`fields`", &list[i].field) ||
            !sources(l, fields->items[i], "a field", &list[i].sources, &list[i].source_count))
            return false;
    s->aliases = list;
    s->alias_count = fields->count;
    return true;
}

static bool logsources(struct load *l, const struct yaml_node *n, struct kind *k) {
    struct kind_logsource *list;

    if (n->type != YAML_LIST)
        return kind_fail(l->e, l->path, n->line, "`logsources` must be a list (- product: ...)");
    if (!(list = some(l, n->count, sizeof *list)))
        return false;
    for (size_t i = 0; i < n->count; i++)
        if (!logsource(l, n->items[i], &list[i]))
            return false;
    k->logsources = list;
    k->logsource_count = n->count;
    return true;
}

static bool roles(struct load *l, const struct yaml_node *n, struct kind *k) {
    if (!is_map(l, n, "`roles`"))
        return false;
    for (size_t i = 0; i < n->count; i++) {
        size_t role = 0;

        while (role < ROLES && !str_eq(role_name((enum role)role), n->keys[i]))
            role++;
        if (role == ROLES)
            return kind_fail(l->e, l->path, n->key_lines[i],
                             "no role `%.*s`; there are host, account, target_account, client_address, "
                             "server_address, client_program, object, outcome, session, tenant",
                             STR_ARG(str_first(n->keys[i], 40)));
        if (!sources(l, n->items[i], "a role", &k->roles[role], &k->role_counts[role]))
            return false;
    }
    return true;
}

/* Sources, or null: nothing, though there be a role of that name. */
static bool act_text(struct load *l, const struct yaml_node *n, struct kind_act *a, enum act_text t) {
    struct kind_source *none;

    if (n->type != YAML_SCALAR || n->quoted || n->scalar != YAML_IS_NULL)
        return sources(l, n, "an act's text", &a->texts[t], &a->text_counts[t]);
    if (!(none = some(l, 1, sizeof *none)))
        return false;
    a->texts[t] = none;
    return true;
}

/* One of `acts`. */
static bool act(struct load *l, const struct yaml_node *n, struct kind_act *a) {
    const struct yaml_node *word;
    str name;

    if (!is_map(l, n, "an act") ||
        !keys_known(l, n, "an act",
                    "act when account target host address server program session object verb detail tenant amount "
                    "items values"))
        return false;
    if (!(word = yaml_get(n, "act")))
        return kind_fail(l->e, l->path, n->line, "an act needs `act`: which one");
    if (!scalar(l, word, "`act`", &name))
        return false;
    if ((a->act = act_of(name)) == ACT_NONE && !str_eq(name, S("none")))
        return kind_fail(l->e, l->path, word->line, "no act `%.*s`; docs/kinds.md lists them",
                         STR_ARG(str_first(name, 40)));
    if ((word = yaml_get(n, "when")) && !conditions(l, word, &a->when, &a->when_count))
        return false;
    if (a->act == ACT_NONE && n->count > 1 + (word != NULL))
        return kind_fail(l->e, l->path, n->line, "of what is no act (`none`) nothing is told");
    for (size_t t = 0; t < ACT_KIND; t++)
        if ((word = yaml_get(n, act_text_name((enum act_text)t).ptr)) && !act_text(l, word, a, (enum act_text)t))
            return false;
    if ((word = yaml_get(n, "amount")) && !sources(l, word, "`amount`", &a->amount, &a->amount_count))
        return false;
    if (yaml_get(n, "items") && yaml_get(n, "values"))
        return kind_fail(l->e, l->path, n->line, "an act takes one of `items`, `values`");
    if ((word = yaml_get(n, "items")) && !sources(l, word, "`items`", &a->items, &a->item_count))
        return false;
    if ((word = yaml_get(n, "values"))) {
        a->items_are_values = true;
        return sources(l, word, "`values`", &a->items, &a->item_count);
    }
    return true;
}

static bool acts(struct load *l, const struct yaml_node *n, struct kind *k) {
    size_t const total = many(n);
    struct kind_act *const list = some(l, total, sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < total; i++)
        if (!act(l, one_of(n, i), &list[i]))
            return false;
    k->acts = list;
    k->act_count = total;
    return true;
}

/* `key`, `collect`: fields, each of them once. */
static bool some_fields(struct load *l, const struct yaml_node *n, const char *what, const field_id **out,
                        size_t *count) {
    if (!field_list(l, n, what, out, count))
        return false;
    if (*count == 0)
        return kind_fail(l->e, l->path, n->line, "%s is an empty list", what);
    for (size_t i = 1; i < *count; i++)
        for (size_t j = 0; j < i; j++)
            if ((*out)[i] == (*out)[j])
                return kind_fail(l->e, l->path, one_of(n, i)->line, "%s names a field twice", what);
    return true;
}

/* The names of kinds and shapes stand in output and on the command line. */
static bool name_of(struct load *l, const struct yaml_node *n, const char *what, str *out) {
    str name;

    if (!scalar(l, n, what, &name))
        return false;
    if (name.len == 0 || name.len > NAME_BYTES_MAX || name.ptr[0] == '/' || name.ptr[name.len - 1] == '/' ||
        str_find(name, S("//")) != SIZE_MAX)
        return kind_fail(l->e, l->path, n->line, "%s must be a name such as acme/door", what);
    for (size_t i = 0; i < name.len; i++) {
        char const c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '-' ||
              c == '_' || c == '.'))
            return kind_fail(l->e, l->path, n->line, "%s: names are of letters, digits and - _ . /", what);
    }
    return keep(l, name, out);
}

static bool optional_text(struct load *l, const struct yaml_node *map, const char *key, str *out) {
    const struct yaml_node *const n = yaml_get(map, key);
    str text;

    *out = S("");
    return n ? scalar(l, n, key, &text) && keep(l, text, out) : true;
}

/* A field, or {from: field, as: unix} or utc. */
static bool time_field(struct load *l, const struct yaml_node *n, struct kind_time *t) {
    const struct yaml_node *from, *form;
    str text;

    if (n->type != YAML_MAP)
        return field(l, n, "`time`", &t->field);
    if (!keys_known(l, n, "a time", "from as"))
        return false;
    from = yaml_get(n, "from");
    form = yaml_get(n, "as");
    if (!from || !form)
        return kind_fail(l->e, l->path, n->line, "a time is a field, or has `from` and `as`");
    if (!field(l, from, "`from`", &t->field) || !scalar(l, form, "`as`", &text))
        return false;
    t->unix_seconds = str_eq(text, S("unix"));
    t->utc = str_eq(text, S("utc"));
    return t->unix_seconds || t->utc ||
           kind_fail(l->e, l->path, form->line, "`as: %.*s` is unknown; a time may be `unix` or `utc`",
                     STR_ARG(str_first(text, 40)));
}

static bool times(struct load *l, const struct yaml_node *n, struct kind *k) {
    size_t const total = many(n);
    struct kind_time *const list = some(l, total, sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < total; i++)
        if (!time_field(l, one_of(n, i), &list[i]))
            return false;
    k->times = list;
    k->time_count = total;
    return true;
}

static bool load_kind(struct load *l, const struct yaml_node *map) {
    struct kind_doc *const doc = some(l, 1, sizeof *doc);
    const struct yaml_node *n;
    struct kind *k;

    if (!doc || !keys_known(l, map, "a kind",
                            "kind title base extends reader when each time witness key collect acts logsources roles"))
        return false;
    k = &doc->kind;
    k->path = l->path;
    k->line = map->line;
    k->builtin = l->builtin;
    k->each = k->witness = FIELD_NONE;
    if (!name_of(l, yaml_get(map, "kind"), "`kind`", &k->name) || !optional_text(l, map, "title", &k->title) ||
        !optional_text(l, map, "reader", &k->reader))
        return false;
    doc->extends = S("");
    if ((n = yaml_get(map, "extends"))) {
        doc->extends_line = n->line;
        if (!name_of(l, n, "`extends`", &doc->extends))
            return false;
    }
    if ((n = yaml_get(map, "when")) && !conditions(l, n, &k->when, &k->when_count))
        return false;
    for (size_t i = 0; i < k->when_count; i++) /* whether a record can be of it would be hard to say (kind_reach.c) */
        if (k->when[i].how == WHEN_CONTAINS)
            return kind_fail(l->e, l->path, k->when[i].line,
                             "a kind's `when` takes no `contains`: acts and sources do");
    if ((n = yaml_get(map, "each"))) {
        if (n->type == YAML_LIST)
            return kind_fail(l->e, l->path, n->line, "`each` names two fields");
        if (!field(l, n, "`each`", &k->each))
            return false;
    }
    if ((n = yaml_get(map, "time")) && !times(l, n, k))
        return false;
    if ((n = yaml_get(map, "witness"))) {
        if (n->type == YAML_LIST)
            return kind_fail(l->e, l->path, n->line, "`witness` names two fields");
        if (!field(l, n, "`witness`", &k->witness))
            return false;
    }
    if ((n = yaml_get(map, "key")) && !some_fields(l, n, "`key`", &k->keys, &k->key_count))
        return false;
    if ((n = yaml_get(map, "collect")) && !some_fields(l, n, "`collect`", &k->collects, &k->collect_count))
        return false;
    if ((n = yaml_get(map, "acts")) && !acts(l, n, k))
        return false;
    if ((n = yaml_get(map, "logsources")) && !logsources(l, n, k))
        return false;
    if ((n = yaml_get(map, "roles")) && !roles(l, n, k))
        return false;
    if ((n = yaml_get(map, "base")) && !truth(l, n, "`base`", &doc->base))
        return false;
    if (k->when_count == 0 && doc->extends.len == 0 && !doc->base)
        return kind_fail(l->e, l->path, map->line, "a kind needs `when`: which records are of it");
    return kinds_add_doc(l->k, doc, l->e);
}

static bool sub_field(struct load *l, const struct yaml_node *map, const char *key, str list, field_id *out) {
    const struct yaml_node *const n = yaml_get(map, key);
    struct buf b = {0};
    str text;
    bool ok;

    if (!n)
        return kind_fail(l->e, l->path, map->line, "a pair needs `list`, `name` and `value`");
    if (!scalar(l, n, key, &text))
        return false;
    buf_add(&b, list);
    buf_byte(&b, '.');
    buf_add(&b, text);
    ok = b.failed ? full(l) : field_named(l, buf_str(&b), n->line, key, out);
    buf_free(&b);
    return ok;
}

static bool pair(struct load *l, const struct yaml_node *n, struct shape_pair *p) {
    const struct yaml_node *keep_node;
    str list;

    if (!is_map(l, n, "a pair") || !keys_known(l, n, "a pair", "list name value keep"))
        return false;
    list = yaml_text(n, "list");
    if (!field_named(l, list, n->line, "`list`", &p->list) || !sub_field(l, n, "name", list, &p->name) ||
        !sub_field(l, n, "value", list, &p->value))
        return false;
    return (keep_node = yaml_get(n, "keep")) ? truth(l, keep_node, "`keep`", &p->keep) : true;
}

static bool pairs(struct load *l, const struct yaml_node *n, struct shape *s) {
    size_t const total = many(n);
    struct shape_pair *const list = some(l, total, sizeof *list);

    if (!list)
        return false;
    if (total > SHAPE_PAIRS_MAX)
        return kind_fail(l->e, l->path, n->line, "more than %d pairs", SHAPE_PAIRS_MAX);
    for (size_t i = 0; i < total; i++)
        if (!pair(l, one_of(n, i), &list[i]))
            return false;
    s->pairs = list;
    s->pair_count = total;
    return true;
}

static bool words(struct load *l, const struct yaml_node *n, struct shape *s) {
    if (!is_map(l, n, "`words`") || !keys_known(l, n, "`words`", "list numbered joined"))
        return false;
    if (!yaml_get(n, "list") || !yaml_get(n, "numbered") || !yaml_get(n, "joined"))
        return kind_fail(l->e, l->path, n->line, "`words` needs `list`, `numbered` and `joined`");
    s->has_words = true;
    return field_named(l, yaml_text(n, "list"), n->line, "`list`", &s->words) &&
           field_named(l, yaml_text(n, "joined"), n->line, "`joined`", &s->words_joined) &&
           optional_text(l, n, "numbered", &s->words_numbered);
}

static bool renames(struct load *l, const struct yaml_node *n, struct shape *s) {
    field_id *from, *to;

    if (!is_map(l, n, "`rename`") || !(from = some(l, n->count, sizeof *from)) || !(to = some(l, n->count, sizeof *to)))
        return false;
    for (size_t i = 0; i < n->count; i++)
        if (!field_named(l, n->keys[i], n->key_lines[i], "`rename`", &from[i]) ||
            !field(l, n->items[i], "`rename`", &to[i]))
            return false;
        else if (str_ends(n->keys[i], S(".")) != str_ends(n->items[i]->text, S(".")))
            return kind_fail(l->e, l->path, n->key_lines[i],
                             "`rename`: a beginning (with a point at its end) becomes a beginning, a name a name");
    s->from = from;
    s->to = to;
    s->rename_count = n->count;
    return true;
}

/* A star stands only at the end, between points. */
static bool strips_sound(struct load *l, const struct yaml_node *n, const struct shape *s) {
    for (size_t i = 0; i < s->strip_count; i++) {
        str const p = s->strip[i];
        size_t const star = str_find_byte(p, '*');

        if (star != SIZE_MAX && !(star > 0 && p.ptr[star - 1] == '.' &&
                                  (str_eq(str_from(p, star), S("*.")) || str_eq(str_from(p, star), S("**.")))))
            return kind_fail(l->e, l->path, one_of(n, i)->line,
                             "`strip`: a star only at the end, as in Event.UserData.*.");
    }
    return true;
}

static bool load_shape(struct load *l, const struct yaml_node *map) {
    struct shape *const s = some(l, 1, sizeof *s);
    const struct yaml_node *n;

    if (!s ||
        !keys_known(l, map, "a shape",
                    "shape reader when unless pairs omit strip rename unspace each_of bytes words lines keep xml"))
        return false;
    s->path = l->path;
    s->line = map->line;
    s->builtin = l->builtin;
    s->each_of = s->xml = FIELD_NONE;
    if (!name_of(l, yaml_get(map, "shape"), "`shape`", &s->name) || !optional_text(l, map, "reader", &s->reader))
        return false;
    if (!(n = yaml_get(map, "when")) || many(n) == 0)
        return kind_fail(l->e, l->path, map->line, "a shape needs `when`: the fields that show it");
    if (!field_list(l, n, "`when`", &s->when, &s->when_count))
        return false;
    if ((n = yaml_get(map, "unless")) && !field_list(l, n, "`unless`", &s->unless, &s->unless_count))
        return false;
    if ((n = yaml_get(map, "pairs")) && !pairs(l, n, s))
        return false;
    if ((n = yaml_get(map, "omit")) && !pieces(l, n, "`omit`", &s->omit, &s->omit_count))
        return false;
    if ((n = yaml_get(map, "strip")) &&
        (!pieces(l, n, "`strip`", &s->strip, &s->strip_count) || !strips_sound(l, n, s)))
        return false;
    if ((n = yaml_get(map, "rename")) && !renames(l, n, s))
        return false;
    if ((n = yaml_get(map, "unspace")) && !truth(l, n, "`unspace`", &s->unspace))
        return false;
    if ((n = yaml_get(map, "keep")) && !truth(l, n, "`keep`", &s->keep))
        return false;
    if ((n = yaml_get(map, "each_of"))) {
        if (n->type == YAML_LIST)
            return kind_fail(l->e, l->path, n->line, "`each_of` names two lists");
        if (!field(l, n, "`each_of`", &s->each_of))
            return false;
    }
    if ((n = yaml_get(map, "xml")) && !field(l, n, "`xml`", &s->xml))
        return false;
    if ((n = yaml_get(map, "lines")) && !truth(l, n, "`lines`", &s->lines))
        return false;
    if ((n = yaml_get(map, "words")) && !words(l, n, s))
        return false;
    if ((n = yaml_get(map, "bytes")) && !truth(l, n, "`bytes`", &s->bytes))
        return false;
    /* Values that are added, or put together, stand behind all elements, or belong to several. */
    if (s->each_of != FIELD_NONE && (s->keep || s->lines || s->xml != FIELD_NONE || s->has_words || s->bytes))
        return kind_fail(l->e, l->path, map->line,
                         "`each_of` goes with none of `keep`, `lines`, `xml`, `words`, `bytes`");
    return kinds_add_shape(l->k, s, l->e);
}

/* {name: value, ...} */
static bool constants(struct load *l, const struct yaml_node *n, const struct constant **out, size_t *count) {
    struct constant *list;

    if (!is_map(l, n, "`set`") || !(list = some(l, n->count, sizeof *list)))
        return false;
    for (size_t i = 0; i < n->count; i++) {
        str value;

        if (!field_named(l, n->keys[i], n->key_lines[i], "`set`", &list[i].field) ||
            !scalar(l, n->items[i], "a value of `set`", &value) || !keep(l, value, &list[i].value))
            return false;
    }
    *out = list;
    *count = n->count;
    return true;
}

/* Names of columns; _ is a column that nobody wants. */
static bool template_columns(struct load *l, const struct yaml_node *n, struct template *t) {
    const str *names;
    field_id *list;

    if (!pieces(l, n, "`columns`", &names, &t->column_count) || !(list = some(l, t->column_count, sizeof *list)))
        return false;
    for (size_t i = 0; i < t->column_count; i++) {
        list[i] = FIELD_NONE;
        if (!str_eq(names[i], S("_")) && !field_named(l, names[i], one_of(n, i)->line, "`columns`", &list[i]))
            return false;
    }
    t->columns = list;
    return true;
}

static bool not_compiled(struct load *l, const char *why, uint32_t line, const char *what) {
    return why ? kind_fail(l->e, l->path, line, "%s: %s", what, why) : full(l);
}

/* before: what the format puts in front of each of its templates. */
static bool one_template(struct load *l, const struct yaml_node *n, str before, struct template *t) {
    const struct yaml_node *text_node = n, *more;
    bool has_csv = false;
    const char *why;
    char *whole;
    str text;

    if (n->type == YAML_MAP &&
        (!keys_known(l, n, "a template", "text set columns") || !(text_node = yaml_get(n, "text"))))
        return l->e->code ? false : kind_fail(l->e, l->path, n->line, "a template needs `text`");
    if (!scalar(l, text_node, "a template", &text))
        return false;
    if (before.len) {
        if (!(whole = some(l, before.len + text.len, 1)))
            return false;
        memcpy(whole, before.ptr, before.len);
        memcpy(whole + before.len, text.ptr, text.len);
        text = (str){whole, before.len + text.len};
    }
    if (!template_compile(text, l->k->arena, l->k->fields, t, &why))
        return not_compiled(l, why, text_node->line, "a template");
    t->line = n->line;
    if (n->type == YAML_MAP && (more = yaml_get(n, "set")) && !constants(l, more, &t->set, &t->set_count))
        return false;
    if (n->type == YAML_MAP && (more = yaml_get(n, "columns")) && !template_columns(l, more, t))
        return false;
    for (uint16_t i = 0; i < t->piece_count; i++)
        has_csv |= t->pieces[i].type == PIECE_CSV;
    if (has_csv != (t->columns != NULL))
        return kind_fail(l->e, l->path, n->line,
                         has_csv ? "{:csv} needs `columns`" : "`columns` are those of {:csv}, and there is none");
    return true;
}

static bool joins(struct load *l, const struct yaml_node *n, struct format *f) {
    struct joined *list;

    if (!is_map(l, n, "`join`") || !(list = some(l, n->count, sizeof *list)))
        return false;
    for (size_t i = 0; i < n->count; i++) {
        const char *why;
        field_id id;
        str text;

        if (!field_named(l, n->keys[i], n->key_lines[i], "`join`", &id) || !scalar(l, n->items[i], "`join`", &text))
            return false;
        if (!joined_compile(text, l->k->arena, l->k->fields, &list[i], &why))
            return not_compiled(l, why, n->items[i]->line, "`join`");
        list[i].field = id;
    }
    f->joins = list;
    f->join_count = n->count;
    return true;
}

static bool programs(struct load *l, const struct yaml_node *n, struct format *f) {
    const str *names;
    str *lower;

    if (!pieces(l, n, "`program`", &names, &f->program_count) || !(lower = some(l, f->program_count, sizeof *lower)))
        return false;
    for (size_t i = 0; i < f->program_count; i++) {
        if (!keep(l, names[i], &lower[i]))
            return false;
        lower_text(lower[i]);
    }
    f->programs = lower;
    return true;
}

static bool load_format(struct load *l, const struct yaml_node *map) {
    struct format *const f = some(l, 1, sizeof *f);
    const struct yaml_node *n;
    struct template *list;
    str before = S("");

    if (!f || !keys_known(l, map, "a format", "format title program prefix templates set join"))
        return false;
    f->path = l->path;
    f->line = map->line;
    f->builtin = l->builtin;
    if (!name_of(l, yaml_get(map, "format"), "`format`", &f->name) || !optional_text(l, map, "title", &f->title))
        return false;
    if ((n = yaml_get(map, "program")) && !programs(l, n, f))
        return false;
    if ((n = yaml_get(map, "prefix")) && !scalar(l, n, "`prefix`", &before))
        return false;
    if ((n = yaml_get(map, "set")) && !constants(l, n, &f->set, &f->set_count))
        return false;
    if ((n = yaml_get(map, "join")) && !joins(l, n, f))
        return false;
    if (!(n = yaml_get(map, "templates")) || many(n) == 0) {
        if (f->program_count > 0 && !n)
            return kinds_add_format(l->k, f, l->e);
        return kind_fail(l->e, l->path, map->line, "a format needs `templates`, or `program` at least");
    }
    if (!(list = some(l, many(n), sizeof *list)))
        return false;
    for (size_t i = 0; i < many(n); i++)
        if (!one_template(l, one_of(n, i), before, &list[i]))
            return false;
    f->templates = list;
    f->template_count = many(n);
    return kinds_add_format(l->k, f, l->e);
}

static bool load_without(struct load *l, const struct yaml_node *map) {
    struct kind_without *const w = some(l, 1, sizeof *w);
    const struct yaml_node *const source = yaml_get(map, "without");

    if (!w || !keys_known(l, map, "a document without a kind", "without why") || !is_map(l, source, "`without`") ||
        !keys_known(l, source, "`without`", "category product service") ||
        !lower_part(l, source, "category", &w->category) || !lower_part(l, source, "product", &w->product) ||
        !lower_part(l, source, "service", &w->service) || !optional_text(l, map, "why", &w->why))
        return false;
    if (w->category.len + w->product.len + w->service.len == 0 || w->why.len == 0)
        return kind_fail(l->e, l->path, map->line, "`without` names a log source, and `why` says why it has no kind");
    return kinds_add_without(l->k, w, l->e);
}

/* `time`, `number?`, or a list of what it may be. */
static bool column_test(struct load *l, const struct yaml_node *n, struct table_column *c) {
    static const struct {
        str name;
        enum table_test test;
    } tests[] = {
        {STR("text"), TABLE_TEXT},     {STR("time"), TABLE_TIME},       {STR("unix"), TABLE_UNIX},
        {STR("number"), TABLE_NUMBER}, {STR("address"), TABLE_ADDRESS}, {STR("guid"), TABLE_GUID},
    };
    str name;

    if (n->type == YAML_LIST) {
        c->test = TABLE_ONE_OF;
        if (!texts(l, n, "a column's list", &c->values, &c->value_count))
            return false;
        for (size_t i = 0; i < c->value_count; i++)
            c->or_empty |= c->values[i].len == 0;
        return true;
    }
    if (!scalar(l, n, "a column's test", &name))
        return false;
    if ((c->or_empty = str_ends(name, S("?"))))
        name.len--;
    for (size_t i = 0; i < COUNT(tests); i++)
        if (str_eq(tests[i].name, name)) {
            c->test = tests[i].test;
            if (c->test == TABLE_TEXT && c->or_empty)
                break; /* that is no test */
            return true;
        }
    return kind_fail(l->e, l->path, n->line,
                     "no test `%.*s`; there are text, time, unix, number, address, guid, all but text with ? behind "
                     "for `or nothing`, and lists of values",
                     STR_ARG(str_first(n->text, 40)));
}

static bool column(struct load *l, const struct yaml_node *n, struct table_column *c) {
    str name;

    c->field = FIELD_NONE;
    if (n->type == YAML_MAP) {
        if (n->count != 1)
            return kind_fail(l->e, l->path, n->line, "a column is a name, or one `name: test`");
        name = n->keys[0];
        if (!column_test(l, n->items[0], c))
            return false;
    } else if (!scalar(l, n, "a column", &name)) {
        return false;
    }
    return str_eq(name, S("-")) || field_named(l, name, n->line, "`columns`", &c->field);
}

static bool columns(struct load *l, const struct yaml_node *n, struct table_format *t) {
    struct table_column *list;

    if (n->type != YAML_LIST || n->count < 2 || n->count > TABLE_COLUMNS_MAX)
        return kind_fail(l->e, l->path, n->line, "`columns` must be a list of 2 to %u names", TABLE_COLUMNS_MAX);
    if (!(list = some(l, n->count, sizeof *list)))
        return false;
    for (size_t i = 0; i < n->count; i++) {
        if (!column(l, n->items[i], &list[i]))
            return false;
        t->tested += list[i].test != TABLE_ANY;
        for (size_t j = 0; j < i && list[i].field != FIELD_NONE; j++)
            if (list[j].field == list[i].field)
                return kind_fail(l->e, l->path, n->items[i]->line, "`columns` names a column twice");
    }
    t->columns = list;
    t->column_count = t->least = n->count;
    return true;
}

/* The column that takes what is too much for a row. */
static bool wide(struct load *l, const struct yaml_node *n, struct table_format *t) {
    field_id id;

    if (!field(l, n, "`wide`", &id))
        return false;
    for (t->wide = 0; t->wide < t->column_count && t->columns[t->wide].field != id; t->wide++)
        ;
    if (t->wide == t->column_count)
        return kind_fail(l->e, l->path, n->line, "`wide` names no column of the table");
    if (!t->plain)
        return kind_fail(l->e, l->path, n->line, "`wide` is for tables without quotes: add `quotes: false`");
    if (t->least != t->column_count)
        return kind_fail(l->e, l->path, n->line, "`wide` and `least`: where a row ends cannot be told");
    return true;
}

static bool load_table(struct load *l, const struct yaml_node *map) {
    struct table_format *const t = some(l, 1, sizeof *t);
    const struct yaml_node *n;
    uint64_t least;
    str text;

    if (!t || !keys_known(l, map, "a table", "table title separator quotes least wide columns"))
        return false;
    t->path = l->path;
    t->line = map->line;
    t->builtin = l->builtin;
    if (!name_of(l, yaml_get(map, "table"), "`table`", &t->name) || !optional_text(l, map, "title", &t->title))
        return false;
    if ((n = yaml_get(map, "separator"))) {
        if (!scalar(l, n, "`separator`", &text))
            return false;
        if (text.len != 1 || !strchr(",;|\t", text.ptr[0]) || text.ptr[0] == '\0')
            return kind_fail(l->e, l->path, n->line,
                             "`separator` must be a comma, a semicolon, a bar or a tab (\"\\t\")");
        t->separator = text.ptr[0];
    }
    if (!(n = yaml_get(map, "columns")))
        return kind_fail(l->e, l->path, map->line, "a table needs `columns`: their names, in their order");
    if (!columns(l, n, t))
        return false;
    if (t->tested < 2)
        return kind_fail(l->e, l->path, n->line,
                         "a table without header line is told by what stands in it: give two columns a test, as in "
                         "`- start: time`");
    if ((n = yaml_get(map, "least"))) {
        if (!scalar(l, n, "`least`", &text))
            return false;
        if (!str_u64(text, t->column_count, &least) || least < 2)
            return kind_fail(l->e, l->path, n->line, "`least` must be a number of columns, 2 to %zu", t->column_count);
        t->least = (size_t)least;
    }
    t->wide = SIZE_MAX;
    if ((n = yaml_get(map, "quotes"))) {
        bool quotes = true;

        if (!truth(l, n, "`quotes`", &quotes))
            return false;
        t->plain = !quotes;
    }
    if ((n = yaml_get(map, "wide")) && !wide(l, n, t))
        return false;
    return kinds_add_table(l->k, t, l->e);
}

static bool load_document(struct load *l, const struct yaml_node *map) {
    if (map->type == YAML_SCALAR && map->scalar == YAML_IS_NULL)
        return true; /* nothing between two --- */
    if (!is_map(l, map, "a document"))
        return false;
    if (yaml_get(map, "kind"))
        return load_kind(l, map);
    if (yaml_get(map, "shape"))
        return load_shape(l, map);
    if (yaml_get(map, "format"))
        return load_format(l, map);
    if (yaml_get(map, "table"))
        return load_table(l, map);
    if (yaml_get(map, "without"))
        return load_without(l, map);
    return kind_fail(l->e, l->path, map->line,
                     "a document begins with `kind:`, `shape:`, `format:`, `table:` or `without:`");
}

/* "line 7: why" of yaml becomes "path:7: why". */
static bool yaml_failed(struct load *l) {
    str const text = str_of(l->e->text);
    size_t const colon = str_find_byte(text, ':');
    char why[sizeof l->e->text];

    if (l->e->code != ERR_USAGE || !str_starts(text, S("line ")) || colon == SIZE_MAX)
        return err_wrap(l->e, "%.*s", STR_ARG(l->path));
    memcpy(why, text.ptr, text.len + 1);
    return err_set(l->e, ERR_USAGE, 0, "%.*s:%.*s%s", STR_ARG(l->path), (int)(colon - 5), why + 5, why + colon);
}

/* The documents of one file, as trees. */
typedef bool reads(str bytes, struct arena *a, struct yaml_node ***documents, size_t *count, struct err *e);

/* trees: memory for them, and nothing in it. */
static bool load_file(struct kinds *k, str path, str bytes, reads *read, bool builtin, struct arena *trees,
                      struct err *e) {
    struct load l = {.k = k, .builtin = builtin, .e = e};
    struct yaml_node **documents;
    size_t count = 0;
    bool ok;

    assert(!k->sealed);
    if (!trees)
        return err_set(e, ERR_MEMORY, 0, "%.*s", STR_ARG(path));
    l.path = path;
    k->fingerprint = hash_bytes(bytes, k->fingerprint + builtin);
    ok = keep(&l, path, &l.path);
    if (ok && !read(bytes, trees, &documents, &count, e))
        ok = yaml_failed(&l);
    for (size_t i = 0; ok && i < count; i++)
        ok = load_document(&l, documents[i]);
    return ok;
}

bool kinds_load_text(struct kinds *k, str path, str yaml, bool builtin, struct err *e) {
    struct arena *const trees = arena_new(KINDS_BYTES_MAX);
    bool const ok = load_file(k, path, yaml, yaml_read, builtin, trees, e);

    arena_free(trees);
    return ok;
}

bool kinds_load_builtin(struct kinds *k, struct err *e) {
    struct arena *const trees = arena_new_of(KINDS_BYTES_MAX, TREES_FIRST);
    bool ok = true;

    for (size_t i = 0; ok && i < kinds_builtin_count; i++) {
        ok = load_file(k, kinds_builtin[i].path, kinds_builtin[i].trees, yaml_unpack, true, trees, e);
        if (trees)
            arena_reset(trees);
    }
    arena_free(trees);
    return ok;
}
