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
    const char *only;  /* names of the members to be shown; NULL: all */
    /* NULL, or what is done with an item in place of showing anything. */
    void (*each)(struct shown *s, const struct intel_item *item);
    void *ctx;
};

static bool show_may(struct shown *s, struct err *e) {
    return !s->stop_after || --s->stop_after || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

/* Is the name among those that are asked for? */
static bool show_wants(const struct shown *s, const char *name) {
    size_t const len = strlen(name);

    if (!s->only)
        return true;
    for (const char *at = s->only; (at = strstr(at, name)); at += len)
        if ((at == s->only || at[-1] == ',') && (!at[len] || at[len] == ','))
            return true;
    return false;
}

static void show_text(struct shown *s, const char *name, str text) {
    if (text.len && show_wants(s, name))
        buf_format(&s->lines, " %s=%.*s", name, STR_ARG(text));
}

static void show_names(struct shown *s, const char *name, const struct item_names *names) {
    if (!show_wants(s, name))
        return;
    for (unsigned i = 0; i < names->count; i++)
        buf_format(&s->lines, "%s%s%s%.*s", i ? "," : " ", i ? "" : name, i ? "" : "=", STR_ARG(names->names[i]));
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
    if (s->each) {
        s->each(s, i);
        return true;
    }
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
    if (i->confidence != ITEM_CONFIDENCE_UNSAID && show_wants(s, "confidence"))
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
        buf_format(&s->lines, "list %.*s %s %llx v%.*s\n", STR_ARG(l->name), hows[l->how],
                   (unsigned long long)l->matches, STR_ARG(l->version));
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

static inline struct intel_sink show_sink(struct shown *s) {
    return (struct intel_sink){.ctx = s,
                               .item = show_item,
                               .left_out = show_left_out,
                               .label_list = show_list,
                               .label = show_label,
                               .group = show_group};
}

/* Nothing is known of the file but what it says. */
static inline struct import_about show_about(void) {
    str const none = S("");

    return (struct import_about){.name = none,
                                 .confidence = ITEM_CONFIDENCE_UNSAID,
                                 .group = none,
                                 .origin = none,
                                 .valid_from = INSTANT_NONE,
                                 .valid_until = INSTANT_NONE};
}

/* The text with a quotation mark for each backquote, so that JSON can be read in C. NUL at the end. */
static inline char *show_quoted(const char *text) {
    char *const copy = strdup(text);

    for (char *c = copy; *c; c++)
        if (*c == '`')
            *c = '"';
    return copy;
}

/* A row of a table of cases. */
struct show_case {
    const char *name;
    const char *text;   /* ` for " */
    const char *only;   /* as above */
    const char *expect; /* all lines; of a failure "error: " and how its text begins */
    bool strict, observed;
};

/* False, and said: it is not as the case has it. importer: NULL: that which recognises the text. */
static inline bool show_is(const struct show_case *c, const char *importer) {
    struct import_about about = show_about();
    struct shown s = {.only = c->only};
    struct intel_sink const sink = show_sink(&s);
    const struct importer *used = NULL;
    char *const text = show_quoted(c->text), *const expect = show_quoted(c->expect);
    struct err e = {0};
    bool good;

    about.strict = c->strict;
    about.observed = c->observed;
    if (!import_bytes(str_of(text), importer ? import_named(str_of(importer)) : NULL, &about, &sink, &used, &e)) {
        s.lines.len = 0;
        buf_format(&s.lines, "error: %s", e.text);
        good = str_starts(buf_str(&s.lines), str_of(expect)) && strlen(expect) > 7;
    } else {
        good = str_eq(buf_str(&s.lines), str_of(expect));
    }
    if (!good)
        printf("%s:\n%.*s--- expected:\n%s---\n", c->name, STR_ARG(buf_str(&s.lines)), expect);
    buf_free(&s.lines);
    free(text);
    free(expect);
    return good;
}

#endif
