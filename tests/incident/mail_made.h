/* mail_made: messages of a test's own making, and sketches with just so much in common. */
#ifndef TESTS_MAIL_MADE_H
#define TESTS_MAIL_MADE_H

#include "base/hash.h"
#include "base/instant.h"
#include "incident/mail_campaign.h"

/* The sketch of some texts, as MinHash has it: as much in common as the texts. */
static inline void made_sketch(struct sketch *s, const char *const *shingles, size_t count) {
    s->shingles = (uint32_t)count;
    for (size_t i = 0; i < SKETCH_SIZE; i++) {
        s->mins[i] = UINT32_MAX;
        for (size_t w = 0; w < count; w++) {
            uint64_t const h = hash_bytes(str_of(shingles[w]), i + 1);

            if ((uint32_t)h < s->mins[i])
                s->mins[i] = (uint32_t)h;
        }
    }
}

/* The skeleton of that name: thirty shingles, of which `changed` are another's. */
static inline void made_skeleton(struct sketch *s, const char *name, unsigned changed) {
    char text[30][96];
    const char *shingles[30];

    for (unsigned i = 0; i < 30; i++) {
        snprintf(text[i], sizeof text[i], "%s %u%s", name, i, i < changed ? " changed" : "");
        shingles[i] = text[i];
    }
    made_sketch(s, shingles, 30);
}

#define MADE_DAY (INT64_C(86400) * 1000000000)
#define MADE_START (INT64_C(1600000000) * 1000000000) /* 2020-09-13 */

/* A message with room for what it points to. */
struct made {
    struct mail_message m;
    char id[64], url[2][256], host[2][128], sender[96], path[64];
    str to[4];
    char to_text[4][64];
    struct mail_url urls[2];
};

static inline str made_text(char *room, size_t size, const char *text) {
    snprintf(room, size, "%s", text);
    return str_of(room);
}

/* From `sender` to `to`, on that day; `number` makes it another message. */
static inline void made_message(struct made *d, unsigned number, const char *skeleton, const char *sender,
                                const char *to, unsigned day) {
    *d = (struct made){0};
    snprintf(d->id, sizeof d->id, "%u@made.example", number);
    d->m = (struct mail_message){
        .evidence_path = made_text(d->path, sizeof d->path, "mail.mbox"),
        .evidence_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .record = number,
        .offset = number * UINT64_C(1000),
        .when = MADE_START + day * MADE_DAY + number * INT64_C(1000000),
        .message_id = str_of(d->id),
        .subject = STR("Subject"),
        .from = made_text(d->sender, sizeof d->sender, sender),
        .from_name = STR(""),
        .reply_to = STR(""),
        .return_path = STR(""),
        .list_id = STR(""),
        .list_unsubscribe = STR(""),
        .precedence = STR(""),
        .feedback_id = STR(""),
        .mailer = STR(""),
        .headers = STR("from,to,subject"),
        .spf = STR("pass"),
        .dkim = STR("pass"),
        .dmarc = STR("pass"),
        .lookalike_of = STR(""),
        .excerpt = STR(""),
    };
    size_t const at = str_find_byte(d->m.from, '@');

    d->m.from_domain = at == SIZE_MAX ? (str){"", 0} : str_from(d->m.from, at + 1);
    d->m.return_path = d->m.from;
    d->m.urls = d->urls;
    d->m.recipients = d->m.delivered_to = d->to;
    d->to[0] = made_text(d->to_text[0], sizeof d->to_text[0], to);
    d->m.recipient_count = d->m.delivered_count = to[0] != '\0';
    made_skeleton(&d->m.sketch, skeleton, 0);
}

static inline void made_url(struct made *d, const char *host, const char *path, enum html_where where, uint32_t flags) {
    uint32_t const i = d->m.url_count++;

    snprintf(d->host[i], sizeof d->host[i], "%s", host);
    snprintf(d->url[i], sizeof d->url[i], "https://%s%s", host, path);
    d->urls[i] = (struct mail_url){str_of(d->url[i]), str_of(d->host[i]), where, flags};
}

/* Everything of a campaign as text: what is compared when order must not matter. */
static inline void made_dump(struct buf *b, const struct mail_campaign *c) {
    buf_format(b, "%lu %.17g \"%.*s\" %.*s %ld %ld %lu\n", (unsigned long)c->number, c->score, STR_ARG(c->subject),
               STR_ARG(c->service), (long)c->first, (long)c->last, (unsigned long)c->copies);
    for (size_t i = 0; i < c->reason_count; i++)
        buf_format(b, " %+g %.*s: %.*s\n", c->reasons[i].weight, STR_ARG(c->reasons[i].what),
                   STR_ARG(c->reasons[i].detail));
    for (size_t i = 0; i < c->sender_count; i++)
        buf_format(b, " from %.*s\n", STR_ARG(c->senders[i]));
    for (size_t i = 0; i < c->sender_domain_count; i++)
        buf_format(b, " domain %.*s\n", STR_ARG(c->sender_domains[i]));
    for (size_t i = 0; i < c->host_count; i++)
        buf_format(b, " host %.*s\n", STR_ARG(c->hosts[i]));
    for (size_t i = 0; i < c->message_count; i++)
        buf_format(b, " mail %.*s %lu %lu %s %ld x%lu %.*s\n", STR_ARG(c->messages[i].evidence_path),
                   (unsigned long)c->messages[i].offset, (unsigned long)c->messages[i].record,
                   c->messages[i].evidence_sha256, (long)c->messages[i].when, (unsigned long)c->messages[i].copies,
                   STR_ARG(c->messages[i].message_id));
    for (size_t i = 0; i < c->recipient_count; i++) {
        const struct mail_recipient *const r = &c->recipients[i];

        buf_format(b, " to %.*s [%.*s]%s %ld %ld:", STR_ARG(r->address), STR_ARG(r->group),
                   r->delivered ? " delivered" : "", (long)r->first, (long)r->last);
        for (size_t m = 0; m < r->message_count; m++)
            buf_format(b, " %lu", (unsigned long)r->messages[m]);
        for (size_t t = 0; t < r->token_count; t++)
            buf_format(b, " %.*s@%.*s(%lu%s)", STR_ARG(r->tokens[t].token), STR_ARG(r->tokens[t].host),
                       (unsigned long)r->tokens[t].message, r->tokens[t].by_shape ? "?" : "");
        buf_byte(b, '\n');
    }
}

#endif
