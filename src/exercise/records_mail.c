/* records_mail: messages as they lie in mailboxes, and what the mail gateway and the mail servers say of them. */
#include "exercise/records.h"

void message_id(uint64_t number, const char *domain, char out[96]) {
    snprintf(out, 96, "<ex%016llx@%s>", (unsigned long long)number, domain);
}

static void mail_date(struct buf *b, int64_t when) {
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    struct wall const w = instant_wall(when);

    buf_format(b, "%s, %d %s %04d %02d:%02d:%02d +0000", days[when / DAY % 7], w.day, months[w.month - 1], w.year,
               w.hour, w.minute, w.second);
}

static void envelope_line(struct buf *b, int64_t when, const char *from) {
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    struct wall const w = instant_wall(when);

    buf_format(b, "From %s %s %s %2d %02d:%02d:%02d %04d\n", from, days[when / DAY % 7], months[w.month - 1], w.day,
               w.hour, w.minute, w.second, w.year);
}

static void delivered(void *ctx, uint64_t number, const char *domain) {
    struct person *const p = ctx;

    p->messages[p->delivered % MESSAGES_KEPT].number = number;
    p->messages[p->delivered % MESSAGES_KEPT].domain = domain;
    p->delivered++;
}

void record_message(struct office *o, int64_t when, const struct message *m, struct person *p) {
    struct buf *const b = &o->line;
    uint64_t const number = rng_next(o->r);
    int64_t const sent = when - 2 * SECOND;
    char id[96], to[80];

    message_id(number, m->domain, id);
    snprintf(to, sizeof to, "%s@" DOMAIN, p->login);
    b->len = 0;
    if (!p->maildir)
        envelope_line(b, when, m->from);
    buf_format(b, "Return-Path: <%s>\nDelivered-To: %s\n", m->from, to);
    buf_format(b, "Received: from %s (%s [%s])\n\tby gw01." DOMAIN " (Postfix) with ESMTPS id %08llX\n\tfor <%s>; ",
               m->server, m->server, m->address, (unsigned long long)(number & 0xffffffff), to);
    mail_date(b, when - SECOND);
    buf_format(b, "\nAuthentication-Results: gw01." DOMAIN "; %s\nX-Longwatch-Exercise: synthetic\n%sDate: ", m->checks,
               m->headers);
    mail_date(b, sent);
    buf_format(b, "\nFrom: \"%s\" <%s>\nTo: \"%s\" <%s>\nMessage-ID: %s\nSubject: %.*s\nMIME-Version: 1.0\n",
               m->from_name, m->from, p->name, to, id, STR_ARG(m->subject));
    if (m->html.len)
        buf_format(b,
                   "Content-Type: multipart/alternative; boundary=\"=_ex%08llx\"\n\n--=_ex%08llx\nContent-Type: "
                   "text/plain; charset=utf-8\n\n%.*s\n"
                   "--=_ex%08llx\nContent-Type: text/html; charset=utf-8\n\n%.*s\n--=_ex%08llx--\n",
                   (unsigned long long)(number >> 32), (unsigned long long)(number >> 32), STR_ARG(m->text),
                   (unsigned long long)(number >> 32), STR_ARG(m->html), (unsigned long long)(number >> 32));
    else
        buf_format(b, "Content-Type: text/plain; charset=utf-8\n\n%.*s\n", STR_ARG(m->text));
    feed_add_message(o->feed, when, buf_str(b), p->maildir ? str_of(p->login) : (str){"", 0},
                     &(struct feed_done){.done = delivered, .ctx = p, .number = number, .text = m->domain});
    if (strcmp(m->domain, DOMAIN) != 0)
        record_gateway(o, when - SECOND / 2, m->from, to, m->subject, m->address, number, true);
}

void record_gateway(struct office *o, int64_t when, const char *from, const char *to, str subject, const char *address,
                    uint64_t number, bool allowed) {
    struct buf *const b = &o->line;
    char room[INSTANT_TEXT];

    b->len = 0;
    buf_format(b,
               "{\"message_id\":\"ex-%016llx\",\"timestamp\":\"%.*s\",\"src_ip\":\"%s\",\"env_from\":\"%s\",\"hdr_"
               "from\":\"%s\",\"hdr_to\":\"%s\",\"subject\":",
               (unsigned long long)number, STR_ARG(instant_format(when - when % 1000000, room)), address, from, from,
               to);
    buf_json(b, subject);
    buf_format(b,
               ",\"recipient_count\":1,\"recipients\":[{\"email\":\"%s\",\"action\":\"%s\",\"reason\":\"%s\","
               "\"delivered\":\"%s\"}],\"size\":%llu,"
               "\"exercise\":\"synthetic\"}",
               to, allowed ? "allowed" : "blocked", allowed ? "" : "score", allowed ? "delivered" : "not_delivered",
               (unsigned long long)(1200 + number % 9000));
    feed_add(o->feed, when, SOURCE_GATEWAY, buf_str(b));
}

void record_tracking(struct office *o, int64_t when, unsigned server, const char *from, const char *to, str subject,
                     const char *client) {
    char room[INSTANT_TEXT], id[96], address[ADDRESS_MAX], name[16];

    message_id(rng_next(o->r), DOMAIN, id);
    host_address(HOST_MX01 + server, address);
    o->line.len = 0;
    buf_format(&o->line, "%.*s,%s,%s,%s,%.*s,SMTP,SEND,%s,%s,%llu,1,\"%.*s\",%s,%s,Originating,%s",
               STR_ARG(instant_format(when - when % 1000000, room)), address, client, address,
               STR_ARG(host_name(HOST_MX01 + server, name)), id, to, (unsigned long long)(900 + rng_below(o->r, 20000)),
               STR_ARG(subject), from, from, client);
    feed_add(o->feed, when, SOURCE_TRACKING, buf_str(&o->line));
}
