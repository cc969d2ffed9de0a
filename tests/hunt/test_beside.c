/* test_beside: whole events beside findings: those that kinds collect, those in which a rule found something, those of
 * accounts that are watched. The same for any number of workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hunt/hunt.h"
#include "intel/watch.h"

#include "../folder.h"

static const char kinds_text[] =
    "kind: t/note\nwhen: {note: {present: true}}\ntime: at\nkey: note\ncollect: [note, body, list]\n"
    "roles: {account: who, host: machine}\nlogsources: [{product: t, service: note}]\n"
    "---\nkind: t/web\nwhen: {url: {present: true}}\ntime: at\n"
    "roles: {account: '{user}', client_address: '{from}', object: '{url}'}\nlogsources: [{product: t, service: web}]\n"
    "---\nkind: t/sign\nwhen: {sign: {present: true}}\ntime: at\n"
    "roles: {account: '{user}', client_address: '{from}'}\nlogsources: [{product: t, service: sign}]\n";

static const char rule_text[] = "title: a body\nlevel: high\nlogsource: {product: t, service: note}\n"
                                "detection: {s: {title: odd}, condition: s}\n";

struct told {
    struct buf collected, matched, lines;
    uint64_t findings, collected_count, matched_count;
};

static void tell(struct buf *b, const struct normal_event *v) {
    buf_format(b, "%.*s@%lu %.*s", STR_ARG(v->evidence_path), (unsigned long)v->offset, STR_ARG(v->kind));
    for (unsigned i = 0; i < ROLES; i++)
        if (v->roles[i].len)
            buf_format(b, " %.*s:%.*s", STR_ARG(role_name((enum role)i)), STR_ARG(v->roles[i]));
    for (size_t i = 0; i < v->field_count; i++) {
        buf_format(b, " %.*s=", STR_ARG(v->fields[i].name));
        for (size_t k = 0; k < v->fields[i].count; k++)
            buf_format(b, "%s%.*s", k ? "|" : "", STR_ARG(v->fields[i].values[k].text));
    }
    buf_byte(b, '\n');
}

static bool on_collected(void *ctx, const struct normal_event *v, struct err *e) {
    struct told *const t = ctx;

    (void)e;
    assert_int_equal(strlen(v->evidence_sha256), 64);
    assert_true(str_eq(v->reader, S("json")));
    t->collected_count++;
    tell(&t->collected, v);
    return true;
}

static bool on_matched(void *ctx, const struct normal_event *v, struct err *e) {
    struct told *const t = ctx;

    (void)e;
    t->matched_count++;
    tell(&t->matched, v);
    return true;
}

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    (void)f;
    (void)e;
    ((struct told *)ctx)->findings++;
    return true;
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    (void)e;
    buf_format(&((struct told *)ctx)->lines, "%.*s %lu\n", STR_ARG(c->path), (unsigned long)c->records);
    return true;
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)ctx;
    (void)e;
    fail_msg("damage: %.*s", STR_ARG(d->why));
    return true;
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)ctx;
    (void)kind;
    (void)events;
}

static bool watches(void *ctx, const struct kind *kind) {
    (void)ctx;
    return str_eq(kind->name, S("t/sign"));
}

static bool watched(void *ctx, str account) {
    (void)ctx;
    return str_eq(account, S("ann"));
}

static bool passes_over(void *ctx, str path) {
    (void)ctx;
    return str_ends(path, S("not.json"));
}

struct world {
    struct fields *fields;
    struct kinds *kinds;
    struct sigma_loader *loader;
    const struct sigma_set *set;
};

static void world_begin(struct world *w) {
    struct err e = {0};

    w->fields = fields_new();
    assert_true(kinds_new(&w->kinds, w->fields, &e));
    assert_true(kinds_load_text(w->kinds, S("k"), str_of(kinds_text), false, &e));
    assert_true(kinds_seal(w->kinds, &e));
    assert_true(sigma_loader_new(&w->loader, &e));
    assert_true(sigma_load_text(w->loader, S("r"), str_of(rule_text), &e));
    assert_true(sigma_load_end(w->loader, &w->set, &e));
}

static void world_end(struct world *w) {
    sigma_loader_free(w->loader);
    kinds_free(w->kinds);
    fields_free(w->fields);
}

static void write_file(const char *path, const char *text, size_t size) {
    FILE *const f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static const char *const evidence[] = {"in"};

static struct hunt_options options_of(struct world *w, struct told *t) {
    return (struct hunt_options){.paths = evidence,
                                 .path_count = 1,
                                 .set = w->set,
                                 .fields = w->fields,
                                 .kinds = w->kinds,
                                 .latest = INSTANT_NONE,
                                 .from = INSTANT_NONE,
                                 .to = INSTANT_NONE,
                                 .workers = 1,
                                 .finding = on_finding,
                                 .custody = on_custody,
                                 .damage = on_damage,
                                 .kind = on_kind,
                                 .ctx = t};
}

static void run(const struct hunt_options *o) {
    struct hunt_result result;
    struct err e = {0};

    if (!hunt_run(o, &result, &e))
        fail_msg("%s", e.text);
}

static void told_free(struct told *t) {
    buf_free(&t->collected);
    buf_free(&t->matched);
    buf_free(&t->lines);
}

static void assert_text(const struct buf *b, const char *want) {
    if (!str_eq(buf_str(b), str_of(want)))
        fail_msg("got\n%.*swant\n%s", STR_ARG(buf_str(b)), want);
}

#define LINE_1                                                                                                         \
    "{\"note\":\"n1\",\"at\":\"2021-01-24T10:00:00Z\",\"who\":\"ann\",\"machine\":\"m\",\"body\":\"b1\",\"other\":"    \
    "\"o\"}\n"
#define LINE_2                                                                                                         \
    "{\"url\":\"http://x.example/"                                                                                     \
    "1\",\"at\":\"2021-01-24T11:00:00Z\",\"user\":\"bob\",\"from\":\"10.0.0.1\",\"agent\":\"A\"}\n"
#define LINE_3                                                                                                         \
    "{\"note\":\"n2\",\"at\":\"2021-01-26T10:00:00Z\",\"list\":[\"a\",\"b\"],\"title\":\"odd\",\"x\":\"x.example\"}\n"
#define LINE_4                                                                                                         \
    "{\"url\":\"http://y.example/1\",\"at\":\"2021-01-24T11:00:00Z\",\"user\":\"ann\",\"seen\":[\"k\",\"at "           \
    "X.Example\"]}\n"
#define LINE_5 "{\"sign\":\"1\",\"at\":\"2021-01-24T11:00:00Z\",\"user\":\"ann\",\"from\":\"10.0.0.1\"}\n"
#define LINE_6 "{\"sign\":\"2\",\"at\":\"2021-01-24T11:00:00Z\",\"user\":\"bob\",\"from\":\"10.0.0.1\"}\n"
#define LINES LINE_1 LINE_2 LINE_3 LINE_4 LINE_5 LINE_6

static void files(void) {
    assert_int_equal(system("mkdir in"), 0);
    write_file("in/a.json", LINES, sizeof LINES - 1);
    write_file("in/not.json", LINES, sizeof LINES - 1);
}

/* All the fields that the kind collects, no other; all roles; what a rule needs beside has nothing to do with it. */
static void collected(void **state) {
    char want[1024];
    struct told t = {0};
    struct world w;

    (void)state;
    files();
    world_begin(&w);
    struct hunt_options o = options_of(&w, &t);

    o.collected = on_collected;
    o.passes_over = passes_over;
    run(&o);
    snprintf(want, sizeof want,
             "in/a.json@0 t/note host:m account:ann body=b1 note=n1\n"
             "in/a.json@%zu t/note list=a|b note=n2\n",
             sizeof LINE_1 LINE_2 - 1);
    assert_text(&t.collected, want);
    assert_text(&t.lines, "in/a.json 6\n");
    assert_int_equal(t.findings, 1);
    assert_int_equal(t.matched_count, 0);
    told_free(&t);

    /* Outside of what was asked for. */
    t = (struct told){0};
    o.from = instant_parse(S("2021-01-25"));
    run(&o);
    assert_int_equal(t.collected_count, 1);
    told_free(&t);

    /* Nobody asks: nothing is handed over. */
    t = (struct told){0};
    o.collected = NULL;
    run(&o);
    assert_int_equal(t.collected_count + t.matched_count, 0);
    told_free(&t);
    world_end(&w);
}

