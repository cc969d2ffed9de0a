/* behaviour_account: what the files of the area "accounts" share, and what the area "doors" asks of it. For src/detection/behaviour_account*.c and
 * behaviour_door*.c only.
 *
 * An account is used by *clients* (a program under all its versions, bare of how a service introduces it) from *places* (the network of an
 * address; the address itself where its network holds a way out of the house; the house is one place). Two clients, or two sessions, *meet* at a
 * place when both are there within so many days. People's own devices meet: at home, in the office, at the carrier's. */
#ifndef DETECTION_BEHAVIOUR_ACCOUNT_H
#define DETECTION_BEHAVIOUR_ACCOUNT_H

#include "detection/behaviour_set.h"

/* More clients, sessions or places than this has no person; such an account is not judged. */
#define ACCOUNT_THINGS_MAX (1u << 20)
#define PLACE_HOUSE UINT32_MAX

/* ---- all accounts ---- */

struct account_world {
    struct activities *a;
    uint32_t *family; /* by program entity: the smallest entity with the same bare program */
    uint32_t *exact;  /* by code of a program: the smallest code of the same with its version */
    uint32_t code_count;
    struct code_map house;     /* networks that hold a way out of the house */
    struct code_map of_place;  /* accounts that use a place */
    struct code_map of_family; /* accounts that use a family */
    uint32_t accounts;         /* that are used from anywhere */
    uint32_t common;           /* so many accounts at a place make it nobody's */
    int64_t near;              /* of meeting, ns */
    int64_t sign_ins_from, sign_ins_to;
    uint64_t sign_ins;
};
/* common_least, common_share: at least so many accounts, and such a share of all, make a place common. */
MUST_USE bool account_world_open(struct account_world *w, struct activities *a, double near_days, double common_least,
                                 double common_share, struct err *e);
void account_world_close(struct account_world *w);
/* Is it a use of an account from somewhere, that was let be? */
bool account_is_use(const struct account_world *w, const struct activity *v);
/* 0: it has no address. */
uint32_t account_place(const struct account_world *w, const struct activity *v);
/* 0: no program, or one that says only which door of a service was taken. */
uint32_t account_family(const struct account_world *w, const struct activity *v);
/* The program with its version, bare of the door: the smallest code of a text that is the same; 0 as account_family. */
uint32_t account_exact(const struct account_world *w, const struct activity *v);
/* Is it nobody's: used by many accounts, or the house? */
bool account_place_common(const struct account_world *w, uint32_t place);

/* ---- one account ---- */

struct account_client {
    uint32_t family;
    bool named; /* false: logs say no program; family is the code of the kind */
    int64_t first, last;
    uint32_t uses, days, reads, sign_ins;
    uint32_t sessions, begun; /* begun: with a sign-in */
    uint32_t met_uses;        /* at places that it shares with another client, or in the house */
    uint32_t places, met,
        foreign; /* places; of them the house and those where another client is met; where none is, and which are not common */
    bool legacy; /* a protocol that knows no second factor */
    int64_t day; /* the last one counted */
};
struct account_session {
    uint32_t code, client; /* client: index + 1, 0: not known */
    int64_t first, last;
    uint32_t uses, sign_ins;
    uint32_t places, foreign; /* foreign: where no session ever began and no other client is met */
};
/* A client or session at a place. */
struct account_stay {
    uint32_t who, place; /* who: index */
    bool met;
    uint32_t uses, days;
    int64_t first, last, day;
};
struct account_stays {
    struct account_stay *items;
    uint32_t count, room;
    struct code_map by; /* who and place: index + 1 */
};
struct account_place {
    uint32_t who[2]; /* the last two clients: index + 1 */
    uint32_t stay[2];
    int64_t when[2];
    bool began; /* a session was first seen here */
};
struct account_use {
    uint32_t account;
    struct activity_list list; /* all its activities */
    int64_t first, last;
    uint32_t uses;
    bool too_large; /* not judged */
    struct account_client *clients;
    uint32_t client_count, client_room;
    struct account_session *sessions;
    uint32_t session_count, session_room;
    struct account_stays by_client, by_session;
    struct code_map client_of, session_of, place_of; /* index + 1 */
    struct account_place *places;
    uint32_t place_count, place_room;
};
/* What was in u is forgotten, its memory used again; zeroed at first. */
MUST_USE bool account_use_read(const struct account_world *w, struct account_use *u, uint32_t account, struct err *e);
void account_use_free(struct account_use *u);
/* The client of an activity of the account: index + 1; 0: not known. By its program, else by its session. */
uint32_t account_client_of(const struct account_world *w, const struct account_use *u, const struct activity *v);
/* NULL: it was not there. */
const struct account_stay *account_stay_of(const struct account_stays *s, uint32_t who, uint32_t place);
/* Is a place, for a session that is used there, one that it was carried to? */
bool account_carried_to(const struct account_world *w, const struct account_use *u, const struct account_stay *stay);

/* ---- foreign clients: what the doors ask for ---- */

struct foreign_client {
    uint32_t account, family;
    int64_t first, last;
};
struct foreign_act {
    uint32_t activity, client; /* index */
};
/* Kept in the run by the area "accounts". */
struct account_foreign {
    struct foreign_client *clients;
    uint32_t client_count, client_room;
    struct code_map by_client; /* of account and family: index + 1 */
    struct foreign_act *acts;  /* in order of activities */
    uint32_t act_count, act_room;
};
/* index + 1 of the foreign client that did it; 0: none is known. */
uint32_t account_foreign_of(const struct account_foreign *f, uint32_t activity);
void account_foreign_free(struct account_foreign *f); /* takes NULL */

/* ---- what is handed over ---- */

/* What the behaviour of this id says; it is a bug if there is none. */
const struct behaviour *account_behaviour(const struct behaviour_run *r, const char *id);
/* A share in whole percent. */
unsigned account_percent(uint64_t part, uint64_t of);
/* As date_text, for printf. */
const char *account_date(int64_t when, char out[DATE_TEXT]);
/* Is the address used by no account but this one? */
MUST_USE bool account_alone_at(struct account_world *w, uint32_t address, uint32_t account, bool *alone, struct err *e);
/* How many days from one to the other, at least 1. */
unsigned account_days(int64_t first, int64_t last);

/* ---- the parts of the area ---- */

struct account_area {
    struct behaviour_run *r;
    struct account_world w;
    struct account_use u;
    struct codes events;
};
MUST_USE bool
account_clients_run(struct account_area *x,
                    struct err *e); /* behaviour_account_client.c: foreign-client, many-accounts, legacy-protocol */
MUST_USE bool account_sessions_run(struct account_area *x,
                                   struct err *e); /* behaviour_account_session.c: session-elsewhere, no-sign-in */
MUST_USE bool account_bulk_run(struct account_area *x, struct err *e);  /* behaviour_account_bulk.c */
MUST_USE bool account_guess_run(struct account_area *x, struct err *e); /* behaviour_account_guess.c */

#endif
