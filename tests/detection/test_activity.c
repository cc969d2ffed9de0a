/* test_activity: what is kept and lost, the order, who is who, and the lists. */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sys/resource.h>

#include <cmocka.h>

#include "../refuse.h"
#include "detection/activity_own.h"

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)
#define START INT64_C(1609459200000000000) /* 2021-01-01 */

/* One activity of a case, in few words; what is left out is "" or 0. */
struct said {
    enum act act;
    int64_t day; /* from START */
    const char *account, *target, *host, *address, *program, *session, *detail, *server;
    enum act_outcome outcome;
};

static struct activity_event event_of(const struct said *s) {
    struct activity_event v = {.when = START + s->day * DAY,
                               .last = START + s->day * DAY,
                               .count = 1,
                               .act = s->act,
                               .outcome = s->outcome,
                               .evidence_path = S("logs/audit"),
                               .evidence_sha256 = "ab"};

    for (size_t t = 0; t < ACT_TEXTS; t++)
        v.text[t] = S("");
    v.text[ACT_ACCOUNT] = str_of(s->account);
    v.text[ACT_TARGET] = str_of(s->target);
    v.text[ACT_HOST] = str_of(s->host);
    v.text[ACT_ADDRESS] = str_of(s->address);
    v.text[ACT_PROGRAM] = str_of(s->program);
    v.text[ACT_SESSION] = str_of(s->session);
    v.text[ACT_DETAIL] = str_of(s->detail);
    v.text[ACT_SERVER] = str_of(s->server);
    return v;
}

static struct activities *begin(void) {
    struct activities *a;
    struct err e;

    assert_true(activities_new(&a, 64 << 20, NULL, &e));
    return a;
}

static void add(struct activities *a, const struct activity_event *v) {
    struct err e;

    assert_true(activities_add(a, v, &e));
}

static void end(struct activities *a) {
    struct err e;

    assert_true(activities_end(a, &e));
}

static uint32_t code(const struct activities *a, const char *text) {
    uint32_t const found = activities_find(a, str_of(text));

    assert_true(found > 0 && str_eq(activities_text(a, found), str_of(text)));
    return found;
}

/* ---- who is who ---- */

#define SPELLINGS 8
static const struct {
    const char *name;
    const char *said[SPELLINGS];
    const char *how;      /* a letter for each: signs in, fails to, mail says it is from; NULL: all sign in */
    const char *entities; /* a letter for each: alike are one */
    const char *shown;    /* of the first */
} accounts[] = {
    {"all spellings of one",
     {"CHAMBER\\jo", "jo@chamber.example", "CHAMBER.EXAMPLE\\jo@CHAMBER.EXAMPLE", "jo", "Jo@Chamber.Example"},
     NULL,
     "aaaaa",
     "jo@chamber.example"},
    {"two domains", {"jo@a.example", "jo@b.example"}, NULL, "ab", "jo@a.example"},
    {"a bare name of two", {"jo", "jo@a.example", "jo@b.example"}, NULL, "abc", "jo"},
    {"a bare name of one", {"jo", "jo@a.example", "ann@b.example"}, NULL, "aab", "jo@a.example"},
    {"a short domain of one of two", {"A\\jo", "jo@a.example", "jo@b.example"}, NULL, "aab", "jo@a.example"},
    {"a short domain of both", {"A\\jo", "jo@a.example", "jo@a.test"}, NULL, "abc", "A\\jo"},
    {"a short domain of none", {"C\\jo", "jo@a.example"}, NULL, "ab", "C\\jo"},
    {"a short domain that only begins alike", {"A\\jo", "jo@ab.example", "jo@a-b.example"}, NULL, "abc", "A\\jo"},
    {"short and bare, and nothing else", {"CHAMBER\\jo", "jo"}, NULL, "aa", "CHAMBER\\jo"},
    {"local accounts of two hosts", {"WS1\\admin", "WS2\\admin", "admin"}, NULL, "abc", "WS1\\admin"},
    {"a machine is no person", {"MX01$", "CHAMBER\\MX01$", "CHAMBER\\mx01"}, NULL, "aab", "CHAMBER\\MX01$"},
    {"numbers", {"S-1-5-18", "s-1-5-18", "S-1-5-19"}, NULL, "aab", "s-1-5-18"},
    {"an id",
     {"FE2D7E87-F1B3-4F57-AD85-E408EF0F0B92", "fe2d7e87-f1b3-4f57-ad85-e408ef0f0b92"},
     NULL,
     "aa",
     "fe2d7e87-f1b3-4f57-ad85-e408ef0f0b92"},
    {"letters beyond ASCII", {"\xc3\x84nne@a.example", "\xc3\xa4nne@a.example"}, NULL, "aa", "\xc3\x84nne@a.example"},
    {"a sender of mail is nobody here", {"jo", "jo@a.example", "jo@spam.example"}, "ssm", "aab", "jo@a.example"},
    {"nor one who never got in", {"jo", "jo@a.example", "jo@b.example"}, "ssf", "aab", "jo@a.example"},
    {"this machine's", {".\\jo", "jo"}, NULL, "aa", "jo"},
    {"in angle brackets", {"<jo@a.example>", "jo@a.example"}, NULL, "aa", "jo@a.example"},
    {"a folder of a mailbox", {"jo@a.example\\Inbox", "jo@a.example"}, NULL, "ab", "jo@a.example\\Inbox"},
    {"no name at all", {"@a.example", "a\\", "@", "\\"}, NULL, "abcd", "@a.example"},
    {"a dot at the end", {"jo@a.example.", "jo@a.example"}, NULL, "aa", "jo@a.example"},
};

