/* sigma: the loader as its callers see it: text and files into documents, and what one document came to. What a
 * document says is read by sigma_rule.c and sigma_correlation.c, what documents say about each other by
 * sigma_link.c. */
#include "intel/sigma.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/utf.h"
#include "event/number.h"
#include "intel/rule_cache.h"
#include "intel/sigma_own.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define KEPT_MEMORY_MAX ((size_t)1 << 30)      /* a quarter of it only for what was not loaded, and why */
#define FILE_MEMORY_MAX ((size_t)256 << 20)    /* kept of one file */
#define DOCUMENTS_MAX 10000                    /* of a file */
#define SCRATCH_MEMORY_MAX ((size_t)256 << 20) /* one file, while it is read */
#define SCRATCH_STEP_MAX ((size_t)64 << 20)    /* more than the YAML reader ever asks for at once */
#define WARNINGS_MAX 100                       /* of a document */
#define MERGE_WORK_MAX 10000000                /* keys looked at while the collections of a file are merged */
#define FOLDERS_MAX 10000
#define FOLDER_DEPTH_MAX 64

static const str level_names[] = {STR("informational"), STR("low"), STR("medium"), STR("high"), STR("critical")};

str sigma_level_name(enum sigma_level level) {
    return level_names[level];
}

bool sigma_level_parse(str s, enum sigma_level *level) {
    if (str_eq_ascii(s, S("info")))
        s = level_names[0];
    for (size_t i = 0; i < COUNT(level_names); i++)
        if (str_eq_ascii(s, level_names[i])) {
            *level = (enum sigma_level)i;
            return true;
        }
    return false;
}

/* Words of a rule are quoted to whoever sits at a terminal: control characters (C0, DEL, C1) and what is no UTF-8,
 * such as a character cut in two, become question marks. */
static void clean(char *text, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t const width = utf8_width((str){text + i, len - i});
        unsigned char const c = (unsigned char)text[i];
        bool const control = c < 0x20 || c == 0x7f || (c == 0xc2 && width == 2 && (unsigned char)text[i + 1] < 0xa0);

        if (width == 0 || control)
            memset(text + i, '?', width ? width : 1);
        i += width ? width : 1;
    }
}

/* What is read */

