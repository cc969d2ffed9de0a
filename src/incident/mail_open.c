/* mail_open: tokens in a table by their address; fetches in sorted files by recipient, so that each recipient's come together.
 *
 * A seat is a recipient of a campaign; a person is a recipient's address, who may have seats in many. Seats are numbered in the
 * order in which they are told, so that the sorted files give answers in that order. */
#include "incident/mail_open.h"

#include <assert.h>

#include "base/address.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/sorter.h"
#include "codec/web_address.h"

#define MEMORY_USUAL ((size_t)256 << 20)
#define SORT_MEMORY ((size_t)16 << 20)
#define NONE UINT32_MAX
#define MANY (UINT32_MAX - 1)     /* more than one person */
#define STRANGER (UINT32_MAX - 2) /* one who is no recipient */

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)
#define LONG_BEFORE (30 * 24 * 3600 * SECOND)
#define QUICK_BEFORE (120 * SECOND) /* of delivery: gateways look before they deliver */
#define QUICK_AFTER (60 * SECOND)
#define NAMELESS_MAX 16384u /* addresses whose users are looked for; of more, none is anybody's */
#define WITHIN (90 * DAY)   /* a fetch of a host alone is laid to no older mail; coverage is told of so long */
#define GATEWAY_PEOPLE 3u
#define GATEWAY_PERCENT 80u
#define MIXED_PERCENT 20u
#define PART_BYTES 8u /* of a token that was cut, at least; or all of it */
#define COVERS_MAX 4096u
/* One address needs less, however long it is: it is never taken for none because there was no room. */
#define ADDRESS_MEMORY ((size_t)8 * WEB_ADDRESS_MAX)
#define TEXT_MAX 2048u /* bytes of a text that is kept of a fetch */

const str mail_open_fields[] = {
    STR("url"),         STR("Url"),         STR("URL"),           STR("uri"),      STR("c-uri"),    STR("cs-uri"),
    STR("cs-uri-stem"), STR("cs-uri-path"), STR("cs-uri-query"),  STR("cs-host"),  STR("cs(Host)"), STR("cs-uri-host"),
    STR("host"),        STR("hostname"),    STR("http.hostname"), STR("http.url"), STR("request"),  STR("request_uri"),
    STR("http_host"),   STR("dhost"),       STR("server_name"),   STR("tls.sni"),  STR("query"),    STR("QueryName"),
    STR("misc"),        STR("dns.rrname"),
};
const size_t mail_open_field_count = COUNT(mail_open_fields);

/* A table of texts with numbers from 0. */
struct names {
    str *items;
    uint32_t count, room;
    uint32_t *slots; /* number + 1 */
    uint32_t mask;
};

struct token {
    str key;
    uint32_t host, seat;
    uint32_t other; /* seat of one more person; NONE; MANY */
    uint32_t into;  /* bytes of the key that must be there for a part of it to be this token's */
    bool shared;    /* others have the same address */
    int64_t delivered;
};

struct host {
    uint32_t person;   /* whose alone it is; MANY */
    bool told;         /* the token stands in it */
    uint32_t campaign; /* a list of campaigns, the last first: into links; NONE */
    int64_t first;     /* delivery of a token there */
};

struct link {
    uint32_t campaign, next;
};

/* A token from the side of its host. */
struct hosted {
    uint32_t host, person, seat;
    int64_t delivered;
};

struct seat {
    uint32_t person, campaign;
    bool token, arrived;
    int64_t delivered;
};

struct campaign {
    uint64_t number;
    uint32_t seats; /* the first */
    uint32_t seat_count;
    bool lost;
    int64_t first, last; /* of deliveries */
    uint64_t somebody;
    int64_t somebody_first, somebody_last;
    str somebody_value; /* the first, as it was written into the sorted file */
};

struct source {
    uint32_t people, quick; /* how many were fetched for; of these, how many within a minute */
};

/* A source and a person, or an address and a day. */
struct pair {
    uint64_t key; /* both numbers, + 1; 0: empty */
    uint32_t value;
};

struct pairs {
    struct pair *slots;
    uint64_t mask, count;
};

struct cover {
    str log;
    enum mail_open_log says;
    int64_t first, last;
};

struct mail_open {
    struct mail_open_options o;
    uint64_t seed;
    size_t limit, held; /* bytes of all below */
    struct arena *texts, *event;
    struct names persons, hosts, locals, sources, addresses,
        nameless;           /* nameless: of those who asked for a host alone */
    uint32_t *local_person; /* by number of locals: whose the part before the @ is; MANY */
    struct token *tokens;
    uint32_t token_count, token_room;
    uint32_t *token_slots, token_mask;
    uint32_t *by_key; /* tokens sorted by key */
    struct host *host_facts;
    uint32_t host_room;
    struct hosted *hosted; /* sorted */
    struct link *links;
    uint32_t link_count, link_room;
    struct seat *seats;
    uint32_t seat_count, seat_room;
    struct campaign *campaigns;
    uint32_t campaign_count, campaign_room;
    str *host_list; /* sorted */
    struct source *source_facts;
    uint32_t source_room;
    struct pairs quick;   /* (source, person): 1 not quick, 3 quick */
    struct pairs used_by; /* (address, day): person */
    bool sources_lost, addresses_lost;
    struct cover covers[COVERS_MAX];
    uint32_t cover_count;
    struct sorter *fetches, *bare;
    struct buf key, value, url;
    uint64_t events;
    uint32_t bare_host; /* whose fetches on_bare is told of */
    bool bare_anyway;
    bool sealed, full;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for who opened which mail");
}

/* ---- memory that is counted ---- */

/* One more item in an array; what it grows by is counted. False: no memory, or no more is to be used (full). */
static bool room(struct mail_open *o, void **items, uint32_t count, uint32_t *have, size_t size) {
    uint32_t const more = *have < 16 ? 16 : *have;
    void *bigger;

    if (count < *have)
        return true;
    if (*have > UINT32_MAX / 4 || more * size > o->limit - o->held) {
        o->full = true;
        return false;
    }
    if (!(bigger = reallocarray(*items, *have + more, size)))
        return false;
    *items = bigger;
    o->held += more * size;
    *have += more;
    return true;
}

static bool text_keep(struct mail_open *o, str text, str *out) {
    if (text.len > o->limit - o->held) {
        o->full = true;
        return false;
    }
    if (!arena_copy(o->texts, text, out))
        return false;
    o->held += text.len;
    return true;
}

