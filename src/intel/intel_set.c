/* intel_set: opens the bytes of a set, checks their sum and their tables, and looks things up. Texts and claims are checked as they are
 * read: bytes that somebody made to deceive give empty ones. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/hash.h"
#include "intel/intel_set_own.h"

#define NS INT64_C(1000000000)

struct intel_set {
    str bytes;
    void *mapped; /* or NULL */
    const struct packed_head *h;
    const struct packed_entry *entries;
    const uint32_t *claims, *profiles, *slots;
    const struct packed_source *sources;
    const uint64_t *filter, *marks;
    size_t entry_count, claim_count, profile_count, source_count, slot_count, blocks, inactive;
    uint64_t classes;
};

static str section(const struct intel_set *s, enum section n) {
    return (str){s->bytes.ptr + s->h->section[n].at, s->h->section[n].size};
}

static str string_at(const struct intel_set *s, uint64_t at) {
    str rest = str_from(section(s, SECTION_STRINGS), at), out = {"", 0};

    str_take(&rest, &out);
    return out;
}

/* ---- claims ---- */

static bool string_take(const struct intel_set *s, str *from, str *out) {
    uint64_t at;
    str rest;

    if (!varint_take(from, &at) || at >= s->h->section[SECTION_STRINGS].size)
        return false;
    rest = str_from(section(s, SECTION_STRINGS), at);
    return str_take(&rest, out);
}

static bool byte_take(str *from, uint8_t max, uint8_t *out) {
    if (!from->len || (*out = (uint8_t)*from->ptr) > max)
        return false;
    *from = str_from(*from, 1);
    return true;
}

static bool names_take(const struct intel_set *s, str *from, struct item_names *out) {
    uint64_t count;

    if (!varint_take(from, &count) || count > ITEM_NAMES_MAX)
        return false;
    out->count = (unsigned)count;
    for (unsigned i = 0; i < out->count; i++)
        if (!string_take(s, from, &out->names[i]))
            return false;
    return true;
}

static bool profile_take(const struct intel_set *s, uint64_t number, struct intel_claim *c) {
    uint64_t source;
    uint8_t tlp, pap, nature;

    if (number >= s->profile_count)
        return false;
    str from = str_from(section(s, SECTION_PROFILE_BYTES), s->profiles[number]);

    if (!varint_take(&from, &source) || !byte_take(&from, TLPS - 1, &tlp) || !byte_take(&from, PAPS - 1, &pap) ||
        !byte_take(&from, NATURE_VICTIM, &nature) || !names_take(s, &from, &c->groups) ||
        !names_take(s, &from, &c->campaigns) || !names_take(s, &from, &c->malware) ||
        !names_take(s, &from, &c->techniques) || !names_take(s, &from, &c->origins))
        return false;
    c->tlp = tlp;
    c->pap = pap;
    c->nature = nature;
    if (s->source_count == 0) {
        c->source = c->source_sha256 = S("");
        return source == 0;
    }
    if (source >= s->source_count)
        return false;
    c->source = string_at(s, s->sources[source].name);
    c->source_sha256 = string_at(s, s->sources[source].sha256);
    return true;
}

static bool time_take(str *from, int64_t *out) {
    uint64_t n, beyond = 0;

    if (!varint_take(from, &n))
        return false;
    int64_t const s = (int64_t)((n >> 2) ^ (0 - (n >> 1 & 1)));

    if ((n & 1 && (!varint_take(from, &beyond) || beyond >= NS)) || s > INT64_MAX / NS || s < INT64_MIN / NS - 1)
        return false;
    *out = (int64_t)((uint64_t)s * NS + beyond); /* the first second there is begins before INT64_MIN */
    return true;
}

