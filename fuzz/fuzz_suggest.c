/* fuzz_suggest: any records as a sample. A draft comes of it that loads (suggest_write says when it does not), the same a second
 * time, of printable lines alone, so that nothing of a record breaks out of a comment or a quote.
 *
 * Each line is a record: a message, with its program where one stands in front ("prog: text"), or, where there are
 * 0x1f between them, fields and their values (name=value). */
#include <assert.h>

#include "base/utf.h"
#include "event/suggest.h"

#define SOURCE_MAX ((size_t)1 << 12)
#define FIELDS_MOST 24

static void add(struct normal_event *event, struct normal_field *fields, struct normal_value *values, str name,
                str text) {
    if (event->field_count == FIELDS_MOST || name.len == 0)
        return;
    for (size_t i = 0; i < event->field_count; i++)
        if (str_eq(fields[i].name, name))
            return;
    values[event->field_count] = (struct normal_value){text, false};
    fields[event->field_count] = (struct normal_field){name, &values[event->field_count], 1, false};
    event->field_count++;
}

static bool take(struct suggest *s, str line, struct err *e) {
    struct normal_field fields[FIELDS_MOST];
    struct normal_value values[FIELDS_MOST];
    struct normal_event event = {.when = INSTANT_NONE, .kind = S(""), .reader = S("json"), .fields = fields};
    bool full;

    if (str_find_byte(line, '\x1f') != SIZE_MAX) {
        while (line.len) {
            str const field = str_first(line, str_find_byte(line, '\x1f'));
            size_t const equals = str_find_byte(field, '=');

            add(&event, fields, values, str_first(field, equals),
                equals == SIZE_MAX ? S("") : str_from(field, equals + 1));
            line = str_from(line, field.len + 1);
        }
    } else {
        size_t const colon = str_find(line, S(": "));

        event.reader = S("text");
        if (colon != SIZE_MAX && colon < 20) {
            add(&event, fields, values, S("program"), str_first(line, colon));
            add(&event, fields, values, S("timestamp"), S("2024-03-25T07:12:00Z"));
            line = str_from(line, colon + 2);
        }
        add(&event, fields, values, S("message"), line);
    }
    return suggest_take(s, &event, &full, e);
}

static void draft(str text, const struct kinds *kinds, struct buf *out) {
    struct suggest *const s = suggest_new(S("acme/door"), kinds);
    struct err e = {0};

    assert(s);
    while (text.len) {
        str const line = str_first(text, str_find_byte(text, '\n'));

        if (!take(s, line, &e))
            abort();
        text = str_from(text, line.len + 1);
    }
    if (!suggest_write(s, out, &e)) {
        fprintf(stderr, "%s\n", e.text);
        abort();
    }
    suggest_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    struct buf repaired = {0}, one = {0}, two = {0};
    size_t count = 0;
    char *room;
    struct err e = {0};

    /* As it comes out of blocks: well-formed. */
    if (size > SOURCE_MAX || !fields || !(room = buf_reserve(&repaired, 3 * size + 1)) ||
        !kinds_new(&kinds, fields, &e) || !kinds_seal(kinds, &e)) {
        fields_free(fields);
        buf_free(&repaired);
        kinds_free(kinds);
        return 0;
    }
    repaired.len = utf8_repair((str){(const char *)data, size}, room, &count);
    draft(buf_str(&repaired), kinds, &one);
    draft(buf_str(&repaired), kinds, &two);
    assert(str_eq(buf_str(&one), buf_str(&two)));
    for (size_t i = 0; i < one.len; i++)
        assert(one.ptr[i] == '\n' || ((unsigned char)one.ptr[i] >= 0x20 && one.ptr[i] != 0x7f));
    buf_free(&one);
    buf_free(&two);
    buf_free(&repaired);
    kinds_free(kinds);
    fields_free(fields);
    return 0;
}
