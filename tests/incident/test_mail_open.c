/* test_mail_open: fetches laid to recipients, to gateways, to somebody, or to nobody; and what is said of recipients without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "incident/mail_open.h"

#include "../refuse.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define SENT INT64_C(1611500000000000000) /* 2021-01-24T14:53:20Z */

#define PEOPLE 8

/* One campaign: ann, bob, ... of example.org, each with a token. */
struct world {
    struct mail_open *open;
    struct buf told;
    bool with_source;
};

static const char *const names[PEOPLE] = {"ann", "bob", "cem", "dan", "eve", "fay", "gus", "hal"};

static enum mail_source known(void *ctx, str address, str program) {
    (void)ctx;
    if (str_eq(address, S("198.51.100.9")))
        return MAIL_SOURCE_GATEWAY;
    return str_find(program, S("ImageProxy")) != SIZE_MAX ? MAIL_SOURCE_IMAGE_PROXY : MAIL_SOURCE_UNKNOWN;
}

/* form: of the address, with %s for the token; tokens are "tok-NAME-0123456789". */
static void campaign(struct mail_open *o, uint64_t number, const char *form, size_t people, int64_t sent) {
    static char texts[PEOPLE][4][128];
    static struct mail_token tokens[PEOPLE];
    static struct mail_recipient recipients[PEOPLE];
    static struct mail_campaign_message messages[PEOPLE];
    struct mail_campaign c = {.number = number, .messages = messages, .message_count = people};
    struct err e = {0};

    for (size_t i = 0; i < people; i++) {
        snprintf(texts[i][0], sizeof texts[i][0], "tok-%s-0123456789", names[i]);
        snprintf(texts[i][1], sizeof texts[i][1], form, texts[i][0]);
        snprintf(texts[i][2], sizeof texts[i][2], "%s@example.org", names[i]);
        messages[i] = (struct mail_campaign_message){.when = sent + (int64_t)i * SECOND};
        tokens[i] =
            (struct mail_token){.host = S("x"), .url = str_of(texts[i][1]), .token = str_of(texts[i][0]), .message = i};
        recipients[i] = (struct mail_recipient){.address = str_of(texts[i][2]),
                                                .tokens = &tokens[i],
                                                .token_count = form[0] != '\0',
                                                .first = messages[i].when,
                                                .last = messages[i].when};
    }
    c.recipients = recipients;
    c.recipient_count = people;
    if (!mail_open_campaign(o, &c, &e))
        fail_msg("%s", e.text);
}

static void begin(struct world *w) {
    struct mail_open_options const options = {.source = w->with_source ? known : NULL};
    struct err e = {0};

    if (!mail_open_new(&w->open, &options, &e))
        fail_msg("%s", e.text);
}

static void seal(struct world *w) {
    struct err e = {0};

    assert_true(mail_open_seal(w->open, &e));
}

/* An event of a proxy, as a log would give it. */
struct seen {
    int64_t after; /* SENT */
    const char *from, *account, *program, *object, *kind;
};

static struct normal_event made(const struct seen *s) {
    static uint64_t offset;
    struct normal_event v = {.when = SENT + s->after,
                             .kind = str_of(s->kind ? s->kind : "proxy/squid"),
                             .evidence_path = S("logs/proxy"),
                             .evidence_sha256 = "ab",
                             .record = 7,
                             .offset = offset++};

    for (size_t i = 0; i < ROLES; i++)
        v.roles[i] = S("");
    v.roles[ROLE_CLIENT_ADDRESS] = str_of(s->from);
    v.roles[ROLE_ACCOUNT] = str_of(s->account);
    v.roles[ROLE_CLIENT_PROGRAM] = str_of(s->program);
    v.roles[ROLE_OBJECT] = str_of(s->object);
    return v;
}

static void event(struct world *w, const struct seen *s) {
    struct normal_event const v = made(s);
    struct err e = {0};

    if (!mail_open_event(w->open, &v, &e))
        fail_msg("%s", e.text);
}

