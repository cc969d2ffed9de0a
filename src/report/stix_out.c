/* stix_out: a case as a bundle of STIX 2.1 (docs/formats/stix-out.md).
 *
 * Findings of one rule or indicator by one account, on one host, from one client, in one file are one observed-data, which counts them. Of
 * indicators there are sightings, under the identifiers that their sources gave them; of rules notes, and sightings of the techniques that
 * they name. Identifiers depend on what is said, and on nothing else. */
#include "base/file.h"
#include "base/utf.h"
#include "codec/json_tree.h"
#include "intel/sigma.h"
#include "report/case.h"
#include "report/dossier.h"
#include "report/export_own.h"
#include "report/finding_text.h"
#include "report/navigator.h"
#include "report/stix_own.h"
#include "report/stix_value.h"

#define MANIFEST_MAX ((size_t)1 << 20)
/* 5c2b7a4e-9d13-4f0a-8a57-6f1d3e90c2b8: the root of our identifiers, drawn once. */
static const uint8_t our_space[UUID_SIZE] = {0x5c, 0x2b, 0x7a, 0x4e, 0x9d, 0x13, 0x4f, 0x0a,
                                             0x8a, 0x57, 0x6f, 0x1d, 0x3e, 0x90, 0xc2, 0xb8};
#define IDENTITY_CREATED                                                                                               \
    "2021-01-01T00:00:00.000Z" /* of all our identities, so that one name under one marking is one object */

/* A case of a stranger may hold any bytes. */
static json_t *text(str s) {
    struct buf b = {0};
    size_t repaired;
    json_t *out = NULL;
    char *to;

    if (utf8_valid(s) == s.len)
        return json_stringn(s.ptr, s.len);
    if ((to = buf_reserve(&b, 3 * s.len)))
        out = json_stringn(to, utf8_repair(s, to, &repaired));
    buf_free(&b);
    return out;
}

bool stix_set(json_t *object, const char *name, json_t *value, struct err *e) {
    return json_object_set_new(object, name, value) == 0 || export_no_memory(e);
}

bool stix_set_text(json_t *object, const char *name, str s, struct err *e) {
    return stix_set(object, name, text(s), e);
}

bool stix_set_time(json_t *object, const char *name, int64_t when, struct err *e) {
    char room[INSTANT_TEXT];

    return stix_set_text(object, name, instant_format(when, room), e);
}

bool stix_set_buf(json_t *object, const char *name, struct buf *b, struct err *e) {
    bool const ok = b->failed ? export_no_memory(e) : stix_set_text(object, name, buf_str(b), e);

    buf_free(b);
    return ok;
}

/* ---- objects ---- */

/* Takes the object over; *id: a view of its identifier, which lives as long as the bundle. One that is in the bundle already is not put there
 * again. */
static bool put(struct bundle *b, json_t *object, str *id, struct err *e) {
    str const name = json_text_at(object, "id");

    if (!json_object_getn(b->ids, name.ptr, name.len)) {
        if (json_array_append(b->objects, object) != 0 ||
            json_object_setn(b->ids, name.ptr, name.len, json_object_get(object, "id")) != 0) {
            json_decref(object);
            return export_no_memory(e);
        }
    }
    if (id)
        *id = json_text(json_object_getn(b->ids, name.ptr, name.len));
    json_decref(object);
    return true;
}

/* An object of ours: with all it has but an identifier. */
json_t *stix_begin(const struct bundle *b, const char *type) {
    return json_pack("{s:s, s:s, s:s, s:s%, s:s, s:s, s:[O]}", "type", type, "spec_version", "2.1", "id", "",
                     "created_by_ref", b->identity.ptr, b->identity.len, "created", b->created, "modified", b->created,
                     "object_marking_refs", b->marking);
}

bool stix_finish(struct bundle *b, json_t *object, str *id, struct err *e) {
    if (!stix_object_id(object, b->space, e)) {
        json_decref(object);
        return false;
    }
    return put(b, object, id, e);
}

/* A cyber-observable object, as stix_value.h makes them. NULL is nothing. *id is appended to refs. */
bool stix_observable(struct bundle *b, json_t *object, json_t *refs, struct err *e) {
    str id;

    if (!object)
        return true;
    if (json_object_set_new(object, "spec_version", json_string("2.1")) != 0 ||
        json_object_set_new(object, "object_marking_refs", json_pack("[O]", b->marking)) != 0) {
        json_decref(object);
        return export_no_memory(e);
    }
    if (!stix_observable_id(object, e)) {
        json_decref(object);
        return false;
    }
    if (!put(b, object, &id, e))
        return false;
    for (size_t i = 0; i < json_array_size(refs); i++)
        if (str_eq(json_text(json_array_get(refs, i)), id))
            return true;
    return json_array_append_new(refs, text(id)) == 0 || export_no_memory(e);
}

