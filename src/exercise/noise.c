/* noise: what people do, an activity at a time, and what machines do by themselves. */
#include <assert.h>
#include <stdarg.h>

#include "exercise/noise.h"
#include "exercise/records.h"
#include "exercise/words.h"

#define OFFICE_NAT "203.0.113.10" /* how the institution looks from outside */
#define PROVIDER "198.51.100.20"

/* Of a thousand of a working day's activities, how many fall into each hour (UTC). */
static const unsigned hours[24] = {2,  1,  1,  1,  2,  10, 30, 80, 115, 110, 100, 95,
                                   70, 85, 95, 85, 55, 25, 13, 9,  6,   5,   3,   2};

/* ---- who acts from where ---- */

struct voice {
    struct actor a;
    struct place at;
    char user[80], agent[200], device[GUID_MAX];
};

/* p in the cloud at `when`, signed in; a session that is not open any more begins with a sign-in. */
static void speak(struct office *o, struct voice *v, struct person *p, int64_t when, bool phone) {
    uint32_t const day = office_day(o, when);
    struct session *const s = phone ? &p->phone : &p->desk;
    bool const moved = s->open && !phone && s->place != (person_is_away(o, p, day) ? AT_HOME : AT_OFFICE);

    snprintf(v->user, sizeof v->user, "%s@" DOMAIN, p->login);
    if (phone)
        v->at = person_phone(o, p, day, rng_below(o->r, 40));
    else if (person_is_away(o, p, day))
        v->at = person_away(o, p, day);
    else
        v->at = (struct place){.where = AT_OFFICE, .address = OFFICE_NAT, .country = "XA", .city = "Harbour"};
    person_device(o, p, day, phone, v->device);
    v->a = (struct actor){.user = str_of(v->user),
                          .name = p->name,
                          .address = str_of(v->at.address),
                          .country = v->at.country,
                          .city = v->at.city,
                          .agent = phone ? person_phone_agent(o, p, day, v->agent) : person_agent(o, p, day, v->agent),
                          .client = phone           ? "Client=OutlookService;Outlook-iOS/2.0;"
                                    : p->number % 2 ? "Client=OWA;"
                                                    : "Client=MSExchangeRPC",
                          .way = phone || p->number % 2 == 0 ? "Mobile Apps and Desktop clients" : "Browser",
                          .app = p->number % 2 && !phone ? "One Outlook Web" : "Office 365 Exchange Online",
                          .system = phone                ? p->number % 2 ? "Ios" : "Android"
                                    : p->number % 4 == 3 ? "MacOs"
                                                         : "Windows10",
                          .device = v->device,
                          .session = s->id,
                          .token = s->token,
                          .mfa = true};
    if (p->legacy && !phone) {
        v->a.agent = S("BAV2ROPC");
        v->a.client = "Client=IMAP4";
        v->a.way = "IMAP4";
        v->a.system = "";
        v->a.device = "";
        v->a.mfa = false;
    }
    if (s->open && day < s->until && !moved)
        return;
    office_guid(o, s->id);
    office_guid(o, s->token);
    s->open = true;
    s->until = day + (phone ? 30 : 1);
    s->place = person_is_away(o, p, day) ? AT_HOME : AT_OFFICE;
    record_signin(o, when, &v->a, 0);
}

/* The address of p's computer within the house, or as the VPN lets it in. */
static void inside_address(const struct office *o, const struct person *p, uint32_t day, char out[ADDRESS_MAX]) {
    if (person_is_away(o, p, day))
        snprintf(out, ADDRESS_MAX, "10.30.%u.%u", p->number / 250 % 250, p->number % 250 + 2);
    else
        host_address(SERVERS + p->number, out);
}

/* ---- activities of people ---- */

static void do_mail_read(struct office *o, struct person *p, int64_t when, bool phone) {
    struct voice v;
    struct request q;
    char query[160], id[96];
    uint64_t const count = 1 + rng_below(o->r, 3);
    struct buf ids = {0};

    if (p->cloud) {
        speak(o, &v, p, when, phone);
        for (uint64_t i = 0; i < count && i < p->delivered; i++) {
            uint64_t const at = (p->delivered - 1 - i) % MESSAGES_KEPT;

            message_id(p->messages[at].number, p->messages[at].domain, id);
            buf_add(&ids, i ? S(" ") : S(""));
            buf_add(&ids, str_of(id));
        }
        if (ids.len)
            record_mail_read(o, when + 15 * SECOND, &v.a, p, "Inbox", buf_str(&ids));
        o->line.failed |= ids.failed;
        buf_free(&ids);
        return;
    }
    v.at =
        phone ? person_phone(o, p, office_day(o, when), rng_below(o->r, 40)) : person_away(o, p, office_day(o, when));
    if (!phone && !person_is_away(o, p, office_day(o, when)))
        host_address(SERVERS + p->number, v.at.address);
    if (phone) {
        person_device(o, p, office_day(o, when), true, v.device);
        snprintf(query, sizeof query, "User=%s&DeviceId=%.8s%.4s&DeviceType=Phone&Cmd=Sync", p->login, v.device,
                 v.device + 9);
    } else {
        snprintf(query, sizeof query, "action=GetItem&UA=0");
    }
    q = (struct request){.method = "POST",
                         .path = phone ? "/Microsoft-Server-ActiveSync/default.eas" : "/owa/service.svc",
                         .query = query,
                         .client = str_of(v.at.address),
                         .agent = phone ? person_phone_agent(o, p, office_day(o, when), v.agent)
                                        : person_agent(o, p, office_day(o, when), v.agent),
                         .user = p->login,
                         .referrer = phone ? "-" : "https://mail." DOMAIN "/owa/",
                         .status = 200};
    record_iis(o, when, p->number % 2, &q);
}

static void do_mail_sync(struct office *o, struct person *p, int64_t when) {
    static const char *const folders[] = {"Inbox", "Sent Items", "Calendar"};
    struct voice v;

    if (!p->cloud || (p->number % 2 && !p->legacy))
        return; /* a browser synchronises nothing */
    speak(o, &v, p, when, false);
    record_mail_sync(o, when + 20 * SECOND, &v.a, p, folders[rng_below(o->r, COUNT(folders))]);
}

