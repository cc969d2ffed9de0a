/* mail_pack: a message as bytes, as it lies in temporary files, and back; and the table of numbers that all parts use. Never read by
 * another program: numbers as the processor has them. */
#include <assert.h>

#include "incident/mail_own.h"

/* Big-endian where bytes are compared. */
static void put_u32(struct buf *b, uint32_t n) {
    char const bytes[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};

    buf_add(b, (str){bytes, sizeof bytes});
}

static void put_u64(struct buf *b, uint64_t n) {
    put_u32(b, (uint32_t)(n >> 32));
    put_u32(b, (uint32_t)n);
}

static void put_text(struct buf *b, str s) {
    s = str_first(s, UINT32_MAX);
    put_u32(b, (uint32_t)s.len);
    buf_add(b, s);
}

static void put_list(struct buf *b, const str *list, uint32_t count) {
    put_u32(b, count);
    for (uint32_t i = 0; i < count; i++)
        put_text(b, list[i]);
}

/* ---- URLs: which are kept ---- */

static unsigned class_of(const struct mail_url *u) {
    return mail_unseen(u) ? 0 : mail_loaded(u) ? 1 : 2;
}

static bool wanted(const struct mail_url *u) {
    return u->host.len && u->url.len <= MAIL_URL_BYTES_MAX && u->host.len < u->url.len;
}

static bool among(const struct mail_url *const *kept, uint32_t count, const struct mail_url *u) {
    for (uint32_t i = 0; i < count; i++)
        if (str_eq(kept[i]->url, u->url))
            return true;
    return false;
}

static void put_urls(struct buf *b, const struct mail_message *m) {
    const struct mail_url *kept[MAIL_URLS_MAX];
    uint32_t count = 0;

    for (unsigned class = 0; class < 3; class ++)
        for (uint32_t i = 0; i < m->url_count && count < MAIL_URLS_MAX; i++)
            if (class_of(&m->urls[i]) == class && wanted(&m->urls[i]) && !among(kept, count, &m->urls[i]))
                kept[count++] = &m->urls[i];
    put_u32(b, count);
    for (uint32_t i = 0; i < count; i++) {
        buf_byte(b, (char)kept[i]->where);
        buf_byte(b, (char)kept[i]->flags);
        put_text(b, kept[i]->host);
        put_text(b, kept[i]->url);
    }
}

/* ---- the message ---- */

/* The texts that are only carried. */
#define TEXTS(m)                                                                                                       \
    {                                                                                                                  \
        &(m)->evidence_path, &(m)->from_name, &(m)->from_domain, &(m)->reply_to, &(m)->return_path, &(m)->list_id,     \
            &(m)->list_unsubscribe, &(m)->precedence, &(m)->feedback_id, &(m)->mailer, &(m)->headers, &(m)->spf,       \
            &(m)->dkim, &(m)->dmarc, &(m)->lookalike_of, &(m)->excerpt                                                 \
    }

bool mail_pack(struct buf *b, const struct mail_message *m, uint64_t copies) {
    const str *const texts[] = TEXTS(m);
    size_t const start = b->len;

    put_u32(b, 0);
    put_text(b, m->message_id);
    put_u32(b, m->sketch.shingles);
    for (size_t i = 0; m->sketch.shingles && i < SKETCH_SIZE; i++)
        put_u32(b, m->sketch.mins[i]);
    put_urls(b, m);
    if (!m->message_id.len)
        put_u64(b, (uint64_t)m->when);
    put_text(b, m->message_id.len ? (str){"", 0} : m->from);
    put_text(b, m->message_id.len ? (str){"", 0} : m->subject);
    if (b->failed)
        return false;
    uint32_t const same = (uint32_t)(b->len - start);
    char const head[4] = {(char)(same >> 24), (char)(same >> 16), (char)(same >> 8), (char)same};

    memcpy(b->ptr + start, head, sizeof head);
    /* of copies the first by path and offset */
    for (size_t i = 0; i < COUNT(texts); i++) {
        put_text(b, *texts[i]);
        if (i == 0) {
            put_u64(b, m->offset);
            put_u64(b, m->record);
        }
    }
    put_text(b, m->from);
    put_text(b, m->subject);
    put_text(b, str_of(m->evidence_sha256));
    buf_byte(b, '\0'); /* so that it is a C string where it lies */
    put_u64(b, (uint64_t)m->when);
    buf_byte(b, m->from_own);
    put_list(b, m->recipients, m->recipient_count);
    put_list(b, m->delivered_to, m->delivered_count);
    put_list(b, m->dkim_domains, m->dkim_count);
    put_u64(b, copies);
    return !b->failed;
}

