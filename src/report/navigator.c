/* navigator: a layer for the ATT&CK Navigator (docs/formats/navigator.md): how many findings and acts of incidents each technique has. */
#include "codec/json_tree.h"
#include "report/export_own.h"
#include "report/finding_text.h"
#include "report/navigator.h"

#define RULES_TOLD 20u

bool attack_technique(str tag, char out[ATTACK_TECHNIQUE]) {
    bool const sub = tag.len == 9;

    if (tag.len != 5 && !sub)
        return false;
    for (size_t i = 0; i < tag.len; i++) {
        char const c = tag.ptr[i];

        if (i == 0 ? c != 't' && c != 'T' : i == 5 ? c != '.' : c < '0' || c > '9')
            return false;
        out[i] = i == 0 ? 'T' : c;
    }
    out[tag.len] = '\0';
    return true;
}

bool attack_techniques(const json_t *finding, bool (*each)(void *ctx, const char *technique, struct err *e), void *ctx,
                       struct err *e) {
    const json_t *const lists[] = {json_object_get(finding, "tags"),
                                   json_object_get(json_object_get(finding, "indicator"), "techniques")};
    char all[64][ATTACK_TECHNIQUE];
    size_t count = 0;

    for (size_t list = 0; list < COUNT(lists); list++)
        for (size_t i = 0; i < json_array_size(lists[list]); i++) {
            str tag = json_text(json_array_get(lists[list], i));
            size_t at = 0;

            if (list == 0 && (tag.len < 7 || !str_eq_ascii(str_first(tag, 7), S("attack."))))
                continue;
            if (list == 0)
                tag = str_from(tag, 7);
            if (count == COUNT(all) || !attack_technique(tag, all[count]))
                continue;
            while (at < count && strcmp(all[at], all[count]) != 0)
                at++;
            if (at < count)
                continue;
            if (!each(ctx, all[count++], e))
                return false;
        }
    return true;
}

struct layer {
    json_t *techniques; /* by number: a thing, whose rules are an object: title, findings; incidents, acts: numbers */
    const struct export_finding *f;
    uint64_t other, ics, most;
};

/* ATT&CK for ICS: another matrix. */
static bool is_ics(const char *technique) {
    return technique[1] == '0' && technique[2] == '8';
}

static bool on_technique(void *ctx, const char *technique, struct err *e) {
    struct layer *const l = ctx;
    struct buf key = {0}, title = {0};
    json_t *thing, *rules, *rule;

    if (is_ics(technique)) {
        l->ics++;
        return true;
    }
    (void)export_thing(l->f->tree, &key, &title);
    thing = export_count(l->techniques, str_of(technique), json_pack("{s:{}}", "rules"), l->f);
    rules = json_object_get(thing, "rules");
    rule = json_object_getn(rules, buf_str(&title).ptr, title.len);
    bool const ok =
        thing && !key.failed && !title.failed &&
        json_object_setn_new(rules, buf_str(&title).ptr, title.len, json_integer(json_integer_value(rule) + 1)) == 0;

    buf_free(&key);
    buf_free(&title);
    return ok || export_no_memory(e);
}

static bool on_finding(void *ctx, const struct export_finding *f, struct err *e) {
    struct layer *const l = ctx;

    l->f = f;
    return attack_techniques(f->tree, on_technique, l, e);
}

static bool more(json_t *thing, const char *name, uint64_t n) {
    return json_object_set_new(thing, name,
                               json_integer(json_integer_value(json_object_get(thing, name)) + (json_int_t)n)) == 0;
}

/* Under several tactics a technique of an incident has several entries. */
static bool on_incident(void *ctx, const struct export_incident *i, struct err *e) {
    struct layer *const l = ctx;

    for (size_t k = 0; k < i->technique_count; k++) {
        const struct export_technique *const t = &i->techniques[k];
        bool const again = k && str_eq(i->techniques[k - 1].technique, t->technique);
        json_t *of = json_object_getn(l->techniques, t->technique.ptr, t->technique.len), *told;
        char name[ATTACK_TECHNIQUE];
        struct buf key = {0};
        bool ok;

        if (!attack_technique(t->technique, name) || is_ics(name)) {
            l->ics++;
            continue;
        }
        if (!of && json_object_set_new(l->techniques, name, of = json_pack("{s:{}}", "rules")) != 0)
            return export_no_memory(e);
        if (!(told = json_object_get(of, "told")) && json_object_set_new(of, "told", told = json_object()) != 0)
            return export_no_memory(e);
        buf_format(&key, "Incident %u (", i->of.incident);
        finding_short(&key, i->of.title);
        buf_add(&key, S(")"));
        buf_byte(&key, '\0');
        ok = !key.failed && more(told, key.ptr, t->acts) && more(of, "acts", t->acts) &&
             (again || more(of, "incidents", 1)) && export_span(of, t->first, t->last);
        buf_free(&key);
        if (!ok)
            return export_no_memory(e);
    }
    return true;
}

