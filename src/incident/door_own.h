/* door_own: what the parts of doors share. For src/incident/door*.c only. */
#ifndef INCIDENT_DOOR_OWN_H
#define INCIDENT_DOOR_OWN_H

#include "base/buf.h"
#include "incident/door.h"

/* realms_builtin.c, made by embed.py out of data/doors, read when the program was built (codec/packer.c). */
struct realm_file {
    str path, trees;
};
extern const struct realm_file realms_builtin[];
extern const size_t realms_builtin_count;

#define NO_REALM UINT32_MAX

struct realm {
    str name;
    const str *kinds;
    size_t kind_count;
    bool sessions, local, vpn;
};

/* Kinds up to their second part ("windows/security"). Those that stand in one file of the evidence are one log: where it goes on, all of them would. */
struct door_family {
    str name;
    uint32_t realm; /* NO_REALM: none */
    bool vpn;
    uint32_t up; /* of the forest of those that stand together */
};

/* One log, of one host (0: it names none), or of one service. */
struct door_log {
    uint32_t family, host; /* the root */
    int64_t first, last;
    int64_t pause_from, pause_to; /* the longest between two acts */
    uint64_t count;
    uint64_t acts;   /* a bit for each act it has told of */
    uint64_t realms; /* the same; the highest: of a VPN */
};
#define DOOR_VPN_BIT (UINT64_C(1) << 63)

struct door_index;
#define DOOR_ASKED_MAX 64u

struct doors {
    struct activities *a;
    struct door_index *index;
    struct arena *data;
    const struct realm *realms;
    size_t realm_count;
    const str *nobody, *nobody_begins, *web_roots, *scripts;
    size_t nobody_count, nobody_begins_count, web_root_count, script_count;
    int64_t behind; /* ns */
    double behind_pauses;
    struct door_family *families;
    uint32_t family_count, family_room;
    uint32_t *family_of; /* by the code of a kind's name: family + 1; 0: not asked yet */
    struct door_log *logs;
    uint32_t log_count, log_room;
    uint32_t *by_host;  /* logs, by host, then number */
    struct door_asked { /* the best log of those of no host in particular */
        uint64_t bits;
        uint32_t realm, log; /* log: + 1; 0: none */
        bool vpn;
    } asked[DOOR_ASKED_MAX];
    uint32_t asked_count;
    uint32_t *slots; /* log + 1 */
    uint32_t mask;
    int64_t
        end; /* of the evidence, but for a thousandth: clocks that are wrong are no end. INSTANT_NONE: it is empty */
};

static inline uint64_t act_bit(enum act a) {
    return UINT64_C(1) << a;
}
_Static_assert(ACTS <= 64, "acts as bits");

/* From one time to a later one; INT64_MAX: more than that holds. */
static inline int64_t door_apart(int64_t from, int64_t to) {
    uint64_t const apart = (uint64_t)to - (uint64_t)from;

    return apart > INT64_MAX ? INT64_MAX : (int64_t)apart;
}

MUST_USE bool door_data_read(struct doors *d, struct err *e);
/* ERR_MEMORY. */
MUST_USE bool door_logs_read(struct doors *d, struct err *e);
/* The first of by_host whose host is not before this one. */
uint32_t door_logs_from(const struct doors *d, uint32_t host);
/* The family of an activity's kind. */
const struct door_family *door_family_of(const struct doors *d, const struct activity *v);
/* The host on which it happened: the one it names, else the one that has the server's address; 0: none is told. */
uint32_t door_host_of(const struct doors *d, const struct activity *v);
bool door_nobody(const struct doors *d, str account);
/* Of a file that is a page: what stands behind the folder of the web server, from the slash on; "": it is none. */
str door_page_of(const struct doors *d, str file);
/* Without regard to the case of ASCII letters and to which slashes there are. */
bool door_plain_ends(str path, str with);
/* Parts of a path that are equal, from the end on. */
unsigned door_parts_alike(str a, str b);
/* So far (ns) may this log lie behind. */
int64_t door_log_slack(const struct doors *d, const struct door_log *log);

/* What happened to a door. */
enum mark_what {
    MARK_OPEN,  /* by the intruder */
    MARK_USE,   /* the same */
    MARK_AGAIN, /* opened or answering, by whomever: counts only when it was closed */
    MARK_MAYBE, /* perhaps closed */
    MARK_CLOSE,
};
struct mark {
    int64_t when, last;
    enum mark_what what;
    uint32_t activity;
    str how;
};

