/* hunt_mail: messages into campaigns, campaigns into the case and the second pass, its answers into the case. */
#include "cli/hunt_mail.h"

#include "incident/mail_knowledge.h"
#include "incident/mail_roster.h"
#include "reader/mail_house.h"
#include "report/finding_text.h"
#include "report/mail_case.h"

#define CAMPAIGN_MEMORY ((size_t)64 << 20)
/* For "%lu thing%s". */
#define COUNTED(n) (unsigned long)(n), (n) == 1 ? "" : "s"
#define EARLY (INT64_C(120) * 1000000000) /* clocks differ by less */
#define SUBJECT_SHOWN 48u                 /* characters */
#define TOP 3u                            /* campaigns that the summary names */

/* A campaign that the summary names. */
struct top {
    struct buf text;
    uint64_t opened, fetched, followed; /* recipients */
};

struct hunt_mail {
    struct hunt_mail_options o;
    struct mail_roster *roster;
    struct mail_knowledge *knowledge;
    struct mail_campaigns *campaigns; /* NULL until a message comes */
    struct mail_job *job;
    struct arena *message, *texts;
    uint64_t messages, campaign_count, states[OPEN_STATES], lost, changed, tokens;
    struct mail_job_result result;
    struct top top[TOP];
    struct buf changes; /* lines of the summary */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for mail");
}

static enum mail_source source(void *ctx, str client_address, str user_agent) {
    const struct hunt_mail *const m = ctx;
    struct mail_fetcher who;

    if (!m->knowledge || !mail_fetcher_known(m->knowledge, user_agent, (str){"", 0}, client_address, &who))
        return MAIL_SOURCE_UNKNOWN;
    return who.type == MAIL_FETCHER_GATEWAY ? MAIL_SOURCE_GATEWAY : MAIL_SOURCE_IMAGE_PROXY;
}

static bool common(void *ctx, str host) {
    const struct hunt_mail *const m = ctx;

    return m->knowledge && mail_host_common(m->knowledge, host);
}

bool hunt_mail_new(struct hunt_mail **out, const struct hunt_mail_options *options, struct err *e) {
    struct hunt_mail *const m = calloc(1, sizeof *m);
    struct mail_job_options const job = {.hunt = options->hunt, .source = source, .source_ctx = m, .common = common};

    if (!m)
        return no_memory(e);
    m->o = *options;
    m->message = arena_new((size_t)64 << 20);
    m->texts = arena_new((size_t)1 << 20);
    bool ok = (m->message && m->texts) || no_memory(e);

    ok = ok && (!options->roster || mail_roster_open(&m->roster, options->roster, e)) && mail_job_new(&m->job, &job, e);
    if (!ok) {
        hunt_mail_free(m);
        return false;
    }
    *out = m;
    return true;
}

void hunt_mail_free(struct hunt_mail *m) {
    if (!m)
        return;
    mail_job_free(m->job);
    mail_campaigns_free(m->campaigns);
    mail_knowledge_free(m->knowledge);
    mail_roster_free(m->roster);
    arena_free(m->message);
    arena_free(m->texts);
    for (size_t i = 0; i < TOP; i++)
        buf_free(&m->top[i].text);
    buf_free(&m->changes);
    free(m);
}

/* ---- the first pass ---- */

static bool campaigns_begin(struct hunt_mail *m, struct err *e) {
    if (!mail_knowledge_new(&m->knowledge, e))
        return false;
    struct mail_campaign_options options = {
        .roster = m->roster, .knowledge = m->knowledge, .memory_max = CAMPAIGN_MEMORY};

    options.own_domains = mail_house_own(m->o.hunt->house, &options.own_count);

    return mail_campaigns_new(&m->campaigns, &options, e);
}

bool hunt_mail_collected(struct hunt_mail *m, const struct normal_event *v, struct err *e) {
    struct mail_message message;

    if (!str_eq(v->kind, S("mail/message")))
        return true;
    if (!m->campaigns && !campaigns_begin(m, e))
        return false;
    arena_reset(m->message);
    if (!mail_message_of(v, m->message, &message))
        return no_memory(e);
    m->messages++;
    return mail_campaigns_add(m->campaigns, &message, e);
}

bool hunt_mail_finding(struct hunt_mail *m, const struct finding *f, struct err *e) {
    return mail_job_finding(m->job, f, e);
}

