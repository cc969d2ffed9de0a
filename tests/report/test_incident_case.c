/* test_incident_case: incidents written into a case and read out of it, the same; cases that somebody else has written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "../folder.h"
#include "made_incidents.h"
#include "report/incident_case.h"

static void write_case(const char *path, struct made_story *m, size_t incidents) {
    struct case_writer *w = NULL;
    struct err e = {0};

    assert_true(case_writer_open(&w, path, false, &e));
    for (size_t i = 0; i < incidents; i++)
        if (!incident_case_incident(w, &m->incidents[i], m->clues, MADE_CLUES, &e))
            fail_msg("%s", e.text);
    if (!case_writer_finish(w, &e))
        fail_msg("%s", e.text);
    case_writer_close(w);
}

/* ---- the same ---- */

static void same(str got, str want) {
    if (!str_eq(got, want))
        fail_msg("`%.*s` for `%.*s`", STR_ARG(got), STR_ARG(want));
}

static void same_place(str path, const char *sha256, uint64_t record, uint64_t offset, str want_path,
                       const char *want_sha256, uint64_t want_record, uint64_t want_offset) {
    same(path, want_path);
    assert_string_equal(sha256, want_sha256 ? want_sha256 : "");
    assert_int_equal(record, want_record);
    assert_int_equal(offset, want_offset);
}

static void same_proof(const struct proof *a, const struct proof *b) {
    same_place(a->evidence_path, a->evidence_sha256, a->record, a->offset, b->evidence_path, b->evidence_sha256,
               b->record, b->offset);
}

static void same_door_place(const struct door_place *a, const struct door_place *b) {
    same_place(a->evidence_path, a->evidence_sha256, a->record, a->offset, b->evidence_path, b->evidence_sha256,
               b->record, b->offset);
}

static void same_clue(const struct clue *a, const struct clue *b) {
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->number, b->number);
    same(a->id, b->id);
    same(a->title, b->title);
    same(a->reason, b->reason);
    same(a->tactic, b->tactic);
    same(a->technique, b->technique);
    assert_int_equal(a->level, b->level);
    assert_true(a->weight == b->weight);
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->last, b->last);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->like, b->like);
    assert_int_equal(a->of, b->of);
    assert_int_equal(a->incident, b->incident);
}

static void same_incident(const struct incident *a, const struct incident *b) {
    assert_int_equal(a->number, b->number);
    same(a->title, b->title);
    assert_int_equal(a->level, b->level);
    assert_true(a->score == b->score);
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->last, b->last);
    same(a->began, b->began);
    same_proof(&a->began_at, &b->began_at);
    same(a->state, b->state);
    assert_int_equal(a->entity_count, b->entity_count);
    for (size_t i = 0; i < a->entity_count; i++) {
        const struct incident_entity *const x = &a->entities[i], *const y = &b->entities[i];

        assert_int_equal(x->type, y->type);
        assert_int_equal(x->role, y->role);
        same(x->name, y->name);
        same(x->note, y->note);
        assert_int_equal(x->shared, y->shared);
        assert_int_equal(x->first, y->first);
        assert_int_equal(x->last, y->last);
        assert_int_equal(x->events, y->events);
    }
    assert_int_equal(a->link_count, b->link_count);
    for (size_t i = 0; i < a->link_count; i++) {
        const struct incident_link *const x = &a->links[i], *const y = &b->links[i];

        assert_int_equal(x->from, y->from);
        assert_int_equal(x->to, y->to);
        same(x->what, y->what);
        assert_int_equal(x->events, y->events);
        assert_int_equal(x->first, y->first);
        assert_int_equal(x->last, y->last);
    }
    assert_int_equal(a->reach_count, b->reach_count);
    for (size_t i = 0; i < a->reach_count; i++) {
        const struct reach *const x = &a->reaches[i], *const y = &b->reaches[i];

        assert_int_equal(x->type, y->type);
        same(x->name, y->name);
        same(x->detail, y->detail);
        assert_int_equal(x->first, y->first);
        assert_int_equal(x->last, y->last);
        assert_int_equal(x->events, y->events);
        assert_int_equal(x->items, y->items);
        assert_int_equal(x->amount, y->amount);
        same_proof(&x->proof, &y->proof);
    }
    assert_int_equal(a->phase_count, b->phase_count);
    for (size_t i = 0; i < a->phase_count; i++) {
        same(a->phases[i].tactic, b->phases[i].tactic);
        assert_int_equal(a->phases[i].first, b->phases[i].first);
        assert_int_equal(a->phases[i].last, b->phases[i].last);
        assert_int_equal(a->phases[i].events, b->phases[i].events);
    }
    assert_int_equal(a->door_count, b->door_count);
    for (size_t i = 0; i < a->door_count; i++) {
        const struct door *const x = &a->doors[i], *const y = &b->doors[i];

        assert_int_equal(x->kind, y->kind);
        same(x->identity, y->identity);
        same(x->account, y->account);
        same(x->host, y->host);
        same(x->object, y->object);
        assert_int_equal(x->opened, y->opened);
        assert_int_equal(x->last_used, y->last_used);
        assert_int_equal(x->closed, y->closed);
        same_door_place(&x->opened_at, &y->opened_at);
        same_door_place(&x->used_at, &y->used_at);
        same_door_place(&x->closed_at, &y->closed_at);
        assert_int_equal(x->state, y->state);
        same(x->how, y->how);
    }
}

