/* update: `longwatch update`: public rules and lists into the data folder, fetched over HTTPS or taken from a file. */
#include <unistd.h>

#include "base/fetch.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/intel_text.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "hunt/update.h"
#include "report/finding_text.h"

#define SOURCES_BYTES ((size_t)1 << 20)
#define ARENA_BYTES ((size_t)16 << 20)

struct wishes {
    struct arguments what;
    const char *from, *data, *sources;
    bool check, json;
};

struct telling {
    const struct wishes *w;
    struct buf b;
    const char *name; /* of what is fetched, for progress */
    bool live;        /* there is a line of progress */
};

static void on_tick(void *ctx, uint64_t bytes, uint64_t of) {
    struct telling *const t = ctx;
    char room[2][SIZE_TEXT];

    if (!bytes || !terminal_live(stderr))
        return;
    if (of)
        fprintf(stderr, "\r%s: %s of %s\033[K", t->name, size_text(bytes, room[0]), size_text(of, room[1]));
    else
        fprintf(stderr, "\r%s: %s\033[K", t->name, size_text(bytes, room[0]));
    t->live = true;
}

static void tick_end(struct telling *t) {
    if (t->live)
        fputs("\r\033[K", stderr);
    t->live = false;
}

static void state_json(struct buf *b, const char *name, const struct update_state *s) {
    buf_format(b, ",\"%s\":", name);
    if (!s->there) {
        buf_add(b, S("null"));
        return;
    }
    buf_format(b, "{\"count\":%lu", (unsigned long)s->count);
    intel_json_number(b, "refused", s->refused);
    intel_json_text(b, "version", str_of(s->version));
    intel_json_text(b, "url", fetch_url_shown(s->url));
    intel_json_text(b, "sha256", str_of(s->sha256));
    intel_json_text(b, "fetched", str_of(s->fetched));
    intel_json_number(b, "size", s->size);
    buf_byte(b, '}');
}

/* "r2025-11-01: 3,201 rules, fetched 2025-11-03" */
static void state_text(struct buf *b, enum update_what what, const struct update_state *s) {
    char n[COUNT_TEXT];

    if (*s->version) {
        finding_short(b, str_of(s->version));
        buf_add(b, S(": "));
    }
    buf_format(b, "%s %.*s", count_text(s->count, n), STR_ARG(update_unit(what)));
    if (s->refused)
        buf_format(b, " and %s that cannot be used here", count_text(s->refused, n));
    buf_format(b, ", since %.10s", s->fetched);
}

static void line_begin(struct telling *t, enum update_what what, const char *status) {
    if (t->w->json) {
        buf_add(&t->b, S("{\"name\":"));
        buf_json(&t->b, update_name(what));
        intel_json_text(&t->b, "status", str_of(status));
    } else {
        buf_format(&t->b, "%-13.*s ", STR_ARG(update_name(what)));
    }
}

static void tell(struct telling *t, enum update_what what, const char *status, const struct update_state *held,
                 const struct update_state *got) {
    bool const changed = strcmp(status, "updated") == 0, newer = strcmp(status, "newer") == 0;

    line_begin(t, what, status);
    if (t->w->json) {
        state_json(&t->b, "held", held);
        state_json(&t->b, newer ? "offered" : "got", got);
        buf_add(&t->b, S("}\n"));
        return;
    }
    if (changed) {
        state_text(&t->b, what, got);
        if (held->there) {
            buf_add(&t->b, S("; before "));
            state_text(&t->b, what, held);
        }
        buf_format(&t->b, "\n              SHA-256 %s\n", got->sha256);
    } else if (newer) {
        buf_add(&t->b, S("something newer is offered"));
        if (*got->version) {
            buf_add(&t->b, S(": "));
            finding_short(&t->b, str_of(got->version));
        }
        buf_add(&t->b, held->there ? S("; held is ") : S("; nothing is held"));
        if (held->there)
            state_text(&t->b, what, held);
        buf_byte(&t->b, '\n');
    } else {
        buf_add(&t->b, S("the newest is there: "));
        state_text(&t->b, what, held);
        buf_byte(&t->b, '\n');
    }
}

