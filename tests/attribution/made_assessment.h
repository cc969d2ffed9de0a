/* made_assessment: an assessment that is put together by hand, so that a test may ask for any level, confidence and chance. Nothing here was judged. */
#ifndef TESTS_MADE_ASSESSMENT_H
#define TESTS_MADE_ASSESSMENT_H

#include <math.h>
#include <stdlib.h>

#include "attribution/assessment.h"
#include "base/compiler.h"
#include "base/instant.h"

/* 2021-03-01T00:00:00Z */
#define MADE_AT INT64_C(1614556800000000000)
#define MADE_DAY INT64_C(86400000000000)

enum { MADE_GROUPS = 3, MADE_ITEMS = 4, MADE_HYPOTHESES = 8, MADE_ROWS = 3 };

struct made {
    struct profile_group of[MADE_GROUPS];
    struct token_count listed[1];
    struct profile profile;
    struct parameters parameters;
    struct evidence_rules rules;
    struct evidence_item items[MADE_ITEMS];
    struct evidence_link links[2], statement[1];
    struct evidence evidence;
    struct judged judged[MADE_GROUPS];
    struct assessed_group groups[MADE_GROUPS];
    struct assessed_link assessed[2];
    enum consistency cells[MADE_HYPOTHESES][MADE_ROWS];
    struct hypothesis hypotheses[MADE_HYPOTHESES];
    struct matrix_row rows[MADE_ROWS];
    struct sensitivity sensitivities[2];
    struct assessed_nation nations[2];
    struct assessment a;
};

static const str made_why[] = {STR("it rests on one class of evidence"), STR("Two gaps are open.")};
static const struct evidence_gap made_gaps[] = {
    {STR("no log tells who read the mailboxes before 2020-06-01"), STR("mailbox audit log (MailItemsAccessed)")}};
static const struct evidence_gap made_wanted[] = {
    {STR("malware identified by its code would carry a name"), STR("memory image of web01")}};
static const struct evidence_sign made_signs[] = {
    {OTHER_SEVERAL, false, STR("two clusters of working hours, nine hours apart")}};

