/* mail_campaign: the way of messages.
 *
 *   add    each message, packed, into a sorter by what copies have in common
 *   end 1  copies become one message and get a number; the past is learnt, sketches and hosts are sorted
 *      2  mail_cluster says which numbers belong together
 *      3  messages once more, sorted by campaign and time; each campaign is built and ranked as soon as it is whole, and
 *         forgotten but for its score and its place
 *      4  in the order of their ranks they are built again and handed over
 *
 * So no more than one campaign is in memory, and all that is kept of a message is 24 bytes. */
#include <assert.h>

#include "base/hash.h"
#include "base/instant.h"
#include "base/sorter.h"
#include "base/tape.h"
#include "incident/mail_knowledge.h"
#include "incident/mail_own.h"
#include "incident/mail_roster.h"

#define SHARE(c, n) ((c)->options.memory_max / (n))

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for campaigns of mail");
}

bool mail_campaigns_new(struct mail_campaigns **out, const struct mail_campaign_options *options, struct err *e) {
    struct mail_campaigns *const c = calloc(1, sizeof *c);

    if (!c)
        return no_memory(e);
    c->options = *options;
    c->past.seed = hash_seed();
    c->first_minute = MAIL_NEVER;
    c->arena = arena_new(SIZE_MAX / 4);
    c->names_arena = arena_new(SIZE_MAX / 4);
    if (!c->arena || !c->names_arena)
        no_memory(e);
    else if (sorter_new(&c->arrived, SHARE(c, 2), options->folder, e)) {
        *out = c;
        return true;
    }
    mail_campaigns_free(c);
    return false;
}

void mail_campaigns_free(struct mail_campaigns *c) {
    if (!c)
        return;
    sorter_free(c->arrived);
    arena_free(c->arena);
    arena_free(c->names_arena);
    buf_free(&c->packed);
    buf_free(&c->text);
    mail_map_free(&c->domains);
    free(c->names);
    free(c->own);
    mail_past_free(&c->past);
    tape_free(c->tape);
    tape_free(c->sketches);
    free(c->parent);
    free(c->skeleton);
    free(c->sender);
    free(c);
}

/* ---- adding ---- */

/* One more message for the domain, once for each message. */
static bool count_domain(struct mail_campaigns *c, str address, bool delivered, struct err *e) {
    str const domain = mail_registrable(mail_domain_of(address));
    uint64_t *at;

    if (!domain.len)
        return true;
    if (!(at = mail_map_put(&c->domains, hash_bytes(domain, c->past.seed))))
        return no_memory(e);
    if (!*at) {
        if (c->name_count == c->name_room) {
            size_t const room = c->name_room ? c->name_room * 2 : 64;
            struct mail_own_domain *const grown = reallocarray(c->names, room, sizeof *grown);

            if (!grown)
                return no_memory(e);
            c->names = grown;
            c->name_room = room;
        }
        c->names[c->name_count] = (struct mail_own_domain){0};
        if (!arena_copy(c->names_arena, domain, &c->names[c->name_count].name))
            return no_memory(e);
        *at = ++c->name_count;
    }
    struct mail_own_domain *const d = &c->names[*at - 1];

    if (d->last != c->added) {
        d->delivered += delivered;
        d->named += !delivered;
    }
    d->last = c->added;
    return true;
}

bool mail_campaigns_add(struct mail_campaigns *c, const struct mail_message *m, struct err *e) {
    c->added++;
    c->delivered_messages += m->delivered_count > 0;
    for (uint32_t i = 0; i < m->delivered_count; i++)
        if (!count_domain(c, m->delivered_to[i], true, e))
            return false;
    for (uint32_t i = 0; !m->delivered_count && i < m->recipient_count; i++)
        if (!count_domain(c, m->recipients[i], false, e))
            return false;
    c->packed.len = 0;
    if (!mail_pack(&c->packed, m, 1))
        return no_memory(e);
    return sorter_add(c->arrived, buf_str(&c->packed), (str){"", 0}, e);
}

/* ---- the institution ---- */

bool mail_is_own(const struct mail_campaigns *c, str domain) {
    for (size_t i = 0; i < c->own_count; i++)
        if (str_eq(domain, c->own[i]) || (domain.len > c->own[i].len && str_ends(domain, c->own[i]) &&
                                          domain.ptr[domain.len - c->own[i].len - 1] == '.'))
            return true;
    return false;
}