struct watched {
    enum door_kind kind;
    uint32_t realm;              /* NO_REALM: any */
    uint32_t account, host;      /* entities; 0: none */
    uint32_t other;              /* of a page: the server, as the part has it */
    str name;                    /* what it is called in its place; "" */
    str second;                  /* of an opening its port; "" */
    str said_account, said_host; /* as the intruder's last act has it */
    uint32_t family;             /* + 1 of the log in which it was opened; 0: not in this evidence */
    const struct door *old;      /* NULL: found here */
    struct mark *marks;
    uint32_t count, room;
    bool untold; /* not all that is about it was looked at */
};

struct look {
    struct doors *d;
    const struct door_owner *owner;
    struct arena *room;
    struct watched *items;
    uint32_t count;
    bool follow; /* nothing is added */
};

bool door_no_memory(struct err *e);
const struct realm *door_realm_at(const struct doors *d, uint32_t realm); /* NULL: none */
str door_text(const struct look *l, const struct activity *v, enum act_text t);
/* Is it the intruder's? */
bool door_owned(const struct look *l, uint32_t activity);
MUST_USE bool door_mark(struct watched *w, enum mark_what what, const struct activity *v, uint32_t activity, str how);
/* The first label of a host's name; of an address all of it. */
str door_short_host(str host);
/* Without domain: jo of CHAMBER\\jo, jo@chamber.example. */
str door_login(str account);
uint32_t door_account(const struct look *l, str account); /* the entity; 0: there is none */
/* Is it that account? Texts that no act has under account or target, such as the beginning of a rule's name, have no entity. */
bool door_is_account(const struct look *l, const struct watched *w, str account);
/* The number in it: "9998", "9998/tcp", "tcp/9998"; "": there is none, or several. */
str door_port(str s);
bool door_has(str s, str what); /* without regard to the case of ASCII letters */
/* In the arena; *ok becomes false when it is full. */
str door_kept(const struct look *l, str s, bool *ok);
str door_joined(const struct look *l, str a, const char *between, str b, bool *ok);
/* The mailbox a rule, forwarding or delegate is of: whose name the rule's begins with, the target, or who does it; and the name without it. */
str door_mailbox(const struct look *l, const struct activity *v, str *name);
/* Path of a request: without query, and without what is put behind a semicolon. */
str door_path(str object);
bool door_at_server(const struct look *l, const struct watched *w, const struct activity *v);

/* door_find.c: doors out of the owner's acts, with what it did to each; of a look that follows, of the doors there are. */
MUST_USE bool door_find(struct look *l, struct err *e);
/* Marks what an act of the owner's does to a door; takes NULL. */
MUST_USE bool door_put(struct look *l, struct watched *w, enum mark_what what, uint32_t activity, struct err *e);
/* door_close.c: what others did to them. */
MUST_USE bool door_closings(struct look *l, struct err *e);
str door_closing_word(enum act a);
/* door_index.c. False: no memory. */
MUST_USE bool door_index_new(struct doors *d);
void door_index_free(struct doors *d);
/* Acts of that sort that may be about the door: until the next question. All that door_close.c takes for one about it are among them. */
MUST_USE bool door_acts(const struct look *l, const struct watched *w, enum act act, struct activity_list *out,
                        struct err *e);
/* Codes of objects whose last part is that of the name's (plainly), until the next question. */
MUST_USE bool door_objects(const struct look *l, str name, struct activity_list *out, struct err *e);
/* Commands that undo a door of that kind and name (without regard to case); on: the host that they name, or "". */
MUST_USE bool door_commands(const struct look *l, enum door_kind kind, str name,
                            bool (*each)(void *ctx, uint32_t code, str name, str on, struct err *e), void *ctx,
                            struct err *e);
/* So many acts are looked at for all doors of a hunt. Beyond, what became of a door is not known. */
#define DOOR_LOOKS_MAX (UINT64_C(1) << 27)
bool door_index_spent(const struct doors *d);
void door_looked(const struct doors *d, uint64_t at);
/* door_file.c. What stands behind the last slash or backslash; a hash of it as door_plain_ends compares. */
str door_base(str path);
uint64_t door_plain_hash(str s);
/* A command that undoes: of which kind of door, what it names, and on which host ("": where it runs). Commands within others (cmd /c ...) as well. */
bool door_undoes(str line, enum door_kind *kind, str *name, str *host);
/* What is told by texts: pages, their files, commands. */
MUST_USE bool door_texts(struct look *l, struct err *e);
/* door_cover.c: an open door that no log would tell the closing of cannot be told. False: no memory. */
MUST_USE bool door_told(struct look *l, const struct watched *w, struct door *out);
/* A door that was found in other evidence. */
MUST_USE bool door_watch(struct look *l, const struct door *old, struct watched *w, struct err *e);

#endif
