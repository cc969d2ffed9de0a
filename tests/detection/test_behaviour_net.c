/* test_behaviour_net: data that leave, ports that open, what asks over and over; and backups, scanners and clocks beside them. */
#include "made_acts.h"

#define DAYS(n) ((int64_t)(n)*86400)
#define HOURS(n) ((int64_t)(n)*3600)
#define MB ((uint64_t)1000000)
#define SERVER "10.0.0.5"
#define OUTSIDE "198.51.100.9"

struct bytes {
    char text[24];
};

static void connect_(struct made *m, int64_t at, const char *from, const char *to, const char *port, uint64_t out,
                     uint64_t back) {
    struct bytes b;

    snprintf(b.text, sizeof b.text, "%llu", (unsigned long long)back);
    made_add(m, ACT_CONNECTION, at, .address = from, .server = to, .verb = port, .amount = out, .detail = b.text);
}

/* Ninety days: three desks browse and come to the server, whose name is known; it sends its backup to a partner every week. */
static void everyday(struct made *m, uint64_t backup) {
    static const char *const desks[] = {"10.0.1.1", "10.0.1.2", "10.0.1.3"};

    made_add(m, ACT_HOST_NAME, .host = "FS01", .address = SERVER);
    for (int day = 0; day < 90; day++) {
        for (size_t n = 0; n < COUNT(desks); n++) {
            char site[32];

            snprintf(site, sizeof site, "192.0.2.%d", day % 20 + 1);
            connect_(m, DAYS(day) + HOURS(9) + (int64_t)n, desks[n], site, "443/tcp", 2000, 80000);
            connect_(m, DAYS(day) + HOURS(10) + (int64_t)n, desks[n], SERVER, "445/tcp", 2000, 900000);
        }
        if (backup && day % 7 == 2)
            connect_(m, DAYS(day) + HOURS(2), SERVER, "203.0.113.5", "443/tcp", backup, 9000);
    }
}

/* ---- uploads ---- */

static const struct {
    const char *name;
    const char *inside;
    uint64_t out, back; /* of each connection */
    int day, times;
    uint64_t backup; /* what it sends weekly to somebody else */
    bool from_outside, all_know_it, refused;
    size_t hits;
} uploads[] = {
    {"5 MB, thrice", SERVER, 5 * MB, 30000, 40, 3, 0, false, false, false, 1},
    {"once", SERVER, 5 * MB, 30000, 40, 1, 0, false, false, false, 1},
    {"far more than the backup", SERVER, 900 * MB, 30000, 40, 3, 20 * MB, false, false, false, 1},
    {"fetched from outside", SERVER, 5 * MB, 30000, 40, 3, 0, true, false, false, 1},
    {"a desk", "10.0.1.1", 5 * MB, 30000, 40, 1, 0, false, false, false, 1},
    {"since the first day", SERVER, 5 * MB, 30000, 2, 9, 0, false, false, false, 0},
    {"less than ten times the backup", SERVER, 100 * MB, 30000, 40, 3, 20 * MB, false, false, false, 0},
    {"a form", SERVER, 90000, 3000, 40, 3, 0, false, false, false, 0},
    {"more comes than leaves", SERVER, 5 * MB, 9 * MB, 40, 3, 0, false, false, false, 0},
    {"all send there", SERVER, 5 * MB, 30000, 40, 3, 0, false, true, false, 0},
    {"refused", SERVER, 5 * MB, 30000, 40, 3, 0, false, false, true, 0},
};

