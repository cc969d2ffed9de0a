/* mail_cluster: which messages belong together.
 *
 * By text: a sketch is cut into bands of four minima. Two texts that share 70 % of their shingles have an equal band with a
 * probability of 99 %, and are then compared as a whole (sketch_agree). Within a band, messages are compared with the first few
 * that are unlike each other, so that a band of a million costs a million comparisons and not its square.
 * By infrastructure: a host from which something is loaded unseen, or a return path, of few senders; a newsletter's List-Id.
 *
 * Everything goes in the order of numbers and of hashes without seed: what joins what is the same in every process. */
#include <assert.h>

#include "base/hash.h"
#include "base/sorter.h"
#include "base/tape.h"
#include "incident/mail_knowledge.h"
#include "incident/mail_own.h"

#define BANDS 16u
#define ROWS (SKETCH_SIZE / BANDS)
#define LEADERS 8u              /* of a band: unlike each other */
#define SHINGLES_LEAST 8u       /* shorter texts are alike by chance: only of one sender they count */
#define SENDERS_MAX 16u         /* that are unlike in text: who has more of them serves everybody */
#define SPAN_MAX (400u * 1440u) /* minutes: infrastructure of an operation is not used for longer */
#define ESTABLISHED_SPAN (365u * 1440u)
#define ESTABLISHED_IN 12u
#define CONTACT_SPAN (90u * 1440u)
#define CONTACT_IN 3u

/* A sketch on its tape: every one has the same size. */
#define SKETCH_RECORD (SKETCH_SIZE * 4 + 4)

enum { BEACON = 'B', RETURN = 'R', LIST = 'L', FORGED_LIST = 'F' };

bool mail_established(const struct mail_campaigns *c, uint64_t sender) {
    const struct mail_past_entry *const p = mail_past_find(&c->past, sender);

    if (!p || p->first_in == MAIL_NEVER)
        return false;
    uint32_t const span = p->last_in - p->first_in;

    return (p->in >= ESTABLISHED_IN && span >= ESTABLISHED_SPAN) ||
           (p->out && p->in >= CONTACT_IN && span >= CONTACT_SPAN);
}

uint32_t mail_root(uint32_t *parent, uint32_t number) {
    while (parent[number] != number)
        number = parent[number] = parent[parent[number]];
    return number;
}