static bool on_answer(void *ctx, const struct mail_answer *a, struct err *e) {
    struct buf *const b = &((struct world *)ctx)->told;

    (void)e;
    buf_format(b, "%lu %.*s: %.*s", (unsigned long)a->campaign,
               STR_ARG(str_first(a->recipient, str_find_byte(a->recipient, '@'))),
               STR_ARG(mail_open_state_name(a->state)));
    if (a->state == OPEN_OPENED)
        buf_format(b, " %ld s, %lu by %.*s%s%.*s", (long)((a->first.when - SENT) / SECOND), (unsigned long)a->fetches,
                   STR_ARG(mail_open_how_name(a->first.how)), a->first.client_address.len ? " from " : "",
                   STR_ARG(a->first.client_address));
    if (a->gateways)
        buf_format(b, " gateways %lu%s", (unsigned long)a->gateways, a->first.by_data ? " known" : "");
    if (a->state == OPEN_NOT_FETCHED)
        buf_format(b, " %.*s %ld d", STR_ARG(a->covered_by), (long)((a->covered_to - a->covered_from) / DAY));
    buf_byte(b, '\n');
    return true;
}

static bool on_somebody(void *ctx, const struct mail_somebody *s, struct err *e) {
    (void)e;
    buf_format(&((struct world *)ctx)->told, "%lu somebody %lu, %ld..%ld s %.*s\n", (unsigned long)s->campaign,
               (unsigned long)s->fetches, (long)((s->first_when - SENT) / SECOND),
               (long)((s->last_when - SENT) / SECOND), STR_ARG(s->first.url));
    return true;
}

static bool on_lost(void *ctx, uint64_t number, struct err *e) {
    (void)e;
    buf_format(&((struct world *)ctx)->told, "%lu lost\n", (unsigned long)number);
    return true;
}

static void end(struct world *w, const char *name, const char *want) {
    struct mail_open_visitor const visitor = {on_answer, on_somebody, on_lost, w};
    struct err e = {0};

    if (!mail_open_end(w->open, &visitor, &e))
        fail_msg("%s: %s", name, e.text);
    if (!str_eq(buf_str(&w->told), str_of(want)))
        fail_msg("%s: got\n%.*swant\n%s", name, STR_ARG(buf_str(&w->told)), want);
    buf_free(&w->told);
    mail_open_free(w->open);
}

#define FORM "https://img.example/o?t=%s&amp;v=1"
#define URL(name) "https://img.example/o?t=tok-" name "-0123456789&v=1"

