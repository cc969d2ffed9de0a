/* behaviour_web_mail: spam out of the institution's own server. A symptom that people notice and that is often taken for all of it: a server that
 * sends for somebody who never sent so much may be somebody's else by now.
 *
 * Of each sender the most messages of a day are kept, and days that are far beyond all days before. */
#include <assert.h>
#include <math.h>

#include "base/hash.h"
#include "detection/behaviour_web_own.h"

struct sender {
    uint32_t account, host;
    int64_t day;
    uint32_t now, inside, self; /* messages of this day: from inside; from the server itself */
    uint32_t peak;              /* of the days before, without floods */
    uint64_t before;            /* messages of the days before */
    struct few domains;         /* hashes */
    int64_t first, last;        /* of the flood that is not told yet; first INSTANT_NONE: none */
    uint32_t messages, most, of_self, domain_count;
};

struct mail {
    struct behaviour_run *r;
    struct activities *a;
    struct sides *sides;
    const struct behaviour *b;
    const struct web_left *left;
    size_t left_count;
    struct activity_list list;
    struct code_map by;
    struct sender *items;
    size_t count, room;
    int64_t begins;
    uint64_t seed;
};

static double of(const struct mail *m, const char *name) {
    return behaviour_threshold(m->b, name);
}

static str domain_of(str address) {
    size_t at = address.len;

    while (at > 0 && address.ptr[at - 1] != '@')
        at--;
    return at ? str_from(address, at) : S("");
}

static void parts_of(const struct mail *m, const struct sender *s, struct behaviour_hit *h) {
    behaviour_part_add(h, PART_ACCOUNT, false, s->account, 0);
    behaviour_part_add(h, PART_HOST, false, s->host, 0);
    for (size_t i = 0; i < m->left_count; i++)
        if (s->host && m->left[i].host == s->host && m->left[i].first <= s->last &&
            s->first - m->left[i].last <= (int64_t)(of(m, "after-shell") * (double)DAY)) {
            behaviour_part_add(h, PART_PAGE, true, m->left[i].page, m->left[i].server);
            h->weight += of(m, "weight-shell");
        }
}

static bool tell(struct mail *m, struct sender *s, struct err *e) {
    struct behaviour_hit h = {.behaviour = m->b, .title = S(""), .like = 1, .of = m->count};
    struct codes events = {0};
    struct buf *const b = &m->r->reason;
    struct activity_list list;
    char first[DATE_TEXT];
    bool ok = activities_of(m->a, ACT_ACCOUNT, s->account, &list, e);

    for (uint32_t i = ok ? list_from(m->a, &list, s->first) : 0; ok && i < list.count; i++) {
        const struct activity *const v = activities_at(m->a, list.items[i]);

        if (v->when > s->last)
            break;
        if (v->act == ACT_MAIL_OUT)
            ok = codes_add(&events, list.items[i], e);
    }
    if (!ok || !events.count) {
        codes_free(&events);
        s->first = INSTANT_NONE;
        return ok;
    }
    h.weight = m->b->weight + (s->of_self * 2 > s->messages ? of(m, "weight-self") : 0) +
               fmin(of(m, "weight-more"), log10(s->most / fmax(of(m, "messages"), of(m, "times") * s->peak)));
    parts_of(m, s, &h);
    b->len = 0;
    buf_format(b,
               "%.*s sent %u messages to at least %u domains from %.*s on, %u on one day; before that it sent %llu, at "
               "most %u a day.",
               STR_ARG(activities_spelling(m->a, ENTITY_ACCOUNT, s->account)), s->messages, s->domain_count,
               STR_ARG(date_text(s->first, first)), s->most, (unsigned long long)s->before, s->peak);
    if (s->of_self * 2 > s->messages)
        buf_format(b, " They began on the server itself.");
    ok = behaviour_tell(m->r, &h, &events, e);
    codes_free(&events);
    s->first = INSTANT_NONE;
    return ok;
}

