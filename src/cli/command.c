/* command: options, errors, and the loading that several commands share. */
#include "cli/command.h"

#include <stdarg.h>

#include "base/file.h"
#include "detection/gate.h"
#include "intel/rule_cache.h"

int usage_error(const char *command, const char *fmt, ...) {
    va_list args;

    fputs("longwatch: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "\nSee 'longwatch %s --help'.\n", command);
    return EXIT_USAGE;
}

int fail(const struct err *e) {
    fprintf(stderr, "longwatch: %s\n", e->text);
    return e->code == ERR_USAGE ? EXIT_USAGE : EXIT_INTERNAL;
}

bool option_value(int argc, char **argv, int *at, const char *name, const char **value, bool *missing) {
    size_t const len = strlen(name);
    const char *const arg = argv[*at];

    *missing = false;
    if (strncmp(arg, name, len) != 0)
        return false;
    if (arg[len] == '=' && name[1] == '-') {
        *value = arg + len + 1;
    } else if (arg[len] != '\0') {
        return false;
    } else if (*at + 1 >= argc) {
        *missing = true;
    } else {
        *value = argv[++*at];
    }
    ++*at;
    return true;
}

bool rules_open(const struct arguments *paths, const char *placeholders, bool strict, struct sigma_loader **loader,
                const struct sigma_set **set, struct err *e) {
    char *folder;
    bool ok;

    if (!sigma_loader_new(loader, e))
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
    ok = sigma_load_paths(*loader, paths->items, paths->count, e) && sigma_load_end(*loader, set, e);
    sigma_cache(*loader, NULL);
    free(folder);
    if (ok)
        return true;
fail:
    sigma_loader_free(*loader);
    *loader = NULL;
    return false;
}

bool kinds_open(const struct arguments *dirs, struct fields *fields, struct kinds **out, struct err *e) {
    struct kinds *k = NULL;

    if (!kinds_new(&k, fields, e))
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

bool rules_shut(const struct sigma_set *set, struct fields *fields, const struct kinds *kinds, str **shut, struct err *e) {
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