static bool slots_grow(struct mail_open *o, uint32_t **slots, uint32_t *mask, uint32_t count) {
    uint32_t const size = *slots ? (*mask + 1) * 2 : 64;
    uint32_t *bigger;

    if (*slots && count * 2 <= *mask)
        return true;
    if (size > 1u << 30 || size * sizeof *bigger > o->limit - o->held) {
        o->full = true;
        return false;
    }
    if (!(bigger = calloc(size, sizeof *bigger)))
        return false;
    o->held += size * sizeof *bigger / 2;
    free(*slots);
    *slots = bigger;
    *mask = size - 1;
    return true;
}

static uint32_t names_find(const struct mail_open *o, const struct names *n, str text) {
    if (n->slots)
        for (uint64_t at = hash_bytes(text, o->seed); n->slots[at & n->mask]; at++)
            if (str_eq(n->items[n->slots[at & n->mask] - 1], text))
                return n->slots[at & n->mask] - 1;
    return NONE;
}

static void slot_put(uint32_t *slots, uint32_t mask, uint64_t hash, uint32_t number) {
    while (slots[hash & mask])
        hash++;
    slots[hash & mask] = number + 1;
}

/* The number of the text, made if new. NONE: no memory, or full. */
static uint32_t names_add(struct mail_open *o, struct names *n, str text) {
    uint32_t const found = names_find(o, n, text), before = n->slots ? n->mask : 0;

    if (found != NONE)
        return found;
    if (!room(o, (void **)&n->items, n->count, &n->room, sizeof *n->items) ||
        !slots_grow(o, &n->slots, &n->mask, n->count))
        return NONE;
    if (n->mask != before) /* the larger table is empty */
        for (uint32_t i = 0; i < n->count; i++)
            slot_put(n->slots, n->mask, hash_bytes(n->items[i], o->seed), i);
    if (!text_keep(o, text, &n->items[n->count]))
        return NONE;
    slot_put(n->slots, n->mask, hash_bytes(text, o->seed), n->count);
    return n->count++;
}

static void names_free(struct names *n) {
    free(n->items);
    free(n->slots);
}

static uint64_t mixed(uint64_t key) {
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 29;
}

static struct pair *pairs_slot(struct pair *slots, uint64_t mask, uint64_t key) {
    uint64_t at = mixed(key);

    while (slots[at & mask].key && slots[at & mask].key != key + 1)
        at++;
    return &slots[at & mask];
}

/* Where the value of the key is, 0 if new. NULL: no memory, or full. */
static uint32_t *pairs_at(struct mail_open *o, struct pairs *p, uint64_t key) {
    struct pair *slot;

    if (!p->slots || p->count * 2 > p->mask) {
        uint64_t const size = p->slots ? (p->mask + 1) * 2 : 64;
        struct pair *bigger;

        if (size * sizeof *bigger > o->limit - o->held) {
            o->full = true;
            return NULL;
        }
        if (!(bigger = calloc(size, sizeof *bigger)))
            return NULL;
        for (uint64_t i = 0; p->slots && i <= p->mask; i++)
            if (p->slots[i].key)
                *pairs_slot(bigger, size - 1, p->slots[i].key - 1) = p->slots[i];
        o->held += size * sizeof *bigger / 2;
        free(p->slots);
        p->slots = bigger;
        p->mask = size - 1;
    }
    slot = pairs_slot(p->slots, p->mask, key);
    if (!slot->key) {
        slot->key = key + 1;
        p->count++;
    }
    return &slot->value;
}

/* ---- campaigns ---- */

bool mail_open_new(struct mail_open **out, const struct mail_open_options *options, struct err *e) {
    struct mail_open *const o = calloc(1, sizeof *o);

    if (!o)
        return no_memory(e);
    o->o = *options;
    if (!o->o.memory_max)
        o->o.memory_max = MEMORY_USUAL;
    o->limit = o->o.memory_max / 4 * 3; /* the rest is for what events say */
    o->seed = hash_seed();
    o->bare_host = NONE;
    o->texts = arena_new((size_t)1 << 40);
    o->event = arena_new_of(ADDRESS_MEMORY, ADDRESS_MEMORY);
    if (!o->texts || !o->event || !arena_alloc(o->event, 1)) { /* its memory is there from now on */
        mail_open_free(o);
        return no_memory(e);
    }
    if (!sorter_new(&o->fetches, SORT_MEMORY, o->o.folder, e) || !sorter_new(&o->bare, SORT_MEMORY, o->o.folder, e)) {
        mail_open_free(o);
        return false;
    }
    *out = o;
    return true;
}

void mail_open_free(struct mail_open *o) {
    if (!o)
        return;
    arena_free(o->texts);
    arena_free(o->event);
    names_free(&o->persons);
    names_free(&o->hosts);
    names_free(&o->locals);
    names_free(&o->sources);
    names_free(&o->addresses);
    names_free(&o->nameless);
    free(o->local_person);
    free(o->tokens);
    free(o->token_slots);
    free(o->by_key);
    free(o->host_facts);
    free(o->hosted);
    free(o->links);
    free(o->seats);
    free(o->campaigns);
    free(o->host_list);
    free(o->source_facts);
    free(o->quick.slots);
    free(o->used_by.slots);
    sorter_free(o->fetches);
    sorter_free(o->bare);
    buf_free(&o->key);
    buf_free(&o->value);
    buf_free(&o->url);
    free(o);
}

static bool earlier(int64_t a, int64_t b) {
    return a != INSTANT_NONE && (b == INSTANT_NONE || a < b);
}

static uint32_t token_find(const struct mail_open *o, str key) {
    if (o->token_slots)
        for (uint64_t at = hash_bytes(key, o->seed); o->token_slots[at & o->token_mask]; at++)
            if (str_eq(o->tokens[o->token_slots[at & o->token_mask] - 1].key, key))
                return o->token_slots[at & o->token_mask] - 1;
    return NONE;
}

/* How much of the key must be there for it to be a part of this token's address and no other's. */
static uint32_t into_of(str key, str token) {
    size_t const at = token.len ? str_find(key, token) : SIZE_MAX;
    size_t const least = token.len < PART_BYTES ? token.len : PART_BYTES;

    return (uint32_t)(at == SIZE_MAX ? key.len - key.len / 4 : at + least);
}

static bool holds_token(str host, str token) {
    char small[64];

    if (token.len < 4 || token.len > sizeof small)
        return false;
    for (size_t i = 0; i < token.len; i++)
        small[i] = token.ptr[i] >= 'A' && token.ptr[i] <= 'Z' ? (char)(token.ptr[i] + 32) : token.ptr[i];
    return str_find(host, (str){small, token.len}) != SIZE_MAX;
}

