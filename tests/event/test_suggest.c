/* test_suggest: drafts of kind files: what is text and what a field of a line, what is guessed of fields, what is never shown,
 * bounds, and memory that runs out. tests/hunt/test_suggest.py uses what is drafted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/suggest.h"
#include "../refuse.h"

#define RECORDS_MAX 12
#define PAIRS_MAX 10

struct world {
    struct fields *fields;
    struct kinds *kinds;
};

static int world_open(void **state) {
    static struct world w;
    struct err e = {0};

    assert_non_null(w.fields = fields_new());
    if (!kinds_new(&w.kinds, w.fields, &e) || !kinds_load_builtin(w.kinds, &e) || !kinds_seal(w.kinds, &e))
        fail_msg("%s", e.text);
    *state = &w;
    return 0;
}

static int world_close(void **state) {
    struct world *const w = *state;

    kinds_free(w->kinds);
    fields_free(w->fields);
    return 0;
}

/* A record out of "name=value" texts; the first that is NULL ends it. */
static bool take(struct suggest *s, str reader, str kind, const char *const *pairs, bool *full, struct err *e) {
    struct normal_value values[PAIRS_MAX];
    struct normal_field fields[PAIRS_MAX];
    struct normal_event event = {
        .when = str_eq(reader, S("w3c")) ? 1 : INSTANT_NONE, .reader = reader, .kind = kind, .fields = fields};

    for (; event.field_count < PAIRS_MAX && pairs[event.field_count]; event.field_count++) {
        str const pair = str_of(pairs[event.field_count]);
        size_t const equals = str_find_byte(pair, '=');

        assert_true(equals != SIZE_MAX);
        values[event.field_count] = (struct normal_value){str_from(pair, equals + 1), false};
        fields[event.field_count] =
            (struct normal_field){str_first(pair, equals), &values[event.field_count], 1, false};
    }
    return suggest_take(s, &event, full, e);
}

static void draft_is(struct suggest *s, const char *name, const char *const *has, const char *const *has_not) {
    struct buf out = {0};
    struct err e = {0};

    assert_non_null(s);
    if (!suggest_write(s, &out, &e))
        fail_msg("%s: %s", name, e.text);
    for (; *has; has++)
        if (str_find(buf_str(&out), str_of(*has)) == SIZE_MAX)
            fail_msg("%s: no '%s' in\n%.*s", name, *has, STR_ARG(buf_str(&out)));
    for (; *has_not; has_not++)
        if (str_find(buf_str(&out), str_of(*has_not)) != SIZE_MAX)
            fail_msg("%s: '%s' in\n%.*s", name, *has_not, STR_ARG(buf_str(&out)));
    buf_free(&out);
    suggest_free(s);
}

/* ------------------------------------------------------------------ lines */

