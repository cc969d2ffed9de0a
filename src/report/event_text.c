/* event_text: an event in its normal form, for machines and for people. */
#include "report/event_text.h"

#include "report/finding_text.h"

static void name_add(struct buf *b, const char *name) {
    buf_format(b, ",\"%s\":", name);
}

static void text_or_null(struct buf *b, str s) {
    if (s.len)
        buf_json(b, s);
    else
        buf_add(b, S("null"));
}

static void time_add(struct buf *b, const struct normal_event *event) {
    bool const timed = event->when != INSTANT_NONE;
    char text[INSTANT_TEXT];

    buf_add(b, S("\"time\":"));
    text_or_null(b, instant_format(event->when, text));
    name_add(b, "time_text");
    text_or_null(b, event->time_text);
    name_add(b, "zone");
    text_or_null(b, timed ? zone_name(event->zone) : S(""));
    name_add(b, "precision");
    text_or_null(b, timed ? precision_name(event->precision) : S(""));
}

static void roles_add(struct buf *b, const struct normal_event *event) {
    bool first = true;

    buf_byte(b, '{');
    for (unsigned i = 0; i < ROLES; i++) {
        if (!event->roles[i].len)
            continue;
        if (!first)
            buf_byte(b, ',');
        first = false;
        buf_json(b, role_name((enum role)i));
        buf_byte(b, ':');
        buf_json(b, event->roles[i]);
    }
    buf_byte(b, '}');
}

static void act_add(struct buf *b, const struct normal_act *a) {
    buf_add(b, S("{\"act\":"));
    buf_json(b, act_name(a->act));
    for (size_t t = 0; t < ACT_KIND; t++)
        if (a->text[t].len) {
            buf_byte(b, ',');
            buf_json(b, act_text_name((enum act_text)t));
            buf_byte(b, ':');
            buf_json(b, a->text[t]);
        }
    if (a->amount) {
        name_add(b, "amount");
        buf_u64(b, a->amount);
    }
    if (a->items) {
        name_add(b, "items");
        buf_u64(b, a->items);
    }
    buf_byte(b, '}');
}

static void field_add(struct buf *b, const struct normal_field *f) {
    buf_json(b, f->name);
    buf_byte(b, ':');
    if (f->list)
        buf_byte(b, '[');
    for (size_t i = 0; i < f->count; i++) {
        if (i)
            buf_byte(b, ',');
        if (f->values[i].null)
            buf_add(b, S("null"));
        else
            buf_json(b, f->values[i].text);
    }
    if (f->list)
        buf_byte(b, ']');
}

void event_json(struct buf *b, const struct normal_event *event, const struct network_about *client) {
    buf_byte(b, '{');
    time_add(b, event);
    name_add(b, "kind");
    text_or_null(b, event->kind);
    name_add(b, "reader");
    buf_json(b, event->reader);
    name_add(b, "evidence_path");
    buf_json(b, event->evidence_path);
    name_add(b, "evidence_sha256");
    buf_json(b, str_of(event->evidence_sha256));
    name_add(b, "record");
    buf_u64(b, event->record);
    name_add(b, "offset");
    buf_u64(b, event->offset);
    if (event->salvaged)
        buf_add(b, S(",\"salvaged\":true"));
    name_add(b, "roles");
    roles_add(b, event);
    if (event->roles[ROLE_CLIENT_ADDRESS].len) {
        buf_add(b, S(",\"client\":{"));
        client_json(b, event->roles[ROLE_CLIENT_ADDRESS], client);
        buf_byte(b, '}');
    }
    if (event->act.act != ACT_NONE) {
        name_add(b, "act");
        act_add(b, &event->act);
    }
    buf_add(b, S(",\"fields\":{"));
    for (size_t i = 0; i < event->field_count; i++) {
        if (i)
            buf_byte(b, ',');
        field_add(b, &event->fields[i]);
    }
    buf_add(b, S("}}"));
}

/* At least so many characters wide; blanks behind it separate it from the next. */
static void cell_add(struct buf *b, str s, size_t width) {
    size_t const from = b->len;

    finding_short(b, s.len ? s : S("-"));
    for (size_t used = b->len - from; used < width; used++)
        buf_byte(b, ' ');
}

void event_line(struct buf *b, const struct normal_event *event) {
    static const enum role shown[] = {ROLE_HOST, ROLE_ACCOUNT, ROLE_CLIENT_ADDRESS};
    char text[INSTANT_TEXT];

    cell_add(b, event->when == INSTANT_NONE ? S("no time") : instant_format(event->when, text), 24);
    buf_add(b, S("  "));
    cell_add(b, event->kind, 26);
    for (size_t i = 0; i < COUNT(shown); i++) {
        buf_add(b, S("  "));
        cell_add(b, event->roles[shown[i]], 15);
    }
    buf_add(b, S("  "));
    cell_add(b, event->roles[ROLE_OBJECT], 0);
}
