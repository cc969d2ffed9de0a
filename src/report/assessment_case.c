/* assessment_case: evidence of one incident gathered out of a case: what is asked of it, what is kept once, and in which order it is handed over; assessments
 * as rows of the case. What each part finds: assessment_case_found.c, assessment_case_time.c, assessment_case_sign.c, assessment_case_gap.c. */
#include "report/assessment_case.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utf.h"
#include "report/assessment_case_own.h"
#include "report/case_own.h"

#define TABLES                                                                                                         \
    " findings finding_events custody coverage gaps facts mail_campaign mail_reason mail_token clue incident "         \
    "incident_clue incident_event incident_entity incident_link behaviour_method "
#define TABLE_COUNT 16
#define SLOTS 8192u /* twice the items that there may be */
#define JSON_MAX ((size_t)64 << 20)

/* ---- what the parts share ---- */

bool gather_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "the case holds more of one incident than there is memory for");
}

bool gather_say(struct gathering *g, str *out, struct err *e, const char *fmt, ...) {
    char room[2048];
    va_list list;

    va_start(list, fmt);
    int const len = vsnprintf(room, sizeof room, fmt, list);
    va_end(list);
    return gather_keep(g,
                       (str){room, len < 0                     ? 0
                                   : (size_t)len < sizeof room ? (size_t)len
                                                               : sizeof room - 1},
                       sizeof room, out, e);
}

bool gather_keep(struct gathering *g, str text, size_t max, str *out, struct err *e) {
    return arena_copy(g->a, utf8_first(text, max), out) || gather_no_memory(e);
}

bool gather_item(struct gathering *g, enum evidence_class class, str value, struct gathered **out, struct err *e) {
    str const kept = utf8_first(value, 1024);
    size_t const at = hash_bytes(kept, g->seed + class) & g->mask;
    struct gathered *n = g->slots[at];

    while (n && (n->item.class != class || !str_eq(n->item.value, kept)))
        n = n->next;
    *out = n;
    if (n)
        return true;
    if (g->count == EVIDENCE_ITEMS_MAX) {
        g->left_out++;
        return true;
    }
    if (!(n = arena_alloc(g->a, sizeof *n)))
        return gather_no_memory(e);
    *n = (struct gathered){.item = {.class = class,
                                    .value = STR(""),
                                    .words = STR(""),
                                    .first = INSTANT_NONE,
                                    .last = INSTANT_NONE,
                                    .place = STR(""),
                                    .path = STR(""),
                                    .sha256 = "",
                                    .reliability = 'A',
                                    .credibility = 1},
                           .next = g->slots[at]};
    if (!gather_keep(g, kept, SIZE_MAX, &n->item.value, e))
        return false;
    g->items[g->count++] = g->slots[at] = *out = n;
    return true;
}

bool gather_known(const struct gathering *g, enum evidence_class class, str value) {
    str const kept = utf8_first(value, 1024);
    const struct gathered *n = g->slots[hash_bytes(kept, g->seed + class) & g->mask];

    while (n && (n->item.class != class || !str_eq(n->item.value, kept)))
        n = n->next;
    return n != NULL;
}

void gather_seen(struct gathered *to, int64_t first, int64_t last, uint64_t count) {
    struct evidence_item *const i = &to->item;

    last = last == INSTANT_NONE ? first : last;
    if (first != INSTANT_NONE && (i->first == INSTANT_NONE || first < i->first))
        i->first = first;
    if (last != INSTANT_NONE && (i->last == INSTANT_NONE || last > i->last))
        i->last = last;
    i->count = count > UINT64_MAX - i->count ? UINT64_MAX : i->count + count;
}

void gather_place(struct gathered *to, uint64_t position) {
    if (position && (!to->position || position < to->position))
        to->position = position;
}

static bool same_link(const struct evidence_link *a, const struct evidence_link *b) {
    return str_eq(a->group, b->group) && str_eq(a->source, b->source) && str_eq(a->origin, b->origin) &&
           a->said == b->said && a->from == b->from && a->until == b->until && a->reliability == b->reliability &&
           a->credibility == b->credibility && a->copied == b->copied;
}

