/* store_query: what is in a store: sources, items, what was left out; and all that is in force, in the order in which it is compiled. */
#include <stdlib.h>

#include "intel/store_own.h"

#define SHA256_LEAST 6u /* hexadecimal digits that name a source */
#define IN_ORDER "(s.until IS NOT NULL), s.name, s.sha256"

/* A row was read, or there is none; anything else is a failure. */
static bool row(struct intel_store *s, sqlite3_stmt *statement, bool *more, struct err *e) {
    int const step = sqlite3_step(statement);

    *more = step == SQLITE_ROW;
    return *more || step == SQLITE_DONE || store_failed(s, e);
}

static bool prepare_buf(struct intel_store *s, struct buf *sql, sqlite3_stmt **out, struct err *e) {
    bool ok;

    *out = NULL;
    buf_byte(sql, '\0');
    ok = sql->failed ? err_set(e, ERR_MEMORY, 0, "no memory to ask the store") : store_prepare(s, sql->ptr, out, e);
    buf_free(sql);
    return ok;
}

/* ---- sources ---- */

/* The columns of a source s and of the feed f that has it, or had it last. */
#define SOURCE_COLUMNS                                                                                                 \
    "s.number, s.sha256, s.name, s.format, s.why, f.key, f.url, x.path, s.size, s.added, s.until, s.reader"
#define SOURCE_TABLES                                                                                                  \
    " source s LEFT JOIN feed_source x ON x.source = s.number AND x.feed = (SELECT y.feed FROM feed_source y WHERE "   \
    "y.source = s.number ORDER BY y.until IS NULL DESC, y.until DESC, y.feed LIMIT 1) LEFT JOIN feed f ON f.number = " \
    "x.feed "

static bool source_read(sqlite3_stmt *statement, int *at, struct intel_stored_source *out, struct err *e) {
    struct import_about about = {.name = STR("")};
    struct store_kept kept = {.count = 0};

    *out = (struct intel_stored_source){.number = sqlite3_column_int64(statement, *at),
                                        .sha256 = store_text(statement, *at + 1),
                                        .name = store_text(statement, *at + 2),
                                        .format = store_text(statement, *at + 3),
                                        .why = store_text(statement, *at + 4),
                                        .feed = store_text(statement, *at + 5),
                                        .url = store_text(statement, *at + 6),
                                        .path = store_text(statement, *at + 7),
                                        .size = (uint64_t)sqlite3_column_int64(statement, *at + 8),
                                        .added = sqlite3_column_int64(statement, *at + 9),
                                        .until = store_time(statement, *at + 10),
                                        .reader = store_text(statement, *at + 11)};
    *at += 12;
    if (!columns_read(&store_about_columns, statement, at, &about, &kept, e))
        return false;
    out->tlp = about.tlp;
    out->pap = about.pap;
    out->confidence = about.confidence;
    out->group = about.group;
    out->origin = about.origin;
    return true;
}

bool intel_store_sources(struct intel_store *s,
                         bool (*source)(void *ctx, const struct intel_stored_source *source, struct err *e), void *ctx,
                         struct err *e) {
    sqlite3_stmt *statement;
    struct buf sql = {0};
    bool more = true, ok;

    buf_add(&sql, S("SELECT " SOURCE_COLUMNS ", "));
    columns_name(&store_about_columns, "s.", &sql);
    buf_add(&sql, S(", coalesce(i.items, 0), coalesce(i.proposed, 0), coalesce(i.rejected, 0), coalesce(i.revoked, 0),"
                    " coalesce(i.context, 0),"
                    " (SELECT count(*) FROM left_out l WHERE l.source = s.number),"
                    " (SELECT count(*) FROM label_list l WHERE l.source = s.number),"
                    " (SELECT count(*) FROM label l JOIN label_list m ON l.list = m.number WHERE m.source = s.number),"
                    " (SELECT count(*) FROM actor a WHERE a.source = s.number)"
                    " FROM" SOURCE_TABLES "LEFT JOIN (SELECT source, count(*) AS items,"
                    " sum(proposed AND review = 'open') AS proposed, sum(review = 'rejected') AS rejected,"
                    " sum(revoked) AS revoked, sum(context) AS context FROM item GROUP BY source) i"
                    " ON i.source = s.number ORDER BY " IN_ORDER));
    if (!prepare_buf(s, &sql, &statement, e))
        return false;
    while ((ok = row(s, statement, &more, e)) && more) {
        struct intel_stored_source found;
        int at = 0;

        if (!(ok = source_read(statement, &at, &found, e)))
            break;
        uint64_t *const counts[] = {&found.items,       &found.proposed, &found.rejected,
                                    &found.revoked,     &found.context,  &found.left_out,
                                    &found.label_lists, &found.labels,   &found.groups};

        for (size_t i = 0; i < COUNT(counts); i++)
            *counts[i] = (uint64_t)sqlite3_column_int64(statement, at + (int)i);
        if (!(ok = source(ctx, &found, e)))
            break;
    }
    sqlite3_finalize(statement);
    return ok;
}

