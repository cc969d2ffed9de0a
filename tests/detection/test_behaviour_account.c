/* test_behaviour_account: who uses an account: what is told, with which events and parts, and what is everyday life. */
#include "account_say.h"

/* One case: a scene, the behaviour that shall tell of it, or not. */
struct scene {
    const char *name, *behaviour;
    void (*play)(struct say *s);
    size_t hits;
    double least, most;            /* of the weight of the heaviest; most 0: not asked */
    const char *part, *other_part; /* of any hit; NULL: not asked */
    const char *no_part;
};

static bool any_part(const struct told_all *t, const char *part) {
    for (size_t i = 0; i < t->count; i++)
        if (strstr(t->items[i].parts, part))
            return true;
    return false;
}

static void check_scene(const struct scene *c) {
    uint64_t their;
    struct told_all *const t = told_of(c->play, c->behaviour, &their);
    double weight = 0;
    uint64_t theirs = 0, others = 0;
    const char *const reason = t->count ? t->items[0].reason : "";

    for (size_t i = 0; i < t->count; i++) {
        weight = t->items[i].weight > weight ? t->items[i].weight : weight;
        theirs += t->items[i].theirs;
        others += t->items[i].others;
    }
    if (t->count != c->hits)
        fail_msg("%s: %zu hits, not %zu: %s", c->name, t->count, c->hits, reason);
    if (t->count && (theirs != their || others))
        fail_msg("%s: %u of %u events, and %u of everyday life: %s", c->name, (unsigned)theirs, (unsigned)their,
                 (unsigned)others, reason);
    if (t->count && (weight < c->least - 1e-9 || (c->most > 0 && weight > c->most + 1e-9)))
        fail_msg("%s: weighs %f, not %f to %f: %s", c->name, weight, c->least, c->most, reason);
    if ((c->part && !any_part(t, c->part)) || (c->other_part && !any_part(t, c->other_part)))
        fail_msg("%s: no part %s, %s in: %s", c->name, c->part, c->other_part ? c->other_part : "", t->items[0].parts);
    if (c->no_part && any_part(t, c->no_part))
        fail_msg("%s: part %s in: %s", c->name, c->no_part, t->items[0].parts);
    free(t);
}

#define LINUX "Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0"
#define ADA "ada@hall.example"

/* A relay: a home like any other, in which nobody of the house lives. */
static const char *relay(unsigned n, char room[32]) {
    snprintf(room, 32, "198.51.%u.%u", n % 250, 20 + n % 7);
    return room;
}

/* One who reads `account` each fourth day from day on, through so many relays one after another. */
static void reads_as(struct say *s, const char *account, const char *program, int64_t from, int64_t days,
                     unsigned relays, unsigned first_relay) {
    char at[32], session[64];

    for (int64_t day = 0; day < days; day += 4) {
        relay(first_relay + (unsigned)(day * relays / days), at);
        snprintf(session, sizeof session, "theirs-%.8s-%d", account, (int)(from + day) / 10);
        s->theirs = true;
        use(s, from + day, 160, account, at, program, session, 4);
        s->theirs = false;
    }
}

static void nothing(struct say *s) {
    (void)s;
}

static void relays(struct say *s) {
    reads_as(s, ADA, LINUX, 100, 200, 16, 0);
}

static void three_networks(struct say *s) {
    reads_as(s, ADA, LINUX, 100, 40, 3, 0);
}

static void two_networks(struct say *s) {
    reads_as(s, ADA, "Mozilla/5.0 (Windows NT 10.0; rv:91.0) Gecko/20100101 Firefox/91.0", 100, 40, 2, 0);
}

static void from_the_first_day(struct say *s) {
    reads_as(s, ADA, LINUX, 1, 200, 16, 0);
}

static void few_from_the_first_day(struct say *s) {
    reads_as(s, ADA, LINUX, 1, 200, 5, 0);
}