/* ---- who says it, and under which marking ---- */

/* FIRST's TLP 2.0, whose definitions STIX takes as an extension; and TLP 1.0 (STIX 2.1 7.2.1.4). AMBER+STRICT, which 1.0 does not have, is RED there. */
static json_t *marking_of(enum tlp tlp, bool tlp_1) {
    static const struct {
        const char *name, *value, *id, *name_1, *value_1, *id_1;
    } levels[TLPS] = {
        [TLP_CLEAR] = {"TLP:CLEAR", "clear", "94868c89-83c2-464b-929b-a1a8aa3c8487", "TLP:WHITE", "white",
                       "613f2e26-407d-48c7-9eca-b8e91df99dc9"},
        [TLP_GREEN] = {"TLP:GREEN", "green", "bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "TLP:GREEN", "green",
                       "34098fce-860f-48ae-8e50-ebd3cc5e41da"},
        [TLP_AMBER] = {"TLP:AMBER", "amber", "55d920b0-5e8b-4f79-9ee9-91f868d9b421", "TLP:AMBER", "amber",
                       "f88d31f6-486f-44da-b317-01333bde0b82"},
        [TLP_AMBER_STRICT] = {"TLP:AMBER+STRICT", "amber+strict", "939a9414-2ddd-4d32-a0cd-375ea402b003", "TLP:RED",
                              "red", "5e57c739-391a-4eb3-b6be-7d15ca92d5ed"},
        [TLP_RED] = {"TLP:RED", "red", "e828b379-4e03-4974-9ac4-e53a884c97c1", "TLP:RED", "red",
                     "5e57c739-391a-4eb3-b6be-7d15ca92d5ed"},
    };
    char id[STIX_ID_MAX];

    snprintf(id, sizeof id, "marking-definition--%s", tlp_1 ? levels[tlp].id_1 : levels[tlp].id);
    if (tlp_1)
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}}", "type", "marking-definition", "spec_version", "2.1",
                         "id", id, "created", "2017-01-20T00:00:00.000Z", "name", levels[tlp].name_1, "definition_type",
                         "tlp", "definition", "tlp", levels[tlp].value_1);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:{s:s, s:s}}}", "type", "marking-definition", "spec_version", "2.1",
                     "id", id, "created", "2022-10-01T00:00:00.000Z", "name", levels[tlp].name, "extensions",
                     "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d", "extension_type",
                     "property-extension", "tlp_2_0", levels[tlp].value);
}

static bool producer_put(struct bundle *b, struct err *e) {
    str const name = b->x->producer.len ? b->x->producer : S("An institution that hunts with Longwatch");
    json_t *const marking = marking_of(b->x->tlp, b->x->tlp_1);
    json_t *const identity =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:[O], s:s%, s:s}", "type", "identity", "spec_version", "2.1", "id", "",
                  "created", IDENTITY_CREATED, "modified", IDENTITY_CREATED, "object_marking_refs",
                  json_object_get(marking, "id"), "name", name.ptr, name.len, "identity_class", "organization");

    b->marking = json_incref(json_object_get(marking, "id"));
    if (!marking || !identity) {
        json_decref(marking);
        json_decref(identity);
        return export_no_memory(e);
    }
    /* Its own author, as the interoperability profiles ask. */
    return put(b, marking, NULL, e) &&
           (stix_object_id(identity, our_space, e)
                ? stix_set(identity, "created_by_ref", json_incref(json_object_get(identity, "id")), e) &&
                      put(b, identity, &b->identity, e)
                : (json_decref(identity), false));
}

/* A page of another version of the program tells the same findings. */
static bool is_of_findings(str name) {
    return !str_eq(name, S("case.db")) && !str_eq(name, S("dossier.html"));
}