/* A letter inside the house or to somebody outside. */
static void do_send(struct office *o, struct person *p, int64_t when) {
    uint32_t const day = office_day(o, when);
    struct person *const to = office_anybody(o, day);
    const struct word_partner *const w = word_partner(o);
    bool const outside = rng_chance(o->r, 40);
    str const subject = str_of(word_subject(o));
    struct voice v;
    char from[80], address[80], id[96], client[ADDRESS_MAX];
    struct buf text = {0};

    snprintf(from, sizeof from, "%s@" DOMAIN, p->login);
    if (p->cloud) {
        speak(o, &v, p, when, false);
        message_id(rng_next(o->r), DOMAIN, id);
        record_mail_sent(o, when + 5 * SECOND, &v.a, subject, str_of(id));
    } else {
        snprintf(address, sizeof address, "%s@%s", outside ? w->local : to->login, outside ? w->domain : DOMAIN);
        inside_address(o, p, day, client);
        record_tracking(o, when + 5 * SECOND, p->number % 2, from, address, subject, client);
    }
    if (outside || to == p)
        return;
    word_letter(o, &text, to->name, p->name);
    record_message(o, when + 10 * SECOND,
                   &(struct message){.from_name = p->name,
                                     .from = from,
                                     .domain = DOMAIN,
                                     .subject = subject,
                                     .text = buf_str(&text),
                                     .html = STR(""),
                                     .headers = "",
                                     .server = "mx01." DOMAIN,
                                     .address = "10.10.0.16",
                                     .checks = "spf=pass; dkim=pass; dmarc=pass"},
                   to);
    o->line.failed |= text.failed;
    buf_free(&text);
}

static void do_receive(struct office *o, struct person *p, int64_t when) {
    const struct word_partner *const w = word_partner(o);
    char from[80];
    struct buf text = {0};

    snprintf(from, sizeof from, "%s@%s", w->local, w->domain);
    word_letter(o, &text, p->name, w->name);
    record_message(o, when + 2 * SECOND,
                   &(struct message){.from_name = w->name,
                                     .from = from,
                                     .domain = w->domain,
                                     .subject = str_of(word_subject(o)),
                                     .text = buf_str(&text),
                                     .html = STR(""),
                                     .headers = "",
                                     .server = w->server,
                                     .address = w->address,
                                     .checks = "spf=pass; dkim=pass; dmarc=pass"},
                   p);
    o->line.failed |= text.failed;
    buf_free(&text);
}

static void do_cloud_file(struct office *o, struct person *p, int64_t when) {
    char name[60], file[160];
    struct voice v;

    speak(o, &v, p, when, false);
    word_file(o, name);
    snprintf(file, sizeof file, "https://chamber.sharepoint.example/sites/office/%s", name);
    record_file(o, when + 8 * SECOND, &v.a,
                rng_chance(o->r, 70)   ? "FileAccessed"
                : rng_chance(o->r, 60) ? "FileModified"
                                       : "FileDownloaded",
                str_of(file));
}

static void do_share(struct office *o, struct person *p, int64_t when) {
    char address[ADDRESS_MAX], file[80];
    bool const reg = p->role == ROLE_REGISTER && rng_chance(o->r, 60);
    uint32_t const host = reg ? HOST_REG01 : HOST_FS01;

    inside_address(o, p, office_day(o, when), address);
    record_share(o, when, host, p->login, address, reg ? "Registers$" : "Documents", "");
    for (uint64_t i = 1 + rng_below(o->r, 3); i > 0; i--) {
        if (reg)
            snprintf(file, sizeof file, "work\\district-%02u.csv", (unsigned)rng_below(o->r, 4) + p->number % 36);
        else
            snprintf(file, sizeof file, "%s\\note-%u.docx", person_role_name(p->role), (unsigned)rng_below(o->r, 200));
        record_share(o, when + (int64_t)i * 3 * SECOND, host, p->login, address, reg ? "Registers$" : "Documents",
                     file);
    }
}

static void do_process(struct office *o, struct person *p, int64_t when) {
    static const char *const programs[][2] = {
        {"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE", "\"WINWORD.EXE\" /n \"draft.docx\""},
        {"C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE", "\"EXCEL.EXE\" \"plan.xlsx\""},
        {"C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE", "\"OUTLOOK.EXE\""},
        {"C:\\Program Files\\Mozilla Firefox\\firefox.exe", "\"firefox.exe\""},
        {"C:\\Windows\\System32\\notepad.exe", "notepad.exe notes.txt"},
        {"C:\\Program Files\\7-Zip\\7zG.exe", "\"7zG.exe\" x annexes.zip"}};
    static const char *const tools[][2] = {{"C:\\Windows\\System32\\mmc.exe", "mmc.exe dsa.msc"},
                                           {"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
                                            "powershell.exe -File C:\\Scripts\\report.ps1"},
                                           {"C:\\Windows\\System32\\net.exe", "net  group \"Domain Admins\" /domain"},
                                           {"C:\\Windows\\System32\\whoami.exe", "whoami /groups"},
                                           {"C:\\Windows\\System32\\netsh.exe", "netsh advfirewall show allprofiles"}};
    bool const tool = p->role == ROLE_ADMIN && rng_chance(o->r, 30);
    const char *const *const c =
        tool ? tools[rng_below(o->r, COUNT(tools))] : programs[rng_below(o->r, COUNT(programs))];

    record_process(o, when, SERVERS + p->number, p->login, c[0], c[1],
                   tool ? "C:\\Windows\\System32\\cmd.exe" : "C:\\Windows\\explorer.exe");
}

