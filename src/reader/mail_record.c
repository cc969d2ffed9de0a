/* mail_record: what is told of one message, and the life of what reads it. */
#include "codec/mail_value.h"
#include "reader/mail_own.h"

#define TEXTS_MAX ((size_t)64 << 20)

#define MAIL_NAME(id, name) STR(name),
static const str made_names[MADES] = {MAIL_FIELDS(MAIL_NAME)};
#undef MAIL_NAME

/* ------------------------------------------------------------------ values */

void mail_defect(struct mail *m, const char *why) {
    for (uint32_t i = 0; i < m->defect_count; i++)
        if (strcmp(m->defects[i], why) == 0)
            return;
    if (m->defect_count < MAIL_DEFECTS)
        m->defects[m->defect_count++] = why;
}

void mail_add(struct mail *m, enum mail_made what, enum raw_type type, str text) {
    if (m->made[what] == FIELD_NONE)
        return;
    if (m->count == RECORD_VALUES_MAX - MAIL_DEFECTS) {
        mail_defect(m, "more values than a record may have");
        return;
    }
    m->values[m->count++] =
        (struct raw){.field = m->made[what], .type = (uint8_t)type, .len = (uint32_t)text.len, .ptr = text.ptr};
}

str mail_hold(struct mail *m, str text) {
    str kept = S("");

    if (text.len && !arena_copy(m->texts, text, &kept)) {
        m->no_memory = true;
        return S("");
    }
    return kept;
}

void mail_add_copy(struct mail *m, enum mail_made what, str text) {
    if (text.len && m->made[what] != FIELD_NONE)
        mail_add(m, what, RAW_TEXT, mail_hold(m, text));
}

void mail_add_count(struct mail *m, enum mail_made what, uint64_t n) {
    m->scratch.len = 0;
    buf_u64(&m->scratch, n);
    if (m->made[what] != FIELD_NONE)
        mail_add(m, what, RAW_NUMBER, mail_hold(m, buf_str(&m->scratch)));
}

/* ------------------------------------------------------------------ what the parser tells */

static bool give_up(struct mail *m, struct err *e) {
    return err_set(e, ERR_MEMORY, m->offset, "no memory for a message");
}

static bool on_part(void *ctx, const struct mime_part *p, struct err *e) {
    struct mail *const m = ctx;

    if (p->index == 0 && !mail_read_head(m, p))
        return give_up(m, e);
    return m->head_only || mail_begin_part(m, p) || give_up(m, e);
}

static bool on_body(void *ctx, const struct mime_part *p, str bytes, struct err *e) {
    struct mail *const m = ctx;
    (void)p;

    return m->head_only || mail_add_body(m, bytes) || give_up(m, e);
}

static bool on_end(void *ctx, uint32_t index, uint64_t encoded, uint64_t junk, struct err *e) {
    struct mail *const m = ctx;
    (void)index;
    (void)encoded;

    if (m->head_only)
        return true;
    if (junk)
        mail_defect(m, "bytes that the transfer encoding has no meaning for");
    return mail_end_leaf(m) || give_up(m, e);
}

static void on_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    struct mail *const m = ctx;

    if (m->head_only)
        return;
    mail_defect(m, why);
    if (size && m->defects_told++ < MAIL_DEFECTS && m->to)
        m->to->damage(m->to, m->offset + offset, size, why);
}

/* ------------------------------------------------------------------ the life */

bool mail_open(struct mail **out, struct event_sink *to, struct err *e) {
    struct mail *const m = calloc(1, sizeof *m);

    if (!m)
        return err_set(e, ERR_MEMORY, 0, "no memory for reading mail");
    m->to = to;
    m->e = e;
    if (!mime_new(&m->mime, e)) {
        mail_close(m);
        return false;
    }
    m->texts = arena_new(TEXTS_MAX);
    m->values = malloc(RECORD_VALUES_MAX * sizeof *m->values);
    for (size_t i = 0; i < MADES && m->texts && m->values; i++) {
        m->made[i] = field_intern(to->fields, made_names[i]);
        m->overflow = m->overflow || m->made[i] == FIELD_NONE;
        if (m->made[i] != FIELD_NONE && to->wants && !to->wants(to, m->made[i]))
            m->made[i] = FIELD_NONE;
        m->hops = m->hops || (i >= MADE_RECEIVED_FROM && i <= MADE_CLIENT_ADDRESS && m->made[i] != FIELD_NONE);
        m->analyse = m->analyse || (i >= MADE_TEXT && i <= MADE_SKETCH_SHINGLES && m->made[i] != FIELD_NONE);
    }
    if (!m->texts || !m->values) {
        mail_close(m);
        return err_set(e, ERR_MEMORY, 0, "no memory for reading mail");
    }
    *out = m;
    return true;
}

