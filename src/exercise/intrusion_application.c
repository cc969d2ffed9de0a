/* intrusion_application: a flaw of the public register's application, from there to service accounts, firewall openings, a session of a
 * remote desktop continued from another network, archives in a folder of the system, and out. */
#include "exercise/intrusion.h"
#include "exercise/records.h"

#define JAVA "C:\\Program Files\\Java\\bin\\java.exe"
#define CMD "C:\\Windows\\System32\\cmd.exe"

static void process(struct plan *p, uint32_t host, int64_t when, const char *login, const char *image, const char *line,
                    const char *parent, const char *technique, const char *tactic, const char *what) {
    char name[16];

    plan_act(p, technique, tactic, "%s on %.*s", what, STR_ARG(plan_host(p, host, name)));
    record_process(p->o, when, host, login, image, line, parent);
}

/* Returns the door. */
static uint32_t firewall(struct plan *p, int64_t when, unsigned port, bool found, int64_t end) {
    struct office *const o = p->o;
    char line[160], rule[40], text[8], identity[40];

    snprintf(rule, sizeof rule, "Register Sync %u", port);
    snprintf(text, sizeof text, "%u", port);
    snprintf(line, sizeof line,
             "netsh advfirewall firewall add rule name=\"%s\" dir=in action=allow protocol=TCP localport=%u", rule,
             port);
    process(p, HOST_APP01, when, "svc_register", "C:\\Windows\\System32\\netsh.exe", line, CMD, "T1562.004",
            "defense-evasion", "firewall opening");
    plan_act(p, "T1562.004", "defense-evasion", "inbound port %u is open on APP01", port);
    record_windows(o, when + SECOND, HOST_APP01, 2004, "RuleId", "{EXERCISE}", "RuleName", rule, "Direction", "1",
                   "Action", "3", "Protocol", "6", "LocalPorts", text, "ModifyingApplication",
                   "C:\\Windows\\System32\\netsh.exe", NULL);
    snprintf(identity, sizeof identity, "APP01 tcp/%u", port);
    uint32_t const door = truth_door(o->truth, p->id, "firewall_opening", str_of(identity), when + SECOND);

    if (found) {
        plan_answer(p, "inbound port %u is closed on APP01", port);
        record_windows(o, end, HOST_APP01, 2006, "RuleId", "{EXERCISE}", "RuleName", rule, "LocalPorts", text,
                       "ModifyingApplication", "C:\\Windows\\System32\\mmc.exe", NULL);
        truth_door_closed(o->truth, p->id, door, end, "rule deleted");
    }
    return door;
}

static void roast(struct plan *p, int64_t when) {
    static const char *const services[] = {"svc_sql",   "svc_backup",  "svc_print", "svc_scan",    "svc_register",
                                           "svc_web",   "svc_archive", "svc_mail",  "svc_monitor", "svc_phone",
                                           "svc_doors", "svc_heating", "svc_hr",    "svc_sync"};

    for (unsigned i = 0; i < COUNT(services); i++) {
        plan_act(p, "T1558.003", "credential-access", "ticket for %s asked for, weakly encrypted", services[i]);
        record_ticket(p->o, when + i * 9 * SECOND, "svc_register", services[i], "10.10.0.15", "0x17");
    }
}

static void look_around(struct plan *p, int64_t when) {
    char name[16];

    for (uint32_t h = 0; h < SERVERS; h++) {
        if (h == HOST_APP01 || h == HOST_CUCM01 || h == HOST_GW01 || h == HOST_PROXY01)
            continue;
        plan_act(p, "T1135", "discovery", "administrative share of %.*s asked for from APP01",
                 STR_ARG(plan_host(p, h, name)));
        record_share(p->o, when + (int64_t)h * 20 * SECOND, h, "svc_sql", "10.10.0.15", "ADMIN$", "");
    }
}