/* As given; or the domain to which more than half of all messages are delivered, or, where nothing says what was delivered,
 * addressed. */
static bool own_take(struct mail_campaigns *c, struct err *e) {
    bool const delivered = c->delivered_messages > 0;
    uint64_t const all = delivered ? c->delivered_messages : c->added;

    c->own_guessed = c->options.own_count == 0;
    if (!(c->own = reallocarray(NULL, c->options.own_count + 2, sizeof *c->own)))
        return no_memory(e);
    for (size_t i = 0; i < c->options.own_count; i++)
        c->own[c->own_count++] = c->options.own_domains[i];
    for (size_t i = 0; c->own_guessed && i < c->name_count && c->own_count < 2; i++)
        if ((delivered ? c->names[i].delivered : c->names[i].named) * 2 > all &&
            !mail_freemail(c->options.knowledge, c->names[i].name))
            c->own[c->own_count++] = c->names[i].name;
    if (c->own_count == 2 && c->own_guessed && str_cmp(c->own[0], c->own[1]) > 0) {
        str const swap = c->own[0];

        c->own[0] = c->own[1];
        c->own[1] = swap;
    }
    return true;
}

uint64_t mail_sender(const struct mail_campaigns *c, const struct mail_message *m) {
    enum mail_past_of const of = mail_forged(m) ? PAST_FORGED : PAST_DOMAIN;

    return !m->from_domain.len || (of == PAST_DOMAIN && mail_freemail(c->options.knowledge, m->from_domain))
               ? mail_past_key(&c->past, of == PAST_FORGED ? of : PAST_ADDRESS, m->from)
               : mail_past_key(&c->past, of, mail_registrable(m->from_domain));
}

static bool remember_in(struct mail_campaigns *c, const struct mail_message *m, uint32_t minute) {
    struct mail_past *const p = &c->past;
    uint64_t const address = mail_past_key(p, PAST_ADDRESS, m->from), sender = mail_sender(c, m);
    char room[MAIL_NAME_MAX];
    size_t words;

    if (!mail_past_in(p, sender, minute, 0) ||
        (sender != address && !mail_forged(m) && !mail_past_in(p, address, minute, 0)))
        return false;
    if (m->list_id.len && !mail_past_in(p, mail_list_key(p, m), minute, 0))
        return false;
    str const name = mail_name_fold(m->from_name, room, &words);

    return words < 2 || mail_forged(m) || mail_past_in(p, mail_past_key(p, PAST_NAME, name), minute, address);
}

static bool remember_out(struct mail_campaigns *c, const struct mail_message *m, uint32_t minute) {
    for (uint32_t i = 0; i < m->recipient_count; i++) {
        str const domain = mail_domain_of(m->recipients[i]);

        if (!domain.len || mail_is_own(c, domain))
            continue;
        if (!mail_past_out(&c->past, mail_past_key(&c->past, PAST_ADDRESS, m->recipients[i]), minute))
            return false;
        if (!mail_freemail(c->options.knowledge, domain) &&
            !mail_past_out(&c->past, mail_past_key(&c->past, PAST_DOMAIN, mail_registrable(domain)), minute))
            return false;
    }
    return true;
}

/* ---- 1: copies become messages ---- */

struct merging {
    struct mail_campaigns *c;
    struct sorter *bands, *hosts;
    struct buf first; /* the first copy, packed */
    uint64_t copies;
    struct arena *arena;              /* of the addresses of further copies */
    struct buf recipients, delivered; /* str: views into it */
    bool own;
    int64_t when; /* of the earliest copy, whatever it is called */
};

static int by_text(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

static bool collect(struct merging *g, struct buf *into, const str *list, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        str copy;

        if (!arena_copy(g->arena, list[i], &copy))
            return false;
        buf_add(into, (str){(const char *)&copy, sizeof copy});
    }
    return !into->failed;
}

static uint32_t unique(struct buf *list) {
    str *const items = (str *)(void *)list->ptr;
    size_t const count = list->len / sizeof *items;
    uint32_t kept = 0;

    if (count)
        qsort(items, count, sizeof *items, by_text);
    for (size_t i = 0; i < count; i++)
        if (!kept || !str_eq(items[kept - 1], items[i]))
            items[kept++] = items[i];
    return kept;
}

