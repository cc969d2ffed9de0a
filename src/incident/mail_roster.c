/* mail_roster: rows of delimited text, sorted by address; names in a second order. */
#include "incident/mail_roster.h"

#include "base/arena.h"
#include "base/file.h"
#include "codec/csv.h"
#include "incident/mail_own.h"

#define ARENA_MAX ((size_t)512 << 20)
#define CELLS 8u

struct named {
    str folded;
    const struct mail_roster_person *person;
};

struct group {
    str name;
    size_t size;
};

struct mail_roster {
    struct arena *arena;
    struct mail_roster_person *persons;
    size_t count, room;
    struct named *names;
    size_t name_count;
    struct group groups[MAIL_ROSTER_GROUPS_MAX];
    size_t group_count;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the roster");
}

static bool put(struct mail_roster *r, str address, str group, str name, struct err *e) {
    struct mail_roster_person *p;
    char *copy;

    if (r->count == r->room) {
        size_t const room = r->room ? r->room * 2 : 256;
        struct mail_roster_person *const grown = reallocarray(r->persons, room, sizeof *grown);

        if (!grown)
            return no_memory(e);
        r->persons = grown;
        r->room = room;
    }
    p = &r->persons[r->count];
    if (!(copy = arena_bytes(r->arena, address.len)) || !arena_copy(r->arena, group, &p->group) ||
        !arena_copy(r->arena, name, &p->name))
        return no_memory(e);
    for (size_t i = 0; i < address.len; i++)
        copy[i] = mail_small(address.ptr[i]);
    p->address = (str){copy, address.len};
    r->count++;
    return true;
}

static bool row_read(struct mail_roster *r, struct csv *c, char *room, str file, uint32_t line, struct err *e) {
    str cells[3] = {STR(""), STR(""), STR("")};

    for (size_t i = 0; i < COUNT(cells) && i < c->count; i++) {
        str const text = csv_text(&c->fields[i], room);

        cells[i] = str_trim(text);
        room += text.len;
    }
    if (str_find_byte(cells[0], '@') == SIZE_MAX)
        return line == 1 || err_set(e, ERR_USAGE, 0, "%.*s: line %u: an address is expected first: ADDRESS,GROUP,NAME",
                                    STR_ARG(file), line);
    return put(r, cells[0], cells[1], cells[2], e);
}

/* The separator that the first line with an address has behind it; a comma where there is none. */
static char separator_of(str text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ',' || text.ptr[i] == ';' || text.ptr[i] == '\t')
            return text.ptr[i];
    return ',';
}

static int by_address(const void *a, const void *b) {
    return str_cmp(((const struct mail_roster_person *)a)->address, ((const struct mail_roster_person *)b)->address);
}

static int by_address_and_name(const void *a, const void *b) {
    int const c = by_address(a, b);

    return c ? c : str_cmp(((const struct mail_roster_person *)a)->name, ((const struct mail_roster_person *)b)->name);
}

static int by_name(const void *a, const void *b) {
    const struct named *const x = a, *const y = b;
    int const c = str_cmp(x->folded, y->folded);

    return c ? c : str_cmp(x->person->address, y->person->address);
}

static bool group_add(struct mail_roster *r, str name, str file, struct err *e) {
    size_t i = 0;

    while (i < r->group_count && !str_eq(r->groups[i].name, name))
        i++;
    if (i == MAIL_ROSTER_GROUPS_MAX)
        return err_set(e, ERR_USAGE, 0, "%.*s: more than %u groups", STR_ARG(file), MAIL_ROSTER_GROUPS_MAX);
    if (i == r->group_count)
        r->groups[r->group_count++] = (struct group){name, 0};
    r->groups[i].size++;
    return true;
}

