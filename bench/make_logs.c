/* make_logs: a large log out of real events: drawn at random, with values renewed as logs renew them, or every value new.
 *
 *     make_logs evtx|json mixed|distinct|process|process-distinct OUT MEGABYTES FILE...
 *
 * mixed: half of the identifiers, a tenth of the command lines and a third of the file names are new, the rest repeats.
 * distinct: no value of an event's own data occurs twice. process: only starts of processes. The draw is the same on
 * every run. EVTX is written with one template for each list of fields and one channel a chunk, as Windows writes it. */
#include <assert.h>
#include <inttypes.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/crc32.h"
#include "base/hash.h"
#include "base/utf.h"
#include "event/value.h"
#include "reader/reader.h"

/* ---- events as they were ---- */

struct value {
    str name; /* of the field */
    uint8_t type;
    str bytes;
};

struct event {
    struct value *values;
    uint32_t count;
    int64_t when;
    str provider, event_id, channel, computer; /* text */
};

struct events {
    struct event_sink sink;
    struct event *items;
    size_t count, room;
    struct arena *a;
    bool process_only;
};

static void *must(void *p) {
    if (!p) {
        fputs("make_logs: no memory\n", stderr);
        exit(1);
    }
    return p;
}

static str keep(struct events *all, str s) {
    str out;

    if (!arena_copy(all->a, s, &out))
        must(NULL);
    return out;
}

static str as_text(struct events *all, const struct raw *v) {
    struct buf text = {0};
    size_t repaired = 0;

    value_render(v->type, (str){v->ptr, v->len}, &text, &repaired);
    str const out = keep(all, buf_str(&text));

    buf_free(&text);
    return out;
}

static bool starts_process(const struct event *e) {
    return (str_eq(e->event_id, S("1")) && str_find(e->provider, S("Sysmon")) != SIZE_MAX) ||
           str_eq(e->event_id, S("4688"));
}

static bool take(struct event_sink *sink, const struct record *r, struct err *e) {
    struct events *const all = (struct events *)(void *)sink;
    struct event event = {.when = r->when, .provider = S(""), .event_id = S(""), .channel = S(""), .computer = S("")};
    static const struct {
        const char *name;
        size_t at;
    } known[] = {
        {"Provider_Name", offsetof(struct event, provider)}, {"SourceName", offsetof(struct event, provider)},
        {"EventID", offsetof(struct event, event_id)},       {"Channel", offsetof(struct event, channel)},
        {"Computer", offsetof(struct event, computer)},      {"Hostname", offsetof(struct event, computer)},
    };

    (void)e;
    event.values = must(arena_alloc(all->a, (r->count + 1) * sizeof *event.values));
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];
        str const name = field_name(sink->fields, v->field);

        for (size_t k = 0; k < COUNT(known); k++)
            if (str_eq(name, str_of(known[k].name)))
                *(str *)(void *)((char *)&event + known[k].at) = as_text(all, v);
        if (!v->inner)
            event.values[event.count++] = (struct value){name, v->type, keep(all, (str){v->ptr, v->len})};
    }
    if (r->salvaged || (all->process_only && !starts_process(&event)))
        return true;
    if (all->count == all->room) {
        all->room = all->room * 2 + 1024;
        all->items = must(reallocarray(all->items, all->room, sizeof *all->items));
    }
    all->items[all->count++] = event;
    return true;
}

static bool everything(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return true;
}

static void no_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why;
}

static void read_all(struct events *all, const char *path) {
    struct file_input f = {0};
    struct err e = {0};
    const struct reader *reader;
    str head;

    if (!file_input_open(&f, path, &e) || !f.input.window(&f.input, 0, 65536, &head, &e)) {
        fprintf(stderr, "make_logs: %s\n", e.text);
        exit(1);
    }
    if ((reader = reader_for(str_first(head, 65536), NULL)) &&
        !reader->read(&f.input, (struct part){0, UINT64_MAX}, &all->sink, &e))
        fprintf(stderr, "make_logs: %s: %s\n", path, e.text);
    file_input_close(&f);
}

