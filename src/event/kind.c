/* kind: the set of kinds and shapes: loading whole directories, joining, order; and which kind a record is. */
#include "event/kind.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>

#include "base/file.h"
#include "event/kind_own.h"
#include "event/value.h"

str role_name(enum role role) {
    static const str names[ROLES] = {
        [ROLE_HOST] = STR("host"),
        [ROLE_ACCOUNT] = STR("account"),
        [ROLE_TARGET_ACCOUNT] = STR("target_account"),
        [ROLE_CLIENT_ADDRESS] = STR("client_address"),
        [ROLE_SERVER_ADDRESS] = STR("server_address"),
        [ROLE_CLIENT_PROGRAM] = STR("client_program"),
        [ROLE_OBJECT] = STR("object"),
        [ROLE_OUTCOME] = STR("outcome"),
        [ROLE_SESSION] = STR("session"),
        [ROLE_TENANT] = STR("tenant"),
    };

    assert(role < ROLES);
    return names[role];
}

bool kind_fail(struct err *e, str path, uint32_t line, const char *fmt, ...) {
    char text[sizeof e->text];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return err_set(e, ERR_USAGE, 0, "%.*s:%u: %s", STR_ARG(path), line, text);
}

/* Room for one more pointer. */
static bool grow(void ***list, size_t count, size_t *room) {
    size_t const larger = *room ? *room * 2 : 64;
    void **bigger;

    if (count < *room)
        return true;
    if (!(bigger = reallocarray(*list, larger, sizeof **list)))
        return false;
    *list = bigger;
    *room = larger;
    return true;
}

/* What to do about a name that is taken. */
static bool may_replace(bool old_builtin, bool new_builtin, str name, str old_path, uint32_t old_line, str path,
                        uint32_t line, struct err *e) {
    if (old_builtin && !new_builtin)
        return true;
    return kind_fail(e, path, line, "`%.*s` is there already (%.*s:%u)", STR_ARG(name), STR_ARG(old_path), old_line);
}

bool kinds_add_doc(struct kinds *k, struct kind_doc *doc, struct err *e) {
    const struct kind *const new = &doc->kind;
    void **list = (void **)k->docs;

    for (size_t i = 0; i < k->doc_count; i++) {
        const struct kind *const old = &k->docs[i]->kind;

        if (!str_eq(old->name, new->name))
            continue;
        if (!may_replace(old->builtin, new->builtin, new->name, old->path, old->line, new->path, new->line, e))
            return false;
        k->docs[i] = doc;
        return true;
    }
    if (k->doc_count == KINDS_MAX)
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %u kinds", STR_ARG(new->path), KINDS_MAX);
    if (!grow(&list, k->doc_count, &k->doc_room))
        return err_set(e, ERR_MEMORY, 0, "kinds");
    k->docs = (struct kind_doc **)list;
    k->docs[k->doc_count++] = doc;
    return true;
}

bool kinds_add_shape(struct kinds *k, struct shape *shape, struct err *e) {
    void **list = (void **)k->shapes;

    for (size_t i = 0; i < k->shape_count; i++) {
        const struct shape *const old = k->shapes[i];

        if (!str_eq(old->name, shape->name))
            continue;
        if (!may_replace(old->builtin, shape->builtin, shape->name, old->path, old->line, shape->path, shape->line, e))
            return false;
        k->shapes[i] = shape;
        return true;
    }
    if (k->shape_count == KINDS_MAX)
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %u shapes", STR_ARG(shape->path), KINDS_MAX);
    if (!grow(&list, k->shape_count, &k->shape_room))
        return err_set(e, ERR_MEMORY, 0, "shapes");
    k->shapes = (struct shape **)list;
    k->shapes[k->shape_count++] = shape;
    return true;
}

bool kinds_add_format(struct kinds *k, struct format *format, struct err *e) {
    void **list = (void **)(uintptr_t)k->formats;

    for (size_t i = 0; i < k->format_count; i++) {
        const struct format *const old = k->formats[i];

        if (!str_eq(old->name, format->name))
            continue;
        if (!may_replace(old->builtin, format->builtin, format->name, old->path, old->line, format->path, format->line,
                         e))
            return false;
        k->formats[i] = format;
        return true;
    }
    if (k->format_count == KINDS_MAX)
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %u formats", STR_ARG(format->path), KINDS_MAX);
    if (!grow(&list, k->format_count, &k->format_room))
        return err_set(e, ERR_MEMORY, 0, "formats");
    k->formats = (const struct format **)(uintptr_t)list;
    k->formats[k->format_count++] = format;
    return true;
}