static void data_that_leave(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(uploads); i++) {
        struct made m;

        made_begin(&m);
        everyday(&m, uploads[i].backup);
        for (int n = 0; n < uploads[i].times; n++) {
            int64_t const at = DAYS(uploads[i].day + n * 3) + HOURS(1);
            struct bytes b;

            snprintf(b.text, sizeof b.text, "%llu",
                     (unsigned long long)(uploads[i].from_outside ? uploads[i].out : uploads[i].back));
            made_add(&m, ACT_CONNECTION, at, .address = uploads[i].from_outside ? OUTSIDE : uploads[i].inside,
                     .server = uploads[i].from_outside ? uploads[i].inside : OUTSIDE, .verb = "443/tcp",
                     .amount = uploads[i].from_outside ? uploads[i].back : uploads[i].out, .detail = b.text,
                     .outcome = uploads[i].refused ? OUTCOME_FAILURE : OUTCOME_SUCCESS);
            for (int k = 1; uploads[i].all_know_it && k <= 3; k++) {
                char desk[32];

                snprintf(desk, sizeof desk, "10.0.1.%d", k);
                connect_(&m, at + k, desk, OUTSIDE, "443/tcp", 2000, 80000);
            }
        }
        made_run(&m, behaviour_net);
        if (made_hits(&m, "upload") != uploads[i].hits)
            fail_msg("%s: %zu", uploads[i].name, made_hits(&m, "upload"));
        if (uploads[i].hits) {
            const struct found *const f = made_first(&m, "upload");

            assert_int_equal(f->events, uploads[i].times);
            assert_int_equal(made_part(&m, f, PART_ADDRESS, OUTSIDE), PART_OWN);
            assert_int_equal(
                made_part(&m, f, PART_HOST, strcmp(uploads[i].inside, SERVER) == 0 ? "FS01" : uploads[i].inside),
                PART_REACHED);
            assert_true(f->weight < 3.0); /* alone it is no incident */
        }
        made_end(&m);
    }
}

static void an_upload_tells_how_much(void **state) {
    struct made m;
    const struct found *f;

    (void)state;
    made_begin(&m);
    everyday(&m, 2 * MB);
    connect_(&m, DAYS(40), SERVER, OUTSIDE, "443/tcp", 41 * MB, 30000);
    connect_(&m, DAYS(50), SERVER, OUTSIDE, "443/tcp", 9 * MB, 30000);
    made_run(&m, behaviour_net);
    f = made_first(&m, "upload");
    assert_non_null(strstr(f->reason, "50.0 MB left FS01 for " OUTSIDE
                                      " in 2 connections on 2 days from 2021-02-10 to 2021-02-20"));
    assert_non_null(strstr(
        f->reason, "up to 41.0 MB on one day; to no other address outside did it send more than 2.0 MB a day before"));
    assert_non_null(strstr(f->reason, "1 of 4 of ours"));
    made_end(&m);
}

/* Behind exports of records, again and again. */
static void uploads_behind_exports(void **state) {
    static const struct {
        const char *name;
        int64_t before; /* seconds from the export to the connection */
        int exports;    /* of three uploads */
        enum made_part part;
    } cases[] = {{"ten minutes", 600, 3, PART_REACHED},
                 {"once", 600, 1, PART_ABSENT},
                 {"two hours", HOURS(2), 3, PART_ABSENT},
                 {"afterwards", -600, 3, PART_ABSENT}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m;
        const struct found *f;

        made_begin(&m);
        everyday(&m, 0);
        made_add(&m, ACT_EXPORT, DAYS(5), .account = "vera", .host = "PBX", .object = "calls", .amount = 900);
        made_add(&m, ACT_EXPORT, DAYS(6), .account = "reader", .host = "PBX", .object = "calls", .amount = 900);
        for (int n = 0; n < 3; n++) {
            connect_(&m, DAYS(40 + n * 10), SERVER, OUTSIDE, "22/tcp", 5 * MB, 30000);
            if (n < cases[i].exports)
                made_add(&m, ACT_EXPORT, DAYS(40 + n * 10) - cases[i].before, .account = "reader", .host = "PBX",
                         .object = "calls", .amount = 900);
        }
        made_run(&m, behaviour_net);
        f = made_first(&m, "upload");
        if (made_part(&m, f, PART_ACCOUNT, "reader") != cases[i].part ||
            made_part(&m, f, PART_HOST, "PBX") != cases[i].part)
            fail_msg("%s", cases[i].name);
        assert_int_equal(made_part(&m, f, PART_ACCOUNT, "vera"), PART_ABSENT);
        made_end(&m);
    }
}

