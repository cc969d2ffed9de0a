/* export_text: findings as lines, and acts of incidents: for Timesketch and for spreadsheets. Whole or under pseudonyms a line a finding or act; counts
 * alone a line a day and rule, or a rule, or a technique of an incident. */
#include "codec/json_tree.h"
#include "report/export_own.h"
#include "report/finding_text.h"

#define DAY_NS ((int64_t)86400 * 1000000000)

struct lines {
    const struct export_wish *x;
    struct file_out *to;
    struct buf b;
    json_t *things; /* counts alone */
};

static bool line_end(struct lines *l, const char *end, struct err *e) {
    buf_add(&l->b, str_of(end));
    if (l->b.failed)
        return export_no_memory(e);
    file_out_add(l->to, buf_str(&l->b));
    l->b.len = 0;
    return true;
}

/* ---- timeline ---- */

static void tlp_member(struct lines *l) {
    buf_add(&l->b, S(",\"tlp\":"));
    buf_json(&l->b, tlp_name(l->x->tlp));
}

static bool timeline_finding(void *ctx, const struct export_finding *f, struct err *e) {
    struct lines *const l = ctx;
    bool const many = json_object_get(f->tree, "events") != NULL;
    int64_t const when = instant_parse(json_text_at(f->tree, "time"));
    struct buf message = {0};
    char *text;

    if (when == INSTANT_NONE)
        return true;
    export_sentence(&message, f);
    timesketch_head(&l->b, buf_str(&message), when, many ? "Correlation became true" : "Event logged");
    l->b.failed |= message.failed;
    buf_free(&message);
    tlp_member(l);
    if (!(text = json_dumps(f->tree, JSON_COMPACT | JSON_REAL_PRECISION(3))))
        return export_no_memory(e);
    buf_byte(&l->b, ',');
    buf_add(&l->b, str_from(str_of(text), 1));
    free(text);
    return line_end(l, "\n", e);
}

/* Of one indicator findings may have several levels. */
static void level_add(struct buf *key, const struct export_finding *f) {
    buf_byte(key, '\n');
    buf_add(key, json_text_at(f->tree, "level"));
}

