/* assessment_case_sign: entities of an incident and what joins them; signs that it is something else: everyday life, several intruders, a supplier. Each is a
 * sentence with its numbers; what they weigh against each other is not decided here. */
#include <stdlib.h>

#include "report/assessment_case_own.h"

#define DAY INT64_C(86400000000000)
#define SILENCE (60 * DAY)

/* ---- entities ---- */

static uint32_t root(const struct gathering *g, uint32_t i) {
    while (g->entities[i].up != i) {
        g->entities[i].up = g->entities[g->entities[i].up].up;
        i = g->entities[i].up;
    }
    return i;
}

static bool entity_row(struct gathering *g, sqlite3_stmt *s, struct err *e) {
    struct gathered_entity *const n = &g->entities[g->entity_count];

    *n = (struct gathered_entity){.own = str_eq(case_text(s, 1), S("own")),
                                  .shared = case_number(s, 4) != 0,
                                  .first = case_time(s, 5),
                                  .last = case_time(s, 6),
                                  .events = case_number(s, 7),
                                  .up = (uint32_t)g->entity_count};
    g->entity_count++;
    return gather_keep(g, case_text(s, 0), 32, &n->type, e) && gather_keep(g, case_text(s, 2), 1024, &n->name, e) &&
           gather_keep(g, case_text(s, 3), 512, &n->note, e);
}

/* "PROGRAM as ACCOUNT": an entity of type client. */
static bool client_parts(const struct gathered_entity *n, str *program, str *account) {
    size_t at = n->name.len;

    if (!str_eq(n->type, S("client")))
        return false;
    while (at >= 4 && !str_eq((str){n->name.ptr + at - 4, 4}, S(" as ")))
        at--;
    *program = str_first(n->name, at < 4 ? 0 : at - 4);
    *account = str_from(n->name, at);
    return at >= 4 && program->len && account->len;
}

#define CLIENTS_MAX 256u

/* A client of the intruder's own is the same on all accounts: no act says so, but the clue does. */
static void clients_join(struct gathering *g) {
    uint32_t clients[CLIENTS_MAX];
    size_t count = 0;

    for (uint32_t i = 0; i < g->entity_count && count < CLIENTS_MAX; i++) {
        str program, account, other, none;

        if (!g->entities[i].own || !client_parts(&g->entities[i], &program, &account))
            continue;
        for (uint32_t k = 0; k < g->entity_count; k++)
            if (str_eq(g->entities[k].type, S("account")) && str_eq(g->entities[k].name, account))
                g->entities[root(g, i)].up = root(g, k);
        for (size_t k = 0; k < count; k++)
            if (client_parts(&g->entities[clients[k]], &other, &none) && str_eq(other, program))
                g->entities[root(g, i)].up = root(g, clients[k]);
        clients[count++] = i;
    }
}

/* What many share joins nothing. */
bool gather_entities(struct gathering *g, struct err *e) {
    static const char entities[] = "SELECT type, role, name, note, shared, first, last, events FROM incident_entity "
                                   "WHERE incident = ? ORDER BY position";
    static const char edges[] = "SELECT from_entity, to_entity FROM incident_link WHERE incident = ? ORDER BY position";
    sqlite3_stmt *s = NULL;
    bool more = true, ok = ((g->entities = calloc(GATHER_ENTITIES, sizeof *g->entities)) || gather_no_memory(e)) &&
                           gather_ask(g, entities, &s, e);

    while (ok && g->entity_count < GATHER_ENTITIES && (ok = case_next(g->db, g->path, s, &more, e)) && more)
        ok = entity_row(g, s, e);
    sqlite3_finalize(s);
    s = NULL;
    ok = ok && gather_ask(g, edges, &s, e);
    for (size_t i = 0; ok && i < GATHER_EDGES && (ok = case_next(g->db, g->path, s, &more, e)) && more; i++) {
        uint64_t const from = case_number(s, 0), to = case_number(s, 1);

        if (!from || !to || from > g->entity_count || to > g->entity_count || g->entities[from - 1].shared ||
            g->entities[to - 1].shared)
            continue;
        g->entities[root(g, (uint32_t)from - 1)].up = root(g, (uint32_t)to - 1);
    }
    sqlite3_finalize(s);
    if (ok)
        clients_join(g);
    return ok;
}

