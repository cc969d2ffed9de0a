/* behaviour_account_use: what clients and sessions an account has, where they come from, and which of them meet there. */
#include "detection/behaviour_account.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"

#define BARE_MAX 256u

/* items with room for one more; NULL: no memory. */
static void *grown(void *items, uint32_t count, uint32_t *room, size_t size) {
    void *bigger;

    if (count < *room)
        return items;
    if ((bigger = reallocarray(items, (size_t)*room * 2 + 16, size)))
        *room = *room * 2 + 16;
    return bigger;
}

/* ---- programs ---- */

/* Exchange puts in front by which door a client came (Client=OWA;Mozilla/5.0 ...), IIS writes + for blanks: a browser is the same in all its
 * logs. Versions are left out as activities_program does, or kept. */
static size_t bare(str s, bool versions, char out[BARE_MAX]) {
    static const str doors[] = {STR("client=owa;"), STR("client=outlookservice;"), STR("client=webservices;")};
    bool const blanks = str_find_byte(s, ' ') != SIZE_MAX;
    size_t n = 0;
    bool version = false;

    for (size_t i = 0; i < COUNT(doors); i++)
        if (s.len > doors[i].len && str_eq_ascii(str_first(s, doors[i].len), doors[i])) {
            s = str_from(s, doors[i].len);
            break;
        }
    while (s.len && (s.ptr[s.len - 1] == ';' || s.ptr[s.len - 1] == ' '))
        s.len--;
    for (size_t i = 0; i < s.len && n < BARE_MAX; i++) {
        char const c = s.ptr[i];
        bool const digit = c >= '0' && c <= '9';

        if (!versions && (digit || (version && (c == '.' || c == '_')))) {
            if (!version)
                out[n++] = '#';
            version = true;
            continue;
        }
        version = false;
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == '+' && !blanks ? ' ' : c;
    }
    return n;
}

/* Only how the service was reached: Client=OWA;Action=ViaProxy. */
static bool says_nothing(str bared) {
    return !bared.len || str_starts(bared, S("action=")) || str_eq(bared, S("client=owa")) ||
           str_eq(bared, S("client=rest"));
}

/* Those of the texts codes[0] to codes[count], ascending, that are the same bare get the first of them. */
static bool same_bare(struct account_world *w, const uint32_t *codes, size_t count, bool versions, uint32_t *to,
                      struct err *e) {
    struct code_map by_text = {0};
    uint64_t const seed = hash_seed();
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        char text[BARE_MAX];
        str const bared = {text, bare(activities_text(w->a, codes[i]), versions, text)};
        uint32_t *first;

        if (says_nothing(bared))
            continue;
        if ((ok = (first = code_map_put(&by_text, hash_bytes(bared, seed) >> 1)) || behaviour_no_memory(e))) {
            *first = *first ? *first : codes[i];
            to[codes[i]] = *first;
        }
    }
    code_map_free(&by_text);
    return ok;
}

static bool families(struct account_world *w, struct err *e) {
    struct activity_list programs;
    struct codes spellings = {0};
    bool ok = activities_entities(w->a, ACT_PROGRAM, &programs, e) &&
              same_bare(w, programs.items, programs.count, false, w->family, e);

    for (uint32_t i = 0, n = activities_count(w->a), last = 0; ok && i < n; i++) {
        uint32_t const code = activities_at(w->a, i)->text[ACT_PROGRAM];

        /* Each code once: `exact` says of which it is known already. */
        if (!code || code == last || w->exact[code])
            continue;
        last = code;
        w->exact[code] = UINT32_MAX;
        ok = codes_add(&spellings, code, e);
    }
    for (size_t i = 0; i < spellings.count; i++)
        w->exact[spellings.items[i]] = 0;
    codes_sort(&spellings);
    ok = ok && same_bare(w, spellings.items, spellings.count, true, w->exact, e);
    codes_free(&spellings);
    return ok;
}

uint32_t account_exact(const struct account_world *w, const struct activity *v) {
    return w->exact[v->text[ACT_PROGRAM]];
}

uint32_t account_family(const struct account_world *w, const struct activity *v) {
    return w->family[activities_program(w->a, v->text[ACT_PROGRAM])];
}

