/* lined: what the readers of logs of lines share. */
#include "reader/lined.h"

#include "base/utf.h"

struct lined lined_begin(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    return (struct lined){.lines = {.in = in, .window = {"", 0}}, .part = part, .to = to, .e = e};
}

void lined_damage(const struct lined *l, uint64_t offset, uint64_t size, const char *why) {
    if (lined_is_mine(l))
        l->to->damage(l->to, offset, size, why);
}

void lined_line_damage(const struct lined *l, const char *why) {
    lined_damage(l, l->lines.offset, l->lines.size, why);
}

field_id lined_field(struct lined *l, str name) {
    field_id const field = l->to ? field_intern(l->to->fields, name) : FIELD_NONE;

    if (field == FIELD_NONE)
        l->overflow = true;
    return field != FIELD_NONE && (!l->to->wants || l->to->wants(l->to, field)) ? field : FIELD_NONE;
}

void lined_tell_overflow(struct lined *l) {
    if (l->overflow)
        lined_line_damage(l, "too many field names: some values were left out");
    l->overflow = false;
}

bool lined_line_record(struct lined *l, struct raw *values, uint32_t count) {
    size_t const good = utf8_valid(l->lines.line);

    if (good < l->lines.line.len)
        lined_damage(l, l->lines.offset + good, 1, "text that is no Unicode: repaired");
    return lined_record(l, values, count, l->lines.line, l->lines.offset, l->lines.line.len);
}

bool lined_no_memory(const struct lined *l) {
    return err_set(l->e, ERR_MEMORY, l->lines.offset, "no memory for a record");
}

bool lined_is_comment(str line) {
    return line.len && line.ptr[0] == '#';
}

bool lined_comment_is(str head, bool (*one)(str line)) {
    size_t line;

    if (str_starts(head, S("\xef\xbb\xbf")))
        head = str_from(head, 3);
    for (; lined_is_comment(head); head = str_from(head, line + 1)) {
        if (one(head))
            return true;
        if ((line = str_find_byte(head, '\n')) == SIZE_MAX)
            break;
    }
    return false;
}

bool lined_show(struct lined *l, uint64_t offset, struct buf *out, const struct buf *names,
                bool (*comment)(struct lined *l), bool (*has_values)(struct lined *l, bool *good)) {
    enum line_found found;
    bool good = false;

    while ((found = line_next(&l->lines, l->e)) < LINE_NONE && l->lines.at <= offset)
        if (found == LINE_WHOLE && lined_is_comment(l->lines.line) && !comment(l))
            return false;
    if (found == LINE_FAILED)
        return false;
    if (found == LINE_WHOLE && l->lines.offset == offset && l->lines.line.len && !lined_is_comment(l->lines.line) &&
        !has_values(l, &good))
        return false;
    if (!good)
        return err_set(l->e, ERR_CORRUPT, offset, "no line of values begins here");
    buf_add(out, buf_str(names));
    buf_byte(out, '\n');
    buf_add(out, l->lines.line);
    return !out->failed || err_set(l->e, ERR_MEMORY, offset, "no memory to show a record");
}
