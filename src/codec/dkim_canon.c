/* dkim_canon: a message into fields and body, and both into the form that was hashed (RFC 6376 3.4).
 *
 * The header is cut at line ends: a line that begins with a blank belongs to the field above it; the first empty line ends it,
 * and so does a line that is no field, which then is the body's first (as mail servers have it). A first line `From ` of a mailbox is
 * passed over. LF alone is a line end as CRLF is, and is hashed as CRLF. */
#include "codec/dkim_own.h"

#include <assert.h>

#include "base/hash.h"

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* ---- fields ---- */

/* The line at the start of s without its end; *taken: with it. */
static str line_of(str s, size_t *taken) {
    size_t const end = str_find_byte(s, '\n');

    if (end == SIZE_MAX) {
        *taken = s.len;
        return s;
    }
    *taken = end + 1;
    return str_first(s, end && s.ptr[end - 1] == '\r' ? end - 1 : end);
}

/* The name of the field that begins with this line, or the empty view: it begins none. */
static str name_of(str line, size_t *colon) {
    size_t name;

    *colon = str_find_byte(line, ':');
    if (*colon == SIZE_MAX)
        return S("");
    for (name = *colon; name && is_blank(line.ptr[name - 1]);)
        name--;
    for (size_t i = 0; i < name; i++)
        if ((unsigned char)line.ptr[i] <= ' ' || (unsigned char)line.ptr[i] >= 0x7f)
            return S("");
    return str_first(line, name);
}

/* The field at the start of s; false: none is there. */
static bool field_of(str s, struct dkim_field *f, size_t *taken) {
    size_t colon, more;
    str line = line_of(s, taken);
    str const name = name_of(line, &colon);

    if (!name.len)
        return false;
    while (*taken < s.len && is_blank(s.ptr[*taken])) {
        line = line_of(str_from(s, *taken), &more);
        *taken += more;
    }
    f->whole = (str){s.ptr, (size_t)(line.ptr + line.len - s.ptr)};
    f->name = name;
    f->value = (str){s.ptr + colon + 1, f->whole.len - colon - 1};
    return true;
}

static uint64_t name_hash(const struct dkim_message *m, str name) {
    uint64_t hash = m->seed;
    char small[64];

    for (size_t at = 0; at < name.len; at += sizeof small) {
        str const piece = str_first(str_from(name, at), sizeof small);

        memcpy(small, piece.ptr, piece.len);
        dkim_small(small, piece.len);
        hash = hash_bytes((str){small, piece.len}, hash);
    }
    return hash;
}

/* The slot of a name: of its group, or free. */
static uint32_t *slot_of(const struct dkim_message *m, str name) {
    for (uint64_t at = name_hash(m, name);; at++) {
        uint32_t *const slot = &m->table[at & (m->slots - 1)];

        if (!*slot || str_eq_ascii(m->fields[m->lowest[*slot - 1]].name, name))
            return slot;
    }
}

uint32_t dkim_group(const struct dkim_message *m, str name) {
    return *slot_of(m, name) - 1; /* DKIM_NONE where the slot is free */
}

static void group(struct dkim_message *m, uint32_t at) {
    struct dkim_field *const f = &m->fields[at];
    uint32_t *const slot = slot_of(m, f->name);

    f->above = DKIM_NONE;
    if (*slot)
        f->above = m->lowest[*slot - 1];
    else
        *slot = ++m->groups;
    f->group = *slot - 1;
    m->lowest[f->group] = at;
}