static void accounts_are_who(void **state) {
    (void)state;
    for (size_t c = 0; c < COUNT(accounts); c++) {
        struct activities *const a = begin();
        size_t const count = strlen(accounts[c].entities);

        for (size_t i = 0; i < count; i++) {
            char const how = accounts[c].how ? accounts[c].how[i] : 's';
            struct activity_event const v =
                event_of(&(struct said){.act = how == 'm' ? ACT_MAIL_OUT : ACT_SIGN_IN,
                                        .account = accounts[c].said[i],
                                        .outcome = how == 'f' ? OUTCOME_FAILURE : OUTCOME_SUCCESS});
            add(a, &v);
        }
        end(a);
        for (size_t i = 0; i < count; i++) {
            uint32_t const x = activities_account(a, code(a, accounts[c].said[i]));

            if (activities_account(a, x) != x)
                fail_msg("%s: %s is no entity of its own", accounts[c].name, accounts[c].said[i]);
            for (size_t k = 0; k < count; k++) {
                uint32_t const y = activities_account(a, code(a, accounts[c].said[k]));

                if ((x == y) != (accounts[c].entities[i] == accounts[c].entities[k]))
                    fail_msg("%s: %s and %s", accounts[c].name, accounts[c].said[i], accounts[c].said[k]);
            }
        }
        str const shown = activities_spelling(a, ENTITY_ACCOUNT, activities_account(a, code(a, accounts[c].said[0])));

        if (!str_eq(shown, str_of(accounts[c].shown)))
            fail_msg("%s: shown as %.*s", accounts[c].name, STR_ARG(shown));
        activities_free(a);
    }
}

/* ---- hosts and programs ---- */

enum { BY_HOST, BY_PROGRAM };
static const struct {
    const char *name;
    int by;
    const char *said[SPELLINGS];
    const char *entities;
    const char *shown; /* of the first */
} others[] = {
    {"short and long",
     BY_HOST,
     {"MX01", "mx01.chamber.example", "Mx01.Chamber.Example."},
     "aaa",
     "mx01.chamber.example"},
    {"of two domains", BY_HOST, {"MX01", "mx01.a.example", "mx01.b.example"}, "abc", "MX01"},
    {"as a machine account and in a path", BY_HOST, {"MX01$", "\\\\mx01", "mx01"}, "aaa", "mx01"},
    {"with a port", BY_HOST, {"mx01.a.example:443", "mx01.a.example"}, "aa", "mx01.a.example"},
    {"numbered", BY_HOST, {"mx01", "mx02"}, "ab", "mx01"},
    {"a site with and without www", BY_HOST, {"www.a.example", "a.example", "www.b.example"}, "aab", "www.a.example"},
    {"www alone, of two sites", BY_HOST, {"www", "www.a.example", "www.b.example"}, "abc", "www"},
    {"an address is itself", BY_HOST, {"10.1.1.1", "10.1.1.2", "10"}, "abc", "10.1.1.1"},
    {"an address in two spellings", BY_HOST, {"2001:DB8::1", "2001:db8:0::1"}, "aa", "2001:DB8::1"},
    {"nothing but signs", BY_HOST, {"$", ".", "\\\\", ":"}, "aaaa", "$"},
    {"versions", BY_PROGRAM, {"Chrome/144.0.0.0", "Chrome/132.0.0.0", "Chromium/132.0.0.0"}, "aab", "Chrome/144.0.0.0"},
    {"of an operating system",
     BY_PROGRAM,
     {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2)", "Mozilla/5.0 (iPhone; CPU iPhone OS 16_4_1)",
      "Mozilla/5.0 (iPad; CPU iPhone OS 17_2)"},
     "aab",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2)"},
    {"with plus signs, as W3C logs have it",
     BY_PROGRAM,
     {"Mozilla/5.0 (X11; Linux)", "Mozilla/5.0+(X11;+Linux)"},
     "aa",
     "Mozilla/5.0 (X11; Linux)"},
    {"paths, by letters alone",
     BY_PROGRAM,
     {"C:\\Windows\\System32\\rundll32.exe", "c:\\windows\\system32\\RUNDLL32.EXE",
      "C:\\Windows\\System32\\rundll.exe"},
     "aab",
     "C:\\Windows\\System32\\rundll32.exe"},
    {"names of files", BY_PROGRAM, {"rundll32.exe", "RUNDLL32.exe", "rundll.exe"}, "aab", "rundll32.exe"},
    {"paths with versions",
     BY_PROGRAM,
     {"C:\\Apps\\1.5.00.1\\a.exe", "C:\\Apps\\1.6\\a.exe", "C:\\Apps\\a.exe", "C:\\Apps\\6\\a.exe"},
     "aabc",
     "C:\\Apps\\1.5.00.1\\a.exe"},
    {"a number alone", BY_PROGRAM, {"1.2.3", "4.5", "7"}, "aab", "1.2.3"},
};

static void others_are_who(void **state) {
    (void)state;
    for (size_t c = 0; c < COUNT(others); c++) {
        uint32_t (*const entity)(const struct activities *a, uint32_t code) =
            others[c].by == BY_HOST ? activities_host : activities_program;
        struct activities *const a = begin();
        size_t const count = strlen(others[c].entities);

        for (size_t i = 0; i < count; i++) {
            struct said const said = {.act = ACT_LOGON,
                                      .host = others[c].by == BY_HOST ? others[c].said[i] : NULL,
                                      .program = others[c].by == BY_PROGRAM ? others[c].said[i] : NULL};
            struct activity_event v = event_of(&said);

            v.record = i + 1;
            add(a, &v);
        }
        end(a);
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < count; k++) {
                uint32_t const x = entity(a, code(a, others[c].said[i])), y = entity(a, code(a, others[c].said[k]));

                if ((x == y) != (others[c].entities[i] == others[c].entities[k]) || entity(a, x) != x)
                    fail_msg("%s: %s and %s", others[c].name, others[c].said[i], others[c].said[k]);
            }
        str const shown = activities_spelling(a, others[c].by == BY_HOST ? ENTITY_HOST : ENTITY_PROGRAM,
                                              entity(a, code(a, others[c].said[0])));

        if (!str_eq(shown, str_of(others[c].shown)))
            fail_msg("%s: shown as %.*s", others[c].name, STR_ARG(shown));
        activities_free(a);
    }
}

