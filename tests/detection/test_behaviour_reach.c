/* test_behaviour_reach: who reaches what, and from where: what is told, and the everyday that looks like it and is not. */
#include "behaviour_say.h"

/* ---- persons from places of servers ---- */

/* dora's account from the rack of web1, at night: a share, and files. */
static void reads_from_server(struct say *s) {
    s->theirs = true;
    for (int64_t day = 150; day < 190; day += 13) {
        SAY(s, day, 95, ACT_LOGON, "HALL\\dora", "db1", racks[1], .verb = "3", .detail = "web1");
        SAY(s, day, 96, ACT_SHARE_OPEN, "HALL\\dora", "db1", racks[1], "\\\\*\\Rolls$");
        SAY(s, day, 97, ACT_FILE_READ, "HALL\\dora", "db1", racks[1], "rolls\\2020.csv", .detail = "\\\\*\\Rolls$");
    }
}

static void writes_page(struct say *s) {
    s->theirs = true;
    SAY(s, 150, 95, ACT_LOGON, "HALL\\dora", "web2", racks[1], .verb = "3", .detail = "web1");
    SAY(s, 150, 96, ACT_FILE_WRITE, "HALL\\dora", "web2", racks[1], "inetpub\\wwwroot\\help\\themes\\dark.aspx",
        .detail = "\\\\*\\C$");
    s->theirs = false;
    SAY(s, 151, 30, ACT_WEB_REQUEST, .host = "web2", .address = "198.51.100.9", .object = "/help/themes/dark.aspx",
        .verb = "POST 200");
}

static void moved_office(struct say *s) {
    for (int64_t day = 150; day < EVERYDAY_DAYS; day++)
        if (day % 7 < 5)
            SAY(s, day, 560, ACT_LOGON, "HALL\\dora", "files1", "172.16.9.4", .verb = "3", .detail = "desk4");
}

static void newcomer(struct say *s) {
    for (int64_t day = 150; day < EVERYDAY_DAYS; day++)
        if (day % 7 < 5) {
            SAY(s, day, 540, ACT_LOGON, "HALL\\gus", "desk7", "127.0.0.1", .verb = "2");
            SAY(s, day, 545, ACT_LOGON, "HALL\\gus", "files1", "172.16.7.17", .verb = "3", .detail = "desk7");
        }
}

static void new_wing(struct say *s) { /* all move for a week */
    for (int64_t day = 150; day < 155; day++)
        for (int64_t i = 0; i < PEOPLE; i++)
            SAY(s, day, 540 + i, ACT_LOGON, people[i], "files1", "172.16.12.30", .verb = "3", .detail = desks[i]);
}

static void another_desk(struct say *s) {
    SAY(s, 150, 560, ACT_LOGON, "HALL\\dora", "files1", seats[1], .verb = "3", .detail = "desk2");
}

static void refused_from_server(struct say *s) {
    for (int64_t i = 0; i < 5; i++)
        SAY(s, 150, 90 + i, ACT_LOGON, "HALL\\dora", "db1", racks[1], .verb = "3", .detail = "web1",
            .outcome = OUTCOME_FAILURE);
}

/* ---- from a taken host on ---- */

static void shells(struct say *s, int64_t day) {
    for (int64_t i = 0; i < 3; i++)
        SAY(s, day, 80 + i, ACT_PROCESS, "HALL\\WEB1$", "web1",
            .object = i ? "cmd.exe /c whoami" : "cmd.exe /c ipconfig /all",
            .detail = "C:\\Windows\\System32\\inetsrv\\w3wp.exe", .program = "C:\\Windows\\System32\\cmd.exe");
}

static void goes_on(struct say *s) {
    s->theirs = true;
    shells(s, 140);
    for (int64_t i = 0; i < 3; i++)
        SAY(s, 146, 95 + i, ACT_LOGON, "HALL\\dora", "db1", racks[1], .verb = "3", .detail = "web1");
}

static void taken_later(struct say *s) {
    for (int64_t i = 0; i < 3; i++)
        SAY(s, 146, 95 + i, ACT_LOGON, "HALL\\dora", "db1", racks[1], .verb = "3", .detail = "web1");
    shells(s, 160);
}