bool dkim_message_read(str message, struct dkim_message *m, struct arena *a) {
    struct dkim_field f;
    uint32_t count = 0;
    size_t taken, at;

    *m = (struct dkim_message){.seed = hash_seed(), .slots = 1};
    if (str_starts(message, S("From "))) {
        (void)line_of(message, &taken);
        message = str_from(message, taken);
    }
    for (at = 0; at < message.len && field_of(str_from(message, at), &f, &taken); at += taken)
        if (count == DKIM_HEADERS_MAX || at + taken > DKIM_HEADER_BYTES_MAX)
            m->cut = true;
        else
            count++;
    m->body = str_from(message, at);
    if (m->body.len && line_of(m->body, &taken).len == 0)
        m->body = str_from(m->body, taken);
    while (m->slots < 2 * count)
        m->slots *= 2;
    m->slots *= 2;
    m->fields = arena_zero(a, count, sizeof *m->fields);
    m->lowest = arena_zero(a, count, sizeof *m->lowest);
    m->next = arena_zero(a, count, sizeof *m->next);
    m->table = arena_zero(a, m->slots, sizeof *m->table);
    if (!m->fields || !m->lowest || !m->next || !m->table)
        return false;
    for (at = 0; m->count < count; at += taken) {
        bool const there = field_of(str_from(message, at), &m->fields[m->count], &taken);

        assert(there);
        group(m, m->count++);
    }
    return true;
}

/* ---- what is hashed ---- */

/* Small pieces are gathered, or the call would cost more than the hash. */
struct gather {
    SHA256_CTX *to;
    uint64_t left, total; /* still wanted, and given so far */
    size_t held;
    char bytes[4096];
};

static void flush(struct gather *g) {
    SHA256_Update(g->to, g->bytes, g->held);
    g->held = 0;
}

static void put(struct gather *g, const char *ptr, size_t len) {
    if (len > g->left)
        len = (size_t)g->left;
    g->left -= len;
    g->total += len;
    if (len > sizeof g->bytes - g->held)
        flush(g);
    if (len > sizeof g->bytes / 2) {
        flush(g);
        SHA256_Update(g->to, ptr, len);
        return;
    }
    memcpy(g->bytes + g->held, ptr, len);
    g->held += len;
}

/* Each run of blanks as one. s ends in none. Bodies are mostly this: no branch a byte. */
static void put_relaxed(struct gather *g, str s) {
    bool before = false; /* the byte before was a blank */

    for (size_t at = 0; at < s.len && g->left;) {
        str const piece = str_first(str_from(s, at), sizeof g->bytes / 2);
        char *out;
        size_t used = 0;

        if (sizeof g->bytes - g->held < piece.len)
            flush(g);
        out = g->bytes + g->held;
        for (size_t i = 0; i < piece.len; i++) {
            char const c = piece.ptr[i];
            bool const blank = (c == ' ') | (c == '\t');

            out[used] = blank ? ' ' : c;
            used += !(blank & before);
            before = blank;
        }
        if (used > g->left)
            used = (size_t)g->left;
        g->held += used;
        g->left -= used;
        g->total += used;
        at += piece.len;
    }
}

static void body(struct gather *g, str text, bool relaxed) {
    uint64_t empty = 0; /* lines; at the end of the body they are not there */
    size_t taken;

    for (size_t at = 0; at < text.len && g->left; at += taken) {
        str line = line_of(str_from(text, at), &taken);

        if (relaxed)
            while (line.len && is_blank(line.ptr[line.len - 1]))
                line.len--;
        if (!line.len) {
            empty++;
            continue;
        }
        for (; empty && g->left; empty--)
            put(g, "\r\n", 2);
        empty = 0;
        if (relaxed)
            put_relaxed(g, line);
        else
            put(g, line.ptr, line.len);
        put(g, "\r\n", 2);
    }
    if (!relaxed && g->total == 0)
        put(g, "\r\n", 2); /* 3.4.3: a body of nothing is an empty line; relaxed, it is nothing */
}

void dkim_body_hash(struct dkim_message *m, bool relaxed, uint64_t limit, uint64_t *total, uint8_t digest[32]) {
    struct gather g;
    SHA256_CTX ctx;

    for (uint32_t i = 0; i < COUNT(m->memo); i++)
        if (m->memo[i].held && m->memo[i].relaxed == relaxed && m->memo[i].limit == limit) {
            *total = m->memo[i].total;
            memcpy(digest, m->memo[i].digest, SHA256_DIGEST_LENGTH);
            return;
        }
    SHA256_Init(&ctx);
    g.to = &ctx;
    g.left = limit;
    g.total = g.held = 0;
    body(&g, m->body, relaxed);
    flush(&g);
    SHA256_Final(digest, &ctx);
    *total = g.total;
    uint32_t const at = m->memo_next++ % COUNT(m->memo);

    m->memo[at].held = true;
    m->memo[at].relaxed = relaxed;
    m->memo[at].limit = limit;
    m->memo[at].total = g.total;
    memcpy(m->memo[at].digest, digest, SHA256_DIGEST_LENGTH);
}

