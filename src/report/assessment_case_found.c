/* assessment_case_found: what was found in the acts of an incident, as evidence: techniques of acts, clues and rules; software; infrastructure with who says what
 * of it.
 *
 * A finding is the incident's when its record is that of one of its acts. Of indicators the class is the hit's (intel/worth.h); claims that name a group are
 * links, but for those that are revoked, or that their source does not mean for detection, and of what stands on a warninglist none is. What serves everybody,
 * and the house's own addresses, are no item. Software is what was told by its code: a hash, a YARA rule, a grave Sigma rule that is written about it; the
 * malware that somebody says an address served was not seen here. */
#include <stdlib.h>

#include "base/hash.h"
#include "codec/json_tree.h"
#include "report/assessment_case_own.h"

/* ---- acts and clues ---- */

static uint64_t series_of(const struct gathering *g, sqlite3_stmt *s) {
    uint64_t hash = g->seed;

    for (int i = 4; i <= 8; i++) /* what, by whom, on whom, from where, about what */
        hash = hash_bytes(case_text(s, i), hash);
    return hash;
}

static uint64_t place_of(const struct gathering *g, str path, str sha256, uint64_t record, uint64_t offset) {
    uint64_t const place[] = {record, offset};

    return hash_bytes(path, hash_bytes(sha256, hash_bytes((str){(const char *)place, sizeof place}, g->seed)));
}

/* As often as there are addresses of the intruder's own, which are bounded. */
uint64_t gather_address(const struct gathering *g, str address) {
    uint64_t const hash = hash_bytes(address, g->seed);

    for (size_t i = 0; i < g->act_count; i++)
        if (g->acts[i].address == hash)
            return g->acts[i].position;
    return 0;
}

static bool technique(struct gathering *g, str id, struct gathered **out, struct err *e) {
    token const number = token_parse(id);

    *out = NULL;
    if (!number || token_software(number))
        return true;
    if (!gather_item(g, EVIDENCE_TECHNIQUE, id, out, e))
        return false;
    if (*out)
        (*out)->item.token = number;
    return true;
}

static bool act_row(struct gathering *g, sqlite3_stmt *s, size_t *room, struct err *e) {
    uint64_t const clue = case_number(s, 9);
    struct gathered *to;

    if (g->act_count == *room) {
        size_t const more = *room ? *room * 2 : 1024;
        struct gathered_act *const acts = realloc(g->acts, more * sizeof *acts);

        if (!acts)
            return gather_no_memory(e);
        g->acts = acts;
        *room = more;
    }
    struct gathered_act *const v = &g->acts[g->act_count++];

    *v = (struct gathered_act){
        .position = case_number(s, 0),
        .when = case_time(s, 1),
        .last = case_time(s, 2),
        .series = series_of(g, s),
        .address = case_text(s, 7).len ? hash_bytes(case_text(s, 7), g->seed) : 0,
        .events = case_number(s, 10),
        .clue = clue <= UINT32_MAX ? (uint32_t)clue : 0,
        .place = place_of(g, case_text(s, 12), case_text(s, 13), case_number(s, 14), case_number(s, 15)),
        .act = act_of(case_text(s, 4))};
    if (!technique(g, case_text(s, 3), &to, e))
        return false;
    if (!to)
        return true;
    to->acted = true;
    gather_place(to, v->position);
    gather_seen(to, v->when, v->last, v->events);
    return to->item.words.len || gather_keep(g, case_text(s, 11), GATHER_TEXT * 2, &to->item.words, e);
}

