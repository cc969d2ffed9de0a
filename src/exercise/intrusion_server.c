/* intrusion_server: the mail server entered through its own web pages, a page of the intruder's on it for more than a year, spam from the
 * own server as a symptom, one server cleaned, and the registers read from the other. */
#include "exercise/intrusion.h"
#include "exercise/records.h"

#define W3WP "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
#define CMD "C:\\Windows\\System32\\cmd.exe"

static const char *const pages[2] = {"/aspnet_client/system_web/iisext.aspx", "/owa/auth/current/themes/errorEE.aspx"};

/* What somebody at the page asked the server. */
static void commands(struct plan *p, uint32_t host, int64_t when, unsigned count) {
    static const char *const lines[] = {"cmd.exe /c whoami", "cmd.exe /c ipconfig /all",
                                        "cmd.exe /c net group \"Domain Admins\" /domain", "cmd.exe /c dir D:\\",
                                        "cmd.exe /c tasklist"};
    char name[16];

    for (unsigned i = 0; i < count; i++) {
        size_t const at = rng_below(p->o->r, COUNT(lines));

        plan_act(p, "T1505.003", "execution", "the web server of %.*s starts a shell",
                 STR_ARG(plan_host(p, host, name)));
        record_process(p->o, when + (int64_t)i * 25 * SECOND, host, "SYSTEM", CMD, lines[at], W3WP);
    }
}

static void visit(struct plan *p, unsigned server, uint32_t door, int64_t when, const char *address, str agent) {
    unsigned const count = 3 + (unsigned)rng_below(p->o->r, 6);
    char name[16];

    for (unsigned i = 0; i < count; i++) {
        plan_act(p, "T1505.003", "persistence", "visits the page on %.*s",
                 STR_ARG(plan_host(p, HOST_MX01 + server, name)));
        record_iis(p->o, when + (int64_t)i * 20 * SECOND, server,
                   &(struct request){.method = "POST",
                                     .path = pages[server],
                                     .query = "-",
                                     .client = str_of(address),
                                     .agent = agent,
                                     .user = "-",
                                     .referrer = "-",
                                     .status = 200});
    }
    commands(p, HOST_MX01 + server, when + 10 * SECOND, 1 + (unsigned)rng_below(p->o->r, 2));
    truth_door_used(p->o->truth, p->id, door, when);
}

static void enter(struct plan *p, int64_t when, const char *address, str agent) {
    static const char *const steps[][3] = {
        {"GET", "/autodiscover/autodiscover.json",
         "@chamber.test/owa/?&Email=autodiscover/autodiscover.json%3F@chamber.test"},
        {"POST", "/autodiscover/autodiscover.json",
         "@chamber.test/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@chamber.test"},
        {"POST", "/autodiscover/autodiscover.json",
         "@chamber.test/powershell/?X-Rps-CAT=[elided]&Email=autodiscover/autodiscover.json%3F@chamber.test"},
        {"POST", "/autodiscover/autodiscover.json",
         "@chamber.test/powershell/?X-Rps-CAT=[elided]&Email=autodiscover/autodiscover.json%3F@chamber.test"}};

    for (unsigned i = 0; i < COUNT(steps); i++) {
        plan_act(p, "T1190", "initial-access", "request to MX01 that reaches what no client may reach");
        record_iis(p->o, when + i * 11 * SECOND, 0,
                   &(struct request){.method = steps[i][0],
                                     .path = steps[i][1],
                                     .query = steps[i][2],
                                     .client = str_of(address),
                                     .agent = agent,
                                     .user = "-",
                                     .referrer = "-",
                                     .status = 200});
    }
}

static void spam(struct plan *p, uint32_t day) {
    struct office *const o = p->o;
    int64_t const when = plan_when(p, day, 1, 2);
    struct person *const who = &o->people[5 % o->accounts], *const admin = &o->people[0];
    char to[60], from[80];

    for (unsigned i = 0; i < 60; i++) {
        snprintf(to, sizeof to, "customer%u@shop%u.test", (unsigned)rng_below(o->r, 900), i % 7);
        plan_act(p, "T1534", "impact", "spam from the own server");
        record_tracking(o, when + (int64_t)i * 30 * SECOND, 0, "scanner@" DOMAIN, to, S("Your parcel is waiting"),
                        "127.0.0.1");
    }
    snprintf(from, sizeof from, "%s@" DOMAIN, who->login);
    plan_symptom(p, "somebody reports spam that comes from the own server");
    record_message(o, when + 8 * HOUR,
                   &(struct message){.from_name = who->name,
                                     .from = from,
                                     .domain = DOMAIN,
                                     .subject = S("Spam from our own server?"),
                                     .text = S("Hello,\n\na partner has just asked me why we send him messages about "
                                               "parcels. They really come from our server. "
                                               "Could you have a look?\n"),
                                     .html = STR(""),
                                     .headers = "",
                                     .server = "mx01." DOMAIN,
                                     .address = "10.10.0.16",
                                     .checks = "spf=pass; dkim=pass; dmarc=pass"},
                   admin);
}

