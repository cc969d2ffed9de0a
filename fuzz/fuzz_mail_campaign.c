/* fuzz_mail_campaign: a few messages out of any bytes, through mail_message_of and campaigns. Every message is in one campaign at most;
 * recipients' messages and tokens are the campaign's; a token is a part of its address; reasons add up to the score. And the
 * same bytes backwards, message by message, tell the same. */
#include <assert.h>

#include "../tests/incident/mail_made.h"
#include "incident/mail_knowledge.h"

#define MESSAGES_MAX 24u

static const char *const names[] = {
    "recipient",  "delivered_to", "from",      "from.name", "from.domain",  "subject",
    "message_id", "return_path",  "list_id",   "headers",   "dkim.domain",  "auth.dkim",
    "url",        "url.host",     "url.where", "url.flags", "lookalike.of", "list_unsubscribe",
};

/* Words that mean something, and whatever bytes there are. */
static const char *const words[] = {
    "a@parl.example",
    "b@parl.example",
    "x@gmail.com",
    "BBC News",
    "pic.example",
    "https://pic.example/o/a8f3b29cd71e.gif",
    "image",
    "hidden pixel",
    "pass",
    "x-mc-user",
    "https://t1.pic.example/?u=abcdef0123456789&a=1",
    "",
    "parl.example",
    "link",
    "news.example",
    "Jane Roe",
};

struct input {
    const uint8_t *data;
    size_t size;
};

static unsigned byte(struct input *in) {
    if (!in->size)
        return 0;
    in->size--;
    return *in->data++;
}

static str value(struct input *in) {
    unsigned const what = byte(in);

    if (what < 200)
        return str_of(words[what % COUNT(words)]);
    size_t const len = in->size < what - 200 ? in->size : what - 200;
    str const raw = {(const char *)in->data, len};

    in->data += len;
    in->size -= len;
    return raw;
}

struct one {
    struct normal_event event;
    struct normal_field fields[COUNT(names) + 2];
    struct normal_value values[COUNT(names) + 2][3];
    char sketch[SKETCH_SIZE * 8];
};

static void make(struct one *o, struct input *in, unsigned number) {
    unsigned const skeleton = byte(in);

    o->event = (struct normal_event){.when = (byte(in) % 8 ? MADE_START + (int64_t)byte(in) * MADE_DAY : INSTANT_NONE),
                                     .evidence_path = STR("fuzz"),
                                     .evidence_sha256 = "",
                                     .record = number,
                                     .offset = number,
                                     .fields = o->fields};
    for (size_t i = 0; i < COUNT(names); i++) {
        size_t const count = 1 + byte(in) % 3;

        for (size_t v = 0; v < count; v++)
            o->values[i][v] = (struct normal_value){value(in), false};
        o->fields[i] = (struct normal_field){.name = str_of(names[i]), .values = o->values[i], .count = count};
    }
    for (size_t i = 0; i < SKETCH_SIZE * 8; i++)
        o->sketch[i] = "0123456789abcdef"[(skeleton % 5 + (i < 100 ? skeleton / 64 : 0)) % 16];
    o->values[COUNT(names)][0] = (struct normal_value){{o->sketch, sizeof o->sketch}, false};
    o->fields[COUNT(names)] =
        (struct normal_field){.name = STR("sketch"), .values = o->values[COUNT(names)], .count = 1};
    o->values[COUNT(names) + 1][0] = (struct normal_value){skeleton % 7 ? (str)STR("30") : (str)STR("2"), false};
    o->fields[COUNT(names) + 1] =
        (struct normal_field){.name = STR("sketch.shingles"), .values = o->values[COUNT(names) + 1], .count = 1};
    o->event.field_count = COUNT(o->fields);
}

struct heard {
    struct buf text;
    uint64_t campaigns, copies;
    double score;
};

static bool on_campaign(void *ctx, const struct mail_campaign *c, struct err *e) {
    struct heard *const h = ctx;
    double sum = 0;
    size_t tokens = 0;
    (void)e;

    assert(c->number == ++h->campaigns && c->message_count > 0 && c->recipient_count > 0);
    assert(h->campaigns == 1 || c->score <= h->score);
    h->score = c->score;
    for (size_t i = 0; i < c->reason_count; i++)
        sum += c->reasons[i].weight;
    assert(sum - c->score < 1e-9 && c->score - sum < 1e-9);
    for (size_t i = 0; i < c->message_count; i++)
        h->copies += c->messages[i].copies;
    for (size_t i = 0; i < c->recipient_count; i++) {
        const struct mail_recipient *const r = &c->recipients[i];

        assert(r->message_count > 0 && (i == 0 || str_cmp(c->recipients[i - 1].address, r->address) < 0));
        for (size_t m = 0; m < r->message_count; m++)
            assert(r->messages[m] < c->message_count && (m == 0 || r->messages[m - 1] < r->messages[m]));
        for (size_t t = 0; t < r->token_count; t++) {
            const struct mail_token *const k = &r->tokens[t];

            assert(k->message < c->message_count && k->token.len > 0 && k->token.ptr >= k->url.ptr &&
                   k->token.ptr + k->token.len <= k->url.ptr + k->url.len);
        }
        tokens += r->token_count;
    }
    assert(tokens == c->token_count);
    made_dump(&h->text, c);
    return true;
}

static void run(const struct one *ones, size_t count, bool backwards, const struct mail_knowledge *k, size_t memory,
                struct heard *h) {
    static const str own[] = {STR("parl.example")};
    struct mail_campaign_options const options = {
        .knowledge = k, .own_domains = own, .own_count = 1, .memory_max = memory};
    struct arena *const a = arena_new(16 << 20);
    struct mail_campaigns *c = NULL;
    struct err e = {0};

    if (!a || !mail_campaigns_new(&c, &options, &e))
        abort();
    for (size_t i = 0; i < count; i++) {
        struct mail_message m;

        if (!mail_message_of(&ones[backwards ? count - 1 - i : i].event, a, &m) || !mail_campaigns_add(c, &m, &e))
            abort();
    }
    if (!mail_campaigns_end(c, on_campaign, h, &e))
        abort();
    mail_campaigns_free(c);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct mail_knowledge *k; /* read once: it is not what is fuzzed, and it takes long */
    struct one *const ones = calloc(MESSAGES_MAX, sizeof *ones);
    struct heard forth = {0}, back = {0};
    struct input in = {data, size};
    size_t count = 0;
    struct err e;

    if (!ones || (!k && !mail_knowledge_new(&k, &e)))
        abort();
    while (in.size && count < MESSAGES_MAX) {
        make(&ones[count], &in, (unsigned)count);
        count++;
    }
    run(ones, count, false, k, 1 << 20, &forth);
    run(ones, count, true, k, 1024, &back);
    assert(forth.copies <= count);
    assert(str_eq(buf_str(&forth.text), buf_str(&back.text)));
    buf_free(&forth.text);
    buf_free(&back.text);
    free(ones);
    return 0;
}
