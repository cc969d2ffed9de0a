/* mail_head: the headers of a message into values. */
#include "codec/mail_value.h"
#include "intel/network.h"
#include "reader/mail_own.h"

#define HEADER_NAME(id, name) STR(name),
static const str header_names[HEADERS] = {MAIL_HEADERS(HEADER_NAME)};
#undef HEADER_NAME

/* Which header each is. */
static void know_headers(struct mail *m, const struct mime_part *p) {
    memset(m->first, 0, sizeof m->first);
    for (uint32_t i = 0; i < p->header_count; i++) {
        str const name = p->headers[i].name;
        char const letter = name.ptr[0] | 0x20;
        uint8_t id = 0;

        while (id < HEADERS && (header_names[id].len != name.len || header_names[id].ptr[0] != letter ||
                                !str_eq_ascii(header_names[id], name)))
            id++;
        m->ids[i] = id;
        if (id < HEADERS && m->first[id] == 0)
            m->first[id] = (uint16_t)(i + 1);
    }
}

/* The first of them; "": there is none. */
static str header(const struct mail *m, const struct mime_part *p, enum mail_header which) {
    return m->first[which] ? p->headers[m->first[which] - 1].value : S("");
}

/* Decoded, in m->scratch. */
static str text_of(struct mail *m, str value) {
    uint64_t bad = 0;

    m->scratch.len = 0;
    if (value.len)
        mail_text(value, &m->scratch, &bad);
    if (bad)
        mail_defect(m, "text in a header that cannot be decoded");
    return buf_str(&m->scratch);
}

static str lower_copy(struct mail *m, str s) {
    char *const to = arena_bytes(m->texts, s.len);

    if (!to) {
        m->no_memory = true;
        return S("");
    }
    for (size_t i = 0; i < s.len; i++)
        to[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + ('a' - 'A')) : s.ptr[i];
    return (str){to, s.len};
}

/* ------------------------------------------------------------------ people */

static void add_recipient(struct mail *m, str address) {
    str const small = lower_copy(m, address);

    if (str_find_byte(small, '@') == SIZE_MAX)
        return;
    for (uint32_t i = 0; i < m->recipient_count; i++)
        if (str_eq(m->recipients[i], small))
            return;
    if (m->recipient_count < MAIL_ADDRESSES)
        m->recipients[m->recipient_count++] = small;
}

/* The domain of an address is one that speaks for the message. */
static void add_sender(struct mail *m, str address) {
    size_t at = address.len;
    str domain;

    while (at > 0 && address.ptr[at - 1] != '@')
        at--;
    if (at == 0 || at == address.len)
        return;
    domain = lower_copy(m, str_from(address, at));
    for (uint32_t i = 0; i < m->sender_count; i++)
        if (str_eq(m->senders[i], domain))
            return;
    if (m->sender_count < MAIL_SENDERS)
        m->senders[m->sender_count++] = domain;
}

/* Words of a name or of an address's local part: what a mail merge puts into the text. */
static void add_names(struct mail *m, str text) {
    size_t from = 0;

    for (size_t at = 0; at <= text.len; at++) {
        char const c = at < text.len ? text.ptr[at] : ' ';

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80)
            continue;
        if (at - from >= 3 && at - from < 64 && m->name_count < COUNT(m->names))
            m->names[m->name_count++] = (str){text.ptr + from, at - from};
        from = at + 1;
    }
}

struct people {
    enum mail_made address, name; /* name: MADES: nobody asks */
    bool recipient;
};

/* The addresses of every header of that name. */
static bool add_people(struct mail *m, const struct mime_part *p, enum mail_header which, struct people how) {
    struct mail_address *const found = arena_alloc(m->texts, MAIL_ADDRESSES * sizeof *found);

    if (!found)
        return false;
    for (uint32_t i = 0; i < p->header_count; i++) {
        uint32_t const room = MAIL_ADDRESSES - m->address_count;
        uint32_t count = 0;
        uint64_t bad = 0;

        if (m->ids[i] != which)
            continue;
        if (!mail_addresses(p->headers[i].value, found, room, &count, m->texts, &bad))
            return false;
        if (bad)
            mail_defect(m, "text in a header that cannot be decoded");
        if (count > room)
            mail_defect(m, "more than 1,000 addresses");
        if (count > room)
            count = room;
        m->address_count += count;
        for (uint32_t n = 0; n < count; n++) {
            const struct mail_address *const a = &found[n];

            mail_add(m, how.address, RAW_TEXT, mail_hold(m, a->address));
            if (how.name != MADES)
                mail_add(m, how.name, RAW_TEXT, mail_hold(m, a->name));
            if (how.address == MADE_FROM) {
                mail_add_copy(m, MADE_FROM_DOMAIN, a->domain);
                if (m->to->house && !m->own_told && mail_house_is_own(m->to->house, a->domain)) {
                    m->own_told = true;
                    mail_add(m, MADE_FROM_OWN, RAW_BOOL, S("true"));
                }
            }
            if (!how.recipient)
                add_sender(m, a->address);
            if (how.recipient) {
                add_recipient(m, a->address);
                add_names(m, mail_hold(m, a->name));
                add_names(m, mail_hold(m, a->local));
            }
        }
    }
    return true;
}

