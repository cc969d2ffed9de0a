/* archive_ledger: lines as records: one field for each member that has something to say. */
#include "hunt/archive_ledger.h"

#include "base/utf.h"

/* The members that are numbers, and their fields. */
#define LEDGER_COUNTS(X)                                                                                               \
    X(size)                                                                                                            \
    X(records)                                                                                                         \
    X(salvaged)                                                                                                        \
    X(repaired)                                                                                                        \
    X(cut)                                                                                                             \
    X(no_kind) X(no_time) X(years) X(year_breaks) X(twice) X(never) X(backs) X(back_s) X(damages) X(damage_bytes)

enum ledger_text {
    TEXT_LINE,
    TEXT_PATH,
    TEXT_SHA256,
    TEXT_READER,
    TEXT_CONTAINER,
    TEXT_MEMBER,
    TEXT_NOT_READ,
    TEXT_WHY,
    TEXT_PROGRAM,
    TEXT_ZONE,
    TEXTS
};
enum ledger_number {
#define X(name) NUMBER_##name,
    LEDGER_COUNTS(X)
#undef X
        NUMBER_readers,
    NUMBER_at,
    NUMBER_offset,
    NUMBER_bytes,
    NUMBERS
};
static const str text_names[TEXTS] = {STR("line"),   STR("path"),     STR("sha256"), STR("reader"),  STR("container"),
                                      STR("member"), STR("not_read"), STR("why"),    STR("program"), STR("zone")};
static const str number_names[NUMBERS] = {
#define X(name) [NUMBER_##name] = STR(#name),
    LEDGER_COUNTS(X)
#undef X
        [NUMBER_readers] = STR("readers"),
    [NUMBER_at] = STR("at"), [NUMBER_offset] = STR("offset"), [NUMBER_bytes] = STR("bytes")};
static const str line_names[] = {
    [LEDGER_BEGIN] = STR("begin"),
    [LEDGER_FILE] = STR("file"),
    [LEDGER_SAME] = STR("same"),
    [LEDGER_DAMAGE] = STR("damage"),
};

static bool fields_of(struct fields *fields, field_id texts[TEXTS], field_id numbers[NUMBERS], struct err *e) {
    bool ok = true;

    for (size_t i = 0; i < TEXTS; i++)
        ok = (texts[i] = field_intern(fields, text_names[i])) != FIELD_NONE && ok;
    for (size_t i = 0; i < NUMBERS; i++)
        ok = (numbers[i] = field_intern(fields, number_names[i])) != FIELD_NONE && ok;
    return ok || err_set(e, ERR_MEMORY, 0, "no memory for the names of fields");
}

/* ---- writing ---- */

struct ledger_writer {
    struct segment_writer *w;
    field_id texts[TEXTS], numbers[NUMBERS];
    uint32_t source;
    uint64_t rows;
    struct raw values[TEXTS + NUMBERS];
    uint64_t kept[NUMBERS];
    uint32_t count, kept_count;
};

bool ledger_writer_new(struct ledger_writer **out, struct fields *fields, int fd, const struct writing_key *writing,
                       struct err *e) {
    struct ledger_writer *const l = calloc(1, sizeof *l);
    struct segment_options const options = {.fields = fields, .to_file = true, .fd = fd, .writing = writing};
    struct segment_source const source = {.path = {"", 0}, .reader = ARCHIVE_LEDGER, .modified = INSTANT_NONE};

    if (!l)
        return err_set(e, ERR_MEMORY, 0, "no memory for the ledger");
    if (!fields_of(fields, l->texts, l->numbers, e) || !segment_writer_new(&l->w, &options, e) ||
        !segment_writer_source(l->w, &source, &l->source, e)) {
        ledger_writer_free(l);
        return false;
    }
    *out = l;
    return true;
}

void ledger_writer_free(struct ledger_writer *l) {
    if (l)
        segment_writer_free(l->w);
    free(l);
}

/* A path is any bytes, and so is a reason that names one: they are kept where they are no text. */
static void text_put(struct ledger_writer *l, enum ledger_text which, str text) {
    if (text.len)
        l->values[l->count++] = (struct raw){.field = l->texts[which],
                                             .type = utf8_valid(text) == text.len ? RAW_TEXT : RAW_BINARY,
                                             .len = (uint32_t)text.len,
                                             .ptr = text.ptr};
}

static void number_put(struct ledger_writer *l, enum ledger_number which, uint64_t n) {
    if (!n)
        return;
    l->kept[l->kept_count] = n;
    l->values[l->count++] = (struct raw){
        .field = l->numbers[which], .type = RAW_U64, .len = sizeof n, .ptr = (const char *)&l->kept[l->kept_count++]};
}