/* The first recipient of two, unless said otherwise: what one event says. */
static const struct {
    const char *name, *form;
    struct seen seen;
    const char *want;
} singles[] = {
    {"the token",
     FORM,
     {HOUR, "10.0.0.5", "", "", URL("ann"), NULL},
     "1 ann: opened 3600 s, 1 by token from 10.0.0.5\n1 bob: not covered\n"},
    {"spelled otherwise",
     FORM,
     {HOUR, "", "", "", "HTTP://IMG.example:443/%6f?t=tok-ann-0123456789&amp;v=1#x", NULL},
     "1 ann: opened 3600 s, 1 by token\n1 bob: not covered\n"},
    {"cut in the token",
     FORM,
     {HOUR, "", "", "", "img.example/o?t=tok-ann-0123", NULL},
     "1 ann: opened 3600 s, 1 by part of the token\n1 bob: not covered\n"},
    {"cut behind the token",
     FORM,
     {HOUR, "", "", "", "img.example/o?t=tok-ann-0123456789...", NULL},
     "1 ann: opened 3600 s, 1 by part of the token\n1 bob: not covered\n"},
    {"cut before anything differs",
     FORM,
     {HOUR, "", "", "", "https://img.example/o?t=tok-...", NULL},
     "1 ann: not covered\n1 bob: not covered\n1 somebody 1, 3600..3600 s https://img.example/o?t=tok-...\n"},
    {"cut after three signs of the token",
     FORM,
     {HOUR, "", "", "", "https://img.example/o?t=tok", NULL},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"longer than the token's",
     FORM,
     {HOUR, "", "", "", URL("ann") "x", NULL},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"another token", FORM, {HOUR, "", "", "", URL("zoe"), NULL}, "1 ann: not covered\n1 bob: not covered\n"},
    {"another host",
     FORM,
     {HOUR, "", "", "", "https://img.example.net/o?t=tok-ann-0123456789&v=1", NULL},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"letters of the path in another case",
     FORM,
     {HOUR, "", "", "", "https://img.example/O?t=tok-ann-0123456789&v=1", NULL},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"another port",
     FORM,
     {HOUR, "", "", "", "https://img.example:8080/o?t=tok-ann-0123456789&v=1", NULL},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"in a sentence",
     FORM,
     {HOUR, "", "", "", "denied: " URL("ann"), NULL},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"the mail itself",
     FORM,
     {HOUR, "", "", "", URL("ann"), "mail/message"},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"a tunnel",
     FORM,
     {HOUR, "10.0.0.5", "", "", "img.example:443", NULL},
     "1 ann: not covered\n1 bob: not covered\n1 somebody 1, 3600..3600 s img.example\n"},
    {"a tunnel, by account",
     FORM,
     {HOUR, "", "EXAMPLE\\Bob", "", "img.example:443", NULL},
     "1 ann: not covered\n1 bob: opened 3600 s, 1 by account\n"},
    {"a tunnel, by address of mail",
     FORM,
     {HOUR, "", "BOB@example.org", "", "img.example:443", NULL},
     "1 ann: not covered\n1 bob: opened 3600 s, 1 by account\n"},
    {"a tunnel, by somebody else's account",
     FORM,
     {HOUR, "", "zoe", "", "img.example:443", NULL},
     "1 ann: not covered\n1 bob: not covered\n1 somebody 1, 3600..3600 s img.example\n"},
    {"a name of DNS, before the mail came",
     FORM,
     {-HOUR, "", "ann", "", "img.example", "zeek/dns"},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"a name of DNS, 91 days later",
     FORM,
     {91 * DAY, "", "ann", "", "img.example", "zeek/dns"},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"a name of DNS, 89 days later",
     FORM,
     {89 * DAY, "", "ann", "", "img.example", "zeek/dns"},
     "1 ann: opened 7689600 s, 1 by account\n1 bob: not covered\n"},
    {"the token in the host",
     "https://%s.img.example/o",
     {HOUR, "", "", "", "tok-ann-0123456789.IMG.example", "zeek/ssl"},
     "1 ann: opened 3600 s, 1 by host\n1 bob: not covered\n"},
    {"the token in the host, another page",
     "https://%s.img.example/o",
     {HOUR, "", "", "", "https://tok-bob-0123456789.img.example/x", NULL},
     "1 ann: not covered\n1 bob: opened 3600 s, 1 by host\n"},
    {"a host for all, another page",
     FORM,
     {HOUR, "", "ann", "", "https://img.example/logo.png", NULL},
     "1 ann: not covered\n1 bob: not covered\n"},
    {"one address for all",
     "https://img.example/logo.png",
     {HOUR, "", "ann", "", "https://img.example/logo.png", NULL},
     "1 ann: opened 3600 s, 1 by account\n1 bob: no token\n"},
    {"one address for all, of somebody",
     "https://img.example/logo.png",
     {HOUR, "", "", "", "https://img.example/logo.png", NULL},
     "1 ann: no token\n1 bob: no token\n1 somebody 1, 3600..3600 s https://img.example/logo.png\n"},
    {"a host without a point",
     "http://intranet/o/%s",
     {HOUR, "", "ann", "", "http://intranet/o/tok-ann-0123456789", NULL},
     "1 ann: no token\n1 bob: no token\n"},
    {"no address at all",
     "",
     {HOUR, "", "ann", "", "https://img.example/logo.png", NULL},
     "1 ann: no token\n1 bob: no token\n"},
};

static void one_event(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(singles); i++) {
        struct world w = {0};

        begin(&w);
        campaign(w.open, 1, singles[i].form, 2, SENT);
        seal(&w);
        event(&w, &singles[i].seen);
        end(&w, singles[i].name, singles[i].want);
    }
}

/* A source fetches for recipients 0 .. count-1, so long after each one's delivery. */
static void fetches(struct world *w, const char *from, const char *program, unsigned first, unsigned count,
                    int64_t after) {
    for (unsigned i = first; i < first + count; i++) {
        char url[128];

        snprintf(url, sizeof url, "https://img.example/o?t=tok-%s-0123456789&v=1", names[i]);
        event(w, &(struct seen){after + i * SECOND, from, "", program, url, NULL});
    }
}