static void taken_elsewhere(struct say *s) {
    shells(s, 140);
    for (int64_t i = 0; i < 3; i++)
        SAY(s, 146, 95 + i, ACT_LOGON, "HALL\\dora", "db1", racks[2], .verb = "3", .detail = "web2");
}

/* ---- service accounts ---- */

static void astray(struct say *s) {
    s->theirs = true;
    SAY(s, 150, 100, ACT_LOGON, "HALL\\svc_backup", "db1", racks[1], .verb = "3", .detail = "web1");
    SAY(s, 150, 104, ACT_TASK_NEW, "HALL\\svc_backup", "db1", .object = "\\Sync", .detail = "C:\\Windows\\s.exe");
    SAY(s, 171, 110, ACT_LOG_CLEAR, "HALL\\svc_backup", "db1", .object = "Security");
}

static void unheard_of(struct say *s) {
    s->theirs = true;
    for (int64_t i = 0; i < 3; i++)
        SAY(s, 150 + i * 9, 100, ACT_LOGON, "HALL\\svc_heating", servers[i + 1], racks[3], .verb = "3",
            .detail = "db1");
}

static void two_from_one_place(struct say *s) {
    s->theirs = true;
    SAY(s, 150, 100, ACT_LOGON, "HALL\\svc_backup", "web2", racks[1], .verb = "3", .detail = "web1");
    SAY(s, 152, 100, ACT_LOGON, "HALL\\svc_heating", "db1", racks[1], .verb = "3", .detail = "web1");
}

static void new_service_account(struct say *s) {
    for (int64_t day = 150; day < EVERYDAY_DAYS; day++)
        SAY(s, day, 130, ACT_LOGON, "HALL\\svc_index", "db1", racks[2], .verb = "3", .detail = "web2");
}

static void in_the_first_weeks(struct say *s) {
    SAY(s, 11, 100, ACT_LOGON, "HALL\\svc_backup", "db1", racks[1], .verb = "3", .detail = "web1");
}

/* ---- visitors ---- */

struct visit_of {
    int64_t day, minute;
    const char *address, *session, *host;
};

static void visit(struct say *s, const struct visit_of *v) {
    SAY(s, v->day, v->minute, ACT_SIGN_IN, "firm.care", "vpn1", v->address, "vpn", .session = v->session);
    SAY(s, v->day, v->minute + 1, ACT_LOGON, "HALL\\firm.care", "vault1", "172.16.31.6", .verb = "10");
    SAY(s, v->day, v->minute + 3, ACT_LOGON, "HALL\\firm.care", v->host, racks[5], .verb = "10", .detail = "vault1");
    SAY(s, v->day, v->minute + 70, ACT_SIGN_OUT, "firm.care", "vpn1", v->address, "vpn", .session = v->session);
}

static char sessions[64][16];

static void own_visits(struct say *s) {
    for (int64_t i = 0; i < 8; i++) {
        snprintf(sessions[i], sizeof sessions[i], "own-%d", (int)i);
        visit(s, &(struct visit_of){3 + 28 * i, 600, "198.51.100.20", sessions[i], i % 2 ? "web1" : "files1"});
    }
}

static void stranger(struct say *s) {
    own_visits(s);
    s->theirs = true;
    visit(s, &(struct visit_of){120, 130, "203.0.113.77", "x1", "db1"});
    SAY(s, 120, 140, ACT_FILE_READ, "HALL\\firm.care", "db1", racks[5], "rolls\\2020.csv", .detail = "\\\\*\\Rolls$");
    visit(s, &(struct visit_of){131, 190, "203.0.113.78", "x2", "dc1"});
    SAY(s, 133, 175, ACT_SERVICE_NEW, .host = "dc1", .object = "AssistBridge", .detail = "C:\\ProgramData\\a.exe");
    SAY(s, 140, 160, ACT_TASK_NEW, "HALL\\firm.care", "db1", .object = "\\AssistAgain",
        .detail = "C:\\ProgramData\\a.exe");
    visit(s, &(struct visit_of){150, 170, "192.0.2.14", "x3", "db1"});
    s->theirs = false;
    for (size_t i = 0; i < SERVERS; i++) /* what comes to all comes to these as well */
        SAY(s, 142, 700 + (int64_t)i, ACT_SERVICE_NEW, .host = servers[i], .object = "Watch Agent",
            .detail = "C:\\Watch\\w.exe");
}