/* ---- values renewed ---- */

struct draw {
    uint64_t state, made;
    bool distinct;
};

/* xorshift64*: the same numbers everywhere. */
static uint64_t next(struct draw *d) {
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return d->state * UINT64_C(2685821657736338717);
}

/* Of how many hundred values of this field one is new. */
static unsigned renewed(str name) {
    if (str_ends(name, S("Guid")) || str_ends(name, S("GUID")) || str_ends(name, S("Id")) || str_ends(name, S("ID")))
        return 50;
    if (str_ends(name, S("CommandLine")))
        return 10;
    return str_eq(name, S("TargetFilename")) ? 30 : 0;
}

/* Fields that say what the event is, not what happened. */
static bool fixed(str name) {
    static const char *const names[] = {
        "Provider_Name",    "Provider_Guid",     "EventID",       "Channel",
        "Computer",         "Version",           "Level",         "Task",
        "Opcode",           "Keywords",          "SourceName",    "Hostname",
        "EventType",        "Severity",          "SeverityValue", "SourceModuleName",
        "SourceModuleType", "ProviderGuid",      "OpcodeValue",   "LogName",
        "log_name",         "source_name",       "event_id",      "TaskValue",
        "Category",         "EventReceivedTime", "@timestamp",    "@version",
        "TimeCreated",      "EventTime",
    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(name, str_of(names[i])))
            return true;
    return false;
}

/* The value's bytes, or others of the same type in out. */
static str renew(struct draw *d, const struct value *v, struct buf *out) {
    bool const wide = v->type == RAW_UTF16;
    bool const fresh = !fixed(v->name) && (d->distinct || next(d) % 100 < renewed(v->name));
    uint64_t n;

    if (!fresh)
        return v->bytes;
    out->len = 0;
    n = ++d->made * UINT64_C(0x9e3779b97f4a7c15);
    buf_add(out, v->bytes);
    switch (v->type) {
    case RAW_TEXT:
    case RAW_UTF16:
        if (str_ends(v->name, S("Guid")) || str_ends(v->name, S("GUID"))) { /* digits change, the form stays */
            for (size_t i = 0; i < out->len; i += wide ? 2 : 1)
                if (out->ptr[i] >= '0' && out->ptr[i] <= '9') {
                    out->ptr[i] = (char)('0' + n % 10);
                    n = n / 10 + (n << 60);
                }
            return buf_str(out);
        }
        for (unsigned i = 0; i < 12; i++, n /= 10) {
            buf_byte(out, (char)(i ? '0' + n % 10 : ' '));
            if (wide)
                buf_byte(out, 0);
        }
        return buf_str(out);
    case RAW_NUMBER: {
        char text[24];

        out->len = 0;
        buf_add(out, (str){text, (size_t)snprintf(text, sizeof text, "%" PRIu64, d->made)});
        return buf_str(out);
    }
    case RAW_I64:
    case RAW_U64:
        memcpy(out->ptr, &d->made, 8);
        return buf_str(out);
    case RAW_GUID:
    case RAW_HEX64:
    case RAW_FILETIME:
        memcpy(out->ptr, &n, out->len < 8 ? out->len : 8);
        if (v->type == RAW_FILETIME)
            out->ptr[7] = 1; /* still a date */
        return buf_str(out);
    default:
        return v->bytes;
    }
}

/* ---- JSON lines, flat ---- */

static void put_json(struct buf *b, const struct event *e, struct draw *d, struct buf *fresh, uint64_t number) {
    struct buf text = {0};
    size_t repaired;

    (void)number;
    buf_byte(b, '{');
    for (uint32_t i = 0; i < e->count; i++) {
        const struct value *const v = &e->values[i];
        bool first = true;

        for (uint32_t k = 0; k < i && first; k++)
            first = !str_eq(e->values[k].name, v->name);
        if (!first)
            continue;
        if (b->ptr[b->len - 1] != '{')
            buf_byte(b, ',');
        buf_json(b, v->name);
        buf_byte(b, ':');
        str const bytes = renew(d, v, fresh);

        if (v->type == RAW_NULL) {
            buf_add(b, S("null"));
        } else {
            text.len = 0;
            value_render(v->type, bytes, &text, &repaired);
            if (v->type == RAW_NUMBER || v->type == RAW_BOOL)
                buf_add(b, buf_str(&text));
            else
                buf_json(b, buf_str(&text));
        }
    }
    buf_add(b, S("}\n"));
    buf_free(&text);
}

