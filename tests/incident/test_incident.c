/* test_incident: which clues become one intrusion, which stay apart, which are none; and what is told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "incident/incident_own.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define START INT64_C(1609459200000000000) /* 2021-01-01 */

/* An act of a clue: hours from START, whose, where, from where. */
struct told {
    int64_t hour;
    const char *account, *host, *address;
};
#define ACTS_MAX_TOLD 5
#define CLUES_MAX_TOLD 5

struct made_clue {
    double weight;
    const char *own;                 /* an address that is the intruder's own; NULL: none */
    const char *account;             /* reached */
    const char *host;                /* reached */
    struct told acts[ACTS_MAX_TOLD]; /* until one without account, host and address */
};

static const struct {
    const char *name;
    struct made_clue clues[CLUES_MAX_TOLD]; /* until one of weight 0 */
    const char *groups;                     /* a letter for each clue: alike are one incident, '-': in none */
} cases[] = {
    {"a strong clue alone", {{3.5, NULL, "jo", NULL, {{0, "jo", NULL, NULL}}}}, "a"},
    {"a weak clue alone", {{2.9, NULL, "jo", NULL, {{0, "jo", NULL, NULL}}}}, "-"},
    {"many weak clues are no strong one",
     {{0.9, "198.18.1.1", "jo", NULL, {{0, "jo", NULL, NULL}}},
      {0.9, "198.18.1.1", "jo", NULL, {{1, "jo", NULL, NULL}}},
      {0.9, "198.18.1.1", "jo", NULL, {{2, "jo", NULL, NULL}}},
      {0.9, "198.18.1.1", "jo", NULL, {{3, "jo", NULL, NULL}}}},
     "----"},
    {"an address of its own joins, years apart",
     {{2, "198.18.1.1", "jo", NULL, {{0, "jo", NULL, "198.18.1.1"}}},
      {2, "198.18.1.1", "ann", NULL, {{20000, "ann", NULL, "198.18.1.1"}}}},
     "aa"},
    {"two addresses do not",
     {{3, "198.18.1.1", "jo", NULL, {{0, "jo", NULL, "198.18.1.1"}}},
      {3, "198.18.2.1", "ann", NULL, {{0, "ann", NULL, "198.18.2.1"}}}},
     "ab"},
    {"one account, within days",
     {{2, NULL, "jo", NULL, {{0, "jo", NULL, NULL}}}, {2, NULL, "jo", NULL, {{71, "jo", NULL, NULL}}}},
     "aa"},
    {"one account, within months",
     {{3, NULL, "jo", NULL, {{0, "jo", NULL, NULL}}}, {3, NULL, "jo", NULL, {{73, "jo", NULL, NULL}}}},
     "ab"},
    {"one account under two spellings",
     {{2, NULL, "CHAMBER\\jo", NULL, {{0, "CHAMBER\\jo", NULL, NULL}}},
      {2, NULL, "jo@chamber.example", NULL, {{5, "jo@chamber.example", NULL, NULL}}}},
     "aa"},
    {"one host, within hours",
     {{2, "198.18.1.1", NULL, "mx01", {{0, NULL, "mx01", "198.18.1.1"}}},
      {2, NULL, NULL, "mx01", {{1, "svc", "mx01", NULL}}}},
     "aa"},
    {"one host at one hour, by two accounts: two intruders stay two",
     {{3, "198.18.1.1", "jo", "mx01", {{0, "jo", "mx01", "198.18.1.1"}}},
      {3, "198.18.2.1", "ann", "mx01", {{1, "ann", "mx01", "198.18.2.1"}}}},
     "ab"},
    {"one host, a day later: two intruders stay two",
     {{3, "198.18.1.1", NULL, "mx01", {{0, NULL, "mx01", "198.18.1.1"}}},
      {3, "198.18.2.1", NULL, "mx01", {{24, NULL, "mx01", "198.18.2.1"}}}},
     "ab"},
    {"one host, and once by chance at the same hour",
     {{3,
       "198.18.1.1",
       NULL,
       "mx01",
       {{0, NULL, "mx01", "198.18.1.1"}, {100, NULL, "mx01", "198.18.1.1"}, {200, NULL, "mx01", "198.18.1.1"}}},
      {3,
       "198.18.2.1",
       NULL,
       "mx01",
       {{101, NULL, "mx01", "198.18.2.1"}, {300, NULL, "mx01", "198.18.2.1"}, {400, NULL, "mx01", "198.18.2.1"}}}},
     "ab"},
    {"weak clues are no bridge",
     {{3, "198.18.1.1", "jo", NULL, {{0, "jo", NULL, "198.18.1.1"}}},
      {0.4, NULL, "jo", NULL, {{50, "jo", NULL, NULL}}},
      {3, "198.18.2.1", "jo", NULL, {{100, "jo", NULL, "198.18.2.1"}}}},
     "a-b"},
    {"a weak clue comes along by what is the intruder's own",
     {{3, "198.18.1.1", "jo", NULL, {{0, "jo", NULL, "198.18.1.1"}}},
      {0.2, "198.18.1.1", "ann", NULL, {{9000, "ann", NULL, "198.18.1.1"}}}},
     "aa"},
    {"through a third",
     {{1.5, "198.18.1.1", "jo", NULL, {{0, "jo", NULL, "198.18.1.1"}}},
      {1.5, NULL, "jo", "app01", {{10, "jo", "app01", NULL}}},
      {1.5, NULL, NULL, "app01", {{11, "svc", "app01", NULL}}}},
     "aaa"},
};

