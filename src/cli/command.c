/* command: names of commands, errors, and the loading that several commands share. */
#include "cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "detection/gate.h"
#include "intel/rule_cache.h"
#include "report/finding_text.h"

/* Words of the command line may be names out of an evidence folder: nothing in them is obeyed by the terminal. */
static void say(str text) {
    struct buf b = {0};

    finding_plain(&b, text, false);
    fprintf(stderr, "longwatch: %.*s\n", STR_ARG(b.failed ? S("no memory to say what is wrong") : buf_str(&b)));
    buf_free(&b);
}

int usage_error(const char *command, const char *fmt, ...) {
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    say(str_of(text));
    fprintf(stderr, "See 'longwatch %s%s--help'.\n", command, *command ? " " : "");
    return EXIT_USAGE;
}

int tell_error(const struct err *e) {
    say(str_of(e->text));
    return e->code == ERR_USAGE ? EXIT_USAGE : e->code == ERR_REFUSED ? EXIT_REFUSED : EXIT_INTERNAL;
}

int print_all(struct buf *b, int status) {
    struct err e;

    if (b->failed)
        err_set(&e, ERR_MEMORY, 0, "no memory to print");
    else if (fwrite(b->ptr, 1, b->len, stdout) != b->len || fflush(stdout) != 0)
        err_system(&e, "standard output");
    else
        e.code = ERR_NONE;
    buf_free(b);
    return e.code == ERR_NONE ? status : tell_error(&e);
}

bool command_within(const struct command *c, str name) {
    return !name.len || (str_starts(str_of(c->name), name) && (c->name[name.len] == '\0' || c->name[name.len] == ' '));
}

/* How many words of argv[1]... the name takes up, or -1 when it is not theirs. */
static int words_taken(const char *name, int argc, char *const *argv) {
    int taken = 0;

    while (*name) {
        size_t const len = strcspn(name, " ");

        if (taken + 1 >= argc || !str_eq((str){name, len}, str_of(argv[taken + 1])))
            return -1;
        taken++;
        name += len + (name[len] == ' ');
    }
    return taken;
}

const struct command *command_named(int argc, char *const *argv, int *used) {
    const struct command *best = commands[0];

    *used = 0;
    for (size_t i = 1; i < command_count; i++) {
        int const taken = words_taken(commands[i]->name, argc, argv);

        if (taken > *used) {
            *used = taken;
            best = commands[i];
        }
    }
    return best;
}

bool paths_exist(const struct arguments *paths, const char *what, bool folders, struct err *e) {
    struct stat st;

    for (size_t i = 0; i < paths->count; i++) {
        const char *const path = paths->items[i];

        if (stat(path, &st) == 0) {
            if (folders && !S_ISDIR(st.st_mode))
                return err_set(e, ERR_USAGE, 0, "%s: %s is no folder: give the one it lies in", what, path);
            continue;
        }
        if (errno == ENOENT)
            return err_set(e, ERR_USAGE, 0, "%s: %s is not there: check the spelling, or give the whole path", what,
                           path);
        return err_set(e, ERR_USAGE, 0, "%s: %s: %s", what, path, strerrordesc_np(errno));
    }
    return true;
}

