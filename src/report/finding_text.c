/* finding_text: what a finding says, in the four forms it is written in. */
#include "report/finding_text.h"

#include "event/normal.h"
#include "report/indicator_text.h"
#include "report/person_text.h"

static void member(struct buf *b, const char *name, str value) {
    buf_add(b, S(",\""));
    buf_add(b, str_of(name));
    buf_add(b, S("\":"));
    buf_json(b, value);
}

static void member_time(struct buf *b, const char *name, int64_t when) {
    char text[INSTANT_TEXT];

    if (when == INSTANT_NONE)
        buf_format(b, ",\"%s\":null", name);
    else
        member(b, name, instant_format(when, text));
}

/* Field by field in the order of the first match; a field that matched with several values has a list of them. */
static void add_matches(struct buf *b, const struct finding *f) {
    const struct detect_match *const m = f->matches;

    buf_byte(b, '{');
    for (size_t i = 0, fields = 0; i < f->match_count; i++) {
        size_t before = 0, values = 0;

        while (before < i && !str_eq(m[before].field, m[i].field))
            before++;
        if (before < i)
            continue; /* written with the first of its name */
        for (size_t k = i; k < f->match_count; k++)
            values += str_eq(m[k].field, m[i].field);
        if (fields++)
            buf_byte(b, ',');
        buf_json(b, m[i].field);
        buf_add(b, values > 1 ? S(":[") : S(":"));
        for (size_t k = i, written = 0; k < f->match_count; k++)
            if (str_eq(m[k].field, m[i].field)) {
                if (written++)
                    buf_byte(b, ',');
                buf_json(b, m[k].value);
            }
        if (values > 1)
            buf_byte(b, ']');
    }
    buf_byte(b, '}');
}

static void add_correlation(struct buf *b, const struct finding *f) {
    member_time(b, "first", f->first);
    member_time(b, "last", f->last);
    buf_format(b, ",\"count\":%lu", (unsigned long)f->count);
    if (f->value.len)
        member(b, "value", f->value);
    buf_add(b, S(",\"group\":{"));
    for (size_t i = 0; i < f->group_count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, f->groups[i].name);
        buf_byte(b, ':');
        buf_json(b, f->groups[i].value);
    }
    buf_add(b, S("},\"events\":["));
    for (size_t i = 0; i < f->event_count; i++) {
        const struct finding_event *const e = &f->events[i];

        if (i)
            buf_byte(b, ',');
        buf_add(b, S("{\"rule_id\":"));
        buf_json(b, e->rule->id);
        member_time(b, "time", e->when);
        member(b, "evidence_path", e->evidence_path);
        member(b, "evidence_sha256", str_of(e->evidence_sha256));
        buf_format(b, ",\"record\":%lu,\"offset\":%lu}", (unsigned long)e->record, (unsigned long)e->offset);
    }
    buf_byte(b, ']');
}

void client_json(struct buf *b, str address, const struct network_about *about) {
    buf_add(b, S("\"address\":"));
    buf_json(b, address);
    if (!about)
        return;
    if (about->range.len)
        member(b, "range", about->range);
    if (about->provider.len)
        member(b, "provider", about->provider);
    if (about->country[0])
        member(b, "country", str_of(about->country));
    if (about->network[0])
        member(b, "network", str_of(about->network));
}