/* MX01 is cleaned, and taken for all there is. */
static void clean(struct plan *p, uint32_t day, uint32_t door) {
    struct office *const o = p->o;
    int64_t const when = plan_when(p, day, 9, 11);
    const struct person *const admin = &o->people[0];
    char from[ADDRESS_MAX];

    host_address(SERVERS + admin->number, from);
    plan_answer(p, "the page on MX01 is deleted");
    record_windows(o, when, HOST_MX01, 4663, "SubjectUserName", admin->login, "SubjectDomainName", NETBIOS,
                   "SubjectLogonId", "0x61aa07", "ObjectType", "File", "ObjectName",
                   "C:\\inetpub\\wwwroot\\aspnet_client\\system_web\\iisext.aspx", "AccessMask", "0x10000",
                   "AccessList", "%%1537", "ProcessName", "C:\\Windows\\explorer.exe", NULL);
    truth_door_closed(o->truth, p->id, door, when, "page deleted");
    plan_answer(p, "the page on MX01 is gone");
    record_iis(o, when + 5 * MINUTE, 0,
               &(struct request){.method = "GET",
                                 .path = pages[0],
                                 .query = "-",
                                 .client = str_of(from),
                                 .agent = S("Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
                                 .user = admin->login,
                                 .referrer = "-",
                                 .status = 404});
}

/* A night at the registers, from MX02. */
static void registers(struct plan *p, uint32_t day, const char *login, unsigned first) {
    struct office *const o = p->o;
    int64_t const when = plan_when(p, day, 0, 3);
    uint64_t bytes = 0;
    char from[ADDRESS_MAX], file[60], object[80], name[16];

    host_address(HOST_MX02, from);
    (void)plan_host(p, HOST_REG01, name);
    plan_act(p, "T1021.002", "lateral-movement", "%s comes to REG01 from MX02", login);
    record_logon(o, when, HOST_REG01, login, 3, from, "MX02", true);
    plan_act(p, "T1039", "collection", "share of the registers opened");
    record_share(o, when + 4 * SECOND, HOST_REG01, login, from, "Registers$", "");
    for (unsigned i = 0; i < 8; i++) {
        struct wall const w = instant_wall(o->begin);
        uint64_t const rows = 18000 + rng_fixed(o->seed, 700, first * 8 + i) % 30000;

        snprintf(file, sizeof file, "archive\\roll-%u-%02u.csv", (unsigned)w.year - 1 - first % 3,
                 (first * 8 + i) % 40);
        snprintf(object, sizeof object, "REG01\\Registers$\\%s", file);
        plan_act(p, "T1039", "collection", "register read: %s", file);
        record_share(o, when + (i + 1) * 40 * SECOND, HOST_REG01, login, from, "Registers$", file);
        truth_object(o->truth, p->id, str_of(object), rows);
        bytes += rows * 110;
    }
    plan_act(p, "T1041", "exfiltration", "%llu bytes from MX02 to 203.0.113.91", (unsigned long long)bytes);
    record_flow_tls(o, when + 30 * MINUTE,
                    &(struct flow){.from = from,
                                   .to = "203.0.113.91",
                                   .service = "ssl",
                                   .port = 443,
                                   .lasts = 9 * MINUTE,
                                   .sent = bytes,
                                   .received = 40000},
                    "cdn.static-keep.test");
    truth_left(o->truth, p->id, when + 30 * MINUTE, S("203.0.113.91"), bytes);
}

static bool run(struct plan *p) {
    struct office *const o = p->o;
    uint32_t const start = plan_day(p, 5, 20), second = start + 12 + (uint32_t)rng_below(o->r, 10),
                   noticed = start + 50 + (uint32_t)rng_below(o->r, 25),
                   cleaned = noticed + 2 + (uint32_t)rng_below(o->r, 4);
    /* Fourteen months, or what there is of them. */
    uint32_t const last = start + 425 < o->days - 5 ? start + 425 : o->days - 5;
    bool const found = rng_chance(o->r, 50);
    struct person *const account = office_person(o, ROLE_STAFF, start, o->days, false, true);
    static const str agents[] = {STR("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:83.0) Gecko/20100101 Firefox/83.0"),
                                 STR("ExchangeServicesClient/0.0.0.0")};
    char address[ADDRESS_MAX], name[16], user[80];
    unsigned nights = 0;

    if (!account)
        return false;
    account->taken = true;
    plan_begin(p, &shape_server);
    snprintf(user, sizeof user, NETBIOS "\\%s", account->login);
    plan_put(p, TRUTH_ACCOUNTS, account->login);
    plan_put(p, TRUTH_ADDRESSES, "203.0.113.91");
    plan_put(p, TRUTH_DOMAINS, "static-keep.test");
    plan_put(p, TRUTH_PROGRAMS, agents[0].ptr);

    plan_relay(p, address);
    int64_t const first = plan_when(p, start, 2, 20);

    enter(p, first, address, agents[1]);
    plan_put(p, TRUTH_PROGRAMS, agents[1].ptr);
    uint32_t const one =
        truth_door(o->truth, p->id, "web_shell", S("MX01 /aspnet_client/system_web/iisext.aspx"), first + 3 * MINUTE);

    visit(p, 0, one, first + 3 * MINUTE, address, agents[0]);
    for (uint32_t day = start + 3; day < cleaned; day += 9 + (uint32_t)rng_below(o->r, 8)) {
        if (rng_chance(o->r, 60))
            plan_relay(p, address);
        visit(p, 0, one, plan_when(p, day, 1, 22), address, agents[0]);
    }
    /* The account that still has its first password, and the second server. */
    int64_t const moved = plan_when(p, second, 3, 5);

    plan_act(p, "T1078.002", "lateral-movement", "%s comes to MX02 from MX01", account->login);
    record_logon(o, moved, HOST_MX02, account->login, 3, "10.10.0.16", "MX01", true);
    plan_act(p, "T1021.002", "lateral-movement", "administrative share of MX02 opened");
    record_share(o, moved + 5 * SECOND, HOST_MX02, account->login, "10.10.0.16", "C$", "");
    plan_act(p, "T1505.003", "persistence", "page written to MX02");
    record_share(o, moved + 20 * SECOND, HOST_MX02, account->login, "10.10.0.16", "C$",
                 "inetpub\\wwwroot\\owa\\auth\\current\\themes\\errorEE.aspx");
    (void)plan_host(p, HOST_MX02, name);
    uint32_t const two = truth_door(o->truth, p->id, "web_shell", S("MX02 /owa/auth/current/themes/errorEE.aspx"),
                                    moved + 20 * SECOND),
                   door = truth_door(o->truth, p->id, "account", str_of(user), moved);

    spam(p, noticed);
    clean(p, cleaned, one);
    for (uint32_t day = cleaned + 6; day < last; day += 16 + (uint32_t)rng_below(o->r, 14)) {
        int64_t const when = plan_when(p, day, 1, 22);

        if (rng_chance(o->r, 60))
            plan_relay(p, address);
        visit(p, 1, two, when, address, agents[0]);
        if (nights < 12 && rng_chance(o->r, 55)) {
            registers(p, day + 1, account->login, nights++);
            truth_door_used(o->truth, p->id, door, plan_when(p, day + 1, 0, 1));
        }
    }
    if (found) {
        int64_t const when = plan_when(p, last + 1, 10, 12);

        plan_answer(p, "the page on MX02 is deleted");
        record_windows(o, when, HOST_MX02, 4663, "SubjectUserName", o->people[0].login, "SubjectDomainName", NETBIOS,
                       "SubjectLogonId", "0x61ab01", "ObjectType", "File", "ObjectName",
                       "C:\\inetpub\\wwwroot\\owa\\auth\\current\\themes\\errorEE.aspx", "AccessMask", "0x10000",
                       "AccessList", "%%1537", "ProcessName", "C:\\Windows\\explorer.exe", NULL);
        truth_door_closed(o->truth, p->id, two, when, "page deleted");
        plan_answer(p, "password of %s reset", account->login);
        record_windows(o, when + 20 * MINUTE, HOST_DC01, 4724, "TargetUserName", account->login, "TargetDomainName",
                       NETBIOS, "SubjectUserName", o->people[0].login, "SubjectDomainName", NETBIOS, "SubjectLogonId",
                       "0x61ab44", NULL);
        truth_door_closed(o->truth, p->id, door, when + 20 * MINUTE, "password reset");
    }
    return true;
}

const struct shape shape_server = {"mail-server", "Web shells on the mail servers; one is cleaned, the other is not",
                                   "requests to MX01 that reached what no client may reach", run};