/* ---- not an intrusion ---- */

/* Bans of all clues from which on everyday life is no longer much of an answer: three times what an incident needs at least. */
#define SURELY 9.0
/* A clue of which more than one of so many are true says little of one. */
#define COMMON 20u

/* What the strongest clues could be besides, in the words of those who wrote them down: the part behind the first sentence of why. */
static bool explanations(struct gathering *g, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = false, ok = case_prepare(g->db, g->path, "SELECT why FROM behaviour_method WHERE id = ?", &s, e);
    str words;

    for (size_t i = 0, told = 0; ok && i < g->clue_count && told < 3; i++) {
        sqlite3_reset(s);
        sqlite3_bind_text64(s, 1, g->clues[i].id.ptr, g->clues[i].id.len, SQLITE_STATIC, SQLITE_UTF8);
        ok = case_next(g->db, g->path, s, &more, e);
        if (!ok || !more || !case_text(s, 0).len)
            continue;
        ok = gather_say(g, &words, e, "\"%.*s\": %.*s", STR_ARG(gather_short(g->clues[i].title)),
                        STR_ARG(str_first(case_text(s, 0), 600)));
        if (ok)
            gather_sign(g, OTHER_BENIGN, false, words);
        told++;
    }
    sqlite3_finalize(s);
    return ok;
}

static bool benign(struct gathering *g, struct err *e) {
    double const score = g->out->score;
    str words;

    if (!gather_say(g, &words, e, "%zu clue%s weigh%s %.1f bans together that it is an intrusion; an incident needs 3",
                    g->clue_count, g->clue_count == 1 ? "" : "s", g->clue_count == 1 ? "s" : "", score))
        return false;
    gather_sign(g, OTHER_BENIGN, score >= SURELY, words);
    if (g->clue_count && g->clues[0].among) {
        const struct gathered_clue *const c = &g->clues[0];

        if (!gather_say(g, &words, e, "the strongest, \"%.*s\", is true of %lu of %lu of that sort in this evidence",
                        STR_ARG(gather_short(c->title)), (unsigned long)c->alike, (unsigned long)c->among))
            return false;
        gather_sign(g, OTHER_BENIGN, c->alike <= 1 || c->alike <= c->among / COMMON, words);
    }
    return explanations(g, e);
}

/* ---- more than one ---- */

static bool is_address(const struct gathered_entity *n) {
    return str_eq(n->type, S("address"));
}

/* What is the intruder's own, in how many pieces that share no account and no host? */
static bool pieces(struct gathering *g, struct err *e) {
    bool *const seen = calloc(g->entity_count + 1, sizeof *seen);
    struct buf names = {0};
    size_t count = 0, own = 0;
    bool ok = seen || gather_no_memory(e);
    str words;

    for (uint32_t i = 0; ok && i < g->entity_count; i++) {
        const struct gathered_entity *const n = &g->entities[i];
        uint32_t const at = root(g, i);

        /* A page or a session has no links of its own: only what acts can be apart. */
        if (!n->own || n->shared || (!is_address(n) && at == i))
            continue;
        own++;
        if (seen[at])
            continue;
        seen[at] = true;
        if (count++ < 4) {
            buf_add(&names, count > 1 ? S("; ") : S(""));
            buf_add(&names, gather_short(n->name));
        }
    }
    if (ok && own >= 2) {
        ok = !names.failed || gather_no_memory(e);
        ok = ok && (count > 1 ? gather_say(g, &words, e,
                                           "what is the intruder's own is in %zu pieces that share no account, host or "
                                           "client: %.*s%s",
                                           count, STR_ARG(buf_str(&names)), count > 4 ? "; and more" : "")
                              : gather_say(g, &words, e,
                                           "all %zu things that are the intruder's own hang together by accounts and "
                                           "hosts that they share",
                                           own));
        if (ok)
            gather_sign(g, OTHER_SEVERAL, count == 1, words);
    }
    buf_free(&names);
    free(seen);
    return ok;
}