static void visit(struct office *o, struct person *p, int64_t when, const char *host, const char *address,
                  const char *path, bool tls) {
    char from[ADDRESS_MAX], url[200], agent[200];
    str const says = person_agent(o, p, office_day(o, when), agent);

    inside_address(o, p, office_day(o, when), from);
    struct flow const w = {.from = from,
                           .to = address,
                           .service = tls ? "ssl" : "http",
                           .port = tls ? 443 : 80,
                           .lasts = SECOND * (1 + (int64_t)rng_below(o->r, 60)),
                           .sent = 400 + rng_below(o->r, 3000),
                           .received = 2000 + rng_below(o->r, 400000)};

    snprintf(url, sizeof url, tls ? "%s:443" : "http://%s%s", host, tls ? "" : path);
    record_name(o, when, from, host, address);
    record_proxy(o, when + SECOND / 10,
                 &(struct request){.method = tls ? "CONNECT" : "GET",
                                   .path = url,
                                   .query = "-",
                                   .client = str_of(from),
                                   .agent = says,
                                   .user = p->login,
                                   .referrer = "-",
                                   .status = 200,
                                   .bytes = (unsigned)w.received});
    if (tls)
        record_flow_tls(o, when + SECOND / 5, &w, host);
    else
        record_flow_http(o, when + SECOND / 5, &w, host, "GET", path, says, 200);
}

static void do_browse(struct office *o, struct person *p, int64_t when) {
    char address[ADDRESS_MAX], path[40];
    const char *const site = word_site(o, address);

    snprintf(path, sizeof path, "/page/%u", (unsigned)rng_below(o->r, 500));
    visit(o, p, when, site, address, path, rng_chance(o->r, 80));
}

/* Numbers that are nobody's: Ofcom's for drama. */
static void outside_number(struct office *o, char out[24]) {
    if (rng_chance(o->r, 60))
        snprintf(out, 24, "+44207946%04u", (unsigned)rng_below(o->r, 1000));
    else
        snprintf(out, 24, "+447700900%03u", (unsigned)rng_below(o->r, 1000));
}

static void do_call(struct office *o, struct person *p, int64_t when) {
    char own[24], other[24];
    unsigned const seconds = rng_chance(o->r, 80) ? 10 + (unsigned)rng_below(o->r, 1500) : 0;

    snprintf(own, sizeof own, "%u", p->extension);
    if (rng_chance(o->r, 45))
        snprintf(other, sizeof other, "%u", office_anybody(o, office_day(o, when))->extension);
    else
        outside_number(o, other);
    if (rng_chance(o->r, 50))
        record_call(o, when, p, own, other, seconds);
    else
        record_call(o, when, p, other, own, seconds);
}

static void do_vpn(struct office *o, struct person *p, int64_t when) {
    uint32_t const day = office_day(o, when);
    struct place const at = person_away(o, p, day);
    uint64_t const number = rng_next(o->r) % 1000000000;
    char tunnel[ADDRESS_MAX], name[16];
    int64_t const lasts = (int64_t)(20 + rng_below(o->r, 300)) * MINUTE;

    if (!person_is_away(o, p, day) || strchr(at.address, ':'))
        return;
    inside_address(o, p, day, tunnel);
    if (rng_chance(o->r, 6))
        record_vpn(o, when, "ssl-login-fail", p->login, at.address, "0.0.0.0", number);
    record_vpn(o, when + 20 * SECOND, "tunnel-up", p->login, at.address, tunnel, number);
    record_logon(o, when + 40 * SECOND, HOST_FS01, p->login, 3, tunnel, host_name(SERVERS + p->number, name).ptr, true);
    record_vpn(o, when + 20 * SECOND + lasts, "tunnel-down", p->login, at.address, tunnel, number);
}

static void do_logon(struct office *o, struct person *p, int64_t when) {
    static const char *const services[] = {"cifs/FS01", "HTTP/intranet", "MSSQLSvc/SQL01:1433", "ldap/DC01", "svc_nas"};
    uint64_t const service = rng_below(o->r, COUNT(services));
    char address[ADDRESS_MAX], name[16];

    inside_address(o, p, office_day(o, when), address);
    if (rng_chance(o->r, 6))
        record_logon(o, when, SERVERS + p->number, p->login, 2, "127.0.0.1", host_name(SERVERS + p->number, name).ptr,
                     false);
    record_logon(o, when + 9 * SECOND, SERVERS + p->number, p->login, rng_chance(o->r, 50) ? 2 : 7, "127.0.0.1",
                 host_name(SERVERS + p->number, name).ptr, true);
    /* One old appliance only knows RC4. */
    record_ticket(o, when + 12 * SECOND, p->login, services[service], address, service == 4 ? "0x17" : "0x12");
    record_logon(o, when + 13 * SECOND, service == 2 ? HOST_SQL01 : HOST_FS01, p->login, 3, address, name, true);
}

/* The register's application, by its office and by the public. */
static void do_register(struct office *o, struct person *p, int64_t when) {
    bool const officer = p->role == ROLE_REGISTER;
    char query[60], address[ADDRESS_MAX], agent[200];

    if (officer)
        inside_address(o, p, office_day(o, when), address);
    else
        office_stranger(o, (uint32_t)rng_below(o->r, 4096), address);
    snprintf(query, sizeof query, "district=%u&page=%u", (unsigned)rng_below(o->r, 40), (unsigned)rng_below(o->r, 9));
    record_www(o, when, "register." DOMAIN,
               &(struct request){.method = officer && rng_chance(o->r, 30) ? "POST" : "GET",
                                 .path = officer ? "/register/edit" : "/register/search",
                                 .query = query,
                                 .client = str_of(address),
                                 .agent = person_agent(o, p, office_day(o, when), agent),
                                 .user = officer ? p->login : "-",
                                 .referrer = "https://register." DOMAIN "/register/",
                                 .status = 200,
                                 .bytes = 800 + (unsigned)rng_below(o->r, 9000)});
}

static void do_mistype(struct office *o, struct person *p, int64_t when) {
    struct voice v;

    speak(o, &v, p, when, false);
    record_signin(o, when + 3 * SECOND, &v.a, 50126);
}