void mail_close(struct mail *m) {
    if (!m)
        return;
    mime_free(m->mime);
    mime_free(m->inner);
    buf_free(&m->opened);
    arena_free(m->texts);
    free(m->values);
    sha256_free(m->sha256);
    buf_free(&m->body);
    buf_free(&m->shown);
    buf_free(&m->scratch);
    buf_free(&m->decoded);
    buf_free(&m->room);
    free(m);
}

void mail_begin(struct mail *m, uint64_t offset) {
    static const struct mime_visitor visitor = {on_part, on_body, on_end, on_damage, NULL};
    struct mime_visitor mine = visitor;

    mine.ctx = m;
    m->offset = offset;
    arena_reset(m->texts);
    m->no_memory = false;
    m->count = m->recipient_count = m->address_count = m->name_count = m->sender_count = m->defect_count = 0;
    m->when = INSTANT_NONE;
    m->zone_given = false;
    m->time_text = S("");
    m->defects_told = 0;
    m->leaf = LEAF_NONE;
    m->leaf_within = m->inner_within = m->own_told = false;
    m->opens = OPENS_NOTHING;
    m->head_only = m->in_inner = m->signed_ = m->encrypted = false;
    m->shown.len = 0;
    m->alternative.depth = 0;
    m->images = m->remote = m->hidden = m->pixels = 0;
    m->url_count = m->attachment_count = 0;
    mime_begin(m->mime, &mine);
}

bool mail_verifies(const struct mail *m) {
    return m->to->house && mail_house_keys(m->to->house) &&
           (m->made[MADE_DKIM_RESULT] != FIELD_NONE || m->made[MADE_ARC_RESULT] != FIELD_NONE);
}

bool mail_verify(struct mail *m, str message, struct err *e) {
    static const str arc_names[] = {STR(""), STR("pass"), STR("fail"), STR("no key")};
    const struct dkim_keys *const keys = mail_house_keys(m->to->house);
    struct dkim_signature signatures[DKIM_SIGNATURES_MAX];
    struct arc_chain chain;
    uint32_t count = 0;
    int64_t const at = m->when == INSTANT_NONE ? -1 : m->when / 1000000000;

    if (!dkim_verify(message, keys, at, m->texts, signatures, &count, e) ||
        !arc_verify(message, keys, m->texts, &chain, e))
        return false;
    for (uint32_t i = 0; i < count; i++)
        mail_add(m, MADE_DKIM_RESULT, RAW_TEXT, dkim_result_name(signatures[i].result));
    if (chain.result != ARC_NONE)
        mail_add(m, MADE_ARC_RESULT, RAW_TEXT, arc_names[chain.result]);
    return true;
}

bool mail_put_head(struct mail *m, str head, struct err *e) {
    m->head_only = true;
    return mime_feed(m->mime, head, e) && mime_feed(m->mime, S("\r\n\r\n"), e);
}

/* `From jo@example.org Sun Mar 14 07:12:03 2021`: the time, where the message has none of its own. */
static void time_of_from_line(struct mail *m, str line) {
    size_t at = str_starts(line, S("From ")) ? 5 : line.len;

    for (; at < line.len && m->when == INSTANT_NONE; at++) {
        struct wall w;
        str const rest = str_trim(str_from(line, at));

        if (line.ptr[at - 1] != ' ' || line.ptr[at] == ' ' || !wall_parse(rest, &w) || !w.year_given)
            continue;
        if (wall_instant(&w) == 0) /* readpst's, of a message that has no time */
            return;
        m->when = wall_instant(&w);
        m->zone_given = w.zone_given;
        m->time_text = mail_hold(m, rest);
    }
}