static bool room_for(struct mail_campaigns *c, struct err *e) {
    size_t const room = c->room ? c->room * 2 : 1024;

    if (c->messages < c->room)
        return true;
    uint32_t *const parent = reallocarray(c->parent, room, sizeof *parent);

    if (parent)
        c->parent = parent;
    uint32_t *const skeleton = reallocarray(c->skeleton, room, sizeof *skeleton);

    if (skeleton)
        c->skeleton = skeleton;
    uint64_t *const sender = reallocarray(c->sender, room, sizeof *sender);

    if (sender)
        c->sender = sender;
    if (!parent || !skeleton || !sender)
        return no_memory(e);
    c->room = room;
    return true;
}

/* The copies at hand are all there are of this message. */
static bool merged(struct merging *g, struct err *e) {
    struct mail_campaigns *const c = g->c;
    struct mail_message m;
    uint64_t one;

    if (g->copies == 0)
        return true;
    arena_reset(c->arena);
    if (!room_for(c, e))
        return false;
    if (!mail_unpack(buf_str(&g->first), c->arena, &m, &one))
        return no_memory(e);
    if (g->copies > 1) {
        if (!collect(g, &g->recipients, m.recipients, m.recipient_count) ||
            !collect(g, &g->delivered, m.delivered_to, m.delivered_count))
            return no_memory(e);
        m.recipient_count = unique(&g->recipients);
        m.recipients = (const str *)(const void *)g->recipients.ptr;
        m.delivered_count = unique(&g->delivered);
        m.delivered_to = (const str *)(const void *)g->delivered.ptr;
    }
    m.when = g->when;
    m.from_own = (g->own || mail_is_own(c, m.from_domain)) && !mail_forged(&m);
    if (c->messages == UINT32_MAX - 1)
        return err_set(e, ERR_LIMIT, 0, "more messages than can be told apart");
    uint32_t const minute = mail_minute(m.when), number = (uint32_t)c->messages;

    c->packed.len = 0;
    c->sender[number] = mail_sender(c, &m);
    if (!mail_pack(&c->packed, &m, g->copies) ||
        !(m.from_own ? remember_out(c, &m, minute) : remember_in(c, &m, minute)))
        return no_memory(e);
    if (!tape_add(c->tape, buf_str(&c->packed), e) || !mail_cluster_add(c, &m, number, g->bands, g->hosts, e))
        return false;
    c->messages++;
    c->copies += g->copies - 1;
    c->judged += m.spf.len || m.dkim.len || m.dmarc.len;
    c->first_minute = minute < c->first_minute ? minute : c->first_minute;
    return true;
}

static bool on_copy(void *ctx, str key, str value, struct err *e) {
    struct merging *const g = ctx;
    struct mail_message m;
    uint64_t one;
    bool const same = g->copies && str_eq(mail_pack_same(buf_str(&g->first)), mail_pack_same(key));

    (void)value;
    if (!same && !merged(g, e))
        return false;
    arena_reset(g->c->arena);
    if (!mail_unpack(key, g->c->arena, &m, &one))
        return no_memory(e);
    if (same) {
        g->copies++;
        g->own |= m.from_own;
        if (m.when != INSTANT_NONE && (g->when == INSTANT_NONE || m.when < g->when))
            g->when = m.when;
        return (collect(g, &g->recipients, m.recipients, m.recipient_count) &&
                collect(g, &g->delivered, m.delivered_to, m.delivered_count)) ||
               no_memory(e);
    }
    arena_reset(g->arena);
    g->first.len = g->recipients.len = g->delivered.len = 0;
    g->copies = 1;
    g->own = m.from_own;
    g->when = m.when;
    buf_add(&g->first, key);
    return !g->first.failed || no_memory(e);
}

static bool merge_and_cluster(struct mail_campaigns *c, struct err *e) {
    struct merging g = {.c = c, .arena = arena_new(SIZE_MAX / 4)};
    bool ok = (g.arena || no_memory(e)) && tape_new(&c->tape, SHARE(c, 8), c->options.folder, e) &&
              tape_new(&c->sketches, SHARE(c, 8), c->options.folder, e) &&
              sorter_new(&g.bands, SHARE(c, 8), c->options.folder, e) &&
              sorter_new(&g.hosts, SHARE(c, 8), c->options.folder, e) && sorter_run(c->arrived, on_copy, &g, e) &&
              merged(&g, e);

    sorter_free(c->arrived);
    c->arrived = NULL;
    ok = ok && mail_cluster(c, g.bands, g.hosts, e);
    sorter_free(g.bands);
    sorter_free(g.hosts);
    tape_free(c->sketches);
    c->sketches = NULL;
    arena_free(g.arena);
    buf_free(&g.first);
    buf_free(&g.recipients);
    buf_free(&g.delivered);
    return ok;
}