static bool clue_row(struct gathering *g, sqlite3_stmt *s, struct err *e) {
    struct gathered_clue *const c = &g->clues[g->clue_count];
    uint64_t const number = case_number(s, 0);

    *c = (struct gathered_clue){.number = number <= UINT32_MAX ? (uint32_t)number : 0,
                                .campaign = str_eq(case_text(s, 1), S("campaign")),
                                .of = case_number(s, 2),
                                .weight = sqlite3_column_double(s, 6),
                                .first = case_time(s, 7),
                                .last = case_time(s, 8),
                                .events = case_number(s, 9),
                                .alike = case_number(s, 10),
                                .among = case_number(s, 11)};
    g->clue_count++;
    return gather_keep(g, case_text(s, 3), 256, &c->id, e) && gather_keep(g, case_text(s, 4), 512, &c->title, e) &&
           gather_keep(g, case_text(s, 5), 32, &c->technique, e);
}

/* Which act of a clue comes first: acts name clues by number. */
static int by_number(const void *a, const void *b) {
    const struct gathered_clue *const x = *(const struct gathered_clue *const *)a,
                                      *const y = *(const struct gathered_clue *const *)b;

    return (x->number > y->number) - (x->number < y->number);
}

static bool first_acts(struct gathering *g, struct err *e) {
    struct gathered_clue **const order = calloc(g->clue_count + 1, sizeof(struct gathered_clue *));

    if (!order)
        return gather_no_memory(e);
    for (size_t i = 0; i < g->clue_count; i++)
        order[i] = &g->clues[i];
    if (g->clue_count)
        qsort(order, g->clue_count, sizeof(struct gathered_clue *), by_number);
    for (size_t i = 0; i < g->act_count; i++) {
        size_t low = 0, high = g->clue_count;

        while (low < high) {
            size_t const middle = low + (high - low) / 2;

            if (order[middle]->number < g->acts[i].clue)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < g->clue_count && order[low]->number == g->acts[i].clue &&
            (!order[low]->position || g->acts[i].position < order[low]->position))
            order[low]->position = g->acts[i].position;
    }
    free(order);
    return true;
}

bool gather_acts(struct gathering *g, struct err *e) {
    static const char acts[] = "SELECT position, time, last, technique, act, account, target, address, object, clue, "
                               "events, what, evidence_path, evidence_sha256, record, offset FROM incident_event WHERE "
                               "incident = ? ORDER BY position";
    static const char clues[] = "SELECT c.number, c.type, c.of_number, c.id, c.title, c.technique, c.weight, c.first, "
                                "c.last, c.events, c.alike, c.among FROM incident_clue i JOIN clue c ON c.number = "
                                "i.clue WHERE i.incident = ? ORDER BY i.position";
    size_t room = 0;
    sqlite3_stmt *s = NULL;
    bool more = true, ok = gather_ask(g, acts, &s, e);

    while (ok && (ok = case_next(g->db, g->path, s, &more, e)) && more && !g->acts_left_out)
        if (g->act_count == GATHER_ACTS)
            g->acts_left_out = true;
        else
            ok = act_row(g, s, &room, e);
    sqlite3_finalize(s);
    s = NULL;
    ok = ok && ((g->clues = calloc(GATHER_CLUES, sizeof *g->clues)) || gather_no_memory(e)) &&
         gather_ask(g, clues, &s, e);
    while (ok && g->clue_count < GATHER_CLUES && (ok = case_next(g->db, g->path, s, &more, e)) && more)
        ok = clue_row(g, s, e);
    sqlite3_finalize(s);
    ok = ok && first_acts(g, e);
    /* What a clue as a whole is, where none of its acts is that by itself. */
    for (size_t i = 0; ok && i < g->clue_count; i++) {
        const struct gathered_clue *const c = &g->clues[i];
        struct gathered *to;

        ok = technique(g, c->technique, &to, e);
        if (!ok || !to)
            continue;
        if (!to->item.words.len) {
            to->acted = true;
            gather_seen(to, c->first, c->last, c->events);
            gather_place(to, c->position);
            ok = gather_keep(g, c->title, GATHER_TEXT * 2, &to->item.words, e);
        } else {
            gather_seen(to, c->first, c->last, 0);
        }
    }
    return ok;
}

/* ---- records ---- */

