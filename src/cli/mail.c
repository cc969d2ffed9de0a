/* mail: `longwatch mail campaigns CASE` and `longwatch mail recipients CASE CAMPAIGN`: which mails belong together, why they stand
 * where they stand, who got which token, and who opened them. */
#include <unistd.h>

#include "base/instant.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "report/finding_text.h"
#include "report/mail_case.h"

#define SENDERS_SHOWN 3u

enum form { FOR_PEOPLE, AS_JSON, AS_CSV };

struct wishes {
    const char *path;
    uint64_t campaign, limit;
    const char *group;
    bool json, csv;
};

struct run {
    enum form form;
    uint64_t told;
    struct buf b;
};

static bool out(struct run *run, struct err *e) {
    if (run->b.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (run->form != FOR_PEOPLE && isatty(STDOUT_FILENO)) { /* a terminal would obey what is hidden in texts */
        struct buf plain = {0};

        finding_plain(&plain, buf_str(&run->b), true);
        buf_free(&run->b);
        run->b = plain;
        if (plain.failed)
            return err_set(e, ERR_MEMORY, 0, "no memory to print");
    }
    if (run->b.len && fwrite(run->b.ptr, 1, run->b.len, stdout) != run->b.len)
        return err_system(e, "standard output");
    run->b.len = 0;
    return true;
}

/* ---- JSON and CSV ---- */

static void text(struct buf *b, const char *name, str s) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, s);
}

static void number(struct buf *b, const char *name, uint64_t n) {
    buf_format(b, ",\"%s\":%lu", name, (unsigned long)n);
}

static void instant(struct buf *b, const char *name, int64_t when) {
    char room[INSTANT_TEXT];

    if (when == INSTANT_NONE)
        buf_format(b, ",\"%s\":null", name);
    else
        text(b, name, instant_format(when, room));
}

/* A stranger's case may hold any number; JSON has none that is not finite. */
static void real(struct buf *b, double d) {
    if (d >= -1e9 && d <= 1e9)
        buf_format(b, "%.10g", d);
    else
        buf_add(b, S("null"));
}

static void texts(struct buf *b, const char *name, const struct mail_case_texts *t) {
    buf_format(b, ",\"%s\":[", name);
    for (size_t i = 0; i < t->count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, t->items[i]);
    }
    buf_byte(b, ']');
}

static void cell(struct buf *b, str s) {
    buf_byte(b, ',');
    finding_csv_cell(b, s);
}

static void cell_number(struct buf *b, uint64_t n) {
    buf_format(b, ",%lu", (unsigned long)n);
}

static void cell_instant(struct buf *b, int64_t when) {
    char room[INSTANT_TEXT];

    cell(b, instant_format(when, room));
}

/* ---- campaigns ---- */

static void campaign_json(struct buf *b, const struct mail_case_line *c) {
    buf_format(b, "{\"campaign\":%lu,\"score\":", (unsigned long)c->number);
    real(b, c->score);
    text(b, "rating", mail_score_word(c->score));
    text(b, "subject", c->subject);
    text(b, "service", c->service);
    instant(b, "first", c->first);
    instant(b, "last", c->last);
    number(b, "messages", c->messages);
    number(b, "copies", c->copies);
    number(b, "recipients", c->recipients);
    number(b, "tokens", c->tokens);
    number(b, "opened", c->opened);
    number(b, "fetched", c->fetched);
    texts(b, "senders", &c->senders);
    texts(b, "sender_domains", &c->sender_domains);
    texts(b, "hosts", &c->hosts);
    texts(b, "subjects", &c->subjects);
    buf_add(b, S(",\"reasons\":["));
    for (size_t i = 0; i < c->reason_count; i++) {
        buf_add(b, i ? S(",{\"weight\":") : S("{\"weight\":"));
        real(b, c->reasons[i].weight);
        text(b, "what", c->reasons[i].what);
        text(b, "detail", c->reasons[i].detail);
        buf_byte(b, '}');
    }
    buf_add(b, S("]}\n"));
}