/* uuid: room for an id that is put together, or NULL when nobody wants it. */
static bool claim_take(const struct intel_set *s, str from, str value, struct intel_claim *c, char *uuid) {
    int64_t *const times[] = {&c->created,     &c->modified,   &c->valid_from,
                              &c->valid_until, &c->first_seen, &c->last_seen};
    uint64_t witness, profile, port = 0;
    uint8_t said, flags, dated;

    c->raw = c->where = c->id = c->comment = S("");
    c->title = value;
    if (!varint_take(&from, &witness) || witness > UINT32_MAX || !varint_take(&from, &profile) ||
        !profile_take(s, profile, c) || !byte_take(&from, 127, &said) || !byte_take(&from, 7, &flags) ||
        !byte_take(&from, 255, &c->confidence) || !byte_take(&from, 63, &dated))
        return false;
    c->witness = witness ? (uint32_t)witness - 1 : UINT32_MAX;
    c->revoked = flags & 1;
    c->context = flags & 2;
    c->proposed = flags & 4;
    for (unsigned t = 0; t < COUNT(times); t++) {
        *times[t] = INSTANT_NONE;
        if (dated >> t & 1 && !time_take(&from, times[t]))
            return false;
    }
    if (said & SAID_RAW && !str_take(&from, &c->raw))
        return false;
    if (said & SAID_UUID) {
        static const char digits[] = "0123456789abcdef";
        str begin;

        if (!string_take(s, &from, &begin) || from.len < 16 || begin.len > INTEL_ID_BEGIN_MAX)
            return false;
        if (uuid) {
            memcpy(uuid, begin.ptr, begin.len);
            size_t at = begin.len;

            for (unsigned i = 0; i < 16; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                    uuid[at++] = '-';
                uuid[at++] = digits[(uint8_t)from.ptr[i] >> 4];
                uuid[at++] = digits[(uint8_t)from.ptr[i] & 15];
            }
            c->id = (str){uuid, at};
        }
        from = str_from(from, 16);
    } else if (said & SAID_ID && !str_take(&from, &c->id)) {
        return false;
    }
    if ((said & SAID_TITLE && !string_take(s, &from, &c->title)) ||
        (said & SAID_COMMENT && !string_take(s, &from, &c->comment)) ||
        (said & SAID_WHERE && !str_take(&from, &c->where)) ||
        (said & SAID_PORT && (!varint_take(&from, &port) || port > UINT16_MAX)))
        return false;
    c->port = (uint16_t)port;
    return true;
}

static str claim_bytes(const struct intel_set *s, uint32_t claim) {
    return str_first(str_from(section(s, SECTION_CLAIM_BYTES), s->claims[claim]),
                     s->claims[claim + 1] - s->claims[claim]);
}

/* ---- opening ---- */

static bool damaged(struct err *e, const char *what) {
    return err_set(e, ERR_CORRUPT, 0, "no set of indicators, or damaged: %s; make it anew", what);
}

static bool rising(const uint32_t *numbers, size_t count, uint64_t end) {
    for (size_t i = 0; i + 1 < count; i++)
        if (numbers[i] > numbers[i + 1])
            return false;
    return count && numbers[count - 1] == end;
}

static bool power_of_two(size_t n) {
    return n && (n & (n - 1)) == 0;
}

static bool slots_good(str slots, size_t count) {
    size_t empty = 0;
    const uint32_t *const all = (const uint32_t *)(const void *)slots.ptr;

    for (size_t i = 0; i < slots.len / 4; i++) {
        empty += all[i] == 0;
        if (all[i] > count)
            return false;
    }
    return slots.len % 4 == 0 && power_of_two(slots.len / 4) && empty > 0;
}

static bool labels_good(const struct intel_set *s) {
    str const lists = section(s, SECTION_LISTS), labels = section(s, SECTION_LABELS);
    const struct packed_list *const l = (const struct packed_list *)(const void *)lists.ptr;
    const struct packed_label *const n = (const struct packed_label *)(const void *)labels.ptr;
    size_t const count = lists.len / sizeof *l, label_count = labels.len / sizeof *n;

    if (lists.len % sizeof *l || labels.len % sizeof *n)
        return false;
    for (size_t i = 0; i < count; i++)
        if (l[i].how > LABEL_REGEX || l[i].labels > label_count || (i && l[i].labels < l[i - 1].labels))
            return false;
    for (size_t i = 0; i < label_count; i++)
        if (n[i].list >= count)
            return false;
    return slots_good(section(s, SECTION_LABEL_SLOTS), label_count);
}

static bool entries_good(struct intel_set *s) {
    for (size_t i = 0; i < s->entry_count; i++) {
        const struct packed_entry *const n = &s->entries[i];

        if (n->form > ITEM_REGEX || n->type >= OBSERVABLES || n[1].claims <= n->claims || n[1].claims > s->claim_count)
            return false;
        if (n->form == ITEM_VALUE && n->type != OBSERVABLE_TEXT)
            s->classes |= (uint64_t)1 << intel_class_of(n->type);
        s->inactive += n->form != ITEM_PATTERN && !n->active;
    }
    return s->entry_count == 0 ? s->claim_count == 0 : s->entries[0].claims == 0;
}

