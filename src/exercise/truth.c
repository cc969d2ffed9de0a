/* truth: events, doors and reach of each intrusion, kept until the exercise is written. */
#include <assert.h>
#include <stdarg.h>

#include "base/arena.h"
#include "base/instant.h"
#include "exercise/truth.h"

#define WHAT_MAX 200
#define TEXT_BYTES ((size_t)256 << 20)

struct event {
    uint32_t intrusion;
    enum truth_part part;
    const char *technique, *tactic;
    str what, path, source;
    int64_t when;
    uint64_t record, offset;
};

/* A list that grows: values, or values with a number. */
struct entry {
    str name;
    uint64_t count;
    int64_t when;
};
struct entries {
    struct entry *items;
    size_t count, room;
};

/* What somebody did who knew of no intruder. */
struct everyday {
    const char *kind, *how;
    str identity;
    int64_t when;
};

struct intrusion {
    const char *shape, *title, *began;
    struct entries sets[TRUTH_SETS], read, objects, left, persons;
    uint64_t calls;
    struct truth_door *doors;
    uint32_t door_count, door_room;
};

struct truth {
    struct arena *text;
    struct intrusion *intrusions;
    uint32_t intrusion_count, intrusion_room;
    struct event *events; /* the first is none */
    uint32_t event_count, event_room, noted;
    struct everyday *everyday;
    uint32_t everyday_count, everyday_room;
    bool failed;
};

/* Room for one more. */
static bool grow(void **items, uint32_t count, uint32_t *room, size_t size) {
    uint32_t const more = *room ? *room * 2 : 16;
    void *bigger;

    if (count < *room)
        return true;
    if (!(bigger = realloc(*items, more * size)))
        return false;
    *items = bigger;
    *room = more;
    return true;
}

bool truth_new(struct truth **out, struct err *e) {
    struct truth *const t = calloc(1, sizeof *t);

    if (!t || !(t->text = arena_new(TEXT_BYTES)) || !grow((void **)&t->events, 0, &t->event_room, sizeof *t->events)) {
        truth_free(t);
        return err_set(e, ERR_MEMORY, 0, "no memory");
    }
    t->event_count = 1;
    *out = t;
    return true;
}

void truth_free(struct truth *t) {
    if (!t)
        return;
    for (uint32_t i = 0; i < t->intrusion_count; i++) {
        struct intrusion *const n = &t->intrusions[i];

        for (unsigned s = 0; s < TRUTH_SETS; s++)
            free(n->sets[s].items);
        free(n->read.items);
        free(n->objects.items);
        free(n->left.items);
        free(n->persons.items);
        free(n->doors);
    }
    free(t->intrusions);
    free(t->everyday);
    free(t->events);
    arena_free(t->text);
    free(t);
}

bool truth_failed(const struct truth *t) {
    return t->failed;
}

static str keep(struct truth *t, str s) {
    str kept = {"", 0};

    t->failed |= !arena_copy(t->text, s, &kept);
    return kept;
}

uint32_t truth_intrusion(struct truth *t, const char *shape, const char *title, const char *began) {
    if (!grow((void **)&t->intrusions, t->intrusion_count, &t->intrusion_room, sizeof *t->intrusions)) {
        t->failed = true;
        return TRUTH_HARMLESS;
    }
    t->intrusions[t->intrusion_count] = (struct intrusion){.shape = shape, .title = title, .began = began};
    return t->intrusion_count++;
}

void truth_note(struct truth *t, uint32_t intrusion, enum truth_part part, const char *technique, const char *tactic,
                const char *fmt, ...) {
    char what[WHAT_MAX];
    va_list args;

    assert(!t->noted);
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    if (!grow((void **)&t->events, t->event_count, &t->event_room, sizeof *t->events)) {
        t->failed = true;
        return;
    }
    t->events[t->event_count] = (struct event){.intrusion = intrusion,
                                               .part = part,
                                               .technique = technique,
                                               .tactic = tactic,
                                               .what = keep(t, str_of(what)),
                                               .path = STR(""),
                                               .source = STR(""),
                                               .when = INSTANT_NONE};
    t->noted = t->event_count++;
}