bool kinds_add_without(struct kinds *k, struct kind_without *without, struct err *e) {
    void **list = (void **)k->withouts;

    if (!grow(&list, k->without_count, &k->without_room))
        return err_set(e, ERR_MEMORY, 0, "kinds");
    k->withouts = (struct kind_without **)list;
    k->withouts[k->without_count++] = without;
    return true;
}

bool kinds_add_table(struct kinds *k, struct table_format *table, struct err *e) {
    void **list = (void **)k->tables;

    for (size_t i = 0; i < k->table_count; i++) {
        const struct table_format *const old = k->tables[i];

        if (!str_eq(old->name, table->name))
            continue;
        if (!may_replace(old->builtin, table->builtin, table->name, old->path, old->line, table->path, table->line, e))
            return false;
        k->tables[i] = table;
        return true;
    }
    if (k->table_count == TABLES_MAX)
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %u tables", STR_ARG(table->path), TABLES_MAX);
    if (!grow(&list, k->table_count, &k->table_room))
        return err_set(e, ERR_MEMORY, 0, "tables");
    k->tables = (struct table_format **)list;
    k->tables[k->table_count++] = table;
    return true;
}

/* A list of its own: mine, then theirs; NULL: no memory. */
static void *copy_both(struct arena *a, const void *mine, size_t my_count, const void *theirs, size_t their_count,
                       size_t size) {
    char *const p = arena_zero(a, my_count + their_count, size);

    if (p && my_count)
        memcpy(p, mine, my_count * size);
    if (p && their_count)
        memcpy(p + my_count * size, theirs, their_count * size);
    return p;
}

/* The same of what changes no more: where only one has any, that list serves both. */
static const void *both(struct arena *a, const void *mine, size_t my_count, const void *theirs, size_t their_count,
                        size_t size) {
    if (mine && !their_count)
        return mine;
    if (theirs && !my_count)
        return theirs;
    return copy_both(a, mine, my_count, theirs, their_count, size);
}

/* Adds what `from` (joined already) has to `to`: its own things stay in front. */
static bool join(struct kinds *k, struct kind *to, const struct kind *from, struct err *e) {
    struct arena *const a = k->arena;

    to->when = both(a, to->when, to->when_count, from->when, from->when_count, sizeof *to->when);
    /* Their clocks are its own (clocks_find). */
    to->times = copy_both(a, to->times, to->time_count, from->times, from->time_count, sizeof *to->times);
    to->logsources =
        both(a, to->logsources, to->logsource_count, from->logsources, from->logsource_count, sizeof *to->logsources);
    if (!to->when || !to->times || !to->logsources)
        return err_set(e, ERR_MEMORY, 0, "kinds");
    to->when_count += from->when_count;
    to->time_count += from->time_count;
    to->logsource_count += from->logsource_count;
    for (size_t i = 0; i < ROLES; i++) {
        to->roles[i] =
            both(a, to->roles[i], to->role_counts[i], from->roles[i], from->role_counts[i], sizeof *to->roles[i]);
        if (!to->roles[i])
            return err_set(e, ERR_MEMORY, 0, "kinds");
        to->role_counts[i] += from->role_counts[i];
    }
    if (to->reader.len == 0)
        to->reader = from->reader;
    if (to->witness == FIELD_NONE)
        to->witness = from->witness;
    if (to->key_count == 0) { /* not joined: more fields would be another key */
        to->keys = from->keys;
        to->key_count = from->key_count;
    }
    if (to->collect_count == 0) {
        to->collects = from->collects;
        to->collect_count = from->collect_count;
    }
    /* Its own come first. */
    to->acts = both(a, to->acts, to->act_count, from->acts, from->act_count, sizeof *to->acts);
    if (!to->acts)
        return err_set(e, ERR_MEMORY, 0, "kinds");
    to->act_count += from->act_count;
    return true;
}

enum role act_text_role(enum act_text t) {
    static const enum role roles[ACT_TEXTS] = {
        [ACT_ACCOUNT] = ROLE_ACCOUNT,
        [ACT_TARGET] = ROLE_TARGET_ACCOUNT,
        [ACT_HOST] = ROLE_HOST,
        [ACT_ADDRESS] = ROLE_CLIENT_ADDRESS,
        [ACT_SERVER] = ROLE_SERVER_ADDRESS,
        [ACT_PROGRAM] = ROLE_CLIENT_PROGRAM,
        [ACT_SESSION] = ROLE_SESSION,
        [ACT_OBJECT] = ROLE_OBJECT,
        [ACT_VERB] = ROLES,
        [ACT_DETAIL] = ROLES,
        [ACT_TENANT] = ROLE_TENANT,
        [ACT_KIND] = ROLES,
    };

