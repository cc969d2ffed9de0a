/* item_show: what an importer hands over, as text: a line for each item with what is said of it, and for all that was left out. Checks
 * what item.h promises of every item. For one .c of a test each. */
#ifndef TESTS_INTEL_ITEM_SHOW_H
#define TESTS_INTEL_ITEM_SHOW_H

#include <assert.h>

#include "base/utf.h"
#include "intel/import.h"

struct item_show {
    struct buf out;
    bool full; /* the sink cannot take any more */
    long room; /* calls until it cannot; below 0: it always can */
};

static void show_text(struct buf *out, const char *name, str s) {
    assert(utf8_valid(s) == s.len);
    if (s.len)
        buf_format(out, " %s=%.*s", name, STR_ARG(s));
}

static void show_names(struct buf *out, const char *name, const struct item_names *n) {
    assert(n->count <= ITEM_NAMES_MAX);
    for (unsigned i = 0; i < n->count; i++) {
        assert(n->names[i].len > 0);
        if (i)
            buf_format(out, ",%.*s", STR_ARG(n->names[i]));
        else
            show_text(out, name, n->names[i]);
    }
}

static void show_time(struct buf *out, const char *name, int64_t when) {
    char text[INSTANT_TEXT];

    show_text(out, name, instant_format(when, text));
}

static bool show_call(struct item_show *s, struct err *e) {
    if (s->room == 0)
        return err_set(e, ERR_IO, 0, "full");
    s->room -= s->room > 0;
    return true;
}

static bool show_item(void *ctx, const struct intel_item *item, struct err *e) {
    static const char *const natures[] = {"", "relay", "scanner", "operation", "malware", "tool", "victim"};
    struct item_show *const s = ctx;
    struct buf canonical = {0};
    const char *why = "";

    if (!show_call(s, e))
        return false;
    /* item.h: VALUE: it has a canonical form */
    if (item->form == ITEM_VALUE && !observable_canonical(item->type, item->value, &canonical, &why) &&
        !canonical.failed)
        buf_format(&s->out, "NO FORM (%s): ", why);
    buf_free(&canonical);
    buf_format(&s->out, "%.*s: %s%.*s %.*s", STR_ARG(item->where),
               item->form == ITEM_REGEX     ? "expression "
               : item->form == ITEM_PATTERN ? "pattern"
                                            : "",
               STR_ARG(observable_name(item->type)), STR_ARG(item->value));
    if (item->port)
        buf_format(&s->out, " port=%u", item->port);
    show_text(&s->out, "raw", item->raw);
    show_text(&s->out, "id", item->id);
    show_text(&s->out, "title", item->title);
    show_text(&s->out, "comment", item->comment);
    show_time(&s->out, "created", item->created);
    show_time(&s->out, "modified", item->modified);
    show_time(&s->out, "from", item->valid_from);
    show_time(&s->out, "until", item->valid_until);
    show_time(&s->out, "first", item->first_seen);
    show_time(&s->out, "last", item->last_seen);
    if (item->confidence != ITEM_CONFIDENCE_UNSAID)
        buf_format(&s->out, " confidence=%u", item->confidence);
    show_text(&s->out, "tlp", tlp_name(item->tlp));
    show_text(&s->out, "pap", pap_name(item->pap));
    show_text(&s->out, "nature", str_of(natures[item->nature]));
    buf_format(&s->out, "%s%s%s", item->revoked ? " revoked" : "", item->context ? " context" : "",
               item->proposed ? " proposed" : "");
    show_names(&s->out, "groups", &item->groups);
    show_names(&s->out, "campaigns", &item->campaigns);
    show_names(&s->out, "malware", &item->malware);
    show_names(&s->out, "techniques", &item->techniques);
    show_names(&s->out, "origins", &item->origins);
    buf_byte(&s->out, '\n');
    return true;
}

static bool show_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct item_show *const s = ctx;

    if (!show_call(s, e))
        return false;
    assert(why.len > 0);
    buf_format(&s->out, "%.*s: not %.*s: %.*s\n", STR_ARG(where), STR_ARG(str_first(what, 80)), STR_ARG(why));
    return true;
}

static inline struct intel_sink item_show_sink(struct item_show *s) {
    return (struct intel_sink){.ctx = s, .item = show_item, .left_out = show_left_out};
}

static inline struct import_about about_nothing(void) {
    return (struct import_about){.name = S("a list"),
                                 .confidence = ITEM_CONFIDENCE_UNSAID,
                                 .group = S(""),
                                 .origin = S(""),
                                 .valid_from = INSTANT_NONE,
                                 .valid_until = INSTANT_NONE};
}

#endif
