/* test_mail_campaign: what belongs together, who got which token, what ranks above what; the same whatever the order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "incident/mail_knowledge.h"
#include "incident/mail_roster.h"
#include "mail_made.h"
#include "../refuse.h"

#define MEMORY ((size_t)4 << 20)

static struct mail_knowledge *knowledge;
static const str own[] = {STR("parl.example")};

static int setup(void **state) {
    struct err e;
    (void)state;

    return mail_knowledge_new(&knowledge, &e) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    mail_knowledge_free(knowledge);
    return 0;
}

/* A pile of messages, and what came of it. */
struct pile {
    struct made *made;
    size_t count;
};

static struct made *more(struct pile *p) {
    p->made = realloc(p->made, (p->count + 1) * sizeof *p->made);
    assert_non_null(p->made);
    return &p->made[p->count++];
}

/* What a message points to lies in its own room, which has moved. */
static void settle(struct made *d) {
    d->m.message_id = (str){d->id, d->m.message_id.len};
    d->m.from = (str){d->sender, d->m.from.len};
    d->m.from_domain = str_from(d->m.from, d->m.from.len - d->m.from_domain.len);
    d->m.evidence_path = (str){d->path, d->m.evidence_path.len};
    if (str_eq(d->m.return_path, d->m.from) || d->m.return_path.len == d->m.from.len)
        d->m.return_path = d->m.from;
    for (size_t i = 0; i < 4; i++)
        d->to[i] = str_of(d->to_text[i]);
    d->m.recipients = d->m.delivered_to = d->to;
    for (uint32_t i = 0; i < d->m.url_count; i++) {
        d->urls[i].url = str_of(d->url[i]);
        d->urls[i].host = str_of(d->host[i]);
    }
    d->m.urls = d->urls;
}

static bool dump(void *ctx, const struct mail_campaign *c, struct err *e) {
    (void)e;
    made_dump(ctx, c);
    return true;
}

static bool run_with(const struct pile *p, const struct mail_campaign_options *options,
                     bool (*each)(void *ctx, const struct mail_campaign *c, struct err *e), void *ctx, struct err *e) {
    struct mail_campaigns *c = NULL;
    bool ok = mail_campaigns_new(&c, options, e);

    for (size_t i = 0; ok && i < p->count; i++) {
        settle(&p->made[i]);
        ok = mail_campaigns_add(c, &p->made[i].m, e);
    }
    ok = ok && mail_campaigns_end(c, each, ctx, e);
    mail_campaigns_free(c);
    return ok;
}

static struct mail_campaign_options usual(void) {
    return (struct mail_campaign_options){
        .knowledge = knowledge, .own_domains = own, .own_count = COUNT(own), .memory_max = MEMORY};
}

static void run(const struct pile *p, struct buf *out) {
    struct mail_campaign_options const options = usual();
    struct err e = {0};

    if (!run_with(p, &options, dump, out, &e))
        fail_msg("%s", e.text);
    buf_byte(out, '\0');
    assert_false(out->failed);
}

static bool has(const struct buf *b, const char *text) {
    return str_find(buf_str(b), str_of(text)) != SIZE_MAX;
}

#define HAS(b, text)                                                                                                   \
    do {                                                                                                               \
        if (!has(b, text))                                                                                             \
            fail_msg("'%s' is not in:\n%s", text, (b)->ptr);                                                           \
    } while (0)
#define HAS_NOT(b, text)                                                                                               \
    do {                                                                                                               \
        if (has(b, text))                                                                                              \
            fail_msg("'%s' is in:\n%s", text, (b)->ptr);                                                               \
    } while (0)

/* How many campaigns were told. */
static unsigned campaigns(const struct buf *b) {
    unsigned n = 0;

    for (const char *p = b->ptr; *p; p = strchr(p, '\n') + 1)
        n += *p != ' ';
    return n;
}

/* ---- piles ---- */

/* Five years of a weekly newsletter to some, through a known service; and a colleague's answers are no part of it. */
static void newsletter(struct pile *p, unsigned from, const char *domain, const char *skeleton, unsigned weeks,
                       unsigned readers) {
    for (unsigned week = 0; week < weeks; week++)
        for (unsigned r = 0; r < readers; r++) {
            struct made *const d = more(p);
            char sender[96], to[64], name[64], path[128];

            snprintf(sender, sizeof sender, "news@%s", domain);
            snprintf(to, sizeof to, "reader%u@parl.example", r);
            snprintf(name, sizeof name, "%s of week %u", skeleton, week);
            made_message(d, from + week * readers + r, name, sender, to, week * 7);
            snprintf(path, sizeof path, "/open?u=%x%08x&m=%u", r + 1, (r + 1) * 2654435761u + week, week);
            made_url(d, "track.list-manage.com", path, HTML_IMAGE, HTML_ONE_PIXEL);
            snprintf(path, sizeof path, "/article-%u.html", week);
            made_url(d, domain, path, HTML_LINK, 0);
            d->m.list_id = (str)STR("weekly news <news.example>");
            d->m.list_unsubscribe = (str)STR("<https://track.list-manage.com/u>");
            d->m.headers = (str)STR("from,to,x-mc-user");
        }
}

static const str news_domain[] = {STR("news.example")};

static void known_newsletter(struct pile *p) {
    size_t const from = p->count;

    newsletter(p, 100000, "news.example", "newsletter", 60, 3);
    for (size_t i = from; i < p->count; i++) {
        p->made[i].m.dkim_domains = news_domain;
        p->made[i].m.dkim_count = 1;
    }
}