/* The name space: of what was found, as the manifest has it; for a recipient of pseudonyms one of its own, which leads to no other. */
static bool space_of(struct bundle *b, struct err *e) {
    struct buf path = {0}, bytes = {0}, of = {0};
    json_t *manifest = NULL;
    bool ok;

    buf_add(&path, str_of(b->x->path));
    buf_add(&path, S("/manifest.json"));
    buf_byte(&path, '\0');
    ok = (!path.failed || export_no_memory(e)) && file_read(path.ptr, MANIFEST_MAX, &bytes, e) &&
         (manifest = json_tree(buf_str(&bytes), e)) != NULL;
    const json_t *const files = json_object_get(manifest, "files");

    for (size_t i = 0; ok && i < json_array_size(files); i++)
        if (is_of_findings(json_text_at(json_array_get(files, i), "name")))
            buf_add(&of, json_text_at(json_array_get(files, i), "sha256"));
    if (ok && b->x->redact == REDACT_PSEUDONYMS) {
        path.len = 0;
        pseudonym(b->x->pseudonyms, "case", buf_str(&of), &path);
        ok = (!of.failed && !path.failed) || export_no_memory(e);
        ok = ok && uuid5(our_space, buf_str(&path), b->space, e);
    } else if (ok) {
        ok = (!of.failed || export_no_memory(e)) && uuid5(our_space, buf_str(&of), b->space, e);
    }
    json_decref(manifest);
    buf_free(&path);
    buf_free(&bytes);
    buf_free(&of);
    return ok;
}

/* ---- findings, gathered ---- */

static bool on_found(void *ctx, const json_t *tree, struct err *e) {
    return export_found(((struct bundle *)ctx)->found, tree, e);
}

/* The file that says so, by its hash; of its path the last name. */
bool stix_evidence(struct bundle *b, str path, str sha256, json_t *refs, struct err *e) {
    json_t *const file = json_pack("{s:s}", "type", "file");
    size_t name = path.len;
    bool ok = file != NULL || export_no_memory(e);

    while (name > 0 && path.ptr[name - 1] != '/' && path.ptr[name - 1] != '!')
        name--;
    if (ok && sha256.len == 64)
        ok = stix_set(file, "hashes", json_pack("{s:s%}", "SHA-256", sha256.ptr, sha256.len), e);
    if (ok && (str_from(path, name).len || sha256.len != 64))
        ok = stix_set_text(file, "name", path.len > name ? str_from(path, name) : S("evidence"), e);
    if (!ok) {
        json_decref(file);
        return false;
    }
    return stix_observable(b, file, refs, e);
}

/* Objects that the findings of a group share. */
static bool group_objects(struct bundle *b, const struct export_finding *f, json_t *refs, struct err *e) {
    const json_t *const indicator = json_object_get(f->tree, "indicator");
    str const account = json_text_at(f->tree, "account"), host = json_text_at(f->tree, "host");
    str const address = json_text_at(json_object_get(f->tree, "client"), "address");
    str const path = json_text_at(f->tree, "evidence_path"), sha256 = json_text_at(f->tree, "evidence_sha256");
    struct buf canonical = {0};
    const char *why;
    bool ok = true;

    if (indicator)
        ok = stix_observable(
            b,
            stix_value_object(observable_named(json_text_at(indicator, "type")), json_text_at(indicator, "value"),
                              json_text_at(json_array_get(json_object_get(indicator, "claims"), 0), "as_written")),
            refs, e);
    if (ok && account.len)
        ok = stix_observable(b, stix_value_object(OBSERVABLE_ACCOUNT, account, S("")), refs, e);
    if (ok && host.len)
        ok = stix_observable(b, stix_host_object(host), refs, e);
    if (ok && observable_canonical(OBSERVABLE_ADDRESS, address, &canonical, &why))
        ok = stix_observable(b, stix_value_object(OBSERVABLE_ADDRESS, buf_str(&canonical), S("")), refs, e);
    buf_free(&canonical);
    return ok && stix_evidence(b, path, sha256, refs, e);
}

static bool group_add(struct bundle *b, str thing, const struct export_finding *f, struct err *e) {
    static const char *const same[] = {"host", "account", "evidence_path", "evidence_sha256"};
    struct buf key = {0};
    json_t *group;
    bool ok = true;

    buf_add(&key, thing);
    for (size_t i = 0; i < COUNT(same); i++) {
        str const s = json_text_at(f->tree, same[i]);

        buf_format(&key, "\n%zu ", s.len);
        buf_add(&key, s);
    }
    buf_byte(&key, '\n');
    buf_add(&key, json_text_at(json_object_get(f->tree, "client"), "address"));
    if (key.failed) {
        ok = export_no_memory(e);
    } else if (!json_object_getn(b->groups, key.ptr, key.len)) {
        json_t *const refs = json_array();

        if (json_object_size(b->groups) >= EXPORT_OBSERVED_MAX)
            ok = err_set(e, ERR_LIMIT, 0, "more than %u accounts, hosts and clients by rule: hand on --redact counts",
                         EXPORT_OBSERVED_MAX);
        else
            ok = (refs || export_no_memory(e)) && group_objects(b, f, refs, e);
        group = ok ? json_pack("{s:s%, s:O}", "thing", thing.ptr, thing.len, "refs", refs) : NULL;
        json_decref(refs);
        ok = ok && ((group && export_count(b->groups, buf_str(&key), group, f)) || export_no_memory(e));
    } else {
        ok = export_count(b->groups, buf_str(&key), NULL, f) || export_no_memory(e);
    }
    buf_free(&key);
    return ok;
}

