/* intel_add: `longwatch intel add FILE|DIR|URL...`: files of intelligence into the store, and what became of each. */
#include <unistd.h>

#include "base/fetch.h"
#include "base/file.h"
#include "base/hash.h"
#include "cli/command.h"
#include "cli/intel_text.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "hunt/intel_keep.h"
#include "report/finding_text.h"

#define REASONS_MAX 32u /* different ones of a source that are counted */
#define REASONS_SHOWN 4u

struct wishes {
    struct arguments what;
    const char *store, *tlp, *pap, *group, *origin, *as, *confidence;
    int64_t valid_from, valid_until;
    bool strict, observed, json, quiet;
};

struct reason {
    char why[120];
    uint64_t count;
};

struct adding {
    const struct wishes *w;
    struct buf b;
    struct reason reasons[REASONS_MAX];
    size_t reason_count;
    uint64_t other_reasons;
    uint64_t fresh, known, unread, rules, items, proposed, gone;
};

/* ---- what is told ---- */

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct adding *const a = ctx;
    size_t i = 0;

    (void)where, (void)what, (void)e;
    why = str_first(why, sizeof a->reasons[0].why - 1);
    while (i < a->reason_count && !str_eq(str_of(a->reasons[i].why), why))
        i++;
    if (i == REASONS_MAX) {
        a->other_reasons++;
        return true;
    }
    if (i == a->reason_count) {
        a->reason_count++;
        a->reasons[i].count = 0;
        snprintf(a->reasons[i].why, sizeof a->reasons[i].why, "%.*s", STR_ARG(why));
    }
    a->reasons[i].count++;
    return true;
}

static int by_count(const void *a, const void *b) {
    const struct reason *const x = a, *const y = b;

    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->why, y->why);
}

static void counted(struct buf *b, size_t from, uint64_t n, const char *one, const char *many) {
    char room[COUNT_TEXT];

    if (n)
        buf_format(b, "%s%s %s", b->len > from ? ", " : "", count_text(n, room), n == 1 ? one : many);
}

static void reasons_add(struct adding *a) {
    uint64_t rest = a->other_reasons;
    char room[COUNT_TEXT];

    qsort(a->reasons, a->reason_count, sizeof *a->reasons, by_count);
    for (size_t i = 0; i < a->reason_count; i++) {
        if (i >= REASONS_SHOWN) {
            rest += a->reasons[i].count;
            continue;
        }
        buf_format(&a->b, "        %s left out: ", count_text(a->reasons[i].count, room));
        finding_plain(&a->b, str_of(a->reasons[i].why), false);
        buf_byte(&a->b, '\n');
    }
    if (rest)
        buf_format(&a->b, "        %s left out for other reasons\n", count_text(rest, room));
}

static const char *status_of(const struct intel_loaded *s, bool known) {
    return s->file == INTEL_FILE_OTHER  ? "empty"
           : s->file == INTEL_FILE_NONE ? "not read"
           : s->twice                   ? "twice"
           : known                      ? "known"
                                        : "added";
}

static void told_text(struct adding *a, const struct intel_loaded *s, bool known) {
    size_t from;

    buf_format(&a->b, "%-8s ", status_of(s, known));
    finding_short(&a->b, s->name);
    buf_add(&a->b, S(": "));
    from = a->b.len;
    if (s->file == INTEL_FILE_NONE && !s->why.len)
        buf_add(&a->b, S("no format of intelligence that is known here"));
    else if (s->file == INTEL_FILE_OTHER)
        buf_add(&a->b, S("nothing in it"));
    else if (s->twice)
        buf_add(&a->b, S("the same bytes as a file before"));
    else if (known)
        buf_add(&a->b, S("the store has it already"));
    else if (s->format)
        buf_format(&a->b, "%s", s->format);
    if (!known && !s->twice) {
        counted(&a->b, from, s->items, "item", "items");
        counted(&a->b, from, s->proposed, "of them proposed", "of them proposed");
        counted(&a->b, from, s->context, "for context only", "for context only");
        counted(&a->b, from, s->revoked, "revoked", "revoked");
        counted(&a->b, from, s->label_lists, "warninglist", "warninglists");
        counted(&a->b, from, s->labels, "entry", "entries");
        counted(&a->b, from, s->groups, "name of a group", "names of groups");
        counted(&a->b, from, s->left_out, "left out", "left out");
    }
    if (s->why.len) {
        buf_add(&a->b, a->b.len > from ? S("; ") : S(""));
        finding_plain(&a->b, s->why, false);
    }
    buf_byte(&a->b, '\n');
    reasons_add(a);
}

