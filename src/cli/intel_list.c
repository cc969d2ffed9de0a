/* intel_list: `longwatch intel list` and `longwatch intel stats`: what is in the store, item by item and source by source. */
#include "cli/command.h"
#include "cli/intel_text.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

struct list_wishes {
    const char *store, *type, *group, *source, *value;
    uint64_t limit;
    bool proposed, revoked, history, json;
};

struct listing {
    struct intel_store *store;
    bool json, left_out;
    struct buf b;
    uint64_t told;
};

/* Filled up with blanks to so many columns. */
static void column(struct buf *b, str s, size_t width) {
    size_t const from = b->len;
    size_t shown;

    finding_short(b, s);
    if (b->failed)
        return;
    shown = text_columns(str_from(buf_str(b), from));
    do
        buf_byte(b, ' ');
    while (++shown < width);
}

/* ---- list ---- */

static bool on_item(void *ctx, const struct intel_stored_item *i, struct err *e) {
    struct listing *const l = ctx;
    struct buf flags = {0};

    l->told++;
    if (l->json) {
        buf_byte(&l->b, '{');
        intel_json_item(&l->b, i);
        buf_add(&l->b, S("}\n"));
        return intel_out(&l->b, true, e);
    }
    buf_format(&l->b, "%7ld  ", (long)i->number);
    column(&l->b, intel_type_text(&i->item), 12);
    column(&l->b, i->item.value, 44);
    column(&l->b, i->source->name, 30);
    intel_flags(&flags, i);
    l->b.failed |= flags.failed;
    buf_add(&l->b, buf_str(&flags));
    buf_free(&flags);
    while (l->b.len && l->b.ptr[l->b.len - 1] == ' ')
        l->b.len--;
    buf_byte(&l->b, '\n');
    return intel_out(&l->b, false, e);
}

static int end(struct listing *l, bool ok, const char *nothing, struct err *e) {
    if (ok && !l->told && !l->json)
        buf_format(&l->b, "%s\n", nothing);
    ok = ok && intel_out(&l->b, l->json, e);
    if (fflush(stdout) != 0 && ok)
        ok = err_system(e, "standard output");
    buf_free(&l->b);
    intel_store_close(l->store);
    return ok ? EXIT_NOTHING : tell_error(e);
}

static int run_list(const void *wishes) {
    const struct list_wishes *const w = wishes;
    struct listing l = {.json = w->json};
    struct err e = {0};
    struct intel_store_query q = {.type = w->type ? observable_named(str_of(w->type)) : OBSERVABLE_NONE,
                                  .group = str_of(w->group),
                                  .text = str_of(w->value),
                                  .canonical = S(""),
                                  .open = w->proposed,
                                  .revoked = w->revoked,
                                  .history = w->history,
                                  .limit = w->limit};
    bool ok;

    if (w->type && !q.type) {
        struct nearest near = {w->type, NULL, 0};

        for (unsigned i = 1; i < OBSERVABLES; i++)
            nearest_offer(&near, observable_name((enum observable)i).ptr);
        return near.word
                   ? usage_error("intel list", "no type '%s': did you mean '%s'?", w->type, near.word)
                   : usage_error("intel list", "no type '%s' (longwatch intel stats shows which there are)", w->type);
    }
    ok = intel_open(w->store, &l.store, &e) &&
         (!w->source || intel_store_source_named(l.store, str_of(w->source), &q.source, &e));
    if (ok && !w->json)
        buf_add(&l.b, S(" NUMBER  TYPE        VALUE                                       SOURCE\n"));
    ok = ok && intel_store_items(l.store, &q, on_item, &l, &e);
    if (ok && !l.told)
        l.b.len = 0;
    return end(&l, ok, "nothing in the store is like that", &e);
}

/* ---- stats ---- */

struct stats_wishes {
    const char *store, *source;
    bool json;
};

struct totals {
    struct listing *l;
    int64_t source; /* only this one; 0: all */
    uint64_t sources, history, proposed, rejected, context, revoked, lists, labels, groups, left_out;
    struct buf types;
};

