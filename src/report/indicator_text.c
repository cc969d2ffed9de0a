/* indicator_text: see indicator_text.h. */
#include "report/indicator_text.h"

#include "intel/group.h"
#include "report/finding_text.h"

#define NAMES_TOLD 32u
#define DAY_S 86400

static void member(struct buf *b, const char *name, str value) {
    if (!value.len)
        return;
    buf_format(b, ",\"%s\":", name);
    buf_json(b, value);
}

static void member_time(struct buf *b, const char *name, int64_t when) {
    char text[INSTANT_TEXT];

    if (when != INSTANT_NONE)
        member(b, name, instant_format(when, text));
}

static const struct item_names *names_of(const struct intel_claim *c, enum indicator_sort what) {
    switch (what) {
    case INDICATOR_GROUPS:
        return &c->groups;
    case INDICATOR_CAMPAIGNS:
        return &c->campaigns;
    case INDICATOR_MALWARE:
        return &c->malware;
    default:
        return &c->techniques;
    }
}

size_t indicator_names(const struct intel_set *s, uint32_t entry, enum indicator_sort what, str *out, size_t max) {
    struct intel_entry const n = intel_set_entry(s, entry);
    char id[INTEL_ID_MAX];
    size_t count = 0;

    for (uint32_t i = 0; i < n.claim_count; i++) {
        struct intel_claim const c = intel_set_claim(s, n.claims + i, id);
        const struct item_names *const names = names_of(&c, what);
        unsigned const all = what == INDICATOR_SOURCES ? 1 : names->count;

        if (c.revoked || c.context)
            continue;
        for (unsigned k = 0; k < all; k++) {
            str const name = what == INDICATOR_SOURCES ? c.source : names->names[k];
            size_t at = 0;

            while (at < count && !str_eq(out[at], name))
                at++;
            if (at == count && count < max && name.len)
                out[count++] = name;
        }
    }
    return count;
}

size_t indicator_groups(const struct finding_indicator *i, str *out, size_t max) {
    str names[NAMES_TOLD];
    size_t const all = indicator_names(i->set, i->entry, INDICATOR_GROUPS, names, NAMES_TOLD);
    size_t count = 0;

    for (size_t k = 0; k < all; k++) {
        str name = names[k];
        size_t at = 0;

        if (i->groups) {
            struct group_found const found = group_find(i->groups, name);

            /* One of the names may be others' as well: another name of the same claims says which is meant. */
            name = found.how == GROUP_EXACT ? found.group->name : name;
        }
        while (at < count && !str_eq(out[at], name))
            at++;
        if (at == count && count < max)
            out[count++] = name;
    }
    return count;
}

static void list(struct buf *b, const char *name, const str *items, size_t count) {
    if (!count)
        return;
    buf_format(b, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, items[i]);
    }
    buf_byte(b, ']');
}

static void claim_json(struct buf *b, const struct intel_claim *c) {
    buf_add(b, S("{\"source\":"));
    buf_json(b, c->source);
    member(b, "source_sha256", c->source_sha256);
    member(b, "where", c->where);
    member(b, "as_written", c->raw);
    member(b, "id", c->id);
    member_time(b, "created", c->created);
    member_time(b, "modified", c->modified);
    member_time(b, "valid_from", c->valid_from);
    member_time(b, "valid_until", c->valid_until);
    member_time(b, "first_seen", c->first_seen);
    member_time(b, "last_seen", c->last_seen);
    if (c->confidence != ITEM_CONFIDENCE_UNSAID)
        buf_format(b, ",\"confidence\":%u", c->confidence);
    member(b, "tlp", tlp_name(c->tlp));
    member(b, "pap", pap_name(c->pap));
    if (c->port)
        buf_format(b, ",\"port\":%u", c->port);
    if (c->revoked)
        buf_add(b, S(",\"revoked\":true"));
    if (c->context)
        buf_add(b, S(",\"context_only\":true"));
    if (c->proposed)
        buf_add(b, S(",\"not_reviewed\":true"));
    if (c->witness != UINT32_MAX)
        buf_format(b, ",\"witness\":%u", c->witness + 1);
    list(b, "groups", c->groups.names, c->groups.count);
    list(b, "origins", c->origins.names, c->origins.count);
    buf_byte(b, '}');
}

/* Whoever hands the finding on must know how the claims that are not told are marked. */
static void more_markings(struct buf *b, const struct intel_set *s, const struct intel_entry *n) {
    enum tlp tlp = TLP_NONE;
    enum pap pap = PAP_NONE;

    for (uint32_t i = INDICATOR_CLAIMS_TOLD; i < n->claim_count; i++) {
        char id[INTEL_ID_MAX];
        struct intel_claim const c = intel_set_claim(s, n->claims + i, id);

        tlp = tlp_stricter(tlp, c.tlp);
        pap = c.pap > pap ? c.pap : pap;
    }
    if (n->claim_count <= INDICATOR_CLAIMS_TOLD)
        return;
    buf_add(b, S(",\"more_tlp\":"));
    buf_json(b, tlp_name(tlp));
    member(b, "more_pap", pap_name(pap));
}

