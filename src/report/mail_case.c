/* mail_case: campaigns of mail read out of a case, which a stranger may have written. */
#include "report/mail_case.h"

#include "base/arena.h"
#include "report/case_own.h"
#include "report/case_row.h"

#define ARENA_MAX ((size_t)256 << 20) /* of the texts of one campaign */

static bool open_case(sqlite3 **db, const char *path, struct err *e) {
    return case_db_read(db, path, CASE_VERSION_MAIL, "campaigns of mail", e) &&
           case_db_tables(*db, path, " mail_campaign mail_reason mail_message mail_recipient mail_token ", 5,
                          "campaigns of mail", e);
}

/* The texts of a JSON list; what is none has no texts. */
static bool texts_of(sqlite3 *db, const char *path, sqlite3_stmt *s, uint64_t campaign, struct arena *a,
                     struct mail_case_texts *out, struct err *e) {
    str *const items = arena_alloc(a, MAIL_CASE_TEXTS_MAX * sizeof *items);
    bool ok = items || err_set(e, ERR_MEMORY, 0, "no memory to read the case"), more = true;

    *out = (struct mail_case_texts){.items = items};
    sqlite3_reset(s);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)campaign);
    while (ok && (ok = case_next(db, path, s, &more, e)) && more)
        if (out->all++ < MAIL_CASE_TEXTS_MAX)
            ok = arena_copy(a, case_text(s, 0), &items[out->count++]) ||
                 err_set(e, ERR_MEMORY, 0, "no memory to read the case");
    return ok;
}

static bool reasons_of(sqlite3 *db, const char *path, sqlite3_stmt *s, uint64_t campaign,
                       struct mail_case_reason out[MAIL_CASE_REASONS_MAX], size_t *count, struct buf *texts,
                       struct err *e) {
    size_t ends[MAIL_CASE_REASONS_MAX][2];
    bool ok = true, more = true;

    *count = texts->len = 0;
    sqlite3_reset(s);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)campaign);
    while (ok && *count < MAIL_CASE_REASONS_MAX && (ok = case_next(db, path, s, &more, e)) && more) {
        buf_add(texts, case_text(s, 0));
        ends[*count][0] = texts->len;
        buf_add(texts, case_text(s, 2));
        ends[*count][1] = texts->len;
        out[(*count)++].weight = sqlite3_column_double(s, 1);
    }
    for (size_t i = 0, from = 0; i < *count && !texts->failed; from = ends[i++][1]) {
        out[i].what = (str){texts->ptr + from, ends[i][0] - from};
        out[i].detail = (str){texts->ptr + ends[i][0], ends[i][1] - ends[i][0]};
    }
    return ok && (!texts->failed || err_set(e, ERR_MEMORY, 0, "no memory to read the case"));
}

