/* test_door: each kind of door opened, used, closed, opened again, and not to be told; and what closes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "incident/door.h"

#define DAY (86400 * INT64_C(1000000000))
#define START INT64_C(1609459200000000000) /* 2021-01-01 */
#define END 100                            /* the day on which logs that go on end */

/* Logs of everyday life, an act a day by somebody else until the day END, or until half of it. */
enum {
    CLOUD = 1,
    DC = 2,
    HOST = 4,
    WEB = 8,
    VPN = 16,
    PBX = 32,
    CLOUD_HALF = 64,
    DC_HALF = 128,
    HOST_HALF = 256,
    WEB_HALF = 512
};

/* One act, in few words. who: 'i' the intruder, 'I' the same, on a page that is its own, or with a program that is; 'o' somebody else. */
struct said {
    char who;
    int day;
    enum act act;
    const char *kind, *account, *target, *host, *object, *verb, *detail, *session, *server, *program;
    enum act_outcome outcome;
};

/* What must come out: kind, identity, state; the day of closing (0: none); how begins so. */
struct expected {
    enum door_kind kind;
    const char *identity;
    enum door_state state;
    int closed;
    const char *how;
};

#define ACTS_EACH 8
#define DOORS_EACH 4
#define SECURITY "windows/security"
#define EXCHANGE "m365/exchange"
#define ENTRA "m365/entra"
#define ANN "ann@chamber.example"