static void add(struct activities *a, const struct told *t, uint64_t record) {
    struct activity_event v = {.when = START + t->hour * HOUR,
                               .last = START + t->hour * HOUR,
                               .record = record,
                               .offset = record,
                               .count = 1,
                               .act = ACT_SIGN_IN,
                               .outcome = OUTCOME_SUCCESS,
                               .evidence_path = S("logs/audit"),
                               .evidence_sha256 = "ab"};
    struct err e;

    for (size_t i = 0; i < ACT_TEXTS; i++)
        v.text[i] = S("");
    v.text[ACT_ACCOUNT] = str_of(t->account ? t->account : "");
    v.text[ACT_HOST] = str_of(t->host ? t->host : "");
    v.text[ACT_ADDRESS] = str_of(t->address ? t->address : "");
    assert_true(activities_add(a, &v, &e));
}

static bool is_told(const struct told *t) {
    return t->account || t->host || t->address;
}

/* The activity whose record it is. */
static uint32_t index_of(const struct activities *a, uint64_t record) {
    for (uint32_t i = 0; i < activities_count(a); i++)
        if (activities_at(a, i)->record == record)
            return i;
    fail();
    return 0;
}

static int by_index(const void *a, const void *b) {
    return (*(const uint32_t *)a > *(const uint32_t *)b) - (*(const uint32_t *)a < *(const uint32_t *)b);
}

static void part(struct node *n, enum behaviour_part_type type, bool own, uint32_t code) {
    if (code)
        n->parts[n->part_count++] = (struct behaviour_part){type, own, code, 0};
}

static const struct behaviour made_behaviour = {.id = STR("made"), .title = STR("Made"), .level = LEVEL_HIGH};

static void clue_add(struct incidents *s, const struct made_clue *c, uint64_t *record) {
    struct node *n;
    struct err e;

    assert_true(incidents_grow((void **)&s->nodes, s->node_count, &s->node_room, sizeof *s->nodes, &e));
    n = &s->nodes[s->node_count];
    *n = (struct node){.behaviour = &made_behaviour,
                       .clue = {.type = CLUE_BEHAVIOUR,
                                .number = s->node_count + 1,
                                .id = S("made"),
                                .title = S("Made"),
                                .reason = S("made up"),
                                .tactic = S("collection"),
                                .technique = S("T1114.002"),
                                .level = LEVEL_HIGH,
                                .weight = c->weight,
                                .first = INT64_MAX,
                                .last = INT64_MIN},
                       .parts = arena_alloc(s->memory, 3 * sizeof *n->parts),
                       .events = arena_alloc(s->memory, ACTS_MAX_TOLD * sizeof *n->events)};
    for (size_t k = 0; k < ACTS_MAX_TOLD && is_told(&c->acts[k]); k++) {
        int64_t const at = START + c->acts[k].hour * HOUR;

        n->events[n->event_count++] = index_of(s->a, (*record)++);
        n->clue.first = at < n->clue.first ? at : n->clue.first;
        n->clue.last = at > n->clue.last ? at : n->clue.last;
    }
    qsort(n->events, n->event_count, sizeof *n->events, by_index);
    n->clue.count = n->event_count;
    if (c->own)
        part(n, PART_ADDRESS, true, activities_find(s->a, str_of(c->own)));
    if (c->account)
        part(n, PART_ACCOUNT, false, activities_account(s->a, activities_find(s->a, str_of(c->account))));
    if (c->host)
        part(n, PART_HOST, false, activities_host(s->a, activities_find(s->a, str_of(c->host))));
    s->node_count++;
}