/* No log names 10.0.0.6; what PBX tells of the scanner falls together with connections to it. */
static void a_host_by_its_company(void **state) {
    static const struct {
        const char *name;
        int times;
        int64_t behind;
        bool second,
            asked; /* another host tells of the scanner then as well; it asks all day on another port, whatever it does elsewhere */
        enum made_part part;
    } cases[] = {
        {"a dozen times", 12, 20, false, false, PART_REACHED},     {"thrice", 3, 20, false, false, PART_ABSENT},
        {"two minutes later", 12, 120, false, false, PART_ABSENT}, {"with another", 12, 20, true, false, PART_REACHED},
        {"beside much else", 12, 20, false, true, PART_REACHED},   {"much else only", 0, 20, false, true, PART_ABSENT}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m;

        made_begin(&m);
        everyday(&m, 0);
        for (int n = 0; n < cases[i].times; n++) {
            connect_(&m, DAYS(n * 3), "10.0.0.99", "10.0.0.6", "445/tcp", 100, 100);
            made_add(&m, ACT_LOGON, DAYS(n * 3) + cases[i].behind, .host = "PBX", .address = "10.0.0.99",
                     .account = "guest", .outcome = OUTCOME_FAILURE);
            if (cases[i].second && n < 2)
                made_add(&m, ACT_LOGON, DAYS(n * 3) + 30, .host = "DC01", .address = "10.0.0.99", .account = "guest",
                         .outcome = OUTCOME_FAILURE);
        }
        for (int n = 0; cases[i].asked && n < 40; n++) {
            connect_(&m, DAYS(n) + HOURS(5), "10.0.0.99", "10.0.0.6", "9100/tcp", 100, 100);
            made_add(&m, ACT_LOGON, DAYS(n) + HOURS(5) + 9, .host = n % 2 ? "DC01" : "PBX", .address = "10.0.0.99",
                     .account = "guest", .outcome = OUTCOME_FAILURE);
        }
        made_add(&m, ACT_EXPORT, DAYS(5), .account = "vera", .host = "PBX", .object = "calls", .amount = 900);
        connect_(&m, DAYS(60), "10.0.0.6", OUTSIDE, "22/tcp", 5 * MB, 30000);
        made_run(&m, behaviour_net);
        if (made_part(&m, made_first(&m, "upload"), PART_HOST, "PBX") != cases[i].part)
            fail_msg("%s", cases[i].name);
        made_end(&m);
    }
}

/* ---- ports ---- */

static const struct {
    const char *name;
    int first_day, networks, day; /* first_day: of somebody else outside */
    uint64_t back;
    enum act_outcome outcome;
    size_t hits;
} ports[] = {
    {"one network, late", -1, 1, 40, 90000, OUTCOME_SUCCESS, 1},
    {"five networks, late", -1, 5, 40, 90000, OUTCOME_SUCCESS, 1},
    {"many networks", -1, 9, 40, 90000, OUTCOME_SUCCESS, 0},
    {"answered since long", 3, 1, 40, 90000, OUTCOME_SUCCESS, 0},
    {"no answer", -1, 1, 40, 0, OUTCOME_SUCCESS, 0},
    {"refused", -1, 1, 40, 90000, OUTCOME_FAILURE, 0},
    {"nobody says whether it was made", -1, 1, 40, 90000, OUTCOME_OTHER, 0},
    {"in the first days", -1, 1, 4, 90000, OUTCOME_SUCCESS, 0},
};

static void ports_that_open(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(ports); i++) {
        struct made m;

        made_begin(&m);
        everyday(&m, 0);
        if (ports[i].first_day >= 0)
            connect_(&m, DAYS(ports[i].first_day), "198.18.77.7", SERVER, "9998/tcp", 100, 100);
        for (int n = 0; n < ports[i].networks; n++) {
            char address[32];
            struct bytes b;

            snprintf(address, sizeof address, "198.51.%d.9", n + 100);
            snprintf(b.text, sizeof b.text, "%llu", (unsigned long long)ports[i].back);
            made_add(&m, ACT_CONNECTION, DAYS(ports[i].day + n), .address = address, .server = SERVER,
                     .verb = "9998/tcp", .amount = 500, .detail = b.text, .outcome = ports[i].outcome);
        }
        made_run(&m, behaviour_net);
        if (made_hits(&m, "new-inbound-port") != ports[i].hits)
            fail_msg("%s: %zu", ports[i].name, made_hits(&m, "new-inbound-port"));
        if (ports[i].hits) {
            const struct found *const f = made_first(&m, "new-inbound-port");

            assert_int_equal(f->events, ports[i].networks);
            assert_int_equal(made_part(&m, f, PART_ADDRESS, "198.51.100.9"), PART_OWN);
            assert_int_equal(made_part(&m, f, PART_HOST, "FS01"), PART_REACHED);
            assert_non_null(
                strstr(f->reason, "9998/tcp on FS01 answered outside for the first time on 2021-02-10, 39 days"));
        }
        made_end(&m);
    }
}