struct technique_add {
    struct bundle *b;
    str thing;
    const struct export_finding *f;
};

static bool on_technique(void *ctx, const char *technique, struct err *e) {
    struct technique_add *const t = ctx;
    json_t *const of = export_count(t->b->techniques, str_of(technique), json_pack("{s:{}}", "things"), t->f);

    return (of && json_object_setn_new(json_object_get(of, "things"), t->thing.ptr, t->thing.len, json_true()) == 0) ||
           export_no_memory(e);
}

static unsigned level_of(str level) {
    unsigned l = 0;

    while (l < LEVEL_CRITICAL && !str_eq(sigma_level_name((enum sigma_level)l), level))
        l++;
    return l;
}

static bool on_finding(void *ctx, const struct export_finding *f, struct err *e) {
    struct bundle *const b = ctx;
    struct buf key = {0};
    enum export_sort const sort = export_thing(f->tree, &key, NULL);
    unsigned const level = level_of(json_text_at(f->tree, "level"));
    json_t *thing;
    bool ok = !key.failed || export_no_memory(e);

    if (ok) {
        thing = export_count(b->things, buf_str(&key), json_pack("{s:i, s:O}", "sort", sort, "tree", f->tree), f);
        ok = thing || export_no_memory(e);
    }
    /* The highest level, and the strictest of what may be done with it. */
    if (ok && (json_int_t)level >= json_integer_value(json_object_get(thing, "level")))
        ok = stix_set(thing, "level", json_integer(level), e);
    if (ok && f->first != INSTANT_NONE && f->last != INSTANT_NONE) {
        b->latest = f->last > b->latest || b->latest == INSTANT_NONE ? f->last : b->latest;
        ok = b->x->redact == REDACT_COUNTS || group_add(b, buf_str(&key), f, e);
    }
    if (ok) {
        struct technique_add t = {b, buf_str(&key), f};

        ok = sort == EXPORT_YARA || attack_techniques(f->tree, on_technique, &t, e);
    }
    buf_free(&key);
    return ok;
}

/* ---- what was searched ---- */

static bool on_file(void *ctx, const struct custody *line, struct err *e) {
    struct bundle *const b = ctx;

    (void)e;
    b->searched.files++;
    b->searched.read += line->reader && !line->not_read.len;
    b->searched.not_read +=
        line->not_read.len && !str_eq(line->not_read, S(CUSTODY_EMPTY)) && !str_eq(line->not_read, S(CUSTODY_PROSE));
    b->searched.records += line->records;
    if (line->first != INSTANT_NONE && (b->searched.first == INSTANT_NONE || line->first < b->searched.first))
        b->searched.first = line->first;
    if (line->last != INSTANT_NONE && (b->searched.last == INSTANT_NONE || line->last > b->searched.last))
        b->searched.last = line->last;
    return true;
}
static bool on_coverage(void *ctx, const struct custody_coverage *c, struct err *e) {
    (void)ctx, (void)c, (void)e;
    return true;
}
static bool on_clock(void *ctx, const struct custody_clock *c, struct err *e) {
    (void)ctx, (void)c, (void)e;
    return true;
}
static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct bundle *const b = ctx;

    (void)e;
    b->searched.damages++;
    b->searched.damage_bytes += d->size;
    return true;
}
static bool on_gap(void *ctx, const struct custody_gap *g, struct err *e) {
    struct bundle *const b = ctx;

    (void)e;
    b->searched.gaps += g->type == GAP_RECORDS;
    b->searched.silences += g->type == GAP_SILENCE;
    return true;
}

static bool searched(struct bundle *b, struct err *e) {
    struct case_ledger_visitor const visitor = {on_file, on_coverage, on_clock, on_damage, on_gap, b};

    b->searched.first = b->searched.last = INSTANT_NONE;
    return case_ledger(b->x->path, &visitor, e);
}