static str type_name(const struct intel_entry *n) {
    return n->form == ITEM_PATTERN ? S("pattern") : n->form == ITEM_REGEX ? S("expression") : observable_name(n->type);
}

void indicator_json(struct buf *b, const struct finding_indicator *i) {
    static const char *const sorts[] = {"groups", "campaigns", "malware", "techniques"};
    struct intel_entry const n = intel_set_entry(i->set, i->entry);
    str names[NAMES_TOLD];
    char id[INTEL_ID_MAX];

    buf_add(b, S("{\"type\":"));
    buf_json(b, type_name(&n));
    member(b, "value", n.value);
    member(b, "class", worth_class_name(i->worth.class));
    buf_format(b, ",\"weight_bans\":%.3g,\"weight_now_bans\":%.3g", (double)i->worth.bans, (double)i->worth.now);
    member(b, "window", worth_window_name(i->worth.window));
    if (i->worth.distance)
        buf_format(b, ",\"window_days_off\":%ld", (long)(i->worth.distance / 1000000000 / DAY_S));
    buf_format(b, ",\"witnesses\":%u", i->worth.witnesses);
    if (i->worth.proposed)
        buf_add(b, S(",\"not_reviewed\":true"));
    list(b, "groups", names, indicator_groups(i, names, NAMES_TOLD));
    for (unsigned sort = INDICATOR_CAMPAIGNS; sort < COUNT(sorts); sort++)
        list(b, sorts[sort], names, indicator_names(i->set, i->entry, sort, names, NAMES_TOLD));
    if (i->label_count) {
        buf_add(b, S(",\"warninglists\":["));
        for (size_t k = 0; k < i->label_count; k++) {
            buf_add(b, k ? S(",{\"list\":") : S("{\"list\":"));
            buf_json(b, i->labels[k].list);
            member(b, "entry", i->labels[k].entry);
            member(b, "category", i->labels[k].category);
            buf_byte(b, '}');
        }
        buf_byte(b, ']');
    }
    buf_format(b, ",\"claim_count\":%u,\"claims\":[", n.claim_count);
    for (uint32_t k = 0; k < n.claim_count && k < INDICATOR_CLAIMS_TOLD; k++) {
        struct intel_claim const c = intel_set_claim(i->set, n.claims + k, id);

        if (k)
            buf_byte(b, ',');
        claim_json(b, &c);
    }
    buf_byte(b, ']');
    more_markings(b, i->set, &n);
    buf_byte(b, '}');
}

static void span(struct buf *b, int64_t ns) {
    int64_t const days = ns / 1000000000 / DAY_S;

    if (days >= 730)
        buf_format(b, "%ld years", (long)(days / 365));
    else if (days >= 60)
        buf_format(b, "%ld months", (long)(days / 30));
    else if (days >= 2)
        buf_format(b, "%ld days", (long)days);
    else
        buf_add(b, S("a day or less"));
}

void indicator_words(struct buf *b, const struct finding_indicator *i) {
    struct intel_entry const n = intel_set_entry(i->set, i->entry);
    str names[NAMES_TOLD];
    size_t const groups = indicator_groups(i, names, NAMES_TOLD);

    buf_add(b, type_name(&n));
    buf_byte(b, ' ');
    if (n.form == ITEM_VALUE) {
        finding_short(b, n.value);
    } else { /* people know it by its title */
        char id[INTEL_ID_MAX];
        struct intel_claim const c = intel_set_claim(i->set, n.claims, id);

        finding_short(b, c.title);
    }
    buf_add(b, S(" ("));
    for (size_t k = 0; k < groups && k < 3; k++) {
        if (k)
            buf_add(b, S(", "));
        finding_short(b, names[k]);
    }
    if (groups > 3)
        buf_format(b, " and %zu more", groups - 3);
    buf_add(b, groups ? S("; ") : S("no group named; "));
    buf_add(b, worth_class_name(i->worth.class));
    buf_format(b, "; %u witness%s", i->worth.witnesses, i->worth.witnesses == 1 ? "" : "es");
    switch (i->worth.window) {
    case WORTH_IN:
        buf_add(b, S("; in its time"));
        break;
    case WORTH_UNSAID:
        buf_add(b, S("; its time is not said"));
        break;
    case WORTH_BEFORE:
    case WORTH_AFTER:
        buf_add(b, S("; "));
        span(b, i->worth.distance);
        buf_add(b, i->worth.window == WORTH_BEFORE ? S(" before its time") : S(" after its time"));
        break;
    case WORTH_NO_TIME:
        buf_add(b, S("; the event has no time"));
        break;
    }
    if (i->worth.proposed)
        buf_add(b, S("; out of prose, not reviewed"));
    if (i->label_count) {
        buf_add(b, S("; on the warninglist "));
        finding_short(b, i->labels[0].list);
        if (i->label_count > 1)
            buf_format(b, " and %zu more", i->label_count - 1);
    }
    buf_byte(b, ')');
}
