/* assessment_wanted: what would change the judgement, and what to collect for it. */
#include <math.h>

#include "attribution/assessment_own.h"
#include "base/compiler.h"
#include "base/instant.h"

#define TELLING_SOFTWARE 3u
#define WANTED_MAX 16u

struct wanting {
    struct assessment *a;
    struct work *w;
    struct err *e;
    struct evidence_gap *list;
    size_t count;
};

static bool want(struct wanting *m, str what, const char *collect) {
    m->list[m->count++] = (struct evidence_gap){what, str_of(collect)};
    return true;
}

/* Malware of the profile of one that is in no profile of the other, by how few groups have it. */
static bool differences(struct wanting *m, const struct assessed_group *of, const struct assessed_group *other,
                        str *out) {
    const struct profile *const p = m->a->profile;
    const struct profile_group *const g = &p->groups[of->group], *const h =
                                                                     other->judged ? &p->groups[other->group] : NULL;
    token few[TELLING_SOFTWARE];
    uint32_t groups[TELLING_SOFTWARE];
    size_t n = 0;

    for (size_t i = 0; i < g->link_count; i++) {
        token const t = g->links[i].token;
        uint32_t const listed = token_find(p->listed, p->listed_count, t);
        size_t at = n;

        if (!token_software(t) || profiles_tool(m->w->with->profiles, t) ||
            (h && token_find(h->links, h->link_count, t)) ||
            token_among(m->a->observed.software, m->a->observed.software_count, t))
            continue;
        while (at && groups[at - 1] > listed)
            at--;
        if (at == TELLING_SOFTWARE)
            continue;
        n += n < TELLING_SOFTWARE;
        for (size_t k = n - 1; k > at; k--) {
            few[k] = few[k - 1];
            groups[k] = groups[k - 1];
        }
        few[at] = t;
        groups[at] = listed;
    }
    *out = S("");
    for (size_t i = 0; i < n; i++) {
        str const name = profiles_token_name(m->w->with->profiles, few[i]);
        str const so_far = *out;

        if (name.len && !say(m->w, out, m->e, "%.*s%s%.*s", STR_ARG(so_far), so_far.len ? ", " : "", STR_ARG(name)))
            return false;
    }
    return true;
}

static bool want_margin(struct wanting *m) {
    const struct assessed_group *const first = &m->a->groups[0], *const second = &m->a->groups[1];
    str what, own = S(""), others = S(""), collect = S("");

    if (m->a->gates[GATE_MARGIN].passed || m->a->group_count < 2 || m->a->level == ASSESSED_CLUSTER)
        return true;
    if ((first->judged && !differences(m, first, second, &own)) ||
        (second->judged && !differences(m, second, first, &others)) ||
        !say(m->w, &what, m->e, "what would tell %.*s and %.*s apart", STR_ARG(first->name), STR_ARG(second->name)))
        return false;
    if ((own.len || others.len) &&
        !say(m->w, &collect, m->e, "hunt for what the profile of one has and that of the other has not: %.*s%s%.*s",
             STR_ARG(own), own.len && others.len ? "; " : "", STR_ARG(others)))
        return false;
    m->list[m->count++] = (struct evidence_gap){what, collect};
    return true;
}

static bool want_classes(struct wanting *m) {
    const struct assessed_group *const first = m->a->group_count ? &m->a->groups[0] : NULL;
    unsigned const families = first ? first->families : 0;

    if (!(families & 1u << FAMILY_SOFTWARE) || !m->a->gates[GATE_MODEL].passed)
        want(m, S("malware that is identified by its code, by two pieces or two sources"),
             "samples of what ran: files, memory images, scripts of the hosts in question, for comparison of code");
    if (!first || !(first->classes[EVIDENCE_DOMAIN] > 0 || first->classes[EVIDENCE_IDENTIFIER] > 0))
        want(m, S("infrastructure of the operation's own"),
             "domains, certificates, keys and mail accounts: DNS, TLS and proxy logs, headers of mails of those weeks");
    if (!(families & 1u << FAMILY_FORENSIC))
        want(m, S("a forensic link to an incident that others have attributed"),
             "exchange with the national CERT and other victims: keys, addresses, commands of the operator");
    if (m->w->first == INSTANT_NONE)
        want(m, S("when it happened"), "times of what was seen: links fade, and groups are known for a time");
    for (size_t i = 0; i < m->a->evidence->item_count; i++)
        if (m->a->evidence->items[i].class == EVIDENCE_VICTIM)
            return true;
    return want(m, S("who the victim is"), "country and sector of the institution");
}

bool tell_wanted(struct assessment *a, struct work *w, struct err *e) {
    struct wanting m = {a, w, e, arena_zero(w->m, a->evidence->gap_count + WANTED_MAX, sizeof(struct evidence_gap)), 0};

    if (!m.list)
        return assess_no_memory(e);
    if (!want_margin(&m) || !want_classes(&m))
        return false;
    /* What was missing in what could be seen, where something can be got. */
    for (size_t i = 0; i < a->evidence->gap_count; i++)
        if (a->evidence->gaps[i].collect.len)
            m.list[m.count++] = a->evidence->gaps[i];
    a->wanted = m.list;
    a->wanted_count = m.count;
    return true;
}