bool outside_case(const char *file, const char *folder, struct err *e) {
    struct buf parent = {0};
    struct stat a, b;
    const char *const slash = strrchr(file, '/');
    bool ok = true;

    if (!slash)
        buf_add(&parent, S("."));
    else
        buf_add(&parent, slash == file ? S("/") : (str){file, (size_t)(slash - file)});
    buf_byte(&parent, '\0');
    if (parent.failed)
        ok = err_set(e, ERR_MEMORY, 0, "no memory");
    else if (stat(parent.ptr, &a) == 0 && stat(folder, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        ok = err_set(e, ERR_USAGE, 0, "%s lies in the case: nothing but its own files may; give another place", file);
    buf_free(&parent);
    return ok;
}

bool rules_open(const struct arguments *paths, const struct rule_text *more, size_t more_count,
                const char *placeholders, bool strict, struct sigma_loader **loader, const struct sigma_set **set,
                struct err *e) {
    const struct arguments file = {&placeholders, placeholders != NULL};
    char *folder;
    bool ok;

    if (!paths_exist(paths, "rules", false, e) || !paths_exist(&file, "placeholders", false, e) ||
        !sigma_loader_new(loader, e))
        return false;
    if (strict)
        sigma_strict_placeholders(*loader);
    if (placeholders) {
        struct buf text = {0};

        ok = file_read(placeholders, 16u << 20, &text, e) &&
             sigma_load_placeholders(*loader, str_of(placeholders), buf_str(&text), e);
        buf_free(&text);
        if (!ok)
            goto fail;
    }
    folder = rule_cache_folder();
    sigma_cache(*loader, folder);
    ok = paths->count == 0 || sigma_load_paths(*loader, paths->items, paths->count, e);
    for (size_t i = 0; ok && i < more_count; i++)
        ok = sigma_load_text(*loader, more[i].path, more[i].text, e);
    ok = ok && sigma_load_end(*loader, set, e);
    sigma_cache(*loader, NULL);
    free(folder);
    if (!ok)
        goto fail;
    if ((*set)->verdict_count || paths->count == 0)
        return true;
    err_set(e, ERR_USAGE, 0, "rules: there is no rule in %s%s: rules are files named .yml or .yaml", paths->items[0],
            paths->count > 1 ? ", nor in the others" : "");
fail:
    sigma_loader_free(*loader);
    *loader = NULL;
    return false;
}

bool kinds_open(const struct arguments *dirs, struct fields *fields, struct kinds **out, struct err *e) {
    struct kinds *k = NULL;

    if (!paths_exist(dirs, "kinds", true, e) || !kinds_new(&k, fields, e))
        return false;
    if (!kinds_load_builtin(k, e))
        goto fail;
    for (size_t i = 0; i < dirs->count; i++)
        if (!kinds_load_dir(k, dirs->items[i], false, e))
            goto fail;
    if (!kinds_seal(k, e))
        goto fail;
    *out = k;
    return true;
fail:
    kinds_free(k);
    return false;
}

bool networks_open(const struct arguments *files, struct geo **out, struct err *e) {
    return paths_exist(files, "geo", false, e) && (files->count == 0 || geo_open(out, files->items, files->count, e));
}

bool zone_open(const struct zone_wish *wish, struct zone_rules **out, struct err *e) {
    const char *const folder = getenv("TZDIR");

    if (!wish->name)
        return true;
    if (!wish->named)
        return (*out = zone_rules_fixed(wish->seconds)) || err_set(e, ERR_MEMORY, 0, "no memory for a zone's rules");
    if (zone_rules_open(folder && *folder ? folder : ZONE_FOLDER, str_of(wish->name), out, e))
        return true;
    e->code = e->code == ERR_MEMORY ? ERR_MEMORY : ERR_USAGE;
    return err_wrap(e, "--zone");
}

bool times_usable(const char *command, int64_t from, int64_t to) {
    if (from == INSTANT_NONE || to == INSTANT_NONE || from < to)
        return true;
    (void)usage_error(command, "no event is from --from on and before --to: --to must be later");
    return false;
}

bool rules_shut(const struct sigma_set *set, struct fields *fields, const struct kinds *kinds, str **shut,
                struct err *e) {
    str *const list = calloc(set->rule_count + 1, sizeof *list);
    struct test_scratch scratch;
    struct plan *plan = NULL;
    bool ok;

    if (!list)
        return err_set(e, ERR_MEMORY, 0, "no memory to check rules against kinds");
    if ((ok = test_scratch_init(&scratch, e))) {
        ok = plan_new(&plan, set, fields, e);
        for (uint32_t i = 0; ok && i < set->rule_count; i++) {
            enum gate gate;

            list[i] = S("");
            if (set->rules[i]->type == SIGMA_DETECTION)
                ok = gate_of(plan, fields, kinds, i, &scratch, &gate, &list[i], e);
        }
        plan_free(plan);
        test_scratch_free(&scratch);
    }
    if (ok)
        *shut = list;
    else
        free(list);
    return ok;
}