static void campaign_csv(struct buf *b, const struct mail_case_line *c) {
    struct buf all = {0};

    buf_format(b, "%lu,", (unsigned long)c->number);
    real(b, c->score);
    cell(b, mail_score_word(c->score));
    cell(b, c->subject);
    cell(b, c->service);
    cell_instant(b, c->first);
    cell_instant(b, c->last);
    cell_number(b, c->messages);
    cell_number(b, c->copies);
    cell_number(b, c->recipients);
    cell_number(b, c->tokens);
    cell_number(b, c->opened);
    cell_number(b, c->fetched);
    for (size_t i = 0; i < c->senders.count; i++) {
        buf_add(&all, i ? S(" ") : S(""));
        buf_add(&all, c->senders.items[i]);
    }
    cell(b, buf_str(&all));
    all.len = 0;
    for (size_t i = 0; i < c->reason_count; i++) {
        buf_add(&all, i ? S("; ") : S(""));
        buf_add(&all, c->reasons[i].what);
        buf_add(&all, S(": "));
        buf_add(&all, c->reasons[i].detail);
    }
    cell(b, buf_str(&all));
    b->failed |= all.failed;
    buf_free(&all);
    buf_add(b, S("\r\n"));
}

/* The day of an instant, or a dash for none. */
static void day(struct buf *b, int64_t when) {
    char room[INSTANT_TEXT];

    buf_add(b, when == INSTANT_NONE ? S("-         ") : str_first(instant_format(when, room), 10));
}

static void campaign_text(struct buf *b, const struct mail_case_line *c) {
    char n[4][COUNT_TEXT];

    buf_format(b, "%4lu  %-7.*s  %8s  %10s  %7s  %6s  ", (unsigned long)c->number, STR_ARG(mail_score_word(c->score)),
               count_text(c->messages, n[0]), count_text(c->recipients, n[1]), count_text(c->tokens, n[2]),
               count_text(c->opened, n[3]));
    day(b, c->first);
    buf_add(b, S(" to "));
    day(b, c->last);
    buf_add(b, S("  "));
    if (c->subject.len)
        finding_short(b, c->subject);
    else
        buf_add(b, S("(no subject)"));
    buf_add(b, S("\n      from "));
    for (size_t i = 0; i < c->senders.count && i < SENDERS_SHOWN; i++) {
        buf_add(b, i ? S(", ") : S(""));
        finding_short(b, c->senders.items[i]);
    }
    if (!c->senders.count)
        buf_add(b, S("nobody named"));
    if (c->senders.all > SENDERS_SHOWN)
        buf_format(b, " and %s more", count_text(c->senders.all - SENDERS_SHOWN, n[0]));
    buf_byte(b, '\n');
    for (size_t i = 0; i < c->reason_count; i++) {
        double const w = c->reasons[i].weight;

        buf_format(b, "      %+5.1f ", w >= -99 && w <= 99 ? w : 0.0);
        finding_short(b, c->reasons[i].what);
        buf_add(b, S(": "));
        finding_plain(b, c->reasons[i].detail, false);
        buf_byte(b, '\n');
    }
}

static bool on_campaign(void *ctx, const struct mail_case_line *c, struct err *e) {
    struct run *const run = ctx;

    run->told++;
    if (run->form == AS_JSON)
        campaign_json(&run->b, c);
    else if (run->form == AS_CSV)
        campaign_csv(&run->b, c);
    else
        campaign_text(&run->b, c);
    return out(run, e);
}

/* ---- recipients ---- */

static void recipient_json(struct buf *b, const struct mail_case_recipient *r) {
    buf_add(b, S("{\"address\":"));
    buf_json(b, r->address);
    text(b, "group", r->group);
    number(b, "messages", r->messages);
    number(b, "tokens", r->tokens);
    instant(b, "first", r->first);
    instant(b, "last", r->last);
    text(b, "token", r->token);
    text(b, "token_url", r->token_url);
    text(b, "status", r->status);
    instant(b, "opened", r->opened);
    text(b, "opened_from", r->opened_from);
    text(b, "opened_with", r->opened_with);
    text(b, "source", r->source);
    number(b, "follow_ups", r->follow_ups);
    text(b, "follow_ups_text", r->follow_ups_text);
    buf_add(b, S("}\n"));
}

static void recipient_csv(struct buf *b, const struct mail_case_recipient *r) {
    finding_csv_cell(b, r->address);
    cell(b, r->group);
    cell_number(b, r->messages);
    cell_number(b, r->tokens);
    cell_instant(b, r->first);
    cell_instant(b, r->last);
    cell(b, r->token);
    cell(b, r->token_url);
    cell(b, r->status);
    cell_instant(b, r->opened);
    cell(b, r->opened_from);
    cell(b, r->opened_with);
    cell(b, r->source);
    cell_number(b, r->follow_ups);
    cell(b, r->follow_ups_text);
    buf_add(b, S("\r\n"));
}

