/* intel_show: `longwatch intel show VALUE`: all that is said of a value, however it is written, and of what holds it. */
#include "cli/command.h"
#include "cli/intel_text.h"
#include "cli/terminal.h"
#include "report/finding_text.h"

#define NETWORKS_MAX 64u
#define LABELS_MAX 64u
#define LABELS_UP 32u /* labels of a domain that are gone up */

struct wishes {
    const char *value, *store;
    bool history, json;
};

struct showing {
    const struct wishes *w;
    struct intel_store *store;
    struct intel_set *set; /* NULL: none */
    struct buf b;
    const char *how; /* "", "a network that holds it", ... */
    enum observable type;
    str canonical;
    uint64_t claims, here; /* here: of this value */
};

static bool on_item(void *ctx, const struct intel_stored_item *i, struct err *e) {
    struct showing *const s = ctx;
    char n[COUNT_TEXT];

    if (s->type == OBSERVABLE_NONE && i->item.form == ITEM_VALUE)
        return true; /* asked for by its type */
    s->claims++;
    if (s->w->json) {
        buf_add(&s->b, S("{\"how\":"));
        buf_json(&s->b, *s->how ? str_of(s->how) : S("exactly"));
        buf_byte(&s->b, ',');
        intel_json_item(&s->b, i);
        buf_add(&s->b, S("}\n"));
        return intel_out(&s->b, true, e);
    }
    if (s->here++ == 0) {
        buf_add(&s->b, s->claims > 1 ? S("\n") : S(""));
        finding_plain(&s->b, s->canonical.len ? s->canonical : i->canonical, false);
        buf_format(&s->b, "  %.*s", STR_ARG(intel_type_text(&i->item)));
        if (*s->how)
            buf_format(&s->b, ", %s", s->how);
        if (s->set && s->type != OBSERVABLE_NONE) {
            uint32_t const entry = intel_set_find(s->set, s->type, s->canonical);

            if (entry != INTEL_NONE) {
                struct intel_entry const known = intel_set_entry(s->set, entry);

                buf_format(&s->b, ": %s independent %s", known.witnesses ? count_text(known.witnesses, n) : "no",
                           known.witnesses < 2 ? "witness" : "witnesses");
            }
        }
        buf_byte(&s->b, '\n');
    } else {
        buf_byte(&s->b, '\n');
    }
    intel_claim(&s->b, i);
    return intel_out(&s->b, false, e);
}

/* The warninglists it is on. */
static bool labels(struct showing *s, struct err *e) {
    struct intel_label found[LABELS_MAX];
    size_t const count = s->set ? intel_set_labels(s->set, s->type, s->canonical, found, LABELS_MAX) : 0;

    s->claims += count > 0 && s->here == 0;
    for (size_t i = 0; i < count; i++) {
        if (s->w->json) {
            buf_add(&s->b, S("{\"label\":"));
            buf_json(&s->b, found[i].list);
            intel_json_text(&s->b, "type", observable_name(s->type));
            intel_json_text(&s->b, "value", s->canonical);
            intel_json_text(&s->b, "description", found[i].description);
            intel_json_text(&s->b, "category", found[i].category);
            intel_json_text(&s->b, "entry", found[i].entry);
            buf_add(&s->b, S("}\n"));
            continue;
        }
        if (!s->here && i == 0) {
            finding_plain(&s->b, s->canonical, false);
            buf_format(&s->b, "  %.*s\n", STR_ARG(observable_name(s->type)));
        }
        buf_add(&s->b, S("    on list    "));
        finding_plain(&s->b, found[i].list, false);
        if (!str_eq(found[i].entry, s->canonical)) {
            buf_add(&s->b, S(" ("));
            finding_short(&s->b, found[i].entry);
            buf_byte(&s->b, ')');
        }
        buf_byte(&s->b, '\n');
    }
    return intel_out(&s->b, s->w->json, e);
}

static bool ask(struct showing *s, enum observable type, str canonical, const char *how, struct err *e) {
    struct intel_store_query const q = {
        .type = type, .canonical = canonical, .history = s->w->history, .group = STR(""), .text = STR("")};

    s->type = type;
    s->canonical = canonical;
    s->how = how;
    s->here = 0;
    return intel_store_items(s->store, &q, on_item, s, e);
}

/* Every type under which somebody could know the value as it was typed. */
static bool exactly(struct showing *s, str value, struct err *e) {
    struct buf canonical = {0};
    const char *why;
    bool ok = ask(s, OBSERVABLE_NONE, value, "", e); /* patterns and expressions as they are */

    for (unsigned type = 1; ok && type < OBSERVABLES; type++) {
        canonical.len = 0;
        if (observable_canonical((enum observable)type, value, &canonical, &why) && canonical.len)
            ok = ask(s, (enum observable)type, buf_str(&canonical), "", e);
        else if (canonical.failed)
            ok = err_set(e, ERR_MEMORY, 0, "no memory");
        else
            continue;
        /* Of one that is only a text or a name, lists of networks and hosts say nothing; an address is no network. */
        if (ok && (s->here || type == OBSERVABLE_MAIL ||
                   ((enum observable)type <= OBSERVABLE_URL &&
                    (type != OBSERVABLE_NETWORK || str_find_byte(value, '/') != SIZE_MAX))))
            ok = labels(s, e);
    }
    buf_free(&canonical);
    return ok;
}

