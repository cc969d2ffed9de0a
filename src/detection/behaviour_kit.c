/* behaviour_kit: drafts of hits, meetings, groups, regularity, the house, words. */
#include "detection/behaviour_kit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf.h"
#include "event/fold.h"

bool kit_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for behaviours");
}

int64_t kit_day(int64_t when) {
    return when >= 0 ? when / KIT_DAY : -((-when + KIT_DAY - 1) / KIT_DAY);
}

unsigned kit_hour(int64_t when) {
    return (unsigned)((when - kit_day(when) * KIT_DAY) / KIT_HOUR);
}

const char *kit_date(int64_t when, char out[KIT_DATE]) {
    struct wall const w = instant_wall(when);

    snprintf(out, KIT_DATE, "%04d-%02u-%02u", (int)(w.year % 10000), w.month % 100u, w.day % 100u);
    return out;
}

/* ---- a hit as it grows ---- */

void draft_begin(struct draft *d, struct behaviour_run *run, const char *behaviour) {
    d->run = run;
    d->count = 0;
    d->hit = (struct behaviour_hit){.behaviour = behaviours_find(run->b, str_of(behaviour)), .title = S("")};
    assert(d->hit.behaviour);
    d->hit.weight = d->hit.behaviour->weight;
    run->reason.len = 0;
}

void draft_event(struct draft *d, uint32_t activity) {
    if (d->count == d->room) {
        size_t const room = d->room * 2 + 64;
        uint32_t *const bigger = reallocarray(d->events, room, sizeof *bigger);

        if (!bigger) {
            d->failed = true;
            return;
        }
        d->events = bigger;
        d->room = room;
    }
    d->events[d->count++] = activity;
}

void draft_part(struct draft *d, enum behaviour_part_type type, bool own, uint32_t code, uint32_t other) {
    behaviour_part_add(&d->hit, type, own, code, other);
}

double draft_threshold(const struct draft *d, const char *name) {
    return behaviour_threshold(d->hit.behaviour, name);
}