bool sigma_bad(struct sigma_reading *r, uint32_t line, const char *fmt, ...) {
    char text[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return err_set(r->e, ERR_USAGE, 0, "line %u: %s", line, text);
}

bool sigma_warn(struct sigma_reading *r, uint32_t line, const char *fmt, ...) {
    bool const last = r->warning_count + 1 == WARNINGS_MAX;
    char text[240];
    va_list args;
    int used = snprintf(text, sizeof text, "line %u: ", line);

    if (r->warning_count == WARNINGS_MAX)
        return true;
    va_start(args, fmt);
    vsnprintf(text + used, sizeof text - (size_t)used, fmt, args);
    va_end(args);
    clean(text, strlen(text));
    if (r->warning_count == r->warning_room) {
        size_t const room = r->warning_room ? 2 * r->warning_room : 4;
        str *const bigger = sigma_keep(r, room, sizeof *bigger);

        if (!bigger)
            return false;
        if (r->warning_count)
            memcpy(bigger, r->warnings, r->warning_count * sizeof *bigger);
        r->warnings = bigger;
        r->warning_room = room;
    }
    return sigma_keep_text(r, last ? S("further warnings are left out") : str_of(text),
                           &r->warnings[r->warning_count++]);
}

static bool may_keep(struct sigma_reading *r, size_t size) {
    size_t const used = arena_used(r->a);

    assert(r->file_before <= r->used_before && r->used_before <= used);
    if (size > SIGMA_KEPT_MAX || used - r->used_before > SIGMA_KEPT_MAX - size)
        return err_set(r->e, ERR_LIMIT, 0, "the rule takes more than %zu MiB", SIGMA_KEPT_MAX >> 20);
    if (used - r->file_before > FILE_MEMORY_MAX - size)
        return err_set(r->e, ERR_LIMIT, 0, "the rules of this file take more than %zu MiB", FILE_MEMORY_MAX >> 20);
    if (size > r->kept_max || used > r->kept_max - size)
        return err_set(r->e, ERR_LIMIT, 0, "all rules together take more than %zu MiB", r->kept_max >> 20);
    return true;
}

void *sigma_keep(struct sigma_reading *r, size_t count, size_t size) {
    void *p;

    if (!may_keep(r, size ? count <= SIGMA_KEPT_MAX / size ? count * size : SIZE_MAX : 0))
        return NULL;
    if (!(p = arena_zero(r->a, count, size)))
        err_set(r->e, ERR_MEMORY, 0, "no memory for rules");
    return p;
}

bool sigma_keep_text(struct sigma_reading *r, str s, str *out) {
    return may_keep(r, s.len) && (arena_copy(r->a, s, out) || err_set(r->e, ERR_MEMORY, 0, "no memory for rules"));
}

void *sigma_scratch(struct sigma_reading *r, size_t count, size_t size) {
    size_t const room = r->scratch_max - arena_used(r->scratch);
    void *const p = arena_zero(r->scratch, count, size);

    assert(arena_used(r->scratch) <= r->scratch_max);
    /* What would fit but for the arena's rounding to eight bytes does not fit. */
    if (!p && size && (room < 8 || count > (room - 8) / size))
        err_set(r->e, ERR_LIMIT, 0, "reading takes more than %zu MiB", r->scratch_max >> 20);
    else if (!p)
        err_set(r->e, ERR_MEMORY, 0, "no memory for rules");
    return p;
}

static struct sigma_node *node_new(struct sigma_reading *r) {
    if (r->nodes == SIGMA_NODES_MAX) {
        err_set(r->e, ERR_LIMIT, 0, "more than %d tests", SIGMA_NODES_MAX);
        return NULL;
    }
    r->nodes++;
    return sigma_keep(r, 1, sizeof(struct sigma_node));
}

const struct sigma_node *sigma_node_new(struct sigma_reading *r, enum sigma_node_type type,
                                        const struct sigma_node *const *children, size_t count) {
    struct sigma_node *const n = node_new(r);
    const struct sigma_node **const copy = n ? sigma_keep(r, count, sizeof *copy) : NULL;

    if (!copy)
        return NULL;
    if (count)
        memcpy(copy, children, count * sizeof *copy);
    *n = (struct sigma_node){.type = type, .children = copy, .child_count = count};
    return n;
}

const struct sigma_node *sigma_node_test(struct sigma_reading *r, const struct sigma_test *test) {
    struct sigma_node *const n = node_new(r);

    if (n)
        *n = (struct sigma_node){.type = NODE_TEST, .test = test};
    return n;
}

/* Documents */

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for rules");
}

struct sigma_reading sigma_reading_of(struct sigma_loader *l, const struct sigma_document *d, struct err *e) {
    return (struct sigma_reading){.a = l->a,
                                  .scratch = l->scratch,
                                  .scratch_max = l->scratch_max,
                                  .placeholders = l->placeholders,
                                  .placeholder_count = l->placeholder_count,
                                  .unusable = S(""),
                                  .warnings = (str *)(uintptr_t)d->verdict.warnings,
                                  .warning_count = d->verdict.warning_count,
                                  .warning_room = d->verdict.warning_count,
                                  .used_before = arena_used(l->a),
                                  .file_before = arena_used(l->a),
                                  .kept_max = l->kept_max - l->kept_max / 4,
                                  .letters = &l->letters,
                                  .e = e};
}

/* path: kept already. */
static struct sigma_document *document_new(struct sigma_loader *l, str path, uint32_t line, struct err *e) {
    struct sigma_document *d;

    if (l->count == l->room) {
        size_t const room = l->room ? l->room * 2 : 4096;
        struct sigma_document **const bigger = realloc(l->documents, room * sizeof *bigger);

        if (!bigger) {
            no_memory(e);
            return NULL;
        }
        l->documents = bigger;
        l->room = room;
    }
    if (!(d = arena_zero(l->a, 1, sizeof *d))) {
        no_memory(e);
        return NULL;
    }
    d->verdict = (struct sigma_verdict){.path = path, .line = line, .id = S(""), .title = S(""), .reason = S("")};
    d->name = S("");
    l->documents[l->count++] = d;
    return d;
}