/* The key of a day begins with it, so that lines can be put into order. */
static bool timeline_count(void *ctx, const struct export_finding *f, struct err *e) {
    struct lines *const l = ctx;
    struct buf key = {0}, title = {0};
    int64_t const when = instant_parse(json_text_at(f->tree, "time"));
    int64_t const day = when / DAY_NS - (when % DAY_NS < 0);

    if (when == INSTANT_NONE)
        return true;
    buf_format(&key, "%010ld\n", (long)(day + 1000000));
    (void)export_thing(f->tree, &key, &title);
    level_add(&key, f);
    bool const ok = !key.failed && !title.failed &&
                    export_count(l->things, buf_str(&key),
                                 json_pack("{s:s%, s:s%, s:I}", "title", buf_str(&title).ptr, title.len, "level",
                                           json_text_at(f->tree, "level").ptr, json_text_at(f->tree, "level").len,
                                           "day", (json_int_t)(day * DAY_NS)),
                                 f);

    buf_free(&key);
    buf_free(&title);
    return ok || export_no_memory(e);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each thing in the order of their keys. */
static bool things_in_order(struct lines *l, bool (*each)(struct lines *l, const json_t *thing, struct err *e),
                            struct err *e) {
    size_t const count = json_object_size(l->things);
    const char **const keys = malloc((count + 1) * sizeof *keys);
    const char *key;
    json_t *thing;
    size_t i = 0;
    bool ok = keys || export_no_memory(e);

    if (keys)
        json_object_foreach(l->things, key, thing) keys[i++] = key;
    if (keys)
        qsort(keys, count, sizeof *keys, by_text);
    for (i = 0; ok && i < count; i++)
        ok = each(l, json_object_get(l->things, keys[i]), e);
    free(keys);
    return ok;
}

static unsigned long number_of(const json_t *thing, const char *name) {
    return (unsigned long)json_integer_value(json_object_get(thing, name));
}

static bool timeline_day(struct lines *l, const json_t *thing, struct err *e) {
    struct buf message = {0};

    buf_format(&message, "[%.*s] ", STR_ARG(json_text_at(thing, "level")));
    finding_short(&message, json_text_at(thing, "title"));
    buf_format(&message, ": %lu on this day", number_of(thing, "findings"));
    timesketch_head(&l->b, buf_str(&message), export_time(thing, "day"), "Day of the findings");
    l->b.failed |= message.failed;
    buf_free(&message);
    tlp_member(l);
    buf_add(&l->b, S(",\"title\":"));
    buf_json(&l->b, json_text_at(thing, "title"));
    buf_add(&l->b, S(",\"level\":"));
    buf_json(&l->b, json_text_at(thing, "level"));
    buf_format(&l->b, ",\"findings\":%lu}", number_of(thing, "findings"));
    return line_end(l, "\n", e);
}

static bool timeline_act(void *ctx, const struct export_incident *i, const struct incident_act *of,
                         const struct incident_event *v, struct err *e) {
    struct lines *const l = ctx;

    (void)i;
    return !incident_timesketch(&l->b, of, v) || line_end(l, "\n", e);
}

/* Counts alone: from its first act on. */
static bool timeline_incident(void *ctx, const struct export_incident *i, struct err *e) {
    struct lines *const l = ctx;
    struct buf message = {0};
    char text[INSTANT_TEXT];

    if (i->first == INSTANT_NONE)
        return true;
    buf_format(&message, "[%.*s] Incident %u: ", STR_ARG(sigma_level_name(i->of.level)), i->of.incident);
    finding_short(&message, i->of.title);
    buf_format(&message, ": %lu act%s", (unsigned long)i->acts, i->acts == 1 ? "" : "s");
    timesketch_head(&l->b, buf_str(&message), i->first, "First act of an incident");
    l->b.failed |= message.failed;
    buf_free(&message);
    tlp_member(l);
    buf_format(&l->b, ",\"incident\":%u,\"incident_title\":", i->of.incident);
    buf_json(&l->b, i->of.title);
    buf_add(&l->b, S(",\"level\":"));
    buf_json(&l->b, sigma_level_name(i->of.level));
    buf_format(&l->b, ",\"last\":\"%.*s\",\"acts\":%lu,\"count\":%lu}", STR_ARG(instant_format(i->last, text)),
               (unsigned long)i->acts, (unsigned long)i->events);
    return line_end(l, "\n", e);
}

bool export_timeline(const struct export_wish *x, struct file_out *to, struct export_counts *n, struct err *e) {
    struct lines l = {.x = x, .to = to, .things = json_object()};
    bool const counts = x->redact == REDACT_COUNTS;
    struct export_incident_visitor const visitor = {
        .incident = counts ? timeline_incident : NULL, .act = counts ? NULL : timeline_act, .ctx = &l};
    struct export_clues *clues = NULL;
    bool const ok = (l.things || export_no_memory(e)) && export_clues_open(x, &clues, e) &&
                    export_findings(x, clues, counts ? timeline_count : timeline_finding, NULL, &l, n, e) &&
                    (!counts || things_in_order(&l, timeline_day, e)) && export_incidents(x, clues, &visitor, n, e);

    json_decref(l.things);
    export_clues_free(clues);
    buf_free(&l.b);
    return ok;
}

/* ---- CSV ---- */

static void cell(struct lines *l, str s) {
    buf_byte(&l->b, ',');
    finding_csv_cell(&l->b, s);
}

static void cell_number(struct lines *l, uint64_t n) {
    buf_format(&l->b, ",%lu", (unsigned long)n);
}

static void pairs(struct buf *b, const json_t *fields) {
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)fields, name, value) {
        size_t const count = json_is_array(value) ? json_array_size(value) : 1;

        for (size_t i = 0; i < count; i++) {
            if (b->len)
                buf_add(b, S("; "));
            buf_add(b, str_of(name));
            buf_byte(b, '=');
            buf_add(b, json_text(json_is_array(value) ? json_array_get(value, i) : value));
        }
    }
}

static void client_about(struct buf *b, const json_t *client) {
    static const char *const names[] = {"range", "provider", "country", "network"};

    for (size_t i = 0; i < COUNT(names); i++)
        if (json_text_at(client, names[i]).len) {
            if (b->len)
                buf_add(b, S(", "));
            buf_add(b, json_text_at(client, names[i]));
        }
}