/* Rows in which a text stands, with the field it stands in, and of a list no values that nobody asked for; and rows of watched accounts, but only of kinds that are watched. */
static void matched(void **state) {
    static const str texts[] = {STR("nowhere.example"), STR("x.example")}, fields[] = {STR("agent"), STR("from")};
    struct arena *const a = arena_new(1 << 20);
    char want[2048];
    struct sigma_set set;
    struct told t = {0};
    struct world w;

    (void)state;
    files();
    world_begin(&w);
    assert_true(watch_set(texts, COUNT(texts), a, &set));
    struct hunt_options o = options_of(&w, &t);

    o.set = &set;
    o.level = LEVEL_CRITICAL; /* events are told all the same */
    o.matched = on_matched;
    o.match_fields = fields;
    o.match_field_count = COUNT(fields);
    o.passes_over = passes_over;
    run(&o);
    snprintf(want, sizeof want,
             "in/a.json@%zu t/web account:bob client_address:10.0.0.1 object:http://x.example/1 agent=A from=10.0.0.1 "
             "url=http://x.example/1\n"
             "in/a.json@%zu t/note x=x.example\n"
             "in/a.json@%zu t/web account:ann object:http://y.example/1 seen=at X.Example\n",
             sizeof LINE_1 - 1, sizeof LINE_1 LINE_2 - 1, sizeof LINE_1 LINE_2 LINE_3 - 1);
    assert_text(&t.matched, want);
    assert_int_equal(t.findings, 0);
    told_free(&t);

    t = (struct told){0};
    o.watches = watches;
    o.watched = watched;
    run(&o);
    snprintf(want + strlen(want), sizeof want - strlen(want),
             "in/a.json@%zu t/sign account:ann client_address:10.0.0.1 from=10.0.0.1\n",
             sizeof LINE_1 LINE_2 LINE_3 LINE_4 - 1);
    assert_text(&t.matched, want);
    told_free(&t);
    arena_free(a);
    world_end(&w);
}

