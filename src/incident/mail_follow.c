/* mail_follow: findings by where their event stands; events that stand there, and the first of each client, by person. */
#include "incident/mail_follow.h"

#include <assert.h>

#include "base/address.h"
#include "base/hash.h"
#include "event/family.h"

#define SECOND INT64_C(1000000000)
#define WITHIN (90 * 86400 * SECOND)
#define DETAIL_MAX 512u

/* A finding of which the event has not come; several may stand at one place. */
struct found {
    uint64_t place; /* of path, record and offset */
    enum mail_follow_what what;
    str title;
};

struct happened {
    uint32_t person;
    struct mail_followed followed; /* of clients: the first */
};

struct mail_follow {
    uint32_t (*person)(void *ctx, str account);
    void *ctx;
    uint64_t seed;
    size_t memory_max;
    struct arena *texts;
    struct found *found; /* sorted once the first event comes */
    size_t found_count, found_room;
    bool found_sorted;
    struct happened *items; /* findings' events, and the first of each client; sorted once asked */
    size_t count, room;
    uint32_t *slots; /* of clients among items: number + 1 */
    size_t mask, clients;
    bool sorted;
    int64_t *seen; /* by person: the first event */
    uint32_t seen_count;
    uint64_t lost;
    struct buf detail;
};

static const struct {
    str tag;
    enum mail_follow_what what;
} meanings[] = {
    {STR("attack.t1114.003"), FOLLOW_FORWARDING}, {STR("attack.t1564.008"), FOLLOW_INBOX_RULE},
    {STR("attack.t1528"), FOLLOW_CONSENT},        {STR("attack.t1550.001"), FOLLOW_CONSENT},
    {STR("attack.t1098.002"), FOLLOW_PERMISSION}, {STR("longwatch.password-reset"), FOLLOW_PASSWORD},
    {STR("attack.t1098.005"), FOLLOW_FACTOR},     {STR("attack.t1556.006"), FOLLOW_FACTOR},
    {STR("attack.t1621"), FOLLOW_FACTOR},
};

str mail_follow_name(enum mail_follow_what what) {
    static const str names[] = {STR("new network"),    STR("new program"),         STR("forwarding"),
                                STR("inbox rule"),     STR("application consent"), STR("mailbox permission"),
                                STR("password reset"), STR("second factor"),       STR("legacy protocol")};

    _Static_assert(COUNT(names) == FOLLOW_WHATS, "a name for each");
    return names[what];
}

enum mail_follow_what mail_follow_of(const struct sigma_rule *rule) {
    for (size_t i = 0; i < COUNT(meanings); i++)
        for (size_t k = 0; k < rule->tag_count; k++)
            if (str_eq_ascii(rule->tags[k], meanings[i].tag))
                return meanings[i].what;
    return FOLLOW_WHATS;
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for what followed on accounts");
}

bool mail_follow_new(struct mail_follow **out, size_t memory_max, uint32_t (*person)(void *ctx, str account), void *ctx,
                     struct err *e) {
    struct mail_follow *const f = calloc(1, sizeof *f);

    if (!f)
        return no_memory(e);
    f->person = person;
    f->ctx = ctx;
    f->seed = hash_seed();
    f->memory_max = memory_max;
    if (!(f->texts = arena_new((size_t)1 << 40))) {
        mail_follow_free(f);
        return no_memory(e);
    }
    *out = f;
    return true;
}

void mail_follow_free(struct mail_follow *f) {
    if (!f)
        return;
    arena_free(f->texts);
    free(f->found);
    free(f->items);
    free(f->slots);
    free(f->seen);
    buf_free(&f->detail);
    free(f);
}

/* Is there room for so much more? */
static bool fits(struct mail_follow *f, size_t bytes) {
    size_t const held = arena_used(f->texts) + f->found_room * sizeof *f->found + f->room * sizeof *f->items +
                        (f->slots ? f->mask + 1 : 0) * sizeof *f->slots + f->seen_count * sizeof *f->seen;

    if (held <= f->memory_max && bytes <= f->memory_max - held)
        return true;
    f->lost++;
    return false;
}

/* ---- findings ---- */

static uint64_t place_of(const struct mail_follow *f, str path, uint64_t record, uint64_t offset) {
    uint64_t const parts[] = {hash_bytes(path, f->seed), record, offset};

    return hash_bytes((str){(const char *)parts, sizeof parts}, f->seed);
}