bool gather_link(struct gathering *g, struct gathered *to, const struct evidence_link *link, struct err *e) {
    struct gathered_link *n;

    if (!link->group.len)
        return true;
    for (n = to->links; n; n = n->next)
        if (same_link(&n->link, link))
            return true;
    if (to->item.link_count == GATHER_LINKS) {
        g->links_left_out++;
        return true;
    }
    if (!(n = arena_alloc(g->a, sizeof *n)))
        return gather_no_memory(e);
    *n = (struct gathered_link){.link = *link};
    if (!gather_keep(g, link->group, 256, &n->link.group, e) ||
        !gather_keep(g, link->source, 256, &n->link.source, e) ||
        !gather_keep(g, link->origin, 512, &n->link.origin, e))
        return false;
    if (to->last)
        to->last->next = n;
    else
        to->links = n;
    to->last = n;
    to->item.link_count++;
    return true;
}

void gather_gap(struct gathering *g, str what, str collect) {
    if (g->gap_count < GATHER_GAPS)
        g->gaps[g->gap_count++] = (struct evidence_gap){what, collect};
}

void gather_sign(struct gathering *g, enum evidence_other other, bool against, str words) {
    if (g->sign_count < GATHER_SIGNS)
        g->signs[g->sign_count++] = (struct evidence_sign){other, against, words};
}

bool gather_ask(struct gathering *g, const char *query, sqlite3_stmt **s, struct err *e) {
    if (!case_prepare(g->db, g->path, query, s, e))
        return false;
    if (sqlite3_bind_parameter_count(*s))
        sqlite3_bind_int64(*s, 1, g->incident);
    return true;
}

bool gather_count(struct gathering *g, const char *query, uint64_t *n, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = false, ok = gather_ask(g, query, &s, e) && case_next(g->db, g->path, s, &more, e);

    *n = ok && more ? case_number(s, 0) : 0;
    sqlite3_finalize(s);
    return ok;
}

bool gather_has(struct gathering *g, const char *table, bool *has, struct err *e) {
    struct err none = {0};

    *has = case_db_tables(g->db, g->path, table, 1, "table", &none);
    return *has || none.code == ERR_CORRUPT || (*e = none, false);
}

token gather_software(const struct gathering *g, str name) {
    token const number = token_parse(name);

    return number ? number : g->profiles ? profiles_software(g->profiles, name) : 0;
}

/* ---- from the beginning to the end ---- */

static bool head(struct gathering *g, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = false,
         ok = gather_ask(g, "SELECT title, score, first, last, began FROM incident WHERE number = ?", &s, e) &&
              case_next(g->db, g->path, s, &more, e) &&
              (more || err_set(e, ERR_USAGE, 0, "%s has no incident %u", g->path, g->incident));

    if (ok) {
        *g->out = (struct evidence){.incident = g->incident,
                                    .score = sqlite3_column_double(s, 1),
                                    .first = case_time(s, 2),
                                    .last = case_time(s, 3)};
        ok = gather_keep(g, case_text(s, 0), 1024, &g->out->title, e) &&
             gather_keep(g, case_text(s, 4), 1024, &g->began, e);
    }
    sqlite3_finalize(s);
    return ok;
}

/* Where it is written, of the items that are kept. */
static bool places(struct gathering *g, struct err *e) {
    static const char query[] = "SELECT evidence_path, evidence_sha256, record, offset FROM incident_event WHERE "
                                "incident = ?1 AND position = ?2";
    sqlite3_stmt *s = NULL;
    bool ok = gather_ask(g, query, &s, e), more;
    str hash;

    for (size_t i = 0; ok && i < g->count; i++) {
        struct gathered *const n = g->items[i];

        if (!n->position)
            continue;
        sqlite3_reset(s);
        sqlite3_bind_int64(s, 2, (sqlite3_int64)n->position);
        ok = gather_say(g, &n->item.place, e, "%u.%lu", g->incident, (unsigned long)n->position) &&
             case_next(g->db, g->path, s, &more, e);
        if (!ok || !more)
            continue;
        n->item.record = case_number(s, 2);
        n->item.offset = case_number(s, 3);
        ok = gather_keep(g, case_text(s, 0), 4096, &n->item.path, e) &&
             gather_say(g, &hash, e, "%.*s%c", STR_ARG(str_first(case_text(s, 1), 128)), '\0');
        n->item.sha256 = ok ? hash.ptr : "";
    }
    sqlite3_finalize(s);
    return ok;
}