bool intel_store_source_named(struct intel_store *s, str named, int64_t *number, struct err *e) {
    sqlite3_stmt *statement;
    uint64_t n = 0, count = 0;
    bool const digits = named.len < SHA256_LEAST && str_u64(named, INT64_MAX, &n),
               hexadecimal = named.len >= SHA256_LEAST && named.len <= 2 * SHA256_SIZE;
    bool more = true, ok;

    if (!store_prepare(s,
                       "SELECT number FROM source WHERE number = ?1 OR name = ?2 OR (?3 AND substr(sha256, 1, "
                       "length(?2)) = lower(?2)) ORDER BY until IS NOT NULL, number",
                       &statement, e))
        return false;
    sqlite3_bind_int64(statement, 1, digits ? (sqlite3_int64)n : -1);
    store_bind(statement, 2, named);
    sqlite3_bind_int64(statement, 3, hexadecimal);
    while ((ok = row(s, statement, &more, e)) && more)
        if (count++ == 0)
            *number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    if (!ok)
        return false;
    if (count == 1)
        return true;
    return err_set(e, ERR_USAGE, 0,
                   count ? "%lu sources are called '%.*s': give the number or the beginning of the SHA-256 (longwatch "
                           "intel stats)"
                         : "no source, %lu of them, is called '%.*s' (longwatch intel stats lists them)",
                   (unsigned long)count, STR_ARG(str_first(named, 100)));
}

bool intel_store_rules(struct intel_store *s,
                       bool (*rules)(void *ctx, str name, str format, const char *path, struct err *e), void *ctx,
                       struct err *e) {
    sqlite3_stmt *statement;
    bool more = true, ok;

    if (!store_prepare(s,
                       "SELECT name, format, sha256 FROM source s WHERE until IS NULL AND format IN ('sigma', 'yara') "
                       "ORDER BY " IN_ORDER,
                       &statement, e))
        return false;
    while ((ok = row(s, statement, &more, e)) && more) {
        char *const path = intel_store_file(s, store_text(statement, 2));

        ok = path ? rules(ctx, store_text(statement, 0), store_text(statement, 1), path, e)
                  : err_set(e, ERR_MEMORY, 0, "no memory to ask the store");
        free(path);
        if (!ok)
            break;
    }
    sqlite3_finalize(statement);
    return ok;
}

/* ---- items ---- */

#define ITEM_COLUMNS "i.number, i.canonical, i.review, i.changed_type, i.changed_value"

static void like_add(struct buf *b, str text) {
    buf_byte(b, '%');
    for (size_t i = 0; i < text.len; i++) {
        if (memchr("%_\\", text.ptr[i], 3))
            buf_byte(b, '\\');
        buf_byte(b, text.ptr[i]);
    }
    buf_byte(b, '%');
}

static bool item_read(sqlite3_stmt *statement, int *at, struct intel_stored_item *out, struct store_kept *kept,
                      struct err *e) {
    *out = (struct intel_stored_item){.number = sqlite3_column_int64(statement, *at),
                                      .canonical = store_text(statement, *at + 1),
                                      .changed_type = observable_named(store_text(statement, *at + 3)),
                                      .changed_value = store_text(statement, *at + 4)};
    for (unsigned i = 0; i <= REVIEW_CHANGED; i++)
        if (str_eq(store_review_word(i), store_text(statement, *at + 2)))
            out->review = (enum intel_review)i;
    *at += 5;
    return columns_read(&store_item_columns, statement, at, &out->item, kept, e);
}

