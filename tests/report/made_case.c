/* made_case: writes a made-up case for the tests of the dossier: made_case PATH [FINDINGS [INCIDENTS]]. Of FINDINGS more than
 * nine a test of size; INCIDENTS: 0 none, 3 the story of made_incidents.h, more: that many, the third one over and over. */
#include <stdio.h>
#include <stdlib.h>

#include "incident/mail_campaign.h"
#include "../attribution/made_assessment.h"
#include "attribution/written.h"
#include "made_incidents.h"
#include "report/assessment_case.h"
#include "report/incident_case.h"
#include "report/mail_case.h"

static const struct sigma_rule rules[] = {
    {.type = SIGMA_DETECTION,
     .id = STR("5b2e3f30-1111-4222-8333-444455556666"),
     .title = STR("New inbox rule that moves mail to RSS feeds"),
     .level = LEVEL_HIGH},
    {.type = SIGMA_DETECTION,
     .id = STR("rule-ntds"),
     .title = STR("Volume shadow copy of a domain controller"),
     .level = LEVEL_CRITICAL},
    {.type = SIGMA_DETECTION, .id = MADE_BAD_TEXT, .title = MADE_BAD_TEXT, .level = LEVEL_LOW},
};
static const struct detect_match matches[] = {
    {STR("Parameters"), STR("MoveToFolder=RSS Feeds; SubjectContainsWords=password")},
    {STR("User"), STR("finn.wagner@chamber.example")}};

static bool findings(struct case_writer *w, uint64_t count, struct err *e) {
    for (uint64_t i = 1; i <= count; i++) {
        struct finding const f = {.number = i,
                                  .rule = &rules[i % COUNT(rules)],
                                  .when = MADE_FIRST + (int64_t)(i * 1151 % 97651) * 1000000000000,
                                  .kind = STR("m365/exchange/New-InboxRule"),
                                  .host = STR("dc01.chamber.example"),
                                  .account = STR("finn.wagner@chamber.example"),
                                  .client_address = STR("198.18.32.7"),
                                  .evidence_path = MADE_MAIL,
                                  .evidence_sha256 = MADE_SHA_A,
                                  .record = i,
                                  .offset = i * 1000,
                                  .salvaged = i % 1000 == 7,
                                  .time_text = STR("2019-03-04T05:12:00Z"),
                                  .logsource = STR(""),
                                  .matches = matches,
                                  .match_count = COUNT(matches)};

        if (!case_writer_finding(w, &f, e))
            return false;
    }
    return true;
}

static bool ledger(struct case_writer *w, uint64_t found, struct err *e) {
    static const struct {
        str path;
        const char *sha256, *reader;
        str log, host, not_read;
        int64_t first, last;
    } files[] = {
        {MADE_MAIL, MADE_SHA_A, "json", STR("m365/exchange"), STR(""), STR(""), MADE_FIRST - 200 * MADE_DAY_NS,
         MADE_FIRST + 1130 * MADE_DAY_NS},
        {MADE_IIS, MADE_SHA_C, "w3c", STR("iis"), STR("web01"), STR(""), MADE_FIRST + 300 * MADE_DAY_NS,
         MADE_FIRST + 900 * MADE_DAY_NS},
        {MADE_EVTX, MADE_SHA_B, "evtx", STR("Security"), STR("dc01.chamber.example"), STR(""),
         MADE_FIRST + 100 * MADE_DAY_NS, MADE_FIRST + 400 * MADE_DAY_NS},
        {STR("evidence/mail/archive.mbox"), MADE_SHA_C, "mail", STR("mail"), STR(""), STR(""),
         MADE_FIRST - 60 * MADE_DAY_NS, MADE_FIRST + 700 * MADE_DAY_NS},
        {STR("evidence/phone/pbx.bin"), MADE_SHA_B, NULL, STR(""), STR(""), STR("no reader knows this format"),
         INSTANT_NONE, INSTANT_NONE},
        {MADE_BAD_TEXT, "", "json", MADE_BAD_TEXT, MADE_BAD_TEXT, STR(""), MADE_FIRST, MADE_FIRST + MADE_DAY_NS},
    };

    for (size_t i = 0; i < COUNT(files); i++) {
        struct custody const line = {.path = files[i].path,
                                     .sha256 = files[i].sha256,
                                     .size = 99300021 + i,
                                     .reader = files[i].reader,
                                     .not_read = files[i].not_read,
                                     .records = files[i].reader ? 40301 + i : 0,
                                     .damages = i == 2,
                                     .damage_bytes = 65536 * (i == 2),
                                     .findings = i ? 0 : found,
                                     .zone = STR("UTC"),
                                     .first = files[i].first,
                                     .last = files[i].last};
        struct custody_coverage const covered = {files[i].path, files[i].sha256, files[i].host, files[i].log,
                                                 40301,         files[i].first,  files[i].last};
        struct custody_damage const damage = {files[i].path, 4096, 65536, MADE_BAD_TEXT};

        if ((files[i].reader && !case_writer_coverage(w, &covered, e)) || !case_writer_custody(w, &line, e) ||
            (i == 2 && !case_writer_damage(w, &damage, e)))
            return false;
    }
    struct custody_gap const silence = {.type = GAP_SILENCE,
                                        .host = STR("dc01.chamber.example"),
                                        .log = STR("Security"),
                                        .after = MADE_FIRST + 240 * MADE_DAY_NS,
                                        .before = MADE_FIRST + 260 * MADE_DAY_NS,
                                        .usual_hours = 3};
    struct custody_gap const records = {.type = GAP_RECORDS,
                                        .host = MADE_BAD_TEXT,
                                        .log = STR("Security"),
                                        .from = 70121,
                                        .to = 70999,
                                        .after = INSTANT_NONE,
                                        .before = INSTANT_NONE};

    return case_writer_gap(w, &silence, e) && case_writer_gap(w, &records, e);
}

