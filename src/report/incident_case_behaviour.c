/* incident_case_behaviour: behaviours, with their proof, into the tables of a case that is being written. */
#include <assert.h>

#include "report/case_own.h"
#include "report/incident_case_own.h"

static str outcome_name(unsigned outcome) {
    static const str names[] = {STR(""), STR("success"), STR("failure"), STR("other")};

    return names[outcome];
}

static bool behaviour_events(struct case_writer *c, uint64_t number, const struct behaviour_hit *hit,
                             struct activities *a, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(
        &r, case_writer_db(c),
        "INSERT INTO behaviour_event VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < hit->event_count; i++) {
        const struct activity *const v = activities_at(a, hit->events[i]);
        struct activity_source const from = activities_source(a, v->source);

        case_row_number(&r, number);
        case_row_number(&r, i + 1);
        case_row_time(&r, v->when);
        case_row_ns(&r, v->when);
        case_row_time(&r, v->last);
        case_row_text(&r, act_name((enum act)v->act));
        case_row_text(&r, outcome_name(v->outcome));
        case_row_number(&r, v->count);
        case_row_number(&r, v->items);
        case_row_number(&r, v->amount);
        for (size_t t = 0; t < ACT_TEXTS; t++)
            case_row_text(&r, activities_text(a, v->text[t]));
        incident_case_put_place(&r, from.path, from.sha256, v->record, v->offset);
        case_row_number(&r, v->salvaged);
        case_row_number(&r, v->unsure);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool method(struct case_row *r, const struct behaviour *b, struct buf *thresholds, struct err *e) {
    thresholds->len = 0;
    for (size_t i = 0; i < b->threshold_count; i++) {
        buf_add(thresholds, i ? S(", ") : S(""));
        buf_add(thresholds, b->thresholds[i].name);
        buf_format(thresholds, " %.10g", b->thresholds[i].value);
    }
    if (thresholds->failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to write the case");
    case_row_text(r, b->id);
    case_row_text(r, b->title);
    case_row_text(r, b->why);
    case_row_text(r, b->tactic);
    case_row_text(r, b->technique);
    case_row_text(r, sigma_level_name(b->level));
    case_row_real(r, b->weight);
    case_row_text(r, buf_str(thresholds));
    return case_row_end(r, e);
}

bool incident_case_methods(struct case_writer *c, const struct behaviours *behaviours, struct err *e) {
    struct buf thresholds = {0};
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO behaviour_method VALUES (?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < behaviours_count(behaviours); i++)
        ok = method(&r, behaviours_at(behaviours, i), &thresholds, e);
    case_row_close(&r);
    buf_free(&thresholds);
    return ok;
}

bool incident_case_behaviour(struct case_writer *c, const struct behaviour_hit *hit, const struct clue *clue,
                             struct activities *a, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO behaviour VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", e);

    assert(clue->type == CLUE_BEHAVIOUR);
    if (ok) {
        case_row_number(&r, clue->number);
        if (clue->incident)
            case_row_number(&r, clue->incident);
        else
            case_row_time(&r, INSTANT_NONE); /* NULL */
        incident_case_put_clue(&r, clue);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok && behaviour_events(c, clue->number, hit, a, e);
}
