/* incident_case: behaviours and incidents read out of a case, which a stranger may have written. */
#include "report/incident_case.h"

#include "report/case_own.h"
#include "report/case_row.h"

#define TABLES                                                                                                         \
    " behaviour behaviour_event behaviour_method clue incident incident_clue incident_event incident_entity "          \
    "incident_link "                                                                                                   \
    "incident_reach incident_phase door "
#define TABLE_COUNT 12
#define CLUE_COLUMNS                                                                                                   \
    "c.id, c.title, c.reason, c.tactic, c.technique, c.level, c.weight, c.first, c.last, c.events, c.alike, c.among"
#define PROOF_COLUMNS "evidence_path, evidence_sha256, record, offset"

struct reading {
    const char *path;
    sqlite3 *db;
    struct arena *a;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "the case holds more of one incident than there is memory for");
}

static bool unknown(const struct reading *r, const char *what, struct err *e) {
    return err_set(e, ERR_CORRUPT, 0, "%s: case.db: %s of which nothing is known", r->path, what);
}

static bool reading_open(struct reading *r, const char *path, struct err *e) {
    *r = (struct reading){.path = path};
    return ((r->a = arena_new(INCIDENT_CASE_BYTES_MAX)) || no_memory(e)) &&
           case_db_read(&r->db, path, CASE_VERSION_INCIDENT, "incidents", e) &&
           case_db_tables(r->db, path, TABLES, TABLE_COUNT, "incidents", e);
}

bool incident_case_there(const char *path, bool *there, struct err *e) {
    sqlite3_stmt *s = NULL;
    sqlite3 *db = NULL;
    bool more, ok = case_db_read(&db, path, 0, "", e) &&
                    case_prepare(db, path, "SELECT user_version FROM pragma_user_version", &s, e) &&
                    case_next(db, path, s, &more, e);

    *there = ok && more && case_number(s, 0) >= CASE_VERSION_INCIDENT;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return ok;
}

static void reading_close(struct reading *r) {
    sqlite3_close(r->db);
    arena_free(r->a);
}

/* A text that stays, with a NUL behind it, for those that are asked for as such. */
static bool text(const struct reading *r, sqlite3_stmt *s, int i, str *out, struct err *e) {
    str const view = case_text(s, i);
    char *const copy = arena_bytes(r->a, view.len + 1);

    if (!copy)
        return no_memory(e);
    memcpy(copy, view.ptr, view.len);
    copy[view.len] = '\0';
    *out = (str){copy, view.len};
    return true;
}

static bool place(const struct reading *r, sqlite3_stmt *s, int i, str *path, const char **sha256, uint64_t *record,
                  uint64_t *offset, struct err *e) {
    str hash;

    if (!text(r, s, i, path, e) || !text(r, s, i + 1, &hash, e))
        return false;
    *sha256 = hash.ptr;
    *record = case_number(s, i + 2);
    *offset = case_number(s, i + 3);
    return true;
}

static bool proof(const struct reading *r, sqlite3_stmt *s, int i, struct proof *out, struct err *e) {
    return place(r, s, i, &out->evidence_path, &out->evidence_sha256, &out->record, &out->offset, e);
}

static bool door_place(const struct reading *r, sqlite3_stmt *s, int i, struct door_place *out, struct err *e) {
    return place(r, s, i, &out->evidence_path, &out->evidence_sha256, &out->record, &out->offset, e);
}

static bool level(const struct reading *r, sqlite3_stmt *s, int i, enum sigma_level *out, struct err *e) {
    return sigma_level_parse(case_text(s, i), out) || unknown(r, "a level", e);
}

/* What CLUE_COLUMNS holds. */
static bool clue_of(const struct reading *r, sqlite3_stmt *s, int i, struct clue *out, struct err *e) {
    str *const texts[] = {&out->id, &out->title, &out->reason, &out->tactic, &out->technique};

    for (size_t t = 0; t < COUNT(texts); t++)
        if (!text(r, s, i + (int)t, texts[t], e))
            return false;
    out->weight = sqlite3_column_double(s, i + 6);
    out->first = case_time(s, i + 7);
    out->last = case_time(s, i + 8);
    out->count = case_number(s, i + 9);
    out->like = case_number(s, i + 10);
    out->of = case_number(s, i + 11);
    return level(r, s, i + 5, &out->level, e);
}

/* ---- what an incident has ---- */

/* A list of it: how many rows there are, and what a row is. */
struct list {
    const char *count, *query;
    size_t size;
    bool (*row)(const struct reading *r, sqlite3_stmt *s, void *out, const struct incident *n, struct err *e);
};

