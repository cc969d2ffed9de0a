/* evtx_expect: what an event log holds, by another way than the reader's: fields out of a record's XML. For test_evtx*.c.
 *
 * The rules of reader/evtx.h are written here once more, over XML text; the reader has them over binary XML. */
#ifndef TESTS_EVTX_EXPECT_H
#define TESTS_EVTX_EXPECT_H

#include <assert.h>

#include "base/utf.h"
#include "event/value.h"
#include "reader/evtx.h"

struct pair {
    size_t name, name_len, value, value_len; /* in seen_record.text */
    uint8_t section;
};

/* The fields of one record, in the order of the document. */
struct seen_record {
    uint64_t offset, number, size;
    int64_t when;
    bool salvaged;
    struct buf text;
    struct pair *pairs;
    size_t count, room;
};

struct seen_damage {
    uint64_t offset, size;
    const char *why;
};

/* A sink that keeps all it is given. */
struct seen_file {
    struct event_sink sink;
    struct seen_record *records;
    size_t count, room;
    struct seen_damage *damages;
    size_t damage_count, damage_room;
};

static inline str pair_name(const struct seen_record *r, size_t i) {
    return (str){r->text.ptr + r->pairs[i].name, r->pairs[i].name_len};
}

static inline str pair_value(const struct seen_record *r, size_t i) {
    return (str){r->text.ptr + r->pairs[i].value, r->pairs[i].value_len};
}

static inline void *grow(void *at, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return at;
    *room = *room ? 2 * *room : 32;
    at = realloc(at, *room * size);
    assert(at);
    return at;
}

/* The pair whose name and value are the last bytes of r->text. */
static inline void pair_add(struct seen_record *r, size_t name_len, size_t value_len, uint8_t section) {
    r->pairs = grow(r->pairs, r->count, &r->room, sizeof *r->pairs);
    r->pairs[r->count++] =
        (struct pair){r->text.len - value_len - name_len, name_len, r->text.len - value_len, value_len, section};
}

static inline void seen_record_clear(struct seen_record *r) {
    buf_free(&r->text);
    free(r->pairs);
    *r = (struct seen_record){0};
}

/* ---- what the reader says ---- */

static inline bool seen_take(struct event_sink *sink, const struct record *from, struct err *e) {
    struct seen_file *const f = (struct seen_file *)(void *)sink;
    struct seen_record *r;
    size_t repaired = 0;

    (void)e;
    f->records = grow(f->records, f->count, &f->room, sizeof *f->records);
    r = &f->records[f->count++];
    *r = (struct seen_record){.offset = from->offset,
                              .number = from->number,
                              .size = from->size,
                              .when = from->when,
                              .salvaged = from->salvaged};
    for (uint32_t i = 0; i < from->count; i++) {
        const struct raw *const v = &from->values[i];
        str const name = field_name(sink->fields, v->field);

        buf_add(&r->text, name);
        pair_add(r, name.len, value_render(v->type, (str){v->ptr, v->len}, &r->text, &repaired), 0);
        r->pairs[r->count - 1].name = r->pairs[r->count - 1].value - name.len;
    }
    return true;
}

static inline void seen_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct seen_file *const f = (struct seen_file *)(void *)sink;

    f->damages = grow(f->damages, f->damage_count, &f->damage_room, sizeof *f->damages);
    f->damages[f->damage_count++] = (struct seen_damage){offset, size, why};
}

static inline void seen_file_begin(struct seen_file *f) {
    *f = (struct seen_file){.sink = {.fields = fields_new(), .record = seen_take, .damage = seen_damage}};
    assert(f->sink.fields);
}

static inline void seen_file_end(struct seen_file *f) {
    for (size_t i = 0; i < f->count; i++)
        seen_record_clear(&f->records[i]);
    free(f->records);
    free(f->damages);
    fields_free(f->sink.fields);
}

/* ---- bytes as an input ---- */

struct bytes_input {
    struct input input;
    str bytes;
};

static inline bool bytes_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    const struct bytes_input *const b = (const struct bytes_input *)(const void *)in;

    (void)want, (void)e;
    *out = offset < b->bytes.len ? str_from(b->bytes, (size_t)offset) : (str){"", 0};
    return true;
}

static inline struct bytes_input bytes_input(str bytes) {
    return (struct bytes_input){{bytes_window, bytes.len}, bytes};
}

/* ---- XML ---- */

enum { IN_SYSTEM, IN_EVENT_DATA, IN_USER_DATA, IN_OTHER, IN_EVENT, IN_ROOT };
enum { XML_DEPTH_MAX = 1200 };

struct xml_element {
    str name;
    uint8_t section, inside;
    bool structural, has_child, is_data, named;
    struct buf text, data_name;
};