struct comparing {
    const struct made_story *story;
    size_t incidents, events;
    uint32_t incident; /* whose events */
};

static bool on_incident(void *ctx, const struct incident *n, const struct clue *clues, size_t count, struct err *e) {
    struct comparing *const c = ctx;
    const struct incident *const want = &c->story->incidents[c->incidents++];
    (void)e;

    same_incident(n, want);
    assert_int_equal(count, want->clue_count);
    assert_int_equal(n->clue_count, want->clue_count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(n->clues[i], i);
        same_clue(&clues[i], &c->story->clues[want->clues[i]]);
    }
    return true;
}

static bool on_event(void *ctx, const struct incident_event *a, struct err *e) {
    struct comparing *const c = ctx;
    const struct incident *const n = &c->story->incidents[c->incident - 1];
    const struct incident_event *const b = &n->events[c->events++];
    (void)e;

    assert_int_equal(a->when, b->when);
    assert_int_equal(a->last, b->last);
    assert_int_equal(a->act, b->act);
    same(a->tactic, b->tactic);
    same(a->technique, b->technique);
    same(a->what, b->what);
    same(a->account, b->account);
    same(a->target, b->target);
    same(a->host, b->host);
    same(a->address, b->address);
    same(a->program, b->program);
    same(a->session, b->session);
    same(a->object, b->object);
    same(a->detail, b->detail);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->items, b->items);
    assert_int_equal(a->amount, b->amount);
    assert_int_equal(n->clues[a->clue], b->clue);
    same_proof(&a->proof, &b->proof);
    return true;
}