/* NONE: no memory, or full. */
static uint32_t host_add(struct mail_open *o, str name, uint32_t person, uint32_t campaign, bool told) {
    uint32_t const before = o->hosts.count, host = names_add(o, &o->hosts, name);
    struct host *h;

    if (host == NONE || !room(o, (void **)&o->host_facts, host, &o->host_room, sizeof *o->host_facts))
        return NONE;
    h = &o->host_facts[host];
    if (host == before)
        *h = (struct host){person, told, NONE, INSTANT_NONE};
    else if (h->person != person)
        h->person = MANY;
    h->told &= told;
    if (h->campaign != NONE && o->links[h->campaign].campaign == campaign)
        return host;
    if (!room(o, (void **)&o->links, o->link_count, &o->link_room, sizeof *o->links))
        return NONE;
    o->links[o->link_count] = (struct link){campaign, h->campaign};
    h->campaign = o->link_count++;
    return host;
}

/* False: no memory, or full. */
static bool token_add(struct mail_open *o, uint32_t seat, const struct mail_token *t, int64_t delivered) {
    struct seat *const s = &o->seats[seat];
    struct web_address w;
    uint32_t found;

    arena_reset(o->event);
    /* A word without a point is in every log a hundred times, and is no host of the world's. */
    if (!web_address_of(t->url, o->event, &w) || (str_find_byte(w.host, '.') == SIZE_MAX && w.host.ptr[0] != '['))
        return true;
    if (earlier(delivered, s->delivered))
        s->delivered = delivered;
    /* A log writes the end of an address that was cut in the mail no better. */
    if ((found = token_find(o, w.key)) != NONE) {
        struct token *const old = &o->tokens[found];

        if (earlier(delivered, old->delivered))
            old->delivered = delivered;
        if (o->seats[old->seat].person != s->person) {
            old->shared = true;
            old->other =
                old->other == NONE || (old->other != MANY && o->seats[old->other].person == s->person) ? seat : MANY;
        }
        return true;
    }
    uint32_t const host = host_add(o, w.host, s->person, s->campaign, holds_token(w.host, t->token));
    uint32_t const before = o->token_slots ? o->token_mask : 0;

    if (host == NONE || !room(o, (void **)&o->tokens, o->token_count, &o->token_room, sizeof *o->tokens) ||
        !slots_grow(o, &o->token_slots, &o->token_mask, o->token_count))
        return false;
    if (o->token_mask != before) /* the larger table is empty */
        for (uint32_t i = 0; i < o->token_count; i++)
            slot_put(o->token_slots, o->token_mask, hash_bytes(o->tokens[i].key, o->seed), i);
    struct token *const token = &o->tokens[o->token_count];

    if (!text_keep(o, w.key, &token->key))
        return false;
    token->host = host;
    token->seat = seat;
    token->other = NONE;
    token->into = into_of(token->key, t->token);
    token->shared = false;
    token->delivered = delivered;
    slot_put(o->token_slots, o->token_mask, hash_bytes(token->key, o->seed), o->token_count++);
    return true;
}

static bool person_local(struct mail_open *o, uint32_t person) {
    str const name = o->persons.items[person];
    uint32_t const before = o->locals.count;
    uint32_t const room_before = o->locals.room;
    uint32_t const local = names_add(o, &o->locals, str_first(name, str_find_byte(name, '@')));
    uint32_t *bigger;

    if (local == NONE)
        return false;
    if (o->locals.room != room_before) {
        if (!(bigger = reallocarray(o->local_person, o->locals.room, sizeof *bigger)))
            return false;
        o->local_person = bigger;
        o->held += (o->locals.room - room_before) * sizeof *bigger;
    }
    if (local == before)
        o->local_person[local] = person;
    else if (o->local_person[local] != person)
        o->local_person[local] = MANY;
    return true;
}

static bool recipient_add(struct mail_open *o, const struct mail_campaign *c, const struct mail_recipient *r) {
    uint32_t const persons = o->persons.count, person = names_add(o, &o->persons, r->address);
    struct campaign *const campaign = &o->campaigns[o->campaign_count];
    struct seat *seat;

    if (person == NONE || (person == persons && !person_local(o, person)) ||
        !room(o, (void **)&o->seats, o->seat_count, &o->seat_room, sizeof *o->seats))
        return false;
    seat = &o->seats[o->seat_count];
    *seat = (struct seat){person, o->campaign_count, false, r->delivered, INSTANT_NONE};
    campaign->first = earlier(r->first, campaign->first) ? r->first : campaign->first;
    campaign->last = r->last != INSTANT_NONE && (campaign->last == INSTANT_NONE || r->last > campaign->last)
                         ? r->last
                         : campaign->last;
    for (size_t i = 0; i < r->token_count; i++) {
        const struct mail_token *const t = &r->tokens[i];
        int64_t const when = t->message < c->message_count ? c->messages[t->message].when : r->first;

        if (!token_add(o, o->seat_count, t, when))
            return false;
    }
    seat = &o->seats[o->seat_count++];
    if (seat->delivered == INSTANT_NONE)
        seat->delivered = r->first;
    campaign->seat_count++;
    return true;
}

/* What is not told any more of a campaign that did not fit: its tokens stay, and are nobody's. */
static void campaign_lose(struct mail_open *o, struct campaign *c) {
    c->lost = true;
    for (uint32_t i = 0; i < o->token_count; i++)
        o->tokens[i].shared |= o->tokens[i].seat >= c->seats;
    o->seat_count = c->seats;
    c->seat_count = 0;
}

bool mail_open_campaign(struct mail_open *o, const struct mail_campaign *c, struct err *e) {
    struct campaign *campaign;

    assert(!o->sealed);
    if (o->campaign_count == o->campaign_room) {
        if (!(campaign = reallocarray(o->campaigns, o->campaign_room * (size_t)2 + 16, sizeof *campaign)))
            return no_memory(e);
        o->campaigns = campaign;
        o->campaign_room = o->campaign_room * 2 + 16;
    }
    campaign = &o->campaigns[o->campaign_count];
    *campaign = (struct campaign){.number = c->number,
                                  .seats = o->seat_count,
                                  .lost = o->full,
                                  .first = INSTANT_NONE,
                                  .last = INSTANT_NONE,
                                  .somebody_first = INSTANT_NONE,
                                  .somebody_last = INSTANT_NONE,
                                  .somebody_value = {"", 0}};
    for (size_t i = 0; i < c->recipient_count && !campaign->lost; i++)
        if (!recipient_add(o, c, &c->recipients[i])) {
            if (!o->full)
                return no_memory(e);
            campaign_lose(o, campaign);
        }
    o->campaign_count++;
    return true;
}

static int compare_hosted(const struct hosted *x, const struct hosted *y) {
    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    if (x->delivered != y->delivered)
        return x->delivered < y->delivered ? -1 : 1;
    return (x->seat > y->seat) - (x->seat < y->seat);
}

static int by_hosted(const void *a, const void *b) {
    return compare_hosted(a, b);
}