static bool clue_row(const struct reading *r, sqlite3_stmt *s, void *out, const struct incident *n, struct err *e) {
    struct clue *const c = out;

    c->type = clue_type_of(case_text(s, 0));
    c->number = case_number(s, 1);
    c->incident = n->number;
    return (c->type < CLUE_TYPES || unknown(r, "a clue", e)) && clue_of(r, s, 2, c, e);
}

static bool entity_row(const struct reading *r, sqlite3_stmt *s, void *out, const struct incident *n, struct err *e) {
    struct incident_entity *const v = out;
    (void)n;

    v->type = incident_part_of(case_text(s, 0));
    v->role = str_eq(case_text(s, 1), S("own")) ? ENTITY_OWN : ENTITY_REACHED;
    v->shared = case_number(s, 4) != 0;
    v->first = case_time(s, 5);
    v->last = case_time(s, 6);
    v->events = case_number(s, 7);
    return (v->type < PART_TYPES || unknown(r, "an entity", e)) && text(r, s, 2, &v->name, e) &&
           text(r, s, 3, &v->note, e);
}

static bool link_row(const struct reading *r, sqlite3_stmt *s, void *out, const struct incident *n, struct err *e) {
    struct incident_link *const v = out;
    uint64_t const from = case_number(s, 0), to = case_number(s, 1);

    if (!from || !to || from > n->entity_count || to > n->entity_count)
        return err_set(e, ERR_CORRUPT, 0, "%s: case.db: a link of an incident leads nowhere", r->path);
    v->from = (uint32_t)from - 1;
    v->to = (uint32_t)to - 1;
    v->events = case_number(s, 3);
    v->first = case_time(s, 4);
    v->last = case_time(s, 5);
    return text(r, s, 2, &v->what, e);
}

static bool reach_row(const struct reading *r, sqlite3_stmt *s, void *out, const struct incident *n, struct err *e) {
    struct reach *const v = out;
    (void)n;

    v->type = reach_type_of(case_text(s, 0));
    v->first = case_time(s, 3);
    v->last = case_time(s, 4);
    v->events = case_number(s, 5);
    v->items = case_number(s, 6);
    v->amount = case_number(s, 7);
    return (v->type < REACH_TYPES || unknown(r, "something reached", e)) && text(r, s, 1, &v->name, e) &&
           text(r, s, 2, &v->detail, e) && proof(r, s, 8, &v->proof, e);
}

static bool phase_row(const struct reading *r, sqlite3_stmt *s, void *out, const struct incident *n, struct err *e) {
    struct phase *const v = out;
    (void)n;

    v->first = case_time(s, 1);
    v->last = case_time(s, 2);
    v->events = case_number(s, 3);
    return text(r, s, 0, &v->tactic, e);
}

static bool door_row(const struct reading *r, sqlite3_stmt *s, void *out, const struct incident *n, struct err *e) {
    struct door *const v = out;
    str const state = case_text(s, 8);
    (void)n;

    v->kind = door_kind_of(case_text(s, 0));
    v->opened = case_time(s, 5);
    v->last_used = case_time(s, 6);
    v->closed = case_time(s, 7);
    v->state = DOOR_CLOSED;
    while (v->state < DOOR_CANNOT_TELL && !str_eq(state, door_state_name(v->state)))
        v->state++;
    if (v->kind == DOOR_KINDS || !str_eq(state, door_state_name(v->state)))
        return unknown(r, "a door", e);
    return text(r, s, 1, &v->identity, e) && text(r, s, 2, &v->account, e) && text(r, s, 3, &v->host, e) &&
           text(r, s, 4, &v->object, e) && text(r, s, 9, &v->how, e) && door_place(r, s, 10, &v->opened_at, e) &&
           door_place(r, s, 14, &v->used_at, e) && door_place(r, s, 18, &v->closed_at, e);
}