static void two_accounts(struct say *s) {
    reads_as(s, ADA, LINUX, 100, 200, 16, 0);
    reads_as(s, "bo@hall.example", LINUX, 130, 150, 16, 40);
}

static void two_intruders(struct say *s) {
    reads_as(s, ADA, LINUX, 100, 200, 16, 0);
    reads_as(s, "bo@hall.example", "Mozilla/5.0 (X11; Linux x86_64; rv:68.0) Gecko/20100101 Firefox/68.0", 130, 150, 16,
             40);
}

/* The rule has neither program nor session; the files and the failed sign-in are the same program's. */
static void all_it_does(struct say *s) {
    char at[32];

    reads_as(s, ADA, LINUX, 100, 200, 16, 0);
    s->theirs = true;
    SAY(s, 100, 200, ACT_RULE_NEW, ADA, relay(0, at), .object = ".", .detail = "delete", .target = ADA);
    SAY(s, 100, 210, ACT_FILE_READ, ADA, relay(0, at), LINUX, .object = "plans.docx");
    SAY(s, 100, 159, ACT_SIGN_IN, ADA, relay(0, at), LINUX, .outcome = OUTCOME_FAILURE);
    s->theirs = false;
    /* A VPN from home, of the same day: a client without a name. */
    SAY(s, 100, 220, ACT_SIGN_IN, ADA, home(0, 100, at), .session = "4711", .object = "vpn");
}

/* A new telephone, that was at home as well. */
static void new_telephone(struct say *s) {
    char at[32], carrier[32];

    for (int64_t day = 150; day < 250; day++) {
        snprintf(carrier, sizeof carrier, "198.51.%u.4", (unsigned)day);
        SAY(s, day, 600, ACT_MAIL_READ, ADA, day % 8 ? home(0, day, at) : carrier,
            "Client=OutlookService;Outlook-Android/4.2;", "new-telephone", "\\Inbox", .items = 2);
    }
}

/* Never at home, like the one before it. */
static void telephone_on_the_way(struct say *s) {
    char at[32];

    s->theirs = true; /* as far as the test goes: these are the events */
    for (int64_t day = 0; day < DAYS; day++)
        SAY(s, day, 600, ACT_MAIL_READ, ADA, relay((unsigned)day / 3, at),
            day < 180 ? "Outlook-Android/3.9" : "Outlook-iPad/4.2", .object = "\\Inbox", .items = 2);
    s->theirs = false;
}

/* At home only, which others of the account know. */
static void new_tablet(struct say *s) {
    char at[32];

    for (int64_t day = 150; day < 300; day++)
        use(s, day, 1300, ADA, home(0, day, at), "Mozilla/5.0 (iPad; CPU OS 14_0) Version/14.0", "tablet", 2);
}

/* The laptop that was always there, from five hotels. */
static void traveller(struct say *s) {
    char at[32], browser[128], session[32];

    for (int64_t day = 200; day < 230; day++) {
        snprintf(session, sizeof session, "hotel-%d", (int)day);
        use(s, day, 1290, ADA, relay((unsigned)day / 6, at), laptop(0, day, browser), session, 6);
    }
}

/* From an address beside the house's way out, in the network of the same provider. */
static void beside_the_house(struct say *s) {
    char at[32];

    for (int64_t day = 100; day < 200; day += 4) {
        s->theirs = true;
        SAY(s, day, 100, ACT_MAIL_READ, ADA, day < 130 ? "203.0.113.87" : relay((unsigned)day / 30, at),
            "Client=OWA;" LINUX, .object = "\\Inbox", .items = 3);
        s->theirs = false;
    }
}

static void application(struct say *s) {
    s->theirs = true;
    SAY(s, 119, 600, ACT_CONSENT_NEW, ADA, .object = "app-81c7", .detail = "Mail.Read offline_access", .target = ADA);
    for (int64_t day = 120; day < 300; day += 5)
        SAY(s, day, 100, ACT_MAIL_READ, ADA, "192.0.2.201", "Client=REST;Client=ArchiveHelper;;", .object = "\\Inbox",
            .items = 2);
    s->theirs = false;
}

