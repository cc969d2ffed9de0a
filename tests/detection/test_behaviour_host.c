/* test_behaviour_host: what is done on hosts and in domains: what is told, and the everyday that looks like it and is not. */
#include "behaviour_say.h"

#include "detection/behaviour_kit.h"

#define WORKER "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
#define JAVA "/usr/lib/jvm/bin/java"
#define CMD "C:\\Windows\\System32\\cmd.exe"
#define EXPLORER "C:\\Windows\\explorer.exe"

static void process(struct say *s, int64_t day, int64_t minute, const char *account, const char *host,
                    const char *parent, const char *program, const char *command) {
    SAY(s, day, minute, ACT_PROCESS, account, host, .object = command, .detail = parent, .program = program);
}

/* ---- server programs ---- */

static void shell_asks(struct say *s) {
    s->theirs = true;
    process(s, 100, 200, "HALL\\WEB1$", "web1", WORKER, CMD, "cmd.exe /c whoami");
    process(s, 100, 201, "HALL\\WEB1$", "web1", WORKER, CMD, "cmd.exe /c net group \"Domain Admins\" /domain");
    process(s, 117, 900, "HALL\\WEB1$", "web1", WORKER, CMD, "cmd.exe /c ipconfig /all");
}

static void shell_once(struct say *s) {
    s->theirs = true;
    process(s, 100, 200, "www-data", "web2", JAVA, "/bin/sh", "sh -c /opt/app/mend.sh");
}

static void chore(struct say *s) {
    for (int64_t day = 0; day < EVERYDAY_DAYS; day++)
        process(s, day, 150, "HALL\\svc_app", "web2", JAVA, CMD, "cmd.exe /c C:\\app\\rotate.bat");
}

static void chore_monthly(struct say *s) {
    static const int64_t days[] = {8, 36, 64, 99, 127, 155, 190, 218}; /* second Tuesdays */

    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        process(s, days[i], 150, "HALL\\svc_app", "web2", JAVA, CMD, "cmd.exe /c C:\\app\\close-month.bat");
}

static void chore_and_more(struct say *s) {
    chore(s);
    s->theirs = true;
    process(s, 90, 187, "HALL\\svc_app", "web2", JAVA, CMD, "cmd.exe /c nltest /domain_trusts");
}

static void shell_irregular(struct say *s) {
    static const int64_t minutes[] = {14, 900, 333, 1200, 71, 640, 1010, 222};

    s->theirs = true;
    for (int64_t i = 0; i < 8; i++)
        process(s, 60 + i * i * 2, minutes[i], "HALL\\svc_app", "web2", JAVA, CMD, "cmd.exe /c C:\\app\\rotate.bat");
}

static void shell_of_product(struct say *s) {
    for (size_t i = 0; i < 3; i++)
        process(s, 50 + (int64_t)i, 400, "HALL\\svc_app", servers[i], JAVA, CMD, "cmd.exe /c C:\\product\\setup.bat 7");
}

static void shell_of_person(struct say *s) {
    process(s, 50, 600, "HALL\\ada", "desk1", EXPLORER, CMD, "cmd.exe");
    process(s, 50, 601, "HALL\\ada", "desk1", CMD, "C:\\Windows\\System32\\whoami.exe", "whoami");
}

static void no_shell(struct say *s) {
    process(s, 50, 600, "HALL\\WEB1$", "web1", WORKER, "C:\\Windows\\Microsoft.NET\\csc.exe",
            "csc.exe /noconfig @tmp.cmdline");
}

/* ---- questions ---- */

static void asks(struct say *s, int64_t day, const char *account, const char *host, size_t count) {
    static const char *const questions[] = {"whoami /all", "nltest /dclist:hall",
                                            "net.exe group \"Domain Admins\" /domain", "ipconfig /all"};

    for (size_t i = 0; i < count; i++)
        process(s, day, 700 + (int64_t)i, account, host, CMD, "C:\\Windows\\System32\\x.exe", questions[i]);
}

static void burst_on_server(struct say *s) {
    s->theirs = true;
    asks(s, 120, "HALL\\svc_backup", "db1", 3);
}

static void burst_at_desk(struct say *s) {
    s->theirs = true;
    asks(s, 120, "HALL\\bo", "desk2", 4);
}