/* A text that nothing signs in as may still be the name of somebody who does; it makes nobody one. */
static void names_elsewhere(void **state) {
    static const struct {
        const char *text, *account; /* account NULL: itself */
    } cases[] = {
        {"CHAMBER\\jo", "jo@chamber.example"},
        {"JO@CHAMBER.EXAMPLE", "jo@chamber.example"},
        {"jo", "jo@chamber.example"},
        {"OTHER\\jo", NULL},
        {"jo@other.example", NULL},
        {"nobody", NULL},
        {"ann", NULL}, /* of two */
        {"", NULL},
    };
    struct activities *const a = begin();
    static const char *const known[] = {"jo@chamber.example", "ann@chamber.example", "ann@other.example"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) { /* first: their codes are smaller */
        struct activity_event const v = event_of(&(struct said){.act = ACT_DELEGATE_NEW, .detail = cases[i].text});

        add(a, &v);
    }
    for (size_t i = 0; i < COUNT(known); i++) {
        struct activity_event const v = event_of(&(struct said){.act = ACT_SIGN_IN, .account = known[i]});

        add(a, &v);
    }
    end(a);
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t const c = activities_find(a, str_of(cases[i].text));
        uint32_t const expected = cases[i].account ? code(a, cases[i].account) : c;

        if (activities_account(a, c) != expected)
            fail_msg("%s", cases[i].text);
    }
    activities_free(a);
}

/* ---- addresses ---- */

static void networks(void **state) {
    static const struct {
        const char *said, *kept, *network; /* network NULL: it is no address */
        bool own;
    } cases[] = {
        {"198.18.32.7", "198.18.32.7", "198.18.32.0/24", false},
        {"192.0.2.9", "192.0.2.9", "192.0.2.0/24", false},
        {"203.0.113.9:4431", "203.0.113.9", "203.0.113.0/24", false},
        {"[2001:db8:1:2::3]:443", "2001:db8:1:2::3", "2001:db8:1::/48", false},
        {"2001:DB8:1:2:0::4", "2001:db8:1:2::4", "2001:db8:1::/48", false},
        {"::ffff:10.1.2.3", "10.1.2.3", "10.1.2.0/24", true},
        {"172.31.0.1", "172.31.0.1", "172.31.0.0/24", true},
        {"172.32.0.1", "172.32.0.1", "172.32.0.0/24", false},
        {"127.0.0.1", "127.0.0.1", "127.0.0.0/24", true},
        {"169.254.1.1", "169.254.1.1", "169.254.1.0/24", true},
        {"100.64.3.3", "100.64.3.3", "100.64.3.0/24", true},
        {"fe80::1%eth0", "fe80::1", "fe80::/48", true},
        {"fd00:1:2::9", "fd00:1:2::9", "fd00:1:2::/48", true},
        {"224.0.0.1", "224.0.0.1", "224.0.0.0/24", false},
        {"256.0.0.1", "256.0.0.1", NULL, false},
        {"host.example", "host.example", NULL, false},
        {"198.18.32.0/24", "198.18.32.0/24", NULL, false},
        {"1.2.3.4:5:6", "1.2.3.4:5:6", NULL, false},
        {":", ":", NULL, false},
    };
    struct activities *const a = begin();
    uint32_t count;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct activity_event v = event_of(&(struct said){.act = ACT_CONNECTION, .address = cases[i].said});

        v.record = i + 1;
        add(a, &v);
    }
    end(a);
    count = activities_text_count(a);
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t const address = code(a, cases[i].kept), network = activities_network(a, address);

        if (!str_eq(activities_text(a, network), str_of(cases[i].network)) || network >= count ||
            activities_find(a, activities_text(a, network)) != network)
            fail_msg("%s: %.*s", cases[i].said, STR_ARG(activities_text(a, network)));
        if (activities_own_address(a, address) != cases[i].own)
            fail_msg("%s: own or not", cases[i].said);
        assert_int_equal(activities_network(a, network), 0);
        if (strcmp(cases[i].said, cases[i].kept) != 0)
            assert_int_equal(activities_find(a, str_of(cases[i].said)), 0);
    }
    assert_int_equal(activities_at(a, 0)->text[ACT_ADDRESS], code(a, "198.18.32.7"));
    assert_false(activities_own_address(a, 0));
    activities_free(a);
}

/* Accounts come day after day; from where, says a function of account and day. NULL: not that day. */
struct way {
    const char *name;
    const char *(*from)(unsigned account, unsigned day, char room[64]);
    unsigned accounts, days;
    enum act act;
    enum act_outcome outcome;
    const char *address; /* this one */
    bool own;
};

static const char *home(unsigned account, char room[64]) {
    snprintf(room, 64, "198.18.%u.7", account);
    return room;
}

/* One address for all, three days in five. */
static const char *office(unsigned account, unsigned day, char room[64]) {
    return (account + day) % 5 < 3 ? "203.0.113.10" : home(account, room);
}

static const char *few(unsigned account, unsigned day, char room[64]) {
    (void)day;
    return account < 7 ? "203.0.113.10" : home(account, room);
}

static const char *fewer(unsigned account, unsigned day, char room[64]) {
    (void)day;
    return account < 5 ? "203.0.113.10" : home(account, room);
}