    return roles[t];
}

static struct kind_doc *find_doc(const struct kinds *k, str name) {
    for (size_t i = 0; i < k->doc_count; i++)
        if (str_eq(k->docs[i]->kind.name, name))
            return k->docs[i];
    return NULL;
}

/* Joins a kind with all that it extends, the farthest first. */
static bool join_chain(struct kinds *k, struct kind_doc *doc, struct err *e) {
    struct kind_doc *chain[EXTENDS_MAX + 1] = {doc};
    size_t depth = 0;

    while (!chain[depth]->joined && chain[depth]->extends.len > 0) {
        struct kind_doc *const d = chain[depth], *const next = find_doc(k, d->extends);

        if (!next)
            return kind_fail(e, d->kind.path, d->extends_line, "extends `%.*s`, and there is no such kind",
                             STR_ARG(d->extends));
        for (size_t i = 0; i <= depth; i++)
            if (chain[i] == next)
                return kind_fail(e, d->kind.path, d->extends_line, "`%.*s` extends itself", STR_ARG(next->kind.name));
        if (depth == EXTENDS_MAX)
            return kind_fail(e, d->kind.path, d->extends_line, "extends more than %u kinds in a row", EXTENDS_MAX);
        chain[++depth] = next;
    }
    chain[depth]->joined = true;
    while (depth > 0) {
        depth--;
        if (!join(k, &chain[depth]->kind, &chain[depth + 1]->kind, e))
            return false;
        chain[depth]->joined = true;
    }
    return true;
}

static size_t conditions_on_values(const struct kind *k) {
    size_t n = 0;

    for (size_t i = 0; i < k->when_count; i++)
        n += k->when[i].how == WHEN_EQUALS || k->when[i].how == WHEN_STARTS;
    return n;
}

static int more_first(size_t a, size_t b) {
    return (a < b) - (a > b);
}

static int by_particularity(const void *pa, const void *pb) {
    const struct kind *const a = *(const struct kind *const *)pa, *const b = *(const struct kind *const *)pb;
    int order = more_first(conditions_on_values(a), conditions_on_values(b));

    if (order == 0)
        order = more_first(a->when_count, b->when_count);
    if (order == 0)
        order = a->builtin - b->builtin;
    return order ? order : str_cmp(a->name, b->name);
}

static int by_shape(const void *pa, const void *pb) {
    const struct shape *const a = *(const struct shape *const *)pa, *const b = *(const struct shape *const *)pb;
    int order = a->builtin - b->builtin;

    if (order == 0)
        order = more_first(a->when_count + a->unless_count, b->when_count + b->unless_count);
    return order ? order : str_cmp(a->name, b->name);
}

static int by_table(const void *pa, const void *pb) {
    const struct table_format *const a = *(const struct table_format *const *)pa,
                                     *const b = *(const struct table_format *const *)pb;
    int order = a->builtin - b->builtin;

    if (order == 0)
        order = more_first(a->tested, b->tested);
    return order ? order : str_cmp(a->name, b->name);
}

/* The text of a raw value: the reader's own bytes where they are text, else rendered into b. */
static str raw_text(const struct raw *v, struct buf *b) {
    size_t repaired = 0;

    if (v->type == RAW_TEXT || v->type == RAW_NUMBER || v->type == RAW_BOOL)
        return (str){v->ptr, v->len};
    if (v->type == RAW_NULL)
        return S("");
    b->len = 0;
    value_render(v->type, (str){v->ptr, v->len}, b, &repaired);
    return buf_str(b);
}

static bool contains_ascii(str text, str what) {
    for (size_t at = 0; at + what.len <= text.len; at++)
        if (str_eq_ascii(str_first(str_from(text, at), what.len), what))
            return true;
    return false;
}

bool kind_condition_holds(const struct kind_condition *c, const str *values, size_t count) {
    switch (c->how) {
    case WHEN_PRESENT:
        return count > 0;
    case WHEN_ABSENT:
        return count == 0;
    case WHEN_EQUALS:
    case WHEN_STARTS:
    case WHEN_CONTAINS:
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < c->value_count; j++)
                if (c->how == WHEN_EQUALS     ? str_eq_ascii(values[i], c->values[j])
                    : c->how == WHEN_CONTAINS ? contains_ascii(values[i], c->values[j])
                                              : values[i].len >= c->values[j].len &&
                                                    str_eq_ascii(str_first(values[i], c->values[j].len), c->values[j]))
                    return true;
        return false;
    }
    return false;
}

