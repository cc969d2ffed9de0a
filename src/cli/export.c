/* export: `longwatch export CASE`: a case in the forms in which others take it. */
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/hunt_intel.h"
#include "report/export.h"
#include "report/finding_text.h"

#define TOLD 20u /* things that are marked more strictly */

struct wishes {
    const char *path, *stix, *navigator, *timeline, *csv, *incidents_csv;
    const char *tlp, *redact, *recipient, *key_file, *producer;
    int64_t created;
    struct arguments intel;
    bool drop, tlp_1;
};

/* ---- what was asked for ---- */

static const char *const tlp_words[] = {"clear", "green", "amber", "amber+strict", "red", NULL};
static const char *const redact_words[] = {"full", "pseudonyms", "counts", NULL};

static unsigned word_of(const char *word, const char *const *words, unsigned usual) {
    for (unsigned i = 0; word && words[i]; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return usual;
}

static bool usable(const struct wishes *w, struct err *e) {
    const char *const files[] = {w->stix, w->navigator, w->timeline, w->csv, w->incidents_csv};
    bool const pseudonyms = word_of(w->redact, redact_words, REDACT_NOTHING) == REDACT_PSEUDONYMS;
    size_t count = 0;

    for (size_t i = 0; i < COUNT(files); i++) {
        count += files[i] != NULL;
        if (files[i] && !outside_case(files[i], w->path, e))
            return false;
        for (size_t k = 0; files[i] && k < i; k++)
            if (files[k] && strcmp(files[i], files[k]) == 0)
                return err_set(e, ERR_USAGE, 0, "%s was named for two forms: name a file for each", files[i]);
    }
    if (!count)
        return err_set(
            e, ERR_USAGE, 0,
            "in which form? --stix FILE, --navigator FILE, --timeline FILE, --csv FILE, --incidents-csv FILE");
    if (pseudonyms != (w->key_file != NULL) || pseudonyms != (w->recipient != NULL))
        return err_set(e, ERR_USAGE, 0,
                       "pseudonyms are a recipient's own: --redact pseudonyms, --recipient NAME and --key-file FILE "
                       "go together");
    if (w->intel.count && !w->stix)
        return err_set(e, ERR_USAGE, 0, "--intel says what was not seen, which --stix alone can tell");
    return true;
}

/* ---- what may not be handed on ---- */

struct refusals {
    struct buf *b;
    size_t told;
};

static void on_refused(void *ctx, const struct export_refused *r) {
    struct refusals *const list = ctx;

    if (list->told++ >= TOLD)
        return;
    if (r->finding)
        buf_format(list->b, "  %s%lu: ", r->yara ? "finding of YARA " : "finding ", (unsigned long)r->finding);
    else
        buf_add(list->b, S("  an indicator that was not seen: "));
    buf_add(list->b, r->tlp == TLP_UNKNOWN ? S("a marking that is not known") : tlp_name(r->tlp));
    buf_add(list->b, S(", "));
    finding_short(list->b, r->what);
    buf_byte(list->b, '\n');
}

static bool allowed(const struct wishes *w, const struct export_wish *x, struct err *e) {
    struct buf text = {0};
    struct refusals list = {&text, 0};
    uint64_t count = 0;
    bool ok = export_check(x, on_refused, &list, &count, e);

    if (ok && count && !w->drop) {
        fwrite(buf_str(&text).ptr, 1, text.len, stderr);
        if (count > TOLD)
            fprintf(stderr, "  and %lu more\n", (unsigned long)(count - TOLD));
        ok = err_set(e, ERR_REFUSED, 0,
                     "%lu thing%s marked more strictly than %.*s: nothing was written; --drop leaves such things out",
                     (unsigned long)count, count == 1 ? " is" : "s are", STR_ARG(tlp_name(x->tlp)));
    }
    buf_free(&text);
    return ok;
}

/* ---- doing it ---- */

static bool write_form(const struct export_wish *x, const char *path,
                       bool (*form)(const struct export_wish *x, struct file_out *to, struct export_counts *n,
                                    struct err *e),
                       struct export_counts *n, struct err *e) {
    struct file_out *to;

    *n = (struct export_counts){0};
    if (!path)
        return true;
    if (!file_out_open(&to, path, e))
        return false;
    if (form(x, to, n, e))
        return file_out_commit(to, e);
    file_out_drop(to);
    return err_wrap(e, "%s", path);
}

static void number(struct buf *b, uint64_t n, const char *one, const char *rest) {
    if (n)
        buf_format(b, "; %lu %s%s %s", (unsigned long)n, one, n == 1 ? "" : "s", rest);
}

enum form { STIX, NAVIGATOR, TIMELINE, CSV, INCIDENTS, FORMS };

static void tell(struct buf *b, const char *path, enum form form, const struct export_counts *n) {
    static const char *const names[FORMS] = {"STIX", "Navigator", "timeline", "CSV", "incidents"};

    if (!path)
        return;
    buf_format(b, "%-10s ", names[form]);
    finding_plain(b, str_of(path), false);
    buf_add(b, S(": "));
    if (form != INCIDENTS)
        buf_format(b, "%lu finding%s", (unsigned long)n->findings, n->findings == 1 ? "" : "s");
    if (form == INCIDENTS || n->incidents)
        buf_format(b, "%s%lu incident%s", form == INCIDENTS ? "" : ", ", (unsigned long)n->incidents,
                   n->incidents == 1 ? "" : "s");
    number(b, n->incidents_dropped, "incident", "left out for their marking");
    number(b, n->incidents_reduced, "incident", "told without clues that are marked more strictly");
    if (form == INCIDENTS) {
        buf_byte(b, '\n');
        return;
    }
    number(b, n->dropped, "finding", "left out for their marking");
    number(b, n->reduced, "finding", "told without claims that are marked more strictly");
    number(b, n->salvaged, "finding", "in salvaged records left out");
    number(b, n->judgements_dropped, "judgement", "on groups left out, for the claims that are left out");
    number(b, n->untimed, "finding", "without a time");
    number(b, n->not_seen, "indicator", "looked for and not seen");
    number(b, n->nameless, "value", "not seen, of which no source gives an identifier");
    number(b, n->not_asked, "claim", "of sources that this case was not hunted with");
    buf_byte(b, '\n');
}

static int export_with(const struct wishes *w, const struct export_wish *x) {
    static bool (*const forms[FORMS])(const struct export_wish *x, struct file_out *to, struct export_counts *n,
                                      struct err *e) = {export_stix, export_navigator, export_timeline, export_csv,
                                                        export_incidents_csv};
    const char *const files[FORMS] = {w->stix, w->navigator, w->timeline, w->csv, w->incidents_csv};
    struct buf told = {0};
    struct err e = {0};

    if (!allowed(w, x, &e))
        return tell_error(&e);
    for (unsigned i = 0; i < FORMS; i++) {
        struct export_counts n;

        if (!write_form(x, files[i], forms[i], &n, &e)) {
            buf_free(&told);
            return tell_error(&e);
        }
        /* The timeline has no place for what has no time; the table has it. */
        n.untimed = i == STIX || i == TIMELINE ? n.untimed : 0;
        tell(&told, files[i], (enum form)i, &n);
    }
    return print_all(&told, EXIT_NOTHING);
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct export_wish x = {.path = w->path,
                            .tlp = (enum tlp)(TLP_CLEAR + word_of(w->tlp, tlp_words, TLP_RED - TLP_CLEAR)),
                            .tlp_1 = w->tlp_1,
                            .redact = (enum redaction)word_of(w->redact, redact_words, REDACT_NOTHING),
                            .recipient = str_of(w->recipient),
                            .producer = str_of(w->producer),
                            .created = w->created};
    const struct arguments given = {(const char **)(uintptr_t)&w->path, 1};
    const struct arguments key_given = {(const char **)(uintptr_t)&w->key_file, w->key_file != NULL};
    struct pseudonyms *pseudonyms = NULL;
    struct hunt_intel *intel = NULL;
    struct buf key = {0};
    struct err e = {0};
    int status;

    if (!paths_exist(&given, "case", true, &e) || !usable(w, &e) ||
        !paths_exist(&w->intel, "intelligence", false, &e) || !paths_exist(&key_given, "key", false, &e) ||
        (w->key_file && (!file_read(w->key_file, PSEUDONYM_KEY_MOST + 1, &key, &e) ||
                         !pseudonyms_new(&pseudonyms, buf_str(&key), &e))) ||
        !hunt_intel_open(&intel, &w->intel, &e)) {
        status = tell_error(&e);
    } else {
        x.pseudonyms = pseudonyms;
        x.asked = hunt_intel_set(intel);
        status = export_with(w, &x);
    }
    if (key.ptr)
        explicit_bzero(key.ptr, key.len);
    buf_free(&key);
    pseudonyms_free(pseudonyms);
    hunt_intel_close(intel);
    return status;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "CASE",
     .type = OPTION_FOLDER,
     .needed = "which case? longwatch export CASE --stix FILE",
     .help = "the directory that hunt -o has written",
     AT(path)},
    {.name = "stix", .argument = "FILE", .type = OPTION_PATH, .help = "write a STIX 2.1 bundle", AT(stix)},
    {.name = "navigator",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "write a layer for the ATT&CK Navigator",
     AT(navigator)},
    {.name = "timeline",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "write JSON lines for Timesketch",
     AT(timeline)},
    {.name = "csv",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "write findings as a table for spreadsheets",
     AT(csv)},
    {.name = "incidents-csv",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "write incidents, what they reached, opened and did, as a table",
     AT(incidents_csv)},
    {.name = "tlp",
     .argument = "LEVEL",
     .type = OPTION_WORD,
     .words = tlp_words,
     .help = "the marking of all of it: clear, green, amber, amber+strict, red; usually red",
     AT(tlp)},
    {.name = "drop",
     .type = OPTION_FLAG,
     .help = "leave out what is marked more strictly than --tlp, instead of refusing",
     AT(drop)},
    {.name = "tlp-1", .type = OPTION_FLAG, .help = "with --stix: markings of TLP 1.0, for older programs", AT(tlp_1)},
    {.name = "redact",
     .argument = "HOW",
     .type = OPTION_WORD,
     .words = redact_words,
     .help = "what is told of the institution: full, pseudonyms, counts; usually full",
     AT(redact)},
    {.name = "recipient",
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "with pseudonyms: whom they are for",
     AT(recipient)},
    {.name = "key-file",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "with pseudonyms: the recipient's key, 32 random bytes or more, which stays here",
     AT(key_file)},
    {.name = "intel",
     .letter = 'i',
     .argument = "PATH",
     .type = OPTION_PATH,
     .many = true,
     .help = "with --stix: say as well which of these indicators were hunted and not seen",
     AT(intel)},
    {.name = "producer",
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "with --stix: who says all this",
     AT(producer)},
    {.name = "created",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "with --stix: when it was made; usually the time of the latest finding or act",
     AT(created)},
};
const struct command command_export = {
    .name = "export",
    .summary = "hand on a case: STIX, ATT&CK Navigator, timeline, CSV",
    .about =
        (const char *const[]){
            "Writes the findings and incidents of a case in the forms in which partners and their programs take them, "
            "under one "
            "marking. What intelligence has marked more strictly is named, and nothing is written, unless --drop "
            "leaves it out. With --redact pseudonyms accounts, hosts, addresses, files and values bear names that are "
            "the recipient's own; with --redact counts none of them is told.",
            NULL},
    .examples =
        (const struct example[]){
            {"longwatch export ./case --stix findings.json --tlp amber", "Give a partner a STIX bundle"},
            {"longwatch export ./case --csv t.csv --redact pseudonyms --recipient CERT --key-file k",
             "The same without names"},
            {"longwatch export ./case --stix findings.json --tlp green --drop", "Without what must not be told"},
            {"longwatch export ./case --navigator layer.json", "See the techniques in the ATT&CK matrix"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "written",
                 [EXIT_USAGE] = "wrong usage, or no such case; nothing was written",
                 [EXIT_INTERNAL] = "internal error",
                 [EXIT_REFUSED] = "something is marked more strictly: nothing was written"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