bool hunt_mail_custody(struct hunt_mail *m, const struct custody *c, struct err *e) {
    return mail_job_custody(m->job, c, e);
}

/* ---- after it ---- */

/* A line of its own, cut where a narrow terminal ends. */
static void subject(struct buf *b, str text) {
    size_t const from = b->len;
    size_t end = from, shown = 0;

    finding_plain(b, text.len ? text : S("(no subject)"), false);
    for (; end < b->len && shown < SUBJECT_SHOWN; shown++)
        do
            end++;
        while (end < b->len && (b->ptr[end] & 0xc0) == 0x80);
    if (end < b->len) {
        b->len = end;
        buf_add(b, S("…"));
    }
    buf_byte(b, '\n');
}

static bool on_campaign(void *ctx, const struct mail_campaign *c, struct err *e) {
    struct hunt_mail *const m = ctx;

    m->tokens += c->token_count;
    if (m->campaign_count < TOP) {
        struct buf *const b = &m->top[m->campaign_count].text;

        buf_format(b, "  %-8.*s %lu message%s to %lu recipient%s\n           ", STR_ARG(mail_score_word(c->score)),
                   COUNTED(c->message_count), COUNTED(c->recipient_count));
        subject(b, c->subject);
    }
    m->campaign_count++;
    return (!m->o.writer || mail_case_campaign(m->o.writer, c, e)) &&
           (!m->o.incidents || incidents_campaign(m->o.incidents, c, e)) && mail_job_campaign(m->job, c, e);
}

/* Why nothing more is known of a recipient. */
static void reason(struct buf *b, const struct mail_answer *a) {
    char from[INSTANT_TEXT], to[INSTANT_TEXT];

    switch (a->state) {
    case OPEN_NOT_FETCHED:
        buf_format(b, "nobody asked for it in %.*s from %.*s to %.*s", STR_ARG(a->covered_by),
                   STR_ARG(instant_format(a->covered_from, from)), STR_ARG(instant_format(a->covered_to, to)));
        break;
    case OPEN_SOMEBODY:
        buf_add(b, S("its host was asked for by somebody whom the logs do not name"));
        break;
    case OPEN_NOT_COVERED:
        buf_add(b, S("no log of the web holds that time"));
        break;
    case OPEN_NO_TOKEN:
        buf_add(b, S("the mail has no address that is this recipient's alone"));
        break;
    case OPEN_OPENED:
    case OPEN_PREFETCHED:
        buf_format(b, "%.*s, record %lu", STR_ARG(a->first.evidence_path), (unsigned long)a->first.record);
        if (a->first.account.len && !str_eq(a->first.account, S("-")))
            buf_format(b, ", by account %.*s", STR_ARG(a->first.account));
        if (a->state == OPEN_PREFETCHED && a->first.when != INSTANT_NONE && a->delivered != INSTANT_NONE &&
            a->first.when < instant_moved(a->delivered, -EARLY))
            buf_add(b, S(", before it was delivered"));
        if (a->first.how != OPEN_BY_TOKEN)
            buf_format(b, " (by %.*s)", STR_ARG(mail_open_how_name(a->first.how)));
        break;
    case OPEN_STATES:
        break;
    }
}

static void follow_up(struct buf *b, const struct mail_followed *f) {
    char when[INSTANT_TEXT];

    if (b->len)
        buf_byte(b, '\n');
    buf_format(b, "%.*s %.*s: ", STR_ARG(instant_format(f->when, when)), STR_ARG(mail_follow_name(f->what)));
    finding_plain(b, f->detail, false); /* a new line is the next thing that followed */
    if (f->known)
        buf_format(b, ", of an account known for %ld days", (long)(f->known / INT64_C(86400000000000)));
    buf_add(b, S(" ("));
    finding_plain(b, f->evidence_path, false);
    buf_format(b, ", record %lu)", (unsigned long)f->record);
}