static void gateways(void **state) {
    struct world w = {0};

    (void)state;
    /* Three within seconds: a gateway. Later openings of two are theirs. */
    begin(&w);
    campaign(w.open, 1, FORM, 3, SENT);
    seal(&w);
    fetches(&w, "10.9.9.9", "Scanner", 0, 3, 5 * SECOND);
    fetches(&w, "10.0.0.1", "Mozilla", 1, 1, HOUR);
    end(&w, "gateway",
        "1 ann: prefetched gateways 1\n1 bob: opened 3601 s, 1 by token from 10.0.0.1 gateways 1\n1 cem: prefetched "
        "gateways 1\n");

    /* Before they were delivered, and with a program that calls itself otherwise each time. */
    begin(&w);
    campaign(w.open, 1, FORM, 3, SENT);
    seal(&w);
    fetches(&w, "10.9.9.9", "A", 0, 1, -30 * SECOND);
    fetches(&w, "10.9.9.9", "B", 1, 1, -30 * SECOND);
    fetches(&w, "10.9.9.9", "C", 2, 1, -30 * SECOND);
    end(&w, "gateway of many names",
        "1 ann: prefetched gateways 1\n1 bob: prefetched gateways 1\n1 cem: prefetched gateways 1\n");

    /* Two are too few to say so. */
    begin(&w);
    campaign(w.open, 1, FORM, 2, SENT);
    seal(&w);
    fetches(&w, "10.9.9.9", "Scanner", 0, 2, 5 * SECOND);
    end(&w, "two", "1 ann: opened 5 s, 1 by token from 10.9.9.9\n1 bob: opened 6 s, 1 by token from 10.9.9.9\n");

    /* The house's address: eight people at their own times, one of them at once. */
    begin(&w);
    campaign(w.open, 1, FORM, 8, SENT);
    seal(&w);
    fetches(&w, "192.0.2.1", "Mozilla", 0, 1, 20 * SECOND);
    fetches(&w, "192.0.2.1", "Mozilla", 1, 3, HOUR);
    fetches(&w, "192.0.2.1", "Mozilla", 4, 4, 5 * HOUR);
    end(&w, "house",
        "1 ann: opened 20 s, 1 by token from 192.0.2.1\n1 bob: opened 3601 s, 1 by token from 192.0.2.1\n"
        "1 cem: opened 3602 s, 1 by token from 192.0.2.1\n1 dan: opened 3603 s, 1 by token from 192.0.2.1\n"
        "1 eve: opened 18004 s, 1 by token from 192.0.2.1\n1 fay: opened 18005 s, 1 by token from 192.0.2.1\n"
        "1 gus: opened 18006 s, 1 by token from 192.0.2.1\n1 hal: opened 18007 s, 1 by token from 192.0.2.1\n");

    /* A gateway behind the house's address: what comes at once is its, what comes later is people's. */
    begin(&w);
    campaign(w.open, 1, FORM, 8, SENT);
    seal(&w);
    fetches(&w, "192.0.2.1", "Mozilla", 0, 4, 10 * SECOND);
    fetches(&w, "192.0.2.1", "Mozilla", 2, 4, 2 * HOUR);
    end(&w, "both",
        "1 ann: prefetched gateways 1\n1 bob: prefetched gateways 1\n1 cem: opened 7202 s, 1 by token from 192.0.2.1 "
        "gateways 1\n"
        "1 dan: opened 7203 s, 1 by token from 192.0.2.1 gateways 1\n1 eve: opened 7204 s, 1 by token from 192.0.2.1\n"
        "1 fay: opened 7205 s, 1 by token from 192.0.2.1\n1 gus: not covered\n1 hal: not covered\n");

    /* Known by data, however few and however late. */
    w.with_source = true;
    begin(&w);
    campaign(w.open, 1, FORM, 2, SENT);
    seal(&w);
    fetches(&w, "198.51.100.9", "Mozilla", 0, 1, DAY);
    fetches(&w, "203.0.113.7", "Some GoogleImageProxy", 1, 1, DAY);
    end(&w, "known", "1 ann: prefetched gateways 1 known\n1 bob: prefetched gateways 1 known\n");
}