static bool set_check(struct intel_set *s, struct err *e) {
    const struct packed_head *const h = s->h = (const struct packed_head *)(const void *)s->bytes.ptr;

    if (s->bytes.len < sizeof *h || memcmp(h->magic, INTEL_MAGIC, sizeof h->magic) != 0)
        return damaged(e, "it begins otherwise");
    if (h->version != INTEL_VERSION || h->sections != SECTIONS)
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "a set of indicators of version %u, and this is Longwatch for version %u; "
                       "make it anew",
                       h->version, INTEL_VERSION);
    if (h->size != s->bytes.len || h->sum != hash_sum(str_from(s->bytes, INTEL_SUMMED)))
        return damaged(e, "its checksum differs");
    for (unsigned i = 0; i < SECTIONS; i++)
        if (h->section[i].at % INTEL_ALIGN || h->section[i].at > h->size ||
            h->section[i].size > h->size - h->section[i].at)
            return damaged(e, "a part lies outside");
    str const entries = section(s, SECTION_ENTRIES), claims = section(s, SECTION_CLAIMS),
              profiles = section(s, SECTION_PROFILES), sources = section(s, SECTION_SOURCES),
              filter = section(s, SECTION_FILTER);

    if (entries.len % sizeof *s->entries || entries.len < sizeof *s->entries || claims.len % 4 || claims.len < 4 ||
        profiles.len % 4 || profiles.len < 4 || sources.len % sizeof *s->sources || filter.len % (FILTER_WORDS * 8) ||
        !power_of_two(filter.len / (FILTER_WORDS * 8)) ||
        section(s, SECTION_MARKS).len != (size_t)INTEL_MARKS * (INTEL_MARK_BITS / 8))
        return damaged(e, "a part has a wrong size");
    s->entries = (const struct packed_entry *)(const void *)entries.ptr;
    s->entry_count = entries.len / sizeof *s->entries - 1;
    s->claims = (const uint32_t *)(const void *)claims.ptr;
    s->claim_count = claims.len / 4 - 1;
    s->profiles = (const uint32_t *)(const void *)profiles.ptr;
    s->profile_count = profiles.len / 4 - 1;
    s->sources = (const struct packed_source *)(const void *)sources.ptr;
    s->source_count = sources.len / sizeof *s->sources;
    s->slots = (const uint32_t *)(const void *)section(s, SECTION_SLOTS).ptr;
    s->slot_count = section(s, SECTION_SLOTS).len / 4;
    s->filter = (const uint64_t *)(const void *)filter.ptr;
    s->blocks = filter.len / (FILTER_WORDS * 8);
    s->marks = (const uint64_t *)(const void *)section(s, SECTION_MARKS).ptr;
    if (!rising(s->claims, s->claim_count + 1, h->section[SECTION_CLAIM_BYTES].size) ||
        !rising(s->profiles, s->profile_count + 1, h->section[SECTION_PROFILE_BYTES].size) ||
        s->entries[s->entry_count].claims != s->claim_count || !slots_good(section(s, SECTION_SLOTS), s->entry_count))
        return damaged(e, "its tables contradict each other");
    return (entries_good(s) && labels_good(s)) || damaged(e, "an indicator points outside");
}

bool intel_set_of(struct intel_set **out, str bytes, struct err *e) {
    struct intel_set *const s = calloc(1, sizeof *s);

    if (!s)
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    s->bytes = bytes;
    if (((uintptr_t)bytes.ptr % 8 && damaged(e, "it is not aligned")) || !set_check(s, e)) {
        free(s);
        return false;
    }
    *out = s;
    return true;
}