static bool networks(struct showing *s, str address, struct err *e) {
    uint32_t found[NETWORKS_MAX];
    struct address a;
    size_t count;
    bool ok = true;

    if (!s->set || !address_parse(address, &a))
        return true;
    count = intel_set_networks(s->set, &a, found, NETWORKS_MAX);
    for (size_t i = 0; ok && i < count; i++)
        ok = ask(s, OBSERVABLE_NETWORK, intel_set_entry(s->set, found[i]).value, "a network that holds it", e);
    return ok;
}

static bool domains_above(struct showing *s, str host, struct err *e) {
    for (unsigned i = 0; i < LABELS_UP; i++) {
        size_t const dot = str_find_byte(host, '.');

        if (dot == SIZE_MAX)
            return true;
        host = str_from(host, dot + 1);
        if (!ask(s, OBSERVABLE_DOMAIN, host, "a domain above it", e))
            return false;
    }
    return true;
}

/* What holds the value: networks, domains above; of a URL its host. */
static bool around(struct showing *s, str value, struct err *e) {
    struct buf canonical = {0};
    const char *why;
    enum observable const type = observable_guess(&value);
    bool ok = true;

    if (type != OBSERVABLE_ADDRESS && type != OBSERVABLE_DOMAIN && type != OBSERVABLE_URL)
        return true;
    if (!observable_canonical(type, value, &canonical, &why)) {
        ok = !canonical.failed || err_set(e, ERR_MEMORY, 0, "no memory");
        buf_free(&canonical);
        return ok;
    }
    if (type == OBSERVABLE_URL) {
        str const host = intel_url_host(buf_str(&canonical));
        struct address a;

        ok = address_parse(host, &a) ? ask(s, OBSERVABLE_ADDRESS, host, "its host", e) && networks(s, host, e)
                                     : ask(s, OBSERVABLE_DOMAIN, host, "its host", e) && domains_above(s, host, e);
    } else if (type == OBSERVABLE_ADDRESS) {
        ok = networks(s, buf_str(&canonical), e);
    } else {
        ok = domains_above(s, buf_str(&canonical), e);
    }
    buf_free(&canonical);
    return ok;
}

static bool set_open(struct showing *s, struct err *e) {
    char *const folder = intel_folder(s->w->store, e);
    struct buf path = {0};
    bool ok = folder != NULL;

    if (ok) {
        buf_format(&path, "%s/" INTEL_STORE_SET, folder);
        buf_byte(&path, '\0');
        ok = path.failed ? err_set(e, ERR_MEMORY, 0, "no memory") : intel_set_open(&s->set, path.ptr, e);
    }
    buf_free(&path);
    free(folder);
    return ok;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct showing s = {.w = w};
    struct buf value = {0};
    struct err e = {0};
    str asked, bare;
    bool ok;

    observable_refang(str_trim(str_of(w->value)), &value);
    asked = bare = buf_str(&value);
    ok = value.failed ? err_set(&e, ERR_MEMORY, 0, "no memory")
         : !asked.len ? err_set(&e, ERR_USAGE, 0, "which value? It is empty")
                      : intel_open(w->store, &s.store, &e) && set_open(&s, &e);
    /* 192.0.2.1:443 is asked as the address as well. */
    if (ok && observable_guess(&bare) == OBSERVABLE_NONE)
        bare = asked;
    ok = ok && exactly(&s, asked, &e) && (str_eq(bare, asked) || exactly(&s, bare, &e)) && around(&s, asked, &e);
    if (ok && !s.claims && !w->json) {
        buf_add(&s.b, S("nothing is known of "));
        finding_short(&s.b, asked);
        buf_byte(&s.b, '\n');
    }
    ok = ok && intel_out(&s.b, w->json, &e);
    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    buf_free(&s.b);
    buf_free(&value);
    intel_set_free(s.set);
    intel_store_close(s.store);
    return ok ? s.claims ? EXIT_FINDINGS : EXIT_NOTHING : tell_error(&e);
}

static const struct option options[] = {
    {.argument = "VALUE",
     .type = OPTION_TEXT,
     .needed = "which value? An address, a domain, a hash, ...",
     .help = "as it is written anywhere: evil[.]example, hxxps://..., hashes in any letters",
     .at = offsetof(struct wishes, value)},
    {.name = "history",
     .type = OPTION_FLAG,
     .help = "also what newer versions of its feed no longer hold",
     .at = offsetof(struct wishes, history)},
    {ROW_STORE, .at = offsetof(struct wishes, store)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object a claim, and one a warninglist that it is on",
     .at = offsetof(struct wishes, json)},
};
const struct command command_intel_show = {
    .name = "intel show",
    .summary = "say all that is known of a value",
    .about =
        (const char *const[]){"Looks the value up in the spelling that it is kept under, so that it may be typed as "
                              "it stands in a report. Every claim is told with its source and place, dates, window, "
                              "marking, confidence and group; then what holds it: networks, domains above, the host of "
                              "an address; and the warninglists it is on, which say that many others use it too. "
                              "Sources that copy each other are one witness.",
                              NULL},
    .examples = (const struct example[]){{"longwatch intel show 203.0.113.7", "Ask for an address"},
                                         {"longwatch intel show 'hxxps://login.evil[.]example/a'",
                                          "Ask for one as a report writes it"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "nothing is known of it",
                 [EXIT_FINDINGS] = "something is",
                 [EXIT_USAGE] = "wrong usage, or no store",
                 [EXIT_INTERNAL] = "internal error, or a store that is damaged"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