bool kind_matches(const struct kind *k, const struct record *r, struct buf *room) {
    bool all = true;

    for (size_t i = 0; i < k->when_count && all; i++) {
        const struct kind_condition *const c = &k->when[i];
        bool present = false, holds = false;

        for (uint32_t j = 0; j < r->count && !holds; j++) {
            str text;

            if (r->values[j].field != c->field || r->values[j].inner)
                continue;
            present = true;
            if (c->how == WHEN_PRESENT || c->how == WHEN_ABSENT)
                break;
            text = raw_text(&r->values[j], room);
            holds = kind_condition_holds(c, &text, 1);
        }
        all = c->how == WHEN_PRESENT ? present : c->how == WHEN_ABSENT ? !present : holds;
    }
    return all && !room->failed;
}

bool kinds_new(struct kinds **out, struct fields *fields, struct err *e) {
    struct kinds *const k = calloc(1, sizeof *k);

    if (!k || !(k->arena = arena_new(KINDS_BYTES_MAX))) {
        kinds_free(k);
        return err_set(e, ERR_MEMORY, 0, "kinds");
    }
    k->fields = fields;
    *out = k;
    return true;
}

void kinds_country(struct kinds *k, const struct phone_country *home) {
    k->home = home;
}

const struct phone_country *kinds_home(const struct kinds *k) {
    return k->home;
}

str kind_time_text(const struct kind_time *t, str value) {
    size_t end = 0, begin;

    if (!t->unix_seconds)
        return value;
    value = str_trim(value);
    end = str_find_byte(value, '.');
    value = str_first(value, end);
    for (begin = value.len; begin > 0 && value.ptr[begin - 1] >= '0' && value.ptr[begin - 1] <= '9'; begin--)
        ;
    if (begin > 0 && value.ptr[begin - 1] != '-')
        return S("");
    value = str_from(value, begin);
    return str_eq(value, S("0")) ? S("") : value;
}

void kinds_free(struct kinds *k) {
    if (!k)
        return;
    free(k->docs);
    free(k->shapes);
    free(k->formats);
    free(k->withouts);
    formats_free(k->ordered_formats);
    free(k->tables);
    free(k->sorted);
    arena_free(k->arena);
    free(k);
}

