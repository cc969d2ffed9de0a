/* made_incidents: made-up incidents for tests: one of three years in mailboxes, one of a server and a register, and one whose every text is hostile. */
#ifndef TESTS_MADE_INCIDENTS_H
#define TESTS_MADE_INCIDENTS_H

#include <stdlib.h>

#include "base/instant.h"
#include "incident/incident.h"

#define MADE_SHA_A "3f1c5a9e0b7d2468ace013579bdf02468ace13579bdf02468ace013579bdf024"
#define MADE_SHA_B "b61f00d5a1b2c3d4e5f60718293a4b5c6d7e8f9001122334455667788990aabb"
#define MADE_SHA_C "0e4fd1c2b3a495867768594a3b2c1d0e0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define MADE_MAIL STR("evidence/m365/audit-2019.json")
#define MADE_IIS STR("evidence/web01/iis/u_ex200114.log")
#define MADE_EVTX STR("evidence/dc01/Security.evtx")
#define MADE_DAY_NS INT64_C(86400000000000)
#define MADE_HOUR_NS INT64_C(3600000000000)

/* What a text of evidence may be at its worst. */
#define MADE_BAD_TEXT                                                                                                  \
    STR("</td></style><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>\"'&amp;\x1b[31m\x00\x07"    \
        "\xe2\x80\xae"                                                                                                 \
        "gpj.exe\xff\xc2\x9b ]]> --> <!-- {{x}} javascript:alert(3) https://evil.example/")

/* 2019-03-04T05:12:00Z, a Monday */
#define MADE_FIRST INT64_C(1551676320000000000)

enum {
    MADE_CLUES = 11,
    MADE_INCIDENTS = 3,
    MADE_MAIL_EVENTS = 420,
    MADE_SERVER_EVENTS = 57,
    MADE_BAD_EVENTS = 3,
    MADE_EVENTS = MADE_MAIL_EVENTS + MADE_SERVER_EVENTS + MADE_BAD_EVENTS
};

struct made_story {
    struct clue clues[MADE_CLUES];
    uint32_t order[MADE_CLUES];
    struct incident_event events[MADE_EVENTS];
    char texts[MADE_EVENTS][160];
    struct incident incidents[MADE_INCIDENTS];
};