static int by_class(const void *a, const void *b) {
    const struct evidence_item *const x = a, *const y = b;
    int order = (x->class > y->class) - (x->class < y->class);

    order = order ? order : str_cmp(x->value, y->value);
    return order ? order : str_cmp(x->place, y->place);
}

static bool links_flat(struct gathering *g, const struct gathered *n, struct evidence_item *to, struct err *e) {
    struct evidence_link *const flat = arena_alloc(g->a, (to->link_count + 1) * sizeof *flat);
    size_t at = 0;

    if (!flat)
        return gather_no_memory(e);
    for (const struct gathered_link *l = n->links; l; l = l->next)
        flat[at++] = l->link;
    to->links = flat;
    return true;
}

/* With what an analyst said besides. */
static bool hand_over(struct gathering *g, const struct evidence *more, struct err *e) {
    size_t const given = more ? more->item_count : 0, gaps = more ? more->gap_count : 0,
                 signs = more ? more->sign_count : 0;
    size_t const room = g->count + given;
    struct evidence_item *const items = arena_alloc(g->a, (room + 1) * sizeof *items);
    struct evidence_gap *const all_gaps = arena_alloc(g->a, (GATHER_GAPS + 8 + gaps) * sizeof *all_gaps);
    struct evidence_sign *const all_signs = arena_alloc(g->a, (GATHER_SIGNS + signs + 1) * sizeof *all_signs);
    size_t count = 0;

    if (!items || !all_gaps || !all_signs)
        return gather_no_memory(e);
    /* What somebody took the trouble to say stays where there is no room for all. */
    for (size_t i = 0; i < given && count < EVIDENCE_ITEMS_MAX; i++)
        items[count++] = more->items[i];
    g->left_out += given - count;
    for (size_t i = 0; i < g->count; i++) {
        if (count == EVIDENCE_ITEMS_MAX) {
            g->left_out += g->count - i;
            break;
        }
        items[count] = g->items[i]->item;
        if (!links_flat(g, g->items[i], &items[count++], e))
            return false;
    }
    if (count)
        qsort(items, count, sizeof *items, by_class);
    g->out->items = items;
    g->out->item_count = count;
    count = 0;
    if (g->left_out) {
        if (!gather_say(g, &all_gaps[0].what, e, "%lu more things were seen than the %u that are weighed",
                        (unsigned long)g->left_out, EVIDENCE_ITEMS_MAX))
            return false;
        all_gaps[count++].collect = S("");
    }
    if (g->links_left_out || g->claims_left_out) {
        if (!gather_say(g, &all_gaps[count].what, e,
                        "%lu more claims on what was seen exist than are told by this case, and are not weighed",
                        (unsigned long)(g->links_left_out + g->claims_left_out)))
            return false;
        all_gaps[count++].collect = S("the sources themselves: longwatch intel show VALUE");
    }
    for (size_t i = 0; i < g->gap_count; i++)
        all_gaps[count++] = g->gaps[i];
    for (size_t i = 0; i < gaps; i++)
        all_gaps[count++] = more->gaps[i];
    g->out->gaps = all_gaps;
    g->out->gap_count = count;
    memcpy(all_signs, g->signs, g->sign_count * sizeof *all_signs);
    if (signs)
        memcpy(all_signs + g->sign_count, more->signs, signs * sizeof *all_signs);
    g->out->signs = all_signs;
    g->out->sign_count = g->sign_count + signs;
    return true;
}