static bool is_kind_file(const char *name) {
    str const s = str_of(name);

    return name[0] != '.' && (str_ends(s, S(".yml")) || str_ends(s, S(".yaml")));
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the kind files, sorted: *names and each of them malloc'd. */
static bool names_of(const char *path, char ***names, size_t *count, struct err *e) {
    DIR *const dir = opendir(path);
    size_t room = 0;
    bool ok = dir != NULL;

    if (!dir)
        return err_system(e, "%s", path);
    for (struct dirent *entry; ok && (errno = 0, entry = readdir(dir));) {
        void **list = (void **)*names;

        if (!is_kind_file(entry->d_name))
            continue;
        if (*count == KINDS_MAX)
            ok = err_set(e, ERR_LIMIT, 0, "%s: more than %u kind files", path, KINDS_MAX);
        else if (!grow(&list, *count, &room) || !(list[*count] = strdup(entry->d_name)))
            ok = err_set(e, ERR_MEMORY, 0, "%s", path);
        else
            (*count)++;
        *names = (char **)list;
    }
    if (ok && errno)
        ok = err_system(e, "%s", path);
    closedir(dir);
    if (ok && *count > 0)
        qsort(*names, *count, sizeof **names, by_name);
    return ok;
}

bool kinds_load_dir(struct kinds *k, const char *path, bool builtin, struct err *e) {
    char **names = NULL;
    size_t count = 0;
    struct buf file = {0}, text = {0};
    bool ok = names_of(path, &names, &count, e);

    for (size_t i = 0; ok && i < count; i++) {
        file.len = text.len = 0;
        buf_format(&file, "%s/%s", path, names[i]);
        buf_byte(&file, '\0');
        if (file.failed)
            ok = err_set(e, ERR_MEMORY, 0, "%s", path);
        else
            ok = file_read(file.ptr, KINDS_BYTES_MAX / 4, &text, e) &&
                 kinds_load_text(k, (str){file.ptr, file.len - 1}, buf_str(&text), builtin, e);
    }
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    buf_free(&file);
    buf_free(&text);
    return ok;
}

static str family(const struct kind *k) {
    return str_first(k->name, str_find_byte(k->name, '/'));
}

/* The number of the family's clock, 0: it has no such field in a kind with a witness. */
static uint8_t clock_of(const struct kinds *k, str name, field_id field) {
    for (unsigned i = 0; i < k->clock_count; i++)
        if (k->clocks[i].field == field && str_eq(k->clocks[i].family, name))
            return (uint8_t)(i + 1);
    return 0;
}

static bool clocks_find(struct kinds *k, struct err *e) {
    for (size_t i = 0; i < k->sorted_count; i++) {
        const struct kind *const kind = k->sorted[i];

        for (size_t t = 0; kind->witness != FIELD_NONE && t < kind->time_count; t++) {
            if (kind->times[t].field == kind->witness || clock_of(k, family(kind), kind->times[t].field))
                continue;
            if (k->clock_count == CLOCKS_OF_KINDS_MAX)
                return kind_fail(e, kind->path, kind->line, "more than %u times have a witness", CLOCKS_OF_KINDS_MAX);
            k->clocks[k->clock_count++] = (struct kind_clock){family(kind), kind->times[t].field};
        }
    }
    for (size_t i = 0; i < k->sorted_count; i++)
        for (size_t t = 0; t < k->sorted[i]->time_count; t++)
            if (k->sorted[i]->times[t].field != k->sorted[i]->witness)
                k->sorted[i]->clocked |= (k->sorted[i]->times[t].clock =
                                              clock_of(k, family(k->sorted[i]), k->sorted[i]->times[t].field)) != 0;
    return true;
}

bool kinds_seal(struct kinds *k, struct err *e) {
    assert(!k->sealed);
    if (!(k->sorted = calloc(k->doc_count + 1, sizeof *k->sorted)))
        return err_set(e, ERR_MEMORY, 0, "kinds");
    for (size_t i = 0; i < k->doc_count; i++)
        if (!join_chain(k, k->docs[i], e)) {
            free(k->sorted);
            k->sorted = NULL;
            return false;
        }
    for (size_t i = 0; i < k->doc_count; i++) {
        const struct kind *const kind = &k->docs[i]->kind;

        if (k->docs[i]->base)
            continue;
        if (kind->when_count == 0)
            return kind_fail(e, kind->path, kind->line, "`%.*s` has no condition: every record would be one",
                             STR_ARG(kind->name));
        if (!kind_possible(kind, k->fields, e))
            return false;
        k->sorted[k->sorted_count++] = &k->docs[i]->kind;
    }
    qsort(k->sorted, k->sorted_count, sizeof *k->sorted, by_particularity);
    if (k->shape_count > 0)
        qsort(k->shapes, k->shape_count, sizeof *k->shapes, by_shape);
    if (k->table_count > 0)
        qsort(k->tables, k->table_count, sizeof *k->tables, by_table);
    if (!kinds_reachable(k, e) || !shapes_reachable(k, e) || !clocks_find(k, e))
        return false;
    if (!(k->ordered_formats = formats_new(k->formats, k->format_count)))
        return err_set(e, ERR_MEMORY, 0, "formats");
    k->sealed = true;
    return true;
}

const struct formats *kinds_formats(const struct kinds *k) {
    assert(k->sealed);
    return k->ordered_formats;
}

struct fields *kinds_fields(const struct kinds *k) {
    return k->fields;
}

size_t kinds_without_count(const struct kinds *k) {
    return k->without_count;
}

const struct kind_without *kinds_without_at(const struct kinds *k, size_t i) {
    assert(i < k->without_count);
    return k->withouts[i];
}

field_id kinds_clock_field(const struct kinds *k, unsigned clock) {
    return clock && clock <= k->clock_count ? k->clocks[clock - 1].field : FIELD_NONE;
}

uint64_t kinds_fingerprint(const struct kinds *k) {
    return k->fingerprint;
}

size_t kinds_count(const struct kinds *k) {
    assert(k->sealed);
    return k->sorted_count;
}

const struct kind *kinds_at(const struct kinds *k, size_t i) {
    assert(k->sealed);
    assert(i < k->sorted_count);
    return k->sorted[i];
}

size_t shapes_count(const struct kinds *k) {
    assert(k->sealed);
    return k->shape_count;
}

const struct shape *shapes_at(const struct kinds *k, size_t i) {
    assert(k->sealed);
    assert(i < k->shape_count);
    return k->shapes[i];
}

size_t tables_count(const struct kinds *k) {
    assert(k->sealed);
    return k->table_count;
}

const struct table_format *tables_at(const struct kinds *k, size_t i) {
    assert(k->sealed);
    assert(i < k->table_count);
    return k->tables[i];
}
