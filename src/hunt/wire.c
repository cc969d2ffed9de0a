/* wire: little-endian numbers, and texts with their length in front. */
#include "hunt/wire.h"

#include <assert.h>

#include "base/cursor.h"
#include "base/utf.h"

#define MATCHES_MAX 4096u
#define EVENT_VALUES_MAX 8192u /* of all fields of an event together, and so many fields: as RECORD_VALUES_MAX */
#define NAME_BYTES_MAX 4096u   /* of fields, kinds, reasons, accounts */
#define PATH_BYTES_MAX 65536u
#define LONG_VALUES_MAX                                                                                                \
    (16u << 20) /* bytes of long values in one message; after these only their beginnings go along */
#define SHORT_VALUE_MAX 256u

/* ---- writing ---- */

static void put(struct buf *b, const void *from, size_t size) {
    buf_add(b, (str){from, size});
}

static void put_u32(struct buf *b, uint32_t n) {
    put(b, &n, sizeof n);
}

static void put_u64(struct buf *b, uint64_t n) {
    put(b, &n, sizeof n);
}

static void put_text(struct buf *b, str s, size_t max) {
    char note[64];

    if (s.len <= max) {
        put_u32(b, (uint32_t)s.len);
        buf_add(b, s);
        return;
    }
    size_t const kept = utf8_valid(str_first(s, max - sizeof note)); /* whole characters */
    int const n = snprintf(note, sizeof note, " [cut here: %zu bytes more]", s.len - kept);

    put_u32(b, (uint32_t)(kept + (size_t)n));
    buf_add(b, str_first(s, kept));
    buf_add(b, (str){note, (size_t)n});
}

/* started: where the message begins, whose size stays within WIRE_BYTES_MAX. */
static void put_value(struct buf *b, str s, size_t started) {
    put_text(b, s, b->len - started < LONG_VALUES_MAX ? WIRE_VALUE_MAX : SHORT_VALUE_MAX);
}

static void put_name(struct buf *b, str s) {
    put_text(b, s, NAME_BYTES_MAX);
}

/* Without a character that was cut in two at a bound: the other side takes none. */
static str whole(str s) {
    return str_first(s, utf8_valid(s));
}

static void put_finding(struct buf *b, const struct wire *w) {
    const struct finding *const f = &w->finding;
    size_t const started = b->len;
    size_t const count = f->match_count < MATCHES_MAX ? f->match_count : MATCHES_MAX;

    put_u64(b, (uint64_t)f->when);
    put_u64(b, w->key);
    buf_byte(b, (char)f->zone);
    put_name(b, f->time_text);
    put_u64(b, f->record);
    put_u64(b, f->offset);
    buf_byte(b, f->salvaged);
    put_name(b, f->kind);
    put_name(b, whole(f->host));
    put_name(b, whole(f->account));
    put_name(b, whole(f->client_address));
    put_name(b, f->logsource);
    put_u32(b, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_name(b, f->matches[i].field);
        put_value(b, f->matches[i].value, started);
    }
}

static void put_likeness(struct buf *b, const struct wire *w) {
    put_u32(b, w->entry);
    put_u32(b, w->index);
    buf_byte(b, (char)w->likeness.how);
    buf_byte(b, (char)w->likeness.quality);
    buf_byte(b, w->likeness.usual);
    put_text(b, whole(str_of(w->likeness.reason)), sizeof w->likeness.reason - 1);
}

static void put_match(struct buf *b, const struct wire *w) {
    const struct correlation_event *const m = &w->match;
    size_t const started = b->len;
    size_t const count = m->cell_count < MATCHES_MAX ? m->cell_count : MATCHES_MAX;

    put_u32(b, w->rule);
    put_u64(b, (uint64_t)m->when);
    put_u64(b, w->key);
    put_u64(b, m->number);
    put_u64(b, m->offset);
    put_u32(b, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_u32(b, m->cells[i].field);
        put_value(b, m->cells[i].value, started);
    }
}

static void put_bracket(struct buf *b, const struct wire *w) {
    put_u32(b, w->rule);
    put_u32(b, w->index);
    put_u64(b, (uint64_t)w->match.when);
    put_u64(b, w->key);
    put_u64(b, w->match.number);
    put_u64(b, w->match.offset);
    put_u64(b, w->number);
}

