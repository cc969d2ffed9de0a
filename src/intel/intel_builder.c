/* intel_builder: from items to the bytes of a set: values put together, witnesses told apart, everything sorted. */
#include <assert.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/hash.h"
#include "base/utf.h"
#include "intel/intel_set_own.h"

/* Two sources are one witness where so many values of the smaller one, and so many of a hundred, are the other's as well. */
#define COPY_LEAST 20u
#define COPY_PERCENT 80u
#define NS INT64_C(1000000000)
#define SOURCES_COMPARED 512u /* of more, copies are not looked for */

struct entry {
    uint32_t value;       /* string */
    uint32_t first, last; /* of its mentions, + 1 */
    uint8_t form, type;
    bool active;
};
struct mention {
    uint32_t entry, next, source;
    uint32_t origins, origin_count; /* into origin_pool */
    uint32_t bytes, size;           /* in claim_bytes: without the witness */
    bool revoked;
};
struct list {
    struct packed_list packed;
    uint64_t dropped;
};

/* Texts by their bytes: each once. */
struct texts {
    uint32_t *slots, mask, count;
};

struct intel_builder {
    struct buf strings, claim_bytes, profile_bytes, room, key;
    struct texts names;
    struct entry *entries;
    struct mention *mentions;
    struct packed_source *sources;
    struct list *lists;
    struct packed_label *labels;
    uint32_t *profiles, *origin_pool, *slots, *profile_slots;
    size_t entry_count, entry_room, mention_count, mention_room, source_count, source_room, list_count, list_room,
        label_count, label_room, profile_count, profile_room, origin_count, origin_room;
    uint32_t slot_mask, profile_mask;
    uint64_t left_out;
    uint64_t seed; /* of this process's own tables */
    struct intel_sink sink;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for what is known");
}

static bool more(void **array, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return true;
    size_t const wanted = *room ? *room * 2 : 64;
    void *const bigger = reallocarray(*array, wanted, size);

    if (!bigger)
        return false;
    *array = bigger;
    *room = wanted;
    return true;
}

/* A table of slots twice as large, into which the caller puts everything again. */
static bool slots_new(uint32_t **slots, uint32_t *mask) {
    uint32_t const size = *mask ? (*mask + 1) * 2 : 1024;
    uint32_t *const bigger = size ? calloc(size, sizeof *bigger) : NULL; /* 0: four thousand million were not enough */

    if (!bigger)
        return false;
    free(*slots);
    *slots = bigger;
    *mask = size - 1;
    return true;
}

static str string_at(const struct intel_builder *b, uint32_t at) {
    str s = str_from(buf_str(&b->strings), at), out = {"", 0};

    str_take(&s, &out);
    return out;
}

/* The number of a text. UINT32_MAX: no memory, or four gibibytes of texts. */
static uint32_t text_number(struct intel_builder *b, str s) {
    if (s.len == 0)
        return 0;
    if (b->names.count * 2 >= b->names.mask) {
        uint32_t *const old = b->names.slots;
        uint32_t const old_mask = b->names.mask;

        b->names.slots = NULL;
        if (!slots_new(&b->names.slots, &b->names.mask)) {
            b->names.slots = old;
            return UINT32_MAX;
        }
        for (uint32_t i = 0; old && i <= old_mask; i++)
            if (old[i]) {
                uint32_t at = (uint32_t)hash_bytes(string_at(b, old[i]), b->seed) & b->names.mask;

                while (b->names.slots[at])
                    at = (at + 1) & b->names.mask;
                b->names.slots[at] = old[i];
            }
        free(old);
    }
    uint32_t at = (uint32_t)hash_bytes(s, b->seed) & b->names.mask;

    for (; b->names.slots[at]; at = (at + 1) & b->names.mask)
        if (str_eq(string_at(b, b->names.slots[at]), s))
            return b->names.slots[at];
    size_t const number = b->strings.len;

    str_put(&b->strings, s);
    if (b->strings.failed || b->strings.len >= UINT32_MAX)
        return UINT32_MAX;
    b->names.slots[at] = (uint32_t)number;
    b->names.count++;
    return (uint32_t)number;
}

static bool sink_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct intel_builder *const b = ctx;

    if (intel_builder_item(b, item, e))
        return true;
    if (e->code != ERR_USAGE)
        return false;
    b->left_out++;
    *e = (struct err){0};
    return true;
}
static bool sink_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)where, (void)what, (void)why, (void)e;
    ((struct intel_builder *)ctx)->left_out++;
    return true;
}
static bool sink_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    return intel_builder_label_list(ctx, list, e);
}
static bool sink_label(void *ctx, str entry, struct err *e) {
    return intel_builder_label(ctx, entry, e);
}