static void told_json(struct adding *a, const struct intel_loaded *s, bool known) {
    buf_add(&a->b, S("{\"status\":"));
    buf_json(&a->b, str_of(status_of(s, known)));
    intel_json_text(&a->b, "name", s->name);
    intel_json_text(&a->b, "path", s->path);
    intel_json_text(&a->b, "sha256", str_of(s->sha256));
    intel_json_number(&a->b, "size", s->size);
    intel_json_text(&a->b, "format", str_of(s->format));
    intel_json_text(&a->b, "why", s->why);
    intel_json_number(&a->b, "items", s->items);
    intel_json_number(&a->b, "proposed", s->proposed);
    intel_json_number(&a->b, "context", s->context);
    intel_json_number(&a->b, "revoked", s->revoked);
    intel_json_number(&a->b, "label_lists", s->label_lists);
    intel_json_number(&a->b, "labels", s->labels);
    intel_json_number(&a->b, "groups", s->groups);
    intel_json_number(&a->b, "left_out", s->left_out);
    buf_add(&a->b, S(",\"reasons\":{"));
    qsort(a->reasons, a->reason_count, sizeof *a->reasons, by_count);
    for (size_t i = 0; i < a->reason_count; i++) {
        buf_add(&a->b, i ? S(",") : S(""));
        buf_json(&a->b, str_of(a->reasons[i].why));
        buf_format(&a->b, ":%lu", (unsigned long)a->reasons[i].count);
    }
    buf_add(&a->b, S("}}\n"));
}

static bool on_told(void *ctx, const struct intel_loaded *s, bool known, struct err *e) {
    struct adding *const a = ctx;
    bool const read = s->file == INTEL_FILE_ITEMS || s->file == INTEL_FILE_SIGMA || s->file == INTEL_FILE_YARA;

    a->known += read && (known || s->twice);
    a->fresh += read && !known && !s->twice;
    a->unread += s->file == INTEL_FILE_NONE || s->why.len > 0;
    a->rules += s->file == INTEL_FILE_SIGMA || s->file == INTEL_FILE_YARA;
    a->items += s->items;
    a->proposed += s->proposed;
    if (a->w->json)
        told_json(a, s, known);
    else if (!a->w->quiet || s->file == INTEL_FILE_NONE || s->why.len)
        told_text(a, s, known);
    a->reason_count = 0;
    a->other_reasons = 0;
    return intel_out(&a->b, a->w->json, e);
}

static bool on_damage(void *ctx, str path, str why, struct err *e) {
    struct adding *const a = ctx;

    a->unread++;
    if (a->w->json) {
        buf_add(&a->b, S("{\"status\":\"damaged\",\"path\":"));
        buf_json(&a->b, path);
        intel_json_text(&a->b, "why", why);
        buf_add(&a->b, S("}\n"));
    } else {
        buf_add(&a->b, S("damaged  "));
        finding_short(&a->b, path);
        buf_add(&a->b, S(": "));
        finding_plain(&a->b, why, false);
        buf_byte(&a->b, '\n');
    }
    return intel_out(&a->b, a->w->json, e);
}

/* ---- what is wished ---- */

static bool about_of(const struct wishes *w, struct import_about *about, struct err *e) {
    uint64_t confidence;

    *about = (struct import_about){.name = STR(""),
                                   .tlp = w->tlp ? tlp_named(str_of(w->tlp)) : TLP_NONE,
                                   .pap = w->pap ? pap_named(str_of(w->pap)) : PAP_NONE,
                                   .confidence = ITEM_CONFIDENCE_UNSAID,
                                   .group = str_of(w->group),
                                   .origin = str_of(w->origin),
                                   .valid_from = w->valid_from,
                                   .valid_until = w->valid_until,
                                   .strict = w->strict,
                                   .observed = w->observed};
    if (w->confidence && !str_u64(str_of(w->confidence), 100, &confidence))
        return err_set(e, ERR_USAGE, 0, "--confidence takes a whole number from 0 to 100, not '%.40s'", w->confidence);
    if (w->confidence)
        about->confidence = (uint8_t)confidence;
    return w->valid_from == INSTANT_NONE || w->valid_until == INSTANT_NONE || w->valid_from < w->valid_until ||
           err_set(e, ERR_USAGE, 0, "no time is both after --valid-from and before --valid-until");
}

static bool importer_of(const char *name, const struct importer **out, struct err *e) {
    struct nearest near = {name, NULL, 0};
    struct buf all = {0};

    *out = NULL;
    if (!name || (*out = import_named(str_of(name))))
        return true;
    for (size_t i = 0; importers[i]; i++) {
        nearest_offer(&near, importers[i]->name);
        buf_format(&all, "%s%s", i ? ", " : "", importers[i]->name);
    }
    if (all.failed)
        err_set(e, ERR_MEMORY, 0, "no memory");
    else if (near.word)
        err_set(e, ERR_USAGE, 0, "--as takes %.*s, not '%.40s': did you mean '%s'?", STR_ARG(buf_str(&all)), name,
                near.word);
    else
        err_set(e, ERR_USAGE, 0, "--as takes %.*s, not '%.40s'", STR_ARG(buf_str(&all)), name);
    buf_free(&all);
    return false;
}