static const struct clue made_clues[MADE_CLUES] = {
    {CLUE_BEHAVIOUR, 1, STR("foreign-client"), STR("A client that shares nothing with the rest of the account"),
     STR("The account finn.wagner@chamber.example was used by the program \"Client=REST;;\" from 212 networks in 38 "
         "months; no "
         "other program of the account was ever seen from one of them."),
     STR("collection"), STR("T1114.002"), LEVEL_HIGH, 3.4, MADE_FIRST, MADE_FIRST + 1130 * MADE_DAY_NS, 318, 1, 62, 1},
    {CLUE_BEHAVIOUR, 2, STR("slow-reading"), STR("Mail read in small portions over months"),
     STR("On 287 of 1,130 days between 1 and 4 messages were read, mostly between 01 and 04 UTC; the owner reads "
         "between "
         "07 and 18 UTC."),
     STR("collection"), STR("T1114.002"), LEVEL_MEDIUM, 2.1, MADE_FIRST + 3 * MADE_DAY_NS,
     MADE_FIRST + 1130 * MADE_DAY_NS, 287, 2, 62, 1},
    {CLUE_CAMPAIGN, 1, STR(""), STR("Your subscription to the China Policy Digest"),
     STR("finn.wagner@chamber.example opened the pixel of this campaign 19 days before the first act."),
     STR("reconnaissance"), STR("T1598.003"), LEVEL_MEDIUM, 1.2, MADE_FIRST - 19 * MADE_DAY_NS,
     MADE_FIRST - 19 * MADE_DAY_NS, 1, 0, 0, 1},
    {CLUE_RULE, 41, STR("5b2e3f30-1111-4222-8333-444455556666"), STR("New inbox rule that moves mail to RSS feeds"),
     STR("12 findings of this rule are about the account."), STR("defense-evasion"), STR("T1564.008"), LEVEL_HIGH, 1.5,
     MADE_FIRST + 40 * MADE_DAY_NS, MADE_FIRST + 41 * MADE_DAY_NS, 12, 0, 0, 1},
    {CLUE_BEHAVIOUR, 3, STR("consent"), STR("An application was given rights to a mailbox"),
     STR("One of 3 accounts of 62 that ever consented to an application that nobody else uses."), STR("persistence"),
     STR("T1098.003"), LEVEL_HIGH, 1.9, MADE_FIRST + 2 * MADE_HOUR_NS, MADE_FIRST + 2 * MADE_HOUR_NS, 1, 3, 62, 1},
    {CLUE_BEHAVIOUR, 4, STR("new-page"), STR("A script that appeared on a server and that few ever asked for"),
     STR("/aspnet_client/system_web/iisstart.aspx was first asked for on 2020-01-14, by 2 addresses, never with a "
         "referrer; 1 of 412 pages of web01 is like it."),
     STR("persistence"), STR("T1505.003"), LEVEL_CRITICAL, 3.8, MADE_FIRST + 316 * MADE_DAY_NS,
     MADE_FIRST + 700 * MADE_DAY_NS, 41, 1, 412, 2},
    {CLUE_BEHAVIOUR, 5, STR("new-server"), STR("A provider's account that reaches a server it never reached"),
     STR("CHAMBER\\svc-hvac came to 4 hosts on which it had never been in 14 months."), STR("lateral-movement"),
     STR("T1021.001"), LEVEL_HIGH, 2.2, MADE_FIRST + 318 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS, 9, 1, 118, 2},
    {CLUE_RULE, 77, STR("rule-ntds"), STR("Volume shadow copy of a domain controller"),
     STR("2 findings of this rule are on the host dc01."), STR("credential-access"), STR("T1003.003"), LEVEL_CRITICAL,
     2.5, MADE_FIRST + 320 * MADE_DAY_NS, MADE_FIRST + 320 * MADE_DAY_NS, 2, 0, 0, 2},
    {CLUE_BEHAVIOUR, 6, STR("export"), STR("Many records at once"),
     STR("The register was read whole: 1 of 90 days on which it was opened is like it."), STR("exfiltration"),
     STR("T1048"), LEVEL_CRITICAL, 2.9, MADE_FIRST + 330 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS, 5, 1, 90, 2},
    {CLUE_BEHAVIOUR, 7, MADE_BAD_TEXT, MADE_BAD_TEXT, MADE_BAD_TEXT, MADE_BAD_TEXT, MADE_BAD_TEXT, LEVEL_LOW, 1, 0, 1,
     1, 1, 1, 3},
    {CLUE_RULE, 78, MADE_BAD_TEXT, MADE_BAD_TEXT, MADE_BAD_TEXT, STR(""), STR(""), LEVEL_INFORMATIONAL, -0.5,
     INSTANT_NONE, INSTANT_NONE, 1, 0, 0, 3},
};