/* Of groups the first has `first`, the others what is left after none, in halves. */
static inline void made_assessment(struct made *m, enum assessed_level level, enum assessed_confidence confidence,
                                   double none, double first) {
    static const struct {
        str id, name, nation;
    } names[MADE_GROUPS] = {{STR("G0128"), STR("APT31"), STR("CN")},
                            {STR("G0065"), STR("Leviathan"), STR("CN")},
                            {STR("G0010"), STR("Turla"), STR("RU")}};
    static const str others[MADE_HYPOTHESES] = {STR("APT31"),
                                                STR("Leviathan"),
                                                STR("Turla"),
                                                STR("a group that nobody has published"),
                                                STR("a supplier or relay network of a known group, used by another"),
                                                STR("more than one intruder"),
                                                STR("a false flag"),
                                                STR("not an intrusion")};
    double const rest = fmax(0, 1 - none - first) / 2;

    *m = (struct made){.listed = {{1114002, 12}}};
    m->profile = (struct profile){.release = S("ATT&CK v18.1"),
                                  .day = 20405,
                                  .groups = m->of,
                                  .group_count = MADE_GROUPS,
                                  .listed = m->listed,
                                  .listed_count = 1};
    m->parameters = (struct parameters){.none = 0.5, .gate = {0.55, 1, 0.45}};
    m->rules = (struct evidence_rules){.next = 0.2, .supplier = 0.3, .outside = -0.2, .untouched = -0.2, .nation = 0.3};
    for (size_t i = 0; i < EVIDENCE_CLASSES; i++)
        m->rules.classes[i] = (struct evidence_rule){
            .bans = 0.1 + 0.01 * (double)i, .cap = 0.6, .credibility = 4, .why = S("made up"), .source = S("none")};
    m->links[0] = (struct evidence_link){.group = S("APT31"),
                                         .source = S("Sekoia, apt31-2021-11-10"),
                                         .origin = S(""),
                                         .said = MADE_AT + 254 * MADE_DAY,
                                         .from = MADE_AT - 59 * MADE_DAY,
                                         .until = INSTANT_NONE,
                                         .reliability = 'B'};
    m->links[1] = (struct evidence_link){.group = S("APT31"),
                                         .source = S("a list without a date"),
                                         .origin = S(""),
                                         .said = INSTANT_NONE,
                                         .from = INSTANT_NONE,
                                         .until = INSTANT_NONE,
                                         .reliability = 'F',
                                         .credibility = 6};
    m->items[0] = (struct evidence_item){.class = EVIDENCE_TECHNIQUE,
                                         .token = 1114002,
                                         .value = S("T1114.002"),
                                         .words = S("mailboxes were read from outside"),
                                         .first = MADE_AT,
                                         .last = MADE_AT + 40 * MADE_DAY,
                                         .count = 1013,
                                         .place = S("1.1"),
                                         .path = S("evidence/m365/audit-2021.json"),
                                         .sha256 = "3f1c5a9e0b7d2468ace013579bdf02468ace13579bdf02468ace013579bdf024",
                                         .record = 7,
                                         .offset = 4711,
                                         .reliability = 'A',
                                         .credibility = 2};
    m->items[1] = (struct evidence_item){.class = EVIDENCE_DOMAIN,
                                         .value = S("px.example"),
                                         .words = S("a picture in 20 mails was fetched from px.example"),
                                         .first = MADE_AT - 20 * MADE_DAY,
                                         .last = MADE_AT - 20 * MADE_DAY,
                                         .count = 1,
                                         .place = S("17"),
                                         .path = S(""),
                                         .sha256 = "",
                                         .reliability = 'A',
                                         .credibility = 1,
                                         .supplier = true,
                                         .links = m->links,
                                         .link_count = 2};
    m->items[2] = (struct evidence_item){.class = EVIDENCE_VICTIM,
                                         .value = S("GB"),
                                         .words = S("the victim sits there"),
                                         .first = INSTANT_NONE,
                                         .last = INSTANT_NONE,
                                         .place = S(""),
                                         .path = S(""),
                                         .sha256 = "",
                                         .given = true,
                                         .reliability = 'B',
                                         .credibility = 2};
    m->items[3] = (struct evidence_item){.class = EVIDENCE_HOURS,
                                         .value = S("UTC+8"),
                                         .words = S("412 acts between 01:00 and 09:00 UTC, on Mondays to Fridays"),
                                         .first = MADE_AT,
                                         .last = MADE_AT + 40 * MADE_DAY,
                                         .count = 412,
                                         .place = S(""),
                                         .path = S(""),
                                         .sha256 = "",
                                         .reliability = 'A',
                                         .credibility = 3};
    m->evidence = (struct evidence){.incident = 1,
                                    .title = S("Mailboxes read from outside for years"),
                                    .first = MADE_AT,
                                    .last = MADE_AT + 40 * MADE_DAY,
                                    .score = 7.5,
                                    .items = m->items,
                                    .item_count = MADE_ITEMS,
                                    .gaps = made_gaps,
                                    .gap_count = 1,
                                    .signs = made_signs,
                                    .sign_count = 1};
    m->assessed[0] = (struct assessed_link){.item = 0, .link = UINT32_MAX, .decay = 1, .why_not = ""};
    m->assessed[1] =
        (struct assessed_link){.item = 1, .link = 0, .decay = 1, .bans = 0.36, .counted = 0.36, .why_not = ""};
    for (size_t i = 0; i < MADE_GROUPS; i++) {
        m->of[i] = (struct profile_group){.id = names[i].id, .name = names[i].name, .nation = names[i].nation};
        m->judged[i] = (struct judged){.group = i,
                                       .measures = {1.0 / 3, 0.1, 0, 0, 0, log1p((double)i), -2.0 / 7},
                                       .coverage = 1.0 / 7,
                                       .score = 2 - (double)i,
                                       .share = 0.5 / (double)(i + 1),
                                       .posterior = 0.1 / (double)(i + 1)};
        m->groups[i] = (struct assessed_group){.group = i,
                                               .id = names[i].id,
                                               .name = names[i].name,
                                               .nation = names[i].nation,
                                               .judged = &m->judged[i],
                                               .base = m->judged[i].posterior,
                                               .bans = i ? 0 : 0.36,
                                               .posterior = i ? rest : first};
    }
    m->groups[0].classes[EVIDENCE_DOMAIN] = 0.36;
    m->groups[0].links = m->assessed;
    m->groups[0].link_count = 2;
    for (size_t i = 0; i < MADE_HYPOTHESES; i++) {
        for (size_t k = 0; k < MADE_ROWS; k++)
            m->cells[i][k] = (enum consistency)((i + 2 * k) % 5);
        m->hypotheses[i] = (struct hypothesis){
            .type =
                i < MADE_GROUPS ? HYPOTHESIS_GROUP : (enum hypothesis_type)(HYPOTHESIS_NONE + (int)(i - MADE_GROUPS)),
            .group = i < MADE_GROUPS ? (uint32_t)i : 0,
            .words = others[i],
            .cells = m->cells[i],
            .against = (unsigned)i % 3,
            .much_against = i == 7,
            .probability = i < MADE_GROUPS    ? m->groups[i].posterior
                           : i == MADE_GROUPS ? none
                                              : NAN,
            .rejected = i == 7,
            .verdict =
                i == 4 ? S("cannot be excluded: what points to a group is infrastructure that several rent") : S("")};
    }
    m->rows[0] = (struct matrix_row){S("px.example"), 1, EVIDENCE_DOMAIN, true};
    m->rows[1] = (struct matrix_row){S("working hours of UTC+8"), 3, EVIDENCE_HOURS, true};
    m->rows[2] = (struct matrix_row){S("techniques that many use"), UINT32_MAX, EVIDENCE_TECHNIQUE, false};
    m->sensitivities[0] = (struct sensitivity){.what = WITHOUT_CLASS,
                                               .class = EVIDENCE_DOMAIN,
                                               .words = S("without domains of the operation"),
                                               .first = NO_GROUP,
                                               .first_group = 1,
                                               .posterior = 0.1,
                                               .none = 0.7,
                                               .level = ASSESSED_CLUSTER,
                                               .changes = true};
    m->sensitivities[1] = (struct sensitivity){.what = WITHOUT_ITEM,
                                               .item = 3,
                                               .words = S("without working hours"),
                                               .first = 0,
                                               .posterior = first,
                                               .none = none,
                                               .level = level};
    m->nations[0] = (struct assessed_nation){.country = "CN", .posterior = first + rest, .groups = 2};
    m->nations[1] = (struct assessed_nation){.country = "RU", .posterior = rest, .groups = 1};
    m->a = (struct assessment){.evidence = &m->evidence,
                               .profile = &m->profile,
                               .parameters = &m->parameters,
                               .rules = &m->rules,
                               .as_of = INT64_C(1790000000000000000), /* 2026-09-21 */
                               .judgement = {.groups = m->judged, .count = MADE_GROUPS, .none = 0.6, .margin = 1},
                               .base_none = 0.6,
                               .groups = m->groups,
                               .group_count = MADE_GROUPS,
                               .none = none,
                               .margin = INFINITY,
                               .families = 2,
                               .level = level,
                               .confidence = confidence,
                               .confidence_why = made_why,
                               .confidence_why_count = COUNT(made_why),
                               .rows = m->rows,
                               .row_count = MADE_ROWS,
                               .hypotheses = m->hypotheses,
                               .hypothesis_count = MADE_HYPOTHESES,
                               .sensitivities = m->sensitivities,
                               .sensitivity_count = 2,
                               .nations = m->nations,
                               .nation_count = 2,
                               .wanted = made_wanted,
                               .wanted_count = 1};
    for (size_t i = 0; i < GATES; i++)
        m->a.gates[i] = (struct assessed_gate_state){level == ASSESSED_CONSISTENT || i > 1, 0.55, i == 2 ? NAN : first,
                                                     S("the first group would need 0.55")};
}

/* Every text of it. */
static inline void made_hostile(struct made *m, str s) {
    for (size_t i = 0; i < MADE_ITEMS; i++)
        m->items[i].value = m->items[i].words = m->items[i].place = m->items[i].path = s;
    m->items[3].class = EVIDENCE_STATEMENT;
    for (size_t i = 0; i < 2; i++)
        m->links[i].group = m->links[i].source = m->links[i].origin = s;
    m->links[0].reliability = '\x1b';
    m->links[0].credibility = 200;
    m->evidence.title = s;
    for (size_t i = 0; i < MADE_GROUPS; i++)
        m->groups[i].name = m->groups[i].id = m->groups[i].nation = s;
    for (size_t i = 0; i < MADE_HYPOTHESES; i++)
        m->hypotheses[i].words = m->hypotheses[i].verdict = s;
    m->rows[0].words = m->sensitivities[0].words = s;
    m->profile.release = s;
}

#endif