bool mail_give(struct mail *m, uint64_t offset, uint64_t size, uint64_t number, str from_line, struct err *e) {
    struct record record;

    if (!mime_end(m->mime, e))
        return false;
    mail_add_bodies(m);
    if (m->to->house)
        mail_add_lookalikes(m);
    if (m->when == INSTANT_NONE && from_line.len < 1024)
        time_of_from_line(m, from_line);
    for (uint32_t i = 0; i < m->defect_count; i++) {
        if (m->made[MADE_DEFECTS] != FIELD_NONE)
            m->values[m->count++] = (struct raw){.field = m->made[MADE_DEFECTS],
                                                 .type = RAW_TEXT,
                                                 .len = (uint32_t)strlen(m->defects[i]),
                                                 .ptr = m->defects[i]};
    }
    if (m->overflow)
        m->to->damage(m->to, offset, 0, "no room for another name of a field");
    m->overflow = false;
    if (m->no_memory || m->scratch.failed || m->decoded.failed || m->shown.failed || m->opened.failed)
        return give_up(m, e);
    record = (struct record){
        .values = m->values,
        .count = m->count,
        .when = m->when,
        .zone = m->zone_given ? ZONE_GIVEN : ZONE_ASSUMED,
        .time_text = m->time_text,
        .unordered = true,
        .number = number,
        .offset = offset,
        .size = size,
    };
    return m->to->record(m->to, &record, e);
}

/* ------------------------------------------------------------------ what a message looks like */

#define STRONG 7u /* of the names below: nothing but mail has them */

bool mail_head_likely(str head) {
    static const str names[] = {STR("from"),
                                STR("to"),
                                STR("subject"),
                                STR("message-id"),
                                STR("received"),
                                STR("return-path"),
                                STR("mime-version"),
                                STR("date"),
                                STR("content-type"),
                                STR("delivered-to"),
                                STR("dkim-signature"),
                                STR("authentication-results"),
                                STR("reply-to"),
                                STR("cc"),
                                STR("content-transfer-encoding"),
                                STR("sender"),
                                STR("x-mailer"),
                                STR("in-reply-to"),
                                STR("references"),
                                STR("list-id"),
                                STR("arc-seal"),
                                STR("received-spf"),
                                STR("x-originating-ip"),
                                STR("content-disposition"),
                                STR("x-mozilla-status")};
    bool seen[COUNT(names)] = {0};
    unsigned known = 0, strong = 0, others = 0, broken = 0;
    bool in_header = false;

    while (head.len) {
        size_t const end = str_find_byte(head, '\n');
        str line = str_first(head, end);
        size_t colon, len;

        head = end == SIZE_MAX ? S("") : str_from(head, end + 1);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0) { /* a head that is all there, and says little */
            if ((strong && others <= known) || (known && others == 0))
                return true;
            break;
        }
        if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
            if (!in_header)
                return false;
            continue;
        }
        if (head.len == 0 && end == SIZE_MAX) /* the head may end within it */
            break;
        for (len = 0; len < line.len && line.ptr[len] > ' ' && line.ptr[len] < 127 && line.ptr[len] != ':'; len++)
            continue;
        for (colon = len; colon < line.len && (line.ptr[colon] == ' ' || line.ptr[colon] == '\t'); colon++)
            continue;
        if (len == 0 || colon == line.len || line.ptr[colon] != ':') {
            if (strong && str_starts(line, S("--")))
                break;
            if (!in_header && (str_starts(line, S("From ")) || str_starts(line, S(">From "))))
                continue;
            if (!in_header || ++broken > 2)
                return known >= 4 || strong >= 3; /* mail all the same, if it is that */
            others += 2;
            continue;
        }
        in_header = true;
        for (size_t i = 0; i < COUNT(names); i++)
            if (str_eq_ascii(str_first(line, len), names[i])) {
                known += !seen[i];
                strong += !seen[i] && i < STRONG;
                if (!seen[i] && i == STRONG + 1 && str_find(line, S("multipart/")) != SIZE_MAX)
                    strong++;
                seen[i] = true;
                len = 0;
                break;
            }
        others += len > 0;
        if (others > 200 && known < 3)
            return false;
    }
    return known >= 3 || strong >= 2;
}