static const struct incident_entity made_mail_entities[] = {
    {PART_CLIENT, ENTITY_OWN, STR("Client=REST;; on finn.wagner@chamber.example"), STR(""), false, MADE_FIRST,
     MADE_FIRST + 1130 * MADE_DAY_NS, 318},
    {PART_ADDRESS, ENTITY_OWN, STR("198.18.32.7"), STR("known as a relay, says vendor-report.pdf"), false, MADE_FIRST,
     MADE_FIRST + 200 * MADE_DAY_NS, 44},
    {PART_ADDRESS, ENTITY_OWN, STR("198.18.77.140"), STR(""), false, MADE_FIRST + 210 * MADE_DAY_NS,
     MADE_FIRST + 500 * MADE_DAY_NS, 63},
    {PART_ADDRESS, ENTITY_OWN, STR("198.19.4.91"), STR(""), false, MADE_FIRST + 510 * MADE_DAY_NS,
     MADE_FIRST + 1130 * MADE_DAY_NS, 71},
    {PART_ACCOUNT, ENTITY_REACHED, STR("finn.wagner@chamber.example"), STR(""), false, MADE_FIRST,
     MADE_FIRST + 1130 * MADE_DAY_NS, 290},
    {PART_ACCOUNT, ENTITY_REACHED, STR("lena.hoffmann@chamber.example"), STR(""), false, MADE_FIRST + 60 * MADE_DAY_NS,
     MADE_FIRST + 900 * MADE_DAY_NS, 96},
    {PART_ACCOUNT, ENTITY_REACHED, STR("office@chamber.example"), STR("shared by 31 accounts"), true,
     MADE_FIRST + 61 * MADE_DAY_NS, MADE_FIRST + 61 * MADE_DAY_NS, 12},
    {PART_OBJECT, ENTITY_OWN, STR("Mail Backup Assistant"), STR("application"), false, MADE_FIRST + 2 * MADE_HOUR_NS,
     MADE_FIRST + 2 * MADE_HOUR_NS, 1},
};
static const struct incident_link made_mail_links[] = {
    {1, 4, STR("signs in as"), 44, MADE_FIRST, MADE_FIRST + 200 * MADE_DAY_NS},
    {2, 4, STR("signs in as"), 51, MADE_FIRST + 210 * MADE_DAY_NS, MADE_FIRST + 500 * MADE_DAY_NS},
    {2, 5, STR("signs in as"), 12, MADE_FIRST + 210 * MADE_DAY_NS, MADE_FIRST + 500 * MADE_DAY_NS},
    {3, 4, STR("signs in as"), 60, MADE_FIRST + 510 * MADE_DAY_NS, MADE_FIRST + 1130 * MADE_DAY_NS},
    {3, 5, STR("signs in as"), 11, MADE_FIRST + 510 * MADE_DAY_NS, MADE_FIRST + 900 * MADE_DAY_NS},
    {0, 4, STR("reads"), 290, MADE_FIRST, MADE_FIRST + 1130 * MADE_DAY_NS},
    {0, 5, STR("reads"), 96, MADE_FIRST + 60 * MADE_DAY_NS, MADE_FIRST + 900 * MADE_DAY_NS},
    {5, 6, STR("reads"), 12, MADE_FIRST + 61 * MADE_DAY_NS, MADE_FIRST + 61 * MADE_DAY_NS},
    {4, 7, STR("gives rights to"), 1, MADE_FIRST + 2 * MADE_HOUR_NS, MADE_FIRST + 2 * MADE_HOUR_NS},
};
static const struct reach made_mail_reaches[] = {
    {REACH_MAILBOX,
     STR("finn.wagner@chamber.example"),
     STR(""),
     MADE_FIRST,
     MADE_FIRST + 1130 * MADE_DAY_NS,
     290,
     812,
     0,
     {MADE_MAIL, MADE_SHA_A, 17, 40991}},
    {REACH_MAILBOX,
     STR("lena.hoffmann@chamber.example"),
     STR(""),
     MADE_FIRST + 60 * MADE_DAY_NS,
     MADE_FIRST + 900 * MADE_DAY_NS,
     96,
     201,
     0,
     {MADE_MAIL, MADE_SHA_A, 990, 2218430}},
    {REACH_FILE,
     STR("/personal/finn_wagner/Documents/Delegation 2020/positions.docx"),
     STR("OneDrive"),
     MADE_FIRST + 90 * MADE_DAY_NS,
     MADE_FIRST + 90 * MADE_DAY_NS,
     1,
     0,
     0,
     {MADE_MAIL, MADE_SHA_A, 1202, 3001120}},
    {REACH_ACCOUNT,
     STR("finn.wagner@chamber.example"),
     STR(""),
     MADE_FIRST,
     MADE_FIRST + 1130 * MADE_DAY_NS,
     290,
     0,
     0,
     {MADE_MAIL, MADE_SHA_A, 17, 40991}},
    {REACH_ACCOUNT,
     STR("lena.hoffmann@chamber.example"),
     STR(""),
     MADE_FIRST + 60 * MADE_DAY_NS,
     MADE_FIRST + 900 * MADE_DAY_NS,
     96,
     0,
     0,
     {MADE_MAIL, MADE_SHA_A, 990, 2218430}},
};
static const struct phase made_mail_phases[] = {
    {STR("reconnaissance"), MADE_FIRST - 19 * MADE_DAY_NS, MADE_FIRST - 19 * MADE_DAY_NS, 1},
    {STR("initial-access"), MADE_FIRST, MADE_FIRST + MADE_HOUR_NS, 2},
    {STR("persistence"), MADE_FIRST + 2 * MADE_HOUR_NS, MADE_FIRST + 41 * MADE_DAY_NS, 13},
    {STR("collection"), MADE_FIRST + 3 * MADE_DAY_NS, MADE_FIRST + 1130 * MADE_DAY_NS, 386},
};
static const struct door made_mail_doors[] = {
    {DOOR_ACCOUNT,
     STR("finn.wagner@chamber.example"),
     STR("finn.wagner@chamber.example"),
     STR(""),
     STR(""),
     MADE_FIRST,
     MADE_FIRST + 1130 * MADE_DAY_NS,
     MADE_FIRST + 1131 * MADE_DAY_NS,
     {MADE_MAIL, MADE_SHA_A, 17, 40991},
     {MADE_MAIL, MADE_SHA_A, 40213, 99120441},
     {MADE_MAIL, MADE_SHA_A, 40301, 99300021},
     DOOR_CLOSED,
     STR("password reset")},
    {DOOR_CONSENT,
     STR("Mail Backup Assistant"),
     STR("finn.wagner@chamber.example"),
     STR(""),
     STR("Mail Backup Assistant"),
     MADE_FIRST + 2 * MADE_HOUR_NS,
     MADE_FIRST + 1130 * MADE_DAY_NS,
     INSTANT_NONE,
     {MADE_MAIL, MADE_SHA_A, 19, 44100},
     {MADE_MAIL, MADE_SHA_A, 40213, 99120441},
     {STR(""), "", 0, 0},
     DOOR_OPEN,
     STR("")},
    {DOOR_SESSION,
     STR("lena.hoffmann@chamber.example"),
     STR("lena.hoffmann@chamber.example"),
     STR(""),
     STR(""),
     MADE_FIRST + 60 * MADE_DAY_NS,
     MADE_FIRST + 900 * MADE_DAY_NS,
     INSTANT_NONE,
     {MADE_MAIL, MADE_SHA_A, 990, 2218430},
     {MADE_MAIL, MADE_SHA_A, 31000, 70120441},
     {STR(""), "", 0, 0},
     DOOR_CANNOT_TELL,
     STR("sign-in logs end on 2022-04-10")},
};