/* What went wrong, and what is there all the same. */
static void tell_failed(struct telling *t, enum update_what what, const struct update_state *held,
                        const struct err *e) {
    str const name = update_name(what);
    str text = str_of(e->text);

    if (str_starts(text, name) && text.len > name.len + 2)
        text = str_from(text, name.len + 2);
    line_begin(t, what, "failed");
    if (t->w->json) {
        intel_json_text(&t->b, "why", text);
        state_json(&t->b, "held", held);
        buf_add(&t->b, S("}\n"));
        return;
    }
    buf_add(&t->b, S("not updated: "));
    finding_plain(&t->b, text, false);
    if (held->there) {
        buf_add(&t->b, S("\n              what was there stays: "));
        state_text(&t->b, what, held);
    } else if (e->code == ERR_IO && !t->w->from) {
        buf_format(&t->b,
                   "\n              fetch it elsewhere, and take it from a file: longwatch update %.*s --from FILE",
                   STR_ARG(name));
    }
    buf_byte(&t->b, '\n');
}

/* *status becomes the worst of all. False: e is ours, not that of what was fetched. */
static bool one(struct telling *t, const struct update_source *source, const char *data,
                const volatile sig_atomic_t *stop, int *status, struct err *e) {
    struct update const u = {.source = source,
                             .data = data,
                             .from = t->w->from,
                             .now = intel_now(),
                             .stop = stop,
                             .tick = t->w->json ? NULL : on_tick,
                             .ctx = t};
    struct update_state held, got;
    bool changed = false, ok;

    t->name = update_name(source->what).ptr;
    /* A note that cannot be read is no reason not to put a good one in its place. */
    if (!update_held(data, source->what, &held, e))
        held = (struct update_state){.there = false};
    ok = t->w->check ? update_offered(&u, &held, &got, &changed, e) : update_run(&u, &held, &got, &changed, e);
    tick_end(t);
    if (ok) {
        tell(t, source->what, changed ? t->w->check ? "newer" : "updated" : "newest", &held, &got);
        if (changed && t->w->check && *status == EXIT_NOTHING)
            *status = EXIT_FINDINGS;
    } else if (e->code == ERR_MEMORY || e->code == ERR_INTERRUPTED || e->code == ERR_USAGE) {
        return false;
    } else {
        tell_failed(t, source->what, &held, e);
        *status = EXIT_UNREADABLE;
    }
    return intel_out(&t->b, t->w->json, e);
}

static bool wished(const struct wishes *w, bool wanted[UPDATES], struct err *e) {
    for (unsigned k = 0; k < UPDATES; k++)
        wanted[k] = w->what.count == 0;
    for (size_t i = 0; i < w->what.count; i++) {
        struct nearest near = {w->what.items[i], NULL, 0};
        bool known = false;

        for (unsigned k = 0; k < UPDATES; k++) {
            bool const is = str_eq(str_of(w->what.items[i]), update_name((enum update_what)k));

            nearest_offer(&near, update_name((enum update_what)k).ptr);
            wanted[k] |= is;
            known |= is;
        }
        if (!known)
            return near.word ? err_set(e, ERR_USAGE, 0, "nothing to update is called '%.60s': did you mean '%s'?",
                                       w->what.items[i], near.word)
                             : err_set(e, ERR_USAGE, 0,
                                       "nothing to update is called '%.60s': there are sigma, attack and warninglists",
                                       w->what.items[i]);
    }
    if (w->from && w->what.count != 1)
        return err_set(e, ERR_USAGE, 0, "--from takes one thing from a file: longwatch update sigma --from FILE");
    if (w->from && w->check)
        return err_set(e, ERR_USAGE, 0, "--check asks what is offered, --from takes a file: one of the two");
    return true;
}