/* ---- beacons ---- */

static const struct {
    const char *name;
    const char *port;
    int times;
    int64_t every, shake; /* seconds: pause, and up to how much more or less */
    int missed;           /* each so-manieth is left out; 0: none */
    bool same_size, all_know_it;
    int day;
    size_t hits;
} beacons[] = {
    {"each ten minutes", "443/tcp", 300, 600, 0, 0, false, false, 40, 1},
    {"a tenth more or less", "443/tcp", 300, 600, 60, 0, false, false, 40, 1},
    {"with beats left out", "443/tcp", 300, 600, 20, 5, false, false, 40, 1},
    {"of one size, at any time", "8443/tcp", 300, 600, 590, 0, true, false, 40, 1},
    {"of any size, at any time", "443/tcp", 300, 600, 590, 0, false, false, 40, 0},
    {"a clock", "123/udp", 300, 600, 0, 0, true, false, 40, 0},
    {"updates", "443/tcp", 300, 600, 0, 0, true, true, 40, 0},
    {"forty times", "443/tcp", 40, 1800, 0, 0, false, false, 40, 0},
    {"for an hour", "443/tcp", 300, 10, 0, 0, false, false, 40, 0},
    {"since the first day", "443/tcp", 300, 600, 0, 0, true, false, 1, 0},
};

static void what_asks_over_and_over(void **state) {
    uint32_t number = 1;

    (void)state;
    for (size_t i = 0; i < COUNT(beacons); i++) {
        struct made m;
        size_t events = 0;

        made_begin(&m);
        everyday(&m, 0);
        for (int n = 0; n < beacons[i].times; n++) {
            int64_t const shake =
                beacons[i].shake ? (int64_t)(number >> 8) % (2 * beacons[i].shake + 1) - beacons[i].shake : 0;
            int64_t const at = DAYS(beacons[i].day) + n * beacons[i].every + shake / 2;

            number = number * 1664525u + 1013904223u;
            if (beacons[i].missed && n % beacons[i].missed == 1)
                continue;
            connect_(&m, at, "10.0.1.2", OUTSIDE, beacons[i].port,
                     beacons[i].same_size ? 997 : 900 + (number >> 8) % 9999, 1823);
            events++;
            if (beacons[i].all_know_it)
                for (int k = 1; k <= 3; k += 2) {
                    char desk[32];

                    snprintf(desk, sizeof desk, "10.0.1.%d", k);
                    connect_(&m, at + k, desk, OUTSIDE, beacons[i].port, 997, 1823);
                }
        }
        made_run(&m, behaviour_net);
        if (made_hits(&m, "beaconing") != beacons[i].hits)
            fail_msg("%s: %zu", beacons[i].name, made_hits(&m, "beaconing"));
        if (beacons[i].hits) {
            const struct found *const f = made_first(&m, "beaconing");

            assert_int_equal(f->events, events);
            assert_int_equal(made_part(&m, f, PART_ADDRESS, OUTSIDE), PART_OWN);
            assert_int_equal(made_part(&m, f, PART_HOST, "10.0.1.2"), PART_REACHED);
            assert_true(f->weight < 3.0);
        }
        made_end(&m);
    }
}

/* ---- odd ports, servers ---- */

static const struct {
    const char *name;
    const char *ports[3];
    uint64_t back;
    bool others; /* use these ports outside, too */
    size_t hits;
} odd[] = {
    {"two odd ports", {"1234/tcp", "8443/tcp"}, 9000, false, 1},
    {"one odd port, and a program comes", {"5678/tcp"}, 2 * MB, false, 1},
    {"one odd port, and an answer comes", {"5678/tcp"}, 900, false, 0},
    {"ports that all use", {"80/tcp", "443/tcp"}, 9000, true, 0},
    {"file transfer", {"21/tcp", "47035/tcp", "47036/tcp"}, 9000, false, 0},
    {"datagrams", {"1234/udp", "8443/udp"}, 9000, false, 0},
    {"no answer", {"1234/tcp", "8443/tcp"}, 0, false, 0},
};