bool sigma_document_failed(struct sigma_loader *l, struct sigma_document *d, const char *reason, struct err *e) {
    str const text = str_of(reason);
    char *const copy = arena_bytes(l->a, text.len);

    d->verdict.loaded = d->verdict.unusable = false;
    if (!copy)
        return no_memory(e);
    memcpy(copy, text.ptr, text.len);
    clean(copy, text.len);
    d->verdict.reason = (str){copy, text.len};
    return true;
}

void sigma_document_unusable(struct sigma_loader *l, struct sigma_document *d, str reason) {
    d->verdict.reason = reason;
    d->verdict.loaded = d->verdict.unusable = !l->strict;
    if (d->rule)
        d->rule->unusable = reason;
}

static struct sigma_rule *rule_new(struct sigma_reading *r, const struct sigma_document *d, enum sigma_rule_type type) {
    struct sigma_rule *const rule = sigma_keep(r, 1, sizeof *rule);

    if (rule)
        *rule = (struct sigma_rule){.type = type,
                                    .path = d->verdict.path,
                                    .line = d->verdict.line,
                                    .id = S(""),
                                    .name = S(""),
                                    .title = S(""),
                                    .status = S(""),
                                    .author = S(""),
                                    .description = S(""),
                                    .logsource = {S(""), S(""), S("")},
                                    .unusable = S("")};
    return rule;
}

static bool content_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_document *d) {
    bool const correlation = yaml_get(doc, "correlation") != NULL;

    if (correlation + (yaml_get(doc, "detection") != NULL) + (yaml_get(doc, "filter") != NULL) > 1)
        return sigma_bad(r, doc->line, "a document is either a detection or a correlation or a filter");
    if (correlation)
        return (d->rule = rule_new(r, d, SIGMA_CORRELATION)) &&
               (d->correlation = sigma_keep(r, 1, sizeof *d->correlation)) &&
               sigma_correlation_read(r, doc, d->rule, d->correlation, &d->links);
    if (yaml_get(doc, "detection"))
        return (d->rule = rule_new(r, d, SIGMA_DETECTION)) && sigma_rule_read(r, doc, d->rule);
    if (!yaml_get(doc, "filter"))
        return sigma_bad(r, doc->line, "neither 'detection' nor 'correlation' nor 'filter': no rule");
    d->verdict.is_filter = true;
    if (!(d->filter = sigma_keep(r, 1, sizeof *d->filter)))
        return false;
    *d->filter = (struct sigma_filter){.path = d->verdict.path,
                                       .line = d->verdict.line,
                                       .id = S(""),
                                       .title = S(""),
                                       .logsource = {S(""), S(""), S("")}};
    return sigma_filter_read(r, doc, d->filter, &d->name, &d->links);
}

/* A failed document keeps what it says about itself, so that its verdict and those of others can name it. */
static bool verdict_named(struct sigma_loader *l, const struct yaml_node *doc, struct sigma_document *d) {
    return arena_copy(l->a, yaml_text(doc, "id"), &d->verdict.id) &&
           arena_copy(l->a, yaml_text(doc, "title"), &d->verdict.title) &&
           arena_copy(l->a, yaml_text(doc, "name"), &d->name);
}