/* The campaign of the threat facts in small: ten accounts of own domains, a picture host of another, an outlet's name. */
static void planted(struct pile *p, unsigned recipients, unsigned waves) {
    for (unsigned wave = 0; wave < waves; wave++)
        for (unsigned r = 0; r < recipients; r++) {
            struct made *const d = more(p);
            char sender[96], to[64], name[64], path[128];
            unsigned const account = (r + wave * 3) % 10;

            snprintf(sender, sizeof sender, "jane%u@post-desk%u.example", account, account);
            snprintf(to, sizeof to, "member%u@parl.example", r);
            snprintf(name, sizeof name, "an article that was written by somebody, wave %u", wave);
            made_message(d, 200000 + wave * recipients + r, name, sender, to, 400 + wave * 9);
            made_skeleton(&d->m.sketch, name, r % 4); /* up to three shingles differ */
            snprintf(path, sizeof path, "/i/%08x%04x.gif", r * 2654435761u, wave * 7919u);
            made_url(d, "img.pictures.example", path, HTML_IMAGE, HTML_HIDDEN | HTML_ONE_PIXEL);
            made_url(d, "www.bbc.co.uk", "/news/world-1.html", HTML_LINK, 0);
            d->m.from_name = (str)STR("Jane Roe, BBC News");
            d->m.list_unsubscribe = (str)STR("<https://u.example/>");
            d->m.subject = (str)STR("The article");
        }
}

/* What people write to each other. */
static void chatter(struct pile *p, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        struct made *const d = more(p);
        char name[64], sender[64], to[64];

        snprintf(name, sizeof name, "letter number %u", i);
        snprintf(sender, sizeof sender, "person%u@office%u.example", i % 7, i % 7);
        snprintf(to, sizeof to, "member%u@parl.example", i % 11);
        made_message(d, 300000 + i, name, sender, to, i % 700);
    }
}

/* ---- the whole ---- */

struct seen {
    unsigned campaigns, planted_at, newsletter_at;
    size_t messages, recipients, tokens, senders;
    bool exact; /* the planted one has its recipients and no others */
};

static bool see(void *ctx, const struct mail_campaign *c, struct err *e) {
    struct seen *const s = ctx;
    (void)e;

    s->campaigns++;
    assert_int_equal(c->number, s->campaigns);
    if (c->host_count && str_eq(c->hosts[0], S("img.pictures.example"))) {
        s->planted_at = s->planted_at ? s->planted_at : s->campaigns;
        s->messages = c->message_count;
        s->recipients = c->recipient_count;
        s->tokens = c->token_count;
        s->senders = c->sender_count;
        s->exact = true;
        for (size_t i = 0; i < c->recipient_count; i++) {
            s->exact &= str_starts(c->recipients[i].address, S("member")) && c->recipients[i].delivered;
            s->exact &= c->recipients[i].token_count == c->recipients[i].message_count;
        }
    }
    if (c->service.len && !s->newsletter_at)
        s->newsletter_at = s->campaigns;
    return true;
}

static void the_planted_campaign_is_first_and_whole(void **state) {
    struct mail_campaign_options const options = usual();
    struct pile p = {0};
    struct seen s = {0};
    struct err e = {0};
    (void)state;

    known_newsletter(&p);
    planted(&p, 40, 3);
    chatter(&p, 200);
    if (!run_with(&p, &options, see, &s, &e))
        fail_msg("%s", e.text);
    assert_int_equal(s.planted_at, 1);
    assert_int_equal(s.messages, 120);
    assert_int_equal(s.recipients, 40);
    assert_int_equal(s.tokens, 120);
    assert_int_equal(s.senders, 10);
    assert_true(s.exact);
    assert_true(s.newsletter_at > s.planted_at);
    free(p.made);
}

static void reasons_are_told(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    (void)state;

    known_newsletter(&p);
    planted(&p, 40, 3);
    chatter(&p, 200);
    run(&p, &b);
    HAS(&b, " +3 unique tokens: 120 tokens for 40 recipients at img.pictures.example\n");
    HAS(&b, " +4 claims to be another: \"Jane Roe, BBC News\" (BBC) writes from post-desk0.example, in 120 of 120 "
            "messages\n");
    HAS(&b, " +1.5 unseen beacon: 120 of 120 messages load something unseen from img.pictures.example\n");
    HAS(&b, " +1.5 unrelated host: img.pictures.example is not the sender's\n");
    HAS(&b, " +2 first contact: no earlier mail from or to any of the senders\n");
    HAS(&b, " +3 several accounts: 10 senders of 10 domains\n");
    HAS(&b, " +1.5 bulk mail in personal dress: 120 of 120 messages bear a person's name or mailbox and marks of bulk "
            "mail\n");
    HAS(&b, " -3 known mailing service: Mailchimp, signed by the sender's domain, with a way to unsubscribe\n");
    HAS(&b, " -3 lasting list: weekly news <news.example>, 180 messages in 413 days\n");
    HAS(&b, " -3 years of mail: the sender writes for a year or longer, a dozen mails or more\n");
    buf_free(&b);
    free(p.made);
}

/* A property: messages in any order, the same bytes; also with so little memory that all goes through files. */
static void order_does_not_matter(void **state) {
    struct pile p = {0};
    struct buf first = {0}, other = {0};
    uint64_t random = 88172645463325252u;
    (void)state;

    known_newsletter(&p);
    planted(&p, 30, 2);
    chatter(&p, 150);
    for (unsigned i = 0; i < 20; i++) { /* copies in another container */
        struct made *const d = more(&p);

        *d = p.made[i * 7];
        snprintf(d->path, sizeof d->path, "archive.pst");
        d->m.evidence_path = (str){d->path, strlen(d->path)};
        snprintf(d->to_text[0], sizeof d->to_text[0], "archive@parl.example");
    }
    run(&p, &first);
    for (unsigned round = 0; round < 6; round++) {
        struct mail_campaign_options options = usual();
        struct err e = {0};

        for (size_t i = p.count; i > 1; i--) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            struct made const swap = p.made[i - 1];

            p.made[i - 1] = p.made[random % i];
            p.made[random % i] = swap;
        }
        options.memory_max = round % 2 ? MEMORY : 4096;
        other.len = 0;
        if (!run_with(&p, &options, dump, &other, &e))
            fail_msg("%s", e.text);
        buf_byte(&other, '\0');
        assert_string_equal(other.ptr, first.ptr);
    }
    buf_free(&first);
    buf_free(&other);
    free(p.made);
}

