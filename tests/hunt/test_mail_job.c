/* test_mail_job: the second pass over evidence, and what it says when the evidence is not what it was.
 *
 * With --run FOLDER KINDS RULES it does the whole: a hunt, campaigns out of the mail/message events of a made-up kind (which says
 * campaign and token by itself), the second pass; and tells answers as JSON lines, for the tests in Python beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "hunt/mail_job.h"

#include "../folder.h"

#define MESSAGES_MAX 4096u

struct message {
    uint64_t campaign;
    int64_t when;
    str recipient, url, token;
};

struct run {
    struct fields *fields;
    struct kinds *kinds;
    struct sigma_loader *loader;
    const struct sigma_set *set;
    struct mail_job *job;
    struct arena *a;
    struct message messages[MESSAGES_MAX];
    size_t count;
    struct buf told;
};

static str field_of(const struct normal_event *v, str name) {
    for (size_t i = 0; i < v->field_count; i++)
        if (str_eq(v->fields[i].name, name))
            return v->fields[i].values[0].text;
    return S("");
}

static bool on_collected(void *ctx, const struct normal_event *v, struct err *e) {
    struct run *const r = ctx;
    struct message *const m = &r->messages[r->count++];

    (void)e;
    assert_true(r->count < MESSAGES_MAX);
    assert_true(str_u64(field_of(v, S("campaign")), 1000, &m->campaign));
    m->when = v->when;
    assert_true(arena_copy(r->a, field_of(v, S("recipient")), &m->recipient));
    assert_true(arena_copy(r->a, field_of(v, S("url")), &m->url));
    assert_true(arena_copy(r->a, field_of(v, S("token")), &m->token));
    return true;
}

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    return mail_job_finding(((struct run *)ctx)->job, f, e);
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    return mail_job_custody(((struct run *)ctx)->job, c, e);
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)e;
    buf_format(&((struct run *)ctx)->told, "damage %.*s\n", STR_ARG(d->why));
    return true;
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)ctx;
    (void)kind;
    (void)events;
}

static void on_correlation(void *ctx, uint32_t rule, const struct correlation_counts *counts) {
    (void)ctx;
    (void)rule;
    (void)counts;
}

static void on_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t matches) {
    (void)ctx;
    (void)rule;
    (void)filter;
    (void)matches;
}

static void run_begin(struct run *r, const char *kinds, const char *const *rules) {
    struct err e = {0};

    r->a = arena_new((size_t)64 << 20);
    r->fields = fields_new();
    assert_true(r->a && r->fields && kinds_new(&r->kinds, r->fields, &e));
    if (!kinds_load_builtin(r->kinds, &e) || !kinds_load_dir(r->kinds, kinds, false, &e) || !kinds_seal(r->kinds, &e) ||
        !sigma_loader_new(&r->loader, &e) || !sigma_load_paths(r->loader, rules, 1, &e) ||
        !sigma_load_end(r->loader, &r->set, &e))
        fail_msg("%s", e.text);
}

static void run_end(struct run *r) {
    mail_job_free(r->job);
    sigma_loader_free(r->loader);
    kinds_free(r->kinds);
    fields_free(r->fields);
    arena_free(r->a);
    buf_free(&r->told);
    free(r);
}

static struct hunt_options options_of(struct run *r, const char *const *paths, unsigned workers) {
    return (struct hunt_options){.paths = paths,
                                 .path_count = 1,
                                 .set = r->set,
                                 .fields = r->fields,
                                 .kinds = r->kinds,
                                 .latest = INSTANT_NONE,
                                 .from = INSTANT_NONE,
                                 .to = INSTANT_NONE,
                                 .workers = workers,
                                 .collected = on_collected,
                                 .finding = on_finding,
                                 .custody = on_custody,
                                 .damage = on_damage,
                                 .kind = on_kind,
                                 .correlation = on_correlation,
                                 .filtered = on_filtered,
                                 .ctx = r};
}

static int by_campaign(const void *a, const void *b) {
    const struct message *const x = a, *const y = b;

    return x->campaign != y->campaign ? (x->campaign > y->campaign) - (x->campaign < y->campaign)
                                      : str_cmp(x->recipient, y->recipient);
}

/* Each message is of one recipient with one token. */
static void campaigns(struct run *r) {
    struct err e = {0};

    if (r->count)
        qsort(r->messages, r->count, sizeof *r->messages, by_campaign);
    for (size_t from = 0, to = 0; from < r->count; from = to) {
        while (to < r->count && r->messages[to].campaign == r->messages[from].campaign)
            to++;
        struct mail_campaign_message *const messages = arena_zero(r->a, to - from, sizeof *messages);
        struct mail_recipient *const recipients = arena_zero(r->a, to - from, sizeof *recipients);
        struct mail_token *const tokens = arena_zero(r->a, to - from, sizeof *tokens);

        assert_true(messages && recipients && tokens);
        for (size_t i = 0; i < to - from; i++) {
            const struct message *const m = &r->messages[from + i];

            messages[i].when = m->when;
            tokens[i] = (struct mail_token){.url = m->url, .token = m->token, .message = i};
            recipients[i] = (struct mail_recipient){.address = m->recipient,
                                                    .tokens = &tokens[i],
                                                    .token_count = m->token.len > 0,
                                                    .first = m->when,
                                                    .last = m->when};
        }
        struct mail_campaign const c = {.number = r->messages[from].campaign,
                                        .messages = messages,
                                        .message_count = to - from,
                                        .recipients = recipients,
                                        .recipient_count = to - from};

        if (!mail_job_campaign(r->job, &c, &e))
            fail_msg("%s", e.text);
    }
}

