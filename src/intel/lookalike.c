/* lookalike: labels as they are seen, and distances between them.
 *
 * A label is brought to two forms. Its *base* is what it looks like in ASCII: capital letters small, other scripts by the table, marks
 * gone; what looks like nothing in ASCII stays as it is. Its *skeleton* goes further: what is alike in ASCII too becomes one.
 * Ours are kept with both. What a domain is compared with in full is left by two numbers: lengths and sets of characters. */
#include "intel/lookalike.h"

#include <assert.h>
#include <libpsl.h>

#include "base/hash.h"
#include "base/utf.h"
#include "event/fold.h"
#include "lookalike_table.h"

#define DOMAIN_MAX 253
#define LABEL_MAX 63
#define SHOWN_MAX 1024u /* a domain of DOMAIN_MAX bytes with its A-labels decoded, or folded */
#define BASE_MAX 256u   /* LABEL_MAX characters of three letters or four bytes */
#define LABEL_LEAST 5   /* shorter ones are like half the Internet */

struct form {
    size_t len;
    uint64_t set; /* of characters: a-z, 0-9, the hyphen; others share a bit */
    bool foreign; /* it was not all ASCII */
    char base[BASE_MAX], skeleton[BASE_MAX];
    size_t skeleton_len;
};

struct own {
    str domain, label, ending; /* registered, as it is shown (U-labels), and its two parts */
    uint32_t which;
    bool common; /* its label is a word of its own */
    struct form form;
};

struct lookalike {
    const psl_ctx_t *endings; /* built into libpsl; not to be freed */
    struct own *own;
    uint32_t count;
    char *names; /* of all domains */
    /* By hash: of domains and skeletons, index + 1. */
    uint32_t *domains, *skeletons, slots;
    uint64_t seed;
    uint8_t most_points; /* in one of ours */
};

/* ---- words ---- */

/* What mails that want passwords put beside a name. Those of three letters only where a hyphen stands between. */
static const char *const baits[] = {
    "access",   "account",  "accounts", "admin",    "alert",        "alerts",  "anmeldung", "app",       "apps",
    "auth",     "bill",     "billing",  "board",    "cdn",          "center",  "centre",    "check",     "client",
    "cloud",    "confirm",  "connect",  "desk",     "doc",          "docs",    "document",  "documents", "download",
    "drive",    "email",    "exchange", "extranet", "file",         "files",   "form",      "forms",     "gateway",
    "gov",      "help",     "helpdesk", "home",     "host",         "hosting", "id",        "info",      "internal",
    "intra",    "intranet", "invoice",  "konto",    "link",         "live",    "log",       "login",     "logon",
    "mail",     "mails",    "meeting",  "meetings", "mein",         "message", "mfa",       "mobile",    "my",
    "net",      "news",     "notice",   "notify",   "now",          "office",  "official",  "online",    "owa",
    "page",     "pass",     "password", "passwort", "pay",          "payment", "platform",  "portal",    "post",
    "recovery", "register", "remote",   "reset",    "safe",         "secure",  "security",  "server",    "service",
    "signal",   "services", "session",  "shared",   "sharepoint",   "sign",    "signin",    "site",      "smtp",
    "sso",      "staff",    "status",   "storage",  "support",      "system",  "team",      "teams",     "ticket",
    "update",   "updates",  "upload",   "user",     "verification", "verify",  "vote",      "voter",     "voting",
    "vpn",      "web",      "weblogin", "webmail",  "website",      "www",     "zimbra",    "zoom",
};