static bool silences(struct gathering *g, struct err *e) {
    int64_t last = INSTANT_NONE, longest = 0, from = 0, to = 0;
    char a[INSTANT_TEXT], b[INSTANT_TEXT];
    str words;

    for (size_t i = 0; i < g->act_count; i++) { /* in order of time */
        int64_t const when = g->acts[i].when, until = g->acts[i].last == INSTANT_NONE ? when : g->acts[i].last;
        int64_t gap;

        if (when == INSTANT_NONE)
            continue;
        if (last != INSTANT_NONE && !__builtin_sub_overflow(when, last, &gap) && gap > longest) {
            longest = gap;
            from = last;
            to = when;
        }
        last = last == INSTANT_NONE || until > last ? until : last;
    }
    if (longest < SILENCE)
        return true;
    if (!gather_say(g, &words, e, "no act for %ld days, from %.*s to %.*s", (long)(longest / DAY),
                    STR_ARG(str_first(instant_format(from, a), 10)), STR_ARG(str_first(instant_format(to, b), 10))))
        return false;
    gather_sign(g, OTHER_SEVERAL, false, words);
    return true;
}

/* ---- a supplier ---- */

#define MANY_GROUPS 3u /* that a piece of software is listed with: then it is said to be passed on */

static bool software(struct gathering *g, struct err *e) {
    const struct profile *const newest =
        g->profiles && g->profiles->count ? &g->profiles->releases[g->profiles->count - 1] : NULL;
    struct buf names = {0};
    size_t count = 0;
    bool ok = true;
    str words;

    for (size_t i = 0; newest && i < g->count; i++) {
        const struct evidence_item *const n = &g->items[i]->item;
        uint32_t const groups = n->class == EVIDENCE_MALWARE || n->class == EVIDENCE_TOOL
                                    ? token_find(newest->listed, newest->listed_count, n->token)
                                    : 0;

        if (groups < MANY_GROUPS)
            continue;
        if (count++ < 4)
            buf_format(&names, "%s%.*s (%u)", count > 1 ? ", " : "", STR_ARG(gather_short(n->value)), groups);
    }
    if (count) {
        ok = (!names.failed || gather_no_memory(e)) &&
             gather_say(g, &words, e, "software that several published groups are listed with: %.*s%s",
                        STR_ARG(buf_str(&names)), count > 4 ? " and more" : "");
        if (ok)
            gather_sign(g, OTHER_SUPPLIER, false, words);
    }
    buf_free(&names);
    return ok;
}

static bool supplier(struct gathering *g, struct err *e) {
    size_t relays = 0, infrastructure = 0;
    str words;

    for (size_t i = 0; i < g->clue_count; i++)
        if (str_eq(g->clues[i].technique, S("T1199"))) {
            if (!gather_say(g, &words, e, "a provider's account or network was the way: \"%.*s\"",
                            STR_ARG(gather_short(g->clues[i].title))))
                return false;
            gather_sign(g, OTHER_SUPPLIER, false, words);
            break;
        }
    for (size_t i = 0; i < g->count; i++) {
        enum evidence_class const c = g->items[i]->item.class;

        relays += c == EVIDENCE_RELAY;
        infrastructure += g->items[i]->item.link_count && c >= EVIDENCE_RELAY && c <= EVIDENCE_IDENTIFIER;
    }
    if (relays) {
        if (!gather_say(g, &words, e, "%zu address%s are exits of a relay network, which several groups rent", relays,
                        relays == 1 ? "" : "es"))
            return false;
        gather_sign(g, OTHER_SUPPLIER, false, words);
    } else if (infrastructure) {
        if (!gather_say(g, &words, e, "none of %zu thing%s of infrastructure that others speak of is known as a relay",
                        infrastructure, infrastructure == 1 ? "" : "s"))
            return false;
        gather_sign(g, OTHER_SUPPLIER, true, words);
    }
    return software(g, e);
}

bool gather_signs(struct gathering *g, struct err *e) {
    return benign(g, e) && pieces(g, e) && silences(g, e) && supplier(g, e);
}