static void ports_that_nobody_uses(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(odd); i++) {
        struct made m;

        made_begin(&m);
        everyday(&m, 0);
        for (size_t n = 0; n < COUNT(odd[i].ports) && odd[i].ports[n]; n++) {
            connect_(&m, DAYS(40) + (int64_t)n, "10.0.1.2", OUTSIDE, odd[i].ports[n], 900, odd[i].back);
            for (int k = 1; odd[i].others && k <= 3; k++) {
                char site[32];

                snprintf(site, sizeof site, "192.0.2.%d", k);
                connect_(&m, DAYS(k), "10.0.1.3", site, odd[i].ports[n], 900, 9000);
            }
        }
        made_run(&m, behaviour_net);
        if (made_hits(&m, "odd-ports") != odd[i].hits || m.count != odd[i].hits)
            fail_msg("%s: %zu of %zu", odd[i].name, made_hits(&m, "odd-ports"), m.count);
        made_end(&m);
    }
}

static const struct {
    const char *name;
    const char *inside;
    int day, networks;
    uint64_t back;
    size_t hits;
} servers[] = {
    {"a server, late", SERVER, 50, 1, 90000, 1},
    {"a server in the first month", SERVER, 20, 1, 90000, 0},
    {"a server that speaks with many", SERVER, 50, 6, 90000, 0},
    {"a desk", "10.0.1.2", 50, 1, 90000, 0},
    {"it was not answered", SERVER, 50, 1, 0, 0},
};

static void servers_that_speak_outside(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(servers); i++) {
        struct made m;

        made_begin(&m);
        everyday(&m, 0);
        for (int n = 0; n < servers[i].networks; n++) {
            char address[32];

            snprintf(address, sizeof address, "198.51.%d.9", 100 + n);
            connect_(&m, DAYS(servers[i].day), servers[i].inside, address, "443/tcp", 900, servers[i].back);
        }
        made_run(&m, behaviour_net);
        if (made_hits(&m, "server-browses") != servers[i].hits)
            fail_msg("%s: %zu", servers[i].name, made_hits(&m, "server-browses"));
        made_end(&m);
    }
}

/* ---- whose side ---- */

/* A short log of a laboratory: the intruder's addresses are private, too, but of a part in which nobody begins anything. */
static void private_and_yet_outside(void **state) {
    struct made m;
    const struct found *f;

    (void)state;
    made_begin(&m);
    for (int n = 0; n < 20; n++) {
        made_add(&m, ACT_LOOKUP, n, .address = "10.0.1.6", .server = "10.0.0.4", .object = "x.test");
        connect_(&m, n, "10.0.1.6", "10.0.0.4", "389/tcp", 900, 9000);
    }
    for (int n = 0; n < 376; n++)
        connect_(&m, 100 + n / 2, "10.0.1.6", "192.168.0.4", "8443/tcp", 997, 1823);
    made_run(&m, behaviour_net);
    f = made_first(&m, "beaconing");
    assert_int_equal(f->events, 376);
    assert_int_equal(made_part(&m, f, PART_ADDRESS, "192.168.0.4"), PART_OWN);
    assert_int_equal(made_part(&m, f, PART_HOST, "10.0.1.6"), PART_REACHED);
    made_end(&m);

    made_begin(&m); /* and where it begins something, it is at home */
    for (int n = 0; n < 376; n++)
        connect_(&m, 100 + n / 2, "10.0.1.6", "192.168.0.4", "8443/tcp", 997, 1823);
    made_add(&m, ACT_LOOKUP, 1, .address = "192.168.0.9", .server = "10.0.0.4", .object = "x.test");
    made_run(&m, behaviour_net);
    assert_int_equal(m.count, 0);
    made_end(&m);
}