/* ---- building one campaign ---- */

/* Different texts, each with how often it came; indexes from 0 in the order of coming. */
struct texts {
    struct mail_map map;
    struct arena *arena;
    str *items; /* each with a NUL behind */
    uint64_t *counts;
    size_t count, room;
};

static void texts_free(struct texts *t) {
    mail_map_free(&t->map);
    free(t->items);
    free(t->counts);
}

/* SIZE_MAX: no memory. */
static size_t texts_put(struct texts *t, str s, uint64_t seed) {
    uint64_t *const at = mail_map_put(&t->map, hash_bytes(s, seed));
    char *copy;

    if (!at)
        return SIZE_MAX;
    if (!*at) {
        if (t->count == t->room) {
            size_t const room = t->room ? t->room * 2 : 32;
            str *const items = reallocarray(t->items, room, sizeof *items);

            if (items)
                t->items = items;
            uint64_t *const counts = items ? reallocarray(t->counts, room, sizeof *counts) : NULL;

            if (!counts)
                return SIZE_MAX;
            t->counts = counts;
            t->room = room;
        }
        if (!(copy = arena_bytes(t->arena, s.len + 1)))
            return SIZE_MAX;
        if (s.len)
            memcpy(copy, s.ptr, s.len);
        copy[s.len] = '\0';
        t->items[t->count] = (str){copy, s.len};
        t->counts[t->count] = 0;
        *at = ++t->count;
    }
    t->counts[*at - 1]++;
    return (size_t)(*at - 1);
}

/* The texts in byte order, in the arena; empty ones are none. */
static bool texts_sorted(const struct texts *t, const str **out, size_t *count) {
    str *const list = arena_zero(t->arena, t->count + 1, sizeof *list);

    *count = 0;
    if (!list)
        return false;
    for (size_t i = 0; i < t->count; i++)
        if (t->items[i].len)
            list[(*count)++] = t->items[i];
    if (*count)
        qsort(list, *count, sizeof *list, by_text);
    *out = list;
    return true;
}

struct got { /* a message by a recipient */
    uint32_t recipient, message;
    bool delivered;
};
struct own_token {
    uint32_t recipient;
    struct mail_token token;
};

struct building {
    struct mail_campaigns *c;
    struct arena *arena; /* of the campaign */
    struct texts pool, senders, domains, hosts, subjects, addresses;
    struct mail_map sender_map;
    struct buf got, tokens, sender_list; /* struct got, struct own_token, uint64_t */
    struct mail_tally tally;
    struct mail_tokens *token_finder;
    struct mail_campaign_message *messages;
    size_t message_count;
    struct mail_campaign out;
};

static void building_clear(struct building *b) {
    struct texts *const all[] = {&b->pool, &b->senders, &b->domains, &b->hosts, &b->subjects, &b->addresses};

    for (size_t i = 0; i < COUNT(all); i++) {
        texts_free(all[i]);
        *all[i] = (struct texts){.arena = b->arena};
    }
    mail_map_free(&b->sender_map);
    mail_tokens_free(b->token_finder);
    b->token_finder = NULL;
    b->got.len = b->tokens.len = b->sender_list.len = 0;
    b->message_count = 0;
    b->tally = (struct mail_tally){0};
    b->out = (struct mail_campaign){0};
    arena_reset(b->arena);
}

static bool building_new(struct building *b, struct mail_campaigns *c, struct err *e) {
    *b = (struct building){.c = c, .arena = arena_new(SIZE_MAX / 4)};
    if (!b->arena)
        return no_memory(e);
    building_clear(b);
    return true;
}

static void building_free(struct building *b) {
    if (b->arena)
        building_clear(b);
    buf_free(&b->got);
    buf_free(&b->tokens);
    buf_free(&b->sender_list);
    arena_free(b->arena);
}

static bool take(struct building *b, struct texts *t, str s, str *out) {
    size_t const at = texts_put(t, s, b->c->past.seed);

    if (at != SIZE_MAX)
        *out = t->items[at];
    return at != SIZE_MAX;
}

