/* incident_case_write: incidents into the tables of a case that is being written. */
#include <assert.h>

#include "report/case_own.h"
#include "report/incident_case_own.h"
#include "report/incident_text.h"

void incident_case_put_place(struct case_row *r, str path, const char *sha256, uint64_t record, uint64_t offset) {
    case_row_text(r, path);
    case_row_text(r, str_of(sha256));
    case_row_number(r, record);
    case_row_number(r, offset);
}

void incident_case_put_proof(struct case_row *r, const struct proof *p) {
    incident_case_put_place(r, p->evidence_path, p->evidence_sha256, p->record, p->offset);
}

void incident_case_put_clue(struct case_row *r, const struct clue *c) {
    case_row_text(r, c->id);
    case_row_text(r, c->title);
    case_row_text(r, c->reason);
    case_row_text(r, c->tactic);
    case_row_text(r, c->technique);
    case_row_text(r, sigma_level_name(c->level));
    case_row_real(r, c->weight);
    case_row_time(r, c->first);
    case_row_time(r, c->last);
    case_row_number(r, c->count);
    case_row_number(r, c->like);
    case_row_number(r, c->of);
}

static bool head(struct case_writer *c, const struct incident *n, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO incident VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", e);

    if (ok) {
        case_row_number(&r, n->number);
        case_row_text(&r, n->title);
        case_row_text(&r, sigma_level_name(n->level));
        case_row_real(&r, n->score);
        case_row_time(&r, n->first);
        case_row_time(&r, n->last);
        case_row_text(&r, n->state);
        case_row_text(&r, n->began);
        incident_case_put_proof(&r, &n->began_at);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

/* A clue stands once, however many incidents name it. */
static bool put_clues(struct case_writer *c, const struct incident *n, const struct clue *clues, size_t count,
                      struct err *e) {
    struct case_row clue = {0}, place = {0};
    bool ok = case_row_open(&clue, case_writer_db(c),
                            "INSERT OR IGNORE INTO clue VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", e) &&
              case_row_open(&place, case_writer_db(c), "INSERT INTO incident_clue VALUES (?,?,?)", e);

    for (size_t i = 0; ok && i < n->clue_count; i++) {
        assert(n->clues[i] < count);
        const struct clue *const one = &clues[n->clues[i]];

        case_row_number(&clue, n->clues[i] + 1ul);
        case_row_text(&clue, clue_type_name(one->type));
        case_row_number(&clue, one->number);
        incident_case_put_clue(&clue, one);
        case_row_number(&place, n->number);
        case_row_number(&place, i + 1);
        case_row_number(&place, n->clues[i] + 1ul);
        ok = case_row_end(&clue, e) && case_row_end(&place, e);
    }
    case_row_close(&clue);
    case_row_close(&place);
    return ok;
}

/* The timeline has the acts behind the findings. */
static bool put_timeline(struct case_writer *c, const struct incident *n, const struct clue *clues, struct err *e) {
    struct buf line = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < n->event_count; i++) {
        struct incident_act const of = {.incident = n->number,
                                        .position = i + 1,
                                        .title = n->title,
                                        .level = n->level,
                                        .clue = clues[n->events[i].clue].title,
                                        .tlp = S("")};

        line.len = 0;
        ok = !incident_timesketch(&line, &of, &n->events[i]) || case_writer_timesketch(c, &line, e);
    }
    buf_free(&line);
    return ok;
}

static bool put_events(struct case_writer *c, const struct incident *n, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c),
                            "INSERT INTO incident_event VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < n->event_count; i++) {
        const struct incident_event *const v = &n->events[i];
        str const texts[] = {v->account, v->target, v->host, v->address, v->program, v->session, v->object, v->detail};

        case_row_number(&r, n->number);
        case_row_number(&r, i + 1);
        case_row_time(&r, v->when);
        case_row_ns(&r, v->when);
        case_row_time(&r, v->last);
        case_row_text(&r, v->tactic);
        case_row_text(&r, v->technique);
        case_row_text(&r, v->what);
        case_row_text(&r, act_name(v->act));
        for (size_t t = 0; t < COUNT(texts); t++)
            case_row_text(&r, texts[t]);
        case_row_number(&r, v->count);
        case_row_number(&r, v->items);
        case_row_number(&r, v->amount);
        case_row_number(&r, v->clue + 1ul);
        incident_case_put_proof(&r, &v->proof);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool put_entities(struct case_writer *c, const struct incident *n, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO incident_entity VALUES (?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < n->entity_count; i++) {
        const struct incident_entity *const v = &n->entities[i];

        case_row_number(&r, n->number);
        case_row_number(&r, i + 1);
        case_row_text(&r, incident_part_name(v->type));
        case_row_text(&r, v->role == ENTITY_OWN ? S("own") : S("reached"));
        case_row_text(&r, v->name);
        case_row_text(&r, v->note);
        case_row_number(&r, v->shared);
        case_row_time(&r, v->first);
        case_row_time(&r, v->last);
        case_row_number(&r, v->events);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool put_links(struct case_writer *c, const struct incident *n, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO incident_link VALUES (?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < n->link_count; i++) {
        const struct incident_link *const v = &n->links[i];

        assert(v->from < n->entity_count && v->to < n->entity_count);
        case_row_number(&r, n->number);
        case_row_number(&r, i + 1);
        case_row_number(&r, v->from + 1ul);
        case_row_number(&r, v->to + 1ul);
        case_row_text(&r, v->what);
        case_row_number(&r, v->events);
        case_row_time(&r, v->first);
        case_row_time(&r, v->last);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool put_reaches(struct case_writer *c, const struct incident *n, struct err *e) {
    struct case_row r;
    bool ok =
        case_row_open(&r, case_writer_db(c), "INSERT INTO incident_reach VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < n->reach_count; i++) {
        const struct reach *const v = &n->reaches[i];

        case_row_number(&r, n->number);
        case_row_number(&r, i + 1);
        case_row_text(&r, reach_type_name(v->type));
        case_row_text(&r, v->name);
        case_row_text(&r, v->detail);
        case_row_time(&r, v->first);
        case_row_time(&r, v->last);
        case_row_number(&r, v->events);
        case_row_number(&r, v->items);
        case_row_number(&r, v->amount);
        incident_case_put_proof(&r, &v->proof);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool put_phases(struct case_writer *c, const struct incident *n, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO incident_phase VALUES (?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < n->phase_count; i++) {
        case_row_number(&r, n->number);
        case_row_number(&r, i + 1);
        case_row_text(&r, n->phases[i].tactic);
        case_row_time(&r, n->phases[i].first);
        case_row_time(&r, n->phases[i].last);
        case_row_number(&r, n->phases[i].events);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool put_doors(struct case_writer *c, const struct incident *n, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c),
                            "INSERT INTO door VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < n->door_count; i++) {
        const struct door *const v = &n->doors[i];
        const struct door_place *const places[] = {&v->opened_at, &v->used_at, &v->closed_at};

        case_row_number(&r, n->number);
        case_row_number(&r, i + 1);
        case_row_text(&r, door_kind_name(v->kind));
        case_row_text(&r, v->identity);
        case_row_text(&r, v->account);
        case_row_text(&r, v->host);
        case_row_text(&r, v->object);
        case_row_time(&r, v->opened);
        case_row_time(&r, v->last_used);
        case_row_time(&r, v->closed);
        for (size_t p = 0; p < COUNT(places); p++)
            incident_case_put_place(&r, places[p]->evidence_path, places[p]->evidence_sha256, places[p]->record,
                                    places[p]->offset);
        case_row_text(&r, door_state_name(v->state));
        case_row_text(&r, v->how);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

bool incident_case_incident(struct case_writer *c, const struct incident *n, const struct clue *clues,
                            size_t clue_count, struct err *e) {
    return head(c, n, e) && put_clues(c, n, clues, clue_count, e) && put_events(c, n, e) &&
           put_timeline(c, n, clues, e) && put_entities(c, n, e) && put_links(c, n, e) && put_reaches(c, n, e) &&
           put_phases(c, n, e) && put_doors(c, n, e);
}