static void two_at_desk(struct say *s) {
    asks(s, 120, "HALL\\bo", "desk2", 2);
}

static void who_looks_after(struct say *s) {
    for (int64_t day = 4; day < EVERYDAY_DAYS; day += 7)
        asks(s, day, "HALL\\ada", "desk1", 4);
}

static void one_question(struct say *s) {
    for (int64_t i = 0; i < 4; i++)
        process(s, 120, 700 + i, "HALL\\svc_backup", "db1", CMD, "C:\\Windows\\System32\\x.exe", "ipconfig /all");
}

/* ---- tickets ---- */

static void tickets(struct say *s, int64_t day, int64_t step, const char *account, const char *weak, const char *name,
                    int64_t count) {
    static char names[64][32];

    assert_true(count <= 64);
    for (int64_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%s%d", name, (int)i);
        SAY(s, day + i * step / 1440, 240 + i * step % 1440, ACT_TICKET, account, "dc1", racks[1], names[i], weak);
    }
}

static void usual_tickets(struct say *s) {
    for (int64_t day = 0; day < EVERYDAY_DAYS; day++)
        SAY(s, day, 480, ACT_TICKET, "HALL.EXAMPLE\\ada@HALL.EXAMPLE", "dc1", seats[0], "cifs/files1", "0x12");
}

static void roast(struct say *s) {
    usual_tickets(s);
    s->theirs = true;
    tickets(s, 130, 1, "HALL.EXAMPLE\\cem@HALL.EXAMPLE", "0x17", "svc_", 9);
}

static void roast_slowly(struct say *s) {
    usual_tickets(s);
    tickets(s, 130, 1440, "HALL.EXAMPLE\\cem@HALL.EXAMPLE", "0x17", "svc_", 9);
}

static void strong_tickets(struct say *s) {
    usual_tickets(s);
    tickets(s, 130, 1, "HALL.EXAMPLE\\cem@HALL.EXAMPLE", "0x12", "svc_", 9);
}

static void tickets_of_hosts(struct say *s) {
    usual_tickets(s);
    for (size_t i = 0; i < SERVERS; i++) {
        static const char *const hosts[] = {"FILES1$", "WEB1$", "WEB2$", "DB1$", "DC1$", "VAULT1$"};

        SAY(s, 130, 240 + (int64_t)i, ACT_TICKET, "HALL.EXAMPLE\\cem@HALL.EXAMPLE", "dc1", seats[2], hosts[i], "0x17");
    }
}

static void old_device(struct say *s) {
    usual_tickets(s);
    for (int64_t day = 2; day < EVERYDAY_DAYS; day++)
        SAY(s, day, 300, ACT_TICKET, "HALL.EXAMPLE\\printer@HALL.EXAMPLE", "dc1", seats[5],
            day % 2 ? "svc_print" : "svc_scan", "0x17");
}

static void old_devices_habit(struct say *s) {
    usual_tickets(s);
    for (int64_t day = 2; day < EVERYDAY_DAYS; day += 9)
        tickets(s, day, 1, "HALL.EXAMPLE\\printer@HALL.EXAMPLE", "0x17", "svc_", 6);
}

static void refused_tickets(struct say *s) {
    usual_tickets(s);
    for (int64_t i = 0; i < 9; i++) {
        static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};

        SAY(s, 130, 240 + i, ACT_TICKET, "HALL.EXAMPLE\\cem@HALL.EXAMPLE", "dc1", seats[2], names[i], "0x17",
            .outcome = OUTCOME_FAILURE);
    }
}

/* ---- shares ---- */

static void fan_out(struct say *s, int64_t day, int64_t step, size_t count, const char *share) {
    for (size_t i = 0; i < count; i++)
        SAY(s, day, 130 + (int64_t)i * step, ACT_SHARE_OPEN, "HALL\\svc_db", servers[i], racks[1], share);
}

static void fan_out_admin(struct say *s) {
    s->theirs = true;
    fan_out(s, 140, 1, 6, "\\\\*\\C$");
}

static void fan_out_pipes(struct say *s) {
    s->theirs = true;
    fan_out(s, 140, 1, 6, "\\\\*\\IPC$");
}

static void fan_out_few(struct say *s) {
    fan_out(s, 140, 1, 4, "\\\\*\\C$");
}