/* The address got the message; and these tokens, where it is one of its holders. */
static bool give(struct building *b, str address, bool delivered, bool holds, const struct mail_token *tokens,
                 size_t count) {
    size_t const recipient = texts_put(&b->addresses, address, b->c->past.seed);
    struct got const got = {(uint32_t)recipient, (uint32_t)b->message_count, delivered};

    if (recipient == SIZE_MAX)
        return false;
    buf_add(&b->got, (str){(const char *)&got, sizeof got});
    for (size_t i = 0; holds && i < count; i++) {
        struct own_token own = {(uint32_t)recipient, tokens[i]};

        own.token.message = b->message_count;
        if (!take(b, &b->hosts, tokens[i].host, &own.token.host) || !take(b, &b->pool, tokens[i].url, &own.token.url))
            return false;
        own.token.token = (str){own.token.url.ptr + (tokens[i].token.ptr - tokens[i].url.ptr), tokens[i].token.len};
        buf_add(&b->tokens, (str){(const char *)&own, sizeof own});
    }
    return !b->got.failed && !b->tokens.failed;
}

static bool listed_in(const str *list, size_t count, str s) {
    return count && bsearch(&s, list, count, sizeof *list, by_text);
}

static bool give_all(struct building *b, const struct mail_message *m, const struct mail_token *tokens, size_t count) {
    str list[MAIL_HOLDERS_MAX];
    size_t const holders = mail_holders(m, list);

    for (uint32_t i = 0; i < m->delivered_count; i++)
        if (!give(b, m->delivered_to[i], true, holders != SIZE_MAX, tokens, count))
            return false;
    for (uint32_t i = 0; i < m->recipient_count; i++)
        if (!listed_in(m->delivered_to, m->delivered_count, m->recipients[i]) &&
            !give(b, m->recipients[i], false, holders != SIZE_MAX && listed_in(list, holders, m->recipients[i]), tokens,
                  count))
            return false;
    return m->delivered_count || m->recipient_count || give(b, (str){"", 0}, false, true, tokens, count);
}

static bool put_message(struct building *b, const struct mail_message *m, uint64_t copies, uint32_t skeleton) {
    struct mail_campaigns *const c = b->c;
    struct mail_campaign_message *const to = &b->messages[b->message_count];
    struct mail_token tokens[MAIL_TOKENS_MAX];
    size_t count;
    str sha256, ignored;
    uint64_t const sender = mail_sender(c, m);
    uint64_t *known;

    *to = (struct mail_campaign_message){.record = m->record, .offset = m->offset, .copies = copies, .when = m->when};
    if (!take(b, &b->pool, m->evidence_path, &to->evidence_path) ||
        !take(b, &b->pool, str_of(m->evidence_sha256), &sha256) || !take(b, &b->pool, m->from_name, &to->from_name) ||
        !take(b, &b->pool, m->return_path, &to->return_path) || !take(b, &b->senders, m->from, &to->from) ||
        !take(b, &b->subjects, m->subject, &to->subject) ||
        !take(b, &b->domains, mail_registrable(m->from_domain), &ignored) ||
        !arena_copy(b->arena, m->message_id, &to->message_id) || !(known = mail_map_put(&b->sender_map, sender)))
        return false;
    to->evidence_sha256 = sha256.ptr;
    if (!*known)
        buf_add(&b->sender_list, (str){(const char *)&sender, sizeof sender});
    *known = 1;
    for (uint32_t i = 0; i < m->url_count; i++)
        if (mail_loaded(&m->urls[i]) && !take(b, &b->hosts, m->urls[i].host, &ignored))
            return false;
    mail_tokens_of(b->token_finder, m, skeleton, tokens, &count);
    if (!mail_tally_add(c, &b->tally, m, tokens, count, b->arena) || !give_all(b, m, tokens, count))
        return false;
    b->out.copies += copies;
    if (m->when != INSTANT_NONE) {
        b->out.first = b->out.first == INSTANT_NONE || m->when < b->out.first ? m->when : b->out.first;
        b->out.last = b->out.last == INSTANT_NONE || m->when > b->out.last ? m->when : b->out.last;
    }
    b->message_count++;
    return !b->sender_list.failed;
}

enum pass { VALUES, FRAMES, MESSAGES, PASSES };