/* The columns of the case's own findings.csv, and the marking. */
static bool csv_finding(void *ctx, const struct export_finding *f, struct err *e) {
    static const char *const first[] = {"time", "level", "rule_title", "rule_id", "kind", "host", "account"};
    struct lines *const l = ctx;
    const json_t *const client = json_object_get(f->tree, "client");
    bool const many = json_object_get(f->tree, "events") != NULL;
    struct buf matched = {0}, about = {0};
    char text[INSTANT_TEXT];

    if (f->yara) /* as in findings.csv: what a file is, is no event */
        return true;
    buf_format(&l->b, "%lu", (unsigned long)f->number);
    for (size_t i = 0; i < COUNT(first); i++)
        cell(l, json_text_at(f->tree, first[i]));
    pairs(&matched, json_object_get(f->tree, "matched"));
    pairs(&matched, json_object_get(f->tree, "group"));
    client_about(&about, client);
    cell(l, buf_str(&matched));
    cell_number(l, f->events);
    cell(l, instant_format(f->first, text));
    cell(l, instant_format(f->last, text));
    cell(l, json_text_at(f->tree, "evidence_path"));
    cell(l, json_text_at(f->tree, "evidence_sha256"));
    cell_number(l, (uint64_t)json_integer_value(json_object_get(f->tree, "record")));
    cell_number(l, (uint64_t)json_integer_value(json_object_get(f->tree, "offset")));
    cell(l, S("no"));
    cell(l, many ? S("") : json_text_at(f->tree, "time_zone"));
    cell(l, json_text_at(f->tree, "time_text"));
    cell(l, json_text_at(client, "address"));
    cell(l, buf_str(&about));
    cell(l, tlp_name(l->x->tlp));
    l->b.failed |= matched.failed || about.failed;
    buf_free(&matched);
    buf_free(&about);
    return line_end(l, "\r\n", e);
}

static bool csv_count(void *ctx, const struct export_finding *f, struct err *e) {
    static const char *const sorts[] = {
        [EXPORT_RULE] = "rule", [EXPORT_INDICATOR] = "indicator", [EXPORT_YARA] = "yara"};
    struct lines *const l = ctx;
    struct buf key = {0}, title = {0};
    enum export_sort const sort = export_thing(f->tree, &key, &title);

    level_add(&key, f);
    bool const ok = !key.failed && !title.failed &&
                    export_count(l->things, buf_str(&key),
                                 json_pack("{s:s, s:s%, s:s%, s:s%}", "what", sorts[sort], "id",
                                           sort == EXPORT_RULE ? json_text_at(f->tree, "rule_id").ptr : "",
                                           sort == EXPORT_RULE ? json_text_at(f->tree, "rule_id").len : (size_t)0,
                                           "title", buf_str(&title).ptr, title.len, "level",
                                           json_text_at(f->tree, "level").ptr, json_text_at(f->tree, "level").len),
                                 f);

    buf_free(&key);
    buf_free(&title);
    return ok || export_no_memory(e);
}

static bool csv_thing(struct lines *l, const json_t *thing, struct err *e) {
    char text[INSTANT_TEXT];

    finding_csv_cell(&l->b, json_text_at(thing, "what"));
    cell(l, json_text_at(thing, "id"));
    cell(l, json_text_at(thing, "title"));
    cell(l, json_text_at(thing, "level"));
    cell_number(l, number_of(thing, "findings"));
    cell_number(l, number_of(thing, "events"));
    cell(l, instant_format(export_time(thing, "first"), text));
    cell(l, instant_format(export_time(thing, "last"), text));
    cell_number(l, number_of(thing, "untimed"));
    cell(l, tlp_name(l->x->tlp));
    return line_end(l, "\r\n", e);
}

bool export_csv(const struct export_wish *x, struct file_out *to, struct export_counts *n, struct err *e) {
    struct lines l = {.x = x, .to = to, .things = json_object()};
    bool const counts = x->redact == REDACT_COUNTS;
    bool ok = l.things || export_no_memory(e);

    if (counts)
        buf_add(&l.b, S("what,id,title,level,findings,events,first,last,without_time"));
    else
        finding_csv_head(&l.b);
    buf_add(&l.b, S(",tlp"));
    ok = ok && line_end(&l, "\r\n", e) && export_findings(x, NULL, counts ? csv_count : csv_finding, NULL, &l, n, e) &&
         (!counts || things_in_order(&l, csv_thing, e));
    json_decref(l.things);
    buf_free(&l.b);
    return ok;
}

/* ---- incidents as a table ---- */