static void activity(struct office *o, struct person *p, int64_t when) {
    uint64_t const at = rng_below(o->r, 100);

    if (at < 15)
        do_mail_read(o, p, when, false);
    else if (at < 24)
        do_mail_read(o, p, when, true);
    else if (at < 28)
        do_mail_sync(o, p, when);
    else if (at < 34)
        do_send(o, p, when);
    else if (at < 41)
        do_receive(o, p, when);
    else if (at < 50)
        do_cloud_file(o, p, when);
    else if (at < 57)
        do_share(o, p, when);
    else if (at < 66)
        do_process(o, p, when);
    else if (at < 77)
        do_browse(o, p, when);
    else if (at < 86)
        do_call(o, p, when);
    else if (at < 88)
        do_vpn(o, p, when);
    else if (at < 94)
        do_logon(o, p, when);
    else if (at < 98)
        do_register(o, p, when);
    else if (at < 99)
        do_mistype(o, p, when);
}

/* ---- machines, and the Internet ---- */

static void some_scanner(struct office *o, char out[ADDRESS_MAX]) {
    static const char *const nets[] = {"192.0.2", "198.51.100", "203.0.113"};

    if (rng_chance(o->r, 40)) /* a hacked router at somebody's home */
        office_stranger(o, 4096 + (uint32_t)rng_below(o->r, 2048), out);
    else
        snprintf(out, ADDRESS_MAX, "%s.%u", nets[rng_below(o->r, COUNT(nets))], 200 + (unsigned)rng_below(o->r, 50));
}

static void scan(struct office *o, int64_t when) {
    static const char *const paths[][2] = {
        {"/.env", "-"},
        {"/wp-login.php", "-"},
        {"/phpmyadmin/", "-"},
        {"/shell.php", "-"},
        {"/aspnet_client/test.aspx", "-"},
        {"/owa/auth/logon.aspx", "url=x"},
        {"/autodiscover/autodiscover.json", "@scan.example/powershell/?X-Rps-CAT=elided"},
        {"/register/search", "name=%24%7Bjndi%3A[elided]%7D"},
        {"/cgi-bin/test.cgi", "-"},
        {"/.git/config", "-"}};
    uint64_t const at = rng_below(o->r, COUNT(paths));
    char address[ADDRESS_MAX];
    struct request q;

    some_scanner(o, address);
    q = (struct request){.method = "GET",
                         .path = paths[at][0],
                         .query = paths[at][1],
                         .client = str_of(address),
                         .agent = S("Mozilla/5.0 zgrab/0.x"),
                         .user = "-",
                         .referrer = "-",
                         .status = at == 5   ? 200
                                   : at == 6 ? 401
                                   : at == 7 ? 400
                                             : 404,
                         .bytes = 210};
    if (rng_chance(o->r, 50))
        record_www(o, when, rng_chance(o->r, 60) ? "www." DOMAIN : "register." DOMAIN, &q);
    else
        record_iis(o, when, (unsigned)rng_below(o->r, 2), &q);
}

static void crawl(struct office *o, int64_t when) {
    static const char *const agents[] = {"Mozilla/5.0 (compatible; ExampleBot/2.1; +https://search.example/bot)",
                                         "Mozilla/5.0 (compatible; ArchiveBot/1.0; +https://library.example/bot)"};
    char path[60];
    uint64_t const at = rng_below(o->r, COUNT(agents));

    snprintf(path, sizeof path, rng_chance(o->r, 95) ? "/sessions/%u" : "/robots.txt", (unsigned)rng_below(o->r, 900));
    record_www(o, when, "www." DOMAIN,
               &(struct request){.method = "GET",
                                 .path = path,
                                 .query = "-",
                                 .client = at ? S("198.51.100.130") : S("198.51.100.131"),
                                 .agent = str_of(agents[at]),
                                 .user = "-",
                                 .referrer = "-",
                                 .status = 200,
                                 .bytes = 5200});
}

static void public_visit(struct office *o, int64_t when) {
    char address[ADDRESS_MAX], agent[200], path[60];
    struct person const *const p = &o->people[rng_below(o->r, o->accounts)];

    office_stranger(o, (uint32_t)rng_below(o->r, 4096), address);
    snprintf(path, sizeof path, rng_chance(o->r, 50) ? "/members/%u" : "/bills/%u", (unsigned)rng_below(o->r, 400));
    record_www(o, when, "www." DOMAIN,
               &(struct request){.method = "GET",
                                 .path = path,
                                 .query = "-",
                                 .client = str_of(address),
                                 .agent = person_agent(o, p, office_day(o, when), agent),
                                 .user = "-",
                                 .referrer = "https://www." DOMAIN "/",
                                 .status = 200,
                                 .bytes = 9000 + (unsigned)rng_below(o->r, 30000)});
}

static void monitor(struct office *o, int64_t when) {
    char from[ADDRESS_MAX], to[ADDRESS_MAX];
    uint32_t const host = (uint32_t)rng_below(o->r, SERVERS);

    host_address(HOST_MON01, from);
    host_address(host, to);
    if (rng_chance(o->r, 40))
        record_iis(o, when, (unsigned)rng_below(o->r, 2),
                   &(struct request){.method = "GET",
                                     .path = "/owa/healthcheck.htm",
                                     .query = "-",
                                     .client = str_of(from),
                                     .agent = S("ExampleMonitor/3.2"),
                                     .user = "-",
                                     .referrer = "-",
                                     .status = 200});
    else
        record_flow(o, when,
                    &(struct flow){.from = from,
                                   .to = to,
                                   .service = "-",
                                   .port = 9100,
                                   .lasts = SECOND / 4,
                                   .sent = 220,
                                   .received = 8000});
}

/* A page of administrators that nothing links to: few clients, no referrer, for years; and nobody's web shell. */
static void admin_page(struct office *o, int64_t when) {
    struct person const *const p = &o->people[rng_below(o->r, 2)];
    char from[ADDRESS_MAX], agent[200];

    host_address(SERVERS + p->number, from);
    record_iis(o, when, 0,
               &(struct request){.method = rng_chance(o->r, 50) ? "POST" : "GET",
                                 .path = "/admintools/queue.aspx",
                                 .query = "-",
                                 .client = str_of(from),
                                 .agent = person_agent(o, p, office_day(o, when), agent),
                                 .user = p->login,
                                 .referrer = "-",
                                 .status = 200});
}

