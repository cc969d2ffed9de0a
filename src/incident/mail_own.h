/* mail_own: what the parts of mail_* share. For src/incident/mail_*.c only. */
#ifndef INCIDENT_MAIL_OWN_H
#define INCIDENT_MAIL_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "incident/mail_campaign.h"

/* mails_builtin.c, made by embed.py out of data/mail. */
struct mail_file {
    str path, text;
};
extern const struct mail_file mails_builtin[];
extern const size_t mails_builtin_count;

static inline char mail_small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool mail_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* A name as it is compared: ASCII letters small, whatever is no letter or digit as one blank, none at the ends; of the name's
 * first MAIL_NAME_MAX bytes. *words: how many there are. The view is of room. */
#define MAIL_NAME_MAX 512u
str mail_name_fold(str name, char room[MAIL_NAME_MAX], size_t *words);

/* The domain of an address, in place; "" without @. */
static inline str mail_domain_of(str address) {
    for (size_t i = address.len; i-- > 0;)
        if (address.ptr[i] == '@')
            return str_from(address, i + 1);
    return (str){"", 0};
}

/* ---- numbers by number ---- */

/* A table of keys (hashes), each with a number, from 0 on. All zero: empty. */
struct mail_map {
    uint64_t *keys, *values; /* key 0: free */
    size_t count, room;
};
void mail_map_free(struct mail_map *m);
void mail_map_clear(struct mail_map *m);
/* The value of the key, 0 where it is new; NULL: no memory. Until the next put. */
uint64_t *mail_map_put(struct mail_map *m, uint64_t key);
/* NULL: not there. */
uint64_t *mail_map_find(const struct mail_map *m, uint64_t key);

/* ---- a message as bytes ---- */

/* It begins with what copies have in common: mail_pack_same is that beginning, whose bytes are equal for copies only. What is kept:
 * all of m but URLs beyond MAIL_URLS_MAX, and those that are no http(s). */
bool mail_pack(struct buf *b, const struct mail_message *m, uint64_t copies);
str mail_pack_same(str packed);
/* Views of packed, lists of a. False: no memory. */
bool mail_unpack(str packed, struct arena *a, struct mail_message *m, uint64_t *copies);

/* Loaded by whoever looks at the mail; and of these, unseen. */
static inline bool mail_loaded(const struct mail_url *u) {
    return html_is_loaded(u->where);
}
static inline bool mail_unseen(const struct mail_url *u) {
    return mail_loaded(u) && u->flags != 0;
}

/* ---- the past ---- */

#define MAIL_NEVER UINT32_MAX /* of a minute */

/* What the whole evidence says of a correspondent: minutes since 1970 (MAIL_NEVER), messages from them and to them. */
struct mail_past_entry {
    uint32_t first_in, last_in, first_out, in, out;
    uint64_t who; /* of a name: the key of the address that bore it first; 0: several at once */
};
struct mail_past {
    uint64_t seed;
    struct mail_map map;
    struct mail_past_entry *entries; /* values of the map, less 1 */
    size_t count, room;
};
enum mail_past_of { PAST_ADDRESS, PAST_DOMAIN, PAST_LIST, PAST_NAME, PAST_FORGED };
/* The receiving server found that the author's domain did not send it. Whoever sent it has neither that domain's past nor its
 * company: for all that follows they are somebody else, who borrows the name. */
bool mail_forged(const struct mail_message *m);
uint32_t mail_minute(int64_t when);
void mail_past_free(struct mail_past *p);
/* key: mail_past_key. */
uint64_t mail_past_key(const struct mail_past *p, enum mail_past_of of, str text);
bool mail_past_in(struct mail_past *p, uint64_t key, uint32_t minute, uint64_t who);
bool mail_past_out(struct mail_past *p, uint64_t key, uint32_t minute);
/* A List-Id together with the domain that it came from: whoever borrows the one has not the other. */
uint64_t mail_list_key(const struct mail_past *p, const struct mail_message *m);
/* NULL: never heard of. */
const struct mail_past_entry *mail_past_find(const struct mail_past *p, uint64_t key);

/* ---- the whole ---- */

struct sorter;
struct tape;

