/* dossier: `longwatch dossier CASE`: the page that tells a case, made again. */
#include "base/file.h"
#include "cli/command.h"
#include "report/dossier.h"
#include "report/export.h"
#include "report/finding_text.h"

struct wishes {
    const char *path, *out, *tlp;
};

static const char *const tlp_words[] = {"clear", "green", "amber", "amber+strict", "red", NULL};

static enum tlp tlp_of(const char *word) {
    for (unsigned i = 0; word && tlp_words[i]; i++)
        if (strcmp(word, tlp_words[i]) == 0)
            return (enum tlp)(TLP_CLEAR + i);
    return DOSSIER_TLP;
}

/* What intelligence has marked more strictly must not be handed on under this marking. */
static bool allowed(const char *path, enum tlp tlp, struct err *e) {
    struct export_wish const x = {.path = path, .tlp = tlp};
    uint64_t count = 0;

    if (tlp == TLP_RED) /* nothing is stricter */
        return true;
    return export_check(&x, NULL, NULL, &count, e) &&
           (!count ||
            err_set(e, ERR_REFUSED, 0,
                    "%lu thing%s marked more strictly than %.*s: no dossier was written; longwatch export names them",
                    (unsigned long)count, count == 1 ? " is" : "s are", STR_ARG(tlp_name(tlp))));
}

static bool write_to(const char *path, const char *folder, enum tlp tlp, struct err *e) {
    struct file_out *to;

    if (!file_out_open(&to, path, e))
        return false;
    if (dossier_write(folder, tlp, to, e))
        return file_out_commit(to, e);
    file_out_drop(to);
    return false;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    const struct arguments given = {(const char **)(uintptr_t)&w->path, 1};
    enum tlp const tlp = tlp_of(w->tlp);
    struct buf b = {0};
    struct err e = {0};

    if (!paths_exist(&given, "case", true, &e) || !outside_case(w->out, w->path, &e) || !allowed(w->path, tlp, &e) ||
        !write_to(w->out, w->path, tlp, &e))
        return tell_error(&e);
    finding_plain(&b, str_of(w->out), false);
    buf_format(&b, ": the case as one page, %.*s\n", STR_ARG(tlp_name(tlp)));
    return print_all(&b, EXIT_NOTHING);
}

static const struct option options[] = {
    {.argument = "CASE",
     .type = OPTION_FOLDER,
     .needed = "which case? longwatch dossier CASE -o FILE",
     .help = "the directory that hunt -o has written",
     .at = offsetof(struct wishes, path)},
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .type = OPTION_PATH,
     .needed = "into which file? longwatch dossier CASE -o FILE",
     .help = "write the page to this file",
     .at = offsetof(struct wishes, out)},
    {.name = "tlp",
     .argument = "LEVEL",
     .type = OPTION_WORD,
     .words = tlp_words,
     .help = "its marking: clear, green, amber, amber+strict, red; usually red",
     .at = offsetof(struct wishes, tlp)},
};
const struct command command_dossier = {
    .name = "dossier",
    .summary = "tell a case as one page: dossier.html",
    .about =
        (const char *const[]){
            "Writes the page that a hunt puts into its case as dossier.html: five answers, what was looked at and what "
            "could not be seen, a time line, what was reached, every incident with the records it rests on, and "
            "whether they are gone. It is one file that loads nothing, and can be read in any browser, and printed.",
            "Of the same case the same version writes the same bytes. What intelligence has marked more strictly than "
            "--tlp forbids the page.",
            NULL},
    .examples = (const struct example[]){{"longwatch dossier ./case -o dossier.html", "Make the page again"},
                                         {"longwatch dossier ./case -o for-partners.html --tlp amber",
                                          "Make one that partners may have"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "written",
                 [EXIT_USAGE] = "wrong usage, no such case, or one of an older version; nothing was written",
                 [EXIT_INTERNAL] = "internal error, or a case that is damaged",
                 [EXIT_REFUSED] = "something is marked more strictly: nothing was written"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