/* A row has no more values than a record may have. */
static void put_event(struct buf *b, const struct wire *w) {
    const struct normal_event *const v = &w->event;
    size_t const started = b->len;
    size_t values = 0;

    put_u64(b, (uint64_t)v->when);
    put_u64(b, w->key);
    buf_byte(b, (char)v->zone);
    buf_byte(b, (char)v->precision);
    put_name(b, v->time_text);
    put_name(b, v->kind);
    put_name(b, v->reader);
    put_u64(b, v->record);
    put_u64(b, v->offset);
    buf_byte(b, v->salvaged);
    for (size_t i = 0; i < ROLES; i++)
        put_name(b, v->roles[i]);
    buf_byte(b, (char)v->act.act);
    if (v->act.act != ACT_NONE) {
        put_u64(b, v->act.amount);
        put_u32(b, v->act.items);
        for (size_t i = 0; i < ACT_TEXTS; i++)
            put_name(b, v->act.text[i]);
    }
    put_u32(b, (uint32_t)v->field_count);
    for (size_t i = 0; i < v->field_count; i++) {
        const struct normal_field *const f = &v->fields[i];

        values += f->count;
        assert(values <= EVENT_VALUES_MAX);
        put_name(b, f->name);
        buf_byte(b, f->list);
        put_u32(b, (uint32_t)f->count);
        for (size_t k = 0; k < f->count; k++) {
            buf_byte(b, f->values[k].null);
            put_value(b, f->values[k].text, started);
        }
    }
}

static void put_act(struct buf *b, const struct wire *w) {
    const struct activity_event *const v = &w->activity;

    put_u64(b, (uint64_t)v->when);
    put_u64(b, (uint64_t)v->last);
    put_u64(b, w->key);
    put_u64(b, v->record);
    put_u64(b, v->offset);
    put_u64(b, v->amount);
    put_u64(b, v->back);
    put_u32(b, v->count);
    put_u32(b, v->items);
    buf_byte(b, (char)v->act);
    buf_byte(b, (char)v->outcome);
    buf_byte(b, v->salvaged);
    buf_byte(b, v->unsure);
    for (size_t i = 0; i < ACT_TEXTS; i++)
        put_u32(b, w->words[i]);
}

static void put_spans(struct buf *b, const struct spans *s) {
    put_u32(b, s->count);
    put(b, s->items, s->count * sizeof *s->items);
}

static void put_stream(struct buf *b, const struct stream *s) {
    put_name(b, s->host);
    put_name(b, s->log);
    put_u64(b, s->clock);
    put_u64(b, s->events);
    put_u64(b, (uint64_t)s->first);
    put_u64(b, (uint64_t)s->last);
    buf_byte(b, (char)s->unit);
    put_spans(b, &s->hours);
    put_spans(b, &s->numbers);
    buf_byte(b, s->numbers_lost);
}

static void put_clock(struct buf *b, const struct wire *w) {
    const struct clock *const c = &w->clock;

    put_u32(b, w->index);
    put_u64(b, c->key);
    put_name(b, c->host);
    put_name(b, c->field);
    put_u64(b, c->events);
    put_u64(b, c->assumed);
    put_u64(b, c->claims);
    put_u32(b, (uint32_t)c->least);
    put_u32(b, (uint32_t)c->most);
    put_u32(b, c->bin_count);
    for (uint32_t i = 0; i < c->bin_count; i++) {
        put_u32(b, (uint32_t)c->bins[i].quarter);
        put_u64(b, c->bins[i].count);
    }
}

/* The counts of a ledger line in the order in which they go over the wire. */
#define CUSTODY_COUNTS(X, c)                                                                                           \
    X((c).size)                                                                                                        \
    X((c).records)                                                                                                     \
    X((c).salvaged)                                                                                                    \
    X((c).repaired)                                                                                                    \
    X((c).cut)                                                                                                         \
    X((c).no_kind)                                                                                                     \
    X((c).no_time) X((c).assumed) X((c).years) X((c).year_breaks) X((c).twice) X((c).never) X((c).backs) X((c).back_s)

static void put_custody(struct buf *b, const struct wire *w) {
    const struct custody *const c = &w->custody;

    put_name(b, str_of(c->reader));
    put_name(b, str_of(c->container));
    put_name(b, whole(c->not_read));
    buf_byte(b, w->hashed);
    put(b, w->hash, sizeof w->hash);
#define X(n) put_u64(b, n);
    CUSTODY_COUNTS(X, *c)
#undef X
}

/* Where in a source it is. */
static void put_carried(struct buf *b, bool attachment, str name, uint64_t record, uint64_t offset) {
    buf_byte(b, attachment);
    put_name(b, whole(name));
    put_u64(b, record);
    put_u64(b, offset);
}