/* An address that one account alone used on a day is theirs on that day, and no other; with two accounts it is nobody's. */
static void by_address(void **state) {
    struct world w = {0};

    (void)state;
    begin(&w);
    campaign(w.open, 1, FORM, 3, SENT);
    seal(&w);
    event(&w, &(struct seen){2 * HOUR, "10.0.0.5", "ann@example.org", "", "", "m365/entra/UserLoggedIn"});
    event(&w, &(struct seen){HOUR, "10.0.0.5", "", "", "img.example", "zeek/dns"});
    event(&w, &(struct seen){2 * DAY, "10.0.0.5", "", "", "img.example", "zeek/dns"});
    event(&w, &(struct seen){2 * HOUR, "10.0.0.6", "bob", "", "", "m365/entra/UserLoggedIn"});
    event(&w, &(struct seen){2 * HOUR, "10.0.0.6", "zoe", "", "", "m365/entra/UserLoggedIn"});
    event(&w, &(struct seen){3 * HOUR, "10.0.0.6", "", "", "img.example:443", NULL});
    end(&w, "addresses",
        "1 ann: opened 3600 s, 1 by address from 10.0.0.5\n1 bob: not covered\n1 cem: not covered\n"
        "1 somebody 2, 10800..172800 s img.example\n");
}

/* Who used the addresses from which a host alone was asked for is learnt afterwards, from all who did. */
static void learnt_later(void **state) {
    struct world w = {0};
    const str *addresses;
    size_t count;

    (void)state;
    begin(&w);
    campaign(w.open, 1, FORM, 3, SENT);
    seal(&w);
    addresses = mail_open_addresses(w.open, &count);
    assert_int_equal(count, 0);
    event(&w, &(struct seen){HOUR, "10.0.0.5", "", "", "img.example", "zeek/dns"});
    event(&w, &(struct seen){HOUR, "10.0.0.6", "", "", "img.example", "zeek/dns"});
    event(&w, &(struct seen){HOUR, "FD00::A", "", "", "img.example", "zeek/ssl"});
    event(&w, &(struct seen){HOUR, "10.0.0.7", "cem", "", "img.example:443", NULL}); /* named */
    event(&w, &(struct seen){30 * MINUTE, "10.0.0.8", "", "", URL("cem"), NULL});    /* a token's */
    event(&w, &(struct seen){HOUR, "desk-7", "", "", "img.example", "zeek/dns"});    /* no address */
    addresses = mail_open_addresses(w.open, &count);
    assert_int_equal(count, 4);
    assert_true(str_eq(addresses[0], S("10.0.0.5")) && str_eq(addresses[1], S("10.0.0.6")) &&
                str_eq(addresses[2], S("FD00::A")) && str_eq(addresses[3], S("fd00::a")));
    static const struct seen users[] = {
        {2 * HOUR, "10.0.0.5", "ann", "", "", NULL},
        {3 * HOUR, "10.0.0.5", "ANN@example.org", "", "", NULL},
        {3 * HOUR, "10.0.0.5", "DESK-5$", "", "", "windows/security"}, /* a computer's own */
        {2 * HOUR, "10.0.0.6", "bob", "", "", NULL},
        {3 * HOUR, "10.0.0.6", "nobody-we-know", "", "", NULL},
        {2 * HOUR, "fd00::a", "bob", "", "", NULL},
        {2 * HOUR, "fd00::a", "zoe", "", "", "mail/message"}, /* what a mail says is no use of an address */
    };
    for (size_t i = 0; i < COUNT(users); i++) {
        struct normal_event const v = made(&users[i]);

        mail_open_learn(w.open, &v);
    }
    end(&w, "learnt",
        "1 ann: opened 3600 s, 1 by address from 10.0.0.5\n1 bob: opened 3600 s, 1 by address from FD00::A\n"
        "1 cem: opened 1800 s, 2 by token from 10.0.0.8\n1 somebody 2, 3600..3600 s img.example\n");
}