static void tell_text(struct buf *b, const char *name, str text) {
    buf_format(b, ", \"%s\": ", name);
    buf_json(b, text);
}

static void tell_time(struct buf *b, const char *name, int64_t when) {
    char text[INSTANT_TEXT];

    tell_text(b, name, instant_format(when, text));
}

static bool on_answer(void *ctx, const struct mail_answer *a, const struct mail_followed *followed, size_t count,
                      struct err *e) {
    struct buf *const b = &((struct run *)ctx)->told;

    (void)e;
    buf_format(b, "{\"campaign\": %lu", (unsigned long)a->campaign);
    tell_text(b, "recipient", a->recipient);
    tell_text(b, "state", mail_open_state_name(a->state));
    tell_time(b, "delivered", a->delivered);
    if (a->state == OPEN_OPENED || a->state == OPEN_PREFETCHED) {
        tell_time(b, "when", a->first.when);
        tell_text(b, "how", mail_open_how_name(a->first.how));
        tell_text(b, "from", a->first.client_address);
        tell_text(b, "account", a->first.account);
        tell_text(b, "program", a->first.client_program);
        tell_text(b, "path", a->first.evidence_path);
        tell_text(b, "sha256", str_of(a->first.evidence_sha256));
        buf_format(b, ", \"offset\": %lu", (unsigned long)a->first.offset);
    }
    buf_format(b, ", \"fetches\": %lu, \"gateways\": %lu", (unsigned long)a->fetches, (unsigned long)a->gateways);
    tell_text(b, "covered_by", a->covered_by);
    buf_add(b, S(", \"followed\": ["));
    for (size_t i = 0; i < count; i++) {
        buf_format(b, "%s{\"known_days\": %ld", i ? ", " : "", (long)(followed[i].known / INT64_C(86400000000000)));
        tell_text(b, "what", mail_follow_name(followed[i].what));
        tell_time(b, "when", followed[i].when);
        tell_text(b, "detail", followed[i].detail);
        tell_text(b, "path", followed[i].evidence_path);
        buf_format(b, ", \"offset\": %lu}", (unsigned long)followed[i].offset);
    }
    buf_add(b, S("]}\n"));
    return true;
}