static const struct {
    const char *name, *program; /* NULL: lines without head */
    const char *messages[RECORDS_MAX];
    const char *has[5], *has_not[4];
} line_cases[] = {
    {"what differs is a field, what never differs is text",
     "gated",
     {"user jdoe passed door 4", "user bob passed door 5", "user mary passed door 6"},
     {"  - 'user {user:word} passed door {door:int}' # 3 lines\n"},
     {"jdoe passed"}},
    {"what differs in few ways parts the lines",
     "gated",
     {"the gate opened", "the gate opened", "the gate closed", "the gate closed"},
     {"'the gate opened' # 2 lines", "'the gate closed' # 2 lines"},
     {"the gate {"}},
    {"types: all values must fit",
     "gated",
     {"load is 1.5 by 10.0.0.1", "load is 2 by 10.0.0.2", "load is -3 by ::1"},
     {"'load is {value:number} by {src_ip:address}'"},
     {":int}"}},
    {"no address, no number: a word",
     "gated",
     {"peer 10.0.0.1 said 5", "peer gate.example said 5a", "peer x said 6"},
     {"'peer {peer:word} said {said:word}'"},
     {NULL}},
    {"address and port",
     "gated",
     {"from 10.0.0.1:443 in", "from 10.0.0.2:80 in"},
     {"'from {src_ip:address}:{port:int} in'"},
     {NULL}},
    {"in brackets",
     "gated",
     {"client [::1]:443 came", "client [10.0.0.1]:80 came"},
     {"'client [{src_ip:address}]:{port:int} came'"},
     {NULL}},
    {"quoted",
     "gated",
     {"user \"a b\" in", "user \"c\" in", "user \"\" in"},
     {"'user \"{user:quoted}\" in' # 3 lines"},
     {NULL}},
    {"an apostrophe is no quote",
     "gated",
     {"don't open door 1", "don't open door 2"},
     {"'don''t open door {door:int}'"},
     {"quoted"}},
    {"key and value, even if it never differs",
     "gated",
     {"in zone=b at once", "in zone=b at once"},
     {"'in zone={zone:word} at once'"},
     {NULL}},
    {"pairs", "gated", {"a=1 b=2 c=\"x y\"", "a=1 b=3 d=4"}, {"'a={a:int} {:pairs}' # 2 lines"}, {NULL}},
    {"a list with words between is none",
     "gated",
     {"in a=1, b=x y, c=2"},
     {"'in a={a:int}, b={b:word} y, c={c:int}'"},
     {"pairs}", "pairs_comma}"}},
    {"pairs between commas",
     "gated",
     {"in a=1, b=2, c=3", "in a=2, b=2, c=3"},
     {"'in a={a:int}, {:pairs_comma}'"},
     {NULL}},
    {"values with blanks", "gated", {"f a=1 b=2 c=3 m=it is so"}, {"'f a={a:int} {:loose}'"}, {NULL}},
    {"braces", "gated", {"set {x} to 1", "set {x} to 2"}, {"'set {{x} to {to:int}' # 2 lines"}, {NULL}},
    {"what a template cannot say", "gated", {"a [[b]] gate 1", "a [[c]] gate 2"}, {"gate {gate:int}'"}, {"[["}},
    {"a name that the head has", "gated", {"host a1 in", "host b2 in"}, {"'host {on_host:word} in'"}, {"{host:"}},
    {"two of one name",
     "gated",
     {"port 1 to port 2", "port 3 to port 4"},
     {"'port {port:int} to port {port2:int}'"},
     {NULL}},
    {"what came of it",
     "gated",
     {"user a1 refused", "user b2 refused"},
     {"{text: 'user {user:word} refused', set: {outcome: failure}}", "outcome: '{outcome}'"},
     {NULL}},
    {"secrets",
     "gated",
     {"user jdoe password hunter2 ok", "user jdoe password hunter2 ok", "token: tttt1111 token=abcdef key 'k1 k2' x"},
     {"password {password:word} ok"},
     {"hunter2", "tttt1111", "abcdef"}},
    {"the program is a name of YAML",
     "yes",
     {"door 1 up", "door 2 up"},
     {"program: ['yes']", "door {door:int} up"},
     {NULL}},
    {"control characters", "gated", {"door \x1b[31m1 up", "door \x1b[32m1 up"}, {"format: acme/door"}, {"\x1b", "\\e"}},
    {"nothing to say",
     "gated",
     {"1", "2 3", "4"},
     {"# 3 of 3 lines fit no template; they are of the kind below all the same", "program: ['gated']"},
     {"templates:"}},
    {"a date in front",
     NULL,
     {"2024-03-25 07:12:00,123 INFO door 1 opened", "2024-03-25 07:13:00,123 WARN door 2 opened"},
     {"'{day:word} {clock:word} {level:word} door {door:int} opened' # 2 lines", "join:\n  when: '{day} {clock}'\n",
      "time: when\n"},
     {"extends"}},
    {"a date of one word",
     NULL,
     {"[1711350720.123] gate 1 opened", "[1711350721.123] gate 2 opened"},
     {"'[{time:word}] gate {gate:int} opened'", "time: time\n"},
     {"join:"}},
    {"a date of another form",
     NULL,
     {"[Fri Dec  4 04:47:44 2005] [error] gate 1 opened", "[Sat Dec 15 04:47:45 2005] [notice] gate 2 opened"},
     {"'[{time}] [{level:word}] gate {gate:int} opened' # 2 lines"},
     {"join:"}},
    {"a date with signs",
     NULL,
     {"12/28-12:55:38.76 gate 1 opened", "25/Mar/2024:07:12:00 +0100 gate 2 opened",
      "03/25/2024 07:12:00 PM: gate 3 opened"},
     {"'{time} gate {gate:int} opened' # 2 lines", "'{time}: gate {gate:int} opened' # 1 line"},
     {NULL}},
    {"numbers and a clock are no date",
     NULL,
     {"12 07:12:00 gates opened", "13 07:12:00 gates opened"},
     {"'{number:int} {value:word} gates opened'"},
     {"{time"}},
    {"a clock is a field, even if it never differs",
     "gated",
     {"opened at 07:12:00 again", "opened at 07:12:00 again"},
     {"'opened at {value:word} again'"},
     {"07:12:00 again"}},
    {"a level stands apart",
     "gated",
     {"ERROR: gate in error state 1", "INFO: gate in error state 2"},
     {"'{level:word}: gate in error state {state:int}'"},
     {NULL}},
    {"no date",
     NULL,
     {"4 gates opened", "5 gates opened"},
     {"'{number:int} gates opened'", "# time: no field"},
     {"{time"}},
    {"of lines of any log a template must say something",
     NULL,
     {"a 1 b", "a 2 c", "the gate opened 1"},
     {"# 2 of 3 lines fit no template and are not of the kind below", "'the gate opened {"},
     {NULL}},
    {"no template at all",
     NULL,
     {"a", "b", "c"},
     {"# 3 records are of no kind below", "There is nothing left"},
     {"kind:", "format:"}},
};