/* A cell of a table for people, filled up with blanks. */
static void column(struct buf *b, str s, size_t width) {
    size_t const from = b->len;
    size_t shown = 0;

    finding_short(b, s);
    for (size_t i = from; i < b->len; i++)
        shown += ((unsigned char)b->ptr[i] & 0xc0) != 0x80;
    do
        buf_byte(b, ' ');
    while (++shown < width);
}

static void more(struct buf *b, const char *what, str s) {
    if (!s.len)
        return;
    buf_add(b, str_of(what));
    finding_short(b, s);
}

static void recipient_text(struct buf *b, const struct mail_case_recipient *r) {
    char room[INSTANT_TEXT], n[COUNT_TEXT];

    column(b, r->address.len ? r->address : S("(nobody named)"), 34);
    column(b, r->group.len ? r->group : S("-"), 14);
    column(b, r->status, 10);
    buf_format(b, "%5s  ", count_text(r->messages, n));
    finding_short(b, r->token.len ? r->token : S("-"));
    buf_byte(b, '\n');
    if (r->opened != INSTANT_NONE) {
        buf_add(b, S("    "));
        finding_short(b, r->status);
        buf_format(b, " %.*s", STR_ARG(instant_format(r->opened, room)));
        more(b, " from ", r->opened_from);
        more(b, " with ", r->opened_with);
        more(b, "; so says ", r->source);
        buf_byte(b, '\n');
    }
    for (str rest = r->follow_ups_text; rest.len;) {
        size_t const end = str_find_byte(rest, '\n');

        buf_add(b, S("    then "));
        finding_short(b, str_first(rest, end));
        buf_byte(b, '\n');
        rest = end == SIZE_MAX ? (str){"", 0} : str_from(rest, end + 1);
    }
}

static bool on_recipient(void *ctx, const struct mail_case_recipient *r, struct err *e) {
    struct run *const run = ctx;

    run->told++;
    if (run->form == AS_JSON)
        recipient_json(&run->b, r);
    else if (run->form == AS_CSV)
        recipient_csv(&run->b, r);
    else
        recipient_text(&run->b, r);
    return out(run, e);
}

/* ---- commands ---- */

static const char campaign_heads[] =
    "RANK  RATING   MESSAGES  RECIPIENTS   TOKENS  OPENED  PERIOD                    SUBJECT\n";
static const char campaign_csv_heads[] = "campaign,score,rating,subject,service,first,last,messages,copies,recipients,"
                                         "tokens,opened,fetched,senders,reasons\r\n";
static const char recipient_heads[] = "RECIPIENT                         GROUP         STATUS    MAILS  TOKEN\n";
static const char recipient_csv_heads[] = "address,group,messages,tokens,first,last,token,token_url,status,opened,"
                                          "opened_from,opened_with,source,follow_ups,follow_ups_text\r\n";

static int mail(const struct wishes *w, bool recipients) {
    const struct arguments given = {(const char **)(uintptr_t)&w->path, 1};
    struct run run = {.form = w->json ? AS_JSON : w->csv ? AS_CSV : FOR_PEOPLE};
    struct err e = {0};
    bool ok;

    if (w->json && w->csv)
        return usage_error(recipients ? "mail recipients" : "mail campaigns", "--json or --csv, not both");
    if (!paths_exist(&given, "case", false, &e))
        return tell_error(&e);
    /* in front of the first line, so that nothing is printed when the case cannot be read */
    if (run.form == AS_CSV)
        buf_add(&run.b, recipients ? str_of(recipient_csv_heads) : str_of(campaign_csv_heads));
    else if (run.form == FOR_PEOPLE)
        buf_add(&run.b, recipients ? str_of(recipient_heads) : str_of(campaign_heads));
    ok = recipients ? mail_case_recipients(w->path, w->campaign, str_of(w->group), on_recipient, &run, &e)
                    : mail_case_campaigns(w->path, w->limit, on_campaign, &run, &e);
    if (ok && run.told == 0 && run.form == FOR_PEOPLE) {
        run.b.len = 0;
        buf_add(&run.b, recipients ? S("no recipient of that group\n") : S("no campaign of mail in this case\n"));
    }
    ok = ok && out(&run, &e);
    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    buf_free(&run.b);
    return ok ? EXIT_NOTHING : tell_error(&e);
}

