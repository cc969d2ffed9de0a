/* behaviour_cloud: identities in the control plane of a cloud (data/behaviours/cloud.yml): what they are refused, which secrets they read, what they do
 * to logging, what they open, and whose credentials they are.
 *
 * A role that is assumed is told of under a new name each time (assumed-role/ROLE/SESSION); its past is that of the role. Whoever assumed it just before, from
 * the same address, did what the role did: it is a part of the hit, and so is the act of assuming.
 *
 * What a program made itself it may take away again: builders, which keep whole environments in order and remove them, make, read and delete the very things
 * that intruders read and delete. The same identity with another program may not. A builder is one program whatever it adds to its name. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "detection/behaviour_own.h"
#include "event/fold.h"

#define DAY ((int64_t)86400 * 1000000000)
#define ASSUMED_FOR (DAY / 2)  /* a role's session ends after twelve hours at most */
#define ASSUMED_LOOK_MAX 4096u /* acts of assuming that are looked at for one */

enum class {
    CLASS_SEEN = 1, /* its classes are known */
    CLASS_ASSUME = 2,
    CLASS_SECRET = 4,
    CLASS_SECRET_MADE = 8,
    CLASS_LOGGING = 16,
    CLASS_LOGGING_MADE = 32,
    CLASS_OPENED = 64,
    CLASS_OPENED_MADE = 128
};

struct call {
    uint32_t index;   /* of the activity */
    uint32_t who;     /* 1..: of struct cloud.whos */
    uint32_t program; /* entity; UINT32_MAX - i: the builder of that place in the list */
    uint8_t classes;
    bool refused;
};
struct calls {
    struct call *items;
    size_t count, room;
};

/* An account, and the name under which it has a past. */
struct who {
    str text;
    uint32_t account, who;
};

/* Acts that follow each other closely, of one key; from and to: places in the calls they were found in. */
struct burst {
    size_t from, to;
    uint32_t who, distinct;
};
struct bursts {
    struct burst *items;
    size_t count, room;
};

/* An address that a machine's credentials are used from, and the accounts that are no machine and use it as well. */
#define PEOPLE_MAX 16u
struct place {
    uint32_t address, people[PEOPLE_MAX], count;
};

struct cloud {
    struct behaviour_run *r;
    struct activities *a;
    const struct behaviour *refused, *secrets, *logging, *machine, *opened;
    uint8_t *classes;   /* of the code of an operation */
    uint8_t *planes;    /* of the code of a kind: 0: not known yet, 2: of a control plane */
    uint8_t *builders;  /* of the code of a program: 0: not known yet, 1: none, else which, from 2 */
    char *fold;         /* room to fold a text in */
    struct calls calls; /* those that matter, by who, program, index */
    struct who *whos;   /* by account */
    size_t who_count;
    uint64_t identities; /* base of the rates */
    struct bursts bursts;
    uint64_t *keys; /* to count different things in */
    size_t keys_room;
    uint32_t *events;
    size_t events_room;
    struct place *places; /* addresses that machines' credentials are used from */
    size_t place_count, place_room;
    uint32_t *place_of; /* by code: index + 1 */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for behaviours of clouds");
}

static bool grow(void **items, size_t *room, size_t need, size_t size, struct err *e) {
    size_t const to = need < 64 ? 64 : need + need / 2;
    void *more;

    if (need <= *room)
        return true;
    if (!(more = reallocarray(*items, to, size)))
        return no_memory(e);
    *items = more;
    *room = to;
    return true;
}

/* ---- which operations, whose ---- */

/* Is the text the word, or does it end in it behind a dot, slash or blank? */
static bool named(str text, str word) {
    if (!str_ends(text, word))
        return false;
    return text.len == word.len || strchr("./ ", text.ptr[text.len - word.len - 1]);
}

static bool listed(str text, const struct behaviour *b, const char *list) {
    const struct word_list *const l = behaviour_list(b, list);

    for (size_t i = 0; i < l->count; i++)
        if (named(text, l->words[i]))
            return true;
    return false;
}

/* Which operation, on what: of an act that is no more than a call the object is the operation, and the detail what it is on; of all others the verb is, which may
 * end in how it ended. */
static uint32_t operation(const struct activity *v) {
    return v->text[v->act == ACT_API_CALL ? ACT_OBJECT : ACT_VERB];
}