enum part { CLUES, ENTITIES, LINKS, REACHES, PHASES, DOORS, PARTS };
static const struct list lists[PARTS] = {
    [CLUES] = {"SELECT count(*) FROM incident_clue i JOIN clue c ON c.number = i.clue WHERE i.incident = ?",
               "SELECT c.type, c.of_number, " CLUE_COLUMNS
               " FROM incident_clue i JOIN clue c ON c.number = i.clue WHERE i.incident = ? ORDER BY i.position",
               sizeof(struct clue), clue_row},
    [ENTITIES] = {"SELECT count(*) FROM incident_entity WHERE incident = ?",
                  "SELECT type, role, name, note, shared, first, last, events FROM incident_entity WHERE incident = ?"
                  " ORDER BY position",
                  sizeof(struct incident_entity), entity_row},
    [LINKS] = {"SELECT count(*) FROM incident_link WHERE incident = ?",
               "SELECT from_entity, to_entity, what, events, first, last FROM incident_link WHERE incident = ?"
               " ORDER BY position",
               sizeof(struct incident_link), link_row},
    [REACHES] = {"SELECT count(*) FROM incident_reach WHERE incident = ?",
                 "SELECT type, name, detail, first, last, events, items, amount, " PROOF_COLUMNS
                 " FROM incident_reach WHERE incident = ? ORDER BY position",
                 sizeof(struct reach), reach_row},
    [PHASES] = {"SELECT count(*) FROM incident_phase WHERE incident = ?",
                "SELECT tactic, first, last, events FROM incident_phase WHERE incident = ? ORDER BY position",
                sizeof(struct phase), phase_row},
    [DOORS] = {"SELECT count(*) FROM door WHERE incident = ?",
               "SELECT kind, identity, account, host, object, opened, last_used, closed, state, how, opened_path,"
               " opened_sha256, opened_record, opened_offset, used_path, used_sha256, used_record, used_offset,"
               " closed_path, closed_sha256, closed_record, closed_offset FROM door WHERE incident = ?"
               " ORDER BY position",
               sizeof(struct door), door_row},
};

struct statements {
    sqlite3_stmt *count[PARTS], *query[PARTS];
};

static bool list_read(const struct reading *r, struct statements *s, enum part p, const struct incident *n, void **out,
                      size_t *count, struct err *e) {
    const struct list *const l = &lists[p];
    uint64_t rows = 0;
    bool more, ok;

    sqlite3_reset(s->count[p]);
    sqlite3_reset(s->query[p]);
    sqlite3_bind_int64(s->count[p], 1, n->number);
    sqlite3_bind_int64(s->query[p], 1, n->number);
    ok = case_next(r->db, r->path, s->count[p], &more, e);
    if (ok && more)
        rows = case_number(s->count[p], 0);
    *count = 0;
    ok = ok && (rows > INCIDENT_CASE_BYTES_MAX || !(*out = arena_zero(r->a, rows, l->size)) ? no_memory(e) : true);
    for (; ok && *count < rows && (ok = case_next(r->db, r->path, s->query[p], &more, e)) && more; ++*count)
        ok = l->row(r, s->query[p], (char *)*out + *count * l->size, n, e);
    return ok;
}

static bool incident_read(struct reading *r, sqlite3_stmt *s, struct statements *parts, struct incident *n,
                          struct clue **clues, struct err *e) {
    uint64_t const number = case_number(s, 0);
    void *list[PARTS] = {NULL};
    size_t count[PARTS] = {0};
    uint32_t *order;

    if (!number || number > UINT32_MAX)
        return unknown(r, "an incident", e);
    *n = (struct incident){.number = (uint32_t)number,
                           .score = sqlite3_column_double(s, 3),
                           .first = case_time(s, 4),
                           .last = case_time(s, 5)};
    if (!text(r, s, 1, &n->title, e) || !level(r, s, 2, &n->level, e) || !text(r, s, 6, &n->state, e) ||
        !text(r, s, 7, &n->began, e) || !proof(r, s, 8, &n->began_at, e))
        return false;
    for (enum part p = 0; p < PARTS; p++) {
        if (!list_read(r, parts, p, n, &list[p], &count[p], e))
            return false;
        if (p == ENTITIES)
            n->entity_count = count[p];
    }
    if (!(order = arena_alloc(r->a, (count[CLUES] + 1) * sizeof *order)))
        return no_memory(e);
    for (size_t i = 0; i < count[CLUES]; i++)
        order[i] = (uint32_t)i;
    *clues = list[CLUES];
    n->clues = order;
    n->clue_count = count[CLUES];
    n->entities = list[ENTITIES];
    n->links = list[LINKS];
    n->link_count = count[LINKS];
    n->reaches = list[REACHES];
    n->reach_count = count[REACHES];
    n->phases = list[PHASES];
    n->phase_count = count[PHASES];
    n->doors = list[DOORS];
    n->door_count = count[DOORS];
    return true;
}