/* ------------------------------------------------------------------ whom they pretend to be */

void mail_add_lookalikes(struct mail *m) {
    const struct mail_house *const house = m->to->house;
    struct lookalike_hit hit;

    for (uint32_t i = 0; i < m->sender_count; i++) {
        if (!mail_house_lookalike(house, m->senders[i], &hit))
            continue;
        mail_add(m, MADE_LOOKALIKE, RAW_TEXT, m->senders[i]);
        mail_add(m, MADE_LOOKALIKE_OF, RAW_TEXT, hit.own);
        mail_add(m, MADE_LOOKALIKE_HOW, RAW_TEXT, lookalike_name(hit.how));
    }
    for (uint32_t i = 0; i < m->url_count; i++) {
        str const host = m->urls[i].host;
        bool told = host.len == 0;

        for (uint32_t k = 0; k < i && !told; k++)
            told = str_eq(m->urls[k].host, host);
        if (told || !mail_house_lookalike(house, host, &hit))
            continue;
        mail_add(m, MADE_URL_LOOKALIKE, RAW_TEXT, host);
        mail_add(m, MADE_URL_LOOKALIKE_OF, RAW_TEXT, hit.own);
    }
}

/* ------------------------------------------------------------------ the way it came */

static void add_hops(struct mail *m, const struct mime_part *p) {
    static const struct mail_received none = {.when = INSTANT_NONE};
    uint32_t hops = 0;
    str client = S(""), recipient = S("");

    for (uint32_t i = 0; i < p->header_count; i++) {
        struct mail_received hop = none;
        struct network_about about;
        char time[INSTANT_TEXT];

        if (m->ids[i] != HEADER_RECEIVED)
            continue;
        if (hops == MAIL_HOPS) {
            mail_defect(m, "more than 64 hops");
            break;
        }
        m->scratch.len = 0;
        mail_received(p->headers[i].value, &hop, &m->scratch);
        mail_add(m, MADE_RECEIVED_FROM, RAW_TEXT, mail_hold(m, hop.from));
        mail_add(m, MADE_RECEIVED_REVERSE, RAW_TEXT, mail_hold(m, hop.reverse));
        mail_add(m, MADE_RECEIVED_ADDRESS, RAW_TEXT, mail_hold(m, hop.address));
        mail_add(m, MADE_RECEIVED_BY, RAW_TEXT, mail_hold(m, hop.by));
        mail_add(m, MADE_RECEIVED_WITH, RAW_TEXT, mail_hold(m, hop.with));
        mail_add(m, MADE_RECEIVED_TLS, RAW_TEXT, mail_hold(m, hop.tls));
        mail_add(m, MADE_RECEIVED_TIME, RAW_TEXT, mail_hold(m, instant_format(hop.when, time)));
        if (m->when == INSTANT_NONE && hop.when != INSTANT_NONE) {
            str const value = p->headers[i].value;
            size_t at = value.len;

            while (at > 0 && value.ptr[at - 1] != ';')
                at--;
            m->when = hop.when;
            m->zone_given = hop.zone_given;
            m->time_text = mail_hold(m, str_trim(str_from(value, at)));
        }
        if (client.len == 0 && hop.address.len && network_about_text(NULL, hop.address, &about) && about.range.len == 0)
            client = mail_hold(m, hop.address);
        if (recipient.len == 0)
            recipient = mail_hold(m, hop.recipient);
        hops++;
        if (!m->hops && m->when != INSTANT_NONE)
            break;
    }
    for (size_t i = 0; i < 2; i++) {
        str text = str_trim(header(m, p, i == 0 ? HEADER_SENDER_IP : HEADER_ORIGINATING_IP));
        struct network_about about;

        if (text.len > 2 && text.ptr[0] == '[')
            text = (str){text.ptr + 1, text.len - 2};
        if (text.len && network_about_text(NULL, text, &about)) {
            client = mail_hold(m, text);
            break;
        }
    }
    mail_add_copy(m, MADE_CLIENT_ADDRESS, client);
    if (recipient.len) {
        uint32_t const before = m->recipient_count;

        add_recipient(m, recipient);
        if (m->recipient_count > before)
            mail_add(m, MADE_DELIVERED_TO, RAW_TEXT, m->recipients[before]);
        else
            mail_add(m, MADE_DELIVERED_TO, RAW_TEXT, lower_copy(m, recipient));
    }
}

