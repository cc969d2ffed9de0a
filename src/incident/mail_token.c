/* mail_token: which part of an address is one recipient's alone.
 *
 * An address falls into parts: labels of its host left of what somebody registered, segments of its path, values of its query.
 * First pass: of each part's value at its place, whether one holder has it or several. A holder is whoever got a message: one
 * address, or the few that a message was sent to at once. Second pass: each address with the parts that only one holder has taken
 * out: a frame. A frame that two or more holders have is a fan-out, and what was taken out are the tokens. So addresses that all
 * share have none, and neither has what only one was sent.
 *
 * What is loaded unseen is compared over the whole campaign, all else only among messages of one skeleton: the links of different
 * mails differ anyway.
 *
 * Memory grows with addresses of the campaign, so of large ones fewer are looked at: URLS_MAX in all, unseen ones first. */
#include <assert.h>
#include <math.h>

#include "base/hash.h"
#include "incident/mail_knowledge.h"
#include "incident/mail_own.h"

#define PARTS_MAX 24u
#define URLS_MAX 2000000u
#define URLS_LEAST 4u   /* of a message, however large the campaign is */
#define VALUE_LEAST 2u  /* bytes: shorter ones are numbers of pictures */
#define SHAPE_LEAST 10u /* bytes of what looks like a token */
#define ENTROPY_LEAST 2.5
#define MANY UINT64_MAX

struct mail_tokens {
    uint64_t seed, urls;            /* urls: of each message that are looked at */
    struct mail_map values, frames; /* the holder's hash, or MANY */
};

struct part {
    str value;
    uint64_t place; /* hash of where it stands */
};

bool mail_tokens_new(struct mail_tokens **out, uint64_t messages, uint64_t seed) {
    struct mail_tokens *const t = calloc(1, sizeof *t);

    if (!t)
        return false;
    t->seed = seed;
    t->urls = messages ? URLS_MAX / messages : MAIL_URLS_MAX;
    t->urls = t->urls < URLS_LEAST ? URLS_LEAST : t->urls;
    *out = t;
    return true;
}

void mail_tokens_free(struct mail_tokens *t) {
    if (!t)
        return;
    mail_map_free(&t->values);
    mail_map_free(&t->frames);
    free(t);
}

/* Two sorted lists as one; SIZE_MAX: too long. */
static size_t together(const str *a, size_t a_count, const str *b, size_t b_count, str out[MAIL_HOLDERS_MAX]) {
    size_t count = 0;

    for (size_t i = 0, k = 0; i < a_count || k < b_count; count++) {
        int const c = i == a_count ? 1 : k == b_count ? -1 : str_cmp(a[i], b[k]);

        if (count == MAIL_HOLDERS_MAX)
            return SIZE_MAX;
        out[count] = c <= 0 ? a[i] : b[k];
        i += c <= 0;
        k += c >= 0;
    }
    return count;
}

size_t mail_holders(const struct mail_message *m, str out[MAIL_HOLDERS_MAX]) {
    size_t const count = together(m->delivered_to, m->delivered_count, m->recipients, m->recipient_count, out);

    return count == SIZE_MAX && m->delivered_count ? together(m->delivered_to, m->delivered_count, NULL, 0, out)
                                                   : count;
}

/* The holders as one number; 0: too many. */
static uint64_t holder_of(const struct mail_message *m, uint64_t seed) {
    str list[MAIL_HOLDERS_MAX];
    size_t const count = mail_holders(m, list);
    uint64_t hash = seed;

    if (count == SIZE_MAX)
        return 0;
    for (size_t i = 0; i < count; i++)
        hash = hash_bytes(list[i], hash);
    return hash == 0 || hash == MANY ? 1 : hash;
}

/* ---- parts ---- */

static void add(struct part *parts, size_t *count, str value, uint64_t place) {
    if (*count < PARTS_MAX && value.len >= VALUE_LEAST)
        parts[(*count)++] = (struct part){value, place};
}

/* Where the host begins in the address; it is there, since the URL's host was read out of it. */
static size_t host_at(str url) {
    size_t const at = str_find(url, S("//"));

    return at == SIZE_MAX ? 0 : at + 2;
}