/* ---- EVTX ([MS-EVEN6] 2.2.12; libevtx's description of the file) ---- */

#define CHUNK 65536u
#define CHUNK_HEAD 512u

static void le(struct buf *b, uint64_t n, unsigned bytes) {
    buf_add(b, (str){(const char *)&n, bytes});
}

static void put_at(struct buf *b, size_t at, uint64_t n, unsigned bytes) {
    memcpy(b->ptr + at, &n, bytes);
}

static void utf16(struct buf *b, str ascii) {
    for (size_t i = 0; i < ascii.len; i++)
        le(b, (unsigned char)ascii.ptr[i], 2);
}

/* A name where it is used first: offset of itself, next, hash, length, text, NUL. */
static void put_name(struct buf *b, str name) {
    uint32_t hash = 0;

    for (size_t i = 0; i < name.len; i++)
        hash = hash * 65599 + (unsigned char)name.ptr[i];
    le(b, b->len + 4, 4);
    le(b, 0, 4);
    le(b, hash & 0xffff, 2);
    le(b, name.len, 2);
    utf16(b, name);
    le(b, 0, 2);
}

/* Opens an element; what begins at the returned place is its size, to be filled by `closed`. */
static size_t open_element(struct buf *b, str name, bool attributes) {
    size_t at;

    buf_byte(b, attributes ? 0x41 : 0x01);
    le(b, 0xffff, 2);
    at = b->len;
    le(b, 0, 4);
    put_name(b, name);
    return at;
}

static void closed(struct buf *b, size_t at) {
    put_at(b, at, b->len - at - 4, 4);
}

static void substitution(struct buf *b, unsigned id, unsigned type) {
    buf_byte(b, 0x0e);
    le(b, id, 2);
    buf_byte(b, (char)type);
}

static void element(struct buf *b, const char *name, unsigned id, unsigned type) {
    size_t const at = open_element(b, str_of(name), false);

    buf_byte(b, 0x02);
    substitution(b, id, type);
    buf_byte(b, 0x04);
    closed(b, at);
}

/* What stands in a tag: its size, and each attribute with a substitution or a text of its own. */
static size_t attributes_begin(struct buf *b) {
    le(b, 0, 4);
    return b->len - 4;
}

static void attribute(struct buf *b, const char *name, str text, unsigned id, unsigned type, bool more) {
    buf_byte(b, more ? 0x46 : 0x06);
    put_name(b, str_of(name));
    if (text.len) {
        buf_byte(b, 0x05);
        buf_byte(b, 0x01);
        le(b, text.len, 2);
        utf16(b, text);
    } else {
        substitution(b, id, type);
    }
}

static unsigned type_of(uint8_t raw) {
    switch (raw) {
    case RAW_I64:
        return 0x09;
    case RAW_U64:
        return 0x0a;
    case RAW_GUID:
        return 0x0f;
    case RAW_FILETIME:
        return 0x11;
    case RAW_SID:
        return 0x13;
    case RAW_HEX32:
        return 0x14;
    case RAW_HEX64:
        return 0x15;
    case RAW_BINARY:
        return 0x0e;
    default:
        return 0x01;
    }
}