static bool run_pass(struct building *b, enum pass pass, const struct tape *tape, uint64_t from, uint64_t to,
                     struct err *e) {
    struct tape_reader r = {0};
    bool ok = true;
    str record;

    tape_read(&r, tape, from, to);
    e->code = ERR_NONE;
    while (ok && tape_next(&r, &record, e)) {
        struct mail_message m;
        uint64_t copies;
        uint32_t skeleton;

        assert(record.len > sizeof skeleton);
        memcpy(&skeleton, record.ptr, sizeof skeleton);
        arena_reset(b->c->arena);
        ok = mail_unpack(str_from(record, sizeof skeleton), b->c->arena, &m, &copies) &&
             (pass == VALUES   ? mail_tokens_values(b->token_finder, &m, skeleton)
              : pass == FRAMES ? mail_tokens_frames(b->token_finder, &m, skeleton)
                               : put_message(b, &m, copies, skeleton));
        if (!ok)
            no_memory(e);
    }
    ok = ok && e->code == ERR_NONE;
    tape_reader_free(&r);
    return ok;
}

struct order {
    str address;
    uint32_t recipient;
};

static int by_address(const void *a, const void *b) {
    return str_cmp(((const struct order *)a)->address, ((const struct order *)b)->address);
}

/* Recipients by address, and of each its messages and tokens, in the order they came: by message. */
static bool put_recipients(struct building *b) {
    size_t const count = b->addresses.count, gots = b->got.len / sizeof(struct got),
                 tokens = b->tokens.len / sizeof(struct own_token);
    const struct got *const got = (const struct got *)(const void *)b->got.ptr;
    const struct own_token *const token = (const struct own_token *)(const void *)b->tokens.ptr;
    struct order *const order = arena_zero(b->arena, count + 1, sizeof *order);
    uint32_t *const place = arena_zero(b->arena, count + 1, sizeof *place);
    struct mail_recipient *const list = arena_zero(b->arena, count + 1, sizeof *list);
    uint64_t *const messages = arena_zero(b->arena, gots + 1, sizeof *messages);
    struct mail_token *const own = arena_zero(b->arena, tokens + 1, sizeof *own);

    if (!order || !place || !list || !messages || !own)
        return false;
    for (uint32_t i = 0; i < count; i++)
        order[i] = (struct order){b->addresses.items[i], i};
    if (count)
        qsort(order, count, sizeof *order, by_address);
    for (uint32_t i = 0; i < count; i++) {
        const struct mail_roster_person *const person = mail_roster_find(b->c->options.roster, order[i].address);

        place[order[i].recipient] = i;
        list[i] = (struct mail_recipient){.address = order[i].address,
                                          .group = person ? person->group : (str){"", 0},
                                          .first = INSTANT_NONE,
                                          .last = INSTANT_NONE};
    }
    for (size_t i = 0; i < gots; i++)
        list[place[got[i].recipient]].message_count++;
    for (size_t i = 0; i < tokens; i++)
        list[place[token[i].recipient]].token_count++;
    for (size_t i = 0, m = 0, t = 0; i < count; i++) {
        list[i].messages = messages + m;
        list[i].tokens = own + t;
        m += list[i].message_count;
        t += list[i].token_count;
        list[i].message_count = list[i].token_count = 0;
    }
    for (size_t i = 0; i < gots; i++) {
        struct mail_recipient *const r = &list[place[got[i].recipient]];
        int64_t const when = b->messages[got[i].message].when;

        messages[(r->messages - messages) + (ptrdiff_t)r->message_count++] = got[i].message;
        r->delivered |= got[i].delivered;
        if (when == INSTANT_NONE)
            continue;
        r->first = r->first == INSTANT_NONE || when < r->first ? when : r->first;
        r->last = r->last == INSTANT_NONE || when > r->last ? when : r->last;
    }
    for (size_t i = 0; i < tokens; i++) {
        struct mail_recipient *const r = &list[place[token[i].recipient]];

        own[(r->tokens - own) + (ptrdiff_t)r->token_count++] = token[i].token;
    }
    b->out.recipients = list;
    b->out.recipient_count = count;
    b->out.token_count = tokens;
    return true;
}

static str most_frequent(const struct texts *t) {
    size_t best = 0;

    for (size_t i = 1; i < t->count; i++)
        if (t->counts[i] > t->counts[best] ||
            (t->counts[i] == t->counts[best] && str_cmp(t->items[i], t->items[best]) < 0))
            best = i;
    return t->count ? t->items[best] : (str){"", 0};
}