/* The day is over. */
static bool close_day(struct mail *m, struct sender *s, struct err *e) {
    bool const flood = s->now >= of(m, "messages") && s->now >= of(m, "times") * s->peak &&
                       s->domains.count >= of(m, "domains") && s->inside * 2 >= s->now &&
                       s->day * DAY - m->begins >= (int64_t)(of(m, "settled") * (double)DAY);

    if (flood && s->first != INSTANT_NONE && s->day * DAY - s->last > 3 * DAY && !tell(m, s, e))
        return false;
    if (flood) {
        if (s->first == INSTANT_NONE) {
            s->first = s->day * DAY;
            s->messages = s->most = s->of_self = s->domain_count = 0;
        }
        s->last = s->day * DAY + DAY - 1;
        s->messages += s->now;
        s->most = s->now > s->most ? s->now : s->most;
        s->of_self += s->self;
        s->domain_count = s->domains.count > s->domain_count ? s->domains.count : s->domain_count;
    } else {
        s->peak = s->now > s->peak ? s->now : s->peak;
        s->before += s->now;
    }
    s->now = s->inside = s->self = 0;
    s->domains.count = 0;
    return true;
}

static struct sender *sender_of(struct mail *m, uint32_t account, struct err *e) {
    uint32_t *const number = code_map_put(&m->by, account);

    if (!number) {
        behaviour_no_memory(e);
        return NULL;
    }
    if (!*number) {
        if (m->count == m->room) {
            size_t const room = m->room ? m->room * 2 : 64;
            struct sender *const grown = reallocarray(m->items, room, sizeof *grown);

            if (!grown) {
                behaviour_no_memory(e);
                return NULL;
            }
            m->items = grown;
            m->room = room;
        }
        m->items[m->count++] = (struct sender){.account = account, .first = INSTANT_NONE};
        *number = (uint32_t)m->count;
    }
    return &m->items[*number - 1];
}

static bool add(struct mail *m, const struct activity *v, struct err *e) {
    uint32_t const account = activities_account(m->a, v->text[ACT_ACCOUNT]);
    str const domain = domain_of(activities_text(m->a, v->text[ACT_OBJECT]));
    int64_t const day = unit_of(v->when, DAY);
    struct sender *s;
    bool self;

    if (!account)
        return true;
    if (!(s = sender_of(m, account, e)))
        return false;
    if (s->day != day && s->now && !close_day(m, s, e))
        return false;
    s->day = day;
    s->now += v->count;
    s->host = host_of_server(m->a, v);
    self = sides_loopback(m->sides, v->text[ACT_ADDRESS]) ||
           (v->text[ACT_ADDRESS] && v->text[ACT_ADDRESS] == v->text[ACT_SERVER]);
    s->self += self ? v->count : 0;
    s->inside += self || !sides_outside(m->sides, v->text[ACT_ADDRESS]) ? v->count : 0;
    if (domain.len)
        few_add(&s->domains, (uint32_t)hash_bytes(domain, m->seed) | 1);
    return true;
}

bool web_mail(struct behaviour_run *r, struct sides *sides, const struct web_left *left, size_t left_count,
              struct err *e) {
    struct mail m = {.r = r,
                     .a = r->a,
                     .sides = sides,
                     .b = behaviours_find(r->b, S("mail-flood")),
                     .left = left,
                     .left_count = left_count,
                     .seed = hash_seed()};
    bool ok = activities_of_act(m.a, ACT_MAIL_OUT, &m.list, e);

    assert(m.b);
    if (ok && m.list.count)
        m.begins = activities_at(m.a, m.list.items[0])->when;
    for (uint32_t i = 0; ok && i < m.list.count; i++)
        ok = add(&m, activities_at(m.a, m.list.items[i]), e);
    for (size_t i = 0; ok && i < m.count; i++)
        ok = (!m.items[i].now || close_day(&m, &m.items[i], e)) &&
             (m.items[i].first == INSTANT_NONE || tell(&m, &m.items[i], e));
    code_map_free(&m.by);
    free(m.items);
    return ok;
}