static uint32_t thing(const struct activity *v) {
    return v->text[v->act == ACT_API_CALL ? ACT_DETAIL : ACT_OBJECT];
}

static str folded(const struct cloud *c, uint32_t code) {
    return (str){c->fold, fold_text(activities_text(c->a, code), c->fold)};
}

/* Is its kind of the control plane of a cloud? */
static bool in_plane(struct cloud *c, const struct activity *v) {
    uint32_t const kind = v->text[ACT_KIND];

    if (!c->planes[kind]) {
        const struct word_list *const l = behaviour_list(c->refused, "kinds");
        str const text = activities_text(c->a, kind);

        c->planes[kind] = 1;
        for (size_t i = 0; i < l->count; i++)
            if (str_starts(text, l->words[i]))
                c->planes[kind] = 2;
    }
    return c->planes[kind] == 2;
}

static uint8_t classes_of(struct cloud *c, uint32_t code) {
    const struct {
        uint8_t is;
        const struct behaviour *b;
        const char *list;
    } lists[] = {
        {CLASS_ASSUME, c->refused, "assumes"},     {CLASS_SECRET, c->secrets, "reads"},
        {CLASS_SECRET_MADE, c->secrets, "makes"},  {CLASS_LOGGING, c->logging, "acts"},
        {CLASS_LOGGING_MADE, c->logging, "makes"}, {CLASS_OPENED, c->opened, "acts"},
        {CLASS_OPENED_MADE, c->opened, "makes"},
    };

    if (!c->classes[code]) {
        str const whole = folded(c, code), text = str_first(whole, str_find_byte(whole, ' '));

        c->classes[code] = CLASS_SEEN;
        for (size_t i = 0; i < COUNT(lists); i++)
            if (listed(text, lists[i].b, lists[i].list))
                c->classes[code] |= lists[i].is;
    }
    return c->classes[code];
}

/* The name of a role without that of its session; of all others the account itself. */
static str role_of(str account) {
    size_t const at = str_find(account, S(":assumed-role/"));

    if (at == SIZE_MAX)
        return account;
    for (size_t i = account.len; i > at + sizeof ":assumed-role/"; i--)
        if (account.ptr[i - 1] == '/')
            return str_first(account, i - 1);
    return account;
}

static uint32_t program_of(struct cloud *c, uint32_t code) {
    const struct word_list *const l = behaviour_list(c->refused, "builders");

    if (!c->builders[code]) {
        str const text = folded(c, code);

        c->builders[code] = 1;
        for (size_t i = 0; i < l->count && i < 250; i++)
            if (str_find(text, l->words[i]) != SIZE_MAX)
                c->builders[code] = (uint8_t)(i + 2);
    }
    return c->builders[code] > 1 ? UINT32_MAX - c->builders[code] : activities_program(c->a, code);
}

static int by_account(const void *a, const void *b) {
    const struct who *const x = a, *const y = b;
    return (x->account > y->account) - (x->account < y->account);
}

static int by_text(const void *a, const void *b) {
    const struct who *const x = a, *const y = b;
    int const text = str_cmp(x->text, y->text);
    return text ? text : by_account(a, b);
}

static uint32_t who_of(const struct cloud *c, uint32_t account) {
    const struct who key = {.account = account};
    const struct who *const found = bsearch(&key, c->whos, c->who_count, sizeof key, by_account);

    return found ? found->who : 0;
}