uint32_t truth_take(struct truth *t) {
    uint32_t const noted = t->noted;

    t->noted = 0;
    return noted;
}

void truth_placed(struct truth *t, uint32_t event, int64_t when, str path, uint64_t record, uint64_t offset,
                  str source) {
    struct event *const v = &t->events[event];

    assert(event && event < t->event_count && !v->record);
    v->when = when;
    v->path = keep(t, path);
    v->record = record;
    v->offset = offset;
    v->source = source;
}

/* The entry of that name, made if it is not there; NULL: no memory. */
static struct entry *entry(struct truth *t, struct entries *list, str name, bool anew) {
    for (size_t i = 0; !anew && i < list->count; i++)
        if (str_eq(list->items[i].name, name))
            return &list->items[i];
    if (list->count == list->room) {
        size_t const room = list->room ? list->room * 2 : 8;
        struct entry *const bigger = realloc(list->items, room * sizeof *bigger);

        if (!bigger) {
            t->failed = true;
            return NULL;
        }
        list->items = bigger;
        list->room = room;
    }
    list->items[list->count] = (struct entry){keep(t, name), 0, INSTANT_NONE};
    return &list->items[list->count++];
}

static struct intrusion *of(struct truth *t, uint32_t intrusion) {
    return intrusion < t->intrusion_count ? &t->intrusions[intrusion] : NULL;
}

void truth_put(struct truth *t, uint32_t intrusion, enum truth_set set, str value) {
    struct intrusion *const n = of(t, intrusion);

    if (n)
        (void)entry(t, &n->sets[set], value, false);
}

void truth_read(struct truth *t, uint32_t intrusion, str mailbox, uint64_t messages) {
    struct intrusion *const n = of(t, intrusion);
    struct entry *const v = n ? entry(t, &n->read, mailbox, false) : NULL;

    if (v)
        v->count += messages;
}

void truth_object(struct truth *t, uint32_t intrusion, str object, uint64_t records) {
    struct intrusion *const n = of(t, intrusion);
    struct entry *const v = n ? entry(t, &n->objects, object, false) : NULL;

    if (v)
        v->count = records;
}

void truth_left(struct truth *t, uint32_t intrusion, int64_t when, str to, uint64_t bytes) {
    struct intrusion *const n = of(t, intrusion);
    struct entry *const v = n ? entry(t, &n->left, to, true) : NULL;

    if (v) {
        v->count = bytes;
        v->when = when;
    }
}

void truth_calls(struct truth *t, uint32_t intrusion, uint64_t calls) {
    struct intrusion *const n = of(t, intrusion);

    if (n)
        n->calls += calls;
}

void truth_person(struct truth *t, uint32_t intrusion, str person) {
    struct intrusion *const n = of(t, intrusion);

    if (n)
        (void)entry(t, &n->persons, person, true);
}

uint32_t truth_door(struct truth *t, uint32_t intrusion, const char *kind, str identity, int64_t opened) {
    struct intrusion *const n = of(t, intrusion);
    struct truth_door *d;

    if (!n || !grow((void **)&n->doors, n->door_count, &n->door_room, sizeof *n->doors)) {
        t->failed = true;
        return 0;
    }
    d = &n->doors[n->door_count];
    *d = (struct truth_door){.kind = kind, .opened = opened, .used = opened, .closed = INSTANT_NONE, .how = ""};
    snprintf(d->identity, sizeof d->identity, "%.*s", STR_ARG(identity));
    return n->door_count++;
}

static struct truth_door *door_of(struct truth *t, uint32_t intrusion, uint32_t door) {
    struct intrusion *const n = of(t, intrusion);

    return n && door < n->door_count ? &n->doors[door] : NULL;
}

