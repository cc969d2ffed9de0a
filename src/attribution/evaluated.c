/* evaluated: what was measured, as text, as JSON, and the fitted parameters as YAML. */
#include <math.h>

#include "attribution/evaluate.h"
#include "base/compiler.h"

static void number(struct buf *b, double x) {
    if (isnan(x))
        buf_add(b, S("null"));
    else
        buf_format(b, "%.6f", x);
}

/* ---- parameters.yml ---- */

void evaluation_parameters(struct buf *b, const struct evaluation *v) {
    const struct parameters *const p = &v->fitted;
    const struct evaluated_set *const all = &v->sets[SET_ALL];

    buf_format(b,
               "# What the model of attribution weighs with (src/attribution/model.h, docs/attribution.md). Made by "
               "`longwatch attribute --evaluate DIR "
               "--fit`\n# from %zu cases of known groups and %zu of groups that nobody knew, the development cases "
               "alone.\n#\n# Cross-validated, no "
               "group's cases judged by what was fitted on them, with 95 %% intervals:\n",
               all->known, all->unknown);
    for (size_t i = 0; i < FIGURES; i++)
        buf_format(b, "# %-38s %.3f (%.3f-%.3f)\n", figure_names[i], all->figures[i].value, all->figures[i].low,
                   all->figures[i].high);
    buf_format(b, "none: %g\ngroup:\n", p->none);
    for (size_t i = 0; i < MEASURES; i++)
        buf_format(b, "  %s: %.4f\n", measure_names[i], p->group[i]);
    buf_add(b, S("known:\n"));
    for (size_t i = 0; i < SIGNS; i++)
        buf_format(b, "  %s: %.4f\n", sign_names[i], p->known[i]);
    buf_format(b, "gate:\n  posterior: %g\n  margin: %g\n  coverage: %g\n", p->gate.posterior, p->gate.margin,
               p->gate.coverage);
}

/* ---- JSON ---- */

static void value_json(struct buf *b, const struct figure_value *f) {
    buf_add(b, S("{\"value\":"));
    number(b, f->value);
    buf_add(b, S(",\"low\":"));
    number(b, f->low);
    buf_add(b, S(",\"high\":"));
    number(b, f->high);
}

static void set_json(struct buf *b, const struct evaluated_set *s, bool asked) {
    buf_add(b, S("{\"id\":"));
    buf_json(b, str_of(s->id));
    buf_format(b,
               ",\"known\":%zu,\"unknown\":%zu,\"groups\":%zu,\"times\":%u,\"names\":%u,\"names right\":%u,"
               "\"figures\":{",
               s->known, s->unknown, s->groups, s->times, s->names, s->names_right);
    for (size_t i = 0; i < FIGURES; i++) {
        buf_format(b, "%s\"%s\":", i ? "," : "", figure_names[i]);
        value_json(b, &s->figures[i]);
        if (asked) {
            buf_add(b, S(",\"asked\":"));
            number(b, figure_promises[i].asked);
        }
        buf_byte(b, '}');
    }
    buf_add(b, S("}}"));
}

static void names_json(struct buf *b, const struct evaluation *v) {
    buf_add(b, S(",\"names\":["));
    for (size_t i = 0; i < v->name_count; i++) {
        const struct evaluated_name *const n = &v->names[i];

        buf_add(b, i ? S(",{\"set\":") : S("{\"set\":"));
        buf_json(b, str_of(v->sets[n->set].id));
        buf_add(b, S(",\"case\":"));
        buf_json(b, n->id);
        buf_add(b, S(",\"release\":"));
        buf_json(b, n->release);
        buf_add(b, S(",\"said\":"));
        buf_json(b, n->said);
        buf_add(b, S(",\"right\":"));
        buf_json(b, n->right);
        buf_format(b, ",\"known\":%s,\"correct\":%s,\"times\":%u,\"least\":%.6f,\"most\":%.6f}",
                   n->known ? "true" : "false", n->correct ? "true" : "false", n->times, n->least, n->most);
    }
    buf_byte(b, ']');
}

