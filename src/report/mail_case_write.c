/* mail_case_write: a campaign into the tables of a case that is being written. */
#include "report/case_own.h"
#include "report/case_row.h"
#include "report/mail_case.h"

str mail_status_name(enum mail_status s) {
    static const str names[MAIL_STATUSES] = {STR("addressed"), STR("delivered"), STR("fetched"), STR("opened")};

    return names[s];
}

static void list(struct buf *b, const str *items, size_t count) {
    buf_byte(b, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, items[i]);
    }
    buf_byte(b, ']');
}

static bool head(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    struct {
        const str *items;
        size_t count;
        struct buf json;
    } lists[] = {{m->senders, m->sender_count, {0}},
                 {m->sender_domains, m->sender_domain_count, {0}},
                 {m->hosts, m->host_count, {0}},
                 {m->subjects, m->subject_count, {0}}};
    struct case_row r = {0};
    bool ok = true;

    for (size_t i = 0; i < COUNT(lists); i++) {
        list(&lists[i].json, lists[i].items, lists[i].count);
        ok &= !lists[i].json.failed;
    }
    if (!ok)
        err_set(e, ERR_MEMORY, 0, "no memory to write the case");
    ok =
        ok && case_row_open(&r, case_writer_db(c), "INSERT INTO mail_campaign VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", e);
    if (ok) {
        case_row_number(&r, m->number);
        case_row_real(&r, m->score);
        case_row_text(&r, m->subject);
        case_row_text(&r, m->service);
        for (size_t i = 0; i < COUNT(lists); i++)
            case_row_text(&r, buf_str(&lists[i].json));
        case_row_time(&r, m->first);
        case_row_time(&r, m->last);
        case_row_number(&r, m->message_count);
        case_row_number(&r, m->copies);
        case_row_number(&r, m->recipient_count);
        case_row_number(&r, m->token_count);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    for (size_t i = 0; i < COUNT(lists); i++)
        buf_free(&lists[i].json);
    return ok;
}

static bool reasons(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO mail_reason VALUES (?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < m->reason_count; i++) {
        case_row_number(&r, m->number);
        case_row_number(&r, i + 1);
        case_row_text(&r, m->reasons[i].what);
        case_row_real(&r, m->reasons[i].weight);
        case_row_text(&r, m->reasons[i].detail);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool messages(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO mail_message VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < m->message_count; i++) {
        const struct mail_campaign_message *const one = &m->messages[i];

        case_row_number(&r, m->number);
        case_row_number(&r, i);
        case_row_time(&r, one->when);
        case_row_text(&r, one->message_id);
        case_row_text(&r, one->from);
        case_row_text(&r, one->from_name);
        case_row_text(&r, one->return_path);
        case_row_text(&r, one->subject);
        case_row_text(&r, one->evidence_path);
        case_row_text(&r, str_of(one->evidence_sha256));
        case_row_number(&r, one->record);
        case_row_number(&r, one->offset);
        case_row_number(&r, one->copies);
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool recipients(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c),
                            "INSERT INTO mail_recipient VALUES (?,?,?,?,?,?,?,?,?,?,NULL,'','','',0,'')", e);

    for (size_t i = 0; ok && i < m->recipient_count; i++) {
        const struct mail_recipient *const one = &m->recipients[i];

        case_row_number(&r, m->number);
        case_row_text(&r, one->address);
        case_row_text(&r, one->group);
        case_row_number(&r, one->message_count);
        case_row_number(&r, one->token_count);
        case_row_time(&r, one->first);
        case_row_time(&r, one->last);
        case_row_text(&r, one->token_count ? one->tokens[0].token : (str){"", 0});
        case_row_text(&r, one->token_count ? one->tokens[0].url : (str){"", 0});
        case_row_text(&r, mail_status_name(one->delivered ? MAIL_DELIVERED : MAIL_ADDRESSED));
        ok = case_row_end(&r, e);
    }
    case_row_close(&r);
    return ok;
}

static bool tokens(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    struct case_row r;
    bool ok = case_row_open(&r, case_writer_db(c), "INSERT INTO mail_token VALUES (?,?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < m->recipient_count; i++)
        for (size_t t = 0; ok && t < m->recipients[i].token_count; t++) {
            const struct mail_token *const one = &m->recipients[i].tokens[t];

            case_row_number(&r, m->number);
            case_row_text(&r, m->recipients[i].address);
            case_row_number(&r, t + 1);
            case_row_number(&r, one->message);
            case_row_text(&r, one->host);
            case_row_text(&r, one->url);
            case_row_text(&r, one->token);
            case_row_text(&r, html_where_name(one->where));
            case_row_number(&r, (one->flags & HTML_HIDDEN) != 0);
            case_row_number(&r, (one->flags & HTML_ONE_PIXEL) != 0);
            case_row_number(&r, one->by_shape);
            ok = case_row_end(&r, e);
        }
    case_row_close(&r);
    return ok;
}

bool mail_case_campaign(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    return head(c, m, e) && reasons(c, m, e) && messages(c, m, e) && recipients(c, m, e) && tokens(c, m, e);
}

bool mail_case_opening(struct case_writer *c, uint64_t campaign, str address, const struct mail_opening *o,
                       struct err *e) {
    struct case_row r;
    bool ok =
        case_row_open(&r, case_writer_db(c),
                      "UPDATE mail_recipient SET status = ?, opened_at = ?, opened_from = ?, opened_with = ?, source = "
                      "?, follow_ups = ?, follow_ups_text = ? WHERE campaign = ? AND address = ?",
                      e);

    if (ok) {
        case_row_text(&r, mail_status_name(o->status));
        case_row_time(&r, o->when);
        case_row_text(&r, o->from);
        case_row_text(&r, o->with);
        case_row_text(&r, o->source);
        case_row_number(&r, o->follow_ups);
        case_row_text(&r, o->follow_ups_text);
        case_row_number(&r, campaign);
        case_row_text(&r, address);
        ok = case_row_end(&r, e);
    }
    if (ok && sqlite3_changes(r.db) != 1)
        ok = err_set(e, ERR_USAGE, 0, "campaign %lu has no recipient %.*s", (unsigned long)campaign,
                     STR_ARG(str_first(address, 100)));
    case_row_close(&r);
    return ok;
}
