/* fuzz_mail_open: events of any bytes joined with the tokens of one campaign. Every recipient gets one answer, which counts what it
 * says; and no account is anybody's but a recipient's. */
#include <assert.h>

#include "incident/mail_open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PEOPLE 4
static const str people[PEOPLE] = {STR("a@x.example"), STR("b@x.example"), STR("c@y.example"), STR("a@z.example")};
static const str urls[PEOPLE] = {STR("http://i.example/o?t=aaaaaaaa1&amp;c=1"),
                                 STR("http://i.example/o?t=bbbbbbbb2&amp;c=1"), STR("https://cccc3333.i.example/"),
                                 STR("http://i.example/logo.gif")};
static const str tokens[PEOPLE] = {STR("aaaaaaaa1"), STR("bbbbbbbb2"), STR("cccc3333"), STR("")};
static const str fields[] = {STR("host"), STR("uri"), STR("cs-uri-query"), STR("Referer"), STR("x")};

struct seen {
    unsigned answers;
};

static bool on_answer(void *ctx, const struct mail_answer *a, struct err *e) {
    struct seen *const s = ctx;

    (void)e;
    assert(s->answers < PEOPLE);
    if (a->state == OPEN_OPENED || a->state == OPEN_PREFETCHED) {
        assert(a->first.how < OPEN_HOWS && a->fetches + a->gateways > 0);
        assert(str_eq(a->first.evidence_path, S("p")) && str_eq(str_of(a->first.evidence_sha256), S("ab")));
        assert((a->fetches > 0) == (a->state == OPEN_OPENED));
    } else {
        assert(a->fetches + a->gateways == 0);
    }
    s->answers++;
    return true;
}

static bool on_somebody(void *ctx, const struct mail_somebody *s, struct err *e) {
    (void)ctx;
    (void)e;
    assert(s->campaign == 7 && s->fetches > 0);
    return true;
}

static bool on_lost(void *ctx, uint64_t campaign, struct err *e) {
    (void)ctx;
    (void)campaign;
    (void)e;
    return true;
}

static void campaign(struct mail_open *o) {
    struct mail_campaign_message messages[PEOPLE] = {0};
    struct mail_recipient recipients[PEOPLE] = {0};
    struct mail_token list[PEOPLE] = {0};
    struct err e;

    for (uint64_t i = 0; i < PEOPLE; i++) {
        messages[i].when = 1611500000000000000;
        list[i] = (struct mail_token){.host = S(""), .url = urls[i], .token = tokens[i], .message = i};
        recipients[i] = (struct mail_recipient){.address = people[i],
                                                .tokens = &list[i],
                                                .token_count = 1,
                                                .first = messages[i].when,
                                                .last = messages[i].when};
    }
    assert(mail_open_campaign(o,
                              &(struct mail_campaign){.number = 7,
                                                      .messages = messages,
                                                      .message_count = PEOPLE,
                                                      .recipients = recipients,
                                                      .recipient_count = PEOPLE},
                              &e) &&
           mail_open_seal(o, &e));
}

/* A line is an event: its time in the first byte, then texts between tabs: address, account, program, object, fields. */
static void event(struct mail_open *o, str line) {
    struct normal_value values[COUNT(fields)];
    struct normal_field list[COUNT(fields)];
    struct normal_event v = {.kind = S("k"), .evidence_path = S("p"), .evidence_sha256 = "ab", .fields = list};
    static const enum role roles[] = {ROLE_CLIENT_ADDRESS, ROLE_ACCOUNT, ROLE_CLIENT_PROGRAM, ROLE_OBJECT};
    struct err e;

    v.when = line.len ? 1611499000000000000 + (int64_t)(unsigned char)line.ptr[0] * 20000000000 : INSTANT_NONE;
    line = str_from(line, 1);
    for (size_t i = 0; i < ROLES; i++)
        v.roles[i] = S("");
    for (size_t i = 0; i < COUNT(roles) + COUNT(fields); i++) {
        size_t const end = str_find_byte(line, '\t');
        str const text = str_first(line, end);

        if (i < COUNT(roles)) {
            v.roles[roles[i]] = text;
        } else if (text.len) {
            values[v.field_count] = (struct normal_value){text, false};
            list[v.field_count] = (struct normal_field){fields[i - COUNT(roles)], &values[v.field_count], 1, false};
            v.field_count++;
        }
        line = end == SIZE_MAX ? S("") : str_from(line, end + 1);
    }
    assert(mail_open_event(o, &v, &e));
    assert(mail_open_person(o, v.roles[ROLE_ACCOUNT]) == OPEN_NOBODY ||
           mail_open_person(o, v.roles[ROLE_ACCOUNT]) < PEOPLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mail_open_visitor visitor = {on_answer, on_somebody, on_lost, NULL};
    struct mail_open_options const options = {.memory_max = (size_t)1 << 20};
    str left = {(const char *)data, size};
    struct seen seen = {0};
    struct mail_open *o;
    struct err e;

    if (!mail_open_new(&o, &options, &e))
        return 0;
    campaign(o);
    while (left.len) {
        size_t const end = str_find_byte(left, '\n');

        event(o, str_first(left, end));
        left = end == SIZE_MAX ? S("") : str_from(left, end + 1);
    }
    visitor.ctx = &seen;
    assert(mail_open_end(o, &visitor, &e));
    assert(seen.answers == PEOPLE);
    mail_open_free(o);
    return 0;
}