void finding_json(struct buf *b, const struct finding *f) {
    buf_add(b, f->person ? S("{\"type\":\"person\",\"finding\":") : S("{\"finding\":"));
    buf_u64(b, f->number);
    member(b, "rule_id", f->rule->id);
    member(b, "rule_title", f->rule->title);
    member(b, "level", sigma_level_name(f->rule->level));
    buf_add(b, S(",\"tags\":["));
    for (size_t i = 0; i < f->rule->tag_count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, f->rule->tags[i]);
    }
    buf_byte(b, ']');
    member_time(b, "time", f->when);
    if (f->rule->type != SIGMA_CORRELATION) {
        if (f->when != INSTANT_NONE)
            member(b, "time_zone", zone_name(f->zone));
        if (f->time_text.len)
            member(b, "time_text", f->time_text);
    }
    member(b, "kind", f->kind);
    member(b, "host", f->host);
    member(b, "account", f->account);
    if (f->client_address.len) {
        buf_add(b, S(",\"client\":{"));
        client_json(b, f->client_address, f->client);
        buf_byte(b, '}');
    }
    member(b, "evidence_path", f->evidence_path);
    member(b, "evidence_sha256", str_of(f->evidence_sha256));
    buf_add(b, S(",\"record\":"));
    buf_u64(b, f->record);
    buf_add(b, S(",\"offset\":"));
    buf_u64(b, f->offset);
    if (f->salvaged)
        buf_add(b, S(",\"salvaged\":true"));
    if (f->logsource.len)
        member(b, "seen_as", f->logsource);
    buf_add(b, S(",\"matched\":"));
    add_matches(b, f);
    if (f->indicator) {
        buf_add(b, S(",\"indicator\":"));
        indicator_json(b, f->indicator);
    }
    if (f->person) {
        struct buf words = {0};

        buf_add(b, S(",\"person\":{"));
        person_members(b, f->person, PERSON_TEXTS_TOLD);
        person_words(&words, f->person);
        member(b, "words", buf_str(&words));
        b->failed |= words.failed;
        buf_free(&words);
        buf_byte(b, '}');
    }
    if (f->rule->type == SIGMA_CORRELATION)
        add_correlation(b, f);
    buf_byte(b, '}');
}

/* ---- CSV ---- */

/* RFC 4180 2: quoted when it must be. Where a spreadsheet would begin to calculate (= + - @, tab, CR) an apostrophe stands
 * in front. */
void finding_csv_cell(struct buf *b, str s) {
    bool quoted = s.len && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
    bool const formula = s.len && memchr("=+-@\t\r", s.ptr[0], 6) != NULL;
    size_t quote;

    for (size_t i = 0; i < s.len && !quoted; i++)
        quoted = s.ptr[i] == '"' || s.ptr[i] == ',' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
    if (quoted)
        buf_byte(b, '"');
    if (formula)
        buf_byte(b, '\'');
    for (; quoted && (quote = str_find_byte(s, '"')) != SIZE_MAX; s = str_from(s, quote + 1)) {
        buf_add(b, str_first(s, quote + 1));
        buf_byte(b, '"');
    }
    buf_add(b, s);
    if (quoted)
        buf_byte(b, '"');
}

static void csv_next(struct buf *b, str s) {
    buf_byte(b, ',');
    finding_csv_cell(b, s);
}

void finding_csv_head(struct buf *b) {
    buf_add(b, S("finding,time,level,rule_title,rule_id,kind,host,account,matched,events,first,last,evidence_path,"
                 "evidence_sha256,"
                 "record,offset,salvaged,time_zone,time_text,client_address,client_network"));
}

void finding_csv(struct buf *b, const struct finding *f) {
    bool const correlation = f->rule->type == SIGMA_CORRELATION;
    char text[INSTANT_TEXT], about[NETWORK_LINE_MAX];
    struct buf matched = {0};

    buf_u64(b, f->number);
    csv_next(b, instant_format(f->when, text));
    csv_next(b, sigma_level_name(f->rule->level));
    csv_next(b, f->rule->title);
    csv_next(b, f->rule->id);
    csv_next(b, f->kind);
    csv_next(b, f->host);
    csv_next(b, f->account);
    for (size_t i = 0; i < f->match_count + f->group_count; i++) {
        bool const match = i < f->match_count;

        if (i)
            buf_add(&matched, S("; "));
        buf_add(&matched, match ? f->matches[i].field : f->groups[i - f->match_count].name);
        buf_byte(&matched, '=');
        buf_add(&matched, match ? f->matches[i].value : f->groups[i - f->match_count].value);
    }
    if (f->person) {
        buf_add(&matched, f->match_count ? S("; ") : S(""));
        person_words(&matched, f->person);
    }
    csv_next(b, buf_str(&matched));
    b->failed |= matched.failed;
    buf_free(&matched);
    buf_byte(b, ',');
    buf_u64(b, correlation ? f->count : 1);
    csv_next(b, instant_format(correlation ? f->first : f->when, text));
    csv_next(b, instant_format(correlation ? f->last : f->when, text));
    csv_next(b, f->evidence_path);
    csv_next(b, str_of(f->evidence_sha256));
    buf_format(b, ",%lu,%lu,%s", (unsigned long)f->record, (unsigned long)f->offset, f->salvaged ? "yes" : "no");
    csv_next(b, correlation || f->when == INSTANT_NONE ? S("") : zone_name(f->zone));
    csv_next(b, f->time_text);
    csv_next(b, f->client_address);
    csv_next(b, f->client ? network_line(f->client, about) : S(""));
}

