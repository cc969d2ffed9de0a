/* mail_case_write: a campaign into the tables of a case that is being written. */
#include <assert.h>

#include "base/instant.h"
#include "report/case_own.h"
#include "report/mail_case.h"

struct row {
    sqlite3 *db;
    sqlite3_stmt *s;
    int at;
};

str mail_status_name(enum mail_status s) {
    static const str names[MAIL_STATUSES] = {STR("addressed"), STR("delivered"), STR("fetched"), STR("opened")};

    return names[s];
}

static bool db_failed(sqlite3 *db, struct err *e) {
    return err_set(e, sqlite3_errcode(db) == SQLITE_NOMEM ? ERR_MEMORY : ERR_IO, 0, "case.db: %s", sqlite3_errmsg(db));
}

static bool row_open(struct row *r, struct case_writer *c, const char *statement, struct err *e) {
    *r = (struct row){.db = case_writer_db(c)};
    return sqlite3_prepare_v2(r->db, statement, -1, &r->s, NULL) == SQLITE_OK || db_failed(r->db, e);
}

static void put_text(struct row *r, str s) {
    sqlite3_bind_text64(r->s, ++r->at, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
}

static void put_number(struct row *r, uint64_t n) {
    sqlite3_bind_int64(r->s, ++r->at, (sqlite3_int64)n);
}

static void put_real(struct row *r, double d) {
    sqlite3_bind_double(r->s, ++r->at, d);
}

static void put_time(struct row *r, int64_t when, char text[INSTANT_TEXT]) {
    if (when == INSTANT_NONE)
        sqlite3_bind_null(r->s, ++r->at);
    else
        put_text(r, instant_format(when, text));
}

static bool row_end(struct row *r, struct err *e) {
    bool const ok = sqlite3_step(r->s) == SQLITE_DONE || db_failed(r->db, e);

    assert(r->at == sqlite3_bind_parameter_count(r->s));
    sqlite3_reset(r->s);
    sqlite3_clear_bindings(r->s);
    r->at = 0;
    return ok;
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
    char first[INSTANT_TEXT], last[INSTANT_TEXT];
    struct {
        const str *items;
        size_t count;
        struct buf json;
    } lists[] = {{m->senders, m->sender_count, {0}},
                 {m->sender_domains, m->sender_domain_count, {0}},
                 {m->hosts, m->host_count, {0}},
                 {m->subjects, m->subject_count, {0}}};
    struct row r = {0};
    bool ok = true;

    for (size_t i = 0; i < COUNT(lists); i++) {
        list(&lists[i].json, lists[i].items, lists[i].count);
        ok &= !lists[i].json.failed;
    }
    if (!ok)
        err_set(e, ERR_MEMORY, 0, "no memory to write the case");
    ok = ok && row_open(&r, c, "INSERT INTO mail_campaign VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", e);
    if (ok) {
        put_number(&r, m->number);
        put_real(&r, m->score);
        put_text(&r, m->subject);
        put_text(&r, m->service);
        for (size_t i = 0; i < COUNT(lists); i++)
            put_text(&r, buf_str(&lists[i].json));
        put_time(&r, m->first, first);
        put_time(&r, m->last, last);
        put_number(&r, m->message_count);
        put_number(&r, m->copies);
        put_number(&r, m->recipient_count);
        put_number(&r, m->token_count);
        ok = row_end(&r, e);
    }
    sqlite3_finalize(r.s);
    for (size_t i = 0; i < COUNT(lists); i++)
        buf_free(&lists[i].json);
    return ok;
}

static bool reasons(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    struct row r;
    bool ok = row_open(&r, c, "INSERT INTO mail_reason VALUES (?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < m->reason_count; i++) {
        put_number(&r, m->number);
        put_number(&r, i + 1);
        put_text(&r, m->reasons[i].what);
        put_real(&r, m->reasons[i].weight);
        put_text(&r, m->reasons[i].detail);
        ok = row_end(&r, e);
    }
    sqlite3_finalize(r.s);
    return ok;
}

static bool messages(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    char when[INSTANT_TEXT];
    struct row r;
    bool ok = row_open(&r, c, "INSERT INTO mail_message VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < m->message_count; i++) {
        const struct mail_campaign_message *const one = &m->messages[i];

        put_number(&r, m->number);
        put_number(&r, i);
        put_time(&r, one->when, when);
        put_text(&r, one->message_id);
        put_text(&r, one->from);
        put_text(&r, one->from_name);
        put_text(&r, one->return_path);
        put_text(&r, one->subject);
        put_text(&r, one->evidence_path);
        put_text(&r, str_of(one->evidence_sha256));
        put_number(&r, one->record);
        put_number(&r, one->offset);
        put_number(&r, one->copies);
        ok = row_end(&r, e);
    }
    sqlite3_finalize(r.s);
    return ok;
}

static bool recipients(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    char first[INSTANT_TEXT], last[INSTANT_TEXT];
    struct row r;
    bool ok = row_open(&r, c, "INSERT INTO mail_recipient VALUES (?,?,?,?,?,?,?,?,?,?,NULL,'','','',0,'')", e);

    for (size_t i = 0; ok && i < m->recipient_count; i++) {
        const struct mail_recipient *const one = &m->recipients[i];

        put_number(&r, m->number);
        put_text(&r, one->address);
        put_text(&r, one->group);
        put_number(&r, one->message_count);
        put_number(&r, one->token_count);
        put_time(&r, one->first, first);
        put_time(&r, one->last, last);
        put_text(&r, one->token_count ? one->tokens[0].token : (str){"", 0});
        put_text(&r, one->token_count ? one->tokens[0].url : (str){"", 0});
        put_text(&r, mail_status_name(one->delivered ? MAIL_DELIVERED : MAIL_ADDRESSED));
        ok = row_end(&r, e);
    }
    sqlite3_finalize(r.s);
    return ok;
}

static bool tokens(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    struct row r;
    bool ok = row_open(&r, c, "INSERT INTO mail_token VALUES (?,?,?,?,?,?,?,?,?,?,?)", e);

    for (size_t i = 0; ok && i < m->recipient_count; i++)
        for (size_t t = 0; ok && t < m->recipients[i].token_count; t++) {
            const struct mail_token *const one = &m->recipients[i].tokens[t];

            put_number(&r, m->number);
            put_text(&r, m->recipients[i].address);
            put_number(&r, t + 1);
            put_number(&r, one->message);
            put_text(&r, one->host);
            put_text(&r, one->url);
            put_text(&r, one->token);
            put_text(&r, html_where_name(one->where));
            put_number(&r, (one->flags & HTML_HIDDEN) != 0);
            put_number(&r, (one->flags & HTML_ONE_PIXEL) != 0);
            put_number(&r, one->by_shape);
            ok = row_end(&r, e);
        }
    sqlite3_finalize(r.s);
    return ok;
}

bool mail_case_campaign(struct case_writer *c, const struct mail_campaign *m, struct err *e) {
    return head(c, m, e) && reasons(c, m, e) && messages(c, m, e) && recipients(c, m, e) && tokens(c, m, e);
}

bool mail_case_opening(struct case_writer *c, uint64_t campaign, str address, const struct mail_opening *o,
                       struct err *e) {
    char when[INSTANT_TEXT];
    struct row r;
    bool ok =
        row_open(&r, c,
                 "UPDATE mail_recipient SET status = ?, opened_at = ?, opened_from = ?, opened_with = ?, source = "
                 "?, follow_ups = ?, follow_ups_text = ? WHERE campaign = ? AND address = ?",
                 e);

    if (ok) {
        put_text(&r, mail_status_name(o->status));
        put_time(&r, o->when, when);
        put_text(&r, o->from);
        put_text(&r, o->with);
        put_text(&r, o->source);
        put_number(&r, o->follow_ups);
        put_text(&r, o->follow_ups_text);
        put_number(&r, campaign);
        put_text(&r, address);
        ok = row_end(&r, e);
    }
    if (ok && sqlite3_changes(r.db) != 1)
        ok = err_set(e, ERR_USAGE, 0, "campaign %lu has no recipient %.*s", (unsigned long)campaign,
                     STR_ARG(str_first(address, 100)));
    sqlite3_finalize(r.s);
    return ok;
}