static void limit_json(struct buf *b, const struct evaluated_limit *l) {
    static const char *const habits[] = {"techniques", "software", "age"};
    const struct figure_value *const values[] = {&l->techniques, &l->software, &l->age};

    buf_format(b,
               ",\"limit\":{\"first unchanged without the right group\":%.4f,\"right group has malware of the "
               "case\":%.4f,\"of unknown groups any has\":%.4f,\"bound\":%.4f,\"habits\":{",
               l->unchanged, l->shares_known, l->shares_unknown, l->bound);
    for (size_t i = 0; i < COUNT(habits); i++) {
        buf_format(b, "%s\"%s\":", i ? "," : "", habits[i]);
        value_json(b, values[i]);
        buf_byte(b, '}');
    }
    buf_add(b, S("}}"));
}

static void cases_json(struct buf *b, const struct evaluation *v) {
    buf_add(b, S(",\"cases\":["));
    for (size_t i = 0; i < v->case_count; i++) {
        const struct evaluated_case *const c = &v->cases[i];

        buf_add(b, i ? S(",\n{\"case\":") : S("\n{\"case\":"));
        buf_json(b, c->id);
        buf_add(b, S(",\"right\":"));
        buf_json(b, c->group);
        buf_format(b, ",\"known\":%s,\"divisions\":[", c->known ? "true" : "false");
        for (unsigned d = 0; d < EVALUATED_DIVISIONS; d++) {
            buf_add(b, d ? S(",{\"said\":") : S("{\"said\":"));
            buf_json(b, c->divisions[d].said);
            buf_format(b, ",\"posterior\":%.6f,\"none\":%.6f,\"rank\":%u,\"named\":%s", c->divisions[d].posterior,
                       c->divisions[d].none, c->divisions[d].rank, c->divisions[d].named ? "true" : "false");
            if (c->known)
                buf_format(b, ",\"taken out\":{\"none\":%.6f,\"named\":%s}", c->divisions[d].none_removed,
                           c->divisions[d].named_removed ? "true" : "false");
            buf_byte(b, '}');
        }
        buf_add(b, S("]}"));
    }
    buf_byte(b, ']');
}

static void assessments_json(struct buf *b, const struct evaluated_assessments *a) {
    buf_format(
        b,
        ",\"assessments\":{\"judged\":%u,\"numbers differ\":%u,\"names differ\":%u,\"faked\":{\"assessments\":%u,"
        "\"named\":%u,\"carried\":%u,\"carried with more than low confidence\":%u,\"carried, wrong\":%u,\"carried, of "
        "unknown groups\":%u},",
        a->judged, a->numbers_differ, a->names_differ, a->faked, a->faked_named, a->faked_carried, a->faked_sure,
        a->faked_wrong, a->faked_unknown);
    buf_format(b,
               "\"relays alone\":{\"groups\":%u,\"addresses\":%u,\"named\":%u,\"resembling\":%u,\"most\":%.4f},\"one "
               "class alone\":{\"assessments\":%u,\"named\":%u}}",
               a->relay_groups, a->relay_addresses, a->relay_named, a->relay_resembles, a->relay_most, a->single,
               a->single_named);
}

static void baselines_json(struct buf *b, const struct evaluation *v) {
    buf_add(b, S(",\"baselines\":["));
    for (size_t i = 0; i < v->baseline_count; i++) {
        const struct evaluated_baseline *const l = &v->baselines[i];

        buf_add(b, i ? S(",{\"set\":") : S("{\"set\":"));
        buf_json(b, l->set);
        buf_add(b, S(",\"method\":"));
        buf_json(b, l->method);
        buf_format(b, ",\"cases\":%g,\"first place\":{\"value\":%g,\"low\":%g,\"high\":%g},\"first five\":%g,",
                   l->cases, l->first, l->low, l->high, l->first_five);
        buf_format(b, "\"mean of 1/rank\":%g}", l->rank);
    }
    buf_byte(b, ']');
}