struct xml {
    const char *at, *end;
    struct seen_record *to;
    size_t depth;
    struct xml_element *stack;
};

static inline bool xml_system_has(str name) {
    static const char *const known[] = {"Provider_Name",
                                        "Provider_Guid",
                                        "Provider_EventSourceName",
                                        "EventID",
                                        "EventID_Qualifiers",
                                        "Version",
                                        "Level",
                                        "Task",
                                        "Opcode",
                                        "Keywords",
                                        "TimeCreated_SystemTime",
                                        "TimeCreated_RawTime",
                                        "EventRecordID",
                                        "Correlation_ActivityID",
                                        "Correlation_RelatedActivityID",
                                        "Execution_ProcessID",
                                        "Execution_ThreadID",
                                        "Execution_ProcessorID",
                                        "Execution_SessionID",
                                        "Execution_KernelTime",
                                        "Execution_UserTime",
                                        "Execution_ProcessorTime",
                                        "Channel",
                                        "Computer",
                                        "Security_UserID"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(name, str_of(known[i])))
            return true;
    return false;
}

static inline str xml_local(str name) {
    for (size_t i = name.len; i-- > 0;)
        if (name.ptr[i] == ':' && i + 1 < name.len)
            return str_from(name, i + 1);
    return name;
}

static inline str xml_qualifier(uint8_t section) {
    return section == IN_EVENT_DATA ? S("EventData.") : section == IN_USER_DATA ? S("UserData.") : S("Event.");
}

/* Text with its references undone, up to the byte `end`. */
static inline bool xml_text(struct xml *x, char end, struct buf *out) {
    for (; x->at < x->end && *x->at != end; x->at++) {
        const char *const semicolon = *x->at == '&' ? memchr(x->at, ';', (size_t)(x->end - x->at)) : NULL;
        static const struct {
            str text;
            char means;
        } known[] = {
            {STR("&lt"), '<'}, {STR("&gt"), '>'}, {STR("&amp"), '&'}, {STR("&quot"), '"'}, {STR("&apos"), '\''}};
        str const reference = {x->at, semicolon ? (size_t)(semicolon - x->at) : 0};
        bool done = false;
        char utf8[4];

        for (size_t i = 0; i < COUNT(known) && !done; i++)
            if (str_eq(reference, known[i].text)) {
                buf_byte(out, known[i].means);
                done = true;
            }
        if (!done && str_starts(reference, S("&#x")) && reference.len <= 9) {
            unsigned long const point = strtoul(reference.ptr + 3, NULL, 16);

            buf_add(out, (str){utf8, utf8_encode((uint32_t)point, utf8)});
            done = true;
        }
        if (done)
            x->at = semicolon;
        else
            buf_byte(out, *x->at);
    }
    return x->at < x->end;
}

static inline void xml_pair(struct xml *x, uint8_t section, str element, str attribute, str value) {
    struct seen_record *const r = x->to;
    size_t const from = r->text.len;
    size_t name_len;

    buf_add(&r->text, element);
    if (attribute.len) {
        buf_byte(&r->text, '_');
        buf_add(&r->text, attribute);
    }
    name_len = r->text.len - from;
    if (section != IN_SYSTEM && xml_system_has((str){r->text.ptr + from, name_len})) {
        struct buf name = {0};

        buf_add(&name, xml_qualifier(section));
        buf_add(&name, (str){r->text.ptr + from, name_len});
        r->text.len = from;
        buf_add(&r->text, buf_str(&name));
        name_len = name.len;
        buf_free(&name);
    }
    buf_add(&r->text, value);
    pair_add(r, name_len, value.len, section);
}

static inline void xml_open(struct xml *x, str name) {
    struct xml_element *const own = &x->stack[x->depth];
    uint8_t const around = x->depth ? own[-1].inside : IN_ROOT;
    str const local = xml_local(name);

    assert(x->depth < XML_DEPTH_MAX);
    if (x->depth)
        own[-1].has_child = true;
    *own = (struct xml_element){.name = local, .section = around, .structural = true};
    if (around == IN_ROOT && str_eq(local, S("Event")))
        own->inside = IN_EVENT;
    else if (around == IN_EVENT && str_eq(local, S("System")))
        own->inside = IN_SYSTEM;
    else if (around == IN_EVENT && str_eq(local, S("EventData")))
        own->inside = IN_EVENT_DATA;
    else if (around == IN_EVENT && str_eq(local, S("UserData")))
        own->inside = IN_USER_DATA;
    else {
        own->structural = false;
        own->inside = around == IN_EVENT || around == IN_ROOT ? IN_OTHER : around;
    }
    if (around == IN_EVENT || around == IN_ROOT)
        own->section = own->inside;
    own->is_data = (own->section == IN_EVENT_DATA || own->section == IN_USER_DATA) && !own->structural &&
                   (str_eq(name, S("Data")) || str_eq(name, S("ComplexData")));
    x->depth++;
}

