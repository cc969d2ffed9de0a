/* hunt_intel: see hunt_intel.h. */
#include "cli/hunt_intel.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "cli/terminal.h"
#include "detection/indicator.h"
#include "hunt/intel_load.h"
#include "intel/store.h"
#include "report/finding_text.h"

#define MEMORY ((size_t)1 << 30)
#define UNREAD_KEPT 20u

struct hunt_intel {
    struct arena *a;
    struct intel_builder *builder;
    struct buf bytes; /* of the set, when it was built here */
    struct intel_set *set;
    struct known *known;
    struct rule_texts {
        struct rule_text *items;
        size_t count, room;
    } rules, yaras;
    uint64_t files, items, left_out;
    uint64_t unread;
    struct {
        str path, why;
    } unreads[UNREAD_KEPT];
    uint64_t inactive, patterns; /* entries that are not hunted: revoked or context only; patterns */
    struct intel_sink sink;
    struct groups *groups; /* the facts that are built in, and what the sources say */
    struct buf source;     /* the name of the one that is read */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
}

bool intel_wishes(const struct arguments *given, bool known, struct arguments *out, char **folder, struct err *e) {
    *out = (struct arguments){calloc(given->count + 1, sizeof *out->items), given->count};
    if (!out->items)
        return err_set(e, ERR_MEMORY, 0, "no memory");
    for (size_t i = 0; i < given->count; i++)
        out->items[i] = given->items[i];
    if (!known)
        return true;
    if (!(*folder = intel_store_folder()))
        return err_set(e, ERR_USAGE, 0,
                       "--known: there is no home folder in which the store would be; name it with --intel");
    if (!intel_store_is(*folder))
        return err_set(e, ERR_USAGE, 0, "--known: there is no store in %s; 'longwatch intel add' makes it", *folder);
    out->items[out->count++] = *folder;
    return true;
}

static bool unread_note(struct hunt_intel *h, str path, str why, struct err *e) {
    if (h->unread++ >= UNREAD_KEPT)
        return true;
    return (arena_copy(h->a, path, &h->unreads[h->unread - 1].path) &&
            arena_copy(h->a, why, &h->unreads[h->unread - 1].why)) ||
           no_memory(e);
}

/* ---- where items, labels and groups go ---- */

static bool sink_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct hunt_intel *const h = ctx;
    const struct intel_sink *const to = h->builder ? intel_builder_sink(h->builder) : NULL;

    h->items++;
    return !to || to->item(to->ctx, item, e);
}
static bool sink_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct hunt_intel *const h = ctx;
    const struct intel_sink *const to = h->builder ? intel_builder_sink(h->builder) : NULL;

    return !to || to->left_out(to->ctx, where, what, why, e);
}
static bool sink_label_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    struct hunt_intel *const h = ctx;

    return !h->builder || intel_builder_label_list(h->builder, list, e);
}
static bool sink_label(void *ctx, str entry, struct err *e) {
    struct hunt_intel *const h = ctx;

    return !h->builder || intel_builder_label(h->builder, entry, e);
}
static bool sink_group(void *ctx, const struct intel_group *group, struct err *e) {
    struct hunt_intel *const h = ctx;

    return groups_add(h->groups, buf_str(&h->source), group, e);
}

/* ---- what is read ---- */

static bool on_begin(void *ctx, const struct intel_loaded *source, str bytes, bool *wanted, struct err *e) {
    struct hunt_intel *const h = ctx;

    (void)bytes;
    (void)wanted;
    h->source.len = 0;
    buf_add(&h->source, source->name);
    return (!h->source.failed || no_memory(e)) &&
           (source->file != INTEL_FILE_ITEMS || source->twice ||
            intel_builder_source(h->builder, source->name, str_of(source->sha256), e));
}

