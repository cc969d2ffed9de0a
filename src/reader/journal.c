/* journal: the export format of systemd's journal: fields `NAME=text`, or NAME alone with a length of 64 bits and that many
 * bytes; an empty line ends an entry. docs/formats/journal.md says it all in prose.
 *
 * Bytes of a field may look like anything, an empty line too, so where an entry begins is known only from the one before: a
 * source is one part. */
#include "reader/journal.h"

#include <assert.h>

#include "base/cursor.h"
#include "base/utf.h"

#define WINDOW ((size_t)256 << 10)
#define ENTRY_BYTES_MAX ((size_t)16 << 20)
#define NAME_BYTES_MAX 64u /* [systemd.journal-fields(7)] */

struct field {
    str name, value;
};

struct reading {
    struct input *in;
    struct part part;
    struct event_sink *to; /* NULL: an entry is to be shown */
    struct err *e;
    struct buf *show;

    str window; /* bytes from `at` on */
    uint64_t at;
    bool last; /* of which there are no more */
    uint64_t number;
    struct field *fields; /* RECORD_VALUES_MAX */
    struct raw *values;   /* the same */
    uint32_t count;
    bool cut;
};

static bool no_memory(const struct reading *r) {
    return err_set(r->e, ERR_MEMORY, r->at, "no memory for an entry");
}

static bool is_mine(const struct reading *r) {
    return r->at >= r->part.from && r->at < r->part.to;
}

/* Of an entry that begins at `at`. */
static void damage(const struct reading *r, uint64_t offset, uint64_t size, const char *why) {
    if (r->to && is_mine(r))
        r->to->damage(r->to, offset, size, why);
}

/* A larger window, of which at least `want` bytes are there unless the source ends before. */
static bool look(struct reading *r, size_t want) {
    if (!r->in->window(r->in, r->at, want, &r->window, r->e))
        return false;
    r->last = r->window.len < want;
    return true;
}

static void step(struct reading *r, size_t n) {
    r->at += n;
    r->window = str_from(r->window, n);
}

/* ------------------------------------------------------------------ one entry */

enum got {
    GOT_ENTRY,    /* *size: its bytes, without the empty line */
    GOT_MORE,     /* it goes on behind the window */
    GOT_CUT_OFF,  /* the source ends in a field of bytes; the fields before are whole, *size bytes of them */
    GOT_NONSENSE, /* no field where one must be */
};

static bool is_name(str s) {
    if (s.len == 0 || s.len > NAME_BYTES_MAX || (s.ptr[0] >= '0' && s.ptr[0] <= '9'))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '_'))
            return false;
    return true;
}

static void field_add(struct reading *r, str name, str value) {
    if (r->count == RECORD_VALUES_MAX)
        r->cut = true;
    else
        r->fields[r->count++] = (struct field){name, value};
}

/* A field of bytes behind its name: a length and that many. False: the window ends before. */
static bool read_binary(struct cursor *c, str *value, bool *nonsense) {
    uint64_t len;
    uint8_t end;

    *nonsense = false;
    if (!read_u64le(c, &len))
        return false;
    if (len > ENTRY_BYTES_MAX) {
        *nonsense = true;
        return false;
    }
    if (!read_view(c, (size_t)len, value) || !read_u8(c, &end))
        return false;
    *nonsense = end != '\n';
    return !*nonsense;
}

/* The entry at the start of the window. */
static enum got entry(struct reading *r, size_t *size) {
    struct cursor c = cursor_of(r->window);

    r->count = 0;
    r->cut = false;
    for (;;) {
        str const left = {c.pos, cursor_left(&c)};
        size_t const end = str_find_byte(left, '\n');
        str line = str_first(left, end), value;
        size_t const equals = str_find_byte(line, '=');
        bool nonsense;

        *size = cursor_at(&c);
        if (end == SIZE_MAX && !r->last)
            return left.len > ENTRY_BYTES_MAX ? GOT_NONSENSE : GOT_MORE;
        if (line.len == 0)
            return GOT_ENTRY;
        if (!is_name(str_first(line, equals)))
            return GOT_NONSENSE;
        (void)cursor_skip(&c, line.len + (end != SIZE_MAX));
        if (equals != SIZE_MAX) {
            field_add(r, str_first(line, equals), str_from(line, equals + 1));
            continue;
        }
        if (end == SIZE_MAX)
            return GOT_CUT_OFF;
        if (read_binary(&c, &value, &nonsense))
            field_add(r, line, value);
        else if (nonsense)
            return GOT_NONSENSE;
        else
            return r->last ? GOT_CUT_OFF : GOT_MORE;
    }
}

static bool show_entry(const struct reading *r) {
    for (uint32_t i = 0; i < r->count; i++) {
        buf_add(r->show, i ? S("\n") : S(""));
        buf_add(r->show, r->fields[i].name);
        buf_byte(r->show, '=');
        buf_add(r->show, r->fields[i].value);
    }
    return !r->show->failed || no_memory(r);
}