/* Beside one who reads through more networks than all others of the account have: they are nobody's company. */
static void application_beside(struct say *s) {
    reads_as(s, ADA, LINUX, 100, 250, 60, 0);
    application(s);
}

static void application_of_a_week(struct say *s) {
    for (int64_t day = 120; day < 124; day++)
        SAY(s, day, 100, ACT_MAIL_READ, ADA, "192.0.2.201", "Client=REST;Client=ArchiveHelper;;", .object = "\\Inbox");
}

/* A service that the whole house takes up in the middle of the year. */
static void service_for_all(struct say *s) {
    for (int64_t day = 120; day < 300; day += 3)
        for (unsigned i = 0; i < PEOPLE; i++)
            SAY(s, day, 100 + i, ACT_MAIL_READ, person(i), "192.0.2.201", "Client=REST;Client=NewSuite;;",
                .object = "\\Inbox");
}

/* An account with nobody to be met. */
static void alone(struct say *s) {
    reads_as(s, "robot@hall.example", LINUX, 100, 200, 16, 0);
    s->their = 0;
}

static const struct scene foreign[] = {
    {"everyday life", "foreign-client", nothing, 0, 0, 0, NULL, NULL, NULL},
    {"months through relays", "foreign-client", relays, 1, 2.5, 4, "own client ", "own address 198.51.0.20;", OFFICE},
    {"the account is reached, not the intruder's", "foreign-client", relays, 1, 0, 0, "account ada@",
     "own session theirs-", "own account"},
    {"three networks are enough", "foreign-client", three_networks, 1, 1.3, 1.4, NULL, NULL, NULL},
    {"two are none, of a common program", "foreign-client", two_networks, 0, 0, 0, NULL, NULL, NULL},
    {"there from the first day", "foreign-client", from_the_first_day, 1, 1, 2, NULL, NULL, NULL},
    {"there from the first day, from few networks", "foreign-client", few_from_the_first_day, 0, 0, 0, NULL, NULL,
     NULL},
    {"one client on two accounts", "foreign-client", two_accounts, 1, 2.8, 4, "account ada@", "account bo@", NULL},
    {"two intruders with two versions", "foreign-client", two_intruders, 2, 2.5, 4, NULL, NULL, NULL},
    {"all that it does, and no VPN", "foreign-client", all_it_does, 1, 0, 0, NULL, NULL, "4711"},
    {"a new telephone", "foreign-client", new_telephone, 0, 0, 0, NULL, NULL, NULL},
    {"a new telephone that is never at home", "foreign-client", telephone_on_the_way, 2, 0.1, 2, NULL, NULL, NULL},
    {"a new tablet at home", "foreign-client", new_tablet, 0, 0, 0, NULL, NULL, NULL},
    {"hotels", "foreign-client", traveller, 0, 0, 0, NULL, NULL, NULL},
    {"beside the house's way out", "foreign-client", beside_the_house, 1, 1.3, 3, "own address 203.0.113.87", NULL,
     NULL},
    {"an application after a consent", "foreign-client", application, 1, 1, 1.5, "own object app-81c7",
     "own address 192.0.2.201", NULL},
    {"the same beside another foreign client", "foreign-client", application_beside, 2, 2.9, 2.9, "own object app-81c7",
     "own client ", NULL},
    {"an application that reads for some days", "foreign-client", application_of_a_week, 0, 0, 0, NULL, NULL, NULL},
    {"a service for all", "foreign-client", service_for_all, 0, 0, 0, NULL, NULL, NULL},
    {"nobody to be met", "foreign-client", alone, 0, 0, 0, NULL, NULL, NULL},
};

