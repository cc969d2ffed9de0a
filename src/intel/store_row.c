/* store_row: items, warninglists and groups as rows: one table a struct says what its columns are, and everything else follows. */
#include "codec/json_tree.h"
#include "intel/store_own.h"

static str form_word(unsigned form) {
    static const str words[] = {
        [ITEM_VALUE] = STR("value"), [ITEM_PATTERN] = STR("pattern"), [ITEM_REGEX] = STR("regex")};

    return words[form];
}

static str nature_word(unsigned nature) {
    return nature_name((enum item_nature)nature);
}

static str how_word(unsigned how) {
    static const str words[] = {
        [LABEL_STRING] = STR("string"), [LABEL_SUBSTRING] = STR("substring"), [LABEL_HOSTNAME] = STR("hostname"),
        [LABEL_CIDR] = STR("cidr"),     [LABEL_REGEX] = STR("regex"),
    };

    return words[how];
}

static str tlp_word(unsigned tlp) {
    return tlp_name((enum tlp)tlp);
}

static str pap_word(unsigned pap) {
    return pap_name((enum pap)pap);
}

str store_type_word(unsigned type) {
    return type ? observable_name((enum observable)type) : S("");
}

str store_review_word(unsigned review) {
    static const str words[] = {[REVIEW_OPEN] = STR("open"),
                                [REVIEW_ACCEPTED] = STR("accepted"),
                                [REVIEW_REJECTED] = STR("rejected"),
                                [REVIEW_CHANGED] = STR("changed")};

    return words[review];
}

#define TEXT(of, member, name)                                                                                         \
    { name, COLUMN_TEXT, offsetof(struct of, member), NULL, 0 }
#define TIME(of, member, name)                                                                                         \
    { name, COLUMN_TIME, offsetof(struct of, member), NULL, 0 }
#define NAMES(of, member, name)                                                                                        \
    { name, COLUMN_NAMES, offsetof(struct of, member), NULL, 0 }
#define PLAIN(of, member, name, type)                                                                                  \
    { name, type, offsetof(struct of, member), NULL, 0 }
#define WORD(of, member, name, word, words)                                                                            \
    { name, COLUMN_WORD, offsetof(struct of, member), word, words }

static const struct column item_columns[] = {
    WORD(intel_item, form, "form", form_word, ITEM_REGEX + 1),
    WORD(intel_item, type, "type", store_type_word, OBSERVABLES),
    TEXT(intel_item, value, "value"),
    TEXT(intel_item, raw, "raw"),
    TEXT(intel_item, where, "place"),
    TEXT(intel_item, id, "said_id"),
    TEXT(intel_item, title, "title"),
    TEXT(intel_item, comment, "comment"),
    TIME(intel_item, created, "created"),
    TIME(intel_item, modified, "modified"),
    TIME(intel_item, valid_from, "valid_from"),
    TIME(intel_item, valid_until, "valid_until"),
    TIME(intel_item, first_seen, "first_seen"),
    TIME(intel_item, last_seen, "last_seen"),
    PLAIN(intel_item, confidence, "confidence", COLUMN_BYTE),
    WORD(intel_item, tlp, "tlp", tlp_word, TLPS),
    WORD(intel_item, pap, "pap", pap_word, PAPS),
    WORD(intel_item, nature, "nature", nature_word, NATURES),
    PLAIN(intel_item, revoked, "revoked", COLUMN_BOOL),
    PLAIN(intel_item, context, "context", COLUMN_BOOL),
    PLAIN(intel_item, proposed, "proposed", COLUMN_BOOL),
    PLAIN(intel_item, port, "port", COLUMN_PORT),
    NAMES(intel_item, groups, "groups"),
    NAMES(intel_item, campaigns, "campaigns"),
    NAMES(intel_item, malware, "malware"),
    NAMES(intel_item, techniques, "techniques"),
    NAMES(intel_item, origins, "origins"),
};
const struct columns store_item_columns = {item_columns, COUNT(item_columns)};

