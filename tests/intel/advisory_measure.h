/* advisory_measure: folders of advisories, each document with its sidecar NAME.expect, against what the importer takes out of them. For one .c
 * of a test each. A line of a sidecar: type, blank or tab, value; `~` in front: either judgement is right; `#`: why. */
#ifndef TESTS_ADVISORY_MEASURE_H
#define TESTS_ADVISORY_MEASURE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "evidence/pdf.h"
#include "intel/import.h"

struct measured {
    size_t documents, right, wrong, missed;
};

/* The folder, beside this test. */
static const char *measure_path(const char *folder, char room[300]) {
    const char *const source = getenv("LONGWATCH_SOURCE");

    snprintf(room, 300, "%s/tests/intel/%s", source ? source : "..", folder);
    return room;
}

static double measure_part(size_t part, size_t rest) {
    return part + rest ? (double)part / (double)(part + rest) : 1;
}

static bool measure_slurp(const char *path, struct buf *out) {
    FILE *const f = fopen(path, "re");
    char bytes[65536];
    size_t n;

    if (!f)
        return false;
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        buf_add(out, (str){bytes, n});
    fclose(f);
    return !out->failed;
}

/* Its text, as `longwatch intel add` would have it. */
static void measure_text(const char *path, struct buf *out) {
    struct err e = {0};
    struct buf head = {0};

    assert_true(measure_slurp(path, &head));
    if (pdf_begins(buf_str(&head))) {
        struct pdf_limits const limits = pdf_limits_for(head.len);
        int const fd = open(path, O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        if (!pdf_text(fd, &limits, out, &e))
            fail_msg("%s: %s", path, e.text);
        close(fd);
    } else {
        buf_add(out, buf_str(&head));
    }
    buf_free(&head);
}

static bool measure_has(str lines, str line) {
    for (str rest = lines; rest.len;) {
        size_t const end = str_find_byte(rest, '\n');

        if (str_eq(str_first(rest, end), line))
            return true;
        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
    }
    return false;
}

/* Adds "type canonical-value" as a line, once. */
static void measure_add(struct buf *lines, enum observable type, str value, const char *path) {
    size_t const before = lines->len;
    const char *why;

    buf_add(lines, observable_name(type));
    buf_byte(lines, ' ');
    if (!observable_canonical(type, value, lines, &why))
        fail_msg("%s: %.*s %.*s: %s", path, STR_ARG(observable_name(type)), STR_ARG(value), why);
    if (measure_has((str){lines->ptr, before}, (str){lines->ptr + before, lines->len - before}))
        lines->len = before;
    else
        buf_byte(lines, '\n');
}

static void measure_expected(const char *path, struct buf *want, struct buf *may) {
    struct buf all = {0};

    assert_true(measure_slurp(path, &all));
    for (str rest = buf_str(&all); rest.len;) {
        size_t const end = str_find_byte(rest, '\n');
        str line = str_trim(str_first(rest, end));

        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
        if (line.len == 0 || *line.ptr == '#')
            continue;
        bool const either = *line.ptr == '~';

        if (either)
            line = str_from(line, 1);
        size_t word = 0;

        while (word < line.len && line.ptr[word] != ' ' && line.ptr[word] != '\t')
            word++;
        measure_add(either ? may : want, observable_named(str_first(line, word)), str_trim(str_from(line, word)), path);
    }
    buf_free(&all);
}

struct measure_ctx {
    struct buf items;
    const char *path;
};

static bool measure_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct measure_ctx *const c = ctx;
    (void)e;

    assert_true(item->form == ITEM_VALUE && item->proposed && !item->revoked && !item->context);
    measure_add(&c->items, item->type, item->value, c->path);
    return true;
}

static bool measure_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)ctx;
    (void)where;
    (void)what;
    (void)why;
    (void)e;
    return true;
}

/* Lines of `of` that neither a nor b have, told. */
static size_t measure_missing(const char *name, const char *what, str of, str a, str b) {
    size_t count = 0;

    for (str rest = of; rest.len;) {
        size_t const end = str_find_byte(rest, '\n');
        str const line = str_first(rest, end);

        if (!measure_has(a, line) && !measure_has(b, line)) {
            print_message("%s: %s %.*s\n", name, what, STR_ARG(line));
            count++;
        }
        rest = str_from(rest, end + 1);
    }
    return count;
}

static size_t measure_lines(str lines) {
    size_t count = 0;

    for (size_t i = 0; i < lines.len; i++)
        count += lines.ptr[i] == '\n';
    return count;
}

static void measure_document(const char *folder, const char *name, struct measured *all) {
    char path[600], sidecar[620];
    struct buf text = {0}, want = {0}, may = {0};
    struct measure_ctx c = {.path = path};
    struct import_about const about = {.name = S("test"),
                                       .confidence = ITEM_CONFIDENCE_UNSAID,
                                       .valid_from = INSTANT_NONE,
                                       .valid_until = INSTANT_NONE};
    struct intel_sink const sink = {.ctx = &c, .item = measure_item, .left_out = measure_left_out};
    const struct importer *const advisory = import_named(S("advisory")), *used;
    struct err e = {0};

    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(sidecar, sizeof sidecar, "%s.expect", path);
    if (access(sidecar, R_OK) != 0)
        return;
    measure_text(path, &text);
    measure_expected(sidecar, &want, &may);
    if (import_recognise(buf_str(&text)) != advisory)
        fail_msg("%s: not known for an advisory", path);
    if (!import_bytes(buf_str(&text), NULL, &about, &sink, &used, &e))
        fail_msg("%s: %s", path, e.text);

    str const items = buf_str(&c.items), wanted = buf_str(&want);
    size_t const wrong = measure_missing(name, "wrongly taken:", items, wanted, buf_str(&may)),
                 missed = measure_missing(name, "missed:", wanted, items, S("")),
                 right = measure_lines(wanted) - missed;

    print_message("%s: %zu of %zu, %zu wrong: precision %.4f, recall %.4f\n", name, right, right + missed, wrong,
                  measure_part(right, wrong), measure_part(right, missed));
    all->documents++;
    all->right += right;
    all->wrong += wrong;
    all->missed += missed;
    buf_free(&text);
    buf_free(&want);
    buf_free(&may);
    buf_free(&c.items);
}

static int measure_by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* All documents of the folder; figures of each and of all are printed, with what was wrong. */
static void measure_folder(const char *name, size_t documents_min, double precision_min, double recall_min) {
    struct dirent **names;
    char room[300];
    const char *const folder = measure_path(name, room);
    int const count = scandir(folder, &names, NULL, measure_by_name);
    struct measured all = {0};

    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        measure_document(folder, names[i]->d_name, &all);
        free(names[i]);
    }
    free(names);
    double const precision = measure_part(all.right, all.wrong), recall = measure_part(all.right, all.missed);

    print_message("%zu advisories, %zu values: precision %.4f, recall %.4f\n", all.documents, all.right + all.missed,
                  precision, recall);
    assert_true(all.documents >= documents_min);
    assert_true(precision >= precision_min);
    assert_true(recall >= recall_min);
}

#endif