static int by_token_key(const void *a, const void *b, void *ctx) {
    const struct mail_open *const o = ctx;

    return str_cmp(o->tokens[*(const uint32_t *)a].key, o->tokens[*(const uint32_t *)b].key);
}

static int by_text(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* Who shares tokens with several, each with another, and has no mailbox here is a list, and the token is the other's, in
 * whose mailbox it lay. False: no memory. */
static bool lists_out(struct mail_open *o) {
    uint32_t *const with = malloc((o->persons.count + (size_t)1) * sizeof *with);

    if (!with)
        return false;
    for (uint32_t i = 0; i < o->persons.count; i++)
        with[i] = NONE;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < o->token_count; i++) {
            struct token *const t = &o->tokens[i];

            if (!t->shared || t->other >= o->seat_count || t->seat >= o->seat_count)
                continue;
            uint32_t const a = o->seats[t->seat].person, b = o->seats[t->other].person;

            if (!pass) {
                with[a] = with[a] == NONE || with[a] == b ? b : MANY;
                with[b] = with[b] == NONE || with[b] == a ? a : MANY;
            } else if ((with[a] == MANY) != (with[b] == MANY)) {
                uint32_t const list = with[a] == MANY ? t->seat : t->other, one = with[a] == MANY ? t->other : t->seat;

                if (o->seats[list].arrived || !o->seats[one].arrived)
                    continue;
                t->seat = one;
                t->shared = false;
            }
        }
    free(with);
    return true;
}

bool mail_open_seal(struct mail_open *o, struct err *e) {
    assert(!o->sealed);
    o->sealed = true;
    o->limit = o->o.memory_max;
    if (!lists_out(o))
        return no_memory(e);
    o->by_key = calloc(o->token_count + (size_t)1, sizeof *o->by_key);
    o->hosted = calloc(o->token_count + (size_t)1, sizeof *o->hosted);
    o->host_list = calloc(o->hosts.count + (size_t)1, sizeof *o->host_list);
    if (!o->by_key || !o->hosted || !o->host_list)
        return no_memory(e);
    for (uint32_t i = 0; i < o->token_count; i++) {
        const struct token *const t = &o->tokens[i];
        bool const lost = t->seat >= o->seat_count;

        o->by_key[i] = i;
        if (earlier(t->delivered, o->host_facts[t->host].first))
            o->host_facts[t->host].first = t->delivered;
        if (!lost)
            o->seats[t->seat].token |= !t->shared;
        o->hosted[i] = (struct hosted){t->host, lost ? NONE : o->seats[t->seat].person, t->seat, t->delivered};
    }
    for (uint32_t i = 0; i < o->hosts.count; i++)
        o->host_list[i] = o->hosts.items[i];
    if (o->token_count) {
        qsort_r(o->by_key, o->token_count, sizeof *o->by_key, by_token_key, o);
        qsort(o->hosted, o->token_count, sizeof *o->hosted, by_hosted);
        qsort(o->host_list, o->hosts.count, sizeof *o->host_list, by_text);
    }
    return true;
}

const str *mail_open_hosts(const struct mail_open *o, size_t *count) {
    assert(o->sealed);
    *count = o->hosts.count;
    return o->host_list;
}

/* ---- who is who ---- */

/* DOMAIN\name and name are whoever of the recipients is called name@..., if it is one. STRANGER: nobody of these; NONE: no account. */
static uint32_t person_of(const struct mail_open *o, str account) {
    char small[256];
    uint32_t found;

    account = str_trim(account);
    for (size_t at; (at = str_find_byte(account, '\\')) != SIZE_MAX;)
        account = str_from(account, at + 1);
    if (!account.len || str_eq(account, S("-")))
        return NONE;
    if (account.len > sizeof small)
        return STRANGER;
    for (size_t i = 0; i < account.len; i++)
        small[i] = account.ptr[i] >= 'A' && account.ptr[i] <= 'Z' ? (char)(account.ptr[i] + 32) : account.ptr[i];
    str const name = {small, account.len};

    if (str_find_byte(name, '@') != SIZE_MAX)
        found = names_find(o, &o->persons, name);
    else if ((found = names_find(o, &o->locals, name)) != NONE)
        found = o->local_person[found];
    return found == NONE || found == MANY ? STRANGER : found;
}

uint32_t mail_open_person(const struct mail_open *o, str account) {
    uint32_t const person = person_of(o, account);

    return person < STRANGER ? person : OPEN_NOBODY;
}

/* The address and the day, as one key; false: they are not kept any more. */
static bool day_key(struct mail_open *o, str address, int64_t when, bool add, uint64_t *key) {
    struct address parsed;
    char text[ADDRESS_TEXT];
    uint32_t n;

    if (when == INSTANT_NONE || o->addresses_lost || !address_parse(address, &parsed))
        return false;
    address = address_format(&parsed, text);
    n = add ? names_add(o, &o->addresses, address) : names_find(o, &o->addresses, address);
    o->addresses_lost |= add && n == NONE;
    *key = (uint64_t)n << 32 | (uint32_t)(when / DAY - (when % DAY < 0));
    return n != NONE;
}

/* Who used the address that day. Where this could not be kept, nothing is laid to anybody by an address: whom it was shared with is not
 * known any more. */
static void address_learn(struct mail_open *o, const struct normal_event *v, uint32_t person) {
    uint64_t key;
    uint32_t *used_by;

    if (person == NONE || str_ends(v->roles[ROLE_ACCOUNT], S("$")) || /* a computer's own account is nobody */
        !day_key(o, v->roles[ROLE_CLIENT_ADDRESS], v->when, true, &key))
        return;
    if (!(used_by = pairs_at(o, &o->used_by, key)))
        o->addresses_lost = true;
    else if (!*used_by) /* numbers from 1 */
        *used_by = person + 1;
    else if (*used_by != person + 1)
        *used_by = MANY + 1;
}

/* Somebody without a name asked for a host from there. The address as the log writes it, and as most do. */
static void nameless_add(struct mail_open *o, str written) {
    struct address parsed;
    char text[ADDRESS_TEXT];

    if (o->addresses_lost || !address_parse(written, &parsed))
        return;
    o->addresses_lost = o->nameless.count >= NAMELESS_MAX || names_add(o, &o->nameless, written) == NONE ||
                        names_add(o, &o->nameless, address_format(&parsed, text)) == NONE;
}

const str *mail_open_addresses(const struct mail_open *o, size_t *count) {
    *count = o->addresses_lost ? 0 : o->nameless.count;
    return o->nameless.items;
}

void mail_open_learn(struct mail_open *o, const struct normal_event *v) {
    if (!str_starts(v->kind, S("mail/")))
        address_learn(o, v, person_of(o, v->roles[ROLE_ACCOUNT]));
}

