/* evaluate_cases: cases, the parts of the cross-validation and baselines, out of their files. */
#include <math.h>

#include "attribution/evaluate_own.h"
#include "attribution/fit.h"
#include "base/compiler.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/instant.h"
#include "codec/json_tree.h"

#define FILE_MAX ((size_t)64 << 20)
#define CASES_MAX 100000u
#define MEMORY_MAX ((size_t)64 << 20)
#define DAY INT64_C(86400000000000)

static const char *const shares[SHARES] = {"0.5", "0.3"};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for cases");
}

static bool sum_of(uint8_t sum[SHA256_SIZE], const str *words, size_t count, struct err *e) {
    struct sha256 *const h = sha256_new();

    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory to divide cases");
    for (size_t i = 0; i < count; i++)
        sha256_add(h, words[i]);
    sha256_end(h, sum);
    sha256_free(h);
    return true;
}

/* Which of so many parts a group's cases are of: all in one, so that nothing is learned about a group from itself. */
static bool part_of(const char *division, str group, unsigned parts, unsigned *out, struct err *e) {
    uint8_t sum[SHA256_SIZE];
    str const words[] = {str_of(division), group};

    if (!sum_of(sum, words, COUNT(words), e))
        return false;
    *out = 0;
    for (size_t i = 0; i < SHA256_SIZE; i++)
        *out = (*out * 256 + sum[i]) % parts;
    return true;
}

bool chance_of(const char *draw, str id, token t, double *out, struct err *e) {
    uint8_t sum[SHA256_SIZE];
    uint8_t const bytes[4] = {(uint8_t)(t >> 24), (uint8_t)(t >> 16), (uint8_t)(t >> 8), (uint8_t)t};
    str const words[] = {str_of(draw), id, {(const char *)bytes, sizeof bytes}};

    if (!sum_of(sum, words, COUNT(words), e))
        return false;
    *out = (sum[0] + (sum[1] + (sum[2] + sum[3] / 256.0) / 256) / 256) / 256;
    return true;
}

static bool tokens_of(struct arena *a, const json_t *list, bool software, const token **out, size_t *count,
                      struct err *e) {
    token *const tokens = arena_zero(a, json_array_size(list) + 1, sizeof *tokens);
    size_t n = 0;

    if (!tokens)
        return no_memory(e);
    for (size_t i = 0; i < json_array_size(list); i++) {
        token const t = token_parse(json_text(json_array_get(list, i)));

        if (t && token_software(t) == software)
            tokens[n++] = t;
    }
    *count = tokens_sort(tokens, n);
    *out = tokens;
    return true;
}

/* Missing is no error where that is allowed: *out NULL. */
static bool file_json(json_t **out, const char *folder, const char *name, bool must, struct err *e) {
    struct buf path = {0}, bytes = {0};

    *out = NULL;
    buf_format(&path, "%s/%s", folder, name);
    buf_byte(&path, '\0');
    bool ok = !path.failed || no_memory(e);

    if (ok && file_read(path.ptr, FILE_MAX, &bytes, e)) {
        *out = json_tree(buf_str(&bytes), e);
        ok = *out || err_wrap(e, "%s", name);
    } else if (ok) {
        ok = !must && e->code == ERR_IO;
        if (ok)
            *e = (struct err){0};
    }
    buf_free(&bytes);
    buf_free(&path);
    return ok;
}

/* The nation that a group is published to be of today, also of groups that the case's release does not have. */
static str nation_now(const struct profiles *all, str group) {
    for (size_t r = all->count; r-- > 0;)
        for (size_t i = 0; i < all->releases[r].group_count; i++)
            if (str_eq(all->releases[r].groups[i].id, group))
                return all->releases[r].groups[i].nation;
    return S("");
}

static bool case_read(struct cases *all, struct one_case *c, const json_t *of, bool known, struct err *e) {
    static const char *const divisions[DIVISIONS] = {"a", "b", "c", "d"};
    const struct profile *const p = profiles_named(all->all, json_text_at(of, "release"));
    str const group = json_text(json_array_get(json_object_get(of, known ? "true" : "later"), 0)),
              date = json_text_at(of, "date");
    int64_t const when = date.len == 10 ? instant_parse(date) : INSTANT_NONE;

    c->right = NO_GROUP;
    for (size_t i = 0; known && p && i < p->group_count; i++)
        if (str_eq(p->groups[i].id, group))
            c->right = i;
    if (!p || !group.len || when == INSTANT_NONE || (known && c->right == NO_GROUP))
        return err_set(e, ERR_CORRUPT, 0, "case %.*s names no day or no release, or no group of it",
                       STR_ARG(str_first(json_text_at(of, "id"), 60)));
    if (!arena_copy(all->memory, json_text_at(of, "id"), &c->id) || !arena_copy(all->memory, group, &c->group))
        return no_memory(e);
    c->at = (uint32_t)(c - all->list);
    c->profile = p;
    c->day = when / DAY;
    c->campaign = str_eq(json_text_at(of, "kind"), S("campaign"));
    c->nation = nation_now(all->all, group);
    c->cluster = (uint32_t)all->clusters;
    for (const struct one_case *o = all->list; o < c; o++)
        if (str_eq(o->group, c->group))
            c->cluster = o->cluster;
    all->clusters += c->cluster == all->clusters;
    bool ok =
        tokens_of(all->memory, json_object_get(of, "techniques"), false, &c->seen.techniques, &c->seen.technique_count,
                  e) &&
        tokens_of(all->memory, json_object_get(of, "software"), true, &c->seen.software, &c->seen.software_count, e) &&
        judgement_measure(&c->measured, all->all, p, &c->seen, NO_GROUP, e) &&
        (!known || judgement_measure(&c->removed, all->all, p, &c->seen, c->right, e));

    ok = ok && part_of("in", group, FIT_PARTS, &c->inner, e);
    for (size_t d = 0; ok && d < DIVISIONS; d++)
        ok = part_of(divisions[d], group, PARTS, &c->part[d], e);
    return ok;
}