static void put_yara(struct buf *b, const struct yara_finding *f) {
    const struct yara_hit *const h = &f->hit;

    put_carried(b, f->attachment, f->name, f->record, f->offset);
    put_name(b, whole(f->type));
    put_u32(b, h->rule->index);
    put(b, h->sha256, sizeof h->sha256);
    put_u64(b, h->size);
    buf_byte(b, h->more);
    put_u32(b, (uint32_t)h->match_count);
    for (size_t i = 0; i < h->match_count; i++) {
        put_u32(b, h->matches[i].string);
        put_u64(b, h->matches[i].offset);
        put_u32(b, h->matches[i].length);
        put_text(b, h->matches[i].excerpt, YARA_EXCERPT_MAX);
    }
}

void wire_put(struct buf *b, const struct wire *w) {
    size_t const start = b->len;
    uint32_t size;

    put_u32(b, 0);
    buf_byte(b, (char)w->type);
    switch (w->type) {
    case WIRE_TICK:
    case WIRE_GIVEN_UP:
        put_u64(b, w->number);
        break;
    case WIRE_SPLIT:
        put_u64(b, w->number);
        put_name(b, w->name);
        break;
    case WIRE_HASH:
        put(b, w->hash, sizeof w->hash);
        break;
    case WIRE_KIND:
        put_u32(b, w->index);
        put_u64(b, w->number);
        break;
    case WIRE_FILTERED:
        put_u32(b, w->rule);
        put_u32(b, w->index);
        put_u64(b, w->number);
        break;
    case WIRE_DONE:
        put_name(b, w->name);
        break;
    case WIRE_SOURCE:
        put_u32(b, w->index);
        buf_byte(b, w->hashed);
        if (w->hashed)
            put(b, w->hash, sizeof w->hash);
        put_text(b, w->name, PATH_BYTES_MAX);
        break;
    case WIRE_FINDING:
        put_u32(b, w->rule);
        put_u32(b, w->entry);
        put_finding(b, w);
        break;
    case WIRE_PERSON:
        put_likeness(b, w);
        put_finding(b, w);
        break;
    case WIRE_MATCH:
        put_match(b, w);
        break;
    case WIRE_BRACKET:
        put_bracket(b, w);
        break;
    case WIRE_EVENT:
    case WIRE_COLLECTED:
    case WIRE_MATCHED:
        put_event(b, w);
        break;
    case WIRE_WORD:
        put_u32(b, w->index);
        put_name(b, w->name);
        break;
    case WIRE_ACT:
        put_act(b, w);
        break;
    case WIRE_STREAM:
        put_stream(b, &w->stream);
        break;
    case WIRE_CLOCK:
        put_clock(b, w);
        break;
    case WIRE_KEYS:
        put_text(b, w->name, WIRE_VALUE_MAX);
        break;
    case WIRE_DAMAGE:
        put_u64(b, w->damage.offset);
        put_u64(b, w->damage.size);
        put_name(b, whole(w->damage.why));
        put_text(b, w->name, PATH_BYTES_MAX);
        break;
    case WIRE_CUSTODY:
        put_custody(b, w);
        break;
    case WIRE_KEPT:
        put_u32(b, w->index);
        put_custody(b, w);
        break;
    case WIRE_YARA:
        put_yara(b, &w->yara);
        break;
    case WIRE_UNSCANNED:
        put_carried(b, w->omission.attachment, w->omission.name, w->omission.record, w->omission.offset);
        put_name(b, whole(w->omission.why));
        break;
    case WIRE_SCANNED:
        buf_byte(b, w->hashed);
        put(b, w->hash, sizeof w->hash);
        put_u64(b, w->counts.files);
        put_u64(b, w->counts.attachments);
        put_u64(b, w->counts.bytes);
        break;
    case WIRE_ASK:
        put_u64(b, w->number);
        put_u32(b, w->index);
        break;
    case WIRE_SEGMENT:
    case WIRE_INDEX_KEYS:
    case WIRE_INDEX_ADDRESSES:
        put_text(b, w->name, WIRE_VALUE_MAX);
        break;
    case WIRE_LEARNED:
        put_text(b, w->name, SEGMENT_LEARNED_MAX);
        break;
    case WIRE_INDEXED:
        break;
    case WIRE_SEALED:
        put(b, w->kept.sha256, sizeof w->kept.sha256);
        put_u64(b, w->kept.size);
        put_u32(b, w->kept.rows);
        put_u32(b, (uint32_t)w->kept.month);
        put_u64(b, (uint64_t)w->kept.first);
        put_u64(b, (uint64_t)w->kept.last);
        break;
    case WIRE_TYPES:
        assert(false);
    }
    if (b->failed)
        return;
    assert(b->len - start <= WIRE_BYTES_MAX);
    size = (uint32_t)(b->len - start - WIRE_HEAD);
    memcpy(b->ptr + start, &size, sizeof size);
}