bool mail_follow_finding(struct mail_follow *f, const struct finding *found, struct err *e) {
    enum mail_follow_what const what = mail_follow_of(found->rule);
    struct found *bigger;

    /* Of a correlation the events of its rules come as findings of their own, or they mean nothing alone. */
    if (what == FOLLOW_WHATS || found->salvaged || found->rule->type != SIGMA_DETECTION)
        return true;
    if (!fits(f, DETAIL_MAX + 2 * sizeof *bigger))
        return true;
    if (f->found_count == f->found_room) {
        if (!(bigger = reallocarray(f->found, f->found_room * 2 + 16, sizeof *bigger)))
            return no_memory(e);
        f->found = bigger;
        f->found_room = f->found_room * 2 + 16;
    }
    struct found *const to = &f->found[f->found_count];

    to->place = place_of(f, found->evidence_path, found->record, found->offset);
    to->what = what;
    f->found_sorted = false;
    /* Rules are few, and live as long as the hunt; this may live longer. */
    if (f->found_count && str_eq(f->found[f->found_count - 1].title, found->rule->title))
        to->title = f->found[f->found_count - 1].title;
    else if (!arena_copy(f->texts, str_first(found->rule->title, DETAIL_MAX), &to->title))
        return no_memory(e);
    f->found_count++;
    return true;
}

static int by_place(const void *a, const void *b) {
    const struct found *const x = a, *const y = b;

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    return str_cmp(x->title, y->title);
}

/* ---- events ---- */

bool mail_follow_watches(const struct kind *kind) {
    static const str host_products[] = {STR("windows"), STR("zeek"), STR("macos"), STR("suricata")},
                     other_categories[] = {
                         STR("proxy"),       STR("webserver"),        STR("firewall"),           STR("dns"),
                         STR("call_record"), STR("process_creation"), STR("network_connection"), STR("database")};

    if (!kind->role_counts[ROLE_ACCOUNT] || !kind->role_counts[ROLE_CLIENT_ADDRESS] ||
        str_starts(kind->name, S("mail/")))
        return false;
    for (size_t i = 0; i < kind->logsource_count; i++) {
        for (size_t k = 0; k < COUNT(host_products); k++)
            if (str_eq(kind->logsources[i].product, host_products[k]))
                return false;
        for (size_t k = 0; k < COUNT(other_categories); k++)
            if (str_eq(kind->logsources[i].category, other_categories[k]))
                return false;
    }
    return true;
}

static bool copy_place(struct mail_follow *f, const struct normal_event *v, struct mail_followed *to) {
    str hash;

    /* Events of one file come together. */
    to->record = v->record;
    to->offset = v->offset;
    if (f->count && str_eq(f->items[f->count - 1].followed.evidence_path, v->evidence_path) &&
        str_eq(str_of(f->items[f->count - 1].followed.evidence_sha256), str_of(v->evidence_sha256))) {
        to->evidence_path = f->items[f->count - 1].followed.evidence_path;
        to->evidence_sha256 = f->items[f->count - 1].followed.evidence_sha256;
        return true;
    }
    if (!arena_copy(f->texts, v->evidence_path, &to->evidence_path) ||
        !arena_copy(f->texts, (str){v->evidence_sha256, strlen(v->evidence_sha256) + 1}, &hash))
        return false;
    to->evidence_sha256 = hash.ptr;
    return true;
}

/* One more item, not yet counted. NULL: no memory. */
static struct happened *next(struct mail_follow *f) {
    struct happened *bigger;

    if (f->count == f->room) {
        if (!(bigger = reallocarray(f->items, f->room * 2 + 16, sizeof *bigger)))
            return NULL;
        f->items = bigger;
        f->room = f->room * 2 + 16;
    }
    f->sorted = false;
    return &f->items[f->count];
}

static bool happened(struct mail_follow *f, uint32_t person, const struct found *found, const struct normal_event *v) {
    struct happened *to;

    if (!fits(f, sizeof *to + v->evidence_path.len + 128))
        return true;
    if (!(to = next(f)))
        return false;
    *to = (struct happened){person, {.what = found->what, .when = v->when, .detail = found->title}};
    if (!copy_place(f, v, &to->followed))
        return false;
    f->count++;
    return true;
}