static int run_campaigns(const void *wishes) {
    return mail(wishes, false);
}

static int run_recipients(const void *wishes) {
    return mail(wishes, true);
}

#define ROW_CASE(needed_)                                                                                              \
    .argument = "CASE", .type = OPTION_FOLDER, .needed = needed_, .help = "the directory that hunt -o has written",    \
    .at = offsetof(struct wishes, path)
#define ROW_CSV                                                                                                        \
    .name = "csv", .type = OPTION_FLAG, .help = "a table for spreadsheets", .at = offsetof(struct wishes, csv)

static const struct option campaign_options[] = {
    {ROW_CASE("which case? longwatch mail campaigns CASE")},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one campaign a line with all its reasons, for machines",
     .at = offsetof(struct wishes, json)},
    {ROW_CSV},
    {.name = "limit",
     .letter = 'n',
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .help = "no more than the first N campaigns",
     .at = offsetof(struct wishes, limit)},
};
const struct command command_mail_campaigns = {
    .name = "mail campaigns",
    .summary = "list campaigns of mail, those that look most like an intrusion's first",
    .about = (const char *const[]){"Mails of one skeleton, and those that share a host nobody else uses, are one "
                                   "campaign. Each is listed, ranked, with every reason for its place and what it "
                                   "weighs: above 0 it looks like an intrusion's, below 0 like a wanted mail. A score "
                                   "in words: strong (8 or more), notable (4), weak (1), wanted.",
                                   "OPENED counts recipients whose token was asked for by somebody who is no gateway "
                                   "and no image proxy.",
                                   NULL},
    .examples = (const struct example[]){{"longwatch mail campaigns ./case", "See which mails belong together"},
                                         {"longwatch mail campaigns ./case --json | jq 'select(.score >= 4)'",
                                          "Take those that need a look to another program"},
                                         {NULL, NULL}},
    .options = campaign_options,
    .option_count = COUNT(campaign_options),
    .statuses = {[EXIT_NOTHING] = "printed",
                 [EXIT_USAGE] = "wrong usage, no such case, or one of an older version",
                 [EXIT_INTERNAL] = "internal error, or a case that is damaged"},
    .wishes_size = sizeof(struct wishes),
    .run = run_campaigns,
};

static const struct option recipient_options[] = {
    {ROW_CASE("which case, and which campaign? longwatch mail recipients CASE CAMPAIGN")},
    {.argument = "CAMPAIGN",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .needed = "which campaign of the case? longwatch mail recipients CASE CAMPAIGN",
     .help = "its number: the rank that mail campaigns prints",
     .at = offsetof(struct wishes, campaign)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one recipient a line, for machines",
     .at = offsetof(struct wishes, json)},
    {ROW_CSV},
    {.name = "group",
     .letter = 'g',
     .argument = "GROUP",
     .type = OPTION_TEXT,
     .help = "only recipients of this group of the roster",
     .at = offsetof(struct wishes, group)},
};
const struct command command_mail_recipients = {
    .name = "mail recipients",
    .summary = "list who received a campaign, which token, and who opened it",
    .about = (const char *const[]){"Every recipient of a campaign by address: the group of the roster, how many of its "
                                   "mails they got, and what became of them: addressed (only named), delivered, "
                                   "fetched (by a gateway or an image proxy: whether somebody looked is not known), or "
                                   "opened, with the time, the client's address and program, the record that says so, "
                                   "and what happened on the account afterwards.",
                                   NULL},
    .examples = (const struct example[]){{"longwatch mail recipients ./case 1", "See who received the first campaign"},
                                         {"longwatch mail recipients ./case 1 --csv --group members >members.csv",
                                          "Take one group to a spreadsheet"},
                                         {NULL, NULL}},
    .options = recipient_options,
    .option_count = COUNT(recipient_options),
    .statuses = {[EXIT_NOTHING] = "printed",
                 [EXIT_USAGE] = "wrong usage, no such case or campaign, or a case of an older version",
                 [EXIT_INTERNAL] = "internal error, or a case that is damaged"},
    .wishes_size = sizeof(struct wishes),
    .run = run_recipients,
};