static size_t parts_of(const struct mail_url *u, uint64_t seed, struct part parts[PARTS_MAX]) {
    str const registered = mail_registrable(u->host);
    uint64_t const base = hash_bytes(registered, seed);
    size_t count = 0, at = host_at(u->url);
    unsigned index = 0;

    /* labels, from the right; as written in the address */
    size_t end = at;

    while (end < u->url.len && u->url.ptr[end] != '/' && u->url.ptr[end] != '?' && u->url.ptr[end] != '#')
        end++;
    /* user and port are no part of the host */
    size_t from = at, to = end;

    for (size_t i = at; i < end; i++)
        if (u->url.ptr[i] == '@')
            from = i + 1;
    for (size_t i = from; i < to; i++)
        if (u->url.ptr[i] == ':')
            to = i;
    if (to - from == u->host.len && registered.len < u->host.len) {
        size_t stop = from + (u->host.len - registered.len) - 1; /* the point before what was registered */

        while (stop > from) {
            size_t begin = stop;

            while (begin > from && u->url.ptr[begin - 1] != '.')
                begin--;
            add(parts, &count, (str){u->url.ptr + begin, stop - begin}, base + 1000 + index++);
            stop = begin > from ? begin - 1 : from;
        }
    }
    /* segments; a name's ending is none of it: TOKEN.gif */
    index = 0;
    at = end;
    while (at < u->url.len && u->url.ptr[at] == '/') {
        size_t stop = ++at, point;

        while (stop < u->url.len && u->url.ptr[stop] != '/' && u->url.ptr[stop] != '?' && u->url.ptr[stop] != '#')
            stop++;
        str segment = {u->url.ptr + at, stop - at};

        point = segment.len;
        while (point > 0 && segment.len - point < 6 && segment.ptr[point - 1] != '.')
            point--;
        if (point > 1 && segment.ptr[point - 1] == '.')
            segment.len = point - 1;
        add(parts, &count, segment, base + 2000 + index++);
        at = stop;
    }
    /* values of the query */
    if (at < u->url.len && u->url.ptr[at] == '?') {
        at++;
        while (at < u->url.len && u->url.ptr[at] != '#') {
            size_t stop = at, equals;

            while (stop < u->url.len && u->url.ptr[stop] != '&' && u->url.ptr[stop] != ';' && u->url.ptr[stop] != '#')
                stop++;
            str const pair = {u->url.ptr + at, stop - at};

            equals = str_find_byte(pair, '=');
            if (equals == SIZE_MAX)
                add(parts, &count, pair, base + 3000);
            else
                add(parts, &count, str_from(pair, equals + 1), hash_bytes(str_first(pair, equals), base));
            at = stop < u->url.len && u->url.ptr[stop] != '#' ? stop + 1 : stop;
        }
    }
    return count;
}

/* ---- values and frames ---- */

static uint64_t unit_of(const struct mail_tokens *t, const struct mail_url *u, uint32_t skeleton) {
    return t->seed + (mail_unseen(u) ? 0 : (uint64_t)skeleton + 1);
}

static bool seen_by(struct mail_map *map, uint64_t key, uint64_t holder) {
    uint64_t *const value = mail_map_put(map, key);

    if (!value)
        return false;
    if (!*value)
        *value = holder ? holder : MANY;
    else if (*value != holder)
        *value = MANY;
    return true;
}

static uint64_t value_key(const struct part *p, uint64_t unit) {
    return hash_bytes(p->value, unit ^ p->place);
}

bool mail_tokens_values(struct mail_tokens *t, const struct mail_message *m, uint32_t skeleton) {
    uint64_t const holder = holder_of(m, t->seed);
    struct part parts[PARTS_MAX];

    for (uint32_t i = 0; i < m->url_count && i < t->urls; i++) {
        size_t const count = parts_of(&m->urls[i], t->seed, parts);

        for (size_t p = 0; p < count; p++)
            if (!seen_by(&t->values, value_key(&parts[p], unit_of(t, &m->urls[i], skeleton)), holder))
                return false;
    }
    return true;
}

/* Which parts one holder has alone; the frame that is left. *own: how many parts. */
static uint64_t frame_of(const struct mail_tokens *t, const struct mail_url *u, uint32_t skeleton,
                         struct part parts[PARTS_MAX], size_t *own) {
    uint64_t const unit = unit_of(t, u, skeleton);
    size_t const count = parts_of(u, t->seed, parts);
    const char *from = u->url.ptr;
    uint64_t hash = unit;

    *own = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t *const value = mail_map_find(&t->values, value_key(&parts[i], unit));

        if (!value || *value == MANY)
            continue;
        parts[(*own)++] = parts[i];
    }
    /* labels come from the right: what is taken out goes in the order of the address */
    for (const char *next = from; *own;) {
        const struct part *first = NULL;

        for (size_t i = 0; i < *own; i++)
            if (parts[i].value.ptr >= next && (!first || parts[i].value.ptr < first->value.ptr))
                first = &parts[i];
        if (!first)
            break;
        hash = hash_bytes((str){from, (size_t)(first->value.ptr - from)}, hash + 1);
        from = next = first->value.ptr + first->value.len;
    }
    return hash_bytes((str){from, (size_t)(u->url.ptr + u->url.len - from)}, hash);
}