static void blocked_mail(struct office *o, int64_t when) {
    struct person const *const p = office_anybody(o, office_day(o, when));
    char address[ADDRESS_MAX], to[80], from[60];

    some_scanner(o, address);
    snprintf(to, sizeof to, "%s@" DOMAIN, p->login);
    snprintf(from, sizeof from, "offer%u@bargains.test", (unsigned)rng_below(o->r, 90));
    record_gateway(o, when, from, to, S("An offer for you"), address, rng_next(o->r), false);
}

static void front_end(struct office *o, int64_t when) {
    struct person const *const p = office_anybody(o, office_day(o, when));

    /* Microsoft's own servers, which act for everybody. */
    if (p->cloud)
        record_mail_sync(o, when,
                         &(struct actor){.user = S("S-1-5-18"),
                                         .name = "",
                                         .address = S("198.19.240.7"),
                                         .agent = S(""),
                                         .client = "Client=REST;Client=RESTSystem;;",
                                         .session = "",
                                         .token = ""},
                         p, "Inbox");
}

static void machine(struct office *o, int64_t when) {
    uint64_t const at = rng_below(o->r, 100);

    if (at < 18)
        scan(o, when);
    else if (at < 34)
        crawl(o, when);
    else if (at < 62)
        public_visit(o, when);
    else if (at < 80)
        monitor(o, when);
    else if (at < 82)
        admin_page(o, when);
    else if (at < 92)
        blocked_mail(o, when);
    else
        front_end(o, when);
}

/* ---- a day ---- */

static const struct letter {
    const char *title, *author, *domain, *service, *pixel, *address;
    unsigned weekday, percent;
} letters[] = {{"Energy Forum Weekly", "news", "energyforum.example", "mail9.lettermill.example",
                "open.lettermill.example", "198.51.100.50", 1, 30},
               {"City Theatre News", "tickets", "citytheatre.example", "out3.postwagon.example", "px.postwagon.example",
                "198.51.100.60", 3, 20},
               {"Trade Letter", "letter", "trade-chamber.example", "mail7.lettermill.example",
                "open.lettermill.example", "198.51.100.51", 2, 35},
               {"Rivers Alive", "info", "rivers.example", "out1.postwagon.example", "px.postwagon.example",
                "198.51.100.61", 4, 15},
               {"Daily Post Briefing", "briefing", "daily-post.example", "mail1.daily-post.example",
                "img.daily-post.example", "192.0.2.52", 1, 45},
               {"Law Review Update", "update", "lawreview.example", "mail8.lettermill.example",
                "open.lettermill.example", "198.51.100.52", 5, 20}};

static void newsletter(struct office *o, uint32_t day, const struct letter *n) {
    int64_t const when = o->begin + day * DAY + 6 * HOUR;
    char from[80], subject[80], headers[400], token[24], url[120];
    unsigned sent = 0;
    struct buf text = {0}, html = {0}, body = {0};

    snprintf(from, sizeof from, "%s@%s", n->author, n->domain);
    snprintf(subject, sizeof subject, "%s, number %u", n->title, day / 7 + 100);
    snprintf(headers, sizeof headers, "List-Id: %s <%s.%s>\nList-Unsubscribe: <https://%s/off>\nPrecedence: bulk\n",
             n->title, n->author, n->domain, n->pixel);
    for (unsigned i = 0; i < 4; i++) {
        word_letter(o, &body, "readers", n->title);
        buf_byte(&body, '\n');
    }
    for (uint32_t i = 0; i < o->accounts && sent < 2000; i++) {
        struct person *const p = &o->people[i];

        if (!person_works(p, day) || rng_fixed(o->seed, 300 + (uint64_t)(n - letters), i) % 100 >= n->percent)
            continue;
        word_token(o, 18, token);
        snprintf(url, sizeof url, "/o/%s.gif", token);
        text.len = html.len = 0;
        buf_format(&text, "%.*shttps://%s/l/%s\n", STR_ARG(buf_str(&body)), n->pixel, token);
        buf_format(&html,
                   "<html><body><h1>%s</h1><pre>%.*s</pre><a href=\"https://%s/l/%s\">Read on</a><img "
                   "src=\"http://%s%s\" width=\"1\" height=\"1\"></body></html>",
                   subject, STR_ARG(buf_str(&body)), n->pixel, token, n->pixel, url);
        record_message(o, when + (int64_t)sent * SECOND,
                       &(struct message){.from_name = n->title,
                                         .from = from,
                                         .domain = n->domain,
                                         .subject = str_of(subject),
                                         .text = buf_str(&text),
                                         .html = buf_str(&html),
                                         .headers = headers,
                                         .server = n->service,
                                         .address = n->address,
                                         .checks = "spf=pass; dkim=pass; dmarc=pass"},
                       p);
        if (rng_chance(o->r, 30) && !person_is_away(o, p, day))
            visit(o, p, when + HOUR + (int64_t)rng_below(o->r, 9 * 3600) * SECOND, n->pixel, n->address, url, false);
        sent++;
    }
    o->line.failed |= text.failed || html.failed || body.failed;
    buf_free(&text);
    buf_free(&html);
    buf_free(&body);
}

PRINTF(2, 3) static void harmless(struct office *o, const char *fmt, ...) {
    char what[160];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    truth_note(o->truth, TRUTH_HARMLESS, TRUTH_ACT, "", "", "%s", what);
}

/* A time within working hours of that day. */
static int64_t at_work(struct office *o, uint32_t day) {
    return o->begin + day * DAY + 8 * HOUR + (int64_t)rng_below(o->r, 8 * 3600) * SECOND;
}