/* The smaller number is the root. */
static void join(uint32_t *parent, uint32_t a, uint32_t b) {
    a = mail_root(parent, a);
    b = mail_root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

static void put_number(struct buf *b, uint64_t n, unsigned bytes) {
    while (bytes--)
        buf_byte(b, (char)(n >> bytes * 8));
}

static uint64_t number_at(str s, size_t at, unsigned bytes) {
    uint64_t n = 0;

    assert(at + bytes <= s.len);
    while (bytes--)
        n = n << 8 | (unsigned char)s.ptr[at++];
    return n;
}

/* ---- what is sorted ---- */

static bool add_bands(struct mail_campaigns *c, const struct mail_message *m, uint32_t number, struct sorter *bands,
                      struct err *e) {
    struct {
        uint32_t band, sender[2], rows[ROWS];
    } hashed;

    for (uint32_t band = 0; m->sketch.shingles && band < BANDS; band++) {
        bool const shorter = m->sketch.shingles < SHINGLES_LEAST;
        uint64_t const sender =
            hash_sum(mail_freemail(c->options.knowledge, m->from_domain) ? m->from : mail_registrable(m->from_domain));

        hashed.band = band;
        hashed.sender[0] = shorter ? (uint32_t)sender : 0;
        hashed.sender[1] = shorter ? (uint32_t)(sender >> 32) : 0;
        memcpy(hashed.rows, m->sketch.mins + band * ROWS, sizeof hashed.rows);
        c->text.len = 0;
        put_number(&c->text, hash_sum((str){(const char *)&hashed, sizeof hashed}), 8);
        put_number(&c->text, number, 4);
        if (c->text.failed)
            return err_set(e, ERR_MEMORY, 0, "no memory for campaigns");
        if (!sorter_add(bands, buf_str(&c->text), (str){"", 0}, e))
            return false;
    }
    return true;
}

static bool add_host(struct mail_campaigns *c, char type, str text, str more, uint32_t number, uint32_t minute,
                     struct sorter *hosts, struct err *e) {
    char value[4];

    c->text.len = 0;
    buf_byte(&c->text, type);
    buf_add(&c->text, text);
    buf_byte(&c->text, '\0');
    buf_add(&c->text, more);
    buf_byte(&c->text, '\0');
    put_number(&c->text, number, 4);
    memcpy(value, &minute, sizeof value);
    if (c->text.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory for campaigns");
    return sorter_add(hosts, buf_str(&c->text), (str){value, sizeof value}, e);
}

/* A host or domain that may tell something of whoever uses it. */
static bool telling(const struct mail_campaigns *c, str host) {
    const struct mail_knowledge *const k = c->options.knowledge;

    return host.len && !mail_host_shared(k, host) && !mail_service_of_host(k, host).len && !mail_freemail(k, host) &&
           !mail_is_own(c, host);
}

bool mail_cluster_add(struct mail_campaigns *c, const struct mail_message *m, uint32_t number, struct sorter *bands,
                      struct sorter *hosts, struct err *e) {
    char sketch[SKETCH_RECORD];
    uint32_t const minute = mail_minute(m->when);
    str const back = mail_registrable(mail_domain_of(m->return_path)), from = mail_registrable(m->from_domain);
    bool unseen = false, loaded = false;

    memcpy(sketch, &m->sketch.shingles, 4);
    memcpy(sketch + 4, m->sketch.mins, SKETCH_SIZE * 4);
    if (!tape_add(c->sketches, (str){sketch, sizeof sketch}, e) || !add_bands(c, m, number, bands, e))
        return false;
    for (uint32_t i = 0; i < m->url_count; i++) {
        const struct mail_url *const u = &m->urls[i];

        loaded |= mail_loaded(u);
        unseen |= mail_unseen(u);
        if (mail_unseen(u) && telling(c, u->host) &&
            !add_host(c, BEACON, u->host, (str){"", 0}, number, minute, hosts, e))
            return false;
    }
    if (unseen && telling(c, back) && !str_eq(back, from) &&
        !add_host(c, RETURN, back, (str){"", 0}, number, minute, hosts, e))
        return false;
    return !loaded || !m->list_id.len ||
           add_host(c, mail_forged(m) ? FORGED_LIST : LIST, m->list_id, from, number, minute, hosts, e);
}

/* ---- by text ---- */

struct leader {
    uint32_t number;
    bool loaded;
    struct sketch sketch;
};

struct text_run {
    struct mail_campaigns *c;
    struct tape_reader sketches;
    uint64_t apart; /* bytes of the tape from one sketch to the next */
    uint64_t band;  /* hash; of no band: none has been seen */
    bool any;
    struct leader leaders[LEADERS];
    size_t leader_count;
};

static bool load(struct text_run *r, uint32_t number, struct sketch *out, struct err *e) {
    str record;

    tape_seek(&r->sketches, number * r->apart);
    if (!tape_next(&r->sketches, &record, e))
        return e->code != ERR_NONE ? false : err_set(e, ERR_CORRUPT, 0, "a temporary file is damaged");
    assert(record.len == SKETCH_RECORD);
    memcpy(&out->shingles, record.ptr, 4);
    memcpy(out->mins, record.ptr + 4, sizeof out->mins);
    return true;
}

/* Whoever is established is only joined with themselves. */
static bool may_join(const struct mail_campaigns *c, uint32_t a, uint32_t b) {
    return c->sender[a] == c->sender[b] || (!mail_established(c, c->sender[a]) && !mail_established(c, c->sender[b]));
}

static bool on_band(void *ctx, str key, str value, struct err *e) {
    struct text_run *const r = ctx;
    struct mail_campaigns *const c = r->c;
    uint64_t const band = number_at(key, 0, 8);
    uint32_t const number = (uint32_t)number_at(key, 8, 4);
    struct sketch mine;
    bool loaded = false;

    (void)value;
    if (!r->any || band != r->band)
        r->leader_count = 0;
    r->any = true;
    r->band = band;
    for (size_t i = 0; i < r->leader_count; i++)
        if (mail_root(c->parent, r->leaders[i].number) == mail_root(c->parent, number))
            return true;
    for (size_t i = 0; i < r->leader_count; i++) {
        struct leader *const l = &r->leaders[i];

        if (!may_join(c, l->number, number))
            continue;
        if ((!l->loaded && !load(r, l->number, &l->sketch, e)) || (!loaded && !load(r, number, &mine, e)))
            return false;
        l->loaded = loaded = true;
        if (sketch_agree(&l->sketch, &mine) >= MAIL_SKELETON_AGREE) {
            join(c->parent, l->number, number);
            return true;
        }
    }
    if (r->leader_count < LEADERS)
        r->leaders[r->leader_count++] = (struct leader){.number = number};
    return true;
}

/* ---- by infrastructure ---- */

struct host_run {
    struct mail_campaigns *c;
    struct buf name, numbers; /* numbers: uint32_t of the group */
    uint32_t first, last;
};

static int by_u64(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* At most SENDERS_MAX different ones among the numbers' roots, or senders? */
static bool few(struct mail_campaigns *c, const uint32_t *numbers, size_t count, bool roots) {
    uint64_t seen[SENDERS_MAX + 1];
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t const one = roots ? mail_root(c->parent, numbers[i]) : c->sender[numbers[i]];

        if (kept && bsearch(&one, seen, kept, sizeof *seen, by_u64))
            continue;
        if (kept == SENDERS_MAX)
            return false;
        seen[kept++] = one;
        qsort(seen, kept, sizeof *seen, by_u64);
    }
    return true;
}

static void end_group(struct host_run *r) {
    struct mail_campaigns *const c = r->c;
    uint32_t *const numbers = (uint32_t *)(void *)r->numbers.ptr;
    size_t count = r->numbers.len / sizeof *numbers, kept = 0;
    bool const list = r->name.len && (r->name.ptr[0] == LIST || r->name.ptr[0] == FORGED_LIST);

    if (!list) {
        for (size_t i = 0; i < count; i++)
            if (!mail_established(c, c->sender[numbers[i]]))
                numbers[kept++] = numbers[i];
        /* years, or many who write different things: a service that is not known */
        if ((r->last != MAIL_NEVER && r->last - r->first > SPAN_MAX) ||
            (!few(c, numbers, kept, true) && !few(c, numbers, kept, false)))
            kept = 0;
        count = kept;
    }
    for (size_t i = 1; i < count; i++)
        join(c->parent, numbers[0], numbers[i]);
    r->numbers.len = 0;
    r->first = MAIL_NEVER;
    r->last = 0;
}

static bool on_host(void *ctx, str key, str value, struct err *e) {
    struct host_run *const r = ctx;
    str const name = str_first(key, key.len - 4);
    uint32_t const number = (uint32_t)number_at(key, key.len - 4, 4);
    uint32_t minute;

    if (!str_eq(name, buf_str(&r->name))) {
        end_group(r);
        r->name.len = 0;
        buf_add(&r->name, name);
    }
    memcpy(&minute, value.ptr, sizeof minute);
    if (minute != MAIL_NEVER) {
        r->first = minute < r->first ? minute : r->first;
        r->last = minute > r->last ? minute : r->last;
    }
    buf_add(&r->numbers, (str){(const char *)&number, sizeof number});
    return (!r->name.failed && !r->numbers.failed) || err_set(e, ERR_MEMORY, 0, "no memory for campaigns");
}

bool mail_cluster(struct mail_campaigns *c, struct sorter *bands, struct sorter *hosts, struct err *e) {
    struct text_run texts = {.c = c};
    struct host_run infrastructure = {.c = c, .first = MAIL_NEVER};

    assert(c->messages == 0 || tape_end(c->sketches) % c->messages == 0);
    texts.apart = c->messages ? tape_end(c->sketches) / c->messages : 0;
    texts.sketches.ahead = (size_t)texts.apart; /* they are read here and there */
    for (uint32_t i = 0; i < c->messages; i++)
        c->parent[i] = i;
    tape_read(&texts.sketches, c->sketches, 0, tape_end(c->sketches));
    bool ok = sorter_run(bands, on_band, &texts, e);

    tape_reader_free(&texts.sketches);
    for (uint32_t i = 0; ok && i < c->messages; i++)
        c->skeleton[i] = mail_root(c->parent, i);
    ok = ok && sorter_run(hosts, on_host, &infrastructure, e);
    if (ok)
        end_group(&infrastructure);
    buf_free(&infrastructure.name);
    buf_free(&infrastructure.numbers);
    return ok;
}