/* Names of institutions that are words, and so are in the names of many others. */
static const char *const common[] = {
    "academy",    "agency",        "assembly",   "bank",      "board",     "bureau",      "cabinet",     "capital",
    "capitol",    "center",        "central",    "chamber",   "chronicle", "citizen",     "city",        "civic",
    "commission", "commons",       "congress",   "council",   "country",   "county",      "court",       "courts",
    "daily",      "defence",       "defense",    "democracy", "democrat",  "digital",     "economist",   "education",
    "election",   "elections",     "energy",     "europa",    "europe",    "express",     "federal",     "finance",
    "first",      "forum",         "foundation", "freedom",   "general",   "global",      "globe",       "government",
    "green",      "guardian",      "health",     "herald",    "house",     "independent", "information", "institute",
    "interior",   "international", "journal",    "justice",   "labor",     "labour",      "legal",       "liberal",
    "liberty",    "local",         "market",     "media",     "metro",     "minister",    "ministry",    "mirror",
    "national",   "nation",        "network",    "office",    "opinion",   "order",       "parliament",  "parlament",
    "party",      "people",        "police",     "policy",    "politico",  "press",       "progress",    "public",
    "register",   "registry",      "report",     "reporter",  "republic",  "research",    "review",      "safety",
    "school",     "science",       "security",   "senate",    "senator",   "service",     "signal",      "social",
    "society",    "standard",      "state",      "states",    "station",   "statistics",  "street",      "telegraph",
    "times",      "today",         "trade",      "treasury",  "tribune",   "trust",       "union",       "unity",
    "university", "voice",         "vote",       "voter",     "votes",     "weather",     "weekly",      "west",
    "world",      "youth",
};

static bool is_word(const char *const *words, size_t count, str s) {
    for (size_t i = 0; i < count; i++)
        if (str_eq(s, str_of(words[i])))
            return true;
    return false;
}

/* The first label of an ending where not everybody may register. */
static const char *const closed[] = {"gov", "mil", "edu", "int",        "gob",    "gouv", "gub", "govt",
                                     "gv",  "ac",  "go",  "parliament", "police", "nhs",  "mod", "sch"};

static bool is_closed(str ending) {
    size_t const point = str_find_byte(ending, '.');
    str const first = str_first(ending, point);

    /* .ac and .go alone would be a country, or nothing. */
    return is_word(closed, COUNT(closed), first) && (point != SIZE_MAX || first.len == 3);
}

/* ---- punycode: RFC 3492 ---- */