/* Lines as they are, their ends CRLF; a view that ends within a line gets none. */
static void put_simple(struct gather *g, str s) {
    for (size_t at = 0, taken; at < s.len; at += taken) {
        str const line = line_of(str_from(s, at), &taken);

        put(g, line.ptr, line.len);
        if (taken > line.len)
            put(g, "\r\n", 2);
    }
}

/* The value in one line. `pending`: a blank that is written when something follows it: what is cut may lie between. */
static void put_unfolded(struct gather *g, str s, bool *begun, bool *pending) {
    for (size_t at = 0; at < s.len;) {
        size_t end = at;

        while (end < s.len && !is_blank(s.ptr[end]) && s.ptr[end] != '\n' &&
               !(s.ptr[end] == '\r' && end + 1 < s.len && s.ptr[end + 1] == '\n'))
            end++;
        if (end > at) {
            if (*pending && *begun)
                put(g, " ", 1);
            put(g, s.ptr + at, end - at);
            *begun = true;
            *pending = false;
        }
        for (at = end; at < s.len && (is_blank(s.ptr[at]) || s.ptr[at] == '\n' ||
                                      (s.ptr[at] == '\r' && at + 1 < s.len && s.ptr[at + 1] == '\n'));
             at++)
            *pending = *pending || is_blank(s.ptr[at]);
    }
}

void dkim_field_hash(SHA256_CTX *to, const struct dkim_field *f, bool relaxed, str cut) {
    struct gather g;
    const char *const end = f->whole.ptr + f->whole.len;
    const char *const cut_from = cut.len ? cut.ptr : end, *const cut_to = cut.len ? cut.ptr + cut.len : end;
    bool begun = false, pending = false;

    assert(cut_from >= f->value.ptr && cut_to <= end);
    g.to = to;
    g.left = UINT64_MAX;
    g.total = g.held = 0;
    if (relaxed) {
        for (size_t at = 0; at < f->name.len; at++) {
            char c = f->name.ptr[at];

            dkim_small(&c, 1);
            put(&g, &c, 1);
        }
        put(&g, ":", 1);
        put_unfolded(&g, (str){f->value.ptr, (size_t)(cut_from - f->value.ptr)}, &begun, &pending);
        put_unfolded(&g, (str){cut_to, (size_t)(end - cut_to)}, &begun, &pending);
    } else {
        put_simple(&g, (str){f->whole.ptr, (size_t)(cut_from - f->whole.ptr)});
        put_simple(&g, (str){cut_to, (size_t)(end - cut_to)});
    }
    flush(&g);
}

void dkim_header_hash(struct dkim_message *m, const struct dkim_field *own, str names, bool relaxed, str cut,
                      uint8_t digest[32]) {
    SHA256_CTX ctx;
    str name;

    SHA256_Init(&ctx);
    if (m->groups)
        memcpy(m->next, m->lowest, m->groups * sizeof *m->next);
    while (dkim_element(&names, &name)) {
        uint32_t const of = dkim_group(m, name);
        uint32_t at = of == DKIM_NONE ? DKIM_NONE : m->next[of];

        if (at != DKIM_NONE && &m->fields[at] == own)
            at = own->above; /* it was not there yet when it was signed */
        if (at == DKIM_NONE)
            continue; /* what is not there is signed as not there */
        dkim_field_hash(&ctx, &m->fields[at], relaxed, S(""));
        SHA256_Update(&ctx, "\r\n", 2);
        m->next[of] = m->fields[at].above;
    }
    dkim_field_hash(&ctx, own, relaxed, cut);
    SHA256_Final(digest, &ctx);
}