/* ---- what is one message, what are several ---- */

static void copies_are_one_message(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    (void)state;

    for (unsigned i = 0; i < 4; i++) { /* one message in four mailboxes, one of them read twice from two containers */
        struct made *const d = more(&p);
        char to[64];

        snprintf(to, sizeof to, "m%u@parl.example", i % 3);
        made_message(d, 1, "same text", "a@b.example", to, 0);
        snprintf(d->path, sizeof d->path, "box%u", i);
        d->m.evidence_path = str_of(d->path);
        d->m.record = i;
        made_url(d, "pic.example", "/a", HTML_IMAGE, HTML_HIDDEN);
    }
    made_message(more(&p), 2, "same text", "a@b.example", "m0@parl.example", 1);
    run(&p, &b);
    assert_int_equal(campaigns(&b), 1);
    HAS(&b, " mail box0 1000 0 ");
    HAS(&b, " x4 1@made.example\n");
    HAS(&b, " x1 2@made.example\n");
    HAS(&b, " to m0@parl.example [] delivered ");
    HAS(&b, " to m1@parl.example [] delivered ");
    HAS(&b, " to m2@parl.example [] delivered ");
    HAS_NOT(&b, " mail box1");
    buf_free(&b);
    free(p.made);
}

/* One Message-ID forged for all, but another token for each: these are different messages. */
static void one_identifier_for_all_hides_no_token(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    (void)state;

    for (unsigned i = 0; i < 3; i++) {
        struct made *const d = more(&p);
        char to[64], path[64];

        snprintf(to, sizeof to, "m%u@parl.example", i);
        made_message(d, 1, "same text", "a@b.example", to, 0);
        snprintf(path, sizeof path, "/x?id=token%c", 'a' + (int)i);
        made_url(d, "pic.example", path, HTML_IMAGE, HTML_HIDDEN);
    }
    run(&p, &b);
    HAS(&b, "unique tokens: 3 tokens for 3 recipients at pic.example");
    HAS(&b, " tokena@pic.example(");
    HAS(&b, " tokenc@pic.example(");
    buf_free(&b);
    free(p.made);
}

static void what_is_no_campaign(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    struct made *d;
    (void)state;

    chatter(&p, 60);                 /* single letters */
    for (unsigned i = 0; i < 2; i++) /* two mails of one skeleton to one person, nothing in them */
        made_message(more(&p), 10 + i, "reminder", "system@office0.example", "m@parl.example", i);
    d = more(&p); /* a picture that everybody sees, from the sender */
    made_message(d, 20, "an invitation", "x@club.example", "m@parl.example", 3);
    made_url(d, "club.example", "/logo.png", HTML_IMAGE, 0);
    run(&p, &b);
    assert_int_equal(campaigns(&b), 0);
    buf_free(&b);
    free(p.made);
}

/* ---- text ---- */