static bool sources_open(const char *path, struct arena *a, struct update_source sources[UPDATES], struct err *e) {
    struct buf text = {0};
    bool ok;

    if (!path)
        return update_sources(S(""), a, sources, e);
    ok = file_read(path, SOURCES_BYTES, &text, e) &&
         (update_sources(buf_str(&text), a, sources, e) || err_wrap(e, "%s", path));
    buf_free(&text);
    if (!ok && e->code == ERR_IO)
        e->code = ERR_USAGE;
    return ok;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct arguments const from = {(const char **)(uintptr_t)&w->from, w->from != NULL};
    struct telling t = {.w = w};
    struct arena *const a = arena_new(ARENA_BYTES);
    struct update_source sources[UPDATES];
    bool wanted[UPDATES];
    struct err e = {0};
    char *const data = w->data ? strdup(w->data) : intel_data_folder(NULL);
    int status = EXIT_NOTHING;
    bool ok = wished(w, wanted, &e) && paths_exist(&from, "update", false, &e);

    if (ok && !data)
        ok = err_set(&e, ERR_USAGE, 0,
                     "there is no home to keep it in: name a folder with --data, or set LONGWATCH_DATA");
    if (ok)
        ok = a ? sources_open(w->sources, a, sources, &e) : err_set(&e, ERR_MEMORY, 0, "no memory");
    if (ok) {
        const volatile sig_atomic_t *const stop = interrupt_catch();

        for (unsigned i = 0; ok && i < UPDATES; i++)
            if (wanted[i])
                ok = one(&t, &sources[i], data, stop, &status, &e);
    }
    ok = ok && intel_out(&t.b, w->json, &e);
    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    buf_free(&t.b);
    arena_free(a);
    free(data);
    return ok ? status : tell_error(&e);
}

static const struct option options[] = {
    {.argument = "NAME",
     .type = OPTION_TEXT,
     .many = true,
     .help = "sigma, attack, warninglists; without one, all three",
     .at = offsetof(struct wishes, what)},
    {.name = "from",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "take it from a file that was fetched elsewhere; no network is asked",
     .at = offsetof(struct wishes, from)},
    {.name = "data",
     .argument = "DIR",
     .type = OPTION_FOLDER,
     .help = "where it is kept; usually $LONGWATCH_DATA, else ~/.local/share/longwatch",
     .at = offsetof(struct wishes, data)},
    {.name = "sources",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "other addresses than those built in, for a mirror of your own: a copy of data/update.yml",
     .at = offsetof(struct wishes, sources)},
    {.name = "check",
     .type = OPTION_FLAG,
     .help = "say whether something newer is offered, and change nothing",
     .at = offsetof(struct wishes, check)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object for each, for machines",
     .at = offsetof(struct wishes, json)},
};
const struct command command_update = {
    .name = "update",
    .summary = "fetch public rules and lists, or take them from a file",
    .about =
        (const char *const[]){
            "Fetches the rules that SigmaHQ released, MITRE ATT&CK, and the MISP warninglists over "
            "HTTPS into the data folder. Each is checked before it takes the place of the one before: "
            "its size, that it is what it should be and can be read, that it did not shrink by half, "
            "and its SHA-256 where the publisher names one. When anything is wrong the one before "
            "stays.",
            "Then 'longwatch hunt --rules' takes the folder `sigma`, and the store of intelligence "
            "knows the warninglists and the groups of ATT&CK.",
            "Besides 'longwatch intel add' with an address, this is the only command that asks a "
            "network.",
            NULL},
    .examples = (const struct example[]){{"longwatch update", "Fetch all three"},
                                         {"longwatch update sigma --from sigma_all_rules.zip",
                                          "Take rules that were fetched on another machine"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "the newest is there",
                 [EXIT_FINDINGS] = "with --check: something newer is offered",
                 [EXIT_USAGE] = "wrong usage; nothing was done",
                 [EXIT_UNREADABLE] =
                     "something could not be fetched, or is not what it should be; the one before stays",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