static bool document_read(struct sigma_loader *l, str path, const struct yaml_node *doc, struct err *e) {
    struct sigma_document *const d = document_new(l, path, doc->line, e);
    struct sigma_reading r;
    struct err why = {0};
    bool ok;

    if (!d)
        return false;
    r = sigma_reading_of(l, d, &why);
    r.file_before = l->file_before;
    ok = doc->type == YAML_MAP ? content_read(&r, doc, d)
                               : sigma_bad(&r, doc->line, "the document is no mapping: no rule");
    d->verdict.warnings = r.warnings;
    d->verdict.warning_count = r.warning_count;
    if (!ok) {
        if (why.code == ERR_MEMORY)
            return no_memory(e);
        return (verdict_named(l, doc, d) || no_memory(e)) && sigma_document_failed(l, d, why.text, e);
    }
    d->verdict.loaded = true;
    d->verdict.id = d->rule ? d->rule->id : d->filter->id;
    d->verdict.title = d->rule ? d->rule->title : d->filter->title;
    d->name = d->rule ? d->rule->name : d->name;
    if (r.unusable.len)
        sigma_document_unusable(l, d, r.unusable);
    return true;
}

/* Rule collections of old (Sigma 1.2) */

struct collection {
    struct sigma_loader *l;
    size_t work;
    const struct yaml_node *global, *previous; /* NULL: none yet */
    bool too_large;
};

/* Deep merge of mappings: what `over` says wins; its `action` is not carried on. NULL: no memory, or too large. */
static struct yaml_node *merge(struct collection *c, const struct yaml_node *base, const struct yaml_node *over) {
    size_t const room = base->count + over->count;
    struct yaml_node *const n = arena_zero(c->l->scratch, 1, sizeof *n);

    if (room * (over->count + 1) > MERGE_WORK_MAX - c->work) {
        c->too_large = true;
        return NULL;
    }
    c->work += room * (over->count + 1);
    if (!n || !(n->items = arena_zero(c->l->scratch, room, sizeof *n->items)) ||
        !(n->keys = arena_zero(c->l->scratch, room, sizeof *n->keys)) ||
        !(n->key_lines = arena_zero(c->l->scratch, room, sizeof *n->key_lines)))
        return NULL;
    n->type = YAML_MAP;
    n->line = over->line;
    for (size_t i = 0; i < base->count; i++, n->count++) {
        n->keys[i] = base->keys[i];
        n->key_lines[i] = base->key_lines[i];
        n->items[i] = base->items[i];
    }
    for (size_t i = 0; i < over->count; i++) {
        size_t at = 0;

        while (at < n->count && !str_eq(n->keys[at], over->keys[i]))
            at++;
        n->keys[at] = over->keys[i];
        n->key_lines[at] = over->key_lines[i];
        if (at == n->count) {
            n->count++;
            n->items[at] = over->items[i];
        } else if (n->items[at]->type != YAML_MAP || over->items[i]->type != YAML_MAP) {
            n->items[at] = over->items[i];
        } else if (!(n->items[at] = merge(c, n->items[at], over->items[i]))) { /* as deep as YAML at most */
            return NULL;
        }
    }
    return n;
}

/* The document without its `action`, over what lies below it (NULL: nothing). */
static const struct yaml_node *laid_over(struct collection *c, const struct yaml_node *below,
                                         const struct yaml_node *doc) {
    struct yaml_node const nothing = {.type = YAML_MAP};
    struct yaml_node *const n = merge(c, below ? below : &nothing, doc);
    size_t kept = 0;

    for (size_t i = 0; n && i < n->count; i++) {
        n->items[kept] = n->items[i];
        n->keys[kept] = n->keys[i];
        n->key_lines[kept] = n->key_lines[i];
        kept += !str_eq(n->keys[i], S("action"));
    }
    if (n)
        n->count = kept;
    return n;
}

/* One document of a file. *whole: what it is once the collection is written out; NULL: no rule by itself.
 * False: why says why this document fails. */
static bool collect(struct collection *c, const struct yaml_node *doc, const struct yaml_node **whole,
                    struct err *why) {
    const struct yaml_node *const said = yaml_get(doc, "action");
    str const action = said && said->type == YAML_SCALAR ? said->text : S("");
    bool const global = said && str_eq(action, S("global")), repeat = said && str_eq(action, S("repeat"));

    *whole = NULL;
    if (said && !global && !repeat && !str_eq(action, S("reset")))
        return err_set(why, ERR_USAGE, 0, "line %u: unknown action '%.*s': global, reset, repeat", said->line,
                       STR_ARG(str_first(action, 40)));
    if (said && !global && !repeat) {
        c->global = NULL;
        return true;
    }
    *whole = doc;
    if (said || c->global)
        *whole = laid_over(c, repeat ? c->previous : c->global, doc);
    if (!*whole)
        return err_set(why, ERR_LIMIT, 0,
                       c->too_large ? "the collection is too large" : "the collection takes too much memory");
    if (global) {
        c->global = *whole;
        *whole = NULL;
    } else {
        c->previous = *whole;
    }
    return true;
}