/* Somewhere in a pool, each day elsewhere. */
static const char *carrier(unsigned account, unsigned day, char room[64]) {
    snprintf(room, 64, "203.0.113.%u", 1 + (account * 7 + day * 3) % 16);
    return room;
}

static const char *homes6(unsigned account, unsigned day, char room[64]) {
    (void)day;
    snprintf(room, 64, "2001:db8:0:%x::1", account + 1);
    return room;
}

/* Each has an address of one subnet. */
static const char *office6(unsigned account, unsigned day, char room[64]) {
    snprintf(room, 64, "2001:db8:0:1::%x:%x", day + 1, account + 1);
    return room;
}

/* Half a year of two years. */
static const char *short_while(unsigned account, unsigned day, char room[64]) {
    return day < 180 ? "203.0.113.10" : home(account, room);
}

/* Two use a machine that stands in the same provider's network. */
static const char *beside(unsigned account, unsigned day, char room[64]) {
    return account < 2 && day % 2 ? "203.0.113.87" : office(account, day, room);
}

/* A second line of the house. */
static const char *second_line(unsigned account, unsigned day, char room[64]) {
    return account < 10 && day % 4 == 0 ? "203.0.113.11" : office(account, day, room);
}

static const struct way ways[] = {
    {"an office", office, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.10", true},
    {"homes", office, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "198.18.3.7", false},
    {"an office with a stranger beside it", beside, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.10", true},
    {"the stranger beside it", beside, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.87", false},
    {"a second line", second_line, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.11", true},
    {"nobody got in", office, 30, 90, ACT_SIGN_IN, OUTCOME_FAILURE, "203.0.113.10", false},
    {"mail that says it is from them", office, 30, 90, ACT_MAIL_OUT, OUTCOME_UNSAID, "203.0.113.10", false},
    {"a fifth and more", few, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.10", true},
    {"less than a fifth", fewer, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.10", false},
    {"all, and they are two", office, 2, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.10", false},
    {"all, and they are three", office, 3, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.10", true},
    {"a carrier's pool", carrier, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.1", false},
    {"homes of one provider", homes6, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "2001:db8:0:1::1", false},
    {"an office's subnet", office6, 30, 90, ACT_SIGN_IN, OUTCOME_SUCCESS, "2001:db8:0:1::1:1", true},
    {"a quarter of all months", short_while, 30, 720, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.10", false},
    {"half of them", short_while, 30, 360, ACT_SIGN_IN, OUTCOME_SUCCESS, "203.0.113.10", true},
};

static void ways_out(void **state) {
    (void)state;
    for (size_t c = 0; c < COUNT(ways); c++) {
        const struct way *const w = &ways[c];
        struct activities *const a = begin();

        for (unsigned day = 0; day < w->days; day++)
            for (unsigned i = 0; i < w->accounts; i++) {
                char account[32], room[64];
                struct said const said = {.act = w->act,
                                          .day = day,
                                          .account = account,
                                          .address = w->from(i, day, room),
                                          .outcome = w->outcome};

                snprintf(account, sizeof account, "a%u@chamber.example", i);
                struct activity_event const v = event_of(&said);

                add(a, &v);
            }
        end(a);
        if (activities_own_address(a, code(a, w->address)) != w->own)
            fail_msg("%s", w->name);
        activities_free(a);
    }
}

static void whose_address(void **state) {
    static const struct said said[] = {
        {.act = ACT_HOST_NAME, .day = 0, .host = "PC1", .address = "10.0.0.1"},
        {.act = ACT_HOST_NAME, .day = 4, .host = "pc1.a.example", .address = "10.0.0.1"},
        {.act = ACT_HOST_NAME, .day = 9, .host = "PC2", .address = "10.0.0.1"},
        {.act = ACT_HOST_NAME, .day = 20, .host = "PC1", .address = "10.0.0.1"},
        {.act = ACT_HOST_NAME, .day = 20, .host = "PC3", .address = "10.0.0.1"},
        {.act = ACT_LOGON, .day = 1, .host = "PC1", .address = "10.0.0.2", .detail = "pc2"},
        {.act = ACT_LOGON, .day = 2, .host = "PC1", .address = "10.0.0.3", .detail = "pc2", .outcome = OUTCOME_FAILURE},
        {.act = ACT_LOGON, .day = 3, .host = "PC1", .address = "10.0.0.4", .detail = "nobody's"},
        {.act = ACT_LOGON, .day = 3, .host = "PC1", .address = "127.0.0.1", .detail = "PC1"},
        {.act = ACT_CONNECTION, .day = 3, .host = "PC1", .address = "10.0.0.5", .server = "10.0.0.6"},
        {.act = ACT_HOST_NAME, .day = 5, .host = "PC1", .address = "PC1"},
        {.act = ACT_HOST_NAME, .day = 30, .host = "pc1", .address = "10.0.0.7"},
        {.act = ACT_HOST_NAME, .day = 30, .host = "pc1", .address = "10.0.0.7"},
        {.act = ACT_HOST_NAME, .day = 30, .host = "pc1", .address = "10.0.0.7"},
        {.act = ACT_HOST_NAME, .day = 31, .host = "pc1", .address = "10.0.0.7"},
        {.act = ACT_HOST_NAME, .day = 32, .host = "pc1", .address = "10.0.0.7"},
    };
    static const struct {
        const char *name, *address;
        int64_t day;
        const char *host; /* NULL: not known */
    } cases[] = {
        {"that day", "10.0.0.1", 0, "PC1"},
        {"between two days of the same host", "10.0.0.1", 2, "PC1"},
        {"before the first", "10.0.0.1", -900, "PC1"},
        {"between two hosts", "10.0.0.1", 6, NULL},
        {"the other's day", "10.0.0.1", 9, "PC2"},
        {"a day of two hosts", "10.0.0.1", 20, NULL},
        {"after it", "10.0.0.1", 25, NULL},
        {"by a logon", "10.0.0.2", 1, "PC2"},
        {"nobody else ever had it", "10.0.0.2", 400, "PC2"},
        {"by a logon that failed", "10.0.0.3", 2, NULL},
        {"a name of no host", "10.0.0.4", 3, NULL},
        {"loopback is everybody's", "127.0.0.1", 3, NULL},
        {"a connection says nothing", "10.0.0.5", 3, NULL},
        {"nor of the server", "10.0.0.6", 3, NULL},
        {"no address", "PC1", 5, NULL},
        {"days in a row", "10.0.0.7", 31, "PC1"},
    };
    struct activities *const a = begin();

    (void)state;
    for (size_t i = 0; i < COUNT(said); i++) {
        struct activity_event const v = event_of(&said[i]);

        add(a, &v);
    }
    end(a);
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t const expected = cases[i].host ? activities_host(a, code(a, cases[i].host)) : 0;

        if (activities_host_of(a, code(a, cases[i].address), START + cases[i].day * DAY + 3600 * SECOND) != expected)
            fail_msg("%s", cases[i].name);
    }
    assert_int_equal(activities_address_of(a, activities_host(a, code(a, "PC1"))),
                     code(a, "10.0.0.7")); /* five times */
    assert_int_equal(activities_address_of(a, activities_host(a, code(a, "PC2"))),
                     code(a, "10.0.0.1")); /* of two the first */
    assert_int_equal(activities_address_of(a, code(a, "nobody's")), 0);
    assert_int_equal(activities_host_of(a, 0, START), 0);
    activities_free(a);
}

static void shared(void **state) {
    static const struct said said[] = {
        {.act = ACT_SIGN_IN,
         .account = "a@x.example",
         .address = "198.18.1.1",
         .program = "P/1.0",
         .session = "s",
         .host = "h"},
        {.act = ACT_SIGN_IN,
         .account = "X\\a",
         .address = "198.18.1.2",
         .program = "P/2.0",
         .session = "s",
         .host = "h"},
        {.act = ACT_SIGN_IN,
         .account = "b@x.example",
         .address = "198.18.1.3",
         .program = "P/2.0",
         .session = "t",
         .host = "H"},
        {.act = ACT_SIGN_IN,
         .account = "c@x.example",
         .address = "198.18.1.1",
         .program = "P/1.0",
         .session = "t",
         .host = "h",
         .outcome = OUTCOME_FAILURE},
        {.act = ACT_MAIL_OUT, .account = "d@x.example", .address = "198.18.1.1", .session = "t"},
        {.act = ACT_SIGN_IN,
         .account = "e@x.example",
         .address = "198.18.1.1",
         .program = "P/3.0",
         .session = "t",
         .host = "h"},
        {.act = ACT_SIGN_IN,
         .account = "b@x.example",
         .address = "198.18.1.1",
         .program = "P/3.0",
         .session = "t",
         .host = "h"},
        {.act = ACT_SIGN_IN, .account = "", .address = "198.18.2.1", .program = "Q", .session = "u"},
    };
    struct activities *const a = begin();

    (void)state;
    for (size_t i = 0; i < COUNT(said); i++) {
        struct activity_event const v = event_of(&said[i]);

        add(a, &v);
    }
    end(a);
    assert_int_equal(activities_accounts_of(a, ENTITY_ADDRESS, code(a, "198.18.1.2")), 3); /* a, b, e: of its network */
    assert_int_equal(activities_accounts_of(a, ENTITY_NETWORK, code(a, "198.18.1.0/24")), 3);
    assert_int_equal(activities_accounts_of(a, ENTITY_NETWORK, code(a, "198.18.2.0/24")), 0);
    assert_int_equal(activities_accounts_of(a, ENTITY_PROGRAM, activities_program(a, code(a, "P/3.0"))), 3);
    assert_int_equal(activities_accounts_of(a, ENTITY_HOST, activities_host(a, code(a, "H"))), 3);
    assert_int_equal(activities_accounts_of(a, ENTITY_OTHER, code(a, "s")), 1);
    assert_int_equal(activities_accounts_of(a, ENTITY_OTHER, code(a, "t")), 2);
    assert_int_equal(activities_accounts_of(a, ENTITY_OTHER, code(a, "u")), 0);
    assert_int_equal(activities_accounts_of(a, ENTITY_OTHER, 0), 0);
    activities_free(a);
}

/* ---- order ---- */

static void in_order(void **state) {
    static const struct {
        int64_t when;
        const char *source, *sha256;
        uint64_t record, offset;
        enum act act;
    } said[] = {
        /* In the order in which they must come out; put in in others. */
        {START - 1, "b", "1", 9, 9, ACT_LOGON},   {START, "b", "1", 1, 0, ACT_SIGN_IN},
        {START, "b", "1", 1, 0, ACT_LOGON},       {START, "b", "1", 1, 5, ACT_SIGN_IN},
        {START, "b", "1", 2, 0, ACT_SIGN_IN},     {START, "a", "1", 1, 0, ACT_SIGN_IN},
        {START, "b", "2", 1, 0, ACT_SIGN_IN},     {START + 1, "b", "1", 0, 0, ACT_SIGN_IN},
        {INT64_MAX, "a", "1", 0, 0, ACT_SIGN_IN},
    };
    static const unsigned orders[][COUNT(said)] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8}, {7, 3, 4, 2, 1, 0, 8, 5, 6}, {4, 8, 6, 7, 5, 3, 2, 1, 0}};

    (void)state;
    for (size_t o = 0; o < COUNT(orders); o++) {
        struct activities *const a = begin();
        struct activity_event v = event_of(&(struct said){.act = ACT_SIGN_IN});

        /* Sources are numbered as they come: b, a, b. The last order has b, a, b as well. */
        for (size_t i = 0; i < COUNT(said); i++) {
            size_t const n = orders[o][i];

            v.when = v.last = said[n].when;
            v.evidence_path = str_of(said[n].source);
            v.evidence_sha256 = said[n].sha256;
            v.record = said[n].record;
            v.offset = said[n].offset;
            v.act = said[n].act;
            add(a, &v);
        }
        end(a);
        assert_int_equal(activities_count(a), COUNT(said));
        assert_int_equal(activities_source_count(a), 3);
        for (uint32_t i = 0; i < COUNT(said); i++) {
            const struct activity *const x = activities_at(a, i);
            struct activity_source const s = activities_source(a, x->source);

            assert_true(x->when == said[i].when && x->record == said[i].record && x->offset == said[i].offset &&
                        x->act == said[i].act);
            assert_true(str_eq(s.path, str_of(said[i].source)) && strcmp(s.sha256, said[i].sha256) == 0);
        }
        activities_free(a);
    }
}

/* Acts of one record come in the order of some worker's blocks, and so do texts: neither decides about what is what. */
static void in_any_order(void **state) {
    static const struct said said[] = {
        {ACT_FILE_READ, 1, .account = "jo", .address = "198.18.1.1", .session = "b"},
        {ACT_FILE_READ, 1, .account = "jo", .address = "198.18.1.1", .session = "a"},
        {ACT_FILE_READ, 1, .account = "al", .address = "198.18.1.2"},
        {ACT_FILE_READ, 1, .account = "al", .address = "198.18.1.2", .outcome = OUTCOME_FAILURE},
        {ACT_SIGN_IN, 0, .account = "X\\al", .host = "mx01"},
        {ACT_SIGN_IN, 2, .account = "jo@x.example", .host = "mx01.x.example"},
    };
    static const unsigned orders[][COUNT(said)] = {
        {0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {1, 0, 3, 5, 2, 4}, {2, 4, 0, 5, 3, 1}};
    struct activity first[COUNT(said)];
    char texts[64][64];

    (void)state;
    for (size_t o = 0; o < COUNT(orders); o++) {
        struct activities *const a = begin();

        for (size_t i = 0; i < COUNT(said); i++) {
            struct activity_event const v = event_of(&said[orders[o][i]]);

            add(a, &v);
        }
        end(a);
        assert_int_equal(activities_count(a), COUNT(said));
        for (uint32_t i = 0; i < COUNT(said); i++) {
            if (!o)
                first[i] = *activities_at(a, i);
            assert_memory_equal(activities_at(a, i), &first[i], sizeof *first);
        }
        for (uint32_t code = 0; code < activities_text_count(a); code++) {
            str const text = activities_text(a, code);

            if (!o)
                snprintf(texts[code], sizeof texts[code], "%.*s", STR_ARG(text));
            assert_true(str_eq(text, str_of(texts[code])));
            assert_int_equal(activities_find(a, text), code);
        }
        activities_free(a);
    }
}

static uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The i-th of many, drawn: times repeat, and go back. */
static struct activity_event drawn(uint64_t *luck, unsigned i, char room[6][64]) {
    uint64_t const n = draw(luck);
    struct activity_event v = event_of(&(struct said){.act = 1 + (enum act)(n % (ACTS - 1))});

    v.when = v.last = START + (int64_t)(draw(luck) % 4000) * SECOND;
    v.record = i / 3;
    v.amount = n;
    v.count = 1 + (uint32_t)(n % 3);
    snprintf(room[0], 64, "%s%" PRIu64 "%s", n % 2 ? "X\\" : "", n / 2 % 50, n % 2 ? "" : "@x.example");
    snprintf(room[1], 64, "198.18.%" PRIu64 ".%" PRIu64, n / 128 % 20, n / 4096 % 250);
    snprintf(room[2], 64, "host%" PRIu64, n / 512 % 30);
    snprintf(room[3], 64, "P/%" PRIu64 ".%" PRIu64, n / 64 % 9, n / 2048 % 9);
    snprintf(room[4], 64, "object %" PRIu64, n >> 44);
    snprintf(room[5], 64, "logs/%u", i / 1000);
    v.text[ACT_ACCOUNT] = str_of(room[0]);
    v.text[ACT_ADDRESS] = str_of(room[1]);
    v.text[ACT_HOST] = n % 3 ? str_of(room[2]) : S("");
    v.text[ACT_PROGRAM] = str_of(room[3]);
    v.text[ACT_OBJECT] = str_of(room[4]);
    v.evidence_path = str_of(room[5]);
    return v;
}

static bool is_before(const struct activity *x, const struct activity *y) {
    if (x->when != y->when)
        return x->when < y->when;
    if (x->source != y->source)
        return x->source < y->source;
    if (x->record != y->record)
        return x->record < y->record;
    return x->offset != y->offset ? x->offset < y->offset : x->act <= y->act;
}

#define MANY 20000u
static struct activities *many(size_t memory, size_t held) {
    struct activities *a;
    uint64_t luck = 7;
    struct err e;

    assert_true(activities_new_of(&a, memory, held, NULL, &e));
    for (unsigned i = 0; i < MANY; i++) {
        char room[6][64];
        struct activity_event const v = drawn(&luck, i, room);

        add(a, &v);
    }
    end(a);
    return a;
}

/* With the file, and without: the same activities, the same codes. */
static void in_a_file(void **state) {
    static const size_t helds[] = {0,
                                   1,
                                   sizeof(struct activity),
                                   10 * sizeof(struct activity) + 5,
                                   MANY * sizeof(struct activity) - 1,
                                   MANY * sizeof(struct activity)};
    struct activities *const a = many(64 << 20, 64 << 20);

    (void)state;
    assert_int_equal(activities_count(a), MANY);
    for (uint32_t i = 1; i < MANY; i++)
        assert_true(is_before(activities_at(a, i - 1), activities_at(a, i)));
    for (size_t h = 0; h < COUNT(helds); h++) {
        struct activities *const b = many(64 << 20, helds[h]);

        assert_int_equal(activities_count(b), MANY);
        assert_int_equal(activities_text_count(b), activities_text_count(a));
        for (uint32_t i = 0; i < MANY; i++)
            assert_memory_equal(activities_at(a, i), activities_at(b, i), sizeof(struct activity));
        for (uint32_t c = 0; c < activities_text_count(a); c++) {
            assert_true(str_eq(activities_text(a, c), activities_text(b, c)));
            assert_int_equal(activities_account(a, c), activities_account(b, c));
        }
        activities_free(b);
    }
    activities_free(a);
}

/* ---- lists ---- */

static uint32_t entity_by(const struct activities *a, enum act_text by, uint32_t c) {
    return by == ACT_ACCOUNT || by == ACT_TARGET ? activities_account(a, c)
           : by == ACT_HOST                      ? activities_host(a, c)
           : by == ACT_PROGRAM                   ? activities_program(a, c)
                                                 : c;
}

/* Each index stands in the list of its entity, once, and nowhere else. */
static void lists(void **state) {
    struct activities *const a = many(64 << 20, 64 << 20);
    struct activity_list entities, list;
    struct err e;

    (void)state;
    for (size_t by = 0; by < ACT_TEXTS; by++) {
        uint32_t all = 0, with = 0, before = 0;

        for (uint32_t i = 0; i < MANY; i++)
            with += activities_at(a, i)->text[by] > 0;
        assert_true(activities_entities(a, (enum act_text)by, &entities, &e));
        for (uint32_t k = 0; k < entities.count; k++) {
            assert_true(entities.items[k] > before);
            before = entities.items[k];
            assert_true(activities_of(a, (enum act_text)by, before, &list, &e) && list.count > 0);
            for (uint32_t i = 0; i < list.count; i++) {
                assert_true(i == 0 || list.items[i] > list.items[i - 1]);
                assert_int_equal(entity_by(a, (enum act_text)by, activities_at(a, list.items[i])->text[by]), before);
            }
            all += list.count;
        }
        assert_int_equal(all, with);
        assert_true(activities_of(a, (enum act_text)by, 0, &list, &e) && list.count == 0);
        assert_true(activities_of(a, (enum act_text)by, UINT32_MAX, &list, &e) && list.count == 0);
    }
    /* Fifty accounts in two spellings each are fifty. */
    assert_true(activities_entities(a, ACT_ACCOUNT, &entities, &e));
    assert_int_equal(entities.count, 50);
    uint32_t all = 0;

    for (size_t act = ACT_NONE; act < ACTS; act++) {
        assert_true(activities_of_act(a, (enum act)act, &list, &e));
        for (uint32_t i = 0; i < list.count; i++)
            assert_true((i == 0 || list.items[i] > list.items[i - 1]) && activities_at(a, list.items[i])->act == act);
        all += list.count;
    }
    assert_int_equal(all, MANY);
    activities_free(a);
}

static void nothing(void **state) {
    struct activities *const a = begin();
    struct activity_list list;
    struct err e;

    (void)state;
    end(a);
    assert_int_equal(activities_count(a), 0);
    assert_int_equal(activities_text_count(a), 1);
    assert_int_equal(activities_source_count(a), 0);
    assert_int_equal(activities_find(a, S("x")), 0);
    assert_int_equal(activities_find(a, S("")), 0);
    assert_int_equal(activities_text(a, 0).len, 0);
    assert_int_equal(activities_account(a, 0), 0);
    assert_int_equal(activities_host_of(a, 0, START), 0);
    assert_int_equal(activities_address_of(a, 0), 0);
    assert_true(activities_of(a, ACT_ACCOUNT, 1, &list, &e) && list.count == 0);
    assert_true(activities_entities(a, ACT_OBJECT, &list, &e) && list.count == 0);
    assert_true(activities_of_act(a, ACT_LOGON, &list, &e) && list.count == 0);
    activities_free(a);
    activities_free(NULL);
}

/* ---- bounds ---- */

/* A text of so many bytes is kept whole, and cut at a character beyond. */
static void long_texts(void **state) {
    static char text[ACTIVITY_TEXT_MAX + 8];
    static const struct {
        size_t len, kept;
        const char *tail; /* at len - its size */
    } cases[] = {{ACTIVITY_TEXT_MAX, ACTIVITY_TEXT_MAX, ""},
                 {ACTIVITY_TEXT_MAX + 1, ACTIVITY_TEXT_MAX, ""},
                 {ACTIVITY_TEXT_MAX + 1, ACTIVITY_TEXT_MAX - 1, "\xc3\xa4"},
                 {ACTIVITY_TEXT_MAX + 1, ACTIVITY_TEXT_MAX - 2, "\xe2\x82\xac"},
                 {ACTIVITY_TEXT_MAX, ACTIVITY_TEXT_MAX, "\xe2\x82\xac"}};

    (void)state;
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct activities *const a = begin();
        struct activity_event v = event_of(&(struct said){.act = ACT_FILE_READ, .account = "jo"});

        memset(text, 'x', sizeof text);
        memcpy(text + cases[c].len - strlen(cases[c].tail), cases[c].tail, strlen(cases[c].tail));
        v.text[ACT_OBJECT] = v.text[ACT_ACCOUNT] = v.text[ACT_HOST] = v.text[ACT_PROGRAM] = v.text[ACT_ADDRESS] =
            (str){text, cases[c].len};
        add(a, &v);
        add(a, &v);
        end(a);
        for (size_t t = 0; t < ACT_TEXTS; t++)
            assert_int_equal(activities_at(a, 0)->text[t], activities_at(a, 1)->text[t]);
        assert_int_equal(activities_text_count(a), 2);
        assert_true(str_eq(activities_text(a, 1), (str){text, cases[c].kept}));
        activities_free(a);
    }
}

/* What does not fit is counted, whole events each; what needs no new text still fits. */
static void full(void **state) {
    uint64_t lost = 0, luck = 7, told = 0, kept = 0;
    struct activities *a;
    struct err e;

    (void)state;
    assert_true(activities_new(&a, 100000, NULL, &e));
    for (unsigned i = 0; i < MANY; i++) {
        char room[6][64];
        struct activity_event const v = drawn(&luck, i, room);

        add(a, &v);
        told += v.count;
    }
    struct activity_event v = event_of(&(struct said){.act = ACT_SIGN_IN, .account = "surely new"});

    v.evidence_path = S("logs/0");
    v.count = 77;
    lost = activities_lost(a);
    assert_true(lost > 0);
    v.text[ACT_OBJECT] = (str){(char[ACTIVITY_TEXT_MAX]){0}, ACTIVITY_TEXT_MAX};
    add(a, &v);
    assert_int_equal(activities_lost(a), lost + 77);
    v.text[ACT_OBJECT] = v.text[ACT_ACCOUNT] = S("");
    add(a, &v);
    assert_int_equal(activities_lost(a), lost + 77);
    assert_true(a->memory_used <= 100000); /* networks come on top */
    end(a);
    assert_int_equal(activities_find(a, S("surely new")), 0);
    for (uint32_t i = 0; i < activities_count(a); i++)
        kept += activities_at(a, i)->count;
    assert_int_equal(kept + activities_lost(a), told + 2 * 77);
    activities_free(a);

    assert_true(activities_new(&a, 0, NULL, &e));
    add(a, &v);
    assert_int_equal(activities_lost(a), 77);
    end(a);
    assert_int_equal(activities_count(a), 0);
    activities_free(a);
}

/* ---- what fails ---- */

/* *sum: what came out of it. */
static bool all_of_it(size_t held, uint64_t *sum, struct err *e) {
    struct activities *a = NULL;
    struct activity_list list;
    uint64_t luck = 7;
    bool ok = activities_new_of(&a, 64 << 20, held, NULL, e);

    *sum = 0;
    for (unsigned i = 0; ok && i < 1500; i++) {
        char room[6][64];
        struct activity_event v = drawn(&luck, i, room);

        if (i % 10 == 0)
            v.act = ACT_HOST_NAME;
        ok = activities_add(a, &v, e);
    }
    ok = ok && activities_end(a, e);
    for (size_t t = 0; ok && t < ACT_TEXTS; t++) {
        ok = activities_entities(a, (enum act_text)t, &list, e);
        for (uint32_t i = 0; ok && i < list.count; i++)
            *sum = *sum * 31 + list.items[i];
    }
    for (uint32_t i = 0; ok && i < activities_count(a); i++) {
        const struct activity *const v = activities_at(a, i);

        *sum = *sum * 31 + v->amount + activities_host_of(a, v->text[ACT_ADDRESS], v->when) +
               activities_address_of(a, activities_host(a, v->text[ACT_HOST]));
    }
    ok = ok && activities_of_act(a, ACT_LOGON, &list, e);
    activities_free(a);
    return ok;
}

/* An error each time, or what comes of it with all memory: the C library sorts in place where it has none. */
static void every_allocation_may_fail(void **state) {
    unsigned failed = 0;
    uint64_t expected, sum;
    struct err e;

    (void)state;
    REFUSE_OR_SKIP();
    assert_true(all_of_it(64 << 20, &expected, &e));
    do {
        e = (struct err){0};
        memory_refused = false;
        memory_left = (long)failed;
        bool const ok = all_of_it(failed % 2 ? 4096 : 64 << 20, &sum, &e);

        memory_left = -1;
        assert_true(ok ? sum == expected : memory_refused && e.code == ERR_MEMORY);
        failed++;
    } while (memory_refused);
    assert_true(failed > 60);
}

/* The disk is full at some point: an error, and nothing else. */
static void a_full_disk(void **state) {
    struct rlimit before, small;
    uint64_t sum;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    for (rlim_t bytes = 0; bytes < 200000; bytes += 30000) {
        struct err e = {0};

        small = (struct rlimit){bytes, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool const ok = all_of_it(4096, &sum, &e);

        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        if (bytes < 1500 * sizeof(struct activity)) {
            assert_false(ok);
            assert_int_equal(e.code, ERR_IO);
        } else {
            assert_true(ok);
        }
    }
}

static void no_folder(void **state) {
    struct activity_event const v = event_of(&(struct said){.act = ACT_SIGN_IN, .account = "jo"});
    struct activities *a;
    struct err e = {0};

    (void)state;
    assert_true(activities_new_of(&a, 1 << 20, 0, "/nowhere/at/all", &e));
    assert_true(activities_add(a, &v, &e));
    assert_false(activities_add(a, &v, &e) && activities_end(a, &e));
    assert_int_equal(e.code, ERR_IO);
    activities_free(a);
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(accounts_are_who),
        cmocka_unit_test(others_are_who),
        cmocka_unit_test(names_elsewhere),
        cmocka_unit_test(networks),
        cmocka_unit_test(ways_out),
        cmocka_unit_test(whose_address),
        cmocka_unit_test(shared),
        cmocka_unit_test(in_order),
        cmocka_unit_test(in_any_order),
        cmocka_unit_test(in_a_file),
        cmocka_unit_test(lists),
        cmocka_unit_test(nothing),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(full),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(no_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
