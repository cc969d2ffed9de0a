/* suggest: takes the sample and puts the draft together.
 *
 * What is known of a record is its fields and the first value of each, as numbers of texts that are kept once. Records of
 * fields become kinds in suggest_sort.c, lines of text formats and kinds in suggest_program.c. In the end the draft is
 * loaded as a user would load it: one that does not load is not given. */
#include "base/hash.h"
#include "base/utf.h"
#include "event/format.h"
#include "event/suggest_own.h"

#define CELLS_MAX (1u << 20)
#define TEXTS_MAX (1u << 17)
#define VALUE_BYTES 512u    /* of a value are looked at */
#define MESSAGE_BYTES 1024u /* of a message */
#define KNOWN_SHOWN 6u
#define DRAFT_BYTES_MAX ((size_t)8 << 20)
#define ELSEWHERE_BYTES_MAX ((size_t)1 << 20)

/* Texts by number */

bool pool_open(struct pool *p, size_t bytes_max) {
    *p = (struct pool){.text = arena_new(bytes_max), .seed = hash_seed()};
    return p->text != NULL;
}

void pool_close(struct pool *p) {
    arena_free(p->text);
    free(p->items);
    free(p->slots);
    *p = (struct pool){0};
}

static bool pool_grow(struct pool *p) {
    uint32_t const room = p->room ? 2 * p->room : 1024, mask = 2 * room - 1;
    str *const items = reallocarray(p->items, room, sizeof *items);
    uint32_t *slots;

    if (!items)
        return false;
    p->items = items;
    if (!(slots = calloc(mask + (size_t)1, sizeof *slots)))
        return false;
    for (uint32_t i = 0; i < p->count; i++) {
        uint64_t at = hash_bytes(items[i], p->seed);

        while (slots[at & mask])
            at++;
        slots[at & mask] = i + 1;
    }
    free(p->slots);
    p->slots = slots;
    p->mask = mask;
    p->room = room;
    return true;
}

bool pool_has(const struct pool *p, str s) {
    for (uint64_t at = hash_bytes(s, p->seed); p->room && p->slots[at & p->mask]; at++)
        if (str_eq(p->items[p->slots[at & p->mask] - 1], s))
            return true;
    return false;
}

uint32_t pool_add(struct pool *p, str s) {
    uint64_t at = hash_bytes(s, p->seed);

    if (p->count == p->room && !pool_grow(p)) {
        p->full = true;
        return POOL_NONE;
    }
    for (; p->slots[at & p->mask]; at++)
        if (str_eq(p->items[p->slots[at & p->mask] - 1], s))
            return p->slots[at & p->mask] - 1;
    if (!arena_copy(p->text, s, &p->items[p->count])) {
        p->full = true;
        return POOL_NONE;
    }
    p->slots[at & p->mask] = ++p->count;
    return p->count - 1;
}

/* The sample */

bool suggest_name_good(str name) {
    if (name.len == 0 || name.len > 100 || name.ptr[0] == '/' || name.ptr[name.len - 1] == '/' ||
        str_find(name, S("//")) != SIZE_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char const c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("/-_.", c)) || !c)
            return false;
    }
    return true;
}

struct suggest *suggest_new(str name, const struct kinds *kinds) {
    struct suggest *const s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->name = name;
    s->kinds = kinds;
    s->arena = arena_new(DRAFT_BYTES_MAX);
    if (s->arena && pool_open(&s->pool, SUGGEST_BYTES_MAX) && pool_open(&s->elsewhere, ELSEWHERE_BYTES_MAX))
        return s;
    suggest_free(s);
    return NULL;
}

void suggest_free(struct suggest *s) {
    if (!s)
        return;
    pool_close(&s->pool);
    pool_close(&s->elsewhere);
    arena_free(s->arena);
    free(s->cells);
    free(s->rows);
    free(s->known);
    free(s->names);
    free(s->counts);
    free(s);
}

uint32_t suggest_records(const struct suggest *s) {
    return s->records;
}

/* Room for one more of an array; NULL: no memory. */
void *suggest_grown(void *list, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return list;
    uint32_t const bigger = *room ? 2 * *room : 256;
    void *const to = reallocarray(list, bigger, size);

    if (to)
        *room = bigger;
    return to;
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for a draft");
}

static bool known_take(struct suggest *s, const struct normal_event *event, struct err *e) {
    uint32_t const id = pool_add(&s->pool, event->kind);
    struct known *list;

    for (size_t i = 0; i < event->field_count && !s->elsewhere.full; i++)
        (void)pool_add(&s->elsewhere, event->fields[i].name);
    if (id == POOL_NONE) {
        s->full = true;
        return true;
    }
    for (uint32_t i = 0; i < s->known_count; i++)
        if (s->known[i].kind == id) {
            s->known[i].records++;
            return true;
        }
    if (!(list = suggest_grown(s->known, s->known_count, &s->known_room, sizeof *list)))
        return no_memory(e);
    s->known = list;
    list[s->known_count++] = (struct known){id, 1};
    return true;
}