static const struct incident_entity made_server_entities[] = {
    {PART_ADDRESS, ENTITY_OWN, STR("203.0.113.66"), STR(""), false, MADE_FIRST + 316 * MADE_DAY_NS,
     MADE_FIRST + 700 * MADE_DAY_NS, 31},
    {PART_PAGE, ENTITY_OWN, STR("web01 /aspnet_client/system_web/iisstart.aspx"), STR(""), false,
     MADE_FIRST + 316 * MADE_DAY_NS, MADE_FIRST + 700 * MADE_DAY_NS, 41},
    {PART_HOST, ENTITY_REACHED, STR("web01.chamber.example"), STR(""), false, MADE_FIRST + 316 * MADE_DAY_NS,
     MADE_FIRST + 700 * MADE_DAY_NS, 41},
    {PART_ACCOUNT, ENTITY_REACHED, STR("CHAMBER\\svc-hvac"), STR("the provider's"), false,
     MADE_FIRST + 318 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS, 9},
    {PART_HOST, ENTITY_REACHED, STR("dc01.chamber.example"), STR(""), false, MADE_FIRST + 320 * MADE_DAY_NS,
     MADE_FIRST + 320 * MADE_DAY_NS, 4},
    {PART_HOST, ENTITY_REACHED, STR("files02.chamber.example"), STR(""), false, MADE_FIRST + 330 * MADE_DAY_NS,
     MADE_FIRST + 330 * MADE_DAY_NS, 5},
    {PART_OBJECT, ENTITY_REACHED, STR("\\\\files02\\registers\\voters-2019.mdb"), STR("register"), false,
     MADE_FIRST + 330 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS, 5},
};
static const struct incident_link made_server_links[] = {
    {0, 1, STR("asks for"), 31, MADE_FIRST + 316 * MADE_DAY_NS, MADE_FIRST + 700 * MADE_DAY_NS},
    {1, 2, STR("runs on"), 41, MADE_FIRST + 316 * MADE_DAY_NS, MADE_FIRST + 700 * MADE_DAY_NS},
    {2, 3, STR("is used by"), 3, MADE_FIRST + 318 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS},
    {3, 4, STR("logs on to"), 4, MADE_FIRST + 320 * MADE_DAY_NS, MADE_FIRST + 320 * MADE_DAY_NS},
    {3, 5, STR("logs on to"), 5, MADE_FIRST + 330 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS},
    {5, 6, STR("holds"), 5, MADE_FIRST + 330 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS},
    {3, 6, STR("reads"), 5, MADE_FIRST + 330 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS},
};
static const struct reach made_server_reaches[] = {
    {REACH_REGISTER,
     STR("\\\\files02\\registers\\voters-2019.mdb"),
     STR("records at risk: 41,207, says the log"),
     MADE_FIRST + 330 * MADE_DAY_NS,
     MADE_FIRST + 330 * MADE_DAY_NS,
     5,
     41207,
     INT64_C(734003200),
     {MADE_EVTX, MADE_SHA_B, 99012, 181403648}},
    {REACH_HOST,
     STR("web01.chamber.example"),
     STR(""),
     MADE_FIRST + 316 * MADE_DAY_NS,
     MADE_FIRST + 700 * MADE_DAY_NS,
     41,
     0,
     0,
     {MADE_IIS, MADE_SHA_C, 5, 610}},
    {REACH_HOST,
     STR("dc01.chamber.example"),
     STR(""),
     MADE_FIRST + 320 * MADE_DAY_NS,
     MADE_FIRST + 320 * MADE_DAY_NS,
     4,
     0,
     0,
     {MADE_EVTX, MADE_SHA_B, 98001, 171403648}},
    {REACH_HOST,
     STR("files02.chamber.example"),
     STR(""),
     MADE_FIRST + 330 * MADE_DAY_NS,
     MADE_FIRST + 330 * MADE_DAY_NS,
     5,
     0,
     0,
     {MADE_EVTX, MADE_SHA_B, 99010, 181400000}},
    {REACH_CALLS,
     STR("Export-CallRecords 2020-01"),
     STR(""),
     MADE_FIRST + 331 * MADE_DAY_NS,
     MADE_FIRST + 331 * MADE_DAY_NS,
     1,
     5120,
     0,
     {MADE_EVTX, MADE_SHA_B, 99100, 181500000}},
    {REACH_PERSON,
     STR("+49 30 5550 1201"),
     STR("office of the chair"),
     MADE_FIRST + 300 * MADE_DAY_NS,
     MADE_FIRST + 330 * MADE_DAY_NS,
     0,
     212,
     0,
     {MADE_EVTX, MADE_SHA_B, 99100, 181500000}},
    {REACH_OUT,
     STR("203.0.113.66"),
     STR("443/tcp"),
     MADE_FIRST + 330 * MADE_DAY_NS,
     MADE_FIRST + 330 * MADE_DAY_NS + 2 * MADE_HOUR_NS,
     3,
     0,
     INT64_C(912680550),
     {MADE_IIS, MADE_SHA_C, 4410, 910610}},
};
static const struct phase made_server_phases[] = {
    {STR("persistence"), MADE_FIRST + 316 * MADE_DAY_NS, MADE_FIRST + 700 * MADE_DAY_NS, 41},
    {STR("lateral-movement"), MADE_FIRST + 318 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS, 9},
    {STR("credential-access"), MADE_FIRST + 320 * MADE_DAY_NS, MADE_FIRST + 320 * MADE_DAY_NS, 2},
    {STR("exfiltration"), MADE_FIRST + 330 * MADE_DAY_NS, MADE_FIRST + 330 * MADE_DAY_NS, 5},
};
static const struct door made_server_doors[] = {
    {DOOR_WEB_SHELL,
     STR("web01 /aspnet_client/system_web/iisstart.aspx"),
     STR(""),
     STR("web01.chamber.example"),
     STR("/aspnet_client/system_web/iisstart.aspx"),
     MADE_FIRST + 316 * MADE_DAY_NS,
     MADE_FIRST + 700 * MADE_DAY_NS,
     MADE_FIRST + 702 * MADE_DAY_NS,
     {MADE_IIS, MADE_SHA_C, 5, 610},
     {MADE_IIS, MADE_SHA_C, 4410, 910610},
     {MADE_IIS, MADE_SHA_C, 4500, 920610},
     DOOR_CLOSED,
     STR("it answers no more (404)")},
    {DOOR_VPN_ACCOUNT,
     STR("CHAMBER\\svc-hvac"),
     STR("CHAMBER\\svc-hvac"),
     STR(""),
     STR(""),
     MADE_FIRST + 318 * MADE_DAY_NS,
     MADE_FIRST + 330 * MADE_DAY_NS,
     INSTANT_NONE,
     {MADE_EVTX, MADE_SHA_B, 98000, 171400000},
     {MADE_EVTX, MADE_SHA_B, 99012, 181403648},
     {STR(""), "", 0, 0},
     DOOR_OPEN,
     STR("")},
};