bool intel_builder_new(struct intel_builder **out, struct err *e) {
    struct intel_builder *const b = calloc(1, sizeof *b);

    if (!b)
        return no_memory(e);
    b->seed = hash_seed();
    b->sink = (struct intel_sink){b, sink_item, sink_left_out, sink_list, sink_label, NULL, NULL};
    str_put(&b->strings, S("")); /* number 0 */
    if (b->strings.failed) {
        intel_builder_free(b);
        return no_memory(e);
    }
    *out = b;
    return true;
}

void intel_builder_free(struct intel_builder *b) {
    if (!b)
        return;
    buf_free(&b->strings);
    buf_free(&b->claim_bytes);
    buf_free(&b->profile_bytes);
    buf_free(&b->room);
    buf_free(&b->key);
    free(b->names.slots);
    free(b->entries);
    free(b->mentions);
    free(b->sources);
    free(b->lists);
    free(b->labels);
    free(b->profiles);
    free(b->origin_pool);
    free(b->slots);
    free(b->profile_slots);
    free(b);
}

const struct intel_sink *intel_builder_sink(struct intel_builder *b) {
    return &b->sink;
}

bool intel_builder_source(struct intel_builder *b, str name, str sha256, struct err *e) {
    if (!more((void **)&b->sources, b->source_count, &b->source_room, sizeof *b->sources))
        return no_memory(e);
    uint32_t const n = text_number(b, name), h = text_number(b, sha256);

    if (n == UINT32_MAX || h == UINT32_MAX)
        return no_memory(e);
    b->sources[b->source_count++] = (struct packed_source){n, h};
    return true;
}

/* ---- items ---- */

static uint64_t entry_hash(const struct intel_builder *b, unsigned form, unsigned type, str value) {
    return hash_bytes(value, b->seed + form * 64 + type + 1);
}

/* The entry of a value, new or not. SIZE_MAX: no memory. */
static size_t entry_of(struct intel_builder *b, enum item_form form, enum observable type, str value) {
    uint32_t at, text;

    if (b->entry_count * 2 >= b->slot_mask) {
        if (!slots_new(&b->slots, &b->slot_mask))
            return SIZE_MAX;
        for (size_t i = 0; i < b->entry_count; i++) {
            const struct entry *const n = &b->entries[i];

            at = (uint32_t)entry_hash(b, n->form, n->type, string_at(b, n->value)) & b->slot_mask;
            while (b->slots[at])
                at = (at + 1) & b->slot_mask;
            b->slots[at] = (uint32_t)i + 1;
        }
    }
    at = (uint32_t)entry_hash(b, form, type, value) & b->slot_mask;
    for (; b->slots[at]; at = (at + 1) & b->slot_mask) {
        const struct entry *const n = &b->entries[b->slots[at] - 1];

        if (n->form == form && n->type == type && str_eq(string_at(b, n->value), value))
            return b->slots[at] - 1;
    }
    if (!more((void **)&b->entries, b->entry_count, &b->entry_room, sizeof *b->entries) ||
        (text = text_number(b, value)) == UINT32_MAX)
        return SIZE_MAX;
    b->entries[b->entry_count] = (struct entry){.value = text, .form = (uint8_t)form, .type = (uint8_t)type};
    b->slots[at] = (uint32_t)++b->entry_count;
    return b->entry_count - 1;
}

static void names_put(struct intel_builder *b, struct buf *to, const struct item_names *n) {
    varint_put(to, n->count);
    for (unsigned i = 0; i < n->count; i++) {
        uint32_t const number = text_number(b, n->names[i]);

        varint_put(to, number);
        to->failed |= number == UINT32_MAX;
    }
}

/* What a claim has in common with others of its source. SIZE_MAX: no memory. */
static size_t profile_of(struct intel_builder *b, const struct intel_item *i) {
    struct buf *const p = &b->profile_bytes;
    size_t const from = p->len;
    uint32_t at;

    if (b->profile_count * 2 >= b->profile_mask) {
        if (!slots_new(&b->profile_slots, &b->profile_mask))
            return SIZE_MAX;
        for (size_t k = 0; k < b->profile_count; k++) {
            size_t const end = k + 1 < b->profile_count ? b->profiles[k + 1] : p->len;
            str const bytes = {p->ptr + b->profiles[k], end - b->profiles[k]};

            at = (uint32_t)hash_bytes(bytes, b->seed) & b->profile_mask;
            while (b->profile_slots[at])
                at = (at + 1) & b->profile_mask;
            b->profile_slots[at] = (uint32_t)k + 1;
        }
    }
    varint_put(p, b->source_count ? b->source_count - 1 : 0);
    buf_byte(p, (char)i->tlp);
    buf_byte(p, (char)i->pap);
    buf_byte(p, (char)i->nature);
    names_put(b, p, &i->groups);
    names_put(b, p, &i->campaigns);
    names_put(b, p, &i->malware);
    names_put(b, p, &i->techniques);
    names_put(b, p, &i->origins);
    if (p->failed || p->len >= UINT32_MAX)
        return SIZE_MAX;
    str const bytes = {p->ptr + from, p->len - from};

    at = (uint32_t)hash_bytes(bytes, b->seed) & b->profile_mask;
    for (; b->profile_slots[at]; at = (at + 1) & b->profile_mask) {
        size_t const k = b->profile_slots[at] - 1;
        size_t const end = k + 1 < b->profile_count ? b->profiles[k + 1] : from;

        if (str_eq((str){p->ptr + b->profiles[k], end - b->profiles[k]}, bytes)) {
            p->len = from;
            return k;
        }
    }
    if (!more((void **)&b->profiles, b->profile_count, &b->profile_room, sizeof *b->profiles))
        return SIZE_MAX;
    b->profiles[b->profile_count] = (uint32_t)from;
    b->profile_slots[at] = (uint32_t)++b->profile_count;
    return b->profile_count - 1;
}