static void by_admin(struct office *o, int64_t when, unsigned event, const char *login, const char *admin) {
    record_windows(o, when, HOST_DC01, event, "TargetUserName", login, "TargetDomainName", NETBIOS, "SamAccountName",
                   login, "SubjectUserName", admin, "SubjectDomainName", NETBIOS, "SubjectLogonId", "0x51f2a0", NULL);
}

static void joins(struct office *o, struct person *p, uint32_t day) {
    int64_t const when = at_work(o, day);
    const char *const admin = o->people[0].login;
    char user[80], member[120];

    snprintf(user, sizeof user, "%s@" DOMAIN, p->login);
    snprintf(member, sizeof member, "CN=%s,OU=People,DC=chamber,DC=example", p->name);
    harmless(o, "new colleague %s: account created", p->login);
    by_admin(o, when, 4720, p->login, admin);
    record_windows(o, when + 20 * SECOND, HOST_DC01, 4728, "MemberName", member, "TargetUserName", "Staff",
                   "TargetDomainName", NETBIOS, "TargetSid", "S-1-5-21-1004336348-1177238915-682003330-1601",
                   "SubjectUserName", admin, "SubjectDomainName", NETBIOS, NULL);
    record_windows(o, when + 40 * SECOND, SERVERS + p->number, 4732, "MemberName", member, "TargetUserName",
                   "Remote Desktop Users", "TargetDomainName", "Builtin", "TargetSid", "S-1-5-32-555",
                   "SubjectUserName", admin, "SubjectDomainName", NETBIOS, NULL);
    record_directory(o, when + MINUTE, S("sync@" DOMAIN), "Add user.", str_of(user), S(""));
    if (p->number % 3 == 0) {
        harmless(o, "new computer of %s: its log is cleared when it is set up", p->login);
        record_windows(o, when + 2 * MINUTE, SERVERS + p->number, 1102, "SubjectUserName", admin, "SubjectDomainName",
                       NETBIOS, "SubjectLogonId", "0x52aa10", NULL);
    }
}

/* The account's new password, or its end, in the domain and, a minute later, in the cloud. */
static void locks(struct office *o, const struct person *p, const char *user, int64_t when, const char *how) {
    char domain[80];

    snprintf(domain, sizeof domain, NETBIOS "\\%s", p->login);
    truth_door_everyday(o->truth, "account", str_of(domain), when, how);
    truth_door_everyday(o->truth, "account", str_of(user), when + MINUTE, how);
}

static void locks_sessions(struct office *o, const struct person *p, const char *user, int64_t when, const char *how) {
    truth_door_everyday(o->truth, "session", str_of(p->login), when, how);
    truth_door_everyday(o->truth, "session", str_of(user), when, how);
}

/* As speak, in a session of its own: what is planned in the morning must not sign in for the hours before. */
static void speak_apart(struct office *o, struct voice *v, struct person *apart, const struct person *p, int64_t when) {
    *apart = *p;
    apart->desk.open = false;
    speak(o, v, apart, when, false);
}

static void leaves(struct office *o, struct person *p, uint32_t day) {
    int64_t const when = at_work(o, day);
    struct person apart;
    struct voice v;
    char user[80], to[100];

    snprintf(user, sizeof user, "%s@" DOMAIN, p->login);
    snprintf(to, sizeof to, "smtp:%s@" DOMAIN, office_anybody(o, day)->login);
    locks(o, p, user, when, "account disabled");
    locks_sessions(o, p, user, when + MINUTE, "account disabled");
    harmless(o, "%s has left: the account is disabled", p->login);
    by_admin(o, when, 4725, p->login, o->people[0].login);
    harmless(o, "%s has left: the account is disabled in the cloud", p->login);
    record_directory(o, when + MINUTE, S("sync@" DOMAIN), "Disable account.", str_of(user), S(""));
    if (!p->cloud)
        return;
    speak_apart(o, &v, &apart, &o->people[0], when + 2 * MINUTE);
    harmless(o, "%s has left: mail goes on to a colleague", p->login);
    record_exchange(o, when + 3 * MINUTE, &v.a, "Set-Mailbox", str_of(user), "Identity", user, "ForwardingSmtpAddress",
                    to, "DeliverToMailboxAndForward", "True", NULL);
}

/* What happens now and then: about once in so many days, or the more often the more people there are. */
static bool now_and_then(struct office *o, uint64_t days) {
    return rng_below(o->r, days) == 0;
}

static void people_matters(struct office *o, uint32_t day) {
    struct person *const p = office_anybody(o, day);
    int64_t const when = at_work(o, day);
    struct person apart;
    struct voice v;
    char user[80], id[GUID_MAX];

    snprintf(user, sizeof user, "%s@" DOMAIN, p->login);
    if (now_and_then(o, 7)) {
        harmless(o, "%s forgot the password", p->login);
        by_admin(o, when, 4724, p->login, o->people[1].login);
        locks(o, p, user, when, "password reset");
        harmless(o, "%s forgot the password: a new one in the cloud", p->login);
        record_directory(o, when + MINUTE, S("sync@" DOMAIN), "Reset user password.", str_of(user), S(""));
        if (rng_chance(o->r, 40)) {
            locks_sessions(o, p, user, when + 2 * MINUTE, "sessions revoked");
            harmless(o, "%s forgot the password: sessions revoked", p->login);
            record_directory(o, when + 2 * MINUTE, S("sync@" DOMAIN), "Update StsRefreshTokenValidFrom Timestamp.",
                             str_of(user), S(""));
        }
    }
    if (now_and_then(o, 10) && p->cloud && !p->legacy) {
        speak_apart(o, &v, &apart, p, when);
        record_exchange(o, when + 2 * MINUTE, &v.a, "New-InboxRule", S(""), "Name", "Newsletters",
                        "SubjectContainsWords", "newsletter", "MoveToFolder", "Reading", NULL);
    }
    if (now_and_then(o, 170) && p->cloud && !p->legacy) {
        char to[80];

        snprintf(to, sizeof to, "%s@home-mail.example", p->login);
        speak_apart(o, &v, &apart, p, when);
        harmless(o, "%s sends mail on to a private mailbox, from the usual device", p->login);
        record_exchange(o, when + 3 * MINUTE, &v.a, "New-InboxRule", S(""), "Name", "Send to home", "ForwardTo", to,
                        NULL);
    }
    if (now_and_then(o, 90) && p->cloud) {
        speak_apart(o, &v, &apart, &o->people[0], when);
        harmless(o, "the secretariat may open the mailbox of %s", p->login);
        record_exchange(o, when + 4 * MINUTE, &v.a, "Add-MailboxPermission", S(""), "Identity", user, "User",
                        o->people[5 % o->accounts].login, "AccessRights", "FullAccess", NULL);
    }
    if (now_and_then(o, 240)) {
        office_guid(o, id);
        snprintf(user, sizeof user, "%s@" DOMAIN, o->people[0].login);
        harmless(o, "%s introduces an application for everybody", o->people[0].login);
        record_consent(o, when, str_of(user), id, "Example Survey", "openid profile User.Read Calendars.Read", true);
    }
}

