/* export: findings of a case one after another, less what must not be told; what is common to all forms. */
#include <assert.h>

#include "codec/json_tree.h"
#include "detection/indicator.h"
#include "report/case_read.h"
#include "report/export_own.h"
#include "report/finding_text.h"
#include "report/stix_id.h"

bool export_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an export");
}

/* ---- findings ---- */

struct passing {
    const struct export_wish *x;
    bool (*each)(void *ctx, const struct export_finding *f, struct err *e);
    bool (*found)(void *ctx, const json_t *tree, struct err *e);
    void (*refused)(void *ctx, const struct export_refused *r);
    void *ctx;
    struct export_counts *n;
    struct export_clues *clues;
    const struct case_finding *at; /* the finding that is looked at */
    uint64_t refusals;
};

static void on_refused(void *ctx, const struct share_refused *r) {
    struct passing *const p = ctx;

    p->refusals++;
    if (p->refused)
        p->refused(p->ctx, &(struct export_refused){
                               .finding = p->at->number, .yara = p->at->yara, .tlp = r->tlp, .what = r->what});
}

static bool hand_on(struct passing *p, json_t *tree, struct err *e) {
    json_t *const hidden =
        p->x->redact == REDACT_PSEUDONYMS ? share_pseudonymous(p->x->pseudonyms, tree) : json_incref(tree);
    bool const many = json_object_get(hidden, "events") != NULL;
    json_int_t const count = json_integer_value(json_object_get(hidden, "count"));

    if (!hidden)
        return export_no_memory(e);
    const struct export_finding f = {.tree = hidden,
                                     .yara = p->at->yara,
                                     .number = p->at->number,
                                     .first = instant_parse(json_text_at(hidden, many ? "first" : "time")),
                                     .last = instant_parse(json_text_at(hidden, many ? "last" : "time")),
                                     .events = many && count > 0 ? (uint64_t)count : 1};

    p->n->findings++;
    p->n->untimed += f.first == INSTANT_NONE || f.last == INSTANT_NONE;
    bool const ok = p->each(p->ctx, &f, e);

    json_decref(hidden);
    return ok;
}

static bool on_finding(void *ctx, const struct case_finding *c, struct err *e) {
    struct passing *const p = ctx;
    json_t *tree, *rest;
    uint64_t const before = p->refusals;
    bool ok;

    /* Where clues alone are asked for, findings that are none need not be looked at. */
    if (p->clues && !p->each && !p->found && (c->yara || !export_clues_want(p->clues, c->number)))
        return true;
    if (!(tree = json_tree(c->json, e)))
        return err_wrap(e, "finding %lu", (unsigned long)c->number);
    p->at = c;
    ok = !p->found || p->found(p->ctx, tree, e);
    if (ok && c->salvaged)
        p->n->salvaged++;
    else if (ok && (ok = share_marked(tree, p->x->tlp, on_refused, p, &rest, e))) {
        bool const reduced = rest && p->refusals > before;

        p->n->dropped += !rest;
        p->n->reduced += reduced;
        ok = (!p->clues || c->yara || export_clues_learn(p->clues, c->number, rest, reduced, e)) &&
             (!rest || !p->each || hand_on(p, rest, e));
    }
    json_decref(tree);
    return ok;
}

bool export_findings(const struct export_wish *x, struct export_clues *clues,
                     bool (*each)(void *ctx, const struct export_finding *f, struct err *e),
                     bool (*found)(void *ctx, const json_t *tree, struct err *e), void *ctx, struct export_counts *n,
                     struct err *e) {
    struct passing p = {.x = x, .each = each, .found = found, .ctx = ctx, .n = n, .clues = clues};

    assert(x->redact != REDACT_PSEUDONYMS || x->pseudonyms);
    return case_findings(x->path, on_finding, &p, e);
}

/* ---- what may not be handed on ---- */

struct checking {
    void (*refused)(void *ctx, const struct export_refused *r);
    void *ctx;
    json_t *found;
    uint64_t count;
};