static const struct column list_columns[] = {
    TEXT(intel_label_list, name, "name"),
    TEXT(intel_label_list, description, "description"),
    TEXT(intel_label_list, version, "version"),
    TEXT(intel_label_list, category, "category"),
    WORD(intel_label_list, how, "how", how_word, LABEL_REGEX + 1),
    PLAIN(intel_label_list, matches, "matches", COLUMN_BITS),
};
const struct columns store_list_columns = {list_columns, COUNT(list_columns)};

static const struct column group_columns[] = {
    TEXT(intel_group, name, "name"),        TEXT(intel_group, id, "said_id"),
    TEXT(intel_group, where, "place"),      TEXT(intel_group, description, "description"),
    NAMES(intel_group, aliases, "aliases"), NAMES(intel_group, countries, "countries"),
    NAMES(intel_group, origins, "origins"), NAMES(intel_group, techniques, "techniques"),
    NAMES(intel_group, malware, "malware"), PLAIN(intel_group, retired, "retired", COLUMN_BOOL),
};
const struct columns store_group_columns = {group_columns, COUNT(group_columns)};

/* What the user said. */
static const struct column about_columns[] = {
    WORD(import_about, tlp, "tlp", tlp_word, TLPS),
    WORD(import_about, pap, "pap", pap_word, PAPS),
    PLAIN(import_about, confidence, "confidence", COLUMN_BYTE),
    TEXT(import_about, group, "said_group"),
    TEXT(import_about, origin, "origin"),
    TIME(import_about, valid_from, "valid_from"),
    TIME(import_about, valid_until, "valid_until"),
    PLAIN(import_about, strict, "strict", COLUMN_BOOL),
    PLAIN(import_about, observed, "observed", COLUMN_BOOL),
};
const struct columns store_about_columns = {about_columns, COUNT(about_columns)};

static const char *sql_type(const struct column *c) {
    switch (c->type) {
    case COLUMN_TEXT:
    case COLUMN_WORD:
        return "TEXT NOT NULL";
    case COLUMN_NAMES:
        return "TEXT";
    case COLUMN_TIME:
        return "INTEGER";
    default:
        return "INTEGER NOT NULL";
    }
}

void columns_define(const struct columns *c, struct buf *sql) {
    for (size_t i = 0; i < c->count; i++)
        buf_format(sql, "%s%s %s", i ? ", " : "", c->columns[i].name, sql_type(&c->columns[i]));
}

void columns_name(const struct columns *c, const char *table, struct buf *sql) {
    for (size_t i = 0; i < c->count; i++)
        buf_format(sql, "%s%s%s", i ? ", " : "", table, c->columns[i].name);
}

void columns_marks(const struct columns *c, struct buf *sql) {
    for (size_t i = 0; i < c->count; i++)
        buf_add(sql, S(", ?"));
}

/* ---- writing ---- */