struct mail_campaigns {
    struct mail_campaign_options options;
    struct sorter *arrived; /* packed messages */
    uint64_t added;
    struct arena *arena; /* of one message */
    struct buf packed, text;
    /* domains that mail is delivered to: value: index of names, less 1 */
    struct mail_map domains;
    struct arena *names_arena;
    struct mail_own_domain {
        str name;
        uint64_t delivered, named, last; /* last: the message that it was counted for */
    } * names;
    size_t name_count, name_room;
    uint64_t delivered_messages;
    /* from mail_campaigns_end on */
    str *own;
    size_t own_count;
    bool own_guessed;
    struct mail_past past;
    uint64_t messages, copies, judged; /* judged: messages with a result of SPF, DKIM or DMARC */
    uint32_t first_minute;
    struct tape *tape;     /* messages, each packed, in the order of their numbers */
    struct tape *sketches; /* by number: records of one size */
    uint32_t *parent, *skeleton;
    uint64_t *sender; /* by number: who sent it, as mail_sender has it */
    size_t room;
};

/* Is this one of the institution's own domains, or within one? */
bool mail_is_own(const struct mail_campaigns *c, str domain);
/* Who sent it, for telling senders apart: the registrable domain, or the address where the domain is everybody's; whoever forges a
 * domain is another. */
uint64_t mail_sender(const struct mail_campaigns *c, const struct mail_message *m);
/* In contact for long: never taken for another by text alone. */
bool mail_established(const struct mail_campaigns *c, uint64_t sender);

/* mail_cluster.c. Whose sketches are alike, and what else belongs together: parent and skeleton become roots. */
bool mail_cluster(struct mail_campaigns *c, struct sorter *bands, struct sorter *hosts, struct err *e);
uint32_t mail_root(uint32_t *parent, uint32_t number);
/* What mail_cluster wants to know of a message, put into its two sorters. */
bool mail_cluster_add(struct mail_campaigns *c, const struct mail_message *m, uint32_t number, struct sorter *bands,
                      struct sorter *hosts, struct err *e);

/* ---- one campaign ---- */

/* mail_token.c. Finds the tokens of a campaign's messages; recipients are by address, their messages by number. */
struct mail_tokens;
bool mail_tokens_new(struct mail_tokens **out, uint64_t messages, uint64_t seed);
void mail_tokens_free(struct mail_tokens *t);
/* Who has what is in a message: whom it names and in whose mailbox it lay, in byte order; or, where these are too many, the latter.
 * SIZE_MAX: even they are, and nothing in it is anybody's own. */
#define MAIL_HOLDERS_MAX 8u
size_t mail_holders(const struct mail_message *m, str out[MAIL_HOLDERS_MAX]);
/* First all messages, then all of them a second time; false: no memory. */
bool mail_tokens_values(struct mail_tokens *t, const struct mail_message *m, uint32_t skeleton);
bool mail_tokens_frames(struct mail_tokens *t, const struct mail_message *m, uint32_t skeleton);
/* Then of each message: its tokens, texts as views of the message's. *count at most MAIL_TOKENS_MAX. */
void mail_tokens_of(const struct mail_tokens *t, const struct mail_message *m, uint32_t skeleton,
                    struct mail_token out[MAIL_TOKENS_MAX], size_t *count);
/* Does this text look like a token? */
bool mail_token_shaped(str text);

/* mail_rank.c. What its messages have in common, one after another, and what that is worth in the end. */
struct mail_tally {
    uint64_t messages, beacons, unrelated, mismatched, speaking, lookalike, failed, unjudged, bulk, personal, served,
        listed, own;
    str mismatch_name, mismatch_from, mismatch_of; /* of the first of the messages by time */
    str lookalike_domain, lookalike_of;
    str spoken_for; /* the outlet that the text speaks for */
    str beacon_host, unrelated_host, failed_domain, service;
    str list_id;
    uint64_t list_key;
    bool lists_differ;
};
/* tokens: of this message. Texts are copied into a. */
bool mail_tally_add(const struct mail_campaigns *c, struct mail_tally *t, const struct mail_message *m,
                    const struct mail_token *tokens, size_t token_count, struct arena *a);
/* Fills score and reasons of what is else complete; senders: the distinct ones, as mail_sender has them. */
bool mail_rank(const struct mail_campaigns *c, const struct mail_tally *t, const uint64_t *senders, size_t sender_count,
               struct mail_campaign *out, struct arena *a);
/* The mailing service that sent this; *aligned: it signed with the author's domain, and the signature held. */
str mail_service_of(const struct mail_campaigns *c, const struct mail_message *m, bool *aligned);

#endif