/* What is read is what was written here: sorter and tape see to that. */
static uint32_t take_u32(str *s) {
    const unsigned char *const p = (const unsigned char *)s->ptr;

    assert(s->len >= 4);
    *s = str_from(*s, 4);
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t take_u64(str *s) {
    uint64_t const high = take_u32(s);

    return high << 32 | take_u32(s);
}

static char take_byte(str *s) {
    char const c = s->ptr[0];

    assert(s->len);
    *s = str_from(*s, 1);
    return c;
}

static str take_text(str *s) {
    uint32_t const len = take_u32(s);
    str const text = str_first(*s, len);

    assert(s->len >= len);
    *s = str_from(*s, len);
    return text;
}

static bool take_list(str *s, struct arena *a, const str **out, uint32_t *count) {
    str *list;

    *count = take_u32(s);
    if (!(list = arena_zero(a, *count, sizeof *list)))
        return false;
    for (uint32_t i = 0; i < *count; i++)
        list[i] = take_text(s);
    *out = list;
    return true;
}

str mail_pack_same(str packed) {
    str s = packed;

    return str_first(packed, take_u32(&s));
}

bool mail_unpack(str packed, struct arena *a, struct mail_message *m, uint64_t *copies) {
    str *const texts[] = TEXTS(m);
    struct mail_url *urls;
    str s = packed;

    *m = (struct mail_message){0};
    take_u32(&s);
    m->message_id = take_text(&s);
    m->sketch.shingles = take_u32(&s);
    for (size_t i = 0; m->sketch.shingles && i < SKETCH_SIZE; i++)
        m->sketch.mins[i] = take_u32(&s);
    m->url_count = take_u32(&s);
    if (!(urls = arena_zero(a, m->url_count, sizeof *urls)))
        return false;
    for (uint32_t i = 0; i < m->url_count; i++) {
        urls[i].where = (enum html_where)take_byte(&s);
        urls[i].flags = (uint32_t)take_byte(&s);
        urls[i].host = take_text(&s);
        urls[i].url = take_text(&s);
    }
    m->urls = urls;
    if (!m->message_id.len)
        take_u64(&s);
    take_text(&s);
    take_text(&s);
    for (size_t i = 0; i < COUNT(texts); i++) {
        *texts[i] = take_text(&s);
        if (i == 0) {
            m->offset = take_u64(&s);
            m->record = take_u64(&s);
        }
    }
    m->from = take_text(&s);
    m->subject = take_text(&s);
    m->evidence_sha256 = take_text(&s).ptr;
    take_byte(&s);
    m->when = (int64_t)take_u64(&s);
    m->from_own = take_byte(&s) != 0;
    if (!take_list(&s, a, &m->recipients, &m->recipient_count) ||
        !take_list(&s, a, &m->delivered_to, &m->delivered_count) || !take_list(&s, a, &m->dkim_domains, &m->dkim_count))
        return false;
    *copies = take_u64(&s);
    return true;
}

/* ---- numbers by number ---- */

void mail_map_free(struct mail_map *m) {
    free(m->keys);
    free(m->values);
    *m = (struct mail_map){0};
}

void mail_map_clear(struct mail_map *m) {
    if (m->room)
        memset(m->keys, 0, m->room * sizeof *m->keys);
    m->count = 0;
}

static size_t slot(const struct mail_map *m, uint64_t key) {
    size_t at = (size_t)(key ^ key >> 32) & (m->room - 1);

    while (m->keys[at] && m->keys[at] != key)
        at = (at + 1) & (m->room - 1);
    return at;
}

static bool grow(struct mail_map *m) {
    struct mail_map wide = {.room = m->room ? m->room * 2 : 64, .count = m->count};

    wide.keys = calloc(wide.room, sizeof *wide.keys);
    wide.values = reallocarray(NULL, wide.room, sizeof *wide.values);
    if (!wide.keys || !wide.values) {
        mail_map_free(&wide);
        return false;
    }
    for (size_t i = 0; i < m->room; i++)
        if (m->keys[i]) {
            size_t const at = slot(&wide, m->keys[i]);

            wide.keys[at] = m->keys[i];
            wide.values[at] = m->values[i];
        }
    mail_map_free(m);
    *m = wide;
    return true;
}

uint64_t *mail_map_put(struct mail_map *m, uint64_t key) {
    key = key ? key : 1;
    if (m->count + 1 > m->room / 4 * 3 && !grow(m))
        return NULL;
    size_t const at = slot(m, key);

    if (!m->keys[at]) {
        m->keys[at] = key;
        m->values[at] = 0;
        m->count++;
    }
    return &m->values[at];
}

uint64_t *mail_map_find(const struct mail_map *m, uint64_t key) {
    if (!m->room)
        return NULL;
    key = key ? key : 1;
    size_t const at = slot(m, key);

    return m->keys[at] ? &m->values[at] : NULL;
}