void store_bind(sqlite3_stmt *statement, int at, str s) {
    sqlite3_bind_text64(statement, at, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
}

void store_bind_time(sqlite3_stmt *statement, int at, int64_t when) {
    if (when == INSTANT_NONE)
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_int64(statement, at, when);
}

/* Copied by SQLite: the room moves as it grows. */
static void bind_names(sqlite3_stmt *statement, int at, const struct item_names *names, struct buf *room) {
    if (!names->count) {
        sqlite3_bind_null(statement, at);
        return;
    }
    room->len = 0;
    for (unsigned i = 0; i < names->count && i < ITEM_NAMES_MAX; i++) {
        buf_byte(room, i ? ',' : '[');
        buf_json(room, names->names[i]);
    }
    buf_byte(room, ']');
    sqlite3_bind_text64(statement, at, buf_str(room).ptr, room->len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void columns_bind(const struct columns *c, sqlite3_stmt *statement, int *at, const void *object, struct buf *room) {
    for (size_t i = 0; i < c->count; i++, ++*at) {
        const struct column *const column = &c->columns[i];
        const void *const from = (const char *)object + column->at;
        unsigned word;

        switch (column->type) {
        case COLUMN_TEXT:
            store_bind(statement, *at, *(const str *)from);
            break;
        case COLUMN_TIME:
            store_bind_time(statement, *at, *(const int64_t *)from);
            break;
        case COLUMN_NAMES:
            bind_names(statement, *at, from, room);
            break;
        case COLUMN_WORD:
            memcpy(&word, from, sizeof word);
            store_bind(statement, *at, word < column->words ? column->word(word) : S(""));
            break;
        case COLUMN_BYTE:
            sqlite3_bind_int64(statement, *at, *(const uint8_t *)from);
            break;
        case COLUMN_PORT:
            sqlite3_bind_int64(statement, *at, *(const uint16_t *)from);
            break;
        case COLUMN_BOOL:
            sqlite3_bind_int64(statement, *at, *(const bool *)from);
            break;
        case COLUMN_BITS:
            sqlite3_bind_int64(statement, *at, (sqlite3_int64) * (const uint64_t *)from);
            break;
        }
    }
}

/* ---- reading ---- */

str store_text(sqlite3_stmt *statement, int column) {
    const char *const text = (const char *)sqlite3_column_text(statement, column);

    return text ? (str){text, (size_t)sqlite3_column_bytes(statement, column)} : S("");
}

int64_t store_time(sqlite3_stmt *statement, int column) {
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? INSTANT_NONE
                                                                 : sqlite3_column_int64(statement, column);
}

void store_kept_free(struct store_kept *kept) {
    for (unsigned i = 0; i < kept->count; i++)
        json_decref(kept->values[i]);
    kept->count = 0;
}

static bool read_names(sqlite3_stmt *statement, int at, struct item_names *names, struct store_kept *kept,
                       struct err *e) {
    json_t *list;

    names->count = 0;
    if (sqlite3_column_type(statement, at) == SQLITE_NULL)
        return true;
    if (!(list = json_tree(store_text(statement, at), e)))
        return false;
    if (kept->count == COUNT(kept->values)) {
        json_decref(list);
        return err_set(e, ERR_LIMIT, 0, "too many lists of names in a row");
    }
    kept->values[kept->count++] = list;
    for (size_t i = 0; i < json_array_size(list) && names->count < ITEM_NAMES_MAX; i++)
        names->names[names->count++] = json_text(json_array_get(list, i));
    return true;
}

static bool read_word(const struct column *c, str word, void *to, struct err *e) {
    for (unsigned i = 0; i < c->words; i++)
        if (str_eq(c->word(i), word)) {
            memcpy(to, &i, sizeof i);
            return true;
        }
    return err_set(e, ERR_CORRUPT, 0, "%s: '%.40s' is no such word", c->name, word.ptr);
}

bool columns_read(const struct columns *c, sqlite3_stmt *statement, int *at, void *object, struct store_kept *kept,
                  struct err *e) {
    for (size_t i = 0; i < c->count; i++, ++*at) {
        const struct column *const column = &c->columns[i];
        void *const to = (char *)object + column->at;
        int64_t const n = sqlite3_column_int64(statement, *at);

        switch (column->type) {
        case COLUMN_TEXT:
            *(str *)to = store_text(statement, *at);
            break;
        case COLUMN_TIME:
            *(int64_t *)to = store_time(statement, *at);
            break;
        case COLUMN_NAMES:
            if (!read_names(statement, *at, to, kept, e))
                return false;
            break;
        case COLUMN_WORD:
            if (!read_word(column, store_text(statement, *at), to, e))
                return false;
            break;
        case COLUMN_BYTE:
            *(uint8_t *)to = (uint8_t)n;
            break;
        case COLUMN_PORT:
            *(uint16_t *)to = (uint16_t)n;
            break;
        case COLUMN_BOOL:
            *(bool *)to = n != 0;
            break;
        case COLUMN_BITS:
            *(uint64_t *)to = (uint64_t)n;
            break;
        }
    }
    return true;
}