bool intel_set_open(struct intel_set **out, const char *path, struct err *e) {
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    void *mapped = MAP_FAILED;

    if (fd < 0 || fstat(fd, &about) != 0) {
        err_system(e, "%s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    if ((size_t)about.st_size < sizeof(struct packed_head) || !S_ISREG(about.st_mode))
        damaged(e, "it is too short");
    else if ((mapped = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
        err_system(e, "%s", path);
    close(fd);
    if (mapped == MAP_FAILED)
        return false;
    if (!intel_set_of(out, (str){mapped, (size_t)about.st_size}, e)) {
        munmap(mapped, (size_t)about.st_size);
        return err_wrap(e, "%s", path);
    }
    (*out)->mapped = mapped;
    return true;
}

void intel_set_free(struct intel_set *s) {
    if (s && s->mapped)
        munmap(s->mapped, s->bytes.len);
    free(s);
}

/* ---- what is in it ---- */

size_t intel_set_entries(const struct intel_set *s) {
    return s->entry_count;
}
size_t intel_set_inactive(const struct intel_set *s) {
    return s->inactive;
}
size_t intel_set_bytes(const struct intel_set *s) {
    return s->bytes.len;
}
size_t intel_set_sources(const struct intel_set *s) {
    return s->source_count;
}
str intel_set_source(const struct intel_set *s, size_t i) {
    return string_at(s, s->sources[i].name);
}

str intel_set_source_sha256(const struct intel_set *s, size_t i) {
    return string_at(s, s->sources[i].sha256);
}

struct intel_entry intel_set_entry(const struct intel_set *s, uint32_t entry) {
    const struct packed_entry *const n = &s->entries[entry];

    return (struct intel_entry){n->form,      n->type,  string_at(s, n->value), n->claims, n[1].claims - n->claims,
                                n->witnesses, n->active};
}

/* The entry of a claim: the last that begins at it or before. */
static uint32_t entry_of_claim(const struct intel_set *s, uint32_t claim) {
    size_t low = 0, high = s->entry_count;

    while (high - low > 1) {
        size_t const middle = (low + high) / 2;

        if (s->entries[middle].claims <= claim)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

struct intel_claim intel_set_claim(const struct intel_set *s, uint32_t claim, char id[INTEL_ID_MAX]) {
    struct intel_claim c = {.source = S("")};

    if (!claim_take(s, claim_bytes(s, claim), string_at(s, s->entries[entry_of_claim(s, claim)].value), &c, id))
        c = (struct intel_claim){.source = S(""),
                                 .source_sha256 = S(""),
                                 .raw = S(""),
                                 .where = S(""),
                                 .id = S(""),
                                 .title = S(""),
                                 .comment = S(""),
                                 .created = INSTANT_NONE,
                                 .modified = INSTANT_NONE,
                                 .valid_from = INSTANT_NONE,
                                 .valid_until = INSTANT_NONE,
                                 .first_seen = INSTANT_NONE,
                                 .last_seen = INSTANT_NONE,
                                 .confidence = ITEM_CONFIDENCE_UNSAID,
                                 .tlp = TLP_UNKNOWN,
                                 .witness = UINT32_MAX};
    return c;
}

/* ---- looking up ---- */

uint64_t intel_set_hash(const struct intel_set *s, enum intel_class class, str key) {
    return intel_key_hash(s->h->seed, class, key);
}

uint64_t intel_set_part_hash(const struct intel_set *s, enum intel_part which, str part) {
    return intel_part_hash(s->h->seed, which, part);
}

bool intel_set_trait(const struct intel_set *s, enum intel_trait which) {
    return s->h->traits >> which & 1;
}

bool intel_set_may(const struct intel_set *s, uint64_t hash) {
    const uint64_t *const block = s->filter + filter_block(hash, s->blocks) * FILTER_WORDS;
    uint64_t missing = 0;

    for (unsigned k = 0; k < FILTER_WORDS; k++)
        missing |= ~block[k] & filter_bit(hash, k);
    return missing == 0;
}

bool intel_mark_has(const struct intel_set *s, enum intel_mark which, uint32_t mark) {
    return s->marks[which * (INTEL_MARK_BITS / 64) + mark / 64] >> mark % 64 & 1;
}

const uint64_t *intel_marks(const struct intel_set *s, enum intel_mark which) {
    return s->marks + which * (INTEL_MARK_BITS / 64);
}

uint32_t intel_set_next(const struct intel_set *s, enum intel_class class, str key, uint64_t hash, uint32_t *at) {
    char room[INTEL_KEY_MAX];

    for (; *at < s->slot_count; ++*at) {
        uint32_t const slot = s->slots[((uint32_t)hash + *at) & (s->slot_count - 1)];
        enum intel_class its;
        str other;

        if (!slot)
            break;
        const struct packed_entry *const n = &s->entries[slot - 1];

        if (intel_class_of(n->type) == class && intel_key_of(n->type, string_at(s, n->value), room, &its, &other) &&
            str_eq(other, key)) {
            ++*at;
            return slot - 1;
        }
    }
    *at = (uint32_t)s->slot_count;
    return INTEL_NONE;
}

uint32_t intel_set_find(const struct intel_set *s, enum observable type, str canonical) {
    char room[INTEL_KEY_MAX];
    enum intel_class class;
    uint32_t at = 0, entry;
    str key;

    if (!intel_key_of(type, canonical, room, &class, &key)) { /* found by nothing but its order */
        size_t low = 0, high = s->entry_count;

        while (low < high) {
            size_t const middle = (low + high) / 2;
            const struct packed_entry *const n = &s->entries[middle];
            int const order = n->form != ITEM_VALUE ? 1
                              : n->type != type     ? (n->type < type ? -1 : 1)
                                                    : str_cmp(string_at(s, n->value), canonical);

            if (order == 0)
                return (uint32_t)middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        return INTEL_NONE;
    }
    uint64_t const hash = intel_key_hash(s->h->seed, class, key);

    while ((entry = intel_set_next(s, class, key, hash, &at)) != INTEL_NONE)
        if (s->entries[entry].type == type && str_eq(string_at(s, s->entries[entry].value), canonical))
            return entry;
    return INTEL_NONE;
}

static bool length_has(uint64_t bits4, const uint64_t bits6[3], unsigned family, unsigned bits) {
    return family == 4 ? bits4 >> bits & 1 : bits6[bits / 64] >> bits % 64 & 1;
}

size_t intel_set_networks(const struct intel_set *s, const struct address *a, uint32_t *out, size_t max) {
    unsigned const width = a->family == 4 ? 32 : 128;
    char room[17];
    size_t count = 0;

    for (unsigned bits = width + 1; bits-- > 0 && count < max;) {
        if (!length_has(s->h->bits4, s->h->bits6, a->family, bits))
            continue;
        str const key = intel_network_key(a, bits, room);
        uint64_t const hash = intel_key_hash(s->h->seed, INTEL_NETWORK, key);
        uint32_t at = 0, entry;

        if (!intel_set_may(s, hash))
            continue;
        while (count < max && (entry = intel_set_next(s, INTEL_NETWORK, key, hash, &at)) != INTEL_NONE)
            out[count++] = entry;
    }
    return count;
}

bool intel_set_has(const struct intel_set *s, enum intel_class class) {
    return s->classes >> class & 1;
}
bool intel_set_has_type(const struct intel_set *s, enum observable type) {
    uint32_t at = 0;

    return s->h->types >> type & 1 || intel_set_each(s, ITEM_VALUE, type, &at) != INTEL_NONE;
}

uint32_t intel_set_each(const struct intel_set *s, enum item_form form, enum observable type, uint32_t *at) {
    if (*at == 0) { /* entries are sorted by form and type: the first of them, by halving */
        size_t low = 0, high = s->entry_count;

        while (low < high) {
            size_t const middle = (low + high) / 2;
            const struct packed_entry *const n = &s->entries[middle];

            if (n->form < form || (n->form == form && n->type < type))
                low = middle + 1;
            else
                high = middle;
        }
        *at = (uint32_t)low;
    }
    if (*at >= s->entry_count || s->entries[*at].form != form || s->entries[*at].type != type)
        return INTEL_NONE;
    return (*at)++;
}

/* ---- warninglists ---- */

size_t intel_set_label_lists(const struct intel_set *s) {
    return section(s, SECTION_LISTS).len / sizeof(struct packed_list);
}

struct label_search {
    const struct intel_set *s;
    enum observable type;
    struct intel_label *out;
    size_t max, count;
};

static void label_note(struct label_search *l, uint32_t label) {
    const struct packed_label *const n =
        (const struct packed_label *)(const void *)section(l->s, SECTION_LABELS).ptr + label;
    const struct packed_list *const list =
        (const struct packed_list *)(const void *)section(l->s, SECTION_LISTS).ptr + n->list;
    str const name = string_at(l->s, list->name);

    if (list->matches && !(list->matches >> l->type & 1))
        return;
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->out[i].list, name))
            return; /* a list says it once, with its first entry that fits */
    if (l->count < l->max)
        l->out[l->count++] = (struct intel_label){name, string_at(l->s, list->description),
                                                  string_at(l->s, list->category), string_at(l->s, n->text)};
}

static void labels_probe(struct label_search *l, enum label_how how, str key, struct buf *room) {
    str const slots = section(l->s, SECTION_LABEL_SLOTS);
    const uint32_t *const all = (const uint32_t *)(const void *)slots.ptr;
    const struct packed_label *const labels =
        (const struct packed_label *)(const void *)section(l->s, SECTION_LABELS).ptr;
    const struct packed_list *const lists = (const struct packed_list *)(const void *)section(l->s, SECTION_LISTS).ptr;
    uint32_t const mask = (uint32_t)(slots.len / 4) - 1;

    for (uint32_t at = (uint32_t)intel_label_hash(l->s->h->seed, how, key) & mask; all[at]; at = (at + 1) & mask) {
        const struct packed_label *const n = &labels[all[at] - 1];
        str other;

        if (lists[n->list].how == how && intel_label_key(how, string_at(l->s, n->text), room, &other) &&
            str_eq(other, key))
            label_note(l, all[at] - 1);
    }
}

static void labels_address(struct label_search *l, const struct address *a, struct buf *room) {
    char text[17];

    for (unsigned bits = (a->family == 4 ? 32 : 128) + 1; bits-- > 0;)
        if (length_has(l->s->h->label_bits4, l->s->h->label_bits6, a->family, bits))
            labels_probe(l, LABEL_CIDR, intel_network_key(a, bits, text), room);
}

static void labels_host(struct label_search *l, str host, struct buf *room) {
    while (host.len) {
        size_t const dot = str_find_byte(host, '.');

        labels_probe(l, LABEL_HOSTNAME, host, room);
        host = dot == SIZE_MAX ? S("") : str_from(host, dot + 1);
    }
}

/* A hit is rare and these are some thirty: compiled each time. What cannot be compiled, or takes too long, matches nothing. */
static bool regex_found(str regex, str value) {
    int why;
    PCRE2_SIZE where;
    pcre2_code *const code = pcre2_compile((PCRE2_SPTR)regex.ptr, regex.len,
                                           PCRE2_UTF | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C, &why, &where, NULL);
    pcre2_match_data *const match = code ? pcre2_match_data_create(1, NULL) : NULL;
    pcre2_match_context *const context = match ? pcre2_match_context_create(NULL) : NULL;
    bool found = false;

    if (context) {
        pcre2_set_match_limit(context, 100000);
        found = pcre2_match(code, (PCRE2_SPTR)value.ptr, value.len, 0, 0, match, context) >= 0;
    }
    pcre2_match_context_free(context);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return found;
}

/* Lists of substrings and regular expressions are few: each entry is tried. */
static void labels_tried(struct label_search *l, str value, struct buf *room) {
    const struct packed_list *const lists = (const struct packed_list *)(const void *)section(l->s, SECTION_LISTS).ptr;
    const struct packed_label *const labels =
        (const struct packed_label *)(const void *)section(l->s, SECTION_LABELS).ptr;
    size_t const count = intel_set_label_lists(l->s), all = section(l->s, SECTION_LABELS).len / sizeof *labels;

    for (size_t i = 0; i < count; i++) {
        size_t const end = i + 1 < count ? lists[i + 1].labels : all;
        str key;

        if (lists[i].how != LABEL_SUBSTRING && lists[i].how != LABEL_REGEX)
            continue;
        for (size_t n = lists[i].labels; n < end; n++)
            if (lists[i].how == LABEL_REGEX
                    ? regex_found(string_at(l->s, labels[n].text), value)
                    : intel_label_key(LABEL_SUBSTRING, string_at(l->s, labels[n].text), room, &key) &&
                          str_find(value, key) != SIZE_MAX)
                label_note(l, (uint32_t)n);
    }
}

size_t intel_set_labels(const struct intel_set *s, enum observable type, str canonical, struct intel_label *out,
                        size_t max) {
    struct label_search l = {s, type, out, max, 0};
    struct buf room = {0}, value = {0};
    struct address a;
    str host = {"", 0}, key;

    if (!intel_set_label_lists(s) || !intel_label_key(LABEL_STRING, canonical, &value, &key)) {
        buf_free(&value);
        return 0;
    }
    labels_probe(&l, LABEL_STRING, key, &room);
    if (type == OBSERVABLE_URL)
        host = intel_url_host(key);
    else if (type == OBSERVABLE_DOMAIN || type == OBSERVABLE_ADDRESS)
        host = key;
    else if (type == OBSERVABLE_MAIL)
        host = str_from(key, str_find_byte(key, '@') + 1);
    else if (type == OBSERVABLE_NETWORK)
        host = str_first(key, str_find_byte(key, '/'));
    if (host.len && address_parse(host, &a))
        labels_address(&l, &a, &room);
    else if (host.len)
        labels_host(&l, host, &room);
    if (host.len && !str_eq(host, key) && type != OBSERVABLE_NETWORK)
        labels_probe(&l, LABEL_STRING, host, &room);
    labels_tried(&l, key, &room);
    buf_free(&room);
    buf_free(&value);
    return l.count;
}