static bool failed_at(struct sigma_loader *l, str path, uint32_t line, const char *why, struct err *e) {
    struct sigma_document *d;
    str kept;

    if (!arena_copy(l->a, path, &kept))
        return no_memory(e);
    return (d = document_new(l, kept, line, e)) && sigma_document_failed(l, d, why, e);
}

bool sigma_load_failed(struct sigma_loader *l, str path, const char *why, struct err *e) {
    return failed_at(l, path, 1, why, e);
}

/* The number in "line N: ...", as codec/yaml.h begins its complaints. */
static uint32_t line_in(const char *why) {
    str const rest = str_from(str_of(why), 5);
    uint64_t line;

    return str_starts(str_of(why), S("line ")) && str_u64(str_first(rest, str_find_byte(rest, ':')), UINT32_MAX, &line)
               ? (uint32_t)line
               : 1;
}

static bool documents_read(struct sigma_loader *l, str path, struct yaml_node *const *documents, size_t count,
                           struct err *e) {
    struct collection c = {.l = l};
    bool empty = true;
    str kept;

    if (!arena_copy(l->a, path, &kept))
        return no_memory(e);
    l->file_before = arena_used(l->a);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *whole = documents[i];
        struct err why;

        if (whole->type == YAML_SCALAR && whole->scalar == YAML_IS_NULL)
            continue;
        if (i >= DOCUMENTS_MAX) {
            snprintf(why.text, sizeof why.text, "line %u: more than %d documents in one file: the rest is not read",
                     whole->line, DOCUMENTS_MAX);
            return failed_at(l, path, whole->line, why.text, e);
        }
        empty = false;
        if (whole->type == YAML_MAP && !collect(&c, documents[i], &whole, &why)) {
            struct sigma_document *const d = document_new(l, kept, documents[i]->line, e);

            if (!d || !(verdict_named(l, documents[i], d) || no_memory(e)) || !sigma_document_failed(l, d, why.text, e))
                return false;
        } else if (whole && !document_read(l, kept, whole, e)) {
            return false;
        }
    }
    return !empty || sigma_load_failed(l, path, "the file is empty: no rule", e);
}

/* The text is no YAML that we take. */
static bool yaml_failed(struct sigma_loader *l, str path, str yaml, const struct err *why, struct err *e) {
    char text[sizeof why->text + 60];
    uint32_t const line = line_in(why->text);

    /* The arena being full is this file's own fault, the machine being full is not. */
    if (why->code == ERR_MEMORY && l->scratch_max - arena_used(l->scratch) > SCRATCH_STEP_MAX)
        return no_memory(e);
    if (why->code == ERR_MEMORY)
        snprintf(text, sizeof text, "the file takes more than %zu MiB to read", l->scratch_max >> 20);
    else
        snprintf(text, sizeof text, "%s%s", why->text,
                 str_find(yaml, S("\n---")) == SIZE_MAX ? "" : "; no document of this file is used");
    return failed_at(l, path, line, text, e);
}

/* cache: NULL, or where the trees of this text may be found, or be kept. */
static bool text_load(struct sigma_loader *l, str path, str yaml, struct rule_cache *cache, struct err *e) {
    struct yaml_node **documents;
    struct err why;
    size_t count;
    bool ok = true;

    if (!rule_cache_get(cache, yaml, l->scratch, &documents, &count)) {
        if ((ok = yaml_read(yaml, l->scratch, &documents, &count, &why)))
            rule_cache_add(cache, documents, count, arena_used(l->scratch));
    }
    if (ok)
        ok = documents_read(l, path, documents, count, e);
    else
        ok = yaml_failed(l, path, yaml, &why, e);
    arena_reset(l->scratch);
    return ok;
}