static void check_refused(void *ctx, const struct export_refused *r) {
    struct checking *const c = ctx;

    c->count++;
    if (c->refused)
        c->refused(c->ctx, r);
}

static bool check_found(void *ctx, const json_t *tree, struct err *e) {
    return export_found(((struct checking *)ctx)->found, tree, e);
}

bool export_check(const struct export_wish *x, void (*refused)(void *ctx, const struct export_refused *r), void *ctx,
                  uint64_t *count, struct err *e) {
    struct checking c = {refused, ctx, json_object(), 0};
    struct export_counts n = {0};
    struct passing p = {.x = x, .found = check_found, .refused = check_refused, .ctx = &c, .n = &n};
    bool const ok = (c.found || export_no_memory(e)) && case_findings(x->path, on_finding, &p, e) &&
                    (!x->asked || export_not_seen(x, c.found, NULL, check_refused, &c, &n, e));

    json_decref(c.found);
    *count = c.count;
    return ok;
}

/* ---- what is found ---- */

enum export_sort export_thing(const json_t *tree, struct buf *key, struct buf *title) {
    const json_t *const indicator = json_object_get(tree, "indicator");
    struct buf none = {0};
    enum export_sort sort;

    if (!title)
        title = &none;
    if (str_eq(json_text_at(tree, "type"), S("yara"))) {
        buf_add(key, S("yara\n"));
        buf_add(key, json_text_at(tree, "rule"));
        buf_add(title, json_text_at(tree, "rule"));
        sort = EXPORT_YARA;
    } else if (indicator) {
        buf_add(key, S("indicator\n"));
        buf_add(key, json_text_at(indicator, "type"));
        buf_byte(key, '\n');
        buf_add(key, json_text_at(indicator, "value"));
        buf_add(title, json_text_at(indicator, "type"));
        buf_byte(title, ' ');
        buf_add(title, json_text_at(indicator, "value"));
        sort = EXPORT_INDICATOR;
    } else {
        buf_add(key, S("rule\n"));
        buf_add(key, json_text_at(tree, "rule_id"));
        buf_byte(key, '\n');
        buf_add(key, json_text_at(tree, "rule_title"));
        buf_add(title, json_text_at(tree, "rule_title"));
        sort = EXPORT_RULE;
    }
    for (size_t i = 0; i < key->len; i++) /* keys are handed about as texts that end in a NUL */
        if (key->ptr[i] == '\0')
            key->ptr[i] = ' ';
    buf_free(&none);
    return sort;
}

bool export_found(json_t *found, const json_t *tree, struct err *e) {
    struct buf key = {0};

    (void)export_thing(tree, &key, NULL);
    bool const ok = !key.failed && json_object_setn_new(found, buf_str(&key).ptr, key.len, json_true()) == 0;

    buf_free(&key);
    return ok || export_no_memory(e);
}

int64_t export_time(const json_t *thing, const char *name) {
    const json_t *const value = json_object_get(thing, name);

    return json_is_integer(value) ? json_integer_value(value) : INSTANT_NONE;
}

static bool add(json_t *thing, const char *name, uint64_t n) {
    json_t *const value = json_object_get(thing, name);

    return value ? json_integer_set(value, json_integer_value(value) + (json_int_t)n) == 0
                 : json_object_set_new(thing, name, json_integer((json_int_t)n)) == 0;
}

bool export_span(json_t *thing, int64_t from, int64_t to) {
    bool ok = true;

    if (from == INSTANT_NONE || to == INSTANT_NONE)
        return true;
    if (export_time(thing, "first") == INSTANT_NONE || from < export_time(thing, "first"))
        ok = json_object_set_new(thing, "first", json_integer(from)) == 0;
    if (ok && (export_time(thing, "last") == INSTANT_NONE || to > export_time(thing, "last")))
        ok = json_object_set_new(thing, "last", json_integer(to)) == 0;
    return ok;
}