/* ---- reading ---- */

struct reading {
    struct cursor c;
    struct arena *a;
};

static bool take_view(struct reading *r, size_t max, str *out) {
    uint32_t size;

    return read_u32le(&r->c, &size) && size <= max && read_view(&r->c, size, out);
}

static bool take_text(struct reading *r, size_t max, str *out) {
    return take_view(r, max, out) && utf8_valid(*out) == out->len;
}

static bool take_i64(struct reading *r, int64_t *out) {
    return read_bytes(&r->c, out, sizeof *out);
}

static bool take_bool(struct reading *r, bool *out) {
    uint8_t n;

    if (!read_u8(&r->c, &n) || n > 1)
        return false;
    *out = n;
    return true;
}

/* A name that is a constant on the other side; NULL when empty. */
static bool take_constant(struct reading *r, const char **out) {
    str name;
    char *copy;

    if (!take_text(r, 64, &name) || str_find_byte(name, '\0') != SIZE_MAX || !(copy = arena_bytes(r->a, name.len + 1)))
        return false;
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    *out = name.len ? copy : NULL;
    return true;
}

static bool take_small(struct reading *r, unsigned below, uint8_t *out) {
    return read_u8(&r->c, out) && *out < below;
}

static bool take_zone(struct reading *r, enum zone *out) {
    uint8_t n = 0;

    if (!take_small(r, ZONES, &n))
        return false;
    *out = (enum zone)n;
    return true;
}

static bool take_rule(struct reading *r, const struct sigma_set *set, uint32_t *rule) {
    return read_u32le(&r->c, rule) && *rule < set->rule_count && set->rules[*rule]->type == SIGMA_DETECTION;
}

/* A count of items of at least `least` bytes each, so that the array cannot be larger than the message warrants. */
static bool take_count(struct reading *r, size_t least, uint32_t *count) {
    return read_u32le(&r->c, count) && *count <= MATCHES_MAX && *count <= cursor_left(&r->c) / least;
}

static bool take_likeness(struct reading *r, const struct persons *lists, struct wire *w) {
    struct person_match *const m = &w->likeness;
    uint8_t how, quality;
    str reason;

    if (!read_u32le(&r->c, &w->entry) || w->entry >= persons_count(lists) || !read_u32le(&r->c, &w->index))
        return false;
    *m = (struct person_match){.person = persons_at(lists, w->entry)};
    if (w->index > m->person->name_count || !take_small(r, PERSON_CLOSE + 1, &how) || !take_small(r, 101, &quality) ||
        !quality || !take_bool(r, &m->usual) || !take_text(r, sizeof m->reason - 1, &reason) ||
        str_find_byte(reason, '\0') != SIZE_MAX)
        return false;
    m->name = w->index ? &m->person->names[w->index - 1] : NULL;
    m->how = (enum person_how)how;
    m->quality = quality;
    memcpy(m->reason, reason.ptr, reason.len);
    return true;
}

static bool take_finding_of(struct reading *r, const struct sigma_set *set, const struct intel_set *intel,
                            struct wire *w) {
    return take_rule(r, set, &w->rule) && read_u32le(&r->c, &w->entry) &&
           w->entry <= (intel ? intel_set_entries(intel) : 0);
}

static bool take_finding(struct reading *r, struct wire *w) {
    struct finding *const f = &w->finding;
    struct detect_match *matches;
    uint32_t count;

    *f = (struct finding){.first = INSTANT_NONE, .last = INSTANT_NONE};
    if (!take_i64(r, &f->when) || !read_u64le(&r->c, &w->key) || !take_zone(r, &f->zone) ||
        !take_text(r, NAME_BYTES_MAX, &f->time_text) || !read_u64le(&r->c, &f->record) ||
        !read_u64le(&r->c, &f->offset) || !take_bool(r, &f->salvaged) || !take_text(r, NAME_BYTES_MAX, &f->kind) ||
        !take_text(r, NAME_BYTES_MAX, &f->host) || !take_text(r, NAME_BYTES_MAX, &f->account) ||
        !take_text(r, NAME_BYTES_MAX, &f->client_address) || !take_text(r, NAME_BYTES_MAX, &f->logsource) ||
        !take_count(r, 8, &count) || !(matches = arena_zero(r->a, count, sizeof *matches)))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!take_text(r, NAME_BYTES_MAX, &matches[i].field) || !take_text(r, WIRE_VALUE_MAX, &matches[i].value))
            return false;
    f->matches = matches;
    f->match_count = count;
    return true;
}