/* The administrator's desktop session, and its token in other hands. */
static void desktop(struct plan *p, struct person *who, int64_t when, uint32_t door) {
    struct office *const o = p->o;
    struct place const home = person_away(o, who, office_day(o, when));
    char user[80], agent[200], session[GUID_MAX], token[GUID_MAX], device[GUID_MAX], relay[ADDRESS_MAX];

    office_guid(o, session);
    office_guid(o, token);
    person_device(o, who, office_day(o, when), false, device);
    snprintf(user, sizeof user, "%s@" DOMAIN, who->login);
    struct actor a = {.user = str_of(user),
                      .name = who->name,
                      .address = str_of(home.address),
                      .country = home.country,
                      .city = home.city,
                      .agent = person_agent(o, who, office_day(o, when), agent),
                      .client = "Client=OWA;",
                      .way = "Mobile Apps and Desktop clients",
                      .app = "Azure Virtual Desktop",
                      .system = "Windows10",
                      .device = device,
                      .session = session,
                      .token = token,
                      .mfa = true};

    record_signin(o, when, &a, 0); /* the owner's own */
    plan_relay(p, relay);
    plan_put(p, TRUTH_SESSIONS, session);
    plan_put(p, TRUTH_ACCOUNTS, user);
    a.address = str_of(relay);
    a.device = "";
    a.city = "Eastgate";
    plan_act(p, "T1550.001", "lateral-movement", "token of %s used from another network", who->login);
    record_signin(o, when + 25 * MINUTE, &a, 0);
    plan_act(p, "T1530", "collection", "file read in the session of %s", who->login);
    record_file(o, when + 31 * MINUTE, &a, "FileDownloaded",
                S("https://chamber.sharepoint.example/sites/it/network-plan.vsdx"));
    truth_object(o->truth, p->id, S("https://chamber.sharepoint.example/sites/it/network-plan.vsdx"), 0);
    truth_door_used(o->truth, p->id, door, when + 31 * MINUTE);
}

static void take(struct plan *p, uint32_t day, uint32_t opening) {
    struct office *const o = p->o;
    int64_t const when = plan_when(p, day, 0, 3);
    uint64_t const bytes = 180000000 + rng_below(o->r, 900000000);

    process(p, HOST_APP01, when, "svc_register", "C:\\Windows\\debug\\rar.exe",
            "rar.exe a -m5 C:\\PerfLogs\\r1.dat \\\\SQL01\\export$\\register", CMD, "T1074.001", "collection",
            "archive in C:\\PerfLogs");
    plan_act(p, "T1041", "exfiltration", "%llu bytes from APP01 to 203.0.113.95", (unsigned long long)bytes);
    record_flow(o, when + 20 * MINUTE,
                &(struct flow){.from = "203.0.113.95",
                               .to = "10.10.0.15",
                               .service = "-",
                               .port = 9998,
                               .lasts = 14 * MINUTE,
                               .sent = 90000,
                               .received = bytes});
    truth_left(o->truth, p->id, when + 20 * MINUTE, S("203.0.113.95"), bytes);
    truth_door_used(o->truth, p->id, opening, when + 20 * MINUTE);
}