static const struct normal_field *field_of(const struct normal_event *event, str name) {
    for (size_t i = 0; i < event->field_count; i++)
        if (str_eq(event->fields[i].name, name))
            return &event->fields[i];
    return NULL;
}

/* Fields that the reader of lines gives beside the message. */
static bool of_the_head(str name) {
    static const str names[] = {STR("message"),  STR("timestamp"), STR("host"),    STR("program"),  STR("module"),
                                STR("pid"),      STR("msgid"),     STR("label"),   STR("severity"), STR("facility"),
                                STR("received"), STR("collector"), STR("repeated")};

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(names[i], name))
            return true;
    return str_starts(name, S("sd."));
}

/* A line of text whose message is to be read; one that holds JSON has fields already. */
static bool is_line(const struct normal_event *event) {
    bool message = false;

    if (!str_eq(event->reader, S("text")))
        return false;
    for (size_t i = 0; i < event->field_count; i++) {
        if (!of_the_head(event->fields[i].name))
            return false;
        message |= str_eq(event->fields[i].name, S("message"));
    }
    return message;
}

static bool reader_of(struct suggest *s, str reader, uint8_t *out) {
    uint32_t const id = pool_add(&s->pool, reader);

    for (uint32_t i = 0; i < s->reader_count; i++)
        if (s->readers[i] == id) {
            *out = (uint8_t)i;
            return true;
        }
    if (id == POOL_NONE || s->reader_count == READERS_MAX)
        return false;
    s->readers[s->reader_count] = id;
    *out = (uint8_t)s->reader_count++;
    return true;
}

/* The fields of the record as cells. False: no memory; *room: it did not fit into what may be remembered. */
static bool cells_take(struct suggest *s, const struct normal_event *event, struct row *row, bool *room) {
    *room = false;
    for (size_t i = 0; i < event->field_count; i++) {
        const struct normal_field *const f = &event->fields[i];
        bool const message = row->type == ROW_LINE && str_eq(f->name, S("message"));
        str text = f->count && !f->values[0].null ? f->values[0].text : S("");

        if (message) {
            text = str_trim(text);
            row->cut |= text.len > MESSAGE_BYTES;
        }
        text = utf8_first(text, message ? MESSAGE_BYTES : VALUE_BYTES);
        uint32_t const name = pool_add(&s->pool, f->name), value = pool_add(&s->pool, text);
        struct cell *list;

        if (name == POOL_NONE || value == POOL_NONE || s->pool.count > TEXTS_MAX || s->cell_count == CELLS_MAX)
            return true;
        if (!(list = suggest_grown(s->cells, s->cell_count, &s->cell_room, sizeof *list)))
            return false;
        s->cells = list;
        list[s->cell_count++] = (struct cell){name, value};
        row->count++;
    }
    *room = true;
    return true;
}

bool suggest_take(struct suggest *s, const struct normal_event *event, bool *full, struct err *e) {
    bool const told = field_of(event, S("format")) != NULL;
    struct row row = {.first = s->cell_count,
                      .type = is_line(event) ? ROW_LINE : ROW_FIELDS,
                      .timed = event->when != INSTANT_NONE && !event->kind.len};
    bool room = true, ok = true;
    struct row *list;

    *full = s->full;
    if (s->full)
        return true;
    /* What this kind says of a line is its head; the message is nobody's yet. */
    bool const head_only = str_eq(event->kind, SYSLOG_KIND) && !told && field_of(event, S("message"));

    if (event->kind.len && !head_only) {
        ok = known_take(s, event, e);
    } else {
        if (!(list = suggest_grown(s->rows, s->row_count, &s->row_room, sizeof *list)))
            return no_memory(e);
        s->rows = list;
        room = reader_of(s, event->reader, &row.reader);
        if (room && !cells_take(s, event, &row, &room))
            return no_memory(e);
        if (!room) {
            s->cell_count = row.first;
            s->full = true;
        } else {
            list[s->row_count++] = row;
            s->headed += head_only;
        }
    }
    s->records += ok && !s->full;
    s->full |= s->records == SUGGEST_RECORDS_MAX;
    *full = s->full;
    return ok;
}

/* Names */

bool suggest_is_kind(const struct suggest *s, str name) {
    for (size_t i = 0; i < kinds_count(s->kinds); i++)
        if (str_eq(kinds_at(s->kinds, i)->name, name))
            return true;
    return false;
}

static bool is_taken(const struct suggest *s, str name) {
    if (suggest_is_kind(s, name))
        return true;
    for (size_t i = 0; i < formats_count(kinds_formats(s->kinds)); i++)
        if (str_eq(formats_at(kinds_formats(s->kinds), i)->name, name))
            return true;
    for (uint32_t i = 0; i < s->name_count; i++)
        if (str_eq(s->names[i], name))
            return true;
    return false;
}

str suggest_kept(struct suggest *s, str text) {
    str copy = S("");

    s->failed |= !arena_copy(s->arena, text, &copy);
    return copy;
}