bool mail_tokens_frames(struct mail_tokens *t, const struct mail_message *m, uint32_t skeleton) {
    uint64_t const holder = holder_of(m, t->seed);
    struct part parts[PARTS_MAX];
    size_t own;

    for (uint32_t i = 0; holder && i < m->url_count && i < t->urls; i++) {
        uint64_t const frame = frame_of(t, &m->urls[i], skeleton, parts, &own);

        if (own && !seen_by(&t->frames, frame, holder))
            return false;
    }
    return true;
}

/* ---- tokens ---- */

bool mail_token_shaped(str text) {
    unsigned counts[256] = {0}, digits = 0, letters = 0, changes = 0, other = 0, last = 0;
    double entropy = 0;

    if (text.len < SHAPE_LEAST || text.len > 1024)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char const c = (unsigned char)text.ptr[i];
        unsigned const class = c >= '0' && c <= '9' ? 1 : c >= 'a' && c <= 'z' ? 2 : c >= 'A' && c <= 'Z' ? 3 : 4;

        counts[c]++;
        digits += class == 1;
        letters += class == 2 || class == 3;
        other += class == 4;
        changes += last && class != 4 && last != class;
        last = class == 4 ? 0 : class;
    }
    for (size_t i = 0; i < COUNT(counts); i++)
        if (counts[i]) {
            double const p = counts[i] / (double)text.len;

            entropy -= p * log2(p);
        }
    /* letters and digits in turns, as encoded numbers have them and names of pictures have not; or a long number */
    return entropy > ENTROPY_LEAST && other * 4 <= text.len &&
           ((digits >= 2 && letters && changes >= 4) || (letters == 0 && digits >= 12) || changes * 4 >= text.len);
}

/* Does the address hold one of the message's own recipients'? %40 stands for @. */
static str address_in(const struct mail_message *m, str text) {
    char small[512];
    str list[MAIL_HOLDERS_MAX];
    size_t const count = mail_holders(m, list);
    size_t len = 0, at[sizeof small + 1];

    for (size_t i = 0; i < text.len && len < sizeof small; i++) {
        at[len] = i;
        if (text.len - i >= 3 && text.ptr[i] == '%' && text.ptr[i + 1] == '4' && text.ptr[i + 2] == '0') {
            small[len++] = '@';
            i += 2;
        } else {
            small[len++] = mail_small(text.ptr[i]);
        }
        at[len] = i + 1;
    }
    for (size_t i = 0; count != SIZE_MAX && i < count; i++) {
        size_t const found = list[i].len >= 6 ? str_find((str){small, len}, list[i]) : SIZE_MAX;

        if (found != SIZE_MAX && str_find_byte(list[i], '@') != SIZE_MAX)
            return (str){text.ptr + at[found], at[found + list[i].len] - at[found]};
    }
    return (str){"", 0};
}

static bool token_of(const struct mail_tokens *t, const struct mail_message *m, const struct mail_url *u,
                     uint32_t skeleton, struct mail_token *out) {
    struct part parts[PARTS_MAX];
    size_t own;
    uint64_t const frame = frame_of(t, u, skeleton, parts, &own);
    const uint64_t *const holders = own ? mail_map_find(&t->frames, frame) : NULL;

    *out = (struct mail_token){.host = u->host, .url = u->url, .where = u->where, .flags = u->flags};
    if (holders && *holders == MANY) {
        for (size_t i = 0; i < own; i++)
            if (parts[i].value.len > out->token.len)
                out->token = parts[i].value;
        return true;
    }
    /* nobody to compare with: its shape has to do, and what is clicked is mostly somebody's session */
    out->by_shape = true;
    out->token = own ? address_in(m, u->url) : (str){"", 0};
    for (size_t i = 0; !out->token.len && mail_loaded(u) && i < own; i++)
        if (mail_token_shaped(parts[i].value))
            out->token = parts[i].value;
    return out->token.len > 0;
}

void mail_tokens_of(const struct mail_tokens *t, const struct mail_message *m, uint32_t skeleton,
                    struct mail_token out[MAIL_TOKENS_MAX], size_t *count) {
    *count = 0;
    for (uint32_t i = 0; holder_of(m, t->seed) && i < m->url_count && i < t->urls && *count < MAIL_TOKENS_MAX; i++) {
        struct mail_token token;
        bool known = false;

        if (!token_of(t, m, &m->urls[i], skeleton, &token))
            continue;
        for (size_t k = 0; k < *count; k++)
            known |= str_eq(out[k].token, token.token) && str_eq(out[k].host, token.host);
        if (!known)
            out[(*count)++] = token;
    }
}