/* ---- places ---- */

static bool house_networks(struct account_world *w, struct err *e) {
    struct activity_list addresses;

    if (!activities_entities(w->a, ACT_ADDRESS, &addresses, e))
        return false;
    for (uint32_t i = 0; i < addresses.count; i++) {
        uint32_t const code = addresses.items[i], network = activities_network(w->a, code);
        uint32_t *is;

        if (!network || !activities_own_address(w->a, code))
            continue;
        if (!(is = code_map_put(&w->house, network)))
            return behaviour_no_memory(e);
        *is = 1;
    }
    return true;
}

uint32_t account_place(const struct account_world *w, const struct activity *v) {
    uint32_t const code = v->text[ACT_ADDRESS], network = activities_network(w->a, code);

    if (!code)
        return 0;
    if (activities_own_address(w->a, code))
        return PLACE_HOUSE;
    /* Providers put many customers into one network: beside the house's way out stand others. */
    return !network || code_map_get(&w->house, network) ? code : network;
}

bool account_place_common(const struct account_world *w, uint32_t place) {
    return place == PLACE_HOUSE || code_map_get(&w->of_place, place) >= w->common;
}

bool account_is_use(const struct account_world *w, const struct activity *v) {
    if (!v->text[ACT_ADDRESS] || !v->text[ACT_ACCOUNT] || v->outcome == OUTCOME_FAILURE)
        return false;
    switch ((enum act)v->act) {
    case ACT_SIGN_IN:
        /* Half a sign-in (a second factor was asked for, a consent) is no use yet. */
        return v->outcome != OUTCOME_OTHER;
    case ACT_LOGON:
        /* Logons between hosts of the house are the hosts' business. */
        return !activities_own_address(w->a, v->text[ACT_ADDRESS]);
    case ACT_MAIL_READ:
    case ACT_MAIL_SYNC:
    case ACT_MAIL_SEND:
    case ACT_FILE_READ:
    case ACT_FILE_WRITE:
    case ACT_FILE_DELETE:
    case ACT_WEB_REQUEST:
    case ACT_EXPORT:
    case ACT_QUERY:
    case ACT_API_CALL:
        return true;
    default:
        return false;
    }
}

/* ---- all accounts ---- */

/* Counts an account once at each place and program: the last that was counted stands beside the count. */
struct tally {
    struct code_map *counts;
    struct code_map last;
};

static bool count_once(struct tally *t, uint32_t key, uint32_t account) {
    uint32_t *last, *count;

    if (!key)
        return true;
    if (!(last = code_map_put(&t->last, key)))
        return false;
    if (*last == account)
        return true;
    *last = account;
    if (!(count = code_map_put(t->counts, key)))
        return false;
    ++*count;
    return true;
}

static bool tally_accounts(struct account_world *w, struct err *e) {
    struct tally places = {.counts = &w->of_place}, programs = {.counts = &w->of_family};
    struct activity_list accounts, list;
    bool ok = activities_entities(w->a, ACT_ACCOUNT, &accounts, e);

    for (uint32_t i = 0; ok && i < accounts.count; i++) {
        uint32_t const account = accounts.items[i];
        bool used = false;

        ok = activities_of(w->a, ACT_ACCOUNT, account, &list, e);
        for (uint32_t k = 0; ok && k < list.count; k++) {
            const struct activity *const v = activities_at(w->a, list.items[k]);

            if (!account_is_use(w, v))
                continue;
            used = true;
            ok = (count_once(&places, account_place(w, v), account) &&
                  count_once(&programs, account_family(w, v), account)) ||
                 behaviour_no_memory(e);
        }
        w->accounts += used;
    }
    code_map_free(&places.last);
    code_map_free(&programs.last);
    return ok;
}

static bool sign_in_time(struct account_world *w, struct err *e) {
    struct activity_list list;

    if (!activities_of_act(w->a, ACT_SIGN_IN, &list, e))
        return false;
    w->sign_ins = list.count;
    if (list.count) {
        w->sign_ins_from = activities_at(w->a, list.items[0])->when;
        w->sign_ins_to = activities_at(w->a, list.items[list.count - 1])->when;
    }
    return true;
}