bool ledger_writer_add(struct ledger_writer *l, const struct ledger_row *row, struct err *e) {
    l->count = l->kept_count = 0;
    text_put(l, TEXT_LINE, line_names[row->line]);
    switch (row->line) {
    case LEDGER_BEGIN:
        number_put(l, NUMBER_readers, row->readers);
        number_put(l, NUMBER_at, (uint64_t)row->at);
        text_put(l, TEXT_PROGRAM, row->program);
        text_put(l, TEXT_ZONE, row->zone);
        break;
    case LEDGER_FILE:
    case LEDGER_SAME:
        text_put(l, TEXT_PATH, row->file.path);
        text_put(l, TEXT_SHA256, str_of(row->file.sha256));
        text_put(l, TEXT_READER, str_of(row->file.reader));
        text_put(l, TEXT_CONTAINER, str_of(row->file.container));
        text_put(l, TEXT_MEMBER, row->file.member ? S("yes") : (str){"", 0});
        text_put(l, TEXT_NOT_READ, row->file.not_read);
#define X(name) number_put(l, NUMBER_##name, row->file.name);
        LEDGER_COUNTS(X)
#undef X
        break;
    case LEDGER_DAMAGE:
        text_put(l, TEXT_PATH, row->damage.path);
        text_put(l, TEXT_WHY, row->damage.why);
        number_put(l, NUMBER_offset, row->damage.offset);
        number_put(l, NUMBER_bytes, row->damage.size);
        break;
    }
    struct record const r = {
        .values = l->values, .count = l->count, .when = INSTANT_NONE, .time_text = {"", 0}, .number = ++l->rows};

    return segment_writer_record(l->w, l->source, &r, INSTANT_NONE, S(""), e);
}

bool ledger_writer_end(struct ledger_writer *l, struct segment_info *info, struct err *e) {
    return segment_writer_finish(l->w, NULL, info, e);
}

/* ---- reading ---- */

bool ledger_is(struct segment *s, bool *yes, struct err *e) {
    struct segment_source source;

    *yes = false;
    if (segment_info(s)->sources != 1)
        return true;
    if (!segment_source(s, 0, &source, e))
        return false;
    *yes = str_eq(source.reader, ARCHIVE_LEDGER);
    return true;
}

#define NAME_MAX_BYTES 64u

struct ledger_reading {
    struct event_sink sink; /* first */
    field_id texts[TEXTS], numbers[NUMBERS];
    bool (*each)(void *ctx, const struct ledger_row *row, struct err *e);
    void *ctx;
    char sha256[2 * SHA256_SIZE + 1], reader[NAME_MAX_BYTES], container[NAME_MAX_BYTES];
};

/* A copy with a NUL; what is too long is no name of ours. */
static const char *name_of(str text, char *to, size_t room) {
    if (text.len >= room)
        text.len = 0;
    if (text.len)
        memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
    return to;
}

static const char *none_if_empty(const char *name) {
    return *name ? name : NULL;
}

static bool ledger_take(struct event_sink *sink, const struct record *r, struct err *e) {
    struct ledger_reading *const l = (struct ledger_reading *)(void *)sink;
    struct ledger_row row = {.file = {.sha256 = "", .first = INSTANT_NONE, .last = INSTANT_NONE}};
    str texts[TEXTS] = {{NULL, 0}};
    uint64_t numbers[NUMBERS] = {0};
    bool known = false;

    for (size_t k = 0; k < TEXTS; k++)
        texts[k] = S("");
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];

        for (size_t k = 0; k < TEXTS; k++)
            if (v->field == l->texts[k] && (v->type == RAW_TEXT || (v->type == RAW_BINARY && k != TEXT_LINE)))
                texts[k] = (str){v->ptr, v->len};
        for (size_t k = 0; k < NUMBERS; k++)
            if (v->field == l->numbers[k] && v->type == RAW_U64 && v->len == sizeof *numbers)
                memcpy(&numbers[k], v->ptr, sizeof *numbers);
    }
    for (size_t i = 0; i < COUNT(line_names); i++)
        if (str_eq(texts[TEXT_LINE], line_names[i])) {
            row.line = (enum ledger_line)i;
            known = true;
        }
    if (!known)
        return true;
    row.readers = numbers[NUMBER_readers];
    row.at = (int64_t)numbers[NUMBER_at];
    row.program = texts[TEXT_PROGRAM];
    row.zone = texts[TEXT_ZONE];
    row.file.path = row.damage.path = texts[TEXT_PATH];
    row.file.sha256 = name_of(texts[TEXT_SHA256], l->sha256, sizeof l->sha256);
    row.file.reader = none_if_empty(name_of(texts[TEXT_READER], l->reader, sizeof l->reader));
    row.file.container = none_if_empty(name_of(texts[TEXT_CONTAINER], l->container, sizeof l->container));
    row.file.member = texts[TEXT_MEMBER].len > 0;
    row.file.not_read = texts[TEXT_NOT_READ];
    row.file.zone = S("");
#define X(name) row.file.name = numbers[NUMBER_##name];
    LEDGER_COUNTS(X)
#undef X
    row.damage.offset = numbers[NUMBER_offset];
    row.damage.size = numbers[NUMBER_bytes];
    row.damage.why = texts[TEXT_WHY];
    return l->each(l->ctx, &row, e);
}

static void ledger_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why;
}

bool ledger_read(struct segment *s, struct fields *fields,
                 bool (*each)(void *ctx, const struct ledger_row *row, struct err *e), void *ctx, struct err *e) {
    struct ledger_reading l = {
        .sink = {.fields = fields, .record = ledger_take, .damage = ledger_damage}, .each = each, .ctx = ctx};
    struct segment_reading reading = {.sink = &l.sink};

    return fields_of(fields, l.texts, l.numbers, e) && segment_read(s, &reading, e);
}