static uint32_t person_at(struct mail_open *o, str address, int64_t when) {
    uint64_t key;

    if (o->addresses_lost || !o->used_by.slots || !day_key(o, address, when, false, &key))
        return NONE;
    const struct pair *const p = pairs_slot(o->used_by.slots, o->used_by.mask, key);

    return !p->key || p->value - 1 >= STRANGER ? NONE : p->value - 1;
}

/* ---- whose a fetch is ---- */

/* The seat of the person's token on this host that was delivered last, but not after the time. */
static const struct hosted *hosted_before(const struct mail_open *o, uint32_t host, uint32_t person, int64_t when) {
    struct hosted const wanted = {host, person, UINT32_MAX, instant_moved(when, QUICK_BEFORE)};
    uint32_t low = 0, high = o->token_count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (compare_hosted(&o->hosted[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || o->hosted[low - 1].host != host || o->hosted[low - 1].person != person)
        return NULL;
    const struct hosted *const h = &o->hosted[low - 1];

    return h->delivered == INSTANT_NONE || instant_moved(when, -WITHIN) <= h->delivered ? h : NULL;
}

/* The token of which the key is the beginning, and of which it is enough; NONE: there is none, or there are others' too. */
static uint32_t token_begins(const struct mail_open *o, str key) {
    uint32_t low = 0, high = o->token_count, found = NONE;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (str_cmp(o->tokens[o->by_key[middle]].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < o->token_count && str_starts(o->tokens[o->by_key[low]].key, key); low++) {
        const struct token *const t = &o->tokens[o->by_key[low]];

        if (t->shared || key.len < t->into || (found != NONE && o->tokens[found].seat != t->seat))
            return NONE;
        found = found == NONE ? o->by_key[low] : found;
    }
    return found;
}

/* What an address in a log comes to; the better ones are the lesser. */
struct joined {
    enum mail_open_how
        how; /* TOKEN, PART, HOST: seat is set; ACCOUNT: the host alone is known; OPEN_HOWS: it is none of ours */
    uint32_t seat, host;
    int64_t delivered;
};

static void join(struct mail_open *o, const struct web_address *w, str url, int64_t when, struct joined *best) {
    struct joined j = {.how = OPEN_HOWS};
    uint32_t token = token_find(o, w->key);

    if ((j.host = names_find(o, &o->hosts, w->host)) == NONE)
        return;
    const struct host *const h = &o->host_facts[j.host];
    bool const exact = token != NONE && !o->tokens[token].shared;
    bool const ours = token != NONE || w->bare || w->cut;

    if (token == NONE && !w->bare)
        token = token_begins(o, w->key);
    if (token != NONE && !o->tokens[token].shared) {
        j.how = exact ? OPEN_BY_TOKEN : OPEN_BY_PART;
        j.seat = o->tokens[token].seat;
        j.delivered = o->tokens[token].delivered;
    } else if (h->told && h->person < STRANGER && when != INSTANT_NONE) {
        const struct hosted *const at = hosted_before(o, j.host, h->person, when);

        if (at) {
            j.how = OPEN_BY_HOST;
            j.seat = at->seat;
            j.delivered = at->delivered;
        }
    } else if (ours) {
        j.how = OPEN_BY_ACCOUNT;
    }
    if (j.how >= best->how)
        return;
    *best = j;
    o->url.len = 0; /* what it was made of is gone with the next address */
    buf_add(&o->url, str_first(w->bare ? w->host : url, TEXT_MAX));
}

static bool is_one_of(str name, const str *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq(name, names[i]))
            return true;
    return false;
}

/* The first value of the field. */
static str field_of(const struct normal_event *v, str name) {
    for (size_t i = 0; i < v->field_count; i++)
        if (str_eq(v->fields[i].name, name) && v->fields[i].count)
            return v->fields[i].values[0].text;
    return S("");
}

/* Says where somebody came from, or who they are, and not what they asked for. */
static bool is_no_request(str name) {
    static const str parts[] = {STR("refer"), STR("Refer"), STR("agent"), STR("Agent"), STR("from"), STR("From")};

    for (size_t i = 0; i < COUNT(parts); i++)
        if (str_find(name, parts[i]) != SIZE_MAX)
            return true;
    return false;
}

/* All that the event may mean to say was asked for. */
static struct joined join_event(struct mail_open *o, const struct normal_event *v) {
    static const str hosts[] = {STR("cs-host"),       STR("cs(Host)"),  STR("cs-uri-host"), STR("hostname"),
                                STR("http.hostname"), STR("http_host"), STR("dhost"),       STR("host")},
                     paths[] = {STR("cs-uri-stem"), STR("cs-uri-path"), STR("uri"),         STR("http.url"),
                                STR("url"),         STR("request"),     STR("request_uri"), STR("cs-uri")};
    struct joined best = {.how = OPEN_HOWS};
    bool whole = false; /* the host is not all that was asked for */
    struct web_address w;

    arena_reset(o->event);
    if (web_address_of(v->roles[ROLE_OBJECT], o->event, &w))
        join(o, &w, v->roles[ROLE_OBJECT], v->when, &best);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        str const host = field_of(v, hosts[i]);

        for (size_t k = 0; k < COUNT(paths) && host.len; k++) {
            str const path = field_of(v, paths[k]), query = k < 2 ? field_of(v, S("cs-uri-query")) : S("");

            arena_reset(o->event);
            if (path.len && web_address_join(host, path, query, o->event, &w)) {
                whole |= !w.bare;
                join(o, &w, w.key, v->when, &best);
            }
        }
    }
    for (size_t i = 0; i < v->field_count && best.how != OPEN_BY_TOKEN; i++) {
        const struct normal_field *const f = &v->fields[i];

        if (is_no_request(f->name) || is_one_of(f->name, paths, 2) ||
            (whole && is_one_of(f->name, hosts, COUNT(hosts))))
            continue;
        for (size_t k = 0; k < f->count && k < 64; k++) {
            arena_reset(o->event);
            if (web_address_of(f->values[k].text, o->event, &w))
                join(o, &w, f->values[k].text, v->when, &best);
        }
    }
    return best;
}

/* ---- fetches as bytes ---- */

static void put_text(struct buf *b, str s) {
    s = str_first(s, TEXT_MAX);
    uint32_t const size = (uint32_t)s.len;

    buf_add(b, (str){(const char *)&size, sizeof size});
    buf_add(b, s);
}

static void put_u64(struct buf *b, uint64_t n) {
    buf_add(b, (str){(const char *)&n, sizeof n});
}

/* In the order of numbers. */
static void put_key(struct buf *b, uint64_t n, size_t size) {
    n = __builtin_bswap64(n);
    buf_add(b, (str){(const char *)&n + 8 - size, size});
}

static void fetch_key(struct buf *b, uint32_t first, int64_t when, uint64_t number) {
    b->len = 0;
    put_key(b, first, 4);
    put_key(b, when == INSTANT_NONE ? UINT64_MAX : (uint64_t)when ^ (uint64_t)1 << 63, 8); /* no time: last */
    put_key(b, number, 8);
}

static void put_fetch(struct buf *b, const struct normal_event *v, const struct joined *j, str url, uint32_t person) {
    b->len = 0;
    put_u64(b, (uint64_t)v->when);
    put_u64(b, (uint64_t)j->delivered);
    put_u64(b, person);
    put_u64(b, j->how);
    put_u64(b, v->record);
    put_u64(b, v->offset);
    put_text(b, v->roles[ROLE_CLIENT_ADDRESS]);
    put_text(b, v->roles[ROLE_ACCOUNT]);
    put_text(b, v->roles[ROLE_CLIENT_PROGRAM]);
    put_text(b, v->roles[ROLE_OUTCOME]);
    put_text(b, url);
    put_text(b, v->kind);
    put_text(b, v->evidence_path);
    put_text(b, str_of(v->evidence_sha256));
}

struct fetched {
    struct mail_fetch fetch;
    int64_t delivered;
    uint32_t person;
    char sha256[2 * SHA256_SIZE + 1];
};

static bool take_text(struct cursor *c, str *out) {
    uint32_t size;

    return read_u32le(c, &size) && read_view(c, size, out);
}

/* Views into bytes. */
static bool take_fetch(str bytes, struct fetched *out, struct err *e) {
    struct cursor c = cursor_of(bytes);
    struct mail_fetch *const f = &out->fetch;
    uint64_t person, how;
    str sha;

    if (!read_bytes(&c, &f->when, 8) || !read_bytes(&c, &out->delivered, 8) || !read_u64le(&c, &person) ||
        !read_u64le(&c, &how) || how >= OPEN_HOWS || !read_u64le(&c, &f->record) || !read_u64le(&c, &f->offset) ||
        !take_text(&c, &f->client_address) || !take_text(&c, &f->account) || !take_text(&c, &f->client_program) ||
        !take_text(&c, &f->outcome) || !take_text(&c, &f->url) || !take_text(&c, &f->kind) ||
        !take_text(&c, &f->evidence_path) || !take_text(&c, &sha) || sha.len >= sizeof out->sha256)
        return err_set(e, ERR_CORRUPT, 0, "a temporary file has changed");
    memcpy(out->sha256, sha.ptr, sha.len);
    out->sha256[sha.len] = '\0';
    f->evidence_sha256 = out->sha256;
    f->how = (enum mail_open_how)how;
    f->source = MAIL_SOURCE_UNKNOWN;
    f->by_data = false;
    out->person = (uint32_t)person;
    return true;
}

/* ---- who fetches ---- */

static bool is_quick(int64_t when, int64_t delivered) {
    return when != INSTANT_NONE && delivered != INSTANT_NONE && when >= instant_moved(delivered, -QUICK_BEFORE) &&
           when <= instant_moved(delivered, QUICK_AFTER);
}

/* Of an address and a program, or of the address whatever the program. */
static str source_name(struct mail_open *o, str address, str program, bool whole) {
    o->key.len = 0;
    buf_add(&o->key, str_first(address, TEXT_MAX));
    buf_byte(&o->key, whole ? '\x01' : '\x02');
    if (whole)
        buf_add(&o->key, str_first(program, TEXT_MAX));
    return buf_str(&o->key);
}

/* False: no memory. */
static bool source_learn(struct mail_open *o, str address, str program, bool whole, uint32_t person, bool quick) {
    uint32_t const before = o->sources.count;
    str const name = source_name(o, address, program, whole);
    uint32_t source, *known;

    if (o->key.failed)
        return false;
    if (o->sources_lost)
        return true;
    source = names_add(o, &o->sources, name);
    if (source == NONE || !room(o, (void **)&o->source_facts, source, &o->source_room, sizeof *o->source_facts))
        return o->sources_lost |= o->full;
    if (source == before)
        o->source_facts[source] = (struct source){0, 0};
    if (!(known = pairs_at(o, &o->quick, (uint64_t)source << 32 | person)))
        return o->sources_lost |= o->full;
    o->source_facts[source].people += !*known;
    o->source_facts[source].quick += quick && !(*known & 2);
    *known |= quick ? 3 : 1;
    return true;
}

/* A gateway, as far as its behaviour says; mixed: only within a minute of delivery. Of whom nothing could be kept nothing is
 * known, and whether somebody looked is not either. */
static bool behaves(struct mail_open *o, const struct mail_fetch *f, bool whole, bool *mixed) {
    uint32_t const at = names_find(o, &o->sources, source_name(o, f->client_address, f->client_program, whole));

    *mixed = false;
    if (o->key.failed || at == NONE || at >= o->source_room)
        return o->sources_lost;
    const struct source *const s = &o->source_facts[at];

    *mixed = s->quick >= GATEWAY_PEOPLE && (uint64_t)s->quick * 100 >= (uint64_t)s->people * MIXED_PERCENT;
    return *mixed && (uint64_t)s->quick * 100 >= (uint64_t)s->people * GATEWAY_PERCENT;
}

static void judge(struct mail_open *o, struct fetched *f) {
    bool const told = f->fetch.how <= OPEN_BY_HOST; /* of others nothing was learned */
    bool mixed[2], gateway;

    if (o->o.source)
        f->fetch.source = o->o.source(o->o.source_ctx, f->fetch.client_address, f->fetch.client_program);
    f->fetch.by_data = f->fetch.source != MAIL_SOURCE_UNKNOWN;
    /* Nobody looks at a mail that is not there yet. Long before, it is the mail's time that is wrong. */
    if (!f->fetch.by_data && f->fetch.when != INSTANT_NONE && f->delivered != INSTANT_NONE &&
        f->fetch.when < instant_moved(f->delivered, -QUICK_BEFORE) &&
        f->fetch.when > instant_moved(f->delivered, -LONG_BEFORE))
        f->fetch.source = MAIL_SOURCE_GATEWAY;
    if (f->fetch.source != MAIL_SOURCE_UNKNOWN || !told)
        return;
    gateway = behaves(o, &f->fetch, true, &mixed[0]);
    gateway |= behaves(o, &f->fetch, false, &mixed[1]);
    if (gateway || ((mixed[0] || mixed[1]) && is_quick(f->fetch.when, f->delivered)))
        f->fetch.source = MAIL_SOURCE_GATEWAY;
}

/* ---- events ---- */

bool mail_open_event(struct mail_open *o, const struct normal_event *v, struct err *e) {
    uint32_t const person = person_of(o, v->roles[ROLE_ACCOUNT]);
    struct joined j;

    assert(o->sealed);
    if (str_starts(v->kind, S("mail/")))
        return true;
    address_learn(o, v, person);
    j = join_event(o, v);
    if (j.how == OPEN_HOWS)
        return true;
    if (j.how > OPEN_BY_HOST && person == NONE)
        nameless_add(o, v->roles[ROLE_CLIENT_ADDRESS]);
    o->events++;
    put_fetch(&o->value, v, &j, buf_str(&o->url), person);
    if (j.how <= OPEN_BY_HOST) {
        uint32_t const owner = o->seats[j.seat].person;
        str const from = v->roles[ROLE_CLIENT_ADDRESS], with = v->roles[ROLE_CLIENT_PROGRAM];
        bool const quick = is_quick(v->when, j.delivered);

        if (!source_learn(o, from, with, true, owner, quick) || !source_learn(o, from, with, false, owner, quick))
            return no_memory(e);
    }
    fetch_key(&o->key, j.how <= OPEN_BY_HOST ? j.seat : j.host, v->when, o->events);
    if (o->key.failed || o->value.failed || o->url.failed)
        return no_memory(e);
    return sorter_add(j.how <= OPEN_BY_HOST ? o->fetches : o->bare, buf_str(&o->key), buf_str(&o->value), e);
}

enum mail_open_log mail_open_log(const struct kind *kind) {
    for (size_t i = 0; i < kind->logsource_count; i++) {
        const struct kind_logsource *const l = &kind->logsources[i];
        bool const zeek = str_eq(l->product, S("zeek"));

        if (str_eq(l->category, S("proxy")) || (zeek && str_eq(l->service, S("http"))))
            return OPEN_LOG_ADDRESS;
        if (str_eq(l->category, S("dns")) || (zeek && (str_eq(l->service, S("dns")) || str_eq(l->service, S("ssl")))))
            return OPEN_LOG_HOST;
    }
    return OPEN_LOG_NONE;
}

static int by_cover(const void *a, const void *b) {
    const struct cover *const x = a, *const y = b;
    int const order = str_cmp(x->log, y->log);

    if (order)
        return order;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->last > y->last) - (x->last < y->last);
}