/* What is said of who did not fetch depends on what the logs hold, and on whether somebody did. */
static void coverage(void **state) {
    static const struct {
        const char *name;
        int64_t first, last;
        enum mail_open_log says;
        bool asked;
        const char *want;
    } cases[] = {
        {"all of it", -DAY, 100 * DAY, OPEN_LOG_ADDRESS, false, "1 ann: not fetched proxy 90 d\n"},
        {"a week of it", -DAY, 7 * DAY, OPEN_LOG_ADDRESS, false, "1 ann: not fetched proxy 7 d\n"},
        {"begins within the hour", 30 * MINUTE, 8 * DAY, OPEN_LOG_HOST, false, "1 ann: not fetched proxy 7 d\n"},
        {"begins later", 2 * HOUR, 8 * DAY, OPEN_LOG_ADDRESS, false, "1 ann: not covered\n"},
        {"ends before", -DAY, -SECOND, OPEN_LOG_ADDRESS, false, "1 ann: not covered\n"},
        {"says nothing of fetches", -DAY, 7 * DAY, OPEN_LOG_NONE, false, "1 ann: not covered\n"},
        {"somebody asked", -DAY, 7 * DAY, OPEN_LOG_HOST, true,
         "1 ann: somebody\n1 somebody 1, 3600..3600 s img.example\n"},
    };
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world w = {0};

        begin(&w);
        campaign(w.open, 1, FORM, 1, SENT);
        seal(&w);
        assert_true(
            mail_open_covered(w.open, S("proxy"), cases[i].says, SENT + cases[i].first, SENT + cases[i].last, &e));
        if (cases[i].asked)
            event(&w, &(struct seen){HOUR, "10.0.0.5", "", "", "img.example", "zeek/dns"});
        end(&w, cases[i].name, cases[i].want);
    }
    struct world w = {0};

    begin(&w);
    campaign(w.open, 1, FORM, 1, SENT);
    seal(&w);
    assert_true(mail_open_covered(w.open, S("proxy"), OPEN_LOG_ADDRESS, INSTANT_NONE, INSTANT_NONE, &e));
    end(&w, "no times", "1 ann: not covered\n");
    /* Days that follow each other are one log. */

    begin(&w);
    campaign(w.open, 1, FORM, 1, SENT);
    seal(&w);
    for (int day = 9; day >= -1; day--)
        assert_true(
            mail_open_covered(w.open, S("dns"), OPEN_LOG_HOST, SENT + day * DAY, SENT + (day + 1) * DAY - SECOND, &e));
    end(&w, "days", "1 ann: not fetched dns 9 d\n");
}

/* A host of several campaigns: a fetch of it is laid to the mail that came last before it. */
static void campaigns(void **state) {
    struct world w = {0};

    (void)state;
    begin(&w);
    campaign(w.open, 1, FORM, 1, SENT);
    campaign(w.open, 2, "https://img.example/p/%s", 2, SENT + DAY);
    seal(&w);
    event(&w, &(struct seen){DAY + HOUR, "", "ann", "", "img.example", "zeek/dns"});
    event(&w, &(struct seen){HOUR, "", "bob", "", "img.example", "zeek/dns"});
    event(&w, &(struct seen){DAY + HOUR, "10.0.0.5", "", "", "https://img.example/p/tok-bob-0123456789", NULL});
    end(&w, "two campaigns",
        "1 ann: not covered\n2 ann: opened 90000 s, 1 by account\n2 bob: opened 90000 s, 1 by token from 10.0.0.5\n"
        "1 somebody 1, 3600..3600 s img.example\n");
}