static bool rule_keep(struct hunt_intel *h, struct rule_texts *t, str path, str text, struct err *e) {
    struct rule_text *r;

    if (t->count == t->room) {
        struct rule_text *const bigger = reallocarray(t->items, t->room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        t->items = bigger;
        t->room = t->room * 2 + 64;
    }
    r = &t->items[t->count];
    if (!arena_copy(h->a, path, &r->path) || !arena_copy(h->a, text, &r->text))
        return no_memory(e);
    t->count++;
    return true;
}

static bool on_rules(void *ctx, const struct intel_loaded *source, str bytes, struct err *e) {
    struct hunt_intel *const h = ctx;

    return source->twice ||
           rule_keep(h, source->file == INTEL_FILE_YARA ? &h->yaras : &h->rules, source->path, bytes, e);
}

static bool on_ended(void *ctx, const struct intel_loaded *source, struct err *e) {
    struct hunt_intel *const h = ctx;

    if (source->file == INTEL_FILE_OTHER || source->twice)
        return true;
    h->files += source->file != INTEL_FILE_NONE;
    h->left_out += source->left_out;
    if (source->file == INTEL_FILE_NONE || source->why.len)
        return unread_note(h, source->path, source->why.len ? source->why : S("nobody's format"), e);
    return true;
}

static bool on_damage(void *ctx, str outer, str path, str why, struct err *e) {
    (void)outer;
    return unread_note(ctx, path, why, e);
}

static bool load_paths(struct hunt_intel *h, const char *const *paths, size_t count, struct err *e) {
    struct intel_load const load = {.paths = paths,
                                    .path_count = count,
                                    .about = {.name = S(""),
                                              .confidence = ITEM_CONFIDENCE_UNSAID,
                                              .group = S(""),
                                              .origin = S(""),
                                              .valid_from = INSTANT_NONE,
                                              .valid_until = INSTANT_NONE}};
    struct intel_load_visitor const visitor = {
        .ctx = h, .begin = on_begin, .sink = &h->sink, .rules = on_rules, .ended = on_ended, .damage = on_damage};

    return count == 0 || intel_load(&load, &visitor, e);
}

/* ---- stores beside files ---- */

static bool on_stored_source(void *ctx, str name, str sha256, str format, struct err *e) {
    struct hunt_intel *const h = ctx;

    (void)format;
    h->files++;
    h->source.len = 0;
    buf_add(&h->source, name);
    return (!h->source.failed || no_memory(e)) && (!h->builder || intel_builder_source(h->builder, name, sha256, e));
}

static bool on_stored_rules(void *ctx, str name, str format, const char *path, struct err *e) {
    struct hunt_intel *const h = ctx;
    struct buf text = {0};
    bool const ok = file_read(path, IMPORT_BYTES_MAX, &text, e) &&
                    rule_keep(h, str_eq(format, S("yara")) ? &h->yaras : &h->rules, name, buf_str(&text), e);

    buf_free(&text);
    return ok;
}

/* A store, item by item; without a builder its groups and rules alone. */
static bool load_store(struct hunt_intel *h, const char *folder, struct err *e) {
    struct intel_store *store;

    if (!intel_store_read(&store, folder, e))
        return false;
    bool const ok =
        intel_store_rules(store, on_stored_rules, h, e) && intel_store_replay(store, on_stored_source, &h->sink, e);

    intel_store_close(store);
    return ok;
}

static bool is_set(const char *path) {
    struct stat about;

    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && str_ends(str_of(path), S(".intel"));
}

static bool build(struct hunt_intel *h, const struct arguments *paths, struct err *e) {
    const char **const files = calloc(paths->count, sizeof *files);
    size_t count = 0;
    bool ok = (files || no_memory(e)) && intel_builder_new(&h->builder, e);

    for (size_t i = 0; ok && i < paths->count; i++)
        if (intel_store_is(paths->items[i]))
            ok = load_store(h, paths->items[i], e);
        else
            files[count++] = paths->items[i];
    ok = ok && load_paths(h, files, count, e) && intel_builder_end(h->builder, &h->bytes, e);
    intel_builder_free(h->builder);
    h->builder = NULL;
    free(files);
    return ok && intel_set_of(&h->set, buf_str(&h->bytes), e);
}

static bool open_alone(struct hunt_intel *h, const char *path, struct err *e) {
    struct buf set = {0};

    buf_add(&set, str_of(path));
    if (!is_set(path))
        buf_add(&set, S("/" INTEL_STORE_SET));
    buf_byte(&set, '\0');
    bool const ok = set.failed ? no_memory(e) : intel_set_open(&h->set, set.ptr, e);

    buf_free(&set);
    if (ok && is_set(path)) {
        h->files = intel_set_sources(h->set);
        h->items = intel_set_entries(h->set);
    }
    return ok && (is_set(path) || load_store(h, path, e));
}

bool hunt_intel_open(struct hunt_intel **out, const struct arguments *paths, struct err *e) {
    struct hunt_intel *const h = paths->count ? calloc(1, sizeof *h) : NULL;

    *out = h;
    if (!paths->count)
        return true;
    if (!h || !(h->a = arena_new(MEMORY)))
        return no_memory(e);
    h->sink = (struct intel_sink){h, sink_item, sink_left_out, sink_label_list, sink_label, sink_group, NULL};
    if (!groups_new(&h->groups, e))
        return false;
    for (size_t i = 0; i < paths->count; i++)
        if (is_set(paths->items[i]) && paths->count > 1)
            return err_set(e, ERR_USAGE, 0, "--intel: %s is a compiled set, which goes alone", paths->items[i]);
    if (!(paths->count == 1 && (is_set(paths->items[0]) || intel_store_is(paths->items[0]))
              ? open_alone(h, paths->items[0], e)
              : build(h, paths, e)))
        return err_wrap(e, "--intel");
    if (!groups_join(h->groups, e))
        return false;
    for (unsigned t = 0; t < OBSERVABLES; t++)
        for (uint32_t at = 0; intel_set_each(h->set, ITEM_PATTERN, t, &at) != INTEL_NONE;)
            h->patterns++;
    h->inactive = intel_set_inactive(h->set);
    return true;
}

const struct rule_text *hunt_intel_rules(const struct hunt_intel *h, size_t *count) {
    *count = h ? h->rules.count : 0;
    return h ? h->rules.items : NULL;
}

const struct rule_text *hunt_intel_yara(const struct hunt_intel *h, size_t *count) {
    *count = h ? h->yaras.count : 0;
    return h ? h->yaras.items : NULL;
}

bool hunt_intel_join(struct hunt_intel *h, const struct sigma_set *rules, struct fields *fields, struct err *e) {
    if (!intel_set_entries(h->set) && !h->rules.count && !h->yaras.count && !rules->rule_count)
        return err_set(e, ERR_USAGE, 0, "--intel: nothing that could be hunted in %lu file%s", (unsigned long)h->files,
                       h->files == 1 ? "" : "s");
    return known_new(&h->known, rules, h->set, h->groups, fields, e);
}

void hunt_intel_close(struct hunt_intel *h) {
    if (!h)
        return;
    known_free(h->known);
    groups_free(h->groups);
    buf_free(&h->source);
    intel_set_free(h->set);
    buf_free(&h->bytes);
    free(h->rules.items);
    free(h->yaras.items);
    arena_free(h->a);
    free(h);
}

const struct known *hunt_intel_known(const struct hunt_intel *h) {
    return h ? h->known : NULL;
}

const struct groups *hunt_intel_groups(const struct hunt_intel *h) {
    return h ? h->groups : NULL;
}

const struct intel_set *hunt_intel_set(const struct hunt_intel *h) {
    return h ? h->set : NULL;
}

/* ---- told ---- */

/* Patterns that were not asked, or could not be answered by any event: not "no hit". */
static void patterns_print(const struct hunt_intel *h, size_t columns, bool colour, struct buf *line, struct buf *b) {
    size_t count;
    const struct known_not_hunted *const not_hunted = known_not_hunted(h->known, &count);

    if (!count)
        return;
    buf_add(b, colour ? S("\033[33mPATTERNS NOT HUNTED: \033[0m") : S("PATTERNS NOT HUNTED: "));
    count_add(b, count, "pattern");
    buf_byte(b, '\n');
    for (size_t i = 0; i < count && i < UNREAD_KEPT; i++) {
        line->len = 0;
        buf_add(b, S("  "));
        finding_short(line, intel_set_entry(h->set, not_hunted[i].entry).value);
        buf_add(line, S(": "));
        finding_plain(line, not_hunted[i].why, false);
        text_wrap(b, buf_str(line), 2, 4, columns);
        buf_byte(b, '\n');
    }
    if (count > UNREAD_KEPT)
        buf_format(b, "  and %zu more\n", count - UNREAD_KEPT);
}

void hunt_intel_print(const struct hunt_intel *h, size_t columns, bool colour, struct buf *b) {
    struct buf line = {0};

    if (!h)
        return;
    buf_add(b, S("Indicators: "));
    count_add(&line, intel_set_entries(h->set) - h->inactive - h->patterns, "value");
    if (h->patterns) {
        buf_add(&line, S(", "));
        count_add(&line, h->patterns, "pattern");
    }
    buf_add(&line, S(" out of "));
    count_add(&line, h->files, "file");
    if (intel_set_label_lists(h->set)) {
        buf_add(&line, S(", "));
        count_add(&line, intel_set_label_lists(h->set), "warninglist");
    }
    if (h->inactive) {
        buf_add(&line, S("; not hunted: "));
        count_add(&line, h->inactive, "value");
        buf_add(&line, S(" that its sources revoked or do not mean for detection"));
    }
    if (h->left_out) {
        buf_add(&line, S("; "));
        count_add(&line, h->left_out, "thing");
        buf_add(&line, S(" in them left out, each with its reason ('longwatch intel add' tells)"));
    }
    text_wrap(b, buf_str(&line), 12, 2, columns);
    buf_byte(b, '\n');
    patterns_print(h, columns, colour, &line, b);
    if (h->unread) {
        buf_add(b, colour ? S("\033[33mINTELLIGENCE NOT READ: \033[0m") : S("INTELLIGENCE NOT READ: "));
        count_add(b, h->unread, "place");
        buf_byte(b, '\n');
        for (uint64_t i = 0; i < h->unread && i < UNREAD_KEPT; i++) {
            buf_add(b, S("  "));
            finding_plain(b, h->unreads[i].path, false);
            buf_add(b, S(": "));
            finding_plain(b, h->unreads[i].why, false);
            buf_byte(b, '\n');
        }
        if (h->unread > UNREAD_KEPT)
            buf_format(b, "  and %lu more\n", (unsigned long)(h->unread - UNREAD_KEPT));
    }
    b->failed |= line.failed;
    buf_free(&line);
}