static bool take_match(struct reading *r, const struct sigma_set *set, struct wire *w) {
    struct correlation_event *const m = &w->match;
    struct correlation_cell *cells;
    uint32_t count;

    *m = (struct correlation_event){0};
    if (!take_rule(r, set, &w->rule) || !take_i64(r, &m->when) || !read_u64le(&r->c, &w->key) ||
        !read_u64le(&r->c, &m->number) || !read_u64le(&r->c, &m->offset) || !take_count(r, 8, &count) ||
        !(cells = arena_zero(r->a, count, sizeof *cells)))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!read_u32le(&r->c, &cells[i].field) || !take_text(r, WIRE_VALUE_MAX, &cells[i].value))
            return false;
    m->rule = w->rule;
    m->cells = cells;
    m->cell_count = count;
    return true;
}

static bool take_bracket(struct reading *r, const struct stix_watch *stix, struct wire *w) {
    w->match = (struct correlation_event){0};
    return read_u32le(&r->c, &w->rule) && w->rule < stix_watch_count(stix) && read_u32le(&r->c, &w->index) &&
           take_i64(r, &w->match.when) && read_u64le(&r->c, &w->key) && read_u64le(&r->c, &w->match.number) &&
           read_u64le(&r->c, &w->match.offset) && read_u64le(&r->c, &w->number);
}

static bool take_field(struct reading *r, uint32_t *left, struct normal_field *f) {
    struct normal_value *values;
    uint32_t count;

    if (!take_text(r, NAME_BYTES_MAX, &f->name) || !take_bool(r, &f->list) || !read_u32le(&r->c, &count) ||
        count > *left || (!f->list && count != 1) || !(values = arena_alloc(r->a, count * sizeof *values)))
        return false;
    *left -= count;
    for (uint32_t i = 0; i < count; i++)
        if (!take_bool(r, &values[i].null) || !take_text(r, WIRE_VALUE_MAX, &values[i].text))
            return false;
    f->values = values;
    f->count = count;
    return true;
}

static bool take_normal_act(struct reading *r, struct normal_act *a) {
    uint8_t act;

    if (!take_small(r, ACTS, &act))
        return false;
    a->act = (enum act)act;
    if (act == ACT_NONE)
        return true;
    if (!read_u64le(&r->c, &a->amount) || !read_u32le(&r->c, &a->items))
        return false;
    for (size_t i = 0; i < ACT_TEXTS; i++)
        if (!take_text(r, NAME_BYTES_MAX, &a->text[i]))
            return false;
    return true;
}

static bool take_event(struct reading *r, struct wire *w) {
    struct normal_event *const v = &w->event;
    struct normal_field *fields;
    uint32_t count, left = EVENT_VALUES_MAX;

    *v = (struct normal_event){.evidence_sha256 = ""};
    if (!take_i64(r, &v->when) || !read_u64le(&r->c, &w->key) || !take_zone(r, &v->zone) ||
        !take_small(r, PRECISIONS, &v->precision) || !take_text(r, NAME_BYTES_MAX, &v->time_text) ||
        !take_text(r, NAME_BYTES_MAX, &v->kind) || !take_text(r, NAME_BYTES_MAX, &v->reader) ||
        !read_u64le(&r->c, &v->record) || !read_u64le(&r->c, &v->offset) || !take_bool(r, &v->salvaged))
        return false;
    for (size_t i = 0; i < ROLES; i++)
        if (!take_text(r, NAME_BYTES_MAX, &v->roles[i]))
            return false;
    if (!take_normal_act(r, &v->act))
        return false;
    if (!read_u32le(&r->c, &count) || count > EVENT_VALUES_MAX || count > cursor_left(&r->c) / 9 ||
        !(fields = arena_zero(r->a, count, sizeof *fields)))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!take_field(r, &left, &fields[i]))
            return false;
    v->fields = fields;
    v->field_count = count;
    return true;
}

