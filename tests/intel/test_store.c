/* test_store: what goes into a store comes out of it, whole and once; versions, answers and history; one writes, others read; and the
 * compiled set is the same bytes for the same content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/hash.h"
#include "intel/store.h"
#include "../refuse.h"

static const struct import_about unsaid = {.name = STR(""),
                                           .confidence = ITEM_CONFIDENCE_UNSAID,
                                           .group = STR(""),
                                           .origin = STR(""),
                                           .valid_from = INSTANT_NONE,
                                           .valid_until = INSTANT_NONE};

static struct intel_item item_of(enum observable type, const char *value) {
    str const none = S("");

    return (struct intel_item){.type = type,
                               .value = str_of(value),
                               .raw = none,
                               .where = none,
                               .id = none,
                               .title = none,
                               .comment = none,
                               .created = INSTANT_NONE,
                               .modified = INSTANT_NONE,
                               .valid_from = INSTANT_NONE,
                               .valid_until = INSTANT_NONE,
                               .first_seen = INSTANT_NONE,
                               .last_seen = INSTANT_NONE,
                               .confidence = ITEM_CONFIDENCE_UNSAID};
}

static void hash_of(str bytes, char out[2 * SHA256_SIZE + 1]) {
    struct sha256 *const h = sha256_new();
    uint8_t sum[SHA256_SIZE];

    sha256_add(h, bytes);
    sha256_end(h, sum);
    sha256_free(h);
    sha256_hex(sum, out);
}

/* A source for a test: its bytes are its values, a line each: "ADDRESS" or "?ADDRESS" for a proposed one. */
static bool add_source(struct intel_store *s, const char *name, const char *text, const struct import_about *about,
                       bool *known, struct err *e) {
    char sha256[2 * SHA256_SIZE + 1];

    hash_of(str_of(text), sha256);
    struct intel_store_new const source = {
        .name = str_of(name), .path = str_of(name), .sha256 = str_of(sha256), .format = S("list"), .about = about};

    if (!intel_store_source(s, &source, str_of(text), known, e))
        return false;
    for (str rest = str_of(text); !*known && rest.len;) {
        size_t const end = str_find_byte(rest, '\n');
        str line = str_first(rest, end);
        bool const proposed = str_starts(line, S("?"));
        struct intel_item item = item_of(OBSERVABLE_ADDRESS, "");

        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
        item.value = str_from(line, proposed);
        item.proposed = proposed;
        if (!intel_store_sink(s)->item(s, &item, e))
            return false;
    }
    return true;
}

/* One feed of one source, whole. */
static bool add_feed(struct intel_store *s, const char *feed, const char *text, int64_t now, uint64_t *gone,
                     bool *known, struct err *e) {
    return intel_store_feed(s, str_of(feed), S(""), now, e) && add_source(s, feed, text, &unsaid, known, e) &&
           intel_store_feed_end(s, gone, e);
}

static void must_add(const char *folder, const char *feed, const char *text, int64_t now) {
    struct intel_store *s;
    struct err e = {0};
    uint64_t gone;
    bool known;

    if (!intel_store_write(&s, folder, 0, &e) || !add_feed(s, feed, text, now, &gone, &known, &e) ||
        !intel_store_commit(s, &e))
        fail_msg("%s", e.text);
    intel_store_close(s);
}

/* Everything that a query gives, as text. */
static bool tell_item(void *ctx, const struct intel_stored_item *i, struct err *e) {
    (void)e;
    buf_format(ctx, "%.*s %.*s %.*s%s%s%.*s\n", STR_ARG(i->source->name), STR_ARG(observable_name(i->item.type)),
               STR_ARG(i->canonical), i->item.proposed ? " " : "",
               i->item.proposed ? intel_review_name(i->review).ptr : "",
               STR_ARG(i->source->until == INSTANT_NONE ? S("") : S(" history")));
    return true;
}

static const char *items_of(const char *folder, const struct intel_store_query *q, struct buf *b) {
    struct intel_store *s;
    struct err e = {0};

    b->len = 0;
    if (!intel_store_read(&s, folder, &e) || !intel_store_items(s, q, tell_item, b, &e))
        fail_msg("%s", e.text);
    intel_store_close(s);
    buf_byte(b, '\0');
    return b->ptr;
}

static void set_of(const char *folder, struct buf *b) {
    char path[256];
    struct err e = {0};

    b->len = 0;
    snprintf(path, sizeof path, "%s/" INTEL_STORE_SET, folder);
    if (!file_read(path, SIZE_MAX / 2, b, &e))
        fail_msg("%s", e.text);
}

static bool set_has(const char *folder, const char *address) {
    char path[256];
    struct intel_set *set;
    struct err e = {0};
    bool has;

    snprintf(path, sizeof path, "%s/" INTEL_STORE_SET, folder);
    if (!intel_set_open(&set, path, &e))
        fail_msg("%s", e.text);
    has = intel_set_find(set, OBSERVABLE_ADDRESS, str_of(address)) != INTEL_NONE;
    intel_set_free(set);
    return has;
}

/* ---- what goes in comes out ---- */

static const struct item_names some_names = {{STR("A \"quoted\""), STR("B\nline"), STR("\xc3\xa9")}, 3};

