/* worth: classes with their weights and half-lives, and what time and warninglists leave of them. */
#include "intel/worth.h"

#include <math.h>

#include "intel/sigma.h"

#define DAY INT64_C(86400000000000)
#define YEAR (365 * DAY)

/* Weights and half-lives follow the classes of docs/worth.md; level: of an event inside the window. */
static const struct {
    str name;
    float bans;
    int64_t half_life; /* 0: it does not fade */
    enum sigma_level level;
} classes[WORTH_CLASSES] = {
    [WORTH_SHARED] = {STR("shared infrastructure"), 0, 0, LEVEL_INFORMATIONAL},
    [WORTH_RELAY] = {STR("relay"), 0.1f, 15 * DAY, LEVEL_LOW},
    [WORTH_ADDRESS] = {STR("address"), 0.5f, 30 * DAY, LEVEL_MEDIUM},
    [WORTH_HOSTED] = {STR("domain at a shared provider"), 0.2f, 60 * DAY, LEVEL_LOW},
    [WORTH_DOMAIN] = {STR("the operation's own domain"), 1.2f, YEAR, LEVEL_HIGH},
    [WORTH_IDENTIFIER] = {STR("identifier"), 1.5f, 2 * YEAR, LEVEL_HIGH},
    [WORTH_TOOL] = {STR("public tool"), 0.1f, 0, LEVEL_MEDIUM},
    [WORTH_MALWARE] = {STR("malware by its code"), 1.3f, 3 * YEAR, LEVEL_HIGH},
    [WORTH_PATTERN] = {STR("pattern of behaviour"), 0.3f, 3 * YEAR, LEVEL_MEDIUM},
    [WORTH_NAME] = {STR("name that anybody may give"), 0.2f, YEAR, LEVEL_LOW},
};

str worth_class_name(enum worth_class c) {
    return classes[c].name;
}

str worth_window_name(enum worth_window w) {
    static const str names[] = {[WORTH_IN] = STR("in"),
                                [WORTH_UNSAID] = STR("unsaid"),
                                [WORTH_BEFORE] = STR("before"),
                                [WORTH_AFTER] = STR("after"),
                                [WORTH_NO_TIME] = STR("no time")};

    return names[w];
}

/* ---- class ---- */

static enum worth_class class_of_type(enum observable type) {
    switch (type) {
    case OBSERVABLE_ADDRESS:
    case OBSERVABLE_NETWORK:
    case OBSERVABLE_AS:
        return WORTH_ADDRESS;
    case OBSERVABLE_DOMAIN:
    case OBSERVABLE_URL:
        return WORTH_DOMAIN;
    case OBSERVABLE_MD5:
    case OBSERVABLE_SHA1:
    case OBSERVABLE_SHA256:
    case OBSERVABLE_SHA512:
    case OBSERVABLE_IMPHASH:
        return WORTH_MALWARE;
    case OBSERVABLE_CERTIFICATE:
    case OBSERVABLE_MAIL:
    case OBSERVABLE_PHONE:
    case OBSERVABLE_ACCOUNT:
        return WORTH_IDENTIFIER;
    default:
        return WORTH_NAME;
    }
}

/* What a warninglist makes of a value. Lists of scanners and of rented exits say what an address is for; lists of providers whose
 * names anybody may register below say that of a domain; all others, that it serves everybody. */
static enum worth_class class_of_label(const struct intel_label *l, enum worth_class class) {
    static const str relays[] = {STR("scan"), STR("vpn"), STR("tor "), STR("private relay"), STR("proxy")};
    static const str hosted[] = {STR("dynamic dns"), STR("disposable"), STR("shorten"),     STR("parking"),
                                 STR("link in bio"), STR("ipfs"),       STR("lots project")};
    char name[128];
    size_t len = l->list.len < sizeof name ? l->list.len : sizeof name;

    for (size_t i = 0; i < len; i++)
        name[i] = (char)(l->list.ptr[i] >= 'A' && l->list.ptr[i] <= 'Z'   ? l->list.ptr[i] + 32
                         : l->list.ptr[i] == '-' || l->list.ptr[i] == '_' ? ' '
                                                                          : l->list.ptr[i]);
    for (size_t i = 0; i < COUNT(relays); i++)
        if (str_find((str){name, len}, relays[i]) != SIZE_MAX)
            return class == WORTH_ADDRESS || class == WORTH_RELAY ? WORTH_RELAY : WORTH_SHARED;
    for (size_t i = 0; i < COUNT(hosted); i++)
        if (str_find((str){name, len}, hosted[i]) != SIZE_MAX)
            return class == WORTH_DOMAIN || class == WORTH_HOSTED ? WORTH_HOSTED : class;
    return WORTH_SHARED;
}

static bool counts(const struct intel_claim *c) {
    return !c->revoked && !c->context;
}