static bool on_type(void *ctx, str form, str type, uint64_t items, struct err *e) {
    struct totals *const t = ctx;
    str const name = str_eq(form, S("value")) ? type : form;
    char n[COUNT_TEXT];

    (void)e;
    if (t->l->json) {
        buf_add(&t->types, t->types.len ? S(",") : S(""));
        buf_json(&t->types, name);
        buf_format(&t->types, ":%lu", (unsigned long)items);
    } else {
        buf_format(&t->types, "  %12s  %.*s\n", count_text(items, n), STR_ARG(name));
    }
    return true;
}

static void source_json(struct buf *b, const struct intel_stored_source *s) {
    buf_format(b, "{\"source\":%ld", (long)s->number);
    intel_json_text(b, "name", s->name);
    intel_json_text(b, "sha256", s->sha256);
    intel_json_text(b, "format", s->format);
    intel_json_text(b, "feed", s->feed);
    intel_json_text(b, "url", s->url);
    intel_json_text(b, "why", s->why);
    intel_json_text(b, "reader", s->reader);
    intel_json_number(b, "size", s->size);
    intel_json_time(b, "added", s->added);
    intel_json_time(b, "until", s->until);
    intel_json_text(b, "tlp", tlp_name(s->tlp));
    intel_json_text(b, "pap", pap_name(s->pap));
    if (s->confidence == ITEM_CONFIDENCE_UNSAID)
        buf_add(b, S(",\"confidence\":null"));
    else
        intel_json_number(b, "confidence", s->confidence);
    intel_json_text(b, "group", s->group);
    intel_json_text(b, "origin", s->origin);
    intel_json_number(b, "items", s->items);
    intel_json_number(b, "proposed", s->proposed);
    intel_json_number(b, "rejected", s->rejected);
    intel_json_number(b, "context", s->context);
    intel_json_number(b, "revoked", s->revoked);
    intel_json_number(b, "label_lists", s->label_lists);
    intel_json_number(b, "labels", s->labels);
    intel_json_number(b, "groups", s->groups);
    intel_json_number(b, "left_out", s->left_out);
    buf_add(b, S("}\n"));
}

static void source_line(struct buf *b, const struct intel_stored_source *s) {
    char n[5][COUNT_TEXT], room[INSTANT_TEXT];

    buf_format(b, "%6ld  ", (long)s->number);
    column(b, s->name, 40);
    column(b, s->format, 12);
    buf_format(b, "%9s %9s %9s %9s  %.*s", count_text(s->items, n[0]), count_text(s->proposed, n[1]),
               count_text(s->rejected, n[2]), count_text(s->left_out, n[3]),
               STR_ARG(str_first(instant_format(s->added, room), 10)));
    if (s->labels)
        buf_format(b, "  %s %s of warninglists", count_text(s->labels, n[4]), s->labels == 1 ? "entry" : "entries");
    if (s->groups)
        buf_format(b, "  %s %s", count_text(s->groups, n[4]), s->groups == 1 ? "name of a group" : "names of groups");
    if (s->until != INSTANT_NONE)
        buf_format(b, "  history since %.*s", STR_ARG(str_first(instant_format(s->until, room), 10)));
    if (s->why.len) {
        buf_add(b, S("  not whole: "));
        finding_short(b, s->why);
    }
    buf_byte(b, '\n');
}

static bool on_source(void *ctx, const struct intel_stored_source *s, struct err *e) {
    struct totals *const t = ctx;

    if (t->source && s->number != t->source)
        return true;
    if (s->until == INSTANT_NONE) {
        t->sources++;
        t->proposed += s->proposed;
        t->rejected += s->rejected;
        t->context += s->context;
        t->revoked += s->revoked;
        t->lists += s->label_lists;
        t->labels += s->labels;
        t->groups += s->groups;
        t->left_out += s->left_out;
    } else {
        t->history++;
    }
    t->l->told++;
    if (t->l->json)
        source_json(&t->l->b, s);
    else
        source_line(&t->l->b, s);
    return intel_out(&t->l->b, t->l->json, e);
}

