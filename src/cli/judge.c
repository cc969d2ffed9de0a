/* judge: see judge.h. */
#include "cli/judge.h"

#include "attribution/observed.h"
#include "base/file.h"
#include "base/instant.h"
#include "intel/store.h"
#include "report/assessment_case.h"

#define OBSERVED_MEMORY ((size_t)64 << 20)
#define EVIDENCE_MEMORY ((size_t)512 << 20)

struct judge {
    struct profiles *profiles;
    struct parameters parameters;
    struct evidence_rules rules;
    bool ruled;
    struct groups *own_names;
    const struct groups *names;
    struct arena *memory; /* of what was observed */
    struct evidence observed;
    bool given;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to judge");
}

static bool observed_read_file(const char *path, const struct profiles *profiles, struct arena *a, struct evidence *out,
                               struct err *e) {
    struct buf text = {0};
    struct arguments const file = {.items = (const char *[]){path}, .count = 1};
    bool const ok = paths_exist(&file, "observed", false, e) && file_read(path, OBSERVED_BYTES_MAX, &text, e) &&
                    (observed_evidence(out, buf_str(&text), profiles, a, e) || err_wrap(e, "%s", path));

    buf_free(&text);
    return ok;
}

bool judge_check(const char *path, struct err *e) {
    struct arena *const a = path ? arena_new(OBSERVED_MEMORY) : NULL;
    struct evidence none;
    bool const ok = !path || ((a || no_memory(e)) && observed_read_file(path, NULL, a, &none, e));

    arena_free(a);
    return ok;
}

static bool profiles_find(struct judge *j, const struct judge_options *o, struct err *e) {
    struct arguments const path = {.items = (const char *[]){o->profiles}, .count = 1};

    if (o->profiles)
        return paths_exist(&path, "profiles", false, e) && profiles_open(&j->profiles, o->profiles, e);
    for (size_t i = 0; o->stores && !j->profiles && i < o->stores->count; i++)
        if (intel_store_is(o->stores->items[i]) && !profiles_store(&j->profiles, o->stores->items[i], e))
            return false;
    return true;
}

bool judge_new(struct judge **out, const struct judge_options *o, struct err *e) {
    struct judge *const j = calloc(1, sizeof *j);
    bool ok = j || no_memory(e);

    *out = NULL;
    ok = ok && profiles_find(j, o, e);
    if (ok && j->profiles) {
        j->names = o->names;
        ok = parameters_builtin(&j->parameters, e) && (j->ruled = evidence_rules_builtin(&j->rules, e)) &&
             (j->names || (groups_new(&j->own_names, e) && groups_join(j->own_names, e)));
        j->names = j->names ? j->names : j->own_names;
        ok = ok && (!o->observed || (((j->memory = arena_new(OBSERVED_MEMORY)) || no_memory(e)) &&
                                     observed_read_file(o->observed, j->profiles, j->memory, &j->observed, e)));
        j->given = ok && o->observed;
    }
    if (ok && j->profiles)
        *out = j;
    else
        judge_free(j);
    return ok;
}

void judge_free(struct judge *j) {
    if (!j)
        return;
    profiles_free(j->profiles);
    if (j->ruled)
        evidence_rules_free(&j->rules);
    groups_free(j->own_names);
    arena_free(j->memory);
    free(j);
}

/* Nobody can say what would have been said then. */
static bool unknown_then(struct judged_evidence *v, struct err *e) {
    struct evidence *const n = &v->evidence;
    struct evidence_gap *const gaps = arena_alloc(v->memory, (n->gap_count + 1) * sizeof *gaps);

    if (!gaps)
        return no_memory(e);
    for (size_t i = 0; i < n->gap_count; i++)
        gaps[i] = n->gaps[i];
    gaps[n->gap_count] = (struct evidence_gap){
        S("no profiles at hand are as old as the last act: what would have been said then is not known"),
        S("older releases of ATT&CK, as profiles")};
    n->gaps = gaps;
    n->gap_count++;
    return true;
}

static bool judge(const struct judge *j, int64_t as_of, struct judged_evidence *v, struct err *e) {
    struct assess_options o = {.profiles = j->profiles,
                               .parameters = &j->parameters,
                               .rules = &j->rules,
                               .names = j->names,
                               .as_of = v->evidence.last};
    struct err old = {0};

    if (v->evidence.last != INSTANT_NONE && (as_of == INSTANT_NONE || v->evidence.last < as_of) &&
        !assess(&v->then, &v->evidence, &o, &old)) {
        if (old.code != ERR_USAGE) {
            *e = old;
            return false;
        }
        if (!unknown_then(v, e))
            return false;
    }
    o.as_of = as_of;
    if (!assess(&v->now, &v->evidence, &o, e))
        return false;
    if (v->then && v->then->profile == v->now->profile && v->then->links_later == v->now->links_later) {
        assessment_free(v->then);
        v->then = NULL;
    }
    return written_make(&v->written, v->now, v->then, j->names, e);
}

/* A link or a statement that is of one of several incidents would name the intruder of all. */
static bool of_any(const struct evidence *observed, struct arena *a, struct evidence *out, struct err *e) {
    static const struct evidence_gap left = {
        STR("what an analyst listed beside the victim is of one of several incidents, and not said of which: it is not "
            "weighed"),
        STR("the number of the incident: longwatch attribute CASE INCIDENT --observed FILE")};
    struct evidence_item *const items = arena_alloc(a, (observed->item_count + 1) * sizeof *items);
    size_t n = 0;

    if (!items)
        return no_memory(e);
    for (size_t i = 0; i < observed->item_count; i++)
        if (observed->items[i].class == EVIDENCE_VICTIM)
            items[n++] = observed->items[i];
    *out = *observed;
    out->items = items;
    out->item_count = n;
    out->gaps = &left;
    out->gap_count = n < observed->item_count;
    return true;
}

bool judge_incident(const struct judge *j, const char *path, uint32_t incident, bool one, int64_t as_of,
                    struct judged_evidence *out, struct err *e) {
    struct evidence more = j->observed;

    *out = (struct judged_evidence){.memory = arena_new(EVIDENCE_MEMORY)};
    return (out->memory || no_memory(e)) && (one || !j->given || of_any(&j->observed, out->memory, &more, e)) &&
           assessment_case_evidence(path, incident, j->given ? &more : NULL, j->profiles, out->memory, &out->evidence,
                                    e) &&
           judge(j, as_of, out, e);
}

bool judge_observed(const struct judge *j, int64_t as_of, struct judged_evidence *out, struct err *e) {
    *out = (struct judged_evidence){.memory = arena_new(EVIDENCE_MEMORY), .evidence = j->observed};
    return (out->memory || no_memory(e)) && judge(j, as_of, out, e);
}

void judged_free(struct judged_evidence *v) {
    written_free(v->written);
    assessment_free(v->then);
    assessment_free(v->now);
    arena_free(v->memory);
    *v = (struct judged_evidence){0};
}