static void coverage_text(const struct bundle *b, struct buf *out) {
    char first[INSTANT_TEXT], last[INSTANT_TEXT];

    buf_add(out, S("Searched: "));
    buf_count(out, b->searched.records, "record");
    buf_format(out, " in %lu of ", (unsigned long)b->searched.read);
    buf_count(out, b->searched.files, "file");
    buf_add(out, b->searched.files == 1 ? S(" or member of a container") : S(" and members of containers"));
    if (b->searched.first != INSTANT_NONE)
        buf_format(out, ", from %.*s to %.*s", STR_ARG(instant_format(b->searched.first, first)),
                   STR_ARG(instant_format(b->searched.last, last)));
    buf_add(out, S(". Not covered: "));
    buf_count(out, b->searched.not_read, "file");
    buf_add(out, S(" that could not be read as "));
    buf_add(out, b->searched.not_read == 1 ? S("a log, ") : S("logs, "));
    buf_count(out, b->searched.damages, "damaged place");
    buf_add(out, S(" ("));
    buf_count(out, b->searched.damage_bytes, "byte");
    buf_add(out, S("), "));
    buf_count(out, b->searched.gaps, "run");
    buf_add(out, S(" of missing records, "));
    buf_count(out, b->searched.silences, "silence");
    buf_add(out, S(" of a log that is silent so long at no other time."));
}

/* ---- written ---- */

static json_int_t bounded(const json_t *thing, const char *name) {
    json_int_t const n = json_integer_value(json_object_get(thing, name));

    return n > STIX_COUNT_MAX ? STIX_COUNT_MAX : n;
}

/* Observed-data of each group; their ids go to the thing's list. */
static bool groups_put(struct bundle *b, struct err *e) {
    const char *key;
    json_t *group;

    json_object_foreach(b->groups, key, group) {
        str const of = json_text_at(group, "thing");
        json_t *const thing = json_object_getn(b->things, of.ptr, of.len), *object = stix_begin(b, "observed-data");
        json_t *ids = json_object_get(thing, "observed");
        str id;

        if (!object)
            return export_no_memory(e);
        if (!stix_set_time(object, "first_observed", export_time(group, "first"), e) ||
            !stix_set_time(object, "last_observed", export_time(group, "last"), e) ||
            !stix_set(object, "number_observed", json_integer(bounded(group, "events")), e) ||
            !stix_set(object, "object_refs", json_incref(json_object_get(group, "refs")), e)) {
            json_decref(object);
            return false;
        }
        if (!stix_finish(b, object, &id, e) || (!ids && !stix_set(thing, "observed", ids = json_array(), e)) ||
            (json_array_append_new(ids, text(id)) != 0 && !export_no_memory(e)))
            return false;
    }
    return true;
}

json_int_t stix_confidence(enum sigma_level level) {
    switch (level) {
    case LEVEL_HIGH:
    case LEVEL_CRITICAL:
        return 85;
    case LEVEL_MEDIUM:
        return 50;
    default:
        return 15;
    }
}
#define SCALE "Confidence on the None/Low/Med/High scale of STIX 2.1: by the highest level of a finding."

static bool labels_set(json_t *object, enum pap pap, struct err *e) {
    str const name = pap_name(pap);

    return pap == PAP_NONE || stix_set(object, "labels", json_pack("[s%]", name.ptr, name.len), e);
}

bool stix_sighting(struct bundle *b, str what, const json_t *thing, enum pap pap, json_t *observed, struct err *e) {
    json_t *const object = stix_begin(b, "sighting");
    str const scale = json_text_at(thing, "scale");
    bool ok = object != NULL || export_no_memory(e);

    ok = ok && labels_set(object, pap, e) &&
         stix_set(object, "confidence",
                  json_integer(stix_confidence((enum sigma_level)json_integer_value(json_object_get(thing, "level")))),
                  e) &&
         stix_set_text(object, "description", scale.len ? scale : S(SCALE), e);
    if (ok && export_time(thing, "first") != INSTANT_NONE)
        ok = stix_set_time(object, "first_seen", export_time(thing, "first"), e) &&
             stix_set_time(object, "last_seen", export_time(thing, "last"), e);
    ok = ok && stix_set(object, "count", json_integer(bounded(thing, "events")), e) &&
         stix_set_text(object, "sighting_of_ref", what, e);
    if (ok && json_array_size(observed))
        ok = stix_set(object, "observed_data_refs", json_incref(observed), e);
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(b, object, NULL, e);
}