static const struct incident_entity made_bad_entities[] = {
    {PART_DOMAIN, ENTITY_OWN, MADE_BAD_TEXT, MADE_BAD_TEXT, true, 0, 1, 1},
    {PART_PROGRAM, ENTITY_REACHED, STR(""), STR(""), false, INSTANT_NONE, INSTANT_NONE, 0},
    {PART_SESSION, ENTITY_REACHED, MADE_BAD_TEXT, STR(""), false, 0, 0, 1},
};
static const struct incident_link made_bad_links[] = {{0, 1, MADE_BAD_TEXT, 1, 0, 1}, {1, 1, STR(""), 1, 0, 1}};
static const struct reach made_bad_reaches[] = {
    {REACH_FILE,
     MADE_BAD_TEXT,
     MADE_BAD_TEXT,
     INSTANT_NONE,
     INSTANT_NONE,
     1,
     2,
     3,
     {MADE_BAD_TEXT, "", UINT64_C(1) << 40, UINT64_C(1) << 50}},
};
static const struct phase made_bad_phases[] = {{MADE_BAD_TEXT, INSTANT_NONE, INSTANT_NONE, 1}};
static const struct door made_bad_doors[] = {{DOOR_RULE,
                                              MADE_BAD_TEXT,
                                              MADE_BAD_TEXT,
                                              MADE_BAD_TEXT,
                                              MADE_BAD_TEXT,
                                              INSTANT_NONE,
                                              INSTANT_NONE,
                                              INSTANT_NONE,
                                              {MADE_BAD_TEXT, "", 1, 2},
                                              {STR(""), "", 0, 0},
                                              {STR(""), "", 0, 0},
                                              DOOR_CANNOT_TELL,
                                              MADE_BAD_TEXT}};