void truth_door_used(struct truth *t, uint32_t intrusion, uint32_t door, int64_t when) {
    struct truth_door *const d = door_of(t, intrusion, door);

    if (d && (d->opened == INSTANT_NONE || when < d->opened))
        d->opened = when;
    if (d && when > d->used) /* INSTANT_NONE is before all */
        d->used = when;
}

void truth_door_closed(struct truth *t, uint32_t intrusion, uint32_t door, int64_t when, const char *how) {
    struct truth_door *const d = door_of(t, intrusion, door);

    if (d) {
        d->closed = when;
        d->how = how;
    }
}

void truth_door_everyday(struct truth *t, const char *kind, str identity, int64_t when, const char *how) {
    if (!grow((void **)&t->everyday, t->everyday_count, &t->everyday_room, sizeof *t->everyday)) {
        t->failed = true;
        return;
    }
    t->everyday[t->everyday_count++] =
        (struct everyday){.kind = kind, .how = how, .identity = keep(t, identity), .when = when};
}

/* The door as it is in the end. */
static struct truth_door door_at_last(const struct truth *t, const struct truth_door *door) {
    struct truth_door d = *door;

    for (uint32_t i = 0; i < t->everyday_count; i++) {
        const struct everyday *const v = &t->everyday[i];

        if (v->when > d.used && (d.closed == INSTANT_NONE || v->when < d.closed) && strcmp(v->kind, d.kind) == 0 &&
            str_eq(v->identity, str_of(d.identity))) {
            d.closed = v->when;
            d.how = v->how;
        }
    }
    return d;
}

uint32_t truth_count(const struct truth *t) {
    return t->intrusion_count;
}

uint64_t truth_events(const struct truth *t, uint32_t intrusion, enum truth_part part) {
    uint64_t count = 0;

    for (uint32_t i = 1; i < t->event_count; i++)
        count += t->events[i].record && t->events[i].intrusion == intrusion && t->events[i].part == part;
    return count;
}

const char *truth_title(const struct truth *t, uint32_t intrusion) {
    return t->intrusions[intrusion].title;
}

/* ---- JSON ---- */

static void text(struct buf *b, const char *name, str value) {
    buf_format(b, "\"%s\":", name);
    buf_json(b, value);
}

static void moment(struct buf *b, const char *name, int64_t when) {
    char room[INSTANT_TEXT];

    if (when == INSTANT_NONE)
        buf_format(b, "\"%s\":null", name);
    else
        text(b, name, instant_format(when, room));
}