bool intel_store_items(struct intel_store *s, const struct intel_store_query *q,
                       bool (*item)(void *ctx, const struct intel_stored_item *item, struct err *e), void *ctx,
                       struct err *e) {
    struct buf sql = {0}, like = {0};
    sqlite3_stmt *statement;
    bool more = true, ok;

    buf_add(&sql, S("SELECT " ITEM_COLUMNS ", "));
    columns_name(&store_item_columns, "i.", &sql);
    buf_add(&sql, S(", " SOURCE_COLUMNS ", "));
    columns_name(&store_about_columns, "s.", &sql);
    buf_add(&sql, S(" FROM" SOURCE_TABLES "JOIN item i ON i.source = s.number WHERE 1"));
    if (!q->history)
        buf_add(&sql, S(" AND s.until IS NULL"));
    if (q->type)
        buf_add(&sql, S(" AND (i.type = ?1 OR i.changed_type = ?1)"));
    if (q->group.len)
        buf_add(&sql, S(" AND EXISTS (SELECT 1 FROM json_each(i.groups) g WHERE g.value = ?2 COLLATE NOCASE)"));
    if (q->text.len) {
        like_add(&like, q->text);
        buf_add(&sql, S(" AND (i.value LIKE ?3 ESCAPE '\\' OR i.canonical LIKE ?3 ESCAPE '\\')"));
    }
    if (q->canonical.len)
        buf_add(&sql, S(" AND i.number IN (SELECT number FROM item WHERE canonical = ?4 UNION SELECT number FROM item "
                        "WHERE changed_canonical = ?4 AND changed_canonical <> '')"));
    if (q->source)
        buf_add(&sql, S(" AND s.number = ?5"));
    if (q->open)
        buf_add(&sql, S(" AND i.proposed AND i.review = 'open'"));
    if (q->revoked)
        buf_add(&sql, S(" AND i.revoked"));
    buf_add(&sql, S(" ORDER BY " IN_ORDER ", i.number LIMIT ?6"));
    ok = prepare_buf(s, &sql, &statement, e) &&
         (!like.failed || err_set(e, ERR_MEMORY, 0, "no memory to ask the store"));
    if (ok) {
        store_bind(statement, 1, store_type_word(q->type));
        store_bind(statement, 2, q->group);
        store_bind(statement, 3, buf_str(&like));
        store_bind(statement, 4, q->canonical);
        sqlite3_bind_int64(statement, 5, q->source);
        sqlite3_bind_int64(statement, 6, q->limit && q->limit < INT64_MAX ? (sqlite3_int64)q->limit : -1);
    }
    while (ok && (ok = row(s, statement, &more, e)) && more) {
        struct intel_stored_source source;
        struct store_kept kept = {.count = 0};
        struct intel_stored_item found;
        int at = 0;

        ok = item_read(statement, &at, &found, &kept, e) && source_read(statement, &at, &source, e);
        found.source = &source;
        ok = ok && item(ctx, &found, e);
        store_kept_free(&kept);
    }
    sqlite3_finalize(statement);
    buf_free(&like);
    return ok;
}

bool intel_store_types(struct intel_store *s,
                       bool (*type)(void *ctx, str form, str type, uint64_t items, struct err *e), void *ctx,
                       struct err *e) {
    sqlite3_stmt *statement;
    bool more = true, ok;

    if (!store_prepare(s,
                       "SELECT i.form, i.type, count(*) FROM item i JOIN source s ON s.number = i.source WHERE s.until "
                       "IS NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
                       &statement, e))
        return false;
    while ((ok = row(s, statement, &more, e)) && more)
        if (!(ok = type(ctx, store_text(statement, 0), store_text(statement, 1),
                        (uint64_t)sqlite3_column_int64(statement, 2), e)))
            break;
    sqlite3_finalize(statement);
    return ok;
}

bool intel_store_left_out(struct intel_store *s, int64_t source,
                          bool (*left_out)(void *ctx, const struct intel_stored_left_out *l, struct err *e), void *ctx,
                          struct err *e) {
    sqlite3_stmt *statement;
    bool more = true, ok;

    if (!store_prepare(s, "SELECT place, what, why FROM left_out WHERE source = ? ORDER BY rowid", &statement, e))
        return false;
    sqlite3_bind_int64(statement, 1, source);
    while ((ok = row(s, statement, &more, e)) && more) {
        struct intel_stored_left_out const found = {store_text(statement, 0), store_text(statement, 1),
                                                    store_text(statement, 2)};

        if (!(ok = left_out(ctx, &found, e)))
            break;
    }
    sqlite3_finalize(statement);
    return ok;
}

/* ---- all that is in force ---- */

/* As it was answered. False: it was rejected. */
static bool answered(struct intel_stored_item *i) {
    if (i->review == REVIEW_REJECTED)
        return false;
    if (i->review == REVIEW_CHANGED) {
        if (!i->item.raw.len)
            i->item.raw = i->item.value;
        i->item.form = ITEM_VALUE;
        i->item.type = i->changed_type;
        i->item.value = i->changed_value;
    }
    if (i->review != REVIEW_OPEN)
        i->item.proposed = false;
    return true;
}

