/* test_kinds: every log source that the public Windows rules name has a kind, or is known to have none. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "codec/yaml.h"
#include "event/kind.h"

/* Only the ETW provider Microsoft-Windows-Kernel-File tells these; no log holds them by default (docs/kinds.md). */
static const char *const no_source[] = {"file_access", "file_rename"};

struct tally {
    struct kinds *kinds;
    size_t rules, known, without, unknown;
    char first_unknown[300];
};

static bool part_fits(str rule, str kind) {
    return rule.len == 0 || str_eq_ascii(rule, kind);
}

static bool has_kind(const struct kinds *k, str category, str product, str service) {
    for (size_t i = 0; i < kinds_count(k); i++)
        for (size_t j = 0; j < kinds_at(k, i)->logsource_count; j++) {
            const struct kind_logsource *const l = &kinds_at(k, i)->logsources[j];

            if (part_fits(category, l->category) && part_fits(product, l->product) && part_fits(service, l->service))
                return true;
        }
    return false;
}

static void check_rule(struct tally *t, const struct yaml_node *rule, const char *path) {
    const struct yaml_node *const source = yaml_get(rule, "logsource");
    str const category = yaml_text(source, "category"), product = yaml_text(source, "product");
    str const service = yaml_text(source, "service");
    bool expected = false;

    if (!source || (!str_eq_ascii(product, S("windows")) && !str_eq_ascii(category, S("antivirus"))))
        return;
    t->rules++;
    for (size_t i = 0; i < COUNT(no_source); i++)
        expected = expected || str_eq(category, str_of(no_source[i]));
    if (has_kind(t->kinds, category, product, service))
        t->known++;
    else if (expected)
        t->without++;
    else if (t->unknown++ == 0)
        snprintf(t->first_unknown, sizeof t->first_unknown, "%s", path);
}

static void check_file(struct tally *t, const char *path) {
    struct arena *const a = arena_new(64 << 20);
    struct yaml_node **documents;
    struct buf text = {0};
    struct err e = {0};
    size_t count = 0;

    if (!file_read(path, YAML_BYTES_MAX, &text, &e) || !yaml_read(buf_str(&text), a, &documents, &count, &e))
        fail_msg("%s: %s", path, e.text);
    for (size_t i = 0; i < count; i++)
        check_rule(t, documents[i], path);
    buf_free(&text);
    arena_free(a);
}

static void check_below(struct tally *t, const char *path, int depth) {
    DIR *const dir = opendir(path);

    if (!dir || depth > 8)
        fail_msg("%s cannot be read", path);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char inner[4096];
        struct stat is;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (stat(inner, &is) == 0 && S_ISDIR(is.st_mode))
            check_below(t, inner, depth + 1);
        else if (str_ends(str_of(inner), S(".yml")))
            check_file(t, inner);
    }
    closedir(dir);
}

static void windows_rules_have_kinds(void **state) {
    static const char *const folders[] = {"rules", "rules-emerging-threats", "rules-threat-hunting", "rules-placeholder",
                                          "rules-compliance"};
    const char *const shared = getenv("LONGWATCH_SHARED") ? getenv("LONGWATCH_SHARED") : "../shared";
    struct fields *const fields = fields_new();
    struct tally t = {0};
    struct err e = {0};
    char path[4096];
    struct stat is;

    (void)state;
    snprintf(path, sizeof path, "%s/data/sigma/rules", shared);
    if (stat(path, &is) != 0) {
        print_message("SKIP: no rules at %s (set LONGWATCH_SHARED)\n", path);
        fields_free(fields);
        skip();
    }
    if (!kinds_new(&t.kinds, fields, &e) || !kinds_load_builtin(t.kinds, &e) || !kinds_seal(t.kinds, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT(folders); i++) {
        snprintf(path, sizeof path, "%s/data/sigma/%s", shared, folders[i]);
        if (stat(path, &is) == 0)
            check_below(&t, path, 0);
    }
    print_message("%zu rules: %zu have a kind, %zu have no log, %zu are unknown\n", t.rules, t.known, t.without, t.unknown);
    if (t.unknown > 0)
        fail_msg("no kind for the log source of %s", t.first_unknown);
    assert_true(t.rules > 1000);
    kinds_free(t.kinds);
    fields_free(fields);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_rules_have_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