static inline bool xml_close(struct xml *x) {
    static const char *const attributes_only[] = {"Provider", "TimeCreated", "Correlation", "Execution", "Security"};
    struct xml_element *own;
    bool shown = true;

    if (x->depth == 0)
        return false;
    own = &x->stack[--x->depth];
    if (own->structural || own->has_child)
        shown = str_trim(buf_str(&own->text)).len > 0;
    else
        for (size_t i = 0; i < COUNT(attributes_only); i++)
            if (own->section == IN_SYSTEM && own->text.len == 0 && str_eq(own->name, str_of(attributes_only[i])))
                shown = false;
    if (shown) {
        str const name = own->has_child || !own->is_data    ? own->name
                         : own->named && own->data_name.len ? buf_str(&own->data_name)
                                                            : S("Data");

        xml_pair(x, own->has_child ? own->inside : own->section, name, S(""), buf_str(&own->text));
    }
    buf_free(&own->text);
    buf_free(&own->data_name);
    return true;
}

static inline bool xml_tag(struct xml *x) {
    struct xml_element *own;
    const char *from = x->at;

    while (x->at < x->end && !strchr(" />\t\n", *x->at))
        x->at++;
    xml_open(x, (str){from, (size_t)(x->at - from)});
    own = &x->stack[x->depth - 1];
    for (;;) {
        struct buf value = {0};
        str name;

        while (x->at < x->end && strchr(" \t\n", *x->at))
            x->at++;
        if (x->at == x->end)
            return false;
        if (*x->at == '>')
            return x->at++, true;
        if (*x->at == '/')
            return x->at += 2, x->at <= x->end && xml_close(x);
        from = x->at;
        if (!(x->at = memchr(x->at, '=', (size_t)(x->end - x->at))) || x->end - x->at < 2)
            return false;
        name = (str){from, (size_t)(x->at - from)};
        char const quote = x->at[1];

        x->at += 2;
        if (!xml_text(x, quote, &value))
            return buf_free(&value), false;
        x->at++;
        if (own->is_data && str_eq(name, S("Name"))) {
            own->named = true;
            for (size_t i = 0; i < value.len; i++)
                if (value.ptr[i] != ' ')
                    buf_byte(&own->data_name, value.ptr[i]);
        } else if (!str_eq(name, S("xmlns")) && !str_starts(name, S("xmlns:"))) {
            xml_pair(x, own->section, own->name, xml_local(name), buf_str(&value));
        }
        buf_free(&value);
    }
}

/* A field of one name in several sections: the first section keeps it. */
static inline void xml_clashes(struct seen_record *r) {
    size_t const count = r->count;
    bool *const renamed = calloc(count + 1, sizeof *renamed);

    assert(renamed);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count && !renamed[i]; j++)
            renamed[i] = r->pairs[j].section < r->pairs[i].section && str_eq(pair_name(r, i), pair_name(r, j));
    for (size_t i = 0; i < count; i++)
        if (renamed[i]) {
            struct buf name = {0};

            buf_add(&name, xml_qualifier(r->pairs[i].section));
            buf_add(&name, pair_name(r, i));
            r->pairs[i].name = r->text.len;
            r->pairs[i].name_len = name.len;
            buf_add(&r->text, buf_str(&name));
            buf_free(&name);
        }
    free(renamed);
}

/* The fields of an event's XML. False: it is not well-formed. */
static inline bool xml_fields(str text, struct seen_record *out) {
    struct xml x = {text.ptr, text.ptr + text.len, out, 0, calloc(XML_DEPTH_MAX, sizeof *x.stack)};
    bool ok = true;

    assert(x.stack);
    while (ok && x.at < x.end) {
        struct buf none = {0}, *const to = x.depth ? &x.stack[x.depth - 1].text : &none;

        (void)xml_text(&x, '<', to);
        buf_free(&none);
        if (x.at == x.end)
            break;
        x.at++;
        if (x.at < x.end && (*x.at == '?' || *x.at == '/')) {
            bool const closes = *x.at == '/';

            x.at = memchr(x.at, '>', (size_t)(x.end - x.at));
            ok = x.at && (!closes || xml_close(&x));
            x.at = ok ? x.at + 1 : x.end;
        } else {
            ok = xml_tag(&x);
        }
    }
    ok = ok && x.depth == 0;
    while (x.depth)
        (void)xml_close(&x);
    free(x.stack);
    xml_clashes(out);
    return ok;
}

#endif