static int by_key(const void *a, const void *b) {
    const struct call *const x = a, *const y = b;

    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    if (x->program != y->program)
        return x->program < y->program ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_who(const void *a, const void *b) {
    const struct call *const x = a, *const y = b;

    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* All identities that call, each under its name. */
static bool identities(struct cloud *c, struct err *e) {
    uint8_t *const seen = calloc(activities_text_count(c->a) + 1, sizeof *seen);
    size_t room = 0;
    bool ok = seen || no_memory(e);

    for (uint32_t i = 0; ok && i < activities_count(c->a); i++) {
        const struct activity *const v = activities_at(c->a, i);
        uint32_t const account = activities_account(c->a, v->text[ACT_ACCOUNT]);
        void *whos = c->whos;

        if (!account || seen[account] || !in_plane(c, v) ||
            !(ok = grow(&whos, &room, c->who_count + 1, sizeof *c->whos, e)))
            continue;
        seen[account] = 1;
        c->whos = whos;
        c->whos[c->who_count++] = (struct who){role_of(activities_text(c->a, account)), account, 0};
    }
    free(seen);
    if (!ok)
        return false;
    if (!c->who_count)
        return true;
    qsort(c->whos, c->who_count, sizeof *c->whos, by_text);
    for (size_t i = 0; i < c->who_count; i++) {
        c->identities += !i || !str_eq(c->whos[i].text, c->whos[i - 1].text);
        c->whos[i].who = (uint32_t)c->identities;
    }
    qsort(c->whos, c->who_count, sizeof *c->whos, by_account);
    return true;
}

static bool gather(struct cloud *c, struct err *e) {
    for (uint32_t i = 0; i < activities_count(c->a); i++) {
        const struct activity *const v = activities_at(c->a, i);
        void *items = c->calls.items;
        struct call call = {.index = i};

        if (!v->text[ACT_ACCOUNT] || !operation(v) || !in_plane(c, v))
            continue;
        call.classes = classes_of(c, operation(v));
        call.refused = v->outcome == OUTCOME_FAILURE && listed(folded(c, v->text[ACT_VERB]), c->refused, "refusals");
        if (call.classes == CLASS_SEEN && !call.refused)
            continue;
        call.who = who_of(c, activities_account(c->a, v->text[ACT_ACCOUNT]));
        call.program = program_of(c, v->text[ACT_PROGRAM]);
        if (!grow(&items, &c->calls.room, c->calls.count + 1, sizeof call, e))
            return false;
        c->calls.items = items;
        c->calls.items[c->calls.count++] = call;
    }
    return true;
}

/* ---- bursts ---- */

static int by_number(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int by_index(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* How many different operations on different things; of names alone: operations. */
static bool distinct(struct cloud *c, const struct calls *calls, size_t from, size_t to, bool names, uint32_t *out,
                     struct err *e) {
    void *keys = c->keys;

    if (!grow(&keys, &c->keys_room, to - from, sizeof *c->keys, e))
        return false;
    c->keys = keys;
    for (size_t i = from; i < to; i++) {
        const struct activity *const v = activities_at(c->a, calls->items[i].index);
        c->keys[i - from] = (uint64_t)operation(v) << 32 | (names ? 0 : thing(v));
    }
    qsort(c->keys, to - from, sizeof *c->keys, by_number);
    *out = to > from;
    for (size_t i = 1; i < to - from; i++)
        *out += c->keys[i] != c->keys[i - 1];
    return true;
}

static int64_t when_of(const struct cloud *c, const struct calls *calls, size_t i) {
    return activities_at(c->a, calls->items[i].index)->when;
}

/* The bursts among calls[from, to), which are of one key, with at least so many different acts; none if they are on more than `usual` days. */
static bool bursts_of(struct cloud *c, const struct behaviour *b, const struct calls *calls, size_t from, size_t to,
                      uint32_t least, struct err *e) {
    int64_t const gap = (int64_t)(behaviour_threshold(b, "gap") * (double)DAY);
    size_t const before = c->bursts.count;
    int64_t day = INT64_MIN;
    uint32_t days = 0;

    for (size_t i = from, end; i < to; i = end) {
        void *items = c->bursts.items;
        struct burst burst = {.from = i, .who = calls->items[i].who};

        for (end = i + 1; end < to && when_of(c, calls, end) - when_of(c, calls, end - 1) <= gap; end++)
            ;
        burst.to = end;
        if (!distinct(c, calls, i, end, false, &burst.distinct, e))
            return false;
        if (burst.distinct < least)
            continue;
        if (!grow(&items, &c->bursts.room, c->bursts.count + 1, sizeof burst, e))
            return false;
        c->bursts.items = items;
        c->bursts.items[c->bursts.count++] = burst;
        for (size_t k = i; k < end; k++)
            if (when_of(c, calls, k) / DAY != day) {
                day = when_of(c, calls, k) / DAY;
                days++;
            }
    }
    if (days > behaviour_threshold(b, "usual"))
        c->bursts.count = before;
    return true;
}

/* Of each identity; calls: by who. */
static bool all_bursts(struct cloud *c, const struct behaviour *b, const struct calls *calls, uint32_t least,
                       struct err *e) {
    for (size_t i = 0, end; i < calls->count; i = end) {
        for (end = i + 1; end < calls->count && calls->items[end].who == calls->items[i].who; end++)
            ;
        if (!bursts_of(c, b, calls, i, end, least, e))
            return false;
    }
    return true;
}

/* How many identities the bursts are of. */
static uint64_t alike(const struct cloud *c) {
    uint64_t count = 0;

    for (size_t i = 0; i < c->bursts.count; i++)
        count += !i || c->bursts.items[i].who != c->bursts.items[i - 1].who;
    return count;
}

/* ---- who stood behind it ---- */

/* The act by which the role of this activity was assumed: the latest before it, from the same address; UINT32_MAX: none. */
static uint32_t assumed(const struct cloud *c, const struct calls *assumes, const struct activity *v) {
    str const account = activities_text(c->a, v->text[ACT_ACCOUNT]);
    str const role = role_of(account);
    size_t const at = str_find(account, S(":assumed-role/"));
    str name;
    size_t end = assumes->count;

    if (at == SIZE_MAX || !v->text[ACT_ADDRESS])
        return UINT32_MAX;
    name = str_from(role, at + sizeof ":assumed-role" - 1); /* with its slash */
    for (size_t from = 0; from < end;) {                    /* the first behind it */
        size_t const middle = from + (end - from) / 2;

        if (when_of(c, assumes, middle) <= v->when)
            from = middle + 1;
        else
            end = middle;
    }
    for (size_t i = end; i-- && end - i <= ASSUMED_LOOK_MAX && v->when - when_of(c, assumes, i) <= ASSUMED_FOR;) {
        const struct activity *const by = activities_at(c->a, assumes->items[i].index);

        if (by->outcome == OUTCOME_SUCCESS && by->text[ACT_ADDRESS] == v->text[ACT_ADDRESS] && by->text[ACT_ACCOUNT] &&
            str_ends(activities_text(c->a, thing(by)), name))
            return assumes->items[i].index;
    }
    return UINT32_MAX;
}

static void parts_of(struct behaviour_hit *h, const struct cloud *c, const struct activity *v) {
    behaviour_part_add(h, PART_ACCOUNT, false, activities_account(c->a, v->text[ACT_ACCOUNT]), 0);
    if (v->text[ACT_PROGRAM])
        behaviour_part_add(h, PART_CLIENT, true, activities_account(c->a, v->text[ACT_ACCOUNT]),
                           activities_program(c->a, v->text[ACT_PROGRAM]));
    behaviour_part_add(h, PART_ADDRESS, false, v->text[ACT_ADDRESS], 0);
}

/* What a burst says: its acts, with those by which its roles were assumed, and the parts of all of them. */
static bool tell(struct cloud *c, struct behaviour_hit *h, const struct calls *calls, const struct calls *assumes,
                 const struct burst *burst, struct err *e) {
    void *events = c->events;
    uint32_t last = 0;
    size_t kept = 0;

    if (!grow(&events, &c->events_room, 2 * (burst->to - burst->from), sizeof *c->events, e))
        return false;
    c->events = events;
    h->event_count = 0;
    for (size_t i = burst->from; i < burst->to; i++) {
        uint32_t const index = calls->items[i].index;
        const struct activity *const v = activities_at(c->a, index);
        uint32_t by = UINT32_MAX;

        c->events[h->event_count++] = index;
        parts_of(h, c, v);
        if (v->text[ACT_ACCOUNT] != last && (by = assumed(c, assumes, v)) != UINT32_MAX) {
            c->events[h->event_count++] = by;
            parts_of(h, c, activities_at(c->a, by));
        }
        last = v->text[ACT_ACCOUNT];
    }
    qsort(c->events, h->event_count, sizeof *c->events, by_index);
    for (size_t i = 0; i < h->event_count; i++)
        if (!kept || c->events[kept - 1] != c->events[i])
            c->events[kept++] = c->events[i];
    h->event_count = kept;
    h->events = c->events;
    return true;
}

/* From the first to the last of a burst, begun minutes as whole ones. */
static int64_t minutes_of(const struct cloud *c, const struct calls *calls, const struct burst *b) {
    return (when_of(c, calls, b->to - 1) - when_of(c, calls, b->from)) / (DAY / 1440) + 1;
}

static bool give(struct cloud *c, struct behaviour_hit *h, struct err *e) {
    h->reason = buf_str(&c->r->reason);
    return c->r->reason.failed ? no_memory(e) : c->r->hit(c->r->ctx, h, e);
}

/* ---- the behaviours ---- */

/* Those calls that have one of these classes, or were refused. */
static bool filter(const struct calls *all, uint8_t classes, bool refused, struct calls *to, struct err *e) {
    to->count = 0;
    for (size_t i = 0; i < all->count; i++) {
        void *items = to->items;

        if (!(all->items[i].classes & classes) && !(refused && all->items[i].refused))
            continue;
        if (!grow(&items, &to->room, to->count + 1, sizeof *to->items, e))
            return false;
        to->items = items;
        to->items[to->count++] = all->items[i];
    }
    return true;
}

static bool refused(struct cloud *c, const struct calls *assumes, struct calls *calls, struct err *e) {
    double const least = behaviour_threshold(c->refused, "least");

    if (!filter(&c->calls, 0, true, calls, e))
        return false;
    c->bursts.count = 0;
    if (calls->count)
        qsort(calls->items, calls->count, sizeof *calls->items, by_who);
    if (!all_bursts(c, c->refused, calls, (uint32_t)least, e))
        return false;
    uint64_t const like = alike(c);

    for (size_t i = 0; i < c->bursts.count; i++) {
        const struct burst *const b = &c->bursts.items[i];
        struct behaviour_hit h = {.behaviour = c->refused, .like = like, .of = c->identities};
        const struct activity *const v = activities_at(c->a, calls->items[b->from].index);
        uint32_t names;

        h.weight = c->refused->weight;
        c->r->reason.len = 0;
        if (!distinct(c, calls, b->from, b->to, true, &names, e))
            return false;
        buf_format(&c->r->reason, "Refused %" PRIu32 " different things within %" PRId64 " minute%s", b->distinct,
                   minutes_of(c, calls, b), MANY(minutes_of(c, calls, b)));
        if (names == 1)
            buf_format(&c->r->reason, ", all of them %.*s",
                       STR_ARG(str_first(activities_text(c->a, operation(v)), 80)));
        else
            buf_format(&c->r->reason, ", by %" PRIu32 " operations", names);
        buf_add(&c->r->reason, S("."));
        if (!tell(c, &h, calls, assumes, b, e) || !give(c, &h, e))
            return false;
    }
    return true;
}

/* Bursts of acts of one class by an identity, with programs that made nothing of the kind. */
static bool acts(struct cloud *c, const struct behaviour *b, uint8_t class, uint8_t made, uint32_t least,
                 struct calls *calls, struct err *e) {
    size_t kept = 0;

    if (!filter(&c->calls, class | made, false, calls, e))
        return false;
    c->bursts.count = 0;
    if (calls->count)
        qsort(calls->items, calls->count, sizeof *calls->items, by_key);
    for (size_t i = 0, end; i < calls->count; i = end) {
        size_t const from = kept;
        bool makes = false;

        for (end = i; end < calls->count && calls->items[end].who == calls->items[i].who &&
                      calls->items[end].program == calls->items[i].program;
             end++) {
            struct call const call = calls->items[end];

            makes |= call.classes & made;
            if ((call.classes & class) && !(class == CLASS_SECRET && call.refused)) /* a secret refused is not read */
                calls->items[kept++] = call;
        }
        if (makes)
            kept = from;
    }
    calls->count = kept;
    if (kept)
        qsort(calls->items, kept, sizeof *calls->items, by_who);
    return all_bursts(c, b, calls, least, e);
}

static bool secrets(struct cloud *c, const struct calls *assumes, struct calls *calls, struct err *e) {
    uint32_t const least = (uint32_t)behaviour_threshold(c->secrets, "least");

    if (!acts(c, c->secrets, CLASS_SECRET, CLASS_SECRET_MADE, least, calls, e))
        return false;
    uint64_t const like = alike(c);

    for (size_t i = 0; i < c->bursts.count; i++) {
        const struct burst *const b = &c->bursts.items[i];
        struct behaviour_hit h = {
            .behaviour = c->secrets, .weight = c->secrets->weight, .like = like, .of = c->identities};

        c->r->reason.len = 0;
        buf_format(&c->r->reason,
                   "Reads %" PRIu32 " different secrets within %" PRId64 " minute%s, none of which it made.",
                   b->distinct, minutes_of(c, calls, b), MANY(minutes_of(c, calls, b)));
        if (!tell(c, &h, calls, assumes, b, e) || !give(c, &h, e))
            return false;
    }
    return true;
}

static bool logging(struct cloud *c, const struct calls *assumes, struct calls *calls, struct err *e) {
    if (!acts(c, c->logging, CLASS_LOGGING, CLASS_LOGGING_MADE, 1, calls, e))
        return false;
    uint64_t const like = alike(c);

    for (size_t i = 0; i < c->bursts.count; i++) {
        const struct burst *const b = &c->bursts.items[i];
        struct behaviour_hit h = {.behaviour = c->logging, .like = like, .of = c->identities};
        uint32_t names, done = 0;

        for (size_t k = b->from; k < b->to; k++)
            done += activities_at(c->a, calls->items[k].index)->outcome != OUTCOME_FAILURE;
        if (!distinct(c, calls, b->from, b->to, true, &names, e))
            return false;
        h.weight = c->logging->weight * (done ? 1 : behaviour_threshold(c->logging, "tried")) +
                   behaviour_threshold(c->logging, "more") * (names > 3 ? 2 : names - 1);
        c->r->reason.len = 0;
        buf_format(&c->r->reason,
                   "%zu act%s against logging, by %" PRIu32 " operation%s, of which %" PRIu32
                   " succeeded; on nothing that this program made.",
                   b->to - b->from, MANY(b->to - b->from), names, MANY(names), done);
        if (!tell(c, &h, calls, assumes, b, e) || !give(c, &h, e))
            return false;
    }
    return true;
}

static bool opened(struct cloud *c, const struct calls *assumes, struct calls *calls, struct err *e) {
    if (!acts(c, c->opened, CLASS_OPENED, CLASS_OPENED_MADE, 1, calls, e))
        return false;
    uint64_t const like = alike(c);

    for (size_t i = 0; i < c->bursts.count; i++) {
        const struct burst *const b = &c->bursts.items[i];
        struct behaviour_hit h = {
            .behaviour = c->opened, .weight = c->opened->weight, .like = like, .of = c->identities};
        bool done = false;

        for (size_t k = b->from; k < b->to; k++)
            done |= activities_at(c->a, calls->items[k].index)->outcome != OUTCOME_FAILURE;
        if (!done)
            continue;
        c->r->reason.len = 0;
        buf_format(&c->r->reason, "Changes who may read %" PRIu32 " store%s or image%s that this program did not make.",
                   b->distinct, MANY(b->distinct), MANY(b->distinct));
        if (!tell(c, &h, calls, assumes, b, e) || !give(c, &h, e))
            return false;
    }
    return true;
}

/* ---- machines ---- */

/* The session of a role that an instance has by itself is called like the instance: i- and hexadecimal digits. */
static bool is_machine(str account) {
    str const role = role_of(account);
    str const session = str_from(account, role.len + 1);

    if (role.len == account.len || !str_starts(session, S("i-")) || session.len < 10)
        return false;
    for (size_t i = 2; i < session.len; i++)
        if (!memchr("0123456789abcdef", session.ptr[i], 16))
            return false;
    return true;
}

static bool people_at(struct cloud *c, struct place *p, struct err *e) {
    struct activity_list list;

    if (!activities_of(c->a, ACT_ADDRESS, p->address, &list, e))
        return false;
    for (uint32_t i = 0; i < list.count && p->count < PEOPLE_MAX; i++) {
        uint32_t const account = activities_account(c->a, activities_at(c->a, list.items[i])->text[ACT_ACCOUNT]);
        uint32_t k = 0;

        if (!account || (p->count && p->people[p->count - 1] == account) || is_machine(activities_text(c->a, account)))
            continue;
        while (k < p->count && p->people[k] != account)
            k++;
        if (k == p->count)
            p->people[p->count++] = account;
    }
    return true;
}

/* The place of an address, looked at once: index; so that all machines at one address cost no more than one. */
static bool place_of(struct cloud *c, uint32_t address, uint32_t *out, struct err *e) {
    void *places = c->places;

    if (!c->place_of[address]) {
        if (!grow(&places, &c->place_room, c->place_count + 1, sizeof *c->places, e))
            return false;
        c->places = places;
        c->places[c->place_count] = (struct place){.address = address};
        if (!people_at(c, &c->places[c->place_count], e))
            return false;
        c->place_of[address] = (uint32_t)++c->place_count;
    }
    *out = c->place_of[address] - 1;
    return true;
}

/* So many addresses a machine has; nothing is told of those of one that is everywhere beyond. */
#define PLACES_MAX 16u

/* Acts with a machine's credentials from an address that people use, while the machine itself uses another. */
static bool machine_of(struct cloud *c, uint32_t account, struct err *e) {
    struct behaviour_hit h = {.behaviour = c->machine, .weight = c->machine->weight, .like = 1, .of = c->identities};
    double const most = behaviour_threshold(c->machine, "people");
    uint32_t places[PLACES_MAX], place_count = 0, home = 0;
    uint32_t away = UINT32_MAX;
    struct activity_list list;
    void *events = c->events;

    if (!activities_of(c->a, ACT_ACCOUNT, account, &list, e) ||
        !grow(&events, &c->events_room, list.count, sizeof *c->events, e))
        return false;
    c->events = events;
    for (uint32_t i = 0; i < list.count; i++) {
        const struct activity *const v = activities_at(c->a, list.items[i]);
        const struct place *p;
        uint32_t at, k = 0;

        if (!v->text[ACT_ADDRESS])
            continue;
        if (!place_of(c, v->text[ACT_ADDRESS], &at, e))
            return false;
        while (k < place_count && places[k] != at)
            k++;
        if (k == PLACES_MAX)
            continue;
        if (k == place_count)
            places[place_count++] = at;
        p = &c->places[at];
        if (p->count > most)
            continue;
        if (!p->count) { /* nobody else's: the machine's own */
            home = p->address;
            continue;
        }
        away = at;
        c->events[h.event_count++] = list.items[i];
        parts_of(&h, c, v);
        behaviour_part_add(&h, PART_ADDRESS, true, p->address, 0);
        for (uint32_t n = 0; n < p->count; n++)
            behaviour_part_add(&h, PART_ACCOUNT, false, p->people[n], 0);
    }
    if (!home || away == UINT32_MAX)
        return true;
    h.events = c->events;
    c->r->reason.len = 0;
    buf_format(&c->r->reason,
               "The credentials of %.*s, which calls from %.*s, are used %zu time%s from %.*s, where %" PRIu32
               " other identit%s at work.",
               STR_ARG(str_first(activities_text(c->a, account), 160)), STR_ARG(activities_text(c->a, home)),
               h.event_count, MANY(h.event_count), STR_ARG(activities_text(c->a, c->places[away].address)),
               c->places[away].count, c->places[away].count == 1 ? "y is" : "ies are");
    return give(c, &h, e);
}

static bool machines(struct cloud *c, struct err *e) {
    for (size_t i = 0; i < c->who_count; i++)
        if (is_machine(activities_text(c->a, c->whos[i].account)) && !machine_of(c, c->whos[i].account, e))
            return false;
    return true;
}

bool behaviour_cloud(struct behaviour_run *r, struct err *e) {
    struct cloud c = {
        .r = r,
        .a = r->a,
        .refused = behaviours_find(r->b, S("cloud-refused")),
        .secrets = behaviours_find(r->b, S("cloud-secrets")),
        .logging = behaviours_find(r->b, S("cloud-logging")),
        .machine = behaviours_find(r->b, S("cloud-machine")),
        .opened = behaviours_find(r->b, S("cloud-opened")),
    };
    struct calls assumes = {0}, calls = {0};
    bool ok;

    assert(c.refused && c.secrets && c.logging && c.machine && c.opened);
    c.classes = calloc(activities_text_count(r->a) + 1, sizeof *c.classes);
    c.fold = malloc(2 * ACTIVITY_TEXT_MAX + 16);
    c.builders = calloc(activities_text_count(r->a) + 1, sizeof *c.builders);
    c.planes = calloc(activities_text_count(r->a) + 1, sizeof *c.planes);
    c.place_of = calloc(activities_text_count(r->a) + 1, sizeof *c.place_of);
    ok = (c.classes && c.planes && c.builders && c.fold && c.place_of) || no_memory(e);
    ok = ok && identities(&c, e) && gather(&c, e) && filter(&c.calls, CLASS_ASSUME, false, &assumes, e) &&
         refused(&c, &assumes, &calls, e) && secrets(&c, &assumes, &calls, e) && logging(&c, &assumes, &calls, e) &&
         opened(&c, &assumes, &calls, e) && machines(&c, e);
    free(c.classes);
    free(c.planes);
    free(c.builders);
    free(c.place_of);
    free(c.places);
    free(c.fold);
    free(c.calls.items);
    free(c.whos);
    free(c.bursts.items);
    free(c.keys);
    free(c.events);
    free(assumes.items);
    free(calls.items);
    return ok;
}
