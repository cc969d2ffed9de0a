/* dossier_text: texts, numbers, times, places and tables as markup. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

#include "base/utf.h"
#include "report/dossier_own.h"
#include "report/finding_text.h"

#define FLUSH_AT ((size_t)1 << 20)

void dossier_put(struct dossier *d, const char *markup) {
    buf_add(&d->b, str_of(markup));
}

void dossier_format(struct dossier *d, const char *fmt, ...) {
    char room[1024];
    va_list args;

    va_start(args, fmt);
    int const len = vsnprintf(room, sizeof room, fmt, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof room);
    buf_add(&d->b, (str){room, (size_t)len});
}

bool dossier_flush(struct dossier *d, struct err *e) {
    if (d->b.failed || d->scratch.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to write the dossier");
    if (d->b.len >= FLUSH_AT) {
        file_out_add(d->to, buf_str(&d->b));
        d->b.len = 0;
    }
    return true;
}

static str cut(str s, size_t max) {
    size_t len = s.len < max ? s.len : max;

    while (len < s.len && len && max - len < 3 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_first(s, len);
}

void dossier_plain(struct dossier *d, str s, size_t max) {
    str const shown = cut(s, max);

    d->scratch.len = 0;
    finding_plain(&d->scratch, shown, false);
    for (size_t i = 0; i < d->scratch.len; i++)
        switch (d->scratch.ptr[i]) {
        case '&':
            buf_add(&d->b, S("&amp;"));
            break;
        case '<':
            buf_add(&d->b, S("&lt;"));
            break;
        case '>':
            buf_add(&d->b, S("&gt;"));
            break;
        case '"':
            buf_add(&d->b, S("&quot;"));
            break;
        case '\'':
            buf_add(&d->b, S("&#39;"));
            break;
        default:
            buf_byte(&d->b, d->scratch.ptr[i]);
        }
    if (shown.len < s.len)
        dossier_format(d, "… (%zu bytes more)", s.len - shown.len);
}

void dossier_brief(struct dossier *d, str s, size_t max) {
    str const shown = cut(s, max);

    dossier_text(d, shown, shown.len);
    dossier_put(d, shown.len < s.len ? "…" : "");
}

void dossier_text(struct dossier *d, str s, size_t max) {
    dossier_put(d, "<bdi>");
    dossier_plain(d, s, max);
    dossier_put(d, "</bdi>");
}

void dossier_words(struct dossier *d, str name) {
    char room[40];
    size_t len = name.len < sizeof room ? name.len : 0;

    for (size_t i = 0; i < len; i++)
        room[i] = name.ptr[i] == '-' || name.ptr[i] == '_' ? ' ' : name.ptr[i];
    if (len)
        dossier_text(d, (str){room, len}, len);
    else
        dossier_text(d, name, sizeof room);
}

void dossier_number(struct dossier *d, uint64_t n) {
    char digits[24];
    int const len = snprintf(digits, sizeof digits, "%" PRIu64, n);

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            buf_byte(&d->b, ',');
        buf_byte(&d->b, digits[i]);
    }
}

void dossier_some(struct dossier *d, uint64_t n, const char *one, const char *many) {
    dossier_number(d, n);
    dossier_put(d, "&nbsp;");
    dossier_put(d, n == 1 ? one : many);
}

void dossier_bytes(struct dossier *d, uint64_t n) {
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)n / 1000;
    size_t unit = 0;

    if (n < 1000) {
        dossier_some(d, n, "byte", "bytes");
        return;
    }
    for (; value >= 999.95 && unit + 1 < COUNT(units); unit++)
        value /= 1000;
    dossier_format(d, "%.1f&nbsp;%s", value, units[unit]);
}

static void instant(struct dossier *d, int64_t when, bool day) {
    char room[INSTANT_TEXT];

    if (when == INSTANT_NONE) {
        dossier_put(d, "<span class=\"none\">no time</span>");
        return;
    }
    str const text = instant_format(when, room);

    dossier_format(d, "<time datetime=\"%.*s\"><span>%.10s</span>", STR_ARG(text), text.ptr);
    if (!day)
        dossier_format(d, " %.8s", text.ptr + 11);
    dossier_put(d, "</time>");
}

void dossier_day(struct dossier *d, int64_t when) {
    instant(d, when, true);
}

void dossier_time(struct dossier *d, int64_t when) {
    instant(d, when, false);
}

void dossier_span(struct dossier *d, int64_t ns) {
    static const struct {
        int64_t ns;
        const char *one, *many;
    } units[] = {{INT64_C(86400000000000), "day", "days"},
                 {INT64_C(3600000000000), "hour", "hours"},
                 {INT64_C(60000000000), "minute", "minutes"}};

    for (size_t i = 0; i < COUNT(units); i++)
        if (ns >= 2 * units[i].ns) {
            dossier_some(d, (uint64_t)(ns / units[i].ns), units[i].one, units[i].many);
            return;
        }
    dossier_some(d, ns < 0 ? 0 : (uint64_t)(ns / INT64_C(1000000000)), "second", "seconds");
}

void dossier_weight(struct dossier *d, double bans) {
    /* A stranger's number may be none. */
    dossier_format(d, "%s%.1f", bans < 0 ? "−" : "+", isfinite(bans) ? fmin(fabs(bans), 1e6) : 0.0);
}