json_t *export_count(json_t *things, str key, json_t *new, const struct export_finding *f) {
    json_t *thing = json_object_getn(things, key.ptr, key.len);
    bool const timed = f->first != INSTANT_NONE && f->last != INSTANT_NONE;
    bool ok = true;

    if (thing) {
        json_decref(new);
    } else {
        if (json_object_setn_new(things, key.ptr, key.len, thing = new) != 0)
            return NULL;
    }
    ok = add(thing, "findings", 1) && add(thing, "events", f->events) && add(thing, "untimed", !timed);
    ok = ok && export_span(thing, f->first, f->last);
    return ok ? thing : NULL;
}

/* ---- in words ---- */

static void fields_add(struct buf *b, const json_t *fields, size_t *told) {
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)fields, name, value) {
        size_t const count = json_is_array(value) ? json_array_size(value) : 1;

        for (size_t i = 0; i < count; i++) {
            buf_add(b, (*told)++ ? S(", ") : S(": "));
            finding_short(b, str_of(name));
            buf_byte(b, '=');
            finding_short(b, json_text(json_is_array(value) ? json_array_get(value, i) : value));
        }
    }
}

void export_sentence(struct buf *b, const struct export_finding *f) {
    struct buf key = {0}, title = {0};
    size_t told = 0;

    buf_format(b, "[%.*s] ", STR_ARG(json_text_at(f->tree, "level")));
    if (export_thing(f->tree, &key, &title) == EXPORT_INDICATOR)
        buf_add(b, S("Known "));
    finding_short(b, buf_str(&title));
    b->failed |= key.failed || title.failed;
    buf_free(&key);
    buf_free(&title);
    if (json_text_at(f->tree, "host").len) {
        buf_add(b, S(" on "));
        finding_short(b, json_text_at(f->tree, "host"));
    }
    if (json_text_at(f->tree, "account").len) {
        buf_add(b, S(" by "));
        finding_short(b, json_text_at(f->tree, "account"));
    }
    if (json_object_get(f->tree, "events")) {
        buf_add(b, S(" ("));
        buf_count(b, f->events, "event");
        buf_byte(b, ')');
    }
    fields_add(b, json_object_get(f->tree, "matched"), &told);
    fields_add(b, json_object_get(f->tree, "group"), &told);
}

static void left_out(struct buf *b, uint64_t n, const char *what) {
    if (n)
        buf_format(b, " %lu finding%s %s.", (unsigned long)n, n == 1 ? "" : "s", what);
}

void export_about(struct buf *b, const struct export_wish *x, const struct export_counts *n) {
    buf_format(b, "Findings of Longwatch " LONGWATCH_VERSION ", handed on as %.*s.", STR_ARG(tlp_name(x->tlp)));
    if (x->redact == REDACT_PSEUDONYMS) {
        buf_add(b, S(" Accounts, hosts, addresses, files and values are pseudonyms"));
        if (x->recipient.len) {
            buf_add(b, S(" for "));
            finding_short(b, x->recipient);
        }
        buf_byte(b, '.');
    } else if (x->redact == REDACT_COUNTS) {
        buf_add(b, S(" Counts alone: no account, host, address, file or value is in it."));
    }
    left_out(b, n->dropped, "left out for the marking of what is told in them");
    left_out(b, n->reduced, "told without claims that are marked more strictly");
    left_out(b, n->salvaged, "in salvaged records left out");
    if (n->incidents_dropped)
        buf_format(b, " %lu incident%s left out for the marking of all that is told of %s.",
                   (unsigned long)n->incidents_dropped, n->incidents_dropped == 1 ? "" : "s",
                   n->incidents_dropped == 1 ? "it" : "them");
    if (n->incidents_reduced)
        buf_format(b, " %lu incident%s told without clues that are marked more strictly.",
                   (unsigned long)n->incidents_reduced, n->incidents_reduced == 1 ? "" : "s");
    if (n->judgements_dropped)
        buf_format(b, " %lu judgement%s on groups left out, because claims are left out that they may rest on.",
                   (unsigned long)n->judgements_dropped, n->judgements_dropped == 1 ? "" : "s");
}

/* ---- what was not seen ---- */