static uint64_t client_hash(const struct mail_follow *f, uint32_t person, enum mail_follow_what what, str detail) {
    return hash_bytes(detail, f->seed ^ ((uint64_t)person << 8 | what));
}

static bool slots_grow(struct mail_follow *f) {
    size_t const size = f->slots ? (f->mask + 1) * 2 : 64;
    uint32_t *const slots = calloc(size, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; f->slots && i <= f->mask; i++) {
        if (!f->slots[i])
            continue;
        const struct happened *const h = &f->items[f->slots[i] - 1];
        uint64_t at = client_hash(f, h->person, h->followed.what, h->followed.detail);

        while (slots[at & (size - 1)])
            at++;
        slots[at & (size - 1)] = f->slots[i];
    }
    free(f->slots);
    f->slots = slots;
    f->mask = size - 1;
    return true;
}

static bool place_before(const struct normal_event *v, const struct mail_followed *f) {
    int const order = str_cmp(v->evidence_path, f->evidence_path);

    return v->when != f->when ? v->when < f->when : order ? order < 0 : v->offset < f->offset;
}

/* Of each client of a person the first event. */
static bool client(struct mail_follow *f, uint32_t person, enum mail_follow_what what, str detail,
                   const struct normal_event *v) {
    uint64_t at = client_hash(f, person, what, detail);
    struct happened *to;

    if (f->clients * 2 >= f->mask && (!fits(f, f->mask * 2 * sizeof *f->slots) || !slots_grow(f)))
        return f->lost > 0;
    for (; f->slots[at & f->mask]; at++) {
        struct happened *const h = &f->items[f->slots[at & f->mask] - 1];

        if (h->person != person || h->followed.what != what || !str_eq(h->followed.detail, detail))
            continue;
        if (!place_before(v, &h->followed))
            return true;
        if (str_eq(h->followed.evidence_path, v->evidence_path) &&
            strcmp(h->followed.evidence_sha256, v->evidence_sha256) == 0) {
            h->followed.record = v->record;
            h->followed.offset = v->offset;
        } else if (!fits(f, v->evidence_path.len + 128)) {
            return true;
        } else if (!copy_place(f, v, &h->followed)) {
            return false;
        }
        h->followed.when = v->when;
        f->sorted = false;
        return true;
    }
    if (!fits(f, sizeof *to + detail.len + v->evidence_path.len + 128))
        return true;
    if (!(to = next(f)))
        return false;
    *to = (struct happened){person, {.what = what, .when = v->when}};
    if (!arena_copy(f->texts, detail, &to->followed.detail) || !copy_place(f, v, &to->followed))
        return false;
    f->slots[at & f->mask] = (uint32_t)++f->count;
    f->clients++;
    return true;
}

/* What Microsoft's and others' logs call a sign-in by a protocol that knows no second factor. */
static bool is_legacy(str program) {
    static const str parts[] = {STR("BAV2ROPC"), STR("CBAInPROD"), STR("CBAInTAR"), STR("Client=POP3"),
                                STR("Client=IMAP4")},
                     wholes[] = {STR("IMAP4"),        STR("IMAP"), STR("POP3"), STR("POP"), STR("Authenticated SMTP"),
                                 STR("Other clients")};

    for (size_t i = 0; i < COUNT(parts); i++)
        if (str_find(program, parts[i]) != SIZE_MAX)
            return true;
    for (size_t i = 0; i < COUNT(wholes); i++)
        if (str_eq_ascii(program, wholes[i]))
            return true;
    return false;
}

static str program_of(struct mail_follow *f, str program) {
    program = str_trim(str_first(program, DETAIL_MAX));
    f->detail.len = 0;
    char *const room = buf_reserve(&f->detail, program.len);

    return room ? program_family(program, room) : S("");
}

static bool seen(struct mail_follow *f, uint32_t person, int64_t when) {
    if (person >= f->seen_count) {
        uint32_t const size = person < 16 ? 32 : person > UINT32_MAX / 2 ? UINT32_MAX : person * 2;
        int64_t *const bigger = reallocarray(f->seen, size, sizeof *bigger);

        if (!bigger)
            return false;
        for (uint32_t i = f->seen_count; i < size; i++)
            bigger[i] = INSTANT_NONE;
        f->seen = bigger;
        f->seen_count = size;
    }
    if (f->seen[person] == INSTANT_NONE || when < f->seen[person])
        f->seen[person] = when;
    return true;
}