bool incident_case_incidents(const char *path,
                             bool (*each)(void *ctx, const struct incident *incident, const struct clue *clues,
                                          size_t clue_count, struct err *e),
                             void *ctx, struct err *e) {
    struct statements parts = {{NULL}, {NULL}};
    struct incident n = {0};
    struct clue *clues = NULL;
    sqlite3_stmt *s = NULL;
    struct reading r;
    bool more = true,
         ok = reading_open(&r, path, e) && case_prepare(r.db, path,
                                                        "SELECT number, title, level, score, first, last, state, "
                                                        "began, " PROOF_COLUMNS " FROM incident ORDER BY number",
                                                        &s, e);

    for (enum part p = 0; ok && p < PARTS; p++)
        ok = case_prepare(r.db, path, lists[p].count, &parts.count[p], e) &&
             case_prepare(r.db, path, lists[p].query, &parts.query[p], e);
    while (ok && (ok = case_next(r.db, path, s, &more, e)) && more) {
        arena_reset(r.a);
        ok = incident_read(&r, s, &parts, &n, &clues, e) && each(ctx, &n, clues, n.clue_count, e);
    }
    sqlite3_finalize(s);
    for (enum part p = 0; p < PARTS; p++) {
        sqlite3_finalize(parts.count[p]);
        sqlite3_finalize(parts.query[p]);
    }
    reading_close(&r);
    return ok;
}

/* ---- events, behaviours ---- */

static bool event_row(const struct reading *r, sqlite3_stmt *s, struct incident_event *v, struct err *e) {
    str *const texts[] = {&v->tactic,  &v->technique, &v->what,    &v->account, &v->target, &v->host,
                          &v->address, &v->program,   &v->session, &v->object,  &v->detail};
    uint64_t const clue = case_number(s, 17);

    *v = (struct incident_event){.when = case_time(s, 0),
                                 .last = case_time(s, 1),
                                 .act = act_of(case_text(s, 2)),
                                 .count = case_number(s, 14),
                                 .items = case_number(s, 15),
                                 .amount = case_number(s, 16),
                                 .clue = clue && clue <= UINT32_MAX ? (uint32_t)clue - 1 : INCIDENT_CASE_NO_CLUE};
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!text(r, s, 3 + (int)i, texts[i], e))
            return false;
    return proof(r, s, 18, &v->proof, e);
}

static bool incident_is(const struct reading *r, uint32_t incident, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = false, ok = case_prepare(r->db, r->path, "SELECT 1 FROM incident WHERE number = ?", &s, e);

    if (ok) {
        sqlite3_bind_int64(s, 1, incident);
        ok = case_next(r->db, r->path, s, &more, e);
    }
    sqlite3_finalize(s);
    return ok && (more || err_set(e, ERR_USAGE, 0, "%s has no incident %u", r->path, incident));
}

bool incident_case_events(const char *path, uint32_t incident, uint64_t limit,
                          bool (*each)(void *ctx, const struct incident_event *event, struct err *e), void *ctx,
                          struct err *e) {
    static const char query[] =
        "SELECT time, last, act, tactic, technique, what, account, target, host, address, program, session, object,"
        " detail, events, items, amount, (SELECT i.position FROM incident_clue i WHERE i.incident = v.incident AND"
        " i.clue = v.clue), " PROOF_COLUMNS " FROM incident_event v WHERE incident = ? ORDER BY position";
    struct incident_event v;
    sqlite3_stmt *s = NULL;
    struct reading r;
    bool more = true,
         ok = reading_open(&r, path, e) && incident_is(&r, incident, e) && case_prepare(r.db, path, query, &s, e);

    if (ok)
        sqlite3_bind_int64(s, 1, incident);
    for (uint64_t told = 0; ok && (!limit || told < limit) && (ok = case_next(r.db, path, s, &more, e)) && more;
         told++) {
        arena_reset(r.a);
        ok = event_row(&r, s, &v, e) && each(ctx, &v, e);
    }
    sqlite3_finalize(s);
    reading_close(&r);
    return ok;
}

bool incident_case_behaviours(const char *path, bool (*each)(void *ctx, const struct clue *clue, struct err *e),
                              void *ctx, struct err *e) {
    static const char query[] = "SELECT c.number, c.incident, " CLUE_COLUMNS " FROM behaviour c ORDER BY c.number";
    sqlite3_stmt *s = NULL;
    struct reading r;
    bool more = true, ok = reading_open(&r, path, e) && case_prepare(r.db, path, query, &s, e);

    while (ok && (ok = case_next(r.db, path, s, &more, e)) && more) {
        uint64_t const incident = case_number(s, 1);
        struct clue c = {.type = CLUE_BEHAVIOUR, .number = case_number(s, 0)};

        arena_reset(r.a);
        if (incident > UINT32_MAX)
            ok = unknown(&r, "an incident", e);
        c.incident = (uint32_t)incident;
        ok = ok && clue_of(&r, s, 2, &c, e) && each(ctx, &c, e);
    }
    sqlite3_finalize(s);
    reading_close(&r);
    return ok;
}