bool assessment_case_evidence(const char *path, uint32_t incident, const struct evidence *more,
                              const struct profiles *profiles, struct arena *a, struct evidence *out, struct err *e) {
    struct evidence_gap gaps[GATHER_GAPS];
    struct evidence_sign signs[GATHER_SIGNS];
    struct gathering g = {.path = path,
                          .a = a,
                          .profiles = profiles,
                          .incident = incident,
                          .out = out,
                          .items = calloc(EVIDENCE_ITEMS_MAX, sizeof(struct gathered *)),
                          .slots = calloc(SLOTS, sizeof(struct gathered *)),
                          .mask = SLOTS - 1,
                          .seed = hash_seed(),
                          .gaps = gaps,
                          .signs = signs};
    bool const ok = ((g.items && g.slots) || gather_no_memory(e)) &&
                    case_db_read(&g.db, path, CASE_VERSION_INCIDENT, "incidents", e) &&
                    case_db_tables(g.db, path, TABLES, TABLE_COUNT, "incidents", e) && head(&g, e) &&
                    gather_acts(&g, e) && gather_entities(&g, e) && gather_found(&g, e) && gather_files(&g, e) &&
                    gather_mail(&g, e) && gather_hours(&g, e) && gather_own(&g, e) && gather_signs(&g, e) &&
                    gather_gaps(&g, e) && places(&g, e) && hand_over(&g, more, e);

    sqlite3_close(g.db);
    free(g.items);
    free(g.slots);
    free(g.acts);
    free(g.clues);
    free(g.entities);
    return ok;
}

/* ---- the table ---- */

bool assessment_case_write(struct case_writer *c, uint32_t incident, str json, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO assessment VALUES (?,?)", e);

    if (ok) {
        case_row_number(&r, incident);
        case_row_text(&r, json);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

bool assessment_case_none(struct case_writer *c, uint32_t incident, str why, struct err *e) {
    struct buf b = {0};
    bool ok;

    buf_add(&b, S("{\"not_judged\":"));
    buf_json(&b, why);
    buf_byte(&b, '}');
    ok = (!b.failed || err_set(e, ERR_MEMORY, 0, "no memory to write the case")) &&
         assessment_case_write(c, incident, buf_str(&b), e);
    buf_free(&b);
    return ok;
}

/* NULL with ERR_NONE: the case is older than assessments. */
static sqlite3 *assessments(const char *path, struct err *e) {
    sqlite3_stmt *s = NULL;
    sqlite3 *db = NULL;
    bool more = true, ok = case_db_read(&db, path, 0, "", e) &&
                           case_prepare(db, path, "SELECT user_version FROM pragma_user_version", &s, e) &&
                           case_next(db, path, s, &more, e);
    bool const there = ok && more && case_number(s, 0) >= CASE_VERSION_ASSESSMENT;

    sqlite3_finalize(s);
    if (ok && there && case_db_tables(db, path, " assessment ", 1, "assessments", e))
        return db;
    if (ok && !there)
        *e = (struct err){0};
    sqlite3_close(db);
    return NULL;
}

bool assessment_case_of(const char *path, uint32_t incident, struct buf *json, struct err *e) {
    /* The incident's own stands behind what holds for all. */
    static const char query[] = "SELECT json FROM assessment WHERE incident IN (0, ?) ORDER BY incident DESC LIMIT 1";
    sqlite3 *const db = assessments(path, e);
    sqlite3_stmt *s = NULL;
    bool more = false, ok = db && case_prepare(db, path, query, &s, e);

    if (ok) {
        sqlite3_bind_int64(s, 1, incident);
        ok = case_next(db, path, s, &more, e);
    }
    if (ok && more && case_text(s, 0).len > JSON_MAX)
        ok = err_set(e, ERR_CORRUPT, 0, "%s: case.db: an assessment of which nothing is known", path);
    if (ok && more)
        buf_add(json, case_text(s, 0));
    else if (ok)
        *e = (struct err){0};
    if (ok && json->failed)
        ok = err_set(e, ERR_MEMORY, 0, "no memory to read the case");
    sqlite3_finalize(s);
    sqlite3_close(db);
    return ok && more;
}

bool assessment_case_read(const char *path, bool (*each)(void *ctx, uint32_t incident, str json, struct err *e),
                          void *ctx, struct err *e) {
    sqlite3 *const db = assessments(path, e);
    sqlite3_stmt *s = NULL;
    bool more = true,
         ok = db && case_prepare(db, path, "SELECT incident, json FROM assessment ORDER BY incident", &s, e);

    if (!db)
        return e->code == ERR_NONE;
    while (ok && (ok = case_next(db, path, s, &more, e)) && more) {
        uint64_t const number = case_number(s, 0);
        str const json = case_text(s, 1);

        ok = (number <= UINT32_MAX && json.len <= JSON_MAX) ||
             err_set(e, ERR_CORRUPT, 0, "%s: case.db: an assessment of which nothing is known", path);
        ok = ok && each(ctx, (uint32_t)number, json, e);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return ok;
}
