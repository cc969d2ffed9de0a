/* profile_victims: the words for countries and sectors: data/attribution/countries.yml and sectors.yml. */
#include "attribution/profile_own.h"
#include "codec/yaml.h"

static bool add_word(struct profile_names *names, struct arena *a, const struct yaml_node *word, size_t of,
                     struct err *e) {
    if (word->type != YAML_SCALAR)
        return err_set(e, ERR_USAGE, 0, "line %u: words are wanted, a list of them for each spelling", word->line);
    return profile_names_add(names, a, word->text, of, e);
}

bool profile_victims_text(struct profile_victims *v, struct arena *a, str text, struct err *e) {
    struct profile_names names = {0};
    struct yaml_node **documents;
    size_t count;
    bool ok = yaml_read(text, a, &documents, &count, e);

    if (ok && (count != 1 || documents[0]->type != YAML_MAP))
        ok = err_set(e, ERR_USAGE, 0, "line 1: one mapping is wanted, of spellings with their words");
    const struct yaml_node *const map = ok ? documents[0] : NULL;

    if (ok && !(v->texts = arena_zero(a, map->count + 1, sizeof *v->texts)))
        ok = profile_no_memory(e);
    for (size_t i = 0; ok && i < map->count; i++) {
        const struct yaml_node *const words = map->items[i];

        /* Too broad to say anything: known, and no spelling. */
        v->texts[v->text_count++] = str_eq(map->keys[i], S("none")) ? S("") : map->keys[i];
        ok = words->type == YAML_LIST ||
             err_set(e, ERR_USAGE, 0, "line %u: %.*s has no list of words", words->line, STR_ARG(map->keys[i]));
        ok = ok && profile_names_add(&names, a, map->keys[i], i, e);
        for (size_t k = 0; ok && k < words->count; k++)
            ok = add_word(&names, a, words->items[k], i, e);
    }
    ok = ok && profile_names_finish(&names, a, &v->spelled, &v->spelled_count, e);
    profile_names_free(&names);
    return ok;
}

bool profile_victims_read(struct profiles *p, struct err *e) {
    struct profile_victims *const to[] = {&p->countries, &p->sectors};

    for (size_t i = 0; i < COUNT(to); i++)
        if (!profile_victims_text(to[i], p->memory, victims_builtin[i].text, e))
            return err_wrap(e, "%.*s", STR_ARG(victims_builtin[i].path));
    return true;
}