/* A row an incident, what it has, and what it did; cells that a row has not are empty. */
struct row {
    uint32_t incident;
    uint64_t position; /* 0: none */
    const char *what;
    str kind, text, state;
    int64_t time, last, closed;
    str tactic, technique, account, target, host, address, program, session, object, detail, clue;
    uint64_t events, items, amount;
    struct proof at;
};
static const struct row no_row = {.kind = STR(""),
                                  .text = STR(""),
                                  .state = STR(""),
                                  .time = INSTANT_NONE,
                                  .last = INSTANT_NONE,
                                  .closed = INSTANT_NONE,
                                  .tactic = STR(""),
                                  .technique = STR(""),
                                  .account = STR(""),
                                  .target = STR(""),
                                  .host = STR(""),
                                  .address = STR(""),
                                  .program = STR(""),
                                  .session = STR(""),
                                  .object = STR(""),
                                  .detail = STR(""),
                                  .clue = STR(""),
                                  .at = {STR(""), "", 0, 0}};

static void cell_some(struct lines *l, uint64_t n) {
    if (n)
        cell_number(l, n);
    else
        buf_byte(&l->b, ',');
}

static bool row_end(struct lines *l, const struct row *r, struct err *e) {
    str const texts[] = {r->tactic,  r->technique, r->account, r->target, r->host, r->address,
                         r->program, r->session,   r->object,  r->detail, r->clue};
    int64_t const times[] = {r->time, r->last, r->closed};
    uint64_t const numbers[] = {r->events, r->items, r->amount};
    char text[INSTANT_TEXT];

    buf_format(&l->b, "%u,%s", r->incident, r->what);
    cell_some(l, r->position);
    cell(l, r->kind);
    cell(l, r->text);
    cell(l, r->state);
    for (size_t i = 0; i < COUNT(times); i++)
        cell(l, instant_format(times[i], text));
    for (size_t i = 0; i < COUNT(texts); i++)
        cell(l, texts[i]);
    for (size_t i = 0; i < COUNT(numbers); i++)
        cell_some(l, numbers[i]);
    cell(l, r->at.evidence_path);
    cell(l, str_of(r->at.evidence_sha256));
    if (r->at.evidence_path.len) {
        cell_number(l, r->at.record);
        cell_number(l, r->at.offset);
    } else {
        buf_add(&l->b, S(",,"));
    }
    cell(l, tlp_name(l->x->tlp));
    return line_end(l, "\r\n", e);
}

static struct row row_of(const struct export_incident *i, const char *what) {
    struct row r = no_row;

    r.incident = i->of.incident;
    r.what = what;
    return r;
}

static bool incident_row(struct lines *l, const struct export_incident *i, struct err *e) {
    struct row r = row_of(i, "incident");

    r.kind = sigma_level_name(i->of.level);
    r.text = i->of.title;
    r.state = i->state;
    r.time = i->first;
    r.last = i->last;
    r.detail = i->began;
    r.events = i->events;
    r.items = i->acts;
    return row_end(l, &r, e);
}

static bool technique_rows(struct lines *l, const struct export_incident *i, struct err *e) {
    for (size_t k = 0; k < i->technique_count; k++) {
        const struct export_technique *const v = &i->techniques[k];
        struct row r = row_of(i, "technique");

        r.tactic = v->tactic;
        r.technique = v->technique;
        r.time = v->first;
        r.last = v->last;
        r.events = v->events;
        r.items = v->acts;
        if (!row_end(l, &r, e))
            return false;
    }
    return true;
}

static bool reach_rows(struct lines *l, const struct export_incident *i, bool counts, struct err *e) {
    uint64_t number[REACH_TYPES] = {0};

    for (size_t k = 0; k < i->reach_count; k++) {
        const struct reach *const v = &i->reaches[k];
        struct row r = row_of(i, "reach");

        number[v->type]++;
        r.position = k + 1;
        r.kind = reach_type_name(v->type);
        r.object = v->name;
        r.detail = v->detail;
        r.time = v->first;
        r.last = v->last;
        r.events = v->events;
        r.items = v->items;
        r.amount = v->amount;
        r.at = v->proof;
        if (!counts && !row_end(l, &r, e))
            return false;
    }
    for (unsigned t = 0; counts && t < REACH_TYPES; t++) {
        struct row r = row_of(i, "reach");

        r.kind = reach_type_name((enum reach_type)t);
        r.items = number[t];
        if (number[t] && !row_end(l, &r, e))
            return false;
    }
    return true;
}

