/* import_show: what an importer told, as lines, for one .c of a test each:
 *
 *   item WHERE TYPE VALUE [MEMBER=...]   what is not said is not shown
 *   out  WHERE WHAT: WHY
 *   list NAME HOW MATCHES VERSION, label ENTRY, group NAME ID [MEMBER=...] */
#ifndef TESTS_IMPORT_SHOW_H
#define TESTS_IMPORT_SHOW_H

#include "base/buf.h"
#include "intel/import.h"

struct shown {
    struct buf lines;
    size_t items, outs, lists, labels, groups;
    size_t stop_after; /* calls; 0: none is refused */
    bool (*each)(struct shown *s, const struct intel_item *item); /* NULL; false: not shown */
    void *ctx;
};

static bool show_may(struct shown *s, struct err *e) {
    return !s->stop_after || --s->stop_after || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static void show_text(struct shown *s, const char *name, str text) {
    if (text.len)
        buf_format(&s->lines, " %s=%.*s", name, STR_ARG(text));
}

static void show_names(struct shown *s, const char *name, const struct item_names *names) {
    for (unsigned i = 0; i < names->count; i++)
        buf_format(&s->lines, "%s%.*s", i ? "," : " ", i ? 0 : (int)strlen(name), name),
            buf_format(&s->lines, "%s%.*s", i ? "" : "=", STR_ARG(names->names[i]));
}

static void show_time(struct shown *s, const char *name, int64_t when) {
    char room[INSTANT_TEXT];

    show_text(s, name, instant_format(when, room));
}

static bool show_item(void *ctx, const struct intel_item *i, struct err *e) {
    static const char *const natures[] = {"", "relay", "scanner", "operation", "malware", "tool", "victim"};
    static const char *const forms[] = {"", "pattern", "regex"};
    struct shown *const s = ctx;

    if (!show_may(s, e))
        return false;
    s->items++;
    if (s->each && !s->each(s, i))
        return true;
    buf_format(&s->lines, "item %.*s %s%.*s %.*s", STR_ARG(i->where), forms[i->form],
               STR_ARG(i->form == ITEM_VALUE ? observable_name(i->type) : S("")), STR_ARG(i->value));
    show_text(s, "raw", i->raw);
    show_text(s, "id", i->id);
    show_text(s, "title", i->title);
    show_text(s, "comment", i->comment);
    show_time(s, "created", i->created);
    show_time(s, "modified", i->modified);
    show_time(s, "from", i->valid_from);
    show_time(s, "until", i->valid_until);
    show_time(s, "first", i->first_seen);
    show_time(s, "last", i->last_seen);
    if (i->confidence != ITEM_CONFIDENCE_UNSAID)
        buf_format(&s->lines, " confidence=%u", i->confidence);
    show_text(s, "tlp", tlp_name(i->tlp));
    show_text(s, "pap", pap_name(i->pap));
    show_text(s, "nature", str_of(natures[i->nature]));
    if (i->port)
        buf_format(&s->lines, " port=%u", i->port);
    buf_format(&s->lines, "%s%s%s", i->revoked ? " revoked" : "", i->context ? " context" : "",
               i->proposed ? " proposed" : "");
    show_names(s, "groups", &i->groups);
    show_names(s, "campaigns", &i->campaigns);
    show_names(s, "malware", &i->malware);
    show_names(s, "techniques", &i->techniques);
    show_names(s, "origins", &i->origins);
    buf_byte(&s->lines, '\n');
    return true;
}

static bool show_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct shown *const s = ctx;

    if (!show_may(s, e))
        return false;
    s->outs++;
    if (!s->each)
        buf_format(&s->lines, "out %.*s %.*s: %.*s\n", STR_ARG(where), STR_ARG(what), STR_ARG(why));
    return true;
}

static bool show_list(void *ctx, const struct intel_label_list *l, struct err *e) {
    static const char *const hows[] = {"string", "substring", "hostname", "cidr", "regex"};
    struct shown *const s = ctx;

    if (!show_may(s, e))
        return false;
    s->lists++;
    if (!s->each)
        buf_format(&s->lines, "list %.*s %s %llx v%.*s\n", STR_ARG(l->name), hows[l->how], (unsigned long long)l->matches,
                   STR_ARG(l->version));
    return true;
}

static bool show_label(void *ctx, str entry, struct err *e) {
    struct shown *const s = ctx;

    if (!show_may(s, e))
        return false;
    s->labels++;
    if (!s->each)
        buf_format(&s->lines, "label %.*s\n", STR_ARG(entry));
    return true;
}

static bool show_group(void *ctx, const struct intel_group *g, struct err *e) {
    struct shown *const s = ctx;

    if (!show_may(s, e))
        return false;
    s->groups++;
    if (s->each)
        return true;
    buf_format(&s->lines, "group %.*s %.*s", STR_ARG(g->name), STR_ARG(g->id));
    show_text(s, "where", g->where);
    show_names(s, "aliases", &g->aliases);
    show_names(s, "countries", &g->countries);
    show_names(s, "techniques", &g->techniques);
    show_names(s, "malware", &g->malware);
    show_names(s, "origins", &g->origins);
    buf_format(&s->lines, "%s\n", g->retired ? " retired" : "");
    return true;
}

static struct intel_sink show_sink(struct shown *s) {
    return (struct intel_sink){.ctx = s,
                               .item = show_item,
                               .left_out = show_left_out,
                               .label_list = show_list,
                               .label = show_label,
                               .group = show_group};
}

/* Nothing is known of the file but what it says. */
static struct import_about show_about(void) {
    str const none = S("");

    return (struct import_about){.name = none,
                                 .confidence = ITEM_CONFIDENCE_UNSAID,
                                 .group = none,
                                 .origin = none,
                                 .valid_from = INSTANT_NONE,
                                 .valid_until = INSTANT_NONE};
}

#endif