/* Records of acts, by a hash: which act is in a record. */
struct spot {
    uint64_t hash, position;
};
struct spots {
    struct spot *items;
    size_t count;
};

static int by_hash(const void *a, const void *b) {
    const struct spot *const x = a, *const y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

static bool spots_new(const struct gathering *g, struct spots *to, struct err *e) {
    if (!(to->items = calloc(g->act_count + 1, sizeof *to->items)))
        return gather_no_memory(e);
    for (size_t i = 0; i < g->act_count; i++)
        to->items[to->count++] = (struct spot){g->acts[i].place, g->acts[i].position};
    if (to->count)
        qsort(to->items, to->count, sizeof *to->items, by_hash);
    return true;
}

/* Its position; 0: no act. */
static uint64_t spot_at(const struct spots *p, uint64_t hash) {
    size_t low = 0, high = p->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (p->items[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->count && p->items[low].hash == hash ? p->items[low].position : 0;
}

/* ---- what was seen already ---- */

/* A rule or a value of an indicator, with the items it stands for: what it says is the same each time. */
#define KNOWN_ITEMS 8u
struct known {
    str key;
    struct gathered *items[KNOWN_ITEMS];
    size_t count;
    struct known *next;
};
struct knowing {
    struct gathering *g;
    struct known *slots[4096];
    sqlite3_stmt *finding, *indicator, *tags, *value;
};

static bool known_of(struct knowing *k, str key, struct known **out, bool *fresh, struct err *e) {
    struct known **const slot = &k->slots[hash_bytes(key, k->g->seed) & (COUNT(k->slots) - 1)];

    for (*out = *slot; *out; *out = (*out)->next)
        if (str_eq((*out)->key, key)) {
            *fresh = false;
            return true;
        }
    *fresh = true;
    if (!(*out = arena_zero(k->g->a, 1, sizeof **out)) || !arena_copy(k->g->a, key, &(*out)->key))
        return gather_no_memory(e);
    (*out)->next = *slot;
    *slot = *out;
    return true;
}

static void known_add(struct known *to, struct gathered *item) {
    for (size_t i = 0; i < to->count; i++)
        if (to->items[i] == item)
            return;
    if (item && to->count < KNOWN_ITEMS)
        to->items[to->count++] = item;
}

/* ---- indicators ---- */

/* worth_class_name of those that say something. */
static const struct {
    enum worth_class worth;
    enum evidence_class class;
} classes[] = {
    {WORTH_RELAY, EVIDENCE_RELAY},     {WORTH_ADDRESS, EVIDENCE_ADDRESS},       {WORTH_HOSTED, EVIDENCE_HOSTED},
    {WORTH_DOMAIN, EVIDENCE_DOMAIN},   {WORTH_IDENTIFIER, EVIDENCE_IDENTIFIER}, {WORTH_TOOL, EVIDENCE_TOOL},
    {WORTH_MALWARE, EVIDENCE_MALWARE}, {WORTH_PATTERN, EVIDENCE_NAME},          {WORTH_NAME, EVIDENCE_NAME},
};

static enum evidence_class class_of(str name) {
    for (size_t i = 0; i < COUNT(classes); i++)
        if (str_eq(worth_class_name(classes[i].worth), name))
            return classes[i].class;
    return EVIDENCE_CLASSES;
}

static int64_t time_at(const json_t *claim, const char *name) {
    return instant_parse(json_text_at(claim, name));
}
static int64_t earlier(int64_t a, int64_t b) {
    return a == INSTANT_NONE ? b : b == INSTANT_NONE || a < b ? a : b;
}
static int64_t later(int64_t a, int64_t b) {
    return a == INSTANT_NONE ? b : b == INSTANT_NONE || a > b ? a : b;
}

/* Admiralty's second grade on STIX' scale of confidence (STIX 2.1, appendix A): 90, 70, 50, 30, 10 are 1 to 5. */
static uint8_t credibility(const json_t *claim) {
    const json_t *const said = json_object_get(claim, "confidence");
    json_int_t const n = json_integer_value(said);

    if (json_is_true(json_object_get(claim, "not_reviewed")))
        return 4; /* read out of prose by a program */
    if (!json_is_integer(said) || n < 0 || n > 100)
        return 0;
    return (uint8_t)(n >= 80 ? 1 : n >= 60 ? 2 : n >= 40 ? 3 : n >= 20 ? 4 : 5);
}

static bool claim_links(struct gathering *g, const json_t *claim, bool copied, struct gathered *const *items,
                        size_t count, struct err *e) {
    int64_t const created = time_at(claim, "created"), modified = time_at(claim, "modified");
    struct evidence_link link = {
        .source = json_text_at(claim, "source"),
        .origin = json_text(json_array_get(json_object_get(claim, "origins"), 0)),
        .said = earlier(created, modified),
        .from = earlier(time_at(claim, "valid_from"), time_at(claim, "first_seen")),
        .until = later(time_at(claim, "valid_until"), time_at(claim, "last_seen")),
        .reliability = 'F',
        .credibility = credibility(claim),
        .copied = copied,
    };
    const json_t *group;
    size_t i;
    bool ok = true;

    json_array_foreach((json_t *)(uintptr_t)json_object_get(claim, "groups"), i, group) {
        link.group = json_text(group);
        for (size_t k = 0; ok && k < count; k++)
            ok = gather_link(g, items[k], &link, e);
    }
    return ok;
}

#define WITNESSES 64u

static bool claims_of(struct gathering *g, const json_t *indicator, struct gathered *const *items, size_t count,
                      struct err *e) {
    const json_t *const claims = json_object_get(indicator, "claims");
    json_int_t const all = json_integer_value(json_object_get(indicator, "claim_count"));
    bool seen[WITNESSES] = {false}, ok = true;
    const json_t *claim;
    size_t i;

    if (json_array_size(json_object_get(indicator, "warninglists")))
        return true;
    if (all > 0 && (uint64_t)all > json_array_size(claims))
        g->claims_left_out += (uint64_t)all - json_array_size(claims);
    json_array_foreach((json_t *)(uintptr_t)claims, i, claim) {
        json_int_t const witness = json_integer_value(json_object_get(claim, "witness"));
        bool const known = witness > 0 && witness < WITNESSES, copied = known && seen[witness];

        if (!ok || json_is_true(json_object_get(claim, "revoked")) ||
            json_is_true(json_object_get(claim, "context_only")))
            continue;
        ok = claim_links(g, claim, copied, items, count, e);
        if (known && json_array_size(json_object_get(claim, "groups")))
            seen[witness] = true;
    }
    return ok;
}

/* The house's own way out, or what many use. */
static bool is_house(const struct gathering *g, str value) {
    for (size_t i = 0; i < g->entity_count; i++)
        if (str_eq(g->entities[i].type, S("address")) && str_eq(g->entities[i].name, value))
            return g->entities[i].shared || str_eq(g->entities[i].note, S("the house's own"));
    return false;
}

/* On a warninglist: it is nobody's own, whatever it looks like here. */
static void serves_many(struct gathering *g, str value) {
    for (size_t i = 0; i < g->entity_count; i++)
        if (str_eq(g->entities[i].name, value))
            g->entities[i].shared = true;
}

/* Software by its names, or, where nobody gives it one, by what was found. */
static bool software_items(struct gathering *g, const json_t *indicator, enum evidence_class class, struct known *to,
                           struct err *e) {
    const json_t *name;
    struct gathered *item;
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)json_object_get(indicator, "malware"), i, name) {
        token const number = gather_software(g, json_text(name));
        enum evidence_class const what = number && profiles_tool(g->profiles, number) ? EVIDENCE_TOOL : class;

        if (!json_text(name).len || i == KNOWN_ITEMS)
            continue;
        if (!gather_item(g, what, number ? profiles_token_name(g->profiles, number) : json_text(name), &item, e))
            return false;
        if (item)
            item->item.token = number;
        known_add(to, item);
    }
    if (!to->count) {
        if (!gather_item(g, class, json_text_at(indicator, "value"), &item, e))
            return false;
        known_add(to, item);
    }
    return true;
}

static bool indicator_items(struct gathering *g, const json_t *indicator, struct known *to, struct err *e) {
    enum evidence_class const class = class_of(json_text_at(indicator, "class"));
    str const value = json_text_at(indicator, "value"), type = json_text_at(indicator, "type");
    struct gathered *item = NULL;

    if (class == EVIDENCE_CLASSES)
        serves_many(g, value);
    if (class == EVIDENCE_CLASSES || (str_eq(type, S("address")) && is_house(g, value)))
        return true;
    if (class == EVIDENCE_MALWARE || class == EVIDENCE_TOOL) {
        if (!software_items(g, indicator, class, to, e))
            return false;
    } else {
        if (!gather_item(g, class, value, &item, e))
            return false;
        known_add(to, item);
    }
    for (size_t i = 0; i < to->count; i++) {
        struct evidence_item *const n = &to->items[i]->item;

        if (n->words.len)
            continue;
        if (str_eq(n->value, value))
            n->words = S("stands in records of this incident");
        else if (!gather_say(g, &n->words, e, "the %.*s %.*s stands in records of this incident",
                             STR_ARG(gather_short(type)), STR_ARG(gather_short(value))))
            return false;
    }
    return claims_of(g, indicator, to->items, to->count, e);
}

static bool indicator_found(struct knowing *k, uint64_t number, struct known **out, struct err *e) {
    struct gathering *const g = k->g;
    struct buf key = {0};
    bool more = false, fresh = false, ok;

    sqlite3_reset(k->value);
    sqlite3_bind_int64(k->value, 1, (sqlite3_int64)number);
    ok = case_next(g->db, g->path, k->value, &more, e);
    if (!ok || !more)
        return ok;
    buf_add(&key, S("indicator "));
    buf_add(&key, str_first(case_text(k->value, 0), 64));
    buf_byte(&key, ' ');
    buf_add(&key, str_first(case_text(k->value, 1), 4096));
    ok = (!key.failed || gather_no_memory(e)) && known_of(k, buf_str(&key), out, &fresh, e);
    buf_free(&key);
    if (!ok || !fresh)
        return ok;
    sqlite3_reset(k->indicator);
    sqlite3_bind_int64(k->indicator, 1, (sqlite3_int64)number);
    ok = case_next(g->db, g->path, k->indicator, &more, e);
    if (ok && more) {
        json_t *const tree = json_tree(case_text(k->indicator, 0), e);

        ok = tree && indicator_items(g, tree, *out, e);
        json_decref(tree);
    }
    return ok;
}

/* ---- rules ---- */

/* attack.t1059.001, attack.s0154, attack.g0128. */
static bool tag(struct gathering *g, str text, str title, bool grave, struct known *to, struct err *e) {
    char id[16];
    size_t len = 0;
    struct gathered *item = NULL;

    if (!str_starts(text, S("attack.")) || text.len > 7 + sizeof id)
        return true;
    for (size_t i = 7; i < text.len; i++)
        id[len++] = (char)(text.ptr[i] >= 'a' && text.ptr[i] <= 'z' ? text.ptr[i] - 32 : text.ptr[i]);
    str const name = {id, len};
    token const number = token_parse(name);

    if (number && !token_software(number)) {
        if (!technique(g, name, &item, e))
            return false;
    } else if (number) {
        bool const tool = g->profiles && profiles_tool(g->profiles, number);
        str const known = g->profiles ? profiles_token_name(g->profiles, number) : S("");

        /* A rule that is right about one thing in many tells no software. */
        if (!gather_item(g,
                         !grave ? EVIDENCE_NAME
                         : tool ? EVIDENCE_TOOL
                                : EVIDENCE_MALWARE,
                         known.len ? known : name, &item, e))
            return false;
        if (item && !item->item.words.len) {
            item->item.token = grave ? number : 0;
            item->item.credibility = 3;
            if (!gather_say(g, &item->item.words, e, "the rule \"%.*s\", which is written about it, was true",
                            STR_ARG(gather_short(title))))
                return false;
        }
    } else if (len == 5 && id[0] == 'G' && strspn(id + 1, "0123456789") >= 4) {
        if (!gather_item(g, EVIDENCE_NAME, title, &item, e))
            return false;
        if (item && !item->item.words.len &&
            !gather_say(g, &item->item.words, e, "the rule \"%.*s\", which is written about %.*s, was true",
                        STR_ARG(gather_short(title)), STR_ARG(name)))
            return false;
        struct evidence_link const link = {.group = name,
                                           .source = title,
                                           .origin = STR(""),
                                           .said = INSTANT_NONE,
                                           .from = INSTANT_NONE,
                                           .until = INSTANT_NONE,
                                           .reliability = 'F'};

        if (item && !gather_link(g, item, &link, e))
            return false;
    }
    if (item && !item->item.words.len && !gather_keep(g, title, GATHER_TEXT * 2, &item->item.words, e))
        return false;
    known_add(to, item);
    return true;
}

static bool rule_found(struct knowing *k, uint64_t number, str id, str title, str level, struct known **out,
                       struct err *e) {
    bool const grave = str_eq(level, S("high")) || str_eq(level, S("critical"));
    struct gathering *const g = k->g;
    struct buf key = {0};
    bool more = true, fresh = false, ok;

    buf_add(&key, S("rule "));
    buf_add(&key, str_first(id, 256));
    buf_byte(&key, ' ');
    buf_add(&key, str_first(title, 1024));
    ok = (!key.failed || gather_no_memory(e)) && known_of(k, buf_str(&key), out, &fresh, e);
    buf_free(&key);
    if (!ok || !fresh)
        return ok;
    sqlite3_reset(k->tags);
    sqlite3_bind_int64(k->tags, 1, (sqlite3_int64)number);
    for (unsigned i = 0; ok && i < 64 && (ok = case_next(g->db, g->path, k->tags, &more, e)) && more; i++)
        ok = tag(g, case_text(k->tags, 0), title, grave, *out, e);
    return ok;
}

static bool finding(struct knowing *k, uint64_t number, uint64_t position, struct err *e) {
    struct gathering *const g = k->g;
    struct known *to = NULL;
    bool more = false, ok;

    sqlite3_reset(k->finding);
    sqlite3_bind_int64(k->finding, 1, (sqlite3_int64)number);
    ok = case_next(g->db, g->path, k->finding, &more, e);
    if (!ok || !more)
        return ok;
    int64_t const when = case_time(k->finding, 3);
    str const id = case_text(k->finding, 0);

    ok = str_starts(id, S("indicator-"))
             ? indicator_found(k, number, &to, e)
             : rule_found(k, number, id, case_text(k->finding, 1), case_text(k->finding, 2), &to, e);
    for (size_t i = 0; ok && to && i < to->count; i++) {
        struct gathered *const item = to->items[i];

        gather_seen(item, when, when, !item->acted);
        gather_place(item, position);
    }
    return ok;
}

/* By the index that a hunt makes (case_writer_settle): acts of one incident are few, findings many. A case without it is gone through once. */
static bool indexed(struct knowing *k, struct err *e) {
    static const char places[] =
        "SELECT min(v.position), f.number FROM incident_event v CROSS JOIN findings f INDEXED BY findings_place ON "
        "f.evidence_path = v.evidence_path AND f.offset = v.offset WHERE v.incident = ? AND f.record = v.record AND "
        "f.evidence_sha256 = v.evidence_sha256 AND f.salvaged = 0 GROUP BY f.number";
    struct gathering *const g = k->g;
    sqlite3_stmt *s = NULL;
    uint64_t looked = 0;
    bool more = true, ok = gather_ask(g, places, &s, e);

    while (ok && !g->findings_left_out && (ok = case_next(g->db, g->path, s, &more, e)) && more) {
        ok = finding(k, case_number(s, 1), case_number(s, 0), e);
        g->findings_left_out = ++looked == GATHER_FINDINGS;
    }
    sqlite3_finalize(s);
    return ok;
}

static bool scanned(struct knowing *k, struct err *e) {
    static const char all[] = "SELECT number, evidence_path, evidence_sha256, record, offset FROM findings WHERE "
                              "salvaged = 0 ORDER BY number";
    struct gathering *const g = k->g;
    struct spots spots = {0};
    sqlite3_stmt *s = NULL;
    uint64_t looked = 0;
    bool more = true, ok = spots_new(g, &spots, e) && gather_ask(g, all, &s, e);

    while (ok && !g->findings_left_out && (ok = case_next(g->db, g->path, s, &more, e)) && more) {
        uint64_t const position =
            spot_at(&spots, place_of(g, case_text(s, 1), case_text(s, 2), case_number(s, 3), case_number(s, 4)));

        if (!position)
            continue;
        ok = finding(k, case_number(s, 0), position, e);
        g->findings_left_out = ++looked == GATHER_FINDINGS;
    }
    sqlite3_finalize(s);
    free(spots.items);
    return ok;
}

bool gather_found(struct gathering *g, struct err *e) {
    static const char *const asks[] = {
        "SELECT rule_id, rule_title, level, time FROM findings WHERE number = ?",
        "SELECT json_extract(json, '$.indicator') FROM findings WHERE number = ?",
        "SELECT t.value FROM findings f, json_each(f.json, '$.tags') t WHERE f.number = ?",
        ("SELECT json_extract(json, '$.indicator.type'), json_extract(json, '$.indicator.value') FROM findings WHERE "
         "number = ?"),
    };
    struct knowing *const k = calloc(1, sizeof *k);
    uint64_t index = 0;
    bool ok = k || gather_no_memory(e);

    if (ok) {
        sqlite3_stmt **const statements[] = {&k->finding, &k->indicator, &k->tags, &k->value};

        k->g = g;
        ok = gather_count(g, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = 'findings_place'",
                          &index, e);
        for (size_t i = 0; ok && i < COUNT(asks); i++)
            ok = case_prepare(g->db, g->path, asks[i], statements[i], e);
        ok = ok && (index ? indexed(k, e) : scanned(k, e));
        for (size_t i = 0; i < COUNT(asks); i++)
            sqlite3_finalize(*statements[i]);
    }
    free(k);
    return ok;
}

/* ---- files ---- */

/* What a path ends in, in small letters: the same file is named by its path on the host, as a page, and as it was collected. */
static size_t last_part(str path, char out[256]) {
    size_t from = path.len, len = 0;

    while (from && !strchr("/\\!", path.ptr[from - 1]))
        from--;
    for (size_t i = from; i < path.len && len < 255; i++)
        out[len++] = (char)(path.ptr[i] >= 'A' && path.ptr[i] <= 'Z' ? path.ptr[i] + 32 : path.ptr[i]);
    return len;
}

#define NAME_LEAST 5u /* of a file that is told by its name: "a.js" is anybody's */

/* A page, program or file of the incident that is called so. */
static bool named(const struct gathering *g, str path) {
    char wanted[256], has[256];
    size_t const len = last_part(path, wanted);

    if (len < NAME_LEAST || !memchr(wanted, '.', len))
        return false;
    for (size_t i = 0; i < g->entity_count; i++) {
        const struct gathered_entity *const n = &g->entities[i];

        if (n->own && (str_eq(n->type, S("page")) || str_eq(n->type, S("program")) || str_eq(n->type, S("object"))) &&
            last_part(n->name, has) == len && memcmp(has, wanted, len) == 0)
            return true;
    }
    return false;
}

struct file_found {
    str rule, malware, group, path, name;
    bool attachment;
};

static bool file_item(struct gathering *g, const struct file_found *f, uint64_t position, struct err *e) {
    token const number = f->malware.len ? gather_software(g, f->malware) : 0;
    bool const tool = number && g->profiles && profiles_tool(g->profiles, number);
    str const known = number && g->profiles ? profiles_token_name(g->profiles, number) : S("");
    struct gathered *item;
    struct evidence_link const link = {.group = f->group,
                                       .source = f->rule,
                                       .origin = STR(""),
                                       .said = INSTANT_NONE,
                                       .from = INSTANT_NONE,
                                       .until = INSTANT_NONE,
                                       .reliability = 'F'};

    if (!f->malware.len && !f->group.len)
        return true;
    if (!gather_item(g,
                     !f->malware.len ? EVIDENCE_NAME
                     : tool          ? EVIDENCE_TOOL
                                     : EVIDENCE_MALWARE,
                     known.len        ? known
                     : f->malware.len ? f->malware
                                      : f->rule,
                     &item, e))
        return false;
    if (!item)
        return true;
    item->item.token = number;
    gather_seen(item, INSTANT_NONE, INSTANT_NONE, 1);
    gather_place(item, position);
    return (item->item.words.len ||
            gather_say(g, &item->item.words, e, "the YARA rule %.*s is true of %.*s", STR_ARG(gather_short(f->rule)),
                       STR_ARG(gather_short(f->attachment ? f->name : f->path)))) &&
           gather_link(g, item, &link, e);
}

#define FILES_MAX 20000u

/* A file is the incident's when a message of it carries the file, or when something that is the intruder's own is called like it. */
bool gather_files(struct gathering *g, struct err *e) {
    static const char files[] =
        "SELECT rule, malware, of_group, evidence_path, name, attachment, evidence_sha256, record, offset FROM "
        "yara_finding WHERE malware <> '' OR of_group <> '' ORDER BY number";
    struct spots spots = {0};
    sqlite3_stmt *s = NULL;
    uint64_t looked = 0, apart = 0;
    bool there = false, more = true, ok = gather_has(g, " yara_finding ", &there, e);
    str words, first = S("");

    if (!ok || !there)
        return ok;
    ok = spots_new(g, &spots, e) && gather_ask(g, files, &s, e);
    while (ok && looked++ < FILES_MAX && (ok = case_next(g->db, g->path, s, &more, e)) && more) {
        struct file_found const f = {.rule = case_text(s, 0),
                                     .malware = case_text(s, 1),
                                     .group = case_text(s, 2),
                                     .path = case_text(s, 3),
                                     .name = case_text(s, 4),
                                     .attachment = case_number(s, 5) != 0};
        uint64_t const position =
            f.attachment ? spot_at(&spots, place_of(g, f.path, case_text(s, 6), case_number(s, 7), case_number(s, 8)))
                         : 0;

        if (position || named(g, f.attachment ? f.name : f.path))
            ok = file_item(g, &f, position, e);
        else if (!apart++)
            ok = gather_say(g, &first, e, "%.*s in %.*s", STR_ARG(gather_short(f.malware.len ? f.malware : f.rule)),
                            STR_ARG(gather_short(f.attachment ? f.name : f.path)));
    }
    sqlite3_finalize(s);
    free(spots.items);
    if (ok && apart) {
        ok = gather_say(g, &words, e,
                        "%lu finding%s of YARA rules %s not tied to this incident by any act, and not weighed: %.*s%s",
                        (unsigned long)apart, apart == 1 ? "" : "s", apart == 1 ? "is" : "are", STR_ARG(first),
                        apart == 1 ? "" : " among them");
        if (ok)
            gather_gap(g, words, S("which host each of these files comes from, and who put it there"));
    }
    return ok;
}