static void lines(void **state) {
    const struct world *const w = *state;

    for (size_t i = 0; i < COUNT(line_cases); i++) {
        struct suggest *const s = suggest_new(S("acme/door"), w->kinds);
        bool full;
        struct err e = {0};

        assert_non_null(s);
        for (size_t k = 0; k < RECORDS_MAX && line_cases[i].messages[k]; k++) {
            char message[200], program[80];
            const char *pairs[PAIRS_MAX] = {message};

            snprintf(message, sizeof message, "message=%s", line_cases[i].messages[k]);
            if (line_cases[i].program) {
                snprintf(program, sizeof program, "program=%s", line_cases[i].program);
                pairs[1] = program;
                pairs[2] = "timestamp=2024-03-25T07:12:00Z";
            }
            assert_true(take(s, S("text"), line_cases[i].program ? S("unix/syslog") : S(""), pairs, &full, &e));
            assert_false(full);
        }
        draft_is(s, line_cases[i].name, line_cases[i].has, line_cases[i].has_not);
    }
}

/* ------------------------------------------------------------------ fields */

static const struct {
    const char *name;
    const char *records[RECORDS_MAX][PAIRS_MAX];
    const char *has[6], *has_not[4];
} field_cases[] = {
    {"particular names are asked for",
     {{"id=1", "time=2024-03-25", "badge_number=1", "lift_shaft=2", "cabinDoor=3", "user=x"}},
     {"when:\n  badge_number: {present: true}\n  lift_shaft: {present: true}\n  cabinDoor: {present: true}\n",
      "time: time # 2024-03-25\n", "account: '{user}' # x\n"},
     {"id: {"}},
    {"only what is always there",
     {{"a=1", "lift=1"}, {"a=2", "lift=3"}, {"a=4"}},
     {"when:\n  a: {present: true}\n#"},
     {"lift: {"}},
    {"a time must always be one",
     {{"when=2024-03-25", "t=2024-03-25"}, {"when=soon", "t=2024-03-26"}},
     {"time: t # 2024-03-25, 2024-03-26\n"},
     {"time: when"}},
    {"a number is a time only where it is called so",
     {{"badge=1711350000", "ts=1711350000"}, {"badge=1711350001", "ts=1711350001"}},
     {"time: ts #"},
     {"time: [", "time: badge"}},
    {"a small number is no time", {{"time=5", "lift=1"}, {"time=6", "lift=2"}}, {"# time: no field"}, {"time: time"}},
    {"an account is no address", {{"user=10.0.0.1", "lift=1"}}, {"client_address: '{user}'"}, {"account:"}},
    {"an address is one", {{"src_ip=gate", "lift=1"}}, {"# roles: no field"}, {"client_address"}},
    {"server and client",
     {{"src=10.0.0.1", "dst=10.0.0.2"}},
     {"client_address: '{src}'", "server_address: '{dst}'"},
     {NULL}},
    {"of a member the last part counts",
     {{"actor.email=a@b.example", "door.id=1"}},
     {"account: '{actor.email}'"},
     {NULL}},
    {"outcomes: words that are known, once whatever their case",
     {{"result=OK", "l=1"}, {"result=ok", "l=1"}, {"result=Denied", "l=1"}, {"result=odd", "l=1"}},
     {"outcome: {from: result, map: {OK: success, Denied: failure}} # not known what it means: odd\n"},
     {"ok: success"}},
    {"words of YAML are quoted",
     {{"granted=yes", "l=1"}, {"granted=no", "l=1"}},
     {"map: {'yes': success, 'no': failure}"},
     {NULL}},
    {"outcomes that say nothing",
     {{"status=a", "l=1"}, {"status=b", "l=1"}, {"status=ok", "l=2"}},
     {"kind: acme/door\n"},
     {"outcome:"}},
    {"each",
     {{"event=open", "l=1"}, {"event=shut", "l=1"}, {"event=open", "l=1"}},
     {"each: event # open, shut\n"},
     {NULL}},
    {"each has few values",
     {{"event=a", "l=1"},
      {"event=b", "l=1"},
      {"event=c", "l=1"},
      {"event=d", "l=1"},
      {"event=e", "l=1"},
      {"event=f", "l=1"},
      {"event=g", "l=1"}},
     {"kind: acme/door\n"},
     {"each:"}},
    {"two sorts by a value",
     {{"type=a", "a1=1", "a2=1", "a3=1"},
      {"type=b", "b1=1", "b2=1", "b3=1"},
      {"type=a", "a1=1", "a2=1", "a3=1"},
      {"type=B", "b1=1", "b2=1", "b3=1"}},
     {"kind: acme/door/a\n", "kind: acme/door/b\n", "  type: b\n", "  type: a\n"},
     {"acme/door/B", "kind: acme/door\n"}},
    {"two sorts by presence",
     {{"a1=1", "a2=1", "a3=1"}, {"b1=1", "b2=1", "b3=1"}},
     {"a1: {present: true}", "a1: {present: false}", "b1: {present: true}"},
     {NULL}},
    {"secrets are not shown",
     {{"user=eyJhbGciOi", "session_token=tttt", "Password=pppp", "event=AKIAxyz", "apiKey=kkkk", "object=o"}},
     {"account: '{user}' # (not shown)", "session_token"},
     {"eyJ", "tttt", "AKIA"}},
    {"names are evidence",
     {{"a: b\n#=1", "'=2", "{x}=1.2.3.4", "lift shaft=3"}},
     {"'''': {present: true}", "'lift shaft': {present: true}"},
     {"'{{x}}'", "\n#="}},
    {"values are evidence",
     {{"user=x\ny: z\x1b[1m\xe2\x80\xae", "lift=1"}},
     {"account: '{user}' # x\\x0ay: z\\x1b[1m\\u{202e}\n"},
     {"\x1b"}},
    {"long values are cut",
     {{"user=01234567890123456789012345678901234567890123456789", "lift=1"}},
     {"# 01234567890123456789012345678901...\n"},
     {NULL}},
    {"a name nobody can ask for",
     {{"\n=1"}, {"\n=2"}},
     {"# 2 records are of no kind below", "There is nothing left"},
     {"kind:"}},
    {"no field", {{NULL}, {"lift=1"}}, {"lift: {present: true}"}, {NULL}},
};