static void skeletons(void **state) {
    static const struct {
        const char *name;
        unsigned changed; /* of thirty shingles, in the second message */
        const char *sender;
        unsigned count;
    } cases[] = {
        {"the same", 0, "b@y.example", 1},
        {"a tenth differs: still nine tenths in common", 2, "b@y.example", 1},
        {"half differs", 15, "b@y.example", 0},
        {"all differs", 30, "b@y.example", 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pile p = {0};
        struct buf b = {0};

        made_message(more(&p), 1, "text", "a@x.example", "one@parl.example", 0);
        made_message(more(&p), 2, "text", cases[i].sender, "two@parl.example", 0);
        made_skeleton(&p.made[1].m.sketch, "text", cases[i].changed);
        run(&p, &b);
        if (campaigns(&b) != cases[i].count)
            fail_msg("%s: %u campaigns", cases[i].name, campaigns(&b));
        buf_free(&b);
        free(p.made);
    }
}

/* Texts of a few words are alike by chance: only one sender's belong together. */
static void short_texts(void **state) {
    static const char *const words[] = {"thank you", "you very", "very much"};
    (void)state;

    for (unsigned same = 0; same < 2; same++) {
        struct pile p = {0};
        struct buf b = {0};

        for (unsigned i = 0; i < 4; i++) {
            char sender[64], to[64];

            snprintf(sender, sizeof sender, "a@x%u.example", same ? 0 : i);
            snprintf(to, sizeof to, "m%u@parl.example", i);
            made_message(more(&p), i, "", sender, to, i);
            made_sketch(&p.made[i].m.sketch, words, COUNT(words));
        }
        run(&p, &b);
        assert_int_equal(campaigns(&b), same);
        buf_free(&b);
        free(p.made);
    }
}

static void without_text_nothing_is_alike(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    (void)state;

    for (unsigned i = 0; i < 4; i++) {
        char to[64];

        snprintf(to, sizeof to, "m%u@parl.example", i);
        made_message(more(&p), i, "", "a@x.example", to, i);
        p.made[i].m.sketch = (struct sketch){0};
    }
    run(&p, &b);
    assert_int_equal(campaigns(&b), 0);
    buf_free(&b);
    free(p.made);
}

/* Who sends a lasting newsletter's own text does not hide in it. */
static void a_borrowed_text_is_another_campaign(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    (void)state;

    known_newsletter(&p);
    for (unsigned i = 0; i < 3; i++) {
        struct made *const d = more(&p);
        char to[64], path[64];

        snprintf(to, sizeof to, "member%u@parl.example", i);
        made_message(d, 400 + i, "newsletter of week 30", "news@news-example.example", to, 216);
        snprintf(path, sizeof path, "/p/%c%c%c%c.gif", 'a' + (int)i, '5', 'd' + (int)i, '9');
        made_url(d, "collect.example", path, HTML_IMAGE, HTML_HIDDEN);
    }
    run(&p, &b);
    assert_int_equal(campaigns(&b), 2);
    assert_true(str_find(buf_str(&b), S("news-example.example")) < str_find(buf_str(&b), S(" domain news.example")));
    buf_free(&b);
    free(p.made);
}

/* Nor who writes in its name, its List-Id included, when the receiving server found that out. */
static void a_borrowed_name_is_another_campaign(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    (void)state;

    known_newsletter(&p);
    for (unsigned i = 0; i < 3; i++) {
        struct made *const d = more(&p);
        char to[64], path[64];

        snprintf(to, sizeof to, "member%u@parl.example", i);
        made_message(d, 400 + i, "newsletter of week 30", "news@news.example", to, 400);
        snprintf(path, sizeof path, "/p/%c%c%c%c.gif", 'a' + (int)i, '5', 'd' + (int)i, '9');
        made_url(d, "collect.example", path, HTML_IMAGE, HTML_HIDDEN);
        d->m.list_id = (str)STR("weekly news <news.example>");
        d->m.dmarc = (str)STR("fail");
    }
    run(&p, &b);
    assert_int_equal(campaigns(&b), 2);
    size_t const second = str_find(buf_str(&b), S("\n2 "));

    HAS(&b, "SPF, DKIM or DMARC of news.example in 3 of 3 messages\n");
    assert_true(str_find(buf_str(&b), S("-3 years of mail")) > second);
    assert_true(str_find(buf_str(&b), S("-3 lasting list")) > second);
    assert_true(str_find(buf_str(&b), S("collect.example")) < second);
    buf_free(&b);
    free(p.made);
}

/* ---- infrastructure ---- */

/* Different texts, different senders, and one host for what is loaded unseen. */
static unsigned joined_by(const char *host, unsigned senders, unsigned days_apart, uint32_t flags) {
    struct pile p = {0};
    struct buf b = {0};
    unsigned count;

    for (unsigned i = 0; i < senders; i++) {
        struct made *const d = more(&p);
        char name[64], sender[64], to[64], path[64];

        snprintf(name, sizeof name, "text of its own %u", i);
        snprintf(sender, sizeof sender, "a@s%u.example", i);
        snprintf(to, sizeof to, "m%u@parl.example", i);
        made_message(d, i, name, sender, to, i * days_apart);
        snprintf(path, sizeof path, "/w%u.gif", i);
        made_url(d, host, path, HTML_IMAGE, flags);
    }
    run(&p, &b);
    count = campaigns(&b);
    buf_free(&b);
    free(p.made);
    return count;
}

static void hosts_join(void **state) {
    static const struct {
        const char *name, *host;
        unsigned senders, days_apart, count;
        uint32_t flags;
    } cases[] = {
        {"a host of few", "beacon.example", 4, 10, 1, HTML_HIDDEN},
        {"of as many as may be", "beacon.example", 16, 1, 1, HTML_ONE_PIXEL},
        {"of many who have nothing to do with each other", "beacon.example", 17, 1, 17, HTML_HIDDEN},
        {"of years", "beacon.example", 4, 200, 4, HTML_HIDDEN},
        {"of a known mailing service", "x.list-manage.com", 4, 10, 4, HTML_HIDDEN},
        {"of everybody", "bucket.s3.amazonaws.com", 4, 10, 4, HTML_HIDDEN},
        {"what is seen joins nothing", "beacon.example", 4, 10, 0, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned const count = joined_by(cases[i].host, cases[i].senders, cases[i].days_apart, cases[i].flags);

        if (count != cases[i].count)
            fail_msg("%s: %u campaigns, not %u", cases[i].name, count, cases[i].count);
    }
}

/* ---- tokens ---- */

static void tokens(void **state) {
    static const struct {
        const char *name, *host[3], *path[3];
        enum html_where where;
        uint32_t flags;
        const char *expected; /* of the first recipient; NULL: none */
    } cases[] = {
        {"segment",
         {"h.example", "h.example", "h.example"},
         {"/o/abc1.gif", "/o/abc2.gif", "/o/abc3.gif"},
         HTML_IMAGE,
         1,
         " abc1@h.example(0)\n"},
        {"value of a query",
         {"h.example", "h.example", "h.example"},
         {"/o?c=7&u=k1", "/o?c=7&u=k2", "/o?c=7&u=k3"},
         HTML_IMAGE,
         0,
         " k1@h.example(0)\n"},
        {"label of the host",
         {"t1.h.example", "t2.h.example", "t3.h.example"},
         {"/o", "/o", "/o"},
         HTML_STYLE,
         0,
         " t1@t1.h.example(0)\n"},
        {"of two parts the longer",
         {"h.example", "h.example", "h.example"},
         {"/11/longer1", "/22/longer2", "/33/longer3"},
         HTML_IMAGE,
         1,
         " longer1@h.example(0)\n"},
        {"in a link",
         {"h.example", "h.example", "h.example"},
         {"/go/x1", "/go/x2", "/go/x3"},
         HTML_LINK,
         0,
         " x1@h.example(0)\n"},
        {"in text",
         {"h.example", "h.example", "h.example"},
         {"/go/x1", "/go/x2", "/go/x3"},
         HTML_TEXT,
         0,
         " x1@h.example(0)\n"},
        {"shared by all",
         {"h.example", "h.example", "h.example"},
         {"/o/abc.gif", "/o/abc.gif", "/o/abc.gif"},
         HTML_IMAGE,
         1,
         NULL},
        {"shared by two, one alone",
         {"h.example", "h.example", "h.example"},
         {"/o/abc.gif", "/o/abc.gif", "/o/abd.gif"},
         HTML_IMAGE,
         1,
         NULL},
        {"different addresses that have no frame in common",
         {"h.example", "i.example", "j.example"},
         {"/logo.gif", "/style.css", "/photo.jpg"},
         HTML_IMAGE,
         1,
         NULL},
        {"a number of one digit", {"h.example", "h.example", "h.example"}, {"/1", "/2", "/3"}, HTML_IMAGE, 1, NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pile p = {0};
        struct buf b = {0};

        for (unsigned r = 0; r < 3; r++) {
            struct made *const d = more(&p);
            char to[64];

            snprintf(to, sizeof to, "m%u@parl.example", r);
            made_message(d, r, "text", "a@x.example", to, 0);
            made_url(d, cases[i].host[r], cases[i].path[r], cases[i].where, cases[i].flags);
        }
        run(&p, &b);
        if (cases[i].expected ? !has(&b, cases[i].expected) : has(&b, "unique tokens"))
            fail_msg("%s:\n%s", cases[i].name, b.ptr);
        buf_free(&b);
        free(p.made);
    }
}

/* One recipient only: nothing to compare with. */
static void candidates(void **state) {
    static const struct {
        const char *name, *path;
        enum html_where where;
        uint32_t flags;
        const char *expected;
    } cases[] = {
        {"letters and digits in turns", "/o/a8f3b29cd71e.gif", HTML_IMAGE, HTML_HIDDEN,
         " a8f3b29cd71e@h.example(0?)\n"},
        {"UUID", "/o?i=3f2504e0-4f89-11d3-9a0c-0305e82c3301", HTML_IMAGE, HTML_HIDDEN,
         " 3f2504e0-4f89-11d3-9a0c-0305e82c3301@h.example(0?)\n"},
        {"the recipient's own address", "/o?e=m0%40parl.example", HTML_IMAGE, HTML_HIDDEN,
         " m0%40parl.example@h.example(0?)\n"},
        {"a name of a picture", "/newsletter-header-2021.png", HTML_IMAGE, HTML_HIDDEN, " 0:"},
        {"a word", "/unsubscribe", HTML_IMAGE, HTML_HIDDEN, NULL},
        {"in a link", "/o/a8f3b29cd71e", HTML_LINK, 0, NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pile p = {0};
        struct buf b = {0};
        struct made *const d = more(&p);

        made_message(d, 1, "text", "a@x.example", "m0@parl.example", 0);
        made_url(d, "h.example", cases[i].path, cases[i].where, cases[i].flags);
        run(&p, &b);
        if (cases[i].expected && cases[i].expected[1] != '0')
            HAS(&b, cases[i].expected);
        else if (has(&b, "?)"))
            fail_msg("%s:\n%s", cases[i].name, b.ptr);
        buf_free(&b);
        free(p.made);
    }
}

/* A message to several at once: what it holds is theirs together. */
static void a_message_to_two(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    (void)state;

    for (unsigned i = 0; i < 3; i++) {
        struct made *const d = more(&p);
        char path[64];

        made_message(d, i, "text", "a@x.example", "a@parl.example", 0);
        snprintf(d->to_text[0], sizeof d->to_text[0], "%ca@parl.example", 'p' + (int)i);
        snprintf(d->to_text[1], sizeof d->to_text[1], "%cb@parl.example", 'p' + (int)i);
        d->m.recipient_count = d->m.delivered_count = 2;
        snprintf(path, sizeof path, "/o/pair%u.gif", i);
        made_url(d, "h.example", path, HTML_IMAGE, HTML_HIDDEN);
    }
    run(&p, &b);
    HAS(&b, " to pa@parl.example [] delivered");
    HAS(&b, "unique tokens: 6 tokens for 6 recipients at h.example");
    buf_free(&b);
    free(p.made);
}

/* All lie in a journal's mailbox, and name one recipient each; and all name the same list, and lie in one mailbox each; and name
 * more than count as one. */
static void whose_a_token_is(void **state) {
    static const struct {
        const char *name;
        unsigned named; /* constant names beside */
        bool journal;
        const char *expected;
    } cases[] = {
        {"a journal", 0, true, " to m1@parl.example [] 1600000000001000000 1600000000001000000: 1 tok1@h.example(1)\n"},
        {"a list", 1, false,
         " to m1@parl.example [] delivered 1600000000001000000 1600000000001000000: 1 tok1@h.example(1)\n"},
        {"a long list", 12, false,
         " to m1@parl.example [] delivered 1600000000001000000 1600000000001000000: 1 tok1@h.example(1)\n"},
    };
    (void)state;

    for (size_t c = 0; c < COUNT(cases); c++) {
        static char names[12][64];
        static str lists[3][13], journal;
        struct mail_campaign_options const options = usual();
        struct mail_campaigns *campaigns_of = NULL;
        struct buf b = {0};
        struct err e = {0};

        assert_true(mail_campaigns_new(&campaigns_of, &options, &e));
        for (unsigned i = 0; i < 3; i++) {
            struct made d;
            char to[64], path[64];

            snprintf(to, sizeof to, "m%u@parl.example", i);
            made_message(&d, i, "text", "a@x.example", to, 0);
            snprintf(path, sizeof path, "/o/tok%u.gif", i);
            made_url(&d, "h.example", path, HTML_IMAGE, HTML_HIDDEN);
            journal = (str)STR("journal@parl.example");
            if (cases[c].journal)
                d.m.delivered_to = &journal;
            for (unsigned n = 0; n < cases[c].named; n++) {
                snprintf(names[n], sizeof names[n], "list%02u@parl.example", n);
                lists[i][n] = str_of(names[n]);
            }
            if (cases[c].named) {
                d.m.recipients = lists[i];
                d.m.recipient_count = cases[c].named;
            }
            assert_true(mail_campaigns_add(campaigns_of, &d.m, &e));
        }
        assert_true(mail_campaigns_end(campaigns_of, dump, &b, &e));
        buf_byte(&b, '\0');
        HAS(&b, cases[c].expected);
        HAS(&b, "unique tokens: ");
        buf_free(&b);
        mail_campaigns_free(campaigns_of);
    }
}

static void recipients_nobody_named(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    struct made *const d = more(&p);
    (void)state;

    made_message(d, 1, "text", "a@x.example", "", 0);
    made_url(d, "h.example", "/o/a8f3b29cd71e.gif", HTML_IMAGE, HTML_HIDDEN);
    run(&p, &b);
    HAS(&b, "\n to  [] ");
    buf_free(&b);
    free(p.made);
}

/* ---- reasons ---- */

/* Three mails of one skeleton after a year of other mail; what is changed in each case. */
static void mails(struct pile *p, const char *sender, str name) {
    chatter(p, 30);
    for (unsigned i = 0; i < 3; i++) {
        struct made *const d = more(p);
        char to[64];

        snprintf(to, sizeof to, "m%u@parl.example", i);
        made_message(d, 1000 + i, "the mail", sender, to, 500);
        d->m.from_name = name;
        made_url(d, "pic.example", "/x.gif", HTML_IMAGE, HTML_HIDDEN);
    }
}

static void claims(void **state) {
    static const struct {
        const char *sender;
        str name;
        const char *expected; /* NULL: it claims nothing that is wrong */
    } cases[] = {
        {"a@x.example", STR("BBC News"), "(BBC)"},
        {"a@x.example", STR("Jane Roe (The Guardian)"), "(The Guardian)"},
        {"a@newsletter.bbc.co.uk", STR("BBC News"), NULL},
        {"a@bbc.com", STR("BBC"), NULL},
        {"a@x.example", STR("Time to renew"), NULL},
        {"a@x.example", STR("Jane Roe"), NULL},
        {"a@x.example", STR("Ann Able"), "(Ann Able)"},
        {"ann.private@x.example", STR("ann  ABLE"), "(Ann Able)"},
        {"ann@parl.example", STR("Ann Able"), NULL},
        {"a@x.example", STR("jane@parl.example"), "(parl.example)"},
        {"a@x.example", STR("a@x.example"), NULL},
        {"a@mail.x.example", STR("Club <club@x.example>"), NULL},
    };
    struct mail_roster *roster = NULL;
    struct err e = {0};
    (void)state;

    assert_true(mail_roster_read(&roster, S("r"), S("ann@parl.example,members,Ann Able\n"), &e));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mail_campaign_options options = usual();
        struct pile p = {0};
        struct buf b = {0};

        options.roster = roster;
        mails(&p, cases[i].sender, cases[i].name);
        if (!run_with(&p, &options, dump, &b, &e))
            fail_msg("%s", e.text);
        buf_byte(&b, '\0');
        if (cases[i].expected ? !has(&b, cases[i].expected) : has(&b, "claims to be another"))
            fail_msg("%.*s of %s:\n%s", STR_ARG(cases[i].name), cases[i].sender, b.ptr);
        buf_free(&b);
        free(p.made);
    }
    mail_roster_free(roster);
}

/* Whom the text speaks for: a short line of it, at its beginning or its end. */
static void who_speaks(void **state) {
    static const struct {
        const char *sender, *excerpt, *expected;
    } cases[] = {
        {"desk@post-desk.example", "BBC News\nPorts prepare\n…\nGood bye",
         "the text of 3 of 3 messages bears the name of BBC, and comes"},
        {"desk@post-desk.example", "Ports prepare\n…\nJane Roe, The Guardian", "bears the name of "},
        {"desk@bbc.co.uk", "BBC News\nPorts prepare\n…\nGood bye", NULL},
        {"desk@news.bbc.co.uk", "BBC News\n", NULL},
        {"desk@post-desk.example",
         "A long sentence of the article, in which somebody told BBC News that ports were ready for the winter to "
         "come\n",
         NULL},
        {"desk@post-desk.example", "Ports prepare\n", NULL},
        {"desk@post-desk.example", "\n\n", NULL},
        {"m2@parl.example", "BBC News\n", NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pile p = {0};
        struct buf b = {0};

        mails(&p, cases[i].sender, (str)STR("Desk"));
        for (size_t k = 0; k < p.count; k++)
            if (strcmp(p.made[k].sender, cases[i].sender) == 0)
                p.made[k].m.excerpt = str_of(cases[i].excerpt);
        run(&p, &b);
        buf_byte(&b, '\0');
        if (cases[i].expected ? !has(&b, cases[i].expected) : has(&b, "speaks for another"))
            fail_msg("%s of %s:\n%s", cases[i].excerpt, cases[i].sender, b.ptr);
        buf_free(&b);
        free(p.made);
    }
}

/* A correspondent's name at another address; and not where the institution wrote to that one too. */
static void a_correspondents_name(void **state) {
    for (unsigned known = 0; known < 2; known++) {
        struct pile p = {0};
        struct buf b = {0};
        struct made *d;
        (void)state;

        mails(&p, "carl@private.example", (str)STR("Carl Correspondent"));
        d = more(&p);
        made_message(d, 1, "first letter", "carl@office.example", "m1@parl.example", 10);
        d->m.from_name = (str)STR("Carl Correspondent");
        made_message(more(&p), 2, "answer", "m1@parl.example", "carl@office.example", 11);
        made_message(more(&p), 3, "answer at home", "m1@parl.example",
                     known ? "carl@private.example" : "dora@elsewhere.example", 12);
        run(&p, &b);
        if (known)
            HAS_NOT(&b, "claims to be another");
        else
            HAS(&b, "claims to be another: \"Carl Correspondent\" (Carl Correspondent) writes from private.example");
        buf_free(&b);
        free(p.made);
    }
}

static void reasons(void **state) {
    static const struct {
        const char *name;
        int what;
        const char *expected, *absent;
    } cases[] = {
        {"nothing else", 0, "+2 first contact: no earlier mail from or to the sender\n", "two-way"},
        {"they wrote before", 1, "+1.5 unseen beacon", "first contact"},
        {"the institution wrote before", 2, "-4 two-way history: the institution wrote to the sender", "first contact"},
        {"SPF failed", 3, "+1.5 authentication failed: SPF, DKIM or DMARC of x.example in 3 of 3 messages\n",
         "missing"},
        {"nothing was judged", 4, "+0.5 authentication missing: no result in 3 of 3 messages, though most", "failed"},
        {"a look-alike", 5, "+4 look-alike domain: x.example looks like parl.example\n", "claims"},
        {"in personal dress", 6, "+1.5 bulk mail in personal dress: 3 of 3 messages", "mailing service"},
        {"its own", 7, "-5 the institution's own: sent from its own domain\n", "first contact"},
        {"the institution answered only afterwards", 12, "+2 first contact: no earlier mail from or to the sender\n",
         "two-way"},
        {"its own, forged", 10, "+1.5 authentication failed: SPF, DKIM or DMARC of parl.example in 3 of 3 messages\n",
         "institution's own"},
        {"the institution wrote, but that was forged", 11, "+2 first contact: no earlier mail from or to the sender\n",
         "two-way"},
        {"a service's marks without signature", 8, "bulk mail in personal dress", "-3 known mailing service"},
        {"the host is the sender's", 9, "+1.5 unseen beacon", "unrelated"},
    };
    (void)state;

    for (size_t c = 0; c < COUNT(cases); c++) {
        struct pile p = {0};
        struct buf b = {0};

        mails(&p, cases[c].what == 7 || cases[c].what == 10 ? "press@parl.example" : "a@x.example",
              (str)STR("Jane Roe"));
        if (cases[c].what == 1)
            made_message(more(&p), 1, "before", "b@x.example", "m1@parl.example", 100);
        if (cases[c].what == 2 || cases[c].what == 11)
            made_message(more(&p), 1, "before", "m1@parl.example", "a@x.example", 100);
        if (cases[c].what == 12)
            made_message(more(&p), 1, "after", "m1@parl.example", "a@x.example", 501);
        if (cases[c].what == 11)
            p.made[p.count - 1].m.dmarc = (str)STR("fail");
        for (size_t i = 30; i < 33; i++) {
            struct mail_message *const m = &p.made[i].m;

            if (cases[c].what == 3)
                m->spf = (str)STR("fail");
            if (cases[c].what == 10)
                m->dmarc = (str)STR("fail");
            if (cases[c].what == 4)
                m->spf = m->dkim = m->dmarc = (str)STR("");
            if (cases[c].what == 5)
                m->lookalike_of = (str)STR("parl.example");
            if (cases[c].what == 6)
                m->precedence = (str)STR("bulk");
            if (cases[c].what == 8) {
                m->headers = (str)STR("from,x-mc-user");
                m->list_unsubscribe = (str)STR("<mailto:u@x.example>");
            }
            if (cases[c].what == 9) {
                snprintf(p.made[i].host[0], sizeof p.made[i].host[0], "i.x.example");
                snprintf(p.made[i].url[0], sizeof p.made[i].url[0], "https://i.x.example/x.gif");
            }
        }
        run(&p, &b);
        if (!has(&b, cases[c].expected) || has(&b, cases[c].absent))
            fail_msg("%s: '%s' and not '%s':\n%s", cases[c].name, cases[c].expected, cases[c].absent, b.ptr);
        buf_free(&b);
        free(p.made);
    }
}

/* Accounts write more than one mail each, or are of several domains; an address for each mail is a mailing system's. */
static void accounts(void **state) {
    static const struct {
        const char *name;
        unsigned senders, domains, mails;
        const char *expected; /* NULL: they are no accounts */
    } cases[] = {
        {"five of one domain, two mails each", 5, 1, 10, "+3 several accounts: 5 senders of 1 domain\n"},
        {"four of four domains", 4, 4, 4, "+2 several accounts: 4 senders of 4 domains\n"},
        {"two", 2, 2, 10, NULL},
        {"one for each mail", 10, 1, 10, NULL},
    };
    (void)state;

    for (size_t c = 0; c < COUNT(cases); c++) {
        struct pile p = {0};
        struct buf b = {0};

        for (unsigned i = 0; i < cases[c].mails; i++) {
            char sender[64], to[64];

            snprintf(sender, sizeof sender, "a%u@x%u.example", i % cases[c].senders, i % cases[c].domains);
            snprintf(to, sizeof to, "m%u@parl.example", i);
            made_message(more(&p), i, "the mail", sender, to, 0);
        }
        run(&p, &b);
        assert_int_equal(campaigns(&b), 1);
        if (cases[c].expected ? !has(&b, cases[c].expected) : has(&b, "several accounts"))
            fail_msg("%s:\n%s", cases[c].name, b.ptr);
        buf_free(&b);
        free(p.made);
    }
}

static void one_group(void **state) {
    struct mail_campaign_options options = usual();
    struct mail_roster *roster = NULL;
    struct pile p = {0};
    struct buf b = {0}, text = {0};
    struct err e = {0};
    (void)state;

    for (unsigned i = 0; i < 40; i++)
        buf_format(&text, "m%u@parl.example,%s\n", i, i < 8 ? "members" : "staff");
    assert_true(mail_roster_read(&roster, S("r"), buf_str(&text), &e));
    options.roster = roster;
    mails(&p, "a@x.example", (str)STR(""));
    assert_true(run_with(&p, &options, dump, &b, &e));
    buf_byte(&b, '\0');
    HAS(&b, "+1 one group: 3 of 3 recipients of the roster are of members, which is 8 of its 40\n");
    HAS(&b, " to m1@parl.example [members] ");
    mail_roster_free(roster);
    buf_free(&b);
    buf_free(&text);
    free(p.made);
}

/* ---- the institution's own domains ---- */

static void own_domains_are_told_apart(void **state) {
    static const struct {
        const char *name, *to[3];
        size_t count;
    } cases[] = {
        {"most are delivered there", {"a@mail.parl.example", "b@parl.example", "c@else.example"}, 1},
        {"no majority", {"a@one.example", "b@two.example", "c@three.example"}, 0},
        {"mailboxes of everybody's", {"a@gmail.com", "b@gmail.com", "c@gmail.com"}, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mail_campaign_options options = usual();
        struct mail_campaigns *c = NULL;
        struct err e = {0};
        struct made d;
        size_t count;
        bool guessed;

        options.own_count = 0;
        assert_true(mail_campaigns_new(&c, &options, &e));
        for (unsigned m = 0; m < 3; m++) {
            made_message(&d, m, "x", "a@b.example", cases[i].to[m], m);
            assert_true(mail_campaigns_add(c, &d.m, &e));
        }
        struct buf b = {0};

        assert_true(mail_campaigns_end(c, dump, &b, &e));
        const str *const domains = mail_campaigns_own(c, &count, &guessed);

        assert_true(guessed);
        if (count != cases[i].count || (count && !str_eq(domains[0], S("parl.example"))))
            fail_msg("%s: %zu", cases[i].name, count);
        buf_free(&b);
        mail_campaigns_free(c);
    }
}

/* ---- failures ---- */

static void nothing_at_all(void **state) {
    struct pile p = {0};
    struct buf b = {0};
    (void)state;

    run(&p, &b);
    assert_string_equal(b.ptr, "");
    buf_free(&b);
}

static bool stop(void *ctx, const struct mail_campaign *c, struct err *e) {
    (void)c;
    ++*(unsigned *)ctx;
    return err_set(e, ERR_INTERRUPTED, 0, "stopped");
}

static void the_callback_stops(void **state) {
    struct mail_campaign_options const options = usual();
    struct pile p = {0};
    struct err e = {0};
    unsigned count = 0;
    (void)state;

    known_newsletter(&p);
    planted(&p, 5, 1);
    assert_false(run_with(&p, &options, stop, &count, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(count, 1);
    free(p.made);
}

static void a_folder_that_is_not_there(void **state) {
    struct mail_campaign_options options = usual();
    struct pile p = {0};
    struct buf b = {0};
    struct err e = {0};
    (void)state;

    options.folder = "/nowhere at all";
    options.memory_max = 4096;
    known_newsletter(&p);
    assert_false(run_with(&p, &options, dump, &b, &e));
    assert_int_equal(e.code, ERR_IO);
    buf_free(&b);
    free(p.made);
}

/* What is refused fails, or makes no difference (qsort does without). */
static void every_allocation_may_fail(void **state) {
    struct mail_campaign_options options = usual();
    struct buf whole = {0};
    struct pile p = {0};
    struct err e = {0};
    long limit = 0, failures = 0;
    (void)state;

    REFUSE_OR_SKIP();
    newsletter(&p, 1, "news.example", "n", 3, 3);
    planted(&p, 4, 1);
    run(&p, &whole);
    whole.len--;
    options.memory_max = 2048;
    for (bool refused = true; refused; limit++) {
        struct buf b = {0};

        if (!buf_reserve(&b, whole.len + 4096))
            abort();
        memory_left = limit;
        memory_gone_for_good = limit % 2;
        memory_refused = false;
        bool const ok = run_with(&p, &options, dump, &b, &e);

        memory_left = -1;
        memory_gone_for_good = false;
        refused = memory_refused;
        if (ok)
            assert_true(str_eq(buf_str(&b), buf_str(&whole)));
        else
            assert_int_equal(e.code, ERR_MEMORY);
        failures += !ok;
        buf_free(&b);
    }
    assert_true(failures > 50 && failures + 20 > limit);
    buf_free(&whole);
    free(p.made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_planted_campaign_is_first_and_whole),
        cmocka_unit_test(reasons_are_told),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(copies_are_one_message),
        cmocka_unit_test(one_identifier_for_all_hides_no_token),
        cmocka_unit_test(what_is_no_campaign),
        cmocka_unit_test(skeletons),
        cmocka_unit_test(short_texts),
        cmocka_unit_test(without_text_nothing_is_alike),
        cmocka_unit_test(a_borrowed_text_is_another_campaign),
        cmocka_unit_test(a_borrowed_name_is_another_campaign),
        cmocka_unit_test(hosts_join),
        cmocka_unit_test(tokens),
        cmocka_unit_test(candidates),
        cmocka_unit_test(a_message_to_two),
        cmocka_unit_test(whose_a_token_is),
        cmocka_unit_test(recipients_nobody_named),
        cmocka_unit_test(claims),
        cmocka_unit_test(who_speaks),
        cmocka_unit_test(a_correspondents_name),
        cmocka_unit_test(reasons),
        cmocka_unit_test(accounts),
        cmocka_unit_test(one_group),
        cmocka_unit_test(own_domains_are_told_apart),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(the_callback_stops),
        cmocka_unit_test(a_folder_that_is_not_there),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