static bool on_answer(void *ctx, const struct mail_answer *a, const struct mail_followed *followed, size_t count,
                      struct err *e) {
    struct hunt_mail *const m = ctx;
    struct buf why = {0}, after = {0};
    bool const fetched = a->state == OPEN_OPENED || a->state == OPEN_PREFETCHED;

    m->states[a->state]++;
    if (a->campaign >= 1 && a->campaign <= TOP) {
        struct top *const top = &m->top[a->campaign - 1];

        top->opened += a->state == OPEN_OPENED;
        top->fetched += a->state == OPEN_PREFETCHED;
        top->followed += count > 0;
    }
    if (m->o.incidents && !incidents_opening(m->o.incidents, a, e))
        return false;
    if (!m->o.writer || !a->recipient.len)
        return true;
    reason(&why, a);
    for (size_t i = 0; i < count; i++)
        follow_up(&after, &followed[i]);
    struct mail_opening const opening = {.status = a->state == OPEN_OPENED       ? MAIL_OPENED
                                                   : a->state == OPEN_PREFETCHED ? MAIL_FETCHED
                                                   : a->arrived                  ? MAIL_DELIVERED
                                                                                 : MAIL_ADDRESSED,
                                         .when = fetched ? a->first.when : INSTANT_NONE,
                                         .from = fetched ? a->first.client_address : (str){"", 0},
                                         .with = fetched ? a->first.client_program : (str){"", 0},
                                         .source = buf_str(&why),
                                         .follow_ups = count,
                                         .follow_ups_text = buf_str(&after)};
    bool const ok = why.failed || after.failed ? no_memory(e)
                                               : mail_case_opening(m->o.writer, a->campaign, a->recipient, &opening, e);

    buf_free(&why);
    buf_free(&after);
    return ok;
}

static bool on_somebody(void *ctx, const struct mail_somebody *s, struct err *e) {
    (void)ctx; /* each answer says that there was somebody */
    (void)s;
    (void)e;
    return true;
}

static bool on_lost(void *ctx, uint64_t campaign, struct err *e) {
    (void)campaign;
    (void)e;
    ((struct hunt_mail *)ctx)->lost++;
    return true;
}

static bool on_changed(void *ctx, str path, bool gone, struct err *e) {
    struct hunt_mail *const m = ctx;

    (void)e;
    if (m->changed++ < TOP) {
        buf_add(&m->changes, S("  "));
        finding_plain(&m->changes, path, false);
        buf_add(&m->changes, gone ? S(" is gone\n") : S(" is not what it was\n"));
    }
    return true;
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    const struct hunt_mail *const m = ctx;

    m->o.progress(m->o.ctx, done, total);
}

bool hunt_mail_end(struct hunt_mail *m, struct err *e) {
    struct mail_job_visitor const visitor = {
        on_answer, on_somebody, on_lost, on_changed, m->o.progress ? on_progress : NULL, m};

    return !m->campaigns ||
           (mail_campaigns_end(m->campaigns, on_campaign, m, e) && mail_job_run(m->job, &visitor, &m->result, e));
}

void hunt_mail_print(const struct hunt_mail *m, struct buf *b) {
    if (!m->messages)
        return;
    buf_format(b, "\nMAIL: %lu message%s, %lu campaign%s\n", COUNTED(m->messages), COUNTED(m->campaign_count));
    for (size_t i = 0; i < TOP; i++) {
        const struct top *const top = &m->top[i];

        buf_add(b, buf_str(&top->text));
        if (top->opened + top->fetched)
            buf_format(b, "           opened by %lu", (unsigned long)top->opened);
        if (top->fetched)
            buf_format(b, ", fetched for %lu more by gateways and image proxies only", (unsigned long)top->fetched);
        if (top->opened + top->fetched)
            buf_byte(b, '\n');
        if (top->followed)
            buf_format(b, "           something followed on %lu account%s\n", COUNTED(top->followed));
    }
    if (m->states[OPEN_OPENED] + m->states[OPEN_PREFETCHED])
        buf_add(b, S("  who opened which: longwatch mail recipients CASE CAMPAIGN\n"));
    else if (m->tokens)
        buf_add(b, S("  no log of this evidence says that somebody opened one\n"));
    if (m->lost)
        buf_format(b, "  who opened the last %lu campaigns was not looked for: too many addresses\n",
                   (unsigned long)m->lost);
    if (m->result.follow_lost)
        buf_format(b, "  %lu findings and sign-ins did not fit when accounts were followed\n",
                   (unsigned long)m->result.follow_lost);
    if (m->changed) {
        buf_format(b, "  THE EVIDENCE CHANGED between the two passes: %lu file%s\n", (unsigned long)m->changed,
                   m->changed == 1 ? "" : "s");
        buf_add(b, buf_str(&m->changes));
    }
}