struct world {
    struct behaviours *behaviours;
    struct activities *activities;
    struct incidents *incidents;
};

static void world_of(struct world *w, size_t memory_max) {
    struct err e;

    assert_true(behaviours_open(&w->behaviours, &e));
    assert_true(activities_new(&w->activities, 1 << 24, NULL, &e));
    struct incident_options const options = {
        .memory_max = memory_max, .behaviours = w->behaviours, .activities = w->activities};

    assert_true(incidents_new(&w->incidents, &options, &e));
}

static void world_new(struct world *w) {
    world_of(w, (size_t)1 << 26);
}

static void world_free(struct world *w) {
    incidents_free(w->incidents);
    activities_free(w->activities);
    behaviours_free(w->behaviours);
}

static void which_are_one(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char groups[CLUES_MAX_TOLD + 1] = "", next = 'a', letter[CLUES_MAX_TOLD + 2] = "";
        uint64_t record = 1;
        struct world w;
        struct err e;

        world_new(&w);
        for (size_t k = 0; k < CLUES_MAX_TOLD && cases[i].clues[k].weight > 0; k++)
            for (size_t n = 0; n < ACTS_MAX_TOLD && is_told(&cases[i].clues[k].acts[n]); n++)
                add(w.activities, &cases[i].clues[k].acts[n], record++);
        assert_true(activities_end(w.activities, &e));
        record = 1;
        for (size_t k = 0; k < CLUES_MAX_TOLD && cases[i].clues[k].weight > 0; k++)
            clue_add(w.incidents, &cases[i].clues[k], &record);
        assert_true(doors_new(&w.incidents->doors, w.activities, &e));
        assert_true(incident_join(w.incidents, &e));
        assert_true(incident_trees(w.incidents, &e));
        for (size_t k = 0; k < w.incidents->tree_count; k++) {
            struct incident one;

            assert_true(incident_tell(w.incidents, k, &one, &e));
            assert_int_equal(one.number, k + 1);
        }
        for (size_t k = 0; k < w.incidents->node_count; k++) {
            uint32_t const number = w.incidents->nodes[k].clue.incident;

            if (number && !letter[number])
                letter[number] = next++;
            groups[k] = number ? letter[number] : '-';
        }
        if (strcmp(groups, cases[i].groups) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, groups, cases[i].groups);
        world_free(&w);
    }
}

/* What is told of one: dwell, phases, entities, links, and every act with its place. */
static void what_is_told(void **state) {
    static const struct made_clue clue = {
        3.5,
        "198.18.1.1",
        "jo@chamber.example",
        NULL,
        {{0, "jo@chamber.example", NULL, "198.18.1.1"}, {48, "jo@chamber.example", NULL, "198.18.1.1"}}};
    static const struct told other = {24, "ann@chamber.example", NULL, "198.18.1.1"},
                             long_after = {24 * 400, "bo@chamber.example", NULL, "198.18.1.1"};
    uint64_t record = 1;
    struct world w;
    struct err e;

    (void)state;
    world_new(&w);
    add(w.activities, &clue.acts[0], 1);
    add(w.activities, &clue.acts[1], 2);
    add(w.activities, &other, 3);
    add(w.activities, &long_after, 4);
    assert_true(activities_end(w.activities, &e));
    clue_add(w.incidents, &clue, &record);
    assert_true(doors_new(&w.incidents->doors, w.activities, &e));
    assert_true(incident_join(w.incidents, &e) && incident_trees(w.incidents, &e));
    assert_int_equal(w.incidents->tree_count, 1);
    struct incident one;
    const struct incident *const n = &one;

    assert_true(incident_tell(w.incidents, 0, &one, &e));
    assert_int_equal(n->event_count,
                     3); /* what the address did besides is the intruder's as well; a year later it is not */
    assert_true(n->first == START && n->last == START + 48 * HOUR);
    assert_true(str_eq(n->state, S("quiet")));
    assert_int_equal(n->events[1].proof.record, 3);
    assert_true(str_eq(n->events[1].what, S("signs in as ann@chamber.example from 198.18.1.1")));
    assert_int_equal(n->phase_count, 1);
    assert_int_equal(n->phases[0].events, 3);
    assert_true(n->entity_count == 3 && n->entities[0].role == ENTITY_OWN && n->entities[0].type == PART_ADDRESS);
    assert_int_equal(n->link_count, 2);
    for (size_t i = 0; i < n->link_count; i++)
        assert_true(n->links[i].from < n->entity_count && n->links[i].to < n->entity_count);
    world_free(&w);
}