static enum worth_class class_of(const struct intel_set *s, const struct intel_entry *n,
                                 const struct intel_label *labels, size_t label_count) {
    enum worth_class class = n->form == ITEM_PATTERN ? WORTH_PATTERN : class_of_type(n->type);
    char id[INTEL_ID_MAX];

    for (uint32_t i = 0; i < n->claim_count; i++) {
        struct intel_claim const c = intel_set_claim(s, n->claims + i, id);

        if (!counts(&c))
            continue;
        if (class == WORTH_ADDRESS &&
            (c.nature == NATURE_RELAY || c.nature == NATURE_SCANNER || c.nature == NATURE_VICTIM))
            class = WORTH_RELAY;
        else if (class == WORTH_DOMAIN && (c.nature == NATURE_VICTIM || c.nature == NATURE_RELAY))
            class = WORTH_HOSTED;
        else if (class == WORTH_MALWARE && c.nature == NATURE_TOOL)
            class = WORTH_TOOL;
    }
    for (size_t i = 0; i < label_count; i++) {
        enum worth_class const less = class_of_label(&labels[i], class);

        if (less == WORTH_SHARED)
            return WORTH_SHARED;
        class = less;
    }
    return class;
}

/* ---- time ---- */

static int64_t earlier(int64_t a, int64_t b) {
    return a == INSTANT_NONE ? b : b == INSTANT_NONE ? a : a < b ? a : b;
}
static int64_t later(int64_t a, int64_t b) {
    return a == INSTANT_NONE ? b : b == INSTANT_NONE ? a : a > b ? a : b;
}

/* The window of one claim, both ends within: what it says; where it says no end, the last time it was spoken of. */
struct window {
    int64_t from, to;
    bool begins, ends; /* it says so itself */
};

static struct window window_of(const struct intel_claim *c) {
    int64_t const spoken = later(c->modified, c->created);
    int64_t const last = c->valid_until > INSTANT_NONE + 1 ? c->valid_until - 1 : c->valid_until; /* it is exclusive */
    struct window w = {earlier(c->valid_from, c->first_seen), later(last, c->last_seen), false, false};

    w.begins = w.from != INSTANT_NONE;
    w.ends = w.to != INSTANT_NONE;
    /* A source knows of it when it speaks of it; what it says begins then has been going on, as a rule. */
    if (!w.begins)
        w.from = earlier(c->created, c->modified);
    if (!w.ends)
        w.to = later(spoken, w.from);
    return w;
}

/* Instants may lie further apart than an int64_t holds: then that far. */
static int64_t span(int64_t from, int64_t to) {
    int64_t out;

    return __builtin_sub_overflow(to, from, &out) ? INT64_MAX : out;
}

static int64_t distance_of(int64_t when, const struct window *w, bool *before) {
    *before = w->from != INSTANT_NONE && when < w->from;
    if (*before)
        return span(when, w->from);
    return w->to != INSTANT_NONE && when > w->to ? span(w->to, when) : 0;
}

struct worth worth_of(const struct intel_set *s, uint32_t entry, int64_t when, const struct intel_label *labels,
                      size_t label_count) {
    struct intel_entry const n = intel_set_entry(s, entry);
    struct worth w = {.class = class_of(s, &n, labels, label_count),
                      .window = WORTH_UNSAID,
                      .witnesses = n.witnesses,
                      .revoked = true,
                      .context = true,
                      .proposed = true};
    int64_t const half_life = classes[w.class].half_life;
    bool dated = false, unsure = true;
    char id[INTEL_ID_MAX];
    int level;

    for (uint32_t i = 0; i < n.claim_count; i++) {
        struct intel_claim const c = intel_set_claim(s, n.claims + i, id);
        struct window const window = window_of(&c);
        bool before;

        w.revoked &= c.revoked;
        w.context &= c.context;
        if (!counts(&c))
            continue;
        w.proposed &= c.proposed;
        unsure &= c.confidence != ITEM_CONFIDENCE_UNSAID && c.confidence < 30;
        if (when == INSTANT_NONE || (window.from == INSTANT_NONE && window.to == INSTANT_NONE))
            continue;
        int64_t distance = distance_of(when, &window, &before);

        if (!(before ? window.begins : window.ends) && (half_life == 0 || distance <= half_life))
            distance = 0; /* nobody said where it ends, and it is near the last mention */
        if (!dated || distance < w.distance) {
            w.distance = distance;
            w.window = distance == 0 ? WORTH_IN : before ? WORTH_BEFORE : WORTH_AFTER;
        }
        dated = true;
    }
    if (when == INSTANT_NONE)
        w.window = WORTH_NO_TIME;
    w.bans = classes[w.class].bans;
    w.now = half_life ? w.bans * exp2f(-(float)w.distance / (float)half_life) : w.bans;
    level = classes[w.class].level;
    if (w.window == WORTH_BEFORE || w.window == WORTH_AFTER)
        level -= half_life && w.distance > 3 * half_life ? 2 : 1;
    if (unsure)
        level--;
    if (w.proposed && level > LEVEL_MEDIUM)
        level = LEVEL_MEDIUM;
    w.level = (uint8_t)(level < LEVEL_INFORMATIONAL ? LEVEL_INFORMATIONAL : level);
    return w;
}
