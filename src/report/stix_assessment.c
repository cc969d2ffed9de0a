/* stix_assessment: what was judged of an incident in a bundle of STIX 2.1 (docs/formats/stix-out.md, "Judgements").
 *
 * A note on the incident has the words. Only where what was seen is consistent with the public attribution of a group there is more: the incident's cluster as a
 * campaign, which STIX lets be attributed to an intrusion-set; never anything to a threat-actor, an identity or a country.
 *
 * Under pseudonyms and counts no sentence of the case is told, because evidence stands in them: the level, how likely, how sure, and the group's number in
 * ATT&CK are all. */
#include <math.h>

#include "codec/json_tree.h"
#include "attribution/written.h"
#include "report/assessment_case.h"
#include "report/assessment_tree.h"
#include "report/finding_text.h"
#include "report/stix_own.h"

#define SENTENCE_MAX 1200u
#define SENTENCES_MAX 60u
#define NAME_MAX_ 120u
#define SCALE                                                                                                          \
    "Confidence on the None/Low/Med/High scale of STIX 2.1: how good the basis of the judgement is, not how likely "   \
    "it is."

struct telling {
    struct bundle *b;
    const struct export_incident *i;
    const json_t *tree;
    struct assessment_brief brief;
    bool whole; /* sentences of the case may be told */
};

/* ---- words ---- */