bool sigma_load_text(struct sigma_loader *l, str path, str yaml, struct err *e) {
    return text_load(l, path, yaml, NULL, e);
}

/* Placeholders */

static bool placeholder_value(struct sigma_loader *l, const struct yaml_node *v, str *out, struct err *e) {
    char number[NUMBER_TEXT_MAX];
    str text = v->text;
    size_t len;

    if (v->type != YAML_SCALAR || v->scalar == YAML_IS_NULL)
        return err_set(e, ERR_USAGE, 0, "line %u: a value must be text", v->line);
    if ((v->scalar == YAML_IS_INT || v->scalar == YAML_IS_FLOAT) &&
        number_canonical(str_from(text, text.ptr[0] == '+'), number, &len))
        text = (str){number, len};
    else if (v->scalar == YAML_IS_TRUE || v->scalar == YAML_IS_FALSE)
        text = v->scalar == YAML_IS_TRUE ? S("true") : S("false");
    return arena_copy(l->a, text, out) || no_memory(e);
}

static bool placeholders_read(struct sigma_loader *l, const struct yaml_node *map, struct err *e) {
    if (map->type != YAML_MAP)
        return err_set(e, ERR_USAGE, 0, "line %u: must be one mapping of names to values", map->line);
    if (!(l->placeholders = arena_zero(l->a, map->count, sizeof *l->placeholders)))
        return no_memory(e);
    for (size_t i = 0; i < map->count; i++) {
        struct placeholder *const p = &l->placeholders[i];
        size_t const count = map->items[i]->type == YAML_LIST ? map->items[i]->count : 1;
        str *const values = arena_zero(l->a, count, sizeof *values);

        if (count == 0)
            return err_set(e, ERR_USAGE, 0, "line %u: a placeholder without values", map->key_lines[i]);
        if (!values || !arena_copy(l->a, map->keys[i], &p->name))
            return no_memory(e);
        p->values = values;
        p->count = count;
        for (size_t j = 0; j < count; j++)
            if (!placeholder_value(l, sigma_one(map->items[i], j), &values[j], e))
                return false;
    }
    l->placeholder_count = map->count;
    return true;
}

bool sigma_load_placeholders(struct sigma_loader *l, str path, str yaml, struct err *e) {
    struct yaml_node **documents;
    size_t count;
    bool ok = yaml_read(yaml, l->scratch, &documents, &count, e);

    if (ok && count > 1)
        ok = err_set(e, ERR_USAGE, 0, "line %u: a second document", documents[1]->line);
    ok = ok && (count == 0 || placeholders_read(l, documents[0], e));
    arena_reset(l->scratch);
    return ok || err_wrap(e, "%.*s", STR_ARG(path));
}

void sigma_strict_placeholders(struct sigma_loader *l) {
    l->strict = true;
}

void sigma_cache(struct sigma_loader *l, const char *folder) {
    l->cache = folder;
}

bool sigma_loader_within(struct sigma_loader **out, size_t kept_max, size_t scratch_max, struct err *e) {
    struct sigma_loader *const l = calloc(1, sizeof *l);

    if (!l)
        return no_memory(e);
    l->kept_max = kept_max;
    l->scratch_max = scratch_max;
    if (!(l->a = arena_new(kept_max)) || !(l->scratch = arena_new(scratch_max))) {
        sigma_loader_free(l);
        return no_memory(e);
    }
    *out = l;
    return true;
}

bool sigma_loader_new(struct sigma_loader **out, struct err *e) {
    return sigma_loader_within(out, KEPT_MEMORY_MAX, SCRATCH_MEMORY_MAX, e);
}

void sigma_loader_free(struct sigma_loader *l) {
    if (!l)
        return;
    free(l->documents);
    pcre2_match_data_free(l->letters.match);
    pcre2_code_free(l->letters.code);
    arena_free(l->scratch);
    arena_free(l->a);
    free(l);
}

/* Files */