/* size: of its fields, the line end of the last of them is not the record's. */
static bool emit(struct reading *r, size_t size) {
    bool overflow = false, repaired = false;
    uint32_t count = 0;

    r->number++;
    size -= size > 1 && r->window.ptr[size - 1] == '\n';
    if (r->show)
        return show_entry(r);
    for (uint32_t i = 0; i < r->count; i++) {
        const struct field *const f = &r->fields[i];
        field_id const field = field_intern(r->to->fields, f->name);

        overflow = overflow || field == FIELD_NONE;
        repaired = repaired || utf8_valid(f->value) < f->value.len;
        if (field != FIELD_NONE && (!r->to->wants || r->to->wants(r->to, field)))
            r->values[count++] =
                (struct raw){.field = field, .type = RAW_TEXT, .len = (uint32_t)f->value.len, .ptr = f->value.ptr};
    }
    if (overflow)
        damage(r, r->at, 0, "too many field names: some values were left out");
    if (repaired)
        damage(r, r->at, 1, "text that is no Unicode: repaired");
    if (r->cut)
        damage(r, r->at, 0, "more than 8192 values: the rest was left out");
    return r->to->record(r->to,
                         &(struct record){.values = r->values,
                                          .count = count,
                                          .when = INSTANT_NONE,
                                          .number = r->number,
                                          .offset = r->at,
                                          .size = size},
                         r->e);
}

/* ------------------------------------------------------------------ reader */

/* To where an entry begins again: journalctl writes its cursor first. What is passed over is told. */
static bool resume(struct reading *r) {
    static const str begins = STR("\n__CURSOR=");
    uint64_t const from = r->at;
    uint64_t to;
    size_t found;

    for (;;) {
        if (!look(r, WINDOW))
            return false;
        found = str_find(r->window, begins);
        if (found != SIZE_MAX || r->last)
            break;
        step(r, r->window.len - (begins.len - 1));
    }
    to = r->at + (found == SIZE_MAX ? r->window.len : found + 1);
    step(r, (size_t)(to - r->at));
    if (r->to && from >= r->part.from && from < r->part.to)
        r->to->damage(r->to, from, to - from, "bytes that are no entry of a journal");
    return true;
}

static bool one_entry(struct reading *r) {
    size_t size, want = WINDOW;
    enum got got;

    while ((got = entry(r, &size)) == GOT_MORE) {
        if (r->window.len > ENTRY_BYTES_MAX) {
            got = GOT_NONSENSE;
            break;
        }
        want = r->window.len * 2 > want ? r->window.len * 2 : want;
        want = want < ENTRY_BYTES_MAX + 1 ? want : ENTRY_BYTES_MAX + 1;
        if (!look(r, want))
            return false;
    }
    if (got == GOT_NONSENSE)
        return resume(r);
    if (got == GOT_CUT_OFF) {
        if (is_mine(r) && r->count && !emit(r, size))
            return false;
        damage(r, r->at + size, r->window.len - size, "an entry that breaks off");
        step(r, r->window.len);
        return true;
    }
    if (is_mine(r) && !emit(r, size))
        return false;
    step(r, size);
    return true;
}

static bool read_all(struct reading *r) {
    r->fields = malloc(RECORD_VALUES_MAX * sizeof *r->fields);
    r->values = malloc(RECORD_VALUES_MAX * sizeof *r->values);
    if (!r->fields || !r->values)
        return no_memory(r);
    while (r->at < r->part.to) {
        if (r->window.len == 0 && !r->last && !look(r, WINDOW))
            return false;
        if (r->window.len == 0)
            break;
        if (r->window.ptr[0] == '\n')
            step(r, 1);
        else if (!one_entry(r))
            return false;
    }
    return true;
}

static void close_reading(struct reading *r) {
    free(r->fields);
    free(r->values);
}

static bool journal_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.in = in, .part = part, .to = to, .e = e, .window = {"", 0}};
    bool const ok = read_all(&r);

    close_reading(&r);
    return ok;
}

/* A line for each field; what is bytes in it stands as it is. */
static bool journal_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.in = in, .part = {offset, offset + 1}, .e = e, .show = out, .window = {"", 0}};
    bool const ok = read_all(&r) && (r.number || err_set(e, ERR_CORRUPT, offset, "no entry of a journal begins here"));

    close_reading(&r);
    return ok;
}

/* journalctl begins every entry with its cursor and its times. */
static bool journal_looks_like(str head) {
    return (str_starts(head, S("__CURSOR=")) && str_find(head, S("\n__REALTIME_TIMESTAMP=")) != SIZE_MAX) ||
           (str_starts(head, S("__REALTIME_TIMESTAMP=")) && str_find(head, S("\n_BOOT_ID=")) != SIZE_MAX);
}

const struct reader journal_reader = {
    .name = "journal",
    .title = "systemd journal, export format",
    .looks_like = journal_looks_like,
    .counts_in_part = true,
    .read = journal_read,
    .show = journal_show,
};
