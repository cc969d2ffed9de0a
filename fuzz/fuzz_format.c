/* fuzz_format: any text as templates, any line against them. The input: lines that are templates, an empty line, then the
 * line they are tried on. What is told stands in the line, in what was undone of it, or in the template; telling again tells
 * the same. */
#include <assert.h>

#include "event/format.h"

#define TEMPLATES_MAX 8

static bool within(str inner, str outer) {
    return inner.ptr >= outer.ptr && inner.len <= outer.len && (size_t)(inner.ptr - outer.ptr) <= outer.len - inner.len;
}

static void check_told(const struct told *t, str line) {
    str const room = {t->room.ptr, t->room.len};

    assert((t->count > 0) <= (t->format != NULL));
    assert(t->count <= RECORD_VALUES_MAX && t->room.len <= 2 * line.len + 256);
    for (uint32_t i = 0; i < t->count; i++) {
        str const v = {t->values[i].ptr, t->values[i].len};

        assert(t->values[i].type == RAW_TEXT && !t->values[i].inner);
        assert(within(v, line) || (room.ptr && within(v, room)) || v.len == 0);
    }
}

static void tell_twice(const struct formats *f, struct fields *fields, str program, str line) {
    struct told t[2] = {0};
    struct err e = {0};

    for (int i = 0; i < 2; i++) {
        if (!formats_tell(f, fields, program, line, &t[i], &e))
            abort();
        check_told(&t[i], line);
    }
    assert(t[0].count == t[1].count && t[0].template == t[1].template && t[0].cut == t[1].cut);
    for (uint32_t i = 0; i < t[0].count; i++)
        assert(t[0].values[i].field == t[1].values[i].field &&
               str_eq((str){t[0].values[i].ptr, t[0].values[i].len}, (str){t[1].values[i].ptr, t[1].values[i].len}));
    told_free(&t[0]);
    told_free(&t[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const str program = STR("prog");
    struct fields *const fields = fields_new();
    struct arena *const a = arena_new((size_t)1 << 22);
    struct template templates[TEMPLATES_MAX];
    size_t count = 0;
    str rest = {(const char *)data, size}, line = S("");

    if (!fields || !a)
        abort();
    while (count < TEMPLATES_MAX) {
        size_t const end = str_find_byte(rest, '\n');
        str const text = str_first(rest, end);
        const char *why;
        static const field_id columns[] = {FIELD_CHANNEL, FIELD_NONE, FIELD_DATA};

        rest = str_from(rest, text.len + (end != SIZE_MAX));
        if (text.len == 0 || text.len > 4096)
            break;
        if (template_compile(text, a, fields, &templates[count], &why)) {
            templates[count].columns = columns;
            templates[count++].column_count = COUNT(columns);
        } else {
            assert(why);
        }
    }
    line = rest;
    struct joined join;
    const char *why;

    if (!joined_compile(S("{a} {b}"), a, fields, &join, &why))
        abort();
    join.field = FIELD_DATA;
    struct format one = {
        .name = S("one"), .templates = templates, .template_count = count, .joins = &join, .join_count = 1};
    struct format other = one;

    other.name = S("other");
    other.programs = &program;
    other.program_count = 1;
    const struct format *list[] = {&one, &other};
    struct formats *const f = formats_new(list, COUNT(list));

    if (!f)
        abort();
    tell_twice(f, fields, S(""), line);
    tell_twice(f, fields, program, line);
    tell_twice(f, fields, S("other/prog"), line);
    formats_free(f);
    arena_free(a);
    fields_free(fields);
    return 0;
}