static struct intel_item full_item(void) {
    return (struct intel_item){.form = ITEM_VALUE,
                               .type = OBSERVABLE_DOMAIN,
                               .value = STR("Evil.Example"),
                               .raw = STR("evil[.]example"),
                               .where = STR("page 3, line 7"),
                               .id = STR("indicator--1"),
                               .title = STR("a title"),
                               .comment = STR("nul \0 within"),
                               .created = 1,
                               .modified = -2,
                               .valid_from = 3,
                               .valid_until = INT64_MAX,
                               .first_seen = 0,
                               .last_seen = INSTANT_NONE,
                               .confidence = 77,
                               .tlp = TLP_AMBER_STRICT,
                               .pap = PAP_RED,
                               .nature = NATURE_VICTIM,
                               .revoked = true,
                               .context = true,
                               .proposed = true,
                               .port = 65535,
                               .groups = some_names,
                               .campaigns = {{STR("c")}, 1},
                               .malware = {{STR("m")}, 1},
                               .techniques = {{STR("T1059.003")}, 1},
                               .origins = {{STR("https://report.example/1")}, 1}};
}

static void same_names(const struct item_names *a, const struct item_names *b) {
    assert_int_equal(a->count, b->count);
    for (unsigned i = 0; i < a->count; i++)
        assert_true(str_eq(a->names[i], b->names[i]));
}

static void same_item(const struct intel_item *a, const struct intel_item *b) {
    const str *const texts[2][6] = {{&a->value, &a->raw, &a->where, &a->id, &a->title, &a->comment},
                                    {&b->value, &b->raw, &b->where, &b->id, &b->title, &b->comment}};

    for (size_t i = 0; i < 6; i++)
        assert_true(str_eq(*texts[0][i], *texts[1][i]));
    assert_int_equal(a->form, b->form);
    assert_int_equal(a->type, b->type);
    assert_true(a->created == b->created && a->modified == b->modified && a->valid_from == b->valid_from &&
                a->valid_until == b->valid_until && a->first_seen == b->first_seen && a->last_seen == b->last_seen);
    assert_int_equal(a->confidence, b->confidence);
    assert_int_equal(a->tlp, b->tlp);
    assert_int_equal(a->pap, b->pap);
    assert_int_equal(a->nature, b->nature);
    assert_true(a->revoked == b->revoked && a->context == b->context && a->proposed == b->proposed);
    assert_int_equal(a->port, b->port);
    same_names(&a->groups, &b->groups);
    same_names(&a->campaigns, &b->campaigns);
    same_names(&a->malware, &b->malware);
    same_names(&a->techniques, &b->techniques);
    same_names(&a->origins, &b->origins);
}

static bool compare_item(void *ctx, const struct intel_stored_item *i, struct err *e) {
    struct intel_item const full = full_item();

    (void)e;
    same_item(&full, &i->item);
    assert_true(str_eq(i->canonical, S("evil.example")));
    assert_int_equal(i->review, REVIEW_OPEN);
    assert_int_equal(i->source->tlp, TLP_GREEN);
    assert_int_equal(i->source->confidence, 5);
    assert_true(str_eq(i->source->group, S("APT31")));
    assert_true(str_eq(i->source->origin, S("number 1")));
    assert_true(str_eq(i->source->feed, S("/feed")) && str_eq(i->source->url, S("https://x.example/")));
    ++*(int *)ctx;
    return true;
}

static bool compare_source(void *ctx, const struct intel_stored_source *s, struct err *e) {
    (void)e;
    assert_int_equal(s->items, 1);
    assert_int_equal(s->proposed, 1);
    assert_int_equal(s->context, 1);
    assert_int_equal(s->revoked, 1);
    assert_int_equal(s->rejected, 0);
    assert_int_equal(s->left_out, 2);
    assert_int_equal(s->label_lists, 1);
    assert_int_equal(s->labels, 2);
    assert_int_equal(s->groups, 1);
    assert_int_equal(s->size, 5);
    assert_int_equal(s->added, 42);
    assert_true(s->until == INSTANT_NONE);
    ++*(int *)ctx;
    return true;
}

static bool note_left_out(void *ctx, const struct intel_stored_left_out *l, struct err *e) {
    (void)e;
    buf_format(ctx, "%.*s|%.*s|%.*s;", STR_ARG(l->where), STR_ARG(l->what), STR_ARG(l->why));
    return true;
}

static bool replayed_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    (void)e;
    buf_format(ctx, "list %.*s %.*s %.*s %.*s %d %lu\n", STR_ARG(list->name), STR_ARG(list->description),
               STR_ARG(list->version), STR_ARG(list->category), list->how, (unsigned long)list->matches);
    return true;
}

static bool replayed_label(void *ctx, str entry, struct err *e) {
    (void)e;
    buf_format(ctx, "label %.*s\n", STR_ARG(entry));
    return true;
}

static bool replayed_group(void *ctx, const struct intel_group *group, struct err *e) {
    (void)e;
    buf_format(ctx, "group %.*s %.*s %.*s %.*s %u %.*s\n", STR_ARG(group->name), STR_ARG(group->id),
               STR_ARG(group->where), STR_ARG(group->description), group->aliases.count,
               STR_ARG(group->aliases.names[1]));
    return true;
}

static bool replayed_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct intel_item const full = full_item();

    (void)e;
    same_item(&full, item);
    buf_add(ctx, S("item\n"));
    return true;
}

static bool replayed_nothing(void *ctx, str where, str what, str why, struct err *e) {
    (void)ctx, (void)where, (void)what, (void)why, (void)e;
    fail();
    return false;
}