bool export_indicator_id(str id, struct buf *out) {
    struct buf whole = {0};
    bool is;

    if (!stix_id_of_type(id, S("indicator")))
        buf_add(&whole, S("indicator--"));
    buf_add(&whole, id);
    if ((is = !whole.failed && stix_id_of_type(buf_str(&whole), S("indicator"))))
        buf_add(out, buf_str(&whole));
    buf_free(&whole);
    return is;
}

struct sources {
    json_t *sha256s;
    bool low; /* the case has findings of every level */
};

static bool on_source(void *ctx, str name, str sha256, struct err *e) {
    (void)name;
    return json_object_setn_new(((struct sources *)ctx)->sha256s, sha256.ptr, sha256.len, json_true()) == 0 ||
           export_no_memory(e);
}

static bool on_fact(void *ctx, str name, str value, struct err *e) {
    (void)e;
    if (str_eq(name, S("level")))
        ((struct sources *)ctx)->low = str_eq(value, S("informational"));
    return true;
}

static bool not_seen_entry(const struct export_wish *x, uint32_t entry, const json_t *sources,
                           bool (*each)(void *ctx, str id, enum pap pap, struct err *e),
                           void (*refused)(void *ctx, const struct export_refused *r), void *ctx,
                           struct export_counts *n, struct err *e) {
    struct intel_entry const in = intel_set_entry(x->asked, entry);
    struct buf id = {0};
    bool ok = true, hunted = false, named = false;

    for (uint32_t i = 0; ok && i < in.claim_count; i++) {
        char room[INTEL_ID_MAX];
        struct intel_claim const c = intel_set_claim(x->asked, in.claims + i, room);

        if (c.revoked || c.context)
            continue;
        if (!c.source_sha256.len || !json_object_getn(sources, c.source_sha256.ptr, c.source_sha256.len)) {
            n->not_asked++;
            continue;
        }
        hunted = true;
        id.len = 0;
        if (!export_indicator_id(c.id, &id))
            continue;
        named = true;
        if (!share_allows(x->tlp, c.tlp)) {
            if (refused)
                refused(ctx, &(struct export_refused){.tlp = c.tlp, .what = c.source});
        } else if (each) {
            n->not_seen++;
            ok = each(ctx, buf_str(&id), c.pap, e);
        }
    }
    n->nameless += hunted && !named;
    ok = ok && (!id.failed || export_no_memory(e));
    buf_free(&id);
    return ok;
}

bool export_not_seen(const struct export_wish *x, const json_t *found,
                     bool (*each)(void *ctx, str id, enum pap pap, struct err *e),
                     void (*refused)(void *ctx, const struct export_refused *r), void *ctx, struct export_counts *n,
                     struct err *e) {
    struct sources s = {json_object(), false};
    struct buf key = {0};
    bool ok = (s.sha256s || export_no_memory(e)) && case_facts(x->path, on_fact, &s, e) &&
              case_intel_sources(x->path, on_source, &s, e);

    if (ok && !s.low)
        ok = err_set(e, ERR_USAGE, 0,
                     "the case was hunted with --level: what is not in it may have been seen; hunt again without it");
    if (ok && json_object_size(s.sha256s) == 0)
        ok = err_set(e, ERR_USAGE, 0, "the case was hunted without intelligence, or by an older Longwatch: hunt again");
    for (uint32_t i = 0; ok && i < intel_set_entries(x->asked); i++) {
        struct intel_entry const in = intel_set_entry(x->asked, i);

        /* Whether a pattern or an expression could be true of any event here is not known of a case. */
        if (in.form != ITEM_VALUE || !indicator_active(x->asked, i))
            continue;
        key.len = 0;
        buf_add(&key, S("indicator\n"));
        buf_add(&key, observable_name(in.type));
        buf_byte(&key, '\n');
        buf_add(&key, in.value);
        if (key.failed)
            ok = export_no_memory(e);
        else if (!json_object_getn(found, key.ptr, key.len))
            ok = not_seen_entry(x, i, s.sha256s, each, refused, ctx, n, e);
    }
    buf_free(&key);
    json_decref(s.sha256s);
    return ok;
}