static void fan_out_slow(struct say *s) {
    fan_out(s, 140, 70, 6, "\\\\*\\C$");
}

static void fan_out_plain(struct say *s) {
    fan_out(s, 140, 1, 6, "\\\\*\\Plans");
}

static void nothing(struct say *s) {
    (void)s;
}

/* ---- what is made ---- */

static void rare_service(struct say *s) {
    s->theirs = true;
    SAY(s, 150, 150, ACT_SERVICE_NEW, .host = "db1", .object = "DataSyncSvc", .detail = "C:\\PerfLogs\\ds.exe");
}

static void product_service(struct say *s) {
    for (size_t i = 0; i < 3; i++)
        SAY(s, 150, 600 + (int64_t)i, ACT_SERVICE_NEW, .host = servers[i], .object = "Scanner 2.1",
            .detail = "C:\\Program Files\\Scan\\s.exe");
}

static void product_of_many_folders(struct say *s) {
    static const char *const paths[] = {"C:\\Scan\\s.exe", "D:\\Scan\\s.exe", "E:\\Tools\\scan.exe"};

    for (size_t i = 0; i < 3; i++)
        SAY(s, 150, 600 + (int64_t)i, ACT_SERVICE_NEW, .host = servers[i], .object = "Scanner", .detail = paths[i]);
}

static void product_versions(struct say *s) {
    static const char *const names[] = {"Scanner 2.1", "Scanner 2.2", "Scanner 3.10"};

    for (size_t i = 0; i < 3; i++)
        SAY(s, 150 + 20 * (int64_t)i, 600, ACT_SERVICE_NEW, .host = servers[i], .object = names[i],
            .detail = "C:\\Program Files\\Scan\\s.exe");
}

static void service_again(struct say *s) {
    for (int64_t day = 60; day < 200; day += 20)
        SAY(s, day, 600, ACT_SERVICE_NEW, .host = "db1", .object = "Update Runner",
            .detail = "C:\\Program Files\\Run\\u.exe");
}

static void many_services(struct say *s) {
    static const char *const names[] = {"aGVsbG8", "d29ybGQ", "Zm9vYmFy", "cXV1eA", "bG9uZw"};

    s->theirs = true;
    for (size_t i = 0; i < 5; i++)
        SAY(s, 150, 600 + (int64_t)i, ACT_SERVICE_NEW, .host = "db1", .object = names[i],
            .detail = "cmd.exe /c powershell -enc x");
}

static void rare_task(struct say *s) {
    s->theirs = true;
    SAY(s, 150, 150, ACT_TASK_NEW, "HALL\\svc_db", "db1", .object = "\\SyncAgain",
        .detail = "C:\\ProgramData\\sync\\s.exe");
}

static void windows_own_task(struct say *s) {
    SAY(s, 150, 600, ACT_TASK_NEW, "HALL\\DESK3$", "desk3", .object = "\\Microsoft\\Windows\\Restart",
        .detail = "C:\\Windows\\System32\\r.exe");
}

static void opening_by_command(struct say *s) {
    process(s, 149, 130, "HALL\\ada", "desk1", CMD, "C:\\Windows\\System32\\netsh.exe",
            "netsh advfirewall show allprofiles");
    s->theirs = true;
    process(s, 150, 130, "HALL\\svc_app", "web2", CMD, "C:\\Windows\\System32\\netsh.exe",
            "netsh advfirewall firewall add rule name=x dir=in action=allow protocol=TCP localport=8899");
    SAY(s, 150, 130, ACT_OPENING_NEW, .host = "web2", .object = "x", .detail = "8899",
        .program = "C:\\Windows\\System32\\netsh.exe");
}

static void opening_of_product(struct say *s) {
    SAY(s, 150, 600, ACT_OPENING_NEW, .host = "web2", .object = "Care", .detail = "8530",
        .program = "C:\\Program Files\\Care\\agent.exe");
}

static void rare_autorun(struct say *s) {
    s->theirs = true;
    SAY(s, 150, 600, ACT_AUTORUN_NEW, "HALL\\dora", "desk4", .object = "HKU\\Run\\viewer",
        .detail = "C:\\Users\\Public\\v.exe");
}