static const struct {
    const char *name;
    unsigned logs;
    struct said acts[ACTS_EACH];
    struct expected doors[DOORS_EACH];
} cases[] = {
    /* ---- accounts ---- */
    {"a domain account, its password reset",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CLOSED, 9, "password reset"}}},
    {"nobody reset it",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_OPEN, 0, ""}}},
    {"no log of a domain controller",
     HOST,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CANNOT_TELL, 0, "no log that would tell"}}},
    {"the domain controller's log ends early",
     DC_HALF | WEB,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CANNOT_TELL, 0,
       "the log that would tell (windows/security) ends on 2021-02-20"}}},
    {"reset before it was used",
     DC,
     {{'o', 4, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"},
      {'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_OPEN, 0, ""}}},
    {"used again after the reset",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"},
      {'i', 12, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_OPEN, 0, ""}}},
    {"its owner comes with the new password",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"},
      {'o', 12, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CLOSED, 9, "password reset"}}},
    {"an attempt after the reset that is refused",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"},
      {'i', 12, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3", .outcome = OUTCOME_FAILURE}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CLOSED, 9, "password reset"}}},
    {"the first reset after the last use counts",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"},
      {'o', 30, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CLOSED, 9, "password reset"}}},
    {"a reset that failed",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", "DC01", .outcome = OUTCOME_FAILURE}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_OPEN, 0, ""}}},
    {"the intruder itself changed it",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'i', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\ann", "CHAMBER\\ann", .host = "DC01"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_OPEN, 0, ""}}},
    {"somebody else's password",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\anna", .host = "DC01"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_OPEN, 0, ""}}},
    {"disabled",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_ACCOUNT_END, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CLOSED, 9, "account disabled"}}},
    {"with the password of another",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\bob", "CHAMBER\\ann", .host = "SRV1", .verb = "explicit"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CLOSED, 9, "password reset"}}},
    {"a service, a computer and the system come by themselves",
     DC,
     {{'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\svc", .host = "SRV1", .verb = "5"},
      {'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\SRV1$", .host = "SRV1", .verb = "3"},
      {'i', 6, ACT_LOGON, SECURITY, "NT AUTHORITY\\ANONYMOUS LOGON", .host = "SRV1", .verb = "3"}},
     {{.kind = DOOR_KINDS}}},
    {"two directories: the cloud's was reset, the domain's not",
     CLOUD | DC,
     {{'i', 5, ACT_SIGN_IN, EXCHANGE, ANN, .session = "s1"},
      {'i', 6, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, ENTRA, "adm@chamber.example", .target = ANN},
      {'o', 10, ACT_SESSIONS_END, ENTRA, "adm@chamber.example", .target = ANN}},
     {{DOOR_ACCOUNT, ANN, DOOR_CLOSED, 9, "password reset"},
      {DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CANNOT_TELL, 0,
       "a password of that name was reset in the Microsoft cloud: no log says whether it is this one"},
      {DOOR_SESSION, ANN, DOOR_CLOSED, 10, "sessions revoked"}}},
    {"two directories, both reset",
     CLOUD | DC,
     {{'i', 6, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, ENTRA, "adm@chamber.example", .target = ANN},
      {'o', 11, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\ann", .host = "DC01"}},
     {{DOOR_ACCOUNT, "CHAMBER\\ann", DOOR_CLOSED, 11, "password reset"}}},
    {"a provider's, by VPN and in the domain: one door",
     DC | VPN,
     {{'i', 5, ACT_SIGN_IN, "fortinet/event", .account = "msp"},
      {'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\msp", .host = "SRV1", .verb = "10"},
      {'o', 9, ACT_ACCOUNT_END, SECURITY, "CHAMBER\\adm", "CHAMBER\\msp", .host = "DC01"}},
     {{DOOR_VPN_ACCOUNT, "msp", DOOR_CLOSED, 9, "account disabled"}}},
    {"by VPN alone, closed in the cloud's directory",
     CLOUD | VPN,
     {{'i', 5, ACT_SIGN_IN, "fortinet/event", .account = ANN},
      {'o', 9, ACT_PASSWORD, ENTRA, "adm@chamber.example", .target = ANN}},
     {{DOOR_VPN_ACCOUNT, ANN, DOOR_CLOSED, 9, "password reset"}}},
    {"of a telephone system: named with its host, deleted there",
     PBX,
     {{'i', 5, ACT_SIGN_IN, "cisco/cucm-audit", "cdr", .host = "CUCM01"},
      {'o', 9, ACT_ACCOUNT_END, "cisco/cucm-audit", "adm", "cdr", .host = "CUCM01"}},
     {{DOOR_ACCOUNT, "CUCM01 cdr", DOOR_CLOSED, 9, "account disabled"}}},
    {"of a telephone system, deleted on another",
     PBX,
     {{'i', 5, ACT_SIGN_IN, "cisco/cucm-audit", "cdr", .host = "CUCM01"},
      {'o', 9, ACT_ACCOUNT_END, "cisco/cucm-audit", "adm", "cdr", .host = "CUCM02"}},
     {{DOOR_ACCOUNT, "CUCM01 cdr", DOOR_CANNOT_TELL, 0, "an account of that name was disabled in another place"}}},
    {"made by the intruder: a new password does not close it",
     DC,
     {{'i', 5, ACT_ACCOUNT_NEW, SECURITY, "CHAMBER\\svc", "CHAMBER\\helpdesk2", .host = "DC01"},
      {'i', 6, ACT_LOGON, SECURITY, "CHAMBER\\helpdesk2", .host = "SRV1", .verb = "3"},
      {'o', 9, ACT_PASSWORD, SECURITY, "CHAMBER\\adm", "CHAMBER\\helpdesk2", .host = "DC01"}},
     {{DOOR_NEW_ACCOUNT, "CHAMBER\\helpdesk2", DOOR_OPEN, 0, ""}}},
    {"made by the intruder, deleted",
     DC,
     {{'i', 5, ACT_ACCOUNT_NEW, SECURITY, "CHAMBER\\svc", "CHAMBER\\helpdesk2", .host = "DC01"},
      {'o', 9, ACT_ACCOUNT_END, SECURITY, "CHAMBER\\adm", "CHAMBER\\helpdesk2", .host = "DC01"}},
     {{DOOR_NEW_ACCOUNT, "CHAMBER\\helpdesk2", DOOR_CLOSED, 9, "account disabled"}}},
    /* ---- sessions ---- */
    {"a session that lives on after the password",
     CLOUD,
     {{'i', 5, ACT_SIGN_IN, EXCHANGE, ANN, .session = "s1"},
      {'o', 9, ACT_PASSWORD, ENTRA, "adm@chamber.example", .target = ANN},
      {'i', 12, ACT_MAIL_READ, EXCHANGE, ANN, ANN, .session = "s1"}},
     {{DOOR_ACCOUNT, ANN, DOOR_CLOSED, 9, "password reset"}, {DOOR_SESSION, ANN, DOOR_OPEN, 0, ""}}},
    {"void with the account",
     CLOUD,
     {{'i', 5, ACT_MAIL_READ, EXCHANGE, ANN, ANN, .session = "s1"},
      {'o', 9, ACT_ACCOUNT_END, ENTRA, "adm@chamber.example", .target = ANN}},
     {{DOOR_SESSION, ANN, DOOR_CLOSED, 9, "account disabled"}}},
    {"stolen: no password is known",
     CLOUD,
     {{'o', 4, ACT_SIGN_IN, EXCHANGE, ANN, .session = "s1"},
      {'i', 5, ACT_SIGN_IN, EXCHANGE, ANN, .session = "s1"},
      {'o', 9, ACT_SESSIONS_END, ENTRA, "adm@chamber.example", .target = ANN}},
     {{DOOR_SESSION, ANN, DOOR_CLOSED, 9, "sessions revoked"}}},
    {"the cloud's logs end early",
     CLOUD_HALF | DC,
     {{'i', 5, ACT_MAIL_READ, EXCHANGE, ANN, ANN, .session = "s1"}},
     {{DOOR_SESSION, ANN, DOOR_CANNOT_TELL, 0, "the log that would tell (m365/exchange) ends on 2021-02-20"}}},
    /* ---- mailboxes ---- */
    {"a rule, removed by an administrator",
     CLOUD,
     {{'i', 5, ACT_RULE_NEW, EXCHANGE, ANN, ANN, .object = ANN "\\."},
      {'o', 9, ACT_RULE_END, EXCHANGE, "adm@chamber.example", "adm@chamber.example", .object = ANN "\\."}},
     {{DOOR_RULE, ANN "\\.", DOOR_CLOSED, 9, "rule removed"}}},
    {"another rule removed, and one of that name of another mailbox",
     CLOUD,
     {{'i', 5, ACT_RULE_NEW, EXCHANGE, ANN, ANN, .object = "."},
      {'o', 9, ACT_RULE_END, EXCHANGE, ANN, ANN, .object = "Newsletters"},
      {'o', 9, ACT_RULE_END, EXCHANGE, "bob@chamber.example", "bob@chamber.example", .object = "."}},
     {{DOOR_RULE, ANN "\\.", DOOR_OPEN, 0, ""}}},
    {"a rule removed that is named by its number",
     CLOUD,
     {{'i', 5, ACT_RULE_NEW, EXCHANGE, ANN, ANN, .object = "."},
      {'o', 9, ACT_RULE_END, EXCHANGE, ANN, ANN, .object = "16424582950203588609"}},
     {{DOOR_RULE, ANN "\\.", DOOR_CANNOT_TELL, 0, "one of them was removed"}}},
    {"a rule made again by somebody",
     CLOUD,
     {{'i', 5, ACT_RULE_NEW, EXCHANGE, ANN, ANN, .object = "."},
      {'o', 9, ACT_RULE_END, EXCHANGE, ANN, ANN, .object = "."},
      {'o', 12, ACT_RULE_NEW, EXCHANGE, ANN, ANN, .object = "."}},
     {{DOOR_RULE, ANN "\\.", DOOR_OPEN, 0, ""}}},
    {"a forwarding, ended",
     CLOUD,
     {{'i', 5, ACT_FORWARD_NEW, EXCHANGE, ANN, ANN, .detail = "x@y.test"},
      {'o', 9, ACT_FORWARD_END, EXCHANGE, "adm@chamber.example", .target = ANN}},
     {{DOOR_FORWARDING, ANN, DOOR_CLOSED, 9, "forwarding ended"}}},
    {"a forwarding of another mailbox, ended; a new password ends none",
     CLOUD,
     {{'i', 5, ACT_FORWARD_NEW, EXCHANGE, ANN, ANN, .detail = "x@y.test"},
      {'o', 9, ACT_FORWARD_END, EXCHANGE, "adm@chamber.example", .target = "bob@chamber.example"},
      {'o', 9, ACT_PASSWORD, ENTRA, "adm@chamber.example", .target = ANN}},
     {{DOOR_FORWARDING, ANN, DOOR_OPEN, 0, ""}}},
    {"a delegate, and the right of another",
     CLOUD,
     {{'i', 5, ACT_DELEGATE_NEW, EXCHANGE, ANN, ANN, .detail = "eve@chamber.example"},
      {'i', 5, ACT_DELEGATE_NEW, EXCHANGE, ANN, ANN, .detail = "mal@chamber.example"},
      {'o', 9, ACT_DELEGATE_END, EXCHANGE, "adm@chamber.example", ANN, .detail = "eve@chamber.example"}},
     {{DOOR_DELEGATE, ANN " eve@chamber.example", DOOR_CLOSED, 9, "right removed"},
      {DOOR_DELEGATE, ANN " mal@chamber.example", DOOR_OPEN, 0, ""}}},
    /* ---- applications, keys, roles, factors ---- */
    {"a consent whose application reads on after the password is new",
     CLOUD,
     {{'i', 5, ACT_CONSENT_NEW, ENTRA, ANN, ANN, .object = "app-1"},
      {'o', 9, ACT_PASSWORD, ENTRA, "adm@chamber.example", .target = ANN},
      {'i', 12, ACT_MAIL_READ, EXCHANGE, ANN, .target = ANN}},
     {{DOOR_CONSENT, "app-1", DOOR_OPEN, 0, ""}}},
    {"a consent removed, and used after that",
     CLOUD,
     {{'i', 5, ACT_CONSENT_NEW, ENTRA, ANN, ANN, .object = "app-1"},
      {'o', 9, ACT_CONSENT_END, ENTRA, "adm@chamber.example", "adm@chamber.example", .object = "app-1"},
      {'i', 12, ACT_MAIL_READ, EXCHANGE, ANN, .target = ANN}},
     {{DOOR_CONSENT, "app-1", DOOR_OPEN, 0, ""}}},
    {"a consent removed",
     CLOUD,
     {{'i', 5, ACT_CONSENT_NEW, ENTRA, ANN, ANN, .object = "app-1"},
      {'o', 9, ACT_CONSENT_END, ENTRA, "adm@chamber.example", "adm@chamber.example", .object = "app-1"}},
     {{DOOR_CONSENT, "app-1", DOOR_CLOSED, 9, "consent removed"}}},
    {"the consent of another application, by the same account",
     CLOUD,
     {{'i', 5, ACT_CONSENT_NEW, ENTRA, ANN, ANN, .object = "app-1"},
      {'o', 9, ACT_CONSENT_END, ENTRA, ANN, ANN, .object = "app-2"}},
     {{DOOR_CONSENT, "app-1", DOOR_OPEN, 0, ""}}},
    {"an application, deleted; its key with it",
     CLOUD,
     {{'i', 5, ACT_APP_NEW, ENTRA, ANN, .object = "app-1"},
      {'o', 9, ACT_APP_END, ENTRA, "adm@chamber.example", .object = "app-1"}},
     {{DOOR_APPLICATION, "app-1", DOOR_CLOSED, 9, "application removed"}}},
    {"a key of two",
     CLOUD,
     {{'i', 5, ACT_KEY_NEW, ENTRA, ANN, "app-1", .object = "k1"},
      {'i', 6, ACT_KEY_NEW, ENTRA, ANN, "app-1", .object = "k2"},
      {'o', 9, ACT_KEY_END, ENTRA, "adm@chamber.example", "app-1", .object = "k1"}},
     {{DOOR_KEY, "app-1 k1", DOOR_CLOSED, 9, "key removed"}, {DOOR_KEY, "app-1 k2", DOOR_OPEN, 0, ""}}},
    {"a role, taken away",
     CLOUD,
     {{'i', 5, ACT_ROLE_NEW, ENTRA, ANN, ANN, .object = "Global Administrator"},
      {'o', 9, ACT_ROLE_END, ENTRA, "adm@chamber.example", ANN, .object = "global administrator"}},
     {{DOOR_ROLE, ANN " Global Administrator", DOOR_CLOSED, 9, "role removed"}}},
    {"a second factor, of another",
     CLOUD,
     {{'i', 5, ACT_FACTOR_NEW, ENTRA, ANN, ANN, .object = "+1 555"},
      {'o', 9, ACT_FACTOR_END, ENTRA, "adm@chamber.example", "bob@chamber.example", .object = "+1 555"}},
     {{DOOR_FACTOR, ANN " +1 555", DOOR_OPEN, 0, ""}}},
    {"a link to a file, taken back, and one that was not",
     CLOUD,
     {{'i', 5, ACT_OPENING_NEW, "m365/sharepoint", ANN, .object = "https://share.example/a.docx"},
      {'i', 5, ACT_OPENING_NEW, "m365/sharepoint", ANN, .object = "https://share.example/b.docx"},
      {'o', 9, ACT_OPENING_END, "m365/sharepoint", "adm@chamber.example", .object = "https://share.example/a.docx"}},
     {{DOOR_OPENING, "https://share.example/a.docx", DOOR_CLOSED, 9, "taken back"},
      {DOOR_OPENING, "https://share.example/b.docx", DOOR_OPEN, 0, ""}}},
    /* ---- hosts ---- */
    {"a share of a host, taken back",
     HOST,
     {{'i', 5, ACT_OPENING_NEW, SECURITY, "CHAMBER\\ann", .host = "SRV1", .object = "\\\\*\\x$"},
      {'o', 9, ACT_OPENING_END, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "\\\\*\\x$"}},
     {{DOOR_OPENING, "SRV1 \\\\*\\x$", DOOR_CLOSED, 9, "taken back"}}},
    {"a service, deleted by command",
     HOST,
     {{'i', 5, ACT_SERVICE_NEW, "windows/system", .host = "SRV1", .object = "Data Sync"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV1.chamber.example",
       .object = "sc.exe delete \"data sync\""}},
     {{DOOR_SERVICE, "SRV1 Data Sync", DOOR_CLOSED, 9, "service deleted"}}},
    {"a service, deleted from another host",
     HOST,
     {{'i', 5, ACT_SERVICE_NEW, "windows/system", .host = "SRV1", .object = "DataSync"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "DC01", .object = "cmd /c sc \\\\SRV1 delete DataSync"}},
     {{DOOR_SERVICE, "SRV1 DataSync", DOOR_CLOSED, 9, "service deleted"}}},
    {"commands that delete no such service",
     HOST,
     {{'i', 5, ACT_SERVICE_NEW, "windows/system", .host = "SRV1", .object = "DataSync"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV2", .object = "sc delete DataSync"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "sc \\\\SRV2 delete DataSync"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "sc stop DataSync delete"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "sc delete DataSync2"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "sc delete"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "echo sc-delete DataSync"}},
     {{DOOR_SERVICE, "SRV1 DataSync", DOOR_OPEN, 0, ""}}},
    {"a service on a host whose log ends early",
     HOST_HALF | DC,
     {{'i', 5, ACT_SERVICE_NEW, "windows/system", .host = "SRV1", .object = "DataSync"}},
     {{DOOR_SERVICE, "SRV1 DataSync", DOOR_CANNOT_TELL, 0, "the log that would tell"}}},
    {"a task, deleted",
     HOST,
     {{'i', 5, ACT_TASK_NEW, SECURITY, "CHAMBER\\svc", .host = "SRV1", .object = "\\Update"},
      {'o', 9, ACT_TASK_END, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "\\Update"}},
     {{DOOR_TASK, "SRV1 \\Update", DOOR_CLOSED, 9, "task deleted"}}},
    {"a task, deleted by command, and one on another host",
     HOST,
     {{'i', 5, ACT_TASK_NEW, SECURITY, "CHAMBER\\svc", .host = "SRV1", .object = "\\Update"},
      {'i', 5, ACT_TASK_NEW, SECURITY, "CHAMBER\\svc", .host = "SRV2", .object = "\\Update"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "schtasks.exe /Delete /TN Update /F"}},
     {{DOOR_TASK, "SRV1 \\Update", DOOR_CLOSED, 9, "task deleted"},
      {DOOR_TASK, "SRV2 \\Update", DOOR_CANNOT_TELL, 0, "the log that would tell"}}},
    {"a task, made again by the intruder",
     HOST,
     {{'i', 5, ACT_TASK_NEW, SECURITY, "CHAMBER\\svc", .host = "SRV1", .object = "\\Update"},
      {'o', 9, ACT_TASK_END, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "\\Update"},
      {'i', 10, ACT_TASK_NEW, SECURITY, "CHAMBER\\svc", .host = "SRV1", .object = "\\Update"}},
     {{DOOR_TASK, "SRV1 \\Update", DOOR_OPEN, 0, ""}}},
    {"an opening by its rule, one of two ports",
     HOST,
     {{'i', 5, ACT_OPENING_NEW, "windows/firewall-as", .host = "SRV1", .object = "Sync 9998", .verb = "9998/tcp",
       .detail = "9998"},
      {'i', 5, ACT_OPENING_NEW, "windows/firewall-as", .host = "SRV1", .object = "Sync 9999", .verb = "9999/udp",
       .detail = "9999"},
      {'o', 9, ACT_OPENING_END, "windows/firewall-as", .host = "SRV1", .object = "Sync 9998", .detail = "9998"}},
     {{DOOR_FIREWALL_OPENING, "SRV1 tcp/9998", DOOR_CLOSED, 9, "rule deleted"},
      {DOOR_FIREWALL_OPENING, "SRV1 udp/9999", DOOR_OPEN, 0, ""}}},
    {"an opening, closed by command",
     HOST,
     {{'i', 5, ACT_OPENING_NEW, "windows/firewall-as", .host = "SRV1", .object = "Sync 9998", .verb = "9998/tcp",
       .detail = "9998"},
      {'o', 9, ACT_PROCESS, SECURITY, "CHAMBER\\adm", .host = "SRV1",
       .object = "netsh advfirewall firewall delete rule name=\"Sync 9998\""}},
     {{DOOR_FIREWALL_OPENING, "SRV1 tcp/9998", DOOR_CLOSED, 9, "rule deleted"}}},
    {"a start-up entry",
     HOST,
     {{'i', 5, ACT_AUTORUN_NEW, "windows/sysmon", .host = "SRV1", .object = "HKLM\\Run\\Updater",
       .detail = "C:\\a.exe"},
      {'o', 9, ACT_AUTORUN_END, "windows/sysmon", .host = "SRV1", .object = "HKLM\\Run\\Updater"}},
     {{DOOR_AUTORUN, "SRV1 HKLM\\Run\\Updater", DOOR_CLOSED, 9, "start-up entry removed"}}},
    {"a program of the intruder's that speaks by itself, deleted",
     HOST,
     {{'I', 5, ACT_CONNECTION, "windows/sysmon", .host = "SRV1", .verb = "443/tcp", .server = "203.0.113.9",
       .program = "C:\\ProgramData\\x\\svch.exe"},
      {'o', 9, ACT_FILE_DELETE, "windows/sysmon", "CHAMBER\\adm", .host = "SRV1",
       .object = "C:\\ProgramData\\x\\svch.exe"}},
     {{DOOR_IMPLANT, "SRV1 C:\\ProgramData\\x\\svch.exe", DOOR_CLOSED, 9, "program deleted"}}},
    /* ---- pages ---- */
    {"a page, its file deleted",
     WEB,
     {{'I', 5, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/b/x.aspx?c=1", .verb = "POST 200",
       .outcome = OUTCOME_SUCCESS},
      {'o', 9, ACT_FILE_DELETE, SECURITY, "CHAMBER\\adm", .host = "SRV1",
       .object = "C:\\inetpub\\wwwroot\\A\\b\\x.aspx"}},
     {{DOOR_WEB_SHELL, "SRV1.chamber.example /a/b/x.aspx", DOOR_CLOSED, 9, "page deleted"}}},
    {"a page of that name on another server, deleted",
     WEB,
     {{'I', 5, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/b/x.aspx", .verb = "POST 200",
       .outcome = OUTCOME_SUCCESS},
      {'o', 9, ACT_FILE_DELETE, SECURITY, "CHAMBER\\adm", .host = "DC01", .object = "C:\\inetpub\\wwwroot\\a\\x.aspx"},
      {'o', 9, ACT_FILE_DELETE, SECURITY, "CHAMBER\\adm", .host = "SRV1", .object = "C:\\inetpub\\wwwroot\\c\\x.aspx"}},
     {{DOOR_WEB_SHELL, "SRV1.chamber.example /a/b/x.aspx", DOOR_OPEN, 0, ""}}},
    {"a page that answers no more",
     WEB,
     {{'I', 5, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "POST 200",
       .outcome = OUTCOME_SUCCESS},
      {'o', 9, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "GET 404",
       .outcome = OUTCOME_FAILURE}},
     {{DOOR_WEB_SHELL, "SRV1.chamber.example /a/x.aspx", DOOR_CLOSED, 9, "page answers 404"}}},
    {"a page that answers again",
     WEB,
     {{'I', 5, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "POST 200",
       .outcome = OUTCOME_SUCCESS},
      {'o', 9, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "GET 410",
       .outcome = OUTCOME_FAILURE},
      {'o', 12, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx?y", .verb = "GET 200",
       .outcome = OUTCOME_SUCCESS}},
     {{DOOR_WEB_SHELL, "SRV1.chamber.example /a/x.aspx", DOOR_OPEN, 0, ""}}},
    {"what is no closing: refused, broken, absent before it came, elsewhere",
     WEB,
     {{'o', 4, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "GET 404",
       .outcome = OUTCOME_FAILURE},
      {'I', 5, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "POST 200",
       .outcome = OUTCOME_SUCCESS},
      {'o', 9, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "GET 403",
       .outcome = OUTCOME_FAILURE},
      {'o', 10, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "GET 500",
       .outcome = OUTCOME_FAILURE},
      {'o', 11, ACT_WEB_REQUEST, "web/iis", .host = "SRV2", .object = "/a/x.aspx", .verb = "GET 404",
       .outcome = OUTCOME_FAILURE},
      {'o', 12, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/b/x.aspx", .verb = "GET 404",
       .outcome = OUTCOME_FAILURE}},
     {{DOOR_WEB_SHELL, "SRV1.chamber.example /a/x.aspx", DOOR_OPEN, 0, ""}}},
    {"a page on a server whose log ends early",
     WEB_HALF | CLOUD,
     {{'I', 5, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/a/x.aspx", .verb = "POST 200",
       .outcome = OUTCOME_SUCCESS}},
     {{DOOR_WEB_SHELL, "SRV1.chamber.example /a/x.aspx", DOOR_CANNOT_TELL, 0,
       "the log that would tell (web/iis) ends on 2021-02-20"}}},
    {"a page that was written, and to which nobody came yet",
     WEB | HOST,
     {{'i', 5, ACT_FILE_WRITE, SECURITY, "CHAMBER\\ann", .host = "SRV1",
       .object = "inetpub\\wwwroot\\owa\\auth\\x.aspx"}},
     {{DOOR_WEB_SHELL, "SRV1.chamber.example /owa/auth/x.aspx", DOOR_OPEN, 0, ""}}},
    {"a page that was written, and then visited, is one door",
     WEB | HOST,
     {{'i', 5, ACT_FILE_WRITE, SECURITY, "CHAMBER\\ann", .host = "SRV1",
       .object = "C:\\inetpub\\wwwroot\\FrontEnd\\HttpProxy\\owa\\auth\\x.aspx"},
      {'I', 6, ACT_WEB_REQUEST, "web/iis", .host = "SRV1", .object = "/owa/auth/x.aspx", .verb = "POST 200",
       .outcome = OUTCOME_SUCCESS}},
     {{DOOR_WEB_SHELL, "SRV1.chamber.example /owa/auth/x.aspx", DOOR_OPEN, 0, ""}}},
    {"files that are no pages: no script, not below a web server's folder, only read",
     WEB | HOST,
     {{'i', 5, ACT_FILE_WRITE, SECURITY, "CHAMBER\\ann", .host = "SRV1", .object = "inetpub\\wwwroot\\a.png"},
      {'i', 5, ACT_FILE_WRITE, SECURITY, "CHAMBER\\ann", .host = "SRV1", .object = "C:\\src\\wwwroot2\\a.aspx"},
      {'i', 5, ACT_FILE_READ, SECURITY, "CHAMBER\\ann", .host = "SRV1", .object = "inetpub\\wwwroot\\a.aspx"}},
     {{.kind = DOOR_KINDS}}},
    /* ---- none ---- */
    {"what others do opens no door",
     CLOUD | HOST,
     {{'o', 5, ACT_RULE_NEW, EXCHANGE, ANN, ANN, .object = "."},
      {'o', 5, ACT_SERVICE_NEW, "windows/system", .host = "SRV1", .object = "DataSync"},
      {'o', 5, ACT_SIGN_IN, EXCHANGE, ANN, .session = "s1"}},
     {{.kind = DOOR_KINDS}}},
    {"what was refused opens no door",
     CLOUD | DC,
     {{'i', 5, ACT_SIGN_IN, EXCHANGE, ANN, .session = "s1", .outcome = OUTCOME_FAILURE},
      {'i', 5, ACT_LOGON, SECURITY, "CHAMBER\\ann", .host = "SRV1", .verb = "3", .outcome = OUTCOME_FAILURE},
      {'i', 5, ACT_RULE_NEW, EXCHANGE, ANN, ANN, .object = ".", .outcome = OUTCOME_FAILURE}},
     {{.kind = DOOR_KINDS}}},
};

static void add(struct activities *a, const struct said *s, const char *path) {
    struct activity_event v = {.when = START + s->day * DAY + (s->who != ' ') * DAY / 2,
                               .record = 1,
                               .count = 1,
                               .act = s->act,
                               .outcome = s->outcome,
                               .evidence_path = str_of(path),
                               .evidence_sha256 = "ab"};
    struct err e;

    v.last = v.when;
    v.text[ACT_ACCOUNT] = str_of(s->account);
    v.text[ACT_TARGET] = str_of(s->target);
    v.text[ACT_HOST] = str_of(s->host);
    v.text[ACT_ADDRESS] = S("");
    v.text[ACT_SERVER] = str_of(s->server);
    v.text[ACT_PROGRAM] = str_of(s->program);
    v.text[ACT_SESSION] = str_of(s->session);
    v.text[ACT_OBJECT] = str_of(s->object);
    v.text[ACT_VERB] = str_of(s->verb);
    v.text[ACT_DETAIL] = str_of(s->detail);
    v.text[ACT_TENANT] = S("");
    v.text[ACT_KIND] = str_of(s->kind);
    assert_true(activities_add(a, &v, &e));
}

static void everyday(struct activities *a, unsigned logs) {
    static const struct {
        unsigned whole, half;
        struct said said;
    } lives[] = {
        {CLOUD,
         CLOUD_HALF,
         {' ', 0, ACT_MAIL_READ, EXCHANGE, "cy@chamber.example", "cy@chamber.example", .session = "e"}},
        {DC, DC_HALF, {' ', 0, ACT_TICKET, SECURITY, "CHAMBER\\cy", .host = "DC01.chamber.example"}},
        {HOST,
         HOST_HALF,
         {' ', 0, ACT_PROCESS, SECURITY, "CHAMBER\\cy", .host = "SRV1.chamber.example", .object = "notepad"}},
        {WEB,
         WEB_HALF,
         {' ', 0, ACT_WEB_REQUEST, "web/iis", .host = "SRV1.chamber.example", .object = "/", .verb = "GET 200"}},
        {VPN, 0, {' ', 0, ACT_SIGN_IN, "fortinet/event", .account = "cy"}},
        {PBX, 0, {' ', 0, ACT_EXPORT, "cisco/cucm-audit", "cy", .host = "CUCM01"}},
    };

    for (size_t i = 0; i < COUNT(lives); i++)
        for (int day = 0; day <= END; day++) {
            struct said s = lives[i].said;

            s.day = day;
            if (logs & lives[i].whole || (logs & lives[i].half && day <= END / 2))
                add(a, &s, s.kind);
            /* Both are parts of one export. */
            if (s.kind == (const char *)lives[0].said.kind && logs & (CLOUD | CLOUD_HALF) && day == 0)
                add(a,
                    &(struct said){' ', 0, ACT_PASSWORD, ENTRA, "adm@chamber.example", .target = "cy@chamber.example"},
                    s.kind);
        }
}

/* A case's acts. acts: the codes by which its own are found again. */
static struct activities *made(unsigned logs, const struct said *acts) {
    struct activities *a;
    struct err e;

    assert_true(activities_new(&a, 64 << 20, NULL, &e));
    everyday(a, logs);
    for (size_t i = 0; i < ACTS_EACH && acts[i].who; i++)
        add(a, &acts[i], acts[i].kind[0] == 'm' ? EXCHANGE : acts[i].kind);
    assert_true(activities_end(a, &e));
    return a;
}

/* What is the intruder's: acts at the times of those that are said to be. */
static void owned(struct activities *a, const struct said *acts, struct door_owner *o, uint32_t *events,
                  struct behaviour_part *parts) {
    *o = (struct door_owner){.events = events, .parts = parts};
    for (uint32_t i = 0; i < activities_count(a); i++) {
        const struct activity *const v = activities_at(a, i);

        for (size_t k = 0; k < ACTS_EACH && acts[k].who; k++)
            if ((acts[k].who == 'i' || acts[k].who == 'I') && v->when == START + acts[k].day * DAY + DAY / 2 &&
                v->act == acts[k].act && str_eq(activities_text(a, v->text[ACT_OBJECT]), str_of(acts[k].object)) &&
                str_eq(activities_text(a, v->text[ACT_ACCOUNT]), str_of(acts[k].account))) {
                events[o->event_count++] = i;
                if (acts[k].who == 'I')
                    parts[o->part_count++] =
                        v->act == ACT_WEB_REQUEST
                            ? (struct behaviour_part){PART_PAGE, true, v->text[ACT_OBJECT],
                                                      activities_host(a, v->text[ACT_HOST])}
                            : (struct behaviour_part){PART_PROGRAM, true, activities_program(a, v->text[ACT_PROGRAM]),
                                                      0};
                break;
            }
    }
}

/* why: what cannot be told is compared with its reason. */
static void same(const char *name, const struct expected *x, const struct door *doors, size_t count, bool why) {
    size_t wanted = 0;

    while (wanted < DOORS_EACH && x[wanted].identity)
        wanted++;
    for (size_t i = 0; i < wanted; i++) {
        const struct door *found = NULL;

        for (size_t k = 0; k < count; k++)
            if (doors[k].kind == x[i].kind && str_eq(doors[k].identity, str_of(x[i].identity)))
                found = &doors[k];
        if (!found)
            fail_msg("%s: no door %s among %zu", name, x[i].identity, count);
        int64_t const closed = x[i].closed ? START + x[i].closed * DAY + DAY / 2 : INSTANT_NONE;

        if (found->state != x[i].state || found->closed != closed ||
            ((why || found->state != DOOR_CANNOT_TELL) && !str_starts(found->how, str_of(x[i].how))) ||
            (!*x[i].how && found->how.len))
            fail_msg(
                "%s: %s is %.*s, on day %lld, how `%.*s`", name, x[i].identity, STR_ARG(door_state_name(found->state)),
                found->closed == INSTANT_NONE ? 0LL : (long long)((found->closed - START) / DAY), STR_ARG(found->how));
        assert_true(found->opened <= found->last_used);
        assert_true((found->closed_at.evidence_path.len > 0) == (found->closed != INSTANT_NONE));
        assert_true(found->opened_at.evidence_path.len > 0);
    }
    if (count != wanted)
        fail_msg("%s: %zu doors, not %zu; the first is %.*s", name, count, wanted, STR_ARG(doors[0].identity));
}

static void found_in_acts(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct activities *const a = made(cases[i].logs, cases[i].acts);
        struct arena *const room = arena_new(1 << 20);
        struct behaviour_part parts[ACTS_EACH];
        uint32_t events[ACTS_EACH];
        const struct door *doors;
        struct door_owner owner;
        struct doors *d;
        size_t count;
        struct err e;

        owned(a, cases[i].acts, &owner, events, parts);
        assert_true(doors_new(&d, a, &e));
        assert_true(doors_of(d, &owner, room, &doors, &count, &e));
        same(cases[i].name, cases[i].doors, doors, count, true);
        doors_free(d);
        activities_free(a);
        arena_free(room);
    }
}

/* The same acts in two parts: doors are found in those until some day, and followed through the rest, in which accounts and hosts are
 * spelled as they are there. */
static void followed(void **state) {
    (void)state;
    size_t followed = 0;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct said before[ACTS_EACH] = {{0}}, after[ACTS_EACH] = {{0}};
        size_t first = 0, rest = 0, wanted = 0;

        /* Until the intruder's last act of opening that stands before somebody else's. */
        for (size_t k = 0; k < ACTS_EACH && cases[i].acts[k].who; k++)
            if (cases[i].acts[k].day <= 6)
                before[first++] = cases[i].acts[k];
            else
                after[rest++] = cases[i].acts[k];
        while (wanted < DOORS_EACH && cases[i].doors[wanted].identity)
            wanted++;
        if (!rest || !wanted)
            continue;
        struct activities *const a = made(cases[i].logs, before), *const b = made(cases[i].logs, after);
        struct arena *const room = arena_new(1 << 20);
        struct behaviour_part parts[ACTS_EACH];
        uint32_t events[ACTS_EACH];
        const struct door *doors, *later;
        struct door_owner owner;
        struct doors *d, *f;
        size_t count;
        struct err e;

        owned(a, before, &owner, events, parts);
        assert_true(doors_new(&d, a, &e));
        assert_true(doors_of(d, &owner, room, &doors, &count, &e));
        owned(b, after, &owner, events, parts);
        assert_true(doors_new(&f, b, &e) && doors_follow(f, doors, count, &owner, room, &later, &e));
        same(cases[i].name, cases[i].doors, later, count, false);
        followed++;
        doors_free(d);
        doors_free(f);
        activities_free(a);
        activities_free(b);
        arena_free(room);
    }
    assert_true(followed > 20);
}

static void memory_runs_out(void **state) {
    (void)state;
    static const struct said acts[ACTS_EACH] = {{'i', 5, ACT_RULE_NEW, EXCHANGE, ANN, ANN, .object = "."}};
    struct activities *const a = made(CLOUD, acts);
    struct behaviour_part parts[ACTS_EACH];
    uint32_t events[ACTS_EACH];
    const struct door *doors;
    struct door_owner owner;
    struct doors *d;
    bool once = false;
    size_t count;
    struct err e;

    owned(a, acts, &owner, events, parts);
    assert_true(doors_new(&d, a, &e));
    for (size_t size = 0; size < 4096; size += 8) {
        struct arena *const room = arena_new(size);
        bool const ok = doors_of(d, &owner, room, &doors, &count, &e);

        assert_true(ok || e.code == ERR_MEMORY);
        once |= ok;
        arena_free(room);
    }
    assert_true(once);
    doors_free(d);
    activities_free(a);
}

static void nothing_at_all(void **state) {
    (void)state;
    struct door_owner const nobody = {0};
    struct arena *const room = arena_new(1 << 16);
    struct activities *a;
    const struct door *doors;
    struct doors *d;
    size_t count;
    struct err e;

    assert_true(activities_new(&a, 1 << 20, NULL, &e));
    assert_true(activities_end(a, &e));
    assert_true(doors_new(&d, a, &e));
    assert_true(doors_of(d, &nobody, room, &doors, &count, &e));
    assert_int_equal(count, 0);
    doors_free(d);
    activities_free(a);
    arena_free(room);
}

/* More doors than are kept: the latest are left out. */
static void too_many(void **state) {
    (void)state;
    struct arena *const room = arena_new((size_t)16 << 20);
    uint32_t *const events = calloc(DOORS_MAX + 10, sizeof *events);
    struct door_owner owner = {.events = events};
    const struct door *doors;
    struct activities *a;
    struct doors *d;
    size_t count;
    struct err e;

    assert_true(activities_new(&a, 64 << 20, NULL, &e));
    for (unsigned i = 0; i < DOORS_MAX + 10; i++) {
        char name[32];

        snprintf(name, sizeof name, "service%u", i);
        add(a, &(struct said){' ', (int)i, ACT_SERVICE_NEW, "windows/system", .host = "SRV1", .object = name}, "x");
        events[owner.event_count++] = i;
    }
    assert_true(activities_end(a, &e));
    assert_true(doors_new(&d, a, &e));
    assert_true(doors_of(d, &owner, room, &doors, &count, &e));
    assert_int_equal(count, DOORS_MAX);
    assert_true(str_eq(doors[0].identity, S("SRV1 service0")));
    assert_true(str_eq(doors[count - 1].identity, S("SRV1 service1023")));
    doors_free(d);
    activities_free(a);
    arena_free(room);
    free(events);
}

static void names(void **state) {
    (void)state;
    for (unsigned k = 0; k < DOOR_KINDS; k++)
        assert_int_equal(door_kind_of(door_kind_name((enum door_kind)k)), k);
    assert_int_equal(door_kind_of(S("")), DOOR_KINDS);
    assert_int_equal(door_kind_of(S("window")), DOOR_KINDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_in_acts),  cmocka_unit_test(followed), cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(nothing_at_all), cmocka_unit_test(too_many), cmocka_unit_test(names),
    };

    return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