static bool asked(struct case_writer *w, struct err *e) {
    static const struct {
        const char *status;
        str id, title, reason;
    } lines[] = {
        {"evaluated", STR("rule-ntds"), STR("Volume shadow copy of a domain controller"), STR("")},
        {"evaluated", STR("quiet"), STR("A rule that found nothing"), STR("")},
        {"no data", STR("dns"), STR("Look-ups of a name that nobody else looks up"), STR("no event of its log source")},
        {"failed", STR(""), MADE_BAD_TEXT, MADE_BAD_TEXT},
    };

    for (size_t i = 0; i < COUNT(lines); i++) {
        struct sigma_verdict const v = {.path = STR("rules/own.yml"),
                                        .line = (uint32_t)i * 20 + 1,
                                        .id = lines[i].id,
                                        .title = lines[i].title,
                                        .reason = lines[i].reason};

        if (!case_writer_rule(w, &v, lines[i].status, 0, e))
            return false;
    }
    return case_writer_fact(w, "version", S("made up"), e) && case_writer_fact(w, "zone", S("UTC"), e);
}

static bool campaign(struct case_writer *w, uint64_t number, str subject, struct err *e) {
    static const struct mail_reason reasons[] = {
        {STR("unique tokens"), 3, STR("60 tokens for 20 recipients at px.example")},
        {STR("years of mail"), -3, MADE_BAD_TEXT}};
    static const str senders[] = {STR("desk@post-reader.example"), MADE_BAD_TEXT};
    static const struct mail_campaign_message messages[] = {
        {STR("evidence/mail/archive.mbox"), MADE_SHA_C, 88, 120033, 1, MADE_FIRST - 20 * MADE_DAY_NS, STR("1@x"),
         STR("desk@post-reader.example"), STR("Desk"), STR(""), STR("S")}};
    struct mail_campaign const c = {.number = number,
                                    .score = 6.5,
                                    .reasons = reasons,
                                    .reason_count = 2,
                                    .subject = subject,
                                    .service = STR(""),
                                    .senders = senders,
                                    .sender_count = 2,
                                    .first = MADE_FIRST - 20 * MADE_DAY_NS,
                                    .last = MADE_FIRST,
                                    .messages = messages,
                                    .message_count = 1,
                                    .copies = 1};

    return mail_case_campaign(w, &c, e);
}

static bool incidents(struct case_writer *w, unsigned count, struct err *e) {
    struct made_story *const m = made_story();
    struct behaviours *behaviours = NULL;
    bool ok = m && behaviours_open(&behaviours, e) && incident_case_methods(w, behaviours, e);

    for (unsigned i = 0; ok && i < count; i++) {
        struct incident n = m->incidents[i < MADE_INCIDENTS ? i : MADE_INCIDENTS - 1];

        n.number = i + 1;
        ok = incident_case_incident(w, &n, m->clues, MADE_CLUES, e);
    }
    behaviours_free(behaviours);
    free(m);
    return ok;
}

/* Of the first incident a likeness, by what was public then and now; the second was not judged; of the third every text is hostile. */
static bool judged(struct case_writer *w, unsigned incident, bool bad, const struct groups *names, struct err *e) {
    static struct made m, then;
    struct written *words = NULL;
    struct buf b = {0};

    made_assessment(&m, bad ? ASSESSED_CONSISTENT : ASSESSED_RESEMBLES, CONFIDENCE_LOW, bad ? 0.2 : 0.42,
                    bad ? 0.7 : 0.31);
    made_assessment(&then, ASSESSED_CLUSTER, CONFIDENCE_LOW, 0.8, 0.05);
    then.profile.release = S("ATT&CK v8.2");
    then.a.as_of = MADE_AT + 40 * MADE_DAY;
    m.evidence.incident = then.evidence.incident = incident;
    if (bad)
        made_hostile(&m, (str)MADE_BAD_TEXT);
    bool const ok = written_make(&words, &m.a, &then.a, names, e) && written_json(&b, &m.a, &then.a, words, e) &&
                    assessment_case_write(w, incident, buf_str(&b), e);

    written_free(words);
    buf_free(&b);
    return ok;
}

static bool judgements(struct case_writer *w, unsigned count, struct err *e) {
    struct groups *names = NULL;
    bool ok = groups_new(&names, e) && groups_join(names, e);

    for (unsigned i = 1; ok && i <= count; i++)
        ok = i == 2 ? assessment_case_none(w, i, S("nothing that was seen is in a profile"), e)
                    : judged(w, i, i > 2, names, e);
    groups_free(names);
    return ok;
}

int main(int argc, char **argv) {
    uint64_t const found = argc > 2 ? strtoull(argv[2], NULL, 10) : 90;
    unsigned const count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : MADE_INCIDENTS;
    struct case_writer *w = NULL;
    struct err e = {0};

    if (argc < 2)
        return 2;
    bool const ok = case_writer_open(&w, argv[1], true, &e) && findings(w, found, &e) && ledger(w, found, &e) &&
                    asked(w, &e) && campaign(w, 1, S("Your subscription to the China Policy Digest"), &e) &&
                    campaign(w, 2, (str)MADE_BAD_TEXT, &e) && incidents(w, count, &e) && judgements(w, count, &e) &&
                    case_writer_finish(w, &e);

    case_writer_close(w);
    if (!ok)
        fprintf(stderr, "made_case: %s\n", e.text);
    return !ok;
}