/* Folders and files seen: each is read once, by whatever links it is reached, so that links cannot lead in circles
 * and no rule stands in its own way. */
struct walk {
    struct sigma_loader *l;
    struct rule_cache *cache; /* NULL: none */
    struct buf text;          /* of the file being read */
    struct seen {
        dev_t device;
        ino_t number;
        bool used;
    } * seen; /* a table: as many slots as a power of two, at most half of them used */
    size_t count, slots, folders;
    uint64_t seed;
    struct err *e;
};

static bool is_rule_file(str name) {
    return str_ends(name, S(".yml")) || str_ends(name, S(".yaml"));
}

static struct seen *seen_slot(const struct walk *w, dev_t device, ino_t number) {
    uint64_t const key[2] = {(uint64_t)device, (uint64_t)number};
    size_t at = (size_t)hash_bytes((str){(const char *)key, sizeof key}, w->seed) & (w->slots - 1);

    while (w->seen[at].used && (w->seen[at].device != device || w->seen[at].number != number))
        at = (at + 1) & (w->slots - 1);
    return &w->seen[at];
}

static bool seen_grow(struct walk *w) {
    struct walk bigger = *w;

    bigger.slots = w->slots ? 2 * w->slots : 256;
    if (!(bigger.seen = calloc(bigger.slots, sizeof *bigger.seen)))
        return no_memory(w->e);
    for (size_t i = 0; i < w->slots; i++)
        if (w->seen[i].used)
            *seen_slot(&bigger, w->seen[i].device, w->seen[i].number) = w->seen[i];
    free(w->seen);
    w->seen = bigger.seen;
    w->slots = bigger.slots;
    return true;
}

/* *again: it was read before. */
static bool seen_before(struct walk *w, const struct stat *st, bool *again) {
    struct seen *slot;

    if (2 * (w->count + 1) > w->slots && !seen_grow(w))
        return false;
    slot = seen_slot(w, st->st_dev, st->st_ino);
    *again = slot->used;
    w->count += !slot->used;
    *slot = (struct seen){st->st_dev, st->st_ino, true};
    return true;
}

static bool path_failed(struct walk *w, const char *path, int number) {
    const char *const why = strerrordesc_np(number);

    return sigma_load_failed(w->l, str_of(path), why ? why : "cannot be read", w->e);
}

/* The file is open already. */
static bool file_load(struct walk *w, int fd, const struct stat *st, const char *path) {
    str const name = str_of(path);
    struct err why = {0};
    const char *text = why.text;

    w->text.len = 0;
    w->text.failed = false;
    if (file_read_open(fd, st, path, YAML_BYTES_MAX, &w->text, &why))
        return text_load(w->l, name, buf_str(&w->text), w->cache, w->e);
    if (why.code == ERR_MEMORY)
        return no_memory(w->e);
    if (why.code == ERR_LIMIT)
        text = "the file is larger than 16 MiB";
    else if (str_starts(str_of(text), name)) /* the verdict has the path already */
        text += name.len + strspn(text + name.len, ": ");
    return sigma_load_failed(w->l, name, text, w->e);
}