static bool replay_items(struct intel_store *s, sqlite3_stmt *statement, int64_t source, const struct intel_sink *sink,
                         struct err *e) {
    bool more = true, ok;

    sqlite3_bind_int64(statement, 1, source);
    while ((ok = row(s, statement, &more, e)) && more) {
        struct store_kept kept = {.count = 0};
        struct intel_stored_item found;
        int at = 0;

        ok =
            item_read(statement, &at, &found, &kept, e) && (!answered(&found) || sink->item(sink->ctx, &found.item, e));
        store_kept_free(&kept);
        if (!ok)
            break;
    }
    sqlite3_reset(statement);
    return ok;
}

static bool replay_labels(struct intel_store *s, sqlite3_stmt *statement, int64_t list, const struct intel_sink *sink,
                          struct err *e) {
    bool more = true, ok;

    sqlite3_bind_int64(statement, 1, list);
    while ((ok = row(s, statement, &more, e)) && more)
        if (!(ok = sink->label(sink->ctx, store_text(statement, 0), e)))
            break;
    sqlite3_reset(statement);
    return ok;
}

static bool replay_lists(struct intel_store *s, sqlite3_stmt *statement, sqlite3_stmt *labels, int64_t source,
                         const struct intel_sink *sink, struct err *e) {
    struct store_kept kept = {.count = 0};
    bool more = true, ok;

    sqlite3_bind_int64(statement, 1, source);
    while ((ok = row(s, statement, &more, e)) && more) {
        struct intel_label_list list;
        int at = 1;

        if (!(ok = columns_read(&store_list_columns, statement, &at, &list, &kept, e) &&
                   sink->label_list(sink->ctx, &list, e) &&
                   replay_labels(s, labels, sqlite3_column_int64(statement, 0), sink, e)))
            break;
    }
    sqlite3_reset(statement);
    return ok;
}

static bool replay_groups(struct intel_store *s, sqlite3_stmt *statement, int64_t source, const struct intel_sink *sink,
                          struct err *e) {
    bool more = true, ok;

    sqlite3_bind_int64(statement, 1, source);
    while ((ok = row(s, statement, &more, e)) && more) {
        struct store_kept kept = {.count = 0};
        struct intel_group group = {.name = STR("")};
        int at = 0;

        ok = columns_read(&store_group_columns, statement, &at, &group, &kept, e) && sink->group(sink->ctx, &group, e);
        store_kept_free(&kept);
        if (!ok)
            break;
    }
    sqlite3_reset(statement);
    return ok;
}

static bool prepare_columns(struct intel_store *s, const char *begins, const struct columns *c, const char *ends,
                            sqlite3_stmt **out, struct err *e) {
    struct buf sql = {0};

    buf_add(&sql, str_of(begins));
    columns_name(c, "", &sql);
    buf_add(&sql, str_of(ends));
    return prepare_buf(s, &sql, out, e);
}

bool intel_store_replay(struct intel_store *s,
                        bool (*source)(void *ctx, str name, str sha256, str format, struct err *e),
                        const struct intel_sink *sink, struct err *e) {
    sqlite3_stmt *sources = NULL, *items = NULL, *lists = NULL, *labels = NULL, *groups = NULL;
    bool more = true;
    bool ok =
        store_prepare(s, "SELECT number, name, sha256, format FROM source s WHERE until IS NULL ORDER BY " IN_ORDER,
                      &sources, e) &&
        prepare_columns(s, "SELECT number, canonical, review, changed_type, changed_value, ", &store_item_columns,
                        " FROM item WHERE source = ? ORDER BY number", &items, e) &&
        prepare_columns(s, "SELECT number, ", &store_list_columns, " FROM label_list WHERE source = ? ORDER BY number",
                        &lists, e) &&
        prepare_columns(s, "SELECT ", &store_group_columns, " FROM actor WHERE source = ? ORDER BY number", &groups,
                        e) &&
        store_prepare(s, "SELECT entry FROM label WHERE list = ? ORDER BY rowid", &labels, e);

    while (ok && (ok = row(s, sources, &more, e)) && more) {
        int64_t const number = sqlite3_column_int64(sources, 0);

        ok =
            (!source || source(sink->ctx, store_text(sources, 1), store_text(sources, 2), store_text(sources, 3), e)) &&
            (!sink->item || replay_items(s, items, number, sink, e)) &&
            (!sink->label_list || !sink->label || replay_lists(s, lists, labels, number, sink, e)) &&
            (!sink->group || replay_groups(s, groups, number, sink, e));
    }
    sqlite3_finalize(sources);
    sqlite3_finalize(items);
    sqlite3_finalize(lists);
    sqlite3_finalize(labels);
    sqlite3_finalize(groups);
    return ok;
}