static bool is_url(const char *s) {
    return strstr(s, "://") != NULL;
}

/* An address is known by what stands before a question mark, and by a hash of what stands behind it, which may be a key. */
static bool url_key(const char *url, struct buf *key, struct err *e) {
    str const shown = fetch_url_shown(url), rest = str_from(str_of(url), shown.len);
    struct sha256 *const h = rest.len ? sha256_new() : NULL;
    uint8_t sum[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    key->len = 0;
    buf_add(key, shown);
    if (h) {
        sha256_add(h, rest);
        sha256_end(h, sum);
        sha256_hex(sum, hex);
        buf_format(key, "?%.16s", hex);
    }
    buf_byte(key, '\0');
    key->failed |= rest.len && !h;
    sha256_free(h);
    return !key->failed || err_set(e, ERR_MEMORY, 0, "no memory");
}

static bool url_add(struct adding *a, struct intel_store *s, struct intel_keep *k, const char *url, struct err *e) {
    struct fetch const f = {.url = url, .bytes_max = IMPORT_BYTES_MAX, .stop = k->load.stop};
    struct buf key = {0}, shown = {0};
    char path[64];
    const char *const paths[] = {path};
    struct fetched got;
    uint64_t gone;
    int fd = -1;
    bool ok = url_key(url, &key, e) && file_temporary(&fd, NULL, e);

    buf_add(&shown, fetch_url_shown(url));
    buf_byte(&shown, '\0');
    ok = ok && (!shown.failed || err_set(e, ERR_MEMORY, 0, "no memory")) && fetch(&f, fd, &got, e);
    if (ok) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        k->load.paths = paths;
        k->load.path_count = 1;
        k->key = key.ptr;
        k->url = k->name = shown.ptr;
        ok = intel_keep(s, k, &gone, e);
        k->key = k->url = k->name = NULL;
        a->gone += ok ? gone : 0;
    }
    if (fd >= 0)
        close(fd);
    buf_free(&key);
    buf_free(&shown);
    return ok;
}

static bool add_all(struct adding *a, struct intel_store *s, struct intel_keep *k, struct err *e) {
    const char **const paths = calloc(a->w->what.count + 1, sizeof *paths);
    size_t count = 0;
    uint64_t gone;
    bool ok = paths != NULL || err_set(e, ERR_MEMORY, 0, "no memory");

    for (size_t i = 0; ok && i < a->w->what.count; i++)
        if (!is_url(a->w->what.items[i]))
            paths[count++] = a->w->what.items[i];
    if (ok && count) {
        k->load.paths = paths;
        k->load.path_count = count;
        ok = intel_keep(s, k, &gone, e);
        a->gone += ok ? gone : 0;
    }
    for (size_t i = 0; ok && i < a->w->what.count; i++)
        if (is_url(a->w->what.items[i]))
            ok = url_add(a, s, k, a->w->what.items[i], e);
    free(paths);
    return ok;
}

static void ends(struct adding *a) {
    char n[4][COUNT_TEXT];

    buf_format(&a->b, "%s added, %s known already, %s not read or not to the end; %s items\n",
               count_text(a->fresh, n[0]), count_text(a->known, n[1]), count_text(a->unread, n[2]),
               count_text(a->items, n[3]));
    if (a->gone)
        buf_format(&a->b, "%s that their feeds no longer hold are history: shown, and not hunted\n",
                   count_text(a->gone, n[0]));
    if (a->proposed)
        buf_format(&a->b, "%s were read out of prose: look at them with 'longwatch intel review'\n",
                   count_text(a->proposed, n[0]));
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct adding a = {.w = w};
    struct intel_keep k = {
        .now = intel_now(), .told = on_told, .damage = on_damage, .left_out = on_left_out, .ctx = &a};
    struct intel_store *s = NULL;
    char *folder = NULL;
    struct err e = {0};
    bool ok = about_of(w, &k.load.about, &e) && importer_of(w->as, &k.load.as, &e);
    int status;

    for (size_t i = 0; ok && i < w->what.count; i++) {
        struct arguments const one = {&w->what.items[i], 1};

        ok = is_url(w->what.items[i]) ? fetch_url_good(w->what.items[i], &e)
                                      : paths_exist(&one, "intelligence", false, &e);
    }
    if (!ok)
        return tell_error(&e);
    k.load.stop = interrupt_catch();
    ok = (folder = intel_folder(w->store, &e)) && intel_store_write(&s, folder, INTEL_WAIT_MS, &e) &&
         add_all(&a, s, &k, &e) && intel_store_commit(s, &e);
    intel_store_close(s);
    free(folder);
    if (ok && !w->json)
        ends(&a);
    ok = ok && intel_out(&a.b, w->json, &e);
    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    buf_free(&a.b);
    status = ok ? a.unread ? EXIT_UNREADABLE : EXIT_NOTHING : tell_error(&e);
    /* What could not be fetched, or was broken and had to be whole, is no fault of the program's. */
    return !ok && (e.code == ERR_IO || e.code == ERR_LIMIT || e.code == ERR_CORRUPT) ? EXIT_UNREADABLE : status;
}