static bool event_found(struct mail_follow *f, const struct normal_event *v, uint32_t person) {
    struct found const wanted = {.place = place_of(f, v->evidence_path, v->record, v->offset)};
    size_t low = 0, high = f->found_count;

    if (!f->found_sorted && f->found_count)
        qsort(f->found, f->found_count, sizeof *f->found, by_place);
    f->found_sorted = true;
    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (f->found[middle].place < wanted.place)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < f->found_count && f->found[i].place == wanted.place; i++)
        if ((i == low || by_place(&f->found[i], &f->found[i - 1]) != 0) && !happened(f, person, &f->found[i], v))
            return false;
    return true;
}

bool mail_follow_event(struct mail_follow *f, const struct normal_event *v, bool clients, struct err *e) {
    uint32_t const person = f->person(f->ctx, v->roles[ROLE_ACCOUNT]);
    uint32_t const target = f->person(f->ctx, v->roles[ROLE_TARGET_ACCOUNT]);
    char text[NETWORK_TEXT];
    struct address address;
    str detail;

    if (v->when == INSTANT_NONE || v->salvaged)
        return true;
    if ((person != UINT32_MAX && !event_found(f, v, person)) ||
        (target != UINT32_MAX && target != person && !event_found(f, v, target)))
        return no_memory(e);
    if (!clients || person == UINT32_MAX || str_eq(v->roles[ROLE_OUTCOME], S("failure")))
        return true;
    if (!seen(f, person, v->when))
        return no_memory(e);
    if (address_parse_client(v->roles[ROLE_CLIENT_ADDRESS], &address) &&
        !client(f, person, FOLLOW_NETWORK, address_network_text(&address, text), v))
        return no_memory(e);
    detail = str_first(v->roles[ROLE_CLIENT_PROGRAM], DETAIL_MAX);
    if (is_legacy(detail) && !client(f, person, FOLLOW_LEGACY, detail, v))
        return no_memory(e);
    detail = program_of(f, v->roles[ROLE_CLIENT_PROGRAM]);
    return (!f->detail.failed && (!detail.len || client(f, person, FOLLOW_PROGRAM, detail, v))) || no_memory(e);
}

/* ---- the end ---- */

static int by_time(const void *a, const void *b) {
    const struct happened *const x = a, *const y = b;

    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    if (x->followed.when != y->followed.when)
        return x->followed.when < y->followed.when ? -1 : 1;
    if (x->followed.what != y->followed.what)
        return x->followed.what < y->followed.what ? -1 : 1;
    int const detail = str_cmp(x->followed.detail, y->followed.detail);

    if (detail)
        return detail;
    int const path = str_cmp(x->followed.evidence_path, y->followed.evidence_path);

    return path ? path : (x->followed.offset > y->followed.offset) - (x->followed.offset < y->followed.offset);
}

static bool is_client(enum mail_follow_what what) {
    return what == FOLLOW_NETWORK || what == FOLLOW_PROGRAM || what == FOLLOW_LEGACY;
}

bool mail_follow_after(struct mail_follow *f, uint32_t person, int64_t opened,
                       bool (*each)(void *ctx, const struct mail_followed *followed, struct err *e), void *ctx,
                       struct err *e) {
    int64_t const until = instant_moved(opened, WITHIN);
    int64_t const since = person < f->seen_count ? f->seen[person] : INSTANT_NONE;
    size_t low = 0, high = f->count;

    if (!f->sorted) { /* the table of clients ends here */
        if (f->count)
            qsort(f->items, f->count, sizeof *f->items, by_time);
        f->sorted = true;
        free(f->slots);
        f->slots = NULL;
        f->mask = f->clients = 0;
    }
    if (opened == INSTANT_NONE)
        return true;
    while (low < high) {
        size_t const middle = low + (high - low) / 2;
        const struct happened *const h = &f->items[middle];

        if (h->person < person || (h->person == person && h->followed.when <= opened))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < f->count && f->items[low].person == person && f->items[low].followed.when <= until; low++) {
        struct mail_followed followed = f->items[low].followed;

        if (is_client(followed.what)) {
            if (since == INSTANT_NONE || since >= opened)
                continue;
            followed.known = followed.when - since;
        }
        if (!each(ctx, &followed, e))
            return false;
    }
    return true;
}

uint64_t mail_follow_lost(const struct mail_follow *f) {
    return f->lost;
}