static bool list_read(struct cases *c, const char *folder, const char *name, bool known, struct err *e) {
    json_t *root;
    bool ok = file_json(&root, folder, name, true, e);
    size_t const more = json_array_size(root);

    ok = ok && ((json_is_array(root) && c->count + more <= CASES_MAX) ||
                err_set(e, ERR_CORRUPT, 0, "%s is no list of cases", name));
    if (ok) {
        struct one_case *const list = realloc(c->list, (c->count + more + 1) * sizeof *list);

        ok = list || no_memory(e);
        if (ok) {
            memset(list + c->count, 0, (more + 1) * sizeof *list);
            c->list = list;
        }
    }
    for (size_t i = 0; ok && i < more; i++)
        ok = case_read(c, &c->list[c->count++], json_array_get(root, i), known, e) || err_wrap(e, "%s", name);
    json_decref(root);
    return ok;
}

/* What somebody would know who saw only a part of a campaign; by the file, and all of its software. */
static bool parts_read(struct cases *c, const char *folder, struct err *e) {
    json_t *root;
    bool ok = file_json(&root, folder, "cases-campaigns.json", false, e);

    for (size_t i = 0; ok && i < json_array_size(root); i++) {
        const json_t *const of = json_array_get(root, i), *const parts = json_object_get(of, "partial");
        str const id = json_text_at(of, "id");

        for (size_t k = 0; ok && k < c->known; k++) {
            struct one_case *const one = &c->list[k];

            if (!str_eq(one->id, id))
                continue;
            for (size_t s = 0; ok && s < SHARES; s++) {
                const json_t *const draws = json_object_get(parts, shares[s]);

                if (json_array_size(draws) != DRAWS)
                    ok = err_set(e, ERR_CORRUPT, 0, "cases-campaigns.json: %.*s has not %u parts of %s", STR_ARG(id),
                                 DRAWS, shares[s]);
                for (size_t d = 0; ok && d < DRAWS; d++) {
                    struct observed *const o = &one->filed[s][d];

                    *o = one->seen;
                    ok = tokens_of(c->memory, json_array_get(draws, d), false, &o->techniques, &o->technique_count, e);
                }
            }
            one->has_parts = ok;
        }
    }
    json_decref(root);
    return ok;
}

bool cases_read(struct cases *out, const char *folder, const struct profiles *all, struct err *e) {
    *out = (struct cases){.memory = arena_new(MEMORY_MAX), .all = all};
    bool ok = out->memory || no_memory(e);

    ok = ok && list_read(out, folder, "cases-prospective.json", true, e);
    out->known = out->count;
    return ok && list_read(out, folder, "cases-prospective-unknown.json", false, e) && parts_read(out, folder, e);
}

void cases_free(struct cases *c) {
    for (size_t i = 0; i < c->count; i++) {
        judgement_free(&c->list[i].measured);
        judgement_free(&c->list[i].removed);
    }
    free(c->list);
    arena_free(c->memory);
}

bool baselines_read(struct evaluation *out, const char *folder, struct err *e) {
    static const char *const sets[] = {"prospective reports", "prospective campaigns"};
    json_t *root;
    size_t most = 1;
    bool ok = file_json(&root, folder, "baseline.json", false, e);

    for (size_t s = 0; s < COUNT(sets); s++)
        most += json_object_size(json_object_get(root, sets[s]));
    out->baselines = ok ? arena_zero(out->memory, most, sizeof *out->baselines) : NULL;
    ok = ok && (out->baselines || no_memory(e));
    for (size_t s = 0; ok && s < COUNT(sets); s++) {
        json_t *of;
        const char *name;

        json_object_foreach(json_object_get(root, sets[s]), name, of) {
            struct evaluated_baseline *const b = &out->baselines[out->baseline_count++];
            const json_t *const interval = json_object_get(of, "top1_ci95");

            *b = (struct evaluated_baseline){.set = str_of(sets[s]),
                                             .cases = json_number_value(json_object_get(of, "n")),
                                             .first = json_number_value(json_object_get(of, "top1")),
                                             .low = json_number_value(json_array_get(interval, 0)),
                                             .high = json_number_value(json_array_get(interval, 1)),
                                             .first_five = json_number_value(json_object_get(of, "top5")),
                                             .rank = json_number_value(json_object_get(of, "mrr"))};
            ok = ok && (arena_copy(out->memory, str_of(name), &b->method) || no_memory(e));
        }
    }
    json_decref(root);
    return ok;
}