/* Seconds, and what is beyond them if they are no whole ones. */
static void time_put(struct buf *b, int64_t t) {
    int64_t const beyond = ((t % NS) + NS) % NS, s = t / NS - (t % NS < 0);

    varint_put(b, (((uint64_t)s << 1) ^ (uint64_t)(s >> 63)) << 1 | (beyond != 0));
    if (beyond)
        varint_put(b, (uint64_t)beyond);
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "indicator--" and a UUID in small letters: sixteen bytes behind the beginning. */
static bool uuid_of(str id, uint8_t out[16]) {
    static const uint8_t at[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

    if (id.len < 36 || id.len > 36 + INTEL_ID_BEGIN_MAX)
        return false;
    const char *const u = id.ptr + id.len - 36;

    if (u[8] != '-' || u[13] != '-' || u[18] != '-' || u[23] != '-')
        return false;
    for (unsigned i = 0; i < 16; i++) {
        int const high = hex_digit(u[at[i]]), low = hex_digit(u[at[i] + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool claim_put(struct intel_builder *b, const struct intel_item *i, size_t profile) {
    struct buf *const c = &b->claim_bytes;
    const int64_t times[] = {i->created, i->modified, i->valid_from, i->valid_until, i->first_seen, i->last_seen};
    uint8_t uuid[16];
    bool const is_uuid = uuid_of(i->id, uuid);
    unsigned said = (i->raw.len && !str_eq(i->raw, i->value) ? SAID_RAW : 0) | (i->id.len ? SAID_ID : 0) |
                    (i->title.len && !str_eq(i->title, i->value) ? SAID_TITLE : 0) |
                    (i->comment.len ? SAID_COMMENT : 0) | (is_uuid ? SAID_UUID : 0) | (i->port ? SAID_PORT : 0) |
                    (i->where.len ? SAID_WHERE : 0);
    unsigned dated = 0;

    varint_put(c, profile);
    buf_byte(c, (char)said);
    buf_byte(c, (char)((i->revoked ? 1 : 0) | (i->context ? 2 : 0) | (i->proposed ? 4 : 0)));
    buf_byte(c, (char)i->confidence);
    for (unsigned t = 0; t < COUNT(times); t++)
        dated |= times[t] == INSTANT_NONE ? 0 : 1u << t;
    buf_byte(c, (char)dated);
    for (unsigned t = 0; t < COUNT(times); t++)
        if (dated >> t & 1)
            time_put(c, times[t]);
    if (said & SAID_RAW)
        str_put(c, i->raw);
    if (is_uuid) {
        uint32_t const begin = text_number(b, str_first(i->id, i->id.len - 36));

        varint_put(c, begin);
        buf_add(c, (str){(const char *)uuid, sizeof uuid});
        c->failed |= begin == UINT32_MAX;
    } else if (said & SAID_ID) {
        str_put(c, i->id);
    }
    if (said & SAID_TITLE) {
        uint32_t const title = text_number(b, i->title);

        varint_put(c, title);
        c->failed |= title == UINT32_MAX;
    }
    if (said & SAID_COMMENT) {
        uint32_t const comment = text_number(b, i->comment);

        varint_put(c, comment);
        c->failed |= comment == UINT32_MAX;
    }
    if (said & SAID_WHERE)
        str_put(c, i->where);
    if (said & SAID_PORT)
        varint_put(c, i->port);
    return !c->failed && c->len < UINT32_MAX;
}

/* One spelling of where something comes from: small letters, no scheme, no `www.`, no slash at the end. */
static uint32_t origin_number(struct intel_builder *b, str origin) {
    size_t const scheme = str_find(origin, S("://"));

    b->key.len = 0;
    buf_add(&b->key, S("\1")); /* no name of anything else */
    origin = str_trim(origin);
    if (scheme != SIZE_MAX && scheme < 8)
        origin = str_from(origin, scheme + 3);
    if (str_eq_ascii(str_first(origin, 4), S("www.")))
        origin = str_from(origin, 4);
    while (origin.len && origin.ptr[origin.len - 1] == '/')
        origin.len--;
    for (size_t i = 0; i < origin.len; i++)
        buf_byte(&b->key, (char)(origin.ptr[i] >= 'A' && origin.ptr[i] <= 'Z' ? origin.ptr[i] + 32 : origin.ptr[i]));
    return b->key.failed ? UINT32_MAX : text_number(b, buf_str(&b->key));
}

static bool origin_add(struct intel_builder *b, struct mention *m, str origin) {
    uint32_t number;

    if (!more((void **)&b->origin_pool, b->origin_count, &b->origin_room, sizeof *b->origin_pool) ||
        (number = origin_number(b, origin)) == UINT32_MAX)
        return false;
    b->origin_pool[b->origin_count++] = number;
    m->origin_count++;
    return true;
}

static bool regex_good(str regex) {
    int why;
    PCRE2_SIZE where;
    pcre2_code *const code =
        pcre2_compile((PCRE2_SPTR)regex.ptr, regex.len, PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &why, &where, NULL);

    pcre2_code_free(code);
    return code != NULL;
}

bool intel_builder_item(struct intel_builder *b, const struct intel_item *item, struct err *e) {
    const char *why = "";
    size_t entry, profile;
    struct mention m = {.source = (uint32_t)(b->source_count ? b->source_count - 1 : 0),
                        .origins = (uint32_t)b->origin_count,
                        .bytes = (uint32_t)b->claim_bytes.len,
                        .revoked = item->revoked};
    str value = item->value;

    if (b->entry_count >= INTEL_ENTRIES_MAX || b->mention_count >= UINT32_MAX - 1 || b->origin_count >= UINT32_MAX - 64)
        return err_set(e, ERR_LIMIT, 0, "more than %u indicators", INTEL_ENTRIES_MAX);
    if (item->form == ITEM_VALUE) {
        b->room.len = 0;
        if (!observable_canonical(item->type, value, &b->room, &why))
            return b->room.failed
                       ? no_memory(e)
                       : err_set(e, ERR_USAGE, 0, "%.*s: %s", (int)(value.len < 100 ? value.len : 100), value.ptr, why);
        value = buf_str(&b->room);
    } else if (!value.len || value.len > OBSERVABLE_BYTES_MAX || utf8_valid(value) != value.len ||
               (item->form == ITEM_REGEX && !regex_good(value))) {
        return err_set(e, ERR_USAGE, 0, "%.*s: %s", (int)(value.len < 100 ? value.len : 100), value.ptr,
                       item->form == ITEM_REGEX ? "no regular expression" : "too long, or no text");
    }
    if ((entry = entry_of(b, item->form, item->type, value)) == SIZE_MAX ||
        !more((void **)&b->mentions, b->mention_count, &b->mention_room, sizeof *b->mentions) ||
        (profile = profile_of(b, item)) == SIZE_MAX || !claim_put(b, item, profile))
        return no_memory(e);
    for (unsigned i = 0; i < item->origins.count; i++)
        if (!origin_add(b, &m, item->origins.names[i]))
            return no_memory(e);
    if (item->id.len && !origin_add(b, &m, item->id))
        return no_memory(e);
    m.entry = (uint32_t)entry;
    m.size = (uint32_t)b->claim_bytes.len - m.bytes;
    b->mentions[b->mention_count++] = m;
    if (b->entries[entry].last)
        b->mentions[b->entries[entry].last - 1].next = (uint32_t)b->mention_count;
    else
        b->entries[entry].first = (uint32_t)b->mention_count;
    b->entries[entry].last = (uint32_t)b->mention_count;
    b->entries[entry].active |= !item->revoked && !item->context;
    return true;
}

/* ---- warninglists ---- */

bool intel_builder_label_list(struct intel_builder *b, const struct intel_label_list *list, struct err *e) {
    uint32_t const name = text_number(b, list->name), description = text_number(b, list->description),
                   version = text_number(b, list->version), category = text_number(b, list->category);

    if (name == UINT32_MAX || description == UINT32_MAX || version == UINT32_MAX || category == UINT32_MAX ||
        !more((void **)&b->lists, b->list_count, &b->list_room, sizeof *b->lists))
        return no_memory(e);
    b->lists[b->list_count++] =
        (struct list){{name, description, version, category, list->matches, list->how, (uint32_t)b->label_count}, 0};
    return true;
}

bool intel_builder_label(struct intel_builder *b, str entry, struct err *e) {
    str key;
    uint32_t text;

    if (!b->list_count)
        return err_set(e, ERR_USAGE, 0, "an entry of no warninglist");
    if (!intel_label_key(b->lists[b->list_count - 1].packed.how, entry, &b->room, &key)) {
        b->lists[b->list_count - 1].dropped++;
        return !b->room.failed || no_memory(e);
    }
    if (b->label_count >= UINT32_MAX - 1 || (text = text_number(b, str_trim(entry))) == UINT32_MAX ||
        !more((void **)&b->labels, b->label_count, &b->label_room, sizeof *b->labels))
        return no_memory(e);
    b->labels[b->label_count++] = (struct packed_label){(uint32_t)b->list_count - 1, text};
    return true;
}

/* ---- witnesses ---- */

static uint32_t root_of(uint32_t *parent, uint32_t i) {
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}
static void join(uint32_t *parent, uint32_t a, uint32_t b) {
    a = root_of(parent, a), b = root_of(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Sources most of whose values another one has too: copies. parent: by source. */
static bool copies_find(const struct intel_builder *b, uint32_t *parent) {
    size_t const n = b->source_count;
    uint32_t *shared, *own, *here;
    size_t count;

    for (size_t i = 0; i < n; i++)
        parent[i] = (uint32_t)i;
    if (n < 2 || n > SOURCES_COMPARED)
        return true;
    shared = calloc(n * n, sizeof *shared);
    own = calloc(n, sizeof *own);
    here = malloc(n * sizeof *here);
    for (size_t i = 0; shared && own && here && i < b->entry_count; i++) {
        count = 0;
        for (uint32_t m = b->entries[i].first; m; m = b->mentions[m - 1].next) {
            uint32_t const s = b->mentions[m - 1].source;
            size_t k = 0;

            while (k < count && here[k] != s)
                k++;
            if (k == count)
                here[count++] = s;
        }
        for (size_t x = 0; x < count; x++) {
            own[here[x]]++;
            for (size_t y = x + 1; y < count; y++)
                shared[here[x] * n + here[y]]++, shared[here[y] * n + here[x]]++;
        }
    }
    for (size_t x = 0; shared && own && here && x < n; x++)
        for (size_t y = x + 1; y < n; y++) {
            uint32_t const least = own[x] < own[y] ? own[x] : own[y];

            if (shared[x * n + y] >= COPY_LEAST && (uint64_t)shared[x * n + y] * 100 >= (uint64_t)least * COPY_PERCENT)
                join(parent, (uint32_t)x, (uint32_t)y);
        }
    bool const ok = shared && own && here;

    free(shared);
    free(own);
    free(here);
    return ok;
}

static bool same_witness(const struct intel_builder *b, const struct mention *x, const struct mention *y,
                         uint32_t *copies) {
    if (x->source == y->source || root_of(copies, x->source) == root_of(copies, y->source))
        return true;
    for (uint32_t i = 0; i < x->origin_count; i++)
        for (uint32_t k = 0; k < y->origin_count; k++)
            if (b->origin_pool[x->origins + i] == b->origin_pool[y->origins + k])
                return true;
    return false;
}

#define MENTIONS_COMPARED 256u /* of one value; those beyond count with the last of them that is not revoked */

struct witnesses {
    uint32_t of[MENTIONS_COMPARED]; /* by mention of the entry: number, or UINT32_MAX */
    uint32_t count;
    uint32_t beyond; /* of mentions beyond */
};

static void witnesses_of(const struct intel_builder *b, const struct entry *n, uint32_t *copies, struct witnesses *w) {
    const struct mention *all[MENTIONS_COMPARED];
    uint32_t parent[MENTIONS_COMPARED], number[MENTIONS_COMPARED];
    uint32_t count = 0, m;

    for (m = n->first; m && count < MENTIONS_COMPARED; m = b->mentions[m - 1].next) {
        all[count] = &b->mentions[m - 1];
        parent[count] = count;
        number[count++] = UINT32_MAX;
    }
    for (uint32_t x = 0; x < count; x++)
        for (uint32_t y = 0; y < x; y++)
            if (root_of(parent, x) != root_of(parent, y) && same_witness(b, all[x], all[y], copies))
                join(parent, x, y);
    w->count = w->beyond = 0;
    for (uint32_t x = 0; x < count; x++) {
        uint32_t const root = root_of(parent, x);

        w->of[x] = UINT32_MAX;
        if (all[x]->revoked)
            continue;
        if (number[root] == UINT32_MAX)
            number[root] = w->count++;
        w->of[x] = number[root];
        w->beyond = number[root];
    }
    for (; m; m = b->mentions[m - 1].next)
        if (w->count == 0 && !b->mentions[m - 1].revoked)
            w->count = 1; /* and beyond is 0 */
}

/* ---- the bytes ---- */

struct sorted {
    const struct intel_builder *b;
    uint32_t entry;
};

static int entry_order(const void *a, const void *b) {
    const struct sorted *const x = a, *const y = b;
    const struct entry *const m = &x->b->entries[x->entry], *const n = &y->b->entries[y->entry];

    if (m->form != n->form)
        return m->form < n->form ? -1 : 1;
    if (m->type != n->type)
        return m->type < n->type ? -1 : 1;
    return str_cmp(string_at(x->b, m->value), string_at(x->b, n->value));
}

static void section_begin(struct buf *out, struct packed_head *h, enum section s) {
    while (out->len % INTEL_ALIGN && !out->failed)
        buf_byte(out, 0);
    h->section[s].at = out->len;
}
static void section_end(struct buf *out, struct packed_head *h, enum section s) {
    h->section[s].size = out->len - h->section[s].at;
}
static void section_put(struct buf *out, struct packed_head *h, enum section s, const void *bytes, size_t size) {
    section_begin(out, h, s);
    buf_add(out, (str){size ? bytes : "", size});
    section_end(out, h, s);
}

static void put_u32(struct buf *out, uint32_t n) {
    buf_add(out, (str){(const char *)&n, sizeof n});
}

/* Entries with their claims, sorted. False: no memory. */
static bool put_entries(struct intel_builder *b, struct buf *out, struct packed_head *h, const struct sorted *order,
                        uint32_t *copies) {
    struct buf claims = {0}, bytes = {0};
    struct witnesses w;
    uint32_t number = 0;

    section_begin(out, h, SECTION_ENTRIES);
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct entry *const n = &b->entries[order[i].entry];
        uint32_t k = 0;

        witnesses_of(b, n, copies, &w);
        struct packed_entry const packed = {n->value, number, w.count, n->form, n->type, n->active, 0};

        buf_add(out, (str){(const char *)&packed, sizeof packed});
        for (uint32_t m = n->first; m; m = b->mentions[m - 1].next, k++, number++) {
            const struct mention *const c = &b->mentions[m - 1];
            uint32_t const witness = k < MENTIONS_COMPARED ? w.of[k] : w.beyond;

            put_u32(&claims, (uint32_t)bytes.len);
            varint_put(&bytes, c->revoked ? 0 : witness + 1);
            buf_add(&bytes, (str){b->claim_bytes.ptr + c->bytes, c->size});
        }
    }
    struct packed_entry const end = {.claims = number};

    buf_add(out, (str){(const char *)&end, sizeof end});
    section_end(out, h, SECTION_ENTRIES);
    put_u32(&claims, (uint32_t)bytes.len);
    section_put(out, h, SECTION_CLAIMS, claims.ptr, claims.len);
    section_put(out, h, SECTION_CLAIM_BYTES, bytes.ptr, bytes.len);
    bool const ok = !claims.failed && !bytes.failed && bytes.len < UINT32_MAX;

    buf_free(&claims);
    buf_free(&bytes);
    return ok;
}

static uint32_t slots_for(size_t count) {
    uint32_t size = 16;

    while (size < count + count / 2 && size < 1u << 31)
        size *= 2;
    return size;
}

static void length_note(uint64_t *bits4, uint64_t bits6[3], str key) {
    unsigned const bits = (uint8_t)*key.ptr;

    if (key.len == 5)
        *bits4 |= (uint64_t)1 << bits;
    else
        bits6[bits / 64] |= (uint64_t)1 << bits % 64;
}

static void filter_add(uint64_t *filter, size_t blocks, uint64_t hash) {
    for (unsigned k = 0; k < FILTER_WORDS; k++)
        filter[filter_block(hash, blocks) * FILTER_WORDS + k] |= filter_bit(hash, k);
}

static str behind_point(str name) {
    size_t at = name.len;

    while (at > 0 && name.ptr[at - 1] != '.')
        at--;
    return at ? str_from(name, at) : S("");
}

static void mark_set(uint64_t *marks, enum intel_mark which, uint32_t mark) {
    marks[which * (INTEL_MARK_BITS / 64) + mark / 64] |= (uint64_t)1 << mark % 64;
}

static void marks_add(uint64_t *marks, enum intel_class class, str key) {
    struct address a;

    if (class == INTEL_URL && address_parse(intel_url_host(key), &a) && a.family == 4)
        mark_set(marks, INTEL_MARK_ROUTES, intel_route_mark(a.bytes));
    if (class == INTEL_FILE) {
        str const name = intel_file_name(key);

        mark_set(marks, INTEL_MARK_NAMES, intel_name_mark(name));
        mark_set(marks, INTEL_MARK_ENDINGS, intel_ending_mark(behind_point(name)));
    } else if (class == INTEL_ADDRESS && key.len == 4) {
        mark_set(marks, INTEL_MARK_ROUTES, intel_route_mark((const uint8_t *)key.ptr));
    } else if (class == INTEL_NETWORK && key.len == 5) {
        uint32_t const first = intel_route_mark((const uint8_t *)key.ptr + 1), bits = (uint8_t)*key.ptr;

        for (uint32_t i = 0; i < (bits >= INTEL_MARK_BITS_LOG ? 1 : 1u << (INTEL_MARK_BITS_LOG - bits)); i++)
            mark_set(marks, INTEL_MARK_ROUTES, first + i);
    } else if (class == INTEL_WHOLE) {
        mark_set(marks, INTEL_MARK_WHOLES, intel_whole_mark(key));
        mark_set(marks, INTEL_MARK_LENGTHS, intel_length_mark(key));
    } else if (class == INTEL_HOST || class == INTEL_URL || class == INTEL_MAIL) {
        mark_set(marks, INTEL_MARK_DOMAINS,
                 intel_ending_mark(behind_point(class == INTEL_URL ? intel_url_host(key) : key)));
    }
}

static uint64_t traits_of(enum intel_class class, str key) {
    str const host = class == INTEL_URL    ? intel_url_host(key)
                     : class == INTEL_MAIL ? str_from(key, str_find_byte(key, '@') + 1)
                     : class == INTEL_HOST ? key
                                           : S("");
    str const ending = class == INTEL_FILE ? behind_point(intel_file_name(key)) : S("");
    bool const six = (class == INTEL_ADDRESS && key.len == 16) || (class == INTEL_NETWORK && key.len == 17) ||
                     (class == INTEL_URL && *key.ptr == '[');

    return (uint64_t)six << INTEL_TRAIT_SIX |
           (uint64_t)(ending.len && *ending.ptr >= '0' && *ending.ptr <= '9') << INTEL_TRAIT_DIGIT_ENDINGS |
           (uint64_t)(str_starts(host, S("xn--")) || str_find(host, S(".xn--")) != SIZE_MAX) << INTEL_TRAIT_IDN;
}

/* Hashes on their way into the filter; without one they are counted. */
struct filtering {
    uint64_t *filter, seed;
    size_t blocks, count;
};

static void hash_note(struct filtering *f, uint64_t hash) {
    f->count++;
    if (f->filter)
        filter_add(f->filter, f->blocks, hash);
}

/* The key of an entry, and parts of it that are asked for first. */
static void key_note(struct filtering *f, enum intel_class class, str key) {
    str path, query, host = class == INTEL_HOST ? key : S("");

    hash_note(f, intel_key_hash(f->seed, class, key));
    if (class == INTEL_MAIL) {
        host = str_from(key, str_find_byte(key, '@') + 1);
        hash_note(f, intel_part_hash(f->seed, INTEL_MAIL_HOST, host));
    } else if (class == INTEL_URL) {
        intel_url_parts(key, &path, &query);
        host = intel_url_host(key);
        hash_note(f, intel_part_hash(f->seed, INTEL_URL_HOST, host));
        hash_note(f, intel_part_hash(f->seed, INTEL_URL_PATH, path));
        if (query.len)
            hash_note(f, intel_part_hash(f->seed, INTEL_URL_QUERY, query));
    } else if (class == INTEL_FILE) {
        for (size_t at = key.len; at-- > 0;) /* the last names of a path: one, two, ... */
            if (key.ptr[at] == '/')
                hash_note(f, intel_key_hash(f->seed, class, str_from(key, at + 1)));
    }
    if (host.len)
        hash_note(f, intel_key_hash(f->seed, INTEL_HOST, intel_last_labels(host)));
}

static bool put_slots(struct intel_builder *b, struct buf *out, struct packed_head *h, const struct sorted *order) {
    uint32_t const size = slots_for(b->entry_count);
    struct filtering f = {.seed = h->seed, .blocks = 1};
    uint32_t *const slots = calloc(size, sizeof *slots);
    uint64_t *const marks = calloc(INTEL_MARKS, INTEL_MARK_BITS / 8);
    char *const room = malloc(INTEL_KEY_MAX);

    for (size_t i = 0; room && i < b->entry_count; i++) {
        const struct entry *const n = &b->entries[i];
        enum intel_class class;
        str key;

        if (n->form == ITEM_VALUE && intel_key_of(n->type, string_at(b, n->value), room, &class, &key))
            key_note(&f, class, key);
    }
    while (f.blocks * 51 < f.count) /* ten bits a hash and more */
        f.blocks *= 2;
    f.filter = calloc(f.blocks * FILTER_WORDS, sizeof *f.filter);
    for (size_t i = 0; slots && f.filter && marks && room && i < b->entry_count; i++) {
        const struct entry *const n = &b->entries[order[i].entry];
        enum intel_class class;
        str key;

        if (n->form != ITEM_VALUE || !intel_key_of(n->type, string_at(b, n->value), room, &class, &key))
            continue;
        uint64_t const hash = intel_key_hash(h->seed, class, key);
        uint32_t at = (uint32_t)hash & (size - 1);

        while (slots[at])
            at = (at + 1) & (size - 1);
        slots[at] = (uint32_t)i + 1;
        key_note(&f, class, key);
        h->types |= (uint64_t)1 << n->type;
        marks_add(marks, class, key);
        h->traits |= traits_of(class, key);
        if (class == INTEL_NETWORK)
            length_note(&h->bits4, h->bits6, key);
    }
    bool const ok = slots && f.filter && marks && room;

    if (ok) {
        section_put(out, h, SECTION_SLOTS, slots, size * sizeof *slots);
        section_put(out, h, SECTION_FILTER, f.filter, f.blocks * FILTER_WORDS * sizeof *f.filter);
        section_put(out, h, SECTION_MARKS, marks, (size_t)INTEL_MARKS * (INTEL_MARK_BITS / 8));
    }
    free(slots);
    free(f.filter);
    free(marks);
    free(room);
    return ok;
}

static bool put_labels(struct intel_builder *b, struct buf *out, struct packed_head *h) {
    uint32_t const size = slots_for(b->label_count);
    uint32_t *const slots = calloc(size, sizeof *slots);

    for (size_t i = 0; slots && i < b->label_count; i++) {
        enum label_how const how = b->lists[b->labels[i].list].packed.how;
        str key;

        if (how == LABEL_SUBSTRING || how == LABEL_REGEX)
            continue;
        if (!intel_label_key(how, string_at(b, b->labels[i].text), &b->room, &key)) {
            free(slots);
            return false; /* it had one when it was told: memory */
        }
        uint32_t at = (uint32_t)intel_label_hash(h->seed, how, key) & (size - 1);

        while (slots[at])
            at = (at + 1) & (size - 1);
        slots[at] = (uint32_t)i + 1;
        if (how == LABEL_CIDR)
            length_note(&h->label_bits4, h->label_bits6, key);
    }
    section_begin(out, h, SECTION_LISTS);
    for (size_t i = 0; i < b->list_count; i++)
        buf_add(out, (str){(const char *)&b->lists[i].packed, sizeof b->lists[i].packed});
    section_end(out, h, SECTION_LISTS);
    section_put(out, h, SECTION_LABELS, b->labels, b->label_count * sizeof *b->labels);
    if (slots)
        section_put(out, h, SECTION_LABEL_SLOTS, slots, size * sizeof *slots);
    free(slots);
    return slots != NULL;
}

bool intel_builder_end(struct intel_builder *b, struct buf *out, struct err *e) {
    struct packed_head h = {.magic = INTEL_MAGIC, .version = INTEL_VERSION, .sections = SECTIONS};
    struct sorted *const order = calloc(b->entry_count + 1, sizeof *order);
    uint32_t *const copies = calloc(b->source_count + 1, sizeof *copies);
    bool ok = order && copies && copies_find(b, copies);

    assert(out->len == 0);
    if (ok) {
        for (size_t i = 0; i < b->entry_count; i++)
            order[i] = (struct sorted){b, (uint32_t)i};
        if (b->entry_count)
            qsort(order, b->entry_count, sizeof *order, entry_order);
        h.seed = hash_sum(buf_str(&b->strings));
        buf_add(out, (str){(const char *)&h, sizeof h});
        section_put(out, &h, SECTION_STRINGS, b->strings.ptr, b->strings.len);
        ok = put_entries(b, out, &h, order, copies);
    }
    if (ok && more((void **)&b->profiles, b->profile_count, &b->profile_room, sizeof *b->profiles)) {
        b->profiles[b->profile_count] = (uint32_t)b->profile_bytes.len;
        section_put(out, &h, SECTION_PROFILES, b->profiles, (b->profile_count + 1) * sizeof *b->profiles);
        section_put(out, &h, SECTION_PROFILE_BYTES, b->profile_bytes.ptr, b->profile_bytes.len);
        section_put(out, &h, SECTION_SOURCES, b->sources, b->source_count * sizeof *b->sources);
        ok = put_slots(b, out, &h, order) && put_labels(b, out, &h);
    } else {
        ok = false;
    }
    free(order);
    free(copies);
    if (!ok || out->failed)
        return no_memory(e);
    h.size = out->len;
    memcpy(out->ptr, &h, sizeof h);
    h.sum = hash_sum(str_from(buf_str(out), INTEL_SUMMED));
    memcpy(out->ptr, &h, sizeof h);
    return true;
}
