/* behaviour_net: who speaks with whom beyond the house, how much, how regularly, and on which ports.
 *
 * All connections are gone through once; kept are pairs of one address inside and one outside, with sums, and ports that answered outside. What is asked
 * of a pair is asked of the few that are rare: with whom many of the house's hosts speak is everybody's. Connections that failed are nobody's. */
#include <assert.h>
#include <math.h>

#include "detection/behaviour_set.h"

#define RARE_MAX 4u            /* hosts of an outside network that are told apart */
#define EXPORTS_LOOK_MAX 1024u /* exports within an hour that are looked at */

/* An address inside. */
struct inside {
    uint32_t code;
    uint32_t host;       /* of which host, where it was asked */
    uint32_t company;    /* by what falls together with it, + 1; 0: not asked yet */
    uint32_t clients[8]; /* inside, that it served */
    uint32_t client_count;
    uint32_t networks[8]; /* outside, to which it began connections */
    uint32_t network_count;
    uint64_t peak;  /* while its pairs are gone through: the most that one of them took on a day until then */
    uint64_t ports; /* begun by it outside: how many pairs and ports */
};

struct pair {
    uint32_t inside, outside; /* number of inside; code */
    int64_t first, last;
    uint32_t first_at;
    uint32_t begun, taken; /* connections: from inside, from outside */
    uint64_t out, back;    /* bytes that left the house, and came */
    uint64_t sent;         /* bytes that left, in connections in which far more left than came */
    int64_t day;
    uint64_t sent_of_day, peak; /* of sent: the most on a day */
    uint32_t days;
    uint32_t ports[8]; /* begun: codes of verbs */
    uint32_t port_count;
    bool told;
};

/* A port of an inside host that answered outside. */
struct port {
    uint32_t inside, verb;
    int64_t first;
    uint32_t networks[8];
    uint32_t network_count;
    uint64_t back;
    uint32_t connections;
    struct codes events;
};

/* An address outside, or its network: which of ours speak with it. */
struct beyond {
    uint32_t hosts[RARE_MAX];
    uint32_t host_count;
};

struct net {
    struct behaviour_run *r;
    struct activities *a;
    struct sides *sides;
    const struct behaviour *upload, *inbound, *beacon, *odd, *browses;
    struct activity_list list;
    int64_t begins, ends;
    struct code_map insides_by, pairs_by, ports_by, beyonds_by, verbs; /* verbs: how many pairs use a port outside */
    struct inside *insides;
    size_t inside_count, inside_room;
    struct pair *pairs;
    size_t pair_count, pair_room;
    struct port *ports;
    size_t port_count, port_room;
    struct beyond *beyonds;
    size_t beyond_count, beyond_room;
};

static double of(const struct behaviour *b, const char *name) {
    return behaviour_threshold(b, name);
}

static int64_t days(double n) {
    return (int64_t)(n * (double)DAY);
}

static bool grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    if (count == *room) {
        size_t const bigger = *room ? *room * 2 : 64;
        void *const grown = reallocarray(*items, bigger, size);

        if (!grown)
            return behaviour_no_memory(e);
        *items = grown;
        *room = bigger;
    }
    return true;
}
#define GROW(list, count, room, e) grow((void **)&(list), (count), &(room), sizeof *(list), (e))

/* Adds to a list of at most 8 (or as long as it is); true where it is there now. */
static bool add_few(uint32_t *items, uint32_t *count, size_t room, uint32_t code) {
    for (uint32_t i = 0; i < *count; i++)
        if (items[i] == code)
            return true;
    if (*count == room)
        return false;
    items[(*count)++] = code;
    return true;
}