static const char *const tlps[] = {"clear", "green", "amber", "amber+strict", "red", NULL};
static const char *const paps[] = {"clear", "green", "amber", "red", NULL};

static const struct option options[] = {
    {.argument = "FILE|DIR|URL",
     .type = OPTION_PATH,
     .many = true,
     .needed = "which intelligence? Name files, folders, or addresses that begin with https://",
     .help = "indicators, rules, warninglists, advisories: files, folders, archives, or an address",
     .at = offsetof(struct wishes, what)},
    {ROW_STORE, .at = offsetof(struct wishes, store)},
    {.name = "tlp",
     .argument = "COLOUR",
     .type = OPTION_WORD,
     .words = tlps,
     .help = "how far it may be passed on, where it does not say so itself: clear, green, amber, amber+strict, red",
     .at = offsetof(struct wishes, tlp)},
    {.name = "pap",
     .argument = "COLOUR",
     .type = OPTION_WORD,
     .words = paps,
     .help = "what may be done with it, where it does not say so itself: clear, green, amber, red",
     .at = offsetof(struct wishes, pap)},
    {.name = "group",
     .letter = 'g',
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "all of it is of this group, where it does not say so itself",
     .at = offsetof(struct wishes, group)},
    {.name = "origin",
     .argument = "WHERE",
     .type = OPTION_TEXT,
     .help = "the report it comes from, by address or number: two files of one origin are one witness",
     .at = offsetof(struct wishes, origin)},
    {.name = "confidence",
     .argument = "NUMBER",
     .type = OPTION_TEXT,
     .help = "how sure it is, where it does not say so itself",
     .at = offsetof(struct wishes, confidence)},
    {.name = "valid-from",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "since when it holds, where it gives no window itself",
     .at = offsetof(struct wishes, valid_from)},
    {.name = "valid-until",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "until when it holds, where it gives no window itself",
     .at = offsetof(struct wishes, valid_until)},
    {.name = "as",
     .argument = "FORMAT",
     .type = OPTION_TEXT,
     .help = "read it as this format, whatever it looks like: stix, misp, csv, list, advisory and others",
     .at = offsetof(struct wishes, as)},
    {.name = "observed",
     .type = OPTION_FLAG,
     .help = "what STIX bundles merely observed as well, as context",
     .at = offsetof(struct wishes, observed)},
    {.name = "strict",
     .type = OPTION_FLAG,
     .help = "add nothing at all when something breaks its format's specification; otherwise what can be understood",
     .at = offsetof(struct wishes, strict)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object a file, for machines",
     .at = offsetof(struct wishes, json)},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .help = "only what could not be read, and the counts",
     .at = offsetof(struct wishes, quiet)},
};
const struct command command_intel_add = {
    .name = "intel add",
    .summary = "keep indicators, rules, warninglists and advisories in the store",
    .about =
        (const char *const[]){"Reads STIX, MISP, OpenIOC, CSV and plain lists, warninglists, galaxies, Sigma, YARA, "
                              "and advisories as text, HTML or PDF, each told by its content, inside archives as "
                              "well. The file itself is kept with them. 'longwatch hunt --known' looks for all that "
                              "is in the store.",
                              "The same file again is the same source. A newer version of a file or address "
                              "takes the place of the older one; what it no longer holds stays as history.",
                              "An address is asked only because you name it, over HTTPS alone, without "
                              "credentials. Nothing else that this command does needs a network.",
                              NULL},
    .examples =
        (const struct example[]){
            {"longwatch intel add advisory.pdf --group APT31 --tlp amber", "Keep the indicators of an advisory"},
            {"longwatch intel add ./feeds https://cert.example/feed.json", "Keep a folder and a feed"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "added, or there already",
                 [EXIT_USAGE] = "wrong usage; nothing was done",
                 [EXIT_UNREADABLE] = "something could not be read or fetched; with --strict nothing was added",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