/* ---- Timesketch ---- */

/* Floor: times before 1970 keep their order. */
static int64_t microseconds(int64_t when) {
    return when / 1000 - (when % 1000 < 0);
}

void timesketch_head(struct buf *b, str message, int64_t when, const char *what) {
    struct wall const w = instant_wall(when);

    buf_add(b, S("{\"message\":"));
    buf_json(b, message);
    buf_format(b,
               ",\"datetime\":\"%04d-%02u-%02uT%02u:%02u:%02u.%06u+00:00\",\"timestamp\":%ld,\"timestamp_desc\":\"%s\"",
               w.year, w.month, w.day, w.hour, w.minute, w.second, w.nanosecond / 1000, (long)microseconds(when), what);
}

bool finding_timesketch(struct buf *b, const struct finding *f, str json) {
    struct buf sentence = {0};

    if (f->when == INSTANT_NONE)
        return false;
    finding_sentence(&sentence, f);
    timesketch_head(b, buf_str(&sentence), f->when,
                    f->rule->type == SIGMA_CORRELATION ? "Correlation became true" : "Event logged");
    b->failed |= sentence.failed;
    buf_free(&sentence);
    buf_byte(b, ',');
    buf_add(b, str_from(json, 1));
    return true;
}

/* ---- sentence ---- */

#define SENTENCE_VALUE_MAX 160u

void finding_plain(struct buf *b, str s, bool lines) {
    buf_plain(b, s, lines);
}

void finding_short(struct buf *b, str s) {
    size_t len = s.len;

    if (len > SENTENCE_VALUE_MAX)
        for (len = SENTENCE_VALUE_MAX; len > SENTENCE_VALUE_MAX - 3 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80;)
            len--;
    finding_plain(b, str_first(s, len), false);
    if (len < s.len)
        buf_add(b, S("…"));
}

void finding_sentence(struct buf *b, const struct finding *f) {
    buf_byte(b, '[');
    buf_add(b, sigma_level_name(f->rule->level));
    buf_add(b, S("] "));
    if (f->indicator) {
        buf_add(b, S("Known "));
        indicator_words(b, f->indicator);
    } else if (f->person) {
        person_words(b, f->person);
    } else {
        finding_short(b, f->rule->title);
    }
    if (f->host.len) {
        buf_add(b, S(" on "));
        finding_short(b, f->host);
    }
    if (f->account.len) {
        buf_add(b, S(" by "));
        finding_short(b, f->account);
    }
    if (f->rule->type == SIGMA_CORRELATION) {
        buf_add(b, S(" ("));
        buf_count(b, f->count, "event");
        buf_byte(b, ')');
    }
    for (size_t i = 0; i < f->match_count + f->group_count; i++) {
        bool const match = i < f->match_count;

        buf_add(b, i ? S(", ") : S(": "));
        finding_short(b, match ? f->matches[i].field : f->groups[i - f->match_count].name);
        buf_add(b, S("="));
        finding_short(b, match ? f->matches[i].value : f->groups[i - f->match_count].value);
    }
    if (f->salvaged)
        buf_add(b, S(" (salvaged record)"));
}