static void foreign_clients(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        check_scene(&foreign[i]);
}

/* ---- sessions ---- */

/* The laptop's session of each of these days goes on in the evening, elsewhere. */
static void carried(struct say *s, unsigned days) {
    char at[32], browser[128], session[32];

    for (unsigned n = 0; n < days; n++) {
        int64_t const day = 144 + n * 14;

        snprintf(session, sizeof session, "laptop-0-%d", (int)day);
        s->theirs = true;
        SAY(s, day, 1250, ACT_SIGN_IN, ADA, relay(n, at), laptop(0, day, browser), session);
        SAY(s, day, 1255, ACT_FILE_READ, ADA, relay(n, at), laptop(0, day, browser), session, "network-plan.vsdx");
        s->theirs = false;
    }
}

static void carried_once(struct say *s) {
    carried(s, 1);
}

static void carried_often(struct say *s) {
    carried(s, 5);
}

/* Once more through the same relay: it was never usual. */
static void carried_back(struct say *s) {
    char at[32], browser[128];

    s->theirs = true;
    for (int64_t day = 144; day < 148; day++) {
        char session[32];

        snprintf(session, sizeof session, "laptop-0-%d", (int)day);
        if (day % 7 < 5)
            SAY(s, day, 1255, ACT_FILE_READ, ADA, relay(1, at), laptop(0, day, browser), session, "network-plan.vsdx");
    }
    s->theirs = false;
}

static void roaming(struct say *s) {
    char at[32];

    for (int64_t day = 150; day < 170; day++)
        SAY(s, day, 1255, ACT_MAIL_READ, ADA, relay((unsigned)day, at), "Client=OutlookService;Outlook-iOS/4.21;",
            "phone-0-5", "\\Inbox");
}

/* On holiday the telephone is there as well. */
static void holiday(struct say *s) {
    char at[32], browser[128], session[32];

    for (int64_t day = 144; day < 148; day++) {
        snprintf(session, sizeof session, "laptop-0-%d", (int)day);
        SAY(s, day, 1255, ACT_MAIL_READ, ADA, relay(1, at), laptop(0, day, browser), session, "\\Inbox");
        SAY(s, day, 1256, ACT_MAIL_READ, ADA, relay(1, at), "Client=OutlookService;Outlook-iOS/4.21;", "phone-0-4",
            "\\Inbox");
    }
}

/* A session began there. */
static void second_home(struct say *s) {
    char at[32], browser[128], session[32];

    for (int64_t day = 144; day < 148; day++) {
        snprintf(session, sizeof session, "laptop-0-%d", (int)day);
        SAY(s, day, 1255, ACT_MAIL_READ, ADA, relay(1, at), laptop(0, day, browser), session, "\\Inbox");
    }
    use(s, 150, 1000, ADA, relay(1, at), laptop(0, 150, browser), "there", 2);
}

/* Everybody carries the laptop to a café. */
static void cafes(struct say *s) {
    char at[32], browser[128], session[32];

    for (unsigned i = 0; i < PEOPLE; i++)
        for (unsigned n = 0; n < 2; n++) {
            int64_t const day = 144 + n * 14;

            snprintf(session, sizeof session, "laptop-%u-%d", i, (int)day);
            s->theirs = true; /* as far as the test goes: these are the events */
            SAY(s, day, 1255, ACT_MAIL_READ, person(i), relay(i * 2 + n, at), laptop(i, day, browser), session,
                "\\Inbox");
            s->theirs = false;
        }
}

static void unsigned_sessions(struct say *s) {
    char at[32], browser[128];

    s->theirs = true;
    SAY(s, 200, 400, ACT_MAIL_READ, ADA, home(0, 200, at), laptop(0, 200, browser), "forged-1", "\\Inbox", .items = 40);
    SAY(s, 201, 400, ACT_MAIL_READ, ADA, home(0, 201, at), laptop(0, 201, browser), "forged-2", "\\Inbox", .items = 40);
    s->theirs = false;
}