static bool door_rows(struct lines *l, const struct export_incident *i, bool counts, struct err *e) {
    uint64_t number[DOOR_KINDS][DOOR_CANNOT_TELL + 1] = {{0}};

    for (size_t k = 0; k < i->door_count; k++) {
        const struct door *const v = &i->doors[k];
        const struct door_place *const at = v->opened_at.evidence_path.len ? &v->opened_at : &v->used_at;
        struct row r = row_of(i, "door");

        number[v->kind][v->state]++;
        r.position = k + 1;
        r.kind = door_kind_name(v->kind);
        r.text = v->identity;
        r.state = door_state_name(v->state);
        r.time = v->opened;
        r.last = v->last_used;
        r.closed = v->closed;
        r.account = v->account;
        r.host = v->host;
        r.object = v->object;
        r.detail = v->how;
        r.at = (struct proof){at->evidence_path, at->evidence_sha256, at->record, at->offset};
        if (!counts && !row_end(l, &r, e))
            return false;
    }
    for (unsigned k = 0; counts && k < DOOR_KINDS; k++)
        for (unsigned t = 0; t <= DOOR_CANNOT_TELL; t++) {
            struct row r = row_of(i, "door");

            r.kind = door_kind_name((enum door_kind)k);
            r.state = door_state_name((enum door_state)t);
            r.items = number[k][t];
            if (number[k][t] && !row_end(l, &r, e))
                return false;
        }
    return true;
}

static bool entity_rows(struct lines *l, const struct export_incident *i, struct err *e) {
    for (size_t k = 0; k < i->entity_count; k++) {
        const struct incident_entity *const v = &i->entities[k];
        struct row r = row_of(i, "entity");

        r.position = k + 1;
        r.kind = incident_part_name(v->type);
        r.text = v->role == ENTITY_OWN ? S("own") : S("reached");
        r.state = v->shared ? S("shared") : S("");
        r.object = v->name;
        r.detail = v->note;
        r.time = v->first;
        r.last = v->last;
        r.events = v->events;
        if (!row_end(l, &r, e))
            return false;
    }
    return true;
}

static bool table_incident(void *ctx, const struct export_incident *i, struct err *e) {
    struct lines *const l = ctx;
    bool const counts = l->x->redact == REDACT_COUNTS;

    return incident_row(l, i, e) && technique_rows(l, i, e) && (counts || entity_rows(l, i, e)) &&
           reach_rows(l, i, counts, e) && door_rows(l, i, counts, e);
}

static bool table_act(void *ctx, const struct export_incident *i, const struct incident_act *of,
                      const struct incident_event *v, struct err *e) {
    struct row r = row_of(i, "act");

    r.position = of->position;
    r.kind = act_name(v->act);
    r.text = v->what;
    r.time = v->when;
    r.last = v->last;
    r.tactic = v->tactic;
    r.technique = v->technique;
    r.account = v->account;
    r.target = v->target;
    r.host = v->host;
    r.address = v->address;
    r.program = v->program;
    r.session = v->session;
    r.object = v->object;
    r.detail = v->detail;
    r.clue = of->clue;
    r.events = v->count;
    r.items = v->items;
    r.amount = v->amount;
    r.at = v->proof;
    return row_end(ctx, &r, e);
}

bool export_incidents_csv(const struct export_wish *x, struct file_out *to, struct export_counts *n, struct err *e) {
    struct lines l = {.x = x, .to = to};
    struct export_incident_visitor const visitor = {
        .incident = table_incident, .act = x->redact == REDACT_COUNTS ? NULL : table_act, .ctx = &l};
    struct export_clues *clues = NULL;

    buf_add(&l.b, S("incident,row,number,kind,text,state,time,last,closed,tactic,technique,account,target,host,address,"
                    "program,session,object,detail,clue,events,items,amount,evidence_path,evidence_sha256,record,"
                    "offset,tlp"));
    bool const ok = line_end(&l, "\r\n", e) && export_clues_open(x, &clues, e) &&
                    export_findings(x, clues, NULL, NULL, NULL, n, e) && export_incidents(x, clues, &visitor, n, e);

    export_clues_free(clues);
    buf_free(&l.b);
    return ok;
}