/* The values of System, in the order of their elements; of one element, side by side. size: in bytes, of numbers. */
static const struct system_value {
    const char *field, *element, *attribute;
    uint8_t type, size;
} system_values[] = {
    {"Provider_Name", "Provider", "Name", 0x01, 0},
    {"Provider_Guid", "Provider", "Guid", 0x0f, 0},
    {"Provider_EventSourceName", "Provider", "EventSourceName", 0x01, 0},
    {"EventID", "EventID", NULL, 0x06, 2},
    {"EventID_Qualifiers", NULL, NULL, 0, 0}, /* left out */
    {"Version", "Version", NULL, 0x04, 1},
    {"Level", "Level", NULL, 0x04, 1},
    {"Task", "Task", NULL, 0x06, 2},
    {"Opcode", "Opcode", NULL, 0x04, 1},
    {"Keywords", "Keywords", NULL, 0x15, 0},
    {"TimeCreated_SystemTime", "TimeCreated", "SystemTime", 0x11, 8},
    {"EventRecordID", "EventRecordID", NULL, 0x0a, 8},
    {"Correlation_ActivityID", "Correlation", "ActivityID", 0x0f, 0},
    {"Execution_ProcessID", "Execution", "ProcessID", 0x08, 4},
    {"Execution_ThreadID", "Execution", "ThreadID", 0x08, 4},
    {"Channel", "Channel", NULL, 0x01, 0},
    {"Computer", "Computer", NULL, 0x01, 0},
    {"Security_UserID", "Security", "UserID", 0x13, 0},
};

static const struct system_value *in_system(str name) {
    for (size_t i = 0; i < COUNT(system_values); i++)
        if (str_eq(name, str_of(system_values[i].field)))
            return &system_values[i];
    return NULL;
}

static const struct value *value_of(const struct event *e, const char *name) {
    for (uint32_t i = 0; i < e->count; i++)
        if (str_eq(e->values[i].name, str_of(name)))
            return &e->values[i];
    return NULL;
}

/* Has the event the value, of a type that fits? Time and number are always written. */
static bool has_system(const struct event *e, const struct system_value *s) {
    const struct value *const v = value_of(e, s->field);

    if (!s->element)
        return false;
    if (s->size == 8 || s->type == 0x01 || strcmp(s->field, "EventID") == 0)
        return s->size == 8 || strcmp(s->field, "Provider_EventSourceName") != 0 || v;
    if (!v)
        return false;
    return s->type == 0x0f   ? v->type == RAW_GUID && v->bytes.len == 16
           : s->type == 0x13 ? v->type == RAW_SID
           : s->type == 0x15 ? v->type == RAW_HEX64 && v->bytes.len == 8
                             : v->type == RAW_U64 && v->bytes.len == 8;
}

/* The values of System that belong to the same element as the first one of `s`. */
static size_t same_element(const struct event *e, size_t s, size_t which[COUNT(system_values)]) {
    size_t count = 0;

    for (size_t i = s; i < COUNT(system_values) && system_values[i].element && system_values[s].element &&
                       strcmp(system_values[i].element, system_values[s].element) == 0;
         i++)
        if (has_system(e, &system_values[i]))
            which[count++] = i;
    return count;
}

static void put_system(struct buf *b, const struct event *e, unsigned *id) {
    size_t which[COUNT(system_values)];

    for (size_t s = 0; s < COUNT(system_values); s++) {
        size_t const count = s && system_values[s].element && system_values[s - 1].element &&
                                     strcmp(system_values[s].element, system_values[s - 1].element) == 0
                                 ? 0
                                 : same_element(e, s, which);

        if (!count)
            continue;
        const struct system_value *const first = &system_values[which[0]];

        if (!first->attribute) {
            element(b, first->element, (*id)++, first->type);
            continue;
        }
        size_t const at = open_element(b, str_of(first->element), true), attributes = attributes_begin(b);

        for (size_t i = 0; i < count; i++)
            attribute(b, system_values[which[i]].attribute, (str){"", 0}, (*id)++, system_values[which[i]].type,
                      i + 1 < count);
        closed(b, attributes);
        buf_byte(b, 0x03);
        closed(b, at);
    }
}