/* Each address once, names and groups in their tables. */
static bool finish(struct mail_roster *r, str file, struct err *e) {
    char room[MAIL_NAME_MAX];
    size_t kept = 0, words;

    if (r->count)
        qsort(r->persons, r->count, sizeof *r->persons, by_address_and_name);
    for (size_t i = 0; i < r->count; i++) {
        if (kept && str_eq(r->persons[kept - 1].address, r->persons[i].address)) {
            if (!str_eq(r->persons[kept - 1].group, r->persons[i].group))
                return err_set(e, ERR_USAGE, 0, "%.*s: %.*s stands in two groups", STR_ARG(file),
                               STR_ARG(str_first(r->persons[i].address, 100)));
            if (!r->persons[kept - 1].name.len)
                r->persons[kept - 1].name = r->persons[i].name;
            continue;
        }
        r->persons[kept++] = r->persons[i];
    }
    r->count = kept;
    if (!(r->names = reallocarray(NULL, kept + 1, sizeof *r->names)))
        return no_memory(e);
    for (size_t i = 0; i < kept; i++) {
        str const folded = mail_name_fold(r->persons[i].name, room, &words);
        struct named *const n = &r->names[r->name_count];

        if (!group_add(r, r->persons[i].group, file, e))
            return false;
        if (words < 2)
            continue;
        n->person = &r->persons[i];
        if (!arena_copy(r->arena, folded, &n->folded))
            return no_memory(e);
        r->name_count++;
    }
    if (r->name_count)
        qsort(r->names, r->name_count, sizeof *r->names, by_name);
    return true;
}

bool mail_roster_read(struct mail_roster **out, str name, str text, struct err *e) {
    struct mail_roster *const r = calloc(1, sizeof *r);
    struct csv_field fields[CELLS];
    struct csv c = {.fields = fields, .fields_max = CELLS};
    char *const room = malloc(text.len + 1);
    bool ok = r && room && (r->arena = arena_new(ARENA_MAX));
    uint32_t line = 1;

    if (!ok)
        no_memory(e);
    if (str_starts(text, S("\xef\xbb\xbf")))
        text = str_from(text, 3);
    c.separator = separator_of(text);
    while (ok && text.len) {
        str const first = str_trim(str_first(text, str_find_byte(text, '\n')));
        bool const comment = first.len == 0 || first.ptr[0] == '#';

        if (comment) {
            size_t const end = str_find_byte(text, '\n');

            c.size = end == SIZE_MAX ? text.len : end + 1;
        } else if (csv_row(&c, text, true) != CSV_WHOLE) {
            ok = err_set(e, ERR_USAGE, 0, "%.*s: line %u: %s", STR_ARG(name), line, c.why);
        } else {
            ok = row_read(r, &c, room, name, line, e);
        }
        for (size_t i = 0; ok && i < c.size; i++)
            line += text.ptr[i] == '\n';
        text = str_from(text, c.size);
    }
    ok = ok && finish(r, name, e);
    free(room);
    if (ok)
        *out = r;
    else
        mail_roster_free(r);
    return ok;
}

bool mail_roster_open(struct mail_roster **out, const char *path, struct err *e) {
    struct buf b = {0};
    bool const ok =
        file_read(path, MAIL_ROSTER_BYTES_MAX, &b, e) && mail_roster_read(out, str_of(path), buf_str(&b), e);

    buf_free(&b);
    return ok;
}

void mail_roster_free(struct mail_roster *r) {
    if (!r)
        return;
    free(r->persons);
    free(r->names);
    arena_free(r->arena);
    free(r);
}

size_t mail_roster_count(const struct mail_roster *r) {
    return r->count;
}

const struct mail_roster_person *mail_roster_at(const struct mail_roster *r, size_t i) {
    return &r->persons[i];
}

const struct mail_roster_person *mail_roster_find(const struct mail_roster *r, str address) {
    struct mail_roster_person const key = {.address = address};

    return r && r->count ? bsearch(&key, r->persons, r->count, sizeof *r->persons, by_address) : NULL;
}

const struct mail_roster_person *mail_roster_named(const struct mail_roster *r, str name) {
    char room[MAIL_NAME_MAX];
    size_t words, low = 0, high = r ? r->name_count : 0;
    str const folded = mail_name_fold(name, room, &words);

    if (!high || words < 2)
        return NULL;
    while (low < high) {
        size_t const mid = low + (high - low) / 2;

        if (str_cmp(r->names[mid].folded, folded) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < r->name_count && str_eq(r->names[low].folded, folded) ? r->names[low].person : NULL;
}

size_t mail_roster_group_size(const struct mail_roster *r, str group) {
    for (size_t i = 0; r && i < r->group_count; i++)
        if (str_eq(r->groups[i].name, group))
            return r->groups[i].size;
    return 0;
}