static bool on_somebody(void *ctx, const struct mail_somebody *s, struct err *e) {
    struct buf *const b = &((struct run *)ctx)->told;

    (void)e;
    buf_format(b, "{\"campaign\": %lu, \"somebody\": %lu", (unsigned long)s->campaign, (unsigned long)s->fetches);
    tell_time(b, "first", s->first_when);
    tell_time(b, "last", s->last_when);
    buf_add(b, S("}\n"));
    return true;
}

static bool on_lost(void *ctx, uint64_t campaign, struct err *e) {
    (void)e;
    buf_format(&((struct run *)ctx)->told, "{\"lost\": %lu}\n", (unsigned long)campaign);
    return true;
}

static bool on_changed(void *ctx, str path, bool gone, struct err *e) {
    struct buf *const b = &((struct run *)ctx)->told;

    (void)e;
    buf_format(b, "{\"%s\": ", gone ? "gone" : "changed");
    buf_json(b, path);
    buf_add(b, S("}\n"));
    return true;
}

static enum mail_source source(void *ctx, str client_address, str user_agent) {
    (void)ctx;
    (void)client_address;
    return str_find(user_agent, S("ImageProxy")) != SIZE_MAX ? MAIL_SOURCE_IMAGE_PROXY : MAIL_SOURCE_UNKNOWN;
}

/* between: what happens to the evidence after the first pass. */
static void whole(struct run *r, const char *const *paths, unsigned workers, const char *between,
                  struct mail_job_result *result) {
    struct mail_job_visitor const visitor = {on_answer, on_somebody, on_lost, on_changed, NULL, r};
    struct hunt_options const options = options_of(r, paths, workers);
    struct mail_job_options const job = {.hunt = &options, .source = source};
    struct hunt_result first;
    struct err e = {0};

    if (!mail_job_new(&r->job, &job, &e) || !hunt_run(&options, &first, &e))
        fail_msg("%s", e.text);
    campaigns(r);
    if (between)
        assert_int_equal(system(between), 0);
    if (!mail_job_run(r->job, &visitor, result, &e))
        fail_msg("%s", e.text);
}