/* ---- one event ---- */

#define EVENT_PAIRS                                                                                                    \
    "'account', v.account, 'target', v.target, 'host', v.host, 'address', v.address, 'program', v.program, "           \
    "'session', v.session, 'object', v.object, 'detail', v.detail"
#define EVENT_TEXTS                                                                                                    \
    "v.account, v.host, v.target, v.address, v.program, v.session, v.object, v.detail, v.offset, v.record"
#define EVENT_JSON                                                                                                     \
    "'time', v.time, 'last', v.last, 'act', v.act, " EVENT_PAIRS ", 'events', v.events, 'items', v.items, 'amount', "  \
    "v.amount, 'evidence_path', v.evidence_path, 'evidence_sha256', v.evidence_sha256, 'record', v.record, 'offset', " \
    "v.offset"
#define EVENT_FROM                                                                                                     \
    " v LEFT JOIN custody c ON c.path = v.evidence_path AND c.container IS NULL AND c.sha256 = v.evidence_sha256 "     \
    "WHERE "

static bool place_row(const struct reading *r, sqlite3_stmt *s, struct arena *a, struct case_place *out,
                      struct err *e) {
    static const struct {
        int column;
        const char *name;
    } pairs[] = {{9, "target"}, {10, "address"}, {11, "program"}, {12, "session"}, {13, "object"}, {14, "detail"}};
    struct reading const to = {r->path, r->db, a};
    str *const texts[] = {&out->evidence_path, &out->sha256, &out->reader,  &out->rule_title, &out->json,
                          &out->time,          &out->kind,   &out->account, &out->host};

    *out = (struct case_place){.rule_id = STR(""), .level = STR(""), .words = STR("")};
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!text(&to, s, (int)i, texts[i], e))
            return false;
    if (!(out->matches = arena_zero(a, COUNT(pairs), sizeof *out->matches)))
        return no_memory(e);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct case_pair *const pair = &out->matches[out->match_count];

        if (!case_text(s, pairs[i].column).len)
            continue;
        pair->name = str_of(pairs[i].name);
        if (!text(&to, s, pairs[i].column, &pair->value, e))
            return false;
        out->match_count++;
    }
    out->offset = case_number(s, 15);
    out->record = case_number(s, 16);
    out->salvaged = case_number(s, 17) != 0;
    return true;
}

bool incident_case_place(const char *path, enum incident_case_of of, uint64_t number, uint64_t position,
                         struct arena *a, struct case_place *out, struct err *e) {
    static const char *const queries[] = {
        [INCIDENT_CASE_INCIDENT] =
            "SELECT v.evidence_path, v.evidence_sha256, c.reader, v.what, json_object('incident', "
            "v.incident, 'event', v.position, 'what', v.what, 'tactic', v.tactic, 'technique', "
            "v.technique, " EVENT_JSON "), v.time, '', " EVENT_TEXTS ", 0 FROM incident_event" EVENT_FROM
            "v.incident = ? AND v.position = ? LIMIT 1",
        [INCIDENT_CASE_BEHAVIOUR] =
            "SELECT v.evidence_path, v.evidence_sha256, c.reader, v.act, json_object('behaviour', "
            "v.behaviour, 'event', v.position, 'kind', v.kind, 'outcome', v.outcome, " EVENT_JSON
            "), v.time, v.kind, " EVENT_TEXTS ", v.salvaged FROM behaviour_event" EVENT_FROM
            "v.behaviour = ? AND v.position = ? LIMIT 1",
    };
    static const char *const names[] = {"incident", "behaviour"};
    sqlite3_stmt *s = NULL;
    struct reading r;
    bool more = false, ok = reading_open(&r, path, e) && case_prepare(r.db, path, queries[of], &s, e);

    if (ok) {
        sqlite3_bind_int64(s, 1, (sqlite3_int64)number);
        sqlite3_bind_int64(s, 2, (sqlite3_int64)position);
    }
    ok = ok && case_next(r.db, path, s, &more, e) &&
         (more || err_set(e, ERR_USAGE, 0, "%s has no event %lu of %s %lu", path, (unsigned long)position, names[of],
                          (unsigned long)number)) &&
         place_row(&r, s, a, out, e);
    sqlite3_finalize(s);
    reading_close(&r);
    return ok;
}