#define MADE_LIST(incident, what, list)                                                                                \
    do {                                                                                                               \
        (incident)->what = (list);                                                                                     \
        (incident)->MADE_COUNT_OF_##what = COUNT(list);                                                                \
    } while (0)
#define MADE_COUNT_OF_entities entity_count
#define MADE_COUNT_OF_links link_count
#define MADE_COUNT_OF_reaches reach_count
#define MADE_COUNT_OF_phases phase_count
#define MADE_COUNT_OF_doors door_count

static void made_mail_events(struct made_story *m) {
    for (unsigned i = 0; i < MADE_MAIL_EVENTS; i++) {
        struct incident_event *const v = &m->events[i];
        bool const second = i % 4 == 3;
        int const messages = (int)(i % 3) + 1;

        snprintf(m->texts[i], sizeof m->texts[i], "reads %d message%s of the mailbox %s", messages,
                 messages == 1 ? "" : "s", second ? "lena.hoffmann@chamber.example" : "finn.wagner@chamber.example");
        *v = (struct incident_event){
            .when = MADE_FIRST + 1130 * MADE_DAY_NS / (MADE_MAIL_EVENTS - 1) * i,
            .tactic = STR("collection"),
            .technique = STR("T1114.002"),
            .what = {m->texts[i], strlen(m->texts[i])},
            .act = ACT_MAIL_READ,
            .account = second ? S("lena.hoffmann@chamber.example") : S("finn.wagner@chamber.example"),
            .target = second ? S("lena.hoffmann@chamber.example") : S("finn.wagner@chamber.example"),
            .address = i < 80    ? S("198.18.32.7")
                       : i < 200 ? S("198.18.77.140")
                                 : S("198.19.4.91"),
            .program = STR("Client=REST;;"),
            .host = STR(""),
            .session = STR("8a1f0c22-77aa-4b1e-9f0d-3c2b1a0f9e8d"),
            .object = STR(""),
            .detail = STR(""),
            .count = 1,
            .items = (uint64_t)messages,
            .clue = i % 2,
            .proof = {MADE_MAIL, MADE_SHA_A, 17 + i * 96, 40991 + i * UINT64_C(236102)},
        };
        v->last = v->when;
    }
    m->events[0].what = S("signs in as finn.wagner@chamber.example");
    m->events[0].act = ACT_SIGN_IN;
    m->events[0].tactic = S("initial-access");
    m->events[0].technique = S("T1078.004");
    m->events[1].what = S("gives the application Mail Backup Assistant rights to the mailbox");
    m->events[1].act = ACT_CONSENT_NEW;
    m->events[1].tactic = S("persistence");
    m->events[1].technique = S("T1098.003");
    m->events[1].clue = 4;
}