static void write_file(const char *path, const char *text) {
    FILE *const f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static const char kind_text[] = "kind: mail/message\nwhen: {message_id: {present: true}, campaign: {present: true}}\n"
                                "time: at\ncollect: [campaign, recipient, url, token]\nroles: {account: from}\n"
                                "logsources: [{product: test, service: mail}]\n";
static const char rule_text[] =
    "title: t\nlogsource: {product: test, service: none}\ndetection: {s: {a: 1}, condition: s}\n";
#define MAIL(token)                                                                                                    \
    "{\"message_id\":\"1\",\"campaign\":1,\"at\":\"2021-01-24T10:00:00Z\",\"recipient\":\"ann@example.org\",\"url\":"  \
    "\"http://img.example/o/" token "\",\"token\":\"" token "\"}\n"
#define PROXY                                                                                                          \
    "1611486000.000 1 10.0.0.5 TCP_MISS/200 1 GET http://img.example/o/abcdefgh0 ann DIRECT/192.0.2.1 image/gif\n"

static const char *const evidence[] = {"in"}, *const rules[] = {"rules"};

static struct run *begin(const char *mail, const char *proxy) {
    struct run *const r = calloc(1, sizeof *r);

    assert_int_equal(system("mkdir in kinds rules"), 0);
    write_file("kinds/mail.yml", kind_text);
    write_file("rules/r.yml", rule_text);
    write_file("in/mail.json", mail);
    write_file("in/proxy.log", proxy);
    run_begin(r, "kinds", rules);
    return r;
}

static void assert_told(const struct run *r, const char *part, bool is) {
    if ((str_find(buf_str(&r->told), str_of(part)) != SIZE_MAX) != is)
        fail_msg("%s %s in\n%.*s", part, is ? "is not" : "is", STR_ARG(buf_str(&r->told)));
}

static void opened(void **state) {
    struct run *const r = begin(MAIL("abcdefgh0"), PROXY);
    struct mail_job_result result;

    (void)state;
    whole(r, evidence, 2, NULL, &result);
    assert_true(result.searched);
    assert_int_equal(result.events, 2); /* the mail itself has the host, too */
    assert_told(r, "\"state\": \"opened\"", true);
    assert_told(r, "\"when\": \"2021-01-24T11:00:00Z\"", true);
    assert_told(r, "changed", false);
    assert_told(r, "gone", false);
    run_end(r);
}

/* Without tokens there is no second pass, and an answer all the same. */
static void nothing_to_search(void **state) {
    struct run *const r = begin(MAIL(""), PROXY);
    struct mail_job_result result;

    (void)state;
    whole(r, evidence, 1, "rm -r in", &result); /* nobody looks */
    assert_false(result.searched);
    assert_int_equal(result.events, 0);
    assert_told(r, "\"state\": \"no token\"", true);
    run_end(r);
}

/* What changed between the passes is told, and what came, and what went. */
static void evidence_changed(void **state) {
    static const struct {
        const char *name, *between, *told;
    } cases[] = {
        {"changed", "echo >>in/proxy.log", "{\"changed\": \"in/proxy.log\"}"},
        {"of the same size", "sed -i s/abcdefgh0/abcdefgh1/ in/proxy.log", "{\"changed\": \"in/proxy.log\"}"},
        {"new", "cp in/proxy.log in/zzz.log", "{\"changed\": \"in/zzz.log\"}"},
        {"gone", "rm in/proxy.log", "{\"gone\": \"in/proxy.log\"}"},
        {"touched only", "touch in/proxy.log", NULL},
    };
    struct mail_job_result result;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run *const r = begin(MAIL("abcdefgh0"), PROXY);

        whole(r, evidence, 1, cases[i].between, &result);
        if (cases[i].told)
            assert_told(r, cases[i].told, true);
        assert_told(r, "changed\": \"in/mail", false);
        if (!cases[i].told) {
            assert_told(r, "changed", false);
            assert_told(r, "gone", false);
        }
        run_end(r);
        assert_int_equal(system("rm -r in kinds rules"), 0);
    }
}

static void stopped(void **state) {
    static volatile sig_atomic_t stop = 0;
    struct run *const r = begin(MAIL("abcdefgh0"), PROXY);
    struct mail_job_visitor const visitor = {on_answer, on_somebody, on_lost, on_changed, NULL, r};
    struct hunt_options options = options_of(r, evidence, 1);
    struct mail_job_options const job = {.hunt = &options};
    struct mail_job_result result;
    struct hunt_result first;
    struct err e = {0};

    (void)state;
    options.stop = &stop;
    assert_true(mail_job_new(&r->job, &job, &e) && hunt_run(&options, &first, &e));
    campaigns(r);
    stop = 1;
    assert_false(mail_job_run(r->job, &visitor, &result, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    stop = 0;
    run_end(r);
}

static int run_whole(char *const *argv) {
    struct run *const r = calloc(1, sizeof *r);
    const char *const paths[] = {argv[2]}, *const rule_paths[] = {argv[4]};
    struct mail_job_result result;

    run_begin(r, argv[3], rule_paths);
    whole(r, paths, (unsigned)strtoul(argv[5], NULL, 10), NULL, &result);
    fwrite(r->told.ptr, 1, r->told.len, stdout);
    run_end(r);
    return 0;
}

int main(int argc, char **argv) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test_setup_teardown(opened, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(nothing_to_search, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(evidence_changed, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(stopped, folder_enter, folder_leave),
    };

    if (argc == 6 && str_eq(str_of(argv[1]), S("--run")))
        return run_whole(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
