/* records_web: IIS (W3C), Apache (combined, with the virtual host in front), and the web proxy. */
#include "exercise/records.h"

static void plussed(struct buf *b, str s) {
    for (size_t i = 0; i < s.len; i++)
        buf_byte(b, s.ptr[i] == ' ' ? '+' : s.ptr[i]);
}

void record_iis(struct office *o, int64_t when, unsigned server, const struct request *q) {
    struct buf *const b = &o->line;
    struct wall const w = instant_wall(when);
    char address[ADDRESS_MAX];

    host_address(HOST_MX01 + server, address);
    b->len = 0;
    buf_format(b, "%04d-%02d-%02d %02d:%02d:%02d %s %s %s %s 443 %s %.*s ", w.year, w.month, w.day, w.hour, w.minute,
               w.second, address, q->method, q->path, q->query, q->user, STR_ARG(q->client));
    plussed(b, q->agent);
    buf_format(b, " %s %u 0 0 %u", q->referrer, q->status, (unsigned)(3 + rng_below(o->r, 400)));
    feed_add(o->feed, when, server ? SOURCE_IIS2 : SOURCE_IIS1, buf_str(b));
}

static void apache_time(struct buf *b, int64_t when) {
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct wall const w = instant_wall(when);

    buf_format(b, "[%02d/%s/%04d:%02d:%02d:%02d +0000]", w.day, months[w.month - 1], w.year, w.hour, w.minute,
               w.second);
}

static void combined(struct office *o, struct buf *b, int64_t when, const struct request *q) {
    (void)o;
    buf_format(b, "%.*s - %s ", STR_ARG(q->client), q->user);
    apache_time(b, when);
    buf_format(b, " \"%s %s%s%s HTTP/1.1\" %u %u \"%s\" \"%.*s\"", q->method, q->path, *q->query == '-' ? "" : "?",
               *q->query == '-' ? "" : q->query, q->status, q->bytes, q->referrer, STR_ARG(q->agent));
}

void record_www(struct office *o, int64_t when, const char *host, const struct request *q) {
    o->line.len = 0;
    buf_format(&o->line, "%s ", host);
    combined(o, &o->line, when, q);
    feed_add(o->feed, when, SOURCE_WWW, buf_str(&o->line));
}

void record_proxy(struct office *o, int64_t when, const struct request *q) {
    o->line.len = 0;
    combined(o, &o->line, when, q);
    feed_add(o->feed, when, SOURCE_PROXY, buf_str(&o->line));
}