/* Whose mailbox it lay in, as servers note it. */
static void add_delivered(struct mail *m, const struct mime_part *p) {
    for (enum mail_header which = HEADER_DELIVERED_TO; which <= HEADER_X_DELIVERED_TO; which++)
        for (uint32_t i = 0; m->first[which] && i < p->header_count; i++) {
            str address = str_trim(p->headers[i].value);

            if (m->ids[i] != which)
                continue;
            if (address.len > 2 && address.ptr[0] == '<' && address.ptr[address.len - 1] == '>')
                address = (str){address.ptr + 1, address.len - 2};
            if (str_find_byte(address, '@') == SIZE_MAX || address.len > 320)
                continue;
            if (++m->address_count > MAIL_ADDRESSES) {
                mail_defect(m, "more than 1,000 addresses");
                return;
            }
            mail_add(m, MADE_DELIVERED_TO, RAW_TEXT, lower_copy(m, address));
            add_recipient(m, address);
        }
}

/* ------------------------------------------------------------------ who vouches for it */

static void add_authentication(struct mail *m, const struct mime_part *p) {
    static const struct {
        str method;
        enum mail_made made;
    } methods[] = {{STR("spf"), MADE_AUTH_SPF},
                   {STR("dkim"), MADE_AUTH_DKIM},
                   {STR("dmarc"), MADE_AUTH_DMARC},
                   {STR("arc"), MADE_AUTH_ARC},
                   {STR("compauth"), MADE_AUTH_COMPAUTH}};
    struct mail_auth_result results[MAIL_AUTH_RESULTS_MAX];
    str const value = header(m, p, HEADER_AUTHENTICATION);
    str author = S("");
    uint32_t const count = value.len ? mail_auth_results(value, &author, results, m->texts) : 0;
    bool spf = false;

    mail_add_copy(m, MADE_AUTH_AUTHOR, author);
    for (size_t n = 0; n < COUNT(methods); n++) {
        str result = S("");

        for (uint32_t i = 0; i < count; i++)
            if (str_eq(results[i].method, methods[n].method) &&
                (result.len == 0 || str_eq(results[i].result, S("pass"))))
                result = results[i].result;
        mail_add_copy(m, methods[n].made, result);
        spf = spf || (n == 0 && result.len);
    }
    if (!spf) { /* RFC 7208 9.1 */
        str const received = str_trim(header(m, p, HEADER_RECEIVED_SPF));
        size_t n = 0;

        while (n < received.len && n < 16 && ((received.ptr[n] | 0x20) >= 'a' && (received.ptr[n] | 0x20) <= 'z'))
            n++;
        if (n)
            mail_add(m, MADE_AUTH_SPF, RAW_TEXT, lower_copy(m, str_first(received, n)));
    }
}

/* A tag of a signature (RFC 6376 3.2), blanks and folds taken out, in m->scratch. */
static str tag(struct mail *m, str value, char name) {
    m->scratch.len = 0;
    while (value.len) {
        size_t const end = str_find_byte(value, ';');
        str const item = str_trim(str_first(value, end));
        str rest = str_trim(str_from(item, 1));

        value = end == SIZE_MAX ? S("") : str_from(value, end + 1);
        if (item.len < 2 || item.ptr[0] != name || rest.len == 0 || rest.ptr[0] != '=')
            continue;
        for (size_t i = 1; i < rest.len; i++)
            if (rest.ptr[i] != ' ' && rest.ptr[i] != '\t' && rest.ptr[i] != '\r' && rest.ptr[i] != '\n')
                buf_byte(&m->scratch, rest.ptr[i]);
        break;
    }
    return buf_str(&m->scratch);
}

static void add_signatures(struct mail *m, const struct mime_part *p) {
    uint32_t count = 0;

    for (uint32_t i = 0; i < p->header_count && count < MAIL_SIGNATURES; i++) {
        if (m->ids[i] != HEADER_DKIM)
            continue;
        mail_add(m, MADE_DKIM_DOMAIN, RAW_TEXT, lower_copy(m, tag(m, p->headers[i].value, 'd')));
        mail_add(m, MADE_DKIM_SELECTOR, RAW_TEXT, mail_hold(m, tag(m, p->headers[i].value, 's')));
        count++;
    }
}

/* ------------------------------------------------------------------ the rest */