static const struct {
    const char *name, *address;
    bool outside, inside, loopback;
} sides[] = {
    {"rented", "198.51.100.9", true, false, false},
    {"private", "10.0.0.5", false, true, false},
    {"private, of a part where nobody lives", "172.20.0.5", true, false, false},
    {"private, of a part where somebody has a name", "192.168.7.1", false, true, false},
    {"loopback", "127.0.0.1", false, false, true},
    {"loopback of IPv6", "::1", false, false, true},
    {"multicast", "224.0.0.251", false, false, false},
    {"multicast of IPv6", "ff02::fb", false, false, false},
    {"broadcast", "255.255.255.255", false, false, false},
    {"nobody's yet", "0.0.0.0", false, false, false},
    {"on the link", "fe80::1", false, true, false},
    {"of the site", "fd00::1", false, true, false},
    {"a name", "printer", false, false, false},
    {"the way out", "203.0.113.10", false, true, false},
    {"rented beside the way out", "203.0.113.91", true, false, false},
};

static void whose_side(void **state) {
    struct made m;
    struct sides *s;
    struct err e;

    (void)state;
    made_begin(&m);
    connect_(&m, 0, "10.0.0.5", "10.0.0.6", "445/tcp", 100, 100);
    made_add(&m, ACT_HOST_NAME, 1, .address = "192.168.7.77", .host = "PRN01");
    for (int n = 0; n < 40; n++) { /* forty days of six people behind one address */
        for (int k = 0; k < 6; k++) {
            char account[32];

            snprintf(account, sizeof account, "person%d@chamber.example", k);
            made_add(&m, ACT_SIGN_IN, DAYS(n) + k, .account = account, .address = "203.0.113.10",
                     .program = "Firefox/1.0");
        }
    }
    for (size_t i = 0; i < COUNT(sides); i++)
        made_add(&m, ACT_CONNECTION, 9, .address = "10.0.0.5", .server = sides[i].address, .verb = "1/tcp",
                 .outcome = OUTCOME_FAILURE);
    assert_true(activities_end(m.a, &e));
    assert_true(sides_new(&s, m.a, &e));
    for (size_t i = 0; i < COUNT(sides); i++) {
        uint32_t const code = activities_find(m.a, str_of(sides[i].address));

        assert_true(code > 0);
        for (int again = 0; again < 2; again++)
            if (sides_outside(s, code) != sides[i].outside || sides_inside(s, code) != sides[i].inside ||
                sides_loopback(s, code) != sides[i].loopback)
                fail_msg("%s", sides[i].name);
    }
    sides_free(s);
    made_end(&m);
}

static void sizes_in_words(void **state) {
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 bytes"},     {999, "999 bytes"},     {1000, "1.0 kB"},       {999949, "999.9 kB"},
                 {999999, "1.0 MB"}, {4900000000, "4.9 GB"}, {UINT64_MAX, "18.4 EB"}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[SIZE_TEXT];

        assert_true(str_eq(behaviour_size(cases[i].bytes, out), str_of(cases[i].text)));
    }
}

static void nothing_is_nothing(void **state) {
    struct made m;

    (void)state;
    made_begin(&m);
    made_run(&m, behaviour_net);
    assert_int_equal(m.count, 0);
    made_end(&m);
    made_begin(&m); /* acts without most of what acts have */
    made_add(&m, ACT_CONNECTION, 0, .address = "10.0.0.5");
    made_add(&m, ACT_CONNECTION, 1, .server = OUTSIDE, .amount = UINT64_MAX, .detail = "-1");
    made_add(&m, ACT_CONNECTION, 2, .address = "10.0.0.5", .server = OUTSIDE, .detail = "99999999999999999999999");
    made_run(&m, behaviour_net);
    assert_int_equal(m.count, 0);
    made_end(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_that_leave),         cmocka_unit_test(an_upload_tells_how_much),
        cmocka_unit_test(uploads_behind_exports),  cmocka_unit_test(a_host_by_its_company),
        cmocka_unit_test(ports_that_open),         cmocka_unit_test(what_asks_over_and_over),
        cmocka_unit_test(ports_that_nobody_uses),  cmocka_unit_test(servers_that_speak_outside),
        cmocka_unit_test(private_and_yet_outside), cmocka_unit_test(whose_side),
        cmocka_unit_test(sizes_in_words),          cmocka_unit_test(nothing_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