static int by_index(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

bool draft_tell(struct draft *d, struct err *e) {
    size_t kept = 0;

    if (d->failed || d->run->reason.failed)
        return kit_no_memory(e);
    if (!d->count || d->hit.weight < BEHAVIOUR_LEAST)
        return true;
    qsort(d->events, d->count, sizeof *d->events, by_index);
    for (size_t i = 0; i < d->count; i++)
        if (!i || d->events[i] != d->events[i - 1])
            d->events[kept++] = d->events[i];
    d->count = kept;
    d->hit.events = d->events;
    d->hit.event_count = kept;
    d->hit.reason = buf_str(&d->run->reason);
    return d->run->hit(d->run->ctx, &d->hit, e);
}

void draft_free(struct draft *d) {
    free(d->events);
    *d = (struct draft){0};
}

void kit_told_add(struct told *t, str s) {
    for (size_t i = 0; i < t->count; i++)
        if (str_eq(t->items[i], s))
            return;
    t->all++;
    if (t->count < TOLD_MAX)
        t->items[t->count++] = s;
}

void kit_told_write(struct buf *to, const struct told *t, size_t width) {
    for (size_t i = 0; i < t->count; i++)
        buf_format(to, "%s\"%.*s\"", i ? ", " : "", STR_ARG(utf8_first(t->items[i], width)));
    if (t->all > t->count)
        buf_format(to, " and %zu more", t->all - t->count);
}

/* ---- who met whom ---- */

static uint64_t mixed(uint64_t x) {
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static size_t slot_of(const struct meetings *m, uint32_t a, uint32_t b) {
    size_t at = (size_t)mixed((uint64_t)a << 32 | b) & m->mask;

    while (m->slots[at] && (m->items[m->slots[at] - 1].a != a || m->items[m->slots[at] - 1].b != b))
        at = (at + 1) & m->mask;
    return at;
}

static bool grow_slots(struct meetings *m) {
    size_t const mask = m->mask ? m->mask * 2 + 1 : 255;
    uint32_t *const slots = calloc(mask + 1, sizeof *slots);

    if (!slots)
        return false;
    free(m->slots);
    m->slots = slots;
    m->mask = mask;
    for (size_t i = 0; i < m->count; i++)
        m->slots[slot_of(m, m->items[i].a, m->items[i].b)] = (uint32_t)(i + 1);
    return true;
}

struct meeting *meetings_at(struct meetings *m, uint32_t a, uint32_t b) {
    size_t at;

    if (m->count * 2 >= m->mask && !grow_slots(m))
        return NULL;
    at = slot_of(m, a, b);
    if (m->slots[at])
        return &m->items[m->slots[at] - 1];
    if (m->count == m->room) {
        struct meeting *const bigger = reallocarray(m->items, m->room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return NULL;
        m->items = bigger;
        m->room = m->room * 2 + 64;
    }
    m->items[m->count++] = (struct meeting){.a = a, .b = b};
    m->slots[at] = (uint32_t)m->count;
    return &m->items[m->count - 1];
}

struct meeting *meetings_find(const struct meetings *m, uint32_t a, uint32_t b) {
    size_t at;

    if (!m->count)
        return NULL;
    at = slot_of(m, a, b);
    return m->slots[at] ? &m->items[m->slots[at] - 1] : NULL;
}

void meetings_count(struct meeting *m, const struct activity *v) {
    if (!m->events) {
        m->first = m->last = v->when;
        m->days = 1;
    } else if (v->when >= m->last) {
        m->days += kit_day(v->when) != kit_day(m->last);
        m->last = v->when;
    }
    m->events += m->events > UINT32_MAX - v->count ? UINT32_MAX - m->events : v->count;
}

void meetings_free(struct meetings *m) {
    free(m->items);
    free(m->slots);
    *m = (struct meetings){0};
}

/* ---- groups ---- */

bool bundle_add(struct bundle *g, uint64_t key, uint64_t sub, uint32_t activity, uint32_t tag, struct err *e) {
    if (g->count == g->room) {
        struct bundled *const bigger = reallocarray(g->items, g->room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return kit_no_memory(e);
        g->items = bigger;
        g->room = g->room * 2 + 64;
    }
    g->items[g->count++] = (struct bundled){key, sub, activity, tag};
    return true;
}

static int by_key(const void *a, const void *b) {
    const struct bundled *const x = a, *const y = b;

    return x->key != y->key             ? (x->key > y->key) - (x->key < y->key)
           : x->sub != y->sub           ? (x->sub > y->sub) - (x->sub < y->sub)
           : x->activity != y->activity ? (x->activity > y->activity) - (x->activity < y->activity)
                                        : (x->tag > y->tag) - (x->tag < y->tag);
}

void bundle_sort(struct bundle *g) {
    if (g->count)
        qsort(g->items, g->count, sizeof *g->items, by_key);
}

size_t bundle_end(const struct bundle *g, size_t from) {
    size_t i = from;

    while (i < g->count && g->items[i].key == g->items[from].key)
        i++;
    return i;
}

size_t bundle_sub_end(const struct bundle *g, size_t from) {
    size_t i = from;

    while (i < g->count && g->items[i].key == g->items[from].key && g->items[i].sub == g->items[from].sub)
        i++;
    return i;
}

void bundle_free(struct bundle *g) {
    free(g->items);
    *g = (struct bundle){0};
}

/* ---- regularity ---- */

static int by_length(const void *a, const void *b) {
    int64_t const x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Is a gap what it is of a chore whose usual gap is given? What comes by the day comes at one time of day, which nobody who works by hand keeps. */
static bool is_alike(int64_t gap, int64_t usual) {
    int64_t const times = (gap + usual / 2) / usual;
    int64_t const off = times ? llabs(gap - times * usual) : usual;
    int64_t const days = (gap + KIT_DAY / 2) / KIT_DAY;

    if (usual < 20 * KIT_HOUR)
        return off <= usual / 10 || off <= 10 * KIT_MINUTE;
    return llabs(gap - days * KIT_DAY) <= 30 * KIT_MINUTE && times <= 2 &&
           off <= (usual >= 20 * KIT_DAY ? usual / 10 * 3 : usual / 5);
}

bool kit_regular(const int64_t *when, size_t count, size_t least, double part, bool *regular, struct err *e) {
    int64_t *gaps, last;
    size_t n = 0, alike = 0;

    *regular = false;
    if (count < least || count < 3)
        return true;
    if (!(gaps = calloc(count, sizeof *gaps)))
        return kit_no_memory(e);
    last = when[0];
    for (size_t i = 1; i < count; i++)
        if (when[i] - last >= KIT_HOUR / 4) {
            gaps[n++] = when[i] - last;
            last = when[i];
        }
    if (n + 1 >= least && n >= 2) {
        qsort(gaps, n, sizeof *gaps, by_length);
        for (size_t i = 0; i < n; i++)
            alike += is_alike(gaps[i], gaps[n / 2]);
        *regular = (double)alike >= part * (double)n;
    }
    free(gaps);
    return true;
}

bool kit_chore(const struct activities *a, const struct bundle *g, size_t from, size_t to, size_t least, double part,
               bool *chore, struct err *e) {
    int64_t *const when = calloc(to - from, sizeof *when);
    bool ok;

    if (!when)
        return kit_no_memory(e);
    for (size_t i = from; i < to; i++)
        when[i - from] = activities_at(a, g->items[i].activity)->when;
    ok = kit_regular(when, to - from, least, part, chore, e);
    free(when);
    return ok;
}

/* ---- the house ---- */

enum logon_way kit_logon_way(str verb) {
    static const struct {
        str verb;
        enum logon_way way;
    } ways[] = {
        {STR("2"), LOGON_CONSOLE},      {STR("7"), LOGON_CONSOLE},           {STR("11"), LOGON_CONSOLE},
        {STR("13"), LOGON_CONSOLE},     {STR("interactive"), LOGON_CONSOLE}, {STR("console"), LOGON_CONSOLE},
        {STR("unlock"), LOGON_CONSOLE}, {STR("10"), LOGON_REMOTE},           {STR("12"), LOGON_REMOTE},
        {STR("ssh"), LOGON_REMOTE},     {STR("rdp"), LOGON_REMOTE},          {STR("remoteinteractive"), LOGON_REMOTE},
        {STR("3"), LOGON_NETWORK},      {STR("8"), LOGON_NETWORK},           {STR("network"), LOGON_NETWORK},
    };

    for (size_t i = 0; i < COUNT(ways); i++)
        if (str_eq_ascii(verb, ways[i].verb))
            return ways[i].way;
    return LOGON_OTHER;
}

bool kit_machine_account(str name) {
    static const str names[] = {STR("system"),          STR("local service"), STR("network service"),
                                STR("anonymous logon"), STR("iusr"),          STR("window manager"),
                                STR("localsystem"),     STR("root"),          STR("localservice"),
                                STR("networkservice")};
    size_t at = name.len;

    if (!name.len || name.ptr[name.len - 1] == '$')
        return true;
    while (at && name.ptr[at - 1] != '\\')
        at--;
    if (at && (str_starts(name, S("IIS APPPOOL\\")) || str_starts(name, S("NT SERVICE\\")) ||
               str_starts(name, S("Window Manager\\")) || str_starts(name, S("Font Driver Host\\"))))
        return true;
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq_ascii(str_from(name, at), names[i]))
            return true;
    return false;
}

bool kit_of_product(const struct activities *a, const struct activity *v) {
    static const enum act_text texts[] = {ACT_PROGRAM, ACT_DETAIL};
    char folded[2 * KIT_TEXT + 16];

    for (size_t i = 0; i < COUNT(texts); i++)
        if (str_find(kit_folded(activities_text(a, v->text[texts[i]]), folded), S("program files")) != SIZE_MAX)
            return true;
    return false;
}

bool kit_host_act(enum act act) {
    switch (act) {
    case ACT_LOGON:
    case ACT_FILE_READ:
    case ACT_FILE_WRITE:
    case ACT_FILE_DELETE:
    case ACT_SHARE_OPEN:
    case ACT_PROCESS:
    case ACT_TICKET:
    case ACT_EXPORT:
    case ACT_ROLE_NEW:
    case ACT_ROLE_END:
    case ACT_ACCOUNT_NEW:
    case ACT_ACCOUNT_END:
    case ACT_PASSWORD:
    case ACT_SERVICE_NEW:
    case ACT_SERVICE_END:
    case ACT_TASK_NEW:
    case ACT_TASK_END:
    case ACT_OPENING_NEW:
    case ACT_OPENING_END:
    case ACT_AUTORUN_NEW:
    case ACT_AUTORUN_END:
    case ACT_LOG_CLEAR:
    case ACT_AUDIT_OFF:
    case ACT_AUDIT_ON:
        return true;
    default:
        return false;
    }
}

uint32_t kit_source_host(const struct activities *a, const struct activity *v) {
    uint32_t const host = activities_host(a, v->text[ACT_HOST]);
    uint32_t from = v->act == ACT_LOGON && v->text[ACT_DETAIL] ? activities_host(a, v->text[ACT_DETAIL]) : 0;

    if (!from && v->text[ACT_ADDRESS])
        from = activities_host_of(a, v->text[ACT_ADDRESS], v->when);
    return from == host ? 0 : from;
}

static void sort_hosts(struct house *h, const struct meetings *console, const struct meetings *network,
                       uint32_t *console_accounts, uint32_t *network_accounts) {
    for (size_t i = 0; i < console->count; i++)
        console_accounts[console->items[i].b]++;
    for (size_t i = 0; i < network->count; i++)
        network_accounts[network->items[i].b]++;
    for (uint32_t i = 1; i < h->texts; i++)
        if (console_accounts[i] || network_accounts[i]) {
            h->host_count++;
            /* Those who look after a server sit at its console now and then; at a desk sit one or two, and few come to it. */
            h->hosts[i] =
                console_accounts[i] && network_accounts[i] < 5 * console_accounts[i] ? HOST_DESK : HOST_SERVER;
        }
}

static bool look_at_logon(struct house *h, const struct activity *v, uint32_t account, uint32_t host,
                          struct meetings *console, struct meetings *network, struct err *e) {
    enum logon_way const way = kit_logon_way(activities_text(h->a, v->text[ACT_VERB]));
    struct meeting *m;

    h->account_count += !(h->desks[account] & 2);
    h->desks[account] |= 2;
    if (way == LOGON_CONSOLE) {
        h->desk_count += !(h->desks[account] & 1);
        h->desks[account] |= 1;
        h->hours[kit_hour(v->when)]++;
    }
    if (way == LOGON_OTHER)
        return true;
    if (!(m = meetings_at(way == LOGON_CONSOLE ? console : network, account, host)))
        return kit_no_memory(e);
    meetings_count(m, v);
    return true;
}

static bool look_at_all(struct house *h, struct meetings *console, struct meetings *network, struct err *e) {
    uint32_t const count = activities_count(h->a);
    uint32_t total = 0;
    bool ok = true;

    h->begin = INT64_MAX;
    h->end = INT64_MIN;
    for (uint32_t i = 0; ok && i < count; i++) {
        const struct activity *const v = activities_at(h->a, i);
        uint32_t const account = activities_account(h->a, v->text[ACT_ACCOUNT]);
        uint32_t const host = activities_host(h->a, v->text[ACT_HOST]);
        struct meeting *m;

        if (!account || v->outcome == OUTCOME_FAILURE ||
            kit_machine_account(activities_text(h->a, v->text[ACT_ACCOUNT])))
            continue;
        if (v->act == ACT_SIGN_IN && !str_eq(activities_text(h->a, v->text[ACT_OBJECT]), S("NTLM")))
            h->desks[account] |= 1;
        if (!host || !kit_host_act((enum act)v->act))
            continue;
        h->begin = v->when < h->begin ? v->when : h->begin;
        h->end = v->when > h->end ? v->when : h->end;
        ok = (m = meetings_at(&h->on, account, host)) != NULL || kit_no_memory(e);
        if (ok)
            meetings_count(m, v);
        if (ok && v->act == ACT_LOGON)
            ok = look_at_logon(h, v, account, host, console, network, e);
    }
    for (size_t i = 0; i < 24; i++)
        total += h->hours[i];
    h->sleeps = total >= 200;
    return ok;
}

bool house_open(struct house *h, struct activities *a, struct err *e) {
    struct meetings console = {0}, network = {0};
    uint32_t *counts;
    bool ok;

    *h = (struct house){.a = a, .texts = activities_text_count(a)};
    h->hosts = calloc((size_t)h->texts + 1, 1);
    h->desks = calloc((size_t)h->texts + 1, 1);
    counts = calloc((size_t)h->texts + 1, 2 * sizeof *counts);
    ok = (h->hosts && h->desks && counts) || kit_no_memory(e);
    ok = ok && look_at_all(h, &console, &network, e);
    if (ok)
        sort_hosts(h, &console, &network, counts, counts + h->texts + 1);
    free(counts);
    meetings_free(&console);
    meetings_free(&network);
    return ok;
}

void house_free(struct house *h) {
    free(h->hosts);
    free(h->desks);
    meetings_free(&h->on);
    *h = (struct house){0};
}

bool house_night(const struct house *h, int64_t when) {
    uint32_t most = 0;

    if (!h->sleeps)
        return false;
    for (size_t i = 0; i < 24; i++)
        most = h->hours[i] > most ? h->hours[i] : most;
    return h->hours[kit_hour(when)] < most / 10;
}

enum host_sort house_host(const struct house *h, uint32_t host) {
    return host && host < h->texts ? (enum host_sort)h->hosts[host] : HOST_UNKNOWN;
}

bool house_service_account(const struct house *h, uint32_t account) {
    return account && account < h->texts && h->desks[account] == 2 && h->desk_count >= 3;
}

/* The first in a list at or behind a moment. */
uint32_t kit_first_at(const struct activities *a, const struct activity_list *l, int64_t when) {
    uint32_t low = 0, high = l->count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (activities_at(a, l->items[middle])->when < when)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool kit_who_came(const struct house *h, uint32_t host, int64_t when, int64_t within, uint32_t *who, struct err *e) {
    struct activity_list all;
    uint32_t at;

    *who = 0;
    if (!activities_of(h->a, ACT_HOST, host, &all, e))
        return false;
    at = kit_first_at(h->a, &all, when + 1);
    for (uint32_t looked = 0; at && looked < 256; looked++) {
        const struct activity *const v = activities_at(h->a, all.items[--at]);
        uint32_t const account = activities_account(h->a, v->text[ACT_ACCOUNT]);
        const struct meeting *const m = meetings_find(&h->on, account, host);

        if (when - v->when > within)
            break;
        if (v->act != ACT_LOGON || v->outcome == OUTCOME_FAILURE || !m || m->days > 12)
            continue;
        if (*who && *who != account) {
            *who = 0;
            return true;
        }
        *who = account;
    }
    return true;
}

void kit_hours_count(struct hours *h, int64_t when) {
    h->count[kit_hour(when)]++;
    h->total++;
}

bool kit_hours_unusual(const struct hours *h, int64_t when, double part) {
    unsigned const hour = kit_hour(when);

    return h->total >= 50 &&
           (double)(h->count[hour] + h->count[(hour + 1) % 24] + h->count[(hour + 23) % 24]) < part * h->total;
}

bool kit_hours_away(const struct hours *h, int64_t when, unsigned away) {
    unsigned const hour = kit_hour(when);

    for (unsigned i = 0; i <= away && i < 24; i++)
        if (h->count[(hour + i) % 24] || h->count[(hour + 24 - i) % 24])
            return false;
    return h->total > 0;
}

/* ---- words ---- */

str kit_program_name(str path, char out[KIT_NAME]) {
    size_t from = path.len, to;
    str name;

    while (path.len && (path.ptr[path.len - 1] == '"' || path.ptr[path.len - 1] == ' '))
        path.len--;
    from = path.len;
    while (from && path.ptr[from - 1] != '\\' && path.ptr[from - 1] != '/' && path.ptr[from - 1] != '"')
        from--;
    name = utf8_first(str_from(path, from), (KIT_NAME - 16) / 2);
    to = fold_text(name, out);
    if (str_ends((str){out, to}, S(".exe")))
        to -= 4;
    name = (str){out, to};
    if (str_eq(name, S("7z")) || str_eq(name, S("net1")))
        return name;
    while (to > 1 && ((out[to - 1] >= '0' && out[to - 1] <= '9') || out[to - 1] == '.'))
        to--;
    return (str){out, to};
}

size_t kit_word(const struct word_list *l, str folded) {
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->words[i], folded))
            return i + 1;
    return 0;
}

static bool ends_word(char c) {
    return c == ' ' || c == '"' || c == '\'' || c == '\t' || c == '&' || c == '|' || c == ';' || c == '(' || c == ')' ||
           c == '`' || c == ',';
}

/* The end of a word in a text at or behind from, or 0. */
static size_t word_end(str text, str word, size_t from) {
    while (from < text.len) {
        size_t const at = str_find(str_from(text, from), word);
        size_t begin, end;

        if (at == SIZE_MAX)
            return 0;
        begin = from + at;
        end = begin + word.len;
        if ((!begin || ends_word(text.ptr[begin - 1]) || text.ptr[begin - 1] == '\\' || text.ptr[begin - 1] == '/') &&
            (end == text.len || ends_word(text.ptr[end]) || str_starts(str_from(text, end), S(".exe"))))
            return end;
        from = begin + 1;
    }
    return 0;
}

size_t kit_command(const struct word_list *l, str folded) {
    for (size_t i = 0; i < l->count; i++) {
        str rest = l->words[i];
        size_t at = 0;

        while (rest.len) {
            size_t const blank = str_find_byte(rest, ' ');
            str const word = str_first(rest, blank);

            if (word.len && !(at = word_end(folded, word, at)))
                break;
            rest = str_from(rest, blank == SIZE_MAX ? rest.len : blank + 1);
        }
        if (at && !rest.len)
            return i + 1;
    }
    return 0;
}

size_t kit_anywhere(const struct word_list *l, str folded) {
    for (size_t i = 0; i < l->count; i++)
        if (str_find(folded, l->words[i]) != SIZE_MAX)
            return i + 1;
    return 0;
}

str kit_folded(str text, char out[2 * KIT_TEXT + 16]) {
    return (str){out, fold_text(utf8_first(text, KIT_TEXT), out)};
}

uint64_t kit_skeleton(str text, uint64_t seed) {
    char folded[2 * KIT_TEXT + 16];
    str const s = kit_folded(text, folded);
    size_t to = 0;

    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];
        bool const digit = c >= '0' && c <= '9';

        if (c == '"' || c == ' ' || (digit && to && folded[to - 1] == '#'))
            continue;
        folded[to++] = digit ? '#' : c;
    }
    return hash_bytes((str){folded, to}, seed);
}

str kit_command_line(const struct activities *a, const struct activity *v) {
    return activities_text(a, v->text[v->text[ACT_OBJECT] ? ACT_OBJECT : ACT_PROGRAM]);
}