static void common_autorun(struct say *s) {
    for (size_t i = 0; i < PEOPLE; i++)
        SAY(s, 150, 600, ACT_AUTORUN_NEW, people[i], desks[i], .object = "HKU\\Run\\Messenger",
            .detail = "C:\\Users\\x\\AppData\\m.exe");
}

/* ---- archives ---- */

static void packed(struct say *s) {
    s->theirs = true;
    process(s, 150, 102, "HALL\\svc_app", "web2", CMD, "C:\\PerfLogs\\rar.exe",
            "rar.exe a -hp C:\\PerfLogs\\o1.dat \\\\db1\\export$\\rolls");
    process(s, 163, 131, "HALL\\svc_app", "web2", CMD, "C:\\PerfLogs\\rar.exe",
            "rar.exe a -hp C:\\PerfLogs\\o2.dat \\\\db1\\export$\\rolls");
}

static void unpacked(struct say *s) {
    process(s, 150, 600, "HALL\\bo", "desk2", EXPLORER, "C:\\Program Files\\7-Zip\\7z.exe",
            "7z.exe x C:\\Windows\\Temp\\annexes.zip");
}

static void packed_at_home(struct say *s) {
    process(s, 150, 600, "HALL\\bo", "desk2", EXPLORER, "C:\\Program Files\\7-Zip\\7z.exe",
            "7z.exe a D:\\bo\\annexes.zip D:\\bo\\annexes");
}

static void packed_each_night(struct say *s) {
    for (int64_t day = 0; day < EVERYDAY_DAYS; day++)
        process(s, day, 20, "HALL\\svc_app", "web2", CMD, "C:\\tools\\7z.exe",
                "7z.exe a C:\\Windows\\Temp\\logs.zip C:\\app\\logs");
}

/* ---- logs ---- */

static void cleared(struct say *s) {
    s->theirs = true;
    SAY(s, 160, 170, ACT_LOG_CLEAR, "HALL\\svc_db", "db1", .object = "Security");
}

static void cleared_when_new(struct say *s) {
    SAY(s, 160, 600, ACT_LOG_CLEAR, "HALL\\ada", "desk9", .object = "Security");
    for (int64_t i = 0; i < 60; i++)
        SAY(s, 161 + i, 500, ACT_LOGON, "HALL\\gus", "desk9", "127.0.0.1", .verb = "2");
}

static void cleared_by_order(struct say *s) {
    for (int64_t i = 0; i < 4; i++)
        SAY(s, 160 + i, 600, ACT_LOG_CLEAR, "HALL\\ada", servers[i], .object = "Security");
}