/* Once a month: what distributes software does what intruders do as well. */
static void patch_day(struct office *o, uint32_t day) {
    char from[ADDRESS_MAX];

    host_address(HOST_MON01, from);
    for (uint32_t h = 0; h < SERVERS; h++) {
        int64_t const when = o->begin + day * DAY + 20 * HOUR + h * 4 * MINUTE;

        record_logon(o, when - 40 * SECOND, h, "svc_patch", 3, from, "MON01", true);
        record_share(o, when - 30 * SECOND, h, "svc_patch", from, "ADMIN$", "");
        record_process(o, when, h, "SYSTEM", "C:\\Windows\\System32\\msiexec.exe",
                       "msiexec.exe /i C:\\ProgramData\\Patch\\update.msi /qn",
                       "C:\\Program Files\\Example Patch\\agent.exe");
        record_windows(o, when + 40 * SECOND, h, 7045, "ServiceName", "Example Patch Helper", "ImagePath",
                       "C:\\Program Files\\Example Patch\\helper.exe", "ServiceType", "user mode service", "StartType",
                       "demand start", "AccountName", "LocalSystem", NULL);
        record_windows(o, when + 50 * SECOND, h, 4698, "SubjectUserName", "svc_patch", "SubjectDomainName", NETBIOS,
                       "SubjectLogonId", "0x3e7", "TaskName", "\\Example Patch\\Restart", "TaskContent",
                       "<Task><Actions><Exec><Command>C:\\Program Files\\Example Patch\\helper.exe</Command></Exec>"
                       "</Actions></Task>",
                       NULL);
        if (now_and_then(o, 40))
            record_windows(o, when + MINUTE, h, 2004, "RuleId", "{EXERCISE}", "RuleName", "Example Patch", "Direction",
                           "1", "Action", "3", "Protocol", "6", "LocalPorts", "8530", "ModifyingApplication",
                           "C:\\Program Files\\Example Patch\\agent.exe", NULL);
        record_windows(o, when + 3 * MINUTE, h, 6005, NULL);
    }
}

/* Copies within the house, and once a week one outside. */
static void nightly(struct office *o, uint32_t day) {
    static const uint32_t saved[] = {HOST_FS01, HOST_REG01, HOST_SQL01, HOST_DC01};
    int64_t const night = o->begin + day * DAY;
    char from[ADDRESS_MAX], to[ADDRESS_MAX];

    host_address(HOST_BK01, from);
    for (unsigned i = 0; i < COUNT(saved); i++) {
        int64_t const when = night + HOUR + i * 12 * MINUTE;

        host_address(saved[i], to);
        record_logon(o, when, saved[i], "svc_backup", 3, from, "BK01", true);
        record_share(o, when + 5 * SECOND, saved[i], "svc_backup", from, "Backup$", "");
        record_flow(o, when + 6 * SECOND,
                    &(struct flow){.from = to,
                                   .to = from,
                                   .service = "smb",
                                   .port = 445,
                                   .lasts = 11 * MINUTE,
                                   .sent = UINT64_C(4000000000) + rng_below(o->r, 900000000),
                                   .received = 9000000});
    }
    host_address(HOST_CUCM01, to);
    record_flow(o, night + 4 * HOUR,
                &(struct flow){.from = to,
                               .to = from,
                               .service = "ssh",
                               .port = 22,
                               .lasts = 2 * MINUTE,
                               .sent = 20000000 + rng_below(o->r, 9000000),
                               .received = 30000});
    record_process(o, night + 2 * HOUR, HOST_APP01, "svc_register", "C:\\Windows\\System32\\cmd.exe",
                   "cmd.exe /c C:\\tomcat\\bin\\rotate-logs.bat", "C:\\Program Files\\Java\\bin\\java.exe");
    if (day % 7 == 5)
        record_flow_tls(o, night + 5 * HOUR,
                        &(struct flow){.from = from,
                                       .to = "192.0.2.180",
                                       .service = "ssl",
                                       .port = 443,
                                       .lasts = 50 * MINUTE,
                                       .sent = UINT64_C(9000000000) + rng_below(o->r, 900000000),
                                       .received = 4000000},
                        "vault.backup.example");
}

/* The house's own search for flaws: many hosts, many ports, guests that are refused. */
static void own_scan(struct office *o, uint32_t day) {
    static const unsigned ports[] = {22, 80, 135, 443, 445, 1433, 3389, 8080};
    char from[ADDRESS_MAX], to[ADDRESS_MAX];

    host_address(HOST_MON01, from);
    for (uint32_t h = 0; h < SERVERS; h++) {
        int64_t const when = o->begin + day * DAY + 3 * HOUR + h * 2 * MINUTE;

        if (h == HOST_MON01)
            continue;
        host_address(h, to);
        for (unsigned i = 0; i < COUNT(ports); i++)
            record_flow(o, when + i * SECOND,
                        &(struct flow){.from = from,
                                       .to = to,
                                       .service = "-",
                                       .port = ports[i],
                                       .lasts = SECOND / 10,
                                       .sent = 120,
                                       .received = 90});
        record_logon(o, when + 20 * SECOND, h, "guest", 3, from, "MON01", false);
        record_share(o, when + 30 * SECOND, h, "svc_scan", from, "IPC$", "");
    }
}