/* What meets, or leaves out less than a day, is one. */
static void covers_merge(struct mail_open *o) {
    uint32_t kept = 0;

    if (o->cover_count)
        qsort(o->covers, o->cover_count, sizeof *o->covers, by_cover);
    for (uint32_t i = 0; i < o->cover_count; i++) {
        struct cover *const last = kept ? &o->covers[kept - 1] : NULL;

        if (last && str_eq(last->log, o->covers[i].log) && o->covers[i].first - DAY <= last->last)
            last->last = o->covers[i].last > last->last ? o->covers[i].last : last->last;
        else
            o->covers[kept++] = o->covers[i];
    }
    o->cover_count = kept;
}

bool mail_open_covered(struct mail_open *o, str log, enum mail_open_log says, int64_t first, int64_t last,
                       struct err *e) {
    struct cover c = {.says = says, .first = first, .last = last};

    if (says == OPEN_LOG_NONE || first == INSTANT_NONE || last == INSTANT_NONE || first < INT64_MIN + DAY)
        return true;
    if (o->cover_count == COVERS_MAX)
        covers_merge(o);
    if (o->cover_count == COVERS_MAX) /* what is not known to be covered is told as not covered */
        return true;
    for (uint32_t i = 0; i < o->cover_count && !c.log.ptr; i++)
        if (str_eq(o->covers[i].log, log))
            c.log = o->covers[i].log;
    if (!c.log.ptr && !arena_copy(o->texts, log, &c.log))
        return no_memory(e);
    o->covers[o->cover_count++] = c;
    return true;
}