static const struct scene scenes[] = {
    {"a web worker asks who it is, on two days", "service-shell", shell_asks, 1, 2.0, 3.5, "host web1", "account"},
    {"an application server starts one command that it never did", "service-shell", shell_once, 1, 1.2, 1.2,
     "account www-data", NULL},
    {"a chore each night", "service-shell", chore, 0, 0, 0, NULL, NULL},
    {"a chore each second Tuesday of a month", "service-shell", chore_monthly, 0, 0, 0, NULL, NULL},
    {"a chore, and a question beside it", "service-shell", chore_and_more, 1, 2.0, 2.0, "account HALL\\svc_app", NULL},
    {"the same command often, at no hour of its own", "service-shell", shell_irregular, 1, 1.2, 0, NULL, NULL},
    {"the same command on three hosts", "service-shell", shell_of_product, 0, 0, 0, NULL, NULL},
    {"a person's shell", "service-shell", shell_of_person, 0, 0, 0, NULL, NULL},
    {"a web worker compiles a page", "service-shell", no_shell, 0, 0, 0, NULL, NULL},

    {"three questions on a server by a service account", "discovery-burst", burst_on_server, 1, 1.2, 0,
     "account HALL\\svc_backup", NULL},
    {"four questions at a desk, once", "discovery-burst", burst_at_desk, 1, 0.5, 0.9, "host desk2", NULL},
    {"two questions at a desk", "discovery-burst", two_at_desk, 0, 0, 0, NULL, NULL},
    {"who looks after the house asks each week", "discovery-burst", who_looks_after, 0, 0, 0, NULL, NULL},
    {"one question, again and again", "discovery-burst", one_question, 0, 0, 0, NULL, NULL},
    {"what a web worker asks is told once, as its shell", "discovery-burst", shell_asks, 0, 0, 0, NULL, NULL},

    {"nine services, weakly encrypted, within minutes", "kerberoasting", roast, 1, 2.0, 2.8, "account HALL\\cem",
     "own"},
    {"nine services, one a day", "kerberoasting", roast_slowly, 0, 0, 0, NULL, NULL},
    {"nine services, strongly encrypted", "kerberoasting", strong_tickets, 0, 0, 0, NULL, NULL},
    {"hosts' own services", "kerberoasting", tickets_of_hosts, 0, 0, 0, NULL, NULL},
    {"a device that knows RC4 only, for two services", "kerberoasting", old_device, 0, 0, 0, NULL, NULL},
    {"who asks for six again and again", "kerberoasting", old_devices_habit, 0, 0, 0, NULL, NULL},
    {"nine that were refused", "kerberoasting", refused_tickets, 0, 0, 0, NULL, NULL},

    {"drives of six hosts by an account nobody heard of", "share-fan-out", fan_out_admin, 1, 1.7, 2.3, "host web1",
     "host dc1"},
    {"IPC$ of six hosts", "share-fan-out", fan_out_pipes, 1, 0.9, 1.4, NULL, NULL},
    {"drives of four hosts", "share-fan-out", fan_out_few, 0, 0, 0, NULL, NULL},
    {"drives of six hosts in seven hours", "share-fan-out", fan_out_slow, 0, 0, 0, NULL, NULL},
    {"plain shares of six hosts", "share-fan-out", fan_out_plain, 0, 0, 0, NULL, NULL},
    {"distribution of software, each month", "share-fan-out", nothing, 0, 0, 0, NULL, NULL},

    {"a service of its own name, from a folder of no programs, at night", "new-service", rare_service, 1, 1.3, 1.7,
     "own object DataSyncSvc", NULL},
    {"a service that comes to three hosts", "new-service", product_service, 0, 0, 0, NULL, NULL},
    {"one name on three hosts, from different folders", "new-service", product_of_many_folders, 0, 0, 0, NULL, NULL},
    {"versions of one product", "new-service", product_versions, 0, 0, 0, NULL, NULL},
    {"a service made anew each month on one host", "new-service", service_again, 0, 0, 0, NULL, NULL},
    {"services of which each month's is one", "new-service", nothing, 0, 0, 0, NULL, NULL},
    {"five at once are told once", "new-service", many_services, 1, 1.3, 1.7, "own object aGVsbG8", NULL},
    {"a task of an account that was never there", "new-task", rare_task, 1, 1.5, 2.0, "account HALL\\svc_db", NULL},
    {"a task that Windows made on one desk", "new-task", windows_own_task, 0, 0, 0, NULL, NULL},
    {"an opening by a command line", "new-opening", opening_by_command, 1, 1.5, 2.5, "account HALL\\svc_app", NULL},
    {"an opening that a product brings along", "new-opening", opening_of_product, 0, 0, 0, NULL, NULL},
    {"an autorun from a folder for everybody", "new-autorun", rare_autorun, 1, 0.9, 0.9, "own object HKU\\Run\\viewer",
     NULL},
    {"an autorun that six desks have", "new-autorun", common_autorun, 0, 0, 0, NULL, NULL},

    {"archives of another host's files where none belong", "staging", packed, 1, 1.7, 2.0, "own object rar.exe", NULL},
    {"an archive that is taken apart", "staging", unpacked, 0, 0, 0, NULL, NULL},
    {"an archive in its own folder", "staging", packed_at_home, 0, 0, 0, NULL, NULL},
    {"an archive each night", "staging", packed_each_night, 0, 0, 0, NULL, NULL},

    {"a server's log is emptied", "log-clear", cleared, 1, 1.4, 1.4, "host db1", NULL},
    {"a new computer's log is emptied", "log-clear", cleared_when_new, 0, 0, 0, NULL, NULL},
    {"logs of four hosts, by order", "log-clear", cleared_by_order, 0, 0, 0, NULL, NULL},
};

static void test_scenes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        say_play(&scenes[i], everyday);
}