/* An indicator of which no source gives an identifier: one of ours. */
static bool indicator_put(struct bundle *b, const json_t *indicator, str *id, struct err *e) {
    const json_t *const claim = json_array_get(json_object_get(indicator, "claims"), 0);
    str const type = json_text_at(indicator, "type"), value = json_text_at(indicator, "value");
    str const from = json_text_at(claim, "valid_from"), until = json_text_at(claim, "valid_until");
    json_t *const object = stix_begin(b, "indicator");
    struct buf pattern = {0}, name = {0};
    bool stix;

    if (str_eq(type, S("pattern"))) {
        buf_add(&pattern, value);
        stix = true;
    } else {
        stix = stix_value_pattern(observable_named(type), value, json_text_at(claim, "as_written"), &pattern);
    }
    buf_add(&name, type);
    buf_byte(&name, ' ');
    buf_add(&name, value);
    bool ok = object != NULL || export_no_memory(e);

    ok = ok && stix_set(object, "indicator_types", json_pack("[s]", "unknown"), e) &&
         stix_set_text(object, "pattern_type", stix ? S("stix") : S("longwatch"), e) &&
         stix_set_text(object, "valid_from", from.len ? from : str_of(b->created), e);
    /* STIX wants the end later than the beginning. */
    if (ok && until.len && instant_parse(until) > instant_parse(from.len ? from : str_of(b->created)))
        ok = stix_set_text(object, "valid_until", until, e);
    ok = stix_set_buf(object, "pattern", &pattern, e) && ok;
    ok = stix_set_buf(object, "name", &name, e) && ok;
    if (ok && json_text_at(claim, "source").len)
        ok = stix_set(object, "external_references",
                      json_pack("[{s:s%, s:s%}]", "source_name", json_text_at(claim, "source").ptr,
                                json_text_at(claim, "source").len, "description", json_text_at(claim, "where").ptr,
                                json_text_at(claim, "where").len),
                      e);
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(b, object, id, e);
}

static bool indicator_sightings(struct bundle *b, const json_t *thing, struct err *e) {
    const json_t *const tree = json_object_get(thing, "tree"), *const indicator = json_object_get(tree, "indicator");
    const json_t *const claims = json_object_get(indicator, "claims");
    json_t *const observed = json_object_get(thing, "observed");
    json_t *const told = json_object(); /* several claims may have one id: one sighting */
    bool ok = told || export_no_memory(e), named = false;
    struct buf id = {0};
    str ours;

    for (size_t i = 0; ok && i < json_array_size(claims); i++) {
        const json_t *const claim = json_array_get(claims, i);

        id.len = 0;
        if (json_is_true(json_object_get(claim, "revoked")) || json_is_true(json_object_get(claim, "context_only")) ||
            !export_indicator_id(json_text_at(claim, "id"), &id) || json_object_getn(told, id.ptr, id.len))
            continue;
        named = true;
        ok = (json_object_setn_new(told, id.ptr, id.len, json_true()) == 0 || export_no_memory(e)) &&
             stix_sighting(b, buf_str(&id), thing, pap_named(json_text_at(claim, "pap")), observed, e);
    }
    if (ok && !named)
        ok = indicator_put(b, indicator, &ours, e) && stix_sighting(b, ours, thing, share_pap(tree), observed, e);
    ok = ok && (!id.failed || export_no_memory(e));
    buf_free(&id);
    json_decref(told);
    return ok;
}

/* What a rule is, and what it found: there is no STIX object for a rule whose text is not known. */
static bool rule_note(struct bundle *b, const json_t *thing, struct err *e) {
    const json_t *const tree = json_object_get(thing, "tree"), *observed = json_object_get(thing, "observed");
    bool const yara = json_integer_value(json_object_get(thing, "sort")) == EXPORT_YARA;
    json_t *const object = stix_begin(b, "note");
    json_int_t const findings = json_integer_value(json_object_get(thing, "findings"));
    char first[INSTANT_TEXT], last[INSTANT_TEXT];
    struct buf abstract = {0}, content = {0};
    bool ok = object != NULL || export_no_memory(e);

    buf_add(&abstract, yara ? S("YARA rule ") : S("Rule "));
    buf_add(&abstract, json_text_at(tree, yara ? "rule" : "rule_title"));
    buf_add(&content, buf_str(&abstract));
    if (json_text_at(tree, "rule_id").len) {
        buf_add(&content, S(" (id "));
        buf_add(&content, json_text_at(tree, "rule_id"));
        buf_byte(&content, ')');
    }
    buf_format(&content, ", level %.*s: %" JSON_INTEGER_FORMAT " finding%s",
               STR_ARG(sigma_level_name((enum sigma_level)json_integer_value(json_object_get(thing, "level")))),
               findings, findings == 1 ? "" : "s");
    if (export_time(thing, "first") != INSTANT_NONE)
        buf_format(&content, ", from %.*s to %.*s", STR_ARG(instant_format(export_time(thing, "first"), first)),
                   STR_ARG(instant_format(export_time(thing, "last"), last)));
    if (!yara && json_integer_value(json_object_get(thing, "untimed")))
        buf_format(&content, ", %" JSON_INTEGER_FORMAT " of them without a time and in no observed-data",
                   json_integer_value(json_object_get(thing, "untimed")));
    buf_byte(&content, '.');
    ok = stix_set_buf(object, "abstract", &abstract, e) && ok;
    ok = stix_set_buf(object, "content", &content, e) && ok;
    ok = ok && stix_set(object, "object_refs",
                        json_array_size(observed) ? json_incref((json_t *)(uintptr_t)observed)
                                                  : json_pack("[s%]", b->identity.ptr, b->identity.len),
                        e);
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(b, object, NULL, e);
}