/* <a@b> <c@d>, or one without brackets. */
static void add_ids(struct mail *m, enum mail_made what, str value, uint32_t most) {
    uint32_t count = 0;
    size_t at;

    value = str_trim(value);
    if (str_find_byte(value, '<') == SIZE_MAX) {
        mail_add_copy(m, what, text_of(m, str_first(value, 998)));
        return;
    }
    while (count < most && (at = str_find_byte(value, '<')) != SIZE_MAX) {
        size_t end;

        value = str_from(value, at + 1);
        end = str_find_byte(value, '>');
        mail_add_copy(m, what, text_of(m, str_first(str_first(value, end), 998)));
        value = end == SIZE_MAX ? S("") : str_from(value, end + 1);
        count++;
    }
}

static void add_times(struct mail *m, const struct mime_part *p) {
    static const enum mail_header which[] = {HEADER_ARRIVAL, HEADER_DATE};

    for (size_t i = 0; i < COUNT(which) && m->when == INSTANT_NONE; i++) {
        str const value = str_trim(header(m, p, which[i]));
        bool given = false;
        int64_t const when = value.len ? mail_date(value, &given) : INSTANT_NONE;

        if (when == INSTANT_NONE)
            continue;
        m->when = when;
        m->zone_given = given;
        m->time_text = mail_hold(m, value);
    }
}

static void add_header_names(struct mail *m, const struct mime_part *p) {
    if (m->made[MADE_HEADERS] == FIELD_NONE)
        return;
    m->scratch.len = 0;
    for (uint32_t i = 0; i < p->header_count && m->scratch.len < 4096; i++) {
        if (i)
            buf_byte(&m->scratch, ',');
        buf_add(&m->scratch, str_first(p->headers[i].name, 128));
    }
    mail_add(m, MADE_HEADERS, RAW_TEXT, lower_copy(m, buf_str(&m->scratch)));
}

bool mail_read_head(struct mail *m, const struct mime_part *p) {
    static const struct {
        enum mail_header header;
        enum mail_made made;
    } texts[] = {{HEADER_SUBJECT, MADE_SUBJECT},          {HEADER_DATE, MADE_DATE},
                 {HEADER_LIST_ID, MADE_LIST_ID},          {HEADER_LIST_UNSUBSCRIBE, MADE_LIST_UNSUBSCRIBE},
                 {HEADER_PRECEDENCE, MADE_PRECEDENCE},    {HEADER_AUTO_SUBMITTED, MADE_AUTO_SUBMITTED},
                 {HEADER_FEEDBACK_ID, MADE_FEEDBACK_ID},  {HEADER_STATUS, MADE_STATUS},
                 {HEADER_CONTENT_TYPE, MADE_CONTENT_TYPE}};
    str mailer, path;

    know_headers(m, p);
    mailer = header(m, p, HEADER_MAILER);
    path = str_trim(header(m, p, HEADER_RETURN_PATH));
    add_ids(m, MADE_MESSAGE_ID, header(m, p, HEADER_MESSAGE_ID), 1);
    add_ids(m, MADE_IN_REPLY_TO, header(m, p, HEADER_IN_REPLY_TO), 1);
    add_ids(m, MADE_REFERENCES, header(m, p, HEADER_REFERENCES), MAIL_REFERENCES);
    for (size_t i = 0; i < COUNT(texts); i++)
        if (m->first[texts[i].header])
            mail_add_copy(m, texts[i].made, text_of(m, header(m, p, texts[i].header)));
    mail_add_copy(m, MADE_MAILER, text_of(m, mailer.len ? mailer : header(m, p, HEADER_AGENT)));
    if (path.len > 1 && path.ptr[0] == '<' && path.ptr[path.len - 1] == '>')
        path = (str){path.ptr + 1, path.len - 2};
    mail_add_copy(m, MADE_RETURN_PATH, text_of(m, path));
    add_sender(m, path);
    if (!add_people(m, p, HEADER_FROM, (struct people){MADE_FROM, MADE_FROM_NAME, false}) ||
        !add_people(m, p, HEADER_SENDER, (struct people){MADE_SENDER, MADES, false}) ||
        !add_people(m, p, HEADER_REPLY_TO, (struct people){MADE_REPLY_TO, MADES, false}) ||
        !add_people(m, p, HEADER_TO, (struct people){MADE_TO, MADE_TO_NAME, true}) ||
        !add_people(m, p, HEADER_CC, (struct people){MADE_CC, MADES, true}) ||
        !add_people(m, p, HEADER_BCC, (struct people){MADE_BCC, MADES, true}))
        return false;
    add_delivered(m, p);
    add_hops(m, p);
    for (uint32_t i = 0; i < m->recipient_count; i++)
        mail_add(m, MADE_RECIPIENT, RAW_TEXT, m->recipients[i]);
    add_times(m, p);
    add_authentication(m, p);
    add_signatures(m, p);
    add_header_names(m, p);
    if (p->header_count == 0)
        mail_defect(m, "no headers");
    return !m->no_memory && !m->scratch.failed;
}