/* Logs that hold host and path apart, and fields that only mention an address. */
static void fields(void **state) {
    static const struct {
        const char *name, *fields[6];
        bool opened;
    } cases[] = {
        {"Zeek", {"host", "img.example", "uri", "/o?t=tok-ann-0123456789&v=1"}, true},
        {"W3C", {"cs-host", "img.example", "cs-uri-stem", "/o", "cs-uri-query", "t=tok-ann-0123456789&v=1"}, true},
        {"W3C, another query",
         {"cs-host", "img.example", "cs-uri-stem", "/o", "cs-uri-query", "t=tok-zoe-0123456789&v=1"},
         false},
        {"path alone", {"cs-uri-stem", "/o", "cs-uri-query", "t=tok-ann-0123456789&v=1"}, false},
        {"Zeek, another page", {"host", "img.example", "uri", "/logo.png"}, false},
        {"a field of another name", {"destination", URL("ann")}, true},
        {"referrer", {"cs(Referer)", URL("ann")}, false},
        {"program", {"user_agent", URL("ann")}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world w = {0};
        struct normal_field list[3];
        struct normal_value values[3];
        struct normal_event v = {.when = SENT + HOUR, .kind = S("x"), .evidence_path = S("p"), .evidence_sha256 = ""};
        struct err e = {0};

        begin(&w);
        campaign(w.open, 1, FORM, 1, SENT);
        seal(&w);
        for (size_t r = 0; r < ROLES; r++)
            v.roles[r] = S("");
        v.fields = list;
        for (size_t k = 0; k < 3 && cases[i].fields[2 * k]; k++) {
            values[k] = (struct normal_value){str_of(cases[i].fields[2 * k + 1]), false};
            list[v.field_count++] = (struct normal_field){str_of(cases[i].fields[2 * k]), &values[k], 1, false};
        }
        assert_true(mail_open_event(w.open, &v, &e));
        end(&w, cases[i].name, cases[i].opened ? "1 ann: opened 3600 s, 1 by token\n" : "1 ann: not covered\n");
    }
}

/* The same fetches in any order give the same answers. */
static void any_order(void **state) {
    static struct seen const all[] = {
        {HOUR, "10.0.0.5", "", "A", URL("ann"), NULL},
        {2 * HOUR, "10.0.0.5", "", "A", URL("ann"), NULL},
        {5 * SECOND, "10.9.9.9", "", "S", URL("ann"), NULL},
        {5 * SECOND, "10.9.9.9", "", "S", URL("bob"), NULL},
        {6 * SECOND, "10.9.9.9", "", "S", URL("cem"), NULL},
        {HOUR, "10.0.0.6", "", "", "img.example", "zeek/dns"},
        {HOUR, "10.0.0.6", "cem", "", "", "vpn"},
    };

    (void)state;
    for (size_t turn = 0; turn < COUNT(all); turn++) {
        struct world w = {0};

        begin(&w);
        campaign(w.open, 1, FORM, 3, SENT);
        seal(&w);
        for (size_t i = 0; i < COUNT(all); i++)
            event(&w, &all[(i * 3 + turn) % COUNT(all)]);
        end(&w, "any order",
            "1 ann: opened 3600 s, 2 by token from 10.0.0.5 gateways 1\n1 bob: prefetched gateways 1\n"
            "1 cem: opened 3600 s, 1 by address from 10.0.0.6 gateways 1\n");
    }
}

/* What does not fit is told; what came before it is answered. */
static void memory(void **state) {
    struct mail_open_options const options = {.memory_max = 16384};
    struct world w = {0};
    struct err e = {0};
    size_t count;

    (void)state;
    assert_true(mail_open_new(&w.open, &options, &e));
    campaign(w.open, 1, FORM, 2, SENT);
    for (unsigned i = 2; i < 60; i++) {
        char form[64];

        snprintf(form, sizeof form, "https://h%u.example/%%s", i);
        campaign(w.open, i, form, 8, SENT);
    }
    seal(&w);
    assert_true(mail_open_hosts(w.open, &count)[0].len > 0 && count > 1 && count < 59);
    for (unsigned i = 0; i < 1000; i++) { /* nor do events beyond count */
        char from[32];

        snprintf(from, sizeof from, "10.0.%u.%u", i / 250, i % 250);
        event(&w, &(struct seen){HOUR + i * SECOND, from, "ann", "A", URL("ann"), NULL});
    }
    struct mail_open_visitor const visitor = {on_answer, on_somebody, on_lost, &w};

    assert_true(mail_open_end(w.open, &visitor, &e));
    assert_true(str_starts(buf_str(&w.told), S("1 ann: opened 3600 s, ")));
    assert_true(str_find(buf_str(&w.told), S("\n1 bob: not covered\n")) != SIZE_MAX);
    assert_true(str_ends(buf_str(&w.told), S("58 lost\n59 lost\n")));
    buf_free(&w.told);
    mail_open_free(w.open);
}

/* One allocation refused, another one each time: every call says so, or the answers are whole. */
static void every_allocation_may_fail(void **state) {
    static const char *const urls[] = {URL("ann"), URL("bob"), "https://img.example/o?t=tok-cem-01234567"};
    struct mail_open_visitor visitor = {on_answer, on_somebody, on_lost, NULL};
    long refused = 0;

    (void)state;
    REFUSE_OR_SKIP();
    for (bool done = false; !done; refused++) {
        struct mail_open_options const options = {.folder = NULL};
        struct world w = {0};
        struct err e = {0};

        memory_left = refused;
        memory_refused = false;
        bool ok = mail_open_new(&w.open, &options, &e);

        memory_left = -1;
        if (ok) {
            campaign(w.open, 1, FORM, 3, SENT);
            memory_left = memory_refused ? -1 : refused;
            ok = mail_open_seal(w.open, &e);
            for (size_t i = 0; ok && i < COUNT(urls); i++) {
                struct normal_event v = {
                    .when = SENT + HOUR, .kind = S("k"), .evidence_path = S("p"), .evidence_sha256 = ""};

                for (size_t r = 0; r < ROLES; r++)
                    v.roles[r] = S("");
                v.roles[ROLE_OBJECT] = str_of(urls[i]);
                ok = mail_open_event(w.open, &v, &e);
            }
            ok = ok && mail_open_covered(w.open, S("proxy"), OPEN_LOG_ADDRESS, SENT - DAY, SENT + DAY, &e);
            visitor.ctx = &w;
            if (ok) {
                ok = mail_open_end(w.open, &visitor, &e);
                done = ok && !memory_refused;
            }
        }
        memory_left = -1;
        if (!ok)
            assert_int_equal(e.code, ERR_MEMORY);
        else if (!w.told.failed)
            assert_true(
                str_eq(buf_str(&w.told), S("1 ann: opened 3600 s, 1 by token\n1 bob: opened 3600 s, 1 by token\n"
                                           "1 cem: opened 3600 s, 1 by part of the token\n")));
        buf_free(&w.told);
        mail_open_free(w.open);
    }
    assert_true(refused > 10);
}

/* Addresses as long as they may be, in every field at once. */
static void long_addresses(void **state) {
    static const char *const names_of_fields[] = {"host", "uri", "url", "cs-uri-query", "x"};
    static char text[60000];
    struct normal_field list[COUNT(names_of_fields)];
    struct normal_value values[COUNT(names_of_fields)];
    struct normal_event v = {
        .when = SENT + HOUR, .kind = S("k"), .evidence_path = S("p"), .evidence_sha256 = "", .fields = list};
    struct world w = {0};
    struct err e = {0};

    (void)state;
    memset(text, ' ', sizeof text);
    text[sizeof text - 1] = 'x';
    text[0] = '/';
    begin(&w);
    campaign(w.open, 1, FORM, 1, SENT);
    seal(&w);
    for (size_t r = 0; r < ROLES; r++)
        v.roles[r] = S("");
    for (size_t i = 0; i < COUNT(names_of_fields); i++) {
        values[i] = (struct normal_value){{text, sizeof text}, false};
        list[i] = (struct normal_field){str_of(names_of_fields[i]), &values[i], 1, false};
    }
    values[0].text = S("img.example");
    values[4].text = S(URL("ann"));
    v.field_count = COUNT(names_of_fields);
    assert_true(mail_open_event(w.open, &v, &e));
    end(&w, "long", "1 ann: opened 3600 s, 1 by token\n");
}

static void accounts(void **state) {
    static const struct {
        const char *account;
        bool known;
    } cases[] = {
        {"ann@example.org", true},
        {"ANN@Example.ORG", true},
        {"ann", true},
        {"EXAMPLE\\ann", true},
        {" ann ", true},
        {"", false},
        {"-", false},
        {"zoe", false},
        {"ann@example.net", false},
        {"annx", false},
        {"EXAMPLE\\", false},
        {"@", false},
    };
    struct world w = {0};

    (void)state;
    begin(&w);
    campaign(w.open, 1, FORM, 2, SENT);
    seal(&w);
    for (size_t i = 0; i < COUNT(cases); i++)
        if ((mail_open_person(w.open, str_of(cases[i].account)) != OPEN_NOBODY) != cases[i].known)
            fail_msg("%s", cases[i].account);
    mail_open_free(w.open);
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(one_event),      cmocka_unit_test(gateways),
        cmocka_unit_test(by_address),     cmocka_unit_test(coverage),
        cmocka_unit_test(campaigns),      cmocka_unit_test(fields),
        cmocka_unit_test(any_order),      cmocka_unit_test(memory),
        cmocka_unit_test(accounts),       cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(long_addresses), cmocka_unit_test(learnt_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
