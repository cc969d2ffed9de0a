/* test_share_incident: what of acts, entities, things reached and doors is told under pseudonyms and as counts; ATT&CK's words and others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/share_incident.h"

#define NAME STR("CHAMBER\\jo")
#define NAME_VIEW S("CHAMBER\\jo")
#define ADDRESS STR("198.18.3.4")

static const struct {
    const char *name;
    str text;
    bool tactic, technique;
} words[] = {
    {"a tactic", STR("initial-access"), true, false},
    {"one word", STR("collection"), true, false},
    {"nothing", STR(""), true, false},
    {"a technique", STR("T1059"), false, true},
    {"one below it", STR("T1059.001"), false, true},
    {"in small letters", STR("t1059"), false, true},
    {"a name", STR("Jo Doe"), false, false},
    {"a mailbox", STR("jo@chamber.example"), false, false},
    {"a number too short", STR("T105"), false, false},
    {"more behind it", STR("T1059.001 of jo"), false, false},
    {"a tactic of forty-one letters", STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false, false},
};

static void attack_alone_is_told(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        print_message("%s\n", words[i].name);
        assert_true(str_eq(share_tactic(words[i].text), words[i].tactic ? words[i].text : S("")));
        assert_true(str_eq(share_technique(words[i].text), words[i].technique ? words[i].text : S("")));
    }
}

/* A way of each sort. */
struct room {
    struct pseudonyms *p;
    struct arena *a;
};

static struct share_way way(struct room *r, enum redaction redact) {
    struct err e;

    assert_true(pseudonyms_new(&r->p, S("0123456789abcdef0123456789abcdef"), &e));
    assert_non_null(r->a = arena_new(1 << 20));
    return (struct share_way){redact, r->p, r->a};
}

static void done(struct room *r) {
    pseudonyms_free(r->p);
    arena_free(r->a);
}

static str pseudonym_of(const struct room *r, const char *kind, str value) {
    struct buf b = {0};
    str out;

    pseudonym(r->p, kind, value, &b);
    assert_true(!b.failed);
    assert_true(arena_copy(r->a, buf_str(&b), &out));
    buf_free(&b);
    return out;
}

static struct incident_event event(enum act act) {
    return (struct incident_event){.when = 1,
                                   .last = 2,
                                   .tactic = STR("collection"),
                                   .technique = STR("T1005"),
                                   .what = STR("reads it as CHAMBER\\jo"),
                                   .act = act,
                                   .account = NAME,
                                   .target = STR("jo@chamber.example"),
                                   .host = STR("dc01"),
                                   .address = ADDRESS,
                                   .program = STR("p"),
                                   .session = STR("s"),
                                   .object = STR("o"),
                                   .detail = STR("d"),
                                   .count = 3,
                                   .items = 4,
                                   .amount = 5,
                                   .proof = {STR("evidence/a"), "00ff", 6, 7}};
}

static void nothing_hidden_is_nothing_changed(void **state) {
    struct room r;
    struct share_way const w = way(&r, REDACT_NOTHING);
    struct incident_event v = event(ACT_FILE_READ);
    struct err e;
    (void)state;

    v.tactic = S("what a stranger writes");
    assert_true(share_event(&w, &v, &e));
    assert_true(str_eq(v.tactic, S("what a stranger writes")) && str_eq(v.what, S("reads it as CHAMBER\\jo")));
    assert_true(str_eq(v.account, NAME_VIEW) && v.proof.record == 6);
    assert_string_equal(v.proof.evidence_sha256, "00ff");
    done(&r);
}

static void acts_under_pseudonyms(void **state) {
    static const struct {
        enum act act;
        const char *object;
    } acts[] = {{ACT_FILE_READ, "file"}, {ACT_FILE_WRITE, "file"}, {ACT_SHARE_OPEN, "file"},
                {ACT_LOOKUP, "host"},    {ACT_PROCESS, "value"},   {ACT_NONE, "value"}};
    (void)state;

    for (size_t i = 0; i < COUNT(acts); i++) {
        struct room r;
        struct share_way const w = way(&r, REDACT_PSEUDONYMS);
        struct incident_event v = event(acts[i].act);
        struct err e;

        assert_true(share_event(&w, &v, &e));
        assert_true(str_eq(v.account, pseudonym_of(&r, "account", NAME_VIEW)));
        assert_true(str_starts(v.target, S("mail-")) && str_starts(v.address, S("address-")));
        assert_true(str_eq(v.object, pseudonym_of(&r, acts[i].object, S("o"))));
        assert_true(str_starts(v.what, acts[i].act == ACT_NONE ? S("event on host-") : act_name(acts[i].act)));
        assert_true(str_find(v.what, v.account) != SIZE_MAX && str_find(v.what, S("CHAMBER")) == SIZE_MAX);
        assert_true(str_starts(v.proof.evidence_path, S("file-")) && v.proof.record == 6 && v.proof.offset == 7);
        assert_string_equal(v.proof.evidence_sha256, "");
        assert_true(v.when == 1 && v.last == 2 && v.count == 3 && v.items == 4 && v.amount == 5);
        done(&r);
    }
}