/* Everyday life alone is told of in nothing. */
static void test_everyday(void **state) {
    static const char *const all[] = {"service-shell",  "discovery-burst", "kerberoasting", "share-fan-out",
                                      "new-service",    "new-task",        "new-opening",   "new-autorun",
                                      "staging",        "log-clear",       "new-reach",     "service-account",
                                      "foreign-visits", "bulk-export",     "bulk-files"};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        say_play(&(struct scene){all[i], all[i], nothing, 0, 0, 0, NULL, NULL}, everyday);
}

/* ---- what they are made of ---- */

static void test_regular(void **state) {
    static const struct {
        const char *name;
        int64_t minutes[10];
        size_t count;
        bool regular;
    } cases[] = {
        {"each night", {0, 1440, 2880, 4320, 5760, 7200, 8640}, 7, true},
        {"each night, half an hour earlier or later", {0, 1450, 2870, 4330, 5750, 7210, 8630}, 7, true},
        {"each night but one", {0, 1440, 2880, 5760, 7200, 8640, 10080}, 7, true},
        {"each quarter of an hour", {0, 15, 30, 45, 60, 75, 90, 105}, 8, true},
        {"each month, on a Tuesday", {0, 40320, 90720, 131040, 171360, 221760, 262080}, 7, true},
        {"too few", {0, 1440, 2880, 4320, 5760}, 5, false},
        {"each night, an hour or two earlier or later", {0, 1540, 2840, 4400, 5690, 7290, 8560}, 7, false},
        {"each night, at any hour", {0, 1630, 2800, 4000, 5990, 7000, 8800}, 7, false},
        {"now and then", {0, 1440, 10080, 11520, 40320, 60480, 99360}, 7, false},
        {"all in a quarter of an hour", {0, 1, 2, 3, 4, 5, 6, 7}, 8, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t when[10];
        struct err e;
        bool regular;

        for (size_t k = 0; k < cases[i].count; k++)
            when[k] = BEGIN + cases[i].minutes[k] * MINUTE;
        assert_true(kit_regular(when, cases[i].count, 6, 0.8, &regular, &e));
        if (regular != cases[i].regular)
            fail_msg("%s", cases[i].name);
    }
}

static void test_words(void **state) {
    static const str words[] = {STR("net group"), STR("whoami"), STR("rar"), STR("arp -a")};
    static const struct word_list list = {STR("test"), words, 4};
    static const struct {
        const char *command;
        size_t word;
    } commands[] = {
        {"whoami", 2},
        {"cmd /c whoami&hostname", 2},
        {"c:\\windows\\system32\\whoami.exe /all", 2},
        {"\"c:\\windows\\net.exe\" group \"domain admins\" /domain", 1},
        {"arp -a", 4},
        {"whoamiplus", 0},
        {"iamwhoami", 0},
        {"netgroup", 0},
        {"group net", 0},
        {"net user", 0},
        {"rarely", 0},
        {"c:\\x.rar", 0},
        {"", 0},
    };
    static const struct {
        const char *path, *name;
    } programs[] = {
        {"C:\\Windows\\System32\\inetsrv\\W3WP.EXE", "w3wp"},
        {"/usr/sbin/php-fpm7.4", "php-fpm"},
        {"\"C:\\Program Files\\tomcat9.exe\"", "tomcat"},
        {"/usr/bin/python3.11", "python"},
        {"7z.exe", "7z"},
        {"C:\\Windows\\System32\\net1.exe", "net1"},
        {"", ""},
        {"C:\\", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (kit_command(&list, str_of(commands[i].command)) != commands[i].word)
            fail_msg("%s", commands[i].command);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        char name[KIT_NAME];

        if (!str_eq(kit_program_name(str_of(programs[i].path), name), str_of(programs[i].name)))
            fail_msg("%s", programs[i].path);
    }
    assert_true(kit_skeleton(S("rar a o12.dat"), 7) == kit_skeleton(S("RAR a \"o3.dat\""), 7));
    assert_true(kit_skeleton(S("rar a o12.dat"), 7) != kit_skeleton(S("rar a p12.dat"), 7));
    assert_true(kit_machine_account(S("HALL\\WEB1$")) && kit_machine_account(S("NT AUTHORITY\\SYSTEM")) &&
                kit_machine_account(S("")));
    assert_false(kit_machine_account(S("HALL\\ada")) || kit_machine_account(S("HALL\\systems")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_everyday),
        cmocka_unit_test(test_regular),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