/* A third of the account's sessions has no sign-in: so this log is. */
static void often_unsigned(struct say *s) {
    char at[32], browser[128], session[32];

    for (int64_t day = 100; day < 340; day++) {
        snprintf(session, sizeof session, "more-%d", (int)day);
        SAY(s, day, 400, ACT_MAIL_READ, ADA, home(0, day, at), laptop(0, day, browser), session, "\\Inbox");
    }
}

/* A client that never signs in where one sees it. */
static void client_without(struct say *s) {
    char at[32], session[32];

    for (int64_t day = 100; day < 140; day += 5) {
        snprintf(session, sizeof session, "watch-%d", (int)day);
        SAY(s, day, 400, ACT_MAIL_READ, ADA, home(0, day, at), "Watch/2.1", session, "\\Inbox");
    }
}

static void unsigned_everywhere(struct say *s) {
    char at[32], browser[128], session[32];

    for (unsigned i = 0; i < 3; i++) {
        snprintf(session, sizeof session, "gap-%u", i);
        SAY(s, 200, 400, ACT_MAIL_READ, person(i), home(i, 200, at), laptop(i, 200, browser), session, "\\Inbox");
    }
}

static void unsigned_at_first(struct say *s) {
    char at[32], browser[128];

    SAY(s, 20, 400, ACT_MAIL_READ, ADA, home(0, 20, at), laptop(0, 20, browser), "older", "\\Inbox");
}

static const struct scene sessions[] = {
    {"everyday life", "session-elsewhere", nothing, 0, 0, 0, NULL, NULL, NULL},
    {"one session", "session-elsewhere", carried_once, 1, 0.5, 0.5, "own address 198.51.0.20", NULL, NULL},
    {"five sessions, each from elsewhere", "session-elsewhere", carried_often, 1, 2.3, 2.6, "account ada@",
     "session laptop-0-", "own session"},
    {"one relay for all", "session-elsewhere", carried_back, 1, 1.2, 1.2, "own address", NULL, NULL},
    {"a telephone roams", "session-elsewhere", roaming, 0, 0, 0, NULL, NULL, NULL},
    {"the telephone is there as well", "session-elsewhere", holiday, 0, 0, 0, NULL, NULL, NULL},
    {"a session began there", "session-elsewhere", second_home, 0, 0, 0, NULL, NULL, NULL},
    {"everybody does", "session-elsewhere", cafes, PEOPLE, 0.6, 0.6, NULL, NULL, NULL},
    {"everyday life has its sign-ins", "no-sign-in", nothing, 0, 0, 0, NULL, NULL, NULL},
    {"two sessions without", "no-sign-in", unsigned_sessions, 1, 0.8, 0.8, "own session forged-1", "account ada@",
     "own address"},
    {"a log that leaves many out", "no-sign-in", often_unsigned, 0, 0, 0, NULL, NULL, NULL},
    {"a client that never does", "no-sign-in", client_without, 0, 0, 0, NULL, NULL, NULL},
    {"a gap in the logs", "no-sign-in", unsigned_everywhere, 0, 0, 0, NULL, NULL, NULL},
    {"before the logs could have it", "no-sign-in", unsigned_at_first, 0, 0, 0, NULL, NULL, NULL},
};

static void sessions_of_others(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sessions / sizeof sessions[0]; i++)
        check_scene(&sessions[i]);
}

/* ---- protocols, bulk, many, guessing ---- */

static void imap(struct say *s, int64_t from, int64_t to, unsigned people) {
    char at[32];

    for (int64_t day = from; day < to; day++)
        for (unsigned i = 0; i < people; i++) {
            s->theirs = true;
            SAY(s, day, 700, ACT_SIGN_IN, person(i), home(i, day, at), "BAV2ROPC", .verb = "IMAP4");
            SAY(s, day, 701, ACT_MAIL_READ, person(i), home(i, day, at), "Client=POP3/IMAP4;Protocol=IMAP4",
                .object = "\\Inbox");
            s->theirs = false;
        }
}

