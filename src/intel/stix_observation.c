/* stix_observation: Observed Data as JSON (STIX 2.0 part 4, STIX 2.1 section 4.14) into observations. */
#include "intel/stix_observation.h"

#include <math.h>

#include "base/instant.h"
#include "codec/json_tree.h"
#include "event/number.h"
#include "intel/stix_pattern.h"

struct reading {
    struct arena *a;
    struct err *e;
};

static bool full(struct reading *r) {
    return err_set(r->e, ERR_MEMORY, 0, "no memory for an observation");
}

/* The shortest decimal that is this double: what stood in the JSON, if it had no more digits than a double holds. */
static bool decimal(struct reading *r, const json_t *json, str *out) {
    char text[64], canonical[NUMBER_TEXT_MAX];
    size_t len;

    if (json_is_integer(json)) {
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(json));
    } else {
        double const d = json_real_value(json);

        for (int digits = 15; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, d);
            if (strtod(text, NULL) == d)
                break;
        }
    }
    if (!number_canonical(str_of(text), canonical, &len))
        return err_set(r->e, ERR_LIMIT, 0, "a number that cannot be held");
    return arena_copy(r->a, (str){canonical, len}, out) || full(r);
}

static bool convert(struct reading *r, const json_t *json, unsigned depth, struct stix_value *v) {
    *v = (struct stix_value){.text = S("")};
    if (depth > STIX_VALUE_DEPTH_MAX)
        return err_set(r->e, ERR_LIMIT, 0, "a property of more than %u levels", STIX_VALUE_DEPTH_MAX);
    switch (json_typeof(json)) {
    case JSON_NULL:
        v->type = STIX_VALUE_NULL;
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        v->type = STIX_VALUE_BOOL;
        v->yes = json_is_true(json);
        return true;
    case JSON_INTEGER:
    case JSON_REAL:
        v->type = STIX_VALUE_NUMBER;
        return decimal(r, json, &v->text);
    case JSON_STRING:
        v->type = STIX_VALUE_TEXT;
        return arena_copy(r->a, json_text(json), &v->text) || full(r);
    case JSON_ARRAY: {
        struct stix_value *const items = arena_zero(r->a, json_array_size(json), sizeof *items);

        v->type = STIX_VALUE_LIST;
        v->items = items;
        v->count = json_array_size(json);
        if (!items)
            return full(r);
        for (size_t i = 0; i < v->count; i++)
            if (!convert(r, json_array_get(json, i), depth + 1, &items[i]))
                return false;
        return true;
    }
    default: {
        struct stix_member *const members = arena_zero(r->a, json_object_size(json), sizeof *members);
        void *at = json_object_iter((json_t *)(uintptr_t)json);

        v->type = STIX_VALUE_OBJECT;
        v->members = members;
        if (!members)
            return full(r);
        for (; at; at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
            str const name = {json_object_iter_key(at), json_object_iter_key_len(at)};
            struct stix_member *const m = &members[v->count++];

            if (!arena_copy(r->a, name, &m->name))
                return full(r);
            if (!convert(r, json_object_iter_value(at), depth + 1, &m->value))
                return false;
        }
        return true;
    }
    }
}

static bool add_object(struct reading *r, str id, const json_t *json, struct stix_object *o) {
    if (!json_is_object(json) || !json_text_at(json, "type").len)
        return err_set(r->e, ERR_USAGE, 0, "an observed object without a type");
    if (!convert(r, json, 0, &o->properties))
        return false;
    return (arena_copy(r->a, id, &o->id) && arena_copy(r->a, json_text_at(json, "type"), &o->type)) || full(r);
}

static bool time_of(struct reading *r, const json_t *observed, const char *name, int64_t *out) {
    struct stix_time t;

    if (!stix_time_parse(json_text_at(observed, name), &t))
        return err_set(r->e, ERR_USAGE, 0, "%s is no time", name);
    *out = stix_time_instant(&t);
    return true;
}

/* pool: the objects of a bundle by id. */
static bool add_observed(struct reading *r, const json_t *observed, const json_t *pool, struct stix_observation *o) {
    const json_t *const map = json_object_get(observed, "objects"), *const refs =
                                                                        json_object_get(observed, "object_refs");
    size_t const room = json_object_size(map) + json_array_size(refs);
    struct stix_object *const objects = arena_zero(r->a, room, sizeof *objects);
    const json_t *const number = json_object_get(observed, "number_observed");

    if (!objects)
        return full(r);
    *o = (struct stix_observation){.objects = objects, .number = 1};
    if (!time_of(r, observed, "first_observed", &o->first) || !time_of(r, observed, "last_observed", &o->last))
        return false;
    if (o->last < o->first)
        return err_set(r->e, ERR_USAGE, 0, "last_observed is before first_observed");
    if (number &&
        (!json_is_integer(number) || json_integer_value(number) < 1 || json_integer_value(number) > UINT32_MAX))
        return err_set(r->e, ERR_USAGE, 0, "number_observed is no count");
    if (number)
        o->number = (uint32_t)json_integer_value(number);
    for (void *at = json_object_iter((json_t *)(uintptr_t)map); at;
         at = json_object_iter_next((json_t *)(uintptr_t)map, at)) {
        str const id = {json_object_iter_key(at), json_object_iter_key_len(at)};

        if (!add_object(r, id, json_object_iter_value(at), &objects[o->object_count++]))
            return false;
    }
    for (size_t i = 0; i < json_array_size(refs); i++) {
        const char *const id = json_string_value(json_array_get(refs, i));
        const json_t *const object = id ? json_object_get(pool, id) : NULL;

        /* A reference to what is not in the bundle names nothing that could be matched. */
        if (object && !add_object(r, str_of(id), object, &objects[o->object_count++]))
            return false;
    }
    return true;
}

bool stix_observations_read(const json_t *json, struct arena *a, struct stix_observation **out, size_t *count,
                            struct err *e) {
    struct reading r = {a, e};
    const json_t *const bundle =
        str_eq(json_text_at(json, "type"), S("bundle")) ? json_object_get(json, "objects") : NULL;
    size_t const size = bundle ? json_array_size(bundle) : 1;
    struct stix_observation *const all = arena_zero(a, size, sizeof *all);
    json_t *const pool = json_object();
    size_t used = 0;
    bool ok = true;

    if (!all || !pool) {
        json_decref(pool);
        return full(&r);
    }
    for (size_t i = 0; ok && i < json_array_size(bundle); i++) {
        json_t *const object = json_array_get(bundle, i);
        const char *const id = json_string_value(json_object_get(object, "id"));

        if (id && json_object_set(pool, id, object) != 0)
            ok = full(&r);
    }
    for (size_t i = 0; ok && i < size; i++) {
        const json_t *const object = bundle ? json_array_get(bundle, i) : json;

        if (str_eq(json_text_at(object, "type"), S("observed-data")))
            ok = add_observed(&r, object, pool, &all[used++]);
        else if (!bundle)
            ok = err_set(e, ERR_USAGE, 0, "neither Observed Data nor a bundle");
    }
    json_decref(pool);
    if (!ok)
        return false;
    *out = all;
    *count = used;
    return true;
}