static void made_server_events(struct made_story *m) {
    struct incident_event *const v = &m->events[MADE_MAIL_EVENTS];

    for (unsigned i = 0; i < MADE_SERVER_EVENTS; i++) {
        v[i] = (struct incident_event){
            .when = MADE_FIRST + 316 * MADE_DAY_NS + (i < 12 ? i * MADE_HOUR_NS * 30 : (i - 11) * MADE_DAY_NS * 8),
            .tactic = STR("persistence"),
            .technique = STR("T1505.003"),
            .what = STR("asks for /aspnet_client/system_web/iisstart.aspx on web01"),
            .act = ACT_WEB_REQUEST,
            .account = STR(""),
            .target = STR(""),
            .host = STR("web01.chamber.example"),
            .address = STR("203.0.113.66"),
            .program = STR("Mozilla/5.0"),
            .session = STR(""),
            .object = STR("/aspnet_client/system_web/iisstart.aspx?cmd=whoami"),
            .detail = STR("POST"),
            .count = 1 + i % 2 * 6,
            .clue = 5,
            .proof = {MADE_IIS, MADE_SHA_C, 5 + i * 77, 610 + i * UINT64_C(16000)},
        };
        v[i].last = v[i].when + (i % 2 ? MADE_HOUR_NS / 2 : 0);
    }
    v[8].what = S("logs on to dc01.chamber.example as CHAMBER\\svc-hvac");
    v[8].act = ACT_LOGON;
    v[8].tactic = S("lateral-movement");
    v[8].clue = 6;
    v[8].proof = (struct proof){MADE_EVTX, MADE_SHA_B, 98001, 171403648};
    v[9].what = S("makes a shadow copy of the disk that holds the directory's passwords");
    v[9].act = ACT_NONE;
    v[9].tactic = S("credential-access");
    v[9].clue = 7;
    v[9].proof = (struct proof){MADE_EVTX, MADE_SHA_B, 98017, 171413648};
    v[11].what = S("reads \\\\files02\\registers\\voters-2019.mdb");
    v[11].act = ACT_FILE_READ;
    v[11].tactic = S("exfiltration");
    v[11].amount = 734003200;
    v[11].clue = 8;
    v[11].proof = (struct proof){MADE_EVTX, MADE_SHA_B, 99012, 181403648};
}