/* Everything of the campaign whose messages lie there but its number; until the next one. */
static bool build(struct building *b, const struct tape *tape, uint64_t from, uint64_t to, uint64_t messages,
                  struct err *e) {
    building_clear(b);
    b->out.first = b->out.last = INSTANT_NONE;
    b->messages = arena_zero(b->arena, messages, sizeof *b->messages);
    if (!b->messages || !mail_tokens_new(&b->token_finder, messages, b->c->past.seed))
        return no_memory(e);
    for (int pass = 0; pass < PASSES; pass++)
        if (!run_pass(b, (enum pass)pass, tape, from, to, e))
            return false;
    assert(b->message_count == messages);
    b->out.messages = b->messages;
    b->out.message_count = messages;
    b->out.subject = most_frequent(&b->subjects);
    b->out.service = b->tally.service;
    if (!put_recipients(b) || !texts_sorted(&b->senders, &b->out.senders, &b->out.sender_count) ||
        !texts_sorted(&b->domains, &b->out.sender_domains, &b->out.sender_domain_count) ||
        !texts_sorted(&b->hosts, &b->out.hosts, &b->out.host_count) ||
        !texts_sorted(&b->subjects, &b->out.subjects, &b->out.subject_count) ||
        !mail_rank(b->c, &b->tally, (const uint64_t *)(const void *)b->sender_list.ptr,
                   b->sender_list.len / sizeof(uint64_t), &b->out, b->arena))
        return no_memory(e);
    return true;
}

/* mail_campaign.h says what one is. */
static bool is_campaign(const struct building *b) {
    size_t const somebody = b->out.recipient_count - (b->out.recipient_count && !b->out.recipients[0].address.len);

    if (b->out.message_count >= 2 && somebody >= 2)
        return true;
    return (b->tally.beacons || b->out.token_count || (b->tally.mismatched && b->out.host_count) ||
            b->tally.lookalike) &&
           b->out.score > 0;
}

/* ---- 3: sorted by campaign ---- */

static void put_be(struct buf *b, uint64_t n, unsigned bytes) {
    while (bytes--)
        buf_byte(b, (char)(n >> bytes * 8));
}

static uint64_t get_be(str s, size_t at, unsigned bytes) {
    uint64_t n = 0;

    while (bytes--)
        n = n << 8 | (unsigned char)s.ptr[at++];
    return n;
}

/* A single message that has nothing a campaign of one must have. */
static bool plain(const struct mail_message *m) {
    for (uint32_t i = 0; i < m->url_count; i++)
        if (mail_loaded(&m->urls[i]))
            return false;
    return !m->lookalike_of.len;
}

/* Which roots stand for more than themselves: a bit each. */
static unsigned char *shared_roots(struct mail_campaigns *c) {
    unsigned char *const bits = calloc((size_t)c->messages / 8 + 1, 1);

    for (uint32_t i = 0; bits && i < c->messages; i++) {
        uint32_t const root = mail_root(c->parent, i);

        if (root != i)
            bits[root / 8] |= (unsigned char)(1u << root % 8);
    }
    return bits;
}

static bool sort_by_campaign(struct mail_campaigns *c, struct sorter *sorted, struct err *e) {
    unsigned char *const shared = shared_roots(c);
    struct tape_reader r = {0};
    struct buf key = {0};
    bool ok = shared || no_memory(e);
    str record;

    tape_read(&r, c->tape, 0, tape_end(c->tape));
    for (uint32_t i = 0; ok && i < c->messages; i++) {
        uint32_t const root = mail_root(c->parent, i);
        struct mail_message m;
        uint64_t copies;

        if (!tape_next(&r, &record, e)) {
            ok = e->code != ERR_NONE ? false : err_set(e, ERR_CORRUPT, 0, "a temporary file is damaged");
            break;
        }
        arena_reset(c->arena);
        if (!mail_unpack(record, c->arena, &m, &copies)) {
            ok = no_memory(e);
            break;
        }
        if (root == i && !(shared[i / 8] >> i % 8 & 1) && plain(&m))
            continue;
        key.len = c->text.len = 0;
        put_be(&key, root, 4);
        put_be(&key, m.when == INSTANT_NONE ? UINT64_MAX : (uint64_t)m.when ^ UINT64_C(1) << 63, 8);
        buf_add(&key, m.evidence_path);
        buf_byte(&key, '\0');
        put_be(&key, m.offset, 8);
        put_be(&key, m.record, 8);
        put_be(&key, i, 4);
        buf_add(&c->text, (str){(const char *)&c->skeleton[i], sizeof c->skeleton[i]});
        buf_add(&c->text, record);
        ok = (!key.failed && !c->text.failed) || no_memory(e);
        ok = ok && sorter_add(sorted, buf_str(&key), buf_str(&c->text), e);
    }
    tape_reader_free(&r);
    buf_free(&key);
    free(shared);
    return ok;
}