static void put_template(struct buf *b, const struct event *e) {
    unsigned id = 0;

    le(b, 0x0001010f, 4);
    size_t const event = open_element(b, S("Event"), false);

    buf_byte(b, 0x02);
    size_t const system = open_element(b, S("System"), false);

    buf_byte(b, 0x02);
    put_system(b, e, &id);
    buf_byte(b, 0x04);
    closed(b, system);
    size_t const data = open_element(b, S("EventData"), false);

    buf_byte(b, 0x02);
    for (uint32_t i = 0; i < e->count; i++) {
        const struct value *const v = &e->values[i];

        if (in_system(v->name))
            continue;
        size_t const at = open_element(b, S("Data"), true), attributes = attributes_begin(b);

        attribute(b, "Name", v->name, 0, 0, false);
        closed(b, attributes);
        buf_byte(b, 0x02);
        substitution(b, id++, type_of(v->type));
        buf_byte(b, 0x04);
        closed(b, at);
    }
    buf_byte(b, 0x04);
    closed(b, data);
    buf_byte(b, 0x04);
    closed(b, event);
    buf_byte(b, 0);
}

/* Windows names a template by what is in it, so that it has the same name in every chunk. */
static uint64_t template_name(const struct event *e) {
    uint64_t name = 0;

    for (uint32_t i = 0; i < e->count; i++)
        name = hash_bytes(e->values[i].name, name + e->values[i].type + 1);
    return name;
}

struct chunk {
    struct buf b;
    uint64_t first, last; /* record numbers */
    struct {
        const struct event *like; /* has these fields */
        uint32_t at;
    } templates[256];
    unsigned template_count;
};

static bool alike(const struct event *a, const struct event *b) {
    if (a == b)
        return true;
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->values[i].type != b->values[i].type || !str_eq(a->values[i].name, b->values[i].name))
            return false;
    return true;
}

static void put_utf16_text(struct buf *values, struct buf *sizes, str text) {
    size_t const before = values->len;
    uint32_t point;

    while (text.len) {
        size_t const width = utf8_decode(text, &point);

        assert(width);
        if (point >= 0x10000) {
            le(values, 0xd800 + ((point - 0x10000) >> 10), 2);
            le(values, 0xdc00 + ((point - 0x10000) & 0x3ff), 2);
        } else {
            le(values, point, 2);
        }
        text = str_from(text, width);
    }
    le(sizes, values->len - before, 2);
    le(sizes, 0x01, 2);
}

static void put_bytes(struct buf *values, struct buf *sizes, str bytes, unsigned type) {
    buf_add(values, bytes);
    le(sizes, bytes.len, 2);
    le(sizes, type, 2);
}

static unsigned put_system_values(struct buf *values, struct buf *sizes, const struct event *e, uint64_t number) {
    unsigned count = 0;

    for (size_t i = 0; i < COUNT(system_values); i++) {
        const struct system_value *const s = &system_values[i];
        const struct value *const v = value_of(e, s->field);
        uint64_t n;

        if (!has_system(e, s))
            continue;
        count++;
        if (strcmp(s->field, "EventID") == 0)
            n = str_u64(e->event_id, UINT16_MAX, &n) ? n : 0;
        else if (s->type == 0x11)
            n = (uint64_t)(e->when / 100) + UINT64_C(116444736000000000);
        else if (s->type == 0x0a)
            n = number;
        else if (s->size)
            memcpy(&n, v->bytes.ptr, 8);
        if (s->size)
            put_bytes(values, sizes, (str){(const char *)&n, s->size}, s->type);
        else if (s->type != 0x01)
            put_bytes(values, sizes, v->bytes, s->type);
        else if (strcmp(s->field, "Provider_Name") == 0)
            put_utf16_text(values, sizes, e->provider);
        else if (strcmp(s->field, "Channel") == 0)
            put_utf16_text(values, sizes, e->channel);
        else if (strcmp(s->field, "Computer") == 0)
            put_utf16_text(values, sizes, e->computer);
        else
            put_bytes(values, sizes, v->bytes, 0x01);
    }
    return count;
}