static void new_imap(struct say *s) {
    imap(s, 200, 240, 1);
}

static void old_imap(struct say *s) {
    imap(s, 0, 300, 1);
}

static void imap_everywhere(struct say *s) {
    imap(s, 200, 240, 6);
}

static void emptied(struct say *s) {
    char at[32], browser[128];

    s->theirs = true;
    for (unsigned n = 0; n < 50; n++)
        SAY(s, 210, n, ACT_MAIL_READ, ADA, home(0, 210, at), "Client=REST;Client=Copier;;", "copies", "\\Inbox",
            .items = 100);
    s->theirs = false;
    SAY(s, 210, 1290, ACT_MAIL_READ, ADA, home(0, 210, at), laptop(0, 210, browser), .object = "\\Inbox");
}

static void busy_month(struct say *s) {
    char at[32];

    for (unsigned n = 0; n < 10; n++)
        SAY(s, 210, n, ACT_MAIL_READ, ADA, home(0, 210, at), "Client=REST;Client=Copier;;", "copies", "\\Inbox",
            .items = 100);
}

/* Eight times its usual month, and yet little. */
static void little(struct say *s) {
    for (unsigned month = 0; month < 10; month++)
        SAY(s, month * 30, 5, ACT_FILE_READ, "guest@hall.example", OFFICE, "Viewer", .object = "a.pdf", .count = 5);
    SAY(s, 305, 5, ACT_FILE_READ, "guest@hall.example", OFFICE, "Viewer", .object = "a.pdf", .count = 400);
}

static void from_one_address(struct say *s, unsigned people) {
    for (unsigned i = 0; i < people; i++) {
        s->theirs = true;
        use(s, 200 + i, 180, person(i), "198.51.100.66", "curl/7.61", "c", 2);
        s->theirs = false;
    }
}

static void three_from_one_address(struct say *s) {
    from_one_address(s, 3);
}

static void two_from_one_address(struct say *s) {
    from_one_address(s, 2);
}

/* Colleagues in one hotel, with what they always use. */
static void conference(struct say *s) {
    char browser[128], session[32];

    for (unsigned i = 0; i < 4; i++) {
        snprintf(session, sizeof session, "conference-%u", i);
        use(s, 200, 1200 + i, person(i), "198.51.100.66", laptop(i, 200, browser), session, 2);
    }
}

static void fails(struct say *s, int64_t day, int64_t minute, const char *account, const char *address,
                  unsigned times) {
    for (unsigned n = 0; n < times; n++)
        SAY(s, day, minute + n, ACT_SIGN_IN, account, address, "python-requests/2.25", .outcome = OUTCOME_FAILURE);
}

static void spray(struct say *s, bool let_in) {
    s->theirs = true;
    for (unsigned i = 0; i < 6; i++)
        fails(s, 200, 100 + i * 5, person(i), "198.51.100.99", 3);
    if (let_in)
        SAY(s, 200, 200, ACT_SIGN_IN, "cem@hall.example", "198.51.100.99", "python-requests/2.25");
    s->theirs = false;
}

static void sprayed(struct say *s) {
    spray(s, true);
}

static void sprayed_in_vain(struct say *s) {
    spray(s, false);
}

static void brute_force(struct say *s) {
    s->theirs = true;
    fails(s, 200, 100, ADA, "198.51.100.99", 25);
    SAY(s, 200, 200, ACT_LOGON, ADA, "198.51.100.99", .verb = "ssh");
    s->theirs = false;
}

static void forgotten(struct say *s) {
    char at[32];

    for (unsigned i = 0; i < PEOPLE; i++)
        fails(s, 200 + i, 500, person(i), home(i, 200 + i, at), 5);
}