static void counts_are_all_that_is_left(void **state) {
    struct room r;
    struct share_way const w = way(&r, REDACT_COUNTS);
    struct incident_event v = event(ACT_FILE_READ);
    struct door d = {.kind = DOOR_RULE,
                     .identity = NAME,
                     .account = NAME,
                     .host = NAME,
                     .object = NAME,
                     .opened_at = {STR("evidence/a"), "00ff", 1, 2},
                     .used_at = {STR("evidence/b"), "00ff", 3, 4},
                     .closed_at = {STR("evidence/c"), "00ff", 5, 6},
                     .state = DOOR_OPEN,
                     .how = NAME};
    struct err e;
    (void)state;

    assert_true(share_event(&w, &v, &e) && share_door(&w, &d, &e));
    str const texts[] = {v.account,
                         v.target,
                         v.host,
                         v.address,
                         v.program,
                         v.session,
                         v.object,
                         v.detail,
                         d.identity,
                         d.account,
                         d.host,
                         d.object,
                         d.how,
                         v.proof.evidence_path,
                         d.opened_at.evidence_path,
                         d.used_at.evidence_path,
                         d.closed_at.evidence_path};

    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(texts[i].len, 0);
    assert_true(str_eq(v.what, S("file-read")) && str_eq(v.technique, S("T1005")));
    assert_true(v.proof.record == 0 && v.proof.offset == 0 && d.used_at.record == 0 && d.closed_at.offset == 0);
    assert_true(v.count == 3 && d.state == DOOR_OPEN && d.kind == DOOR_RULE);
    done(&r);
}

static void one_name_is_one_pseudonym(void **state) {
    struct room r;
    struct share_way const w = way(&r, REDACT_PSEUDONYMS);
    struct incident_entity entity = {.type = PART_ACCOUNT, .name = NAME, .note = STR("jo's")};
    struct reach reach = {.type = REACH_ACCOUNT, .name = NAME, .detail = STR("d"), .proof = {STR("e"), "00", 1, 2}};
    struct door door = {.identity = NAME,
                        .account = NAME,
                        .host = STR(""),
                        .object = STR(""),
                        .how = STR("jo did"),
                        .opened_at = {STR("e"), "00", 1, 2},
                        .used_at = {STR(""), "", 0, 0},
                        .closed_at = {STR(""), "", 0, 0}};
    struct incident_event v = event(ACT_SIGN_IN);
    struct err e;
    (void)state;

    assert_true(share_entity(&w, &entity, &e) && share_reach(&w, &reach, &e) && share_door(&w, &door, &e) &&
                share_event(&w, &v, &e));
    assert_true(str_eq(entity.name, v.account) && str_eq(reach.name, v.account) && str_eq(door.account, v.account));
    /* By another word, with the same digits. */
    assert_true(str_eq(str_from(door.identity, sizeof "value-" - 1), str_from(v.account, sizeof "account-" - 1)));
    assert_int_equal(entity.note.len + door.how.len + door.host.len + door.used_at.evidence_path.len, 0);
    assert_true(str_eq(door.opened_at.evidence_path, reach.proof.evidence_path) && door.opened_at.record == 1);
    done(&r);
}

static void memory_may_run_out(void **state) {
    struct pseudonyms *p;
    struct err e = {0};
    (void)state;

    assert_true(pseudonyms_new(&p, S("0123456789abcdef0123456789abcdef"), &e));
    for (size_t limit = 0;; limit += 16) {
        struct arena *const a = arena_new(limit);
        struct share_way const w = {REDACT_PSEUDONYMS, p, a};
        struct incident_event v = event(ACT_FILE_READ);
        bool const ok = a && share_event(&w, &v, &e);

        arena_free(a);
        if (ok)
            break;
        assert_true(!a || e.code == ERR_MEMORY);
        assert_true(limit < 65536);
    }
    pseudonyms_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_alone_is_told),      cmocka_unit_test(nothing_hidden_is_nothing_changed),
        cmocka_unit_test(acts_under_pseudonyms),     cmocka_unit_test(counts_are_all_that_is_left),
        cmocka_unit_test(one_name_is_one_pseudonym), cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
