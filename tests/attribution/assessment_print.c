/* assessment_print: assessments as JSON, a line each, for a test that computes them again by hand: assessment_print PROFILES SEED COUNT. The evidence is made
 * up by a generator of its own, so that every class, grade, age, origin and copy comes to stand beside every other. */
#include <stdio.h>
#include <stdlib.h>

#include "attribution/written.h"
#include "base/compiler.h"
#include "base/instant.h"

#define DAY INT64_C(86400000000000)
#define ITEMS 40u
#define LINKS 3u

struct making {
    uint64_t state;
    const struct profiles *profiles;
    struct arena *a;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next(struct making *m) {
    uint64_t z = m->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t below(struct making *m, uint64_t n) {
    return next(m) % n;
}

static bool seldom(struct making *m, unsigned one_in) {
    return below(m, one_in) == 0;
}

/* Between 2015 and 2026, on a day; or none. */
static int64_t some_day(struct making *m, unsigned none_in) {
    return seldom(m, none_in) ? INSTANT_NONE : INT64_C(1420070400000000000) + (int64_t)below(m, 4200) * DAY;
}

static str text_of(struct making *m, const char *fmt, unsigned n) {
    char *const room = arena_bytes(m->a, 64);

    if (!room)
        abort();
    return (str){room, (size_t)snprintf(room, 64, fmt, n)};
}

static str some_group(struct making *m, const struct profile *p, size_t likely) {
    static const str none[] = {STR("A group without profile"), STR("Another without"), STR(""), STR("APT")};

    if (seldom(m, 8))
        return none[below(m, COUNT(none))];
    if (!seldom(m, 3))
        return p->groups[likely % p->group_count].name;
    return p->groups[below(m, p->group_count)].name;
}

static void make_links(struct making *m, struct evidence_item *i, const struct profile *p, size_t likely) {
    struct evidence_link *const links = arena_zero(m->a, LINKS, sizeof *links);

    if (!links)
        abort();
    i->links = links;
    i->link_count = below(m, LINKS + 1);
    for (size_t k = 0; k < i->link_count; k++)
        links[k] = (struct evidence_link){
            .group = some_group(m, p, likely),
            .source = text_of(m, "source %u", (unsigned)below(m, 6)),
            .origin = seldom(m, 2) ? S("") : text_of(m, "https://www.origin%u.example/", (unsigned)below(m, 5)),
            .said = some_day(m, 4),
            .from = some_day(m, 2),
            .until = some_day(m, 2),
            .reliability = "ABCDEF\0"[below(m, 7)],
            .credibility = (uint8_t)below(m, 7),
            .copied = seldom(m, 4)};
}

static void make_item(struct making *m, struct evidence_item *i, const struct profile *p, size_t likely) {
    static const str victims[] = {STR("GB"), STR("US"), STR("government"), STR("energy")};
    int64_t const first = some_day(m, 5);

    *i = (struct evidence_item){.class = (enum evidence_class)below(m, EVIDENCE_CLASSES),
                                .words = S("made up"),
                                .first = first,
                                .last = first == INSTANT_NONE ? first : first + (int64_t)below(m, 90) * DAY,
                                .count = below(m, 9),
                                .place = S("1.1"),
                                .path = S(""),
                                .sha256 = "",
                                .given = seldom(m, 2),
                                .reliability = "AAABBCDEF\0"[below(m, 10)],
                                .credibility = (uint8_t)below(m, 7),
                                .supplier = seldom(m, 5)};
    if (i->class <= EVIDENCE_MALWARE) {
        const struct profile_group *const g =
            &p->groups[seldom(m, 2) ? likely % p->group_count : below(m, p->group_count)];

        if (g->link_count && !seldom(m, 6))
            i->token = g->links[below(m, g->link_count)].token;
        if (i->token)
            i->class = !token_software(i->token)              ? EVIDENCE_TECHNIQUE
                       : profiles_tool(m->profiles, i->token) ? EVIDENCE_TOOL
                                                              : EVIDENCE_MALWARE;
    }
    i->value = i->class == EVIDENCE_VICTIM ? victims[below(m, COUNT(victims))]
               : i->token                  ? text_of(m, "token %u", i->token)
                                           : text_of(m, "value %u", (unsigned)below(m, 12));
    make_links(m, i, p, likely);
}

static void make(struct making *m, struct evidence *out, const struct profile *p) {
    size_t const n = below(m, ITEMS + 1), likely = below(m, p->group_count);
    struct evidence_item *const items = arena_zero(m->a, n + 1, sizeof *items);
    int64_t const first = some_day(m, 3);

    if (!items)
        abort();
    for (size_t i = 0; i < n; i++)
        make_item(m, &items[i], p, likely);
    *out = (struct evidence){.incident = (uint32_t)below(m, 3),
                             .title = S("made up"),
                             .first = first,
                             .last = first == INSTANT_NONE ? first : first + 30 * DAY,
                             .items = items,
                             .item_count = n};
}

static bool one(struct making *m, const struct assess_options *options, struct buf *b, struct err *e) {
    const struct profile *const newest = &m->profiles->releases[m->profiles->count - 1];
    struct assess_options past = *options;
    struct assessment *now = NULL, *then = NULL;
    struct written *w = NULL;
    struct evidence v;
    bool ok;

    make(m, &v, newest);
    past.as_of = m->profiles->releases[below(m, m->profiles->count)].day * DAY + (int64_t)below(m, 100) * DAY;
    ok = assess(&now, &v, options, e) && (seldom(m, 3) || assess(&then, &v, &past, e)) &&
         written_make(&w, now, then, NULL, e) && written_json(b, now, then, w, e);
    written_free(w);
    assessment_free(now);
    assessment_free(then);
    return ok;
}

int main(int argc, char **argv) {
    struct making m = {0};
    struct profiles *profiles = NULL;
    struct parameters parameters;
    struct evidence_rules rules = {0};
    struct err e = {0};
    bool ok = argc == 4 && profiles_open(&profiles, argv[1], &e) && parameters_builtin(&parameters, &e) &&
              evidence_rules_builtin(&rules, &e);
    struct assess_options const options = {
        .profiles = profiles, .parameters = &parameters, .rules = &rules, .as_of = INSTANT_NONE};

    if (ok)
        m = (struct making){.state = strtoull(argv[2], NULL, 10), .profiles = profiles};
    for (unsigned long i = 0; ok && i < strtoul(argv[3], NULL, 10); i++) {
        struct buf b = {0};

        ok = (m.a = arena_new((size_t)64 << 20)) != NULL && one(&m, &options, &b, &e);
        if (ok)
            printf("%.*s\n", STR_ARG(buf_str(&b)));
        arena_free(m.a);
        buf_free(&b);
    }
    if (!ok)
        fprintf(stderr, "assessment_print: %s\n", e.text);
    evidence_rules_free(&rules);
    profiles_free(profiles);
    return !ok;
}