void evaluation_json(struct buf *b, const struct evaluation *v) {
    buf_format(b, "{\"divisions\":%u,\"sets\":[", EVALUATED_DIVISIONS);
    for (size_t i = 0; i < EVALUATED_SETS; i++) {
        if (i)
            buf_byte(b, ',');
        set_json(b, &v->sets[i], i == SET_ALL);
    }
    buf_add(b, S("],\"reliability\":["));
    for (size_t i = 0; i < EVALUATED_BINS; i++) {
        buf_format(b, "%s{\"from\":%.1f,\"cases\":%.2f,\"said\":", i ? "," : "", (double)i / EVALUATED_BINS,
                   v->bins[i].cases);
        number(b, v->bins[i].said);
        buf_add(b, S(",\"right\":"));
        number(b, v->bins[i].right);
        buf_byte(b, '}');
    }
    buf_add(b, S("],\"nations\":["));
    for (size_t i = 0; i < EVALUATED_NATIONS; i++) {
        const struct evaluated_nation *const n = &v->nations[i];

        buf_format(b, "%s{\"at\":%g,\"said\":", i ? "," : "", n->at);
        number(b, n->said);
        for (unsigned k = 0; k < 2; k++)
            buf_format(b, ",\"%s\":{\"told\":%u,\"right\":%u,\"no nation published\":%u}", k ? "known" : "unknown",
                       n->told[k], n->right[k], n->unpublished[k]);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    names_json(b, v);
    limit_json(b, &v->limit);
    assessments_json(b, &v->assessments);
    baselines_json(b, v);
    cases_json(b, v);
    buf_add(b, S("}\n"));
}

/* ---- text ---- */

static void figures_text(struct buf *b, const struct evaluated_set *s) {
    buf_format(b, "%-38s %7s  %-15s %s\n", "", "", "95 %", "asked");
    for (size_t i = 0; i < FIGURES; i++) {
        const struct figure_value *const f = &s->figures[i];
        const struct figure_promise *const p = &figure_promises[i];

        if (isnan(f->value)) {
            buf_format(b, "%-38s nothing to measure\n", figure_names[i]);
            continue;
        }
        buf_format(b, "%-38s %7.3f  %.3f to %.3f", figure_names[i], f->value, f->low, f->high);
        if (!isnan(p->asked))
            buf_format(b, "  %s %.2f%s", p->least ? "at least" : "at most", p->asked,
                       (p->least ? f->value >= p->asked : f->value <= p->asked) ? "" : ": missed");
        buf_byte(b, '\n');
    }
}

static void share_text(struct buf *b, const struct figure_value *f) {
    if (isnan(f->value))
        buf_format(b, "  %-19s", "-");
    else
        buf_format(b, "  %.3f %.3f-%.3f  ", f->value, f->low, f->high);
}

static void sets_text(struct buf *b, const struct evaluated_set *s) {
    buf_format(b, "\n%-40s %5s %7s  %-19s  %-19s  %-19s  %-19s  %s\n", "", "known", "unknown", "first place",
               "first five", "calibration error", "AUROC", "names right, of, in so many times");
    for (size_t i = 0; i < EVALUATED_SETS; i++, s++) {
        static const enum figure told[] = {FIGURE_FIRST, FIGURE_FIRST_FIVE, FIGURE_CALIBRATION, FIGURE_SEPARATION};

        buf_format(b, "%-40s %5zu %7zu", s->words, s->known, s->unknown);
        for (size_t k = 0; k < COUNT(told); k++)
            share_text(b, &s->figures[told[k]]);
        buf_format(b, "  %u of %u, %u\n", s->names_right, s->names, s->times);
    }
}

static void names_text(struct buf *b, const struct evaluation *v) {
    enum evaluated_set_of set = EVALUATED_SETS;

    for (size_t i = 0; i < v->name_count; i++) {
        const struct evaluated_name *const n = &v->names[i];

        if (n->set != set) {
            set = n->set;
            buf_format(b, "\n%s, %s, and in how many of %u times:\n",
                       set == SET_ALL ? "Names that were given" : "Names that were wrong", v->sets[set].words,
                       v->sets[set].times);
        }
        buf_format(b, "  %u  %.3f to %.3f  %.*s: %.*s", n->times, n->least, n->most, STR_ARG(n->release),
                   STR_ARG(n->said));
        if (!n->correct)
            buf_format(b, ", wrong: %.*s%s", STR_ARG(n->right), n->known ? "" : ", not known then");
        buf_format(b, " (%.*s)\n", STR_ARG(str_first(n->id, 80)));
    }
}

static void limit_text(struct buf *b, const struct evaluated_limit *l) {
    static const char *const habits[] = {"how many techniques it lists", "how much software", "days since the release"};
    const struct figure_value *const values[] = {&l->techniques, &l->software, &l->age};

    buf_add(b, S("\nKnown against unknown, and why it is hard:\n"));
    buf_format(b, "  %.3f of the cases of known groups share malware with the right group's profile;\n",
               l->shares_known);
    buf_format(b, "  %.3f of the cases of unknown groups share malware with some group's;\n", l->shares_unknown);
    buf_format(b, "  %.3f of the known have the same group first when the right one is taken out;\n", l->unchanged);
    buf_format(b, "  %.3f were the AUROC if every right first place were told from all else, and nothing more.\n",
               l->bound);
    buf_add(b, S("Habits of those who write reports, not used; AUROC of each alone:\n"));
    for (size_t i = 0; i < COUNT(habits); i++)
        buf_format(b, "  %.3f  %.3f to %.3f  %s\n", values[i]->value, values[i]->low, values[i]->high, habits[i]);
}

static void assessments_text(struct buf *b, const struct evaluated_assessments *a) {
    buf_format(
        b,
        "\nThe whole assessment (assess()):\n  %u judged by techniques and software alone: %u differ in a number "
        "from the model, %u in whether a name is given\n",
        a->judged, a->numbers_differ, a->names_differ);
    buf_format(
        b,
        "  %u with items planted of what is cheap to fake: %u named; %u of them not, or otherwise, without these "
        "items (%u of them wrong, %u of unknown groups), %u of those with more than low confidence\n",
        a->faked, a->faked_named, a->faked_carried, a->faked_wrong, a->faked_unknown, a->faked_sure);
    buf_format(
        b,
        "  %u addresses of relay networks and nothing else, to each of %u groups: %u named, %u resembled, the most "
        "a group had %.3f\n",
        a->relay_addresses, a->relay_groups, a->relay_named, a->relay_resembles, a->relay_most);
    buf_format(b, "  one class and nothing else, each class to each group, %u: %u named\n", a->single, a->single_named);
}

static void baselines_text(struct buf *b, const struct evaluation *v) {
    str set = S("");

    for (size_t i = 0; i < v->baseline_count; i++) {
        const struct evaluated_baseline *const l = &v->baselines[i];

        if (!str_eq(set, l->set)) {
            set = l->set;
            buf_format(b, "\nSimple methods, %.*s (%g cases):\n%-38s %-20s  %-10s  %s\n", STR_ARG(set), l->cases, "",
                       "first place", "first five", "1/rank");
        }
        buf_format(b, "%-38.*s %.3f %.3f-%.3f     %.3f       %.3f\n", STR_ARG(l->method), l->first, l->low, l->high,
                   l->first_five, l->rank);
    }
}

void evaluation_text(struct buf *b, const struct evaluation *v) {
    const struct evaluated_set *const all = &v->sets[SET_ALL];

    buf_format(b,
               "%zu cases of known groups, %zu of groups that nobody knew, each judged by what was public the day "
               "before. Mean of %u divisions; 95 %% over %zu groups drawn anew.\n\n",
               all->known, all->unknown, EVALUATED_DIVISIONS, all->groups);
    figures_text(b, all);
    sets_text(b, v->sets);
    buf_add(b, S("\nThe likeliest answer, \"none of the known groups\" among the answers:\n"
                 "  posterior    cases   said   right\n"));
    for (size_t i = 0; i < EVALUATED_BINS; i++)
        if (v->bins[i].cases > 0)
            buf_format(b, "  %.1f to %.1f  %6.1f  %.3f  %.3f\n", (double)i / EVALUATED_BINS,
                       (double)(i + 1) / EVALUATED_BINS, v->bins[i].cases, v->bins[i].said, v->bins[i].right);
    names_text(b, v);
    buf_format(b, "\nNations, where one has so much together: right, of told, in %u divisions\n", EVALUATED_DIVISIONS);
    for (size_t i = 0; i < EVALUATED_NATIONS; i++) {
        const struct evaluated_nation *const n = &v->nations[i];

        buf_format(b,
                   "  at %.1f (mean %.2f): known groups %u of %u; unknown groups %u of %u, of which %u have no "
                   "published nation\n",
                   n->at, n->said, n->right[1], n->told[1], n->right[0], n->told[0], n->unpublished[0]);
    }
    limit_text(b, &v->limit);
    assessments_text(b, &v->assessments);
    baselines_text(b, v);
}