static void made_bad_events(struct made_story *m) {
    struct incident_event *const v = &m->events[MADE_MAIL_EVENTS + MADE_SERVER_EVENTS];
    str const bad = MADE_BAD_TEXT;

    for (unsigned i = 0; i < MADE_BAD_EVENTS; i++)
        v[i] = (struct incident_event){.when = i ? INT64_C(1600000000000000000) + i : INSTANT_NONE,
                                       .last = INSTANT_NONE,
                                       .tactic = bad,
                                       .technique = bad,
                                       .what = bad,
                                       .account = bad,
                                       .target = bad,
                                       .host = bad,
                                       .address = bad,
                                       .program = bad,
                                       .session = bad,
                                       .object = bad,
                                       .detail = bad,
                                       .count = 1,
                                       .clue = 9,
                                       .proof = {bad, "", 1, 2}};
}

/* NULL: no memory. To be freed. */
static struct made_story *made_story(void) {
    struct made_story *const m = calloc(1, sizeof *m);
    struct incident *n;

    if (!m)
        return NULL;
    memcpy(m->clues, made_clues, sizeof made_clues);
    for (uint32_t i = 0; i < MADE_CLUES; i++)
        m->order[i] = i;
    made_mail_events(m);
    made_server_events(m);
    made_bad_events(m);

    n = &m->incidents[0];
    *n = (struct incident){.number = 1,
                           .title = STR("Mailboxes of 2 accounts read from changing networks"),
                           .level = LEVEL_CRITICAL,
                           .score = 10.1,
                           .first = MADE_FIRST - 19 * MADE_DAY_NS,
                           .last = MADE_FIRST + 1130 * MADE_DAY_NS,
                           .began =
                               STR("finn.wagner@chamber.example opened a mail of the campaign \"Your subscription to "
                                   "the China Policy Digest\""),
                           .began_at = {STR("evidence/mail/archive.mbox"), MADE_SHA_C, 88, 120033},
                           .state = STR("ongoing"),
                           .clues = m->order,
                           .clue_count = 5,
                           .events = m->events,
                           .event_count = MADE_MAIL_EVENTS};
    MADE_LIST(n, entities, made_mail_entities);
    MADE_LIST(n, links, made_mail_links);
    MADE_LIST(n, reaches, made_mail_reaches);
    MADE_LIST(n, phases, made_mail_phases);
    MADE_LIST(n, doors, made_mail_doors);
    n = &m->incidents[1];
    *n = (struct incident){.number = 2,
                           .title = STR("A web shell on web01, and a register read whole"),
                           .level = LEVEL_CRITICAL,
                           .score = 11.4,
                           .first = MADE_FIRST + 316 * MADE_DAY_NS,
                           .last = MADE_FIRST + 316 * MADE_DAY_NS + 45 * 8 * MADE_DAY_NS,
                           .began = STR(""),
                           .began_at = {STR(""), "", 0, 0},
                           .state = STR("quiet"),
                           .clues = m->order + 5,
                           .clue_count = 4,
                           .events = m->events + MADE_MAIL_EVENTS,
                           .event_count = MADE_SERVER_EVENTS};
    MADE_LIST(n, entities, made_server_entities);
    MADE_LIST(n, links, made_server_links);
    MADE_LIST(n, reaches, made_server_reaches);
    MADE_LIST(n, phases, made_server_phases);
    MADE_LIST(n, doors, made_server_doors);
    n = &m->incidents[2];
    *n = (struct incident){.number = 3,
                           .title = MADE_BAD_TEXT,
                           .level = LEVEL_LOW,
                           .score = 0.5,
                           .first = INSTANT_NONE,
                           .last = INSTANT_NONE,
                           .began = MADE_BAD_TEXT,
                           .began_at = {MADE_BAD_TEXT, "", 1, 2},
                           .state = MADE_BAD_TEXT,
                           .clues = m->order + 9,
                           .clue_count = 2,
                           .events = m->events + MADE_MAIL_EVENTS + MADE_SERVER_EVENTS,
                           .event_count = MADE_BAD_EVENTS};
    MADE_LIST(n, entities, made_bad_entities);
    MADE_LIST(n, links, made_bad_links);
    MADE_LIST(n, reaches, made_bad_reaches);
    MADE_LIST(n, phases, made_bad_phases);
    MADE_LIST(n, doors, made_bad_doors);
    return m;
}

#endif