static int digit_of(char c) {
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool first) {
    uint32_t k = 0;

    delta = first ? delta / 700 : delta / 2;
    delta += delta / count;
    for (; delta > 35 * 26 / 2; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

bool punycode_decode(str label, uint32_t *points, size_t max, size_t *count) {
    uint32_t n = 128, i = 0, bias = 72;
    size_t basic = 0, at;

    for (size_t b = label.len; b > 0 && !basic; b--)
        if (label.ptr[b - 1] == '-')
            basic = b - 1;
    if (basic > max)
        return false;
    for (at = 0; at < basic; at++) {
        if ((unsigned char)label.ptr[at] >= 0x80)
            return false;
        points[at] = (unsigned char)label.ptr[at];
    }
    *count = basic;
    for (at = basic ? basic + 1 : 0; at < label.len; i++) {
        uint32_t const before = i;
        uint32_t weight = 1;

        for (uint32_t k = 36;; k += 36) {
            int const digit = at < label.len ? digit_of(label.ptr[at++]) : -1;
            uint32_t const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;

            if (digit < 0 || (uint32_t)digit > (UINT32_MAX - i) / weight)
                return false;
            i += (uint32_t)digit * weight;
            if ((uint32_t)digit < t)
                break;
            if (weight > UINT32_MAX / (36 - t))
                return false;
            weight *= 36 - t;
        }
        if (*count == max)
            return false;
        bias = adapt(i - before, (uint32_t)*count + 1, before == 0);
        if (i / (*count + 1) > 0x10ffff - n)
            return false;
        n += i / (uint32_t)(*count + 1);
        i %= (uint32_t)(*count + 1);
        if (n >= 0xd800 && n < 0xe000)
            return false;
        memmove(points + i + 1, points + i, (*count - i) * sizeof *points);
        points[i] = n;
        ++*count;
    }
    return true;
}

/* ---- forms of a label ---- */

/* What a character looks like in ASCII, or NULL. */
static const char *looks(uint32_t point) {
    size_t low = 0, high = COUNT(lookalike_table);

    while (low < high) {
        size_t const middle = (low + high) / 2;

        if (lookalike_table[middle].point < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT(lookalike_table) && lookalike_table[low].point == point ? lookalike_table[low].text : NULL;
}

static void put(struct form *f, const char *text, size_t len) {
    if (len > BASE_MAX - f->len)
        return; /* LABEL_MAX characters do not come so far */
    memcpy(f->base + f->len, text, len);
    f->len += len;
}

static void put_point(struct form *f, uint32_t point) {
    const char *const like = point < 128 ? NULL : looks(point);
    char bytes[4];

    if (like)
        put(f, like, strlen(like));
    else
        put(f, bytes, utf8_encode(point, bytes));
}

static uint64_t bit_of(char c) {
    if (c >= 'a' && c <= 'z')
        return 1ull << (c - 'a');
    if (c >= '0' && c <= '9')
        return 1ull << (26 + c - '0');
    return 1ull << (c == '-' ? 36 : 37);
}

static void skeleton(struct form *f) {
    char *const to = f->skeleton;
    size_t used = 0;

    for (size_t i = 0; i < f->len; i++) {
        char c = f->base[i];
        char const next = i + 1 < f->len ? f->base[i + 1] : '\0';

        if ((c == 'r' && next == 'n') || (c == 'v' && next == 'v')) {
            c = c == 'r' ? 'm' : 'w';
            i++;
        }
        to[used++] = c;
        if (c == '0')
            to[used - 1] = 'o';
        if (c == '1' || c == 'i')
            to[used - 1] = 'l';
    }
    f->skeleton_len = used;
}

/* label: small letters. */
static void form_of(str label, struct form *f) {
    uint32_t points[LABEL_MAX];
    size_t count;

    f->len = 0;
    f->set = 0;
    f->foreign = false;
    if (str_starts(label, S("xn--")) && punycode_decode(str_from(label, 4), points, LABEL_MAX, &count)) {
        f->foreign = true;
        for (size_t i = 0; i < count; i++)
            put_point(f, fold_point(points[i]));
    } else {
        uint32_t point;

        for (size_t at = 0, width; at < label.len; at += width) {
            width = 1;
            if ((unsigned char)label.ptr[at] < 0x80) {
                put(f, label.ptr + at, 1);
            } else if ((width = utf8_decode(str_from(label, at), &point))) {
                f->foreign = true;
                put_point(f, point);
            } else {
                width = 1;
                put(f, label.ptr + at, 1);
            }
        }
    }
    for (size_t i = 0; i < f->len; i++)
        f->set |= bit_of(f->base[i]);
    skeleton(f);
}

static str base_of(const struct form *f) {
    return (str){f->base, f->len};
}

static str skeleton_of(const struct form *f) {
    return (str){f->skeleton, f->skeleton_len};
}

/* ---- domains ---- */

struct domain {
    char text[SHOWN_MAX + 1]; /* small letters, NUL behind */
    size_t len;
    str registered, label, ending; /* views of text */
    str above;                     /* text without the ending and the point before it */
    char room[SHOWN_MAX];
    str shown; /* registered with its A-labels decoded; a view of text or room */
};

static bool shown_point(char *out, size_t *used, uint32_t point) {
    if (SHOWN_MAX - *used < 4)
        return false;
    *used += utf8_encode(fold_point(point), out + *used);
    return true;
}

/* Small letters in every script; A-labels become U-labels if decode. False: there is no room. */
static bool show(str s, bool decode, char *out, size_t *used) {
    uint32_t points[LABEL_MAX], point;
    size_t count, width;

    for (size_t at = 0; at < s.len; at += width) {
        str const rest = str_from(s, at);
        str const label = str_first(rest, str_find_byte(rest, '.'));

        width = label.len;
        if (decode && (at == 0 || s.ptr[at - 1] == '.') && str_starts(label, S("xn--")) &&
            punycode_decode(str_from(label, 4), points, LABEL_MAX, &count)) {
            for (size_t i = 0; i < count; i++)
                if (!shown_point(out, used, points[i]))
                    return false;
            continue;
        }
        if ((width = utf8_decode(rest, &point))) {
            if (!shown_point(out, used, point))
                return false;
            continue;
        }
        width = 1;
        if (*used == SHOWN_MAX)
            return false;
        out[(*used)++] = s.ptr[at];
    }
    return true;
}

static bool has_a_labels(str s) {
    return memmem(s.ptr, s.len, "xn--", 4) != NULL;
}

/* The domain in small letters. False: it cannot be one. */
static bool text_read(str s, struct domain *d) {
    bool ascii = true;

    if (s.len && s.ptr[s.len - 1] == '.')
        s.len--;
    if (!s.len || s.len > DOMAIN_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];

        if ((c >= 0 && c <= ' ') || c == 0x7f || (c == '.' && (i == 0 || s.ptr[i - 1] == '.')))
            return false;
        ascii = ascii && c > 0;
        d->text[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    d->len = s.len;
    if (!ascii) {
        d->len = 0;
        if (!show(s, false, d->text, &d->len))
            return false;
    }
    d->text[d->len] = '\0';
    return true;
}

/* False: it is no domain that somebody could have registered. */
static bool domain_read(const psl_ctx_t *endings, str s, struct domain *d) {
    const char *registered;
    size_t point, used = 0;

    if (!text_read(s, d) || !(registered = psl_registrable_domain(endings, d->text)))
        return false;
    assert(registered >= d->text && registered < d->text + d->len);
    d->registered = (str){registered, (size_t)(d->text + d->len - registered)};
    point = str_find_byte(d->registered, '.');
    if (point == SIZE_MAX || point > LABEL_MAX)
        return false; /* an ending alone, or a label that DNS has not */
    d->label = str_first(d->registered, point);
    d->ending = str_from(d->registered, point + 1);
    d->above = (str){d->text, (size_t)(d->ending.ptr - 1 - d->text)};
    d->shown = d->registered;
    if (has_a_labels(d->registered)) {
        if (!show(d->registered, true, d->room, &used))
            return false;
        d->shown = (str){d->room, used};
    }
    return true;
}

/* ---- tables ---- */

static uint32_t *domain_slot(const struct lookalike *l, str domain) {
    for (uint64_t at = hash_bytes(domain, l->seed);; at++) {
        uint32_t *const slot = &l->domains[at & (l->slots - 1)];

        if (!*slot || str_eq(l->own[*slot - 1].domain, domain))
            return slot;
    }
}

static uint32_t *skeleton_slot(const struct lookalike *l, str text) {
    for (uint64_t at = hash_bytes(text, l->seed);; at++) {
        uint32_t *const slot = &l->skeletons[at & (l->slots - 1)];

        if (!*slot || str_eq(skeleton_of(&l->own[*slot - 1].form), text))
            return slot;
    }
}

static uint8_t points_of(str domain) {
    uint8_t points = 0;

    for (size_t i = 0; i < domain.len; i++)
        if (domain.ptr[i] == '.')
            points++;
    return points;
}

static void add(struct lookalike *l, const struct domain *d, uint32_t which, char *name) {
    struct own *const o = &l->own[l->count];
    uint32_t *slot;

    memcpy(name, d->shown.ptr, d->shown.len);
    o->domain = (str){name, d->shown.len};
    slot = domain_slot(l, o->domain);
    if (*slot)
        return; /* given twice */
    o->label = str_first(o->domain, str_find_byte(o->domain, '.'));
    o->ending = str_from(o->domain, o->label.len + 1);
    o->which = which;
    o->common = is_word(common, COUNT(common), d->label);
    form_of(d->label, &o->form);
    *slot = l->count + 1;
    if (!*(slot = skeleton_slot(l, skeleton_of(&o->form))))
        *slot = l->count + 1;
    if (points_of(o->domain) > l->most_points)
        l->most_points = points_of(o->domain);
    l->count++;
}

bool lookalike_new(struct lookalike **out, const str *domains, size_t count, struct err *e) {
    struct lookalike *l;

    if (count > LOOKALIKE_DOMAINS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u domains", LOOKALIKE_DOMAINS_MAX);
    if (!(l = calloc(1, sizeof *l)))
        return err_set(e, ERR_MEMORY, 0, "domains");
    l->seed = hash_seed();
    l->endings = psl_builtin();
    for (l->slots = 16; l->slots < 4 * count;)
        l->slots *= 2;
    l->own = calloc(count + 1, sizeof *l->own);
    l->names = malloc((count + 1) * SHOWN_MAX);
    l->domains = calloc(l->slots, sizeof *l->domains);
    l->skeletons = calloc(l->slots, sizeof *l->skeletons);
    if (!l->own || !l->names || !l->domains || !l->skeletons) {
        lookalike_free(l);
        return err_set(e, ERR_MEMORY, 0, "domains");
    }
    if (!l->endings) {
        lookalike_free(l);
        return err_set(e, ERR_UNSUPPORTED, 0, "libpsl was built without the public suffix list");
    }
    for (size_t i = 0; i < count; i++) {
        struct domain d;

        if (!domain_read(l->endings, str_trim(domains[i]), &d)) {
            lookalike_free(l);
            return err_set(e, ERR_USAGE, 0, "'%.*s' is no domain that somebody can have", STR_ARG(domains[i]));
        }
        add(l, &d, (uint32_t)i, l->names + i * SHOWN_MAX);
    }
    *out = l;
    return true;
}

void lookalike_free(struct lookalike *l) {
    if (!l)
        return;
    free(l->own);
    free(l->names);
    free(l->domains);
    free(l->skeletons);
    free(l);
}

/* ---- how ---- */

/* Ours in front of somebody else's: a run of labels of s (all but the ending) that is one of ours. */
static bool find_above(const struct lookalike *l, str s, uint32_t *at) {
    char room[SHOWN_MAX];
    size_t used = 0;

    if (has_a_labels(s) && show(s, true, room, &used))
        s = (str){room, used};
    for (size_t from = 0; from < s.len;) {
        str const rest = str_from(s, from);
        uint8_t points = 0;

        for (size_t end = 1; end <= rest.len && points <= l->most_points; end++) {
            if (end < rest.len && rest.ptr[end] != '.')
                continue;
            if (points++ && (*at = *domain_slot(l, str_first(rest, end)))) {
                --*at;
                return true;
            }
        }
        while (from < s.len && s.ptr[from] != '.')
            from++;
        from++;
    }
    return false;
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours (each place swapped once); more than max: max + 1. Both at most 2 apart
 * in length, so that only a band of the table is needed. */
static uint32_t distance(str a, str b, uint32_t max) {
    uint32_t rows[3][BASE_MAX + 2];

    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = (uint32_t)j;
    for (size_t i = 1; i <= a.len; i++) {
        uint32_t *const now = rows[i % 3], *const before = rows[(i + 2) % 3], *const first = rows[(i + 1) % 3];
        size_t const from = i > max ? i - max : 1, to = i + max < b.len ? i + max : b.len;
        uint32_t best = max + 1;

        now[from - 1] = from == 1 ? (uint32_t)i : max + 1;
        for (size_t j = from; j <= to; j++) {
            uint32_t here = before[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

            if (j > from || from == 1)
                here = least(here, now[j - 1] + 1);
            if (j < i + max)
                here = least(here, before[j] + 1);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                here = least(here, first[j - 2] + 1);
            now[j] = least(here, max + 1);
            best = least(best, now[j]);
        }
        if (best > max)
            return max + 1;
    }
    return rows[a.len % 3][b.len];
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static size_t digits_of(str s) {
    size_t digits = 0;

    for (size_t i = 0; i < s.len; i++)
        digits += is_digit(s.ptr[i]);
    return digits;
}

/* Words of their own stand under every ending; of these only where an attacker goes first are told: our own country, or a
 * large ending that is open to all. */
static bool is_near(const struct own *o, str ending) {
    static const char *const open[] = {"com", "net", "org", "info"};
    str a = o->ending, b = ending;

    for (size_t at; (at = str_find_byte(a, '.')) != SIZE_MAX;)
        a = str_from(a, at + 1);
    for (size_t at; (at = str_find_byte(b, '.')) != SIZE_MAX;)
        b = str_from(b, at + 1);
    return str_eq(a, b) || is_word(open, COUNT(open), ending);
}

/* The distance when it tells something, or 0. */
static uint32_t edit(const struct own *o, const struct form *f, str ending) {
    str const ours = base_of(&o->form), other = base_of(f);
    uint32_t const max = ours.len < LABEL_LEAST ? 0 : ours.len > 8 ? 2 : 1;
    size_t const apart = ours.len > other.len ? ours.len - other.len : other.len - ours.len;
    uint32_t edits;

    if (!max || apart > max || (uint32_t)__builtin_popcountll(o->form.set ^ f->set) > 2 * max)
        return 0;
    if ((ours.len < 8 && !str_eq(o->ending, ending)) || (o->common && !is_near(o, ending)))
        return 0;
    if (other.ptr[0] != ours.ptr[0] && !str_eq(str_from(other, 1), ours) && !str_eq(str_from(ours, 1), other))
        return 0;
    edits = distance(ours, other, max);
    if (edits == 2 && ours.len < 12 && !str_eq(o->ending, ending))
        return 0;
    if (edits > max || (edits == 2 && digits_of(ours) != digits_of(other)))
        return 0;
    return edits;
}

/* Is what stands around ours such that somebody wants to be taken for us? before, behind: with their hyphens. */
static bool dressed(const struct own *o, str before, str behind) {
    bool const hyphens = (!before.len || before.ptr[before.len - 1] == '-') && (!behind.len || behind.ptr[0] == '-');
    str front = before, back = behind;

    if (hyphens && !o->common)
        return true;
    while (front.len && front.ptr[front.len - 1] == '-')
        front.len--;
    while (back.len && back.ptr[0] == '-')
        back = str_from(back, 1);
    if (front.len && !is_word(baits, COUNT(baits), front))
        return false;
    if (back.len && !is_word(baits, COUNT(baits), back))
        return false;
    return hyphens ||
           (front.len != 1 && front.len != 2 && back.len != 1 && back.len != 2 && front.len != 3 && back.len != 3);
}

static bool word(const struct own *o, const struct form *f) {
    str const ours = base_of(&o->form), other = base_of(f);

    if (ours.len < LABEL_LEAST || other.len <= ours.len || o->form.set & ~f->set)
        return false;
    for (size_t at = 0; at + ours.len <= other.len; at++) {
        const char *const found = memmem(other.ptr + at, other.len - at, ours.ptr, ours.len);

        if (!found)
            return false;
        at = (size_t)(found - other.ptr);
        if (dressed(o, str_first(other, at), str_from(other, at + ours.len)))
            return true;
    }
    return false;
}

static bool found(const struct lookalike *l, uint32_t at, enum lookalike_how how, struct lookalike_hit *hit) {
    hit->how = how;
    hit->which = l->own[at].which;
    hit->own = l->own[at].domain;
    return true;
}

static bool find_label(const struct lookalike *l, const struct domain *d, struct lookalike_hit *hit) {
    uint32_t nearest = 0, edits = 3, at;
    struct form f;

    form_of(d->label, &f);
    if (f.len < 3)
        return false;
    if ((at = *skeleton_slot(l, skeleton_of(&f)))) {
        bool const same = str_eq(l->own[--at].label, str_first(d->shown, str_find_byte(d->shown, '.')));

        if (same && f.len >= LABEL_LEAST && (!l->own[at].common || is_near(&l->own[at], d->ending)))
            return found(l, at, LOOKALIKE_ENDING, hit);
        if (!same && (f.foreign || f.len >= LABEL_LEAST))
            return found(l, at, LOOKALIKE_CONFUSABLE, hit);
    }
    for (at = 0; at < l->count; at++) {
        uint32_t const n = edit(&l->own[at], &f, d->ending);

        if (n && n < edits) {
            edits = n;
            nearest = at;
        }
    }
    if (edits < 3)
        return found(l, nearest, LOOKALIKE_EDIT, hit);
    for (at = 0; at < l->count; at++)
        if (word(&l->own[at], &f))
            return found(l, at, LOOKALIKE_WORD, hit);
    return false;
}

str lookalike_name(enum lookalike_how how) {
    static const str names[] = {STR(""), STR("subdomain"), STR("ending"), STR("confusable"), STR("edit"), STR("word")};

    return names[how];
}

bool lookalike_find(const struct lookalike *l, str domain, struct lookalike_hit *hit) {
    struct domain d;
    uint32_t at;

    *hit = (struct lookalike_hit){LOOKALIKE_NOT, 0, S("")};
    if (!l->count || !domain_read(l->endings, domain, &d) || *domain_slot(l, d.shown))
        return false;
    if (find_above(l, d.above, &at))
        return found(l, at, LOOKALIKE_SUBDOMAIN, hit);
    return !is_closed(d.ending) && find_label(l, &d, hit);
}