/* base, and the part behind it if there is one; a number behind that where the name is taken. */
str suggest_name(struct suggest *s, str base, str behind) {
    struct buf b = {0};
    str *list;
    str name;
    size_t stem;

    buf_add(&b, base);
    if (behind.len) {
        buf_byte(&b, '/');
        name_part(&b, behind);
    }
    stem = b.len;
    for (unsigned i = 2; !b.failed && is_taken(s, buf_str(&b)); i++) {
        b.len = stem;
        buf_format(&b, "-%u", i);
    }
    name = suggest_kept(s, buf_str(&b));
    s->failed |= b.failed;
    buf_free(&b);
    if (!(list = suggest_grown(s->names, s->name_count, &s->name_room, sizeof *list))) {
        s->failed = true;
        return name;
    }
    s->names = list;
    list[s->name_count++] = name;
    return name;
}

/* The log source of the name: its first part, and the rest. */
void suggest_source(struct suggest *s, str name, str *product, str *service) {
    size_t const slash = str_find_byte(name, '/');
    char *rest;

    *product = str_first(name, slash);
    *service = S("");
    if (slash == SIZE_MAX)
        return;
    if (!(rest = arena_bytes(s->arena, name.len))) {
        s->failed = true;
        return;
    }
    for (size_t i = slash + 1; i < name.len; i++)
        rest[i - slash - 1] = name.ptr[i] == '/' ? '_' : name.ptr[i];
    *service = (str){rest, name.len - slash - 1};
}

void suggest_document(struct suggest *s) {
    if (s->sorts++)
        buf_add(s->out, S("---\n"));
}

/* All of it */

static int by_records(const void *a, const void *b, void *ctx) {
    const struct known *const x = a, *const y = b;
    const struct suggest *const s = ctx;

    return x->records != y->records ? (x->records > y->records ? -1 : 1)
                                    : str_cmp(pool_text(&s->pool, x->kind), pool_text(&s->pool, y->kind));
}

static const char *plural(uint32_t n) {
    return n == 1 ? "" : "s";
}

static void head_write(struct suggest *s, struct buf *out) {
    uint32_t known = 0;

    for (uint32_t i = 0; i < s->known_count; i++)
        known += s->known[i].records;
    if (s->known_count)
        qsort_r(s->known, s->known_count, sizeof *s->known, by_records, s);
    buf_format(
        out,
        "# A draft, made of %u record%s by `longwatch kinds suggest`. All of it is guessed: read it, mend it, keep it "
        "in a\n"
        "# folder, and look at what it does: longwatch events FILE --kinds FOLDER. docs/kinds.md explains every key.\n",
        s->records, plural(s->records));
    if (s->full)
        buf_add(out, S("# The sample is longer: what comes behind these records was not looked at.\n"));
    if (known) {
        buf_format(out, "# %u record%s of a kind already, and not drafted:", known, known == 1 ? " is" : "s are");
        for (uint32_t i = 0; i < s->known_count && i < KNOWN_SHOWN; i++) {
            buf_add(out, i ? S(", ") : S(" "));
            comment_put(out, pool_text(&s->pool, s->known[i].kind), 100);
            buf_format(out, " (%u)", s->known[i].records);
        }
        if (s->known_count > KNOWN_SHOWN)
            buf_format(out, " and %u kinds more", s->known_count - KNOWN_SHOWN);
        buf_byte(out, '\n');
    }
    if (s->headed)
        buf_format(out, "# Of %u line%s no more than the head was known (unix/syslog): the messages are drafted.\n",
                   s->headed, plural(s->headed));
    if (s->left_out)
        buf_format(out, "# %u record%s of no kind below: they have nothing that they could be told by.\n", s->left_out,
                   s->left_out == 1 ? " is" : "s are");
    if (s->sorts == 0)
        buf_add(out, S("# There is nothing left to be drafted.\n"));
}

/* As a user will load it. */
static bool loads(str draft, struct err *e) {
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    bool const ok = fields ? kinds_new(&kinds, fields, e) && kinds_load_builtin(kinds, e) &&
                                 kinds_load_text(kinds, S("draft"), draft, false, e) && kinds_seal(kinds, e)
                           : no_memory(e);

    if (!ok && e->code == ERR_USAGE)
        e->code = ERR_LIMIT;
    kinds_free(kinds);
    fields_free(fields);
    return ok || err_wrap(e, "no draft can be made of this sample");
}

bool suggest_write(struct suggest *s, struct buf *out, struct err *e) {
    struct buf body = {0}, whole = {0};
    bool ok;

    s->out = &body;
    ok = (suggest_fields(s) && suggest_lines(s) && !s->failed) || no_memory(e);
    if (ok) {
        head_write(s, &whole);
        buf_add(&whole, buf_str(&body));
        ok = (!whole.failed && !body.failed) || no_memory(e);
    }
    ok = ok && loads(buf_str(&whole), e);
    if (ok) {
        buf_add(out, buf_str(&whole));
        ok = !out->failed || no_memory(e);
    }
    s->out = NULL;
    buf_free(&body);
    buf_free(&whole);
    return ok;
}