static bool on_left_out(void *ctx, const struct intel_stored_left_out *left, struct err *e) {
    struct listing *const l = ctx;

    if (l->json) {
        buf_add(&l->b, S("{\"left_out\":"));
        buf_json(&l->b, left->what);
        intel_json_text(&l->b, "where", left->where);
        intel_json_text(&l->b, "why", left->why);
        buf_add(&l->b, S("}\n"));
    } else {
        buf_add(&l->b, S("  left out  "));
        column(&l->b, left->where, 18);
        finding_short(&l->b, left->what);
        buf_add(&l->b, S(": "));
        finding_plain(&l->b, left->why, false);
        buf_byte(&l->b, '\n');
    }
    return intel_out(&l->b, l->json, e);
}

static void said_of(struct buf *b, const char *what, uint64_t count) {
    char n[COUNT_TEXT];

    if (count)
        buf_format(b, "  %12s  %s\n", count_text(count, n), what);
}

static void totals_text(struct totals *t) {
    struct buf *const b = &t->l->b;
    char n[2][COUNT_TEXT];

    buf_format(b, "\n%s %s in force", count_text(t->sources, n[0]), t->sources == 1 ? "source" : "sources");
    if (t->history)
        buf_format(b, ", and %s that %s history", count_text(t->history, n[1]), t->history == 1 ? "is" : "are");
    buf_byte(b, '\n');
    t->l->b.failed |= t->types.failed;
    buf_add(b, buf_str(&t->types));
    said_of(b, "entries of warninglists", t->labels);
    said_of(b, "names of groups", t->groups);
    said_of(b, "proposed, and not looked at yet (longwatch intel review)", t->proposed);
    said_of(b, "rejected in a review: not hunted", t->rejected);
    said_of(b, "revoked by their source", t->revoked);
    said_of(b, "for context only: not hunted", t->context);
    said_of(b, "left out (longwatch intel stats SOURCE says why)", t->left_out);
}

static void totals_json(struct totals *t) {
    struct buf *const b = &t->l->b;

    buf_format(b, "{\"total\":{\"sources\":%lu", (unsigned long)t->sources);
    intel_json_number(b, "history", t->history);
    buf_format(b, ",\"items\":{%.*s}", STR_ARG(buf_str(&t->types)));
    intel_json_number(b, "label_lists", t->lists);
    intel_json_number(b, "labels", t->labels);
    intel_json_number(b, "groups", t->groups);
    intel_json_number(b, "proposed", t->proposed);
    intel_json_number(b, "rejected", t->rejected);
    intel_json_number(b, "revoked", t->revoked);
    intel_json_number(b, "context", t->context);
    intel_json_number(b, "left_out", t->left_out);
    buf_add(b, S("}}\n"));
}

static int run_stats(const void *wishes) {
    const struct stats_wishes *const w = wishes;
    struct listing l = {.json = w->json};
    struct totals t = {.l = &l};
    struct err e = {0};
    int status;
    bool ok = intel_open(w->store, &l.store, &e) &&
              (!w->source || intel_store_source_named(l.store, str_of(w->source), &t.source, &e));

    if (ok && !w->json)
        buf_add(&l.b,
                S("SOURCE  NAME                                    FORMAT          ITEMS  PROPOSED  REJECTED  LEFT "
                  "OUT  ADDED\n"));
    ok = ok && intel_store_sources(l.store, on_source, &t, &e);
    if (t.source)
        ok = ok && intel_store_left_out(l.store, t.source, on_left_out, &l, &e);
    else if ((ok = ok && intel_store_types(l.store, on_type, &t, &e))) {
        if (!l.told)
            l.b.len = 0;
        else if (w->json)
            totals_json(&t);
        else
            totals_text(&t);
    }
    status = end(&l, ok, "the store is empty: longwatch intel add fills it", &e);
    buf_free(&t.types);
    return status;
}