/* ---- the end ---- */

str mail_open_state_name(enum mail_open_state state) {
    static const str names[] = {STR("opened"),   STR("prefetched"),  STR("not fetched"),
                                STR("somebody"), STR("not covered"), STR("no token")};

    _Static_assert(COUNT(names) == OPEN_STATES, "a name for each");
    return names[state];
}

str mail_open_how_name(enum mail_open_how how) {
    static const str names[] = {STR("token"), STR("part of the token"), STR("host"), STR("account"), STR("address")};

    _Static_assert(COUNT(names) == OPEN_HOWS, "a name for each");
    return names[how];
}

static bool somebody(struct mail_open *o, uint32_t campaign, const struct fetched *f, str value, struct err *e) {
    struct campaign *const c = &o->campaigns[campaign];
    int64_t const when = f->fetch.when;

    if (c->lost || (when != INSTANT_NONE && c->first != INSTANT_NONE &&
                    (when < instant_moved(c->first, -QUICK_BEFORE) || when > instant_moved(c->last, WITHIN))))
        return true;
    c->somebody++;
    if (when != INSTANT_NONE && (c->somebody_last == INSTANT_NONE || when > c->somebody_last))
        c->somebody_last = when;
    if (c->somebody_value.len && !earlier(when, c->somebody_first))
        return true;
    c->somebody_first = when;
    return arena_copy(o->texts, value, &c->somebody_value) || no_memory(e);
}

/* People ask for this host anyway: many have to do with it, or it was asked for before any of these mails came. The file is
 * sorted by host and time: the first fetch of a host says so. */
static bool used_anyway(struct mail_open *o, uint32_t host, int64_t when) {
    int64_t const first = o->host_facts[host].first;

    if (host != o->bare_host)
        o->bare_anyway = (o->o.common && o->o.common(o->o.source_ctx, o->hosts.items[host])) ||
                         (when != INSTANT_NONE && first != INSTANT_NONE && when < instant_moved(first, -QUICK_BEFORE));
    o->bare_host = host;
    return o->bare_anyway;
}