/* False: it does not fit any more, and the chunk is as it was. */
static bool put_record(struct chunk *c, const struct event *e, struct draw *d, struct buf *fresh, struct buf *values,
                       struct buf *sizes, uint64_t number) {
    struct draw const before = *d;
    size_t const start = c->b.len;
    unsigned t = 0, count;
    uint64_t const ticks = (uint64_t)(e->when / 100) + UINT64_C(116444736000000000), name = template_name(e);

    values->len = sizes->len = 0;
    count = put_system_values(values, sizes, e, number);
    for (uint32_t i = 0; i < e->count; i++) {
        const struct value *const v = &e->values[i];
        str bytes;

        if (in_system(v->name))
            continue;
        count++;
        bytes = renew(d, v, fresh);
        if (type_of(v->type) == 1 && v->type != RAW_UTF16) {
            struct buf text = {0};
            size_t repaired;

            value_render(v->type, bytes, &text, &repaired);
            put_utf16_text(values, sizes, str_first(buf_str(&text), utf8_valid(str_first(buf_str(&text), 20000))));
            buf_free(&text);
            continue;
        }
        put_bytes(values, sizes, str_first(bytes, 40000), type_of(v->type));
    }
    while (t < c->template_count && !alike(c->templates[t].like, e))
        t++;
    le(&c->b, 0x00002a2a, 4);
    le(&c->b, 0, 4);
    le(&c->b, number, 8);
    le(&c->b, ticks, 8);
    le(&c->b, 0x0001010f, 4);
    buf_byte(&c->b, 0x0c);
    buf_byte(&c->b, 1);
    le(&c->b, name & 0xffffffff, 4);
    if (t < c->template_count) {
        le(&c->b, c->templates[t].at, 4);
    } else {
        size_t const at = c->b.len + 4;

        le(&c->b, at, 4);
        le(&c->b, 0, 4);
        le(&c->b, name, 8);
        le(&c->b, ~name, 8);
        le(&c->b, 0, 4);
        put_template(&c->b, e);
        put_at(&c->b, at + 20, c->b.len - at - 24, 4);
        if (t < COUNT(c->templates)) {
            c->templates[t].like = e;
            c->templates[t].at = (uint32_t)at;
        }
    }
    le(&c->b, count, 4);
    buf_add(&c->b, buf_str(sizes));
    buf_add(&c->b, buf_str(values));
    buf_byte(&c->b, 0);
    while ((c->b.len - start + 4) % 8)
        buf_byte(&c->b, 0);
    le(&c->b, c->b.len - start + 4, 4);
    if (c->b.len > CHUNK || c->b.failed || t == COUNT(c->templates)) {
        c->b.len = start;
        *d = before;
        return false;
    }
    if (t == c->template_count)
        c->template_count++;
    put_at(&c->b, start + 4, c->b.len - start, 4);
    c->first = c->first ? c->first : number;
    c->last = number;
    return true;
}

static int by_channel(const void *a, const void *b) {
    const struct event *const x = a, *const y = b;
    int const order = str_cmp(x->channel, y->channel);

    return order ? order : (x->values > y->values) - (x->values < y->values); /* as they were read */
}

/* One of those events that have the same channel; a channel comes as often as it has events. */
struct channel {
    size_t from, count;
};

static struct channel channel_of(const struct events *all, size_t at) {
    struct channel c = {at, 1};

    while (c.from > 0 && str_eq(all->items[c.from - 1].channel, all->items[at].channel))
        c.from--;
    for (c.count = at - c.from + 1;
         c.from + c.count < all->count && str_eq(all->items[c.from + c.count].channel, all->items[at].channel);)
        c.count++;
    return c;
}

static void chunk_begin(struct chunk *c) {
    c->b.len = 0;
    c->first = c->last = c->template_count = 0;
    memset(must(buf_reserve(&c->b, 2 * CHUNK)), 0, 2 * CHUNK);
    c->b.len = CHUNK_HEAD;
}