static uint64_t plus(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint32_t network_of(const struct net *n, uint32_t address) {
    uint32_t const network = activities_network(n->a, address);

    return network ? network : address;
}

/* ---- learn ---- */

static bool inside_of(struct net *n, uint32_t code, uint32_t *out, struct err *e) {
    uint32_t *const number = code_map_put(&n->insides_by, code);

    if (!number)
        return behaviour_no_memory(e);
    if (!*number) {
        if (!GROW(n->insides, n->inside_count, n->inside_room, e))
            return false;
        n->insides[n->inside_count++] = (struct inside){.code = code};
        *number = (uint32_t)n->inside_count;
    }
    *out = *number - 1;
    return true;
}

/* So many of ours speak with an address or network, at most RARE_MAX. */
static uint32_t hosts_of(const struct net *n, uint32_t beyond) {
    return n->beyonds[code_map_get(&n->beyonds_by, beyond) - 1].host_count;
}

static bool learn_beyond(struct net *n, uint32_t inside, uint32_t beyond, struct err *e) {
    uint32_t *const number = code_map_put(&n->beyonds_by, beyond);

    if (!number)
        return behaviour_no_memory(e);
    if (!*number) {
        if (!GROW(n->beyonds, n->beyond_count, n->beyond_room, e))
            return false;
        n->beyonds[n->beyond_count++] = (struct beyond){0};
        *number = (uint32_t)n->beyond_count;
    }
    add_few(n->beyonds[*number - 1].hosts, &n->beyonds[*number - 1].host_count, RARE_MAX, inside + 1);
    return true;
}

static struct pair *pair_of(struct net *n, uint32_t inside, uint32_t outside, uint32_t index, struct err *e) {
    uint32_t *const number = code_map_put(&n->pairs_by, (uint64_t)inside << 32 | outside);

    if (!number) {
        behaviour_no_memory(e);
        return NULL;
    }
    if (!*number) {
        if (!GROW(n->pairs, n->pair_count, n->pair_room, e))
            return NULL;
        int64_t const when = activities_at(n->a, index)->when;

        n->pairs[n->pair_count++] =
            (struct pair){.inside = inside, .outside = outside, .first = when, .first_at = index, .day = INT64_MIN};
        *number = (uint32_t)n->pair_count;
    }
    return &n->pairs[*number - 1];
}

static bool learn_port(struct net *n, uint32_t inside, const struct activity *v, uint32_t index, uint64_t back,
                       struct err *e) {
    uint32_t *number;
    struct port *p;

    if (!v->text[ACT_VERB] || !v->amount || !back || v->outcome != OUTCOME_SUCCESS)
        return true;
    if (!(number = code_map_put(&n->ports_by, (uint64_t)inside << 32 | v->text[ACT_VERB])))
        return behaviour_no_memory(e);
    if (!*number) {
        if (!GROW(n->ports, n->port_count, n->port_room, e))
            return false;
        n->ports[n->port_count++] = (struct port){.inside = inside, .verb = v->text[ACT_VERB], .first = v->when};
        *number = (uint32_t)n->port_count;
    }
    p = &n->ports[*number - 1];
    p->back = plus(p->back, back);
    p->connections += v->count;
    /* What many come to, and what was there from the beginning, is never told. */
    if (!add_few(p->networks, &p->network_count, COUNT(p->networks), network_of(n, v->text[ACT_ADDRESS])))
        p->network_count = COUNT(p->networks);
    if (p->network_count > of(n->inbound, "networks") || p->first - n->begins < days(of(n->inbound, "settled")))
        codes_free(&p->events);
    else
        return codes_add(&p->events, index, e);
    return true;
}

static bool learn_pair(struct net *n, uint32_t inside, uint32_t outside, bool begun, uint32_t index, struct err *e) {
    const struct activity *const v = activities_at(n->a, index);
    uint64_t const back = bytes_back(n->a, v), out = begun ? v->amount : back, came = begun ? back : v->amount;
    int64_t const day = unit_of(v->when, DAY);
    struct pair *p;

    if (!begun && !(out || came)) /* it was knocked; of what is begun here some logs do not count bytes */
        return true;
    if (!learn_beyond(n, inside, outside, e) || !learn_beyond(n, inside, network_of(n, outside), e) ||
        !(p = pair_of(n, inside, outside, index, e)))
        return false;
    p->last = v->last > p->last ? v->last : p->last;
    p->out = plus(p->out, out);
    p->back = plus(p->back, came);
    p->sent_of_day = p->day == day ? p->sent_of_day : 0;
    p->days += p->day != day;
    p->day = day;
    if (out / 3 >= came) {
        p->sent = plus(p->sent, out);
        p->sent_of_day = plus(p->sent_of_day, out);
        p->peak = p->sent_of_day > p->peak ? p->sent_of_day : p->peak;
    }
    if (!begun) {
        p->taken += v->count;
        return learn_port(n, inside, v, index, back, e);
    }
    p->begun += v->count;
    add_few(n->insides[inside].networks, &n->insides[inside].network_count, COUNT(n->insides[inside].networks),
            network_of(n, outside));
    if (v->text[ACT_VERB]) {
        uint32_t const before = p->port_count;

        add_few(p->ports, &p->port_count, COUNT(p->ports), v->text[ACT_VERB]);
        if (p->port_count > before) {
            uint32_t *const used = code_map_put(&n->verbs, v->text[ACT_VERB]);

            if (!used)
                return behaviour_no_memory(e);
            ++*used;
        }
    }
    return true;
}

static bool learn(struct net *n, struct err *e) {
    for (uint32_t i = 0; i < n->list.count; i++) {
        const struct activity *const v = activities_at(n->a, n->list.items[i]);
        uint32_t const client = v->text[ACT_ADDRESS], server = v->text[ACT_SERVER];
        uint32_t inside;

        if (v->outcome == OUTCOME_FAILURE || client == server)
            continue;
        if (sides_inside(n->sides, server)) {
            if (!inside_of(n, server, &inside, e))
                return false;
            if (sides_inside(n->sides, client))
                add_few(n->insides[inside].clients, &n->insides[inside].client_count, COUNT(n->insides[inside].clients),
                        client);
            else if (sides_outside(n->sides, client) && !learn_pair(n, inside, client, false, n->list.items[i], e))
                return false;
        } else if (sides_inside(n->sides, client) && sides_outside(n->sides, server)) {
            if (!inside_of(n, client, &inside, e) || !learn_pair(n, inside, server, true, n->list.items[i], e))
                return false;
        }
    }
    return true;
}

/* ---- what all hits have ---- */

/* Asked before words are made. */
static bool host_asked(struct net *n, uint32_t inside, int64_t when, struct err *e) {
    struct inside *const s = &n->insides[inside];

    if ((s->host = activities_host_of(n->a, s->code, when)))
        return true;
    if (!s->company) {
        if (!host_by_company(n->a, s->code, &s->host, e))
            return false;
        s->company = s->host + 1;
    }
    s->host = s->company - 1;
    return true;
}

static str host_text(const struct net *n, uint32_t inside) {
    return host_shown(n->a, n->insides[inside].host);
}

static str text(const struct net *n, uint32_t code) {
    return activities_text(n->a, code);
}

/* The connections of a pair, in order of time. */
static bool events_of(struct net *n, const struct pair *p, struct codes *out, struct err *e) {
    uint32_t const inside = n->insides[p->inside].code;

    for (int way = 0; way < 2; way++) {
        struct activity_list list;

        if (!(way ? p->taken : p->begun))
            continue;
        if (!activities_of(n->a, way ? ACT_ADDRESS : ACT_SERVER, p->outside, &list, e))
            return false;
        for (uint32_t i = 0; i < list.count; i++) {
            const struct activity *const v = activities_at(n->a, list.items[i]);

            if (v->act == ACT_CONNECTION && v->outcome != OUTCOME_FAILURE &&
                v->text[way ? ACT_SERVER : ACT_ADDRESS] == inside && !codes_add(out, list.items[i], e))
                return false;
        }
    }
    codes_sort(out);
    return true;
}

static bool tell(struct net *n, struct pair *p, struct behaviour_hit *h, struct err *e) {
    struct codes events = {0};
    bool ok;

    h->title = S("");
    behaviour_part_add(h, PART_ADDRESS, true, p->outside, 0);
    behaviour_part_add(h, PART_HOST, false, n->insides[p->inside].host, 0);
    ok = events_of(n, p, &events, e) && (!events.count || behaviour_tell(n->r, h, &events, e));
    codes_free(&events);
    return ok;
}

/* Where much is alike, each says less. */
static double crowd(const struct behaviour *b, uint64_t like) {
    return (double)like > of(b, "like") ? log10((double)like / of(b, "like")) : 0;
}

/* No more than so many of ours speak with that address. */
static bool is_rare(const struct net *n, const struct pair *p, const struct behaviour *b) {
    return hosts_of(n, p->outside) <= of(b, "hosts");
}

/* More of ours speak with its network: a large service has many addresses, and intruders rent there, too. */
static double neighbours(const struct net *n, const struct pair *p, const struct behaviour *b) {
    return hosts_of(n, network_of(n, p->outside)) > of(b, "hosts") ? of(b, "weight-neighbours") : 0;
}

/* Is the log old enough to say that something is new? */
static bool log_settled(const struct net *n, const struct behaviour *b) {
    return n->ends - n->begins >= 2 * days(of(b, "settled"));
}

static bool is_new(const struct net *n, int64_t first, const struct behaviour *b) {
    return first - n->begins >= days(of(b, "settled"));
}

static int by_inside(const void *a, const void *b, void *ctx) {
    const struct net *const n = ctx;
    const struct pair *const x = &n->pairs[*(const uint32_t *)a], *const y = &n->pairs[*(const uint32_t *)b];

    if (x->inside != y->inside)
        return x->inside < y->inside ? -1 : 1;
    return (x->first_at > y->first_at) - (x->first_at < y->first_at);
}

/* ---- uploads ---- */

struct told {
    uint32_t pair;
    double weight;
    uint64_t past;
};
struct tolds {
    struct told *items;
    size_t count, room;
};

static bool told_add(struct tolds *t, uint32_t pair, double weight, uint64_t past, struct err *e) {
    if (!GROW(t->items, t->count, t->room, e))
        return false;
    t->items[t->count++] = (struct told){pair, weight, past};
    return true;
}

static bool judge_upload(struct net *n, uint32_t pair, uint64_t past, struct tolds *out, struct err *e) {
    const struct pair *const p = &n->pairs[pair];
    const struct behaviour *const b = n->upload;
    double const least = fmax(of(b, "bytes"), of(b, "times") * (double)past);
    double weight = b->weight;

    if ((double)p->peak < least || !is_rare(n, p, b) || (log_settled(n, b) && !is_new(n, p->first, b)))
        return true;
    weight += fmin(of(b, "weight-more"), of(b, "weight-more") / 2 * log10((double)p->peak / least));
    weight += n->insides[p->inside].network_count <= of(b, "quiet") ? of(b, "weight-quiet") : 0;
    weight += log_settled(n, b) ? 0 : of(b, "weight-short-log");
    return told_add(out, pair, weight, past, e);
}

/* Did somebody export records within the hour before most of the pair's connections? *account 0: nobody, or not again and again. */
static bool exported_before(struct net *n, const struct pair *p, uint32_t *account, uint32_t *host, struct err *e) {
    struct activity_list list;
    struct codes events = {0};
    struct code_map votes = {0};
    uint32_t most = 0;
    bool ok = activities_of_act(n->a, ACT_EXPORT, &list, e) && events_of(n, p, &events, e);

    *account = *host = 0;
    for (size_t i = 0; ok && list.count && i < events.count; i++) {
        int64_t const when = activities_at(n->a, events.items[i])->when;
        struct few seen = {0};

        for (uint32_t k = list_from(n->a, &list, when - HOUR), looked = 0;
             ok && k < list.count && looked < EXPORTS_LOOK_MAX && seen.count < FEW_MAX; k++, looked++) {
            const struct activity *const v = activities_at(n->a, list.items[k]);
            uint32_t const who = activities_account(n->a, v->text[ACT_ACCOUNT]);
            uint32_t *votes_of;

            if (v->when > when)
                break;
            if (!who || v->outcome == OUTCOME_FAILURE || few_has(&seen, who))
                continue;
            few_add(&seen, who);
            if (!(votes_of = code_map_put(&votes, who))) {
                ok = behaviour_no_memory(e);
            } else if (++*votes_of > most) {
                most = *votes_of;
                *account = who;
                *host = activities_host(n->a, v->text[ACT_HOST]);
            }
        }
    }
    if (most < of(n->upload, "exports") || most * 2 < events.count)
        *account = *host = 0;
    code_map_free(&votes);
    codes_free(&events);
    return ok;
}

static bool tell_uploads(struct net *n, const struct tolds *t, struct err *e) {
    struct buf *const b = &n->r->reason;

    for (size_t i = 0; i < t->count; i++) {
        struct pair *const p = &n->pairs[t->items[i].pair];
        struct behaviour_hit h = {.behaviour = n->upload, .like = t->count, .of = n->pair_count};
        char sent[SIZE_TEXT], peak[SIZE_TEXT], past[SIZE_TEXT], first[DATE_TEXT], last[DATE_TEXT];

        uint32_t account, exporter;

        if (!host_asked(n, p->inside, p->first, e) || !exported_before(n, p, &account, &exporter, e))
            return false;
        p->told = true;
        h.weight = t->items[i].weight + neighbours(n, p, n->upload) - crowd(n->upload, t->count);
        b->len = 0;
        buf_format(
            b, "%.*s left %.*s for %.*s in %u connection%s on %u day%s from %.*s to %.*s, up to %.*s on one day; ",
            STR_ARG(behaviour_size(p->out, sent)), STR_ARG(host_text(n, p->inside)), STR_ARG(text(n, p->outside)),
            p->begun + p->taken, MANY(p->begun + p->taken), p->days, MANY(p->days), STR_ARG(date_text(p->first, first)),
            STR_ARG(date_text(p->last, last)), STR_ARG(behaviour_size(p->peak, peak)));
        buf_format(b,
                   "to no other address outside did it send more than %.*s a day before, and %u of %zu of ours speak "
                   "with it%s.",
                   STR_ARG(behaviour_size(t->items[i].past, past)), hosts_of(n, p->outside), n->inside_count,
                   p->begun ? "" : "; the other side began them");
        if (account) {
            buf_format(b, " Most of them followed within the hour after %.*s exported records%s%.*s.",
                       STR_ARG(activities_spelling(n->a, ENTITY_ACCOUNT, account)), exporter ? " on " : "",
                       STR_ARG(exporter ? host_shown(n->a, exporter) : S("")));
            h.weight += of(n->upload, "weight-export");
            behaviour_part_add(&h, PART_ACCOUNT, false, account, 0);
            behaviour_part_add(&h, PART_HOST, false, exporter, 0);
        }
        if (!tell(n, p, &h, e))
            return false;
    }
    return true;
}

/* ---- ports that are new to the outside ---- */

static bool is_told_port(const struct port *p) {
    return p->events.count > 0;
}

static bool tell_ports(struct net *n, struct err *e) {
    struct buf *const b = &n->r->reason;
    uint64_t like = 0;

    for (size_t i = 0; i < n->port_count; i++)
        like += is_told_port(&n->ports[i]);
    for (size_t i = 0; i < n->port_count; i++) {
        struct port *const p = &n->ports[i];
        struct behaviour_hit h = {.behaviour = n->inbound, .title = S(""), .like = like, .of = n->port_count};
        char first[DATE_TEXT], size[SIZE_TEXT];

        if (!is_told_port(p))
            continue;
        if (!host_asked(n, p->inside, p->first, e))
            return false;
        h.weight = n->inbound->weight - crowd(n->inbound, like);
        for (size_t k = 0; k < p->events.count; k++)
            behaviour_part_add(&h, PART_ADDRESS, true, activities_at(n->a, p->events.items[k])->text[ACT_ADDRESS], 0);
        behaviour_part_add(&h, PART_HOST, false, n->insides[p->inside].host, 0);
        b->len = 0;
        buf_format(b,
                   "%.*s on %.*s answered outside for the first time on %.*s, %lld days after the log begins: %u "
                   "connection%s from %u network%s, %.*s given back.",
                   STR_ARG(text(n, p->verb)), STR_ARG(host_text(n, p->inside)), STR_ARG(date_text(p->first, first)),
                   (long long)((p->first - n->begins) / DAY), p->connections, MANY(p->connections), p->network_count,
                   MANY(p->network_count), STR_ARG(behaviour_size(p->back, size)));
        if (!behaviour_tell(n->r, &h, &p->events, e))
            return false;
    }
    return true;
}

/* ---- beacons ---- */

static int by_time(const void *a, const void *b) {
    int64_t const x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

struct rhythm {
    size_t count;       /* connections */
    int64_t gap;        /* the middle one */
    double even;        /* share of gaps near it, or near twice or three times it */
    double alike;       /* share of connections with the sizes that are the most frequent */
    uint64_t out, back; /* those sizes */
};

/* Gaps are sorted here. */
static void rhythm_gaps(struct rhythm *m, int64_t *gaps, size_t count, double near) {
    size_t even = 0;

    if (!count)
        return;
    qsort(gaps, count, sizeof *gaps, by_time);
    m->gap = gaps[count / 2];
    for (size_t i = 0; m->gap >= SECOND && i < count; i++)
        for (int64_t beats = 1; beats <= 3; beats++)
            if (llabs(gaps[i] - beats * m->gap) <= (int64_t)(near * (double)m->gap)) {
                even++;
                break;
            }
    m->even = (double)even / (double)count;
}

struct size {
    uint64_t out, back;
};

static int by_size(const void *a, const void *b) {
    const struct size *const x = a, *const y = b;

    if (x->out != y->out)
        return x->out < y->out ? -1 : 1;
    return (x->back > y->back) - (x->back < y->back);
}

static void rhythm_sizes(struct rhythm *m, struct size *sizes, size_t count) {
    size_t most = 0;

    qsort(sizes, count, sizeof *sizes, by_size);
    for (size_t i = 0, to; i < count; i = to) {
        for (to = i; to < count && by_size(&sizes[to], &sizes[i]) == 0;)
            to++;
        if (to - i > most && sizes[i].out && sizes[i].back) {
            most = to - i;
            m->out = sizes[i].out;
            m->back = sizes[i].back;
        }
    }
    m->alike = count ? (double)most / (double)count : 0;
}

static bool rhythm_of(struct net *n, const struct pair *p, struct rhythm *m, struct err *e) {
    struct codes events = {0};
    int64_t *gaps = NULL;
    struct size *sizes = NULL;
    size_t gap_count = 0, size_count = 0;
    bool ok = events_of(n, p, &events, e);

    *m = (struct rhythm){0};
    if (ok && (!(gaps = calloc(events.count + 1, sizeof *gaps)) || !(sizes = calloc(events.count + 1, sizeof *sizes))))
        ok = behaviour_no_memory(e);
    for (size_t i = 0; ok && i < events.count; i++) {
        const struct activity *const v = activities_at(n->a, events.items[i]);

        m->count += v->count;
        if (v->count > 1) /* of those nobody knows each */
            continue;
        sizes[size_count++] = (struct size){v->amount, bytes_back(n->a, v)};
        if (i)
            gaps[gap_count++] = v->when - activities_at(n->a, events.items[i - 1])->when;
    }
    if (ok) {
        rhythm_gaps(m, gaps, gap_count, of(n->beacon, "near"));
        rhythm_sizes(m, sizes, size_count);
    }
    free(gaps);
    free(sizes);
    codes_free(&events);
    return ok;
}

/* Clocks, names and what asks after itself on the link are regular by nature. */
static bool is_datagram(const struct net *n, const struct pair *p) {
    for (uint32_t i = 0; i < p->port_count; i++)
        if (!str_ends(text(n, p->ports[i]), S("/tcp")) && !str_ends(text(n, p->ports[i]), S("/TCP")) &&
            !str_ends(text(n, p->ports[i]), S("/6")))
            return true;
    return !p->port_count;
}

static bool judge_beacon(struct net *n, uint32_t pair, struct tolds *out, struct rhythm *kept, struct err *e) {
    const struct pair *const p = &n->pairs[pair];
    const struct behaviour *const b = n->beacon;
    struct rhythm m;

    if (p->begun < of(b, "connections") || is_datagram(n, p) || !is_rare(n, p, b) ||
        (log_settled(n, b) && !is_new(n, p->first, b)))
        return true;
    if (!rhythm_of(n, p, &m, e))
        return false;
    bool const even = m.even >= of(b, "even") && p->last - p->first >= (int64_t)(of(b, "hours") * (double)HOUR);
    bool const alike = (double)m.alike >= of(b, "alike") && (double)m.count >= of(b, "connections-alike");

    if (!even && !alike)
        return true;
    *kept = m;
    return told_add(out, pair,
                    b->weight + (even && alike ? of(b, "weight-both") : 0) +
                        (log_settled(n, b) ? of(b, "weight-new") : 0),
                    even ? 1 : 0, e);
}

static bool tell_beacons(struct net *n, struct err *e) {
    struct buf *const b = &n->r->reason;
    struct tolds found = {0};
    struct rhythm m;
    bool ok = true;

    for (size_t i = 0; ok && i < n->pair_count; i++)
        ok = judge_beacon(n, (uint32_t)i, &found, &m, e);
    for (size_t i = 0; ok && i < found.count; i++) {
        struct pair *const p = &n->pairs[found.items[i].pair];
        struct behaviour_hit h = {.behaviour = n->beacon, .like = found.count, .of = n->pair_count};
        char first[DATE_TEXT], last[DATE_TEXT];

        if (!(ok = rhythm_of(n, p, &m, e) && host_asked(n, p->inside, p->first, e)))
            break;
        p->told = true;
        h.weight = found.items[i].weight + neighbours(n, p, n->beacon) - crowd(n->beacon, found.count);
        b->len = 0;
        buf_format(b, "%.*s spoke %zu times with %.*s from %.*s to %.*s: ", STR_ARG(host_text(n, p->inside)), m.count,
                   STR_ARG(text(n, p->outside)), STR_ARG(date_text(p->first, first)),
                   STR_ARG(date_text(p->last, last)));
        if (found.items[i].past)
            buf_format(b, "%.0f %% of the pauses are about %.1f seconds; ", 100 * m.even,
                       (double)m.gap / (double)SECOND);
        if (m.alike > 0)
            buf_format(b, "%.0f %% of the connections are of the same size, %llu bytes out and %llu back. ",
                       100 * m.alike, (unsigned long long)m.out, (unsigned long long)m.back);
        buf_format(b, "%u of %zu of ours speak with it.", hosts_of(n, p->outside), n->inside_count);
        ok = tell(n, p, &h, e);
    }
    free(found.items);
    return ok;
}

/* ---- ports that nobody else uses ---- */

/* File transfer opens a port of its own for each file. */
static bool is_file_transfer(const struct net *n, const struct pair *p) {
    for (uint32_t i = 0; i < p->port_count; i++)
        if (str_eq_ascii(text(n, p->ports[i]), S("21/tcp")))
            return true;
    return false;
}

/* On several ports, one at least that few pairs use; to an address that few of ours know. */
static bool is_odd(const struct net *n, const struct pair *p) {
    const struct behaviour *const b = n->odd;
    uint32_t rare = 0;

    if (!p->begun || !p->back || !is_rare(n, p, b) || is_datagram(n, p) || is_file_transfer(n, p) ||
        (log_settled(n, b) && !is_new(n, p->first, b)))
        return false;
    for (uint32_t i = 0; i < p->port_count; i++)
        rare += code_map_get(&n->verbs, p->ports[i]) <= of(b, "pairs");
    return rare >= 1 && (p->port_count >= of(b, "ports") || (double)p->back >= of(b, "bytes"));
}

/* All addresses inside that speak so with an outside one are one hit's; the first pair stands for them. */
static bool tell_odd(struct net *n, struct err *e) {
    struct buf *const b = &n->r->reason;
    uint64_t like = 0;
    bool ok = true;

    for (size_t i = 0; i < n->pair_count; i++)
        like += is_odd(n, &n->pairs[i]);
    for (size_t i = 0; ok && i < n->pair_count; i++) {
        struct pair *const p = &n->pairs[i];
        struct behaviour_hit h = {.behaviour = n->odd, .like = like, .of = n->pair_count};
        char back[SIZE_TEXT], out[SIZE_TEXT], first[DATE_TEXT];

        if (!is_odd(n, p))
            continue;
        if (!host_asked(n, p->inside, p->first, e))
            return false;
        p->told = true;
        h.weight = n->odd->weight + neighbours(n, p, n->odd) - crowd(n->odd, like);
        b->len = 0;
        buf_format(b, "%.*s spoke with %.*s on %.*s on", STR_ARG(host_text(n, p->inside)), STR_ARG(text(n, p->outside)),
                   STR_ARG(date_text(p->first, first)));
        for (uint32_t k = 0; k < p->port_count; k++)
            buf_format(b, "%s %.*s", k ? "," : "", STR_ARG(text(n, p->ports[k])));
        buf_format(b,
                   ", which hardly anybody uses outside; %.*s went out and %.*s came. %u of %zu of ours speak with it.",
                   STR_ARG(behaviour_size(p->out, out)), STR_ARG(behaviour_size(p->back, back)),
                   hosts_of(n, p->outside), n->inside_count);
        ok = tell(n, p, &h, e);
    }
    return ok;
}

/* ---- servers that speak with somebody outside for once ---- */

static bool is_browsing(const struct net *n, const struct pair *p) {
    const struct behaviour *const b = n->browses;
    const struct inside *const s = &n->insides[p->inside];

    return p->begun && !p->told && s->client_count >= of(b, "clients") && s->network_count <= of(b, "networks") &&
           is_rare(n, p, b) && !is_datagram(n, p) && (double)p->back >= of(b, "bytes") && log_settled(n, b) &&
           is_new(n, p->first, b);
}

static bool tell_browsing(struct net *n, struct err *e) {
    struct buf *const b = &n->r->reason;
    uint64_t like = 0;
    bool ok = true;

    for (size_t i = 0; i < n->pair_count; i++)
        like += is_browsing(n, &n->pairs[i]);
    for (size_t i = 0; ok && i < n->pair_count; i++) {
        struct pair *const p = &n->pairs[i];
        struct behaviour_hit h = {.behaviour = n->browses, .like = like, .of = n->inside_count};
        char first[DATE_TEXT];

        if (!is_browsing(n, p))
            continue;
        if (!host_asked(n, p->inside, p->first, e))
            return false;
        h.weight = n->browses->weight + neighbours(n, p, n->browses) - crowd(n->browses, like);
        b->len = 0;
        buf_format(b,
                   "%.*s, which serves others, spoke with %.*s outside for the first time on %.*s, %lld days after the "
                   "log begins; in all that "
                   "time it began connections to %u network%s outside.",
                   STR_ARG(host_text(n, p->inside)), STR_ARG(text(n, p->outside)), STR_ARG(date_text(p->first, first)),
                   (long long)((p->first - n->begins) / DAY), n->insides[p->inside].network_count,
                   n->insides[p->inside].network_count == 1 ? "" : "s");
        ok = tell(n, p, &h, e);
    }
    return ok;
}

/* ---- the area ---- */

static bool judge_uploads(struct net *n, struct err *e) {
    uint32_t *const order = calloc(n->pair_count + 1, sizeof *order);
    struct tolds found = {0};
    bool ok = order != NULL || behaviour_no_memory(e);

    for (size_t i = 0; ok && i < n->pair_count; i++)
        order[i] = (uint32_t)i;
    if (ok)
        qsort_r(order, n->pair_count, sizeof *order, by_inside, n);
    for (size_t i = 0; ok && i < n->pair_count; i++) {
        const struct pair *const p = &n->pairs[order[i]];
        struct inside *const s = &n->insides[p->inside];

        ok = judge_upload(n, order[i], s->peak, &found, e);
        s->peak = p->peak > s->peak ? p->peak : s->peak;
    }
    ok = ok && tell_uploads(n, &found, e);
    free(found.items);
    free(order);
    return ok;
}

static bool net_open(struct net *n, struct behaviour_run *r, struct err *e) {
    n->r = r;
    n->a = r->a;
    n->upload = behaviours_find(r->b, S("upload"));
    n->inbound = behaviours_find(r->b, S("new-inbound-port"));
    n->beacon = behaviours_find(r->b, S("beaconing"));
    n->odd = behaviours_find(r->b, S("odd-ports"));
    n->browses = behaviours_find(r->b, S("server-browses"));
    assert(n->upload && n->inbound && n->beacon && n->odd && n->browses);
    if (!activities_of_act(n->a, ACT_CONNECTION, &n->list, e) || !sides_new(&n->sides, n->a, e))
        return false;
    if (n->list.count) {
        n->begins = activities_at(n->a, n->list.items[0])->when;
        n->ends = activities_at(n->a, n->list.items[n->list.count - 1])->when;
    }
    return true;
}

static void net_close(struct net *n) {
    for (size_t i = 0; i < n->port_count; i++)
        codes_free(&n->ports[i].events);
    sides_free(n->sides);
    code_map_free(&n->insides_by);
    code_map_free(&n->pairs_by);
    code_map_free(&n->ports_by);
    code_map_free(&n->beyonds_by);
    code_map_free(&n->verbs);
    free(n->insides);
    free(n->pairs);
    free(n->ports);
    free(n->beyonds);
}

bool behaviour_net(struct behaviour_run *r, struct err *e) {
    struct net n = {0};
    bool const ok = net_open(&n, r, e) && learn(&n, e) && judge_uploads(&n, e) && tell_ports(&n, e) &&
                    tell_beacons(&n, e) && tell_odd(&n, e) && tell_browsing(&n, e);

    net_close(&n);
    return ok;
}