bool account_world_open(struct account_world *w, struct activities *a, double near_days, double common_least,
                        double common_share, struct err *e) {
    *w = (struct account_world){
        .a = a, .code_count = activities_text_count(a), .near = (int64_t)(near_days * (double)DAY)};
    w->family = calloc((size_t)w->code_count + 1, sizeof *w->family);
    w->exact = calloc((size_t)w->code_count + 1, sizeof *w->exact);
    if (!w->family || !w->exact) {
        account_world_close(w);
        return behaviour_no_memory(e);
    }
    if (!families(w, e) || !house_networks(w, e) || !tally_accounts(w, e) || !sign_in_time(w, e)) {
        account_world_close(w);
        return false;
    }
    double const share = common_share * w->accounts;

    w->common = (uint32_t)(share > common_least ? share : common_least);
    return true;
}

void account_world_close(struct account_world *w) {
    free(w->family);
    free(w->exact);
    code_map_free(&w->house);
    code_map_free(&w->of_place);
    code_map_free(&w->of_family);
    *w = (struct account_world){0};
}

/* ---- one account ---- */

static void forget(struct account_use *u) {
    u->client_count = u->session_count = u->by_client.count = u->by_session.count = u->place_count = u->uses = 0;
    u->too_large = false;
    code_map_clear(&u->client_of);
    code_map_clear(&u->session_of);
    code_map_clear(&u->place_of);
    code_map_clear(&u->by_client.by);
    code_map_clear(&u->by_session.by);
}

void account_use_free(struct account_use *u) {
    code_map_free(&u->client_of);
    code_map_free(&u->session_of);
    code_map_free(&u->place_of);
    code_map_free(&u->by_client.by);
    code_map_free(&u->by_session.by);
    free(u->clients);
    free(u->sessions);
    free(u->by_client.items);
    free(u->by_session.items);
    free(u->places);
    *u = (struct account_use){0};
}

/* index + 1; 0: no memory. */
static uint32_t client_at(struct account_use *u, uint32_t family, bool named, int64_t when) {
    uint32_t *const known = code_map_put(&u->client_of, code_pair(named, family));
    void *items;

    if (!known || *known)
        return known ? *known : 0;
    if (!(items = grown(u->clients, u->client_count, &u->client_room, sizeof *u->clients)))
        return 0;
    u->clients = items;
    u->clients[u->client_count++] =
        (struct account_client){.family = family, .named = named, .first = when, .day = INT64_MIN};
    return *known = u->client_count;
}

static uint32_t session_at(struct account_use *u, uint32_t code, int64_t when) {
    uint32_t *const known = code_map_put(&u->session_of, code);
    void *items;

    if (!known || *known)
        return known ? *known : 0;
    if (!(items = grown(u->sessions, u->session_count, &u->session_room, sizeof *u->sessions)))
        return 0;
    u->sessions = items;
    u->sessions[u->session_count++] = (struct account_session){.code = code, .first = when};
    return *known = u->session_count;
}

/* index + 1; 0: no memory. */
static uint32_t place_at(struct account_use *u, uint32_t place) {
    uint32_t *const known = code_map_put(&u->place_of, place);
    void *items;

    if (!known || *known)
        return known ? *known : 0;
    if (!(items = grown(u->places, u->place_count, &u->place_room, sizeof *u->places)))
        return 0;
    u->places = items;
    u->places[u->place_count++] = (struct account_place){0};
    return *known = u->place_count;
}

/* index + 1; 0: no memory. */
static uint32_t stay_at(struct account_stays *s, uint32_t who, uint32_t place, const struct activity *v) {
    uint32_t *const known = code_map_put(&s->by, code_pair(who, place));
    int64_t const day = unit_of(v->when, DAY);
    struct account_stay *stay;
    void *items;

    if (!known)
        return 0;
    if (!*known) {
        if (!(items = grown(s->items, s->count, &s->room, sizeof *s->items)))
            return 0;
        s->items = items;
        s->items[s->count++] = (struct account_stay){.who = who, .place = place, .first = v->when, .day = INT64_MIN};
        *known = s->count;
    }
    stay = &s->items[*known - 1];
    stay->uses += v->count;
    stay->last = v->last;
    stay->days += stay->day != day;
    stay->day = day;
    return *known;
}

