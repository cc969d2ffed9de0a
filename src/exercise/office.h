/* office: the made-up institution: people, hosts, addresses, and who is where on which day. All of it follows from the seed. */
#ifndef EXERCISE_OFFICE_H
#define EXERCISE_OFFICE_H

#include "base/instant.h"
#include "exercise/feed.h"
#include "exercise/rng.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define DOMAIN "chamber.example"
#define NETBIOS "CHAMBER"
#define TENANT "5e1f0000-0000-4000-8000-00000000c4a3"

enum role { ROLE_MEMBER, ROLE_STAFF, ROLE_REGISTER, ROLE_PRESS, ROLE_ADMIN };

#define MESSAGES_KEPT 8
#define ADDRESS_MAX 48
#define GUID_MAX 37

/* A session of the cloud, on a device. */
struct session {
    char id[GUID_MAX], token[GUID_MAX];
    uint32_t until; /* the day on which it is made anew */
    uint8_t place;  /* enum where */
    bool open;
};

struct person {
    char login[56], name[48];
    enum role role;
    uint32_t number, extension;
    uint32_t from_day, to_day; /* employed; to_day is no day any more */
    bool cloud;                /* the mailbox is in the cloud; else on the institution's own servers */
    bool legacy;               /* an old client that asks for no second factor */
    bool maildir;              /* the mailbox is handed in as a Maildir; else its mail is in the journal */
    bool taken;                /* an intrusion has this account already */
    struct session desk, phone;
    struct {
        uint64_t number;
        const char *domain;
    } messages[MESSAGES_KEPT]; /* the last that were delivered, in turns */
    uint64_t delivered;
};

enum host {
    HOST_DC01,
    HOST_DC02,
    HOST_FS01,
    HOST_REG01,
    HOST_SQL01,
    HOST_APP01,
    HOST_MX01,
    HOST_MX02,
    HOST_BK01,
    HOST_CUCM01,
    HOST_JUMP01,
    HOST_MON01,
    HOST_PROXY01,
    HOST_GW01,
    SERVERS /* the first workstation: SERVERS + number of the person */
};

enum where { AT_OFFICE, AT_HOME, AT_CARRIER, AT_TRAVEL };

struct place {
    enum where where;
    char address[ADDRESS_MAX];
    char country[3]; /* user-assigned codes of ISO 3166: XA is home */
    const char *city;
};

struct office {
    uint64_t seed, scale;
    uint32_t accounts, days, months;
    int64_t begin, end;
    struct person *people;
    struct feed *feed;
    struct truth *truth;
    struct rng *r, noise; /* of whoever speaks now; of everyday life */
    uint32_t *calls;      /* [month * accounts + person] */
    uint64_t call_number;
    struct buf line, more; /* scratch: a record, a part of one */
};

/* accounts people of the seed, over years that end with 2024. feed and truth are set by the caller. */
MUST_USE bool office_open(struct office *o, uint64_t seed, uint32_t years, uint32_t accounts, uint64_t scale,
                          struct err *e);
void office_close(struct office *o);

uint32_t office_day(const struct office *o, int64_t when);
uint32_t office_month(const struct office *o, int64_t when);
bool office_weekend(const struct office *o, uint32_t day);
bool person_works(const struct person *p, uint32_t day);
/* Where somebody is on that day when not in the office: at home, or travelling. */
struct place person_away(const struct office *o, const struct person *p, uint32_t day);
/* Does that person work away from the office on that day? */
bool person_is_away(const struct office *o, const struct person *p, uint32_t day);
struct place person_phone(const struct office *o, const struct person *p, uint32_t day, uint64_t turn);
/* What a browser, a telephone says of itself on that day. */
str person_agent(const struct office *o, const struct person *p, uint32_t day, char room[200]);
str person_phone_agent(const struct office *o, const struct person *p, uint32_t day, char room[200]);
/* The device as Entra knows it: changes when the device does. */
void person_device(const struct office *o, const struct person *p, uint32_t day, bool phone, char out[GUID_MAX]);
/* A person of that role who works all days from one to the other; NULL: nobody does. free: and whom no intrusion has. */
struct person *office_person(struct office *o, enum role role, uint32_t from, uint32_t to, bool cloud, bool free);
/* Anybody at work on that day. */
struct person *office_anybody(struct office *o, uint32_t day);
const char *person_role_name(enum role r);

/* A home network's address of somebody who does not work here: number from 0 to 8,191, none of which anybody here has. */
void office_stranger(const struct office *o, uint32_t number, char out[ADDRESS_MAX]);

/* Names and addresses of hosts, workstations included. */
str host_name(uint32_t host, char room[16]);
void host_address(uint32_t host, char out[ADDRESS_MAX]);

/* A GUID of the generator that speaks now. */
void office_guid(struct office *o, char out[GUID_MAX]);
void guid_of(uint64_t a, uint64_t b, char out[GUID_MAX]);

#endif