/* Which incidents and rules, and how often; of more than RULES_TOLD the first. */
static void comment_lines(struct buf *b, const json_t *of, const char *unit) {
    const char *title;
    json_t *count;
    size_t told = 0;

    json_object_foreach((json_t *)(uintptr_t)of, title, count) if (told++ < RULES_TOLD) {
        json_int_t const n = json_integer_value(count);

        buf_format(b, "%s%s: %" JSON_INTEGER_FORMAT "%s%s%s", b->len ? "\n" : "", title, n, unit ? " " : "",
                   unit ? unit : "", unit && n != 1 ? "s" : "");
    }
    if (told > RULES_TOLD)
        buf_format(b, "\nand %zu more", told - RULES_TOLD);
}

static json_t *comment(const json_t *technique) {
    struct buf b = {0};
    json_t *out = NULL;

    comment_lines(&b, json_object_get(technique, "told"), "act");
    comment_lines(&b, json_object_get(technique, "rules"), NULL);
    if (!b.failed)
        out = json_stringn(buf_str(&b).ptr, b.len);
    buf_free(&b);
    return out;
}

static bool span_add(json_t *metadata, const char *name, int64_t when) {
    char text[INSTANT_TEXT];

    return when == INSTANT_NONE || json_array_append_new(metadata, json_pack("{s:s, s:s%}", "name", name, "value",
                                                                             instant_format(when, text).ptr,
                                                                             instant_format(when, text).len)) == 0;
}

static bool number_add(json_t *metadata, const char *name, json_int_t n) {
    char text[24];

    snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, n);
    return json_array_append_new(metadata, json_pack("{s:s, s:s}", "name", name, "value", text)) == 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order of their numbers: what comes out depends on what was found, not on what was found first. */
static json_t *techniques_of(struct layer *l) {
    size_t const count = json_object_size(l->techniques);
    const char **const names = malloc((count + 1) * sizeof *names);
    json_t *const out = json_array();
    const char *name;
    json_t *thing;
    size_t i = 0;
    bool ok = names && out;

    if (names)
        json_object_foreach(l->techniques, name, thing) names[i++] = name;
    if (names)
        qsort(names, count, sizeof *names, by_name);
    for (i = 0; ok && i < count; i++) {
        json_t *const of = json_object_get(l->techniques, names[i]);
        json_int_t const findings = json_integer_value(json_object_get(of, "findings")),
                         acts = json_integer_value(json_object_get(of, "acts"));
        json_t *const metadata = json_array();

        l->most = (uint64_t)(findings + acts) > l->most ? (uint64_t)(findings + acts) : l->most;
        ok = metadata &&
             (!acts || (number_add(metadata, "incidents", json_integer_value(json_object_get(of, "incidents"))) &&
                        number_add(metadata, "acts", acts) && number_add(metadata, "findings", findings))) &&
             span_add(metadata, "first", export_time(of, "first")) &&
             span_add(metadata, "last", export_time(of, "last")) &&
             json_array_append_new(out, json_pack("{s:s, s:I, s:o, s:b, s:O}", "techniqueID", names[i], "score",
                                                  findings + acts, "comment", comment(of), "enabled", 1, "metadata",
                                                  metadata)) == 0;
        json_decref(metadata);
    }
    free(names);
    if (!ok)
        json_decref(out);
    return ok ? out : NULL;
}

bool export_navigator(const struct export_wish *x, struct file_out *to, struct export_counts *n, struct err *e) {
    struct layer l = {.techniques = json_object()};
    struct export_incident_visitor const visitor = {.incident = on_incident, .ctx = &l};
    struct export_clues *clues = NULL;
    struct buf about = {0};
    json_t *layer = NULL, *techniques;
    char *text = NULL;
    bool ok = (l.techniques || export_no_memory(e)) && export_clues_open(x, &clues, e) &&
              export_findings(x, clues, on_finding, NULL, &l, n, e) && export_incidents(x, clues, &visitor, n, e);

    if (ok) {
        export_about(&about, x, n);
        if (l.ics)
            buf_format(&about, " %lu times a technique of ATT&CK for ICS was found, which is another matrix.",
                       (unsigned long)l.ics);
        techniques = techniques_of(&l);
        layer = json_pack(
            "{s:s, s:{s:s, s:s}, s:s, s:s%, s:i, s:o, s:{s:[s, s], s:i, s:I}, s:b, s:b, s:b, s:[{s:s, s:s%}]}", "name",
            "Longwatch", "versions", "layer", "4.5", "navigator", "5.1.0", "domain", "enterprise-attack", "description",
            buf_str(&about).ptr, about.len, "sorting", 3, "techniques", techniques, "gradient", "colors", "#ffffff",
            "#ff6666", "minValue", 0, "maxValue", (json_int_t)(l.most ? l.most : 1), "hideDisabled", 0,
            "showTacticRowBackground", 0, "selectTechniquesAcrossTactics", 1, "metadata", "name", "tlp", "value",
            tlp_name(x->tlp).ptr, tlp_name(x->tlp).len);
        text = layer ? json_dumps(layer, JSON_INDENT(1)) : NULL;
        ok = text || export_no_memory(e);
    }
    if (ok) {
        file_out_add(to, str_of(text));
        file_out_add(to, S("\n"));
    }
    free(text);
    json_decref(layer);
    buf_free(&about);
    json_decref(l.techniques);
    export_clues_free(clues);
    return ok;
}