/* name: in the open folder `at`; path: the whole, for verdicts. */
static bool load_file(struct walk *w, int at, const char *name, const char *path) {
    int const fd = file_open(at, name), failed = errno;
    struct stat st;
    bool again = false, ok;

    /* What cannot be opened may be known by another name, and has its verdict then. */
    if (fd < 0 ? fstatat(at, name, &st, 0) != 0 : fstat(fd, &st) != 0)
        ok = path_failed(w, path, fd < 0 ? failed : errno);
    else if (!seen_before(w, &st, &again) || again)
        ok = again;
    else
        ok = fd < 0 ? path_failed(w, path, failed) : file_load(w, fd, &st, path);
    if (fd >= 0)
        close(fd);
    return ok;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool names_read(struct walk *w, DIR *dir, char ***names, size_t *count, int *failed) {
    size_t room = 0;
    struct dirent *entry;

    while ((errno = 0, entry = readdir(dir)) != NULL) {
        char **bigger = *names;

        if (entry->d_name[0] == '.')
            continue; /* hidden: .git, editors' copies */
        /* What can be neither a folder nor a rule need not be remembered. */
        if (entry->d_type == DT_REG && !is_rule_file(str_of(entry->d_name)))
            continue;
        if (*count == room) {
            room = room ? 2 * room : 64;
            if (!(bigger = realloc(*names, room * sizeof *bigger)))
                return no_memory(w->e);
            *names = bigger;
        }
        if (!(bigger[*count] = malloc(strlen(entry->d_name) + 2)))
            return no_memory(w->e);
        /* Behind the name and its NUL: what kind of entry the folder says it is. */
        memcpy(bigger[*count], entry->d_name, strlen(entry->d_name) + 1);
        bigger[*count][strlen(entry->d_name) + 1] = (char)entry->d_type;
        ++*count;
    }
    *failed = errno;
    return true;
}

static bool load_folder(struct walk *w, int at, const char *name, const char *path, unsigned depth);

static bool load_entry(struct walk *w, int at, const char *folder, const char *name, unsigned depth) {
    char const kind = name[strlen(name) + 1];
    struct buf path = {0};
    struct stat st;
    bool ok = true;

    buf_add(&path, str_of(folder));
    if (path.len && path.ptr[path.len - 1] != '/')
        buf_byte(&path, '/');
    buf_add(&path, str_of(name));
    buf_byte(&path, '\0');
    if (path.failed)
        ok = no_memory(w->e);
    else if (kind == DT_DIR || (kind != DT_REG && fstatat(at, name, &st, 0) == 0 && S_ISDIR(st.st_mode)))
        ok = load_folder(w, at, name, path.ptr, depth + 1);
    else if (is_rule_file(str_of(name)))
        ok = load_file(w, at, name, path.ptr);
    buf_free(&path);
    return ok;
}

static bool load_folder(struct walk *w, int at, const char *name, const char *path, unsigned depth) {
    int const fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    DIR *const dir = fd >= 0 ? fdopendir(fd) : NULL;
    char **names = NULL;
    struct stat st;
    size_t count = 0;
    bool again = false, ok = true;
    int failed = 0;

    if (!dir || fstat(fd, &st) != 0) {
        ok = path_failed(w, path, errno);
        if (dir)
            closedir(dir);
        else if (fd >= 0)
            close(fd);
        return ok;
    }
    if (depth > FOLDER_DEPTH_MAX || w->folders == FOLDERS_MAX)
        ok = sigma_load_failed(w->l, str_of(path),
                               depth > FOLDER_DEPTH_MAX ? "folders within folders deeper than 64: not read"
                                                        : "more than 10,000 folders: not read",
                               w->e);
    else if ((ok = seen_before(w, &st, &again)) && !again) {
        w->folders++;
        ok = names_read(w, dir, &names, &count, &failed);
    }
    if (ok && failed)
        ok = path_failed(w, path, failed);
    if (count)
        qsort(names, count, sizeof *names, by_bytes);
    for (size_t i = 0; i < count; i++) {
        ok = ok && load_entry(w, fd, path, names[i], depth);
        free(names[i]);
    }
    free(names);
    closedir(dir); /* stood open until now: names within it need no way through the whole path */
    return ok;
}

bool sigma_load_paths(struct sigma_loader *l, const char *const *paths, size_t count, struct err *e) {
    struct walk w = {.l = l, .seed = hash_seed(), .e = e};
    bool ok = true;

    if (l->cache)
        w.cache = rule_cache_open(l->cache, RULE_CACHE_MAX);
    for (size_t i = 0; ok && i < count; i++) {
        struct stat st;

        if (stat(paths[i], &st) != 0)
            ok = path_failed(&w, paths[i], errno);
        else
            ok = S_ISDIR(st.st_mode) ? load_folder(&w, AT_FDCWD, paths[i], paths[i], 0)
                                     : load_file(&w, AT_FDCWD, paths[i], paths[i]);
    }
    rule_cache_close(w.cache);
    buf_free(&w.text);
    free(w.seen);
    return ok;
}