/* A fetch of which only the host is known. */
static bool on_bare(void *ctx, str key, str value, struct err *e) {
    struct mail_open *const o = ctx;
    struct cursor c = cursor_of(key);
    const struct hosted *at = NULL;
    struct fetched f;
    uint32_t host;
    uint64_t number;

    if (!read_bytes(&c, &host, 4) || !cursor_skip(&c, 8) || !read_bytes(&c, &number, 8) || !take_fetch(value, &f, e))
        return err_set(e, ERR_CORRUPT, 0, "a temporary file has changed");
    host = __builtin_bswap32(host);
    if (host >= o->hosts.count)
        return err_set(e, ERR_CORRUPT, 0, "a temporary file has changed");
    bool const named = f.person != NONE;
    uint32_t const person = named ? f.person : person_at(o, f.fetch.client_address, f.fetch.when);

    if (!used_anyway(o, host, f.fetch.when) && person < STRANGER && f.fetch.when != INSTANT_NONE)
        at = hosted_before(o, host, person, f.fetch.when);
    if (!at) {
        for (uint32_t l = o->host_facts[host].campaign; l != NONE; l = o->links[l].next)
            if (!somebody(o, o->links[l].campaign, &f, value, e))
                return false;
        return true;
    }
    uint64_t const how = named ? OPEN_BY_ACCOUNT : OPEN_BY_ADDRESS;

    o->value.len = 0;
    buf_add(&o->value, str_first(value, 8));
    put_u64(&o->value, (uint64_t)at->delivered);
    put_u64(&o->value, person);
    put_u64(&o->value, how);
    buf_add(&o->value, str_from(value, 32));
    fetch_key(&o->key, at->seat, f.fetch.when, __builtin_bswap64(number));
    if (o->key.failed || o->value.failed)
        return no_memory(e);
    return sorter_add(o->fetches, buf_str(&o->key), buf_str(&o->value), e);
}

struct ending {
    struct mail_open *o;
    const struct mail_open_visitor *visitor;
    uint32_t seat; /* the next to be told */
    struct mail_answer answer;
    struct buf first, gateway, covered; /* first: by a person */
};

/* Which logs hold the time, and how far. */
static bool covered(struct ending *end, struct mail_answer *a) {
    const struct mail_open *const o = end->o;

    end->covered.len = 0;
    a->covered_from = a->covered_to = INSTANT_NONE;
    for (uint32_t i = 0; i < o->cover_count && a->delivered != INSTANT_NONE; i++) {
        const struct cover *const c = &o->covers[i];

        if (c->first > instant_moved(a->delivered, 3600 * SECOND) || c->last <= a->delivered)
            continue;
        int64_t const to =
            c->last < instant_moved(a->delivered, WITHIN) ? c->last : instant_moved(a->delivered, WITHIN);
        int64_t const from = c->first > a->delivered ? c->first : a->delivered;

        if (end->covered.len)
            buf_add(&end->covered, S(", "));
        buf_add(&end->covered, c->log);
        a->covered_from = a->covered_from == INSTANT_NONE || from < a->covered_from ? from : a->covered_from;
        a->covered_to = to > a->covered_to ? to : a->covered_to;
    }
    a->covered_by = buf_str(&end->covered);
    return end->covered.len > 0;
}

static bool tell(struct ending *end, struct err *e) {
    struct mail_open *const o = end->o;
    const struct seat *const s = &o->seats[end->seat];
    const struct campaign *const c = &o->campaigns[s->campaign];
    struct mail_answer *const a = &end->answer;
    struct fetched f;

    a->campaign = c->number;
    a->recipient = o->persons.items[s->person];
    a->arrived = s->arrived;
    a->delivered = s->delivered;
    a->covered_by = S("");
    if (end->first.len || end->gateway.len) {
        a->state = end->first.len ? OPEN_OPENED : OPEN_PREFETCHED;
        if (!take_fetch(buf_str(end->first.len ? &end->first : &end->gateway), &f, e))
            return false;
        judge(o, &f);
        a->first = f.fetch;
    } else if (!s->token) {
        a->state = OPEN_NO_TOKEN;
    } else if (!covered(end, a)) {
        a->state = OPEN_NOT_COVERED;
    } else {
        bool const later = c->somebody && (c->somebody_last == INSTANT_NONE || s->delivered == INSTANT_NONE ||
                                           c->somebody_last >= instant_moved(s->delivered, -QUICK_BEFORE));

        a->state = later ? OPEN_SOMEBODY : OPEN_NOT_FETCHED;
    }
    if (end->covered.failed)
        return no_memory(e);
    bool const ok = end->visitor->answer(end->visitor->ctx, a, e);

    end->answer = (struct mail_answer){.last = INSTANT_NONE, .covered_from = INSTANT_NONE, .covered_to = INSTANT_NONE};
    end->first.len = end->gateway.len = 0;
    end->seat++;
    return ok;
}

static bool on_fetch(void *ctx, str key, str value, struct err *e) {
    struct ending *const end = ctx;
    struct cursor c = cursor_of(key);
    struct fetched f;
    uint32_t seat;

    if (!read_bytes(&c, &seat, 4) || !take_fetch(value, &f, e))
        return err_set(e, ERR_CORRUPT, 0, "a temporary file has changed");
    seat = __builtin_bswap32(seat);
    if (seat >= end->o->seat_count || seat < end->seat)
        return err_set(e, ERR_CORRUPT, 0, "a temporary file has changed");
    while (end->seat < seat)
        if (!tell(end, e))
            return false;
    judge(end->o, &f);
    struct buf *const first = f.fetch.source == MAIL_SOURCE_UNKNOWN ? &end->first : &end->gateway;

    if (!first->len)
        buf_add(first, value);
    if (first->failed || end->o->key.failed)
        return no_memory(e);
    end->answer.gateways += f.fetch.source != MAIL_SOURCE_UNKNOWN;
    if (f.fetch.source == MAIL_SOURCE_UNKNOWN) {
        end->answer.fetches++;
        end->answer.last = f.fetch.when > end->answer.last ? f.fetch.when : end->answer.last;
    }
    return true;
}

static bool tell_somebody(struct mail_open *o, const struct campaign *c, const struct mail_open_visitor *visitor,
                          struct err *e) {
    struct mail_somebody s = {
        .campaign = c->number, .fetches = c->somebody, .first_when = c->somebody_first, .last_when = c->somebody_last};
    struct fetched f;

    (void)o;
    if (!take_fetch(c->somebody_value, &f, e))
        return false;
    s.first = f.fetch;
    return visitor->somebody(visitor->ctx, &s, e);
}

bool mail_open_end(struct mail_open *o, const struct mail_open_visitor *visitor, struct err *e) {
    struct ending end = {.o = o,
                         .visitor = visitor,
                         .answer = {.last = INSTANT_NONE, .covered_from = INSTANT_NONE, .covered_to = INSTANT_NONE}};

    assert(o->sealed);
    covers_merge(o);
    bool ok = sorter_run(o->bare, on_bare, o, e) && sorter_run(o->fetches, on_fetch, &end, e);

    while (ok && end.seat < o->seat_count)
        ok = tell(&end, e);
    for (uint32_t i = 0; ok && i < o->campaign_count; i++) {
        if (o->campaigns[i].lost)
            ok = visitor->lost(visitor->ctx, o->campaigns[i].number, e);
        else if (o->campaigns[i].somebody)
            ok = tell_somebody(o, &o->campaigns[i], visitor, e);
    }
    buf_free(&end.first);
    buf_free(&end.gateway);
    buf_free(&end.covered);
    return ok;
}
