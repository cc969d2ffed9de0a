/* records_windows: events of Windows as converters of EVTX write them, an object a line. */
#include <assert.h>
#include <stdarg.h>

#include "exercise/records.h"

#define SECURITY "Microsoft-Windows-Security-Auditing"

/* Which log an event stands in, and who writes it; all others are the security log's. */
static const struct {
    unsigned event;
    const char *channel, *provider, *part;
} places[] = {
    {1102, "Security", "Microsoft-Windows-Eventlog", "UserData\":{\"LogFileCleared"},
    {7045, "System", "Service Control Manager", "EventData"},
    {7036, "System", "Service Control Manager", "EventData"},
    {6005, "System", "EventLog", "EventData"},
    {2004, "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
     "Microsoft-Windows-Windows Firewall With Advanced Security", "EventData"},
    {2006, "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
     "Microsoft-Windows-Windows Firewall With Advanced Security", "EventData"},
};

void record_windows(struct office *o, int64_t when, uint32_t host, unsigned event, ...) {
    struct buf *const b = &o->line;
    const char *channel = "Security", *provider = SECURITY, *part = "EventData";
    char time[INSTANT_TEXT], name[16];
    unsigned log = 0;
    bool any = false;
    va_list args;

    for (size_t i = 0; i < COUNT(places); i++) {
        if (places[i].event != event)
            continue;
        channel = places[i].channel;
        provider = places[i].provider;
        part = places[i].part;
        log = *channel == 'S' ? channel[1] == 'y' : 2;
    }
    b->len = 0;
    buf_add(b, S("{\"Event\":{\"System\":{\"EventRecordID\":"));
    assert(b->failed || b->len == FEED_NUMBER_AT);
    buf_format(b,
               "@@@@@@@@@@,\"Provider\":{\"Name\":\"%s\"},\"EventID\":%u,\"Channel\":\"%s\",\"Computer\":\"%.*s." DOMAIN
               "\"",
               provider, event, channel, STR_ARG(host_name(host, name)));
    buf_format(b, ",\"Keywords\":\"%s\",\"TimeCreated\":{\"SystemTime\":\"%.*s\"}},\"%s\":{",
               log                              ? "0x8000000000000000"
               : event == 4625 || event == 4771 ? "0x8010000000000000"
                                                : "0x8020000000000000",
               STR_ARG(instant_format(when - when % 100, time)), part);
    va_start(args, event);
    for (const char *field; (field = va_arg(args, const char *)); any = true) {
        buf_format(b, "%s\"%s\":", any ? "," : "", field);
        buf_json(b, str_of(va_arg(args, const char *)));
    }
    va_end(args);
    buf_add(b, event == 1102 ? S("}}},\"Exercise\":\"synthetic\"}") : S("}},\"Exercise\":\"synthetic\"}"));
    feed_add_numbered(o->feed, when, buf_str(b), host * 3 + log + 1);
}

static void logon_id(struct office *o, char out[20]) {
    snprintf(out, 20, "0x%llx", (unsigned long long)(0x100000 + rng_below(o->r, 0xfffffff)));
}

void record_logon(struct office *o, int64_t when, uint32_t host, const char *login, unsigned type, const char *address,
                  const char *from, bool ok) {
    char id[20], kind[4], port[8];

    logon_id(o, id);
    snprintf(kind, sizeof kind, "%u", type);
    snprintf(port, sizeof port, "%u", (unsigned)(49152 + rng_below(o->r, 16000)));
    if (ok)
        record_windows(o, when, host, 4624, "SubjectUserName", "-", "SubjectDomainName", "-", "TargetUserName", login,
                       "TargetDomainName", NETBIOS, "TargetLogonId", id, "LogonType", kind, "LogonProcessName",
                       type == 3 ? "Kerberos" : "User32 ", "AuthenticationPackageName",
                       type == 3 ? "Kerberos" : "Negotiate", "WorkstationName", from, "IpAddress", address, "IpPort",
                       port, NULL);
    else
        record_windows(o, when, host, 4625, "SubjectUserName", "-", "SubjectDomainName", "-", "TargetUserName", login,
                       "TargetDomainName", NETBIOS, "Status", "0xc000006d", "SubStatus", "0xc000006a", "LogonType",
                       kind, "LogonProcessName", "NtLmSsp ", "WorkstationName", from, "IpAddress", address, "IpPort",
                       port, NULL);
}

void record_process(struct office *o, int64_t when, uint32_t host, const char *login, const char *image,
                    const char *line, const char *parent) {
    char id[20], process[12];
    bool const system = strcmp(login, "SYSTEM") == 0;
    char name[16], machine[18];

    logon_id(o, id);
    snprintf(process, sizeof process, "0x%x", (unsigned)(0x200 + rng_below(o->r, 0x4000)) * 4);
    snprintf(machine, sizeof machine, "%.*s$", STR_ARG(host_name(host, name)));
    record_windows(o, when, host, 4688, "SubjectUserName", system ? machine : login, "SubjectDomainName", NETBIOS,
                   "SubjectLogonId", system ? "0x3e7" : id, "NewProcessId", process, "NewProcessName", image,
                   "CommandLine", line, "ParentProcessName", parent, "TargetUserName", "-", "TargetDomainName", "-",
                   "MandatoryLabel", system ? "S-1-16-16384" : "S-1-16-8192", NULL);
}

void record_ticket(struct office *o, int64_t when, const char *login, const char *service, const char *address,
                   const char *encryption) {
    char user[64], mapped[ADDRESS_MAX + 8], guid[GUID_MAX];

    snprintf(user, sizeof user, "%s@" NETBIOS ".EXAMPLE", login);
    snprintf(mapped, sizeof mapped, "::ffff:%s", address);
    office_guid(o, guid);
    record_windows(o, when, HOST_DC01, 4769, "TargetUserName", user, "TargetDomainName", NETBIOS ".EXAMPLE",
                   "ServiceName", service, "TicketOptions", "0x40810000", "TicketEncryptionType", encryption,
                   "IpAddress", mapped, "IpPort", "52111", "Status", "0x0", "LogonGuid", guid, NULL);
}

void record_share(struct office *o, int64_t when, uint32_t host, const char *login, const char *address,
                  const char *share, const char *file) {
    char id[20], name[80], path[80];

    logon_id(o, id);
    snprintf(name, sizeof name, "\\\\*\\%s", share);
    snprintf(path, sizeof path, "\\??\\D:\\%s", share);
    if (*file)
        record_windows(o, when, host, 5145, "SubjectUserName", login, "SubjectDomainName", NETBIOS, "SubjectLogonId",
                       id, "ObjectType", "File", "IpAddress", address, "IpPort", "50110", "ShareName", name,
                       "ShareLocalPath", path, "RelativeTargetName", file, "AccessMask", "0x1", "AccessList", "%%4416",
                       NULL);
    else
        record_windows(o, when, host, 5140, "SubjectUserName", login, "SubjectDomainName", NETBIOS, "SubjectLogonId",
                       id, "ObjectType", "File", "IpAddress", address, "IpPort", "50110", "ShareName", name,
                       "ShareLocalPath", path, "AccessMask", "0x1", NULL);
}