void dossier_level(struct dossier *d, str level) {
    static const char *const names[] = {"informational", "low", "medium", "high", "critical"};

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(level, str_of(names[i]))) {
            dossier_format(d, "<span class=\"level %s\">%s</span>", names[i], names[i]);
            return;
        }
    dossier_text(d, level, 40);
}

/* The line of the ledger that a file has, when it is among those that are told; else 0. */
static uint64_t ledger_line(struct dossier *d, str path, str sha256) {
    sqlite3_stmt *s = NULL;
    uint64_t line = 0;

    if (sqlite3_prepare_v2(d->db,
                           "SELECT rowid FROM custody WHERE path = ? AND sha256 = ? AND container IS NULL LIMIT 1", -1,
                           &s, NULL) == SQLITE_OK) {
        sqlite3_bind_text64(s, 1, path.ptr, path.len, SQLITE_STATIC, SQLITE_UTF8);
        sqlite3_bind_text64(s, 2, sha256.ptr, sha256.len, SQLITE_STATIC, SQLITE_UTF8);
        if (sqlite3_step(s) == SQLITE_ROW)
            line = case_number(s, 0);
    }
    /* A page that lacks a link for want of memory would be another page. */
    d->b.failed |= sqlite3_errcode(d->db) == SQLITE_NOMEM;
    sqlite3_finalize(s);
    return line <= DOSSIER_FILES ? line : 0;
}

void dossier_proof(struct dossier *d, str path, str sha256, uint64_t record, uint64_t offset) {
    uint64_t line;

    if (!path.len) {
        dossier_put(d, "<span class=\"none\">not seen</span>");
        return;
    }
    dossier_put(d, "<span class=\"proof\">");
    dossier_text(d, path, DOSSIER_SHORT * 3);
    dossier_put(d, " <span class=\"where\">SHA-256&nbsp;");
    if ((line = ledger_line(d, path, sha256)) != 0)
        dossier_format(d, "<a href=\"#f%" PRIu64 "\">", line);
    dossier_put(d, "<code>");
    if (sha256.len)
        dossier_plain(d, str_first(sha256, 12), 12);
    else
        dossier_put(d, "unknown");
    dossier_put(d, line ? "</code></a>" : "</code>");
    dossier_format(d, " record&nbsp;%" PRIu64 " offset&nbsp;%" PRIu64 "</span></span>", record, offset);
}

void dossier_incident_number(struct dossier *d, uint64_t incident) {
    bool told = false;

    for (size_t i = 0; i < d->incident_count; i++)
        told |= d->incidents[i].number == incident;
    if (told)
        dossier_format(d, "<a href=\"#i%" PRIu64 "\">%" PRIu64 "</a>", incident, incident);
    else
        dossier_number(d, incident);
}

/* ---- tables ---- */

/* "#" in front: numbers; "@": places in evidence, which need room. */
static bool marked(const char *head) {
    return head[0] == '#' || head[0] == '@';
}

static const char *class_of(const char *head) {
    return head[0] == '#' ? " class=\"n\"" : head[0] == '@' ? " class=\"w\"" : "";
}

void dossier_table(struct dossier *d, struct dossier_table *t, const char *caption, const char *const *heads) {
    bool const heard = caption[0] == '-';

    *t = (struct dossier_table){heads, 0};
    dossier_format(d,
                   "<div class=\"scroll\"><table role=\"table\"><caption%s>%s</caption><thead role=\"rowgroup\"><tr "
                   "role=\"row\">",
                   heard ? " class=\"heard\"" : "", caption + heard);
    for (size_t i = 0; heads[i]; i++)
        dossier_format(d, "<th scope=\"col\" role=\"columnheader\"%s>%s</th>", class_of(heads[i]),
                       heads[i] + marked(heads[i]));
    dossier_put(d, "</tr></thead><tbody role=\"rowgroup\">\n");
}

/* kind "i%e": the row can be linked to as i1-e5; "f": as f17; NULL: it cannot. */
void dossier_row(struct dossier *d, struct dossier_table *t, const char *kind, uint64_t a, uint64_t b) {
    t->at = 0;
    if (!kind)
        dossier_put(d, "<tr role=\"row\">");
    else if (kind[1] == '%')
        dossier_format(d, "<tr role=\"row\" id=\"%c%" PRIu64 "-%c%" PRIu64 "\">", kind[0], a, kind[2], b);
    else
        dossier_format(d, "<tr role=\"row\" id=\"%c%" PRIu64 "\">", kind[0], a);
}

void dossier_cell(struct dossier *d, struct dossier_table *t) {
    const char *const head = t->heads[t->at];

    dossier_format(d, "%s<td role=\"cell\"%s data-l=\"%s\">", t->at ? "</td>" : "", class_of(head),
                   head + marked(head));
    t->at++;
}

void dossier_row_end(struct dossier *d, struct dossier_table *t) {
    assert(t->heads[t->at] == NULL);
    dossier_put(d, "</td></tr>\n");
}

void dossier_table_end(struct dossier *d) {
    dossier_put(d, "</tbody></table></div>\n");
}

void dossier_more(struct dossier *d, uint64_t shown, uint64_t all, const char *where) {
    if (all <= shown)
        return;
    dossier_put(d, "<p class=\"more\">");
    dossier_number(d, all - shown);
    dossier_format(d, " more in %s.</p>\n", where);
}