static bool run(struct plan *p) {
    struct office *const o = p->o;
    uint32_t const start = plan_day(p, 25, 60), length = 40 + (uint32_t)rng_below(o->r, 50),
                   last = start + length < o->days - 6 ? start + length : o->days - 6;
    bool const found = rng_chance(o->r, 70);
    struct person *const admin = &o->people[1];
    int64_t const end = plan_when(p, last + 2, 9, 11);
    str const agent = S("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1)");
    char address[ADDRESS_MAX], name[16];
    uint32_t doors[4];

    if (admin->taken)
        return false;
    admin->taken = true;
    plan_begin(p, &shape_application);
    plan_put(p, TRUTH_ACCOUNTS, "svc_register");
    plan_put(p, TRUTH_ACCOUNTS, "svc_sql");
    plan_put(p, TRUTH_ADDRESSES, "203.0.113.95");
    plan_put(p, TRUTH_PROGRAMS, agent.ptr);
    plan_relay(p, address);

    int64_t const first = plan_when(p, start, 1, 5);

    for (unsigned i = 0; i < 5; i++) {
        plan_act(p, "T1190", "initial-access", "request that the register's application takes for a command");
        record_www(o, first + i * 7 * SECOND, "register." DOMAIN,
                   &(struct request){.method = "GET",
                                     .path = i < 3 ? "/register/search" : "/register/export",
                                     .query = "name=%24%7Bjndi%3A[elided]%7D",
                                     .client = str_of(address),
                                     .agent = agent,
                                     .user = "-",
                                     .referrer = "-",
                                     .status = 200,
                                     .bytes = 1200});
    }
    process(p, HOST_APP01, first + MINUTE, "svc_register", CMD, "cmd.exe /c whoami /all", JAVA, "T1059.003",
            "execution", "the application starts a shell");
    process(p, HOST_APP01, first + 2 * MINUTE, "svc_register", CMD, "cmd.exe /c nltest /domain_trusts", JAVA, "T1482",
            "discovery", "questions about the domain");
    doors[0] =
        truth_door(o->truth, p->id, "web_shell", S("register." DOMAIN " /register/img/thumb.jsp"), first + 4 * MINUTE);
    for (uint32_t day = start; day < last; day += 3 + (uint32_t)rng_below(o->r, 5)) {
        int64_t const when = day == start ? first + 4 * MINUTE : plan_when(p, day, 1, 6);

        if (day > start && rng_chance(o->r, 50))
            plan_relay(p, address);
        for (unsigned i = 0; i < 4; i++) {
            plan_act(p, "T1505.003", "persistence", "visits the page on APP01");
            record_www(o, when + i * 15 * SECOND, "register." DOMAIN,
                       &(struct request){.method = "POST",
                                         .path = "/register/img/thumb.jsp",
                                         .query = "-",
                                         .client = str_of(address),
                                         .agent = agent,
                                         .user = "-",
                                         .referrer = "-",
                                         .status = 200,
                                         .bytes = 300 + (unsigned)rng_below(o->r, 4000)});
        }
        truth_door_used(o->truth, p->id, doors[0], when);
    }
    roast(p, plan_when(p, start + 2, 2, 4));
    doors[1] = truth_door(o->truth, p->id, "account", S(NETBIOS "\\svc_sql"), plan_when(p, start + 2, 4, 5));
    look_around(p, plan_when(p, start + 4, 2, 4));
    uint32_t const opening = firewall(p, plan_when(p, start + 6, 2, 3), 9998, found, end);

    (void)firewall(p, plan_when(p, start + 6, 3, 4), 9999, found && rng_chance(o->r, 50), end + 3 * MINUTE);

    int64_t const planted = plan_when(p, start + 8, 2, 3);

    plan_act(p, "T1021.002", "lateral-movement", "svc_sql comes to SQL01 from APP01");
    record_logon(o, planted, HOST_SQL01, "svc_sql", 3, "10.10.0.15", "APP01", true);
    (void)plan_host(p, HOST_SQL01, name);
    truth_door_used(o->truth, p->id, doors[1], planted);
    plan_act(p, "T1543.003", "persistence", "service on SQL01");
    record_windows(o, planted + MINUTE, HOST_SQL01, 7045, "ServiceName", "PerfDataSync", "ImagePath",
                   "C:\\PerfLogs\\pds.exe", "ServiceType", "user mode service", "StartType", "auto start",
                   "AccountName", "LocalSystem", NULL);
    plan_act(p, "T1053.005", "persistence", "task on SQL01");
    record_windows(o, planted + 3 * MINUTE, HOST_SQL01, 4698, "SubjectUserName", "svc_sql", "SubjectDomainName",
                   NETBIOS, "SubjectLogonId", "0x77aa01", "TaskName", "\\Microsoft\\Windows\\PLA\\PerfDataSync",
                   "TaskContent",
                   "<Task><Actions><Exec><Command>C:\\PerfLogs\\pds.exe</Command></Exec></Actions></Task>", NULL);
    doors[2] = truth_door(o->truth, p->id, "service", S("SQL01 PerfDataSync"), planted + MINUTE);
    doors[3] =
        truth_door(o->truth, p->id, "task", S("SQL01 \\Microsoft\\Windows\\PLA\\PerfDataSync"), planted + 3 * MINUTE);
    truth_object(o->truth, p->id, S("SQL01\\export$\\register"), 400000 + rng_fixed(o->seed, 701, 0) % 200000);
    for (uint32_t day = start + 10; day + 4 < last; day += 9 + (uint32_t)rng_below(o->r, 6))
        take(p, day, opening);
    char owner[80];

    snprintf(owner, sizeof owner, "%s@" DOMAIN, admin->login);
    uint32_t const token = truth_door(o->truth, p->id, "session", str_of(owner), INSTANT_NONE);

    for (uint32_t day = start + 12; day + 3 < last; day += 11 + (uint32_t)rng_below(o->r, 6))
        desktop(p, admin, plan_when(p, day, 18, 21), token);
    plan_act(p, "T1070.001", "defense-evasion", "security log of SQL01 cleared");
    record_windows(o, plan_when(p, last, 3, 4), HOST_SQL01, 1102, "SubjectUserName", "svc_sql", "SubjectDomainName",
                   NETBIOS, "SubjectLogonId", "0x7a11c0", NULL);
    if (!found)
        return true;

    plan_answer(p, "the page on APP01 is deleted");
    record_windows(o, end + 10 * MINUTE, HOST_APP01, 4663, "SubjectUserName", o->people[0].login, "SubjectDomainName",
                   NETBIOS, "SubjectLogonId", "0x7b0001", "ObjectType", "File", "ObjectName",
                   "C:\\tomcat\\webapps\\register\\img\\thumb.jsp", "AccessMask", "0x10000", "AccessList", "%%1537",
                   "ProcessName", "C:\\Windows\\explorer.exe", NULL);
    truth_door_closed(o->truth, p->id, doors[0], end + 10 * MINUTE, "page deleted");
    plan_answer(p, "password of svc_sql reset");
    record_windows(o, end + 20 * MINUTE, HOST_DC01, 4724, "TargetUserName", "svc_sql", "TargetDomainName", NETBIOS,
                   "SubjectUserName", o->people[0].login, "SubjectDomainName", NETBIOS, NULL);
    truth_door_closed(o->truth, p->id, doors[1], end + 20 * MINUTE, "password reset");
    plan_answer(p, "task on SQL01 deleted");
    record_windows(o, end + 30 * MINUTE, HOST_SQL01, 4699, "SubjectUserName", o->people[0].login, "SubjectDomainName",
                   NETBIOS, "SubjectLogonId", "0x7b0007", "TaskName", "\\Microsoft\\Windows\\PLA\\PerfDataSync", NULL);
    truth_door_closed(o->truth, p->id, doors[3], end + 30 * MINUTE, "task deleted");
    plan_answer(p, "service on SQL01 deleted");
    record_process(o, end + 32 * MINUTE, HOST_SQL01, o->people[0].login, "C:\\Windows\\System32\\sc.exe",
                   "sc.exe delete PerfDataSync", CMD);
    truth_door_closed(o->truth, p->id, doors[2], end + 32 * MINUTE, "service deleted");
    plan_answer(p, "sessions of %s revoked", admin->login);
    {
        char user[80];

        snprintf(user, sizeof user, "%s@" DOMAIN, admin->login);
        record_directory(o, end + 40 * MINUTE, S("sync@" DOMAIN), "Update StsRefreshTokenValidFrom Timestamp.",
                         str_of(user), S(""));
    }
    truth_door_closed(o->truth, p->id, token, end + 40 * MINUTE, "sessions revoked");
    return true;
}

const struct shape shape_application = {
    "public-application", "A flaw of the register's application, service accounts, firewall openings, data out",
    "a flaw of the public register's application", run};