/* Cut where a character ends. */
static void text(struct buf *b, str s, size_t max) {
    size_t n = s.len < max ? s.len : max;

    while (n < s.len && n > max - 4 && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
        n--;
    finding_plain(b, str_first(s, n), false);
    if (n < s.len)
        buf_add(b, S("…"));
}

static void likelihood(struct buf *b, double p) {
    buf_add(b, likelihood_word(p));
    if (p < 0.01)
        buf_add(b, S(" (under 1 %)"));
    else if (p > 0.99)
        buf_add(b, S(" (over 99 %)"));
    else
        buf_format(b, " (%.0f %%)", 100 * p);
}

/* G0128, which names a group and nothing else. */
static bool is_number(str id) {
    if (id.len != 5 || id.ptr[0] != 'G')
        return false;
    for (size_t i = 1; i < id.len; i++)
        if (id.ptr[i] < '0' || id.ptr[i] > '9')
            return false;
    return true;
}

/* The name, or what may be told of it. */
static void group(struct buf *b, const struct telling *t) {
    if (t->whole)
        text(b, t->brief.group, NAME_MAX_);
    else if (is_number(t->brief.id))
        buf_add(b, t->brief.id);
    else
        buf_add(b, S("a group without a number in MITRE ATT&CK"));
}

/* The judgement in our words, out of numbers alone. */
static void in_short(struct buf *b, const struct telling *t) {
    buf_add(b, S("What was seen "));
    switch (t->brief.level) {
    case BRIEF_CONSISTENT:
    case BRIEF_RESEMBLES:
        buf_add(b, t->brief.level == BRIEF_CONSISTENT ? S("is consistent with the public attribution of ")
                                                      : S("resembles what is published of "));
        group(b, t);
        buf_add(b, S("; that this group was at work: "));
        likelihood(b, t->brief.posterior);
        buf_add(b, t->brief.level == BRIEF_CONSISTENT ? S(".") : S(", which is insufficient to name it."));
        break;
    case BRIEF_CLUSTER:
    case BRIEF_NOT_JUDGED:
        buf_add(b, S("is insufficient to name a group."));
    }
    buf_add(b, S(" That it was none of the known groups: "));
    likelihood(b, t->brief.none);
    buf_add(b, S(". Likelihood in the words of ICD 203. "));
}

static void confidence(struct buf *b, const struct telling *t) {
    buf_add(b, S("Confidence in this is "));
    buf_add(b, confidence_word(t->brief.confidence));
    buf_add(b, S("."));
}

static void sentence(struct buf *b, const json_t *written, const char *name) {
    str const s = json_text_at(written, name);

    if (!s.len)
        return;
    text(b, s, SENTENCE_MAX);
    buf_byte(b, '\n');
}

static void sentences(struct buf *b, const char *head, const json_t *written, const char *name) {
    const json_t *const list = assessment_list(written, name);
    size_t const all = json_array_size(list);

    if (!all)
        return;
    buf_format(b, "\n%s:\n", head);
    for (size_t i = 0; i < all && i < SENTENCES_MAX; i++) {
        buf_add(b, S("- "));
        text(b, json_text(json_array_get(list, i)), SENTENCE_MAX);
        buf_byte(b, '\n');
    }
    if (all > SENTENCES_MAX)
        buf_format(b, "- %zu more\n", all - SENTENCES_MAX);
}

static void quotes(struct buf *b, const json_t *written) {
    const json_t *const list = assessment_list(written, "quotes");
    struct buf words = {0};

    if (json_array_size(list))
        buf_add(b, S("\nWhat others have said, quoted and not judged:\n"));
    for (size_t i = 0; i < json_array_size(list) && i < SENTENCES_MAX; i++) {
        const json_t *const q = json_array_get(list, i);

        words.len = 0;
        written_quote_words(&words, &(struct written_quote){.on = json_text_at(q, "on"),
                                                            .by = json_text_at(q, "by"),
                                                            .about = json_text_at(q, "about"),
                                                            .quote = json_text_at(q, "quote"),
                                                            .source = json_text_at(q, "source"),
                                                            .at = json_text_at(q, "at"),
                                                            .stance = json_text_at(q, "stance"),
                                                            .grade = json_text_at(q, "grade"),
                                                            .alleged = json_is_true(json_object_get(q, "alleged")),
                                                            .given = json_is_true(json_object_get(q, "given"))});
        buf_add(b, S("- "));
        if (json_text_at(q, "group").len) {
            text(b, json_text_at(q, "group"), NAME_MAX_);
            buf_add(b, S(": "));
        }
        text(b, buf_str(&words), SENTENCE_MAX);
        buf_byte(b, '\n');
    }
    if (json_array_size(list) > SENTENCES_MAX)
        buf_format(b, "- %zu more\n", json_array_size(list) - SENTENCES_MAX);
    b->failed |= words.failed;
    buf_free(&words);
}

static void all_words(struct buf *b, const struct telling *t) {
    const json_t *const w = json_object_get(t->tree, "written");

    sentence(b, w, "judgement");
    sentence(b, w, "confidence");
    sentence(b, w, "scale");
    buf_byte(b, '\n');
    sentence(b, w, "activity");
    sentence(b, w, "cluster");
    sentence(b, w, "group");
    sentence(b, w, "sponsor");
    sentence(b, w, "nation");
    sentence(b, w, "then");
    sentence(b, w, "changed");
    sentences(b, "Judgements", w, "judgements");
    sentences(b, "What a name would need", w, "missing");
    sentences(b, "Facts", w, "facts");
    sentences(b, "Assumptions", w, "assumptions");
    sentences(b, "Alternatives", w, "alternatives");
    sentences(b, "What carries it", w, "sensitivities");
    sentences(b, "Gaps", w, "gaps");
    sentences(b, "What would change it, and what to collect", w, "wanted");
    sentences(b, "Beware", w, "cautions");
    quotes(b, w);
    buf_add(b, S("\n"));
}

/* ---- objects ---- */

static bool finish(struct telling *t, json_t *object, bool ok, json_t *ids, str *id, struct err *e) {
    if (!ok) {
        json_decref(object);
        return false;
    }
    return stix_finish(t->b, object, id, e) &&
           (json_array_append_new(ids, json_stringn(id->ptr, id->len)) == 0 || export_no_memory(e));
}

static bool note(struct telling *t, str incident, json_t *ids, struct err *e) {
    json_t *const object = stix_begin(t->b, "note");
    struct buf abstract = {0}, content = {0};
    bool ok = object != NULL || export_no_memory(e);
    str id;

    buf_add(&abstract, S("Which group: "));
    if (t->brief.level >= BRIEF_RESEMBLES) {
        buf_add(&abstract, t->brief.level == BRIEF_CONSISTENT ? S("consistent with the public attribution of ")
                                                              : S("a resemblance to what is published of "));
        group(&abstract, t);
    } else {
        buf_add(&abstract, S("insufficient to name a group"));
    }
    if (t->whole) {
        all_words(&content, t);
    } else {
        in_short(&content, t);
        confidence(&content, t);
        buf_byte(&content, ' ');
    }
    buf_add(&content, S(SCALE));
    ok = ok && stix_set(object, "confidence", json_integer(confidence_stix(t->brief.confidence)), e);
    ok = stix_set_buf(object, "abstract", &abstract, e) && ok;
    ok = stix_set_buf(object, "content", &content, e) && ok;
    ok = ok && stix_set(object, "object_refs", json_pack("[s%]", incident.ptr, incident.len), e);
    return finish(t, object, ok, ids, &id, e);
}

/* The incident's acts as one actor's, which is all that is said of him. */
static bool campaign(struct telling *t, json_t *ids, str *id, struct err *e) {
    const struct export_incident *const i = t->i;
    json_t *const object = stix_begin(t->b, "campaign");
    struct buf name = {0};
    bool ok = object != NULL || export_no_memory(e);

    buf_format(&name, "Cluster of incident %u", i->of.incident);
    ok = stix_set_buf(object, "name", &name, e) && ok;
    ok = ok && stix_set_text(object, "description",
                             S("The acts of this incident, taken as one intruder's. A cluster of its own; no group is "
                               "meant by it."),
                             e);
    if (ok && i->first != INSTANT_NONE)
        ok = stix_set_time(object, "first_seen", i->first, e);
    if (ok && i->first != INSTANT_NONE && i->last != INSTANT_NONE)
        ok = stix_set_time(object, "last_seen", i->last, e);
    return finish(t, object, ok, ids, id, e);
}

static bool intrusion_set(struct telling *t, json_t *ids, str *id, struct err *e) {
    json_t *const object = stix_begin(t->b, "intrusion-set");
    str const number = t->brief.id;
    struct buf name = {0};
    bool ok = object != NULL || export_no_memory(e);

    group(&name, t);
    /* Of two incidents they may be two: one name would make one of them. */
    if (!t->whole && !is_number(number))
        buf_format(&name, " (of incident %u)", t->i->of.incident);
    ok = stix_set_buf(object, "name", &name, e) && ok;
    ok = ok &&
         stix_set_text(object, "description",
                       S("The group that is published under this name. Who stands behind it is not said here."), e);
    if (ok && is_number(number))
        ok = stix_set(object, "external_references",
                      json_pack("[{s:s, s:s%}]", "source_name", "mitre-attack", "external_id", number.ptr, number.len),
                      e);
    return finish(t, object, ok, ids, id, e);
}

static bool related(struct telling *t, str from, const char *how, str to, struct buf *why, bool judged, json_t *ids,
                    struct err *e) {
    json_t *const object = stix_begin(t->b, "relationship");
    bool ok = object != NULL || export_no_memory(e);
    str id;

    ok = ok && stix_set_text(object, "relationship_type", str_of(how), e) &&
         stix_set_text(object, "source_ref", from, e) && stix_set_text(object, "target_ref", to, e);
    if (ok && judged)
        ok = stix_set(object, "confidence", json_integer(confidence_stix(t->brief.confidence)), e);
    ok = stix_set_buf(object, "description", why, e) && ok;
    return finish(t, object, ok, ids, &id, e);
}

static bool attributed(struct telling *t, str incident, json_t *ids, struct err *e) {
    struct buf why = {0}, of = {0};
    str cluster, set;

    if (!campaign(t, ids, &cluster, e) || !intrusion_set(t, ids, &set, e))
        return false;
    buf_add(&of, S("The acts of the incident are those of the cluster."));
    in_short(&why, t);
    confidence(&why, t);
    buf_add(&why, S(" " SCALE));
    /* Both free their words. */
    bool const ok = related(t, incident, "related-to", cluster, &of, false, ids, e);

    return related(t, cluster, "attributed-to", set, &why, true, ids, e) && ok;
}

/* Claims that are left out may have been weighed in it; nobody knows what it is without them. */
static bool may_be_told(const struct bundle *b, const struct export_incident *i) {
    return !i->reduced && !b->n->dropped && !b->n->reduced;
}

bool stix_assessment(struct bundle *b, const struct export_incident *i, str incident, json_t *ids, struct err *e) {
    struct telling t = {.b = b, .i = i, .whole = b->x->redact == REDACT_NOTHING};
    struct buf json = {0};
    struct err why = {0};
    json_t *tree = NULL;
    bool ok = true;

    if (!assessment_case_of(b->x->path, i->of.incident, &json, &why)) {
        buf_free(&json);
        return why.code == ERR_NONE || (*e = why, false);
    }
    if (!(tree = assessment_tree(buf_str(&json), &why)) && why.code != ERR_NONE) {
        *e = why;
        ok = false;
    }
    buf_free(&json);
    if (tree && assessment_brief(tree, &t.brief) && t.brief.level != BRIEF_NOT_JUDGED) {
        t.tree = tree;
        if (!may_be_told(b, i))
            b->n->judgements_dropped++;
        else
            ok = note(&t, incident, ids, e) && (t.brief.level != BRIEF_CONSISTENT || attributed(&t, incident, ids, e));
    }
    json_decref(tree);
    return ok;
}