/* Whoever was here last, and is somebody else, and not long ago, has been met: two that are here within that time have between them such a pair. */
static void meet(struct account_stays *s, struct account_place *last, uint32_t who, uint32_t stay, int64_t when,
                 int64_t near) {
    size_t const other = last->who[0] == who + 1;

    if (last->who[other] && when - last->when[other] <= near) {
        s->items[stay - 1].met = true;
        s->items[last->stay[other] - 1].met = true;
    }
    if (last->who[0] != who + 1) {
        last->who[1] = last->who[0];
        last->stay[1] = last->stay[0];
        last->when[1] = last->when[0];
    }
    last->who[0] = who + 1;
    last->stay[0] = stay;
    last->when[0] = when;
}

const struct account_stay *account_stay_of(const struct account_stays *s, uint32_t who, uint32_t place) {
    uint32_t const at = code_map_get(&s->by, code_pair(who, place));

    return at ? &s->items[at - 1] : NULL;
}

uint32_t account_client_of(const struct account_world *w, const struct account_use *u, const struct activity *v) {
    uint32_t const family = account_family(w, v);
    uint32_t session;

    if (family)
        return code_map_get(&u->client_of, code_pair(true, family));
    if (v->text[ACT_SESSION] && (session = code_map_get(&u->session_of, v->text[ACT_SESSION])) &&
        u->sessions[session - 1].client)
        return u->sessions[session - 1].client;
    return v->act == ACT_SIGN_IN || v->act == ACT_LOGON
               ? code_map_get(&u->client_of, code_pair(false, v->text[ACT_KIND]))
               : 0;
}

/* Sessions first: what an act does not say of its program, its session may. */
static bool read_sessions(const struct account_world *w, struct account_use *u, struct err *e) {
    for (uint32_t i = 0; i < u->list.count && !u->too_large; i++) {
        const struct activity *const v = activities_at(w->a, u->list.items[i]);
        bool const known = account_is_use(w, v);
        uint32_t const family = known ? account_family(w, v) : 0;
        uint32_t session = 0, client = 0;

        if (!known)
            continue;
        if (family && !(client = client_at(u, family, true, v->when)))
            return behaviour_no_memory(e);
        if (v->text[ACT_SESSION] && !(session = session_at(u, v->text[ACT_SESSION], v->when)))
            return behaviour_no_memory(e);
        if (session && client && !u->sessions[session - 1].client) {
            u->sessions[session - 1].client = client;
            u->clients[client - 1].sessions++;
        }
        u->too_large = u->client_count > ACCOUNT_THINGS_MAX || u->session_count > ACCOUNT_THINGS_MAX;
    }
    return true;
}

/* The protocols that ask for a password and nothing else: by the name of the client, or what a sign-in says it was. */
static bool legacy(str s) {
    static const char *const words[] = {"imap", "pop3", "smtp"};

    for (size_t i = 0; i < COUNT(words); i++)
        for (size_t k = 0, len = strlen(words[i]); k + len <= s.len; k++)
            if (str_eq_ascii((str){s.ptr + k, len}, (str){words[i], len}))
                return true;
    return false;
}

static void count_client(const struct account_world *w, struct account_client *c, const struct activity *v) {
    int64_t const day = unit_of(v->when, DAY);

    if (!c->uses && c->named)
        c->legacy = legacy(activities_text(w->a, c->family));
    if (v->act == ACT_SIGN_IN && c->named && !c->legacy)
        c->legacy = legacy(str_first(activities_text(w->a, v->text[ACT_VERB]), 64));
    c->last = v->last > c->last || !c->uses ? v->last : c->last;
    c->uses += v->count;
    c->days += c->day != day;
    c->day = day;
    c->sign_ins += v->act == ACT_SIGN_IN ? v->count : 0;
    c->reads += v->act == ACT_MAIL_READ || v->act == ACT_MAIL_SYNC || v->act == ACT_FILE_READ ? v->count : 0;
}