static void events_json(const struct truth *t, struct buf *b, const char *name, uint32_t intrusion,
                        enum truth_part part) {
    bool any = false;

    buf_format(b, "\"%s\":[", name);
    for (uint32_t i = 1; i < t->event_count; i++) {
        const struct event *const v = &t->events[i];

        if (!v->record || v->intrusion != intrusion || v->part != part)
            continue;
        buf_add(b, any ? S(",\n   {") : S("\n   {"));
        any = true;
        moment(b, "time", v->when);
        buf_byte(b, ',');
        text(b, "source", v->source);
        buf_byte(b, ',');
        text(b, "file", v->path);
        buf_format(b, ",\"record\":%llu,\"offset\":%llu,", (unsigned long long)v->record,
                   (unsigned long long)v->offset);
        if (*v->technique) {
            text(b, "technique", str_of(v->technique));
            buf_byte(b, ',');
        }
        if (*v->tactic) {
            text(b, "tactic", str_of(v->tactic));
            buf_byte(b, ',');
        }
        text(b, "what", v->what);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
}

static void entries_json(struct buf *b, const char *name, const struct entries *list, const char *first,
                         const char *number, bool when) {
    buf_format(b, "\"%s\":[", name);
    for (size_t i = 0; i < list->count; i++) {
        buf_add(b, i ? S(",") : S(""));
        if (!number) {
            buf_json(b, list->items[i].name);
            continue;
        }
        buf_byte(b, '{');
        text(b, first, list->items[i].name);
        buf_format(b, ",\"%s\":%llu", number, (unsigned long long)list->items[i].count);
        if (when) {
            buf_byte(b, ',');
            moment(b, "time", list->items[i].when);
        }
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
}

static void doors_json(const struct truth *t, struct buf *b, const struct intrusion *n) {
    buf_add(b, S("\"doors\":["));
    for (uint32_t i = 0; i < n->door_count; i++) {
        struct truth_door const at_last = door_at_last(t, &n->doors[i]), *const d = &at_last;

        buf_add(b, i ? S(",\n   {") : S("\n   {"));
        text(b, "kind", str_of(d->kind));
        buf_byte(b, ',');
        text(b, "identity", str_of(d->identity));
        buf_byte(b, ',');
        moment(b, "opened", d->opened);
        buf_byte(b, ',');
        moment(b, "last_used", d->used);
        buf_byte(b, ',');
        moment(b, "closed", d->closed);
        buf_format(b, ",\"state\":\"%s\"", d->closed == INSTANT_NONE ? "open" : "closed");
        if (*d->how) {
            buf_byte(b, ',');
            text(b, "how", str_of(d->how));
        }
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
}

static void intrusion_json(const struct truth *t, struct buf *b, uint32_t i) {
    static const char *const names[TRUTH_SETS] = {"accounts", "hosts", "addresses", "programs", "domains", "sessions"};
    const struct intrusion *const n = &t->intrusions[i];
    int64_t first = INSTANT_NONE, last = INSTANT_NONE;
    uint64_t records = 0;

    for (uint32_t k = 1; k < t->event_count; k++) {
        const struct event *const v = &t->events[k];

        if (!v->record || v->intrusion != i || v->part != TRUTH_ACT)
            continue;
        first = first == INSTANT_NONE || v->when < first ? v->when : first;
        last = last == INSTANT_NONE || v->when > last ? v->when : last;
    }
    for (size_t k = 0; k < n->objects.count; k++)
        records += n->objects.items[k].count;
    buf_format(b, "%s\n  {\"id\":%u,", i ? "," : "", i + 1);
    text(b, "shape", str_of(n->shape));
    buf_byte(b, ',');
    text(b, "title", str_of(n->title));
    buf_byte(b, ',');
    moment(b, "first", first);
    buf_byte(b, ',');
    moment(b, "last", last);
    buf_add(b, S(",\n  \"began\":"));
    if (n->began)
        buf_json(b, str_of(n->began));
    else
        buf_add(b, S("null"));
    for (unsigned s = 0; s < TRUTH_SETS; s++) {
        buf_add(b, S(",\n  "));
        entries_json(b, names[s], &n->sets[s], NULL, NULL, false);
    }
    buf_add(b, S(",\n  "));
    entries_json(b, "mailboxes", &n->read, "mailbox", "messages", false);
    buf_add(b, S(",\n  "));
    entries_json(b, "objects", &n->objects, "object", "records", false);
    buf_add(b, S(",\n  "));
    entries_json(b, "left", &n->left, "to", "bytes", true);
    buf_format(b, ",\n  \"register_records\":%llu,\"calls\":%llu,", (unsigned long long)records,
               (unsigned long long)n->calls);
    entries_json(b, "call_persons", &n->persons, NULL, NULL, false);
    buf_add(b, S(",\n  "));
    doors_json(t, b, n);
    buf_add(b, S(",\n  "));
    events_json(t, b, "events", i, TRUTH_ACT);
    buf_add(b, S(",\n  "));
    events_json(t, b, "symptoms", i, TRUTH_SYMPTOM);
    buf_add(b, S(",\n  "));
    events_json(t, b, "responses", i, TRUTH_RESPONSE);
    buf_byte(b, '}');
}

void truth_json(const struct truth *t, struct buf *b) {
    buf_add(b, S("\"intrusions\":["));
    for (uint32_t i = 0; i < t->intrusion_count; i++)
        intrusion_json(t, b, i);
    buf_add(b, S("],\n "));
    events_json(t, b, "harmless", TRUTH_HARMLESS, TRUTH_ACT);
}