static void fields(void **state) {
    const struct world *const w = *state;

    for (size_t i = 0; i < COUNT(field_cases); i++) {
        struct suggest *const s = suggest_new(S("acme/door"), w->kinds);
        struct err e = {0};
        bool full;

        assert_non_null(s);
        for (size_t k = 0; k < RECORDS_MAX && (field_cases[i].records[k][0] || (k == 0 && i + 1 == COUNT(field_cases)));
             k++)
            assert_true(take(s, S("json"), S(""), field_cases[i].records[k], &full, &e));
        draft_is(s, field_cases[i].name, field_cases[i].has, field_cases[i].has_not);
    }
}

/* ------------------------------------------------------------------ names, bounds, memory */

static void names(void **state) {
    static const struct {
        const char *name;
        bool good;
    } cases[] = {{"acme/door", true}, {"a", true},     {"A-b_c.d/e/9", true}, {"", false},         {"/a", false},
                 {"a/", false},       {"a//b", false}, {"a b", false},        {"\xc3\xa9", false}, {"a\n", false}};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(suggest_name_good(str_of(cases[i].name)), cases[i].good);
    assert_false(suggest_name_good((str){"a\0b", 3}));
}

/* What the reader knows needs no field. */
static void time_of_the_reader(void **state) {
    static const char *const record[] = {"date=2024-03-25", "time=07:12:00", "cs-door=1", NULL};
    const struct world *const w = *state;
    struct suggest *const s = suggest_new(S("acme/door"), w->kinds);
    struct err e = {0};
    bool full;

    assert_true(take(s, S("w3c"), S(""), record, &full, &e));
    draft_is(s, "time of the reader",
             (const char *const[]){"# time: known from the log's own form\n", "reader: w3c\n", NULL},
             (const char *const[]){"\ntime:", NULL});
}