static bool take_act(struct reading *r, struct wire *w) {
    struct activity_event *const v = &w->activity;
    uint8_t act, outcome;

    *v = (struct activity_event){.evidence_sha256 = ""};
    if (!take_i64(r, &v->when) || !take_i64(r, &v->last) || !read_u64le(&r->c, &w->key) ||
        !read_u64le(&r->c, &v->record) || !read_u64le(&r->c, &v->offset) || !read_u64le(&r->c, &v->amount) ||
        !read_u64le(&r->c, &v->back) || !read_u32le(&r->c, &v->count) || !read_u32le(&r->c, &v->items) ||
        !take_small(r, ACTS, &act) || !take_small(r, OUTCOME_OTHER + 1, &outcome) || !take_bool(r, &v->salvaged) ||
        !take_bool(r, &v->unsure))
        return false;
    for (size_t i = 0; i < ACT_TEXTS; i++)
        if (!read_u32le(&r->c, &w->words[i]))
            return false;
    v->act = (enum act)act;
    v->outcome = (enum act_outcome)outcome;
    return act != ACT_NONE && v->count && v->when != INSTANT_NONE && v->last != INSTANT_NONE && v->when <= v->last;
}

static bool take_spans(struct reading *r, uint64_t most, struct spans *s) {
    uint32_t count;

    if (!read_u32le(&r->c, &count) || count > SPANS_MAX || count > cursor_left(&r->c) / sizeof *s->items ||
        !(s->items = arena_alloc(r->a, count * sizeof *s->items)) ||
        !read_bytes(&r->c, s->items, count * sizeof *s->items))
        return false;
    s->count = s->room = count;
    return spans_good(s->items, count, most);
}

static bool take_stream(struct reading *r, struct stream *s) {
    uint8_t unit;

    *s = (struct stream){.events = 0};
    if (!take_text(r, NAME_BYTES_MAX, &s->host) || !take_text(r, NAME_BYTES_MAX, &s->log) ||
        !read_u64le(&r->c, &s->clock) || !read_u64le(&r->c, &s->events) || !take_i64(r, &s->first) ||
        !take_i64(r, &s->last) || !take_small(r, COVERAGE_UNIT_MAX + 1, &unit) ||
        !take_spans(r, COVERAGE_HOURS >> unit, &s->hours) || !take_spans(r, UINT64_MAX, &s->numbers) ||
        !take_bool(r, &s->numbers_lost))
        return false;
    s->unit = unit;
    return (s->first == INSTANT_NONE) == (s->last == INSTANT_NONE) && (!s->numbers_lost || !s->numbers.count);
}

static bool take_clock(struct reading *r, struct wire *w) {
    struct clock *const c = &w->clock;
    uint32_t least, most, quarter;

    *c = (struct clock){0};
    if (!read_u32le(&r->c, &w->index) || !read_u64le(&r->c, &c->key) || !take_text(r, NAME_BYTES_MAX, &c->host) ||
        !take_text(r, NAME_BYTES_MAX, &c->field) || !read_u64le(&r->c, &c->events) || !read_u64le(&r->c, &c->assumed) ||
        !read_u64le(&r->c, &c->claims) || !read_u32le(&r->c, &least) || !read_u32le(&r->c, &most) ||
        !read_u32le(&r->c, &c->bin_count) || c->bin_count > 2 * CLOCK_QUARTERS_MAX + 1 ||
        !(c->bins = arena_alloc(r->a, c->bin_count * sizeof *c->bins)))
        return false;
    c->least = (int32_t)least;
    c->most = (int32_t)most;
    for (uint32_t i = 0; i < c->bin_count; i++) {
        if (!read_u32le(&r->c, &quarter) || (int32_t)quarter != (int16_t)quarter ||
            !read_u64le(&r->c, &c->bins[i].count))
            return false;
        c->bins[i].quarter = (int16_t)quarter;
    }
    return clock_good(c);
}

static bool take_custody(struct reading *r, struct wire *w) {
    struct custody *const c = &w->custody;

    *c = (struct custody){.sha256 = "", .first = INSTANT_NONE, .last = INSTANT_NONE};
    if (!take_constant(r, &c->reader) || !take_constant(r, &c->container) ||
        !take_text(r, NAME_BYTES_MAX, &c->not_read) || !take_bool(r, &w->hashed) ||
        !read_bytes(&r->c, w->hash, sizeof w->hash))
        return false;
#define X(n)                                                                                                           \
    if (!read_u64le(&r->c, &(n)))                                                                                      \
        return false;
    CUSTODY_COUNTS(X, *c)
#undef X
    return true;
}