/* What others do goes on for months after, and one of them has a clock of the next century: which is no end of the evidence. What was refused joins nobody as if it
 * had been let be. */
static void ends_and_refusals(void **state) {
    static const struct made_clue clue = {
        3.5, "198.18.1.1", "jo", NULL, {{0, "jo", NULL, "198.18.1.1"}, {1, "jo", NULL, "198.18.1.1"}}};
    static const struct {
        const char *name;
        unsigned others; /* acts, one a day from START on */
        bool far;        /* one of a wrong clock behind them */
        const char *state;
    } made[] = {
        {"the evidence ends with it", 20, false, "ongoing"},
        {"it goes on", 1500, false, "quiet"},
        {"a wrong clock among many", 1500, true, "quiet"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        uint64_t record = 1;
        struct incident n;
        struct world w;
        struct err e;

        world_new(&w);
        add(w.activities, &clue.acts[0], 1);
        add(w.activities, &clue.acts[1], 2);
        for (unsigned k = 0; k < made[i].others; k++)
            add(w.activities, &(struct told){24 * k, "ann", NULL, "203.0.113.1"}, 100 + k);
        if (made[i].far)
            add(w.activities, &(struct told){INT64_C(24) * 365 * 150, "bo", NULL, "203.0.113.2"}, 99);
        assert_true(activities_end(w.activities, &e));
        clue_add(w.incidents, &clue, &record);
        assert_true(doors_new(&w.incidents->doors, w.activities, &e));
        assert_true(incident_join(w.incidents, &e) && incident_trees(w.incidents, &e) &&
                    incident_tell(w.incidents, 0, &n, &e));
        if (!str_eq(n.state, str_of(made[i].state)))
            fail_msg("%s: %.*s", made[i].name, STR_ARG(n.state));
        world_free(&w);
    }

    /* 1001 acts until soon after the last of the intruder's, and a wrong clock. */
    uint64_t record = 1;
    struct incident n;
    struct world w;
    struct err e;
    bool refused = false;

    world_new(&w);
    for (unsigned k = 0; k < 2; k++) {
        struct activity_event v = {.when = START + k * HOUR,
                                   .last = START + k * HOUR,
                                   .record = k + 1,
                                   .offset = k + 1,
                                   .count = 1,
                                   .act = ACT_SIGN_IN,
                                   .outcome = k ? OUTCOME_SUCCESS : OUTCOME_FAILURE,
                                   .evidence_path = S("logs/audit"),
                                   .evidence_sha256 = "ab"};

        for (size_t t = 0; t < ACT_TEXTS; t++)
            v.text[t] = S("");
        v.text[ACT_ACCOUNT] = S("jo");
        v.text[ACT_ADDRESS] = S("198.18.1.1");
        assert_true(activities_add(w.activities, &v, &e));
    }
    for (unsigned k = 0; k < 1001; k++)
        add(w.activities, &(struct told){k % 24, "ann", NULL, "203.0.113.1"}, 100 + k);
    add(w.activities, &(struct told){INT64_C(24) * 365 * 150, "bo", NULL, "203.0.113.2"}, 99);
    assert_true(activities_end(w.activities, &e));
    clue_add(w.incidents, &clue, &record);
    assert_true(doors_new(&w.incidents->doors, w.activities, &e));
    assert_true(incident_join(w.incidents, &e) && incident_trees(w.incidents, &e) &&
                incident_tell(w.incidents, 0, &n, &e));
    assert_true(str_eq(n.state, S("ongoing")));
    for (size_t i = 0; i < n.link_count; i++)
        refused |= str_eq(n.links[i].what, S("is refused as")) && n.links[i].events == 1;
    assert_true(refused && n.link_count == 2);
    world_free(&w);
}

/* A correlation is about what it is grouped by, and is made of all its events: refused is only what nothing came of. */
static void correlations(void **state) {
    static const struct {
        const char *name;
        enum act_outcome outcomes[3];
        struct finding_group groups[2];
        size_t group_count;
        double weight; /* of rule-high */
        const char *account, *address;
    } made[] = {
        {"guessed at last",
         {OUTCOME_FAILURE, OUTCOME_FAILURE, OUTCOME_SUCCESS},
         {{STR("UserId"), STR("jo")}, {STR("ClientIP"), STR("198.18.1.1")}},
         2,
         1.0,
         "jo",
         "198.18.1.1"},
        {"guessed in vain",
         {OUTCOME_FAILURE, OUTCOME_FAILURE, OUTCOME_FAILURE},
         {{STR("UserId"), STR("jo")}, {STR("ClientIP"), STR("198.18.1.1")}},
         2,
         0.1,
         "jo",
         "198.18.1.1"},
        {"by the address alone",
         {OUTCOME_SUCCESS, OUTCOME_SUCCESS, OUTCOME_SUCCESS},
         {{STR("ClientIP"), STR("198.18.1.1")}},
         1,
         1.0,
         NULL,
         "198.18.1.1"},
        {"by nothing known: as its first event is",
         {OUTCOME_SUCCESS},
         {{STR("Subject"), STR("x")}},
         1,
         1.0,
         "jo",
         "198.18.1.1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        const struct sigma_rule rule = {
            .type = SIGMA_CORRELATION, .title = S("Made"), .id = S("1"), .level = LEVEL_HIGH};
        struct finding_event events[3];
        struct world w;
        struct err e;

        world_new(&w);
        for (size_t k = 0; k < COUNT(events); k++) {
            struct activity_event v = {.when = START + (int64_t)k * SECOND,
                                       .last = START + (int64_t)k * SECOND,
                                       .record = k + 1,
                                       .offset = 100 * (k + 1),
                                       .count = 1,
                                       .act = ACT_SIGN_IN,
                                       .outcome = made[i].outcomes[k],
                                       .evidence_path = S("logs/audit"),
                                       .evidence_sha256 = "ab"};

            for (size_t t = 0; t < ACT_TEXTS; t++)
                v.text[t] = S("");
            v.text[ACT_ACCOUNT] = S("jo");
            v.text[ACT_ADDRESS] = S("198.18.1.1");
            assert_true(activities_add(w.activities, &v, &e));
            events[k] = (struct finding_event){.rule = &rule,
                                               .when = v.when,
                                               .evidence_path = v.evidence_path,
                                               .evidence_sha256 = v.evidence_sha256,
                                               .record = v.record,
                                               .offset = v.offset};
        }
        const struct finding f = {.number = 1,
                                  .rule = &rule,
                                  .when = START + 2 * SECOND,
                                  .kind = S(""),
                                  .host = S(""),
                                  .account = S(""),
                                  .client_address = S(""),
                                  .evidence_path = S("logs/audit"),
                                  .evidence_sha256 = "ab",
                                  .record = 1,
                                  .offset = 100,
                                  .groups = made[i].groups,
                                  .group_count = made[i].group_count,
                                  .first = START,
                                  .last = START + 2 * SECOND,
                                  .count = 3,
                                  .events = events,
                                  .event_count = 3};

        assert_true(incidents_finding(w.incidents, &f, &e));
        assert_true(activities_end(w.activities, &e) && incident_clues(w.incidents, &e));
        if (w.incidents->node_count != 1)
            fail_msg("%s: %zu clues", made[i].name, w.incidents->node_count);
        const struct node *const n = &w.incidents->nodes[0];
        double const high = incidents_term(w.incidents, "rule-high");
        uint32_t account = 0, address = 0;

        for (size_t k = 0; k < n->part_count; k++) {
            account = n->parts[k].type == PART_ACCOUNT ? n->parts[k].code : account;
            address = n->parts[k].type == PART_ADDRESS && n->parts[k].own ? n->parts[k].code : address;
        }
        if (n->event_count != 3)
            fail_msg("%s: %zu events", made[i].name, n->event_count);
        if (n->clue.weight < high * made[i].weight - 1e-9 || n->clue.weight > high * made[i].weight + 1e-9)
            fail_msg("%s: weighs %f", made[i].name, n->clue.weight);
        if (!str_eq(activities_text(w.activities, account), str_of(made[i].account ? made[i].account : "")) ||
            !str_eq(activities_text(w.activities, address), str_of(made[i].address)))
            fail_msg("%s: of another account or address", made[i].name);
        world_free(&w);
    }
}

/* ---- words ---- */

static void words(void **state) {
    static const struct {
        enum act act;
        const char *account, *target, *object, *detail, *host, *address;
        enum act_outcome outcome;
        const char *words;
    } made[] = {
        {ACT_SIGN_IN, "jo", "", "", "", "", "198.18.1.1", OUTCOME_SUCCESS, "signs in as jo from 198.18.1.1"},
        {ACT_SIGN_IN, "jo", "", "", "", "", "", OUTCOME_FAILURE, "is refused: signs in as jo"},
        {ACT_SIGN_OUT, "jo", "", "vpn", "", "gw", "", OUTCOME_SUCCESS, "signs out of vpn on gw as jo"},
        {ACT_PROCESS, "jo", "", "whoami /all", "cmd.exe", "mx01", "", OUTCOME_SUCCESS,
         "starts whoami /all on mx01 as jo"},
        {ACT_PASSWORD, "al", "jo", "", "", "dc", "", OUTCOME_SUCCESS, "sets the password of jo on dc as al"},
        {ACT_PASSWORD, "al", "jo", "", "", "", "", OUTCOME_FAILURE, "is refused: sets the password of jo as al"},
        {ACT_ACCOUNT_NEW, "al", "jo", "", "", "", "", OUTCOME_SUCCESS, "makes the account jo as al"},
        {ACT_SESSIONS_END, "al", "jo", "", "", "", "", OUTCOME_SUCCESS, "ends all sessions of jo as al"},
        {ACT_SESSIONS_END, "jo", "", "", "", "", "", OUTCOME_SUCCESS, "ends all sessions of jo as jo"},
        {ACT_ROLE_NEW, "al", "jo", "Admins", "", "", "", OUTCOME_SUCCESS, "gives the role Admins to jo as al"},
        {ACT_ROLE_END, "al", "jo", "Admins", "", "", "", OUTCOME_SUCCESS, "takes the role Admins from jo as al"},
        {ACT_DELEGATE_NEW, "al", "jo@x", "FullAccess", "bo@x", "", "", OUTCOME_SUCCESS,
         "gives rights over jo@x (FullAccess) to bo@x as al"},
        {ACT_DELEGATE_END, "al", "jo@x", "", "bo@x", "", "", OUTCOME_SUCCESS, "takes rights over jo@x from bo@x as al"},
        {ACT_FORWARD_NEW, "jo", "jo", "", "x@y", "", "", OUTCOME_SUCCESS, "forwards all mail of jo to x@y as jo"},
        {ACT_RULE_NEW, "jo", "jo", ".", "x@y", "", "", OUTCOME_SUCCESS, "makes the inbox rule . as jo (x@y)"},
        {ACT_RULE_NEW, "al", "jo", ".", "", "", "", OUTCOME_SUCCESS, "makes the inbox rule . of jo as al"},
        {ACT_SERVICE_NEW, "", "LocalSystem", "svc", "c:/a.exe", "h", "", OUTCOME_SUCCESS,
         "makes the service svc as LocalSystem on h (c:/a.exe)"},
        {ACT_FACTOR_NEW, "jo", "jo", "phone", "", "", "", OUTCOME_SUCCESS, "adds a second factor to jo (phone) as jo"},
        {ACT_KEY_NEW, "al", "app", "", "", "", "", OUTCOME_SUCCESS, "adds a key to app as al"},
        {ACT_KEY_NEW, "al", "id", "app", "", "", "", OUTCOME_SUCCESS, "adds a key to app of id as al"},
        {ACT_FILE_READ, "jo", "jo", "a.txt", "", "h", "", OUTCOME_SUCCESS, "reads the file a.txt on h as jo"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        struct activity_event v = {.when = START,
                                   .last = START,
                                   .count = 1,
                                   .act = made[i].act,
                                   .outcome = made[i].outcome,
                                   .evidence_path = S("a"),
                                   .evidence_sha256 = "ab"};
        struct buf told = {0};
        struct world w;
        struct err e;

        world_new(&w);
        for (size_t t = 0; t < ACT_TEXTS; t++)
            v.text[t] = S("");
        v.text[ACT_ACCOUNT] = str_of(made[i].account);
        v.text[ACT_TARGET] = str_of(made[i].target);
        v.text[ACT_OBJECT] = str_of(made[i].object);
        v.text[ACT_DETAIL] = str_of(made[i].detail);
        v.text[ACT_HOST] = str_of(made[i].host);
        v.text[ACT_ADDRESS] = str_of(made[i].address);
        assert_true(activities_add(w.activities, &v, &e) && activities_end(w.activities, &e));
        incident_words(w.activities, activities_at(w.activities, 0), &told);
        if (!str_eq(buf_str(&told), str_of(made[i].words)))
            fail_msg("%s: %.*s", made[i].words, STR_ARG(buf_str(&told)));
        buf_free(&told);
        world_free(&w);
    }
}

/* ---- what exports of call records reach ---- */

struct exported_case {
    const char *name;
    struct {
        int64_t hour;
        const char *what;
        enum act_outcome outcome;
    } exports[4];        /* until one that exports nothing */
    const char *reached; /* "calls NAME events items; person NUMBER items;" in order */
};

/* Calls of 41 and 42, two a day each in January (from START), one a day of 43 in February. */
static void calls_add(struct activities *a) {
    for (unsigned day = 0; day < 59; day++)
        for (unsigned n = 0; n < (day < 31 ? 4 : 1); n++) {
            struct activity_event v = {.when = START + (int64_t)day * DAY + n * HOUR,
                                       .last = START + (int64_t)day * DAY + n * HOUR,
                                       .record = day * 4 + n + 1,
                                       .count = 1,
                                       .act = ACT_CALL,
                                       .evidence_path = S("calls"),
                                       .evidence_sha256 = "cd"};
            struct err e;

            for (size_t t = 0; t < ACT_TEXTS; t++)
                v.text[t] = S("");
            v.text[ACT_ACCOUNT] = day >= 31 ? S("43") : n % 2 ? S("42") : S("41");
            v.text[ACT_OBJECT] = S("51");
            assert_true(activities_add(a, &v, &e));
        }
}

static void call_records(void **state) {
    static const struct exported_case made[] = {
        {"one month",
         {{24 * 40, "CDR records of 2021-01", OUTCOME_SUCCESS}},
         "calls CDR records of 2021-01 1 124; person 41 62; person 42 62;"},
        {"one month twice: no call is two",
         {{24 * 40, "CDR records of 2021-01", OUTCOME_SUCCESS}, {24 * 41, "CDR records of 2021-01", OUTCOME_SUCCESS}},
         "calls CDR records of 2021-01 2 124; person 41 62; person 42 62;"},
        {"two months, and all until then",
         {{24 * 60, "CDR records of 2021-01", OUTCOME_SUCCESS},
          {24 * 60, "CDR records of 2021-02", OUTCOME_SUCCESS},
          {24 * 70, "all CDR records", OUTCOME_SUCCESS}},
         "calls all CDR records 1 152; calls CDR records of 2021-01 1 124; calls CDR records of 2021-02 1 28; person "
         "41 62; "
         "person 42 62; person 43 28;"},
        {"a month of which there are none",
         {{24 * 70, "CDR records of 2020-05", OUTCOME_SUCCESS}},
         "calls CDR records of 2020-05 1 0;"},
        {"refused", {{24 * 40, "CDR records of 2021-01", OUTCOME_FAILURE}}, ""},
        {"a mailbox is no call record", {{24 * 40, "jo@chamber.example", OUTCOME_SUCCESS}}, ""},
        {"nor is a directory", {{24 * 40, "%{19195a5b-6da0-11d0-afd3-00c04fd930c9}", OUTCOME_SUCCESS}}, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        struct incident n = {0};
        struct buf told = {0};
        uint32_t events[4];
        size_t count = 0;
        struct world w;
        struct err e;

        world_new(&w);
        calls_add(w.activities);
        for (size_t k = 0; k < 4 && made[i].exports[k].what; k++) {
            struct activity_event v = {.when = START + made[i].exports[k].hour * HOUR,
                                       .last = START + made[i].exports[k].hour * HOUR,
                                       .record = 1000 + k,
                                       .count = 1,
                                       .act = ACT_EXPORT,
                                       .outcome = made[i].exports[k].outcome,
                                       .evidence_path = S("logs/audit"),
                                       .evidence_sha256 = "ab"};

            for (size_t t = 0; t < ACT_TEXTS; t++)
                v.text[t] = S("");
            v.text[ACT_OBJECT] = str_of(made[i].exports[k].what);
            assert_true(activities_add(w.activities, &v, &e));
            count++;
        }
        assert_true(activities_end(w.activities, &e));
        for (size_t k = 0; k < count; k++)
            events[k] = index_of(w.activities, 1000 + k);
        assert_true(incident_reach(w.incidents, &n, events, count, &e));
        for (size_t k = 0; k < n.reach_count; k++) {
            const struct reach *const r = &n.reaches[k];

            buf_format(&told, "%s%.*s %.*s", told.len ? " " : "", STR_ARG(reach_type_name(r->type)), STR_ARG(r->name));
            if (r->type == REACH_CALLS)
                buf_format(&told, " %lu", (unsigned long)r->events);
            buf_format(&told, " %lu;", (unsigned long)r->items);
            assert_true(r->type != REACH_PERSON || r->events == r->items);
        }
        if (!str_eq(buf_str(&told), str_of(made[i].reached)))
            fail_msg("%s: %.*s", made[i].name, STR_ARG(buf_str(&told)));
        buf_free(&told);
        world_free(&w);
    }
}

/* ---- more than there is room for ---- */

struct seen {
    uint64_t incidents, events, findings, clues;
};

static bool on_incident(void *ctx, const struct incident *n, const struct clue *clues, size_t clue_count,
                        struct err *e) {
    struct seen *const seen = ctx;

    (void)e;
    assert_int_equal(n->number, ++seen->incidents);
    seen->events += n->event_count;
    for (size_t i = 0; i < n->clue_count; i++) {
        assert_true(n->clues[i] < clue_count);
        seen->clues++;
        seen->findings += clues[n->clues[i]].count;
    }
    for (size_t i = 1; i < n->event_count; i++)
        assert_true(n->events[i - 1].when <= n->events[i].when);
    return true;
}

/* Findings of two critical rules in turn, of ever other accounts, `each` of them from one address. */
static void findings_add(struct world *w, unsigned count, unsigned each, unsigned accounts) {
    static const struct sigma_rule rules[] = {
        {.type = SIGMA_DETECTION, .title = STR("Made"), .id = STR("1"), .level = LEVEL_CRITICAL},
        {.type = SIGMA_DETECTION, .title = STR("Made as well"), .id = STR("2"), .level = LEVEL_CRITICAL}};

    for (unsigned i = 0; i < count; i++) {
        char account[32], address[32];
        struct err e;

        snprintf(account, sizeof account, "a%u@chamber.example", i % accounts);
        snprintf(address, sizeof address, "198.%u.%u.1", 18 + i / each / 256, i / each % 256);
        const struct finding f = {.number = i + 1,
                                  .rule = &rules[i % 2],
                                  .when = START + i * SECOND,
                                  .kind = S("made/kind"),
                                  .host = S(""),
                                  .account = str_of(account),
                                  .client_address = str_of(address),
                                  .evidence_path = S("logs/audit"),
                                  .evidence_sha256 = "ab",
                                  .record = i + 1,
                                  .offset = i};

        assert_true(incidents_finding(w->incidents, &f, &e));
    }
}

/* Whoever makes more than there is room for makes the hunt no failure: what is left out is counted. */
static void too_many(void **state) {
    static const struct {
        const char *name;
        size_t memory_max;
        unsigned count, each, accounts, incidents;
        bool lost;
    } made[] = {
        {"few", (size_t)1 << 26, 20, 2, 20, 10, false},
        {"rules that are true everywhere are none", (size_t)1 << 28, 20000, 8, 20000, 0, false},
        {"no room for all findings", (size_t)1 << 22, 40000, 8, 40000, 0, true},
        {"one incident", (size_t)1 << 26, 20000, 20000, 2, 1, false},
        {"one incident of more acts than are told", (size_t)1 << 24, 20000, 20000, 2, 1, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        struct seen seen = {0};
        struct incident_visitor const visitor = {.incident = on_incident, .ctx = &seen};
        struct world w;
        struct err e = {0};

        world_of(&w, made[i].memory_max);
        findings_add(&w, made[i].count, made[i].each, made[i].accounts);
        if (!incidents_end(w.incidents, &visitor, &e))
            fail_msg("%s: %s", made[i].name, e.text);
        uint64_t const lost = incidents_lost(w.incidents);

        if ((lost > 0) != made[i].lost || seen.incidents != made[i].incidents)
            fail_msg("%s: %lu incidents, %lu lost", made[i].name, (unsigned long)seen.incidents, (unsigned long)lost);
        /* Nothing is left out that is not counted, and nothing is counted that is told. */
        if ((made[i].incidents == 1 && seen.events + lost != made[i].count) ||
            w.incidents->found_count + lost < made[i].count)
            fail_msg("%s: %lu acts told, %lu lost", made[i].name, (unsigned long)seen.events, (unsigned long)lost);
        world_free(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(which_are_one),    cmocka_unit_test(what_is_told),
                                       cmocka_unit_test(correlations),     cmocka_unit_test(too_many),
                                       cmocka_unit_test(call_records),     cmocka_unit_test(words),
                                       cmocka_unit_test(ends_and_refusals)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
