/* intrusion_provider: the account of the provider that looks after the servers, used by somebody else to reach servers it never reached. */
#include "exercise/intrusion.h"
#include "exercise/records.h"

#define LOGIN "msp.support"

static void session(struct plan *p, uint32_t day, unsigned turn, const char *address, uint32_t door) {
    static const uint32_t reached[] = {HOST_REG01, HOST_SQL01, HOST_BK01, HOST_DC02, HOST_FS01};
    struct office *const o = p->o;
    int64_t const when = plan_when(p, day, 1, 4);
    uint64_t const number = rng_next(o->r) % 1000000000;
    uint32_t const host = reached[turn % COUNT(reached)];
    char name[16], file[60], object[80];

    plan_act(p, "T1199", "initial-access", "the provider's account comes from %s", address);
    record_vpn(o, when, "tunnel-up", LOGIN, address, "10.31.0.6", number);
    plan_act(p, "T1078", "lateral-movement", "%s comes to JUMP01", LOGIN);
    record_logon(o, when + MINUTE, HOST_JUMP01, LOGIN, 10, "10.31.0.6", "DESKTOP-7Q2", true);
    plan_act(p, "T1078", "lateral-movement", "%s uses its own password anew on JUMP01", LOGIN);
    (void)plan_host(p, HOST_JUMP01, name);
    record_windows(o, when + 3 * MINUTE, HOST_JUMP01, 4648, "SubjectUserName", LOGIN, "SubjectDomainName", NETBIOS,
                   "SubjectLogonId", "0x41aa00", "TargetUserName", LOGIN, "TargetDomainName", NETBIOS,
                   "TargetServerName", host_name(host, name).ptr, "IpAddress", "-", "IpPort", "-", NULL);
    plan_act(p, "T1021.001", "lateral-movement", "%s comes to %.*s", LOGIN, STR_ARG(plan_host(p, host, name)));
    record_logon(o, when + 3 * MINUTE + 2 * SECOND, host, LOGIN, 10, "10.10.0.20", "JUMP01", true);
    if (host == HOST_FS01 || host == HOST_REG01) {
        for (unsigned i = 0; i < 6; i++) {
            uint64_t const rows = host == HOST_REG01 ? 9000 + rng_fixed(o->seed, 702, turn * 6 + i) % 9000 : 0;

            snprintf(file, sizeof file,
                     host == HOST_REG01 ? "exchange\\partner-%02u.csv" : "contracts\\agreement-%02u.pdf",
                     turn % 8 * 6 + i);
            snprintf(object, sizeof object, "%s\\%s\\%s", host == HOST_REG01 ? "REG01" : "FS01",
                     host == HOST_REG01 ? "Registers$" : "Documents", file);
            plan_act(p, "T1039", "collection", "%s reads %s", LOGIN, file);
            record_share(o, when + 10 * MINUTE + i * 30 * SECOND, host, LOGIN, "10.10.0.20",
                         host == HOST_REG01 ? "Registers$" : "Documents", file);
            truth_object(o->truth, p->id, str_of(object), rows);
        }
    }
    plan_act(p, "T1199", "initial-access", "the provider's account leaves");
    record_vpn(o, when + 80 * MINUTE, "tunnel-down", LOGIN, address, "10.31.0.6", number);
    truth_door_used(o->truth, p->id, door, when);
}

static bool run(struct plan *p) {
    struct office *const o = p->o;
    uint32_t const start = plan_day(p, 20, 50), length = 90 + (uint32_t)rng_below(o->r, 150),
                   last = start + length < o->days - 6 ? start + length : o->days - 6;
    bool const found = rng_chance(o->r, 50);
    char address[ADDRESS_MAX], name[16];
    unsigned turn = 0;

    plan_begin(p, &shape_provider);
    plan_put(p, TRUTH_ACCOUNTS, LOGIN);
    uint32_t const door = truth_door(o->truth, p->id, "vpn_account", S(LOGIN), INSTANT_NONE);

    plan_relay(p, address);
    for (uint32_t day = start; day < last; day += 6 + (uint32_t)rng_below(o->r, 9), turn++) {
        if (turn && rng_chance(o->r, 40))
            plan_relay(p, address);
        session(p, day, turn, address, door);
    }
    int64_t const planted = plan_when(p, start + 20, 2, 3);

    plan_act(p, "T1543.003", "persistence", "service on BK01");
    record_windows(o, planted, HOST_BK01, 7045, "ServiceName", "Remote Assist Bridge", "ImagePath",
                   "C:\\ProgramData\\Assist\\bridge.exe", "ServiceType", "user mode service", "StartType", "auto start",
                   "AccountName", "LocalSystem", NULL);
    (void)plan_host(p, HOST_BK01, name);
    uint32_t const service = truth_door(o->truth, p->id, "service", S("BK01 Remote Assist Bridge"), planted);

    plan_act(p, "T1053.005", "persistence", "task on REG01");
    record_windows(
        o, planted + 9 * MINUTE, HOST_REG01, 4698, "SubjectUserName", LOGIN, "SubjectDomainName", NETBIOS,
        "SubjectLogonId", "0x41ab00", "TaskName", "\\AssistUpdate", "TaskContent",
        "<Task><Actions><Exec><Command>C:\\ProgramData\\Assist\\bridge.exe</Command></Exec></Actions></Task>", NULL);
    uint32_t const task = truth_door(o->truth, p->id, "task", S("REG01 \\AssistUpdate"), planted + 9 * MINUTE);

    if (found) {
        int64_t const when = plan_when(p, last + 1, 9, 12);

        plan_answer(p, "the provider's account is disabled");
        record_windows(o, when, HOST_DC01, 4725, "TargetUserName", LOGIN, "TargetDomainName", NETBIOS,
                       "SubjectUserName", o->people[0].login, "SubjectDomainName", NETBIOS, NULL);
        truth_door_closed(o->truth, p->id, door, when, "account disabled");
        plan_answer(p, "service on BK01 deleted");
        record_process(o, when + 15 * MINUTE, HOST_BK01, o->people[0].login, "C:\\Windows\\System32\\sc.exe",
                       "sc.exe delete \"Remote Assist Bridge\"", "C:\\Windows\\System32\\cmd.exe");
        truth_door_closed(o->truth, p->id, service, when + 15 * MINUTE, "service deleted");
        if (rng_chance(o->r, 50)) {
            plan_answer(p, "task on REG01 deleted");
            record_windows(o, when + 30 * MINUTE, HOST_REG01, 4699, "SubjectUserName", o->people[0].login,
                           "SubjectDomainName", NETBIOS, "SubjectLogonId", "0x41ac00", "TaskName", "\\AssistUpdate",
                           NULL);
            truth_door_closed(o->truth, p->id, task, when + 30 * MINUTE, "task deleted");
        }
    }
    return true;
}

const struct shape shape_provider = {"provider", "The provider's account reaches servers that it never reached",
                                     "the provider's account, from networks that are not the provider's", run};