static bool take_carried(struct reading *r, bool *attachment, str *name, uint64_t *record, uint64_t *offset) {
    return take_bool(r, attachment) && take_text(r, NAME_BYTES_MAX, name) && read_u64le(&r->c, record) &&
           read_u64le(&r->c, offset);
}

static bool take_yara(struct reading *r, const struct yara_set *set, struct yara_finding *f) {
    struct yara_hit *const h = &f->hit;
    struct yara_match *matches;
    uint32_t rule, count;

    *f = (struct yara_finding){.evidence_path = {"", 0}, .evidence_sha256 = ""};
    if (!take_carried(r, &f->attachment, &f->name, &f->record, &f->offset) || !take_text(r, NAME_BYTES_MAX, &f->type) ||
        !read_u32le(&r->c, &rule) || rule >= yara_set_count(set) || !read_bytes(&r->c, h->sha256, sizeof h->sha256) ||
        !read_u64le(&r->c, &h->size) || !take_bool(r, &h->more) || !take_count(r, 20, &count) ||
        count > YARA_MATCHES_TOLD || !(matches = arena_zero(r->a, count, sizeof *matches)))
        return false;
    h->rule = yara_set_rule(set, rule);
    for (uint32_t i = 0; i < count; i++)
        if (!read_u32le(&r->c, &matches[i].string) || matches[i].string >= h->rule->string_count ||
            !read_u64le(&r->c, &matches[i].offset) || !read_u32le(&r->c, &matches[i].length) ||
            !take_view(r, YARA_EXCERPT_MAX, &matches[i].excerpt))
            return false;
    h->matches = matches;
    h->match_count = count;
    return true;
}

/* Keys, or addresses: each larger than the one before, and keys with the zeros that every key has. */
static bool take_rising(struct reading *r, size_t size, str *out) {
    if (!take_view(r, WIRE_VALUE_MAX, out) || !out->len || out->len % size)
        return false;
    for (size_t at = 0; at < out->len; at += size) {
        const char *const x = out->ptr + at;
        uint64_t before = 0, key;

        memcpy(&key, x, sizeof key);
        if (at)
            memcpy(&before, x - size, sizeof before);
        if (size == sizeof key ? (at && key <= before) || key & (((uint64_t)1 << OBSERVABLE_ZEROS) - 1)
                               : at && memcmp(x - size, x, size) >= 0)
            return false;
    }
    return true;
}

static bool take_kept(struct reading *r, struct kept_segment *k) {
    uint32_t month;

    *k = (struct kept_segment){0};
    if (!read_bytes(&r->c, k->sha256, sizeof k->sha256) || !read_u64le(&r->c, &k->size) ||
        !read_u32le(&r->c, &k->rows) || !read_u32le(&r->c, &month) || !take_i64(r, &k->first) || !take_i64(r, &k->last))
        return false;
    k->month = (int32_t)month;
    return k->size && k->rows && k->first <= k->last && (k->first == INSTANT_NONE) == (k->last == INSTANT_NONE) &&
           (k->first == INSTANT_NONE) == (k->month == KEPT_UNDATED);
}

size_t wire_size(const char *head) {
    struct cursor c = cursor_of((str){head, WIRE_HEAD});
    uint32_t size;
    uint8_t type;

    if (!read_u32le(&c, &size) || !read_u8(&c, &type) || size > WIRE_BYTES_MAX || type == 0 || type >= WIRE_TYPES)
        return 0;
    return WIRE_HEAD + (size_t)size;
}

enum wire_type wire_type_of(const char *head) {
    return (enum wire_type)(unsigned char)head[4];
}