static void provider_visit(struct office *o, uint32_t day) {
    int64_t const when = o->begin + day * DAY + 10 * HOUR + (int64_t)rng_below(o->r, 3600) * SECOND;
    static const uint32_t reached[] = {HOST_JUMP01, HOST_APP01, HOST_FS01};
    uint64_t const number = rng_next(o->r) % 1000000000;
    char from[ADDRESS_MAX];

    host_address(HOST_JUMP01, from);
    record_vpn(o, when, "tunnel-up", "msp.support", PROVIDER, "10.31.0.5", number);
    for (unsigned i = 0; i < COUNT(reached); i++)
        record_logon(o, when + (i + 1) * 3 * MINUTE, reached[i], "msp.support", 10, i ? from : "10.31.0.5",
                     i ? "JUMP01" : "MSP-ADMIN1", true);
    record_windows(o, when + 5 * MINUTE, HOST_JUMP01, 4648, "SubjectUserName", "msp.support", "SubjectDomainName",
                   NETBIOS, "SubjectLogonId", "0x3aa107", "TargetUserName", "msp.support", "TargetDomainName", NETBIOS,
                   "TargetServerName", "APP01", "IpAddress", "-", "IpPort", "-", NULL);
    record_process(o, when + 12 * MINUTE, HOST_APP01, "msp.support", "C:\\Windows\\System32\\mmc.exe",
                   "mmc.exe services.msc", "C:\\Windows\\explorer.exe");
    record_vpn(o, when + 70 * MINUTE, "tunnel-down", "msp.support", PROVIDER, "10.31.0.5", number);
}

static void call_bill(struct office *o, uint32_t day) {
    struct person const *const p = &o->people[1];
    int64_t const when = o->begin + day * DAY + 9 * HOUR + (int64_t)rng_below(o->r, 3600) * SECOND;
    char from[ADDRESS_MAX], details[120];
    struct wall const w = instant_wall(when - 20 * DAY);

    host_address(SERVERS + p->number, from);
    record_pbx(o, when, p->login, from, "UserLogging", "Cisco CallManager Administration",
               "Successfully Logged into Cisco CAR", true);
    snprintf(details, sizeof details, "Exported CDR records of %04d-%02d for billing", w.year, w.month);
    harmless(o, "%s exports the month's calls for the bill", p->login);
    record_pbx(o, when + 5 * MINUTE, p->login, from, "CDRExport", "CAR", details, true);
}

static void election(struct office *o, uint32_t day) {
    struct person const *const p = &o->people[2];
    int64_t const when = o->begin + day * DAY + 9 * HOUR;
    char from[ADDRESS_MAX], file[60];

    host_address(SERVERS + p->number, from);
    harmless(o, "%s reads all districts before the election", p->login);
    record_share(o, when, HOST_REG01, p->login, from, "Registers$", "");
    for (unsigned i = 0; i < 40; i++) {
        snprintf(file, sizeof file, "work\\district-%02u.csv", i);
        record_share(o, when + (i + 1) * 20 * SECOND, HOST_REG01, p->login, from, "Registers$", file);
    }
}

void noise_day(struct office *o, uint32_t day) {
    struct wall const w = instant_wall(o->begin + day * DAY);
    unsigned const weekday = (unsigned)((o->begin / DAY + day + 4) % 7); /* Sunday is 0 */

    for (size_t i = 0; i < COUNT(letters); i++)
        if (weekday == letters[i].weekday)
            newsletter(o, day, &letters[i]);
    for (uint32_t i = 0; i < o->accounts; i++) {
        if (day && o->people[i].from_day == day)
            joins(o, &o->people[i], day);
        if (o->people[i].to_day == day)
            leaves(o, &o->people[i], day);
    }
    nightly(o, day);
    if (weekday > 0 && weekday < 6)
        people_matters(o, day);
    if (weekday == 2 && w.day > 7 && w.day <= 14)
        patch_day(o, day);
    if (weekday == 0)
        own_scan(o, day);
    if (weekday == 4 && w.day <= 7)
        provider_visit(o, day);
    if (w.day == 3)
        call_bill(o, day);
    if (w.month == 5 && w.day == 2)
        election(o, day);
}

unsigned noise_slices(const struct office *o) {
    uint64_t const busy = (uint64_t)o->accounts * o->scale / 2000;

    return busy < 1 ? 1 : busy > 3600 ? 3600 : (unsigned)busy;
}

/* So many as a thousandth says, on average. */
static uint64_t some(struct office *o, uint64_t thousandths) {
    return thousandths / 1000 + (rng_below(o->r, 1000) < thousandths % 1000);
}

void noise_slice(struct office *o, int64_t from, int64_t to) {
    uint32_t const day = office_day(o, from);
    uint64_t const hour = (uint64_t)(from - o->begin) / HOUR % 24;
    uint64_t const part = (uint64_t)(to - from), length = (uint64_t)(to - from) / (uint64_t)SECOND;
    /* Twelve activities a person and working day; on other days one. */
    uint64_t const people = (uint64_t)o->accounts * (office_weekend(o, day) ? 1 : 12) * hours[hour] * o->scale;
    uint64_t const acts = some(o, people * length / 3600),
                   machines = some(o, (2 + o->accounts / 100) * 1000 * o->scale * length / 3600);

    assert(part > 0 && part <= (uint64_t)HOUR);
    /* In their order: who reads mail has signed in before. */
    for (uint64_t i = 0; i < acts; i++)
        activity(o, office_anybody(o, day), from + (int64_t)(part / acts * i + rng_below(o->r, part / acts)));
    for (uint64_t i = 0; i < machines; i++)
        machine(o, from + (int64_t)rng_below(o->r, part));
}