bool mail_case_campaigns(const char *path, uint64_t limit,
                         bool (*each)(void *ctx, const struct mail_case_line *line, struct err *e), void *ctx,
                         struct err *e) {
    static const char query[] =
        "SELECT number, score, subject, service, first, last, messages, copies, recipients, tokens,"
        " (SELECT count(*) FROM mail_recipient r WHERE r.campaign = c.number AND r.status = 'opened'),"
        " (SELECT count(*) FROM mail_recipient r WHERE r.campaign = c.number AND r.status = 'fetched')"
        " FROM mail_campaign c ORDER BY number";
    static const char reason_query[] =
        "SELECT what, weight, detail FROM mail_reason WHERE campaign = ? ORDER BY position";
#define LIST_QUERY(column)                                                                                             \
    "SELECT j.value FROM mail_campaign c, json_each(CASE WHEN json_valid(c." column ") THEN c." column                 \
    " ELSE '[]' END) j WHERE c.number = ? AND j.type = 'text'"
    static const char *const list_queries[] = {LIST_QUERY("senders"), LIST_QUERY("sender_domains"), LIST_QUERY("hosts"),
                                               LIST_QUERY("subjects")};
    struct mail_case_reason reasons[MAIL_CASE_REASONS_MAX];
    struct arena *const a = arena_new(ARENA_MAX);
    struct buf texts = {0};
    sqlite3_stmt *s = NULL, *reason = NULL, *list[COUNT(list_queries)] = {NULL};
    sqlite3 *db = NULL;
    bool more = true, ok = (a || err_set(e, ERR_MEMORY, 0, "no memory to read the case")) && open_case(&db, path, e) &&
                           case_prepare(db, path, query, &s, e) && case_prepare(db, path, reason_query, &reason, e);

    for (size_t i = 0; ok && i < COUNT(list); i++)
        ok = case_prepare(db, path, list_queries[i], &list[i], e);
    for (uint64_t told = 0; ok && (!limit || told < limit) && (ok = case_next(db, path, s, &more, e)) && more; told++) {
        struct mail_case_line line = {
            .number = case_number(s, 0),
            .score = sqlite3_column_double(s, 1),
            .subject = case_text(s, 2),
            .service = case_text(s, 3),
            .first = case_time(s, 4),
            .last = case_time(s, 5),
            .messages = case_number(s, 6),
            .copies = case_number(s, 7),
            .recipients = case_number(s, 8),
            .tokens = case_number(s, 9),
            .opened = case_number(s, 10),
            .fetched = case_number(s, 11),
            .reasons = reasons,
        };

        struct mail_case_texts *const lists[] = {&line.senders, &line.sender_domains, &line.hosts, &line.subjects};

        arena_reset(a);
        for (size_t i = 0; ok && i < COUNT(lists); i++)
            ok = texts_of(db, path, list[i], line.number, a, lists[i], e);
        ok = ok && reasons_of(db, path, reason, line.number, reasons, &line.reason_count, &texts, e) &&
             each(ctx, &line, e);
    }
    sqlite3_finalize(s);
    sqlite3_finalize(reason);
    for (size_t i = 0; i < COUNT(list); i++)
        sqlite3_finalize(list[i]);
    sqlite3_close(db);
    arena_free(a);
    buf_free(&texts);
    return ok;
}

static bool campaign_is(sqlite3 *db, const char *path, uint64_t campaign, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = false, ok = case_prepare(db, path, "SELECT 1 FROM mail_campaign WHERE number = ?", &s, e);

    if (ok) {
        sqlite3_bind_int64(s, 1, (sqlite3_int64)campaign);
        ok = case_next(db, path, s, &more, e);
    }
    sqlite3_finalize(s);
    return ok && (more || err_set(e, ERR_USAGE, 0, "%s has no campaign %lu", path, (unsigned long)campaign));
}

bool mail_case_recipients(const char *path, uint64_t campaign, str group,
                          bool (*each)(void *ctx, const struct mail_case_recipient *r, struct err *e), void *ctx,
                          struct err *e) {
    static const char query[] =
        "SELECT address, of_group, messages, tokens, first, last, token, token_url, status, opened_at, opened_from,"
        " opened_with, source, follow_ups, follow_ups_text FROM mail_recipient"
        " WHERE campaign = ?1 AND (?2 = '' OR of_group = ?2) ORDER BY address";
    sqlite3_stmt *s = NULL;
    sqlite3 *db = NULL;
    bool more = true,
         ok = open_case(&db, path, e) && campaign_is(db, path, campaign, e) && case_prepare(db, path, query, &s, e);

    if (ok) {
        sqlite3_bind_int64(s, 1, (sqlite3_int64)campaign);
        sqlite3_bind_text64(s, 2, group.ptr, group.len, SQLITE_STATIC, SQLITE_UTF8);
    }
    while (ok && (ok = case_next(db, path, s, &more, e)) && more)
        ok = each(ctx,
                  &(struct mail_case_recipient){.address = case_text(s, 0),
                                                .group = case_text(s, 1),
                                                .messages = case_number(s, 2),
                                                .tokens = case_number(s, 3),
                                                .first = case_time(s, 4),
                                                .last = case_time(s, 5),
                                                .token = case_text(s, 6),
                                                .token_url = case_text(s, 7),
                                                .status = case_text(s, 8),
                                                .opened = case_time(s, 9),
                                                .opened_from = case_text(s, 10),
                                                .opened_with = case_text(s, 11),
                                                .source = case_text(s, 12),
                                                .follow_ups = case_number(s, 13),
                                                .follow_ups_text = case_text(s, 14)},
                  e);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return ok;
}