bool wire_take(str *bytes, const struct wire_known *known, struct arena *a, struct wire *w) {
    const struct sigma_set *const set = known->set;
    size_t const size = bytes->len >= WIRE_HEAD ? wire_size(bytes->ptr) : 0;
    bool ok = false;

    if (size == 0 || size > bytes->len)
        return false;
    struct reading r = {cursor_of((str){bytes->ptr + WIRE_HEAD, size - WIRE_HEAD}), a};

    w->type = wire_type_of(bytes->ptr);
    switch (w->type) {
    case WIRE_TICK:
    case WIRE_GIVEN_UP:
        ok = read_u64le(&r.c, &w->number);
        break;
    case WIRE_SPLIT:
        ok = read_u64le(&r.c, &w->number) && w->number > 0 && take_text(&r, 64, &w->name);
        break;
    case WIRE_HASH:
        ok = read_bytes(&r.c, w->hash, sizeof w->hash);
        break;
    case WIRE_KIND:
        ok = read_u32le(&r.c, &w->index) && w->index < known->kind_count && read_u64le(&r.c, &w->number);
        break;
    case WIRE_FILTERED:
        ok = take_rule(&r, set, &w->rule) && read_u32le(&r.c, &w->index) && w->index < set->filter_count &&
             read_u64le(&r.c, &w->number);
        break;
    case WIRE_DONE:
        ok = take_text(&r, NAME_BYTES_MAX, &w->name);
        break;
    case WIRE_SOURCE: /* begins with a path of the file system, which may be any bytes */
        ok = read_u32le(&r.c, &w->index) && take_bool(&r, &w->hashed) &&
             (!w->hashed || read_bytes(&r.c, w->hash, sizeof w->hash)) && take_view(&r, PATH_BYTES_MAX, &w->name);
        break;
    case WIRE_FINDING:
        ok = take_finding_of(&r, set, known->known ? known_intel(known->known) : NULL, w) && take_finding(&r, w);
        w->finding.rule = ok ? set->rules[w->rule] : NULL;
        break;
    case WIRE_PERSON:
        ok = known->persons && take_likeness(&r, known->persons, w) && take_finding(&r, w);
        break;
    case WIRE_MATCH:
        ok = take_match(&r, set, w);
        break;
    case WIRE_BRACKET:
        ok = known->known && known_stix(known->known) && take_bracket(&r, known_stix(known->known), w);
        break;
    case WIRE_EVENT:
    case WIRE_COLLECTED:
    case WIRE_MATCHED:
        ok = take_event(&r, w);
        break;
    case WIRE_WORD:
        ok = read_u32le(&r.c, &w->index) && take_text(&r, ACTIVITY_TEXT_MAX, &w->name);
        break;
    case WIRE_ACT:
        ok = take_act(&r, w);
        break;
    case WIRE_STREAM:
        ok = take_stream(&r, &w->stream);
        break;
    case WIRE_CLOCK:
        ok = take_clock(&r, w);
        break;
    case WIRE_KEYS:
        ok = take_view(&r, WIRE_VALUE_MAX, &w->name) && w->name.len % WIRE_KEY == 0;
        break;
    case WIRE_DAMAGE:
        ok = read_u64le(&r.c, &w->damage.offset) && read_u64le(&r.c, &w->damage.size) &&
             take_text(&r, NAME_BYTES_MAX, &w->damage.why) && take_view(&r, PATH_BYTES_MAX, &w->name);
        break;
    case WIRE_CUSTODY:
        ok = take_custody(&r, w);
        break;
    case WIRE_KEPT:
        ok = read_u32le(&r.c, &w->index) && take_custody(&r, w);
        break;
    case WIRE_YARA:
        ok = known->yara && take_yara(&r, known->yara, &w->yara);
        break;
    case WIRE_UNSCANNED:
        w->omission = (struct yara_omission){.evidence_path = {"", 0}};
        ok = take_carried(&r, &w->omission.attachment, &w->omission.name, &w->omission.record, &w->omission.offset) &&
             take_text(&r, NAME_BYTES_MAX, &w->omission.why);
        break;
    case WIRE_SCANNED:
        w->counts = (struct yara_counts){0};
        ok = take_bool(&r, &w->hashed) && read_bytes(&r.c, w->hash, sizeof w->hash) &&
             read_u64le(&r.c, &w->counts.files) && read_u64le(&r.c, &w->counts.attachments) &&
             read_u64le(&r.c, &w->counts.bytes);
        break;
    case WIRE_ASK:
        ok = read_u64le(&r.c, &w->number) && read_u32le(&r.c, &w->index);
        break;
    case WIRE_SEGMENT:
        ok = take_view(&r, WIRE_VALUE_MAX, &w->name);
        break;
    case WIRE_LEARNED:
        ok = take_view(&r, SEGMENT_LEARNED_MAX, &w->name);
        break;
    case WIRE_SEALED:
        ok = take_kept(&r, &w->kept);
        break;
    case WIRE_INDEX_KEYS:
        ok = take_rising(&r, WIRE_INDEX_KEY, &w->name);
        break;
    case WIRE_INDEX_ADDRESSES:
        ok = take_rising(&r, WIRE_INDEX_ADDRESS, &w->name);
        break;
    case WIRE_INDEXED:
        ok = true;
        break;
    case WIRE_TYPES:
        break;
    }
    if (!ok || cursor_left(&r.c) != 0)
        return false;
    *bytes = str_from(*bytes, size);
    return true;
}