static void forgotten_in_the_office(struct say *s) {
    for (int64_t day = 1; day < 300; day += 2)
        fails(s, day, 500, person((unsigned)day % PEOPLE), OFFICE, 2);
}

/* Three a week: never enough at once. */
static void slowly(struct say *s) {
    for (int64_t day = 100; day < 300; day += 2)
        fails(s, day, 500, person((unsigned)day % PEOPLE), "198.51.100.99", 1);
}

static const struct scene others[] = {
    {"IMAP that is new", "legacy-protocol", new_imap, 1, 0.7, 0.7, "account ada@", NULL, "own"},
    {"IMAP from the first day", "legacy-protocol", old_imap, 0, 0, 0, NULL, NULL, NULL},
    {"IMAP of half the house", "legacy-protocol", imap_everywhere, 0, 0, 0, NULL, NULL, NULL},
    {"a mailbox emptied", "bulk-reading", emptied, 1, 0.5, 0.5, "account ada@", "client ada@", "own"},
    {"a busy month", "bulk-reading", busy_month, 0, 0, 0, NULL, NULL, NULL},
    {"many times little", "bulk-reading", little, 0, 0, 0, NULL, NULL, NULL},
    {"three accounts, one address, one new program", "many-accounts", three_from_one_address, 1, 1.2, 1.2,
     "own address 198.51.100.66", "account cem@", NULL},
    {"two accounts", "many-accounts", two_from_one_address, 0, 0, 0, NULL, NULL, NULL},
    {"a conference", "many-accounts", conference, 0, 0, 0, NULL, NULL, NULL},
    {"a spray, and one is let in", "guessing", sprayed, 1, 2.2, 2.2, "own address 198.51.100.99", "account cem@",
     "account ada@"},
    {"a spray in vain", "guessing", sprayed_in_vain, 1, 0.4, 0.4, "own address 198.51.100.99", NULL, "account"},
    {"one account, until it opens", "guessing", brute_force, 1, 2.2, 2.2, "account ada@", NULL, NULL},
    {"passwords forgotten at home", "guessing", forgotten, 0, 0, 0, NULL, NULL, NULL},
    {"passwords forgotten in the office", "guessing", forgotten_in_the_office, 0, 0, 0, NULL, NULL, NULL},
    {"too slow to tell", "guessing", slowly, 0, 0, 0, NULL, NULL, NULL},
};

static void all_others(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        check_scene(&others[i]);
}

/* Numbers of a reason are those of the scene. */
static void reasons(void **state) {
    static const struct {
        const char *behaviour, *says;
        void (*play)(struct say *s);
    } cases[] = {
        {"foreign-client", "on 50 days from 2021-04-14 to 2021-10-27, from 16 networks; in 16 of them none", relays},
        {"foreign-client", "The account was used for 100 days without it.", relays},
        {"session-elsewhere",
         "5 sessions of ada@hall.example that began at a usual place are used from 5 other networks", carried_often},
        {"guessing",
         "From 198.51.100.99 18 tries on 6 accounts fail since 2021-07-23; then cem@hall.example is let in.", sprayed},
        {"bulk-reading", "ada@hall.example read ", emptied},
        {"many-accounts", "From 198.51.100.66 3 accounts are used with `curl/7.61`", three_from_one_address},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t their;
        struct told_all *const t = told_of(cases[i].play, cases[i].behaviour, &their);

        if (t->count != 1 || !strstr(t->items[0].reason, cases[i].says))
            fail_msg("%s: %s", cases[i].says, t->count ? t->items[0].reason : "nothing");
        free(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_clients),
        cmocka_unit_test(sessions_of_others),
        cmocka_unit_test(all_others),
        cmocka_unit_test(reasons),
    };

    return cmocka_run_group_tests_name("detection/behaviour_account", tests, NULL, NULL);
}
