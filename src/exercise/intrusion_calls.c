/* intrusion_calls: call records exported at night by an account that never did so, and copied out. */
#include "exercise/intrusion.h"
#include "exercise/records.h"

#define LOGIN "cdr.reader"

static bool run(struct plan *p) {
    struct office *const o = p->o;
    uint32_t const start = plan_day(p, 45, 70), times = 3 + (uint32_t)rng_below(o->r, 3);
    bool const found = rng_chance(o->r, 50);
    uint32_t last = start;
    char from[ADDRESS_MAX], name[16], details[140];

    plan_begin(p, &shape_calls);
    plan_put(p, TRUTH_ACCOUNTS, LOGIN);
    plan_put(p, TRUTH_ADDRESSES, "203.0.113.99");
    (void)plan_host(p, HOST_CUCM01, name);
    (void)plan_host(p, HOST_MON01, name); /* where the intruder sits; how he came there no log tells */
    host_address(HOST_MON01, from);
    uint32_t const door = truth_door(o->truth, p->id, "account", S("CUCM01 " LOGIN), INSTANT_NONE);

    p->call_from = office_month(o, o->begin + start * DAY);
    p->call_from = p->call_from > 2 ? p->call_from - 2 : 0;
    for (uint32_t i = 0; i < times && start + i * 29 + 5 < o->days; i++) {
        uint32_t const day = start + i * 29 + (uint32_t)rng_below(o->r, 3);
        int64_t const when = plan_when(p, day, 1, 4);
        uint32_t const month = office_month(o, when),
                       begins = i ? p->call_to : p->call_from; /* whole months, each once */
        struct wall const w = instant_wall(o->begin);
        uint64_t const bytes = 3000000 + rng_below(o->r, 9000000);

        plan_act(p, "T1078", "initial-access", "%s comes to the telephone system at night", LOGIN);
        record_pbx(o, when, LOGIN, from, "UserLogging", "Cisco CallManager Administration",
                   "Successfully Logged into Cisco CAR", true);
        truth_door_used(o->truth, p->id, door, when);
        last = day;
        if (month <= begins)
            continue;
        p->call_to = month;
        for (uint32_t m = begins; m < month; m++) {
            snprintf(details, sizeof details, "Exported CDR records of %04u-%02u of all subscribers",
                     (unsigned)w.year + m / 12, m % 12 + 1);
            plan_act(p, "T1005", "collection", "call records of %04u-%02u exported", (unsigned)w.year + m / 12,
                     m % 12 + 1);
            record_pbx(o, when + 4 * MINUTE + (m - begins) * MINUTE, LOGIN, from, "CDRExport", "CAR", details, true);
        }
        plan_act(p, "T1048", "exfiltration", "%llu bytes from CUCM01 to 203.0.113.99", (unsigned long long)bytes);
        record_flow(o, when + 15 * MINUTE,
                    &(struct flow){.from = "10.10.0.19",
                                   .to = "203.0.113.99",
                                   .service = "ssh",
                                   .port = 22,
                                   .lasts = 3 * MINUTE,
                                   .sent = bytes,
                                   .received = 30000});
        truth_left(o->truth, p->id, when + 15 * MINUTE, S("203.0.113.99"), bytes);
    }
    if (found && last + 4 < o->days) {
        int64_t const when = plan_when(p, last + 3, 9, 12);

        plan_answer(p, "%s is deleted", LOGIN);
        record_pbx(o, when, o->people[1].login, "10.10.0.21", "UserManagement", "CUCMAdmin",
                   "Application user " LOGIN " deleted", true);
        truth_door_closed(o->truth, p->id, door, when, "user deleted");
    }
    return true;
}

const struct shape shape_calls = {"call-records", "Call records of all subscribers exported at night", NULL, run};