static void firm_moved(struct say *s) {
    for (int64_t i = 0; i < 8; i++) {
        snprintf(sessions[i], sizeof sessions[i], "own-%d", (int)i);
        visit(s, &(struct visit_of){3 + 28 * i, 600, i < 5 ? "198.51.100.20" : "203.0.113.50", sessions[i],
                                    i % 2 ? "web1" : "files1"});
    }
}

static void traveller(struct say *s) { /* who works in the house, at home in the evening, then elsewhere at night */
    for (int64_t i = 0; i < 24; i++) {
        bool const home = i < 12;

        snprintf(sessions[i], sizeof sessions[i], "way-%d", (int)i);
        SAY(s, 5 + 9 * i, home ? 1200 : 200, ACT_SIGN_IN, "emil", "vpn1", home ? "198.51.100.1" : "203.0.113.9", "vpn",
            .session = sessions[i]);
        SAY(s, 5 + 9 * i, home ? 1203 : 203, ACT_LOGON, "HALL\\emil", home ? "files1" : "db1", "172.16.30.5",
            .verb = "3", .detail = "desk5");
    }
}

static void first_weeks_only(struct say *s) { /* too little is known of its own network */
    visit(s, &(struct visit_of){3, 600, "198.51.100.20", "a", "web1"});
    visit(s, &(struct visit_of){80, 130, "203.0.113.77", "b", "db1"});
}

static void others_use_it_too(struct say *s) { /* a way out that several share: a carrier's */
    own_visits(s);
    for (int64_t i = 0; i < 3; i++)
        SAY(s, 60 + i, 600, ACT_SIGN_IN, people[i], "vpn1", "203.0.113.77", "vpn", .session = "p");
    visit(s, &(struct visit_of){120, 130, "203.0.113.77", "x1", "db1"});
}

/* ---- exports ---- */

static void bill(struct say *s) {
    for (int64_t day = 2; day < EVERYDAY_DAYS; day += 30) {
        SAY(s, day, 570, ACT_SIGN_IN, "bo", "pbx1", seats[1], "billing");
        SAY(s, day, 575, ACT_EXPORT, "bo", "pbx1", seats[1], "calls of the month for billing");
    }
}

static void exports_at_night(struct say *s) {
    bill(s);
    s->theirs = true;
    for (int64_t day = 150; day < 211; day += 30) {
        SAY(s, day, 100, ACT_SIGN_IN, "reader", "pbx1", racks[5], "billing");
        SAY(s, day, 104, ACT_EXPORT, "reader", "pbx1", racks[5], "calls of all");
    }
}

static void exports_and_sends(struct say *s) {
    exports_at_night(s);
    for (int64_t day = 150; day < 211; day += 30)
        SAY(s, day, 120, ACT_CONNECTION, .address = "172.16.2.50", .server = "203.0.113.9", .verb = "22/tcp",
            .amount = 5000000);
    s->theirs = false; /* what leaves each night, export or not, is a backup */
    for (int64_t day = 0; day < EVERYDAY_DAYS; day++)
        SAY(s, day, 118, ACT_CONNECTION, .address = "172.16.2.50", .server = "192.0.2.4", .verb = "443/tcp",
            .amount = 7000000);
}

static void another_bills(struct say *s) {
    bill(s);
    s->theirs = true;
    SAY(s, 152, 600, ACT_EXPORT, "dora", "pbx1", seats[3], "calls of the month for billing");
}

static void export_refused(struct say *s) {
    bill(s);
    SAY(s, 150, 104, ACT_EXPORT, "reader", "pbx1", racks[5], "calls of all", .outcome = OUTCOME_FAILURE);
}

/* ---- files ---- */

static char names[128][32];

static void reads(struct say *s, int64_t day, int64_t minute, const char *address, size_t count) {
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "rolls\\district-%d.csv", (int)i);
        SAY(s, day, minute + (int64_t)i, ACT_FILE_READ, "HALL\\fay", "files1", address, names[i],
            .detail = "\\\\*\\Plans");
    }
}

/* On a Saturday: on no day she reads anything else. */
static void takes_all(struct say *s) {
    s->theirs = true;
    reads(s, 152, 60, "172.16.7.99", 90);
}

static void officer(struct say *s) {
    s->theirs = true;
    reads(s, 152, 540, seats[5], 90);
}