static void everything_comes_back(void **state) {
    struct import_about const about = {.name = STR(""),
                                       .tlp = TLP_GREEN,
                                       .confidence = 5,
                                       .group = STR("APT31"),
                                       .origin = STR("number 1"),
                                       .valid_from = 7,
                                       .valid_until = INSTANT_NONE};
    struct intel_label_list const list = {.name = STR("l"),
                                          .description = STR("d"),
                                          .version = STR("9"),
                                          .category = STR("c"),
                                          .how = LABEL_CIDR,
                                          .matches = UINT64_MAX};
    struct intel_group const group = {
        .name = STR("g"), .id = STR("G0001"), .where = STR("w"), .aliases = some_names, .description = STR("x")};
    struct intel_item const full = full_item(), bad = item_of(OBSERVABLE_ADDRESS, "no address");
    struct intel_store_new source = {.name = STR("n"), .path = STR("p"), .format = STR("stix"), .about = &about};
    struct intel_store_query const all = {.text = STR("")};
    const struct intel_sink *sink;
    char sha256[2 * SHA256_SIZE + 1], *path;
    struct buf b = {0};
    struct intel_store *s;
    struct err e = {0};
    struct stat st;
    int items = 0, sources = 0;
    int64_t number;
    uint64_t gone;
    bool known;

    (void)state;
    hash_of(S("bytes"), sha256);
    source.sha256 = str_of(sha256);
    assert_false(intel_store_is("a/store"));
    assert_true(intel_store_write(&s, "a/store/", 0, &e));
    sink = intel_store_sink(s);
    assert_true(intel_store_feed(s, S("/feed"), S("https://x.example/"), 42, &e));
    assert_true(intel_store_source(s, &source, S("bytes"), &known, &e));
    assert_false(known);
    assert_true(sink->item(sink->ctx, &full, &e));
    assert_true(sink->item(sink->ctx, &bad, &e)); /* has no canonical form: told, not kept */
    assert_true(sink->left_out(sink->ctx, S("line 1"), S("what"), S("why"), &e));
    assert_true(sink->label_list(sink->ctx, &list, &e) && sink->label(sink->ctx, S("192.0.2.0/24"), &e) &&
                sink->label(sink->ctx, S("198.51.100.0/24"), &e));
    assert_true(sink->group(sink->ctx, &group, &e));
    assert_true(intel_store_feed_end(s, &gone, &e));
    assert_int_equal(gone, 0);
    assert_true(intel_store_commit(s, &e));
    intel_store_close(s);

    assert_true(intel_store_is("a/store"));
    assert_int_equal(stat("a/store", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat("a/store/store.db", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(intel_store_read(&s, "a/store", &e));
    assert_true(intel_store_items(s, &all, compare_item, &items, &e));
    assert_int_equal(items, 1);
    assert_true(intel_store_sources(s, compare_source, &sources, &e));
    assert_int_equal(sources, 1);
    assert_true(intel_store_source_named(s, S("n"), &number, &e));
    assert_true(intel_store_left_out(s, number, note_left_out, &b, &e));
    assert_true(str_starts(buf_str(&b), S("|no address|")) && str_ends(buf_str(&b), S(";line 1|what|why;")));
    b.len = 0;

    struct intel_sink const into = {&b,  replayed_item, replayed_nothing, replayed_list, replayed_label, replayed_group,
                                    NULL};

    assert_true(intel_store_replay(s, NULL, &into, &e));
    buf_byte(&b, '\0');
    assert_string_equal(b.ptr, "item\nlist l d 9 c 3 18446744073709551615\nlabel 192.0.2.0/24\nlabel 198.51.100.0/24\n"
                               "group g G0001 w x 3 B\nline\n");
    path = intel_store_file(s, str_of(sha256));
    b.len = 0;
    assert_true(file_read(path, 100, &b, &e));
    assert_true(str_eq(buf_str(&b), S("bytes")));
    free(path);
    intel_store_close(s);
    buf_free(&b);
}

/* ---- versions ---- */

static void the_same_again_changes_nothing(void **state) {
    struct buf before = {0}, after = {0};
    struct intel_store *s;
    struct err e = {0};
    struct stat first, second;
    uint64_t gone;
    bool known;

    (void)state;
    must_add("s", "/a", "192.0.2.1", 1);
    set_of("s", &before);
    assert_int_equal(stat("s/" INTEL_STORE_SET, &first), 0);
    assert_true(intel_store_write(&s, "s", 0, &e));
    assert_true(add_feed(s, "/a", "192.0.2.1", 2, &gone, &known, &e));
    assert_true(known);
    assert_int_equal(gone, 0);
    assert_true(intel_store_commit(s, &e));
    intel_store_close(s);
    set_of("s", &after);
    assert_int_equal(stat("s/" INTEL_STORE_SET, &second), 0);
    assert_int_equal(first.st_ino, second.st_ino); /* it was not even written */
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_free(&before);
    buf_free(&after);
}

static void order_of_adding_does_not_matter(void **state) {
    struct buf one = {0}, other = {0};

    (void)state;
    must_add("s", "/a", "192.0.2.1\n192.0.2.2", 1);
    must_add("s", "/b", "192.0.2.2\n192.0.2.3", 2);
    must_add("t", "/b", "192.0.2.2\n192.0.2.3", 3);
    must_add("t", "/c", "192.0.2.4", 4);
    must_add("t", "/a", "192.0.2.1\n192.0.2.2", 5);
    set_of("s", &one);
    set_of("t", &other);
    assert_false(str_eq(buf_str(&one), buf_str(&other)));
    must_add("s", "/c", "192.0.2.4", 6);
    set_of("s", &one);
    assert_true(str_eq(buf_str(&one), buf_str(&other)));
    buf_free(&one);
    buf_free(&other);
}

static void a_newer_version_makes_history(void **state) {
    struct intel_store_query const all = {.history = true}, now = {.history = false};
    struct buf b = {0}, before = {0};

    (void)state;
    must_add("s", "/a", "192.0.2.1\n192.0.2.2", 1);
    set_of("s", &before);
    must_add("s", "/a", "192.0.2.2", 2);
    assert_string_equal(items_of("s", &now, &b), "/a address 192.0.2.2\n");
    assert_string_equal(items_of("s", &all, &b),
                        "/a address 192.0.2.2\n/a address 192.0.2.1 history\n/a address 192.0.2.2 history\n");
    assert_false(set_has("s", "192.0.2.1"));
    assert_true(set_has("s", "192.0.2.2"));
    must_add("s", "/a", "192.0.2.1\n192.0.2.2", 3); /* as it was */
    assert_string_equal(items_of("s", &now, &b), "/a address 192.0.2.1\n/a address 192.0.2.2\n");
    set_of("s", &b);
    assert_true(str_eq(buf_str(&b), buf_str(&before)));
    buf_free(&b);
    buf_free(&before);
}

/* An archive is a feed of many sources. What two feeds hold stays while one of them does. */
static void feeds_share_sources(void **state) {
    struct intel_store *s;
    struct err e = {0};
    uint64_t gone;
    bool known = false;

    (void)state;
    assert_true(intel_store_write(&s, "s", 0, &e));
    assert_true(intel_store_feed(s, S("/zip"), S(""), 1, &e) && add_source(s, "x", "192.0.2.1", &unsaid, &known, &e) &&
                add_source(s, "y", "192.0.2.2", &unsaid, &known, &e) &&
                add_source(s, "z", "192.0.2.3", &unsaid, &known, &e) && intel_store_feed_end(s, &gone, &e));
    assert_true(add_feed(s, "/a", "192.0.2.2", 2, &gone, &known, &e));
    assert_true(known);
    assert_true(intel_store_feed(s, S("/zip"), S(""), 3, &e) && add_source(s, "z", "192.0.2.3", &unsaid, &known, &e) &&
                intel_store_feed_end(s, &gone, &e));
    assert_int_equal(gone, 2);
    assert_true(intel_store_commit(s, &e));
    intel_store_close(s);
    assert_false(set_has("s", "192.0.2.1"));
    assert_true(set_has("s", "192.0.2.2"));
    assert_true(set_has("s", "192.0.2.3"));
}

static void other_words_of_the_user_read_it_again(void **state) {
    struct import_about said = unsaid;
    struct intel_store *s;
    struct err e = {0};
    uint64_t gone;
    bool known = false;

    (void)state;
    must_add("s", "/a", "192.0.2.1", 1);
    said.tlp = TLP_RED;
    assert_true(intel_store_write(&s, "s", 0, &e));
    assert_true(intel_store_feed(s, S("/a"), S(""), 2, &e) && add_source(s, "/a", "192.0.2.1", &said, &known, &e));
    assert_false(known);
    assert_true(intel_store_feed_end(s, &gone, &e) && intel_store_commit(s, &e));
    assert_true(intel_store_feed(s, S("/a"), S(""), 3, &e) && add_source(s, "/a", "192.0.2.1", &said, &known, &e));
    assert_true(known);
    /* and one that could not be read to its end is tried again */
    assert_true(intel_store_source_failed(s, S("breaks off"), &e));
    assert_true(intel_store_feed(s, S("/a"), S(""), 4, &e) && add_source(s, "/a", "192.0.2.1", &said, &known, &e));
    assert_false(known);
    intel_store_close(s);
}

static bool note_rules(void *ctx, str name, str format, const char *path, struct err *e) {
    struct buf *const b = ctx;

    buf_format(b, "%.*s %.*s ", STR_ARG(name), STR_ARG(format));
    if (!file_read(path, 1000, b, e))
        return false;
    buf_byte(b, ';');
    return true;
}

static bool add_rules(struct intel_store *s, const char *name, const char *format, const char *text, struct err *e) {
    char sha256[2 * SHA256_SIZE + 1];
    uint64_t gone;
    bool known;

    hash_of(str_of(text), sha256);

    struct intel_store_new const source = {.name = str_of(name),
                                           .path = str_of(name),
                                           .sha256 = str_of(sha256),
                                           .format = str_of(format),
                                           .about = &unsaid};

    return intel_store_feed(s, str_of(name), S(""), 1, e) && intel_store_source(s, &source, str_of(text), &known, e) &&
           intel_store_feed_end(s, &gone, e);
}

static void rules_are_kept_as_they_are(void **state) {
    struct intel_store *s;
    struct buf b = {0}, before = {0}, after = {0};
    struct err e = {0};
    uint64_t gone;
    bool known;

    (void)state;
    must_add("s", "/m", "192.0.2.1", 1);
    set_of("s", &before);
    assert_true(intel_store_write(&s, "s", 0, &e));
    assert_true(add_rules(s, "z.yml", "sigma", "title: z", &e) && add_rules(s, "a.yar", "yara", "rule a", &e) &&
                add_rules(s, "b.yml", "sigma", "title: b", &e) && add_rules(s, "b.yml", "sigma", "title: c", &e) &&
                intel_store_commit(s, &e));
    assert_true(intel_store_rules(s, note_rules, &b, &e));
    buf_byte(&b, '\0');
    assert_string_equal(b.ptr, "a.yar yara rule a;b.yml sigma title: c;z.yml sigma title: z;");
    assert_true(add_feed(s, "/n", "192.0.2.1", 1, &gone, &known, &e)); /* the same bytes as /m */
    assert_true(known);
    intel_store_close(s);
    set_of("s", &after); /* rules are no part of it */
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_free(&b);
    buf_free(&before);
    buf_free(&after);
}

static void removing_leaves_nothing(void **state) {
    struct intel_store_query const all = {.history = true};
    struct intel_store *s;
    struct buf b = {0};
    struct err e = {0};
    char sha256[2 * SHA256_SIZE + 1], *path;
    int64_t number;

    (void)state;
    must_add("s", "/a", "192.0.2.1", 1);
    must_add("s", "/b", "192.0.2.2", 1);
    hash_of(S("192.0.2.1"), sha256);
    assert_true(intel_store_write(&s, "s", 0, &e));
    path = intel_store_file(s, str_of(sha256));
    assert_int_equal(access(path, F_OK), 0);
    assert_true(intel_store_source_named(s, str_first(str_of(sha256), 8), &number, &e));
    assert_true(intel_store_remove(s, number, &e));
    assert_int_equal(access(path, F_OK), 0); /* not in force yet */
    assert_true(intel_store_commit(s, &e));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_false(intel_store_remove(s, number, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(intel_store_source_named(s, S("/a"), &number, &e));
    assert_int_equal(e.code, ERR_USAGE);
    intel_store_close(s);
    assert_string_equal(items_of("s", &all, &b), "/b address 192.0.2.2\n");
    assert_false(set_has("s", "192.0.2.1"));
    free(path);
    buf_free(&b);
}

/* ---- answers ---- */

static bool first_number(void *ctx, const struct intel_stored_item *i, struct err *e) {
    (void)e;
    *(int64_t *)ctx = i->number;
    return true;
}

static int64_t number_of(struct intel_store *s, const char *canonical) {
    struct intel_store_query const q = {.canonical = str_of(canonical)};
    struct err e = {0};
    int64_t number = 0;

    assert_true(intel_store_items(s, &q, first_number, &number, &e));
    assert_true(number != 0);
    return number;
}

static void answer(const char *folder, const char *canonical, enum intel_review r, enum observable type,
                   const char *value) {
    struct intel_store *s;
    struct err e = {0};

    assert_true(intel_store_write(&s, folder, 0, &e));
    if (!intel_store_review(s, number_of(s, canonical), r, type, str_of(value), 9, &e) || !intel_store_commit(s, &e))
        fail_msg("%s", e.text);
    intel_store_close(s);
}

static bool set_proposed(const char *folder, const char *address) {
    char path[256], id[INTEL_ID_MAX];
    struct intel_set *set;
    struct err e = {0};
    bool proposed;
    uint32_t entry;

    snprintf(path, sizeof path, "%s/" INTEL_STORE_SET, folder);
    assert_true(intel_set_open(&set, path, &e));
    entry = intel_set_find(set, OBSERVABLE_ADDRESS, str_of(address));
    assert_true(entry != INTEL_NONE);
    proposed = intel_set_claim(set, intel_set_entry(set, entry).claims, id).proposed;
    intel_set_free(set);
    return proposed;
}

static void answers_stay(void **state) {
    struct intel_store_query const open = {.open = true}, all = {.history = true};
    struct intel_store *s;
    struct buf b = {0};
    struct err e = {0};
    int64_t number;

    (void)state;
    must_add("s", "/a", "?192.0.2.1\n?192.0.2.2\n?192.0.2.3\n?192.0.2.4\n192.0.2.5", 1);
    assert_string_equal(items_of("s", &open, &b), "/a address 192.0.2.1 open\n/a address 192.0.2.2 open\n"
                                                  "/a address 192.0.2.3 open\n/a address 192.0.2.4 open\n");
    assert_true(set_proposed("s", "192.0.2.1"));
    answer("s", "192.0.2.1", REVIEW_ACCEPTED, OBSERVABLE_NONE, "");
    answer("s", "192.0.2.2", REVIEW_REJECTED, OBSERVABLE_NONE, "");
    answer("s", "192.0.2.3", REVIEW_CHANGED, OBSERVABLE_ADDRESS, "203.0.113.3");
    assert_string_equal(items_of("s", &open, &b), "/a address 192.0.2.4 open\n");
    assert_false(set_proposed("s", "192.0.2.1"));
    assert_false(set_has("s", "192.0.2.2"));
    assert_false(set_has("s", "192.0.2.3"));
    assert_false(set_proposed("s", "203.0.113.3"));
    assert_true(set_proposed("s", "192.0.2.4"));

    struct intel_store_query const meant = {.canonical = STR("203.0.113.3")};

    assert_string_equal(items_of("s", &meant, &b), "/a address 192.0.2.3 changed\n");

    /* The advisory comes again: a newer version of the feed, which says one thing more. */
    must_add("s", "/a", "?192.0.2.1\n?192.0.2.2\n?192.0.2.3\n?192.0.2.4\n?192.0.2.6", 2);
    assert_string_equal(items_of("s", &open, &b), "/a address 192.0.2.4 open\n/a address 192.0.2.6 open\n");
    assert_false(set_has("s", "192.0.2.2"));
    assert_false(set_proposed("s", "203.0.113.3"));

    /* The same bytes from elsewhere, after they were removed here. */
    assert_true(intel_store_write(&s, "s", 0, &e));
    for (int i = 0; i < 2; i++)
        assert_true(intel_store_source_named(s, i ? S("2") : S("1"), &number, &e) && intel_store_remove(s, number, &e));
    assert_true(intel_store_commit(s, &e));
    intel_store_close(s);
    assert_string_equal(items_of("s", &all, &b), "");
    must_add("s", "/elsewhere", "?192.0.2.1\n?192.0.2.2\n?192.0.2.3\n?192.0.2.4\n192.0.2.5", 3);
    assert_string_equal(items_of("s", &open, &b), "/elsewhere address 192.0.2.4 open\n");

    /* Another advisory that names the same is another question. */
    must_add("s", "/other", "?192.0.2.2", 4);
    assert_string_equal(items_of("s", &open, &b), "/elsewhere address 192.0.2.4 open\n/other address 192.0.2.2 open\n");
    assert_true(set_has("s", "192.0.2.2"));

    /* An answer is taken back. */
    answer("s", "192.0.2.1", REVIEW_OPEN, OBSERVABLE_NONE, "");
    assert_true(set_proposed("s", "192.0.2.1"));
    must_add("s", "/elsewhere", "?192.0.2.1", 5);
    assert_true(set_proposed("s", "192.0.2.1"));
    buf_free(&b);
}

static void wrong_answers_are_refused(void **state) {
    struct intel_store *s;
    struct err e = {0};

    (void)state;
    must_add("s", "/a", "?192.0.2.1\n192.0.2.2", 1);
    assert_true(intel_store_write(&s, "s", 0, &e));

    struct {
        const char *name;
        int64_t item;
        enum intel_review answer;
        enum observable type;
        const char *value;
    } const cases[] = {
        {"no such item", 99, REVIEW_ACCEPTED, OBSERVABLE_NONE, ""},
        {"one that was not proposed", number_of(s, "192.0.2.2"), REVIEW_ACCEPTED, OBSERVABLE_NONE, ""},
        {"no value of the type", number_of(s, "192.0.2.1"), REVIEW_CHANGED, OBSERVABLE_ADDRESS, "192.0.2.256"},
        {"changed into no type", number_of(s, "192.0.2.1"), REVIEW_CHANGED, OBSERVABLE_NONE, "192.0.2.3"},
        {"changed into nothing", number_of(s, "192.0.2.1"), REVIEW_CHANGED, OBSERVABLE_DOMAIN, ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        if (intel_store_review(s, cases[i].item, cases[i].answer, cases[i].type, str_of(cases[i].value), 1, &e))
            fail_msg("%s", cases[i].name);
        assert_int_equal(e.code, ERR_USAGE);
    }
    intel_store_close(s);
}

/* ---- asking ---- */

static void queries(void **state) {
    struct intel_store *s;
    struct buf b = {0};
    struct err e = {0};
    uint64_t gone;
    bool known;

    (void)state;
    must_add("s", "/a", "192.0.2.1\n192.0.2.10\n?198.51.100.1", 1);
    assert_true(intel_store_write(&s, "s", 0, &e) && add_feed(s, "/b", "203.0.113.1", 1, &gone, &known, &e));

    struct intel_item x = item_of(OBSERVABLE_DOMAIN, "100%.example");

    x.groups = (struct item_names){{STR("APT31"), STR("Zirconium")}, 2};
    x.value = (str)STR("Under_score.Example");
    assert_true(intel_store_feed(s, S("/c"), S(""), 1, &e) && add_source(s, "/c", "", &unsaid, &known, &e) &&
                intel_store_sink(s)->item(s, &x, &e));
    x.revoked = true;
    x.value = (str)STR("under-score.example");
    assert_true(intel_store_sink(s)->item(s, &x, &e) && intel_store_feed_end(s, &gone, &e) &&
                intel_store_commit(s, &e));
    intel_store_close(s);

    static const struct {
        const char *name;
        struct intel_store_query q;
        const char *expected;
    } cases[] = {
        {"by type", {.type = OBSERVABLE_DOMAIN}, "/c domain under_score.example\n/c domain under-score.example\n"},
        {"by group, any letters",
         {.group = STR("zirconium")},
         "/c domain under_score.example\n/c domain under-score.example\n"},
        {"a part of a group's name is none", {.group = STR("APT3")}, ""},
        {"a part of the value", {.text = STR("2.1")}, "/a address 192.0.2.1\n/a address 192.0.2.10\n"},
        {"the value as it is written", {.text = STR("Under_s")}, "/c domain under_score.example\n"},
        {"a percent sign is one", {.text = STR("%")}, ""},
        {"a backslash is one", {.text = STR("\\")}, ""},
        {"exactly", {.canonical = STR("192.0.2.1")}, "/a address 192.0.2.1\n"},
        {"exactly, and of a type", {.canonical = STR("192.0.2.1"), .type = OBSERVABLE_MD5}, ""},
        {"revoked", {.revoked = true}, "/c domain under-score.example\n"},
        {"open", {.open = true}, "/a address 198.51.100.1 open\n"},
        {"the first two", {.limit = 2}, "/a address 192.0.2.1\n/a address 192.0.2.10\n"},
        {"of a source", {.source = 2}, "/b address 203.0.113.1\n"},
        {"of a source that is not there", {.source = 77}, ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        if (strcmp(items_of("s", &cases[i].q, &b), cases[i].expected) != 0)
            fail_msg("%s: %s", cases[i].name, b.ptr);
    buf_free(&b);
}

/* ---- processes ---- */

static void one_writes_others_read(void **state) {
    struct intel_store_query const all = {.history = true};
    struct intel_store *writer, *second, *reader;
    struct buf b = {0};
    struct err e = {0};
    uint64_t gone;
    bool known;

    (void)state;
    must_add("s", "/a", "192.0.2.1", 1);
    assert_true(intel_store_write(&writer, "s", 0, &e));
    assert_true(add_feed(writer, "/b", "192.0.2.2", 2, &gone, &known, &e));
    assert_false(intel_store_write(&second, "s", 50, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_string_equal(items_of("s", &all, &b), "/a address 192.0.2.1\n"); /* not blocked, the state before */
    assert_true(intel_store_read(&reader, "s", &e));
    assert_true(intel_store_commit(writer, &e));
    b.len = 0;
    assert_true(intel_store_items(reader, &all, tell_item, &b, &e)); /* and this one stays there */
    assert_true(str_eq(buf_str(&b), S("/a address 192.0.2.1\n")));
    intel_store_close(reader);
    assert_string_equal(items_of("s", &all, &b), "/a address 192.0.2.1\n/b address 192.0.2.2\n");

    /* What was not committed is gone. */
    assert_true(add_feed(writer, "/c", "192.0.2.3", 2, &gone, &known, &e));
    intel_store_close(writer);
    assert_string_equal(items_of("s", &all, &b), "/a address 192.0.2.1\n/b address 192.0.2.2\n");
    assert_true(intel_store_write(&second, "s", 0, &e));
    intel_store_close(second);
    buf_free(&b);
}

/* Whoever waits comes next. */
static void a_writer_waits(void **state) {
    struct intel_store *s;
    struct err e = {0};
    int ends[2];
    char c;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    if ((pid = fork()) == 0) {
        bool const ok = intel_store_write(&s, "s", 0, &e);

        (void)!write(ends[1], "x", 1);
        usleep(200000);
        if (ok)
            intel_store_close(s);
        _exit(!ok);
    }
    assert_int_equal(read(ends[0], &c, 1), 1);
    assert_true(intel_store_write(&s, "s", 20000, &e));
    intel_store_close(s);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
    close(ends[1]);
}

static void sql(const char *text) {
    sqlite3 *db;

    assert_int_equal(sqlite3_open("s/store.db", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void what_was_left_half_done_is_finished(void **state) {
    struct buf before = {0}, after = {0};
    struct intel_store *s;
    struct err e = {0};

    (void)state;
    must_add("s", "/a", "192.0.2.1", 1);
    set_of("s", &before);
    assert_int_equal(unlink("s/" INTEL_STORE_SET), 0);
    assert_true(intel_store_write(&s, "s", 0, &e) && intel_store_commit(s, &e));
    intel_store_close(s);
    set_of("s", &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    /* the database was in force, and the set still the older one */
    sql("UPDATE item SET value = '192.0.2.9', canonical = '192.0.2.9'; INSERT OR REPLACE INTO meta VALUES ('stale', "
        "'yes')");
    assert_false(set_has("s", "192.0.2.9"));
    assert_true(intel_store_write(&s, "s", 0, &e) && intel_store_commit(s, &e));
    intel_store_close(s);
    assert_true(set_has("s", "192.0.2.9"));
    buf_free(&before);
    buf_free(&after);
}

static void stores_that_are_none(void **state) {
    struct intel_store *s;
    struct err e = {0};
    FILE *f;

    (void)state;
    assert_false(intel_store_read(&s, "nowhere", &e));
    assert_int_equal(e.code, ERR_USAGE);
    must_add("s", "/a", "192.0.2.1", 1);
    sql("PRAGMA user_version = 99");
    assert_false(intel_store_read(&s, "s", &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(intel_store_write(&s, "s", 0, &e));
    assert_int_equal(e.code, ERR_USAGE);
    sql("PRAGMA user_version = 1; PRAGMA application_id = 1");
    assert_false(intel_store_read(&s, "s", &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(f = fopen("s/store.db", "w"));
    for (int i = 0; i < 1000; i++)
        fputs("no database ", f);
    fclose(f);
    assert_false(intel_store_read(&s, "s", &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_int_equal(mkdir("d", 0500), 0);
    if (geteuid() != 0) {
        assert_false(intel_store_write(&s, "d/x", 0, &e));
        assert_int_equal(e.code, ERR_IO);
    }
}

/* Words that no version of ours writes are damage, not a guess. */
static void a_word_that_cannot_be_is_damage(void **state) {
    struct intel_store_query const all = {.history = true};
    struct intel_store *s;
    struct buf b = {0};
    struct err e = {0};

    (void)state;
    must_add("s", "/a", "192.0.2.1", 1);
    sql("UPDATE item SET type = 'adress'");
    assert_true(intel_store_read(&s, "s", &e));
    assert_false(intel_store_items(s, &all, tell_item, &b, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    intel_store_close(s);
    sql("UPDATE item SET type = 'address', groups = '[\"a'");
    assert_true(intel_store_read(&s, "s", &e));
    assert_false(intel_store_items(s, &all, tell_item, &b, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    intel_store_close(s);
    buf_free(&b);
}

/* ---- when the system refuses ---- */

static void every_allocation_may_fail(void **state) {
    struct buf b = {0};
    struct intel_store_query const all = {.history = true};

    (void)state;
    REFUSE_OR_SKIP();
    for (long n = 0;; n += n < 400 ? 1 : n / 50) {
        struct intel_store *s = NULL;
        struct err e = {0};
        uint64_t gone;
        bool known, ok;

        memory_left = n;
        memory_refused = false;
        memory_gone_for_good = true;
        ok = intel_store_write(&s, "m", 0, &e);
        ok = ok && add_feed(s, "/a", "?192.0.2.1\n192.0.2.2", 1, &gone, &known, &e) && intel_store_commit(s, &e);
        intel_store_close(s);
        memory_left = -1;
        if (ok)
            break;
        assert_true(memory_refused);
        assert_int_equal(e.code, ERR_MEMORY);
    }
    assert_string_equal(items_of("m", &all, &b), "/a address 192.0.2.1 open\n/a address 192.0.2.2\n");
    assert_true(set_has("m", "192.0.2.2"));
    buf_free(&b);
}

/* A disk that is full: nothing of it is in force, and what was stays. */
static void a_full_disk_changes_nothing(void **state) {
    struct intel_store_query const all = {.history = true};
    struct rlimit const before = {RLIM_INFINITY, RLIM_INFINITY};
    struct buf b = {0}, text = {0}, set = {0}, now = {0};

    (void)state;
    must_add("s", "/a", "192.0.2.1", 1);
    set_of("s", &set);
    for (int i = 0; i < 3000; i++)
        buf_format(&text, "%s10.1.%d.%d", i ? "\n" : "", i / 256, i % 256);
    buf_byte(&text, '\0');
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 16 << 10; room < (600 << 10); room += 48 << 10) {
        struct rlimit const full = {room, RLIM_INFINITY};
        struct intel_store *s = NULL;
        struct err e = {0};
        uint64_t gone;
        bool known, ok;

        assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
        ok = intel_store_write(&s, "s", 0, &e) && add_feed(s, "/b", text.ptr, 2, &gone, &known, &e) &&
             intel_store_commit(s, &e);
        intel_store_close(s);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        set_of("s", &now);
        if (ok) {
            assert_false(str_eq(buf_str(&set), buf_str(&now)));
            break;
        }
        assert_int_equal(e.code, ERR_IO);
        assert_true(str_eq(buf_str(&set), buf_str(&now)));
        assert_string_equal(items_of("s", &all, &b), "/a address 192.0.2.1\n");
    }
    signal(SIGXFSZ, SIG_DFL);
    must_add("s", "/b", text.ptr, 3);
    assert_true(set_has("s", "10.1.11.1"));
    buf_free(&b);
    buf_free(&text);
    buf_free(&set);
    buf_free(&now);
}

/* ---- where it is ---- */

static void folders(void **state) {
    static const struct {
        const char *data, *xdg, *home, *expected;
    } cases[] = {
        {"/d", "/x", "/h", "/d/intel"},
        {"d", "/x", "/h", "d/intel"},
        {"", "/x", "/h", "/x/longwatch/intel"},
        {NULL, "relative", "/h", "/h/.local/share/longwatch/intel"},
        {NULL, NULL, "/h", "/h/.local/share/longwatch/intel"},
        {NULL, NULL, NULL, NULL},
        {NULL, NULL, "relative", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *folder;

        cases[i].data ? setenv("LONGWATCH_DATA", cases[i].data, 1) : unsetenv("LONGWATCH_DATA");
        cases[i].xdg ? setenv("XDG_DATA_HOME", cases[i].xdg, 1) : unsetenv("XDG_DATA_HOME");
        cases[i].home ? setenv("HOME", cases[i].home, 1) : unsetenv("HOME");
        folder = intel_store_folder();
        if (cases[i].expected)
            assert_string_equal(folder, cases[i].expected);
        else
            assert_null(folder);
        free(folder);
    }
}

int main(void) {
    struct CMUnitTest const tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_enter, folder_leave)
        IN_FOLDER(everything_comes_back),
        IN_FOLDER(the_same_again_changes_nothing),
        IN_FOLDER(order_of_adding_does_not_matter),
        IN_FOLDER(a_newer_version_makes_history),
        IN_FOLDER(feeds_share_sources),
        IN_FOLDER(other_words_of_the_user_read_it_again),
        IN_FOLDER(rules_are_kept_as_they_are),
        IN_FOLDER(removing_leaves_nothing),
        IN_FOLDER(answers_stay),
        IN_FOLDER(wrong_answers_are_refused),
        IN_FOLDER(queries),
        IN_FOLDER(one_writes_others_read),
        IN_FOLDER(a_writer_waits),
        IN_FOLDER(what_was_left_half_done_is_finished),
        IN_FOLDER(stores_that_are_none),
        IN_FOLDER(a_word_that_cannot_be_is_damage),
        IN_FOLDER(every_allocation_may_fail),
        IN_FOLDER(a_full_disk_changes_nothing),
        IN_FOLDER(folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