static void counted_not_drafted(void **state) {
    static const char *const record[] = {"Channel=Security", "EventID=4624", NULL}, *const other[] = {"Channel=x",
                                                                                                      "badge=1",
                                                                                                      "door=2", NULL};
    const struct world *const w = *state;
    struct suggest *s = suggest_new(S("windows/security"), w->kinds);
    struct err e = {0};
    bool full;

    assert_true(take(s, S("json"), S("windows/security/4624"), record, &full, &e));
    assert_true(take(s, S("json"), S("windows/security/4624"), record, &full, &e));
    assert_int_equal(suggest_records(s), 2);
    draft_is(s, "all known",
             (const char *const[]){"# 2 records are of a kind already, and not drafted: windows/security/4624 (2)\n",
                                   "There is nothing left", NULL},
             (const char *const[]){"kind:", NULL});
    s = suggest_new(S("windows/security"), w->kinds);
    assert_true(take(s, S("json"), S("windows/security/4624"), record, &full, &e));
    assert_true(take(s, S("json"), S(""), other, &full, &e));
    draft_is(s, "a name that is taken, and fields that are the log's own",
             (const char *const[]){
                 "kind: windows/security-2\n",
                 "when:\n  badge: {present: true}\n  door: {present: true}\n  Channel: {present: true}\n", NULL},
             (const char *const[]){"kind: windows/security\n", NULL});
}

/* A record too many, or a byte: it is not among those that were looked at, and the draft says so. */
static void bounds(void **state) {
    const struct world *const w = *state;

    for (int bytes = 0; bytes < 2; bytes++) {
        struct suggest *const s = suggest_new(S("acme/door"), w->kinds);
        static char value[700] = "badge=";
        const char *const record[] = {value, "lift=1", NULL};
        struct err e = {0};
        uint32_t taken = 0;
        bool full = false;

        assert_non_null(s);
        memset(value + 6, 'x', sizeof value - 7);
        for (; taken <= SUGGEST_RECORDS_MAX && !full; taken++) {
            if (bytes)
                snprintf(value + 6, 9, "%08u", taken), value[14] = 'x';
            assert_true(take(s, S("json"), S(""), record, &full, &e));
        }
        if (bytes)
            assert_in_range(suggest_records(s), SUGGEST_BYTES_MAX / 512 - 100, SUGGEST_BYTES_MAX / 512);
        else
            assert_int_equal(suggest_records(s), SUGGEST_RECORDS_MAX);
        assert_true(take(s, S("json"), S(""), record, &full, &e));
        assert_true(full);
        draft_is(s, "full", (const char *const[]){"The sample is longer", "badge: {present: true}", NULL},
                 (const char *const[]){NULL});
    }
}

static bool all_of_it(const struct kinds *kinds, struct buf *out, struct err *e) {
    struct suggest *const s = suggest_new(S("acme/door"), kinds);
    bool full, ok = s || err_set(e, ERR_MEMORY, 0, "no memory");

    for (size_t i = 0; ok && i < 2; i++)
        for (size_t k = 0; ok && k < RECORDS_MAX && line_cases[i].messages[k]; k++) {
            char message[200];

            snprintf(message, sizeof message, "message=%s", line_cases[i].messages[k]);
            ok = take(s, S("text"), S(""), (const char *const[]){message, "program=gated", NULL}, &full, e);
        }
    for (size_t k = 0; ok && k < 4; k++)
        ok = take(s, S("json"), S(""), field_cases[14].records[k], &full, e);
    ok = ok && suggest_write(s, out, e);
    suggest_free(s);
    return ok;
}

/* Memory that is refused is an error, or part of the sample less; never another draft. */
static void every_allocation_may_fail(void **state) {
    const struct world *const w = *state;
    struct buf whole = {0};
    struct err none = {0};
    size_t failures = 0;

    REFUSE_OR_SKIP();
    assert_true(all_of_it(w->kinds, &whole, &none));
    for (int for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n += 1 + n / 40) {
            struct buf out = {0};
            struct err e = {0};
            bool ok;

            memory_gone_for_good = for_good;
            memory_refused = false;
            memory_left = n;
            ok = all_of_it(w->kinds, &out, &e);
            memory_left = -1;
            if (ok && !str_eq(buf_str(&out), buf_str(&whole)) &&
                str_find(buf_str(&out), S("The sample is longer")) == SIZE_MAX)
                fail_msg("request %ld of %d: another draft:\n%.*s", n, for_good, STR_ARG(buf_str(&out)));
            if (!ok && e.code != ERR_MEMORY && e.code != ERR_LIMIT) /* LIMIT: of the catalogue of fields */
                fail_msg("request %ld of %d: %s", n, for_good, e.text);
            failures += !ok;
            buf_free(&out);
            if (!memory_refused)
                break;
        }
    assert_true(failures > 100);
    buf_free(&whole);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(fields),
        cmocka_unit_test(names),
        cmocka_unit_test(counted_not_drafted),
        cmocka_unit_test(time_of_the_reader),
        cmocka_unit_test(bounds),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, world_open, world_close);
}