static void what_was_written_is_read(void **state) {
    struct made_story *const m = made_story();
    struct comparing c = {.story = m};
    struct err e = {0};
    (void)state;

    assert_non_null(m);
    write_case("c", m, MADE_INCIDENTS);
    if (!incident_case_incidents("c", on_incident, &c, &e))
        fail_msg("%s", e.text);
    assert_int_equal(c.incidents, MADE_INCIDENTS);
    for (c.incident = 1; c.incident <= MADE_INCIDENTS; c.incident++) {
        c.events = 0;
        if (!incident_case_events("c", c.incident, 0, on_event, &c, &e))
            fail_msg("%s", e.text);
        assert_int_equal(c.events, m->incidents[c.incident - 1].event_count);
    }
    c.incident = 1;
    c.events = 0;
    assert_true(incident_case_events("c", 1, 7, on_event, &c, &e));
    assert_int_equal(c.events, 7);
    assert_false(incident_case_events("c", 4, 0, on_event, &c, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_string_equal(e.text, "c has no incident 4");
    free(m);
}

static uint64_t asked(const char *query) {
    sqlite3 *db;
    sqlite3_stmt *s;

    assert_int_equal(sqlite3_open("c/case.db", &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    uint64_t const n = (uint64_t)sqlite3_column_int64(s, 0);

    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

/* ---- behaviours ---- */

enum { SIGN_INS = 3 };

static struct activities *made_activities(void) {
    struct activities *a = NULL;
    struct err e = {0};

    assert_true(activities_new(&a, 1 << 20, NULL, &e));
    for (unsigned i = 0; i < SIGN_INS; i++) {
        struct activity_event const v = {.when = MADE_FIRST + i * MADE_DAY_NS,
                                         .last = MADE_FIRST + i * MADE_DAY_NS + 5,
                                         .record = 10 + i,
                                         .offset = 1000 + i,
                                         .amount = 7,
                                         .count = 1,
                                         .items = i,
                                         .act = ACT_SIGN_IN,
                                         .outcome = OUTCOME_FAILURE,
                                         .salvaged = i == 2,
                                         .unsure = i == 1,
                                         .text = {[ACT_ACCOUNT] = STR("finn.wagner@chamber.example"),
                                                  [ACT_TARGET] = STR(""),
                                                  [ACT_HOST] = STR(""),
                                                  [ACT_ADDRESS] = STR("198.18.32.7"),
                                                  [ACT_SERVER] = STR(""),
                                                  [ACT_PROGRAM] = MADE_BAD_TEXT,
                                                  [ACT_SESSION] = STR("s"),
                                                  [ACT_OBJECT] = STR("portal"),
                                                  [ACT_VERB] = STR(""),
                                                  [ACT_DETAIL] = STR(""),
                                                  [ACT_TENANT] = STR(""),
                                                  [ACT_KIND] = STR("entra/sign-in")},
                                         .evidence_path = MADE_MAIL,
                                         .evidence_sha256 = MADE_SHA_A};

        assert_true(activities_add(a, &v, &e));
    }
    assert_true(activities_end(a, &e));
    assert_int_equal(activities_count(a), SIGN_INS);
    return a;
}

static bool on_behaviour(void *ctx, const struct clue *clue, struct err *e) {
    unsigned *const count = ctx;
    struct clue want = made_clues[0];
    (void)e;

    want.number = ++*count;
    want.incident = *count == 1 ? 3 : 0;
    same_clue(clue, &want);
    return true;
}

/* The pair of this name among what is told of an act. */
static str told(const struct case_place *p, const char *name) {
    for (size_t i = 0; i < p->match_count; i++)
        if (str_eq(p->matches[i].name, str_of(name)))
            return p->matches[i].value;
    return (str){"", 0};
}

static void behaviours_and_their_proof(void **state) {
    static const uint32_t events[SIGN_INS] = {0, 1, 2};
    struct behaviour_hit const hit = {.events = events, .event_count = SIGN_INS};
    struct activities *const a = made_activities();
    struct behaviours *b = NULL;
    struct arena *const room = arena_new(1 << 20);
    struct custody const line = {.path = MADE_MAIL,
                                 .sha256 = MADE_SHA_A,
                                 .reader = "json",
                                 .not_read = STR(""),
                                 .zone = STR("UTC"),
                                 .first = INSTANT_NONE,
                                 .last = INSTANT_NONE};
    struct case_writer *w = NULL;
    struct case_place p;
    struct err e = {0};
    unsigned count = 0;
    (void)state;

    assert_non_null(room);
    assert_true(behaviours_open(&b, &e) && case_writer_open(&w, "c", false, &e) && incident_case_methods(w, b, &e));
    for (unsigned i = 0; i < 2; i++) {
        struct clue clue = made_clues[0];

        clue.number = i + 1;
        clue.incident = i ? 0 : 3; /* the second is in none */
        if (!incident_case_behaviour(w, &hit, &clue, a, &e))
            fail_msg("%s", e.text);
    }
    assert_true(case_writer_custody(w, &line, &e));
    if (!case_writer_finish(w, &e))
        fail_msg("%s", e.text);
    case_writer_close(w);
    if (!incident_case_behaviours("c", on_behaviour, &count, &e))
        fail_msg("%s", e.text);
    assert_int_equal(count, 2);
    assert_int_equal(asked("SELECT count(*) FROM behaviour_method"), behaviours_count(b));
    assert_int_equal(asked("SELECT count(*) FROM behaviour_method WHERE thresholds = '' AND id = 'incident'"), 0);
    assert_int_equal(asked("SELECT count(*) FROM behaviour_event"), 2 * SIGN_INS);
    assert_int_equal(
        asked("SELECT count(*) FROM behaviour_event WHERE act = 'sign-in' AND outcome = 'failure' AND amount = "
              "7 AND kind = 'entra/sign-in' AND address = '198.18.32.7'"),
        2 * SIGN_INS);
    assert_int_equal(asked("SELECT sum(items) FROM behaviour_event WHERE behaviour = 2"), 0 + 1 + 2);
    assert_int_equal(asked("SELECT position FROM behaviour_event WHERE behaviour = 1 AND salvaged"), 3);
    assert_int_equal(asked("SELECT position FROM behaviour_event WHERE behaviour = 1 AND unsure"), 2);

    if (!incident_case_place("c", INCIDENT_CASE_BEHAVIOUR, 2, 3, room, &p, &e))
        fail_msg("%s", e.text);
    same_place(p.evidence_path, p.sha256.ptr, p.record, p.offset, (str)MADE_MAIL, MADE_SHA_A, 12, 1002);
    same(p.reader, S("json"));
    same(p.rule_title, S("sign-in"));
    same(p.account, S("finn.wagner@chamber.example"));
    same(told(&p, "program"), (str)MADE_BAD_TEXT);
    same(told(&p, "object"), S("portal"));
    assert_int_equal(told(&p, "detail").len, 0);
    assert_true(p.salvaged);
    assert_false(incident_case_place("c", INCIDENT_CASE_BEHAVIOUR, 2, 4, room, &p, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_string_equal(e.text, "c has no event 4 of behaviour 2");
    assert_false(incident_case_place("c", INCIDENT_CASE_INCIDENT, 1, 1, room, &p, &e));
    assert_string_equal(e.text, "c has no event 1 of incident 1");
    arena_free(room);
    behaviours_free(b);
    activities_free(a);
}

static void where_an_act_stands(void **state) {
    struct made_story *const m = made_story();
    struct arena *const a = arena_new(1 << 20), *const small = arena_new(64);
    struct case_place p;
    struct err e = {0};
    (void)state;

    assert_true(m && a && small);
    write_case("c", m, MADE_INCIDENTS);
    for (uint64_t i = 1; i <= MADE_SERVER_EVENTS; i += 7) {
        const struct incident_event *const v = &m->incidents[1].events[i - 1];

        if (!incident_case_place("c", INCIDENT_CASE_INCIDENT, 2, i, a, &p, &e))
            fail_msg("%s", e.text);
        same_place(p.evidence_path, p.sha256.ptr, p.record, p.offset, v->proof.evidence_path, v->proof.evidence_sha256,
                   v->proof.record, v->proof.offset);
        same(p.rule_title, v->what);
        same(p.host, v->host);
        same(told(&p, "address"), v->address);
        assert_int_equal(p.reader.len, 0); /* the ledger of this case is empty */
        assert_true(str_starts(p.json, S("{\"incident\":2,\"event\":")));
    }
    assert_false(incident_case_place("c", INCIDENT_CASE_INCIDENT, 2, 1, small, &p, &e));
    assert_int_equal(e.code, ERR_MEMORY);
    arena_free(a);
    arena_free(small);
    free(m);
}

/* Every word that is written is read as what it was. */
static void words(void **state) {
    (void)state;
    for (unsigned i = 0; i < CLUE_TYPES; i++)
        assert_int_equal(clue_type_of(clue_type_name((enum clue_type)i)), i);
    for (unsigned i = 0; i < REACH_TYPES; i++)
        assert_int_equal(reach_type_of(reach_type_name((enum reach_type)i)), i);
    for (unsigned i = 0; i < PART_TYPES; i++)
        assert_int_equal(incident_part_of(incident_part_name((enum behaviour_part_type)i)), i);
    for (unsigned i = 0; i < DOOR_KINDS; i++)
        assert_int_equal(door_kind_of(door_kind_name((enum door_kind)i)), i);
    assert_int_equal(clue_type_of(S("rules")), CLUE_TYPES);
    assert_int_equal(reach_type_of(S("")), REACH_TYPES);
    assert_int_equal(incident_part_of(S("Host")), PART_TYPES);
    assert_int_equal(door_kind_of(S("session\0")), DOOR_KINDS);
    same(door_state_name(DOOR_CANNOT_TELL), S("cannot tell"));
}

/* ---- cases of strangers ---- */

struct counts {
    unsigned incidents, events, behaviours, no_clue;
    bool refuse;
};

static bool count_incident(void *ctx, const struct incident *n, const struct clue *clues, size_t count, struct err *e) {
    struct counts *const c = ctx;
    (void)clues;
    (void)count;

    c->incidents++;
    assert_true(n->number > 0);
    return !c->refuse || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static bool count_event(void *ctx, const struct incident_event *v, struct err *e) {
    struct counts *const c = ctx;

    c->events++;
    c->no_clue += v->clue == INCIDENT_CASE_NO_CLUE;
    return !c->refuse || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static bool count_behaviour(void *ctx, const struct clue *clue, struct err *e) {
    struct counts *const c = ctx;
    (void)clue;

    c->behaviours++;
    return !c->refuse || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static void change(const char *what) {
    sqlite3 *db;

    assert_int_equal(sqlite3_open("c/case.db", &db), SQLITE_OK);
    if (sqlite3_exec(db, what, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", what, sqlite3_errmsg(db));
    sqlite3_close(db);
}

#define ENDLESS "AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i"

/* Whatever it says, an answer or an error, in bounds. */
static void cases_of_strangers(void **state) {
    static const struct {
        const char *name, *change;
        bool incidents, events, behaviours;
    } cases[] = {
        {"as it was", "SELECT 1", true, true, true},
        {"numbers below 0", "UPDATE incident_event SET events = -5, record = -1; UPDATE door SET opened_record = -9",
         true, true, true},
        {"times of another kind", "UPDATE incident SET first = 'soon'; UPDATE incident_event SET time = ''", true, true,
         true},
        {"a level that is none", "UPDATE incident SET level = 'worse'", false, true, true},
        {"a clue's level that is none", "UPDATE clue SET level = ''", false, true, true},
        {"a clue of another type", "UPDATE clue SET type = 'dream'", false, true, true},
        {"an entity of another type", "UPDATE incident_entity SET type = 'dream'", false, true, true},
        {"a link to an entity that is not there", "UPDATE incident_link SET to_entity = 900", false, true, true},
        {"a link to 0", "UPDATE incident_link SET from_entity = 0", false, true, true},
        {"something reached of another type", "UPDATE incident_reach SET type = ''", false, true, true},
        {"a door of another kind", "UPDATE door SET kind = 'window'", false, true, true},
        {"a door of another state", "UPDATE door SET state = 'ajar'", false, true, true},
        {"a number beyond all incidents", "UPDATE incident SET number = 5000000000 WHERE number = 1", false, false,
         true},
        {"a number below 0", "UPDATE incident SET number = -1 WHERE number = 1", false, false, true},
        {"a clue that is not there", "DELETE FROM clue", true, true, true},
        {"clues of nobody", "DELETE FROM incident_clue", true, true, true},
        {"a behaviour of an incident beyond all",
         "INSERT INTO behaviour VALUES (1, 5000000000, '', '', '', '', '', 'low', 1, NULL, NULL, 1, 0, 0)", true, true,
         false},
        {"a behaviour", "INSERT INTO behaviour VALUES (1, NULL, '', '', '', '', '', 'low', 1, NULL, NULL, 1, 0, 0)",
         true, true, true},
        {"a table is missing", "DROP TABLE incident_phase", false, false, false},
        {"other columns", "DROP TABLE door; CREATE TABLE door (incident INTEGER)", false, true, true},
        {"a view that never ends in the place of incidents",
         "DROP TABLE incident; CREATE VIEW incident " ENDLESS " number FROM n", false, false, false},
        {"a view that never ends in the place of events",
         "DROP TABLE incident_event; CREATE VIEW incident_event " ENDLESS " incident FROM n", false, false, false},
        {"an older version", "PRAGMA user_version = 4", false, false, false},
        {"a newer version", "PRAGMA user_version = 7", false, false, false},
        {"somebody else's", "PRAGMA application_id = 7", false, false, false},
    };
    struct made_story *const m = made_story();
    (void)state;

    assert_non_null(m);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct counts c = {0};
        struct err e[3] = {{0}, {0}, {0}};

        assert_int_equal(system("rm -rf c"), 0);
        write_case("c", m, MADE_INCIDENTS);
        change(cases[i].change);
        bool const got[] = {incident_case_incidents("c", count_incident, &c, &e[0]),
                            incident_case_events("c", 1, 0, count_event, &c, &e[1]),
                            incident_case_behaviours("c", count_behaviour, &c, &e[2])};
        bool const want[] = {cases[i].incidents, cases[i].events, cases[i].behaviours};

        for (size_t k = 0; k < COUNT(got); k++) {
            if (got[k] != want[k])
                fail_msg("%s: %zu: %d, %s", cases[i].name, k, got[k], e[k].text);
            if (!want[k])
                assert_true(e[k].code == ERR_USAGE || e[k].code == ERR_CORRUPT);
        }
        if (want[0])
            assert_int_equal(c.incidents, MADE_INCIDENTS);
        if (want[1])
            assert_int_equal(c.events, MADE_MAIL_EVENTS);
        if (strcmp(cases[i].name, "clues of nobody") == 0)
            assert_int_equal(c.no_clue, MADE_MAIL_EVENTS);
        if (strcmp(cases[i].name, "an older version") == 0)
            assert_string_equal(e[0].text,
                                "c/case.db was written by an older Longwatch, without incidents: hunt again");
    }
    free(m);
}

static void a_caller_may_stop(void **state) {
    struct made_story *const m = made_story();
    struct counts c = {.refuse = true};
    struct err e = {0};
    (void)state;

    assert_non_null(m);
    write_case("c", m, MADE_INCIDENTS);
    change("INSERT INTO behaviour VALUES (1, NULL, '', '', '', '', '', 'low', 1, NULL, NULL, 1, 0, 0),"
           " (2, NULL, '', '', '', '', '', 'low', 1, NULL, NULL, 1, 0, 0)");
    assert_false(incident_case_incidents("c", count_incident, &c, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_false(incident_case_events("c", 1, 0, count_event, &c, &e));
    assert_false(incident_case_behaviours("c", count_behaviour, &c, &e));
    assert_int_equal(c.incidents + c.events + c.behaviours, 3);
    free(m);
}

/* More of one incident than there is memory for is an error, and no end of the program. */
static void an_incident_beyond_all_bounds(void **state) {
    struct made_story *const m = made_story();
    struct counts c = {0};
    struct err e = {0};
    (void)state;

    assert_non_null(m);
    write_case("c", m, 2);
    change("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
           " INSERT INTO incident_phase SELECT 2, i, hex(zeroblob(500000)), NULL, NULL, 1 FROM n");
    assert_false(incident_case_incidents("c", count_incident, &c, &e));
    assert_int_equal(e.code, ERR_MEMORY);
    assert_int_equal(c.incidents, 1);
    free(m);
}

static void no_incidents(void **state) {
    struct made_story *const m = made_story();
    struct counts c = {0};
    struct err e = {0};
    (void)state;

    assert_non_null(m);
    write_case("c", m, 0);
    assert_true(incident_case_incidents("c", count_incident, &c, &e));
    assert_true(incident_case_behaviours("c", count_behaviour, &c, &e));
    assert_int_equal(c.incidents + c.behaviours, 0);
    assert_false(incident_case_events("c", 1, 0, count_event, &c, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(incident_case_incidents("absent", count_incident, &c, &e));
    assert_int_equal(e.code, ERR_USAGE);
    free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_read, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(behaviours_and_their_proof, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(where_an_act_stands, folder_enter, folder_leave),
        cmocka_unit_test(words),
        cmocka_unit_test_setup_teardown(cases_of_strangers, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(a_caller_may_stop, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(an_incident_beyond_all_bounds, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(no_incidents, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