/* A file that is read in parts, by any number of processes, and so little memory that blocks are emptied often. */
static void any_number_of_workers(void **state) {
    static const str texts[] = {STR("x.example/77")};
    struct arena *const a = arena_new(1 << 20);
    struct buf text = {0};
    struct sigma_set set;
    struct told first = {0};
    struct world w;

    (void)state;
    for (unsigned i = 0; i < 160000; i++)
        buf_format(
            &text,
            "{\"%s\":\"http://x.example/%u\",\"at\":\"2021-01-24T11:00:00Z\",\"user\":\"%s\",\"body\":\"%0100u\"}\n",
            i % 7 ? "url" : "note", i, i % 5 ? "bob" : "ann", i);
    assert_false(text.failed);
    assert_int_equal(system("mkdir in"), 0);
    write_file("in/big.json", text.ptr, text.len);
    world_begin(&w);
    assert_true(watch_set(texts, COUNT(texts), a, &set));
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct told t = {0};
        struct hunt_options o = options_of(&w, &t);

        o.set = &set;
        o.workers = workers;
        o.collected = on_collected;
        o.matched = on_matched;
        run(&o);
        if (workers == 1) {
            uint64_t sevens = 0;

            for (unsigned i = 0; i < 160000; i++)
                sevens += i == 77 || i / 10 == 77 || i / 100 == 77 || i / 1000 == 77 || i / 10000 == 77;
            assert_int_equal(t.collected_count, (160000 + 6) / 7);
            assert_int_equal(t.matched_count, sevens);
            first = t;
            continue;
        }
        assert_true(str_eq(buf_str(&t.collected), buf_str(&first.collected)));
        assert_true(str_eq(buf_str(&t.matched), buf_str(&first.matched)));
        told_free(&t);
    }
    told_free(&first);
    buf_free(&text);
    arena_free(a);
    world_end(&w);
}

/* Many texts are several rules; stars are stars. */
static void watching(void **state) {
    struct arena *const a = arena_new(1 << 20);
    str texts[2 * WATCH_TEXTS + 1];
    struct sigma_set set;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        texts[i] = S("a*b");
    assert_true(watch_set(texts, COUNT(texts), a, &set));
    assert_int_equal(set.rule_count, 3);
    assert_int_equal(set.rules[2]->root->child_count, 1);
    assert_true(str_eq(set.rules[2]->root->children[0]->test->pieces[1].text, S("a*b")));
    assert_true(watch_set(texts, 0, a, &set));
    assert_int_equal(set.rule_count, 0);
    arena_free(a);
    for (size_t limit = 0;; limit += 8) { /* every allocation may fail */
        struct arena *const small = arena_new(limit);
        bool const ok = watch_set(texts, COUNT(texts), small, &set);

        arena_free(small);
        if (ok)
            break;
    }
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test_setup_teardown(collected, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(matched, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(any_number_of_workers, folder_enter, folder_leave),
        cmocka_unit_test(watching),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