struct grouping {
    struct building *b;
    struct sorter *ranks;
    struct tape *tape; /* messages by campaign */
    uint64_t from, count, root;
};

/* A double so that its bytes are in order. */
static uint64_t ordered(double d) {
    uint64_t bits;

    memcpy(&bits, &d, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static bool end_campaign(struct grouping *g, struct err *e) {
    struct buf key = {0};
    struct {
        uint64_t from, to, count;
    } const place = {g->from, tape_end(g->tape), g->count};
    bool ok = true;

    if (g->count == 0)
        return true;
    if (!build(g->b, g->tape, place.from, place.to, place.count, e))
        return false;
    if (is_campaign(g->b)) {
        put_be(&key, ~ordered(g->b->out.score + 0.0), 8);
        put_be(&key, ~(uint64_t)g->b->out.recipient_count, 8);
        put_be(&key, g->root, 4);
        ok = !key.failed || no_memory(e);
        ok = ok && sorter_add(g->ranks, buf_str(&key), (str){(const char *)&place, sizeof place}, e);
    }
    buf_free(&key);
    g->from = tape_end(g->tape);
    g->count = 0;
    return ok;
}

static bool on_message(void *ctx, str key, str value, struct err *e) {
    struct grouping *const g = ctx;
    uint64_t const root = get_be(key, 0, 4);

    if (g->count && root != g->root && !end_campaign(g, e))
        return false;
    g->root = root;
    g->count++;
    return tape_add(g->tape, value, e);
}

/* ---- 4: by rank ---- */

struct telling {
    struct building *b;
    const struct tape *tape;
    bool (*campaign)(void *ctx, const struct mail_campaign *campaign, struct err *e);
    void *ctx;
    uint64_t number;
};

static bool on_rank(void *ctx, str key, str value, struct err *e) {
    struct telling *const t = ctx;
    uint64_t place[3];

    (void)key;
    assert(value.len == sizeof place);
    memcpy(place, value.ptr, sizeof place);
    if (!build(t->b, t->tape, place[0], place[1], place[2], e))
        return false;
    t->b->out.number = ++t->number;
    return t->campaign(t->ctx, &t->b->out, e);
}

bool mail_campaigns_end(struct mail_campaigns *c,
                        bool (*campaign)(void *ctx, const struct mail_campaign *campaign, struct err *e), void *ctx,
                        struct err *e) {
    struct sorter *sorted = NULL, *ranks = NULL;
    struct tape *tape = NULL;
    struct building b = {0};
    bool ok = own_take(c, e) && merge_and_cluster(c, e) && building_new(&b, c, e) &&
              sorter_new(&sorted, SHARE(c, 4), c->options.folder, e) &&
              sorter_new(&ranks, SHARE(c, 16), c->options.folder, e) &&
              tape_new(&tape, SHARE(c, 16), c->options.folder, e) && sort_by_campaign(c, sorted, e);

    if (ok) {
        struct grouping g = {.b = &b, .ranks = ranks, .tape = tape};
        struct telling t = {.b = &b, .tape = tape, .campaign = campaign, .ctx = ctx};

        tape_free(c->tape);
        c->tape = NULL;
        ok = sorter_run(sorted, on_message, &g, e) && end_campaign(&g, e) && sorter_run(ranks, on_rank, &t, e);
    }
    building_free(&b);
    sorter_free(sorted);
    sorter_free(ranks);
    tape_free(tape);
    return ok;
}

const str *mail_campaigns_own(const struct mail_campaigns *c, size_t *count, bool *guessed) {
    *count = c->own_count;
    *guessed = c->own_guessed;
    return c->own;
}

uint64_t mail_campaigns_messages(const struct mail_campaigns *c, uint64_t *copies) {
    *copies = c->copies;
    return c->messages;
}