static bool things_put(struct bundle *b, struct err *e) {
    const char *key;
    json_t *thing;

    json_object_foreach(b->things, key,
                        thing) if (!(json_integer_value(json_object_get(thing, "sort")) == EXPORT_INDICATOR
                                         ? indicator_sightings(b, thing, e)
                                         : rule_note(b, thing, e))) return false;
    return true;
}

bool stix_technique(struct bundle *b, const char *number, str *id, struct err *e) {
    json_t *const object = stix_begin(b, "attack-pattern");

    if (!object)
        return export_no_memory(e);
    if (!stix_set_text(object, "name", str_of(number), e) ||
        !stix_set(object, "external_references",
                  json_pack("[{s:s, s:s}]", "source_name", "mitre-attack", "external_id", number), e)) {
        json_decref(object);
        return false;
    }
    return stix_finish(b, object, id, e);
}

/* A technique that rules and sources name: seen as often as they say so. */
static bool techniques_put(struct bundle *b, struct err *e) {
    const char *number, *key;
    json_t *technique, *value;

    json_object_foreach(b->techniques, number, technique) {
        json_t *const observed = json_array();
        str id = S("");
        bool ok = (observed || export_no_memory(e)) && stix_technique(b, number, &id, e);

        json_object_foreach(json_object_get(technique, "things"), key, value) {
            json_t *const thing = json_object_get(b->things, key);

            if (ok && json_object_get(thing, "observed"))
                ok = json_array_extend(observed, json_object_get(thing, "observed")) == 0 || export_no_memory(e);
            if (ok && json_integer_value(json_object_get(thing, "level")) >=
                          json_integer_value(json_object_get(technique, "level")))
                ok = stix_set(technique, "level", json_incref(json_object_get(thing, "level")), e);
        }
        ok = ok && stix_sighting(b, id, technique, PAP_NONE, observed, e);
        json_decref(observed);
        if (!ok)
            return false;
    }
    return true;
}

/* "Looked for, not seen". */
static bool on_not_seen(void *ctx, str indicator, enum pap pap, struct err *e) {
    struct bundle *const b = ctx;
    json_t *const object = stix_begin(b, "sighting");
    bool ok = object != NULL || export_no_memory(e);
    str id;

    ok = ok && labels_set(object, pap, e);
    if (ok && b->searched.first != INSTANT_NONE)
        ok = stix_set_time(object, "first_seen", b->searched.first, e) &&
             stix_set_time(object, "last_seen", b->searched.last, e);
    ok = ok && stix_set(object, "count", json_integer(0), e) && stix_set_text(object, "sighting_of_ref", indicator, e);
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(b, object, &id, e) && (json_array_append_new(b->not_seen, text(id)) == 0 || export_no_memory(e));
}

static bool not_seen_put(struct bundle *b, struct err *e) {
    struct buf content = {0};
    json_t *note;
    bool ok;

    if (!export_not_seen(b->x, b->found, on_not_seen, NULL, b, b->n, e))
        return false;
    if (!(note = stix_begin(b, "note")))
        return export_no_memory(e);
    buf_count(&content, b->n->not_seen, "indicator");
    buf_format(&content, " %s looked for and not seen.", b->n->not_seen == 1 ? "was" : "were");
    if (b->n->nameless) {
        buf_add(&content, b->n->nameless == 1 ? S(" So was ") : S(" So were "));
        buf_count(&content, b->n->nameless, "value");
        buf_add(&content, S(" of which no source gives an identifier."));
    }
    buf_byte(&content, ' ');
    coverage_text(b, &content);
    ok = stix_set_text(note, "abstract", S("What was searched, and what was not"), e);
    ok = stix_set_buf(note, "content", &content, e) && ok;
    ok = ok && stix_set(note, "object_refs",
                        json_array_size(b->not_seen) ? json_incref(b->not_seen)
                                                     : json_pack("[s%]", b->identity.ptr, b->identity.len),
                        e);
    if (!ok) {
        json_decref(note);
        return false;
    }
    return stix_finish(b, note, NULL, e);
}