static void chunk_end(struct chunk *c, FILE *to) {
    size_t const used = c->b.len;

    memset(c->b.ptr + used, 0, CHUNK - used);
    memcpy(c->b.ptr, "ElfChnk", 8);
    put_at(&c->b, 8, c->first, 8);
    put_at(&c->b, 16, c->last, 8);
    put_at(&c->b, 24, c->first, 8);
    put_at(&c->b, 32, c->last, 8);
    put_at(&c->b, 40, 128, 4);
    put_at(&c->b, 44, used, 4);
    put_at(&c->b, 48, used, 4);
    put_at(&c->b, 52, crc32_add(0, (str){c->b.ptr + CHUNK_HEAD, used - CHUNK_HEAD}), 4);
    put_at(&c->b, 124, crc32_add(crc32_add(0, (str){c->b.ptr, 120}), (str){c->b.ptr + 128, CHUNK_HEAD - 128}), 4);
    fwrite(c->b.ptr, 1, CHUNK, to);
}

static void file_head(FILE *to, uint64_t chunks, uint64_t next_record) {
    struct buf b = {0};

    memset(must(buf_reserve(&b, 4096)), 0, 4096);
    b.len = 4096;
    memcpy(b.ptr, "ElfFile", 8);
    put_at(&b, 16, chunks - 1, 8);
    put_at(&b, 24, next_record, 8);
    put_at(&b, 32, 128, 4);
    put_at(&b, 36, 1, 2);
    put_at(&b, 38, 3, 2);
    put_at(&b, 40, 4096, 2);
    put_at(&b, 42, chunks, 2);
    put_at(&b, 124, crc32_add(0, (str){b.ptr, 120}), 4);
    rewind(to);
    fwrite(b.ptr, 1, 4096, to);
    buf_free(&b);
}

int main(int argc, char **argv) {
    struct events all = {.sink = {.fields = fields_new(), .wants = everything, .record = take, .damage = no_damage},
                         .a = arena_new((size_t)8 << 30)};
    struct draw draw = {.state = 88172645463325252u};
    struct buf line = {0}, fresh = {0}, values = {0}, sizes = {0};
    struct chunk chunk = {0};
    struct channel of;
    uint64_t number = 0, bytes = 0, chunks = 1, most;
    FILE *to;

    if (argc < 6 || !all.a || !all.sink.fields)
        return 2;
    bool const evtx = strcmp(argv[1], "evtx") == 0;

    all.process_only = strncmp(argv[2], "process", 7) == 0;
    draw.distinct = strstr(argv[2], "distinct") != NULL;
    for (int i = 5; i < argc; i++)
        read_all(&all, argv[i]);
    if (!all.count || !str_u64(str_of(argv[4]), 100000, &most) || !(to = fopen(argv[3], "we"))) {
        fprintf(stderr, "make_logs: no events, or no file to write\n");
        return 1;
    }
    most <<= 20;
    qsort(all.items, all.count, sizeof *all.items, by_channel);
    of = evtx ? channel_of(&all, next(&draw) % all.count) : (struct channel){0, all.count};
    if (evtx) {
        file_head(to, 1, 1);
        chunk_begin(&chunk);
        bytes = 4096;
    }
    while (bytes < most) {
        const struct event *const e = &all.items[of.from + next(&draw) % of.count];

        number++;
        if (!evtx) {
            line.len = 0;
            put_json(&line, e, &draw, &fresh, number);
            fwrite(line.ptr, 1, line.len, to);
            bytes += line.len;
        } else if (e->when == INSTANT_NONE) {
            number--;
            of = channel_of(&all, next(&draw) % all.count);
        } else if (!put_record(&chunk, e, &draw, &fresh, &values, &sizes, number)) {
            if (chunk.first) {
                chunk_end(&chunk, to);
                chunk_begin(&chunk);
                of = channel_of(&all, next(&draw) % all.count);
                bytes += CHUNK;
                chunks++;
                number--;
            } else {
                number--; /* larger than a chunk */
            }
        }
    }
    if (evtx) {
        chunk_end(&chunk, to);
        file_head(to, chunks, number + 1);
    }
    printf("%" PRIu64 " events\n", number);
    return fclose(to) == 0 ? 0 : 1;
}