static bool read_stays(const struct account_world *w, struct account_use *u, struct err *e) {
    for (uint32_t i = 0; i < u->list.count && !u->too_large; i++) {
        const struct activity *const v = activities_at(w->a, u->list.items[i]);
        uint32_t place, at, client, session, stay;

        if (!account_is_use(w, v))
            continue;
        place = account_place(w, v);
        if (!(at = place_at(u, place)))
            return behaviour_no_memory(e);
        u->first = u->uses ? u->first : v->when;
        u->last = v->last;
        u->uses += v->count;
        /* A door of its own (VPN) is a client without a name. */
        if (!(client = account_client_of(w, u, v)) && (v->act == ACT_SIGN_IN || v->act == ACT_LOGON) &&
            !(client = client_at(u, v->text[ACT_KIND], false, v->when)))
            return behaviour_no_memory(e);
        if (client) {
            count_client(w, &u->clients[client - 1], v);
            if (!(stay = stay_at(&u->by_client, client - 1, place, v)))
                return behaviour_no_memory(e);
            meet(&u->by_client, &u->places[at - 1], client - 1, stay, v->when, w->near);
        }
        if (v->text[ACT_SESSION] && (session = code_map_get(&u->session_of, v->text[ACT_SESSION]))) {
            struct account_session *const s = &u->sessions[session - 1];

            u->places[at - 1].began |= !s->uses;
            s->last = v->last;
            s->uses += v->count;
            s->sign_ins += v->act == ACT_SIGN_IN;
            if (!stay_at(&u->by_session, session - 1, place, v))
                return behaviour_no_memory(e);
        }
        u->too_large = u->place_count > ACCOUNT_THINGS_MAX || u->by_client.count > ACCOUNT_THINGS_MAX ||
                       u->by_session.count > ACCOUNT_THINGS_MAX;
    }
    return true;
}

bool account_carried_to(const struct account_world *w, const struct account_use *u, const struct account_stay *stay) {
    uint32_t const place = code_map_get(&u->place_of, stay->place), client = u->sessions[stay->who].client;
    const struct account_stay *const of_client =
        client ? account_stay_of(&u->by_client, client - 1, stay->place) : NULL;

    return of_client && !of_client->met && !account_place_common(w, stay->place) && place &&
           !u->places[place - 1].began;
}

static void sum_up(const struct account_world *w, struct account_use *u) {
    for (uint32_t i = 0; i < u->by_client.count; i++) {
        const struct account_stay *const s = &u->by_client.items[i];
        struct account_client *const c = &u->clients[s->who];

        c->places++;
        c->met += s->met || s->place == PLACE_HOUSE;
        c->met_uses += s->met || s->place == PLACE_HOUSE ? s->uses : 0;
        c->foreign += !s->met && !account_place_common(w, s->place);
    }
    for (uint32_t i = 0; i < u->session_count; i++)
        if (u->sessions[i].client)
            u->clients[u->sessions[i].client - 1].begun += u->sessions[i].sign_ins > 0;
    for (uint32_t i = 0; i < u->by_session.count; i++) {
        struct account_session *const s = &u->sessions[u->by_session.items[i].who];

        s->places++;
        s->foreign += account_carried_to(w, u, &u->by_session.items[i]);
    }
}

bool account_use_read(const struct account_world *w, struct account_use *u, uint32_t account, struct err *e) {
    forget(u);
    u->account = account;
    if (!activities_of(w->a, ACT_ACCOUNT, account, &u->list, e) || !read_sessions(w, u, e) || !read_stays(w, u, e))
        return false;
    sum_up(w, u);
    return true;
}

/* ---- foreign clients ---- */

uint32_t account_foreign_of(const struct account_foreign *f, uint32_t activity) {
    size_t from = 0, to = f ? f->act_count : 0;

    while (from < to) {
        size_t const middle = from + (to - from) / 2;

        if (f->acts[middle].activity < activity)
            from = middle + 1;
        else
            to = middle;
    }
    return f && from < f->act_count && f->acts[from].activity == activity ? f->acts[from].client + 1 : 0;
}

void account_foreign_free(struct account_foreign *f) {
    if (!f)
        return;
    code_map_free(&f->by_client);
    free(f->clients);
    free(f->acts);
    free(f);
}