static bool report_put(struct bundle *b, struct err *e) {
    json_t *const object = stix_begin(b, "report"), *const refs = json_array();
    struct buf about = {0};
    bool ok = (object && refs) || export_no_memory(e);

    for (size_t i = 0; ok && i < json_array_size(b->objects); i++) {
        json_t *const of = json_array_get(b->objects, i);

        if (!str_eq(json_text_at(of, "type"), S("marking-definition")))
            ok = json_array_append(refs, json_object_get(of, "id")) == 0 || export_no_memory(e);
    }
    export_about(&about, b->x, b->n);
    buf_byte(&about, ' ');
    coverage_text(b, &about);
    ok = ok && stix_set_text(object, "name", S("What Longwatch found"), e) &&
         stix_set(object, "report_types", json_pack("[s]", "observed-data"), e) &&
         stix_set_text(object, "published", str_of(b->created), e) &&
         stix_set(object, "object_refs", json_incref(refs), e);
    ok = stix_set_buf(object, "description", &about, e) && ok;
    json_decref(refs);
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(b, object, NULL, e);
}

/* An object a line, so that two bundles can be compared. */
static bool write_out(const struct bundle *b, struct file_out *to, struct err *e) {
    json_t *const whole = json_pack("{s:s, s:o}", "type", "bundle", "ids", json_array());
    bool ok = whole != NULL || export_no_memory(e);

    for (size_t i = 0; ok && i < json_array_size(b->objects); i++)
        ok = json_array_append(json_object_get(whole, "ids"), json_object_get(json_array_get(b->objects, i), "id")) ==
                 0 ||
             export_no_memory(e);
    ok = ok && stix_object_id(whole, b->space, e);
    if (ok) {
        file_out_add(to, S("{\"type\":\"bundle\",\"id\":\""));
        file_out_add(to, json_text_at(whole, "id"));
        file_out_add(to, S("\",\"objects\":[\n"));
    }
    for (size_t i = 0; ok && i < json_array_size(b->objects); i++) {
        char *const line = json_dumps(json_array_get(b->objects, i), JSON_COMPACT);

        if ((ok = line || export_no_memory(e))) {
            file_out_add(to, str_of(line));
            file_out_add(to, i + 1 < json_array_size(b->objects) ? S(",\n") : S("\n"));
        }
        free(line);
    }
    file_out_add(to, S("]}\n"));
    json_decref(whole);
    return ok;
}

/* Whole milliseconds, as STIX writes them (3.2 asks for three digits); rounded up, so that nothing was seen after it was told. */
static void created_set(struct bundle *b) {
    int64_t const when = b->x->created != INSTANT_NONE ? b->x->created : b->latest == INSTANT_NONE ? 0 : b->latest;
    int64_t const up = when % 1000000 == 0 ? when : instant_moved(when - when % 1000000, when > 0 ? 1000000 : 0);
    struct wall const w = instant_wall(up);

    snprintf(b->created, sizeof b->created, "%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", w.year, w.month, w.day, w.hour,
             w.minute, w.second, w.nanosecond / 1000000);
}

bool export_stix(const struct export_wish *x, struct file_out *to, struct export_counts *n, struct err *e) {
    struct bundle b = {.x = x, .n = n, .latest = INSTANT_NONE};
    json_t **const made[] = {&b.objects, &b.not_seen, NULL},
                   **const maps[] = {&b.ids, &b.things, &b.groups, &b.techniques, &b.found};
    bool ok = true;

    for (size_t i = 0; made[i]; i++)
        ok = (*made[i] = json_array()) != NULL && ok;
    for (size_t i = 0; i < COUNT(maps); i++)
        ok = (*maps[i] = json_object()) != NULL && ok;
    ok = (ok || export_no_memory(e)) && space_of(&b, e) && producer_put(&b, e) && searched(&b, e) &&
         export_clues_open(x, &b.clues, e) && export_findings(x, b.clues, on_finding, on_found, &b, n, e) &&
         stix_incidents_latest(&b, e);
    created_set(&b);
    ok = ok && groups_put(&b, e) && things_put(&b, e) && techniques_put(&b, e) && stix_incidents(&b, e) &&
         (!x->asked || not_seen_put(&b, e)) && report_put(&b, e) && write_out(&b, to, e);
    for (size_t i = 0; made[i]; i++)
        json_decref(*made[i]);
    for (size_t i = 0; i < COUNT(maps); i++)
        json_decref(*maps[i]);
    json_decref(b.marking);
    export_clues_free(b.clues);
    return ok;
}
