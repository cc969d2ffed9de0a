/* fuzz_group: a file of facts, when it begins with `group:`; else a mention a line: source, id, name, aliases (behind > what it uses) with tabs between, first a sign for
 * withdrawn (-) or not (+). Two numbers never come together; no two groups have one name; every name leads to its group; from the last line to the
 * first comes out the same. */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "intel/group.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES_MAX 200

static void add(struct groups *g, str line) {
    struct intel_group m = {.id = STR(""), .name = STR(""), .where = STR(""), .description = STR("")};
    str source = {"", 0};
    struct err e = {0};
    str *const into[] = {&source, &m.id, &m.name};

    m.retired = line.len && line.ptr[0] == '-';
    line = str_from(line, 1);
    for (size_t i = 0; line.len && m.aliases.count < ITEM_NAMES_MAX; i++) {
        size_t const tab = str_find_byte(line, '\t');
        str const cell = str_first(line, tab);

        if (i < COUNT(into))
            *into[i] = cell;
        else if (str_starts(cell, S(">")) && m.malware.count < ITEM_NAMES_MAX)
            m.malware.names[m.malware.count++] = str_from(cell, 1);
        else
            m.aliases.names[m.aliases.count++] = cell;
        line = tab == SIZE_MAX ? (str){"", 0} : str_from(line, tab + 1);
    }
    if (!groups_add(g, source, &m, &e))
        abort();
}

static bool number(str s) {
    return s.len == 5 && (s.ptr[0] | 32) == 'g' && strspn(s.ptr + 1, "0123456789") >= 4;
}

static void print(const struct groups *g, struct buf *b) {
    for (size_t i = 0; i < groups_count(g); i++) {
        const struct group *const x = groups_at(g, i);

        assert(i == 0 || str_cmp(groups_at(g, i - 1)->name, x->name) < 0);
        buf_format(b, "%.*s|%.*s|%d", STR_ARG(x->name), STR_ARG(x->id), x->withdrawn);
        for (size_t k = 0; k < x->alias_count; k++) {
            struct group_found const f = group_find(g, x->aliases[k].name);
            bool among = false;

            for (size_t c = 0; c < f.count; c++)
                among = among || f.candidates[c] == x;
            /* a name that ends in a number is asked by the number */
            assert(among || str_find(x->aliases[k].name, S(" - ")) != SIZE_MAX);
            assert(!among || x->aliases[k].shared == (f.count > 1));
            buf_format(b, "|%.*s", STR_ARG(x->aliases[k].name));
            for (size_t s = 0; s < x->aliases[k].source_count; s++)
                buf_format(b, "<%.*s", STR_ARG(x->aliases[k].sources[s]));
        }
        buf_byte(b, '\n');
    }
}

static void two_numbers_apart(const struct groups *g) {
    for (size_t i = 0; i < groups_count(g); i++) {
        const struct group *const x = groups_at(g, i);
        size_t in_force = 0;

        for (size_t k = 0; k < x->id_count; k++)
            if (number(x->ids[k]) && group_find(g, x->ids[k]).group == x && str_eq(x->ids[k], x->id))
                in_force++;
        assert(in_force <= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const all = {(const char *)data, size};
    str lines[LINES_MAX];
    size_t count = 0;
    struct buf said[2] = {{0}, {0}};
    struct err e = {0};

    for (str rest = all; rest.len && count < LINES_MAX;) {
        size_t const end = str_find_byte(rest, '\n');

        lines[count++] = str_first(rest, end);
        rest = end == SIZE_MAX ? (str){"", 0} : str_from(rest, end + 1);
    }
    for (size_t turn = 0; turn < 2; turn++) {
        struct groups *g = NULL;

        if (!groups_new(&g, &e))
            abort();
        if (str_starts(all, S("group:"))) {
            if (!groups_load(g, S("fuzz"), all, &e)) {
                assert(e.code == ERR_USAGE || e.code == ERR_LIMIT);
                groups_free(g);
                buf_free(&said[0]);
                return 0;
            }
        } else {
            for (size_t i = 0; i < count; i++)
                add(g, lines[turn ? count - 1 - i : i]);
        }
        if (!groups_join(g, &e))
            abort();
        two_numbers_apart(g);
        print(g, &said[turn]);
        groups_free(g);
    }
    assert(str_eq(buf_str(&said[0]), buf_str(&said[1])));
    buf_free(&said[0]);
    buf_free(&said[1]);
    return 0;
}