static const struct option list_options[] = {
    {.name = "type",
     .letter = 't',
     .argument = "TYPE",
     .type = OPTION_TEXT,
     .help = "only of this type: address, network, domain, url, md5, sha256, mail, file-name and others",
     .at = offsetof(struct list_wishes, type)},
    {.name = "group",
     .letter = 'g',
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "only of this group, by a name that the source gives it",
     .at = offsetof(struct list_wishes, group)},
    {.name = "source",
     .argument = "SOURCE",
     .type = OPTION_TEXT,
     .help = "only of this source: its number, its name, or how its SHA-256 begins",
     .at = offsetof(struct list_wishes, source)},
    {.name = "value",
     .argument = "TEXT",
     .type = OPTION_TEXT,
     .help = "only where this stands in the value",
     .at = offsetof(struct list_wishes, value)},
    {.name = "proposed",
     .type = OPTION_FLAG,
     .help = "only what was read out of prose and nobody has looked at yet",
     .at = offsetof(struct list_wishes, proposed)},
    {.name = "revoked",
     .type = OPTION_FLAG,
     .help = "only what its source has taken back",
     .at = offsetof(struct list_wishes, revoked)},
    {.name = "history",
     .type = OPTION_FLAG,
     .help = "also what newer versions of its feed no longer hold",
     .at = offsetof(struct list_wishes, history)},
    {.name = "limit",
     .letter = 'n',
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .help = "no more than N",
     .at = offsetof(struct list_wishes, limit)},
    {ROW_STORE, .at = offsetof(struct list_wishes, store)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object an item, with all that is known of it",
     .at = offsetof(struct list_wishes, json)},
};
const struct command command_intel_list = {
    .name = "intel list",
    .summary = "list what the store knows",
    .about =
        (const char *const[]){"Lists items of the store in the order of their sources: every mention of a value in "
                              "one source is one item. 'longwatch intel show VALUE' puts together what all sources "
                              "say of one value.",
                              NULL},
    .examples =
        (const struct example[]){
            {"longwatch intel list --group APT31 --type domain", "See the domains of a group"},
            {"longwatch intel list --json | jq -r .canonical", "Take all values to another program"},
            {NULL, NULL}},
    .options = list_options,
    .option_count = COUNT(list_options),
    .statuses = {[EXIT_NOTHING] = "listed",
                 [EXIT_USAGE] = "wrong usage, or no store",
                 [EXIT_INTERNAL] = "internal error, or a store that is damaged"},
    .wishes_size = sizeof(struct list_wishes),
    .run = run_list,
};

static const struct option stats_options[] = {
    {.argument = "SOURCE",
     .type = OPTION_TEXT,
     .help = "only this one, and all that was left out of it: its number, its name, or how its SHA-256 begins",
     .at = offsetof(struct stats_wishes, source)},
    {ROW_STORE, .at = offsetof(struct stats_wishes, store)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object a source, and one of the totals",
     .at = offsetof(struct stats_wishes, json)},
};
const struct command command_intel_stats = {
    .name = "intel stats",
    .summary = "list the sources of the store, and count what came of them",
    .about =
        (const char *const[]){"Lists every source with what came out of it, what was left out, and whether it is in "
                              "force or history; then the sum by type. Of one source it also says what was left out, "
                              "where, and why.",
                              NULL},
    .examples = (const struct example[]){{"longwatch intel stats", "See what is there"},
                                         {"longwatch intel stats advisory.pdf", "See what was left out of one source"},
                                         {NULL, NULL}},
    .options = stats_options,
    .option_count = COUNT(stats_options),
    .statuses = {[EXIT_NOTHING] = "listed",
                 [EXIT_USAGE] = "wrong usage, no store, or no such source",
                 [EXIT_INTERNAL] = "internal error, or a store that is damaged"},
    .wishes_size = sizeof(struct stats_wishes),
    .run = run_stats,
};
