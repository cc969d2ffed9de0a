/* records_net: Zeek's conn, dns, http and ssl, and the VPN gateway's events. */
#include "exercise/records.h"

/* What all of Zeek's logs begin with. */
static void begin(struct buf *b, int64_t when, const char *uid, const char *from, unsigned port, const char *to,
                  unsigned to_port) {
    b->len = 0;
    buf_format(b, "%lld.%06lld\t%s\t%s\t%u\t%s\t%u\t", (long long)(when / SECOND), (long long)(when % SECOND / 1000),
               uid, from, port, to, to_port);
}

static void uid_of(struct office *o, char out[20]) {
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint64_t n = rng_next(o->r);

    out[0] = 'C';
    for (unsigned i = 1; i < 18; i++) {
        out[i] = digits[n % 62];
        n = i == 9 ? rng_next(o->r) : n / 62;
    }
    out[18] = '\0';
}

static bool inside(const char *address) {
    return strncmp(address, "10.", 3) == 0;
}

static void flow(struct office *o, int64_t when, const struct flow *w, const char *uid, unsigned port) {
    struct buf *const b = &o->line;

    begin(b, when, uid, w->from, port, w->to, w->port);
    buf_format(b, "%s\t%s\t%lld.%06lld\t%llu\t%llu\tSF\t%c\t%c", w->udp ? "udp" : "tcp", w->service,
               (long long)(w->lasts / SECOND), (long long)(w->lasts % SECOND / 1000), (unsigned long long)w->sent,
               (unsigned long long)w->received, inside(w->from) ? 'T' : 'F', inside(w->to) ? 'T' : 'F');
    feed_add(o->feed, when, SOURCE_CONN, buf_str(b));
}

static unsigned some_port(struct office *o) {
    return (unsigned)(32768 + rng_below(o->r, 28000));
}

void record_flow(struct office *o, int64_t when, const struct flow *w) {
    char uid[20];

    uid_of(o, uid);
    flow(o, when, w, uid, some_port(o));
}

void record_flow_tls(struct office *o, int64_t when, const struct flow *w, const char *name) {
    unsigned const port = some_port(o);
    char uid[20];

    uid_of(o, uid);
    flow(o, when, w, uid, port);
    begin(&o->line, when + SECOND / 50, uid, w->from, port, w->to, w->port);
    buf_format(&o->line, "TLSv13\t%s\tT", name);
    feed_add(o->feed, when + SECOND / 50, SOURCE_SSL, buf_str(&o->line));
}

void record_flow_http(struct office *o, int64_t when, const struct flow *w, const char *host, const char *method,
                      const char *uri, str agent, unsigned status) {
    unsigned const port = some_port(o);
    char uid[20];

    /* The request first: it is what is noted. */
    uid_of(o, uid);
    begin(&o->line, when + SECOND / 50, uid, w->from, port, w->to, w->port);
    buf_format(&o->line, "%s\t%s\t%s\t-\t%.*s\t0\t%llu\t%u", method, host, uri, STR_ARG(agent),
               (unsigned long long)w->received, status);
    feed_add(o->feed, when + SECOND / 50, SOURCE_HTTP, buf_str(&o->line));
    flow(o, when, w, uid, port);
}

void record_name(struct office *o, int64_t when, const char *from, const char *query, const char *answer) {
    char uid[20], server[ADDRESS_MAX];

    uid_of(o, uid);
    host_address(HOST_DC01, server);
    begin(&o->line, when, uid, from, some_port(o), server, 53);
    buf_format(&o->line, "udp\t%s\tA\t%s\t%s", query, *answer ? "NOERROR" : "NXDOMAIN", *answer ? answer : "-");
    feed_add(o->feed, when, SOURCE_DNS, buf_str(&o->line));
}

void record_vpn(struct office *o, int64_t when, const char *action, const char *user, const char *address,
                const char *tunnel, uint64_t number) {
    struct wall const w = instant_wall(when);
    bool const failed = strcmp(action, "ssl-login-fail") == 0;

    o->line.len = 0;
    buf_format(&o->line,
               "date=%04d-%02d-%02d time=%02d:%02d:%02d devname=\"VPN01\" devid=\"FGEXERCISE000001\" eventtime=%lld "
               "tz=\"+0000\" ",
               w.year, w.month, w.day, w.hour, w.minute, w.second, (long long)when);
    buf_format(
        &o->line,
        "logid=\"%s\" type=\"event\" subtype=\"vpn\" level=\"%s\" vd=\"root\" logdesc=\"SSL VPN %s\" action=\"%s\" ",
        failed                             ? "0101039426"
        : strcmp(action, "tunnel-up") == 0 ? "0101039947"
                                           : "0101039948",
        failed ? "alert" : "information",
        failed                             ? "login fail"
        : strcmp(action, "tunnel-up") == 0 ? "tunnel up"
                                           : "tunnel down",
        action);
    buf_format(&o->line,
               "tunneltype=\"ssl-tunnel\" tunnelid=%llu remip=%s tunnelip=%s user=\"%s\" group=\"vpn-users\" "
               "dst_host=\"N/A\" reason=\"%s\" "
               "exercise=\"synthetic\"",
               (unsigned long long)number, address, tunnel, user, failed ? "sslvpn_login_unknown_user" : "N/A");
    feed_add(o->feed, when, SOURCE_VPN, buf_str(&o->line));
}