static void reads_some(struct say *s) {
    reads(s, 152, 540, "172.16.7.99", 30);
}

static void reads_often(struct say *s) {
    for (int64_t day = 12; day < EVERYDAY_DAYS; day += 14)
        reads(s, day, 540, "172.16.7.99", 60);
}

static const struct scene scenes[] = {
    {"a person's account from a server, at night, with files", "new-reach", reads_from_server, 1, 2.0, 2.9, "host web1",
     "own"},
    {"a file that is asked for as a page", "new-reach", writes_page, 1, 3.0, 4.0, "own page /help/themes/dark.aspx",
     NULL},
    {"a person who has moved", "new-reach", moved_office, 0, 0, 0, NULL, NULL},
    {"a newcomer", "new-reach", newcomer, 0, 0, 0, NULL, NULL},
    {"a network into which all move", "new-reach", new_wing, 0, 0, 0, NULL, NULL},
    {"a day at another desk", "new-reach", another_desk, 0, 0, 0, NULL, NULL},
    {"tries that were refused", "new-reach", refused_from_server, 0, 0, 0, NULL, NULL},

    {"shells, then an account that goes on from there", "moved-on", goes_on, 1, 0.8, 0.8, "account HALL\\dora", "own"},
    {"an account, and shells only later", "moved-on", taken_later, 0, 0, 0, NULL, NULL},
    {"shells on another host", "moved-on", taken_elsewhere, 0, 0, 0, NULL, NULL},

    {"a backup's account makes a task and empties a log", "service-account", astray, 1, 1.0, 2.0, "host db1", NULL},
    {"a service account that no log knew", "service-account", unheard_of, 1, 1.0, 2.0, "account HALL\\svc_heating",
     NULL},
    {"two that come from one place are one", "service-account", two_from_one_place, 1, 0.9, 2.0,
     "account HALL\\svc_backup", NULL},
    {"a new one with its own chore", "service-account", new_service_account, 0, 0, 0, NULL, NULL},
    {"in the first weeks of the logs", "service-account", in_the_first_weeks, 0, 0, 0, NULL, NULL},
    {"a person", "service-account", reads_from_server, 0, 0, 0, NULL, NULL},

    {"a provider's account from elsewhere, at night", "foreign-visits", stranger, 1, 2.5, 4.0,
     "own address 203.0.113.77", "198.51.100.20"},
    {"only its own visits", "foreign-visits", own_visits, 0, 0, 0, NULL, NULL},
    {"a provider that has moved", "foreign-visits", firm_moved, 0, 0, 0, NULL, NULL},
    {"a person who travels", "foreign-visits", traveller, 0, 0, 0, NULL, NULL},
    {"an account of which little is known", "foreign-visits", first_weeks_only, 0, 0, 0, NULL, NULL},
    {"an address that several use", "foreign-visits", others_use_it_too, 0, 0, 0, NULL, NULL},

    {"an unknown account exports at night", "bulk-export", exports_at_night, 1, 2.6, 3.0, "own account reader", NULL},
    {"and it leaves the house", "bulk-export", exports_and_sends, 1, 3.0, 3.6, "own address 203.0.113.9", "192.0.2.4"},
    {"a colleague exports by day, once", "bulk-export", another_bills, 1, 1.2, 1.2, "account HALL\\dora", "own"},
    {"exported for the bill, each month", "bulk-export", bill, 0, 0, 0, NULL, NULL},
    {"an export that was refused", "bulk-export", export_refused, 0, 0, 0, NULL, NULL},

    {"ninety files at night from an address never used", "bulk-files", takes_all, 1, 1.2, 1.2, "account HALL\\fay",
     NULL},
    {"an officer who reads all at her desk", "bulk-files", officer, 0, 0, 0, NULL, NULL},
    {"thirty files", "bulk-files", reads_some, 0, 0, 0, NULL, NULL},
    {"who reads as many each fortnight", "bulk-files", reads_often, 0, 0, 0, NULL, NULL},
};

static void test_scenes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        say_play(&scenes[i], everyday);
}

/* With no activity at all there is nothing to tell, and nothing to trip over. */
static void none(struct say *s) {
    (void)s;
}
static void test_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        say_play(&(struct scene){"nothing", scenes[i].behaviour, none, 0, 0, 0, NULL, NULL}, none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
